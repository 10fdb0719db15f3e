//! `# METADATA` comments: what a policy says of itself.
//!
//! The form is OPA's (docs "Annotations"): a line `# METADATA`, then comment lines that hold YAML. What portcullis reads
//! beside the standard keys lies under `custom`. The interpreter's lexer drops comments, so this scanner is our own.

use std::sync::Arc;

use serde::Deserialize;

use super::engine::{Fault, Module};
use super::gatekeeper::constraint::Action;
use crate::config::did_you_mean;
use crate::finding::Severity;

/// The keys of OPA.
const KEYS: [&str; 10] = [
    "scope",
    "title",
    "description",
    "related_resources",
    "authors",
    "organizations",
    "schemas",
    "entrypoint",
    "compile",
    "custom",
];
/// Ours, below `custom`.
const CUSTOM: [&str; 9] =
    ["id", "severity", "match", "enforcementAction", "owner", "contact", "help", "supersedes", "params"];

/// What the annotations of a package, or of a rule, say.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Metadata {
    /// One line: what is wrong.
    pub title: String,
    /// Why it is wrong, and what to do, in Markdown.
    pub description: String,
    /// Where to read more.
    pub related_resources: Vec<Resource>,
    /// What OPA leaves to tools.
    pub custom: Custom,
    /// What it speaks of: `package`, `rule`, `document` or `subpackages`.
    pub scope: Option<String>,
    /// Line of `# METADATA`, from 1.
    #[serde(skip)]
    pub line: u32,
    /// First line behind it that is no comment, from 1.
    #[serde(skip)]
    pub target: u32,
}

/// A document that explains a policy.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Resource {
    /// An address alone.
    Address(String),
    /// An address and what is there.
    Described {
        /// Where.
        #[serde(rename = "ref")]
        address: String,
        /// What.
        #[serde(default)]
        description: String,
    },
}

impl Resource {
    /// Where it is.
    #[must_use]
    pub fn address(&self) -> &str {
        match self {
            Self::Address(address) | Self::Described { address, .. } => address,
        }
    }
}

/// The keys of portcullis.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Custom {
    /// Id of the policy: `workloads/no-readiness-probe`.
    pub id: Option<String>,
    /// Severity of what `deny` says.
    pub severity: Option<Severity>,
    /// What the policy looks at, as a Gatekeeper constraint's `match`; `operations` beside it.
    #[serde(rename = "match")]
    pub matches: Option<serde_json::Value>,
    /// The level of what it denies, as in a Gatekeeper constraint, unless the config's entry has one.
    #[serde(rename = "enforcementAction")]
    pub enforcement_action: Option<Action>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Where to ask.
    pub contact: Option<String>,
    /// How to mend what it finds.
    pub help: Option<String>,
    /// Ids of policies that say less of the same field: what they say there is not told twice.
    pub supersedes: Vec<String>,
    /// Its parameters, by name.
    pub params: Option<serde_json::Map<String, serde_json::Value>>,
}

impl Metadata {
    /// How strong what it denies is, unless the config's entry says otherwise.
    #[must_use]
    pub fn strength(&self) -> Severity {
        let by_action = self.custom.enforcement_action.map(Action::severity);
        by_action.or(self.custom.severity).unwrap_or(Severity::Error)
    }
}

/// Every annotation of a module, in its order.
///
/// # Errors
/// A block that is no YAML, with its place.
pub fn read(module: &Module) -> Result<Vec<Metadata>, Fault> {
    blocks(module).into_iter().map(|block| block.map(|(metadata, _)| metadata)).collect()
}

/// Every annotation with its text.
fn blocks(module: &Module) -> Vec<Result<(Metadata, String), Fault>> {
    let mut found = Vec::new();
    let mut lines = module.text.lines().zip(1_u32..).peekable();
    while let Some((line, number)) = lines.next() {
        if line.trim_start().strip_prefix('#').map(str::trim) != Some("METADATA") {
            continue;
        }
        let mut text = String::new();
        while let Some((line, _)) = lines.next_if(|(line, _)| line.trim_start().starts_with('#')) {
            let comment = line.trim_start().strip_prefix('#').unwrap_or_default();
            text.push_str(comment.strip_prefix(' ').unwrap_or(comment));
            text.push('\n');
        }
        // Blank lines may stand before what it speaks of.
        while lines.next_if(|(line, _)| line.trim().is_empty()).is_some() {}
        let target = lines.peek().map_or(number, |(_, number)| *number);
        let read = yaml_serde::from_str::<Metadata>(&text).map_err(|error| fault(module, number, &text, &error));
        found.push(read.map(|metadata| (Metadata { line: number, target, ..metadata }, text)));
    }
    found
}

/// The annotation of a module's package; empty where it has none.
///
/// # Errors
/// As [`read`].
pub fn of_package(module: &Module) -> Result<Metadata, Fault> {
    let is_package = |metadata: &Metadata| {
        if let Some(scope) = metadata.scope.as_deref() {
            return matches!(scope, "package" | "subpackages");
        }
        let target = module.text.lines().nth(metadata.target.saturating_sub(1) as usize).unwrap_or_default();
        target.trim_start().starts_with("package")
    };
    Ok(read(module)?.into_iter().find(is_package).unwrap_or_default())
}

/// Where a word stands in the annotation of a policy: line and column, from 1. The annotation's first line where it does not.
#[must_use]
pub fn place_of(module: &Module, metadata: &Metadata, word: &str) -> (u32, u32) {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    let numbered = module.text.lines().zip(1_u32..);
    let mut block = numbered.filter(|(_, number)| (metadata.line..metadata.target).contains(number));
    let found = block.find_map(|(line, number)| {
        let is_whole = |at: &usize| {
            let (before, after) =
                (line.get(..*at).unwrap_or_default(), line.get(at + word.len()..).unwrap_or_default());
            !before.ends_with(is_part) && !after.starts_with(is_part)
        };
        let at = line.match_indices(word).map(|(at, _)| at).find(is_whole)?;
        Some((number, u32::try_from(at + 1).unwrap_or(1)))
    });
    found.filter(|_| !word.is_empty()).unwrap_or((metadata.line.max(1), 1))
}

/// The keys of annotations that OPA does not know, and those below `custom` that look like one of ours.
#[must_use]
pub fn unknown_keys(module: &Module) -> Vec<Fault> {
    let mut faults = Vec::new();
    // What cannot be read is told elsewhere.
    for (metadata, text) in blocks(module).into_iter().filter_map(Result::ok) {
        let Ok(written) = yaml_serde::from_str::<serde_json::Value>(&text) else { continue };
        let keys = |value: Option<&serde_json::Value>| -> Vec<String> {
            value.and_then(serde_json::Value::as_object).into_iter().flat_map(|fields| fields.keys().cloned()).collect()
        };
        let mut add = |key: &str, message: String, meant: Option<&str>| {
            let (line, column) = place_of(module, &metadata, key);
            let help = match meant {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("what OPA does not know goes below `custom`; there are: {}", KEYS.join(", ")),
            };
            faults.push(Fault {
                code: "incomplete",
                line,
                column,
                help: Some(help),
                ..Fault::of(&module.path, message)
            });
        };
        for key in keys(Some(&written)).iter().filter(|key| !KEYS.contains(&key.as_str())) {
            let meant = did_you_mean(key, KEYS).or_else(|| did_you_mean(key, CUSTOM).map(|_| "custom"));
            add(key, format!("METADATA has no key `{key}`"), meant);
        }
        for key in keys(written.get("custom")).iter().filter(|key| !CUSTOM.contains(&key.as_str())) {
            let meant = did_you_mean(key, CUSTOM);
            if meant.is_some() {
                add(key, format!("METADATA: custom.{key} is not read"), meant);
            }
        }
    }
    faults
}

fn fault(module: &Module, line: u32, text: &str, error: &yaml_serde::Error) -> Fault {
    let at = error.location();
    let (row, column) = at.map_or((1, 1), |at| (at.line(), at.column()));
    let row = u32::try_from(row).unwrap_or(1).min(u32::try_from(text.lines().count()).unwrap_or(1).max(1));
    Fault {
        code: "rego_parse_error",
        message: format!("the METADATA cannot be read: {error}"),
        path: Arc::clone(&module.path),
        line: line + row,
        column: u32::try_from(column).unwrap_or(1) + 2,
        help: Some("METADATA is YAML behind `# `: title, description, related_resources, custom".to_owned()),
    }
}
