//! Whether a default is a value of its schema, in the words of the server's `OpenAPI` validation.

use std::collections::{HashMap, HashSet};

use super::ENOUGH;
use super::node::Node;
use crate::schema::crd::format::Format;
use crate::schema::crd::node::Type;
use crate::schema::crd::pattern::Pattern;
use crate::schema::problem::Cause;
use crate::schema::stored::Places;
use crate::schema::values::{Cx, Read, printed};
use crate::yaml::{Kind, Value};

/// What compiling a pattern costs, as so many values looked at.
const COMPILING: u32 = 1 << 14;

/// How much may still be looked at: defaults in defaults and alternatives in lists multiply.
pub(super) struct Work {
    left: u32,
    patterns: HashMap<String, Option<Pattern>>,
}

impl Work {
    /// Enough for every CRD that is not made to take long.
    pub(super) fn new() -> Self {
        Self { left: 1 << 20, patterns: HashMap::new() }
    }

    /// A pattern is found in a text; so it is if enough was done.
    fn is_match(&mut self, pattern: &str, text: &str) -> bool {
        if !self.patterns.contains_key(pattern) {
            let compiled = if self.spend(COMPILING) { Pattern::compile(pattern).ok() } else { None };
            self.patterns.insert(pattern.to_owned(), compiled);
        }
        let compiled = self.patterns.get(pattern).and_then(Option::as_ref);
        compiled.is_none_or(|compiled| compiled.is_match(text))
    }

    fn spend(&mut self, cost: u32) -> bool {
        let enough = self.left >= cost;
        self.left = self.left.saturating_sub(cost);
        enough
    }

    /// Look at one value with a node; false when enough was done.
    pub(super) fn on(&mut self, value: Value<'_>, node: &Node<'_>) -> bool {
        let properties = node.properties.map_or(0, |properties| properties.entries().len());
        let lookups = value.entries().len().saturating_mul(properties) / 16;
        self.spend(1 + u32::try_from(lookups + value.items().len()).unwrap_or(u32::MAX - 1))
    }
}

/// One check: what was found, and of which value the messages speak.
pub(super) struct Fits<'c, 'a> {
    /// None while it is only asked whether there is anything.
    cx: Option<&'c mut Cx<'a>>,
    work: &'c mut Work,
    found: usize,
    /// The name of the default itself, which the messages leave out.
    base: &'c str,
}

impl<'a> Fits<'_, 'a> {
    /// Check a default against its schema.
    pub(super) fn check(cx: &mut Cx<'a>, value: Value<'a>, schema: Value<'a>, work: &mut Work) {
        let base = cx.name(value.here());
        Fits { cx: Some(cx), work, found: 0, base: &base }.value(value, &Node::read(schema));
    }

    fn fits(&mut self, value: Value<'a>, schema: Value<'a>) -> bool {
        let mut fits = Fits { cx: None, work: self.work, found: 0, base: "" };
        fits.value(value, &Node::read(schema));
        fits.found == 0
    }

    /// `.a.b in body should be …`
    fn say(&mut self, value: Value<'a>, why: impl FnOnce() -> String) {
        self.found += 1;
        if let Some(cx) = &mut self.cx {
            let name = cx.name(value.here());
            let why = why();
            cx.invalid(value.here(), format_args!("{} in body {why}", name.strip_prefix(self.base).unwrap_or(&name)));
        }
    }

    /// `Invalid value: "integer": .a in body must be of type string: "integer"`
    fn wrong_type(&mut self, value: Value<'a>, expected: &str, actual: &str) {
        self.found += 1;
        if let Some(cx) = &mut self.cx {
            let name = cx.name(value.here());
            let path = name.strip_prefix(self.base).unwrap_or(&name);
            let message = format!("Invalid value: {actual:?}: {path} in body must be of type {expected}: {actual:?}");
            cx.push(Cause::TypeInvalid, value.here(), message);
        }
    }

    fn tell(&mut self, push: impl FnOnce(&mut Cx<'a>)) {
        self.found += 1;
        if let Some(cx) = &mut self.cx {
            push(cx);
        }
    }

    fn value(&mut self, value: Value<'a>, node: &Node<'a>) {
        if self.found > ENOUGH || !self.work.on(value, node) {
            return;
        }
        self.ty(value, node);
        if !value.is_null() {
            self.junctors(value, node);
            match value.kind() {
                Kind::String => self.text(value, node),
                Kind::Int | Kind::Float => self.number(value, node),
                Kind::Sequence => self.list(value, node),
                Kind::Mapping => self.mapping(value, node),
                Kind::Bool | Kind::Null => {}
            }
        }
        if node.value.count("enum") > 0 && !node.value.list("enum").any(|known| same(known, value)) {
            let shown: Vec<String> = node.value.list("enum").map(text_of).collect();
            let shown: Vec<&str> = shown.iter().map(String::as_str).collect();
            self.tell(|cx| cx.not_supported(value.here(), &shown));
        }
    }

    fn ty(&mut self, value: Value<'a>, node: &Node<'a>) {
        let (expected, format) = (node.ty, node.format);
        if expected.is_empty() && format.is_empty() {
            return;
        }
        let is_text_or_list = matches!(value.kind(), Kind::String | Kind::Sequence);
        let (actual, actual_format) = match value.kind() {
            Kind::Null if expected.is_empty() || node.nullable => return,
            Kind::Null => ("null", ""),
            Kind::Bool => ("boolean", ""),
            Kind::Int => ("integer", "int64"),
            Kind::Float => ("number", "float64"),
            Kind::String => ("string", ""),
            Kind::Sequence => ("array", ""),
            Kind::Mapping => ("object", ""),
        };
        let integral = value.as_float().is_some_and(|number| number.fract() == 0.0);
        let fits = expected == actual
            || (expected == "integer" && actual == "number" && integral)
            || (expected == "number" && actual == "integer");
        if fits {
            return;
        }
        if value.is_null() {
            self.wrong_type(value, expected, actual);
        } else if !is_text_or_list && !format.is_empty() && format != actual_format {
            self.wrong_type(value, format, actual_format);
        } else if !(is_text_or_list && !format.is_empty() && !matches!(expected, "number" | "integer")) {
            self.wrong_type(value, expected, actual);
        }
    }

    fn junctors(&mut self, value: Value<'a>, node: &Node<'a>) {
        if let Some(any) = node.any_of
            && any.items().len() > 0
            && !any.items().any(|schema| self.fits(value, schema))
        {
            self.junctor(value, "must validate at least one schema (anyOf)");
        }
        if let Some(one) = node.one_of
            && one.items().len() > 0
        {
            match one.items().filter(|schema| self.fits(value, *schema)).count() {
                0 => self.junctor(value, "must validate one and only one schema (oneOf). Found none valid"),
                1 => {}
                more => {
                    let why = format!("must validate one and only one schema (oneOf). Found {more} valid alternatives");
                    self.junctor(value, &why);
                }
            }
        }
        if let Some(all) = node.all_of {
            let (number, before) = (all.items().len(), self.found);
            let mut failed = 0;
            for schema in all.items() {
                let before = self.found;
                self.value(value, &Node::read(schema));
                failed += usize::from(self.found > before);
            }
            if self.found > before {
                let rest = if failed == number { ". None validated" } else { "" };
                self.junctor(value, &format!("must validate all the schemas (allOf){rest}"));
            }
        }
        if let Some(not) = node.not
            && self.fits(value, not)
        {
            self.junctor(value, "must not validate the schema (not)");
        }
    }

    fn junctor(&mut self, value: Value<'a>, why: &str) {
        self.of_all(value, |path| format!("{path:?} {why}"));
    }

    /// What the server says of the default as a whole, with a value's path in its words.
    fn of_all(&mut self, value: Value<'a>, why: impl FnOnce(&str) -> String) {
        let base = self.base;
        self.tell(|cx| {
            let name = cx.name(value.here());
            cx.invalid_shown(value.here(), "\"\"", why(name.strip_prefix(base).unwrap_or(&name)));
            cx.called(base);
        });
    }

    fn text(&mut self, value: Value<'a>, node: &Node<'a>) {
        let text = value.as_str().unwrap_or_default();
        let limit = |key: &str| node.value.int(key);
        let length = |limit: i64| i64::try_from(text.chars().count()).unwrap_or(i64::MAX).cmp(&limit);
        if let Some(most) = limit("maxLength").filter(|most| length(*most).is_gt()) {
            self.tell(|cx| cx.too_long(value.here(), usize::try_from(most).unwrap_or_default()));
        } else if let Some(least) = limit("minLength").filter(|least| length(*least).is_lt()) {
            self.say(value, || format!("should be at least {least} chars long"));
        } else if !node.pattern.is_empty() && !self.work.is_match(node.pattern, text) {
            self.say(value, || format!("should match '{}'", node.pattern));
        }
        if Format::of(node.format, Type::String).is_some_and(|format| format.check(text) == Some(false)) {
            self.wrong_type(value, node.format, text);
        }
    }

    fn number(&mut self, value: Value<'a>, node: &Node<'a>) {
        let number = value.as_float().unwrap_or_default();
        let limit = |key: &str| node.value.get(key).and_then(Value::as_float);
        let exclusive = |key: &str| node.value.flag(key);
        for (what, number) in [
            ("Checked", Some(number)),
            ("MultipleOf", limit("multipleOf")),
            ("Maximum boundary", limit("maximum")),
            ("Minimum boundary", limit("minimum")),
        ] {
            if number.is_some_and(|number| !in_range(number, node)) {
                let format = match node.format {
                    "int32" | "int64" | "float" => format!("with format {}", node.format),
                    _ => "(default format)".to_owned(),
                };
                self.of_all(value, |path| format!("{what} value must be of type {} {format} in {path}", node.ty));
            }
        }
        if let Some(factor) = limit("multipleOf") {
            if factor <= 0.0 {
                self.tell(|cx| {
                    let why = format!("factor MultipleOf declared for  must be positive: {factor}");
                    cx.invalid_shown(value.here(), factor, why);
                });
            } else if (number / factor).fract() != 0.0 {
                self.say(value, || format!("should be a multiple of {factor}"));
            }
        }
        if let Some(least) = limit("minimum") {
            if exclusive("exclusiveMinimum") && number <= least {
                self.say(value, || format!("should be greater than {least}"));
            } else if number < least {
                self.say(value, || format!("should be greater than or equal to {least}"));
            }
        }
        if let Some(most) = limit("maximum") {
            if exclusive("exclusiveMaximum") && number >= most {
                self.say(value, || format!("should be less than {most}"));
            } else if number > most {
                self.say(value, || format!("should be less than or equal to {most}"));
            }
        }
    }

    fn list(&mut self, value: Value<'a>, node: &Node<'a>) {
        if let Some(items) = node.item_schema() {
            let inner = Node::read(items);
            value.items().for_each(|item| self.value(item, &inner));
        }
        let number = value.items().len();
        let count = i64::try_from(number).unwrap_or(i64::MAX);
        if let Some(least) = node.value.int("minItems").filter(|least| count < *least) {
            self.say(value, || format!("should have at least {least} items"));
        }
        if let Some(most) = node.value.int("maxItems").filter(|most| count > *most) {
            self.tell(|cx| cx.too_many(value.here(), number, usize::try_from(most).unwrap_or_default()));
        }
    }

    fn mapping(&mut self, value: Value<'a>, node: &Node<'a>) {
        let number = value.entries().len();
        let count = i64::try_from(number).unwrap_or(i64::MAX);
        if let Some(least) = node.value.int("minProperties").filter(|least| count < *least) {
            self.say(value, || format!("should have at least {least} properties"));
        }
        if let Some(most) = node.value.int("maxProperties").filter(|most| count > *most) {
            self.tell(|cx| cx.too_many(value.here(), number, usize::try_from(most).unwrap_or_default()));
        }
        for (key, _, inner) in value.entries() {
            match (node.property(key), node.additional) {
                (Some(schema), _) => self.value(inner, &Node::read(schema)),
                (None, Some(schema)) if schema.kind() == Kind::Mapping => self.value(inner, &Node::read(schema)),
                (None, Some(allowed)) if allowed.as_bool() == Some(false) => {
                    self.say(inner, || "is a forbidden property".to_owned());
                    if let Some(cx) = &mut self.cx {
                        let field = cx.name(value.here());
                        cx.called(&field);
                    }
                }
                (None, _) => {}
            }
        }
        let keys: HashSet<&str> = value.entries().map(|(key, ..)| key).collect();
        for name in node.value.texts("required").filter(|name| !keys.contains(name)) {
            self.tell(|cx| cx.required(value.at_key(name), ""));
            if let Some(cx) = &mut self.cx {
                let field = format!("{}.{name}", cx.name(value.here()));
                cx.called(&field);
            }
        }
    }
}

/// A number fits the type and the format that the schema has.
fn in_range(number: f64, node: &Node<'_>) -> bool {
    match (node.ty, node.format) {
        ("integer", "int32") => number.fract() == 0.0 && (-2_147_483_648.0..=2_147_483_647.0).contains(&number),
        ("integer", _) => {
            number.fract() == 0.0 && (-9.223_372_036_854_776e18..=9.223_372_036_854_776e18).contains(&number)
        }
        ("number", "float") => number.abs() <= f64::from(f32::MAX),
        _ => true,
    }
}

/// An enum's value and the default are the same; integers and other numbers are compared by their value.
fn same(known: Value<'_>, value: Value<'_>) -> bool {
    match (known.as_float(), value.as_float()) {
        (Some(known), Some(value)) => known.total_cmp(&value).is_eq(),
        _ => !known.is_null() && known.same(value),
    }
}

fn text_of(value: Value<'_>) -> String {
    value.as_str().map_or_else(|| printed(value.here()), str::to_owned)
}
