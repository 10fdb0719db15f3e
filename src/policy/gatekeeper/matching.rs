//! Which objects a constraint, or a mutator, is about: Gatekeeper's `match`.

use serde::Deserialize;

use super::selector::{Labels, Selector};
use crate::policy::Value;
use crate::policy::review::Lies;

/// A `match` block. All of its parts must hold; one that is not written holds for everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Match {
    source: Source,
    kinds: Vec<Kinds>,
    /// Anything but `Cluster` and `Namespaced` is any.
    scope: Option<String>,
    namespaces: Vec<Glob>,
    excluded_namespaces: Vec<Glob>,
    label_selector: Option<Selector>,
    namespace_selector: Option<Selector>,
    name: Glob,
}

/// Groups and kinds; `*`, or nothing, is any.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct Kinds {
    api_groups: Vec<String>,
    kinds: Vec<String>,
}

/// Whether an object is in the change, or made of one by an expansion.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum Source {
    /// Either.
    #[default]
    All,
    /// It was applied.
    Original,
    /// An ExpansionTemplate made it.
    Generated,
}

/// A text with a `*` in front, behind, or both.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Glob(String);

/// What is known of an object's Namespace.
#[derive(Clone, Copy, Debug)]
pub enum Namespace<'a> {
    /// There is none: the object is cluster-scoped.
    None,
    /// Its object.
    Known(&'a Value),
    /// It is not at hand. In a cluster it has one label for certain, its name.
    Named(&'a str),
    /// It is not at hand, and nothing is taken for certain (as `gator` does).
    Missing,
}

/// An object to be matched.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// API group.
    pub group: &'a str,
    /// Kind.
    pub kind: &'a str,
    /// Name; empty when the server makes it.
    pub name: &'a str,
    /// What the server makes the name of.
    pub generate_name: &'a str,
    /// The namespace that it lies in; empty when it says none.
    pub namespace: &'a str,
    /// Its labels.
    pub labels: Labels<'a>,
    /// The Namespace.
    pub namespace_object: Namespace<'a>,
    /// `Original` or `Generated`.
    pub source: Source,
    /// Whether it lies in a namespace.
    pub lies: Lies,
}

/// Whether the object matches depends on labels of a Namespace that nobody knows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("namespace selector for namespace-scoped object but missing Namespace")]
pub struct MissingNamespace;

impl Match {
    /// What is wrong with the selectors: where in the block (a JSON pointer), and why.
    #[must_use]
    pub fn mistakes(&self) -> Vec<(String, String)> {
        let selectors = [("labelSelector", &self.label_selector), ("namespaceSelector", &self.namespace_selector)];
        let selectors = selectors.into_iter().filter_map(|(key, selector)| Some((key, selector.as_ref()?)));
        let found = selectors.flat_map(|(key, s)| s.mistakes().map(move |(at, why)| (format!("/{key}{at}"), why)));
        found.collect()
    }

    /// The groups and kinds that it names, as they are written together.
    pub(in crate::policy) fn named_kinds(&self) -> impl Iterator<Item = (&[String], &[String])> {
        self.kinds.iter().map(|named| (&*named.api_groups, &*named.kinds))
    }

    /// Its scope, as it is written.
    pub(in crate::policy) fn scope(&self) -> Option<&str> {
        self.scope.as_deref()
    }

    /// It looks for originals alone.
    #[must_use]
    pub fn is_only_original(&self) -> bool {
        self.source == Source::Original
    }

    /// Whether it holds an object. Of what is known, the parts are asked in Gatekeeper's order.
    pub fn matches(&self, target: &Target<'_>) -> Result<bool, MissingNamespace> {
        let about =
            self.may_match(target.group, target.kind) && self.scope_matches(target) && self.namespaces_match(target);
        if !about || self.label_selector.as_ref().is_some_and(|selector| !selector.matches(target.labels)) {
            return Ok(false);
        }
        let rest = self.name_matches(target) && (self.source == Source::All || self.source == target.source);
        match self.namespace_selector_matches(target) {
            Some(holds) => Ok(holds && rest),
            // gator looks no further; that it could not tell only counts where the rest holds.
            None if rest || matches!(target.namespace_object, Namespace::Missing) => Err(MissingNamespace),
            None => Ok(false),
        }
    }

    /// It may hold objects of a kind.
    #[must_use]
    pub fn may_match(&self, group: &str, kind: &str) -> bool {
        let holds = |texts: &[String], text| texts.is_empty() || texts.iter().any(|t| t == "*" || t == text);
        self.kinds.is_empty() || self.kinds.iter().any(|k| holds(&k.kinds, kind) && holds(&k.api_groups, group))
    }

    fn scope_matches(&self, target: &Target<'_>) -> bool {
        let is_namespaced = !target.is_namespace()
            && (!target.namespace.is_empty() || matches!(target.namespace_object, Namespace::Known(_)));
        match (self.scope.as_deref(), target.lies) {
            (Some("Cluster"), Lies::AsWritten) => !is_namespaced,
            (Some("Namespaced"), Lies::AsWritten) => is_namespaced,
            (Some("Cluster"), Lies::InNamespace) => false,
            _ => true,
        }
    }

    fn namespaces_match(&self, target: &Target<'_>) -> bool {
        let namespace = match target.namespace_object {
            _ if target.is_namespace() => target.name,
            Namespace::Known(object) => text(object, &["metadata", "name"]),
            _ => target.namespace,
        };
        // Objects without a namespace are never left out.
        if namespace.is_empty() && !target.is_namespace() {
            return true;
        }
        let holds = |globs: &[Glob]| globs.iter().any(|glob| glob.matches(namespace));
        (self.namespaces.is_empty() || holds(&self.namespaces)) && !holds(&self.excluded_namespaces)
    }

    fn namespace_selector_matches(&self, target: &Target<'_>) -> Option<bool> {
        let Some(selector) = &self.namespace_selector else { return Some(true) };
        if target.is_namespace() {
            return Some(selector.matches(target.labels));
        }
        match target.namespace_object {
            Namespace::Known(object) => Some(selector.matches(Labels::of(object))),
            _ if target.namespace.is_empty() => Some(true),
            Namespace::Named(name) => selector.decides_by_name(name),
            Namespace::None | Namespace::Missing => None,
        }
    }

    fn name_matches(&self, target: &Target<'_>) -> bool {
        self.name.0.is_empty() || self.name.matches(target.name) || self.name.matches_prefix(target.generate_name)
    }
}

impl Target<'_> {
    fn is_namespace(&self) -> bool {
        self.group.is_empty() && self.kind == "Namespace"
    }
}

impl<'a> Target<'a> {
    /// What an object says of itself.
    #[must_use]
    pub fn of(object: &'a Value, namespace_object: Namespace<'a>, source: Source) -> Self {
        let api_version = text(object, &["apiVersion"]);
        let metadata = |key| text(object, &["metadata", key]);
        Self {
            group: crate::manifest::object::group_of(api_version),
            kind: text(object, &["kind"]),
            name: metadata("name"),
            generate_name: metadata("generateName"),
            namespace: metadata("namespace"),
            labels: Labels::of(object),
            namespace_object,
            source,
            lies: Lies::AsWritten,
        }
    }
}

impl Glob {
    /// Whether it holds a text.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        match (self.0.strip_prefix('*'), self.0.strip_suffix('*')) {
            (Some(rest), Some(_)) => text.contains(rest.strip_suffix('*').unwrap_or(rest)),
            (Some(end), None) => text.ends_with(end),
            (None, Some(start)) => text.starts_with(start),
            (None, None) => self.0 == text,
        }
    }

    /// Whether it holds every text that begins so.
    fn matches_prefix(&self, prefix: &str) -> bool {
        self.0.ends_with('*') && self.matches(prefix)
    }
}

/// The text along a chain of keys; empty where there is none.
pub(super) fn text<'a>(value: &'a Value, path: &[&str]) -> &'a str {
    field(value, path).and_then(|value| value.as_string().ok()).map_or("", |text| text)
}

/// The value along a chain of keys.
pub(super) fn field<'a>(value: &'a Value, path: &[&str]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, key| value.as_object().ok()?.get(&Value::from(*key)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_stand_in_front_and_behind() {
        for (glob, text, expected) in [
            ("kube-*", "kube-system", true),
            ("kube-*", "my-kube-system", false),
            ("*-system", "kube-system", true),
            ("*-system", "kube-system-2", false),
            ("*sys*", "kube-system", true),
            ("*", "anything", true),
            ("a*b", "axb", false),
            ("exact", "exact", true),
            ("exact", "exactly", false),
        ] {
            assert_eq!(Glob(glob.to_owned()).matches(text), expected, "{glob} on {text}");
        }
        assert!(Glob("web-*".to_owned()).matches_prefix("web-"));
        assert!(!Glob("*-web".to_owned()).matches_prefix("a-web"), "what follows is not known");
        assert!(!Glob("web-".to_owned()).matches_prefix("web-"));
    }
}
