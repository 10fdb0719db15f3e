//! Tests of policies: what `portcullis test` finds in files and folders, and what became of it.
//!
//! Four kinds of tests: rules `test_…` of Rego modules as `opa test` runs them (`rego`), cases of two folders and the
//! findings that the change between them must have (`case`), `good.yaml` and `bad.yaml` beside a policy (`fixture`), and
//! Gatekeeper's suites (`suite`). `files` tells what a file is; `why` tells why a rule is not true.

mod case;
mod files;
mod fixture;
mod parsed;
mod rego;
pub mod report;
mod suite;
mod why;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use rayon::prelude::*;
use regex::Regex;

use super::engine::{Covered, Fault};
use files::Folder;
pub use files::fingerprint;

/// What to run.
#[derive(Debug)]
pub struct Request {
    /// Files and folders.
    pub paths: Vec<PathBuf>,
    /// Only tests with such a name.
    pub only: Option<Regex>,
    /// The folder that relative paths count from.
    pub current_dir: PathBuf,
    /// The day that decides expiries in cases.
    pub today: jiff::civil::Date,
}

impl Request {
    fn takes(&self, name: &str) -> bool {
        self.only.as_ref().is_none_or(|only| only.is_match(name))
    }
}

/// What became of a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It holds.
    Passed,
    /// It does not.
    Failed,
    /// It says that it is not to be run.
    Skipped,
}

/// A test that was run.
#[derive(Clone, Debug)]
pub struct TestResult {
    /// `data.policy.x_test.test_y`, or the path of a case or fixture.
    pub name: String,
    /// The file that holds it.
    pub path: String,
    /// Its line, from 1.
    pub line: u32,
    /// What became of it.
    pub outcome: Outcome,
    /// Why it failed, in lines.
    pub why: String,
    /// What it printed, a line each.
    pub prints: Vec<String>,
    /// How long it took.
    pub time: Duration,
}

/// All that was run.
#[derive(Debug, Default)]
pub struct Results {
    /// In the order of their files.
    pub tests: Vec<TestResult>,
    /// What is wrong with the files, so that nothing was run.
    pub faults: Vec<Fault>,
    /// The lines of the policies, tests left out.
    pub coverage: Vec<Covered>,
    /// Only those of some names were to be run.
    pub is_chosen: bool,
    /// How long it took.
    pub time: Duration,
}

impl Results {
    /// How many tests had an outcome.
    #[must_use]
    pub fn count(&self, outcome: Outcome) -> usize {
        self.tests.iter().filter(|test| test.outcome == outcome).count()
    }

    /// Lines that were evaluated, of all lines with expressions; none where there are no lines.
    #[must_use]
    pub fn covered(&self) -> Option<f64> {
        percent(&self.coverage)
    }

    /// 0 all hold, 1 one does not, 2 a file is broken or there is nothing to run.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match () {
            () if !self.faults.is_empty() || self.tests.is_empty() => 2,
            () if self.count(Outcome::Failed) > 0 => 1,
            () => 0,
        }
    }
}

/// Evaluated lines in percent.
#[must_use]
pub fn percent(files: &[Covered]) -> Option<f64> {
    let lines = |of: fn(&Covered) -> usize| u32::try_from(files.iter().map(of).sum::<usize>()).unwrap_or(u32::MAX);
    let (covered, not_covered) = (lines(|file| file.covered.len()), lines(|file| file.not_covered.len()));
    let all = covered.saturating_add(not_covered);
    (all > 0).then(|| f64::from(covered) * 100.0 / f64::from(all))
}

/// Runs the tests of a kind.
type Kind = fn(&Folder, &Request) -> Vec<TestResult>;

/// Find and run the tests of some files and folders.
#[must_use]
pub fn run(request: &Request) -> Results {
    let started = Instant::now();
    let mut results = Results { is_chosen: request.only.is_some(), ..Results::default() };
    let mut folders = Vec::new();
    for path in &request.paths {
        match Folder::read(path) {
            Ok(folder) => folders.push(folder),
            Err(fault) => results.faults.push(fault),
        }
    }
    rego::run(&folders, request, &mut results);
    // Broken modules would fail everything else too, for the same reason.
    if results.faults.is_empty() {
        let kinds: [Kind; 3] = [fixture::run, case::run, suite::run];
        for folder in &folders {
            let ran: Vec<_> = kinds.par_iter().flat_map(|kind| kind(folder, request)).collect();
            results.tests.extend(ran);
        }
    }
    results.faults.dedup();
    results.tests.sort_by(|a, b| (&a.path, a.line, &a.name).cmp(&(&b.path, b.line, &b.name)));
    results.time = started.elapsed();
    results
}

/// Texts that are not on disk: by the name of a folder, and their paths below it.
pub type Given = BTreeMap<String, BTreeMap<String, String>>;

/// Run the tests of texts, each folder by itself: rules `test_…`, and `good.yaml` and `bad.yaml`. Cases and suites may read
/// what lies elsewhere, so they are left out.
#[must_use]
pub fn run_given(given: &Given, request: &Request) -> Results {
    let started = Instant::now();
    let mut results = Results::default();
    for (name, files) in given {
        let folder = [Folder::in_memory(name, files)];
        let faults = results.faults.len();
        rego::run(&folder, request, &mut results);
        if results.faults.len() == faults {
            results.tests.extend(folder.iter().flat_map(|folder| fixture::run(folder, request)));
        }
    }
    results.time = started.elapsed();
    results
}

/// Run one test and take its time; the error is why it fails.
fn timed(name: String, path: &str, line: u32, run: impl FnOnce() -> Result<(), String>) -> TestResult {
    let started = Instant::now();
    let (outcome, why) = match run() {
        Ok(()) => (Outcome::Passed, String::new()),
        Err(why) => (Outcome::Failed, why),
    };
    TestResult { name, path: path.to_owned(), line, outcome, why, prints: Vec::new(), time: started.elapsed() }
}
