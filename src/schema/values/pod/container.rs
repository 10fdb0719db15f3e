//! Containers of every kind: those that run, those that initialise (side cars among them), and ephemeral ones.

use std::collections::HashSet;

use super::super::seen::Seen;
use super::super::{Cx, Read};
use super::source::supported;
use super::{Whole, env, mount, ports, probe, resources, security};
use crate::schema::stored::Places;
use crate::schema::text::name;
use crate::yaml::Value;

const NO_SIDE_CAR: &str = "may not be set for init containers without restartPolicy=Always";
/// What an ephemeral container may not have.
const NOT_EPHEMERAL: [&str; 9] = [
    "ports",
    "resources",
    "livenessProbe",
    "readinessProbe",
    "startupProbe",
    "lifecycle",
    "resizePolicy",
    "restartPolicy",
    "restartPolicyRules",
];

/// `validateContainers`
pub(super) fn containers<'a>(cx: &mut Cx<'a>, whole: &Whole<'a>) {
    let spec = whole.spec;
    if spec.count("containers") == 0 {
        return cx.required(spec.at("containers"), "");
    }
    let mut names: Seen<&str> = Seen::new();
    for container in spec.list("containers") {
        common(cx, whole, container);
        if !names.insert(container.text("name")) {
            cx.duplicate(container.at("name"));
        }
        probe::lifecycle(cx, container, whole.grace);
        probe::probes(cx, container);
        cx.since(35, |cx| restart_policy(cx, container));
        // 1.34 drops it, and so it does with an init container's that makes no side car.
        if container.has("restartPolicy") {
            cx.before(34, |cx| cx.forbidden(container.at("restartPolicy"), "may not be set for non-init containers"));
        }
    }
    ports::host_ports(cx, spec.list("containers"));
}

/// `validateInitContainers`
pub(super) fn init_containers<'a>(cx: &mut Cx<'a>, whole: &Whole<'a>) {
    let Some(list) = whole.spec.get("initContainers") else { return };
    let mut names: Seen<&str> = whole.spec.list("containers").map(|container| container.text("name")).collect();
    for container in list.items() {
        common(cx, whole, container);
        if let Some(policy) = container.text_if("restartPolicy") {
            let has_rules = container.count("restartPolicyRules") > 0;
            let allowed = if policy == "Always" && has_rules { 36 } else { 35 };
            cx.since(allowed, |cx| restart_policy(cx, container));
            if allowed == 36 {
                let why = "restartPolicyRules are not allowed for init containers with restart policy Always";
                cx.since(35, |cx| cx.before(36, |cx| cx.forbidden(container.at("restartPolicyRules"), why)));
            }
            if policy != "Always" {
                cx.before(34, |cx| cx.not_supported(container.at("restartPolicy"), &["Always"]));
            }
        } else {
            rules_without_policy(cx, container);
        }
        let name = container.text("name");
        if names.contains(name) {
            cx.duplicate(container.at("name"));
        } else if !name.is_empty() {
            names.insert(name);
        }
        let before = cx.count();
        ports::host_ports(cx, std::iter::once(container));
        // The server looks at each as if it were the only one.
        cx.moved(before, container.here(), list.at_index(0));
        if container.text("restartPolicy") == "Always" {
            probe::lifecycle(cx, container, whole.grace);
            probe::probes(cx, container);
        } else {
            for field in ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"] {
                if container.get(field).is_some_and(|value| !is_only_stop_signal(value)) {
                    cx.forbidden(container.at(field), NO_SIDE_CAR);
                }
            }
            for policy in container.list("resizePolicy") {
                if policy.text("restartPolicy") == "RestartContainer" {
                    let why = "must not be set to 'RestartContainer' for non-sidecar initContainers";
                    cx.since(36, |cx| cx.invalid(policy.at("restartPolicy"), why));
                }
            }
        }
    }
}

/// A life cycle that vanishes, because the server drops the signal that stops a container.
fn is_only_stop_signal(lifecycle: Value<'_>) -> bool {
    lifecycle.has("stopSignal") && lifecycle.entries().len() == 1
}

/// `validateEphemeralContainers`
pub(super) fn ephemeral_containers<'a>(cx: &mut Cx<'a>, whole: &Whole<'a>) {
    if whole.spec.count("ephemeralContainers") == 0 {
        return;
    }
    let others: HashSet<&str> = ["containers", "initContainers"]
        .iter()
        .flat_map(|field| whole.spec.list(field))
        .map(|container| container.text("name"))
        .collect();
    let mut names = others.clone();
    for container in whole.spec.list("ephemeralContainers") {
        common(cx, whole, container);
        image_of_pod(cx, container);
        if !names.insert(container.text("name")) {
            cx.duplicate(container.at("name"));
        }
        let target = container.text("targetContainerName");
        if !target.is_empty() && !others.contains(target) {
            cx.not_found(container.at("targetContainerName"));
        }
        let forbid = |cx: &mut Cx<'a>, parent: Value<'a>, field: &'static str| {
            cx.forbidden(parent.at(field), "cannot be set for an Ephemeral Container");
        };
        for field in NOT_EPHEMERAL {
            let is_set = |value: Value<'_>| match field {
                "resources" => value.entries().len() > 0,
                "lifecycle" => !is_only_stop_signal(value),
                _ => true,
            };
            if container.get(field).is_some_and(is_set) {
                forbid(cx, container, field);
            }
        }
        for mount in container.list("volumeMounts") {
            for field in ["subPath", "subPathExpr"] {
                if !mount.text(field).is_empty() {
                    forbid(cx, mount, field);
                }
            }
        }
    }
}

/// `validateContainerOnlyForPod`
pub(super) fn image_of_pod<'a>(cx: &mut Cx<'a>, container: Value<'a>) {
    let image = container.text("image");
    if image.trim().len() != image.len() {
        cx.invalid(container.at("image"), "must not have leading or trailing whitespace");
    }
}

/// `validateContainerCommon`
fn common<'a>(cx: &mut Cx<'a>, whole: &Whole<'a>, container: Value<'a>) {
    let name = container.text("name");
    if name.is_empty() {
        cx.required(container.at("name"), "");
    } else {
        cx.invalid_each(container.at("name"), name::dns_label(name));
    }
    if container.text("image").is_empty() {
        cx.required(container.at("image"), "");
    }
    ports::ports(cx, container);
    env::variables(cx, container);
    env::sources(cx, container);
    mount::mounts(cx, container, &whole.volumes);
    mount::devices(cx, container, &whole.volumes);
    resources::of_container(cx, whole, container);
    resize_policy(cx, whole, container);
    if let Some(context) = container.get("securityContext") {
        security::of_container(cx, context, whole.host_users);
    }
}

/// `validateResizePolicy`, which reports most at the list.
fn resize_policy<'a>(cx: &mut Cx<'a>, whole: &Whole<'a>, container: Value<'a>) {
    let mut seen: Seen<&str> = Seen::new();
    for policy in container.list("resizePolicy") {
        if !seen.insert(policy.text("resourceName")) {
            cx.duplicate_shown(policy.here(), format_args!("{:?}", policy.text("resourceName")));
        }
        let before = cx.count();
        cx.one_of(policy.at("resourceName"), &["cpu", "memory"]);
        cx.moved(before, policy.at("resourceName"), container.at("resizePolicy"));
        let before = cx.count();
        cx.one_of(policy.at("restartPolicy"), &["NotRequired", "RestartContainer"]);
        if whole.restart_policy == "Never" && policy.text("restartPolicy") != "NotRequired" {
            let at = policy.at("restartPolicy");
            cx.before(36, |cx| cx.invalid(at, "must be 'NotRequired' when `restartPolicy` is 'Never'"));
            cx.since(36, |cx| cx.invalid(at, "must be 'NotRequired' when pod `restartPolicy` is 'Never'"));
        }
        cx.moved(before, policy.at("restartPolicy"), container.at("resizePolicy"));
    }
}

fn rules_without_policy<'a>(cx: &mut Cx<'a>, container: Value<'a>) {
    if container.count("restartPolicyRules") > 0 {
        let why = "must specify restartPolicy when restart rules are used";
        cx.required(container.at("restartPolicy"), why);
    }
}

/// `validateContainerRestartPolicy`
fn restart_policy<'a>(cx: &mut Cx<'a>, container: Value<'a>) {
    if container.has("restartPolicy") {
        supported(cx, container, "restartPolicy", &["Always", "Never", "OnFailure"]);
    } else {
        rules_without_policy(cx, container);
    }
    let rules = container.count("restartPolicyRules");
    if rules > 20 {
        cx.before(36, |cx| cx.too_long(container.at("restartPolicyRules"), 20));
        cx.since(36, |cx| cx.too_many(container.at("restartPolicyRules"), rules, 20));
    }
    for rule in container.list("restartPolicyRules") {
        let action = rule.text("action");
        if action != "Restart" {
            cx.before(36, |cx| cx.not_supported(rule.at("action"), &["Restart"]));
        }
        if !matches!(action, "Restart" | "RestartAllContainers") {
            cx.since(36, |cx| cx.not_supported(rule.at("action"), &["Restart", "RestartAllContainers"]));
        }
        let Some(codes) = rule.get("exitCodes") else {
            cx.required(rule.at("exitCodes"), "must be specified");
            continue;
        };
        if !matches!(codes.text("operator"), "In" | "NotIn") {
            cx.not_supported(codes.at("operator"), &["In", "NotIn"]);
        }
        let values = codes.count("values");
        if values > 255 {
            cx.before(36, |cx| cx.too_long(codes.at("values"), 255));
            cx.since(36, |cx| cx.too_many(codes.at("values"), values, 255));
        }
    }
}
