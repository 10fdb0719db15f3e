//! A scalar as Go decodes it, and what is said of one that it does not.

use super::Walk;
use crate::schema::minors::MinorSet;
use crate::schema::problem::{Cause, Raised};
use crate::schema::table::{Facts, Field, Scalar, Type};
use crate::schema::text::{self, base64, quantity, time};
use crate::schema::values::nearest;
use crate::yaml::document::Data;
use crate::yaml::{NodeId, Value};

impl<'a> Walk<'_, 'a> {
    #[inline(never)]
    pub(super) fn scalar(&mut self, node: NodeId, raw: Value<'a>, scalar: Scalar, minors: MinorSet) {
        if let Some(number) = converted(scalar, raw.data()) {
            self.type_problem(node, raw, scalar_type(scalar), minors);
            self.raised(Raised::ByPost);
            self.growing.fill(node, &number.into());
            self.growing.only_applied(node);
            return;
        }
        let wrong = match (scalar, raw.data()) {
            (Scalar::Any, _) => return self.growing.verbatim(node, raw),
            (Scalar::SchemaOrBool | Scalar::SchemaOrArray | Scalar::SchemaOrStrings, _) => {
                return self.schema_or(node, raw, scalar, minors);
            }
            (Scalar::String | Scalar::Duration | Scalar::IntOrString, Data::String(_))
            | (Scalar::Bool, Data::Bool(_))
            | (Scalar::Int64, Data::Int(_))
            | (Scalar::Number, Data::Int(_) | Data::Float(_)) => None,
            (Scalar::Int32 | Scalar::IntOrString, Data::Int(number)) if i32::try_from(*number).is_ok() => None,
            (Scalar::Quantity, Data::String(_) | Data::Int(_) | Data::Float(_)) => {
                quantity::parse_value(raw).err().map(str::to_owned)
            }
            (Scalar::Base64, Data::String(_)) => base64::check(raw.as_str().unwrap_or_default()).err(),
            (Scalar::Time, Data::String(_)) => time::check(raw.as_str().unwrap_or_default()).err(),
            (Scalar::MicroTime, Data::String(_)) => time::check_micro(raw.as_str().unwrap_or_default()).err(),
            (Scalar::Quantity, _) => Some(quantity::FORMAT.to_owned()),
            _ => return self.wrong_type(node, raw, scalar_type(scalar), minors),
        };
        self.growing.deriver().set_scalar_of(node, raw);
        if let Some(message) = wrong {
            self.growing.opaque(node);
            self.push(Cause::Type, node, None, message, minors);
        }
    }

    #[cold]
    pub(super) fn wrong_type(&mut self, node: NodeId, raw: Value<'a>, go_type: &str, minors: MinorSet) {
        self.growing.verbatim(node, raw);
        self.growing.opaque(node);
        self.type_problem(node, raw, go_type, minors);
    }

    #[cold]
    fn type_problem(&mut self, node: NodeId, raw: Value<'a>, go_type: &str, minors: MinorSet) {
        let json = match raw.data() {
            Data::Null => "null".to_owned(),
            Data::Bool(_) => "bool".to_owned(),
            Data::Int(number) if go_type.starts_with("int") => format!("number {number}"),
            Data::Float(number) if go_type.starts_with("int") => format!("number {number}"),
            Data::Int(_) | Data::Float(_) => "number".to_owned(),
            Data::String(_) => "string".to_owned(),
            Data::Sequence(_) => "array".to_owned(),
            Data::Mapping(..) => "object".to_owned(),
        };
        let message = format!("json: cannot unmarshal {json} into Go struct field of type {go_type}");
        self.push(Cause::Type, node, None, message, minors);
    }

    /// What the overlay says of a field's own value.
    #[inline(never)]
    pub(super) fn facts(&mut self, node: NodeId, raw: Value<'a>, (field, facts): (Field, Facts), minors: MinorSet) {
        if self.growing.is_opaque(node) {
            return;
        }
        let converted = if let Type::Scalar(scalar) = field.ty() { converted(scalar, raw.data()) } else { None };
        if let (Some(number), Some((low, high))) = (converted.or(raw.as_int()), facts.range())
            && !(low..=high).contains(&number)
        {
            let why = if high == i64::MAX {
                format!("must be greater than or equal to {low}")
            } else {
                format!("must be between {low} and {high}, inclusive")
            };
            self.push(Cause::Invalid, node, None, format!("Invalid value: {number}: {why}"), minors);
            if converted.is_some() {
                self.raised(Raised::ByApply);
            }
        }
        if let Some(text) = raw.as_str().filter(|text| !text.is_empty())
            && facts.values().len() > 0
            && facts.values().all(|value| value != text)
        {
            let values: Vec<String> = facts.values().map(|value| format!("{value:?}")).collect();
            let message = format!("Unsupported value: {text:?}: supported values: {}", values.join(", "));
            self.push(Cause::NotSupported, node, None, message, minors);
            if let Some(last) = self.problems.last_mut() {
                last.suggestion = nearest(text, facts.values());
            }
        }
        if let (Some(check), Some(text)) = (facts.check(), raw.as_str())
            && let Some(why) = text::check(check, text)
        {
            self.push(Cause::Invalid, node, None, format!("Invalid value: {text:?}: {why}"), minors);
        }
    }
}

/// The integer that server-side apply makes of a number that is none of its type: it drops a fraction of zeros, and the
/// bits that do not fit. Whoever decodes JSON refuses such a number.
fn converted(scalar: Scalar, data: &Data) -> Option<i64> {
    let (whole, is_int) = match data {
        Data::Int(number) => (*number, true),
        Data::Float(number) => (whole(*number)?, false),
        _ => return None,
    };
    let narrow = i32::try_from(whole);
    match (scalar, narrow) {
        (Scalar::Int32, Ok(_)) | (Scalar::Int64, _) if is_int => None,
        (Scalar::Int32 | Scalar::IntOrString, Ok(number)) => (!is_int).then_some(i64::from(number)),
        (Scalar::Int32, Err(_)) => Some(low_bits(whole)),
        (Scalar::Int64, _) => Some(whole),
        _ => None,
    }
}

/// A number without a fraction. What is too large for 64 bits is the smallest number, as processors have it.
#[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
fn whole(number: f64) -> Option<i64> {
    let fits = number.abs() < 9.2e18;
    (number.fract() == 0.0).then_some(if fits { number as i64 } else { i64::MIN })
}

#[expect(clippy::cast_possible_truncation, reason = "that is what is told")]
fn low_bits(number: i64) -> i64 {
    i64::from(number as i32)
}

pub(super) fn go_type(ty: Type) -> String {
    match ty {
        Type::Scalar(scalar) => scalar_type(scalar).to_owned(),
        Type::Struct(def) => def.name().rsplit_once('.').map_or("", |(_, name)| name).to_owned(),
        Type::List(item) => format!("[]{}", go_type(item.ty())),
        Type::Map(value) => format!("map[string]{}", go_type(value.ty())),
    }
}

fn scalar_type(scalar: Scalar) -> &'static str {
    match scalar {
        Scalar::Any => "interface {}",
        Scalar::String | Scalar::Time | Scalar::MicroTime | Scalar::Duration => "string",
        Scalar::Bool => "bool",
        Scalar::Int32 | Scalar::IntOrString => "int32",
        Scalar::Int64 => "int64",
        Scalar::Number => "float64",
        Scalar::Base64 => "[]uint8",
        Scalar::Quantity => "resource.Quantity",
        Scalar::SchemaOrBool | Scalar::SchemaOrArray | Scalar::SchemaOrStrings => "JSONSchemaProps",
    }
}
