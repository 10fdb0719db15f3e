//! Which server has a kind under an API version: served, not yet, no longer, or never.

mod removed;

use super::minors::MinorSet;
use super::table::{Def, Field, Kind, Type};
use super::values::nearest;
use crate::config::Minor;

/// What the servers of some minors say of an API version and a kind.
#[derive(Clone, Debug)]
pub enum Standing {
    /// The group is none of the built-in ones: a custom resource, an extension server, or no API at all.
    Foreign,
    /// The group is built in.
    Native {
        /// The minors that serve the kind unless somebody switched it off.
        served: MinorSet,
        /// What the other minors say.
        refusals: Vec<Refusal>,
    },
}

/// Why some minors do not serve a kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The minors that say so.
    pub minors: MinorSet,
    /// Why.
    pub why: Why,
    /// What was meant, or is to be used now.
    pub instead: Option<Instead>,
}

/// Why a kind is not served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It was, before 1.`0`.
    Removed(u8),
    /// It will be, from 1.`0` on.
    NotYet(u8),
    /// It is alpha or beta, and served only where somebody switched it on.
    Off,
    /// It is read only.
    NotCreated,
    /// The API version is served, and has no such kind.
    UnknownKind,
    /// The group has no such version.
    UnknownVersion,
}

/// An API version and a kind that are served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instead {
    /// `apps/v1`
    pub api_version: &'static str,
    /// `Deployment`
    pub kind: &'static str,
    /// An object that says this instead of what it says now means what it meant.
    pub exact: bool,
}

/// What the servers of some minors say of an API version and a kind.
#[must_use]
pub fn look_up(api_version: &str, kind: &str, targets: MinorSet) -> Standing {
    if let Some(found) = Kind::find(api_version, kind) {
        return known(found, targets);
    }
    let why = match (removed::find(api_version, kind), group_is_native(api_version)) {
        (Some(removed), _) => {
            let instead = removed.instead(kind);
            let refusal = Refusal { minors: targets, why: Why::Removed(removed.since), instead };
            return Standing::Native { served: MinorSet::NONE, refusals: vec![refusal] };
        }
        (None, true) if has_version(api_version) => Why::UnknownKind,
        (None, true) => Why::UnknownVersion,
        (None, false) if means_native(api_version, kind) => Why::UnknownVersion,
        (None, false) => return Standing::Foreign,
    };
    let instead = meant(api_version, kind, targets);
    Standing::Native { served: MinorSet::NONE, refusals: vec![Refusal { minors: targets, why, instead }] }
}

/// The standing of a kind that some minor knows.
fn known(kind: Kind, targets: MinorSet) -> Standing {
    let all = kind.minors();
    let mut refusals = Vec::new();
    let mut refuse = |minors: MinorSet, why: Why| {
        if !minors.is_empty() {
            refusals.push(Refusal { minors, why, instead: replacement(kind, minors) });
        }
    };
    let number = |minor: Option<Minor>| minor.map_or(0, Minor::number);
    let (first, last) = (number(all.minors().next()), number(all.minors().last()));
    refuse(targets.without(MinorSet::since(first)), Why::NotYet(first));
    refuse(targets.within(MinorSet::since(last + 1)), Why::Removed(last + 1));
    let served = all.within(targets);
    if kind.is_off_by_default() {
        refuse(served, Why::Off);
    } else if kind.api_version() == "v1" && kind.kind() == "ComponentStatus" {
        refuse(served, Why::NotCreated);
    } else {
        return Standing::Native { served, refusals };
    }
    Standing::Native { served: MinorSet::NONE, refusals }
}

/// The kind of the same name that replaced one in some minors.
fn replacement(kind: Kind, minors: MinorSet) -> Option<Instead> {
    let new = named(kind.kind(), kind.group(), minors)?;
    let exact =
        new.group() == kind.group() && removed::means_the_same(kind) && holds(kind.def(), new.def(), &mut Vec::new());
    (new.api_version() != kind.api_version()).then(|| Instead {
        api_version: new.api_version(),
        kind: new.kind(),
        exact,
    })
}

/// The served kind of a name: of a group rather than of another one, stable rather than beta, newer rather than older.
fn named(name: &str, group: &str, minors: MinorSet) -> Option<Kind> {
    served(minors)
        .filter(|kind| kind.kind() == name)
        .max_by_key(|kind| (kind.group() == group, rank(version_of(kind.api_version()))))
}

/// What every one of some minors serves.
fn served(minors: MinorSet) -> impl Iterator<Item = Kind> {
    Kind::all().filter(move |kind| minors.without(kind.minors()).is_empty() && !kind.is_off_by_default())
}

/// Every value of the old struct is one of the new.
fn holds(old: Def, new: Def, open: &mut Vec<(Def, Def)>) -> bool {
    if old == new || open.contains(&(old, new)) {
        return true;
    }
    open.push((old, new));
    let last = |minors: MinorSet| minors.minors().last().map_or(MinorSet::NONE, MinorSet::of);
    let is_kept = |field: Field| {
        let mut same = new.field(field.name()).filter(|other| !other.minors().within(last(new.minors())).is_empty());
        same.any(|other| fits(field.ty(), other.ty(), open) && (!is_required(other) || is_required(field)))
    };
    let is_old = |field: &Field| !field.minors().within(last(old.minors())).is_empty();
    old.fields().filter(is_old).all(is_kept)
        && new.fields().filter(|field| is_required(*field)).all(|field| old.field(field.name()).next().is_some())
}

/// Every minor requires it.
fn is_required(field: Field) -> bool {
    field.minors().without(field.required()).is_empty()
}

fn fits(old: Type, new: Type, open: &mut Vec<(Def, Def)>) -> bool {
    match (old, new) {
        (Type::Struct(old), Type::Struct(new)) => holds(old, new, open),
        (Type::List(old), Type::List(new)) | (Type::Map(old), Type::Map(new)) => fits(old.ty(), new.ty(), open),
        _ => old == new,
    }
}

/// What the group without a name is called in speech.
const CORE: &str = "core";

/// What somebody meant who wrote a kind that there is not.
fn meant(api_version: &str, kind: &str, targets: MinorSet) -> Option<Instead> {
    let group = match group_of(api_version).to_ascii_lowercase() {
        core if core == CORE => String::new(),
        group => group,
    };
    if let Some(found) = named(kind, &group, targets) {
        let groups = served(targets).filter(|other| other.kind() == kind && other.group() != found.group()).count();
        let exact = found.group() == group || groups == 0;
        return Some(Instead { api_version: found.api_version(), kind: found.kind(), exact });
    }
    // A misspelt kind of this version, else of this group.
    let here = |found: &Kind| found.api_version().eq_ignore_ascii_case(api_version);
    let near = |kinds: &mut dyn Iterator<Item = Kind>| {
        let names: Vec<&'static str> = kinds.map(Kind::kind).collect();
        nearest(kind, names.into_iter())
    };
    let name = near(&mut served(targets).filter(here))
        .or_else(|| near(&mut served(targets).filter(|found| found.group() == group)))
        .or_else(|| {
            served(targets).find(|found| found.kind().eq_ignore_ascii_case(kind)).map(|found| found.kind().to_owned())
        })?;
    let found = named(&name, &group, targets)?;
    let exact = found.api_version() == api_version;
    Some(Instead { api_version: found.api_version(), kind: found.kind(), exact })
}

fn group_of(api_version: &str) -> &str {
    api_version.split_once('/').map_or("", |(group, _)| group)
}

fn version_of(api_version: &str) -> &str {
    api_version.split_once('/').map_or(api_version, |(_, version)| version)
}

/// The group is built in; upper case is no other group, because no group may have it.
fn group_is_native(api_version: &str) -> bool {
    let group = group_of(api_version);
    Kind::all().any(|kind| kind.group().eq_ignore_ascii_case(group)) || removed::has_group(group)
}

fn has_version(api_version: &str) -> bool {
    Kind::all().any(|kind| kind.api_version() == api_version)
}

/// A group without a dot cannot be a custom one; it means a built-in one if that has the kind and a similar name:
/// `networking/v1 Ingress`, `core/v1 ConfigMap`.
fn means_native(api_version: &str, kind: &str) -> bool {
    let group = group_of(api_version);
    let is_like = |native: &'static str| {
        let label = native.split('.').next().filter(|label| !label.is_empty()).unwrap_or(CORE);
        nearest(group, std::iter::once(label)).is_some()
    };
    !group.contains('.') && Kind::all().any(|found| found.kind() == kind && is_like(found.group()))
}

/// Stable before beta before alpha, then the higher number.
fn rank(version: &str) -> (u8, u32, u32) {
    let number = |text: &str| text.parse::<u32>().unwrap_or_default();
    let version = version.trim_start_matches('v');
    match (version.split_once("beta"), version.split_once("alpha")) {
        (Some((major, minor)), _) => (1, number(major), number(minor)),
        (_, Some((major, minor))) => (0, number(major), number(minor)),
        _ => (2, number(version), 0),
    }
}

#[cfg(test)]
mod tests;
