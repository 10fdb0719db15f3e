//! What no table can say of a built-in kind: the value validation of the API server, a folder for each API group.
//!
//! A rule reads the stored object ([`Read`]) and tells its problems to the [`Cx`], in the server's order and words. The
//! functions are named after the server's kinds: `apps::deployment` for an object as it is, `apps::deployment_update` for
//! what may not change.

mod addresses;
mod admission;
mod apiextensions;
mod apiregistration;
mod apps;
mod autoscaling;
mod batch;
mod certificates;
mod context;
mod coordination;
mod core;
mod discovery;
mod events;
mod expression;
mod flowcontrol;
pub(super) mod metadata;
mod networking;
mod node;
mod pod;
mod policy;
mod rbac;
mod references;
mod resource;
mod resources;
mod scheduling;
mod seen;
mod selector;
mod share;
mod storage;
mod storagemigration;
mod webhook;
mod workload;

pub(super) use context::{Cx, Read, nearest, printed};

use super::stored::Stored;
use super::table::Kind;
use crate::yaml::Value;

/// Fill in the defaults of a kind that depend on other fields of it. The rest are facts of the table.
pub(super) fn defaults(stored: &mut Stored, kind: Kind) {
    match kind.group() {
        "admissionregistration.k8s.io" => admission::defaults(stored, kind),
        "apiextensions.k8s.io" => apiextensions::defaults(stored, kind),
        "apiregistration.k8s.io" => apiregistration::defaults(stored, kind),
        "apps" => apps::defaults(stored, kind),
        "autoscaling" => autoscaling::defaults(stored, kind),
        "batch" => batch::defaults(stored, kind),
        "certificates.k8s.io" => certificates::defaults(stored, kind),
        "coordination.k8s.io" => coordination::defaults(stored, kind),
        "" => core::defaults(stored, kind),
        "discovery.k8s.io" => discovery::defaults(stored, kind),
        "events.k8s.io" => events::defaults(stored, kind),
        "flowcontrol.apiserver.k8s.io" => flowcontrol::defaults(stored, kind),
        "networking.k8s.io" => networking::defaults(stored, kind),
        "node.k8s.io" => node::defaults(stored, kind),
        "policy" => policy::defaults(stored, kind),
        "rbac.authorization.k8s.io" => rbac::defaults(stored, kind),
        "resource.k8s.io" => resource::defaults(stored, kind),
        "scheduling.k8s.io" => scheduling::defaults(stored, kind),
        "storage.k8s.io" => storage::defaults(stored, kind),
        _ => {}
    }
}

/// Check an object as it is.
pub(super) fn validate<'a>(cx: &mut Cx<'a>, kind: Kind, object: Value<'a>) {
    metadata::object_meta(cx, kind, object);
    match kind.group() {
        "admissionregistration.k8s.io" => admission::validate(cx, kind, object),
        "apiextensions.k8s.io" => apiextensions::validate(cx, kind, object),
        "apiregistration.k8s.io" => apiregistration::validate(cx, kind, object),
        "apps" => apps::validate(cx, kind, object),
        "autoscaling" => autoscaling::validate(cx, kind, object),
        "batch" => batch::validate(cx, kind, object),
        "certificates.k8s.io" => certificates::validate(cx, kind, object),
        "coordination.k8s.io" => coordination::validate(cx, kind, object),
        "" => core::validate(cx, kind, object),
        "discovery.k8s.io" => discovery::validate(cx, kind, object),
        "events.k8s.io" => events::validate(cx, kind, object),
        "flowcontrol.apiserver.k8s.io" => flowcontrol::validate(cx, kind, object),
        "networking.k8s.io" => networking::validate(cx, kind, object),
        "node.k8s.io" => node::validate(cx, kind, object),
        "policy" => policy::validate(cx, kind, object),
        "rbac.authorization.k8s.io" => rbac::validate(cx, kind, object),
        "resource.k8s.io" => resource::validate(cx, kind, object),
        "scheduling.k8s.io" => scheduling::validate(cx, kind, object),
        "storage.k8s.io" => storage::validate(cx, kind, object),
        "storagemigration.k8s.io" => storagemigration::validate(cx, object),
        _ => {}
    }
}

/// Check what changed.
pub(super) fn validate_update<'a>(cx: &mut Cx<'a>, kind: Kind, new: Value<'a>, old: Value<'_>) {
    metadata::object_meta_update(cx, new, old);
    match kind.group() {
        "admissionregistration.k8s.io" => admission::validate_update(cx, kind, new, old),
        "apiextensions.k8s.io" => apiextensions::validate_update(cx, kind, new, old),
        "apiregistration.k8s.io" => apiregistration::validate_update(cx, kind, new, old),
        "apps" => apps::validate_update(cx, kind, new, old),
        "autoscaling" => autoscaling::validate_update(cx, kind, new, old),
        "batch" => batch::validate_update(cx, kind, new, old),
        "certificates.k8s.io" => certificates::validate_update(cx, kind, new, old),
        "coordination.k8s.io" => coordination::validate_update(cx, kind, new, old),
        "" => core::validate_update(cx, kind, new, old),
        "discovery.k8s.io" => discovery::validate_update(cx, kind, new, old),
        "events.k8s.io" => events::validate_update(cx, kind, new, old),
        "flowcontrol.apiserver.k8s.io" => flowcontrol::validate_update(cx, kind, new, old),
        "networking.k8s.io" => networking::validate_update(cx, kind, new, old),
        "node.k8s.io" => node::validate_update(cx, kind, new, old),
        "policy" => policy::validate_update(cx, kind, new, old),
        "rbac.authorization.k8s.io" => rbac::validate_update(cx, kind, new, old),
        "resource.k8s.io" => resource::validate_update(cx, kind, new, old),
        "scheduling.k8s.io" => scheduling::validate_update(cx, kind, new, old),
        "storage.k8s.io" => storage::validate_update(cx, kind, new, old),
        "storagemigration.k8s.io" => storagemigration::validate_update(cx, new, old),
        _ => {}
    }
}
