//! The types of what rules and functions give, as far as their heads and assignments tell. What is not certain is any.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::arguments::{Functions, either};
use super::resolve::Resolved;
use super::tree::{Path, known_path};
use super::types::Known;
use crate::policy::builtins::Type;
use crate::policy::rego::ast::{Rule, Shape, Term, TermKind};

/// By the path below `data`.
pub(super) type RuleTypes = BTreeMap<Path, RuleType>;

/// What a rule gives.
#[derive(Clone, Debug)]
pub(super) struct RuleType {
    pub(super) value: Type,
    /// The keys of an object, where it has these and no others.
    pub(super) fields: Option<BTreeSet<Arc<str>>>,
}

/// A rule may be given the value of another, and that of a third; beyond this many nothing is known.
const PASSES: usize = 3;

pub(super) fn of(files: &[Resolved], functions: &Functions) -> RuleTypes {
    let mut types = RuleTypes::new();
    for pass in 0..PASSES {
        let mut found = RuleTypes::new();
        for file in files {
            for rule in &file.rules {
                let (path, is_dynamic) = known_path(&file.package, &rule.path);
                // `x.a := 1` makes `x` an object.
                for end in file.package.len() + 1..path.len() {
                    let above = path.get(..end).unwrap_or_default().to_vec();
                    found.entry(above).or_insert(RuleType { value: Type::Object, fields: None });
                }
                add(&mut found, (path, is_dynamic), rule, functions, &types);
            }
        }
        let is_settled =
            pass > 0 && found.iter().all(|(path, new)| types.get(path).is_some_and(|old| old.value == new.value));
        types = found;
        if is_settled {
            break;
        }
    }
    types
}

fn add(found: &mut RuleTypes, (path, is_dynamic): (Path, bool), rule: &Rule, functions: &Functions, types: &RuleTypes) {
    let mut made = RuleType { value: Type::Object, fields: None };
    if !is_dynamic {
        let known = Known::of(rule, functions, types);
        let values = std::iter::once(&rule.value).chain(rule.branches.iter().map(|branch| &branch.value));
        let value = values.map(|value| known.infer(value)).reduce(either).unwrap_or(Type::Any);
        made.value = if rule.shape == Shape::Element { Type::Set(Box::new(value)) } else { value };
        made.fields = if rule.branches.is_empty() { fields(&rule.value) } else { None };
    }
    match found.get_mut(&path) {
        None => _ = found.insert(path, made),
        Some(known) => {
            known.fields = None;
            known.value = match (&known.value, made.value) {
                (Type::Set(known), Type::Set(other)) => Type::Set(Box::new(either((**known).clone(), *other))),
                (known, other) => either(known.clone(), other),
            };
        }
    }
}

/// The keys of a literal object that are all written.
fn fields(term: &Term) -> Option<BTreeSet<Arc<str>>> {
    match &term.kind {
        TermKind::Object(pairs) => pairs.iter().map(|(key, _)| key.as_str().cloned()).collect(),
        _ => None,
    }
}
