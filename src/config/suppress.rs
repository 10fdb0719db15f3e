//! Which suppression covers a finding, and whether it counts.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use jiff::civil::Date;

use super::Config;
use super::comment::Comment;
use super::pattern::{ObjectPattern, PathSet, Wildcard};
use crate::finding::{SuppressionKind, SuppressionUse};
use crate::manifest::key::ObjectKey;

/// How many days before its end a suppression is announced to end.
pub const NOTICE_DAYS: i32 = 14;

/// One entry of `suppressions`; all that is given must match.
#[derive(Clone, Debug)]
pub struct ConfigSuppression {
    /// Rules.
    pub rule: Option<Wildcard>,
    /// Files.
    pub path: Option<PathSet>,
    /// Objects.
    pub object: Option<ObjectPattern>,
    /// Clusters.
    pub cluster: Option<Wildcard>,
    /// JSON pointers; what lies below a match is covered too.
    pub pointer: Option<Wildcard>,
    /// One finding.
    pub fingerprint: Option<String>,
    /// Why.
    pub reason: String,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Last day on which it counts.
    pub until: Option<Date>,
    /// JSON pointer of the entry in the config.
    pub entry: String,
}

/// What is known of a finding's place when suppressions are looked for.
#[derive(Clone, Copy, Debug)]
pub struct FindingFacts<'a> {
    /// The rule's id.
    pub rule: &'a str,
    /// Its authority is advice: what the head's own suppressions may cover unless the config says otherwise.
    pub advice: bool,
    /// The file.
    pub path: &'a str,
    /// The object.
    pub object: Option<&'a ObjectKey>,
    /// The cluster.
    pub cluster: Option<&'a str>,
    /// JSON pointer into the object.
    pub pointer: &'a str,
    /// The fingerprint.
    pub fingerprint: &'a str,
    /// The line of the place, then the lines of the keys and list items that hold it, the document's root left out
    /// (a comment above the first key would cover the whole document else).
    pub lines: &'a [u32],
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Match {
    /// Nothing covers it.
    None,
    /// It is suppressed.
    Active {
        /// By what.
        by: SuppressionUse,
        /// Days until it no longer is, when at most [`NOTICE_DAYS`].
        ends_in: Option<i32>,
    },
    /// It was, until a day that is over: the finding counts.
    Expired(SuppressionUse),
    /// The head asks for it and may not: the finding counts.
    Refused {
        /// By what.
        by: SuppressionUse,
        /// The entry for the target branch's config that would have the same effect, one line of YAML.
        propose: String,
    },
}

struct Entry<'a> {
    config: &'a Config,
    suppression: &'a ConfigSuppression,
    at: OnceLock<String>,
    uses: AtomicU32,
}

/// The suppressions of a run: those of the trust commit, and those that the head adds.
pub struct Suppressions<'a> {
    trust: &'a Config,
    trusted: Vec<Entry<'a>>,
    added: Vec<Entry<'a>>,
}

impl<'a> Suppressions<'a> {
    /// Of the trust commit's config and, where the change alters it, the head's.
    #[must_use]
    pub fn new(trust: &'a Config, head: Option<&'a Config>) -> Self {
        let entries = |config: &'a Config, known: &[ConfigSuppression]| {
            let new = config.suppressions.iter().filter(|new| !known.iter().any(|old| old.same(new)));
            new.map(|suppression| Entry { config, suppression, at: OnceLock::new(), uses: AtomicU32::new(0) }).collect()
        };
        let added = head.map_or_else(Vec::new, |head| entries(head, &trust.suppressions));
        Self { trust, trusted: entries(trust, &[]), added }
    }

    /// What covers a finding. `trusted` are the comments of its file that the trust commit has too, `added` those that
    /// the head brings ([`super::comment::split_added`]). What counts comes first, then what the head may not say, then
    /// what is over.
    #[must_use]
    pub fn find(&self, facts: &FindingFacts<'_>, trusted: &[Comment], added: &[Comment], today: Date) -> Match {
        let over = |until: Option<Date>| until.is_some_and(|until| until < today);
        let from_trust = covering(&self.trusted, trusted, facts);
        let from_head = covering(&self.added, added, facts);
        let honoured = self.trust.honours_from_head(facts.rule, facts.advice);
        let counts: &[&[Cover<'_>]] = if honoured { &[&from_trust, &from_head] } else { &[&from_trust] };
        if let Some(cover) = counts.iter().copied().flatten().find(|cover| !over(cover.until())) {
            let left = cover.until().and_then(|until| today.until(until).ok()).map(|span| span.get_days());
            return Match::Active { by: cover.used(facts.path), ends_in: left.filter(|days| *days <= NOTICE_DAYS) };
        }
        if let Some(cover) = from_head.iter().find(|cover| !honoured && !over(cover.until())) {
            return Match::Refused { by: cover.used(facts.path), propose: cover.propose(facts) };
        }
        from_trust.iter().chain(&from_head).next().map_or(Match::None, |cover| Match::Expired(cover.used(facts.path)))
    }

    /// Entries of the trust commit's config that covered nothing so far.
    pub fn unused(&self) -> impl Iterator<Item = &'a ConfigSuppression> {
        self.trusted.iter().filter(|entry| entry.uses.load(Ordering::Relaxed) == 0).map(|entry| entry.suppression)
    }
}

impl Config {
    /// Whether a suppression counts that the head itself adds.
    #[must_use]
    pub fn honours_from_head(&self, rule: &str, advice: bool) -> bool {
        match &self.suppressions_from_head {
            None => advice,
            Some(rules) => rules.iter().any(|pattern| pattern.matches(rule)),
        }
    }
}

impl ConfigSuppression {
    /// Whether it covers a finding, its end aside.
    #[must_use]
    pub fn covers(&self, facts: &FindingFacts<'_>) -> bool {
        let below = |pattern: &Wildcard| {
            pattern.matches(facts.pointer) || Wildcard::new(&format!("{}/*", pattern.as_str())).matches(facts.pointer)
        };
        self.rule.as_ref().is_none_or(|rule| rule.matches(facts.rule))
            && self.fingerprint.as_ref().is_none_or(|fingerprint| fingerprint == facts.fingerprint)
            && self.cluster.as_ref().is_none_or(|cluster| facts.cluster.is_some_and(|name| cluster.matches(name)))
            && self.object.as_ref().is_none_or(|object| facts.object.is_some_and(|key| object.matches(key)))
            && self.pointer.as_ref().is_none_or(below)
            && self.path.as_ref().is_none_or(|path| path.matching(facts.path).is_some())
    }

    /// It covers the same findings for as long: reason and owner may differ.
    #[must_use]
    pub fn same(&self, other: &Self) -> bool {
        self.selector() == other.selector() && self.until == other.until
    }

    /// What it covers, as pairs of key and text.
    #[must_use]
    pub fn selector(&self) -> Vec<(&'static str, &str)> {
        let path = self.path.as_ref().and_then(|path| path.patterns().first()).map(String::as_str);
        let pairs = [
            ("rule", self.rule.as_ref().map(Wildcard::as_str)),
            ("path", path),
            ("object", self.object.as_ref().map(ObjectPattern::as_str)),
            ("cluster", self.cluster.as_ref().map(Wildcard::as_str)),
            ("pointer", self.pointer.as_ref().map(Wildcard::as_str)),
            ("fingerprint", self.fingerprint.as_deref()),
        ];
        pairs.into_iter().filter_map(|(key, text)| Some((key, text?))).collect()
    }
}

/// One suppression that covers a finding.
enum Cover<'a> {
    Entry(&'a Entry<'a>),
    Comment(&'a Comment),
}

fn covering<'a>(entries: &'a [Entry<'a>], comments: &'a [Comment], facts: &FindingFacts<'_>) -> Vec<Cover<'a>> {
    let comments = comments.iter().filter(|comment| comment.covers(facts.rule, facts.lines)).map(Cover::Comment);
    let entries = entries.iter().filter(|entry| entry.suppression.covers(facts)).map(|entry| {
        entry.uses.fetch_add(1, Ordering::Relaxed);
        Cover::Entry(entry)
    });
    comments.chain(entries).collect()
}

impl Cover<'_> {
    fn until(&self) -> Option<Date> {
        match self {
            Self::Entry(entry) => entry.suppression.until,
            Self::Comment(comment) => comment.until,
        }
    }

    fn used(&self, path: &str) -> SuppressionUse {
        let (reason, owner, kind, at) = match self {
            Self::Entry(Entry { config, suppression, at, .. }) => {
                let at = at.get_or_init(|| format!("{}:{}", config.path(), config.position(&suppression.entry).line));
                (&suppression.reason, &suppression.owner, SuppressionKind::External, at.clone())
            }
            Self::Comment(comment) => {
                (&comment.reason, &comment.owner, SuppressionKind::InSource, format!("{path}:{}", comment.line))
            }
        };
        let until = self.until().map(|until| until.to_string());
        SuppressionUse { reason: reason.clone(), owner: owner.clone(), until, kind, at }
    }

    fn propose(&self, facts: &FindingFacts<'_>) -> String {
        // JSON strings are YAML strings, whatever they hold.
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        let used = self.used(facts.path);
        let mut pairs: Vec<(&str, String)> = match self {
            Self::Entry(entry) => {
                entry.suppression.selector().into_iter().map(|(key, text)| (key, quoted(text))).collect()
            }
            Self::Comment(_) => {
                let object = facts.object.map(|key| match &key.namespace {
                    crate::manifest::key::Namespace::Named(namespace) => {
                        format!("{}/{namespace}/{}", key.kind, key.name)
                    }
                    _ => format!("{}/{}", key.kind, key.name),
                });
                let pointer = Some(facts.pointer).filter(|pointer| !pointer.is_empty());
                let pairs = [("rule", Some(facts.rule)), ("path", Some(facts.path))].into_iter();
                let pairs = pairs.chain([("object", object.as_deref()), ("pointer", pointer)]);
                pairs.filter_map(|(key, text)| Some((key, quoted(text?)))).collect()
            }
        };
        pairs.push(("reason", quoted(&used.reason)));
        pairs.extend(used.owner.map(|owner| ("owner", quoted(&owner))));
        pairs.extend(used.until.map(|until| ("until", until)));
        let pairs: Vec<String> = pairs.into_iter().map(|(key, text)| format!("{key}: {text}")).collect();
        format!("- {{ {} }}", pairs.join(", "))
    }
}
