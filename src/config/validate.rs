//! What a schema cannot say: dates, minors, globs, names that must be unique, things that contradict each other.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::civil::Date;
use serde_json::{Map, Value};

use super::error::{Collector, ConfigErrors, did_you_mean};
use super::minor::{MINORS, Minor};
use super::pattern::{ObjectPattern, PathSet, Wildcard};
use super::raw::{RawCluster, RawConfig, RawExcept, RawKubernetes, RawPolicy, RawReview, RawSuppression};
use super::read::Part;
use super::shape::{cut, name};
use super::suppress::ConfigSuppression;
use super::{Cluster, Config, Conftest, Except, Kubernetes, Policy, Review, RuleLevel};
use crate::finding::Reason;
use crate::policy::bundled::LIBRARY;
use crate::source::{Side, Source};
use crate::yaml::pointer::child;

pub(super) fn parse(path: &str, text: &str) -> Result<Config, ConfigErrors> {
    let source = Arc::new(Source::new(path.into(), Side::Base, text.to_owned(), true));
    let mut errors = Collector::new(&source);
    let raw = shaped::<RawConfig>(&source, &super::schema(), &[("version", 1.into())], &mut errors)?;
    let config = Validator { errors: &mut errors }.config(raw, &source);
    errors.finish()?;
    Ok(config)
}

/// Read a file whose top is a mapping and check its shape. What follows sees only the keys that are in order (and
/// `fallback` for required ones that are not), so that it can report its own mistakes beside those of the shape.
pub(super) fn shaped<T: serde::de::DeserializeOwned>(
    source: &Source,
    schema: &Value,
    fallback: &[(&str, Value)],
    errors: &mut Collector<'_>,
) -> Result<T, ConfigErrors> {
    let value = super::read::read(source)?;
    super::shape::check(schema, &value, errors);
    let broken: BTreeSet<_> =
        errors.pointers().filter_map(|pointer| crate::yaml::pointer::tokens(pointer).next()).collect();
    let mut sound: Map<String, Value> = match value {
        Value::Object(map) => map.into_iter().filter(|(key, _)| !broken.contains(key.as_str())).collect(),
        _ => Map::new(),
    };
    for (key, value) in fallback {
        sound.entry(*key).or_insert_with(|| value.clone());
    }
    serde_json::from_value(Value::Object(sound)).map_err(|error| {
        // The schema is made of the very type, so this is only reached if the two ever differ.
        ConfigErrors { errors: vec![super::error::error(source, "", source.position(0), error.to_string(), None)] }
    })
}

/// Checks and compiles; reports and leaves out what is wrong.
pub(super) struct Validator<'e, 's> {
    pub(super) errors: &'e mut Collector<'s>,
}

impl Validator<'_, '_> {
    fn config(&mut self, raw: RawConfig, source: &Arc<Source>) -> Config {
        let kubernetes = self.kubernetes(raw.kubernetes.unwrap_or_default(), "/kubernetes", &Kubernetes::default());
        let mut effects = raw.unchecked.unwrap_or_default();
        if let Some(effect) = raw.missing_schema
            && effects.insert(Reason::NoSchema, effect).is_some()
        {
            let message = "`unchecked.no-schema` is the same setting as `missing-schema`";
            self.errors.at("/unchecked/no-schema", Part::Key, message, Some("remove one of the two".to_owned()));
        }
        let rules = raw.rules.unwrap_or_default().into_iter();
        let rules = rules
            .map(|(rule, level)| {
                let pointer = child("/rules", &rule);
                RuleLevel { rule: self.rule(&rule, &pointer, Part::Key), level, pointer }
            })
            .collect();
        let mut overriding = raw.overriding.unwrap_or_default();
        for (index, rule) in overriding.never.iter_mut().enumerate() {
            let checked = self.rule(rule, &format!("/override/never/{index}"), Part::Value);
            checked.as_str().clone_into(rule);
        }
        let clusters = self.clusters(raw.clusters.unwrap_or_default(), &kubernetes);
        let suppressions = raw.suppressions.unwrap_or_default().into_iter().enumerate();
        let suppressions: Vec<_> = suppressions
            .map(|(index, raw)| self.suppression(raw, &format!("/suppressions/{index}"), &clusters))
            .collect();
        Config {
            mode: raw.mode.unwrap_or_default(),
            fail_on: raw.fail_on.unwrap_or_default(),
            existing: raw.existing.unwrap_or_default(),
            apply: raw.apply.unwrap_or_default(),
            include: self.paths(raw.include, "/include"),
            exclude: self.paths(raw.exclude, "/exclude"),
            schemas: self.folders(raw.schemas, "/schemas"),
            policies: self.policies(raw.policies, "/policies"),
            substitution: self.paths(raw.substitution, "/substitution"),
            suppressions_from_head: raw.suppressions_from_head.map(|rules| {
                let rule = |(index, rule): (usize, &String)| {
                    self.rule(rule, &format!("/suppressions-from-head/{index}"), Part::Value)
                };
                rules.iter().enumerate().map(rule).collect()
            }),
            review: review(raw.review.unwrap_or_default()),
            gatekeeper_operations: raw
                .gatekeeper
                .map(|gatekeeper| gatekeeper.operations.into_iter().map(Into::into).collect()),
            rules,
            effects,
            kubernetes,
            clusters,
            suppressions,
            overriding,
            source: Some(Arc::clone(source)),
        }
    }

    fn clusters(&mut self, raw: Vec<RawCluster>, top: &Kubernetes) -> Vec<Cluster> {
        let mut names = BTreeSet::new();
        let mut clusters = Vec::with_capacity(raw.len());
        for (index, raw) in raw.into_iter().enumerate() {
            let pointer = format!("/clusters/{index}");
            if !names.insert(raw.name.clone()) {
                let message = format!("a cluster `{}` was given before", cut(&raw.name));
                self.errors.value(&child(&pointer, "name"), message, "give every cluster a name of its own");
            }
            if raw.paths.is_none() && raw.roots.is_none() {
                let message = format!("cluster `{}` gets no files", cut(&raw.name));
                self.errors.value(&pointer, message, "add `paths:` or `roots:`");
            }
            clusters.push(Cluster {
                paths: self.paths(raw.paths, &child(&pointer, "paths")),
                roots: self.paths(raw.roots, &child(&pointer, "roots")),
                kubernetes: match raw.kubernetes {
                    Some(raw) => self.kubernetes(raw, &child(&pointer, "kubernetes"), top),
                    None => top.clone(),
                },
                schemas: self.folders(raw.schemas, &child(&pointer, "schemas")),
                policies: self.policies(raw.policies, &child(&pointer, "policies")),
                name: raw.name,
                pointer,
            });
        }
        clusters
    }

    fn kubernetes(&mut self, raw: RawKubernetes, pointer: &str, above: &Kubernetes) -> Kubernetes {
        let mut current = match raw.current {
            None => above.current.clone(),
            Some(minors) => {
                let here = child(pointer, "current");
                if minors.is_empty() {
                    self.errors.value(&here, format!("{} names no minor", name(&here)), "name one, or remove the key");
                }
                let minors = minors.iter().enumerate();
                minors.filter_map(|(index, minor)| self.minor(minor, &child(&here, &index.to_string()))).collect()
            }
        };
        current.sort_unstable();
        current.dedup();
        let newest = current.last().copied();
        let next_pointer = child(pointer, "next");
        let next = match raw.next {
            // One from above that is not newer than this cluster has nothing to say about it.
            None => above.next.filter(|next| Some(*next) > newest),
            Some(next) => self.minor(&next, &next_pointer).inspect(|next| {
                if newest.is_some_and(|newest| *next <= newest) {
                    let message = format!("{} is {next}; a current minor is as new", name(&next_pointer));
                    self.errors.value(&next_pointer, message, "name a newer one, or remove the key");
                }
            }),
        };
        let from_pointer = child(pointer, "next-fails-from");
        let next_fails_from = match raw.next_fails_from {
            None => above.next_fails_from,
            Some(date) => {
                if next.is_none() {
                    let message = format!("{} has no `next` to speak of", name(&from_pointer));
                    self.errors.at(&from_pointer, Part::Key, message, Some("add `next:`, or remove the key".into()));
                }
                self.date(&date, &from_pointer)
            }
        };
        Kubernetes { current, next, next_fails_from }
    }

    fn minor(&mut self, text: &str, pointer: &str) -> Option<Minor> {
        let minor = Minor::parse(text);
        if minor.is_none() {
            let known = MINORS.map(|minor| minor.to_string()).join(", ");
            let message = format!("{} is \"{}\", no Kubernetes minor that is known here", name(pointer), cut(text));
            self.errors.value(pointer, message, format!("known: {known}"));
        }
        minor
    }

    fn policies(&mut self, raw: Option<Vec<RawPolicy>>, pointer: &str) -> Vec<Policy> {
        let raw = raw.unwrap_or_default().into_iter().enumerate();
        raw.map(|(index, raw)| {
            let pointer = child(pointer, &index.to_string());
            let conftest = self.conftest(&raw, &pointer);
            let except = raw.except.unwrap_or_default().into_iter().enumerate();
            Policy {
                conftest,
                uses: self.folder(&raw.uses, &child(&pointer, "use")),
                level: raw.level,
                enforce_from: raw.enforce_from.and_then(|date| self.date(&date, &child(&pointer, "enforce-from"))),
                params: raw.params.unwrap_or_default(),
                except: except.map(|(index, raw)| self.except(raw, format!("{pointer}/except/{index}"))).collect(),
                owner: raw.owner,
                pointer,
            }
        })
        .collect()
    }

    fn conftest(&mut self, raw: &RawPolicy, pointer: &str) -> Conftest {
        let at = child(pointer, "namespace");
        let names = raw.namespace.iter().flatten().enumerate();
        for (index, pattern) in names.filter(|(_, pattern)| pattern.contains(['?', '['])) {
            let here = child(&at, &index.to_string());
            let message = format!("{} is \"{}\"", name(&here), cut(pattern));
            self.errors.value(&here, message, "only `*` stands for other text");
        }
        if raw.namespace.as_ref().is_some_and(Vec::is_empty) {
            self.errors.value(&at, format!("{} names no package", name(&at)), "name some, or remove the key");
        }
        let is_all = raw.all_namespaces == Some(true);
        if is_all && raw.namespace.is_some() {
            let message = format!("{} says less than `all-namespaces`", name(&at));
            self.errors.at(&at, Part::Key, message, Some("remove one of them".into()));
        }
        let every = || vec!["*".to_owned()];
        Conftest { combine: raw.combine, namespaces: raw.namespace.clone().or_else(|| is_all.then(every)) }
    }

    fn except(&mut self, raw: RawExcept, pointer: String) -> Except {
        let namespaces = raw.namespaces.unwrap_or_default();
        let objects = raw.objects.unwrap_or_default();
        let paths = self.paths(raw.paths, &child(&pointer, "paths"));
        if namespaces.is_empty() && objects.is_empty() && paths.is_empty() {
            let message = format!("{} excepts everything", name(&pointer));
            self.errors.value(&pointer, message, "say what: `namespaces`, `objects` or `paths`");
        }
        let objects = objects
            .iter()
            .enumerate()
            .filter_map(|(index, object)| self.object(object, &format!("{pointer}/objects/{index}")));
        Except {
            objects: objects.collect(),
            namespaces: namespaces.iter().map(|namespace| Wildcard::new(namespace)).collect(),
            paths,
            reason: raw.reason,
            owner: raw.owner,
            until: raw.until.and_then(|date| self.date(&date, &child(&pointer, "until"))),
            pointer,
        }
    }

    fn suppression(&mut self, raw: RawSuppression, pointer: &str, clusters: &[Cluster]) -> ConfigSuppression {
        let nothing = [&raw.rule, &raw.path, &raw.object, &raw.cluster, &raw.pointer, &raw.fingerprint];
        if nothing.iter().all(|field| field.is_none()) {
            let message = format!("{} would suppress everything", name(pointer));
            let help = "say what: at least one of rule, path, object, cluster, pointer, fingerprint";
            self.errors.value(pointer, message, help);
        }
        let cluster = raw.cluster.map(|cluster| {
            let pattern = Wildcard::new(&cluster);
            if !clusters.iter().any(|cluster| pattern.matches(&cluster.name)) {
                let names = clusters.iter().map(|cluster| cluster.name.as_str());
                let help = did_you_mean(&cluster, names).map(|name| format!("did you mean `{name}`?"));
                let message = format!("there is no cluster `{}`", cut(&cluster));
                self.errors.at(&child(pointer, "cluster"), Part::Value, message, help);
            }
            pattern
        });
        if let Some(below) = raw.pointer.as_ref().filter(|below| !below.starts_with('/')) {
            let here = child(pointer, "pointer");
            let message = format!("{} is \"{}\", no JSON pointer", name(&here), cut(below));
            self.errors.value(&here, message, "write it as /spec/replicas");
        }
        if let Some(text) = raw.fingerprint.as_ref().filter(|text| !is_fingerprint(text)) {
            let here = child(pointer, "fingerprint");
            let message = format!("{} is \"{}\", no fingerprint", name(&here), cut(text));
            self.errors.value(&here, message, "copy the 32 hexadecimal digits from the JSON report");
        }
        ConfigSuppression {
            rule: raw.rule.map(|rule| self.rule(&rule, &child(pointer, "rule"), Part::Value)),
            path: raw.path.map(|path| self.one_path(&path, &child(pointer, "path"))),
            object: raw.object.and_then(|object| self.object(&object, &child(pointer, "object"))),
            cluster,
            pointer: raw.pointer.as_deref().map(Wildcard::new),
            fingerprint: raw.fingerprint,
            reason: raw.reason,
            owner: raw.owner,
            until: raw.until.and_then(|date| self.date(&date, &child(pointer, "until"))),
            entry: pointer.to_owned(),
        }
    }

    fn rule(&mut self, rule: &str, pointer: &str, part: Part) -> Wildcard {
        match rule_pattern(rule) {
            Ok(pattern) => pattern,
            Err((message, help)) => {
                self.errors.at(pointer, part, message, Some(help));
                Wildcard::new(rule)
            }
        }
    }

    fn object(&mut self, text: &str, pointer: &str) -> Option<ObjectPattern> {
        let pattern = ObjectPattern::parse(text);
        if pattern.is_none() {
            let message = format!("{} is \"{}\", which names no object", name(pointer), cut(text));
            self.errors.value(pointer, message, "write Kind/name or Kind/namespace/name, with `*` for any text");
        }
        pattern
    }

    fn paths(&mut self, patterns: Option<Vec<String>>, pointer: &str) -> PathSet {
        PathSet::new(&patterns.unwrap_or_default()).unwrap_or_else(|wrong| {
            for (index, message, help) in wrong {
                let pointer = child(pointer, &index.to_string());
                self.errors.value(&pointer, format!("{}: {message}", name(&pointer)), help);
            }
            PathSet::default()
        })
    }

    fn one_path(&mut self, pattern: &str, pointer: &str) -> PathSet {
        PathSet::new(&[pattern.to_owned()]).unwrap_or_else(|wrong| {
            for (_, message, help) in wrong {
                self.errors.value(pointer, format!("{}: {message}", name(pointer)), help);
            }
            PathSet::default()
        })
    }

    fn folders(&mut self, folders: Option<Vec<String>>, pointer: &str) -> Vec<String> {
        let folders = folders.unwrap_or_default();
        let folders = folders.iter().enumerate();
        folders.map(|(index, folder)| self.folder(folder, &child(pointer, &index.to_string()))).collect()
    }

    /// A path of the repository, `/` at its end removed.
    fn folder(&mut self, path: &str, pointer: &str) -> String {
        let outside = path.trim().is_empty() || path.starts_with('/') || path.split('/').any(|part| part == "..");
        if outside {
            let message = format!("{} is \"{}\", no path inside the repository", name(pointer), cut(path));
            self.errors.value(pointer, message, "paths start at the repository's root: no `/` in front, no `..`");
        }
        path.trim_start_matches("./").trim_end_matches('/').to_owned()
    }

    pub(super) fn date(&mut self, text: &str, pointer: &str) -> Option<Date> {
        let date = parse_date(text);
        if date.is_none() {
            let message = format!("{} is \"{}\", no date", name(pointer), cut(text));
            self.errors.value(pointer, message, "write year-month-day: 2027-01-31");
        }
        date
    }
}

fn review(raw: RawReview) -> Review {
    let default = Review::default();
    Review { comment: raw.comment.unwrap_or(default.comment), check: raw.check.unwrap_or(default.check) }
}

/// A date as `2027-01-31`, and nothing else.
pub(super) fn parse_date(text: &str) -> Option<Date> {
    text.parse().ok().filter(|date: &Date| date.to_string() == text)
}

/// Thirty-two lower-case hexadecimal digits.
pub(super) fn is_fingerprint(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// A rule's id (an alias becomes the id) or a pattern of ids.
///
/// # Errors
/// What is wrong and what to do: it has not the shape of an id, or its group is built in and has no such rule.
pub(super) fn rule_pattern(text: &str) -> Result<Wildcard, (String, String)> {
    let pattern = Wildcard::new(text);
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./*".contains(c);
    if !text.chars().all(plain) || (pattern.is_exact() && !text.contains('/')) || text.is_empty() {
        let help = "write group/name as in `object/plain-secret`, or a pattern as `workloads/*`";
        return Err((format!("`{}` is no rule", cut(text)), help.to_owned()));
    }
    if !pattern.is_exact() {
        return Ok(pattern);
    }
    if let Some(rule) = crate::rules::find(text) {
        return Ok(Wildcard::new(rule.id));
    }
    let group_of = |id: &str| id.split_once('/').map_or(id, |(group, _)| group).to_owned();
    let mut ids: Vec<&str> = crate::rules::RULES.iter().map(|rule| rule.id).collect();
    if ids.iter().all(|id| group_of(id) != group_of(text)) {
        ids = LIBRARY.policies.iter().map(|policy| policy.id.as_str()).collect();
        if ids.contains(&text) || ids.iter().all(|id| group_of(id) != group_of(text)) {
            // A repository's own policies bring rules, and their ids are not known before they are loaded.
            return Ok(pattern);
        }
    }
    let help = match did_you_mean(text, ids.iter().copied()) {
        Some(id) => format!("did you mean `{id}`?"),
        None => "`portcullis explain --list` names them all".to_owned(),
    };
    Err((format!("there is no rule `{}`", cut(text)), help))
}
