//! The end of a run: what was judged becomes a report, and where nothing was, the report says why.

use std::cmp::Reverse;
use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::LazyLock;

use super::{Options, Part, Run, policies, trust};
use crate::config::suppress::ConfigSuppression;
use crate::config::{self, Config, ConfigError, ConfigErrors};
use crate::finding::{Effect, Finding, Reason, Status, Unchecked};
use crate::git::{Comparison, ComparisonKind, Offer};
use crate::judge;
use crate::policy::set::PolicySet;
use crate::report::model::{Compared, REPORT_VERSION, RulesetInfo};
use crate::report::{Counts, Decision, Notice, Report, Verdict};
use crate::schema::minors::MinorSet;
use crate::source::{Position, RepoPath, Side};

/// Why a run judged nothing.
pub(super) fn no_manifest(part: &Part, kind: ComparisonKind, changed: usize) -> Option<Notice> {
    if part.counts.files_read > 0 || !part.findings.is_empty() || !part.unchecked.is_empty() {
        return None;
    }
    let text = match changed {
        0 if kind == ComparisonKind::Staged => {
            "nothing to check: nothing is staged; what is not staged: portcullis check --worktree".to_owned()
        }
        0 => "nothing to check: both sides hold the same files; \
              what is not committed: portcullis check --worktree"
            .to_owned(),
        n => format!("nothing to check: of {n} changed files none is a manifest"),
    };
    Some(Notice { id: "nothing-to-check".to_owned(), text })
}

pub(super) fn unused_suppressions(run: &Run<'_>) -> Vec<Notice> {
    let sentence = |entry: &ConfigSuppression| {
        let line = run.config.position(&entry.entry).line;
        format!("the suppression at {}:{line} covers nothing any more; remove it", run.config.path())
    };
    run.suppressions
        .unused()
        .map(|entry| Notice { id: "suppression-unused".to_owned(), text: sentence(entry) })
        .collect()
}

/// The config, or what it names, cannot be read.
pub(super) fn config_broken(path: &str, detail: String) -> Unchecked {
    Unchecked {
        reason: Reason::ConfigBroken,
        effect: Effect::Fail,
        path: path.into(),
        side: Side::Base,
        object: None,
        detail,
        help: Some("mend it in a change of its own, which is then judged by its own config".to_owned()),
        status: Status::New,
        deciding: false,
        count: 1,
    }
}

/// The report of a change that cannot be judged, because the config that counts is broken.
pub(super) fn broken_config(errors: &ConfigErrors, comparison: &Comparison, options: &Options) -> Report {
    let record = |error: &ConfigError| {
        let Position { line, column } = error.position;
        let help = error.help.iter().flat_map(|help| ["; ", help]).collect::<String>();
        config_broken(config::FILE_NAME, format!("line {line}, column {column}: {}{help}", error.message))
    };
    let unchecked = errors.errors.iter().map(record).collect();
    let rules = trust::Rules::default();
    report(Part { unchecked, ..Part::default() }, comparison, &rules, &PolicySet::default(), options)
}

pub(super) fn nothing_to_check(sentence: &str, offers: &[Offer], options: &Options) -> Report {
    let offers: String = offers.iter().flat_map(|offer| ["\n", &offer.what, ": ", &offer.command]).collect();
    let text = format!("nothing to check: {sentence}{offers}");
    let compared = Compared {
        description: sentence.to_owned(),
        base: None,
        head: None,
        trust: None,
        reproduce: "portcullis check".to_owned(),
    };
    Report {
        version: REPORT_VERSION,
        verdict: Verdict::Pass,
        decision: Decision { allow: true, because: "nothing to check".to_owned(), overridden: None },
        compared,
        ruleset: ruleset(&trust::Rules::unneeded(), Vec::new(), &PolicySet::default(), options),
        counts: Counts::default(),
        notices: vec![Notice { id: "nothing-to-check".to_owned(), text }],
        findings: Vec::new(),
        policies: Vec::new(),
        unchecked: Vec::new(),
        elapsed_ms: elapsed(options),
    }
}

/// By which rules: the config's, for these minors, and the policies.
fn ruleset(rules: &trust::Rules, minors: Vec<String>, policies: &PolicySet, options: &Options) -> RulesetInfo {
    RulesetInfo {
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        config: rules.blob.clone(),
        config_from: rules.from.clone(),
        policies: policies.digest(),
        policies_in_use: u32::try_from(policies.len()).unwrap_or(u32::MAX),
        minors,
        date: options.today.to_string(),
        docs: None,
    }
}

/// The minors that were judged for: those of the clusters that the change touches, else the config's own.
fn minors(config: &Config, clusters: &BTreeSet<String>) -> Vec<String> {
    let touched = config.clusters.iter().filter(|cluster| clusters.contains(&cluster.name));
    let mut profiles: Vec<_> = touched.map(|cluster| &cluster.kubernetes).collect();
    if profiles.is_empty() {
        profiles.push(&config.kubernetes);
    }
    let all: MinorSet =
        profiles.into_iter().flat_map(|profile| profile.current.iter().copied().chain(profile.next)).collect();
    all.minors().map(|minor| minor.to_string()).collect()
}

fn elapsed(options: &Options) -> u64 {
    u64::try_from(options.started.elapsed().as_millis()).unwrap_or(u64::MAX)
}

pub(super) fn report(
    part: Part,
    comparison: &Comparison,
    rules: &trust::Rules,
    policies: &PolicySet,
    options: &Options,
) -> Report {
    let Part { mut findings, mut unchecked, mut notices, mut counts, clusters } = part;
    findings.sort_by(|a, b| order(a).cmp(&order(b)));
    let mut findings = merge(findings);
    unchecked.sort_by(|a, b| {
        (Reverse(a.effect), &a.path, a.reason, &a.detail).cmp(&(Reverse(b.effect), &b.path, b.reason, &b.detail))
    });
    unchecked.dedup();
    let mut seen = HashSet::new();
    notices.retain(|notice| seen.insert(notice.text.clone()));
    counts.clusters = u32::try_from(clusters.len()).unwrap_or(u32::MAX);
    let outcome = judge::decide(&rules.config, &options.overrides, &mut findings, &mut unchecked, options.today);
    Report {
        version: REPORT_VERSION,
        verdict: outcome.verdict,
        decision: outcome.decision,
        compared: comparison.compared.clone(),
        ruleset: ruleset(rules, minors(&rules.config, &clusters), policies, options),
        counts,
        notices,
        policies: policies::told(policies, &findings),
        findings,
        unchecked,
        elapsed_ms: elapsed(options),
    }
}

/// The order in which a person mends things: file by file, from the top; what is already fixed comes last.
fn order(finding: &Finding) -> (bool, &RepoPath, Option<Position>, [&str; 3]) {
    let fixed = finding.status() == Status::Fixed;
    let first = finding.places.first();
    let path = first.map(|place| &place.location.path);
    let start = first.map(|place| place.location.start);
    (fixed, path.unwrap_or(&EMPTY), start, [&finding.pointer, finding.rule.as_str(), &finding.detail])
}

static EMPTY: LazyLock<RepoPath> = LazyLock::new(|| "".into());

/// One defect in several places is one finding.
fn merge(findings: Vec<Finding>) -> Vec<Finding> {
    let mut merged: Vec<Finding> = Vec::with_capacity(findings.len());
    let mut known: HashMap<(String, bool), usize> = HashMap::new();
    for finding in findings {
        let fixed = finding.status() == Status::Fixed;
        match known.entry((finding.fingerprint.0.clone(), fixed)) {
            Entry::Occupied(at) => {
                if let Some(first) = merged.get_mut(*at.get()) {
                    first.places.extend(finding.places);
                }
            }
            Entry::Vacant(slot) => {
                slot.insert(merged.len());
                merged.push(finding);
            }
        }
    }
    merged
}
