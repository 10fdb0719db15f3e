//! The admission request that policies see.

use std::collections::BTreeMap;

use regorus::Value;

/// Whether an object lies in a namespace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lies {
    /// If it says which, it does.
    #[default]
    AsWritten,
    /// Its kind does, even if the object does not say where.
    InNamespace,
    /// Nobody says whether its kind does, and the object does not say where.
    Anywhere,
}

/// An object before and after, as the API server would ask a webhook about it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Review {
    /// API group; empty for the core group.
    pub group: String,
    /// API version without the group.
    pub version: String,
    /// Kind.
    pub kind: String,
    /// The resource, plural and lower case, where it is known.
    pub resource: Option<String>,
    /// Namespace; none for a cluster-scoped object and for one whose namespace is not set.
    pub namespace: Option<String>,
    /// Whether it lies in a namespace.
    pub lies: Lies,
    /// Name; empty when the server makes it.
    pub name: String,
    /// What the server makes the name of.
    pub generate_name: String,
    /// `CREATE`, `UPDATE`, `DELETE`, or empty as in `gator verify` of a plain object.
    pub operation: String,
    /// The object after.
    pub object: Option<Value>,
    /// The object before.
    pub old_object: Option<Value>,
    /// The Namespace that it lies in, where the repository has it.
    pub namespace_object: Option<Value>,
}

/// A JSON object of some fields.
#[must_use]
pub fn object_of<const N: usize>(fields: [(&str, Value); N]) -> Value {
    Value::from(fields.into_iter().map(|(key, value)| (Value::from(key), value)).collect::<BTreeMap<_, _>>())
}

impl Review {
    /// The request of an AdmissionReview (`admission.k8s.io/v1`) as JSON. Who asks is made up and says so: a
    /// repository knows no user.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let text = |text: &str| Value::from(text);
        let or_null = |value: &Option<Value>| value.clone().unwrap_or(Value::Null);
        let kind =
            object_of([("group", text(&self.group)), ("version", text(&self.version)), ("kind", text(&self.kind))]);
        let mut request = object_of([
            ("uid", text("00000000-0000-0000-0000-000000000000")),
            ("kind", kind),
            ("operation", text(&self.operation)),
            ("name", text(&self.name)),
            ("userInfo", object_of([("username", text("portcullis")), ("synthetic", Value::from(true))])),
            ("object", or_null(&self.object)),
            ("oldObject", or_null(&self.old_object)),
            ("options", Value::Null),
            ("dryRun", Value::from(true)),
        ]);
        let mut add = |key: &str, value: Value| {
            if let Ok(fields) = request.as_object_mut() {
                fields.insert(Value::from(key), value);
            }
        };
        if let Some(resource) = &self.resource {
            let (group, version) = (text(&self.group), text(&self.version));
            add("resource", object_of([("group", group), ("version", version), ("resource", text(resource))]));
        }
        if let Some(namespace) = &self.namespace {
            add("namespace", text(namespace));
        }
        if let Some(namespace) = &self.namespace_object {
            add("namespaceObject", namespace.clone());
        }
        request
    }
}
