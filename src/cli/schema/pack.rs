//! `portcullis schema pack`: CRDs and JSON Schemas into a catalogue file.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use crate::cli::{INDETERMINATE, complain, replace};
use crate::git::{Content, Tree};
use crate::inventory::is_manifest;
use crate::report::summary::counted;
use crate::schema::crd::catalog;
use crate::schema::crd::gather::Gatherer;

/// Arguments of `schema pack`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Folders and files (YAML or JSON, any number of documents, lists too), or - for standard input
    #[arg(value_name = "DIR|FILE|-", required = true)]
    what: Vec<PathBuf>,
    /// Where to write the catalogue: any name that does not end in .yaml, .yml or .json, which are read as such
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Leave out CRDs that cannot be used instead of writing nothing
    #[arg(long)]
    skip_invalid: bool,
}

/// Write the catalogue, and give the exit code.
pub(super) fn run(args: &Args, out: &mut impl Write) -> io::Result<u8> {
    let mut gatherer = Gatherer::default();
    for what in &args.what {
        if what.as_os_str() == "-" {
            let mut bytes = Vec::new();
            match io::stdin().lock().read_to_end(&mut bytes) {
                Ok(_) => gatherer.named("<stdin>", "", &bytes),
                Err(error) => gatherer.unreadable("<stdin>", format!("it cannot be read: {error}")),
            }
        } else if what.is_dir() {
            folder(what, &mut gatherer);
        } else {
            let name = what.display().to_string();
            match std::fs::read(what) {
                Ok(bytes) => gatherer.named(&name, what.file_name().and_then(|it| it.to_str()).unwrap_or(""), &bytes),
                Err(error) => gatherer.unreadable(&name, format!("it cannot be read: {error}")),
            }
        }
    }
    gatherer.check_json_schemas();
    for fault in gatherer.faults() {
        complain(&format!("{}: {}", fault.place, fault.reason), None);
    }
    let (kinds, schemas) = (gatherer.kinds(), gatherer.json_schemas());
    let (faults, others) = (gatherer.faults().len(), gatherer.others());
    if faults > 0 && !args.skip_invalid {
        complain(
            &format!("nothing is written: {faults} of the CRDs, JSON Schemas and files cannot be used"),
            Some("mend them, or leave them out with --skip-invalid"),
        );
        return Ok(INDETERMINATE);
    }
    if kinds + schemas == 0 {
        complain(
            "nothing is written: there is neither a CustomResourceDefinition of apiextensions.k8s.io/v1 nor a JSON Schema that can be used",
            Some("files in folders are read when their names end in .yaml, .yml or .json"),
        );
        return Ok(INDETERMINATE);
    }
    let file = match gatherer.finish() {
        Ok(pack) => catalog::write(&pack),
        Err(refusal) => {
            complain(
                &format!("nothing is written: together, they cannot be packed: {refusal}"),
                Some("a catalogue holds up to 16 MiB of schemas: make two"),
            );
            return Ok(INDETERMINATE);
        }
    };
    replace(&args.output, &file)?;
    let left_out = if faults > 0 { format!(", {faults} left out that cannot be used") } else { String::new() };
    let passed_over =
        if others > 0 { format!(", {others} passed over: neither CRD nor JSON Schema") } else { String::new() };
    let counted = match (kinds, schemas) {
        (kinds, 0) => counted(kinds, "kind"),
        (0, schemas) => counted(schemas, "JSON Schema"),
        _ => format!("{}, {}", counted(kinds, "kind"), counted(schemas, "JSON Schema")),
    };
    writeln!(out, "{}: {counted}, {} bytes", args.output.display(), file.len())?;
    if faults + others > 0 {
        complain(&format!("{counted} packed{left_out}{passed_over}"), None);
    }
    Ok(0)
}

/// Every manifest below a folder, in the order of paths.
fn folder(top: &Path, gatherer: &mut Gatherer) {
    let tree = Tree::folder(top);
    let files = match tree.files("") {
        Ok(files) => files,
        Err(error) => return gatherer.unreadable(&top.display().to_string(), error.to_string()),
    };
    for entry in files.iter().filter(|entry| is_manifest(&entry.path)) {
        let name = top.join(entry.path.as_str()).display().to_string();
        match tree.read(entry) {
            Ok(Content::Bytes(bytes)) => gatherer.file(&name, entry.path.as_str(), &bytes),
            Ok(Content::NotJudged(_, why)) => gatherer.unreadable(&name, why),
            Err(error) => gatherer.unreadable(&name, error.to_string()),
        }
    }
}
