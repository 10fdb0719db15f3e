//! What the policies are asked about: an object of the change as the cluster would store it.

use std::collections::HashMap;

use regorus::Value;

use super::review::{Lies, Review};
use super::value;
use crate::check::{self, Context};
use crate::finding::Operation;
use crate::manifest::key::Namespace;
use crate::manifest::object::{Object, group_of};
use crate::schema::minors::MinorSet;
use crate::schema::{builtin, crd, table};
use crate::yaml;

/// The forms of one review that policies ask for, made when first asked for.
pub(super) struct Asked<'a> {
    context: &'a Context<'a>,
    review: check::Review<'a>,
    /// The request without its objects: enough to see whether a policy looks at it.
    pub head: Review,
    /// By whether they are bare and without what is unknown.
    forms: HashMap<(bool, bool), (Review, Value)>,
}

impl<'a> Asked<'a> {
    /// The forms of a review.
    #[must_use]
    pub(super) fn new(context: &'a Context<'a>, review: check::Review<'a>) -> Self {
        Self { context, review, head: head(review), forms: HashMap::new() }
    }

    /// The request, and the same as a value. Bare: the objects as they are written, as clients see them; else as the
    /// cluster stores them. Without what is not known, or with the text that stands in its place.
    pub(super) fn review(&mut self, is_bare: bool, without_unknown: bool) -> (&Review, &Value) {
        let at = (is_bare, without_unknown);
        let (context, review, head) = (self.context, self.review, &self.head);
        let (review, value) = self.forms.entry(at).or_insert_with(|| {
            let form = |object: &Object| {
                if is_bare { written(object, without_unknown) } else { stored(context, object, without_unknown) }
            };
            let made = Review {
                object: review.new.map(form),
                old_object: review.old.map(form),
                namespace_object: head.namespace.as_deref().and_then(|name| {
                    let path = review.new.or(review.old)?.path();
                    context.policies.state.namespace(name, path)
                }),
                ..head.clone()
            };
            let value = made.to_value();
            (made, value)
        });
        (review, value)
    }
}

fn head(review: check::Review<'_>) -> Review {
    let Some(object) = review.new.or(review.old) else { return Review::default() };
    let text = |path: &[&str]| object.value().path(path).and_then(yaml::Value::as_str).unwrap_or_default().to_owned();
    let kind = table::Kind::find(&object.api_version, &object.key.kind);
    Review {
        group: group_of(&object.api_version).to_owned(),
        version: object.api_version.rsplit('/').next().unwrap_or_default().to_owned(),
        kind: object.key.kind.clone(),
        resource: kind.map(|kind| kind.plural().to_owned()),
        namespace: namespace(object).map(str::to_owned),
        lies: match object.key.namespace {
            Namespace::Named(_) | Namespace::Cluster => Lies::AsWritten,
            Namespace::Unset if kind.is_some() => Lies::InNamespace,
            Namespace::Unset => Lies::Anywhere,
        },
        name: text(&["metadata", "name"]),
        generate_name: text(&["metadata", "generateName"]),
        operation: word(review.operation).to_owned(),
        ..Review::default()
    }
}

/// An operation as AdmissionReview names it. What is asked again although nobody changed it is asked as an update.
pub(super) fn word(operation: Operation) -> &'static str {
    match operation {
        Operation::Create => "CREATE",
        Operation::Update | Operation::Unchanged => "UPDATE",
        Operation::Delete => "DELETE",
    }
}

/// The namespace that an object names.
#[must_use]
pub(super) fn namespace(object: &Object) -> Option<&str> {
    match &object.key.namespace {
        Namespace::Named(name) => Some(name),
        Namespace::Cluster | Namespace::Unset => None,
    }
}

fn written(object: &Object, without_unknown: bool) -> Value {
    value::of(object.value(), &|value| without_unknown && object.unknown(value).is_some())
}

/// An object as the cluster would store it: with defaults, without what it prunes. As it is written, when no schema of it
/// is known.
fn stored(context: &Context<'_>, object: &Object, without_unknown: bool) -> Value {
    let minors: MinorSet = context.config.minors(None).current.iter().copied().collect();
    let stored = match table::Kind::find(&object.api_version, &object.key.kind) {
        Some(kind) => Some(builtin::stored(object, kind, minors)),
        None => context.crds.of(object).ok().and_then(|judges| {
            let version = judges.first()?.version(object)?;
            Some(crd::judge(object, None, version, minors).stored)
        }),
    };
    let Some(stored) = stored else { return written(object, without_unknown) };
    let is_unknown = |value: yaml::Value<'_>| {
        without_unknown && stored.raw(value).is_some_and(|raw| object.unknown(object.document.value(raw)).is_some())
    };
    value::of(stored.root(), &is_unknown)
}
