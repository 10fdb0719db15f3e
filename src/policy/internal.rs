//! The functions that lowered modules call, beside OPA's builtins.

use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::BTreeMap;

use regorus::unstable::{BUILTINS, Expr, Ref, Span};
use regorus::{Engine, LimitError, Source, Value};

use super::builtins::{self, term};
use super::limits::LONGEST_TEXT;

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

/// Put back what another thread printed.
pub(super) fn print_again(prints: Vec<String>) {
    PRINTED.with_borrow_mut(|known| known.extend(prints));
}

/// A function that always answers: with undefined where it does not apply.
type Function = fn(&[Value]) -> Value;
/// A function that may find two values where one may be.
type Checked = fn(&[Value]) -> Result<Value, Conflict>;

/// A key with two values.
#[derive(Debug, thiserror::Error)]
#[error("eval_conflict_error: object keys must be unique")]
struct Conflict;

const FUNCTIONS: [(&str, u8, Function); 8] = [
    ("internal.gt", 2, |values| compared(values, Ordering::is_gt)),
    ("internal.gte", 2, |values| compared(values, Ordering::is_ge)),
    ("internal.items", 1, items),
    ("internal.lt", 2, |values| compared(values, Ordering::is_lt)),
    ("internal.lte", 2, |values| compared(values, Ordering::is_le)),
    ("internal.object", 2, object),
    ("internal.print", 2, print),
    ("internal.walk", 1, walk),
];

const CHECKED: [(&str, u8, Checked); 2] = [("internal.pairs", 1, pairs), ("internal.template_string", 1, template)];

/// The builtins of regorus that OPA has once an evaluation, or that are no functions.
const LEFT_ALONE: [&str; 6] = ["opa.runtime", "print", "rand.intn", "time.now_ns", "trace", "uuid.rfc4122"];

/// Let those of regorus's own builtins that are called give undefined where they fail, as OPA's do, and stop at a limit.
/// regorus could do so itself, but would then forget errors within functions too.
pub(super) fn register_native(engine: &mut Engine, is_called: impl Fn(&str) -> bool) {
    let Ok(source) = Source::from_contents("builtin".to_owned(), " ".to_owned()) else { return };
    let span = Span { source, line: 1, col: 1, start: 0, end: 0 };
    for (name, (function, arity)) in BUILTINS.iter().filter(|(name, _)| is_called(name) && !LEFT_ALONE.contains(name)) {
        let (span, function) = (span.clone(), *function);
        // Arguments as regorus tells of them in its messages, which nobody sees.
        let params: Vec<_> =
            (0..*arity).map(|_| Ref::new(Expr::Null { span: span.clone(), value: Value::Null, eidx: 0 })).collect();
        let is_replacing = *name == "replace";
        let is_yaml = *name == "yaml.marshal";
        let call = move |values: Vec<Value>| {
            if too_long(&values, is_replacing) {
                return Err(TooLong.into());
            }
            if is_yaml && values.iter().any(is_quoted_otherwise) {
                return Err(OtherYaml.into());
            }
            match function(&span, &params, &values, false) {
                Ok(value) => Ok(value),
                Err(error) if error.downcast_ref::<LimitError>().is_some() => Err(error),
                Err(_) => Ok(Value::Undefined),
            }
        };
        // Fails for a name that has a function of ours.
        _ = engine.add_extension((*name).to_owned(), *arity, Box::new(call));
    }
}

/// Too much text for a builtin.
#[derive(Debug, thiserror::Error)]
#[error("a text is too long for this builtin function, at most {LONGEST_TEXT} bytes")]
struct TooLong;

/// A value that OPA writes otherwise as YAML.
#[derive(Debug, thiserror::Error)]
#[error(
    "yaml.marshal: OPA writes a text or key of this value otherwise (quoted, folded or in another order); use json.marshal"
)]
struct OtherYaml;

/// Whether the engine writes a value otherwise than OPA: what a reader of YAML might take for no text is in double quotes
/// there, long lines are folded, and numbers in keys count in their order.
fn is_quoted_otherwise(value: &Value) -> bool {
    const WORDS: [&str; 13] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "~", "", ".nan", ".inf"];
    let is_text = |text: &str| {
        let rest = text.trim_start_matches(['+', '-']);
        let may_be_number = rest.starts_with(|c: char| c.is_ascii_digit() || c == '.')
            && rest.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | ':' | '_' | '-' | '+' | ' '));
        let is_folded = text.len() > 72 && text.contains(' ');
        let is_odd = text.contains(['\u{85}', '\u{2028}', '\u{2029}', '\u{feff}']);
        WORDS.contains(&text.to_ascii_lowercase().as_str()) || may_be_number || is_folded || is_odd
    };
    match value {
        Value::String(text) => is_text(text),
        Value::Number(number) => {
            number.as_f64().is_some_and(|number| number.abs() >= 1e15 || number.abs() < 1e-4 && number != 0.0)
        }
        Value::Array(items) => items.iter().any(is_quoted_otherwise),
        Value::Set(items) => items.iter().any(is_quoted_otherwise),
        Value::Object(fields) => {
            // A key that is no text becomes one.
            let is_text = |key: &Value| matches!(key, Value::String(_));
            let has_digits = |key: &Value| key.as_string().is_ok_and(|key| key.contains(|c: char| c.is_ascii_digit()));
            let numbered = fields.iter().filter(|(key, _)| has_digits(key)).count() > 1;
            numbered
                || !fields.keys().all(is_text)
                || fields.iter().any(|(key, value)| is_quoted_otherwise(key) || is_quoted_otherwise(value))
        }
        _ => false,
    }
}

/// Whether the texts of arguments, or what replacing in them could make, are too long.
fn too_long(values: &[Value], is_replacing: bool) -> bool {
    let length = |value: &Value| match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(text_length).sum(),
        Value::Set(items) => items.iter().map(text_length).sum(),
        _ => 0,
    };
    let made = || match values {
        [text, old, new] => (length(text) / length(old).max(1) + 1).saturating_mul(length(new)),
        _ => 0,
    };
    values.iter().map(length).sum::<usize>() > LONGEST_TEXT || is_replacing && made() > LONGEST_TEXT
}

fn text_length(value: &Value) -> usize {
    value.as_string().map_or(0, |text| text.len())
}

/// Add those that a text calls.
pub(super) fn register(engine: &mut Engine, is_called: impl Fn(&str) -> bool) {
    // Adding fails for a name that was added before only.
    for (name, arity, function) in FUNCTIONS.into_iter().filter(|(name, ..)| is_called(name)) {
        _ = engine.add_extension(name.to_owned(), arity, Box::new(move |values: Vec<Value>| Ok(function(&values))));
    }
    for (name, arity, function) in CHECKED.into_iter().filter(|(name, ..)| is_called(name)) {
        let call = move |values: Vec<Value>| function(&values).map_err(Into::into);
        _ = engine.add_extension(name.to_owned(), arity, Box::new(call));
    }
}

/// A collection; undefined for anything else.
fn items(values: &[Value]) -> Value {
    match values {
        [it @ (Value::Array(_) | Value::Set(_) | Value::Object(_))] => it.clone(),
        _ => Value::Undefined,
    }
}

/// An object with so many keys; undefined for anything else.
fn object(values: &[Value]) -> Value {
    match values {
        [it @ Value::Object(fields), Value::Number(count)] if count.as_u64() == u64::try_from(fields.len()).ok() => {
            it.clone()
        }
        _ => Value::Undefined,
    }
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

fn print(values: &[Value]) -> Value {
    let [Value::String(place), Value::Array(shown)] = values else { return Value::Undefined };
    let mut text = format!("{place}:");
    for value in shown.iter() {
        text.push(' ');
        match value {
            Value::Array(one) => match one.first() {
                Some(Value::String(one)) => text.push_str(one),
                Some(other) => text.push_str(&term(other)),
                None => text.push_str("<undefined>"),
            },
            other => text.push_str(&term(other)),
        }
    }
    PRINTED.with_borrow_mut(|prints| {
        if prints.len() < PRINTS {
            prints.push(text);
        }
    });
    Value::from(true)
}

/// Text and values one after the other; a value is what a comprehension gave: none when it was undefined.
fn template(values: &[Value]) -> Result<Value, Conflict> {
    let [Value::Array(parts)] = values else { return Ok(Value::Undefined) };
    let mut text = String::new();
    for part in parts.iter() {
        match part {
            Value::String(part) => text.push_str(part),
            Value::Array(one) => match (one.first(), one.get(1)) {
                (None, _) => text.push_str("<undefined>"),
                (Some(Value::String(one)), None) => text.push_str(one),
                (Some(one), None) => text.push_str(&term(one)),
                (_, Some(_)) => return Err(Conflict),
            },
            other => text.push_str(&term(other)),
        }
    }
    Ok(Value::from(text))
}

/// Every value within a value, with the path to it.
fn walk(values: &[Value]) -> Value {
    let Some(whole) = values.first() else { return Value::Undefined };
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
            Value::Set(items) => {
                for inner in builtins::sorted(items) {
                    add(inner.clone(), inner);
                }
            }
            Value::Object(fields) => fields.iter_sorted().for_each(|(key, inner)| add(key.clone(), inner)),
            _ => {}
        }
        if let Some(added) = waiting.get_mut(from..) {
            added.reverse();
        }
        found.push(Value::from(vec![Value::from(path), value.clone()]));
    }
    Value::from(found)
}

/// A comparison by OPA's order.
fn compared(values: &[Value], holds: fn(Ordering) -> bool) -> Value {
    match values {
        [left, right] => Value::from(holds(builtins::compare(left, right))),
        _ => Value::Undefined,
    }
}
