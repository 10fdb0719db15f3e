//! Bodies to steps: no call within a call is left, so that each operand is evaluated in the open, as OPA does it.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::tree::Tree;
use crate::policy::rego::ast::{Body, Literal, LiteralKind, Loc, Term, TermKind};

/// One step of a body.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) loc: Loc,
    pub(super) kind: StepKind,
    /// Target and value of each `with`.
    pub(super) with: Vec<(Term, Term)>,
}

#[derive(Clone, Debug)]
pub(super) enum StepKind {
    /// Both are equal; variables without a value get one.
    Unify(Term, Term),
    /// A call; its result matches `out`, or is not false.
    Call {
        name: Vec<Arc<str>>,
        args: Vec<Term>,
        out: Option<Term>,
    },
    /// Defined and not false.
    Truth(Term),
    /// A call, a unification or a term that does not hold.
    Not(Box<StepKind>),
    SomeIn {
        key: Option<Term>,
        value: Term,
        collection: Term,
    },
    Every {
        key: Option<Arc<str>>,
        value: Arc<str>,
        domain: Term,
        body: Body,
    },
}

/// How many arguments a function takes, by its resolved name; nothing when it is not known.
pub(super) fn arity(tree: &Tree, name: &[Arc<str>]) -> Option<usize> {
    if name.first().is_some_and(|root| **root == *"data") {
        return tree.get(name.get(1..)?).map(|group| group.arity);
    }
    super::known::arity(&name.join("."))
}

/// Makes steps of literals.
pub(super) struct Expander<'a> {
    pub(super) tree: &'a Tree,
    /// How many variables were made up so far in this rule.
    pub(super) made_up: &'a mut u32,
}

impl Expander<'_> {
    fn fresh(&mut self, loc: Loc) -> Term {
        *self.made_up += 1;
        Term::new(loc, TermKind::Var(Arc::from(format!("$t{}:_", self.made_up))))
    }

    pub(super) fn body(&mut self, body: &Body) -> Vec<Step> {
        let mut steps = Vec::new();
        for literal in body {
            match waiting(literal, body) {
                Some(literal) => self.literal(&literal, &mut steps),
                None => self.literal(literal, &mut steps),
            }
        }
        steps
    }

    fn literal(&mut self, literal: &Literal, steps: &mut Vec<Step>) {
        let mut with = Vec::new();
        for item in &literal.with {
            let mut value = self.flat(&item.value, &[], steps);
            // `with input as xs[_]`: once for each.
            if is_open(&value) {
                let one = self.fresh(value.loc);
                let kind = StepKind::Unify(one.clone(), value);
                steps.push(Step { loc: one.loc, kind, with: Vec::new() });
                value = one;
            }
            with.push((item.target.clone(), value));
        }
        let loc = literal.loc;
        let kind = match &literal.kind {
            LiteralKind::Declare(_) => return,
            LiteralKind::Term(term) => self.condition(term, &with, steps),
            // OPA drops what is printed, and a negation with it.
            LiteralKind::Not(term) if term.call_of("print").is_some() => self.condition(term, &with, steps),
            LiteralKind::Not(term) => StepKind::Not(Box::new(self.condition(term, &with, steps))),
            LiteralKind::SomeIn { key, value, collection } => StepKind::SomeIn {
                key: key.as_ref().map(|key| self.flat(key, &with, steps)),
                collection: self.flat(collection, &with, steps),
                value: self.flat(value, &with, steps),
            },
            LiteralKind::Every { key, value, domain, body } => StepKind::Every {
                key: key.as_ref().map(|(_, key)| Arc::clone(key)),
                value: Arc::clone(&value.1),
                domain: self.flat(domain, &with, steps),
                body: body.clone(),
            },
        };
        push_apart(loc, kind, &with, steps);
    }

    fn condition(&mut self, term: &Term, with: &[(Term, Term)], steps: &mut Vec<Step>) -> StepKind {
        if let Some([left, right]) = term.call_of("assign").or_else(|| term.call_of("eq")) {
            let (out, call) = match (&left.kind, &right.kind) {
                (_, TermKind::Call(name, args)) => (left, Some((name, args))),
                (TermKind::Call(name, args), _) => (right, Some((name, args))),
                _ => (left, None),
            };
            return match call {
                Some((name, args)) if args.len() <= arity(self.tree, name).unwrap_or(usize::MAX) => {
                    let out = Some(self.flat(out, with, steps));
                    StepKind::Call { name: name.clone(), args: self.flat_all(args, with, steps), out }
                }
                _ => StepKind::Unify(self.flat(left, with, steps), self.flat(right, with, steps)),
            };
        }
        let TermKind::Call(name, args) = &term.kind else {
            return StepKind::Truth(self.flat(term, with, steps));
        };
        if matches!(&name[..], [only] if **only == *"print") {
            let args = args.iter().map(|arg| self.shown(arg)).collect();
            return StepKind::Call { name: name.clone(), args, out: None };
        }
        let mut args = self.flat_all(args, with, steps);
        // One argument more than the function takes is where its result goes.
        let out = if arity(self.tree, name).is_some_and(|arity| args.len() == arity + 1) { args.pop() } else { None };
        StepKind::Call { name: name.clone(), args, out }
    }

    /// How much of a reference names a document to which both rules with variables in their paths and others add, where it
    /// goes on behind.
    fn mixed(&self, base: &Term, path: &[Term]) -> Option<usize> {
        base.as_var().filter(|name| ***name == *"data")?;
        let words: Vec<Arc<str>> = path.iter().map_while(Term::as_str).cloned().collect();
        (1..path.len()).find(|end| {
            let document = words.get(..*end);
            let is_open = |path: &[Arc<str>]| self.tree.get(path).is_some_and(|group| group.is_dynamic);
            document.is_some_and(|path| is_open(path) && self.tree.has_below(path))
        })
    }

    fn flat_all(&mut self, terms: &[Term], with: &[(Term, Term)], steps: &mut Vec<Step>) -> Vec<Term> {
        terms.iter().map(|term| self.flat(term, with, steps)).collect()
    }

    /// A term without calls; they become steps before it.
    pub(super) fn flat(&mut self, term: &Term, with: &[(Term, Term)], steps: &mut Vec<Step>) -> Term {
        let kind = match &term.kind {
            TermKind::Ref(base, path) => {
                let base = self.flat(base, with, steps);
                let mut path = self.flat_all(path, with, steps);
                if let Some(end) = self.mixed(&base, &path) {
                    // The engine looks for what is below in the rules of the longer path alone.
                    let rest = path.split_off(end);
                    let whole = Term::new(term.loc, TermKind::Ref(Box::new(base), path));
                    let it = self.fresh(term.loc);
                    let kind = StepKind::Unify(it.clone(), whole);
                    steps.push(Step { loc: term.loc, kind, with: with.to_vec() });
                    return Term::new(term.loc, TermKind::Ref(Box::new(it), rest));
                }
                TermKind::Ref(Box::new(base), path)
            }
            TermKind::Array(items) => TermKind::Array(self.flat_all(items, with, steps)),
            TermKind::Set(items) => TermKind::Set(self.flat_all(items, with, steps)),
            TermKind::Object(pairs) => {
                let flat = |(key, value): &(Term, Term)| (self.flat(key, with, steps), self.flat(value, with, steps));
                TermKind::Object(pairs.iter().map(flat).collect())
            }
            TermKind::Call(name, args) => {
                let args = self.flat_all(args, with, steps);
                return self.call(term.loc, name.clone(), args, with, steps);
            }
            TermKind::Template(parts) => {
                let parts = parts.iter().map(|part| match &part.kind {
                    TermKind::Array(hole) => hole.first().map_or_else(|| part.clone(), |hole| self.shown(hole)),
                    _ => part.clone(),
                });
                let parts = Term::new(term.loc, TermKind::Array(parts.collect()));
                let name = vec![Arc::from("internal"), Arc::from("template_string")];
                return self.call(term.loc, name, vec![parts], with, steps);
            }
            other => other.clone(),
        };
        Term::new(term.loc, kind)
    }

    fn call(
        &mut self,
        loc: Loc,
        name: Vec<Arc<str>>,
        args: Vec<Term>,
        with: &[(Term, Term)],
        steps: &mut Vec<Step>,
    ) -> Term {
        let result = self.fresh(loc);
        let kind = StepKind::Call { name, args, out: Some(result.clone()) };
        steps.push(Step { loc, kind, with: with.to_vec() });
        result
    }

    /// `[x | x := term]`: a term that may be undefined without making undefined what it stands in.
    fn shown(&mut self, term: &Term) -> Term {
        let it = self.fresh(term.loc);
        let assign = TermKind::Call(vec![Arc::from("assign")], vec![it.clone(), term.clone()]);
        let kind = LiteralKind::Term(Term::new(term.loc, assign));
        let body = vec![Literal { loc: term.loc, kind, with: Vec::new() }];
        Term::new(term.loc, TermKind::ArrayCompr(Box::new(it), body))
    }
}

/// An `every` whose body reads variables of the expressions beside it. The engine puts expressions in an order of its own,
/// and looks at the domain alone: these variables are named there.
fn waiting(literal: &Literal, beside: &Body) -> Option<Literal> {
    let LiteralKind::Every { key, value, domain, body } = &literal.kind else { return None };
    let (mut open, mut read) = (BTreeSet::new(), BTreeSet::new());
    for literal in beside {
        let mut see = |term: &Term| vars(term, Within::Open, &mut open);
        match &literal.kind {
            LiteralKind::Term(term) | LiteralKind::Not(term) => see(term),
            LiteralKind::SomeIn { key, value, collection } => key.iter().chain([value, collection]).for_each(see),
            LiteralKind::Every { domain, .. } => see(domain),
            LiteralKind::Declare(_) => {}
        }
    }
    all_of_body(body, &mut read);
    let at = |kind| Term::new(domain.loc, kind);
    let waits = read.intersection(&open).map(|name| at(TermKind::Var(Arc::clone(name))));
    let all: Vec<Term> = std::iter::once(domain.clone()).chain(waits).collect();
    if all.len() == 1 {
        return None;
    }
    let first = at(TermKind::Number(Arc::from("0")));
    let domain = at(TermKind::Ref(Box::new(at(TermKind::Array(all))), vec![first]));
    let kind = LiteralKind::Every { key: key.clone(), value: value.clone(), domain, body: body.clone() };
    Some(Literal { loc: literal.loc, kind, with: literal.with.clone() })
}

/// A term with a variable as a key, which may hold for several.
fn is_open(term: &Term) -> bool {
    match &term.kind {
        TermKind::Ref(base, path) => is_open(base) || path.iter().any(|part| part.as_var().is_some() || is_open(part)),
        TermKind::Array(items) | TermKind::Set(items) => items.iter().any(is_open),
        TermKind::Object(pairs) => pairs.iter().any(|(key, value)| is_open(key) || is_open(value)),
        _ => false,
    }
}

/// Arrays of one length, and objects of the same keys, are equal when their parts are: each part may wait for others.
fn push_apart(loc: Loc, kind: StepKind, with: &[(Term, Term)], steps: &mut Vec<Step>) {
    if let StepKind::Unify(left, right) = &kind {
        let parts: Option<Vec<(&Term, &Term)>> = match (&left.kind, &right.kind) {
            (TermKind::Array(lefts), TermKind::Array(rights)) if lefts.len() == rights.len() => {
                Some(lefts.iter().zip(rights).collect())
            }
            (TermKind::Object(lefts), TermKind::Object(rights)) if lefts.len() == rights.len() => {
                let same = |key: &Term| {
                    rights.iter().find(|(other, _)| key.as_str().is_some() && key.as_str() == other.as_str())
                };
                lefts.iter().map(|(key, value)| same(key).map(|(_, other)| (value, other))).collect()
            }
            _ => None,
        };
        if let Some(parts) = parts {
            for (left, right) in parts {
                push_apart(loc, StepKind::Unify(left.clone(), right.clone()), with, steps);
            }
            return;
        }
    }
    steps.push(Step { loc, kind, with: with.to_vec() });
}

/// Where variables stand.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Within {
    /// Not within comprehensions and the bodies of `every`.
    Open,
    /// Only there.
    Closures,
}

/// The local variables of a term.
pub(super) fn vars(term: &Term, within: Within, found: &mut BTreeSet<Arc<str>>) {
    match &term.kind {
        TermKind::Var(name) if within == Within::Open && name.starts_with('$') => _ = found.insert(Arc::clone(name)),
        TermKind::Ref(base, path) => {
            vars(base, within, found);
            for part in path {
                vars(part, within, found);
            }
        }
        TermKind::Array(items) | TermKind::Set(items) | TermKind::Call(_, items) | TermKind::Template(items) => {
            for item in items {
                vars(item, within, found);
            }
        }
        TermKind::Object(pairs) => pairs.iter().for_each(|(key, value)| {
            vars(key, within, found);
            vars(value, within, found);
        }),
        TermKind::ArrayCompr(head, body) | TermKind::SetCompr(head, body) if within == Within::Closures => {
            all(head, found);
            all_of_body(body, found);
        }
        TermKind::ObjectCompr(head, body) if within == Within::Closures => {
            all(&head.0, found);
            all(&head.1, found);
            all_of_body(body, found);
        }
        _ => {}
    }
}

fn all(term: &Term, found: &mut BTreeSet<Arc<str>>) {
    vars(term, Within::Open, found);
    vars(term, Within::Closures, found);
}

/// All local variables of a body.
pub(super) fn all_of_body(body: &Body, found: &mut BTreeSet<Arc<str>>) {
    for literal in body {
        for with in &literal.with {
            all(&with.value, found);
        }
        match &literal.kind {
            LiteralKind::Term(term) | LiteralKind::Not(term) => all(term, found),
            LiteralKind::Declare(_) => {}
            LiteralKind::SomeIn { key, value, collection } => {
                if let Some(key) = key {
                    all(key, found);
                }
                all(value, found);
                all(collection, found);
            }
            LiteralKind::Every { domain, body, .. } => {
                all(domain, found);
                all_of_body(body, found);
            }
        }
    }
}
