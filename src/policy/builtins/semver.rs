//! Semantic versions, as OPA reads them: a `v` may stand before, and numbers may begin with zeros.

use std::cmp::Ordering;

use regorus::Value;

use super::{Answer, Args, Family, Problem, error};

pub(super) const FUNCTIONS: Family = &[
    ("semver.compare", compare),
    ("semver.is_valid", |args| Ok(Value::from(args.string(0).is_ok_and(|text| parse(text).is_some())))),
];

struct Version<'t> {
    numbers: [i64; 3],
    pre_release: &'t str,
}

fn parse(text: &str) -> Option<Version<'_>> {
    let text = text.strip_prefix('v').unwrap_or(text);
    let (text, metadata) = text.split_once('+').unwrap_or((text, ""));
    let (text, pre_release) = text.split_once('-').unwrap_or((text, ""));
    let is_identifiers = |text: &str| {
        text.is_empty()
            || text
                .split('.')
                .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'))
    };
    let numbers: Vec<i64> = text.split('.').map(|number| number.parse().ok()).collect::<Option<_>>()?;
    let numbers = numbers.try_into().ok()?;
    (is_identifiers(metadata) && is_identifiers(pre_release)).then_some(Version { numbers, pre_release })
}

fn compare(args: Args<'_>) -> Answer {
    let version = |at: usize| -> Result<Version<'_>, Problem> {
        let text = args.string(at)?;
        match parse(text) {
            Some(version) => Ok(version),
            None => error(format!("operand {}: string {text:?} is not a valid SemVer", at + 1)),
        }
    };
    let (left, right) = (version(0)?, version(1)?);
    let order = left.numbers.cmp(&right.numbers).then_with(|| by_precedence(left.pre_release, right.pre_release));
    Ok(Value::from(order as i64))
}

/// A version without a pre-release is the later one; numbers come before words, the shorter before the longer.
fn by_precedence(left: &str, right: &str) -> Ordering {
    if left.is_empty() || right.is_empty() {
        return left.is_empty().cmp(&right.is_empty());
    }
    let (left, right): (Vec<_>, Vec<_>) = (left.split('.').collect(), right.split('.').collect());
    let mut pairs = left.iter().zip(&right);
    let difference = pairs.find_map(|(left, right)| {
        // A number that is too large for Go's int counts as the largest there.
        let number = |text: &str| {
            let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
            is_number.then(|| text.parse::<i64>().unwrap_or(i64::MAX))
        };
        let order = match (number(left), number(right)) {
            (Some(left), Some(right)) => left.cmp(&right),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => left.cmp(right),
        };
        order.is_ne().then_some(order)
    });
    difference.unwrap_or_else(|| left.len().cmp(&right.len()))
}
