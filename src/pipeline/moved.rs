//! What a change does to objects beyond the files that it touches: where they move from and to, and what stands beside them.

use crate::change::{self, ObjectChange};
use crate::check::{Context, Draft, Review, Subject};
use crate::config::Cluster;
use crate::finding::{Operation, Reason, Severity, Unchecked};
use crate::git::GitError;
use crate::judge::Unit;
use crate::judge::redact::Redactor;
use crate::manifest::classify::Classifier;
use crate::rules::schema::IMMUTABLE_FIELD_CHANGED;
use crate::source::{RepoPath, Side};

use super::group::run_checks;
use super::read::Pair;
use super::twice::Known;
use super::{Run, RunError};

impl Run<'_> {
    /// Add what is said of objects and roots by looking at other files. Of those, no Secret is shown either. Where one is
    /// not in the clone, a record says so: what the change itself says is judged all the same.
    pub(super) fn beside(
        &self,
        units: &mut Vec<Unit<'_>>,
        pairs: &[Pair],
        head: &Classifier<'_>,
        context: &Context<'_>,
        redactor: &mut Redactor,
    ) -> Result<Option<Unchecked>, RunError> {
        let mut known = Known::default();
        let found = self.look_beside(units, pairs, &mut known, head, context);
        known.shown().for_each(|file| redactor.add(file));
        match found {
            Err(RunError::Git(error @ GitError::MissingObject { .. })) => Ok(Some(self.not_looked(&error))),
            Err(error) => Err(error),
            Ok(()) => Ok(None),
        }
    }

    fn look_beside(
        &self,
        units: &mut Vec<Unit<'_>>,
        pairs: &[Pair],
        known: &mut Known,
        head: &Classifier<'_>,
        context: &Context<'_>,
    ) -> Result<(), RunError> {
        for unit in units.iter_mut() {
            let Some(change) = unit.change else { continue };
            unit.new.extend(self.if_it_moved(change, context));
            unit.new.extend(self.defined_twice(change, known, head)?);
        }
        let told = self.of_roots(pairs, known, head)?;
        units.push(Unit { change: None, old_file: None, new_file: None, old: Vec::new(), new: told });
        Ok(())
    }

    fn not_looked(&self, error: &GitError) -> Unchecked {
        let path = match error {
            GitError::MissingObject { path, .. } => path.clone(),
            _ => RepoPath::from(""),
        };
        let detail = format!("whether other files define the same objects was not looked for: {error}");
        let mut record = self.unchecked(Reason::InventoryIncomplete, &path, Side::Head, detail);
        record.help = Some(error.help());
        record
    }

    /// Whether two files that are not known to be of one cluster are known to be of different ones.
    fn apart(&self, old: &RepoPath, new: &RepoPath) -> bool {
        let is_named = |path: &RepoPath| !self.config.clusters_of(path.as_str()).is_empty();
        let folder = change::named_cluster_folder;
        is_named(old) && is_named(new) || folder(old).zip(folder(new)).is_some_and(|(old, new)| old != new)
    }

    /// What the server would say of an object that the change creates, if it is the one that goes elsewhere: then it is an
    /// update.
    fn if_it_moved(&self, change: &ObjectChange, context: &Context<'_>) -> Vec<Draft> {
        let (Operation::Create, Some(new), Some(old)) = (change.operation, &change.new, &change.counterpart) else {
            return Vec::new();
        };
        let (from, to) = (&old.file.path, &new.file.path);
        let is_one = self.together(from, to);
        if !is_one && self.apart(from, to) {
            return Vec::new();
        }
        let review =
            Review { operation: Operation::Update, old: Some(&old.object), new: Some(&new.object), file: &new.file };
        let mut drafts = run_checks(context, Subject::Object(review));
        drafts.retain(|draft| draft.rule.as_str() == IMMUTABLE_FIELD_CHANGED.id);
        if !is_one {
            for draft in &mut drafts {
                draft.severity = draft.severity.min(Severity::Warning);
                draft.message = format!("if this is the object of {from}, it is refused: {}", draft.message);
                let help = "delete the old one in a change of its own, or keep what cannot be changed";
                draft.help = Some(help.to_owned());
            }
        }
        drafts
    }

    /// An object leaves the clusters of the config, and with them what holds there: its new file is in none.
    pub(super) fn left_its_clusters(&self, change: &ObjectChange) -> Option<Unchecked> {
        let (new, old) = (change.new.as_ref()?, change.counterpart.as_ref()?);
        let clusters = |path: &RepoPath| self.config.clusters_of(path.as_str());
        // Of a cluster that only has a name, nothing is lost.
        let asks = |cluster: &&Cluster| {
            !cluster.policies.is_empty()
                || !cluster.schemas.is_empty()
                || self.config.minors(Some(cluster)) != self.config.minors(None)
        };
        let before = clusters(&old.file.path).into_iter().filter(asks);
        let before: Vec<&str> = before.map(|cluster| cluster.name.as_str()).collect();
        if before.is_empty() || !clusters(&new.file.path).is_empty() {
            return None;
        }
        let detail = format!(
            "it was judged for {} ({}), and is in no cluster of the config now",
            before.join(", "),
            old.file.path
        );
        let mut record = self.unchecked(Reason::NoLongerJudged, &new.file.path, Side::Head, detail);
        record.object = change.key().cloned();
        record.help =
            Some("name its folder in the `paths` of a cluster of portcullis.yaml, in a change of its own".to_owned());
        Some(record)
    }

    /// SOPS may hide any value, and it is the change itself that says who decrypts. Secrets are what it is for.
    pub(super) fn encrypted_by_the_change(&self, change: &ObjectChange) -> Result<Option<Unchecked>, RunError> {
        let Some(new) = change.new.as_ref().filter(|new| new.object.encrypted && !new.object.is_secret()) else {
            return Ok(None);
        };
        if self.trusted.decrypts()? || !self.head.agents.decrypts()? {
            return Ok(None);
        }
        let detail = "values that SOPS encrypted, and only this change says that something decrypts them";
        let mut record = self.unchecked(Reason::UnknownValue, &new.file.path, Side::Head, detail);
        record.object = change.key().cloned();
        Ok(Some(record))
    }
}
