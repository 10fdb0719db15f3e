//! The verdict on one Deployment of 80 lines, hot: `cargo bench --bench schema`. For one minor and for all eight.

#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use std::fmt::Write as _;
use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use portcullis::config::Minor;
use portcullis::manifest::object::{Object, objects_of};
use portcullis::manifest::unknown::Unknown;
use portcullis::schema::builtin::judge;
use portcullis::schema::minors::MinorSet;
use portcullis::schema::table::Kind;
use portcullis::source::{RepoPath, Side};
use portcullis::yaml::{Dialect, read};

fn deployment() -> Object {
    let mut text = String::from(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: shop\n  namespace: shop\n  labels:\n    app: shop\nspec:\n  \
         replicas: 3\n  selector:\n    matchLabels:\n      app: shop\n  strategy:\n    type: RollingUpdate\n    rollingUpdate:\n      \
         maxSurge: 25%\n      maxUnavailable: 0\n  template:\n    metadata:\n      labels:\n        app: shop\n    spec:\n      \
         serviceAccountName: shop\n      securityContext:\n        runAsNonRoot: true\n        fsGroup: 1000\n      containers:\n",
    );
    for (name, port) in [("web", 8080), ("sidecar", 8081)] {
        _ = write!(
            text,
            "        - name: {name}\n          image: ghcr.io/acme/{name}:v1.2.3\n          imagePullPolicy: IfNotPresent\n          \
             ports:\n            - name: {name}\n              containerPort: {port}\n          env:\n            - name: MODE\n              \
             value: \"true\"\n            - name: TOKEN\n              valueFrom:\n                secretKeyRef:\n                  name: \
             shop\n                  key: token\n          resources:\n            requests:\n              cpu: 100m\n              \
             memory: 128Mi\n            limits:\n              memory: 256Mi\n          readinessProbe:\n            httpGet:\n              \
             path: /ready\n              port: {port}\n          volumeMounts:\n            - name: config\n              mountPath: /etc/{name}\n"
        );
    }
    text += "      volumes:\n        - name: config\n          configMap:\n            name: shop\n";
    let stream = read(RepoPath::from("shop.yaml"), Side::Head, text.as_bytes(), Dialect::Kubectl);
    let document = Arc::new(stream.documents.into_iter().next().unwrap());
    objects_of(&document, Unknown::default()).into_iter().next().unwrap()
}

fn bench(criterion: &mut Criterion) {
    let object = deployment();
    let kind = Kind::find("apps/v1", "Deployment").unwrap();
    assert!(judge(&object, None, kind, MinorSet::ALL).problems.is_empty());
    let mut group = criterion.benchmark_group("schema");
    for (name, minors) in [("one minor", MinorSet::of(Minor::NEWEST)), ("eight minors", MinorSet::ALL)] {
        group.bench_function(name, |b| b.iter(|| judge(black_box(&object), None, kind, minors)));
    }
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
