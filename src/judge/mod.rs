//! Stage 7: both sides' drafts, the config and the suppressions → a decided, redacted [`Report`](crate::report::Report).

mod decide;
mod fingerprint;
pub mod redact;
mod status;

use std::collections::HashMap;
use std::sync::Arc;

use jiff::civil::Date;

use crate::change::ObjectChange;
use crate::check::Draft;
use crate::config::comment::Comment;
use crate::config::suppress::{FindingFacts, Match, Suppressions};
use crate::config::{Cluster, Config, Kubernetes};
use crate::finding::{
    Authority, Finding, Fix, Operation, Place, Related, Severity, Status, SuppressionKind, SuppressionUse,
};
use crate::manifest::file::ManifestFile;
use crate::manifest::key::ObjectKey;
use crate::report::Notice;
use crate::rules::gate;
use crate::schema::minors::MinorSet;
use crate::source::RepoPath;
use crate::yaml::{Value, pointer};

pub use decide::{Outcome, decide};
pub(crate) use fingerprint::digest;
use redact::Redactor;

/// What one subject's checks said on both sides.
#[derive(Debug)]
pub struct Unit<'a> {
    /// The object, for checks of objects; none for checks of files.
    pub change: Option<&'a ObjectChange>,
    /// The base's file.
    pub old_file: Option<&'a ManifestFile>,
    /// The head's file.
    pub new_file: Option<&'a ManifestFile>,
    /// The base's drafts, made under the head's operation.
    pub old: Vec<Draft>,
    /// The head's drafts.
    pub new: Vec<Draft>,
}

/// The comments of one head file that suppress something.
#[derive(Debug, Default)]
pub struct Comments {
    /// Those that the trust commit has too.
    pub trusted: Vec<Comment>,
    /// Those that the head adds.
    pub added: Vec<Comment>,
}

/// What every judgement needs.
pub struct Judge<'a> {
    /// The trust commit's config.
    pub config: &'a Config,
    /// Its suppressions and the head's.
    pub suppressions: &'a Suppressions<'a>,
    /// Comments by head file.
    pub comments: HashMap<RepoPath, Comments>,
    /// What must not be shown.
    pub redactor: Redactor,
    /// What the merge does, by file and object, for findings about files.
    pub operations: HashMap<(RepoPath, ObjectKey), Operation>,
    /// The day of the run.
    pub today: Date,
}

impl Judge<'_> {
    /// The findings of one unit, and notices about the suppressions that covered them.
    #[must_use]
    pub fn findings(&self, unit: &Unit<'_>) -> (Vec<Finding>, Vec<Notice>) {
        let (mut findings, mut notices) = (Vec::new(), Vec::new());
        let marked = status::compare(unit);
        for (status, draft) in marked {
            let Some(severity) = self.config.level(draft.rule.as_str(), draft.severity) else { continue };
            self.judge(unit, draft, severity, status, &mut findings, &mut notices);
        }
        (findings, notices)
    }

    fn judge(
        &self,
        unit: &Unit<'_>,
        mut draft: Draft,
        severity: Severity,
        status: Status,
        findings: &mut Vec<Finding>,
        notices: &mut Vec<Notice>,
    ) {
        let spot = Spot::of(unit, &draft, status, &self.operations);
        self.redactor.clean(&mut draft);
        let path = draft.source.path.clone();
        let stable = spot.root.map_or_else(|| spot.pointer.clone(), |root| pointer::stable(root, &spot.pointer));
        let fingerprint =
            fingerprint::of(path.as_str(), draft.rule.as_str(), spot.object.as_ref(), &stable, &draft.detail);
        let lines = Self::lines(&draft, &spot);
        let comments = self.comments.get(&path).filter(|_| status != Status::Fixed);
        let (trusted, added) =
            comments.map_or((&[][..], &[][..]), |comments| (&comments.trusted[..], &comments.added[..]));
        let location = self.redactor.location(&draft.source, draft.span);
        let mut places = Vec::new();
        let mut refused = None;
        let clusters = self.config.clusters_of(path.as_str());
        let profiles: Vec<Option<&Cluster>> =
            if clusters.is_empty() { vec![None] } else { clusters.into_iter().map(Some).collect() };
        for profile in profiles {
            let cluster = profile.map(|cluster| cluster.name.as_str());
            let is_for = |names: &Arc<[String]>| cluster.is_none_or(|name| names.iter().any(|of| of == name));
            if !draft.clusters.as_ref().is_none_or(is_for) {
                continue;
            }
            let minors = minors(draft.minors, self.config.minors(profile));
            if minors.is_some_and(MinorSet::is_empty) {
                continue;
            }
            let facts = FindingFacts {
                rule: draft.rule.as_str(),
                advice: draft.authority == Authority::Advice,
                path: path.as_str(),
                object: spot.object.as_ref(),
                cluster,
                pointer: &spot.pointer,
                fingerprint: &fingerprint.0,
                lines: &lines,
            };
            let matched = if status == Status::Fixed {
                Match::None
            } else {
                self.suppressions.find(&facts, trusted, added, self.today)
            };
            let suppression = match matched {
                Match::None => draft.excepted.clone().filter(|_| status != Status::Fixed),
                Match::Active { by, ends_in } => {
                    notices.extend(ends_in.map(|days| expiring(&by, days)));
                    Some(by)
                }
                Match::Expired(by) => {
                    let until = by.until.clone().unwrap_or_default();
                    let text = format!("the suppression at {} ended on {until}: {} counts again", by.at, draft.rule);
                    notices.push(Notice { id: "suppression-expired".to_owned(), text });
                    None
                }
                Match::Refused { by, propose } => {
                    refused = Some((by, propose));
                    None
                }
            };
            places.push(Place {
                location: location.clone(),
                root: None,
                cluster: cluster.map(str::to_owned),
                minors: minors.into_iter().flat_map(MinorSet::minors).map(|minor| minor.to_string()).collect(),
                status,
                suppression,
            });
        }
        let related = draft.related.iter().map(|(message, source, span)| Related {
            message: message.clone(),
            location: self.redactor.location(source, *span),
        });
        if let Some((by, propose)) = refused {
            findings.extend(self.refusal(&draft, &spot, &by, &propose));
        }
        findings.push(Finding {
            rule: draft.rule,
            severity,
            authority: draft.authority,
            basis: draft.basis,
            operation: spot.operation,
            pointer: spot.pointer,
            detail: draft.detail,
            message: draft.message,
            help: draft.help,
            fix: draft.fix.filter(|_| draft.source.verbatim && status != Status::Fixed).map(|fix| Fix {
                title: fix.title,
                start: draft.source.position(fix.span.start),
                end: draft.source.position(fix.span.end),
                replacement: fix.replacement,
            }),
            related: related.collect(),
            object: spot.object,
            fingerprint,
            deciding: false,
            places,
        });
    }

    /// The line of the draft, then those of the keys and list items that hold it, the document's root left out.
    fn lines(draft: &Draft, spot: &Spot<'_>) -> Vec<u32> {
        let mut lines = vec![draft.source.position(draft.span.start).line];
        let Some(root) = spot.root else { return lines };
        let mut pointer = spot.pointer.as_str();
        while !pointer.is_empty() {
            let found = pointer::find(root, pointer);
            let origin = found.key.unwrap_or_else(|| found.value.origin());
            if let Some(span) = pointer::span_of(root.document(), origin).filter(|_| found.exact) {
                lines.push(draft.source.position(span.start).line);
            }
            pointer = pointer.rsplit_once('/').map_or("", |(parent, _)| parent);
        }
        lines
    }

    /// The finding that tells of a suppression which the head may not add for itself.
    fn refusal(&self, draft: &Draft, spot: &Spot<'_>, by: &SuppressionUse, propose: &str) -> Option<Finding> {
        let rule = &gate::SUPPRESSION_REFUSED;
        let severity = self.config.level(rule.id, rule.severity)?;
        let detail = draft.rule.to_string();
        let line = by.at.rsplit_once(':').and_then(|(_, line)| line.parse().ok());
        let in_source =
            line.filter(|_| by.kind == SuppressionKind::InSource).and_then(|line| draft.source.line_span(line));
        let fingerprint =
            fingerprint::of(draft.source.path.as_str(), rule.id, spot.object.as_ref(), &spot.pointer, &detail);
        let place = Place {
            location: self.redactor.location(&draft.source, in_source.unwrap_or(draft.span)),
            root: None,
            cluster: None,
            minors: Vec::new(),
            status: Status::New,
            suppression: None,
        };
        let mut help = String::from("propose the entry for the target branch's portcullis.yaml, under suppressions:\n");
        help.push_str(propose);
        Some(Finding {
            rule: crate::finding::RuleId::new(rule.id),
            severity,
            authority: rule.by.authority(),
            basis: crate::finding::Basis(rule.basis.into()),
            object: spot.object.clone(),
            operation: spot.operation,
            pointer: spot.pointer.clone(),
            message: format!("the change suppresses {detail} for itself, at {}; that does not count", by.at),
            detail,
            help: Some(help),
            fix: None,
            fingerprint,
            deciding: false,
            places: vec![place],
            related: Vec::new(),
        })
    }
}

/// The minors of a cluster for which a draft holds; none where it does not depend on one.
fn minors(of: MinorSet, profile: &Kubernetes) -> Option<MinorSet> {
    let judged: MinorSet = profile.current.iter().copied().chain(profile.next).collect();
    (of != MinorSet::ALL).then(|| of.within(judged))
}

fn expiring(by: &SuppressionUse, days: i32) -> Notice {
    let owner = by.owner.as_ref().map(|owner| format!(" ({owner})")).unwrap_or_default();
    let when = match days {
        0 => "today".to_owned(),
        1 => "tomorrow".to_owned(),
        days => format!("in {days} days"),
    };
    Notice { id: "suppression-expires".to_owned(), text: format!("the suppression at {}{owner} ends {when}", by.at) }
}

/// The object and the pointer that a draft speaks of.
struct Spot<'a> {
    object: Option<ObjectKey>,
    operation: Option<Operation>,
    pointer: String,
    root: Option<Value<'a>>,
}

impl<'a> Spot<'a> {
    fn of(
        unit: &Unit<'a>,
        draft: &Draft,
        status: Status,
        operations: &HashMap<(RepoPath, ObjectKey), Operation>,
    ) -> Self {
        if let Some(change) = unit.change {
            let located = if status == Status::Fixed { change.old.as_ref() } else { change.new.as_ref() };
            let located = located.or(change.old.as_ref());
            return Self {
                object: located.map(|located| located.object.key.clone()).filter(|key| !key.is_empty()),
                operation: Some(change.operation),
                pointer: draft.pointer.clone(),
                root: located.map(|located| located.object.value()),
            };
        }
        let file = if status == Status::Fixed { unit.old_file } else { unit.new_file };
        let within = file.and_then(|file| file.object_at(draft.span));
        match within {
            Some((object, pointer)) => Self {
                operation: operations.get(&(draft.source.path.clone(), object.key.clone())).copied(),
                object: Some(object.key.clone()),
                pointer,
                root: Some(object.value()),
            },
            None => Self { object: None, operation: None, pointer: draft.pointer.clone(), root: None },
        }
    }
}
