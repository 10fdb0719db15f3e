//! Times, durations and dates, where Go differs from the engine.

use std::fmt::Write as _;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, Offset, TimeDelta, TimeZone, Timelike, Utc};
use chrono_tz::{OffsetName, Tz};
use regorus::Value;

use super::decimal::Decimal;
use super::{Answer, Args, Family, Problem, error, text};
use crate::schema::text::time::is_rfc3339;

pub(super) const FUNCTIONS: Family = &[
    ("time.add_date", add_date),
    ("time.diff", diff),
    ("time.format", format),
    ("time.parse_duration_ns", parse_duration),
    ("time.parse_rfc3339_ns", parse_rfc3339),
];

/// The layouts that have a name.
const LAYOUTS: [(&str, &str); 10] = [
    ("ANSIC", "Mon Jan _2 15:04:05 2006"),
    ("UnixDate", "Mon Jan _2 15:04:05 MST 2006"),
    ("RubyDate", "Mon Jan 02 15:04:05 -0700 2006"),
    ("RFC822", "02 Jan 06 15:04 MST"),
    ("RFC822Z", "02 Jan 06 15:04 -0700"),
    ("RFC850", "Monday, 02-Jan-06 15:04:05 MST"),
    ("RFC1123", "Mon, 02 Jan 2006 15:04:05 MST"),
    ("RFC1123Z", "Mon, 02 Jan 2006 15:04:05 -0700"),
    ("RFC3339", "2006-01-02T15:04:05Z07:00"),
    ("RFC3339Nano", "2006-01-02T15:04:05.999999999Z07:00"),
];

/// Nanoseconds since 1970, in the time zone and with the layout that stand behind them.
fn moment(value: &Value) -> Result<(DateTime<Tz>, &str), Problem> {
    let wrong = || Problem::Error("operand 1 must be number (ns) or [number (ns), string (tz)]".into());
    let parts = match value {
        Value::Array(parts) => parts.iter().collect(),
        single => vec![single],
    };
    let nanoseconds = parts.first().and_then(|value| Decimal::of(value)).ok_or_else(wrong)?;
    let nanoseconds = nanoseconds.to_i64().ok_or_else(|| Problem::Error("timestamp too big".into()))?;
    let string = |at: usize| match parts.get(at) {
        None => Ok(""),
        Some(Value::String(text)) => Ok(&**text),
        Some(_) => Err(wrong()),
    };
    let zone = match string(1)? {
        "" | "UTC" => Tz::UTC,
        "Local" => {
            return Err(Problem::Unavailable("the time zone \"Local\" is that of the machine; name one".into()));
        }
        name => name.parse().map_err(|_| Problem::Error(format!("unknown time zone {name}")))?,
    };
    Ok((DateTime::from_timestamp_nanos(nanoseconds).with_timezone(&zone), string(2)?))
}

fn nanoseconds(moment: DateTime<Utc>) -> Answer {
    match moment.timestamp_nanos_opt() {
        Some(nanoseconds) => Ok(Value::from(nanoseconds)),
        None => error("time outside of valid range"),
    }
}

/// Years, months and days later; 31 January and a month is early in March. A date on the way that is too far for the
/// calendar here is none in OPA only where the end is.
fn add_date(args: Args<'_>) -> Answer {
    let (from, _) = moment(args.value(0))?;
    let (years, months, days) = (args.integer(1)?, args.integer(2)?, args.integer(3)?);
    let far = || Problem::Unavailable("time.add_date: the date is too far away to be computed".into());
    let months = years.checked_mul(12).and_then(|all| all.checked_add(months)).ok_or_else(far)?;
    let month = i64::from(from.year()) * 12 + i64::from(from.month0());
    let month = month.checked_add(months).ok_or_else(far)?;
    let first = i32::try_from(month.div_euclid(12))
        .ok()
        .and_then(|year| NaiveDate::from_ymd_opt(year, u32::try_from(month.rem_euclid(12)).ok()? + 1, 1));
    let days = days.checked_add(i64::from(from.day0())).and_then(TimeDelta::try_days);
    let date = first.zip(days).and_then(|(first, days)| first.checked_add_signed(days)).ok_or_else(far)?;
    nanoseconds(in_zone(date.and_time(from.time()), from.timezone()).ok_or_else(far)?)
}

/// The moment of a date and time of day in a zone. Where clocks are changed there may be two or none, and Go takes what the
/// zone's difference at about that time gives.
fn in_zone(local: NaiveDateTime, zone: Tz) -> Option<DateTime<Utc>> {
    let offset = |utc: &NaiveDateTime| zone.offset_from_utc_datetime(utc).fix();
    let about = offset(&local);
    if about.local_minus_utc() == 0 {
        return Some(local.and_utc());
    }
    Some(local.checked_sub_offset(offset(&local.checked_sub_offset(about)?))?.and_utc())
}

/// Years, months, days, hours, minutes and seconds between two moments, as calendar and clock of the first one's zone show
/// them.
fn diff(args: Args<'_>) -> Answer {
    let ((left, _), (right, _)) = (moment(args.value(0))?, moment(args.value(1))?);
    let zone = left.timezone();
    let (from, to) = if left > right { (right, left) } else { (left, right) };
    let (from, to) = (from.with_timezone(&zone), to.with_timezone(&zone));
    let parts = |moment: &DateTime<Tz>| {
        let date = [i64::from(moment.year()), i64::from(moment.month()), i64::from(moment.day())];
        (date, [i64::from(moment.hour()), i64::from(moment.minute()), i64::from(moment.second())])
    };
    let (([years, months, days], [hours, minutes, seconds]), (to_date, to_time)) = (parts(&from), parts(&to));
    let [to_years, to_months, to_days] = to_date;
    let [to_hours, to_minutes, to_seconds] = to_time;
    // What is below zero borrows from the part above it.
    let borrow = |part: i64, size: i64| if part < 0 { (part + size, 1) } else { (part, 0) };
    let month = NaiveDate::from_ymd_opt(from.year(), from.month(), 1).map_or(31, |first| first.num_days_in_month());
    let (seconds, borrowed) = borrow(to_seconds - seconds, 60);
    let (minutes, borrowed) = borrow(to_minutes - minutes - borrowed, 60);
    let (hours, borrowed) = borrow(to_hours - hours - borrowed, 24);
    let (days, borrowed) = borrow(to_days - days - borrowed, i64::from(month));
    let (months, borrowed) = borrow(to_months - months - borrowed, 12);
    let all = [to_years - years - borrowed, months, days, hours, minutes, seconds];
    Ok(Value::from(all.map(Value::from).to_vec()))
}

fn parse_rfc3339(args: Args<'_>) -> Answer {
    let text = args.string(0)?;
    match DateTime::parse_from_rfc3339(&text.replace(',', ".")) {
        Ok(parsed) if is_rfc3339(text) => nanoseconds(parsed.with_timezone(&Utc)),
        _ => error(format!("parsing time {text:?} as RFC 3339")),
    }
}

/// `1h30m` as Go's, and days (`d`), weeks (`w`) and years (`y`).
fn parse_duration(args: Args<'_>) -> Answer {
    let text = args.string(0)?;
    let wrong = || Problem::Error(format!("time: invalid duration {text:?}"));
    let (is_negative, mut rest) = match text.as_bytes().first() {
        Some(b'-') => (true, text.get(1..).unwrap_or_default()),
        Some(b'+') => (false, text.get(1..).unwrap_or_default()),
        _ => (false, &**text),
    };
    if rest == "0" {
        return Ok(Value::from(0_i64));
    }
    let mut total = Decimal::from(0);
    while !rest.is_empty() || total.is_zero() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(wrong)?;
        let (number, after) = rest.split_at(end);
        let end = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
        let (unit, after) = after.split_at(end);
        let nanoseconds = match unit {
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            "d" => 86_400_000_000_000,
            "w" => 604_800_000_000_000,
            "y" => 31_536_000_000_000_000,
            _ => return Err(wrong()),
        };
        let number = Decimal::parse(number).ok_or_else(wrong)?;
        total = total.add(&Decimal::from(number.multiply(&Decimal::from(nanoseconds)).truncate().0));
        rest = after;
        if rest.is_empty() {
            break;
        }
    }
    let total = if is_negative { Decimal::from(0).subtract(&total) } else { total };
    match total.to_i64() {
        Some(nanoseconds) => Ok(Value::from(nanoseconds)),
        None => Err(wrong()),
    }
}

fn format(args: Args<'_>) -> Answer {
    let (moment, layout) = moment(args.value(0))?;
    let layout = if layout.is_empty() { "RFC3339Nano" } else { layout };
    let layout = LAYOUTS.iter().find(|(name, _)| *name == layout).map_or(layout, |(_, layout)| layout);
    let mut out = String::new();
    let mut rest = layout;
    while !rest.is_empty() {
        let Some(part) = PARTS.iter().find(|part| stands_at(rest, part)) else {
            let (plain, after) = rest.split_at(rest.chars().next().map_or(0, char::len_utf8));
            out.push_str(plain);
            rest = after;
            continue;
        };
        rest = rest.get(part.len()..).unwrap_or_default();
        if let "." | "," = *part {
            let digit = rest.chars().next().unwrap_or('0');
            let digits = rest.len() - rest.trim_start_matches(digit).len();
            rest = rest.get(digits..).unwrap_or_default();
            out.push_str(&fraction(moment.nanosecond(), part, digits, digit == '9'));
        } else {
            out.push_str(&show(&moment, part));
        }
    }
    text(out)
}

/// What a layout may say, in the order in which Go looks for it.
const PARTS: [&str; 37] = [
    "January",
    "Jan",
    "Monday",
    "Mon",
    "MST",
    "01",
    "02",
    "03",
    "04",
    "05",
    "06",
    "002",
    "-070000",
    "-07:00:00",
    "-0700",
    "-07:00",
    "-07",
    "Z070000",
    "Z07:00:00",
    "Z0700",
    "Z07:00",
    "Z07",
    "__2",
    "_2006",
    "_2",
    "2006",
    "15",
    "PM",
    "pm",
    "1",
    "2",
    "3",
    "4",
    "5",
    ".",
    ",",
    "\0",
];

fn stands_at(layout: &str, part: &str) -> bool {
    let Some(after) = layout.strip_prefix(part) else { return false };
    match part {
        // May as in mayor is no month.
        "Jan" | "Mon" => !after.starts_with(|c: char| c.is_ascii_lowercase()),
        "." | "," => {
            let digits = after.trim_start_matches(if after.starts_with('9') { '9' } else { '0' });
            digits.len() < after.len() && !digits.starts_with(|c: char| c.is_ascii_digit())
        }
        _ => true,
    }
}

/// Digits of a second; nines leave zeros at the end out, and the point with them.
fn fraction(nanosecond: u32, point: &str, digits: usize, trims: bool) -> String {
    let all = format!("{nanosecond:09}");
    let shown = all.get(..digits.min(9)).unwrap_or(&all);
    let shown = if trims { shown.trim_end_matches('0') } else { shown };
    if shown.is_empty() { String::new() } else { format!("{point}{shown}") }
}

fn show(moment: &DateTime<Tz>, part: &str) -> String {
    let (hour, twelve) = (moment.hour(), (moment.hour() + 11) % 12 + 1);
    match part {
        "January" => moment.format("%B").to_string(),
        "Jan" => moment.format("%b").to_string(),
        "Monday" => moment.format("%A").to_string(),
        "Mon" => moment.format("%a").to_string(),
        "01" => format!("{:02}", moment.month()),
        "1" => moment.month().to_string(),
        "02" => format!("{:02}", moment.day()),
        "2" => moment.day().to_string(),
        "_2" => format!("{:>2}", moment.day()),
        "002" => format!("{:03}", moment.ordinal()),
        "__2" => format!("{:>3}", moment.ordinal()),
        "2006" => format!("{:04}", moment.year()),
        "_2006" => format!("_{:04}", moment.year()),
        "06" => format!("{:02}", moment.year().rem_euclid(100)),
        "15" => format!("{hour:02}"),
        "03" => format!("{twelve:02}"),
        "3" => twelve.to_string(),
        "04" => format!("{:02}", moment.minute()),
        "4" => moment.minute().to_string(),
        "05" => format!("{:02}", moment.second()),
        "5" => moment.second().to_string(),
        "PM" => (if hour < 12 { "AM" } else { "PM" }).to_owned(),
        "pm" => (if hour < 12 { "am" } else { "pm" }).to_owned(),
        "MST" => moment.offset().abbreviation().map_or_else(|| moment.format("%z").to_string(), str::to_owned),
        zone => offset(moment, zone),
    }
}

/// A distance from UTC: `Z` instead of zero where the layout begins with it.
fn offset(moment: &DateTime<Tz>, layout: &str) -> String {
    let seconds = chrono::Offset::fix(moment.offset()).local_minus_utc();
    if layout.starts_with('Z') && seconds == 0 {
        return "Z".to_owned();
    }
    let (sign, seconds) = (if seconds < 0 { '-' } else { '+' }, seconds.unsigned_abs());
    let colon = if layout.contains(':') { ":" } else { "" };
    let mut out = format!("{sign}{:02}", seconds / 3600);
    let parts = layout.bytes().filter(u8::is_ascii_digit).count() / 2;
    if parts > 1 {
        _ = write!(out, "{colon}{:02}", seconds / 60 % 60);
    }
    if parts > 2 {
        _ = write!(out, "{colon}{:02}", seconds % 60);
    }
    out
}
