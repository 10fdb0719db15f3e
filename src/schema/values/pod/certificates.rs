//! Projected certificates: bundles of trusted ones, and one of the Pod's own. On by default since 1.37; before, the server
//! drops both (`schema/gates.rs`).

use super::super::certificates::signer_name;
use super::super::selector::label_selector;
use super::super::{Cx, Read};
use super::path;
use crate::schema::stored::Places;
use crate::schema::text::name;
use crate::yaml::Value;

const KEYS: [&str; 6] = ["RSA3072", "RSA4096", "ECDSAP256", "ECDSAP384", "ECDSAP521", "ED25519"];
/// Where the files of a Pod's own certificate may go.
pub(super) const PATHS: [&str; 3] = ["credentialBundlePath", "keyPath", "certificateChainPath"];
/// How long a certificate lasts at least and at most, and at most one of the cluster's own signers, in seconds.
const LASTS: (i64, i64, i64) = (3600, 91 * 86_400, 86_400);

/// `source.clusterTrustBundle`
pub(super) fn trust_bundle<'a>(cx: &mut Cx<'a>, bundle: Value<'a>) {
    let (bundle_name, signer) = (bundle.text_if("name"), bundle.text_if("signerName"));
    match (bundle_name, signer) {
        (Some(_), Some(_)) => cx.invalid(bundle.here(), "only one of name and signerName may be used"),
        (Some(text), None) => {
            if text.is_empty() {
                cx.required(bundle.at("name"), "must be a valid object name");
            }
            let own = text.rsplit_once(':').map_or(text, |(_, own)| own);
            for why in name::dns_subdomain(own) {
                cx.invalid(bundle.at("name"), format_args!("not a valid clustertrustbundlename: {why}"));
            }
            if bundle.has("labelSelector") {
                cx.invalid(bundle.at("labelSelector"), "labelSelector must be unset if name is specified");
            }
        }
        (None, Some(text)) => {
            if text.is_empty() {
                cx.required(bundle.at("signerName"), "must be a valid signer name");
            }
            signer_name(cx, bundle.at("signerName"), text);
            label_selector(cx, bundle, "labelSelector");
        }
        (None, None) => cx.required(bundle.here(), "either name or signerName must be specified"),
    }
    let file = bundle.text("path");
    if file.is_empty() {
        cx.required(bundle.at("path"), "");
    }
    for why in path::not_reserved(file) {
        cx.invalid(bundle.at("path"), why);
    }
}

/// `source.podCertificate`
pub(super) fn pod_certificate<'a>(cx: &mut Cx<'a>, certificate: Value<'a>) {
    let signer = certificate.text("signerName");
    signer_name(cx, certificate.at("signerName"), signer);
    for (key, _) in certificate.pairs("userAnnotations") {
        for why in domain_prefixed_key(&key.to_lowercase()) {
            cx.invalid_shown(certificate.at("userAnnotations"), format_args!("{key:?}"), why);
            cx.points_to(key);
        }
    }
    if !KEYS.contains(&certificate.text("keyType")) {
        cx.not_supported(certificate.at("keyType"), &KEYS);
    }
    if let Some(seconds) = certificate.int("maxExpirationSeconds") {
        let at = certificate.at("maxExpirationSeconds");
        let (least, most, of_cluster) = LASTS;
        if seconds < least {
            cx.invalid(at, format_args!("if provided, maxExpirationSeconds must be >= {least}"));
        }
        let most = if is_of_kubernetes(signer) { of_cluster } else { most };
        if seconds > most {
            cx.invalid(at, format_args!("if provided, maxExpirationSeconds must be <= {most}"));
        }
    }
    for field in PATHS {
        for why in path::not_reserved(certificate.text(field)) {
            cx.invalid(certificate.at(field), why);
        }
    }
    if PATHS.into_iter().all(|field| certificate.text(field).is_empty()) {
        let why = "specify at least one of credentialBundlePath, keyPath, and certificateChainPath";
        cx.required(certificate.here(), why);
    }
}

/// `IsDomainPrefixedKey`
fn domain_prefixed_key(key: &str) -> Vec<String> {
    let found = name::qualified(key);
    if found.is_empty() && !key.contains('/') {
        return vec!["must be a domain-prefixed key (such as \"acme.io/foo\")".to_owned()];
    }
    found
}

/// `IsKubernetesSignerName`
fn is_of_kubernetes(signer: &str) -> bool {
    let host = signer.split('/').next().unwrap_or_default();
    host == "kubernetes.io" || host.ends_with(".kubernetes.io")
}
