//! Stages 5 to 7 for one group of files: pair their objects, run the checks on both sides, judge.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use rayon::prelude::*;

use crate::change::{self, Located, ObjectChange};
use crate::check::{self, Check, Context, Draft, Review, Subject};
use crate::config::comment;
use crate::finding::{Operation, Reason, Status, Unchecked};
use crate::git::{FileChange, Tree};
use crate::judge::redact::Redactor;
use crate::judge::{Comments, Judge, Unit};
use crate::manifest::classify::Classifier;
use crate::manifest::file::ManifestFile;
use crate::manifest::sops::{self, SopsRules};
use crate::policy::check::{Policies, drop_superseded};
use crate::rules::object::identity::IDENTITY;
use crate::rules::{self, gate};
use crate::source::{RepoPath, Side};

use super::coverage::Gone;
use super::read::{Pair, Reading};
use super::{Part, Run, RunError};

/// The suppression that a draft speaks of was refused, which a finding tells.
fn is_refused(part: &Part, draft: &Draft) -> bool {
    let line = draft.source.position(draft.span.start).line;
    let refused = part.findings.iter().filter(|finding| finding.rule.as_str() == gate::SUPPRESSION_REFUSED.id);
    refused
        .filter_map(|finding| finding.places.first())
        .any(|place| place.location.path == draft.source.path && place.location.start.line == line)
}

impl Run<'_> {
    /// Judge a group of changed files.
    pub(super) fn group(&self, changes: &[FileChange]) -> Result<Part, RunError> {
        let base = self.classifier(&self.base, Side::Base);
        let head = self.classifier(&self.head, Side::Head);
        let (mut pairs, mut changes) = self.paired(changes, &base, &head)?;

        let mut part = Part::default();
        let gone = Gone::new(&changes);
        for pair in &pairs {
            self.coverage(pair, &gone, &head, &mut part.unchecked)?;
        }
        let touched = pairs.len();
        let (dependents, unchanged) = self.dependents(&pairs, &changes, &base, &head)?;
        pairs.extend(dependents);
        changes.extend(unchanged);
        let (mut judge, problems) = self.judge_of(&pairs, &changes);
        let secrets = [(Side::Base, &pairs), (Side::Head, &pairs)].map(|(side, pairs)| self.sops_rules(side, pairs));
        let [old_sops, new_sops] = &secrets;
        let (config, today) = (self.config, self.today);
        let old_context = Context {
            config,
            today,
            sops: old_sops,
            agents: self.base.agents,
            policies: Policies { set: self.policies, state: self.base.state },
            crds: self.base.crds,
            crds_before: self.base.crds,
        };
        let new_context = Context {
            sops: new_sops,
            agents: self.head.agents,
            policies: Policies { set: self.policies, state: self.head.state },
            crds: self.head.crds,
            ..old_context
        };

        let moved: HashMap<&RepoPath, &Arc<ManifestFile>> = changes
            .iter()
            .filter(|change| change.moved_from.is_some())
            .filter_map(|change| Some((&change.new.as_ref()?.file.path, &change.old.as_ref()?.file)))
            .collect();
        let gone: BTreeSet<&RepoPath> = moved.values().map(|file| &file.path).collect();
        let mut units: Vec<Unit<'_>> = Vec::new();
        for pair in pairs.iter().take(touched) {
            let new = pair.new.file();
            let old = pair.old.file().or_else(|| moved.get(&new?.path).copied());
            // What a file that moved took along is compared at its new place; what became of one that is no longer
            // judged is not known.
            let is_gone = matches!(pair.new, Reading::Nothing) && old.is_some_and(|old| !gone.contains(&old.path));
            if new.is_none() && !is_gone {
                continue;
            }
            units.push(Unit {
                change: None,
                old_file: old.map(|file| &**file),
                new_file: new.map(|file| &**file),
                old: old.map(|file| run_checks(&old_context, Subject::File(file))).unwrap_or_default(),
                new: new.map(|file| run_checks(&new_context, Subject::File(file))).unwrap_or_default(),
            });
        }
        let is_judged = |change: &&ObjectChange| change.operation == Operation::Unchanged || !change.equal_in_value();
        let judged: Vec<&ObjectChange> = changes.iter().filter(is_judged).collect();
        units.par_extend(judged.par_iter().map(|change| {
            let old = Review::of_base(change);
            Unit {
                change: Some(change),
                old_file: None,
                new_file: None,
                old: old.map(|review| run_checks(&old_context, Subject::Object(review))).unwrap_or_default(),
                new: Review::of_head(change).map(|r| run_checks(&new_context, Subject::Object(r))).unwrap_or_default(),
            }
        }));
        let touched = pairs.get(..touched).unwrap_or(&pairs);
        part.unchecked.extend(self.beside(&mut units, touched, &head, &new_context, &mut judge.redactor)?);
        self.hide_gathered(&mut judge);
        part.unchecked.extend(judged.iter().filter_map(|change| self.unknown_identity(change)));
        for change in &judged {
            part.unchecked.extend(self.encrypted_by_the_change(change)?);
            part.unchecked.extend(self.left_its_clusters(change));
        }
        part.unchecked.extend(self.without_schema(&judged));
        for unit in &mut units {
            self.not_judged(unit, &mut part.unchecked);
            self.absences(unit, &mut part.unchecked);
        }
        let judge_all = |units: Vec<Unit<'_>>, part: &mut Part| {
            let judged: Vec<_> = units.par_iter().map(|unit| judge.findings(unit)).collect();
            for (findings, notices) in judged {
                part.findings.extend(findings);
                part.notices.extend(notices);
            }
        };
        judge_all(units, &mut part);
        // A suppression that was refused is told once.
        let new = problems.into_iter().filter(|draft| !is_refused(&part, draft)).collect();
        judge_all(vec![Unit { change: None, old_file: None, new_file: None, old: Vec::new(), new }], &mut part);
        self.count(&mut part, &pairs, &judged, changes.len());
        Ok(part)
    }

    /// Both sides of changed files, and what happens to their objects.
    pub(super) fn paired(
        &self,
        changes: &[FileChange],
        base: &Classifier<'_>,
        head: &Classifier<'_>,
    ) -> Result<(Vec<Pair>, Vec<ObjectChange>), RunError> {
        let changes: Vec<FileChange> = changes.iter().flat_map(|change| self.parted(change)).collect();
        // Whoever takes a new file is looked for in the whole tree: before the change, too, is in memory. What goes wrong
        // is told where the answer counts.
        if !self.audit && changes.iter().any(|change| change.old.is_none()) {
            let _ = self.head.agents.look();
        }
        let mut pairs: Vec<Pair> =
            changes.par_iter().map(|change| self.read(change, base, head)).collect::<Result<_, _>>()?;
        if !self.audit {
            pairs.extend(self.reclassified(&pairs, base, head)?);
        }
        let objects = |side: fn(&Pair) -> &Reading| -> Vec<Located> {
            let files = pairs.iter().filter_map(|pair| side(pair).file());
            files
                .flat_map(|file| {
                    file.objects.iter().map(|object| Located { object: Arc::clone(object), file: Arc::clone(file) })
                })
                .collect()
        };
        let together = |old: &RepoPath, new: &RepoPath| self.together(old, new);
        let changes = change::pair(objects(|pair| &pair.old), objects(|pair| &pair.new), &together);
        Ok((pairs, changes))
    }

    pub(super) fn classifier<'s>(&'s self, side: &'s super::Side<'_>, which: Side) -> Classifier<'s> {
        Classifier::new(side.agents, self.trusted, &self.config.substitution, which)
    }

    /// What the object is called is not known before something replaces it: the rules about its identity hold back.
    fn unknown_identity(&self, change: &ObjectChange) -> Option<Unchecked> {
        let unknown = |located: &Located, path: &[&str]| {
            let object = &located.object;
            object.value().path(path).and_then(|value| object.unknown(value))
        };
        let new = change.new.as_ref()?;
        let found: Vec<(&str, &[&str], &str)> =
            IDENTITY.iter().filter_map(|(at, path)| Some((*at, *path, unknown(new, path)?))).collect();
        let (_, _, why) = found.first()?;
        let pointers: Vec<&str> = found.iter().map(|(at, ..)| *at).collect();
        let detail = format!("{}: {why}", pointers.join(", "));
        let mut record = self.unchecked(Reason::UnknownValue, &new.file.path, Side::Head, detail);
        record.object = change.key().cloned();
        let before = |path: &[&str]| change.old.as_ref().is_some_and(|old| unknown(old, path).is_some());
        if found.iter().all(|(_, path, _)| before(path)) {
            record.status = Status::Existing;
        }
        Some(record)
    }

    /// A file that moved without an edit is one file only within a root or cluster; else one goes and another comes.
    fn parted(&self, change: &FileChange) -> Vec<FileChange> {
        let apart = change.moved_from.as_ref().filter(|from| !self.together(from, &change.path));
        let Some(from) = apart else { return vec![change.clone()] };
        vec![
            FileChange { path: from.clone(), old: change.old.clone(), new: None, moved_from: None },
            FileChange { path: change.path.clone(), old: None, new: change.new.clone(), moved_from: None },
        ]
    }

    /// The two files, the old one of the base and the new one of the head, lie in one root or one cluster.
    pub(super) fn together(&self, old: &RepoPath, new: &RepoPath) -> bool {
        let names = |path: &RepoPath| -> BTreeSet<&str> {
            self.config.clusters_of(path.as_str()).iter().map(|cluster| cluster.name.as_str()).collect()
        };
        let (before, after) = (names(old), names(new));
        if !before.is_empty() || !after.is_empty() {
            return before.intersection(&after).next().is_some();
        }
        // A root that cannot be found out joins nothing.
        let roots = |side: &super::Side<'_>, path: &RepoPath| {
            side.inventory.roots_of(path.as_str()).map(|roots| roots.tops).unwrap_or_default()
        };
        let (before, after) = (roots(&self.base, old), roots(&self.head, new));
        // The same Kustomizations of Flux deploy both, be it from another path.
        let follows = || {
            let over = |side: &super::Side<'_>, path: &RepoPath| {
                let over = side.agents.flux_over(path).unwrap_or_default().into_iter();
                over.map(|(file, name)| (file.clone(), name.to_owned())).collect::<BTreeSet<_>>()
            };
            let (before, after) = (over(&self.base, old), over(&self.head, new));
            !before.is_empty() && before == after
        };
        if !before.is_empty() && !after.is_empty() {
            let joined = || self.trusted.flux_joins(old, new).unwrap_or(false);
            return before.iter().any(|root| after.contains(root)) || joined() || follows();
        }
        change::cluster_folder(old) == change::cluster_folder(new) || follows()
    }

    /// What policies read of other objects they may quote.
    pub(super) fn hide_gathered(&self, judge: &mut Judge<'_>) {
        for texts in [self.base.secrets, self.head.secrets].into_iter().filter_map(|secrets| secrets.get()) {
            judge.redactor.hide(texts);
        }
    }

    /// What the checks say of an object that they did not judge is a record, not a finding.
    fn not_judged(&self, unit: &mut Unit<'_>, unchecked: &mut Vec<Unchecked>) {
        let take = |drafts: &mut Vec<Draft>| -> Vec<Draft> {
            if drafts.iter().all(|draft| draft.not_judged.is_none()) {
                return Vec::new();
            }
            let (taken, rest) = std::mem::take(drafts).into_iter().partition(|draft| draft.not_judged.is_some());
            *drafts = rest;
            taken
        };
        let before = take(&mut unit.old);
        for draft in take(&mut unit.new) {
            let Some(reason) = draft.not_judged else { continue };
            let mut record = self.unchecked(reason, &draft.source.path, Side::Head, draft.message.clone());
            record.object = unit.change.and_then(ObjectChange::key).cloned();
            // A policy that could not judge the old object either excuses nothing: of what the change makes of it, nothing
            // was judged.
            let is_excused =
                reason != Reason::PolicyNotEvaluated || unit.change.is_none_or(ObjectChange::equal_in_value);
            if is_excused && before.iter().any(|old| old.not_judged == Some(reason) && old.message == draft.message) {
                record.status = Status::Existing;
            }
            unchecked.push(record);
        }
    }

    /// What is merely absent from an object that a kustomization takes may come from an overlay: not a finding, but not
    /// judged either.
    fn absences(&self, unit: &mut Unit<'_>, unchecked: &mut Vec<Unchecked>) {
        let Some(change) = unit.change else { return };
        let taken = |side: &Option<Located>| side.as_ref().is_some_and(|located| located.file.role.read_by_kustomize());
        let mut before = Vec::new();
        if taken(&change.old) {
            before.extend(unit.old.extract_if(.., |draft| draft.absent).map(|draft| (draft.rule, draft.pointer)));
        }
        if !taken(&change.new) {
            return;
        }
        let (absent, present): (Vec<Draft>, Vec<Draft>) =
            std::mem::take(&mut unit.new).into_iter().partition(|d| d.absent);
        unit.new = present;
        unchecked.extend(absent.into_iter().map(|draft| {
            let detail = format!("{}: an overlay may add it", draft.message);
            let mut record = self.unchecked(Reason::NotRendered, &draft.source.path, Side::Head, detail);
            record.object = change.key().cloned();
            if before.contains(&(draft.rule, draft.pointer)) {
                record.status = Status::Existing;
            }
            record
        }));
    }

    /// What judging this group needs, and what the head's comments say that cannot be understood.
    pub(super) fn judge_of(&self, pairs: &[Pair], changes: &[ObjectChange]) -> (Judge<'_>, Vec<Draft>) {
        let mut redactor = Redactor::default();
        let mut comments = HashMap::new();
        let mut problems = Vec::new();
        for pair in pairs {
            for file in [&pair.old, &pair.new].into_iter().filter_map(Reading::file) {
                redactor.add(file);
            }
            let Some(new) = pair.new.file() else { continue };
            let (said, wrong) = comments_of(new);
            problems.extend(wrong);
            let (trusted, added) = if self.audit || self.trust.is_none() {
                (said, Vec::new())
            } else {
                comment::split_added(said, &pair.old.file().map(|old| comments_of(old).0).unwrap_or_default())
            };
            for comment in &added {
                let span = new.source.line_span(comment.line).unwrap_or_default();
                let message = "the change adds a suppression";
                problems.push(
                    Draft::new(&gate::SUPPRESSION_ADDED, &new.source, span, message).detail(comment.anchor.clone()),
                );
            }
            if !trusted.is_empty() || !added.is_empty() {
                comments.insert(new.path.clone(), Comments { trusted, added });
            }
        }
        let operations = changes.iter().filter_map(|change| {
            let located = change.new.as_ref().or(change.old.as_ref())?;
            let operation = if change.equal_in_value() { Operation::Unchanged } else { change.operation };
            Some(((located.file.path.clone(), located.object.key.clone()), operation))
        });
        let judge = Judge {
            config: self.config,
            suppressions: self.suppressions,
            comments,
            redactor,
            operations: operations.collect(),
            today: self.today,
        };
        (judge, problems)
    }

    /// The creation rules of the `.sops.yaml` files above every Secret: the trust commit's, else the side's own.
    fn sops_rules(&self, side: Side, pairs: &[Pair]) -> SopsRules {
        let own = if side == Side::Base { self.base.tree } else { self.head.tree };
        let mut folders = BTreeSet::new();
        for pair in pairs {
            let reading = if side == Side::Base { &pair.old } else { &pair.new };
            let Some(file) = reading.file().filter(|file| file.objects.iter().any(|object| object.is_secret())) else {
                continue;
            };
            let mut folder = file.path.folder();
            while folders.insert(folder) && !folder.is_empty() {
                folder = folder.rsplit_once('/').map_or("", |(parent, _)| parent);
            }
        }
        let mut rules = SopsRules::default();
        for folder in folders {
            let path =
                if folder.is_empty() { sops::FILE_NAME.to_owned() } else { format!("{folder}/{}", sops::FILE_NAME) };
            let read = |tree: &Tree| match tree.read(&tree.entry(&path).ok()??).ok()? {
                crate::git::Content::Bytes(bytes) => Some(bytes),
                crate::git::Content::NotJudged(..) => None,
            };
            if let Some(bytes) = self.trust.and_then(read).or_else(|| read(own)) {
                rules.add(&path.as_str().into(), &bytes);
            }
        }
        rules
    }

    fn count(&self, part: &mut Part, pairs: &[Pair], judged: &[&ObjectChange], all: usize) {
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let counts = &mut part.counts;
        counts.files_read = number(pairs.iter().filter(|pair| pair.new.file().or(pair.old.file()).is_some()).count());
        counts.files_excluded = number(
            pairs
                .iter()
                .filter(|pair| matches!((&pair.old, &pair.new), (_, Reading::Excluded(_)) | (Reading::Excluded(_), _)))
                .count(),
        );
        counts.objects_judged = number(judged.len());
        counts.objects_unchanged = number(all - judged.len());
        let of = |operation| number(judged.iter().filter(|change| change.operation == operation).count());
        counts.created = of(Operation::Create);
        counts.updated = of(Operation::Update);
        counts.deleted = of(Operation::Delete);
        for pair in pairs {
            for path in [pair.change.old.as_ref(), pair.change.new.as_ref()].into_iter().flatten() {
                part.clusters
                    .extend(self.config.clusters_of(path.path.as_str()).iter().map(|cluster| cluster.name.clone()));
            }
        }
        self.progress.done.fetch_add(number(pairs.len()), std::sync::atomic::Ordering::Relaxed);
    }
}

pub(super) fn run_checks(context: &Context<'_>, subject: Subject<'_>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    let is_unchanged = matches!(subject, Subject::Object(review) if review.operation == Operation::Unchanged);
    for one in rules::CHECKS.iter().filter(|one| !is_unchanged || one.looks_around()) {
        let first = drafts.len();
        Check::check(*one, context, subject, &mut drafts);
        if check::is_enough(&drafts, first)
            && let Some(last) = drafts.get_mut(first + check::ENOUGH - 1)
        {
            last.message = format!("{} (and more like this in the file)", last.message);
            last.cut = true;
            drafts.truncate(first + check::ENOUGH);
        }
    }
    drop_superseded(context.policies.set, &mut drafts);
    drafts
}

/// A file's suppression comments, and drafts about those that cannot be understood.
fn comments_of(file: &Arc<ManifestFile>) -> (Vec<comment::Comment>, Vec<Draft>) {
    if memchr::memmem::find(file.source.text.as_bytes(), b"portcullis:").is_none() {
        return (Vec::new(), Vec::new());
    }
    let mut scalars: Vec<_> = file.documents.iter().flat_map(|document| document.quoted_scalars()).collect();
    scalars.sort_unstable();
    let (comments, problems) = comment::parse(&file.source, &scalars);
    let drafts = problems.into_iter().map(|problem| {
        Draft::new(&gate::SUPPRESSION_INVALID, &file.source, problem.span, problem.message).help(problem.help)
    });
    (comments, drafts.collect())
}
