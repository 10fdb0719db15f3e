//! Bodies, and the literals in them.

use std::sync::Arc;

use super::ast::{Body, Literal, LiteralKind, Loc, Term, TermKind, With};
use super::lexer::Token;
use super::parser::{ParseError, Parsed, Parser};

impl Parser<'_> {
    /// Literals up to the closing symbol, which is read too.
    pub(super) fn body(&mut self, close: &'static str) -> Parsed<Body> {
        let mut body = Vec::new();
        let at_end = |parser: &mut Self| {
            if close.is_empty() { parser.current.token == Token::End } else { parser.eat(close) }
        };
        if at_end(self) {
            return Err(self.unexpected("found empty body"));
        }
        loop {
            body.push(self.nested(Self::literal)?);
            let is_new_line = self.current.loc.line > self.last_line;
            if self.eat(";") {
                if at_end(self) {
                    return Ok(body);
                }
                continue;
            }
            if at_end(self) {
                return Ok(body);
            }
            if !is_new_line {
                return Err(self.unexpected("non-terminated expression"));
            }
        }
    }

    pub(super) fn literal(&mut self) -> Parsed<Literal> {
        let loc = self.loc();
        let kind = if self.name_keyword() {
            LiteralKind::Term(self.condition()?)
        } else if self.eat_keyword("some") {
            self.some()?
        } else if self.eat_keyword("every") {
            self.every()?
        } else if self.eat_keyword("not") {
            if self.has_not_bodies { self.not_body(loc)? } else { LiteralKind::Not(self.condition()?) }
        } else {
            LiteralKind::Term(self.condition()?)
        };
        let mut with = Vec::new();
        while self.eat_keyword("with") {
            let target = self.postfix()?;
            if !self.eat_keyword("as") {
                return Err(self.unexpected("expected as keyword"));
            }
            with.push(With { target, value: self.expression(false)? });
        }
        Ok(Literal { loc, kind, with })
    }

    /// `not { … }`, and an expression with all its parts: nothing makes it hold.
    fn not_body(&mut self, loc: Loc) -> Parsed<LiteralKind> {
        let body = if self.eat("{") {
            self.nested(|parser| parser.body("}"))?
        } else {
            vec![Literal { loc, kind: LiteralKind::Term(self.condition()?), with: Vec::new() }]
        };
        let truth = Box::new(Term::new(loc, TermKind::Bool(true)));
        let found = Term::new(loc, TermKind::ArrayCompr(truth, body));
        let none = Term::new(loc, TermKind::Array(Vec::new()));
        Ok(LiteralKind::Term(Term::new(loc, TermKind::Call(vec![Arc::from("equal")], vec![found, none]))))
    }

    /// A term, an assignment or a unification.
    fn condition(&mut self) -> Parsed<Term> {
        let left = self.expression(true)?;
        let name = if self.eat(":=") {
            "assign"
        } else if self.eat("=") {
            "eq"
        } else {
            return Ok(left);
        };
        let right = self.expression(true)?;
        Ok(Term::new(left.loc, TermKind::Call(vec![Arc::from(name)], vec![left, right])))
    }

    fn some(&mut self) -> Parsed<LiteralKind> {
        let first = self.infix_only()?;
        let mut terms = vec![first];
        while self.eat(",") {
            terms.push(self.infix_only()?);
        }
        if self.eat_keyword("in") {
            let collection = self.expression(false)?;
            let value = terms.pop();
            let key = terms.pop();
            return match value {
                Some(value) if terms.is_empty() => Ok(LiteralKind::SomeIn { key, value, collection }),
                _ => Err(self.unexpected("expected one or two variables before in")),
            };
        }
        let mut names = Vec::new();
        for term in terms {
            match term.as_var() {
                Some(name) => names.push((term.loc, Arc::clone(name))),
                None => return Err(ParseError { loc: term.loc, message: "expected var".to_owned() }),
            }
        }
        Ok(LiteralKind::Declare(names))
    }

    /// A term without `in`.
    fn infix_only(&mut self) -> Parsed<Term> {
        self.nested(|parser| parser.infix(0))
    }

    fn every(&mut self) -> Parsed<LiteralKind> {
        let mut names = Vec::new();
        loop {
            let loc = self.loc();
            match self.current.token.clone() {
                Token::Ident(name) if !self.is_keyword(&name) => names.push((loc, name)),
                _ => return Err(self.unexpected("expected a variable after every")),
            }
            self.advance();
            if !self.eat(",") {
                break;
            }
        }
        if !self.eat_keyword("in") {
            return Err(self.unexpected("expected in keyword"));
        }
        let domain = self.expression(false)?;
        self.expect("{")?;
        let body = self.body("}")?;
        let value = names.pop();
        let key = names.pop();
        match value {
            Some(value) if names.is_empty() => Ok(LiteralKind::Every { key, value, domain, body }),
            _ => Err(self.unexpected("expected one or two variables after every")),
        }
    }
}
