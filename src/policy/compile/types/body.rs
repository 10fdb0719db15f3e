//! The types of a body's variables, expression by expression in the order of evaluation, and what cannot be.

use std::sync::Arc;

use super::super::Faults;
use super::super::expand::{Expander, Step, StepKind};
use super::super::order::{self, Scope};
use super::super::tree::Tree;
use super::env::{CLOSURE, Env};
use super::expressions::{Expression, Expressions};
use super::unify::unifies;
use crate::policy::builtins::{Type, signature};
use crate::policy::rego::ast::{Body, Loc, Term, TermKind};

/// Checks the bodies of one rule.
pub(super) struct Checker<'a> {
    pub(super) tree: &'a Tree,
    pub(super) faults: &'a mut Faults,
    /// How many variables were made up.
    pub(super) made_up: u32,
    /// How many mistakes were found.
    pub(super) wrong: usize,
}

impl Checker<'_> {
    /// Check a body, with the variables that have values before it. Gives the terms of the head as they are in its
    /// place.
    pub(super) fn body(&mut self, env: &mut Env<'_>, body: &Body, heads: &[&Term], scope: &mut Scope) -> Vec<Term> {
        let mut expander = Expander { tree: self.tree, made_up: &mut self.made_up };
        let mut steps = expander.body(body);
        let mut results = Vec::new();
        for head in heads {
            let mut flat = expander.flat(head, &[], &mut steps);
            if is_evaluated(&flat) {
                *expander.made_up += 1;
                let it = Term::new(flat.loc, TermKind::Var(Arc::from(format!("$y{}:_", expander.made_up))));
                steps.push(Step { loc: flat.loc, kind: StepKind::Unify(it.clone(), flat), with: Vec::new() });
                flat = it;
            }
            results.push(flat);
        }
        for step in &sorted(steps, scope) {
            let mut expressions = Expressions { tree: self.tree, made_up: &mut self.made_up, found: Vec::new() };
            expressions.step(step);
            for (loc, expression) in expressions.found {
                self.expression(env, loc, expression, scope);
            }
        }
        results
    }

    fn fault(&mut self, loc: Loc, message: impl Into<String>) {
        self.wrong += 1;
        self.faults.add("rego_type_error", loc, message);
    }

    fn expression(&mut self, env: &mut Env<'_>, loc: Loc, expression: Expression, scope: &Scope) {
        let had = self.wrong;
        match expression {
            Expression::Equal(left, right) => {
                let (left, right) = (self.closure(env, left, scope), self.closure(env, right, scope));
                self.refs(env, &left);
                self.refs(env, &right);
                let (kind, other) = (env.kind(&left), env.kind(&right));
                // What follows from another mistake is not told.
                if !env.unify(&left, &right) && (self.wrong == had || !kind.is_unknown() && !other.is_unknown()) {
                    self.fault(loc, format!("match error\n\tleft  : {kind}\n\tright : {other}"));
                }
            }
            Expression::Call(name, args) => self.call(env, loc, &name, &args, scope),
            Expression::Term(term) => {
                let term = self.closure(env, term, scope);
                self.refs(env, &term);
            }
            Expression::Each(body) => self.each(env, &body, scope),
            Expression::With(target, value) => {
                let (wanted, found) = (function(env, &target), function(env, &value));
                if matches!((&wanted, &found), (Type::Function(_), Type::Function(_))) && !unifies(&wanted, &found) {
                    self.fault(loc, format!("arity mismatch\n\thave: {found}\n\twant: {wanted}"));
                }
            }
        }
    }

    fn call(&mut self, env: &mut Env<'_>, loc: Loc, name: &[Arc<str>], args: &[Term], scope: &Scope) {
        if matches!(name, [only] if **only == *"print") {
            for arg in args {
                self.closure(env, arg.clone(), scope);
            }
            return;
        }
        let shown = name.join(".");
        let Type::Function(kind) = function_of(env, name) else { return };
        let wanted: Vec<Type> =
            kind.0.iter().cloned().chain([kind.1.clone()].into_iter().filter(|it| *it != Type::Unknown)).collect();
        let before: Vec<Type> = args.iter().map(|arg| env.kind(arg)).collect();
        for ((arg, wanted), had) in args.iter().zip(&wanted).zip(&before) {
            let fits = had.is_unknown() || unifies(had, wanted);
            if !fits || !env.unify_with(arg, wanted, false) {
                let list = |types: &[Type]| types.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                let message =
                    format!("{shown}: invalid argument(s)\n\thave: ({})\n\twant: ({})", list(&before), list(&kind.0));
                return self.fault(loc, message);
            }
        }
    }

    /// A comprehension as a variable of its type.
    fn closure(&mut self, env: &mut Env<'_>, term: Term, scope: &Scope) -> Term {
        let (heads, body): (Vec<&Term>, &Body) = match &term.kind {
            TermKind::ArrayCompr(head, body) | TermKind::SetCompr(head, body) => (vec![head], body),
            TermKind::ObjectCompr(head, body) => (vec![&head.0, &head.1], body),
            _ => return term,
        };
        let had = self.wrong;
        let mut inner = env.inner();
        let heads = self.body(&mut inner, body, &heads, &mut scope.clone());
        let kinds: Vec<Type> = heads.iter().map(|head| inner.kind(head)).collect();
        self.made_up += 1;
        let name: Arc<str> = Arc::from(format!("{CLOSURE}{}:_", self.made_up));
        if self.wrong == had {
            let kind = match (&term.kind, &kinds[..]) {
                (TermKind::SetCompr(..), [element]) => Type::set(element.clone()),
                (_, [element]) => Type::array(Vec::new(), element.clone()),
                (_, [key, value]) => Type::object(Vec::new(), Some((key.clone(), value.clone()))),
                _ => Type::Unknown,
            };
            env.put(&name, kind);
        }
        Term::new(term.loc, TermKind::Var(name))
    }

    fn refs(&mut self, env: &mut Env<'_>, term: &Term) {
        if let Err(message) = env.reference(term) {
            self.fault(term.loc, message);
        }
    }

    /// Of the body of an `every`, OPA checks references and comprehensions.
    fn each(&mut self, env: &mut Env<'_>, body: &Body, scope: &Scope) {
        let mut expander = Expander { tree: self.tree, made_up: &mut self.made_up };
        let steps = expander.body(body);
        let mut scope = scope.clone();
        for step in &sorted(steps, &mut scope) {
            let mut expressions = Expressions { tree: self.tree, made_up: &mut self.made_up, found: Vec::new() };
            expressions.step(step);
            for (_, expression) in expressions.found {
                match expression {
                    Expression::Equal(left, right) => {
                        for side in [left, right] {
                            let side = self.closure(env, side, &scope);
                            self.refs(env, &side);
                        }
                    }
                    Expression::Term(term) => {
                        let term = self.closure(env, term, &scope);
                        self.refs(env, &term);
                    }
                    Expression::Each(body) => self.each(env, &body, &scope),
                    Expression::Call(..) | Expression::With(..) => {}
                }
            }
        }
    }
}

/// Whether a term refers to anything, or is a comprehension, in any part.
fn is_evaluated(term: &Term) -> bool {
    match &term.kind {
        TermKind::Ref(..) | TermKind::ArrayCompr(..) | TermKind::SetCompr(..) | TermKind::ObjectCompr(..) => true,
        TermKind::Var(name) => matches!(&**name, "data" | "input"),
        TermKind::Array(items) | TermKind::Set(items) => items.iter().any(is_evaluated),
        TermKind::Object(pairs) => pairs.iter().any(|(key, value)| is_evaluated(key) || is_evaluated(value)),
        _ => false,
    }
}

/// Steps as OPA sorts them: in each pass, those that wait for nothing.
fn sorted(mut steps: Vec<Step>, scope: &mut Scope) -> Vec<Step> {
    let outer = order::outer_vars(&steps);
    let mut ready = Vec::new();
    loop {
        let mut waiting = Vec::new();
        let had = ready.len();
        for step in steps {
            if order::missing(&step, scope, &outer).is_empty() {
                if !matches!(step.kind, StepKind::Not(_)) {
                    let bound = order::outer_vars(std::slice::from_ref(&step));
                    scope.extend(bound.into_iter().map(|name| (name, String::new())));
                }
                ready.push(step);
            } else {
                waiting.push(step);
            }
        }
        if ready.len() == had {
            ready.append(&mut waiting);
            return ready;
        }
        steps = waiting;
    }
}

/// The type of a function, by its resolved name.
fn function_of(env: &Env<'_>, name: &[Arc<str>]) -> Type {
    if let Some((root, path)) = name.split_first()
        && **root == *"data"
    {
        let path: Vec<_> = path.iter().map(|part| crate::policy::builtins::Key::String(Arc::clone(part))).collect();
        return env.rules.get(&path).map_or(Type::Unknown, |node| node.kind.clone());
    }
    signature(&name.join("."))
        .map_or(Type::Unknown, |found| Type::Function(Arc::new((found.arguments.clone(), found.result.clone()))))
}

/// The type of a term that may name a function.
fn function(env: &Env<'_>, term: &Term) -> Type {
    match super::super::resolve::path_of(&term.kind) {
        Some(path) if path.first().is_some_and(|root| !root.starts_with('$')) => function_of(env, &path),
        _ => Type::Unknown,
    }
}
