//! One minor: its kinds, and the definitions that they reach.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::Fallible;
use crate::resources::{Gvk, Served};
use crate::types::{not_null, property, short};

/// Kinds of requests and answers, which every group and version has; so are all whose names end in List.
const META: &[&str] = &["DeleteOptions", "Status", "WatchEvent"];

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Kind {
    pub(crate) api_version: String,
    pub(crate) name: String,
    pub(crate) plural: String,
    pub(crate) scope: &'static str,
    pub(crate) def: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) type_name: String,
    pub(crate) list: Option<String>,
    pub(crate) required: bool,
}

/// A struct.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Def {
    /// Server-side apply takes it as a whole.
    pub(crate) atomic: bool,
    /// Its fields by their names.
    pub(crate) fields: BTreeMap<String, Field>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Minor {
    pub(crate) kinds: BTreeSet<Kind>,
    pub(crate) defs: BTreeMap<String, Def>,
}

/// Reads the definitions of a minor, given how its kinds are served.
pub(crate) fn read(json: &[u8], served: &BTreeMap<Gvk, Served>) -> Fallible<Minor> {
    let file: Value = serde_json::from_slice(json).map_err(|error| error.to_string())?;
    let all = file.get("$defs").and_then(Value::as_object).ok_or("no $defs")?;
    let mut minor = Minor::default();
    let mut open: Vec<String> = Vec::new();
    let defined = defined(all)?;
    for (gvk, served) in served {
        let Served::Resource { plural, scope } = served else { continue };
        let full = defined.get(gvk).ok_or_else(|| format!("{gvk:?} has no definition"))?;
        minor.kinds.insert(Kind {
            api_version: gvk.api_version(),
            name: gvk.kind.clone(),
            plural: plural.clone(),
            scope,
            def: short(full)?.to_owned(),
        });
        open.push((*full).to_owned());
    }
    let unknown =
        |gvk: &&Gvk| !served.contains_key(gvk) && !META.contains(&gvk.kind.as_str()) && !gvk.kind.ends_with("List");
    if let Some(gvk) = defined.keys().find(unknown) {
        return Err(format!("{gvk:?} has no scope and no plural"));
    }
    while let Some(full) = open.pop() {
        let name = short(&full)?;
        if minor.defs.contains_key(name) {
            continue;
        }
        let schema = all.get(&full).and_then(Value::as_object).ok_or_else(|| format!("{full} is not defined"))?;
        let def = def(&full, schema, &mut open).map_err(|error| format!("{full}: {error}"))?;
        minor.defs.insert(name.to_owned(), def);
    }
    Ok(minor)
}

/// The definition of each group, version and kind.
fn defined(all: &Map<String, Value>) -> Fallible<BTreeMap<Gvk, &str>> {
    let mut defined = BTreeMap::new();
    for (full, schema) in all {
        let Some(list) = schema.get("x-kubernetes-group-version-kind") else { continue };
        for item in list.as_array().ok_or_else(|| format!("{full}: the kinds are no list"))? {
            let part = |key: &str| item.get(key).and_then(Value::as_str).map(str::to_owned);
            let (Some(group), Some(version), Some(kind)) = (part("group"), part("version"), part("kind")) else {
                return Err(format!("{full}: a kind without group, version or kind"));
            };
            let gvk = Gvk { group, version, kind };
            if let Some(other) = defined.insert(gvk, full.as_str()) {
                return Err(format!("{full} and {other} define the same kind"));
            }
        }
    }
    Ok(defined)
}

/// A definition. Those that its fields refer to are added to `open`.
fn def(full: &str, schema: &Map<String, Value>, open: &mut Vec<String>) -> Fallible<Def> {
    let known = |key: &&String| {
        let key = key.as_str();
        matches!(key, "description" | "properties" | "required" | "type")
            || matches!(key, "x-kubernetes-group-version-kind" | "x-kubernetes-map-type" | "x-kubernetes-unions")
    };
    if let Some(key) = schema.keys().find(|key| !known(key)) {
        return Err(format!("the keyword {key} is unknown"));
    }
    if not_null(schema)? != "object" {
        return Err("no object".to_owned());
    }
    let properties = match schema.get("properties") {
        Some(properties) => properties.as_object().ok_or("the properties are no object")?,
        // An empty struct. In apimachinery it may as well be anything at all, which the definition does not tell.
        None if !full.starts_with("io.k8s.apimachinery.") => &Map::new(),
        None => return Err("no properties: a struct without fields, or a type that should be built in?".to_owned()),
    };
    let atomic = match schema.get("x-kubernetes-map-type").map(Value::as_str) {
        None | Some(Some("granular")) => false,
        Some(Some("atomic")) => true,
        Some(_) => return Err("an unknown map type".to_owned()),
    };
    let mut fields = BTreeMap::new();
    for (name, schema) in properties {
        let typed = property(schema).map_err(|error| format!("{name}: {error}"))?;
        open.extend(typed.refers);
        fields.insert(name.clone(), Field { type_name: typed.name, list: typed.list, required: false });
    }
    let required = schema.get("required").map_or(Some(&[][..]), |list| list.as_array().map(Vec::as_slice));
    for name in required.ok_or("required is no list")? {
        let field = name.as_str().and_then(|name| fields.get_mut(name));
        field.ok_or_else(|| format!("{name} is required, but no property"))?.required = true;
    }
    if let Some(name) = fields.keys().find(|name| name.is_empty() || name.contains(char::is_whitespace)) {
        return Err(format!("{name:?} cannot be written in a line"));
    }
    Ok(Def { atomic, fields })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const POD: &str = "io.k8s.api.core.v1.Pod";

    /// Pods, with one property.
    fn defs(property: &Value) -> Value {
        json!({
            POD: {
                "type": ["object", "null"],
                "properties": {"spec": property},
                "required": ["spec"],
                "x-kubernetes-group-version-kind": [{"group": "", "version": "v1", "kind": "Pod"}],
            },
            "io.k8s.api.core.v1.PodList": {
                "type": "object",
                "x-kubernetes-group-version-kind": [{"group": "", "version": "v1", "kind": "PodList"}],
            },
            "io.k8s.api.core.v1.PodSpec": {"type": ["object", "null"]},
        })
    }

    fn minor(defs: &Value, kinds: &[&str]) -> Fallible<Minor> {
        let served = |kind: &&str| {
            let gvk = Gvk { group: String::new(), version: "v1".to_owned(), kind: (*kind).to_owned() };
            (gvk, Served::Resource { plural: "pods".to_owned(), scope: "namespaced" })
        };
        read(json!({"$defs": defs}).to_string().as_bytes(), &kinds.iter().map(served).collect())
    }

    #[test]
    fn only_what_a_kind_reaches_is_told() {
        let minor = minor(&defs(&json!({"$ref": "#/$defs/io.k8s.api.core.v1.PodSpec"})), &["Pod"]).unwrap();
        assert_eq!(minor.defs.keys().collect::<Vec<_>>(), ["core.v1.Pod", "core.v1.PodSpec"]);
        let spec = minor.defs["core.v1.Pod"].fields.get("spec").unwrap();
        assert_eq!((spec.type_name.as_str(), spec.required), ("core.v1.PodSpec", true));
        assert!(minor.defs["core.v1.PodSpec"].fields.is_empty());
    }

    #[test]
    fn every_kind_has_scope_plural_and_definition() {
        let defs = defs(&json!({"type": "string"}));
        assert!(minor(&defs, &[]).unwrap_err().contains("no scope"));
        assert!(minor(&defs, &["Pod", "Node"]).unwrap_err().contains("no definition"));
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        assert!(minor(&defs(&json!({"$ref": "#/$defs/io.k8s.api.core.v1.Gone"})), &["Pod"]).is_err());
        let changed = |key: &str, value: Value| {
            let mut defs = defs(&json!({"type": "string"}));
            defs[POD][key] = value;
            minor(&defs, &["Pod"])
        };
        assert!(changed("description", json!("A pod.")).is_ok());
        for (key, value) in [
            ("required", json!(["status"])),
            ("required", json!("spec")),
            ("properties", json!({"a b": {"type": "string"}})),
            ("type", json!("string")),
            ("oneOf", json!([])),
            ("x-kubernetes-group-version-kind", json!([{"group": ""}])),
        ] {
            assert!(changed(key, value).is_err(), "{key}");
        }
        assert!(read(b"{}", &BTreeMap::new()).is_err());
        assert!(read(b"{", &BTreeMap::new()).is_err());
    }
}
