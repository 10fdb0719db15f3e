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

/// Refuses a schema that stands for more than can be judged.
pub(super) fn check(files: &Files, path: &str, schema: &Value) -> Result<(), String> {
    let mut count =
        Count { files, known: HashMap::new(), read: HashMap::from([(path.to_owned(), Some(schema.clone()))]) };
    match count.parts(path, "", 0) {
        Some(parts) if parts <= MOST => Ok(()),
        Some(_) => Err(format!("with its references followed, it has more than {MOST} parts")),
        None => Err(format!("its references and levels are more than {DEEPEST} deep")),
    }
}

struct Count<'f> {
    files: &'f Files,
    /// The parts of what is referred to, by file and pointer; 1 while they are counted, so that a schema that ends in
    /// itself has an end here.
    known: HashMap<(String, String), u64>,
    read: HashMap<String, Option<Value>>,
}

impl Count<'_> {
    /// The parts below a pointer of a file; none when they are too deep.
    fn parts(&mut self, path: &str, pointer: &str, depth: usize) -> Option<u64> {
        let key = (path.to_owned(), pointer.to_owned());
        if let Some(known) = self.known.get(&key) {
            return Some(*known);
        }
        self.known.insert(key.clone(), 1);
        let files = self.files;
        let file = self.read.entry(path.to_owned()).or_insert_with(|| files.read(path).ok());
        // What cannot be read or is not there is told by whoever compiles the schema.
        let Some(value) = file.as_ref().and_then(|file| file.pointer(pointer)).cloned() else { return Some(1) };
        let parts = self.below(path, &value, depth + 1)?;
        self.known.insert(key, parts);
        Some(parts)
    }

    fn below(&mut self, path: &str, value: &Value, depth: usize) -> Option<u64> {
        if depth > DEEPEST {
            return None;
        }
        let mut parts = 1_u64;
        match value {
            Value::Array(items) => {
                for item in items {
                    parts = parts.saturating_add(self.below(path, item, depth + 1)?);
                }
            }
            Value::Object(entries) => {
                for (key, inner) in entries {
                    let more = match (key.as_str(), inner) {
                        ("$ref", Value::String(reference)) => {
                            let (file, pointer) = target(path, reference);
                            self.parts(&file, &pointer, depth + 1)?
                        }
                        // They count where they are referred to.
                        ("definitions" | "$defs", _) => 1,
                        _ => self.below(path, inner, depth + 1)?,
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
