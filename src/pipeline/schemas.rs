//! The objects that no schema is known for.

use std::collections::HashSet;

use crate::change::{Located, ObjectChange};
use crate::finding::{Operation, Reason, Status, Unchecked};
use crate::schema::crd::repository::{Crds, Missing};
use crate::schema::minors::MinorSet;
use crate::schema::versions::{Standing, look_up};
use crate::source::Side;

use super::Run;

impl Run<'_> {
    /// A record for every kind of a file that is neither built in nor defined by a CRD.
    pub(super) fn without_schema(&self, judged: &[&ObjectChange]) -> Vec<Unchecked> {
        let mut told = HashSet::new();
        let mut records = Vec::new();
        for change in judged.iter().filter(|change| change.operation != Operation::Delete) {
            let Some(new) = &change.new else { continue };
            let Some(missing) = missing(self.head.crds, new) else { continue };
            let (api_version, kind) = (&new.object.api_version, &new.object.key.kind);
            if !told.insert((&new.file.path, api_version, kind)) {
                continue;
            }
            let detail = format!("{api_version} {kind}: {missing}");
            let mut record = self.unchecked(Reason::NoSchema, &new.file.path, Side::Head, detail);
            record.object = change.key().cloned();
            if change.old.as_ref().is_some_and(|old| self::missing(self.base.crds, old).is_some()) {
                record.status = Status::Existing;
            }
            records.push(record);
        }
        records
    }
}

/// Why there is no schema for an object. None for a built-in kind, and for what is no object.
fn missing(crds: &Crds<'_>, located: &Located) -> Option<Missing> {
    let object = &located.object;
    let (api_version, kind) = (object.api_version.as_str(), object.key.kind.as_str());
    if api_version.is_empty() || kind.is_empty() {
        return None;
    }
    matches!(look_up(api_version, kind, MinorSet::ALL), Standing::Foreign).then(|| crds.of(object).err()).flatten()
}
