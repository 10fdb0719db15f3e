//! `portcullis policy try`: what a policy would have said of the changes that were merged.

use std::io::{self, Write};
use std::path::Path;
use std::time::Instant;

use super::super::{INDETERMINATE, complain};
use crate::finding::{Authority, Finding, Status};
use crate::git::{Environment, Merged, Request, Tree, merged_since};
use crate::inventory::store::Store;
use crate::pipeline::{self, Options, Progress};
use crate::report::escape;

/// Arguments of `policy try`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A bundled policy or pack (workloads/no-readiness-probe), or a folder of policies
    name: String,
    /// Where to begin: the changes that HEAD took after this revision are judged
    #[arg(long, value_name = "REV")]
    since: String,
}

/// Judge one change after the other, newest first, by this policy alone.
pub(super) fn run(args: &Args, out: &mut impl Write) -> io::Result<u8> {
    let environment = Environment::new(std::env::current_dir()?, |name| std::env::var_os(name));
    let changes = match merged_since(&environment, &args.since) {
        Ok(changes) => changes,
        Err(error) => {
            complain(&error.to_string(), Some(&error.help()));
            return Ok(INDETERMINATE);
        }
    };
    let (mut hit, mut total) = (0_usize, 0_usize);
    for change in &changes {
        let findings = match judge(args, &environment, change) {
            Ok(findings) => findings,
            Err(why) => {
                complain(&escape::visible(&why), None);
                return Ok(INDETERMINATE);
            }
        };
        if findings.is_empty() {
            continue;
        }
        hit += 1;
        total += findings.len();
        let short = change.id.get(..10).unwrap_or_default();
        writeln!(out, "{short} {}", escape::visible(&change.subject))?;
        for finding in findings {
            let place = finding.places.first().map(|place| &place.location);
            let place = place.map(|at| format!("{}:{}", at.path, at.start.line)).unwrap_or_default();
            writeln!(out, "  {}[{}] {place}: {}", finding.severity, finding.rule, escape::visible(&finding.message))?;
        }
    }
    let number = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    let of = number(changes.len(), "change");
    writeln!(out, "{} in {hit} of {of}", number(total, "new finding"))?;
    Ok(0)
}

/// The new findings of the policy in one change.
fn judge(args: &Args, environment: &Environment, change: &Merged) -> Result<Vec<Finding>, String> {
    let folder = Path::new(&args.name);
    let (text, policies) = if folder.is_dir() {
        ("version: 1\n".to_owned(), vec![(args.name.clone(), Tree::folder(folder))])
    } else {
        (format!("version: 1\npolicies: [{{ use: {} }}]\n", serde_json::Value::from(args.name.as_str())), Vec::new())
    };
    let options = Options {
        config: Some(("policy try".to_owned(), text)),
        overrides: Vec::new(),
        minors: Vec::new(),
        policies,
        test_policies: None,
        fail_on: None,
        store: Store::none(),
        today: jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date(),
        started: Instant::now(),
    };
    let request = Request::BaseHead { base: change.parent.clone(), head: change.id.clone() };
    let report = pipeline::run(&request, environment, &options, &Progress::default()).map_err(|e| e.to_string())?;
    let is_broken = |reason| matches!(reason, crate::finding::Reason::ConfigBroken);
    if let Some(record) = report.unchecked.iter().find(|record| is_broken(record.reason)) {
        return Err(record.detail.clone());
    }
    let is_said =
        |finding: &Finding| matches!(finding.authority, Authority::Policy { .. }) && finding.status() == Status::New;
    Ok(report.findings.into_iter().filter(is_said).collect())
}
