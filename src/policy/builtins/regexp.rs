//! Regular expressions in Go's syntax.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::rc::Rc;

use regex::bytes::{Captures, Regex, RegexBuilder};
use regorus::Value;

use super::{Answer, Args, Family, Problem, error, text};
use crate::schema::crd::pattern::translate;
use crate::schema::text::regexp;

pub(super) const FUNCTIONS: Family = &[
    ("re_match", is_match),
    ("regex.find_all_string_submatch_n", find_submatches),
    ("regex.find_n", find),
    ("regex.is_valid", |args| Ok(Value::from(args.string(0).is_ok_and(|pattern| regexp::check(pattern).is_ok())))),
    ("regex.match", is_match),
    ("regex.replace", replace),
    ("regex.split", split),
    ("regex.template_match", template_match),
];

/// Memory that a compiled expression may take, in bytes.
const COMPILED: usize = 10 << 20;
/// Compiled expressions that a thread keeps.
const KEPT: usize = 128;

/// A compiled expression, and the names of its groups.
struct Pattern {
    regex: Regex,
    names: Vec<Option<String>>,
}

thread_local! {
    /// Policies ask for the same few expressions about every object.
    static PATTERNS: RefCell<HashMap<String, Rc<Pattern>>> = RefCell::new(HashMap::new());
}

fn compile(pattern: &str) -> Result<Rc<Pattern>, Problem> {
    if let Some(known) = PATTERNS.with_borrow(|patterns| patterns.get(pattern).cloned()) {
        return Ok(known);
    }
    regexp::check(pattern).map_err(Problem::Error)?;
    let (translated, names) = translate(pattern);
    let regex = RegexBuilder::new(&translated).size_limit(COMPILED).build();
    let regex =
        regex.map_err(|error| Problem::Unavailable(format!("the pattern {pattern:?} is too large: {error}")))?;
    let compiled = Rc::new(Pattern { regex, names });
    PATTERNS.with_borrow_mut(|patterns| {
        if patterns.len() >= KEPT {
            patterns.clear();
        }
        patterns.insert(pattern.to_owned(), Rc::clone(&compiled));
    });
    Ok(compiled)
}

fn string(bytes: &[u8]) -> Value {
    Value::from(String::from_utf8_lossy(bytes).into_owned())
}

/// How many matches are wanted; below zero all.
fn wanted(args: Args<'_>) -> Result<usize, Problem> {
    Ok(usize::try_from(args.integer(2)?).unwrap_or(usize::MAX))
}

fn is_match(args: Args<'_>) -> Answer {
    let (pattern, whole) = (args.string(0)?, args.string(1)?);
    Ok(Value::from(compile(pattern)?.regex.is_match(whole.as_bytes())))
}

fn find(args: Args<'_>) -> Answer {
    let (pattern, whole) = (compile(args.string(0)?)?, args.string(1)?);
    let matches = pattern.regex.find_iter(whole.as_bytes()).take(wanted(args)?);
    Ok(Value::from(matches.map(|found| string(found.as_bytes())).collect::<Vec<_>>()))
}

fn find_submatches(args: Args<'_>) -> Answer {
    let (pattern, whole) = (compile(args.string(0)?)?, args.string(1)?);
    let matches = pattern.regex.captures_iter(whole.as_bytes()).take(wanted(args)?);
    let groups = |found: Captures<'_>| {
        Value::from(found.iter().map(|group| string(group.map_or(&[], |group| group.as_bytes()))).collect::<Vec<_>>())
    };
    Ok(Value::from(matches.map(groups).collect::<Vec<_>>()))
}

fn replace(args: Args<'_>) -> Answer {
    let (whole, pattern, template) = (args.string(0)?, compile(args.string(1)?)?, args.string(2)?);
    let mut out = Vec::new();
    let mut end = 0;
    for found in pattern.regex.captures_iter(whole.as_bytes()) {
        let Some(all) = found.get(0) else { continue };
        out.extend_from_slice(whole.as_bytes().get(end..all.start()).unwrap_or_default());
        expand(template, &pattern.names, &found, &mut out);
        end = all.end();
        if out.len() > super::LONGEST {
            break;
        }
    }
    out.extend_from_slice(whole.as_bytes().get(end..).unwrap_or_default());
    text(String::from_utf8_lossy(&out).into_owned())
}

/// A template with groups for `$1`, `${1}` and `${name}`; `$$` is a dollar, one without a name is itself.
fn expand(template: &str, names: &[Option<String>], found: &Captures<'_>, out: &mut Vec<u8>) {
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('$') {
        out.extend_from_slice(before.as_bytes());
        if let Some(after) = after.strip_prefix('$') {
            out.push(b'$');
            rest = after;
            continue;
        }
        let is_word = |c: char| c == '_' || c.is_alphanumeric();
        let reference = match after.strip_prefix('{') {
            Some(inner) => inner.split_once('}').filter(|(name, _)| !name.is_empty() && name.chars().all(is_word)),
            None => Some(after.split_at(after.find(|c| !is_word(c)).unwrap_or(after.len()))),
        };
        let Some((name, after)) = reference.filter(|(name, _)| !name.is_empty()) else {
            out.push(b'$');
            rest = after;
            continue;
        };
        rest = after;
        let group = if name.bytes().all(|byte| byte.is_ascii_digit()) {
            name.parse().ok().and_then(|number: usize| found.get(number))
        } else {
            let mut numbers = names.iter().enumerate().filter(|(_, known)| known.as_deref() == Some(name));
            numbers.find_map(|(at, _)| found.get(at + 1))
        };
        out.extend_from_slice(group.map_or(&[], |group| group.as_bytes()));
    }
    out.extend_from_slice(rest.as_bytes());
}

fn split(args: Args<'_>) -> Answer {
    let (source, whole) = (args.string(0)?, args.string(1)?);
    let pattern = compile(source)?;
    if whole.is_empty() && !source.is_empty() {
        return Ok(Value::from(vec![Value::from("")]));
    }
    let bytes = whole.as_bytes();
    let (mut parts, mut from, mut to) = (Vec::new(), 0, 0);
    for found in pattern.regex.find_iter(bytes) {
        to = found.start();
        if found.end() != 0 {
            parts.push(string(bytes.get(from..to).unwrap_or_default()));
        }
        from = found.end();
    }
    if to != bytes.len() {
        parts.push(string(bytes.get(from..).unwrap_or_default()));
    }
    Ok(Value::from(parts))
}

/// A text with expressions between delimiters: `urn:{.*}`.
fn template_match(args: Args<'_>) -> Answer {
    let (template, whole) = (args.string(0)?, args.string(1)?);
    let delimiter = |at: usize| -> Result<char, Problem> {
        let delimiter = args.string(at)?;
        let mut chars = delimiter.chars();
        match (chars.next(), chars.next()) {
            (Some(c), None) => Ok(c),
            _ => error("a delimiter must be one character"),
        }
    };
    let (open, close) = (delimiter(2)?, delimiter(3)?);
    let mut pattern = String::from("^");
    let (mut depth, mut part) = (0_i32, String::new());
    for c in template.chars() {
        if c == open && {
            depth += 1;
            depth == 1
        } {
            pattern.push_str(&quote_meta(&std::mem::take(&mut part)));
        } else if c == close && c != open && {
            depth -= 1;
            depth <= 0
        } {
            if depth < 0 {
                return error("unbalanced delimiters");
            }
            compile(&format!("^{part}$"))?;
            _ = write!(pattern, "({})", std::mem::take(&mut part));
        } else {
            part.push(c);
        }
    }
    if depth != 0 {
        return error("unbalanced delimiters");
    }
    _ = write!(pattern, "{}$", quote_meta(&part));
    Ok(Value::from(compile(&pattern)?.regex.is_match(whole.as_bytes())))
}

/// A text in which no character is special.
pub(super) fn quote_meta(text: &str) -> String {
    text.chars().flat_map(|c| "\\.+*?()|[]{}^$".contains(c).then_some('\\').into_iter().chain([c])).collect()
}
