//! Nasty strings: what each medium must never carry, whatever a manifest holds.

use portcullis::report::escape;
use portcullis::report::{Format, RenderOptions};
use portcullis::source::RepoPath;

use super::fixture::{self, NASTY};
use super::{PLAIN, text};

/// Every short string over an alphabet of characters that mean something somewhere, and the nasty one.
fn nasty_strings() -> Vec<String> {
    let alphabet = [
        "a", " ", "`", "|", "\\", "#", "[", "\n", "\r", "\t", ":", "%", ",", "<", "&", "]", "@", "\u{1b}", "\u{9b}",
        "\u{202e}", "\u{200b}", "\u{fffe}", "\0", "ü",
    ];
    let mut strings = vec![String::new(), NASTY.to_owned()];
    for a in alphabet {
        for b in alphabet {
            for c in alphabet {
                strings.push(format!("{a}{b}{c}"));
                strings.push(format!("x{a}{b}{c}{a}y"));
            }
        }
    }
    strings
}

#[test]
fn visible_text_has_nothing_hidden_and_keeps_its_columns() {
    for nasty in nasty_strings() {
        let shown = escape::visible(&nasty);
        assert!(!shown.chars().any(|c| escape::is_invisible(c) && c != '\n' && c != '\t'), "{nasty:?}");
        assert!(!shown.contains("##["), "{nasty:?}");
        assert_eq!(shown.chars().count(), nasty.replace("\r\n", "\n").chars().count(), "{nasty:?}");
    }
    assert_eq!(escape::visible("plain: ü 🦀 é ⚠\u{fe0f} x"), "plain: ü 🦀 é ⚠\u{fe0f} x");
    // Two names that look the same and are not.
    assert_eq!(escape::visible("a\u{fe0f}b 中\u{fe0f} ⚠\u{fe0f}\u{fe0f}"), "a\u{fffd}b 中\u{fffd} ⚠\u{fe0f}\u{fffd}");
}

#[test]
fn json_keeps_its_value() {
    for nasty in nasty_strings() {
        let safe = escape::json(&serde_json::to_string(&nasty).unwrap());
        assert_eq!(serde_json::from_str::<String>(&safe).unwrap(), nasty);
        assert!(!safe.chars().any(escape::is_invisible) && !safe.contains("##["), "{safe}");
    }
}

#[test]
fn xml_is_read_back_as_the_visible_text() {
    for nasty in nasty_strings() {
        let xml = escape::xml(&nasty);
        assert!(!xml.contains(['<', '>', '"', '\'', '\n']), "{xml}");
        assert_eq!(quick_xml::escape::unescape(&xml).unwrap(), escape::visible(&nasty));
    }
}

/// The cells of a table row as GitHub's Markdown splits them: a backslash takes the next character with it.
fn cells(row: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut chars = row.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => cells.last_mut().unwrap().extend(['\\'].into_iter().chain(chars.next())),
            '|' => cells.push(String::new()),
            _ => cells.last_mut().unwrap().push(c),
        }
    }
    cells
}

/// The text is one code span: no run of backticks inside is as long as the fence.
fn is_one_code_span(text: &str) -> bool {
    let fence = text.len() - text.trim_start_matches('`').len();
    let Some(inner) = text.get(fence..text.len().saturating_sub(fence)) else { return false };
    fence > 0
        && text.ends_with(&"`".repeat(fence))
        && !inner.starts_with('`')
        && !inner.ends_with('`')
        && inner.split(|c| c != '`').all(|run| run.len() != fence)
}

#[test]
fn markdown_stays_in_its_code_span_and_its_cell() {
    for nasty in nasty_strings() {
        let code = escape::markdown_code(&nasty);
        assert!(code.is_empty() || is_one_code_span(&code), "{nasty:?} {code:?}");
        let cell = escape::markdown_cell(&nasty);
        assert!(cell.is_empty() || is_one_code_span(&cell), "{nasty:?} {cell:?}");
        let row = format!("| {cell} | b |");
        assert_eq!(cells(&row).len(), 4, "{nasty:?} {row}");
        assert!(!cell.contains('\n'));
    }
}

#[test]
fn commands_stay_one_line_and_one_property() {
    for nasty in nasty_strings() {
        let data = escape::command_data(&nasty);
        assert!(!data.contains(['\n', '\r']), "{data:?}");
        assert_eq!(data.replace("%0A", "\n").replace("%25", "%"), escape::visible(&nasty));
        assert!(!escape::command_property(&nasty).contains([':', ',', '\n']));
    }
}

#[test]
fn uris_hold_the_bytes_that_git_knows() {
    assert_eq!(escape::uri(&RepoPath::from("apps/web.yaml")), "apps/web.yaml");
    assert_eq!(escape::uri(&RepoPath::from_bytes(b"a b/\xff%\xc3\xbc:.yaml")), "a%20b/%FF%25%C3%BC%3A.yaml");
    for nasty in nasty_strings() {
        let uri = escape::uri(&RepoPath::from_bytes(nasty.as_bytes()));
        assert!(uri.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~/%".contains(&b)), "{uri}");
    }
}

/// The runner takes `::name` at the start of a trimmed line, and `##[name]` anywhere.
#[test]
fn no_format_carries_a_command_or_a_hidden_character_of_a_manifest() {
    let options =
        [PLAIN, RenderOptions { verbose: true, width: 40, ..PLAIN }, RenderOptions { unicode: false, ..PLAIN }];
    for report in [fixture::rich(), fixture::overridden(), fixture::hostile_policy()] {
        for (format, options) in Format::ALL.into_iter().flat_map(|format| options.map(|options| (format, options))) {
            let text = text(format, &report, options);
            assert!(!text.contains("##["), "{format}");
            let hidden = text.chars().find(|c| *c != '\n' && *c != '\u{fe0f}' && escape::is_invisible(*c));
            assert_eq!(hidden, None, "{format}");
            for line in text.lines().filter(|line| line.trim_start().starts_with("::")) {
                let ours = ["::error ", "::warning ", "::notice "].iter().any(|command| line.starts_with(command));
                assert!(format == Format::Github && ours && !line.starts_with("::error file=x"), "{format}: {line}");
            }
        }
    }
}
