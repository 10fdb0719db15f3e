//! ConstraintTemplates: the Rego of a kind of constraint, and the schema of its parameters.

use std::sync::{Arc, OnceLock};

use super::{fault, rego, schema};
use crate::manifest::object::Object;
use crate::policy::Value;
use crate::policy::engine::{Fault, Module, Program, RegoVersion};
use crate::schema::crd::pack::Pack;
use crate::yaml::{self, pointer};

/// The one target that templates have.
const TARGET: &str = "admission.k8s.gatekeeper.sh";

/// The engine that is evaluated here.
const REGO: &str = "Rego";

/// The rule of every template. Gatekeeper, too, calls its package `template`, whatever it is called where it is written.
pub(super) const RULE: &str = "data.template.violation";

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
    /// It reads `data.inventory`.
    pub reads_inventory: bool,
    pub(super) pack: Pack,
    program: OnceLock<Result<Program, Vec<Fault>>>,
}

/// One module, and how far it is indented in its file.
#[derive(Debug)]
struct Code {
    module: Module,
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
            reads_inventory: false,
            pack,
            program: OnceLock::new(),
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
        for (at, value, is_lib) in std::iter::once(entry).chain(libs) {
            let Some((value, text)) = value.and_then(|value| Some((value, value.as_str()?))) else {
                faults.push(fault::at(&object, &at, INVALID, "this must be Rego, as a text", ""));
                continue;
            };
            let block = Block::of(&object, value, text);
            let outline = rego::outline(text);
            faults.extend(checks(&outline, is_lib).into_iter().map(|(offset, message, help)| {
                let (line, column) = block.position(text, offset);
                Fault { line, column, ..fault::at(&object, &at, INVALID, message, help) }
            }));
            self.reads_inventory |= outline.data.iter().any(|(_, key)| key.as_deref() == Some("inventory"));
            if outline.external {
                self.code = Err("its Rego asks external data of a provider in the cluster".to_owned());
            }
            let package = outline.package.filter(|_| !is_lib);
            let module = Module { path: Arc::clone(&path), text: block.text(text, package), version };
            let count = u32::try_from(text.lines().count()).unwrap_or(u32::MAX);
            let lines = block.line..block.line.saturating_add(count.max(1));
            modules.push(Code { module, lines, indent: block.indent });
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        if let Ok(code) = &mut self.code {
            *code = modules;
        }
        Ok(())
    }

    /// Why it cannot be judged here, if so.
    pub(super) fn not_judged(&self) -> Option<&str> {
        self.code.as_ref().err().map(String::as_str)
    }

    /// Its Rego, compiled by whoever asks first.
    pub(super) fn program(&self) -> Result<&Program, &[Fault]> {
        self.program.get_or_init(|| self.compile()).as_ref().map_err(Vec::as_slice)
    }

    fn compile(&self) -> Result<Program, Vec<Fault>> {
        let code = self.code.as_deref().unwrap_or_default();
        let modules: Vec<Module> = code.iter().map(|code| code.module.clone()).collect();
        Program::compile(&modules, &Value::new_object()).map_err(|mut faults| {
            for fault in &mut faults {
                let indent = code.iter().find(|code| code.lines.contains(&fault.line)).map_or(0, |code| code.indent);
                if fault.column > 0 {
                    fault.column += indent;
                }
            }
            faults
        })
    }
}

/// What Gatekeeper refuses of a module: byte, message, help.
fn checks(outline: &rego::Outline, is_lib: bool) -> Vec<(usize, String, &'static str)> {
    let mut found = Vec::new();
    let package = outline.package.as_ref().map_or(0, |package| package.start);
    let below_lib = outline.package_path.len() > 1 && outline.package_path.first().is_some_and(|first| first == "lib");
    if outline.package.is_none() {
        found.push((0, "the Rego has no package".to_owned(), "begin it with `package`"));
    } else if is_lib && !below_lib {
        let message =
            format!("the package of a library must lie below `lib`, not be `{}`", outline.package_path.join("."));
        found.push((package, message, "call it `lib.<name>`"));
    }
    if !is_lib && !outline.has_violation {
        let help = "a template needs a rule `violation[{\"msg\": msg}]`";
        found.push((package, "the Rego has no rule `violation`".to_owned(), help));
    }
    for (at, path) in &outline.imports {
        let text = path.join(".");
        match path.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            ["future", ..] | ["data", "lib", ..] => {}
            ["input", ..] => {
                found.push((*at, "Gatekeeper takes no import of `input`".to_owned(), "write `input.review`"));
            }
            ["rego", "v1"] => {
                let help = "say `version: v1` beside `rego:` instead";
                found.push((*at, format!("Gatekeeper takes no import of `{text}`"), help));
            }
            _ => found.push((*at, format!("Gatekeeper takes no import of `{text}`"), "import `data.lib.<name>`")),
        }
    }
    for (at, key) in &outline.data {
        if !matches!(key.as_deref(), Some("lib" | "inventory")) {
            let what = key.as_ref().map_or("data".to_owned(), |key| format!("data.{key}"));
            let message = format!("a template cannot read `{what}`");
            found.push((*at, message, "there is `data.inventory`, and `data.lib` for its own libraries"));
        }
    }
    found
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

    /// The line and the column in the file of a byte of the text.
    fn position(&self, text: &str, offset: usize) -> (u32, u32) {
        let before = text.get(..offset).unwrap_or_default();
        let lines = before.matches('\n').count();
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        (self.line.saturating_add(number(lines)), self.indent.saturating_add(number(column)))
    }

    /// The text, pushed down to its line in the file, so that whoever speaks of a line of it speaks of the file's; with
    /// the package that Gatekeeper gives it.
    fn text(&self, text: &str, package: Option<std::ops::Range<usize>>) -> Arc<str> {
        let mut moved = "\n".repeat(self.line.saturating_sub(1) as usize);
        match package.and_then(|package| Some((text.get(..package.start)?, text.get(package.end..)?))) {
            Some((before, after)) => {
                moved.push_str(before);
                moved.push_str("template");
                moved.push_str(after);
            }
            None => moved.push_str(text),
        }
        Arc::from(moved)
    }
}
