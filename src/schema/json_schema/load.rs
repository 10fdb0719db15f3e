//! Reading a JSON Schema from a tree. What it refers to is read from the same tree; nothing is ever fetched.

use std::error::Error;
use std::fmt::Write as _;

use jsonschema::{Draft, PatternOptions, Retrieve, Uri, Validator};
use serde_json::Value;

use crate::git::{Content, Tree};

/// The scheme under which a schema and what it refers to are known while it is compiled.
const SCHEME: &str = "repository:///";

/// The schema of a file, compiled, and as it is written.
pub(super) fn load(tree: &Tree, path: &str) -> Result<(Validator, Value), String> {
    let schema = read(tree, path)?;
    let validator = jsonschema::options()
        // kubeconform's own, where a schema does not say.
        .with_draft(draft(&schema))
        .with_base_uri(uri_of(path))
        .with_retriever(Files { tree: tree.clone() })
        // Linear in the text, whatever the expression is.
        .with_pattern_options(PatternOptions::regex())
        .build(&schema)
        .map_err(|error| why(&error))?;
    Ok((validator, schema))
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

fn read(tree: &Tree, path: &str) -> Result<Value, String> {
    let entry = tree.entry(path).map_err(|error| error.to_string())?;
    let entry = entry.ok_or_else(|| format!("there is no {path}"))?;
    match tree.read(&entry).map_err(|error| error.to_string())? {
        Content::Bytes(bytes) => serde_json::from_slice(&bytes).map_err(|error| format!("it is no JSON: {error}")),
        Content::NotJudged(_, why) => Err(why),
    }
}

/// The files of a tree, for references from one schema to another.
struct Files {
    tree: Tree,
}

impl Retrieve for Files {
    fn retrieve(&self, uri: &Uri<String>) -> Result<Value, Box<dyn Error + Send + Sync>> {
        let Some(path) = path_of(uri.as_str()) else {
            return Err(format!(
                "it refers to {uri}, and nothing is fetched: put that schema beside this one, or write it into it"
            )
            .into());
        };
        read(&self.tree, &path).map_err(|why| format!("it refers to {path}, which cannot be used: {why}").into())
    }
}

fn uri_of(path: &str) -> String {
    let mut uri = SCHEME.to_owned();
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' => uri.push(char::from(byte)),
            _ => _ = write!(uri, "%{byte:02X}"),
        }
    }
    uri
}

fn path_of(uri: &str) -> Option<String> {
    let text = uri.strip_prefix(SCHEME)?;
    let text = text.split('#').next().unwrap_or_default();
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            bytes.push(u8::from_str_radix(str::from_utf8(&digits).ok()?, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}
