//! Regular expressions as Go's `regexp/syntax` reads them: what the server refuses of a pattern, without compiling it.
//!
//! Only the syntax is looked at. `{` that begins no repetition is a brace, `[` inside a class is a bracket, look-around and
//! backreferences do not exist, and a repetition repeats at most 1,000 times, however it is nested.

/// The most that one part may be repeated, nested repetitions multiplied.
const REPEATS: u32 = 1000;
/// How deep groups may nest.
const HEIGHT: usize = 1000;

/// What `\p{…}` may name: categories, scripts and the long names of categories, without underscores, all letters small.
const CLASSES: &str = include_str!("regexp-classes.txt");

/// What is wrong with a pattern, in Go's words.
pub fn check(pattern: &str) -> Result<(), String> {
    let mut parser = Parser { pattern, rest: pattern, groups: vec![Group::default()], last: "" };
    parser.run().map_err(|(code, part)| format!("error parsing regexp: {code}: `{part}`"))
}

type Wrong<'p> = (&'static str, &'p str);

const INVALID_ESCAPE: &str = "invalid escape sequence";
const INVALID_RANGE: &str = "invalid character class range";
const INVALID_REPEAT: &str = "invalid repeat count";

/// An open group, or the whole pattern.
#[derive(Default)]
struct Group {
    /// The largest product of nested repetitions of what is closed in it.
    most: u32,
    /// The same of what a repetition would repeat now; none at the start of an alternative.
    operand: Option<u32>,
}

impl Group {
    fn push(&mut self, repeats: u32) {
        self.most = self.most.max(self.operand.unwrap_or(0));
        self.operand = Some(repeats);
    }
}

struct Parser<'p> {
    pattern: &'p str,
    rest: &'p str,
    groups: Vec<Group>,
    /// From the last repetition on, if nothing stands between it and `rest`.
    last: &'p str,
}

impl<'p> Parser<'p> {
    fn run(&mut self) -> Result<(), Wrong<'p>> {
        while let Some(first) = self.rest.chars().next() {
            let before = self.rest;
            let mut repeat = "";
            match first {
                '(' if before.starts_with("(?") => self.flags()?,
                '(' => {
                    self.skip(1);
                    self.open()?;
                }
                '|' => {
                    self.skip(1);
                    if let Some(group) = self.groups.last_mut() {
                        group.push(0);
                        group.operand = None;
                    }
                }
                ')' => self.close()?,
                '[' => self.class()?,
                '*' | '+' | '?' => {
                    self.skip(1);
                    self.repeat(before, None)?;
                    repeat = before;
                }
                '{' => {
                    if let Some((low, high, rest)) = counts(before) {
                        self.rest = rest;
                        let part = self.since(before);
                        let most = high.unwrap_or(low);
                        if low > REPEATS || most > REPEATS || low > most {
                            return Err((INVALID_REPEAT, part));
                        }
                        self.repeat(before, Some((low, high)))?;
                        repeat = before;
                    } else {
                        self.skip(1);
                        self.push();
                    }
                }
                '\\' => self.escape()?,
                other => {
                    self.skip(other.len_utf8());
                    self.push();
                }
            }
            self.last = repeat;
        }
        if self.groups.len() > 1 { Err(("missing closing )", self.pattern)) } else { Ok(()) }
    }

    fn skip(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }

    /// What was read since a point of the pattern.
    fn since(&self, before: &'p str) -> &'p str {
        before.get(..before.len() - self.rest.len()).unwrap_or_default()
    }

    fn push(&mut self) {
        if let Some(group) = self.groups.last_mut() {
            group.push(0);
        }
    }

    fn open(&mut self) -> Result<(), Wrong<'p>> {
        if self.groups.len() > HEIGHT {
            return Err(("expression nests too deeply", self.pattern));
        }
        self.groups.push(Group::default());
        Ok(())
    }

    fn close(&mut self) -> Result<(), Wrong<'p>> {
        self.skip(1);
        let inner = self.groups.pop().unwrap_or_default();
        let most = inner.most.max(inner.operand.unwrap_or(0));
        match self.groups.last_mut() {
            Some(group) => group.push(most),
            None => return Err(("unexpected )", self.pattern)),
        }
        Ok(())
    }

    /// A repetition operator was read. A second one behind it is not Go's.
    fn repeat(&mut self, before: &'p str, counts: Option<(u32, Option<u32>)>) -> Result<(), Wrong<'p>> {
        if self.rest.starts_with('?') {
            self.skip(1);
        }
        if !self.last.is_empty() {
            return Err(("invalid nested repetition operator", self.since(self.last)));
        }
        let part = self.since(before);
        let operand = self.groups.last_mut().and_then(|group| group.operand.as_mut());
        let Some(operand) = operand else { return Err(("missing argument to repetition operator", part)) };
        if let Some((low, high)) = counts {
            *operand = match (low, high) {
                (_, Some(0)) => 0,
                (0, None) => *operand,
                (low, high) => high.unwrap_or(low).saturating_mul((*operand).max(1)),
            };
            if (low >= 2 || high.is_some_and(|high| high >= 2)) && *operand > REPEATS {
                return Err((INVALID_REPEAT, part));
            }
        }
        Ok(())
    }

    /// `(?i)`, `(?i:`, `(?P<name>`, `(?<name>`
    fn flags(&mut self) -> Result<(), Wrong<'p>> {
        let before = self.rest;
        let name = before.strip_prefix("(?P<").or_else(|| before.strip_prefix("(?<"));
        if let Some(name) = name.filter(|_| before.len() > 3) {
            let Some(end) = name.find('>') else { return Err(("invalid named capture", before)) };
            self.rest = name.get(end + 1..).unwrap_or_default();
            let name = name.get(..end).unwrap_or_default();
            if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
                return Err(("invalid named capture", self.since(before)));
            }
            return self.open();
        }
        self.skip(2);
        let (mut negative, mut seen) = (false, false);
        while let Some(flag) = self.rest.chars().next() {
            self.skip(flag.len_utf8());
            match flag {
                'i' | 'm' | 's' | 'U' => seen = true,
                '-' if !negative => (negative, seen) = (true, false),
                ':' | ')' if negative && !seen => break,
                ':' => return self.open(),
                ')' => return Ok(()),
                _ => break,
            }
        }
        Err(("invalid or unsupported Perl syntax", self.since(before)))
    }

    fn escape(&mut self) -> Result<(), Wrong<'p>> {
        let after = self.rest.get(1..).unwrap_or_default();
        match after.bytes().next() {
            Some(b'A' | b'b' | b'B' | b'z') => {
                self.skip(2);
                self.push();
            }
            Some(b'Q') => {
                let (literal, rest) = after.split_at(1).1.split_once("\\E").unwrap_or((after.split_at(1).1, ""));
                self.rest = rest;
                if !literal.is_empty() {
                    self.push();
                }
            }
            _ => {
                if !self.named_class()? {
                    self.character()?;
                }
                self.push();
            }
        }
        Ok(())
    }

    /// `\d` or `\p{Greek}`, if one is next.
    fn named_class(&mut self) -> Result<bool, Wrong<'p>> {
        let before = self.rest;
        let Some(after) = before.strip_prefix('\\') else { return Ok(false) };
        match after.bytes().next() {
            Some(b'd' | b'D' | b's' | b'S' | b'w' | b'W') => {
                self.skip(2);
                return Ok(true);
            }
            Some(b'p' | b'P') => {}
            _ => return Ok(false),
        }
        let name = after.get(1..).unwrap_or_default();
        let name = if let Some(braced) = name.strip_prefix('{') {
            let Some(end) = braced.find('}') else { return Err((INVALID_RANGE, before)) };
            self.rest = braced.get(end + 1..).unwrap_or_default();
            braced.get(..end).unwrap_or_default()
        } else {
            let length = name.chars().next().map_or(0, char::len_utf8);
            self.rest = name.get(length..).unwrap_or_default();
            name.get(..length).unwrap_or_default()
        };
        if is_class(name.strip_prefix('^').unwrap_or(name)) {
            Ok(true)
        } else {
            Err((INVALID_RANGE, self.since(before)))
        }
    }

    /// One escaped character.
    fn character(&mut self) -> Result<char, Wrong<'p>> {
        let before = self.rest;
        self.skip(1);
        let Some(escaped) = self.rest.chars().next() else {
            return Err(("trailing backslash at end of expression", ""));
        };
        self.skip(escaped.len_utf8());
        let found = match escaped {
            '0'..='7' => self.octal(escaped),
            'x' => self.hexadecimal(),
            'a' => Some('\u{7}'),
            'f' => Some('\u{c}'),
            'n' => Some('\n'),
            'r' => Some('\r'),
            't' => Some('\t'),
            'v' => Some('\u{b}'),
            other => (other.is_ascii() && !other.is_ascii_alphanumeric()).then_some(other),
        };
        found.ok_or_else(|| (INVALID_ESCAPE, self.since(before)))
    }

    /// `\0`, `\12`; `\1` alone would be a backreference.
    fn octal(&mut self, first: char) -> Option<char> {
        let is_octal = |byte: u8| (b'0'..=b'7').contains(&byte);
        let more = self.rest.bytes().take(2).take_while(|byte| is_octal(*byte)).count();
        if first != '0' && more == 0 {
            return None;
        }
        let digits = self.rest.get(..more)?;
        self.skip(more);
        let first = first.to_digit(8)?;
        char::from_u32(digits.chars().fold(first, |value, digit| value * 8 + digit.to_digit(8).unwrap_or(0)))
    }

    /// `\x7F`, `\x{10FFFF}`
    fn hexadecimal(&mut self) -> Option<char> {
        let (digits, length) = match self.rest.strip_prefix('{') {
            Some(braced) => (braced.split_once('}')?.0, braced.find('}')? + 2),
            None => (self.rest.get(..2)?, 2),
        };
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        self.skip(length);
        let value = u32::from_str_radix(&format!("0{}", digits.trim_start_matches('0')), 16).ok()?;
        // Surrogates are runes to Go.
        (value <= 0x10_FFFF).then(|| char::from_u32(value).unwrap_or('\u{D7FF}'))
    }

    fn class(&mut self) -> Result<(), Wrong<'p>> {
        let before = self.rest;
        self.skip(1);
        if self.rest.starts_with('^') {
            self.skip(1);
        }
        let mut first = true;
        while first || !self.rest.starts_with(']') {
            first = false;
            if let Some(named) = self.rest.strip_prefix("[:").filter(|named| !named.is_empty())
                && let Some(end) = named.find(":]")
            {
                let name = named.get(..end).unwrap_or_default();
                let part = self.rest;
                self.rest = named.get(end + 2..).unwrap_or_default();
                if !is_posix(name.strip_prefix('^').unwrap_or(name)) {
                    return Err((INVALID_RANGE, self.since(part)));
                }
                continue;
            }
            if self.named_class()? {
                continue;
            }
            let range = self.rest;
            let low = self.class_character(before)?;
            if self.rest.starts_with('-') && self.rest.len() > 1 && !self.rest.starts_with("-]") {
                self.skip(1);
                if self.class_character(before)? < low {
                    return Err((INVALID_RANGE, self.since(range)));
                }
            }
        }
        self.skip(1);
        self.push();
        Ok(())
    }

    fn class_character(&mut self, class: &'p str) -> Result<char, Wrong<'p>> {
        match self.rest.chars().next() {
            None => Err(("missing closing ]", class)),
            Some('\\') => self.character(),
            Some(character) => {
                self.skip(character.len_utf8());
                Ok(character)
            }
        }
    }
}

/// `{2}`, `{2,}`, `{2,5}`: the least, the most, and what follows. Numbers that are too large are one above the limit.
fn counts(text: &str) -> Option<(u32, Option<u32>, &str)> {
    let (low, rest) = number(text.strip_prefix('{')?)?;
    let Some(rest) = rest.strip_prefix(',') else {
        return Some((low, Some(low), rest.strip_prefix('}')?));
    };
    if let Some(rest) = rest.strip_prefix('}') {
        return Some((low, None, rest));
    }
    let (high, rest) = number(rest)?;
    Some((low, Some(high), rest.strip_prefix('}')?))
}

fn number(text: &str) -> Option<(u32, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at_checked(digits)?;
    if digits == 0 || (digits > 1 && number.starts_with('0')) {
        return None;
    }
    Some((number.parse().unwrap_or(REPEATS + 1), rest))
}

/// A name of `[[:name:]]`.
fn is_posix(name: &str) -> bool {
    matches!(
        name,
        "alnum"
            | "alpha"
            | "ascii"
            | "blank"
            | "cntrl"
            | "digit"
            | "graph"
            | "lower"
            | "print"
            | "punct"
            | "space"
            | "upper"
            | "word"
            | "xdigit"
    )
}

/// A name of `\p{name}`: case, underscores, hyphens and blanks do not count.
fn is_class(name: &str) -> bool {
    let plain: String =
        name.chars().filter(|c| !matches!(c, '_' | '-' | ' ')).map(|c| c.to_ascii_lowercase()).collect();
    CLASSES.split_ascii_whitespace().any(|known| known == plain)
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn what_go_reads_is_accepted() {
        let fine = [
            "",
            "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
            "a{",
            "a{,5}",
            "{{x}}",
            "[[a]",
            "[^[]",
            r"[\w[\]]",
            "[]a]",
            "[a-]",
            "[-a]",
            r"\Qa**\E",
            r"(?i)x",
            "(?i:x)",
            "(?P<n>x)",
            "(?<n>x)",
            r"\p{Greek}\pL\P{^Lu}",
            "[[:alpha:]]",
            r"\x{10FFFF}\x41\012",
            "^*",
            "a|b",
            "(|a)",
            "a{0,1000}",
            "(a{10}){100}",
            r"\-\_\ ",
            "a??",
            "a{2}?",
            r"\p{Old_Italic}",
            "(?i-s:x)",
            "a{01}",
        ];
        for pattern in fine {
            assert_eq!(check(pattern), Ok(()), "{pattern}");
        }
    }

    #[test]
    fn what_go_refuses_is_refused_in_its_words() {
        for (pattern, why) in [
            ("(", "missing closing ): `(`"),
            ("a)", "unexpected ): `a)`"),
            ("a**", "invalid nested repetition operator: `**`"),
            ("a{2}{3}", "invalid nested repetition operator: `{2}{3}`"),
            ("*", "missing argument to repetition operator: `*`"),
            ("a|*", "missing argument to repetition operator: `*`"),
            ("a{1001}", "invalid repeat count: `{1001}`"),
            ("(a{100}){11}", "invalid repeat count: `{11}`"),
            ("a{3,2}", "invalid repeat count: `{3,2}`"),
            ("(?=x)", "invalid or unsupported Perl syntax: `(?=`"),
            ("^(?!x).*$", "invalid or unsupported Perl syntax: `(?!`"),
            (r"(a)\1", r"invalid escape sequence: `\1`"),
            (r"a\Z", r"invalid escape sequence: `\Z`"),
            (r"\u0041", r"invalid escape sequence: `\u`"),
            ("[a", "missing closing ]: `[a`"),
            ("[z-a]", "invalid character class range: `z-a`"),
            (r"\p{Nope}", r"invalid character class range: `\p{Nope}`"),
            ("[[:nope:]]", "invalid character class range: `[:nope:]`"),
            (r"a\", "trailing backslash at end of expression: ``"),
            ("(?P<n!>x)", "invalid named capture: `(?P<n!>`"),
        ] {
            assert_eq!(check(pattern), Err(format!("error parsing regexp: {why}")), "{pattern}");
        }
    }
}
