//! What the server fills into a Pod because of other fields.

use std::collections::{HashMap, HashSet};

use serde_json::json;

use super::super::Read;
use super::super::resources::{is_huge_pages, is_overcommit_allowed};
use super::resources::effective;
use crate::schema::stored::Stored;
use crate::schema::text::quantity;
use crate::yaml::{NodeId, Value};

/// A field that is filled in: where, which, with what.
type Field = (NodeId, &'static str, serde_json::Value);

/// The defaults of a `PodTemplateSpec` that depend on other fields. `template` is the node of the template.
pub(in crate::schema) fn template_defaults(stored: &mut Stored, template: NodeId) {
    let mut fields = Vec::new();
    if let Some(spec) = stored.root().document().value(template).get("spec") {
        of_spec(spec, &mut fields);
    }
    for (node, field, value) in fields {
        stored.add(node, field, &value);
    }
}

/// The defaults of a Pod itself.
pub(in crate::schema) fn pod_defaults(stored: &mut Stored) {
    let mut fields = Vec::new();
    if let Some(spec) = stored.root().get("spec") {
        of_spec(spec, &mut fields);
        host_ports(spec, &mut fields);
        let of_pods = [("enableServiceLinks", json!(true)), ("preemptionPolicy", json!("PreemptLowerPriority"))];
        for (field, value) in of_pods {
            // What goes with a PriorityClass, its class knows.
            if !spec.has(field) && (field == "enableServiceLinks" || spec.text("priorityClassName").is_empty()) {
                fields.push((spec.id(), field, value));
            }
        }
        for container in spec.list("containers").chain(spec.list("initContainers")) {
            if let Some(resources) = container.get("resources").filter(|of| of.has("limits") && !of.has("requests")) {
                fields.push((resources.id(), "requests", json!({})));
            }
        }
        if let Some(resources) = spec.get("resources").filter(|of| of.count("limits") > 0 && !of.has("requests")) {
            fields.push((resources.id(), "requests", json!({})));
        }
    }
    for (node, field, value) in fields {
        stored.add(node, field, &value);
    }
    requests(stored);
}

/// What Pods and templates have in common.
fn of_spec(spec: Value<'_>, fields: &mut Vec<Field>) {
    for container in super::every_container(spec) {
        if !container.has("imagePullPolicy") {
            fields.push((container.id(), "imagePullPolicy", json!(pull_policy(container.text("image")))));
        }
    }
    for volume in spec.list("volumes") {
        if volume.entries().all(|(field, ..)| field == "name") {
            fields.push((volume.id(), "emptyDir", json!({})));
        }
        if let Some(image) = volume.get("image").filter(|image| !image.has("pullPolicy")) {
            fields.push((image.id(), "pullPolicy", json!(pull_policy(image.text("reference")))));
        }
    }
}

/// An image that may change under its tag is always pulled.
fn pull_policy(image: &str) -> &'static str {
    let (name, digest) = image.split_once('@').map_or((image, None), |(name, digest)| (name, Some(digest)));
    let path = name.rsplit_once('/').map_or(name, |(_, path)| path);
    let is_readable = !path.is_empty() && !name.contains(' ') && !name.contains("://");
    let tag = path.split_once(':').map(|(_, tag)| tag);
    let is_lower = |path: &str| !path.bytes().any(|byte| byte.is_ascii_uppercase());
    let is_latest = tag == Some("latest") || (tag.is_none() && digest.is_none() && is_readable && is_lower(path));
    if is_latest { "Always" } else { "IfNotPresent" }
}

/// In the network of the host, the ports of containers are ports of the host.
fn host_ports(spec: Value<'_>, fields: &mut Vec<Field>) {
    if !spec.flag("hostNetwork") {
        return;
    }
    for container in spec.list("containers").chain(spec.list("initContainers")) {
        for port in container.list("ports") {
            let number = port.int("containerPort").unwrap_or_default();
            if !port.has("hostPort") && number != 0 {
                fields.push((port.id(), "hostPort", json!(number)));
            }
        }
    }
}

/// What is limited but not requested is requested up to the limit; a Pod requests what its containers request together.
fn requests(stored: &mut Stored) {
    let none = HashMap::new();
    let mut amounts = Vec::new();
    if let Some(spec) = stored.root().get("spec") {
        for container in spec.list("containers").chain(spec.list("initContainers")) {
            if let Some(resources) = container.get("resources") {
                missing_requests(resources, |_| true, &none, &mut amounts);
            }
        }
    }
    for (node, resource, amount) in std::mem::take(&mut amounts) {
        stored.add_key(node, &resource, &amount);
    }
    if let Some(spec) = stored.root().get("spec")
        && let Some(resources) = spec.get("resources")
    {
        let is_of_pods = |resource: &str| matches!(resource, "cpu" | "memory") || is_huge_pages(resource);
        missing_requests(resources, is_of_pods, &effective(spec, "requests"), &mut amounts);
    }
    for (node, resource, amount) in amounts {
        stored.add_key(node, &resource, &amount);
    }
}

/// The requests that are filled in: those of `sums` first, then the limits.
fn missing_requests(
    resources: Value<'_>,
    filter: fn(&str) -> bool,
    sums: &HashMap<&str, quantity::Quantity>,
    amounts: &mut Vec<(NodeId, String, serde_json::Value)>,
) {
    let (Some(limits), Some(requests)) = (resources.get("limits"), resources.get("requests")) else { return };
    let known: HashSet<&str> = requests.entries().map(|(resource, ..)| resource).collect();
    let is_summed = |resource: &str| is_overcommit_allowed(resource) && sums.contains_key(resource);
    for (resource, sum) in sums {
        if !known.contains(resource) && filter(resource) && is_summed(resource) {
            amounts.push((requests.id(), (*resource).to_owned(), json!(as_text(*sum))));
        }
    }
    for (resource, _, limit) in limits.entries() {
        if !known.contains(resource) && filter(resource) && !is_summed(resource) {
            amounts.push((requests.id(), resource.to_owned(), limit.to_json()));
        }
    }
}

/// A quantity as text.
fn as_text(amount: quantity::Quantity) -> String {
    match (amount.is_whole(), amount.0 % 1_000_000 == 0) {
        (true, _) => amount.value().to_string(),
        (false, true) => format!("{}m", amount.milli_value()),
        (false, false) => format!("{}n", amount.0),
    }
}

#[cfg(test)]
mod tests {
    use super::pull_policy;

    #[test]
    fn only_images_without_a_fixed_version_are_pulled_always() {
        for image in ["nginx", "nginx:latest", "host:5000/nginx", "a/b/c", "nginx:latest@sha256:00"] {
            assert_eq!(pull_policy(image), "Always", "{image}");
        }
        for image in ["nginx:1", "host:5000/nginx:1", "nginx@sha256:00", "Nginx", "a b", ""] {
            assert_eq!(pull_policy(image), "IfNotPresent", "{image}");
        }
    }
}
