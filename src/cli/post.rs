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
use crate::report::{Report, escape};
use crate::review::diff::Diff;
use crate::review::plan::{self, Plan, Settings};
use crate::review::posted::Posted;
use crate::review::show;

#[cfg(feature = "github")]
mod github;
#[cfg(not(feature = "github"))]
#[path = "post/nowhere.rs"]
mod github;
#[cfg(feature = "github")]
pub(super) mod report;

use github::Connection;

const POSTING: &str = "Posting";

/// Arguments of `check` about posting.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(super) struct Args {
    /// Post the verdict to the pull request of the CI's event: a check run, comments on lines, one summary
    #[arg(long, help_heading = POSTING)]
    pub(super) post: bool,
    /// With --post: tell what would be posted, and post nothing; `=json` tells a program, in the last line
    #[arg(long, value_enum, value_name = "FORMAT", num_args = 0..=1, require_equals = true, default_missing_value = "human", requires = "post", help_heading = POSTING)]
    dry_run: Option<DryRun>,
    /// With --post: a change that is not allowed gets a review that requests changes
    #[arg(long, requires = "post", help_heading = POSTING)]
    request_changes: bool,
    #[command(flatten)]
    credential: CredentialArgs,
}

/// As whom to post.
#[derive(Debug, clap::Args)]
#[group(skip)]
struct CredentialArgs {
    /// The file of the token to post with, instead of GITHUB_TOKEN
    #[arg(long, value_name = "FILE", help_heading = POSTING)]
    token_file: Option<PathBuf>,
    /// Post as this GitHub App, by its id or client id
    #[arg(long, value_name = "ID", requires = "app_key", conflicts_with = "token_file", env = "PORTCULLIS_APP_ID", help_heading = POSTING)]
    app_id: Option<String>,
    /// The file of the App's private key
    #[arg(long, value_name = "FILE", requires = "app_id", env = "PORTCULLIS_APP_KEY", help_heading = POSTING)]
    app_key: Option<PathBuf>,
}

/// How a plan is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum DryRun {
    Human,
    Json,
}

/// What is told, and how.
#[derive(Clone, Copy)]
#[cfg_attr(not(feature = "github"), expect(dead_code, reason = "without the feature nobody is told"))]
struct Telling<'a> {
    report: &'a Report,
    settings: &'a Settings,
    dry_run: Option<DryRun>,
    /// The log has the annotations already.
    annotated: bool,
}

/// What is known before anything is judged.
pub(super) struct Posting {
    settings: Settings,
    dry_run: Option<DryRun>,
    overrides: Vec<Override>,
    connection: Option<Connection>,
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
        let connection = github::connect(self, environment)?;
        // A broken config is told by the judgement itself.
        let Config { review, overriding, .. } = config().unwrap_or_default();
        let settings = Settings {
            gate: review.check,
            comment: review.comment,
            request_changes: self.request_changes,
            pull_request: connection.as_ref().is_none_or(Connection::is_pull_request),
            neutral: false,
        };
        let overrides = connection.as_ref().map(|connection| connection.overrides(&overriding)).unwrap_or_default();
        Ok(Some(Posting { settings, dry_run: self.dry_run, overrides, connection }))
    }
}

impl Posting {
    pub(super) fn overrides(&self) -> impl Iterator<Item = Override> {
        self.overrides.iter().cloned()
    }

    /// Post, or tell what would be posted. Gives the exit code. `annotated`: the log has the annotations already.
    pub(super) fn post(
        &self,
        report: &Report,
        request: &Request,
        environment: &Environment,
        annotated: bool,
        out: &mut impl Write,
    ) -> io::Result<u8> {
        let diff = match diff(report, request, environment) {
            Ok(diff) => diff,
            Err(error) => {
                complain(&error.to_string(), Some(&error.help()));
                return Ok(INDETERMINATE);
            }
        };
        if self.dry_run.is_none() {
            github::outputs(report)?;
        }
        if let Some(connection) = &self.connection {
            let telling = Telling { report, settings: &self.settings, dry_run: self.dry_run, annotated };
            return connection.post(telling, Some(diff), out);
        }
        let plan = plan::plan(report, &diff, &Posted::default(), &self.settings);
        print(&plan, self.dry_run.unwrap_or(DryRun::Human), out)?;
        Ok(report.exit_code())
    }
}

fn print(plan: &Plan, how: DryRun, out: &mut impl Write) -> io::Result<()> {
    match how {
        DryRun::Json => writeln!(out, "{}", escape::json(&serde_json::to_string(plan)?)),
        DryRun::Human => write!(out, "\nwould be posted:\n{}", show::human(plan)),
    }
}

/// The hunks of the files that findings name.
fn diff(report: &Report, request: &Request, environment: &Environment) -> Result<Diff, git::GitError> {
    let git::Outcome::Compare(comparison) = git::compare(request, environment)? else { return Ok(Diff::default()) };
    let changes = git::diff(&comparison.base, &comparison.head)?;
    Diff::between(&changes, &comparison.base, &comparison.head, &plan::files(report))
}
