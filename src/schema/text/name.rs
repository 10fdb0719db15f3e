//! Names: DNS labels and subdomains, label keys and values, ports, environment variables, keys of ConfigMaps.

use std::borrow::Cow;

const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and \
                     end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is \
                     '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and \
                         must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation \
                         is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL_1035: &str = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an \
                          alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', \
                          regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
const QUALIFIED: &str = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an \
                         alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is \
                         '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const LABEL_KEY: &str = "a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end \
                         with an alphanumeric character";
const LABEL_VALUE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and \
                           must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', \
                           regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const UNDERSCORES: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or \
                           '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for \
                           validation is '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*')";
const WILDCARD: &str = "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must \
                        consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character \
                        (e.g. '*.example.com', regex used for validation is \
                        '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const CONFIG_KEY: &str = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or \
                          'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
const ENVIRONMENT: &str =
    "a valid environment variable name must consist only of printable ASCII characters other than '='";
const OLD_ENVIRONMENT: &str = "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or \
                               '.', and must not start with a digit (e.g. 'my.env-name',  or 'MY_ENV.NAME',  or \
                               'MyEnvName1', regex used for validation is '[-._a-zA-Z][-._a-zA-Z0-9]*')";
const HEADER: &str = "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used \
                      for validation is '[-A-Za-z0-9]+')";
const PERCENT: &str = "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex \
                       used for validation is '[0-9]+%')";

/// `must be no more than N bytes`
#[must_use]
pub fn too_long(bytes: usize) -> String {
    format!("must be no more than {bytes} bytes")
}

/// The same of a name, in the words of the older checks.
fn too_many_characters(characters: usize) -> String {
    format!("must be no more than {characters} characters")
}

fn is_lower(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

/// The shape of an RFC 1123 label, whatever its length.
#[must_use]
pub fn is_label(text: &str) -> bool {
    is_label_of(text.as_bytes())
}

fn is_label_of(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(|byte| is_lower(*byte))
        && bytes.last().is_some_and(|byte| is_lower(*byte))
        && bytes.iter().all(|byte| is_lower(*byte) || *byte == b'-')
}

/// The shape of an RFC 1123 subdomain, whatever its length.
#[must_use]
pub fn is_subdomain(text: &str) -> bool {
    text.as_bytes().split(|byte| *byte == b'.').all(is_label_of)
}

/// A name as a prefix of longer ones, which may end in a dash (`maskTrailingDash`).
#[must_use]
pub fn as_prefix(text: &str) -> Cow<'_, str> {
    let kept = if text.len() > 1 && text.ends_with('-') { text.get(..text.len() - 2) } else { None };
    kept.map_or(Cow::Borrowed(text), |kept| Cow::Owned(format!("{kept}a")))
}

/// `IsDNS1123Label`
#[must_use]
pub fn dns_label(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    if text.len() > 63 {
        found.push(too_many_characters(63));
    }
    if !is_label(text) {
        found.push(if is_subdomain(text) { "must not contain dots".to_owned() } else { LABEL.to_owned() });
    }
    found
}

/// `IsDNS1123Subdomain`
#[must_use]
pub fn dns_subdomain(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    if text.len() > 253 {
        found.push(too_many_characters(253));
    }
    if !is_subdomain(text) {
        found.push(SUBDOMAIN.to_owned());
    }
    found
}

/// `IsDNS1123SubdomainWithUnderscore`
#[must_use]
pub fn dns_subdomain_with_underscores(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    if text.len() > 253 {
        found.push(too_long(253));
    }
    let is_part = |part: &str| {
        let bytes = part.strip_prefix('_').unwrap_or(part).as_bytes();
        bytes.first().is_some_and(|byte| is_lower(*byte))
            && bytes.last().is_some_and(|byte| is_lower(*byte))
            && bytes.iter().all(|byte| is_lower(*byte) || matches!(byte, b'-' | b'_'))
    };
    if !text.split('.').all(is_part) {
        found.push(UNDERSCORES.to_owned());
    }
    found
}

/// `IsDNS1035Label`
#[must_use]
pub fn dns_1035_label(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    if text.len() > 63 {
        found.push(too_many_characters(63));
    }
    if !is_label(text) || !text.starts_with(|first: char| first.is_ascii_lowercase()) {
        found.push(LABEL_1035.to_owned());
    }
    found
}

/// `IsWildcardDNS1123Subdomain`
#[must_use]
pub fn wildcard_subdomain(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    if text.len() > 253 {
        found.push(too_many_characters(253));
    }
    if !text.strip_prefix("*.").is_some_and(is_subdomain) {
        found.push(WILDCARD.to_owned());
    }
    found
}

fn is_qualified_part(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.first().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.last().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

/// `IsQualifiedName`: an optional DNS subdomain and a slash, then a name.
#[must_use]
pub fn qualified(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let name = match text.split_once('/') {
        None => text,
        Some((_, name)) if name.contains('/') => {
            return vec![format!(
                "{LABEL_KEY} (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is \
                 '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. \
                 'example.com/MyName')"
            )];
        }
        Some(("", name)) => {
            found.push("prefix part must be non-empty".to_owned());
            name
        }
        Some((prefix, name)) => {
            if prefix.len() > 253 {
                found.push(format!("prefix part {}", too_long(253)));
            }
            if !is_subdomain(prefix) {
                found.push(format!("prefix part {SUBDOMAIN}"));
            }
            name
        }
    };
    if name.is_empty() {
        found.push("name part must be non-empty".to_owned());
    } else if name.len() > 63 {
        found.push(format!("name part {}", too_long(63)));
    }
    if !is_qualified_part(name) {
        found.push(QUALIFIED.to_owned());
    }
    found
}

/// `IsValidLabelValue`
#[must_use]
pub fn label_value(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    if text.len() > 63 {
        found.push(too_long(63));
    }
    if !text.is_empty() && !is_qualified_part(text) {
        found.push(LABEL_VALUE.to_owned());
    }
    found
}

/// `IsValidPathSegmentName`: what cannot be part of a URL's path.
#[must_use]
pub fn path_segment(text: &str) -> Vec<String> {
    if matches!(text, "." | "..") {
        return vec![format!("may not be '{text}'")];
    }
    ["/", "%"].into_iter().filter(|part| text.contains(part)).map(|part| format!("may not contain '{part}'")).collect()
}

/// `IsConfigMapKey`
#[must_use]
pub fn config_key(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    if text.len() > 253 {
        found.push(too_many_characters(253));
    }
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')) {
        found.push(CONFIG_KEY.to_owned());
    }
    found.extend(dots(text));
    found
}

fn dots(text: &str) -> Option<String> {
    match text {
        "." => Some("must not be '.'".to_owned()),
        ".." => Some("must not be '..'".to_owned()),
        _ if text.starts_with("..") => Some("must not start with '..'".to_owned()),
        _ => None,
    }
}

/// `IsRelaxedEnvVarName`
#[must_use]
pub fn environment(text: &str) -> Vec<String> {
    if text.is_empty() {
        return vec!["environment variable name must be non-empty".to_owned()];
    }
    let is_fine = |byte: u8| (b' '..=b'~').contains(&byte) && byte != b'=';
    if text.bytes().all(is_fine) { Vec::new() } else { vec![ENVIRONMENT.to_owned()] }
}

/// `IsEnvVarName`, which was asked before 1.32.
#[must_use]
pub fn old_environment(text: &str) -> Vec<String> {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    let is_fine = text.bytes().all(is_part) && text.bytes().next().is_some_and(|first| !first.is_ascii_digit());
    let dots = match text {
        "." => Some("must not be '.'"),
        ".." => Some("must not be '..'"),
        _ if text.starts_with("..") => Some("must not start with '..'"),
        _ => None,
    };
    let shape = (!is_fine).then_some(OLD_ENVIRONMENT);
    shape.into_iter().chain(dots).map(str::to_owned).collect()
}

/// `IsHTTPHeaderName`
#[must_use]
pub fn http_header(text: &str) -> Vec<String> {
    let is_fine = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if is_fine { Vec::new() } else { vec![HEADER.to_owned()] }
}

/// `IsValidPercent`
#[must_use]
pub fn percent(text: &str) -> Vec<String> {
    let is_fine = text
        .strip_suffix('%')
        .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()));
    if is_fine { Vec::new() } else { vec![PERCENT.to_owned()] }
}

/// `IsValidPortNum`
#[must_use]
pub fn port_number(port: i64) -> Option<&'static str> {
    (!(1..=65535).contains(&port)).then_some("must be between 1 and 65535, inclusive")
}

/// `IsValidPortName`
#[must_use]
pub fn port_name(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    if text.len() > 15 {
        found.push("must be no more than 15 characters".to_owned());
    }
    if text.is_empty() || !text.bytes().all(|byte| is_lower(byte) || byte == b'-') {
        found.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)".to_owned());
    }
    if !text.bytes().any(|byte| byte.is_ascii_lowercase()) {
        found.push("must contain at least one letter (a-z)".to_owned());
    }
    if text.contains("--") {
        found.push("must not contain consecutive hyphens".to_owned());
    }
    if text.starts_with('-') || text.ends_with('-') {
        found.push("must not begin or end with a hyphen".to_owned());
    }
    found
}
