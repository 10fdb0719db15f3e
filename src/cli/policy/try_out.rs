//! `portcullis policy try`: what a policy would have said of the changes that were merged.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::Path;
use std::time::Instant;

use super::super::{INDETERMINATE, complain};
use crate::finding::{Authority, Finding, Reason, Status, Unchecked};
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
    let (mut hit, mut total, mut unjudged) = (0_usize, 0_usize, 0_usize);
    let mut told = BTreeSet::new();
    for change in &changes {
        let (findings, missed) = match judge(args, &environment, change) {
            Ok(said) => said,
            Err(why) => {
                complain(&escape::visible(&why), None);
                return Ok(INDETERMINATE);
            }
        };
        unjudged += usize::from(!missed.is_empty());
        for why in missed {
            // What is wrong with the policy itself is the same for every change.
            if !told.contains(&why) {
                complain(&format!("not judged: {}", escape::visible(&why)), None);
                told.insert(why);
            }
        }
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
    write!(out, "{} in {hit} of {of}", number(total, "new finding"))?;
    if unjudged == 0 {
        writeln!(out)?;
        return Ok(0);
    }
    writeln!(out, "; {} not judged", number(unjudged, "change"))?;
    Ok(INDETERMINATE)
}

/// The new findings of the policy in one change, and what it could not judge there.
fn judge(args: &Args, environment: &Environment, change: &Merged) -> Result<(Vec<Finding>, Vec<String>), String> {
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
    if let Some(record) = report.unchecked.iter().find(|record| record.reason == Reason::ConfigBroken) {
        // The place is one in the config that is made up above.
        let said = record.detail.split_once("policies: ").map_or(record.detail.as_str(), |(_, said)| said);
        return Err(said.to_owned());
    }
    // An object's name or namespace may be unknown too, which is no matter of the policy.
    let is_missed = |record: &&Unchecked| match record.reason {
        Reason::PolicyNotEvaluated => true,
        Reason::UnknownValue => record.detail.starts_with("policy "),
        _ => false,
    };
    let missed = report.unchecked.iter().filter(is_missed).map(|record| format!("{}: {}", record.path, record.detail));
    let missed = missed.collect();
    let is_said =
        |finding: &Finding| matches!(finding.authority, Authority::Policy { .. }) && finding.status() == Status::New;
    Ok((report.findings.into_iter().filter(is_said).collect(), missed))
}
