//! Gatekeeper's webhook as the API server is told of it: which requests it is asked about.
//!
//! Where that depends on what nobody knows (the plural of a custom resource, labels of a Namespace that is not in the
//! repository, CEL in `matchConditions`), it is asked.

use serde::Deserialize;

use super::OPERATIONS;
use super::selector::{Labels, Selector};
use crate::policy::Value;
use crate::policy::review::{Lies, Review};

/// One webhook of a ValidatingWebhookConfiguration (`admissionregistration.k8s.io/v1`).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Webhook {
    rules: Vec<Rule>,
    /// `Exact`, or `Equivalent`, by which the other versions of a resource count as well.
    match_policy: Option<String>,
    namespace_selector: Selector,
    object_selector: Selector,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Rule {
    api_groups: Vec<String>,
    api_versions: Vec<String>,
    operations: Vec<String>,
    resources: Vec<String>,
    scope: Option<String>,
}

/// What a request is about.
#[derive(Clone, Copy, Debug)]
pub(super) struct About<'a> {
    pub(super) group: &'a str,
    pub(super) version: &'a str,
    /// Plural; none when it is not known.
    pub(super) resource: Option<&'a str>,
    /// None when it is not known.
    pub(super) is_namespaced: Option<bool>,
    /// The object after and before.
    pub(super) objects: [Option<&'a Value>; 2],
    /// The name and the labels of the Namespace: its own, or the one that it lies in.
    pub(super) namespace: Option<&'a str>,
    pub(super) namespace_object: Option<&'a Value>,
}

impl<'a> About<'a> {
    pub(super) fn of(review: &'a Review) -> Self {
        let is_namespace = review.group.is_empty() && review.kind == "Namespace";
        let objects = [review.object.as_ref(), review.old_object.as_ref()];
        let [new, old] = objects;
        let (namespace, namespace_object) = if is_namespace {
            (Some(review.name.as_str()), new.or(old))
        } else {
            (review.namespace.as_deref(), review.namespace_object.as_ref())
        };
        Self {
            group: &review.group,
            version: &review.version,
            resource: review.resource.as_deref(),
            is_namespaced: match review.lies {
                _ if is_namespace => Some(false),
                Lies::AsWritten => Some(review.namespace.is_some()),
                Lies::InNamespace => Some(true),
                Lies::Anywhere => None,
            },
            objects,
            namespace,
            namespace_object,
        }
    }

    /// The same for a Pod that a workload makes.
    pub(super) fn pod(self, pod: &'a Value) -> Self {
        Self {
            group: "",
            version: "v1",
            resource: Some("pods"),
            is_namespaced: Some(true),
            objects: [Some(pod), None],
            ..self
        }
    }
}

impl Webhook {
    /// Whether it is asked about a request. `operations` stand for those of its rules, where the config names some.
    pub(super) fn is_asked(&self, about: &About<'_>, operation: &str, operations: Option<&[String]>) -> bool {
        if !self.selects(about) {
            return false;
        }
        let is_equivalent = self.match_policy.as_deref() != Some("Exact");
        let mut rules = self.rules.iter().filter(|rule| rule.is_about(about, is_equivalent));
        match operations {
            Some(operations) => holds(operations, operation) && rules.next().is_some(),
            None => rules.any(|rule| holds(&rule.operations, operation)),
        }
    }

    fn selects(&self, about: &About<'_>) -> bool {
        let by_namespace = match (about.namespace_object, about.namespace) {
            (Some(object), _) => self.namespace_selector.matches(Labels::of(object)),
            (None, Some(name)) => self.namespace_selector.decides_by_name(name) != Some(false),
            (None, None) => true,
        };
        let mut objects = about.objects.into_iter().flatten();
        by_namespace && objects.any(|object| self.object_selector.matches(Labels::of(object)))
    }

    /// What the server refuses of its selectors: where, and why.
    pub(super) fn mistakes(&self) -> impl Iterator<Item = (String, String)> {
        let selectors = [("namespaceSelector", &self.namespace_selector), ("objectSelector", &self.object_selector)];
        selectors
            .into_iter()
            .flat_map(|(key, selector)| selector.mistakes().map(move |(at, why)| (format!("/{key}{at}"), why)))
    }
}

impl Rule {
    fn is_about(&self, about: &About<'_>, is_equivalent: bool) -> bool {
        let in_scope = match (self.scope.as_deref(), about.is_namespaced) {
            (Some("Cluster"), Some(is_namespaced)) => !is_namespaced,
            (Some("Namespaced"), Some(is_namespaced)) => is_namespaced,
            _ => true,
        };
        in_scope
            && holds(&self.api_groups, about.group)
            && (is_equivalent || holds(&self.api_versions, about.version))
            && (self.resources.is_empty() || self.resources.iter().any(|resource| names(resource, about.resource)))
    }
}

/// The server takes no empty list: what it is meant for is not known.
fn holds(texts: &[String], text: &str) -> bool {
    texts.is_empty() || texts.iter().any(|known| known == "*" || known == text)
}

/// A resource as a rule writes it (`pods`, `*`, `*/*`, `pods/exec`) is one itself, and not a part of it.
fn names(written: &str, resource: Option<&str>) -> bool {
    let (name, part) = written.split_once('/').unwrap_or((written, ""));
    matches!(part, "" | "*") && (name == "*" || resource.is_none_or(|resource| resource == name))
}

/// Whether a webhook whose configuration is not in the repository is asked: as Gatekeeper ships it.
pub(super) fn is_asked_by_default(operation: &str, operations: Option<&[String]>) -> bool {
    operations.map_or(OPERATIONS.contains(&operation), |operations| holds(operations, operation))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(json: serde_json::Value) -> Value {
        Value::from(json)
    }

    fn review(api_version: &str, kind: &str, resource: Option<&str>, namespace: Option<&str>) -> Review {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        Review {
            group: group.to_owned(),
            version: version.to_owned(),
            kind: kind.to_owned(),
            resource: resource.map(str::to_owned),
            namespace: namespace.map(str::to_owned),
            name: "a".to_owned(),
            object: Some(value(serde_json::json!({"metadata": {"labels": {"tier": "web"}}}))),
            ..Review::default()
        }
    }

    /// As the API server's matcher of rules (`admission/plugin/webhook/predicates`) has it.
    #[test]
    fn rules_are_matched_as_the_server_does() {
        let pod = || review("v1", "Pod", Some("pods"), Some("shop"));
        let web = || review("apps/v1", "Deployment", Some("deployments"), Some("shop"));
        let cluster_role = || review("rbac.authorization.k8s.io/v1", "ClusterRole", Some("clusterroles"), None);
        let namespace = || review("v1", "Namespace", Some("namespaces"), None);
        let custom = || review("acme.io/v1", "Widget", None, Some("shop"));
        let rule = |more: &str| {
            format!("rules: [{{apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*'], {more}}}]")
        };
        let of = |group: &str, version: &str, resources: &str| {
            format!(
                "rules: [{{apiGroups: ['{group}'], apiVersions: ['{version}'], operations: [DELETE], resources: [{resources}]}}]"
            )
        };
        let cases: [(String, Review, &str, bool); 26] = [
            (rule(""), pod(), "DELETE", true),
            (rule("scope: '*'"), cluster_role(), "CREATE", true),
            (rule("scope: Namespaced"), pod(), "CREATE", true),
            (rule("scope: Namespaced"), cluster_role(), "CREATE", false),
            (rule("scope: Cluster"), cluster_role(), "UPDATE", true),
            (rule("scope: Cluster"), pod(), "UPDATE", false),
            (rule("scope: Cluster"), namespace(), "UPDATE", true),
            (rule("scope: Namespaced"), namespace(), "UPDATE", false),
            (of("", "v1", "pods"), pod(), "DELETE", true),
            (of("", "v1", "pods"), pod(), "CREATE", false),
            (of("", "v1", "pods"), web(), "DELETE", false),
            (of("", "v1", "services, 'pods/*'"), pod(), "DELETE", true),
            (of("", "v1", "pods/exec"), pod(), "DELETE", false),
            (of("", "v1", "'*/*'"), pod(), "DELETE", true),
            (of("", "v1", "'*/scale'"), pod(), "DELETE", false),
            (of("apps", "v1beta1", "deployments"), web(), "DELETE", true),
            (of("apps", "v1beta1", "deployments") + "\nmatchPolicy: Exact", web(), "DELETE", false),
            // The plural of a custom resource is not known, so it may be this one.
            (of("acme.io", "v1", "widgets"), custom(), "DELETE", true),
            (of("other.io", "v1", "widgets"), custom(), "DELETE", false),
            ("rules: []".to_owned(), pod(), "CREATE", false),
            (rule("") + "\nobjectSelector: {matchLabels: {tier: web}}", pod(), "CREATE", true),
            (rule("") + "\nobjectSelector: {matchLabels: {tier: db}}", pod(), "CREATE", false),
            (
                rule("") + "\nnamespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}",
                pod(),
                "CREATE",
                true,
            ),
            (rule("") + "\nnamespaceSelector: {matchLabels: {kubernetes.io/metadata.name: x}}", pod(), "CREATE", false),
            // Which labels the Namespace has is not known.
            (rule("") + "\nnamespaceSelector: {matchLabels: {team: x}}", pod(), "CREATE", true),
            (rule("") + "\nnamespaceSelector: {matchLabels: {team: x}}", cluster_role(), "CREATE", true),
        ];
        for (text, review, operation, expected) in cases {
            let webhook: Webhook = yaml_serde::from_str(&text).unwrap();
            assert_eq!(
                webhook.is_asked(&About::of(&review), operation, None),
                expected,
                "{text} {} {operation}",
                review.kind
            );
        }
    }

    #[test]
    fn the_config_names_other_operations() {
        let text = "rules: [{apiGroups: [''], apiVersions: [v1], operations: [CREATE], resources: [pods]}]";
        let webhook: Webhook = yaml_serde::from_str(text).unwrap();
        let operations = ["DELETE".to_owned()];
        let asked = |review: &Review, operation| webhook.is_asked(&About::of(review), operation, Some(&operations));
        let pod = review("v1", "Pod", Some("pods"), Some("shop"));
        assert!(asked(&pod, "DELETE") && !asked(&pod, "CREATE"));
        assert!(!asked(&review("v1", "Service", Some("services"), Some("shop")), "DELETE"));
    }
}
