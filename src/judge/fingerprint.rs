//! Fingerprints: what stays the same of a finding across pushes and edits elsewhere.

use std::fmt::Write;

use sha2::{Digest, Sha256};

use crate::finding::Fingerprint;
use crate::manifest::key::{Namespace, ObjectKey};

/// Sixteen bytes of SHA-256, in hex, over scope, rule, object, stable pointer and detail. Never a line, a commit or the
/// place of the checkout.
pub(super) fn of(scope: &str, rule: &str, object: Option<&ObjectKey>, pointer: &str, detail: &str) -> Fingerprint {
    let object = object.map(|key| {
        let namespace = match &key.namespace {
            Namespace::Named(namespace) => namespace,
            Namespace::Unset | Namespace::Cluster => "",
        };
        [key.group.as_str(), &key.kind, namespace, &key.name]
    });
    Fingerprint(digest([scope, rule].into_iter().chain(object.into_iter().flatten()).chain([pointer, detail])))
}

/// Sixteen bytes of SHA-256, in hex, over some texts, each ended by a NUL.
pub(crate) fn digest<'t>(parts: impl IntoIterator<Item = &'t str>) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    let mut text = String::with_capacity(32);
    for byte in hash.finalize().iter().take(16) {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}
