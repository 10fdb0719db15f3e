//! Types, as far as literals, assignments and what builtins give tell them: arguments that a builtin never takes, and
//! comparisons that never hold.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::arguments::{self, Functions};
use super::resolve::Resolved;
use super::{Faults, visit};
use crate::policy::builtins::{Signature, Type, signature};
use crate::policy::rego::ast::{Loc, Rule, Term, TermKind};

pub(super) fn check(files: &[Resolved], faults: &mut Faults) {
    let functions = arguments::of(files);
    for file in files {
        faults.in_file(&file.file);
        for rule in &file.rules {
            let known = Known::of(rule, &functions);
            visit::rule(rule, &mut |term, is_condition| known.term(term, is_condition, faults));
        }
    }
    if !faults.found.is_empty() {
        return;
    }
    for file in files.iter().filter(|file| file.is_v1) {
        faults.in_file(&file.file);
        for rule in &file.rules {
            visit::rule(rule, &mut |term, _| {
                let TermKind::Call(name, _) = &term.kind else { return };
                let name = name.join(".");
                if signature(&name).is_some_and(|found| found.v0_only) {
                    let message = format!("deprecated built-in function calls in expression: {name}");
                    faults.add("rego_type_error", term.loc, message);
                }
            });
        }
    }
}

/// The types of a rule's variables.
struct Known<'f> {
    vars: BTreeMap<Arc<str>, Type>,
    functions: &'f Functions,
}

impl<'f> Known<'f> {
    fn of(rule: &Rule, functions: &'f Functions) -> Self {
        let mut known = Self { vars: BTreeMap::new(), functions };
        visit::rule(rule, &mut |term, _| {
            if let Some([left, right]) = term.call_of("assign")
                && let Some(name) = left.as_var()
            {
                let found = known.infer(right);
                if found != Type::Any {
                    known.vars.insert(Arc::clone(name), found);
                }
            }
        });
        known
    }

    fn infer(&self, term: &Term) -> Type {
        match &term.kind {
            TermKind::Null => Type::Null,
            TermKind::Bool(_) => Type::Boolean,
            TermKind::Number(_) => Type::Number,
            TermKind::String(_) | TermKind::Template(_) => Type::String,
            TermKind::Var(name) => self.vars.get(name).cloned().unwrap_or(Type::Any),
            TermKind::Array(_) | TermKind::ArrayCompr(..) => Type::Array(Box::new(self.element(term))),
            TermKind::Set(_) | TermKind::SetCompr(..) => Type::Set(Box::new(self.element(term))),
            TermKind::Object(_) | TermKind::ObjectCompr(..) => Type::Object,
            TermKind::Call(name, _) => match signature(&name.join(".")) {
                Some(found) => found.result.clone(),
                None => Type::Any,
            },
            TermKind::Ref(..) => Type::Any,
        }
    }

    /// What the elements have in common.
    fn element(&self, term: &Term) -> Type {
        match &term.kind {
            TermKind::Array(items) | TermKind::Set(items) => {
                let mut types = items.iter().map(|item| self.infer(item));
                let first = types.next().unwrap_or(Type::Any);
                if types.all(|other| other == first) { first } else { Type::Any }
            }
            TermKind::ArrayCompr(head, _) | TermKind::SetCompr(head, _) => self.infer(head),
            _ => Type::Any,
        }
    }

    fn term(&self, term: &Term, is_condition: bool, faults: &mut Faults) {
        match &term.kind {
            TermKind::Call(name, args) => {
                if let ([name], [left, right]) = (&name[..], &args[..])
                    && matches!(&**name, "equal" | "eq")
                    && is_condition
                {
                    self.equal(term.loc, left, right, faults);
                } else if let Some(found) = signature(&name.join(".")) {
                    self.builtin(term.loc, found, args, faults);
                } else if let Some(wanted) = name.get(1..).and_then(|path| self.functions.get(path)) {
                    self.arguments(term.loc, &name.join("."), wanted, args, faults);
                }
            }
            TermKind::Ref(base, path) => {
                let found = self.infer(base);
                let is_wrong = matches!(
                    (&found, path.first().map(|part| &part.kind)),
                    (Type::Null | Type::Boolean | Type::Number | Type::String, _)
                        | (Type::Array(_), Some(TermKind::String(_)))
                );
                if is_wrong {
                    let message = format!("undefined ref: a {found} has no such part");
                    faults.add("rego_type_error", term.loc, message);
                }
            }
            _ => {}
        }
    }

    fn equal(&self, loc: Loc, left: &Term, right: &Term, faults: &mut Faults) {
        let is_long = |term: &Term| match &term.kind {
            TermKind::Array(items) => Some(items.len()),
            _ => None,
        };
        let differ_in_length = is_long(left).zip(is_long(right)).is_some_and(|(left, right)| left != right);
        let has_other_keys = keys(left).zip(keys(right)).is_some_and(|(left, right)| left != right);
        let (left, right) = (self.infer(left), self.infer(right));
        if has_other_keys || differ_in_length || !meets(&left, &right) {
            let message = format!("match error\n\tleft  : {left}\n\tright : {right}");
            faults.add("rego_type_error", loc, message);
        }
    }

    fn builtin(&self, loc: Loc, found: &Signature, args: &[Term], faults: &mut Faults) {
        let is_sets =
            found.name == "minus" && args.iter().all(|arg| meets(&self.infer(arg), &Type::Set(Box::new(Type::Any))));
        if found.name != "print" && !is_sets {
            self.arguments(loc, found.name, &found.arguments, args, faults);
        }
    }

    fn arguments(&self, loc: Loc, name: &str, wanted: &[Type], args: &[Term], faults: &mut Faults) {
        let fits = args.iter().zip(wanted).all(|(arg, wanted)| self.fits(arg, wanted));
        if !fits {
            let have = || args.iter().map(|arg| self.infer(arg).to_string()).collect::<Vec<_>>().join(", ");
            let want = || wanted.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            let message = format!("{name}: invalid argument(s)\n\thave: ({})\n\twant: ({})", have(), want());
            faults.add("rego_type_error", loc, message);
        }
    }

    /// Whether a term may be of a type; every element of a literal must.
    fn fits(&self, term: &Term, wanted: &Type) -> bool {
        match (&term.kind, wanted) {
            (_, Type::OneOf(types)) => types.iter().any(|wanted| self.fits(term, wanted)),
            (TermKind::Array(items), Type::Array(element)) | (TermKind::Set(items), Type::Set(element)) => {
                items.iter().all(|item| self.fits(item, element))
            }
            _ => meets(&self.infer(term), wanted),
        }
    }
}

/// The keys of an object whose keys are all strings.
fn keys(term: &Term) -> Option<BTreeSet<&Arc<str>>> {
    match &term.kind {
        TermKind::Object(pairs) => pairs.iter().map(|(key, _)| key.as_str()).collect(),
        _ => None,
    }
}

/// Whether a value can be of both types.
fn meets(left: &Type, right: &Type) -> bool {
    match (left, right) {
        (Type::Any, _) | (_, Type::Any) => true,
        (Type::OneOf(types), other) | (other, Type::OneOf(types)) => types.iter().any(|one| meets(one, other)),
        (Type::Array(left), Type::Array(right)) | (Type::Set(left), Type::Set(right)) => meets(left, right),
        (left, right) => left == right,
    }
}
