//! What functions take, as far as their clauses tell: OPA refuses a call with anything else.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::resolve::Resolved;
use super::tree::{Path, known_path};
use crate::policy::builtins::{Type, signature};
use crate::policy::rego::ast::{Body, LiteralKind, Rule, Shape, Term, TermKind};

/// The types of the arguments, by the path below `data`.
pub(super) type Functions = BTreeMap<Path, Vec<Type>>;

pub(super) fn of(files: &[Resolved]) -> Functions {
    let mut functions = Functions::new();
    for file in files {
        for rule in file.rules.iter().filter(|rule| rule.shape == Shape::Function) {
            let path = known_path(&file.package, &rule.path).0;
            for clause in clauses(rule) {
                match functions.get_mut(&path) {
                    Some(known) => {
                        for (known, other) in known.iter_mut().zip(clause) {
                            *known = either(known.clone(), other);
                        }
                    }
                    None => _ = functions.insert(path.clone(), clause),
                }
            }
        }
    }
    functions
}

/// What each clause takes. `else` is one of its own.
fn clauses(rule: &Rule) -> Vec<Vec<Type>> {
    let own = (&rule.value, &rule.body);
    let others = rule.branches.iter().map(|branch| (&branch.value, &branch.body));
    std::iter::once(own).chain(others).map(|(value, body)| clause(&rule.args, value, body)).collect()
}

fn clause(args: &[Term], value: &Term, body: &Body) -> Vec<Type> {
    let mut wanted: BTreeMap<Arc<str>, Type> = BTreeMap::new();
    // What comprehensions and `every` ask of a variable stays within them.
    for literal in body {
        match &literal.kind {
            LiteralKind::Term(term) | LiteralKind::Not(term) => collect(term, &mut wanted),
            LiteralKind::SomeIn { collection, .. } => collect(collection, &mut wanted),
            LiteralKind::Every { domain, .. } => collect(domain, &mut wanted),
            LiteralKind::Declare(_) => {}
        }
    }
    collect(value, &mut wanted);
    args.iter().map(|arg| pattern(arg, &wanted)).collect()
}

/// What the calls of builtins in a term ask of variables.
fn collect(term: &Term, wanted: &mut BTreeMap<Arc<str>, Type>) {
    match &term.kind {
        TermKind::Call(name, args) => {
            if let Some(found) = signature(&name.join(".")) {
                for (arg, asked) in args.iter().zip(&found.arguments) {
                    let Some(var) = arg.as_var() else { continue };
                    // Of sets there is a difference too.
                    let asked = if found.name == "minus" { Type::Any } else { asked.clone() };
                    let known =
                        wanted.get(var).map_or_else(|| asked.clone(), |known| either(known.clone(), asked.clone()));
                    wanted.insert(Arc::clone(var), known);
                }
            }
            for arg in args {
                collect(arg, wanted);
            }
        }
        TermKind::Array(items) | TermKind::Set(items) => items.iter().for_each(|item| collect(item, wanted)),
        TermKind::Object(pairs) => pairs.iter().for_each(|(key, value)| {
            collect(key, wanted);
            collect(value, wanted);
        }),
        _ => {}
    }
}

fn pattern(arg: &Term, wanted: &BTreeMap<Arc<str>, Type>) -> Type {
    match &arg.kind {
        TermKind::Null => Type::Null,
        TermKind::Bool(_) => Type::Boolean,
        TermKind::Number(_) => Type::Number,
        TermKind::String(_) => Type::String,
        TermKind::Array(_) => Type::Array(Box::new(Type::Any)),
        TermKind::Set(_) => Type::Set(Box::new(Type::Any)),
        TermKind::Object(_) => Type::Object,
        TermKind::Var(name) => wanted.get(name).cloned().unwrap_or(Type::Any),
        _ => Type::Any,
    }
}

/// One type or the other.
pub(super) fn either(known: Type, other: Type) -> Type {
    if known == Type::Any || other == Type::Any {
        return Type::Any;
    }
    let parts = |it: Type| if let Type::OneOf(types) = it { types } else { vec![it] };
    let mut types = parts(known);
    for part in parts(other) {
        if !types.contains(&part) {
            types.push(part);
        }
    }
    if types.len() > 1 { Type::OneOf(types) } else { types.pop().unwrap_or(Type::Any) }
}
