//! Who wrote a change, as git and the CI's event say it. Anybody may write anything there but the login.

use git2::Commit;

/// A longer name or address is cut: both are free text of the change's.
const LONGEST: usize = 256;

/// Who wrote a change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Author {
    /// The name of the head commit's author.
    pub name: Option<String>,
    /// The address of the same.
    pub email: Option<String>,
    /// The account that opened the pull request, or pushed: the event's.
    pub login: Option<String>,
}

impl Author {
    /// The author of a commit; of a merge, the author of what it brings.
    pub(super) fn of(commit: &Commit<'_>) -> Self {
        let brought = if commit.parent_count() == 2 { commit.parent(1).ok() } else { None };
        let author = brought.as_ref().unwrap_or(commit).author().to_owned();
        let text = |bytes: &[u8]| {
            let text: String = String::from_utf8_lossy(bytes).chars().take(LONGEST).collect();
            Some(text).filter(|text| !text.is_empty())
        };
        Self { name: text(author.name_bytes()), email: text(author.email_bytes()), login: None }
    }
}
