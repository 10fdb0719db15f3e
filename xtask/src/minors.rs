//! Minors of Kubernetes and ranges of them. A minor is its second number: 30 is 1.30.

use std::collections::BTreeSet;

use crate::Fallible;

/// Minors without a gap, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Range {
    pub(crate) first: u32,
    pub(crate) last: u32,
}

impl Range {
    /// Reads `1.30-1.37`.
    pub(crate) fn read(text: &str) -> Fallible<Self> {
        let minor = |text: &str| text.strip_prefix("1.").and_then(|minor| minor.parse::<u32>().ok());
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        match (minor(first), minor(last)) {
            (Some(first), Some(last)) if first <= last => Ok(Self { first, last }),
            _ => Err(format!("{text:?} is no range of minors")),
        }
    }

    /// The gapless ranges that make up a set.
    pub(crate) fn of(minors: &BTreeSet<u32>) -> Vec<Self> {
        let mut ranges: Vec<Self> = Vec::new();
        for &minor in minors {
            match ranges.last_mut() {
                Some(range) if range.last + 1 == minor => range.last = minor,
                _ => ranges.push(Self { first: minor, last: minor }),
            }
        }
        ranges
    }

    pub(crate) fn minors(self) -> impl Iterator<Item = u32> {
        self.first..=self.last
    }

    pub(crate) fn contains(self, minor: u32) -> bool {
        (self.first..=self.last).contains(&minor)
    }

    /// How the table says it of a fact whose parent holds in `parent`; nothing when the two are the same.
    pub(crate) fn within(self, parent: Self) -> Option<String> {
        let (first, last) = (self.first, self.last);
        match (first == parent.first, last == parent.last) {
            (true, true) => None,
            (false, true) => Some(format!("1.{first}-")),
            (true, false) => Some(format!("-1.{last}")),
            (false, false) => Some(format!("1.{first}-1.{last}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_split_at_its_gaps() {
        let ranges = Range::of(&BTreeSet::from([30, 31, 33, 35, 36]));
        assert_eq!(ranges, [(30, 31), (33, 33), (35, 36)].map(|(first, last)| Range { first, last }));
    }

    #[test]
    fn only_the_ends_that_differ_from_the_parent_are_said() {
        let parent = Range::read("1.30-1.37").unwrap();
        let said = |text| Range::read(text).unwrap().within(parent);
        assert_eq!(said("1.30-1.37"), None);
        assert_eq!(said("1.37").as_deref(), Some("1.37-"));
        assert_eq!(said("1.30-1.35").as_deref(), Some("-1.35"));
        assert_eq!(said("1.33").as_deref(), Some("1.33-1.33"));
        assert!(Range::read("1.33-1.30").is_err() && Range::read("33").is_err());
    }
}
