//! Libraries of templates and constraints: their mistakes, and what the webhook says.

use std::collections::BTreeSet;

use portcullis::policy::Value;
use portcullis::policy::engine::Fault;
use portcullis::policy::gatekeeper::constraint::Action;
use portcullis::policy::gatekeeper::inventory::{self, Inventory};
use portcullis::policy::gatekeeper::{Answer, EnforcementPoint, GatekeeperResult, Library, read};
use portcullis::policy::review::Review;
use portcullis::source::RepoPath;

/// The objects of fixtures, and their mistakes as `file:line:column: message`, those of Rego included.
fn load(files: &[&str]) -> (Library, Vec<String>) {
    let mut objects = Vec::new();
    for file in files {
        let path = format!("{}/fixtures/gatekeeper/{file}", env!("CARGO_MANIFEST_DIR"));
        let (found, faults) = read(RepoPath::from(*file), &std::fs::read(path).unwrap());
        assert!(faults.is_empty(), "{faults:?}");
        objects.extend(found);
    }
    let (library, mut faults) = Library::load(&objects);
    faults.extend(library.compile());
    let line = |fault: &Fault| match &fault.help {
        Some(help) => format!("{fault} ({help})"),
        None => fault.to_string(),
    };
    (library, faults.iter().map(line).collect())
}

/// A library without mistakes.
fn library(files: &[&str]) -> Library {
    let (library, faults) = load(files);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    library
}

/// The request about an object in JSON.
fn review(operation: &str, json: &str) -> Review {
    let object = Value::from_json_str(json).unwrap();
    let text = |path: &[&str]| {
        let found = path.iter().try_fold(&object, |value, key| value.as_object().ok()?.get(&Value::from(*key)));
        found.and_then(|value| value.as_string().ok()).map_or(String::new(), ToString::to_string)
    };
    let api_version = text(&["apiVersion"]);
    let (group, version) = api_version.rsplit_once('/').unwrap_or(("", &api_version));
    let namespace = text(&["metadata", "namespace"]);
    Review {
        group: group.to_owned(),
        version: version.to_owned(),
        kind: text(&["kind"]),
        namespace: (!namespace.is_empty()).then_some(namespace),
        name: text(&["metadata", "name"]),
        operation: operation.to_owned(),
        old_object: (operation == "DELETE").then(|| object.clone()),
        object: (operation != "DELETE").then(|| object.clone()),
        ..Review::default()
    }
}

fn ask(library: &Library, review: &Review) -> Vec<GatekeeperResult> {
    library.evaluate(review, EnforcementPoint::Webhook, None, None)
}

/// `Kind/name action prefix: message`, sorted.
fn lines(results: &[GatekeeperResult]) -> Vec<String> {
    let line = |result: &GatekeeperResult| {
        let answer = match &result.answer {
            Answer::Violation { message, .. } => message.clone(),
            Answer::NotJudged(why) => format!("NOT JUDGED {why}"),
        };
        let prefix = result.expanded_from.as_deref().unwrap_or("-");
        format!("{}/{} {:?} {prefix}: {answer}", result.kind, result.name, result.action)
    };
    let mut lines: Vec<String> = results.iter().map(line).collect();
    lines.sort();
    lines
}

const POD: &str = r#"{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "shop"},
    "spec": {"containers": [{"name": "main", "image": "nginx"}]}}"#;

fn workload(api_version: &str, kind: &str) -> String {
    let template = r#"{"spec": {"containers": [{"name": "main", "image": "nginx"}]}}"#;
    let spec = if kind == "CronJob" {
        format!(r#"{{"jobTemplate": {{"spec": {{"template": {template}}}}}}}"#)
    } else {
        format!(r#"{{"template": {template}}}"#)
    };
    format!(
        r#"{{"apiVersion": "{api_version}", "kind": "{kind}", "metadata": {{"name": "web", "namespace": "shop"}}, "spec": {spec}}}"#
    )
}

#[test]
fn mistakes_are_told_with_their_place() {
    let files = ["template-rego", "template-compile", "templates", "constraints", "mutators"];
    let mut files: Vec<String> = files.iter().map(|file| format!("faults/{file}.yaml")).collect();
    files.push("matching/template.yaml".to_owned());
    let (_, faults) = load(&files.iter().map(String::as_str).collect::<Vec<_>>());
    insta::assert_snapshot!(faults.join("\n"));
}

#[test]
fn pods_of_workloads_are_judged() {
    let library = library(&["webhook/pods.yaml"]);
    for (api_version, kind, prefix) in [
        ("apps/v1", "Deployment", "/spec/template"),
        ("apps/v1", "StatefulSet", "/spec/template"),
        ("apps/v1", "DaemonSet", "/spec/template"),
        ("apps/v1", "ReplicaSet", "/spec/template"),
        ("v1", "ReplicationController", "/spec/template"),
        ("batch/v1", "Job", "/spec/template"),
        ("batch/v1", "CronJob", "/spec/jobTemplate/spec/template"),
    ] {
        let workload = workload(api_version, kind);
        let name = "web-pod";
        // An update makes new Pods as well; a Namespace that is not there leaves one constraint open, the other not.
        for operation in ["CREATE", "UPDATE"] {
            let found = lines(&ask(&library, &review(operation, &workload)));
            let open = "NOT JUDGED its namespaceSelector asks for labels of the Namespace shop, which is not in the repository";
            assert_eq!(
                found,
                [
                    format!("Images/all Deny {prefix}: nginx of CREATE {name}"),
                    format!("Images/original Warn {prefix}: nginx of CREATE {name}"),
                    format!("Images/red Deny {prefix}: {open}"),
                ],
                "{kind}"
            );
        }
    }
    assert!(ask(&library, &review("CREATE", &workload("example.com/v1", "Deployment"))).is_empty());
}

#[test]
fn a_namespace_of_the_repository_answers_for_its_labels() {
    let library = library(&["webhook/pods.yaml"]);
    let mut review = review("CREATE", POD);
    for (team, expected) in [("red", true), ("blue", false)] {
        let json = format!(r#"{{"metadata": {{"name": "shop", "labels": {{"team": "{team}"}}}}}}"#);
        review.namespace_object = Some(Value::from_json_str(&json).unwrap());
        assert_eq!(ask(&library, &review).iter().any(|result| result.name == "red"), expected, "{team}");
    }
}

#[test]
fn the_webhook_is_asked_as_it_is_configured() {
    let library = library(&["webhook/pods.yaml", "webhook/config.yaml"]);
    let names = |operation: &str, json: &str| {
        let found = ask(&library, &review(operation, json));
        found.into_iter().map(|result| result.name).collect::<Vec<_>>()
    };
    assert_eq!(names("CREATE", POD), ["all", "original", "red"]);
    assert!(names("UPDATE", POD).is_empty(), "the webhook does not see it");
    assert!(names("DELETE", POD).is_empty(), "the template does not ask for it");
    assert!(names("CREATE", &POD.replace("shop", "kube-system")).is_empty(), "the Config leaves it out");
    assert!(library.syncs("networking.k8s.io", "v1", "Ingress") && library.syncs("", "v1", "Namespace"));
    assert!(!library.syncs("", "v1", "Pod"));
}

#[test]
fn a_label_takes_a_namespace_from_the_webhook() {
    let labelled = r#"{"metadata": {"name": "shop", "labels": {"admission.gatekeeper.sh/ignore": "x"}}}"#;
    let mut review = review("CREATE", POD);
    review.namespace_object = Some(Value::from_json_str(labelled).unwrap());
    assert!(ask(&library(&["webhook/pods.yaml"]), &review).is_empty());
    // The repository's own configuration of the webhook has no selector.
    assert!(!ask(&library(&["webhook/pods.yaml", "webhook/config.yaml"]), &review).is_empty());
}

#[test]
fn what_fails_before_a_constraint_is_not_judged() {
    let library = library(&["webhook/pods.yaml", "expansion/expansion.yaml", "mutation/mutators.yaml"]);
    let no_template =
        r#"{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"}}"#;
    let found = ask(&library, &review("CREATE", no_template));
    let answers =
        ["ExpansionTemplate/pods Deny -: NOT JUDGED could not find source field \"spec.template\" in resource web"];
    assert_eq!(lines(&found), answers);
    assert_eq!(found[0].place, (RepoPath::from("expansion/expansion.yaml"), 11));
    let found = ask(&library, &review("CREATE", &POD.replace("[{\"name\": \"main\", \"image\": \"nginx\"}]", "{}")));
    let answer = "AssignImage/registry Deny -: NOT JUDGED mismatch between path entry (type: List) and received object";
    assert!(lines(&found)[0].starts_with(answer), "{:?}", lines(&found));
}

#[test]
fn what_cannot_be_judged_is_named() {
    let library = library(&["webhook/not-judged.yaml"]);
    let readers_of = |kind: &str| library.readers_of(&BTreeSet::from([kind.to_owned()])).len();
    assert_eq!((readers_of("Node"), readers_of("Pod")), (1, 0));
    let review = review("CREATE", POD);
    assert_eq!(
        lines(&ask(&library, &review)),
        [
            "CelOnly/cel Deny -: NOT JUDGED the template has no Rego, only K8sNativeValidation",
            "External/external Deny -: NOT JUDGED its Rego asks external data of a provider in the cluster",
            "Inventory/inventory Deny -: NOT JUDGED it reads data.inventory, and no other objects are known",
        ]
    );
    let node = |name| {
        Value::from_json_str(&format!(r#"{{"apiVersion": "v1", "kind": "Node", "metadata": {{"name": "{name}"}}}}"#))
    };
    let inventory = Inventory::new(|| inventory::of([node("a").unwrap(), node("b").unwrap()]));
    let found = library.evaluate(&review, EnforcementPoint::Webhook, None, Some(&inventory));
    assert!(lines(&found).contains(&"Inventory/inventory Deny -: 2 others".to_owned()));
}

/// The expected text is that of `gator expand` on the same files.
#[test]
fn mutators_change_what_expansions_make() {
    let library = library(&["expansion/template.yaml", "expansion/constraint.yaml", "mutation/mutators.yaml"]);
    let deployment = r#"{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "NAME", "namespace": "shop"}, "spec":
        {"template": {"metadata": {"labels": {"app": "web"}},
        "spec": {"containers": [{"name": "main", "image": "nginx:1", "args": ["--log", "--debug"]}]}}}}"#;
    let labels = r#"labels={"app": "web", "team": "red"} owner=Deployment extra={"example.com/pool": "shop"}"#;
    let main = |name: &str| {
        format!(
            "Shown/generated Deny /spec/template: [Implied by pods] shop/{name}-pod main image=registry.example/nginx:2 \
             pull=Always args=[\"--log\", \"--safe\"] {labels}"
        )
    };
    let found = ask(&library, &review("UPDATE", &deployment.replace("NAME", "web")));
    assert_eq!(lines(&found), [main("web")]);
    let found = ask(&library, &review("UPDATE", &deployment.replace("NAME", "sidecar")));
    let proxy = format!(
        "Shown/generated Deny /spec/template: [Implied by pods] shop/sidecar-pod proxy image=envoy pull=- args=[] {labels}"
    );
    assert_eq!(lines(&found), [main("sidecar"), proxy]);
    // What is there stays, where the mutator says so, and AssignMetadata always.
    let kept = r#"{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "kept", "namespace": "shop"}, "spec":
        {"template": {"metadata": {"labels": {"team": "blue"}}, "spec": {"nodeSelector": {"zone": "a"}, "containers": [
        {"name": "other", "image": "nginx:1", "imagePullPolicy": "Never"},
        {"name": "main", "image": "nginx:1", "imagePullPolicy": "Never"}]}}}}"#;
    let pod = |container: &str, image: &str, args: &str| {
        format!(
            "Shown/generated Deny /spec/template: [Implied by pods] shop/kept-pod {container} image={image} pull=Never \
             args={args} labels={{\"team\": \"blue\"}} owner=Deployment extra={{\"example.com/pool\": \"shop\", \"zone\": \"b\"}}"
        )
    };
    let found = ask(&library, &review("CREATE", kept));
    let main = pod("main", "registry.example/nginx:2", r#"["--safe", "--log"]"#);
    assert_eq!(lines(&found), [main, pod("other", "nginx:1", "[]")]);
}

#[test]
fn mutators_change_what_is_applied() {
    let library = library(&["webhook/pods.yaml", "mutation/mutators.yaml"]);
    let found = lines(&ask(&library, &review("CREATE", POD)));
    assert!(found.contains(&"Images/all Deny -: registry.example/nginx:2 of CREATE web".to_owned()), "{found:?}");
}

#[test]
fn an_expansion_template_takes_the_place_of_our_own() {
    let library = library(&["webhook/pods.yaml", "expansion/expansion.yaml"]);
    let found = ask(&library, &review("CREATE", &workload("apps/v1", "Deployment")));
    let found: Vec<String> = lines(&found).into_iter().filter(|line| !line.contains("NOT JUDGED")).collect();
    assert_eq!(
        found,
        [
            "Images/all Warn /spec/template: [Implied by pods] nginx of CREATE web-pod",
            "Images/original Warn /spec/template: nginx of CREATE web-pod",
        ]
    );
    let found = ask(&library, &review("CREATE", &workload("batch/v1", "CronJob")));
    let prefixes: Vec<_> =
        found.iter().filter(|r| r.name == "all").map(|r| (r.expanded_from.clone().unwrap(), r.action)).collect();
    assert_eq!(prefixes, [("/spec/jobTemplate/spec/template".to_owned(), Action::Warn)], "the Job's, not ours as well");
}
