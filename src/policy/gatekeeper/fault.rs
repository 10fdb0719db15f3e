//! Mistakes in Gatekeeper's objects, at their lines.

use std::sync::Arc;

use crate::manifest::object::Object;
use crate::policy::engine::Fault;

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
    format!("{}:{}", object.path(), object.source().position(object.span("/kind").start).line)
}
