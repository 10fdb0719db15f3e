//! The functions that lowered modules call, beside OPA's builtins.

use std::cell::RefCell;
use std::collections::BTreeMap;

use regorus::{Engine, Value};

/// What a policy printed: `file:line: text`.
const PRINTS: usize = 10_000;

thread_local! {
    /// An evaluation stays on its thread.
    static PRINTED: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// What was printed on this thread since the last call.
pub(super) fn take_prints() -> Vec<String> {
    PRINTED.take()
}

type Function = fn(&[Value]) -> Result<Value, Conflict>;

/// A key with two values.
#[derive(Debug, thiserror::Error)]
#[error("eval_conflict_error: object keys must be unique")]
struct Conflict;

const FUNCTIONS: [(&str, u8, Function); 6] = [
    ("internal.id", 1, id),
    ("internal.items", 1, items),
    ("internal.object", 2, object),
    ("internal.pairs", 1, pairs),
    ("internal.print", 2, print),
    ("internal.walk", 1, walk),
];

/// Add those that a text calls.
pub(super) fn register(engine: &mut Engine, is_called: impl Fn(&str) -> bool) {
    for (name, arity, function) in FUNCTIONS {
        if is_called(name) {
            let call = move |values: Vec<Value>| function(&values).map_err(Into::into);
            // Fails for a name that was added before only.
            _ = engine.add_extension(name.to_owned(), arity, Box::new(call));
        }
    }
}

fn id(values: &[Value]) -> Result<Value, Conflict> {
    Ok(values.first().cloned().unwrap_or(Value::Undefined))
}

/// A collection; undefined for anything else.
fn items(values: &[Value]) -> Result<Value, Conflict> {
    Ok(match values {
        [it @ (Value::Array(_) | Value::Set(_) | Value::Object(_))] => it.clone(),
        _ => Value::Undefined,
    })
}

/// An object with so many keys; undefined for anything else.
fn object(values: &[Value]) -> Result<Value, Conflict> {
    Ok(match values {
        [it @ Value::Object(fields), Value::Number(count)] if count.as_u64() == u64::try_from(fields.len()).ok() => {
            it.clone()
        }
        _ => Value::Undefined,
    })
}

/// An object of keys and values.
fn pairs(values: &[Value]) -> Result<Value, Conflict> {
    let mut fields = BTreeMap::new();
    let [Value::Array(items)] = values else { return Ok(Value::Undefined) };
    for item in items.iter() {
        let Value::Array(pair) = item else { return Ok(Value::Undefined) };
        let (Some(key), Some(value)) = (pair.first(), pair.get(1)) else { return Ok(Value::Undefined) };
        if fields.insert(key.clone(), value.clone()).is_some_and(|earlier| earlier != *value) {
            return Err(Conflict);
        }
    }
    Ok(Value::from(fields))
}

fn print(values: &[Value]) -> Result<Value, Conflict> {
    let [Value::String(place), Value::Array(shown)] = values else { return Ok(Value::Undefined) };
    let mut text = format!("{place}:");
    for value in shown.iter() {
        text.push(' ');
        match value {
            Value::Array(one) => match one.first() {
                Some(Value::String(one)) => text.push_str(one),
                Some(other) => text.push_str(&other.to_string()),
                None => text.push_str("<undefined>"),
            },
            other => text.push_str(&other.to_string()),
        }
    }
    PRINTED.with_borrow_mut(|prints| {
        if prints.len() < PRINTS {
            prints.push(text);
        }
    });
    Ok(Value::from(true))
}

/// Every value within a value, with the path to it.
fn walk(values: &[Value]) -> Result<Value, Conflict> {
    let Some(whole) = values.first() else { return Ok(Value::Undefined) };
    let mut found = Vec::new();
    let mut waiting = vec![(Vec::new(), whole)];
    while let Some((path, value)) = waiting.pop() {
        let from = waiting.len();
        let mut add = |key: Value, inner| {
            let mut path: Vec<Value> = path.clone();
            path.push(key);
            waiting.push((path, inner));
        };
        match value {
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(index, inner)| add(Value::from(index), inner));
            }
            Value::Set(items) => items.iter().for_each(|inner| add(inner.clone(), inner)),
            Value::Object(fields) => fields.iter_sorted().for_each(|(key, inner)| add(key.clone(), inner)),
            _ => {}
        }
        if let Some(added) = waiting.get_mut(from..) {
            added.reverse();
        }
        found.push(Value::from(vec![Value::from(path), value.clone()]));
    }
    Ok(Value::from(found))
}
