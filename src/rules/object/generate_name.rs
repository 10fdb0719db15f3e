//! `object/generate-name`.

use crate::check::{Check, Context, Draft, Review, Subject};
use crate::finding::{Operation, Severity};
use crate::rules::{By, Rule};

/// `object/generate-name`.
pub const RULE: Rule = Rule {
    id: "object/generate-name",
    aliases: &[],
    severity: Severity::Warning,
    by: By::Client("kubectl"),
    basis: "kubectl apply: cannot use generate name with apply; kustomize: missing metadata.name",
    summary: "An object in Git has generateName instead of a name.",
    explanation: "\
`generateName` makes a new object at every creation, so there is nothing that an agent could compare with Git: \
`kubectl apply` refuses it, and kustomize and Flux do not load it. It is an error where a kustomization or Flux takes \
the file, else a warning.

Only hooks (`argocd.argoproj.io/hook`, `helm.sh/hook`) and the runs that Pipelines-as-Code reads from `.tekton/` may have \
it; there nothing is reported. Give every other object a `metadata.name`.",
};

/// Looks for `metadata.generateName`.
#[derive(Debug)]
pub struct GenerateName;

impl Check for GenerateName {
    fn rules(&self) -> &'static [&'static Rule] {
        &[&RULE]
    }

    fn check(&self, context: &Context<'_>, subject: Subject<'_>, drafts: &mut Vec<Draft>) {
        let Subject::Object(Review { new: Some(object), operation, file, .. }) = subject else { return };
        let is_hook = ["argocd.argoproj.io/hook", "helm.sh/hook"].iter().any(|name| object.annotation(name).is_some());
        let of_pipelines_as_code = file.path.as_str().split('/').any(|folder| folder == ".tekton");
        if operation == Operation::Delete || is_hook || of_pipelines_as_code || !object.key.name.ends_with('*') {
            return;
        }
        let taken =
            file.role.read_by_kustomize() || context.agents.flux_generates_for(&file.path).is_ok_and(|taken| taken);
        let message = if taken {
            "missing metadata.name: kustomize knows no generateName"
        } else {
            "cannot use generate name with apply"
        };
        let mut draft = Draft::at(&RULE, object, "/metadata/generateName", message).help("give it a metadata.name");
        if taken {
            draft.severity = Severity::Error;
            draft.authority = By::Client("kustomize").authority();
        }
        drafts.push(draft);
    }
}
