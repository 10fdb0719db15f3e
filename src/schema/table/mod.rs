//! The native table: every built-in kind, struct and field of the known minors, used in place as `build.rs` packed it.

#[cfg(test)]
mod overlay;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod text;

use std::sync::{Arc, LazyLock};

use super::minors::MinorSet;

static PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/native.bin"));

const KIND: usize = 20;
const DEF: usize = 12;
const FIELD: usize = 16;
const TYPE: usize = 4;

/// The sections of the packed table, see `build.rs`.
#[derive(Clone, Copy, Debug)]
enum Section {
    Kinds,
    Defs,
    Fields,
    Types,
    Facts,
    Strings,
}

/// What a scalar is, in the order of the packed numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scalar {
    /// Anything: raw extensions, JSON.
    Any,
    /// A string.
    String,
    /// A boolean.
    Bool,
    /// int32
    Int32,
    /// int64
    Int64,
    /// A float64.
    Number,
    /// Bytes in base64.
    Base64,
    /// `metav1.Time`
    Time,
    /// `metav1.MicroTime`
    MicroTime,
    /// `metav1.Duration`
    Duration,
    /// `intstr.IntOrString`
    IntOrString,
    /// `resource.Quantity`
    Quantity,
    /// A CRD's schema, or a boolean.
    SchemaOrBool,
    /// A CRD's schema, or a list of them.
    SchemaOrArray,
    /// A CRD's schema, or a list of strings.
    SchemaOrStrings,
}

impl Scalar {
    /// What it is called.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Any => "anything",
            Self::String => "string",
            Self::Bool => "bool",
            Self::Int32 => "int32",
            Self::Int64 => "int64",
            Self::Number => "number",
            Self::Base64 => "base64",
            Self::Time | Self::MicroTime => "time",
            Self::Duration => "duration",
            Self::IntOrString => "int or string",
            Self::Quantity => "quantity",
            Self::SchemaOrBool => "schema or bool",
            Self::SchemaOrArray => "schema or list of schemas",
            Self::SchemaOrStrings => "schema or list of strings",
        }
    }
}

const SCALARS: [Scalar; 15] = [
    Scalar::Any,
    Scalar::String,
    Scalar::Bool,
    Scalar::Int32,
    Scalar::Int64,
    Scalar::Number,
    Scalar::Base64,
    Scalar::Time,
    Scalar::MicroTime,
    Scalar::Duration,
    Scalar::IntOrString,
    Scalar::Quantity,
    Scalar::SchemaOrBool,
    Scalar::SchemaOrArray,
    Scalar::SchemaOrStrings,
];

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// A scalar, or what decodes itself.
    Scalar(Scalar),
    /// A struct.
    Struct(Def),
    /// A list of a type.
    List(TypeId),
    /// A map from strings to a type.
    Map(TypeId),
}

/// Number of a type in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TypeId(u16);

/// A struct.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Def(u16);

/// A served kind.
#[derive(Clone, Copy, Debug)]
pub struct Kind(usize);

/// A field of a struct.
#[derive(Clone, Copy, Debug)]
pub struct Field(usize);

impl TypeId {
    /// The type.
    #[must_use]
    pub fn ty(self) -> Type {
        let at = usize::from(self.0) * TYPE;
        let argument = u16_at(Section::Types, at + 2);
        match u8_at(Section::Types, at) {
            0 => Type::Scalar(SCALARS.get(usize::from(argument)).copied().unwrap_or(Scalar::Any)),
            1 => Type::Struct(Def(argument)),
            2 => Type::List(Self(argument)),
            _ => Type::Map(Self(argument)),
        }
    }
}

impl Kind {
    /// Every kind, sorted by API version and kind.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..section(Section::Kinds).len() / KIND).map(Self)
    }

    /// The kind of an API version (`apps/v1`) and a name, whatever minor knows it.
    #[must_use]
    pub fn find(api_version: &str, kind: &str) -> Option<Self> {
        let count = section(Section::Kinds).len() / KIND;
        search(count, |index| (Self(index).api_version(), Self(index).kind()).cmp(&(api_version, kind))).map(Self)
    }

    /// `apps/v1`
    #[must_use]
    pub fn api_version(self) -> &'static str {
        string(u32_at(Section::Kinds, self.0 * KIND))
    }

    /// `apps`; empty for the core group.
    #[must_use]
    pub fn group(self) -> &'static str {
        self.api_version().rsplit_once('/').map_or("", |(group, _)| group)
    }

    /// `Deployment`
    #[must_use]
    pub fn kind(self) -> &'static str {
        string(u32_at(Section::Kinds, self.0 * KIND + 4))
    }

    /// `deployments`
    #[must_use]
    pub fn plural(self) -> &'static str {
        string(u32_at(Section::Kinds, self.0 * KIND + 8))
    }

    /// Its struct.
    #[must_use]
    pub fn def(self) -> Def {
        Def(u16_at(Section::Kinds, self.0 * KIND + 16))
    }

    /// It has a namespace.
    #[must_use]
    pub fn is_namespaced(self) -> bool {
        u8_at(Section::Kinds, self.0 * KIND + 18) == 1
    }

    /// The minors that know it.
    #[must_use]
    pub fn minors(self) -> MinorSet {
        MinorSet(u8_at(Section::Kinds, self.0 * KIND + 19))
    }

    fn facts(self) -> Option<usize> {
        Some(u32_at(Section::Kinds, self.0 * KIND + 12) as usize).filter(|at| *at > 0)
    }

    /// The minor (the number behind `1.`) since which the server warns of it.
    #[must_use]
    pub fn deprecated_since(self) -> Option<u8> {
        self.facts().map(|at| u8_at(Section::Facts, at)).filter(|minor| *minor > 0)
    }

    /// What the server's warning names instead.
    #[must_use]
    pub fn instead(self) -> Option<&'static str> {
        self.facts().map(|at| string(u32_at(Section::Facts, at + 1))).filter(|text| !text.is_empty())
    }

    /// No server serves it unless somebody switched it on.
    #[must_use]
    pub fn is_off_by_default(self) -> bool {
        self.facts().is_some_and(|at| u8_at(Section::Facts, at + 5) == 1)
    }
}

impl Def {
    /// `core.v1.Container`
    #[must_use]
    pub fn name(self) -> &'static str {
        string(u32_at(Section::Defs, usize::from(self.0) * DEF))
    }

    /// Every struct, by name.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..u16::try_from(section(Section::Defs).len() / DEF).unwrap_or(0)).map(Self)
    }

    /// The struct of a name.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        let count = section(Section::Defs).len() / DEF;
        let at = |index: usize| string(u32_at(Section::Defs, index * DEF));
        search(count, |index| at(index).cmp(name)).and_then(|index| u16::try_from(index).ok()).map(Self)
    }

    fn range(self) -> (usize, usize) {
        let at = usize::from(self.0) * DEF;
        let first = u32_at(Section::Defs, at + 4) as usize;
        (first, usize::from(u16_at(Section::Defs, at + 8)))
    }

    /// The minors that know it.
    #[must_use]
    pub fn minors(self) -> MinorSet {
        MinorSet(u8_at(Section::Defs, usize::from(self.0) * DEF + 10))
    }

    /// The overlay has a default for one of its fields.
    #[must_use]
    pub fn has_defaults(self) -> bool {
        u8_at(Section::Defs, usize::from(self.0) * DEF + 11) & 1 > 0
    }

    /// The definitions call one of its fields required.
    #[must_use]
    pub fn has_required(self) -> bool {
        u8_at(Section::Defs, usize::from(self.0) * DEF + 11) & 2 > 0
    }

    /// Its fields by name. One that changed its type between minors is there once for each type.
    pub fn fields(self) -> impl Iterator<Item = Field> {
        let (first, count) = self.range();
        (first..first + count).map(Field)
    }

    /// The fields of a name: one, or one for each of its types.
    pub fn field(self, name: &str) -> impl Iterator<Item = Field> {
        let (first, count) = self.range();
        let order = |index: usize| Field(first + index).name_bytes().cmp(name.as_bytes());
        let found = search(count, order).map_or(first + count, |at| first + at);
        let before = (first..found).rev().take_while(move |at| Field(*at).name() == Field(found).name()).count();
        (found - before..first + count).map(Field).take_while(move |field| field.name() == name)
    }
}

impl Field {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        string(u32_at(Section::Fields, self.0 * FIELD))
    }

    fn name_bytes(self) -> &'static [u8] {
        string_bytes(u32_at(Section::Fields, self.0 * FIELD))
    }

    /// Its default, and its own name for a document that has neither.
    #[must_use]
    pub fn default(self) -> Option<&'static FieldDefault> {
        static ALL: LazyLock<Vec<(usize, FieldDefault)>> = LazyLock::new(|| {
            let of_field = |field: Field| {
                let value = serde_json::from_str(field.facts()?.default()?).ok()?;
                Some((field.0, FieldDefault { name: field.name().into(), value }))
            };
            (0..section(Section::Fields).len() / FIELD).map(Field).filter_map(of_field).collect()
        });
        self.facts()?;
        let at = ALL.binary_search_by_key(&self.0, |(field, _)| *field).ok()?;
        ALL.get(at).map(|(_, default)| default)
    }

    /// What it holds.
    #[must_use]
    pub fn ty(self) -> Type {
        TypeId(u16_at(Section::Fields, self.0 * FIELD + 12)).ty()
    }

    /// The minors that know it.
    #[must_use]
    pub fn minors(self) -> MinorSet {
        MinorSet(u8_at(Section::Fields, self.0 * FIELD + 14))
    }

    /// The minors in which it must be there.
    #[must_use]
    pub fn required(self) -> MinorSet {
        MinorSet(u8_at(Section::Fields, self.0 * FIELD + 15))
    }

    /// The minors in which the server insists on it. The definitions of 1.36 are compared with recorded answers of that
    /// server; what only older ones call required (a StatefulSet's `serviceName`), no server ever insisted on.
    #[must_use]
    pub fn enforced(self) -> MinorSet {
        let required = self.required();
        if required.is_empty() {
            return required;
        }
        let (measured, newer) = (MinorSet::since(36), MinorSet::since(37));
        let was_dropped = !self.minors().within(measured.without(newer)).is_empty()
            && required.within(measured.without(newer)).is_empty();
        if was_dropped { required.within(newer) } else { required }
    }

    /// The keys by which a list is a map for server-side apply.
    pub fn list_keys(self) -> impl Iterator<Item = &'static str> {
        let list = string(u32_at(Section::Fields, self.0 * FIELD + 8));
        list.strip_prefix("map:").unwrap_or_default().split(',').filter(|key| !key.is_empty())
    }

    /// The list is a set for server-side apply.
    #[must_use]
    pub fn is_set(self) -> bool {
        string(u32_at(Section::Fields, self.0 * FIELD + 8)) == "set"
    }

    /// What the overlay says of it.
    #[must_use]
    pub fn facts(self) -> Option<Facts> {
        Some(u32_at(Section::Fields, self.0 * FIELD + 4) as usize).filter(|at| *at > 0).map(Facts)
    }
}

/// What the server fills in for a field.
#[derive(Debug)]
pub struct FieldDefault {
    /// The field.
    pub name: Arc<str>,
    /// Its value.
    pub value: serde_json::Value,
}

/// What the overlay says of a field.
#[derive(Clone, Copy, Debug)]
pub struct Facts(usize);

impl Facts {
    fn bit(self, bit: u8) -> bool {
        u8_at(Section::Facts, self.0) & bit > 0
    }

    fn after_default(self) -> usize {
        self.0 + 1 + if self.bit(1) { 4 } else { 0 }
    }

    fn values_count(self) -> usize {
        if self.bit(2) { usize::from(u16_at(Section::Facts, self.after_default())) } else { 0 }
    }

    fn after_values(self) -> usize {
        self.after_default() + if self.bit(2) { 2 + 4 * self.values_count() } else { 0 }
    }

    /// What the server fills in, as JSON.
    #[must_use]
    pub fn default(self) -> Option<&'static str> {
        self.bit(1).then(|| string(u32_at(Section::Facts, self.0 + 1)))
    }

    /// The values that the server accepts; empty where there is no such list.
    pub fn values(self) -> impl ExactSizeIterator<Item = &'static str> {
        let first = self.after_default() + 2;
        (0..self.values_count()).map(move |index| string(u32_at(Section::Facts, first + 4 * index)))
    }

    /// The numbers that the server accepts.
    #[must_use]
    pub fn range(self) -> Option<(i64, i64)> {
        let at = self.after_values();
        let number = |at: usize| bytes(Section::Facts, at).map_or(0, i64::from_le_bytes);
        self.bit(4).then(|| (number(at), number(at + 8)))
    }

    /// A named check of the text.
    #[must_use]
    pub fn check(self) -> Option<&'static str> {
        let at = self.after_values() + if self.bit(4) { 16 } else { 0 };
        self.bit(8).then(|| string(u32_at(Section::Facts, at)))
    }

    /// It cannot be changed.
    #[must_use]
    pub fn is_immutable(self) -> bool {
        self.bit(16)
    }

    /// The definitions call it required, and the server does not insist.
    #[must_use]
    pub fn is_optional(self) -> bool {
        self.bit(32)
    }
}

/// Binary search among `count` sorted records.
fn search(count: usize, order: impl Fn(usize) -> std::cmp::Ordering) -> Option<usize> {
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = usize::midpoint(low, high);
        match order(middle) {
            std::cmp::Ordering::Equal => return Some(middle),
            std::cmp::Ordering::Less => low = middle + 1,
            std::cmp::Ordering::Greater => high = middle,
        }
    }
    None
}

fn section(section: Section) -> &'static [u8] {
    let offset = |index: usize| {
        let bytes = PACKED.get(4 * index..4 * index + 4).and_then(|bytes| bytes.try_into().ok());
        bytes.map_or(PACKED.len(), |bytes| u32::from_le_bytes(bytes) as usize)
    };
    let index = section as usize;
    let end = if index == Section::Strings as usize { PACKED.len() } else { offset(index + 1) };
    PACKED.get(offset(index)..end).unwrap_or_default()
}

fn bytes<const N: usize>(of: Section, at: usize) -> Option<[u8; N]> {
    section(of).get(at..at + N)?.try_into().ok()
}

fn u8_at(of: Section, at: usize) -> u8 {
    bytes(of, at).map_or(0, u8::from_le_bytes)
}

fn u16_at(of: Section, at: usize) -> u16 {
    bytes(of, at).map_or(0, u16::from_le_bytes)
}

fn u32_at(of: Section, at: usize) -> u32 {
    bytes(of, at).map_or(0, u32::from_le_bytes)
}

fn string(at: u32) -> &'static str {
    // The packer wrote whole texts.
    str::from_utf8(string_bytes(at)).unwrap_or_default()
}

fn string_bytes(at: u32) -> &'static [u8] {
    let at = at as usize;
    let length = usize::from(u16_at(Section::Strings, at));
    section(Section::Strings).get(at + 2..at + 2 + length).unwrap_or_default()
}
