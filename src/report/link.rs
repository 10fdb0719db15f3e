//! Addresses of documentation. They are the only live links in what is posted, so an address holds nothing that could end
//! a link in Markdown, and shows which host it leads to.

use std::str::FromStr;

use crate::finding::RuleId;
use crate::policy::bundled::LIBRARY;

use super::{Report, explain};

/// Bytes of an address; a summary names one in every row.
const MAX_BYTES: usize = 300;

/// Where the rules are documented: the address of a copy of this repository's folder `docs`, without a slash at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Docs(String);

/// Why a text is no address of documentation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "it must be an http(s) address of a folder, of at most {MAX_BYTES} letters, digits and any of - . _ ~ : / % + @ = ,"
)]
pub struct DocsError;

impl FromStr for Docs {
    type Err = DocsError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim_end_matches('/');
        let is_folder = is_address(text) && !text.contains(['?', '#', '&', ';', '*', '!', '$', '\'']);
        is_folder.then(|| Self(text.to_owned())).ok_or(DocsError)
    }
}

impl Docs {
    /// The address as text, as a report keeps it.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.0
    }

    /// The page of a built-in rule or a bundled policy; none for a rule of the repository's own.
    #[must_use]
    pub fn page(&self, rule: &str) -> Option<String> {
        if let Some(known) = crate::rules::find(rule) {
            return Some(format!("{}/rules.md#{}", self.0, explain::anchor(known.id)));
        }
        let policy = LIBRARY.policies.iter().find(|policy| policy.id == rule)?;
        Some(format!("{}/policies/{}.md", self.0, policy.id))
    }
}

/// Where a rule is explained: its page, if the run knows where the documentation is, else the first address that its
/// policy names.
pub(crate) fn of_rule(report: &Report, rule: &RuleId) -> Option<String> {
    // A report may come from anywhere, so what it says is read again.
    let docs = report.ruleset.docs.as_deref().and_then(|text| text.parse::<Docs>().ok());
    let page = docs.and_then(|docs| docs.page(rule.as_str()));
    page.or_else(|| report.policy(rule)?.links.iter().find(|link| is_address(link)).cloned())
}

/// Whether a text is an address that can be a link wherever text is posted: http(s), a plain host, and no character that
/// Markdown, HTML, a table or a log gives a meaning to.
pub(crate) fn is_address(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let Some(rest) = rest.filter(|_| text.len() <= MAX_BYTES) else { return false };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    // Without `@`: what stands before one looks like the host, and is none.
    let is_host = |byte: u8| byte.is_ascii_alphanumeric() || b"-.:".contains(&byte);
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?#@!$&'*+,;=%".contains(&byte);
    host.bytes().any(|byte| byte.is_ascii_alphanumeric()) && host.bytes().all(is_host) && rest.bytes().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::{Docs, is_address};

    #[test]
    fn what_can_be_a_link() {
        for good in ["https://wiki.example/teams", "http://10.0.0.1:8080/a?b=c&d#e", "https://example"] {
            assert!(is_address(good), "{good}");
        }
        let long = format!("https://a.example/{}", "a".repeat(300));
        for bad in [
            "",
            "https://",
            "https:///a",
            "https://:/a",
            "javascript:alert(1)",
            "HTTPS://a.example",
            "https://github.com@evil.example/",
            "https://a.example/(b)",
            "https://a.example/b c",
            "https://a.example/<b>",
            "https://a.example/`",
            "https://a.example/|",
            "https://a.example/\\",
            "https://a.example/[b]",
            "https://a.example/\n",
            "https://a.example/\u{202e}",
            "https://ä.example/",
            &long,
        ] {
            assert!(!is_address(bad), "{bad}");
            assert!(bad.parse::<Docs>().is_err(), "{bad}");
        }
    }

    #[test]
    fn pages_of_rules_and_bundled_policies() {
        let docs: Docs = "https://git.example/acme/portcullis/blob/v1@x/docs/".parse().unwrap();
        let page = |rule| docs.page(rule).map(|page| page.replace(docs.address(), ""));
        assert_eq!(page("schema/unknown-field").as_deref(), Some("/rules.md#schemaunknown-field"));
        assert_eq!(page("workloads/latest-image-tag").as_deref(), Some("/policies/workloads/latest-image-tag.md"));
        assert_eq!(page("policy/team"), None);
        for bad in ["https://a.example/docs?x", "https://a.example/docs#x"] {
            assert!(bad.parse::<Docs>().is_err(), "{bad}");
        }
    }
}
