//! GitHub's own description of its API, derived by `tests/github/derive.mjs`: what goes to the fake and what it answers
//! must both be valid by it, so the fake is not only what we believe of GitHub.

use std::sync::LazyLock;

use serde_json::{Map, Value, json};

static DESCRIPTION: LazyLock<Value> = LazyLock::new(|| {
    let mut description: Value = serde_json::from_str(include_str!("../../github/openapi.json")).unwrap();
    nullable(&mut description);
    description
});

/// `OpenAPI` 3.0 says `nullable: true` where JSON Schema has a type.
fn nullable(node: &mut Value) {
    match node {
        Value::Array(items) => items.iter_mut().for_each(nullable),
        Value::Object(map) => {
            map.iter_mut()
                .filter(|(key, _)| *key != "examples" && *key != "example")
                .for_each(|(_, value)| nullable(value));
            if map.remove("nullable") == Some(Value::Bool(true)) {
                let inner = Value::Object(std::mem::take(map));
                *map = Map::from_iter([("anyOf".to_owned(), json!([inner, { "type": "null" }]))]);
            }
        }
        _ => {}
    }
}

/// An example of GitHub's, of which the fake makes its answers. Of a list of examples the first.
pub(super) fn example(name: &str) -> Value {
    let value = &DESCRIPTION["components"]["examples"][name]["value"];
    let value = value.get(0).unwrap_or(value);
    assert!(value.is_object(), "no example {name}");
    value.clone()
}

/// The template of a path, such as `/repos/{owner}/{repo}/pulls/{pull_number}`.
fn template(path: &str) -> Option<&'static str> {
    let parts: Vec<&str> = path.split('/').collect();
    let fits = |template: &str| {
        let own: Vec<&str> = template.split('/').collect();
        own.len() == parts.len() && own.iter().zip(&parts).all(|(own, part)| own.starts_with('{') || own == part)
    };
    DESCRIPTION["paths"].as_object().unwrap().keys().map(String::as_str).find(|template| fits(template))
}

/// What is wrong with a request or its answer by GitHub's description.
pub(super) fn problems(method: &str, route: &str, request: Option<&Value>, status: u16, answer: &Value) -> Vec<String> {
    let (path, query) = route.split_once('?').unwrap_or((route, ""));
    let Some(template) = template(path) else { return vec![format!("GitHub has no {path}")] };
    let item = &DESCRIPTION["paths"][template];
    let operation = &item[method.to_ascii_lowercase()];
    if operation.is_null() {
        return vec![format!("GitHub has no {method} {template}")];
    }
    let mut problems = Vec::new();
    for parameter in query.split('&').filter(|text| !text.is_empty()) {
        let (name, _) = parameter.split_once('=').unwrap();
        let known = [&operation["parameters"], &item["parameters"]].into_iter().filter_map(Value::as_array).flatten();
        let named = |known: &Value| match known["$ref"].as_str() {
            Some(reference) => DESCRIPTION.pointer(&reference[1..]).unwrap()["name"] == name,
            None => known["name"] == name,
        };
        if !known.into_iter().any(named) {
            problems.push(format!("{method} {template} has no parameter {name}"));
        }
    }
    let body = &operation["requestBody"]["content"]["application/json"]["schema"];
    match (request, body) {
        (Some(request), body) if body.is_object() => problems.extend(invalid(body, request)),
        (Some(_), _) => problems.push("a body where none is taken".to_owned()),
        (None, _) if operation["requestBody"]["required"] == true => problems.push("no body".to_owned()),
        (None, _) => {}
    }
    if status < 300 {
        let schema = &operation["responses"][status.to_string()]["content"]["application/json"]["schema"];
        if schema.is_object() {
            problems.extend(invalid(schema, answer).into_iter().map(|problem| format!("the fake's answer: {problem}")));
        } else {
            problems.push(format!("the fake answers {status}, which GitHub does not"));
        }
    }
    problems
}

fn invalid(schema: &Value, value: &Value) -> Vec<String> {
    let document = json!({ "allOf": [schema], "components": { "schemas": DESCRIPTION["components"]["schemas"] } });
    let validator = jsonschema::draft202012::new(&document).unwrap();
    validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[test]
fn the_description_says_where_it_is_from() {
    let source = &DESCRIPTION["x-source"];
    assert_eq!(source["package"], "@octokit/openapi");
    assert!(source["integrity"].as_str().unwrap().starts_with("sha512-"));
    let notice = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/NOTICE")).unwrap();
    assert!(notice.contains(&format!("@octokit/openapi {}", source["version"].as_str().unwrap())));
}

#[test]
fn mistakes_are_noticed() {
    let comment = example("issue-comment");
    let route = "/repos/o/r/issues/1/comments";
    assert_eq!(problems("POST", route, Some(&json!({ "body": "x" })), 201, &comment), [""; 0]);
    for (request, status, answer) in [
        (json!({ "body": "x", "extra": 1 }), 201, comment.clone()),
        (json!({}), 201, comment.clone()),
        (json!({ "body": "x" }), 200, comment.clone()),
        (json!({ "body": "x" }), 201, json!({ "id": 1 })),
    ] {
        assert_ne!(problems("POST", route, Some(&request), status, &answer), [""; 0], "{request} {status}");
    }
    assert_ne!(problems("PUT", route, None, 200, &comment), [""; 0]);
    assert_ne!(problems("GET", "/repos/o/r/issues/1/comments?pages=1", None, 200, &json!([])), [""; 0]);
}
