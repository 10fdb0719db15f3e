//! What Gatekeeper refuses of a template's Rego before it compiles it: it must have a rule `violation`, and read nothing of
//! `data` but its libraries and the inventory.

use crate::policy::compile::visit;
use crate::policy::reads;
use crate::policy::rego::ast::{Loc, Module, Term};

/// A mistake: where (no line is the first), what, and what to do.
pub(super) type Mistake = (Loc, String, &'static str);

/// What is wrong with a template's module.
pub(super) fn mistakes(module: &Module, is_lib: bool) -> Vec<Mistake> {
    let mut found = Vec::new();
    // The package, which stands in front.
    let start = Loc::default();
    if is_lib && !(module.package.len() > 1 && module.package.first().is_some_and(|first| &**first == "lib")) {
        let message = format!("the package of a library must lie below `lib`, not be `{}`", module.package.join("."));
        found.push((start, message, "call it `lib.<name>`"));
    }
    if !is_lib && !module.rules.iter().any(|rule| rule.path.first().is_some_and(is_violation)) {
        let help = "a template needs a rule `violation[{\"msg\": msg}]`";
        found.push((start, "the Rego has no rule `violation`".to_owned(), help));
    }
    for import in &module.imports {
        let path: Vec<&str> = import.path.iter().map(|part| &**part).collect();
        let message = format!("Gatekeeper takes no import of `{}`", path.join("."));
        match path.as_slice() {
            ["future", ..] | ["data", "lib", ..] => {}
            ["input", ..] => found.push((import.loc, message, "write `input.review`")),
            ["rego", ..] => found.push((import.loc, message, "say `version: v1` beside `rego:` instead")),
            _ => found.push((import.loc, message, "import `data.lib.<name>`")),
        }
    }
    for read in reads::data(module) {
        let (loc, key) = read.first();
        if !matches!(key, Some("lib" | "inventory")) {
            let what = key.map_or("data".to_owned(), |key| format!("data.{key}"));
            let help = "there is `data.inventory`, and `data.lib` for its own libraries";
            found.push((loc, format!("a template cannot read `{what}`"), help));
        }
    }
    found
}

/// Whether a module asks a provider in the cluster.
pub(super) fn asks_external_data(module: &Module) -> bool {
    let mut asks = false;
    for rule in &module.rules {
        visit::rule(rule, &mut |term, _| asks |= term.call_of("external_data").is_some());
    }
    asks
}

pub(super) fn is_violation(name: &Term) -> bool {
    name.as_var().or(name.as_str()).is_some_and(|name| &**name == "violation")
}
