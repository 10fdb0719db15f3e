//! Pods for Windows, and what only they may have.

use super::super::{Cx, Read};
use super::{Whole, every_container};
use crate::schema::stored::Places;
use crate::schema::text::name;
use crate::yaml::Value;

const NOT_FOR_WINDOWS: &str = "cannot be set for a windows pod";
/// What the `securityContext` of a Pod for Windows may not have.
const NOT_FOR_PODS: [&str; 11] = [
    "appArmorProfile",
    "seLinuxOptions",
    "seccompProfile",
    "fsGroup",
    "fsGroupChangePolicy",
    "sysctls",
    "runAsUser",
    "runAsGroup",
    "supplementalGroups",
    "supplementalGroupsPolicy",
    "seLinuxChangePolicy",
];
/// What the `securityContext` of a container for Windows may not have.
const NOT_FOR_CONTAINERS: [&str; 10] = [
    "appArmorProfile",
    "seLinuxOptions",
    "seccompProfile",
    "capabilities",
    "readOnlyRootFilesystem",
    "privileged",
    "allowPrivilegeEscalation",
    "procMount",
    "runAsUser",
    "runAsGroup",
];

/// `validateOS`, and what may not be set for it.
pub(super) fn os<'a>(cx: &mut Cx<'a>, whole: &Whole<'a>) {
    let spec = whole.spec;
    let Some(os) = spec.get("os") else { return };
    match os.text("name") {
        "" => cx.required(os.at("name"), ""),
        "linux" => linux(cx, spec),
        "windows" => windows(cx, spec),
        _ => {
            cx.not_supported(os.at("name"), &["linux", "windows"]);
            cx.called_at(os.here(), "");
        }
    }
}

fn linux<'a>(cx: &mut Cx<'a>, spec: Value<'a>) {
    let contexts = std::iter::once(spec).chain(every_container(spec)).filter_map(|of| of.get("securityContext"));
    for context in contexts {
        if context.has("windowsOptions") {
            cx.forbidden(context.at("windowsOptions"), "windows options cannot be set for a linux pod");
        }
    }
}

fn windows<'a>(cx: &mut Cx<'a>, spec: Value<'a>) {
    let mut forbid = |parent: Value<'a>, field: &'static str| cx.forbidden(parent.at(field), NOT_FOR_WINDOWS);
    if let Some(context) = spec.get("securityContext") {
        for field in NOT_FOR_PODS {
            if context.has(field) && (field != "sysctls" || context.count(field) > 0) {
                forbid(context, field);
            }
        }
    }
    for field in ["hostUsers", "shareProcessNamespace"] {
        if spec.has(field) {
            forbid(spec, field);
        }
    }
    for field in ["hostPID", "hostIPC"] {
        if spec.flag(field) {
            forbid(spec, field);
        }
    }
    for context in every_container(spec).filter_map(|container| container.get("securityContext")) {
        for field in NOT_FOR_CONTAINERS {
            if context.has(field) {
                forbid(context, field);
            }
        }
    }
}

/// `validateWindowsHostProcessPod`: all containers are processes of the host, or none is.
pub(super) fn host_process<'a>(cx: &mut Cx<'a>, spec: Value<'a>) {
    let flag = |of: Value<'a>| {
        let options = of.get("securityContext").and_then(|context| context.get("windowsOptions"));
        options.map(|options| (options, options.get("hostProcess").and_then(Value::as_bool)))
    };
    let of_pod = flag(spec).and_then(|(_, flag)| flag);
    let (mut all, mut of_host) = (0, 0);
    for container in every_container(spec) {
        all += 1;
        let own = flag(container).and_then(|(options, flag)| Some((options, flag?)));
        match (own, of_pod) {
            (Some((options, own)), Some(of_pod)) if own != of_pod => {
                let why = format!("pod hostProcess value must be identical if both are specified, was {of_pod}");
                cx.invalid(options.at("hostProcess"), why);
            }
            _ => {}
        }
        if own.map_or(of_pod == Some(true), |(_, own)| own) {
            of_host += 1;
        }
    }
    if of_host == 0 {
        return;
    }
    if of_host != all {
        let why = "If pod contains any hostProcess containers then all containers must be HostProcess containers";
        cx.invalid_shown(spec.here(), "\"\"", why);
    }
    if !spec.flag("hostNetwork") {
        let why = "hostNetwork must be true if pod contains any hostProcess containers";
        cx.invalid_shown(spec.at("hostNetwork"), "false", why);
    }
}

/// `validateWindowsSecurityContextOptions`
pub(super) fn options<'a>(cx: &mut Cx<'a>, context: Value<'a>) {
    let Some(options) = context.get("windowsOptions") else { return };
    if let Some(name) = options.text_if("gmsaCredentialSpecName") {
        cx.invalid_each(options.at("gmsaCredentialSpecName"), name::dns_subdomain(name));
    }
    match options.text_if("gmsaCredentialSpec").map(str::len) {
        Some(0) => cx.invalid(options.at("gmsaCredentialSpec"), "gmsaCredentialSpec cannot be an empty string"),
        Some(length) if length > 64 << 10 => {
            cx.invalid(options.at("gmsaCredentialSpec"), "gmsaCredentialSpec size must be under 64 KiB");
        }
        _ => {}
    }
    if let Some(user) = options.text_if("runAsUserName") {
        for why in user_name(user) {
            cx.invalid(options.at("runAsUserName"), format_args!("runAsUserName{why}"));
        }
    }
}

/// What is wrong with the name of a user of Windows, who may have a domain.
fn user_name(text: &str) -> Vec<&'static str> {
    if text.is_empty() {
        return vec![" cannot be an empty string"];
    }
    if text.bytes().any(|byte| byte.is_ascii_control()) {
        return vec![" cannot contain control characters"];
    }
    let (domain, user) = match text.split_once('\\') {
        Some((_, user)) if user.contains('\\') => return vec![" cannot contain more than one backslash"],
        Some((domain, user)) => (Some(domain), user),
        None => (None, text),
    };
    let mut found = Vec::new();
    if let Some(domain) = domain {
        if domain.len() >= 256 {
            found.push("'s Domain length must be under 256 characters");
        }
        if !is_net_bios(domain) && !domain.split('.').all(is_dns_label) {
            found.push("'s Domain doesn't match the NetBios nor the DNS format");
        }
    }
    if user.is_empty() {
        found.push("'s User cannot be empty");
    } else if user.len() > 104 {
        found.push("'s User length must not be longer than 104 characters");
    }
    if !user.is_empty() && user.bytes().all(|byte| matches!(byte, b'.' | b' ')) {
        found.push("'s User cannot contain only periods or spaces");
    }
    if user.contains(['"', '/', '\\', ':', ';', '|', '=', ',', '+', '*', '?', '<', '>', '@', '[', ']']) {
        found.push("'s User cannot contain the following characters: \"/\\:;|=,+*?<>@[]");
    }
    found
}

fn is_net_bios(domain: &str) -> bool {
    let length = domain.chars().count();
    (1..=15).contains(&length)
        && !domain.starts_with('.')
        && !domain.contains(['\\', '/', ':', '*', '?', '"', '<', '>', '|'])
}

fn is_dns_label(label: &str) -> bool {
    let bytes = label.as_bytes();
    (1..=63).contains(&bytes.len())
        && bytes.first().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.last().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
}
