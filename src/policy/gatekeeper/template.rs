//! ConstraintTemplates: the Rego of a kind of constraint, and the schema of its parameters.

use std::sync::{Arc, OnceLock};

use super::{fault, rego, schema};
use crate::manifest::object::Object;
use crate::policy::Value;
use crate::policy::compile::{self, Unit, dotted};
use crate::policy::engine::{Fault, Module, Program, RegoVersion};
use crate::policy::reads::InventoryReads;
use crate::policy::rego::ast::{self, Loc};
use crate::policy::rego::parse;
use crate::schema::crd::pack::Pack;
use crate::yaml::{self, pointer};

/// The one target that templates have.
const TARGET: &str = "admission.k8s.gatekeeper.sh";

/// The engine that is evaluated here.
const REGO: &str = "Rego";
/// The engine of `ValidatingAdmissionPolicy`'s language.
const CEL: &str = "K8sNativeValidation";

/// The code of a fault.
pub(super) const INVALID: &str = "gatekeeper_template";

/// A template.
#[derive(Debug)]
pub struct Template {
    /// The kind of its constraints.
    pub kind: String,
    /// The ConstraintTemplate.
    pub object: Object,
    /// Operations that it is asked about; none named: all.
    pub operations: Vec<String>,
    /// Its Rego, or why it cannot be judged here.
    code: Result<Vec<Code>, String>,
    /// What it reads of the other objects.
    pub inventory: InventoryReads,
    /// It has CEL beside its Rego. Of Gatekeeper's drivers (3.23) that of CEL is asked first.
    pub has_cel: bool,
    pub(super) pack: Pack,
    program: OnceLock<Result<Program, Vec<Fault>>>,
    /// The package of its rule `violation`, and the full path of that.
    package: String,
    rule: String,
}

/// One module, and how far it is indented in its file.
#[derive(Debug)]
struct Code {
    module: Module,
    unit: Arc<Unit>,
    /// The lines of the file that it takes; columns of faults on them are moved.
    lines: std::ops::Range<u32>,
    indent: u32,
}

impl Template {
    /// Read a template; its Rego is not compiled yet.
    pub(super) fn read(object: &Object) -> Result<Self, Vec<Fault>> {
        let fault = |at: &str, message: String, help: &str| vec![fault::at(object, at, INVALID, message, help)];
        let value = object.value();
        let kind = value.path(&["spec", "crd", "spec", "names", "kind"]).and_then(yaml::Value::as_str);
        let Some(kind) = kind.filter(|kind| !kind.is_empty()) else {
            return Err(fault("/spec/crd/spec/names", "the template names no kind".to_owned(), "add `kind`"));
        };
        if !object.key.name.eq_ignore_ascii_case(kind) {
            let message = format!("the template's name {:?} is not the kind {kind:?} in lower case", object.key.name);
            return Err(fault("/metadata/name", message, &format!("call it `{}`", kind.to_lowercase())));
        }
        let targets: Vec<_> = value.path(&["spec", "targets"]).into_iter().flat_map(yaml::Value::items).collect();
        let [target] = targets.as_slice() else {
            return Err(fault("/spec/targets", format!("a template has one target, not {}", targets.len()), ""));
        };
        let name = target.get("target").and_then(yaml::Value::as_str).unwrap_or_default();
        if name != TARGET {
            let message = format!("the target {name:?} is not known");
            return Err(fault("/spec/targets/0/target", message, &format!("write `{TARGET}`")));
        }
        let pack = schema::compile(object, kind).map_err(|refusal| {
            let message = format!("no CustomResourceDefinition can be made of the template: {refusal}");
            fault("/spec/crd/spec/validation/openAPIV3Schema", message, "")
        })?;
        let operations = target.get("operations").into_iter().flat_map(yaml::Value::items);
        let mut template = Self {
            kind: kind.to_owned(),
            object: object.clone(),
            operations: operations.filter_map(yaml::Value::as_str).map(str::to_owned).collect(),
            code: Ok(vec![]),
            inventory: InventoryReads::default(),
            has_cel: false,
            pack,
            program: OnceLock::new(),
            package: String::new(),
            rule: String::new(),
        };
        template.read_code(*target)?;
        Ok(template)
    }

    /// The first Rego among `code`, else the target's own.
    fn read_code(&mut self, target: yaml::Value<'_>) -> Result<(), Vec<Fault>> {
        let codes: Vec<_> = target.get("code").into_iter().flat_map(yaml::Value::items).collect();
        let engine =
            |code: yaml::Value<'_>| code.get("engine").and_then(yaml::Value::as_str).unwrap_or_default().to_owned();
        let engines: Vec<String> = codes.iter().map(|code| engine(*code)).collect();
        let found = engines.iter().position(|engine| engine == REGO);
        self.has_cel = engines.iter().any(|engine| engine == CEL);
        let (source, at, version) = match found.and_then(|index| Some((index, codes.get(index)?.get("source")?))) {
            Some((index, source)) => {
                let is_v1 = source.get("version").and_then(yaml::Value::as_str) == Some("v1");
                let version = if is_v1 { RegoVersion::V1 } else { RegoVersion::V0 };
                (source, format!("/spec/targets/0/code/{index}/source"), version)
            }
            None if target.get("rego").is_some() => (target, "/spec/targets/0".to_owned(), RegoVersion::V0),
            None if codes.is_empty() => {
                let message = "the template has no code";
                return Err(vec![fault::at(&self.object, "/spec/targets/0", INVALID, message, "add Rego")]);
            }
            None => {
                self.code = Err(format!("the template has no Rego, only {}", engines.join(", ")));
                return Ok(());
            }
        };
        self.modules(source, &at, version)
    }

    fn modules(&mut self, source: yaml::Value<'_>, at: &str, version: RegoVersion) -> Result<(), Vec<Fault>> {
        let object = self.object.clone();
        let path: Arc<str> = Arc::from(object.path().to_string());
        let libs = source.get("libs").into_iter().flat_map(yaml::Value::items).enumerate();
        let libs = libs.map(|(index, lib)| (format!("{at}/libs/{index}"), Some(lib), true));
        let entry = (format!("{at}/rego"), source.get("rego"), false);
        let mut modules = Vec::new();
        let mut faults = Vec::new();
        let mut external = false;
        for (at, value, is_lib) in std::iter::once(entry).chain(libs) {
            let Some((value, text)) = value.and_then(|value| Some((value, value.as_str()?))) else {
                faults.push(fault::at(&object, &at, INVALID, "this must be Rego, as a text", ""));
                continue;
            };
            let block = Block::of(&object, value, text);
            let module = Module { path: Arc::clone(&path), text: block.pushed_down(text), version };
            let refused = |loc: Loc, message: String, help: &str| {
                let place = if loc.line == 0 { Loc { line: block.line, column: 1 } } else { loc };
                let column = place.column.saturating_add(block.indent);
                Fault { line: place.line, column, ..fault::at(&object, &at, INVALID, message, help) }
            };
            let count = u32::try_from(text.lines().count()).unwrap_or(u32::MAX);
            let lines = block.line..block.line.saturating_add(count.max(1));
            match parse(&module.text, version == RegoVersion::V1) {
                Ok(parsed) => {
                    let mistakes = rego::mistakes(&parsed, is_lib);
                    faults.extend(mistakes.into_iter().map(|(loc, message, help)| refused(loc, message, help)));
                    if !is_lib {
                        self.package = parsed.package.join(".");
                        self.rule = rule_of(&parsed);
                    }
                    self.inventory.merge(&InventoryReads::of(&parsed, false));
                    external |= rego::asks_external_data(&parsed);
                    let unit = Arc::new(Unit { file: Arc::clone(&path), module: parsed });
                    modules.push(Code { module, unit, lines, indent: block.indent });
                }
                Err(errors) => faults.extend(errors.into_iter().map(|error| refused(error.loc, error.message, ""))),
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        self.code = if external {
            Err("its Rego asks external data of a provider in the cluster".to_owned())
        } else {
            Ok(modules)
        };
        Ok(())
    }

    /// The syntax trees of its Rego and its libraries.
    pub(super) fn parsed(&self) -> impl Iterator<Item = &ast::Module> {
        self.code.iter().flatten().map(|code| &code.unit.module)
    }

    /// Why it cannot be judged here, if so.
    pub(super) fn not_judged(&self) -> Option<&str> {
        self.code.as_ref().err().map(String::as_str)
    }

    /// The full path of its rule `violation`.
    pub(super) fn rule(&self) -> &str {
        &self.rule
    }

    /// Its Rego, compiled by whoever asks first.
    pub(super) fn program(&self) -> Result<&Program, &[Fault]> {
        self.program.get_or_init(|| self.compile()).as_ref().map_err(Vec::as_slice)
    }

    fn compile(&self) -> Result<Program, Vec<Fault>> {
        let code = self.code.as_deref().unwrap_or_default();
        if let Some(fault) = code.iter().find_map(|code| compile::too_long(&code.module)) {
            return Err(vec![fault]);
        }
        let units: Vec<Arc<Unit>> = code.iter().map(|code| Arc::clone(&code.unit)).collect();
        let program = Program::of_units(&units, Some(&[&self.package]), &Value::new_object());
        let program = program.and_then(|program| match self.mute(&units) {
            Some(fault) if program.holds_no_object(&self.rule) => Err(vec![fault]),
            _ => Ok(program),
        });
        program.map_err(|mut faults| {
            for fault in &mut faults {
                let indent = code.iter().find(|code| code.lines.contains(&fault.line)).map_or(0, |code| code.indent);
                if fault.column > 0 {
                    fault.column += indent;
                }
            }
            faults
        })
    }

    /// What is wrong with a `violation` without an object, which Gatekeeper could not hear.
    fn mute(&self, units: &[Arc<Unit>]) -> Option<Fault> {
        let own = units.iter().filter(|unit| rule_of(&unit.module) == self.rule);
        let mut rules = own.flat_map(|unit| unit.module.rules.iter().map(|rule| (&unit.file, rule)));
        let (file, rule) = rules.find(|(_, rule)| rule.path.first().is_some_and(rego::is_violation))?;
        let message = "`violation` holds no object with `msg`: Gatekeeper refuses the template".to_owned();
        let help = Some("write `violation[{\"msg\": msg}]`, or `violation contains {\"msg\": msg} if`".to_owned());
        let (line, column) = (rule.loc.line, rule.loc.column);
        Some(Fault { code: "rego_type_error", line, column, help, ..Fault::of(file, message) })
    }
}

/// The full path of a module's `violation`.
fn rule_of(module: &ast::Module) -> String {
    let mut path = module.package.clone();
    path.push(Arc::from("violation"));
    dotted(&path)
}

/// Where a text lies in its file.
struct Block {
    /// The line of the text's first.
    line: u32,
    /// How far the file indents it.
    indent: u32,
}

impl Block {
    fn of(object: &Object, value: yaml::Value<'_>, text: &str) -> Self {
        let source = object.source();
        let span = pointer::span_of(&object.document, value.origin()).unwrap_or_default();
        let line = source.position(span.start).line;
        let is_literal = source.text.get(span.range()).is_some_and(|text| text.starts_with('|'));
        if !is_literal {
            return Self { line, indent: 0 };
        }
        let blanks = |text: &str| text.len() - text.trim_start_matches(' ').len();
        let first = text.lines().enumerate().find(|(_, line)| !line.trim().is_empty());
        let indent = first.and_then(|(index, text)| {
            let shown = source.line(line + 1 + u32::try_from(index).ok()?)?;
            u32::try_from(blanks(shown).checked_sub(blanks(text))?).ok()
        });
        Self { line: line + 1, indent: indent.unwrap_or(0) }
    }

    /// The text, pushed down to its line in the file, so that whoever speaks of a line of it speaks of the file's.
    fn pushed_down(&self, text: &str) -> Arc<str> {
        let blank = "\n".repeat(self.line.saturating_sub(1) as usize);
        Arc::from(blank + text)
    }
}
