//! Label selectors: `ValidateLabelSelector` of apimachinery.

use super::{Cx, Read, metadata};
use crate::schema::stored::Places;
use crate::schema::text::name;
use crate::yaml::Value;

/// `parent.field` as a `LabelSelector`; nothing is said of one that is absent.
pub(in crate::schema) fn label_selector<'a>(cx: &mut Cx<'a>, parent: Value<'a>, field: &str) {
    if let Some(selector) = parent.get(field) {
        validate(cx, selector);
    }
}

/// A `LabelSelector`.
pub(in crate::schema) fn validate<'a>(cx: &mut Cx<'a>, selector: Value<'a>) {
    metadata::labels(cx, selector, "matchLabels");
    for requirement in selector.list("matchExpressions") {
        label_requirement(cx, requirement);
    }
}

/// `ValidateLabelSelectorRequirement`
fn label_requirement<'a>(cx: &mut Cx<'a>, requirement: Value<'a>) {
    match requirement.text("operator") {
        "In" | "NotIn" if requirement.count("values") == 0 => {
            cx.required(requirement.at("values"), "must be specified when `operator` is 'In' or 'NotIn'");
        }
        "Exists" | "DoesNotExist" if requirement.count("values") > 0 => {
            cx.forbidden(
                requirement.at("values"),
                "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
            );
        }
        "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
        other => {
            cx.invalid_shown(requirement.at("operator"), format_args!("{other:?}"), "not a valid selector operator");
        }
    }
    label_name(cx, requirement, "key");
    for value in requirement.list("values") {
        cx.invalid_each(value.here(), name::label_value(value.as_str().unwrap_or_default()));
    }
}

/// `ValidateLabelName`: `parent.field` is the key of a label. An absent one is refused as an empty one.
pub(in crate::schema) fn label_name<'a>(cx: &mut Cx<'a>, parent: Value<'a>, field: &'a str) {
    let key = parent.text(field);
    cx.invalid_shown_each(parent.at(field), format_args!("{key:?}"), name::qualified(key));
}
