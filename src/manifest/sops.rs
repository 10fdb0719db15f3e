//! `.sops.yaml`: which files and which of their values must be encrypted (the creation rules of SOPS).

use regex::Regex;

use crate::source::{RepoPath, Side};
use crate::yaml::{self, Dialect, Value};

/// The name of SOPS' config file.
pub const FILE_NAME: &str = ".sops.yaml";

/// The creation rules of every `.sops.yaml` that was read, nearest folder first.
#[derive(Debug, Default)]
pub struct SopsRules {
    rules: Vec<CreationRule>,
}

/// One creation rule.
#[derive(Debug)]
pub struct CreationRule {
    /// The `.sops.yaml` that holds it.
    pub file: RepoPath,
    path: Option<Regex>,
    values: Values,
}

/// Which values of a matching file are encrypted; SOPS allows one of these per rule.
#[derive(Debug)]
enum Values {
    MatchingKeys(Regex),
    AllBut(Regex),
    WithSuffix(String),
    WithoutSuffix(String),
}

impl SopsRules {
    /// Add the rules of a `.sops.yaml`. What cannot be read there is SOPS' to refuse: such a rule covers nothing here.
    pub fn add(&mut self, file: &RepoPath, bytes: &[u8]) {
        let stream = yaml::read(file.clone(), Side::Base, bytes, Dialect::Kustomize);
        let Some(document) = stream.documents.first() else { return };
        let Some(rules) = document.root().get("creation_rules") else { return };
        self.rules.extend(rules.items().filter_map(|rule| creation_rule(file, rule)));
        self.rules.sort_by_key(|rule| std::cmp::Reverse(rule.file.folder().len()));
    }

    /// The first rule of the nearest `.sops.yaml` that covers a file, as SOPS picks it.
    #[must_use]
    pub fn rule_for(&self, path: &str) -> Option<&CreationRule> {
        let mut nearest = None;
        for rule in &self.rules {
            let folder = rule.file.folder();
            let Some(relative) = relative_to(path, folder) else { continue };
            // Only the nearest file counts, even if none of its rules matches.
            if *nearest.get_or_insert(folder) != folder {
                return None;
            }
            if rule.path.as_ref().is_none_or(|regex| regex.is_match(relative)) {
                return Some(rule);
            }
        }
        None
    }
}

impl CreationRule {
    /// SOPS would encrypt the value under these keys.
    #[must_use]
    pub fn encrypts(&self, keys: &[&str]) -> bool {
        match &self.values {
            Values::MatchingKeys(regex) => keys.iter().any(|key| regex.is_match(key)),
            Values::AllBut(regex) => !keys.iter().any(|key| regex.is_match(key)),
            Values::WithSuffix(suffix) => keys.iter().any(|key| key.ends_with(suffix.as_str())),
            Values::WithoutSuffix(suffix) => !keys.iter().any(|key| key.ends_with(suffix.as_str())),
        }
    }
}

fn relative_to<'a>(path: &'a str, folder: &str) -> Option<&'a str> {
    if folder.is_empty() { Some(path) } else { path.strip_prefix(folder)?.strip_prefix('/') }
}

fn creation_rule(file: &RepoPath, rule: Value<'_>) -> Option<CreationRule> {
    let text = |key: &str| rule.get(key).and_then(Value::as_str);
    let path = match text("path_regex") {
        Some(regex) => Some(Regex::new(regex).ok()?),
        None => None,
    };
    let values = if let Some(regex) = text("encrypted_regex") {
        Values::MatchingKeys(Regex::new(regex).ok()?)
    } else if let Some(regex) = text("unencrypted_regex") {
        Values::AllBut(Regex::new(regex).ok()?)
    } else if let Some(suffix) = text("encrypted_suffix") {
        Values::WithSuffix(suffix.to_owned())
    } else {
        Values::WithoutSuffix(text("unencrypted_suffix").unwrap_or("_unencrypted").to_owned())
    };
    Some(CreationRule { file: file.clone(), path, values })
}
