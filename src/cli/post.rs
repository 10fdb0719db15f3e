//! `check --post`: from a report to what a pull request shows.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::ValueEnum;

use super::check::Refusal;
use super::{INDETERMINATE, complain};
use crate::config::Config;
use crate::config::overrides::Override;
use crate::git::{self, Environment, Request};
use crate::pipeline::RunError;
use crate::report::Report;
use crate::review::diff::Diff;
use crate::review::plan::{self, Settings};
use crate::review::posted::Posted;
use crate::review::show;

const POSTING: &str = "Posting";

/// Arguments of `check` about posting.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Post the verdict to the pull request of the CI's event: a check run, comments on lines, one summary
    #[arg(long, help_heading = POSTING)]
    post: bool,
    /// With --post: tell what would be posted, and post nothing; `=json` tells a program, in the last line
    #[arg(long, value_enum, value_name = "FORMAT", num_args = 0..=1, require_equals = true, default_missing_value = "human", requires = "post", help_heading = POSTING)]
    dry_run: Option<DryRun>,
    /// With --post: a change that is not allowed gets a review that requests changes
    #[arg(long, requires = "post", help_heading = POSTING)]
    request_changes: bool,
    /// With --post: the file of the token, instead of GITHUB_TOKEN
    #[arg(long, value_name = "FILE", requires = "post", help_heading = POSTING)]
    token_file: Option<PathBuf>,
}

/// How a plan is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum DryRun {
    Human,
    Json,
}

/// What is known before anything is judged.
pub(super) struct Posting {
    settings: Settings,
    dry_run: Option<DryRun>,
    overrides: Vec<Override>,
}

impl Args {
    /// Find out where to post, and who overrides.
    pub(super) fn prepare(
        &self,
        environment: &Environment,
        config: impl FnOnce() -> Result<Config, RunError>,
    ) -> Result<Option<Posting>, Refusal> {
        if !self.post {
            return Ok(None);
        }
        // A broken config is told by the judgement itself.
        let review = config().map(|config| config.review).unwrap_or_default();
        let settings = Settings {
            gate: review.check,
            comment: review.comment,
            request_changes: self.request_changes,
            pull_request: true,
            neutral: false,
        };
        Ok(Some(Posting { settings, dry_run: self.dry_run, overrides: Vec::new() }))
    }
}

impl Posting {
    pub(super) fn overrides(&self) -> impl Iterator<Item = Override> {
        self.overrides.iter().cloned()
    }

    /// Post, or tell what would be posted. Gives the exit code.
    pub(super) fn post(
        &self,
        report: &Report,
        request: &Request,
        environment: &Environment,
        out: &mut impl Write,
    ) -> io::Result<u8> {
        let diff = match diff(report, request, environment) {
            Ok(diff) => diff,
            Err(error) => {
                complain(&error.to_string(), Some(&error.help()));
                return Ok(INDETERMINATE);
            }
        };
        let plan = plan::plan(report, &diff, &Posted::default(), &self.settings);
        match self.dry_run {
            Some(DryRun::Json) => {
                let text = serde_json::to_string(&plan)?;
                writeln!(out, "{}", crate::report::escape::json(&text))?;
            }
            _ => out.write_all(show::human(&plan).as_bytes())?,
        }
        Ok(report.exit_code())
    }
}

/// The hunks of the files that findings name.
fn diff(report: &Report, request: &Request, environment: &Environment) -> Result<Diff, git::GitError> {
    let git::Outcome::Compare(comparison) = git::compare(request, environment)? else { return Ok(Diff::default()) };
    let changes = git::diff(&comparison.base, &comparison.head)?;
    Diff::between(&changes, &comparison.base, &comparison.head, &plan::files(report))
}
