//! What policies read of the other objects, so that an unchanged object is judged again only where a change can turn its
//! verdict.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use regorus::Value;

use super::compile::visit;
use super::rego::ast::{LiteralKind, Loc, Module, Term, TermKind};

/// What modules read of `data.inventory` and `data.inventory_base`, as far as their text tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InventoryReads {
    /// Kinds that are named.
    kinds: BTreeSet<Arc<str>>,
    /// Some read names no kind.
    any_kind: bool,
    /// Some read leaves the namespace of the object that is judged.
    elsewhere: bool,
}

impl InventoryReads {
    /// A read of which nothing is known.
    pub(super) fn anything() -> Self {
        Self { kinds: BTreeSet::new(), any_kind: true, elsewhere: true }
    }

    /// What a module reads; `by_convention` says that it is written as bundled policies are.
    pub(super) fn of(module: &Module, by_convention: bool) -> Self {
        let mut found = Self::default();
        // What is read by another name is not followed.
        let is_inventory = |import: &super::rego::ast::Import| {
            matches!(import.path.as_slice(), [root, rest @ ..] if &**root == "data"
                && rest.first().is_none_or(|first| INVENTORIES.contains(&&**first)))
        };
        if module.imports.iter().any(is_inventory) {
            return Self::anything();
        }
        for read in data(module) {
            match read {
                Read::Path(_, path) if !path.is_empty() => found.add_path(path, by_convention),
                Read::Path(..) => return Self::anything(),
                Read::Call(..) => {}
            }
        }
        found
    }

    /// `inventory.cluster[groupVersion][kind]` or `inventory.namespace[namespace][groupVersion][kind]`.
    fn add_path(&mut self, path: &[Term], by_convention: bool) {
        let word = |at: usize| path.get(at).and_then(Term::as_str);
        if path.first().is_some_and(|first| first.as_str().is_some_and(|name| !INVENTORIES.contains(&&**name))) {
            return;
        }
        let (at, own) = match word(1).map(|scope| &**scope) {
            Some("cluster") => (3, false),
            Some("namespace") => (4, path.get(2).is_some_and(|term| is_own_namespace(term, by_convention))),
            _ => return self.merge(&Self::anything()),
        };
        self.elsewhere |= !own;
        match word(at) {
            Some(kind) => _ = self.kinds.insert(Arc::clone(kind)),
            None => self.any_kind = true,
        }
    }

    /// What both read.
    pub(super) fn merge(&mut self, other: &Self) {
        self.kinds.extend(other.kinds.iter().cloned());
        self.any_kind |= other.any_kind;
        self.elsewhere |= other.elsewhere;
    }

    /// No other object is read.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        !self.any_kind && self.kinds.is_empty()
    }

    /// Objects of one of these kinds may be read.
    #[must_use]
    pub fn may_see(&self, kinds: &BTreeSet<String>) -> bool {
        (self.any_kind && !kinds.is_empty()) || self.kinds.iter().any(|kind| kinds.contains(&**kind))
    }

    /// Of the other objects only those in the namespace of the object that is judged are read.
    #[must_use]
    pub fn stays_in_namespace(&self) -> bool {
        !self.elsewhere
    }
}

/// So many constants are tried in the place of a value that is not known.
const CONSTANTS: usize = 24;

/// What modules may compare a value with: true and false, and the texts and numbers in them, those aside that name a field
/// or are sentences.
pub(super) fn constants<'m>(modules: impl Iterator<Item = &'m Module>) -> Vec<Value> {
    let mut found: BTreeMap<Value, i32> = BTreeMap::new();
    for rule in modules.flat_map(|module| &module.rules) {
        visit::rule(rule, &mut |term, _| {
            // A reference's parts are seen too.
            if let TermKind::Ref(_, path) = &term.kind {
                path.iter().filter_map(constant).for_each(|key| *found.entry(key).or_default() -= 1);
            }
            if let Some(value) = constant(term) {
                *found.entry(value).or_default() += 1;
            }
        });
    }
    let is_value =
        |value: &Value| value.as_string().map_or(true, |text| !text.is_empty() && !text.contains([' ', '%']));
    let own = found.into_iter().filter(|(value, count)| *count > 0 && is_value(value)).map(|(value, _)| value);
    [Value::from(true), Value::from(false)].into_iter().chain(own).take(CONSTANTS).collect()
}

/// The text or the number of a literal.
fn constant(term: &Term) -> Option<Value> {
    match &term.kind {
        TermKind::String(text) => Some(Value::from(&**text)),
        TermKind::Number(number) => Value::from_json_str(number).ok(),
        _ => None,
    }
}

/// The texts and numbers of a document, such as a policy's parameters.
pub(super) fn constants_of(document: &Value) -> Vec<Value> {
    let (mut found, mut open) = (Vec::new(), vec![document]);
    while let Some(value) = open.pop() {
        match value {
            Value::Array(items) => open.extend(items.iter()),
            Value::Set(items) => open.extend(items.iter()),
            Value::Object(fields) => open.extend(fields.values()),
            Value::String(_) | Value::Number(_) if found.len() < CONSTANTS => found.push(value.clone()),
            _ => {}
        }
    }
    found
}

/// How modules read their input, as far as their text tells.
#[derive(Debug, Default)]
pub(super) struct Input {
    /// The keys that are read of it.
    keys: BTreeSet<Arc<str>>,
    /// It is read as a whole, or by a key that is not known.
    whole: bool,
    /// Something goes through its items.
    is_listed: bool,
    /// Some path has a key `contents`.
    has_contents: bool,
}

impl Input {
    /// What modules read.
    pub(super) fn of<'m>(modules: impl Iterator<Item = &'m Module>) -> Self {
        let mut found = Self::default();
        for module in modules {
            let mut names = BTreeSet::from(["input"]);
            for import in module.imports.iter().filter(|import| import.path.first().is_some_and(|r| &**r == "input")) {
                match import.path.get(1) {
                    Some(key) => found.add(Some(Arc::clone(key))),
                    None => _ = names.insert(&import.name),
                }
            }
            let is_input = |term: &Term| term.as_var().is_some_and(|name| names.contains(&**name));
            for rule in &module.rules {
                visit::rule(rule, &mut |term, _| match &term.kind {
                    TermKind::Ref(base, path) => {
                        found.has_contents |=
                            path.iter().any(|part| part.as_str().is_some_and(|key| &**key == CONTENTS));
                        if is_input(base) {
                            let key = path.first().and_then(Term::as_str).cloned();
                            found.is_listed |= key.is_none();
                            found.add(key);
                        }
                    }
                    _ if is_input(term) => found.add(None),
                    _ => {}
                });
                visit::literals(rule, &mut |literal| match &literal.kind {
                    LiteralKind::SomeIn { collection: items, .. } | LiteralKind::Every { domain: items, .. } => {
                        found.is_listed |= is_input(items);
                    }
                    _ => {}
                });
            }
        }
        found
    }

    fn add(&mut self, key: Option<Arc<str>>) {
        match key {
            Some(key) => _ = self.keys.insert(key),
            None => self.whole = true,
        }
    }

    /// Nothing is read but what portcullis gives its own policies.
    pub(super) fn is_of_a_review(&self) -> bool {
        !self.whole && self.keys.contains("review") && self.keys.iter().all(|key| GIVEN.contains(&&**key))
    }

    /// A key of it that is read by its name.
    pub(super) fn key(&self) -> Option<&str> {
        self.keys.first().map(|key| &**key)
    }

    /// Something goes through its items, or may do so.
    pub(super) fn goes_through(&self) -> bool {
        self.is_listed || self.whole
    }

    /// It is read as the list of `{path, contents}` that `conftest test --combine` makes.
    pub(super) fn is_combined(&self) -> bool {
        self.is_listed && self.has_contents
    }
}

/// What is in the input of portcullis' own policies.
const GIVEN: [&str; 3] = ["review", "params", "change"];
/// Where conftest puts a file's document.
const CONTENTS: &str = "contents";

/// What is read of `data`, and where.
pub(super) enum Read<'a> {
    /// `data.a[b]`
    Path(Loc, &'a [Term]),
    /// `data.lib.f(x)`, without `data`.
    Call(Loc, &'a [Arc<str>]),
}

impl Read<'_> {
    /// Where, and its first key if that is constant.
    pub(super) fn first(&self) -> (Loc, Option<&str>) {
        match self {
            Self::Path(loc, path) => (*loc, path.first().and_then(Term::as_str).map(|key| &**key)),
            Self::Call(loc, name) => (*loc, name.first().map(|key| &**key)),
        }
    }
}

/// What a module reads of `data`, the targets of `with` among it.
pub(super) fn data(module: &Module) -> Vec<Read<'_>> {
    let mut found = Vec::new();
    for rule in &module.rules {
        visit::rule(rule, &mut |term, _| found.extend(read(term)));
        visit::literals(rule, &mut |literal| found.extend(literal.with.iter().filter_map(|with| read(&with.target))));
    }
    found
}

fn read(term: &Term) -> Option<Read<'_>> {
    let is_data = |name: &Arc<str>| &**name == "data";
    match &term.kind {
        TermKind::Var(name) if is_data(name) => Some(Read::Path(term.loc, &[])),
        TermKind::Ref(base, path) if base.as_var().is_some_and(is_data) => Some(Read::Path(term.loc, path)),
        TermKind::Call(name, _) => {
            let (root, rest) = name.split_first()?;
            (is_data(root) && !rest.is_empty()).then_some(Read::Call(term.loc, rest))
        }
        _ => None,
    }
}

/// The documents with the objects of the head and of the base.
const INVENTORIES: [&str; 2] = ["inventory", "inventory_base"];

/// The namespace of the object that is judged. Bundled policies call it so, by convention, and nothing else; what somebody
/// else calls so may be any.
fn is_own_namespace(term: &Term, by_convention: bool) -> bool {
    match &term.kind {
        TermKind::Var(name) => by_convention && &**name == "namespace",
        TermKind::Ref(base, path) => {
            let words: Option<Vec<&str>> = path.iter().map(|part| part.as_str().map(|word| &**word)).collect();
            let is_input = base.as_var().is_some_and(|name| &**name == "input");
            match words.as_deref() {
                Some(["review", "namespace"] | ["review", "object" | "oldObject", "metadata", "namespace"]) => is_input,
                Some([.., "namespace"]) => by_convention,
                _ => false,
            }
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::rego::parse;

    fn reads(text: &str) -> InventoryReads {
        reads_of(text, false)
    }

    fn reads_of(text: &str, by_convention: bool) -> InventoryReads {
        InventoryReads::of(&parse(&format!("package p\n{text}\n"), true).unwrap(), by_convention)
    }

    fn sees(text: &str, kind: &str) -> bool {
        reads(text).may_see(&BTreeSet::from([kind.to_owned()]))
    }

    #[test]
    fn kinds_are_named_or_any() {
        let named = "x := data.inventory.cluster.v1.Namespace[input.ns]";
        assert!(sees(named, "Namespace") && !sees(named, "Pod"));
        let named = "x if data.inventory.namespace[_][version][\"Ingress\"][_]";
        assert!(sees(named, "Ingress") && !sees(named, "Pod"));
        for any in [
            "x := data.inventory",
            "x := data[\"inventory\"].namespace[ns][version][kind]",
            "x := data[name]",
            "x if walk(data, [path, \"inventory\"])",
            "import data.inventory as all\nx := all.cluster.v1.Namespace",
            "x := y if { z := data.inventory_base.cluster; y := z.v1.Namespace } # inventory",
        ] {
            assert!(sees(any, "Pod"), "{any}");
            assert!(!reads(any).is_nothing() && !reads(any).stays_in_namespace(), "{any}");
        }
        for nothing in ["x := data.lib.images # no inventory", "x := 1", "x := input.inventory"] {
            assert!(reads(nothing).is_nothing(), "{nothing}");
        }
    }

    #[test]
    fn the_own_namespace_is_called_so() {
        let input = "x := data.inventory.namespace[input.review.namespace].v1.Pod";
        assert!(reads(input).stays_in_namespace());
        for own in ["x := data.inventory.namespace[namespace]", "x := data.inventory.namespace[review.namespace]"] {
            assert!(reads_of(own, true).stays_in_namespace(), "{own}");
            assert!(!reads(own).stays_in_namespace(), "{own}");
        }
        for other in
            ["data.inventory.namespace[other_namespace]", "data.inventory.namespace.shop", "data.inventory.cluster"]
        {
            assert!(!reads(&format!("x := {other}")).stays_in_namespace(), "{other}");
        }
    }
}
