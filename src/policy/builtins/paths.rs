//! Parts of an object by their paths.

use std::collections::BTreeMap;

use regorus::Value;

use super::{Args, Family, Problem, error};

pub(super) const FUNCTIONS: Family = &[
    ("json.filter", |args| {
        args.object(0)?;
        Ok(kept(args.value(0), &paths(args)?))
    }),
    ("json.remove", |args| {
        args.object(0)?;
        Ok(left(args.value(0), &paths(args)?).unwrap_or(Value::Undefined))
    }),
];

/// What paths lead to.
enum Node {
    /// A path ends here.
    End,
    /// They go on, an array's with its indices as texts.
    Inner(BTreeMap<Value, Node>),
}

/// The paths of the second argument. Of two, one of which begins with the other, the order decides: a longer one adds
/// nothing to a shorter one, which takes the place of longer ones before.
fn paths(args: Args<'_>) -> Result<Node, Problem> {
    let mut root = BTreeMap::new();
    for path in args.elements(1)? {
        let path = match path {
            // OPA drops all slashes at the start: `/` is the empty name.
            Value::String(text) if text.is_empty() => continue,
            Value::String(text) => text.trim_start_matches('/').split('/').map(unescaped).collect(),
            Value::Array(parts) => parts.to_vec(),
            _ => return error("operand 2 must be an array or set of string paths or arrays of path segments"),
        };
        add(&mut root, &path);
    }
    Ok(Node::Inner(root))
}

fn unescaped(part: &str) -> Value {
    Value::from(part.replace("~1", "/").replace("~0", "~"))
}

fn add(mut node: &mut BTreeMap<Value, Node>, path: &[Value]) {
    let Some((last, above)) = path.split_last() else { return };
    for part in above {
        match node.entry(part.clone()).or_insert_with(|| Node::Inner(BTreeMap::new())) {
            Node::End => return,
            Node::Inner(inner) => node = inner,
        }
    }
    node.insert(last.clone(), Node::End);
}

/// A value with nothing but what paths lead to. What has no parts stays, also where a path goes on.
fn kept(value: &Value, node: &Node) -> Value {
    let Node::Inner(below) = node else { return value.clone() };
    match value {
        Value::Array(items) => {
            let kept = items.iter().enumerate().filter_map(|(at, item)| Some(kept(item, below.get(&index(at))?)));
            Value::from(kept.collect::<Vec<_>>())
        }
        Value::Set(items) => {
            let kept = items.iter().filter_map(|item| Some(kept(item, below.get(item)?)));
            kept.collect::<regorus::value::Set>().into_value()
        }
        Value::Object(fields) => {
            let kept = fields.iter().filter_map(|(key, value)| Some((key.clone(), kept(value, below.get(key)?))));
            Value::from(kept.collect::<BTreeMap<_, _>>())
        }
        other => other.clone(),
    }
}

/// A value without what paths lead to; none when one leads to itself.
fn left(value: &Value, node: &Node) -> Option<Value> {
    let Node::Inner(below) = node else { return None };
    let part = |key: &Value, value: &Value| match below.get(key) {
        Some(node) => left(value, node),
        None => Some(value.clone()),
    };
    Some(match value {
        Value::Array(items) => {
            let left = items.iter().enumerate().filter_map(|(at, item)| part(&index(at), item));
            Value::from(left.collect::<Vec<_>>())
        }
        Value::Set(items) => {
            items.iter().filter_map(|item| part(item, item)).collect::<regorus::value::Set>().into_value()
        }
        Value::Object(fields) => {
            let left = fields.iter().filter_map(|(key, value)| Some((key.clone(), part(key, value)?)));
            Value::from(left.collect::<BTreeMap<_, _>>())
        }
        other => other.clone(),
    })
}

fn index(at: usize) -> Value {
    Value::from(at.to_string())
}
