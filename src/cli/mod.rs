//! The command line: one file a subcommand. Only here the environment, the clock and the streams are touched.

mod check;
mod explain;
mod init;
pub mod parse;
mod policy;
mod post;
mod proposed;
mod schema;
mod test;

use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::policy::engine;
use crate::report::escape::log_line;

/// Exit code for what could not be judged, wrong usage and a broken config.
pub(crate) const INDETERMINATE: u8 = 2;

/// A cluster's admission chain, run on a pull request
#[derive(Debug, Parser)]
#[command(name = "portcullis", version, long_version = long_version(), about, max_term_width = 100, after_help = AFTER_HELP)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// The version, and the Kubernetes minors that are built in.
fn long_version() -> &'static str {
    static TEXT: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
        let minors = crate::config::MINORS.map(|minor| minor.to_string()).join(", ");
        format!("{}\nKubernetes {minors}", env!("CARGO_PKG_VERSION"))
    });
    &TEXT
}

const AFTER_HELP: &str = "\
Exit codes, the same for every output format:
  0  allowed
  1  a finding stands against the merge
  2  something was not judged, wrong usage, or a broken config
  3  allowed, but posting failed";

#[derive(Debug, Subcommand)]
enum Command {
    /// Judge what a merge would create, update and delete
    Check(Box<check::Args>),
    /// Post a report that another job made, such as that of a fork's pull request
    #[cfg(feature = "github")]
    Post(post::report::Args),
    /// Write a portcullis.yaml to begin with
    Init(init::Args),
    /// Print what kubectl would read from a file, one JSON document a line
    Parse(parse::Args),
    /// Tell what a rule means, who says so, and how to mend what it finds
    Explain(explain::Args),
    /// Evaluate policies as the gate does
    Policy(policy::Args),
    /// Run the tests of policies
    Test(test::Args),
    /// Tell what is known of kinds, their fields, and of what a Kubernetes minor changes
    Schema(schema::Args),
    /// Print a shell's completions: source <(portcullis completions bash)
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
    /// Print the man page: portcullis man | man -l -
    Man {
        /// The page of this subcommand
        subcommand: Option<String>,
    },
}

/// Run the program.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // clap prints help to stdout and mistakes to stderr; nothing is left to do when that fails.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { INDETERMINATE } else { 0 });
        }
    };
    // Fails only when there is a pool already; then evaluations make threads of their own.
    let _ = rayon::ThreadPoolBuilder::new()
        .stack_size(engine::ROOMY_STACK)
        .start_handler(|_| engine::this_thread_is_roomy())
        .build_global();
    let outcome = std::panic::catch_unwind(|| run(&cli.command));
    let code = match outcome {
        Ok(Ok(code)) => code,
        // Whoever reads our output may stop reading: `| head`.
        Ok(Err(error)) if error.kind() == io::ErrorKind::BrokenPipe => 0,
        Ok(Err(error)) => {
            complain(&format!("writing the output failed: {error}"), None);
            INDETERMINATE
        }
        Err(_) => {
            complain("a defect in portcullis stopped it, so nothing was judged; please report the lines above", None);
            INDETERMINATE
        }
    };
    ExitCode::from(code)
}

fn run(command: &Command) -> io::Result<u8> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let code = match command {
        Command::Check(args) => check::run(args, &mut out),
        #[cfg(feature = "github")]
        Command::Post(args) => post::report::run(args, &mut out),
        Command::Init(args) => init::run(args, &mut out),
        Command::Parse(args) => parse::run(args, &mut out, &mut io::stderr()),
        Command::Explain(args) => explain::run(args, &mut out),
        Command::Policy(args) => policy::run(args, &mut out),
        Command::Test(args) => test::run(args, &mut out),
        Command::Schema(args) => schema::run(args, &mut out),
        Command::Completions { shell } => {
            clap_complete::generate(*shell, &mut <Cli as clap::CommandFactory>::command(), "portcullis", &mut out);
            Ok(0)
        }
        Command::Man { subcommand } => man(subcommand.as_deref(), &mut out),
    }?;
    out.flush()?;
    Ok(code)
}

fn man(subcommand: Option<&str>, out: &mut impl Write) -> io::Result<u8> {
    let mut command = <Cli as clap::CommandFactory>::command();
    // Gives subcommands their whole name, as the page's title has it.
    command.build();
    let page = match subcommand {
        None => Some(&command),
        Some(name) => command.find_subcommand(name),
    };
    let Some(page) = page.cloned() else {
        complain("there is no such subcommand", Some("portcullis --help lists them"));
        return Ok(INDETERMINATE);
    };
    clap_mangen::Man::new(page).render(out)?;
    Ok(0)
}

/// Write a file: beside its place and then moved there, so that nobody reads half of it.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let named = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
    let is_regular = std::fs::metadata(path).map_or(true, |found| found.is_file());
    if !is_regular {
        return File::create(path).and_then(|mut file| file.write_all(bytes)).map_err(named);
    }
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}.part", std::process::id()));
    std::fs::write(&beside, bytes).and_then(|()| std::fs::rename(&beside, path)).map_err(named)
}

/// One message on standard error: what went wrong, and what to do about it.
pub(crate) fn complain(message: &str, help: Option<&str>) {
    let mut err = io::stderr().lock();
    let message = format!("portcullis: {message}");
    let help = help.into_iter().flat_map(str::lines).map(|line| format!("  {line}"));
    for line in message.lines().map(str::to_owned).chain(help) {
        // Nothing can be said about a standard error that is closed.
        let _ = writeln!(err, "{}", log_line(&line));
    }
}

/// Whether standard error is looked at by a person.
pub(crate) fn watched() -> bool {
    io::stderr().is_terminal()
}
