//! Pod Security admission: what the labels of the Namespace ask of Pods, and of the Pods that workloads will make.
//!
//! The API server refuses a Pod that breaks the level of `enforce`; of a workload it says at most a warning, and its
//! Pods are refused later, when nobody looks. Source: `k8s.io/pod-security-admission`, and KEP-2579.

mod levels;

use std::borrow::Cow;
use std::collections::BTreeMap;

use regorus::Value;

use levels::{ENFORCE, Level, MODES, PREFIX, Version, asks, level_of};

use crate::check::{Check, Context, Draft, Subject};
use crate::finding::{Authority, Basis, Operation, Reason, RuleId, Severity};
use crate::manifest::key::Namespace;
use crate::manifest::object::Object;
use crate::policy::bundled::LIBRARY;
use crate::policy::loaded::Policy;
use crate::policy::place;
use crate::policy::portcullis::Input;
use crate::policy::review::object_of;
use crate::policy::subject::{Asked, StandIn};
use crate::policy::violation::Violation;
use crate::rules::Rule;
use crate::schema::minors::Targets;

/// Asks the Pod Security Standards as the Namespace's labels say.
#[derive(Debug)]
pub struct PodSecurity;

impl Check for PodSecurity {
    fn rules(&self) -> &'static [&'static Rule] {
        &[]
    }

    fn looks_around(&self) -> bool {
        true
    }

    fn check(&self, context: &Context<'_>, subject: Subject<'_>, drafts: &mut Vec<Draft>) {
        let Subject::Object(review) = subject else { return };
        let Some(object) = review.new.filter(|object| review.operation != Operation::Delete && has_pods(object)) else {
            return;
        };
        let state = context.policies.state;
        let Some(name) = namespace(context, object) else {
            let asks_something = |labels: BTreeMap<_, _>| {
                let labels = [labels];
                MODES.iter().any(|mode| asks(&labels, mode).level > Level::Privileged)
            };
            if state.all_labels().any(asks_something) {
                drafts.push(unknown_namespace(object));
            }
            return;
        };
        let labels = state.labels(&name, object.path());
        let [enforce, warn, audit] = MODES.map(|mode| asks(&labels, mode));
        if [&enforce, &warn, &audit].iter().all(|asks| asks.level == Level::Privileged) {
            return;
        }
        let mut asked = Asked::new(context, review);
        let targets = Targets::of(context.config, object.path().as_str(), context.today);
        let modes = [(ENFORCE, &enforce), ("warn", &warn), ("audit", &audit)];
        let in_use = LIBRARY.policies.iter().filter_map(|policy| {
            let level = level_of(policy).filter(|_| policy.matches.may_match_request(&asked.head))?;
            // What is enforced is said once.
            let (mode, asks) = modes.into_iter().find(|(_, asks)| level <= asks.level)?;
            Some((policy, mode, asks))
        });
        let in_use: Vec<_> = in_use.collect();
        super::check::compile(in_use.iter().map(|(policy, ..)| &***policy));
        for (policy, mode, asks) in in_use {
            let mut versions = asks.versions(targets.all);
            if !depends_on_version(policy) {
                versions.truncate(1);
                for version in &mut versions {
                    version.servers = targets.all;
                }
            }
            let mut said: Vec<(Violation, Version)> = Vec::new();
            let mut unknown = false;
            for version in versions {
                match both(&mut asked, context, object, policy, &version) {
                    Ok((violations, depends)) => {
                        unknown |= depends;
                        said = merged(said, violations, &version);
                    }
                    Err(why) => drafts.push(not_judged(object, policy, Reason::PolicyNotEvaluated, &why)),
                }
            }
            drafts.extend(said.iter().map(|(violation, version)| {
                let mut draft = draft(object, policy, violation, mode, &asks.standard(version));
                if version.servers != targets.all {
                    draft.minors = version.servers;
                }
                if version.servers.within(targets.failing).is_empty() {
                    draft.severity = draft.severity.min(Severity::Warning);
                }
                draft
            }));
            if unknown {
                let what = "its answer depends on a value that is not known before the object is applied";
                drafts.push(not_judged(object, policy, Reason::UnknownValue, what));
            }
        }
    }
}

/// What was said by one version is said for the servers of another too.
fn merged(
    mut said: Vec<(Violation, Version)>,
    violations: Vec<Violation>,
    version: &Version,
) -> Vec<(Violation, Version)> {
    for violation in violations {
        match said.iter_mut().find(|(known, _)| *known == violation) {
            Some((_, known)) => known.servers = known.servers.and(version.servers),
            None => said.push((violation, version.clone())),
        }
    }
    said
}

/// A control that changed between versions of the standards takes the version as a parameter.
fn depends_on_version(policy: &Policy) -> bool {
    policy.metadata.custom.params.as_ref().is_some_and(|params| params.contains_key("version"))
}

/// The namespace of an object: its own, or where the agent that applies it puts it.
fn namespace<'o>(context: &Context<'_>, object: &'o Object) -> Option<Cow<'o, str>> {
    match &object.key.namespace {
        Namespace::Named(name) => Some(name.into()),
        Namespace::Cluster => None,
        // A tree that cannot be read has failed elsewhere.
        Namespace::Unset => context.agents.target_namespace(object.path()).ok().flatten().map(Cow::Owned),
    }
}

/// Some Namespace of the tree restricts its Pods, and whether it is that of the object nobody says.
fn unknown_namespace(object: &Object) -> Draft {
    let what = "which Namespace it goes to is not known here, so what the labels of that one ask of its Pods is not";
    Draft {
        rule: RuleId("pod-security".into()),
        message: format!("Pod Security: {what}; write `metadata.namespace`"),
        not_judged: Some(Reason::UnknownValue),
        ..Draft::of_object(object, "")
    }
}

fn has_pods(object: &Object) -> bool {
    looks_at(&object.key.group, &object.key.kind)
}

/// The kinds that the admission plugin looks at.
pub(crate) fn looks_at(group: &str, kind: &str) -> bool {
    matches!(
        (group, kind),
        ("", "Pod" | "PodTemplate" | "ReplicationController")
            | ("apps", "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet")
            | ("batch", "Job" | "CronJob")
    )
}

fn ask(
    asked: &mut Asked<'_>,
    context: &Context<'_>,
    policy: &Policy,
    version: &Version,
    stand_in: &StandIn,
) -> Result<Vec<Violation>, String> {
    let program =
        policy.group().program().map_err(|faults| faults.first().map(ToString::to_string).unwrap_or_default())?;
    let params = object_of([("version", Value::from(format!("v1.{}", version.minor)))]);
    let (review, request) = asked.review(false, stand_in);
    let change = context.policies.state.change();
    policy.evaluate(&Input { review, request, params: &params, change, program })
}

/// What a policy says whatever the unknown values are, and whether it depends on them.
fn both(
    asked: &mut Asked<'_>,
    context: &Context<'_>,
    object: &Object,
    policy: &Policy,
    version: &Version,
) -> Result<(Vec<Violation>, bool), String> {
    let mut said = ask(asked, context, policy, version, &StandIn::Text)?;
    if !object.has_unknown() {
        return Ok((said, false));
    }
    let (all, mut depends) = (said.clone(), false);
    for stand_in in StandIn::others(policy.constants()) {
        let others = ask(asked, context, policy, version, &stand_in)?;
        depends |= others != all;
        said.retain(|violation| others.contains(violation));
    }
    Ok((said, depends))
}

fn draft(object: &Object, policy: &Policy, violation: &Violation, mode: &str, standard: &str) -> Draft {
    let spot = place::of(object, violation);
    let is_pod = object.key.kind == "Pod";
    let (severity, authority, message) = match (mode, is_pod) {
        (ENFORCE, true) => (Severity::Error, Authority::Server, format!("violates {standard}: {}", violation.message)),
        (ENFORCE, false) => (
            Severity::Error,
            Authority::Policy { name: policy.id.clone(), owner: None },
            format!("accepted, but its Pods will be refused: violates {standard}: {}", violation.message),
        ),
        ("warn", _) => {
            (Severity::Warning, Authority::ServerWarning, format!("would violate {standard}: {}", violation.message))
        }
        _ => (
            Severity::Warning,
            Authority::Policy { name: policy.id.clone(), owner: None },
            format!("would violate {standard}, which the Namespace audits: {}", violation.message),
        ),
    };
    Draft {
        rule: RuleId(policy.id.clone().into()),
        severity,
        authority,
        basis: Basis(format!("the label {PREFIX}{mode} of the Namespace").into()),
        detail: place::detail(violation),
        message,
        help: violation.help.clone().or_else(|| policy.metadata.custom.help.clone()),
        absent: spot.absent,
        fix: violation.fix.as_ref().and_then(|fix| place::fix(object, &spot, fix)),
        ..Draft::of_object(object, &spot.pointer)
    }
}

fn not_judged(object: &Object, policy: &Policy, reason: Reason, why: &str) -> Draft {
    Draft {
        rule: RuleId(policy.id.clone().into()),
        message: format!("policy {}: {why}", policy.id),
        not_judged: Some(reason),
        ..Draft::of_object(object, "")
    }
}

/// The controls that the Namespace's labels enforce on an object: nobody has to say them twice.
pub(super) fn enforced(context: &Context<'_>, object: &Object) -> impl Fn(&Policy) -> bool + use<> {
    let name = if has_pods(object) { namespace(context, object) } else { None };
    let labels = name.map(|name| context.policies.state.labels(&name, object.path())).unwrap_or_default();
    let enforce = asks(&labels, ENFORCE);
    move |policy| policy.is_bundled && level_of(policy).is_some_and(|level| level <= enforce.level)
}

/// A Namespace says something else of Pods than before.
pub(crate) fn labels_differ(old: Option<&Object>, new: Option<&Object>) -> bool {
    let of = |object: Option<&Object>| -> Vec<(String, String)> {
        let labels = object.and_then(|object| object.value().path(&["metadata", "labels"]));
        let labels = labels.into_iter().flat_map(crate::yaml::Value::entries);
        let own = labels.filter(|(key, ..)| key.starts_with(PREFIX));
        let mut own: Vec<_> =
            own.map(|(key, _, value)| (key.to_owned(), value.as_str().unwrap_or_default().to_owned())).collect();
        own.sort();
        own
    };
    of(old) != of(new)
}
