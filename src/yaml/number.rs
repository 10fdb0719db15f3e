//! Numbers of plain scalars: Go's `ParseInt` with base 0, go-yaml's float pattern, and how Go prints them again.

use super::document::Data;
use super::resolve::Scalar;

/// The number that a scalar beginning with a digit or a sign stands for, if any.
pub(super) fn read(value: &str) -> Option<Scalar<'static>> {
    let without: String;
    let plain = if value.contains('_') {
        without = value.replace('_', "");
        &without
    } else {
        value
    };
    if let Some(int) = integer(plain) {
        return Some(int);
    }
    if is_float(plain) {
        // Go reports a value out of range, and the scalar stays a string.
        return plain.parse::<f64>().ok().filter(|f| f.is_finite()).map(Scalar::Float);
    }
    // A quirk: what follows `0b` may have a sign of its own.
    let signed = plain.strip_prefix("0b").filter(|digits| digits.starts_with(['+', '-']))?;
    parse_signed(signed, 2).map(Scalar::Int)
}

/// A scalar that begins with a dot: Go's `ParseFloat` alone decides (no `_`).
pub(super) fn dotted(value: &str) -> Option<Scalar<'static>> {
    is_float(value).then(|| value.parse::<f64>().ok()).flatten().filter(|f| f.is_finite()).map(Scalar::Float)
}

/// `strconv.ParseInt(text, 0, 64)`, else `ParseUint(text, 0, 64)`.
fn integer(text: &str) -> Option<Scalar<'static>> {
    let (negative, digits, signed) = match text.as_bytes() {
        [b'-', ..] => (true, text.get(1..)?, true),
        [b'+', ..] => (false, text.get(1..)?, true),
        _ => (false, text, false),
    };
    let (radix, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, digits.get(2..)?),
        [b'0', b'o' | b'O', ..] => (8, digits.get(2..)?),
        [b'0', b'b' | b'B', ..] => (2, digits.get(2..)?),
        [b'0', _, ..] => (8, digits.get(1..)?),
        _ => (10, digits),
    };
    if !digits.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    let size = u64::from_str_radix(digits, radix).ok()?;
    match (negative, i64::try_from(size)) {
        (true, _) => 0_i64.checked_sub_unsigned(size).map(Scalar::Int),
        (false, Ok(int)) => Some(Scalar::Int(int)),
        (false, Err(_)) if signed => None,
        (false, Err(_)) => Some(Scalar::Uint(size)),
    }
}

fn parse_signed(text: &str, radix: u32) -> Option<i64> {
    i64::from_str_radix(text, radix).ok()
}

/// `^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`
fn is_float(text: &str) -> bool {
    let digits = |s: &mut &[u8]| {
        let count = s.iter().take_while(|b| b.is_ascii_digit()).count();
        *s = s.get(count..).unwrap_or_default();
        count
    };
    let mut rest = text.as_bytes();
    if let [b'-' | b'+', tail @ ..] = rest {
        rest = tail;
    }
    let whole = digits(&mut rest);
    if let [b'.', tail @ ..] = rest {
        rest = tail;
        if digits(&mut rest) == 0 && whole == 0 {
            return false;
        }
    } else if whole == 0 {
        return false;
    }
    if let [b'e' | b'E', tail @ ..] = rest {
        rest = tail;
        if let [b'-' | b'+', tail @ ..] = rest {
            rest = tail;
        }
        if digits(&mut rest) == 0 {
            return false;
        }
    }
    rest.is_empty()
}

/// A float after Go wrote it as JSON and kubectl read that again: without a fraction and below 1e21 it is printed like
/// an integer, and is one if it fits.
pub(super) fn as_json(float: f64) -> Data {
    if float.fract() == 0.0
        && float.abs() < 1e21
        && let Ok(int) = format!("{float}").parse::<i64>()
    {
        return Data::Int(int);
    }
    Data::Float(float)
}

/// A float key: `strconv.FormatFloat(key, 'g', -1, 32)`.
#[expect(clippy::cast_possible_truncation, reason = "the 32 bits are Go's")]
pub(super) fn float_key(float: f64) -> String {
    let float = float as f32;
    if float.is_nan() {
        return ".nan".to_owned();
    }
    if float.is_infinite() {
        return if float > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    let text = format!("{float:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..6).contains(&exponent) {
        return format!("{float}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn float_keys_are_printed_as_go_prints_them() {
        // From the specification's README.
        for (float, key) in [
            (123_456_789.5, "1.2345679e+08"),
            (21_000_000.5, "2.1e+07"),
            (1e6, "1e+06"),
            (999_999.5, "999999.5"),
            (1.0, "1"),
            (1e23, "1e+23"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
        ] {
            assert_eq!(float_key(float), key);
        }
    }
}
