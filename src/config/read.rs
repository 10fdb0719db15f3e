//! Text → JSON value, and JSON pointer → place in the text.

use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::error::{ConfigErrors, error};
use crate::source::{Position, Source, Span};
use crate::yaml::pointer;

/// Largest file of settings. It is read by people too; a larger one is a mistake or an attack.
pub(super) const SIZE_LIMIT: usize = 1 << 20;

/// Read the one YAML document of a file, with plain words read as YAML 1.2 does (`off` is a word).
///
/// # Errors
/// The file is too large, empty, no YAML, has more than one document, a repeated key or a tag.
pub(super) fn read(source: &Source) -> Result<Value, ConfigErrors> {
    let at = |position, message: &str, help: &str| {
        let help = Some(help.to_owned()).filter(|help| !help.is_empty());
        ConfigErrors { errors: vec![error(source, "", position, message.to_owned(), help)] }
    };
    let start = Position { line: 1, column: 1 };
    if source.text.len() > SIZE_LIMIT {
        return Err(at(start, "the file is larger than 1 MiB", "portcullis reads settings of at most 1 MiB"));
    }
    if too_deep(&source.text) {
        return Err(at(
            start,
            "the file nests too deeply",
            "its settings nest a few levels; 1,000 brackets are open at once",
        ));
    }
    let mut documents = yaml_serde::Deserializer::from_str(&source.text);
    let empty = || at(start, "the file is empty", "the least that it must say is `version: 1`");
    let first = documents.next().ok_or_else(empty)?;
    let value = ValueSeed.deserialize(first).map_err(|wrong| {
        let position = wrong.location().map_or(start, |place| position(place.line(), place.column()));
        at(position, &plain_message(&wrong), "")
    })?;
    if let Some(second) = documents.next() {
        let place = Probe { tokens: &[], part: Part::Value }.deserialize(second).err().and_then(|e| e.location());
        let position = place.map_or(start, |place| position(place.line(), place.column()));
        return Err(at(position, "a second document starts here", "keep one document and remove the `---`"));
    }
    if value.is_null() { Err(empty()) } else { Ok(value) }
}

/// Brackets open at once, quotes not looked at. libyaml takes quadratic time for open brackets (minutes for 100,000), so
/// this is asked before it sees the text; a file of people's settings, its quoted globs included, stays far below.
fn too_deep(text: &str) -> bool {
    let mut open = 0_u32;
    text.bytes().any(|byte| {
        match byte {
            b'[' | b'{' => open += 1,
            b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
        open > 1000
    })
}

fn position(line: usize, column: usize) -> Position {
    let clamp = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Position { line: clamp(line), column: clamp(column) }
}

/// The message without its " at line 1 column 2", which is shown in front already.
fn plain_message(error: &yaml_serde::Error) -> String {
    let text = error.to_string();
    text.rfind(" at line ").and_then(|at| text.get(..at)).unwrap_or(&text).to_owned()
}

/// Which part of a pair is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// The key.
    Key,
    /// The value.
    Value,
}

/// Where the value at a JSON pointer (or its key) starts; an empty span. Nothing when there is no such value.
pub(super) fn locate(text: &str, pointer: &str, part: Part) -> Option<Span> {
    let tokens: Vec<String> = pointer::tokens(pointer).map(Into::into).collect();
    let document = yaml_serde::Deserializer::from_str(text).next()?;
    let place = Probe { tokens: &tokens, part }.deserialize(document).err()?.location()?;
    let line_start = text.split_inclusive('\n').take(place.line().checked_sub(1)?).map(str::len).sum::<usize>();
    let line = text.get(line_start..)?;
    let offset = line.char_indices().nth(place.column().checked_sub(1)?).map_or(line.len(), |(at, _)| at);
    Some(Span::new(line_start + offset, line_start + offset))
}

/// Walks down to a value and stops there with an error: the YAML reader tells positions with errors only.
struct Probe<'p> {
    tokens: &'p [String],
    part: Part,
}

impl<'de> DeserializeSeed<'de> for Probe<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Probe<'_> {
    type Value = ();

    // Every scalar ends here, with the error that carries its position.
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("found")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let Some((token, rest)) = self.tokens.split_first() else { return Err(de::Error::custom("found")) };
        let index: usize = token.parse().unwrap_or(usize::MAX);
        for _ in 0..index {
            if items.next_element::<IgnoredAny>()?.is_none() {
                return Ok(());
            }
        }
        items.next_element_seed(Probe { tokens: rest, part: self.part })?;
        // What is left unread would be an error of its own, and its place be taken for the value's.
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        let Some((token, rest)) = self.tokens.split_first() else { return Err(de::Error::custom("found")) };
        let refused = |key: &str| (rest.is_empty() && self.part == Part::Key && key == token).then_some("found");
        while let Some(key) = entries.next_key_seed(KeySeed { refused })? {
            if key == *token {
                entries.next_value_seed(Probe { tokens: rest, part: self.part })?;
            } else {
                entries.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

/// Reads a key, or refuses it, so that the error has the key's position.
struct KeySeed<F> {
    refused: F,
}

impl<'de, F: Fn(&str) -> Option<&'static str>> DeserializeSeed<'de> for KeySeed<F> {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<F: Fn(&str) -> Option<&'static str>> Visitor<'_> for KeySeed<F> {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a word as the key")
    }

    fn visit_str<E: de::Error>(self, key: &str) -> Result<String, E> {
        match (self.refused)(key) {
            Some(why) => Err(E::custom(why)),
            None => Ok(key.to_owned()),
        }
    }
}

/// Reads any value; refuses repeated keys, which `serde_json` would take silently.
struct ValueSeed;

impl<'de> DeserializeSeed<'de> for ValueSeed {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ValueSeed {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a plain value without a tag")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
        let number = serde_json::Number::from_f64(value);
        number.map(Value::Number).ok_or_else(|| E::custom("this is no finite number"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(Self)? {
            list.push(item);
        }
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        loop {
            let refused = |key: &str| map.contains_key(key).then_some("this key was given before in the same mapping");
            let Some(key) = entries.next_key_seed(KeySeed { refused })? else { break };
            let value = entries.next_value_seed(Self)?;
            map.insert(key, value);
        }
        Ok(map.into())
    }
}
