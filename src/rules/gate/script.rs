//! A shell script that runs the gate: whether its exit code is the gate's.

/// Words before a command by which its exit code is no longer the script's.
const TAKERS: [&str; 7] = ["!", "if", "until", "while", "echo", "printf", "false"];

/// What may stand around a word.
const PUNCTUATION: [char; 5] = ['"', '\'', '(', ')', ';'];

/// Why nobody hears the exit code of the first command that runs the program, as a part of the script; none where it is
/// heard. GitHub runs scripts with `-e`, and with `pipefail` where the step names the shell `bash`.
pub(super) fn swallowed<'s>(name: &str, script: &'s str, pipefail: bool) -> Option<&'s str> {
    let pipefail = pipefail || script.contains("pipefail");
    let lines = || script.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    let (before, line) = lines().enumerate().find(|(_, line)| runs(name, line))?;
    if let Some(off) = lines().take(before + 1).find(|line| line.split([';', '&']).any(|part| part.trim() == "set +e"))
    {
        return Some(off);
    }
    let (head, tail) = line.split_once(name)?;
    let mut words = head.split_whitespace();
    if words.any(|word| TAKERS.contains(&word)) {
        return Some(line);
    }
    // What a script continues on the next line belongs to the command.
    let rest = lines().skip(before).scan(true, |goes_on, line| {
        let taken = goes_on.then_some(line);
        *goes_on = line.ends_with('\\');
        taken
    });
    let command: Vec<&str> = std::iter::once(tail).chain(rest.skip(1)).collect();
    let is_hidden = command.iter().any(|part| {
        let part = part.trim_end_matches('\\').trim_end();
        let piped = part.replace("||", "").contains('|') && !pipefail;
        piped || part.ends_with('&') && !part.ends_with("&&")
    });
    is_hidden.then_some(line)
}

/// The line is a command with the program in it.
fn runs(name: &str, line: &str) -> bool {
    line.split_whitespace().any(|word| word.trim_matches(PUNCTUATION).rsplit('/').next() == Some(name))
}

/// How often a script runs the program's `check`.
pub(super) fn checks(name: &str, script: &str) -> usize {
    let words: Vec<&str> = script.split_whitespace().map(|word| word.trim_matches(PUNCTUATION)).collect();
    words.windows(2).filter(|pair| matches!(pair, [program, "check"] if program.ends_with(name))).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_hears_the_exit_code() {
        let heard = [
            "portcullis check --post",
            "set -e\nportcullis check | tee out; portcullis check",
            "portcullis check \\\n  --post",
            "# portcullis | tee\n./bin/portcullis check || exit 1",
            "portcullis check > out.txt 2>&1",
            "portcullis check && echo fine",
        ];
        let lost = [
            "portcullis check | tee out.txt",
            "portcullis check \\\n  --post | tee out.txt",
            "set +e\nportcullis check\nexit 0",
            "portcullis check &",
            "! portcullis check",
            "if portcullis check; then echo fine; fi",
            "echo portcullis check",
        ];
        assert_eq!(heard.iter().filter(|script| swallowed("portcullis", script, true).is_some()).count(), 0);
        for script in lost {
            assert!(swallowed("portcullis", script, false).is_some(), "{script}");
        }
        assert!(swallowed("portcullis", "portcullis check | tee x", true).is_none());
        assert!(swallowed("portcullis", "set -o pipefail\nportcullis check | tee x", false).is_none());
    }
}
