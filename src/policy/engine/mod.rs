//! Compiling and evaluating Rego, with OPA's verdicts.
//!
//! [`regorus`] evaluates. Before, modules are read, checked as OPA's compiler checks them, and lowered to a plain form
//! (`compile`), because regorus alone answers otherwise than OPA in places.

mod error;

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use regorus::{Engine, Value};

pub use self::error::{EvalError, Fault, Trouble};
use self::error::{at_clause, fault, last_line, place};
use super::compile::{self, Lowered, Unit};
pub use super::limits::Limits;
use super::{builtins, internal};

/// The language of a module, as OPA tells the two apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RegoVersion {
    /// Before OPA 1.0: `deny[msg] { … }`.
    V0,
    /// OPA 1.0: `deny contains msg if { … }`.
    #[default]
    V1,
}

/// The text of a module.
#[derive(Clone, Debug)]
pub struct Module {
    /// The file, as people know it.
    pub path: Arc<str>,
    /// Its text.
    pub text: Arc<str>,
    /// Its language.
    pub version: RegoVersion,
}

/// What a rule says, and what the policy said on the way.
#[derive(Clone, Debug, Default)]
pub struct Traced {
    /// The value; none when undefined.
    pub value: Option<Value>,
    /// What was printed, each after its `file:line: `.
    pub prints: Vec<String>,
    /// The lines with expressions, by file: evaluated or not.
    pub coverage: Vec<Covered>,
}

/// The lines of a file that were evaluated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Covered {
    /// The file.
    pub path: String,
    /// Evaluated lines.
    pub covered: BTreeSet<u32>,
    /// Lines with expressions that were not evaluated.
    pub not_covered: BTreeSet<u32>,
}

/// So many levels of rules and loops fit the stack of any thread.
const SHALLOW: usize = 20;
/// The stack of a thread for more, in bytes, and what each level takes of it.
const STACK: usize = 2 << 20;
const STACK_PER_LEVEL: usize = if cfg!(debug_assertions) { 256 << 10 } else { 64 << 10 };
/// The stack of a thread that evaluates policies all the time, in bytes. Only what is used of it takes memory.
pub const ROOMY_STACK: usize = 32 << 20;

thread_local! {
    /// So many levels fit the stack of this thread.
    static LEVELS: Cell<usize> = const { Cell::new(SHALLOW) };
}

/// Say that this thread has a stack of [`ROOMY_STACK`], so that evaluations need none of their own.
pub fn this_thread_is_roomy() {
    LEVELS.set((ROOMY_STACK - STACK) / STACK_PER_LEVEL);
}

/// Modules that were checked and prepared. A clone is cheap.
#[derive(Clone, Debug)]
pub struct Program {
    engine: Engine,
    /// Clones of the engine that answered and wait for the next question: a new one would make room for its variables,
    /// and copy the functions that it calls, again.
    idle: Arc<Mutex<Vec<Engine>>>,
    limits: Limits,
    facts: Arc<Facts>,
}

#[derive(Debug, Default)]
struct Facts {
    rules: Vec<String>,
    /// The same paths, below `data`, in parts.
    paths: Vec<compile::Path>,
    /// Where the clauses of each rule begin.
    places: BTreeMap<String, Vec<(Arc<str>, u32)>>,
    /// The full paths of functions, by the names that they have in the lowered text.
    functions: BTreeMap<String, String>,
    /// The lowered text, by file.
    modules: Vec<(Arc<str>, String)>,
    /// How many rules and loops are open at once, at most.
    depth: usize,
    /// Paths that are read; nothing stands for a part that is not known.
    reads: Vec<compile::Reference>,
    /// Rules whose values surely hold no object.
    plain: BTreeSet<String>,
    /// Rules that took too long twice.
    slow: Mutex<BTreeSet<String>>,
}

impl Program {
    /// Check, lower and prepare modules with the documents that they read below `data`.
    pub fn compile(modules: &[Module], data: &Value) -> Result<Self, Vec<Fault>> {
        Self::prepare(&compile::lower(&compile::parse(modules)?, None, true)?, data)
    }

    /// The same of modules that were parsed. Where it is known which packages are asked, it answers for those alone.
    pub(super) fn of_units(units: &[Arc<Unit>], asked: Option<&[&str]>, data: &Value) -> Result<Self, Vec<Fault>> {
        Self::prepare(&compile::lower(units, asked, false)?, data)
    }

    /// The same, with a query such as `data.main.deny[x]`, whose answers [`answers`](Self::answers) gives.
    pub fn compile_query(modules: &[Module], data: &Value, query: &str) -> Result<Self, Vec<Fault>> {
        let mut units = compile::parse(modules)?;
        units.push(compile::query(query)?);
        Self::of_units(&units, None, data)
    }

    /// The answers to the query that was compiled, and what the policies printed.
    pub fn answers(&self, input: &Value) -> Result<(Vec<Value>, Vec<String>), EvalError> {
        let traced = self.evaluate_traced(compile::QUERY, input)?;
        let answers = match traced.value {
            Some(Value::Array(answers)) => answers.iter().cloned().collect(),
            _ => Vec::new(),
        };
        Ok((answers, traced.prints))
    }

    fn prepare(lowered: &Lowered, data: &Value) -> Result<Self, Vec<Fault>> {
        let mut engine = Engine::new();
        // Our functions give undefined where OPA's builtins fail; what regorus calls an error is one.
        engine.set_strict_builtin_errors(true);
        engine.set_gather_prints(true);
        Limits::default().apply(&mut engine);
        let called: HashSet<&str> = lowered.modules.iter().flat_map(|(_, text)| called(text)).collect();
        let is_called = |name: &str| called.contains(name);
        internal::register(&mut engine, is_called);
        builtins::register(&mut engine, is_called);
        internal::register_native(&mut engine, is_called);
        for (path, text) in &lowered.modules {
            engine.add_policy(path.to_string(), text.clone()).map_err(|error| {
                let message = format!("the Rego engine does not take this module: {}", last_line(&error.to_string()));
                vec![fault("unsupported", path, message)]
            })?;
        }
        let mut rules: Vec<String> = Vec::new();
        rules.extend(lowered.rules.iter().map(|path| compile::dotted(path)));
        let places = lowered.places.iter().map(|(path, places)| (compile::dotted(path), places.clone())).collect();
        let functions = lowered.functions.iter().map(|(name, path)| (name.clone(), compile::dotted(path))).collect();
        let (modules, reads, paths) = (lowered.modules.clone(), lowered.reads.clone(), lowered.rules.clone());
        let plain = lowered.plain.iter().map(|path| compile::dotted(path)).collect();
        let (depth, slow) = (lowered.depth, Mutex::default());
        let facts = Facts { rules, paths, places, functions, modules, depth, reads, plain, slow };
        let facts = Arc::new(facts);
        Self { engine, idle: Arc::default(), limits: Limits::default(), facts }.filled(data)
    }

    fn filled(mut self, data: &Value) -> Result<Self, Vec<Fault>> {
        let conflicts = self.facts.conflicts(data);
        if !conflicts.is_empty() {
            return Err(conflicts);
        }
        let unusable = |message: String| vec![fault("unsupported", &Arc::from("data"), message)];
        self.engine.add_data(data.clone()).map_err(|error| unusable(last_line(&error.to_string())))?;
        // Prepares the engine, so that its clones are prepared.
        self.engine.eval_query("true".to_owned(), false).map_err(|error| unusable(last_line(&error.to_string())))?;
        self.idle = Arc::default();
        Ok(self)
    }

    /// The full paths of all rules: `data.policy.x.deny`.
    pub fn rules(&self) -> impl Iterator<Item = &str> {
        self.facts.rules.iter().map(String::as_str)
    }

    /// Whether the value of a rule surely holds no object: a set of texts, say.
    #[must_use]
    pub fn holds_no_object(&self, rule: &str) -> bool {
        self.facts.plain.contains(rule)
    }

    /// Whether a module reads something at, above or below a path such as `data.inventory`. A read whose path is not
    /// known before evaluation counts.
    #[must_use]
    pub fn reads(&self, path: &str) -> bool {
        let mut parts = path.split('.');
        let root = parts.next().unwrap_or_default();
        let wanted: Vec<&str> = parts.collect();
        self.facts.reads.iter().filter(|(read, _)| **read == *root).any(|(_, read)| {
            read.iter().zip(&wanted).all(|(part, wanted)| part.as_ref().is_none_or(|part| **part == **wanted))
        })
    }

    /// The same modules with other documents below `data`.
    pub fn with_data(&self, data: &Value) -> Result<Self, EvalError> {
        let mut program = self.clone();
        program.engine.clear_data();
        program.filled(data).map_err(|faults| {
            let message = faults.first().map_or_else(String::new, ToString::to_string);
            EvalError { trouble: Trouble::Other, message }
        })
    }

    /// What a rule says of an input; none when it is undefined, or when there is no such rule. An evaluation that takes too
    /// long is tried once more, alone, because the machine may have been busy. A rule that does so twice is not asked
    /// again: the next object would take as long.
    pub fn evaluate(&self, rule: &str, input: &Value) -> Result<Option<Value>, EvalError> {
        static ALONE: Mutex<()> = Mutex::new(());
        let is_slow = || self.facts.slow.lock().unwrap_or_else(PoisonError::into_inner).contains(rule);
        if is_slow() {
            return Err(self.too_slow(rule));
        }
        let evaluate = || {
            let waiting = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let mut engine = waiting.unwrap_or_else(|| self.engine.clone());
            let value = self.run(&mut engine, rule, input);
            internal::take_prints();
            // One that failed may have been left in the midst of a loop.
            if value.is_ok() {
                self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(engine);
            }
            value
        };
        let is_late = |value: &Result<_, EvalError>| value.as_ref().is_err_and(|error| error.trouble == Trouble::Time);
        let first = evaluate();
        if !is_late(&first) {
            return first;
        }
        let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        if is_slow() {
            return Err(self.too_slow(rule));
        }
        let second = evaluate();
        if is_late(&second) {
            self.facts.slow.lock().unwrap_or_else(PoisonError::into_inner).insert(rule.to_owned());
        }
        second
    }

    /// As [`evaluate`](Self::evaluate), with what the policy printed and which lines were evaluated.
    pub fn evaluate_traced(&self, rule: &str, input: &Value) -> Result<Traced, EvalError> {
        let mut engine = self.engine.clone();
        engine.set_enable_coverage(true);
        internal::take_prints();
        let value = self.run(&mut engine, rule, input)?;
        let mut traced = Traced { value, prints: internal::take_prints(), coverage: Vec::new() };
        for file in engine.get_coverage_report().map(|report| report.files).unwrap_or_default() {
            let path = file.path.clone();
            let known = traced.coverage.iter_mut().find(|known| known.path == path);
            if let Some(known) = known {
                known.covered.extend(file.covered);
                known.not_covered.extend(file.not_covered);
            } else {
                traced.coverage.push(Covered { path, covered: file.covered, not_covered: file.not_covered });
            }
        }
        for file in &mut traced.coverage {
            let covered = &file.covered;
            file.not_covered.retain(|line| !covered.contains(line));
        }
        Ok(traced)
    }

    fn run(&self, engine: &mut Engine, rule: &str, input: &Value) -> Result<Option<Value>, EvalError> {
        if !self.facts.rules.iter().any(|known| known == rule) {
            return Ok(None);
        }
        engine.set_input(input.clone());
        if self.facts.depth <= LEVELS.get() {
            return self.run_here(engine, rule);
        }
        let builder = std::thread::Builder::new().stack_size(STACK + self.facts.depth * STACK_PER_LEVEL);
        let (value, prints) = std::thread::scope(|scope| {
            let run = || (self.run_here(engine, rule), internal::take_prints());
            let thread = builder.spawn_scoped(scope, run).ok();
            thread.and_then(|thread| thread.join().ok()).unwrap_or_else(|| {
                let message = "a policy that nests deeply needs a thread, and there is none to be had".to_owned();
                (Err(EvalError { trouble: Trouble::Memory, message }), Vec::new())
            })
        });
        internal::print_again(prints);
        value
    }

    fn run_here(&self, engine: &mut Engine, rule: &str) -> Result<Option<Value>, EvalError> {
        // Forget what others left on this thread.
        let _ = builtins::take_failures();
        builtins::mantissa::forget();
        let value = engine.eval_rule(rule.to_owned()).map(builtins::mantissa::settled);
        if let Some(failure) = builtins::take_failures().into_iter().find(|failure| failure.unavailable) {
            let error = value.err().map_or_else(String::new, |error| error.to_string());
            let at = place(&error).and_then(|place| place.rsplit_once(':')).map(|(at, _)| format!("{at}: "));
            let message = format!("{}{}", at.unwrap_or_default(), failure.message);
            return Err(EvalError { trouble: Trouble::Builtin, message });
        }
        match value {
            Ok(Value::Undefined) => Ok(None),
            Ok(value) => Ok(Some(value)),
            Err(error) => {
                let error = self.facts.eval_error(&error.to_string());
                Err(if error.trouble == Trouble::Time { self.too_slow(rule) } else { error })
            }
        }
    }

    /// A rule takes too long; where it begins, since where it was when its time was over is chance.
    fn too_slow(&self, rule: &str) -> EvalError {
        let at = self.facts.places.get(rule).and_then(|clauses| clauses.first()).map(|clause| at_clause(clause) + ": ");
        let message = format!("{}evaluating {rule} took longer than {:?}", at.unwrap_or_default(), self.limits.time);
        EvalError { trouble: Trouble::Time, message }
    }
}

/// The names before parentheses, and those that a `with` puts in a function's place.
fn called(text: &str) -> impl Iterator<Item = &str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
    let before = text.match_indices('(').filter_map(move |(at, _)| {
        let name = text.get(..at)?;
        name.get(name.trim_end_matches(is_part).len()..)
    });
    let behind = text.match_indices(" as ").filter_map(move |(at, found)| {
        let name = text.get(at + found.len()..)?;
        name.get(..name.find(|c| !is_part(c)).unwrap_or(name.len()))
    });
    before.chain(behind)
}
