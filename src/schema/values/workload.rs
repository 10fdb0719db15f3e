//! What workloads have in common: a selector that must find the Pods of the template, and what a template may say.

use std::collections::HashMap;

use super::{Cx, Read};
use crate::schema::stored::Places;
use crate::schema::text::name;
use crate::yaml::{Kind, Origin, Value};

/// A selector that the server cannot make sense of (`LabelSelectorAsSelector`).
pub(super) struct Senseless;

/// The labels of a template, for many look-ups.
pub(super) struct Labels<'a> {
    labels: Option<Value<'a>>,
    index: HashMap<&'a str, Value<'a>>,
}

/// How many labels are looked through one by one.
const FEW: usize = 32;

impl<'a> Labels<'a> {
    /// The labels of `spec.template`.
    pub(super) fn of_template(spec: Value<'a>) -> Self {
        let labels = spec.path(&["template", "metadata", "labels"]);
        let many = labels.filter(|labels| labels.entries().len() > FEW);
        let index = many.into_iter().flat_map(Value::entries).map(|(key, _, value)| (key, value)).collect();
        Self { labels, index }
    }

    /// The value of a label.
    pub(super) fn get(&self, key: &str) -> Option<Value<'a>> {
        if self.index.is_empty() { self.labels?.get(key) } else { self.index.get(key).copied() }
    }
}

/// What is known of one label.
pub(super) enum Label<'a> {
    /// It is not there.
    Absent,
    /// Its value.
    Is(&'a str),
    /// It may have any value.
    Unknown,
}

/// The selector at `spec.selector` finds a Pod with these labels. Without a selector it finds none, an empty one finds all.
pub(super) fn selects<'a>(
    cx: &Cx<'_>,
    selector: Option<Value<'a>>,
    label: impl Fn(&str) -> Label<'a>,
) -> Result<bool, Senseless> {
    let Some(selector) = selector else { return Ok(false) };
    let mut all = true;
    for (key, value) in selector.pairs("matchLabels") {
        let known = value.as_str().filter(|_| !cx.is_opaque(value));
        if !name::qualified(key).is_empty() || known.is_some_and(|text| !name::label_value(text).is_empty()) {
            return Err(Senseless);
        }
        all &= match (label(key), known) {
            (Label::Absent, _) => false,
            (Label::Is(found), Some(text)) => found == text,
            (Label::Unknown, _) | (_, None) => true,
        };
    }
    for requirement in selector.list("matchExpressions") {
        let key = requirement.text("key");
        let is_unknown = |value: &Value<'_>| cx.is_opaque(*value);
        let values = || requirement.list("values").filter(|value| !is_unknown(value)).filter_map(Value::as_str);
        let has_unknown = requirement.list("values").any(|value| is_unknown(&value));
        if !name::qualified(key).is_empty() || values().any(|value| !name::label_value(value).is_empty()) {
            return Err(Senseless);
        }
        let any = requirement.count("values") > 0;
        let holds = match (requirement.text("operator"), label(key)) {
            ("In" | "NotIn", _) if !any => return Err(Senseless),
            ("Exists" | "DoesNotExist", _) if any => return Err(Senseless),
            ("In", Label::Is(found)) => has_unknown || values().any(|value| value == found),
            ("NotIn", Label::Is(found)) => values().all(|value| value != found),
            ("In" | "Exists", Label::Absent) | ("DoesNotExist", Label::Is(_)) => false,
            (_, Label::Unknown) | ("Exists", Label::Is(_)) | ("NotIn" | "DoesNotExist", Label::Absent) => true,
            _ => return Err(Senseless),
        };
        all &= holds;
    }
    Ok(all)
}

/// What is known of a label of the template.
pub(super) fn label_of<'a>(cx: &Cx<'_>, labels: &Labels<'a>, key: &str) -> Label<'a> {
    match labels.get(key) {
        None => Label::Absent,
        Some(value) if cx.is_opaque(value) => Label::Unknown,
        Some(value) => Label::Is(value.as_str().unwrap_or_default()),
    }
}

/// The selector or the labels are not what the schema says, so that nothing is said of them together.
pub(super) fn is_unclear(cx: &Cx<'_>, spec: Value<'_>) -> bool {
    let of = |path: &[&str]| {
        let nearest = (1..=path.len()).rev().find_map(|length| spec.path(path.get(..length)?));
        nearest.is_some_and(|value| cx.is_opaque(value) || value.kind() != Kind::Mapping)
    };
    of(&["selector"]) || of(&["selector", "matchLabels"]) || of(&["template", "metadata", "labels"])
}

/// `selector` does not match template `labels`
pub(super) fn labels_must_match<'a>(cx: &mut Cx<'a>, spec: Value<'a>) {
    cx.invalid(spec.at("template.metadata.labels"), "`selector` does not match template `labels`");
    // Labels that are merely missing, kustomize's `labels` and `commonLabels` may add.
    let labels = spec.path(&["template", "metadata", "labels"]);
    let wanted = spec.path(&["selector", "matchLabels"]);
    let differs = |(key, _, value): (&str, _, Value<'_>)| {
        labels.and_then(|labels| labels.get(key)).is_some_and(|label| !label.same(value))
    };
    if wanted.is_none_or(|wanted| !wanted.entries().any(differs)) {
        cx.may_be_added();
    }
}

/// The selector of a workload must find the Pods of its template. `Err` says that it makes no sense.
pub(super) fn selector_and_labels<'a>(cx: &mut Cx<'a>, spec: Value<'a>) -> Result<(), Senseless> {
    if is_unclear(cx, spec) {
        return Ok(());
    }
    let labels = Labels::of_template(spec);
    if !selects(cx, spec.get("selector"), |key| label_of(cx, &labels, key))? {
        labels_must_match(cx, spec);
    }
    Ok(())
}

/// What the server filled in at a path stays when the manifest says nothing of it: nobody owns it. But what a manifest
/// said before and says no longer is removed, with all that was filled in below it.
pub(super) fn stays(new: Value<'_>, old: Value<'_>, path: &[&str]) -> bool {
    let is_said = |value: &Value<'_>| value.origin() != Origin::Default;
    let (mut new, mut old) = (new, old);
    for field in path {
        match (new.get(field).filter(is_said), old.get(field).filter(is_said)) {
            (Some(now), Some(before)) => (new, old) = (now, before),
            (None, Some(_)) => return false,
            (_, None) => return true,
        }
    }
    true
}

/// What a selector must have where it is not optional (`empty selector is invalid for deployment`).
pub(super) fn selector_is_there<'a>(cx: &mut Cx<'a>, spec: Value<'a>, workload: &str) {
    match spec.get("selector") {
        None => cx.required(spec.at("selector"), ""),
        Some(_) => selector_is_not_empty(cx, spec, workload),
    }
}

/// A selector that finds everything is refused.
pub(super) fn selector_is_not_empty<'a>(cx: &mut Cx<'a>, spec: Value<'a>, workload: &str) {
    let is_empty = |selector: Value<'_>| {
        selector.kind() == Kind::Mapping && selector.count("matchLabels") + selector.count("matchExpressions") == 0
    };
    if spec.get("selector").is_some_and(is_empty) {
        cx.invalid(spec.at("selector"), format_args!("empty selector is invalid for {workload}"));
    }
}

/// Pods that run until they are deleted: they are started again and have no deadline.
pub(super) fn runs_forever<'a>(cx: &mut Cx<'a>, spec: Value<'a>, workload: &str) {
    let Some(pod) = spec.path(&["template", "spec"]) else { return };
    if pod.get("restartPolicy").is_some_and(|policy| !matches!(policy.as_str(), Some("" | "Always"))) {
        cx.not_supported(pod.at("restartPolicy"), &["Always"]);
    }
    if pod.has("activeDeadlineSeconds") {
        let deadline = pod.at("activeDeadlineSeconds");
        cx.forbidden(deadline, format_args!("activeDeadlineSeconds in {workload} is not Supported"));
    }
}
