//! One rich report through every renderer, and nasty strings through every escape.

mod escapes;

pub(crate) mod fixture;

mod formats;

mod schemas;

use portcullis::report::{Format, RenderOptions, Report, render};

/// A terminal of 100 columns without colour.
pub(crate) const PLAIN: RenderOptions = RenderOptions { color: false, width: 100, unicode: true, verbose: false };

fn text(format: Format, report: &Report, options: RenderOptions) -> String {
    let mut out = Vec::new();
    render(format, report, &options, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}
