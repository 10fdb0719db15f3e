//! Quantities (`k8s.io/apimachinery/pkg/api/resource`): a number with a suffix, exact to a billionth.

use crate::yaml::Value;

/// What the server says of a text that is none.
pub const FORMAT: &str = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const SUFFIX: &str = "unable to parse quantity's suffix";

/// A quantity in billionths; what is too large for Go's is as large as can be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quantity(pub i128);

/// Billionths in one.
const ONE: i128 = 1_000_000_000;
/// Go caps quantities at 2^63 - 1.
const MOST: i128 = 9_223_372_036_854_775_807 * ONE;

impl Quantity {
    /// It is a whole number.
    #[must_use]
    pub fn is_whole(self) -> bool {
        self.0 % ONE == 0
    }

    /// Its whole part, rounded up as `Value()` does.
    #[must_use]
    pub fn value(self) -> i128 {
        self.0.div_euclid(ONE) + i128::from(self.0.rem_euclid(ONE) > 0)
    }

    /// Thousandths, rounded up as `MilliValue()` does.
    #[must_use]
    pub fn milli_value(self) -> i128 {
        let unit = ONE / 1000;
        self.0.div_euclid(unit) + i128::from(self.0.rem_euclid(unit) > 0)
    }

    /// Smaller than zero.
    #[must_use]
    pub fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// Zero.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.0 == 0
    }
}

/// Powers of ten.
#[expect(clippy::indexing_slicing, reason = "the compiler evaluates it")]
const POWERS: [i128; 38] = {
    let mut powers = [1; 38];
    let mut at = 1;
    while at < powers.len() {
        powers[at] = powers[at - 1] * 10;
        at += 1;
    }
    powers
};

/// The quantity of a value: a string, or a number as its JSON text. The error is the server's.
pub fn parse_value(value: Value<'_>) -> Result<Quantity, &'static str> {
    match value.as_str() {
        Some(text) => plain(text).map_or_else(|| parse(text.trim()), Ok),
        None => parse(&serde_json::to_string(&value).unwrap_or_default()),
    }
}

/// `ParseQuantity`
pub fn parse(text: &str) -> Result<Quantity, &'static str> {
    if text.is_empty() {
        return Err(FORMAT);
    }
    let (negative, rest) = match text.as_bytes() {
        [b'-', ..] => (true, text.get(1..).unwrap_or_default()),
        [b'+', ..] => (false, text.get(1..).unwrap_or_default()),
        _ => (false, text),
    };
    let (whole, rest) = split(rest, |byte| byte.is_ascii_digit());
    let (fraction, suffix) = match rest.strip_prefix('.') {
        Some(rest) => split(rest, |byte| byte.is_ascii_digit()),
        None => ("", rest),
    };
    let (_, end) = split(suffix, |byte| {
        matches!(byte, b'e' | b'E' | b'i' | b'n' | b'u' | b'm' | b'k' | b'K' | b'M' | b'G' | b'T' | b'P')
    });
    let digits = end.strip_prefix(['-', '+']).unwrap_or(end);
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(FORMAT);
    }
    if whole.is_empty() && fraction.is_empty() {
        return Err(FORMAT);
    }
    let (base, exponent) = scale(suffix).ok_or(SUFFIX)?;
    let nano = billionths(whole, fraction, base, exponent).min(MOST);
    Ok(Quantity(if negative { -nano } else { nano }))
}

/// What nearly all quantities are: a few digits, and a suffix that many have.
fn plain(text: &str) -> Option<Quantity> {
    let bytes = text.as_bytes();
    let end = bytes.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(bytes.len());
    let unit = match bytes.get(end..)? {
        b"" => ONE,
        b"m" => ONE / 1000,
        b"Ki" => ONE << 10,
        b"Mi" => ONE << 20,
        b"Gi" => ONE << 30,
        _ => return None,
    };
    let number = few_digits(text.get(..end).filter(|digits| !digits.is_empty())?, "")?;
    Some(Quantity(i128::from(number) * unit))
}

/// The text as far as its bytes are ASCII of a kind, and the rest.
fn split(text: &str, is: impl Fn(u8) -> bool) -> (&str, &str) {
    let end = text.bytes().position(|byte| !is(byte)).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// What a suffix multiplies with: a base and its exponent.
fn scale(suffix: &str) -> Option<(i128, i32)> {
    Some(match suffix.as_bytes() {
        b"" => (10, 0),
        b"n" => (10, -9),
        b"u" => (10, -6),
        b"m" => (10, -3),
        b"k" => (10, 3),
        b"M" => (10, 6),
        b"G" => (10, 9),
        b"T" => (10, 12),
        b"P" => (10, 15),
        b"E" => (10, 18),
        b"Ki" => (2, 10),
        b"Mi" => (2, 20),
        b"Gi" => (2, 30),
        b"Ti" => (2, 40),
        b"Pi" => (2, 50),
        b"Ei" => (2, 60),
        _ => {
            let exponent = suffix.strip_prefix(['e', 'E'])?;
            let digits = exponent.strip_prefix('+').unwrap_or(exponent);
            (10, digits.parse::<i64>().ok()?.clamp(-1000, 1000).try_into().ok()?)
        }
    })
}

/// A whole number of at most nine digits.
fn few_digits(whole: &str, fraction: &str) -> Option<u32> {
    let is_small = whole.len() <= 9 && fraction.is_empty();
    is_small.then(|| whole.bytes().fold(0, |number, digit| number * 10 + u32::from(digit - b'0')))
}

/// How many billionths a suffix stands for, if it is a whole number of them.
fn factor(base: i128, exponent: i32) -> Option<i128> {
    match exponent {
        0..=60 if base == 2 => Some(ONE << exponent),
        -9..=18 if base == 10 => POWERS.get(usize::try_from(exponent + 9).ok()?).copied(),
        _ => None,
    }
}

/// The number in billionths, rounded up; saturates.
fn billionths(whole: &str, fraction: &str, base: i128, exponent: i32) -> i128 {
    // Nearly all are a few digits and a suffix: nothing is lost, and nothing overflows.
    if let (Some(number), Some(factor)) = (few_digits(whole, fraction), factor(base, exponent)) {
        return i128::from(number) * factor;
    }
    let whole = whole.trim_start_matches('0');
    let places = i32::try_from(fraction.len()).unwrap_or(i32::MAX);
    let fraction = if whole.is_empty() { fraction.trim_start_matches('0') } else { fraction };
    if whole.is_empty() && fraction.is_empty() {
        return 0;
    }
    let power = if base == 10 { exponent } else { 0 };
    // Decimal places of the digits in billionths.
    let shift = power.saturating_sub(places).saturating_add(9);
    let length = i32::try_from(whole.len() + fraction.len()).unwrap_or(i32::MAX);
    if length.saturating_add(shift) > 37 {
        return MOST;
    }
    let keep = usize::try_from(length.saturating_add(shift.min(0))).unwrap_or(0);
    let mut digits = whole.bytes().chain(fraction.bytes());
    let mut number = digits.by_ref().take(keep).fold(0_i128, |number, digit| number * 10 + i128::from(digit - b'0'));
    let lost = digits.any(|digit| digit != b'0');
    let factor = usize::try_from(shift).ok().and_then(|shift| POWERS.get(shift));
    // No more than 37 digits: it fits.
    number *= factor.unwrap_or(&1);
    if base == 2 {
        number = number.saturating_mul(1_i128 << exponent.clamp(0, 60));
    }
    number.saturating_add(i128::from(lost))
}

#[cfg(test)]
mod tests {
    use super::{Quantity, parse, plain};

    #[test]
    fn the_short_way_gives_the_same() {
        let texts = ["0", "007", "100m", "128Mi", "7Ki", "999999999Gi", "1234567890", "", "m", "1.5Gi", "-1", "1 "];
        let ways = texts.map(|text| plain(text).map(|quantity| (parse(text), Ok(quantity))));
        assert!(ways.iter().flatten().all(|(long, short)| long == short));
        assert_eq!(ways.map(|way| way.is_some()).iter().filter(|is_short| **is_short).count(), 6);
    }

    #[test]
    fn quantities_are_read_as_go_reads_them() {
        for (text, nano) in [
            ("0", 0),
            ("1", 1_000_000_000),
            ("100m", 100_000_000),
            ("1.5Gi", 1_610_612_736_000_000_000),
            (".5", 500_000_000),
            ("5.", 5_000_000_000),
            ("-2k", -2_000_000_000_000),
            ("1e3", 1_000_000_000_000),
            ("12E-1", 1_200_000_000),
            ("1n", 1),
            ("0.1n", 1),
        ] {
            assert_eq!(parse(text), Ok(Quantity(nano)), "{text}");
        }
        for text in ["", "abc", "1 Gi", "1Gib", "1 core", "--1", "1gb", "e3", "1mi", "1KB", "-"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
