//! Names that begin with a domain: `acme.io/foo`.

use super::name;

/// `IsDomainPrefixedPath` of a text that is not empty.
#[must_use]
pub fn domain_prefixed(text: &str) -> Vec<String> {
    if text.is_empty() {
        return Vec::new();
    }
    let Some((host, path)) = text.split_once('/').filter(|(host, path)| !host.is_empty() && !path.is_empty()) else {
        return vec!["must be a domain-prefixed path (such as \"acme.io/foo\")".to_owned()];
    };
    let mut found = name::dns_subdomain(host);
    let is_fine = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~%!$&'()*+,;=:".contains(&byte);
    if !path.bytes().all(is_fine) {
        let why = "Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')";
        found.push(why.to_owned());
    }
    found
}
