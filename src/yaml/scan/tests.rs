//! The two readers of YAML give the same document, wherever this one gives any.
//!
//! Real and odd texts, each as it is and with bytes of interest put in, taken out and exchanged, and texts made of the
//! pieces that YAML is made of. `PORTCULLIS_MUTATIONS=20000000` says how many in all; without it there are so few that the test takes
//! seconds.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use super::scan;
use crate::source::{RepoPath, Side, Source, Span};
use crate::yaml::build::Builder;
use crate::yaml::compose::compose_events;
use crate::yaml::decode::decode;
use crate::yaml::document::Document;
use crate::yaml::{Dialect, limits, split};

/// What is put into a text or takes the place of a byte.
const OF_INTEREST: &[&str] = &[
    ":", "-", "#", " ", "  ", "\"", "'", "\n", "\r\n", "\r", "\t", "|", ">", "{", "}", "[", "]", ",", "\\", "?", "&",
    "*", "!", "%", "@", "`", "~", "0", "1", "a", "é", "\u{85}", "\u{2028}", "\u{FEFF}", "\0", "\u{1}", "---", "...",
    ": ", "- ", " #", "\n\n", "<<: ", "yes", "|-\n", ">+\n", "\n  ", "''", "\\\n", "+", ".",
];

/// Lines that texts are made of, with an indentation of a few blanks.
const LINES: &[&str] = &[
    "a:",
    "b: 1",
    "c: yes",
    "- x",
    "- d: e",
    "-",
    "- - z",
    "-  f:",
    "g: \"q\"",
    "h: 'it''s'",
    "i: |",
    "j: >-",
    "k: |+",
    "l: >1",
    "- |",
    "m: [1, {n: o}]",
    "p: {}",
    "# comment",
    "",
    "",
    " ",
    "text more",
    "q: text",
    "\"r\": s",
    "'t' : u",
    "v : w",
    "x: \"open",
    "close\"",
    "'open",
    "y: 'open",
    "close'",
    "z: [",
    "], ",
    "]",
    "{",
    "}",
    "a: {b: c,",
    "d: e}",
    "1: 2",
    "- \"q\" # c",
    "f: g # c",
    "h: i#j",
    "k: l: m",
    "- n: |",
    "- [a, 'b', \"c\",]",
    "\"\\x41\\n\": \"\\u00e9\\",
    "o:\tp",
    "\tq",
    "r: s\t",
    "b: 2",
    "---",
    "...",
    "--- # c",
    "é: ü",
    "t: &u v",
    "w: *u",
    "- !!str x",
    "? y",
    "z: \"a\\",
    "- >",
    "<<: {}",
    "%A",
    "a: @b",
    "- -c",
    "d: -",
    "- :e",
];

/// Pieces that texts are made of, without any order.
const PIECES: &[&str] = &[
    "a",
    "b: ",
    "c:\n",
    "- ",
    "-\n",
    "\n",
    "\n",
    "\n  ",
    "\n    ",
    " ",
    "  ",
    "\"",
    "'",
    "[",
    "]",
    "{",
    "}",
    ", ",
    ",",
    "#",
    " # x\n",
    "|",
    "|-\n",
    ">\n",
    "|+",
    ">2-\n",
    "\n\n",
    "x y",
    "z",
    "\\n",
    "\\",
    "\\\n",
    "''",
    "'q'",
    "\"q\"",
    "1",
    "yes",
    ": ",
    ":",
    "\"k\": ",
    "{}",
    "[]",
    "\r\n",
    "\t",
    "é",
    "---\n",
    "...",
    "?",
    "~",
    "a: b\n",
    "- a: b\n",
    "  a: b\n",
    "  - c\n",
    "  x\n",
    "key: |\n",
    "key: >-\n",
    "%",
    "&a ",
    "*a",
    "!!str ",
    "1.5",
    "2020-01-01",
    "<<: ",
];

fn differs(fast: &Document, slow: &Document) -> Option<&'static str> {
    let nodes = fast.nodes.len() == slow.nodes.len()
        && fast
            .nodes
            .iter()
            .zip(&slow.nodes)
            .all(|(a, b)| a.data == b.data && a.origin == b.origin && a.plain == b.plain);
    let entries = fast.entries.len() == slow.entries.len()
        && fast
            .entries
            .iter()
            .zip(&slow.entries)
            .all(|(a, b)| a.key == b.key && a.key_origin == b.key_origin && a.value == b.value);
    [
        ("nodes", nodes),
        ("entries", entries),
        ("items", fast.items == slow.items),
        ("strings", fast.strings == slow.strings),
        ("duplicates", fast.duplicates == slow.duplicates),
        ("differences", fast.differences == slow.differences),
        ("may_differ", fast.may_differ == slow.may_differ),
        ("root", fast.root == slow.root),
        ("span", (fast.span, fast.index, fast.dialect) == (slow.span, slow.index, slow.dialect)),
        ("chains", fast.chains == slow.chains && fast.sources.len() == slow.sources.len()),
    ]
    .into_iter()
    .find(|(_, same)| !same)
    .map(|(what, _)| what)
}

/// Whether the fast reader reads the document; an error if it reads another one than libyaml.
fn compare(source: &Arc<Source>, span: Span, dialect: Dialect, finish_line: bool) -> Result<bool, String> {
    let text = &source.text[span.range()];
    let Some(build) = scan(&source.text, span, Builder::new(dialect, &source.text, text.len())) else {
        return Ok(false);
    };
    if limits::too_slow(text).is_some() {
        return Ok(false);
    }
    let fast = build.finish(source, span, 3);
    let why = match compose_events(source, span, 3, dialect, finish_line) {
        Err(problem) => problem.message,
        Ok(composed) if composed.rest.is_some() => "text behind its end".to_owned(),
        Ok(composed) => match differs(&fast, &composed.document) {
            None => return Ok(true),
            Some(what) => format!("{what}: {fast:?}\n{:?}", composed.document),
        },
    };
    let start: String = text.chars().take(2_000).collect();
    Err(format!("{dialect:?}, {finish_line}: {start:?}\n{why}"))
}

/// In both dialects, and as readers of a stream and of a single document do: how many of the four are read.
fn compare_all(source: &Arc<Source>, span: Span) -> Result<usize, String> {
    let mut read = 0;
    for dialect in [Dialect::Kubectl, Dialect::Kustomize] {
        for finish_line in [true, false] {
            read += usize::from(compare(source, span, dialect, finish_line)?);
        }
    }
    Ok(read)
}

fn source(text: &str) -> Arc<Source> {
    Arc::new(Source::new(RepoPath::from("a.yaml"), Side::Head, text.to_owned(), true))
}

fn compare_text(text: &str) -> Result<usize, String> {
    let source = source(text);
    compare_all(&source, Span::new(0, source.text.len()))
}

/// A generator of numbers that are the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((z ^ (z >> 31)) % n as u64).unwrap()
    }

    fn of<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.below(list.len())]
    }
}

fn mutated(text: &str, dice: &mut Dice) -> String {
    let mut text = text.to_owned();
    for _ in 0..=dice.below(3) {
        let mut at = dice.below(text.len() + 1);
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        let width = text[at..].chars().next().map_or(0, char::len_utf8);
        match dice.below(4) {
            0 => text.replace_range(at..at + width, ""),
            1 => text.replace_range(at..at + width, dice.of(OF_INTEREST)),
            2 => text.truncate(at),
            _ => text.insert_str(at, dice.of(OF_INTEREST)),
        }
    }
    text
}

fn files_below(folder: &Path, files: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() { files_below(&path, files) } else { files.push(path) }
    }
}

/// Every fixture, and every text of the conformance cases.
fn fixtures() -> Vec<Vec<u8>> {
    let mut files = Vec::new();
    files_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures"), &mut files);
    let mut texts: Vec<Vec<u8>> = files.iter().map(|path| std::fs::read(path).unwrap()).collect();
    let cases =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/conformance/yaml/cases.jsonl"));
    let case =
        |line: &str| Some(serde_json::from_str::<serde_json::Value>(line).ok()?["yaml"].as_str()?.as_bytes().to_vec());
    texts.extend(cases.unwrap().lines().filter_map(case));
    assert!(texts.len() > 1_000, "{}", texts.len());
    texts
}

/// The blobs of the bundles beside the checkout that have a manifest's name: all of them for a long run, else some.
fn corpora() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpora");
    let Ok(entries) = folder.read_dir() else {
        eprintln!("skipped: no bundles in {}", folder.display());
        return Vec::new();
    };
    let mut bundles: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    bundles.retain(|path| path.extension().is_some_and(|extension| extension == "bundle"));
    bundles.sort();
    let mut texts = Vec::new();
    for bundle in bundles {
        let repo = tempfile::tempdir().unwrap();
        let git = |arguments: &[&str]| {
            let output = Command::new("git").arg("-C").arg(repo.path()).args(arguments).output().unwrap();
            assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
            output.stdout
        };
        git(&["init", "--quiet", "--bare"]);
        git(&["fetch", "--quiet", bundle.to_str().unwrap(), "refs/heads/*:refs/heads/*"]);
        let repository = git2::Repository::open(repo.path()).unwrap();
        let listed = String::from_utf8(git(&["rev-list", "--objects", "--all"])).unwrap();
        let mut ids: Vec<&str> = listed
            .lines()
            .filter_map(|line| line.split_once(' '))
            .filter(|(_, path)| [".yaml", ".yml", ".json"].iter().any(|end| path.ends_with(end)))
            .map(|(id, _)| id)
            .collect();
        ids.sort_unstable();
        ids.dedup();
        let step = if mutations().is_some() { 1 } else { 25 };
        texts.extend(ids.iter().step_by(step).filter_map(|id| {
            let blob = repository.find_blob(git2::Oid::from_str(id).unwrap()).ok()?;
            Some(blob.content().to_vec())
        }));
    }
    texts
}

fn mutations() -> Option<usize> {
    std::env::var("PORTCULLIS_MUTATIONS").ok()?.parse().ok()
}

/// Compare each document of the texts. How many bytes are read of how many, of documents that libyaml reads.
fn compare_documents(texts: &[Vec<u8>]) -> (usize, usize) {
    let (fast, all) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let compare = |bytes: &Vec<u8>| {
        let source = source(&decode(bytes).text);
        compare_all(&source, Span::new(0, source.text.len()))?;
        if source.text.trim_start().starts_with('{') {
            return Ok(());
        }
        for piece in split::pieces(&source.text, 0).filter(|piece| piece.bad_separator.is_none()) {
            let read = compare_all(&source, piece.span)?;
            if read == 0 && compose_events(&source, piece.span, 0, Dialect::Kubectl, true).is_err() {
                continue;
            }
            let length = piece.span.range().len();
            all.fetch_add(length, Ordering::Relaxed);
            fast.fetch_add(if read > 0 { length } else { 0 }, Ordering::Relaxed);
        }
        Ok(())
    };
    let found: Option<String> = texts.par_iter().find_map_any(|bytes| compare(bytes).err());
    assert_eq!(found, None);
    (fast.into_inner(), all.into_inner())
}

/// Compare this many texts that dice make: how many of them are read.
fn compare_made(count: usize, make: impl Fn(&mut Dice) -> String + Sync) -> usize {
    let read = AtomicUsize::new(0);
    let compare = |number| {
        let readings = compare_text(&make(&mut Dice(number as u64)));
        readings.map(|readings| _ = read.fetch_add(usize::from(readings > 0), Ordering::Relaxed))
    };
    let found: Option<String> = (0..count).into_par_iter().find_map_any(|number| compare(number).err());
    assert_eq!(found, None);
    read.into_inner()
}

/// Compare this many mutations of the texts' documents, of those that are short enough.
fn compare_mutations(texts: &[Vec<u8>], count: usize, longest: usize) {
    let texts: Vec<String> = texts.iter().map(|bytes| decode(bytes).text).collect();
    let short = |text: &&str| (1..=longest).contains(&text.len());
    let documents: Vec<&str> = texts
        .iter()
        .flat_map(|text| split::pieces(text, 0).map(|piece| &text[piece.span.range()]))
        .filter(short)
        .collect();
    if documents.is_empty() {
        return;
    }
    let read = compare_made(count, |dice| mutated(documents[dice.below(documents.len())], dice));
    println!("of {count} mutations of {} documents {read} are read", documents.len());
}

#[test]
fn fixtures_and_their_mutations() {
    let texts = fixtures();
    let (fast, all) = compare_documents(&texts);
    println!("{fast} of {all} bytes of the fixtures");
    assert!(fast * 10 > all * 8, "{fast} of {all}");
    compare_mutations(&texts, mutations().unwrap_or(40_000), 2_000);
}

#[test]
fn corpora_and_their_mutations() {
    let texts = corpora();
    let (fast, all) = compare_documents(&texts);
    println!("{fast} of {all} bytes of the corpora in {} files", texts.len());
    assert!(fast * 100 >= all * 95, "{fast} of {all}");
    let longest = if mutations().is_some() { 20_000 } else { 1_500 };
    compare_mutations(&texts, mutations().unwrap_or(20_000), longest);
}

#[test]
fn texts_of_lines() {
    let count = mutations().unwrap_or(100_000);
    let read = compare_made(count, |dice| {
        let mut text = String::new();
        for _ in 0..=dice.below(7) {
            text.push_str(&" ".repeat([0, 0, 0, 1, 2, 2, 2, 4][dice.below(8)]));
            text.push_str(dice.of(LINES));
            text.push_str(["\n", "\n", "\n", "\n", "\n", "\n", "\r\n", " \n", ""][dice.below(9)]);
        }
        text
    });
    println!("of {count} texts of lines {read} are read");
}

#[test]
fn texts_of_pieces() {
    let count = mutations().unwrap_or(100_000);
    let read = compare_made(count, |dice| (0..3 + dice.below(14)).map(|_| dice.of(PIECES)).collect());
    println!("of {count} texts of pieces {read} are read");
}
