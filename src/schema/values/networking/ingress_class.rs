//! Classes of Ingresses.

use super::super::{Cx, Read, references};
use crate::schema::problem::Raised;
use crate::schema::stored::Places;
use crate::schema::text::name;
use crate::yaml::{Origin, Value};

const CONTROLLER: usize = 250;
const SCOPES: [&str; 2] = ["Cluster", "Namespace"];
const PATH: &str = "Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')";

pub(super) fn ingress_class<'a>(cx: &mut Cx<'a>, object: Value<'a>) {
    let Some(spec) = object.get("spec") else { return };
    if spec.text("controller").len() > CONTROLLER {
        cx.too_long(spec.at("controller"), CONTROLLER);
    }
    domain_prefixed_path(cx, spec, "controller");
    if let Some(parameters) = spec.get("parameters") {
        parameters_reference(cx, parameters);
    }
}

pub(super) fn ingress_class_update<'a>(cx: &mut Cx<'a>, new: Value<'a>, old: Value<'_>) {
    let controller =
        |object: Value<'_>| object.path(&["spec", "controller"]).and_then(|value| value.as_str().map(str::to_owned));
    if controller(new) != controller(old) {
        cx.immutable(new.at("spec.controller"));
    }
    // Server-side apply takes away what the manifest said, and the default of the scope stays behind.
    let scope = old.path(&["spec", "parameters", "scope"]);
    let is_left = new.get("spec").is_some_and(|spec| !spec.has("parameters")) && !new.lacks("spec");
    if is_left && scope.is_some_and(|scope| scope.origin() == Origin::Default) {
        cx.raised(Raised::ByApply, |cx| {
            cx.required(new.at("spec.parameters.kind"), "");
            cx.required(new.at("spec.parameters.name"), "");
        });
    }
}

/// `IsDomainPrefixedPath`: `acme.io/foo`.
fn domain_prefixed_path<'a>(cx: &mut Cx<'a>, parent: Value<'a>, field: &'a str) {
    let (text, at) = (parent.text(field), parent.at(field));
    if parent.lacks(field) {
        return cx.required(at, "");
    }
    let Some((host, path)) = text.split_once('/').filter(|(host, path)| !host.is_empty() && !path.is_empty()) else {
        return cx.invalid(at, "must be a domain-prefixed path (such as \"acme.io/foo\")");
    };
    cx.invalid_shown_each(at, format_args!("{host:?}"), name::dns_subdomain(host));
    if !path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-._~%!$&'()*+,;=:".contains(&byte)) {
        cx.invalid_shown(at, format_args!("{path:?}"), PATH);
    }
}

fn parameters_reference<'a>(cx: &mut Cx<'a>, parameters: Value<'a>) {
    references::typed_local(cx, parameters);
    match parameters.text("scope") {
        "Namespace" => match parameters.text_if("namespace") {
            None => cx.required(parameters.at("namespace"), "`parameters.scope` is set to 'Namespace'"),
            Some(namespace) => {
                cx.invalid_each(parameters.at("namespace"), name::dns_label(namespace));
            }
        },
        "Cluster" => {
            if parameters.has("namespace") {
                cx.forbidden(parameters.at("namespace"), "`parameters.scope` is set to 'Cluster'");
            }
        }
        _ => cx.not_supported(parameters.at("scope"), &SCOPES),
    }
}
