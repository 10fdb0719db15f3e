//! `metadata` of every kind: `ValidateObjectMeta` of apimachinery, and what kinds add to it.

use std::collections::HashSet;

use super::{Cx, Read};
use crate::schema::problem::Raised;
use crate::schema::stored::Places;
use crate::schema::table::Kind;
use crate::schema::text::name;
use crate::yaml::Value;

/// The largest sum of all keys and values of annotations.
const ANNOTATIONS: usize = 256 << 10;
/// Finalizers whose names need no domain.
const FINALIZERS: [&str; 3] = ["kubernetes", "orphan", "foregroundDeletion"];
const DUPLICATE_OWNERS: &str = ".metadata.ownerReferences contains duplicate entries; API server dedups owner references in \
                                1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate \
                                UID(s) observed:";

/// What the names of a kind must be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Naming {
    /// A DNS subdomain, because it becomes part of host names or of URLs: most kinds.
    Subdomain,
    /// A DNS label.
    Label,
    /// A DNS label, which until 1.35 had to begin with a letter.
    Service,
    /// Anything that can be a part of a URL's path.
    Segment,
    /// The same, and what a name is generated from may also be dots.
    SegmentPrefix,
}

/// The rule for a kind's names. Kinds with more rules on theirs (`CustomResourceDefinitions`) add them.
fn naming(kind: Kind) -> Naming {
    match (kind.group(), kind.kind()) {
        ("", "Namespace") | ("apps", "StatefulSet") => Naming::Label,
        ("", "Service") => Naming::Service,
        ("rbac.authorization.k8s.io" | "apiregistration.k8s.io", _) | ("networking.k8s.io", "IPAddress") => {
            Naming::Segment
        }
        ("" | "policy", "Event" | "PodDisruptionBudget" | "Binding")
        | ("certificates.k8s.io", "CertificateSigningRequest" | "ClusterTrustBundle")
        | ("internal.apiserver.k8s.io", _) => Naming::SegmentPrefix,
        _ => Naming::Subdomain,
    }
}

impl Naming {
    /// What is wrong with a name, or with what a name begins with, in some minor before or after 1.36.
    fn check(self, name: &str, is_prefix: bool, is_old: bool) -> Vec<String> {
        let check = match self {
            Self::SegmentPrefix if is_prefix => return name::path_segment(name.trim_start_matches('.')),
            Self::Segment | Self::SegmentPrefix => return name::path_segment(name),
            Self::Subdomain => name::dns_subdomain,
            Self::Service if is_old => name::dns_1035_label,
            Self::Label | Self::Service => name::dns_label,
        };
        match name.char_indices().nth_back(1) {
            // A dash at the end is fine, because something follows; the server replaces it together with what precedes it.
            Some((at, _)) if is_prefix && name.ends_with('-') => {
                check(&format!("{}a", name.get(..at).unwrap_or_default()))
            }
            _ => check(name),
        }
    }
}

/// Nothing but the apimachinery's own check is made of these kinds' finalizers.
fn takes_any_finalizer(kind: Kind) -> bool {
    matches!(
        kind.group(),
        "admissionregistration.k8s.io"
            | "apiextensions.k8s.io"
            | "apiregistration.k8s.io"
            | "coordination.k8s.io"
            | "node.k8s.io"
    ) || matches!((kind.group(), kind.kind()), ("policy", "PodDisruptionBudget") | ("", "Event" | "Binding"))
}

/// The kind is a question or an order to the server, never an object with a name of its own.
fn is_review(kind: Kind) -> bool {
    matches!(kind.group(), "authentication.k8s.io" | "authorization.k8s.io")
}

/// The server makes up the name of a `LimitRange` that has none.
fn needs_name(kind: Kind) -> bool {
    (kind.group(), kind.kind()) != ("", "LimitRange")
}

/// What the metadata of an object must be.
#[derive(Clone, Copy)]
struct Wanted {
    naming: Naming,
    generated: Generated,
    is_namespaced: bool,
    needs_name: bool,
    /// Finalizers are standard ones or have a domain.
    qualified_finalizers: bool,
    generation: Generation,
}

/// Where an object's generation comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Generation {
    /// The server counts itself, whatever the manifest says.
    Counted,
    /// The same since 1.37.
    CountedSince37,
    /// The manifest, when the object is created.
    Given,
}

/// The generation of some kinds is the server's from the start.
fn generation(kind: Kind) -> Generation {
    let is_counted = matches!(
        kind.kind(),
        "CronJob"
            | "DaemonSet"
            | "Deployment"
            | "Job"
            | "Pod"
            | "PodDisruptionBudget"
            | "PodTemplate"
            | "ReplicaSet"
            | "ReplicationController"
            | "StatefulSet"
            | "PriorityClass"
            | "DeviceClass"
            | "EndpointSlice"
            | "ResourceSlice"
            | "CustomResourceDefinition"
            | "DeviceTaintRule"
            | "Ingress"
            | "IngressClass"
            | "NetworkPolicy"
    ) || matches!(kind.group(), "admissionregistration.k8s.io" | "flowcontrol.apiserver.k8s.io");
    match kind.kind() {
        _ if is_counted => Generation::Counted,
        "HorizontalPodAutoscaler" => Generation::CountedSince37,
        _ => Generation::Given,
    }
}

/// What the server checks of `generateName`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Generated {
    /// That it can begin a name.
    Checked,
    /// The name that it makes, where there is no other; before 1.35 that it can begin a name.
    OnlyResult,
    /// That it can be a part of a path, which is what every update is checked for.
    AsPath,
    /// The same since a minor, and before, that it can begin a name.
    AsPathSince(u8),
}

fn generated(kind: Kind, is_update: bool) -> Generated {
    match (kind.group(), kind.kind()) {
        ("", "ReplicationController") | ("resource.k8s.io", "DeviceClass") => Generated::OnlyResult,
        // Their updates check the spec and what changed of the metadata, no more; some once checked all of it.
        ("", "PodTemplate" | "ResourceQuota")
        | ("apps", "Deployment" | "StatefulSet")
        | ("apiextensions.k8s.io" | "autoscaling" | "coordination.k8s.io" | "events.k8s.io" | "scheduling.k8s.io", _)
        | ("resource.k8s.io", "ResourceSlice")
        | ("batch", "CronJob")
        | ("storage.k8s.io", "CSIDriver")
            if is_update =>
        {
            Generated::AsPath
        }
        ("networking.k8s.io", "ServiceCIDR") if is_update => Generated::AsPathSince(33),
        ("", "Service") | ("apps", "DaemonSet" | "ReplicaSet") if is_update => Generated::AsPathSince(34),
        ("networking.k8s.io", "NetworkPolicy") if is_update => Generated::AsPathSince(36),
        ("batch", "Job") if is_update => Generated::AsPathSince(37),
        _ => Generated::Checked,
    }
}

/// `ValidateObjectMeta` of a built-in kind.
pub(super) fn object_meta<'a>(cx: &mut Cx<'a>, kind: Kind, object: Value<'a>) {
    if is_review(kind) {
        return;
    }
    let wanted = Wanted {
        naming: naming(kind),
        generated: generated(kind, cx.is_update()),
        is_namespaced: kind.is_namespaced(),
        needs_name: needs_name(kind),
        qualified_finalizers: !takes_any_finalizer(kind),
        generation: generation(kind),
    };
    of_object(cx, wanted, object);
}

/// `ValidateObjectMetaUpdate`, as far as a manifest can be wrong: the server keeps to itself when an object goes, and
/// takes no other word for it once the object is there.
pub(in crate::schema) fn object_meta_update<'a>(cx: &mut Cx<'a>, new: Value<'a>, old: Value<'_>) {
    let Some(metadata) = new.get("metadata") else { return };
    for field in ["deletionTimestamp", "deletionGracePeriodSeconds"] {
        if metadata.has(field) && !old.get("metadata").is_some_and(|old| old.has(field)) {
            cx.immutable(metadata.at(field));
        }
    }
}

/// The same of a custom resource.
pub(in crate::schema) fn custom_resource<'a>(cx: &mut Cx<'a>, is_namespaced: bool, object: Value<'a>) {
    let wanted = Wanted {
        naming: Naming::Subdomain,
        generated: Generated::Checked,
        is_namespaced,
        needs_name: true,
        qualified_finalizers: false,
        generation: Generation::Given,
    };
    of_object(cx, wanted, object);
}

/// The same of the metadata of an object inside another one, which needs no name.
pub(in crate::schema) fn embedded<'a>(cx: &mut Cx<'a>, metadata: Value<'a>) {
    let wanted = Wanted {
        naming: Naming::Segment,
        generated: Generated::Checked,
        is_namespaced: true,
        needs_name: false,
        qualified_finalizers: false,
        generation: Generation::Given,
    };
    metadata_of(cx, wanted, metadata);
}

fn of_object<'a>(cx: &mut Cx<'a>, wanted: Wanted, object: Value<'a>) {
    match object.get("metadata") {
        Some(metadata) => metadata_of(cx, wanted, metadata),
        None if wanted.needs_name => cx.required(object.at("metadata.name"), "name or generateName is required"),
        None => {}
    }
}

fn metadata_of<'a>(cx: &mut Cx<'a>, wanted: Wanted, metadata: Value<'a>) {
    names(cx, wanted, metadata);
    // A namespace on a cluster-scoped object is dropped in silence (rest.BeforeCreate).
    let namespace = metadata.text("namespace");
    if wanted.is_namespaced && !namespace.is_empty() {
        cx.invalid_each(metadata.at("namespace"), name::dns_label(namespace));
    }
    if wanted.generation != Generation::Counted
        && !cx.is_update()
        && metadata.int("generation").is_some_and(|number| number < 0)
    {
        let refuse = |cx: &mut Cx<'a>| cx.invalid(metadata.at("generation"), "must be greater than or equal to 0");
        match wanted.generation {
            Generation::CountedSince37 => cx.before(37, refuse),
            Generation::Given | Generation::Counted => refuse(cx),
        }
    }
    // Even an empty list is not nil.
    if metadata.has("managedFields") {
        cx.raised(Raised::ByApply, |cx| {
            cx.forbidden(metadata.at("managedFields"), "metadata.managedFields must be nil");
        });
    }
    labels(cx, metadata, "labels");
    annotations(cx, metadata, "annotations");
    owner_references(cx, metadata);
    finalizers(cx, metadata, wanted.qualified_finalizers);
}

fn names<'a>(cx: &mut Cx<'a>, wanted: Wanted, metadata: Value<'a>) {
    let (name, generate) = (metadata.text("name"), metadata.text("generateName"));
    let naming = wanted.naming;
    let check = |cx: &mut Cx<'a>, generated: Generated, is_old: bool| {
        if !generate.is_empty() {
            let prefix_naming = if generated == Generated::Checked { naming } else { Naming::SegmentPrefix };
            cx.invalid_each(metadata.at("generateName"), prefix_naming.check(generate, true, is_old));
        }
        if !name.is_empty() {
            cx.invalid_each(metadata.at("name"), naming.check(name, false, is_old));
        } else if generated == Generated::OnlyResult && !generate.is_empty() {
            // The server cuts it and puts five letters behind it.
            let prefix: String = generate.chars().take(58).collect();
            cx.invalid_each(metadata.at("name"), naming.check(&format!("{prefix}a"), false, is_old));
        }
    };
    let changed = match (wanted.generated, naming) {
        (Generated::OnlyResult, _) => Some((35, Generated::Checked, Generated::OnlyResult)),
        (Generated::AsPathSince(minor), _) => Some((minor, Generated::Checked, Generated::AsPath)),
        (same, Naming::Service) if !cx.is_update() => Some((36, same, same)),
        _ => None,
    };
    match changed {
        Some((minor, before, since)) => {
            cx.before(minor, |cx| check(cx, before, true));
            cx.since(minor, |cx| check(cx, since, false));
        }
        None => check(cx, wanted.generated, false),
    }
    let is_unknown = |field| metadata.get(field).is_some_and(|value| value.as_str().is_none());
    if name.is_empty() && generate.is_empty() && wanted.needs_name && !is_unknown("name") && !is_unknown("generateName")
    {
        cx.required(metadata.at("name"), "name or generateName is required");
    }
}

/// `ValidateLabels`
pub(super) fn labels<'a>(cx: &mut Cx<'a>, parent: Value<'a>, field: &'a str) {
    for (key, value) in parent.pairs(field) {
        for why in name::qualified(key) {
            cx.invalid_shown(parent.at(field), format_args!("{key:?}"), why);
            cx.points_to(key);
        }
        // What is wrong with a value is told of the whole mapping.
        let text = value.as_str().filter(|_| !cx.is_opaque(value)).unwrap_or_default();
        for why in name::label_value(text) {
            cx.invalid_shown(parent.at(field), format_args!("{text:?}"), why);
            cx.points_to(key);
        }
    }
}

/// `ValidateAnnotations`
pub(super) fn annotations<'a>(cx: &mut Cx<'a>, parent: Value<'a>, field: &'a str) {
    let mut size = 0;
    for (key, value) in parent.pairs(field) {
        let is_lower = !key.bytes().any(|byte| byte.is_ascii_uppercase());
        let whys = if is_lower { name::qualified(key) } else { name::qualified(&key.to_lowercase()) };
        for why in whys {
            cx.invalid_shown(parent.at(field), format_args!("{key:?}"), why);
            cx.points_to(key);
        }
        size += key.len() + value.as_str().map_or(0, str::len);
    }
    if size > ANNOTATIONS {
        cx.too_long(parent.at(field), ANNOTATIONS);
    }
}

/// The version in an `apiVersion`; empty where the server reads none.
fn version(api_version: &str) -> &str {
    match api_version.split_once('/') {
        None => api_version,
        Some((_, version)) if version.contains('/') => "",
        Some((_, version)) => version,
    }
}

fn owner_references<'a>(cx: &mut Cx<'a>, metadata: Value<'a>) {
    let mut seen = HashSet::new();
    let mut duplicates = Vec::new();
    let mut controller: Option<Value<'a>> = None;
    let mut controllers = 0_usize;
    for owner in metadata.list("ownerReferences") {
        let [uid, api_version, kind, name] = ["uid", "apiVersion", "kind", "name"].map(|field| owner.text(field));
        let flag = |field| owner.get(field).and_then(Value::as_bool);
        // The server drops all but the first of equal entries before it looks at them.
        if !seen.insert((uid, api_version, kind, name, flag("controller"), flag("blockOwnerDeletion"))) {
            duplicates.push(uid);
            continue;
        }
        for (field, text, why) in [
            ("apiVersion", version(api_version), "version must not be empty"),
            ("kind", kind, "must not be empty"),
            ("name", name, "must not be empty"),
            ("uid", uid, "must not be empty"),
        ] {
            if text.is_empty() {
                cx.before(37, |cx| {
                    cx.invalid_shown(owner.at(field), format_args!("{:?}", owner.text(field)), why);
                    cx.called(&format!("metadata.ownerReferences.{field}"));
                });
                cx.since(37, |cx| match owner.text(field) {
                    "" => cx.required(owner.at(field), "must not be empty"),
                    _ => cx.invalid(owner.at(field), "must be <group>/<version> or <version>"),
                });
            }
        }
        if (api_version, kind) == ("v1", "Event") {
            cx.invalid(owner.here(), "/v1, Kind=Event is disallowed from being an owner");
            cx.called("metadata.ownerReferences");
        }
        if owner.flag("controller") {
            controllers += 1;
            match controller {
                None => controller = Some(owner),
                // The problem quotes all of them: one is enough.
                Some(_) if controllers > 2 => {}
                Some(first) => {
                    let (first_kind, first_name) = (first.text("kind"), first.text("name"));
                    cx.invalid(
                        metadata.at("ownerReferences"),
                        format_args!(
                            "Only one reference can have Controller set to true. Found \"true\" in references for \
                             {first_kind}/{first_name} and {kind}/{name}"
                        ),
                    );
                }
            }
        }
    }
    if !duplicates.is_empty() {
        cx.warn(metadata.at("ownerReferences"), format_args!("{DUPLICATE_OWNERS} {}", duplicates.join(", ")));
        cx.called("");
    }
}

fn finalizers<'a>(cx: &mut Cx<'a>, metadata: Value<'a>, is_qualified: bool) {
    let Some(list) = metadata.get("finalizers") else { return };
    let (mut orphan, mut foreground) = (false, false);
    for (index, finalizer) in list.items().filter_map(Value::as_str).enumerate() {
        finalizer_name(cx, metadata, index, finalizer);
        if is_qualified && !is_standard_or_qualified(finalizer) {
            cx.invalid(list.at_index(index), "name is neither a standard finalizer name nor is it fully qualified");
        }
        orphan |= finalizer == "orphan";
        foreground |= finalizer == "foregroundDeletion";
    }
    if orphan && foreground {
        cx.invalid(metadata.at("finalizers"), "finalizer orphan and foregroundDeletion cannot be both set");
    }
}

/// `ValidateFinalizerName`, for an item of `parent.finalizers`.
pub(super) fn finalizer_name<'a>(cx: &mut Cx<'a>, parent: Value<'a>, index: usize, finalizer: &str) {
    for why in name::qualified(finalizer) {
        cx.invalid_shown(parent.at("finalizers"), format_args!("{finalizer:?}"), why);
        cx.points_to(&index.to_string());
    }
}

/// `validateKubeFinalizerName` holds: a finalizer's name is standard or has a domain.
pub(super) fn is_standard_or_qualified(finalizer: &str) -> bool {
    finalizer.contains('/') || FINALIZERS.contains(&finalizer)
}
