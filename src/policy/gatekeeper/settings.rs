//! What else in a repository says how Gatekeeper works: its Config, its SyncSets, and the webhook's configuration.

use serde::Deserialize;

use super::fault;
use super::matching::Glob;
use crate::manifest::object::Object;
use crate::policy::engine::Fault;
use crate::yaml::{self, Value};

/// The code of a fault.
const INVALID: &str = "gatekeeper_config";

/// The webhook that asks constraints.
const WEBHOOK: &str = "validation.gatekeeper.sh";

/// How Gatekeeper is set up.
#[derive(Clone, Debug, Default)]
pub(super) struct Settings {
    /// Namespaces that the webhook leaves alone.
    excluded: Vec<Glob>,
    /// Group, version and kind of what is in the inventory; none written: everything is.
    synced: Option<Vec<(String, String, String)>>,
    /// Operations that the webhook asks about, where the repository has its configuration.
    pub(super) operations: Option<Vec<String>>,
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
    pub(super) fn webhook(&mut self, object: &Object) {
        let webhooks = object.value().get("webhooks").into_iter().flat_map(yaml::Value::items);
        let own = webhooks.filter(|webhook| webhook.get("name").and_then(Value::as_str) == Some(WEBHOOK));
        let rules = own.flat_map(|webhook| webhook.get("rules").into_iter().flat_map(Value::items));
        let operations = rules.flat_map(|rule| rule.get("operations").into_iter().flat_map(Value::items));
        for operation in operations.filter_map(Value::as_str) {
            self.operations.get_or_insert_default().push(operation.to_owned());
        }
    }
}
