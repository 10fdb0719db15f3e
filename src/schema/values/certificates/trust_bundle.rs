//! Bundles of trusted certificates.

use std::collections::HashMap;

use super::super::{Cx, Read};
use super::signer;
use crate::schema::stored::Places;
use crate::schema::text::der::{self, Reader};
use crate::schema::text::{name, pem};
use crate::yaml::Value;

const LARGEST: usize = 1 << 20;
/// 2.5.29.19
const BASIC_CONSTRAINTS: [u8; 3] = [0x55, 0x1d, 0x13];

pub(super) fn cluster_trust_bundle<'a>(cx: &mut Cx<'a>, object: Value<'a>) {
    let Some(spec) = object.get("spec") else { return };
    let signer = spec.text("signerName");
    own_name(cx, object, signer);
    if !signer.is_empty() {
        signer::signer_name(cx, spec.at("signerName"), signer);
    }
    trust_bundle(cx, spec);
}

pub(super) fn cluster_trust_bundle_update<'a>(cx: &mut Cx<'a>, new: Value<'a>, old: Value<'_>) {
    let (Some(new), Some(old)) = (new.get("spec"), old.get("spec")) else { return };
    if new.text("signerName") != old.text("signerName") {
        cx.immutable(new.at("signerName"));
    }
}

/// A bundle for a signer is named after it.
fn own_name<'a>(cx: &mut Cx<'a>, object: Value<'a>, signer: &str) {
    let Some(metadata) = object.get("metadata") else { return };
    let Some(name) = metadata.text_if("name").filter(|name| !name.is_empty()) else { return };
    let prefix = if signer.is_empty() { String::new() } else { format!("{}:", signer.replace('/', ":")) };
    if signer.is_empty() && name.contains(':') {
        let why = "ClusterTrustBundle without signer name must not have \":\" in its name";
        return cx.invalid(metadata.at("name"), why);
    }
    let Some(rest) = name.strip_prefix(&prefix) else {
        let why = format_args!("ClusterTrustBundle for signerName {signer} must be named with prefix {prefix}");
        return cx.invalid(metadata.at("name"), why);
    };
    cx.invalid_each(metadata.at("name"), name::dns_subdomain(rest));
}

fn trust_bundle<'a>(cx: &mut Cx<'a>, spec: Value<'a>) {
    let (text, at) = (spec.text("trustBundle"), spec.at("trustBundle"));
    if text.len() > LARGEST {
        return cx.too_long(at, LARGEST);
    }
    let mut seen: HashMap<Vec<u8>, Vec<usize>> = HashMap::new();
    let before = cx.count();
    for (index, block) in pem::blocks(text).enumerate() {
        let why = if block.label != "CERTIFICATE" {
            format!("has bad block type: {}", block.label)
        } else if block.has_headers {
            "has PEM block headers".to_owned()
        } else {
            match is_authority(&block.bytes) {
                None => "does not parse as X.509".to_owned(),
                Some(false) => "does not have the CA bit set".to_owned(),
                Some(true) => {
                    seen.entry(block.bytes).or_default().push(index);
                    continue;
                }
            }
        };
        cx.invalid_shown(at, "\"<value omitted>\"", format_args!("entry {index} {why}"));
    }
    if cx.count() > before {
        return;
    }
    if seen.is_empty() {
        cx.invalid_shown(at, "\"<value omitted>\"", "at least one trust anchor must be provided");
    }
    let mut twice: Vec<&Vec<usize>> = seen.values().filter(|indices| indices.len() > 1).collect();
    twice.sort();
    for indices in twice {
        let list: Vec<String> = indices.iter().map(usize::to_string).collect();
        let why = format_args!("duplicate trust anchor (indices [{}])", list.join(" ")).to_string();
        cx.invalid_shown(at, "\"<value omitted>\"", why);
    }
}

/// The certificate is one of a certificate authority; none if it is no certificate.
fn is_authority(certificate: &[u8]) -> Option<bool> {
    let mut whole = Reader::new(certificate);
    let mut outer = whole.enter(der::SEQUENCE).filter(|_| whole.is_done())?;
    let mut inner = outer.enter(der::SEQUENCE)?;
    outer.take(der::SEQUENCE)?;
    outer.take(der::BIT_STRING)?;
    inner.take(der::context(0));
    inner.take(der::INTEGER)?;
    // Algorithm, issuer, validity, subject, key.
    for _ in 0..5 {
        inner.take(der::SEQUENCE)?;
    }
    let mut is_authority = false;
    while !inner.is_done() {
        let element = inner.any()?;
        if element.tag == der::context(3) {
            is_authority = has_authority_extension(Reader::new(element.content))?;
        }
    }
    Some(is_authority)
}

fn has_authority_extension(mut extensions: Reader<'_>) -> Option<bool> {
    let mut list = extensions.enter(der::SEQUENCE)?;
    let mut found = false;
    while !list.is_done() {
        let mut extension = list.enter(der::SEQUENCE)?;
        let id = extension.take(der::OBJECT_IDENTIFIER)?;
        extension.take(der::BOOLEAN);
        let value = extension.take(der::OCTET_STRING)?;
        if id == BASIC_CONSTRAINTS {
            let mut constraints = Reader::new(value).enter(der::SEQUENCE)?;
            found = constraints.take(der::BOOLEAN).is_some_and(|flag| flag != [0]);
        }
    }
    Some(found)
}
