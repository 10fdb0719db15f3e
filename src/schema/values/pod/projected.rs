//! Volumes that are made of keys, fields and tokens: their files.

use std::collections::HashSet;

use super::super::{Cx, Read};
use super::{certificates, env, path};
use crate::schema::stored::{At, Places};
use crate::yaml::Value;

const CONFLICT: &str = "conflicting duplicate paths";
/// The sources that the server drops before 1.37.
const CERTIFICATES: [&str; 2] = ["clusterTrustBundle", "podCertificate"];
/// The fields of a Pod that a file can have.
const FIELDS: [&str; 5] =
    ["metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"];

/// The mode of a file.
pub(super) fn mode<'a>(cx: &mut Cx<'a>, source: Value<'a>, field: &'static str) {
    if source.int(field).is_some_and(|mode| !(0..=0o777).contains(&mode)) {
        cx.invalid(source.at(field), "must be a number between 0 and 0777 (octal), both inclusive");
    }
}

/// The keys that become files.
pub(super) fn items<'a>(cx: &mut Cx<'a>, source: Value<'a>) {
    for item in source.list("items") {
        for field in ["key", "path"] {
            if item.text(field).is_empty() {
                cx.required(item.at(field), "");
            }
        }
        cx.invalid_each(item.at("path"), path::not_reserved(item.text("path")));
        mode(cx, item, "mode");
    }
}

pub(super) fn downward_api<'a>(cx: &mut Cx<'a>, source: Value<'a>) {
    mode(cx, source, "defaultMode");
    files(cx, source);
}

/// `validateDownwardAPIVolumeFile` of each, which the server reports without saying which it is.
fn files<'a>(cx: &mut Cx<'a>, source: Value<'a>) {
    for file in source.list("items") {
        let before = cx.count();
        let name = file.text("path");
        if name.is_empty() {
            cx.required(file.at("path"), "");
        }
        cx.invalid_each(file.at("path"), path::not_reserved(name));
        match (file.get("fieldRef"), file.get("resourceFieldRef")) {
            (Some(field), resource) => {
                env::object_field(cx, field, &FIELDS);
                if resource.is_some() {
                    let why = "fieldRef and resourceFieldRef can not be specified simultaneously";
                    cx.invalid_shown(file.here(), "\"resource\"", why);
                }
            }
            (None, Some(resource)) => env::resource_field(cx, resource, true),
            (None, None) => cx.required(file.here(), "one of fieldRef and resourceFieldRef is required"),
        }
        mode(cx, file, "mode");
        cx.moved(before, file.here(), source.here());
    }
}

/// The paths of a projected volume so far.
struct Paths<'a> {
    projected: Value<'a>,
    taken: HashSet<&'a str>,
}

impl<'a> Paths<'a> {
    /// A file stands at `at`; `shown` is what the server shows of it if another one has its path.
    fn take(&mut self, cx: &mut Cx<'a>, at: At<'a>, path: &'a str, shown: &str) {
        if !path.is_empty() && !self.taken.insert(path) {
            cx.invalid_shown(at, format_args!("{shown:?}"), CONFLICT);
            cx.called_at(self.projected.here(), "");
        }
    }
}

pub(super) fn projected<'a>(cx: &mut Cx<'a>, projected: Value<'a>) {
    mode(cx, projected, "defaultMode");
    let mut paths = Paths { projected, taken: HashSet::new() };
    for source in projected.list("sources") {
        let mut kinds = 0_usize;
        for field in ["secret", "configMap"] {
            let Some(part) = source.get(field) else { continue };
            kinds += 1;
            let name = part.text("name");
            if name.is_empty() {
                cx.required(part.at("name"), "");
            }
            items(cx, part);
            for item in part.list("items") {
                paths.take(cx, item.at("path"), item.text("path"), name);
            }
        }
        if let Some(part) = source.get("downwardAPI") {
            kinds += 1;
            files(cx, part);
            for item in part.list("items") {
                paths.take(cx, item.at("path"), item.text("path"), item.text("path"));
            }
        }
        if let Some(part) = source.get("serviceAccountToken") {
            kinds += 1;
            token(cx, projected, part);
        }
        let why = "may not specify more than 1 volume type per source";
        if kinds > 1 {
            cx.forbidden(source.here(), why);
        } else if kinds + CERTIFICATES.into_iter().filter(|field| source.has(field)).count() > 1 {
            cx.since(37, |cx| cx.forbidden(source.here(), why));
        }
    }
    // Apart from the others, whose paths would conflict with theirs where these are dropped.
    cx.since(37, |cx| {
        for source in projected.list("sources") {
            if let Some(part) = source.get(CERTIFICATES[0]) {
                certificates::trust_bundle(cx, part);
                paths.take(cx, part.at("path"), part.text("path"), part.text("path"));
            }
            if let Some(part) = source.get(CERTIFICATES[1]) {
                certificates::pod_certificate(cx, part);
                for field in certificates::PATHS {
                    paths.take(cx, part.at(field), part.text(field), part.text(field));
                }
            }
        }
    });
}

fn token<'a>(cx: &mut Cx<'a>, projected: Value<'a>, token: Value<'a>) {
    let seconds = token.int("expirationSeconds");
    if seconds.is_some_and(|seconds| seconds < 600) {
        cx.invalid(token.at("expirationSeconds"), "may not specify a duration less than 10 minutes");
    }
    if seconds.is_some_and(|seconds| seconds > 1 << 32) {
        cx.invalid(token.at("expirationSeconds"), "may not specify a duration larger than 2^32 seconds");
    }
    let path = token.text("path");
    if path.is_empty() {
        cx.required(token.at("path"), "");
        cx.called_at(projected.at("path"), "");
    }
    for why in path::not_reserved(path) {
        cx.invalid(token.at("path"), why);
        cx.called_at(projected.at("path"), "");
    }
}
