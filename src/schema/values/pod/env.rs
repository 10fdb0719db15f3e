//! The environment of a container, and references to fields of the Pod.

use super::super::{Cx, Read};
use super::path;
use super::volume::{Holds, Volumes};
use crate::schema::stored::{At, Places};
use crate::schema::text::{name, quantity};
use crate::yaml::Value;

/// The fields of a Pod that a variable can have.
const FIELDS: [&str; 9] = [
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];
/// The fields of a Pod that the server knows in such references at all.
const KNOWN_FIELDS: [&str; 15] = [
    "metadata.annotations",
    "metadata.labels",
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.host",
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.serviceAccountName",
    "spec.schedulerName",
    "status.phase",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];
const RESOURCES: [&str; 6] = [
    "limits.cpu",
    "limits.ephemeral-storage",
    "limits.memory",
    "requests.cpu",
    "requests.ephemeral-storage",
    "requests.memory",
];
const SOURCES: [&str; 5] = ["fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef"];

/// `ValidateEnv`
pub(super) fn variables<'a>(cx: &mut Cx<'a>, container: Value<'a>) {
    for variable in container.list("env") {
        let name = variable.text("name");
        if name.is_empty() {
            cx.required(variable.at("name"), "");
        } else {
            name_is_fine(cx, variable.at("name"), name);
        }
        if let Some(source) = variable.get("valueFrom") {
            value_from(cx, variable, source);
        }
    }
}

/// The name of a variable, or the start of one; names are relaxed by default since 1.32.
fn name_is_fine(cx: &mut Cx<'_>, at: At<'_>, text: &str) {
    let tell = |cx: &mut Cx<'_>, found: Vec<String>| found.into_iter().for_each(|why| cx.invalid(at, why));
    cx.since(32, |cx| tell(cx, name::environment(text)));
    cx.before(32, |cx| tell(cx, name::old_environment(text)));
}

fn value_from<'a>(cx: &mut Cx<'a>, variable: Value<'a>, source: Value<'a>) {
    let mut kinds = 0_usize;
    for field in SOURCES {
        let Some(reference) = source.get(field) else { continue };
        kinds += 1;
        match field {
            "fieldRef" => object_field(cx, reference, &FIELDS),
            "resourceFieldRef" => resource_field(cx, reference, false),
            "fileKeyRef" => file_key(cx, reference),
            _ => key_of(cx, reference),
        }
    }
    // Before 1.35 the server drops a reference to a file.
    if kinds == usize::from(source.has("fileKeyRef")) {
        let why = "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`";
        cx.before(35, |cx| cx.invalid_shown(source.here(), "\"\"", why));
    }
    let why = if kinds == 0 {
        let why =
            "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`";
        return cx.since(35, |cx| cx.invalid_shown(source.here(), "\"\"", why));
    } else if !variable.text("value").is_empty() {
        "may not be specified when `value` is not empty"
    } else if kinds > 1 {
        "may not have more than one field specified at a time"
    } else {
        return;
    };
    cx.invalid_shown(source.here(), "\"\"", why);
}

/// `validateObjectFieldSelector`
pub(super) fn object_field<'a>(cx: &mut Cx<'a>, reference: Value<'a>, supported: &[&str]) {
    let (version, label) = (reference.text("apiVersion"), reference.text("fieldPath"));
    let at = reference.at("fieldPath");
    if label.is_empty() {
        return cx.required(at, "");
    }
    let subscript = label.strip_suffix("']").and_then(|label| label.split_once("['"));
    let subscript = subscript.filter(|(path, _)| !path.is_empty());
    let refused = match subscript {
        _ if !matches!(version, "v1" | "") => Some(format!("unsupported pod version: {version}")),
        Some(("metadata.annotations" | "metadata.labels", _)) => None,
        Some(_) => Some(format!("field label does not support subscript: {label}")),
        None if !KNOWN_FIELDS.contains(&label) => Some(format!("field label not supported: {label}")),
        None => None,
    };
    if let Some(why) = refused {
        return cx.invalid(at, format_args!("error converting fieldPath: {why}"));
    }
    let Some((path, key)) = subscript else {
        if !supported.contains(&label) && (label != "spec.host" || !supported.contains(&"spec.nodeName")) {
            cx.not_supported(at, supported);
        }
        return;
    };
    let key = if path == "metadata.annotations" { key.to_lowercase() } else { key.to_owned() };
    for why in name::qualified(&key) {
        cx.invalid_shown(at, format_args!("{key:?}"), why);
        cx.called_at(reference.here(), "");
    }
}

/// `validateContainerResourceFieldSelector`; a file says whose resource it means, a variable means its own container's.
pub(super) fn resource_field<'a>(cx: &mut Cx<'a>, reference: Value<'a>, is_file: bool) {
    let resource = reference.text("resource");
    let is_huge_pages = ["requests.hugepages-", "limits.hugepages-"].iter().any(|prefix| resource.starts_with(prefix));
    if is_file && reference.text("containerName").is_empty() {
        cx.required(reference.at("containerName"), "");
    } else if resource.is_empty() {
        cx.required(reference.at("resource"), "");
    } else if !RESOURCES.contains(&resource) && !is_huge_pages {
        cx.not_supported(reference.at("resource"), &RESOURCES);
    }
    let kind = match resource {
        "limits.cpu" | "requests.cpu" => "cpu",
        "limits.memory" | "requests.memory" => "memory",
        "limits.ephemeral-storage" | "requests.ephemeral-storage" => "local ephemeral storage",
        _ if is_huge_pages => "hugepages",
        _ => return,
    };
    if reference.get("divisor").is_none_or(|divisor| is_divisor(divisor, kind == "cpu")) {
        return;
    }
    let shown = format_args!("{resource:?}");
    if kind == "cpu" {
        let why = "only divisor's values 1m and 1 are supported with the cpu resource";
        cx.invalid_shown(reference.at("divisor"), shown, why);
    } else {
        let why = format!(
            "only divisor's values 1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei are supported with the {kind} resource"
        );
        cx.invalid_shown(reference.at("divisor"), shown, why);
    }
}

/// One of a unit that a resource can be divided by; none is one.
fn is_divisor(divisor: Value<'_>, is_cpu: bool) -> bool {
    let Ok(quantity) = quantity::parse_value(divisor) else { return true };
    let one = 1_000_000_000_i128;
    if quantity.is_zero() {
        return true;
    }
    if is_cpu {
        return quantity.0 == one || quantity.0 == one / 1000;
    }
    let is_binary = divisor.as_str().is_some_and(|text| text.ends_with('i'));
    let step = if is_binary { 1024_i128 } else { 1000 };
    (0..=6).any(|power| step.pow(power) * one == quantity.0)
}

/// `validateConfigMapKeySelector` and `validateSecretKeySelector`
fn key_of<'a>(cx: &mut Cx<'a>, reference: Value<'a>) {
    let (name, key) = (reference.text("name"), reference.text("key"));
    cx.invalid_shown_each(reference.at("name"), format_args!("{name:?}"), name::dns_subdomain(name));
    if key.is_empty() {
        return cx.required(reference.at("key"), "");
    }
    cx.invalid_each(reference.at("key"), name::config_key(key));
}

/// `validateFileKeySelector`
fn file_key<'a>(cx: &mut Cx<'a>, reference: Value<'a>) {
    for field in ["key", "volumeName", "path"] {
        let text = reference.text(field);
        let found = match field {
            _ if text.is_empty() => {
                cx.required(reference.at(field), "");
                continue;
            }
            "key" => name::environment(text),
            "volumeName" => name::dns_label(text),
            _ => path::no_backsteps(text).into_iter().map(str::to_owned).collect(),
        };
        cx.invalid_each(reference.at(field), found);
    }
}

/// `validateFileKeyRefVolumes`: a file of variables lies in an empty directory.
pub(super) fn file_volumes<'a>(cx: &mut Cx<'a>, container: Value<'a>, volumes: &Volumes<'_>) {
    for variable in container.list("env") {
        let Some(reference) = variable.get("valueFrom").and_then(|source| source.get("fileKeyRef")) else { continue };
        match volumes.find_any(reference.text("volumeName")) {
            Some(volume) if volume.holds != Holds::EmptyDir => {
                cx.invalid(reference.at("volumeName"), "referenced volume must be of type emptyDir");
            }
            None if !volumes.is_open() => cx.not_found(reference.at("volumeName")),
            _ => {}
        }
    }
}

/// `ValidateEnvFrom`
pub(super) fn sources<'a>(cx: &mut Cx<'a>, container: Value<'a>) {
    for source in container.list("envFrom") {
        let prefix = source.text("prefix");
        if !prefix.is_empty() {
            name_is_fine(cx, source.at("prefix"), prefix);
        }
        let mut kinds = 0;
        for field in ["configMapRef", "secretRef"] {
            let Some(reference) = source.get(field) else { continue };
            kinds += 1;
            let name = reference.text("name");
            if name.is_empty() {
                cx.required(reference.at("name"), "");
            } else {
                // A dash at the end is let through, as in a prefix of names.
                cx.invalid_each(reference.at("name"), name::dns_subdomain(&name::as_prefix(name)));
            }
        }
        let why = match kinds {
            0 => "must specify one of: `configMapRef` or `secretRef`",
            1 => continue,
            _ => "may not have more than one field specified at a time",
        };
        cx.invalid_shown(source.here(), "\"\"", why);
        cx.called_at(container.at("envFrom"), "");
    }
}
