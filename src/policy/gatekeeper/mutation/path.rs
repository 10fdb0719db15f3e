//! The `location` of a mutator: `spec.containers[name: "main"].image`.

use crate::policy::Value;

/// A step of a location.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A field of an object.
    Field(String),
    /// The items of a list whose field `key` has a value; all of them, without one (`*`).
    Item {
        /// The field.
        key: String,
        /// Its value.
        value: Option<Value>,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Number(i64),
    Sign(char),
}

/// Read a location. The error says what is wrong with it.
pub(super) fn parse(text: &str) -> Result<Vec<Step>, String> {
    let tokens = tokens(text)?;
    let mut rest = tokens.as_slice();
    let mut steps = Vec::new();
    while let [Token::Word(field), after @ ..] = rest {
        steps.push(Step::Field(field.clone()));
        rest = after;
        if let [Token::Sign('['), Token::Word(key), Token::Sign(':'), value, Token::Sign(']'), after @ ..] = rest {
            let value = match value {
                Token::Sign('*') => None,
                Token::Word(text) => Some(Value::from(text.as_str())),
                Token::Number(number) => Some(Value::from(*number)),
                Token::Sign(sign) => return Err(format!("a value must stand where {sign:?} is")),
            };
            steps.push(Step::Item { key: key.clone(), value });
            rest = after;
        }
        match rest {
            [] => break,
            [Token::Sign('.'), after @ ..] if !after.is_empty() => rest = after,
            [Token::Sign('.')] => return Err("it ends in a dot".to_owned()),
            _ => return Err("a dot or the end must follow a field, or `[key: value]`".to_owned()),
        }
    }
    if rest.is_empty() { Ok(steps) } else { Err("a field's name must stand in front and behind each dot".to_owned()) }
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut found = Vec::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let mut run = |first: char, holds: fn(&char) -> bool| {
            let mut text = String::from(first);
            while let Some(c) = rest.next_if(holds) {
                text.push(c);
            }
            text
        };
        match c {
            ' ' | '\t' | '\r' | '\n' => {}
            '.' | '[' | ']' | '*' | ':' => found.push(Token::Sign(c)),
            '0'..='9' => {
                let digits = run(c, char::is_ascii_digit);
                found.push(Token::Number(digits.parse().map_err(|_| format!("{digits} is too large"))?));
            }
            '"' | '\'' => {
                let mut word = String::new();
                loop {
                    match rest.next() {
                        Some('\\') => word.extend(rest.next()),
                        Some(end) if end == c => break,
                        Some(other) => word.push(other),
                        None => return Err("a quote is not closed".to_owned()),
                    }
                }
                found.push(Token::Word(word));
            }
            c if c.is_ascii_alphabetic() || c == '_' || c == '-' => {
                found.push(Token::Word(run(c, |c| c.is_ascii_alphanumeric() || *c == '_' || *c == '-')));
            }
            other => return Err(format!("{other:?} must stand in quotes")),
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(name: &str) -> Step {
        Step::Field(name.to_owned())
    }

    #[test]
    fn locations() {
        let item = |key: &str, value| Step::Item { key: key.to_owned(), value };
        let parsed = parse(r#"spec.containers[name: "my \"app\""].ports[containerPort: 80]."a.b""#).unwrap();
        let name = item("name", Some(Value::from("my \"app\"")));
        let port = item("containerPort", Some(Value::from(80_i64)));
        assert_eq!(parsed, [field("spec"), field("containers"), name, field("ports"), port, field("a.b")]);
        assert_eq!(parse("a[k:*]").unwrap(), [field("a"), item("k", None)]);
        for wrong in ["a.", "a..b", ".a", "a[b]", "a[b:]", "a[b: c", "a b", "a['x", "a[1: x]", "ä"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
