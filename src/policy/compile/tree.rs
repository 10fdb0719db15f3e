//! Which rules there are, by path.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

use super::{Faults, Unit};
use crate::policy::builtins::Key;
use crate::policy::rego::ast::{Loc, Rule, Shape, Term, TermKind};

/// What operators are called; a function of such a name would be called in their place.
const OPERATORS: [&str; 7] = ["and", "div", "minus", "mul", "or", "plus", "rem"];

/// A path below `data`.
pub(in crate::policy) type Path = Vec<Arc<str>>;

/// The rules of one path.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) shape: Shape,
    /// How many arguments a function takes.
    pub(super) arity: usize,
    /// Whether parts of the path are variables.
    pub(super) is_dynamic: bool,
    pub(super) has_default: bool,
    pub(super) has_clause: bool,
    /// Whether there are rules of the whole path, and what those with variables behind it make.
    whole: Option<Shape>,
    open: Option<Shape>,
    /// Where its first rule begins.
    file: Arc<str>,
    loc: Loc,
}

/// All rules.
#[derive(Debug, Default)]
pub(super) struct Tree {
    groups: BTreeMap<Path, Group>,
    packages: BTreeMap<Path, BTreeSet<Arc<str>>>,
}

/// The part of a rule's path that is known: the package, the name and the strings that follow.
pub(super) fn known_path(package: &[Arc<str>], path: &[Term]) -> (Path, bool) {
    let mut known = package.to_vec();
    for (index, part) in path.iter().enumerate() {
        match part.as_str().or_else(|| if index == 0 { part.as_var() } else { None }) {
            Some(name) => known.push(Arc::clone(name)),
            None => return (known, true),
        }
    }
    (known, false)
}

/// A rule's path has a part that is no constant.
fn is_open(rule: &Rule) -> bool {
    rule.path.iter().skip(1).any(|part| Key::of(part).is_none())
}

/// A term is a comprehension, or a literal that holds one.
fn has_comprehension(term: &Term) -> bool {
    match &term.kind {
        TermKind::ArrayCompr(..) | TermKind::SetCompr(..) | TermKind::ObjectCompr(..) => true,
        TermKind::Array(items) | TermKind::Set(items) => items.iter().any(has_comprehension),
        TermKind::Object(pairs) => pairs.iter().any(|(key, value)| has_comprehension(key) || has_comprehension(value)),
        _ => false,
    }
}

/// Documents cannot be hidden.
fn shadowing(rule: &Rule, faults: &mut Faults) {
    let mut named = Vec::new();
    if let Some(name) = rule.path.first().and_then(Term::as_var) {
        named.push((name, "rules", "rule"));
    }
    for arg in &rule.args {
        if let TermKind::Var(name) = &arg.kind {
            named.push((name, "args", "variable"));
        }
    }
    for (name, what, kind) in named.into_iter().filter(|(name, ..)| matches!(&***name, "data" | "input")) {
        let message = format!("{what} must not shadow {name} (use a different {kind} name)");
        faults.add("rego_compile_error", rule.loc, message);
    }
}

/// A path as people write it.
pub(in crate::policy) fn dotted(path: &[Arc<str>]) -> String {
    let mut text = "data".to_owned();
    for part in path {
        super::print::push_part(&mut text, part);
    }
    text
}

impl Tree {
    pub(super) fn of(units: &[Arc<Unit>], faults: &mut Faults) -> Self {
        let mut tree = Self::default();
        for unit in units {
            faults.in_file(&unit.file);
            for rule in &unit.module.rules {
                tree.add(&unit.module.package, rule, faults);
            }
        }
        tree.conflicts(units, faults);
        tree
    }

    fn add(&mut self, package: &[Arc<str>], rule: &Rule, faults: &mut Faults) {
        let names = self.packages.entry(package.to_vec()).or_default();
        names.extend(rule.path.first().and_then(Term::as_var).cloned());
        let (path, is_dynamic) = known_path(package, &rule.path);
        if rule.shape == Shape::Function
            && rule.path.len() == 1
            && let Some(name) = rule.path.first().and_then(Term::as_var)
            && OPERATORS.contains(&&**name)
        {
            let help = Some("give the function another name".to_owned());
            faults.add_with_help("unsupported", rule.loc, format!("a function named {name} hides an operator"), help);
        }
        if let Some(part) = rule.path.iter().find(|part| has_comprehension(part)) {
            let help = Some("give it a name in the body: `rule[key] := value if { key := {x | …}; … }`".to_owned());
            faults.add_with_help("unsupported", part.loc, "a comprehension as a key in the head of a rule", help);
        }
        let group = Group {
            shape: rule.shape,
            arity: rule.args.len(),
            is_dynamic,
            has_default: rule.is_default,
            has_clause: !rule.is_default,
            whole: (!is_dynamic).then_some(rule.shape),
            open: is_open(rule).then_some(rule.shape),
            file: Arc::clone(&faults.file),
            loc: rule.loc,
        };
        shadowing(rule, faults);
        let Some(known) = self.groups.get_mut(&path) else {
            self.groups.insert(path, group);
            return;
        };
        let is_alike = !(known.whole.is_some() && group.open.is_some()
            || known.open.is_some() && group.whole.is_some())
            && known.open.zip(group.open).is_none_or(|(known, group)| known == group);
        let is_same = known.arity == group.arity
            && is_alike
            && (known.shape == group.shape || (is_dynamic || known.is_dynamic) && known.shape != Shape::Function);
        if !is_same {
            // It is told where the first of them stands, which may be another file.
            let other = format!("another one begins at {}:{}:{}", group.file, rule.loc.line, rule.loc.column);
            faults.in_file(&known.file);
            let message = format!("conflicting rules {} found", dotted(&path));
            if !faults.found.iter().any(|fault| fault.message == message) {
                faults.add_with_help("rego_type_error", known.loc, message, Some(other));
            }
            faults.in_file(&group.file);
        } else if rule.is_default && known.has_default && !is_dynamic {
            let message = format!(
                "multiple default rules {} found, lines {} and {}",
                dotted(&path),
                known.loc.line,
                rule.loc.line
            );
            faults.add("rego_type_error", Loc { line: 1, column: 1 }, message);
        }
        known.is_dynamic |= is_dynamic;
        known.has_default |= rule.is_default;
        known.has_clause |= !rule.is_default;
        known.whole = known.whole.or(group.whole);
        known.open = known.open.or(group.open);
    }

    /// Whether rules lie below a path.
    pub(super) fn has_below(&self, path: &[Arc<str>]) -> bool {
        self.below(path).next().is_some()
    }

    fn below(&self, path: &[Arc<str>]) -> impl Iterator<Item = (&Path, &Group)> {
        let all = self.groups.range::<[Arc<str>], _>((Bound::Excluded(path), Bound::Unbounded));
        all.take_while(move |(other, _)| other.starts_with(path))
    }

    /// A rule that gives a value has no rules within it, and a path that goes on with a variable no functions; no rule
    /// has the path of a package.
    fn conflicts(&self, units: &[Arc<Unit>], faults: &mut Faults) {
        for (path, group) in &self.groups {
            let mut within =
                self.below(path).filter(|(_, other)| group.whole.is_some() || other.shape == Shape::Function);
            if (group.whole.is_some() || group.open.is_some())
                && let Some((other, _)) = within.next()
            {
                faults.in_file(&group.file);
                let message = format!("rule {} conflicts with rule {}", dotted(path), dotted(other));
                faults.add("rego_type_error", group.loc, message);
            }
            if group.whole.is_some()
                && let Some(unit) = units.iter().find(|unit| unit.module.package == *path)
            {
                faults.in_file(&group.file);
                let message = format!("package {} in {} conflicts with rule {}", dotted(path), unit.file, dotted(path));
                faults.add("rego_type_error", Loc { line: 1, column: 1 }, message);
            }
        }
    }

    pub(super) fn get(&self, path: &[Arc<str>]) -> Option<&Group> {
        self.groups.get(path)
    }

    pub(super) fn paths(&self) -> Vec<Path> {
        self.groups.keys().cloned().collect()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&Path, &Group)> {
        self.groups.iter()
    }

    /// Whether a package has a rule of this name, in any of its files.
    pub(super) fn has_rule(&self, package: &[Arc<str>], name: &str) -> bool {
        self.packages.get(package).is_some_and(|names| names.contains(name))
    }
}
