//! The validation of values against a schema: `kube-openapi/pkg/validation/validate`, with its way to choose which
//! alternative's faults are told (the one that most checks agree with).

use super::fault::{Fault, Wrong};
use super::node::{Additional, Limits, Literal, Node, Type};
use super::ratchet::Old;
use crate::schema::minors::MinorSet;
use crate::schema::stored::Stored;
use crate::yaml::{Kind, Value};

/// The visits of one object that are made. An honest one has some thousands; a hostile CRD with alternatives inside
/// alternatives and a long list would keep us for hours.
const VISITS: u32 = 3_000_000;

/// The faults of one object that are told.
const FAULTS: usize = 5_000;

/// One validation.
pub(super) struct Check<'s, 'p> {
    stored: &'s Stored,
    pub(super) faults: Vec<Fault<'s, 'p>>,
    /// The minors that are judged know the formats of 1.34.
    knows_34: bool,
    /// How often a value that is not known was met: what alternatives say of it says nothing.
    unknown: u32,
    visits: u32,
}

impl<'s, 'p> Check<'s, 'p> {
    pub(super) fn new(stored: &'s Stored, minors: MinorSet) -> Self {
        let knows_34 = !minors.within(MinorSet::since(34)).is_empty();
        Self { stored, faults: Vec::new(), knows_34, unknown: 0, visits: 0 }
    }

    /// The object was not looked at whole.
    pub(super) fn gave_up(&self) -> bool {
        self.visits > VISITS
    }

    fn push(&mut self, value: Value<'s>, kind: Wrong<'p>) {
        self.faults.push(Fault { value, kind });
    }

    /// Check a value, and forgive what is wrong with it if it is what it was. Gives how many checks agreed.
    pub(super) fn value(&mut self, value: Value<'s>, schema: Node<'p>, old: Option<Old<'_, 'p>>) -> u32 {
        let mark = self.faults.len();
        let agreed = self.check(value, schema, old);
        if self.faults.len() > mark && old.is_some_and(|old| old.is_same(value)) {
            self.faults.truncate(mark);
        }
        agreed
    }

    /// The root: its kind and version are never what they were, because an old object is converted first.
    pub(super) fn root(&mut self, value: Value<'s>, schema: Node<'p>, old: Option<Old<'_, 'p>>) {
        self.check(value, schema, old);
    }

    fn check(&mut self, value: Value<'s>, schema: Node<'p>, old: Option<Old<'_, 'p>>) -> u32 {
        self.visits += 1;
        if self.visits > VISITS || self.faults.len() > FAULTS {
            return 0;
        }
        let kind = value.kind();
        if self.stored.is_opaque_itself(value) {
            self.unknown += 1;
            return 1;
        }
        let is_typed = schema.ty() != Type::Any || schema.is_int_or_string() || schema.format().is_some();
        let mut agreed = 0;
        if is_typed || kind == Kind::Null {
            match Self::type_fault(value, schema) {
                Some(kind) => self.push(value, kind),
                None => agreed += 1,
            }
        }
        if schema.has_values() && !is_one_of(value, schema) {
            self.push(value, Wrong::Enum(schema));
        }
        if kind == Kind::Null {
            return agreed;
        }
        // Every check that applies counts, whatever it says: type, alternatives, enum, and the whole.
        agreed += u32::from(is_typed) + 4;
        if schema.has_junctors() {
            agreed += self.junctors(value, schema);
        }
        agreed += match kind {
            Kind::String => self.string(value, schema),
            Kind::Int | Kind::Float => self.number(value, schema),
            Kind::Sequence => self.list(value, schema, old),
            Kind::Mapping => self.object(value, schema, old),
            Kind::Null | Kind::Bool => 0,
        };
        agreed
    }

    fn type_fault(value: Value<'s>, schema: Node<'p>) -> Option<Wrong<'p>> {
        let kind = value.kind();
        let is_number_type = matches!(schema.ty(), Type::Number | Type::Integer) || schema.is_int_or_string();
        let takes = |ty| schema.ty() == ty && !schema.is_int_or_string();
        let is_whole = || value.as_float().is_some_and(is_integer);
        let fits = match kind {
            Kind::Null => {
                return (!schema.is_nullable() && (schema.ty() != Type::Any || schema.is_int_or_string()))
                    .then_some(Wrong::Type(schema));
            }
            Kind::Bool => takes(Type::Boolean),
            Kind::Int => is_number_type,
            Kind::Float => takes(Type::Number) || (is_number_type && is_whole()),
            Kind::String => takes(Type::String) || schema.is_int_or_string(),
            Kind::Sequence => takes(Type::Array),
            Kind::Mapping => takes(Type::Object),
        };
        if fits {
            return None;
        }
        match (schema.format(), kind) {
            // Only a string's format is looked at, and not that it is one: but for server-side apply.
            (Some(_), Kind::Sequence) if schema.ty() == Type::String => Some(Wrong::NoString),
            (Some(_), Kind::String | Kind::Sequence) if !is_number_type => None,
            (Some(format), Kind::Bool | Kind::Int | Kind::Float | Kind::Mapping) => Some(Wrong::NumberFormat(format)),
            _ => Some(Wrong::Type(schema)),
        }
    }

    fn string(&mut self, value: Value<'s>, schema: Node<'p>) -> u32 {
        let text = value.as_str().unwrap_or_default();
        let (least, most) = schema.lengths();
        let length = if least.is_some() || most.is_some() { text.chars().count() as u64 } else { 0 };
        if let Some(most) = most.filter(|most| length > *most) {
            self.push(value, Wrong::TooLong(most));
        } else if let Some(least) = least.filter(|least| length < *least) {
            self.push(value, Wrong::TooShort(least));
        } else if let Some((pattern, compiled)) = schema.pattern()
            && compiled.is_some_and(|compiled| !compiled.is_match(text))
        {
            self.push(value, Wrong::Pattern(pattern));
        }
        let format = schema.format().filter(|format| self.knows_34 || !format.is_new_in_34());
        match format.and_then(|format| Some((format, format.check(text)?))) {
            Some((format, fits)) => {
                if !fits {
                    self.push(value, Wrong::Format(format));
                }
                2
            }
            None => 1,
        }
    }

    fn number(&mut self, value: Value<'s>, schema: Node<'p>) -> u32 {
        let ty = match schema.ty() {
            _ if schema.is_int_or_string() => "",
            Type::Integer => "integer",
            Type::Number => "number",
            _ => "",
        };
        let format = schema.format().filter(|_| !ty.is_empty());
        let format_name = format.map_or("", super::format::Format::name);
        if let Some(float) = value.as_float()
            && !in_range(value.as_int(), float, ty, format_name)
        {
            self.push(value, Wrong::Range("Checked", ty, format));
        }
        if let Some(limits) = schema.limits() {
            self.limits(
                value,
                limits,
                |limit| in_range(None, limit, ty, format_name),
                |what| Wrong::Range(what, ty, format),
            );
        }
        2
    }

    fn limits(
        &mut self,
        value: Value<'s>,
        limits: Limits,
        in_range: impl Fn(f64) -> bool,
        range: impl Fn(&'static str) -> Wrong<'p>,
    ) {
        let int = value.as_int();
        let Some(float) = value.as_float() else { return };
        if let Some(factor) = limits.multiple_of {
            if !in_range(factor) {
                self.push(value, range("MultipleOf"));
            }
            if !is_multiple(int.filter(|_| in_range(factor)), float, factor) {
                self.push(value, Wrong::Multiple(factor));
            }
        }
        let ends = [
            (limits.maximum, limits.exclusive_maximum, true, "Maximum boundary"),
            (limits.minimum, limits.exclusive_minimum, false, "Minimum boundary"),
        ];
        for (limit, is_exclusive, is_maximum, what) in ends {
            let Some(limit) = limit else { continue };
            if !in_range(limit) {
                self.push(value, range(what));
            }
            #[expect(clippy::cast_possible_truncation, reason = "as the server casts it")]
            let order = match int {
                Some(int) => int.cmp(&(limit as i64)),
                None => float.partial_cmp(&limit).unwrap_or(std::cmp::Ordering::Equal),
            };
            let order = if is_maximum { order } else { order.reverse() };
            if order.is_gt() || (order.is_eq() && is_exclusive) {
                self.push(value, Wrong::Limit { limit, is_maximum, is_exclusive });
            }
        }
    }

    fn list(&mut self, value: Value<'s>, schema: Node<'p>, old: Option<Old<'_, 'p>>) -> u32 {
        let mut agreed = 2;
        if let Some(items) = schema.items() {
            let old = old.and_then(Old::items);
            for item in value.items() {
                agreed += self.value(item, items, old.as_ref().and_then(|old| old.of(item)));
            }
        }
        let (least, most) = schema.item_counts();
        let count = value.items().len() as u64;
        if let Some(least) = least.filter(|least| count < *least) {
            self.push(value, Wrong::TooFewItems(least));
        }
        if let Some(most) = most.filter(|most| count > *most) {
            self.push(value, Wrong::TooManyItems(most));
        }
        agreed
    }

    fn object(&mut self, value: Value<'s>, schema: Node<'p>, old: Option<Old<'_, 'p>>) -> u32 {
        let (least, most) = schema.property_counts();
        let count = value.entries().len() as u64;
        if let Some(least) = least.filter(|least| count < *least) {
            self.push(value, Wrong::TooFewProperties(least));
        }
        if let Some(most) = most.filter(|most| count > *most) {
            self.push(value, Wrong::TooManyProperties(most));
        }
        let mut agreed = 1;
        let additional = schema.additional();
        for (number, (name, _, child)) in value.entries().enumerate() {
            let child_schema = match (schema.property(name), additional) {
                (Some(property), _) => property,
                (None, Some(Additional::Schema(values))) => values,
                (None, Some(Additional::Bool(false))) => {
                    self.push(value, Wrong::Forbidden(number));
                    continue;
                }
                (None, Some(Additional::Bool(true)) | None) => continue,
            };
            agreed += self.value(child, child_schema, old.and_then(|old| old.field(name)));
        }
        for name in schema.required() {
            if value.get(name).is_none() {
                self.push(value, Wrong::Required(name));
            }
        }
        agreed
    }

    /// allOf, anyOf, oneOf and not: in these, nothing is forgiven.
    fn junctors(&mut self, value: Value<'s>, schema: Node<'p>) -> u32 {
        let mut agreed = 0;
        let unknown = self.unknown;
        let mut any_of = schema.any_of().peekable();
        if any_of.peek().is_some() {
            let outcome = self.alternatives(value, any_of, true);
            if outcome.met > 0 || self.unknown > unknown {
                agreed += outcome.agreed;
            } else {
                self.push(value, Wrong::AnyOf);
                agreed += outcome.agreed;
                self.faults.extend(outcome.faults);
            }
        }
        let mut one_of = schema.one_of().peekable();
        if one_of.peek().is_some() {
            let outcome = self.alternatives(value, one_of, false);
            match outcome.met {
                1 => agreed += outcome.agreed,
                _ if self.unknown > unknown => {}
                met => {
                    self.push(value, Wrong::OneOf(met));
                    if met == 0 {
                        agreed += outcome.agreed;
                        self.faults.extend(outcome.faults);
                    }
                }
            }
        }
        let (mut met, mut all) = (0_usize, 0_usize);
        for one in schema.all_of() {
            let mark = self.faults.len();
            agreed += self.check(value, one, None);
            met += usize::from(self.faults.len() == mark);
            all += 1;
        }
        if met < all {
            self.push(value, Wrong::AllOf(met > 0));
        }
        if let Some(negated) = schema.negated() {
            let mark = self.faults.len();
            self.check(value, negated, None);
            let is_met = self.faults.len() == mark && self.unknown == unknown;
            self.faults.truncate(mark);
            if is_met {
                self.push(value, Wrong::Not);
            }
        }
        agreed
    }

    /// Try alternatives until one is met, or all of them.
    fn alternatives(
        &mut self,
        value: Value<'s>,
        schemas: impl Iterator<Item = Node<'p>>,
        until_met: bool,
    ) -> Outcome<'s, 'p> {
        let mark = self.faults.len();
        let mut outcome = Outcome { met: 0, agreed: 0, faults: Vec::new() };
        let mut is_first = true;
        for schema in schemas {
            let agreed = self.check(value, schema, None);
            if self.faults.len() == mark {
                outcome.met += 1;
                if outcome.met == 1 {
                    outcome.agreed = agreed;
                    outcome.faults.clear();
                }
                if until_met {
                    break;
                }
                continue;
            }
            if outcome.met == 0 && (is_first || agreed > outcome.agreed) {
                outcome.agreed = agreed;
                outcome.faults = self.faults.split_off(mark);
                is_first = false;
            }
            self.faults.truncate(mark);
        }
        outcome
    }
}

/// What became of alternatives.
struct Outcome<'s, 'p> {
    /// How many are met.
    met: usize,
    /// How many checks agreed: of the first that is met, else of the best that is not.
    agreed: u32,
    /// The faults of the best that is not met.
    faults: Vec<Fault<'s, 'p>>,
}

/// A float is an integer to a reader of JSON: no larger than a float counts exactly, and close enough to one.
fn is_integer(float: f64) -> bool {
    const MOST: f64 = 9_007_199_254_740_991.0;
    let whole = float.trunc();
    let fraction = (float - whole).abs();
    float.abs() <= MOST && (fraction <= 0.0 || fraction / (float.abs() + whole.abs()) < 1e-9)
}

/// A number fits its type and format.
fn in_range(int: Option<i64>, float: f64, ty: &str, format: &str) -> bool {
    match (ty, format, int) {
        ("integer", "int32", Some(int)) => i32::try_from(int).is_ok(),
        ("integer", _, None) => {
            let most = if format == "int32" { -f64::from(i32::MIN) } else { 9_223_372_036_854_775_808.0 };
            float.fract() == 0.0 && float < most && float >= -most
        }
        #[expect(clippy::cast_possible_truncation, reason = "whether it can be one is what is asked")]
        ("number", "float", _) => (float as f32).is_finite(),
        _ => true,
    }
}

#[expect(clippy::cast_possible_truncation, reason = "as the server casts it")]
fn is_multiple(int: Option<i64>, float: f64, factor: f64) -> bool {
    match int {
        _ if factor <= 0.0 => false,
        Some(int) => int.checked_rem(factor as i64) == Some(0),
        None => is_integer(if factor < 1.0 { 1.0 / factor * float } else { float / factor }),
    }
}

/// A value is one of an enum's, after Go's conversions between types of numbers.
fn is_one_of(value: Value<'_>, schema: Node<'_>) -> bool {
    schema.values().any(|literal| match (literal, value.kind()) {
        (Literal::String(text), Kind::String) => value.as_str() == Some(text),
        // Go converts an integer to the character of that number.
        (Literal::String(text), Kind::Int) => {
            let c = value.as_int().and_then(|int| u32::try_from(int).ok()).and_then(char::from_u32);
            c.is_some_and(|c| text.chars().eq([c]))
        }
        (Literal::String(_), _) | (_, Kind::String | Kind::Null) => false,
        (Literal::Json(text), _) => is_same_json(value, text),
    })
}

#[expect(clippy::cast_possible_truncation, reason = "as Go converts it")]
fn is_same_json(value: Value<'_>, text: &str) -> bool {
    let Ok(literal) = serde_json::from_str::<serde_json::Value>(text) else { return false };
    match (&literal, value.as_float()) {
        (serde_json::Value::Number(number), Some(float)) => match (number.as_i64(), value.as_int()) {
            (Some(wanted), Some(int)) => int == wanted,
            (Some(wanted), None) => float.trunc() as i64 == wanted,
            (None, _) => number.as_f64() == Some(float),
        },
        _ => literal == value.to_json(),
    }
}
