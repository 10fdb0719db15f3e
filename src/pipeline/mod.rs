//! From a request to a report, one way: compare → read and classify → pair → check → judge.
//!
//! The files of a comparison are one group, because objects move between files. An audit (`--all`) has no old side, so
//! there every file is a group of its own: it is read, judged and dropped, and memory follows the largest file.

mod combined;
mod coverage;
mod dependents;
mod documents;
mod gate;
mod group;
mod policies;
mod policy_tests;
mod read;
mod reclassified;
mod schemas;
mod trust;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use rayon::prelude::*;

use crate::config::overrides::Override;
use crate::config::suppress::Suppressions;
use crate::config::{Config, ConfigErrors, FailOn, Minor};
use crate::finding::{Effect, Finding, Reason, Unchecked};
use crate::git::{self, Comparison, ComparisonKind, Environment, FileChange, GitError, Offer, Request, Tree};
use crate::inventory::{Inventory, store::Store};
use crate::judge;
use crate::manifest::agents::Agents;
use crate::policy::set::PolicySet;
use crate::policy::state::State;
use crate::report::model::{Compared, REPORT_VERSION, RulesetInfo};
use crate::report::{Counts, Notice, Report};
use crate::schema::crd::repository::Crds;
use crate::schema::crd::sources::{Entries, Sources};
use crate::schema::minors::MinorSet;
use crate::source;

pub use policies::POLICIES_CHANGED;
use policies::Place;
pub use policy_tests::Tester;
pub use read::is_manifest_name;

/// What a run is told beside what to compare.
#[derive(Debug)]
pub struct Options {
    /// A config given by the caller, with its name and text: it replaces the trust commit's.
    pub config: Option<(String, String)>,
    /// Overrides given by the caller.
    pub overrides: Vec<Override>,
    /// The Kubernetes minors to judge for, instead of those of the config; none: the config's.
    pub minors: Vec<Minor>,
    /// Folders of policies that the caller gives, with the names to call them by.
    pub policies: Vec<(String, Tree)>,
    /// Runs the tests of policies that the change brings, in a process of its own; where it is none, they are not run.
    pub test_policies: Option<Tester>,
    /// The severity from which a new finding fails the change, instead of the config's.
    pub fail_on: Option<FailOn>,
    /// Where facts are remembered.
    pub store: Store,
    /// The day that decides expiries.
    pub today: jiff::civil::Date,
    /// When the run began.
    pub started: Instant,
}

/// How far a run is, for a progress line.
#[derive(Debug, Default)]
pub struct Progress {
    /// Files to read.
    pub total: AtomicU32,
    /// Files that were judged.
    pub done: AtomicU32,
}

/// Why there is no report: exit code 2.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The comparison could not be made.
    #[error(transparent)]
    Git(#[from] GitError),
    /// The config that the caller names, or the folder's own, is broken.
    #[error("the config cannot be read, so nothing can be judged\n{0}")]
    Config(ConfigErrors),
    /// The trust commit's config is broken, and the change does not mend it. [`run`] makes a report of it.
    #[error(
        "the config of the trust commit cannot be read, so nothing can be judged; mend it in a change of its own\n{0}"
    )]
    TrustConfig(ConfigErrors),
}

impl RunError {
    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Git(error) => Some(error.help()),
            Self::Config(_) | Self::TrustConfig(_) => None,
        }
    }
}

/// Everything that the stages of one run share.
struct Run<'a> {
    config: &'a Config,
    suppressions: &'a Suppressions<'a>,
    policies: &'a PolicySet,
    base: Side<'a>,
    head: Side<'a>,
    /// Suppression comments and `.sops.yaml` count as the trust commit has them.
    trust: Option<&'a Tree>,
    /// Where Flux replaces values is what the trust commit says too.
    trusted: &'a Agents<'a>,
    audit: bool,
    today: jiff::civil::Date,
    progress: &'a Progress,
}

/// One side with what is known of it.
struct Side<'a> {
    tree: &'a Tree,
    inventory: &'a Inventory<'a>,
    agents: &'a Agents<'a>,
    crds: Sources<'a>,
    state: &'a State<'a>,
    secrets: &'a documents::Secrets,
}

impl<'a> Side<'a> {
    fn place(&self) -> Place<'a> {
        Place { tree: self.tree, inventory: self.inventory, agents: self.agents }
    }
}

/// What judging a part of the change gave.
#[derive(Default)]
struct Part {
    findings: Vec<Finding>,
    unchecked: Vec<Unchecked>,
    notices: Vec<Notice>,
    counts: Counts,
    clusters: BTreeSet<String>,
}

impl Part {
    fn add(mut self, other: Self) -> Self {
        self.findings.extend(other.findings);
        self.unchecked.extend(other.unchecked);
        self.notices.extend(other.notices);
        self.clusters.extend(other.clusters);
        let (a, b) = (&mut self.counts, other.counts);
        a.files_read += b.files_read;
        a.files_excluded += b.files_excluded;
        a.objects_judged += b.objects_judged;
        a.objects_unchanged += b.objects_unchanged;
        a.created += b.created;
        a.updated += b.updated;
        a.deleted += b.deleted;
        self
    }
}

/// Judge what a request compares.
pub fn run(
    request: &Request,
    environment: &Environment,
    options: &Options,
    progress: &Progress,
) -> Result<Report, RunError> {
    let comparison = match git::compare(request, environment)? {
        git::Outcome::Compare(comparison) => comparison,
        git::Outcome::NothingToCheck { sentence, offers } => return Ok(nothing_to_check(&sentence, &offers, options)),
    };
    let mut rules = match trust::load(&comparison, options) {
        Err(RunError::TrustConfig(errors)) => return Ok(broken_config(&errors, &comparison, options)),
        loaded => loaded?,
    };
    let audit = matches!(comparison.kind, ComparisonKind::All | ComparisonKind::Paths);
    let trust_tree = comparison.trust.as_ref().unwrap_or(if audit { &comparison.head } else { &comparison.base });
    schemas::mend(&mut rules, trust_tree, &comparison.head);
    let changes = git::diff(&comparison.base, &comparison.head)?;
    let base = Inventory::new(comparison.base.clone(), &options.store);
    let head = Inventory::beside(comparison.head.clone(), &base);
    let trust = Inventory::beside(trust_tree.clone(), &base);
    let [base_agents, head_agents, trust_agents] = [&base, &head, &trust].map(Agents::new);
    let [base_crds, head_crds, trust_crds] = [&base, &head, &trust].map(Crds::new);
    // What is known of one tree is not looked for twice.
    let same = |tree: &Tree| trust_tree.is_same(tree);
    let (trusted, trusted_inventory) = if same(&comparison.base) {
        (&base_agents, &base)
    } else if same(&comparison.head) {
        (&head_agents, &head)
    } else {
        (&trust_agents, &trust)
    };
    let head_place = Place { tree: &comparison.head, inventory: &head, agents: &head_agents };
    let trust_place = match comparison.kind {
        // Somebody who names a file may stand anywhere, so nothing is searched but what is named.
        ComparisonKind::Paths => Place { tree: trust_tree, ..head_place },
        _ => Place { tree: trust_tree, inventory: trusted_inventory, agents: trusted },
    };
    let policies = policies::load(&mut rules, trust_place, head_place, &options.policies);
    let config = &rules.config;
    let suppressions = Suppressions::new(config, rules.head.as_ref());
    let entries_crds = if rules.from_head || same(&comparison.head) {
        &head_crds
    } else if same(&comparison.base) {
        &base_crds
    } else {
        &trust_crds
    };
    let entries = Entries::new(config, entries_crds);
    let sources = |crds, trusted| Sources { crds, entries: &entries, trusted };
    // Only beside another tree can the head add a schema.
    let trusted_crds = comparison
        .trust
        .as_ref()
        .filter(|_| !audit && !same(&comparison.head))
        .map(|_| if same(&comparison.base) { &base_crds } else { &trust_crds });
    let [base_secrets, head_secrets] = [documents::Secrets::new(), documents::Secrets::new()];
    let gather = |tree, agents, side, secrets| documents::gather(tree, agents, trusted, config, side, secrets);
    let gather_base = || gather(&comparison.base, &base_agents, source::Side::Base, &base_secrets);
    let gather_head = || gather(&comparison.head, &head_agents, source::Side::Head, &head_secrets);
    let change = policies::change(&comparison, config, changes.iter().map(|change| change.path.to_string()));
    let base_state = State::new(&base, None, &gather_base, config, change.clone());
    let head_state = State::new(&head, Some(&base_state), &gather_head, config, change);
    let run = Run {
        config,
        suppressions: &suppressions,
        policies: &policies,
        base: Side {
            tree: &comparison.base,
            inventory: &base,
            agents: &base_agents,
            crds: sources(&base_crds, None),
            state: &base_state,
            secrets: &base_secrets,
        },
        head: Side {
            tree: &comparison.head,
            inventory: &head,
            agents: &head_agents,
            crds: sources(&head_crds, trusted_crds),
            state: &head_state,
            secrets: &head_secrets,
        },
        trust: comparison.trust.as_ref(),
        trusted,
        audit,
        today: options.today,
        progress,
    };
    let mut part = run.judge(&changes)?.add(run.combined(&changes)?);
    options.store.flush();
    part.counts.files_changed = u32::try_from(changes.len()).unwrap_or(u32::MAX);
    let proposed = run.proposed(&rules);
    part = part.add(run.gate(&rules, proposed.as_ref(), &changes)?);
    if let Some(tester) = options.test_policies {
        part = part.add(run.policy_tests(&rules, proposed.as_ref(), tester)?);
    }
    part.notices.splice(0..0, rules.notices.iter().cloned());
    part.unchecked.extend(schemas::broken(&entries));
    let has_judged = part.counts.objects_judged > 0;
    part.unchecked.extend(policies::records(&policies, config, &head_state, has_judged.then_some(&changes)));
    part.notices.extend(self::policies::notices(&policies));
    part.notices.extend(proposed.as_ref().and_then(|set| run.changed_policies(set)));
    part.notices.extend(no_manifest(&part, comparison.kind, changes.len()));
    if run.audit {
        part.counts.objects_total = Some(part.counts.objects_judged);
        part.notices.extend(unused_suppressions(&run));
    }
    Ok(report(part, &comparison, &rules, &policies, options))
}

/// Why a run judged nothing.
fn no_manifest(part: &Part, kind: ComparisonKind, changed: usize) -> Option<Notice> {
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

/// The config that a request is judged by. Where there is nothing to compare, it is HEAD's.
pub fn config(request: &Request, environment: &Environment, options: &Options) -> Result<Config, RunError> {
    let comparison = match git::compare(request, environment)? {
        git::Outcome::Compare(comparison) => comparison,
        git::Outcome::NothingToCheck { .. } => {
            let head = Request::All { rev: "HEAD".to_owned(), rules: None };
            return config(&head, environment, options);
        }
    };
    Ok(trust::load(&comparison, options)?.config)
}

impl Run<'_> {
    fn judge(&self, changes: &[FileChange]) -> Result<Part, RunError> {
        self.progress.total.store(u32::try_from(changes.len()).unwrap_or(u32::MAX), Ordering::Relaxed);
        if self.audit {
            return changes
                .par_iter()
                .map(|change| self.group(std::slice::from_ref(change)))
                .try_reduce(Part::default, |a, b| Ok(a.add(b)));
        }
        self.group(changes)
    }
}

fn unused_suppressions(run: &Run<'_>) -> Vec<Notice> {
    let sentence = |entry: &crate::config::suppress::ConfigSuppression| {
        let line = run.config.position(&entry.entry).line;
        format!("the suppression at {}:{line} covers nothing any more; remove it", run.config.path())
    };
    run.suppressions
        .unused()
        .map(|entry| Notice { id: "suppression-unused".to_owned(), text: sentence(entry) })
        .collect()
}

fn config_broken(path: &str, detail: String) -> Unchecked {
    Unchecked {
        reason: Reason::ConfigBroken,
        effect: Effect::Fail,
        path: path.into(),
        side: crate::source::Side::Base,
        object: None,
        detail,
        help: Some("mend it in a change of its own, which is then judged by its own config".to_owned()),
        status: crate::finding::Status::New,
        deciding: false,
        count: 1,
    }
}

/// The report of a change that cannot be judged, because the config that counts is broken.
fn broken_config(errors: &ConfigErrors, comparison: &Comparison, options: &Options) -> Report {
    let record = config_broken(crate::config::FILE_NAME, errors.to_string());
    let rules = trust::Rules::default();
    report(Part { unchecked: vec![record], ..Part::default() }, comparison, &rules, &PolicySet::default(), options)
}

fn nothing_to_check(sentence: &str, offers: &[Offer], options: &Options) -> Report {
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
        verdict: crate::report::Verdict::Pass,
        decision: crate::report::Decision { allow: true, because: "nothing to check".to_owned(), overridden: None },
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

fn report(
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
        (std::cmp::Reverse(a.effect), &a.path, a.reason, &a.detail).cmp(&(
            std::cmp::Reverse(b.effect),
            &b.path,
            b.reason,
            &b.detail,
        ))
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
fn order(finding: &Finding) -> (bool, &crate::source::RepoPath, Option<crate::source::Position>, [&str; 3]) {
    let fixed = finding.status() == crate::finding::Status::Fixed;
    let first = finding.places.first();
    let path = first.map(|place| &place.location.path);
    let start = first.map(|place| place.location.start);
    (fixed, path.unwrap_or(&EMPTY), start, [&finding.pointer, finding.rule.as_str(), &finding.detail])
}

static EMPTY: std::sync::LazyLock<crate::source::RepoPath> = std::sync::LazyLock::new(|| "".into());

/// One defect in several places is one finding.
fn merge(findings: Vec<Finding>) -> Vec<Finding> {
    let mut merged: Vec<Finding> = Vec::with_capacity(findings.len());
    let mut known: HashMap<(String, bool), usize> = HashMap::new();
    for finding in findings {
        let fixed = finding.status() == crate::finding::Status::Fixed;
        match known.entry((finding.fingerprint.0.clone(), fixed)) {
            std::collections::hash_map::Entry::Occupied(at) => {
                if let Some(first) = merged.get_mut(*at.get()) {
                    first.places.extend(finding.places);
                }
            }
            std::collections::hash_map::Entry::Vacant(slot) => {
                slot.insert(merged.len());
                merged.push(finding);
            }
        }
    }
    merged
}
