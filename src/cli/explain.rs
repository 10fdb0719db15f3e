//! `portcullis explain`.

use std::io::{self, Write};

use crate::policy::bundled::LIBRARY;
use crate::report::explain;
use crate::rules;

/// Arguments of `explain`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The rule's id, such as yaml/duplicate-key; without one, every rule is listed
    rule: Option<String>,
    /// List every rule, one a line
    #[arg(long, conflicts_with = "rule")]
    list: bool,
}

/// Print what a rule means.
pub(super) fn run(args: &Args, out: &mut impl Write) -> io::Result<u8> {
    // --list is what a script writes to say what it means; without a rule the answer is the same.
    let Some(id) = args.rule.as_deref() else {
        out.write_all(explain::list().as_bytes())?;
        return Ok(0);
    };
    if let Some(rule) = rules::find(id) {
        out.write_all(explain::explain(rule).as_bytes())?;
        return Ok(0);
    }
    if let Some(policy) = LIBRARY.policies.iter().find(|policy| policy.id == id) {
        out.write_all(explain::explain_policy(policy).as_bytes())?;
        return Ok(0);
    }
    let help = near(id)
        .map_or_else(|| "portcullis explain --list shows every rule".to_owned(), |id| format!("did you mean {id}?"));
    super::complain(&format!("there is no rule {id:?}"), Some(&help));
    Ok(super::INDETERMINATE)
}

/// The rule that was most likely meant: one that holds the word, else the most alike, by the whole id or its name.
fn near(word: &str) -> Option<&'static str> {
    const ALIKE: f64 = 0.88;
    let ids =
        || rules::RULES.iter().map(|rule| rule.id).chain(LIBRARY.policies.iter().map(|policy| policy.id.as_str()));
    let likeness = |id: &str| {
        let name = id.rsplit_once('/').map_or(id, |(_, name)| name);
        strsim::jaro_winkler(id, word).max(strsim::jaro_winkler(name, word))
    };
    ids()
        .find(|id| word.len() > 2 && id.contains(word))
        .or_else(|| ids().filter(|id| likeness(id) > ALIKE).max_by(|a, b| likeness(a).total_cmp(&likeness(b))))
}
