//! How a Pod is called and how it finds others.

use super::super::addresses::{ip_warnings, legacy_ip};
use super::super::{Cx, Read};
use super::every_container;
use crate::schema::stored::Places;
use crate::schema::text::name;
use crate::yaml::Value;

/// `validatePodDNSConfig`
pub(super) fn dns<'a>(cx: &mut Cx<'a>, spec: Value<'a>) {
    let config = spec.get("dnsConfig");
    if spec.text("dnsPolicy") == "None" {
        let Some(config) = config else {
            return cx.required(spec.at("dnsConfig"), "must provide `dnsConfig` when `dnsPolicy` is None");
        };
        if config.count("nameservers") == 0 {
            let why = "must provide at least one DNS nameserver when `dnsPolicy` is None";
            return cx.required(config.at("nameservers"), why);
        }
    }
    let Some(config) = config else { return };
    if config.count("nameservers") > 3 {
        cx.invalid(config.at("nameservers"), "must not have more than 3 nameservers");
    }
    for server in config.list("nameservers") {
        let text = server.as_str().unwrap_or_default();
        legacy_ip(cx, server.here(), text);
        ip_warnings(cx, server.here(), text, true);
    }
    let searches = config.count("searches");
    if searches > 32 {
        cx.invalid(config.at("searches"), "must not have more than 32 search paths");
    }
    if config.texts("searches").map(|search| search.len() + 1).sum::<usize>() > 2048 + 1 {
        let why = "must not have more than 2048 characters (including spaces) in the search list";
        cx.invalid(config.at("searches"), why);
    }
    for search in config.list("searches") {
        let text = search.as_str().unwrap_or_default();
        let domain = text.strip_suffix('.').unwrap_or(text);
        if text != "." {
            cx.invalid_shown_each(
                search.here(),
                format_args!("{domain:?}"),
                name::dns_subdomain_with_underscores(domain),
            );
        }
        if text == "." || domain.contains('_') {
            cx.before(33, |cx| {
                cx.invalid_shown_each(search.here(), format_args!("{domain:?}"), name::dns_subdomain(domain));
            });
        }
    }
    for option in config.list("options") {
        if option.text("name").is_empty() {
            cx.required(option.here(), "must not be empty");
        }
    }
}

/// `ValidateHostAliases`
pub(super) fn host_aliases<'a>(cx: &mut Cx<'a>, spec: Value<'a>) {
    for alias in spec.list("hostAliases") {
        let text = alias.text("ip");
        legacy_ip(cx, alias.at("ip"), text);
        ip_warnings(cx, alias.at("ip"), text, true);
        for host in alias.list("hostnames") {
            cx.invalid_each(host.here(), name::dns_subdomain(host.as_str().unwrap_or_default()));
        }
    }
}

/// `validateHostUsers`: who has users of its own has no other namespace of the host.
pub(super) fn host_users<'a>(cx: &mut Cx<'a>, spec: Value<'a>) {
    let why = "when `hostUsers` is false";
    for (field, called) in [("hostNetwork", "hostNetwork"), ("hostPID", "HostPID"), ("hostIPC", "HostIPC")] {
        if spec.flag(field) {
            let forbid = |cx: &mut Cx<'a>, why: &str| {
                cx.forbidden(spec.at(field), why);
                cx.called_at(spec.at(called), "");
            };
            cx.before(34, |cx| forbid(cx, "when `pod.Spec.HostUsers` is false"));
            cx.since(34, |cx| forbid(cx, why));
        }
    }
    for container in every_container(spec) {
        if container.count("volumeDevices") > 0 {
            cx.since(34, |cx| cx.forbidden(container.at("volumeDevices"), why));
        }
    }
}

/// `validatePodHostName`, and the other parts of a Pod's name; a `StatefulSet` makes some of them itself.
pub(super) fn host_name<'a>(cx: &mut Cx<'a>, spec: Value<'a>, has_own: bool) {
    let at = spec.at("hostnameOverride");
    if let Some(name) = spec.text_if("hostnameOverride") {
        cx.since(35, |cx| {
            for field in ["setHostnameAsFQDN", "hostNetwork"] {
                if spec.flag(field) {
                    cx.forbidden(at, format_args!("may not be specified when {field} is true"));
                }
            }
            if name.len() > 64 {
                cx.too_long(at, 64);
            }
            cx.invalid_each(at, name::dns_subdomain(name));
        });
    }
    for (field, check) in [
        ("serviceAccountName", name::dns_subdomain as fn(&str) -> Vec<String>),
        ("nodeName", name::dns_subdomain),
        ("hostname", name::dns_label),
        ("subdomain", name::dns_label),
        ("priorityClassName", name::dns_subdomain),
    ] {
        let text = spec.text(field);
        if !text.is_empty() && (has_own || !matches!(field, "hostname" | "subdomain")) {
            cx.invalid_each(spec.at(field), check(text));
        }
    }
    if spec.text("serviceAccountName").is_empty() {
        for why in
            spec.text_if("serviceAccount").filter(|name| !name.is_empty()).map(name::dns_subdomain).unwrap_or_default()
        {
            cx.invalid(spec.at("serviceAccount"), why);
            cx.called_at(spec.at("serviceAccountName"), "");
        }
    }
    if let Some(class) = spec.text_if("runtimeClassName") {
        cx.invalid_each(spec.at("runtimeClassName"), name::dns_subdomain(class));
    }
}
