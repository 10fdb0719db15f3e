//! What Flux and Argo CD deploy from a tree, as far as it says so itself.
//!
//! Whether a source is this repository, no file says, so every path counts; but the top, which every repository has, only
//! when its source has another path that is a folder of this tree, or when no source has one.

use std::collections::{BTreeSet, HashSet};
use std::sync::{Mutex, OnceLock};

use globset::{GlobBuilder, GlobMatcher};

use super::flux_settings::FluxSettings;
use super::kustomization::How;
use super::policy_generator;
use crate::git::{EntryKind, GitError};
use crate::inventory::{ArgoPath, FluxPath, Inventory, Located};
use crate::source::RepoPath;

/// What says which files Flux's source leaves out.
const IGNORE: &str = ".sourceignore";

/// Files that Flux's source leaves out by itself (`sourceignore.ExcludeCI` and `ExcludeExtra`).
const NEVER_SEEN: [&str; 12] = [
    ".travis.yml",
    ".gitlab-ci.yml",
    "appveyor.yml",
    ".drone.yml",
    "cloudbuild.yaml",
    "codeship-services.yml",
    "codeship-steps.yml",
    ".goreleaser.yml",
    ".goreleaser.yaml",
    ".goreleaser.brew.yml",
    ".sops.yaml",
    ".flux.yaml",
];

fn is_never_seen(path: &RepoPath) -> bool {
    NEVER_SEEN.contains(&path.file_name())
        || path.folder().split('/').any(|part| matches!(part, ".github" | ".circleci"))
}

/// The paths of one tree that an agent applies. They are looked for when they are first asked for: without a memory of
/// the tree that reads all of it.
#[derive(Debug)]
pub struct Agents<'a> {
    inventory: &'a Inventory<'a>,
    flux: OnceLock<Vec<FluxRoot>>,
    argo: OnceLock<Vec<ArgoRoot>>,
    decrypts: OnceLock<bool>,
    generators: policy_generator::Known,
}

#[derive(Debug)]
struct FluxRoot {
    folder: String,
    /// The file with the Kustomization.
    file: RepoPath,
    fact: FluxPath,
    patched: OnceLock<FluxSettings>,
}

#[derive(Debug)]
struct ArgoRoot {
    /// The folder; none for an `ApplicationSet` that takes the folders that its globs match.
    folder: Option<String>,
    globs: Vec<GlobMatcher>,
    recurse: bool,
    sync_options: Vec<String>,
    target_namespace: Option<String>,
}

/// What an agent takes from the tree.
enum Root<'r> {
    Flux(&'r FluxPath),
    ArgoCd(&'r ArgoRoot),
}

/// The agent that applies a file, as far as the tree says so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Applied {
    /// No agent names it.
    #[default]
    Unknown,
    /// Flux, by server-side apply.
    Flux {
        /// `spec.force` of its Kustomization.
        force: bool,
    },
    /// Argo CD.
    ArgoCd {
        /// The sync options of its Application.
        sync_options: Vec<String>,
    },
}

impl<'a> Agents<'a> {
    /// The agents of an inventory's tree. Nothing is read yet.
    #[must_use]
    pub fn new(inventory: &'a Inventory<'a>) -> Self {
        Self {
            inventory,
            flux: OnceLock::new(),
            argo: OnceLock::new(),
            decrypts: OnceLock::new(),
            generators: Mutex::default(),
        }
    }

    /// The tree's inventory.
    #[must_use]
    pub fn inventory(&self) -> &'a Inventory<'a> {
        self.inventory
    }

    /// The `PolicyGenerator` that takes a file.
    pub(super) fn generator_taking(&self, path: &RepoPath) -> Result<Option<RepoPath>, GitError> {
        policy_generator::taking(self.inventory, path, &self.generators)
    }

    /// Look for what Flux deploys now.
    pub fn look(&self) -> Result<(), GitError> {
        self.flux().map(|_| ())
    }

    /// Flux takes the file although no kustomization names it: where a path has no kustomization, Flux makes one of all
    /// YAML files below it, but for folders that have one of their own.
    pub fn flux_generates_for(&self, path: &RepoPath) -> Result<bool, GitError> {
        Ok(self.flux_folder_of(path)?.is_some())
    }

    /// The folder for which Flux makes the kustomization that takes the file.
    pub fn flux_folder_of(&self, path: &RepoPath) -> Result<Option<String>, GitError> {
        if !matches!(path.extension().as_str(), "yaml" | "yml") || is_never_seen(path) {
            return Ok(None);
        }
        let roots = self.flux()?;
        let mut folder = path.folder();
        loop {
            if !self.inventory.kustomizations_in(folder)?.is_empty() {
                return Ok(None);
            }
            if roots.iter().any(|root| root.folder == folder) {
                return Ok(Some(folder.to_owned()));
            }
            match above(folder) {
                Some(parent) => folder = parent,
                None => return Ok(None),
            }
        }
    }

    /// A `.sourceignore` in the file's folder or above it may leave the file out of what Flux sees.
    pub fn leaves_some_out(&self, path: &RepoPath) -> Result<bool, GitError> {
        let mut folder = path.folder();
        loop {
            let ignore = if folder.is_empty() { IGNORE.to_owned() } else { format!("{folder}/{IGNORE}") };
            if self.inventory.tree().entry(&ignore)?.is_some() {
                return Ok(true);
            }
            match above(folder) {
                Some(parent) => folder = parent,
                None => return Ok(false),
            }
        }
    }

    /// An agent applies the file as it is, as one of a folder of manifests.
    pub fn apply_itself(&self, path: &RepoPath) -> Result<bool, GitError> {
        if self.flux_generates_for(path)? {
            return Ok(true);
        }
        for root in self.argo()?.iter().filter(|root| root.takes(path.folder())) {
            let folder = root.folder.as_deref().unwrap_or(path.folder());
            // Where one lies at the top of the path, Argo CD applies what it renders.
            if self.inventory.kustomizations_in(folder)?.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Argo CD applies the file as one of a folder of manifests.
    pub fn argo_takes(&self, path: &RepoPath) -> Result<bool, GitError> {
        Ok(self.argo()?.iter().any(|root| root.takes(path.folder())))
    }

    /// Something decrypts what SOPS encrypted: a Flux Kustomization, or whoever reads the `.sops.yaml`.
    pub fn decrypts(&self) -> Result<bool, GitError> {
        if let Some(known) = self.decrypts.get() {
            return Ok(*known);
        }
        let found = !self.inventory.sops_rules()?.found.is_empty()
            || self
                .inventory
                .flux_paths()?
                .found
                .iter()
                .any(|flux| flux.fact.settings.decrypts || flux.fact.patches.decrypts);
        Ok(*self.decrypts.get_or_init(|| found))
    }

    /// Which agent applies a file, itself or through a kustomization.
    pub fn applied(&self, path: &RepoPath) -> Result<Applied, GitError> {
        Ok(match self.root_over(path)? {
            None => Applied::Unknown,
            Some(Root::Flux(flux)) => Applied::Flux { force: flux.force },
            Some(Root::ArgoCd(root)) => Applied::ArgoCd { sync_options: root.sync_options.clone() },
        })
    }

    /// An agent builds a kustomization: it is at the top of a path, or is taken by one that is, or Flux makes the one that
    /// takes it.
    pub fn build(&self, kustomization: &RepoPath) -> Result<bool, GitError> {
        let (flux, argo) = (self.flux()?, self.argo()?);
        if flux.is_empty() && argo.is_empty() {
            return Ok(false);
        }
        for top in self.inventory.roots_of(kustomization.as_str())?.tops {
            let mut folder = top.folder();
            if argo.iter().any(|root| root.is_at(folder)) {
                return Ok(true);
            }
            loop {
                if flux.iter().any(|root| root.folder == folder) {
                    return Ok(true);
                }
                match above(folder) {
                    Some(parent) if self.inventory.kustomizations_in(parent)?.is_empty() => folder = parent,
                    _ => break,
                }
            }
        }
        Ok(false)
    }

    /// The namespace where the agent that applies a file puts objects that name none. Flux's counts before that of a
    /// kustomization, Argo CD's behind it: then it is not known before rendering.
    pub fn target_namespace(&self, path: &RepoPath) -> Result<Option<String>, GitError> {
        let target = match self.root_over(path)? {
            None => None,
            Some(Root::Flux(flux)) => flux.target_namespace.clone(),
            Some(Root::ArgoCd(root)) => {
                let is_taken = !self.inventory.roots_of(path.as_str())?.tops.is_empty();
                root.target_namespace.clone().filter(|_| !is_taken)
            }
        };
        Ok(target.filter(|name| !name.is_empty() && !name.contains(['{', '$'])))
    }

    fn root_over(&self, path: &RepoPath) -> Result<Option<Root<'_>>, GitError> {
        let (flux, argo) = (self.flux()?, self.argo()?);
        if flux.is_empty() && argo.is_empty() {
            return Ok(None);
        }
        let tops = self.inventory.roots_of(path.as_str())?.tops;
        let folders: Vec<&str> = std::iter::once(path.folder()).chain(tops.iter().map(RepoPath::folder)).collect();
        let holds = |root: &&FluxRoot| folders.iter().any(|folder| is_within(folder, &root.folder));
        if let Some(root) = flux.iter().filter(holds).max_by_key(|root| root.folder.len()) {
            return Ok(Some(Root::Flux(&root.fact)));
        }
        Ok(argo.iter().find(|root| folders.iter().any(|folder| root.takes(folder))).map(Root::ArgoCd))
    }

    /// Where Flux replaces `${NAME}` in a file: the variables that are set by name. `through` are the kustomizations that
    /// take the file up, which may bring it from elsewhere into a path.
    pub fn substitution(&self, path: &RepoPath, through: &[RepoPath]) -> Result<Option<HashSet<String>>, GitError> {
        let holds =
            |root: &str| is_within(path.as_str(), root) || through.iter().any(|file| is_within(file.as_str(), root));
        let mut found: Option<HashSet<String>> = None;
        for root in self.flux()?.iter().filter(|root| holds(&root.folder)) {
            for settings in [&root.fact.settings, self.patched(root)?].into_iter().filter(|it| it.substitutes()) {
                found.get_or_insert_default().extend(settings.variables.iter().cloned());
            }
        }
        Ok(found)
    }

    /// Flux replaces `${NAME}` somewhere in the tree.
    pub fn substitutes(&self) -> Result<bool, GitError> {
        for root in self.flux()? {
            if root.fact.settings.substitutes() || self.patched(root)?.substitutes() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What patches set in a Flux Kustomization: those of the one that deploys it, and of the kustomizations and
    /// components through which it is taken.
    fn patched<'r>(&self, root: &'r FluxRoot) -> Result<&'r FluxSettings, GitError> {
        if let Some(known) = root.patched.get() {
            return Ok(known);
        }
        let through = self.inventory.roots_of(root.file.as_str())?.through;
        let holds =
            |folder: &str| std::iter::once(&root.file).chain(&through).any(|file| is_within(file.as_str(), folder));
        let mut all = FluxSettings::default();
        for other in self.flux()?.iter().filter(|other| holds(&other.folder)) {
            all.add(&other.fact.patches);
        }
        let mut open: Vec<String> = through.iter().map(|file| file.folder().to_owned()).collect();
        let mut seen = HashSet::new();
        while let Some(folder) = open.pop() {
            for Located { fact, .. } in &*self.inventory.kustomizations_in(&folder)? {
                all.add(&fact.flux);
                let components = fact.uses.iter().filter(|used| used.how == How::Component);
                let folders =
                    components.filter_map(|used| used.target.at(&folder)).map(|path| path.as_str().to_owned());
                open.extend(folders.filter(|folder| seen.insert(folder.clone())));
            }
        }
        Ok(root.patched.get_or_init(|| all))
    }

    /// One Flux path that is not the whole tree holds both.
    pub fn flux_joins(&self, a: &RepoPath, b: &RepoPath) -> Result<bool, GitError> {
        let both = |root: &str| !root.is_empty() && is_within(a.as_str(), root) && is_within(b.as_str(), root);
        Ok(self.flux()?.iter().any(|root| both(&root.folder)))
    }

    /// The Flux Kustomizations whose path holds a file and is not the whole tree: the file that has each, and its name.
    pub fn flux_over(&self, path: &RepoPath) -> Result<BTreeSet<(&RepoPath, &str)>, GitError> {
        let holds = |root: &&FluxRoot| !root.folder.is_empty() && is_within(path.as_str(), &root.folder);
        Ok(self.flux()?.iter().filter(holds).map(|root| (&root.file, root.fact.name.as_str())).collect())
    }

    /// The folders that Flux Kustomizations deploy, each with the file that has one and its name.
    pub fn flux_folders(&self) -> Result<Vec<(&str, &RepoPath, &str)>, GitError> {
        let roots = self.flux()?.iter();
        Ok(roots.map(|root| (root.folder.as_str(), &root.file, root.fact.name.as_str())).collect())
    }

    fn flux(&self) -> Result<&[FluxRoot], GitError> {
        if let Some(known) = self.flux.get() {
            return Ok(known);
        }
        let mut candidates = Vec::new();
        for located in self.inventory.flux_paths()?.found {
            let (file, flux) = (located.path, located.fact);
            let source = flux.source.clone().map(|(kind, name)| format!("{kind}/{name}")).unwrap_or_default();
            let own = folder("", flux.path.as_deref().unwrap_or_default());
            let components = flux.components.iter().map(|component| folder(&own, component));
            let components: Vec<_> =
                components.map(|component| (component, source.clone(), (file.clone(), flux.clone()))).collect();
            candidates.extend(components);
            candidates.push((own, source, (file, flux)));
        }
        let own = self.of_this_repository(candidates)?.into_iter();
        let own = own.map(|(folder, (file, fact))| FluxRoot { folder, file, fact, patched: OnceLock::new() }).collect();
        Ok(self.flux.get_or_init(|| own))
    }

    fn argo(&self) -> Result<&[ArgoRoot], GitError> {
        if let Some(known) = self.argo.get() {
            return Ok(known);
        }
        let mut candidates: Vec<(String, String, ArgoPath)> = Vec::new();
        let mut roots = Vec::new();
        for located in self.inventory.argo_paths()?.found {
            let argo = located.fact;
            if argo.path.contains("{{") {
                let glob = |glob: &String| GlobBuilder::new(glob).literal_separator(true).build().ok();
                let globs = argo.globs.iter().filter_map(glob).map(|glob| glob.compile_matcher()).collect();
                roots.push(ArgoRoot {
                    folder: None,
                    globs,
                    recurse: argo.recurse,
                    sync_options: argo.sync_options,
                    target_namespace: argo.target_namespace,
                });
            } else {
                candidates.push((folder("", &argo.path), argo.repository.clone(), argo));
            }
        }
        roots.extend(self.of_this_repository(candidates)?.into_iter().map(|(folder, argo)| ArgoRoot {
            folder: Some(folder),
            globs: Vec::new(),
            recurse: argo.recurse,
            sync_options: argo.sync_options,
            target_namespace: argo.target_namespace,
        }));
        Ok(self.argo.get_or_init(|| roots))
    }

    /// Of folders with their sources, those that may be this repository's.
    fn of_this_repository<T>(&self, mut candidates: Vec<(String, String, T)>) -> Result<Vec<(String, T)>, GitError> {
        let mut sources: HashSet<String> = HashSet::new();
        for (folder, source, _) in candidates.iter().filter(|(folder, ..)| !folder.is_empty()) {
            let entry = self.inventory.tree().entry(folder)?;
            if entry.is_some_and(|entry| entry.kind == EntryKind::Folder) {
                sources.insert(source.clone());
            }
        }
        candidates.retain(|(folder, source, _)| !folder.is_empty() || sources.is_empty() || sources.contains(source));
        Ok(candidates.into_iter().map(|(folder, _, fact)| (folder, fact)).collect())
    }
}

impl ArgoRoot {
    fn takes(&self, folder: &str) -> bool {
        self.is_at(folder) || self.recurse && self.folder.as_deref().is_some_and(|own| is_within(folder, own))
    }

    fn is_at(&self, folder: &str) -> bool {
        match &self.folder {
            Some(own) => own == folder,
            None => self.globs.iter().any(|glob| glob.is_match(folder)),
        }
    }
}

/// The folder that a path as agents write it (`./apps/`, `../components/backup`) means in a folder.
fn folder(base: &str, path: &str) -> String {
    let mut parts: Vec<&str> = base.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// The folder that holds a folder.
fn above(folder: &str) -> Option<&str> {
    (!folder.is_empty()).then(|| folder.rsplit_once('/').map_or("", |(parent, _)| parent))
}

/// The path is the folder or lies below it.
fn is_within(path: &str, folder: &str) -> bool {
    folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
