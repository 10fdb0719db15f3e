//! All objects of a side as policies read them: `data.inventory`, in the form of Gatekeeper's.

use std::sync::{Arc, OnceLock};

use rayon::prelude::*;

use super::is_manifest_name;
use crate::config::{Config, Scope};
use crate::finding::{Reason, Status, Unchecked};
use crate::git::{Content, FileChange, Tree, TreeEntry};
use crate::judge::redact::{Redactor, Texts};
use crate::manifest::agents::Agents;
use crate::manifest::classify::Classifier;
use crate::manifest::file::{ManifestFile, Role};
use crate::manifest::key::Namespace;
use crate::manifest::object::Object;
use crate::policy::gatekeeper::libraries::clusters_of;
use crate::policy::state::{Documents, Placed, State};
use crate::policy::value;
use crate::source::{RepoPath, Side};

/// What must not be shown of the objects of a side, once they are gathered.
pub(super) type Secrets = OnceLock<Arc<Texts>>;

/// Where objects go that name no namespace: kubectl puts them there.
const UNSET: &str = "default";

/// The objects of a file, why it may hold more, and what of it must not be shown.
type OfFile = (Vec<Placed>, Option<(RepoPath, String)>, Texts);

/// The objects of a tree: `namespace[NAMESPACE][GROUP/VERSION][KIND][NAME]` and `cluster[GROUP/VERSION][KIND][NAME]`.
/// Files that are no manifests hold none.
/// What of them must not be shown goes to `secrets`.
pub(super) fn gather(
    tree: &Tree,
    agents: &Agents<'_>,
    trusted: &Agents<'_>,
    config: &Config,
    side: Side,
    secrets: &Secrets,
) -> Documents {
    let classifier = Classifier::new(agents, trusted, &config.substitution, side);
    let is_judged = |path: &str| matches!(config.scope(path), Scope::Included(_));
    let files = match tree.files("") {
        Ok(files) => files,
        Err(error) => return Documents { objects: Vec::new(), unread: vec![("".into(), error.to_string())] },
    };
    let read: Vec<OfFile> = files
        .par_iter()
        .filter(|entry| entry.kind.is_regular() && is_manifest_name(&entry.path) && is_judged(entry.path.as_str()))
        .filter_map(|entry| {
            let file = match file(&classifier, tree, entry) {
                Ok(file) => file?,
                Err(why) => return Some((Vec::new(), Some((entry.path.clone(), why)), Texts::default())),
            };
            let mut redactor = Redactor::default();
            redactor.add(&file);
            let broken = file.problems.iter().find(|problem| problem.fatal && file.has_sign);
            let clusters: Arc<[String]> = clusters_of(config, &entry.path).into();
            let place = |object: &Arc<Object>| Placed {
                file: entry.path.clone(),
                clusters: Arc::clone(&clusters),
                path: path_of(object),
                value: value::whole(object.value()),
                without_unknown: object.has_unknown().then(|| value::of_object(object).1).flatten(),
            };
            let objects = file.objects.iter().map(place).collect();
            Some((objects, broken.map(|problem| (entry.path.clone(), problem.message.clone())), redactor.into_texts()))
        })
        .collect();
    let (mut documents, mut all) = (Documents::default(), Texts::default());
    for (objects, unread, texts) in read {
        documents.objects.extend(objects);
        documents.unread.extend(unread);
        all.extend(texts);
    }
    // Objects are gathered once.
    _ = secrets.set(Arc::new(all));
    documents
}

/// A file as a manifest; none when it is none.
fn file(classifier: &Classifier<'_>, tree: &Tree, entry: &TreeEntry) -> Result<Option<ManifestFile>, String> {
    let role = classifier.role(&entry.path).map_err(|error| error.to_string())?;
    if !matches!(role, Role::Manifest { .. }) {
        return Ok(None);
    }
    match tree.read(entry).map_err(|error| error.to_string())? {
        Content::Bytes(bytes) => {
            classifier.read(&entry.path, role, &bytes).map(Some).map_err(|error| error.to_string())
        }
        Content::NotJudged(_, why) => Err(why),
    }
}

/// A record of the files that policies could not read on the head side, where one read other objects. Those that the
/// change touches have records of their own.
pub(super) fn unread(state: &State<'_>, config: &Config, changes: &[FileChange]) -> Option<Unchecked> {
    let is_own = |path: &RepoPath| changes.iter().any(|change| change.path == *path);
    let files: Vec<&(RepoPath, String)> = state.unread().iter().filter(|(path, _)| !is_own(path)).collect();
    let (path, why) = files.first()?;
    let others = files.len() - 1;
    let more = if others == 0 { String::new() } else { format!(", and so are {others} more") };
    Some(Unchecked {
        reason: Reason::InventoryIncomplete,
        effect: config.unchecked_effect(Reason::InventoryIncomplete),
        path: path.clone(),
        side: Side::Head,
        object: None,
        detail: format!("what policies know of other objects is without this file: {why}{more}"),
        help: Some("mend the file, or exclude it in portcullis.yaml".to_owned()),
        status: Status::New,
        deciding: false,
        count: u32::try_from(files.len()).unwrap_or(u32::MAX),
    })
}

/// Where an object goes.
pub(super) fn path_of(object: &Object) -> Vec<String> {
    let key = &object.key;
    let mut path = match &key.namespace {
        Namespace::Cluster => vec!["cluster".to_owned()],
        Namespace::Named(name) => vec!["namespace".to_owned(), name.clone()],
        Namespace::Unset => vec!["namespace".to_owned(), UNSET.to_owned()],
    };
    path.extend([object.api_version.clone(), key.kind.clone(), key.name.clone()]);
    path
}
