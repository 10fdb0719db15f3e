//! Statements of a body, in the order in which they can be evaluated.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;

use super::Faults;
use super::expand::{Expander, Step, StepKind};
use super::functions::Functions;
use super::once::Once;
use super::order::{self, Scope, is_bound};
use super::print::mark;
use super::resolve::name_of;
use super::small::Small;
use super::tree::{Tree, dotted};
use super::values::{
    call_text, condition, function_path, is_named, is_path, is_scalar, is_steady, is_word, target_path,
};
use crate::policy::rego::ast::{Body, Loc, Term, TermKind};

/// Statements, and the `with` that those of the current step carry.
#[derive(Debug, Default)]
pub(super) struct Out {
    pub(super) statements: Vec<String>,
    /// How many of them only compare or look at a value.
    pub(super) conditions: usize,
    pub(super) with: String,
}

impl Out {
    pub(super) fn push(&mut self, loc: Loc, text: &str) {
        self.statements.push(format!("{}{text}{}", mark(loc), self.with));
    }

    /// A statement whose `with` would reach into those that follow.
    pub(super) fn push_bare(&mut self, loc: Loc, text: &str) {
        self.statements.push(format!("{}{text}", mark(loc)));
    }

    /// A statement that compares a value or looks at it.
    pub(super) fn push_condition(&mut self, loc: Loc, text: &str) {
        self.conditions += 1;
        self.push(loc, text);
    }

    /// The statement, if it is the only one and a condition.
    pub(super) fn condition(&self) -> Option<&str> {
        match &self.statements[..] {
            [only] if self.conditions == 1 => Some(only),
            _ => None,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.statements.is_empty()
    }

    /// The statements as a body.
    pub(super) fn joined(&self) -> String {
        if self.statements.is_empty() { "true".to_owned() } else { self.statements.join("; ") }
    }
}

/// Collections within each other in one statement.
pub(super) const NESTING: usize = 5;
/// Comprehensions within each other: people write two or three.
pub(super) const CLOSURES: usize = 10;

/// What is known of all modules.
#[derive(Debug)]
pub(super) struct Whole<'a> {
    pub(super) tree: &'a Tree,
    pub(super) functions: &'a Functions,
    pub(super) small: Small<'a>,
}

/// Lowers the bodies of one rule.
pub(super) struct Lowerer<'a> {
    pub(super) tree: &'a Tree,
    pub(super) functions: &'a Functions,
    pub(super) small: &'a Small<'a>,
    /// How many small functions are being written out within each other.
    pub(super) written: usize,
    pub(super) once: &'a mut Once,
    /// Calls that say the same everywhere, by the names that they have here, or by themselves while they wait.
    pub(super) fixed: BTreeMap<String, String>,
    /// The rule is a function.
    pub(super) is_function: bool,
    /// The package that the text goes to.
    pub(super) package: &'a [Arc<str>],
    pub(super) file: &'a Arc<str>,
    pub(super) faults: &'a mut Faults,
    pub(super) made_up: u32,
    pub(super) names: u32,
    /// How many loops were written.
    pub(super) loops: usize,
    /// How many collections and comprehensions are open.
    pub(super) nesting: usize,
    pub(super) closures: usize,
}

impl<'a> Lowerer<'a> {
    pub(super) fn new(
        whole: &'a Whole<'a>,
        package: &'a [Arc<str>],
        file: &'a Arc<str>,
        once: &'a mut Once,
        faults: &'a mut Faults,
    ) -> Self {
        let Whole { tree, functions, small } = whole;
        Self {
            tree,
            functions,
            small,
            written: 0,
            once,
            fixed: BTreeMap::new(),
            is_function: false,
            package,
            file,
            faults,
            made_up: 0,
            names: 0,
            loops: 0,
            nesting: 0,
            closures: 0,
        }
    }

    pub(super) fn call_text(&self, name: &[Arc<str>], args: &[String]) -> String {
        let path = name.split_first().filter(|(root, _)| ***root == *"data").map(|(_, path)| path);
        let Some(function) = path.and_then(|path| self.functions.name(path)) else { return call_text(name, args) };
        let home = self.functions.home();
        let args = args.join(", ");
        if self.package == home {
            format!("{function}({args})")
        } else {
            format!("{}.{function}({args})", dotted(home))
        }
    }

    /// A new name. regorus orders statements by the names that they bind, so names are given in the order of
    /// evaluation.
    pub(super) fn name(&mut self) -> String {
        self.names += 1;
        format!("__v{:05}", self.names)
    }

    pub(super) fn bind(&mut self, var: &Arc<str>, scope: &mut Scope) -> String {
        let name = self.name();
        scope.insert(Arc::clone(var), name.clone());
        name
    }

    /// Lower a body and, after it, the terms of a head; gives the texts of these.
    pub(super) fn body(&mut self, body: &Body, heads: &[&Term], scope: &mut Scope, out: &mut Out) -> Vec<String> {
        self.body_after(Vec::new(), body, heads, false, scope, out)
    }

    pub(super) fn body_after(
        &mut self,
        mut steps: Vec<Step>,
        body: &Body,
        heads: &[&Term],
        is_rule: bool,
        scope: &mut Scope,
        out: &mut Out,
    ) -> Vec<String> {
        let mut expander = Expander { tree: self.tree, made_up: &mut self.made_up };
        steps.extend(expander.body(body));
        let in_body = order::outer_vars(&steps);
        let mut results = Vec::new();
        for head in heads {
            let flat = expander.flat(head, &[], &mut steps);
            if matches!(flat.kind, TermKind::Ref(..) | TermKind::Array(_) | TermKind::Object(_) | TermKind::Set(_)) {
                // What a head refers to is part of the body: undefined there, the body does not hold.
                *expander.made_up += 1;
                let it = Term::new(flat.loc, TermKind::Var(Arc::from(format!("$h{}:_", expander.made_up))));
                steps.push(Step { loc: flat.loc, kind: StepKind::Unify(it.clone(), flat), with: Vec::new() });
                results.push(it);
            } else {
                results.push(flat);
            }
        }
        let outer = order::outer_vars(&steps);
        // What a step waited for when it was last looked at: it is looked at again when some of that has come.
        let mut waits: Vec<BTreeSet<Arc<str>>> = steps.iter().map(|step| order::missing(step, scope, &outer)).collect();
        while let Some(at) = next_step(&steps, &mut waits, scope, &outer) {
            waits.remove(at);
            let step = steps.remove(at);
            self.step(&step, scope, out);
        }
        let had = self.faults.found.len();
        for step in &steps {
            let is_head = match &step.kind {
                StepKind::Unify(it, _) => is_rule && it.as_var().is_some_and(|it| it.starts_with("$h")),
                _ => false,
            };
            for name in order::missing(step, scope, &outer) {
                if is_head && !in_body.contains(&name) {
                    self.unsafe_head(&name, step.loc);
                } else {
                    self.unsafe_var(&name, step.loc);
                }
            }
        }
        let mut texts = Vec::new();
        for result in results {
            if self.faults.found.len() == had && !is_bound(&result, scope) {
                let mut names = BTreeSet::new();
                super::expand::vars(&result, super::expand::Within::Open, &mut names);
                for name in names.iter().filter(|name| !scope.contains_key(*name)) {
                    if is_rule {
                        self.unsafe_head(name, result.loc);
                    } else {
                        self.unsafe_var(name, result.loc);
                    }
                }
            }
            texts.push(self.value(&result, scope, out));
        }
        texts
    }

    pub(super) fn unsafe_head(&mut self, name: &str, loc: Loc) {
        let had = self.faults.found.len();
        self.unsafe_var(name, loc);
        let added = self.faults.found.split_off(had);
        self.faults.heads.extend(added);
    }

    pub(super) fn unsafe_var(&mut self, name: &str, loc: Loc) {
        // A variable that was made up stands for a call, which is told by the variable that it waits for.
        if !name.starts_with("$t") && !name.starts_with("$h") {
            self.faults.add("rego_unsafe_var_error", loc, format!("var {} is unsafe", name_of(name)));
        }
    }

    pub(super) fn step(&mut self, step: &Step, scope: &mut Scope, out: &mut Out) {
        let mut with = String::new();
        for (target, value) in &step.with {
            let value = match function_path(value, self.tree) {
                Some(path) => path,
                None => self.atom(value, scope, out),
            };
            _ = write!(with, " with {} as {value}", target_path(target));
        }
        out.with = with;
        self.kind(step.loc, &step.kind, scope, out);
        out.with = String::new();
    }

    pub(super) fn kind(&mut self, loc: Loc, kind: &StepKind, scope: &mut Scope, out: &mut Out) {
        match kind {
            StepKind::Unify(left, right) => self.unify(loc, left, right, scope, out),
            StepKind::Call { name, args, out: Some(result) } if is_named(name, "walk") => {
                let args = self.atoms(args, scope, out).join(", ");
                let all = self.temporary(loc, &format!("internal.walk({args})"), out);
                let item = self.name();
                self.loops += 1;
                out.push_bare(loc, &format!("some {item} in {all}"));
                self.matches(loc, result, &item, scope, out);
            }
            StepKind::Call { name, args, out: Some(result) } if self.small.is_one(name, out) => {
                let args = self.atoms(args, scope, out);
                let value = self.result(loc, name, &args, out).unwrap_or_else(|| self.call_text(name, &args));
                self.matches(loc, result, &value, scope, out);
            }
            StepKind::Call { name, args, out: Some(result) } if self.once(loc, (name, args), result, scope, out) => {}
            StepKind::Call { name, args, out: Some(result) } => {
                let call = self.call(loc, name, args, scope, out);
                // What a body asks a builtin twice is asked once. No variable is called like this.
                let key = (out.with.is_empty() && is_steady(name)).then(|| Arc::from(format!("={call}")));
                let known = key.as_ref().and_then(|key| scope.get(key)).cloned();
                self.matches(loc, result, known.as_ref().unwrap_or(&call), scope, out);
                if let (Some(key), Some(name)) = (key, result.as_var().and_then(|var| scope.get(var)).cloned()) {
                    scope.insert(key, name);
                }
            }
            StepKind::Call { name, args, out: None } if self.small.is_one(name, out) => {
                let args = self.atoms(args, scope, out);
                if !self.holds(loc, name, &args, out) {
                    let call = self.call_text(name, &args);
                    out.push(loc, &condition(name, call));
                }
            }
            StepKind::Call { name, args, out: None } if is_named(name, "equal") && args.len() == 2 => {
                let sides = self.values(args, scope, out);
                let text = self.call_text(name, &sides);
                let is_plain = |side: &String| is_path(side) || is_scalar(side) || is_word(side);
                if sides.iter().all(is_plain) { out.push_condition(loc, &text) } else { out.push(loc, &text) }
            }
            StepKind::Call { name, args, out: None } => {
                let call = self.call(loc, name, args, scope, out);
                out.push(loc, &condition(name, call));
            }
            StepKind::Truth(term) => {
                let text = self.value(term, scope, out);
                if is_path(&text) { out.push_condition(loc, &text) } else { out.push(loc, &text) }
            }
            StepKind::Not(inner) => self.not(loc, inner, scope, out),
            StepKind::SomeIn { key, value, collection } => {
                let text = self.value(collection, scope, out);
                let (key_name, value_name) = self.iterate(loc, &text, key.is_some(), out);
                if let Some(key) = key {
                    self.matches(loc, key, &key_name, scope, out);
                }
                self.matches(loc, value, &value_name, scope, out);
            }
            StepKind::Every { key, value, domain, body } => {
                let text = self.value(domain, scope, out);
                let items = self.temporary(loc, &format!("internal.items({text})"), out);
                let mut inner = scope.clone();
                let key_name = key.as_ref().map(|key| self.bind(key, &mut inner));
                let value_name = self.bind(value, &mut inner);
                let mut body_out = Out::default();
                self.body(body, &[], &mut inner, &mut body_out);
                let names = key_name.into_iter().chain([value_name]).collect::<Vec<_>>().join(", ");
                out.push(loc, &format!("every {names} in {items} {{ {} }}", body_out.joined()));
            }
        }
    }

    /// Keys and values of a collection; nothing when it is none. A key without a value in an index is gone through, at
    /// less cost than `some … in`, which copies all variables at each turn and fails for what is no collection.
    pub(super) fn iterate(&mut self, loc: Loc, collection: &str, has_key: bool, out: &mut Out) -> (String, String) {
        let is_plain = out.with.is_empty() && is_path(collection);
        let items = if is_plain { collection.to_owned() } else { self.temporary(loc, collection, out) };
        let key = if has_key { self.name() } else { "_".to_owned() };
        let value = self.name();
        self.loops += 1;
        out.push_bare(loc, &format!("{value} := {items}[{key}]"));
        (key, value)
    }

    pub(super) fn temporary(&mut self, loc: Loc, text: &str, out: &mut Out) -> String {
        let name = self.name();
        out.push(loc, &format!("{name} := {text}"));
        name
    }

    pub(super) fn not(&mut self, loc: Loc, inner: &StepKind, scope: &mut Scope, out: &mut Out) {
        // Operands of calls are evaluated outside of the negation: undefined there, nothing is negated. References that
        // are compared, or stand alone, are inside; what is in their brackets is outside.
        let mut inside = Out::default();
        match inner {
            StepKind::Call { name, args, out: None } if is_named(name, "equal") && args.len() == 2 => {
                let sides: Vec<Term> = args.iter().map(|arg| self.outside(arg, scope, out)).collect();
                if let [left, right] = &sides[..] {
                    self.unify(loc, left, right, scope, &mut inside);
                }
            }
            StepKind::Call { name, args, out: None } => {
                let args = self.atoms(args, scope, out);
                if !self.holds_not(loc, name, &args, out) {
                    let call = self.call_text(name, &args);
                    out.push(loc, &format!("not {}", condition(name, call)));
                }
                return;
            }
            StepKind::Call { name, args, out: Some(result) } => {
                let args = self.atoms(args, scope, out);
                let call = self.call_text(name, &args);
                let name = self.name();
                inside.push(loc, &format!("{name} := {call}"));
                let result = self.outside(result, scope, out);
                let text = self.value(&result, scope, &mut inside);
                inside.push(loc, &format!("{name} == {text}"));
            }
            StepKind::Unify(left, right) => {
                let (left, right) = (self.outside(left, scope, out), self.outside(right, scope, out));
                self.unify(loc, &left, &right, scope, &mut inside);
            }
            StepKind::Truth(term) => {
                let term = self.outside(term, scope, out);
                let text = self.value(&term, scope, &mut inside);
                if is_path(&text) { inside.push_condition(loc, &text) } else { inside.push(loc, &text) }
            }
            // A negation holds a condition only.
            other => self.kind(loc, other, scope, &mut inside),
        }
        self.negation(loc, &inside, out);
    }

    /// Statements that do not hold together.
    pub(super) fn negation(&mut self, loc: Loc, inside: &Out, out: &mut Out) {
        if let Some(condition) = inside.condition() {
            out.push(loc, &format!("not {condition}"));
            return;
        }
        let holds = self.temporary(loc, &format!("[true | {}]", inside.joined()), out);
        out.push_bare(loc, &format!("{holds} == []"));
    }

    /// A term whose brackets, or whose parts when it is no reference, have values already.
    pub(super) fn outside(&mut self, term: &Term, scope: &mut Scope, out: &mut Out) -> Term {
        let mut fixed = |this: &mut Self, part: &Term| {
            if matches!(part.kind, TermKind::Ref(..)) {
                let name = this.atom(part, scope, out);
                let var: Arc<str> = Arc::from(format!("$n{name}:_"));
                scope.insert(Arc::clone(&var), name);
                Term::new(part.loc, TermKind::Var(var))
            } else {
                part.clone()
            }
        };
        let kind = match &term.kind {
            TermKind::Ref(base, path) => {
                let path = path.iter().map(|part| fixed(self, part)).collect();
                TermKind::Ref(base.clone(), path)
            }
            TermKind::Array(items) => TermKind::Array(items.iter().map(|part| fixed(self, part)).collect()),
            TermKind::Set(items) => TermKind::Set(items.iter().map(|part| fixed(self, part)).collect()),
            TermKind::Object(pairs) => {
                let pairs = pairs.iter().map(|(key, value)| (fixed(self, key), fixed(self, value))).collect();
                TermKind::Object(pairs)
            }
            other => other.clone(),
        };
        Term::new(term.loc, kind)
    }
}

/// The first step that waits for nothing.
fn next_step(
    steps: &[Step],
    waits: &mut [BTreeSet<Arc<str>>],
    scope: &Scope,
    outer: &BTreeSet<Arc<str>>,
) -> Option<usize> {
    steps.iter().zip(waits).position(|(step, waits)| {
        if waits.iter().any(|name| scope.contains_key(name)) {
            *waits = order::missing(step, scope, outer);
        }
        waits.is_empty()
    })
}
