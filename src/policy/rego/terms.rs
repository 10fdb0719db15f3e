//! Terms: the precedence of operators, references, calls, collections, comprehensions.

use std::sync::Arc;

use super::ast::{Literal, LiteralKind, Term, TermKind};
use super::lexer::Token;
use super::parser::{Parsed, Parser};

/// Operators from the loosest to the tightest, with the names that OPA gives them.
const OPERATORS: [&[(&str, &str)]; 5] = [
    &[("==", "equal"), ("!=", "neq"), ("<=", "lte"), (">=", "gte"), ("<", "lt"), (">", "gt")],
    &[("|", "or")],
    &[("&", "and")],
    &[("+", "plus"), ("-", "minus")],
    &[("*", "mul"), ("/", "div"), ("%", "rem")],
];

/// How often the text after a bar may turn out to be no body: each time it is read twice.
const RETRIES: u32 = 64;

impl Parser<'_> {
    /// A term with operators; `k, v in xs` only where a comma cannot mean anything else.
    pub(super) fn expression(&mut self, may_have_key: bool) -> Parsed<Term> {
        self.nested(|parser| parser.membership(may_have_key))
    }

    fn membership(&mut self, may_have_key: bool) -> Parsed<Term> {
        let mut left = self.infix(0)?;
        if may_have_key && self.is_sym(",") {
            let saved = self.save();
            self.advance();
            if let Ok(value) = self.infix(0)
                && self.eat_keyword("in")
            {
                let collection = self.infix(0)?;
                let name = vec![Arc::from("internal"), Arc::from("member_3")];
                left = Term::new(left.loc, TermKind::Call(name, vec![left, value, collection]));
            } else {
                self.restore(saved);
            }
        }
        while self.eat_keyword("in") {
            let collection = self.infix(0)?;
            let name = vec![Arc::from("internal"), Arc::from("member_2")];
            left = Term::new(left.loc, TermKind::Call(name, vec![left, collection]));
        }
        Ok(left)
    }

    pub(super) fn infix(&mut self, level: usize) -> Parsed<Term> {
        let Some(operators) = OPERATORS.get(level) else { return self.postfix() };
        let mut left = self.infix(level + 1)?;
        loop {
            let Some((_, name)) = operators.iter().find(|(symbol, _)| self.is_sym(symbol)) else { return Ok(left) };
            self.advance();
            let right = self.infix(level + 1)?;
            left = Term::new(left.loc, TermKind::Call(vec![Arc::from(*name)], vec![left, right]));
        }
    }

    /// A primary with what touches it: `.name`, `[index]`, `(arguments)`.
    pub(super) fn postfix(&mut self) -> Parsed<Term> {
        // The head of what turned out to be no comprehension was read already.
        if let Some(term) = self.pending.take() {
            return Ok(term);
        }
        let mut term = self.primary()?;
        loop {
            if !self.touches() {
                return Ok(term);
            }
            let loc = self.loc();
            if self.is_sym("(") && is_callable(&term) {
                self.advance();
                let args = self.list(")")?;
                let name = call_name(&term).unwrap_or_default();
                term = Term::new(term.loc, TermKind::Call(name, args));
                continue;
            }
            if !is_base(&term) {
                if self.is_sym(".") || self.is_sym("[") {
                    return Err(self.unexpected("illegal ref (its head is no variable and no collection)"));
                }
                return Ok(term);
            }
            let index = if self.is_sym(".") {
                self.advance();
                if !self.touches() {
                    return Err(self.unexpected("expected a name right after the dot"));
                }
                let Token::Ident(name) = self.token().clone() else {
                    return Err(self.unexpected("expected ident"));
                };
                self.advance();
                Term::new(loc, TermKind::String(name))
            } else if self.is_sym("[") {
                self.advance();
                let index = self.expression(true)?;
                self.expect("]")?;
                index
            } else {
                return Ok(term);
            };
            term = match term.kind {
                TermKind::Ref(base, mut path) => {
                    path.push(index);
                    Term::new(term.loc, TermKind::Ref(base, path))
                }
                _ => Term::new(term.loc, TermKind::Ref(Box::new(term), vec![index])),
            };
        }
    }

    fn primary(&mut self) -> Parsed<Term> {
        let loc = self.loc();
        let kind = match self.token().clone() {
            Token::Number(text) => TermKind::Number(text),
            Token::String(text) => TermKind::String(text),
            Token::Template(quote) => return self.template(quote),
            Token::Ident(name) if self.name_at == Some(self.current.start) => TermKind::Var(name),
            Token::Ident(name) => match &*name {
                "null" => TermKind::Null,
                "true" => TermKind::Bool(true),
                "false" => TermKind::Bool(false),
                // A keyword in heads of rules alone.
                "contains" => TermKind::Var(name),
                word if self.is_keyword(word) => return Err(self.unexpected(&format!("unexpected {word} keyword"))),
                _ => TermKind::Var(name),
            },
            Token::Sym("-") => {
                self.advance();
                match self.token().clone() {
                    Token::Number(text) => TermKind::Number(Arc::from(format!("-{text}"))),
                    Token::Ident(name) if *name == *"contains" || !self.is_keyword(&name) => {
                        let zero = Term::new(loc, TermKind::Number(Arc::from("0")));
                        let term = self.postfix()?;
                        return Ok(Term::new(loc, TermKind::Call(vec![Arc::from("minus")], vec![zero, term])));
                    }
                    _ => return Err(self.unexpected("expected number")),
                }
            }
            Token::Sym("(") => {
                self.advance();
                let term = self.expression(true)?;
                self.expect(")")?;
                return Ok(term);
            }
            Token::Sym("[") => return self.nested(Self::array),
            Token::Sym("{") => return self.nested(Self::braces),
            _ => return Err(self.unexpected("unexpected token")),
        };
        self.advance();
        Ok(Term::new(loc, kind))
    }

    fn array(&mut self) -> Parsed<Term> {
        let loc = self.loc();
        self.advance();
        if self.eat("]") {
            return Ok(Term::new(loc, TermKind::Array(Vec::new())));
        }
        let head = self.postfix()?;
        if let Some(body) = self.comprehension("]")? {
            return Ok(Term::new(loc, TermKind::ArrayCompr(Box::new(head), body)));
        }
        let first = self.continued(head)?;
        Ok(Term::new(loc, TermKind::Array(self.list_after(first, "]")?)))
    }

    fn braces(&mut self) -> Parsed<Term> {
        let loc = self.loc();
        self.advance();
        if self.eat("}") {
            return Ok(Term::new(loc, TermKind::Object(Vec::new())));
        }
        let head = self.postfix()?;
        if let Some(body) = self.comprehension("}")? {
            return Ok(Term::new(loc, TermKind::SetCompr(Box::new(head), body)));
        }
        let first = self.continued(head)?;
        if !self.eat(":") {
            return Ok(Term::new(loc, TermKind::Set(self.list_after(first, "}")?)));
        }
        let head = self.postfix()?;
        if let Some(body) = self.comprehension("}")? {
            return Ok(Term::new(loc, TermKind::ObjectCompr(Box::new((first, head)), body)));
        }
        let mut pairs = vec![(first, self.continued(head)?)];
        while self.eat(",") && !self.is_sym("}") {
            let key = self.expression(false)?;
            self.expect(":")?;
            pairs.push((key, self.expression(false)?));
        }
        self.expect("}")?;
        Ok(Term::new(loc, TermKind::Object(pairs)))
    }

    /// The rest of an expression that begins with a term.
    fn continued(&mut self, head: Term) -> Parsed<Term> {
        self.pending = Some(head);
        self.expression(false)
    }

    /// `| body` up to the closing symbol; nothing, and nothing read, when it is something else, such as a union in a
    /// list. As in OPA the comprehension is tried first.
    fn comprehension(&mut self, close: &'static str) -> Parsed<Option<super::ast::Body>> {
        let saved = self.save();
        if !self.eat("|") {
            return Ok(None);
        }
        match self.body(close) {
            Ok(body) => Ok(Some(body)),
            Err(_) if self.is_sym(",") && self.retries < RETRIES => {
                self.retries += 1;
                self.restore(saved);
                Ok(None)
            }
            Err(fault) => Err(fault),
        }
    }

    fn list_after(&mut self, first: Term, close: &'static str) -> Parsed<Vec<Term>> {
        let mut items = vec![first];
        if self.eat(",") {
            items.extend(self.list(close)?);
        } else {
            self.expect(close)?;
        }
        Ok(items)
    }

    /// Terms and commas up to the closing symbol.
    pub(super) fn list(&mut self, close: &'static str) -> Parsed<Vec<Term>> {
        let mut items = Vec::new();
        while !self.eat(close) {
            items.push(self.expression(false)?);
            if !self.eat(",") {
                self.expect(close)?;
                break;
            }
        }
        Ok(items)
    }

    fn template(&mut self, quote: char) -> Parsed<Term> {
        let loc = self.loc();
        let mut parts = Vec::new();
        // The lexer stands behind the quote as long as nothing was looked ahead.
        self.lexer_to_token_end();
        loop {
            let (text, has_hole) = self.template_text(quote)?;
            if !text.is_empty() {
                parts.push(Term::new(loc, TermKind::String(Arc::from(text))));
            }
            if !has_hole {
                self.advance();
                return Ok(Term::new(loc, TermKind::Template(parts)));
            }
            self.advance();
            let literal = self.literal()?;
            let at = literal.loc;
            let LiteralKind::Term(hole) = literal.kind.clone() else {
                return Err(self.unexpected("a template has room for a value"));
            };
            if hole.call_of("assign").is_some() || hole.call_of("eq").is_some() {
                return Err(self.unexpected("a template has no room for an assignment"));
            }
            if !self.is_sym("}") {
                return Err(self.unexpected("expected } at the end of a template expression"));
            }
            self.lexer_to_token_end();
            parts.push(match hole.kind {
                TermKind::Number(text) => Term::new(at, TermKind::String(text)),
                _ if literal.with.is_empty() => Term::new(at, TermKind::Array(vec![hole])),
                _ => {
                    // `[it | it := hole with …]`
                    let it = Term::new(at, TermKind::Var(Arc::from("__hole")));
                    let assign = TermKind::Call(vec![Arc::from("assign")], vec![it.clone(), hole]);
                    let body = vec![Literal { kind: LiteralKind::Term(Term::new(at, assign)), ..literal }];
                    Term::new(at, TermKind::ArrayCompr(Box::new(it), body))
                }
            });
        }
    }
}

fn is_base(term: &Term) -> bool {
    !matches!(
        term.kind,
        TermKind::Null | TermKind::Bool(_) | TermKind::Number(_) | TermKind::String(_) | TermKind::Template(_)
    )
}

fn is_callable(term: &Term) -> bool {
    call_name(term).is_some()
}

/// The parts of a dotted name.
pub(super) fn call_name(term: &Term) -> Option<Vec<Arc<str>>> {
    match &term.kind {
        TermKind::Var(name) => Some(vec![Arc::clone(name)]),
        TermKind::Ref(base, path) => {
            let mut name = vec![Arc::clone(base.as_var()?)];
            for part in path {
                name.push(Arc::clone(part.as_str()?));
            }
            Some(name)
        }
        _ => None,
    }
}
