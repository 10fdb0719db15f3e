//! One rich report through every renderer, and nasty strings through every escape.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests, outside of a test function")]

#[path = "report/escapes.rs"]
mod escapes;
#[path = "report/fixture.rs"]
mod fixture;
#[path = "report/formats.rs"]
mod formats;
#[path = "report/schemas.rs"]
mod schemas;

use portcullis::report::{Format, RenderOptions, Report, render};

/// A terminal of 100 columns without colour.
const PLAIN: RenderOptions = RenderOptions { color: false, width: 100, unicode: true, verbose: false };

fn text(format: Format, report: &Report, options: RenderOptions) -> String {
    let mut out = Vec::new();
    render(format, report, &options, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}
