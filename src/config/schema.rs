//! The JSON Schema of `portcullis.yaml`, generated from the types that read it.

use serde_json::Value;

use super::raw::RawConfig;

/// The schema (draft 2020-12). A key may be absent but not null: `exclude:` with nothing behind it is a mistake.
#[must_use]
pub fn schema() -> Value {
    of::<RawConfig>()
}

/// The schema of a type, nulls forbidden.
pub(super) fn of<T: schemars::JsonSchema>() -> Value {
    let mut schema = schemars::schema_for!(T).to_value();
    forbid_null(&mut schema);
    schema
}

/// The schema as the text of `docs/portcullis.schema.json`.
#[must_use]
pub fn schema_text() -> String {
    format!("{:#}\n", schema())
}

/// Optional fields come out of the derive as "or null"; take the null away.
fn forbid_null(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            if let Some(Value::Array(types)) = map.get_mut("type") {
                types.retain(|kind| kind != "null");
                if let [one] = types.as_slice() {
                    let one = one.clone();
                    map.insert("type".to_owned(), one);
                }
            }
            if let Some(Value::Array(options)) = map.get_mut("anyOf") {
                options.retain(|option| option.get("type").is_none_or(|kind| kind != "null"));
                if let [Value::Object(one)] = options.as_slice() {
                    let one = one.clone();
                    map.shift_remove("anyOf");
                    map.extend(one);
                }
            }
            map.values_mut().for_each(forbid_null);
        }
        Value::Array(items) => items.iter_mut().for_each(forbid_null),
        _ => {}
    }
}
