//! Tokens to modules: the package and the imports; `rules` and `literals` read the rest.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::ast::{Body, Import, Loc, Module, Term};
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
    pub(super) current: Spanned,
    /// Where the last token ended, and in which line.
    last_end: usize,
    pub(super) last_line: u32,
    depth: u32,
    pub(super) pending: Option<Term>,
    pub(super) retries: u32,
    keywords: BTreeSet<&'static str>,
    /// Where a keyword stands that is read as a name.
    pub(super) name_at: Option<usize>,
    pub(super) is_v1: bool,
    /// `not` negates all that it takes to evaluate an expression, and takes a body.
    pub(super) has_not_bodies: bool,
    pub(super) errors: Vec<ParseError>,
}

/// A place to come back to.
pub(super) struct Saved<'a> {
    lexer: Lexer<'a>,
    pub(super) current: Spanned,
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
            name_at: None,
            is_v1,
            has_not_bodies: false,
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

    pub(super) fn at_keyword(&self, word: &str) -> bool {
        matches!(&self.current.token, Token::Ident(found) if **found == *word)
            && self.is_keyword(word)
            && self.name_at != Some(self.current.start)
    }

    pub(super) fn eat_keyword(&mut self, word: &str) -> bool {
        let is_it = self.at_keyword(word);
        if is_it {
            self.advance();
        }
        is_it
    }

    /// Read a keyword as a name where a reference begins with it, such as `not.allowed`: at the beginning of a literal or
    /// rule.
    pub(super) fn name_keyword(&mut self) -> bool {
        let Token::Ident(word) = &self.current.token else { return false };
        let is_name = self.is_keyword(word) && self.lexer.follows(['.', '[']);
        if is_name {
            self.name_at = Some(self.current.start);
        }
        is_name
    }

    /// The current token as a mistake.
    pub(super) fn unexpected(&self, message: &str) -> ParseError {
        let found = match &self.current.token {
            Token::Bad(reason) => return ParseError { loc: self.current.loc, message: reason.clone() },
            Token::End => "end of file".to_owned(),
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
        // A keyword may be the first name.
        self.name_at = Some(self.current.start);
        let term = self.postfix()?;
        let package = call_name(&term)
            .ok_or_else(|| ParseError { loc, message: "a package name is made of names and strings".to_owned() })?;
        let mut module = Module { package, imports: Vec::new(), rules: Vec::new(), is_v1: self.is_v1 };
        while self.current.token != Token::End {
            if !self.name_keyword() && self.at_keyword("import") {
                self.import(&mut module.imports)?;
            } else {
                self.rule(&mut module.rules)?;
            }
        }
        module.is_v1 = self.is_v1;
        Ok(module)
    }

    fn import(&mut self, imports: &mut Vec<Import>) -> Parsed<()> {
        let loc = self.loc();
        self.advance();
        let at = self.loc();
        let term = self.postfix()?;
        let invalid = |message: &str| ParseError { loc: at, message: message.to_owned() };
        let path = call_name(&term).ok_or_else(|| invalid("unexpected import path: must be names and strings"))?;
        let parts: Vec<&str> = path.iter().map(|part| &**part).collect();
        let was_v1 = self.is_v1;
        match &parts[..] {
            ["rego", "v1"] => {
                self.keywords.extend(FUTURE);
                self.is_v1 = true;
            }
            ["future", "keywords"] => self.keywords.extend(FUTURE),
            ["future", "keywords", "not"] => self.has_not_bodies = true,
            ["future", "keywords", word] => {
                let word = FUTURE.into_iter().find(|known| known == word);
                self.keywords.extend([
                    word.ok_or_else(|| invalid("unexpected keyword, must be one of contains, every, if, in, not"))?
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
            if let root @ ("future" | "rego") = parts.first().copied().unwrap_or_default()
                && !(root == "rego" && was_v1)
            {
                return Err(invalid(&format!("`{root}` imports cannot be aliased")));
            }
            let Token::Ident(alias) = self.current.token.clone() else { return Err(self.unexpected("expected var")) };
            self.advance();
            name = alias;
        }
        imports.push(Import { loc, path, name });
        Ok(())
    }
}
