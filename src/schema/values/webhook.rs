//! Where a webhook is: `k8s.io/apiserver/pkg/util/webhook`.

use super::{Cx, Read};
use crate::schema::stored::Places;
use crate::schema::text::{name, url};
use crate::yaml::Value;

const FORM: &str = "; desired format: https://host[/path]";

/// `ValidateWebhookURL` with `https` alone: `parent.field` is the URL.
pub(in crate::schema) fn url<'a>(cx: &mut Cx<'a>, parent: Value<'a>, field: &'a str) {
    let at = parent.at(field);
    let url = match url::parse(parent.text(field)) {
        Ok(url) => url,
        Err(why) => return cx.required(at, &format!("url must be a valid URL: {why}{FORM}")),
    };
    if url.scheme != "https" {
        cx.invalid_shown(
            at,
            format_args!("{:?}", url.scheme),
            format_args!("'https' is the only allowed URL scheme{FORM}"),
        );
    }
    if url.host.is_empty() {
        cx.invalid_shown(at, "\"\"", format_args!("host must be specified{FORM}"));
    }
    if let Some(user) = url.user {
        // The password is nobody's business.
        let shown = if user.contains(':') { "<redacted>" } else { user };
        cx.invalid_shown(at, format_args!("{shown:?}"), "user information is not permitted in the URL");
    }
    if !url.fragment.is_empty() {
        cx.invalid_shown(at, format_args!("{:?}", url.fragment), "fragments are not permitted in the URL");
    }
    if !url.query.is_empty() {
        cx.invalid_shown(at, format_args!("{:?}", url.query), "query parameters are not permitted in the URL");
    }
}

/// `ValidateWebhookService`. All of the server's callers confuse name and namespace, and so do its messages.
pub(in crate::schema) fn service<'a>(cx: &mut Cx<'a>, service: Value<'a>) {
    for (field, other) in [("namespace", "name"), ("name", "namespace")] {
        if service.text(field).is_empty() {
            cx.required(service.at(field), "");
            cx.called_at(service.at(other), "");
        }
    }
    if let Some(why) = service.int("port").and_then(name::port_number) {
        cx.invalid(service.at("port"), format_args!("port is not valid: {why}"));
    }
    let at = service.at("path");
    let path = service.text("path");
    match path {
        "" | "/" => return,
        "//" => return cx.invalid(at, "segment[0] may not be empty"),
        _ => {}
    }
    if !path.starts_with('/') {
        cx.invalid(at, "must start with a '/'");
    }
    // The server drops the first character, whatever it is.
    let mut characters = path.chars();
    characters.next();
    let path = characters.as_str();
    for (index, step) in path.strip_suffix('/').unwrap_or(path).split('/').enumerate() {
        if step.is_empty() {
            cx.invalid(at, format_args!("segment[{index}] may not be empty"));
            continue;
        }
        for why in name::dns_subdomain(step) {
            cx.invalid(at, format_args!("segment[{index}]: {why}"));
        }
    }
}
