//! Real repositories, where they lie beside the checkout: every pair of every bundle, judged without a panic.

use std::path::Path;

use serde_json::Value;

use crate::support::{DEADLINE, NOW, Repo};

#[test]
fn every_pair_of_every_bundle() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpora");
    let Ok(entries) = folder.read_dir() else {
        eprintln!("skipped: no bundles in {}", folder.display());
        return;
    };
    let mut bundles: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    bundles.retain(|path| path.extension().is_some_and(|extension| extension == "bundle"));
    bundles.sort();
    println!("{:<40} {:>5} {:>7} {:>8} {:>9} {:>6}", "pair", "exit", "objects", "findings", "unchecked", "ms");
    let mut wrong = Vec::new();
    for bundle in &bundles {
        let repo = Repo::empty();
        // From a bare fetch: the blobs are all that the binary reads.
        repo.git(&["fetch", "-q", bundle.to_str().unwrap(), "refs/heads/*:refs/heads/*", "--update-head-ok"]);
        let heads = repo.git(&["for-each-ref", "--format=%(refname:short)", "refs/heads/pr-*-head"]);
        for head in heads.lines() {
            let name = format!("{} {head}", bundle.file_stem().unwrap().to_string_lossy());
            let range = format!("{}..{head}", head.replace("-head", "-base"));
            let run = repo.portcullis(&["check", &range, "-o", "json", "--no-cache", "--now", NOW]);
            if let Some(defect) = run.defect() {
                wrong.push(format!("{name}: {defect}"));
                continue;
            }
            let Ok(report) = serde_json::from_str::<Value>(&run.stdout) else {
                wrong.push(format!("{name}: no JSON on standard output\n{}", run.text()));
                continue;
            };
            let size = |key: &str| report[key].as_array().map_or(0, Vec::len);
            println!(
                "{name:<40} {:>5} {:>7} {:>8} {:>9} {:>6}",
                run.code.unwrap_or(-1),
                report["counts"]["objects_judged"],
                size("findings"),
                size("unchecked"),
                run.cpu.as_millis()
            );
            if run.cpu > DEADLINE {
                wrong.push(format!("{name}: took {:?}", run.cpu));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
