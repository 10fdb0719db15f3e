//! `portcullis check`: the main job.

use std::io::{self, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use clap::ValueEnum;
use jiff::civil::Date;

use super::{INDETERMINATE, complain, proposed};
use crate::config::{Config, FailOn, Minor, explain, overrides};
use crate::git::{Environment, Request, Tree};
use crate::inventory::store::Store;
use crate::pipeline::{self, Options, Progress, RunError};
use crate::report::link::Docs;
use crate::report::{Format, OutputSpec, RenderOptions, Report, escape, render};

/// How long a person waits before something should move.
const PATIENCE: Duration = Duration::from_secs(1);

/// Arguments of `check`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Without arguments: what HEAD changes against its merge base with the default branch, or, in CI, what the event changes.

  portcullis check main..my-branch             two revisions, from their merge base
  portcullis check --staged                    what the next commit would change
  portcullis check --worktree                  what is not committed yet
  portcullis check --all                       everything in HEAD
  portcullis check deploy/ service.yaml        plain files and folders, without git
  portcullis check --base-dir A --head-dir B   two folders, such as rendered output
  portcullis check -o github -o sarif=r.sarif  annotations for the log, SARIF into a file

  portcullis check --post                      in a pull request's job: a check run, comments on lines, a summary
  portcullis check main..my-branch --post --dry-run   what that would be

Exit codes: 0 allowed, 1 a finding stands against the merge, 2 not judged, wrong usage or a broken config, 3 allowed,
but posting failed.")]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line are independent")]
pub(super) struct Args {
    /// BASE..HEAD, or files and folders, or - for standard input
    #[arg(value_name = "RANGE|PATH")]
    what: Vec<PathBuf>,
    /// The tip of the branch that the change is to be merged into
    #[arg(long, value_name = "REV", conflicts_with = "what", help_heading = COMPARED)]
    base: Option<String>,
    /// The tip of the change; with --base
    #[arg(long, value_name = "REV", requires = "base", default_value = "HEAD", help_heading = COMPARED)]
    head: String,
    /// The index against HEAD: what the next commit would change
    #[arg(long, group = "mode", conflicts_with_all = ["what", "base"], help_heading = COMPARED)]
    staged: bool,
    /// The files on disk, untracked ones too, against HEAD
    #[arg(long, group = "mode", conflicts_with_all = ["what", "base"], help_heading = COMPARED)]
    worktree: bool,
    /// Everything in a commit, as if all of it were new
    #[arg(long, group = "mode", value_name = "REV", num_args = 0..=1, default_missing_value = "HEAD", conflicts_with_all = ["what", "base"], help_heading = COMPARED)]
    all: Option<String>,
    /// A merge commit against its first parent
    #[arg(long, group = "mode", value_name = "REV", num_args = 0..=1, default_missing_value = "HEAD", conflicts_with_all = ["what", "base"], help_heading = COMPARED)]
    merge: Option<String>,
    /// A folder as it was; with --head-dir
    #[arg(long, value_name = "DIR", requires = "head_dir", conflicts_with_all = ["what", "base", "mode"], help_heading = COMPARED)]
    base_dir: Option<PathBuf>,
    /// A folder as it will be; with --base-dir
    #[arg(long, value_name = "DIR", requires = "base_dir", help_heading = COMPARED)]
    head_dir: Option<PathBuf>,
    /// Judge by this config instead of the target branch's portcullis.yaml
    #[arg(long, value_name = "FILE", help_heading = JUDGED_BY)]
    config: Option<PathBuf>,
    /// Who lets which findings pass: a list of {fingerprints | all, actor, reason, until, evidence}
    #[arg(long = "override", value_name = "FILE", help_heading = JUDGED_BY)]
    overriding: Option<PathBuf>,
    /// The day that decides what has expired, as 2027-01-31, instead of today (UTC)
    #[arg(long, value_name = "DATE", value_parser = date, help_heading = JUDGED_BY)]
    now: Option<Date>,
    /// Judge for this Kubernetes minor, such as 1.37, instead of those of the config; repeatable
    #[arg(long, value_name = "MINOR", value_parser = super::schema::minor, help_heading = JUDGED_BY)]
    kubernetes: Vec<Minor>,
    /// A folder of policies beside those of the config, such as a central repository's checkout; repeatable
    #[arg(long, value_name = "DIR", help_heading = JUDGED_BY)]
    policies: Vec<PathBuf>,
    /// The severity from which a new finding fails the change, instead of the config's
    #[arg(long, value_enum, value_name = "SEVERITY", help_heading = JUDGED_BY)]
    fail_on: Option<FailOn>,
    /// With --all: judge by the config, the policies and the schemas of another commit
    #[arg(long, value_name = "REV", requires = "all", help_heading = JUDGED_BY)]
    rules_from: Option<String>,
    /// Tell what the config says about a file, and why, and judge nothing
    #[arg(long, value_name = "PATH", help_heading = JUDGED_BY)]
    explain_config: Option<String>,
    /// human, json, sarif, junit, github, gitlab or markdown, to a file or standard output; repeatable
    #[arg(short, long, value_name = "FORMAT[=FILE]", default_value = "human", help_heading = OUTPUT)]
    output: Vec<OutputSpec>,
    /// Show existing, fixed and suppressed findings and everything that was not judged
    #[arg(short, long, help_heading = OUTPUT)]
    verbose: bool,
    /// Where rules are documented, a copy of this program's folder docs: what is posted, Markdown and SARIF link to it
    #[arg(long, value_name = "URL", env = "PORTCULLIS_DOCS", help_heading = OUTPUT)]
    docs: Option<String>,
    /// Colours; NO_COLOR is honoured
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = Color::Auto, help_heading = OUTPUT)]
    color: Color,
    /// Remember nothing about the repository between runs
    #[arg(long, help_heading = MEMORY)]
    no_cache: bool,
    #[command(flatten)]
    posting: super::post::Args,
    /// Where to remember it, instead of the git directory
    #[arg(long, value_name = "DIR", conflicts_with = "no_cache", help_heading = MEMORY)]
    cache_dir: Option<PathBuf>,
}

const COMPARED: &str = "What is compared";
const JUDGED_BY: &str = "By which rules";
const OUTPUT: &str = "Output";
const MEMORY: &str = "Memory";

/// When to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Color {
    Auto,
    Always,
    Never,
}

/// Judge, report, and give the exit code.
pub(super) fn run(args: &Args, out: &mut impl Write) -> io::Result<u8> {
    let started = Instant::now();
    let environment = Environment::new(std::env::current_dir()?, |name| std::env::var_os(name));
    let prepared =
        prepare(args, &environment, started).and_then(|prepared| Ok((prepared, docs(args.docs.as_deref())?)));
    let ((request, mut options), docs) = match prepared {
        Ok(prepared) => prepared,
        Err(Refusal { message, help }) => {
            complain(&message, help.as_deref());
            return Ok(INDETERMINATE);
        }
    };
    if let Some(path) = &args.explain_config {
        return explain_config(path, &request, &environment, &options, out);
    }
    let posting = match args.posting.prepare(&environment, || pipeline::config(&request, &environment, &options)) {
        Ok(posting) => posting,
        Err(Refusal { message, help }) => {
            complain(&message, help.as_deref());
            return Ok(INDETERMINATE);
        }
    };
    if let Some(posting) = &posting {
        options.overrides.extend(posting.overrides());
    }
    match with_progress(|progress| pipeline::run(&request, &environment, &options, progress)) {
        Ok(mut report) => {
            proposed::tell(&mut report);
            report.ruleset.docs = docs;
            write_all(args, &report, out)?;
            if args.verbose {
                writeln!(io::stderr(), "{}", options.store.status())?;
            }
            match posting {
                None => Ok(report.exit_code()),
                Some(posting) => {
                    let mut to_log = args.output.iter().filter(|output| output.file.is_none());
                    let annotated = to_log.any(|output| output.format == Format::Github);
                    posting.post(&report, &request, &environment, annotated, out)
                }
            }
        }
        Err(error) => {
            refuse(&error);
            Ok(INDETERMINATE)
        }
    }
}

fn refuse(error: &RunError) {
    complain(&error.to_string(), error.help().as_deref());
}

/// A mistake of the caller.
pub(super) struct Refusal {
    pub(super) message: String,
    pub(super) help: Option<String>,
}

impl Refusal {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None }
    }
}

/// The address that `--docs` gives, as a report keeps it. Empty is none, as a variable of a workflow may be.
pub(super) fn docs(given: Option<&str>) -> Result<Option<String>, Refusal> {
    let Some(text) = given.filter(|text| !text.is_empty()) else { return Ok(None) };
    text.parse::<Docs>().map(|docs| Some(docs.address().to_owned())).map_err(|error| {
        let shown = escape::one_line(text);
        let help = "such as https://github.com/OWNER/portcullis/blob/v0.1.0/docs".to_owned();
        Refusal { message: format!("--docs (PORTCULLIS_DOCS): {shown:?}: {error}"), help: Some(help) }
    })
}

fn prepare(args: &Args, environment: &Environment, started: Instant) -> Result<(Request, Options), Refusal> {
    let request = request(args)?;
    let read = |path: &Path| {
        std::fs::read(path)
            .map(|bytes| (path.display().to_string(), String::from_utf8_lossy(&bytes).into_owned()))
            .map_err(|error| Refusal::new(format!("{} cannot be read: {error}", path.display())))
    };
    let overrides = match &args.overriding {
        None => Vec::new(),
        Some(path) => {
            let (name, text) = read(path)?;
            overrides::parse(&name, &text).map_err(|errors| Refusal::new(errors.to_string()))?
        }
    };
    let policies = args.policies.iter().map(|path| {
        let name = path.display().to_string();
        if path.is_dir() { Ok((name, Tree::folder(path))) } else { Err(Refusal::new(format!("{name} is no folder"))) }
    });
    let options = Options {
        policies: policies.collect::<Result<_, _>>()?,
        test_policies: Some(proposed::test),
        config: args.config.as_deref().map(read).transpose()?,
        overrides,
        store: store(args, &request, environment),
        minors: args.kubernetes.clone(),
        fail_on: args.fail_on,
        today: args.now.unwrap_or_else(|| jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date()),
        started,
    };
    Ok((request, options))
}

fn store(args: &Args, request: &Request, environment: &Environment) -> Store {
    // Facts are kept under git's ids: without git there is nothing to look up.
    if matches!(request, Request::Paths { .. } | Request::Stdin { .. } | Request::Folders { .. }) {
        return Store::none();
    }
    match &args.cache_dir {
        Some(dir) => Store::at(dir),
        None if args.no_cache => Store::none(),
        None => crate::git::Repository::open(environment).map_or_else(
            |_| Store::none(),
            |repository| Store::at(&repository.common_dir().join("portcullis/inventory")),
        ),
    }
}

fn request(args: &Args) -> Result<Request, Refusal> {
    if let (Some(base), Some(head)) = (&args.base_dir, &args.head_dir) {
        return Ok(Request::Folders { base: base.clone(), head: head.clone() });
    }
    if let Some(base) = &args.base {
        return Ok(Request::BaseHead { base: base.clone(), head: args.head.clone() });
    }
    if let Some(rev) = &args.all {
        return Ok(Request::All { rev: rev.clone(), rules: args.rules_from.clone() });
    }
    if let Some(rev) = &args.merge {
        return Ok(Request::Merge { rev: rev.clone() });
    }
    match (args.staged, args.worktree, args.what.as_slice()) {
        (true, ..) => Ok(Request::Staged),
        (_, true, _) => Ok(Request::Worktree),
        (_, _, []) => Ok(Request::Default),
        (_, _, [one]) if one.as_os_str() == "-" => {
            let mut bytes = Vec::new();
            let limit = crate::git::MAX_FILE_BYTES + 1;
            io::stdin()
                .lock()
                .take(limit)
                .read_to_end(&mut bytes)
                .map_err(|error| Refusal::new(format!("standard input cannot be read: {error}")))?;
            Ok(Request::Stdin { bytes })
        }
        (_, _, [one]) if is_range(one) => Ok(Request::Range { spec: one.to_string_lossy().into_owned() }),
        (_, _, paths) => match paths.iter().find(|path| path.as_os_str() == "-" || is_range(path)) {
            Some(odd) => Err(Refusal::new(format!("{} cannot stand beside other arguments", odd.display()))),
            None => Ok(Request::Paths { paths: paths.to_vec() }),
        },
    }
}

/// `A..B` or `A...B`, and no file of that name.
fn date(text: &str) -> Result<Date, String> {
    text.parse().map_err(|_| "a date is written as 2027-01-31".to_owned())
}

fn is_range(path: &Path) -> bool {
    let text = path.to_string_lossy();
    let apart = text.split_once("..").is_some_and(|(left, right)| !left.ends_with('/') && !right.starts_with('/'));
    apart && text != ".." && !path.exists()
}

fn explain_config(
    path: &str,
    request: &Request,
    environment: &Environment,
    options: &Options,
    out: &mut impl Write,
) -> io::Result<u8> {
    let config: Result<Config, RunError> = pipeline::config(request, environment, options);
    match config {
        Ok(config) => {
            out.write_all(explain::explain(&config, path, options.today).as_bytes())?;
            Ok(0)
        }
        Err(error) => {
            refuse(&error);
            Ok(INDETERMINATE)
        }
    }
}

/// Write every output: files first, so that what a person reads is not there before what a machine reads.
fn write_all(args: &Args, report: &Report, out: &mut impl Write) -> io::Result<()> {
    let (files, streams): (Vec<_>, Vec<_>) = args.output.iter().partition(|output| output.file.is_some());
    for output in files {
        let Some(path) = &output.file else { continue };
        write_file(path, output.format, report, args)?;
    }
    for output in streams {
        render(output.format, report, &options(args, io::stdout().is_terminal()), out)?;
    }
    Ok(())
}

fn write_file(path: &Path, format: Format, report: &Report, args: &Args) -> io::Result<()> {
    let mut text = Vec::new();
    render(format, report, &options(args, false), &mut text)?;
    super::replace(path, &text)
}

fn options(args: &Args, terminal: bool) -> RenderOptions {
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(std::env::var_os).unwrap_or_default();
    let locale = locale.to_string_lossy().to_ascii_lowercase();
    RenderOptions {
        color: match args.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => terminal && !no_color && !dumb,
        },
        width: terminal_width().unwrap_or(100),
        unicode: terminal && (locale.contains("utf-8") || locale.contains("utf8")),
        verbose: args.verbose,
    }
}

fn terminal_width() -> Option<u16> {
    std::env::var("COLUMNS").ok()?.parse().ok().filter(|width| *width >= 40)
}

/// Run with a line on standard error that moves, when a person waits.
fn with_progress<T>(work: impl FnOnce(&Progress) -> T) -> T {
    let progress = Arc::new(Progress::default());
    if !super::watched() {
        return work(&progress);
    }
    let (done, waiting) = mpsc::channel::<()>();
    let shown = Arc::clone(&progress);
    let line = std::thread::spawn(move || {
        let mut said = false;
        let mut err = io::stderr();
        while waiting.recv_timeout(if said { Duration::from_millis(200) } else { PATIENCE })
            == Err(mpsc::RecvTimeoutError::Timeout)
        {
            let (done, total) = (shown.done.load(Ordering::Relaxed), shown.total.load(Ordering::Relaxed));
            let _ = write!(err, "\r\x1b[Kjudging: {done} of {total} files");
            let _ = err.flush();
            said = true;
        }
        if said {
            let _ = write!(err, "\r\x1b[K");
        }
    });
    let result = work(&progress);
    drop(done);
    // A line that cannot be drawn is no reason to fail.
    let _ = line.join();
    result
}
