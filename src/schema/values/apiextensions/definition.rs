//! A custom resource definition as it is, and what an update may not change: `ValidateCustomResourceDefinition`.

use std::borrow::Cow;
use std::collections::HashSet;

use super::node::is_alike;
use super::{ENOUGH, conversion, defaults, formats, version};
use crate::schema::stored::{At, Places};
use crate::schema::text::{name, url};
use crate::schema::values::{Cx, Read};
use crate::yaml::{Kind, Value};

const APPROVED: &str = "api-approved.kubernetes.io";

/// `ValidateCustomResourceDefinition`
pub(super) fn custom_resource_definition<'a>(cx: &mut Cx<'a>, object: Value<'a>) {
    let spec = object.get("spec");
    if spec.is_some_and(|spec| spec.kind() != Kind::Mapping) {
        return;
    }
    own_name(cx, object);
    group_and_scope(cx, object);
    if spec.is_some_and(|spec| spec.flag("preserveUnknownFields")) {
        preserves(cx, object);
    }
    if let Some(spec) = spec {
        versions(cx, spec);
    }
    storage(cx, object);
    names(cx, object);
    if let Some(spec) = spec {
        conversion::conversion(cx, spec);
    }
    if !cx.is_update() {
        approval(cx, object, None);
    }
    let mut seen = HashSet::new();
    for version in versions_of(object) {
        if let Some(root) = version.path(&["schema", "openAPIV3Schema"]) {
            formats::warn(cx, root, &mut seen);
        }
    }
}

/// `ValidateCustomResourceDefinitionUpdate`: what the old definition forbids. That it is established is taken for granted.
pub(super) fn custom_resource_definition_update<'a>(cx: &mut Cx<'a>, new: Value<'a>, old: Value<'_>) {
    for place in ["spec.scope", "spec.names.kind", "spec.group", "spec.names.plural"] {
        let text = |object: Value<'_>| place.split('.').try_fold(object, Value::get).map(Value::to_json);
        if text(new) != text(old) {
            cx.immutable(new.at(place));
        }
    }
    let stored = stored_before(old).unwrap_or_default();
    if !stored.is_empty() && !versions_of(new).any(|version| version.text("name") == stored) {
        let why = format!(
            "missing from spec.versions; {stored} was previously a storage version, and must remain in spec.versions until a \
             storage migration ensures no data remains persisted in {stored} and removes {stored} from status.storedVersions"
        );
        cx.changed_shown(new.at("spec.versions"), format_args!("{stored:?}"), why);
        cx.called("status.storedVersions[0]");
    }
    approval(cx, new, Some(old));
    if let Some(conversion) = new.path(&["spec", "conversion"]) {
        conversion::authorities(cx, conversion, old.path(&["spec", "conversion"]));
    }
}

/// The version that a definition stores.
fn stored_before(old: Value<'_>) -> Option<&str> {
    Some(versions_of(old).find(|version| version.flag("storage"))?.text("name"))
}

fn versions_of(object: Value<'_>) -> impl Iterator<Item = Value<'_>> {
    object.path(&["spec", "versions"]).into_iter().flat_map(Value::items).filter(|item| item.kind() == Kind::Mapping)
}

fn text<'a>(object: Value<'a>, path: &[&str]) -> &'a str {
    object.path(path).and_then(Value::as_str).unwrap_or_default()
}

/// The name is that of the kind. Updates do not change it.
fn own_name<'a>(cx: &mut Cx<'a>, object: Value<'a>) {
    let paths = [["spec", "names", "plural"].as_slice(), ["spec", "group"].as_slice()];
    if cx.is_update() || paths.into_iter().any(|path| object.path(path).is_some_and(|value| cx.is_opaque(value))) {
        return;
    }
    let is_right = |name: &str| {
        let [plural, group] = paths.map(|path| text(object, path));
        name.strip_prefix(plural).and_then(|rest| rest.strip_prefix('.')) == Some(group)
    };
    let why = "must be spec.names.plural+\".\"+spec.group";
    let (prefix, name) = (text(object, &["metadata", "generateName"]), text(object, &["metadata", "name"]));
    if !prefix.is_empty() && !is_right(prefix) {
        cx.invalid(object.at("metadata.generateName"), why);
    }
    if !name.is_empty() && !is_right(name) {
        cx.invalid(object.at("metadata.name"), why);
    } else if name.is_empty() && !prefix.is_empty() {
        // What the server generates is never right.
        cx.invalid_shown(object.at("metadata.name"), format_args!("{:?}", format!("{prefix}xxxxx")), why);
    }
}

fn group_and_scope<'a>(cx: &mut Cx<'a>, object: Value<'a>) {
    let (group, at) = (text(object, &["spec", "group"]), object.at("spec.group"));
    let wrong = name::dns_subdomain(group);
    if group.is_empty() {
        cx.required(at, "");
    } else if !wrong.is_empty() {
        cx.invalid(at, wrong.join(","));
    } else if !group.contains('.') {
        cx.invalid(at, "should be a domain with at least one dot");
    }
    cx.one_of(object.at("spec.scope"), &["Cluster", "Namespaced"]);
}

fn preserves<'a>(cx: &mut Cx<'a>, object: Value<'a>) {
    let at = object.at("spec.preserveUnknownFields");
    let schemas = versions_of(object).filter_map(|version| version.path(&["schema", "openAPIV3Schema"]));
    if schemas.into_iter().any(defaults::any) {
        cx.invalid(at, "must be false in order to use defaults in the schema");
    }
    let why = "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead";
    cx.invalid(at, why);
}

/// Whether all versions say the same of a field. The server then keeps it once, above the versions, and names it so.
fn is_shared(spec: Value<'_>, field: &str) -> bool {
    let mut versions = spec.list("versions").map(|version| version.get(field));
    let first = versions.next().flatten();
    versions.all(|other| match (first, other) {
        (Some(first), Some(other)) => is_alike(first, other),
        (Some(only), None) | (None, Some(only)) => only.kind() == Kind::Sequence && only.items().len() == 0,
        (None, None) => true,
    })
}

fn versions<'a>(cx: &mut Cx<'a>, spec: Value<'a>) {
    let all = || spec.list("versions").filter(|version| version.kind() == Kind::Mapping);
    for version in all() {
        let schema = version.get("schema");
        if schema.is_none_or(|schema| schema.kind() == Kind::Mapping && !schema.has("openAPIV3Schema")) {
            cx.required(version.at("schema.openAPIV3Schema"), "");
        }
    }
    let has_status = |version: Value<'_>| version.path(&["subresources", "status"]).is_some();
    let any_status = all().any(has_status);
    let shared = |field: &str| is_shared(spec, field);
    let [schemas, subresources, columns, selectable] =
        ["schema", "subresources", "additionalPrinterColumns", "selectableFields"].map(shared);
    for (index, version) in all().enumerate() {
        if cx.count() > ENOUGH {
            return;
        }
        own_version(cx, version, index == 0);
        let first = index == 0;
        if first || !schemas {
            let before = cx.count();
            version::schema(cx, version, if schemas { any_status } else { has_status(version) });
            above_versions(cx, before, schemas, "schema", "validation");
        }
        if first || !subresources {
            let before = cx.count();
            version::subresources(cx, version);
            above_versions(cx, before, subresources, "subresources", "subresources");
        }
        if first || !columns {
            let before = cx.count();
            version.list("additionalPrinterColumns").for_each(|column| version::column(cx, column));
            above_versions(cx, before, columns, "additionalPrinterColumns", "additionalPrinterColumns");
        }
        if first || !selectable {
            let before = cx.count();
            version::selectable(cx, version, schemas, selectable);
            above_versions(cx, before, selectable, "selectableFields", "selectableFields");
        }
    }
}

/// Give the problems since `before` the names that the server has for what all versions share.
fn above_versions(cx: &mut Cx<'_>, before: usize, shared: bool, field: &str, name: &str) {
    if shared {
        cx.renamed(before, |found| {
            let (_, rest) = found.strip_prefix("spec.versions[")?.split_once("].")?;
            Some(format!("spec.{name}{}", rest.strip_prefix(field)?))
        });
    }
}

/// What a version says of itself.
fn own_version<'a>(cx: &mut Cx<'a>, version: Value<'a>, is_first: bool) {
    let name = version.text("name");
    let wrong = name::dns_1035_label(name);
    if !wrong.is_empty() {
        cx.invalid_shown(version.at("name"), format_args!("{name:?}"), wrong.join(","));
        if is_first && !name.is_empty() {
            // The first version's name is kept a second time.
            cx.invalid_shown(version.here(), format_args!("{name:?}"), wrong.join(","));
            cx.called("spec.version");
        }
    }
    version::deprecation(cx, version);
}

/// Exactly one version is stored, and each has a name of its own.
fn storage<'a>(cx: &mut Cx<'a>, object: Value<'a>) {
    let versions = object.path(&["spec", "versions"]);
    if versions.is_some_and(|versions| versions.kind() != Kind::Sequence) {
        return;
    }
    let at = object.at("spec.versions");
    let shown = |cx: &mut Cx<'a>, why: &str| {
        let names: Vec<&str> = versions_of(object).map(|version| version.text("name")).collect();
        let names = versions.map_or_else(|| "null".to_owned(), |_| format!("{names:?}"));
        cx.invalid_shown(at, names, why);
    };
    let mut names = HashSet::new();
    if !versions_of(object).all(|version| names.insert(version.text("name"))) {
        shown(cx, "must contain unique version names");
    }
    if versions_of(object).filter_map(|version| version.get("storage")).any(|storage| cx.is_opaque(storage)) {
        return;
    }
    let stored = || versions_of(object).filter(|version| version.flag("storage"));
    if stored().count() != 1 {
        shown(cx, "must have exactly one version marked as storage version");
    }
    let Some(first) = stored().next() else {
        // An update keeps the versions that were stored before.
        if cx.is_update() {
            return;
        }
        cx.invalid_shown(at, "null", "must have at least one stored version");
        return cx.called("status.storedVersions");
    };
    // An update keeps the version that was stored before.
    let before = cx.old.and_then(stored_before).filter(|before| *before != first.text("name"));
    for other in stored().skip(1).filter(|other| Some(other.text("name")) != before) {
        let why = format!("must have the storage version {}", other.text("name"));
        cx.invalid_shown(other.at("storage"), format_args!("[{:?}]", first.text("name")), why);
        cx.called("status.storedVersions");
    }
}

/// `spec.names`
fn names<'a>(cx: &mut Cx<'a>, object: Value<'a>) {
    let names = object.path(&["spec", "names"]);
    if names.is_some_and(|names| names.kind() != Kind::Mapping) {
        return;
    }
    let text = |field: &str| names.map_or("", |names| names.text(field));
    let or =
        |given: &'a str, default: String| if given.is_empty() { Cow::Owned(default) } else { Cow::Borrowed(given) };
    let kind = text("kind");
    let singular = or(text("singular"), kind.to_lowercase());
    let list = or(text("listKind"), if kind.is_empty() { String::new() } else { format!("{kind}List") });
    let label = |cx: &mut Cx<'a>, at: At<'a>, text: &str, is_kind: bool| {
        let wrong = name::dns_1035_label(&if is_kind { Cow::Owned(text.to_lowercase()) } else { Cow::Borrowed(text) });
        if text.is_empty() {
            cx.required(at, "");
        } else if !wrong.is_empty() {
            let mixed = if is_kind { "may have mixed case, but should otherwise match: " } else { "" };
            cx.invalid_shown(at, format_args!("{text:?}"), format_args!("{mixed}{}", wrong.join(",")));
        }
    };
    label(cx, object.at("spec.names.plural"), text("plural"), false);
    // Nothing follows from a kind that is not known.
    let is_known = object.path(&["spec", "names", "kind"]).is_none_or(|kind| !cx.is_opaque(kind));
    if is_known || !text("singular").is_empty() {
        label(cx, object.at("spec.names.singular"), &singular, false);
    }
    label(cx, object.at("spec.names.kind"), kind, true);
    if is_known || !text("listKind").is_empty() {
        label(cx, object.at("spec.names.listKind"), &list, true);
    }
    if !kind.is_empty() && kind == list {
        cx.invalid(object.at("spec.names.listKind"), "kind and listKind may not be the same");
    }
    for field in ["shortNames", "categories"] {
        for item in names.into_iter().flat_map(|names| names.list(field)) {
            let text = item.as_str().unwrap_or_default();
            let wrong = name::dns_1035_label(text);
            if !wrong.is_empty() {
                cx.invalid(item.here(), wrong.join(","));
            }
        }
    }
}

/// `validateAPIApproval`: groups of the Kubernetes community need a word of its reviewers. What it was may stay.
fn approval<'a>(cx: &mut Cx<'a>, object: Value<'a>, old: Option<Value<'_>>) {
    let group = text(object, &["spec", "group"]);
    let is_protected =
        |domain: &str| group.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    if !is_protected("k8s.io") && !is_protected("kubernetes.io") {
        return;
    }
    let given = text(object, &["metadata", "annotations", APPROVED]);
    let state = Approval::of(given);
    if state == Approval::Given
        || old.is_some_and(|old| Approval::of(text(old, &["metadata", "annotations", APPROVED])) == state)
    {
        return;
    }
    let see = "see https://github.com/kubernetes/enhancements/pull/1111";
    let needs = format!("protected groups must have approval annotation {APPROVED:?}");
    let annotations = object.path(&["metadata", "annotations"]);
    let at = annotations.map_or_else(|| object.at("metadata.annotations"), |annotations| annotations.at_key(APPROVED));
    if state == Approval::Missing {
        cx.required(at, &format!("{needs}, {see}"));
    } else {
        cx.invalid(at, format_args!("{needs} with either a URL or a reason starting with \"unapproved\", {see}"));
    }
    cx.called(&format!("metadata.annotations[{APPROVED}]"));
}

#[derive(PartialEq, Eq)]
enum Approval {
    Missing,
    Given,
    Invalid,
}

impl Approval {
    fn of(text: &str) -> Self {
        let is_url = || url::parse(text).is_ok_and(|url| !url.host.is_empty() && !url.scheme.is_empty());
        match text {
            "" => Self::Missing,
            _ if text.starts_with("unapproved") || is_url() => Self::Given,
            _ => Self::Invalid,
        }
    }
}
