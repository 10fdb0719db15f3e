//! The types of the table, from the schemas of properties.

use serde_json::{Map, Value};

use crate::Fallible;

/// Definitions that are types of the table, because their schemas do not say what the server accepts.
const BUILT_IN: &[(&str, &str)] = &[
    ("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON", "any"),
    ("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrArray", "json-schema-props-or-array"),
    ("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrBool", "json-schema-props-or-bool"),
    (
        "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrStringArray",
        "json-schema-props-or-string-array",
    ),
    ("io.k8s.apimachinery.pkg.api.resource.Quantity", "quantity"),
    ("io.k8s.apimachinery.pkg.apis.meta.v1.Duration", "duration"),
    ("io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1", "any"),
    ("io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime", "microtime"),
    ("io.k8s.apimachinery.pkg.apis.meta.v1.Time", "time"),
    ("io.k8s.apimachinery.pkg.runtime.RawExtension", "any"),
    ("io.k8s.apimachinery.pkg.util.intstr.IntOrString", "int-or-string"),
];

/// What the names of all other definitions begin with; the table leaves it out.
const PREFIXES: &[&str] = &[
    "io.k8s.api.",
    "io.k8s.apimachinery.pkg.apis.",
    "io.k8s.apiextensions-apiserver.pkg.apis.",
    "io.k8s.kube-aggregator.pkg.apis.",
];

/// Keywords that the table does not tell: descriptions, how patches merge, and enums, which hold `apiVersion` and `kind`.
const LEFT_OUT: &[&str] =
    &["description", "enum", "x-kubernetes-map-type", "x-kubernetes-patch-merge-key", "x-kubernetes-patch-strategy"];

/// The type of a property, and what it refers to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Typed {
    pub(crate) name: String,
    /// `atomic`, `set` or `map:` and its keys.
    pub(crate) list: Option<String>,
    /// The definition in it, by its full name.
    pub(crate) refers: Option<String>,
}

/// The name of a definition in the table.
pub(crate) fn short(full: &str) -> Fallible<&str> {
    let short = PREFIXES.iter().find_map(|prefix| full.strip_prefix(prefix));
    short.ok_or_else(|| format!("{full}: a name of an unknown package"))
}

/// Reads the schema of a property.
pub(crate) fn property(schema: &Value) -> Fallible<Typed> {
    let schema = schema.as_object().ok_or("the schema is no object")?;
    let mut typed = bare(schema, &["x-kubernetes-list-type", "x-kubernetes-list-map-keys"])?;
    let keys = schema.get("x-kubernetes-list-map-keys");
    typed.list = match (schema.get("x-kubernetes-list-type").map(Value::as_str), keys) {
        (None, None) => None,
        // Some bytes and references are marked like this, which means nothing.
        (Some(Some("atomic")), None) if !typed.name.starts_with("[]") => None,
        (Some(Some(kind @ ("atomic" | "set"))), None) => Some(kind.to_owned()),
        (Some(Some("map")), Some(Value::Array(keys))) if !keys.is_empty() => {
            let keys: Option<Vec<&str>> = keys.iter().map(Value::as_str).collect();
            Some(format!("map:{}", keys.ok_or("a list map key is no text")?.join(",")))
        }
        (kind, keys) => return Err(format!("list type {kind:?} with keys {keys:?}")),
    };
    if typed.list.is_some() && !typed.name.starts_with("[]") {
        return Err("a list type, but no list".to_owned());
    }
    Ok(typed)
}

/// The type alone. `allowed` are the keywords that the caller reads.
fn bare(schema: &Map<String, Value>, allowed: &[&str]) -> Fallible<Typed> {
    let known = ["$ref", "additionalProperties", "format", "items", "type"];
    let unknown = |key: &&String| ![&known[..], allowed, LEFT_OUT].iter().any(|list| list.contains(&key.as_str()));
    if let Some(key) = schema.keys().find(unknown) {
        return Err(format!("the keyword {key} is unknown"));
    }
    if let Some(reference) = schema.get("$ref") {
        let full = reference.as_str().and_then(|text| text.strip_prefix("#/$defs/")).ok_or("an unknown reference")?;
        let built_in = BUILT_IN.iter().find(|(name, _)| *name == full).map(|(_, name)| (*name).to_owned());
        return Ok(match built_in {
            Some(name) => Typed { name, ..Typed::default() },
            None => Typed { name: short(full)?.to_owned(), refers: Some(full.to_owned()), list: None },
        });
    }
    let inner = |key: &str| match schema.get(key) {
        Some(Value::Object(inner)) => bare(inner, &[]),
        other => Err(format!("{key} is {other:?}")),
    };
    let scalar = |name: &str| Ok(Typed { name: name.to_owned(), ..Typed::default() });
    let format = schema.get("format").map(Value::as_str);
    match (not_null(schema)?, format) {
        ("array", None) => inner("items").map(|inner| Typed { name: format!("[]{}", inner.name), ..inner }),
        ("object", None) => {
            inner("additionalProperties").map(|inner| Typed { name: format!("{{}}{}", inner.name), ..inner })
        }
        ("boolean", None) => scalar("bool"),
        ("string", None) => scalar("string"),
        ("string", Some(Some("byte"))) => scalar("base64"),
        ("integer", Some(Some("int32"))) => scalar("int32"),
        ("integer", Some(Some("int64"))) => scalar("int64"),
        ("number", Some(Some("double"))) => scalar("number"),
        (name, format) => Err(format!("type {name} with format {format:?}")),
    }
}

/// The one type of a schema. The wheel adds null to the types of what is not required; the official definitions do not.
pub(crate) fn not_null(schema: &Map<String, Value>) -> Fallible<&str> {
    let name = match schema.get("type") {
        Some(Value::String(name)) => Some(name.as_str()),
        Some(Value::Array(names)) => match names.as_slice() {
            [Value::String(name), Value::String(null)] if null == "null" => Some(name.as_str()),
            _ => None,
        },
        _ => None,
    };
    name.ok_or_else(|| format!("type is {:?}", schema.get("type")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn line(schema: &Value) -> Fallible<String> {
        let typed = property(schema)?;
        Ok(typed.list.into_iter().fold(typed.name, |name, list| format!("{name} list={list}")))
    }

    #[test]
    fn types_are_said_without_null() {
        let container = json!({"$ref": "#/$defs/io.k8s.api.core.v1.Container"});
        let keys = ["containerPort", "protocol"];
        let bytes = json!({"type": ["string", "null"], "format": "byte"});
        for (schema, expected) in [
            (json!({"type": ["boolean", "null"], "description": "Whether."}), "bool"),
            (json!({"type": "integer", "format": "int32"}), "int32"),
            (json!({"type": ["object", "null"], "additionalProperties": bytes}), "{}base64"),
            (json!({"$ref": "#/$defs/io.k8s.apimachinery.pkg.apis.meta.v1.Time"}), "time"),
            (container.clone(), "core.v1.Container"),
            (json!({"type": "string", "format": "byte", "x-kubernetes-list-type": "atomic"}), "base64"),
            (
                json!({"type": "array", "items": container, "x-kubernetes-list-type": "map",
                    "x-kubernetes-list-map-keys": keys}),
                "[]core.v1.Container list=map:containerPort,protocol",
            ),
        ] {
            assert_eq!(line(&schema).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        for schema in [
            json!([]),
            json!({}),
            json!({"type": "integer"}),
            json!({"type": "object"}),
            json!({"type": ["string", "integer"]}),
            json!({"type": "string", "pattern": "^a"}),
            json!({"type": "string", "x-kubernetes-list-type": "set"}),
            json!({"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "map"}),
            json!({"$ref": "#/$defs/com.example.Thing"}),
        ] {
            assert!(line(&schema).is_err(), "{schema}");
        }
    }
}
