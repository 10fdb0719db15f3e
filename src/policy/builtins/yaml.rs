//! YAML as `sigs.k8s.io/yaml` reads it, with our own reader.

use regorus::Value;

use super::{Answer, Family, Problem};
use crate::source::{RepoPath, Side};
use crate::yaml::{Dialect, read_one};

pub(super) const FUNCTIONS: Family = &[
    ("yaml.is_valid", |args| Ok(Value::from(args.string(0).is_ok_and(|text| read(text).is_ok())))),
    ("yaml.unmarshal", |args| read(args.string(0)?)),
];

fn read(text: &str) -> Answer {
    let stream = read_one(RepoPath::from("text"), Side::Head, text.as_bytes(), Dialect::Kubectl);
    if let Some(problem) = stream.problems.iter().find(|problem| problem.fatal) {
        return Err(Problem::Error(problem.message.clone()));
    }
    Ok(stream.documents.first().map_or(Value::Null, |document| Value::from(document.root().to_json())))
}
