//! What a forge shows of a change: the hunks, outside of which it takes no comment on a line.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::finding::Location;
use crate::git::{self, Content, FileChange, GitError, Hunk, Tree, TreeEntry};
use crate::report::summary::last_line;
use crate::source::{RepoPath, Side};

use super::plan::LineComment;

/// What a forge shows of a change: how large it is, and of the files that findings name, which lines.
#[derive(Clone, Debug, Default)]
pub struct Diff {
    files: BTreeMap<RepoPath, File>,
    lines: u32,
}

/// One changed file.
#[derive(Clone, Debug, Default)]
pub struct File {
    /// Where it lay before, if it was moved.
    pub old_path: Option<RepoPath>,
    /// Git id of the content that was judged: the head's, of a deleted file the base's.
    pub blob: Option<String>,
    /// What is shown of it. Empty: it can be commented as a whole only.
    pub hunks: Vec<Hunk>,
    /// The head's text, where its lines are those that are shown.
    pub text: Option<Arc<str>>,
}

/// A file of the change, as the forge tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    /// Its path; of a deleted file the old one.
    pub path: String,
    /// Where it lay before, as the forge pairs files: it may see a move where git, or we, see two files.
    pub old_path: Option<String>,
    /// Git id of its content.
    pub blob: String,
    /// The hunks as `git diff` writes them; none when the file is binary or too large.
    pub patch: Option<String>,
}

/// Where a comment goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// To lines of one hunk.
    Lines {
        /// The file, as the forge calls it.
        path: RepoPath,
        /// The side that has the lines.
        side: Side,
        /// First line, from 1.
        first: u32,
        /// Last line; at least `first`.
        last: u32,
    },
    /// To the file as a whole.
    File {
        /// The file.
        path: RepoPath,
    },
}

impl Diff {
    /// The lines that differ between the two sides of a comparison, and the hunks of the files that are wanted.
    ///
    /// # Errors
    /// A blob cannot be read.
    pub fn between(
        changes: &[FileChange],
        base: &Tree,
        head: &Tree,
        wanted: &BTreeSet<RepoPath>,
    ) -> Result<Self, GitError> {
        let mut files = BTreeMap::new();
        let mut lines = 0_u32;
        for change in changes {
            let old_path = change.old.as_ref().map(|entry| &entry.path).filter(|path| **path != change.path);
            let is_wanted = wanted.contains(&change.path) || old_path.is_some_and(|path| wanted.contains(path));
            let id = |entry: &Option<TreeEntry>| entry.as_ref().and_then(|entry| entry.id);
            if !is_wanted && id(&change.old).is_some() && id(&change.old) == id(&change.new) {
                continue;
            }
            let (old, new) = (bytes(base, change.old.as_ref())?, bytes(head, change.new.as_ref())?);
            let hunks = match (&old, &new) {
                (Some(old), Some(new)) => git::hunks(old, new)?,
                _ => Vec::new(),
            };
            lines = hunks.iter().fold(lines, |lines, hunk| lines.saturating_add(hunk.changed));
            // A file that is new to us may be to the forge the other end of one that is gone.
            if !is_wanted && change.old.is_some() {
                continue;
            }
            let judged = change.new.as_ref().or(change.old.as_ref());
            let file = File {
                old_path: old_path.cloned(),
                blob: judged.and_then(|entry| entry.id).map(|id| id.to_string()),
                hunks,
                text: new
                    .filter(|_| is_wanted && change.new.is_some())
                    .and_then(|bytes| String::from_utf8(bytes).ok())
                    .map(Into::into),
            };
            files.insert(change.path.clone(), file);
        }
        Ok(Self { files, lines })
    }

    /// What the forge shows, where nothing is known of what was judged: lines as a report names them.
    #[must_use]
    pub fn of_shown(listed: &[Shown]) -> Self {
        let file = |shown: &Shown| File { old_path: shown.moved(), hunks: shown.hunks(), ..File::default() };
        let files: BTreeMap<RepoPath, File> =
            listed.iter().map(|shown| (RepoPath::from(shown.path.as_str()), file(shown))).collect();
        let hunks = files.values().flat_map(|file| &file.hunks);
        let lines = hunks.fold(0, |lines: u32, hunk| lines.saturating_add(hunk.changed));
        Self { files, lines }
    }

    /// How many lines the change adds, removes or replaces; 0 where it only moves files, or nothing of it is text.
    #[must_use]
    pub fn lines(&self) -> u32 {
        self.lines
    }

    /// Whether a file is part of the change.
    #[must_use]
    pub fn has(&self, path: &str) -> bool {
        self.files.contains_key(&RepoPath::from(path))
    }

    /// Take the forge's word for what it shows. A file that it does not list, or shows with another content than the one
    /// that was judged (the target branch changed it too), has no lines that a comment could name.
    pub fn shown_as(&mut self, listed: &[Shown]) {
        let listed: BTreeMap<RepoPath, &Shown> =
            listed.iter().map(|shown| (RepoPath::from(shown.path.as_str()), shown)).collect();
        self.files.retain(|path, _| listed.contains_key(path));
        for (path, file) in &mut self.files {
            let Some(shown) = listed.get(path) else { continue };
            if file.blob.as_ref() == Some(&shown.blob) {
                file.old_path = shown.moved().or(file.old_path.take());
                file.hunks = shown.hunks();
            } else {
                file.hunks.clear();
                file.text = None;
            }
        }
    }

    /// The head's text of a file, where its lines are those that are shown.
    #[must_use]
    pub fn text(&self, path: &RepoPath) -> Option<&str> {
        self.files.get(path)?.text.as_deref()
    }

    /// The best place for a comment about a location: its lines; the nearest line above that holds it; the file.
    #[must_use]
    pub fn anchor(&self, location: &Location) -> Option<Anchor> {
        let (path, file) = match (location.side, self.files.get_key_value(&location.path)) {
            (_, Some(found)) => found,
            (Side::Head, None) => return None,
            (Side::Base, None) => self.files.iter().find(|(_, file)| file.old_path.as_ref() == Some(&location.path))?,
        };
        let lines = |first, last| Anchor::Lines { path: path.clone(), side: location.side, first, last };
        let first = location.start.line;
        if let Some(end) = file.hunk_end(location.side, first) {
            // Of what reaches beyond the hunk, the first line is the one that a person looks for.
            let last = last_line(location).max(first);
            return Some(lines(first, if last <= end { last } else { first }));
        }
        let above = file.text.as_deref().filter(|_| location.side == Side::Head).map(|text| ancestors(text, first));
        let shown = above.into_iter().flatten().find(|line| file.hunk_end(Side::Head, *line).is_some());
        Some(shown.map_or_else(|| Anchor::File { path: path.clone() }, |line| lines(line, line)))
    }
}

impl Shown {
    fn moved(&self) -> Option<RepoPath> {
        self.old_path.as_deref().map(RepoPath::from)
    }

    fn hunks(&self) -> Vec<Hunk> {
        self.patch.as_deref().map(hunks).unwrap_or_default()
    }
}

impl File {
    /// The last line of the hunk that shows a line.
    fn hunk_end(&self, side: Side, line: u32) -> Option<u32> {
        let range = |hunk: &Hunk| match side {
            Side::Base => (hunk.old_start, hunk.old_lines),
            Side::Head => (hunk.new_start, hunk.new_lines),
        };
        let mut ranges = self.hunks.iter().map(range);
        let holds = |(start, count): &(u32, u32)| *start <= line && line - start < *count;
        ranges.find(holds).map(|(start, count)| start.saturating_add(count - 1))
    }
}

/// Whether the forge shows the lines of a comment.
#[must_use]
pub fn shows(listed: &[Shown], comment: &LineComment) -> bool {
    let file = listed.iter().find(|shown| shown.path == comment.path);
    let file = File { hunks: file.map(Shown::hunks).unwrap_or_default(), ..File::default() };
    let side = if comment.side == "LEFT" { Side::Base } else { Side::Head };
    let end = file.hunk_end(side, comment.line);
    end.is_some() && comment.start_line.is_none_or(|start| file.hunk_end(side, start) == end)
}

/// The content of one side; empty where there is no file, none where it is no text of ours (a link, a pointer).
fn bytes(tree: &Tree, entry: Option<&TreeEntry>) -> Result<Option<Vec<u8>>, GitError> {
    let Some(entry) = entry else { return Ok(Some(Vec::new())) };
    Ok(match tree.read(entry)? {
        Content::Bytes(bytes) => Some(bytes),
        Content::NotJudged(..) => None,
    })
}

/// The hunks of a patch, by their headers `@@ -1,4 +1,5 @@`. Lines of the file itself start with a space, `+` or `-`.
fn hunks(patch: &str) -> Vec<Hunk> {
    let range = |text: &str, sign: char| {
        let text = text.strip_prefix(sign)?;
        let (start, count) = text.split_once(',').unwrap_or((text, "1"));
        Some((start.parse().ok()?, count.parse().ok()?))
    };
    let header = |line: &str| {
        let mut words = line.strip_prefix("@@ ")?.split(' ');
        let (old_start, old_lines) = range(words.next()?, '-')?;
        let (new_start, new_lines) = range(words.next()?, '+')?;
        Some(Hunk { old_start, old_lines, new_start, new_lines, changed: 0 })
    };
    let mut lines = patch.lines().peekable();
    let mut found = Vec::new();
    while let Some(line) = lines.next() {
        let Some(mut hunk) = header(line) else { continue };
        let body = std::iter::from_fn(|| lines.next_if(|line| header(line).is_none()));
        hunk.changed = git::changed_lines(body.filter_map(|line| line.chars().next()));
        found.push(hunk);
    }
    found
}

/// The lines above that hold a line by their indentation, nearest first. Only the place of a comment depends on it, so
/// flow collections and block scalars may mislead it.
fn ancestors(text: &str, line: u32) -> Vec<u32> {
    let above: Vec<&str> = text.lines().take(line as usize).collect();
    let Some((own, above)) = above.split_last() else { return Vec::new() };
    let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let is_item = |line: &str| line.trim_start().starts_with("- ");
    let (mut limit, mut from_item) = (indent(own), is_item(own));
    let mut found = Vec::new();
    for (index, line) in above.iter().enumerate().rev() {
        if line.starts_with("---") {
            break;
        }
        if line.trim().is_empty() || line.trim_start().starts_with('#') {
            continue;
        }
        // A list may stand as deep as the key that holds it.
        let holds = indent(line) < limit || (from_item && indent(line) == limit && !is_item(line));
        if holds {
            (limit, from_item) = (indent(line), is_item(line));
            found.extend(u32::try_from(index + 1));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{Hunk, ancestors, hunks};

    #[test]
    fn hunk_headers_are_read_and_nothing_else() {
        let patch = "@@ -1,4 +2,5 @@ spec:\n a\n+@@ -9,9 +9,9 @@\n@@ -10 +12,0 @@\n-b\n@@ -x +1 @@\n";
        let found = [
            Hunk { old_start: 1, old_lines: 4, new_start: 2, new_lines: 5, changed: 1 },
            Hunk { old_start: 10, old_lines: 1, new_start: 12, new_lines: 0, changed: 1 },
        ];
        assert_eq!(hunks(patch), found);
    }

    #[test]
    fn what_holds_a_line() {
        let text = "kind: A\n---\nkind: Deployment\nspec:\n  # note\n  containers:\n  - name: a\n  - name: b\n\n    image: c\n";
        assert_eq!(ancestors(text, 10), [8, 6, 4]);
        assert_eq!(ancestors(text, 3), [0_u32; 0]);
        assert_eq!(ancestors(text, 99), [8, 6, 4]);
    }
}
