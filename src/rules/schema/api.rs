//! `schema/unknown-kind`, `schema/removed-api`, `schema/deprecated-api`: what the server says of an API version and a kind.

use super::{DEPRECATED_API, REMOVED_API, Targets, UNKNOWN_KIND, change};
use crate::check::Draft;
use crate::config::Minor;
use crate::finding::{Authority, Severity};
use crate::manifest::object::Object;
use crate::schema::minors::MinorSet;
use crate::schema::table::Kind;
use crate::schema::versions::{Refusal, Standing, Why, look_up};

/// Report the minors that do not serve an object's kind; those that do are the answer.
pub(super) fn check(object: &Object, targets: &Targets, drafts: &mut Vec<Draft>) -> MinorSet {
    let (api_version, kind) = (object.api_version.as_str(), object.key.kind.as_str());
    let is_unknown = |field: &str| object.value().get(field).is_none_or(|value| object.unknown(value).is_some());
    let Standing::Native { served, refusals } = look_up(api_version, kind, targets.all) else { return MinorSet::NONE };
    if is_unknown("apiVersion") || is_unknown("kind") {
        return served;
    }
    drafts.extend(refusals.iter().map(|refusal| refused(object, refusal, targets)));
    drafts.extend(Kind::find(api_version, kind).and_then(|kind| deprecated(object, kind, served)));
    served
}

fn refused(object: &Object, refusal: &Refusal, targets: &Targets) -> Draft {
    let (api_version, kind) = (&object.api_version, &object.key.kind);
    let no_matches = || format!("no matches for kind \"{kind}\" in version \"{api_version}\"");
    let instead = refusal.instead.as_ref();
    let meant = instead.map(|instead| format!("{} {}", instead.api_version, instead.kind));
    let or_use = meant.as_ref().map_or(String::new(), |meant| format!(", or use {meant}"));
    let did_you_mean = || meant.as_ref().map(|meant| format!("did you mean {meant}?"));
    let (rule, message, help) = match refusal.why {
        Why::Removed(since) => {
            let message = match &meant {
                Some(meant) => format!("{api_version} {kind} was removed in 1.{since}; use {meant}"),
                None => format!("{api_version} {kind} was removed in 1.{since}, and nothing has replaced it"),
            };
            let differs = instead.is_some_and(|instead| !instead.exact);
            (
                &REMOVED_API,
                message,
                differs.then(|| "its fields or defaults differ; see Kubernetes' deprecation guide".to_owned()),
            )
        }
        Why::NotYet(first) => (&UNKNOWN_KIND, no_matches(), Some(format!("1.{first} is the first minor that has it"))),
        Why::Off => {
            let help = format!(
                "alpha and beta APIs are off unless the server runs with --runtime-config={api_version}=true; switch it on{or_use}"
            );
            (&UNKNOWN_KIND, no_matches(), Some(help))
        }
        Why::NotCreated => {
            (&UNKNOWN_KIND, format!("the server does not allow create of {kind}"), Some("remove it".to_owned()))
        }
        Why::UnknownKind | Why::UnknownVersion => (&UNKNOWN_KIND, no_matches(), did_you_mean()),
    };
    let wrong_kind = instead.is_some_and(|instead| instead.api_version == api_version);
    let at = if wrong_kind || matches!(refusal.why, Why::NotCreated) { "/kind" } else { "/apiVersion" };
    let mut draft = Draft::at(rule, object, at, message).detail(format!("{api_version} {kind}"));
    draft.help = help;
    draft.minors = refusal.minors;
    if refusal.minors.within(targets.failing).is_empty() {
        draft.severity = Severity::Warning;
    }
    if let Some(instead) = instead.filter(|instead| instead.exact) {
        if wrong_kind {
            draft.fix = change(object, at, instead.kind);
        } else if instead.kind == kind {
            draft.fix = change(object, at, instead.api_version);
        }
    }
    draft
}

/// What the server warns of, in its words.
fn deprecated(object: &Object, kind: Kind, served: MinorSet) -> Option<Draft> {
    let since = kind.deprecated_since()?;
    let minors = served.within(MinorSet::since(since));
    if minors.is_empty() {
        return None;
    }
    let last = kind.minors().minors().last()?;
    let end = if last == Minor::NEWEST { String::new() } else { format!(", unavailable in v1.{}+", last.number() + 1) };
    let instead = kind.instead().map_or(String::new(), |instead| format!("; use {instead}"));
    let message = format!("{} {} is deprecated in v1.{since}+{end}{instead}", kind.api_version(), kind.kind());
    let mut draft = Draft::at(&DEPRECATED_API, object, "/apiVersion", message);
    draft.authority = Authority::ServerWarning;
    draft.minors = minors;
    Some(draft)
}
