//! A file's bytes, or why they are not judged.

use std::io::Read;
use std::path::Path;

use sha1::{Digest, Sha1};

use super::tree::ObjectId;
use crate::finding::Reason;
use crate::source::RepoPath;

/// The largest file that is read, in bytes. Objects in etcd end at 1.5 MB and the largest bundle of CRDs in use has
/// about 10 MB; beyond this a file only costs memory.
pub const MAX_FILE_BYTES: u64 = 32 << 20;

/// What a file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Bytes that may be a manifest.
    Bytes(Vec<u8>),
    /// Nothing that can be judged: the reason, and what in particular.
    NotJudged(Reason, String),
}

/// What is made of a file's bytes.
pub(super) type Of = fn(Vec<u8>) -> Content;

impl Content {
    /// Content as its first bytes show it.
    pub(super) fn of(bytes: Vec<u8>) -> Self {
        match reason(&bytes) {
            Some((reason, detail)) => Self::NotJudged(reason, detail.to_owned()),
            None => Self::Bytes(bytes),
        }
    }

    /// Content that is no text.
    pub(super) fn of_binary(bytes: Vec<u8>) -> Self {
        match reason(&bytes) {
            Some((reason, detail)) if reason != Reason::Binary => Self::NotJudged(reason, detail.to_owned()),
            _ => Self::Bytes(bytes),
        }
    }

    pub(super) fn too_large(bytes: u64) -> Self {
        Self::NotJudged(Reason::TooLarge, format!("{bytes} bytes, the limit is {MAX_FILE_BYTES}"))
    }

    pub(super) fn unreadable(error: &std::io::Error) -> Self {
        Self::NotJudged(Reason::Unreadable, error.to_string())
    }

    pub(super) fn symlink(target: &[u8]) -> Self {
        Self::NotJudged(Reason::Symlink, format!("it points to {}", RepoPath::from_bytes(target)))
    }
}

fn reason(bytes: &[u8]) -> Option<(Reason, &'static str)> {
    // The first line of a pointer, as the specification of Git LFS fixes it.
    if bytes.starts_with(b"version https://git-lfs.github.com/spec/v1\n") {
        return Some((Reason::LfsPointer, "a Git LFS pointer"));
    }
    if bytes.starts_with(b"\0GITCRYPT\0") {
        return Some((Reason::GitCrypt, "encrypted by git-crypt"));
    }
    let utf16 = bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]);
    // git's own rule for binary files: a NUL in the first 8,000 bytes.
    let beginning = bytes.get(..8000).unwrap_or(bytes);
    (!utf16 && memchr::memchr(0, beginning).is_some()).then_some((Reason::Binary, "it holds NUL bytes"))
}

/// Reads a regular file outside git. Never follows a symbolic link, never opens what is not a regular file.
pub(super) fn read_disk(path: &Path, of: Of) -> Content {
    match read_regular(path, of) {
        Ok(content) => content,
        Err(error) => Content::unreadable(&error),
    }
}

/// The bytes of a file outside git, if they are those of a blob.
pub(super) fn read_blob(path: &Path, id: ObjectId) -> Option<Vec<u8>> {
    let Content::Bytes(bytes) = read_disk(path, Content::Bytes) else { return None };
    let hash = Sha1::new().chain_update(format!("blob {}\0", bytes.len())).chain_update(&bytes).finalize();
    (hash.as_slice() == id.as_bytes()).then_some(bytes)
}

fn read_regular(path: &Path, of: Of) -> std::io::Result<Content> {
    let metadata = path.symlink_metadata()?;
    if !metadata.is_file() {
        return Ok(Content::NotJudged(Reason::Unreadable, "it is not a regular file".into()));
    }
    if metadata.len() > MAX_FILE_BYTES {
        return Ok(Content::too_large(metadata.len()));
    }
    let mut bytes = Vec::new();
    // A file may grow while it is read, and some of the kernel's files have no size.
    std::fs::File::open(path)?.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 {
        length if length > MAX_FILE_BYTES => Ok(Content::too_large(length)),
        _ => Ok(of(bytes)),
    }
}
