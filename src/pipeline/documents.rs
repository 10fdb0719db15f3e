//! All objects of a side as policies read them: `data.inventory`, in the form of Gatekeeper's.

use rayon::prelude::*;

use super::is_manifest_name;
use crate::config::{Config, Scope};
use crate::git::{Content, Tree};
use crate::manifest::agents::Agents;
use crate::manifest::classify::Classifier;
use crate::manifest::file::Role;
use crate::manifest::key::Namespace;
use crate::manifest::object::Object;
use crate::policy::gatekeeper::inventory::nested;
use crate::policy::{Value, value};
use crate::source::Side;

/// Where objects go that name no namespace: kubectl puts them there.
const UNSET: &str = "default";

/// The objects of a tree: `namespace[NAMESPACE][GROUP/VERSION][KIND][NAME]` and `cluster[GROUP/VERSION][KIND][NAME]`.
/// Files that cannot be read, or are no manifests, hold none.
pub(super) fn gather(tree: &Tree, agents: &Agents<'_>, trusted: &Agents<'_>, config: &Config, side: Side) -> Value {
    let classifier = Classifier::new(agents, trusted, &config.substitution, side);
    let is_judged = |path: &str| matches!(config.scope(path), Scope::Included(_));
    let files = tree.files("").unwrap_or_default();
    let objects: Vec<(Vec<String>, Value)> = files
        .par_iter()
        .filter(|entry| entry.kind.is_regular() && is_manifest_name(&entry.path) && is_judged(entry.path.as_str()))
        .flat_map_iter(|entry| {
            let role = classifier.role(&entry.path).ok().filter(|role| matches!(role, Role::Manifest { .. }));
            let content = role.and_then(|role| Some((role, tree.read(entry).ok()?)));
            let file = content.and_then(|(role, content)| match content {
                Content::Bytes(bytes) => classifier.read(&entry.path, role, &bytes).ok(),
                Content::NotJudged(..) => None,
            });
            let objects = file.map(|file| file.objects).unwrap_or_default();
            objects.into_iter().map(|object| (path_of(&object), value::whole(object.value())))
        })
        .collect();
    nested(objects)
}

/// Where an object goes.
fn path_of(object: &Object) -> Vec<String> {
    let key = &object.key;
    let mut path = match &key.namespace {
        Namespace::Cluster => vec!["cluster".to_owned()],
        Namespace::Named(name) => vec!["namespace".to_owned(), name.clone()],
        Namespace::Unset => vec!["namespace".to_owned(), UNSET.to_owned()],
    };
    path.extend([object.api_version.clone(), key.kind.clone(), key.name.clone()]);
    path
}
