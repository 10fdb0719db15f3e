//! Overrides: data that the caller hands in, which lets a change pass against its verdict.
//!
//! The file says who overrode what; that this is true is the caller's word. Whether that person may is the trust
//! commit's: `override: {labels, actors, teams, never}` of its config.

use std::collections::BTreeSet;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Deserialize;

use super::error::{Collector, ConfigErrors, error};
use super::pattern::Wildcard;
use super::validate::{Validator, is_fingerprint};
use super::{Config, read, schema, shape};
use crate::report::model::OverrideUse;
use crate::source::{Side, Source};
use crate::yaml::pointer::child;

/// One override as written.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct RawEntry {
    /// Fingerprints of the findings that it covers.
    #[serde(default)]
    fingerprints: Vec<String>,
    /// It covers everything, also what could not be judged.
    #[serde(default)]
    all: bool,
    /// Who, by login.
    #[schemars(length(min = 1))]
    actor: String,
    /// A team of which the actor is a member: `org/team`.
    team: Option<String>,
    /// Why.
    #[schemars(length(min = 1))]
    reason: String,
    /// Last day on which it counts.
    until: Option<String>,
    /// Where it can be looked up.
    evidence: Option<String>,
}

/// One override.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// The findings that it covers; none: everything, also what could not be judged.
    pub fingerprints: Option<BTreeSet<String>>,
    /// Who, by login.
    pub actor: String,
    /// A team of which the actor is a member.
    pub team: Option<String>,
    /// The label that the actor gave to the pull request; never from a file.
    pub label: Option<String>,
    /// Why.
    pub reason: String,
    /// Last day on which it counts.
    pub until: Option<Date>,
    /// Where it can be looked up.
    pub evidence: Option<String>,
}

/// What decides the verdict, as far as an override may turn it.
#[derive(Clone, Copy, Debug)]
pub struct Deciding<'a> {
    /// Rule and fingerprint of every deciding finding.
    pub findings: &'a [(&'a str, &'a str)],
    /// Number of deciding unchecked records.
    pub unchecked: usize,
}

/// What the overrides do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// There is none that speaks of this change, or nothing to override.
    Unused,
    /// Everything that decides is covered: the change is allowed.
    Allowed(OverrideUse),
    /// Something is not: the verdict stands. One sentence for each reason.
    Refused(Vec<String>),
}

/// Read an override file: a list of entries, YAML or JSON.
///
/// # Errors
/// Every mistake in it, each with its place.
pub fn parse(path: &str, text: &str) -> Result<Vec<Override>, ConfigErrors> {
    let source = Source::new(path.into(), Side::Base, text.to_owned(), true);
    let value = read::read(&source)?;
    let mut errors = Collector::new(&source);
    shape::check(&schema::of::<Vec<RawEntry>>(), &value, &mut errors);
    errors.finish()?;
    let raw: Vec<RawEntry> = serde_json::from_value(value).map_err(|wrong| ConfigErrors {
        errors: vec![error(&source, "", source.position(0), wrong.to_string(), None)],
    })?;
    let mut errors = Collector::new(&source);
    let entries =
        raw.into_iter().enumerate().map(|(index, raw)| entry(raw, &format!("/{index}"), &mut errors)).collect();
    errors.finish()?;
    Ok(entries)
}

fn entry(raw: RawEntry, pointer: &str, errors: &mut Collector<'_>) -> Override {
    if raw.all != raw.fingerprints.is_empty() {
        let message = if raw.all { "the entry covers all and names some" } else { "the entry covers nothing" };
        errors.value(pointer, message, "write either `all: true` or `fingerprints: [...]`");
    }
    for (index, text) in raw.fingerprints.iter().enumerate().filter(|(_, text)| !is_fingerprint(text)) {
        let pointer = format!("{pointer}/fingerprints/{index}");
        let message = format!("\"{}\" is no fingerprint", shape::cut(text));
        errors.value(&pointer, message, "copy the 32 hexadecimal digits from the JSON report");
    }
    let until = raw.until.and_then(|date| Validator { errors }.date(&date, &child(pointer, "until")));
    Override {
        fingerprints: (!raw.all).then(|| raw.fingerprints.into_iter().collect()),
        actor: raw.actor,
        team: raw.team,
        label: None,
        reason: raw.reason,
        until,
        evidence: raw.evidence,
    }
}

impl Override {
    fn covers(&self, fingerprint: &str) -> bool {
        self.fingerprints.as_ref().is_none_or(|own| own.contains(fingerprint))
    }

    /// Why it does not count, if it does not.
    fn refusal(&self, trust: &Config, today: Date) -> Option<String> {
        let rights = &trust.overriding;
        let team = self.team.as_ref().is_some_and(|team| rights.teams.contains(team));
        // Labels alone: whoever may give one may override. With people or teams named, it must be one of them.
        let by_label = self.label.as_ref().is_some_and(|label| rights.labels.contains(label));
        let label = by_label && rights.actors.is_empty() && rights.teams.is_empty();
        if !team && !label && !rights.actors.contains(&self.actor) {
            let who = if rights.actors.is_empty() && rights.teams.is_empty() { "nobody" } else { "only others" };
            return Some(format!("{} may not override: the target branch's `override` names {who}", self.actor));
        }
        let until = self.until.filter(|until| *until < today)?;
        Some(format!("the override by {} ended on {until}", self.actor))
    }
}

/// Whether the overrides cover all that decides. Several may do so together; every one that has a part in it is named.
#[must_use]
pub fn apply(overrides: &[Override], trust: &Config, deciding: Deciding<'_>, today: Date) -> Outcome {
    if deciding.findings.is_empty() && deciding.unchecked == 0 {
        return Outcome::Unused;
    }
    let speaks = |entry: &&Override| {
        entry.fingerprints.is_none() || deciding.findings.iter().any(|(_, fingerprint)| entry.covers(fingerprint))
    };
    let speaking: Vec<&Override> = overrides.iter().filter(speaks).collect();
    if speaking.is_empty() {
        return Outcome::Unused;
    }
    let mut refusals: Vec<String> = speaking.iter().filter_map(|entry| entry.refusal(trust, today)).collect();
    let valid: Vec<&Override> = speaking.into_iter().filter(|entry| entry.refusal(trust, today).is_none()).collect();
    let mut uncovered = 0;
    for (rule, fingerprint) in deciding.findings {
        if trust.overriding.never.iter().any(|never| Wildcard::new(never).matches(rule)) {
            refusals.push(format!("{rule} may be overridden by nobody (`override.never`)"));
            uncovered += 1;
        } else if !valid.iter().any(|entry| entry.covers(fingerprint)) {
            uncovered += 1;
        }
    }
    let unchecked_covered = deciding.unchecked == 0 || valid.iter().any(|entry| entry.fingerprints.is_none());
    if uncovered == 0 && unchecked_covered {
        return Outcome::Allowed(used(&valid, deciding));
    }
    if uncovered > 0 {
        refusals.push(format!("{uncovered} of {} deciding findings are not overridden", deciding.findings.len()));
    }
    if !unchecked_covered {
        refusals.push(format!("{} unchecked records decide, and only `all: true` covers those", deciding.unchecked));
    }
    refusals.sort();
    refusals.dedup();
    Outcome::Refused(refusals)
}

fn used(valid: &[&Override], deciding: Deciding<'_>) -> OverrideUse {
    let joined = |texts: Vec<String>| {
        let texts: BTreeSet<String> = texts.into_iter().collect();
        texts.into_iter().collect::<Vec<_>>().join("; ")
    };
    let evidence = joined(valid.iter().filter_map(|entry| entry.evidence.clone()).collect());
    OverrideUse {
        actor: joined(valid.iter().map(|entry| entry.actor.clone()).collect()),
        reason: joined(valid.iter().map(|entry| entry.reason.clone()).collect()),
        until: valid.iter().filter_map(|entry| entry.until).min().map(|until| until.to_string()),
        evidence: Some(evidence).filter(|evidence| !evidence.is_empty()),
        fingerprints: deciding.findings.iter().map(|(_, fingerprint)| (*fingerprint).to_owned()).collect(),
    }
}
