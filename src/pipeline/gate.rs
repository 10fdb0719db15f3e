//! What the change does to the gate itself: its config, and the CI files that run it.

use std::sync::Arc;

use crate::check::Draft;
use crate::config::{self, ConfigError, weaken};
use crate::git::{Content, FileChange, Tree, TreeEntry};
use crate::judge::Unit;
use crate::policy::engine::Fault;
use crate::policy::set::PolicySet;
use crate::report::Notice;
use crate::rules::gate;
use crate::schema::crd::sources;
use crate::source::{Position, Side, Source, Span};

use super::trust::{Rules, notice};
use super::{Part, Run, RunError, policies};

impl Run<'_> {
    /// Findings about the head's config and about CI files.
    pub(super) fn gate(
        &self,
        rules: &Rules,
        proposed: Option<&PolicySet>,
        changes: &[FileChange],
    ) -> Result<Part, RunError> {
        let mut drafts = Vec::new();
        self.config_drafts(rules, &mut drafts)?;
        for change in changes.iter().filter(|change| gate::is_workflow(&change.path) && !self.audit) {
            let old = source(self.base.tree, change.old.as_ref(), Side::Base)?;
            let new = source(self.head.tree, change.new.as_ref(), Side::Head)?;
            drafts.extend(old.map(|old| gate::weakened_workflow(&old, new.as_ref())).unwrap_or_default());
        }
        drafts.extend(proposed.map(|set| self.policy_drafts(set)).transpose()?.unwrap_or_default());
        for change in changes.iter().filter(|_| !self.audit) {
            drafts.extend(self.broken_json_schema(rules, change)?);
        }
        Ok(self.gate_part(drafts))
    }

    /// Findings about the gate.
    pub(super) fn gate_part(&self, drafts: Vec<Draft>) -> Part {
        let (judge, _) = self.judge_of(&[], &[]);
        let (findings, notices) =
            judge.findings(&Unit { change: None, old_file: None, new_file: None, old: Vec::new(), new: drafts });
        Part { findings, notices, ..Part::default() }
    }

    /// A JSON Schema that the head breaks: once it is merged, every change that needs it would be Indeterminate.
    fn broken_json_schema(&self, rules: &Rules, change: &FileChange) -> Result<Option<Draft>, RunError> {
        let config = rules.head.as_ref().unwrap_or(self.config);
        let broken = |tree: &Tree| sources::broken_json_schema(config, tree, &change.path);
        let Some(why) = change.new.as_ref().and_then(|_| broken(self.head.tree)) else { return Ok(None) };
        if change.old.is_some() && broken(self.base.tree).is_some() {
            return Ok(None);
        }
        let Some(source) = source(self.head.tree, change.new.as_ref(), Side::Head)? else { return Ok(None) };
        let message = format!("schemas: the JSON Schema {} cannot be used: {why}", change.path);
        let span = source.line_span(1).unwrap_or_default();
        Ok(Some(Draft::new(&gate::CONFIG_INVALID, &source, span, message).detail("schema")))
    }

    /// The schemas that the head's config names and the head, by its own doing, does not have.
    fn lost_schemas(&self, rules: &Rules) -> Vec<ConfigError> {
        if self.trust.is_none() || self.audit || rules.from_head {
            return Vec::new();
        }
        let before = sources::unusable(self.config, self.base.tree);
        let after = sources::unusable(rules.head.as_ref().unwrap_or(self.config), self.head.tree);
        let is_new = |path: &str| before.iter().all(|(known, _)| *known != path);
        after.into_iter().filter(|(path, _)| is_new(path)).map(|(_, error)| error).collect()
    }

    /// The head's own policies, where those may differ from the ones that count.
    pub(super) fn proposed(&self, rules: &Rules) -> Option<PolicySet> {
        if self.trust.is_none() || self.audit || rules.from_head || rules.removed || rules.head_errors.is_some() {
            return None;
        }
        let head = rules.head.as_ref().unwrap_or(self.config);
        let differ = rules.head.is_some() || policies::differ(head, self.base.place(), self.head.place());
        differ.then(|| policies::of(head, self.head.place(), &[]))
    }

    /// The change edits policies, which do not count for it.
    pub(super) fn changed_policies(&self, proposed: &PolicySet) -> Option<Notice> {
        let text = "the change edits policies; it is judged by those of the target branch";
        (proposed.digest() != self.policies.digest()).then(|| notice(policies::POLICIES_CHANGED, text))
    }

    /// What the head breaks of the policies.
    fn policy_drafts(&self, set: &PolicySet) -> Result<Vec<Draft>, RunError> {
        let mut drafts = Vec::new();
        if let Some(source) = source(self.head.tree, self.head.tree.entry(config::FILE_NAME)?.as_ref(), Side::Head)? {
            let is_known =
                |error: &ConfigError| self.policies.mistakes.iter().any(|known| known.message == error.message);
            drafts.extend(set.mistakes.iter().filter(|error| !is_known(error)).map(|error| invalid(&source, error)));
        }
        drafts.extend(self.milder(set)?);
        for fault in set.faults.iter().filter(|fault| !self.policies.faults.contains(fault)) {
            drafts.extend(self.policy_draft(fault)?);
        }
        Ok(drafts)
    }

    /// The policies in use whose file is gone, or that do less by what they say of themselves.
    fn milder(&self, set: &PolicySet) -> Result<Vec<Draft>, RunError> {
        let mut drafts = Vec::new();
        for policy in self.policies.policies.iter().filter(|policy| !policy.is_bundled) {
            // One that the caller gives lies outside of both trees.
            let Some(entry) = self.base.tree.entry(&policy.path)? else { continue };
            let after = set.policies.iter().find(|other| other.id == policy.id);
            let head = self.head.tree.entry(&policy.path)?;
            let (message, entry, side) = match (after, head) {
                (None, None) => (format!("the policy {} is removed", policy.id), entry, Side::Base),
                (Some(other), Some(head)) if other.metadata.strength() < policy.metadata.strength() => {
                    let message = format!("the policy {} is milder by its METADATA", policy.id);
                    (message, head, Side::Head)
                }
                _ => continue,
            };
            let tree = if side == Side::Base { self.base.tree } else { self.head.tree };
            if let Some(source) = source(tree, Some(&entry), side)? {
                let span = source.line_span(policy.metadata.line.max(1)).unwrap_or_default();
                drafts.push(Draft::new(&gate::POLICY_WEAKENED, &source, span, message).detail(&*policy.id));
            }
        }
        Ok(drafts)
    }

    /// What is wrong with a policy of the head, as a finding. None where the head has no such file.
    pub(super) fn policy_draft(&self, fault: &Fault) -> Result<Option<Draft>, RunError> {
        let entry = self.head.tree.entry(&fault.path)?;
        let Some(source) = source(self.head.tree, entry.as_ref(), Side::Head)? else { return Ok(None) };
        let at = Position { line: fault.line.max(1), column: fault.column.max(1) };
        let mut draft = Draft::new(&gate::POLICY_INVALID, &source, span_of(&source, at, at), &*fault.message);
        draft.help.clone_from(&fault.help);
        Ok(Some(draft.detail(&*fault.message)))
    }

    fn config_drafts(&self, rules: &Rules, drafts: &mut Vec<Draft>) -> Result<(), RunError> {
        if rules.removed && self.trust.is_some() && !self.audit {
            let entry = self.trust.map_or(Ok(None), |tree| tree.entry(config::FILE_NAME))?;
            if let Some(source) = source(self.base.tree, entry.as_ref(), Side::Base)? {
                let message = "portcullis.yaml is removed: every later change would be judged by the defaults";
                let span = source.line_span(1).unwrap_or_default();
                drafts.push(Draft::new(&gate::CONFIG_WEAKENED, &source, span, message).detail("removed"));
            }
            return Ok(());
        }
        let entry = self.head.tree.entry(config::FILE_NAME)?;
        let Some(source) = source(self.head.tree, entry.as_ref(), Side::Head)? else { return Ok(()) };
        let lost = self.lost_schemas(rules);
        if let Some(errors) = rules.head_errors.as_ref().map(|errors| &errors.errors).or(Some(&lost)) {
            drafts.extend(errors.iter().map(|error| invalid(&source, error)));
        }
        if let Some(head) = &rules.head {
            for weakening in weaken::weakenings(self.config, Some(head)) {
                let span = span_of(&source, weakening.position, weakening.position);
                let draft = Draft::new(&gate::CONFIG_WEAKENED, &source, span, weakening.message.clone());
                drafts.push(draft.detail(weakening.message));
            }
        }
        Ok(())
    }
}

/// A mistake of the head's config.
fn invalid(source: &Arc<Source>, error: &ConfigError) -> Draft {
    let span = span_of(source, error.position, error.end);
    let mut draft = Draft::new(&gate::CONFIG_INVALID, source, span, error.message.clone());
    draft.help.clone_from(&error.help);
    draft.detail(error.message.clone())
}

/// From one position to another, or to the end of the line where they are one.
fn span_of(source: &Source, start: Position, end: Position) -> Span {
    let offset = |position: Position| {
        let line = source.line_span(position.line)?;
        let text = source.line(position.line)?;
        let column = position.column.saturating_sub(1) as usize;
        let bytes = text.char_indices().nth(column).map_or(text.len(), |(at, _)| at);
        Some((Span::new(line.range().start + bytes, line.range().start + bytes).start, line.end))
    };
    let Some((from, line_end)) = offset(start) else { return Span::default() };
    let to = if end > start { offset(end).map_or(line_end, |(to, _)| to) } else { line_end };
    Span { start: from, end: to.max(from) }
}

fn source(tree: &Tree, entry: Option<&TreeEntry>, side: Side) -> Result<Option<Arc<Source>>, RunError> {
    let Some(entry) = entry else { return Ok(None) };
    Ok(match tree.read(entry)? {
        Content::Bytes(bytes) => {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            Some(Arc::new(Source::new(entry.path.clone(), side, text, false)))
        }
        Content::NotJudged(..) => None,
    })
}
