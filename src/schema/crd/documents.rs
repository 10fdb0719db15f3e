//! JSON Schemas in a [`Pack`], as they are written but for what they say to people: equal parts are there once, and one is
//! put together when somebody asks for it.
//!
//! A value is a byte that says what it is, and what it is made of: nothing, a text (of a number too), a count and values,
//! or a count and pairs of a text and a value. It lies among the nodes and is interned as they are.

use serde_json::{Map, Value};

use super::build::{Builder, Record, Refusal};
use super::pack::{DOCUMENT, Pack};

const NULL: u8 = 0;
const FALSE: u8 = 1;
const TRUE: u8 = 2;
const NUMBER: u8 = 3;
const TEXT: u8 = 4;
const ARRAY: u8 = 5;
const OBJECT: u8 = 6;

/// Nothing that a schema says is deeper: the reader of JSON stops at 128.
const DEPTH: usize = 200;

/// Keywords that say nothing to a validator.
const ANNOTATIONS: [&str; 4] = ["description", "title", "$comment", "examples"];

/// Keywords whose values are no schemas.
const LITERALS: [&str; 3] = ["enum", "const", "default"];

/// What surrounds a value of a schema.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Schema,
    /// Names of fields with their schemas: a field may be called as a keyword is.
    Names,
    Literal,
}

impl Builder {
    /// Take a JSON Schema by the path that it is asked for by. A second one of the path replaces the first.
    pub fn add_json_schema(&mut self, path: &str, schema: &Value) -> Result<(), Refusal> {
        let mut entry = Record::default();
        entry.offset(self.text(path)?)?;
        entry.offset(self.value(schema, Place::Schema)?)?;
        let bytes = <[u8; DOCUMENT]>::try_from(entry.0).map_err(|_| Refusal::TooLarge)?;
        self.documents.insert(path.to_owned(), bytes);
        Ok(())
    }

    fn value(&mut self, value: &Value, place: Place) -> Result<u32, Refusal> {
        let mut record = Record::default();
        match value {
            Value::Null => record.byte(NULL),
            Value::Bool(false) => record.byte(FALSE),
            Value::Bool(true) => record.byte(TRUE),
            Value::Number(number) => {
                record.byte(NUMBER);
                record.offset(self.text(&number.to_string())?)?;
            }
            Value::String(text) => {
                record.byte(TEXT);
                record.offset(self.text(text)?)?;
            }
            Value::Array(items) => {
                record.byte(ARRAY);
                record.count(items.len());
                for item in items {
                    record.offset(self.value(item, place)?)?;
                }
            }
            Value::Object(entries) => {
                let is_said = |key: &str| place != Place::Schema || !ANNOTATIONS.contains(&key);
                let entries: Vec<_> = entries.iter().filter(|(key, _)| is_said(key)).collect();
                record.byte(OBJECT);
                record.count(entries.len());
                for (key, inner) in entries {
                    let below = match (place, key.as_str()) {
                        (Place::Literal, _) => Place::Literal,
                        (Place::Schema, key) if LITERALS.contains(&key) => Place::Literal,
                        (Place::Schema, "properties" | "patternProperties" | "definitions" | "$defs") => Place::Names,
                        (Place::Names | Place::Schema, _) => Place::Schema,
                    };
                    record.offset(self.text(key)?)?;
                    record.offset(self.value(inner, below)?)?;
                }
            }
        }
        self.intern(record.0)
    }
}

impl Pack {
    /// The paths of its JSON Schemas, sorted.
    pub fn json_schemas(&self) -> impl ExactSizeIterator<Item = &str> {
        (0..self.count_documents()).map(|index| self.text(self.document(index).0))
    }

    /// There is a JSON Schema of a path.
    #[must_use]
    pub fn has_json_schema(&self, path: &str) -> bool {
        self.document_of(path).is_some()
    }

    /// The JSON Schema of a path.
    #[must_use]
    pub fn json_schema(&self, path: &str) -> Option<Value> {
        self.value(self.document_of(path)?, 0)
    }

    fn document_of(&self, path: &str) -> Option<u32> {
        let (mut low, mut high) = (0, self.count_documents());
        while low < high {
            let middle = usize::midpoint(low, high);
            let (name, value) = self.document(middle);
            match self.text(name).cmp(path) {
                std::cmp::Ordering::Equal => return Some(value),
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        None
    }

    fn value(&self, at: u32, depth: usize) -> Option<Value> {
        if depth > DEPTH {
            return None;
        }
        let mut cursor = self.at(at);
        Some(match cursor.byte() {
            NULL => Value::Null,
            FALSE => Value::Bool(false),
            TRUE => Value::Bool(true),
            NUMBER => serde_json::from_str(self.text(cursor.offset())).ok()?,
            TEXT => Value::String(self.text(cursor.offset()).to_owned()),
            ARRAY => {
                let items = (0..cursor.count()).map(|_| self.value(cursor.offset(), depth + 1));
                Value::Array(items.collect::<Option<_>>()?)
            }
            OBJECT => {
                let count = cursor.count();
                let entry = |_| Some((self.text(cursor.offset()).to_owned(), self.value(cursor.offset(), depth + 1)?));
                Value::Object((0..count).map(entry).collect::<Option<Map<_, _>>>()?)
            }
            _ => return None,
        })
    }
}
