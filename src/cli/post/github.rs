//! Posting to GitHub: what the job's environment says, and what to do when GitHub does not want to.

use std::env;
use std::io::{self, Write};
use std::path::Path;

use super::super::check::Refusal;
use super::super::complain;
use super::{Args, CredentialArgs, Telling};
use crate::config::OverrideRights;
use crate::config::overrides::Override;
use crate::finding::Severity;
use crate::git::{Environment, Event};
use crate::report::summary::{self, Standing};
use crate::report::{Format, RenderOptions, Report, Verdict, escape, render};
use crate::review::diff::Diff;
use crate::review::github::access::TIMEOUT;
use crate::review::github::labels::Labeled;
use crate::review::github::rights;
use crate::review::github::{Access, Client, Credential, Failure, Seen, Target, carry_out, read};
use crate::review::plan::{Settings, plan};

/// Exit code for a change that is allowed, but could not be posted.
const NOT_POSTED: u8 = 3;

/// The repository and the commit of the run, and the way there.
pub(in crate::cli) struct Connection {
    /// None: the event is about no change, so the verdict goes to the job alone.
    target: Option<Target>,
    labeled: Option<Labeled>,
    client: Result<Client, Failure>,
}

/// Read the job's environment. None: a dry run outside of CI, or without a token.
pub(super) fn connect(args: &Args, environment: &Environment) -> Result<Option<Connection>, Refusal> {
    let dry = args.dry_run.is_some();
    let Some(path) = &environment.github_event_path else {
        let message = "--post needs an event of GitHub Actions: pull_request, pull_request_target, merge_group or push";
        let help = Some("without one, `--post --dry-run` tells what would be posted".to_owned());
        return if dry { Ok(None) } else { Err(Refusal { message: message.to_owned(), help }) };
    };
    let event = Event::read(path, environment.github_event_name.as_deref())
        .map_err(|error| Refusal { message: error.to_string(), help: Some(error.help()) })?;
    let labeled = std::fs::read(path).ok().and_then(|payload| Labeled::of_event(&payload));
    match Connection::new(&args.credential, target(&event), labeled) {
        Err(_) if dry && variable("GITHUB_TOKEN").is_none() && args.credential.token_file.is_none() => Ok(None),
        connected => connected.map(Some),
    }
}

fn target(event: &Event) -> Option<Target> {
    match event {
        Event::PullRequest { number, head, .. } => Some(Target { pull: Some(*number), head: head.clone() }),
        Event::MergeGroup { head, .. } | Event::Push { after: Some(head), .. } => {
            Some(Target { pull: None, head: head.clone() })
        }
        Event::Push { .. } | Event::Schedule | Event::Other => None,
    }
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

fn credential(args: &CredentialArgs) -> Result<Credential, Refusal> {
    let read = |path: &Path| {
        std::fs::read_to_string(path)
            .map_err(|error| Refusal::new(format!("{} cannot be read: {error}", path.display())))
    };
    if let (Some(id), Some(key)) = (&args.app_id, &args.app_key) {
        return Ok(Credential::App { id: id.clone(), key: read(key)? });
    }
    if let Some(path) = &args.token_file {
        return Ok(Credential::Token(read(path)?));
    }
    let help = "set GITHUB_TOKEN (in a workflow: env: {GITHUB_TOKEN: ${{ github.token }}}), or give --token-file";
    variable("GITHUB_TOKEN")
        .map(Credential::Token)
        .ok_or_else(|| Refusal { message: "posting needs a token".to_owned(), help: Some(help.to_owned()) })
}

fn access(credential: Credential) -> Access {
    let api = variable("GITHUB_API_URL").unwrap_or_else(|| "https://api.github.com".to_owned());
    let either = |upper: &str, lower: &str| variable(upper).or_else(|| variable(lower));
    let proxy = either("HTTPS_PROXY", "https_proxy").or_else(|| either("ALL_PROXY", "all_proxy"));
    Access {
        graphql: variable("GITHUB_GRAPHQL_URL").unwrap_or_else(|| Access::graphql_of(&api)),
        api,
        repository: variable("GITHUB_REPOSITORY").unwrap_or_default(),
        credential,
        proxy: proxy.map(|proxy| (proxy, either("NO_PROXY", "no_proxy").unwrap_or_default())),
        timeout: TIMEOUT,
    }
}

impl Connection {
    pub(super) fn new(
        credential: &CredentialArgs,
        target: Option<Target>,
        labeled: Option<Labeled>,
    ) -> Result<Self, Refusal> {
        let client = Client::new(&access(self::credential(credential)?));
        Ok(Self { target, labeled, client })
    }

    pub(super) fn is_pull_request(&self) -> bool {
        self.target.as_ref().is_some_and(|target| target.pull.is_some())
    }

    /// Overrides of the judged head. Who cannot be asked gives none: the verdict stands.
    pub(super) fn overrides(&self, rights: &OverrideRights) -> Vec<Override> {
        let (Ok(client), Some(target)) = (&self.client, &self.target) else { return Vec::new() };
        match rights::overrides(client, target, rights, self.labeled.as_ref()) {
            Ok(found) => {
                for note in found.notes {
                    complain(&note, None);
                }
                found.overrides
            }
            Err(failure) => {
                complain(&format!("no override can be found: {failure}"), Some(failure.help()));
                Vec::new()
            }
        }
    }

    /// Post the report, and give the exit code. Without a diff, lines are taken as the report names them.
    pub(super) fn post(&self, telling: Telling<'_>, diff: Option<Diff>, out: &mut impl Write) -> io::Result<u8> {
        // A report of another job is told, and decides nothing.
        let code = if telling.settings.neutral { 0 } else { telling.report.exit_code() };
        match self.try_post(telling, diff, out)? {
            Ok(()) => Ok(code),
            Err(failure @ Failure::RateLimited { .. }) => {
                fall_back(telling, &[failure], out)?;
                Ok(code)
            }
            Err(failure) => {
                out.flush()?;
                complain(&format!("posting failed: {failure}"), Some(failure.help()));
                fall_back(telling, &[], out)?;
                Ok(if code == 0 { NOT_POSTED } else { code })
            }
        }
    }

    fn try_post(
        &self,
        telling: Telling<'_>,
        diff: Option<Diff>,
        out: &mut impl Write,
    ) -> io::Result<Result<(), Failure>> {
        let Telling { report, settings, dry_run, .. } = telling;
        let Some(target) = &self.target else {
            writeln!(
                out,
                "portcullis: this event is about no change, so the annotations of this log and the job's summary tell it"
            )?;
            return fall_back(telling, &[], out).map(Ok);
        };
        let client = match &self.client {
            Ok(client) => client,
            Err(failure) => return Ok(Err(failure.clone())),
        };
        let Seen { posted, shown, denied, superseded_by } = match read(client, target, settings) {
            Ok(seen) => seen,
            Err(failure) => return Ok(Err(failure)),
        };
        if let Some(head) = superseded_by {
            return superseded(&head, out).map(Ok);
        }
        // Comments that cannot be read are not written either: they would be written again by every run.
        let settings = Settings { pull_request: shown.is_some(), ..settings.clone() };
        let shown = shown.unwrap_or_default();
        let diff = match diff {
            Some(mut diff) => {
                diff.shown_as(&shown);
                diff
            }
            None => Diff::of_shown(&shown),
        };
        let plan = plan(&reproducible(report, target, &settings), &diff, &posted, &settings);
        if let Some(how) = dry_run {
            return super::print(&plan, how, out).map(Ok);
        }
        let done = match carry_out(client, target, &plan, &posted) {
            Ok(done) => done,
            Err(failure) => return Ok(Err(failure)),
        };
        for note in &done.notes {
            writeln!(out, "portcullis: {}", escape::one_line(note))?;
        }
        if let Some(head) = done.superseded_by {
            return superseded(&head, out).map(Ok);
        }
        let denied: Vec<Failure> = denied.into_iter().chain(done.denied).collect();
        if !denied.is_empty() {
            fall_back(telling, &denied, out)?;
        }
        Ok(Ok(()))
    }
}

/// The report with a command that works in any clone: GitHub's merge of a pull request is in none, nor is what a merge queue
/// made.
fn reproducible(report: &Report, target: &Target, settings: &Settings) -> Report {
    let mut report = report.clone();
    if let (Some(trust), false) = (&report.compared.trust, settings.neutral) {
        let head = &target.head;
        let command = format!("portcullis check {trust}..{head}");
        if target.pull.is_some() || report.compared.reproduce == command {
            report.compared.reproduce = format!("git fetch origin {trust} {head} && {command}");
        }
    }
    report
}

/// What cannot be posted goes to where a job may always write: its log and its summary.
fn fall_back(telling: Telling<'_>, why: &[Failure], out: &mut impl Write) -> io::Result<()> {
    let Telling { report, annotated, .. } = telling;
    if let Some((failure, more)) = why.split_first() {
        let more = if more.is_empty() { String::new() } else { format!(" (and {} more)", more.len()) };
        let text = escape::one_line(&failure.to_string());
        writeln!(
            out,
            "portcullis: not posted, so the annotations of this log and the job's summary tell it: {text}{more}"
        )?;
    }
    let options = RenderOptions { color: false, width: 100, unicode: false, verbose: false };
    if !annotated {
        render(Format::Github, report, &options, out)?;
    }
    let Some(path) = env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()) else { return Ok(()) };
    match std::fs::OpenOptions::new().append(true).create(true).open(&path) {
        Ok(mut file) => render(Format::Markdown, report, &options, &mut file),
        Err(error) => {
            complain(&format!("the job's summary cannot be written: {error}"), None);
            Ok(())
        }
    }
}

/// The verdict for the steps that follow in the job: fixed words and numbers only, so that nothing of a manifest's can
/// become another output.
pub(super) fn outputs(report: &Report) -> io::Result<()> {
    let Some(path) = env::var_os("GITHUB_OUTPUT").filter(|path| !path.is_empty()) else { return Ok(()) };
    let verdict = match report.verdict {
        Verdict::Pass => "pass",
        Verdict::Fail => "fail",
        Verdict::Indeterminate => "indeterminate",
    };
    let open = || summary::with_standing(report, Standing::Open);
    let of = |severity| open().filter(|finding| finding.severity == severity).count();
    let counts = serde_json::json!({
        "objects": report.counts.objects_judged,
        "errors": of(Severity::Error),
        "warnings": of(Severity::Warning),
        "infos": of(Severity::Info),
        "unchecked": summary::total(summary::open_unchecked(report)),
    });
    let decision = if report.decision.allow { "allow" } else { "block" };
    let mut file = std::fs::OpenOptions::new().append(true).create(true).open(path)?;
    writeln!(file, "verdict={verdict}\ndecision={decision}\ncounts={counts}")
}

fn superseded(head: &str, out: &mut impl Write) -> io::Result<()> {
    let head = escape::one_line(head);
    writeln!(out, "portcullis: superseded: the pull request's head is {head} now, and another run judges it")
}
