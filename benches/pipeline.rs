//! The main job on a large repository, from process start: `cargo bench --bench pipeline`. Beside it what git itself needs
//! to compare and to read the same. `PORTCULLIS_BENCH_FULL=1` audits all files instead of a tenth.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a benchmark fails by panicking")]

use std::fmt::Write as _;
use std::hint::black_box;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use criterion::{Criterion, criterion_group, criterion_main};
use portcullis::git::{self, Environment, Outcome, Request, Tree};
use portcullis::inventory::Inventory;
use portcullis::inventory::store::Store;

const FILES: usize = 20_000;
const CHANGED: usize = 50;

/// A repository with the branches `main` and `pr`; made once and kept beside cargo's other build output.
fn repository(files: usize) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("pipeline-{files}"));
    if git(&folder, &["rev-parse", "--verify", "--quiet", "pr"]).status().is_ok_and(|status| status.success()) {
        return folder;
    }
    _ = std::fs::remove_dir_all(&folder);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/tools/make_repo.py");
    if script.exists() {
        let mut python = Command::new("python3");
        python.arg(script).arg("--out").arg(&folder).args(["--files", &files.to_string()]);
        python.args(["--changed", &CHANGED.to_string(), "--seed", "1", "--bad", "0.1"]);
        assert!(python.stdout(Stdio::null()).status().unwrap().success());
        return folder;
    }
    std::fs::create_dir_all(&folder).unwrap();
    assert!(git(&folder, &["init", "--quiet"]).status().unwrap().success());
    let mut import = git(&folder, &["fast-import", "--quiet"]).stdin(Stdio::piped()).spawn().unwrap();
    import.stdin.take().unwrap().write_all(history(files).as_bytes()).unwrap();
    assert!(import.wait().unwrap().success());
    folder
}

/// Deployments of some 900 bytes in folders of six, and a second commit that raises the replicas of some.
fn history(files: usize) -> String {
    let mut stream = String::new();
    let commit = |stream: &mut String, branch: &str, from: &str| {
        _ = writeln!(stream, "commit refs/heads/{branch}\ncommitter a <a@example.com> 0 +0000\ndata 0\n{from}");
    };
    commit(&mut stream, "main", "");
    (0..files).for_each(|number| file(&mut stream, number, 2));
    commit(&mut stream, "pr", "from refs/heads/main");
    (0..files).step_by(files / CHANGED).for_each(|number| file(&mut stream, number, 3));
    stream
}

fn file(stream: &mut String, number: usize, replicas: usize) {
    let (app, team) = (number / 6, number / 300);
    let words = "orbit metric harbor ".repeat(24);
    let text = format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: shop-{number}\n  namespace: shop\n  annotations:\n    \
         about: {words}\nspec:\n  replicas: {replicas}\n  selector:\n    matchLabels: {{app: shop-{number}}}\n  \
         template:\n    metadata:\n      labels: {{app: shop-{number}}}\n    spec:\n      containers:\n        - name: web\n          \
         image: ghcr.io/acme/shop:v{number}\n          ports: [{{containerPort: 8080, name: http}}]\n"
    );
    let path = format!("clusters/prod/team-{team}/app-{app}/shop-{number}.yaml");
    _ = writeln!(stream, "M 100644 inline {path}\ndata {}\n{text}", text.len());
}

fn git(folder: &Path, arguments: &[&str]) -> Command {
    command("git", folder, arguments)
}

fn check(folder: &Path, arguments: &[&str]) -> Command {
    let mut check = command(env!("CARGO_BIN_EXE_portcullis"), folder, &["check"]);
    check.args(arguments);
    check
}

fn command(program: &str, folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn tree(folder: &Path) -> Tree {
    let environment = Environment::new(folder.to_owned(), |_| None);
    let Outcome::Compare(comparison) =
        git::compare(&Request::All { rev: "pr".to_owned(), rules: None }, &environment).unwrap()
    else {
        panic!("there are files")
    };
    comparison.head
}

/// The facets of a tree that the rules `yaml/*`, `object/*` and `gate/*` need, computed anew: names and kustomizations.
fn first_facets(tree: Tree) {
    let store = Store::none();
    let inventory = Inventory::new(tree, &store);
    black_box(inventory.count_files().unwrap());
    black_box(inventory.kustomizations_below("").unwrap());
    black_box(inventory.sops_rules().unwrap());
}

/// Every facet of a tree, computed anew.
fn inventory(tree: Tree) {
    let store = Store::none();
    let inventory = Inventory::new(tree, &store);
    black_box(inventory.objects().unwrap());
    black_box(inventory.kustomizations_below("").unwrap());
    black_box(inventory.flux_paths().unwrap());
    black_box(inventory.crds().unwrap());
}

fn bench(criterion: &mut Criterion) {
    let large = repository(FILES);
    let audited = if std::env::var_os("PORTCULLIS_BENCH_FULL").is_some() { FILES } else { FILES / 10 };
    let audited = repository(audited);
    let ids =
        git(&audited, &["ls-tree", "-r", "--format=%(objectname)", "pr"]).stdout(Stdio::piped()).output().unwrap();
    let ids_file = audited.join(".git/ids");
    std::fs::write(&ids_file, ids.stdout).unwrap();
    let one = audited.join(".git/one.yaml");
    std::fs::write(&one, "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n").unwrap();

    let mut group = criterion.benchmark_group("pipeline");
    group.sample_size(10);
    let mut run = |name: &str, make: &dyn Fn() -> Command| {
        group.bench_function(name, |bencher| bencher.iter(|| make().status().unwrap()));
    };
    run("one file", &|| check(&audited, &[".git/one.yaml"]));
    run("change, warm", &|| check(&large, &["main..pr"]));
    run("change, cold", &|| check(&large, &["main..pr", "--no-cache"]));
    run("change, git diff --raw", &|| git(&large, &["diff", "--raw", "main", "pr"]));
    run("all", &|| check(&audited, &["--all", "pr", "--no-cache"]));
    run("all, git cat-file --batch", &|| {
        let mut batch = git(&audited, &["cat-file", "--batch"]);
        batch.stdin(std::fs::File::open(&ids_file).unwrap());
        batch
    });
    group.bench_function("first facets, cold", |bencher| bencher.iter(|| first_facets(tree(&large))));
    group.bench_function("every facet, cold", |bencher| bencher.iter(|| inventory(tree(&large))));
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
