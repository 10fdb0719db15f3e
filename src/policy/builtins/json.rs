//! JSON as Go's `encoding/json` writes it.

use std::fmt::Write as _;

use regorus::Value;

use super::term::term;
use super::{Answer, Args, Family, LONGEST, error, mantissa, sorted, text};

pub(super) const FUNCTIONS: Family = &[
    ("json.is_valid", |args| {
        Ok(Value::from(args.string(0).is_ok_and(|text| serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok())))
    }),
    ("json.marshal", |args| text(marshal(args.value(0), None))),
    ("json.marshal_with_options", marshal_with_options),
];

fn marshal_with_options(args: Args<'_>) -> Answer {
    let (mut pretty, mut layout) = (None, false);
    let (mut prefix, mut indent) = ("", "\t");
    for (key, value) in args.object(1)?.iter() {
        match (key, value) {
            (Value::String(key), Value::Bool(wanted)) if &**key == "pretty" => pretty = Some(*wanted),
            (Value::String(key), Value::String(value)) if &**key == "prefix" => (prefix, layout) = (&**value, true),
            (Value::String(key), Value::String(value)) if &**key == "indent" => (indent, layout) = (&**value, true),
            _ => return error(format!("no such option, or of another type: {}", term(key))),
        }
    }
    if pretty.unwrap_or(layout) {
        return text(format!("{prefix}{}", marshal(args.value(0), Some(Layout { prefix, indent }))));
    }
    text(marshal(args.value(0), None))
}

/// What each line begins with, and what each level adds.
#[derive(Clone, Copy)]
struct Layout<'o> {
    prefix: &'o str,
    indent: &'o str,
}

/// A value as JSON: sets are arrays, keys are texts, in the order of their bytes; `<`, `>` and `&` are escaped.
fn marshal(value: &Value, layout: Option<Layout<'_>>) -> String {
    let mut writer = Writer { out: String::new(), layout, depth: 0 };
    writer.value(value);
    writer.out
}

struct Writer<'o> {
    out: String,
    layout: Option<Layout<'o>>,
    depth: usize,
}

impl Writer<'_> {
    fn value(&mut self, value: &Value) {
        match value {
            Value::Undefined | Value::Null => self.out.push_str("null"),
            Value::Bool(value) => self.out.push_str(if *value { "true" } else { "false" }),
            Value::Number(_) => self.out.push_str(&mantissa::text(value)),
            Value::String(text) => self.string(text),
            Value::Array(items) => self.list(('[', ']'), items.iter(), Self::value),
            Value::Set(items) => self.list(('[', ']'), sorted(items).into_iter(), Self::value),
            Value::Object(fields) => {
                let mut fields: Vec<(String, &Value)> =
                    fields.iter().map(|(key, value)| (key_text(key), value)).collect();
                fields.sort_by(|left, right| left.0.cmp(&right.0));
                self.list(('{', '}'), fields.into_iter(), |writer, (key, value)| {
                    writer.string(&key);
                    writer.out.push_str(if writer.layout.is_some() { ": " } else { ":" });
                    writer.value(value);
                });
            }
        }
    }

    fn list<T>(
        &mut self,
        (open, close): (char, char),
        items: impl ExactSizeIterator<Item = T>,
        item: impl Fn(&mut Self, T),
    ) {
        self.out.push(open);
        let is_empty = items.len() == 0;
        self.depth += 1;
        for (at, part) in items.enumerate() {
            if at > 0 {
                self.out.push(',');
            }
            self.line();
            item(self, part);
        }
        self.depth -= 1;
        if !is_empty {
            self.line();
        }
        self.out.push(close);
    }

    fn line(&mut self) {
        // One that is too long is refused anyway.
        if let Some(Layout { prefix, indent }) = self.layout.filter(|_| self.out.len() <= LONGEST) {
            self.out.push('\n');
            self.out.push_str(prefix);
            self.out.push_str(&indent.repeat(self.depth));
        }
    }

    fn string(&mut self, text: &str) {
        self.out.push('"');
        for c in text.chars() {
            // Writing to a string cannot fail.
            _ = match c {
                '"' | '\\' => write!(self.out, "\\{c}"),
                '\n' => write!(self.out, "\\n"),
                '\r' => write!(self.out, "\\r"),
                '\t' => write!(self.out, "\\t"),
                '\u{8}' => write!(self.out, "\\b"),
                '\u{c}' => write!(self.out, "\\f"),
                '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                    write!(self.out, "\\u{:04x}", u32::from(c))
                }
                other => write!(self.out, "{other}"),
            };
        }
        self.out.push('"');
    }
}

/// A key as a text: what is none is written as JSON.
fn key_text(key: &Value) -> String {
    match key {
        Value::String(text) => text.to_string(),
        other => marshal(other, None),
    }
}
