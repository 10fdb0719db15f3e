//! YAML → arena, in bytes a second: `cargo bench --bench yaml`. The floor is 40 MB/s on one core; the plain
//! part of YAML, which this is, is read at more than 100.

use std::fmt::Write as _;
use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use portcullis::source::{RepoPath, Side};
use portcullis::yaml::{Dialect, read};

/// Deployments as people write them, about 900 bytes each.
fn manifests(count: usize) -> String {
    let mut text = String::new();
    for n in 0..count {
        _ = write!(
            text,
            "---\n# The shop's service number {n}.\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: shop-{n}\n  \
             namespace: shop\n  labels:\n    app.kubernetes.io/name: shop-{n}\n    app.kubernetes.io/part-of: shop\nspec:\n  \
             replicas: 3\n  selector:\n    matchLabels: {{app.kubernetes.io/name: shop-{n}}}\n  template:\n    metadata:\n      \
             labels:\n        app.kubernetes.io/name: shop-{n}\n    spec:\n      containers:\n        - name: web\n          \
             image: \"ghcr.io/acme/shop:v1.{n}\"\n          args: [\"--port=8080\", '--verbose']\n          ports:\n            \
             - containerPort: 8080\n              name: http\n          env:\n            - name: MODE\n              value: \
             \"true\"\n          resources:\n            requests:\n              cpu: 100m\n              memory: 128Mi\n          \
             command:\n            - sh\n            - -c\n            - |\n              set -e\n              exec shop serve\n"
        );
    }
    text
}

fn bench(criterion: &mut Criterion) {
    let text = manifests(1_000);
    let mut group = criterion.benchmark_group("yaml");
    group.throughput(Throughput::BytesDecimal(text.len() as u64)).sample_size(20);
    for (name, dialect) in [("kubectl", Dialect::Kubectl), ("kustomize", Dialect::Kustomize)] {
        group.bench_function(name, |b| {
            b.iter(|| read(RepoPath::from("shop.yaml"), Side::Head, black_box(text.as_bytes()), dialect));
        });
    }
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
