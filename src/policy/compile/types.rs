//! Types, as far as literals, assignments and what builtins give tell them: arguments that a builtin never takes, and
//! comparisons that never hold.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use super::arguments::{self, Functions};
use super::resolve::Resolved;
use super::rule_types::{self, RuleTypes};
use super::tree::Path;
use super::{Faults, visit};
use crate::policy::Value;
use crate::policy::builtins::{Signature, Type, signature};
use crate::policy::rego::ast::{Literal, LiteralKind, Loc, Rule, Term, TermKind};

/// Check them. Gives the rules of which surely nothing is an object, by what goes through their values.
pub(super) fn check(files: &[Resolved], faults: &mut Faults) -> Vec<Path> {
    let functions = arguments::of(files);
    let rules = rule_types::of(files, &functions);
    for file in files {
        faults.in_file(&file.file);
        for rule in &file.rules {
            let known = Known::of(rule, &functions, &rules);
            visit::rule(rule, &mut |term, is_condition| known.term(term, is_condition, faults));
            visit::literals(rule, &mut |literal| known.literal(literal, faults));
        }
    }
    let object = Value::new_object();
    let is_plain = |value: &Type| match value {
        Type::Set(item) | Type::Array(item) => !item.admits(&object),
        other => !other.admits(&object) && !matches!(other, Type::OneOf(_)),
    };
    let plain = rules.iter().filter(|(_, rule)| is_plain(&rule.value)).map(|(path, _)| path.clone()).collect();
    if !faults.found.is_empty() {
        return plain;
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
    plain
}

/// What can be gone through.
static COLLECTIONS: LazyLock<[Type; 3]> = LazyLock::new(|| {
    let any = || Box::new(Type::Any);
    [Type::Array(any()), Type::Set(any()), Type::Object]
});

/// The types of a rule's variables.
pub(super) struct Known<'f> {
    vars: BTreeMap<Arc<str>, Type>,
    functions: &'f Functions,
    rules: &'f RuleTypes,
}

impl<'f> Known<'f> {
    pub(super) fn of(rule: &Rule, functions: &'f Functions, rules: &'f RuleTypes) -> Self {
        let mut known = Self { vars: BTreeMap::new(), functions, rules };
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

    pub(super) fn infer(&self, term: &Term) -> Type {
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
                None => {
                    name.get(1..).and_then(|path| self.rules.get(path)).map_or(Type::Any, |known| known.value.clone())
                }
            },
            TermKind::Ref(base, path) => self.select(base, path).unwrap_or(Type::Any),
        }
    }

    /// What is at a path; the error is what has no such part.
    fn select(&self, base: &Term, path: &[Term]) -> Result<Type, Type> {
        let is_data = base.as_var().is_some_and(|name| &**name == "data");
        let (mut found, rest) = if is_data {
            let words: Vec<Arc<str>> = path.iter().map_while(Term::as_str).cloned().collect();
            // The longest path of a rule.
            let known = (1..=words.len()).rev().find_map(|end| Some((end, self.rules.get(words.get(..end)?)?)));
            let Some((end, known)) = known else { return Ok(Type::Any) };
            let rest = path.get(end..).unwrap_or_default();
            if let (Some(fields), Some(key)) = (&known.fields, rest.first().and_then(Term::as_str))
                && !fields.contains(key)
            {
                return Err(known.value.clone());
            }
            (known.value.clone(), rest)
        } else {
            (self.infer(base), path)
        };
        for part in rest {
            found = self.part(&found, part).ok_or(found)?;
        }
        Ok(found)
    }

    /// The type of a part; none where there can be none.
    fn part(&self, of: &Type, part: &Term) -> Option<Type> {
        match of {
            Type::Null | Type::Boolean | Type::Number | Type::String => None,
            Type::Array(element) => meets(&self.infer(part), &Type::Number).then(|| (**element).clone()),
            Type::Set(element) => meets(&self.infer(part), element).then(|| (**element).clone()),
            Type::OneOf(types) => {
                let found: Vec<Type> = types.iter().filter_map(|one| self.part(one, part)).collect();
                found.into_iter().reduce(arguments::either)
            }
            _ => Some(Type::Any),
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
                if let Err(found) = self.select(base, path) {
                    let message = format!("undefined ref: a {found} has no such part");
                    faults.add("rego_type_error", term.loc, message);
                }
            }
            _ => {}
        }
    }

    /// What is gone through is a collection.
    fn literal(&self, literal: &Literal, faults: &mut Faults) {
        // `every` takes anything, and nothing holds for every element of a scalar.
        let LiteralKind::SomeIn { collection: items, .. } = &literal.kind else { return };
        let found = self.infer(items);
        if !COLLECTIONS.iter().any(|collection| meets(&found, collection)) {
            let message = format!("invalid argument(s)\n\thave: ({found})\n\twant: (an array, an object or a set)");
            faults.add("rego_type_error", items.loc, message);
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
