//! What the server still reads from a Pod's annotations, most of which have become fields.

use std::collections::HashMap;

use super::super::{Cx, Read};
use super::{every_container, path};
use crate::schema::stored::{At, Places};
use crate::yaml::Value;

const SECCOMP_POD: &str = "seccomp.security.alpha.kubernetes.io/pod";
const SECCOMP: &str = "container.seccomp.security.alpha.kubernetes.io/";
pub(super) const APP_ARMOR: &str = "container.apparmor.security.beta.kubernetes.io/";
pub(super) const MIRROR: &str = "kubernetes.io/config.mirror";
const DELETION_COST: &str = "controller.kubernetes.io/pod-deletion-cost";
const TOLERATIONS: &str = "scheduler.alpha.kubernetes.io/tolerations";
const MATCH: &str = "type in annotation and field must match";

/// `ValidatePodSpecificAnnotations`; the server speaks of the annotations as if they were at `at`.
pub(super) fn annotations<'a>(cx: &mut Cx<'a>, metadata: Value<'a>, spec: Value<'a>, at: At<'a>) {
    let Some(map) = metadata.get("annotations") else { return };
    let containers = by_name(map, spec);
    for (key, _, value) in map.entries() {
        let text = value.as_str().unwrap_or_default();
        let place = map.at_key(key);
        let before = cx.count();
        if key == MIRROR && spec.text("nodeName").is_empty() {
            cx.invalid(place, "must set spec.nodeName if mirror pod annotation is set");
        } else if key == DELETION_COST && !is_cost(text) {
            cx.invalid(place, "must be a 32bit integer");
        } else if key == TOLERATIONS && !text.is_empty() {
            if let Err(error) = serde_json::from_str::<Vec<serde_json::Map<String, serde_json::Value>>>(text) {
                cx.invalid_shown(place, format_args!("{key:?}"), error);
                cx.called_at(at, "");
            }
            continue;
        } else if key == SECCOMP_POD || key.starts_with(SECCOMP) {
            for why in seccomp_profile(text) {
                cx.invalid(place, why);
                cx.called_at(at, &format!(".{key}"));
            }
            continue;
        } else if let Some(container) = key.strip_prefix(APP_ARMOR) {
            if !containers.contains_key(container) && !has_unknown_name(cx, spec) {
                cx.invalid_shown(place, format_args!("{container:?}"), "container not found");
            }
            if !matches!(text, "" | "runtime/default" | "unconfined") && !text.starts_with("localhost/") {
                cx.invalid(place, format_args!("invalid AppArmor profile name: {text:?}"));
            }
        }
        cx.moved(before, metadata.at("annotations"), at);
    }
}

/// One of the containers may be called like anything.
fn has_unknown_name(cx: &Cx<'_>, spec: Value<'_>) -> bool {
    every_container(spec).filter_map(|container| container.get("name")).any(|name| cx.is_opaque(name))
}

/// The containers that annotations may speak of; none where no annotation speaks of any.
fn by_name<'a>(annotations: Value<'a>, spec: Value<'a>) -> HashMap<&'a str, Value<'a>> {
    if annotations.entries().any(|(key, ..)| is_profile(key)) {
        every_container(spec).map(|container| (container.text("name"), container)).collect()
    } else {
        HashMap::new()
    }
}

/// An integer of 32 bits, without a plus and without zeros in front.
fn is_cost(text: &str) -> bool {
    text.parse::<i32>().is_ok() && !text.starts_with('+') && (text == "0" || !text.starts_with('0'))
}

/// `ValidateSeccompProfile`
fn seccomp_profile(text: &str) -> Vec<&'static str> {
    match text.strip_prefix("localhost/") {
        _ if matches!(text, "runtime/default" | "docker/default" | "unconfined") => Vec::new(),
        Some(path) => path::descending(path).collect(),
        None => vec!["must be a valid seccomp profile"],
    }
}

/// `validateSeccompAnnotationsAndFields` and `validateAppArmorAnnotationsAndFieldsMatchOnCreate`: what is said twice is
/// said alike. In a Pod itself, one of `AppArmor` first becomes the field of a container that has none.
pub(super) fn agree_with_fields<'a>(cx: &mut Cx<'a>, metadata: Value<'a>, spec: Value<'a>, is_pod: bool) {
    let Some(map) = metadata.get("annotations") else { return };
    let profiles = map.entries().filter(|(key, ..)| is_profile(key));
    let texts: HashMap<&str, &str> =
        profiles.map(|(key, _, value)| (key, value.as_str().unwrap_or_default())).collect();
    if texts.is_empty() {
        return;
    }
    let profile = |of: Value<'a>, field: &str| of.get("securityContext").and_then(|context| context.get(field));
    let annotation = |key: &str| texts.get(key).copied();
    if let (Some(field), Some(annotation)) = (profile(spec, "seccompProfile"), annotation(SECCOMP_POD)) {
        agree(cx, annotation, field, field, "seccomp");
    }
    let of_pod = profile(spec, "appArmorProfile");
    let is_windows = spec.get("os").is_some_and(|os| os.text("name") == "windows");
    for container in every_container(spec) {
        let name = container.text("name");
        if let (Some(field), Some(annotation)) =
            (profile(container, "seccompProfile"), annotation(&format!("{SECCOMP}{name}")))
        {
            agree(cx, annotation, field, field, "seccomp");
        }
        let Some(annotation) = annotation(&format!("{APP_ARMOR}{name}")).filter(|_| !is_windows) else { continue };
        let own = profile(container, "appArmorProfile");
        if let Some(field) = own.or(of_pod.filter(|_| !is_pod || !becomes_field(annotation))) {
            agree(cx, annotation, field, container, "apparmor");
        }
    }
}

/// `ApparmorFieldForAnnotation` makes something valid of it.
fn becomes_field(annotation: &str) -> bool {
    let is_path = |path: &str| !path.is_empty() && path.trim() == path && path.len() <= 4095;
    matches!(annotation, "unconfined" | "runtime/default") || annotation.strip_prefix("localhost/").is_some_and(is_path)
}

/// An annotation of a profile.
fn is_profile(key: &str) -> bool {
    key == SECCOMP_POD || key.starts_with(SECCOMP) || key.starts_with(APP_ARMOR)
}

/// The server reports it at the container's own field, even where that is the Pod's.
fn agree<'a>(cx: &mut Cx<'a>, annotation: &str, field: Value<'a>, container: Value<'a>, kind: &str) {
    let before = cx.count();
    let is_alike = match field.text("type") {
        "Unconfined" => annotation == "unconfined",
        "RuntimeDefault" => annotation == "runtime/default" || (kind == "seccomp" && annotation == "docker/default"),
        "Localhost" => {
            let path = annotation.strip_prefix("localhost/");
            if path.is_some() && path != field.text_if("localhostProfile") {
                let why = format_args!("{kind} profile in annotation and field must match").to_string();
                cx.forbidden(field.at("localhostProfile"), why);
            }
            path.is_some()
        }
        _ => true,
    };
    if !is_alike {
        cx.forbidden(field.at("type"), format_args!("{kind} {MATCH}").to_string());
    }
    if kind == "apparmor" {
        cx.moved(before, field.here(), container.at("securityContext.appArmorProfile"));
    }
}

/// The warnings about them: most do nothing any more.
pub(super) fn warnings<'a>(cx: &mut Cx<'a>, metadata: Value<'a>, spec: Value<'a>) {
    let Some(map) = metadata.get("annotations") else { return };
    let profile = |of: Value<'a>, field: &str| of.get("securityContext").and_then(|context| context.get(field));
    let containers = by_name(map, spec);
    let find = |name: &str| containers.get(name).copied();
    for (key, _, value) in map.entries() {
        let place = map.at_key(key);
        let useless = match key {
            "scheduler.alpha.kubernetes.io/critical-pod" => {
                Some("non-functional in v1.16+; use the \"priorityClassName\" field instead")
            }
            "security.alpha.kubernetes.io/sysctls" | "security.alpha.kubernetes.io/unsafe-sysctls" => {
                Some("non-functional in v1.11+; use the \"sysctls\" field instead")
            }
            _ => {
                let of = if key == SECCOMP_POD { Some(spec) } else { key.strip_prefix(SECCOMP).and_then(find) };
                of.filter(|of| profile(*of, "seccompProfile").is_none())
                    .map(|_| "non-functional in v1.27+; use the \"seccompProfile\" field instead")
            }
        };
        if let Some(why) = useless {
            cx.warn(place, why);
        }
        if let Some(container) = key.strip_prefix(APP_ARMOR).and_then(find)
            && profile(container, "appArmorProfile").is_none()
        {
            let why = "deprecated since v1.30; use the \"appArmorProfile\" field instead";
            match profile(spec, "appArmorProfile") {
                None => cx.warn(place, why),
                // Before, any profile of the Pod was enough.
                Some(profile) if !says(profile, value.as_str().unwrap_or_default()) => {
                    cx.since(34, |cx| cx.warn(place, why));
                }
                Some(_) => {}
            }
        }
    }
}

/// The annotation says what the profile of the Pod says.
fn says(profile: Value<'_>, annotation: &str) -> bool {
    match profile.text("type") {
        "Unconfined" => annotation == "unconfined",
        "RuntimeDefault" => annotation == "runtime/default",
        "Localhost" => annotation.strip_prefix("localhost/") == profile.text_if("localhostProfile"),
        _ => false,
    }
}
