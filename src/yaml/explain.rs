//! libyaml's complaints in plain words, at the place where a person mends them.

use super::events::Fault;

/// A complaint: bytes of the input, and what is wrong there.
pub(super) struct Explained {
    pub(super) message: String,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// Say what is wrong with `input`.
pub(super) fn explain(fault: &Fault, input: &str) -> Explained {
    let at = floor(input, fault.offset);
    let found = input.get(at..).and_then(|rest| rest.chars().next());
    let begun = fault.context.map(|context| floor(input, context));
    let here = |message: String| Explained { message, start: at, end: at + found.map_or(0, char::len_utf8) };
    let line_end = |start: usize| {
        let rest = input.get(start..).unwrap_or_default();
        start + rest.find('\n').unwrap_or(rest.len())
    };
    let line = |message: &str, start: usize| Explained { message: message.to_owned(), start, end: line_end(start) };
    let text = match (fault.problem, begun) {
        ("found unexpected end of stream", Some(start)) => return line("this quoted text is never closed", start),
        ("found unexpected document indicator", Some(start)) => {
            return line("this quoted text is not closed before the `---` or `...` that ends its document", start);
        }
        ("did not find expected ',' or ']'", Some(start)) => {
            return line("this `[` is not closed, or a `,` is missing between its items", start);
        }
        ("did not find expected ',' or '}'", Some(start)) => {
            return line("this `{` is not closed, or a `,` is missing between its pairs", start);
        }
        ("could not find expected ':'", Some(start)) => {
            return line(
                "this line is no `key: value`: a `:` is missing, or its text belongs to a block above and needs indenting",
                start,
            );
        }
        ("did not find expected key", _) => {
            "a key is expected here: is the indentation the same as that of the lines above?"
        }
        ("did not find expected '-' indicator", _) => {
            "an item `- ` of the list above is expected here: is the indentation the same?"
        }
        ("did not find expected node content", _) => "a value is expected here",
        ("mapping values are not allowed in this context", _) => {
            "`:` starts a value, but no key can stand here: wrong indentation, or text with `: ` that needs quotes"
        }
        ("block sequence entries are not allowed in this context", _) => {
            "a list item `- ` cannot begin here: it belongs on a line of its own"
        }
        ("mapping keys are not allowed in this context", _) => "a key cannot begin here",
        ("found character that cannot start any token", _) if found == Some('\t') => {
            "a tab cannot indent YAML: use blanks"
        }
        ("found character that cannot start any token", _) => {
            let shown = found.map(String::from).unwrap_or_default();
            return here(format!("a value cannot begin with `{shown}`: put it in quotes"));
        }
        ("found a tab character where an indentation space is expected", _) => "a tab cannot indent YAML: use blanks",
        ("found unknown escape character", _) => {
            "this escape is unknown in a double-quoted text: write `\\\\` for a backslash, or use single quotes"
        }
        ("found invalid Unicode character escape code", _) => {
            "this escape is no character (YAML has no surrogate pairs): write the character itself"
        }
        ("did not find expected hexadecimal number", _) => "this escape needs hexadecimal digits",
        ("control characters are not allowed", _) => {
            let code = found.map_or(0, u32::from);
            return here(format!("the control character U+{code:04X} is not allowed in YAML, not even in a comment"));
        }
        ("did not find expected <document start>", _) => {
            "a `%` directive needs `---` behind it in the same document, and kubectl cuts the file at `---`"
        }
        ("did not find expected alphabetic or numeric character", _) => {
            "`&` and `*` begin the name of an anchor (letters, digits, `-`, `_`): put other text in quotes"
        }
        ("found unexpected ':'", _) => {
            "this `:` needs quotes around its text (too many of them to read on as kubectl does)"
        }
        ("found undefined tag handle", _) => "the handle of this tag is not declared by %TAG",
        ("did not find expected comment or line break", _) => "only a comment or the end of the line can follow here",
        ("found an indentation indicator equal to 0", _) => "the indentation of a block cannot be 0",
        (other, _) => other,
    };
    here(text.to_owned())
}

fn floor(input: &str, at: usize) -> usize {
    input.floor_char_boundary(at)
}
