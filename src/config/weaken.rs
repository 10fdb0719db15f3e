//! What the head's config asks less of than the trust commit's: each is a finding, so that nobody weakens the gate
//! unseen.

use std::collections::{BTreeMap, BTreeSet};

use super::minor::Minor;
use super::pattern::{PathSet, Wildcard};
use super::raw::{Level, Mode};
use super::suppress::ConfigSuppression;
use super::{Cluster, Config, Kubernetes, Policy};
use crate::finding::{Operation, Reason};
use crate::source::Position;

/// One thing that the head's config asks less of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weakening {
    /// JSON pointer of the setting.
    pub pointer: String,
    /// Where the head has it, or its nearest ancestor; line 1 when the head has no config.
    pub position: Position,
    /// What is weaker: `mode: report instead of enforce`.
    pub message: String,
}

/// Compare two configs; `head` is none when the change deletes the file. In the order of the design's example.
///
/// Patterns are compared as text: who rewrites a glob into an equal one is asked to explain it, and nobody slips through.
#[must_use]
pub fn weakenings(trust: &Config, head: Option<&Config>) -> Vec<Weakening> {
    let Some(head) = head else {
        let message = format!("{} is deleted: every setting falls back to its default", trust.path());
        return vec![Weakening { pointer: String::new(), position: Position { line: 1, column: 1 }, message }];
    };
    let mut compare = Compare { head, found: Vec::new() };
    compare.verdict(trust);
    compare.kubernetes(&trust.kubernetes, &head.kubernetes, "/kubernetes", "files in no cluster");
    compare.levels(trust);
    compare.policies(&trust.policies, &head.policies, "/policies", "the repository");
    compare.clusters(trust);
    compare.suppressions(trust);
    compare.overrides(trust);
    compare.found
}

/// What Gatekeeper's webhook sees unless it is told otherwise (its Helm chart's default).
const GATEKEEPER_OPERATIONS: [Operation; 2] = [Operation::Create, Operation::Update];

struct Compare<'a> {
    head: &'a Config,
    found: Vec<Weakening>,
}

impl Compare<'_> {
    fn add(&mut self, pointer: &str, message: String) {
        let position = self.head.position(pointer);
        self.found.push(Weakening { pointer: pointer.to_owned(), position, message });
    }

    fn verdict(&mut self, trust: &Config) {
        let head = self.head;
        if trust.mode == Mode::Enforce && head.mode == Mode::Report {
            self.add("/mode", "mode: report instead of enforce: nothing is blocked any more".to_owned());
        }
        if head.fail_on > trust.fail_on {
            self.add("/fail-on", format!("fail-on: {} instead of {}", word(head.fail_on), word(trust.fail_on)));
        }
        if head.existing > trust.existing {
            self.add("/existing", format!("existing: {} instead of {}", word(head.existing), word(trust.existing)));
        }
        if !head.include.is_empty() {
            if trust.include.is_empty() && !head.include.patterns().iter().any(|pattern| pattern == "**") {
                self.add("/include", "include: only some files are judged, all were".to_owned());
            } else {
                for pattern in missing(trust.include.patterns(), head.include.patterns()) {
                    self.add("/include", format!("include: `{pattern}` is removed"));
                }
            }
        }
        self.added_paths(&trust.exclude, &head.exclude, "/exclude", "more files are not judged");
        self.added_paths(&trust.substitution, &head.substitution, "/substitution", "more values count as unknown");
        let seen = |config: &Config| config.gatekeeper_operations.clone().unwrap_or(GATEKEEPER_OPERATIONS.to_vec());
        for operation in seen(trust).into_iter().filter(|operation| !seen(head).contains(operation)) {
            self.add("/gatekeeper/operations", format!("gatekeeper: {} is no longer seen", word(operation)));
        }
        for schema in missing(&trust.schemas, &head.schemas) {
            self.add("/schemas", format!("schemas: `{schema}` is removed"));
        }
        for reason in Reason::ALL.iter().copied() {
            let (old, new) = (trust.unchecked_effect(reason), head.unchecked_effect(reason));
            if new < old {
                let unchecked = format!("/unchecked/{reason}");
                let by_schema = reason == Reason::NoSchema && head.writes("/missing-schema");
                let pointer = if by_schema { "/missing-schema" } else { &unchecked };
                self.add(pointer, format!("unchecked: {reason} is {} instead of {}", word(new), word(old)));
            }
        }
    }

    fn added_paths(&mut self, trust: &PathSet, head: &PathSet, key: &str, effect: &str) {
        for (index, pattern) in head.patterns().iter().enumerate() {
            if !trust.patterns().contains(pattern) {
                let name = key.trim_start_matches('/');
                self.add(&format!("{key}/{index}"), format!("{name}: `{pattern}` is added: {effect}"));
            }
        }
    }

    fn kubernetes(&mut self, trust: &Kubernetes, head: &Kubernetes, pointer: &str, whose: &str) {
        let judged = |minors: &Kubernetes, minor: &Minor| minors.current.contains(minor);
        for minor in trust.current.iter().filter(|minor| !judged(head, minor)) {
            self.add(&format!("{pointer}/current"), format!("kubernetes: {minor} is no longer judged for {whose}"));
        }
        let Some(next) = trust.next else { return };
        if judged(head, &next) {
            return;
        }
        if head.next != Some(next) {
            self.add(&format!("{pointer}/next"), format!("kubernetes: next {next} is no longer judged for {whose}"));
        } else if let Some(old) = trust.next_fails_from
            && head.next_fails_from.is_none_or(|new| new > old)
        {
            let message = format!("kubernetes: next {next} fails later than on {old} for {whose}");
            self.add(&format!("{pointer}/next-fails-from"), message);
        }
    }

    /// Levels, asked of every built-in rule, and of what either side writes that speaks of none of them: rules of
    /// policies, whose own level is not known here, so that leaving one to it counts as weaker.
    fn levels(&mut self, trust: &Config) {
        let head = self.head;
        let builtin = crate::rules::RULES.iter().map(|rule| (rule.id, Some(Level::from(rule.severity))));
        let written = trust.rules.iter().chain(&head.rules).map(|entry| &entry.rule);
        let others = written.filter(|rule| !crate::rules::RULES.iter().any(|builtin| rule.matches(builtin.id)));
        let ids: BTreeMap<&str, Option<Level>> = others.map(|rule| (rule.as_str(), None)).chain(builtin).collect();
        let mut told = BTreeSet::new();
        for (id, own) in ids {
            let old = trust.level_entry(id).map(|entry| entry.level).or(own).unwrap_or(Level::Error);
            let entry = head.level_entry(id);
            let new = entry.map(|entry| entry.level).or(own);
            if new.is_some_and(|new| new >= old) || (new.is_none() && old == Level::Off) {
                continue;
            }
            let pointer = entry.map_or("/rules", |entry| entry.pointer.as_str());
            // One entry that lowers a hundred rules is one weakening.
            if entry.is_some() && !told.insert(pointer) {
                continue;
            }
            let by = entry.map_or(id, |entry| entry.rule.as_str());
            let new = new.map_or("left to its own level".to_owned(), word);
            self.add(pointer, format!("rules: {by} is {new} instead of {}", word(old)));
        }
    }

    fn policies(&mut self, trust: &[Policy], head: &[Policy], pointer: &str, whose: &str) {
        let mut left: Vec<&Policy> = head.iter().collect();
        for old in trust {
            // An entry that stayed as it was first, so that of two uses of one policy each finds its own.
            let found = left
                .iter()
                .position(|new| new.uses == old.uses && new.params == old.params && new.level == old.level)
                .or_else(|| left.iter().position(|new| new.uses == old.uses));
            match found.map(|index| left.remove(index)) {
                Some(new) => self.policy(old, new),
                None => self.add(pointer, format!("policies: {} is no longer used for {whose}", old.uses)),
            }
        }
    }

    fn policy(&mut self, old: &Policy, new: &Policy) {
        let uses = &new.uses;
        let at = |key: &str| format!("{}/{key}", new.pointer);
        match (old.level, new.level) {
            (Some(old), Some(level)) if level < old => {
                self.add(&at("level"), format!("policies: {uses} is {} instead of {}", word(level), word(old)));
            }
            (old, Some(level)) if old.is_none() && level < Level::Error => {
                self.add(&at("level"), format!("policies: {uses} is {} instead of its own level", word(level)));
            }
            (Some(Level::Error), None) => {
                self.add(&new.pointer, format!("policies: {uses} has its own level instead of error"));
            }
            _ => {}
        }
        if let Some(date) = new.enforce_from.filter(|date| old.enforce_from.is_none_or(|old| *date > old)) {
            self.add(&at("enforce-from"), format!("policies: {uses} is enforced only from {date}"));
        }
        if old.conftest.combine != new.conftest.combine {
            self.add(&at("combine"), format!("policies: another input of {uses} changes what it allows"));
        }
        let (before, after) = (&old.conftest.namespaces, &new.conftest.namespaces);
        let only_adds =
            before.as_ref().zip(after.as_ref()).is_some_and(|(old, new)| missing(old, new).next().is_none());
        if before != after && !only_adds {
            self.add(&at("namespace"), format!("policies: other packages of {uses} are asked"));
        }
        if old.params != new.params {
            self.add(&at("params"), format!("policies: the parameters of {uses} change what it allows"));
        }
        for except in &new.except {
            let same = |other: &&super::Except| {
                other.namespaces == except.namespaces
                    && other.objects == except.objects
                    && other.paths.patterns() == except.paths.patterns()
            };
            match old.except.iter().find(same) {
                None => self.add(&except.pointer, format!("policies: {uses} gets another exception")),
                Some(before) if ends_later(before.until, except.until) => {
                    self.add(&except.pointer, format!("policies: an exception of {uses} holds for longer"));
                }
                Some(_) => {}
            }
        }
    }

    fn clusters(&mut self, trust: &Config) {
        for old in &trust.clusters {
            match self.head.clusters.iter().find(|new| new.name == old.name) {
                Some(new) => self.cluster(old, new),
                None => self.add("/clusters", format!("clusters: {} is removed", old.name)),
            }
        }
        // Files that a cluster takes over are no longer judged for the minors of files in none.
        for new in &self.head.clusters {
            let old = trust.clusters.iter().find(|old| old.name == new.name);
            let kept = |old: &Cluster| {
                missing(new.paths.patterns(), old.paths.patterns()).count() == 0
                    && missing(new.roots.patterns(), old.roots.patterns()).count() == 0
            };
            if !old.is_some_and(kept) {
                let whose = format!("the files that cluster {} takes over", new.name);
                self.kubernetes(&trust.kubernetes, &new.kubernetes, &format!("{}/kubernetes", new.pointer), &whose);
            }
        }
    }

    fn cluster(&mut self, old: &Cluster, new: &Cluster) {
        let name = &new.name;
        for (key, old, head) in [("paths", &old.paths, &new.paths), ("roots", &old.roots, &new.roots)] {
            for pattern in missing(old.patterns(), head.patterns()) {
                self.add(&format!("{}/{key}", new.pointer), format!("clusters: {name} no longer gets `{pattern}`"));
            }
        }
        for schema in missing(&old.schemas, &new.schemas) {
            self.add(&format!("{}/schemas", new.pointer), format!("clusters: {name} loses the schemas of `{schema}`"));
        }
        let whose = format!("cluster {name}");
        self.kubernetes(&old.kubernetes, &new.kubernetes, &format!("{}/kubernetes", new.pointer), &whose);
        self.policies(&old.policies, &new.policies, &format!("{}/policies", new.pointer), &whose);
    }

    fn suppressions(&mut self, trust: &Config) {
        for new in &self.head.suppressions {
            let known = trust.suppressions.iter().filter(|old| narrower_or_same(new, old));
            let mut known = known.peekable();
            if known.peek().is_none() {
                self.add(&new.entry, format!("suppressions: {} is added or wider", described(new)));
            } else if known.all(|old| ends_later(old.until, new.until)) {
                self.add(&new.entry, format!("suppressions: {} holds for longer", described(new)));
            }
        }
        let all = |config: &Config| config.suppressions_from_head.clone();
        match (all(trust), all(self.head)) {
            (None, None) => {}
            (Some(_), None) => {
                self.add("/suppressions-from-head", "suppressions-from-head: advice instead of a list".to_owned());
            }
            (old, Some(new)) => {
                let old = old.unwrap_or_default();
                for (index, rule) in new.iter().enumerate().filter(|(_, rule)| !old.contains(rule)) {
                    let message = format!("suppressions-from-head: {} is added", rule.as_str());
                    self.add(&format!("/suppressions-from-head/{index}"), message);
                }
            }
        }
    }

    fn overrides(&mut self, trust: &Config) {
        let (old, new) = (&trust.overriding, &self.head.overriding);
        let lists = [("labels", &old.labels, &new.labels), ("teams", &old.teams, &new.teams)];
        for (key, old, new) in lists.into_iter().chain([("actors", &old.actors, &new.actors)]) {
            for (index, who) in new.iter().enumerate().filter(|(_, who)| !old.contains(who)) {
                self.add(&format!("/override/{key}/{index}"), format!("override: {key} now has {who}"));
            }
        }
        for rule in missing(&old.never, &new.never) {
            self.add("/override/never", format!("override: {rule} may now be overridden"));
        }
    }
}

/// A setting as it is written.
pub(super) fn word(value: impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

fn missing<'a>(old: &'a [String], new: &'a [String]) -> impl Iterator<Item = &'a String> {
    old.iter().filter(|text| !new.contains(text))
}

fn ends_later(old: Option<jiff::civil::Date>, new: Option<jiff::civil::Date>) -> bool {
    old.is_some_and(|old| new.is_none_or(|new| new > old))
}

/// All that an older suppression asks for is asked for by the newer one too.
fn narrower_or_same(new: &ConfigSuppression, old: &ConfigSuppression) -> bool {
    let asked = new.selector();
    old.selector().iter().all(|(key, text)| {
        asked.iter().any(|(other, narrower)| {
            let by_pattern = *key != "path" && *key != "object" && Wildcard::new(text).matches(narrower);
            key == other && (text == narrower || by_pattern)
        })
    })
}

fn described(suppression: &ConfigSuppression) -> String {
    suppression.selector().iter().map(|(key, text)| format!("{key} {text}")).collect::<Vec<_>>().join(", ")
}
