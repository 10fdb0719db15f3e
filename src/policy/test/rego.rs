//! Rules `test_…`, as `opa test` runs them: one holds when it is `true`, and `todo_test_…` is skipped.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use rayon::prelude::*;

use super::files::Folder;
use super::parsed;
use super::why::Why;
use super::{Outcome, Request, Results, TestResult};
use crate::policy::Value;
use crate::policy::conftest;
use crate::policy::engine::RegoVersion;
use crate::policy::engine::{Covered, Fault, Module, Program, Traced};
use crate::policy::modules::{EXTENSION, is_module, version_of};
use crate::policy::rego::ast::{Rule, TermKind};
use crate::policy::rego::parse;

/// Failures that are explained: each costs a compilation.
const EXPLAINED: usize = 20;

/// A rule that is a test.
pub(super) struct Test {
    /// Its path: `data.policy.x_test.test_y`.
    pub(super) name: String,
    /// Which of the modules holds it.
    pub(super) module: usize,
    /// Its first clause.
    pub(super) rule: Rule,
    /// Its other clauses.
    rest: Vec<Rule>,
    is_todo: bool,
}

/// Run the tests of the folders' modules; all of them see each other, as in OPA.
pub(super) fn run(folders: &[Folder], request: &Request, results: &mut Results) {
    let (modules, data) = match load(folders) {
        Ok(loaded) => loaded,
        Err(faults) => return results.faults.extend(faults),
    };
    if modules.is_empty() {
        return;
    }
    let program = match Program::compile(&modules, &data) {
        Ok(program) => program,
        Err(faults) => return results.faults.extend(faults),
    };
    let tests: Vec<Test> = modules
        .iter()
        .enumerate()
        .flat_map(|(at, module)| tests_of(at, module))
        .filter(|t| request.takes(&t.name))
        .collect();
    let is_on_disk = folders.iter().all(|folder| folder.is_on_disk);
    let run = |test| {
        let (mut result, covered) = evaluate(test, &modules, &data, &program);
        // What lies outside of a folder that is not on disk cannot be had here; the test is no worse for it.
        let is_missing = |function| result.why.contains(&format!("{function} is not available"));
        if !is_on_disk && parsed::FUNCTIONS.into_iter().any(is_missing) {
            result.outcome = Outcome::Skipped;
        }
        (result, covered)
    };
    let ran: Vec<(TestResult, Vec<Covered>)> = tests.par_iter().map(run).collect();
    let mut coverage: BTreeMap<String, Covered> = BTreeMap::new();
    let mut failed = 0;
    for ((mut result, covered), test) in ran.into_iter().zip(&tests) {
        for file in covered.into_iter().filter(|file| is_module(&file.path)) {
            let known =
                coverage.entry(file.path.clone()).or_insert_with(|| Covered { path: file.path, ..Covered::default() });
            known.covered.extend(file.covered);
            known.not_covered.extend(file.not_covered);
        }
        if result.outcome == Outcome::Failed && result.why.is_empty() {
            failed += 1;
            "it is undefined or not true".clone_into(&mut result.why);
            if failed <= EXPLAINED
                && let Some(why) = modules.get(test.module).and_then(|module| Why::new(module, &test.rule))
                && let Some(why) = why.explain(&modules, &data)
            {
                result.why = why;
            }
        }
        results.tests.push(result);
    }
    for file in coverage.values_mut() {
        let covered = &file.covered;
        file.not_covered.retain(|line| !covered.contains(line));
    }
    results.coverage.extend(coverage.into_values());
}

/// The modules of the folders, and the documents of their folders `data`.
fn load(folders: &[Folder]) -> Result<(Vec<Module>, Value), Vec<Fault>> {
    let (mut modules, mut faults) = (BTreeMap::new(), Vec::new());
    let mut documents: Vec<(Arc<str>, Arc<str>)> = Vec::new();
    let mut read = BTreeMap::new();
    for folder in folders {
        for (name, text) in folder.texts(EXTENSION) {
            match text {
                Ok(text) => {
                    // Two paths may name the same file.
                    let (path, text) = (Arc::from(folder.shown(name)), Arc::from(text));
                    let version = version_of(&path, &text);
                    let mut module = Module { path, text, version };
                    faults.extend(parsed::read(&mut module, folder, &mut read).err().into_iter().flatten());
                    modules.insert(Arc::clone(&module.path), module);
                }
                Err(fault) => faults.push(fault),
            }
        }
        let texts = ["json", "yaml", "yml"].into_iter().flat_map(|ending| folder.texts(ending));
        documents.extend(texts.filter_map(|(name, text)| Some((Arc::from(name), Arc::from(text.ok()?)))));
    }
    let mut data = conftest::data(&documents, "").map_err(|fault| vec![fault])?;
    if let Ok(data) = data.as_object_mut() {
        for (function, files) in read {
            let files = files.into_iter().map(|(path, value)| (Value::from(path), value));
            data.insert(Value::from(function), Value::from(files.collect::<BTreeMap<_, _>>()));
        }
    }
    if faults.is_empty() { Ok((modules.into_values().collect(), data)) } else { Err(faults) }
}

fn tests_of(at: usize, module: &Module) -> Vec<Test> {
    let mut tests: Vec<Test> = Vec::new();
    let Ok(parsed) = parse(&module.text, module.version == RegoVersion::V1) else { return tests };
    let package = parsed.package.join(".");
    for rule in parsed.rules {
        let Some(TermKind::Var(name)) = rule.path.first().map(|term| &term.kind) else { continue };
        let is_todo = name.starts_with("todo_test_");
        if rule.is_default || !(is_todo || name.starts_with("test_")) {
            continue;
        }
        let name = format!("data.{package}.{name}");
        match tests.iter_mut().find(|test| test.name == name) {
            Some(test) => test.rest.push(rule),
            None => tests.push(Test { name, module: at, rule, rest: Vec::new(), is_todo }),
        }
    }
    tests
}

fn evaluate(test: &Test, modules: &[Module], data: &Value, program: &Program) -> (TestResult, Vec<Covered>) {
    let started = Instant::now();
    let path = modules.get(test.module).map_or_else(String::new, |module| module.path.to_string());
    let mut result = TestResult {
        name: test.name.clone(),
        path,
        line: test.rule.loc.line,
        outcome: Outcome::Skipped,
        why: String::new(),
        prints: Vec::new(),
        time: started.elapsed(),
    };
    if test.is_todo {
        return (result, Vec::new());
    }
    let traced = program.evaluate_traced(&test.name, &Value::Undefined).unwrap_or_else(|error| {
        result.why = error.to_string();
        Traced::default()
    });
    let is_true = holds(traced.value.as_ref(), &mut result.why);
    let is_whole = result.why.is_empty() && test.cases_hold(modules, data, traced.value.as_ref(), &mut result.why);
    result.outcome = if is_true && is_whole { Outcome::Passed } else { Outcome::Failed };
    result.prints = traced.prints;
    result.time = started.elapsed();
    (result, traced.coverage)
}

impl Test {
    /// Whether every case of a table, `test_x[name] if { some name, case in table; … }`, is true. Of one whose expressions
    /// do not hold there is nothing in the value.
    fn cases_hold(&self, modules: &[Module], data: &Value, value: Option<&Value>, why: &mut String) -> bool {
        let tables = [&self.rule].into_iter().chain(&self.rest).filter(|rule| rule.path.len() > 1);
        let mut missing = Vec::new();
        for rule in tables {
            let cases = modules.get(self.module).and_then(|module| Why::new(module, rule)?.cases(rule, modules, data));
            let Some(cases) = cases else {
                "its cases are not known: bind the names of a table's cases in its first expressions".clone_into(why);
                return false;
            };
            let is_true = |case: &&Vec<Value>| {
                let found = case.iter().try_fold(value?, |value, key| value.as_object().ok()?.get(key));
                found.filter(|found| **found == Value::Bool(true))
            };
            let untrue = cases.iter().filter(|case| is_true(case).is_none());
            missing.extend(untrue.map(|case| case.iter().map(ToString::to_string).collect::<Vec<_>>().join(" / ")));
        }
        if !missing.is_empty() {
            missing.dedup();
            *why = format!("these cases are not true: {}", missing.join(", "));
        }
        missing.is_empty()
    }
}

/// True, or an object of cases that are all true; those that are not are named.
fn holds(value: Option<&Value>, why: &mut String) -> bool {
    match value {
        Some(Value::Bool(value)) => *value,
        Some(Value::Object(cases)) => {
            let failed = cases.iter().filter(|(_, value)| !holds(Some(value), &mut String::new()));
            let failed: Vec<String> = failed.map(|(name, _)| name.to_string()).collect();
            if !failed.is_empty() {
                *why = format!("these cases are not true: {}", failed.join(", "));
            }
            failed.is_empty() && why.is_empty()
        }
        _ => false,
    }
}
