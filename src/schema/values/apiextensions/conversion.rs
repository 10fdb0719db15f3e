//! How versions are converted: `validateCustomResourceConversion`. The server's own names are those of an older shape.

use std::collections::HashSet;

use crate::schema::stored::Places;
use crate::schema::text::{base64, name};
use crate::schema::values::{Cx, Read, webhook};
use crate::yaml::{Kind, Value};

/// `spec.conversion`
pub(super) fn conversion<'a>(cx: &mut Cx<'a>, spec: Value<'a>) {
    let Some(conversion) = spec.get("conversion") else { return };
    if conversion.kind() != Kind::Mapping {
        return;
    }
    let strategy = conversion.text("strategy");
    if strategy != "None" && spec.flag("preserveUnknownFields") {
        cx.invalid(conversion.at("strategy"), "must be None if spec.preserveUnknownFields is true");
    }
    cx.one_of(conversion.at("strategy"), &["None", "Webhook"]);
    let before = cx.count();
    if strategy == "Webhook" {
        webhook(cx, conversion);
    } else {
        let why = "should not be set when strategy is not set to Webhook";
        let webhook = conversion.get("webhook").unwrap_or(conversion);
        if webhook.has("clientConfig") {
            cx.forbidden(webhook.at("clientConfig"), why);
        }
        if webhook.count("conversionReviewVersions") > 0 {
            cx.forbidden(webhook.at("conversionReviewVersions"), why);
        }
    }
    cx.renamed(before, |field| {
        let rest = field.strip_prefix("spec.conversion.webhook.")?;
        let rest = rest
            .strip_prefix("clientConfig")
            .map_or_else(|| rest.to_owned(), |rest| format!("webhookClientConfig{rest}"));
        Some(format!("spec.conversion.{rest}"))
    });
}

fn webhook<'a>(cx: &mut Cx<'a>, conversion: Value<'a>) {
    let webhook = conversion.get("webhook");
    match webhook.and_then(|webhook| webhook.get("clientConfig")) {
        None => cx.required(conversion.at("webhook.clientConfig"), "required when strategy is set to Webhook"),
        Some(config) => webhook::client_config(cx, config),
    }
    let versions = webhook.and_then(|webhook| webhook.get("conversionReviewVersions"));
    let Some(versions) = versions.filter(|versions| versions.items().len() > 0) else {
        return cx.required(conversion.at("webhook.conversionReviewVersions"), "");
    };
    let mut seen = HashSet::new();
    for version in versions.items() {
        let text = version.as_str().unwrap_or_default();
        if !seen.insert(text) {
            cx.invalid(version.here(), "duplicate version");
            continue;
        }
        cx.invalid_each(version.here(), name::dns_1035_label(text));
    }
    if !seen.contains("v1") && !seen.contains("v1beta1") {
        cx.invalid(versions.here(), "must include at least one of v1, v1beta1");
    }
}

/// A certificate authority that changes must be one; before a definition is established the server does not look.
pub(super) fn authorities<'a>(cx: &mut Cx<'a>, new: Value<'a>, old: Option<Value<'_>>) {
    let config = ["webhook", "clientConfig"];
    let Some(config_now) = new.path(&config).filter(|_| new.text("strategy") == "Webhook") else { return };
    let before = old.and_then(|old| old.path(&config)).map_or("", |config| config.text("caBundle"));
    let now = config_now.text("caBundle");
    let was_wrong = !before.is_empty() && !has_certificate(before);
    if !now.is_empty() && !was_wrong && !has_certificate(now) {
        let why = "unable to load root certificates: unable to parse bytes as PEM block";
        cx.changed(config_now.at("caBundle"), why);
        cx.called("spec.conversion.webhookClientConfig.caBundle");
    }
}

fn has_certificate(bundle: &str) -> bool {
    base64::decode(bundle).is_some_and(|pem| memchr::memmem::find(&pem, b"-----BEGIN CERTIFICATE-----").is_some())
}
