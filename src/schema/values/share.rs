//! Numbers or percentages, as rolling updates and disruption budgets have them.

use super::Cx;
use crate::schema::stored::At;
use crate::schema::text::name;
use crate::yaml::Value;

/// `ValidatePositiveIntOrPercent`
pub(super) fn number_or_percent(cx: &mut Cx<'_>, at: At<'_>) {
    let Some(value) = at.target() else { return };
    if let Some(text) = value.as_str() {
        cx.invalid_each(at, name::percent(text));
    } else if value.as_int().is_some_and(|number| number < 0) {
        cx.invalid(at, "must be greater than or equal to 0");
    }
}

/// `IsNotMoreThan100Percent`
pub(super) fn at_most_all(cx: &mut Cx<'_>, at: At<'_>) {
    if at.target().and_then(percentage).is_some_and(|percentage| percentage > 100) {
        cx.invalid(at, "must not be greater than 100%");
    }
}

/// The number, of a percentage too, is zero.
pub(super) fn is_zero(at: At<'_>) -> bool {
    let Some(value) = at.target() else { return true };
    match (percentage(value), value.as_str()) {
        (Some(percentage), _) => percentage == 0,
        // A text is read as a number if it is one, and counts as zero otherwise.
        (None, Some(text)) => text.parse::<i64>().unwrap_or_default() == 0,
        (None, None) => value.as_int() == Some(0),
    }
}

/// The number of a percentage; what is too large is as large as can be.
fn percentage(value: Value<'_>) -> Option<i64> {
    let text = value.as_str()?;
    let digits = text.strip_suffix('%').filter(|_| name::percent(text).is_empty())?;
    Some(digits.parse().unwrap_or(i64::MAX))
}
