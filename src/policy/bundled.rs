//! The policies that come with the program: `policies/`, embedded by the build script.

use std::sync::{Arc, LazyLock};

use super::engine::{Fault, Module};
use super::metadata::{self, Metadata};
use super::modules::Modules;

/// Path below the repository's root, and text.
static FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/policies.rs"));

/// A policy that comes with the program.
#[derive(Debug)]
pub struct Bundled {
    /// Its id: `workloads/no-readiness-probe`.
    pub id: String,
    /// Its package: `policy.workloads.no_readiness_probe`.
    pub package: String,
    /// What it says of itself.
    pub metadata: Metadata,
    /// Its own file.
    pub path: Arc<str>,
}

/// All of them.
#[derive(Debug)]
pub struct Library {
    /// In the order of their ids.
    pub policies: Vec<Bundled>,
    /// Their modules.
    pub modules: Arc<Modules>,
}

/// The library, read once.
pub static LIBRARY: LazyLock<Library> = LazyLock::new(|| {
    let files = FILES.iter().map(|(path, text)| (Arc::from(*path), Arc::from(*text)));
    let modules = Modules::new(files);
    // A test reads them all; one that is broken is none.
    let mut policies: Vec<Bundled> = modules.all().filter_map(|module| bundled(module).ok()?).collect();
    policies.sort_by(|a, b| a.id.cmp(&b.id));
    Library { policies, modules: Arc::new(modules) }
});

/// The policy of a module; none where it is a library.
///
/// # Errors
/// METADATA that cannot be read.
pub fn bundled(module: &Module) -> Result<Option<Bundled>, Fault> {
    let Some(package) = super::modules::package_of(&module.text).filter(|package| package.starts_with("policy."))
    else {
        return Ok(None);
    };
    let metadata = metadata::of_package(module)?;
    let id = metadata.custom.id.clone();
    Ok(id.map(|id| Bundled { id, package, metadata, path: Arc::clone(&module.path) }))
}

impl Library {
    /// The policies of a name: one by its id, or all of a pack. None where there are none.
    #[must_use]
    pub fn named(&self, name: &str) -> Vec<&Bundled> {
        if name == BASELINE {
            let ids = baseline();
            return self.policies.iter().filter(|policy| ids.contains(&policy.id.as_str())).collect();
        }
        // The restricted level of the Pod Security Standards has all of the baseline level.
        let also = (name == "pod-security/restricted").then_some("pod-security/baseline/");
        let is_in = |policy: &&Bundled| {
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
