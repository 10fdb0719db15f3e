//! What containers may do: security contexts of Pods and containers.

use super::super::seen::Seen;
use super::super::{Cx, Read};
use super::source::supported;
use super::{path, windows};
use crate::schema::stored::Places;
use crate::yaml::Value;

const SYSCTL: &str = "must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*\
                      [a-z0-9]([-_a-z0-9]*[a-z0-9])?$";

/// `ValidateSecurityContext` of a container; `host_users`: the Pod shares the users of its host.
pub(super) fn of_container<'a>(cx: &mut Cx<'a>, context: Value<'a>, host_users: bool) {
    supported(cx, context, "procMount", &["Default", "Unmasked"]);
    if host_users && context.text("procMount") == "Unmasked" {
        cx.invalid(context.at("procMount"), "`hostUsers` must be false to use `Unmasked`");
    }
    seccomp(cx, context);
    let escalation = context.get("allowPrivilegeEscalation").and_then(Value::as_bool);
    if escalation == Some(false) {
        let mut refuse = |what: &str| {
            cx.invalid(context.here(), format_args!("cannot set `allowPrivilegeEscalation` to false and {what}"));
        };
        if context.flag("privileged") {
            refuse("`privileged` to true");
        }
        let adds = context.get("capabilities").map(|capabilities| capabilities.texts("add"));
        if adds.is_some_and(|mut adds| adds.any(|capability| capability == "CAP_SYS_ADMIN")) {
            refuse("`capabilities.Add` CAP_SYS_ADMIN");
        }
    }
    windows::options(cx, context);
    app_armor(cx, context);
}

/// `validatePodSpecSecurityContext`
pub(super) fn of_pod<'a>(cx: &mut Cx<'a>, spec: Value<'a>) {
    if spec.flag("shareProcessNamespace") && spec.flag("hostPID") {
        let why = "ShareProcessNamespace and HostPID cannot both be enabled";
        let at = spec.at("shareProcessNamespace");
        cx.since(37, |cx| cx.invalid(at, why));
        cx.before(37, |cx| {
            cx.invalid(at, why);
            cx.called_at(spec.at("securityContext.shareProcessNamespace"), "");
        });
    }
    let Some(context) = spec.get("securityContext") else { return };
    for group in context.list("supplementalGroups") {
        if group.as_int().is_some_and(|group| !(0..=i64::from(i32::MAX)).contains(&group)) {
            cx.invalid(group.here(), "must be between 0 and 2147483647, inclusive");
        }
    }
    sysctls(cx, spec, context);
    supported(cx, context, "fsGroupChangePolicy", &["Always", "OnRootMismatch"]);
    seccomp(cx, context);
    windows::options(cx, context);
    app_armor(cx, context);
    cx.since(33, |cx| supported(cx, context, "supplementalGroupsPolicy", &["Merge", "Strict"]));
    // Until the volumes of all Pods are mounted with their context, there is nothing to choose.
    cx.since(33, |cx| {
        cx.before(37, |cx| supported(cx, context, "seLinuxChangePolicy", &["Recursive"]));
    });
    cx.since(37, |cx| supported(cx, context, "seLinuxChangePolicy", &["MountOption", "Recursive"]));
}

/// `validateSeccompProfileField`
fn seccomp<'a>(cx: &mut Cx<'a>, context: Value<'a>) {
    let Some(profile) = context.get("seccompProfile") else { return };
    let at = profile.at("localhostProfile");
    profile_type(cx, profile, "type is required when seccompProfile is set");
    match (profile.text("type") == "Localhost", profile.text_if("localhostProfile")) {
        (true, None) => cx.required(at, "must be set when seccomp type is Localhost"),
        (true, Some(path)) => {
            cx.invalid_each(at, path::descending(path));
        }
        (false, Some(_)) => cx.invalid(at, "can only be set when seccomp type is Localhost"),
        (false, None) => {}
    }
}

fn profile_type<'a>(cx: &mut Cx<'a>, profile: Value<'a>, required: &str) {
    match profile.text("type") {
        "" => cx.required(profile.at("type"), required),
        "Localhost" | "RuntimeDefault" | "Unconfined" => {}
        _ => cx.not_supported(profile.at("type"), &["Localhost", "RuntimeDefault", "Unconfined"]),
    }
}

/// `ValidateAppArmorProfileField`
fn app_armor<'a>(cx: &mut Cx<'a>, context: Value<'a>) {
    let Some(profile) = context.get("appArmorProfile") else { return };
    let at = profile.at("localhostProfile");
    let local = profile.text_if("localhostProfile");
    profile_type(cx, profile, "type is required when appArmorProfile is set");
    match (profile.text("type"), local) {
        ("Localhost", None) => cx.required(at, "must be set when AppArmor type is Localhost"),
        ("Localhost", Some(path)) => {
            if path.trim() != path {
                cx.invalid(at, "must not be padded with whitespace");
            } else if path.is_empty() {
                cx.required(at, "must be set when AppArmor type is Localhost");
            }
            if path.len() > 4095 {
                cx.too_long(at, 4095);
            }
        }
        ("RuntimeDefault" | "Unconfined", Some(_)) => {
            cx.invalid(at, "can only be set when AppArmor type is Localhost");
        }
        _ => {}
    }
}

/// `validateSysctls`
fn sysctls<'a>(cx: &mut Cx<'a>, spec: Value<'a>, context: Value<'a>) {
    let mut seen: Seen<&str> = Seen::new();
    for sysctl in context.list("sysctls") {
        let name = sysctl.text("name");
        let is_new = seen.insert(name);
        if name.is_empty() {
            cx.required(sysctl.at("name"), "");
        } else if name.len() > 253 || !name.split(['.', '/']).all(is_sysctl_part) {
            cx.invalid(sysctl.at("name"), SYSCTL);
        } else if !is_new {
            cx.duplicate(sysctl.at("name"));
        }
        for (flag, namespace) in [("hostNetwork", Namespace::Net), ("hostIPC", Namespace::Ipc)] {
            if spec.flag(flag) && namespace_of(name) == Some(namespace) {
                cx.invalid(sysctl.at("name"), format_args!("may not be specified when '{flag}' is true"));
            }
        }
    }
}

fn is_sysctl_part(part: &str) -> bool {
    let bytes = part.as_bytes();
    let is_end = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    is_end(bytes.first())
        && is_end(bytes.last())
        && bytes.iter().all(|byte| is_end(Some(byte)) || matches!(byte, b'-' | b'_'))
}

/// What a setting of the kernel is of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Namespace {
    Net,
    Ipc,
}

/// The namespace of a setting, if it has one. Slashes may part its name where dots usually do, and dots stand for
/// slashes then; a star cuts it short.
fn namespace_of(name: &str) -> Option<Namespace> {
    let name = name.split('*').next().unwrap_or_default();
    let separator = name.find(['.', '/']).and_then(|at| name.get(at..=at)).unwrap_or(".");
    let (first, rest) = name.split_once(separator).unwrap_or((name, ""));
    match first {
        "net" if name.contains(separator) => Some(Namespace::Net),
        "fs" if rest.strip_prefix("mqueue").is_some_and(|rest| rest.starts_with(separator)) => Some(Namespace::Ipc),
        "kernel" => match rest {
            "sem" | "shmall" | "shmmax" | "shmmni" | "shm_rmid_forced" | "shm" | "msgmax" | "msgmnb" | "msgmni"
            | "msg" => Some(Namespace::Ipc),
            _ => None,
        },
        _ => None,
    }
}
