//! A set for what mostly has few members.

use std::collections::HashSet;
use std::hash::Hash;

/// How many members are looked through one by one.
const FEW: usize = 16;

/// What was seen so far: a few are looked through, more are hashed.
pub(super) struct Seen<T> {
    few: [Option<T>; FEW],
    length: usize,
    many: HashSet<T>,
}

impl<T: Copy + Eq + Hash> Seen<T> {
    pub(super) fn new() -> Self {
        Self { few: [None; FEW], length: 0, many: HashSet::new() }
    }

    /// It was there.
    pub(super) fn contains(&self, member: T) -> bool {
        self.is_of_few(member) || (self.length == FEW && self.many.contains(&member))
    }

    fn is_of_few(&self, member: T) -> bool {
        self.few.iter().take(self.length).any(|one| *one == Some(member))
    }

    /// Add a member. False where it was there.
    pub(super) fn insert(&mut self, member: T) -> bool {
        if self.is_of_few(member) {
            false
        } else if let Some(free) = self.few.get_mut(self.length) {
            *free = Some(member);
            self.length += 1;
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
