//! Calls of builtins whose arguments are constants and what `input` says: where they would be evaluated again and again,
//! they become rules, which the engine evaluates once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::order::Scope;
use super::print::{Printer, mark, push_part};
use super::resolve::Resolved;
use super::steps::{Lowerer, Out};
use super::values::{call_text, constant, is_steady};
use super::visit;
use crate::policy::rego::ast::{Loc, Term, TermKind};

/// The package of these rules.
const PACKAGE: &str = "__once";

/// The rules that were made.
#[derive(Debug, Default)]
pub(super) struct Once {
    pub(super) is_on: bool,
    /// Their names, by their calls.
    names: BTreeMap<String, String>,
    /// File, line and text.
    rules: BTreeSet<(Arc<str>, u32, String)>,
}

impl Once {
    /// For modules that read known packages alone. None are made where a `with` may change what `input` says.
    pub(super) fn of(files: &[Resolved]) -> Self {
        let mut is_on = true;
        for rule in files.iter().flat_map(|file| &file.rules) {
            visit::literals(rule, &mut |literal| is_on &= literal.with.is_empty());
        }
        Self { is_on, ..Self::default() }
    }

    pub(super) fn path(&mut self, file: &Arc<str>, loc: Loc, call: &str) -> String {
        let next = format!("c{}", self.names.len());
        let name = self.names.entry(call.to_owned()).or_insert_with(|| {
            self.rules.insert((Arc::clone(file), loc.line, format!("{}{next} := {call} ", mark(loc))));
            next
        });
        format!("data.{PACKAGE}.{name}")
    }

    /// The rules as modules.
    pub(super) fn modules(self) -> impl Iterator<Item = (Arc<str>, String)> {
        let mut printers: BTreeMap<Arc<str>, Printer> = BTreeMap::new();
        for (file, _, text) in self.rules {
            printers.entry(file).or_insert_with(|| Printer::new(&[Arc::from(PACKAGE)])).push(&text);
        }
        printers.into_iter().map(|(file, printer)| (file, printer.finish()))
    }
}

impl Lowerer<'_> {
    /// A call that says the same wherever it stands. What only another such call needs gets no rule of its own.
    pub(super) fn once(
        &mut self,
        loc: Loc,
        (name, args): (&[Arc<str>], &[Term]),
        result: &Term,
        scope: &mut Scope,
        out: &mut Out,
    ) -> bool {
        let is_again = self.is_function || self.written > 0 || self.loops > 0;
        if !is_again || !self.once.is_on || !out.with.is_empty() || !is_steady(name) || args.is_empty() {
            return false;
        }
        let Some(args) = args.iter().map(|arg| self.fixed(arg, scope)).collect::<Option<Vec<_>>>() else {
            return false;
        };
        let call = call_text(name, &args);
        if let Some(var) = result.as_var().filter(|var| var.starts_with("$t") && !scope.contains_key(*var)) {
            scope.insert(Arc::clone(var), call.clone());
            self.fixed.insert(call.clone(), call);
            return true;
        }
        let path = self.once.path(self.file, loc, &call);
        self.matches(loc, result, &path, scope, out);
        if let Some(name) = result.as_var().and_then(|var| scope.get(var)) {
            self.fixed.insert(name.clone(), call);
        }
        true
    }

    /// The name of what a call says that waited for another, as everybody else needs it.
    pub(super) fn settled_call(&mut self, loc: Loc, text: &str, out: &mut Out) -> Option<String> {
        if self.fixed.get(text).is_none_or(|call| call != text) {
            return None;
        }
        let path = self.once.path(self.file, loc, text);
        let name = self.temporary(loc, &path, out);
        self.fixed.insert(name.clone(), text.to_owned());
        Some(name)
    }

    /// A term that says the same wherever it stands.
    fn fixed(&self, term: &Term, scope: &Scope) -> Option<String> {
        match &term.kind {
            TermKind::Array(items) if items.is_empty() => Some("[]".to_owned()),
            TermKind::Object(pairs) if pairs.is_empty() => Some("{}".to_owned()),
            TermKind::Var(name) if **name == *"input" => Some(name.to_string()),
            TermKind::Var(name) => self.fixed.get(scope.get(name)?).cloned(),
            TermKind::Ref(base, path) if base.as_var().is_some_and(|root| **root == *"input") => {
                let mut text = "input".to_owned();
                for part in path {
                    push_part(&mut text, part.as_str()?);
                }
                Some(text)
            }
            _ => constant(term),
        }
    }
}
