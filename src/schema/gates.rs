//! Fields that a server drops before it validates, because the feature that they belong to is off by default in its minor:
//! nothing is wrong with what they hold. What follows from their absence stands with the rules of `values`.

use std::ops::RangeInclusive;

use super::minors::MinorSet;
use super::problem::{Cause, Problem};
use super::table::Kind;
use crate::config::Minor;
use crate::yaml::{self, Value};

/// A field, by its path below a `PodSpec` or an object, and the minors in which it is dropped. A star stands for any name
/// or index.
type Dropped = (&'static [&'static str], RangeInclusive<u8>);

/// Up to the newest minor.
const NEWEST: u8 = u8::MAX;

/// Of a `PodSpec`.
const OF_PODS: &[Dropped] = &[
    (&["affinity", "*", "*", "*", "matchLabelKeys"], 0..=30),
    (&["affinity", "*", "*", "*", "mismatchLabelKeys"], 0..=30),
    (&["affinity", "*", "*", "*", "podAffinityTerm", "matchLabelKeys"], 0..=30),
    (&["affinity", "*", "*", "*", "podAffinityTerm", "mismatchLabelKeys"], 0..=30),
    (&["*", "*", "volumeMounts", "*", "recursiveReadOnly"], 0..=30),
    (&["hostUsers"], 0..=32),
    (&["securityContext", "supplementalGroupsPolicy"], 0..=32),
    (&["securityContext", "seLinuxChangePolicy"], 0..=32),
    (&["*", "*", "resizePolicy"], 0..=32),
    (&["*", "*", "securityContext", "procMount"], 0..=32),
    (&["resources"], 0..=33),
    (&["resourceClaims"], 0..=33),
    (&["*", "*", "resources", "claims"], 0..=33),
    (&["volumes", "*", "image"], 0..=34),
    (&["*", "*", "env", "*", "valueFrom", "fileKeyRef"], 0..=34),
    (&["*", "*", "restartPolicyRules"], 0..=34),
    // Before, it was refused where it does not belong, which is everywhere but in sidecars.
    (&["containers", "*", "restartPolicy"], 34..=34),
    (&["ephemeralContainers", "*", "restartPolicy"], 34..=34),
    (&["hostnameOverride"], 0..=34),
    (&["workloadRef"], 0..=35),
    (&["volumes", "*", "projected", "sources", "*", "clusterTrustBundle"], 0..=36),
    (&["volumes", "*", "projected", "sources", "*", "podCertificate"], 0..=36),
    (&["evictionResponders"], 0..=NEWEST),
    (&["*", "*", "lifecycle", "stopSignal"], 0..=NEWEST),
];

/// What the server did not look at in a `StatefulSet` before 1.34, though it kept it.
const OF_STATEFUL_SETS: &[Dropped] =
    &[(&["spec", "template", "spec"], 0..=33), (&["spec", "volumeClaimTemplates"], 0..=33)];

/// Volumes that are images are dropped whole.
const IMAGES: RangeInclusive<u8> = 31..=34;

/// Of the devices that a claim asks for.
const OF_DEVICES: &[Dropped] = &[
    (&["requests", "*", "exactly", "tolerations"], 35..=35),
    (&["requests", "*", "exactly", "capacity"], 0..=35),
    (&["requests", "*", "firstAvailable", "*", "tolerations"], 35..=35),
    (&["requests", "*", "firstAvailable", "*", "capacity"], 0..=35),
];

/// What it looked at all the same: who runs forever must say so.
const RUNS_FOREVER: [&str; 2] = ["/spec/template/spec/restartPolicy", "/spec/template/spec/activeDeadlineSeconds"];

/// The `PodSpec` of a kind, or its devices, and where they stand.
fn part(kind: Kind) -> Option<(&'static str, &'static [Dropped])> {
    match (kind.group(), kind.kind()) {
        ("", "Pod") => Some(("/spec/", OF_PODS)),
        ("", "PodTemplate") => Some(("/template/spec/", OF_PODS)),
        ("batch", "CronJob") => Some(("/spec/jobTemplate/spec/template/spec/", OF_PODS)),
        ("", "ReplicationController") | ("apps", _) | ("batch", "Job") => Some(("/spec/template/spec/", OF_PODS)),
        ("resource.k8s.io", "ResourceClaim") => Some(("/spec/devices/", OF_DEVICES)),
        ("resource.k8s.io", "ResourceClaimTemplate") => Some(("/spec/spec/devices/", OF_DEVICES)),
        _ => None,
    }
}

/// The other fields of a kind.
fn of_kind(kind: Kind) -> &'static [Dropped] {
    match (kind.group(), kind.kind()) {
        ("", "Service") => &[(&["spec", "trafficDistribution"], 0..=30)],
        ("batch", "Job") => &[(&["spec", "successPolicy"], 0..=30), (&["spec", "scheduling"], 0..=NEWEST)],
        // The other fields of new Jobs are not dropped from a template.
        ("batch", "CronJob") => &[(&["spec", "jobTemplate", "spec", "scheduling"], 0..=NEWEST)],
        ("apiextensions.k8s.io", _) => &[(&["spec", "versions", "*", "selectableFields"], 0..=30)],
        ("discovery.k8s.io", "EndpointSlice") => &[(&["endpoints", "*", "hints", "forNodes"], 0..=33)],
        // Not dropped, and never looked at.
        ("autoscaling", "HorizontalPodAutoscaler") => {
            &[(&["spec", "metrics", "*", "*", "metric", "selector"], 0..=NEWEST)]
        }
        ("apps", "StatefulSet") => &[(&["spec", "updateStrategy", "rollingUpdate", "maxUnavailable"], 0..=36)],
        _ => &[],
    }
}

/// A minor drops a field of a `PodSpec`. An update that changes nothing else changes nothing.
pub(super) fn is_dropped(minor: Minor, path: &[&str]) -> bool {
    drops(OF_PODS, minor, path)
}

/// The same of what a claim says of devices.
pub(super) fn is_dropped_of_claim(minor: Minor, path: &[&str]) -> bool {
    let devices = path.iter().position(|step| *step == "devices");
    devices.and_then(|at| path.get(at + 1..)).is_some_and(|below| drops(OF_DEVICES, minor, below))
}

fn drops(fields: &[Dropped], minor: Minor, path: &[&str]) -> bool {
    fields.iter().any(|(of, minors)| minors.contains(&minor.number()) && is_below(path.iter().copied(), of))
}

/// Forget what is said of fields that are dropped. Decoding comes before that, and so do the warnings about templates.
pub(super) fn forget_dropped(kind: Kind, object: Value<'_>, problems: &mut Vec<Problem>) {
    let part = part(kind);
    problems.retain_mut(|problem| {
        // What an update may not change was compared without them.
        if matches!(
            problem.cause,
            Cause::UnknownField
                | Cause::Type
                | Cause::DuplicateListKey
                | Cause::TypeInvalid
                | Cause::Warning
                | Cause::Immutable
                | Cause::Growth
        ) {
            return true;
        }
        let pointer = problem.pointer.as_str();
        let below = part.and_then(|(at, fields)| Some((pointer.strip_prefix(at)?, fields)));
        let of_part = below
            .into_iter()
            .flat_map(|(rest, fields)| fields.iter().filter(move |(path, _)| is_below(rest.split('/'), path)));
        let whole = pointer.strip_prefix('/').unwrap_or_default();
        let of_object = of_kind(kind).iter().filter(|(path, _)| is_below(whole.split('/'), path));
        let is_stateful = kind.kind() == "StatefulSet" && !RUNS_FOREVER.contains(&pointer);
        let unseen = OF_STATEFUL_SETS.iter().filter(|(path, _)| is_stateful && is_below(whole.split('/'), path));
        let image = below.filter(|(rest, _)| is_of_image(object, pointer, rest)).map(|_| &IMAGES);
        for minors in of_part.chain(of_object).chain(unseen).map(|(_, minors)| minors).chain(image) {
            let dropped = MinorSet::since(*minors.start()).without(MinorSet::since(minors.end().saturating_add(1)));
            problem.minors = problem.minors.without(dropped);
        }
        !problem.minors.is_empty()
    });
}

/// Something of a volume that is an image; `below` is the pointer's end, from the `PodSpec` on.
fn is_of_image(object: Value<'_>, pointer: &str, below: &str) -> bool {
    let Some((index, _)) = below.strip_prefix("volumes/").and_then(|rest| rest.split_once('/')) else { return false };
    let pods = pointer.strip_suffix(below).unwrap_or_default();
    yaml::pointer::find(object, &format!("{pods}volumes/{index}/image")).exact
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
