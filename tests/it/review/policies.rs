//! What policies say, where it is read: on the line, with its author's reasons, and in the title.

use serde_json::{Value, json};

use super::Setting;
use crate::support::{Tree, tree};

const CONFIG: &str = "version: 1
policies:
  - { use: policies/, owner: platform }
  - { use: workloads/latest-image-tag, level: error }
  - { use: pod-security/restricted }
";

/// A convention of the repository's own, which tells why and what to do.
const TEAM: &str = "# METADATA
# title: Every workload names its team
# description: |-
#   Nobody is called when a workload without a team breaks.
#
#   @acme/oncall ![i](https://e.example/i.png)
# related_resources:
# - https://wiki.example/teams
# custom:
#   help: Add the label team.
package policy.team

deny contains violation if {
	not input.review.object.metadata.labels.team
	violation := {\"msg\": \"no label team\", \"field\": \"metadata.labels.team\"}
}
";

/// A constraint about Pods, which Gatekeeper expands Deployments to.
const GATEKEEPER: &str = r#"apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata:
  name: memorylimits
  annotations: { metadata.gatekeeper.sh/title: Memory limits, description: A container without one can take the node. }
spec:
  crd: { spec: { names: { kind: MemoryLimits } } }
  targets:
    - target: admission.k8s.gatekeeper.sh
      rego: |
        package memorylimits
        violation[{"msg": msg}] {
          c := input.review.object.spec.containers[_]
          not c.resources.limits.memory
          msg := sprintf("container <%v> has no memory limit", [c.name])
        }
---
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: MemoryLimits
metadata: { name: all }
spec: { match: { kinds: [{ apiGroups: [""], kinds: [Pod] }] } }
---
apiVersion: expansion.gatekeeper.sh/v1alpha1
kind: ExpansionTemplate
metadata: { name: deployments }
spec:
  applyTo: [{ groups: [apps], versions: [v1], kinds: [Deployment] }]
  templateSource: spec.template
  generatedGVK: { group: "", version: v1, kind: Pod }
"#;

const GOOD: &str = "apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop, labels: { team: shop } }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers:
        - name: web
          image: nginx:1.27
          resources: { limits: { memory: 1Gi } }
          securityContext: { runAsNonRoot: true, allowPrivilegeEscalation: false, capabilities: { drop: [ALL] }, seccompProfile: { type: RuntimeDefault } }
";

fn with_policies(object: &str) -> Tree {
    tree(&[
        ("portcullis.yaml", CONFIG),
        ("policies/team.rego", TEAM),
        ("gatekeeper/limits.yaml", GATEKEEPER),
        ("apps/web.yaml", object),
    ])
}

/// The change breaks the rules of all four.
fn bad() -> String {
    let without = GOOD.lines().filter(|line| !line.contains("resources:")).collect::<Vec<_>>().join("\n") + "\n";
    without
        .replace(", labels: { team: shop }", "")
        .replace("nginx:1.27", "nginx")
        .replace("allowPrivilegeEscalation: false", "allowPrivilegeEscalation: true")
}

/// Line and body of the comment about a rule.
fn comment<'a>(comments: &'a [Value], rule: &str) -> (u64, &'a str) {
    let texts = comments.iter().map(|comment| (comment["line"].as_u64(), comment["body"].as_str().unwrap()));
    let found = texts.into_iter().find(|(_, body)| body.contains(&format!("**error** `{rule}`")));
    let (line, body) = found.unwrap_or_else(|| panic!("no comment about {rule}: {comments:#?}"));
    (line.unwrap(), body)
}

#[test]
fn policies_speak_on_the_line_with_their_reasons() {
    let setting = Setting::new(&with_policies(GOOD), &with_policies(&bad()));
    let run = setting.post(&[]);
    assert_eq!(run.code, Some(1), "{}", run.text());
    setting.fake.with(|state| {
        assert_eq!(state.comments.len(), 4, "{:#?}", state.comments);

        let (line, body) = comment(&state.comments, "policy/team");
        assert_eq!(line, 3);
        assert!(body.contains("Says: `policy policy/team of platform (policies/team.rego:1)`"), "{body}");
        assert!(body.contains("Help: `Add the label team.`"), "{body}");
        let why = "<details><summary>Why</summary>\n\n`Every workload names its team`\n\n```text\nNobody is called";
        assert!(body.contains(why) && body.contains("- <https://wiki.example/teams>"), "{body}");
        assert!(body.ends_with("\n<sub>[about `policy/team`](https://wiki.example/teams)</sub>\n"), "{body}");
        assert!(!body.contains("portcullis explain"), "explain knows nothing of a policy of the repository's");
        let (seen, links) = super::inert::live(body);
        assert!(links == ["https://wiki.example/teams"; 2] && !seen.contains("@acme"), "{links:?}: {seen}");

        // A Pod that Gatekeeper makes of the Deployment: told on the line of the Pod's template.
        let (line, body) = comment(&state.comments, "gatekeeper/MemoryLimits/all");
        assert_eq!(line, 6);
        assert!(body.contains("`[Implied by deployments] container <web> has no memory limit`"), "{body}");
        assert!(
            body.contains("Says: `policy MemoryLimits/all (the constraint in gatekeeper/limits.yaml:20)`"),
            "{body}"
        );
        assert!(body.contains("`Memory limits`\n\n```text\nA container without one can take the node.\n```"), "{body}");

        let (line, body) = comment(&state.comments, "workloads/latest-image-tag");
        assert_eq!(line, 11);
        assert!(body.contains("What such an image is depends on when a node pulled it."), "{body}");
        assert!(body.ends_with(" · `portcullis explain workloads/latest-image-tag`</sub>\n"), "{body}");

        let (line, body) = comment(&state.comments, "pod-security/restricted/privilege-escalation");
        assert_eq!(line, 12);
        assert!(body.contains("must set securityContext.allowPrivilegeEscalation=false"), "{body}");

        let check = &state.checks[0]["output"];
        assert_eq!(check["title"], "Deployment web: no label team +3");
        assert_eq!(check["annotations_count"], 4);
        let summary = state.issue_comments[0]["body"].as_str().unwrap();
        assert!(summary.trim_end().ends_with(" policies"), "{summary}");
    });
    setting.fake.forget();
    setting.post(&[]);
    assert_eq!(setting.fake.writes(), [""; 0], "said once");
}

/// What was wrong before stays where it is; what cannot be judged is told in the title, with what to do.
#[test]
fn a_policy_that_cannot_be_asked_blocks_and_says_so() {
    let broken = |object: &str| {
        let mut tree = with_policies(object);
        tree.insert(b"policies/team.rego".to_vec(), "package policy.team\n\ndeny contains {\n".into());
        tree
    };
    let setting = Setting::new(&broken(&bad()), &broken(&bad().replace("  selector:", "  replicas: 3\n  selector:")));
    let run = setting.post(&[]);
    assert_eq!(run.code, Some(2), "{}", run.text());
    setting.fake.with(|state| {
        assert_eq!(state.comments, [json!(null); 0], "{:#?}", state.comments);
        let check = &state.checks[0];
        assert_eq!(check["conclusion"], "action_required");
        let title = check["output"]["title"].as_str().unwrap();
        assert!(title.contains("policy not evaluated: policies/team.rego"), "{title}");
        assert!(title.contains("; mend it in a change of its own"), "{title}");
    });
}

/// What is deleted stands on the left side of the diff only.
#[test]
fn what_a_policy_says_of_a_deletion_stands_on_the_left() {
    let volume = "apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: db, namespace: shop }
spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Gi } } }
";
    let config = "version: 1\npolicies: [{ use: gitops/stateful-object-deleted, level: error }]\n";
    let base = tree(&[("portcullis.yaml", config), ("db.yaml", volume)]);
    let setting = Setting::new(&base, &tree(&[("portcullis.yaml", config)]));
    let run = setting.post(&[]);
    assert_eq!(run.code, Some(1), "{}", run.text());
    setting.fake.with(|state| {
        assert_eq!(state.comments.len(), 1, "{:#?}", state.comments);
        let comment = &state.comments[0];
        assert_eq!((&comment["path"], &comment["side"]), (&json!("db.yaml"), &json!("LEFT")), "{comment}");
        // The head has no such file, so there is no line for an annotation.
        assert_eq!(state.checks[0]["output"]["annotations_count"], 0);
    });
}

/// GitHub sees a move where an object's other half went on in a new file: what is gone stands on that file's left side.
#[test]
fn what_is_deleted_from_a_file_that_moved_is_told_there() {
    let volume = "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: { name: db, namespace: shop }\nspec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Gi } } }\n";
    let keys: Vec<String> = (0..40).map(|number| format!("  k{number}: v\n")).collect();
    let map =
        "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a, namespace: shop }\ndata:\n".to_owned() + &keys.concat();
    let config = "version: 1\npolicies: [{ use: gitops/stateful-object-deleted, level: error }]\n";
    let base = tree(&[("portcullis.yaml", config), ("apps/old.yaml", &format!("{volume}---\n{map}"))]);
    let head = tree(&[("portcullis.yaml", config), ("apps/new.yaml", &map)]);
    let setting = Setting::new(&base, &head);
    let diff = setting.repo.git(&["diff", "-M30", "main", "pr"]);
    assert!(diff.contains("rename to apps/new.yaml"), "{diff}");
    setting.fake.with(|state| {
        state.files.retain(|(path, ..)| path == "apps/new.yaml");
        state.files[0].2 = Some(diff[diff.find("@@ ").unwrap()..].trim_end().to_owned());
        state.moved = [("apps/new.yaml".to_owned(), "apps/old.yaml".to_owned())].into();
    });
    let run = setting.post(&[]);
    assert_eq!(run.code, Some(1), "{}", run.text());
    setting.fake.with(|state| {
        assert_eq!(state.comments.len(), 1, "{:#?}", state.comments);
        let comment = &state.comments[0];
        let place = (&comment["path"], &comment["side"], &comment["line"]);
        assert_eq!(place, (&json!("apps/new.yaml"), &json!("LEFT"), &json!(1)), "{comment}");
        assert!(comment["body"].as_str().unwrap().contains("It is at `apps/old.yaml:1`."), "{comment}");
    });
}
