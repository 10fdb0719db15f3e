//! `object/server-owned-field`.

use crate::check::{Check, Context, Draft, Review, Subject};
use crate::finding::{Operation, Severity};
use crate::rules::{By, Rule};
use crate::schema::table::Kind;
use crate::yaml::{self, Value};

/// `object/server-owned-field`.
pub const RULE: Rule = Rule {
    id: "object/server-owned-field",
    aliases: &[],
    severity: Severity::Warning,
    by: By::Advice,
    basis: "recorded answers of kube-apiserver: ignored on create, a conflict or a refusal on apply",
    summary: "A field that only the server writes stands in Git.",
    explanation: "\
`status`, `metadata.uid`, `resourceVersion`, `creationTimestamp`, `generation`, `selfLink` and `managedFields` belong to the \
server. They come into Git when an object is exported with `kubectl get -o yaml`. Most are ignored; a `uid` or a \
`resourceVersion` makes a later apply fail with a conflict, and `managedFields` is refused by server-side apply \
(`metadata.managedFields must be nil`), which `schema/forbidden-field` tells.

Remove the field. Empty ones (`status: {}`, `creationTimestamp: null`), which generators write, are not reported.",
};

const METADATA: [&str; 6] = ["uid", "resourceVersion", "creationTimestamp", "generation", "selfLink", "managedFields"];

/// Looks for the server's fields.
#[derive(Debug)]
pub struct ServerOwnedField;

impl Check for ServerOwnedField {
    fn rules(&self) -> &'static [&'static Rule] {
        &[&RULE]
    }

    fn check(&self, _: &Context<'_>, subject: Subject<'_>, drafts: &mut Vec<Draft>) {
        let Subject::Object(Review { new: Some(object), operation, .. }) = subject else { return };
        if operation == Operation::Delete {
            return;
        }
        let value = object.value();
        if value.get("status").is_some_and(|status| status.kind() == yaml::Kind::Mapping && !is_empty(status)) {
            drafts.push(
                Draft::at(&RULE, object, "/status", "status belongs to the server and is ignored in Git")
                    .help("remove it"),
            );
        }
        let Some(metadata) = value.get("metadata") else { return };
        for field in METADATA {
            if metadata.get(field).is_none_or(|value| is_empty(value) || object.unknown(value).is_some()) {
                continue;
            }
            // The schemas know what the server says of it.
            if field == "managedFields" && Kind::find(&object.api_version, &object.key.kind).is_some() {
                continue;
            }
            let pointer = format!("/metadata/{field}");
            drafts.push(
                Draft::at(&RULE, object, &pointer, format!("metadata.{field} belongs to the server")).help("remove it"),
            );
        }
    }
}

/// Nothing but nulls, empty texts, empty lists and empty mappings, as controller-gen leaves behind.
fn is_empty(value: Value<'_>) -> bool {
    match value.kind() {
        yaml::Kind::Null => true,
        yaml::Kind::String => value.as_str() == Some(""),
        yaml::Kind::Sequence => value.items().all(is_empty),
        yaml::Kind::Mapping => value.entries().all(|(_, _, value)| is_empty(value)),
        yaml::Kind::Bool | yaml::Kind::Int | yaml::Kind::Float => false,
    }
}
