//! The grammar, from the conditional down to names and calls.

use super::{Name, RESERVED, SyntaxError, Ty};

/// Deeper nesting is left to the server, which has a limit of its own.
const DEPTH: usize = 120;
/// Where a text is read, and what was seen so far.
pub(super) struct Parser<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
    depth: usize,
    pub(super) too_deep: bool,
    pub(super) names: Vec<Name<'a>>,
    /// What macros bind, anywhere in the expression.
    pub(super) bound: Vec<&'a str>,
}

pub(super) type Parse<T> = Result<T, SyntaxError>;

impl<'a> Parser<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0, depth: 0, too_deep: false, names: Vec::new(), bound: Vec::new() }
    }

    pub(super) fn error(&self) -> SyntaxError {
        SyntaxError { at: self.at }
    }

    pub(super) fn rest(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    pub(super) fn blank(&mut self) {
        loop {
            match self.rest() {
                [b' ' | b'\t' | b'\r' | b'\n' | b'\x0c', ..] => self.at += 1,
                [b'/', b'/', ..] => {
                    let end = self.rest().iter().position(|byte| *byte == b'\n');
                    self.at = end.map_or(self.text.len(), |end| self.at + end);
                }
                _ => return,
            }
        }
    }

    /// Take a mark, after blanks.
    pub(super) fn take(&mut self, mark: &str) -> bool {
        self.blank();
        let is_there = self.rest().starts_with(mark.as_bytes());
        if is_there {
            self.at += mark.len();
        }
        is_there
    }

    fn expect(&mut self, mark: &str) -> Parse<()> {
        if self.take(mark) { Ok(()) } else { Err(self.error()) }
    }

    pub(super) fn peek(&mut self) -> u8 {
        self.blank();
        self.rest().first().copied().unwrap_or_default()
    }

    fn word(&mut self) -> &'a str {
        self.blank();
        let rest = self.rest();
        if rest.first().is_none_or(|first| !(first.is_ascii_alphabetic() || *first == b'_')) {
            return "";
        }
        let length = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
        let word = self.text.get(self.at..self.at + length).unwrap_or_default();
        self.at += length;
        word
    }

    pub(super) fn expression(&mut self) -> Parse<Ty> {
        self.depth += 1;
        if self.depth > DEPTH {
            self.too_deep = true;
            return Err(self.error());
        }
        let condition = self.any()?;
        let ty = if self.take("?") {
            let yes = self.any()?;
            self.expect(":")?;
            let no = self.expression()?;
            if yes == no { yes } else { Ty::Unknown }
        } else {
            condition
        };
        self.depth -= 1;
        Ok(ty)
    }

    fn any(&mut self) -> Parse<Ty> {
        let mut ty = self.all()?;
        while self.take("||") {
            self.all()?;
            ty = Ty::Bool;
        }
        Ok(ty)
    }

    fn all(&mut self) -> Parse<Ty> {
        let mut ty = self.relation()?;
        while self.take("&&") {
            self.relation()?;
            ty = Ty::Bool;
        }
        Ok(ty)
    }

    fn relation(&mut self) -> Parse<Ty> {
        let mut ty = self.sum()?;
        while ["<=", ">=", "==", "!=", "<", ">"].into_iter().any(|mark| self.take(mark)) || self.takes_in() {
            self.sum()?;
            ty = Ty::Bool;
        }
        Ok(ty)
    }

    fn takes_in(&mut self) -> bool {
        let before = self.at;
        let is_in = self.word() == "in";
        if !is_in {
            self.at = before;
        }
        is_in
    }

    fn sum(&mut self) -> Parse<Ty> {
        let mut ty = self.product()?;
        while matches!(self.peek(), b'+' | b'-') {
            self.at += 1;
            let other = self.product()?;
            ty = if ty == other { ty } else { Ty::Unknown };
        }
        Ok(ty)
    }

    fn product(&mut self) -> Parse<Ty> {
        let mut ty = self.unary()?;
        while matches!(self.peek(), b'*' | b'/' | b'%') {
            self.at += 1;
            let other = self.unary()?;
            ty = if ty == other { ty } else { Ty::Unknown };
        }
        Ok(ty)
    }

    fn unary(&mut self) -> Parse<Ty> {
        let mut not = false;
        while matches!(self.peek(), b'!' | b'-') {
            not |= self.peek() == b'!';
            self.at += 1;
        }
        let ty = self.member()?;
        Ok(if not { Ty::Bool } else { ty })
    }

    fn member(&mut self) -> Parse<Ty> {
        let mut ty = self.primary()?;
        loop {
            if self.take(".") {
                ty = Ty::Unknown;
                self.take("?");
                if self.take("`") {
                    let end = self.rest().iter().position(|byte| *byte == b'`').ok_or_else(|| self.error())?;
                    self.at += end + 1;
                    continue;
                }
                if self.word().is_empty() {
                    return Err(self.error());
                }
                if self.take("(") {
                    self.arguments()?;
                }
            } else if self.take("[") {
                ty = Ty::Unknown;
                self.take("?");
                self.expression()?;
                self.expect("]")?;
            } else if ty == Ty::Unknown && self.peek() == b'{' {
                // The fields of a message: `Object.spec{replicas: 3}`.
                self.at += 1;
                self.entries(true)?;
            } else {
                return Ok(ty);
            }
        }
    }

    fn primary(&mut self) -> Parse<Ty> {
        match self.peek() {
            b'(' => {
                self.at += 1;
                let ty = self.expression()?;
                self.expect(")")?;
                Ok(ty)
            }
            b'[' => {
                self.at += 1;
                self.items("]")?;
                Ok(Ty::List)
            }
            b'{' => {
                self.at += 1;
                self.entries(false)?;
                Ok(Ty::Map)
            }
            b'"' | b'\'' => self.string(false).map(|()| Ty::String),
            b'0'..=b'9' => self.number(),
            b'.' if self.rest().get(1).is_some_and(u8::is_ascii_digit) => self.number(),
            b'.' => {
                self.at += 1;
                if self.word().is_empty() { Err(self.error()) } else { self.called().map(|_| Ty::Unknown) }
            }
            _ => self.name(),
        }
    }

    fn name(&mut self) -> Parse<Ty> {
        self.blank();
        let start = self.at;
        let word = self.word();
        let fail = Err(SyntaxError { at: start });
        if self.peek_is_quote() && !word.is_empty() && word.len() <= 2 {
            return match word.to_ascii_lowercase().as_str() {
                "r" => self.string(true).map(|()| Ty::String),
                "b" => self.string(false).map(|()| Ty::Bytes),
                "br" | "rb" => self.string(true).map(|()| Ty::Bytes),
                _ => Err(self.error()),
            };
        }
        match word {
            "" | "in" => return fail,
            "true" | "false" => return Ok(Ty::Bool),
            "null" => return Ok(Ty::Null),
            _ if RESERVED.contains(&word) => return fail,
            _ => {}
        }
        if self.called()? {
            return Ok(if word == "has" { Ty::Bool } else { Ty::Unknown });
        }
        self.taken(word, start);
        Ok(Ty::Unknown)
    }

    /// Remember a name from outside, unless something is called on it or a message begins with it.
    fn taken(&mut self, name: &'a str, at: usize) {
        let after = self.at;
        let mut seen = Name { name, field: None, at, field_at: at };
        if self.peek() == b'{' {
            return;
        }
        if self.take(".") && self.peek() != b'?' {
            self.blank();
            seen.field_at = self.at;
            seen.field = Some(self.word()).filter(|field| !field.is_empty());
            let is_method = self.peek() == b'(';
            let mut begins_message = self.peek() == b'{';
            while !begins_message && !is_method && self.take(".") {
                let named = !self.word().is_empty();
                begins_message = named && self.peek() == b'{';
                if !named {
                    break;
                }
            }
            if is_method || begins_message {
                self.at = after;
                return;
            }
        }
        self.at = after;
        self.names.push(seen);
    }

    fn peek_is_quote(&self) -> bool {
        matches!(self.rest().first(), Some(b'"' | b'\''))
    }

    /// The arguments of a call, if it is one.
    fn called(&mut self) -> Parse<bool> {
        let is_call = self.take("(");
        if is_call {
            self.arguments()?;
        }
        Ok(is_call)
    }

    /// Arguments up to the closing bracket. A plain name among them may be one that a macro binds.
    fn arguments(&mut self) -> Parse<()> {
        if self.take(")") {
            return Ok(());
        }
        loop {
            let before = self.at;
            let word = self.word();
            if !word.is_empty() && matches!(self.peek(), b',') {
                self.bound.push(word);
            }
            self.at = before;
            self.expression()?;
            if self.take(")") {
                return Ok(());
            }
            self.expect(",")?;
        }
    }

    fn items(&mut self, end: &str) -> Parse<()> {
        while !self.take(end) {
            self.take("?");
            self.expression()?;
            if !self.take(",") {
                return self.expect(end);
            }
        }
        Ok(())
    }

    /// The entries of a map, or the fields of a message, whose names are no expressions.
    fn entries(&mut self, fields: bool) -> Parse<()> {
        while !self.take("}") {
            self.take("?");
            let before = self.at;
            let is_field = fields && !self.word().is_empty() && self.peek() == b':';
            if !is_field {
                self.at = before;
                self.expression()?;
            }
            self.expect(":")?;
            self.expression()?;
            if !self.take(",") {
                return self.expect("}");
            }
        }
        Ok(())
    }
}
