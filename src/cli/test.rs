//! `portcullis test`: the tests of policies.

use std::io::{self, Write};
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use jiff::civil::Date;
use regex::Regex;

use super::{INDETERMINATE, complain};
use crate::policy::test::report::{Format, Shown, closing, render};
use crate::policy::test::{Request, Results, fingerprint, run as run_tests, run_given};

/// How often `--watch` looks at the files.
const GLANCE: Duration = Duration::from_millis(40);

/// Arguments of `test`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
What is a test:
  rules test_… in .rego files, which hold when they are true, as with opa test; todo_test_… is skipped
  good.yaml and bad.yaml beside a policy, of which it says nothing and something
  a folder with base, head and expected.yaml, a list of {rule, severity, path, line, message} or none: true
  Gatekeeper's suites, as with gator verify

Exit codes: 0 every test passed, 1 one failed or too little is covered, 2 a file is broken or there are no tests.")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(super) struct Args {
    /// Policies: files and folders
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,
    /// Only tests whose name matches a regular expression
    #[arg(long, value_name = "REGEX", value_parser = |text: &str| Regex::new(text))]
    run: Option<Regex>,
    /// Show every test, and what it prints
    #[arg(short, long)]
    verbose: bool,
    /// Run the tests again whenever a file is saved
    #[arg(long)]
    watch: bool,
    /// Show which lines of the policies the tests evaluate
    #[arg(long)]
    coverage: bool,
    /// Fail when fewer lines in a hundred are evaluated
    #[arg(long, value_name = "PERCENT", value_parser = percentage)]
    coverage_min: Option<f64>,
    /// The day that decides what has expired in cases, as 2027-01-31, instead of today (UTC)
    #[arg(long, value_name = "DATE")]
    now: Option<Date>,
    /// The form of the report
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value_t = Format::Human)]
    output: Format,
    /// Take the files from standard input: an object of folders, each an object of paths and texts. `check` tests so
    /// what a change brings.
    #[arg(long, hide = true, conflicts_with_all = ["paths", "watch"])]
    stdin: bool,
}

fn percentage(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(percent) if (0.0..=100.0).contains(&percent) => Ok(percent),
        _ => Err("a number from 0 to 100".to_owned()),
    }
}

/// Run the tests, report, and give the exit code.
pub(super) fn run(args: &Args, out: &mut impl Write) -> io::Result<u8> {
    let request = Request {
        paths: args.paths.clone(),
        only: args.run.clone(),
        current_dir: std::env::current_dir()?,
        today: args.now.unwrap_or_else(|| jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date()),
    };
    if args.stdin {
        let given = serde_json::from_reader(io::stdin().lock())?;
        return report(args, &run_given(&given, &request), out);
    }
    loop {
        // Before the run, so that a save during it counts.
        let seen = fingerprint(&request.paths);
        let results = run_tests(&request);
        let code = report(args, &results, out)?;
        if !args.watch {
            return Ok(code);
        }
        out.flush()?;
        while fingerprint(&request.paths) == seen {
            thread::sleep(GLANCE);
        }
    }
}

fn report(args: &Args, results: &Results, out: &mut impl Write) -> io::Result<u8> {
    let shown = Shown { verbose: args.verbose, coverage: args.coverage || args.coverage_min.is_some() };
    out.write_all(render(args.output, results, shown).as_bytes())?;
    let code = results.exit_code();
    if code == INDETERMINATE && args.output != Format::Human {
        complain(&closing(results), None);
    }
    let covered = results.covered().unwrap_or(0.0);
    match args.coverage_min {
        Some(least) if code == 0 && covered < least => {
            complain(&format!("{covered:.1} % of the lines are evaluated, at least {least} % must be"), None);
            Ok(1)
        }
        _ => Ok(code),
    }
}
