//! One document → its arena, by the rules of a dialect: from libyaml's events, where `scan` does not read it.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use super::build::{Builder, Key};
use super::document::{Data, Document, NodeId};
use super::events::{Event, Kind, Parser, Style};
use super::repair::Repairs;
use super::resolve::{self, KeyKind, Tag};
use super::scalar::Written;
use super::{Dialect, Problem, ProblemKind, explain, limits, scan};
use crate::source::{Source, Span};

/// One document and, where its text goes on after its end, what nobody reads.
pub(super) struct Composed {
    pub(super) document: Document,
    pub(super) rest: Option<Span>,
}

/// Read the first YAML document in `span`. `finish_line` adds the line end that a splitter adds to each document.
pub(super) fn compose(
    source: &Arc<Source>,
    span: Span,
    index: u32,
    dialect: Dialect,
    finish_line: bool,
) -> Result<Composed, Problem> {
    let text = source.text.get(span.range()).unwrap_or_default();
    if let Some(reason) = limits::too_slow(text) {
        return Err(Problem {
            kind: ProblemKind::Limit,
            message: format!("not read: it holds {reason}"),
            span: Span { end: span.start, ..span },
            document: index,
            fatal: true,
        });
    }
    if let Some(build) = scan::scan(&source.text, span, Builder::new(dialect, &source.text, text.len())) {
        return Ok(Composed { document: build.finish(source, span, index), rest: None });
    }
    compose_events(source, span, index, dialect, finish_line)
}

/// The same with libyaml, which reads everything.
pub(super) fn compose_events(
    source: &Arc<Source>,
    span: Span,
    index: u32,
    dialect: Dialect,
    finish_line: bool,
) -> Result<Composed, Problem> {
    let text = source.text.get(span.range()).unwrap_or_default();
    let problem = |kind, message: String, at: Span| Problem { kind, message, span: at, document: index, fatal: true };
    let mut input = Cow::Borrowed(text);
    if finish_line && !text.is_empty() && !text.ends_with('\n') {
        input.to_mut().push('\n');
    }
    let bom = if input.starts_with('\u{FEFF}') { '\u{FEFF}'.len_utf8() } else { 0 };
    let mut repairs = Repairs::new(&mut input, bom);
    loop {
        let reader = Reader {
            base: span.start as usize + bom,
            limit: span.end as usize,
            build: Builder::new(dialect, &source.text, text.len()),
            repairs: &repairs,
            anchors: HashMap::new(),
            open: Vec::with_capacity(8),
            flow: 0,
            read: 1,
            from_aliases: 0,
        };
        let attempt = reader.run(input.get(bom..).unwrap_or_default());
        let stop = match attempt {
            Ok((build, end)) => {
                let rest = after(&source.text, end, span.end as usize);
                return Ok(Composed { document: build.finish(source, span, index), rest });
            }
            Err(stop) => stop,
        };
        match stop {
            Stop::Refused(kind, message, at) => return Err(problem(kind, message, at)),
            Stop::Fault(fault) => {
                if repairs.mend(&mut input, bom, &fault) {
                    continue;
                }
                let explained = explain::explain(&fault, input.get(bom..).unwrap_or_default());
                let base = span.start as usize + bom;
                let at = |offset: usize| (base + offset).min(span.end as usize);
                let at = Span::new(at(explained.start), at(explained.end));
                return Err(problem(ProblemKind::Syntax, explained.message, at));
            }
        }
    }
}

/// What stands between the end of the document and the end of its text, blanks, comments and `...` apart.
fn after(text: &str, from: usize, to: usize) -> Option<Span> {
    let mut at = from;
    for line in text.get(from..to)?.split_inclusive('\n') {
        let content = line.trim();
        if !(content.is_empty() || content.starts_with('#') || content == "...") {
            let start = at + (line.len() - line.trim_start().len());
            let end = from + text.get(from..to)?.trim_end().len();
            return Some(Span::new(start, end));
        }
        at += line.len();
    }
    None
}

enum Stop {
    Fault(super::events::Fault),
    Refused(ProblemKind, String, Span),
}

fn refuse<T>(message: impl Into<String>, at: Span) -> Result<T, Stop> {
    Err(Stop::Refused(ProblemKind::Syntax, message.into(), at))
}

/// What an alias may name.
struct Anchor {
    node: NodeId,
    /// Nodes in it, aliases expanded, as go-yaml counts them.
    size: u64,
    /// Levels below it, aliases expanded.
    height: u32,
    /// It is not finished: an alias to it would contain itself.
    open: bool,
    /// What it is as a key; nothing for a collection.
    key: Option<Result<(String, KeyKind), String>>,
}

/// An open collection, beside the builder's frame of it.
struct Open {
    anchor: Option<Box<str>>,
    /// Nodes read before it.
    before: u64,
    height: u32,
    flow: bool,
    /// End of the last child.
    end: usize,
}

struct Reader<'t> {
    /// Where the input begins in the source.
    base: usize,
    /// Where it ends there; what `finish_line` added lies beyond.
    limit: usize,
    build: Builder<'t>,
    repairs: &'t Repairs,
    anchors: HashMap<Box<str>, Anchor>,
    open: Vec<Open>,
    flow: u32,
    /// Nodes read, aliases expanded (go-yaml's `decodeCount`), and those of them that came from aliases.
    read: u64,
    from_aliases: u64,
}

impl<'t> Reader<'t> {
    fn run(mut self, input: &str) -> Result<(Builder<'t>, usize), Stop> {
        let mut parser = Parser::new(input);
        loop {
            let event = parser.next().map_err(Stop::Fault)?;
            let at = self.span(event.start, event.end);
            match event.kind {
                Kind::StreamStart => {}
                Kind::StreamEnd => return Ok((self.build, self.limit)),
                Kind::DocumentEnd => return Ok((self.build, at.end as usize)),
                Kind::DocumentStart { version } => {
                    if let Some((major, minor)) = version.filter(|version| *version != (1, 1)) {
                        let message = format!("%YAML {major}.{minor} is refused: kubectl reads only YAML 1.1");
                        return refuse(message, self.span(event.start, event.end));
                    }
                }
                Kind::Alias(name) => self.alias(name, at)?,
                Kind::Scalar { .. } => self.scalar(&event, at)?,
                Kind::SequenceStart { anchor, flow } => self.begin(false, anchor, flow, at)?,
                Kind::MappingStart { anchor, flow } => self.begin(true, anchor, flow, at)?,
                Kind::End => self.end(at)?,
            }
            if limits::too_many_aliases(self.from_aliases, self.read) {
                let message = "most of this document comes from aliases: kubectl refuses it as excessive aliasing";
                return Err(Stop::Refused(ProblemKind::Limit, message.to_owned(), at));
            }
        }
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span::new((self.base + start).min(self.limit), (self.base + end).min(self.limit))
    }

    fn begin(&mut self, is_mapping: bool, anchor: Option<&str>, flow: bool, at: Span) -> Result<(), Stop> {
        if self.build.wants_key() {
            let message = if self.build.source.get(at.range()) == Some("{") {
                "a mapping cannot be a key: kubectl refuses it (is `{{` a template that was not rendered?)"
            } else {
                "a list or a mapping cannot be a key: kubectl refuses it"
            };
            return refuse(message, at);
        }
        if self.build.depth() >= limits::DEPTH {
            return Err(too_deep(at));
        }
        self.read += 1;
        let node = self.build.open(is_mapping, at);
        let anchor: Option<Box<str>> = anchor.map(Into::into);
        if let Some(name) = &anchor {
            let open = Anchor { node, size: 0, height: 0, open: true, key: None };
            self.anchors.insert(name.clone(), open);
        }
        self.flow += u32::from(flow);
        self.open.push(Open { anchor, before: self.read - 1, height: 0, flow, end: at.end as usize });
        Ok(())
    }

    fn end(&mut self, at: Span) -> Result<(), Stop> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        self.flow -= u32::from(open.flow);
        // A block collection ends, for libyaml, where the next thing begins.
        let end = if open.flow { at.end as usize } else { open.end };
        let known = self.build.duplicates.len();
        if let Err((at, message)) = self.build.close(Span::new(end, end).end) {
            return refuse(message, at);
        }
        if self.build.dialect == Dialect::Kustomize
            && let Some(duplicate) =
                self.build.duplicates.get(known..).unwrap_or_default().iter().find(|d| !d.collision)
        {
            let message = format!("the key {:?} is already there, and kustomize refuses duplicate keys", duplicate.key);
            return refuse(message, duplicate.second);
        }
        let height = open.height + 1;
        if let Some(name) = open.anchor
            && let Some(anchor) = self.anchors.get_mut(&name)
            && anchor.open
        {
            anchor.open = false;
            anchor.size = self.read - open.before;
            anchor.height = height;
        }
        self.child(end, height);
        Ok(())
    }

    /// A child of the innermost open collection ended.
    fn child(&mut self, end: usize, height: u32) {
        if let Some(open) = self.open.last_mut() {
            open.end = end;
            open.height = open.height.max(height);
        }
    }

    fn alias(&mut self, name: &str, at: Span) -> Result<(), Stop> {
        let Some(anchor) = self.anchors.get(name) else {
            return refuse(format!("no anchor `&{name}` stands before this alias"), at);
        };
        if anchor.open {
            return refuse(format!("the alias stands inside its own anchor `&{name}`"), at);
        }
        let (node, size, height) = (anchor.node, anchor.size, anchor.height);
        if self.build.depth() + height > limits::DEPTH {
            return Err(too_deep(at));
        }
        self.read = self.read.saturating_add(size + 1);
        self.from_aliases = self.from_aliases.saturating_add(size);
        if self.build.wants_key() {
            let (text, kind) = match &anchor.key {
                None => return refuse("a list or a mapping cannot be a key: kubectl refuses it", at),
                Some(Err(reason)) => return refuse(reason.clone(), at),
                Some(Ok(key)) => key.clone(),
            };
            let kind = if self.build.dialect == Dialect::Kustomize { KeyKind::Alias } else { kind };
            let text = self.build.own(&text);
            self.build.key(Key { text, span: at, kind });
        } else {
            self.build.attach(node);
        }
        self.child(at.end as usize, height);
        Ok(())
    }

    fn scalar(&mut self, event: &Event<'_>, at: Span) -> Result<(), Stop> {
        let Kind::Scalar { anchor, tag, value, style } = event.kind else { return Ok(()) };
        self.read += 1;
        let raw = self.build.source.get(at.range()).unwrap_or_default();
        let at = if style == Style::Block { Span { end: at.start + end_of(raw), ..at } } else { at };
        let value = self.repairs.restore(value, style, event.start, event.end, raw);
        self.refuse_what_go_refuses(&value, tag, style, raw, at)?;
        let tag = match tag {
            Some("!") => Tag::Bare,
            Some(tag) => Tag::Named(tag),
            None => Tag::None,
        };
        let plain = style == Style::Plain;
        let written = Written { value: &value, tag, plain, at, end: inner_end(at, style) };
        if self.build.wants_key() {
            self.key(&written, anchor)?;
        } else {
            let (node, scalar) = self.build.value(&written).map_err(|message| refused(message, at))?;
            if let Some(name) = anchor {
                let key = match resolve::key(self.build.dialect, scalar) {
                    Ok((text, kind)) => Ok((text.into_owned(), kind)),
                    Err(reason) => Err(reason.to_owned()),
                };
                self.anchor(name, node, key);
            }
        }
        self.child(at.end as usize, 0);
        Ok(())
    }

    fn anchor(&mut self, name: &str, node: NodeId, key: Result<(String, KeyKind), String>) {
        let anchor = Anchor { node, size: 1, height: 0, open: false, key: Some(key) };
        self.anchors.insert(name.into(), anchor);
    }

    fn key(&mut self, written: &Written<'_>, anchor: Option<&str>) -> Result<(), Stop> {
        let Written { value, tag, plain, at, end } = *written;
        let dialect = self.build.dialect;
        if value == "<<" && (plain && tag == Tag::None || tag == Tag::Named("tag:yaml.org,2002:merge")) {
            self.build.add_merge_key(written);
            return Ok(());
        }
        let scalar = self.build.read_key(written).map_err(|message| refused(message, at))?;
        if let Some(name) = anchor {
            // The key itself becomes a node that only aliases show.
            let text = self.build.keep(value, end);
            let data = match resolve::data(&scalar) {
                Ok(Some(data)) => data,
                Ok(None) => Data::String(text),
                Err(message) => return refuse(message, at),
            };
            let node = self.build.loose(data, at, plain && tag == Tag::None);
            let key = resolve::key(dialect, scalar.clone());
            let key = key.map(|(text, kind)| (text.into_owned(), kind)).map_err(ToOwned::to_owned);
            self.anchor(name, node, key);
        }
        if dialect == Dialect::Kustomize && tag == Tag::Named("tag:yaml.org,2002:binary") {
            return refuse("kustomize takes only strings as keys; put it in quotes", at);
        }
        self.build.add_key(written, scalar).map_err(|message| refused(message.to_owned(), at))
    }

    /// What libyaml accepts and go-yaml does not.
    fn refuse_what_go_refuses(
        &self,
        value: &str,
        tag: Option<&str>,
        style: Style,
        raw: &str,
        at: Span,
    ) -> Result<(), Stop> {
        if style == Style::Double && raw.len() != value.len() + 2 && has_slash_escape(raw) {
            return refuse("kubectl does not know the escape `\\/` in YAML; write `/`", at);
        }
        if self.flow > 0 && style == Style::Plain && value.contains('?') {
            return refuse("kubectl ends an unquoted value at `?` inside [] and {}: put it in quotes", at);
        }
        if self.flow > 0 && tag.is_some() {
            let word = raw.split_ascii_whitespace().find(|word| word.starts_with('!')).unwrap_or_default();
            let next = self.build.source.as_bytes().get(at.end as usize);
            if value.is_empty() && next == Some(&b',') && raw.ends_with(word) {
                return refuse("kubectl takes the comma for a part of the tag: put a blank between them", at);
            }
        }
        Ok(())
    }
}

fn too_deep(at: Span) -> Stop {
    Stop::Refused(ProblemKind::Limit, format!("nested more than {} levels deep", limits::DEPTH), at)
}

fn refused(message: String, at: Span) -> Stop {
    Stop::Refused(ProblemKind::Syntax, message, at)
}

/// Length of a block scalar without the blank lines behind it.
fn end_of(raw: &str) -> u32 {
    let length = raw.trim_end_matches([' ', '\t', '\r', '\n']).len();
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// Where the text of a scalar ends, its closing quote left out.
fn inner_end(at: Span, style: Style) -> usize {
    let quote = usize::from(matches!(style, Style::Single | Style::Double));
    (at.end as usize).saturating_sub(quote)
}

/// `\/` in a double-quoted scalar, not counting `\\/`.
fn has_slash_escape(raw: &str) -> bool {
    let mut bytes = raw.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'\\' && bytes.next() == Some(b'/') {
            return true;
        }
    }
    false
}
