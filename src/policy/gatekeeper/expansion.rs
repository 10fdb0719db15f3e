//! Objects that others make: ExpansionTemplates, and the Pods of workloads, which controllers make of their templates.

use super::constraint::Action;
use super::fault::{self, Failure};
use super::matching::{Source, field, text};
use super::mutation::{ApplyTo, read_apply_to};
use crate::manifest::object::{Object, group_of};
use crate::policy::Value;
use crate::policy::engine::Fault;
use crate::policy::review::object_of;
use crate::yaml;

/// The code of a fault.
const INVALID: &str = "gatekeeper_expansion";

/// Kinds whose controllers make Pods, and where the Pod's template lies.
const WORKLOADS: [(&str, &str, &[&str]); 7] = [
    ("apps", "Deployment", &["spec", "template"]),
    ("apps", "StatefulSet", &["spec", "template"]),
    ("apps", "DaemonSet", &["spec", "template"]),
    ("apps", "ReplicaSet", &["spec", "template"]),
    ("", "ReplicationController", &["spec", "template"]),
    ("batch", "Job", &["spec", "template"]),
    ("batch", "CronJob", &["spec", "jobTemplate", "spec", "template"]),
];

/// Expansions of expansions end here, as in Gatekeeper.
const DEPTH: usize = 30;

/// An ExpansionTemplate.
#[derive(Clone, Debug)]
pub struct ExpansionTemplate {
    /// Its name.
    pub name: String,
    /// Its object.
    pub object: Object,
    apply_to: Vec<ApplyTo>,
    source: Vec<String>,
    generated: Generated,
    action: Option<Action>,
}

/// The kind that comes out.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(default)]
struct Generated {
    group: String,
    version: String,
    kind: String,
}

/// An object that another one makes.
#[derive(Clone, Debug)]
pub(super) struct Resultant {
    /// It, before mutation.
    pub(super) object: Value,
    /// The ExpansionTemplate; none for the Pods of workloads.
    pub(super) template: Option<String>,
    /// What every violation of it does, if that is set.
    pub(super) action: Option<Action>,
    /// Where its text lies in the object that is written down, as a JSON pointer.
    pub(super) prefix: String,
    /// Original for a Pod that the cluster will see as it is.
    pub(super) source: Source,
}

impl ExpansionTemplate {
    /// Read an ExpansionTemplate.
    pub(super) fn read(object: &Object) -> Result<Self, Vec<Fault>> {
        let refuse = |at: &str, message: &str, help: &str| vec![fault::at(object, at, INVALID, message, help)];
        let spec = |key: &str| object.value().path(&["spec", key]).filter(|value| !value.is_null());
        if object.key.name.is_empty() || object.key.name.len() > 63 {
            return Err(refuse("/metadata/name", "the name must have 1 to 63 characters", ""));
        }
        let source = spec("templateSource").and_then(yaml::Value::as_str).unwrap_or_default();
        if source.is_empty() {
            return Err(refuse("/spec", "the ExpansionTemplate has no `templateSource`", "write `spec.template`"));
        }
        let generated: Generated =
            spec("generatedGVK").and_then(|value| serde_json::from_value(value.to_json()).ok()).unwrap_or_default();
        if generated == Generated::default() {
            return Err(refuse(
                "/spec",
                "the ExpansionTemplate has no `generatedGVK`",
                "name `group`, `version` and `kind`",
            ));
        }
        let apply_to = read_apply_to(object, "/spec/applyTo").map_err(|fault| vec![*fault])?;
        if apply_to.iter().any(|to| to.holds_kind(&generated.group, &generated.version, &generated.kind)) {
            return Err(refuse("/spec/generatedGVK", "it generates a kind that it also applies to", ""));
        }
        let action = match spec("enforcementAction").and_then(yaml::Value::as_str).filter(|action| !action.is_empty()) {
            None => None,
            Some(action) => Some(Action::parse(action).ok_or_else(|| {
                let help = "write `deny`, `warn` or `dryrun`";
                refuse("/spec/enforcementAction", &format!("{action:?} is no enforcement action"), help)
            })?),
        };
        Ok(Self {
            name: object.key.name.clone(),
            object: object.clone(),
            apply_to,
            source: source.split('.').map(str::to_owned).collect(),
            generated,
            action,
        })
    }

    fn applies(&self, object: &Value) -> bool {
        self.apply_to.iter().any(|to| to.holds(object))
    }

    fn api_version(&self) -> String {
        match self.generated.group.as_str() {
            "" => self.generated.version.clone(),
            group => format!("{group}/{}", self.generated.version),
        }
    }
}

/// What ExpansionTemplates make of an object, and of that, mutated by `finish`.
pub(super) fn expand(
    templates: &[ExpansionTemplate],
    object: &Value,
    namespace: Option<&str>,
    finish: &dyn Fn(&mut Value) -> Result<(), Box<Failure>>,
) -> Result<Vec<Resultant>, Box<Failure>> {
    let mut found = Vec::new();
    let mut open = vec![(object.clone(), String::new(), 0)];
    while let Some((object, prefix, depth)) = open.pop() {
        for template in templates.iter().filter(|template| template.applies(&object)) {
            let failed = |why: String| Failure::of(&template.object, why);
            if depth == DEPTH {
                return Err(failed(format!("maximum recursion depth of {DEPTH} reached")));
            }
            let path: Vec<&str> = template.source.iter().map(String::as_str).collect();
            let source = field(&object, &path).filter(|source| source.as_object().is_ok()).ok_or_else(|| {
                let name = text(&object, &["metadata", "name"]);
                failed(format!("could not find source field {:?} in resource {name}", path.join(".")))
            })?;
            let kind = template.generated.kind.as_str();
            let mut made = resultant(&object, source, &template.api_version(), kind, namespace);
            finish(&mut made)?;
            let prefix = format!("{prefix}/{}", path.join("/"));
            open.push((made.clone(), prefix.clone(), depth + 1));
            let (template, action) = (Some(template.name.clone()), template.action);
            found.push(Resultant { object: made, template, action, prefix, source: Source::Generated });
        }
    }
    Ok(found)
}

/// The Pod of a workload, as its controller makes it.
pub(super) fn pod(object: &Value, namespace: Option<&str>) -> Option<Resultant> {
    let (group, kind) = (group_of(text(object, &["apiVersion"])), text(object, &["kind"]));
    let (.., path) = WORKLOADS.iter().find(|(g, k, _)| *g == group && *k == kind)?;
    let source = field(object, path).filter(|source| source.as_object().is_ok())?;
    Some(Resultant {
        object: resultant(object, source, "v1", "Pod", namespace),
        template: None,
        action: None,
        prefix: format!("/{}", path.join("/")),
        source: Source::Original,
    })
}

fn resultant(parent: &Value, source: &Value, api_version: &str, kind: &str, namespace: Option<&str>) -> Value {
    let owner_api = text(parent, &["apiVersion"]);
    let (owner_kind, owner) = (text(parent, &["kind"]), text(parent, &["metadata", "name"]));
    let namespace = namespace.unwrap_or_else(|| text(parent, &["metadata", "namespace"]));
    let mut made = source.clone();
    let mut metadata = field(source, &["metadata"]).filter(|m| m.as_object().is_ok()).cloned();
    let metadata = metadata.get_or_insert_with(Value::new_object);
    if let Ok(fields) = metadata.as_object_mut() {
        let mut set = |key: &str, value: Value| fields.insert(Value::from(key), value);
        if !namespace.is_empty() {
            set("namespace", Value::from(namespace));
        }
        set("name", Value::from(format!("{owner}-{kind}").to_lowercase()));
        if ![owner_api, owner_kind, owner].contains(&"") {
            let mut owners = field(source, &["metadata", "ownerReferences"]).cloned().unwrap_or_else(Value::new_array);
            let (api, kind) = (Value::from(owner_api), Value::from(owner_kind));
            let reference = object_of([
                ("apiVersion", api),
                ("kind", kind),
                ("name", Value::from(owner)),
                ("uid", Value::from("")),
            ]);
            if let Ok(owners) = owners.as_array_mut() {
                owners.push(reference);
            }
            set("ownerReferences", owners);
        }
    }
    if let Ok(fields) = made.as_object_mut() {
        fields.insert(Value::from("apiVersion"), Value::from(api_version));
        fields.insert(Value::from("kind"), Value::from(kind));
        fields.insert(Value::from("metadata"), metadata.clone());
    }
    made
}
