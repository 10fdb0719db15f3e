//! Custom resources against their CRD, in the order of the API server (`apiextensions-apiserver`): strict decoding,
//! nulls, defaults, metadata, values, the scale subresource, embedded resources, lists, and at last the rules in CEL.
//!
//! `build` compiles a CRD into a `pack`, whose `node`s are read in place; `decode` gives the stored object, `value` its
//! faults, and `ratchet` forgives those of what an update leaves as it was. `merge` and `apply` are server-side apply's own
//! ways.

mod apply;
pub mod build;
pub mod catalog;
mod decode;
mod documents;
mod fault;
pub mod format;
pub mod gather;
mod header;
mod invariants;
mod merge;
pub mod node;
pub mod pack;
pub mod pattern;
mod ratchet;
pub mod repository;
mod rules;
pub mod show;
pub mod sources;
mod text;
mod value;

use std::collections::HashSet;

use pack::Version;

use self::decode::Way;
use self::ratchet::Old;
use super::doubt;
use super::minors::MinorSet;
use super::problem::{Cause, Problem, Raised, either_way};
use super::stored::Stored;
use super::values::{Cx, Read, metadata};
use crate::manifest::object::Object;
use crate::yaml::Value;

/// What the server says of a custom resource, and what it would store.
#[derive(Debug)]
pub struct Judged {
    /// The object as the server stores it.
    pub stored: Stored,
    /// In the server's order.
    pub problems: Vec<Problem>,
    /// What is left to do.
    pub rules: Rules,
    /// The object and its schema are so large together that not everything was checked.
    pub gave_up: bool,
    /// Something was dropped that server-side apply keeps.
    lossy: bool,
}

/// The rules in CEL that hold for an object, and that nobody evaluates yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// How many the object reaches.
    pub reached: usize,
    /// What is wrong already keeps the server from evaluating them.
    pub stopped: bool,
}

/// An object before the change, and the schema that it was stored by, if that is known.
#[derive(Clone, Copy, Debug)]
pub struct Before<'b> {
    /// The object.
    pub object: &'b Object,
    /// Its own side's schema.
    pub version: Option<Version<'b>>,
}

/// Judge a custom resource for some minors, after the one that it replaces.
#[must_use]
pub fn judge(object: &Object, before: Option<Before<'_>>, version: Version<'_>, minors: MinorSet) -> Judged {
    // What the server refuses either way was never there.
    let before = before.filter(|before| {
        before.version.is_none_or(|version| {
            let judged = alone(before.object, None, version, minors, Way::Post);
            judged.problems.iter().all(|problem| problem.cause == Cause::Warning || problem.raised != Raised::Always)
        })
    });
    let old = before.map(|before| stored_before(before, version, minors));
    let mut judged = alone(object, old.as_ref(), version, minors, Way::Post);
    let merged = old.as_ref().and_then(|old| merge::merged(object, old, version));
    // To apply once more what is there changes nothing, and fills nothing in that another version did not keep.
    let is_converted = version.kind().stored().is_some_and(|stored| stored.name() != version.name());
    let applied = if is_converted && before.is_some_and(|before| before.object.value().same(object.value())) {
        Some(alone(object, Some(&judged.stored), version, minors, Way::Apply))
    } else if merged.is_some() || judged.lossy {
        Some(alone(merged.as_ref().unwrap_or(object), old.as_ref(), version, minors, Way::Apply))
    } else {
        None
    };
    if let Some(applied) = applied {
        judged.problems = either_way(judged.problems, applied.problems);
    }
    unreadable(object, old.as_ref(), version, minors, &mut judged);
    doubt::settle(&mut judged.problems, object, before.map(|before| before.object));
    judged
}

/// An old object as the server reads it today: written by its own side's schema, with the defaults of that; kept by the
/// version that is stored, without what that does not know; and read by this one.
fn stored_before(before: Before<'_>, version: Version<'_>, minors: MinorSet) -> Stored {
    let read = |object: &Object, version, way| decode::decode(object, version, minors, way).stored;
    let own = before.version.unwrap_or(version);
    let mut stored = read(before.object, own, Way::Post);
    let (mut object, mut last): (Option<Object>, _) = (None, own);
    for next in own.kind().stored().into_iter().chain([version]) {
        if !last.same(next) {
            // Only the version that is stored fills anything in.
            let way = if last.name() == own.name() { Way::Post } else { Way::Conversion };
            let rewritten = stored.rewritten(object.as_ref().unwrap_or(before.object));
            stored = read(&rewritten, next, way);
            (object, last) = (Some(rewritten), next);
        }
    }
    stored
}

/// What server-side apply cannot read as what the schema says: of the object, or else of the one that is there. Where
/// validation complains of the same, or of something in it, that is enough.
fn unreadable(object: &Object, old: Option<&Stored>, version: Version<'_>, minors: MinorSet, judged: &mut Judged) {
    let is_unknown = |value: Value<'_>| object.unknown(value).is_some();
    let mut found = apply::mismatches(object.value(), version, &is_unknown, false);
    if let Some(old) = old.filter(|_| found.is_empty()) {
        found = apply::mismatches(old.root(), version, &|value| old.is_opaque_itself(value), true);
        for mismatch in &mut found {
            mismatch.message.insert_str(0, "failed to create typed live object: ");
        }
    }
    found.retain(|mismatch| {
        let is_within = |pointer: &str| {
            let rest = pointer.strip_prefix(mismatch.pointer.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let mut known = judged.problems.iter().filter(|problem| problem.cause != Cause::Warning);
        !known.any(|problem| problem.raised != Raised::ByPost && is_within(&problem.pointer))
    });
    judged.problems.extend(found.into_iter().map(|mismatch| Problem {
        cause: mismatch.cause,
        pointer: mismatch.pointer,
        message: mismatch.message,
        raised: Raised::ByApply,
        ..template(minors)
    }));
}

/// The verdict on an object, after the stored one that it replaces.
fn alone(object: &Object, old: Option<&Stored>, version: Version<'_>, minors: MinorSet, way: Way) -> Judged {
    let decode::Decoded { stored, mut problems, lossy, gave_up } = decode::decode(object, version, minors, way);
    if gave_up {
        // What is not filled in is not missing.
        return Judged { stored, problems, rules: Rules::default(), gave_up, lossy: false };
    }
    let schema = version.root();
    let template = template(minors);

    let mut cx = Cx::new(&stored, minors);
    metadata::custom_resource(&mut cx, version.kind().is_namespaced(), stored.root());
    if let Some(old) = old {
        metadata::object_meta_update(&mut cx, stored.root(), old.root());
    }
    problems.extend(cx.finish());

    let mut check = value::Check::new(&stored, minors);
    check.root(stored.root(), schema, old.map(|old| Old { value: old.root(), schema }));
    let gave_up = check.gave_up();
    let faults = check.faults.iter().map(|fault| fault.problem(&stored, minors));
    problems.extend(distinct(faults).filter(|problem| !problem.minors.is_empty()));

    if let Some(scale) = version.scale() {
        problems.extend(invariants::scale(&stored, scale, &template));
    }
    if schema.has_invariants_below() {
        let mut cx = Cx::new(&stored, minors);
        invariants::embedded(&mut cx, stored.root(), schema);
        problems.extend(cx.finish());
        problems.extend(lists(&stored, old, version, minors));
    }
    let rules = Rules {
        reached: if schema.has_rules_below() { rules::count(stored.root(), schema) } else { 0 },
        stopped: problems.iter().any(stops_rules),
    };
    problems.extend(warnings(&stored, old, version, &template));
    Judged { stored, problems, rules, gave_up, lossy }
}

/// Lists whose items are not different. An update is not refused for what the old object had as well; server-side apply
/// refuses it nevertheless.
fn lists(stored: &Stored, old: Option<&Stored>, version: Version<'_>, minors: MinorSet) -> Vec<Problem> {
    let find = |stored: &Stored| {
        let mut cx = Cx::new(stored, minors);
        invariants::lists(&mut cx, stored.root(), version.root());
        cx.finish()
    };
    let mut found = find(stored);
    let is_refused = |problem: &Problem| problem.raised == Raised::Always;
    if !found.is_empty() && old.is_some_and(|old| find(old).iter().any(is_refused)) {
        for problem in &mut found {
            problem.cause = Cause::DuplicateListKey;
            problem.raised = Raised::ByApply;
        }
    }
    found
}

/// The server does not evaluate rules after a problem of this kind.
fn stops_rules(problem: &Problem) -> bool {
    let kinds = [Cause::NotSupported, Cause::Required, Cause::TooLong, Cause::TooMany, Cause::TypeInvalid];
    problem.raised == Raised::Always && kinds.contains(&problem.cause)
}

fn template(minors: MinorSet) -> Problem {
    Problem {
        cause: Cause::Warning,
        field: String::new(),
        pointer: String::new(),
        message: String::new(),
        raised: Raised::Always,
        minors,
        suggestion: None,
        absent: false,
    }
}

/// The server tells each sentence once.
fn distinct(problems: impl Iterator<Item = Problem>) -> impl Iterator<Item = Problem> {
    let mut seen = HashSet::new();
    problems.filter(move |problem| seen.insert((problem.field.clone(), problem.message.clone())))
}

/// What the server accepts with a warning: a deprecated version, finalizers that may collide with others.
fn warnings(stored: &Stored, old: Option<&Stored>, version: Version<'_>, template: &Problem) -> Vec<Problem> {
    let mut found = Vec::new();
    if let Some(text) = version.deprecation() {
        found.push(Problem { pointer: "/apiVersion".to_owned(), message: text.into_owned(), ..template.clone() });
    }
    let finalizers = |root: Value<'_>| -> Vec<String> {
        root.get("metadata").into_iter().flat_map(|metadata| metadata.texts("finalizers")).map(str::to_owned).collect()
    };
    let before = old.map(|old| finalizers(old.root())).unwrap_or_default();
    for (index, finalizer) in finalizers(stored.root()).into_iter().enumerate() {
        let is_known = ["orphan", "foregroundDeletion", "kubernetes"].contains(&finalizer.as_str());
        if finalizer.contains('/') || is_known || before.contains(&finalizer) {
            continue;
        }
        let path = if finalizer.contains('.') { "including a path (/) " } else { "" };
        found.push(Problem {
            field: "metadata.finalizers".to_owned(),
            pointer: format!("/metadata/finalizers/{index}"),
            message: format!(
                "{finalizer:?}: prefer a domain-qualified finalizer name {path}to avoid accidental conflicts with other finalizer writers"
            ),
            ..template.clone()
        });
    }
    found
}
