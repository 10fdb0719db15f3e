//! A set for what mostly has few members.

use std::collections::HashSet;
use std::hash::Hash;

/// How many members are looked through one by one.
const FEW: usize = 16;

/// What was seen so far: a few are looked through, more are hashed.
pub(super) struct Seen<T> {
    few: Vec<T>,
    many: HashSet<T>,
}

impl<T: Copy + Eq + Hash> Seen<T> {
    pub(super) fn new() -> Self {
        Self { few: Vec::new(), many: HashSet::new() }
    }

    /// It was there.
    pub(super) fn contains(&self, member: T) -> bool {
        self.few.contains(&member) || (self.few.len() == FEW && self.many.contains(&member))
    }

    /// Add a member. False where it was there.
    pub(super) fn insert(&mut self, member: T) -> bool {
        if self.few.contains(&member) {
            false
        } else if self.few.len() < FEW {
            self.few.push(member);
            true
        } else {
            self.many.insert(member)
        }
    }
}

impl<T: Copy + Eq + Hash> FromIterator<T> for Seen<T> {
    fn from_iter<I: IntoIterator<Item = T>>(members: I) -> Self {
        let mut seen = Self::new();
        members.into_iter().for_each(|member| _ = seen.insert(member));
        seen
    }
}

#[cfg(test)]
mod tests {
    use super::Seen;

    #[test]
    fn a_member_is_new_once_however_many_there_are() {
        let mut seen: Seen<u32> = (0..40).collect();
        assert!((0..40).all(|member| seen.contains(member) && !seen.insert(member)));
        assert!(!seen.contains(40) && seen.insert(40) && !seen.insert(40));
    }
}
