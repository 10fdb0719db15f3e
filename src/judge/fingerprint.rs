//! Fingerprints: what stays the same of a finding across pushes and edits elsewhere.

use std::fmt::Write;

use sha2::{Digest, Sha256};

use crate::finding::Fingerprint;
use crate::manifest::key::{Namespace, ObjectKey};

/// Sixteen bytes of SHA-256, in hex, over scope, rule, object, stable pointer and detail, each ended by a NUL. Never a
/// line, a commit or the place of the checkout.
pub(super) fn of(scope: &str, rule: &str, object: Option<&ObjectKey>, pointer: &str, detail: &str) -> Fingerprint {
    let mut hash = Sha256::new();
    let mut feed = |part: &str| {
        hash.update(part.as_bytes());
        hash.update([0]);
    };
    feed(scope);
    feed(rule);
    if let Some(key) = object {
        feed(&key.group);
        feed(&key.kind);
        feed(match &key.namespace {
            Namespace::Named(namespace) => namespace,
            Namespace::Unset | Namespace::Cluster => "",
        });
        feed(&key.name);
    }
    feed(pointer);
    feed(detail);
    let mut text = String::with_capacity(32);
    for byte in hash.finalize().iter().take(16) {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    Fingerprint(text)
}
