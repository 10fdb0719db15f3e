//! One version of a custom resource: `validateCustomResourceDefinitionVersion`.

use std::collections::HashSet;

use super::fits::Work;
use super::node::{Known, Node, is_convertible};
use super::openapi::{self, Above};
use super::{ENOUGH, defaults, field_path, structural};
use crate::schema::stored::{At, Places};
use crate::schema::values::{Cx, Read};
use crate::yaml::{Kind, Value};

/// How many fields of a version may be selectable.
const SELECTABLE: usize = 8;
const COLUMN_TYPES: [&str; 5] = ["boolean", "date", "integer", "number", "string"];
const COLUMN_FORMATS: [&str; 8] = ["byte", "date", "date-time", "double", "float", "int32", "int64", "password"];
/// What the root of a schema may say when the status is a subresource, by the server's names.
const ROOT: &str = "[Description Type Format Title Maximum ExclusiveMaximum Minimum ExclusiveMinimum MaxLength MinLength \
                    Pattern MaxItems MinItems UniqueItems MultipleOf Required Items Properties ExternalDocs Example \
                    XPreserveUnknownFields XValidations]";

/// `validateDeprecationWarning`
pub(super) fn deprecation<'a>(cx: &mut Cx<'a>, version: Value<'a>) {
    let Some(warning) = version.text_if("deprecationWarning") else { return };
    let at = version.at("deprecationWarning");
    if !version.flag("deprecated") {
        return cx.invalid(at, "can only be set for deprecated versions");
    }
    if warning.len() > 256 {
        cx.invalid(at, "must be <= 256 characters long");
    }
    if warning.is_empty() {
        cx.invalid(at, "must not be an empty string");
    }
    if let Some((index, _)) = warning.char_indices().find(|(_, character)| !is_printable(*character)) {
        let why = "must only contain printable UTF-8 characters; non-printable character found at index";
        cx.invalid(at, format_args!("{why} {index}"));
    }
}

/// `unicode.IsPrint`, nearly: no control characters, and no other blank than the usual one.
fn is_printable(character: char) -> bool {
    character == ' '
        || !(character.is_control()
            || character.is_whitespace()
            || matches!(character, '\u{200B}'..='\u{200F}' | '\u{FEFF}' | '\u{E000}'..='\u{F8FF}'))
}

/// `validateCustomResourceDefinitionValidation`
pub(super) fn schema<'a>(cx: &mut Cx<'a>, version: Value<'a>, has_status: bool) {
    let Some(root) = version.path(&["schema", "openAPIV3Schema"]).filter(|root| root.kind() == Kind::Mapping) else {
        return;
    };
    let before = cx.count();
    if has_status {
        root_with_status(cx, root);
    }
    if root.flag("nullable") {
        cx.forbidden(root.at("nullable"), "nullable cannot be true at the root");
    }
    let convertible = is_convertible(root);
    if convertible.is_ok() {
        let structure = cx.count();
        structural::structural(cx, root);
        if cx.count() == structure && defaults::any(root) {
            defaults::check(cx, root, true, false, &mut Work::new());
        }
    }
    openapi::schema(cx, root, Above::default());
    // What keeps the server from reading the structure was mostly said already.
    if let Err(why) = convertible
        && cx.count() == before
    {
        cx.invalid_shown(root.here(), "\"\"", why);
    }
}

fn root_with_status<'a>(cx: &mut Cx<'a>, root: Value<'a>) {
    let node = Node::read(root);
    let is_foreign = |(key, _, value): (&str, _, Value<'_>)| match key {
        "id" | "$schema" | "nullable" | "x-kubernetes-embedded-resource" | "x-kubernetes-int-or-string" => {
            !super::node::is_zero(value)
        }
        "$ref"
        | "default"
        | "maxProperties"
        | "minProperties"
        | "enum"
        | "allOf"
        | "oneOf"
        | "anyOf"
        | "not"
        | "additionalProperties"
        | "patternProperties"
        | "dependencies"
        | "additionalItems"
        | "definitions"
        | "x-kubernetes-list-map-keys"
        | "x-kubernetes-list-type"
        | "x-kubernetes-map-type" => true,
        _ => false,
    };
    // The server stops at the first field that it finds, and looks at these three before the type.
    let comes_first = |(key, _, value): &(&str, _, Value<'_>)| {
        matches!(*key, "id" | "$schema") && !super::node::is_zero(*value) || *key == "$ref"
    };
    if !node.ty.is_empty() && node.ty != "object" && !root.entries().any(|entry| comes_first(&entry)) {
        let why =
            "only \"object\" is allowed as the type at the root of the schema if the status subresource is enabled";
        return cx.invalid(root.at("type"), why);
    }
    if root.entries().any(is_foreign) {
        let why =
            format!("only {ROOT} fields are allowed at the root of the schema if the status subresource is enabled");
        cx.invalid_shown(root.here(), "{…}", why);
    }
}

/// `ValidateCustomResourceDefinitionSubresources`
pub(super) fn subresources<'a>(cx: &mut Cx<'a>, version: Value<'a>) {
    let Some(scale) = version.path(&["subresources", "scale"]) else { return };
    for (field, prefix) in [("specReplicasPath", ".spec."), ("statusReplicasPath", ".status.")] {
        let path = scale.text(field);
        if path.is_empty() {
            cx.required(scale.at(field), "");
        } else if simple_path(cx, scale.at(field), path) && !path.starts_with(prefix) {
            let parent = prefix.trim_end_matches('.');
            cx.invalid(scale.at(field), format_args!("should be a json path under {parent}"));
        }
    }
    let path = scale.text("labelSelectorPath");
    let at = scale.at("labelSelectorPath");
    if !path.is_empty() && simple_path(cx, at, path) && !path.starts_with(".spec.") && !path.starts_with(".status.") {
        cx.invalid(at, "should be a json path under either .spec or .status");
    }
}

fn simple_path<'a>(cx: &mut Cx<'a>, at: At<'a>, path: &str) -> bool {
    let is_simple = path.starts_with('.');
    if !is_simple {
        cx.invalid(at, "must be a simple json path starting with .");
    }
    is_simple
}

/// `ValidateCustomResourceColumnDefinition`
pub(super) fn column<'a>(cx: &mut Cx<'a>, column: Value<'a>) {
    if column.text("name").is_empty() {
        cx.required(column.at("name"), "");
    }
    let ty = column.text("type");
    let types = || format!("must be one of {}", COLUMN_TYPES.join(","));
    if ty.is_empty() {
        cx.required(column.at("type"), &types());
    } else if !COLUMN_TYPES.contains(&ty) {
        cx.invalid(column.at("type"), types());
    }
    let format = column.text("format");
    if !format.is_empty() && !COLUMN_FORMATS.contains(&format) {
        cx.invalid(column.at("format"), format_args!("must be one of {}", COLUMN_FORMATS.join(",")));
    }
    let (before, path) = (cx.count(), column.text("jsonPath"));
    if path.is_empty() {
        cx.required(column.at("jsonPath"), "");
    } else {
        simple_path(cx, column.at("jsonPath"), path);
    }
    cx.renamed(before, |field| field.strip_suffix("jsonPath").map(|column| format!("{column}JSONPath")));
}

/// `ValidateCustomResourceSelectableFields`. The server wants schema and fields at one level: `schemas` and `fields` say
/// whether all versions share them.
pub(super) fn selectable<'a>(cx: &mut Cx<'a>, version: Value<'a>, schemas: bool, fields: bool) {
    if version.count("selectableFields") == 0 {
        return;
    }
    let root = version.path(&["schema", "openAPIV3Schema"]).filter(|_| schemas == fields);
    let Some(root) = root else {
        let why = if fields {
            "may only be set when validations.schema is included"
        } else {
            "may only be set when `version.schema.openAPIV3Schema` is not included"
        };
        return cx.invalid_shown(version.at("selectableFields"), "\"\"", why);
    };
    if is_convertible(root).is_err() {
        return;
    }
    let (mut seen, mut known) = (HashSet::new(), Known::default());
    for field in version.list("selectableFields").take(ENOUGH) {
        let (path, at) = (field.text("jsonPath"), field.at("jsonPath"));
        if path.is_empty() {
            cx.required(at, "");
            continue;
        }
        let found = match field_path::find(path, root, false, &mut known) {
            Ok(found) => found,
            Err(why) => {
                cx.invalid(at, format_args!("is an invalid path: {why}"));
                continue;
            }
        };
        if found.path == ".metadata" || found.path.starts_with(".metadata.") || found.path.starts_with(".metadata[") {
            cx.invalid(at, "must not point to fields in metadata");
        }
        let ty = found.schema.map_or("", |schema| Node::read(schema).ty);
        if !matches!(ty, "string" | "boolean" | "integer") {
            let why = "must point to a field of type string, boolean or integer. Enum string fields and strings with \
                       formats are allowed.";
            cx.invalid(at, why);
        }
        if !seen.insert(found.path) {
            cx.duplicate(at);
        }
    }
    if seen.len() > SELECTABLE {
        cx.too_many(version.at("selectableFields"), seen.len(), SELECTABLE);
    }
}
