//! Where a webhook is: `k8s.io/apiserver/pkg/util/webhook`.

use super::{Cx, Read};
use crate::schema::stored::Places;
use crate::schema::text::{name, url};
use crate::yaml::Value;

/// A `clientConfig`, which has a URL or a service and not both.
pub(in crate::schema) fn client_config<'a>(cx: &mut Cx<'a>, config: Value<'a>) {
    if config.has("url") == config.has("service") {
        return cx.required(config.here(), "exactly one of url or service is required");
    }
    for (cause, shown, why) in config.text_if("url").into_iter().flat_map(url::webhook) {
        cx.push(cause, config.at("url"), format!("{shown}{why}"));
    }
    if let Some(service) = config.get("service") {
        self::service(cx, service);
    }
}

/// `ValidateWebhookService`. All of the server's callers confuse name and namespace, and so do its messages.
fn service<'a>(cx: &mut Cx<'a>, service: Value<'a>) {
    for (field, told) in [("namespace", "name"), ("name", "namespace")] {
        if service.text(field).is_empty() {
            cx.required(service.at(field), "");
            cx.called_at(service.at(told), "");
        }
    }
    if let Some(why) = service.int("port").and_then(name::port_number) {
        cx.invalid(service.at("port"), format_args!("port is not valid: {why}"));
    }
    cx.invalid_each(service.at("path"), url::service_path(service.text("path")));
}
