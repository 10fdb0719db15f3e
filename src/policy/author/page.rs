//! The page of a policy in Markdown, and the list of the pages.

use std::fmt::Write as _;

use crate::finding::Severity;
use crate::policy::gatekeeper::constraint::Action;
use crate::policy::loaded::Policy;
use crate::policy::metadata::Resource;
use crate::report::escape::{markdown_cell, markdown_code};

/// The pages of policies: path below the folder of the pages, and content.
#[must_use]
pub fn pages(policies: &[&Policy]) -> Vec<(String, String)> {
    let mut pages = vec![("README.md".to_owned(), index(policies))];
    pages.extend(policies.iter().map(|policy| (format!("{}.md", policy.id), page(policy))));
    pages
}

/// The severity of what a policy's `deny` says.
#[must_use]
pub fn severity(policy: &Policy) -> Severity {
    let custom = &policy.metadata.custom;
    let severity = custom.severity.unwrap_or(Severity::Error);
    custom.enforcement_action.map_or(severity, Action::severity)
}

fn index(policies: &[&Policy]) -> String {
    let mut out = String::from("# Policies\n\n| policy | severity | what is wrong |\n|---|---|---|\n");
    for policy in policies {
        let (id, title) = (&policy.id, markdown_cell(&policy.metadata.title));
        // Writing to a string cannot fail.
        _ = writeln!(out, "| [{id}]({id}.md) | {} | {title} |", severity(policy));
    }
    out
}

fn page(policy: &Policy) -> String {
    let (metadata, custom) = (&policy.metadata, &policy.metadata.custom);
    let mut out = format!("# {}\n\n{}\n\n", policy.id, markdown_cell(&metadata.title));
    _ = writeln!(out, "Severity: {}.", severity(policy));
    for (name, value) in [("Owner", &custom.owner), ("Contact", &custom.contact)] {
        if let Some(value) = value {
            _ = writeln!(out, "{name}: {}.", markdown_cell(value));
        }
    }
    if !metadata.description.trim().is_empty() {
        _ = write!(out, "\n{}\n", metadata.description.trim());
    }
    if let Some(help) = &custom.help {
        _ = write!(out, "\n## What to do\n\n{}\n", help.trim());
    }
    if let Some(matches) = custom.matches.as_ref().and_then(|matches| yaml_serde::to_string(matches).ok()) {
        _ = write!(out, "\n## What it looks at\n\n```yaml\n{}\n```\n", matches.trim_end());
    }
    if let Some(params) = custom.params.as_ref().filter(|params| !params.is_empty()) {
        out.push_str("\n## Parameters\n\n| name | default | what it is |\n|---|---|---|\n");
        for (name, what) in params {
            let described = what.get("description").and_then(serde_json::Value::as_str).unwrap_or_default();
            let default = what.get("default").map(|value| markdown_code(&value.to_string())).unwrap_or_default();
            _ = writeln!(out, "| {} | {default} | {} |", markdown_code(name), markdown_cell(described));
        }
    }
    if !metadata.related_resources.is_empty() {
        out.push_str("\n## Read more\n\n");
        for address in metadata.related_resources.iter().map(Resource::address) {
            _ = writeln!(out, "- <{}>", address.replace(['<', '>'], ""));
        }
    }
    out
}
