//! `ReplicationController`.

use super::super::{Cx, Read, pod};
use super::pod::name_of_host;
use crate::schema::stored::{Places, Stored};
use crate::yaml::{Origin, Value};

/// `SetDefaults_ReplicationController`: the labels of the template are the selector and the labels.
pub(super) fn replication_controller_defaults(stored: &mut Stored) {
    let root = stored.root();
    let template = root.get("spec").and_then(|spec| spec.get("template"));
    let Some(template) = template else { return };
    let labels = template.get("metadata").and_then(|metadata| metadata.get("labels")).map(Value::to_json);
    let node = template.id();
    if let Some(serde_json::Value::Object(labels)) = labels {
        for (parent, field) in [("spec", "selector"), ("metadata", "labels")] {
            fill_map(stored, parent, field, &labels);
        }
    }
    pod::template_defaults(stored, node);
}

/// Fill a map that has nothing in it.
pub(in crate::schema) fn fill_map(
    stored: &mut Stored,
    parent: &str,
    field: &str,
    labels: &serde_json::Map<String, serde_json::Value>,
) {
    let Some(holder) = stored.root().get(parent) else { return };
    let (holder, is_there) = (holder.id(), holder.has(field));
    if !is_there {
        stored.add(holder, field, &serde_json::Value::Object(serde_json::Map::new()));
    }
    let map = stored.root().get(parent).and_then(|parent| parent.get(field));
    let Some(map) = map.filter(|map| map.entries().len() == 0).map(Value::id) else { return };
    for (key, value) in labels {
        stored.add_key(map, key, value);
    }
}

/// `ValidateReplicationController`
pub(super) fn replication_controller<'a>(cx: &mut Cx<'a>, object: Value<'a>) {
    name_of_host(cx, object, "Pod names and hostnames");
    let Some(spec) = object.get("spec") else { return };
    let selector = selector(cx.old, spec);
    if selector.is_none_or(|selector| selector.entries().len() == 0) {
        cx.required(spec.at("selector"), "");
    }
    let Some(template) = spec.get("template") else { return cx.required(spec.at("template"), "") };
    let labels = template.get("metadata").and_then(|metadata| metadata.get("labels"));
    let has = |key: &str, value: Value<'_>| labels.and_then(|of| of.get(key)).is_some_and(|own| own.same(value));
    if !selector.into_iter().flat_map(Value::entries).all(|(key, _, value)| has(key, value)) {
        cx.invalid(template.at("metadata.labels"), "`selector` does not match template `labels`");
    }
    pod::template(cx, spec, "template");
    let Some(pod) = template.get("spec") else { return };
    if !matches!(pod.text("restartPolicy"), "" | "Always") {
        cx.not_supported(pod.at("restartPolicy"), &["Always"]);
    }
    if pod.has("activeDeadlineSeconds") {
        let why = "activeDeadlineSeconds in ReplicationController is not Supported";
        cx.forbidden(pod.at("activeDeadlineSeconds"), why);
    }
}

/// The selector: the manifest's, or what was filled in when the object was made, or what is filled in now.
fn selector<'a>(old: Option<Value<'a>>, spec: Value<'a>) -> Option<Value<'a>> {
    let is_filled_in = |selector: &Value<'a>| selector.origin() == Origin::Default;
    let own = spec.get("selector");
    let before = old.and_then(|old| old.get("spec")?.get("selector")).filter(is_filled_in);
    own.filter(|own| !is_filled_in(own)).or(before).or(own)
}
