//! The built-in APIs that were gone before the oldest minor of the table, from the deprecation guide of Kubernetes.

use super::Instead;
use crate::schema::table::Kind;

/// Some kinds of an API version that went together.
pub(super) struct Removed {
    api_version: &'static str,
    kinds: &'static [&'static str],
    /// The first minor without them.
    pub(super) since: u8,
    /// The API version that has them now; empty where none has.
    now: &'static str,
    /// The objects did not change.
    same: bool,
}

impl Removed {
    /// What to use now.
    pub(super) fn instead(&self, kind: &str) -> Option<Instead> {
        let kind = self.kinds.iter().find(|name| **name == kind)?;
        (!self.now.is_empty()).then_some(Instead { api_version: self.now, kind, exact: self.same })
    }
}

/// The entry of a kind.
pub(super) fn find(api_version: &str, kind: &str) -> Option<&'static Removed> {
    REMOVED.iter().find(|removed| removed.api_version == api_version && removed.kinds.contains(&kind))
}

/// A group of which all is gone.
pub(super) fn has_group(group: &str) -> bool {
    REMOVED.iter().any(|removed| super::group_of(removed.api_version).eq_ignore_ascii_case(group))
}

/// The fields of a kind of the table mean in its stable version what they meant.
pub(super) fn means_the_same(kind: Kind) -> bool {
    // Before v1, zero `nominalConcurrencyShares` were thirty.
    (kind.group(), kind.kind()) != ("flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration")
}

const fn entry(
    api_version: &'static str,
    kinds: &'static [&'static str],
    since: u8,
    now: &'static str,
    same: bool,
) -> Removed {
    Removed { api_version, kinds, since, now, same }
}

const APPS: &str = "apps/v1";
const ADMISSION: &str = "admissionregistration.k8s.io/v1";
const FLOWCONTROL: &str = "flowcontrol.apiserver.k8s.io/v1";
const RBAC: &str = "rbac.authorization.k8s.io/v1";
const STORAGE: &str = "storage.k8s.io/v1";
const BINDINGS: &[&str] = &["ClusterRoleBinding", "RoleBinding"];
const REVIEWS: &[&str] =
    &["LocalSubjectAccessReview", "SelfSubjectAccessReview", "SelfSubjectRulesReview", "SubjectAccessReview"];
const WEBHOOKS: &[&str] = &["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];

const REMOVED: &[Removed] = &[
    entry("admissionregistration.k8s.io/v1alpha1", &["InitializerConfiguration"], 14, "", false),
    entry("admissionregistration.k8s.io/v1beta1", WEBHOOKS, 22, ADMISSION, false),
    entry("apiextensions.k8s.io/v1beta1", &["CustomResourceDefinition"], 22, "apiextensions.k8s.io/v1", false),
    entry("apiregistration.k8s.io/v1beta1", &["APIService"], 22, "apiregistration.k8s.io/v1", true),
    // The selector was a default, and the strategies had other ones.
    entry("apps/v1beta1", &["Deployment", "StatefulSet"], 16, APPS, false),
    entry("apps/v1beta1", &["ControllerRevision"], 16, APPS, true),
    entry("apps/v1beta1", &["DeploymentRollback"], 16, "", false),
    entry(
        "apps/v1beta2",
        &["ControllerRevision", "DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"],
        16,
        APPS,
        true,
    ),
    entry("auditregistration.k8s.io/v1alpha1", &["AuditSink"], 19, "", false),
    entry("authentication.k8s.io/v1beta1", &["TokenReview"], 22, "authentication.k8s.io/v1", true),
    entry("authorization.k8s.io/v1beta1", REVIEWS, 22, "authorization.k8s.io/v1", false),
    entry("autoscaling/v2beta1", &["HorizontalPodAutoscaler"], 25, "autoscaling/v2", false),
    entry("autoscaling/v2beta2", &["HorizontalPodAutoscaler"], 26, "autoscaling/v2", true),
    entry("batch/v1beta1", &["CronJob"], 25, "batch/v1", true),
    entry("batch/v2alpha1", &["CronJob"], 21, "batch/v1", true),
    entry("certificates.k8s.io/v1beta1", &["CertificateSigningRequest"], 22, "certificates.k8s.io/v1", false),
    entry("coordination.k8s.io/v1beta1", &["Lease"], 22, "coordination.k8s.io/v1", true),
    entry("discovery.k8s.io/v1beta1", &["EndpointSlice"], 25, "discovery.k8s.io/v1", false),
    entry("events.k8s.io/v1beta1", &["Event"], 25, "events.k8s.io/v1", false),
    entry("extensions/v1beta1", &["DaemonSet", "Deployment", "ReplicaSet"], 16, APPS, false),
    entry("extensions/v1beta1", &["DeploymentRollback", "PodSecurityPolicy"], 16, "", false),
    entry("extensions/v1beta1", &["Ingress"], 22, "networking.k8s.io/v1", false),
    entry("extensions/v1beta1", &["NetworkPolicy"], 16, "networking.k8s.io/v1", true),
    entry("flowcontrol.apiserver.k8s.io/v1alpha1", &["FlowSchema"], 23, FLOWCONTROL, true),
    entry("flowcontrol.apiserver.k8s.io/v1alpha1", &["PriorityLevelConfiguration"], 23, FLOWCONTROL, false),
    entry("flowcontrol.apiserver.k8s.io/v1beta1", &["FlowSchema"], 26, FLOWCONTROL, true),
    entry("flowcontrol.apiserver.k8s.io/v1beta1", &["PriorityLevelConfiguration"], 26, FLOWCONTROL, false),
    entry("flowcontrol.apiserver.k8s.io/v1beta2", &["FlowSchema"], 29, FLOWCONTROL, true),
    entry("flowcontrol.apiserver.k8s.io/v1beta2", &["PriorityLevelConfiguration"], 29, FLOWCONTROL, false),
    entry("networking.k8s.io/v1beta1", &["Ingress"], 22, "networking.k8s.io/v1", false),
    entry("networking.k8s.io/v1beta1", &["IngressClass"], 22, "networking.k8s.io/v1", true),
    entry("node.k8s.io/v1alpha1", &["RuntimeClass"], 25, "node.k8s.io/v1", false),
    entry("node.k8s.io/v1beta1", &["RuntimeClass"], 25, "node.k8s.io/v1", true),
    // An empty selector chose no Pod, and chooses all now.
    entry("policy/v1beta1", &["PodDisruptionBudget"], 25, "policy/v1", false),
    entry("policy/v1beta1", &["PodSecurityPolicy"], 25, "", false),
    entry("rbac.authorization.k8s.io/v1alpha1", &["ClusterRole", "Role"], 22, RBAC, true),
    // The subjects had an apiVersion where they have an apiGroup now.
    entry("rbac.authorization.k8s.io/v1alpha1", BINDINGS, 22, RBAC, false),
    entry("rbac.authorization.k8s.io/v1beta1", &["ClusterRole", "Role"], 22, RBAC, true),
    entry("rbac.authorization.k8s.io/v1beta1", BINDINGS, 22, RBAC, true),
    entry("scheduling.k8s.io/v1alpha1", &["PriorityClass"], 22, "scheduling.k8s.io/v1", true),
    entry("scheduling.k8s.io/v1beta1", &["PriorityClass"], 22, "scheduling.k8s.io/v1", true),
    entry("settings.k8s.io/v1alpha1", &["PodPreset"], 20, "", false),
    entry("storage.k8s.io/v1alpha1", &["CSIStorageCapacity", "VolumeAttachment"], 24, STORAGE, true),
    entry("storage.k8s.io/v1beta1", &["CSIStorageCapacity"], 27, STORAGE, true),
    entry("storage.k8s.io/v1beta1", &["CSIDriver", "CSINode", "StorageClass", "VolumeAttachment"], 22, STORAGE, true),
];
