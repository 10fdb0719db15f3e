//! The check that asks the policies in use about every object of the change.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use rayon::prelude::*;
use regorus::Value;

use super::gatekeeper::constraint::Action;
use super::gatekeeper::libraries::clusters_of;
use super::portcullis::Input;
use super::set::{Convention, Policy, PolicySet, Use};
use super::state::State;
use super::subject::StandIn;
use super::violation::Violation;
use super::{place, pod_security, reads, subject};
use crate::check::{self, Check, Context, Draft, Subject};
use crate::config::{Config, Level};
use crate::finding::{Authority, Basis, Operation, Reason, RuleId, Severity, SuppressionKind, SuppressionUse};
use crate::manifest::object::Object;
use crate::rules::Rule;
use crate::source::RepoPath;

/// What the check is given: the policies, and what is known of the side that is judged.
#[derive(Clone, Copy, Debug)]
pub struct Policies<'a> {
    /// The policies in use.
    pub set: &'a PolicySet,
    /// The side that is judged.
    pub state: &'a State<'a>,
}

/// Asks the policies.
#[derive(Debug)]
pub struct PolicyCheck;

impl Check for PolicyCheck {
    fn rules(&self) -> &'static [&'static Rule] {
        &[]
    }

    fn looks_around(&self) -> bool {
        true
    }

    fn check(&self, context: &Context<'_>, subject: Subject<'_>, drafts: &mut Vec<Draft>) {
        let Subject::Object(review) = subject else { return };
        let Some(object) = review.new.or(review.old) else { return };
        let set = context.policies.set;
        if set.policies.is_empty() {
            return;
        }
        let mut asked = subject::Asked::new(context, review);
        let is_enforced = pod_security::enforced(context, object);
        let mut asks = in_use(set, context.config, object.path());
        asks.retain(|ask| {
            ask.policy.matches.may_match_request(&asked.head)
                && !is_enforced(ask.policy)
                // Of what did not change, only those are asked whose answer depends on other objects.
                && (review.operation != Operation::Unchanged || !ask.policy.inventory.is_nothing())
        });
        compile(asks.iter().map(|ask| ask.policy));
        for ask in asks {
            match ask.policy.matches.matches(asked.review(false, &StandIn::Text).0) {
                // Whether it is asked may depend on a value that is not known.
                Ok(false) if object.has_unknown() => ask.evaluate(context, object, &mut asked, drafts),
                Ok(true) => ask.evaluate(context, object, &mut asked, drafts),
                Ok(false) => {}
                Err(why) => drafts.push(ask.not_judged(object, Reason::PolicyNotEvaluated, &why.to_string())),
            }
        }
    }
}

/// Compile policies that are asked for the first time, on all cores.
pub(super) fn compile<'a>(policies: impl Iterator<Item = &'a Policy>) {
    let mut new: Vec<_> = policies.map(Policy::group).filter(|group| !group.is_compiled()).collect();
    new.dedup_by(|a, b| Arc::ptr_eq(a, b));
    // What is wrong with one is told when it is asked.
    new.par_iter().for_each(|group| _ = group.program());
}

/// A policy, by the entry that holds for some clusters.
struct Ask<'a> {
    policy: &'a Policy,
    by: &'a Use,
    clusters: Option<Arc<[String]>>,
    /// The cluster that it is asked for, where that makes a difference.
    scope: Option<String>,
}

/// The policies that hold for a file. Of several entries with one policy, that of the cluster counts before that of all,
/// the longer name before the shorter (`workloads/no-probe` before `workloads`), the later before the earlier.
fn in_use<'a>(set: &'a PolicySet, config: &Config, path: &RepoPath) -> Vec<Ask<'a>> {
    let clusters = config.clusters_of(path.as_str());
    let names: Vec<Option<&str>> = if clusters.is_empty() {
        vec![None]
    } else {
        clusters.iter().map(|cluster| Some(cluster.name.as_str())).collect()
    };
    // A policy that reads other objects is asked for each cluster, whose objects are not those of another. So is one that
    // asks for the cluster.
    let scope = |policy: usize, name: Option<&str>| -> Option<String> {
        set.policies.get(policy).filter(|policy| !policy.inventory.is_nothing() || policy.asks_cluster)?;
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

/// `input.change` for a cluster.
fn with_cluster(change: &Value, cluster: Option<&str>) -> Value {
    let mut change = change.clone();
    if let Ok(fields) = change.as_object_mut() {
        fields.insert(Value::from("cluster"), cluster.map_or(Value::Null, Value::from));
    }
    change
}

impl Ask<'_> {
    fn evaluate(
        &self,
        context: &Context<'_>,
        object: &Object,
        asked: &mut subject::Asked<'_>,
        drafts: &mut Vec<Draft>,
    ) {
        let state = context.policies.state;
        let program = match state.program(self.policy, self.scope.as_deref(), object.path()) {
            Ok(program) => program,
            // What is wrong with a policy of the repository is told once, not for every object.
            Err(_) if !self.policy.is_bundled && self.policy.group().program().is_err() => return,
            Err(why) => return drafts.push(self.not_judged(object, Reason::PolicyNotEvaluated, &why)),
        };
        let params = Value::from(serde_json::Value::Object(self.by.entry.params.clone()));
        let is_bare = self.policy.convention == Convention::Conftest;
        let change = if self.policy.asks_cluster {
            Cow::Owned(with_cluster(state.change(), self.scope.as_deref()))
        } else {
            Cow::Borrowed(state.change())
        };
        let mut ask = |stand_in: &StandIn| -> Result<Vec<Violation>, String> {
            if object.has_unknown() && !self.policy.matches.matches(asked.review(false, stand_in).0).unwrap_or(true) {
                return Ok(Vec::new());
            }
            let (review, request) = asked.review(is_bare, stand_in);
            self.policy.evaluate(&Input { review, request, params: &params, change: &change, program: &program })
        };
        let said = match ask(&StandIn::Text) {
            Ok(said) => said,
            Err(why) => return drafts.push(self.not_judged(object, Reason::PolicyNotEvaluated, &why)),
        };
        if !object.has_unknown() {
            return self.report(context, object, &said, drafts);
        }
        // What the policy says in any case does not depend on a value that nobody knows.
        let key = |violation: &Violation| (violation.message.clone(), violation.field.clone());
        let all: HashSet<_> = said.iter().map(key).collect();
        let (mut certain, mut depends) = (all.clone(), false);
        let constants = [reads::constants_of(&params).as_slice(), self.policy.constants()].concat();
        for stand_in in StandIn::others(&constants) {
            match ask(&stand_in) {
                Ok(others) => {
                    let others: HashSet<_> = others.iter().map(key).collect();
                    depends |= others != all;
                    certain.retain(|known| others.contains(known));
                }
                Err(why) => return drafts.push(self.not_judged(object, Reason::UnknownValue, &why)),
            }
        }
        if depends {
            let what = "its answer depends on a value that is not known before the object is applied";
            drafts.push(self.not_judged(object, Reason::UnknownValue, what));
        }
        let certain: Vec<Violation> = said.into_iter().filter(|violation| certain.contains(&key(violation))).collect();
        self.report(context, object, &certain, drafts);
    }

    fn report(&self, context: &Context<'_>, object: &Object, said: &[Violation], drafts: &mut Vec<Draft>) {
        let excepted = self.exception(context, object);
        drafts.extend(said.iter().take(check::ENOUGH).map(|violation| {
            let mut draft = self.draft(context, object, violation);
            draft.excepted.clone_from(&excepted);
            draft
        }));
    }

    fn draft(&self, context: &Context<'_>, object: &Object, violation: &Violation) -> Draft {
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

    fn not_judged(&self, object: &Object, reason: Reason, why: &str) -> Draft {
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
    fn exception(&self, context: &Context<'_>, object: &Object) -> Option<SuppressionUse> {
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

/// Of what policies say of one field of an object, what another one says more strictly is not told twice.
pub fn drop_superseded(set: &PolicySet, drafts: &mut Vec<Draft>) {
    let mut superseded: HashSet<(String, String)> = HashSet::new();
    for draft in
        drafts.iter().filter(|draft| draft.not_judged.is_none() && crate::rules::find(draft.rule.as_str()).is_none())
    {
        let ids = set.policy(draft.rule.as_str()).into_iter().flat_map(|policy| &policy.metadata.custom.supersedes);
        superseded.extend(ids.map(|id| (id.clone(), draft.pointer.clone())));
    }
    if !superseded.is_empty() {
        let is_told = |draft: &Draft| superseded.contains(&(draft.rule.to_string(), draft.pointer.clone()));
        drafts.retain(|draft| draft.not_judged.is_some() || !is_told(draft));
    }
}
