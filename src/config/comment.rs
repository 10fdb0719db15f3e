//! Suppressions in comments: `# portcullis: allow RULE[,RULE] until=2027-01-31 reason="…" owner=team-a`.

use jiff::civil::Date;
use memchr::memmem;

use super::pattern::Wildcard;
use super::shape::cut;
use super::validate::{parse_date, rule_pattern};
use crate::source::{Source, Span};

/// One comment that allows something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// Rules it allows.
    pub rules: Vec<Wildcard>,
    /// Why.
    pub reason: String,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Last day on which it counts.
    pub until: Option<Date>,
    /// The line on which it is written, from 1.
    pub line: u32,
    /// The line that it covers, from 1: its own when it stands behind something, else the next line that is neither
    /// blank nor a comment.
    pub target: u32,
    /// It stands on a line of its own: what the key or list item on the next line holds is covered too.
    pub above: bool,
    /// The key on the covered line (its text up to the first colon): what ties the comment to its place across edits.
    pub anchor: String,
}

/// A comment that speaks to portcullis and says nothing that it understands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommentProblem {
    /// The comment, from its `#`.
    pub span: Span,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: String,
}

const SHAPE: &str = "write `# portcullis: allow group/rule until=2027-01-31 reason=\"why\"`";

impl Comment {
    /// Whether it covers a finding: `lines` as in [`super::suppress::FindingFacts::lines`].
    #[must_use]
    pub fn covers(&self, rule: &str, lines: &[u32]) -> bool {
        let reach = if self.above { lines } else { lines.get(..1).unwrap_or_default() };
        reach.contains(&self.target) && self.rules.iter().any(|pattern| pattern.matches(rule))
    }
}

/// The comments of a file, in its order, and those that say nothing. `scalars` are the quoted and block scalars of the
/// file, sorted by place: a `#` inside one is text.
#[must_use]
pub fn parse(source: &Source, scalars: &[Span]) -> (Vec<Comment>, Vec<CommentProblem>) {
    let (mut comments, mut problems) = (Vec::new(), Vec::new());
    for at in memmem::find_iter(source.text.as_bytes(), b"portcullis:") {
        let Some(comment) = comment_at(source, at, scalars) else { continue };
        match instruction(&comment.text) {
            Ok(said) => comments.push(comment.with(source, said)),
            Err((message, help)) => problems.push(CommentProblem { span: comment.span, message, help }),
        }
    }
    (comments, problems)
}

/// The head's comments that the base's file has too, and those that the head adds. A comment is the same when it says
/// the same about the same key, wherever the line has moved; of equal ones, as many are trusted as the base has.
#[must_use]
pub fn split_added(head: Vec<Comment>, base: &[Comment]) -> (Vec<Comment>, Vec<Comment>) {
    let mut left: Vec<&Comment> = base.iter().collect();
    head.into_iter().partition(|comment| {
        let known = left.iter().position(|old| {
            (&old.rules, old.until, old.above, &old.anchor)
                == (&comment.rules, comment.until, comment.above, &comment.anchor)
        });
        known.map(|index| left.swap_remove(index)).is_some()
    })
}

struct Found {
    text: String,
    span: Span,
    line: u32,
    above: bool,
}

/// The comment whose `portcullis:` stands at an offset, if it is one.
fn comment_at(source: &Source, at: usize, scalars: &[Span]) -> Option<Found> {
    let line = source.position(Span::new(at, at).start).line;
    let line_span = source.line_span(line)?.range();
    let before = source.text.get(line_span.start..at)?;
    let code = before.trim_end().strip_suffix('#')?;
    let hash = line_span.start + code.len();
    let code = code.trim_end_matches('#');
    if !(code.is_empty() || code.ends_with([' ', '\t'])) {
        return None;
    }
    let offset = Span::new(hash, hash).start;
    let before = scalars.partition_point(|span| span.start <= offset);
    let inside = before.checked_sub(1).and_then(|last| scalars.get(last)).is_some_and(|span| offset < span.end);
    let text = source.text.get(at + "portcullis:".len()..line_span.end)?.to_owned();
    let above = code.trim().is_empty();
    (!inside).then(|| Found { text, span: Span::new(hash, line_span.end), line, above })
}

impl Found {
    fn with(self, source: &Source, said: Said) -> Comment {
        let content = |line: &u32| {
            let text = source.line(*line).unwrap_or_default().trim();
            !text.is_empty() && !text.starts_with('#')
        };
        let next = || (self.line + 1..=source.line_count()).find(content).unwrap_or(self.line);
        let target = if self.above { next() } else { self.line };
        let text = source.line(target).unwrap_or_default();
        let anchor = text.split_once(':').map_or(text, |(key, _)| key).trim().to_owned();
        let Said { rules, reason, owner, until } = said;
        Comment { rules, reason, owner, until, line: self.line, target, above: self.above, anchor }
    }
}

#[derive(Default)]
struct Said {
    rules: Vec<Wildcard>,
    reason: String,
    owner: Option<String>,
    until: Option<Date>,
}

fn instruction(text: &str) -> Result<Said, (String, String)> {
    let wrong = |message: String| Err((message, SHAPE.to_owned()));
    let mut words = words(text).map_err(|message| (message, SHAPE.to_owned()))?.into_iter().peekable();
    match words.next() {
        Some(word) if word == "allow" => {}
        Some(word) => return wrong(format!("portcullis knows no instruction `{}`", cut(&word))),
        None => return wrong("the comment says nothing to portcullis".to_owned()),
    }
    let mut said = Said::default();
    while let Some(word) = words.next_if(|word| !word.contains('=')) {
        for rule in word.split(',').filter(|rule| !rule.is_empty()) {
            said.rules.push(rule_pattern(rule)?);
        }
    }
    for word in words {
        match word.split_once('=') {
            Some(("reason", reason)) => reason.trim().clone_into(&mut said.reason),
            Some(("owner", owner)) => said.owner = Some(owner.to_owned()),
            Some(("until", date)) => match parse_date(date) {
                Some(date) => said.until = Some(date),
                None => return wrong(format!("until is \"{}\", no date", cut(date))),
            },
            Some((key, _)) => return wrong(format!("there is no `{}`; known are until, reason, owner", cut(key))),
            None => return wrong(format!("`{}` is not expected here", cut(&word))),
        }
    }
    match (said.rules.is_empty(), said.reason.is_empty()) {
        (true, _) => wrong("the comment names no rule".to_owned()),
        (_, true) => wrong("the comment gives no reason".to_owned()),
        _ => Ok(said),
    }
}

/// Words apart by blanks; double quotes hold a word with blanks together and are taken away.
fn words(text: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let (mut word, mut quoted) = (String::new(), false);
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            c if c.is_whitespace() && !quoted => {
                words.extend(Some(std::mem::take(&mut word)).filter(|w| !w.is_empty()))
            }
            c => word.push(c),
        }
    }
    words.extend(Some(word).filter(|word| !word.is_empty()));
    if quoted { Err("a quote is not closed".to_owned()) } else { Ok(words) }
}
