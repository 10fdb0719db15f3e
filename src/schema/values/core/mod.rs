//! The core group, Pods' own rules in `pod`.

mod config;
mod endpoints;
mod event;
mod limit_range;
mod namespace;
mod node;
mod node_label;
mod persistent_volume;
mod persistent_volume_claim;
mod pod;
mod replication_controller;
mod resource_quota;
mod service;
mod service_ips;
mod service_type;
mod service_warnings;
mod volume_source;

pub(super) use self::pod::name_of_host;
pub(super) use self::replication_controller::fill_map;
pub(super) use node_label::node_label_warning;
pub(super) use persistent_volume::persistent_volume_spec;
pub(super) use persistent_volume_claim::{persistent_volume_claim_spec, storage_warnings};
pub(super) use volume_source::csi_driver_name;

use super::{Cx, Read};
use crate::schema::stored::{Places, Stored};
use crate::schema::table::Kind;
use crate::schema::text::name;
use crate::yaml::{self, Value};

/// Defaults that depend on other fields.
pub(super) fn defaults(stored: &mut Stored, kind: Kind) {
    match kind.kind() {
        "LimitRange" => limit_range::limit_range_defaults(stored),
        "Pod" => pod::pod_defaults(stored),
        "PodTemplate" => pod::pod_template_defaults(stored),
        "ReplicationController" => replication_controller::replication_controller_defaults(stored),
        "Service" => service_type::service_defaults(stored),
        _ => {}
    }
}

/// An object as it is.
pub(super) fn validate<'a>(cx: &mut Cx<'a>, kind: Kind, object: Value<'a>) {
    match kind.kind() {
        "Binding" => event::binding(cx, object),
        "ConfigMap" => config::config_map(cx, object),
        "Endpoints" => endpoints::endpoints(cx, object),
        "Event" => event::event(cx, object),
        "LimitRange" => limit_range::limit_range(cx, object),
        "Namespace" => namespace::namespace(cx, object),
        "Node" => node::node(cx, object),
        "PersistentVolume" => persistent_volume::persistent_volume(cx, object),
        "PersistentVolumeClaim" => persistent_volume_claim::persistent_volume_claim(cx, object),
        "Pod" => pod::pod(cx, object),
        "PodTemplate" => pod::pod_template(cx, object),
        "ReplicationController" => replication_controller::replication_controller(cx, object),
        "ResourceQuota" => resource_quota::resource_quota(cx, object),
        "Secret" => config::secret(cx, object),
        "Service" => service::service(cx, object),
        "ServiceAccount" => namespace::service_account(cx, object),
        _ => {}
    }
}

/// What changed.
pub(super) fn validate_update<'a>(cx: &mut Cx<'a>, kind: Kind, new: Value<'a>, old: Value<'_>) {
    match kind.kind() {
        "Pod" => pod::pod_update(cx, new, old),
        "ConfigMap" => config::config_map_update(cx, new, old),
        "Node" => node::node_update(cx, new, old),
        "PersistentVolume" => persistent_volume::persistent_volume_update(cx, new, old),
        "PersistentVolumeClaim" => persistent_volume_claim::persistent_volume_claim_update(cx, new, old),
        "ResourceQuota" => resource_quota::resource_quota_update(cx, new, old),
        "Secret" => config::secret_update(cx, new, old),
        "Service" => service::service_update(cx, new, old),
        _ => {}
    }
}

/// A text, or another one where it is empty.
fn or<'a>(text: &'a str, default: &'a str) -> &'a str {
    if text.is_empty() { default } else { text }
}

/// `ValidatePortNumOrName`, for a field that is there.
fn port_number_or_name<'a>(cx: &mut Cx<'a>, parent: Value<'a>, field: &'a str) {
    let Some(port) = parent.get(field) else { return };
    if let Some(text) = port.as_str() {
        cx.invalid_each(parent.at(field), name::port_name(text));
    } else if let Some(why) = port.as_int().and_then(name::port_number) {
        cx.invalid(parent.at(field), why);
    }
}

/// Texts that may not be empty.
pub(super) fn filled<'a>(cx: &mut Cx<'a>, parent: Value<'a>, fields: &[&'static str]) {
    for field in fields {
        if parent.text(field).is_empty() {
            cx.required(parent.at(field), "");
        }
    }
}

/// Say what is wrong with a text that is there and not empty.
pub(super) fn checked<'a>(cx: &mut Cx<'a>, parent: Value<'a>, field: &'a str, check: fn(&str) -> Vec<String>) {
    if let Some(text) = parent.text_if(field).filter(|text| !text.is_empty()) {
        cx.invalid_each(parent.at(field), check(text));
    }
}

/// Two values are equal for Go, to which absent, empty and zero are often the same.
pub(super) fn same(new: Option<Value<'_>>, old: Option<Value<'_>>) -> bool {
    match (new, old) {
        (Some(new), Some(old)) if new.kind() == yaml::Kind::Mapping && old.kind() == yaml::Kind::Mapping => {
            let equal = |one: Value<'_>, other: Value<'_>| {
                one.entries().all(|(key, _, value)| same(Some(value), other.get(key)))
            };
            new.same(old) || (equal(new, old) && equal(old, new))
        }
        (Some(new), Some(old)) => new.same(old),
        (None, None) => true,
        (Some(value), None) | (None, Some(value)) => is_zero(value),
    }
}

/// Two maps of texts, or other values, are equal; an empty map is as good as none.
pub(super) fn same_map(new: Option<Value<'_>>, old: Option<Value<'_>>) -> bool {
    match (new, old) {
        (Some(new), Some(old)) => new.same(old),
        (one, other) => one.or(other).is_none_or(is_zero),
    }
}

fn is_zero(value: Value<'_>) -> bool {
    match value.kind() {
        yaml::Kind::Null => true,
        yaml::Kind::String => value.as_str() == Some(""),
        yaml::Kind::Bool => value.as_bool() == Some(false),
        yaml::Kind::Int | yaml::Kind::Float => value.as_int() == Some(0),
        yaml::Kind::Sequence | yaml::Kind::Mapping => value.items().len() + value.entries().len() == 0,
    }
}
