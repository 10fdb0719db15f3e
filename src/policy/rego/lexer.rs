//! Text to tokens, one at a time: what a brace begins is for the parser to say.

use std::sync::Arc;

use super::ast::Loc;

/// What a token is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// A name or a keyword.
    Ident(Arc<str>),
    Number(Arc<str>),
    String(Arc<str>),
    /// The `$"` or `` $` `` that begins a template.
    Template(char),
    /// Punctuation.
    Sym(&'static str),
    End,
    Bad(String),
}

/// A token and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Spanned {
    pub(super) token: Token,
    pub(super) loc: Loc,
    pub(super) start: usize,
    pub(super) end: usize,
}

const SYMBOLS: [&str; 26] = [
    ":=", "==", "!=", "<=", ">=", "<", ">", "=", "+", "-", "*", "/", "%", "&", "|", "(", ")", "[", "]", "{", "}", ",",
    ";", ":", ".", "?",
];

#[derive(Clone, Debug)]
pub(super) struct Lexer<'a> {
    text: &'a str,
    pub(super) at: usize,
    line: u32,
    line_start: usize,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0, line: 1, line_start: 0 }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Whether one of some characters stands right behind the last token.
    pub(super) fn follows(&self, any_of: [char; 2]) -> bool {
        self.rest().starts_with(any_of)
    }

    fn loc(&self) -> Loc {
        Loc { line: self.line, column: u32::try_from(self.at - self.line_start + 1).unwrap_or(u32::MAX) }
    }

    /// Go on to an offset, counting lines.
    fn advance(&mut self, to: usize) {
        for (offset, _) in self.text.get(self.at..to).unwrap_or_default().match_indices('\n') {
            self.line += 1;
            self.line_start = self.at + offset + 1;
        }
        self.at = to;
    }

    fn skip_blanks(&mut self) {
        loop {
            let rest = self.rest();
            let blank = rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
            if blank > 0 {
                self.advance(self.at + blank);
            } else if rest.starts_with('#') {
                self.advance(self.at + rest.find('\n').unwrap_or(rest.len()));
            } else {
                return;
            }
        }
    }

    pub(super) fn next(&mut self) -> Spanned {
        self.skip_blanks();
        let (loc, start, rest) = (self.loc(), self.at, self.rest());
        let (token, length) = match rest.chars().next() {
            None => (Token::End, 0),
            Some('a'..='z' | 'A'..='Z' | '_') => {
                let length = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
                (Token::Ident(Arc::from(rest.get(..length).unwrap_or_default())), length)
            }
            Some('0'..='9') => number(rest),
            Some('"') => string(rest),
            Some('`') => match rest.get(1..).and_then(|rest| rest.find('`')) {
                Some(end) => (Token::String(Arc::from(rest.get(1..=end).unwrap_or_default())), end + 2),
                None => (Token::Bad("non-terminated string".to_owned()), rest.len()),
            },
            Some('$') if rest.starts_with("$\"") => (Token::Template('"'), 2),
            Some('$') if rest.starts_with("$`") => (Token::Template('`'), 2),
            Some(other) => match SYMBOLS.into_iter().find(|symbol| rest.starts_with(symbol)) {
                Some(symbol) => (Token::Sym(symbol), symbol.len()),
                None => (Token::Bad(format!("illegal token: {other:?}")), other.len_utf8()),
            },
        };
        self.advance(start + length);
        Spanned { token, loc, start, end: self.at }
    }

    /// The text of a template up to its end or the next `{`, and which of the two it was.
    pub(super) fn template_text(&mut self, quote: char) -> Result<(String, bool), String> {
        let rest = self.rest();
        let mut raw = String::new();
        let mut chars = rest.char_indices();
        while let Some((offset, c)) = chars.next() {
            match c {
                '\\' if quote == '"' => match chars.next() {
                    Some((_, '{')) => raw.push('{'),
                    Some((_, escaped)) => raw.extend(['\\', escaped]),
                    None => break,
                },
                '\\' if rest.get(offset + 1..).is_some_and(|rest| rest.starts_with('{')) => {
                    raw.extend(chars.next().map(|(_, brace)| brace));
                }
                '\n' if quote == '"' => break,
                '{' | '"' | '`' if c == '{' || c == quote => {
                    self.advance(self.at + offset + 1);
                    let text = if quote == '"' { unescape(&raw)? } else { raw };
                    return Ok((text, c == '{'));
                }
                other => raw.push(other),
            }
        }
        Err("non-terminated string".to_owned())
    }
}

fn unescape(raw: &str) -> Result<String, String> {
    serde_json::from_str(&format!("\"{raw}\"")).map_err(|_| "illegal string".to_owned())
}

fn string(rest: &str) -> (Token, usize) {
    let mut is_escaped = false;
    for (offset, c) in rest.char_indices().skip(1) {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '\n' => break,
            '"' => {
                let text = rest.get(..=offset).unwrap_or_default();
                let token = match serde_json::from_str::<String>(text) {
                    Ok(text) => Token::String(Arc::from(text)),
                    Err(_) => Token::Bad(format!("illegal string literal {text}")),
                };
                return (token, offset + 1);
            }
            _ => {}
        }
    }
    (Token::Bad("non-terminated string".to_owned()), rest.len())
}

fn number(rest: &str) -> (Token, usize) {
    let bytes = rest.as_bytes();
    let digits = |from: usize| bytes.iter().skip(from).take_while(|b| b.is_ascii_digit()).count();
    let mut end = digits(0);
    if end > 1 && rest.starts_with('0') {
        return (Token::Bad("expected number without leading zero".to_owned()), end);
    }
    if bytes.get(end) == Some(&b'.') && digits(end + 1) > 0 {
        end += 1 + digits(end + 1);
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        if digits(end + 1 + sign) > 0 {
            end += 1 + sign + digits(end + 1 + sign);
        }
    }
    if bytes.get(end).is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_') {
        return (Token::Bad("illegal number format".to_owned()), end);
    }
    (Token::Number(Arc::from(rest.get(..end).unwrap_or_default())), end)
}
