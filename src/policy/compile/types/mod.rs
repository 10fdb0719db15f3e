//! Types, inferred as OPA's checker does: what cannot be is a mistake.
//!
//! The rules are taken in the order in which they need each other. Of each body the types of variables are inferred
//! expression by expression; what the rule gives is kept for those that refer to it.

mod body;
mod env;
mod expressions;
mod refs;
mod unify;

use std::collections::BTreeMap;
use std::sync::Arc;

use body::Checker;
use env::{Env, Node};

use super::order::{Scope, pattern_vars};
use super::resolve::Resolved;
use super::tree::{Path, Tree, known_path};
use super::{Faults, visit};
use crate::policy::builtins::{Key, Type, signature};
use crate::policy::rego::ast::{Body, Rule, Shape, Term, TermKind};

/// Check them, in an order of the rules' paths. Gives the rules of which surely nothing is an object, by what goes
/// through their values.
pub(super) fn check(files: &[Resolved], order: &[&Path], tree: &Tree, faults: &mut Faults) -> Vec<Path> {
    let mut rules: BTreeMap<Path, Vec<(&Resolved, &Rule)>> = BTreeMap::new();
    for file in files {
        for rule in &file.rules {
            rules.entry(known_path(&file.package, &rule.path).0).or_default().push((file, rule));
        }
    }
    let mut types = Node::default();
    for path in order {
        for (file, rule) in rules.get(*path).into_iter().flatten() {
            faults.in_file(&file.file);
            self::rule(file, rule, tree, &mut types, faults);
        }
    }
    let plain = order.iter().filter(|path| types.get(&keys(path)).is_some_and(|node| is_plain(&node.kind)));
    let plain = plain.map(|path| (*path).clone()).collect();
    if faults.found.is_empty() {
        deprecated(files, faults);
    }
    plain
}

fn keys(path: &[Arc<str>]) -> Vec<Key> {
    path.iter().cloned().map(Key::String).collect()
}

fn is_plain(kind: &Type) -> bool {
    match kind {
        Type::Unknown | Type::OneOf(_) | Type::Function(_) => false,
        Type::Set(element) => !element.may_be_object(),
        Type::Array(array) => !array.0.iter().chain([&array.1]).any(|one| *one != Type::Unknown && one.may_be_object()),
        other => !other.may_be_object(),
    }
}

/// Functions that Rego v1 does not have any more.
fn deprecated(files: &[Resolved], faults: &mut Faults) {
    for file in files.iter().filter(|file| file.is_v1) {
        faults.in_file(&file.file);
        for rule in &file.rules {
            visit::rule(rule, &mut |term, _| {
                let TermKind::Call(name, _) = &term.kind else { return };
                let name = name.join(".");
                if signature(&name).is_some_and(|found| found.v0_only) {
                    let message = format!("deprecated built-in function calls in expression: {name}");
                    faults.add("rego_type_error", term.loc, message);
                }
            });
        }
    }
}

fn rule(file: &Resolved, rule: &Rule, tree: &Tree, types: &mut Node, faults: &mut Faults) {
    // The path up to its first variable.
    let mut path = keys(&file.package);
    let mut parts = rule.path.iter().enumerate();
    let mut open: Vec<&Term> = Vec::new();
    for (index, part) in parts.by_ref() {
        match (index, part.as_var()) {
            (0, Some(name)) => path.push(Key::String(Arc::clone(name))),
            _ => match Key::of(part) {
                Some(key) if open.is_empty() => path.push(key),
                _ => open.push(part),
            },
        }
    }
    let branches = rule.branches.iter().map(|branch| (&branch.value, &branch.body));
    for (value, body) in std::iter::once((&rule.value, &rule.body)).chain(branches) {
        let mut checker = Checker { tree, faults, made_up: 0, wrong: 0 };
        let kind = clause(&mut checker, rule, &open, (value, body), types);
        if checker.wrong > 0 {
            // What refers to it is not told the same mistake.
            types.put(&path, Type::any());
        } else if kind != Type::Unknown {
            types.insert(&path, &kind);
        }
    }
}

/// What a clause of a rule gives.
fn clause(checker: &mut Checker<'_>, rule: &Rule, open: &[&Term], (value, body): (&Term, &Body), types: &Node) -> Type {
    let mut env = Env::new(types);
    let mut args = std::collections::BTreeSet::new();
    for arg in &rule.args {
        super::expand::vars(arg, super::expand::Within::Open, &mut args);
        pattern_vars(arg, &mut args);
    }
    let mut scope: Scope = args.iter().map(|name| (Arc::clone(name), String::new())).collect();
    let heads: Vec<&Term> = open.iter().copied().chain([value]).collect();
    let mut heads = checker.body(&mut env, body, &heads, &mut scope);
    if rule.shape == Shape::Function && !rule.args.is_empty() {
        for name in &args {
            if env.var(name) == Type::Unknown {
                env.put(name, Type::any());
            }
        }
        let args = rule.args.iter().map(|arg| env.kind(arg)).collect();
        let value = heads.pop().map_or(Type::Unknown, |value| env.kind(&value));
        return Type::Function(Arc::new((args, value)));
    }
    let value = heads.pop().map_or(Type::Unknown, |value| env.kind(&value));
    let value = if rule.shape == Shape::Element { Type::set(value) } else { value };
    heads.iter().rev().fold(value, |value, key| match (env.kind(key), value) {
        (Type::Unknown, _) | (_, Type::Unknown) => Type::Unknown,
        (key, value) => Type::object(Vec::new(), Some((key, value))),
    })
}
