//! CEL, as far as it is certain without types: whether an expression parses, which names it takes from outside, and the
//! type of what is written with literals only.
//!
//! Whatever is in doubt passes: this finds mistakes, it does not prove that there are none.

/// The type of an expression that is made of literals and operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ty {
    /// What only the types of variables and functions tell.
    Unknown,
    /// `bool`
    Bool,
    /// `int`
    Int,
    /// `uint`
    Uint,
    /// `double`
    Double,
    /// `string`
    String,
    /// `bytes`
    Bytes,
    /// `null_type`
    Null,
    /// A list of something.
    List,
    /// A map of something.
    Map,
}

impl Ty {
    /// As the server calls it in a message, without an argument.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Unknown => "dyn",
            Self::List => "list",
            Self::Map => "map",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Uint => "uint",
            Self::Double => "double",
            Self::String => "string",
            Self::Bytes => "bytes",
            Self::Null => "null_type",
        }
    }
}

/// A name that an expression takes from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name<'a> {
    /// The name: `object` of `object.spec`.
    pub name: &'a str,
    /// The field that is selected of it, unless it is called: `spec` of `object.spec`.
    pub field: Option<&'a str>,
    /// Where it stands.
    pub at: usize,
    /// Where the field stands.
    pub field_at: usize,
}

/// An expression that parses.
#[derive(Clone, Debug)]
pub struct Parsed<'a> {
    /// Its type, if literals tell.
    pub ty: Ty,
    /// What it takes from outside, in order: no functions, no names that a macro binds, no names before a method (which
    /// may be a namespace of functions).
    pub names: Vec<Name<'a>>,
}

/// Where an expression stops to be one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// The byte at fault.
    pub at: usize,
}

/// Deeper nesting is left to the server, which has a limit of its own.
const DEPTH: usize = 120;
/// Longer texts are left to the server.
const LONGEST: usize = 100_000;

const RESERVED: [&str; 17] = [
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "namespace",
    "package",
    "return",
    "var",
    "void",
    "while",
];

/// Parse an expression. None where it is too long or too deep to tell.
pub fn parse(text: &str) -> Option<Result<Parsed<'_>, SyntaxError>> {
    if text.len() > LONGEST {
        return None;
    }
    let mut parser = Parser { text, at: 0, depth: 0, too_deep: false, names: Vec::new(), bound: Vec::new() };
    let result = parser.expression().and_then(|ty| {
        parser.blank();
        if parser.at == text.len() { Ok(ty) } else { Err(parser.error()) }
    });
    if parser.too_deep {
        return None;
    }
    let Parser { mut names, mut bound, .. } = parser;
    bound.sort_unstable();
    names.retain(|name| bound.binary_search(&name.name).is_err());
    Some(result.map(|ty| Parsed { ty, names }))
}

/// A name that a variable may have.
#[must_use]
pub fn is_identifier(text: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    text.bytes().all(is_word)
        && text.bytes().next().is_some_and(|first| !first.is_ascii_digit())
        && !RESERVED.contains(&text)
        && !matches!(text, "true" | "false" | "null" | "in")
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    too_deep: bool,
    names: Vec<Name<'a>>,
    /// What macros bind, anywhere in the expression.
    bound: Vec<&'a str>,
}

type Parse<T> = Result<T, SyntaxError>;

impl<'a> Parser<'a> {
    fn error(&self) -> SyntaxError {
        SyntaxError { at: self.at }
    }

    fn rest(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    fn blank(&mut self) {
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
    fn take(&mut self, mark: &str) -> bool {
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

    fn peek(&mut self) -> u8 {
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

    fn expression(&mut self) -> Parse<Ty> {
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

    fn number(&mut self) -> Parse<Ty> {
        if let [b'0', b'x', ..] = self.rest() {
            self.at += 2;
            let digits = self.digits(u8::is_ascii_hexdigit);
            return if digits == 0 { Err(self.error()) } else { Ok(self.unsigned()) };
        }
        self.digits(u8::is_ascii_digit);
        let mut is_double = false;
        if let [b'.', b'0'..=b'9', ..] = self.rest() {
            self.at += 1;
            self.digits(u8::is_ascii_digit);
            is_double = true;
        }
        if let [b'e' | b'E', b'0'..=b'9', ..] | [b'e' | b'E', b'+' | b'-', b'0'..=b'9', ..] = self.rest() {
            self.at += 2;
            self.digits(u8::is_ascii_digit);
            is_double = true;
        }
        Ok(if is_double { Ty::Double } else { self.unsigned() })
    }

    fn unsigned(&mut self) -> Ty {
        if let [b'u' | b'U', ..] = self.rest() {
            self.at += 1;
            return Ty::Uint;
        }
        Ty::Int
    }

    fn digits(&mut self, is: fn(&u8) -> bool) -> usize {
        let count = self.rest().iter().take_while(|byte| is(byte)).count();
        self.at += count;
        count
    }

    fn string(&mut self, raw: bool) -> Parse<()> {
        let start = self.at;
        let quote = self.rest().first().copied().unwrap_or_default();
        let triple = [quote; 3];
        let is_triple = self.rest().starts_with(&triple);
        self.at += if is_triple { 3 } else { 1 };
        loop {
            match self.rest() {
                [] => return Err(SyntaxError { at: start }),
                [b'\r' | b'\n', ..] if !is_triple => return Err(SyntaxError { at: start }),
                rest if is_triple && rest.starts_with(&triple) => {
                    self.at += 3;
                    return Ok(());
                }
                [first, ..] if !is_triple && *first == quote => {
                    self.at += 1;
                    return Ok(());
                }
                [b'\\', escape, ..] if !raw => {
                    let is_known = b"abfnrtv\"'\\?`xXuU0123".contains(escape);
                    if !is_known {
                        return Err(self.error());
                    }
                    self.at += 2;
                }
                _ => self.at += 1,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{SyntaxError, Ty, parse};

    #[test]
    fn real_expressions_parse() {
        for text in [
            "object.spec.replicas <= 5 && !has(object.metadata.labels.x)",
            "request.resource.group != \"\" || !(request.operation in ['CREATE', \"UPDATE\",])",
            "object.spec.containers.all(c, c.image.startsWith('a') ? true : c.image.matches(r'^\\d+$'))",
            "variables.pods.map(p, {'a': p[?0].orValue(1u), p.name: [1.5, 2e3, -0x1F]})",
            "Object{spec: Object.spec{replicas: 3}, metadata: Object.metadata{}}",
            "[JSONPatch{op: \"add\", path: \"/a/\" + jsonpatch.escapeKey('b'), value: {}}]",
            "device.attributes[\"a.example\"].?x.`in`.orValue(b'x') == rb\"\"\"a\nb\"\"\" // why",
            "a.namespace == 'x' && cel.bind(b, 1, b > 0)",
        ] {
            assert!(matches!(parse(text), Some(Ok(_))), "{text}: {:?}", parse(text));
        }
    }

    #[test]
    fn what_is_no_expression_has_a_place() {
        for (text, at) in [
            ("nope(", 5),
            ("::", 0),
            ("", 0),
            ("http://x", 4),
            ("a b", 2),
            ("a == \"x\"y", 8),
            ("'a", 0),
            ("a = b", 2),
            ("if", 0),
            ("1 +", 3),
        ] {
            assert_eq!(parse(text).map(Result::err), Some(Some(SyntaxError { at })), "{text}");
        }
        assert!(parse(&"(".repeat(100_000)).is_none());
    }

    #[test]
    fn literals_have_a_type_and_names_come_from_outside() {
        let ty = |text| parse(text).unwrap().unwrap().ty;
        for (text, expected) in
            [("1 + 1", Ty::Int), ("'a'", Ty::String), ("null", Ty::Null), ("a > 1", Ty::Bool), ("a", Ty::Unknown)]
        {
            assert_eq!(ty(text), expected, "{text}");
        }
        let parsed =
            parse("test-class + object.all(x, x.y > variables.z) + math.greatest(DEVICE.driver)").unwrap().unwrap();
        let names: Vec<(&str, Option<&str>)> = parsed.names.iter().map(|name| (name.name, name.field)).collect();
        assert_eq!(names, [("test", None), ("class", None), ("variables", Some("z")), ("DEVICE", Some("driver"))]);
    }
}
