//! `object/server-owned-field`.

use crate::check::{Check, Context, Draft, Review, Subject};
use crate::finding::{Operation, Severity};
use crate::rules::{By, Rule};
use crate::yaml::{Kind, Value};

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
(`metadata.managedFields must be nil`), so that one is an error.

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
        if value.get("status").is_some_and(|status| status.kind() == Kind::Mapping && !is_empty(status)) {
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
            let pointer = format!("/metadata/{field}");
            let mut draft =
                Draft::at(&RULE, object, &pointer, format!("metadata.{field} belongs to the server")).help("remove it");
            if field == "managedFields" {
                draft.severity = Severity::Error;
                draft.authority = By::Server.authority();
                "metadata.managedFields must be nil".clone_into(&mut draft.message);
            }
            drafts.push(draft);
        }
    }
}

/// Nothing but nulls, empty texts, empty lists and empty mappings, as controller-gen leaves behind.
fn is_empty(value: Value<'_>) -> bool {
    match value.kind() {
        Kind::Null => true,
        Kind::String => value.as_str() == Some(""),
        Kind::Sequence => value.items().all(is_empty),
        Kind::Mapping => value.entries().all(|(_, _, value)| is_empty(value)),
        Kind::Bool | Kind::Int | Kind::Float => false,
    }
}
