//! Label selectors, as `metav1.LabelSelector`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::matching::field;
use crate::policy::Value;

/// The label that every Namespace has, set by the server.
pub(in crate::policy) const NAME_LABEL: &str = "kubernetes.io/metadata.name";

/// A label selector: all of it must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Selector {
    match_labels: BTreeMap<String, String>,
    match_expressions: Vec<Requirement>,
}

/// One requirement.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Requirement {
    key: String,
    operator: String,
    #[serde(default)]
    values: Vec<String>,
}

/// The labels of an object.
#[derive(Clone, Copy, Debug)]
pub struct Labels<'a>(Option<&'a Value>);

impl<'a> Labels<'a> {
    /// Those of an object.
    #[must_use]
    pub fn of(object: &'a Value) -> Self {
        Self(field(object, &["metadata", "labels"]))
    }

    /// The value of a label.
    pub(super) fn get(self, key: &str) -> Option<&'a str> {
        field(self.0?, &[key])?.as_string().ok().map(|text| &**text)
    }
}

impl Selector {
    /// Whether it holds labels.
    #[must_use]
    pub fn matches(&self, labels: Labels<'_>) -> bool {
        self.match_labels.iter().all(|(key, value)| labels.get(key) == Some(value))
            && self.match_expressions.iter().all(|requirement| requirement.holds(labels.get(&requirement.key)))
    }

    /// Whether it holds a Namespace of which only the name is known; none when that depends on other labels.
    #[must_use]
    pub fn decides_by_name(&self, name: &str) -> Option<bool> {
        let mut open = false;
        let mut hold = |key: &str, holds: &dyn Fn(Option<&str>) -> bool| {
            let is_known = key == NAME_LABEL;
            open |= !is_known;
            !is_known || holds(Some(name))
        };
        let labels = self.match_labels.iter().all(|(key, value)| hold(key, &|label| label == Some(value)));
        let all = labels && self.match_expressions.iter().all(|r| hold(&r.key, &|label| r.holds(label)));
        if !all {
            return Some(false);
        }
        (!open).then_some(true)
    }

    /// What the server refuses: where in the selector, and why.
    pub(super) fn mistakes(&self) -> impl Iterator<Item = (String, String)> {
        self.match_expressions.iter().enumerate().filter_map(|(index, requirement)| {
            let wants_values = match requirement.operator.as_str() {
                "In" | "NotIn" => true,
                "Exists" | "DoesNotExist" => false,
                other => {
                    let why = format!("{other:?} is no operator; write `In`, `NotIn`, `Exists` or `DoesNotExist`");
                    return Some((format!("/matchExpressions/{index}/operator"), why));
                }
            };
            let at = format!("/matchExpressions/{index}/values");
            match (wants_values, requirement.values.is_empty()) {
                (true, true) => Some((at, "`In` and `NotIn` need values".to_owned())),
                (false, false) => Some((at, "`Exists` and `DoesNotExist` take no values".to_owned())),
                _ => None,
            }
        })
    }
}

impl Requirement {
    fn holds(&self, label: Option<&str>) -> bool {
        let is_in = label.is_some_and(|label| self.values.iter().any(|value| value == label));
        match self.operator.as_str() {
            "In" => is_in,
            "NotIn" => !is_in,
            "Exists" => label.is_some(),
            "DoesNotExist" => label.is_none(),
            _ => false,
        }
    }
}
