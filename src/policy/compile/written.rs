//! Numbers that are written otherwise than the engine writes them, such as `3.0` and `1e3`. OPA keeps how a number is
//! written: `sprintf("%d", [3.0])` is no `3` there. They are refused where that would show.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::resolve::{Resolved, path_of};
use super::tree::known_path;
use super::{Faults, visit};
use crate::policy::rego::ast::{LiteralKind, Rule, Shape, Term, TermKind};

/// How much of a number's text shows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shown {
    /// What it is, unless it has an exponent, which `sprintf` takes for a text.
    Value,
    /// Whether it is a whole one.
    Kind,
    /// All of it.
    Text,
}

/// What stands for such numbers.
#[derive(Debug)]
pub(super) struct Written {
    /// Rules, by their paths with `data`, and variables, with their numbers.
    names: BTreeSet<(Vec<Arc<str>>, Arc<str>)>,
}

impl Written {
    /// Rules that are such a number.
    pub(super) fn of(files: &[Resolved]) -> Self {
        let mut names = BTreeSet::new();
        for file in files {
            for rule in file.rules.iter().filter(|rule| rule.shape == Shape::Value) {
                if let Some(number) = number(&rule.value) {
                    let (path, _) = known_path(&file.package, &rule.path);
                    names.insert((std::iter::once(Arc::from("data")).chain(path).collect(), number));
                }
            }
        }
        Self { names }
    }

    /// With the variables of a rule.
    pub(super) fn within(&self, rule: &Rule) -> Self {
        let mut names = self.names.clone();
        visit::literals(rule, &mut |literal| {
            if let LiteralKind::Term(term) = &literal.kind
                && let Some([left, right]) = term.call_of("assign").or_else(|| term.call_of("eq"))
                && let (Some(name), Some(number)) = (left.as_var(), number(right))
            {
                names.insert((vec![Arc::clone(name)], number));
            }
        });
        Self { names }
    }

    /// Refuse those that a call is given.
    pub(super) fn call(&self, name: &[Arc<str>], args: &[Term], faults: &mut Faults) {
        let shown = match name.join(".").as_str() {
            "json.marshal" | "json.marshal_with_options" | "strings.render_template" | "yaml.marshal" => Shown::Text,
            _ if is_blind(name) => return,
            _ => Shown::Kind,
        };
        for arg in args {
            match &arg.kind {
                // What `sprintf` prints itself is read as a number, what is within that as a text.
                TermKind::Array(items) if matches!(name, [only] if **only == *"sprintf") => {
                    let plain = args.first().and_then(Term::as_str).map_or_else(Vec::new, |it| plain_verbs(it));
                    for (at, item) in items.iter().enumerate() {
                        let shown = if plain.get(at) == Some(&true) { Shown::Value } else { Shown::Kind };
                        let is_number = matches!(item.kind, TermKind::Number(_) | TermKind::Var(_) | TermKind::Ref(..));
                        self.term(item, if is_number { shown } else { Shown::Text }, faults);
                    }
                }
                _ => self.term(arg, shown, faults),
            }
        }
    }

    fn term(&self, term: &Term, shown: Shown, faults: &mut Faults) {
        let found = match &term.kind {
            TermKind::Array(items) | TermKind::Set(items) => {
                return items.iter().for_each(|item| self.term(item, shown, faults));
            }
            TermKind::Object(pairs) => return pairs.iter().for_each(|(_, value)| self.term(value, shown, faults)),
            TermKind::Number(_) => number(term),
            TermKind::Var(_) | TermKind::Ref(..) => path_of(&term.kind).and_then(|path| {
                self.names.iter().find(|(known, _)| *known == path).map(|(_, number)| Arc::clone(number))
            }),
            _ => None,
        };
        let is_told = |number: &str| match shown {
            Shown::Value => number.contains(['e', 'E']),
            Shown::Kind => is_whole(number) || number.contains(['e', 'E']),
            Shown::Text => true,
        };
        if let Some(number) = found.filter(|number| is_told(number)) {
            let help = Some("write the number without an exponent and zeros at its end".to_owned());
            let message = format!("how the number {number} is written shows in this call, and is not known here");
            faults.add_with_help("unsupported", term.loc, message, help);
        }
    }
}

/// A number that is written otherwise than the engine does.
fn number(term: &Term) -> Option<Arc<str>> {
    let TermKind::Number(text) = &term.kind else { return None };
    let is_odd = text.contains(['e', 'E']) || text.contains('.') && text.ends_with('0');
    is_odd.then(|| Arc::clone(text))
}

/// Of each verb of a format whether it is `%v` and nothing more; none where arguments are taken out of turn.
fn plain_verbs(format: &str) -> Vec<bool> {
    if format.contains('[') || format.contains('*') {
        return Vec::new();
    }
    let text = format.replace("%%", "");
    text.split('%').skip(1).map(|verb| verb.starts_with('v')).collect()
}

fn is_whole(text: &str) -> bool {
    text.parse::<f64>().is_ok_and(|number| number.fract() == 0.0)
}

/// Whether a function looks at a number's value alone; what functions of the author's do with it nobody knows.
fn is_blind(name: &[Arc<str>]) -> bool {
    const BLIND: [&str; 22] = [
        "abs", "assign", "ceil", "count", "div", "eq", "equal", "floor", "gt", "gte", "lt", "lte", "max", "min",
        "minus", "mul", "neq", "plus", "print", "product", "round", "sum",
    ];
    match name {
        [root, ..] if matches!(&**root, "bits" | "data" | "internal") => true,
        [space, get] if **space == *"object" && **get == *"get" => true,
        [only] => BLIND.contains(&&**only),
        _ => false,
    }
}
