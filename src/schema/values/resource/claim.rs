//! `ResourceClaim` and `ResourceClaimTemplate`.

use std::collections::{HashMap, HashSet};

use super::class::{CONFIGS, configuration, selectors};
use super::{fits, names, taint, unique};
use crate::schema::stored::Places;
use crate::schema::text::name;
use crate::schema::values::{Cx, Read, metadata};
use crate::yaml::Value;

const REQUESTS: usize = 32;
const CONSTRAINTS: usize = 32;
const FIRST_AVAILABLE: usize = 8;
/// The default mode of an allocation.
pub(super) const EXACT_COUNT: &str = "ExactCount";
const MODES: &[&str] = &["All", EXACT_COUNT];

/// The names of the requests of a claim, each with those of its alternatives.
type Names<'a> = HashMap<&'a str, HashSet<&'a str>>;

/// The mode of a request.
pub(super) fn mode(request: Value<'_>) -> &str {
    match request.text("allocationMode") {
        "" => EXACT_COUNT,
        mode => mode,
    }
}

/// `ResourceClaimTemplateSpec`
pub(super) fn template<'a>(cx: &mut Cx<'a>, template: Value<'a>) {
    if let Some(own) = template.get("metadata") {
        metadata::annotations(cx, own, "annotations");
        metadata::labels(cx, own, "labels");
        for (field, value) in own.entries().map(|(field, _, value)| (field, value)) {
            // A pointer to zero is a value.
            let is_set =
                field == "deletionGracePeriodSeconds" || (value.as_str() != Some("") && value.as_int() != Some(0));
            if !matches!(field, "annotations" | "labels") && is_set {
                cx.forbidden(own.at(field), "cannot be set");
            }
        }
    }
    if let Some(spec) = template.get("spec") {
        claim(cx, spec);
    }
}

/// `ResourceClaimSpec`
pub(super) fn claim<'a>(cx: &mut Cx<'a>, spec: Value<'a>) {
    let Some(devices) = spec.get("devices") else { return };
    let mut requests = Names::new();
    for request in devices.list("requests") {
        let alternatives = request.list("firstAvailable").map(|one| one.text("name")).collect();
        requests.insert(request.text("name"), alternatives);
    }
    if fits(cx, devices, "requests", REQUESTS) {
        for request in devices.list("requests") {
            self::request(cx, request);
        }
        unique(cx, devices, "requests", |request| request.text("name"));
    }
    if fits(cx, devices, "constraints", CONSTRAINTS) {
        for constraint in devices.list("constraints") {
            self::constraint(cx, constraint, &requests);
        }
    }
    if fits(cx, devices, "config", CONFIGS) {
        for config in devices.list("config") {
            request_names(cx, config, &requests);
            configuration(cx, config);
        }
    }
}

fn request<'a>(cx: &mut Cx<'a>, request: Value<'a>) {
    names::label(cx, request, "name");
    let one_of = "exactly one of `exactly` or `firstAvailable` is required";
    match (request.get("exactly"), request.count("firstAvailable")) {
        (None, 0) => cx.required(request.here(), one_of),
        (Some(exactly), 0) => device_request(cx, exactly),
        (None, _) => alternatives(cx, request),
        (Some(exactly), _) => {
            cx.before(35, |cx| {
                alternatives(cx, request);
                device_request(cx, exactly);
            });
            cx.invalid_shown(request.here(), "null", format_args!("{one_of}, but multiple fields are set"));
        }
    }
}

fn alternatives<'a>(cx: &mut Cx<'a>, request: Value<'a>) {
    if fits(cx, request, "firstAvailable", FIRST_AVAILABLE) {
        for alternative in request.list("firstAvailable") {
            names::label(cx, alternative, "name");
            device_request(cx, alternative);
        }
        unique(cx, request, "firstAvailable", |alternative| alternative.text("name"));
    }
}

/// `ExactDeviceRequest`, `DeviceSubRequest`
fn device_request<'a>(cx: &mut Cx<'a>, request: Value<'a>) {
    let class = request.text("deviceClassName");
    if class.is_empty() {
        cx.required(request.at("deviceClassName"), "");
    } else {
        cx.invalid_each(request.at("deviceClassName"), name::dns_subdomain(class));
    }
    selectors(cx, request);
    let count = request.int("count").unwrap_or_default();
    match mode(request) {
        "All" if count != 0 => {
            cx.invalid(request.at("count"), "must not be specified when allocationMode is 'All'");
        }
        EXACT_COUNT if count < 0 => cx.invalid(request.at("count"), "must be greater than zero"),
        "All" | EXACT_COUNT => {}
        _ => cx.not_supported(request.at("allocationMode"), MODES),
    }
    for toleration in request.list("tolerations") {
        taint::toleration(cx, toleration);
    }
}

fn constraint<'a>(cx: &mut Cx<'a>, constraint: Value<'a>, requests: &Names<'_>) {
    request_names(cx, constraint, requests);
    if let Some(attribute) = constraint.text_if("matchAttribute") {
        if let Some(other) = constraint.text_if("distinctAttribute") {
            cx.since(37, |cx| names::fully_qualified(cx, constraint.at("distinctAttribute"), other));
        }
        return names::fully_qualified(cx, constraint.at("matchAttribute"), attribute);
    }
    if let Some(attribute) = constraint.text_if("distinctAttribute") {
        let is_right = |cx: &mut Cx<'a>| names::fully_qualified(cx, constraint.at("distinctAttribute"), attribute);
        cx.before(35, is_right);
        cx.since(36, is_right);
        // 1.35 drops it.
        cx.since(35, |cx| cx.before(36, |cx| cx.required(constraint.at("matchAttribute"), "")));
        return;
    }
    cx.before(36, |cx| cx.required(constraint.at("matchAttribute"), ""));
    cx.since(36, |cx| {
        let why = "exactly one of \"matchAttribute\" or \"distinctAttribute\" is required, but multiple fields are set";
        cx.required(constraint.here(), why);
    });
}

/// The requests that a constraint or a configuration is about: `gpu`, `gpu/large`.
fn request_names<'a>(cx: &mut Cx<'a>, parent: Value<'a>, requests: &Names<'_>) {
    if !fits(cx, parent, "requests", REQUESTS) {
        return;
    }
    let unknown =
        "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'";
    for item in parent.list("requests") {
        let text = item.as_str().unwrap_or_default();
        let (request, alternative) = match text.split_once('/') {
            Some((request, alternative)) => (request, Some(alternative)),
            None => (text, None),
        };
        if alternative.is_some_and(|alternative| alternative.contains('/')) {
            cx.invalid(item.here(), unknown);
            continue;
        }
        cx.invalid_each(item.here(), text.split('/').flat_map(name::dns_label));
        let found = requests.get(request);
        if !found.is_some_and(|known| alternative.is_none_or(|alternative| known.contains(alternative))) {
            cx.invalid(item.here(), unknown);
        }
    }
    unique(cx, parent, "requests", |item| item.as_str().unwrap_or_default());
}
