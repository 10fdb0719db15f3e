//! The policies of a run: those of the trust commit, and what is wrong with them.

use std::collections::BTreeSet;
use std::sync::Arc;

use memchr::memmem;

use crate::config::{Config, Scope};
use crate::finding::{Effect, Finding, Reason, Status, Unchecked};
use crate::git::{Comparison, Content, FileChange, Tree};
use crate::inventory::Inventory;
use crate::manifest::agents::Agents;
use crate::manifest::classify::Classifier;
use crate::manifest::file::Role;
use crate::policy::Value;
use crate::policy::bundled::LIBRARY;
use crate::policy::engine::Fault;
use crate::policy::review::object_of;
use crate::policy::set::PolicySet;
use crate::policy::state::State;
use crate::report::Notice;
use crate::report::model::PolicyInfo;
use crate::rules;
use crate::source::{RepoPath, Side};

use super::conclude::config_broken;
use super::documents;
use super::trust::{Rules, notice};

/// The id of the notice that the change edits policies.
pub const POLICIES_CHANGED: &str = "policies-changed";

/// The id of the notice that a policy is not asked about something.
const POLICY_NOT_ASKED: &str = "policy-not-asked";

/// What a file of Gatekeeper's has in it.
const SIGN: &[u8] = b"gatekeeper.sh";

/// A tree with what is known of it.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) tree: &'a Tree,
    pub(super) inventory: &'a Inventory<'a>,
    pub(super) agents: &'a Agents<'a>,
}

/// The policies of a config and a tree.
pub(super) fn of(config: &Config, place: Place<'_>, given: &[(String, Tree)]) -> PolicySet {
    PolicySet::load(config, place.tree, gatekeeper_files(config, place), given)
}

/// The manifests with something of Gatekeeper's, those that cannot be read whole among them: what a broken one says is
/// not known, and [`Libraries`](crate::policy::gatekeeper::libraries::Libraries) tells it. A tree that cannot be read has
/// failed elsewhere.
fn gatekeeper_files(config: &Config, place: Place<'_>) -> Vec<(RepoPath, Arc<[u8]>)> {
    let Place { tree, inventory, agents } = place;
    let (found, broken) =
        inventory.gatekeeper_files().map(|gathered| (gathered.found, gathered.problems)).unwrap_or_default();
    let classifier = Classifier::new(agents, agents, &config.substitution, Side::Head);
    let is_manifest = |path: &RepoPath| {
        matches!(config.scope(path.as_str()), Scope::Included(_))
            && matches!(classifier.role(path), Ok(Role::Manifest { .. }))
    };
    let sure: BTreeSet<RepoPath> = found.into_iter().map(|located| located.path).collect();
    let doubtful: BTreeSet<RepoPath> = broken.into_iter().map(|located| located.path).collect();
    let bytes = |path: &RepoPath| match tree.read(&tree.entry(path.as_str()).ok()??).ok()? {
        Content::Bytes(bytes) => Some(Arc::from(&bytes[..])),
        Content::NotJudged(..) => None,
    };
    let paths = sure.union(&doubtful).filter(|path| is_manifest(path));
    let read = paths.filter_map(|path| Some((path.clone(), bytes(path)?)));
    read.filter(|(path, bytes): &(_, Arc<[u8]>)| sure.contains(path) || memmem::find(bytes, SIGN).is_some()).collect()
}

/// Where the trust commit's policies cannot be used and the head's can, the change mends them and is judged by its own.
pub(super) fn load(rules: &mut Rules, trust: Place<'_>, head: Place<'_>, given: &[(String, Tree)]) -> PolicySet {
    let set = of(&rules.config, if rules.from_head { head } else { trust }, given);
    let is_sound = |set: &PolicySet| set.mistakes.is_empty() && set.faults.is_empty();
    if is_sound(&set) || rules.from_head || rules.removed || rules.head_errors.is_some() {
        return set;
    }
    let mended = of(rules.head.as_ref().unwrap_or(&rules.config), head, given);
    if !is_sound(&mended) {
        return set;
    }
    rules.from_head = true;
    if let Some(head) = rules.head.take() {
        rules.config = head;
    }
    "head (it mends the trust commit's policies)".clone_into(&mut rules.from);
    let text = "the target branch's policies cannot be used; this change mends them and is judged by its own";
    rules.notices.push(notice("policies-repaired", text));
    mended
}

/// What the policies of the findings say of themselves.
pub(super) fn told(set: &PolicySet, findings: &[Finding]) -> Vec<PolicyInfo> {
    let ids: BTreeSet<&str> = findings.iter().map(|finding| finding.rule.as_str()).collect();
    let info = |id: &str| match id.strip_prefix("gatekeeper/") {
        Some(name) => constraint_info(set, id, name),
        None => set.policy(id).map(|policy| PolicyInfo {
            id: id.to_owned(),
            title: policy.metadata.title.clone(),
            description: policy.metadata.description.trim().to_owned(),
            links: policy.metadata.related_resources.iter().map(|link| link.address().to_owned()).collect(),
        }),
    };
    let says = |info: &PolicyInfo| !(info.title.is_empty() && info.description.is_empty() && info.links.is_empty());
    ids.into_iter().filter(|id| rules::find(id).is_none()).filter_map(info).filter(says).collect()
}

/// By the annotations of the template, as Gatekeeper's library writes them.
fn constraint_info(set: &PolicySet, id: &str, name: &str) -> Option<PolicyInfo> {
    let (kind, name) = name.split_once('/')?;
    let mut constraints = set.gatekeeper.constraints();
    let found = constraints.find(|constraint| constraint.template.kind == kind && constraint.name == name)?;
    let annotation = |key: &str| {
        let value = found.template.object.value().path(&["metadata", "annotations", key])?.as_str()?;
        Some(value.trim().to_owned())
    };
    let (title, description) = (annotation("metadata.gatekeeper.sh/title"), annotation("description"));
    let (title, description) = (title.unwrap_or_default(), description.unwrap_or_default());
    Some(PolicyInfo { id: id.to_owned(), title, description, links: Vec::new() })
}

/// What of the policies may be another than somebody thinks.
pub(super) fn notices(set: &PolicySet) -> impl Iterator<Item = Notice> {
    set.notices.iter().map(|fault| {
        let help = fault.help.as_ref().map_or(String::new(), |help| format!("; {help}"));
        notice(POLICY_NOT_ASKED, &format!("{}:{}: {}{help}", fault.path, fault.line, fault.message))
    })
}

/// Records of what the policies did not judge, or not as a cluster does. `changes` are those with objects that were judged.
pub(super) fn records(
    set: &PolicySet,
    config: &Config,
    head: &State<'_>,
    changes: Option<&[FileChange]>,
) -> Vec<Unchecked> {
    let mut records: Vec<Unchecked> = broken(set).collect();
    for record in records.iter_mut().filter(|record| changes.is_none() && record.reason == Reason::PolicyNotEvaluated) {
        // There is no object that the policy could have judged.
        record.status = Status::Existing;
    }
    if let Some(changes) = changes {
        records.extend(by_cel(set, config));
        records.extend(documents::unread(head, config, changes));
    }
    records
}

/// Records of what is wrong with the policies: without them nothing can be said of what they are for.
fn broken(set: &PolicySet) -> impl Iterator<Item = Unchecked> {
    let entries = set.mistakes.iter().map(|mistake| {
        let place = format!("line {}, column {}", mistake.position.line, mistake.position.column);
        let mut record = config_broken(&mistake.path, format!("{place}: {}", mistake.message));
        record.help = mistake.help.clone().or(record.help);
        record
    });
    entries.chain(set.faults.iter().map(fault))
}

/// Records of what a cluster judges by CEL and we judge by the Rego beside it.
fn by_cel(set: &PolicySet, config: &Config) -> impl Iterator<Item = Unchecked> {
    set.gatekeeper.judged_by_cel().into_iter().map(|(path, template)| Unchecked {
        reason: Reason::CelNotEvaluated,
        effect: config.unchecked_effect(Reason::CelNotEvaluated),
        path: path.clone(),
        side: Side::Base,
        object: Some(template.object.key.clone()),
        detail: format!("{} is judged by its Rego; Gatekeeper 3.23 judges by its CEL", template.kind),
        help: Some("let both say the same, or run Gatekeeper with --enable-k8s-native-validation=false".to_owned()),
        // The template is the trust commit's.
        status: Status::Existing,
        deciding: false,
        count: 1,
    })
}

fn fault(fault: &Fault) -> Unchecked {
    Unchecked {
        reason: Reason::PolicyNotEvaluated,
        effect: Effect::Fail,
        path: (&*fault.path).into(),
        side: Side::Base,
        object: None,
        detail: format!("line {}, column {}: {}", fault.line, fault.column, fault.message),
        help: fault.help.clone().or_else(|| Some("mend it in a change of its own".to_owned())),
        status: Status::New,
        deciding: false,
        count: 1,
    }
}

/// `input.change`: what is compared.
pub(super) fn change(comparison: &Comparison, config: &Config, paths: impl Iterator<Item = String>) -> Value {
    let text = |text: &Option<String>| text.as_deref().map_or(Value::Null, Value::from);
    let compared = &comparison.compared;
    let clusters = config.clusters.iter().map(|cluster| Value::from(cluster.name.as_str())).collect::<Vec<_>>();
    let author = comparison.author.as_ref().map_or(Value::Null, |author| {
        object_of([("name", text(&author.name)), ("email", text(&author.email)), ("login", text(&author.login))])
    });
    object_of([
        ("base", text(&compared.base)),
        ("head", text(&compared.head)),
        ("paths", Value::from(paths.map(Value::from).collect::<Vec<_>>())),
        ("clusters", Value::from(clusters)),
        ("author", author),
    ])
}

/// A folder that a config names under `policies`, or something of Gatekeeper's, differs between two trees.
pub(super) fn differ(config: &Config, base: Place<'_>, head: Place<'_>) -> bool {
    if gatekeeper_files(config, base) != gatekeeper_files(config, head) {
        return true;
    }
    !differing_folders(config, base, head).is_empty()
}

/// The folders that a config names under `policies` and that differ between two trees.
pub(super) fn differing_folders<'c>(config: &'c Config, base: Place<'_>, head: Place<'_>) -> BTreeSet<&'c str> {
    let entries = config.policies.iter().chain(config.clusters.iter().flat_map(|cluster| &cluster.policies));
    let folders = entries.map(|entry| entry.uses.as_str()).filter(|name| LIBRARY.named(name).is_empty());
    let differs = |folder: &&str| {
        let [old, new] = [base, head].map(|place| place.tree.folder_id(folder).ok().flatten());
        // Folders without ids, those on disk, may differ.
        old.is_none() || old != new
    };
    folders.filter(differs).collect()
}
