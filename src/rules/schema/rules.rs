//! The rules of schemas: their ids, and what they say of themselves.

use crate::finding::Severity;
use crate::rules::{By, Rule};
use crate::schema::problem::Cause;

const BASIS: &str = "built-in table, checked against recorded answers of kube-apiserver 1.36";

/// `object/immutable-field-changed`.
pub const IMMUTABLE_FIELD_CHANGED: Rule = Rule {
    id: "object/immutable-field-changed",
    aliases: &[],
    severity: Severity::Error,
    by: By::Server,
    basis: BASIS,
    summary: "A field that cannot change does.",
    explanation: "\
Some fields are fixed when an object is created: a workload's selector, a Service's cluster IP, a RoleBinding's \
roleRef, most of a PersistentVolumeClaim, the template of a Job. The API server refuses the update, and the agent \
stays stuck at it.

Delete and create the object anew (with the downtime that this means), give it a new name, or let the agent replace \
it: `force` in Flux, the sync options `Replace=true` or `Force=true` in Argo CD.

A PersistentVolumeClaim that is bound may ask for more storage, if its StorageClass has `allowVolumeExpansion: true`. \
Whether it is bound, no manifest says: where the repository has that class already, this is information only.",
};

/// `schema/crd-defined-twice`.
pub const CRD_DEFINED_TWICE: Rule = Rule {
    id: "schema/crd-defined-twice",
    aliases: &[],
    severity: Severity::Warning,
    by: By::Advice,
    basis: "the CustomResourceDefinitions of the repository",
    summary: "Two files define the same kind for the same cluster, and not alike.",
    explanation: "\
A cluster has one CustomResourceDefinition of a kind, so whichever of the two is applied last replaces the other, and \
objects that one of them accepts may be refused by the other. As long as both are there, portcullis reports a custom \
resource only where both refuse it.

Keep one. If they are for different clusters, name these in `clusters` of portcullis.yaml, with their `paths` or `schemas`.",
};

/// `schema/deprecated-api`.
pub const DEPRECATED_API: Rule = Rule {
    id: "schema/deprecated-api",
    aliases: &[],
    severity: Severity::Warning,
    by: By::Server,
    basis: BASIS,
    summary: "The API version still works and is going to go, or something better has come.",
    explanation: "\
The API server takes the object with this warning. If it says `unavailable in`, that is the first minor that refuses it.",
};

/// `schema/duplicate-item`.
pub const DUPLICATE_ITEM: Rule = Rule {
    id: "schema/duplicate-item",
    aliases: &[],
    severity: Severity::Error,
    by: By::Server,
    basis: BASIS,
    summary: "Two items that must differ are the same.",
    explanation: "\
The API server refuses lists in which two items have the same name, port or value where these must differ, with \
`Duplicate value`. Remove or rename one of the two.",
};

/// `schema/duplicate-list-key`.
pub const DUPLICATE_LIST_KEY: Rule = Rule {
    id: "schema/duplicate-list-key",
    aliases: &[],
    severity: Severity::Error,
    by: By::Server,
    basis: BASIS,
    summary: "Server-side apply cannot tell two items of a list apart.",
    explanation: "\
Server-side apply, which Flux and others use, finds the items of some lists by key fields (a container's `name`, a \
port's `containerPort` and `protocol`). It refuses an object in which two items have the same keys, even where POST \
and client-side apply accept it and keep both.

Remove one of the two, or make their keys differ.",
};

/// `schema/forbidden-field`.
pub const FORBIDDEN_FIELD: Rule = Rule {
    id: "schema/forbidden-field",
    aliases: &[],
    severity: Severity::Error,
    by: By::Server,
    basis: BASIS,
    summary: "A field may not be set here.",
    explanation: "\
The API server knows the field and refuses it in this place or together with another one, with `Forbidden`. The \
message says why.",
};

/// `schema/invalid-value`.
pub const INVALID_VALUE: Rule = Rule {
    id: "schema/invalid-value",
    aliases: &[],
    severity: Severity::Error,
    by: By::Server,
    basis: BASIS,
    summary: "A value is not one that the server accepts.",
    explanation: "\
The value has the right type, and the API server refuses it: a number out of its range, a malformed name, something \
that contradicts another field. The message is the server's own.",
};

/// `schema/missing-field`.
pub const MISSING_FIELD: Rule = Rule {
    id: "schema/missing-field",
    aliases: &[],
    severity: Severity::Error,
    by: By::Server,
    basis: BASIS,
    summary: "A field that must be there is not.",
    explanation: "\
The API server refuses the object with `Required value`. An empty text or an empty list counts as absent.

If a kustomize overlay adds the field, the finding becomes an unchecked record, because rendering decides.",
};

/// `schema/removed-api`.
pub const REMOVED_API: Rule = Rule {
    id: "schema/removed-api",
    aliases: &[],
    severity: Severity::Error,
    by: By::Server,
    basis: "built-in table and Kubernetes' deprecation guide, checked against recorded answers of kube-apiserver 1.36",
    summary: "The cluster's Kubernetes no longer has this API version of the kind.",
    explanation: "\
Kubernetes removed the API version, and the API server answers `no matches for kind`. It is an error for the minors of \
`kubernetes.current` and a warning for `kubernetes.next`, so that it is mended before the upgrade.

Where the objects of the newer version are the same, the finding has a fix. Otherwise Kubernetes' deprecation guide tells \
what changed: https://kubernetes.io/docs/reference/using-api/deprecation-guide/",
};

/// `schema/server-warning`.
pub const SERVER_WARNING: Rule = Rule {
    id: "schema/server-warning",
    aliases: &[],
    severity: Severity::Warning,
    by: By::Server,
    basis: BASIS,
    summary: "The server accepts it, with a warning.",
    explanation: "\
The API server takes the object and sends a warning that hardly anybody sees in a pipeline: a deprecated field or \
annotation, a setting without effect.",
};

/// `schema/too-long`.
pub const TOO_LONG: Rule = Rule {
    id: "schema/too-long",
    aliases: &[],
    severity: Severity::Error,
    by: By::Server,
    basis: BASIS,
    summary: "A text or a list is longer than the server accepts.",
    explanation: "\
The API server limits the length of texts and the number of items.",
};

/// `schema/unknown-field`.
pub const UNKNOWN_FIELD: Rule = Rule {
    id: "schema/unknown-field",
    aliases: &[],
    severity: Severity::Error,
    by: By::Server,
    basis: BASIS,
    summary: "The kind has no field of this name.",
    explanation: "\
A misspelt, misplaced or made-up field. kubectl, Flux and Argo CD ask for strict validation, and the API server \
refuses the object (`strict decoding error`); without it, the field is dropped in silence and does nothing. Field \
names are case-sensitive.

Where a field of that place has a similar name, the finding has a fix.",
};

/// `schema/unknown-kind`.
pub const UNKNOWN_KIND: Rule = Rule {
    id: "schema/unknown-kind",
    aliases: &[],
    severity: Severity::Error,
    by: By::Server,
    basis: BASIS,
    summary: "The API server has no such kind in this API version.",
    explanation: "\
The group is one of Kubernetes' own, and no server of the minors judged has the kind under this version: it is misspelt \
(case counts), belongs to another group, comes with a later minor, is alpha or beta and off unless the server's \
`--runtime-config` names it, or cannot be created at all. Or it is a custom resource whose CustomResourceDefinition in the \
repository does not serve the version.

If your servers have the API switched on, suppress the rule for these objects.",
};

/// `schema/unsupported-value`.
pub const UNSUPPORTED_VALUE: Rule = Rule {
    id: "schema/unsupported-value",
    aliases: &[],
    severity: Severity::Error,
    by: By::Server,
    basis: BASIS,
    summary: "The value is none of those that the server knows.",
    explanation: "\
The field takes one of a few words, and this is none of them. Case counts: `always` is not `Always`.",
};

/// `schema/wrong-type`.
pub const WRONG_TYPE: Rule = Rule {
    id: "schema/wrong-type",
    aliases: &[],
    severity: Severity::Error,
    by: By::Server,
    basis: BASIS,
    summary: "The value has another type than the field.",
    explanation: "\
The API server cannot decode the object: a number where a string is wanted (quote it), a string where a number is \
wanted (remove the quotes), a malformed quantity, time or base64 text. Nothing of the object is applied.",
};

/// Every rule of this module, sorted by id.
pub const ALL: &[&Rule] = &[
    &IMMUTABLE_FIELD_CHANGED,
    &DEPRECATED_API,
    &DUPLICATE_ITEM,
    &DUPLICATE_LIST_KEY,
    &FORBIDDEN_FIELD,
    &INVALID_VALUE,
    &MISSING_FIELD,
    &REMOVED_API,
    &SERVER_WARNING,
    &TOO_LONG,
    &UNKNOWN_FIELD,
    &UNKNOWN_KIND,
    &UNSUPPORTED_VALUE,
    &WRONG_TYPE,
];

/// The rule that reports a cause.
#[must_use]
pub fn of(cause: Cause) -> &'static Rule {
    match cause {
        Cause::UnknownField => &UNKNOWN_FIELD,
        Cause::Type | Cause::TypeInvalid => &WRONG_TYPE,
        Cause::Required => &MISSING_FIELD,
        Cause::Invalid | Cause::NotFound => &INVALID_VALUE,
        Cause::Immutable | Cause::Growth => &IMMUTABLE_FIELD_CHANGED,
        Cause::NotSupported => &UNSUPPORTED_VALUE,
        Cause::Forbidden => &FORBIDDEN_FIELD,
        Cause::Duplicate => &DUPLICATE_ITEM,
        Cause::TooLong | Cause::TooMany => &TOO_LONG,
        Cause::DuplicateListKey => &DUPLICATE_LIST_KEY,
        Cause::Warning => &SERVER_WARNING,
    }
}
