//! `portcullis explain`.

use std::io::{self, Write};

use crate::report::explain;
use crate::rules;

/// Arguments of `explain`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The rule's id, such as yaml/duplicate-key
    #[arg(required_unless_present = "list")]
    rule: Option<String>,
    /// List every rule
    #[arg(long)]
    list: bool,
}

/// Print what a rule means.
pub(super) fn run(args: &Args, out: &mut impl Write) -> io::Result<u8> {
    let Some(id) = args.rule.as_deref().filter(|_| !args.list) else {
        out.write_all(explain::list().as_bytes())?;
        return Ok(0);
    };
    if let Some(rule) = rules::find(id) {
        out.write_all(explain::explain(rule).as_bytes())?;
        return Ok(0);
    }
    let near = rules::RULES.iter().map(|rule| rule.id).find(|known| {
        known.contains(id) || id.rsplit('/').next().is_some_and(|name| !name.is_empty() && known.ends_with(name))
    });
    let help = near
        .map_or_else(|| "portcullis explain --list shows every rule".to_owned(), |id| format!("did you mean {id}?"));
    super::complain(&format!("there is no rule {id:?}"), Some(&help));
    Ok(super::INDETERMINATE)
}
