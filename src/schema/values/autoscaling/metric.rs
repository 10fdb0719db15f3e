//! What an autoscaler measures.

use super::target;
use crate::schema::stored::Places;
use crate::schema::text::{name, quantity};
use crate::schema::values::resources::{self, Names};
use crate::schema::values::{Cx, Read};
use crate::yaml::{Kind, Value};

const TYPES: [&str; 5] = ["ContainerResource", "External", "Object", "Pods", "Resource"];
/// The sources, in the order in which the server looks at them: only the first is looked into.
const SOURCES: [(&str, &str); 5] = [
    ("object", "Object"),
    ("external", "External"),
    ("pods", "Pods"),
    ("resource", "Resource"),
    ("containerResource", "ContainerResource"),
];

/// `validateMetrics`
pub(super) fn metrics<'a>(cx: &mut Cx<'a>, spec: Value<'a>, to_zero: bool) {
    for metric in spec.list("metrics").filter(|metric| metric.kind() == Kind::Mapping) {
        self::metric(cx, metric);
    }
    if to_zero && !spec.list("metrics").any(|metric| matches!(metric.text("type"), "Object" | "External")) {
        cx.forbidden(
            spec.at("metrics"),
            "must specify at least one Object or External metric to support scaling to zero replicas",
        );
    }
}

/// `validateMetricSpec`
fn metric<'a>(cx: &mut Cx<'a>, metric: Value<'a>) {
    let kind = metric.text("type");
    if kind.is_empty() {
        cx.required(metric.at("type"), "must specify a metric source type");
    }
    if !TYPES.contains(&kind) {
        cx.not_supported(metric.at("type"), &TYPES);
    }
    let present = || SOURCES.into_iter().filter(|(field, _)| metric.has(field));
    if let Some((field, _)) = present().next()
        && let Some(source) = metric.get(field).filter(|source| source.kind() == Kind::Mapping)
    {
        self::source(cx, field, source);
    }
    let expected = SOURCES.into_iter().find(|(_, name)| *name == kind).map(|(field, _)| field);
    if let Some(field) = expected.filter(|field| !metric.has(field)) {
        cx.required(metric.at(field), "must populate information for the given metric source");
    }
    if present().count() > 1 {
        for (field, _) in present().filter(|(field, _)| Some(*field) != expected) {
            cx.forbidden(metric.at(field), "must populate the given metric source only");
        }
    }
}

fn source<'a>(cx: &mut Cx<'a>, field: &str, source: Value<'a>) {
    match field {
        "object" => {
            if let Some(object) = source.get("describedObject") {
                target::object_reference(cx, object, false);
            }
            target::metric(cx, source);
        }
        "external" | "pods" => target::metric(cx, source),
        "containerResource" => container_resource(cx, source),
        _ => {
            if source.text("name").is_empty() {
                cx.required(source.at("name"), "must specify a resource name");
            }
        }
    }
    if let Some(target) = source.get("target").filter(|target| target.kind() == Kind::Mapping) {
        self::target(cx, field, target);
    }
}

fn container_resource<'a>(cx: &mut Cx<'a>, source: Value<'a>) {
    let resource = source.text("name");
    if resource.is_empty() {
        cx.required(source.at("name"), "must specify a resource name");
    } else {
        resources::resource_name(cx, source.at("name"), resource, Names::Container);
    }
    let container = source.text("container");
    if container.is_empty() {
        cx.required(source.at("container"), "must specify a container");
    } else {
        cx.invalid_each(source.at("container"), name::dns_label(container));
    }
}

/// `validateMetricTarget`, and which of its values a source needs
fn target<'a>(cx: &mut Cx<'a>, source: &str, target: Value<'a>) {
    let kind = target.text("type");
    if kind.is_empty() {
        cx.required(target.at("type"), "must specify a metric target type");
    }
    if !matches!(kind, "Utilization" | "Value" | "AverageValue") {
        cx.invalid(target.at("type"), "must be either Utilization, Value, or AverageValue");
    }
    for field in ["value", "averageValue"] {
        let amount = target.get(field).and_then(|value| quantity::parse_value(value).ok());
        if amount.is_some_and(|amount| amount.is_negative() || amount.is_zero()) {
            cx.invalid(target.at(field), "must be positive");
        }
    }
    if target.int("averageUtilization").is_some_and(|percentage| percentage < 1) {
        cx.invalid(target.at("averageUtilization"), "must be greater than 0");
    }
    let (value, average, utilization) =
        (target.has("value"), target.has("averageValue"), target.has("averageUtilization"));
    match source {
        "object" if !value && !average => {
            cx.required(target.at("averageValue"), "must set either a target value or averageValue");
        }
        "external" if !value && !average => {
            let why = "must set either a target value for metric or a per-pod target";
            cx.required(target.at("averageValue"), why);
        }
        "external" if value && average => {
            cx.forbidden(target.at("value"), "may not set both a target value for metric and a per-pod target");
        }
        "pods" if !average => {
            cx.required(target.at("averageValue"), "must specify a positive target averageValue");
        }
        "resource" | "containerResource" if !utilization && !average => {
            let why = "must set either a target raw value or a target utilization";
            cx.required(target.at("averageUtilization"), why);
        }
        "resource" | "containerResource" if utilization && average => {
            let why = "may not set both a target raw value and a target utilization";
            cx.forbidden(target.at("averageValue"), why);
        }
        _ => {}
    }
}
