//! What an autoscaler scales or watches.

use crate::schema::stored::Places;
use crate::schema::text::name;
use crate::schema::values::{Cx, Read};
use crate::yaml::{Kind, Value};

/// `ValidateCrossVersionObjectReference`
pub(super) fn object_reference<'a>(cx: &mut Cx<'a>, reference: Value<'a>, needs_group: bool) {
    if reference.kind() != Kind::Mapping {
        return;
    }
    for field in ["kind", "name"] {
        let text = reference.text(field);
        if text.is_empty() {
            cx.required(reference.at(field), "");
        }
        cx.invalid_each(reference.at(field), name::path_segment(text));
    }
    cx.since(34, |cx| api_version(cx, reference, needs_group));
}

/// `ValidateAPIVersion`
fn api_version<'a>(cx: &mut Cx<'a>, reference: Value<'a>, needs_group: bool) {
    let version = reference.text("apiVersion");
    let at = reference.at("apiVersion");
    let group = match version.split_once('/') {
        Some((_, rest)) if rest.contains('/') => {
            let why = format_args!("unexpected GroupVersion string: {version}");
            return cx.invalid_shown(at, format_args!("{version:?}"), why);
        }
        Some((group, _)) => group,
        None => "",
    };
    if needs_group && group.is_empty() {
        cx.invalid_shown(at, format_args!("{version:?}"), "apiVersion must specify API group");
    }
}

/// `validateMetricIdentifier`
pub(super) fn metric<'a>(cx: &mut Cx<'a>, source: Value<'a>) {
    let Some(metric) = source.get("metric").filter(|metric| metric.kind() == Kind::Mapping) else { return };
    let text = metric.text("name");
    if text.is_empty() {
        cx.required(metric.at("name"), "must specify a metric name");
    }
    cx.invalid_each(metric.at("name"), name::path_segment(text));
}
