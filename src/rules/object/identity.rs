//! `object/missing-api-version`, `object/missing-kind`, `object/missing-name`, `object/non-string-identity`: what an
//! object needs before anything else can be said of it.

use crate::check::{Check, Context, Draft, DraftFix, Review, Subject};
use crate::finding::{Operation, Severity};
use crate::manifest::object::Object;
use crate::rules::{By, Rule};
use crate::yaml::{Kind, Value, pointer};

const DECODER: &str = "apimachinery's decoder: Object 'Kind' or 'apiVersion' is missing or not a string";

/// `object/missing-api-version`.
pub const MISSING_API_VERSION: Rule = Rule {
    id: "object/missing-api-version",
    aliases: &[],
    severity: Severity::Error,
    by: By::Server,
    basis: DECODER,
    summary: "The object has no apiVersion.",
    explanation: "\
An object without `apiVersion` belongs to no API: kubectl refuses the whole file (`apiVersion not set`).

Add it as the first line. `kubectl explain KIND` names the version; for the core group it is `v1`.",
};

/// `object/missing-kind`.
pub const MISSING_KIND: Rule = Rule {
    id: "object/missing-kind",
    aliases: &[],
    severity: Severity::Error,
    by: By::Server,
    basis: DECODER,
    summary: "The object has no kind.",
    explanation: "\
An object without `kind` cannot be decoded: kubectl refuses the file (`Object 'Kind' is missing`), and so does kustomize \
(`missing kind`).

Add the kind; field names are case-sensitive, so `Kind:` is not it.",
};

/// `object/missing-name`.
pub const MISSING_NAME: Rule = Rule {
    id: "object/missing-name",
    aliases: &[],
    severity: Severity::Error,
    by: By::Server,
    basis: "recorded answers of kube-apiserver: metadata.name: Required value: name or generateName is required",
    summary: "The object has no name.",
    explanation: "\
Every object needs `metadata.name`. The API server refuses one without it, and kustomize does not even load it \
(`missing metadata.name`).

Add `metadata.name`. An object that exists to be created again and again, with `generateName`, does not belong in a \
folder that an agent applies.",
};

/// `object/non-string-identity`.
pub const NON_STRING_IDENTITY: Rule = Rule {
    id: "object/non-string-identity",
    aliases: &[],
    severity: Severity::Error,
    by: By::Server,
    basis: DECODER,
    summary: "apiVersion, kind, name or namespace is not a string.",
    explanation: "\
`apiVersion`, `kind`, `metadata.name` and `metadata.namespace` must be strings. An unquoted number, boolean or date is \
none: `name: 123`, `namespace: on`, `name: 1e3`.

Put the value in quotes.",
};

/// `object/not-an-object`.
pub const NOT_AN_OBJECT: Rule = Rule {
    id: "object/not-an-object",
    aliases: &[],
    severity: Severity::Error,
    by: By::Client("kustomize"),
    basis: "recorded answers of kustomize: missing Resource metadata, missing kind in object",
    summary: "A document of a file that kustomize or Flux takes is no object.",
    explanation: "\
Whatever a kustomization names as a resource must be an object in every document, and so must every `*.yaml` and `*.yml` \
below a path for which Flux makes the kustomization itself, because there is none. A list, a text or a mapping without \
`apiVersion`, `kind` and `metadata` (values of a chart, a program's configuration) makes kustomize refuse everything that \
the root deploys: `missing Resource metadata`. kubectl refuses it, too.

Take it out of `resources`, move it out of the path, or name it in `.sourceignore`. Of a list of objects, write each as a \
document of its own, with `---` between them.",
};

/// The fields that are judged here: pointer and path.
pub const IDENTITY: [(&str, &[&str]); 4] = [
    ("/apiVersion", &["apiVersion"]),
    ("/kind", &["kind"]),
    ("/metadata/name", &["metadata", "name"]),
    ("/metadata/namespace", &["metadata", "namespace"]),
];

/// Looks at apiVersion, kind, name and namespace.
#[derive(Debug)]
pub struct Identity;

impl Check for Identity {
    fn rules(&self) -> &'static [&'static Rule] {
        &[&MISSING_API_VERSION, &MISSING_KIND, &MISSING_NAME, &NON_STRING_IDENTITY, &NOT_AN_OBJECT]
    }

    fn check(&self, _: &Context<'_>, subject: Subject<'_>, drafts: &mut Vec<Draft>) {
        let Subject::Object(Review { new: Some(object), operation, .. }) = subject else { return };
        if operation == Operation::Delete {
            return;
        }
        let value = object.value();
        if let Some(what) = why_none(object) {
            let message = format!("{what} is no object: missing Resource metadata");
            let help = "take it out of what is deployed, or write an object: apiVersion, kind, metadata";
            drafts.push(Draft::at(&NOT_AN_OBJECT, object, "", message).help(help));
            return;
        }
        for (pointer, path) in IDENTITY {
            let is_wrong = |found: &Value<'_>| !matches!(found.kind(), Kind::Null | Kind::String);
            let found = value.path(path).filter(|found| is_wrong(found) && object.unknown(*found).is_none());
            let Some(found) = found else { continue };
            let field = path.join(".");
            let what = match found.kind() {
                Kind::Bool => "a boolean",
                Kind::Int | Kind::Float => "a number",
                Kind::Sequence => "a list",
                _ => "a mapping",
            };
            let text = object.source().text.get(object.span(pointer).range()).unwrap_or_default();
            let help = if text.contains("${") {
                "Flux replaces the variable and reads the text again, and quotes no longer count: choose a default that \
                 is a text"
            } else {
                "put the value in quotes"
            };
            drafts.push(
                Draft::at(&NON_STRING_IDENTITY, object, pointer, format!("{field}: must be a string, is {what}"))
                    .help(help),
            );
        }
        let is_empty = |v: Value<'_>| object.unknown(v).is_none() && (v.is_null() || v.as_str() == Some(""));
        let missing = |path: &[&str]| value.path(path).is_none_or(is_empty);
        if object.api_version.is_empty() && missing(&["apiVersion"]) {
            let mut draft = Draft::at(&MISSING_API_VERSION, object, "/apiVersion", "apiVersion not set");
            draft.fix = misspelt(object, value, "apiVersion");
            // An overlay adds what is not there; nobody adds what is there under another name.
            draft.absent = draft.fix.is_none();
            if let Some(fix) = &draft.fix {
                draft.span = fix.span;
            }
            drafts.push(draft);
        }
        if object.key.kind.is_empty() && missing(&["kind"]) {
            let mut draft = Draft::at(&MISSING_KIND, object, "/kind", "Object 'Kind' is missing");
            draft.fix = misspelt(object, value, "kind");
            if let Some(fix) = &draft.fix {
                draft.span = fix.span;
            }
            drafts.push(draft);
        }
        // The server makes up the name of a LimitRange that has none.
        let needs_name = (object.key.group.as_str(), object.key.kind.as_str()) != ("", "LimitRange");
        // The schema tells of a field of metadata that is none, and of the one that was meant.
        let has_other = || value.get("metadata").is_some_and(|metadata| misspelt(object, metadata, "name").is_some());
        if needs_name && missing(&["metadata", "name"]) && missing(&["metadata", "generateName"]) && !has_other() {
            let message = "metadata.name: Required value: name or generateName is required";
            drafts.push(Draft::at(&MISSING_NAME, object, "/metadata/name", message));
        }
    }
}

/// What stands in an object's place, in words.
fn why_none(object: &Object) -> Option<&'static str> {
    let value = object.value();
    match value.kind() {
        _ if !object.api_version.is_empty() || !object.key.kind.is_empty() => None,
        Kind::Mapping => {
            let has = |key: &&str| value.get(key).is_some();
            (!["apiVersion", "kind", "metadata"].iter().any(has))
                .then_some("a mapping without apiVersion, kind and metadata")
        }
        Kind::Sequence => Some("a list"),
        Kind::Null => Some("nothing"),
        _ => Some("a text or number"),
    }
}

/// The fix of a mapping's key that was probably meant for this one.
fn misspelt(object: &Object, mapping: Value<'_>, meant: &str) -> Option<DraftFix> {
    let near = |key: &str| {
        let distance = strsim::damerau_levenshtein(&key.to_ascii_lowercase(), &meant.to_ascii_lowercase());
        key != meant && distance <= meant.len() / 4
    };
    let (_, key, _) = mapping.entries().find(|(key, ..)| near(key))?;
    let span = pointer::span_of(&object.document, key)?;
    Some(DraftFix { title: format!("rename the key to \"{meant}\""), span, replacement: meant.to_owned() })
}
