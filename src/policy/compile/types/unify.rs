//! Whether types can be of one value, and what that says of variables.

use std::sync::Arc;

use super::env::{CLOSURE, Env};
use crate::policy::builtins::{Fields, Key, Type, element};
use crate::policy::rego::ast::{Term, TermKind};

/// Whether a value can be of both types.
pub(super) fn unifies(left: &Type, right: &Type) -> bool {
    match (left, right) {
        (Type::Unknown, _) | (_, Type::Unknown) => false,
        (Type::OneOf(types), other) if is_one_of(types, other) => true,
        (other, Type::OneOf(types)) => is_one_of(types, other),
        (Type::Array(left), Type::Array(right)) => {
            let fit = |left: &(Vec<Type>, Type), right: &(Vec<Type>, Type)| {
                left.0.iter().enumerate().all(|(at, kind)| unifies(kind, &element(right, at)))
            };
            let is_open = left.1 != Type::Unknown && right.1 != Type::Unknown;
            fit(left, right) && fit(right, left) && (!is_open || unifies(&left.1, &right.1))
        }
        (Type::Object(left), Type::Object(right)) => {
            let fit = |left: &Fields, right: &Fields| {
                left.known.iter().all(|(key, kind)| match right.at(key) {
                    Type::Unknown => is_open(left) || is_open(right),
                    other => unifies(kind, &other),
                })
            };
            let rests = left.rest.as_ref().zip(right.rest.as_ref());
            let is_rest = |(left, right): (&(Type, Type), &(Type, Type))| {
                left.1 == Type::Unknown || right.1 == Type::Unknown || unifies(&left.1, &right.1)
            };
            fit(left, right) && fit(right, left) && rests.is_none_or(is_rest)
        }
        (Type::Set(left), Type::Set(right)) => unifies(left, right),
        (Type::Function(left), Type::Function(right)) => {
            left.0.len() == right.0.len() && left.0.iter().zip(&right.0).all(|(left, right)| unifies(left, right))
        }
        (left, right) => left == right,
    }
}

fn is_one_of(types: &[Type], other: &Type) -> bool {
    !matches!(other, Type::Function(_)) && (types.is_empty() || types.iter().any(|one| unifies(one, other)))
}

fn is_open(object: &Fields) -> bool {
    object.rest.as_ref().is_some_and(|(_, value)| *value != Type::Unknown)
}

impl Env<'_> {
    /// Whether a term can be of a type; says of its variables what follows. `is_one` says that it may be another too.
    pub(super) fn unify_with(&mut self, term: &Term, kind: &Type, is_one: bool) -> bool {
        let parts: Vec<&Term> = match &term.kind {
            TermKind::Array(items) | TermKind::Set(items) => items.iter().collect(),
            TermKind::Object(pairs) => pairs.iter().flat_map(|(key, value)| [key, value]).collect(),
            TermKind::Var(name) if is_var(term) => {
                let known = self.var(name);
                if is_one {
                    self.put(name, known.or(kind.clone()));
                    return true;
                }
                if known != Type::Unknown {
                    return unifies(&known, kind);
                }
                self.put(name, kind.clone());
                return true;
            }
            _ => return unifies(&self.kind(term), kind),
        };
        match (&term.kind, kind) {
            (_, Type::OneOf(types)) if types.is_empty() => {
                for part in parts {
                    self.unify_with(part, kind, true);
                }
                true
            }
            (_, Type::OneOf(types)) => {
                let types = Arc::clone(types);
                // Each says something of the variables, so that all are asked.
                let fits: Vec<bool> = types.iter().map(|one| self.unify_with(term, one, true)).collect();
                fits.contains(&true)
            }
            (TermKind::Array(items), Type::Array(array)) => {
                (items.len() == array.0.len() || array.1 != Type::Unknown)
                    && items.iter().enumerate().all(|(at, item)| self.unify_with(item, &element(array, at), is_one))
            }
            (TermKind::Object(pairs), Type::Object(object)) => {
                (pairs.len() == object.known.len() || is_open(object))
                    && pairs.iter().all(|(key, value)| match Key::of(key).map(|key| object.at(&key)) {
                        Some(Type::Unknown) => false,
                        Some(kind) => self.unify_with(value, &kind, is_one),
                        None => {
                            self.unify_with(value, &Type::any(), is_one);
                            true
                        }
                    })
            }
            (TermKind::Set(items), Type::Set(element)) => {
                items.iter().all(|item| self.unify_with(item, element, is_one))
            }
            _ => false,
        }
    }

    /// Whether two terms can be equal; says of their variables what follows.
    pub(super) fn unify(&mut self, left: &Term, right: &Term) -> bool {
        let (kind, other) = (self.kind(left), self.kind(right));
        match (kind.is_unknown(), other.is_unknown()) {
            (true, false) => return self.unify_with(left, &other, false),
            (false, true) => return self.unify_with(right, &kind, false),
            (false, false) => return unifies(&kind, &other),
            (true, true) => {}
        }
        match (&left.kind, &right.kind) {
            (TermKind::Array(lefts), TermKind::Array(rights)) => {
                return lefts.len() == rights.len()
                    && lefts.iter().zip(rights).all(|(left, right)| self.unify(left, right));
            }
            (TermKind::Object(lefts), TermKind::Object(rights)) => {
                let same = |key: &Term| {
                    let key = Key::of(key)?;
                    rights.iter().find(|(other, _)| Key::of(other).is_some_and(|other| other == key))
                };
                return lefts.len() == rights.len()
                    && lefts.iter().all(|(key, value)| same(key).is_some_and(|(_, other)| self.unify(value, other)));
            }
            (TermKind::Array(_) | TermKind::Object(_), TermKind::Var(_)) if is_var(right) => {
                return self.follow(left, right);
            }
            (TermKind::Var(_), TermKind::Var(_) | TermKind::Array(_) | TermKind::Object(_)) if is_var(left) => {
                if right.as_var().is_none() {
                    return self.follow(right, left);
                }
                if is_var(right) {
                    return self.follow(left, right);
                }
            }
            _ => {}
        }
        if is_var(left) && kind == Type::Unknown && other != Type::Unknown {
            return self.unify_with(left, &other, false);
        }
        is_var(right) && other == Type::Unknown && kind != Type::Unknown && self.unify_with(right, &kind, false)
    }

    /// A term of any type, and another that is like it.
    fn follow(&mut self, first: &Term, other: &Term) -> bool {
        self.unify_with(first, &Type::any(), false) && {
            let kind = self.kind(first);
            self.unify_with(other, &kind, false)
        }
    }
}

/// A variable that does not stand for a comprehension.
fn is_var(term: &Term) -> bool {
    term.as_var().is_some_and(|name| !name.starts_with(CLOSURE) && !matches!(&**name, "data" | "input"))
}
