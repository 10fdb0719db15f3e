//! Packs `schemas/native.txt` and `schemas/overlay/*.toml` into one table that the program uses in place.
//!
//! The rows are those of `src/schema/table/rows.rs`, as Rust: nothing of them is read or checked at run time. Their texts
//! are ranges of one file.

#[path = "src/schema/crd/header.rs"]
#[allow(dead_code, unreachable_pub, reason = "the library uses all of it, and shows some")]
mod header;
#[path = "src/yaml/keys.rs"]
#[allow(dead_code, reason = "the reader of the table uses all of it")]
mod keys;
#[path = "src/schema/table/overlay.rs"]
mod overlay;
#[path = "src/schema/table/text.rs"]
#[allow(dead_code, reason = "the table's test uses all of it")]
mod text;

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::Path;

use keys::hash;
use text::{Native, SCALARS, Type};

fn main() -> Result<(), String> {
    println!("cargo:rerun-if-changed=schemas");
    println!("cargo:rerun-if-changed=build.rs");
    let read = |path: &str| std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"));
    let native = text::parse(&read("schemas/native.txt")?)?;
    let overlay = overlay::read(Path::new("schemas/overlay"))?;
    overlay.check(&native)?;
    let (rows, texts) = Packer::default().pack(&native, &overlay)?;
    let out = std::env::var("OUT_DIR").map_err(|error| error.to_string())?;
    std::fs::write(Path::new(&out).join("native.rs"), rows).map_err(|error| error.to_string())?;
    std::fs::write(Path::new(&out).join("native-texts.txt"), texts).map_err(|error| error.to_string())?;
    std::fs::write(Path::new(&out).join("policies.rs"), policies()?).map_err(|error| error.to_string())?;
    std::fs::write(Path::new(&out).join("catalog.pack"), catalogue()?).map_err(|error| error.to_string())
}

/// The bundled policies as an array of path and text, tests and fixtures left out.
fn policies() -> Result<String, String> {
    println!("cargo:rerun-if-changed=policies");
    let mut files = Vec::new();
    let mut open = vec![std::path::PathBuf::from("policies")];
    while let Some(folder) = open.pop() {
        let entries = std::fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        for entry in entries {
            let path = entry.map_err(|error| error.to_string())?.path();
            if path.is_dir() {
                open.push(path);
            } else if let Some(name) = path.to_str().map(|path| path.replace('\\', "/")) {
                files.push(name);
            }
        }
    }
    let is_module = |name: &str| name.strip_suffix(".rego").is_some_and(|stem| !stem.ends_with("_test"));
    files.retain(|name| is_module(name) || name == "policies/baseline.yaml");
    files.sort();
    let item = |name: &String| {
        format!("    ({name:?}, include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/\", {name:?}))),\n")
    };
    Ok(format!("&[\n{}]\n", files.iter().map(item).collect::<String>()))
}

/// The catalogue of CRDs that this build knows without any set-up; empty when none is named.
fn catalogue() -> Result<Vec<u8>, String> {
    println!("cargo:rerun-if-env-changed=PORTCULLIS_CATALOG");
    let Some(path) = std::env::var_os("PORTCULLIS_CATALOG").filter(|path| !path.is_empty()) else {
        return Ok(Vec::new());
    };
    let path = Path::new(&path);
    println!("cargo:rerun-if-changed={}", path.display());
    let wrong = |why: &str| format!("PORTCULLIS_CATALOG: {}: {why}", path.display());
    let bytes = std::fs::read(path).map_err(|error| wrong(&error.to_string()))?;
    match header::body_of(&bytes) {
        Ok(_) => Ok(bytes),
        Err(why) => Err(wrong(&format!("{why}; make it anew: portcullis schema pack CRDS -o FILE"))),
    }
}

/// Fields that a struct may have: the decoder keeps a bit for each.
const MOST_FIELDS: usize = 64;

#[derive(Default)]
struct Packer {
    texts: String,
    known: HashMap<String, u32>,
    types: Vec<String>,
    numbers: HashMap<Type, u16>,
    defs: HashMap<String, u16>,
    facts: Vec<String>,
    values: Vec<String>,
    ranges: Vec<String>,
    lists: Vec<String>,
    slots: Vec<u8>,
}

impl Packer {
    /// The rows as Rust, and their texts.
    fn pack(mut self, native: &Native, overlay: &overlay::Overlay) -> Result<(String, String), String> {
        // Facts 0 says that there are none.
        self.field_facts(Some(&overlay::FieldFacts::default()))?;
        for (index, name) in native.defs.keys().enumerate() {
            self.defs.insert(name.clone(), u16::try_from(index).map_err(|_| "too many defs")?);
        }
        let mut kinds = Vec::new();
        let mut lines: Vec<_> = native.kinds.iter().collect();
        lines.sort_by(|a, b| (&a.api_version, &a.kind).cmp(&(&b.api_version, &b.kind)));
        for line in lines {
            let def = *self.defs.get(&line.def).ok_or_else(|| format!("no def {}", line.def))?;
            let facts = overlay.kinds.get(&format!("{} {}", line.api_version, line.kind)).cloned().unwrap_or_default();
            kinds.push(format!(
                "KindRow {{ api_version: {}, group: {}, kind: {}, plural: {}, instead: {}, def: {def}, is_namespaced: {}, minors: {}, \
                 deprecated: {}, off: {} }}",
                self.text(&line.api_version)?,
                self.text(line.api_version.rsplit_once('/').map_or("", |(group, _)| group))?,
                self.text(&line.kind)?,
                self.text(&line.plural)?,
                self.text(facts.instead.as_deref().unwrap_or_default())?,
                line.namespaced,
                line.minors,
                facts.deprecated.unwrap_or(0),
                facts.off,
            ));
        }
        let (mut defs, mut fields) = (Vec::new(), Vec::new());
        for (name, def) in &native.defs {
            let mut lines: Vec<_> = def.fields.iter().collect();
            lines.sort_by(|a, b| a.name.cmp(&b.name));
            if lines.len() > MOST_FIELDS {
                return Err(format!("{name} has more than {MOST_FIELDS} fields"));
            }
            let first = fields.len();
            let slots = self.slots(lines.iter().map(|line| line.name.as_str()))?;
            let (mut required, mut defaults) = (Vec::new(), Vec::new());
            for (index, line) in lines.iter().enumerate() {
                let is_followed = lines.get(index + 1).is_some_and(|next| next.name == line.name);
                let facts = overlay.fields.get(&(name.clone(), line.name.clone()));
                if line.required > 0 {
                    required.push(fields.len().to_string());
                }
                if facts.is_some_and(|facts| facts.default.is_some()) {
                    defaults.push(fields.len().to_string());
                }
                fields.push(format!(
                    "FieldRow {{ name: {}, list_keys: {:?}, facts: {}, ty: {}, minors: {}, required: {}, is_followed: \
                     {is_followed}, is_set: {} }}",
                    self.text(&line.name)?,
                    self.values(line.list.strip_prefix("map:").into_iter().flat_map(|keys| keys.split(',')))?,
                    self.field_facts(facts)?,
                    self.ty(&line.ty)?,
                    line.minors,
                    line.required,
                    line.list == "set",
                ));
            }
            defs.push(format!(
                "DefRow {{ name: {}, fields: ({first}, {}), required: {}, defaults: {}, slots: {slots:?}, minors: {}, \
                 atomic: {} }}",
                self.text(name)?,
                fields.len(),
                self.list(required),
                self.list(defaults),
                def.minors,
                def.atomic,
            ));
        }
        let mut rows = String::new();
        for (name, ty, items) in [
            ("KINDS", "KindRow", &kinds),
            ("DEFS", "DefRow", &defs),
            ("FIELDS", "FieldRow", &fields),
            ("TYPES", "Type", &self.types),
            ("FACTS", "FactsRow", &self.facts),
            ("VALUES", "Text", &self.values),
            ("RANGES", "(i64, i64)", &self.ranges),
            ("LISTS", "u16", &self.lists),
            ("SLOTS", "u8", &self.slots.iter().map(u8::to_string).collect()),
        ] {
            _ = writeln!(rows, "pub(super) static {name}: [{ty}; {}] = [{}];", items.len(), items.join(", "));
        }
        Ok((rows, self.texts))
    }

    /// A hash table of the names of a struct's fields, with free slots between them: the first field of a name, from 1.
    fn slots<'n>(&mut self, names: impl ExactSizeIterator<Item = &'n str>) -> Result<(u16, u16), String> {
        let first = u16::try_from(self.slots.len()).map_err(|_| "too many slots")?;
        let size = (2 * names.len()).next_power_of_two().min(256);
        let mut slots = vec![0; size];
        let mut last = None;
        for (index, name) in names.enumerate().filter(|(_, name)| last.replace(*name) != Some(*name)) {
            let from = usize::from(hash(name.as_bytes()));
            let free = (0..size).map(|step| (from + step) % size).find(|slot| slots.get(*slot) == Some(&0));
            let slot = free.and_then(|slot| slots.get_mut(slot)).ok_or("no free slot")?;
            *slot = u8::try_from(index + 1).map_err(|_| "too many fields")?;
        }
        self.slots.extend(slots);
        Ok((first, u16::try_from(self.slots.len()).map_err(|_| "too many slots")?))
    }

    /// Texts, as a range of the values.
    fn values<'v>(&mut self, values: impl Iterator<Item = &'v str>) -> Result<(usize, usize), String> {
        let first = self.values.len();
        for value in values {
            let value = self.text(value)?;
            self.values.push(value);
        }
        Ok((first, self.values.len()))
    }

    /// The numbers of fields, as a range of the lists.
    fn list(&mut self, fields: Vec<String>) -> String {
        let first = self.lists.len();
        self.lists.extend(fields);
        format!("({first}, {})", self.lists.len())
    }

    /// A text's length in 12 bits and its place in 20.
    fn text(&mut self, text: &str) -> Result<String, String> {
        let end = u32::try_from(self.texts.len()).map_err(|_| "too many texts")?;
        let at = *self.known.entry(text.to_owned()).or_insert(end);
        if at == end {
            self.texts.push_str(text);
        }
        let length = u32::try_from(text.len()).map_err(|_| "too long a text")?;
        if at >= 1 << 20 || length >= 1 << 12 {
            return Err(format!("no room for {text}"));
        }
        Ok(format!("Text({})", length << 20 | at))
    }

    /// The number of a type.
    fn ty(&mut self, ty: &Type) -> Result<u16, String> {
        if let Some(known) = self.numbers.get(ty) {
            return Ok(*known);
        }
        let record = match ty {
            Type::Scalar(name) => {
                let number = SCALARS.iter().position(|scalar| scalar == name).unwrap_or(0);
                format!("Type::Scalar(SCALARS[{number}])")
            }
            Type::Def(name) => {
                format!("Type::Struct(Def({}))", self.defs.get(name).ok_or_else(|| format!("no def {name}"))?)
            }
            Type::List(item) => format!("Type::List(TypeId({}))", self.ty(item)?),
            Type::Map(value) => format!("Type::Map(TypeId({}))", self.ty(value)?),
        };
        let number = u16::try_from(self.types.len()).map_err(|_| "too many types")?;
        self.types.push(record);
        self.numbers.insert(ty.clone(), number);
        Ok(number)
    }

    fn field_facts(&mut self, facts: Option<&overlay::FieldFacts>) -> Result<usize, String> {
        let Some(facts) = facts else { return Ok(0) };
        let values = self.values(facts.values.iter().map(String::as_str))?;
        if let Some(range) = facts.range {
            self.ranges.push(format!("{range:?}"));
        }
        let range = if facts.range.is_some() { self.ranges.len() } else { 0 };
        let row = format!(
            "FactsRow {{ default: {}, check: {}, values: {values:?}, range: {range}, is_immutable: {}, is_optional: {} }}",
            self.text(facts.default.as_deref().unwrap_or_default())?,
            self.text(facts.check.as_deref().unwrap_or_default())?,
            facts.immutable,
            facts.optional,
        );
        self.facts.push(row);
        Ok(self.facts.len() - 1)
    }
}
