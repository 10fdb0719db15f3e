//! Patterns: what is compared with a value and binds variables.

use std::sync::Arc;

use super::order::{Scope, is_bound, is_evaluable};
use super::print::quoted;
use super::steps::{Lowerer, Out};
use super::values::{index, is_constant, is_name, is_path};
use crate::policy::rego::ast::{Loc, Term, TermKind};

impl Lowerer<'_> {
    pub(super) fn unify(&mut self, loc: Loc, left: &Term, right: &Term, scope: &mut Scope, out: &mut Out) {
        match (&left.kind, &right.kind) {
            _ if is_evaluable(right, scope) => {
                let text = self.value(right, scope, out);
                self.matches(loc, left, &text, scope, out);
            }
            _ if is_evaluable(left, scope) => {
                let text = self.value(left, scope, out);
                self.matches(loc, right, &text, scope, out);
            }
            (TermKind::Array(lefts), TermKind::Array(rights)) if lefts.len() == rights.len() => {
                for (left, right) in lefts.iter().zip(rights) {
                    self.unify(loc, left, right, scope, out);
                }
            }
            _ => {
                self.faults.add_with_help(
                    "unsupported",
                    loc,
                    "this unification has variables without a value on both sides",
                    Some("bind the variables of one side before, with :=".to_owned()),
                );
            }
        }
    }

    /// A value matches a pattern, whose variables get their values.
    pub(super) fn matches(&mut self, loc: Loc, pattern: &Term, text: &str, scope: &mut Scope, out: &mut Out) {
        match &pattern.kind {
            TermKind::Var(name) if name.starts_with('$') && !scope.contains_key(name) => {
                if is_name(text) {
                    scope.insert(Arc::clone(name), text.to_owned());
                    return;
                }
                let name = self.bind(name, scope);
                out.push(loc, &format!("{name} := {text}"));
            }
            TermKind::Array(items) if !is_bound(pattern, scope) => {
                let names: Vec<String> = items.iter().map(|_| self.name()).collect();
                out.push(loc, &format!("[{}] := {text}", names.join(", ")));
                for (item, name) in items.iter().zip(&names) {
                    self.matches(loc, item, name, scope, out);
                }
            }
            TermKind::Object(pairs) if !is_bound(pattern, scope) => {
                let whole = self.temporary(loc, &format!("internal.object({text}, {})", pairs.len()), out);
                for (key, value) in pairs {
                    let place = match key.as_str() {
                        Some(name) => format!("{whole}[{}]", quoted(name)),
                        None => format!("{whole}[{}]", index(&self.atom(key, scope, out))),
                    };
                    let item = self.temporary(loc, &place, out);
                    self.matches(loc, value, &item, scope, out);
                }
            }
            _ => {
                let value = self.value(pattern, scope, out);
                let compares = is_path(text) && (is_path(&value) || is_constant(pattern));
                let text = format!("{text} == {value}");
                if compares { out.push_condition(loc, &text) } else { out.push(loc, &text) }
            }
        }
    }
}
