//! Does a value have the shape that the JSON Schema of the raw types asks for? Reports every mistake, not only the first.
//!
//! Reads just the words that the derive writes for [`super::raw`]; formats (dates, minors, globs) are checked where they
//! are read.

use serde_json::{Map, Value};

use super::error::{Collector, did_you_mean};
use super::read::Part;
use crate::yaml::pointer::child;

/// Report to `errors` everything in `value` that the schema does not allow.
pub(super) fn check(schema: &Value, value: &Value, errors: &mut Collector<'_>) {
    Walker { root: schema, errors }.value(schema, value, "");
}

struct Walker<'a, 'e, 's> {
    root: &'a Value,
    errors: &'e mut Collector<'s>,
}

impl<'a> Walker<'a, '_, '_> {
    fn resolve(&self, mut schema: &'a Value) -> &'a Value {
        while let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            let Some(next) = reference.strip_prefix('#').and_then(|pointer| self.root.pointer(pointer)) else { break };
            schema = next;
        }
        schema
    }

    fn value(&mut self, schema: &'a Value, value: &Value, pointer: &str) {
        let schema = self.resolve(schema);
        if value.is_null() && schema.get("type").is_some_and(|kind| kind != "null") {
            let help = "give it a value, or remove the key";
            return self.errors.at(pointer, Part::Key, format!("{} has no value", name(pointer)), Some(help.into()));
        }
        let words = words(schema);
        if !words.is_empty() {
            return self.word(&words, value, pointer);
        }
        let expected = schema.get("type").and_then(Value::as_str);
        match (expected, value) {
            (Some("object"), Value::Object(map)) => self.mapping(schema, map, pointer),
            (Some("array"), Value::Array(items)) => {
                for (index, item) in items.iter().enumerate() {
                    let item_schema = schema.get("items").unwrap_or(&Value::Bool(true));
                    self.value(item_schema, item, &child(pointer, &index.to_string()));
                }
            }
            (Some("string"), Value::String(text)) => {
                if text.trim().is_empty() && schema.get("minLength").is_some() {
                    self.errors.value(pointer, format!("{} is empty", name(pointer)), "say it in a few words");
                }
            }
            (Some("integer"), Value::Number(number)) => {
                let (low, high) = (schema.get("minimum"), schema.get("maximum"));
                let above = low.and_then(Value::as_f64).is_none_or(|low| number.as_f64().is_some_and(|n| n >= low));
                let below = high.and_then(Value::as_f64).is_none_or(|high| number.as_f64().is_some_and(|n| n <= high));
                if !(above && below && number.as_u64().is_some()) {
                    let message = format!("{} is {number}; this portcullis reads only 1", name(pointer));
                    self.errors.value(pointer, message, "a newer version of the file needs a newer portcullis");
                }
            }
            (None, _) => {}
            (Some(expected), _) => self.wrong_kind(expected, value, pointer),
        }
    }

    fn wrong_kind(&mut self, expected: &str, value: &Value, pointer: &str) {
        let (expected, help) = match (expected, value) {
            ("string", Value::Number(_) | Value::Bool(_)) => {
                ("text", Some("put it in quotes; without them YAML reads a number or a truth value"))
            }
            ("array", Value::String(_)) => ("a list", Some("write a list, also of one: [\"...\"]")),
            ("string", _) => ("text", None),
            ("array", _) => ("a list", None),
            ("object", _) => ("a mapping", None),
            ("integer", Value::String(_)) => ("a number", Some("remove the quotes")),
            ("integer", _) => ("a number", None),
            (other, _) => (other, None),
        };
        let message = format!("{} is {}; expected {expected}", name(pointer), shown(value));
        self.errors.at(pointer, Part::Value, message, help.map(str::to_owned));
    }

    fn word(&mut self, words: &[&str], value: &Value, pointer: &str) {
        if value.as_str().is_some_and(|text| words.contains(&text)) {
            return;
        }
        let help = value.as_str().and_then(|text| did_you_mean(text, words.iter().copied()));
        let message = format!("{} is {}; expected {}", name(pointer), shown(value), words.join(", "));
        self.errors.at(pointer, Part::Value, message, help.map(|word| format!("did you mean `{word}`?")));
    }

    fn mapping(&mut self, schema: &'a Value, map: &Map<String, Value>, pointer: &str) {
        let properties = schema.get("properties").and_then(Value::as_object);
        let others = schema.get("additionalProperties");
        for (key, value) in map {
            let here = child(pointer, key);
            let known = properties.and_then(|properties| properties.get(key));
            match known.or(others) {
                Some(Value::Bool(false)) => {
                    let keys = || properties.into_iter().flat_map(|properties| properties.keys().map(String::as_str));
                    let help = match did_you_mean(key, keys()) {
                        Some(word) => format!("did you mean `{word}`?"),
                        None => format!("known here: {}", keys().collect::<Vec<_>>().join(", ")),
                    };
                    self.errors.at(&here, Part::Key, format!("there is no key `{}`", cut(key)), Some(help));
                }
                Some(schema) => self.value(schema, value, &here),
                None => {}
            }
        }
        let required = schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        for key in required.filter(|key| !map.contains_key(*key)) {
            let help = match (key, pointer) {
                ("version", "") => "write `version: 1`".to_owned(),
                ("reason", _) => "write reason: \"...\"; who reads it later needs to know why".to_owned(),
                _ => format!("add `{key}:`"),
            };
            self.errors.at(pointer, Part::Value, format!("{} has no `{key}`", name(pointer)), Some(help));
        }
    }
}

/// The words of an enumeration: `enum`, or `oneOf` of constants and enumerations.
fn words(schema: &Value) -> Vec<&str> {
    let list = |key: &str| schema.get(key).and_then(Value::as_array).into_iter().flatten();
    let options = list("oneOf").flat_map(|option| match option.get("const").and_then(Value::as_str) {
        Some(word) => vec![word],
        None => words(option),
    });
    list("enum").filter_map(Value::as_str).chain(options).collect()
}

/// How messages name a value: its last keys, `policies[0].except[1].reason`.
pub(super) fn name(pointer: &str) -> String {
    let mut name = String::new();
    for token in crate::yaml::pointer::tokens(pointer) {
        if token.bytes().all(|byte| byte.is_ascii_digit()) && !name.is_empty() {
            name.push_str(&format!("[{token}]"));
        } else {
            name.push_str(if name.is_empty() { "" } else { "." });
            name.push_str(&cut(&token));
        }
    }
    if name.is_empty() { "the file".to_owned() } else { format!("`{name}`") }
}

/// A value as a message quotes it.
fn shown(value: &Value) -> String {
    match value {
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "a mapping".to_owned(),
        Value::String(text) => format!("\"{}\"", cut(text)),
        other => other.to_string(),
    }
}

/// A text short and printable enough for a message.
pub(super) fn cut(text: &str) -> String {
    let mut short: String = text.chars().take(60).map(|c| if c.is_control() { '\u{FFFD}' } else { c }).collect();
    if text.chars().nth(60).is_some() {
        short.push_str("...");
    }
    short
}
