//! What the value rules of built-in kinds read and write: fields by name, and problems in the server's words.

use std::fmt::Display;

use crate::config::Minor;
use crate::schema::minors::MinorSet;
use crate::schema::problem::{Cause, Problem, Raised};
use crate::schema::stored::{At, Stored};
use crate::yaml::{Kind, Value};

/// Reading a stored object. Absent, null and unknown values are the zero value, as in Go.
pub(in crate::schema) trait Read<'a>: Copy {
    /// A string; empty when it is absent.
    fn text(self, key: &str) -> &'a str;
    /// A string that is there, even if it is empty.
    fn text_if(self, key: &str) -> Option<&'a str>;
    /// An integer.
    fn int(self, key: &str) -> Option<i64>;
    /// A boolean; false when it is absent.
    fn flag(self, key: &str) -> bool;
    /// The items of a list; none when it is absent.
    fn list(self, key: &str) -> impl Iterator<Item = Value<'a>>;
    /// How many items a list or pairs a mapping has.
    fn count(self, key: &str) -> usize;
    /// The strings of a list.
    fn texts(self, key: &str) -> impl Iterator<Item = &'a str>;
    /// The pairs of a mapping; none when it is absent.
    fn pairs(self, key: &str) -> impl Iterator<Item = (&'a str, Value<'a>)>;
    /// There is a value, whatever it is.
    fn has(self, key: &str) -> bool;
    /// There is nothing: no value, or an empty text, list or mapping. A value of a wrong type is not nothing.
    fn lacks(self, key: &str) -> bool;
}

impl<'a> Read<'a> for Value<'a> {
    #[inline]
    fn text(self, key: &str) -> &'a str {
        self.text_if(key).unwrap_or_default()
    }

    #[inline]
    fn text_if(self, key: &str) -> Option<&'a str> {
        self.str_at(key)
    }

    #[inline]
    fn int(self, key: &str) -> Option<i64> {
        self.get(key)?.as_int()
    }

    #[inline]
    fn flag(self, key: &str) -> bool {
        self.get(key).and_then(Value::as_bool).unwrap_or_default()
    }

    #[inline]
    fn list(self, key: &str) -> impl Iterator<Item = Value<'a>> {
        self.items_at(key)
    }

    #[inline]
    fn count(self, key: &str) -> usize {
        self.get(key).map_or(0, |value| value.raw_items().len() + value.raw_entries().len())
    }

    #[inline]
    fn texts(self, key: &str) -> impl Iterator<Item = &'a str> {
        self.list(key).filter_map(Value::as_str)
    }

    #[inline]
    fn pairs(self, key: &str) -> impl Iterator<Item = (&'a str, Value<'a>)> {
        let (document, entries) = (self.document(), self.get(key).map(Value::raw_entries).unwrap_or_default());
        entries.iter().map(move |entry| (document.text_of(&entry.key), document.value(entry.value)))
    }

    #[inline]
    fn has(self, key: &str) -> bool {
        self.get(key).is_some()
    }

    fn lacks(self, key: &str) -> bool {
        self.get(key).is_none_or(|value| match value.kind() {
            Kind::String => value.as_str().is_none_or(str::is_empty),
            Kind::Sequence | Kind::Mapping => value.items().len() + value.entries().len() == 0,
            _ => false,
        })
    }
}

/// One validation: the stored object, and what was found so far.
pub(in crate::schema) struct Cx<'a> {
    stored: &'a Stored,
    problems: Vec<Problem>,
    /// The object before, where it is updated: some of it stays, and some rules are only for what is new.
    pub(in crate::schema) old: Option<Value<'a>>,
    /// The minors that are judged.
    pub(in crate::schema) minors: MinorSet,
    raised: Raised,
    /// The last problem was dropped, because nothing more is said of its value.
    dropped: bool,
}

impl<'a> Cx<'a> {
    /// A validation of an object for some minors.
    pub(in crate::schema) fn new(stored: &'a Stored, minors: MinorSet) -> Self {
        Self { stored, problems: Vec::new(), old: None, minors, raised: Raised::Always, dropped: false }
    }

    /// The object replaces another one.
    pub(in crate::schema) fn is_update(&self) -> bool {
        self.old.is_some()
    }

    /// What was found.
    pub(in crate::schema) fn finish(self) -> Vec<Problem> {
        self.problems
    }

    /// How many problems were found so far: the server leaves some checks out after an error.
    pub(in crate::schema) fn count(&self) -> usize {
        self.problems.len()
    }

    /// The minors for which something was found since there were `first` problems.
    pub(in crate::schema) fn refusing_since(&self, first: usize) -> MinorSet {
        let found = self.problems.iter().skip(first).filter(|problem| problem.cause != Cause::Warning);
        found.fold(MinorSet::NONE, |all, problem| all.and(problem.minors))
    }

    /// The value, or one that holds it, is not what the schema says or is not known, so that nothing follows from it.
    pub(in crate::schema) fn is_opaque(&self, value: Value<'_>) -> bool {
        self.stored.is_opaque(value)
    }

    /// Check something only for minors from 1.`first` on.
    pub(in crate::schema) fn since(&mut self, first: u8, check: impl FnOnce(&mut Self)) {
        self.within(MinorSet::since(first), check);
    }

    /// Check something only for minors before 1.`end`.
    pub(in crate::schema) fn before(&mut self, end: u8, check: impl FnOnce(&mut Self)) {
        self.within(MinorSet::ALL.without(MinorSet::since(end)), check);
    }

    /// Check something only for some minors.
    pub(in crate::schema) fn within(&mut self, minors: MinorSet, check: impl FnOnce(&mut Self)) {
        let all = self.minors;
        self.minors = all.within(minors);
        if !self.minors.is_empty() {
            check(self);
        }
        self.minors = all;
    }

    /// Check something that depends on the fields that a minor drops, each minor by itself.
    pub(in crate::schema) fn by_dropped_fields(&mut self, check: impl Fn(&mut Self, Minor)) {
        for minor in self.minors.minors() {
            self.within(MinorSet::of(minor), |cx| check(cx, minor));
        }
    }

    /// Check something that only one way of applying refuses.
    pub(in crate::schema) fn raised(&mut self, raised: Raised, check: impl FnOnce(&mut Self)) {
        let before = std::mem::replace(&mut self.raised, raised);
        check(self);
        self.raised = before;
    }

    /// The server's name of a place: `spec.containers[0].ports[1]`.
    pub(in crate::schema) fn name_of(&self, at: At<'_>) -> String {
        self.stored.names(at).0
    }

    /// Check something that the server checks only of an object that is created.
    pub(in crate::schema) fn on_create(&mut self, check: impl FnOnce(&mut Self)) {
        if !self.is_update() {
            check(self);
        }
    }

    /// `Required value[: why]`
    #[cold]
    #[inline(never)]
    pub(in crate::schema) fn required(&mut self, at: At<'_>, why: &str) {
        let message = if why.is_empty() { "Required value".to_owned() } else { format!("Required value: {why}") };
        self.push(Cause::Required, at, message);
    }

    /// `Invalid value: JSON: why`, with the value that is there.
    #[cold]
    #[inline(never)]
    pub(in crate::schema) fn invalid(&mut self, at: At<'_>, why: impl Display) {
        let message = format!("Invalid value: {}: {why}", printed(at));
        self.push(Cause::Invalid, at, message);
    }

    /// `Invalid value: SHOWN: why`, with another text than the value's JSON.
    #[cold]
    #[inline(never)]
    pub(in crate::schema) fn invalid_shown(&mut self, at: At<'_>, shown: impl Display, why: impl Display) {
        self.push(Cause::Invalid, at, format!("Invalid value: {shown}: {why}"));
    }

    /// `Invalid value: JSON: why` for each reason that a syntax of `schema::text` gives.
    #[inline(never)]
    pub(in crate::schema) fn invalid_each(&mut self, at: At<'_>, whys: impl IntoIterator<Item = impl Display>) {
        for why in whys {
            self.invalid(at, why);
        }
    }

    /// `Invalid value: SHOWN: why` for each of them.
    #[inline(never)]
    pub(in crate::schema) fn invalid_shown_each(
        &mut self,
        at: At<'_>,
        shown: impl Display,
        whys: impl IntoIterator<Item = impl Display>,
    ) {
        for why in whys {
            self.invalid_shown(at, &shown, why);
        }
    }

    /// `Invalid value: JSON: field is immutable`
    #[cold]
    #[inline(never)]
    pub(in crate::schema) fn immutable(&mut self, at: At<'_>) {
        self.changed(at, "field is immutable");
    }

    /// `Invalid value: JSON: why`, because the old object had another value.
    #[cold]
    #[inline(never)]
    pub(in crate::schema) fn changed(&mut self, at: At<'_>, why: impl Display) {
        let message = format!("Invalid value: {}: {why}", printed(at));
        self.push(Cause::Immutable, at, message);
    }

    /// `Invalid value: SHOWN: why`, because of what the old object had.
    #[cold]
    #[inline(never)]
    pub(in crate::schema) fn changed_shown(&mut self, at: At<'_>, shown: impl Display, why: impl Display) {
        self.push(Cause::Immutable, at, format!("Invalid value: {shown}: {why}"));
    }

    /// `Forbidden: why`, because the old object had another value.
    #[cold]
    #[inline(never)]
    pub(in crate::schema) fn forbidden_change(&mut self, at: At<'_>, why: impl Display) {
        self.push(Cause::Immutable, at, format!("Forbidden: {why}"));
    }

    /// `Unsupported value: "x": supported values: "a", "b"`
    #[cold]
    #[inline(never)]
    pub(in crate::schema) fn not_supported(&mut self, at: At<'_>, supported: &[&str]) {
        let value = if at.target().is_none() { "\"\"".to_owned() } else { printed(at) };
        let message = if supported.is_empty() {
            format!("Unsupported value: {value}")
        } else {
            let quoted: Vec<String> = supported.iter().map(|text| format!("{text:?}")).collect();
            format!("Unsupported value: {value}: supported values: {}", quoted.join(", "))
        };
        let suggestion = at.target().and_then(Value::as_str).and_then(|text| nearest(text, supported.iter().copied()));
        self.push(Cause::NotSupported, at, message);
        if let Some(last) = self.last() {
            last.suggestion = suggestion;
        }
    }

    /// A value of an enum that must be one of `supported`: required when it is empty, unsupported otherwise.
    pub(in crate::schema) fn one_of(&mut self, at: At<'_>, supported: &[&str]) {
        match at.target().map(|value| value.as_str().unwrap_or_default()) {
            None | Some("") => self.required(at, ""),
            Some(text) if supported.contains(&text) => {}
            Some(_) => self.not_supported(at, supported),
        }
    }

    /// `Forbidden: why`
    #[cold]
    #[inline(never)]
    pub(in crate::schema) fn forbidden(&mut self, at: At<'_>, why: impl Display) {
        self.push(Cause::Forbidden, at, format!("Forbidden: {why}"));
    }

    /// `Duplicate value: JSON`
    #[cold]
    #[inline(never)]
    pub(in crate::schema) fn duplicate(&mut self, at: At<'_>) {
        let message = format!("Duplicate value: {}", printed(at));
        self.push(Cause::Duplicate, at, message);
    }

    /// `Duplicate value: SHOWN`
    #[cold]
    #[inline(never)]
    pub(in crate::schema) fn duplicate_shown(&mut self, at: At<'_>, shown: impl Display) {
        self.push(Cause::Duplicate, at, format!("Duplicate value: {shown}"));
    }

    /// `Too long: may not be more than N bytes`
    #[cold]
    #[inline(never)]
    pub(in crate::schema) fn too_long(&mut self, at: At<'_>, bytes: usize) {
        self.push(Cause::TooLong, at, format!("Too long: may not be more than {bytes} bytes"));
    }

    /// `Too many: N: must have at most M items`
    #[cold]
    #[inline(never)]
    pub(in crate::schema) fn too_many(&mut self, at: At<'_>, number: usize, most: usize) {
        let items = if most == 1 { "item" } else { "items" };
        self.push(Cause::TooMany, at, format!("Too many: {number}: must have at most {most} {items}"));
    }

    /// `Not found: JSON`
    #[cold]
    #[inline(never)]
    pub(in crate::schema) fn not_found(&mut self, at: At<'_>) {
        let message = format!("Not found: {}", printed(at));
        self.push(Cause::NotFound, at, message);
    }

    /// A warning, in the server's words after the field.
    #[cold]
    #[inline(never)]
    pub(in crate::schema) fn warn(&mut self, at: At<'_>, message: impl Display) {
        self.push(Cause::Warning, at, message.to_string());
    }

    /// Anything else: a cause with its whole message (without the field).
    #[cold]
    #[inline(never)]
    pub(in crate::schema) fn push(&mut self, cause: Cause, at: At<'_>, message: String) {
        self.dropped = self.stored.is_opaque(at.target().unwrap_or(at.value));
        if self.dropped {
            return;
        }
        let (field, pointer) = self.stored.names(at);
        let absent = cause == Cause::Required && at.target().is_none();
        let only_applied = at.target().is_some_and(|value| self.stored.is_only_applied(value));
        let raised = if only_applied { Raised::ByApply } else { self.raised };
        let minors = self.minors;
        self.problems.push(Problem { cause, field, pointer, message, raised, minors, suggestion: None, absent });
    }

    /// The server reports the problems from the `since`th on under other names than the manifest's.
    pub(in crate::schema) fn renamed(&mut self, since: usize, name: impl Fn(&str) -> Option<String>) {
        for problem in self.problems.iter_mut().skip(since) {
            if let Some(field) = name(&problem.field) {
                problem.field = field;
            }
        }
    }

    /// The server's name of a place: `spec.containers[0].image`.
    pub(in crate::schema) fn name(&self, at: At<'_>) -> String {
        self.stored.names(at).0
    }

    fn last(&mut self) -> Option<&mut Problem> {
        if self.dropped { None } else { self.problems.last_mut() }
    }

    /// The last problem is no problem of a claim that is bound, if its class lets it grow.
    pub(in crate::schema) fn may_grow(&mut self) {
        if let Some(last) = self.last() {
            last.cause = Cause::Growth;
        }
    }

    /// The last problem is that something is not there, which an overlay may add.
    pub(in crate::schema) fn may_be_added(&mut self) {
        if let Some(last) = self.last() {
            last.absent = true;
        }
    }

    /// The last problem, which the server reports at a list or a map, is about one entry of it.
    pub(in crate::schema) fn points_to(&mut self, entry: &str) {
        if let Some(last) = self.last() {
            last.pointer = crate::yaml::pointer::child(&last.pointer, entry);
        }
    }

    /// The server reports the last problem under another name than the manifest's: `spec.LoadBalancerSourceRanges`.
    pub(in crate::schema) fn called(&mut self, field: &str) {
        if let Some(last) = self.last() {
            field.clone_into(&mut last.field);
        }
    }

    /// The server reports the last problem at another place, or at something with another name than the manifest's:
    /// `spec.template.labels`. `rest` follows the place as it is.
    pub(in crate::schema) fn called_at(&mut self, at: At<'_>, rest: &str) {
        if !self.dropped && !self.problems.is_empty() {
            let (mut field, _) = self.stored.names(at);
            field.push_str(rest);
            self.called(&field);
        }
    }

    /// What the problems from the `first` on say of places below `from`, the server says of places below `to`.
    pub(in crate::schema) fn moved(&mut self, first: usize, from: At<'_>, to: At<'_>) {
        if self.problems.len() > first {
            let ((from, _), (to, _)) = (self.stored.names(from), self.stored.names(to));
            for problem in self.problems.iter_mut().skip(first) {
                if let Some(rest) = problem.field.strip_prefix(&from) {
                    problem.field = format!("{to}{rest}");
                }
            }
        }
    }
}

/// A value as the server prints it in a message.
#[cold]
pub(in crate::schema) fn printed(at: At<'_>) -> String {
    match at.target() {
        None => "null".to_owned(),
        Some(value) if value.kind() == Kind::String => format!("{:?}", value.as_str().unwrap_or_default()),
        Some(value) => serde_json::to_string(&value).unwrap_or_default(),
    }
}

/// The candidate that is most like a word, if one is like enough to have been meant.
pub(in crate::schema) fn nearest<'c>(word: &str, candidates: impl Iterator<Item = &'c str>) -> Option<String> {
    let folded = word.to_lowercase();
    let distance = |candidate: &str| strsim::osa_distance(&folded, &candidate.to_lowercase());
    let (distance, best) = candidates.map(|candidate| (distance(candidate), candidate)).min()?;
    (distance <= 1 + best.len() / 4 && distance < best.len()).then(|| best.to_owned())
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_typo_is_recognised_and_a_stranger_is_not() {
        let fields = ["image", "imagePullPolicy", "name", "ports"];
        assert_eq!(nearest("imagepullpolicy", fields.into_iter()).as_deref(), Some("imagePullPolicy"));
        assert_eq!(nearest("port", fields.into_iter()).as_deref(), Some("ports"));
        assert_eq!(nearest("schedule", fields.into_iter()), None);
    }
}
