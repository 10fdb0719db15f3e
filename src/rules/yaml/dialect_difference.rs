//! `yaml/dialect-difference`.

use crate::check::{Check, Context, Draft, DraftFix, Subject, is_enough};
use crate::finding::Severity;
use crate::rules::{By, Rule};
use crate::yaml::Dialect;

/// `yaml/dialect-difference`.
pub const RULE: Rule = Rule {
    id: "yaml/dialect-difference",
    aliases: &[],
    severity: Severity::Warning,
    by: By::Client("kubectl"),
    basis: "recorded answers of kubectl's decoder (go-yaml v2) and kustomize's (yaml.v3)",
    summary: "kubectl and kustomize read a key or a value differently.",
    explanation: "\
kubectl, Argo CD's plain directories and the API server read YAML 1.1: `yes`, `no`, `on`, `off`, `y` and `n` are booleans, \
as values and as keys. kustomize and Flux read most of them as strings, and turn unquoted dates into timestamps. A \
ConfigMap key `n:` is stored as `\"false\"` by the one and as `\"n\"` by the other.

Quote the scalar, so that everybody reads the same.",
};

/// Turns the reader's differences into findings.
#[derive(Debug)]
pub struct DialectDifference;

impl Check for DialectDifference {
    fn rules(&self) -> &'static [&'static Rule] {
        &[&RULE]
    }

    fn check(&self, _: &Context<'_>, subject: Subject<'_>, drafts: &mut Vec<Draft>) {
        let Subject::File(file) = subject else { return };
        let first = drafts.len();
        for (index, difference) in &file.differences {
            if is_enough(drafts, first) {
                return;
            }
            if !file.judges_document(*index) {
                continue;
            }
            let text = file.source.text.get(difference.span.range()).unwrap_or_default();
            let what = if difference.is_key { "key" } else { "value" };
            let message =
                format!("{what} {text}: kubectl reads {}, kustomize {}", difference.kubectl, difference.kustomize);
            let mut draft = Draft::new(&RULE, &file.source, difference.span, message)
                .detail(text)
                .help(format!("write \"{text}\" in quotes if the text is meant"));
            if file.dialect == Dialect::Kustomize {
                draft.authority = By::Client("kustomize").authority();
            }
            // Only a single plain word: quoting anything else could change what it is.
            if text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
                draft.fix = Some(DraftFix {
                    title: format!("quote the {what}"),
                    span: difference.span,
                    replacement: format!("\"{text}\""),
                });
            }
            drafts.push(draft);
        }
    }
}
