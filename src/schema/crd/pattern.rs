//! `pattern`: a regular expression in Go's syntax (RE2's), searched anywhere in the text.
//!
//! The `regex` crate has the same semantics and a slightly different syntax: Perl's classes are Unicode's there, brackets
//! nest in classes, a lone brace is an error, and some escapes mean something else. So an expression is written anew.

use std::fmt::Write as _;
use std::iter::Peekable;
use std::str::Chars;

use regex::bytes::{Regex, RegexBuilder};

use crate::schema::text::regexp;

/// Memory that a compiled expression may take.
const COMPILED_BYTES: usize = 20 << 20;

/// A compiled expression.
#[derive(Debug)]
pub struct Pattern(Regex);

impl Pattern {
    /// Compile an expression.
    pub fn compile(pattern: &str) -> Result<Self, String> {
        regexp::check(pattern)?;
        let compiled = RegexBuilder::new(&translate(pattern).0).size_limit(COMPILED_BYTES).build();
        compiled.map(Self).map_err(|error| error.to_string())
    }

    /// It is found in a text.
    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        self.0.is_match(text.as_bytes())
    }
}

/// The same expression as the `regex` crate writes it, of one that Go takes, and the names of its groups.
pub(crate) fn translate(pattern: &str) -> (String, Vec<Option<String>>) {
    let out = String::with_capacity(pattern.len() * 2);
    let mut writer = Writer { rest: pattern.chars().peekable(), out, names: Vec::new() };
    while let Some(c) = writer.rest.next() {
        match c {
            '\\' => writer.escape(),
            '[' => writer.class(),
            '(' => writer.group(),
            '{' => writer.brace(),
            '*' | '+' | '?' | '|' | ')' | '^' | '$' | '.' => writer.out.push(c),
            other => push_literal(&mut writer.out, other),
        }
    }
    (writer.out, writer.names)
}

/// What stands behind a backslash and means the same in brackets.
enum Escape {
    Char(char),
    /// What goes into brackets, and whether it is all other characters.
    Class(&'static str, bool),
    Unicode(String),
}

struct Writer<'t> {
    rest: Peekable<Chars<'t>>,
    out: String,
    /// Of the groups that capture, in order.
    names: Vec<Option<String>>,
}

impl Writer<'_> {
    /// A repetition, `{2}`, `{2,}` or `{2,3}`; else the brace is a literal.
    fn brace(&mut self) {
        let mut ahead = self.rest.clone();
        let inner: String = ahead.by_ref().take_while(|c| *c != '}').collect();
        let is_closed = self.rest.clone().nth(inner.chars().count()) == Some('}');
        let (low, high) = inner.split_once(',').unwrap_or((&inner, ""));
        let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if is_closed && !low.is_empty() && is_digits(low) && is_digits(high) {
            _ = write!(self.out, "{{{inner}}}");
            self.rest = ahead;
        } else {
            push_literal(&mut self.out, '{');
        }
    }

    /// A group, or flags. Names are kept aside: Go takes some that the crate does not.
    fn group(&mut self) {
        self.out.push('(');
        if self.rest.next_if_eq(&'?').is_none() {
            return self.names.push(None);
        }
        self.rest.next_if_eq(&'P');
        if self.rest.next_if_eq(&'<').is_some() {
            return self.names.push(Some(self.rest.by_ref().take_while(|c| *c != '>').collect()));
        }
        self.out.push('?');
        for c in self.rest.by_ref() {
            self.out.push(c);
            if matches!(c, ':' | ')') {
                return;
            }
        }
    }

    /// What follows a backslash outside of brackets.
    fn escape(&mut self) {
        let kept = match self.rest.peek() {
            Some('A') => "\\A",
            Some('z') => "\\z",
            Some('b') => "(?-u:\\b)",
            Some('B') => "(?-u:\\B)",
            Some('Q') => return self.quoted(),
            _ => {
                return match self.class_escape() {
                    Escape::Char(c) => push_literal(&mut self.out, c),
                    Escape::Class(inner, negated) => {
                        _ = write!(self.out, "[{}{inner}]", if negated { "^" } else { "" });
                    }
                    Escape::Unicode(class) => self.out.push_str(&class),
                };
            }
        };
        self.out.push_str(kept);
        self.rest.next();
    }

    /// `\Q…\E`: nothing in it is special.
    fn quoted(&mut self) {
        self.rest.next();
        while let Some(c) = self.rest.next() {
            if c == '\\' && self.rest.next_if_eq(&'E').is_some() {
                return;
            }
            push_literal(&mut self.out, c);
        }
    }

    fn class_escape(&mut self) -> Escape {
        let Some(c) = self.rest.next() else { return Escape::Char('\\') };
        match c {
            'd' | 'D' => Escape::Class("0-9", c == 'D'),
            's' | 'S' => Escape::Class("\\t\\n\\x0C\\r\\x20", c == 'S'),
            'w' | 'W' => Escape::Class("0-9A-Za-z_", c == 'W'),
            'p' | 'P' => {
                let name = match self.rest.next() {
                    Some('{') => self.rest.by_ref().take_while(|c| *c != '}').collect::<String>(),
                    letter => letter.into_iter().collect(),
                };
                let (name, negated) = name.strip_prefix('^').map_or((name.as_str(), false), |name| (name, true));
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
                    first => first.into_iter().chain(self.rest.next()).collect(),
                };
                Escape::Char(u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32).unwrap_or_default())
            }
            '0'..='7' => {
                let mut number = c.to_digit(8).unwrap_or_default();
                let mut digits = 1;
                while let Some(next) = self.rest.peek().and_then(|c| c.to_digit(8)).filter(|_| digits < 3) {
                    number = number * 8 + next;
                    digits += 1;
                    self.rest.next();
                }
                Escape::Char(char::from_u32(number).unwrap_or_default())
            }
            other => Escape::Char(other),
        }
    }

    /// What follows `[`.
    fn class(&mut self) {
        self.out.push('[');
        if self.rest.next_if_eq(&'^').is_some() {
            self.out.push('^');
        }
        let mut first = true;
        while let Some(c) = self.rest.next() {
            match c {
                ']' if !first => break,
                '[' if self.is_named() => {
                    self.out.push('[');
                    self.out.extend(self.rest.by_ref().take_while(|c| *c != ']'));
                    self.out.push(']');
                }
                '\\' => match self.class_escape() {
                    Escape::Char(low) => self.range(low),
                    Escape::Class(inner, false) => self.out.push_str(inner),
                    Escape::Class(inner, true) => _ = write!(self.out, "[^{inner}]"),
                    Escape::Unicode(class) => self.out.push_str(&class),
                },
                low => self.range(low),
            }
            first = false;
        }
        self.out.push(']');
    }

    /// What follows `[` inside a class is `:alpha:]`.
    fn is_named(&self) -> bool {
        let mut ahead = self.rest.clone();
        let inner: String = ahead.by_ref().take_while(|c| *c != ']').collect();
        let name = inner.strip_prefix(':').and_then(|inner| inner.strip_suffix(':'));
        name.is_some_and(|name| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'^'))
    }

    /// A character in brackets, or a range that begins with it.
    fn range(&mut self, low: char) {
        push_literal(&mut self.out, low);
        let mut ahead = self.rest.clone();
        if ahead.next() != Some('-') || matches!(ahead.peek(), None | Some(']')) {
            return;
        }
        self.rest = ahead;
        let high = match self.rest.next() {
            Some('\\') => match self.class_escape() {
                Escape::Char(high) => high,
                Escape::Class(..) | Escape::Unicode(_) => return,
            },
            Some(high) => high,
            None => return,
        };
        self.out.push('-');
        push_literal(&mut self.out, high);
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
        for pattern in [
            "a(?=b)", "*a", "a**", "a{2}{3}", "(a", "a)", "[a", "[b-a]", "[a--]", r"\1", r"\C", r"\8", "a{1001}",
            "(?x)a", "\\",
        ] {
            assert!(Pattern::compile(pattern).is_err(), "{pattern}");
        }
    }
}
