//! `certificates.k8s.io`: requests for certificates, and bundles of trusted ones.

mod request;
mod signer;
mod trust_bundle;

pub(in crate::schema) use signer::signer_name;

use super::Cx;
use crate::schema::stored::Stored;
use crate::schema::table::Kind;
use crate::yaml::Value;

/// Defaults that depend on other fields.
pub(super) fn defaults(_stored: &mut Stored, _kind: Kind) {}

/// An object as it is.
pub(super) fn validate<'a>(cx: &mut Cx<'a>, kind: Kind, object: Value<'a>) {
    match kind.kind() {
        // An update keeps the old spec in silence.
        "CertificateSigningRequest" => cx.on_create(|cx| request::certificate_signing_request(cx, object)),
        "ClusterTrustBundle" => trust_bundle::cluster_trust_bundle(cx, object),
        _ => {}
    }
}

/// What changed.
pub(super) fn validate_update<'a>(cx: &mut Cx<'a>, kind: Kind, new: Value<'a>, old: Value<'_>) {
    if kind.kind() == "ClusterTrustBundle" {
        trust_bundle::cluster_trust_bundle_update(cx, new, old);
    }
}
