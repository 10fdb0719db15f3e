//! What stands on the pull request after the program has run.

use serde_json::{Value, json};

use super::Setting;
use super::fake::{ME, OTHER};
use crate::support::{Tree, tree};

const DEPLOYMENT: &str = "apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers:
        - name: web
          image: nginx:1.27
";

const OLD: &str = "apiVersion: v1
kind: ConfigMap
metadata: { name: old, namespace: shop }
data: { a: b }
";

fn base() -> Tree {
    tree(&[("web.yaml", DEPLOYMENT), ("old.yaml", OLD)])
}

/// `replica` instead of `replicas`, and a Secret in plain text.
fn faulty() -> Tree {
    let secret =
        "apiVersion: v1\nkind: Secret\nmetadata: { name: db, namespace: shop }\nstringData:\n  p: hunter2hunter2\n";
    tree(&[("web.yaml", &DEPLOYMENT.replace("replicas", "replica")), ("old.yaml", OLD), ("db.yaml", secret)])
}

fn mended() -> Tree {
    tree(&[("web.yaml", &DEPLOYMENT.replace("2\n", "3\n")), ("old.yaml", OLD)])
}

fn bodies(comments: &[Value]) -> Vec<&str> {
    comments.iter().map(|comment| comment["body"].as_str().unwrap()).collect()
}

#[test]
fn a_failing_change_is_told_where_it_is_decided() {
    let setting = Setting::new(&base(), &faulty());
    let run = setting.post(&[]);
    assert_eq!(run.code, Some(1), "{}", run.text());
    setting.fake.with(|state| {
        let comments = &state.comments;
        assert_eq!(comments.len(), 2, "{comments:#?}");
        assert_eq!((&comments[0]["path"], &comments[0]["line"]), (&json!("web.yaml"), &json!(5)));
        assert!(bodies(comments)[0].contains("```suggestion\n  replicas: 2\n```"), "{}", bodies(comments)[0]);
        assert!(!bodies(comments)[1].contains("hunter2"));
        assert_eq!(state.issue_comments.len(), 1);
        let check = &state.checks[0];
        assert_eq!((&check["conclusion"], &check["name"]), (&json!("failure"), &json!("portcullis report")));
        assert_eq!(check["output"]["title"], "Deployment web: unknown field \"spec.replica\" +1");
        assert_eq!(check["output"]["annotations_count"], 2);
        assert!(state.log.len() <= 12, "{} calls", state.log.len());
        assert_eq!(state.log.last().unwrap().route, "/repos/acme/shop/check-runs", "the check run is completed last");
    });
    assert_eq!(setting.job_summary(), "", "what is posted needs no fallback");
}

#[test]
fn the_same_report_twice_changes_nothing() {
    let setting = Setting::new(&base(), &faulty());
    setting.post(&[]);
    setting.fake.forget();
    let run = setting.post(&[]);
    assert_eq!(run.code, Some(1));
    assert_eq!(setting.fake.writes(), [""; 0]);
}

#[test]
fn a_push_edits_adds_and_folds_and_touches_nobody_elses() {
    let mut setting = Setting::new(&base(), &faulty());
    setting.post(&[]);
    let (quoted, answered) = setting.fake.with(|state| {
        let summary = state.issue_comments[0]["body"].as_str().unwrap().to_owned();
        let inline = state.comments[0].clone();
        // Somebody quotes our marker, somebody answers our comment on the Secret.
        state.say(OTHER, &summary);
        state.say_inline(OTHER, &inline, None);
        let secret = state.comments[1].clone();
        state.say_inline(OTHER, &json!({ "body": "on purpose", "path": "db.yaml" }), secret["id"].as_u64());
        (inline["node_id"].clone(), secret["node_id"].clone())
    });
    setting.push(&mended());
    setting.fake.forget();
    let run = setting.post(&[]);
    assert_eq!(run.code, Some(0), "{}", run.text());
    setting.fake.with(|state| {
        let folded: Vec<&str> = state.minimized.iter().map(String::as_str).collect();
        assert_eq!(folded, [quoted.as_str().unwrap()]);
        assert!(!state.minimized.contains(answered.as_str().unwrap()), "somebody answered that one");
        let summaries: Vec<(u64, bool)> = state
            .issue_comments
            .iter()
            .map(|c| (c["user"]["id"].as_u64().unwrap(), c["body"].as_str().unwrap().contains("> Fixed: ")))
            .collect();
        let own = state.issue_comments[0]["body"].as_str().unwrap();
        assert!(own.contains("### ✅ portcullis: pass"), "{own}");
        assert_eq!(summaries, [(ME, true), (OTHER, false)]);
        assert_eq!(state.checks[0]["conclusion"], "success");
        assert_eq!(state.checks[0]["output"]["title"], "1 line → 1 object, no finding");
    });
    setting.fake.forget();
    setting.post(&[]);
    assert_eq!(setting.fake.writes(), [""; 0], "what is folded is not folded again");

    // The same defect comes back: a folded comment tells nobody.
    setting.push(&faulty());
    setting.post(&[]);
    setting.fake.with(|state| {
        let live = |comment: &&Value| {
            comment["user"]["id"] == ME && !state.minimized.contains(comment["node_id"].as_str().unwrap())
        };
        assert_eq!(state.comments.iter().filter(live).count(), 2);
    });
}

#[test]
fn a_clean_change_is_quiet() {
    let setting = Setting::new(&base(), &mended());
    let run = setting.post(&[]);
    assert_eq!(run.code, Some(0), "{}", run.text());
    assert_eq!(setting.fake.writes(), ["POST /repos/acme/shop/check-runs"]);
}

/// How far a change reaches is what its diff does not show: lines that are replaced count once, what is only moved not at all.
#[test]
fn the_title_of_a_clean_change_tells_how_far_it_reaches() {
    let config =
        "version: 1\nclusters: [{ name: dev, paths: [\"shared/**\"] }, { name: prod, paths: [\"shared/**\"] }]\n";
    let maps = |value: &str| OLD.replace("a: b", value) + "---\n" + &OLD.replace("old", "other").replace("a: b", value);
    let files = |value: &str, more: &str| {
        tree(&[("portcullis.yaml", config), ("shared/maps.yaml", &maps(value)), (more, &OLD.replace("old", "moved"))])
    };
    for head in [files("a: c", "shared/before.yaml"), files("a: c, b: c", "shared/after.yaml")] {
        let setting = Setting::new(&files("a: b", "shared/before.yaml"), &head);
        let run = setting.post(&[]);
        assert_eq!(run.code, Some(0), "{}", run.text());
        let title = "2 lines → 2 objects in 2 clusters, no finding";
        setting.fake.with(|state| assert_eq!(state.checks[0]["output"]["title"], title, "{}", run.text()));
    }
}

#[test]
fn the_config_says_how_loud() {
    for (comment, tree_of_head, comments) in [("always", mended(), 1), ("never", faulty(), 0)] {
        let config = format!("version: 1\nreview: {{ comment: {comment}, check: gate }}\n");
        let with_config = |mut tree: Tree| {
            tree.insert(b"portcullis.yaml".to_vec(), config.as_str().into());
            tree
        };
        let setting = Setting::new(&with_config(base()), &with_config(tree_of_head));
        setting.post(&[]);
        setting.fake.with(|state| {
            assert_eq!(state.issue_comments.len(), comments, "{comment}");
            assert_eq!(state.checks[0]["name"], "gate");
        });
    }
}

/// The change makes the object one that must be applied; the old defect that prevents it lies outside of the hunk.
#[test]
fn what_the_diff_does_not_show_is_told_nearby_or_of_the_file() {
    let padded = DEPLOYMENT.replace("spec:\n  replicas", &("# line\n".repeat(10) + "spec:\n  replicas"));
    for (text, line, words) in [
        (DEPLOYMENT, Some(4), "It is at `web.yaml:12`."),
        (&padded, None, "It is line 22, which this change does not show."),
    ] {
        let before = text.replace("nginx:1.27", "\"\"");
        let after = before.replace("namespace: shop }", "namespace: shop, labels: { a: b } }");
        let setting = Setting::new(&tree(&[("web.yaml", &before)]), &tree(&[("web.yaml", &after)]));
        setting.post(&[]);
        setting.fake.with(|state| {
            assert_eq!(state.comments.len(), 1, "{:#?}", state.issue_comments);
            let comment = &state.comments[0];
            match line {
                Some(line) => assert_eq!(comment["line"], line),
                None => assert_eq!(comment["subject_type"], "file"),
            }
            assert!(bodies(&state.comments)[0].contains(words), "{comment}");
        });
    }
}

#[test]
fn changes_are_requested_and_the_request_is_taken_back() {
    let mut setting = Setting::new(&base(), &faulty());
    setting.post(&["--request-changes"]);
    setting.fake.with(|state| {
        assert_eq!(state.reviews[0]["state"], "CHANGES_REQUESTED");
        let commit = state.head.clone();
        state.review(OTHER, "CHANGES_REQUESTED", &commit, "no");
    });
    setting.push(&mended());
    setting.post(&["--request-changes"]);
    setting.fake.with(|state| {
        let states: Vec<&str> = state.reviews.iter().map(|review| review["state"].as_str().unwrap()).collect();
        assert_eq!(states, ["DISMISSED", "CHANGES_REQUESTED"]);
    });
}

#[test]
fn a_merge_group_gets_the_verdict_only() {
    let mut setting = Setting::new(&base(), &faulty());
    let (from, to) =
        (setting.event["pull_request"]["base"]["sha"].clone(), setting.event["pull_request"]["head"]["sha"].clone());
    setting.event = json!({ "action": "checks_requested", "merge_group": { "base_sha": &from, "head_sha": &to } });
    setting.event_name = "merge_group";
    let run = setting.post(&[]);
    assert_eq!(run.code, Some(1), "{}", run.text());
    assert_eq!(setting.fake.writes(), ["POST /repos/acme/shop/check-runs"]);
    let command = format!(
        "`git fetch origin {0} {1} && portcullis check {0}..{1}`",
        from.as_str().unwrap(),
        to.as_str().unwrap()
    );
    setting.fake.with(|state| {
        let summary = state.checks[0]["output"]["summary"].as_str().unwrap();
        assert!(summary.contains(&command), "{summary}");
    });
}

#[test]
fn many_annotations_go_in_parts() {
    let many: Vec<(String, String)> = (0..130)
        .map(|at| {
            (
                format!("s{at}.yaml"),
                format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{ name: c{at}, namespace: x }}\nspec: {at}\n"),
            )
        })
        .collect();
    let head: Vec<(&str, &str)> = many.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let setting = Setting::new(&tree(&[("old.yaml", OLD)]), &tree(&head));
    let run = setting.post(&[]);
    assert_eq!(run.code, Some(1), "{}", run.text());
    setting.fake.with(|state| {
        assert_eq!(state.checks[0]["output"]["annotations_count"], 130);
        assert_eq!(state.checks[0]["status"], "completed");
        assert_eq!(state.comments.len(), 20);
    });
    // An object more: nothing that stands there is posted again.
    setting.fake.forget();
    setting.post(&[]);
    assert_eq!(setting.fake.writes(), [""; 0]);
}

#[test]
fn a_dry_run_posts_nothing() {
    let setting = Setting::new(&base(), &faulty());
    let run = setting.post(&["--dry-run"]);
    assert_eq!(run.code, Some(1));
    assert!(run.stdout.contains("review COMMENT\n  web.yaml:5: **error** `schema/unknown-field`"), "{}", run.stdout);
    let run = setting.post(&["--dry-run=json"]);
    let plan: Value = serde_json::from_str(run.stdout.lines().last().unwrap()).unwrap();
    assert_eq!(plan["steps"][0]["comments"][0]["line"], 5);
    assert_eq!(setting.fake.writes(), [""; 0]);
}

const TELLS: &str = r#"package policy.tells

values := [value | walk(input.review.object, [_, value]); is_string(value)]

decoded := [base64.decode(value) | some value in values; base64.is_valid(value)]

deny contains violation if {
	input.review.object.kind == "Secret"
	said := concat(" ", array.concat(values, decoded))
	violation := {"msg": said, "help": said, "details": said, "fix": said, "field": "data"}
}
"#;

const TELLS_GATEKEEPER: &str = r#"apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: { name: tells }
spec:
  crd: { spec: { names: { kind: Tells } } }
  targets:
    - target: admission.k8s.gatekeeper.sh
      rego: |
        package tells
        violation[{"msg": msg, "details": {"all": msg}}] {
          msg := sprintf("%v", [input.review.object])
        }
---
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: Tells
metadata: { name: all }
spec: { match: { kinds: [{ apiGroups: [""], kinds: [Secret] }] } }
"#;

/// No request carries a Secret's value, plain or in base64, however the finding about it came to be.
#[test]
fn no_request_carries_a_secret() {
    let canary = "Zq8vTn4wKx2cRb7y";
    let coded = crate::support::base64(canary.as_bytes());
    let secret =
        |more: &str| format!("apiVersion: v1\nkind: Secret\nmetadata: {{ name: db, namespace: shop }}\n{more}");
    let mut head = base();
    // Policies that read what they like and say it in every field of their answer.
    let policies = [
        ("portcullis.yaml", "version: 1\npolicies: [{ use: policies/ }]\n".to_owned()),
        ("policies/tells.rego", TELLS.to_owned()),
        ("policies/gatekeeper.yaml", TELLS_GATEKEEPER.to_owned()),
    ];
    let mut base = base();
    for (path, text) in &policies {
        base.insert(path.as_bytes().to_vec(), text.as_str().into());
        head.insert(path.as_bytes().to_vec(), text.as_str().into());
    }
    for (path, more) in [
        ("told.yaml", format!("stringData: {{ a: {canary} }}\ndata: {{ b: {coded} }}\n")),
        ("twice.yaml", format!("stringData:\n  a: {canary}\n  a: {canary}\n")),
        ("flow.yaml", format!("stringData: {{ a: {canary} }}\nstatus: {canary}\n")),
        ("data.yaml", format!("data:\n  a: {coded}\n  b: !!int {canary}\n")),
        ("unclosed.yaml", format!("stringData:\n  a: \"{canary}\n")),
        ("unknown.yaml", format!("stringDatas:\n  a: {canary}\nstringData:\n  b: {canary}\n")),
    ] {
        head.insert(path.as_bytes().to_vec(), secret(&more).as_str().into());
    }
    // The fix of the misspelt key would be a suggestion with the whole line.
    let line = format!(
        "{{apiVersion: v1, kind: Secret, metadata: {{name: one, namespace: shop}}, typ: Opaque, stringData: {{a: {canary}}}}}\n"
    );
    head.insert(b"line.yaml".to_vec(), line.as_str().into());
    let setting = Setting::new(&base, &head);
    let run = setting.post(&[]);
    assert_eq!(run.code, Some(1), "{}", run.text());
    setting.fake.with(|state| {
        for policy in ["policy/tells", "gatekeeper/Tells/all"] {
            let told = bodies(&state.comments).into_iter().any(|body| body.contains(policy));
            assert!(told, "{policy} says nothing: {:#?}", bodies(&state.comments));
        }
        let fixable = bodies(&state.comments).into_iter().any(|body| body.contains("unknown field \"typ\""));
        assert!(fixable, "{:#?}", bodies(&state.comments));
        assert!(state.comments.len() >= 6, "{:#?}", bodies(&state.comments));
        for exchange in &state.log {
            for window in [canary, &coded].into_iter().flat_map(|text| text.as_bytes().windows(8)) {
                let part = std::str::from_utf8(window).unwrap();
                assert!(
                    !exchange.raw.contains(part),
                    "{} {} carries {part}: {}",
                    exchange.method,
                    exchange.route,
                    exchange.raw
                );
            }
        }
    });
}

/// Two runs that raced have told the same twice: one of them is folded away, the other stays what later runs edit.
#[test]
fn what_two_runs_said_is_said_once() {
    let setting = Setting::new(&base(), &faulty());
    setting.post(&[]);
    let second = setting.fake.with(|state| {
        let summary = state.issue_comments[0]["body"].as_str().unwrap().to_owned();
        state.say(ME, &summary);
        let first = state.comments[0].clone();
        state.say_inline(ME, &first, None)
    });
    let run = setting.post(&[]);
    assert_eq!(run.code, Some(1), "{}", run.text());
    setting.fake.with(|state| {
        let summary = state.issue_comments[1]["node_id"].as_str().unwrap();
        let folded = [second["node_id"].as_str().unwrap(), summary].map(str::to_owned).into();
        assert_eq!(state.minimized, folded);
    });
    setting.fake.forget();
    setting.post(&[]);
    assert_eq!(setting.fake.writes(), [""; 0]);
}

/// A second push that mends one thing, breaks another and changes a third: everything a plan can hold, within twelve calls.
#[test]
fn a_push_of_all_kinds_takes_twelve_calls() {
    let mut setting = Setting::new(&base(), &faulty());
    setting.post(&[]);
    // The Secret is gone, the misspelt key has another value, and another object is wrong.
    let mut head = faulty();
    head.remove(&b"db.yaml"[..]);
    head.insert(b"web.yaml".to_vec(), DEPLOYMENT.replace("replicas: 2", "replica: 2\n  paussed: true").as_str().into());
    head.insert(b"old.yaml".to_vec(), OLD.replace("data", "datas").as_str().into());
    setting.push(&head);
    setting.fake.forget();
    let run = setting.post(&[]);
    assert_eq!(run.code, Some(1), "{}", run.text());
    let writes = setting.fake.writes();
    for part in ["/reviews", "/pulls/comments/", "/graphql", "/issues/comments/", "/check-runs"] {
        assert!(writes.iter().any(|write| write.contains(part)), "{part}: {writes:?}");
    }
    assert!(setting.fake.requests() <= 12, "{} calls", setting.fake.requests());
}

/// A name is found again, whatever characters it has.
#[test]
fn a_check_run_may_have_any_name() {
    let config = "version: 1\nreview: { check: \"gate & co: #1 +é\" }\n";
    let with = |mut tree: Tree| {
        tree.insert(b"portcullis.yaml".to_vec(), config.into());
        tree
    };
    let setting = Setting::new(&with(base()), &with(mended()));
    setting.post(&[]);
    setting.fake.with(|state| assert_eq!(state.checks[0]["name"], "gate & co: #1 +é"));
    setting.fake.forget();
    setting.post(&[]);
    assert_eq!(setting.fake.writes(), [""; 0]);
}

/// Names of files are text of the change as any other: no command for the runner, no mention, no link.
#[test]
fn names_of_files_are_inert() {
    let names = ["::error file=x::a", "a`b|c", "@org/team/x", "x\ny", "##[group]/z", "ü\u{202e}k", "a b/[l](http:/x)"];
    let files = |more: &str| {
        let text = format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{ name: a, namespace: x }}\n{more}: {{}}\n");
        let tree = names.map(|name| (format!("{name}.yaml").into_bytes(), text.as_str().into()));
        tree.into_iter().collect::<Tree>()
    };
    let setting = Setting::new(&files("data"), &files("datas"));
    let told = setting.post(&["--dry-run"]).text() + &setting.post(&[]).text();
    assert!(!told.lines().any(|line| line.trim_start().starts_with("::")) && !told.contains("##["), "{told}");
    setting.fake.with(|state| {
        let paths: Vec<&str> = state.comments.iter().map(|comment| comment["path"].as_str().unwrap()).collect();
        assert_eq!(paths.len(), names.len());
        assert!(names.iter().all(|name| paths.contains(&format!("{name}.yaml").as_str())), "{paths:?}");
        for body in bodies(&state.comments).into_iter().chain(bodies(&state.issue_comments)) {
            let (seen, links) = super::inert::live(body.split_once('\n').unwrap().1);
            assert!(links.is_empty() && !seen.contains('@') && !seen.contains("group"), "{seen}");
        }
    });
}
