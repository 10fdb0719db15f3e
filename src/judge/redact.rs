//! Redaction: what a Secret holds leaves the process in no message, snippet or context line.
//!
//! Masks are computed per file before anything is shown. They err on the side of hiding: of a Secret's `data` only the
//! keys stay, and of a file that does not parse and mentions a Secret nothing.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::check::Draft;
use crate::finding::{Location, Reason, Snippet};
use crate::manifest::file::{ManifestFile, Role};
use crate::source::{RepoPath, Side, Source, Span};
use crate::yaml::{Document, Value};
use crate::yaml::{Kind, pointer};

/// What stands in the place of a secret value.
pub const REDACTED: &str = "[redacted]";

/// Why a message says no more.
const UNSHOWN: &str = "Its text is not shown, because it may hold a Secret.";

/// Texts shorter than this are not searched for in messages: they occur by chance. Where a finding speaks of a masked
/// place itself, its text is replaced whatever its length.
const SHORTEST: usize = 6;

/// What the API server calls its causes.
const CAUSES: [&str; 5] = ["Required value:", "Invalid value:", "Unsupported value:", "Duplicate value:", "Too long:"];

/// A caret needs the line itself and one around it; more hides the point.
const CONTEXT: u32 = 1;

/// Longer lines are cut: nobody reads them, and a report must not carry a file of one line.
const LONGEST_LINE: usize = 240;

/// The annotation in which `kubectl apply` keeps a whole copy of the object.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

#[derive(Debug, Default)]
struct Masks {
    whole: bool,
    /// Documents of which no line is shown.
    unshown: Vec<Span>,
    spans: Vec<Span>,
}

/// Everything that must not be shown of the files of a run.
#[derive(Debug, Default)]
pub struct Redactor {
    files: HashMap<(Side, RepoPath), Masks>,
    texts: BTreeSet<String>,
    /// The same of files that are not shown themselves.
    others: Vec<Arc<Texts>>,
}

/// What no text may hold.
pub type Texts = BTreeSet<String>;

impl Redactor {
    /// Learn what a file must not show.
    pub fn add(&mut self, file: &ManifestFile) {
        let mut masks = Masks::default();
        // What is wrong with a file may be that its text is not where its documents say.
        let unread = !file.problems.is_empty();
        let mentions = |text: &str| ["Secret", "stringData", "last-applied"].iter().any(|word| text.contains(word));
        masks.whole =
            unread && mentions(&file.source.text) || matches!(file.role, Role::Other(Reason::GeneratorInput, _));
        let mut values = Vec::new();
        for document in &file.documents {
            // A repeated key hides its first value from the arena, but not from the reader of a snippet.
            let text = file.source.text.get(document.span.range()).unwrap_or_default();
            // Of what is no object, nobody knows what is a Secret's.
            let is_odd = document.root().kind() != Kind::Mapping && matches!(file.role, Role::Manifest { .. });
            if (is_odd || !document.duplicates.is_empty()) && mentions(text) {
                masks.unshown.push(document.span);
            }
            secrets_of_document(document, &file.role, &mut values);
        }
        for object in &file.objects {
            secrets_of_object(object.value(), &mut values);
        }
        for value in values {
            self.mask(value, &mut masks);
        }
        if masks.whole || !masks.unshown.is_empty() || !masks.spans.is_empty() {
            self.files.insert((file.side, file.path.clone()), masks);
        }
    }

    /// What no text may hold of the files that are known.
    #[must_use]
    pub fn into_texts(self) -> Texts {
        self.texts
    }

    /// Hide other texts too.
    pub fn hide(&mut self, texts: &Arc<Texts>) {
        self.others.push(Arc::clone(texts));
    }

    /// Mask a value: everything of a mapping but its keys.
    fn mask(&mut self, value: Value<'_>, masks: &mut Masks) {
        if let Some(text) = value.as_str() {
            self.learn(text);
        }
        let Some(span) = pointer::span_of(value.document(), value.origin()) else { return };
        let mut start = span.start;
        for (_, key, inner) in value.entries() {
            if let Some(key) = pointer::span_of(value.document(), key) {
                masks.spans.push(Span { start, end: key.start.max(start) });
                start = key.end;
            }
            self.mask(inner, masks);
        }
        for item in value.items() {
            self.mask(item, masks);
        }
        masks.spans.push(Span { start, end: span.end.max(start) });
    }

    fn learn(&mut self, text: &str) {
        let whole = text.trim();
        for part in whole.lines().map(str::trim).chain([whole]) {
            // Words that every message has tell nothing, and a message without them is not understood: a line `value:` or
            // `labels:` of YAML that a Secret holds.
            let is_word = part.len() < SHORTEST || CAUSES.iter().any(|cause| cause.contains(part));
            if is_word || part.len() < whole.len() && is_key(part) {
                continue;
            }
            self.texts.insert(part.to_owned());
            let decoded = base64(part).and_then(|bytes| String::from_utf8(bytes).ok());
            if let Some(decoded) = decoded {
                let lines = decoded.lines().map(|line| line.trim().to_owned());
                self.texts.extend(lines.filter(|line| line.len() >= SHORTEST));
            }
        }
    }

    fn masks(&self, source: &Source) -> Option<&Masks> {
        self.files.get(&(source.side, source.path.clone()))
    }

    /// Hide what a draft must not say; its place stays.
    pub fn clean(&self, draft: &mut Draft) {
        let masks = self.masks(&draft.source);
        let touches = masks.is_some_and(|masks| masks.spans.iter().any(|mask| overlap(*mask, draft.span)));
        if touches || masks.is_some_and(|masks| masks.whole) {
            if let Some(text) = masks.filter(|masks| !masks.whole).and_then(|_| without_value(draft)) {
                draft.message = text;
            } else if let Some(rule) = crate::rules::find(draft.rule.as_str()) {
                draft.message = format!("{} {UNSHOWN}", rule.summary);
            } else {
                REDACTED.clone_into(&mut draft.message);
            }
            draft.detail.clear();
            draft.help = None;
            draft.fix = None;
        }
        // That a key of `data` is missing says what the schema calls it, and nothing of the manifest.
        let is_of_schema = draft.absent && draft.pointer.matches('/').count() == 2;
        let said = [&mut draft.message, &mut draft.pointer].into_iter().filter(|_| !is_of_schema);
        for text in said.chain([&mut draft.detail]).chain(&mut draft.help) {
            self.scrub(text);
        }
        if let Some(fix) = &mut draft.fix {
            self.scrub(&mut fix.title);
            self.scrub(&mut fix.replacement);
        }
        for (message, ..) in &mut draft.related {
            self.scrub(message);
        }
    }

    fn scrub(&self, text: &mut String) {
        let all = self.others.iter().flat_map(|texts| texts.iter()).chain(&self.texts);
        let mut found: Vec<&String> = all.filter(|secret| text.contains(secret.as_str())).collect();
        // Longer texts first, so that a part of one does not leave the rest of it behind.
        found.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        for secret in found {
            replace_secret(text, secret);
        }
    }

    /// A span as a location, with the lines around it.
    #[must_use]
    pub fn location(&self, source: &Source, span: Span) -> Location {
        let mut location = crate::finding::location(source, span);
        let masks = self.masks(source);
        if masks.is_some_and(|masks| masks.whole || masks.unshown.iter().any(|document| overlap(*document, span))) {
            return location;
        }
        let first = location.start.line.saturating_sub(CONTEXT).max(1);
        let last = location.start.line.saturating_add(CONTEXT).min(source.line_count());
        let lines = (first..=last).filter_map(|line| self.line(source, line, masks)).collect::<Vec<_>>();
        location.snippet = (!lines.is_empty()).then_some(Snippet { first_line: first, lines });
        location
    }

    fn line(&self, source: &Source, line: u32, masks: Option<&Masks>) -> Option<String> {
        let span = source.line_span(line)?;
        let mut text = String::new();
        let mut at = span.start;
        let mut spans: Vec<Span> = masks.map(|masks| masks.spans.clone()).unwrap_or_default();
        spans.retain(|mask| overlap(*mask, span));
        spans.sort_unstable();
        for mask in spans {
            let (from, to) = (mask.start.max(at), mask.end.min(span.end));
            let hidden = source.text.get(Span { start: from, end: to.max(from) }.range()).unwrap_or_default();
            if to <= from || hidden.trim_matches([' ', ':', '\t', '{', '}', ',']).is_empty() {
                continue;
            }
            text.push_str(source.text.get(Span { start: at, end: from }.range()).unwrap_or_default());
            let (lead, rest) = hidden.split_at(hidden.len() - hidden.trim_start_matches([' ', ':']).len());
            text.push_str(lead);
            text.push_str(if rest.is_empty() { "" } else { REDACTED });
            at = to;
        }
        text.push_str(source.text.get(Span { start: at, end: span.end.max(at) }.range()).unwrap_or_default());
        self.scrub(&mut text);
        if masks.is_some() {
            hide_comment(&mut text);
        }
        if let Some((cut, _)) = text.char_indices().nth(LONGEST_LINE) {
            text.truncate(cut);
            text.push('…');
        }
        Some(text)
    }
}

/// A line of YAML that only begins a mapping or a list.
fn is_key(line: &str) -> bool {
    line.strip_suffix(':').is_some_and(|key| key.bytes().all(|byte| byte.is_ascii_alphabetic()))
}

/// The field and the kind of the cause, of a message in the API server's words: both are made of keys alone.
fn without_value(draft: &Draft) -> Option<String> {
    if !draft.rule.as_str().starts_with("schema/") {
        return None;
    }
    let (field, rest) = draft.message.split_once(": ")?;
    let cause = CAUSES.iter().map(|cause| cause.trim_end_matches(':')).find(|cause| rest.starts_with(cause))?;
    let value = if cause == "Required value" { String::new() } else { format!(": {REDACTED}") };
    (!field.contains('"')).then(|| format!("{field}: {cause}{value}"))
}

/// A secret that is an everyday word ("password") is only hidden where it stands alone: hiding it inside of a longer name
/// would tell what it is.
fn replace_secret(text: &mut String, secret: &str) {
    if !secret.bytes().all(|byte| byte.is_ascii_lowercase()) {
        *text = text.replace(secret, REDACTED);
        return;
    }
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    let mut clean = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once(secret) {
        clean.push_str(before);
        let inside = clean.ends_with(is_part) || after.starts_with(is_part);
        clean.push_str(if inside { secret } else { REDACTED });
        rest = after;
    }
    clean.push_str(rest);
    *text = clean;
}

/// In a file with a Secret people write the old password beside the new one. Our own comments stay.
fn hide_comment(line: &mut String) {
    let begins = |at: usize| line.get(..at).is_some_and(|before| before.is_empty() || before.ends_with([' ', '\t']));
    let comment = line.match_indices('#').map(|(at, _)| at).find(|at| begins(*at));
    let Some(at) = comment.filter(|at| !line.get(*at..).is_some_and(|text| text.contains("portcullis:"))) else {
        return;
    };
    line.truncate(at + 1);
    line.push(' ');
    line.push_str(REDACTED);
}

fn overlap(a: Span, b: Span) -> bool {
    a.start < b.end && b.start < a.end
}

/// The values of one object that are secret: a Secret's data, and the copy of the whole object that kubectl keeps.
fn secrets_of_object<'a>(object: Value<'a>, values: &mut Vec<Value<'a>>) {
    let kind = object.get("kind").and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase();
    if kind.is_empty() || kind.contains("secret") {
        values.extend(object.get("data"));
    }
    // No other kind has the field, so it is hidden even where the kind is misspelled.
    values.extend(object.get("stringData"));
    values.extend(object.path(&["metadata", "annotations", LAST_APPLIED]));
}

fn secrets_of_document<'a>(document: &'a Document, role: &Role, values: &mut Vec<Value<'a>>) {
    let root = document.root();
    secrets_of_object(root, values);
    for operation in root.items() {
        let path = operation.get("path").and_then(Value::as_str).unwrap_or_default();
        let into_data = ["/data", "/stringData"].iter().any(|prefix| path.starts_with(prefix)) || path.len() <= 1;
        values.extend(operation.get("value").filter(|_| into_data || path.contains("last-applied")));
    }
    if *role != Role::Kustomization {
        return;
    }
    for generator in root.get("secretGenerator").into_iter().flat_map(Value::items) {
        values.extend(generator.get("literals"));
    }
    for field in ["patches", "patchesStrategicMerge", "patchesJson6902"] {
        for patch in root.get(field).into_iter().flat_map(Value::items) {
            let text = if patch.kind() == Kind::String { Some(patch) } else { patch.get("patch") };
            let of_secret =
                patch.path(&["target", "kind"]).and_then(Value::as_str).is_some_and(|kind| kind.contains("Secret"));
            values.extend(text.filter(|text| {
                let text = text.as_str().unwrap_or_default();
                of_secret || text.contains("Secret") || text.contains("stringData")
            }));
        }
    }
}

/// What base64 of either alphabet, padded or not, says; nothing for anything else.
fn base64(text: &str) -> Option<Vec<u8>> {
    const LENIENT: GeneralPurposeConfig =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let standard = text.replace('-', "+").replace('_', "/");
    GeneralPurpose::new(&alphabet::STANDARD, LENIENT).decode(standard).ok()
}
