//! The language of format strings: flags, width, precision, argument indices, and what is wrong with them.

use super::super::quote::{can_back_quote, quote};
use super::super::{LONGEST, Problem};
use super::{Operand, float, integer};

/// The largest width or precision that Go reads.
const LARGEST: i64 = 1_000_000;
/// The largest that is printed here: it is more than anybody reads, and Rust panics at those not much larger.
const WIDEST: usize = 10_000;

/// What stands between `%` and the verb.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "they are Go's flags")]
pub(super) struct Flags {
    pub(super) sharp: bool,
    pub(super) zero: bool,
    pub(super) plus: bool,
    pub(super) minus: bool,
    pub(super) space: bool,
    /// `#` of `%#v`.
    go_syntax: bool,
    pub(super) width: Option<usize>,
    pub(super) precision: Option<usize>,
}

impl Flags {
    /// Fill a text up to the width.
    pub(super) fn pad(self, text: &str) -> String {
        let missing = self.width.unwrap_or(0).saturating_sub(text.chars().count());
        if missing == 0 {
            return text.to_owned();
        }
        if self.minus {
            return text.to_owned() + &" ".repeat(missing);
        }
        (if self.zero { "0" } else { " " }).repeat(missing) + text
    }

    /// The same without zeros to the left.
    pub(super) fn without_zero(self) -> Self {
        Self { zero: false, ..self }
    }

    fn truncate(self, text: &str) -> &str {
        let end = self.precision.and_then(|most| text.char_indices().nth(most)).map_or(text.len(), |(at, _)| at);
        text.get(..end).unwrap_or(text)
    }
}

pub(super) struct Printer<'a> {
    operands: &'a [Operand],
    out: String,
    /// The operand that comes next.
    next: usize,
    /// An index was used somewhere.
    reordered: bool,
    /// The index of this verb was a good one.
    good_index: bool,
}

impl<'a> Printer<'a> {
    pub(super) fn new(operands: &'a [Operand]) -> Self {
        Self { operands, out: String::new(), next: 0, reordered: false, good_index: true }
    }

    pub(super) fn print(mut self, format: &str) -> Result<String, Problem> {
        let mut rest = format;
        while let Some((before, after)) = rest.split_once('%') {
            self.out.push_str(before);
            rest = self.verb(after)?;
            if self.out.len() > LONGEST {
                return Err(Problem::Unavailable(format!("sprintf makes a text of more than {LONGEST} bytes")));
            }
        }
        self.out.push_str(rest);
        if !self.reordered && self.next < self.operands.len() {
            self.out.push_str("%!(EXTRA ");
            for (at, operand) in self.operands.iter().skip(self.next).enumerate() {
                if at > 0 {
                    self.out.push_str(", ");
                }
                self.out.push_str(operand.type_name());
                self.out.push('=');
                self.out.push_str(&show(operand, 'v', Flags::default()));
            }
            self.out.push(')');
        }
        Ok(self.out)
    }

    /// Print what follows a percent sign, and give what follows the verb.
    fn verb<'f>(&mut self, format: &'f str) -> Result<&'f str, Problem> {
        self.good_index = true;
        let mut flags = Flags::default();
        let mut rest = format;
        while let Some(flag) = rest.chars().next() {
            match flag {
                '#' => flags.sharp = true,
                '0' => flags.zero = true,
                '+' => flags.plus = true,
                '-' => flags.minus = true,
                ' ' => flags.space = true,
                _ => break,
            }
            rest = tail(rest, 1);
        }
        let mut after_index = self.index(&mut rest);
        if let Some(after) = rest.strip_prefix('*') {
            rest = after;
            match self.star() {
                Some(width) => {
                    flags.minus |= width < 0;
                    flags.zero &= width >= 0;
                    flags.width = usize::try_from(width.unsigned_abs()).ok();
                }
                None => self.out.push_str("%!(BADWIDTH)"),
            }
            after_index = false;
        } else {
            flags.width = number(&mut rest);
            self.good_index &= !(after_index && flags.width.is_some());
        }
        if let Some(after) = rest.strip_prefix('.') {
            rest = after;
            self.good_index &= !after_index;
            after_index = self.index(&mut rest);
            if let Some(after) = rest.strip_prefix('*') {
                rest = after;
                let precision = self.star().and_then(|precision| usize::try_from(precision).ok());
                if precision.is_none() {
                    self.out.push_str("%!(BADPREC)");
                }
                flags.precision = precision;
                after_index = false;
            } else {
                flags.precision = Some(number(&mut rest).unwrap_or(0));
            }
        }
        if !after_index {
            self.index(&mut rest);
        }
        if flags.width.max(flags.precision) > Some(WIDEST) {
            return Err(Problem::Unavailable(format!("sprintf takes no width or precision above {WIDEST}")));
        }
        let Some(verb) = rest.chars().next() else {
            self.out.push_str("%!(NOVERB)");
            return Ok(rest);
        };
        rest = tail(rest, verb.len_utf8());
        let operand = self.operands.get(self.next);
        match (verb, operand) {
            ('%', _) => self.out.push('%'),
            _ if !self.good_index => self.wrong(verb, "BADINDEX"),
            (_, None) => self.wrong(verb, "MISSING"),
            (_, Some(operand)) => {
                if matches!(verb, 'v' | 'w') {
                    flags = Flags { go_syntax: flags.sharp, sharp: false, plus: false, ..flags };
                }
                self.out.push_str(&show(operand, verb, flags));
                self.next += 1;
            }
        }
        Ok(rest)
    }

    fn wrong(&mut self, verb: char, what: &str) {
        self.out.push_str("%!");
        self.out.push(verb);
        self.out.push('(');
        self.out.push_str(what);
        self.out.push(')');
    }

    /// An argument index, `[2]`; whether there was one.
    fn index(&mut self, rest: &mut &str) -> bool {
        let Some(inner) = rest.strip_prefix('[') else { return false };
        self.reordered = true;
        let closed = if rest.len() < 3 { None } else { inner.split_once(']') };
        let Some((inner, after)) = closed else {
            self.good_index = false;
            *rest = inner;
            return false;
        };
        *rest = after;
        let mut digits = inner;
        let index = number(&mut digits).filter(|_| digits.is_empty());
        match index.and_then(|index| index.checked_sub(1)).filter(|index| *index < self.operands.len()) {
            Some(index) => self.next = index,
            None => self.good_index = false,
        }
        index.is_some()
    }

    /// The integer that a `*` stands for.
    fn star(&mut self) -> Option<i64> {
        let operand = self.operands.get(self.next)?;
        self.next += 1;
        match operand {
            Operand::Int(value) if value.abs() <= LARGEST => Some(*value),
            _ => None,
        }
    }
}

fn tail(text: &str, bytes: usize) -> &str {
    text.get(bytes..).unwrap_or_default()
}

/// A number at the start. One that is too large takes the rest of the format with it, as in Go.
fn number(rest: &mut &str) -> Option<usize> {
    let mut value = None;
    while let Some(digit) = rest.bytes().next().filter(u8::is_ascii_digit) {
        if value.is_some_and(|value: usize| value > 1_000_000) {
            *rest = "";
            return None;
        }
        value = Some(value.unwrap_or(0) * 10 + usize::from(digit - b'0'));
        *rest = tail(rest, 1);
    }
    value
}

/// An operand by a verb.
fn show(operand: &Operand, verb: char, flags: Flags) -> String {
    if verb == 'T' {
        return flags.pad(flags.truncate(operand.type_name()));
    }
    let shown = match operand {
        Operand::Int(value) => integer::int(*value, verb, flags),
        Operand::Big(value) => Some(integer::big(value, verb, flags)),
        Operand::Float(value) => float::float(*value, verb, flags),
        Operand::Text(text) => string(text, verb, flags),
    };
    shown.unwrap_or_else(|| format!("%!{verb}({}={})", operand.type_name(), show(operand, 'v', flags)))
}

fn string(text: &str, verb: char, flags: Flags) -> Option<String> {
    Some(match verb {
        'v' if flags.go_syntax => flags.pad(&quote(flags.truncate(text), '"', false)),
        'v' | 's' => flags.pad(flags.truncate(text)),
        'q' => {
            let text = flags.truncate(text);
            if flags.sharp && can_back_quote(text) {
                flags.pad(&format!("`{text}`"))
            } else {
                flags.pad(&quote(text, '"', flags.plus))
            }
        }
        'x' | 'X' => {
            let bytes = text.as_bytes();
            let bytes = flags.precision.and_then(|most| bytes.get(..most)).unwrap_or(bytes);
            let prefix = if flags.sharp && !bytes.is_empty() { "0x" } else { "" };
            let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            let separator = if flags.space { format!(" {prefix}") } else { String::new() };
            let shown = format!("{prefix}{}", digits.join(&separator));
            flags.pad(&if verb == 'X' { shown.to_uppercase() } else { shown })
        }
        _ => return None,
    })
}
