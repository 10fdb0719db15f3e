//! The inventory on real repositories: answers, memory between runs, hostile trees.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::store::{Facet, Key, Store};
use super::{FileCount, Inventory, Located, Usage};
use crate::git::{Environment, GitError, Outcome, Request, Tree, compare};
use crate::manifest::kustomization::{How, Kustomization, Target};
use crate::source::RepoPath;

type Files = BTreeMap<String, String>;

/// A commit of these files in a bare repository, as a tree.
fn commit(dir: &Path, files: &Files) -> Tree {
    let repository = git2::Repository::init_bare(dir).unwrap();
    let mut index = git2::Index::new().unwrap();
    for (path, text) in files {
        let id = repository.blob(text.as_bytes()).unwrap();
        let entry = git2::IndexEntry {
            ctime: git2::IndexTime::new(0, 0),
            mtime: git2::IndexTime::new(0, 0),
            dev: 0,
            ino: 0,
            mode: if text.starts_with("LINK ") { 0o120_000 } else { 0o100_644 },
            uid: 0,
            gid: 0,
            file_size: 0,
            id,
            flags: 0,
            flags_extended: 0,
            path: path.clone().into_bytes(),
        };
        index.add(&entry).unwrap();
    }
    let id = index.write_tree_to(&repository).unwrap();
    commit_tree(dir, &repository, id)
}

fn commit_tree(dir: &Path, repository: &git2::Repository, id: git2::Oid) -> Tree {
    let who = git2::Signature::new("t", "t@example.com", &git2::Time::new(0, 0)).unwrap();
    let commit = repository.commit(None, &who, &who, "t", &repository.find_tree(id).unwrap(), &[]).unwrap();
    let request = Request::All { rev: commit.to_string(), rules: None };
    match compare(&request, &Environment::new(dir.to_owned(), |_| None)).unwrap() {
        Outcome::Compare(comparison) => comparison.head,
        Outcome::NothingToCheck { sentence, .. } => panic!("{sentence}"),
    }
}

fn files(pairs: &[(&str, &str)]) -> Files {
    pairs.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
}

fn users(inventory: &Inventory<'_>, path: &str) -> Vec<(String, How)> {
    let users = inventory.users_of(path).unwrap();
    users.into_iter().map(|usage| (usage.kustomization.as_str().to_owned(), usage.how)).collect()
}

fn texts(paths: &[RepoPath]) -> Vec<&str> {
    paths.iter().map(RepoPath::as_str).collect()
}

#[test]
fn users_and_roots_follow_bases_components_and_charts() {
    let dir = tempfile::tempdir().unwrap();
    let tree = commit(
        dir.path(),
        &files(&[
            ("apps/web/base/deploy.yaml", "a"),
            ("apps/web/base/kustomization.yaml", "resources: [deploy.yaml]"),
            ("apps/web/prod/kustomization.yml", "resources: [../base]\npatches:\n- path: patch.yaml\n"),
            ("apps/web/prod/patch.yaml", "a"),
            ("apps/web/dev/Kustomization", "bases:\n- ../base/\ncomponents: [../../../parts/tls]\n"),
            ("parts/tls/kustomization.yaml", "kind: Component\nResources: [./x/../cert.yaml]\n"),
            ("parts/tls/cert.yaml", "a"),
            ("clusters/one/kustomization.yaml", "resources:\n- ../../apps/web/prod\n- https://example.com/x.yaml\n"),
            ("charts/redis/templates/a.yaml", "a"),
            ("charts/redis/Chart.yaml", "name: redis"),
            ("kustomization.yaml", "helmCharts: [{name: redis, valuesFile: values.yaml}]"),
            ("values.yaml", "a"),
            ("unused.yaml", "a"),
        ]),
    );
    let store = Store::none();
    let inventory = Inventory::new(tree, &store);
    let base = "apps/web/base/kustomization.yaml".to_owned();
    assert_eq!(users(&inventory, "apps/web/base/deploy.yaml"), [(base, How::Resource)]);
    let folder = users(&inventory, "apps/web/base");
    let expected = [("apps/web/dev/Kustomization", How::Base), ("apps/web/prod/kustomization.yml", How::Resource)];
    assert_eq!(folder, expected.map(|(path, how)| (path.to_owned(), how)));
    assert_eq!(users(&inventory, "unused.yaml"), []);

    let roots = inventory.roots_of("apps/web/base/deploy.yaml").unwrap();
    assert_eq!(texts(&roots.tops), ["apps/web/dev/Kustomization", "clusters/one/kustomization.yaml"]);
    assert_eq!(roots.through.len(), 4);
    assert_eq!(texts(&inventory.roots_of("parts/tls/cert.yaml").unwrap().tops), ["apps/web/dev/Kustomization"]);
    assert_eq!(texts(&inventory.roots_of("charts/redis/templates/a.yaml").unwrap().tops), ["kustomization.yaml"]);
    let own = inventory.roots_of("apps/web/prod/kustomization.yml").unwrap();
    assert_eq!(texts(&own.tops), ["clusters/one/kustomization.yaml"]);
    assert_eq!(inventory.chart_of("charts/redis/templates/a.yaml").unwrap(), Some("charts/redis".into()));
    assert_eq!(inventory.chart_of("values.yaml").unwrap(), None);
    assert_eq!(inventory.kustomizations_below("apps").unwrap().len(), 3);
    assert_eq!(inventory.kustomizations_in("apps/web/dev").unwrap().len(), 1);
    assert_eq!(inventory.count_files().unwrap(), FileCount { files: 13, manifests: 13 });
}

#[test]
fn circles_and_paths_out_of_the_repository_end() {
    let dir = tempfile::tempdir().unwrap();
    let many: Vec<String> = (0..100_000).map(|n| format!("- f{n}.yaml")).collect();
    let tree = commit(
        dir.path(),
        &files(&[
            ("self/kustomization.yaml", "resources: [., ../self, a.yaml]"),
            ("a/kustomization.yaml", "resources: [../b, /etc/passwd, ../../../../out.yaml, a.yaml]"),
            ("b/kustomization.yaml", "resources: [../a]"),
            ("broken/kustomization.yaml", "resources: [a.yaml\n"),
            ("link/kustomization.yaml", "LINK ../a/kustomization.yaml"),
            ("many/kustomization.yaml", &format!("resources:\n{}", many.join("\n"))),
        ]),
    );
    let store = Store::none();
    let inventory = Inventory::new(tree, &store);
    assert_eq!(texts(&inventory.roots_of("self/a.yaml").unwrap().tops), ["self/kustomization.yaml"]);
    let circle = inventory.roots_of("a/a.yaml").unwrap();
    assert_eq!((circle.tops.len(), circle.through.len()), (0, 2));
    assert_eq!(users(&inventory, "out.yaml"), []);
    assert_eq!(users(&inventory, "etc/passwd"), []);
    assert_eq!(users(&inventory, "many/f99999.yaml").len(), 1);
    assert_eq!(users(&inventory, "no/such/folder/file.yaml"), []);
    for folder in ["broken", "link"] {
        let found = inventory.kustomizations_in(folder).unwrap();
        assert!(found[0].fact.problem.is_some() && found[0].fact.uses.is_empty());
    }
}

#[test]
fn declarations_and_objects_are_found() {
    let dir = tempfile::tempdir().unwrap();
    let flux = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: apps, namespace: f}\n\
                spec:\n  path: ./apps\n  prune: true\n  targetNamespace: t\n  sourceRef: {kind: GitRepository, name: r}\n  \
                postBuild:\n    substitute: {domain: x}\n";
    let argo = "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: s}\nspec:\n  generators:\n  \
                - matrix:\n      generators:\n      - git:\n          directories: [{path: 'c/*'}, {path: c/x, exclude: true}]\n  \
                template:\n    spec:\n      source: {repoURL: u, path: '{{.path.path}}'}\n";
    let crd = "apiVersion: v1\nkind: List\nitems:\n- apiVersion: apiextensions.k8s.io/v1\n  kind: CustomResourceDefinition\n  \
               metadata: {name: ws.x.io}\n  spec: {group: x.io, scope: Cluster, names: {kind: W, plural: ws}, versions: \
               [{name: v1, served: true}, {name: v0, served: false}]}\n";
    let objects = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n---\napiVersion: v1\nkind: Secret\n\
                   metadata: {generateName: b-, namespace: n}\nstringData: {p: hunter2}\n---\nx: 1\n";
    let cache = dir.path().join("cache");
    let tree = commit(
        &dir.path().join("r"),
        &files(&[
            ("c/flux.yaml", flux),
            ("c/argo.yaml", argo),
            ("crds/w.yaml", crd),
            ("o.yaml", objects),
            ("c/broken.yaml", "kind: CustomResourceDefinition\na: [\n"),
            (".sops.yaml", "creation_rules:\n- path_regex: .*\\.enc\\.yaml\n  encrypted_regex: ^data$\n"),
            ("t/e2e/00-assert.yaml", "a: b"),
            ("t/e2e/chainsaw-test.yaml", "a: b"),
        ]),
    );
    for run in 0..2 {
        let store = Store::at(&cache);
        let inventory = Inventory::new(tree.clone(), &store);
        let flux = inventory.flux_paths().unwrap();
        assert_eq!(flux.found[0].path.as_str(), "c/flux.yaml");
        let fact = &flux.found[0].fact;
        assert_eq!((fact.name.as_str(), fact.path.as_deref()), ("apps", Some("./apps")));
        assert!(fact.settings.substitutes() && fact.prune && !fact.settings.variables_from);
        assert_eq!(fact.settings.variables, ["domain"]);
        assert_eq!(texts(&flux.problems.iter().map(|p| p.path.clone()).collect::<Vec<_>>()), ["c/broken.yaml"]);
        let argo = inventory.argo_paths().unwrap().found.remove(0).fact;
        assert!(argo.templated);
        assert_eq!(argo.globs, ["c/*"]);
        let crd = inventory.crds().unwrap().found.remove(0).fact;
        assert_eq!((crd.group.as_str(), crd.kind.as_str(), crd.cluster_scoped), ("x.io", "W", true));
        assert_eq!(crd.versions, ["v1"]);
        let objects = inventory.objects().unwrap().found;
        let in_o: Vec<_> = objects.iter().filter(|object| object.path.as_str() == "o.yaml").collect();
        assert_eq!(in_o.iter().map(|o| o.fact.name.as_str()).collect::<Vec<_>>(), ["a", "b-*"]);
        assert_eq!(in_o[1].fact.document, 1);
        let rule = inventory.sops_rules().unwrap().found.remove(0).fact;
        assert_eq!(rule.encrypted_regex.as_deref(), Some("^data$"));
        let suite = inventory.suite_of("t/e2e/01-assert.yaml").unwrap();
        assert_eq!(suite, Some("t/e2e/chainsaw-test.yaml".into()));
        assert_eq!(store.status().contains("0 records"), run == 0, "{}", store.status());
        store.flush();
    }
    for file in segments(&cache) {
        let bytes = fs::read(file).unwrap();
        assert!(memchr::memmem::find(&bytes, b"hunter2").is_none());
    }
}

#[test]
fn a_blob_that_is_read_for_its_objects_tells_its_declarations() {
    let dir = tempfile::tempdir().unwrap();
    let crd =
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nspec: {group: x.io, names: {kind: W}}\n";
    let tree = commit(
        dir.path(),
        &files(&[("w.yaml", crd), ("d/a/Chart.yaml", "name: a"), ("d/a/b/x.yaml", "a: 1"), ("c.yaml", "")]),
    );
    let store = Store::none();
    let inventory = Inventory::new(tree.clone(), &store);
    inventory.objects().unwrap();
    let id = *tree.entry("w.yaml").unwrap().unwrap().id.unwrap().as_bytes();
    let known =
        store.get(Key { id, facet: Facet::Declarations }, |bytes| Some(String::from_utf8_lossy(bytes).into_owned()));
    assert!(known.is_some_and(|fact| fact.contains("x.io")));
    // What is kept for a folder holds for its other files, and for no other folder.
    for _ in 0..2 {
        let charts =
            ["d/a/b/x.yaml", "d/a/b/y.yaml", "d/x.yaml", "c.yaml"].map(|path| inventory.chart_of(path).unwrap());
        assert_eq!(charts, [Some("d/a".into()), Some("d/a".into()), None, None]);
        assert_eq!(inventory.suite_of("d/a/b/x.yaml").unwrap(), None);
    }
}

fn segments(cache: &Path) -> Vec<std::path::PathBuf> {
    let version = fs::read_dir(cache).unwrap().next().unwrap().unwrap().path();
    let mut files: Vec<_> = fs::read_dir(version).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// A small generator of numbers, so that a failure can be repeated.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    fn folder(&mut self) -> String {
        let depth = self.roll(4);
        let names: Vec<&str> = (0..depth).map(|_| ["a", "b", "c"][self.roll(3)]).collect();
        names.join("/")
    }

    fn edit(&mut self, files: &mut Files) {
        let folder = self.folder();
        let name = ["x.yaml", "y.yaml", "Chart.yaml", "kustomization.yaml", "kustomization.yaml"][self.roll(5)];
        let path = super::join(&folder, name);
        // A file must not be a folder as well; the names of both are apart.
        if self.roll(5) == 0 {
            files.remove(&path);
            return;
        }
        let uses: Vec<String> = (0..self.roll(4))
            .map(|_| format!("{}{}", "../".repeat(self.roll(5)), ["x.yaml", "a", "a/b", "b/y.yaml", "."][self.roll(5)]))
            .collect();
        let text = match name {
            "kustomization.yaml" => format!("resources: [{}]\n", uses.join(", ")),
            _ => format!("apiVersion: v1\nkind: K\nmetadata: {{name: n{}}}\n", self.roll(100)),
        };
        files.insert(path, text);
    }
}

type Answers = (FileCount, Vec<Located<Kustomization>>, Vec<Vec<Usage>>, Vec<String>, Vec<Option<RepoPath>>);

fn places() -> Vec<String> {
    let folders = ["", "a", "b", "a/b", "a/a", "c/a/b", "b/b/b"];
    let names = ["x.yaml", "b/y.yaml", "a"];
    folders.iter().flat_map(|folder| names.iter().map(move |name| super::join(folder, name))).collect()
}

fn answers(inventory: &Inventory<'_>) -> Answers {
    let places = places();
    // The narrow questions first: they must not depend on what the broad ones have loaded.
    let users = places.iter().map(|path| inventory.users_of(path).unwrap()).collect();
    let objects = inventory.objects().unwrap().found;
    let objects = objects.into_iter().map(|object| format!("{} {}", object.path, object.fact.name)).collect();
    let charts = places.iter().map(|path| inventory.chart_of(path).unwrap()).collect();
    (inventory.count_files().unwrap(), inventory.kustomizations_below("").unwrap(), users, objects, charts)
}

/// Who uses the places, found by trying every kustomization on every place.
fn users_by_force(all: &[Located<Kustomization>]) -> Vec<Vec<Usage>> {
    let of = |place: &String| {
        let mut found: Vec<Usage> = Vec::new();
        for Located { path, fact } in all {
            for used in &fact.uses {
                let Target::Path { up, path: rest } = &used.target else { continue };
                let parts: Vec<&str> = path.folder().split('/').filter(|part| !part.is_empty()).collect();
                let Some(keep) = parts.len().checked_sub(*up as usize) else { continue };
                let target: Vec<&str> = parts[..keep].iter().copied().chain(rest.split('/')).collect();
                if target.join("/").trim_matches('/') == place {
                    found.push(Usage { kustomization: path.clone(), span: used.span, how: used.how });
                }
            }
        }
        found.sort();
        found
    };
    places().iter().map(of).collect()
}

#[test]
fn remembered_answers_equal_fresh_ones_after_any_edits() {
    let mut some_users = 0;
    for seed in 0..4 {
        let dir = tempfile::tempdir().unwrap();
        let (repository, cache) = (dir.path().join("r"), dir.path().join("cache"));
        let mut dice = Dice(seed);
        let mut tree_files = Files::new();
        (0..40).for_each(|_| dice.edit(&mut tree_files));
        let mut before = commit(&repository, &tree_files);
        for _ in 0..11 {
            (0..=dice.roll(4)).for_each(|_| dice.edit(&mut tree_files));
            let after = commit(&repository, &tree_files);
            let none = Store::none();
            let fresh = answers(&Inventory::new(after.clone(), &none));
            assert_eq!(fresh.2, users_by_force(&fresh.1));
            some_users += fresh.2.iter().flatten().count();

            let store = Store::at(&cache);
            assert_eq!(answers(&Inventory::new(after.clone(), &store)), fresh);
            store.flush();
            let store = Store::at(&cache);
            let base = Inventory::new(before, &store);
            assert_eq!(answers(&Inventory::beside(after.clone(), &base)), fresh);
            store.flush();
            assert!(segments(&cache).len() <= 8);

            let folder = dir.path().join("folder");
            for (path, text) in &tree_files {
                let file = folder.join(path);
                fs::create_dir_all(file.parent().unwrap()).unwrap();
                fs::write(file, text).unwrap();
            }
            let none = Store::none();
            assert_eq!(answers(&Inventory::new(Tree::folder(&folder), &none)), fresh);
            fs::remove_dir_all(&folder).unwrap();
            before = after;
        }
    }
    assert!(some_users > 100, "the trees were too simple: {some_users}");
}

#[test]
fn a_damaged_cache_changes_no_answer() {
    let dir = tempfile::tempdir().unwrap();
    let (repository, cache) = (dir.path().join("r"), dir.path().join("cache"));
    let mut dice = Dice(7);
    let mut tree_files = Files::new();
    (0..60).for_each(|_| dice.edit(&mut tree_files));
    let tree = commit(&repository, &tree_files);
    let run = || {
        let store = Store::at(&cache);
        (answers(&Inventory::new(tree.clone(), &store)), store)
    };
    let (expected, store) = run();
    store.flush();
    let file = segments(&cache).remove(0);
    let whole = fs::read(&file).unwrap();
    for at in (0..whole.len()).step_by(97) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x41;
        fs::write(&file, &bytes).unwrap();
        assert_eq!(run().0, expected, "byte {at}");
        if at % 5 == 0 {
            fs::write(&file, &whole[..at]).unwrap();
            assert_eq!(run().0, expected, "cut at {at}");
        }
    }
    for cut in [3, 26, 60] {
        fs::write(&file, &whole[..cut]).unwrap();
        let (answers, store) = run();
        assert_eq!(answers, expected);
        assert!(store.status().contains("damaged"), "{}", store.status());
    }
}

#[test]
fn without_a_place_for_the_cache_it_runs_all_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let tree = commit(&dir.path().join("r"), &files(&[("a/kustomization.yaml", "resources: [x.yaml]")]));
    // A file where the folder would be: also root cannot write there.
    let blocked = dir.path().join("blocked");
    fs::write(&blocked, "").unwrap();
    let store = Store::at(&blocked);
    let inventory = Inventory::new(tree, &store);
    assert_eq!(users(&inventory, "a/x.yaml").len(), 1);
    store.flush();
    assert!(store.status().contains("blocked"), "{}", store.status());
    assert_eq!(Store::none().status(), "inventory cache: off");
}

#[test]
fn several_writers_at_once_lose_nothing_whole() {
    let dir = tempfile::tempdir().unwrap();
    let cache = dir.path().join("cache");
    let trees: Vec<Tree> = (0..4)
        .map(|seed| {
            let mut dice = Dice(seed);
            let mut tree_files = Files::new();
            (0..40).for_each(|_| dice.edit(&mut tree_files));
            commit(&dir.path().join(format!("r{seed}")), &tree_files)
        })
        .collect();
    let none = Store::none();
    let expected: Vec<Answers> = trees.iter().map(|tree| answers(&Inventory::new(tree.clone(), &none))).collect();
    std::thread::scope(|scope| {
        for (tree, expected) in trees.iter().zip(&expected) {
            let cache = &cache;
            scope.spawn(move || {
                for _ in 0..6 {
                    let store = Store::at(cache);
                    assert_eq!(&answers(&Inventory::new(tree.clone(), &store)), expected);
                    store.flush();
                }
            });
        }
    });
    for (tree, expected) in trees.iter().zip(&expected) {
        let store = Store::at(&cache);
        assert_eq!(&answers(&Inventory::new(tree.clone(), &store)), expected);
        assert!(store.status().contains(" 0 new"), "{}", store.status());
    }
}

/// A tree of one entry around another, so many times.
fn nest(repository: &git2::Repository, mut id: git2::Oid, depth: usize, width: usize) -> git2::Oid {
    for _ in 0..depth {
        let mut builder = repository.treebuilder(None).unwrap();
        (0..width).for_each(|n| drop(builder.insert(format!("d{n}"), id, 0o040_000).unwrap()));
        id = builder.write().unwrap();
    }
    id
}

#[test]
fn deep_and_exploding_trees_end() {
    let dir = tempfile::tempdir().unwrap();
    let repository = git2::Repository::init_bare(dir.path()).unwrap();
    let blob = repository.blob(b"resources: [../../x.yaml]").unwrap();
    let mut builder = repository.treebuilder(None).unwrap();
    builder.insert("kustomization.yaml", blob, 0o100_644).unwrap();
    let leaf = builder.write().unwrap();

    let deep = commit_tree(dir.path(), &repository, nest(&repository, leaf, 1000, 1));
    let store = Store::none();
    let inventory = Inventory::new(deep, &store);
    let folder = vec!["d0"; 998].join("/");
    assert_eq!(users(&inventory, &format!("{folder}/x.yaml")).len(), 1);

    let deeper = commit_tree(dir.path(), &repository, nest(&repository, leaf, 10_000, 1));
    let error = Inventory::new(deeper, &store).count_files().unwrap_err();
    assert!(matches!(error, GitError::PathTooLong { .. }), "{error}");

    let bomb = commit_tree(dir.path(), &repository, nest(&repository, leaf, 12, 10));
    let inventory = Inventory::new(bomb, &store);
    assert_eq!(inventory.count_files().unwrap().files, u32::MAX);
    assert_eq!(users(&inventory, "d0/x.yaml"), []);
    let error = inventory.kustomizations_below("").unwrap_err();
    assert!(matches!(error, GitError::TooManyFiles { .. }), "{error}");
}
