//! What the checks say: findings, what was not judged, and the words both are made of.
//!
//! Checks produce [`Finding`]s and [`Unchecked`] records with one place each; `judge` gives them their status,
//! suppression and fingerprint, and merges those that are one defect.

use std::borrow::Cow;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::manifest::key::ObjectKey;
use crate::source::{Position, RepoPath, Side, Span};

/// The id of a rule, such as `yaml/duplicate-key`: group, slash, the bad pattern.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct RuleId(pub Cow<'static, str>);

impl RuleId {
    /// The id of a built-in rule.
    #[must_use]
    pub const fn new(id: &'static str) -> Self {
        Self(Cow::Borrowed(id))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How bad a finding is. Ordered: `Info < Warning < Error`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Should be mended.
    Warning,
    /// Must not be merged.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// Who says so.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "by")]
pub enum Authority {
    /// The API server would refuse it.
    Server,
    /// The API server would warn.
    ServerWarning,
    /// A client would refuse or change it before the server sees it.
    Client {
        /// Which: `kubectl`, `kustomize`, `flux`, `helm`, `git`.
        program: Cow<'static, str>,
    },
    /// A policy of the cluster or the repository.
    Policy {
        /// Its name.
        name: String,
        /// Who answers for it.
        owner: Option<String>,
    },
    /// portcullis' own advice.
    Advice,
    /// The rules of the gate itself: config, suppressions, policies.
    Gate,
}

impl fmt::Display for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Server => f.write_str("the API server"),
            Self::ServerWarning => f.write_str("the API server, as a warning"),
            Self::Client { program } => f.write_str(program),
            Self::Policy { name, owner: None } => write!(f, "policy {name}"),
            Self::Policy { name, owner: Some(owner) } => write!(f, "policy {name} of {owner}"),
            Self::Advice => f.write_str("advice"),
            Self::Gate => f.write_str("the gate's own rules"),
        }
    }
}

/// What a finding rests on, in one line for people: `recorded answers of kubectl's decoder`, `CRD crds/foo.yaml (head)`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Basis(pub Cow<'static, str>);

/// What the merge does to an object, as AdmissionReview names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Operation {
    /// The object is new.
    Create,
    /// The object changes.
    Update,
    /// The object goes.
    Delete,
    /// The object stays as it is and is judged because something that it depends on changed.
    Unchanged,
}

/// New, existing or fixed: what a place is in respect of the change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// The change introduces it.
    New,
    /// It was there before.
    Existing,
    /// The change removes it.
    Fixed,
}

/// Lines of a source around a place, redacted, ready to be shown. Never built from anything but decoded text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Snippet {
    /// Number of the first line.
    pub first_line: u32,
    /// The lines, without line ends; long ones cut.
    pub lines: Vec<String>,
}

/// A stretch of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Location {
    /// Path in the repository.
    pub path: RepoPath,
    /// Side on which the file is meant.
    pub side: Side,
    /// First position.
    pub start: Position,
    /// One past the last position.
    pub end: Position,
    /// The lines themselves, for a human's eyes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snippet: Option<Snippet>,
    /// For a rendered value: the further sources that made it, last first (patch, overlay, base).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub chain: Vec<Location>,
}

/// One place where a finding holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Place {
    /// Where.
    pub location: Location,
    /// What one kustomization, Flux or Argo CD path deploys, when known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root: Option<String>,
    /// The named cluster of the config.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
    /// The Kubernetes minors for which it holds; empty when it does not depend on one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub minors: Vec<String>,
    /// New, existing or fixed.
    pub status: Status,
    /// The suppression that covers it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suppression: Option<SuppressionUse>,
}

/// The suppression that covers a place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SuppressionUse {
    /// Why, in its author's words.
    pub reason: String,
    /// Who answers for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Last day on which it counts (ISO date).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// A comment in the file (`in-source`) or an entry of the config (`external`), in SARIF's words.
    pub kind: SuppressionKind,
    /// Where it is written: `portcullis.yaml:12`, `apps/web.yaml:3`.
    pub at: String,
}

/// Where a suppression is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SuppressionKind {
    /// A comment in the manifest.
    InSource,
    /// An entry of the config.
    External,
}

/// An exact mend: replace a stretch of one file. Only offered where it is unambiguous.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Fix {
    /// What it does, as an imperative: `rename the key to "metadata"`.
    pub title: String,
    /// First position of what is replaced.
    pub start: Position,
    /// One past the last position of what is replaced.
    pub end: Position,
    /// The new text.
    pub replacement: String,
}

/// Another place that explains a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Related {
    /// What is there: `the first "a" is here`.
    pub message: String,
    /// Where.
    pub location: Location,
}

/// Sixteen bytes of SHA-256 as lower-case hex over scope, rule, object key, pointer and detail; never a line.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema, Default)]
#[serde(transparent)]
pub struct Fingerprint(pub String);

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// The rule that found it.
    pub rule: RuleId,
    /// How bad it is, the config's levels applied.
    pub severity: Severity,
    /// Who says so.
    pub authority: Authority,
    /// What that rests on.
    pub basis: Basis,
    /// The object it speaks of; none for a file that holds no object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<ObjectKey>,
    /// What the merge does to that object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<Operation>,
    /// JSON pointer into the object (or document); empty for the whole.
    pub pointer: String,
    /// What tells two findings of one rule at one pointer apart; part of the fingerprint. Never a secret's value.
    pub detail: String,
    /// What is wrong, in the server's own words where it has them.
    pub message: String,
    /// How to mend it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// An exact mend.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<Fix>,
    /// Identity across pushes.
    pub fingerprint: Fingerprint,
    /// It decides the verdict (a new place at or above `fail-on`, or what makes the change impossible to apply).
    pub deciding: bool,
    /// Where it holds; at least one.
    pub places: Vec<Place>,
    /// Other places that explain it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub related: Vec<Related>,
}

impl Finding {
    /// The status of the whole: the worst of its places (new before existing before fixed).
    #[must_use]
    pub fn status(&self) -> Status {
        self.places.iter().map(|place| place.status).min().unwrap_or(Status::New)
    }

    /// Every place is suppressed.
    #[must_use]
    pub fn suppressed(&self) -> bool {
        !self.places.is_empty() && self.places.iter().all(|place| place.suppression.is_some())
    }
}

/// What a reason does to the verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// Not shown.
    Ignore,
    /// Shown; passes.
    Warn,
    /// Indeterminate when the change adds or alters it.
    Fail,
}

macro_rules! reasons {
    ($($(#[doc = $doc:literal])+ $variant:ident, $id:literal, $effect:ident;)+) => {
        /// Why something was not judged.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        pub enum Reason { $($(#[doc = $doc])+ #[serde(rename = $id)] $variant,)+ }

        impl Reason {
            /// Every reason, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Its id, as config and reports write it.
            #[must_use]
            pub fn id(self) -> &'static str {
                match self { $(Self::$variant => $id,)+ }
            }

            /// What it does unless the config says otherwise.
            #[must_use]
            pub fn default_effect(self) -> Effect {
                match self { $(Self::$variant => Effect::$effect,)+ }
            }

            /// One sentence for people.
            #[must_use]
            pub fn explanation(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),+),)+ }
            }
        }
    };
}

reasons! {
    /// The file could not be read.
    Unreadable, "unreadable", Fail;
    /// The file is over the size limit.
    TooLarge, "too-large", Fail;
    /// The file is binary.
    Binary, "binary", Fail;
    /// The file is a Git LFS pointer; its content is elsewhere.
    LfsPointer, "lfs-pointer", Fail;
    /// The file is encrypted by git-crypt.
    GitCrypt, "git-crypt", Fail;
    /// A symbolic link has a manifest's name; what it points to is judged at its own path.
    Symlink, "symlink", Fail;
    /// A submodule; its content is in another repository.
    Submodule, "submodule", Fail;
    /// A link or a submodule stands for a folder; what lies behind it is not judged at this place.
    FolderElsewhere, "folder-elsewhere", Warn;
    /// It was judged on the base side and is no longer on the head side.
    NoLongerJudged, "no-longer-judged", Fail;
    /// The config of the trust commit cannot be read, so nothing was judged.
    ConfigBroken, "config-broken", Fail;
    /// A policy could not be evaluated.
    PolicyNotEvaluated, "policy-not-evaluated", Fail;
    /// The root could not be rendered.
    RenderFailed, "render-failed", Fail;
    /// The file is a Helm chart's template.
    HelmTemplate, "helm-template", Warn;
    /// The file is a template, which another program executes first.
    GoTemplate, "go-template", Warn;
    /// The file is a patch that a kustomization applies.
    Patch, "patch", Warn;
    /// The file holds the values of a Helm chart.
    HelmValues, "helm-values", Warn;
    /// What a kustomization makes of it is not rendered; an overlay may add or change values.
    NotRendered, "not-rendered", Warn;
    /// No schema is known for the kind.
    NoSchema, "no-schema", Warn;
    /// A value is not known before the cluster's agent replaces it.
    UnknownValue, "unknown-value", Warn;
    /// A CEL rule was not evaluated.
    CelNotEvaluated, "cel-not-evaluated", Warn;
    /// The file does not parse and nothing says that it is a manifest.
    NoSignOfAnObject, "no-sign-of-an-object", Warn;
    /// The file is a kustomization or a file of its configuration, not an object of the cluster.
    Kustomization, "kustomization", Ignore;
    /// An input of a kustomization's generator.
    GeneratorInput, "generator-input", Ignore;
    /// Part of a Helm chart's own description.
    HelmChart, "helm-chart", Ignore;
    /// A step or an assertion of a test suite (chainsaw, kuttl, kyverno, gator).
    TestSuite, "test-suite", Warn;
    /// A file could not be read in which policies and rules look for other objects: they may not know all of them.
    InventoryIncomplete, "inventory-incomplete", Warn;
    /// The document has neither apiVersion nor kind.
    NotAnObject, "not-an-object", Ignore;
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// Something that was not judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Unchecked {
    /// Why.
    pub reason: Reason,
    /// What it does to the verdict, the config applied.
    pub effect: Effect,
    /// The file.
    pub path: RepoPath,
    /// The side on which it was met.
    pub side: Side,
    /// The object, where one is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<ObjectKey>,
    /// What in particular: the pointer, the policy, the kustomization that uses the file.
    pub detail: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// Whether the change brings it.
    pub status: Status,
    /// It decides the verdict.
    pub deciding: bool,
    /// Number of equal records this one stands for.
    pub count: u32,
}

/// The positions of a span, as a location without a snippet.
#[must_use]
pub fn location(source: &crate::source::Source, span: Span) -> Location {
    Location {
        path: source.path.clone(),
        side: source.side,
        start: source.position(span.start),
        end: source.position(span.end),
        snippet: None,
        chain: Vec::new(),
    }
}
