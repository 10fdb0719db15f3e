//! CEL, as far as it is certain without types: whether an expression parses, which names it takes from outside, and the
//! type of what is written with literals only.
//!
//! Whatever is in doubt passes: this finds mistakes, it does not prove that there are none.

mod literal;
mod parser;

use self::parser::Parser;

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
    let mut parser = Parser::new(text);
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
