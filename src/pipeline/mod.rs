//! From a request to a report, one way: compare → read and classify → pair → check → judge.
//!
//! The files of a comparison are one group, because objects move between files. An audit (`--all`) has no old side, so
//! there every file is a group of its own: it is read, judged and dropped, and memory follows the largest file.

mod combined;
mod conclude;
mod coverage;
mod dependents;
mod documents;
mod gate;
mod group;
mod moved;
mod policies;
mod policy_tests;
mod read;
mod reclassified;
mod roots;
mod schemas;
mod trust;
mod twice;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use rayon::prelude::*;

use crate::config::overrides::Override;
use crate::config::suppress::Suppressions;
use crate::config::{Config, ConfigErrors, FailOn, Minor};
use crate::finding::{Finding, Unchecked};
use crate::git::{self, ComparisonKind, Environment, FileChange, GitError, Request, Tree};
use crate::inventory::{Inventory, store::Store};
use crate::manifest::agents::Agents;
use crate::policy::set::PolicySet;
use crate::policy::state::State;
use crate::report::{Counts, Notice, Report};
use crate::schema::crd::repository::Crds;
use crate::schema::crd::sources::{Entries, Sources};
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
        git::Outcome::NothingToCheck { sentence, offers } => {
            return Ok(conclude::nothing_to_check(&sentence, &offers, options));
        }
    };
    let mut rules = match trust::load(&comparison, options) {
        Err(RunError::TrustConfig(errors)) => return Ok(conclude::broken_config(&errors, &comparison, options)),
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
    let mut part = run.everything(&rules, &changes, options)?;
    part.unchecked.extend(schemas::broken(&entries));
    part.notices.extend(conclude::no_manifest(&part, comparison.kind, changes.len()));
    Ok(conclude::report(part, &comparison, &rules, &policies, options))
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
    /// All that is said of the change.
    fn everything(&self, rules: &trust::Rules, changes: &[FileChange], options: &Options) -> Result<Part, RunError> {
        let mut part = self.judge(changes)?.add(self.combined(changes)?);
        options.store.flush();
        part.counts.files_changed = u32::try_from(changes.len()).unwrap_or(u32::MAX);
        let proposed = self.proposed(rules);
        part = part.add(self.gate(rules, proposed.as_ref(), changes)?);
        if let Some(tester) = options.test_policies {
            part = part.add(self.policy_tests(rules, proposed.as_ref(), tester)?);
        }
        part.notices.splice(0..0, rules.notices.iter().cloned());
        let has_judged = part.counts.objects_judged > 0;
        let judged = has_judged.then_some(changes);
        part.unchecked.extend(policies::records(self.policies, self.config, self.head.state, judged));
        part.notices.extend(policies::notices(self.policies));
        part.notices.extend(proposed.as_ref().and_then(|set| self.changed_policies(set)));
        if self.audit {
            part.counts.objects_total = Some(part.counts.objects_judged);
            part.notices.extend(conclude::unused_suppressions(self));
        }
        Ok(part)
    }

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
