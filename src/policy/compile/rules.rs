//! Rules to lowered modules.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;

use super::Faults;
use super::divided::Divided;
use super::expand::{Step, StepKind};
use super::once::Once;
use super::order::Scope;
use super::print::{Printer, mark, push_part};
use super::resolve::Resolved;
use super::steps::{Lowerer, Out, Whole};
use super::tree::{Path, Tree, known_path};
use crate::policy::rego::ast::{Rule, Shape, Term, TermKind};

/// Where the clauses of a rule with a default go: the rule itself chooses between them and the default.
pub(in crate::policy) const ASIDE: &str = "__clauses";

/// How deep each rule nests by itself.
pub(super) type Weights = BTreeMap<Path, usize>;

pub(super) fn lower(
    files: &[Resolved],
    whole: &Whole<'_>,
    once: &mut Once,
    is_needed: impl Fn(&Path) -> bool,
    faults: &mut Faults,
) -> (Vec<(Arc<str>, String)>, Weights) {
    let Whole { tree, functions, .. } = whole;
    let mut weights = Weights::new();
    let mut modules = Vec::new();
    let divided = Divided::of(files);
    let mut asked: BTreeSet<Path> = BTreeSet::new();
    for (index, file) in files.iter().enumerate() {
        faults.in_file(&file.file);
        let aside: Vec<Arc<str>> = std::iter::once(Arc::from(ASIDE)).chain(file.package.iter().cloned()).collect();
        let mut here: BTreeMap<Path, Printer> = BTreeMap::new();
        here.insert(file.package.clone(), Printer::new(&file.package));
        let mut there = Printer::new(&aside);
        let mut together = Printer::new(functions.home());
        let (mut has_aside, mut has_function) = (false, false);
        for rule in &file.rules {
            let (path, is_dynamic) = known_path(&file.package, &rule.path);
            let is_chosen =
                tree.get(&path).is_some_and(|group| group.has_default && group.has_clause && !group.is_dynamic)
                    && !is_dynamic;
            let function = functions.name(&path);
            let depth = depth(&file.package, rule, tree);
            let home = path.get(..file.package.len() + depth).unwrap_or_default().to_vec();
            let here = here.entry(home).or_insert_with_key(|home| Printer::new(home));
            let package = match function {
                Some(_) => functions.home(),
                None if is_chosen => &aside,
                None => &file.package,
            };
            let is_needed = is_needed(&path);
            let mut none = Once::default();
            let once = if is_needed { &mut *once } else { &mut none };
            let mut lowerer = Lowerer::new(whole, package, &file.file, once, faults);
            if is_chosen && rule.is_default {
                let text = lowerer.default(rule, &aside, depth);
                if is_needed {
                    here.push(&text);
                }
            } else {
                let part = divided.part(&path, rule, index);
                let depth = if is_chosen { 0 } else { depth };
                let mut text = lowerer.rule(rule, part.as_deref().or(function), depth);
                if part.is_some() && asked.insert(path.clone()) {
                    text.push_str(&lowerer.parts(rule, function, depth, &divided.parts(&path, index)));
                }
                // A loop stays open while what follows it is evaluated.
                let weight = 1 + lowerer.loops + usize::from(!lowerer.fixed.is_empty()) + usize::from(part.is_some());
                let known = weights.entry(path).or_default();
                *known = weight.max(*known);
                if !is_needed {
                    continue;
                }
                has_aside |= is_chosen;
                has_function |= function.is_some();
                match function {
                    Some(_) => together.push(&text),
                    None if is_chosen => there.push(&text),
                    None => here.push(&text),
                }
            }
        }
        modules.extend(here.into_values().map(|text| (Arc::clone(&file.file), text.finish())));
        if has_aside {
            modules.push((Arc::clone(&file.file), there.finish()));
        }
        if has_function {
            modules.push((Arc::clone(&file.file), together.finish()));
        }
    }
    (modules, weights)
}

impl Lowerer<'_> {
    fn rule(&mut self, rule: &Rule, function: Option<&str>, depth: usize) -> String {
        self.is_function = rule.shape == Shape::Function;
        let mut scope = Scope::new();
        let mut steps = Vec::new();
        let mut params = Vec::new();
        for arg in &rule.args {
            if let TermKind::Null | TermKind::Bool(_) | TermKind::String(_) = &arg.kind {
                // Of many clauses for a word each, those for others are left before anything of them is evaluated.
                params.push(self.value(arg, &mut scope, &mut Out::default()));
                continue;
            }
            let name = self.name();
            match &arg.kind {
                TermKind::Var(var) if !scope.contains_key(var) => _ = scope.insert(Arc::clone(var), name.clone()),
                _ => {
                    let param: Arc<str> = Arc::from(format!("$p{name}:_"));
                    scope.insert(Arc::clone(&param), name.clone());
                    let kind = StepKind::Unify(Term::new(arg.loc, TermKind::Var(param)), arg.clone());
                    steps.push(Step { loc: arg.loc, kind, with: Vec::new() });
                }
            }
            params.push(name);
        }
        let mut text = mark(rule.loc);
        let outer = scope.clone();
        let mut out = Out::default();
        let heads: Vec<&Term> =
            rule.path.iter().skip(1).filter(|part| part.as_str().is_none()).chain([&rule.value]).collect();
        let mut heads = self.body_after(steps.clone(), &rule.body, &heads, true, &mut scope, &mut out).into_iter();
        let mut path = Vec::new();
        for (index, part) in rule.path.iter().enumerate().skip(depth) {
            path.push(match (index, part.as_var(), part.as_str()) {
                (0, Some(name), _) => name.to_string(),
                (index, _, Some(name)) if index == depth => name.to_string(),
                (_, _, Some(name)) => {
                    let mut text = String::new();
                    push_part(&mut text, name);
                    text
                }
                _ => format!("[{}]", heads.next().unwrap_or_default()),
            });
        }
        text.push_str(&function.map_or_else(|| path.concat(), str::to_owned));
        let value = heads.next().unwrap_or_default();
        match rule.shape {
            Shape::Element => _ = write!(text, " contains {value}"),
            Shape::Function => _ = write!(text, "({}) := {value}", params.join(", ")),
            Shape::Value => _ = write!(text, " := {value}"),
        }
        if !out.is_empty() || !rule.branches.is_empty() || rule.shape == Shape::Element && out.is_empty() {
            _ = write!(text, " if {{ {} }}", out.joined());
        }
        for branch in &rule.branches {
            let (mut scope, mut out) = (outer.clone(), Out::default());
            let value =
                self.body_after(steps.clone(), &branch.body, &[&branch.value], true, &mut scope, &mut out).concat();
            _ = write!(text, "{} else := {value} if {{ {} }}", mark(branch.loc), out.joined());
        }
        text.push(' ');
        text
    }

    /// A function that asks the clauses of each file.
    fn parts(&mut self, rule: &Rule, function: Option<&str>, depth: usize, parts: &[String]) -> String {
        let name = function.map_or_else(|| static_path(rule, depth), str::to_owned);
        let params: Vec<String> = rule.args.iter().map(|_| self.name()).collect();
        let (params, value) = (params.join(", "), self.name());
        let mut text = String::new();
        for part in parts {
            _ = write!(text, "{}{name}({params}) := {value} if {{ {value} := {part}({params}) }} ", mark(rule.loc));
        }
        text
    }

    /// A default: the one value that the clauses give, or it.
    fn default(&mut self, rule: &Rule, aside: &[Arc<str>], depth: usize) -> String {
        let params: Vec<String> = rule.args.iter().map(|_| self.name()).collect();
        let mut clauses = "data".to_owned();
        let mut path = static_path(rule, depth);
        for part in aside {
            push_part(&mut clauses, part);
        }
        for name in rule.path.iter().filter_map(|part| part.as_str().or_else(|| part.as_var())) {
            push_part(&mut clauses, name);
        }
        if rule.shape == Shape::Function {
            let params = params.join(", ");
            _ = write!(clauses, "({params})");
            _ = write!(path, "({params})");
        }
        let (one, found) = (self.name(), self.name());
        let (mut scope, mut out) = (Scope::new(), Out::default());
        let value = self.body(&Vec::new(), &[&rule.value], &mut scope, &mut out).concat();
        let and = if out.is_empty() { String::new() } else { format!("; {}", out.joined()) };
        format!(
            "{}{path} := {value} if {{ {found} := [{one} | {one} := {clauses}]; {found} == []{and} }} {path} := {one} if {{ {one} := {clauses} }} ",
            mark(rule.loc),
        )
    }
}

/// How much of a rule's path goes to its package: all but the last name. Rules of one document may need each other, which
/// the engine knows of packages. Where other rules make the document too, it stays in their package.
fn depth(package: &[Arc<str>], rule: &Rule, tree: &Tree) -> usize {
    let (known, _) = known_path(package, &rule.path);
    let is_free = |depth: usize| {
        (1..=depth).all(|length| known.get(..package.len() + length).is_some_and(|path| tree.get(path).is_none()))
    };
    let is_name = |depth: usize| known.get(package.len() + depth).is_some_and(|name| is_plain(name));
    (0..known.len() - package.len()).rev().find(|depth| is_name(*depth) && is_free(*depth)).unwrap_or(0)
}

/// Whether the engine takes a text as the name of a rule.
fn is_plain(name: &str) -> bool {
    const WORDS: [&str; 15] = [
        "as", "contains", "default", "else", "every", "false", "if", "import", "in", "not", "null", "package", "some",
        "true", "with",
    ];
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !WORDS.contains(&name)
}

/// The path of a rule below the package that it is written to, as the engine reads it, as far as it is known.
fn static_path(rule: &Rule, depth: usize) -> String {
    let mut path = String::new();
    for (index, part) in rule.path.iter().enumerate().skip(depth) {
        let Some(name) = part.as_str().or_else(|| part.as_var()) else { continue };
        if index == depth { path.push_str(name) } else { push_part(&mut path, name) }
    }
    path
}
