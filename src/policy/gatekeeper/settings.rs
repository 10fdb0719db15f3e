//! What else in a repository says how Gatekeeper works: its Config, its SyncSets, and the webhook's configuration.

use serde::Deserialize;

use super::fault;
use super::matching::Glob;
use super::selector::Labels;
use super::webhook::{self, About, Webhook};
use crate::inventory::GATEKEEPER_WEBHOOK;
use crate::manifest::object::Object;
use crate::policy::Value as Document;
use crate::policy::engine::Fault;
use crate::yaml::Value;

/// The code of a fault.
const INVALID: &str = "gatekeeper_config";

/// The label that takes a Namespace from the webhook, as its configuration is shipped.
const IGNORE: &str = "admission.gatekeeper.sh/ignore";

/// How Gatekeeper is set up.
#[derive(Clone, Debug, Default)]
pub(super) struct Settings {
    /// Namespaces that the webhook leaves alone.
    excluded: Vec<Glob>,
    /// Group, version and kind of what is in the inventory; none written: everything is.
    synced: Option<Vec<(String, String, String)>>,
    /// The webhook, where the repository has its configuration; of several, each is asked.
    webhooks: Vec<Webhook>,
}

/// An entry of a Config's `match`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct Entry {
    processes: Vec<String>,
    excluded_namespaces: Vec<Glob>,
}

impl Settings {
    /// Whether the webhook leaves a namespace alone.
    pub(super) fn excludes(&self, namespace: &str) -> bool {
        self.excluded.iter().any(|glob| glob.matches(namespace))
    }

    /// Whether the webhook is asked about an operation. `operations` are the config's.
    pub(super) fn is_asked(&self, about: &About<'_>, operation: &str, operations: Option<&[String]>) -> bool {
        if self.webhooks.is_empty() {
            let ignores = |object: &Document| Labels::of(object).get(IGNORE).is_some();
            return !about.namespace_object.is_some_and(ignores) && webhook::is_asked_by_default(operation, operations);
        }
        self.webhooks.iter().any(|webhook| webhook.is_asked(about, operation, operations))
    }

    /// Whether objects of a kind are in the inventory.
    pub(super) fn syncs(&self, group: &str, version: &str, kind: &str) -> bool {
        self.synced.as_ref().is_none_or(|all| all.iter().any(|(g, v, k)| g == group && v == version && k == kind))
    }

    /// Read a Config.
    pub(super) fn config(&mut self, object: &Object) -> Result<(), Vec<Fault>> {
        let spec = |path: &[&str]| object.value().get("spec").and_then(|spec| spec.path(path));
        for (index, entry) in spec(&["match"]).into_iter().flat_map(Value::items).enumerate() {
            let entry: Entry = serde_json::from_value(entry.to_json()).map_err(|error| {
                let message = format!("the entry cannot be read: {error}");
                vec![fault::at(object, &format!("/spec/match/{index}"), INVALID, message, "")]
            })?;
            if entry.processes.iter().any(|process| process == "*" || process == "webhook") {
                self.excluded.extend(entry.excluded_namespaces);
            }
        }
        self.sync(spec(&["sync", "syncOnly"]));
        Ok(())
    }

    /// Read a SyncSet.
    pub(super) fn sync_set(&mut self, object: &Object) {
        self.sync(object.value().path(&["spec", "gvks"]));
    }

    fn sync(&mut self, kinds: Option<Value<'_>>) {
        for kind in kinds.into_iter().flat_map(Value::items) {
            let text = |key| kind.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
            self.synced.get_or_insert_default().push((text("group"), text("version"), text("kind")));
        }
    }

    /// Read a ValidatingWebhookConfiguration, if it is Gatekeeper's.
    pub(super) fn webhook(&mut self, object: &Object) -> Result<(), Vec<Fault>> {
        let webhooks = object.value().get("webhooks").into_iter().flat_map(Value::items);
        for (index, webhook) in webhooks.enumerate() {
            if webhook.get("name").and_then(Value::as_str) != Some(GATEKEEPER_WEBHOOK) {
                continue;
            }
            let at = |below: &str, message: String| {
                vec![fault::at(object, &format!("/webhooks/{index}{below}"), INVALID, message, "")]
            };
            let read: Webhook = serde_json::from_value(webhook.to_json())
                .map_err(|error| at("", format!("the webhook cannot be read: {error}")))?;
            if let Some((below, why)) = read.mistakes().next() {
                return Err(at(&below, why));
            }
            self.webhooks.push(read);
        }
        Ok(())
    }
}
