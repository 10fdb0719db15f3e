//! What a policy looks at: `custom.match` of its METADATA, Gatekeeper's `match` with `operations` beside it.

use std::collections::BTreeSet;

use super::gatekeeper::matching::{self, Namespace, Source, Target};
use super::metadata::Custom;
use super::review::Review;
use crate::schema::table::Kind;

/// What a request may do, and all of that.
const OPERATIONS: [&str; 5] = ["CREATE", "UPDATE", "DELETE", "CONNECT", "*"];

/// Where an object lies.
const SCOPES: [&str; 3] = ["Cluster", "Namespaced", "*"];

/// Groups that clusters had once: old policies name them beside their successors.
const BYGONE: [&str; 1] = ["extensions"];

/// A group or a kind that a policy looks for, and that no object can have, or hardly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OddKind {
    /// The text.
    pub text: String,
    /// What is odd.
    pub message: String,
    /// What may be meant.
    pub meant: Option<String>,
    /// No object has it, whatever custom resources there are.
    pub is_certain: bool,
}

/// Which reviews a policy is asked about. The default is all of them.
#[derive(Clone, Debug, Default)]
pub struct Match {
    operations: Vec<String>,
    objects: matching::Match,
}

impl Match {
    /// What METADATA says under `custom`.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn of_metadata(custom: &Custom) -> Result<Self, String> {
        let Some(mut spec) = custom.matches.clone() else { return Ok(Self::default()) };
        let operations = spec.as_object_mut().and_then(|fields| fields.remove("operations"));
        let operations: Option<Vec<String>> =
            operations.map(serde_json::from_value).transpose().map_err(|error| format!("operations: {error}"))?;
        let operations = operations.unwrap_or_default();
        if let Some(odd) = operations.iter().find(|operation| !OPERATIONS.contains(&operation.as_str())) {
            return Err(format!("operations: {odd:?} is none; there are {}", OPERATIONS.join(", ")));
        }
        if !operations.is_empty() && operations.iter().all(|operation| operation == "CONNECT") {
            return Err("operations: no change of a repository is a CONNECT".to_owned());
        }
        let objects: matching::Match = serde_json::from_value(spec).map_err(|error| error.to_string())?;
        if let Some(odd) = objects.scope().filter(|scope| !SCOPES.contains(scope)) {
            return Err(format!("scope: {odd:?} is none; there are {}", SCOPES.join(", ")));
        }
        match objects.mistakes().into_iter().next() {
            Some((at, why)) => Err(format!("{at}: {why}")),
            None => Ok(Self { operations, objects }),
        }
    }

    /// Groups and kinds that it looks for in vain.
    #[must_use]
    pub fn odd_kinds(&self) -> Vec<OddKind> {
        let mut odd = Vec::new();
        for (groups, kinds) in self.objects.named_kinds() {
            odd.extend(groups.iter().filter_map(|group| odd_group(group)));
            odd.extend(kinds.iter().filter_map(|kind| odd_kind(groups, kind)));
        }
        odd
    }

    /// The policy may be asked about objects of a kind.
    #[must_use]
    pub fn may_match(&self, group: &str, kind: &str) -> bool {
        self.objects.may_match(group, kind)
    }

    /// The policy may be asked about a request, as far as that can be told without its objects.
    #[must_use]
    pub fn may_match_request(&self, review: &Review) -> bool {
        let is_asked = self.operations.is_empty() || self.operations.iter().any(|o| *o == review.operation || o == "*");
        is_asked && self.may_match(&review.group, &review.kind)
    }

    /// The policy is asked about a review: any of its objects matches.
    ///
    /// # Errors
    /// It depends on labels of a Namespace that is not in the repository.
    pub fn matches(&self, review: &Review) -> Result<bool, matching::MissingNamespace> {
        let namespace = match (&review.namespace_object, &review.namespace) {
            (Some(object), _) => Namespace::Known(object),
            (None, Some(name)) => Namespace::Named(name),
            (None, None) => Namespace::None,
        };
        for object in [&review.object, &review.old_object].into_iter().flatten() {
            let target = Target { lies: review.lies, ..Target::of(object, namespace, Source::Original) };
            if self.objects.matches(&target)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// The group may be one of custom resources, whose names have a dot.
fn odd_group(group: &str) -> Option<OddKind> {
    let is_known = group == "*" || BYGONE.contains(&group) || Kind::all().any(|known| known.group() == group);
    if is_known {
        return None;
    }
    let groups: BTreeSet<&str> = Kind::all().map(Kind::group).filter(|group| !group.is_empty()).collect();
    let is_certain = !group.contains('.');
    let near = groups.into_iter().find(|known| strsim::osa_distance(known, group) <= TYPO);
    let meant = near.map(str::to_owned);
    (is_certain || meant.is_some()).then(|| OddKind {
        text: group.to_owned(),
        message: format!("no API group is called `{group}`"),
        meant,
        is_certain,
    })
}

/// Of built-in groups the kinds are known.
fn odd_kind(groups: &[String], kind: &str) -> Option<OddKind> {
    let is_in = |known: &Kind| groups.is_empty() || groups.iter().any(|group| group == "*" || group == known.group());
    if kind == "*" || Kind::all().any(|known| known.kind() == kind && is_in(&known)) {
        return None;
    }
    let is_built_in = |group: &String| Kind::all().any(|known| known.group() == group);
    let is_certain = !groups.is_empty() && groups.iter().all(is_built_in);
    let is_near = |known: &Kind| {
        let is_typo = kind.len() > 2 * TYPO && strsim::osa_distance(known.kind(), kind) <= TYPO;
        known.kind() != kind
            && (is_typo || [known.kind(), known.plural()].iter().any(|name| name.eq_ignore_ascii_case(kind)))
    };
    let meant = Kind::all().find(|known| is_in(known) && is_near(known)).map(|known| known.kind().to_owned());
    let elsewhere: BTreeSet<&str> = Kind::all().filter(|known| known.kind() == kind).map(Kind::group).collect();
    let meant = meant.or_else(|| {
        let group = elsewhere.first().filter(|_| is_certain)?;
        Some(if group.is_empty() { format!("{kind} of the core group \"\"") } else { format!("{kind} of {group}") })
    });
    (is_certain || meant.is_some()).then(|| OddKind {
        text: kind.to_owned(),
        message: match groups {
            [group] if group.is_empty() => format!("the core API group has no kind `{kind}`"),
            [group] if group != "*" => format!("the API group `{group}` has no kind `{kind}`"),
            _ => format!("no built-in kind is called `{kind}`"),
        },
        meant,
        is_certain,
    })
}

/// So many letters of a word are wrong, at most.
const TYPO: usize = 2;
