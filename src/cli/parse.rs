//! `portcullis parse`: what kubectl, or kustomize, reads from a file.

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::INDETERMINATE;
use crate::source::{RepoPath, Side};
use crate::yaml::{self, Dialect, Stream};

/// Arguments of `parse`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Prints one JSON document a line, null documents left out, up to the first error, which goes to standard error.
Exit codes: 0 everything was read, 2 something was refused.")]
pub struct Args {
    /// A YAML or JSON file, or - for standard input
    file: PathBuf,
    /// Read the whole input as one document: only the first YAML document counts
    #[arg(long)]
    one: bool,
    /// Whose reading counts
    #[arg(long, value_enum, default_value_t = Reading::Kubectl)]
    dialect: Reading,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Reading {
    /// kubectl and the API server (go-yaml v2)
    Kubectl,
    /// kustomize and Flux (yaml.v3)
    Kustomize,
}

/// Print the documents of a file. Text that is skipped or replaced in silence is a warning on `err`.
pub fn run(args: &Args, out: &mut impl Write, err: &mut impl Write) -> io::Result<u8> {
    let name = if args.file == Path::new("-") { "<stdin>".to_owned() } else { args.file.display().to_string() };
    let bytes = match input(&args.file) {
        Ok(bytes) => bytes,
        Err(error) => {
            writeln!(err, "portcullis: {name} cannot be read: {error}")?;
            return Ok(INDETERMINATE);
        }
    };
    let dialect = match args.dialect {
        Reading::Kubectl => Dialect::Kubectl,
        Reading::Kustomize => Dialect::Kustomize,
    };
    let read = if args.one { yaml::read_one } else { yaml::read };
    let stream = read(RepoPath::from(name.as_str()), Side::Head, &bytes, dialect);
    print(&stream, &name, out, err)
}

fn input(file: &Path) -> io::Result<Vec<u8>> {
    if file == Path::new("-") {
        let mut bytes = Vec::new();
        io::stdin().lock().read_to_end(&mut bytes)?;
        return Ok(bytes);
    }
    fs::read(file)
}

fn print(stream: &Stream, name: &str, out: &mut impl Write, err: &mut impl Write) -> io::Result<u8> {
    let stop = stream.problems.iter().position(|problem| problem.fatal);
    let until = stop.and_then(|at| stream.problems.get(at)).map_or(u32::MAX, |problem| problem.document);
    for document in stream.documents.iter().take_while(|document| document.index < until) {
        serde_json::to_writer(&mut *out, &document.root())?;
        out.write_all(b"\n")?;
    }
    out.flush()?;
    for problem in stream.problems.iter().take(stop.map_or(usize::MAX, |at| at + 1)) {
        let at = stream.source.position(problem.span.start);
        let warning = if problem.fatal { "" } else { "warning: " };
        writeln!(err, "{name}:{}:{}: {warning}{}", at.line, at.column, problem.message)?;
    }
    Ok(if stop.is_some() { INDETERMINATE } else { 0 })
}
