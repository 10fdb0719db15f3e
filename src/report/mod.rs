//! Reports: `&Report` → bytes in one format. A renderer cannot change the verdict: the exit code is
//! [`Report::exit_code`], whatever is printed.

pub mod escape;
pub mod explain;
mod github;
mod gitlab;
mod human;
pub mod json;
pub(crate) mod junit;
pub mod link;
pub(crate) mod markdown;
pub mod model;
mod sarif;
mod snippet;
pub(crate) mod summary;

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::str::FromStr;

pub use model::{Counts, Decision, Notice, Report, Verdict};

/// What a report is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For a terminal.
    Human,
    /// The report itself, versioned; its JSON Schema is `docs/report.schema.json`.
    Json,
    /// SARIF 2.1.0.
    Sarif,
    /// `JUnit` XML, as most CI systems show it.
    Junit,
    /// GitHub workflow commands: annotations of a job.
    Github,
    /// GitLab's code quality report.
    Gitlab,
    /// A comment of at most 60,000 bytes.
    Markdown,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 7] =
        [Self::Human, Self::Json, Self::Sarif, Self::Junit, Self::Github, Self::Gitlab, Self::Markdown];

    /// Its name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Json => "json",
            Self::Sarif => "sarif",
            Self::Junit => "junit",
            Self::Github => "github",
            Self::Gitlab => "gitlab",
            Self::Markdown => "markdown",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One `-o FORMAT[=FILE]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputSpec {
    /// The format.
    pub format: Format,
    /// Where to; standard output without one.
    pub file: Option<PathBuf>,
}

/// Why an `-o` was not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutputSpecError {
    /// No such format.
    #[error("unknown format {0:?}; one of {names}", names = Format::ALL.map(Format::name).join(", "))]
    UnknownFormat(String),
    /// `FORMAT=` with nothing behind it.
    #[error("no file name after `{0}=`; write {0}=FILE, or {0} alone for standard output")]
    NoFile(Format),
}

impl FromStr for OutputSpec {
    type Err = OutputSpecError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, file) = text.split_once('=').map_or((text, None), |(name, file)| (name, Some(file)));
        let format = Format::ALL
            .into_iter()
            .find(|format| format.name() == name)
            .ok_or_else(|| OutputSpecError::UnknownFormat(name.to_owned()))?;
        match file {
            Some("") => Err(OutputSpecError::NoFile(format)),
            file => Ok(Self { format, file: file.map(PathBuf::from) }),
        }
    }
}

/// How the human format looks; the others look the same everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RenderOptions {
    /// ANSI colours.
    pub color: bool,
    /// Columns of the terminal, at which prose is wrapped; source lines and paths are not.
    pub width: u16,
    /// Characters beyond ASCII in what is ours (a manifest's text keeps its own).
    pub unicode: bool,
    /// Existing, suppressed and fixed findings in full, and every path of what was not judged.
    pub verbose: bool,
}

/// Writes the report in one format; it ends with a line end.
///
/// # Errors
/// Those of the writer.
pub fn render(format: Format, report: &Report, options: &RenderOptions, out: &mut impl io::Write) -> io::Result<()> {
    let text = match format {
        Format::Human => human::render(report, *options),
        Format::Json => json::render(report)?,
        Format::Sarif => sarif::render(report)?,
        Format::Junit => junit::render(report),
        Format::Github => github::render(report),
        Format::Gitlab => gitlab::render(report)?,
        Format::Markdown => markdown::render(report, markdown::MAX_BYTES),
    };
    out.write_all(text.as_bytes())
}
