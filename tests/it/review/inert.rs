//! Hostile text in what is posted, read by a real Markdown parser: it stays in code, whatever it is.

use portcullis::report::escape;
use pulldown_cmark::{Event, Options, Parser, Tag};

use crate::report::fixture::NASTY;

/// What a reader would see of a Markdown text outside of code, HTML as it is; and whether something is a link or an image.
pub(super) fn live(text: &str) -> (String, bool) {
    let (mut seen, mut linked, mut in_code) = (String::new(), false, 0);
    for event in Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_GFM) {
        match event {
            Event::Start(Tag::CodeBlock(_)) => in_code += 1,
            Event::End(pulldown_cmark::TagEnd::CodeBlock) => in_code -= 1,
            Event::Start(Tag::Link { .. } | Tag::Image { .. }) => linked = true,
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) if in_code == 0 => {
                seen.push_str(&text);
                seen.push('\n');
            }
            _ => {}
        }
    }
    (seen, linked)
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

#[test]
fn code_spans_hold_whatever_is_in_them() {
    for text in hostile(20_000) {
        let (seen, linked) = live(&format!("x {} y", escape::markdown_code(&text)));
        assert!(!linked && matches!(seen.as_str(), "x \n y\n" | "x  y\n"), "{text:?}: {seen:?}");
        let table = format!("| a | b |\n|---|---|\n| {} | y |\n", escape::markdown_cell(&text));
        let (seen, linked) = live(&table);
        assert!(!linked && seen == "a\nb\ny\n", "{text:?}: {seen:?}\n{table}");
    }
}
