//! A policy as an entry of the config asks it: which hold for a file, and what their violations are as findings.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::gatekeeper::constraint::Action;
use super::gatekeeper::libraries::clusters_of;
use super::loaded::{Convention, Policy};
use super::set::{PolicySet, Use};
use super::violation::Violation;
use super::{place, subject};
use crate::check::{Context, Draft};
use crate::config::{Config, Level};
use crate::finding::{Authority, Basis, Reason, RuleId, Severity, SuppressionKind, SuppressionUse};
use crate::manifest::object::Object;
use crate::source::RepoPath;

/// A policy, by the entry that holds for some clusters.
pub(crate) struct Ask<'a> {
    pub(crate) policy: &'a Policy,
    pub(super) by: &'a Use,
    pub(crate) clusters: Option<Arc<[String]>>,
    /// The cluster that it is asked for, where that makes a difference.
    pub(crate) scope: Option<String>,
}

/// The policies that hold for a file. Of several entries with one policy, that of the cluster counts before that of all,
/// the longer name before the shorter (`workloads/no-probe` before `workloads`), the later before the earlier.
pub(super) fn in_use<'a>(set: &'a PolicySet, config: &Config, path: &RepoPath) -> Vec<Ask<'a>> {
    let clusters = config.clusters_of(path.as_str());
    let names: Vec<Option<&str>> = if clusters.is_empty() {
        vec![None]
    } else {
        clusters.iter().map(|cluster| Some(cluster.name.as_str())).collect()
    };
    // A policy that reads other objects is asked for each cluster, whose objects are not those of another. So is one that
    // asks for the cluster.
    let scope = |policy: usize, name: Option<&str>| -> Option<String> {
        let policy = set.policies.get(policy)?;
        let is_combined = policy.convention == Convention::Combined;
        if policy.inventory.is_nothing() && !policy.asks_cluster && !is_combined {
            return None;
        }
        name.map(str::to_owned).or_else(|| clusters_of(config, path).into_iter().next())
    };
    let mut asks: BTreeMap<(usize, usize, Option<String>), Vec<String>> = BTreeMap::new();
    for name in &names {
        let mut best: BTreeMap<usize, usize> = BTreeMap::new();
        let rank = |at: usize| set.uses.get(at).map(|by| (by.cluster.is_some(), by.entry.uses.len(), at));
        for (at, by) in set.uses.iter().enumerate() {
            if by.cluster.as_deref().is_some_and(|cluster| Some(cluster) != *name) {
                continue;
            }
            for policy in &by.policies {
                let known = best.entry(*policy).or_insert(at);
                if rank(at) > rank(*known) {
                    *known = at;
                }
            }
        }
        for (policy, by) in best {
            asks.entry((policy, by, scope(policy, *name))).or_default().extend(name.map(str::to_owned));
        }
    }
    let all = names.len();
    asks.into_iter()
        .filter_map(|((at, by, scope), clusters)| {
            let (policy, by) = (set.policies.get(at)?, set.uses.get(by)?);
            let is_all = clusters.is_empty() || clusters.len() == all;
            let clusters = (!is_all).then(|| Arc::from(clusters));
            (by.entry.level != Some(Level::Off)).then_some(Ask { policy, by, clusters, scope })
        })
        .collect()
}

impl Ask<'_> {
    /// It is asked about a file's objects.
    pub(crate) fn judges(&self, config: &Config, path: &RepoPath) -> bool {
        let clusters = clusters_of(config, path);
        self.scope.as_ref().map_or(clusters.is_empty(), |scope| clusters.is_empty() || clusters.contains(scope))
    }

    pub(crate) fn draft(&self, context: &Context<'_>, object: &Object, violation: &Violation) -> Draft {
        let entry = &self.by.entry;
        let custom = &self.policy.metadata.custom;
        let level = entry.level.and_then(Level::severity).or(custom.enforcement_action.map(Action::severity));
        let mut severity = match level {
            // The level is that of what the policy denies; what it only warns of stays below.
            Some(level) if violation.severity >= Severity::Error || violation.severity == self.denied() => level,
            Some(level) => level.min(violation.severity),
            None => violation.severity,
        };
        if entry.enforce_from.is_some_and(|from| context.today < from) {
            severity = severity.min(Severity::Warning);
        }
        let spot = place::of(object, violation);
        let mut draft = Draft {
            rule: RuleId(self.policy.id.clone().into()),
            severity,
            authority: self.authority(),
            basis: self.basis(),
            detail: place::detail(violation),
            message: violation.message.clone(),
            help: violation.help.clone().or_else(|| custom.help.clone()),
            absent: spot.absent,
            clusters: self.clusters.clone(),
            ..Draft::of_object(object, &spot.pointer)
        };
        draft.fix = violation.fix.as_ref().and_then(|fix| place::fix(object, &spot, fix));
        draft
    }

    /// The severity of what the policy denies.
    fn denied(&self) -> Severity {
        self.policy.metadata.custom.severity.unwrap_or(Severity::Error)
    }

    fn authority(&self) -> Authority {
        let owner = self.by.entry.owner.clone().or_else(|| self.policy.metadata.custom.owner.clone());
        Authority::Policy { name: self.policy.id.clone(), owner }
    }

    fn basis(&self) -> Basis {
        if self.policy.is_bundled {
            return Basis("policy of this program".into());
        }
        Basis(format!("{}:{}", self.policy.path, self.policy.metadata.line.max(1)).into())
    }

    pub(super) fn not_judged(&self, object: &Object, reason: Reason, why: &str) -> Draft {
        Draft {
            rule: RuleId(self.policy.id.clone().into()),
            authority: self.authority(),
            basis: self.basis(),
            message: format!("policy {}: {why}", self.policy.id),
            not_judged: Some(reason),
            clusters: self.clusters.clone(),
            ..Draft::of_object(object, "")
        }
    }

    /// The exception of the entry that covers the object. One that is over covers nothing.
    pub(crate) fn exception(&self, context: &Context<'_>, object: &Object) -> Option<SuppressionUse> {
        let namespace = subject::namespace(object);
        let covers = |except: &&crate::config::Except| {
            let in_namespace = except.namespaces.is_empty()
                || namespace.is_some_and(|name| except.namespaces.iter().any(|pattern| pattern.matches(name)));
            let is_object =
                except.objects.is_empty() || except.objects.iter().any(|pattern| pattern.matches(&object.key));
            let in_path = except.paths.is_empty() || except.paths.matching(object.path().as_str()).is_some();
            in_namespace && is_object && in_path && except.until.is_none_or(|until| context.today <= until)
        };
        let except = self.by.entry.except.iter().find(covers)?;
        let config = context.config;
        Some(SuppressionUse {
            reason: except.reason.clone(),
            owner: except.owner.clone().or_else(|| self.by.entry.owner.clone()),
            until: except.until.map(|until| until.to_string()),
            kind: SuppressionKind::External,
            at: format!("{}:{}", config.path(), config.position(&except.pointer).line),
        })
    }
}
