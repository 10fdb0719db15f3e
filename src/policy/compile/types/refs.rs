//! References: whether what they name can be there, and what they say of the variables in their brackets.

use super::env::{Env, Node};
use super::unify::unifies;
use crate::policy::builtins::{Key, Type};
use crate::policy::rego::ast::{Term, TermKind};

impl Env<'_> {
    /// Check a reference; gives what is wrong.
    pub(super) fn reference(&mut self, term: &Term) -> Result<(), String> {
        let TermKind::Ref(base, path) = &term.kind else { return Ok(()) };
        let Some(name) = base.as_var() else { return Ok(()) };
        if let Type::Function(_) = self.kind(term) {
            return Err(format!("function {} used as reference, not called", text(term)));
        }
        let found = match &**name {
            "data" if self.rules.children.is_empty() => self.below(Type::any(), path),
            "data" => self.in_rules(self.rules, path, path),
            "input" => self.below(Type::any(), path),
            _ => {
                let mut kind = self.var(name);
                if kind == Type::Unknown {
                    kind = Type::any();
                    self.put(name, kind.clone());
                }
                self.below(kind, path)
            }
        };
        found.map_err(|wrong| format!("undefined ref: {}\n\t{wrong}", text(term)))
    }

    fn in_rules(&mut self, node: &Node, path: &[Term], whole: &[Term]) -> Result<(), String> {
        let Some((head, tail)) = path.split_first() else { return Ok(()) };
        let is_first = whole.len() - path.len() < 2;
        if is_first && head.as_var().is_none() && head.as_str().is_none() {
            return Err(wanted(&self.kind(head), &Type::String));
        }
        if head.as_var().is_some() {
            self.key(head, &node.extent().keys())?;
        }
        match Key::of(head).and_then(|key| node.children.get(&key)) {
            Some(child) if child.is_leaf() => self.below(child.kind.clone(), tail),
            Some(child) => self.in_rules(child, tail, whole),
            // Data may lie there.
            None => self.below(Type::any(), whole),
        }
    }

    /// Check the rest of a path below a type.
    fn below(&mut self, mut kind: Type, path: &[Term]) -> Result<(), String> {
        for part in path {
            let keys = kind.keys();
            if keys == Type::Unknown {
                return Err(format!("have: {kind}"));
            }
            kind = match &part.kind {
                TermKind::Var(_) | TermKind::Array(_) | TermKind::Object(_) | TermKind::Set(_) => {
                    self.key(part, &keys)?;
                    kind.values()
                }
                _ => match Key::of(part).map(|key| (kind.at(&key), key)) {
                    Some((Type::Unknown, key)) => return Err(format!("have: {key}\n\twant: {}", one_of(&kind))),
                    Some((found, _)) => found,
                    None => return Ok(()),
                },
            };
        }
        Ok(())
    }

    /// A term in brackets, where keys of a type are.
    fn key(&mut self, part: &Term, keys: &Type) -> Result<(), String> {
        let Some(name) = part.as_var() else {
            let fits = self.unify_with(part, keys, false);
            return if fits { Ok(()) } else { Err(wanted(&self.kind(part), keys)) };
        };
        let known = self.var(name);
        if known == Type::Unknown {
            self.put(name, keys.clone());
            return Ok(());
        }
        if unifies(&known, keys) { Ok(()) } else { Err(wanted(&known, keys)) }
    }
}

fn wanted(have: &Type, want: &Type) -> String {
    format!("have: {have}\n\twant: {want}")
}

/// The keys that an object has, or what they must be.
fn one_of(kind: &Type) -> String {
    match kind {
        Type::Object(object) if object.rest.is_none() => {
            let keys: Vec<String> = object.known.iter().map(|(key, _)| key.to_string()).collect();
            keys.join(", ")
        }
        other => other.keys().to_string(),
    }
}

/// A reference as its author wrote it.
fn text(term: &Term) -> String {
    let TermKind::Ref(base, path) = &term.kind else { return String::new() };
    let name = |term: &Term| term.as_var().map(|name| super::super::resolve::name_of(name).to_owned());
    let mut text = name(base).unwrap_or_default();
    for part in path {
        match (part.as_str(), name(part), Key::of(part)) {
            (Some(word), ..) => super::super::print::push_part(&mut text, word),
            (_, Some(name), _) => text.extend(["[", name.as_str(), "]"]),
            (.., Some(key)) => text.extend(["[", key.to_string().as_str(), "]"]),
            _ => text.push_str("[_]"),
        }
    }
    text
}
