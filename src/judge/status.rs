//! New, existing, fixed: the drafts of both sides compared as multisets.

use std::collections::HashMap;

use super::Unit;
use crate::check::Draft;
use crate::finding::Status;
use crate::rules;
use crate::source::Span;
use crate::yaml::pointer;

/// Give every draft its status. An old draft excuses at most one new draft of the same rule, pointer and detail, and only
/// if what they speak of is unchanged: a bad value that is replaced by another bad one is new.
pub(super) fn compare(unit: &Unit<'_>) -> Vec<(Status, Draft)> {
    let mut old: HashMap<Key, Vec<&Draft>> = HashMap::new();
    for draft in &unit.old {
        old.entry(key(unit, draft)).or_default().push(draft);
    }
    let mut marked = Vec::with_capacity(unit.new.len());
    for draft in &unit.new {
        let excuse = old.get_mut(&key(unit, draft)).filter(|_| !draft.cut).and_then(|candidates| {
            let position = candidates.iter().position(|before| same_spot(unit, before, draft))?;
            Some(candidates.remove(position))
        });
        marked.push((if excuse.is_some() { Status::Existing } else { Status::New }, draft.clone()));
    }
    let mut fixed: Vec<&Draft> = old.into_values().flatten().collect();
    fixed.sort_by_key(|draft| (draft.span, draft.rule.clone()));
    marked.extend(fixed.into_iter().map(|draft| (Status::Fixed, draft.clone())));
    marked
}

type Key = (String, String, String);

fn key(unit: &Unit<'_>, draft: &Draft) -> Key {
    let stable = |root| pointer::stable(root, &draft.pointer);
    let located = unit.change.and_then(|change| {
        let side = |located: &crate::change::Located| located.file.side == draft.source.side;
        change.new.as_ref().filter(|l| side(l)).or(change.old.as_ref().filter(|l| side(l)))
    });
    let pointer = located.map_or_else(|| draft.pointer.clone(), |located| stable(located.object.value()));
    (draft.rule.to_string(), pointer, draft.detail.clone())
}

fn same_spot(unit: &Unit<'_>, old: &Draft, new: &Draft) -> bool {
    let Some(change) = unit.change else {
        return text_at(old) == text_at(new);
    };
    let (Some(before), Some(after)) = (&change.old, &change.new) else { return false };
    let (before, after) =
        (pointer::find(before.object.value(), &old.pointer), pointer::find(after.object.value(), &new.pointer));
    match (before.exact, after.exact) {
        // A policy says of a whole what is wrong within it, and tells by its message or details what that is: another
        // image makes no new finding of a probe that was always missing.
        (true, true) => {
            before.value.same(after.value) || (!after.value.is_scalar() && rules::find(new.rule.as_str()).is_none())
        }
        (false, false) => true,
        _ => false,
    }
}

/// The text that a draft marks, blanks evened out; the whole line where it marks a single point.
fn text_at(draft: &Draft) -> String {
    let line = draft.source.position(draft.span.start).line;
    let whole = draft.source.line_span(line).unwrap_or_default();
    let span = if draft.span.end > draft.span.start + 1 { draft.span } else { whole };
    let span = Span { start: span.start, end: span.end.max(whole.end.min(span.start + 200)) };
    let text = draft.source.text.get(span.range()).unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
