//! Which names a level declares, and what a name that is read stands for.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Resolver, is_document, name_of};
use crate::policy::rego::ast::{Body, LiteralKind, Loc, Term, TermKind};

/// The names of one level: a rule's arguments, a body, an `every`.
#[derive(Debug, Default)]
pub(super) struct Scope {
    pub(super) locals: BTreeMap<Arc<str>, Arc<str>>,
    pub(super) args: BTreeSet<Arc<str>>,
    /// Names that were read before they were declared here.
    pub(super) seen: BTreeSet<Arc<str>>,
    /// Names that this body declares somewhere: they hide rules and imports.
    pub(super) declares: BTreeSet<Arc<str>>,
    /// Declarations that must be used: unique names.
    pub(super) must_use: Vec<(Loc, Arc<str>)>,
}

impl Resolver<'_> {
    pub(super) fn unique(&mut self, name: &str) -> Arc<str> {
        self.count += 1;
        Arc::from(format!("${}:{name}", self.count))
    }

    pub(super) fn declare_arg(&mut self, arg: &Term) {
        match &arg.kind {
            TermKind::Var(name) if **name != *"_" => {
                let unique = self.unique(name);
                if let Some(scope) = self.scopes.last_mut() {
                    scope.args.insert(Arc::clone(name));
                    scope.locals.entry(Arc::clone(name)).or_insert(unique);
                }
            }
            TermKind::Array(items) | TermKind::Set(items) => items.iter().for_each(|item| self.declare_arg(item)),
            TermKind::Object(pairs) => pairs.iter().for_each(|(_, value)| self.declare_arg(value)),
            _ => {}
        }
    }

    pub(super) fn push(&mut self, body: &Body) {
        let mut declares = BTreeSet::new();
        for literal in body {
            match &literal.kind {
                LiteralKind::Term(term) => {
                    if let Some([left, _]) = term.call_of("assign") {
                        names_of(left, &mut declares);
                    }
                }
                LiteralKind::Declare(names) => declares.extend(names.iter().map(|(_, name)| Arc::clone(name))),
                LiteralKind::SomeIn { key, value, .. } => {
                    names_of(value, &mut declares);
                    if let Some(key) = key {
                        names_of(key, &mut declares);
                    }
                }
                LiteralKind::Not(_) | LiteralKind::Every { .. } => {}
            }
        }
        self.scopes.push(Scope { declares, ..Scope::default() });
    }

    pub(super) fn pop(&mut self) {
        for (loc, unique) in self.scopes.pop().map(|scope| scope.must_use).unwrap_or_default() {
            if !self.used.contains(&unique) {
                let name = name_of(&unique);
                self.faults.add("rego_compile_error", loc, format!("declared var {name} unused"));
            }
        }
    }

    pub(super) fn declare(&mut self, name: &Arc<str>, loc: Loc) -> Option<Arc<str>> {
        if is_document(name) && self.unit.module.is_v1 {
            self.faults.add(
                "rego_compile_error",
                loc,
                format!("variables must not shadow {name} (use a different variable name)"),
            );
            return None;
        }
        let is_arg = self.scopes.first().is_some_and(|scope| scope.args.contains(name)) && self.scopes.len() == 2;
        let scope = self.scopes.last()?;
        let why = if is_arg {
            format!("arg {name} redeclared")
        } else if scope.locals.contains_key(name) {
            format!("var {name} assigned above")
        } else if scope.seen.contains(name) {
            format!("var {name} referenced above")
        } else {
            let unique = self.unique(name);
            self.scopes.last_mut()?.locals.insert(Arc::clone(name), Arc::clone(&unique));
            return Some(unique);
        };
        self.faults.add("rego_compile_error", loc, why);
        None
    }

    pub(super) fn lookup(&mut self, name: &Arc<str>) -> Option<Arc<str>> {
        let found = self.scopes.iter().rev().find_map(|scope| scope.locals.get(name)).cloned();
        // A document as a whole may be read before a variable of v0 takes its name.
        if !is_document(name) {
            self.see(name);
        }
        if let Some(unique) = &found {
            self.used.insert(Arc::clone(unique));
        }
        found
    }

    /// A name is read: its own level cannot declare it behind, while to the levels around it is another variable.
    pub(super) fn see(&mut self, name: &Arc<str>) {
        let is_known = self.scopes.iter().any(|scope| scope.locals.contains_key(name));
        if let Some(scope) = self.scopes.last_mut().filter(|scope| !is_known && scope.declares.contains(name)) {
            scope.seen.insert(Arc::clone(name));
        }
    }
}

fn names_of(term: &Term, names: &mut BTreeSet<Arc<str>>) {
    match &term.kind {
        TermKind::Var(name) => _ = names.insert(Arc::clone(name)),
        TermKind::Array(items) | TermKind::Set(items) => items.iter().for_each(|item| names_of(item, names)),
        TermKind::Object(pairs) => pairs.iter().for_each(|(_, value)| names_of(value, names)),
        _ => {}
    }
}
