//! `portcullis::yaml`: places, problems and differences, beside the recorded answers of `conformance`.

use std::fmt::Write;

use portcullis::source::{RepoPath, Side};
use portcullis::yaml::pointer::{find, span_of};
use portcullis::yaml::{Dialect, Document, ProblemKind, Stream, read};

fn kubectl(text: &str) -> Stream {
    read(RepoPath::from("a.yaml"), Side::Head, text.as_bytes(), Dialect::Kubectl)
}

fn kustomize(text: &str) -> Stream {
    read(RepoPath::from("a.yaml"), Side::Head, text.as_bytes(), Dialect::Kustomize)
}

/// The text at a pointer.
fn shown<'a>(document: &'a Document, pointer: &str) -> &'a str {
    let found = find(document.root(), pointer);
    assert!(found.exact, "{pointer}");
    let span = span_of(document, found.value.origin()).unwrap();
    &document.source().text[span.range()]
}

/// Kind, document, line and column of every problem.
fn problems(stream: &Stream) -> Vec<(ProblemKind, u32, u32, u32)> {
    let place = |at| stream.source.position(at);
    stream.problems.iter().map(|p| (p.kind, p.document, place(p.span.start).line, place(p.span.start).column)).collect()
}

#[test]
fn spans_are_the_bytes_of_values() {
    let stream = kubectl(
        "# é\r\na: 'x'\r\nb:\r\n  - é: [1, \"\\u0041\"] # c\r\n  - |\r\n    two\r\n\r\n\r\nc: &x plain text\r\nd: *x\r\n\
         e:\r\n  f: 1\r\n# end\r\n",
    );
    let document = &stream.documents[0];
    assert_eq!(shown(document, "/a"), "'x'");
    assert_eq!(shown(document, "/b"), "- é: [1, \"\\u0041\"] # c\r\n  - |\r\n    two");
    assert_eq!(shown(document, "/b/0"), "é: [1, \"\\u0041\"]");
    assert_eq!(shown(document, "/b/0/é/1"), "\"\\u0041\"");
    assert_eq!(shown(document, "/b/1"), "|\r\n    two");
    assert_eq!(find(document.root(), "/b/1").value.as_str(), Some("two\n"));
    assert_eq!(shown(document, "/d"), "&x plain text", "an alias is its anchor's node");
    assert_eq!(shown(document, "/e"), "f: 1");
    let (key, _) = document.root().get_entry("b").unwrap();
    assert_eq!(&stream.source.text[span_of(document, key).unwrap().range()], "b");
}

#[test]
fn json_has_spans_too() {
    let stream = kubectl("\n{\"a\": [1.0, \"\\/\"], \"a\": 2}\n{\"b\": null} 3 null\n{\"c\": }\n---\nd: 1\n");
    assert_eq!(stream.documents.iter().map(|d| d.index).collect::<Vec<_>>(), [0, 1, 2, 5]);
    assert_eq!(shown(&stream.documents[0], "/a"), "2");
    assert_eq!(stream.documents[0].duplicates.len(), 1);
    assert_eq!(problems(&stream), [(ProblemKind::Syntax, 4, 4, 7)]);
}

#[test]
fn one_bad_document_does_not_hide_the_others() {
    let stream = kubectl("a: 1\n---\nb: c: d\n---\n~\n---x\n---\ne: 1\n...\nf: 1\n# c\n---\ng: \"h\n");
    assert_eq!(stream.documents.iter().map(|d| d.index).collect::<Vec<_>>(), [0, 3]);
    assert_eq!(
        problems(&stream),
        [
            (ProblemKind::Syntax, 1, 3, 5),
            (ProblemKind::Separator, 2, 6, 1),
            (ProblemKind::ContentAfterEnd, 3, 10, 1),
            (ProblemKind::Syntax, 4, 13, 4),
        ]
    );
    assert_eq!(stream.problems.iter().map(|p| p.fatal).collect::<Vec<_>>(), [true, true, false, true]);
}

#[test]
fn bytes_that_are_no_text_stop_kustomize_only() {
    let bytes = b"a: 1\n---\nb: \"\xFF\"\n";
    let stream = read(RepoPath::from("a.yaml"), Side::Head, bytes, Dialect::Kubectl);
    assert_eq!((stream.documents.len(), problems(&stream)), (2, vec![(ProblemKind::InvalidUtf8, 1, 3, 5)]));
    assert!(!stream.problems[0].fatal);
    let stream = read(RepoPath::from("a.yaml"), Side::Head, bytes, Dialect::Kustomize);
    assert_eq!((stream.documents.len(), stream.problems[0].fatal), (1, true));
}

#[test]
fn keys_that_are_equal_and_keys_that_only_become_equal() {
    let stream = kubectl("a: 1\n\"a\": 2\n1: x\n'1': y\nyes: x\ntrue: y\n");
    let document = &stream.documents[0];
    let duplicates: Vec<_> = document.duplicates.iter().map(|d| (d.key.as_str(), d.collision)).collect();
    assert_eq!(duplicates, [("a", false), ("1", true), ("true", false)]);
    assert_eq!(find(document.root(), "/a").value.as_int(), Some(2));
    let many = (0..100).map(|n| format!("k{n}: 1\n")).collect::<Vec<_>>().concat();
    assert_eq!(kubectl(&format!("{many}k7: 2\n")).documents[0].duplicates.len(), 1);
    assert_eq!(problems(&kustomize("a: 1\nb:\n  c: 1\n  'c': 2\n")), [(ProblemKind::Syntax, 0, 4, 3)]);
}

#[test]
fn what_the_dialects_read_differently() {
    let stream = kubectl("n: yes\nd: 2020-01-01\ns: 'yes'\nt: true\n1: x\na: &b {k: 1}\nm: {k: 2, <<: *b}\n");
    let document = &stream.documents[0];
    let text = |d: &portcullis::yaml::document::DialectDifference| stream.source.text[d.span.range()].to_owned();
    let seen: Vec<_> =
        document.differences.iter().map(|d| (text(d), d.is_key, d.kubectl.as_str(), d.kustomize.as_str())).collect();
    assert_eq!(seen[0], ("n".to_owned(), true, "\"false\"", "\"n\""));
    assert_eq!(seen[1], ("yes".to_owned(), false, "true", "\"yes\""));
    assert_eq!(seen[2], ("2020-01-01".to_owned(), false, "\"2020-01-01\"", "\"2020-01-01T00:00:00Z\""));
    assert_eq!((seen[3].0.as_str(), seen[3].2), ("1", "\"1\""));
    assert_eq!((seen[4].0.as_str(), seen[4].1), ("k", true));
    assert_eq!(seen.len(), 5);
    let problem = document.reread(Dialect::Kustomize).unwrap_err();
    assert_eq!(stream.source.position(problem.span.start).line, 5);
}

#[test]
fn a_document_is_read_again_in_its_own_place() {
    let stream = kubectl("a: 1\n---\nb: on\nm: {<<: {x: 1}, x: 2}");
    let again = stream.documents[1].reread(Dialect::Kustomize).unwrap();
    assert_eq!(again.root().to_json(), serde_json::json!({"b": "on", "m": {"x": 2}}));
    assert_eq!((again.index, shown(&again, "/b")), (1, "on"));
    let back = again.reread(Dialect::Kubectl).unwrap();
    assert!(back.root().same(stream.documents[1].root()));
}

#[test]
fn what_go_reads_and_libyaml_does_not() {
    let root = |text: &str| {
        let stream = kubectl(text);
        assert_eq!(stream.problems, [], "{text}");
        stream.documents[0].root().to_json()
    };
    assert_eq!(
        root("a: [001:db8::, &k !!str b:c\n   d\"::, *k]\n"),
        serde_json::json!({"a": ["001:db8::", "b:c d\"::", "b:c d\"::"]})
    );
    assert_eq!(root("a: \"it\\'s \\x22 \\\"\\'\"\n"), serde_json::json!({"a": "it's \" \"'"}));
    assert_eq!(root("a: 1\n\u{FEFF}b: \"\u{FEFF}\"\n"), serde_json::json!({"a": 1, "\u{FEFF}b": "\u{FEFF}"}));
    for refused in ["a: \"\\/\"\n", "a: [b?c]\n", "a: [!!str, b]\n", "%YAML 1.2\n---\na: 1\n"] {
        let stream = kubectl(refused);
        assert!(stream.problems.first().is_some_and(|p| p.fatal && p.document == 0), "{refused}");
    }
    assert_eq!(root("a: \"\\\\/\"\n"), serde_json::json!({"a": "\\/"}));
}

#[test]
fn aliases_nest_no_deeper_than_text() {
    let mut text = "a0: &a0 {k: v}\n".to_owned();
    for n in 1..40 {
        let (open, close) = ("[".repeat(100), "]".repeat(100));
        writeln!(text, "a{n}: &a{n} {open}*a{}{close}", n - 1).unwrap();
    }
    assert_eq!(kubectl(&text).problems[0].kind, ProblemKind::Limit);
    let deep = kubectl(&format!("{}{}", "[".repeat(512), "]".repeat(512)));
    assert_eq!(deep.problems, []);
    let document = &deep.documents[0];
    assert!(document.root().same(document.reread(Dialect::Kubectl).unwrap().root()));
    assert_eq!(serde_json::to_string(&document.root()).unwrap(), document.root().to_json().to_string());
}

#[test]
fn what_costs_too_much_is_told() {
    let blanks = kubectl(&format!("a: x{}{}\n", " ".repeat(1 << 20), "y z ".repeat(1 << 20)));
    assert_eq!(blanks.problems.iter().map(|p| p.kind).collect::<Vec<_>>(), [ProblemKind::Limit]);
    let many = kubectl(&"{}".repeat(portcullis::yaml::limits::DOCUMENTS + 1));
    assert_eq!(many.documents.len(), portcullis::yaml::limits::DOCUMENTS);
    assert_eq!(many.problems.iter().map(|p| (p.kind, p.fatal)).collect::<Vec<_>>(), [(ProblemKind::Limit, true)]);
    let escapes = kubectl(&format!("a: \"{}\"\n", "\\'".repeat(10_000)));
    assert_eq!(escapes.documents[0].root().get("a").unwrap().as_str(), Some("'".repeat(10_000).as_str()));
    assert_eq!(kubectl("\t\n").problems.len(), 1);
}
