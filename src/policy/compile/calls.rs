//! Calls: that there is such a function, and that it takes so many arguments.

use std::sync::Arc;

use super::resolve::{Resolved, path_of};
use super::tree::{Tree, dotted};
use super::written::Written;
use super::{Faults, known, visit};
use crate::policy::rego::ast::{Loc, Shape, Term, TermKind, With};

pub(super) fn check(files: &[Resolved], tree: &Tree, faults: &mut Faults) {
    let written = Written::of(files);
    for file in files {
        faults.in_file(&file.file);
        for rule in &file.rules {
            let written = written.within(rule);
            visit::rule(rule, &mut |term, is_condition| {
                if let TermKind::Call(name, args) = &term.kind {
                    call(term.loc, name, args.len(), is_condition, tree, faults);
                    written.call(name, args, faults);
                }
            });
            visit::literals(rule, &mut |literal| {
                for with in &literal.with {
                    replacement(with, tree, faults);
                    let is_known = path_of(&with.target.kind).is_some_and(|path| is_target(&path, tree));
                    if !is_known {
                        let message = "with keyword target must reference existing input, data, or a function";
                        faults.add("rego_type_error", with.target.loc, message);
                    }
                }
            });
        }
    }
}

/// What takes a function's place takes as many arguments.
fn replacement(with: &With, tree: &Tree, faults: &mut Faults) {
    let arity = |term: &Term| {
        let path = path_of(&term.kind)?;
        match path.first().map(|root| &**root) {
            Some("data") => tree.get(path.get(1..)?).filter(|group| group.shape == Shape::Function).map(|g| g.arity),
            _ => known::arity(&path.join(".")),
        }
    };
    let name = |term: &Term| path_of(&term.kind).unwrap_or_default().join(".");
    if !known::has_one_value(&name(&with.value)) {
        let message = format!("with cannot put {} in a function's place here", name(&with.value));
        let help = Some("write a function that calls it, and name that one".to_owned());
        faults.add_with_help("unsupported", with.value.loc, message, help);
    } else if let (Some(want), Some(have)) = (arity(&with.target), arity(&with.value))
        && want != have
    {
        let any = |count| vec!["any"; count].join(", ");
        let name = name(&with.target);
        let message = format!("{name}: arity mismatch\n\thave: ({})\n\twant: ({})", any(have), any(want));
        faults.add("rego_type_error", with.target.loc, message);
    }
}

fn is_target(path: &[Arc<str>], tree: &Tree) -> bool {
    match path.first().map(|root| &**root) {
        Some("input") => true,
        Some("data") => path.get(1..).is_some_and(|path| tree.get(path).is_none_or(|group| !group.is_dynamic)),
        _ => known::arity(&path.join(".")).is_some(),
    }
}

fn call(loc: Loc, name: &[Arc<str>], count: usize, is_condition: bool, tree: &Tree, faults: &mut Faults) {
    let is_rule = name.first().is_some_and(|root| **root == *"data");
    if !is_rule {
        let name = name.join(".");
        if name.starts_with("rego.metadata.") {
            let message = format!("{name} is not available here");
            let help = "write the text where it is needed, or keep it in a rule".to_owned();
            faults.add_with_help("unsupported", loc, message, Some(help));
        } else if name == "print" {
            if !is_condition {
                faults.add("rego_type_error", loc, "print(…) used as value");
            }
        } else {
            match known::arity(&name) {
                None => faults.add("rego_type_error", loc, format!("undefined function {name}")),
                Some(arity) if count != arity && !(is_condition && count == arity + 1) => {
                    let want = known::arguments(&name);
                    let message = format!("{name}: arity mismatch\n\thave: {count} arguments\n\twant: ({want})");
                    faults.add("rego_type_error", loc, message);
                }
                Some(_) => {}
            }
        }
        return;
    }
    let path = name.get(1..).unwrap_or_default();
    match tree.get(path).filter(|group| group.shape == Shape::Function) {
        None => faults.add("rego_type_error", loc, format!("undefined function {}", dotted(path))),
        Some(group) if count != group.arity && !(is_condition && count == group.arity + 1) => {
            let (name, arity) = (dotted(path), group.arity);
            faults.add("rego_type_error", loc, format!("function {name} has arity {arity}, got {count} arguments"));
        }
        Some(_) => {}
    }
}
