//! Functions for builtins that a `with` puts in another function's place: regorus takes rules there only.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use super::resolve::{Resolved, path_of};
use super::values::call_text;
use super::{known, visit};

/// Their package.
const PACKAGE: &str = "__builtins";

/// The path of the function that stands in for a builtin; none when there is no such builtin.
pub(super) fn path(name: &[Arc<str>]) -> Option<String> {
    known::arity(&name.join(".")).map(|_| format!("data.{PACKAGE}.{}", own_name(name)))
}

/// Its name, which no builtin has.
fn own_name(name: &[Arc<str>]) -> String {
    format!("{}__", name.join("__"))
}

/// The module of those that some `with` names; none when there is none.
pub(super) fn module(files: &[Resolved]) -> Option<(Arc<str>, String)> {
    let mut named: BTreeMap<Vec<Arc<str>>, usize> = BTreeMap::new();
    for rule in files.iter().flat_map(|file| &file.rules) {
        visit::literals(rule, &mut |literal| {
            for path in literal.with.iter().filter_map(|with| path_of(&with.value.kind)) {
                if let Some(arity) = known::arity(&path.join(".")) {
                    named.insert(path, arity);
                }
            }
        });
    }
    let mut text = format!("package {PACKAGE}\n");
    for (name, arity) in &named {
        let args: Vec<String> = (0..*arity).map(|at| format!("a{at}")).collect();
        // Writing to a string cannot fail.
        _ = writeln!(text, "{}({}) := {}", own_name(name), args.join(", "), call_text(name, &args));
    }
    (!named.is_empty()).then(|| (Arc::from(PACKAGE), text))
}
