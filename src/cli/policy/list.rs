//! `portcullis policy list`: which policies there are.

use std::io::{self, Write};
use std::path::PathBuf;

use serde_json::json;

use crate::policy::author::page::severity;
use crate::policy::loaded::{Convention, Policy};
use crate::report::escape::{self, one_line};

/// Columns of the longest id that others are aligned with.
const WIDEST: usize = 60;

/// Arguments of `policy list`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A folder of policies, instead of those of the program
    path: Option<PathBuf>,
    /// As JSON, with what each says of itself
    #[arg(long)]
    json: bool,
}

/// List them, a line each.
pub(super) fn run(args: &Args, out: &mut impl Write) -> io::Result<u8> {
    let Some(policies) = super::policies(args.path.as_deref()) else { return Ok(super::INDETERMINATE) };
    if args.json {
        let all: Vec<_> = policies.iter().map(|policy| entry(policy)).collect();
        writeln!(out, "{}", escape::json(&format!("{:#}", json!(all))))?;
        return Ok(0);
    }
    let width = policies.iter().map(|policy| policy.id.len()).max().unwrap_or(0).min(WIDEST);
    for policy in &policies {
        let severity = severity(policy).to_string();
        writeln!(out, "{:width$}  {severity:7}  {}", policy.id, one_line(&policy.metadata.title))?;
    }
    Ok(0)
}

fn entry(policy: &Policy) -> serde_json::Value {
    let (metadata, custom) = (&policy.metadata, &policy.metadata.custom);
    json!({
        "id": policy.id,
        "severity": severity(policy).to_string(),
        "title": metadata.title,
        "package": policy.package,
        "path": &*policy.path,
        "convention": match policy.convention {
            Convention::Portcullis => "portcullis",
            Convention::Conftest => "conftest",
            Convention::Combined => "conftest --combine",
        },
        "owner": custom.owner,
        "match": custom.matches,
    })
}
