//! One scalar → a value or a key of the arena. Both readers of YAML end here.

use std::borrow::Cow;

use super::Dialect;
use super::build::{Builder, Key};
use super::document::{Data, DialectDifference, NodeId};
use super::resolve::{self, KeyKind, Scalar, Tag};
use crate::source::Span;

/// A scalar as it is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Written<'v> {
    /// What the quotes, the escapes and the folding leave.
    pub(super) value: &'v str,
    pub(super) tag: Tag<'v>,
    /// It has neither quotes nor block style.
    pub(super) plain: bool,
    /// Its bytes, quotes included.
    pub(super) at: Span,
    /// Where its text ends, a closing quote left out.
    pub(super) end: usize,
}

impl Builder<'_> {
    /// Add a value. What it means is given back; the error is the reason of a refusal.
    pub(super) fn value<'v>(&mut self, written: &Written<'v>) -> Result<(NodeId, Scalar<'v>), String> {
        let Written { value, tag, plain, at, end } = *written;
        let scalar = resolve::resolve(self.dialect, tag, plain, value)?;
        let data = match resolve::data(&scalar)? {
            Some(data) => data,
            None => Data::String(match &scalar {
                Scalar::String(Cow::Borrowed(text)) => self.keep(text, end),
                Scalar::String(Cow::Owned(text)) | Scalar::Time(text) => self.own(text),
                _ => self.own(""),
            }),
        };
        self.compare(&scalar, written, false);
        Ok((self.scalar(data, at, plain && tag == Tag::None), scalar))
    }

    /// What a key means. The error is the reason of a refusal.
    pub(super) fn read_key<'v>(&mut self, written: &Written<'v>) -> Result<Scalar<'v>, String> {
        let scalar = resolve::resolve(self.dialect, written.tag, written.plain, written.value)?;
        self.compare(&scalar, written, true);
        Ok(scalar)
    }

    /// Add a key with its meaning.
    pub(super) fn add_key(&mut self, written: &Written<'_>, scalar: Scalar<'_>) -> Result<(), &'static str> {
        let (text, kind) = resolve::key(self.dialect, scalar)?;
        let text = match text {
            Cow::Borrowed(text) => self.keep(text, written.end),
            Cow::Owned(text) => self.own(&text),
        };
        self.key(Key { text, span: written.at, kind });
        Ok(())
    }

    /// Add the key `<<`, which merges its value.
    pub(super) fn add_merge_key(&mut self, written: &Written<'_>) {
        let text = self.keep(written.value, written.end);
        self.key(Key { text, span: written.at, kind: KeyKind::Merge });
    }

    /// Where the other dialect reads a scalar differently, say so. Only the kubectl reading does.
    fn compare(&mut self, read: &Scalar<'_>, written: &Written<'_>, is_key: bool) {
        let Written { value, tag, plain, at, .. } = *written;
        let candidate = match tag {
            Tag::None if !plain => false,
            Tag::None => resolve::may_differ(value) || is_key && !matches!(read, Scalar::String(_)),
            Tag::Bare | Tag::Named(_) => true,
        };
        self.may_differ |= candidate;
        if !candidate || self.dialect != Dialect::Kubectl {
            return;
        }
        let show = |dialect, scalar: Scalar<'_>| {
            if !is_key {
                return resolve::show(&scalar);
            }
            match resolve::key(dialect, scalar) {
                Ok((text, _)) => serde_json::Value::from(&*text).to_string(),
                Err(reason) => format!("refused: {reason}"),
            }
        };
        let kubectl = show(Dialect::Kubectl, read.clone());
        let kustomize = match resolve::resolve(Dialect::Kustomize, tag, plain, value) {
            Ok(scalar) => show(Dialect::Kustomize, scalar),
            Err(reason) => format!("refused: {reason}"),
        };
        if kubectl != kustomize {
            self.differences.push(DialectDifference { span: at, is_key, kubectl, kustomize });
        }
    }
}
