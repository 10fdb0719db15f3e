//! How to reach GitHub, and as whom.

use std::fmt;
use std::time::Duration;

/// As whom.
#[derive(Clone)]
pub enum Credential {
    /// A token: that of the job, a personal one, or one of an installation.
    Token(String),
    /// A GitHub App, whose installation on the repository gets a token.
    App {
        /// The App's id or client id.
        id: String,
        /// Its private key: PEM, PKCS#1 or PKCS#8.
        key: String,
    },
}

impl fmt::Debug for Credential {
    // A secret stands in no log, whoever prints what holds it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Token(_) => f.write_str("Token"),
            Self::App { id, .. } => write!(f, "App({id})"),
        }
    }
}

/// How to reach GitHub.
#[derive(Clone, Debug)]
pub struct Access {
    /// The REST API: `https://api.github.com`, `https://HOST/api/v3`.
    pub api: String,
    /// The GraphQL API: `https://api.github.com/graphql`, `https://HOST/api/graphql`.
    pub graphql: String,
    /// `owner/name`.
    pub repository: String,
    /// As whom.
    pub credential: Credential,
    /// A proxy for HTTPS, and the hosts that are reached without it (`NO_PROXY`).
    pub proxy: Option<(String, String)>,
    /// How long one request may take.
    pub timeout: Duration,
}

/// How long one request may take: GitHub itself gives up after 10 s.
pub const TIMEOUT: Duration = Duration::from_secs(15);

impl Access {
    /// The address of GraphQL that belongs to one of REST.
    #[must_use]
    pub fn graphql_of(api: &str) -> String {
        let api = api.trim_end_matches('/');
        // Enterprise has /api/v3 and /api/graphql.
        format!("{}/graphql", api.strip_suffix("/v3").unwrap_or(api))
    }
}

/// Whether a text is `owner/name`, and so may stand in a route.
#[must_use]
pub fn is_repository(text: &str) -> bool {
    let plain = |part: &str| {
        let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        !part.is_empty() && part.bytes().all(known) && part.bytes().any(|byte| byte != b'.')
    };
    text.split_once('/').is_some_and(|(owner, name)| plain(owner) && plain(name))
}

#[cfg(test)]
mod tests {
    use super::{Access, is_repository};

    #[test]
    fn addresses() {
        assert_eq!(Access::graphql_of("https://api.github.com"), "https://api.github.com/graphql");
        assert_eq!(Access::graphql_of("https://git.example/api/v3/"), "https://git.example/api/graphql");
        assert!(is_repository("acme/shop.k8s"));
        for wrong in ["acme", "acme/", "acme/..", "a/b/c", "a b/c", "a/b?x", "../b"] {
            assert!(!is_repository(wrong), "{wrong}");
        }
    }
}
