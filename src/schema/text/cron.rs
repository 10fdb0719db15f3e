//! Schedules of CronJobs, as `robfig/cron` reads them (`ParseStandard`).

use super::{duration, zone};

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// What a field may hold: its numbers, and names for them.
struct Bounds {
    low: u64,
    high: u64,
    names: &'static [&'static str],
}

const FIELDS: [Bounds; 5] = [
    Bounds { low: 0, high: 59, names: &[] },
    Bounds { low: 0, high: 23, names: &[] },
    Bounds { low: 1, high: 31, names: &[] },
    Bounds { low: 1, high: 12, names: &MONTHS },
    Bounds { low: 0, high: 6, names: &DAYS },
];

/// Why a text is no schedule.
pub fn check(schedule: &str) -> Result<(), String> {
    if schedule.is_empty() {
        return Err("empty spec string".to_owned());
    }
    let mut rest = schedule;
    if let Some(zoned) = schedule.strip_prefix("TZ=").or_else(|| schedule.strip_prefix("CRON_TZ=")) {
        let Some((name, fields)) = zoned.split_once(' ') else {
            // The parser panics.
            let length = schedule.len() - zoned.len();
            return Err(format!("invalid schedule format: runtime error: slice bounds out of range [{length}:-1]"));
        };
        if !zone::is_known(name) {
            return Err(format!("provided bad location {name}: unknown time zone {name}"));
        }
        rest = fields.trim();
    }
    if rest.starts_with('@') {
        return descriptor(rest);
    }
    let count = rest.split_whitespace().count();
    if count != FIELDS.len() {
        let fields: Vec<&str> = rest.split_whitespace().collect();
        return Err(format!("expected exactly {} fields, found {count}: [{}]", FIELDS.len(), fields.join(" ")));
    }
    for (field, bounds) in rest.split_whitespace().zip(&FIELDS) {
        // Nothing between commas is nothing.
        for expression in field.split(',').filter(|expression| !expression.is_empty()) {
            range(expression, bounds)?;
        }
    }
    Ok(())
}

fn descriptor(text: &str) -> Result<(), String> {
    match text {
        "@yearly" | "@annually" | "@monthly" | "@weekly" | "@daily" | "@midnight" | "@hourly" => Ok(()),
        _ => match text.strip_prefix("@every ") {
            Some(every) => match duration::parse(every) {
                Ok(_) => Ok(()),
                Err(why) => Err(format!("failed to parse duration {text}: {why}")),
            },
            None => Err(format!("unrecognized descriptor: {text}")),
        },
    }
}

/// `number | number "-" number [ "/" number ]`, a star or a question mark for all.
fn range(expression: &str, bounds: &Bounds) -> Result<(), String> {
    let mut slashes = expression.split('/');
    let mut hyphens = slashes.next().unwrap_or_default().split('-');
    let first = hyphens.next().unwrap_or_default();
    let second = hyphens.next();
    let (start, mut end) = match (first, second) {
        ("*" | "?", _) => (bounds.low, bounds.high),
        (first, None) => {
            let number = number_or_name(first, bounds)?;
            (number, number)
        }
        (first, Some(second)) => {
            let start = number_or_name(first, bounds)?;
            if hyphens.next().is_some() {
                return Err(format!("too many hyphens: {expression}"));
            }
            (start, number_or_name(second, bounds)?)
        }
    };
    let step = match (slashes.next(), slashes.next()) {
        (None, _) => 1,
        (Some(step), None) => {
            let step = number(step)?;
            if second.is_none() {
                end = bounds.high;
            }
            step
        }
        (Some(_), Some(_)) => return Err(format!("too many slashes: {expression}")),
    };
    if start < bounds.low {
        return Err(format!("beginning of range ({start}) below minimum ({}): {expression}", bounds.low));
    }
    if end > bounds.high {
        return Err(format!("end of range ({end}) above maximum ({}): {expression}", bounds.high));
    }
    if start > end {
        return Err(format!("beginning of range ({start}) beyond end of range ({end}): {expression}"));
    }
    if step == 0 {
        return Err(format!("step of range should be a positive number: {expression}"));
    }
    Ok(())
}

fn number_or_name(text: &str, bounds: &Bounds) -> Result<u64, String> {
    match bounds.names.iter().position(|name| name.eq_ignore_ascii_case(text)) {
        Some(index) => Ok(bounds.low + index as u64),
        None => number(text),
    }
}

/// `strconv.Atoi`, and no negative numbers.
fn number(text: &str) -> Result<u64, String> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!("failed to parse int from {text}: strconv.Atoi: parsing {text:?}: invalid syntax"));
    }
    match text.parse::<i64>() {
        Ok(number) => u64::try_from(number).map_err(|_| format!("negative number ({number}) not allowed: {text}")),
        Err(_) => Err(format!("failed to parse int from {text}: strconv.Atoi: parsing {text:?}: value out of range")),
    }
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn schedules_are_read_as_the_server_reads_them() {
        for text in [
            "* * * * *",
            "*/5 0 1,15 * ?",
            "0 3 * * SUN",
            "0 0 1 jan-mar/2 mon-fri",
            "\t1  2 3 4 5 ",
            "+5 0 * * *",
            "*-5 * * * *",
            ", * * * *",
            "5/2 * * * *",
            "@daily",
            "@every 1h30m",
            "TZ=Europe/Berlin 0 3 * * *",
        ] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
        for (text, why) in [
            (" ", "expected exactly 5 fields, found 0: []"),
            ("* * * * * *", "expected exactly 5 fields, found 6: [* * * * * *]"),
            ("60 * * * *", "end of range (60) above maximum (59): 60"),
            ("* * 0 * *", "beginning of range (0) below minimum (1): 0"),
            ("* * * * 7", "end of range (7) above maximum (6): 7"),
            ("5-3 * * * *", "beginning of range (5) beyond end of range (3): 5-3"),
            ("*/0 * * * *", "step of range should be a positive number: */0"),
            ("*/-1 * * * *", "negative number (-1) not allowed: -1"),
            ("1-2-3 * * * *", "too many hyphens: 1-2-3"),
            ("1/2/3 * * * *", "too many slashes: 1/2/3"),
            ("x * * * *", "failed to parse int from x: strconv.Atoi: parsing \"x\": invalid syntax"),
            ("-1 * * * *", "failed to parse int from : strconv.Atoi: parsing \"\": invalid syntax"),
            ("@often", "unrecognized descriptor: @often"),
            ("@every 1", "failed to parse duration @every 1: time: missing unit in duration \"1\""),
            ("TZ=Nowhere 0 3 * * *", "provided bad location Nowhere: unknown time zone Nowhere"),
        ] {
            assert_eq!(check(text), Err(why.to_owned()), "{text}");
        }
        assert!(check("TZ=UTC").is_err());
    }
}
