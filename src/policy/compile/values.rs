//! Terms to lowered values: what needs a statement of its own becomes one before.

use std::sync::Arc;

use regorus::Value;

use super::order::{Scope, is_bound, is_evaluable};
use super::print::{push_part, quoted};
use super::resolve::path_of;
use super::stand_in;
use super::steps::{CLOSURES, Lowerer, NESTING, Out};
use super::tree::Tree;
use crate::policy::rego::ast::{Body, Literal, LiteralKind, Loc, Term, TermKind};

impl Lowerer<'_> {
    pub(super) fn call(
        &mut self,
        loc: Loc,
        name: &[Arc<str>],
        args: &[Term],
        scope: &mut Scope,
        out: &mut Out,
    ) -> String {
        if is_named(name, "print") {
            let shown = self.values(args, scope, out).join(", ");
            let place = quoted(&format!("{}:{}", self.file, loc.line));
            return format!("internal.print({place}, [{shown}])");
        }
        if let ([_, member], [_, collection]) = (name, args)
            && &**member == "member_2"
            && is_named(name, "member_2")
            && let TermKind::Array(_) | TermKind::Set(_) = collection.kind
        {
            let args = self.values(args, scope, out);
            return args.join(" in ");
        }
        let args = self.values(args, scope, out);
        self.call_text(name, &args)
    }

    pub(super) fn values(&mut self, terms: &[Term], scope: &mut Scope, out: &mut Out) -> Vec<String> {
        let terms = self.settled(terms, scope, out);
        self.nesting += 1;
        let texts = terms.iter().map(|term| self.value(term, scope, out)).collect();
        self.nesting = self.nesting.saturating_sub(1);
        texts
    }

    /// Terms whose variables all have values: what their references go through is gone through first, since one may give
    /// another its values.
    pub(super) fn settled(&mut self, terms: &[Term], scope: &mut Scope, out: &mut Out) -> Vec<Term> {
        let mut terms = terms.to_vec();
        while let Some(reference) = terms.iter_mut().find_map(|term| open_reference(term, scope)) {
            let name = self.atom(&reference.clone(), scope, out);
            let var: Arc<str> = Arc::from(format!("$r{name}:_"));
            scope.insert(Arc::clone(&var), name);
            reference.kind = TermKind::Var(var);
        }
        terms
    }

    pub(super) fn atoms(&mut self, terms: &[Term], scope: &mut Scope, out: &mut Out) -> Vec<String> {
        let terms = self.settled(terms, scope, out);
        terms.iter().map(|term| self.atom(term, scope, out)).collect()
    }

    /// A term as a constant or a name.
    pub(super) fn atom(&mut self, term: &Term, scope: &mut Scope, out: &mut Out) -> String {
        let text = self.value(term, scope, out);
        let is_atom = is_constant(term) || term.as_var().is_some_and(|name| name.starts_with('$'));
        if is_atom { text } else { self.temporary(term.loc, &text, out) }
    }

    /// A term as an expression; what it refers to is iterated before.
    pub(super) fn value(&mut self, term: &Term, scope: &mut Scope, out: &mut Out) -> String {
        match &term.kind {
            TermKind::Null | TermKind::Bool(_) | TermKind::Number(_) | TermKind::String(_) => {
                constant(term).unwrap_or_default()
            }
            TermKind::Var(name) => {
                let Some(text) = scope.get(name).cloned() else { return name.to_string() };
                let Some(settled) = self.settled_call(term.loc, &text, out) else { return text };
                scope.insert(Arc::clone(name), settled.clone());
                settled
            }
            TermKind::Ref(base, path) => self.reference(term.loc, base, path, scope, out),
            TermKind::Array(_) | TermKind::Set(_) | TermKind::Object(_) if self.nesting >= NESTING => {
                // regorus reads nested collections again and again; what is deep is taken apart.
                let nesting = std::mem::take(&mut self.nesting);
                let text = self.value(term, scope, out);
                self.nesting = nesting;
                self.temporary(term.loc, &text, out)
            }
            TermKind::Array(items) => format!("[{}]", self.values(items, scope, out).join(", ")),
            TermKind::Set(items) if items.is_empty() => "set()".to_owned(),
            TermKind::Set(items) => format!("{{{}}}", self.values(items, scope, out).join(", ")),
            TermKind::Object(pairs) => {
                // Of equal keys the last counts, in OPA's order: constants, variables, the rest.
                let mut pairs: Vec<&(Term, Term)> = pairs.iter().collect();
                pairs.sort_by_key(|(key, _)| match &key.kind {
                    _ if is_constant(key) => 0,
                    TermKind::Var(_) | TermKind::Ref(..) | TermKind::Call(..) => 1,
                    _ => 2,
                });
                let terms: Vec<Term> =
                    pairs.into_iter().flat_map(|(key, value)| [key.clone(), value.clone()]).collect();
                let texts = self.values(&terms, scope, out);
                let fields: Vec<String> = texts.chunks(2).map(|pair| pair.join(": ")).collect();
                format!("{{{}}}", fields.join(", "))
            }
            TermKind::ArrayCompr(head, body) => {
                let body: Body = body.iter().map(with_every_element).collect();
                self.comprehension(head, &body, scope, '[', ']')
            }
            TermKind::SetCompr(head, body) => self.comprehension(head, body, scope, '{', '}'),
            TermKind::ObjectCompr(head, body) => {
                let pair = Term::new(term.loc, TermKind::Array(vec![head.0.clone(), head.1.clone()]));
                format!("internal.pairs({})", self.comprehension(&pair, body, scope, '[', ']'))
            }
            // Calls were taken apart before.
            TermKind::Call(name, args) => self.call(term.loc, name, args, scope, out),
            TermKind::Template(parts) => format!("[{}]", self.values(parts, scope, out).join(", ")),
        }
    }

    pub(super) fn comprehension(&mut self, head: &Term, body: &Body, scope: &Scope, open: char, close: char) -> String {
        let (mut scope, mut out) = (scope.clone(), Out::default());
        let nesting = std::mem::take(&mut self.nesting);
        self.closures += 1;
        if self.closures > CLOSURES {
            let message = format!("comprehensions are nested deeper than {CLOSURES} levels");
            let help = Some("give the inner ones rules or functions of their own".to_owned());
            self.faults.add_with_help("unsupported", head.loc, message, help);
            return String::new();
        }
        let heads = self.body(body, &[head], &mut scope, &mut out);
        (self.nesting, self.closures) = (nesting, self.closures - 1);
        format!("{open}{} | {}{close}", heads.concat(), out.joined())
    }

    pub(super) fn reference(
        &mut self,
        loc: Loc,
        base: &Term,
        path: &[Term],
        scope: &mut Scope,
        out: &mut Out,
    ) -> String {
        let mut text = match &base.kind {
            TermKind::Var(name) if !name.starts_with('$') => name.to_string(),
            _ => {
                let text = self.atom(base, scope, out);
                // A function that is written out may have been given a constant.
                if is_path(&text) { text } else { self.temporary(loc, &text, out) }
            }
        };
        for part in path {
            match &part.kind {
                TermKind::String(name) => push_part(&mut text, name),
                TermKind::Null | TermKind::Bool(_) | TermKind::Number(_) => {
                    text = format!("{text}[{}]", self.value(part, scope, out));
                }
                _ if is_evaluable(part, scope) => {
                    // Within the call the name is read and not iterated.
                    let index = self.atom(part, scope, out);
                    text = self.temporary(loc, &format!("{text}[{}]", self::index(&index)), out);
                }
                _ => {
                    let has_key = !part.as_var().is_some_and(|name| is_wildcard(name));
                    let (key, value) = self.iterate(loc, &text, has_key, out);
                    if has_key {
                        self.matches(loc, part, &key, scope, out);
                    }
                    text = value;
                }
            }
        }
        text
    }
}

/// OPA goes through a literal set in the order of its terms, and what turns out to be equal comes twice. That shows in an
/// array alone.
fn with_every_element(literal: &Literal) -> Literal {
    let mut literal = literal.clone();
    if let LiteralKind::SomeIn { key: None, collection, .. } = &mut literal.kind
        && let TermKind::Set(items) = &mut collection.kind
        && !items.iter().all(is_constant)
    {
        let mut items: Vec<_> = std::mem::take(items).into_iter().map(|item| (place_of(&item), item)).collect();
        items.sort_by(|(left, _), (right, _)| left.cmp(right));
        items.dedup_by(|(left, a), (right, b)| is_constant(a) && is_constant(b) && left == right);
        collection.kind = TermKind::Array(items.into_iter().map(|(_, item)| item).collect());
    }
    literal
}

/// What decides the order of terms: their kinds, then the values of constants and the paths of references.
fn place_of(term: &Term) -> (u8, Option<Value>, Vec<Arc<str>>) {
    let none = Vec::new();
    match &term.kind {
        TermKind::Null => (0, None, none),
        TermKind::Bool(value) => (1, Some(Value::from(*value)), none),
        TermKind::Number(text) => (2, Value::from_json_str(text).ok(), none),
        TermKind::String(text) => (3, Some(Value::from(&**text)), none),
        // A call is a variable by then.
        TermKind::Var(_) | TermKind::Call(..) => (4, None, none),
        TermKind::Ref(_, path) => (5, None, path.iter().filter_map(|part| part.as_str().cloned()).collect()),
        TermKind::Array(_) | TermKind::Template(_) => (6, None, none),
        TermKind::Object(_) => (7, None, none),
        TermKind::Set(_) => (8, None, none),
        TermKind::ArrayCompr(..) | TermKind::SetCompr(..) | TermKind::ObjectCompr(..) => (9, None, none),
    }
}

/// The first reference in a term that has variables without values, and can be gone through.
pub(super) fn open_reference<'t>(term: &'t mut Term, scope: &Scope) -> Option<&'t mut Term> {
    match &term.kind {
        TermKind::Ref(..) if !is_bound(term, scope) && is_evaluable(term, scope) => Some(term),
        TermKind::Array(_) | TermKind::Set(_) => match &mut term.kind {
            TermKind::Array(items) | TermKind::Set(items) => {
                items.iter_mut().find_map(|item| open_reference(item, scope))
            }
            _ => None,
        },
        TermKind::Object(_) => match &mut term.kind {
            TermKind::Object(pairs) => {
                pairs.iter_mut().flat_map(|(key, value)| [key, value]).find_map(|item| open_reference(item, scope))
            }
            _ => None,
        },
        _ => None,
    }
}

/// A value in brackets: as a part of something else a name is read and not gone through.
pub(super) fn index(text: &str) -> String {
    if is_name(text) { format!("{{\"it\": {text}}}.it") } else { text.to_owned() }
}

/// Whether a text is a name that was given here.
pub(super) fn is_name(text: &str) -> bool {
    text.starts_with("__v") && text.bytes().skip(3).all(|byte| byte.is_ascii_digit())
}

/// Whether a variable is a `_` of the author's, which nothing else can name. Those made here have a letter before their
/// number.
pub(super) fn is_wildcard(name: &str) -> bool {
    let number = name.strip_prefix('$').and_then(|rest| rest.strip_suffix(":_"));
    number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Whether a call gives the same for the same arguments and leaves no trace: a builtin, since nobody knows what a function
/// prints.
pub(super) fn is_steady(name: &[Arc<str>]) -> bool {
    !matches!(name.first().map(|root| &**root), Some("data" | "rand" | "trace"))
}

/// A call that must hold. The engine looks for an argument more than there are, at some cost, where a call stands alone.
pub(super) fn condition(name: &[Arc<str>], call: String) -> String {
    let is_symbol = matches!(name, [only] if operator(only).is_some() || matches!(&**only, "print" | "trace"))
        || is_named(name, "member_2");
    if is_symbol { call } else { format!("{call} != false") }
}

/// Whether a text is a name, or a document, with constant keys behind it.
pub(super) fn is_path(text: &str) -> bool {
    ["__v", "input", "data"].iter().any(|root| text.starts_with(root)) && !text.contains([' ', '('])
}

/// The text of a constant.
pub(super) fn constant(term: &Term) -> Option<String> {
    Some(match &term.kind {
        TermKind::Null => "null".to_owned(),
        TermKind::Bool(value) => value.to_string(),
        TermKind::Number(text) => text.to_string(),
        TermKind::String(text) => quoted(text),
        _ => return None,
    })
}

pub(super) fn is_constant(term: &Term) -> bool {
    matches!(term.kind, TermKind::Null | TermKind::Bool(_) | TermKind::Number(_) | TermKind::String(_))
}

pub(super) fn is_named(name: &[Arc<str>], wanted: &str) -> bool {
    match name {
        [only] => **only == *wanted,
        [space, only] => **space == *"internal" && **only == *wanted,
        _ => false,
    }
}

/// How an operator is written for regorus.
pub(super) enum Operator {
    /// As the author does: regorus has it right.
    Symbol(&'static str),
    /// As a call.
    Call,
}

pub(super) fn operator(name: &str) -> Option<Operator> {
    Some(match name {
        "equal" | "eq" => Operator::Symbol("=="),
        "neq" => Operator::Symbol("!="),
        "lt" | "lte" | "gt" | "gte" | "plus" | "minus" | "mul" | "div" | "rem" | "or" | "and" => Operator::Call,
        _ => return None,
    })
}

/// Whether a text is a constant that is a word.
pub(super) fn is_word(text: &str) -> bool {
    matches!(text, "true" | "false" | "null")
}

/// Whether a text is a number or a string.
pub(super) fn is_scalar(text: &str) -> bool {
    text.starts_with(|c: char| c == '"' || c == '-' || c.is_ascii_digit())
}

/// The text of a call with its arguments.
pub(super) fn call_text(name: &[Arc<str>], args: &[String]) -> String {
    if let ([only], [left, right]) = (name, args) {
        match operator(only) {
            Some(Operator::Symbol(symbol)) => return format!("{left} {symbol} {right}"),
            // Objects and sets are ordered otherwise than in OPA; beside a number or a string that cannot show.
            Some(Operator::Call) if is_scalar(left) || is_scalar(right) => match &**only {
                "lt" => return format!("{left} < {right}"),
                "lte" => return format!("{left} <= {right}"),
                "gt" => return format!("{left} > {right}"),
                "gte" => return format!("{left} >= {right}"),
                _ => {}
            },
            _ => {}
        }
        if operator(only).is_some() {
            let space = if matches!(&**only, "lt" | "lte" | "gt" | "gte") { "internal." } else { "" };
            return format!("{space}{only}({left}, {right})");
        }
    }
    let mut parts = name.iter();
    let mut path = parts.next().map_or_else(String::new, ToString::to_string);
    for part in parts {
        push_part(&mut path, part);
    }
    format!("{path}({})", args.join(", "))
}

/// The target of a `with`.
pub(super) fn target_path(target: &Term) -> String {
    let mut parts = path_of(&target.kind).unwrap_or_default().into_iter();
    let mut path = parts.next().map_or_else(String::new, |root| root.to_string());
    for part in parts {
        push_part(&mut path, &part);
    }
    path
}

/// The path of the function that a `with` puts in another's place.
pub(super) fn function_path(value: &Term, tree: &Tree) -> Option<String> {
    let path = path_of(&value.kind)?;
    match path.first().map(|root| &**root) {
        Some("data") => tree.get(path.get(1..)?).filter(|group| group.arity > 0).map(|_| target_path(value)),
        Some(_) => stand_in::path(&path),
        None => None,
    }
}
