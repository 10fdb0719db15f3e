//! What the policies are asked about: an object of the change as the cluster would store it.

use std::collections::BTreeMap;

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
    /// By whether they are bare, and what stands for what is unknown.
    forms: BTreeMap<(bool, StandIn), (Review, Value)>,
}

/// What stands in the place of a value that is not known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum StandIn {
    /// The text that is written.
    Text,
    /// Nothing: it is absent.
    Nothing,
    /// What it may turn out to be.
    Value(Value),
}

impl StandIn {
    /// Everything that a policy is asked with beside the text: nothing, and what it may compare the value with.
    pub(super) fn others(constants: &[Value]) -> impl Iterator<Item = Self> {
        std::iter::once(Self::Nothing).chain(constants.iter().cloned().map(Self::Value))
    }

    fn in_place(&self, value: yaml::Value<'_>) -> Option<Value> {
        match self {
            Self::Text => None,
            Self::Value(constant) if value.is_scalar() => Some(filled(value.as_str(), constant)),
            Self::Nothing | Self::Value(_) => Some(Value::Undefined),
        }
    }
}

/// How the holes of a text begin and end: Flux', kustomize's, those of Go templates.
const HOLES: [(&str, &str); 3] = [("${", "}"), ("$(", ")"), ("{{", "}}")];

/// A text with a constant in its holes; one that is all hole, or has none (it is encrypted), is the constant.
fn filled(text: Option<&str>, constant: &Value) -> Value {
    let (mut made, mut rest) = (String::new(), text.unwrap_or_default());
    while let Some((start, open, close)) =
        HOLES.iter().filter_map(|(open, close)| Some((rest.find(open)?, *open, *close))).min()
    {
        let (before, hole) = rest.split_at(start);
        let Some((_, after)) = hole.get(open.len()..).and_then(|hole| hole.split_once(close)) else { break };
        if made.is_empty() && before.is_empty() && after.is_empty() {
            return constant.clone();
        }
        made.push_str(before);
        match constant {
            Value::String(constant) => made.push_str(constant),
            constant => made.push_str(&constant.to_string()),
        }
        rest = after;
    }
    if made.is_empty() { constant.clone() } else { Value::from(made + rest) }
}

impl<'a> Asked<'a> {
    /// The forms of a review.
    #[must_use]
    pub(super) fn new(context: &'a Context<'a>, review: check::Review<'a>) -> Self {
        Self { context, review, head: head(review), forms: BTreeMap::new() }
    }

    /// The request, and the same as a value. Bare: the objects as they are written, as clients see them; else as the
    /// cluster stores them.
    pub(super) fn review(&mut self, is_bare: bool, stand_in: &StandIn) -> (&Review, &Value) {
        let at = (is_bare, stand_in.clone());
        let (context, review, head) = (self.context, self.review, &self.head);
        let (review, value) = self.forms.entry(at).or_insert_with(|| {
            let form = |object: &Object| {
                if is_bare { written(object, stand_in) } else { stored(context, object, stand_in) }
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

fn written(object: &Object, stand_in: &StandIn) -> Value {
    value::with(object.value(), &|value| object.unknown(value).and_then(|_| stand_in.in_place(value)))
}

/// An object as the cluster would store it: with defaults, without what it prunes. As it is written, when no schema of it
/// is known.
fn stored(context: &Context<'_>, object: &Object, stand_in: &StandIn) -> Value {
    let minors: MinorSet = context.config.minors(None).current.iter().copied().collect();
    let stored = match table::Kind::find(&object.api_version, &object.key.kind) {
        Some(kind) => Some(builtin::stored(object, kind, minors)),
        None => context.crds.of(object).ok().and_then(|judges| {
            let version = judges.first()?.version(object)?;
            Some(crd::judge(object, None, version, minors).stored)
        }),
    };
    let Some(stored) = stored else { return written(object, stand_in) };
    value::with(stored.root(), &|value: yaml::Value<'_>| {
        let raw = object.document.value(stored.raw(value)?);
        object.unknown(raw).and_then(|_| stand_in.in_place(raw))
    })
}
