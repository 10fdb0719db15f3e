//! A file's bytes → its documents and what is wrong with it.

use std::sync::Arc;

use super::compose::{Composed, compose};
use super::decode::decode;
use super::document::Document;
use super::value::Kind;
use super::{Dialect, json, limits, split};
use crate::source::{RepoPath, Side, Source, Span};

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProblemKind {
    /// The document is no YAML or JSON that the tools of the cluster read.
    Syntax,
    /// A line begins with `---` and goes on.
    Separator,
    /// Bytes that are no text.
    InvalidUtf8,
    /// Content after a document's end that everybody skips in silence.
    ContentAfterEnd,
    /// Too deep, too many aliases, or too slow to read.
    Limit,
}

/// One thing that is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Which kind.
    pub kind: ProblemKind,
    /// What and why, in plain words.
    pub message: String,
    /// Where in the source.
    pub span: Span,
    /// Position of the document that holds it, as [`Document::index`].
    pub document: u32,
    /// The document is not read because of it, and the program stops there: only the documents with a smaller index
    /// are what kubectl or kustomize gets from the file.
    pub fatal: bool,
}

/// What a file holds.
#[derive(Clone, Debug)]
pub struct Stream {
    /// The file's text.
    pub source: Arc<Source>,
    /// The documents that can be read, null ones left out, also those behind a fatal problem.
    pub documents: Vec<Document>,
    /// In the order of the text.
    pub problems: Vec<Problem>,
}

/// Read all documents of a file, as `kubectl apply -f` and `kustomize` split it.
#[must_use]
pub fn read(path: RepoPath, side: Side, bytes: &[u8], dialect: Dialect) -> Stream {
    let mut documents = Vec::new();
    let (source, problems) = read_each(path, side, bytes, dialect, &mut |document| documents.push(document));
    Stream { source, documents, problems }
}

/// The same, one document after the other, so that never all of them are in memory: the file's text, and what is wrong.
pub fn read_each(
    path: RepoPath,
    side: Side,
    bytes: &[u8],
    dialect: Dialect,
    visit: &mut dyn FnMut(Document),
) -> (Arc<Source>, Vec<Problem>) {
    let decoded = decode(bytes);
    let source = Arc::new(Source::new(path, side, decoded.text, decoded.verbatim));
    let mut reader = Reader { source, dialect, invalid: decoded.invalid, visit, taken: 0, problems: vec![], index: 0 };
    let from = if dialect == Dialect::Kubectl { reader.json() } else { Some(0) };
    if let Some(from) = from {
        reader.yaml(from);
    }
    (reader.source, reader.problems)
}

/// Read the whole input as one document, as `sigs.k8s.io/yaml` does: only the first YAML document counts, invalid UTF-8
/// is refused. The stream has one document, which may be null, or one fatal problem.
#[must_use]
pub fn read_one(path: RepoPath, side: Side, bytes: &[u8], dialect: Dialect) -> Stream {
    let decoded = decode(bytes);
    let source = Arc::new(Source::new(path, side, decoded.text, decoded.verbatim));
    let mut stream = Stream { source, documents: vec![], problems: vec![] };
    if let Some(span) = decoded.invalid.first() {
        stream.problems.push(invalid_utf8(*span, decoded.invalid.len(), 0, true));
        return stream;
    }
    let whole = Span::new(0, stream.source.text.len());
    match compose(&stream.source, whole, 0, dialect, false) {
        Ok(Composed { document, .. }) => stream.documents.push(document),
        Err(problem) => stream.problems.push(problem),
    }
    stream
}

impl Document {
    /// Read the document's bytes again in another dialect. What was added to it since (origins, defaults) is not kept.
    pub fn reread(&self, dialect: Dialect) -> Result<Document, Problem> {
        let source = self.source();
        let text = source.text.get(self.span.range()).unwrap_or_default();
        if dialect == Dialect::Kubectl
            && text.trim_start().starts_with('{')
            && let Ok(document) = json::read(source, self.span.start as usize, self.index)
        {
            return Ok(document);
        }
        compose(source, self.span, self.index, dialect, true).map(|composed| composed.document)
    }
}

struct Reader<'v> {
    source: Arc<Source>,
    dialect: Dialect,
    /// Not reported yet, in order.
    invalid: Vec<Span>,
    visit: &'v mut dyn FnMut(Document),
    /// How many documents were visited.
    taken: usize,
    problems: Vec<Problem>,
    index: u32,
}

impl Reader<'_> {
    /// Input whose first character is `{` is a stream of JSON values. Where YAML begins, if it does.
    fn json(&mut self) -> Option<usize> {
        let source = Arc::clone(&self.source);
        if !source.text.trim_start().starts_with('{') {
            return Some(0);
        }
        let mut from = 0;
        loop {
            let start = json::skip_blanks(&source.text, from);
            if self.too_many(Span::new(start, start)) {
                return None;
            }
            if from > 0 && start == source.text.len() {
                return None;
            }
            match json::read(&source, from, self.index) {
                Ok(document) => {
                    from = document.span.end as usize;
                    self.take(document);
                }
                Err(fault) if fault.fatal || self.index > 1 => {
                    let at = Span::new(fault.at, (fault.at + 1).min(source.text.len()));
                    let kind = if fault.fatal { ProblemKind::Limit } else { ProblemKind::Syntax };
                    let problem = Problem { kind, message: fault.message, span: at, document: self.index, fatal: true };
                    self.problems.push(problem);
                    self.index += 1;
                    // kubectl stops; what the next separators part is looked at nevertheless.
                    let rest = split::pieces(&source.text, from).nth(1);
                    return rest.map(|piece| piece.span.start as usize);
                }
                // Also when one value was read: kubectl goes on behind it as YAML.
                Err(_) => return Some(from),
            }
        }
    }

    fn yaml(&mut self, from: usize) {
        let source = Arc::clone(&self.source);
        for piece in split::pieces(&source.text, from) {
            if self.too_many(piece.span) {
                return;
            }
            // Files of empty documents are common enough; a tab is not empty, it is an error.
            let text = source.text.get(piece.span.range()).unwrap_or_default().trim_matches([' ', '\r', '\n']);
            if text.is_empty() || text == "---" {
                self.index += 1;
                continue;
            }
            if let Some(line) = piece.bad_separator {
                let message = "a line that begins with `---` separates documents, even inside quotes, and only a comment \
                               may follow on it";
                self.refuse(ProblemKind::Separator, message, line, piece.span);
                continue;
            }
            let unreadable = self.invalid_in(piece.span) && self.dialect == Dialect::Kustomize;
            match compose(&source, piece.span, self.index, self.dialect, true) {
                _ if unreadable => self.index += 1,
                Ok(Composed { document, rest }) => {
                    if let Some(rest) = rest {
                        let message =
                            "this is skipped in silence: the document ends above, and only `---` begins another";
                        self.problems.push(Problem {
                            kind: ProblemKind::ContentAfterEnd,
                            message: message.to_owned(),
                            span: rest,
                            document: self.index,
                            fatal: false,
                        });
                    }
                    self.take(document);
                }
                Err(problem) => {
                    self.problems.push(problem);
                    self.index += 1;
                }
            }
        }
    }

    fn take(&mut self, document: Document) {
        self.invalid_in(document.span);
        self.index += 1;
        if document.root().kind() != Kind::Null {
            self.taken += 1;
            (self.visit)(document);
        }
    }

    fn refuse(&mut self, kind: ProblemKind, message: &str, at: Span, piece: Span) {
        self.invalid_in(piece);
        let problem = Problem { kind, message: message.to_owned(), span: at, document: self.index, fatal: true };
        self.problems.push(problem);
        self.index += 1;
    }

    /// Report what is no text up to the end of `piece`, in one problem; whether there was any.
    fn invalid_in(&mut self, piece: Span) -> bool {
        let count = self.invalid.partition_point(|span| span.start < piece.end);
        let first = self.invalid.drain(..count).next();
        let fatal = self.dialect == Dialect::Kustomize;
        self.problems.extend(first.map(|span| invalid_utf8(span, count, self.index, fatal)));
        count > 0
    }

    /// The file holds more documents than are read: what begins at `next` is left.
    fn too_many(&mut self, next: Span) -> bool {
        if self.taken < limits::DOCUMENTS && self.problems.len() < limits::DOCUMENTS {
            return false;
        }
        let message = format!("not read from here on: the file holds more than {} documents", limits::DOCUMENTS);
        let at = Span { end: next.start, ..next };
        self.problems.push(Problem { kind: ProblemKind::Limit, message, span: at, document: self.index, fatal: true });
        true
    }
}

fn invalid_utf8(first: Span, places: usize, document: u32, fatal: bool) -> Problem {
    let more = match places {
        0 | 1 => String::new(),
        2 => ", nor are those at 1 more place".to_owned(),
        _ => format!(", nor are those at {} more places", places - 1),
    };
    let message = if fatal {
        format!("these bytes are no UTF-8{more}: the file is refused for it")
    } else {
        format!("these bytes are no UTF-8{more}: kubectl silently puts U+FFFD in their place")
    };
    Problem { kind: ProblemKind::InvalidUtf8, message, span: first, document, fatal }
}
