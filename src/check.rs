//! The seam of all checks: what they are given (a [`Subject`]) and what they say (a [`Draft`]).
//!
//! A check is a pure function of its subject and the [`Context`]; the planner in `pipeline` runs it on both sides, in
//! parallel, and `judge` compares the two.

use std::sync::Arc;

use crate::change::ObjectChange;
use crate::config::Config;
use crate::finding::{Authority, Basis, Operation, Reason, RuleId, Severity, SuppressionUse};
use crate::manifest::file::ManifestFile;
use crate::manifest::object::Object;
use crate::rules::Rule;
use crate::schema::minors::MinorSet;
use crate::source::{Source, Span};

/// What every check may read beside its subject.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The trust commit's config.
    pub config: &'a Config,
    /// The day of the run.
    pub today: jiff::civil::Date,
    /// `.sops.yaml` files of the side that is judged, nearest first for a path.
    pub sops: &'a crate::manifest::sops::SopsRules,
    /// The agents of the side that is judged.
    pub agents: &'a crate::manifest::agents::Agents<'a>,
    /// The policies in use, and what they may know of the side that is judged.
    pub policies: crate::policy::check::Policies<'a>,
    /// Where the side that is judged has its CRDs.
    pub crds: crate::schema::crd::sources::Sources<'a>,
    /// Where the base has them: by these, the old objects were stored.
    pub crds_before: crate::schema::crd::sources::Sources<'a>,
}

/// An object as AdmissionReview shows it: what the merge does, and the object before and after.
#[derive(Clone, Copy, Debug)]
pub struct Review<'a> {
    /// What the merge does.
    pub operation: Operation,
    /// Before; none on CREATE.
    pub old: Option<&'a Object>,
    /// After; none on DELETE.
    pub new: Option<&'a Object>,
    /// The file that holds the object that is judged.
    pub file: &'a ManifestFile,
}

impl<'a> Review<'a> {
    /// The head's view of a change.
    #[must_use]
    pub fn of_head(change: &'a ObjectChange) -> Option<Self> {
        let file = change.new.as_ref().or(change.old.as_ref())?;
        Some(Self {
            operation: change.operation,
            old: change.old.as_ref().map(|side| &*side.object),
            new: change.new.as_ref().map(|side| &*side.object),
            file: &file.file,
        })
    }

    /// The base's view: the old object under the head's operation, as if nothing changed, so that a transition rule
    /// finds nothing and what it finds in the head is new. Of an object that goes, it tells what goes with it.
    #[must_use]
    pub fn of_base(change: &'a ObjectChange) -> Option<Self> {
        let old = change.old.as_ref()?;
        let operation = if change.operation == Operation::Delete { Operation::Update } else { change.operation };
        Some(Self { operation, old: Some(&old.object), new: Some(&old.object), file: &old.file })
    }
}

/// What a check is asked about.
#[derive(Clone, Copy, Debug)]
pub enum Subject<'a> {
    /// A file of one side, with its documents.
    File(&'a ManifestFile),
    /// An object, before and after.
    Object(Review<'a>),
}

/// One kind of defect that a check looks for.
pub trait Check: Sync {
    /// The rules that it reports.
    fn rules(&self) -> &'static [&'static Rule];

    /// What it says of an object may depend on others, so that it also looks at those that did not change themselves.
    fn looks_around(&self) -> bool {
        false
    }

    /// Look at a subject; subjects of another kind are none of its business.
    fn check(&self, context: &Context<'_>, subject: Subject<'_>, drafts: &mut Vec<Draft>);
}

/// A file with more findings than this of one check is generated or hostile, and nobody reads the rest: a key repeated
/// 500,000 times is one mistake.
pub const ENOUGH: usize = 1_000;

/// A check whose drafts begin at `first` has said more than is kept and may stop.
#[must_use]
pub fn is_enough(drafts: &[Draft], first: usize) -> bool {
    drafts.len() - first > ENOUGH
}

/// A finding before it is judged: no status, no fingerprint, spans instead of positions.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The rule.
    pub rule: RuleId,
    /// The rule's severity here.
    pub severity: Severity,
    /// Who says so.
    pub authority: Authority,
    /// What that rests on.
    pub basis: Basis,
    /// JSON pointer within the object; empty for the whole or for a file.
    pub pointer: String,
    /// What tells it from others of its rule at its pointer.
    pub detail: String,
    /// What is wrong.
    pub message: String,
    /// How to mend it.
    pub help: Option<String>,
    /// What to replace with what.
    pub fix: Option<DraftFix>,
    /// The file.
    pub source: Arc<Source>,
    /// The bytes it speaks of.
    pub span: Span,
    /// Other places that explain it.
    pub related: Vec<(String, Arc<Source>, Span)>,
    /// It complains of something that is absent, which an overlay may add.
    pub absent: bool,
    /// It is no complaint: something of the object was not judged, and the message says what.
    pub not_judged: Option<Reason>,
    /// The Kubernetes minors for which it holds; all where it does not depend on one.
    pub minors: MinorSet,
    /// The clusters for which it holds; every one that gets the file when none.
    pub clusters: Option<Arc<[String]>>,
    /// The config excepts the object from the rule.
    pub excepted: Option<SuppressionUse>,
    /// It stands for more that was cut off behind it and so never compared with the base: nothing old excuses it.
    pub cut: bool,
}

/// An exact mend of the draft's own file.
#[derive(Clone, Debug)]
pub struct DraftFix {
    /// What it does, as an imperative.
    pub title: String,
    /// The bytes to replace.
    pub span: Span,
    /// The new text.
    pub replacement: String,
}

impl Draft {
    /// A draft with what every finding has; authority advice, everything else empty.
    #[must_use]
    pub fn new(rule: &'static Rule, source: &Arc<Source>, span: Span, message: impl Into<String>) -> Self {
        Self {
            rule: RuleId::new(rule.id),
            severity: rule.severity,
            authority: rule.by.authority(),
            basis: Basis(std::borrow::Cow::Borrowed(rule.basis)),
            message: message.into(),
            ..Self::nothing(source, span)
        }
    }

    /// A draft of no rule about a pointer of an object, for those who fill it in.
    #[must_use]
    pub fn of_object(object: &Object, pointer: &str) -> Self {
        Self { pointer: pointer.to_owned(), ..Self::nothing(object.source(), object.span(pointer)) }
    }

    fn nothing(source: &Arc<Source>, span: Span) -> Self {
        Self {
            rule: RuleId::new(""),
            severity: Severity::Info,
            authority: Authority::Advice,
            basis: Basis(std::borrow::Cow::Borrowed("")),
            pointer: String::new(),
            detail: String::new(),
            message: String::new(),
            help: None,
            fix: None,
            source: Arc::clone(source),
            span,
            related: Vec::new(),
            absent: false,
            not_judged: None,
            minors: MinorSet::ALL,
            clusters: None,
            excepted: None,
            cut: false,
        }
    }

    /// A draft about a pointer of an object.
    #[must_use]
    pub fn at(rule: &'static Rule, object: &Object, pointer: &str, message: impl Into<String>) -> Self {
        let mut draft = Self::new(rule, object.source(), object.span(pointer), message);
        pointer.clone_into(&mut draft.pointer);
        draft
    }

    /// Say that something of an object was not judged.
    #[must_use]
    pub fn not_judged(rule: &'static Rule, object: &Object, reason: Reason, what: impl Into<String>) -> Self {
        Self { not_judged: Some(reason), ..Self::at(rule, object, "", what) }
    }

    /// With a way to mend it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// With what tells it from others of its rule at its pointer.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }
}
