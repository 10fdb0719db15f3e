//! What the policies that a change brings would say of the whole head. They are the head's, so they run in a child process
//! of our own, with an empty environment and a limit of time; the engine bounds their memory. What they say informs and
//! does not decide.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::{self, Read};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::finding::{Authority, Finding, Severity, Status};
use crate::pipeline::POLICIES_CHANGED;
use crate::report::{Notice, Report};

/// The two audits together may take so long.
const PATIENCE: Duration = Duration::from_mins(1);

/// A report of so many bytes is enough to count by.
const LONGEST: u64 = 256 << 20;

/// Add to a report what the change's own policies would say, if it changes policies and both sides are commits.
pub(super) fn tell(report: &mut Report) {
    let is_changed = report.notices.iter().any(|notice| notice.id == POLICIES_CHANGED);
    let (Some(head), Some(trust)) = (&report.compared.head, &report.compared.trust) else { return };
    if !is_changed {
        return;
    }
    let until = Instant::now() + PATIENCE;
    let by_both = audit(head, trust, until).and_then(|old| Ok((old, audit(head, head, until)?)));
    let text = match by_both {
        Ok((old, new)) => {
            help(report, &new);
            sentence(&old, &new)
        }
        Err(why) => format!("what the change's own policies would say is not known: {why}"),
    };
    report.notices.push(Notice { id: "policies-proposed".to_owned(), text });
}

/// The findings of policies in the whole head, by the rules of a commit.
fn audit(head: &str, rules: &str, until: Instant) -> Result<Vec<Finding>, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let child = Command::new(program)
        .args(["check", "--all", head, "--rules-from", rules, "--no-cache", "-o", "json"])
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let text = output(child.map_err(|error| error.to_string())?, until)?;
    let report: Report = serde_json::from_slice(&text).map_err(|_| "they could not be evaluated".to_owned())?;
    if report.unchecked.iter().any(|record| record.reason == crate::finding::Reason::ConfigBroken) {
        return Err("they cannot be used".to_owned());
    }
    let is_policy = |finding: &Finding| matches!(finding.authority, Authority::Policy { .. });
    Ok(report.findings.into_iter().filter(is_policy).collect())
}

fn output(mut child: Child, until: Instant) -> Result<Vec<u8>, String> {
    let Some(out) = child.stdout.take() else { return Err("they have no output".to_owned()) };
    let reader = std::thread::spawn(move || -> io::Result<Vec<u8>> {
        let mut text = Vec::new();
        out.take(LONGEST).read_to_end(&mut text)?;
        Ok(text)
    });
    loop {
        match child.try_wait() {
            Ok(Some(_)) => break,
            Ok(None) if Instant::now() < until => std::thread::sleep(Duration::from_millis(10)),
            Ok(None) | Err(_) => {
                // A child that is gone already needs no killing.
                _ = child.kill();
                _ = child.wait();
                return Err(format!("they took longer than {} s", PATIENCE.as_secs()));
            }
        }
    }
    let text = reader.join().map_err(|_| "their output could not be read".to_owned())?;
    text.map_err(|error| error.to_string())
}

/// How many findings come and go, and where the first ones are.
fn sentence(old: &[Finding], new: &[Finding]) -> String {
    let ids = |findings: &[Finding]| -> BTreeSet<String> {
        findings.iter().map(|finding| finding.fingerprint.0.clone()).collect()
    };
    let (before, after) = (ids(old), ids(new));
    let mut more: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in new.iter().filter(|finding| !before.contains(&finding.fingerprint.0)) {
        more.entry(finding.rule.as_str()).or_default().push(finding);
    }
    let gone = before.difference(&after).count();
    let count: usize = more.values().map(Vec::len).sum();
    let mut text = match (count, gone) {
        (0, 0) => return "by the change's own policies, nothing else would be found in the whole head".to_owned(),
        (count, 0) => format!("by the change's own policies, {count} more would be found in the whole head"),
        (0, gone) => format!("by the change's own policies, {gone} fewer would be found in the whole head"),
        (count, gone) => {
            format!("by the change's own policies, {count} more and {gone} fewer would be found in the whole head")
        }
    };
    for (rule, findings) in more {
        let worst = findings.iter().map(|finding| finding.severity).max().unwrap_or(Severity::Info);
        let places: Vec<String> = findings.iter().take(3).filter_map(|finding| place(finding)).collect();
        let dots = if findings.len() > 3 { ", …" } else { "" };
        _ = write!(text, "\n{worst} {rule}: {} ({}{dots})", findings.len(), places.join(", "));
    }
    text
}

fn place(finding: &Finding) -> Option<String> {
    let location = &finding.places.first()?.location;
    Some(format!("{}:{}", location.path, location.start.line))
}

/// A finding of a policy that the change edits too, and that its version does not have, is cured by merging that first.
fn help(report: &mut Report, new: &[Finding]) {
    let known: BTreeSet<&str> = new.iter().map(|finding| finding.fingerprint.0.as_str()).collect();
    for finding in &mut report.findings {
        let is_policy = matches!(finding.authority, Authority::Policy { .. });
        if is_policy && finding.status() == Status::New && !known.contains(finding.fingerprint.0.as_str()) {
            let cure = "the change's own version of the policy does not say this: merge the policy first";
            finding.help = Some(match finding.help.take() {
                Some(help) => format!("{help}\n{cure}"),
                None => cure.to_owned(),
            });
        }
    }
}
