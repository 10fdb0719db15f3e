//! What a case expects of the violations.

use serde::Deserialize;

use crate::schema::crd::pattern::Pattern;

/// An assertion: how many violations have a message of a pattern. Without a number there must be one at least.
#[derive(Debug, Deserialize)]
pub(super) struct Assertion {
    #[serde(default)]
    violations: Option<Count>,
    #[serde(default)]
    message: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Count {
    Number(i64),
    Word(String),
}

impl Assertion {
    /// Check it; the error is `gator`'s.
    pub(super) fn check(&self, messages: &[String]) -> Result<(), String> {
        let pattern = self.message.as_deref().map(Pattern::compile).transpose()?;
        let holds = |message: &&String| pattern.as_ref().is_none_or(|pattern| pattern.is_match(message));
        let got = messages.iter().filter(holds).count();
        let wanted = match &self.violations {
            None => None,
            Some(Count::Word(word)) if word == "yes" => None,
            Some(Count::Word(word)) if word == "no" => Some((0, "none".to_owned())),
            Some(Count::Number(number)) if *number >= 0 => {
                Some((usize::try_from(*number).unwrap_or(usize::MAX), format!("exactly {number}")))
            }
            Some(_) => {
                let why = "assertion.violation, if set, must be a nonnegative integer, \"yes\", or \"no\"";
                return Err(why.to_owned());
            }
        };
        let (is_met, wanted) = match wanted {
            None => (got > 0, "at least 1".to_owned()),
            Some((number, text)) => (got == number, text),
        };
        if is_met {
            return Ok(());
        }
        let containing = self.message.as_ref().map_or(String::new(), |message| format!(" containing {message:?}"));
        Err(format!(
            "unexpected number of violations: got {got} violations{containing} but want {wanted}: got messages [{}]",
            messages.join(" ")
        ))
    }
}
