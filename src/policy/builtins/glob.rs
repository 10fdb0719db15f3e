//! `glob.match`, whose wildcards stop at delimiters.

use std::fmt::Write as _;
use std::iter::Peekable;
use std::str::Chars;

use regex::Regex;
use regorus::Value;

use super::{Answer, Args, Family, Problem, error, text};

pub(super) const FUNCTIONS: Family = &[("glob.match", is_match), ("glob.quote_meta", quote_meta)];

/// Characters that a pattern needs a backslash for.
const SPECIAL: &str = "*?\\[]{}";
/// How deep alternatives may nest.
const DEPTH: usize = 64;

fn is_match(args: Args<'_>) -> Answer {
    let (pattern, whole) = (args.string(0)?, args.string(2)?);
    let mut delimiters = String::new();
    match args.value(1) {
        Value::Null => {}
        Value::Array(items) => {
            for item in items.iter() {
                let Value::String(item) = item else { return error("delimiters must be strings") };
                let mut chars = item.chars();
                match (chars.next(), chars.next()) {
                    (Some(c), None) => delimiters.push(c),
                    _ => return error("a delimiter must be one character"),
                }
            }
            if delimiters.is_empty() {
                delimiters.push('.');
            }
        }
        _ => return args.wrong(1, "null or array"),
    }
    let mut writer = Writer { rest: pattern.chars().peekable(), out: String::from("(?s)\\A"), delimiters };
    writer.text(0)?;
    writer.out.push_str("\\z");
    match Regex::new(&writer.out) {
        Ok(regex) => Ok(Value::from(regex.is_match(whole))),
        Err(error) => Err(Problem::Unavailable(format!("the pattern {pattern:?} is too large: {error}"))),
    }
}

/// Writes a pattern as a regular expression.
struct Writer<'t> {
    rest: Peekable<Chars<'t>>,
    out: String,
    delimiters: String,
}

impl Writer<'_> {
    /// Up to the end of the alternative, or of the pattern.
    fn text(&mut self, depth: usize) -> Result<(), Problem> {
        if depth > DEPTH {
            return Err(Problem::Unavailable("the pattern nests too deeply".into()));
        }
        while let Some(c) = self.rest.next() {
            match c {
                '\\' => match self.rest.next() {
                    Some(escaped) => self.literal(escaped),
                    None => return Ok(()),
                },
                '*' if self.rest.next_if_eq(&'*').is_some() => self.out.push_str(".*"),
                '*' => {
                    self.one();
                    self.out.push('*');
                }
                '?' => self.one(),
                '[' => self.list()?,
                '{' => {
                    self.out.push_str("(?:");
                    self.text(depth + 1)?;
                    self.out.push(')');
                }
                ',' if depth > 0 => self.out.push('|'),
                '}' if depth > 0 => return Ok(()),
                other => self.literal(other),
            }
        }
        Ok(())
    }

    /// A character that is no delimiter.
    fn one(&mut self) {
        if self.delimiters.is_empty() {
            return self.out.push('.');
        }
        self.out.push_str("[^");
        for c in self.delimiters.clone().chars() {
            self.literal(c);
        }
        self.out.push(']');
    }

    /// `[abc]`, `[!abc]`, `[a-c]` or `[!a-c]`.
    fn list(&mut self) -> Result<(), Problem> {
        self.out.push('[');
        if self.rest.next_if_eq(&'!').is_some() {
            self.out.push('^');
        }
        let mut members: Vec<char> = Vec::new();
        let mut is_escaped = false;
        loop {
            match self.rest.next() {
                None => return error("unexpected end of the pattern in a list"),
                Some(']') => break,
                Some('\\') => {
                    is_escaped = true;
                    members.extend(self.rest.next());
                }
                Some(other) => members.push(other),
            }
        }
        match members.as_slice() {
            [] => return error("an empty list"),
            [low, '-', high] if !is_escaped => {
                if low > high {
                    return error("the range ends before it begins");
                }
                let (low, high) = (*low, *high);
                self.literal(low);
                self.out.push('-');
                self.literal(high);
            }
            [_, '-', ..] if !is_escaped => return error("a list with a range has nothing else"),
            _ => {
                for member in members {
                    self.literal(member);
                }
            }
        }
        self.out.push(']');
        Ok(())
    }

    fn literal(&mut self, c: char) {
        // Writing to a string cannot fail.
        _ = write!(self.out, "\\x{{{:X}}}", u32::from(c));
    }
}

fn quote_meta(args: Args<'_>) -> Answer {
    text(args.string(0)?.chars().flat_map(|c| SPECIAL.contains(c).then_some('\\').into_iter().chain([c])).collect())
}
