//! Requests for certificates.

use std::collections::HashSet;

use super::super::{Cx, Read};
use super::signer;
use crate::schema::stored::Places;
use crate::schema::text::der::{self, Reader};
use crate::schema::text::{base64, pem};
use crate::yaml::Value;

const USAGES: [&str; 23] = [
    "any",
    "cert sign",
    "client auth",
    "code signing",
    "content commitment",
    "crl sign",
    "data encipherment",
    "decipher only",
    "digital signature",
    "email protection",
    "encipher only",
    "ipsec end system",
    "ipsec tunnel",
    "ipsec user",
    "key agreement",
    "key encipherment",
    "microsoft sgc",
    "netscape sgc",
    "ocsp signing",
    "s/mime",
    "server auth",
    "signing",
    "timestamping",
];
/// The signer of certificates for users of the API.
const CLIENT: &str = "kubernetes.io/kube-apiserver-client";
const LEGACY: &str = "kubernetes.io/legacy-unknown";
/// The group whose members may do everything.
const MASTERS: &[u8] = b"system:masters";
/// 2.5.4.10
const ORGANIZATION: [u8; 3] = [0x55, 0x04, 0x0a];
const SHORTEST: i64 = 600;

pub(super) fn certificate_signing_request<'a>(cx: &mut Cx<'a>, object: Value<'a>) {
    let Some(spec) = object.get("spec") else { return };
    let signer = spec.text("signerName");
    let bytes = base64::decode(spec.text("request")).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    match parse_request(&text) {
        Err(why) => cx.invalid(spec.at("request"), why),
        Ok(is_master) if is_master && signer == CLIENT => {
            let why = format_args!("use of {CLIENT} signer with system:masters group is not allowed");
            cx.forbidden(spec.at("request"), why);
        }
        Ok(_) => {}
    }
    usages(cx, spec);
    if signer == LEGACY {
        cx.invalid(spec.at("signerName"), "the legacy signerName is not allowed via this API version");
    } else {
        signer::signer_name(cx, spec.at("signerName"), signer);
    }
    if spec.int("expirationSeconds").is_some_and(|seconds| seconds < SHORTEST) {
        let why = "may not specify a duration less than 600 seconds (10 minutes)";
        cx.invalid(spec.at("expirationSeconds"), why);
    }
}

fn usages<'a>(cx: &mut Cx<'a>, spec: Value<'a>) {
    if spec.lacks("usages") {
        cx.required(spec.at("usages"), "");
    }
    let mut seen = HashSet::new();
    for usage in spec.list("usages") {
        let text = usage.as_str().unwrap_or_default();
        if !USAGES.contains(&text) {
            cx.not_supported(usage.here(), &USAGES);
        }
        if !seen.insert(text) {
            cx.duplicate(usage.here());
        }
    }
}

/// A PKCS #10 request; whether its subject is of the group of masters. The signature is not verified.
fn parse_request(text: &str) -> Result<bool, &'static str> {
    let block = pem::blocks(text).next().filter(|block| block.label == "CERTIFICATE REQUEST");
    let block = block.ok_or("PEM block type must be CERTIFICATE REQUEST")?;
    let mut reader = Reader::new(&block.bytes);
    let is_master = request(&mut reader).ok_or("asn1: structure error")?;
    if reader.is_done() { Ok(is_master) } else { Err("asn1: syntax error: trailing data") }
}

fn request(reader: &mut Reader<'_>) -> Option<bool> {
    let mut request = reader.enter(der::SEQUENCE)?;
    let mut info = request.enter(der::SEQUENCE)?;
    info.take(der::INTEGER)?;
    let subject = info.enter(der::SEQUENCE)?;
    let mut key = info.enter(der::SEQUENCE)?;
    key.take(der::SEQUENCE)?;
    key.take(der::BIT_STRING)?;
    info.take(der::context(0))?;
    request.take(der::SEQUENCE)?;
    request.take(der::BIT_STRING)?;
    has_organization(subject, MASTERS)
}

fn has_organization(mut subject: Reader<'_>, organization: &[u8]) -> Option<bool> {
    let mut found = false;
    while !subject.is_done() {
        let mut names = subject.enter(der::SET)?;
        while !names.is_done() {
            let mut pair = names.enter(der::SEQUENCE)?;
            let attribute = pair.take(der::OBJECT_IDENTIFIER)?;
            found |= pair.any()?.content == organization && attribute == ORGANIZATION;
        }
    }
    Some(found)
}
