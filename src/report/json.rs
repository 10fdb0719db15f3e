//! The report itself as JSON, and its JSON Schema.

use std::io;

use serde::Serialize;

use super::{Report, escape};

/// Pretty JSON with a line end, safe to print.
pub(super) fn document(value: &impl Serialize) -> io::Result<String> {
    let mut text = escape::json(&serde_json::to_string_pretty(value)?);
    text.push('\n');
    Ok(text)
}

pub(super) fn render(report: &Report) -> io::Result<String> {
    document(report)
}

/// The JSON Schema (2020-12) of the JSON format: the content of `docs/report.schema.json`.
#[must_use]
pub fn schema() -> String {
    let mut schema = schemars::generate::SchemaSettings::draft2020_12()
        .for_serialize()
        .into_generator()
        .into_root_schema_for::<Report>();
    schema.insert("title".to_owned(), "portcullis report".into());
    let mut text = serde_json::to_string_pretty(schema.as_value()).unwrap_or_default();
    text.push('\n');
    text
}
