//! The report: everything that any format shows, redacted, decided. Renderers only read it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::{MINORS, Minor};
use crate::finding::{Finding, RuleId, Unchecked};

/// Version of the JSON report's shape. A change that breaks readers raises it.
pub const REPORT_VERSION: u32 = 1;

/// What the change deserves, whatever anybody decides about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Nothing stands against the merge.
    Pass,
    /// At least one finding does.
    Fail,
    /// Something that had to be judged was not.
    Indeterminate,
}

/// What follows from the verdict: may it be merged?
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Decision {
    /// The merge is allowed.
    pub allow: bool,
    /// Why, in one line: `no deciding finding`, `mode: report`, `override by alice`.
    pub because: String,
    /// The override that turned it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overridden: Option<OverrideUse>,
}

/// An override that was honoured, shown first in every format.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OverrideUse {
    /// Who.
    pub actor: String,
    /// Why.
    pub reason: String,
    /// Last day (ISO date), if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Where it can be looked up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
    /// The fingerprints of the findings it covers.
    pub fingerprints: Vec<String>,
}

/// What was compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Compared {
    /// How the comparison was asked for, for people: `main..pr`, `index against HEAD`, `all of main`.
    pub description: String,
    /// Full commit id of the base, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// Full commit id of the head, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub head: Option<String>,
    /// Full commit id of the trust commit, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trust: Option<String>,
    /// A command that repeats the run locally.
    pub reproduce: String,
}

/// By which rules it was judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RulesetInfo {
    /// Version of portcullis.
    pub tool: String,
    /// Git id of the config's blob, or none without a config.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config: Option<String>,
    /// Where the config was read: `trust commit`, `head (first adoption)`, `--config FILE`, `defaults`.
    pub config_from: String,
    /// SHA-256 over the policies in use, or none without a policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policies: Option<String>,
    /// How many policies and constraints are in use.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub policies_in_use: u32,
    /// The Kubernetes minors, such as `1.37`.
    #[serde(deserialize_with = "minors")]
    pub minors: Vec<String>,
    /// The date that decided expiries (ISO).
    pub date: String,
    /// Where the rules are documented ([`super::link::Docs`]), if the run was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub docs: Option<String>,
}

/// Minors are printed as they are, so a report of another job has no other text there, and not a thousand of them.
fn minors<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let minors = Vec::<String>::deserialize(from)?;
    if minors.len() <= MINORS.len() && minors.iter().all(|text| Minor::parse(text).is_some()) {
        return Ok(minors);
    }
    Err(serde::de::Error::custom("`minors` holds something else than the Kubernetes minors that this version knows"))
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// What a policy that a finding names says of itself. Built-in rules say it in `portcullis explain`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PolicyInfo {
    /// The rule of its findings.
    pub id: String,
    /// One line: what is wrong; empty if it does not say.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// Why it is wrong, in its author's Markdown; empty if it does not say.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Where to read more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<String>,
}

/// How much was judged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Counts {
    /// Files that differ.
    pub files_changed: u32,
    /// Of these, files that were read as manifests.
    pub files_read: u32,
    /// Files that the config excludes.
    pub files_excluded: u32,
    /// Objects judged.
    pub objects_judged: u32,
    /// Objects in the head's changed files that are equal on both sides and so not judged.
    pub objects_unchanged: u32,
    /// Objects of the whole head, when the run has counted them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub objects_total: Option<u32>,
    /// Created.
    pub created: u32,
    /// Updated.
    pub updated: u32,
    /// Deleted.
    pub deleted: u32,
    /// Named clusters that the change touches.
    pub clusters: u32,
}

/// A sentence about the run that is no finding: first adoption, expiring suppression, policies judged with the head's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Notice {
    /// A stable id: `first-adoption`, `config-not-used`, `config-repaired`, `suppression-expires`, `nothing-to-check`.
    pub id: String,
    /// The sentence.
    pub text: String,
}

/// The judged change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// [`REPORT_VERSION`].
    pub version: u32,
    /// Pass, fail or indeterminate.
    pub verdict: Verdict,
    /// What follows.
    pub decision: Decision,
    /// What was compared.
    pub compared: Compared,
    /// By which rules.
    pub ruleset: RulesetInfo,
    /// How much.
    pub counts: Counts,
    /// Sentences about the run.
    pub notices: Vec<Notice>,
    /// Findings, in the order in which a person fixes things: by path, then line, then rule; fixed ones last.
    pub findings: Vec<Finding>,
    /// What the policies that findings name say of themselves, by id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<PolicyInfo>,
    /// What was not judged, by path and reason.
    pub unchecked: Vec<Unchecked>,
    /// Wall time of the run in milliseconds.
    pub elapsed_ms: u64,
}

impl Report {
    /// What the policy of a rule says of itself.
    #[must_use]
    pub fn policy(&self, rule: &RuleId) -> Option<&PolicyInfo> {
        self.policies.iter().find(|policy| policy.id == rule.as_str())
    }

    /// The exit code of the run: 0 allowed, 1 fail, 2 indeterminate.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match (self.decision.allow, self.verdict) {
            (true, _) | (false, Verdict::Pass) => 0,
            (false, Verdict::Fail) => 1,
            (false, Verdict::Indeterminate) => 2,
        }
    }
}
