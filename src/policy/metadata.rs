//! `# METADATA` comments: what a policy says of itself.
//!
//! The form is OPA's (docs "Annotations"): a line `# METADATA`, then comment lines that hold YAML. What portcullis reads
//! beside the standard keys lies under `custom`. The interpreter's lexer drops comments, so this scanner is our own.

use std::sync::Arc;

use serde::Deserialize;

use super::engine::{Fault, Module};
use super::gatekeeper::constraint::Action;
use crate::finding::Severity;

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

/// Every annotation of a module, in its order.
///
/// # Errors
/// A block that is no YAML, with its place.
pub fn read(module: &Module) -> Result<Vec<Metadata>, Fault> {
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
        let mut metadata: Metadata =
            yaml_serde::from_str(&text).map_err(|error| fault(module, number, &text, &error))?;
        metadata.line = number;
        metadata.target = target;
        found.push(metadata);
    }
    Ok(found)
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
