//! Arrays, sets and objects, and the builtins that OPA keeps for old policies only.

use regorus::Value;

use super::{Answer, Args, Family, compare, error};

pub(super) const FUNCTIONS: Family = &[
    ("all", |args| Ok(Value::from(args.elements(0)?.into_iter().all(is_true)))),
    ("any", |args| Ok(Value::from(args.elements(0)?.into_iter().any(is_true)))),
    ("array.flatten", flatten),
    ("cast_array", |args| Ok(Value::from(args.elements(0)?.into_iter().cloned().collect::<Vec<_>>()))),
    ("cast_boolean", |args| cast(args, "boolean")),
    ("cast_null", |args| cast(args, "null")),
    ("cast_object", |args| cast(args, "object")),
    ("cast_set", |args| Ok(args.elements(0)?.into_iter().cloned().collect::<regorus::value::Set>().into_value())),
    ("cast_string", |args| cast(args, "string")),
    ("count", |args| match args.value(0) {
        Value::String(text) => Ok(Value::from(text.chars().count())),
        Value::Array(items) => Ok(Value::from(items.len())),
        Value::Set(items) => Ok(Value::from(items.len())),
        Value::Object(fields) => Ok(Value::from(fields.len())),
        _ => args.wrong(0, "string, array, object or set"),
    }),
    ("max", |args| Ok(args.elements(0)?.into_iter().max_by(|a, b| compare(a, b)).cloned().unwrap_or(Value::Undefined))),
    ("min", min),
    ("object.subset", |args| match subset(args.value(0), args.value(1)) {
        Some(is_subset) => Ok(Value::from(is_subset)),
        None => error("both operands must be of the same type, or an array and a set"),
    }),
    ("sort", |args| {
        let mut items: Vec<Value> = args.elements(0)?.into_iter().cloned().collect();
        items.sort_by(compare);
        Ok(Value::from(items))
    }),
    ("set_diff", |args| Ok(args.set(0)?.difference(args.set(1)?).into_value())),
];

fn is_true(value: &Value) -> bool {
    *value == Value::from(true)
}

fn cast(args: Args<'_>, wanted: &'static str) -> Answer {
    let value = args.value(0);
    if super::type_name(value) == wanted { Ok(value.clone()) } else { args.wrong(0, wanted) }
}

fn flatten(args: Args<'_>) -> Answer {
    let mut flat = Vec::new();
    for item in args.array(0)? {
        match item {
            Value::Array(items) => flat.extend(items.iter().cloned()),
            other => flat.push(other.clone()),
        }
    }
    Ok(Value::from(flat))
}

/// The least element; in a set null counts only where it is alone, as in OPA.
fn min(args: Args<'_>) -> Answer {
    let elements = args.elements(0)?;
    let is_set = matches!(args.value(0), Value::Set(_));
    let counted = elements.iter().filter(|element| !is_set || ***element != Value::Null);
    match counted.min_by(|a, b| compare(a, b)).or(elements.first()) {
        Some(least) => Ok((*least).clone()),
        None => Ok(Value::Undefined),
    }
}

/// The first holds the second; none when the two cannot be compared.
fn subset(whole: &Value, part: &Value) -> Option<bool> {
    Some(match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => part.iter().all(|(key, value)| {
            whole.get(key).is_some_and(|held| match (held, value) {
                (Value::Object(_), Value::Object(_))
                | (Value::Set(_), Value::Set(_))
                | (Value::Array(_), Value::Array(_)) => subset(held, value) == Some(true),
                _ => held == value,
            })
        }),
        (Value::Set(whole), Value::Set(part)) => part.is_subset(whole),
        (Value::Array(whole), Value::Array(part)) => {
            let (whole, part) = (whole.to_vec(), part.to_vec());
            part.is_empty() || whole.windows(part.len()).any(|window| window == part)
        }
        (Value::Array(whole), Value::Set(part)) => part.iter().all(|item| whole.contains(item)),
        _ => return None,
    })
}
