//! Pods and the templates of Pods, wherever they stand.

mod affinity;
mod annotations;
mod certificates;
mod compare;
mod container;
mod defaults;
mod env;
mod mount;
mod network;
mod path;
mod ports;
mod probe;
mod projected;
mod resources;
mod scheduling;
mod security;
pub(super) mod source;
mod update;
mod volume;
mod warnings;
mod windows;

use std::collections::HashSet;

use super::seen::Seen;
use super::{Cx, Read, metadata};
use crate::schema::stored::Places;
use crate::yaml::Value;

pub(in crate::schema) use affinity::node_selector;
pub(in crate::schema) use compare::{is_same, is_same_without};
pub(in crate::schema) use defaults::{pod_defaults, template_defaults};
pub(in crate::schema) use scheduling::tolerations;
pub(in crate::schema) use update::pod_update;

/// What the checks of its parts know of a whole `PodSpec`.
struct Whole<'a> {
    spec: Value<'a>,
    volumes: volume::Volumes<'a>,
    /// The names of `spec.resourceClaims`.
    claims: HashSet<&'a str>,
    /// How long the Pod may take to stop.
    grace: Option<i64>,
    os: Option<&'a str>,
    restart_policy: &'a str,
    /// The Pod shares the users of its host.
    host_users: bool,
}

/// `parent.field` as a `PodTemplateSpec`: its labels and annotations, its `spec`, and the warnings about them.
pub(in crate::schema) fn template<'a>(cx: &mut Cx<'a>, parent: Value<'a>, field: &'a str) {
    template_of(cx, parent, field, Owner::Template);
}

/// The `template` of a `StatefulSet`'s spec, whose Pods have claims as well, and host names of its own making.
pub(in crate::schema) fn stateful_template<'a>(cx: &mut Cx<'a>, parent: Value<'a>) {
    template_of(cx, parent, "template", Owner::Stateful(parent.get("volumeClaimTemplates")));
}

fn template_of<'a>(cx: &mut Cx<'a>, parent: Value<'a>, field: &'a str, owner: Owner<'a>) {
    let Some(template) = parent.get(field) else {
        let containers = if field == "template" { "template.spec.containers" } else { field };
        return cx.required(parent.at(containers), "");
    };
    let metadata = template.get("metadata").unwrap_or(template);
    if template.has("metadata") {
        // The server speaks of the template as if it had labels itself.
        let before = cx.count();
        metadata::labels(cx, metadata, "labels");
        metadata::annotations(cx, metadata, "annotations");
        cx.moved(before, metadata.here(), template.here());
    }
    let Some(spec) = template.get("spec") else {
        return cx.required(template.at("spec.containers"), "");
    };
    annotations::annotations(cx, metadata, spec, template.at("annotations"));
    self::spec(cx, spec, owner);
    annotations::agree_with_fields(cx, metadata, spec, false);
    if spec.count("ephemeralContainers") > 0 {
        cx.forbidden(spec.at("ephemeralContainers"), "ephemeral containers not allowed in pod template");
    }
    warnings::warnings(cx, metadata, spec);
    warnings::of_template(cx, spec);
}

/// A Pod itself, as it is created.
pub(in crate::schema) fn pod<'a>(cx: &mut Cx<'a>, pod: Value<'a>) {
    let metadata = pod.get("metadata").unwrap_or(pod);
    let Some(spec) = pod.get("spec") else { return cx.required(pod.at("spec.containers"), "") };
    let before = cx.count();
    annotations::annotations(cx, metadata, spec, metadata.at("annotations"));
    self::spec(cx, spec, Owner::Pod(metadata));
    for container in spec.list("containers").chain(spec.list("initContainers")) {
        container::image_of_pod(cx, container);
    }
    if spec.count("ephemeralContainers") > 0 {
        cx.forbidden(spec.at("ephemeralContainers"), "cannot be set on create");
    }
    if !spec.text("nodeName").is_empty() && spec.count("schedulingGates") > 0 {
        cx.forbidden(spec.at("nodeName"), "cannot be set until all schedulingGates have been cleared");
    }
    annotations::agree_with_fields(cx, metadata, spec, true);
    // The RuntimeClass admission plugin, which comes last: only a RuntimeClass has an overhead.
    if cx.count() == before && spec.has("overhead") && !spec.has("runtimeClassName") {
        let why = "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead";
        cx.on_create(|cx| cx.forbidden(spec.at("overhead"), why));
    }
    warnings::warnings(cx, metadata, spec);
}

/// All containers in the order in which the server visits them.
fn every_container(spec: Value<'_>) -> impl Iterator<Item = Value<'_>> {
    ["initContainers", "containers", "ephemeralContainers"].into_iter().flat_map(move |field| spec.list(field))
}

/// Whose a `PodSpec` is.
#[derive(Clone, Copy)]
enum Owner<'a> {
    /// A template's.
    Template,
    /// The template's of a `StatefulSet`, with the templates of its claims.
    Stateful(Option<Value<'a>>),
    /// A Pod's, with its metadata.
    Pod(Value<'a>),
}

/// `ValidatePodSpec`
fn spec<'a>(cx: &mut Cx<'a>, spec: Value<'a>, owner: Owner<'a>) {
    let metadata = if let Owner::Pod(metadata) = owner { Some(metadata) } else { None };
    let stateful = if let Owner::Stateful(claims) = owner { Some(claims) } else { None };
    let claims = spec.list("resourceClaims").map(|claim| claim.text("name")).filter(|name| !name.is_empty());
    let whole = Whole {
        spec,
        volumes: volume::volumes(cx, spec, metadata.map(|metadata| metadata.text("name")), stateful.flatten()),
        claims: claims.collect(),
        // Of a Pod's own, the server makes a second of what is less than nothing.
        grace: spec
            .int("terminationGracePeriodSeconds")
            .map(|grace| if grace < 0 && metadata.is_some() { 1 } else { grace }),
        os: spec.get("os").map(|os| os.text("name")),
        restart_policy: spec.text("restartPolicy"),
        host_users: spec.get("hostUsers").and_then(Value::as_bool).unwrap_or(true),
    };
    resource_claims(cx, spec, metadata);
    container::containers(cx, &whole);
    container::init_containers(cx, &whole);
    container::ephemeral_containers(cx, &whole);
    cx.since(34, |cx| resources::of_pod(cx, &whole));
    ports::in_host_network(cx, spec);
    metadata::labels(cx, spec, "nodeSelector");
    security::of_pod(cx, spec);
    let labels = metadata.into_iter().flat_map(|metadata| metadata.pairs("labels")).map(|(key, _)| key).collect();
    affinity::affinity(cx, spec, &labels);
    network::dns(cx, spec);
    scheduling::readiness_gates(cx, spec);
    scheduling::scheduling_gates(cx, spec);
    scheduling::topology_spread(cx, spec, &labels);
    windows::host_process(cx, spec);
    if !whole.host_users {
        cx.since(33, |cx| network::host_users(cx, spec));
    }
    network::host_name(cx, spec, stateful.is_none());
    if spec.text_if("preemptionPolicy") == Some("") {
        cx.required(spec.at("preemptionPolicy"), "");
    }
    scheduling::tolerations(cx, spec);
    network::host_aliases(cx, spec);
    resources::overhead(cx, spec);
    windows::os(cx, &whole);
    for container in every_container(spec) {
        cx.since(35, |cx| env::file_volumes(cx, container, &whole.volumes));
    }
}

/// `validatePodResourceClaims`
fn resource_claims<'a>(cx: &mut Cx<'a>, spec: Value<'a>, metadata: Option<Value<'a>>) {
    let annotations = metadata.and_then(|metadata| metadata.get("annotations"));
    let is_static = annotations.is_some_and(|annotations| annotations.has(annotations::MIRROR));
    let mut names: Seen<&str> = Seen::new();
    for claim in spec.list("resourceClaims") {
        if is_static {
            cx.forbidden(claim.here(), "static pods do not support resource claims");
            cx.called("[]");
            continue;
        }
        let name = claim.text("name");
        if name.is_empty() {
            cx.required(claim.at("name"), "");
        } else if names.insert(name) {
            cx.invalid_each(claim.at("name"), crate::schema::text::name::dns_label(name));
        } else {
            cx.duplicate(claim.at("name"));
        }
        cx.since(31, |cx| claim_source(cx, claim));
    }
}

fn claim_source<'a>(cx: &mut Cx<'a>, claim: Value<'a>) {
    let fields = ["resourceClaimName", "resourceClaimTemplateName"];
    match fields.iter().filter(|field| claim.has(field)).count() {
        0 => cx.invalid(claim.here(), "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`"),
        1 => {}
        _ => {
            let why = "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified";
            cx.invalid(claim.here(), why);
        }
    }
    for field in fields {
        cx.invalid_each(
            claim.at(field),
            claim.text_if(field).map(crate::schema::text::name::dns_subdomain).unwrap_or_default(),
        );
    }
}
