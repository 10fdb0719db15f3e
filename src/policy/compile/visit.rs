//! All terms of a rule, from outside in.

use crate::policy::rego::ast::{Body, Literal, LiteralKind, Rule, Term, TermKind};

/// See every term; `is_condition` says that it is a whole literal.
pub(in crate::policy) fn rule<'a>(rule: &'a Rule, see: &mut impl FnMut(&'a Term, bool)) {
    rule.path.iter().skip(1).chain(&rule.args).chain([&rule.value]).for_each(|part| term(part, false, see));
    body(&rule.body, see);
    for branch in &rule.branches {
        term(&branch.value, false, see);
        body(&branch.body, see);
    }
}

/// See every `with` of a rule too.
pub(in crate::policy) fn literals<'a>(rule: &'a Rule, see: &mut impl FnMut(&'a Literal)) {
    let mut bodies: Vec<&Body> = vec![&rule.body];
    bodies.extend(rule.branches.iter().map(|branch| &branch.body));
    self::rule(rule, &mut |term, _| match &term.kind {
        TermKind::ArrayCompr(_, body) | TermKind::SetCompr(_, body) | TermKind::ObjectCompr(_, body) => {
            bodies.push(body);
        }
        _ => {}
    });
    let mut next = 0;
    while let Some(body) = bodies.get(next).copied() {
        next += 1;
        for literal in body {
            see(literal);
            if let LiteralKind::Every { body, .. } = &literal.kind {
                bodies.push(body);
            }
        }
    }
}

fn body<'a>(body: &'a Body, see: &mut impl FnMut(&'a Term, bool)) {
    for literal in body {
        literal.with.iter().for_each(|with| term(&with.value, false, see));
        match &literal.kind {
            LiteralKind::Term(inner) | LiteralKind::Not(inner) => term(inner, true, see),
            LiteralKind::Declare(_) => {}
            LiteralKind::SomeIn { key, value, collection } => {
                key.iter().chain([value, collection]).for_each(|part| term(part, false, see));
            }
            LiteralKind::Every { domain, body, .. } => {
                term(domain, false, see);
                self::body(body, see);
            }
        }
    }
}

/// See every term of one.
pub(in crate::policy) fn term<'a>(it: &'a Term, is_condition: bool, see: &mut impl FnMut(&'a Term, bool)) {
    see(it, is_condition);
    match &it.kind {
        TermKind::Null | TermKind::Bool(_) | TermKind::Number(_) | TermKind::String(_) | TermKind::Var(_) => {}
        TermKind::Ref(base, path) => {
            // A reference's base is seen as a part of it only, unless it is a term of its own.
            if base.as_var().is_none() {
                term(base, false, see);
            }
            for part in path {
                term(part, false, see);
            }
        }
        TermKind::Array(items) | TermKind::Set(items) | TermKind::Template(items) | TermKind::Call(_, items) => {
            for item in items {
                term(item, false, see);
            }
        }
        TermKind::Object(pairs) => pairs.iter().for_each(|(key, value)| {
            term(key, false, see);
            term(value, false, see);
        }),
        TermKind::ArrayCompr(head, inner) | TermKind::SetCompr(head, inner) => {
            term(head, false, see);
            body(inner, see);
        }
        TermKind::ObjectCompr(head, inner) => {
            term(&head.0, false, see);
            term(&head.1, false, see);
            body(inner, see);
        }
    }
}
