//! Reading a JSON Schema from a tree or a catalogue. What it refers to is read from there too; nothing is ever fetched.

use std::error::Error;
use std::sync::Arc;

use jsonschema::{Draft, PatternOptions, Retrieve, Uri, Validator};
use serde_json::Value;

use super::limit::{LIMIT, in_time};
use super::{size, uri};
use crate::git::{Content, Tree};
use crate::schema::crd::pack::Pack;

/// Where JSON Schemas are.
#[derive(Clone, Debug)]
pub enum Files {
    /// Files of a tree.
    Tree(Tree),
    /// In a catalogue.
    Pack(Arc<Pack>),
}

/// The schema of a path, compiled, and as it is written.
pub(super) fn load(files: &Files, path: &str) -> Result<(Validator, Value), String> {
    let schema = files.read(path)?;
    let (files, path, given) = (files.clone(), path.to_owned(), schema.clone());
    let compiled = in_time(move |_| compile(files, &path, &given));
    let validator = compiled.ok_or_else(|| format!("it takes longer than {} s to compile", LIMIT.as_secs()))??;
    Ok((validator, schema))
}

fn compile(files: Files, path: &str, schema: &Value) -> Result<Validator, String> {
    size::check(&files, path, schema)?;
    jsonschema::options()
        // kubeconform's own, where a schema does not say.
        .with_draft(draft(schema))
        .with_base_uri(uri::of_path(path))
        .with_retriever(files)
        // Linear in the text, whatever the expression is.
        .with_pattern_options(PatternOptions::regex())
        .build(schema)
        .map_err(|error| why(&error))
}

fn draft(schema: &Value) -> Draft {
    let says = schema.get("$schema").is_some();
    if says { Draft::default().detect(schema) } else { Draft::Draft4 }
}

fn why(error: &jsonschema::ValidationError<'_>) -> String {
    if let jsonschema::error::ValidationErrorKind::Referencing(error) = error.kind() {
        let mut text = error.to_string();
        let mut source = error.source();
        while let Some(inner) = source {
            // The last one says what is at fault; the others only that something is.
            text = inner.to_string();
            source = inner.source();
        }
        return text;
    }
    let at = error.instance_path().as_str();
    let place = if at.is_empty() { String::new() } else { format!(" (at {at})") };
    format!("it is no JSON Schema: {error}{place}")
}

impl Files {
    pub(super) fn read(&self, path: &str) -> Result<Value, String> {
        match self {
            Self::Tree(tree) => read(tree, path),
            Self::Pack(pack) => pack.json_schema(path).ok_or_else(|| format!("there is no {path} in the catalogue")),
        }
    }
}

fn read(tree: &Tree, path: &str) -> Result<Value, String> {
    let entry = tree.entry(path).map_err(|error| error.to_string())?;
    let entry = entry.ok_or_else(|| format!("there is no {path}"))?;
    match tree.read(&entry).map_err(|error| error.to_string())? {
        Content::Bytes(bytes) => serde_json::from_slice(&bytes).map_err(|error| format!("it is no JSON: {error}")),
        Content::NotJudged(_, why) => Err(why),
    }
}

impl Retrieve for Files {
    fn retrieve(&self, uri: &Uri<String>) -> Result<Value, Box<dyn Error + Send + Sync>> {
        let Some(path) = uri::path_of(uri.as_str()) else {
            return Err(format!(
                "it refers to {uri}, and nothing is fetched: put that schema beside this one, or write it into it"
            )
            .into());
        };
        self.read(&path).map_err(|why| format!("it refers to {path}, which cannot be used: {why}").into())
    }
}
