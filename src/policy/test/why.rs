//! Why a test is not true: the first of its expressions that does not hold, and what its operands are.
//!
//! The expressions before it are evaluated again, in a module beside the test's with the same imports. What cannot be
//! taken apart so is not explained.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::policy::Value;
use crate::policy::builtins::term;
use crate::policy::compile::visit;
use crate::policy::engine::RegoVersion;
use crate::policy::engine::{Module, Program};
use crate::policy::rego::ast::{Literal, LiteralKind, Loc, Rule, TermKind};
use crate::policy::rego::parse;

/// Characters of a value that are shown.
const SHOWN: usize = 400;
/// Operators that stand between their operands.
const INFIX: [&str; 9] = ["equal", "neq", "lt", "lte", "gt", "gte", "eq", "assign", "internal.member_2"];

/// The expressions of a test.
pub(super) struct Why<'t> {
    module: &'t Module,
    /// All that stands before the first rule: package and imports.
    head: &'t str,
    package: String,
    expressions: Vec<Expression<'t>>,
}

struct Expression<'t> {
    line: u32,
    text: &'t str,
    /// What is asked of it, by what it is called.
    operands: Vec<(String, String)>,
}

impl<'t> Why<'t> {
    /// Take a test apart; none when its text is not understood.
    pub(super) fn new(module: &'t Module, rule: &Rule) -> Option<Self> {
        let parsed = parse(&module.text, module.version == RegoVersion::V1).ok()?;
        let first = parsed.rules.iter().map(|rule| rule.loc).min()?;
        let head = module.text.get(..offset(&module.text, first)?)?;
        let expressions = rule.body.iter().map(|literal| Expression::new(&module.text, literal));
        let expressions = expressions.collect::<Option<Vec<_>>>()?;
        Some(Self { module, head, package: parsed.package.join("."), expressions })
    }

    /// What does not hold, in lines.
    pub(super) fn explain(&self, modules: &[Module], data: &Value) -> Option<String> {
        let before = |at: usize| {
            let texts = self.expressions.iter().take(at).map(|expression| expression.text);
            texts.collect::<Vec<_>>().join("\n")
        };
        let holds = |at: usize| format!("__holds_{at} := [1 | 1 == 1\n{}\n]\n", before(at + 1));
        let rules: String = (0..self.expressions.len()).map(holds).collect();
        let program = self.compile(modules, data, &rules)?;
        let evaluate = |program: &Program, rule: &str| {
            program.evaluate(&format!("data.{}.{rule}", self.package), &Value::Undefined).ok().flatten()
        };
        let is_met = |at: &usize| matches!(evaluate(&program, &format!("__holds_{at}")), Some(Value::Array(found)) if found.first().is_some());
        let at = (0..self.expressions.len()).find(|at| !is_met(at))?;
        let failed = self.expressions.get(at)?;
        let mut why = format!("line {}: {}", failed.line, failed.text.trim_end());
        for (number, (name, asked)) in failed.operands.iter().enumerate() {
            let rule = format!("__value_{number} := [__it | 1 == 1\n{}\n__it := {asked}\n]\n", before(at));
            let Some(program) = self.compile(modules, data, &rule) else { continue };
            let shown = match evaluate(&program, &format!("__value_{number}")) {
                Some(Value::Array(found)) => found.first().map_or_else(|| "undefined".to_owned(), shown),
                _ => continue,
            };
            _ = write!(why, "\n  {name} is {shown}");
        }
        Some(why)
    }

    /// The cases of a table: the keys of the rule's path, as its first expressions give them.
    pub(super) fn cases(&self, rule: &Rule, modules: &[Module], data: &Value) -> Option<Vec<Vec<Value>>> {
        let keys = rule.path.iter().skip(1).map(|key| {
            if let Some(key) = key.as_str() {
                return Some(Value::from(&**key).to_string());
            }
            let text = self.module.text.get(offset(&self.module.text, key.loc)?..)?;
            text.get(..length(text)).map(str::to_owned)
        });
        let keys = keys.collect::<Option<Vec<_>>>()?.join(", ");
        (0..=self.expressions.len()).find_map(|count| {
            // What is declared must be used.
            let declared: Vec<String> = rule.body.iter().take(count).flat_map(declared).collect();
            let texts: Vec<&str> = self.expressions.iter().take(count).map(|expression| expression.text).collect();
            let used = declared.join(", ");
            let rule =
                format!("__cases := {{__it | 1 == 1\n{}\n__used := [{used}]\n__it := [{keys}]\n}}\n", texts.join("\n"));
            let program = self.compile(modules, data, &rule)?;
            let Some(Value::Set(found)) =
                program.evaluate(&format!("data.{}.__cases", self.package), &Value::Undefined).ok()?
            else {
                return None;
            };
            let keys = |case: &Value| Some(case.as_array().ok()?.iter().cloned().collect());
            found.iter().map(keys).collect()
        })
    }

    fn compile(&self, modules: &[Module], data: &Value, rules: &str) -> Option<Program> {
        let own = Module {
            path: Arc::from(format!("{} (why)", self.module.path)),
            text: Arc::from(format!("{}\n{rules}", self.head)),
            version: self.module.version,
        };
        let mut modules = modules.to_vec();
        modules.push(own);
        Program::compile(&modules, data).ok()
    }
}

impl<'t> Expression<'t> {
    fn new(text: &'t str, literal: &Literal) -> Option<Self> {
        let start = offset(text, literal.loc)?;
        let end = start + length(text.get(start..)?);
        let whole = text.get(start..end)?;
        let mut expression = Self { line: literal.loc.line, text: whole, operands: Vec::new() };
        let LiteralKind::Term(asked) = &literal.kind else { return Some(expression) };
        // `with` and what follows it belong to every part.
        let with = match literal.with.first() {
            Some(with) => start + text.get(start..offset(text, with.target.loc)?)?.rfind("with")?,
            None => end,
        };
        let modifiers = text.get(with..end)?;
        let part = |from: usize, to: usize| Some(text.get(from..to)?.trim().to_owned());
        let mut add = |part: String| expression.operands.push((part.clone(), format!("{part} {modifiers}")));
        match &asked.kind {
            TermKind::Call(name, operands) if INFIX.contains(&name.join(".").as_str()) => {
                let [left, right] = operands.as_slice() else { return Some(expression) };
                let (from, middle) = (offset(text, left.loc)?, offset(text, right.loc)?);
                let left = part(from, middle)?;
                let left = left.trim_end_matches(|c: char| "=!<>:".contains(c)).trim_end();
                let left = left.strip_suffix(" in").unwrap_or(left).trim_end().to_owned();
                for operand in [left, part(middle, with)?] {
                    // A literal says what it is.
                    if !operand.starts_with(|c: char| c.is_ascii_digit() || c == '"') {
                        add(operand);
                    }
                }
            }
            _ => add(part(start, with)?),
        }
        Some(expression)
    }
}

/// The variables that an expression declares.
fn declared(literal: &Literal) -> Vec<String> {
    let mut found = Vec::new();
    match &literal.kind {
        LiteralKind::Declare(names) => found.extend(names.iter().map(|(_, name)| name.to_string())),
        LiteralKind::SomeIn { key, value, .. } => {
            for pattern in key.iter().chain([value]) {
                visit::term(pattern, false, &mut |term, _| {
                    found.extend(term.as_var().filter(|name| ***name != *"_").map(ToString::to_string));
                });
            }
        }
        _ => {}
    }
    found
}

fn shown(value: &Value) -> String {
    crate::report::escape::cut(&term(value), SHOWN)
}

/// A place as a number of bytes.
pub(super) fn offset(text: &str, at: Loc) -> Option<usize> {
    let line = text.split_inclusive('\n').take(at.line.checked_sub(1)? as usize).map(str::len).sum::<usize>();
    Some(line + at.column.checked_sub(1)? as usize)
}

/// How long an expression is: to the end of its body or of its line, brackets closed.
pub(super) fn length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut depth = 0_i32;
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' | b';' if depth == 0 => return at,
            b')' | b']' | b'}' => depth -= 1,
            b'\n' if depth == 0 && !goes_on(text.get(at..).unwrap_or_default()) => return at,
            b'#' => {
                // A comment at the end of the expression is none of it.
                let line = text.get(at..).and_then(|rest| rest.find('\n')).unwrap_or(text.len() - at);
                if depth == 0 && !goes_on(text.get(at + line..).unwrap_or_default()) {
                    return text.get(..at).map_or(at, |before| before.trim_end().len());
                }
                at += line;
                continue;
            }
            b'`' => at += 1 + text.get(at + 1..).and_then(|rest| rest.find('`')).unwrap_or(0),
            b'"' => {
                at += 1;
                while let Some(byte) = bytes.get(at).filter(|byte| **byte != b'"') {
                    at += 1 + usize::from(*byte == b'\\');
                }
            }
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}

/// The next line begins with `with`.
fn goes_on(rest: &str) -> bool {
    rest.trim_start().strip_prefix("with").is_some_and(|rest| rest.starts_with(char::is_whitespace))
}

#[cfg(test)]
mod tests {
    use super::length;

    #[test]
    fn expressions_end_where_they_end() {
        for (text, expected) in [
            ("a == 1\nb", "a == 1"),
            ("count(a) == 1 with input as {\n\"x\": 1}\nb", "count(a) == 1 with input as {\n\"x\": 1}"),
            ("a\n\twith input as 1\n\twith data.x as 2 # why\n}", "a\n\twith input as 1\n\twith data.x as 2"),
            ("a == \"}\\\"\" }", "a == \"}\\\"\" "),
            ("a; b", "a"),
            ("f(`}\n`)\n", "f(`}\n`)"),
        ] {
            assert_eq!(text.get(..length(text)), Some(expected), "{text}");
        }
    }
}
