//! The machine formats against the schemas of their readers.

use std::path::{Path, PathBuf};
use std::process::Command;

use portcullis::report::Format;
use serde_json::Value;

use super::fixture;
use super::{PLAIN, text};

fn validate(schema: &Value, instance: &Value) {
    let validator = jsonschema::validator_for(schema).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(instance).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
}

fn parsed(format: Format, report: &portcullis::report::Report) -> Value {
    serde_json::from_str(&text(format, report, PLAIN)).unwrap()
}

#[test]
fn generated_files_are_up_to_date() {
    let stale = portcullis::generated::stale(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
    assert!(stale.is_empty(), "{stale:?}: run `cargo run --example generate -- write`");
}

#[test]
fn json_follows_its_schema_and_reads_back() {
    let schema = serde_json::from_str(&portcullis::report::json::schema()).unwrap();
    for report in [fixture::rich(), fixture::overridden(), fixture::clean()] {
        let json = parsed(Format::Json, &report);
        validate(&schema, &json);
        assert_eq!(json["version"], 1);
        assert_eq!(json["findings"].as_array().unwrap().len(), report.findings.len());
    }
    let broken = serde_json::json!({"version": 1, "verdict": "maybe"});
    assert!(!jsonschema::is_valid(&schema, &broken), "the schema refuses something");
}

fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO")).args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The official schema is OASIS's text and not ours to carry: the dev-dependency `serde-sarif` packages it, unchanged.
fn sarif_schema() -> Value {
    // Only this platform's packages are sure to be on the machine.
    let version = cargo(&["-vV"]);
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let metadata = cargo(&["metadata", "--format-version=1", "--offline", "--locked", "--filter-platform", host]);
    let metadata: Value = serde_json::from_str(&metadata).unwrap();
    let package = metadata["packages"].as_array().unwrap().iter().find(|p| p["name"] == "serde-sarif").unwrap();
    let manifest = PathBuf::from(package["manifest_path"].as_str().unwrap());
    let schema = std::fs::read(manifest.with_file_name("src").join("schema.json")).unwrap();
    let mut schema: Value = serde_json::from_slice(&schema).unwrap();
    // Its pattern for `language`, which a report never has, holds a `]` that opens nowhere; regex engines refuse it.
    for of in ["run", "toolComponent"] {
        let language = &mut schema["definitions"][of]["properties"]["language"];
        assert!(language.as_object_mut().unwrap().remove("pattern").is_some());
    }
    schema
}

#[test]
fn sarif_follows_the_official_schema() {
    let schema = sarif_schema();
    assert_eq!(schema["title"], "Static Analysis Results Format (SARIF) Version 2.1.0 JSON Schema");
    for report in [fixture::rich(), fixture::overridden(), fixture::clean()] {
        let sarif = parsed(Format::Sarif, &report);
        validate(&schema, &sarif);
        serde_json::from_value::<serde_sarif::sarif::Sarif>(sarif).unwrap();
    }
    assert!(!jsonschema::is_valid(&schema, &serde_json::json!({"version": "2.1.0", "runs": [{}]})));
}

#[test]
fn sarif_says_what_code_scanning_needs() {
    let sarif = parsed(Format::Sarif, &fixture::rich());
    let run = &sarif["runs"][0];
    let results = run["results"].as_array().unwrap();
    let of =
        |rule: &str, state: &str| results.iter().find(|r| r["ruleId"] == rule && r["baselineState"] == state).unwrap();
    let new = of("schema/unknown-field", "new");
    assert_eq!(new["partialFingerprints"]["portcullis/v1"].as_str().unwrap().len(), 32);
    assert_eq!(new["locations"][0]["physicalLocation"]["region"]["startLine"], 8);
    assert_eq!(new["fixes"][0]["artifactChanges"][0]["replacements"][0]["insertedContent"]["text"], "replicas");
    assert_eq!(new["suppressions"], serde_json::json!([]));
    let suppressed = of("object/plain-secret", "new");
    assert_eq!(suppressed["suppressions"][0]["kind"], "external");
    assert_eq!(suppressed["suppressions"][0]["justification"], "retired in June");
    of("workloads/no-probe", "unchanged");
    of("schema/unknown-field", "absent");
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(run["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
    }
    let pretty = text(Format::Sarif, &fixture::rich(), PLAIN);
    let live = pretty.lines().find(|line| line.trim_start().starts_with("\"text\":") && line.contains("]("));
    assert_eq!(live, None, "a link of a manifest's would be live");
    assert_eq!(run["invocations"][0]["executionSuccessful"], false, "a policy was not evaluated");
    assert_eq!(run["invocations"][0]["exitCode"], 1);
}

#[test]
fn gitlab_has_the_fields_that_the_widget_reads() {
    let issues = parsed(Format::Gitlab, &fixture::rich());
    let issues = issues.as_array().unwrap();
    let mut fingerprints: Vec<&str> = issues.iter().map(|issue| issue["fingerprint"].as_str().unwrap()).collect();
    fingerprints.sort_unstable();
    fingerprints.dedup();
    assert_eq!(fingerprints.len(), issues.len(), "GitLab drops issues of equal fingerprint");
    for issue in issues {
        assert!(["info", "minor", "major", "critical", "blocker"].contains(&issue["severity"].as_str().unwrap()));
        assert!(issue["location"]["lines"]["begin"].as_u64().unwrap() >= 1);
        assert!(
            !issue["description"].as_str().unwrap().is_empty() && !issue["check_name"].as_str().unwrap().is_empty()
        );
    }
}

/// Walks the XML; its counts must be those that the suites claim.
#[test]
fn junit_is_well_formed_and_counts_right() {
    use quick_xml::events::Event;
    for (report, stopped) in [(fixture::rich(), 4), (fixture::overridden(), 0), (fixture::clean(), 0)] {
        let xml = text(Format::Junit, &report, PLAIN);
        let mut reader = quick_xml::Reader::from_str(&xml);
        let (mut cases, mut failed, mut claimed) = (0, 0, (0, 0));
        loop {
            match reader.read_event().unwrap() {
                Event::Eof => break,
                Event::Start(tag) | Event::Empty(tag) => {
                    let number = |name: &str| -> usize {
                        let value = tag.try_get_attribute(name).unwrap().unwrap().value;
                        value.parse().unwrap()
                    };
                    match tag.name().as_ref() {
                        "testsuites" => claimed = (number("tests"), number("failures") + number("errors")),
                        "testcase" => cases += 1,
                        "failure" | "error" => failed += 1,
                        _ => {}
                    }
                }
                _ => {}
            }
        }
        assert_eq!((cases, failed), claimed);
        assert_eq!(failed, stopped);
    }
}
