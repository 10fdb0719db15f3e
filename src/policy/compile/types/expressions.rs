//! Steps to the expressions that are checked, in OPA's form: a reference or comprehension that a call or a literal
//! holds is a variable of its own before it.

use std::sync::Arc;

use super::super::expand::{Step, StepKind};
use super::super::tree::Tree;
use super::super::values::{function_path, is_named};
use crate::policy::rego::ast::{Body, Loc, Term, TermKind};

/// What is checked.
#[derive(Debug)]
pub(super) enum Expression {
    Equal(Term, Term),
    /// A call; the last argument may be where its result goes.
    Call(Vec<Arc<str>>, Vec<Term>),
    Term(Term),
    /// The body of an `every`.
    Each(Body),
    /// `with function as value`
    With(Term, Term),
}

/// Makes them.
pub(super) struct Expressions<'a> {
    pub(super) tree: &'a Tree,
    pub(super) made_up: &'a mut u32,
    pub(super) found: Vec<(Loc, Expression)>,
}

impl Expressions<'_> {
    pub(super) fn fresh(&mut self, loc: Loc) -> Term {
        *self.made_up += 1;
        Term::new(loc, TermKind::Var(Arc::from(format!("$y{}:_", self.made_up))))
    }

    pub(super) fn step(&mut self, step: &Step) {
        for (target, value) in &step.with {
            let is_function = function_path(value, self.tree).is_some();
            let value = if is_function { value.clone() } else { self.one(value) };
            self.found.push((step.loc, Expression::With(target.clone(), value)));
        }
        self.kind(step.loc, &step.kind);
    }

    fn kind(&mut self, loc: Loc, kind: &StepKind) {
        let expression = match kind {
            StepKind::Unify(left, right) => {
                let left = self.outermost(left);
                Expression::Equal(left, self.outermost(right))
            }
            // A comparison that is an expression of its own is a unification.
            StepKind::Call { name, args, out: None } if is_named(name, "equal") && args.len() == 2 => {
                let mut sides = args.iter().map(|side| self.outermost(side)).collect::<Vec<_>>().into_iter();
                let (Some(left), Some(right)) = (sides.next(), sides.next()) else { return };
                Expression::Equal(left, right)
            }
            StepKind::Call { name, args, out } => {
                let args = args.iter().chain(out).map(|arg| self.one(arg)).collect();
                Expression::Call(name.clone(), args)
            }
            StepKind::Truth(term) => Expression::Term(self.outermost(term)),
            StepKind::Not(inner) => return self.kind(loc, inner),
            StepKind::SomeIn { key, value, collection } => {
                let key = key.clone().unwrap_or_else(|| self.fresh(loc));
                let (base, mut path) = match &collection.kind {
                    TermKind::Ref(base, path) => ((**base).clone(), path.clone()),
                    _ => (collection.clone(), Vec::new()),
                };
                path.push(key);
                let item = Term::new(collection.loc, TermKind::Ref(Box::new(base), path));
                let value = self.outermost(value);
                Expression::Equal(value, self.outermost(&item))
            }
            StepKind::Every { domain, body, .. } => {
                let domain = self.outermost(domain);
                let it = self.fresh(loc);
                self.found.push((loc, Expression::Equal(it, domain)));
                Expression::Each(body.clone())
            }
        };
        self.found.push((loc, expression));
    }

    /// A term that may be a reference or a comprehension, but holds none.
    fn outermost(&mut self, term: &Term) -> Term {
        match &term.kind {
            TermKind::Ref(base, path) => {
                let path = path.iter().map(|part| self.one(part)).collect();
                let base = match &base.kind {
                    TermKind::Var(_) => (**base).clone(),
                    _ => self.named(base),
                };
                Term::new(term.loc, TermKind::Ref(Box::new(base), path))
            }
            TermKind::ArrayCompr(..) | TermKind::SetCompr(..) | TermKind::ObjectCompr(..) => term.clone(),
            _ => self.one(term),
        }
    }

    /// A term that neither is nor holds a reference or a comprehension.
    fn one(&mut self, term: &Term) -> Term {
        let kind = match &term.kind {
            TermKind::Ref(..) | TermKind::ArrayCompr(..) | TermKind::SetCompr(..) | TermKind::ObjectCompr(..) => {
                return self.named(term);
            }
            TermKind::Var(name) if matches!(&**name, "data" | "input") => return self.named(term),
            TermKind::Array(items) => TermKind::Array(items.iter().map(|item| self.one(item)).collect()),
            TermKind::Set(items) => TermKind::Set(items.iter().map(|item| self.one(item)).collect()),
            TermKind::Object(pairs) => {
                TermKind::Object(pairs.iter().map(|(key, value)| (self.one(key), self.one(value))).collect())
            }
            other => other.clone(),
        };
        Term::new(term.loc, kind)
    }

    fn named(&mut self, term: &Term) -> Term {
        let value = match &term.kind {
            TermKind::Var(_) => term.clone(),
            _ => self.outermost(term),
        };
        let it = self.fresh(term.loc);
        self.found.push((term.loc, Expression::Equal(it.clone(), value)));
        it
    }
}
