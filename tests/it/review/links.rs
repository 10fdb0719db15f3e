//! Links to what a rule is about: ours where the run knows the documentation, a policy's own, and nobody else's.

use std::fs;
use std::path::Path;

use portcullis::finding::RuleId;
use portcullis::report::link::Docs;
use portcullis::rules::RULES;
use serde_json::Value;

use super::Setting;
use crate::report::fixture;
use crate::support::{Tree, tree};

const DOCS: &str = "https://github.example/acme/portcullis/blob/v0.1.0/docs";

fn map(value: &str, config: &str) -> Tree {
    let text = format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{ name: a, namespace: x }}\n{value}\n");
    tree(&[("a.yaml", &text), ("portcullis.yaml", config)])
}

/// A misspelt key, and with a policy that is bundled, a namespace that should not be used.
fn setting(docs: &str) -> Setting {
    let config = "version: 1\npolicies: [{ use: workloads/default-namespace, level: error }]\n";
    let inside = |tree: Tree| {
        let mut tree = tree;
        let text = "apiVersion: v1\nkind: Pod\nmetadata: { name: a, namespace: default }\nspec: { containers: [{ name: a, image: \"a:1\" }] }\n";
        tree.insert(b"pod.yaml".to_vec(), text.into());
        tree
    };
    let mut setting = Setting::new(&map("data: {}", config), &inside(map("datas: {}", config)));
    setting.environment = vec![("PORTCULLIS_DOCS", docs.to_owned())];
    setting
}

#[test]
fn a_rule_is_linked_where_its_documentation_is_known() {
    let setting = setting(&format!("{DOCS}/"));
    let sarif = setting.repo.root.path().join("report.sarif");
    let run = setting.post(&["-o", &format!("sarif={}", sarif.display())]);
    assert_eq!(run.code, Some(1), "{}", run.text());
    let rule = format!("{DOCS}/rules.md#schemaunknown-field");
    let policy = format!("{DOCS}/policies/workloads/default-namespace.md");
    setting.fake.with(|state| {
        let body = |at: usize| state.comments[at]["body"].as_str().unwrap();
        assert_eq!(state.comments.len(), 2);
        for (at, id, page) in [(0, "schema/unknown-field", &rule), (1, "workloads/default-namespace", &policy)] {
            let last = format!("\n<sub>[about `{id}`]({page}) · `portcullis explain {id}`</sub>\n");
            assert!(body(at).ends_with(&last), "{}", body(at));
        }
        let summary = state.issue_comments[0]["body"].as_str().unwrap();
        assert!(summary.contains(&format!("**[`schema/unknown-field`]({rule})**")), "{summary}");
        assert!(summary.contains(&format!("**[`workloads/default-namespace`]({policy})**")), "{summary}");
        assert!(state.checks[0]["output"]["summary"].as_str().unwrap().contains(&rule));
    });
    let sarif: Value = serde_json::from_slice(&fs::read(sarif).unwrap()).unwrap();
    let rules = sarif["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    let uri = |id: &str| rules.iter().find(|rule| rule["id"] == id).unwrap()["helpUri"].as_str().unwrap();
    assert_eq!((uri("schema/unknown-field"), uri("workloads/default-namespace")), (rule.as_str(), policy.as_str()));
    setting.fake.forget();
    setting.post(&[]);
    assert_eq!(setting.fake.writes(), [""; 0]);
}

/// The address comes from the job, yet it is no way for text into what is posted.
#[test]
fn an_address_that_is_none_is_wrong_usage_and_an_empty_one_is_none() {
    for wrong in ["docs", "https://a.example/)x", "javascript:alert(1)", "https://a.example/\u{202e}", "https://a@b/c"]
    {
        let setting = setting(wrong);
        let run = setting.post(&[]);
        assert_eq!(run.code, Some(2), "{wrong}: {}", run.text());
        assert!(run.stderr.contains("portcullis: --docs (PORTCULLIS_DOCS): "), "{}", run.stderr);
        assert!(!run.stderr.contains('\u{202e}'));
        assert_eq!(setting.fake.requests(), 0);
    }
    let setting = setting("");
    let run = setting.post(&[]);
    assert_eq!(run.code, Some(1), "{}", run.text());
    setting.fake.with(|state| {
        let body = state.comments[0]["body"].as_str().unwrap();
        assert!(body.ends_with("\n<sub>`portcullis explain schema/unknown-field`</sub>\n"), "{body}");
    });
}

/// Every address that the program makes is a page of this repository.
#[test]
fn every_rule_has_the_page_that_it_links() {
    let docs: Docs = DOCS.parse().unwrap();
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let rules = fs::read_to_string(top.join("rules.md")).unwrap();
    for rule in RULES {
        let page = docs.page(rule.id).unwrap();
        let (page, anchor) = page.split_once('#').unwrap();
        assert_eq!(page, format!("{DOCS}/rules.md"));
        let heading = format!("\n## {}\n", rule.id);
        assert!(rules.contains(&heading) && rules.contains(&format!("(#{anchor})")), "{}", rule.id);
    }
    let policies = portcullis::policy::bundled::LIBRARY.policies.iter();
    for policy in policies {
        let page = docs.page(&policy.id).unwrap();
        assert!(top.join(page.strip_prefix(DOCS).unwrap().trim_start_matches('/')).is_file(), "{page}");
    }
}

/// A report of another job is somebody's word: its addresses are not taken, nor is its override told anywhere.
#[test]
fn a_report_of_another_job_links_nothing_of_its_own() {
    let mut report = fixture::overridden();
    report.ruleset.docs = Some("https://evil.example/docs".to_owned());
    report.policies.push(portcullis::report::model::PolicyInfo {
        id: "policy/team-label".to_owned(),
        title: "title".to_owned(),
        description: String::new(),
        links: vec!["https://evil.example/wiki".to_owned()],
    });
    assert!(report.findings.iter().any(|finding| finding.rule == RuleId::new("policy/team-label")));
    for (docs, denied) in [("", false), (DOCS, false), (DOCS, true)] {
        let setting = super::retold::setting();
        if denied {
            let says = super::fake::Mood::Says(403, "", r#"{"message":"Resource not accessible by integration"}"#);
            setting.fake.with(|state| state.rules = vec![("POST", "/repos", says)]);
        }
        let run = super::retold::post(&setting, &report, &["--docs", docs]);
        assert_eq!(run.code, Some(0), "{}", run.text());
        let told = setting.fake.with(|state| {
            let posted = state.comments.iter().chain(&state.issue_comments).map(|comment| comment["body"].to_string());
            let checks = state.checks.iter().map(|check| check["output"]["summary"].to_string());
            posted.chain(checks).collect::<String>()
        });
        let told = told + &run.text() + &setting.job_summary();
        assert!(!told.contains("evil.example") && !told.contains("override by"), "{told}");
        assert_eq!(told.contains(&format!("]({DOCS}/rules.md#")), !docs.is_empty(), "{told}");
    }
}
