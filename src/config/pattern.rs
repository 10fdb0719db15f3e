//! The three kinds of patterns: globs of paths, text with `*`, and objects.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use crate::manifest::key::{Namespace, ObjectKey};

/// Globs over repository paths, compiled once. `*` stops at `/`, `**` does not; a pattern also holds what lies below a
/// folder of that name (`docs`, `docs/` and `docs/**` all hold `docs/a.yaml`).
#[derive(Clone, Debug, Default)]
pub struct PathSet {
    patterns: Vec<String>,
    set: GlobSet,
}

impl PathSet {
    /// Compile patterns.
    ///
    /// # Errors
    /// The index of each pattern that is none, what is wrong with it and what to do.
    pub fn new(patterns: &[String]) -> Result<Self, Vec<(usize, String, String)>> {
        let mut builder = GlobSetBuilder::new();
        let mut wrong = Vec::new();
        for (index, pattern) in patterns.iter().enumerate() {
            match globs(pattern) {
                Ok([itself, below]) => {
                    builder.add(itself);
                    builder.add(below);
                }
                Err((message, help)) => wrong.push((index, message, help)),
            }
        }
        match builder.build() {
            Ok(set) if wrong.is_empty() => Ok(Self { patterns: patterns.to_vec(), set }),
            Ok(_) => Err(wrong),
            Err(error) => Err(vec![(0, format!("the patterns are too large together: {error}"), String::new())]),
        }
    }

    /// The first pattern that holds the path.
    #[must_use]
    pub fn matching(&self, path: &str) -> Option<&str> {
        let first = self.set.matches(path).into_iter().min()?;
        self.patterns.get(first / 2).map(String::as_str)
    }

    /// The patterns as written.
    #[must_use]
    pub fn patterns(&self) -> &[String] {
        &self.patterns
    }

    /// There is no pattern.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }
}

/// Bytes of the longest path that git and Linux take; a longer pattern holds none, and costs time that grows with its square.
const LONGEST: usize = 4096;

fn globs(pattern: &str) -> Result<[globset::Glob; 2], (String, String)> {
    let help = |text: &str| text.to_owned();
    if pattern.trim().is_empty() {
        return Err((help("the pattern is empty"), help("write `**` for every file")));
    }
    if pattern.starts_with('!') {
        return Err((help("a pattern cannot be negated"), help("name what to leave out under `exclude`")));
    }
    if pattern.starts_with('/') || pattern.split('/').any(|part| part == "." || part == "..") {
        return Err((
            help("the pattern can match no file"),
            help("patterns start at the repository's root: no `/` in front, no `.` or `..`"),
        ));
    }
    if pattern.len() > LONGEST {
        let message = format!("the pattern has {} bytes, more than any path ({LONGEST})", pattern.len());
        return Err((message, help("shorten it with `*` or `**`")));
    }
    let itself = pattern.trim_end_matches('/');
    let compile = |glob: &str| {
        let built = GlobBuilder::new(glob).literal_separator(true).backslash_escape(true).build();
        built.map_err(|error| {
            (format!("this is no glob: {}", error.kind()), help("see the globs of .gitignore; escape with `\\`"))
        })
    };
    Ok([compile(itself)?, compile(&format!("{itself}/**"))?])
}

/// A text in which `*` stands for any text, also none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wildcard(String);

impl Wildcard {
    /// A pattern from its text.
    #[must_use]
    pub fn new(pattern: &str) -> Self {
        Self(pattern.to_owned())
    }

    /// The text as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// It has no `*`, so that it holds one text only.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        !self.0.contains('*')
    }

    /// Characters besides `*`: the more, the more specific.
    #[must_use]
    pub fn weight(&self) -> usize {
        self.0.chars().filter(|c| *c != '*').count()
    }

    /// Whether it holds the whole text. Linear in both for each `*`.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        let Some((first, rest)) = self.0.split_once('*') else { return self.0 == text };
        let Some(mut text) = text.strip_prefix(first) else { return false };
        let (middle, last) = rest.rsplit_once('*').unwrap_or(("", rest));
        for part in middle.split('*').filter(|part| !part.is_empty()) {
            let Some(at) = text.find(part) else { return false };
            text = text.get(at + part.len()..).unwrap_or_default();
        }
        text.ends_with(last)
    }
}

/// Objects: `Kind/name` in any namespace, or `Kind/namespace/name`. Kinds without a namespace match the first form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectPattern {
    kind: Wildcard,
    namespace: Option<Wildcard>,
    name: Wildcard,
    text: String,
}

impl ObjectPattern {
    /// A pattern from its text; nothing when it has not two or three parts, none of them empty.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split('/').collect();
        let (kind, namespace, name) = match parts.as_slice() {
            [kind, name] => (kind, None, name),
            [kind, namespace, name] => (kind, Some(Wildcard::new(namespace)), name),
            _ => return None,
        };
        let whole = parts.iter().all(|part| !part.is_empty());
        let (kind, name) = (Wildcard::new(kind), Wildcard::new(name));
        whole.then(|| Self { kind, namespace, name, text: text.to_owned() })
    }

    /// Whether it holds the object.
    #[must_use]
    pub fn matches(&self, object: &ObjectKey) -> bool {
        let namespace = match (&self.namespace, &object.namespace) {
            (None, _) => true,
            (Some(pattern), Namespace::Named(namespace)) => pattern.matches(namespace),
            (Some(_), Namespace::Unset | Namespace::Cluster) => false,
        };
        namespace && self.kind.matches(&object.kind) && self.name.matches(&object.name)
    }

    /// The text as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_any_text() {
        for (pattern, text, expected) in [
            ("workloads/*", "workloads/no-probe", true),
            ("workloads/*", "workload/no-probe", false),
            ("*", "", true),
            ("a*b*c", "a-bb-c", true),
            ("a*b*c", "a-c", false),
            ("a*a", "a", false),
            ("*/x", "y/x", true),
            ("*x*", "abc", false),
            ("exact", "exactly", false),
        ] {
            assert_eq!(Wildcard::new(pattern).matches(text), expected, "{pattern} on {text}");
        }
    }
}
