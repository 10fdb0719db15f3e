//! The order of steps: each comes when the variables that it reads have values. A variable that never gets one is
//! unsafe.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::expand::{Step, StepKind, Within, all_of_body, vars};
use crate::policy::rego::ast::{Term, TermKind};

/// The variables that have values, and their names in the lowered text.
pub(super) type Scope = BTreeMap<Arc<str>, String>;

type Names = BTreeSet<Arc<str>>;

/// The variables of a body outside of its closures: a closure that reads one of them waits for it.
pub(super) fn outer_vars(steps: &[Step]) -> Names {
    let mut found = Names::new();
    for step in steps {
        terms_of(&step.kind, &mut |term| vars(term, Within::Open, &mut found));
    }
    found
}

fn terms_of<'a>(kind: &'a StepKind, see: &mut impl FnMut(&'a Term)) {
    match kind {
        StepKind::Unify(left, right) => {
            see(left);
            see(right);
        }
        StepKind::Call { args, out, .. } => args.iter().chain(out).for_each(see),
        StepKind::Truth(term) => see(term),
        StepKind::Not(inner) => terms_of(inner, see),
        StepKind::SomeIn { key, value, collection } => key.iter().chain([value, collection]).for_each(see),
        StepKind::Every { domain, .. } => see(domain),
    }
}

/// Whether a term's variables have values, or get them by going through what it refers to.
struct Ready<'a> {
    scope: &'a Scope,
    outer: &'a Names,
    /// Variables in brackets of references: `xs[i]` gives `i` its values.
    iterated: Names,
    missing: Names,
}

impl Ready<'_> {
    fn need(&mut self, name: &Arc<str>) {
        if !self.scope.contains_key(name) && !self.iterated.contains(name) {
            self.missing.insert(Arc::clone(name));
        }
    }

    /// Collect what references give, from left to right, until nothing is added.
    fn iterate(&mut self, term: &Term) {
        loop {
            let before = self.iterated.len();
            self.iterate_once(term);
            if self.iterated.len() == before {
                return;
            }
        }
    }

    fn iterate_once(&mut self, term: &Term) {
        match &term.kind {
            TermKind::Ref(base, path) => {
                self.iterate_once(base);
                for part in path {
                    self.iterate_once(part);
                }
                if !self.has(base) {
                    return;
                }
                for part in path {
                    let mut found = Names::new();
                    pattern_vars(part, &mut found);
                    self.iterated.extend(found.into_iter().filter(|name| !self.scope.contains_key(name)));
                }
            }
            TermKind::Array(items) | TermKind::Set(items) => items.iter().for_each(|item| self.iterate_once(item)),
            TermKind::Object(pairs) => pairs.iter().for_each(|(key, value)| {
                self.iterate_once(key);
                self.iterate_once(value);
            }),
            _ => {}
        }
    }

    fn has(&self, term: &Term) -> bool {
        let mut found = Names::new();
        vars(term, Within::Open, &mut found);
        found.iter().all(|name| self.scope.contains_key(name) || self.iterated.contains(name))
    }

    /// Everything in a term must have a value.
    fn whole(&mut self, term: &Term) {
        let mut found = Names::new();
        vars(term, Within::Open, &mut found);
        for name in &found {
            self.need(name);
        }
        self.closures(term);
    }

    fn closures(&mut self, term: &Term) {
        let mut found = Names::new();
        vars(term, Within::Closures, &mut found);
        self.captured(found);
    }

    fn captured(&mut self, found: Names) {
        for name in found {
            if self.outer.contains(&name) && !self.scope.contains_key(&name) {
                self.missing.insert(name);
            }
        }
    }

    /// In a pattern only what is no place for a variable must have a value.
    fn pattern(&mut self, term: &Term) {
        match &term.kind {
            TermKind::Var(_) => {}
            TermKind::Array(items) => items.iter().for_each(|item| self.pattern(item)),
            TermKind::Object(pairs) => pairs.iter().for_each(|(key, value)| {
                self.whole(key);
                self.pattern(value);
            }),
            _ => self.whole(term),
        }
    }

    fn unify(&mut self, left: &Term, right: &Term) {
        if !are_alike(left, right) {
            self.whole(left);
            self.whole(right);
        } else if self.has(left) {
            self.closures(left);
            self.pattern(right);
        } else if self.has(right) {
            self.closures(right);
            self.pattern(left);
        } else {
            match (&left.kind, &right.kind) {
                (TermKind::Array(lefts), TermKind::Array(rights)) if lefts.len() == rights.len() => {
                    for (left, right) in lefts.iter().zip(rights) {
                        self.unify(left, right);
                        for side in [left, right] {
                            let mut found = Names::new();
                            pattern_vars(side, &mut found);
                            self.iterated.extend(found);
                        }
                    }
                }
                _ => {
                    self.whole(left);
                    self.whole(right);
                }
            }
        }
    }

    fn step(&mut self, kind: &StepKind) {
        terms_of(kind, &mut |term| self.iterate(term));
        match kind {
            StepKind::Unify(left, right) => self.unify(left, right),
            StepKind::Call { args, out, .. } => {
                for arg in args {
                    self.whole(arg);
                }
                if let Some(out) = out {
                    self.pattern(out);
                }
            }
            StepKind::Truth(term) => self.whole(term),
            StepKind::Not(inner) => {
                self.iterated.clear();
                terms_of(inner, &mut |term| self.whole(term));
            }
            StepKind::SomeIn { key, value, collection } => {
                self.whole(collection);
                key.iter().chain([value]).for_each(|term| self.pattern(term));
            }
            StepKind::Every { key, value, domain, body } => {
                self.whole(domain);
                let mut found = Names::new();
                all_of_body(body, &mut found);
                found.retain(|name| name != value && Some(name) != key.as_ref());
                self.captured(found);
            }
        }
    }
}

/// Whether literals may be equal by their lengths and keys: else they give no variable a value.
fn are_alike(left: &Term, right: &Term) -> bool {
    match (&left.kind, &right.kind) {
        (TermKind::Array(left), TermKind::Array(right)) => left.len() == right.len(),
        (TermKind::Object(left), TermKind::Object(right)) => {
            let has = |pairs: &[(Term, Term)], key: &Term| {
                key.as_str().is_none()
                    || pairs.iter().any(|(other, _)| other.as_str().is_none_or(|text| Some(text) == key.as_str()))
            };
            left.len() == right.len() && left.iter().all(|(key, _)| has(right, key))
        }
        _ => true,
    }
}

/// The variables of a pattern that it may give values to.
pub(super) fn pattern_vars(term: &Term, found: &mut Names) {
    match &term.kind {
        TermKind::Var(name) if name.starts_with('$') => _ = found.insert(Arc::clone(name)),
        TermKind::Array(items) => items.iter().for_each(|item| pattern_vars(item, found)),
        TermKind::Object(pairs) => pairs.iter().for_each(|(_, value)| pattern_vars(value, found)),
        _ => {}
    }
}

/// The variables that a step waits for.
pub(super) fn missing(step: &Step, scope: &Scope, outer: &BTreeSet<Arc<str>>) -> BTreeSet<Arc<str>> {
    let mut ready = Ready { scope, outer, iterated: Names::new(), missing: Names::new() };
    ready.step(&step.kind);
    ready.iterated.clear();
    for (_, value) in &step.with {
        ready.whole(value);
    }
    ready.missing
}

/// Whether all variables of a term have values.
pub(super) fn is_bound(term: &Term, scope: &Scope) -> bool {
    let mut found = Names::new();
    vars(term, Within::Open, &mut found);
    found.iter().all(|name| scope.contains_key(name))
}

/// Whether a term is evaluated by itself: what it lacks is iterated by its references.
pub(super) fn is_evaluable(term: &Term, scope: &Scope) -> bool {
    let outer = Names::new();
    let mut ready = Ready { scope, outer: &outer, iterated: Names::new(), missing: Names::new() };
    ready.iterate(term);
    ready.has(term)
}
