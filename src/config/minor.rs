//! The Kubernetes minors that portcullis knows.

use std::fmt;

/// A Kubernetes minor, such as 1.34.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Minor(u8);

/// Every known minor, oldest first.
pub const MINORS: [Minor; 8] = [Minor(30), Minor(31), Minor(32), Minor(33), Minor(34), Minor(35), Minor(36), Minor(37)];

impl Minor {
    /// The newest known one: what is judged for when the config names none.
    pub const NEWEST: Self = Self(37);

    /// The number behind `1.`.
    #[must_use]
    pub fn number(self) -> u8 {
        self.0
    }

    /// The minor that a text such as `1.34` names, if it is known. Neither `v1.34` nor `1.34.2` is one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        MINORS.into_iter().find(|minor| minor.to_string() == text)
    }
}

impl fmt::Display for Minor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1.{}", self.0)
    }
}
