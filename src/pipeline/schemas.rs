//! Schemas that come from elsewhere: what is wrong with the config's entries, and the objects that none is known for.

use std::collections::HashSet;
use std::fmt::Write as _;

use crate::change::{Located, ObjectChange};
use crate::finding::{Operation, Reason, Status, Unchecked};
use crate::git::Tree;
use crate::schema::crd::repository::{Missing, Origin};
use crate::schema::crd::sources::{self, Entries, Sources};
use crate::schema::minors::MinorSet;
use crate::schema::versions::{Standing, look_up};
use crate::source::Side;

use super::Run;
use super::conclude::config_broken;
use super::trust::{Rules, notice};

/// Where the trust commit lacks what its config names and the head has all of it, the change mends that and is judged by
/// its own.
pub(super) fn mend(rules: &mut Rules, trust: &Tree, head: &Tree) {
    if rules.from_head || rules.blob.is_none() || sources::unusable(&rules.config, trust).is_empty() {
        return;
    }
    let mended = rules.head.as_ref().unwrap_or(&rules.config);
    if rules.removed || rules.head_errors.is_some() || !sources::unusable(mended, head).is_empty() {
        return;
    }
    rules.from_head = true;
    if let Some(head) = rules.head.take() {
        rules.config = head;
    }
    "head (it mends the trust commit's schemas)".clone_into(&mut rules.from);
    let text = "the target branch lacks schemas that its portcullis.yaml names; this change mends that and is judged by its own";
    rules.notices.push(notice("config-repaired", text));
}

/// Records of the entries that cannot be used: without them nothing can be said of what they are for.
pub(super) fn broken(entries: &Entries<'_>) -> impl Iterator<Item = Unchecked> {
    entries.mistakes().into_iter().map(|mistake| {
        let place = format!("line {}, column {}", mistake.position.line, mistake.position.column);
        let mut record = config_broken(&mistake.path, format!("{place}: {}", mistake.message));
        record.help = mistake.help.or(record.help);
        record
    })
}

impl Run<'_> {
    /// A record for every kind of a file that is neither built in nor defined by a CRD.
    pub(super) fn without_schema(&self, judged: &[&ObjectChange]) -> Vec<Unchecked> {
        let mut told = HashSet::new();
        let mut records = Vec::new();
        for change in judged.iter().filter(|change| change.operation != Operation::Delete) {
            let Some(new) = &change.new else { continue };
            let Some(missing) = missing(self.head.crds, new) else { continue };
            if matches!(missing, Missing::Unusable(Origin::JsonSchema(_) | Origin::Catalogue(_), _)) {
                // The entry of the config that names it is a record of its own, which decides.
                continue;
            }
            let (api_version, kind) = (&new.object.api_version, &new.object.key.kind);
            let (reason, status) = match &change.old {
                Some(old) if self::missing(self.base.crds, old).is_some() => (Reason::NoSchema, Status::Existing),
                // The change takes the schema away, and whatever it breaks would pass.
                Some(_) => (Reason::NoLongerJudged, Status::New),
                None => (Reason::NoSchema, Status::New),
            };
            if !told.insert((&new.file.path, api_version, kind, reason)) {
                continue;
            }
            let mut detail = format!("{api_version} {kind}: {missing}");
            if missing == Missing::NoCrd {
                _ = write!(detail, " in {}", self.head.crds.places(&new.object));
                let meant = self.head.crds.crds.meant(&new.object.key.group, kind);
                _ = meant.map(|meant| write!(detail, "; did you mean {meant}?"));
            }
            let mut record = self.unchecked(reason, &new.file.path, Side::Head, detail);
            let help = match missing {
                Missing::Unusable(..) => "mend it".to_owned(),
                _ => self.how_to_add(),
            };
            (record.help, record.status) = (Some(help), status);
            record.object = change.key().cloned();
            records.push(record);
        }
        records
    }

    /// The command that adds the schemas of a cluster.
    fn how_to_add(&self) -> String {
        let file = self.head.crds.entries.catalogue();
        let then = if file.is_some() { "" } else { ", and name that file under `schemas` of portcullis.yaml" };
        let file = file.unwrap_or("crds.pack");
        format!("kubectl get crd -o yaml | portcullis schema pack - -o {file}{then}")
    }
}

/// Why there is no schema for an object. None for a built-in kind, for what is no object, and where that is a finding.
fn missing(crds: Sources<'_>, located: &Located) -> Option<Missing> {
    let object = &located.object;
    let (api_version, kind) = (object.api_version.as_str(), object.key.kind.as_str());
    if api_version.is_empty() || kind.is_empty() {
        return None;
    }
    let missing = matches!(look_up(api_version, kind, MinorSet::ALL), Standing::Foreign).then(|| crds.of(object).err());
    missing.flatten().filter(|missing| !matches!(missing, Missing::NotServed(Origin::Crd(_), _)))
}
