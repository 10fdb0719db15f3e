//! `kustomization/*`: what makes kustomize refuse a kustomization file, as far as reading it and looking for what it names
//! tells.

use std::collections::HashSet;

use crate::check::{Check, Context, Draft, Subject};
use crate::finding::Severity;
use crate::git::{EntryKind, Tree};
use crate::inventory::{Inventory, is_manifest};
use crate::manifest::file::{ManifestFile, Role};
use crate::manifest::kustomization::{FILE_NAMES, Generated, How, Kustomization, Target, Use, is_kustomization};
use crate::report::escape;
use crate::rules::{By, Rule};
use crate::source::{RepoPath, Span};
use crate::yaml::Value;
use crate::yaml::pointer::span_of;

/// Characters of an entry that a message repeats.
const MAX_SAID: usize = 120;

/// Folders that a search for a circle looks into.
const MAX_WALK: usize = 200;

/// `kustomization/invalid`.
pub const INVALID: Rule = Rule {
    id: "kustomization/invalid",
    aliases: &[],
    severity: Severity::Error,
    by: By::Client("kustomize"),
    basis: "recorded answers of kustomize: invalid Kustomization, Found multiple kustomization files",
    summary: "kustomize refuses the kustomization.",
    explanation: "\
kustomize reads the file strictly: a field that it does not know (`resource:` for `resources:`), a value of another type, a \
wrong `apiVersion` or `kind`, nothing in it, a second kustomization file in the folder, an entry that is taken twice or \
leads back to the kustomization itself, and nothing of the root is deployed any more. An agent stays at the old state, and says so only in its own status.

Mend the field; `kustomize build FOLDER` says the same at the desk.",
};

/// `kustomization/missing-file`.
pub const MISSING_FILE: Rule = Rule {
    id: "kustomization/missing-file",
    aliases: &[],
    severity: Severity::Error,
    by: By::Client("kustomize"),
    basis: "recorded answers of kustomize: accumulating resources: no such file or directory, unable to find one of …",
    summary: "A kustomization names a file or folder that is not there.",
    explanation: "\
The file was deleted or renamed, or its name is misspelt, and a kustomization still names it: kustomize refuses the whole \
root (`no such file or directory`), so that nothing of it is deployed any more. A folder under `resources` needs a \
kustomization of its own.

It is a warning where the file was not there before either and no agent is known that deploys the kustomization from Git, \
because something may make the file first, and for the inputs of a secretGenerator, which people keep out of Git.

Correct the entry, or remove it.",
};

/// Looks at kustomization files.
#[derive(Debug)]
pub struct Kustomizations;

impl Check for Kustomizations {
    fn rules(&self) -> &'static [&'static Rule] {
        &[&INVALID, &MISSING_FILE]
    }

    fn check(&self, context: &Context<'_>, subject: Subject<'_>, drafts: &mut Vec<Draft>) {
        let Subject::File(file) = subject else { return };
        // One that cannot be parsed is told by others.
        let Some(document) = file.documents.first().filter(|document| {
            file.role == Role::Kustomization && document.index == 0 && is_kustomize(document.root())
        }) else {
            return;
        };
        let tree = context.agents.inventory().tree();
        let found = Kustomization::read(document);
        if let Some(problem) = &found.problem {
            let message = format!("kustomize refuses the file: {}", escape::cut(problem, MAX_SAID));
            let key = problem.strip_prefix("unknown field \"").and_then(|rest| rest.strip_suffix('"'));
            let origin = key.and_then(|key| Some(document.root().get_entry(key)?.0));
            let span = origin.and_then(|origin| span_of(document, origin)).or_else(|| file.source.line_span(1));
            drafts.push(of_file(&INVALID, file, span.unwrap_or_default(), message).detail(problem));
        }
        if let Some(other) = beside(tree, &file.path) {
            let message = format!("kustomize finds two kustomization files in the folder: this one and {other}");
            let help = "keep one of them";
            drafts.push(
                of_file(&INVALID, file, file.source.line_span(1).unwrap_or_default(), message).detail(other).help(help),
            );
        }
        drafts.extend(taken_twice(file, &found));
        drafts.extend(circles(context.agents.inventory(), file, &found));
        let lost = found.uses.iter().filter_map(|used| Some((used, missing(tree, file, used)?)));
        let lost: Vec<(&Use, Draft)> = lost.collect();
        if lost.is_empty() {
            return;
        }
        // What nobody deploys from Git may be made before kustomize runs, unless it was there until now.
        let is_deployed = context.agents.build(&file.path).unwrap_or(true);
        let before = context.crds_before.crds.tree();
        for (used, mut draft) in lost {
            let was_there =
                || used.target.at(file.path.folder()).is_some_and(|target| at(before, &target) != At::Nowhere);
            if !is_deployed && !was_there() {
                draft.severity = Severity::Warning;
            }
            drafts.push(draft);
        }
    }
}

/// It is meant for kustomize, and not an object that somebody gave a kustomization's file name.
fn is_kustomize(root: Value<'_>) -> bool {
    let api_version = root.get("apiVersion").and_then(Value::as_str).unwrap_or_default();
    api_version.is_empty() || api_version.starts_with("kustomize.config.k8s.io")
}

fn of_file(rule: &'static Rule, file: &ManifestFile, span: Span, message: String) -> Draft {
    Draft::new(rule, &file.source, span, message)
}

/// The name of another kustomization file in a folder; of two, the later one tells it.
fn beside(tree: &Tree, path: &RepoPath) -> Option<&'static str> {
    let mine = FILE_NAMES.iter().position(|name| *name == path.file_name())?;
    FILE_NAMES.iter().take(mine).copied().find(|name| at(tree, &in_folder(path.folder(), name)) == At::File)
}

/// An entry of the resources that stands there already, however it is written.
fn taken_twice(file: &ManifestFile, kustomization: &Kustomization) -> Vec<Draft> {
    let resources = kustomization.uses.iter().filter(|used| matches!(used.how, How::Resource | How::Base));
    let mut seen = HashSet::new();
    let named = resources.filter_map(|used| Some((used, used.target.at(file.path.folder())?)));
    let again = named.filter(|(_, target)| !seen.insert(target.clone()));
    let say = |(used, target): (&Use, RepoPath)| {
        let message = format!(
            "{} is taken twice: may not add resource with an already registered id",
            escape::cut(target.as_str(), MAX_SAID)
        );
        of_file(&INVALID, file, used.span, message).detail(target.as_str()).help("remove one of the two entries")
    };
    again.map(say).collect()
}

/// The entries whose kustomizations lead back to this one.
fn circles(inventory: &Inventory<'_>, file: &ManifestFile, kustomization: &Kustomization) -> Vec<Draft> {
    let own = file.path.folder();
    let takes = |used: &&Use| {
        // A file leads nowhere.
        let is_file = matches!(&used.target, Target::Path { path, .. } if is_manifest(&path.as_str().into()));
        matches!(used.how, How::Resource | How::Base | How::Component) && !is_file
    };
    let mut found = Vec::new();
    // What did not lead back from an earlier entry does not from a later one.
    let mut seen = HashSet::new();
    for used in kustomization.uses.iter().filter(takes) {
        let Some(first) = used.target.at(own) else { continue };
        let mut open = vec![first.clone()];
        while let Some(folder) = open.pop() {
            if folder.as_str() == own {
                let message = format!("{} leads back to this kustomization: cycle detected", shown(&first));
                found.push(of_file(&INVALID, file, used.span, message).detail(first.as_str()).help("remove the entry"));
                break;
            }
            if seen.len() > MAX_WALK || !seen.insert(folder.clone()) {
                continue;
            }
            for one in inventory.kustomizations_in(folder.as_str()).iter().flat_map(|found| &**found) {
                open.extend(one.fact.uses.iter().filter(takes).filter_map(|used| used.target.at(folder.as_str())));
            }
        }
    }
    found
}

/// A folder as a message names it.
fn shown(folder: &RepoPath) -> String {
    if folder.as_str().is_empty() { "the top".to_owned() } else { escape::cut(folder.as_str(), MAX_SAID) }
}

fn missing(tree: &Tree, file: &ManifestFile, used: &Use) -> Option<Draft> {
    let said = file.source.text.get(used.span.range()).unwrap_or_default();
    // Something makes another text of it before kustomize reads it.
    if ["${", "{{", "?"].iter().any(|hole| said.contains(hole)) {
        return None;
    }
    let (takes_files, takes_folders) = match used.how {
        How::Resource | How::Base | How::GeneratorConfig | How::TransformerConfig | How::ValidatorConfig => {
            (true, true)
        }
        How::Component => (false, true),
        How::Patch(_) | How::Generator(_) | How::Replacement | How::Configuration | How::OpenApi => (true, false),
        // Charts may come from elsewhere; descriptions of types are read by old versions only.
        How::Crd | How::HelmValues | How::HelmChart => return None,
    };
    let target = used.target.at(file.path.folder())?;
    let what = match at(tree, &target) {
        At::Elsewhere => return None,
        At::File if takes_files => return None,
        At::File => "is a file, and a component is a folder".to_owned(),
        At::Folder if !takes_folders => "is a folder, and a file is expected".to_owned(),
        At::Folder if holds_one(tree, &target) => return None,
        At::Folder => format!("is a folder without a kustomization ({})", FILE_NAMES.join(", ")),
        At::Nowhere => "is not there".to_owned(),
    };
    let message = format!("{} {what}", escape::cut(target.as_str(), MAX_SAID));
    let mut draft = of_file(&MISSING_FILE, file, used.span, message).detail(target.as_str());
    if matches!(used.how, How::Generator(Generated::SecretFile | Generated::SecretEnv)) {
        draft.severity = Severity::Warning;
    }
    Some(draft.help("correct the entry, or remove it: kustomize refuses the whole root"))
}

/// What stands at a path.
#[derive(PartialEq, Eq)]
enum At {
    File,
    Folder,
    Nowhere,
    /// Behind a link or in a submodule, or it cannot be read: not known.
    Elsewhere,
}

fn at(tree: &Tree, path: &RepoPath) -> At {
    let text = path.as_str();
    if text.is_empty() {
        return At::Folder;
    }
    match tree.entry(text).map(|entry| entry.map(|entry| entry.kind)) {
        Ok(Some(EntryKind::Folder)) => At::Folder,
        Ok(Some(EntryKind::File | EntryKind::Executable)) => At::File,
        Ok(Some(EntryKind::Symlink | EntryKind::Submodule | EntryKind::Special)) | Err(_) => At::Elsewhere,
        Ok(None) => {
            let above = text.match_indices('/').filter_map(|(end, _)| text.get(..end));
            let is_elsewhere = |folder: &str| {
                let kind = tree.entry(folder).map(|entry| entry.map(|entry| entry.kind));
                matches!(kind, Ok(Some(EntryKind::Symlink | EntryKind::Submodule)) | Err(_))
            };
            if above.into_iter().any(is_elsewhere) { At::Elsewhere } else { At::Nowhere }
        }
    }
}

fn holds_one(tree: &Tree, folder: &RepoPath) -> bool {
    FILE_NAMES.iter().any(|name| matches!(at(tree, &in_folder(folder.as_str(), name)), At::File | At::Elsewhere))
}

fn in_folder(folder: &str, name: &str) -> RepoPath {
    debug_assert!(is_kustomization(name), "only kustomization files are looked for");
    if folder.is_empty() { name.into() } else { format!("{folder}/{name}").as_str().into() }
}
