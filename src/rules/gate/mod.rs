//! `gate/*`: what weakens or breaks the gate itself. The rules that count are the trust commit's, so nothing here can be
//! hidden by the change that it speaks of.

use crate::finding::Severity;
use crate::rules::{By, Rule};

mod jobs;
mod namespace;
mod policies;
mod script;
mod workflow;

pub use namespace::NamespaceLabels;
pub use policies::GatekeeperObjects;
pub use workflow::{is_workflow, weakened_workflow};

const BASIS: &str = "the rules of the trust commit, compared with those of the head";

/// `gate/config-invalid`.
pub const CONFIG_INVALID: Rule = Rule {
    id: "gate/config-invalid",
    aliases: &[],
    severity: Severity::Error,
    by: By::Gate,
    basis: "portcullis reads the head's portcullis.yaml as it will be read once it is merged",
    summary: "The change breaks portcullis.yaml, or a schema that it names.",
    explanation: "\
The head's `portcullis.yaml` has an unknown key or a wrong value. This change is still judged by the target branch's \
config, but once merged every later change would be Indeterminate until somebody mends the file. The same holds for a JSON \
Schema that `schemas` names and that cannot be used any more.

Mend the marked place. An editor that knows `docs/portcullis.schema.json` shows such mistakes while you type.",
};

/// `gate/config-weakened`.
pub const CONFIG_WEAKENED: Rule = Rule {
    id: "gate/config-weakened",
    aliases: &[],
    severity: Severity::Warning,
    by: By::Gate,
    basis: BASIS,
    summary: "The change makes portcullis.yaml judge less.",
    explanation: "\
The head's config judges fewer files, lowers or switches off a rule, lets more pass unjudged, widens a suppression, or \
gives more people the right to override. It does not count for this change, which is judged by the target branch's \
config, but it will for every later one.

There may be a good reason; a reviewer should know it. Set the rule to `error` where such changes need an override.",
};

/// `gate/crd-shadows-schema`.
pub const CRD_SHADOWS_SCHEMA: Rule = Rule {
    id: "gate/crd-shadows-schema",
    aliases: &[],
    severity: Severity::Warning,
    by: By::Gate,
    basis: "the schemas that the trust commit has: its CustomResourceDefinitions, and the `schemas` of its config",
    summary: "The change adds a CustomResourceDefinition of a kind that already has a schema.",
    explanation: "\
A change that brings its own, laxer schema would otherwise choose what its objects are judged by. They must satisfy both: \
the schema of the target branch, and the new one.

To replace a schema, change the file that holds it, or remove it in the same change. If the new one is for another cluster, \
say so in `clusters` of portcullis.yaml.",
};

/// `gate/namespace-label-weakened`.
pub const NAMESPACE_LABEL_WEAKENED: Rule = Rule {
    id: "gate/namespace-label-weakened",
    aliases: &[],
    severity: Severity::Warning,
    by: By::Gate,
    basis: "the Pod Security Standards' labels, and the labels by which policy engines leave a Namespace out",
    summary: "The change lowers what a Namespace's labels ask for.",
    explanation: "\
The labels `pod-security.kubernetes.io/enforce`, `warn` and `audit` say which Pod Security Standard holds in a Namespace. \
Removing one or lowering its level lets Pods in that were refused before; `admission.gatekeeper.sh/ignore` takes the \
Namespace out of Gatekeeper's policies altogether.

Keep the label, or say in the pull request why the Namespace needs less.",
};

/// `gate/policy-invalid`.
pub const POLICY_INVALID: Rule = Rule {
    id: "gate/policy-invalid",
    aliases: &[],
    severity: Severity::Error,
    by: By::Gate,
    basis: "portcullis compiles the head's policies as they will be used once they are merged, and runs their tests",
    summary: "The change breaks a policy, or a test of one.",
    explanation: "\
A policy of the head cannot be read or compiled. This change is still judged by the target branch's policies, but once \
merged every later change would be Indeterminate until somebody mends the file.

Or a test does not hold: a rule `test_…` in a folder of policies that the change touches, or `good.yaml` or `bad.yaml` \
beside a policy. They are run in a process of its own, with limits.

Mend the marked line; `portcullis policy check` and `portcullis test` say the same at the desk.",
};

/// `gate/policy-weakened`.
pub const POLICY_WEAKENED: Rule = Rule {
    id: "gate/policy-weakened",
    aliases: &[],
    severity: Severity::Warning,
    by: By::Gate,
    basis: BASIS,
    summary: "The change removes a policy, or makes it milder.",
    explanation: "\
A file with a policy is removed, or what its METADATA says it does is lowered; a constraint or a template of Gatekeeper's is \
removed, its `enforcementAction` goes from deny to warn or dryrun, its `match` leaves more out, or Gatekeeper's Config \
excludes a namespace. It does not count for this change, which is judged by the target branch's policies, but it will for \
every later one. What a change of the Rego itself would find in the whole head, a note tells.

There may be a good reason; a reviewer should know it. Set the rule to `error` where such changes need an override.",
};

/// `gate/suppression-added`.
pub const SUPPRESSION_ADDED: Rule = Rule {
    id: "gate/suppression-added",
    aliases: &[],
    severity: Severity::Info,
    by: By::Gate,
    basis: BASIS,
    summary: "The change adds a suppression.",
    explanation: "\
A comment `# portcullis: allow …` is new in this change. It counts at once only for the rules of `suppressions-from-head` \
(by default advice), and for everything once it is merged, so a reviewer should agree with its reason.",
};

/// `gate/suppression-invalid`.
pub const SUPPRESSION_INVALID: Rule = Rule {
    id: "gate/suppression-invalid",
    aliases: &[],
    severity: Severity::Warning,
    by: By::Gate,
    basis: "the shape of suppression comments",
    summary: "A comment speaks to portcullis and cannot be understood.",
    explanation: "\
A comment that begins with `# portcullis:` is meant to suppress something, but has no rule, no reason, or a date that is \
none. It suppresses nothing.

Write `# portcullis: allow group/rule until=2027-01-31 reason=\"why\"`, above a line or behind it.",
};

/// `gate/suppression-refused`.
pub const SUPPRESSION_REFUSED: Rule = Rule {
    id: "gate/suppression-refused",
    aliases: &[],
    severity: Severity::Warning,
    by: By::Gate,
    basis: "suppressions-from-head of the trust commit's config",
    summary: "The change suppresses a finding of its own.",
    explanation: "\
A change cannot excuse itself: a suppression that it adds counts only for the rules of `suppressions-from-head` (by \
default those of authority advice). The finding counts.

Propose the entry in a change of its own, to the target branch's `portcullis.yaml`; the finding shows it, ready to copy.",
};

/// `gate/workflow-weakened`.
pub const WORKFLOW_WEAKENED: Rule = Rule {
    id: "gate/workflow-weakened",
    aliases: &[],
    severity: Severity::Warning,
    by: By::Gate,
    basis: "the CI files that mention portcullis at the base",
    summary: "The change removes or muffles the job that runs portcullis.",
    explanation: "\
A CI file that runs portcullis on the target branch is removed, no longer mentions it, or lets the job pass whatever it \
says (`continue-on-error: true`, `allow_failure: true`, `|| true`). Of a workflow of GitHub's or Forgejo's also: a condition that \
can skip the job, which then counts as passed; an event, or changes by path or branch, on which it does not run any more; \
another action of the name; inputs of the action and flags that judge less or something else (`fail-on`, `config`, `path`, \
`base`, `binary`, `mirror`, `sha256`, `install-only`); jobs that it waits for (`needs`) and that may be skipped; another \
`shell`; a script that does not end where the gate fails (`set +e`, `portcullis check | tee`, `&`, `if`, `!`), that no longer \
runs `check`, or that names the revisions itself.

A gate that must hold belongs in a ruleset's required workflow, which a pull request cannot change.",
};
