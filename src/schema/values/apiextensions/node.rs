//! One node of a CRD's schema (`JSONSchemaProps`), its fields found once.

use std::collections::HashMap;

use crate::schema::values::Read;
use crate::yaml::{Kind, NodeId, Value};

/// A node. Texts that are absent are empty; `Option` where absence counts.
#[derive(Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "the flags of the schema, by their names")]
pub(super) struct Node<'a> {
    pub(super) value: Value<'a>,
    pub(super) ty: &'a str,
    pub(super) format: &'a str,
    pub(super) pattern: &'a str,
    pub(super) nullable: bool,
    pub(super) unique_items: bool,
    pub(super) embedded: bool,
    pub(super) int_or_string: bool,
    pub(super) preserves: Option<bool>,
    pub(super) list_type: Option<&'a str>,
    pub(super) map_type: Option<&'a str>,
    pub(super) list_keys: Option<Value<'a>>,
    pub(super) rules: Option<Value<'a>>,
    pub(super) default: Option<Value<'a>>,
    pub(super) items: Option<Value<'a>>,
    pub(super) properties: Option<Value<'a>>,
    pub(super) additional: Option<Value<'a>>,
    pub(super) not: Option<Value<'a>>,
    pub(super) all_of: Option<Value<'a>>,
    pub(super) any_of: Option<Value<'a>>,
    pub(super) one_of: Option<Value<'a>>,
    /// A field that no structural schema has: `id`, `$schema`, `$ref`, `definitions` and the like.
    pub(super) has_foreign: bool,
}

impl<'a> Node<'a> {
    pub(super) fn read(value: Value<'a>) -> Self {
        let mut node = Self {
            value,
            ty: "",
            format: "",
            pattern: "",
            nullable: false,
            unique_items: false,
            embedded: false,
            int_or_string: false,
            preserves: None,
            list_type: None,
            map_type: None,
            list_keys: None,
            rules: None,
            default: None,
            items: None,
            properties: None,
            additional: None,
            not: None,
            all_of: None,
            any_of: None,
            one_of: None,
            has_foreign: false,
        };
        for (key, _, field) in value.entries() {
            let text = || field.as_str().unwrap_or_default();
            let flag = || field.as_bool().unwrap_or_default();
            match key {
                "type" => node.ty = text(),
                "format" => node.format = text(),
                "pattern" => node.pattern = text(),
                "nullable" => node.nullable = flag(),
                "uniqueItems" => node.unique_items = flag(),
                "x-kubernetes-embedded-resource" => node.embedded = flag(),
                "x-kubernetes-int-or-string" => node.int_or_string = flag(),
                "x-kubernetes-preserve-unknown-fields" => node.preserves = field.as_bool(),
                "x-kubernetes-list-type" => node.list_type = field.as_str(),
                "x-kubernetes-map-type" => node.map_type = field.as_str(),
                "x-kubernetes-list-map-keys" => node.list_keys = Some(field),
                "x-kubernetes-validations" => node.rules = Some(field),
                "default" => node.default = Some(field),
                "items" => node.items = Some(field),
                "properties" => node.properties = Some(field),
                "additionalProperties" => node.additional = Some(field),
                "not" => node.not = Some(field),
                "allOf" => node.all_of = Some(field),
                "anyOf" => node.any_of = Some(field),
                "oneOf" => node.one_of = Some(field),
                "$schema" | "id" | "$ref" | "additionalItems" | "definitions" | "dependencies"
                | "patternProperties" => {
                    node.has_foreign = true;
                }
                _ => {}
            }
        }
        node
    }

    /// The schema of the items; none where it is a list of schemas.
    pub(super) fn item_schema(&self) -> Option<Value<'a>> {
        self.items.filter(|items| items.kind() == Kind::Mapping)
    }

    /// The schema of the other values of a map; none where it is a boolean.
    pub(super) fn additional_schema(&self) -> Option<Value<'a>> {
        self.additional.filter(|schema| schema.kind() == Kind::Mapping)
    }

    /// The properties and their schemas.
    pub(super) fn properties(&self) -> impl Iterator<Item = (&'a str, Value<'a>)> + use<'a> {
        pairs(self.properties)
    }

    /// A property's schema.
    pub(super) fn property(&self, name: &str) -> Option<Value<'a>> {
        self.properties?.get(name)
    }

    pub(super) fn preserves(&self) -> bool {
        self.preserves.unwrap_or_default()
    }

    /// The schemas under `allOf`, `anyOf`, `oneOf` and `not`.
    pub(super) fn junctors(&self) -> impl Iterator<Item = Value<'a>> + use<'a> {
        let lists = [self.all_of, self.any_of, self.one_of];
        lists.into_iter().flatten().flat_map(Value::items).chain(self.not)
    }

    /// The node's children wherever they are, list by list.
    pub(super) fn children(&self) -> impl Iterator<Item = Value<'a>> + use<'a> {
        let items = self
            .items
            .into_iter()
            .flat_map(|items| items.items().chain((items.kind() == Kind::Mapping).then_some(items)));
        items.chain(self.junctors()).chain(self.properties().map(|(_, schema)| schema)).chain(self.additional_schema())
    }
}

fn pairs(mapping: Option<Value<'_>>) -> impl Iterator<Item = (&str, Value<'_>)> {
    mapping.into_iter().flat_map(|mapping| mapping.entries().map(|(key, _, value)| (key, value)))
}

/// The zero value of its type, which in a JSON schema is the same as absence: false, the empty text.
pub(super) fn is_zero(value: Value<'_>) -> bool {
    match value.kind() {
        Kind::Bool => value.as_bool() == Some(false),
        Kind::String => value.as_str() == Some(""),
        Kind::Null => true,
        _ => false,
    }
}

/// Equal to the server, for which the zero value of most fields is the same as absence.
pub(super) fn is_alike(one: Value<'_>, other: Value<'_>) -> bool {
    one.same(other) || alike(one, other, false)
}

fn alike(one: Value<'_>, other: Value<'_>, is_map: bool) -> bool {
    match (one.kind(), other.kind()) {
        (Kind::Mapping, Kind::Mapping) => {
            let counts = |(key, _, value): &(&str, _, Value<'_>)| is_map || !is_absent(key, *value);
            let index: HashMap<&str, Value<'_>> =
                other.entries().filter(counts).map(|(key, _, value)| (key, value)).collect();
            let same = |(key, _, value): (&str, _, Value<'_>)| {
                let holds_map = matches!(key, "properties" | "definitions" | "patternProperties" | "dependencies");
                let is_json = !is_map && matches!(key, "default" | "example" | "enum");
                let compare = |other: &Value<'_>| {
                    if is_json { value.same(*other) } else { alike(value, *other, !is_map && holds_map) }
                };
                index.get(key).is_some_and(compare)
            };
            one.entries().filter(counts).count() == index.len() && one.entries().filter(counts).all(same)
        }
        (Kind::Sequence, Kind::Sequence) => {
            one.items().len() == other.items().len()
                && one.items().zip(other.items()).all(|(one, other)| alike(one, other, false))
        }
        _ => one.same(other),
    }
}

/// The zero value of a field that is no pointer to the server.
fn is_absent(key: &str, value: Value<'_>) -> bool {
    match value.kind() {
        Kind::Sequence => value.items().len() == 0 && key != "items",
        Kind::Mapping => {
            value.entries().len() == 0
                && matches!(key, "properties" | "definitions" | "patternProperties" | "dependencies")
        }
        _ => {
            let pointers = [
                "$ref",
                "default",
                "example",
                "additionalProperties",
                "additionalItems",
                "x-kubernetes-preserve-unknown-fields",
                "x-kubernetes-list-type",
                "x-kubernetes-map-type",
                "labelSelectorPath",
                "reason",
                "optionalOldSelf",
            ];
            is_zero(value) && !pointers.contains(&key)
        }
    }
}

/// The properties of the nodes that were asked for theirs, so that many questions about many properties take no time.
#[derive(Default)]
pub(super) struct Known<'a>(HashMap<NodeId, HashMap<&'a str, Value<'a>>>);

impl<'a> Known<'a> {
    /// A property's schema.
    pub(super) fn property(&mut self, node: &Node<'a>, name: &str) -> Option<Value<'a>> {
        let properties = node.properties?;
        if properties.entries().len() <= 16 {
            return properties.get(name);
        }
        self.0.entry(properties.id()).or_insert_with(|| node.properties().collect()).get(name).copied()
    }
}

/// Whether the server can read the schema as a structural one at all; else it looks at no structure.
pub(super) fn is_convertible(schema: Value<'_>) -> Result<(), &'static str> {
    let node = Node::read(schema);
    if node.has_foreign {
        let fields = [
            ("id", "OpenAPIV3Schema 'id' is not supported"),
            ("$schema", "OpenAPIV3Schema 'schema' is not supported"),
            ("$ref", "OpenAPIV3Schema '$ref' is not supported"),
            ("patternProperties", "OpenAPIV3Schema 'patternProperties' is not supported"),
            ("dependencies", "OpenAPIV3Schema 'dependencies' is not supported"),
            ("additionalItems", "OpenAPIV3Schema 'additionalItems' is not supported"),
            ("definitions", "OpenAPIV3Schema 'definitions' is not supported"),
        ];
        for (field, why) in fields {
            let found = match field {
                "id" | "$schema" | "$ref" => !schema.text(field).is_empty(),
                "additionalItems" => schema.has(field),
                _ => schema.count(field) > 0,
            };
            if found {
                return Err(why);
            }
        }
    }
    if node.preserves == Some(false) {
        return Err("internal error: 'x-kubernetes-preserve-unknown-fields' must be true or undefined");
    }
    if node.items.is_some_and(|items| items.items().len() > 0) {
        return Err("OpenAPIV3Schema 'items' must be a schema, but is an array");
    }
    node.children().try_for_each(is_convertible)
}
