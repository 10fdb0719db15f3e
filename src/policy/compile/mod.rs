//! Modules as OPA's compiler reads them: names resolved, mistakes found before anything is evaluated, and bodies lowered
//! to a plain form in which regorus and OPA cannot differ.
//!
//! The stages are OPA's, in its order, and as there a stage with mistakes is the last one; all its mistakes are told.

mod calls;
mod divided;
mod expand;
mod functions;
mod graph;
mod homes;
mod known;
mod once;
mod order;
mod patterns;
mod print;
mod resolve;
mod rules;
mod small;
mod stand_in;
mod steps;
mod tree;
mod types;
mod values;
pub(super) mod visit;
mod written;

use std::collections::BTreeMap;
use std::sync::Arc;

pub(super) use graph::Reference;
pub(super) use tree::{Path, dotted};

use super::engine::{Fault, Module, RegoVersion};
use super::limits::LONGEST_MODULE;
use super::rego;
use super::rego::ast::{self, LiteralKind, Loc, Rule, Shape, Term, TermKind};

/// Modules in the plain form.
#[derive(Debug)]
pub(super) struct Lowered {
    /// File and text. Every expression stands in the line where the author wrote it.
    pub(super) modules: Vec<(Arc<str>, String)>,
    /// The paths of all rules.
    pub(super) rules: Vec<Path>,
    /// Where the clauses of each rule begin, in their order, defaults left out.
    pub(super) places: BTreeMap<Path, Vec<(Arc<str>, u32)>>,
    /// The paths of functions, by the names that they have here.
    pub(super) functions: BTreeMap<String, Path>,
    /// Every path below `data` and `input` that is read; nothing stands for a part that is not known.
    pub(super) reads: Vec<Reference>,
    /// How many rules and loops are open at once, at most.
    pub(super) depth: usize,
    /// Rules whose values surely hold no object.
    pub(super) plain: Vec<Path>,
}

/// A module that was parsed.
#[derive(Debug)]
pub(super) struct Unit {
    pub(super) file: Arc<str>,
    pub(super) module: ast::Module,
}

/// Mistakes, as they are found.
#[derive(Debug, Default)]
pub(super) struct Faults {
    file: Arc<str>,
    found: Vec<Fault>,
    /// Those about heads, which OPA checks before bodies.
    heads: Vec<Fault>,
}

impl Faults {
    fn in_file(&mut self, file: &Arc<str>) {
        self.file = Arc::clone(file);
    }

    fn add(&mut self, code: &'static str, loc: Loc, message: impl Into<String>) {
        self.add_with_help(code, loc, message, None);
    }

    fn add_with_help(&mut self, code: &'static str, loc: Loc, message: impl Into<String>, help: Option<String>) {
        let (path, message) = (Arc::clone(&self.file), message.into());
        let fault = Fault { code, message, path, line: loc.line, column: loc.column, help };
        if !self.found.contains(&fault) {
            self.found.push(fault);
        }
    }

    /// How many there are.
    fn mark(&self) -> (usize, usize) {
        (self.found.len(), self.heads.len())
    }

    /// Forget what was found since.
    fn forget(&mut self, (found, heads): (usize, usize)) {
        self.found.truncate(found);
        self.heads.truncate(heads);
    }

    /// Stop if there are any.
    fn settle(&mut self) -> Result<(), Vec<Fault>> {
        if self.found.is_empty() { Ok(()) } else { Err(std::mem::take(&mut self.found)) }
    }
}

/// Parse modules; every file's mistakes are told.
pub(super) fn parse(modules: &[Module]) -> Result<Vec<Arc<Unit>>, Vec<Fault>> {
    let (mut units, mut faults) = (Vec::new(), Vec::new());
    for module in modules {
        match parse_one(module) {
            Ok(unit) => units.push(unit),
            Err(wrong) => faults.extend(wrong),
        }
    }
    if faults.is_empty() { Ok(units) } else { Err(faults) }
}

/// Parse a module.
pub(super) fn parse_one(module: &Module) -> Result<Arc<Unit>, Vec<Fault>> {
    if let Some(fault) = too_long(module) {
        return Err(vec![fault]);
    }
    let mut faults = Faults::default();
    faults.in_file(&module.path);
    let is_v1 = module.version == RegoVersion::V1;
    match rego::parse(&module.text, is_v1) {
        Ok(parsed) => Ok(Arc::new(Unit { file: Arc::clone(&module.path), module: parsed })),
        Err(errors) => {
            for error in errors {
                faults.add("rego_parse_error", error.loc, error.message);
            }
            Err(faults.found)
        }
    }
}

/// A module that is too long to be compiled.
pub(super) fn too_long(module: &Module) -> Option<Fault> {
    (module.text.len() > LONGEST_MODULE).then(|| Fault {
        code: "unsupported",
        help: Some("put tables of data in a data file".to_owned()),
        ..Fault::of(
            &module.path,
            format!("the module is {} bytes long, at most {LONGEST_MODULE} are read", module.text.len()),
        )
    })
}

/// The rule that holds the answers to a query.
pub(super) const QUERY: &str = "data.__query.answers";

/// A query as a module: `answers := [answer | query]`, where the last term of the query is the answer.
pub(super) fn query(text: &str) -> Result<Arc<Unit>, Vec<Fault>> {
    let mut faults = Faults::default();
    let file: Arc<str> = Arc::from("query");
    faults.in_file(&file);
    let mut body = match rego::parse_query(text) {
        Ok(body) => body,
        Err(error) => {
            faults.add("rego_parse_error", error.loc, error.message);
            faults.settle()?;
            Vec::new()
        }
    };
    let loc = Loc { line: 1, column: 1 };
    let is_binding = |term: &Term| term.call_of("assign").or_else(|| term.call_of("eq")).is_some();
    let answer = Term::new(loc, TermKind::Var(Arc::from("__answer")));
    let mut head = Term::new(loc, TermKind::Bool(true));
    if let Some(LiteralKind::Term(term)) = body.last_mut().map(|literal| &mut literal.kind)
        && !is_binding(term)
    {
        let args = vec![answer.clone(), term.clone()];
        *term = Term::new(loc, TermKind::Call(vec![Arc::from("assign")], args));
        head = answer;
    }
    let rule = Rule {
        loc,
        is_default: false,
        shape: Shape::Value,
        path: vec![Term::new(loc, TermKind::Var(Arc::from("answers")))],
        args: Vec::new(),
        value: Term::new(loc, TermKind::ArrayCompr(Box::new(head), body)),
        has_value: true,
        body: Vec::new(),
        branches: Vec::new(),
    };
    let module =
        ast::Module { package: vec![Arc::from("__query")], imports: Vec::new(), rules: vec![rule], is_v1: true };
    Ok(Arc::new(Unit { file, module }))
}

/// Check and lower modules. All of their rules are checked; where it is known which packages will be asked
/// (`policy.workloads.no_probe`), only the rules of these and what they need are lowered. What is traced keeps its
/// lines; else what is done for speed moves some.
pub(super) fn lower(units: &[Arc<Unit>], asked: Option<&[&str]>, is_traced: bool) -> Result<Lowered, Vec<Fault>> {
    let mut faults = Faults::default();
    let tree = tree::Tree::of(units, &mut faults);
    faults.settle()?;
    let resolved = resolve::resolve(units, &tree, &mut faults);
    faults.settle()?;
    calls::check(&resolved, &tree, &mut faults);
    faults.settle()?;
    let functions = functions::Functions::of(&resolved, &tree);
    let small = if is_traced { small::Small::default() } else { small::Small::of(&resolved, &functions) };
    let whole = steps::Whole { tree: &tree, functions: &functions, small };
    let graph = graph::Graph::of(&resolved, &tree);
    let is_whole = is_traced || graph.reads_any_package();
    let mut once = if is_whole { once::Once::default() } else { once::Once::of(&resolved) };
    let needed = asked.map(|asked| graph.needed_by(asked));
    let is_needed = |path: &Path| needed.as_ref().is_none_or(|needed| needed.contains(path));
    let (mut modules, weights) = rules::lower(&resolved, &whole, &mut once, is_needed, &mut faults);
    modules.extend(once.modules());
    modules.extend(stand_in::module(&resolved));
    modules.extend(homes::modules(&resolved, &tree, is_needed));
    // The engine takes a package for evaluated once all of its own rules are: those below it come first.
    modules.sort_by_key(|(_, text)| std::cmp::Reverse(print::package_length(text)));
    if !faults.heads.is_empty() {
        faults.found = std::mem::take(&mut faults.heads);
    }
    faults.settle()?;
    let order = graph.order();
    let (reads, depth) = graph.check(&weights, &mut faults);
    faults.settle()?;
    let plain = types::check(&resolved, &order, &tree, &mut faults);
    faults.settle()?;
    let mut places: BTreeMap<Path, Vec<(Arc<str>, u32)>> = BTreeMap::new();
    for file in &resolved {
        for rule in file.rules.iter().filter(|rule| !rule.is_default) {
            let path = tree::known_path(&file.package, &rule.path).0;
            places.entry(path).or_default().push((Arc::clone(&file.file), rule.loc.line));
        }
    }
    let functions = functions.into_paths();
    Ok(Lowered { modules, rules: tree.paths(), places, functions, reads, depth, plain })
}
