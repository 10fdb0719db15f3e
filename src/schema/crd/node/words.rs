//! What the keywords of a structural schema say.

use super::Node;
use crate::yaml::Value;

/// The type that a schema names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// None.
    Any,
    /// `object`
    Object,
    /// `array`
    Array,
    /// `string`
    String,
    /// `integer`
    Integer,
    /// `number`
    Number,
    /// `boolean`
    Boolean,
}

pub(in crate::schema::crd) const TYPES: [(Type, &str); 7] = [
    (Type::Any, ""),
    (Type::Object, "object"),
    (Type::Array, "array"),
    (Type::String, "string"),
    (Type::Integer, "integer"),
    (Type::Number, "number"),
    (Type::Boolean, "boolean"),
];

/// `x-kubernetes-list-type`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListType {
    /// One value as a whole: the default.
    Atomic,
    /// Every item is there once.
    Set,
    /// Items are found by their keys.
    Map,
}

/// What `additionalProperties` says.
#[derive(Clone, Copy, Debug)]
pub enum Additional<'p> {
    /// Every other value has this schema.
    Schema(Node<'p>),
    /// A boolean.
    Bool(bool),
}

/// A value that a schema holds: of an enum, or a default.
#[derive(Clone, Copy, Debug)]
pub enum Literal<'p> {
    /// A string.
    String(&'p str),
    /// Anything else, as JSON.
    Json(&'p str),
}

impl Literal<'_> {
    /// A value says the same.
    #[must_use]
    pub fn is(self, value: Value<'_>) -> bool {
        match self {
            Self::String(text) => value.as_str() == Some(text),
            Self::Json(text) => serde_json::from_str::<serde_json::Value>(text).is_ok_and(|own| own == value.to_json()),
        }
    }
}

/// The limits of a number.
#[derive(Clone, Copy, Debug, Default)]
pub struct Limits {
    /// `minimum`
    pub minimum: Option<f64>,
    /// `maximum`
    pub maximum: Option<f64>,
    /// The number must be greater than the minimum.
    pub exclusive_minimum: bool,
    /// The number must be less than the maximum.
    pub exclusive_maximum: bool,
    /// `multipleOf`
    pub multiple_of: Option<f64>,
}

/// One of `x-kubernetes-validations`. Absent texts are empty.
#[derive(Clone, Copy, Debug)]
pub struct Rule<'p> {
    /// The expression.
    pub rule: &'p str,
    /// `message`
    pub message: &'p str,
    /// `messageExpression`
    pub message_expression: &'p str,
    /// `reason`
    pub reason: &'p str,
    /// `fieldPath`
    pub field_path: &'p str,
    /// `optionalOldSelf`
    pub optional_old_self: bool,
}
