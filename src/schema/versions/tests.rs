use super::{Instead, Refusal, Standing, Why, look_up};
use crate::config::Minor;
use crate::schema::minors::MinorSet;

fn minor(text: &str) -> MinorSet {
    Minor::parse(text).map(MinorSet::of).unwrap()
}

fn refusal(api_version: &str, kind: &str, minors: MinorSet) -> (Why, Option<Instead>) {
    match look_up(api_version, kind, minors) {
        Standing::Native { refusals, .. } => match refusals.as_slice() {
            [Refusal { why, instead, .. }] => (*why, instead.clone()),
            other => panic!("{api_version} {kind}: {other:?}"),
        },
        Standing::Foreign => panic!("{api_version} {kind} is foreign"),
    }
}

#[test]
fn a_kind_that_is_not_served_has_a_reason_and_perhaps_another_name() {
    let now = minor("1.36");
    for (api_version, kind, why, instead) in [
        ("extensions/v1beta1", "Ingress", Why::Removed(22), Some(("networking.k8s.io/v1", "Ingress", false))),
        ("batch/v1beta1", "CronJob", Why::Removed(25), Some(("batch/v1", "CronJob", true))),
        ("policy/v1beta1", "PodSecurityPolicy", Why::Removed(25), None),
        (
            "flowcontrol.apiserver.k8s.io/v1beta3",
            "FlowSchema",
            Why::Removed(32),
            Some(("flowcontrol.apiserver.k8s.io/v1", "FlowSchema", true)),
        ),
        ("resource.k8s.io/v1beta1", "ResourceClaim", Why::Off, Some(("resource.k8s.io/v1", "ResourceClaim", false))),
        ("resource.k8s.io/v1beta2", "ResourceClaim", Why::Off, Some(("resource.k8s.io/v1", "ResourceClaim", true))),
        ("apps/v1", "deployment", Why::UnknownKind, Some(("apps/v1", "Deployment", true))),
        ("apps/v1", "Deployments", Why::UnknownKind, Some(("apps/v1", "Deployment", true))),
        ("v1", "CronJob", Why::UnknownKind, Some(("batch/v1", "CronJob", true))),
        ("batch/v2", "Job", Why::UnknownVersion, Some(("batch/v1", "Job", true))),
        ("v2", "ServiceAccount", Why::UnknownVersion, Some(("v1", "ServiceAccount", true))),
        ("APPS/V1", "Deployment", Why::UnknownVersion, Some(("apps/v1", "Deployment", true))),
        ("networking/v1", "Ingress", Why::UnknownVersion, Some(("networking.k8s.io/v1", "Ingress", true))),
        ("core/v1", "ConfigMap", Why::UnknownVersion, Some(("v1", "ConfigMap", true))),
        ("core/v1", "Event", Why::UnknownVersion, Some(("v1", "Event", true))),
        ("v1", "Event2Go", Why::UnknownKind, None),
        ("certificates.k8s.io/v1", "ClusterTrustBundle", Why::NotYet(37), None),
        ("v1", "ComponentStatus", Why::NotCreated, None),
    ] {
        let instead = instead.map(|(api_version, kind, exact)| Instead { api_version, kind, exact });
        assert_eq!(refusal(api_version, kind, now), (why, instead), "{api_version} {kind}");
    }
}

#[test]
fn minors_that_serve_a_kind_are_told_from_those_that_do_not() {
    let targets = minor("1.31").and(minor("1.32"));
    let Standing::Native { served, refusals } = look_up("flowcontrol.apiserver.k8s.io/v1beta3", "FlowSchema", targets)
    else {
        panic!("foreign");
    };
    assert_eq!(served, minor("1.31"));
    assert_eq!(refusals.iter().map(|refusal| refusal.minors).collect::<Vec<_>>(), [minor("1.32")]);
    for api_version in ["gateway.networking.k8s.io/v1", "snapshot.storage.k8s.io/v1", "skaffold/v4beta1", "a.b/v1"] {
        assert!(matches!(look_up(api_version, "Config", targets), Standing::Foreign), "{api_version}");
    }
}
