//! `check --explain-config PATH`: what holds for a file, and which line of the config says so.

use std::fmt::{Display, Write as _};

use jiff::civil::Date;

use super::suppress::ConfigSuppression;
use super::weaken::word;
use super::{Cluster, Config, Kubernetes, Policy, Scope};
use crate::yaml::pointer::child;

/// What holds for a file, one setting a line, each with the config's line or `default`.
#[must_use]
pub fn explain(config: &Config, path: &str, today: Date) -> String {
    let mut page = Page { config, text: String::new() };
    let shown: String = crate::source::RepoPath::from(path).to_string();
    let file = match &config.source {
        Some(source) => source.path.to_string(),
        None => "no portcullis.yaml, so the defaults hold".to_owned(),
    };
    page.line(0, format_args!("{shown} ({file})"));
    match config.scope(path) {
        Scope::Excluded(Some(by)) => {
            let pointer = indexed("/exclude", config.exclude.patterns(), by);
            page.setting("excluded", format_args!("not judged: `{by}`"), Some(&pointer));
            return page.text;
        }
        Scope::Excluded(None) => {
            page.setting("excluded", "not judged: no pattern of `include` holds it", Some("/include"));
            return page.text;
        }
        Scope::Included(Some(by)) => {
            let pointer = indexed("/include", config.include.patterns(), by);
            page.setting("included", format_args!("`{by}`"), Some(&pointer));
        }
        Scope::Included(None) => page.setting("included", "every file is", None),
    }
    page.verdict();
    page.policies(&config.policies);
    let clusters = config.clusters_of(path);
    if clusters.is_empty() {
        page.kubernetes(&config.kubernetes, "/kubernetes");
    }
    for cluster in &clusters {
        page.cluster(cluster, path);
    }
    page.suppressions(path, &clusters, today);
    page.text
}

struct Page<'a> {
    config: &'a Config,
    text: String,
}

impl Page<'_> {
    fn line(&mut self, indent: usize, text: impl Display) {
        let _ = writeln!(self.text, "{:indent$}{text}", "");
    }

    /// One setting: `  name: value   (portcullis.yaml:3)`. The nearest written ancestor's line when the entry is not.
    fn setting(&mut self, name: &str, value: impl Display, pointer: Option<&str>) {
        let written = pointer.filter(|pointer| {
            let top = crate::yaml::pointer::tokens(pointer).next().unwrap_or_default();
            self.config.writes(&child("", &top))
        });
        let from = match written {
            Some(pointer) => format!("{}:{}", self.config.path(), self.config.position(pointer).line),
            None => "default".to_owned(),
        };
        self.line(2, format_args!("{name}: {value}   ({from})"));
    }

    fn verdict(&mut self) {
        let config = self.config;
        self.setting("mode", word(config.mode), Some("/mode"));
        self.setting("fail-on", word(config.fail_on), Some("/fail-on"));
        self.setting("existing", word(config.existing), Some("/existing"));
        self.setting("apply", word(config.apply), Some("/apply"));
        for entry in &config.rules {
            self.setting(&format!("rule {}", entry.rule.as_str()), word(entry.level), Some(&entry.pointer));
        }
        for (reason, effect) in &config.effects {
            let unchecked = format!("/unchecked/{reason}");
            let pointer = if config.writes(&unchecked) { &unchecked } else { "/missing-schema" };
            self.setting(&format!("unchecked {reason}"), word(effect), Some(pointer));
        }
        for (index, folder) in config.schemas.iter().enumerate() {
            self.setting("schemas", folder, Some(&format!("/schemas/{index}")));
        }
    }

    fn kubernetes(&mut self, minors: &Kubernetes, pointer: &str) {
        let current: Vec<String> = minors.current.iter().map(ToString::to_string).collect();
        let mut text = current.join(", ");
        if let Some(next) = minors.next {
            let _ = write!(text, ", next {next}");
            let _ = match minors.next_fails_from {
                Some(date) => write!(text, " (a warning until {date})"),
                None => write!(text, " (a warning)"),
            };
        }
        self.setting("kubernetes", text, Some(pointer));
    }

    fn policies(&mut self, policies: &[Policy]) {
        for policy in policies {
            let level = policy.level.map_or("its own level".to_owned(), word);
            let from = policy.enforce_from.map_or(String::new(), |date| format!(", enforced from {date}"));
            let except = match policy.except.len() {
                0 => String::new(),
                count => format!(", {count} exception(s)"),
            };
            let combine = match policy.conftest.combine {
                Some(true) => ", all objects together",
                Some(false) => ", each object by itself",
                None => "",
            };
            let packages = policy.conftest.namespaces.as_ref();
            let packages = packages.map_or(String::new(), |names| format!(", packages {}", names.join(", ")));
            self.setting(
                &format!("policy {}", policy.uses),
                format_args!("{level}{from}{except}{combine}{packages}"),
                Some(&policy.pointer),
            );
        }
    }

    fn cluster(&mut self, cluster: &Cluster, path: &str) {
        let by = cluster.paths.matching(path).or_else(|| cluster.roots.matching(path)).unwrap_or_default();
        self.setting(&format!("cluster {}", cluster.name), format_args!("`{by}`"), Some(&cluster.pointer));
        let own = child(&cluster.pointer, "kubernetes");
        let pointer = if self.config.writes(&own) { own } else { "/kubernetes".to_owned() };
        self.kubernetes(&cluster.kubernetes, &pointer);
        for (index, folder) in cluster.schemas.iter().enumerate() {
            self.setting("schemas", folder, Some(&format!("{}/schemas/{index}", cluster.pointer)));
        }
        self.policies(&cluster.policies);
    }

    fn suppressions(&mut self, path: &str, clusters: &[&Cluster], today: Date) {
        let could = |entry: &&ConfigSuppression| {
            let cluster = entry.cluster.as_ref();
            entry.path.as_ref().is_none_or(|pattern| pattern.matching(path).is_some())
                && cluster.is_none_or(|pattern| clusters.iter().any(|cluster| pattern.matches(&cluster.name)))
        };
        for entry in self.config.suppressions.iter().filter(could) {
            let what: Vec<String> = entry.selector().iter().map(|(key, text)| format!("{key} {text}")).collect();
            let until = match entry.until {
                Some(until) if until < today => format!(", ended on {until}"),
                Some(until) => format!(", until {until}"),
                None => String::new(),
            };
            let owner = entry.owner.as_ref().map_or(String::new(), |owner| format!(", by {owner}"));
            let value = format!("{} (\"{}\"{owner}{until})", what.join(", "), entry.reason);
            self.setting("suppression", value, Some(&entry.entry));
        }
    }
}

fn indexed(key: &str, patterns: &[String], pattern: &str) -> String {
    patterns.iter().position(|one| one == pattern).map_or(key.to_owned(), |index| format!("{key}/{index}"))
}
