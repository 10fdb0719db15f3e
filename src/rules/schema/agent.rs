//! How an object reaches the server, and what becomes of a change that the server refuses: Flux and Argo CD have ways
//! around it, which their own settings and the object's annotations switch on.

use crate::check::Context;
use crate::config::Apply;
use crate::git::Content;
use crate::manifest::agents::Applied;
use crate::manifest::object::Object;
use crate::schema::problem::Raised;
use crate::source::{RepoPath, Side};
use crate::yaml::{self, Dialect, Document, Value};

/// What becomes of an object when the server refuses to change it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// The agent stays stuck at it.
    Stays,
    /// The agent deletes the object and creates it anew.
    Recreated,
    /// The agent does not apply the object over one that exists.
    NotApplied,
}

/// How one object is applied. Whoever applies it is looked for only when the answer matters: that reads the whole tree.
pub(super) struct Way<'a> {
    context: &'a Context<'a>,
    object: &'a Object,
    agent: Option<Applied>,
}

impl<'a> Way<'a> {
    pub(super) fn new(context: &'a Context<'a>, object: &'a Object) -> Self {
        Self { context, object, agent: None }
    }

    /// The agent. One that cannot be found out is unknown, which excuses nothing.
    fn agent(&mut self) -> &Applied {
        let (agents, path) = (self.context.agents, self.object.path());
        self.agent.get_or_insert_with(|| agents.applied(path).unwrap_or_default())
    }

    /// The way of applying that counts.
    pub(super) fn raised(&mut self) -> Raised {
        match self.context.config.apply {
            Apply::ClientSide => Raised::ByPost,
            Apply::ServerSide => Raised::ByApply,
            Apply::Auto => match self.agent() {
                Applied::ArgoCd { sync_options } => {
                    let own = sync_options.iter().any(|option| option == "ServerSideApply=true");
                    if own || self.has_sync_option("ServerSideApply=true") { Raised::ByApply } else { Raised::ByPost }
                }
                Applied::Flux { .. } | Applied::Unknown => Raised::ByApply,
            },
        }
    }

    /// Flux applies the object.
    pub(super) fn is_flux(&mut self) -> bool {
        matches!(self.agent(), Applied::Flux { .. })
    }

    /// Neither the config nor an agent says how the object is applied.
    pub(super) fn is_assumed(&mut self) -> bool {
        self.context.config.apply == Apply::Auto && *self.agent() == Applied::Unknown
    }

    /// A file with the claim's class, if every class of that name (there may be one for each cluster) lets claims grow, and
    /// did before the change.
    pub(super) fn class_that_grows(&self) -> Option<RepoPath> {
        let name = self.object.value().path(&["spec", "storageClassName"])?.as_str()?;
        let inventory = self.context.agents.inventory();
        let mut files: Vec<RepoPath> = inventory
            .objects()
            .ok()?
            .found
            .into_iter()
            .filter(|located| located.fact.kind == "StorageClass" && located.fact.name == name)
            .map(|located| located.path)
            .collect();
        files.dedup();
        let allows = |file: &RepoPath| {
            let entry = inventory.tree().entry(file.as_str()).ok()??;
            let before = self.context.crds_before.crds.tree().entry(file.as_str()).ok()??;
            if entry.id.is_none() || before.id != entry.id {
                return None;
            }
            let Content::Bytes(bytes) = inventory.tree().read(&entry).ok()? else { return None };
            let stream = yaml::read(file.clone(), Side::Head, &bytes, Dialect::Kubectl);
            let classes = stream.documents.iter().map(Document::root).filter(|root| {
                root.get("kind").and_then(Value::as_str) == Some("StorageClass")
                    && root.path(&["metadata", "name"]).and_then(Value::as_str) == Some(name)
            });
            let allowed: Vec<Option<bool>> =
                classes.map(|class| class.get("allowVolumeExpansion").and_then(Value::as_bool)).collect();
            (!allowed.is_empty() && allowed.iter().all(|allowed| *allowed == Some(true))).then_some(())
        };
        files.iter().all(|file| allows(file).is_some()).then(|| files.first().cloned())?
    }

    /// What becomes of a refused change.
    pub(super) fn refused(&mut self) -> Refused {
        let annotation = |name: &str| self.object.annotation(name).unwrap_or_default().to_ascii_lowercase();
        let (forced, ssa) =
            (annotation("kustomize.toolkit.fluxcd.io/force"), annotation("kustomize.toolkit.fluxcd.io/ssa"));
        let is_hook = self.object.annotation("argocd.argoproj.io/hook").is_some();
        let deletes = self.object.annotation("argocd.argoproj.io/hook-delete-policy");
        // A hook without a policy is deleted before the next one is created.
        let goes = |policy: &str| policy.contains("BeforeHookCreation") || policy.contains("HookSucceeded");
        let hook = is_hook && deletes.is_none_or(goes);
        match self.agent().clone() {
            Applied::ArgoCd { .. } if hook => Refused::Recreated,
            // Only Argo CD reads the annotation, wherever the Application lies that takes the kustomization.
            Applied::Unknown if hook && self.is_taken() => Refused::Recreated,
            Applied::Flux { .. } if matches!(ssa.as_str(), "ignore" | "ifnotpresent") => Refused::NotApplied,
            Applied::Flux { force } if force || forced == "enabled" => Refused::Recreated,
            Applied::ArgoCd { sync_options } => {
                let own = |wanted: &str| sync_options.iter().any(|option| option == wanted);
                let replaced = ["Force=true", "Replace=true"].into_iter().any(|o| own(o) || self.has_sync_option(o));
                if replaced { Refused::Recreated } else { Refused::Stays }
            }
            _ => Refused::Stays,
        }
    }

    /// A kustomization takes the object's file. One of which that cannot be found out is not taken.
    fn is_taken(&self) -> bool {
        let roots = self.context.agents.inventory().roots_of(self.object.path().as_str());
        roots.is_ok_and(|roots| !roots.through.is_empty())
    }

    fn has_sync_option(&self, wanted: &str) -> bool {
        let options = self.object.annotation("argocd.argoproj.io/sync-options").unwrap_or_default();
        options.split(',').any(|option| option.trim() == wanted)
    }
}
