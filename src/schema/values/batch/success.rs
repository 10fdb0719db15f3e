//! When a Job has succeeded before all of its Pods have.

use crate::schema::stored::Places;
use crate::schema::values::{Cx, Read};
use crate::yaml::{Kind, Value};

/// The most rules of a policy.
const RULES: usize = 20;
/// The longest list of indexes.
const INDEXES: usize = 64 * 1024;

/// `validateSuccessPolicy`
pub(super) fn success_policy<'a>(cx: &mut Cx<'a>, spec: Value<'a>, policy: Value<'a>) {
    if policy.kind() != Kind::Mapping {
        return;
    }
    match policy.count("rules") {
        0 => {
            let why = "at least one rules must be specified when the successPolicy is specified";
            cx.required(policy.at("rules"), why);
        }
        count if count > RULES => cx.too_many(policy.at("rules"), count, RULES),
        _ => {}
    }
    // Without completions the server has told so, and panics here.
    let Some(completions) = spec.int("completions") else { return };
    for rule in policy.list("rules").filter(|rule| rule.kind() == Kind::Mapping) {
        self::rule(cx, rule, completions);
    }
}

fn rule<'a>(cx: &mut Cx<'a>, rule: Value<'a>, completions: i64) {
    if !rule.has("succeededCount") && !rule.has("succeededIndexes") {
        cx.required(rule.here(), "at least one of succeededCount or succeededIndexes must be specified");
    }
    let mut total = None;
    if let Some(text) = rule.text_if("succeededIndexes") {
        let at = rule.at("succeededIndexes");
        if text.len() > INDEXES {
            cx.too_long(at, INDEXES);
        }
        match indexes(text, completions) {
            Ok(number) => total = Some(number),
            Err(why) => {
                total = Some(0);
                cx.invalid(at, format_args!("error parsing succeededIndexes: {why}"));
            }
        }
    }
    let Some(count) = rule.int("succeededCount") else { return };
    let at = rule.at("succeededCount");
    if count > completions {
        cx.invalid(
            at,
            format_args!("must be less than or equal to {completions} (the number of specified completions)"),
        );
    }
    if let Some(total) = total.filter(|total| count > *total) {
        cx.invalid(
            at,
            format_args!(
                "must be less than or equal to {total} (the number of indexes in the specified succeededIndexes field)"
            ),
        );
    }
}

/// How many indexes a list such as `0,2-4` names; they rise and are smaller than the completions.
fn indexes(text: &str, completions: i64) -> Result<i64, String> {
    if text.is_empty() {
        return Ok(0);
    }
    let index = |text: &str| -> Result<i64, String> {
        let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        match text.parse::<i64>() {
            Ok(number) if is_number && number < completions => Ok(number),
            Ok(_) if is_number => Err(format!("too large index: {text:?}")),
            _ => Err(format!("cannot convert string to integer for index: {text:?}")),
        }
    };
    let rising = |last: i64, next: i64| -> Result<(), String> {
        if last < next {
            return Ok(());
        }
        Err(format!("non-increasing order, previous: {last}, current: {next}"))
    };
    let (mut total, mut last) = (0, None);
    for interval in text.split(',') {
        let (first, end) = match interval.split('-').count() {
            1 => (index(interval)?, None),
            2 => {
                let (first, end) = interval.split_once('-').unwrap_or_default();
                (index(first)?, Some(index(end)?))
            }
            _ => {
                return Err(format!(
                    "the fragment {interval:?} violates the requirement that an index interval can have at most two parts \
                     separated by '-'"
                ));
            }
        };
        if let Some(end) = end {
            rising(first, end)?;
        }
        if let Some(last) = last {
            rising(last, first)?;
        }
        let end = end.unwrap_or(first);
        total += end - first + 1;
        last = Some(end);
    }
    Ok(total)
}

#[cfg(test)]
mod tests {
    use super::indexes;

    #[test]
    fn lists_of_indexes_rise() {
        assert_eq!(indexes("", 5), Ok(0));
        assert_eq!(indexes("0,2-4", 5), Ok(4));
        for text in ["5", "1,1", "3-2", "1-1", "2-3,3", "1-2-3", "a", "1,", " 1", "-1"] {
            assert!(indexes(text, 5).is_err(), "{text}");
        }
    }
}
