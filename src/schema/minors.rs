//! Sets of Kubernetes minors, as the native table has them: one bit a minor.

use crate::config::{Config, Kubernetes, MINORS, Minor};

/// A set of the known minors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MinorSet(pub u8);

impl MinorSet {
    /// Every known minor.
    pub const ALL: Self = Self(u8::MAX);
    /// None.
    pub const NONE: Self = Self(0);

    /// The set of one minor.
    #[must_use]
    pub fn of(minor: Minor) -> Self {
        MINORS.iter().position(|known| *known == minor).map_or(Self::NONE, |index| Self(1 << index))
    }

    /// The minors from 1.`first` on.
    #[must_use]
    pub fn since(first: u8) -> Self {
        // Bits are in the order of the minors; this is asked for every field of every object.
        let older = MINORS.iter().take_while(|minor| minor.number() < first).count();
        u32::try_from(older).ok().and_then(|older| u8::MAX.checked_shl(older)).map_or(Self::NONE, Self)
    }

    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Those in both.
    #[must_use]
    pub fn within(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Those that are not in the other.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// There is none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// It holds one.
    #[must_use]
    pub fn has(self, minor: Minor) -> bool {
        !self.within(Self::of(minor)).is_empty()
    }

    /// Its minors, oldest first.
    pub fn minors(self) -> impl Iterator<Item = Minor> {
        MINORS.into_iter().filter(move |minor| self.has(*minor))
    }
}

impl FromIterator<Minor> for MinorSet {
    fn from_iter<I: IntoIterator<Item = Minor>>(minors: I) -> Self {
        minors.into_iter().map(Self::of).fold(Self::NONE, Self::and)
    }
}

/// The minors that a file's objects are judged for, those of all its clusters.
pub(crate) struct Targets {
    pub(crate) all: MinorSet,
    /// Those for which an error is one; for the others, it is a warning.
    pub(crate) failing: MinorSet,
}

impl Targets {
    pub(crate) fn of(config: &Config, path: &str, today: jiff::civil::Date) -> Self {
        let clusters = config.clusters_of(path);
        let profiles: Vec<&Kubernetes> = if clusters.is_empty() {
            vec![config.minors(None)]
        } else {
            clusters.into_iter().map(|cluster| &cluster.kubernetes).collect()
        };
        let mut targets = Self { all: MinorSet::NONE, failing: MinorSet::NONE };
        for profile in profiles {
            let current: MinorSet = profile.current.iter().copied().collect();
            let next = profile.next.map_or(MinorSet::NONE, MinorSet::of);
            let fails = profile.next_fails_from.is_some_and(|from| from <= today);
            targets.all = targets.all.and(current).and(next);
            targets.failing = targets.failing.and(current).and(if fails { next } else { MinorSet::NONE });
        }
        targets
    }
}
