//! `yaml/syntax`, `yaml/bad-separator`, `yaml/content-after-end`, `yaml/invalid-utf8`: what the reader itself noticed.

use crate::check::{Check, Context, Draft, Subject};
use crate::finding::Severity;
use crate::manifest::file::Role;
use crate::rules::{By, Rule};
use crate::yaml::{Dialect, ProblemKind};

const BASIS: &str = "how kubectl and kustomize split and decode a file (recorded answers of their decoders)";

/// `yaml/syntax`.
pub const SYNTAX: Rule = Rule {
    id: "yaml/syntax",
    aliases: &[],
    severity: Severity::Error,
    by: By::Client("kubectl"),
    basis: BASIS,
    summary: "The document cannot be parsed.",
    explanation: "\
kubectl, kustomize, Flux and Argo CD stop at a document that they cannot parse. kubectl has then already applied the \
documents before it and applies none after it; kustomize and Flux apply nothing of the whole root.

A file is held to be a manifest when it held objects before the change, when a kustomization, Flux or Argo CD uses it, or \
when a line starts with `apiVersion:` or `kind:`. Any other file that does not parse is listed as not judged \
(`no-sign-of-an-object`).

Mend the syntax at the marked place. The usual causes are a tab used as indentation, an unclosed quote, and a value \
with `: ` or ` #` in it that needs quotes.",
};

/// `yaml/bad-separator`.
pub const BAD_SEPARATOR: Rule = Rule {
    id: "yaml/bad-separator",
    aliases: &[],
    severity: Severity::Error,
    by: By::Client("kubectl"),
    basis: BASIS,
    summary: "A line that starts with `---` has something else behind it.",
    explanation: "\
kubectl splits a file at lines that start with `---`, before it parses any YAML, and refuses the file when anything but \
blanks or a comment follows (`invalid Yaml document separator`). That holds inside quoted strings too, and for `----` \
and `--- {a: 1}`, which YAML itself allows.

Put the content on the next line, or indent the line when it belongs to a string.",
};

/// `yaml/content-after-end`.
pub const CONTENT_AFTER_END: Rule = Rule {
    id: "yaml/content-after-end",
    aliases: &[],
    severity: Severity::Error,
    by: By::Client("kubectl"),
    basis: BASIS,
    summary: "What follows a line `...` is silently dropped.",
    explanation: "\
After a line `...` kubectl and kustomize ignore everything up to the next line `---`, without a word. Objects written \
there are never applied.

Replace the `...` by `---`, or remove what follows it.",
};

/// `yaml/invalid-utf8`.
pub const INVALID_UTF8: Rule = Rule {
    id: "yaml/invalid-utf8",
    aliases: &[],
    severity: Severity::Error,
    by: By::Client("kubectl"),
    basis: BASIS,
    summary: "Bytes that are not UTF-8 become U+FFFD.",
    explanation: "\
kubectl replaces every byte that is not valid UTF-8 by the character U+FFFD and applies the result; kustomize refuses \
the file. Either way the cluster does not get what was written.

Save the file as UTF-8; put binary data in `binaryData` or `data` as base64.",
};

/// Turns the reader's problems into findings.
#[derive(Debug)]
pub struct Reading;

impl Check for Reading {
    fn rules(&self) -> &'static [&'static Rule] {
        &[&SYNTAX, &BAD_SEPARATOR, &CONTENT_AFTER_END, &INVALID_UTF8]
    }

    fn check(&self, _: &Context<'_>, subject: Subject<'_>, drafts: &mut Vec<Draft>) {
        let Subject::File(file) = subject else { return };
        if matches!(file.role, Role::Other(..)) || !file.has_sign {
            return;
        }
        for problem in &file.problems {
            let rule = match problem.kind {
                ProblemKind::Separator => &BAD_SEPARATOR,
                ProblemKind::ContentAfterEnd => &CONTENT_AFTER_END,
                ProblemKind::InvalidUtf8 => &INVALID_UTF8,
                _ => &SYNTAX,
            };
            let mut draft = Draft::new(rule, &file.source, problem.span, problem.message.clone());
            if file.dialect == Dialect::Kustomize {
                draft.authority = By::Client("kustomize").authority();
            }
            drafts.push(draft);
        }
    }
}
