//! The dates that yaml.v3 takes for timestamps, read as Go's `time.Parse` reads them.

/// An unquoted date as kustomize's JSON says it (RFC 3339 with nanoseconds as needed), or nothing for other text.
///
/// The layouts are yaml.v3's: `2006-1-2`, the same with `T` or `t`, a time and a zone, or with a blank and a time.
pub(super) fn rfc3339(text: &str) -> Option<String> {
    let mut rest = text.as_bytes();
    let year = number(&mut rest, 4, 4)?;
    byte(&mut rest, b'-')?;
    let month = number(&mut rest, 1, 2).filter(|m| (1..=12).contains(m))?;
    byte(&mut rest, b'-')?;
    let day = number(&mut rest, 1, 2).filter(|d| (1..=days(year, month)).contains(d))?;
    let (mut time, mut zone) = ("00:00:00".to_owned(), "Z".to_owned());
    if let [separator, tail @ ..] = rest {
        let zoned = match separator {
            b'T' | b't' => true,
            b' ' => false,
            _ => return None,
        };
        rest = tail;
        time = clock(&mut rest)?;
        if zoned {
            zone = offset(&mut rest)?;
        }
    }
    rest.is_empty().then(|| format!("{year:04}-{month:02}-{day:02}T{time}{zone}"))
}

fn clock(rest: &mut &[u8]) -> Option<String> {
    let hour = number(rest, 1, 2).filter(|h| *h < 24)?;
    byte(rest, b':')?;
    let minute = number(rest, 1, 2).filter(|m| *m < 60)?;
    byte(rest, b':')?;
    let second = number(rest, 1, 2).filter(|s| *s < 60)?;
    let mut text = format!("{hour:02}:{minute:02}:{second:02}");
    if let [b'.' | b',', tail @ ..] = *rest
        && tail.first().is_some_and(u8::is_ascii_digit)
    {
        let count = tail.iter().take_while(|b| b.is_ascii_digit()).count();
        let (digits, after) = tail.split_at(count);
        let digits = String::from_utf8_lossy(digits.get(..9).unwrap_or(digits));
        let digits = digits.trim_end_matches('0');
        if !digits.is_empty() {
            text.push('.');
            text.push_str(digits);
        }
        *rest = after;
    }
    Some(text)
}

fn offset(rest: &mut &[u8]) -> Option<String> {
    let sign = match rest {
        [b'Z', tail @ ..] => {
            *rest = tail;
            return Some("Z".to_owned());
        }
        [sign @ (b'+' | b'-'), tail @ ..] => {
            let sign = char::from(*sign);
            *rest = tail;
            sign
        }
        _ => return None,
    };
    let hour = number(rest, 2, 2).filter(|h| *h < 24)?;
    byte(rest, b':')?;
    let minute = number(rest, 2, 2).filter(|m| *m < 60)?;
    Some(if hour == 0 && minute == 0 { "Z".to_owned() } else { format!("{sign}{hour:02}:{minute:02}") })
}

fn byte(rest: &mut &[u8], wanted: u8) -> Option<()> {
    *rest = rest.strip_prefix(&[wanted])?;
    Some(())
}

fn number(rest: &mut &[u8], least: usize, most: usize) -> Option<u32> {
    let count = rest.iter().take(most).take_while(|b| b.is_ascii_digit()).count();
    if count < least {
        return None;
    }
    let (digits, tail) = rest.split_at(count);
    *rest = tail;
    Some(digits.iter().fold(0, |n, digit| n * 10 + u32::from(digit - b'0')))
}

fn days(year: u32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 31,
    }
}
