//! Probes and what happens when a container starts and stops.

use super::super::{Cx, Read};
use crate::schema::stored::{At, Places};
use crate::schema::text::name;
use crate::yaml::{Kind, Value};

const KINDS: [&str; 4] = ["exec", "httpGet", "tcpSocket", "grpc"];
const HOOKS: [&str; 4] = ["exec", "httpGet", "tcpSocket", "sleep"];
const NUMBERS: [&str; 5] =
    ["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"];

/// The three probes of a container.
pub(super) fn probes<'a>(cx: &mut Cx<'a>, container: Value<'a>) {
    for field in ["livenessProbe", "readinessProbe", "startupProbe"] {
        let Some(probe) = container.get(field) else { continue };
        handler(cx, probe, &KINDS, None);
        for number in NUMBERS {
            if probe.int(number).is_some_and(|number| number < 0) {
                cx.invalid(probe.at(number), "must be greater than or equal to 0");
            }
        }
        let at = probe.at("terminationGracePeriodSeconds");
        if probe.int("terminationGracePeriodSeconds").is_some_and(|seconds| seconds <= 0) {
            cx.invalid(at, "must be greater than 0");
        }
        if field == "readinessProbe" {
            if probe.has("terminationGracePeriodSeconds") {
                cx.invalid(at, "must not be set for readinessProbes");
            }
        } else if probe.int("successThreshold").is_some_and(|number| !matches!(number, 0 | 1)) {
            // 0 is the default, which is 1.
            cx.invalid(probe.at("successThreshold"), "must be 1");
        }
    }
}

/// `validateLifecycle`; `grace` is how long the Pod may take to stop.
pub(super) fn lifecycle<'a>(cx: &mut Cx<'a>, container: Value<'a>, grace: Option<i64>) {
    let Some(lifecycle) = container.get("lifecycle") else { return };
    for field in ["postStart", "preStop"] {
        if let Some(hook) = lifecycle.get(field) {
            handler(cx, hook, &HOOKS, grace);
        }
    }
}

/// `validateHandler`: exactly one kind of it. A hook can sleep, for as long as the Pod may take to stop.
fn handler<'a>(cx: &mut Cx<'a>, parent: Value<'a>, kinds: &[&str], grace: Option<i64>) {
    let mut is_first = true;
    for kind in kinds.iter().copied() {
        let Some(action) = parent.get(kind) else { continue };
        if !is_first {
            cx.forbidden(action.here(), "may not specify more than 1 handler type");
            continue;
        }
        is_first = false;
        match kind {
            "exec" if action.count("command") == 0 => cx.required(action.at("command"), ""),
            "exec" => {}
            "httpGet" => http_get(cx, action),
            "sleep" => sleep(cx, action, grace),
            _ => port(cx, action.at("port")),
        }
    }
    if is_first {
        cx.required(parent.here(), "must specify a handler type");
    }
}

fn http_get<'a>(cx: &mut Cx<'a>, action: Value<'a>) {
    port(cx, action.at("port"));
    if !matches!(action.text("scheme"), "" | "HTTP" | "HTTPS") {
        cx.not_supported(action.at("scheme"), &["HTTP", "HTTPS"]);
    }
    for header in action.list("httpHeaders") {
        let name = header.text("name");
        for why in name::http_header(name) {
            cx.invalid_shown(header.at("name"), format_args!("{name:?}"), why);
            cx.called_at(action.at("httpHeaders"), "");
        }
    }
}

/// `ValidatePortNumOrName`; an absent one is the number 0.
fn port(cx: &mut Cx<'_>, at: At<'_>) {
    match at.target() {
        Some(value) if value.kind() == Kind::String => {
            cx.invalid_each(at, name::port_name(value.as_str().unwrap_or_default()));
        }
        value => {
            let number = value.and_then(Value::as_int).unwrap_or_default();
            if let Some(why) = name::port_number(number) {
                cx.invalid_shown(at, number, why);
            }
        }
    }
}

fn sleep<'a>(cx: &mut Cx<'a>, action: Value<'a>, grace: Option<i64>) {
    let seconds = action.int("seconds").unwrap_or_default();
    let Some(grace) = grace else { return };
    let longer = seconds > grace;
    cx.since(33, |cx| {
        if longer || seconds < 0 {
            let why = format_args!("must be non-negative and less than terminationGracePeriodSeconds ({grace})");
            cx.invalid_shown(action.here(), seconds, why);
        }
    });
    cx.before(33, |cx| {
        if longer || seconds <= 0 {
            let why = format_args!("must be greater than 0 and less than terminationGracePeriodSeconds ({grace})");
            cx.invalid_shown(action.here(), seconds, why);
        }
    });
}
