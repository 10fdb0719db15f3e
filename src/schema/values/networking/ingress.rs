//! Ingresses.

use super::super::{Cx, Read, references};
use crate::schema::stored::Places;
use crate::schema::text::{ip, name};
use crate::yaml::{Kind, Value};

/// The annotation that `spec.ingressClassName` replaces.
const CLASS: &str = "kubernetes.io/ingress.class";
const PATH_TYPES: [&str; 3] = ["Exact", "ImplementationSpecific", "Prefix"];
/// What an exact path or a prefix must not contain, because a proxy would normalise it.
const SEQUENCES: [&str; 5] = ["//", "/./", "/../", "%2f", "%2F"];
const SUFFIXES: [&str; 2] = ["/..", "/."];

pub(super) fn ingress<'a>(cx: &mut Cx<'a>, object: Value<'a>) {
    let Some(spec) = object.get("spec") else { return };
    if spec.lacks("rules") && !spec.has("defaultBackend") {
        let shown = if spec.has("rules") { "[]" } else { "null" };
        cx.invalid_shown(spec.here(), shown, "either `defaultBackend` or `rules` must be specified");
    }
    backend(cx, spec, "defaultBackend");
    for rule in spec.list("rules") {
        ingress_rule(cx, rule);
    }
    for tls in spec.list("tls") {
        for item in tls.list("hosts") {
            host(cx, item);
        }
        if !tls.lacks("secretName") {
            cx.invalid_each(tls.at("secretName"), name::dns_subdomain(tls.text("secretName")));
        }
    }
    if let Some(class) = spec.text_if("ingressClassName") {
        cx.invalid_each(spec.at("ingressClassName"), name::dns_subdomain(class));
    }
    cx.on_create(|cx| class_annotation(cx, object, spec));
}

fn class_annotation<'a>(cx: &mut Cx<'a>, object: Value<'a>, spec: Value<'a>) {
    let Some(annotations) = object.get("metadata").and_then(|metadata| metadata.get("annotations")) else { return };
    let Some(annotated) = annotations.text_if(CLASS) else { return };
    let at = annotations.at_key(CLASS);
    match spec.text_if("ingressClassName") {
        Some(class) if class != annotated => {
            cx.invalid(at, "must match `ingressClassName` when both are specified");
            cx.called("annotations.kubernetes.io/ingress.class");
        }
        None if !spec.has("ingressClassName") => {
            cx.warn(at, format_args!("annotation {CLASS:?} is deprecated, please use 'spec.ingressClassName' instead"));
            cx.called("");
        }
        _ => {}
    }
}

fn ingress_rule<'a>(cx: &mut Cx<'a>, rule: Value<'a>) {
    if let Some(value) = rule.get("host").filter(|_| !rule.lacks("host")) {
        if ip::parse(value.as_str().unwrap_or_default()).is_some() {
            cx.invalid(value.here(), "must be a DNS name, not an IP address");
        }
        host(cx, value);
    }
    let Some(http) = rule.get("http") else { return };
    if http.lacks("paths") {
        cx.required(http.at("paths"), "");
    }
    for path in http.list("paths") {
        http_path(cx, path);
    }
}

fn host<'a>(cx: &mut Cx<'a>, host: Value<'a>) {
    let Some(text) = host.as_str() else { return };
    let check = if text.contains('*') { name::wildcard_subdomain } else { name::dns_subdomain };
    cx.invalid_each(host.here(), check(text));
}

fn http_path<'a>(cx: &mut Cx<'a>, object: Value<'a>) {
    if !object.has("pathType") {
        return cx.required(object.at("pathType"), "pathType must be specified");
    }
    let path = object.text("path");
    let at = object.at("path");
    let refuse = |cx: &mut Cx<'a>, why: &str| cx.invalid_shown(at, format_args!("{path:?}"), why);
    match object.text("pathType") {
        "Exact" | "Prefix" => {
            if !path.starts_with('/') {
                refuse(cx, "must be an absolute path");
            }
            for sequence in SEQUENCES.into_iter().filter(|sequence| path.contains(sequence)) {
                refuse(cx, &format!("must not contain '{sequence}'"));
            }
            for suffix in SUFFIXES.into_iter().filter(|suffix| path.ends_with(suffix)) {
                refuse(cx, &format!("cannot end with '{suffix}'"));
            }
        }
        "ImplementationSpecific" => {
            if !path.is_empty() && !path.starts_with('/') {
                refuse(cx, "must be an absolute path");
            }
        }
        _ => cx.not_supported(object.at("pathType"), &PATH_TYPES),
    }
    backend(cx, object, "backend");
}

/// `parent.field` as an `IngressBackend`; nothing is said of one that is absent.
fn backend<'a>(cx: &mut Cx<'a>, parent: Value<'a>, field: &str) {
    let Some(backend) = parent.get(field) else { return };
    match (backend.get("resource"), backend.get("service")) {
        (Some(_), Some(_)) => {
            cx.invalid_shown(backend.here(), "\"\"", "cannot set both resource and service backends");
        }
        (Some(resource), None) => references::typed_local(cx, resource),
        (None, Some(service)) => service_backend(cx, backend, service),
        (None, None) => cx.invalid_shown(backend.here(), "\"\"", "resource or service backend is required"),
    }
}

fn service_backend<'a>(cx: &mut Cx<'a>, backend: Value<'a>, service: Value<'a>) {
    if service.lacks("name") {
        cx.required(service.at("name"), "");
    } else {
        let name = service.text("name");
        let check = |cx: &mut Cx<'a>, whys: Vec<String>| {
            cx.invalid_each(service.at("name"), whys);
        };
        cx.since(36, |cx| check(cx, name::dns_label(name)));
        cx.before(36, |cx| check(cx, name::dns_1035_label(name)));
    }
    let Some(port) = service.get("port").filter(|port| port.kind() == Kind::Mapping) else { return };
    let number = port.get("number").filter(|number| number.as_int() != Some(0));
    match (!port.lacks("name"), number) {
        (true, Some(_)) => cx.invalid_shown(backend.here(), "\"\"", "cannot set both port name & port number"),
        (true, None) => {
            cx.invalid_each(port.at("name"), name::port_name(port.text("name")));
        }
        (false, Some(number)) => {
            if let Some(why) = number.as_int().and_then(name::port_number) {
                cx.invalid(number.here(), why);
            }
        }
        (false, None) => cx.required(backend.here(), "port name or number is required"),
    }
}
