//! Texts with a meaning: names, quantities, times, base64. Each check says what is wrong in the server's own words
//! (`k8s.io/apimachinery/pkg/util/validation`), an empty list or `None` where nothing is.

pub mod base64;
pub mod cel;
pub mod cron;
pub mod der;
pub mod duration;
pub mod ip;
pub mod name;
pub mod path;
pub mod pem;
pub mod quantity;
pub mod regexp;
pub mod time;
pub mod url;
pub mod zone;

/// A check that the overlay calls by name: what is wrong with a text, if anything.
#[must_use]
pub fn check(name: &str, text: &str) -> Option<String> {
    let found = match name {
        "dns-label" => name::dns_label(text),
        "dns-subdomain" => name::dns_subdomain(text),
        "qualified-name" => name::qualified(text),
        "label-value" => name::label_value(text),
        _ => Vec::new(),
    };
    found.into_iter().next()
}
