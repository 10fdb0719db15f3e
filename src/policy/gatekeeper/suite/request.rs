//! The request of a test: of an object, or the one that an AdmissionReview holds.

use super::namespace_object;
use crate::manifest::object::group_of;
use crate::policy::Value;
use crate::policy::gatekeeper::evaluate::Request;
use crate::policy::gatekeeper::matching::{field, text};
use crate::policy::review::{Lies, object_of};

/// Whether the object of a test is an AdmissionReview.
pub(super) fn is_review(object: &Value) -> bool {
    text(object, &["kind"]) == "AdmissionReview" && group_of(text(object, &["apiVersion"])) == "admission.k8s.io"
}

/// The request. A Namespace among the inventory is that of the object.
pub(super) fn of(object: &Value, inventory: &[Value]) -> Result<Request, String> {
    let fields = if is_review(object) { of_review(object)? } else { of_object(object) };
    let get = |key: &str| field(&fields, &[key]).filter(|value| **value != Value::Null).cloned();
    let namespace = text(&fields, &["namespace"]);
    let mut request = Request {
        operation: text(&fields, &["operation"]).to_owned(),
        namespace: namespace.to_owned(),
        lies: Lies::AsWritten,
        object: get("object"),
        old_object: get("oldObject"),
        namespace_object: namespace_object(inventory, namespace).cloned(),
        value: fields,
    };
    if request.operation == "DELETE" && request.old_object.is_none() {
        return Err("oldObject cannot be nil for DELETE operations".to_owned());
    }
    request.copy_deleted();
    Ok(request)
}

/// `gator` says no operation of a plain object.
fn of_object(object: &Value) -> Value {
    let api_version = text(object, &["apiVersion"]);
    let version = api_version.rsplit('/').next().unwrap_or_default();
    let kind = gvk(group_of(api_version), version, text(object, &["kind"]));
    let mut request = blank();
    if let Ok(fields) = request.as_object_mut() {
        let mut set = |key: &str, value: Value| fields.insert(Value::from(key), value);
        set("kind", kind);
        set("object", object.clone());
        for key in ["name", "namespace"] {
            let value = text(object, &["metadata", key]);
            if !value.is_empty() {
                set(key, Value::from(value));
            }
        }
    }
    request
}

fn of_review(review: &Value) -> Result<Value, String> {
    let request = field(review, &["request"]).and_then(|request| request.as_object().ok());
    let request = request.ok_or("request did not actually pass in an AdmissionRequest")?;
    let mut whole = blank();
    let Ok(fields) = whole.as_object_mut() else { return Ok(whole) };
    for (key, value) in request.iter_sorted().filter(|(_, value)| **value != Value::Null) {
        fields.insert(key.clone(), value.clone());
    }
    let object = |key: &str| fields.get(&Value::from(key)).filter(|value| **value != Value::Null);
    let both = [("object", object("object")), ("oldObject", object("oldObject"))];
    if both.iter().all(|(_, value)| value.is_none()) {
        return Err("AdmissionRequest does not contain an \"object\" or \"oldObject\" to review".to_owned());
    }
    for (key, value) in both {
        if value.is_some_and(|value| text(value, &["kind"]).is_empty()) {
            return Err(format!("the {key} of the AdmissionRequest has no kind"));
        }
    }
    Ok(whole)
}

/// A request with nothing in it, as Go writes it.
fn blank() -> Value {
    let resource = object_of(["group", "version", "resource"].map(|key| (key, Value::from(""))));
    object_of([
        ("uid", Value::from("")),
        ("kind", gvk("", "", "")),
        ("resource", resource),
        ("operation", Value::from("")),
        ("userInfo", Value::new_object()),
        ("object", Value::Null),
        ("oldObject", Value::Null),
        ("options", Value::Null),
        ("namespaceObject", Value::new_object()),
    ])
}

fn gvk(group: &str, version: &str, kind: &str) -> Value {
    object_of([("group", Value::from(group)), ("version", Value::from(version)), ("kind", Value::from(kind))])
}
