//! Fields that a server drops before it validates, because the feature that they belong to is off by default in its minor:
//! nothing is wrong with what they hold. What follows from their absence stands with the rules of `values`.

use super::minors::MinorSet;
use super::problem::{Cause, Problem};
use super::table::Kind;
use crate::config::Minor;

/// A field, by its path below a `PodSpec` or an object, and the last minor in which it is dropped. A star stands for any
/// name or index.
type Dropped = (&'static [&'static str], u8);

/// Still dropped in the newest minor.
const ALWAYS: u8 = u8::MAX;

/// Of a `PodSpec`.
const OF_PODS: [Dropped; 14] = [
    (&["affinity", "*", "*", "*", "matchLabelKeys"], 30),
    (&["affinity", "*", "*", "*", "mismatchLabelKeys"], 30),
    (&["affinity", "*", "*", "*", "podAffinityTerm", "matchLabelKeys"], 30),
    (&["affinity", "*", "*", "*", "podAffinityTerm", "mismatchLabelKeys"], 30),
    (&["*", "*", "volumeMounts", "*", "recursiveReadOnly"], 30),
    (&["*", "*", "resizePolicy"], 32),
    (&["*", "*", "securityContext", "procMount"], 32),
    (&["resourceClaims"], 33),
    (&["*", "*", "resources", "claims"], 33),
    (&["volumes", "*", "image"], 34),
    (&["*", "*", "env", "*", "valueFrom", "fileKeyRef"], 34),
    (&["volumes", "*", "projected", "sources", "*", "clusterTrustBundle"], 36),
    (&["volumes", "*", "projected", "sources", "*", "podCertificate"], 36),
    (&["evictionResponders"], ALWAYS),
];

/// What the server did not look at in a `StatefulSet` before 1.34, though it kept it.
const OF_STATEFUL_SETS: [Dropped; 2] = [(&["spec", "template", "spec"], 33), (&["spec", "volumeClaimTemplates"], 33)];

/// What it looked at all the same: who runs forever must say so.
const RUNS_FOREVER: [&str; 2] = ["/spec/template/spec/restartPolicy", "/spec/template/spec/activeDeadlineSeconds"];

/// Where the `PodSpec` of a kind stands, if it has one.
fn pod_spec(kind: Kind) -> Option<&'static str> {
    match (kind.group(), kind.kind()) {
        ("", "Pod") => Some("/spec/"),
        ("", "PodTemplate") => Some("/template/spec/"),
        ("batch", "CronJob") => Some("/spec/jobTemplate/spec/template/spec/"),
        ("", "ReplicationController") | ("apps", _) | ("batch", "Job") => Some("/spec/template/spec/"),
        _ => None,
    }
}

/// The other fields of a kind.
fn of_kind(kind: Kind) -> &'static [Dropped] {
    match (kind.group(), kind.kind()) {
        ("", "Service") => &[(&["spec", "trafficDistribution"], 30)],
        ("batch", "Job") => &[(&["spec", "successPolicy"], 30), (&["spec", "scheduling"], ALWAYS)],
        ("batch", "CronJob") => &[
            (&["spec", "jobTemplate", "spec", "successPolicy"], 30),
            (&["spec", "jobTemplate", "spec", "scheduling"], ALWAYS),
        ],
        ("discovery.k8s.io", "EndpointSlice") => &[(&["endpoints", "*", "hints", "forNodes"], 33)],
        // Not dropped, and never looked at.
        ("autoscaling", "HorizontalPodAutoscaler") => &[(&["spec", "metrics", "*", "*", "metric", "selector"], ALWAYS)],
        ("apps", "StatefulSet") => &[(&["spec", "updateStrategy", "rollingUpdate", "maxUnavailable"], 36)],
        _ => &[],
    }
}

/// A minor drops a field of a `PodSpec`. An update that changes nothing else changes nothing.
pub(super) fn is_dropped(minor: Minor, path: &[&str]) -> bool {
    let drops = |(of, last): &Dropped| minor.number() <= *last && is_below(path.iter().copied(), of);
    OF_PODS.iter().any(drops)
}

/// Forget what is said of fields that are dropped. Decoding comes before that, and so do the warnings about templates.
pub(super) fn forget_dropped(kind: Kind, problems: &mut Vec<Problem>) {
    let pods = pod_spec(kind);
    problems.retain_mut(|problem| {
        if matches!(
            problem.cause,
            Cause::UnknownField | Cause::Type | Cause::DuplicateListKey | Cause::TypeInvalid | Cause::Warning
        ) {
            return true;
        }
        let pointer = problem.pointer.as_str();
        let below = pods.and_then(|pods| pointer.strip_prefix(pods));
        let of_pods =
            below.into_iter().flat_map(|rest| OF_PODS.iter().filter(move |(path, _)| is_below(rest.split('/'), path)));
        let whole = pointer.strip_prefix('/').unwrap_or_default();
        let of_object = of_kind(kind).iter().filter(|(path, _)| is_below(whole.split('/'), path));
        let is_stateful = kind.kind() == "StatefulSet" && !RUNS_FOREVER.contains(&pointer);
        let unseen = OF_STATEFUL_SETS.iter().filter(|(path, _)| is_stateful && is_below(whole.split('/'), path));
        let last = of_pods.chain(of_object).chain(unseen).map(|(_, last)| *last).max();
        if let Some(last) = last {
            problem.minors = problem.minors.within(MinorSet::since(last.saturating_add(1)));
        }
        !problem.minors.is_empty()
    });
}

/// The steps lead to a field or to something in it.
fn is_below<'s>(mut steps: impl Iterator<Item = &'s str>, path: &[&str]) -> bool {
    path.iter().all(|name| steps.next().is_some_and(|step| *name == "*" || *name == step))
}

#[cfg(test)]
mod tests {
    use super::is_below;

    #[test]
    fn a_field_holds_what_is_below_it_and_not_its_neighbours() {
        let path = ["*", "*", "resizePolicy"];
        assert!(is_below("containers/0/resizePolicy".split('/'), &path));
        assert!(is_below("initContainers/1/resizePolicy/0/restartPolicy".split('/'), &path));
        assert!(!is_below("containers/0/resizePolicyX".split('/'), &path));
        assert!(!is_below("containers/0".split('/'), &path));
    }
}
