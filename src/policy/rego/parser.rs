//! Tokens to modules: imports, rules, bodies.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::ast::{Body, Branch, Import, Literal, LiteralKind, Loc, Module, Rule, Shape, Term, TermKind, With};
use super::lexer::{Lexer, Spanned, Token};
use super::terms::call_name;

/// What cannot be read, and where.
#[derive(Clone, Debug)]
pub(in crate::policy) struct ParseError {
    pub(in crate::policy) loc: Loc,
    pub(in crate::policy) message: String,
}

pub(super) type Parsed<T> = Result<T, ParseError>;

/// How deep terms may nest: far beyond what people write, far below what fills the stack.
const DEPTH: u32 = 100;

const ALWAYS: [&str; 11] =
    ["as", "default", "else", "false", "import", "package", "not", "null", "true", "with", "some"];
const FUTURE: [&str; 4] = ["in", "every", "if", "contains"];

/// Parse a module. `is_v1` says whether the words of Rego v1 are keywords from the start.
pub(in crate::policy) fn parse(text: &str, is_v1: bool) -> Result<Module, Vec<ParseError>> {
    let mut parser = Parser::new(text.strip_prefix('\u{feff}').unwrap_or(text), is_v1);
    match parser.module() {
        Ok(module) if parser.errors.is_empty() => Ok(module),
        Ok(_) => Err(parser.errors),
        Err(error) => {
            parser.errors.push(error);
            Err(parser.errors)
        }
    }
}

/// Parse a query: a body without braces.
pub(in crate::policy) fn parse_query(text: &str) -> Result<Body, ParseError> {
    Parser::new(text, true).body("")
}

pub(super) struct Parser<'a> {
    lexer: Lexer<'a>,
    current: Spanned,
    /// Where the last token ended, and in which line.
    last_end: usize,
    last_line: u32,
    depth: u32,
    pub(super) pending: Option<Term>,
    pub(super) retries: u32,
    keywords: BTreeSet<&'static str>,
    is_v1: bool,
    errors: Vec<ParseError>,
}

/// A place to come back to.
pub(super) struct Saved<'a> {
    lexer: Lexer<'a>,
    current: Spanned,
    last_end: usize,
    last_line: u32,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str, is_v1: bool) -> Self {
        let mut lexer = Lexer::new(text);
        let current = lexer.next();
        let mut keywords = BTreeSet::from(ALWAYS);
        if is_v1 {
            keywords.extend(FUTURE);
        }
        Self {
            lexer,
            current,
            last_end: 0,
            last_line: 0,
            depth: 0,
            pending: None,
            retries: 0,
            keywords,
            is_v1,
            errors: Vec::new(),
        }
    }

    pub(super) fn token(&self) -> &Token {
        &self.current.token
    }

    pub(super) fn loc(&self) -> Loc {
        self.current.loc
    }

    pub(super) fn advance(&mut self) {
        self.last_end = self.current.end;
        self.last_line = self.current.loc.line;
        self.current = self.lexer.next();
    }

    pub(super) fn save(&self) -> Saved<'a> {
        Saved {
            lexer: self.lexer.clone(),
            current: self.current.clone(),
            last_end: self.last_end,
            last_line: self.last_line,
        }
    }

    pub(super) fn restore(&mut self, saved: Saved<'a>) {
        self.pending = None;
        Saved { lexer: self.lexer, current: self.current, last_end: self.last_end, last_line: self.last_line } = saved;
    }

    /// Go back to the end of the current token, whose rest is no token.
    pub(super) fn lexer_to_token_end(&mut self) {
        self.lexer.at = self.current.end;
    }

    pub(super) fn template_text(&mut self, quote: char) -> Parsed<(String, bool)> {
        let loc = self.current.loc;
        let (text, has_hole) = self.lexer.template_text(quote).map_err(|message| ParseError { loc, message })?;
        self.current.end = self.lexer.at;
        Ok((text, has_hole))
    }

    /// Whether nothing stands between the last token and this one.
    pub(super) fn touches(&self) -> bool {
        self.current.start == self.last_end
    }

    pub(super) fn is_sym(&self, symbol: &str) -> bool {
        matches!(self.current.token, Token::Sym(found) if found == symbol)
    }

    pub(super) fn eat(&mut self, symbol: &str) -> bool {
        let is_it = self.is_sym(symbol);
        if is_it {
            self.advance();
        }
        is_it
    }

    pub(super) fn expect(&mut self, symbol: &str) -> Parsed<()> {
        if self.eat(symbol) { Ok(()) } else { Err(self.unexpected(&format!("expected {symbol}"))) }
    }

    pub(super) fn is_keyword(&self, word: &str) -> bool {
        self.keywords.contains(word)
    }

    fn at_keyword(&self, word: &str) -> bool {
        matches!(&self.current.token, Token::Ident(found) if **found == *word) && self.is_keyword(word)
    }

    pub(super) fn eat_keyword(&mut self, word: &str) -> bool {
        let is_it = self.at_keyword(word);
        if is_it {
            self.advance();
        }
        is_it
    }

    /// Whether a parenthesis touches the current token.
    pub(super) fn is_called(&self) -> bool {
        let mut lexer = self.lexer.clone();
        let next = lexer.next();
        matches!(next.token, Token::Sym("(")) && next.start == self.current.end
    }

    /// The current token as a mistake.
    pub(super) fn unexpected(&self, message: &str) -> ParseError {
        let found = match &self.current.token {
            Token::Bad(reason) => return ParseError { loc: self.current.loc, message: reason.clone() },
            Token::End => "the end of the file".to_owned(),
            Token::Ident(name) => format!("`{name}`"),
            Token::Number(text) => format!("`{text}`"),
            Token::String(_) | Token::Template(_) => "a string".to_owned(),
            Token::Sym(symbol) => format!("`{symbol}`"),
        };
        ParseError { loc: self.current.loc, message: format!("unexpected {found}: {message}") }
    }

    /// Go one level down, unless that is too deep.
    pub(super) fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= DEPTH {
            let message = format!("terms are nested deeper than {DEPTH} levels");
            return Err(ParseError { loc: self.current.loc, message });
        }
        self.depth += 1;
        let read = read(self);
        self.depth -= 1;
        read
    }

    fn module(&mut self) -> Parsed<Module> {
        if !self.eat_keyword("package") {
            return Err(self.unexpected("package expected"));
        }
        let loc = self.loc();
        let term = self.postfix()?;
        let package = call_name(&term)
            .ok_or_else(|| ParseError { loc, message: "a package name is made of names and strings".to_owned() })?;
        self.end_of_statement()?;
        let mut module = Module { package, imports: Vec::new(), rules: Vec::new(), is_v1: self.is_v1 };
        while self.current.token != Token::End {
            if self.eat(";") {
                continue;
            }
            if self.at_keyword("import") {
                self.import(&mut module.imports)?;
            } else {
                self.rule(&mut module.rules)?;
            }
        }
        module.is_v1 = self.is_v1;
        Ok(module)
    }

    fn end_of_statement(&mut self) -> Parsed<()> {
        if self.current.token == Token::End || self.current.loc.line > self.last_line || self.eat(";") {
            return Ok(());
        }
        Err(self.unexpected("non-terminated statement: expected a new line"))
    }

    fn import(&mut self, imports: &mut Vec<Import>) -> Parsed<()> {
        let loc = self.loc();
        self.advance();
        let at = self.loc();
        let term = self.postfix()?;
        let invalid = |message: &str| ParseError { loc: at, message: message.to_owned() };
        let path = call_name(&term).ok_or_else(|| invalid("unexpected import path: must be names and strings"))?;
        let parts: Vec<&str> = path.iter().map(|part| &**part).collect();
        match &parts[..] {
            ["rego", "v1"] => {
                self.keywords.extend(FUTURE);
                self.is_v1 = true;
            }
            ["future", "keywords"] => self.keywords.extend(FUTURE),
            ["future", "keywords", word] => {
                let word = FUTURE.into_iter().find(|known| known == word);
                self.keywords.extend([
                    word.ok_or_else(|| invalid("unexpected keyword, must be one of every, if, in, contains"))?
                ]);
                if word == Some("every") {
                    self.keywords.insert("in");
                }
            }
            ["data" | "input", ..] => {}
            ["rego" | "future", ..] => return Err(invalid("invalid import, must be `rego.v1` or `future.keywords`")),
            _ => return Err(invalid("unexpected import path, must begin with one of: {data, future, input, rego}")),
        }
        let mut name = path.last().map_or_else(|| Arc::from(""), Arc::clone);
        if self.eat_keyword("as") {
            let Token::Ident(alias) = self.current.token.clone() else { return Err(self.unexpected("expected var")) };
            self.advance();
            name = alias;
        }
        self.end_of_statement()?;
        imports.push(Import { loc, path, name });
        Ok(())
    }

    fn rule(&mut self, rules: &mut Vec<Rule>) -> Parsed<()> {
        let loc = self.loc();
        let is_default = self.eat_keyword("default");
        let Token::Ident(word) = self.current.token.clone() else {
            return Err(self.unexpected("expected a rule"));
        };
        if self.is_keyword(&word) {
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
            rule.value = self.expression(false)?;
            rule.has_value = true;
            if self.at_keyword("with") {
                let message = "expressions using with keyword cannot be used for rule head".to_owned();
                return Err(ParseError { loc, message });
            }
        }
        if is_default {
            if !rule.has_value {
                return Err(self.unexpected("expected default value"));
            }
            self.end_of_statement()?;
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
        self.bodies(rule, rules)?;
        self.end_of_statement()
    }

    /// The bodies of a rule: each chained one makes a rule of its own.
    fn bodies(&mut self, mut rule: Rule, rules: &mut Vec<Rule>) -> Parsed<()> {
        if self.eat_keyword("if") {
            rule.body = self.if_body()?;
        } else if self.eat("{") {
            rule.body = self.block()?;
        }
        while self.at_keyword("else") {
            let loc = self.loc();
            self.advance();
            if rule.shape == Shape::Element {
                return Err(ParseError { loc, message: "else keyword cannot be used on partial rules".to_owned() });
            }
            let mut branch = Branch { loc, value: Term::new(loc, TermKind::Bool(true)), body: Vec::new() };
            let has_value = self.eat(":=") || self.eat("=");
            if has_value {
                branch.value = self.expression(false)?;
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

    fn literal(&mut self) -> Parsed<Literal> {
        let loc = self.loc();
        let kind = if self.eat_keyword("some") {
            self.some()?
        } else if self.eat_keyword("every") {
            self.every()?
        } else if self.eat_keyword("not") {
            LiteralKind::Not(self.condition()?)
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
