//! What the documentation says is what the code does.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use portcullis::config::Config;
use regex::Regex;
use serde_json::Value;

use crate::support::{Run, portcullis};

const TOP: &str = env!("CARGO_MANIFEST_DIR");

fn text(path: &str) -> String {
    fs::read_to_string(Path::new(TOP).join(path)).unwrap()
}

/// The program in the checkout, as a reader of the README runs it.
fn run(args: &[&str]) -> Run {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir(root.path().join("home")).unwrap();
    let run = portcullis(Path::new(TOP), root.path(), args);
    assert_eq!(run.defect(), None);
    run
}

/// The table of rules is the source of every list of them; it is sorted and names each rule once.
#[test]
fn rules_are_sorted_and_unique() {
    let ids: Vec<&str> = portcullis::rules::RULES.iter().map(|rule| rule.id).collect();
    assert!(ids.is_sorted_by(|a, b| a < b), "{ids:?}");
}

/// Every file that is generated from the code is what the code says.
#[test]
fn generated_files_are_current() {
    let stale = portcullis::generated::stale(Path::new(TOP)).unwrap();
    assert!(stale.is_empty(), "out of date: {stale:?}; cargo run --example generate -- write");
}

/// The pages of the bundled policies are what the policies say.
#[test]
fn policy_pages_are_current() {
    let run = run(&["policy", "docs", "--check"]);
    assert_eq!(run.code, Some(0), "cargo run -- policy docs\n{}", run.text());
}

#[test]
fn generated_parts_leave_the_rest_alone() {
    let text = "a\n<!-- x: generated -->\nold\n<!-- x: end -->\nb <!-- y: generated -->\n";
    let new = portcullis::generated::replaced(text, "x", "new\n").unwrap();
    assert_eq!(new, text.replace("old", "new"));
    assert_eq!(portcullis::generated::replaced(text, "y", "new\n"), None);
}

/// The output in the README is the program's, apart from the time.
#[test]
fn readme_shows_the_real_output() {
    let command = "check --base-dir fixtures/demo/base --head-dir fixtures/demo/head";
    let readme = text("README.md");
    assert!(readme.contains(&format!("cargo run --release -- {command}\n")));
    let run = run(&command.split(' ').collect::<Vec<_>>());
    assert_eq!(run.code, Some(1));
    let shown = format!("```text\n{}\n```\n", run.stdout.trim_end());
    let expected = portcullis::generated::replaced(&readme, "demo", &shown).expect("the README has the markers");
    let time = Regex::new(r"\b\d+(\.\d+)? ?m?s\n").unwrap();
    if time.replace_all(&readme, "TIME\n") != time.replace_all(&expected, "TIME\n") {
        assert!(
            std::env::var_os("PORTCULLIS_BLESS").is_some(),
            "the README shows another output: run again with PORTCULLIS_BLESS=1\n{shown}"
        );
        fs::write(Path::new(TOP).join("README.md"), expected).unwrap();
    }
}

/// Every config in the README is one that the program takes.
#[test]
fn readme_configs_are_valid() {
    let readme = text("README.md") + &text("docs/github.md");
    let block = Regex::new(r"(?s)```yaml\n(.*?)```").unwrap();
    let configs: Vec<&str> = block.captures_iter(&readme).map(|found| found.get(1).unwrap().as_str()).collect();
    let configs: Vec<&str> = configs.into_iter().filter(|text| text.contains("version: 1\n")).collect();
    assert!(!configs.is_empty());
    for text in configs {
        Config::parse("README.md", text).unwrap_or_else(|errors| panic!("{errors}"));
    }
}

/// Every option that the README names for a subcommand is one of that subcommand's.
#[test]
fn readme_options_exist() {
    let readme = text("README.md");
    let command = Regex::new(r"portcullis (check|post|parse|explain|completions|man)\b([^`\n#]*)").unwrap();
    let option = Regex::new(r"--[a-z-]+").unwrap();
    let mut seen = BTreeSet::new();
    for found in command.captures_iter(&readme) {
        let help = run(&[&found[1], "--help"]).stdout;
        let known: Vec<&str> = option.find_iter(&help).map(|found| found.as_str()).collect();
        for option in option.find_iter(&found[2]) {
            assert!(known.contains(&option.as_str()), "{} knows no {}", &found[1], option.as_str());
            seen.insert(option.as_str().to_owned());
        }
    }
    assert!(seen.len() > 5, "{seen:?}");
}

/// Every file that a document links to exists.
#[test]
fn links_lead_somewhere() {
    let link = Regex::new(r"\]\(([^)#:]+)(#[^)]*)?\)").unwrap();
    for document in [
        "README.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "docs/architecture.md",
        "docs/github.md",
        "docs/policies.md",
        "docs/rules.md",
    ] {
        let folder = Path::new(TOP).join(document).parent().unwrap().to_owned();
        for found in link.captures_iter(&text(document)) {
            assert!(folder.join(&found[1]).exists(), "{document} links to {}, which is not there", &found[1]);
        }
    }
}

/// docs/architecture.md names every top-level module in its tables, and no other; every file that it names is there.
#[test]
fn architecture_is_that_of_the_tree() {
    let page = text("docs/architecture.md");
    let name = Regex::new(r"`([a-z_]+)`").unwrap();
    // The table of stages has the module in its second column, the other in its first.
    let cell = |row: &'_ str| {
        let cells: Vec<String> = row.split('|').map(ToOwned::to_owned).collect();
        cells[if cells.len() == 5 { 2 } else { 1 }].clone()
    };
    let cells: String = page.lines().filter(|line| line.starts_with('|')).map(cell).collect();
    let named: BTreeSet<String> = name.captures_iter(&cells).map(|found| found[1].to_owned()).collect();
    let library = text("src/lib.rs");
    let module = Regex::new(r"(?m)^(?:pub )?mod ([a-z_]+);").unwrap();
    let modules: BTreeSet<String> = module.captures_iter(&library).map(|found| found[1].to_owned()).collect();
    assert_eq!(named, modules);
    let file = Regex::new(r"`([a-z_/]+\.rs)`").unwrap();
    for found in file.captures_iter(&page) {
        assert!(Path::new(TOP).join("src").join(&found[1]).exists(), "there is no src/{}", &found[1]);
    }
}

/// Every crate that is built here has a licence that deny.toml allows.
#[test]
fn licences_are_allowed() {
    let deny = text("deny.toml");
    let list = deny.split_once("allow = [").and_then(|(_, rest)| rest.split_once(']')).expect("a list of licences").0;
    let allowed: Vec<&str> = list.split('"').skip(1).step_by(2).collect();
    let rustc = Command::new("rustc").arg("-vV").output().unwrap();
    let rustc = String::from_utf8(rustc.stdout).unwrap();
    let host = rustc.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    // Offline: what is built here has been downloaded, what only other platforms need may not have been.
    let args = ["metadata", "--format-version=1", "--locked", "--offline", "--filter-platform", host];
    let output = Command::new(env!("CARGO")).args(args).current_dir(TOP).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    assert!(packages.len() > 50);
    for package in packages {
        let licence = package["license"].as_str().unwrap_or_default();
        let expression = spdx::Expression::parse_mode(licence, spdx::ParseMode::LAX);
        let expression = expression.unwrap_or_else(|error| panic!("{}: {error}", package["id"]));
        let fits = expression.evaluate(|requirement| allowed.contains(&requirement.to_string().as_str()));
        assert!(fits, "{} is under {licence}, which deny.toml does not allow", package["id"]);
        let source = package["source"].as_str();
        let registry = "registry+https://github.com/rust-lang/crates.io-index";
        assert!(source.is_none_or(|source| source == registry), "{} is from {source:?}", package["id"]);
    }
}
