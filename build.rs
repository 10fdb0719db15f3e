//! Packs `schemas/native.txt` and `schemas/overlay/*.toml` into one table that the program uses in place.
//!
//! The layout (little-endian) is read by `src/schema/table/mod.rs`:
//! six section offsets (u32: kinds, defs, fields, types, facts, strings), then the sections. A string is a u32 into the
//! strings: a u16 length and its bytes. Records have fixed sizes; facts are found by offset.

#[path = "src/schema/table/overlay.rs"]
mod overlay;
#[path = "src/schema/table/text.rs"]
#[allow(dead_code, reason = "the table's test uses all of it")]
mod text;

use std::collections::HashMap;
use std::path::Path;

use text::{Native, SCALARS, Type};

fn main() -> Result<(), String> {
    println!("cargo:rerun-if-changed=schemas");
    println!("cargo:rerun-if-changed=build.rs");
    let read = |path: &str| std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"));
    let native = text::parse(&read("schemas/native.txt")?)?;
    let overlay = overlay::read(Path::new("schemas/overlay"))?;
    overlay.check(&native)?;
    let packed = Packer::default().pack(&native, &overlay)?;
    let out = std::env::var("OUT_DIR").map_err(|error| error.to_string())?;
    std::fs::write(Path::new(&out).join("native.bin"), packed).map_err(|error| error.to_string())?;
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
    if !bytes.starts_with(b"portcullis catalogue 2\n") {
        return Err(wrong("it is no catalogue of this version; make one: portcullis schema pack CRDS -o FILE"));
    }
    Ok(bytes)
}

#[derive(Default)]
struct Packer {
    strings: Vec<u8>,
    known: HashMap<String, u32>,
    types: Vec<(u8, u16)>,
    numbers: HashMap<Type, u16>,
    defs: HashMap<String, u16>,
    facts: Vec<u8>,
}

impl Packer {
    fn pack(mut self, native: &Native, overlay: &overlay::Overlay) -> Result<Vec<u8>, String> {
        // Offset 0 of the facts says that there are none.
        self.facts.push(0);
        for (index, name) in native.defs.keys().enumerate() {
            self.defs.insert(name.clone(), u16::try_from(index).map_err(|_| "too many defs")?);
        }
        let mut kinds = Vec::new();
        let mut lines: Vec<_> = native.kinds.iter().collect();
        lines.sort_by(|a, b| (&a.api_version, &a.kind).cmp(&(&b.api_version, &b.kind)));
        for line in lines {
            let def = *self.defs.get(&line.def).ok_or_else(|| format!("no def {}", line.def))?;
            for text in [&line.api_version, &line.kind, &line.plural] {
                kinds.extend(self.string(text).to_le_bytes());
            }
            let facts = self.kind_facts(overlay.kinds.get(&format!("{} {}", line.api_version, line.kind)));
            kinds.extend(facts.to_le_bytes());
            kinds.extend(def.to_le_bytes());
            kinds.extend([u8::from(line.namespaced), line.minors]);
        }
        let (mut defs, mut fields, mut first) = (Vec::new(), Vec::new(), 0_u32);
        for (name, (minors, lines)) in &native.defs {
            let mut lines: Vec<_> = lines.iter().collect();
            lines.sort_by(|a, b| a.name.cmp(&b.name));
            defs.extend(self.string(name).to_le_bytes());
            defs.extend(first.to_le_bytes());
            defs.extend(u16::try_from(lines.len()).map_err(|_| "too many fields")?.to_le_bytes());
            let defaults = overlay.fields.iter().any(|((def, _), facts)| def == name && facts.default.is_some());
            let required = lines.iter().any(|line| line.required > 0);
            defs.extend([*minors, u8::from(defaults) | u8::from(required) << 1]);
            for line in lines {
                first += 1;
                fields.extend(self.string(&line.name).to_le_bytes());
                let facts = self.field_facts(overlay.fields.get(&(name.clone(), line.name.clone())));
                fields.extend(facts.to_le_bytes());
                fields.extend(self.string(&line.list).to_le_bytes());
                fields.extend(self.ty(&line.ty)?.to_le_bytes());
                fields.extend([line.minors, line.required]);
            }
        }
        let mut types = Vec::new();
        for (tag, argument) in &self.types {
            types.extend([*tag, 0]);
            types.extend(argument.to_le_bytes());
        }
        let sections = [&kinds, &defs, &fields, &types, &self.facts, &self.strings];
        let mut packed = Vec::new();
        let mut at = 4 * u32::try_from(sections.len()).unwrap_or(0);
        for section in sections {
            packed.extend(at.to_le_bytes());
            at += u32::try_from(section.len()).map_err(|_| "a section is too long")?;
        }
        for section in sections {
            packed.extend(section);
        }
        Ok(packed)
    }

    fn string(&mut self, text: &str) -> u32 {
        if let Some(known) = self.known.get(text) {
            return *known;
        }
        let at = u32::try_from(self.strings.len()).unwrap_or(u32::MAX);
        self.strings.extend(u16::try_from(text.len()).unwrap_or(u16::MAX).to_le_bytes());
        self.strings.extend(text.as_bytes());
        self.known.insert(text.to_owned(), at);
        at
    }

    /// Tags: 0 a scalar, 1 a def, 2 a list, 3 a map; the argument is a number of that kind.
    fn ty(&mut self, ty: &Type) -> Result<u16, String> {
        if let Some(known) = self.numbers.get(ty) {
            return Ok(*known);
        }
        let record = match ty {
            Type::Scalar(name) => {
                let number = SCALARS.iter().position(|scalar| scalar == name).unwrap_or(0);
                (0, u16::try_from(number).unwrap_or(0))
            }
            Type::Def(name) => (1, *self.defs.get(name).ok_or_else(|| format!("no def {name}"))?),
            Type::List(item) => (2, self.ty(item)?),
            Type::Map(value) => (3, self.ty(value)?),
        };
        let number = u16::try_from(self.types.len()).map_err(|_| "too many types")?;
        self.types.push(record);
        self.numbers.insert(ty.clone(), number);
        Ok(number)
    }

    /// A bit for each fact that follows: 1 default (JSON), 2 enum (count, values), 4 range (two i64), 8 check (its name),
    /// 16 immutable, 32 optional (the definitions' `required` is not enforced).
    fn field_facts(&mut self, facts: Option<&overlay::FieldFacts>) -> u32 {
        let Some(facts) = facts else { return 0 };
        let at = u32::try_from(self.facts.len()).unwrap_or(0);
        let bits = [
            (1, facts.default.is_some()),
            (2, !facts.values.is_empty()),
            (4, facts.range.is_some()),
            (8, facts.check.is_some()),
            (16, facts.immutable),
            (32, facts.optional),
        ];
        self.facts.push(bits.into_iter().filter(|(_, set)| *set).map(|(bit, _)| bit).sum());
        if let Some(default) = &facts.default {
            let text = self.string(default);
            self.facts.extend(text.to_le_bytes());
        }
        if !facts.values.is_empty() {
            self.facts.extend(u16::try_from(facts.values.len()).unwrap_or(0).to_le_bytes());
            for value in &facts.values {
                let text = self.string(value);
                self.facts.extend(text.to_le_bytes());
            }
        }
        if let Some((low, high)) = facts.range {
            self.facts.extend(low.to_le_bytes());
            self.facts.extend(high.to_le_bytes());
        }
        if let Some(check) = &facts.check {
            let text = self.string(check);
            self.facts.extend(text.to_le_bytes());
        }
        at
    }

    /// Deprecated since (0: not), its replacement, and whether it is served unless it is asked for.
    fn kind_facts(&mut self, facts: Option<&overlay::KindFacts>) -> u32 {
        let Some(facts) = facts else { return 0 };
        let at = u32::try_from(self.facts.len()).unwrap_or(0);
        self.facts.push(facts.deprecated.unwrap_or(0));
        let text = self.string(facts.instead.as_deref().unwrap_or_default());
        self.facts.extend(text.to_le_bytes());
        self.facts.push(u8::from(facts.off));
        at
    }
}
