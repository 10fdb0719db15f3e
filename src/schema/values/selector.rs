//! Label selectors: `ValidateLabelSelector` of apimachinery.

use super::{Cx, Read, metadata};
use crate::schema::stored::Places;
use crate::schema::text::name;
use crate::yaml::{Kind, Value};

/// `parent.field` as a `LabelSelector`; nothing is said of one that is absent.
pub(in crate::schema) fn label_selector<'a>(cx: &mut Cx<'a>, parent: Value<'a>, field: &'a str) {
    let Some(selector) = parent.get(field).filter(|selector| selector.kind() == Kind::Mapping) else { return };
    metadata::labels(cx, selector, "matchLabels");
    for requirement in selector.list("matchExpressions").filter(|requirement| requirement.kind() == Kind::Mapping) {
        let values = requirement.count("values");
        match requirement.text("operator") {
            "In" | "NotIn" if values == 0 => {
                cx.required(requirement.at("values"), "must be specified when `operator` is 'In' or 'NotIn'");
            }
            "Exists" | "DoesNotExist" if values > 0 => {
                let why = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
                cx.forbidden(requirement.at("values"), why);
            }
            "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
            _ => cx.invalid(requirement.at("operator"), "not a valid selector operator"),
        }
        for why in name::qualified(requirement.text("key")) {
            cx.invalid(requirement.at("key"), why);
        }
        for value in requirement.list("values") {
            for why in name::label_value(value.as_str().unwrap_or_default()) {
                cx.invalid(value.here(), why);
            }
        }
    }
}
