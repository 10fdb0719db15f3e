//! Small functions, written out where they are called: at every call the engine spends more than on what most of them say.
//! One that gives a constant for each of some words is a table, in which the word is looked up.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::functions::Functions;
use super::order::Scope;
use super::print::{mark, unmarked};
use super::resolve::Resolved;
use super::steps::{Lowerer, Out};
use super::tree::{Path, known_path};
use super::values::{constant, index, is_name};
use super::visit;
use crate::policy::rego::ast::{Loc, Rule, Shape, Term, TermKind};

/// How many conditions a clause may have.
const CONDITIONS: usize = 5;
/// How many clauses a function may have.
const CLAUSES: usize = 4;
/// How many functions are written out within each other.
const NESTED: usize = 2;

/// How many clauses are written out in all modules: of a module that is made for it, the text would grow without end.
const WRITTEN: usize = 2_000;

/// From so many words on, a function is a table.
const WORDS: usize = 3;

/// The clauses of small functions, by path, and tables as objects.
#[derive(Debug, Default)]
pub(super) struct Small<'a> {
    clauses: BTreeMap<Path, Vec<&'a Rule>>,
    tables: BTreeMap<Path, String>,
    /// How many clauses were written out.
    written: Cell<usize>,
}

impl<'a> Small<'a> {
    /// Those of some files that are functions of their own there, too.
    pub(super) fn of(files: &'a [Resolved], functions: &Functions) -> Self {
        let mut clauses: BTreeMap<Path, Vec<&Rule>> = BTreeMap::new();
        for file in files {
            for rule in file.rules.iter().filter(|rule| rule.shape == Shape::Function) {
                let path = known_path(&file.package, &rule.path).0;
                if functions.name(&path).is_some() {
                    clauses.entry(path).or_default().push(rule);
                }
            }
        }
        let table = |(path, clauses): (&Path, &Vec<&Rule>)| Some((path.clone(), table(clauses)?));
        let tables = clauses.iter().filter_map(table).collect();
        clauses.retain(|_, clauses| clauses.len() <= CLAUSES && clauses.iter().all(|clause| is_small(clause)));
        Self { clauses, tables, written: Cell::new(0) }
    }

    /// The object that a function looks a word up in.
    fn table(&self, name: &[Arc<str>]) -> Option<&str> {
        self.tables.get(below_data(name)?).map(String::as_str)
    }

    /// Whether a call may be written out, if its function goes through nothing.
    pub(super) fn is_one(&self, name: &[Arc<str>], out: &Out) -> bool {
        let is_one = || self.get(name).is_some_and(|clauses| clauses.len() == 1);
        out.with.is_empty() && (is_one() || self.table(name).is_some())
    }

    fn get(&self, name: &[Arc<str>]) -> Option<&[&'a Rule]> {
        self.clauses.get(below_data(name)?).map(Vec::as_slice)
    }
}

fn below_data(name: &[Arc<str>]) -> Option<&[Arc<str>]> {
    name.split_first().filter(|(root, _)| ***root == *"data").map(|(_, path)| path)
}

/// Clauses that give a constant for a word each, as an object. None gives false, so that what is found holds.
fn table(clauses: &[&Rule]) -> Option<String> {
    let mut words = BTreeMap::new();
    for clause in clauses.iter().filter(|clause| clause.branches.is_empty() && clause.body.is_empty()) {
        let [word] = &clause.args[..] else { return None };
        let value = constant(&clause.value).filter(|value| value != "false")?;
        words.insert(constant(word).filter(|_| word.as_str().is_some())?, value);
    }
    let fields: Vec<String> = words.iter().map(|(word, value)| format!("{word}: {value}")).collect();
    (words.len() == clauses.len() && words.len() >= WORDS).then(|| format!("{{{}}}", fields.join(", ")))
}

/// Whether a clause says little, to which its place does not matter.
fn is_small(rule: &Rule) -> bool {
    let params: BTreeSet<_> = rule.args.iter().filter_map(Term::as_var).collect();
    let mut is_plain = params.len() == rule.args.len() && !rule.is_default && rule.branches.is_empty();
    visit::literals(rule, &mut |literal| is_plain &= literal.with.is_empty());
    visit::rule(rule, &mut |term, _| {
        if let TermKind::Call(name, _) = &term.kind {
            is_plain &= !matches!(&name[..], [only] if matches!(&**only, "print" | "trace"));
        }
    });
    is_plain && rule.body.len() <= CONDITIONS
}

impl<'a> Lowerer<'a> {
    /// What a call finds in a table.
    pub(super) fn found(&mut self, loc: Loc, name: &[Arc<str>], args: &[String], out: &mut Out) -> Option<String> {
        let table = self.small.table(name).filter(|_| out.with.is_empty() && self.once.is_on)?;
        let [word] = args else { return None };
        let path = self.once.path(self.file, loc, table);
        let table = self.temporary(loc, &path, out);
        Some(format!("{table}[{}]", index(word)))
    }

    /// A call that must hold, written out; false when it is to be called.
    pub(super) fn holds(&mut self, loc: Loc, name: &[Arc<str>], args: &[String], out: &mut Out) -> bool {
        if let Some(found) = self.found(loc, name, args, out) {
            out.push_condition(loc, &found);
            return true;
        }
        let Some([clause]) = self.small_clauses(name, args, out) else { return false };
        matches!(clause.value.kind, TermKind::Bool(true)) && self.written_out(loc, clause, args, out).is_some()
    }

    /// What a call gives, written out.
    pub(super) fn result(&mut self, loc: Loc, name: &[Arc<str>], args: &[String], out: &mut Out) -> Option<String> {
        if let Some(found) = self.found(loc, name, args, out) {
            return Some(self.temporary(loc, &found, out));
        }
        let Some([clause]) = self.small_clauses(name, args, out) else { return None };
        self.written_out(loc, clause, args, out)
    }

    /// A call that must not hold, written out; false when it is to be called.
    pub(super) fn holds_not(&mut self, loc: Loc, name: &[Arc<str>], args: &[String], out: &mut Out) -> bool {
        if let Some(found) = self.found(loc, name, args, out) {
            out.push(loc, &format!("not {found}"));
            return true;
        }
        let Some(clauses) = self.small_clauses(name, args, out) else { return false };
        if !clauses.iter().all(|clause| matches!(clause.value.kind, TermKind::Bool(true))) {
            return false;
        }
        for clause in clauses {
            let inside = self.clause(loc, clause, args).0;
            self.negation(loc, &inside, out);
        }
        true
    }

    fn small_clauses(&self, name: &[Arc<str>], args: &[String], out: &Out) -> Option<&'a [&'a Rule]> {
        let is_plain = |text: &String| is_name(text) || text.starts_with('"');
        let is_left = self.written < NESTED && self.small.written.get() < WRITTEN;
        let fits = is_left && out.with.is_empty() && args.iter().all(is_plain);
        self.small.get(name).filter(|_| fits)
    }

    /// The statements of the one clause of a function. None when it goes through something: what follows would be
    /// evaluated again and again.
    fn written_out(&mut self, loc: Loc, clause: &Rule, args: &[String], out: &mut Out) -> Option<String> {
        let loops = self.loops;
        let (inside, value) = self.clause(loc, clause, args);
        if self.loops > loops {
            self.loops = loops;
            return None;
        }
        out.conditions += inside.conditions;
        out.statements.extend(inside.statements);
        Some(value)
    }

    /// The statements of a clause and its value, all in the line of the call.
    fn clause(&mut self, loc: Loc, clause: &Rule, args: &[String]) -> (Out, String) {
        let params = clause.args.iter().filter_map(Term::as_var).cloned();
        let mut scope: Scope = params.zip(args.iter().cloned()).collect();
        let mut out = Out::default();
        // What is wrong with it is told of the function itself.
        let known = self.faults.mark();
        self.small.written.update(|written| written + 1);
        self.written += 1;
        let value = self.body(&clause.body, &[&clause.value], &mut scope, &mut out).concat();
        self.written -= 1;
        self.faults.forget(known);
        for statement in &mut out.statements {
            *statement = format!("{}{}", mark(loc), unmarked(statement));
        }
        (out, unmarked(&value))
    }
}
