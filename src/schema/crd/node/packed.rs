//! How a node is packed: its parts and their order, and the bits of its flags.

/// The parts that a node may have, in the order in which they are packed; the bit of a part is its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::schema::crd) enum Part {
    Properties,
    Required,
    Items,
    Additional,
    Format,
    Default,
    Lengths,
    Pattern,
    Enum,
    Keys,
    Numbers,
    Junctors,
    Rules,
    ItemCounts,
    PropertyCounts,
}

pub(in crate::schema::crd) const PARTS: [Part; 15] = [
    Part::Properties,
    Part::Required,
    Part::Items,
    Part::Additional,
    Part::Format,
    Part::Default,
    Part::Lengths,
    Part::Pattern,
    Part::Enum,
    Part::Keys,
    Part::Numbers,
    Part::Junctors,
    Part::Rules,
    Part::ItemCounts,
    Part::PropertyCounts,
];

impl Part {
    pub(in crate::schema::crd) fn bit(self) -> u32 {
        1 << (self as u32)
    }
}

// The bits behind those of the parts.
pub(in crate::schema::crd) const TYPE: u32 = 15;
pub(in crate::schema::crd) const NULLABLE: u32 = 1 << 18;
pub(in crate::schema::crd) const PRESERVES: u32 = 1 << 19;
pub(in crate::schema::crd) const INT_OR_STRING: u32 = 1 << 20;
pub(in crate::schema::crd) const EMBEDDED: u32 = 1 << 21;
pub(in crate::schema::crd) const LIST: u32 = 22;
pub(in crate::schema::crd) const ATOMIC_MAP: u32 = 1 << 24;
pub(in crate::schema::crd) const ADDITIONAL_TRUE: u32 = 1 << 25;
pub(in crate::schema::crd) const ADDITIONAL_FALSE: u32 = 1 << 26;
/// The node or one below it has rules.
pub(in crate::schema::crd) const RULES_BELOW: u32 = 1 << 27;
/// The node or one below it is an embedded resource, or a list whose items differ.
pub(in crate::schema::crd) const INVARIANTS_BELOW: u32 = 1 << 28;
/// A property has a default.
pub(in crate::schema::crd) const DEFAULTS: u32 = 1 << 29;

/// Bits of the numbers' first byte.
pub(in crate::schema::crd) const MINIMUM: u8 = 1;
pub(in crate::schema::crd) const MAXIMUM: u8 = 2;
pub(in crate::schema::crd) const EXCLUSIVE_MINIMUM: u8 = 4;
pub(in crate::schema::crd) const EXCLUSIVE_MAXIMUM: u8 = 8;
pub(in crate::schema::crd) const MULTIPLE: u8 = 16;
