//! The native table: every built-in kind, struct and field of the known minors, used in place as `build.rs` wrote it.

#[cfg(test)]
mod overlay;
#[expect(clippy::unreadable_literal, reason = "the build script writes the rows, and nobody reads them")]
mod rows;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod text;

use std::sync::{Arc, LazyLock};

use self::rows::{
    DEFS, DefRow, FACTS, FIELDS, FactsRow, FieldRow, KINDS, KindRow, LISTS, RANGES, SLOTS, TYPES, VALUES, slice,
};
use super::minors::MinorSet;
use crate::yaml::keys::hash;

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
#[derive(Clone, Copy)]
pub struct Kind(&'static KindRow);

/// A field of a struct.
#[derive(Clone, Copy, Debug)]
pub struct Field(&'static FieldRow);

impl TypeId {
    /// The type.
    #[must_use]
    pub fn ty(self) -> Type {
        TYPES.get(usize::from(self.0)).copied().unwrap_or(Type::Scalar(Scalar::Any))
    }
}

impl std::fmt::Debug for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.api_version(), self.kind())
    }
}

impl Kind {
    /// Every kind, sorted by API version and kind.
    pub fn all() -> impl Iterator<Item = Self> {
        KINDS.iter().map(Self)
    }

    /// The kind of an API version (`apps/v1`) and a name, whatever minor knows it.
    #[must_use]
    pub fn find(api_version: &str, kind: &str) -> Option<Self> {
        let at =
            KINDS.binary_search_by(|row| (row.api_version.str(), row.kind.str()).cmp(&(api_version, kind))).ok()?;
        KINDS.get(at).map(Self)
    }

    /// `apps/v1`
    #[must_use]
    pub fn api_version(self) -> &'static str {
        self.0.api_version.str()
    }

    /// `apps`; empty for the core group.
    #[must_use]
    pub fn group(self) -> &'static str {
        self.0.group.str()
    }

    /// `Deployment`
    #[must_use]
    pub fn kind(self) -> &'static str {
        self.0.kind.str()
    }

    /// `deployments`
    #[must_use]
    pub fn plural(self) -> &'static str {
        self.0.plural.str()
    }

    /// Its struct.
    #[must_use]
    pub fn def(self) -> Def {
        Def(self.0.def)
    }

    /// It has a namespace.
    #[must_use]
    pub fn is_namespaced(self) -> bool {
        self.0.is_namespaced
    }

    /// The minors that know it.
    #[must_use]
    pub fn minors(self) -> MinorSet {
        MinorSet(self.0.minors)
    }

    /// The minor (the number behind `1.`) since which the server warns of it.
    #[must_use]
    pub fn deprecated_since(self) -> Option<u8> {
        Some(self.0.deprecated).filter(|minor| *minor > 0)
    }

    /// What the server's warning names instead.
    #[must_use]
    pub fn instead(self) -> Option<&'static str> {
        self.0.instead.filled()
    }

    /// No server serves it unless somebody switched it on.
    #[must_use]
    pub fn is_off_by_default(self) -> bool {
        self.0.off
    }
}

impl Def {
    fn row(self) -> Option<&'static DefRow> {
        DEFS.get(usize::from(self.0))
    }

    /// `core.v1.Container`
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().map_or("", |row| row.name.str())
    }

    /// Every struct, by name.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..u16::try_from(DEFS.len()).unwrap_or(0)).map(Self)
    }

    /// The struct of a name.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        let at = DEFS.binary_search_by(|row| row.name.str().cmp(name)).ok()?;
        u16::try_from(at).ok().map(Self)
    }

    /// The minors that know it.
    #[must_use]
    pub fn minors(self) -> MinorSet {
        MinorSet(self.row().map_or(0, |row| row.minors))
    }

    /// The minors in which server-side apply takes it as a whole.
    #[must_use]
    pub fn atomic(self) -> MinorSet {
        MinorSet(self.row().map_or(0, |row| row.atomic))
    }

    fn rows(self) -> &'static [FieldRow] {
        self.row().map(|row| slice(&FIELDS, row.fields)).unwrap_or_default()
    }

    /// Its fields by name. One that changed its type between minors is there once for each type.
    pub fn fields(self) -> impl Iterator<Item = Field> {
        self.rows().iter().map(Field)
    }

    /// The fields of a name: one, or one for each of its types.
    pub fn field(self, name: &str) -> impl Iterator<Item = Field> {
        self.named(name.as_bytes(), hash(name.as_bytes())).1
    }

    /// The same by a name and its [`hash`], with a bit for each of them in a set of the struct's fields.
    #[inline]
    pub(super) fn named(self, name: &[u8], hash: u8) -> (FieldSet, impl Iterator<Item = Field>) {
        let (set, rows) = self.rows_named(name, hash).unwrap_or_default();
        (set, rows.iter().map(Field))
    }

    fn rows_named(self, name: &[u8], hash: u8) -> Option<(FieldSet, &'static [FieldRow])> {
        let row = self.row()?;
        let rows = slice(&FIELDS, row.fields);
        let first = first_named(rows, slice(&SLOTS, row.slots), name, hash)?;
        let mut end = first + 1;
        while rows.get(end - 1)?.is_followed {
            end += 1;
        }
        Some((FieldSet((1 << end) - (1 << first)), rows.get(first..end)?))
    }

    fn listed(self, list: fn(&DefRow) -> (u16, u16), but: FieldSet) -> impl Iterator<Item = Field> {
        let row = self.row();
        let first = row.map_or(0, |row| row.fields.0);
        let numbers = row.map(|row| slice(&LISTS, list(row))).unwrap_or_default();
        let is_left = move |number: &&u16| but.0 >> (**number - first) & 1 == 0;
        numbers.iter().filter(is_left).filter_map(|number| FIELDS.get(usize::from(*number))).map(Field)
    }

    /// The fields that the definitions of some minor call required, without those of a set.
    pub(super) fn required(self, but: FieldSet) -> impl Iterator<Item = Field> {
        self.listed(|row| row.required, but)
    }

    /// The fields that have a default, without those of a set.
    pub(super) fn defaults(self, but: FieldSet) -> impl Iterator<Item = (Field, &'static FieldDefault)> {
        self.listed(|row| row.defaults, but).filter_map(|field| Some((field, field.default()?)))
    }
}

/// Where the fields of a name begin among a struct's. The number of slots is a power of two, and some are free.
#[inline]
fn first_named(rows: &[FieldRow], slots: &[u8], name: &[u8], hash: u8) -> Option<usize> {
    let mut slot = usize::from(hash);
    loop {
        let at = usize::from(*slots.get(slot & slots.len().wrapping_sub(1))?).checked_sub(1)?;
        if rows.get(at)?.name.is(name) {
            return Some(at);
        }
        slot += 1;
    }
}

/// Some fields of a struct. The build script refuses a struct with more fields than there are bits.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct FieldSet(u64);

impl FieldSet {
    /// These too.
    pub(super) fn add(&mut self, fields: Self) {
        self.0 |= fields.0;
    }
}

impl Field {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.0.name.str()
    }

    /// Its default, and its own name for a document that has neither.
    #[must_use]
    pub fn default(self) -> Option<&'static FieldDefault> {
        static ALL: LazyLock<Vec<Option<FieldDefault>>> = LazyLock::new(|| {
            let mut all: Vec<Option<FieldDefault>> = FACTS.iter().map(|_| None).collect();
            for row in &FIELDS {
                if let (Some(default), Some(place)) = (Field(row).of_facts(), all.get_mut(usize::from(row.facts))) {
                    *place = Some(default);
                }
            }
            all
        });
        ALL.get(usize::from(self.0.facts)).and_then(Option::as_ref)
    }

    fn of_facts(self) -> Option<FieldDefault> {
        let value: serde_json::Value = serde_json::from_str(self.facts()?.default()?).ok()?;
        let text = value.as_str().map(Arc::from);
        Some(FieldDefault { name: self.name().into(), value, text, hash: hash(self.name().as_bytes()) })
    }

    /// What it holds.
    #[must_use]
    pub fn ty(self) -> Type {
        TypeId(self.0.ty).ty()
    }

    /// The minors that know it.
    #[must_use]
    pub fn minors(self) -> MinorSet {
        MinorSet(self.0.minors)
    }

    /// The minors in which it must be there.
    #[must_use]
    pub fn required(self) -> MinorSet {
        MinorSet(self.0.required)
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
        slice(&VALUES, self.0.list_keys).iter().map(|key| key.str())
    }

    /// The list is a set for server-side apply.
    #[must_use]
    pub fn is_set(self) -> bool {
        self.0.is_set
    }

    /// What the overlay says of it.
    #[must_use]
    pub fn facts(self) -> Option<Facts> {
        if self.0.facts == 0 { None } else { FACTS.get(usize::from(self.0.facts)).map(Facts) }
    }
}

/// What the server fills in for a field.
#[derive(Debug)]
pub struct FieldDefault {
    /// The field.
    pub name: Arc<str>,
    /// Its value.
    pub value: serde_json::Value,
    /// The same, if it is a string: documents share it.
    pub text: Option<Arc<str>>,
    /// The hash of the name.
    pub(super) hash: u8,
}

/// What the overlay says of a field.
#[derive(Clone, Copy, Debug)]
pub struct Facts(&'static FactsRow);

impl Facts {
    /// What the server fills in, as JSON.
    #[must_use]
    pub fn default(self) -> Option<&'static str> {
        self.0.default.filled()
    }

    /// The values that the server accepts; empty where there is no such list.
    pub fn values(self) -> impl ExactSizeIterator<Item = &'static str> {
        slice(&VALUES, self.0.values).iter().map(|text| text.str())
    }

    /// The numbers that the server accepts.
    #[must_use]
    pub fn range(self) -> Option<(i64, i64)> {
        RANGES.get(usize::from(self.0.range).checked_sub(1)?).copied()
    }

    /// A named check of the text.
    #[must_use]
    pub fn check(self) -> Option<&'static str> {
        self.0.check.filled()
    }

    /// It cannot be changed.
    #[must_use]
    pub fn is_immutable(self) -> bool {
        self.0.is_immutable
    }

    /// The definitions call it required, and the server does not insist.
    #[must_use]
    pub fn is_optional(self) -> bool {
        self.0.is_optional
    }
}
