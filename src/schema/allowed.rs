//! The values that a field may have, as the judge names them when it refuses another one.
//!
//! Most enums are rules in code, some of them for one kind only (the `restartPolicy` of a Deployment's Pods). Asking the
//! judge says it once.

use std::sync::Arc;

use serde_json::{Value, json};

use super::builtin::judge;
use super::minors::MinorSet;
use super::problem::{Cause, Problem};
use super::table::{Field, Kind, Type};
use crate::manifest::object::objects_of;
use crate::manifest::unknown::Unknown;
use crate::source::{RepoPath, Side};
use crate::yaml::{Dialect, read};

/// A text that is no value of any field.
const NONE: &str = "?";

/// The values of the text at the end of a path of fields, for the newest of some minors; none when any text goes.
pub(super) fn values(kind: Kind, path: &[Field], minors: MinorSet) -> Vec<String> {
    let Some(text) = path.last().and_then(|field| text(field.ty())) else { return Vec::new() };
    let (mut value, mut pointer) = (text.0, text.1.to_owned());
    for (index, field) in path.iter().enumerate().rev() {
        pointer = format!("/{}{pointer}", field.name());
        value = json!({ field.name(): value });
        if let Some(above) = index.checked_sub(1).and_then(|above| path.get(above)) {
            let wrapped = wrap(above.ty(), value);
            (value, pointer) = (wrapped.0, wrapped.1 + &pointer);
        }
    }
    let Value::Object(mut object) = value else { return Vec::new() };
    object.insert("apiVersion".to_owned(), kind.api_version().into());
    object.insert("kind".to_owned(), kind.kind().into());
    object.entry("metadata").or_insert_with(|| json!({ "name": "a", "namespace": "a" }));
    let object = Value::Object(object).to_string();
    let stream = read(RepoPath::from("object.json"), Side::Head, object.as_bytes(), Dialect::Kubectl);
    let document = stream.documents.into_iter().next().map(Arc::new);
    let object = document.and_then(|document| objects_of(&document, Unknown::default()).into_iter().next());
    let Some(object) = object else { return Vec::new() };
    let problems = judge(&object, None, kind, minors).problems;
    let above = pointer.rsplit_once('/').map_or("", |(above, _)| above);
    let is_of_it = |problem: &&Problem| problem.cause == Cause::NotSupported && problem.pointer == pointer;
    // Of some the server shows the struct around it.
    let is_around = |problem: &&Problem| problem.cause == Cause::NotSupported && problem.pointer == above;
    let newest = |problem: &&Problem| problem.minors.minors().last();
    let told = problems.iter().filter(is_of_it).max_by_key(newest);
    let told = told.or_else(|| problems.iter().filter(is_around).max_by_key(newest));
    let listed = told.and_then(|problem| problem.message.split_once(": supported values: "));
    let listed = listed.map_or(String::new(), |(_, listed)| format!("[{listed}]"));
    serde_json::from_str(&listed).unwrap_or_default()
}

/// A value that is not allowed, for a text or a list of texts, and where in it the text stands.
fn text(ty: Type) -> Option<(Value, &'static str)> {
    let is_text = |ty: Type| matches!(ty, Type::Scalar(scalar) if scalar.word() == "string");
    match ty {
        Type::List(inner) if is_text(inner.ty()) => Some((json!([NONE]), "/0")),
        ty => is_text(ty).then(|| (json!(NONE), "")),
    }
}

/// A struct within the lists and maps that hold it, and where in them it stands.
fn wrap(ty: Type, inner: Value) -> (Value, String) {
    match ty {
        Type::List(item) => {
            let (value, pointer) = wrap(item.ty(), inner);
            (json!([value]), format!("/0{pointer}"))
        }
        Type::Map(item) => {
            let (value, pointer) = wrap(item.ty(), inner);
            (json!({ "a": value }), format!("/a{pointer}"))
        }
        _ => (inner, String::new()),
    }
}
