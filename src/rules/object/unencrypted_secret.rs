//! `object/unencrypted-secret`.

use crate::check::{Check, Context, Draft, Review, Subject};
use crate::finding::{Authority, Operation, Severity};
use crate::rules::{By, Rule};
use crate::yaml::pointer;

/// `object/unencrypted-secret`.
pub const RULE: Rule = Rule {
    id: "object/unencrypted-secret",
    aliases: &[],
    severity: Severity::Error,
    by: By::Advice,
    basis: "the repository's own .sops.yaml",
    summary: "A value that .sops.yaml wants encrypted is not.",
    explanation: "\
A creation rule of `.sops.yaml` covers the file, and a Secret in it has values that are not encrypted (`ENC[…]`): somebody \
forgot to run `sops --encrypt`, or edited the file by hand. The value is readable to everybody who has the repository.

Run `sops --encrypt --in-place FILE`, and rotate the values that were committed.",
};

/// Compares Secrets with the creation rules of `.sops.yaml`.
#[derive(Debug)]
pub struct UnencryptedSecret;

impl Check for UnencryptedSecret {
    fn rules(&self) -> &'static [&'static Rule] {
        &[&RULE]
    }

    fn check(&self, context: &Context<'_>, subject: Subject<'_>, drafts: &mut Vec<Draft>) {
        let Subject::Object(Review { new: Some(object), operation, file, .. }) = subject else { return };
        if operation == Operation::Delete || !object.is_secret() {
            return;
        }
        let Some(rule) = context.sops.rule_for(file.path.as_str()) else { return };
        for field in ["data", "stringData"] {
            let Some(values) = object.value().get(field) else { continue };
            let open: Vec<&str> = values
                .entries()
                .filter(|(key, _, value)| {
                    rule.encrypts(&[field, key])
                        && value.as_str().is_none_or(|text| !text.is_empty() && !text.starts_with("ENC["))
                        && !value.is_null()
                        && object.unknown(*value).is_none()
                })
                .map(|(key, ..)| key)
                .collect();
            let Some(first) = open.first() else { continue };
            let state = if object.encrypted { "only in part encrypted" } else { "not encrypted" };
            let rest = if open.len() > 1 { format!(" and {} more", open.len() - 1) } else { String::new() };
            let message = format!("{} wants this file encrypted; it is {state}: {field}.{first}{rest}", rule.file);
            let pointer = pointer::child(&format!("/{field}"), first);
            let mut draft =
                Draft::at(&RULE, object, &pointer, message).help(format!("sops --encrypt --in-place {}", file.path));
            // The key alone: what stands behind it is not to be shown.
            draft.span = object.key_span(&pointer);
            draft.authority = Authority::Policy { name: rule.file.to_string(), owner: None };
            drafts.push(draft);
        }
    }
}
