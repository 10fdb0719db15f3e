//! Times as Go's RFC 3339 parser reads them.

/// Why a text is no time, in Go's words.
pub fn check(text: &str) -> Result<(), String> {
    if is_rfc3339(text) {
        return Ok(());
    }
    Err(format!("parsing time {text:?} as \"2006-01-02T15:04:05Z07:00\": cannot parse {text:?} as \"2006\""))
}

/// The same for a `MicroTime`, which has six digits behind the second.
pub fn check_micro(text: &str) -> Result<(), String> {
    let fraction = text.as_bytes().get(19..).unwrap_or_default();
    let is_micro = match fraction {
        [b'.' | b',', digits @ ..] => digits.iter().take_while(|digit| digit.is_ascii_digit()).count() == 6,
        _ => false,
    };
    if is_micro && is_rfc3339(text) {
        return Ok(());
    }
    let rest = if is_rfc3339(text) { text.get(19..).unwrap_or_default() } else { text };
    let part = if is_rfc3339(text) { ".000000" } else { "2006" };
    Err(format!("parsing time {text:?} as \"2006-01-02T15:04:05.000000Z07:00\": cannot parse {rest:?} as {part:?}"))
}

/// `time.Parse(time.RFC3339, text)` succeeds: `T` and `Z` in upper case, any fraction after a point or a comma.
#[must_use]
pub fn is_rfc3339(text: &str) -> bool {
    let bytes = text.as_bytes();
    let number = |from: usize, to: usize| -> Option<u32> {
        let digits = bytes.get(from..to)?;
        digits.iter().all(u8::is_ascii_digit).then_some(())?;
        str::from_utf8(digits).ok()?.parse().ok()
    };
    let is = |at: usize, byte: u8| bytes.get(at) == Some(&byte);
    if !(is(4, b'-') && is(7, b'-') && is(10, b'T') && is(13, b':') && is(16, b':')) {
        return false;
    }
    let (Some(year), Some(month), Some(day)) = (number(0, 4), number(5, 7), number(8, 10)) else { return false };
    let (Some(hour), Some(minute), Some(second)) = (number(11, 13), number(14, 16), number(17, 19)) else {
        return false;
    };
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return false,
    };
    if !(1..=days).contains(&day) || hour > 23 || minute > 59 || second > 59 {
        return false;
    }
    let rest = bytes.get(19..).unwrap_or_default();
    let zone = match rest {
        [b'.' | b',', fraction @ ..] => {
            let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
            if digits == 0 {
                return false;
            }
            fraction.get(digits..).unwrap_or_default()
        }
        _ => rest,
    };
    match zone {
        b"Z" => true,
        [b'+' | b'-', h1, h2, b':', m1, m2] => {
            let two = |a: &u8, b: &u8| {
                (a.is_ascii_digit() && b.is_ascii_digit()).then(|| u32::from(a - b'0') * 10 + u32::from(b - b'0'))
            };
            matches!((two(h1, h2), two(m1, m2)), (Some(hours), Some(minutes)) if hours <= 24 && minutes < 60)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{check_micro, is_rfc3339};

    #[test]
    fn micro_times_have_six_digits() {
        assert_eq!(check_micro("2024-01-01T00:00:00.000000Z"), Ok(()));
        for text in ["2024-01-01T00:00:00Z", "2024-01-01T00:00:00.000Z", "2024-01-01T00:00:00.0000000Z", "x", ""] {
            assert!(check_micro(text).is_err(), "{text}");
        }
    }

    #[test]
    fn times_are_rfc_3339() {
        for text in ["2024-02-29T00:00:00Z", "2024-01-01T23:59:59.123456Z", "2024-01-01T00:00:00+02:00"] {
            assert!(is_rfc3339(text), "{text}");
        }
        for text in
            ["yesterday", "2023-02-29T00:00:00Z", "2024-01-01", "2024-01-01T24:00:00Z", "2024-01-01T00:00:00z", ""]
        {
            assert!(!is_rfc3339(text), "{text}");
        }
    }
}
