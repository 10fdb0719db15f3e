//! Types, as OPA's checker knows them.

use std::fmt;
use std::sync::Arc;

use crate::policy::rego::ast::{Term, TermKind};

/// A type.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Type {
    /// Not known yet, of a variable that nothing was said of.
    #[default]
    Unknown,
    /// null.
    Null,
    /// true or false.
    Boolean,
    /// A number.
    Number,
    /// A string.
    String,
    /// An array: its first elements, and what may follow them; [`Type::Unknown`]: nothing may.
    Array(Arc<(Vec<Type>, Type)>),
    /// An object: its known keys, sorted, and the keys and values that it may have beside them.
    Object(Arc<Fields>),
    /// A set of such elements.
    Set(Arc<Type>),
    /// Any of these, sorted; of none: any value.
    OneOf(Arc<Vec<Type>>),
    /// What a function takes and gives.
    Function(Arc<(Vec<Type>, Type)>),
}

/// What an object holds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fields {
    pub(in crate::policy) known: Vec<(Key, Type)>,
    pub(in crate::policy) rest: Option<(Type, Type)>,
}

/// A constant that is the key of an object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// null.
    Null,
    /// true or false.
    Boolean(bool),
    /// A number as it is written.
    Number(Arc<str>),
    /// A string.
    String(Arc<str>),
    /// An array, or a set.
    Array(Vec<Key>),
    /// An object, by its keys.
    Object(Vec<(Key, Key)>),
}

impl Key {
    /// A constant; none where anything in it is no constant.
    pub(in crate::policy) fn of(term: &Term) -> Option<Self> {
        Some(match &term.kind {
            TermKind::Null => Self::Null,
            TermKind::Bool(value) => Self::Boolean(*value),
            TermKind::Number(text) => Self::Number(Arc::clone(text)),
            TermKind::String(text) => Self::String(Arc::clone(text)),
            TermKind::Array(items) => Self::Array(items.iter().map(Self::of).collect::<Option<_>>()?),
            TermKind::Set(items) => {
                let mut keys = items.iter().map(Self::of).collect::<Option<Vec<_>>>()?;
                keys.sort();
                keys.dedup();
                Self::Array(keys)
            }
            TermKind::Object(pairs) => {
                let pairs = pairs.iter().map(|(key, value)| Self::of(key).zip(Self::of(value)));
                let mut pairs = pairs.collect::<Option<Vec<_>>>()?;
                pairs.sort();
                Self::Object(pairs)
            }
            _ => return None,
        })
    }

    pub(in crate::policy) fn kind(&self) -> Type {
        match self {
            Self::Null => Type::Null,
            Self::Boolean(_) => Type::Boolean,
            Self::Number(_) => Type::Number,
            Self::String(_) => Type::String,
            Self::Array(items) => Type::array(items.iter().map(Self::kind).collect(), Type::Unknown),
            Self::Object(pairs) => {
                Type::object(pairs.iter().map(|(key, value)| (key.clone(), value.kind())).collect(), None)
            }
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Boolean(value) => write!(f, "{value}"),
            Self::Number(text) => f.write_str(text),
            Self::String(text) => write!(f, "{text:?}"),
            Self::Array(items) => {
                f.write_str("[")?;
                for (at, item) in items.iter().enumerate() {
                    write!(f, "{}{item}", if at == 0 { "" } else { ", " })?;
                }
                f.write_str("]")
            }
            Self::Object(pairs) => {
                f.write_str("{")?;
                for (at, (key, value)) in pairs.iter().enumerate() {
                    write!(f, "{}{key}: {value}", if at == 0 { "" } else { ", " })?;
                }
                f.write_str("}")
            }
        }
    }
}

impl Type {
    /// Any value.
    #[must_use]
    pub fn any() -> Self {
        Self::OneOf(Arc::default())
    }

    pub(in crate::policy) fn array(first: Vec<Self>, rest: Self) -> Self {
        Self::Array(Arc::new((first, rest)))
    }

    pub(in crate::policy) fn object(mut known: Vec<(Key, Self)>, rest: Option<(Self, Self)>) -> Self {
        known.sort_by(|left, right| left.0.cmp(&right.0));
        Self::Object(Arc::new(Fields { known, rest }))
    }

    pub(in crate::policy) fn set(element: Self) -> Self {
        Self::Set(Arc::new(element))
    }

    /// Whether something in it is not known yet.
    pub(in crate::policy) fn is_unknown(&self) -> bool {
        match self {
            Self::Unknown => true,
            Self::Array(array) => {
                array.0.iter().any(Self::is_unknown) || array.1 != Self::Unknown && array.1.is_unknown()
            }
            Self::Object(object) => {
                object.known.iter().any(|(_, value)| value.is_unknown())
                    || object.rest.as_ref().is_some_and(|(key, value)| key.is_unknown() || value.is_unknown())
            }
            Self::Set(element) => element.is_unknown(),
            Self::Function(function) => function.0.iter().any(Self::is_unknown) || function.1.is_unknown(),
            _ => false,
        }
    }

    /// Whether some value of it is an object.
    pub(in crate::policy) fn may_be_object(&self) -> bool {
        match self {
            Self::Object(_) | Self::Unknown | Self::Function(_) => true,
            Self::OneOf(types) => types.is_empty() || types.iter().any(Self::may_be_object),
            _ => false,
        }
    }

    /// A value of one of both.
    pub(in crate::policy) fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Unknown, other) | (other, Self::Unknown) => other,
            (Self::Function(left), Self::Function(right)) => {
                if left.0.len() != right.0.len() {
                    return Self::Unknown;
                }
                let arguments = left.0.iter().cloned().zip(right.0.iter().cloned());
                let arguments = arguments.map(|(left, right)| left.or(right)).collect();
                Self::Function(Arc::new((arguments, left.1.clone().or(right.1.clone()))))
            }
            (Self::Function(_), _) | (_, Self::Function(_)) => Self::Unknown,
            (Self::OneOf(left), Self::OneOf(right)) => {
                if left.is_empty() || right.is_empty() {
                    return Self::any();
                }
                let mut types = Arc::unwrap_or_clone(left);
                for one in right.iter() {
                    insert(&mut types, one.clone());
                }
                Self::OneOf(Arc::new(types))
            }
            (Self::OneOf(types), one) | (one, Self::OneOf(types)) => {
                if types.is_empty() {
                    return Self::any();
                }
                let mut types = Arc::unwrap_or_clone(types);
                insert(&mut types, one);
                Self::OneOf(Arc::new(types))
            }
            (left, right) if left == right => left,
            (left, right) => {
                let mut types = vec![left];
                insert(&mut types, right);
                Self::OneOf(Arc::new(types))
            }
        }
    }

    /// What is at a constant key.
    pub(in crate::policy) fn at(&self, key: &Key) -> Self {
        match self {
            Self::Array(array) => {
                let Key::Number(text) = key else { return Self::Unknown };
                text.parse::<usize>().map_or(Self::Unknown, |at| self::element(array, at))
            }
            Self::Object(object) => object.at(key),
            Self::Set(element) => {
                let kind = key.kind();
                match &**element {
                    element if *element == kind => kind,
                    Self::OneOf(types) if types.is_empty() || types.contains(&kind) => kind,
                    _ => Self::Unknown,
                }
            }
            Self::OneOf(types) if types.is_empty() => Self::any(),
            Self::OneOf(types) => types.iter().map(|one| one.at(key)).fold(Self::Unknown, Self::or),
            _ => Self::Unknown,
        }
    }

    /// The keys that can be gone through.
    pub(in crate::policy) fn keys(&self) -> Self {
        match self {
            Self::Array(_) => Self::Number,
            Self::Object(object) => {
                let known = object.known.iter().map(|(key, _)| key.kind());
                known.chain(object.rest.iter().map(|(key, _)| key.clone())).fold(Self::Unknown, Self::or)
            }
            Self::Set(element) => (**element).clone(),
            Self::OneOf(types) if types.is_empty() => Self::any(),
            Self::OneOf(types) => types.iter().map(Self::keys).fold(Self::Unknown, Self::or),
            _ => Self::Unknown,
        }
    }

    /// The values that can be gone through.
    pub(in crate::policy) fn values(&self) -> Self {
        match self {
            Self::Array(array) => array.0.iter().cloned().chain([array.1.clone()]).fold(Self::Unknown, Self::or),
            Self::Object(object) => {
                let known = object.known.iter().map(|(_, value)| value.clone());
                known.chain(object.rest.iter().map(|(_, value)| value.clone())).fold(Self::Unknown, Self::or)
            }
            Self::Set(element) => (**element).clone(),
            Self::OneOf(types) if types.is_empty() => Self::any(),
            Self::OneOf(types) => types.iter().map(Self::values).fold(Self::Unknown, Self::or),
            _ => Self::Unknown,
        }
    }
}

fn insert(types: &mut Vec<Type>, one: Type) {
    if let Err(at) = types.binary_search(&one) {
        types.insert(at, one);
    }
}

/// The type of an array's element.
pub(in crate::policy) fn element(array: &(Vec<Type>, Type), at: usize) -> Type {
    array.0.get(at).unwrap_or(&array.1).clone()
}

impl Fields {
    pub(in crate::policy) fn at(&self, key: &Key) -> Type {
        if let Ok(at) = self.known.binary_search_by(|(known, _)| known.cmp(key)) {
            return self.known.get(at).map_or(Type::Unknown, |(_, value)| value.clone());
        }
        let is_key = |known: &Type| match known {
            Type::OneOf(types) => types.is_empty() || types.contains(&key.kind()),
            known => *known == key.kind(),
        };
        self.rest.as_ref().filter(|(known, _)| is_key(known)).map_or(Type::Unknown, |(_, value)| value.clone())
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("???"),
            Self::Null => f.write_str("null"),
            Self::Boolean => f.write_str("boolean"),
            Self::Number => f.write_str("number"),
            Self::String => f.write_str("string"),
            Self::Array(array) => {
                f.write_str("array")?;
                list(f, "<", &array.0, ">")?;
                if array.1 == Self::Unknown { Ok(()) } else { write!(f, "[{}]", array.1) }
            }
            Self::Object(object) => {
                f.write_str("object")?;
                for (at, (key, value)) in object.known.iter().enumerate() {
                    let key = if let Key::String(text) = key { text.to_string() } else { key.to_string() };
                    write!(f, "{}{key}: {value}", if at == 0 { "<" } else { ", " })?;
                }
                f.write_str(if object.known.is_empty() { "" } else { ">" })?;
                object.rest.as_ref().map_or(Ok(()), |(key, value)| write!(f, "[{key}: {value}]"))
            }
            Self::Set(element) => write!(f, "set[{element}]"),
            Self::OneOf(types) => {
                f.write_str("any")?;
                list(f, "<", types, ">")
            }
            Self::Function(function) => {
                list(f, "(", &function.0, ")")?;
                write!(f, " => {}", function.1)
            }
        }
    }
}

/// Nothing when there are none.
fn list(f: &mut fmt::Formatter<'_>, open: &str, types: &[Type], close: &str) -> fmt::Result {
    for (at, one) in types.iter().enumerate() {
        write!(f, "{}{one}", if at == 0 { open } else { ", " })?;
    }
    f.write_str(if types.is_empty() { "" } else { close })
}
