//! Every builtin against OPA's own answers.

use regorus::{Engine, Value};

use super::{Standing, mantissa, register, signature, signatures, take_failures};

/// Calls with the answers of OPA 1.19.0: an expression, a tab and JSON, `undefined` or `error`. Behind a second tab
/// stands why the answer differs here.
const ANSWERS: &str = include_str!("../../../fixtures/conformance/builtins.txt");

/// What the expressions find in `input`.
const INPUT: &str = r#"{"n": null, "s": "x", "i": 3, "a": [1, 2, 3], "o": {"k": "v"}, "f": 1.5}"#;

fn evaluate(expression: &str) -> Result<Value, String> {
    let mut engine = Engine::new();
    engine.set_strict_builtin_errors(false);
    register(&mut engine, |_| true);
    let (v0, expression) = expression.strip_prefix("v0 ").map_or((false, expression), |expression| (true, expression));
    engine.set_rego_v0(v0);
    engine.set_input(Value::from_json_str(INPUT).expect("the input is JSON"));
    let module = if v0 {
        format!("package q\nr = x {{ x := {expression} }}\n")
    } else {
        format!("package q\nr := {expression}\n")
    };
    let text = |error: &dyn std::fmt::Display| error.to_string();
    engine.add_policy("q.rego".to_owned(), module).map_err(|error| text(&error))?;
    mantissa::forget();
    engine.eval_rule("data.q.r".to_owned()).map(mantissa::settled).map_err(|error| text(&error))
}

/// As compact JSON; numbers by value, since the engine keeps no trailing zeros.
fn shown(answer: &Result<Value, String>) -> String {
    match answer {
        Err(_) => "error".to_owned(),
        Ok(Value::Undefined) => "undefined".to_owned(),
        Ok(value) => serde_json::to_value(value).map_or_else(|error| error.to_string(), |json| json.to_string()),
    }
}

fn agree(answer: &Result<Value, String>, opa: &str) -> bool {
    // OPA finds mistakes of type before it evaluates anything; that is the engine's business.
    if opa == "error" {
        return matches!(answer, Err(_) | Ok(Value::Undefined));
    }
    let ours = shown(answer);
    if ours == opa {
        return true;
    }
    let parse = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
    matches!((parse(&ours), parse(opa)), (Some(ours), Some(opa)) if same(&ours, &opa))
}

/// Equal, objects in any order and numbers as the nearest floating-point number.
fn same(left: &serde_json::Value, right: &serde_json::Value) -> bool {
    use serde_json::Value as Json;
    match (left, right) {
        (Json::Number(left), Json::Number(right)) => left == right || left.as_f64() == right.as_f64(),
        (Json::Array(left), Json::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Json::Object(left), Json::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(key, left)| right.get(key).is_some_and(|right| same(left, right)))
        }
        _ => left == right,
    }
}

#[test]
fn builtins_answer_as_opa() {
    let mut wrong = Vec::new();
    for line in ANSWERS.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let mut columns = line.split('\t');
        let (Some(expression), Some(opa)) = (columns.next(), columns.next()) else { panic!("no answer: {line}") };
        let answer = evaluate(expression);
        if agree(&answer, opa) != columns.next().is_none() {
            wrong.push(format!(
                "{expression}\n  OPA  {opa}\n  here {} {}",
                shown(&answer),
                answer.err().unwrap_or_default()
            ));
        }
    }
    assert!(wrong.is_empty(), "{} differ, or no longer do:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_function_of_ours_is_in_the_table_and_every_builtin_is_known() {
    for (name, _) in super::FAMILIES.iter().copied().flatten() {
        let known = signature(name).unwrap_or_else(|| panic!("{name} is no builtin of OPA"));
        assert!(matches!(known.standing, Standing::Ours(_)), "{name} is not ours: {:?}", known.standing);
    }
    assert_eq!(signatures().len(), 206 + 3, "OPA 1.19 has 206 builtins, conftest 3 more");
}

/// A name in the table that the engine does not know would be an error in the middle of an evaluation.
#[test]
fn what_the_engine_evaluates_it_knows() {
    for signature in signatures().iter().filter(|signature| matches!(signature.standing, Standing::Engine)) {
        let arguments = vec!["input.missing"; signature.arguments.len()].join(", ");
        let answer = evaluate(&format!("{}({arguments})", signature.name));
        let unknown = answer.as_ref().is_err_and(|error| error.contains("could not find function"));
        assert!(!unknown, "{}: {answer:?}", signature.name);
    }
}

#[test]
fn what_is_not_available_is_never_undefined() {
    _ = take_failures();
    let error = evaluate(r#"http.send({"method": "get", "url": "http://127.0.0.1/"})"#);
    assert!(error.is_err_and(|error| error.contains("never the network")));
    // The engine swallows an error inside of a function; what is kept aside tells it.
    let mut engine = Engine::new();
    register(&mut engine, |_| true);
    engine.add_policy("q.rego".into(), "package q\nf(x) := http.send(x)\nr if not f({})\n".into()).expect("a policy");
    _ = take_failures();
    _ = engine.eval_rule("data.q.r".into());
    let failures = take_failures();
    assert!(matches!(failures.as_slice(), [failure] if failure.unavailable && failure.name == "http.send"));
    assert!(take_failures().is_empty(), "they are told once");
}

#[test]
fn what_would_be_huge_is_refused() {
    for call in [
        "numbers.range(1, 1000000000)",
        r#"net.cidr_expand("10.0.0.0/8")"#,
        r#"sprintf("%1000000d%1000000d", [1, 2])"#,
        r#"sprintf("%070000d", [1])"#,
        r#"sprintf("%.70000e", [1.5])"#,
        "product([x | some i in numbers.range(1, 300); x := 1e300 + i])",
        r#"regex.replace("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "a", sprintf("%100000s", ["x"]))"#,
    ] {
        assert_eq!(shown(&evaluate(call)), "error", "{call}");
    }
}

#[test]
fn a_signature_tells_what_its_arguments_hold() {
    let concat = signature("concat").expect("a builtin");
    let [_, collection] = concat.arguments.as_slice() else { panic!("concat takes two") };
    assert_eq!(collection.to_string(), "any<array[string], set[string]>");
}
