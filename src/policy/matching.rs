//! What a policy looks at: `custom.match` of its METADATA, Gatekeeper's `match` with `operations` beside it.

use super::gatekeeper::matching::{self, Namespace, Source, Target};
use super::metadata::Custom;
use super::review::Review;

/// What a request may do, and all of that.
const OPERATIONS: [&str; 5] = ["CREATE", "UPDATE", "DELETE", "CONNECT", "*"];

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
        let objects: matching::Match = serde_json::from_value(spec).map_err(|error| error.to_string())?;
        match objects.mistakes().into_iter().next() {
            Some((at, why)) => Err(format!("{at}: {why}")),
            None => Ok(Self { operations, objects }),
        }
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
