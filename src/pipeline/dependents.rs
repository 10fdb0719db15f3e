//! Objects that the change does not touch and that are judged all the same, because something changed that they depend
//! on: custom resources of a CRD that the change adds, edits or removes, Pods of a Namespace whose Pod Security labels
//! change, and whatever a policy looks at that reads other objects.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::change::{Located, ObjectChange};
use crate::finding::Operation;
use crate::git::FileChange;
use crate::manifest::classify::Classifier;
use crate::manifest::key::Namespace;
use crate::manifest::object::group_of;
use crate::policy::gatekeeper::constraint::Constraint;
use crate::policy::loaded::Policy;
use crate::policy::pod_security;
use crate::source::RepoPath;
use crate::yaml::Value;

use super::read::Pair;
use super::{Run, RunError};

/// Group and kind that a CRD defines.
type Kind = (String, String);

/// What makes an unchanged object worth judging.
struct Wanted<'a> {
    /// Kinds whose CRD changed.
    kinds: BTreeSet<Kind>,
    /// Namespaces whose Pod Security labels changed.
    namespaces: BTreeSet<String>,
    /// Policies that may read the changed objects.
    readers: Vec<&'a Policy>,
    /// Constraints whose templates may.
    constraints: Vec<&'a Constraint>,
    /// The namespaces of the changed objects; empty text where none is named.
    changed: BTreeSet<String>,
}

impl Wanted<'_> {
    fn holds(&self, group: &str, kind: &str, namespace: Option<&str>) -> bool {
        let is_read = |policy: &&Policy| {
            policy.matches.may_match(group, kind)
                && (!policy.inventory.stays_in_namespace() || self.changed.contains(namespace.unwrap_or_default()))
        };
        self.kinds.contains(&(group.to_owned(), kind.to_owned()))
            || namespace.is_some_and(|name| self.namespaces.contains(name) && pod_security::looks_at(group, kind))
            || self.readers.iter().any(is_read)
            || self.constraints.iter().any(|constraint| constraint.may_be_asked(group, kind))
    }

    fn is_nothing(&self) -> bool {
        self.kinds.is_empty() && self.namespaces.is_empty() && self.readers.is_empty() && self.constraints.is_empty()
    }
}

impl Run<'_> {
    fn wanted(&self, changes: &[ObjectChange]) -> Wanted<'_> {
        let differing = || changes.iter().filter(|change| !change.equal_in_value());
        let sides = |change: &ObjectChange| [change.old.clone(), change.new.clone()].into_iter().flatten();
        let relabelled = differing().filter(|change| {
            change.key().is_some_and(|key| key.group.is_empty() && key.kind == "Namespace")
                && pod_security::labels_differ(
                    change.old.as_ref().map(|old| &*old.object),
                    change.new.as_ref().map(|new| &*new.object),
                )
        });
        let namespace_of = |located: Located| match &located.object.key.namespace {
            Namespace::Named(name) => name.clone(),
            Namespace::Cluster | Namespace::Unset => String::new(),
        };
        let changed_kinds: BTreeSet<String> =
            differing().flat_map(sides).map(|located| located.object.key.kind.clone()).collect();
        let policies = self.policies.policies.iter().map(|policy| &**policy);
        Wanted {
            kinds: differing().flat_map(defined_kinds).collect(),
            namespaces: relabelled.filter_map(ObjectChange::key).map(|key| key.name.clone()).collect(),
            readers: policies.filter(|policy| policy.inventory.may_see(&changed_kinds)).collect(),
            constraints: self.policies.gatekeeper.readers_of(&changed_kinds),
            changed: differing().flat_map(sides).map(namespace_of).collect(),
        }
    }

    /// The files that hold such objects, and the objects, with the operation [`Operation::Unchanged`].
    pub(super) fn dependents(
        &self,
        pairs: &[Pair],
        changes: &[ObjectChange],
        base: &Classifier<'_>,
        head: &Classifier<'_>,
    ) -> Result<(Vec<Pair>, Vec<ObjectChange>), RunError> {
        if self.audit {
            return Ok((Vec::new(), Vec::new()));
        }
        let wanted = self.wanted(changes);
        if wanted.is_nothing() {
            return Ok((Vec::new(), Vec::new()));
        }
        let read: BTreeSet<&RepoPath> = pairs.iter().map(|pair| &pair.change.path).collect();
        let mut paths: BTreeSet<RepoPath> = BTreeSet::new();
        for object in self.head.inventory.objects()?.found {
            let fact = &object.fact;
            let is_wanted = wanted.holds(group_of(&fact.api_version), &fact.kind, fact.namespace.as_deref());
            if is_wanted && !read.contains(&object.path) {
                paths.insert(object.path);
            }
        }
        let mut found = Vec::new();
        for path in paths {
            let (old, new) = (self.base.tree.entry(path.as_str())?, self.head.tree.entry(path.as_str())?);
            found.push(self.read(&FileChange { path, old, new, moved_from: None }, base, head)?);
        }
        let mut objects = Vec::new();
        for pair in pairs.iter().chain(&found) {
            let (Some(old), Some(new)) = (pair.old.file(), pair.new.file()) else { continue };
            for object in new.objects.iter().filter(|object| {
                let namespace = match &object.key.namespace {
                    Namespace::Named(name) => Some(name.as_str()),
                    Namespace::Cluster | Namespace::Unset => None,
                };
                wanted.holds(group_of(&object.api_version), &object.key.kind, namespace)
            }) {
                let before = old.objects.iter().find(|old| old.key == object.key);
                let Some(before) = before.filter(|old| old.value().same(object.value())) else { continue };
                objects.push(ObjectChange {
                    operation: Operation::Unchanged,
                    old: Some(Located { object: Arc::clone(before), file: Arc::clone(old) }),
                    new: Some(Located { object: Arc::clone(object), file: Arc::clone(new) }),
                    moved_from: None,
                    counterpart: None,
                });
            }
        }
        Ok((found, objects))
    }
}

/// The kinds that a CRD defines before and after.
fn defined_kinds(change: &ObjectChange) -> impl Iterator<Item = Kind> {
    let sides = [change.old.as_ref(), change.new.as_ref()].into_iter().flatten();
    sides.filter(|located| located.object.key.kind == "CustomResourceDefinition").filter_map(|located| {
        let text = |path: &[&str]| located.object.value().path(path).and_then(Value::as_str).map(str::to_owned);
        Some((text(&["spec", "group"])?, text(&["spec", "names", "kind"])?))
    })
}
