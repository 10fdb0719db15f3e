//! The CustomResourceDefinition that Gatekeeper makes of a template, by which the API server judges constraints and fills
//! in defaults.

use serde_json::{Value as Json, json};

use crate::manifest::object::Object;
use crate::schema::crd::build::{Builder, Refusal};
use crate::schema::crd::pack::Pack;
use crate::source::{RepoPath, Side};
use crate::yaml::{self, Dialect, Value};

/// The API group of constraints.
pub(super) const CONSTRAINTS: &str = "constraints.gatekeeper.sh";

/// Compile the schema of a template's constraints.
pub(super) fn compile(template: &Object, kind: &str) -> Result<Pack, Refusal> {
    let crd = definition(kind, parameters(template));
    let stream = yaml::read(RepoPath::from("crd"), Side::Head, crd.to_string().as_bytes(), Dialect::Kubectl);
    let mut builder = Builder::new();
    builder.add(stream.documents.first().ok_or(Refusal::TooLarge)?.root())?;
    Ok(builder.finish())
}

/// The schema of `spec.parameters`; none when the template takes none.
fn parameters(template: &Object) -> Option<Json> {
    let validation = template.value().path(&["spec", "crd", "spec", "validation"]);
    let written = validation.and_then(|v| v.get("openAPIV3Schema")).filter(|schema| !schema.is_null());
    // v1 says false by default, the versions before it true.
    let by_default = !template.api_version.ends_with("/v1");
    let is_legacy = validation.is_some_and(|v| v.get("legacySchema").and_then(Value::as_bool).unwrap_or(by_default));
    let mut schema = match (written, is_legacy) {
        (Some(schema), _) => schema.to_json(),
        (None, true) => json!({}),
        (None, false) => return None,
    };
    if is_legacy {
        preserve_unknown(&mut schema);
    }
    Some(schema)
}

/// What `legacySchema` does: any field may be there beside those that the schema names.
fn preserve_unknown(schema: &mut Json) {
    let Some(fields) = schema.as_object_mut() else { return };
    let unknown = "x-kubernetes-preserve-unknown-fields";
    match fields.get("type").and_then(Json::as_str) {
        None | Some("" | "object") => {
            fields.insert(unknown.to_owned(), true.into());
        }
        Some("array") => {
            fields.entry("items").or_insert_with(|| json!({unknown: true}));
        }
        _ => {}
    }
    if let Some(properties) = fields.get_mut("properties").and_then(Json::as_object_mut) {
        properties.values_mut().for_each(preserve_unknown);
    }
    for key in ["items", "additionalProperties"] {
        fields.get_mut(key).into_iter().for_each(preserve_unknown);
    }
}

fn definition(kind: &str, parameters: Option<Json>) -> Json {
    let text = || json!({"type": "string"});
    let mut spec = json!({
        "match": match_schema(),
        "enforcementAction": {"type": "string", "default": "deny"},
        "scopedEnforcementActions": list(json!({
            "type": "object",
            "properties": {"action": text(), "enforcementPoints": list(object(&json!({"name": text()})))},
        })),
    });
    if let (Some(parameters), Some(spec)) = (parameters, spec.as_object_mut()) {
        spec.insert("parameters".to_owned(), parameters);
    }
    let schema = json!({
        "type": "object",
        "properties": {
            "metadata": object(&json!({"name": {"type": "string", "maxLength": 63}})),
            "spec": object(&spec),
            "status": {"x-kubernetes-preserve-unknown-fields": true},
        },
    });
    let version = |name: &str, storage: bool| json!({"name": name, "served": true, "storage": storage, "schema": {"openAPIV3Schema": schema}});
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "spec": {
            "group": CONSTRAINTS,
            "scope": "Cluster",
            "names": {"kind": kind, "plural": kind.to_lowercase()},
            "versions": [version("v1beta1", true), version("v1alpha1", false)],
        },
    })
}

fn object(properties: &Json) -> Json {
    json!({"type": "object", "properties": properties})
}

#[expect(clippy::needless_pass_by_value, reason = "schemas are built inside out")]
fn list(items: Json) -> Json {
    json!({"type": "array", "items": items})
}

/// The schema of `spec.match`.
fn match_schema() -> Json {
    let text = || json!({"type": "string"});
    let glob = || json!({"type": "string", "pattern": r"^\*?[-:a-z0-9]*\*?$"});
    let requirement = json!({
        "type": "object",
        "required": ["key", "operator"],
        "properties": {"key": text(), "operator": text(), "values": list(text())},
    });
    let selector = object(&json!({
        "matchLabels": {"type": "object", "additionalProperties": text()},
        "matchExpressions": list(requirement),
    }));
    object(&json!({
        "source": {"type": "string", "enum": ["All", "Generated", "Original"]},
        "kinds": list(object(&json!({"apiGroups": list(text()), "kinds": list(text())}))),
        "scope": text(),
        "namespaces": list(glob()),
        "excludedNamespaces": list(glob()),
        "labelSelector": selector,
        "namespaceSelector": selector,
        "name": glob(),
    }))
}
