//! YAML as `sigs.k8s.io/yaml` reads it, with our own reader; what conftest parses.

use regorus::Value;

use super::{Answer, Family, Problem};
use crate::source::{RepoPath, Side};
use crate::yaml::{self, Dialect, Stream, read_one};

pub(super) const FUNCTIONS: Family = &[
    ("parse_config", |args| match &**args.string(0)? {
        "json" | "yaml" => parse_config(args.string(1)?).map_err(Problem::Error),
        other => {
            Err(Problem::Unavailable(format!("conftest's parser `{other}` is not available, `yaml` and `json` are")))
        }
    }),
    ("yaml.is_valid", |args| Ok(Value::from(args.string(0).is_ok_and(|text| read(text).is_ok())))),
    ("yaml.unmarshal", |args| read(args.string(0)?)),
];

fn read(text: &str) -> Answer {
    let stream = read_one(RepoPath::from("text"), Side::Head, text.as_bytes(), Dialect::Kubectl);
    values(&stream).map(|mut documents| documents.pop().unwrap_or(Value::Null)).map_err(Problem::Error)
}

/// A text as conftest's parsers of YAML and JSON read it: of several documents the list.
pub(in crate::policy) fn parse_config(text: &str) -> Result<Value, String> {
    let mut documents = values(&yaml::read(RepoPath::from("text"), Side::Head, text.as_bytes(), Dialect::Kubectl))?;
    Ok(if documents.len() > 1 { documents.into() } else { documents.pop().unwrap_or(Value::Null) })
}

fn values(stream: &Stream) -> Result<Vec<Value>, String> {
    match stream.problems.iter().find(|problem| problem.fatal) {
        Some(problem) => Err(problem.message.clone()),
        None => Ok(stream.documents.iter().map(|document| Value::from(document.root().to_json())).collect()),
    }
}
