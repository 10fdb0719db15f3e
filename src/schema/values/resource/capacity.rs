//! How much of a device's capacity a request can have.

use std::collections::HashSet;

use super::fits;
use crate::schema::stored::Places;
use crate::schema::text::quantity::{self, Quantity};
use crate::schema::values::{Cx, Read, printed};
use crate::yaml::Value;

const OPTIONS: usize = 10;

/// `DeviceCapacity`
pub(super) fn capacity<'a>(cx: &mut Cx<'a>, capacity: Value<'a>, shared: bool) {
    let Some(policy) = capacity.get("requestPolicy") else { return };
    if !shared {
        return cx.forbidden(capacity.at("requestPolicy"), "allowMultipleAllocations must be true");
    }
    let range = policy.get("validRange");
    let has_values = policy.count("validValues") > 0;
    if has_values && range.is_some() {
        let why =
            "exactly one policy can be specified, cannot specify \"validValues\" and \"validRange\" at the same time";
        return cx.forbidden(capacity.at("requestPolicy"), why);
    }
    let most = Amount::of(capacity, "value").unwrap_or_else(Amount::none);
    match (Amount::of(policy, "default"), range) {
        (Some(default), _) if has_values => values(cx, policy, &default, &most),
        (Some(default), Some(range)) => self::range(cx, range, &default, &most),
        (None, _) if has_values => cx.required(policy.at("default"), "required when validValues is defined"),
        (None, Some(_)) => cx.required(policy.at("default"), "required when validRange is defined"),
        _ => {}
    }
}

/// A quantity, and how it is written.
struct Amount {
    quantity: Quantity,
    shown: String,
}

impl Amount {
    fn of(parent: Value<'_>, field: &str) -> Option<Self> {
        let quantity = quantity::parse_value(parent.get(field)?).ok()?;
        Some(Self { quantity, shown: printed(parent.at(field)).trim_matches('"').to_owned() })
    }

    /// What an absent one is.
    fn none() -> Self {
        Self { quantity: Quantity::default(), shown: "0".to_owned() }
    }
}

fn values<'a>(cx: &mut Cx<'a>, policy: Value<'a>, default: &Amount, most: &Amount) {
    let options: Vec<(Value<'a>, Quantity)> =
        policy.list("validValues").filter_map(|value| Some((value, quantity::parse_value(value).ok()?))).collect();
    for pair in options.windows(2) {
        if let [(_, before), (value, after)] = pair
            && before > after
        {
            cx.invalid(value.here(), "values must be sorted in ascending order");
        }
    }
    if !fits(cx, policy, "validValues", OPTIONS) {
        return;
    }
    let mut seen = HashSet::new();
    for (value, option) in &options {
        if *option > most.quantity {
            cx.invalid(value.here(), format_args!("option is larger than capacity value: {}", most.shown));
        }
        if !seen.insert(option.value()) {
            cx.duplicate_shown(value.here(), format_args!("\"{}\"", option.value()));
        }
    }
    if !options.iter().any(|(_, option)| *option == default.quantity) {
        let shown = format!("{:?}", default.shown);
        cx.invalid_shown(policy.at("validValues"), shown, "default value is not valid according to the requestPolicy");
    }
}

fn range<'a>(cx: &mut Cx<'a>, range: Value<'a>, default: &Amount, most: &Amount) {
    let Some(min) = Amount::of(range, "min") else {
        return cx.required(range.at("min"), "required when validRange is defined");
    };
    let mut refuse = |field: &'static str, of: &Amount, why: String| {
        cx.invalid_shown(range.at(field), format_args!("{:?}", of.shown), why);
    };
    if min.quantity > most.quantity {
        refuse("min", &min, format!("min is larger than capacity value: {}", most.shown));
    }
    if default.quantity < min.quantity {
        refuse("min", default, format!("default is less than min: {}", min.shown));
    }
    let max = Amount::of(range, "max");
    if let Some(max) = &max {
        if min.quantity > max.quantity {
            refuse("max", &min, format!("min is larger than max: {}", max.shown));
        }
        if max.quantity > most.quantity {
            refuse("max", max, format!("max is larger than capacity value: {}", most.shown));
        }
        if default.quantity > max.quantity {
            refuse("max", default, format!("default is more than max: {}", max.shown));
        }
    }
    let Some(step) = Amount::of(range, "step") else { return };
    if step.quantity <= Quantity::default() {
        cx.since(37, |cx| {
            cx.invalid_shown(range.at("step"), format_args!("{:?}", step.shown), "must be greater than zero");
        });
    }
    let mut refuse = |field: &'static str, of: &Amount, why: String| {
        cx.invalid_shown(range.at(field), format_args!("{:?}", of.shown), why);
    };
    if min.quantity.0.saturating_add(step.quantity.0) > most.quantity.0 {
        let why = format!("one step {} is larger than capacity value: {}", step.shown, most.shown);
        refuse("step", &step, why);
    }
    for of in std::iter::once(default).chain(max.as_ref()) {
        // The server does not survive a step of zero.
        let step_value = step.quantity.value();
        if step_value != 0 && (of.quantity.value() - min.quantity.value()) % step_value != 0 {
            let why = format!("value is not a multiple of a given step ({}) from ({})", step.shown, min.shown);
            refuse("step", of, why);
        }
    }
}
