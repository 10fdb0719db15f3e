//! The names of drivers, pools, devices and their properties.

use crate::schema::stored::{At, Places};
use crate::schema::text::name;
use crate::schema::values::{Cx, Read};
use crate::yaml::Value;

const DRIVER: usize = 63;
const POOL: usize = 253;
const IDENTIFIER: usize = 32;

/// `validateDriverName`, which is that of a CSI driver.
pub(super) fn driver(cx: &mut Cx<'_>, at: At<'_>, text: &str) {
    if text.is_empty() {
        return cx.required(at, "");
    }
    if text.len() > DRIVER {
        cx.too_long(at, DRIVER);
    }
    cx.invalid_shown_each(at, format_args!("{text:?}"), name::dns_subdomain(&text.to_lowercase()));
}

/// `validatePoolName`: subdomains with slashes between them.
pub(super) fn pool(cx: &mut Cx<'_>, at: At<'_>, text: &str) {
    if text.is_empty() {
        return cx.required(at, "");
    }
    if text.len() > POOL {
        cx.too_long(at, POOL);
    }
    for part in text.split('/') {
        cx.invalid_shown_each(at, format_args!("{part:?}"), name::dns_subdomain(part));
    }
}

/// A name that is a DNS label. An absent one is refused as an empty one.
pub(super) fn label<'a>(cx: &mut Cx<'a>, parent: Value<'a>, field: &'a str) {
    let text = parent.text(field);
    cx.invalid_shown_each(parent.at(field), format_args!("{text:?}"), name::dns_label(text));
}

/// `validateQualifiedName`: an optional domain, a slash, and an identifier.
pub(super) fn qualified(cx: &mut Cx<'_>, at: At<'_>, text: &str) {
    // The server says nothing of more than one slash.
    match text.split('/').collect::<Vec<_>>().as_slice() {
        [id] => identifier(cx, at, id),
        [domain, id] => {
            if domain.is_empty() {
                cx.invalid_shown(at, "\"\"", "the domain must not be empty");
            } else {
                driver(cx, at, domain);
            }
            if id.is_empty() {
                cx.invalid_shown(at, "\"\"", "the name must not be empty");
            } else {
                identifier(cx, at, id);
            }
        }
        _ => {}
    }
}

/// `validateFullyQualifiedName`
pub(super) fn fully_qualified(cx: &mut Cx<'_>, at: At<'_>, text: &str) {
    qualified(cx, at, text);
    if let Some((domain, _)) = text.split_once('/').filter(|(domain, _)| *domain != domain.to_lowercase()) {
        cx.since(37, |cx| {
            let whys = name::dns_subdomain(domain).into_iter().map(|why| format!("prefix: {why}"));
            cx.invalid_shown_each(at, format_args!("{domain:?}"), whys);
        });
    }
    if !text.contains('/') {
        let why = "a fully qualified name must be a domain and a name separated by a slash";
        cx.invalid_shown(at, format_args!("{text:?}"), why);
    }
}

fn identifier(cx: &mut Cx<'_>, at: At<'_>, text: &str) {
    if text.len() > IDENTIFIER {
        cx.too_long(at, IDENTIFIER);
    }
    let is_fine = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && text.bytes().next().is_some_and(|first| !first.is_ascii_digit());
    if !is_fine {
        cx.invalid_shown(
            at,
            format_args!("{text:?}"),
            "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric \
             characters or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName', regex used for validation is \
             '[A-Za-z_][A-Za-z0-9_]*')",
        );
    }
}
