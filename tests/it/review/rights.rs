//! Overrides from the pull request: who, why, and that they end with the head.

use serde_json::{Value, json};

use super::Setting;
use super::fake::OTHER;
use crate::support::{Tree, tree};

fn tree_with(config: &str, more: &str) -> Tree {
    let object = format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{ name: a, namespace: x }}\n{more}");
    tree(&[("a.yaml", &object), ("portcullis.yaml", &format!("version: 1\n{config}\n"))])
}

fn setting(config: &str) -> Setting {
    Setting::new(&tree_with(config, "data: { a: b }\n"), &tree_with(config, "datas: { a: b }\n"))
}

fn report(setting: &Setting) -> (Option<i32>, Value) {
    let path = setting.repo.root.path().join("report.json");
    let run = setting.post(&["-o", &format!("json={}", path.display())]);
    (run.code, serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap())
}

#[test]
fn an_approving_review_with_a_reason_overrides_its_commit_only() {
    let mut setting = setting("override: { actors: [User7] }");
    let commit = setting.fake.with(|state| {
        let head = state.head.clone();
        state.review(OTHER, "APPROVED", &head, "the shop is down, INC-42");
        state.review(99, "APPROVED", &head, "me too");
        head
    });
    let (code, report) = report(&setting);
    assert_eq!(code, Some(0));
    assert_eq!(report["verdict"], "fail", "an override turns the decision, not the verdict");
    let used = &report["decision"]["overridden"];
    assert_eq!((&used["actor"], &used["reason"]), (&json!("User7"), &json!("the shop is down, INC-42")));
    assert!(used["evidence"].as_str().unwrap().contains("https://github.com/octocat/Hello-World/pull/12#"), "{used}");
    assert_eq!(used["fingerprints"].as_array().unwrap().len(), 1);
    setting.fake.with(|state| {
        assert_eq!(state.checks[0]["conclusion"], "success");
        let title = state.checks[0]["output"]["title"].as_str().unwrap();
        assert!(title.starts_with("override by User7: ConfigMap a: unknown field"), "{title}");
        let summary = state.issue_comments[0]["body"].as_str().unwrap();
        assert!(summary.lines().nth(3).unwrap().starts_with("**Override** by `User7`"), "{summary}");
        assert_eq!(summary.matches("<br>overridden<br>").count(), 1, "{summary}");
        assert_eq!(state.head, commit);
    });

    setting.push(&tree_with("override: { actors: [User7] }", "datas: { a: c }\n"));
    let (code, _) = self::report(&setting);
    assert_eq!(code, Some(1), "the override ended with the head");
}

#[test]
fn a_member_of_a_team_may_and_others_may_not() {
    for (member, code) in [("acme/sre/user7", 0), ("acme/sre/user8", 1)] {
        let setting = setting("override: { teams: [acme/sre] }");
        setting.fake.with(|state| {
            let head = state.head.clone();
            state.review(OTHER, "APPROVED", &head, "why not");
            state.members.insert(member.to_owned());
        });
        assert_eq!(report(&setting).0, Some(code), "{member}");
    }
}

#[test]
fn a_label_counts_in_the_run_that_giving_it_starts() {
    let labeled = |setting: &mut Setting| {
        setting.event["action"] = "labeled".into();
        setting.event["label"] = json!({ "name": "override-gate", "description": "asks the gate to stand aside" });
        setting.event["pull_request"]["updated_at"] = "2027-01-15T08:00:00Z".into();
        setting.event["sender"] = json!({ "login": "alice" });
        setting.fake.with(|state| state.labels = vec![("override-gate", "2027-01-15T08:00:00Z", "alice")]);
    };
    let mut anybody = setting("override: { labels: [override-gate] }");
    assert_eq!(report(&anybody).0, Some(1));
    labeled(&mut anybody);
    let (code, found) = report(&anybody);
    assert_eq!(code, Some(0));
    assert_eq!(found["decision"]["overridden"]["actor"], "alice");
    assert_eq!(found["decision"]["overridden"]["reason"], "label override-gate: asks the gate to stand aside");

    let evidence = found["decision"]["overridden"]["evidence"].as_str().unwrap();
    assert!(evidence.starts_with("the label of 2027-01-15T08:00:00Z on "), "{evidence}");

    let mut only_bob = setting("override: { labels: [override-gate], actors: [bob] }");
    labeled(&mut only_bob);
    let (code, found) = report(&only_bob);
    assert_eq!(code, Some(1));
    let because = found["decision"]["because"].as_str().unwrap();
    assert!(because.contains("alice may not override"), "{because}");

    let mut never = setting("override: { labels: [override-gate], never: [\"schema/*\"] }");
    labeled(&mut never);
    assert_eq!(report(&never).0, Some(1));
}

/// Another run of the same head, started by whatever: the label counts if it was given after the head was pushed.
#[test]
fn a_label_of_before_counts_for_the_head_that_it_was_given_to() {
    let later = "the head was pushed at 2027-01-15T08:00:01Z; remove it and give it again";
    // When the branch was last pushed, whether to the judged head, the exit code and what the log says.
    let cases = [
        (Some(("2027-01-15T07:59:59Z", true)), 0, ""),
        (Some(("2027-01-15T08:00:01Z", true)), 1, later),
        (Some(("2027-01-15T08:00:00Z", true)), 1, "does not override"),
        (Some(("2027-01-15T07:00:00Z", false)), 1, "pushed at a time that GitHub does not tell"),
        (None, 1, "pushed at a time that GitHub does not tell"),
    ];
    for (push, code, says) in cases {
        let setting = setting("override: { labels: [override-gate, other] }");
        setting.fake.with(|state| {
            let given = "2027-01-15T08:00:00Z";
            state.labels = vec![("bug", "2027-01-15T09:00:00Z", "bob"), ("override-gate", given, "alice")];
            let head = |is_judged| if is_judged { state.head.clone() } else { "5".repeat(40) };
            state.pushes = push.map(|(at, is_judged)| (at, head(is_judged))).into_iter().collect();
        });
        let run = setting.post(&[]);
        assert_eq!(run.code, Some(code), "{}", run.text());
        assert!(run.stderr.contains(says), "{says}: {}", run.stderr);
        if code == 0 {
            let (_, found) = report(&setting);
            let used = &found["decision"]["overridden"];
            assert_eq!(
                (&used["actor"], &used["reason"]),
                (&json!("alice"), &json!("label override-gate: asks the gate to stand aside"))
            );
            assert!(used["evidence"].as_str().unwrap().starts_with("the label of 2027-01-15T08:00:00Z on "), "{used}");
        }
    }
}

/// A label that was taken away overrides nothing, in whatever run.
#[test]
fn a_label_that_is_gone_does_not_count() {
    let mut setting = setting("override: { labels: [override-gate] }");
    setting.event["action"] = "labeled".into();
    setting.event["label"] = json!({ "name": "override-gate", "description": null });
    setting.event["sender"] = json!({ "login": "alice" });
    assert_eq!(report(&setting).0, Some(1));
}

/// The dearest of usual runs: a label that was given before, a finding, nothing posted yet.
#[test]
fn a_label_of_before_costs_twelve_calls() {
    let setting = setting("override: { labels: [override-gate] }");
    setting.fake.with(|state| {
        state.labels = vec![("override-gate", "2027-01-15T08:00:00Z", "alice")];
        state.pushes = vec![("2027-01-15T07:00:00Z", state.head.clone())];
    });
    assert_eq!(report(&setting).0, Some(0));
    assert!(setting.fake.requests() <= 12, "{} calls", setting.fake.requests());
}

/// A review that was dismissed overrides nothing any more, nor does an approval of another head.
#[test]
fn a_dismissed_review_does_not_count() {
    for (verb, on_head, code) in [("DISMISSED", true, 1), ("APPROVED", false, 1), ("APPROVED", true, 0)] {
        let setting = setting("override: { actors: [user7] }");
        setting.fake.with(|state| {
            let commit = if on_head { state.head.clone() } else { "4".repeat(40) };
            state.review(OTHER, verb, &commit, "the shop is down");
        });
        assert_eq!(report(&setting).0, Some(code), "{verb} {on_head}");
    }
}
