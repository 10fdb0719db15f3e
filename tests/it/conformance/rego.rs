//! `fixtures/conformance/rego`: what OPA 1.19 says of small modules, each asked as `portcullis policy eval` asks.

use std::collections::BTreeSet;
use std::sync::Arc;

use portcullis::policy::Value;
use portcullis::policy::engine::{Module, Program, RegoVersion};

const PROBES: &str = include_str!("../../../fixtures/conformance/rego/probes.jsonl");

/// What we say, in the words of the file.
enum Answer {
    Values(Vec<Value>),
    /// The texts of all mistakes: code, line, message.
    Refused(Vec<String>),
}

fn answer(probe: &Value) -> Answer {
    let text = |field: &str| Arc::clone(probe[field].as_string().expect("a text"));
    let version = if probe["v0"] == Value::from(true) { RegoVersion::V0 } else { RegoVersion::V1 };
    let module = Module { path: Arc::from("q.rego"), text: text("module"), version };
    let program = match Program::compile_query(&[module], &probe["data"], &text("query")) {
        Ok(program) => program,
        Err(faults) => return Answer::Refused(faults.iter().map(ToString::to_string).collect()),
    };
    match program.answers(&probe["input"]) {
        Ok((values, _)) => Answer::Values(values),
        Err(error) => Answer::Refused(vec![error.to_string()]),
    }
}

/// Sets are arrays in the file.
fn plain(value: &Value) -> Value {
    Value::from_json_str(&portcullis::policy::json::to_json(value)).expect("our own JSON")
}

fn compare(probe: &Value) -> Result<(), String> {
    let opa = &probe["opa"];
    match (answer(probe), opa) {
        (Answer::Values(values), opa) if opa["undefined"] == Value::from(true) && values.is_empty() => Ok(()),
        (Answer::Values(values), opa) if values.len() == 1 && plain(&values[0]) == opa["value"] => Ok(()),
        (Answer::Values(values), opa) => {
            Err(format!("OPA {opa}, ours {:?}", values.iter().map(plain).collect::<Vec<_>>()))
        }
        (Answer::Refused(why), opa) if opa["error"] != Value::Undefined => {
            let code = opa["code"].as_string().map_or("", |code| &**code);
            let line = opa["line"].as_u64().map_or_else(|_| String::new(), |line| format!("q.rego:{line}:"));
            let is_told = why.iter().any(|why| why.contains(code) && why.contains(&line));
            if is_told { Ok(()) } else { Err(format!("OPA {opa}, ours {why:?}")) }
        }
        (Answer::Refused(why), opa) => Err(format!("refused: {why:?}, OPA {opa}")),
    }
}

#[test]
fn opa_says() {
    let mut passing = BTreeSet::new();
    let (mut silent, mut reasons) = (Vec::new(), Vec::new());
    let mut count = 0;
    for line in PROBES.lines() {
        let probe = Value::from_json_str(line).expect("a probe a line");
        let name = probe["name"].as_string().expect("a name").to_string();
        count += 1;
        match compare(&probe) {
            Ok(()) => _ = passing.insert(name),
            Err(reason) => {
                if !reason.starts_with("refused") {
                    silent.push(name.clone());
                }
                reasons.push(format!("{name}: {reason}"));
            }
        }
    }
    super::ratchet("rego.passing", &passing, &reasons);
    assert!(silent.is_empty(), "other answers than OPA's: {silent:?}\n{}", reasons.join("\n"));
    assert!(passing.len() * 100 >= count * 97, "{} of {count}\n{}", passing.len(), reasons.join("\n"));
}
