//! `schemas/overlay/*.toml` as text: what no official file says of the built-in kinds, written by hand.
//!
//! A table is called after a struct of `native.txt` (`["core.v1.Container"]`) and has a key for each field that there is
//! something to say of, or after a kind (`["v1 Endpoints"]`) with facts of the kind itself.

use std::collections::BTreeMap;
use std::path::Path;

use super::text::Native;

/// What is known of one field.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct FieldFacts {
    /// What the server fills in, as JSON.
    pub(crate) default: Option<String>,
    /// The values that the server accepts, in the order of its message; the empty text counts as absent.
    pub(crate) values: Vec<String>,
    /// The numbers that the server accepts, both ends included.
    pub(crate) range: Option<(i64, i64)>,
    /// A named check of the text.
    pub(crate) check: Option<String>,
    /// It cannot be changed.
    pub(crate) immutable: bool,
    /// The definitions call it required, and the server does not.
    pub(crate) optional: bool,
}

/// What is known of one kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct KindFacts {
    /// The minor behind `1.` since which the server warns.
    pub(crate) deprecated: Option<u8>,
    /// What the server's warning names instead.
    pub(crate) instead: Option<String>,
    /// It is served only where somebody switched it on.
    pub(crate) off: bool,
}

/// All files together.
#[derive(Debug, Default)]
pub(crate) struct Overlay {
    /// By struct and field.
    pub(crate) fields: BTreeMap<(String, String), FieldFacts>,
    /// By API version and kind, one blank between.
    pub(crate) kinds: BTreeMap<String, KindFacts>,
}

/// Read every file of the folder. The error names the file, the table and the key.
pub(crate) fn read(folder: &Path) -> Result<Overlay, String> {
    let mut overlay = Overlay::default();
    let entries = std::fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut files: Vec<_> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    files.sort();
    for path in files {
        let fail = |why: String| format!("{}: {why}", path.display());
        let text = std::fs::read_to_string(&path).map_err(|error| fail(error.to_string()))?;
        let tables: toml::Table = text.parse().map_err(|error: toml::de::Error| fail(error.to_string()))?;
        for (name, table) in tables {
            let table = table.as_table().ok_or_else(|| fail(format!("{name} is no table")))?.clone();
            if name.contains(' ') {
                let facts = kind(&table).map_err(|why| fail(format!("{name}: {why}")))?;
                overlay.kinds.insert(name, facts);
                continue;
            }
            for (field, value) in table {
                let value = value.as_table().ok_or_else(|| fail(format!("{name}.{field} is no table")))?;
                let facts = self::field(value).map_err(|why| fail(format!("{name}.{field}: {why}")))?;
                if overlay.fields.insert((name.clone(), field.clone()), facts).is_some() {
                    return Err(fail(format!("{name}.{field} is there twice")));
                }
            }
        }
    }
    Ok(overlay)
}

impl Overlay {
    /// Everything it speaks of is in the table.
    pub(crate) fn check(&self, native: &Native) -> Result<(), String> {
        for (def, field) in self.fields.keys() {
            let fields = native.defs.get(def).map(|def| &def.fields);
            if !fields.is_some_and(|fields| fields.iter().any(|line| line.name == *field)) {
                return Err(format!("overlay: native.txt has no {def}.{field}"));
            }
        }
        for name in self.kinds.keys() {
            if !native.kinds.iter().any(|line| format!("{} {}", line.api_version, line.kind) == *name) {
                return Err(format!("overlay: native.txt has no kind {name}"));
            }
        }
        Ok(())
    }
}

fn field(table: &toml::Table) -> Result<FieldFacts, String> {
    let mut facts = FieldFacts::default();
    for (key, value) in table {
        match (key.as_str(), value) {
            ("default", value) => facts.default = Some(json(value)?),
            ("enum", toml::Value::Array(values)) => {
                facts.values = values.iter().filter_map(|value| value.as_str().map(str::to_owned)).collect();
            }
            ("range", toml::Value::Array(ends)) => {
                let ends: Vec<i64> = ends.iter().filter_map(toml::Value::as_integer).collect();
                let [low, high] = ends.as_slice() else { return Err("a range has two numbers".to_owned()) };
                facts.range = Some((*low, *high));
            }
            ("check", toml::Value::String(name)) => facts.check = Some(name.clone()),
            ("immutable", toml::Value::Boolean(immutable)) => facts.immutable = *immutable,
            ("optional", toml::Value::Boolean(optional)) => facts.optional = *optional,
            _ => return Err(format!("{key} is no fact of a field, or has a wrong value")),
        }
    }
    Ok(facts)
}

fn kind(table: &toml::Table) -> Result<KindFacts, String> {
    let mut facts = KindFacts::default();
    for (key, value) in table {
        match (key.as_str(), value) {
            ("deprecated", toml::Value::String(minor)) => {
                let number = minor.strip_prefix("1.").and_then(|minor| minor.parse().ok());
                facts.deprecated = Some(number.ok_or_else(|| format!("{minor} is no minor"))?);
            }
            ("instead", toml::Value::String(text)) => facts.instead = Some(text.clone()),
            ("off", toml::Value::Boolean(off)) => facts.off = *off,
            _ => return Err(format!("{key} is no fact of a kind, or has a wrong value")),
        }
    }
    Ok(facts)
}

fn json(value: &toml::Value) -> Result<String, String> {
    Ok(match value {
        toml::Value::String(text) => format!("{text:?}"),
        toml::Value::Integer(number) => number.to_string(),
        toml::Value::Boolean(value) => value.to_string(),
        toml::Value::Array(items) => {
            let items: Vec<String> = items.iter().map(json).collect::<Result<_, _>>()?;
            format!("[{}]", items.join(","))
        }
        toml::Value::Table(table) => {
            let entries: Vec<String> = table
                .iter()
                .map(|(key, value)| Ok(format!("{key:?}:{}", json(value)?)))
                .collect::<Result<_, String>>()?;
            format!("{{{}}}", entries.join(","))
        }
        other => return Err(format!("a {} cannot be a default", other.type_str())),
    })
}
