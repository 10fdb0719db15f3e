//! `object/plain-secret`.

use crate::check::{Check, Context, Draft, Review, Subject};
use crate::finding::{Operation, Severity};
use crate::manifest::object::Object;
use crate::rules::{By, Rule};
use crate::yaml::Value;

/// `object/plain-secret`.
pub const RULE: Rule = Rule {
    id: "object/plain-secret",
    aliases: &[],
    severity: Severity::Warning,
    by: By::Advice,
    basis: "base64 is no encryption; Git keeps every version",
    summary: "A Secret with readable data stands in Git.",
    explanation: "\
Whoever can read the repository, now or later, can read the values of a plain Secret; base64 hides nothing, and removing \
the file leaves it in the history.

Encrypt it (SOPS, SealedSecret) or fetch it (ExternalSecret, a CSI driver), and rotate what was committed. Values that \
are empty, encrypted, references into a secret store (`op://…`, `vault:…`, `ref+…`) or placeholders that something \
replaces (`${NAME}`, `<path:…>`) are not reported. Where the Secret holds \
nothing secret, suppress the rule for that object with the reason.",
};

/// Looks for Secrets with data.
#[derive(Debug)]
pub struct PlainSecret;

impl Check for PlainSecret {
    fn rules(&self) -> &'static [&'static Rule] {
        &[&RULE]
    }

    fn check(&self, context: &Context<'_>, subject: Subject<'_>, drafts: &mut Vec<Draft>) {
        let Subject::Object(Review { new: Some(object), operation, file, .. }) = subject else { return };
        if operation == Operation::Delete || !object.is_secret() {
            return;
        }
        // Where .sops.yaml wants the values encrypted, `object/unencrypted-secret` says more.
        let sops = context.sops.rule_for(file.path.as_str());
        let told = |field: &str, key: &str| sops.is_some_and(|rule| rule.encrypts(&[field, key]));
        let keys: Vec<&str> = ["data", "stringData"]
            .iter()
            .flat_map(|field| readable(object, field).into_iter().filter(|key| !told(field, key)))
            .collect();
        let Some(first) = keys.first() else { return };
        let field = if readable(object, "data").is_empty() { "/stringData" } else { "/data" };
        let rest = if keys.len() > 1 { format!(" and {} more", keys.len() - 1) } else { String::new() };
        drafts.push(
            Draft::at(&RULE, object, field, format!("the Secret's values are readable in Git: {first}{rest}"))
                .help("encrypt it or fetch it from a secret store, and rotate the values"),
        );
    }
}

fn readable<'a>(object: &'a Object, field: &str) -> Vec<&'a str> {
    let Some(values) = object.value().get(field) else { return Vec::new() };
    let is_readable = |value: Value<'_>| {
        let text = value.as_str().unwrap_or_default().trim();
        let reference = ["op://", "vault:", "ref+"].iter().any(|scheme| text.starts_with(scheme));
        let replaced = text.contains("${") || text.contains("{{") || (text.starts_with('<') && text.ends_with('>'));
        let encrypted = object.encrypted && text.starts_with("ENC[");
        !text.is_empty() && !replaced && !reference && !encrypted && object.unknown(value).is_none()
    };
    values.entries().filter(|(_, _, value)| is_readable(*value)).map(|(key, ..)| key).collect()
}
