//! Policies: `cargo bench --bench policy`. 49 templates with 49 constraints, made here in the size and kind of the public
//! library's: loading them, one Deployment, and 1,000 Deployments with the Pods that they make on all cores.

#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use portcullis::policy::Value;
use portcullis::policy::gatekeeper::{EnforcementPoint, Library, OPERATIONS, read};
use portcullis::policy::review::Review;
use portcullis::source::RepoPath;
use rayon::prelude::*;

/// How many templates, each with one constraint.
const COUNT: usize = 49;

fn manifests() -> String {
    let template = |index: usize| {
        format!(
            "apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata:
  name: rule{index}
spec:
  crd:
    spec:
      names: {{kind: Rule{index}}}
      validation:
        openAPIV3Schema:
          type: object
          properties:
            repos: {{type: array, items: {{type: string}}}}
            exemptImages: {{type: array, items: {{type: string}}}}
  targets:
    - target: admission.k8s.gatekeeper.sh
      rego: |
        package rule{index}

        import data.lib.exempt.is_exempt

        violation[{{\"msg\": msg}}] {{
          container := input_containers[_]
          not is_exempt(container, input.parameters)
          satisfied := [good | repo := input.parameters.repos[_]; good := startswith(container.image, repo)]
          not any_true(satisfied)
          msg := sprintf(\"container <%v> has an invalid image <%v>, allowed are %v\", [container.name, container.image, input.parameters.repos])
        }}

        violation[{{\"msg\": msg}}] {{
          container := input_containers[_]
          not is_exempt(container, input.parameters)
          not container.resources.limits.cpu
          container.securityContext.privileged
          msg := sprintf(\"container <%v> has no CPU limit\", [container.name])
        }}

        any_true(values) {{ values[_] == true }}

        input_containers[c] {{ c := input.review.object.spec.containers[_] }}

        input_containers[c] {{ c := input.review.object.spec.initContainers[_] }}

        input_containers[c] {{ c := input.review.object.spec.ephemeralContainers[_] }}
      libs:
        - |
          package lib.exempt

          is_exempt(container, parameters) {{
            image := object.get(parameters, \"exemptImages\", [])[_]
            matches(container.image, image)
          }}

          matches(image, exemption) {{ not endswith(exemption, \"*\"); exemption == image }}

          matches(image, exemption) {{ endswith(exemption, \"*\"); startswith(image, trim_suffix(exemption, \"*\")) }}
---
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: Rule{index}
metadata:
  name: rule{index}
spec:
  match:
    kinds: [{{apiGroups: [\"\"], kinds: [\"Pod\"]}}]
  parameters: {{repos: [\"ghcr.io/\", \"quay.io/\"], exemptImages: [\"registry.k8s.io/*\"]}}
"
        )
    };
    (0..COUNT).map(template).collect::<Vec<_>>().join("---\n")
}

fn load() -> Library {
    let (objects, faults) = read(RepoPath::from("all.yaml"), manifests().as_bytes());
    assert!(faults.is_empty());
    let (library, faults) = Library::load(&objects);
    assert!(faults.is_empty());
    library
}

fn deployment(number: usize) -> Review {
    let text = format!(
        r#"{{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {{"name": "web{number}", "namespace": "shop"}},
        "spec": {{"replicas": 2, "template": {{"metadata": {{"labels": {{"app": "web"}}}}, "spec": {{"containers": [
        {{"name": "web", "image": "ghcr.io/acme/web:v{number}", "resources": {{"limits": {{"cpu": "1"}}}}}},
        {{"name": "side", "image": "docker.io/side:v1", "ports": [{{"containerPort": 80}}]}}]}}}}}}}}"#
    );
    Review {
        group: "apps".to_owned(),
        version: "v1".to_owned(),
        kind: "Deployment".to_owned(),
        namespace: Some("shop".to_owned()),
        name: format!("web{number}"),
        operation: "CREATE".to_owned(),
        object: Some(Value::from_json_str(&text).unwrap()),
        ..Review::default()
    }
}

fn ask(library: &Library, review: &Review) -> usize {
    let operations = OPERATIONS.map(str::to_owned);
    library.evaluate(review, EnforcementPoint::Webhook, Some(&operations), None).len()
}

fn bench(criterion: &mut Criterion) {
    let library = load();
    let one = deployment(0);
    assert_eq!(ask(&library, &one), COUNT);
    let mut group = criterion.benchmark_group("gatekeeper 49x49");
    group.sample_size(10);
    group.bench_function("load, compile and ask once", |b| b.iter(|| ask(&load(), black_box(&one))));
    group.bench_function("one Deployment", |b| b.iter(|| ask(&library, black_box(&one))));
    let many: Vec<Review> = (0..1_000).map(deployment).collect();
    let pool = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    for (name, threads) in [("1,000 Deployments, one thread", 1), ("1,000 Deployments, two threads", 2)] {
        let pool = pool(threads);
        let all = || pool.install(|| many.par_iter().map(|review| ask(&library, review)).sum::<usize>());
        group.bench_function(name, |b| b.iter(all));
    }
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
