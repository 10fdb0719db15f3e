//! Names: what is a rule, an import, an argument or a variable of which scope.
//!
//! Afterwards a variable is `data`, `input` or a local one, whose name is unique in its rule: `$3:x`.

mod scope;
mod terms;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;

use self::scope::Scope;
use self::terms::{joined, unassignable, wildcard};
pub(super) use self::terms::{name_of, path_of};
use super::tree::Tree;
use super::{Faults, Unit};
use crate::policy::rego::ast::{Body, Import, Literal, LiteralKind, Loc, Module, Rule, Term, TermKind, With};

/// A file whose names are resolved.
#[derive(Debug)]
pub(super) struct Resolved {
    pub(super) file: Arc<str>,
    pub(super) package: Vec<Arc<str>>,
    pub(super) rules: Vec<Rule>,
    pub(super) is_v1: bool,
}

pub(super) fn resolve(units: &[Arc<Unit>], tree: &Tree, faults: &mut Faults) -> Vec<Resolved> {
    let mut resolved = Vec::new();
    for unit in units {
        faults.in_file(&unit.file);
        let imports = imports(&unit.module, faults);
        let rules = unit
            .module
            .rules
            .iter()
            .map(|rule| Resolver::new(unit, &imports, tree, faults).rule(rule.clone()))
            .collect();
        resolved.push(Resolved {
            file: Arc::clone(&unit.file),
            package: unit.module.package.clone(),
            rules,
            is_v1: unit.module.is_v1,
        });
    }
    resolved
}

fn imports(module: &Module, faults: &mut Faults) -> BTreeMap<Arc<str>, Import> {
    let mut imports: BTreeMap<Arc<str>, Import> = BTreeMap::new();
    for import in &module.imports {
        if !import.path.first().is_some_and(|root| is_document(root)) {
            continue;
        }
        let earlier = imports.get(&import.name);
        if let Some(earlier) = earlier.filter(|_| module.is_v1) {
            let mut text = earlier.path.first().map_or_else(String::new, ToString::to_string);
            for part in earlier.path.iter().skip(1) {
                super::print::push_part(&mut text, part);
            }
            if earlier.path.last() != Some(&earlier.name) {
                _ = write!(text, " as {}", earlier.name);
            }
            faults.add("rego_compile_error", import.loc, format!("import must not shadow import {text}"));
        } else {
            imports.insert(Arc::clone(&import.name), import.clone());
        }
    }
    imports
}

struct Resolver<'a> {
    unit: &'a Unit,
    imports: &'a BTreeMap<Arc<str>, Import>,
    tree: &'a Tree,
    faults: &'a mut Faults,
    scopes: Vec<Scope>,
    /// Variables that nobody declares: one name is one variable in the whole rule.
    undeclared: BTreeMap<Arc<str>, Arc<str>>,
    used: BTreeSet<Arc<str>>,
    count: u32,
}

impl<'a> Resolver<'a> {
    fn new(unit: &'a Unit, imports: &'a BTreeMap<Arc<str>, Import>, tree: &'a Tree, faults: &'a mut Faults) -> Self {
        Self {
            unit,
            imports,
            tree,
            faults,
            scopes: vec![Scope::default()],
            undeclared: BTreeMap::new(),
            used: BTreeSet::new(),
            count: 0,
        }
    }

    fn rule(mut self, mut rule: Rule) -> Rule {
        for arg in &rule.args {
            self.declare_arg(arg);
        }
        rule.args.iter_mut().for_each(|arg| self.term(arg));
        self.push(&rule.body);
        self.literals(&mut rule.body);
        self.term(&mut rule.value);
        rule.path.iter_mut().skip(1).for_each(|part| self.term(part));
        self.pop();
        for branch in &mut rule.branches {
            self.push(&branch.body);
            self.literals(&mut branch.body);
            self.term(&mut branch.value);
            self.pop();
        }
        rule
    }

    fn literals(&mut self, body: &mut Body) {
        for literal in body.iter_mut() {
            self.literal(literal);
        }
    }

    fn literal(&mut self, literal: &mut Literal) {
        for with in &mut literal.with {
            self.with(with);
        }
        match &mut literal.kind {
            LiteralKind::Term(Term { kind: TermKind::Call(name, args), loc }) if matches!(&name[..], [n] if **n == *"assign") => {
                if let [left, right] = &mut args[..] {
                    self.term(right);
                    self.assign(left, *loc);
                }
            }
            LiteralKind::Term(term) | LiteralKind::Not(term) => self.term(term),
            LiteralKind::Declare(names) => {
                for (loc, name) in names {
                    if let Some(unique) = self.declare(name, *loc)
                        && let Some(scope) = self.scopes.last_mut()
                    {
                        scope.must_use.push((*loc, unique));
                    }
                }
            }
            LiteralKind::SomeIn { key, value, collection } => {
                self.term(collection);
                for key in key.iter_mut() {
                    self.pattern(key);
                }
                self.pattern(value);
            }
            LiteralKind::Every { key, value, domain, body } => {
                self.term(domain);
                self.scopes.push(Scope::default());
                for (loc, name) in key.iter_mut().chain([value]) {
                    if **name == *"_" {
                        *name = self.unique("_");
                    } else if let Some(unique) = self.declare(name, *loc) {
                        if let Some(scope) = self.scopes.last_mut() {
                            scope.must_use.push((*loc, Arc::clone(&unique)));
                        }
                        *name = unique;
                    }
                }
                self.push(body);
                self.literals(body);
                self.pop();
                self.pop();
            }
        }
    }

    fn with(&mut self, with: &mut With) {
        let is_builtin = path_of(&with.value.kind).is_some_and(|path| {
            let is_hidden = path.first().is_none_or(|root| {
                self.scopes.iter().any(|scope| scope.locals.contains_key(root))
                    || self.global(root, with.value.loc).is_some()
            });
            !is_hidden && super::known::arity(&path.join(".")).is_some()
        });
        if !is_builtin {
            self.term(&mut with.value);
        }
        let (base, path) = match &with.target.kind {
            TermKind::Var(name) => (name, &[][..]),
            TermKind::Ref(base, path) => match base.as_var() {
                Some(name) => (name, &path[..]),
                None => return self.bad_target(with.target.loc),
            },
            _ => return self.bad_target(with.target.loc),
        };
        if path.iter().any(|part| part.as_str().is_none()) {
            return self.bad_target(with.target.loc);
        }
        if let Some(kind) = self.global(base, with.target.loc) {
            with.target = joined(Term::new(with.target.loc, kind), path.to_vec());
        }
    }

    fn bad_target(&mut self, loc: Loc) {
        let message = "with keyword target must reference existing input, data, or a function";
        self.faults.add("rego_type_error", loc, message);
    }

    /// The left side of `:=`.
    fn assign(&mut self, left: &mut Term, loc: Loc) {
        match &left.kind {
            TermKind::Var(_) | TermKind::Array(_) | TermKind::Object(_) => {
                if let Some(what) = unassignable(left) {
                    self.faults.add("rego_compile_error", loc, format!("cannot assign to {what}"));
                }
                self.pattern(left);
            }
            _ => {
                let what = unassignable(left).unwrap_or("term");
                self.faults.add("rego_compile_error", loc, format!("cannot assign to {what}"));
            }
        }
    }

    /// A term whose variables are new.
    fn pattern(&mut self, term: &mut Term) {
        match &mut term.kind {
            TermKind::Var(name) if **name == *"_" => *name = self.unique("_"),
            TermKind::Var(name) => {
                if let Some(unique) = self.declare(name, term.loc) {
                    *name = unique;
                }
            }
            TermKind::Array(items) | TermKind::Set(items) => items.iter_mut().for_each(|item| self.pattern(item)),
            TermKind::Object(pairs) => {
                for (key, value) in pairs {
                    self.term(key);
                    self.pattern(value);
                }
            }
            _ => self.term(term),
        }
    }

    /// What a name means that no scope declares: a rule of the package, an import, a document.
    fn global(&self, name: &str, loc: Loc) -> Option<TermKind> {
        if is_document(name) {
            return Some(TermKind::Var(Arc::from(name)));
        }
        let path: Vec<Arc<str>> = if let Some(import) = self.imports.get(name) {
            import.path.clone()
        } else if self.tree.has_rule(&self.unit.module.package, name) {
            let own = self.unit.module.package.iter().cloned().chain([Arc::from(name)]);
            std::iter::once(Arc::from("data")).chain(own).collect()
        } else {
            return None;
        };
        let mut parts = path.into_iter();
        let root = Term::new(loc, TermKind::Var(parts.next()?));
        let rest: Vec<Term> = parts.map(|part| Term::new(loc, TermKind::String(part))).collect();
        Some(if rest.is_empty() { root.kind } else { TermKind::Ref(Box::new(root), rest) })
    }

    /// An array has nothing at `1.0` in OPA, an object may have.
    fn index(&mut self, part: &Term) {
        let TermKind::Number(text) = &part.kind else { return };
        if text.contains(['.', 'e', 'E']) && text.parse::<f64>().is_ok_and(|number| number.fract() == 0.0) {
            let help = Some("write it without a fraction and an exponent".to_owned());
            self.faults.add_with_help("unsupported", part.loc, format!("the index {text}"), help);
        }
    }

    fn var(&mut self, name: &Arc<str>, loc: Loc) -> TermKind {
        if **name == *"_" {
            return TermKind::Var(self.unique("_"));
        }
        if let Some(unique) = self.lookup(name) {
            return TermKind::Var(unique);
        }
        let is_hidden = self.scopes.iter().any(|scope| scope.declares.contains(name));
        if (!is_hidden || is_document(name))
            && let Some(kind) = self.global(name, loc)
        {
            return kind;
        }
        if let Some(unique) = self.undeclared.get(name) {
            return TermKind::Var(Arc::clone(unique));
        }
        let unique = self.unique(name);
        self.undeclared.insert(Arc::clone(name), Arc::clone(&unique));
        TermKind::Var(unique)
    }

    fn term(&mut self, term: &mut Term) {
        let loc = term.loc;
        match &mut term.kind {
            TermKind::Null | TermKind::Bool(_) | TermKind::Number(_) | TermKind::String(_) => {}
            TermKind::Var(name) => term.kind = self.var(&Arc::clone(name), loc),
            TermKind::Ref(base, path) => {
                for part in path.iter_mut() {
                    self.index(part);
                    self.term(part);
                }
                if let Some(name) = base.as_var().cloned() {
                    self.see(&name);
                }
                self.term(base);
                if let TermKind::Ref(root, front) = &mut base.kind {
                    front.append(path);
                    let kind = TermKind::Ref(root.clone(), std::mem::take(front));
                    term.kind = kind;
                }
            }
            TermKind::Template(items) => {
                for item in items.iter_mut() {
                    if let Some(loc) = wildcard(item) {
                        self.faults.add("rego_compile_error", loc, "var _ is undeclared");
                    }
                    self.term(item);
                }
            }
            TermKind::Array(items) | TermKind::Set(items) => {
                for item in items.iter_mut() {
                    self.term(item);
                }
            }
            TermKind::Object(pairs) => {
                for (key, value) in pairs {
                    self.term(key);
                    self.term(value);
                }
            }
            TermKind::ArrayCompr(head, body) | TermKind::SetCompr(head, body) => {
                self.push(body);
                self.literals(body);
                self.term(head);
                self.pop();
            }
            TermKind::ObjectCompr(head, body) => {
                self.push(body);
                self.literals(body);
                self.term(&mut head.0);
                self.term(&mut head.1);
                self.pop();
            }
            TermKind::Call(name, args) => {
                for arg in args.iter_mut() {
                    self.term(arg);
                }
                if matches!(&name[..], [only] if **only == *"set") && args.is_empty() {
                    term.kind = TermKind::Set(Vec::new());
                    return;
                }
                let Some(first) = name.first().cloned() else { return };
                let is_local = self.scopes.iter().any(|scope| scope.locals.contains_key(&first));
                if !is_local && let Some(global) = self.global(&first, loc) {
                    let mut whole = path_of(&global).unwrap_or_default();
                    whole.extend(name.drain(..).skip(1));
                    *name = whole;
                }
            }
        }
    }
}

fn is_document(name: &str) -> bool {
    matches!(name, "data" | "input")
}
