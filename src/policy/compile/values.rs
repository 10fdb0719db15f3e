//! Steps to lowered statements: each binds one variable, compares, or iterates one collection.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

use super::Faults;
use super::expand::{Expander, Step, StepKind};
use super::functions::Functions;
use super::order::{self, Scope, is_bound, is_evaluable};
use super::print::{mark, push_part, quoted};
use super::resolve::{name_of, path_of};
use super::stand_in;
use super::tree::{Tree, dotted};
use crate::policy::rego::ast::{Body, Loc, Term, TermKind};

/// Statements, and the `with` that those of the current step carry.
#[derive(Debug, Default)]
pub(super) struct Out {
    statements: Vec<String>,
    /// How many of them only compare or look at a value.
    conditions: usize,
    with: String,
}

impl Out {
    fn push(&mut self, loc: Loc, text: &str) {
        self.statements.push(format!("{}{text}{}", mark(loc), self.with));
    }

    /// A statement whose `with` would reach into those that follow.
    fn push_bare(&mut self, loc: Loc, text: &str) {
        self.statements.push(format!("{}{text}", mark(loc)));
    }

    /// A statement that compares a value or looks at it.
    fn push_condition(&mut self, loc: Loc, text: &str) {
        self.conditions += 1;
        self.push(loc, text);
    }

    /// The statement, if it is the only one and a condition.
    fn condition(&self) -> Option<&str> {
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
const NESTING: usize = 5;
/// Comprehensions within each other: people write two or three.
const CLOSURES: usize = 10;

/// Lowers the bodies of one rule.
pub(super) struct Lowerer<'a> {
    tree: &'a Tree,
    functions: &'a Functions,
    /// The package that the text goes to.
    package: &'a [Arc<str>],
    file: &'a str,
    faults: &'a mut Faults,
    made_up: u32,
    names: u32,
    /// How many loops were written.
    pub(super) loops: usize,
    /// How many collections and comprehensions are open.
    nesting: usize,
    closures: usize,
}

impl<'a> Lowerer<'a> {
    pub(super) fn new(
        tree: &'a Tree,
        functions: &'a Functions,
        package: &'a [Arc<str>],
        file: &'a str,
        faults: &'a mut Faults,
    ) -> Self {
        Self { tree, functions, package, file, faults, made_up: 0, names: 0, loops: 0, nesting: 0, closures: 0 }
    }

    fn call_text(&self, name: &[Arc<str>], args: &[String]) -> String {
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

    fn unsafe_head(&mut self, name: &str, loc: Loc) {
        let had = self.faults.found.len();
        self.unsafe_var(name, loc);
        let added = self.faults.found.split_off(had);
        self.faults.heads.extend(added);
    }

    fn unsafe_var(&mut self, name: &str, loc: Loc) {
        // A variable that was made up stands for a call, which is told by the variable that it waits for.
        if !name.starts_with("$t") && !name.starts_with("$h") {
            self.faults.add("rego_unsafe_var_error", loc, format!("var {} is unsafe", name_of(name)));
        }
    }

    fn step(&mut self, step: &Step, scope: &mut Scope, out: &mut Out) {
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

    fn kind(&mut self, loc: Loc, kind: &StepKind, scope: &mut Scope, out: &mut Out) {
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
            StepKind::Call { name, args, out: None } => {
                let call = self.call(loc, name, args, scope, out);
                out.push(loc, &condition(name, call));
            }
            StepKind::Truth(term) => {
                let text = self.value(term, scope, out);
                out.push(loc, &text);
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
    fn iterate(&mut self, loc: Loc, collection: &str, has_key: bool, out: &mut Out) -> (String, String) {
        let is_plain = out.with.is_empty() && is_path(collection);
        let items = if is_plain { collection.to_owned() } else { self.temporary(loc, collection, out) };
        let key = if has_key { self.name() } else { "_".to_owned() };
        let value = self.name();
        self.loops += 1;
        out.push_bare(loc, &format!("{value} := {items}[{key}]"));
        (key, value)
    }

    fn temporary(&mut self, loc: Loc, text: &str, out: &mut Out) -> String {
        let name = self.name();
        out.push(loc, &format!("{name} := {text}"));
        name
    }

    fn not(&mut self, loc: Loc, inner: &StepKind, scope: &mut Scope, out: &mut Out) {
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
                let call = self.call_text(name, &args);
                out.push(loc, &format!("not {}", condition(name, call)));
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
        if let Some(condition) = inside.condition() {
            out.push(loc, &format!("not {condition}"));
            return;
        }
        let holds = self.temporary(loc, &format!("[true | {}]", inside.joined()), out);
        out.push_bare(loc, &format!("{holds} == []"));
    }

    /// A term whose brackets, or whose parts when it is no reference, have values already.
    fn outside(&mut self, term: &Term, scope: &mut Scope, out: &mut Out) -> Term {
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

    fn call(&mut self, loc: Loc, name: &[Arc<str>], args: &[Term], scope: &mut Scope, out: &mut Out) -> String {
        if is_named(name, "print") {
            let shown = self.values(args, scope, out).join(", ");
            let place = quoted(&format!("{}:{}", self.file, loc.line));
            return format!("internal.print({place}, [{shown}])");
        }
        if let ([_, member], [_, collection]) = (name, args)
            && &**member == "member_2"
            && is_named(name, "member_2")
            && let TermKind::Array(_) | TermKind::Set(_) = collection.kind
        {
            let args = self.values(args, scope, out);
            return args.join(" in ");
        }
        let args = self.values(args, scope, out);
        self.call_text(name, &args)
    }

    fn values(&mut self, terms: &[Term], scope: &mut Scope, out: &mut Out) -> Vec<String> {
        let terms = self.settled(terms, scope, out);
        self.nesting += 1;
        let texts = terms.iter().map(|term| self.value(term, scope, out)).collect();
        self.nesting = self.nesting.saturating_sub(1);
        texts
    }

    /// Terms whose variables all have values: what their references go through is gone through first, since one may give
    /// another its values.
    fn settled(&mut self, terms: &[Term], scope: &mut Scope, out: &mut Out) -> Vec<Term> {
        let mut terms = terms.to_vec();
        while let Some(reference) = terms.iter_mut().find_map(|term| open_reference(term, scope)) {
            let name = self.atom(&reference.clone(), scope, out);
            let var: Arc<str> = Arc::from(format!("$r{name}:_"));
            scope.insert(Arc::clone(&var), name);
            reference.kind = TermKind::Var(var);
        }
        terms
    }

    fn atoms(&mut self, terms: &[Term], scope: &mut Scope, out: &mut Out) -> Vec<String> {
        let terms = self.settled(terms, scope, out);
        terms.iter().map(|term| self.atom(term, scope, out)).collect()
    }

    /// A term as a constant or a name.
    fn atom(&mut self, term: &Term, scope: &mut Scope, out: &mut Out) -> String {
        let text = self.value(term, scope, out);
        let is_atom = is_constant(term) || term.as_var().is_some_and(|name| name.starts_with('$'));
        if is_atom { text } else { self.temporary(term.loc, &text, out) }
    }

    /// A term as an expression; what it refers to is iterated before.
    pub(super) fn value(&mut self, term: &Term, scope: &mut Scope, out: &mut Out) -> String {
        match &term.kind {
            TermKind::Null => "null".to_owned(),
            TermKind::Bool(value) => value.to_string(),
            TermKind::Number(text) => text.to_string(),
            TermKind::String(text) => quoted(text),
            TermKind::Var(name) => scope.get(name).cloned().unwrap_or_else(|| name.to_string()),
            TermKind::Ref(base, path) => self.reference(term.loc, base, path, scope, out),
            TermKind::Array(_) | TermKind::Set(_) | TermKind::Object(_) if self.nesting >= NESTING => {
                // regorus reads nested collections again and again; what is deep is taken apart.
                let nesting = std::mem::take(&mut self.nesting);
                let text = self.value(term, scope, out);
                self.nesting = nesting;
                self.temporary(term.loc, &text, out)
            }
            TermKind::Array(items) => format!("[{}]", self.values(items, scope, out).join(", ")),
            TermKind::Set(items) if items.is_empty() => "set()".to_owned(),
            TermKind::Set(items) => format!("{{{}}}", self.values(items, scope, out).join(", ")),
            TermKind::Object(pairs) => {
                let terms: Vec<Term> = pairs.iter().flat_map(|(key, value)| [key.clone(), value.clone()]).collect();
                let texts = self.values(&terms, scope, out);
                let fields: Vec<String> = texts.chunks(2).map(|pair| pair.join(": ")).collect();
                format!("{{{}}}", fields.join(", "))
            }
            TermKind::ArrayCompr(head, body) => self.comprehension(head, body, scope, '[', ']'),
            TermKind::SetCompr(head, body) => self.comprehension(head, body, scope, '{', '}'),
            TermKind::ObjectCompr(head, body) => {
                let pair = Term::new(term.loc, TermKind::Array(vec![head.0.clone(), head.1.clone()]));
                format!("internal.pairs({})", self.comprehension(&pair, body, scope, '[', ']'))
            }
            // Calls were taken apart before.
            TermKind::Call(name, args) => self.call(term.loc, name, args, scope, out),
            TermKind::Template(parts) => format!("[{}]", self.values(parts, scope, out).join(", ")),
        }
    }

    fn comprehension(&mut self, head: &Term, body: &Body, scope: &Scope, open: char, close: char) -> String {
        let (mut scope, mut out) = (scope.clone(), Out::default());
        let nesting = std::mem::take(&mut self.nesting);
        self.closures += 1;
        if self.closures > CLOSURES {
            let message = format!("comprehensions are nested deeper than {CLOSURES} levels");
            let help = Some("give the inner ones rules or functions of their own".to_owned());
            self.faults.add_with_help("unsupported", head.loc, message, help);
            return String::new();
        }
        let heads = self.body(body, &[head], &mut scope, &mut out);
        (self.nesting, self.closures) = (nesting, self.closures - 1);
        format!("{open}{} | {}{close}", heads.concat(), out.joined())
    }

    fn reference(&mut self, loc: Loc, base: &Term, path: &[Term], scope: &mut Scope, out: &mut Out) -> String {
        let mut text = match &base.kind {
            TermKind::Var(name) if !name.starts_with('$') => name.to_string(),
            _ => self.atom(base, scope, out),
        };
        for part in path {
            match &part.kind {
                TermKind::String(name) => push_part(&mut text, name),
                TermKind::Null | TermKind::Bool(_) | TermKind::Number(_) => {
                    text = format!("{text}[{}]", self.value(part, scope, out));
                }
                _ if is_evaluable(part, scope) => {
                    // Within the call the name is read and not iterated.
                    let index = self.atom(part, scope, out);
                    text = format!("{text}[internal.id({index})]");
                    text = self.temporary(loc, &text, out);
                }
                _ => {
                    let has_key = !part.as_var().is_some_and(|name| is_wildcard(name));
                    let (key, value) = self.iterate(loc, &text, has_key, out);
                    if has_key {
                        self.matches(loc, part, &key, scope, out);
                    }
                    text = value;
                }
            }
        }
        text
    }

    fn unify(&mut self, loc: Loc, left: &Term, right: &Term, scope: &mut Scope, out: &mut Out) {
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
                        None => format!("{whole}[internal.id({})]", self.atom(key, scope, out)),
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

/// The first reference in a term that has variables without values, and can be gone through.
fn open_reference<'t>(term: &'t mut Term, scope: &Scope) -> Option<&'t mut Term> {
    match &term.kind {
        TermKind::Ref(..) if !is_bound(term, scope) && is_evaluable(term, scope) => Some(term),
        TermKind::Array(_) | TermKind::Set(_) => match &mut term.kind {
            TermKind::Array(items) | TermKind::Set(items) => {
                items.iter_mut().find_map(|item| open_reference(item, scope))
            }
            _ => None,
        },
        TermKind::Object(_) => match &mut term.kind {
            TermKind::Object(pairs) => {
                pairs.iter_mut().flat_map(|(key, value)| [key, value]).find_map(|item| open_reference(item, scope))
            }
            _ => None,
        },
        _ => None,
    }
}

/// Whether a text is a name that was given here.
fn is_name(text: &str) -> bool {
    text.starts_with("__v") && text.bytes().skip(3).all(|byte| byte.is_ascii_digit())
}

/// Whether a variable is a `_` of the author's, which nothing else can name. Those made here have a letter before their
/// number.
fn is_wildcard(name: &str) -> bool {
    let number = name.strip_prefix('$').and_then(|rest| rest.strip_suffix(":_"));
    number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Whether a call gives the same for the same arguments and leaves no trace: a builtin, since nobody knows what a function
/// prints.
fn is_steady(name: &[Arc<str>]) -> bool {
    !matches!(name.first().map(|root| &**root), Some("data" | "rand" | "trace"))
}

/// A call that must hold. The engine looks for an argument more than there are, at some cost, where a call stands alone.
fn condition(name: &[Arc<str>], call: String) -> String {
    let is_symbol = matches!(name, [only] if operator(only).is_some() || matches!(&**only, "print" | "trace"))
        || is_named(name, "member_2");
    if is_symbol { call } else { format!("{call} != false") }
}

/// Whether a text is a name, or a document, with constant keys behind it.
fn is_path(text: &str) -> bool {
    ["__v", "input", "data"].iter().any(|root| text.starts_with(root)) && !text.contains([' ', '('])
}

fn is_constant(term: &Term) -> bool {
    matches!(term.kind, TermKind::Null | TermKind::Bool(_) | TermKind::Number(_) | TermKind::String(_))
}

fn is_named(name: &[Arc<str>], wanted: &str) -> bool {
    match name {
        [only] => **only == *wanted,
        [space, only] => **space == *"internal" && **only == *wanted,
        _ => false,
    }
}

/// How an operator is written for regorus.
enum Operator {
    /// As the author does: regorus has it right.
    Symbol(&'static str),
    /// As a call.
    Call,
}

fn operator(name: &str) -> Option<Operator> {
    Some(match name {
        "equal" | "eq" => Operator::Symbol("=="),
        "neq" => Operator::Symbol("!="),
        "lt" | "lte" | "gt" | "gte" | "plus" | "minus" | "mul" | "div" | "rem" | "or" | "and" => Operator::Call,
        _ => return None,
    })
}

fn is_scalar(text: &str) -> bool {
    text.starts_with(|c: char| c == '"' || c == '-' || c.is_ascii_digit())
}

/// The text of a call with its arguments.
pub(super) fn call_text(name: &[Arc<str>], args: &[String]) -> String {
    if let ([only], [left, right]) = (name, args) {
        match operator(only) {
            Some(Operator::Symbol(symbol)) => return format!("{left} {symbol} {right}"),
            // Objects and sets are ordered otherwise than in OPA; beside a number or a string that cannot show.
            Some(Operator::Call) if is_scalar(left) || is_scalar(right) => match &**only {
                "lt" => return format!("{left} < {right}"),
                "lte" => return format!("{left} <= {right}"),
                "gt" => return format!("{left} > {right}"),
                "gte" => return format!("{left} >= {right}"),
                _ => {}
            },
            _ => {}
        }
        if operator(only).is_some() {
            let space = if matches!(&**only, "lt" | "lte" | "gt" | "gte") { "internal." } else { "" };
            return format!("{space}{only}({left}, {right})");
        }
    }
    let mut parts = name.iter();
    let mut path = parts.next().map_or_else(String::new, ToString::to_string);
    for part in parts {
        push_part(&mut path, part);
    }
    format!("{path}({})", args.join(", "))
}

/// The target of a `with`.
fn target_path(target: &Term) -> String {
    let mut parts = path_of(&target.kind).unwrap_or_default().into_iter();
    let mut path = parts.next().map_or_else(String::new, |root| root.to_string());
    for part in parts {
        push_part(&mut path, &part);
    }
    path
}

/// The path of the function that a `with` puts in another's place.
fn function_path(value: &Term, tree: &Tree) -> Option<String> {
    let path = path_of(&value.kind)?;
    match path.first().map(|root| &**root) {
        Some("data") => tree.get(path.get(1..)?).filter(|group| group.arity > 0).map(|_| target_path(value)),
        Some(_) => stand_in::path(&path),
        None => None,
    }
}
