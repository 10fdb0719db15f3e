//! What the policies that a change brings would say of the whole head, and what their tests say. They are the head's, so they
//! run in a child process of our own, with an empty environment and a limit of time; the engine bounds their memory. What
//! they say of the head informs and does not decide; their tests must hold.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::{self, Read, Write as _};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::finding::{Authority, Finding, Reason, Severity, Status, Unchecked};
use crate::pipeline::POLICIES_CHANGED;
use crate::policy::engine::Fault;
use crate::policy::test::Given;
use crate::report::summary::counted;
use crate::report::{Notice, Report};

/// The two audits together may take so long.
const PATIENCE: Duration = Duration::from_mins(1);

/// A report of so many bytes is enough to count by.
const LONGEST: u64 = 256 << 20;

/// The part of the report of `test` that counts.
#[derive(Deserialize)]
struct Ran {
    faults: Vec<Mistake>,
    tests: Vec<Test>,
}

#[derive(Deserialize)]
struct Mistake {
    path: String,
    line: u32,
    column: u32,
    message: String,
    help: Option<String>,
}

#[derive(Deserialize)]
struct Test {
    name: String,
    path: String,
    line: u32,
    result: String,
    why: String,
}

impl Mistake {
    fn fault(self) -> Fault {
        let Self { path, line, column, message, help } = self;
        Fault { line, column, help, ..Fault::of(&path, message) }
    }
}

impl Test {
    /// A test that fails, as what is wrong with its file.
    fn fault(self) -> Fault {
        let name = self.name.strip_prefix("data.").unwrap_or(&self.name);
        let mut why = self.why.lines();
        let first = why.next().unwrap_or_default();
        let rest = why.collect::<Vec<_>>().join("\n");
        let help = (!rest.is_empty()).then_some(rest);
        Fault { line: self.line, help, ..Fault::of(&self.path, format!("the test `{name}` fails: {first}")) }
    }
}

/// Add to a report what the change's own policies would say, if it changes policies and both sides are commits.
pub(super) fn tell(report: &mut Report) {
    let is_changed = report.notices.iter().any(|notice| notice.id == POLICIES_CHANGED);
    let (Some(head), Some(trust)) = (&report.compared.head, &report.compared.trust) else { return };
    if !is_changed {
        return;
    }
    let until = Instant::now() + PATIENCE;
    let by_both = audit(head, trust, until).and_then(|old| Ok((old, audit(head, head, until)?)));
    let text = match by_both {
        Ok((old, new)) => {
            help(report, &new.findings);
            let mut text = sentence(&old.findings, &new.findings);
            if let Some(why) = &new.not_judged {
                _ = write!(text, "\n{} could not be judged by them: {why}", counted(new.unjudged, "object"));
            }
            text
        }
        Err(why) => format!("what the change's own policies would say is not known: {why}"),
    };
    report.notices.push(Notice { id: "policies-proposed".to_owned(), text });
}

/// Run the tests of the change's policies.
pub(super) fn test(given: &Given) -> Result<Vec<Fault>, String> {
    let mut child = child(&["test", "--stdin", "-o", "json"], Stdio::piped())?;
    let input = serde_json::to_vec(given).map_err(|error| error.to_string())?;
    // A child that reads no more has ended, and that is told below. It writes nothing before it has read everything.
    _ = child.stdin.take().map(|mut stdin| stdin.write_all(&input));
    let text = output(child, Instant::now() + PATIENCE)?;
    let ran: Ran = serde_json::from_slice(&text).map_err(|_| "they could not be evaluated".to_owned())?;
    let faults = ran.faults.into_iter().map(Mistake::fault);
    let failed = ran.tests.into_iter().filter(|test| test.result == "fail").map(Test::fault);
    Ok(faults.chain(failed).collect())
}

/// What policies say of a whole commit.
struct Audit {
    findings: Vec<Finding>,
    /// The objects that some policy could not judge, and why it could not judge the first.
    unjudged: usize,
    not_judged: Option<String>,
}

/// What policies say of the whole head, by the rules of a commit.
fn audit(head: &str, rules: &str, until: Instant) -> Result<Audit, String> {
    let arguments = ["check", "--all", head, "--rules-from", rules, "--no-cache", "-o", "json"];
    let text = output(child(&arguments, Stdio::null())?, until)?;
    let report: Report = serde_json::from_slice(&text).map_err(|_| "they could not be evaluated".to_owned())?;
    let is_broken = |record: &Unchecked| match record.reason {
        Reason::ConfigBroken => true,
        // A policy that is not asked about any object.
        Reason::PolicyNotEvaluated => record.object.is_none(),
        _ => false,
    };
    if report.unchecked.iter().any(is_broken) {
        return Err("they cannot be used".to_owned());
    }
    let by_policies = |record: &&Unchecked| record.reason == Reason::PolicyNotEvaluated;
    let unjudged = report.unchecked.iter().filter(by_policies).map(|record| record.count as usize).sum();
    let not_judged = report.unchecked.iter().find(by_policies).map(|record| record.detail.clone());
    let is_policy = |finding: &Finding| matches!(finding.authority, Authority::Policy { .. });
    Ok(Audit { findings: report.findings.into_iter().filter(is_policy).collect(), unjudged, not_judged })
}

/// This program in a process of its own, which knows nothing of our environment.
fn child(arguments: &[&str], stdin: Stdio) -> Result<Child, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut command = Command::new(program);
    command.args(arguments).env_clear().stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::null());
    command.spawn().map_err(|error| error.to_string())
}

fn output(mut child: Child, until: Instant) -> Result<Vec<u8>, String> {
    let Some(out) = child.stdout.take() else { return Err("they have no output".to_owned()) };
    let reader = std::thread::spawn(move || -> io::Result<Vec<u8>> {
        let mut text = Vec::new();
        out.take(LONGEST).read_to_end(&mut text)?;
        Ok(text)
    });
    loop {
        match child.try_wait() {
            Ok(Some(_)) => break,
            Ok(None) if Instant::now() < until => std::thread::sleep(Duration::from_millis(10)),
            Ok(None) | Err(_) => {
                // A child that is gone already needs no killing.
                _ = child.kill();
                _ = child.wait();
                return Err(format!("they took longer than {} s", PATIENCE.as_secs()));
            }
        }
    }
    let text = reader.join().map_err(|_| "their output could not be read".to_owned())?;
    text.map_err(|error| error.to_string())
}

/// How many findings come and go, and where the first ones are.
fn sentence(old: &[Finding], new: &[Finding]) -> String {
    let ids = |findings: &[Finding]| -> BTreeSet<String> {
        findings.iter().map(|finding| finding.fingerprint.0.clone()).collect()
    };
    let (before, after) = (ids(old), ids(new));
    let mut more: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in new.iter().filter(|finding| !before.contains(&finding.fingerprint.0)) {
        more.entry(finding.rule.as_str()).or_default().push(finding);
    }
    let gone = before.difference(&after).count();
    let count: usize = more.values().map(Vec::len).sum();
    let mut text = match (count, gone) {
        (0, 0) => return "by the change's own policies, nothing else would be found in the whole head".to_owned(),
        (count, 0) => format!("by the change's own policies, {count} more would be found in the whole head"),
        (0, gone) => format!("by the change's own policies, {gone} fewer would be found in the whole head"),
        (count, gone) => {
            format!("by the change's own policies, {count} more and {gone} fewer would be found in the whole head")
        }
    };
    for (rule, findings) in more {
        let worst = findings.iter().map(|finding| finding.severity).max().unwrap_or(Severity::Info);
        let places: Vec<String> = findings.iter().take(3).filter_map(|finding| place(finding)).collect();
        let dots = if findings.len() > 3 { ", …" } else { "" };
        _ = write!(text, "\n{worst} {rule}: {} ({}{dots})", findings.len(), places.join(", "));
    }
    text
}

fn place(finding: &Finding) -> Option<String> {
    let location = &finding.places.first()?.location;
    Some(format!("{}:{}", location.path, location.start.line))
}

/// A finding of a policy that the change edits too says what its version would say; where that is nothing of the object,
/// merging the policy first is the cure.
fn help(report: &mut Report, new: &[Finding]) {
    let place = |finding: &Finding| finding.places.first().map(|place| place.location.path.clone());
    for finding in &mut report.findings {
        let is_policy = matches!(finding.authority, Authority::Policy { .. });
        let is_kept = |one: &Finding| one.fingerprint == finding.fingerprint && one.message == finding.message;
        if !is_policy || finding.status() != Status::New || new.iter().any(is_kept) {
            continue;
        }
        let is_same =
            |one: &&Finding| one.rule == finding.rule && one.object == finding.object && place(one) == place(finding);
        let others: Vec<&str> = new.iter().filter(is_same).map(|one| one.message.as_str()).collect();
        let told = match others.as_slice() {
            [] => "the change's own version of the policy does not say this: merge the policy first".to_owned(),
            [message, ..] => format!("the change's own version of the policy says of this object: {message}"),
        };
        finding.help = Some(match finding.help.take() {
            Some(help) => format!("{help}\n{told}"),
            None => told,
        });
    }
}
