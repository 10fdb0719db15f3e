//! The first line of everything that portcullis posts: by it a later run finds its own text again.
//!
//! Anybody can write such a line into a comment, or quote one, so a marker counts only at the very start of a text whose
//! author is the account that posts now.

use std::fmt;

use crate::judge::digest;

/// What a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The one comment on the whole.
    Summary,
    /// A comment on lines or on a file.
    Inline,
    /// The text of a review.
    Review,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Summary, Self::Inline, Self::Review];

    fn word(self) -> &'static str {
        match self {
            Self::Summary => "summary",
            Self::Inline => "inline",
            Self::Review => "review",
        }
    }
}

/// `<!-- portcullis:v1 kind=inline key=0f… digest=3c… -->`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marker {
    /// What the text is.
    pub kind: Kind,
    /// What it speaks of, the same across pushes: 32 hexadecimal digits.
    pub key: String,
    /// What it says: 32 hexadecimal digits. Equal digests need no edit, whatever the forge made of the text.
    pub digest: String,
}

const HEAD: &str = "<!-- portcullis:v1 ";

impl Marker {
    /// The marker of a text about `what`, by the gate of this name: two gates do not touch each other's comments.
    #[must_use]
    pub fn new(kind: Kind, gate: &str, what: &[&str], text: &str) -> Self {
        let key = digest([gate, kind.word()].into_iter().chain(what.iter().copied()));
        Self { kind, key, digest: digest([text]) }
    }

    /// The marker at the start of a text.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        let line = text.lines().next()?.strip_prefix(HEAD)?.strip_suffix(" -->")?;
        let mut words = line.split(' ');
        let mut word = |name: &str| words.next()?.strip_prefix(name)?.strip_prefix('=');
        let (kind, key, digest) = (word("kind")?, word("key")?, word("digest")?);
        let hex = |text: &str| text.len() == 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let kind = Kind::ALL.into_iter().find(|known| known.word() == kind)?;
        (hex(key) && hex(digest) && words.next().is_none()).then(|| Self {
            kind,
            key: key.to_owned(),
            digest: digest.to_owned(),
        })
    }
}

impl fmt::Display for Marker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{HEAD}kind={} key={} digest={} -->", self.kind.word(), self.key, self.digest)
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, Marker};

    #[test]
    fn a_marker_is_found_at_the_very_start_only() {
        let marker = Marker::new(Kind::Inline, "portcullis report", &["object/x", "a.yaml"], "text");
        let text = format!("{marker}\nhello");
        assert_eq!(Marker::of(&text), Some(marker.clone()));
        assert_eq!(Marker::of(&text.replace('\n', "\r\n")), Some(marker.clone()));
        for other in [format!("> {text}"), format!("\n{text}"), format!(" {text}"), text.replace("-->", "x -->")] {
            assert_eq!(Marker::of(&other), None, "{other}");
        }
        assert_ne!(marker.key, Marker::new(Kind::Inline, "another", &["object/x", "a.yaml"], "text").key);
        assert_ne!(marker.key, Marker::new(Kind::Inline, "portcullis report", &["object/x", "b.yaml"], "text").key);
    }
}
