//! `portcullis policy eval`: what a query gives, as JSON.

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::super::{INDETERMINATE, complain};
use crate::git::Tree;
use crate::policy::engine::{Module, Program, RegoVersion};
use crate::policy::json::to_json;
use crate::policy::{Value, combined, review::object_of, value};
use crate::source::{RepoPath, Side};
use crate::yaml::{self, Dialect};

/// Arguments of `policy eval`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Prints what `opa eval` prints: {\"result\": [{\"expressions\": [{\"value\": …}]}]}, an entry for each answer, {} when the query is
undefined. Sets are printed as arrays.
Exit codes: 0 there is an answer or none, 2 a mistake in a policy, or an error of the evaluation.")]
pub(super) struct Args {
    /// Policies (.rego) and documents (.json, .yaml) below data; a folder's documents lie below its subfolders' names
    #[arg(short, long = "data", value_name = "PATH")]
    data: Vec<PathBuf>,
    /// The input document, JSON or YAML; - for standard input
    #[arg(short, long, value_name = "FILE")]
    input: Vec<PathBuf>,
    /// Give all documents of the inputs, which may be folders, as one list of {path, contents}, as conftest does
    #[arg(long, requires = "input")]
    combine: bool,
    /// Read policies as Rego v0, as OPA before 1.0 did
    #[arg(long)]
    v0_compatible: bool,
    /// What to evaluate, such as data.main.deny
    query: String,
}

/// Print the answers.
pub(super) fn run(args: &Args, out: &mut impl Write) -> io::Result<u8> {
    match evaluate(args) {
        Ok(answers) => {
            out.write_all(result(&args.query, &answers).as_bytes())?;
            Ok(0)
        }
        Err(problems) => {
            for (message, help) in problems {
                complain(&message, help.as_deref());
            }
            Ok(INDETERMINATE)
        }
    }
}

/// The answers in the form of `opa eval`, so that what reads one reads the other.
fn result(query: &str, answers: &[Value]) -> String {
    if answers.is_empty() {
        return "{}\n".to_owned();
    }
    let text = serde_json::Value::from(query);
    let one = |answer: &Value| {
        let location = "{ \"row\": 1, \"col\": 1 }";
        let value = to_json(answer);
        format!(
            "    {{\n      \"expressions\": [\n        {{\n          \"value\": {value},\n          \"text\": {text},\n          \
             \"location\": {location}\n        }}\n      ]\n    }}"
        )
    };
    format!("{{\n  \"result\": [\n{}\n  ]\n}}\n", answers.iter().map(one).collect::<Vec<_>>().join(",\n"))
}

type Problems = Vec<(String, Option<String>)>;

fn problem(message: String) -> Problems {
    vec![(message, None)]
}

fn evaluate(args: &Args) -> Result<Vec<Value>, Problems> {
    let mut loaded = Loaded { modules: Vec::new(), data: Value::new_object(), version: RegoVersion::V1 };
    if args.v0_compatible {
        loaded.version = RegoVersion::V0;
    }
    for path in &args.data {
        loaded.load(path, &mut Vec::new(), true).map_err(problem)?;
    }
    let input = match args.input.as_slice() {
        [] => Value::Undefined,
        paths if args.combine => all_documents(paths).map_err(problem)?,
        [path] => read_input(path).and_then(|(name, text)| document(&name, &text)).map_err(problem)?,
        _ => return Err(vec![("there is one input document".to_owned(), Some("give --combine".to_owned()))]),
    };
    let told = |faults: Vec<crate::policy::engine::Fault>| {
        faults.into_iter().map(|fault| (fault.to_string(), fault.help)).collect::<Problems>()
    };
    let program = Program::compile_query(&loaded.modules, &loaded.data, &args.query).map_err(told)?;
    let (answers, prints) = program.answers(&input).map_err(|error| problem(error.to_string()))?;
    for line in prints {
        complain(&line, None);
    }
    Ok(answers)
}

/// What `--data` names.
struct Loaded {
    modules: Vec<Module>,
    data: Value,
    version: RegoVersion,
}

impl Loaded {
    /// Load a file, or what lies below a folder; `at` is where its documents go below `data`.
    fn load(&mut self, path: &Path, at: &mut Vec<String>, is_named: bool) -> Result<(), String> {
        let named = |error: io::Error| format!("{}: {error}", path.display());
        if fs::metadata(path).map_err(named)?.is_dir() {
            let entries = fs::read_dir(path).map_err(named)?.collect::<Result<Vec<_>, _>>().map_err(named)?;
            let mut files: Vec<_> = entries.iter().map(fs::DirEntry::file_name).collect();
            files.sort();
            for name in files {
                let below = path.join(&name);
                let is_dir = below.is_dir();
                if is_dir {
                    at.push(name.to_string_lossy().into_owned());
                }
                self.load(&below, at, false)?;
                if is_dir {
                    at.pop();
                }
            }
            return Ok(());
        }
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("rego") => {
                let text = Arc::from(read(path)?);
                let path = Arc::from(path.display().to_string());
                self.modules.push(Module { path, text, version: self.version });
                Ok(())
            }
            Some("json" | "yaml" | "yml") => {
                let name = path.display().to_string();
                let mut value = document(&name, &read(path)?)?;
                for part in at.iter().rev() {
                    value = object_of([(part, value)]);
                }
                merge(&mut self.data, &value).map_err(|at| format!("{name}: another document has a value at data{at}"))
            }
            _ if is_named => Err(format!("{} is no policy (.rego) and no document (.json, .yaml)", path.display())),
            _ => Ok(()),
        }
    }
}

/// Put a document into another; the path where both have a value is an error.
fn merge(whole: &mut Value, part: &Value) -> Result<(), String> {
    let Value::Object(fields) = part else { return Err(" (a document is an object)".to_owned()) };
    for (key, value) in fields.iter() {
        let named = |at: String| format!(".{}{at}", key.as_string().map_or("", |key| &**key));
        let Ok(known) = whole.as_object_mut() else { return Err(String::new()) };
        match known.get_mut(key) {
            None => _ = known.insert(key.clone(), value.clone()),
            Some(known) if known == value => {}
            Some(known @ Value::Object(_)) if value.as_object().is_ok() => merge(known, value).map_err(named)?,
            Some(_) => return Err(named(String::new())),
        }
    }
    Ok(())
}

/// What an input is called, and its text.
fn read_input(path: &Path) -> Result<(String, String), String> {
    if path != Path::new("-") {
        return Ok((path.display().to_string(), read(path)?));
    }
    let mut text = String::new();
    io::stdin().lock().read_to_string(&mut text).map_err(|error| format!("<stdin>: {error}"))?;
    Ok(("<stdin>".to_owned(), text))
}

/// All documents of files and folders, in the order of their paths.
fn all_documents(paths: &[PathBuf]) -> Result<Value, String> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let tree = Tree::folder(path);
        let is_document = |path: &RepoPath| matches!(path.extension().as_str(), "json" | "yaml" | "yml");
        let below = tree.files("").map_err(|error| format!("{}: {error}", path.display()))?;
        files.extend(below.iter().filter(|entry| is_document(&entry.path)).map(|entry| path.join(entry.path.as_str())));
    }
    let mut entries = Vec::new();
    for path in files {
        let (name, text) = read_input(&path)?;
        let stream = yaml::read(RepoPath::from(name.as_str()), Side::Head, text.as_bytes(), Dialect::Kubectl);
        if let Some(problem) = stream.problems.iter().find(|problem| problem.fatal) {
            return Err(format!("{name}: {}", problem.message));
        }
        entries.extend(stream.documents.iter().map(|document| (name.clone(), value::whole(document.root()))));
    }
    entries.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(combined::input(entries.iter().map(|(path, contents)| (path.as_str(), contents.clone()))))
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// A document in JSON, else in YAML.
fn document(name: &str, text: &str) -> Result<Value, String> {
    if let Ok(value) = Value::from_json_str(text) {
        return Ok(value);
    }
    let stream = yaml::read_one(RepoPath::from(name), Side::Head, text.as_bytes(), Dialect::Kubectl);
    if let Some(problem) = stream.problems.iter().find(|problem| problem.fatal) {
        return Err(format!("{name}: {}", problem.message));
    }
    let json =
        stream.documents.first().map_or_else(|| "null".to_owned(), |document| document.root().to_json().to_string());
    Value::from_json_str(&json).map_err(|error| format!("{name}: {error}"))
}
