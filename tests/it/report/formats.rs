//! Every format of the rich report, as a user sees it, and the limits of each medium.

use portcullis::finding::{Finding, Severity};
use portcullis::report::{Format, OutputSpec, RenderOptions, Report};
use portcullis::rules::{By, Rule};

use super::fixture::{self, at, finding, place};
use super::{PLAIN, text};

fn snapshots() -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_snapshot_path("../snapshots");
    settings
}

#[test]
fn every_format_of_the_rich_report() {
    snapshots().bind(|| {
        for format in Format::ALL {
            insta::assert_snapshot!(format!("report-{format}"), text(format, &fixture::rich(), PLAIN));
        }
    });
}

#[test]
fn the_override_comes_first_and_the_clean_report_is_short() {
    snapshots().bind(|| {
        for format in [Format::Human, Format::Junit, Format::Github, Format::Markdown] {
            insta::assert_snapshot!(format!("overridden-{format}"), text(format, &fixture::overridden(), PLAIN));
            insta::assert_snapshot!(format!("clean-{format}"), text(format, &fixture::clean(), PLAIN));
        }
    });
    let human = text(Format::Human, &fixture::overridden(), PLAIN);
    assert!(human.starts_with("override by alice until 2026-12-01"), "{human}");
}

#[test]
fn human_variants() {
    snapshots().bind(|| {
        let verbose = RenderOptions { verbose: true, ..PLAIN };
        insta::assert_snapshot!("human-verbose", text(Format::Human, &fixture::rich(), verbose));
        let color = RenderOptions { color: true, ..PLAIN };
        insta::assert_snapshot!("human-color", text(Format::Human, &fixture::rich(), color).replace('\u{1b}', "␛"));
        let narrow = RenderOptions { width: 40, unicode: false, ..PLAIN };
        insta::assert_snapshot!("human-narrow-ascii", text(Format::Human, &fixture::rich(), narrow));
    });
}

#[test]
fn human_output_has_no_trailing_space_and_names_every_open_place() {
    let human = text(Format::Human, &fixture::rich(), PLAIN);
    assert!(human.lines().all(|line| line == line.trim_end()));
    for place in
        ["apps/shop/web.yaml:8:3", "apps/shop/web.yaml:21:18", "apps/shop/web.yaml:43:3", "clusters/prod/cart.yaml:5:5"]
    {
        assert!(human.contains(place), "{place} in\n{human}");
    }
    assert!(!human.contains("apps/old/cron.yaml"), "existing findings are counted only");
    assert_eq!(
        human.lines().last(),
        Some(
            "fail: 2 errors, 2 warnings, 1 info; 14 of 1,203 objects in 3 clusters, 8 unchecked, 4 files excluded, \
             1.34–1.36, 180 ms"
        )
    );
}

#[test]
fn the_closing_line_says_what_weakens_a_pass() {
    let mut report = fixture::clean();
    report.unchecked = fixture::rich().unchecked.into_iter().filter(|record| !record.deciding).collect();
    let human = text(Format::Human, &report, PLAIN);
    assert!(human.lines().last().unwrap().starts_with("pass, but 7 not rendered: 14 of"), "{human}");
}

#[test]
fn a_caret_outside_of_the_lines_is_no_panic() {
    let mut report = fixture::clean();
    for (line, columns) in [(0, (0, 0)), (1, (1, 1)), (2, (900, 901)), (3, (4, 2)), (u32::MAX, (u32::MAX, u32::MAX))] {
        for first_line in [0, 1, 2, u32::MAX] {
            let mut place = place(at("a.yaml", line, columns, (first_line, &["", "a: ü", "b"])));
            place.location.end.line = line.wrapping_add(1);
            report.findings.push(finding("yaml/syntax", Severity::Error, "", vec![place]));
        }
    }
    report.findings.push(finding("yaml/syntax", Severity::Error, "no place at all", Vec::new()));
    for format in Format::ALL {
        assert!(!text(format, &report, PLAIN).is_empty());
    }
}

fn many(count: usize) -> Report {
    let mut report = fixture::rich();
    let template = report.findings[0].clone();
    report.findings = (0..count)
        .map(|index| Finding { message: format!("{index} {}", fixture::NASTY.repeat(3)), ..template.clone() })
        .collect();
    report
}

#[test]
fn a_comment_stays_below_its_limit_and_says_what_it_leaves_out() {
    let markdown = text(Format::Markdown, &many(5_000), PLAIN);
    assert!(markdown.len() <= 60_000, "{}", markdown.len());
    let rows = markdown.lines().filter(|line| line.starts_with("| 🟥")).count();
    assert!(markdown.contains(&format!("**4,{} findings left out**", 1000 - rows)), "{rows} rows");
    assert!(markdown.trim_end().ends_with("180 ms"), "the closing line is never cut");
}

#[test]
fn annotations_stay_below_what_github_shows() {
    let github = text(Format::Github, &many(30), PLAIN);
    assert_eq!(github.lines().filter(|line| line.starts_with("::error ")).count(), 10);
    assert!(github.contains("portcullis: 22 errors not annotated"), "{github}");
}

#[test]
fn sarif_stays_below_what_github_takes() {
    let mut report = fixture::clean();
    report.findings =
        vec![finding("yaml/syntax", Severity::Error, "m", vec![place(at("a.yaml", 1, (1, 2), (0, &[])))]); 25_010];
    let sarif = text(Format::Sarif, &report, PLAIN);
    assert_eq!(sarif.matches("\"ruleId\"").count(), 25_000);
    assert!(sarif.contains("10 more results were left out"));
}

#[test]
fn output_specs() {
    assert_eq!("human".parse(), Ok(OutputSpec { format: Format::Human, file: None }));
    assert_eq!("sarif=a=b.sarif".parse(), Ok(OutputSpec { format: Format::Sarif, file: Some("a=b.sarif".into()) }));
    assert_eq!(
        "yaml".parse::<OutputSpec>().unwrap_err().to_string(),
        "unknown format \"yaml\"; one of human, json, sarif, junit, github, gitlab, markdown"
    );
    assert_eq!(
        "json=".parse::<OutputSpec>().unwrap_err().to_string(),
        "no file name after `json=`; write json=FILE, or json alone for standard output"
    );
}

#[test]
fn rules_are_explained() {
    let rule = Rule {
        id: "yaml/duplicate-key",
        aliases: &["yaml/double-key"],
        severity: Severity::Error,
        by: By::Client("kubectl"),
        basis: "recorded answers",
        summary: "a mapping has a key twice",
        explanation: "The last one wins for kubectl; kustomize refuses the file.",
    };
    snapshots().bind(|| {
        insta::assert_snapshot!("explain", portcullis::report::explain::explain(&rule));
        insta::assert_snapshot!("explain-page", portcullis::report::explain::page_of(&[&rule]));
    });
}

/// GitLab's widget has no place for the decision, so what would decide, and does not, says so itself.
#[test]
fn gitlab_says_what_was_allowed() {
    let descriptions = |report: &Report| -> Vec<(String, String)> {
        let issues: serde_json::Value = serde_json::from_str(&text(Format::Gitlab, report, PLAIN)).unwrap();
        let word = |issue: &serde_json::Value, key: &str| issue[key].as_str().unwrap().to_owned();
        issues.as_array().unwrap().iter().map(|issue| (word(issue, "severity"), word(issue, "description"))).collect()
    };
    let (blocked, allowed) = (descriptions(&fixture::rich()), descriptions(&fixture::overridden()));
    assert_eq!(blocked.len(), allowed.len());
    for ((was, text), (is, told)) in blocked.iter().zip(&allowed) {
        if was == "blocker" {
            assert_eq!(told, &format!("allowed (override by alice): {text}"));
            assert_ne!(is, "blocker");
        } else {
            assert_eq!((is, told), (was, text));
        }
    }
    // Findings and what was not judged.
    let decided =
        |part: &str| allowed.iter().any(|(_, told)| told.starts_with(&format!("allowed (override by alice): {part}")));
    assert!(decided("Not judged:") && decided("Deployment in version"), "{allowed:#?}");
}
