//! What is known of rules and variables.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::policy::builtins::{Fields, Key, Type};
use crate::policy::rego::ast::{Term, TermKind};

/// How the names of variables begin that stand for comprehensions.
pub(super) const CLOSURE: &str = "$c";

/// The types of rules, by path.
#[derive(Debug, Default)]
pub(super) struct Node {
    /// [`Type::Unknown`] where no rule lies.
    pub(super) kind: Type,
    pub(super) children: BTreeMap<Key, Node>,
}

impl Node {
    pub(super) fn is_leaf(&self) -> bool {
        self.kind != Type::Unknown
    }

    /// The types of everything from here on. Documents that are no rules may lie beside them.
    pub(super) fn extent(&self) -> Type {
        if self.is_leaf() {
            return self.kind.clone();
        }
        let is_named = |key: &Key| matches!(key, Key::String(_) | Key::Number(_) | Key::Boolean(_));
        let children = self.children.iter().filter(|(key, _)| is_named(key));
        let known = children.map(|(key, child)| (key.clone(), child.extent())).collect();
        Type::object(known, Some((Type::String, Type::any())))
    }

    /// Put a type at a path, whatever is known of it.
    pub(super) fn put(&mut self, path: &[Key], kind: Type) {
        match path.split_first() {
            Some((key, rest)) => self.children.entry(key.clone()).or_default().put(rest, kind),
            None => self.kind = kind,
        }
    }

    /// Add what a rule at a path gives to what is known of it, and to the objects that it lies in.
    pub(super) fn insert(&mut self, path: &[Key], kind: &Type) {
        let Some((key, rest)) = path.split_first() else {
            self.kind = merge(std::mem::take(&mut self.kind), kind.clone());
            if matches!(kind, Type::Object(_)) {
                let mut leaves = Vec::new();
                self.children.iter().for_each(|(key, child)| child.leaves(&[key], &mut leaves));
                for (path, kind) in leaves {
                    if let Type::Object(object) = &self.kind {
                        self.kind = within(object, &path, &kind);
                    }
                }
            }
            return;
        };
        let child = self.children.entry(key.clone()).or_default();
        if !rest.is_empty()
            && let Type::Object(object) = &child.kind
        {
            let path: Vec<&Key> = rest.iter().collect();
            child.kind = within(object, &path, kind);
        }
        child.insert(rest, kind);
    }

    fn leaves<'a>(&'a self, path: &[&'a Key], found: &mut Vec<(Vec<&'a Key>, Type)>) {
        if self.is_leaf() {
            found.push((path.to_vec(), self.kind.clone()));
            return;
        }
        for (key, child) in &self.children {
            child.leaves(&[path, &[key]].concat(), found);
        }
    }

    pub(super) fn get(&self, path: &[Key]) -> Option<&Self> {
        path.iter().try_fold(self, |node, key| node.children.get(key))
    }

    /// The type of a reference, which `rest` is left of.
    fn select(&self, rest: &[Term]) -> Type {
        if !self.is_leaf() && self.children.is_empty() {
            return Type::any();
        }
        let Some((head, tail)) = rest.split_first() else { return self.extent() };
        let child = Key::of(head).map(|key| self.children.get(&key));
        if self.is_leaf() {
            return match child {
                Some(Some(child)) => child.select(tail),
                _ => select(self.kind.clone(), rest),
            };
        }
        match child {
            None => select(self.extent(), rest),
            Some(Some(child)) => child.select(tail),
            // Data may lie there.
            Some(None) => Type::any(),
        }
    }
}

/// The type of what lies in a type.
fn select(kind: Type, path: &[Term]) -> Type {
    path.iter().fold(kind, |kind, part| match (&kind, &part.kind) {
        (Type::Unknown, _) => Type::Unknown,
        (_, TermKind::Var(_) | TermKind::Ref(..) | TermKind::Array(_) | TermKind::Object(_) | TermKind::Set(_)) => {
            kind.values()
        }
        _ => Key::of(part).map_or(Type::Unknown, |key| kind.at(&key)),
    })
}

/// An object in which something more lies at a path.
fn within(object: &Fields, path: &[&Key], kind: &Type) -> Type {
    let Some((key, rest)) = path.split_first() else { return Type::Object(Arc::new(object.clone())) };
    let inner =
        if rest.is_empty() { kind.clone() } else { within(&Fields { known: Vec::new(), rest: None }, rest, kind) };
    let (keys, values) = object.rest.clone().unwrap_or((Type::Unknown, Type::Unknown));
    Type::object(object.known.clone(), Some((keys.or(key.kind()), values.or(inner))))
}

/// The type of a rule with several clauses.
fn merge(known: Type, other: Type) -> Type {
    let is_open = |object: &Fields| object.known.is_empty();
    match (known, other) {
        (Type::Unknown, other) | (other, Type::Unknown) => other,
        (Type::Object(left), Type::Object(right)) if is_open(&left) && is_open(&right) => {
            let rest = match (left.rest.clone(), right.rest.clone()) {
                (Some(left), Some(right)) => Some((left.0.or(right.0), merge(left.1, right.1))),
                (left, right) => left.or(right),
            };
            Type::object(Vec::new(), rest)
        }
        (Type::Object(object), Type::OneOf(types)) | (Type::OneOf(types), Type::Object(object)) if is_open(&object) => {
            let is_alike = |one: &Type| matches!(one, Type::Object(other) if is_open(other));
            if !types.iter().any(is_alike) {
                return Type::OneOf(types).or(Type::Object(object));
            }
            let merged = types
                .iter()
                .cloned()
                .map(|one| if is_alike(&one) { merge(one, Type::Object(Arc::clone(&object))) } else { one });
            merged.fold(Type::Unknown, Type::or)
        }
        (Type::Set(left), Type::Set(right)) => Type::set(Arc::unwrap_or_clone(left).or(Arc::unwrap_or_clone(right))),
        (left, right) => left.or(right),
    }
}

/// The types of variables, within those of the bodies around.
#[derive(Debug)]
pub(super) struct Env<'a> {
    /// All rules, below `data`.
    pub(super) rules: &'a Node,
    pub(super) vars: BTreeMap<Arc<str>, Type>,
    pub(super) around: Option<&'a Env<'a>>,
}

impl<'a> Env<'a> {
    pub(super) fn new(rules: &'a Node) -> Self {
        Self { rules, vars: BTreeMap::new(), around: None }
    }

    pub(super) fn inner(&'a self) -> Self {
        Self { rules: self.rules, vars: BTreeMap::new(), around: Some(self) }
    }

    pub(super) fn var(&self, name: &str) -> Type {
        match self.vars.get(name) {
            Some(kind) => kind.clone(),
            None => self.around.map_or(Type::Unknown, |around| around.var(name)),
        }
    }

    pub(super) fn put(&mut self, name: &Arc<str>, kind: Type) {
        self.vars.insert(Arc::clone(name), kind);
    }

    pub(super) fn kind(&self, term: &Term) -> Type {
        match &term.kind {
            TermKind::Null => Type::Null,
            TermKind::Bool(_) => Type::Boolean,
            TermKind::Number(_) => Type::Number,
            TermKind::String(_) | TermKind::Template(_) => Type::String,
            TermKind::Var(name) if **name == *"data" => self.rules.select(&[]),
            TermKind::Var(name) if **name == *"input" => Type::any(),
            TermKind::Var(name) => self.var(name),
            TermKind::Ref(base, path) => match &base.kind {
                TermKind::Var(name) if **name == *"data" => self.rules.select(path),
                TermKind::Var(name) if **name == *"input" => Type::any(),
                TermKind::Var(name) => select(self.var(name), path),
                _ => Type::Unknown,
            },
            TermKind::Array(items) => {
                let rest = if items.is_empty() { Type::any() } else { Type::Unknown };
                Type::array(items.iter().map(|item| self.kind(item)).collect(), rest)
            }
            TermKind::Object(pairs) => {
                let (mut known, mut rest): (BTreeMap<Key, Type>, _) = (BTreeMap::new(), None);
                for (key, value) in pairs {
                    match Key::of(key) {
                        Some(key) => _ = known.insert(key, self.kind(value)),
                        None => rest = Some((self.kind(key), self.kind(value))),
                    }
                }
                if pairs.is_empty() {
                    rest = Some((Type::any(), Type::any()));
                }
                Type::object(known.into_iter().collect(), rest)
            }
            TermKind::Set(items) => match items.iter().map(|item| self.kind(item)).fold(Type::Unknown, Type::or) {
                Type::Unknown => Type::set(Type::any()),
                element => Type::set(element),
            },
            // They were put into variables.
            TermKind::ArrayCompr(..) | TermKind::SetCompr(..) | TermKind::ObjectCompr(..) | TermKind::Call(..) => {
                Type::Unknown
            }
        }
    }
}
