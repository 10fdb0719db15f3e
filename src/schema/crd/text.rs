//! What strings of the formats look like: `kube-openapi/pkg/validation/strfmt` and the parts of Go's library that it uses.

use crate::schema::text::{duration, ip, time, url};

pub(super) fn is_object_id(text: &str) -> bool {
    text.len() == 24 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// `net/url.ParseRequestURI`: an absolute URL or an absolute path.
pub(super) fn is_request_uri(text: &str) -> bool {
    let is_absolute = |parsed: url::Url<'_>| text.starts_with('/') || !parsed.scheme.is_empty();
    !text.is_empty() && (text == "*" || url::parse(text).is_ok_and(is_absolute))
}

/// `net/mail.ParseAddress`: an address, alone or in angle brackets behind a name.
pub(super) fn is_email(text: &str) -> bool {
    let text = text.trim();
    let address = match (text.strip_suffix('>'), text.rfind('<')) {
        (Some(open), Some(at)) => open.get(at + 1..).unwrap_or_default(),
        _ => text,
    };
    let Some((local, domain)) = address.rsplit_once('@') else { return false };
    let is_atom = |text: &str| {
        !text.is_empty()
            && text.chars().all(|c| !c.is_ascii() || c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c))
    };
    let is_dotted = |text: &str| text.split('.').all(is_atom);
    let is_quoted = local.len() > 2 && local.starts_with('"') && local.ends_with('"');
    let is_literal = domain.starts_with('[') && domain.ends_with(']');
    (is_quoted || is_dotted(local)) && (is_literal || is_dotted(domain))
}

/// One label without dashes but at its second place, or labels with dots that end in letters.
pub(super) fn is_hostname(text: &str) -> bool {
    let is_symbol = |c: char| {
        let beyond_ascii = !c.is_ascii() && !c.is_alphanumeric() && !c.is_whitespace() && !c.is_control();
        "$+<=>^`|~".contains(c) || beyond_ascii
    };
    let is_part = |c: char| c.is_ascii_alphanumeric() || c.is_alphabetic() || is_symbol(c);
    let is_label = |label: &str| {
        label.starts_with(is_part)
            && label.ends_with(is_part)
            && label.chars().all(|c| c == '-' || is_part(c))
            && label.chars().count() <= 63
    };
    let (labels, top) = text.rsplit_once('.').unwrap_or(("", text));
    let is_top = (2..=63).contains(&top.chars().count()) && top.chars().all(char::is_alphabetic);
    let alone = || {
        let mut chars = text.chars();
        let starts = chars.next().is_some_and(is_part);
        let rest = chars.as_str();
        let rest = rest.strip_prefix('-').unwrap_or(rest);
        starts && rest.chars().all(is_part) && rest.chars().count() <= 62
    };
    let dotted = text.contains('.') && labels.split('.').all(is_label) && is_top;
    (dotted || alone()) && text.len() <= 255 && text.split('.').all(|part| part.len() <= 63)
}

pub(super) fn is_ipv4(text: &str) -> bool {
    text.contains('.') && ip::parse(text).is_some()
}

pub(super) fn is_ipv6(text: &str) -> bool {
    text.contains(':') && ip::parse(text).is_some()
}

pub(super) fn is_cidr(text: &str) -> bool {
    ip::parse_cidr(text).is_some()
}

/// `net.ParseMAC`: 6, 8 or 20 bytes, with colons, dashes, or dots after every two bytes.
pub(super) fn is_mac(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_of = |separator: u8, digits: usize, lengths: &[usize]| {
        let parts: Vec<&[u8]> = bytes.split(|byte| *byte == separator).collect();
        lengths.contains(&parts.len())
            && parts.iter().all(|part| part.len() == digits && part.iter().all(u8::is_ascii_hexdigit))
    };
    is_of(b':', 2, &[6, 8, 20]) || is_of(b'-', 2, &[6, 8, 20]) || is_of(b'.', 4, &[3, 4, 10])
}

/// A UUID whose dashes may be missing, of a version where one is given.
pub(super) fn is_uuid(text: &str, version: Option<char>) -> bool {
    let mut digits = String::with_capacity(32);
    for (index, c) in text.char_indices() {
        match c {
            '-' if matches!(digits.len(), 8 | 12 | 16 | 20)
                && !text.get(..index).unwrap_or_default().ends_with('-') => {}
            _ if c.is_ascii_hexdigit() && digits.len() < 32 => digits.push(c),
            _ => return false,
        }
    }
    let digit = |at: usize| digits.as_bytes().get(at).map_or(' ', |byte| char::from(*byte));
    let is_variant = || matches!(version, None | Some('3')) || "89abAB".contains(digit(16));
    digits.len() == 32 && version.is_none_or(|version| digit(12) == version) && is_variant()
}

fn without_blanks(text: &str) -> Vec<u8> {
    text.bytes().filter(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0C | b'-')).collect()
}

pub(super) fn is_isbn10(text: &str) -> bool {
    let digits = without_blanks(text);
    let value = |(index, byte): (u32, u8)| match byte {
        b'0'..=b'9' => Some(u32::from(byte - b'0')),
        b'X' if index == 9 => Some(10),
        _ => None,
    };
    let values: Option<Vec<u32>> = (0_u32..).zip(digits).map(value).collect();
    values.is_some_and(|values| {
        values.len() == 10 && (1_u32..).zip(values).map(|(n, value)| n * value).sum::<u32>() % 11 == 0
    })
}

pub(super) fn is_isbn13(text: &str) -> bool {
    let digits = without_blanks(text);
    if digits.len() != 13 || !digits.iter().all(u8::is_ascii_digit) {
        return false;
    }
    let weighted = digits.iter().enumerate().map(|(n, byte)| u32::from(byte - b'0') * if n % 2 == 0 { 1 } else { 3 });
    weighted.sum::<u32>() % 10 == 0
}

pub(super) fn is_credit_card(text: &str) -> bool {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_digit).collect();
    let number = str::from_utf8(&digits).unwrap_or_default();
    let begins = |prefixes: &[&str]| prefixes.iter().any(|prefix| number.starts_with(prefix));
    let is_known = match number.len() {
        13 => begins(&["4"]),
        14 => begins(&["300", "301", "302", "303", "304", "305", "36", "38"]),
        15 => begins(&["34", "37", "2131", "1800"]),
        16 => begins(&["4", "51", "52", "53", "54", "55", "6011", "65", "35"]),
        _ => false,
    };
    let doubled = |(n, byte): (usize, &u8)| {
        let digit = u32::from(byte - b'0') * if n % 2 == 0 { 1 } else { 2 };
        digit / 10 + digit % 10
    };
    is_known && digits.iter().rev().enumerate().map(doubled).sum::<u32>() % 10 == 0
}

pub(super) fn is_ssn(text: &str) -> bool {
    let is_digit = |at: usize, byte: u8| match at {
        3 | 6 => matches!(byte, b'-' | b' '),
        _ => byte.is_ascii_digit(),
    };
    text.len() == 11 && text.bytes().enumerate().all(|(at, byte)| is_digit(at, byte))
}

pub(super) fn is_hex_color(text: &str) -> bool {
    let digits = text.strip_prefix('#').unwrap_or(text);
    matches!(digits.len(), 3 | 6) && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

pub(super) fn is_rgb_color(text: &str) -> bool {
    let inner = text.strip_prefix("rgb(").and_then(|text| text.strip_suffix(')'));
    let blank = |c: char| matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0C');
    inner.is_some_and(|inner| {
        let parts: Vec<&str> = inner.split(',').map(|part| part.trim_matches(blank)).collect();
        let is_byte = |part: &&str| {
            part.bytes().all(|byte| byte.is_ascii_digit())
                && (part.len() == 1 || !part.starts_with('0'))
                && part.parse::<u8>().is_ok()
        };
        parts.len() == 3 && parts.iter().all(is_byte)
    })
}

/// Padded standard base64 that is not empty.
pub(super) fn is_base64(text: &str) -> bool {
    let digits = text.trim_end_matches('=');
    let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    !digits.is_empty() && text.len().is_multiple_of(4) && text.len() - digits.len() <= 2 && digits.bytes().all(is_digit)
}

/// `2006-01-02`
pub(super) fn is_date(text: &str) -> bool {
    let shape = text.len() == 10
        && text.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    shape && time::is_rfc3339(&format!("{text}T00:00:00Z"))
}

/// A date, `t`, and a time whose zone is there; the hours of the zone are not looked at.
pub(super) fn is_date_time(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let mut parts = lower.split('t');
    let (Some(date), Some(time)) = (parts.next(), parts.next()) else { return false };
    let is_two = |text: Option<&str>, most: &str| {
        text.is_some_and(|text| text.bytes().all(|byte| byte.is_ascii_digit()) && text <= most)
    };
    let bytes = time.as_bytes();
    let colons = bytes.get(2) == Some(&b':') && bytes.get(5) == Some(&b':');
    let zone = |zone: &str| {
        let bytes = zone.as_bytes();
        zone == "z"
            || (bytes.len() == 6
                && bytes.iter().enumerate().all(|(at, byte)| match at {
                    0 => matches!(byte, b'+' | b'-'),
                    3 => *byte == b':',
                    _ => byte.is_ascii_digit(),
                }))
    };
    let rest = time.get(8..).unwrap_or_default();
    // Any character may stand between the seconds and their fraction.
    let fraction = rest.char_indices().nth(1).map_or("", |(at, _)| rest.get(at..).unwrap_or_default());
    let after = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
    is_date(date)
        && colons
        && is_two(time.get(..2), "23")
        && is_two(time.get(3..5), "59")
        && is_two(time.get(6..8), "59")
        && (zone(rest) || (after.len() < fraction.len() && zone(after)))
}

/// What Go's `time.ParseDuration` takes, or numbers with units of time somewhere in the text.
pub(super) fn is_duration(text: &str) -> bool {
    duration::parse(text).is_ok() || is_scala_duration(text)
}

fn is_scala_duration(text: &str) -> bool {
    const UNITS: [&[&str]; 8] = [
        &["ns", "nano"],
        &["us", "µs", "micro"],
        &["ms", "milli"],
        &["s", "sec"],
        &["m", "min"],
        &["h", "hr", "hour"],
        &["d", "day"],
        &["w", "wk", "week"],
    ];
    let is_unit_char = |c: char| c.is_ascii_alphabetic() || c == 'µ';
    let mut found = false;
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let from = rest.get(start..).unwrap_or_default();
        let after = from.trim_start_matches(|c: char| c.is_ascii_digit());
        let number = from.get(..from.len() - after.len()).unwrap_or_default();
        let unit_on = after.trim_start_matches([' ', '\t', '\n', '\r', '\x0C']);
        let end = unit_on.find(|c: char| !is_unit_char(c)).unwrap_or(unit_on.len());
        let unit = unit_on.get(..end).unwrap_or_default().to_lowercase();
        rest = after;
        if unit.is_empty() {
            continue;
        }
        if number.parse::<i64>().is_err() {
            return false;
        }
        found |= UNITS.iter().any(|names| {
            names.contains(&unit.as_str()) || names.last().is_some_and(|longest| unit.starts_with(longest))
        });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{is_cidr, is_date_time, is_duration, is_request_uri, is_uuid};

    #[test]
    fn times_and_durations() {
        for text in ["2024-02-29T00:00:00Z", "2024-01-01t23:59:59.5+02:00"] {
            assert!(is_date_time(text), "{text}");
        }
        for text in ["2024-02-30T00:00:00Z", "2024-01-01T24:00:00Z", "2024-01-01T00:00:00", "2024-01-01", "x"] {
            assert!(!is_date_time(text), "{text}");
        }
        for text in ["1h30m", "0", "-1.5s", "1d", "2 weeks", "3 seconds and 1 day"] {
            assert!(is_duration(text), "{text}");
        }
        for text in ["", "1", "h", "1.5", "1 parsec", "forever"] {
            assert!(!is_duration(text), "{text}");
        }
    }

    #[test]
    fn addresses_and_ids() {
        for text in ["10.0.0.0/8", "010.1.1.1/32", "::/0", "fd00::1/64"] {
            assert!(is_cidr(text), "{text}");
        }
        for text in ["10.0.0.0", "10.0.0.0/33", "10.0.0/8", "a/8", "10.0.0.0/"] {
            assert!(!is_cidr(text), "{text}");
        }
        for text in ["https://example.com", "/path", "mailto:a@b", "http://[::1]:80/x", "https://x"] {
            assert!(is_request_uri(text), "{text}");
        }
        for text in ["", "example.com", "https://a b/", "http://x:y/", "/%zz"] {
            assert!(!is_request_uri(text), "{text}");
        }
        assert!(is_uuid("123e4567-e89b-42d3-a456-426614174000", Some('4')));
        assert!(!is_uuid("123e4567-e89b-42d3-a456-42661417400", None));
    }
}
