//! The policies that come with the program: `policies/`, embedded by the build script.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use super::Value;
use super::engine::RegoVersion;
use super::loaded::{Convention, Group, Policy};
use super::modules::Modules;

/// Path below the repository's root, and text.
static FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/policies.rs"));

/// All of them.
#[derive(Debug)]
pub struct Library {
    /// In the order of their ids.
    pub policies: Vec<Arc<Policy>>,
}

/// The library, read once.
pub static LIBRARY: LazyLock<Library> = LazyLock::new(|| {
    let files = FILES.iter().map(|(path, text)| (Arc::from(*path), Arc::from(*text)));
    let modules = Arc::new(Modules::new(files, Some(RegoVersion::V1)));
    // Compiled together is what is asked together: a level of the Pod Security Standards, whose policies share most of what
    // they need; elsewhere a policy by itself (`policy.workloads.no_probe`).
    let mut packs: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for package in modules.packages().into_iter().filter(|package| package.starts_with("policy.")) {
        let pack = package.split('.').take(3).collect::<Vec<_>>().join(".");
        packs.entry(pack).or_default().push(package.to_owned());
    }
    let mut policies: Vec<Arc<Policy>> = Vec::new();
    for packages in packs.into_values() {
        let group = Group::new(&modules, packages.clone(), Value::new_object());
        // A test reads them all; one that is broken is none.
        let policy = |package: &String| Policy::new(package, Convention::Portcullis, &group).ok();
        policies.extend(packages.iter().filter_map(policy).map(|mut policy| {
            policy.is_bundled = true;
            Arc::new(policy)
        }));
    }
    policies.sort_by(|a, b| a.id.cmp(&b.id));
    Library { policies }
});

/// Whether an id may be one of theirs: it begins with the name of a pack.
#[must_use]
pub fn may_be_id(id: &str) -> bool {
    let pack = id.split('/').next();
    pack.is_some_and(|pack| PACKS.contains(pack))
}

/// The names of the packs.
static PACKS: LazyLock<BTreeSet<&str>> =
    LazyLock::new(|| FILES.iter().filter_map(|(path, _)| path.split('/').nth(1)).collect());

impl Library {
    /// The policies of a name: one by its id, or all of a pack. None where there are none.
    #[must_use]
    pub fn named(&self, name: &str) -> Vec<&Arc<Policy>> {
        if name == BASELINE {
            let ids = baseline();
            return self.policies.iter().filter(|policy| ids.contains(&policy.id.as_str())).collect();
        }
        // The restricted level of the Pod Security Standards has all of the baseline level.
        let also = (name == "pod-security/restricted").then_some("pod-security/baseline/");
        let is_in = |policy: &&Arc<Policy>| {
            let rest = policy.id.strip_prefix(name);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
                || also.is_some_and(|also| policy.id.starts_with(also))
        };
        self.policies.iter().filter(is_in).collect()
    }

    /// The names that [`Library::named`] knows: packs, then ids.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        let packs = self.policies.iter().filter_map(|policy| Some(policy.id.rsplit_once('/')?.0));
        let mut names: Vec<&str> = std::iter::once(BASELINE).chain(packs).collect();
        names.sort_unstable();
        names.dedup();
        names.extend(self.policies.iter().map(|policy| policy.id.as_str()));
        names
    }
}

/// The pack for a start: what every repository should heed.
pub const BASELINE: &str = "baseline";

/// The ids of the baseline pack: the list items of `policies/baseline.yaml`.
fn baseline() -> Vec<&'static str> {
    let text = FILES.iter().find(|(path, _)| *path == "policies/baseline.yaml").map_or("", |(_, text)| text);
    text.lines()
        .filter_map(|line| line.trim().strip_prefix("- "))
        .map(|id| id.split('#').next().unwrap_or(id).trim())
        .collect()
}
