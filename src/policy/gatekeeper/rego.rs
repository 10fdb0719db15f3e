//! What Gatekeeper asks of a template's Rego before it compiles it: which package it is, that it has a rule `violation`,
//! and that it reads nothing of `data` but its libraries and the inventory.
//!
//! Tokens are enough to tell, and they are there even where the rest does not parse.

use std::ops::Range;

/// A piece of Rego.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'a> {
    Word(&'a str),
    /// A string without its quotes, escapes as written.
    Text(&'a str),
    Sign(char),
}

/// What a module says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Outline {
    /// The bytes of the package's path; none without a package.
    pub(super) package: Option<Range<usize>>,
    /// The package's path.
    pub(super) package_path: Vec<String>,
    /// It has a rule of the name `violation`.
    pub(super) has_violation: bool,
    /// Paths of imports, with the byte where they begin.
    pub(super) imports: Vec<(usize, Vec<String>)>,
    /// What is read of `data`: the byte, and the first key if it is constant.
    pub(super) data: Vec<(usize, Option<String>)>,
    /// The functions that only a cluster can answer.
    pub(super) external: bool,
}

/// Read a module.
pub(super) fn outline(text: &str) -> Outline {
    let tokens = tokens(text);
    let mut outline = Outline::default();
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some((span, token)) = tokens.get(at) {
        let before = at.checked_sub(1).and_then(|before| tokens.get(before)).map(|(_, token)| *token);
        match token {
            Token::Sign('{' | '[' | '(') => depth += 1,
            Token::Sign('}' | ']' | ')') => depth = depth.saturating_sub(1),
            Token::Word(word @ ("package" | "import")) if depth == 0 && before != Some(Token::Sign('.')) => {
                let (path, end) = path(&tokens, at + 1);
                let first = tokens.get(at + 1).map(|(span, _)| span.start);
                if let (Some(start), Some(last)) = (first, tokens.get(end.saturating_sub(1))) {
                    if *word == "import" {
                        outline.imports.push((start, path));
                    } else if outline.package.is_none() {
                        outline.package = Some(start..last.0.end);
                        outline.package_path = path;
                    }
                }
                at = end.max(at + 1);
                continue;
            }
            Token::Word("violation") if depth == 0 => outline.has_violation |= before != Some(Token::Sign('.')),
            Token::Word("data") if before != Some(Token::Sign('.')) => {
                let (path, _) = path(&tokens, at);
                outline.data.push((span.start, path.get(1).cloned()));
            }
            Token::Word("external_data") if before != Some(Token::Sign('.')) => outline.external = true,
            _ => {}
        }
        at += 1;
    }
    outline
}

/// A reference from a token on, as far as it is constant, and the token behind it.
fn path(tokens: &[(Range<usize>, Token<'_>)], from: usize) -> (Vec<String>, usize) {
    let token = |at: usize| tokens.get(at).map(|(_, token)| *token);
    let Some(Token::Word(first)) = token(from) else { return (vec![], from) };
    let mut path = vec![first.to_owned()];
    let mut at = from + 1;
    loop {
        match (token(at), token(at + 1), token(at + 2)) {
            (Some(Token::Sign('.')), Some(Token::Word(key)), _) => {
                path.push(key.to_owned());
                at += 2;
            }
            (Some(Token::Sign('[')), Some(Token::Text(key)), Some(Token::Sign(']'))) => {
                path.push(key.to_owned());
                at += 3;
            }
            _ => return (path, at),
        }
    }
}

fn tokens(text: &str) -> Vec<(Range<usize>, Token<'_>)> {
    let mut found = Vec::new();
    let mut rest = text.char_indices().peekable();
    while let Some((start, c)) = rest.next() {
        let mut end_of = |holds: &dyn Fn(char) -> bool| {
            while rest.next_if(|(_, c)| holds(*c)).is_some() {}
            rest.peek().map_or(text.len(), |(at, _)| *at)
        };
        match c {
            '#' => {
                end_of(&|c| c != '\n');
            }
            '`' => {
                let end = end_of(&|c| c != '`');
                rest.next();
                found.push((start..end + 1, Token::Text(text.get(start + 1..end).unwrap_or_default())));
            }
            '"' => {
                let mut end = text.len();
                while let Some((at, c)) = rest.next() {
                    match c {
                        '\\' => {
                            rest.next();
                        }
                        '"' | '\n' => {
                            end = at;
                            break;
                        }
                        _ => {}
                    }
                }
                found.push((start..end + 1, Token::Text(text.get(start + 1..end).unwrap_or_default())));
            }
            c if c == '_' || c.is_ascii_alphanumeric() => {
                let end = end_of(&|c| c == '_' || c.is_ascii_alphanumeric());
                found.push((start..end, Token::Word(text.get(start..end).unwrap_or_default())));
            }
            c if c.is_whitespace() => {}
            c => found.push((start..start + c.len_utf8(), Token::Sign(c))),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_module_says_of_itself() {
        let text = "# package no\npackage k8s.x[\"y\"]\nimport data.lib.a\nimport future.keywords.in\n\
            violation[{\"msg\": \"data.secret\"}] { data.inventory[i]; x.data.y; data[\"foo\"]; data[z]; `data.raw` }";
        let outline = outline(text);
        assert_eq!(&text[outline.package.unwrap()], "k8s.x[\"y\"]");
        assert_eq!(outline.package_path, ["k8s", "x", "y"]);
        assert!(outline.has_violation && !outline.external);
        assert_eq!(
            outline.imports.iter().map(|(_, p)| p.join(".")).collect::<Vec<_>>(),
            ["data.lib.a", "future.keywords.in"]
        );
        let keys: Vec<_> = outline.data.iter().map(|(_, key)| key.as_deref()).collect();
        assert_eq!(keys, [Some("inventory"), Some("foo"), None]);
    }

    #[test]
    fn a_rule_of_another_name_is_none() {
        assert!(!outline("package x\nf(x) { x.violation }\nviolations[x] { violation }").has_violation);
        assert!(outline("package x\ndefault violation = set()").has_violation);
        assert!(outline("package x\nviolation contains {\"msg\": \"x\"} if true").has_violation);
        assert!(outline("package x\nviolation[m] { external_data({}) }").external);
    }
}
