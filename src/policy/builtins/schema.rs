//! JSON Schema, with the results of OPA's validator.

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{Draft, ValidationError, Validator};
use regorus::Value;
use serde_json::Value as Json;

use super::{Answer, Args, Family, Problem, error};
use crate::policy::review::object_of;

pub(super) const FUNCTIONS: Family = &[("json.match_schema", match_schema), ("json.verify_schema", verify_schema)];

const INVALID_TEXT: &str = "jsonschema: invalid JSON string";

/// A document or schema: an object or array, or the text of a JSON value.
fn document(args: Args<'_>, at: usize) -> Result<Json, Problem> {
    let value = args.value(at);
    let parsed = match value {
        Value::String(text) => serde_json::from_str(text),
        Value::Object(_) | Value::Array(_) => serde_json::to_value(value),
        _ => return error("jsonschema: wrong type, expected string or object"),
    };
    parsed.map_err(|_| Problem::Error(INVALID_TEXT.into()))
}

fn compile(schema: &Json) -> Result<Validator, Problem> {
    // OPA's validator knows drafts 4 to 7, and takes all of their words where none is named.
    let named = schema.get("$schema").is_some();
    let mut options = jsonschema::options().should_validate_formats(true);
    if !named {
        options = options.with_draft(Draft::Draft7);
    }
    options.build(schema).map_err(|error| Problem::Error(format!("jsonschema: {error}")))
}

fn match_schema(args: Args<'_>) -> Answer {
    let (document, schema) = (document(args, 0)?, document(args, 1)?);
    let validator = compile(&schema)?;
    let mut errors = Vec::new();
    for error in validator.iter_errors(&document) {
        describe(&error, &mut errors);
    }
    let is_valid = errors.is_empty();
    Ok(Value::from(vec![Value::from(is_valid), Value::from(errors)]))
}

fn verify_schema(args: Args<'_>) -> Answer {
    let verdict = document(args, 0).and_then(|schema| compile(&schema));
    match verdict {
        Ok(_) => Ok(Value::from(vec![Value::from(true), Value::Null])),
        // Its words for what is wrong with a schema are OPA's where the text is none alone.
        Err(Problem::Error(message))
            if message != INVALID_TEXT
                && matches!(args.value(0), Value::String(_) | Value::Object(_) | Value::Array(_)) =>
        {
            Err(Problem::Unavailable(format!("what OPA says of an invalid schema is not known here: {message}")))
        }
        Err(Problem::Error(message)) => Ok(Value::from(vec![Value::from(false), Value::from(message)])),
        Err(problem) => Err(problem),
    }
}

/// What OPA says of a mismatch: its kind and description, at a field.
fn describe(found: &ValidationError<'_>, errors: &mut Vec<Value>) {
    use ValidationErrorKind as Kind;
    let field = found.instance_path().to_string().trim_start_matches('/').replace('/', ".");
    let field = if field.is_empty() { "(Root)".to_owned() } else { field };
    let mut add = |kind: &str, description: String| {
        errors.push(object_of([
            ("desc", Value::from(description.as_str())),
            ("error", Value::from(format!("{field}: {description}"))),
            ("field", Value::from(field.as_str())),
            ("type", Value::from(kind)),
        ]));
    };
    match found.kind() {
        Kind::Type { kind } => {
            let expected = match kind {
                TypeKind::Single(name) => name.to_string(),
                TypeKind::Multiple(names) => names.iter().map(|name| name.to_string()).collect::<Vec<_>>().join(","),
            };
            let given = given(found.instance());
            add("invalid_type", format!("Invalid type. Expected: {expected}, given: {given}"));
        }
        Kind::Required { property } => add("required", format!("{} is required", plain(property))),
        Kind::AdditionalProperties { unexpected } => {
            for name in unexpected {
                add("additional_property_not_allowed", format!("Additional property {name} is not allowed"));
            }
        }
        Kind::Enum { options } => {
            let options = options.as_array().map(Vec::as_slice).unwrap_or_default();
            let options = options.iter().map(Json::to_string).collect::<Vec<_>>().join(", ");
            add("enum", format!("{field} must be one of the following: {options}"));
        }
        Kind::Constant { expected_value } => add("const", format!("{field} does not match: {expected_value}")),
        Kind::Pattern { pattern } => add("pattern", format!("Does not match pattern '{pattern}'")),
        Kind::Format { format } => add("format", format!("Does not match format '{format}'")),
        Kind::Maximum { limit } => add("number_lte", format!("Must be less than or equal to {limit}")),
        Kind::Minimum { limit } => add("number_gte", format!("Must be greater than or equal to {limit}")),
        Kind::ExclusiveMaximum { limit } => add("number_lt", format!("Must be less than {limit}")),
        Kind::ExclusiveMinimum { limit } => add("number_gt", format!("Must be greater than {limit}")),
        Kind::MultipleOf { multiple_of } => add("multiple_of", format!("Must be a multiple of {multiple_of}")),
        Kind::MaxLength { limit } => {
            add("string_lte", format!("String length must be less than or equal to {limit}"));
        }
        Kind::MinLength { limit } => {
            add("string_gte", format!("String length must be greater than or equal to {limit}"));
        }
        Kind::MaxItems { limit } => add("array_max_items", format!("Array must have at most {limit} items")),
        Kind::MinItems { limit } => add("array_min_items", format!("Array must have at least {limit} items")),
        Kind::MaxProperties { limit } => {
            add("array_max_properties", format!("Must have at most {limit} properties"));
        }
        Kind::MinProperties { limit } => {
            add("array_min_properties", format!("Must have at least {limit} properties"));
        }
        Kind::Contains => add("contains", "At least one of the items must match".into()),
        Kind::UniqueItems => {
            let items = found.instance().as_array().map(Vec::as_slice).unwrap_or_default();
            let twins = items.iter().enumerate().find_map(|(at, item)| {
                let before = items.iter().take(at).position(|other| other == item)?;
                Some(format!("{before},{at}"))
            });
            add("unique", format!("array items[{}] must be unique", twins.unwrap_or_default()));
        }
        Kind::Not { .. } => add("number_not", "Must not validate the schema (not)".into()),
        Kind::AnyOf { context } => {
            add("number_any_of", "Must validate at least one schema (anyOf)".into());
            closest(context, errors);
        }
        Kind::OneOfNotValid { context } => {
            add("number_one_of", "Must validate one and only one schema (oneOf)".into());
            closest(context, errors);
        }
        Kind::OneOfMultipleValid { .. } => {
            add("number_one_of", "Must validate one and only one schema (oneOf)".into());
        }
        Kind::FalseSchema => add("false", "False always fails validation".into()),
        other => add(other.keyword(), found.to_string()),
    }
}

/// Of several schemas, none of which fits, what the first says.
fn closest(context: &[Vec<ValidationError<'static>>], errors: &mut Vec<Value>) {
    for found in context.first().into_iter().flatten() {
        describe(found, errors);
    }
}

fn plain(property: &Json) -> String {
    property.as_str().map_or_else(|| property.to_string(), str::to_owned)
}

fn given(instance: &Json) -> &'static str {
    match instance {
        Json::Null => "null",
        Json::Bool(_) => "boolean",
        Json::Number(number) if number.as_f64().is_some_and(|number| number.fract() == 0.0) => "integer",
        Json::Number(_) => "number",
        Json::String(_) => "string",
        Json::Array(_) => "array",
        Json::Object(_) => "object",
    }
}
