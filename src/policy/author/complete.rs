//! What a policy lacks before others can rely on it: METADATA that says what it is, and tests.

use std::collections::BTreeSet;
use std::path::Path;

use crate::git::Tree;
use crate::policy::engine::Fault;
use crate::policy::loaded::Convention;
use crate::policy::metadata;
use crate::policy::modules::{EXTENSION, is_module, package_of};
use crate::policy::set::PolicySet;

/// What the policies of a folder lack, in the order of their files.
///
/// # Errors
/// The folder cannot be read.
pub fn problems(folder: &Path, set: &PolicySet) -> Result<Vec<Fault>, Fault> {
    let tested = tested(folder)?;
    let mut problems = set.notices.clone();
    for policy in &set.policies {
        problems.extend(policy.group().modules().of(&policy.package).flat_map(metadata::unknown_keys));
        let odd = policy.odd_kinds().into_iter().filter(|odd| !odd.is_certain);
        problems.extend(odd.map(|odd| Fault { code: "incomplete", ..policy.match_fault(&odd) }));
    }
    for policy in set.policies.iter().filter(|policy| policy.convention == Convention::Portcullis) {
        let (metadata, custom) = (&policy.metadata, &policy.metadata.custom);
        let mut lacks = |is_missing: bool, what: &str, help: &str| {
            if is_missing {
                let line = metadata.line.max(1);
                let fault = Fault::of(&policy.path, what.to_owned());
                problems.push(Fault { code: "incomplete", line, help: Some(help.to_owned()), ..fault });
            }
        };
        if metadata.line == 0 {
            let help = "portcullis policy new writes one to start from";
            lacks(true, "the package has no METADATA, so nobody learns what it is", help);
        } else {
            lacks(metadata.title.trim().is_empty(), "METADATA: no title", "title: what is wrong, in one line");
            let help = "description: why it is wrong, and what happens when it is merged all the same";
            lacks(metadata.description.trim().is_empty(), "METADATA: no description", help);
            let help = "custom.id: the name that suppressions and the config use, such as images/no-latest";
            lacks(custom.id.is_none(), "METADATA: no custom.id", help);
            lacks(custom.severity.is_none(), "METADATA: no custom.severity", "custom.severity: error, warning or info");
            lacks(custom.help.is_none(), "METADATA: no custom.help", "custom.help: what to do about a finding");
        }
        let help = "a rule test_… in a file …_test.rego that imports the package; portcullis test runs it";
        let package = format!("data.{}", policy.package);
        lacks(!tested.iter().any(|text| mentions(text, &package)), "the policy has no tests", help);
    }
    problems.sort_by(|a, b| (&a.path, a.line).cmp(&(&b.path, b.line)));
    Ok(problems)
}

/// The texts of the test modules that hold a test.
fn tested(folder: &Path) -> Result<BTreeSet<String>, Fault> {
    let unreadable = |error: &dyn std::fmt::Display| Fault::of(&folder.display().to_string(), error.to_string());
    let tree = Tree::folder(folder);
    let mut texts = BTreeSet::new();
    for entry in tree.files("").map_err(|error| unreadable(&error))? {
        let path = entry.path.as_str();
        if !entry.kind.is_regular() || entry.path.extension() != EXTENSION || is_module(path) {
            continue;
        }
        let text =
            std::fs::read_to_string(folder.join(path)).map_err(|error| unreadable(&format!("{path}: {error}")))?;
        if text.contains("test_") {
            // A test may lie in the package that it is about.
            let own = package_of(&text).map(|package| format!("\ndata.{package}")).unwrap_or_default();
            texts.insert(text + &own);
        }
    }
    Ok(texts)
}

/// A text speaks of a path, and not only of one that begins like it.
fn mentions(text: &str, path: &str) -> bool {
    text.match_indices(path).any(|(at, _)| {
        let next = text.as_bytes().get(at + path.len());
        next.is_none_or(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_')
    })
}
