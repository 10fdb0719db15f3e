//! Which nodes: `NodeSelector`, of volumes and Pods.

use super::super::{Cx, Read};
use crate::schema::stored::Places;
use crate::schema::text::name;
use crate::yaml::Value;

/// Labels of nodes that have others in their place, with the server's words.
const DEPRECATED: [(&str, &str); 8] = [
    ("beta.kubernetes.io/arch", "deprecated since v1.14; use \"kubernetes.io/arch\" instead"),
    ("beta.kubernetes.io/os", "deprecated since v1.14; use \"kubernetes.io/os\" instead"),
    (
        "failure-domain.beta.kubernetes.io/region",
        "deprecated since v1.17; use \"topology.kubernetes.io/region\" instead",
    ),
    ("failure-domain.beta.kubernetes.io/zone", "deprecated since v1.17; use \"topology.kubernetes.io/zone\" instead"),
    ("beta.kubernetes.io/instance-type", "deprecated since v1.17; use \"node.kubernetes.io/instance-type\" instead"),
    ("app.kubernetes.io/created-by", "deprecated since v1.9"),
    ("scheduler.alpha.kubernetes.io/preferAvoidPods", "deprecated since v1.22; use Taints and Tolerations instead"),
    ("node-role.kubernetes.io/master", "use \"node-role.kubernetes.io/control-plane\" instead"),
];

/// `GetNodeLabelDeprecatedMessage`
pub(in super::super) fn node_label_warning(label: &str) -> Option<&'static str> {
    DEPRECATED.iter().find(|(old, _)| *old == label).map(|(_, why)| *why)
}

/// `ValidateNodeSelector`, for a selector that is there.
pub(in super::super) fn node_selector<'a>(cx: &mut Cx<'a>, selector: Value<'a>) {
    if selector.count("nodeSelectorTerms") == 0 {
        cx.required(selector.at("nodeSelectorTerms"), "must have at least one node selector term");
    }
    for term in selector.list("nodeSelectorTerms") {
        for expression in term.list("matchExpressions") {
            requirement(cx, expression);
        }
        for field in term.list("matchFields") {
            field_requirement(cx, field);
        }
    }
}

/// `ValidateNodeSelectorRequirement`
fn requirement<'a>(cx: &mut Cx<'a>, expression: Value<'a>) {
    let (key, operator, values) = (expression.text("key"), expression.text("operator"), expression.count("values"));
    match operator {
        "In" | "NotIn" if values == 0 => {
            cx.required(expression.at("values"), "must be specified when `operator` is 'In' or 'NotIn'");
        }
        "Exists" | "DoesNotExist" if values > 0 => {
            let why = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
            cx.forbidden(expression.at("values"), why);
        }
        "Gt" | "Lt" if values != 1 => {
            cx.required(expression.at("values"), "must be specified single value when `operator` is 'Lt' or 'Gt'");
        }
        "In" | "NotIn" | "Exists" | "DoesNotExist" | "Gt" | "Lt" => {}
        _ => cx.invalid_shown(expression.at("operator"), format_args!("{operator:?}"), "not a valid selector operator"),
    }
    for why in name::qualified(key) {
        cx.invalid_shown(expression.at("key"), format_args!("{key:?}"), why);
    }
    let Some(list) = expression.get("values") else { return };
    for (index, text) in list.items().map(|item| item.as_str().unwrap_or_default()).enumerate() {
        for why in name::label_value(text) {
            cx.invalid(list.at_index(index), why);
        }
    }
}

/// `ValidateNodeFieldSelectorRequirement`
fn field_requirement<'a>(cx: &mut Cx<'a>, field: Value<'a>) {
    let (key, operator) = (field.text("key"), field.text("operator"));
    match operator {
        "In" | "NotIn" => {
            if field.count("values") != 1 {
                let why = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
                cx.required(field.at("values"), why);
            }
        }
        _ => cx.invalid_shown(field.at("operator"), format_args!("{operator:?}"), "not a valid selector operator"),
    }
    if key != "metadata.name" {
        return cx.invalid_shown(field.at("key"), format_args!("{key:?}"), "not a valid field selector key");
    }
    let Some(list) = field.get("values") else { return };
    for (index, text) in list.items().map(|item| item.as_str().unwrap_or_default()).enumerate() {
        for why in name::dns_subdomain(text) {
            cx.invalid(list.at_index(index), why);
        }
    }
}
