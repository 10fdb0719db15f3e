//! Quantities with a unit: `1.5Gi`, `100m`, `10KiB`.

use super::decimal::Decimal;
use super::{Answer, Args, Family, Problem, error};

pub(super) const FUNCTIONS: Family = &[("units.parse", parse), ("units.parse_bytes", parse_bytes)];

/// Letters of the powers, from the first on.
const LETTERS: &str = "kmgtpe";
/// Digits behind the point that OPA gives.
const DIGITS: u32 = 10;

/// A number, and what stands behind it.
fn split(text: &str) -> Result<(Decimal, &str), Problem> {
    if text.contains(' ') {
        return error("spaces not allowed in resource strings");
    }
    let bytes = text.as_bytes();
    let is_exponent = |at: usize| bytes.get(at + 1).is_some_and(|next| next.is_ascii_digit() || b"+-".contains(next));
    let is_number = |(at, byte): (usize, &u8)| match byte {
        b'0'..=b'9' | b'.' | b'+' | b'-' => true,
        b'e' | b'E' => is_exponent(at),
        _ => false,
    };
    let end = bytes.iter().enumerate().position(|part| !is_number(part)).unwrap_or(bytes.len());
    let (number, unit) = text.split_at(end);
    if number.is_empty() {
        return error("no amount provided");
    }
    match Decimal::parse(number) {
        Some(number) => Ok((number, unit)),
        None => error("could not parse amount to a number"),
    }
}

/// A power of 1000 or, with an `i`, of 1024.
fn power(letter: char, is_binary: bool) -> Option<Decimal> {
    let exponent = u32::try_from(LETTERS.find(letter)?).ok()? + 1;
    let base: i64 = if is_binary { 1024 } else { 1000 };
    base.checked_pow(exponent).map(Decimal::from)
}

/// `m` is thousandths, `M` millions.
fn parse(args: Args<'_>) -> Answer {
    let text = args.string(0)?.replace('"', "");
    let (number, unit) = split(&text)?;
    let mut letters = unit.chars();
    let factor = match (letters.next(), letters.as_str().to_lowercase().as_str()) {
        (None, _) => Some(Decimal::from(1)),
        (Some('m'), "") => Decimal::parse("0.001"),
        (Some(letter), "") => power(letter.to_ascii_lowercase(), false),
        (Some(letter), "i") => power(letter.to_ascii_lowercase(), true),
        _ => None,
    };
    match factor {
        Some(factor) => Ok(number.multiply(&factor).rounded(DIGITS).to_value()),
        None => error(format!("unit {unit} not recognized")),
    }
}

/// Whole bytes, in either case.
fn parse_bytes(args: Args<'_>) -> Answer {
    let text = args.string(0)?.to_lowercase().replace('"', "");
    let (number, unit) = split(&text)?;
    let mut letters = unit.chars();
    let factor = match (letters.next(), letters.as_str()) {
        (None, _) => Some(Decimal::from(1)),
        (Some(letter), "" | "b") => power(letter, false),
        (Some(letter), "i" | "ib") => power(letter, true),
        _ => None,
    };
    match factor {
        Some(factor) => Ok(Decimal::from(number.multiply(&factor).truncate().0).to_value()),
        None => error(format!("byte unit {unit} not recognized")),
    }
}
