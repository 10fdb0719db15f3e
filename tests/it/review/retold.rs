//! `portcullis post`: a report of another job is told, and trusted in nothing.

use std::fs;
use std::path::Path;

use portcullis::report::Report;
use serde_json::json;

use super::Setting;
use crate::report::fixture;
use crate::support::{Run, tree};

const BEFORE: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a, namespace: x }\ndata: { a: b }\n";

pub(super) fn setting() -> Setting {
    let text = |seventh: &str| {
        let lines: Vec<&str> = (5..40).map(|line| if line == 7 { seventh } else { "# line" }).collect();
        format!("{BEFORE}{}\n", lines.join("\n"))
    };
    Setting::new(&tree(&[("apps/shop/web.yaml", &text("# old"))]), &tree(&[("apps/shop/web.yaml", &text("# new"))]))
}

pub(super) fn post(setting: &Setting, report: &Report, more: &[&str]) -> Run {
    let file = setting.repo.root.path().join("report.json");
    fs::write(&file, serde_json::to_vec(report).unwrap()).unwrap();
    post_file(setting, &file, more)
}

fn post_file(setting: &Setting, file: &Path, more: &[&str]) -> Run {
    let event = setting.repo.root.path().join("event.json");
    let head = setting.event["pull_request"]["head"]["sha"].clone();
    fs::write(&event, json!({ "workflow_run": { "head_sha": head } }).to_string()).unwrap();
    let args = [&["post", file.to_str().unwrap(), "--pull-request", "7"][..], more].concat();
    let mut command = setting.repo.command(env!("CARGO_BIN_EXE_portcullis"), &args);
    command
        .env("GITHUB_EVENT_PATH", event)
        .env("GITHUB_REPOSITORY", "acme/shop")
        .env("GITHUB_API_URL", &setting.fake.address)
        .env("GITHUB_TOKEN", "ghs_TokenOfTheTest")
        .env("GITHUB_STEP_SUMMARY", setting.repo.root.path().join("summary.md"));
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Run {
        code: output.status.code(),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
        elapsed: std::time::Duration::ZERO,
        cpu: std::time::Duration::ZERO,
        peak_mib: 0,
    }
}

#[test]
fn a_report_is_told_and_decides_nothing() {
    let setting = setting();
    let run = post(&setting, &fixture::overridden(), &[]);
    assert_eq!(run.code, Some(0), "{}", run.text());
    setting.fake.with(|state| {
        assert_eq!(state.checks[0]["conclusion"], "neutral");
        // The only annotations are those in the one file that the pull request has.
        assert_eq!(state.checks[0]["output"]["annotations_count"], 3);
        assert!(state.comments.iter().all(|comment| comment["path"] == "apps/shop/web.yaml"));
        assert_eq!(state.comments[0]["line"], 8);
        let summary = state.issue_comments[0]["body"].as_str().unwrap();
        assert!(summary.lines().nth(1).unwrap().contains("It decides nothing."), "{summary}");
        assert!(!summary.contains("alice"), "an override is known from GitHub only");
    });
}

#[test]
fn a_report_about_another_head_is_not_posted() {
    let setting = setting();
    let run = post(&setting, &fixture::rich(), &["--head", &"7".repeat(40)]);
    assert_eq!(run.code, Some(0));
    assert!(run.stdout.contains("superseded"), "{}", run.stdout);
    assert_eq!(setting.fake.writes(), [""; 0]);
    let run = post(&setting, &fixture::rich(), &["--head", "main"]);
    assert_eq!(run.code, Some(2), "{}", run.text());
}

#[test]
fn what_is_no_report_is_refused() {
    let setting = setting();
    let file = setting.repo.root.path().join("bad.json");
    let mut newer = serde_json::to_value(fixture::clean()).unwrap();
    newer["version"] = 99.into();
    // The one text that is told as it is: only the words that this version would write.
    let minors = |minors: serde_json::Value| {
        let mut report = serde_json::to_value(fixture::clean()).unwrap();
        report["ruleset"]["minors"] = minors;
        report.to_string()
    };
    let (odd, many) = (minors(json!(["1.36", "<img src=x> @org"])), minors(vec!["1.36"; 1_000].into()));
    let deep = "[".repeat(100_000);
    for text in ["", "{}", "\u{1b}[2J", "null", &deep, &newer.to_string(), &odd, &many] {
        fs::write(&file, text).unwrap();
        let run = post_file(&setting, &file, &[]);
        assert_eq!(run.code, Some(2), "{}", run.text());
        assert!(run.stderr.contains("is no report: ") && !run.stderr.contains('\u{1b}'), "{}", run.stderr);
    }
    assert_eq!(setting.fake.requests(), 0);
}

#[test]
fn positions_out_of_this_world_do_no_harm() {
    let setting = setting();
    let mut report = fixture::rich();
    for finding in &mut report.findings {
        for place in &mut finding.places {
            (place.location.start.line, place.location.start.column) = (0, 0);
            (place.location.end.line, place.location.end.column) = (u32::MAX, u32::MAX);
        }
    }
    let run = post(&setting, &report, &[]);
    assert_eq!(run.code, Some(0), "{}", run.text());
    setting.fake.with(|state| assert!(state.comments.iter().all(|comment| comment["subject_type"] == "file")));
}
