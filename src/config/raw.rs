//! `portcullis.yaml` as it is written: the types behind both the editors' JSON Schema and the check of a file's shape.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::{Effect, Operation, Reason, Severity};

/// The configuration of portcullis. It counts as the trust commit (the tip of the target branch) has it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(title = "portcullis.yaml")]
pub(super) struct RawConfig {
    /// Version of this file's shape: 1.
    #[schemars(range(min = 1, max = 1))]
    #[serde(rename = "version")]
    pub(super) _version: u32,
    /// Whether the verdict may block the merge.
    pub(super) mode: Option<Mode>,
    /// Severity from which a new finding fails the change.
    pub(super) fail_on: Option<FailOn>,
    /// What findings that were there before do to the verdict.
    pub(super) existing: Option<Existing>,
    /// Files that are judged, as globs from the repository's root. All, unless given.
    pub(super) include: Option<Vec<String>>,
    /// Files that are not judged, as globs from the repository's root; wins over `include`.
    pub(super) exclude: Option<Vec<String>>,
    /// The Kubernetes minors to judge for.
    pub(super) kubernetes: Option<RawKubernetes>,
    /// What an object without a known schema does to the verdict.
    pub(super) missing_schema: Option<Effect>,
    /// Folders and files of the repository that hold CRDs, JSON Schemas or schema catalogues; for JSON Schemas also a path
    /// with kubeconform's variables, such as `vendor/{{.Group}}/{{.ResourceKind}}_{{.ResourceAPIVersion}}.json`.
    pub(super) schemas: Option<Vec<String>>,
    /// How the objects are applied.
    pub(super) apply: Option<Apply>,
    /// Levels of rules. A key is a rule's id, `*` stands for any text; an exact id wins over a pattern, of patterns the
    /// one with more characters besides `*`, of equally long ones the stricter level.
    #[serde(default)]
    #[schemars(schema_with = "levels")]
    pub(super) rules: Option<BTreeMap<String, Level>>,
    /// What a reason for not judging something does to the verdict.
    #[serde(default)]
    #[schemars(schema_with = "effects")]
    pub(super) unchecked: Option<BTreeMap<Reason, Effect>>,
    /// Policies that hold for every file.
    pub(super) policies: Option<Vec<RawPolicy>>,
    /// Named clusters. A file is judged for every cluster whose paths or roots hold it, else by the settings above.
    pub(super) clusters: Option<Vec<RawCluster>>,
    /// Findings that are accepted for a time.
    pub(super) suppressions: Option<Vec<RawSuppression>>,
    /// Rules for which a suppression counts that the change itself adds: ids, `*` stands for any text. Rules of
    /// authority advice, unless given.
    pub(super) suppressions_from_head: Option<Vec<String>>,
    /// Files in which Flux replaces `${NAME}`, as globs from the repository's root.
    pub(super) substitution: Option<Vec<String>>,
    /// Who may let a change pass against the verdict. Nobody, unless given.
    #[serde(rename = "override")]
    pub(super) overriding: Option<OverrideRights>,
    /// What `check --post` writes to a pull request.
    pub(super) review: Option<RawReview>,
    /// Settings of Gatekeeper's webhook.
    pub(super) gatekeeper: Option<RawGatekeeper>,
}

/// Whether the verdict may block the merge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// A failing change is blocked.
    #[default]
    Enforce,
    /// Everything is judged and posted, nothing is blocked.
    Report,
}

/// Severity from which a new finding fails the change. Ordered from strict to lax.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema, clap::ValueEnum,
)]
#[serde(rename_all = "lowercase")]
pub enum FailOn {
    /// Warnings and errors.
    Warning,
    /// Errors.
    #[default]
    Error,
    /// None.
    None,
}

/// What findings that were there before do to the verdict. Ordered from strict to lax.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Existing {
    /// They decide as new ones do.
    All,
    /// Those decide because of which the API server would refuse an object that the change creates or updates.
    #[default]
    Refused,
    /// They never decide.
    Ignore,
}

/// How the objects are applied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Apply {
    /// As the repository's own agents say, else server-side.
    #[default]
    Auto,
    /// Server-side apply.
    ServerSide,
    /// Client-side apply.
    ClientSide,
}

/// Level of a rule or a policy. Ordered: `off < info < warning < error`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Its findings are dropped.
    Off,
    /// Worth knowing.
    Info,
    /// Should be mended.
    Warning,
    /// Must not be merged.
    Error,
}

impl From<Severity> for Level {
    fn from(severity: Severity) -> Self {
        match severity {
            Severity::Info => Self::Info,
            Severity::Warning => Self::Warning,
            Severity::Error => Self::Error,
        }
    }
}

impl Level {
    /// The severity; none when off.
    #[must_use]
    pub fn severity(self) -> Option<Severity> {
        match self {
            Self::Off => None,
            Self::Info => Some(Severity::Info),
            Self::Warning => Some(Severity::Warning),
            Self::Error => Some(Severity::Error),
        }
    }
}

/// The Kubernetes minors to judge for.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct RawKubernetes {
    /// The minors that run today, in quotes: `["1.34"]`.
    #[schemars(inner(regex(pattern = r"^1\.[0-9]+$")))]
    pub(super) current: Option<Vec<String>>,
    /// The minor that comes next, in quotes. What holds only for it is a warning.
    #[schemars(regex(pattern = r"^1\.[0-9]+$"))]
    pub(super) next: Option<String>,
    /// First day on which what holds for `next` counts as for `current`.
    #[schemars(regex(pattern = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"))]
    pub(super) next_fails_from: Option<String>,
}

/// A policy that is in use.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct RawPolicy {
    /// A bundled policy (`pod-security/restricted`) or a folder of the repository (`policies/`).
    #[serde(rename = "use")]
    #[schemars(length(min = 1))]
    pub(super) uses: String,
    /// Level of its findings; the policy's own unless given.
    pub(super) level: Option<Level>,
    /// First day on which its findings are errors; warnings until then.
    #[schemars(regex(pattern = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"))]
    pub(super) enforce_from: Option<String>,
    /// Its parameters.
    pub(super) params: Option<serde_json::Map<String, serde_json::Value>>,
    /// conftest's `--combine`: whether the policies judge all objects together. Those that are written for it do, unless
    /// given.
    pub(super) combine: Option<bool>,
    /// conftest's `--namespace`: the packages that are asked; `*` stands for any text.
    #[schemars(length(min = 1), inner(length(min = 1)))]
    pub(super) namespace: Option<Vec<String>>,
    /// conftest's `--all-namespaces`: every package is asked.
    pub(super) all_namespaces: Option<bool>,
    /// What it does not apply to.
    pub(super) except: Option<Vec<RawExcept>>,
    /// Who answers for it.
    pub(super) owner: Option<String>,
}

/// What a policy does not apply to. At least one of namespaces, objects and paths; all that are given must match.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct RawExcept {
    /// Namespaces; `*` stands for any text.
    pub(super) namespaces: Option<Vec<String>>,
    /// Objects: `Kind/name` or `Kind/namespace/name`; `*` stands for any text.
    pub(super) objects: Option<Vec<String>>,
    /// Files, as globs from the repository's root.
    pub(super) paths: Option<Vec<String>>,
    /// Why.
    #[schemars(length(min = 1))]
    pub(super) reason: String,
    /// Who answers for it.
    pub(super) owner: Option<String>,
    /// Last day on which it counts.
    #[schemars(regex(pattern = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"))]
    pub(super) until: Option<String>,
}

/// A named cluster.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct RawCluster {
    /// Its name in reports.
    #[schemars(length(min = 1))]
    pub(super) name: String,
    /// Files that it gets, as globs from the repository's root.
    pub(super) paths: Option<Vec<String>>,
    /// Folders that its agents deploy (a kustomization, a Flux or an Argo CD path), as globs from the repository's root.
    pub(super) roots: Option<Vec<String>>,
    /// Its minors; a key that is absent here is the one above.
    pub(super) kubernetes: Option<RawKubernetes>,
    /// CRDs, JSON Schemas and catalogues for it, beside those above.
    pub(super) schemas: Option<Vec<String>>,
    /// Policies for it, beside those above.
    pub(super) policies: Option<Vec<RawPolicy>>,
}

/// Findings that are accepted for a time. At least one of rule, path, object, cluster, pointer and fingerprint; all that
/// are given must match.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct RawSuppression {
    /// A rule's id; `*` stands for any text.
    pub(super) rule: Option<String>,
    /// Files, as a glob from the repository's root.
    pub(super) path: Option<String>,
    /// `Kind/name` or `Kind/namespace/name`; `*` stands for any text.
    pub(super) object: Option<String>,
    /// A cluster's name; `*` stands for any text.
    pub(super) cluster: Option<String>,
    /// A JSON pointer into the object; what lies below is covered too; `*` stands for any text.
    pub(super) pointer: Option<String>,
    /// A finding's fingerprint, as the JSON report shows it.
    #[schemars(regex(pattern = r"^[0-9a-f]{32}$"))]
    pub(super) fingerprint: Option<String>,
    /// Why.
    #[schemars(length(min = 1))]
    pub(super) reason: String,
    /// Who answers for it.
    pub(super) owner: Option<String>,
    /// Last day on which it counts.
    #[schemars(regex(pattern = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"))]
    pub(super) until: Option<String>,
}

/// Who may let a change pass against the verdict.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct OverrideRights {
    /// Labels of a pull request that ask for it when they are given: by anybody who may label, if neither teams nor
    /// actors are named, else by one of those.
    #[serde(default)]
    pub labels: Vec<String>,
    /// Teams, whose members may: `org/team`.
    #[serde(default)]
    pub teams: Vec<String>,
    /// People who may, by login.
    #[serde(default)]
    pub actors: Vec<String>,
    /// Rules that nobody may override: ids, `*` stands for any text.
    #[serde(default)]
    pub never: Vec<String>,
}

/// What `check --post` writes to a pull request.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct RawReview {
    /// When there is a summary comment.
    pub(super) comment: Option<CommentMode>,
    /// Name of the check run; `portcullis report`, unless given. The job that decides needs another name.
    #[schemars(length(min = 1, max = 100))]
    pub(super) check: Option<String>,
}

/// When a pull request gets a summary comment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CommentMode {
    /// When there is something to tell; a comment that is there already is kept up to date.
    #[default]
    Findings,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Settings of Gatekeeper's webhook.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct RawGatekeeper {
    /// Operations that the webhook sees.
    pub(super) operations: Vec<WebhookOperation>,
}

/// An operation that a webhook can see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum WebhookOperation {
    /// Objects that come.
    Create,
    /// Objects that change.
    Update,
    /// Objects that go.
    Delete,
}

impl From<WebhookOperation> for Operation {
    fn from(operation: WebhookOperation) -> Self {
        match operation {
            WebhookOperation::Create => Self::Create,
            WebhookOperation::Update => Self::Update,
            WebhookOperation::Delete => Self::Delete,
        }
    }
}

/// Rule ids and patterns to levels; the built-in ids are named for the editor's completion.
fn levels(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
    let level = generator.subschema_for::<Level>().to_value();
    let ids: serde_json::Map<_, _> =
        crate::rules::RULES.iter().map(|rule| (rule.id.to_owned(), level.clone())).collect();
    let mut schema = schemars::json_schema!({ "type": "object", "additionalProperties": level });
    if !ids.is_empty() {
        schema.insert("properties".to_owned(), ids.into());
    }
    schema
}

/// Reasons to effects, each reason by name.
fn effects(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
    let effect = generator.subschema_for::<Effect>().to_value();
    let property = |reason: &Reason| {
        let mut property = effect.clone();
        if let Some(property) = property.as_object_mut() {
            property.insert("description".to_owned(), reason.explanation().trim().into());
        }
        (reason.id().to_owned(), property)
    };
    let properties: serde_json::Map<_, _> = Reason::ALL.iter().map(property).collect();
    schemars::json_schema!({ "type": "object", "additionalProperties": false, "properties": properties })
}
