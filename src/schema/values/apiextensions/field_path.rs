//! The simple JSON paths with which rules and selectable fields name a field of the schema: `.spec.name`, `['a-b']`.

use super::node::{Known, Node};
use crate::yaml::Value;

/// What a path leads to.
pub(super) struct Found<'a> {
    /// The schema; none where the path leads through a map without one.
    pub(super) schema: Option<Value<'a>>,
    /// The path in its plain form.
    pub(super) path: String,
}

/// Follow a path from a schema, or say why it leads nowhere.
pub(super) fn find<'a>(
    path: &str,
    root: Value<'a>,
    brackets: bool,
    known: &mut Known<'a>,
) -> Result<Found<'a>, String> {
    let mut found = Found { schema: Some(root), path: String::new() };
    let mut rest = path;
    while let Some(token) = token(&mut rest) {
        match token {
            "[" if !brackets => return Err("array notation is not allowed".to_owned()),
            "[" => {
                let quoted = next(&mut rest)?;
                let inner = quoted.strip_prefix('\'').and_then(|text| text.strip_suffix('\''));
                let Some(inner) = inner else { return Err(format!("expected single quoted string but got {quoted}")) };
                found.step(&unescaped(inner)?, known)?;
                let close = next(&mut rest)?;
                if close != "]" {
                    return Err(format!("expected ] but got {close}"));
                }
            }
            "." => {
                let name = next(&mut rest)?;
                found.step(name, known)?;
            }
            other => return Err(format!("expected [ or . but got: {other}")),
        }
    }
    Ok(found)
}

impl<'a> Found<'a> {
    fn step(&mut self, name: &str, known: &mut Known<'a>) -> Result<(), String> {
        let nowhere = || "does not refer to a valid field".to_owned();
        let node = Node::read(self.schema.ok_or_else(nowhere)?);
        if node.properties().next().is_some() {
            self.schema = Some(known.property(&node, name).ok_or_else(nowhere)?);
            self.path.push('.');
            self.path.push_str(name);
        } else if node.additional.is_some() {
            self.schema = node.additional_schema();
            self.path.extend(["[", name, "]"]);
        } else {
            return Err(nowhere());
        }
        Ok(())
    }
}

fn next<'p>(rest: &mut &'p str) -> Result<&'p str, String> {
    token(rest).ok_or_else(|| "unexpected end of JSON path".to_owned())
}

/// The next delimiter, quoted text, or text up to a delimiter.
fn token<'p>(rest: &mut &'p str) -> Option<&'p str> {
    let bytes = rest.as_bytes();
    let end = match bytes.first()? {
        b'.' | b'[' | b']' => 1,
        b'\'' => {
            let escaped = |index: usize| bytes.get(index.wrapping_sub(1)) == Some(&b'\\');
            let close = (1..bytes.len()).find(|index| bytes.get(*index) == Some(&b'\'') && !escaped(*index));
            close.map_or(bytes.len(), |close| close + 1)
        }
        _ => bytes.iter().position(|byte| matches!(byte, b'.' | b'[' | b']')).unwrap_or(bytes.len()),
    };
    let (token, after) = rest.split_at_checked(end)?;
    *rest = after;
    Some(token)
}

/// The text of a quoted name: `\\`, `\'` and Go's escapes of one letter.
fn unescaped(text: &str) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(next) = chars.next() {
        if next != '\\' {
            out.push(next);
            continue;
        }
        out.push(match chars.next() {
            Some(plain @ ('\\' | '\'')) => plain,
            Some('a') => '\u{7}',
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('v') => '\u{b}',
            _ => return Err("invalid string literal: invalid escape char".to_owned()),
        });
    }
    Ok(out)
}
