//! `schemas/native.txt` as text: the parser that `build.rs` and the table's test share. CONTRIBUTING.md tells of it.

use std::collections::BTreeMap;

/// What a value is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Type {
    /// One of [`SCALARS`], by its name.
    Scalar(&'static str),
    /// A struct.
    Def(String),
    /// A list.
    List(Box<Type>),
    /// A map with string keys.
    Map(Box<Type>),
}

/// The words for values that are no struct of the table, in the order of their numbers in the packed form.
pub(crate) const SCALARS: [&str; 15] = [
    "any",
    "string",
    "bool",
    "int32",
    "int64",
    "number",
    "base64",
    "time",
    "microtime",
    "duration",
    "int-or-string",
    "quantity",
    "json-schema-props-or-bool",
    "json-schema-props-or-array",
    "json-schema-props-or-string-array",
];

/// A served kind.
#[derive(Clone, Debug)]
pub(crate) struct KindLine {
    /// `apps/v1`, `v1`.
    pub(crate) api_version: String,
    /// `Deployment`
    pub(crate) kind: String,
    /// `deployments`
    pub(crate) plural: String,
    /// It has a namespace.
    pub(crate) namespaced: bool,
    /// Its struct.
    pub(crate) def: String,
    /// The minors that know it, one bit each.
    pub(crate) minors: u8,
}

/// A field of a struct.
#[derive(Clone, Debug)]
pub(crate) struct FieldLine {
    /// Its name.
    pub(crate) name: String,
    /// What it holds.
    pub(crate) ty: Type,
    /// The minors in which the definitions call it required.
    pub(crate) required: u8,
    /// `atomic`, `set` or `map:key,key`; empty where the definitions say nothing.
    pub(crate) list: String,
    /// The minors that know it.
    pub(crate) minors: u8,
}

/// A struct.
#[derive(Clone, Debug, Default)]
pub(crate) struct DefLines {
    /// The minors in which server-side apply takes it as a whole.
    pub(crate) atomic: u8,
    /// The minors that know it.
    pub(crate) minors: u8,
    /// Its fields in the order of the file.
    pub(crate) fields: Vec<FieldLine>,
}

/// What the file holds.
#[derive(Debug, Default)]
pub(crate) struct Native {
    /// The numbers behind `1.`, oldest first.
    pub(crate) minors: Vec<u8>,
    /// The kinds, in the order of the file.
    pub(crate) kinds: Vec<KindLine>,
    /// The structs by name.
    pub(crate) defs: BTreeMap<String, DefLines>,
}

/// Parse the file. The error names the line.
pub(crate) fn parse(text: &str) -> Result<Native, String> {
    let mut native = Native::default();
    let mut def: Option<String> = None;
    for (number, line) in text.lines().enumerate() {
        let fail = |why: &str| format!("native.txt:{}: {why}: {line}", number + 1);
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let words: Vec<&str> = line.split(' ').collect();
        match words.as_slice() {
            ["minors", range] => {
                let (first, last) = range.split_once('-').ok_or_else(|| fail("no range"))?;
                let (first, last) = (minor(first), minor(last));
                let (Some(first), Some(last)) = (first, last) else { return Err(fail("no minors")) };
                native.minors = (first..=last).collect();
            }
            ["kind", api_version, kind, plural, scope, name, rest @ ..] => {
                let minors = set(&native.minors, rest.first().copied()).ok_or_else(|| fail("bad minors"))?;
                native.kinds.push(KindLine {
                    api_version: (*api_version).to_owned(),
                    kind: (*kind).to_owned(),
                    plural: (*plural).to_owned(),
                    namespaced: *scope == "namespaced",
                    def: (*name).to_owned(),
                    minors,
                });
            }
            ["def", name, rest @ ..] => {
                let (atomic, rest) = match rest {
                    [word, rest @ ..] if word.starts_with("atomic") => {
                        let range = word.strip_prefix("atomic=");
                        (set(&native.minors, range).ok_or_else(|| fail("bad minors"))?, rest)
                    }
                    rest => (0, rest),
                };
                let minors = set(&native.minors, rest.first().copied()).ok_or_else(|| fail("bad minors"))?;
                def = Some((*name).to_owned());
                let known = native.defs.entry((*name).to_owned()).or_default();
                known.minors |= minors;
                known.atomic |= atomic & minors;
            }
            ["field", name, ty, rest @ ..] => {
                let entry = def.as_ref().and_then(|def| native.defs.get_mut(def));
                let entry = entry.ok_or_else(|| fail("a field without a def"))?;
                let mut field = FieldLine {
                    name: (*name).to_owned(),
                    ty: self::ty(ty),
                    required: 0,
                    list: String::new(),
                    minors: entry.minors,
                };
                let mut required = None;
                for word in rest {
                    if let Some(list) = word.strip_prefix("list=") {
                        list.clone_into(&mut field.list);
                    } else if *word == "required" {
                        required = Some(u8::MAX);
                    } else if let Some(range) = word.strip_prefix("required=") {
                        required = Some(set(&native.minors, Some(range)).ok_or_else(|| fail("bad minors"))?);
                    } else {
                        field.minors = set(&native.minors, Some(word)).ok_or_else(|| fail("bad word"))? & entry.minors;
                    }
                }
                field.required = required.unwrap_or(0) & field.minors;
                entry.fields.push(field);
            }
            _ => return Err(fail("unknown line")),
        }
    }
    Ok(native)
}

fn ty(word: &str) -> Type {
    if let Some(item) = word.strip_prefix("[]") {
        return Type::List(Box::new(ty(item)));
    }
    if let Some(value) = word.strip_prefix("{}") {
        return Type::Map(Box::new(ty(value)));
    }
    match SCALARS.into_iter().find(|scalar| *scalar == word) {
        Some(scalar) => Type::Scalar(scalar),
        None => Type::Def(word.to_owned()),
    }
}

fn minor(word: &str) -> Option<u8> {
    word.strip_prefix("1.")?.parse().ok()
}

/// The bits of a range; all without one.
fn set(minors: &[u8], range: Option<&str>) -> Option<u8> {
    let (first, last) = match range {
        None => ("", ""),
        Some(range) => range.split_once('-').unwrap_or((range, range)),
    };
    let bound = |word: &str| if word.is_empty() { Some(None) } else { minor(word).map(Some) };
    let (first, last) = (bound(first)?, bound(last)?);
    let mut bits = 0;
    for (index, minor) in minors.iter().enumerate() {
        if first.is_none_or(|first| *minor >= first) && last.is_none_or(|last| *minor <= last) {
            bits |= 1 << index;
        }
    }
    Some(bits)
}
