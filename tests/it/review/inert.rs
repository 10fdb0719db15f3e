//! Hostile text in what is posted, read by a real Markdown parser: it stays in code, whatever it is.

use portcullis::report::{Format, Report, escape};
use portcullis::review::diff::{Diff, Shown};
use portcullis::review::plan::{Settings, plan};
use portcullis::review::posted::Posted;
use pulldown_cmark::{Event, Options, Parser, Tag};
use serde_json::Value;

use crate::report::PLAIN;
use crate::report::fixture::NASTY;

/// What a reader would see of a Markdown text outside of code, HTML as it is, and where its links and images lead. The text
/// of a link that shows its own address is left out.
pub(super) fn live(text: &str) -> (String, Vec<String>) {
    let (mut seen, mut links, mut in_code) = (String::new(), Vec::<String>::new(), 0);
    for event in Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_GFM) {
        match event {
            Event::Start(Tag::CodeBlock(_)) => in_code += 1,
            Event::End(pulldown_cmark::TagEnd::CodeBlock) => in_code -= 1,
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                links.push(dest_url.into_string());
            }
            Event::Text(text) if links.last().is_some_and(|link| **link == *text) => {}
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) if in_code == 0 => {
                seen.push_str(&text);
                seen.push('\n');
            }
            _ => {}
        }
    }
    (seen, links)
}

/// Random texts of what means something to Markdown, GitHub or its runner.
fn hostile(count: usize) -> Vec<String> {
    const PARTS: [&str; 30] = [
        "`",
        "``",
        "```",
        "|",
        "\\",
        "\n",
        "\r\n",
        "\t",
        " ",
        "@org/team",
        "#1",
        "![i](http://e.x)",
        "[l](x)",
        "<img src=x>",
        "</details>",
        "<!--",
        "-->",
        "##[group]",
        "::error::",
        "~~~",
        "$x$",
        "*",
        "_",
        "https://e.x",
        "\u{202e}",
        "\u{200b}",
        "\0",
        "a",
        "é",
        "&lt;",
    ];
    let mut state = 7_u64;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    let mut texts: Vec<String> =
        (0..count).map(|_| (0..=next(9)).map(|_| PARTS[next(PARTS.len())]).collect()).collect();
    texts.push(NASTY.to_owned());
    texts
}

/// Whatever a report claims to be the address of documentation: it is a link to that very place, or none.
#[test]
fn links_lead_where_they_say() {
    const PARTS: [&str; 12] = [")", "(", "<", ">", "[x](y)", "&amp;", "\\", "`", "*a*", "%29", "_a_", "/b"];
    for text in hostile(2_000).into_iter().chain(PARTS.map(str::to_owned)) {
        let mut report = crate::report::fixture::rich();
        report.ruleset.docs = Some(format!("https://docs.example/{text}"));
        let mut page = Vec::new();
        portcullis::report::render(Format::Markdown, &report, &PLAIN, &mut page).unwrap();
        let (seen, links) = live(&String::from_utf8(page).unwrap());
        let docs = format!("https://docs.example/{}", text.trim_end_matches('/')).trim_end_matches('/').to_owned();
        assert!(links.iter().all(|link| link.starts_with(&format!("{docs}/rules.md#"))), "{text:?}: {links:?}");
        assert!(!seen.contains("docs.example"), "{text:?}: {seen}");
    }
}

/// Every value of a report in JSON, one after the other: what another job wrote into any of them is inert wherever it is told.
#[test]
fn whatever_a_report_says_is_inert() {
    let whole = serde_json::to_value(crate::report::fixture::overridden()).unwrap();
    let mut places = Vec::new();
    leaves(&whole, String::new(), &mut places);
    let mut told = 0;
    for place in places {
        let mut odd = whole.clone();
        let leaf = odd.pointer_mut(&place).unwrap();
        *leaf = if leaf.is_number() { u32::MAX.into() } else { NASTY.into() };
        // A word that only some texts can be: no report at all.
        let Ok(report) = serde_json::from_value::<Report>(odd) else { continue };
        told += 1;
        let shown = report.findings.iter().filter_map(|finding| finding.places.first()).map(|first| Shown {
            path: first.location.path.as_str().to_owned(),
            blob: String::new(),
            patch: Some("@@ -1,99 +1,99 @@".to_owned()),
            ..Shown::default()
        });
        let diff = Diff::of_shown(&shown.collect::<Vec<_>>());
        let plan = plan(&report, &diff, &Posted::default(), &Settings { neutral: true, ..super::plans::settings() });
        let mut pages = super::plans::texts(&plan);
        for format in Format::ALL {
            let mut page = Vec::new();
            portcullis::report::render(format, &report, &PLAIN, &mut page).unwrap();
            let page = String::from_utf8(page).unwrap();
            let hidden = page.chars().any(|c| !matches!(c, '\n' | '\u{fe0f}') && escape::is_invisible(c));
            let command = page.lines().any(|line| line.trim_start().starts_with("::error file=x"));
            assert!(!hidden && !command && !page.contains("##["), "{place} in {format}: {page}");
            pages.extend((format == Format::Markdown).then_some(page));
        }
        for page in pages {
            assert!(page.len() <= 60_000, "{place}");
            let (seen, links) = live(&page);
            let inert = ["@org", "#1", "img", "::error", "onerror", "owned"].iter().all(|part| !seen.contains(part));
            assert!(links.is_empty() && inert, "{place}: {links:?} {seen}");
        }
    }
    assert!(told > 200, "{told}");
}

/// The pointers of all texts and numbers.
fn leaves(value: &Value, at: String, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                leaves(value, format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), found);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                leaves(value, format!("{at}/{index}"), found);
            }
        }
        Value::String(_) | Value::Number(_) => found.push(at),
        Value::Null | Value::Bool(_) => {}
    }
}

#[test]
fn code_spans_hold_whatever_is_in_them() {
    for text in hostile(20_000) {
        let (seen, links) = live(&format!("x {} y", escape::markdown_code(&text)));
        assert!(links.is_empty() && matches!(seen.as_str(), "x \n y\n" | "x  y\n"), "{text:?}: {seen:?}");
        let table = format!("| a | b |\n|---|---|\n| {} | y |\n", escape::markdown_cell(&text));
        let (seen, links) = live(&table);
        assert!(links.is_empty() && seen == "a\nb\ny\n", "{text:?}: {seen:?}\n{table}");
    }
}
