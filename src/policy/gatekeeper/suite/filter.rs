//! Which tests and cases run: `gator verify --run`.

use super::Test;
use crate::schema::crd::pattern::Pattern;

/// A filter of names.
#[derive(Debug, Default)]
pub struct Filter(Kind);

#[derive(Debug, Default)]
enum Kind {
    #[default]
    All,
    /// Tests and cases of a name, and all cases of such a test.
    Any(Pattern),
    /// Cases of a name in tests of a name.
    Both(Pattern, Pattern),
}

impl Filter {
    /// Read a filter: `NAME`, or `TEST//CASE`; both are regular expressions that need not hold the whole name. Empty:
    /// everything runs.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let parts: Vec<&str> = text.split("//").collect();
        Ok(Self(match parts.as_slice() {
            [""] => Kind::All,
            [any] => Kind::Any(Pattern::compile(any)?),
            [name, of_case] => Kind::Both(Pattern::compile(name)?, Pattern::compile(of_case)?),
            _ => return Err("a filter may include at most one \"//\"".to_owned()),
        }))
    }

    pub(super) fn takes_test(&self, test: &Test) -> bool {
        match &self.0 {
            Kind::All => true,
            Kind::Any(any) => any.is_match(&test.name) || test.cases.iter().any(|case| any.is_match(&case.name)),
            Kind::Both(name, _) => name.is_match(&test.name),
        }
    }

    pub(super) fn takes_case(&self, test: &str, case: &str) -> bool {
        match &self.0 {
            Kind::All => true,
            Kind::Any(any) => any.is_match(test) || any.is_match(case),
            Kind::Both(name, of_case) => name.is_match(test) && of_case.is_match(case),
        }
    }
}
