//! `pattern`: a regular expression in Go's syntax (RE2's), searched anywhere in the text.
//!
//! The `regex` crate has the same semantics and a slightly different syntax: Perl's classes are Unicode's there, brackets
//! nest in classes, a lone brace is an error, and some escapes mean something else. So an expression is parsed as Go does
//! and written anew.

use std::fmt::Write as _;
use std::iter::Peekable;
use std::str::Chars;

use regex::bytes::{Regex, RegexBuilder};

/// Memory that a compiled expression may take.
const COMPILED_BYTES: usize = 20 << 20;

/// The highest repetition that RE2 takes.
const REPEATS: u32 = 1000;

/// A compiled expression.
#[derive(Debug)]
pub struct Pattern(Regex);

impl Pattern {
    /// Compile an expression.
    pub fn compile(pattern: &str) -> Result<Self, String> {
        let translated = translate(pattern)?;
        let compiled = RegexBuilder::new(&translated).size_limit(COMPILED_BYTES).build();
        compiled.map(Self).map_err(|error| error.to_string())
    }

    /// Whether an expression is one, at a fraction of the cost of compiling it.
    pub fn check(pattern: &str) -> Result<(), String> {
        translate(pattern).map(drop)
    }

    /// It is found in a text.
    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        self.0.is_match(text.as_bytes())
    }
}

/// The same expression as the `regex` crate writes it.
fn translate(pattern: &str) -> Result<String, String> {
    let mut parser = Parser {
        rest: pattern.chars().peekable(),
        out: String::with_capacity(pattern.len() * 2),
        before: Before::Nothing,
    };
    let mut open = 0_usize;
    while let Some(c) = parser.rest.next() {
        match c {
            '\\' => parser.escape()?,
            '[' => parser.class()?,
            '(' => {
                open += usize::from(parser.group()?);
                parser.before = Before::Nothing;
            }
            ')' => {
                open = open.checked_sub(1).ok_or("unexpected )")?;
                parser.out.push(')');
                parser.before = Before::Atom;
            }
            '|' => {
                parser.out.push('|');
                parser.before = Before::Nothing;
            }
            '*' | '+' | '?' => parser.repeat(&c.to_string())?,
            '{' => match parser.counts()? {
                Some(counts) => parser.repeat(&counts)?,
                None => parser.literal('{'),
            },
            '^' | '$' | '.' => {
                parser.out.push(c);
                parser.before = Before::Atom;
            }
            other => parser.literal(other),
        }
    }
    if open > 0 { Err("missing closing )".to_owned()) } else { Ok(parser.out) }
}

/// What stands before: whether it can be repeated.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    Nothing,
    Atom,
    Repetition,
}

/// What a class holds behind a backslash.
enum Escape {
    Char(char),
    /// What goes into brackets, and whether it is all other characters.
    Class(&'static str, bool),
    Unicode(String),
}

struct Parser<'t> {
    rest: Peekable<Chars<'t>>,
    out: String,
    before: Before,
}

impl Parser<'_> {
    fn literal(&mut self, c: char) {
        push_literal(&mut self.out, c);
        self.before = Before::Atom;
    }

    fn repeat(&mut self, operator: &str) -> Result<(), String> {
        match self.before {
            Before::Nothing => return Err(format!("missing argument to repetition operator: `{operator}`")),
            Before::Repetition => return Err(format!("invalid nested repetition operator: `{operator}`")),
            Before::Atom => {}
        }
        self.out.push_str(operator);
        if self.rest.next_if_eq(&'?').is_some() {
            self.out.push('?');
        }
        self.before = Before::Repetition;
        Ok(())
    }

    /// `{2}`, `{2,}`, `{2,3}`; nothing is taken where it is none of these, and the brace is a literal.
    fn counts(&mut self) -> Result<Option<String>, String> {
        let mut ahead = self.rest.clone();
        let inner: String = ahead.by_ref().take_while(|c| *c != '}').take(16).collect();
        let (low, high) = inner.split_once(',').map_or((inner.as_str(), None), |(low, high)| (low, Some(high)));
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let is_closed = self.rest.clone().nth(inner.chars().count()) == Some('}');
        if !is_closed || !is_number(low) || high.is_some_and(|high| !high.is_empty() && !is_number(high)) {
            return Ok(None);
        }
        let count = |text: &str| text.parse::<u32>().ok().filter(|count| *count <= REPEATS);
        let valid = match (count(low), high) {
            (Some(_), None | Some("")) => true,
            (Some(low), Some(high)) => count(high).is_some_and(|high| low <= high),
            (None, _) => false,
        };
        if !valid {
            return Err(format!("invalid repeat count: `{{{inner}}}`"));
        }
        self.rest = ahead;
        Ok(Some(format!("{{{inner}}}")))
    }

    /// What follows `(`. Gives whether a group begins; flags alone open none.
    fn group(&mut self) -> Result<bool, String> {
        if self.rest.next_if_eq(&'?').is_none() {
            self.out.push_str("(?:");
            return Ok(true);
        }
        let unsupported = || "invalid or unsupported Perl syntax".to_owned();
        self.rest.next_if_eq(&'P');
        if self.rest.next_if_eq(&'<').is_some() {
            let name: String = self.rest.by_ref().take_while(|c| *c != '>').collect();
            if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
                return Err(unsupported());
            }
            self.out.push_str("(?:");
            return Ok(true);
        }
        self.out.push_str("(?");
        loop {
            match self.rest.next() {
                Some(flag @ ('i' | 'm' | 's' | 'U' | '-')) => self.out.push(flag),
                Some(':') => {
                    self.out.push(':');
                    return Ok(true);
                }
                Some(')') => {
                    self.out.push(')');
                    return Ok(false);
                }
                _ => return Err(unsupported()),
            }
        }
    }

    /// What follows a backslash outside of brackets.
    fn escape(&mut self) -> Result<(), String> {
        match self.rest.peek() {
            Some('A') => self.out.push_str("\\A"),
            Some('z') => self.out.push_str("\\z"),
            Some('b') => self.out.push_str("(?-u:\\b)"),
            Some('B') => self.out.push_str("(?-u:\\B)"),
            Some('Q') => {
                self.rest.next();
                return self.quoted();
            }
            _ => {
                match self.class_escape()? {
                    Escape::Char(c) => push_literal(&mut self.out, c),
                    Escape::Class(inner, negated) => {
                        self.out.push_str(if negated { "[^" } else { "[" });
                        self.out.push_str(inner);
                        self.out.push(']');
                    }
                    Escape::Unicode(class) => self.out.push_str(&class),
                }
                self.before = Before::Atom;
                return Ok(());
            }
        }
        self.rest.next();
        self.before = Before::Atom;
        Ok(())
    }

    /// `\Q…\E`: nothing in it is special.
    fn quoted(&mut self) -> Result<(), String> {
        while let Some(c) = self.rest.next() {
            if c == '\\' && self.rest.next_if_eq(&'E').is_some() {
                return Ok(());
            }
            self.literal(c);
        }
        Ok(())
    }

    /// What follows a backslash and means the same in brackets.
    fn class_escape(&mut self) -> Result<Escape, String> {
        let c = self.rest.next().ok_or("trailing backslash at end of expression")?;
        let fail = || Err(format!("invalid escape sequence: `\\{c}`"));
        Ok(match c {
            'd' | 'D' => Escape::Class("0-9", c == 'D'),
            's' | 'S' => Escape::Class("\\t\\n\\x0C\\r\\x20", c == 'S'),
            'w' | 'W' => Escape::Class("0-9A-Za-z_", c == 'W'),
            'p' | 'P' => {
                let name = match self.rest.next() {
                    Some('{') => self.rest.by_ref().take_while(|c| *c != '}').collect::<String>(),
                    Some(letter) => letter.to_string(),
                    None => return fail(),
                };
                let (name, negated) = name.strip_prefix('^').map_or((name.as_str(), false), |name| (name, true));
                if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
                    return fail();
                }
                Escape::Unicode(format!("\\{}{{{name}}}", if (c == 'P') == negated { 'p' } else { 'P' }))
            }
            'a' => Escape::Char('\x07'),
            'f' => Escape::Char('\x0C'),
            'n' => Escape::Char('\n'),
            'r' => Escape::Char('\r'),
            't' => Escape::Char('\t'),
            'v' => Escape::Char('\x0B'),
            'x' => {
                let digits: String = match self.rest.next() {
                    Some('{') => self.rest.by_ref().take_while(|c| *c != '}').collect(),
                    Some(first) => [Some(first), self.rest.next()].into_iter().flatten().collect(),
                    None => return fail(),
                };
                match u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32) {
                    Some(c) => Escape::Char(c),
                    None => return fail(),
                }
            }
            '0'..='7' => {
                let mut number = c.to_digit(8).unwrap_or_default();
                let mut digits = 1;
                while let Some(next) = self.rest.peek().and_then(|c| c.to_digit(8)).filter(|_| digits < 3) {
                    number = number * 8 + next;
                    digits += 1;
                    self.rest.next();
                }
                if c != '0' && digits == 1 {
                    return fail();
                }
                Escape::Char(char::from_u32(number).unwrap_or_default())
            }
            c if c.is_ascii() && !c.is_ascii_alphanumeric() => Escape::Char(c),
            _ => return fail(),
        })
    }

    /// What follows `[`.
    fn class(&mut self) -> Result<(), String> {
        let missing = || "missing closing ]".to_owned();
        self.out.push('[');
        if self.rest.next_if_eq(&'^').is_some() {
            self.out.push('^');
        }
        let mut first = true;
        loop {
            let c = self.rest.next().ok_or_else(missing)?;
            match c {
                ']' if !first => break,
                '[' if self.rest.peek() == Some(&':') => {
                    let inner: String = self.rest.clone().skip(1).take_while(|c| *c != ':' && *c != ']').collect();
                    if inner.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'^') {
                        self.rest.nth(inner.len());
                        if self.rest.next() != Some(':') || self.rest.next() != Some(']') {
                            return Err("invalid character class range".to_owned());
                        }
                        _ = write!(self.out, "[:{inner}:]");
                    } else {
                        push_literal(&mut self.out, '[');
                    }
                }
                '\\' => match self.class_escape()? {
                    Escape::Char(low) => self.range(low)?,
                    Escape::Class(inner, false) => self.out.push_str(inner),
                    Escape::Class(inner, true) => _ = write!(self.out, "[^{inner}]"),
                    Escape::Unicode(class) => self.out.push_str(&class),
                },
                low => self.range(low)?,
            }
            first = false;
        }
        self.out.push(']');
        self.before = Before::Atom;
        Ok(())
    }

    /// A character in brackets, or a range that begins with it.
    fn range(&mut self, low: char) -> Result<(), String> {
        push_literal(&mut self.out, low);
        let mut ahead = self.rest.clone();
        if ahead.next() != Some('-') || matches!(ahead.peek(), None | Some(']')) {
            return Ok(());
        }
        self.rest = ahead;
        let high = match self.rest.next() {
            Some('\\') => match self.class_escape()? {
                Escape::Char(high) => high,
                Escape::Class(..) | Escape::Unicode(_) => return Err("invalid character class range".to_owned()),
            },
            Some(high) => high,
            None => return Err("missing closing ]".to_owned()),
        };
        if high < low {
            return Err(format!("invalid character class range: `{low}-{high}`"));
        }
        self.out.push('-');
        push_literal(&mut self.out, high);
        Ok(())
    }
}

/// A character that means itself, in brackets and outside.
fn push_literal(out: &mut String, c: char) {
    if c.is_ascii() && !c.is_ascii_alphanumeric() {
        _ = write!(out, "\\x{:02X}", u32::from(c));
    } else {
        out.push(c);
    }
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn gos_expressions_match_as_in_go() {
        let cases = [
            ("^[a-z]{2,3}$", "abc", true),
            ("b", "abc", true),
            ("^a{,2}$", "a{,2}", true),
            ("^x{$", "x{", true),
            ("^[[a]$", "[", true),
            ("^[]a]+$", "]a", true),
            ("^[a&&b]+$", "&", true),
            ("^[a--]$", "+", false),
            ("^[+--]$", ",", true),
            (r"^\d+$", "٣", false),
            (r"^\w+$", "é", false),
            (r"^[\w.-]+$", "a.b-c", true),
            (r"^[^\s]+$", "a\u{b}b", true),
            (r"^\Qa.b\E$", "a.b", true),
            (r"^\Qa.b\E$", "axb", false),
            (r"^\<\_$", "<_", true),
            ("^(?i)abc$", "ABC", true),
            ("^(?P<n>a)(?<m>b)$", "ab", true),
            (r"^[^\pZ\pC\pS]+$", "a b", false),
            (r"^\p{Greek}$", "α", true),
            ("^[[:alpha:]_]+$", "a_", true),
            (r"a\b", "a-", true),
            (r"^\x41\101$", "AA", true),
            ("^.$", "é", true),
            ("a$", "a\n", false),
        ];
        for (pattern, text, expected) in cases {
            let compiled = Pattern::compile(pattern);
            assert_eq!(compiled.map(|compiled| compiled.is_match(text)), Ok(expected), "{pattern} on {text:?}");
        }
    }

    #[test]
    fn what_go_refuses_is_refused() {
        for pattern in
            ["a(?=b)", "*a", "a**", "a{2}{3}", "(a", "a)", "[a", "[b-a]", r"\1", r"\C", r"\8", "a{1001}", "(?x)a", "\\"]
        {
            assert!(Pattern::compile(pattern).is_err(), "{pattern}");
        }
    }
}
