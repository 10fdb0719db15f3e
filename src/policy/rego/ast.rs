//! The syntax tree of a module.

use std::sync::Arc;

/// A place in a module's text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::policy) struct Loc {
    /// Line, from 1.
    pub(in crate::policy) line: u32,
    /// Column in bytes, from 1.
    pub(in crate::policy) column: u32,
}

/// A file of Rego.
#[derive(Clone, Debug)]
pub(in crate::policy) struct Module {
    /// The path below `data`.
    pub(in crate::policy) package: Vec<Arc<str>>,
    pub(in crate::policy) imports: Vec<Import>,
    pub(in crate::policy) rules: Vec<Rule>,
    /// Whether it is Rego v1, by its language or by `import rego.v1`.
    pub(in crate::policy) is_v1: bool,
}

/// `import data.lib.images as img`.
#[derive(Clone, Debug)]
pub(in crate::policy) struct Import {
    pub(in crate::policy) loc: Loc,
    /// With its root: `data`, `input`, `rego` or `future`.
    pub(in crate::policy) path: Vec<Arc<str>>,
    /// What it is called here.
    pub(in crate::policy) name: Arc<str>,
}

/// What a rule makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::policy) enum Shape {
    /// One value, also below a path with variables: `a[x].b := c`.
    Value,
    /// An element of a set.
    Element,
    /// A value that depends on arguments.
    Function,
}

/// A rule with one body; a chain of bodies in the text is several rules.
#[derive(Clone, Debug)]
pub(in crate::policy) struct Rule {
    pub(in crate::policy) loc: Loc,
    pub(in crate::policy) is_default: bool,
    pub(in crate::policy) shape: Shape,
    /// The path below the package: a name, then strings or other terms.
    pub(in crate::policy) path: Vec<Term>,
    pub(in crate::policy) args: Vec<Term>,
    /// The value, or the element.
    pub(in crate::policy) value: Term,
    /// Whether the text says the value.
    pub(in crate::policy) has_value: bool,
    pub(in crate::policy) body: Body,
    pub(in crate::policy) branches: Vec<Branch>,
}

/// `else := value { body }`.
#[derive(Clone, Debug)]
pub(in crate::policy) struct Branch {
    pub(in crate::policy) loc: Loc,
    pub(in crate::policy) value: Term,
    pub(in crate::policy) body: Body,
}

/// What must hold, all of it.
pub(in crate::policy) type Body = Vec<Literal>;

/// One condition of a body.
#[derive(Clone, Debug)]
pub(in crate::policy) struct Literal {
    pub(in crate::policy) loc: Loc,
    pub(in crate::policy) kind: LiteralKind,
    pub(in crate::policy) with: Vec<With>,
}

#[derive(Clone, Debug)]
pub(in crate::policy) enum LiteralKind {
    /// A term that is defined and not false; calls of `assign` and `eq` bind variables.
    Term(Term),
    Not(Term),
    /// `some x, y`
    Declare(Vec<(Loc, Arc<str>)>),
    /// `some k, v in xs`
    SomeIn {
        key: Option<Term>,
        value: Term,
        collection: Term,
    },
    Every {
        key: Option<(Loc, Arc<str>)>,
        value: (Loc, Arc<str>),
        domain: Term,
        body: Body,
    },
}

/// `with input.x as value`.
#[derive(Clone, Debug)]
pub(in crate::policy) struct With {
    pub(in crate::policy) target: Term,
    pub(in crate::policy) value: Term,
}

#[derive(Clone, Debug)]
pub(in crate::policy) struct Term {
    pub(in crate::policy) loc: Loc,
    pub(in crate::policy) kind: TermKind,
}

#[derive(Clone, Debug)]
pub(in crate::policy) enum TermKind {
    Null,
    Bool(bool),
    /// As it is written.
    Number(Arc<str>),
    String(Arc<str>),
    /// `_` too.
    Var(Arc<str>),
    /// `base.a["b"][c]`
    Ref(Box<Term>, Vec<Term>),
    Array(Vec<Term>),
    Set(Vec<Term>),
    Object(Vec<(Term, Term)>),
    ArrayCompr(Box<Term>, Body),
    SetCompr(Box<Term>, Body),
    ObjectCompr(Box<(Term, Term)>, Body),
    /// A call by its name's parts; operators have OPA's names: `plus`, `eq`, `assign`, …
    Call(Vec<Arc<str>>, Vec<Term>),
    /// `$"text {term}"`: texts, and arrays of what fills a hole: one term, or a comprehension's.
    Template(Vec<Term>),
}

impl Term {
    pub(in crate::policy) fn new(loc: Loc, kind: TermKind) -> Self {
        Self { loc, kind }
    }

    /// The text of a string.
    pub(in crate::policy) fn as_str(&self) -> Option<&Arc<str>> {
        match &self.kind {
            TermKind::String(text) => Some(text),
            _ => None,
        }
    }

    /// The name of a variable.
    pub(in crate::policy) fn as_var(&self) -> Option<&Arc<str>> {
        match &self.kind {
            TermKind::Var(name) => Some(name),
            _ => None,
        }
    }

    /// The arguments of a call of this name.
    pub(in crate::policy) fn call_of(&self, wanted: &str) -> Option<&[Term]> {
        match &self.kind {
            TermKind::Call(name, args) if matches!(&name[..], [only] if **only == *wanted) => Some(args),
            _ => None,
        }
    }
}
