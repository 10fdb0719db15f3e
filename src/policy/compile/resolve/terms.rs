//! What a term is made of, where names matter.

use std::sync::Arc;

use crate::policy::rego::ast::{Loc, Term, TermKind};

/// What in the left side of `:=` is no place for a value.
pub(super) fn unassignable(term: &Term) -> Option<&'static str> {
    match &term.kind {
        TermKind::Var(_) => None,
        TermKind::Array(items) => items.iter().find_map(unassignable),
        TermKind::Object(pairs) => pairs.iter().find_map(|(_, value)| unassignable(value)),
        TermKind::Ref(..) => Some("ref"),
        TermKind::Call(..) | TermKind::Template(_) => Some("call"),
        TermKind::Set(_) => Some("set"),
        TermKind::Number(_) => Some("number"),
        TermKind::String(_) => Some("string"),
        TermKind::Bool(_) => Some("boolean"),
        TermKind::Null => Some("null"),
        TermKind::ArrayCompr(..) => Some("arraycomprehension"),
        TermKind::SetCompr(..) => Some("setcomprehension"),
        TermKind::ObjectCompr(..) => Some("objectcomprehension"),
    }
}

/// Where a term may hold several values, because of a `_` in it: a template string has room for one.
pub(super) fn wildcard(term: &Term) -> Option<Loc> {
    match &term.kind {
        TermKind::Var(name) => (**name == *"_").then_some(term.loc),
        TermKind::Ref(base, path) => wildcard(base).or_else(|| path.iter().find_map(wildcard)),
        TermKind::Array(items) | TermKind::Set(items) | TermKind::Call(_, items) => items.iter().find_map(wildcard),
        TermKind::Object(pairs) => pairs.iter().find_map(|(key, value)| wildcard(key).or_else(|| wildcard(value))),
        _ => None,
    }
}

/// The name that the author wrote.
pub(in crate::policy::compile) fn name_of(unique: &str) -> &str {
    unique.split_once(':').map_or(unique, |(_, name)| name)
}

/// A reference's parts when all are known.
pub(in crate::policy::compile) fn path_of(kind: &TermKind) -> Option<Vec<Arc<str>>> {
    match kind {
        TermKind::Var(name) => Some(vec![Arc::clone(name)]),
        TermKind::Ref(base, path) => {
            let root = std::iter::once(base.as_var()).chain(path.iter().map(Term::as_str));
            root.map(Option::<&Arc<str>>::cloned).collect()
        }
        _ => None,
    }
}

pub(super) fn joined(term: Term, mut path: Vec<Term>) -> Term {
    if path.is_empty() {
        return term;
    }
    let loc = term.loc;
    match term.kind {
        TermKind::Ref(base, mut front) => {
            front.append(&mut path);
            Term::new(loc, TermKind::Ref(base, front))
        }
        _ => Term::new(loc, TermKind::Ref(Box::new(term), path)),
    }
}
