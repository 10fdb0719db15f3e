//! Namespaces and `ServiceAccounts`.

use super::super::{Cx, Read, metadata};
use crate::schema::stored::Places;
use crate::schema::text::name;
use crate::yaml::Value;

const LEVELS: [&str; 3] = ["privileged", "baseline", "restricted"];
const MOUNTABLE: &str = "kubernetes.io/enforce-mountable-secrets";

/// `ValidateNamespace`, and what the Pod security admission says of its labels.
pub(super) fn namespace<'a>(cx: &mut Cx<'a>, object: Value<'a>) {
    // An update leaves them as they are, whatever it says.
    if let Some(spec) = object.get("spec").filter(|_| !cx.is_update()) {
        for (index, finalizer) in spec.texts("finalizers").enumerate() {
            metadata::finalizer_name(cx, spec, index, finalizer);
            if !metadata::is_standard_or_qualified(finalizer) {
                cx.invalid_shown(
                    spec.at("finalizers"),
                    format_args!("{finalizer:?}"),
                    "name is neither a standard finalizer name nor is it fully qualified",
                );
                cx.points_to(&index.to_string());
            }
        }
    }
    // The name becomes a label.
    if let Some(metadata) = object.get("metadata") {
        for why in name::label_value(metadata.text("name")) {
            cx.invalid(metadata.at("name"), why);
            cx.called("metadata.labels");
        }
    }
    let Some(labels) = object.path(&["metadata", "labels"]) else { return };
    for (key, _, value) in labels.entries() {
        let Some(mode) = key.strip_prefix("pod-security.kubernetes.io/") else { continue };
        let text = value.as_str().unwrap_or_default();
        match mode {
            "enforce" | "audit" | "warn" if !LEVELS.contains(&text) => {
                cx.invalid(labels.at_entry(key, value), format_args!("must be one of {}", LEVELS.join(", ")));
            }
            "enforce-version" | "audit-version" | "warn-version" if !is_policy_version(text) => {
                cx.invalid(labels.at_entry(key, value), "must be \"latest\" or \"v1.x\"");
            }
            _ => {}
        }
    }
}

/// `latest` or `v1.` and a number.
fn is_policy_version(text: &str) -> bool {
    let is_number = |digits: &str| {
        digits.bytes().all(|byte| byte.is_ascii_digit())
            && digits.parse::<i64>().is_ok_and(|_| digits == "0" || !digits.starts_with('0'))
    };
    text == "latest" || text.strip_prefix("v1.").is_some_and(is_number)
}

/// `ValidateServiceAccount` checks nothing but metadata.
pub(super) fn service_account<'a>(cx: &mut Cx<'a>, object: Value<'a>) {
    if let Some(annotations) = object.path(&["metadata", "annotations"]).filter(|all| all.has(MOUNTABLE)) {
        cx.since(32, |cx| {
            cx.warn(
                annotations.at_key(MOUNTABLE),
                "deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets",
            );
        });
    }
}
