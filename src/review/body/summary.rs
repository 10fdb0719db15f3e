//! The one comment on the whole change.

use crate::report::{Report, markdown};

use super::super::marker::{Kind, Marker};
use super::MAX_BODY;

/// The comment, with a note of ours at its top.
#[must_use]
pub fn body(gate: &str, report: &Report, note: &str) -> (Marker, String) {
    // A run that only took another time says the same.
    let timeless = Report { elapsed_ms: 0, ..report.clone() };
    let marker = Marker::new(Kind::Summary, gate, &[], &(note.to_owned() + &markdown::render(&timeless, MAX_BODY)));
    let mut page = format!("{marker}\n{note}");
    page.push_str(&markdown::render(report, MAX_BODY - page.len()));
    (marker, page)
}
