//! How much a JSON Schema asks for once its references are followed. The library that evaluates it follows each anew, so
//! that forty lines of two references each ask for 2^40 steps, and remembers what every alternative said.

use std::collections::HashMap;

use serde_json::Value;

use super::load::Files;
use super::uri;

/// The largest real schemas have some 50,000 parts.
const MOST: u64 = 1_000_000;

/// References of references, and levels: what compiles a schema calls itself for each.
const DEEPEST: usize = 1_000;

/// Keywords whose schemas speak of the same value; what the others hold speaks of a part of it, or is no schema.
const IN_PLACE: [&str; 9] = ["$ref", "allOf", "anyOf", "else", "if", "not", "oneOf", "then", "dependentSchemas"];

/// Refuses a schema that stands for more than can be judged, or that says nothing but itself.
pub(super) fn check(files: &Files, path: &str, schema: &Value) -> Result<(), String> {
    let read = HashMap::from([(path.to_owned(), Some(schema.clone()))]);
    let mut count = Count { files, known: HashMap::new(), read, circle: None };
    let parts = count.parts(path, "", 0, &mut Vec::new());
    if let Some((file, pointer)) = count.circle {
        return Err(format!("{file}#{pointer} refers to itself, and says nothing"));
    }
    match parts {
        Some(parts) if parts <= MOST => Ok(()),
        Some(_) => Err(format!("with its references followed, it has more than {MOST} parts")),
        None => Err(format!("its references and levels are more than {DEEPEST} deep")),
    }
}

struct Count<'f> {
    files: &'f Files,
    /// The parts of what is referred to, by file and pointer; 1 while they are counted, so that a schema that ends in
    /// itself has an end here.
    known: HashMap<Reference, u64>,
    read: HashMap<String, Option<Value>>,
    /// A reference that leads to itself without a step into the value.
    circle: Option<Reference>,
}

/// A file and a pointer in it.
type Reference = (String, String);

impl Count<'_> {
    /// The parts below a pointer of a file; none when they are too deep. `open` are the references that led here from the
    /// same value.
    fn parts(&mut self, path: &str, pointer: &str, depth: usize, open: &mut Vec<Reference>) -> Option<u64> {
        let key = (path.to_owned(), pointer.to_owned());
        if open.contains(&key) {
            self.circle.get_or_insert(key);
            return Some(1);
        }
        if let Some(known) = self.known.get(&key) {
            return Some(*known);
        }
        self.known.insert(key.clone(), 1);
        let files = self.files;
        let file = self.read.entry(path.to_owned()).or_insert_with(|| files.read(path).ok());
        // What cannot be read or is not there is told by whoever compiles the schema.
        let Some(value) = file.as_ref().and_then(|file| file.pointer(pointer)).cloned() else { return Some(1) };
        open.push(key.clone());
        let parts = self.below(path, &value, depth + 1, open);
        open.pop();
        let parts = parts?;
        self.known.insert(key, parts);
        Some(parts)
    }

    fn below(&mut self, path: &str, value: &Value, depth: usize, open: &mut Vec<Reference>) -> Option<u64> {
        if depth > DEEPEST {
            return None;
        }
        let mut parts = 1_u64;
        match value {
            Value::Array(items) => {
                for item in items {
                    parts = parts.saturating_add(self.below(path, item, depth + 1, open)?);
                }
            }
            Value::Object(entries) => {
                for (key, inner) in entries {
                    let more = match (key.as_str(), inner) {
                        ("$ref", Value::String(reference)) => {
                            let (file, pointer) = target(path, reference);
                            self.parts(&file, &pointer, depth + 1, open)?
                        }
                        // They count where they are referred to.
                        ("definitions" | "$defs", _) => 1,
                        (key, _) if IN_PLACE.contains(&key) => self.below(path, inner, depth + 1, open)?,
                        _ => self.below(path, inner, depth + 1, &mut Vec::new())?,
                    };
                    parts = parts.saturating_add(more);
                }
            }
            _ => {}
        }
        Some(parts)
    }
}

/// The file and the pointer that a reference names, as seen from a file.
fn target(path: &str, reference: &str) -> (String, String) {
    let (file, pointer) = reference.split_once('#').unwrap_or((reference, ""));
    let pointer = uri::decoded(pointer).unwrap_or_default();
    if file.is_empty() {
        return (path.to_owned(), pointer);
    }
    let mut parts: Vec<&str> = if file.starts_with('/') { Vec::new() } else { path.split('/').collect() };
    parts.pop();
    for part in file.split('/').filter(|part| !matches!(*part, "" | ".")) {
        if part == ".." {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    (uri::decoded(&parts.join("/")).unwrap_or_default(), pointer)
}
