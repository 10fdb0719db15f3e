//! Mistakes in Gatekeeper's objects, at their lines.

use std::sync::Arc;

use crate::manifest::object::Object;
use crate::policy::engine::Fault;
use crate::source::RepoPath;

/// A mistake at a value of an object; the pointer is the object's. A value that is not there stands for what should hold it.
pub(super) fn at(object: &Object, pointer: &str, code: &'static str, message: impl Into<String>, help: &str) -> Fault {
    let position = object.source().position(object.span(pointer).start);
    Fault {
        code,
        message: message.into(),
        path: Arc::from(object.path().to_string()),
        line: position.line,
        column: position.column,
        help: (!help.is_empty()).then(|| help.to_owned()),
    }
}

/// The file and the line of an object, for a message.
pub(super) fn place(object: &Object) -> String {
    let (path, line) = line(object);
    format!("{path}:{line}")
}

/// What kept an object from being judged: a mutator or an ExpansionTemplate that cannot do its work on it.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    pub(super) kind: String,
    pub(super) name: String,
    /// The file and the line of its object.
    pub(super) place: (RepoPath, u32),
    pub(super) why: String,
}

impl Failure {
    #[expect(clippy::unnecessary_box_returns, reason = "it is the error of results, and large")]
    pub(super) fn of(object: &Object, why: impl Into<String>) -> Box<Self> {
        let (kind, name) = (object.key.kind.clone(), object.key.name.clone());
        Box::new(Self { kind, name, place: line(object), why: why.into() })
    }
}

/// The file and the line where an object is written.
pub(super) fn line(object: &Object) -> (RepoPath, u32) {
    (object.path().clone(), object.source().position(object.span("/metadata/name").start).line)
}
