//! Test suites (`test.gatekeeper.sh/v1alpha1`), as `gator verify` runs them: each case is an object and what a constraint
//! must say of it.

mod assertion;
mod request;

use std::time::{Duration, Instant};

use serde::Deserialize;

use self::assertion::Assertion;
use super::inventory::{self, Inventory};
use super::matching::text;
use super::{Answer, Library, constraint, schema};
use crate::manifest::object::{Object, group_of, objects_of};
use crate::manifest::unknown::Unknown;
use crate::policy::engine::Fault;
use crate::policy::{Value, value};
use crate::source::{RepoPath, Side};
use crate::yaml::{self, Dialect};

/// Gives the bytes of a file by its path, or says why there are none.
pub type Files<'a> = dyn Fn(&str) -> Result<Vec<u8>, String> + Sync + 'a;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Suite {
    tests: Vec<Test>,
    skip: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Test {
    name: String,
    template: String,
    constraint: String,
    expansion: String,
    invalid: bool,
    skip: bool,
    cases: Vec<Case>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Case {
    name: String,
    object: String,
    inventory: Vec<String>,
    skip: bool,
    assertions: Vec<Assertion>,
}

/// What became of a suite.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SuiteReport {
    /// The suite's file.
    pub path: String,
    /// It says so itself.
    pub skipped: bool,
    /// It could not be read.
    pub error: Option<String>,
    /// How long it took.
    pub time: Duration,
    /// In the suite's order.
    pub tests: Vec<TestReport>,
}

/// What became of a test.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TestReport {
    /// Its name.
    pub name: String,
    /// It says so.
    pub skipped: bool,
    /// Why it failed before its cases, or for one that expects an invalid constraint, at all.
    pub error: Option<String>,
    /// How long it took.
    pub time: Duration,
    /// In the test's order.
    pub cases: Vec<CaseReport>,
}

/// What became of a case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaseReport {
    /// Its name.
    pub name: String,
    /// It says so.
    pub skipped: bool,
    /// Why it failed.
    pub error: Option<String>,
    /// How long it took.
    pub time: Duration,
}

/// Whether a file is a suite.
#[must_use]
pub fn is_suite(path: &str, bytes: &[u8]) -> bool {
    // Parsing every file of a folder would take long.
    memchr::memmem::find(bytes, b"test.gatekeeper.sh/").is_some()
        && parse(path, bytes).is_ok_and(|suite| suite.is_some())
}

/// Run the suite in a file. Paths in it are relative to its folder.
#[must_use]
pub fn run(path: &str, files: &Files<'_>) -> SuiteReport {
    let start = Instant::now();
    let mut report = SuiteReport { path: path.to_owned(), ..SuiteReport::default() };
    let suite = files(path).and_then(|bytes| parse(path, &bytes)?.ok_or_else(|| format!("{path} is no test suite")));
    match suite {
        Ok(suite) if suite.skip => report.skipped = true,
        Ok(suite) => {
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            let runner = Runner { folder, files };
            report.tests = suite.tests.iter().map(|test| runner.test(test)).collect();
        }
        Err(error) => report.error = Some(error),
    }
    report.time = start.elapsed();
    report
}

/// The suite of a file; none: it is something else.
fn parse(path: &str, bytes: &[u8]) -> Result<Option<Suite>, String> {
    // As `gator`, which reads suites with yaml.v3: `violations: no` is a text.
    let stream = yaml::read_one(RepoPath::from(path), Side::Head, bytes, Dialect::Kustomize);
    if let Some(problem) = stream.problems.first() {
        return Err(format!("{path}:{}: {}", stream.source.position(problem.span.start).line, problem.message));
    }
    let Some(document) = stream.documents.first() else { return Ok(None) };
    let text = |key| document.root().get(key).and_then(yaml::Value::as_str).unwrap_or_default();
    if group_of(text("apiVersion")) != "test.gatekeeper.sh" || text("kind") != "Suite" {
        return Ok(None);
    }
    serde_json::from_value(document.root().to_json()).map(Some).map_err(|error| format!("{path}: {error}"))
}

struct Runner<'a> {
    folder: &'a str,
    files: &'a Files<'a>,
}

impl Runner<'_> {
    fn test(&self, test: &Test) -> TestReport {
        let start = Instant::now();
        let mut report = TestReport { name: test.name.clone(), ..TestReport::default() };
        if test.skip {
            report.skipped = true;
            return report;
        }
        match (self.library(test), test.invalid) {
            (Ok((library, faults)), true) => report.error = expected_invalid(&library, &faults),
            (Ok((library, faults)), false) => match faults.iter().chain(&library.compile()).next() {
                Some(fault) => report.error = Some(fault.to_string()),
                None => report.cases = test.cases.iter().map(|case| self.case(&library, case)).collect(),
            },
            (Err(error), _) => report.error = Some(error),
        }
        report.time = start.elapsed();
        report
    }

    /// What the files of a test hold.
    fn library(&self, test: &Test) -> Result<(Library, Vec<Fault>), String> {
        let mut objects = vec![
            self.object(&test.template, "template", |group, kind| {
                group == "templates.gatekeeper.sh" && kind == "ConstraintTemplate"
            })?,
            self.object(&test.constraint, "constraint", |group, _| group == schema::CONSTRAINTS)?,
        ];
        if !test.expansion.is_empty() {
            let expansions = self.objects(&test.expansion)?;
            if expansions.iter().any(|object| object.key.kind != "ExpansionTemplate") {
                return Err(format!("not an Expansion Template: {:?}", self.path(&test.expansion)));
            }
            objects.extend(expansions);
        }
        Ok(Library::load(&objects))
    }

    /// The one object of a file that is a template, or a constraint.
    fn object(&self, name: &str, what: &str, is_it: impl Fn(&str, &str) -> bool) -> Result<Object, String> {
        if name.is_empty() {
            return Err(format!("invalid suite: missing {what}"));
        }
        let objects = self.objects(name)?.into_iter();
        let found = objects.into_iter().find(|object| is_it(group_of(&object.api_version), &object.key.kind));
        found.ok_or_else(|| format!("{} holds no {what}", self.path(name)))
    }

    fn case(&self, library: &Library, case: &Case) -> CaseReport {
        let start = Instant::now();
        let mut report = CaseReport { name: case.name.clone(), ..CaseReport::default() };
        if case.skip {
            report.skipped = true;
            return report;
        }
        report.error = self.check(library, case).err();
        report.time = start.elapsed();
        report
    }

    fn check(&self, library: &Library, case: &Case) -> Result<(), String> {
        if case.object.is_empty() {
            return Err("invalid case: must define object".to_owned());
        }
        if case.assertions.is_empty() {
            return Err("invalid case: assertions must be non-empty".to_owned());
        }
        let objects = self.values(&case.object)?;
        let [object] = objects.as_slice() else {
            let path = self.path(&case.object);
            return Err(format!("test defines multiple objects: {path} defines {} objects", objects.len()));
        };
        let mut others = Vec::new();
        for name in &case.inventory {
            others.extend(self.values(name)?);
        }
        let request = request::of(object, &others)?;
        let inventory = Inventory::new(|| inventory::of(others.iter().cloned()));
        let mut messages = Vec::new();
        for result in library.verify(&request, !request::is_review(object), &inventory) {
            match result.answer {
                Answer::Violation { message, .. } => messages.push(message),
                Answer::NotJudged(why) => return Err(format!("{} {}: {why}", result.kind, result.name)),
            }
        }
        case.assertions.iter().try_for_each(|assertion| assertion.check(&messages))
    }

    /// The objects of a file as values, in its order.
    fn values(&self, name: &str) -> Result<Vec<Value>, String> {
        let objects = self.objects(name)?;
        let nameless = objects.iter().find(|object| object.key.kind.is_empty() || object.api_version.is_empty());
        match nameless {
            Some(_) => Err(format!("{}: an object without apiVersion or kind", self.path(name))),
            None => Ok(objects.iter().map(|object| value::whole(object.value())).collect()),
        }
    }

    fn objects(&self, name: &str) -> Result<Vec<Object>, String> {
        let path = self.path(name);
        let bytes = (self.files)(&path).map_err(|why| format!("{path}: {why}"))?;
        let stream = yaml::read(RepoPath::from(path.as_str()), Side::Head, &bytes, Dialect::Kustomize);
        if let Some(problem) = stream.problems.iter().find(|problem| problem.fatal) {
            return Err(format!("{path}:{}: {}", stream.source.position(problem.span.start).line, problem.message));
        }
        let documents = stream.documents.into_iter().map(std::sync::Arc::new);
        let objects: Vec<Object> = documents.flat_map(|document| objects_of(&document, Unknown::default())).collect();
        if objects.is_empty() {
            Err(format!("no objects defined: {path} defines no YAML objects"))
        } else {
            Ok(objects)
        }
    }

    /// A path of the suite as one of the folder that the suite's own counts from, which may lead out of it.
    fn path(&self, name: &str) -> String {
        let folder = if name.starts_with('/') { "" } else { self.folder };
        let is_absolute = name.starts_with('/') || folder.starts_with('/');
        let mut parts: Vec<&str> = Vec::new();
        for part in folder.split('/').chain(name.split('/')) {
            match (part, parts.last()) {
                ("" | ".", _) => {}
                ("..", None) if is_absolute => {}
                ("..", Some(last)) if *last != ".." => _ = parts.pop(),
                _ => parts.push(part),
            }
        }
        let root = if is_absolute { "/" } else { "" };
        format!("{root}{}", parts.join("/"))
    }
}

/// A test that expects an invalid constraint: why it fails.
fn expected_invalid(library: &Library, faults: &[Fault]) -> Option<String> {
    let compiled = library.compile();
    let other = faults.iter().chain(&compiled).find(|fault| fault.code != constraint::SCHEMA);
    match other {
        _ if faults.iter().any(|fault| fault.code == constraint::SCHEMA) => None,
        Some(fault) => Some(format!("expected the constraint not to fit its schema, but: {fault}")),
        None => Some("expected the constraint not to fit its schema, but it does".to_owned()),
    }
}

/// The Namespace of a name among objects.
pub(super) fn namespace_object<'v>(objects: &'v [Value], name: &str) -> Option<&'v Value> {
    objects.iter().find(|object| {
        let is_namespace = text(object, &["apiVersion"]) == "v1" && text(object, &["kind"]) == "Namespace";
        is_namespace && !name.is_empty() && text(object, &["metadata", "name"]) == name
    })
}
