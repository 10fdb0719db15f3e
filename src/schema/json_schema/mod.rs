//! Custom resources against a JSON Schema that somebody made of their CRD, as kubeconform's catalogues have them.
//!
//! Such a schema knows neither defaults nor pruning, so metadata is judged as that of any custom resource, and the rest by
//! the schema alone.

pub mod layout;
mod limit;
mod load;
mod size;
mod uri;
mod words;

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};

use jsonschema::error::ValidationErrorKind;
use jsonschema::{ValidationError, Validator};
use serde_json::Value;

pub use self::load::Files;
use crate::manifest::object::{Object, group_of, roots};
use crate::schema::crd::build::Builder;
use crate::schema::crd::pack::{Pack, Version};
use crate::schema::minors::MinorSet;
use crate::schema::problem::Problem;
use crate::source::Side;
use crate::yaml::{self, Dialect, pointer};

/// Errors of one object that are looked at; more than are told.
const ENOUGH: usize = 2_000;

/// A compiled JSON Schema.
#[derive(Debug)]
pub struct JsonSchema {
    validator: Arc<Validator>,
    written: Value,
    /// It took too long once: the next object would too.
    is_slow: AtomicBool,
}

/// What a JSON Schema says against an object.
#[derive(Debug, Default)]
pub struct Judged {
    /// In the order of the schema.
    pub problems: Vec<Problem>,
    /// The pointers of values whose verdict hangs on one that is not known yet.
    pub unknown: Vec<String>,
    /// It took too long.
    pub gave_up: bool,
}

impl JsonSchema {
    /// The schema of a path.
    ///
    /// # Errors
    /// Why it cannot be used, in words.
    pub fn load(files: &Files, path: &str) -> Result<Self, String> {
        let (validator, written) = load::load(files, path)?;
        Ok(Self { validator: Arc::new(validator), written, is_slow: AtomicBool::new(false) })
    }

    /// The schema is for an API version, as far as it says for which: its file's name may leave the group out.
    #[must_use]
    pub fn is_for(&self, api_version: &str, kind: &str) -> bool {
        let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let version = api_version.rsplit_once('/').map_or(api_version, |(_, version)| version);
        if let Some(kinds) = self.written.get("x-kubernetes-group-version-kind").and_then(Value::as_array) {
            return kinds.iter().any(|one| {
                text(one, "group") == group_of(api_version)
                    && text(one, "version") == version
                    && text(one, "kind") == kind
            });
        }
        let at = |path: &str, wanted: &str| {
            let words = self.written.pointer(path).and_then(Value::as_array);
            words.is_none_or(|words| words.iter().any(|word| word.as_str() == Some(wanted)))
        };
        at("/properties/apiVersion/enum", api_version) && at("/properties/kind/enum", kind)
    }

    /// Judge an object. What something replaces before the cluster sees it satisfies every check on itself.
    #[must_use]
    pub fn judge(&self, object: &Object, minors: MinorSet) -> Judged {
        let Some(errors) = self.errors(object) else { return Judged { gave_up: true, ..Judged::default() } };
        let unknown = unknown_below(object);
        let mut judged = Judged::default();
        for error in errors {
            let at = error.instance_path().as_str();
            if unknown.iter().any(|unknown| holds(unknown, at)) {
                continue;
            }
            if depends_on_all(error.kind()) && unknown.iter().any(|unknown| holds(at, unknown)) {
                judged.unknown.push(at.to_owned());
                continue;
            }
            judged.problems.extend(words::problems(object, &self.written, &error, minors));
        }
        judged.problems.retain(|problem| !unknown.contains(&problem.pointer));
        let mut seen = HashSet::new();
        judged.problems.retain(|problem| seen.insert((problem.pointer.clone(), problem.message.clone())));
        judged
    }

    /// What the validator says, if it says so in time.
    fn errors(&self, object: &Object) -> Option<Vec<ValidationError<'static>>> {
        if self.is_slow.load(Ordering::Relaxed) {
            return None;
        }
        let (validator, instance) = (Arc::clone(&self.validator), object.value().to_json());
        let errors = limit::in_time(move |is_over| {
            let errors = validator.iter_errors(&instance).take(ENOUGH);
            let errors = errors.take_while(|_| !is_over.load(Ordering::Relaxed));
            errors.map(ValidationError::to_owned).collect()
        });
        self.is_slow.store(errors.is_none(), Ordering::Relaxed);
        errors
    }
}

/// One pointer is another one, or above it.
fn holds(above: &str, pointer: &str) -> bool {
    pointer.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The keyword looks at everything below the value.
fn depends_on_all(kind: &ValidationErrorKind) -> bool {
    use ValidationErrorKind as Kind;
    matches!(
        kind,
        Kind::AnyOf { .. }
            | Kind::OneOfMultipleValid { .. }
            | Kind::OneOfNotValid { .. }
            | Kind::Not { .. }
            | Kind::Constant { .. }
            | Kind::Enum { .. }
            | Kind::Contains
            | Kind::UniqueItems
    )
}

/// The pointers of all that is unknown of an object.
fn unknown_below(object: &Object) -> HashSet<String> {
    fn walk(object: &Object, value: yaml::Value<'_>, at: &str, found: &mut HashSet<String>) {
        if object.unknown(value).is_some() {
            found.insert(at.to_owned());
            return;
        }
        for (key, _, child) in value.entries() {
            walk(object, child, &pointer::child(at, key), found);
        }
        for (index, item) in value.items().enumerate() {
            walk(object, item, &pointer::child(at, &index.to_string()), found);
        }
    }
    let mut found = HashSet::new();
    if object.has_unknown() {
        walk(object, object.value(), "", &mut found);
    }
    found
}

/// The version of a custom resource of which nothing is known but that it is one: its metadata is judged by this.
#[must_use]
pub fn any() -> Option<Version<'static>> {
    const CRD: &str = "\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
spec:
  group: any
  names: { kind: Any, plural: any }
  scope: Namespaced
  versions:
    - { name: any, served: true, schema: { openAPIV3Schema: { type: object, x-kubernetes-preserve-unknown-fields: true } } }
";
    static PACK: LazyLock<Pack> = LazyLock::new(|| {
        let stream = yaml::read("any".into(), Side::Head, CRD.as_bytes(), Dialect::Kubectl);
        let mut builder = Builder::new();
        for crd in stream.documents.iter().flat_map(roots) {
            // It is ours, and a test has compiled it.
            _ = builder.add(crd);
        }
        builder.finish()
    });
    PACK.kinds().next()?.versions().next()
}

#[cfg(test)]
mod tests {
    #[test]
    fn there_is_a_version_of_any_kind() {
        assert!(super::any().is_some_and(|version| version.root().preserves_unknown_fields()));
    }
}
