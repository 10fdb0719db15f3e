//! `portcullis post`: post a report that another job made.
//!
//! The report may be anything: the job that made it ran what the change brought. So it decides nothing, its lines count
//! where GitHub shows them, and the pull request must have the head of the run that made it.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::super::check::{self, Refusal};
use super::super::{INDETERMINATE, complain};
use super::github::Connection;
use super::{CredentialArgs, DryRun, Telling};
use crate::config::{CommentMode, Review};
use crate::report::Report;
use crate::report::model::REPORT_VERSION;
use crate::review::github::Target;
use crate::review::plan::{Settings, retold};

/// The largest report that is read. One of 20,000 findings has about 20 MB.
const MAX_BYTES: u64 = 32 << 20;

/// Arguments of `post`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
For a workflow of `workflow_run`, which may write where the job of a fork's pull request may not:

  portcullis post report.json --pull-request 7

The check run that it makes is neutral at most; the job that judged decides.

Exit codes: 0 posted, or superseded by another head, 2 wrong usage or no report, 3 posting failed.")]
pub(in crate::cli) struct Args {
    /// The report, as `check -o json=FILE` wrote it
    #[arg(value_name = "REPORT.json")]
    report: PathBuf,
    /// The number of the pull request
    #[arg(long, value_name = "NUMBER")]
    pull_request: u64,
    /// The commit that was judged, instead of the one of the event `workflow_run`
    #[arg(long, value_name = "SHA")]
    head: Option<String>,
    /// Name of the check run
    #[arg(long, value_name = "NAME")]
    check: Option<String>,
    /// Where rules are documented, a copy of this program's folder docs
    #[arg(long, value_name = "URL", env = "PORTCULLIS_DOCS")]
    docs: Option<String>,
    /// Tell what would be posted, and post nothing; `=json` tells a program
    #[arg(long, value_enum, value_name = "FORMAT", num_args = 0..=1, require_equals = true, default_missing_value = "human")]
    dry_run: Option<DryRun>,
    #[command(flatten)]
    credential: CredentialArgs,
}

/// Post, and give the exit code.
pub(in crate::cli) fn run(args: &Args, out: &mut impl Write) -> io::Result<u8> {
    let prepared = read(&args.report).and_then(|report| {
        let mut report = retold(&report);
        report.ruleset.docs = check::docs(args.docs.as_deref())?;
        let target = Target { pull: Some(args.pull_request), head: head(args)? };
        Ok((report, Connection::new(&args.credential, Some(target), None)?))
    });
    let (report, connection) = match prepared {
        Ok(prepared) => prepared,
        Err(Refusal { message, help }) => {
            complain(&message, help.as_deref());
            return Ok(INDETERMINATE);
        }
    };
    let settings = Settings {
        gate: args.check.clone().unwrap_or_else(|| Review::default().check),
        comment: CommentMode::default(),
        request_changes: false,
        pull_request: true,
        neutral: true,
    };
    let telling = Telling { report: &report, settings: &settings, dry_run: args.dry_run, annotated: false };
    connection.post(telling, None, out)
}

fn read(path: &Path) -> Result<Report, Refusal> {
    let wrong = |why: String| Refusal {
        message: format!("{} is no report: {}", path.display(), crate::report::escape::one_line(&why)),
        help: Some("`portcullis check -o json=FILE`, of the same version, writes one".to_owned()),
    };
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| wrong(error.to_string()))?;
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(|error| wrong(error.to_string()))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(wrong(format!("it is larger than {} MiB", MAX_BYTES >> 20)));
    }
    let report: Report = serde_json::from_slice(&bytes).map_err(|error| wrong(error.to_string()))?;
    if report.version != REPORT_VERSION {
        return Err(wrong(format!("it has version {}, not {REPORT_VERSION}", report.version)));
    }
    Ok(report)
}

#[derive(Deserialize)]
struct Payload {
    workflow_run: WorkflowRun,
}

#[derive(Deserialize)]
struct WorkflowRun {
    head_sha: String,
}

/// The commit of the run that made the report, as GitHub itself tells it; never as the report does.
fn head(args: &Args) -> Result<String, Refusal> {
    let sha = match &args.head {
        Some(head) => Some(head.clone()),
        None => std::env::var_os("GITHUB_EVENT_PATH")
            .and_then(|path| std::fs::read(path).ok())
            .and_then(|bytes| serde_json::from_slice::<Payload>(&bytes).ok())
            .map(|payload| payload.workflow_run.head_sha),
    };
    let full = |sha: &String| sha.len() == 40 && sha.bytes().all(|byte| byte.is_ascii_hexdigit());
    sha.filter(full).map(|sha| sha.to_ascii_lowercase()).ok_or_else(|| Refusal {
        message: "which commit was judged is not known".to_owned(),
        help: Some("run in a workflow of `workflow_run`, or give --head with a full commit id".to_owned()),
    })
}
