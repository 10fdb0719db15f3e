//! Rules: heads, and the bodies behind them.

use std::sync::Arc;

use super::ast::{Body, Branch, LiteralKind, Rule, Shape, Term, TermKind};
use super::lexer::Token;
use super::parser::{ParseError, Parsed, Parser};

impl Parser<'_> {
    pub(super) fn rule(&mut self, rules: &mut Vec<Rule>) -> Parsed<()> {
        let loc = self.loc();
        let mut is_name = self.name_keyword();
        let is_default = self.eat_keyword("default");
        if is_default {
            is_name = self.name_keyword();
        }
        let Token::Ident(word) = self.current.token.clone() else {
            return Err(self.unexpected("expected a rule"));
        };
        if self.is_keyword(&word) && !is_name {
            return Err(self.unexpected("expected a rule"));
        }
        let head = self.postfix()?;
        let (path, args, is_function) = match head.kind {
            TermKind::Call(name, args) => {
                let mut parts = name.into_iter();
                let first = parts.next().unwrap_or_else(|| Arc::from(""));
                let mut path = vec![Term::new(head.loc, TermKind::Var(first))];
                path.extend(parts.map(|part| Term::new(head.loc, TermKind::String(part))));
                (path, args, true)
            }
            TermKind::Var(name) => (vec![Term::new(head.loc, TermKind::Var(name))], Vec::new(), false),
            TermKind::Ref(base, rest) if base.as_var().is_some() => {
                (std::iter::once(*base).chain(rest).collect(), Vec::new(), false)
            }
            _ => return Err(ParseError { loc: head.loc, message: "rule name must be a name".to_owned() }),
        };
        let truth = Term::new(loc, TermKind::Bool(true));
        let shape = if is_function { Shape::Function } else { Shape::Value };
        let mut rule = Rule {
            loc,
            is_default,
            shape,
            path,
            args,
            value: truth,
            has_value: false,
            body: Vec::new(),
            branches: Vec::new(),
        };
        let mut is_contains = false;
        if !is_function && self.eat_keyword("contains") {
            is_contains = true;
            rule.shape = Shape::Element;
            rule.value = self.expression(false)?;
        }
        if !is_contains && (self.eat(":=") || self.eat("=")) {
            rule.value = self.expression(true)?;
            rule.has_value = true;
            if self.at_keyword("with") {
                let message = "expressions using with keyword cannot be used for rule head".to_owned();
                return Err(ParseError { loc, message });
            }
        }
        if is_default {
            if is_contains {
                return Err(ParseError { loc, message: "illegal default rule (must have a value)".to_owned() });
            }
            if !rule.has_value {
                return Err(self.unexpected("expected default value"));
            }
            illegal_default(&rule)?;
            rules.push(rule);
            return Ok(());
        }
        let has_if = self.at_keyword("if");
        let has_body = has_if || self.is_sym("{");
        if self.is_v1 && has_body && !has_if {
            self.errors.push(ParseError { loc, message: "`if` keyword is required before rule body".to_owned() });
        }
        if rule.shape == Shape::Value && !rule.has_value && !has_if && rule.path.len() > 1 {
            if self.is_v1 {
                self.errors.push(ParseError {
                    loc,
                    message: "`contains` keyword is required for partial set rules".to_owned(),
                });
            } else if rule.path.len() == 2 {
                // `p[x] { … }` of old makes a set.
                rule.shape = Shape::Element;
                rule.value = rule.path.pop().unwrap_or(rule.value);
            }
        }
        if self.is_v1 && !has_body && !rule.has_value && rule.shape == Shape::Value && self.errors.is_empty() {
            let message = "rule must have value assignment and/or body declaration".to_owned();
            return Err(ParseError { loc, message });
        }
        if !self.is_v1 && !has_body && !rule.has_value && rule.shape == Shape::Value && rule.path.len() == 1 {
            return Err(ParseError { loc, message: "var cannot be used for rule name".to_owned() });
        }
        self.bodies(rule, rules)
    }

    /// The bodies of a rule: each chained one makes a rule of its own.
    fn bodies(&mut self, mut rule: Rule, rules: &mut Vec<Rule>) -> Parsed<()> {
        if self.eat_keyword("if") {
            rule.body = self.if_body()?;
        } else if self.eat("{") {
            rule.body = self.block()?;
        }
        while !self.name_keyword() && self.at_keyword("else") {
            let loc = self.loc();
            self.advance();
            if rule.shape == Shape::Element {
                return Err(ParseError { loc, message: "else keyword cannot be used on partial rules".to_owned() });
            }
            let mut branch = Branch { loc, value: Term::new(loc, TermKind::Bool(true)), body: Vec::new() };
            let has_value = self.eat(":=") || self.eat("=");
            if has_value {
                branch.value = self.expression(true)?;
            }
            if self.eat_keyword("if") {
                branch.body = self.if_body()?;
            } else if self.is_sym("{") {
                if self.is_v1 {
                    let message = "`if` keyword is required before rule body".to_owned();
                    self.errors.push(ParseError { loc, message });
                }
                self.advance();
                branch.body = self.block()?;
            } else if !has_value {
                return Err(self.unexpected("expected else value term or body"));
            }
            rule.branches.push(branch);
        }
        let mut chained = rule.clone();
        chained.branches.clear();
        let may_chain = rule.branches.is_empty();
        rules.push(rule);
        while may_chain && self.is_sym("{") && !chained.body.is_empty() {
            chained.loc = self.loc();
            self.advance();
            chained.body = self.block()?;
            rules.push(chained.clone());
        }
        Ok(())
    }

    /// What follows `if`: one literal, or a block. A set is no condition, so it is read as a block.
    fn if_body(&mut self) -> Parsed<Body> {
        let saved = self.save();
        let had = self.errors.len();
        match self.nested(Self::literal) {
            Ok(literal) if !matches!(&literal.kind, LiteralKind::Term(Term { kind: TermKind::Set(_), .. })) => {
                return Ok(vec![literal]);
            }
            Err(error) if !matches!(saved.current.token, Token::Sym("{")) => return Err(error),
            _ => {}
        }
        self.errors.truncate(had);
        self.restore(saved);
        self.expect("{")?;
        self.block()
    }

    fn block(&mut self) -> Parsed<Body> {
        let loc = self.loc();
        let body = self.nested(|parser| parser.body("}"))?;
        if body.is_empty() {
            return Err(ParseError { loc, message: "rule body must not be empty".to_owned() });
        }
        Ok(body)
    }
}

/// What a default rule cannot have.
fn illegal_default(rule: &Rule) -> Parsed<()> {
    let illegal =
        |message: String| Err(ParseError { loc: rule.loc, message: format!("illegal default rule ({message})") });
    if let Some(what) = not_constant(&rule.value) {
        return illegal(format!("value cannot contain {what}"));
    }
    for (at, arg) in rule.args.iter().enumerate() {
        let Some(name) = arg.as_var() else {
            return illegal("arguments must be variables".to_owned());
        };
        if **name != *"_" && rule.args.iter().take(at).any(|other| other.as_var() == Some(name)) {
            return illegal(format!("arguments cannot be repeated {name}"));
        }
    }
    Ok(())
}

/// What in a term is no constant; what a comprehension holds is its own.
fn not_constant(term: &Term) -> Option<&'static str> {
    match &term.kind {
        TermKind::Var(_) => Some("var"),
        TermKind::Ref(..) => Some("ref"),
        TermKind::Call(..) => Some("call"),
        TermKind::Array(items) | TermKind::Set(items) => items.iter().find_map(not_constant),
        TermKind::Object(pairs) => {
            pairs.iter().find_map(|(key, value)| not_constant(key).or_else(|| not_constant(value)))
        }
        _ => None,
    }
}
