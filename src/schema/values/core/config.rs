//! `ConfigMaps` and Secrets: what a folder of files can hold.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};

use super::super::{Cx, Read};
use super::{or, same_map};
use crate::schema::stored::{At, Places};
use crate::schema::text::{base64, name};
use crate::yaml::Value;

/// The most that one object may hold.
const SIZE: usize = 1 << 20;
const FROZEN: &str = "field is immutable when `immutable` is set";
const ACCOUNT: &str = "kubernetes.io/service-account.name";

fn keys<'a>(cx: &mut Cx<'a>, data: Value<'a>) {
    for (key, _, value) in data.entries() {
        cx.invalid_shown_each(data.at_entry(key, value), format_args!("{key:?}"), name::config_key(key));
    }
}

/// The sizes of all values together, as bytes.
fn size(data: Option<Value<'_>>, is_base64: bool) -> usize {
    let length = |text: &str| if is_base64 { base64::decoded_len(text) } else { text.len() };
    data.into_iter().flat_map(Value::entries).filter_map(|(_, _, value)| value.as_str()).map(length).sum()
}

/// `ValidateConfigMap`
pub(super) fn config_map<'a>(cx: &mut Cx<'a>, object: Value<'a>) {
    let (data, binary) = (object.get("data"), object.get("binaryData"));
    for map in data.into_iter().chain(binary) {
        keys(cx, map);
    }
    if let (Some(data), Some(binary)) = (data, binary) {
        let binary: HashSet<&str> = binary.entries().map(|(key, ..)| key).collect();
        for (key, _, value) in data.entries().filter(|(key, ..)| binary.contains(key)) {
            let at = data.at_entry(key, value);
            cx.invalid_shown(at, format_args!("{key:?}"), "duplicate of key present in binaryData");
        }
    }
    if size(data, false) + size(binary, true) > SIZE {
        cx.too_long(object.here(), SIZE);
        cx.called("[]");
    }
}

/// There is an empty map, which the server tells from the one that it stored and that is gone.
fn is_bare(object: Value<'_>, field: &str) -> bool {
    object.get(field).is_some_and(|map| map.entries().len() == 0)
}

/// `ValidateConfigMapUpdate`
pub(super) fn config_map_update<'a>(cx: &mut Cx<'a>, new: Value<'a>, old: Value<'_>) {
    if !old.flag("immutable") {
        return;
    }
    if !new.flag("immutable") {
        cx.forbidden_change(new.at("immutable"), FROZEN);
    }
    for field in ["data", "binaryData"] {
        let is_bare = field == "binaryData" && is_bare(new, field);
        if is_bare || !same_map(new.get(field), old.get(field)) {
            cx.forbidden_change(new.at(field), FROZEN);
        }
    }
}

/// A value of a Secret, from wherever the server takes it: `stringData` comes before `data`.
fn value<'a>(object: Value<'a>, key: &str) -> Option<(Value<'a>, bool)> {
    let of = |field: &str| object.get(field).and_then(|data| data.get(key));
    of("stringData").map(|value| (value, false)).or_else(|| of("data").map(|value| (value, true)))
}

/// Its bytes, unless it is not known.
fn bytes<'a>(cx: &Cx<'a>, object: Value<'a>, key: &str) -> Option<Cow<'a, [u8]>> {
    let (value, is_base64) = value(object, key)?;
    let text = value.as_str().filter(|_| !cx.is_opaque(value))?;
    if is_base64 { base64::decode(text).map(Cow::Owned) } else { Some(Cow::Borrowed(text.as_bytes())) }
}

/// Say something of a value, which the server knows in `data` only.
fn at_value<'a>(cx: &mut Cx<'a>, object: Value<'a>, key: &'a str, say: impl FnOnce(&mut Cx<'a>, At<'a>)) {
    let before = cx.count();
    let (data, strings) = (object.get("data"), object.get("stringData"));
    match (strings.filter(|strings| strings.has(key)), data) {
        (Some(strings), _) => say(cx, strings.at_key(key)),
        (None, Some(data)) => say(cx, data.at_key(key)),
        (None, None) => say(cx, object.at("data")),
    }
    if cx.count() > before {
        cx.called(&format!("data[{key}]"));
    }
}

/// `ValidateSecret`
pub(super) fn secret<'a>(cx: &mut Cx<'a>, object: Value<'a>) {
    let (data, strings) = (object.get("data"), object.get("stringData"));
    if let Some(data) = data {
        keys(cx, data);
    }
    if let Some(strings) = strings {
        for (key, _, value) in strings.entries() {
            for why in name::config_key(key) {
                cx.invalid_shown(strings.at_entry(key, value), format_args!("{key:?}"), why);
                cx.called(&format!("data[{key}]"));
            }
        }
    }
    // What `stringData` replaces does not count; looking for it is only worth its time where the sum is too large.
    let sum = size(data, true) + size(strings, false);
    if sum > SIZE {
        let replaced: HashSet<&str> = strings.into_iter().flat_map(Value::entries).map(|(key, ..)| key).collect();
        let twice: usize = object
            .pairs("data")
            .filter(|(key, _)| replaced.contains(key))
            .filter_map(|(_, value)| value.as_str())
            .map(base64::decoded_len)
            .sum();
        if sum - twice > SIZE {
            cx.too_long(object.at("data"), SIZE);
        }
    }
    secret_type(cx, object);
}

fn secret_type<'a>(cx: &mut Cx<'a>, object: Value<'a>) {
    let need = |cx: &mut Cx<'a>, keys: &[&'static str]| {
        for key in keys {
            at_value(cx, object, key, |cx, at| cx.required(at, ""));
        }
    };
    let has = |key: &str| value(object, key).is_some();
    match object.text("type") {
        "kubernetes.io/service-account-token" => {
            let annotations = object.path(&["metadata", "annotations"]);
            if annotations.is_none_or(|all| all.text(ACCOUNT).is_empty()) {
                let at = annotations.map_or(object.at("metadata.annotations"), |all| all.at_key(ACCOUNT));
                cx.required(at, "");
                cx.called(&format!("metadata.annotations[{ACCOUNT}]"));
            }
        }
        "kubernetes.io/dockercfg" => json_object(cx, object, ".dockercfg"),
        "kubernetes.io/dockerconfigjson" => json_object(cx, object, ".dockerconfigjson"),
        "kubernetes.io/basic-auth" if !has("username") && !has("password") => need(cx, &["username", "password"]),
        "kubernetes.io/ssh-auth" => {
            let is_empty = |(value, _): (Value<'a>, bool)| value.as_str() == Some("");
            if value(object, "ssh-privatekey").is_none_or(is_empty) {
                need(cx, &["ssh-privatekey"]);
            }
        }
        "kubernetes.io/tls" => {
            for key in ["tls.crt", "tls.key"] {
                if !has(key) {
                    need(cx, &[key]);
                }
            }
            key_pair(cx, object);
        }
        _ => {}
    }
}

/// The value is a JSON object. What it holds is never told.
fn json_object<'a>(cx: &mut Cx<'a>, object: Value<'a>, key: &'static str) {
    if value(object, key).is_none() {
        at_value(cx, object, key, |cx, at| cx.required(at, ""));
        return;
    }
    let Some(bytes) = bytes(cx, object, key) else { return };
    let is_null = bytes.trim_ascii() == b"null";
    let why = match serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(&bytes) {
        Ok(_) => return,
        Err(_) if is_null => return,
        Err(error) if error.is_eof() => "unexpected end of JSON input",
        Err(error) if error.is_data() => {
            "json: cannot unmarshal the value into Go value of type map[string]interface {}"
        }
        Err(_) => "invalid character in the JSON",
    };
    at_value(cx, object, key, |cx, at| cx.invalid_shown(at, "\"<secret contents redacted>\"", why));
}

/// The server warns of a certificate that does not fit its key. Here only what is no PEM at all is told.
fn key_pair<'a>(cx: &mut Cx<'a>, object: Value<'a>) {
    for (key, what) in [("tls.crt", "certificate"), ("tls.key", "key")] {
        let Some(bytes) = bytes(cx, object, key) else { return };
        if !bytes.windows(11).any(|window| window == b"-----BEGIN ") {
            at_value(cx, object, key, |cx, at| {
                cx.warn(at, format_args!("tls: failed to find any PEM data in {what} input"));
            });
            cx.called("");
            return;
        }
    }
}

/// `ValidateSecretUpdate`
pub(super) fn secret_update<'a>(cx: &mut Cx<'a>, new: Value<'a>, old: Value<'_>) {
    if or(new.text("type"), "Opaque") != or(old.text("type"), "Opaque") {
        cx.immutable(new.at("type"));
    }
    if !old.flag("immutable") {
        return;
    }
    if !new.flag("immutable") {
        cx.forbidden_change(new.at("immutable"), FROZEN);
    }
    // What `stringData` once gave stays when it goes: the server kept it in `data`.
    let mut kept = plain(old);
    kept.extend(stored(new));
    if kept != stored(old) || (kept.is_empty() && is_bare(new, "data")) {
        let field = if new.has("data") || !new.has("stringData") { "data" } else { "stringData" };
        cx.forbidden_change(new.at(field), FROZEN);
        cx.called("data");
    }
}

type Bytes<'a> = BTreeMap<&'a str, Cow<'a, [u8]>>;

/// What the server stores of a Secret's values.
fn stored(object: Value<'_>) -> Bytes<'_> {
    let encoded = object.pairs("data").map(|(key, value)| {
        let text = value.as_str().unwrap_or_default();
        (key, base64::decode(text).map_or(Cow::Borrowed(text.as_bytes()), Cow::Owned))
    });
    encoded.chain(plain(object)).collect()
}

/// What comes from `stringData`.
fn plain(object: Value<'_>) -> Bytes<'_> {
    object
        .pairs("stringData")
        .map(|(key, value)| (key, Cow::Borrowed(value.as_str().unwrap_or_default().as_bytes())))
        .collect()
}
