//! What modules read of `data`, and so of the other objects.

use std::sync::Arc;

use super::compile::visit;
use super::engine::{Module, RegoVersion};
use super::rego::ast::{self, Loc, Term, TermKind};
use super::rego::parse;

/// What a policy reads of the other objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reads {
    Nothing,
    /// `data.inventory.namespace[…namespace]`.
    Namespace,
    Everything,
}

impl Reads {
    /// What the text of a module says: enough for one that is known to write `data.inventory` whenever it means that.
    pub(super) fn of_text(text: &str) -> Self {
        let uses = text.match_indices("data.inventory").map(|(at, found)| {
            let rest = text.get(at + found.len()..).unwrap_or_default();
            let index = rest.strip_prefix(".namespace[").and_then(|index| Some(index.split_once(']')?.0));
            if index.is_some_and(|index| index.ends_with("namespace")) { Self::Namespace } else { Self::Everything }
        });
        uses.max().unwrap_or(Self::Nothing)
    }

    /// What a module of somebody else reads, in whatever words: `data["inventory"]`, `data[x]` and an import count. One
    /// that cannot be read is told elsewhere.
    pub(super) fn of(module: &Module) -> Self {
        let said = Self::of_text(&module.text);
        let Ok(parsed) = parse(&module.text, module.version == RegoVersion::V1) else { return said };
        let of_data = |key: Option<&str>| key.is_none_or(|key| matches!(key, "inventory" | "inventory_base"));
        let is_import = parsed.imports.iter().any(|import| match import.path.split_first() {
            Some((root, rest)) => **root == *"data" && of_data(rest.first().map(|key| &**key)),
            None => false,
        });
        if is_import {
            return Self::Everything;
        }
        let reads = data(&parsed);
        let is_plain = |key: Option<&str>| key == Some("inventory") && said != Self::Nothing;
        if reads.iter().any(|(_, key)| of_data(key.as_deref()) && !is_plain(key.as_deref())) {
            Self::Everything
        } else {
            said
        }
    }
}

/// What is read of `data`: where, and its first key if that is constant.
pub(super) type Read = (Loc, Option<Arc<str>>);

/// What a module reads of `data`, the targets of `with` among it.
pub(super) fn data(module: &ast::Module) -> Vec<Read> {
    let mut found = Vec::new();
    for rule in &module.rules {
        visit::rule(rule, &mut |term, _| found.extend(read(term)));
        visit::literals(rule, &mut |literal| found.extend(literal.with.iter().filter_map(|with| read(&with.target))));
    }
    found
}

fn read(term: &Term) -> Option<Read> {
    let is_data = |name: &Arc<str>| &**name == "data";
    match &term.kind {
        TermKind::Var(name) if is_data(name) => Some((term.loc, None)),
        TermKind::Ref(base, path) if base.as_var().is_some_and(is_data) => {
            Some((term.loc, path.first().and_then(Term::as_str).cloned()))
        }
        TermKind::Call(name, _) if name.len() > 1 && name.first().is_some_and(is_data) => {
            Some((term.loc, name.get(1).cloned()))
        }
        _ => None,
    }
}
