//! URLs and paths of webhooks: `k8s.io/apiserver/pkg/util/webhook`.

use super::name;
use crate::schema::problem::Cause;

const FORM: &str = "; desired format: https://host[/path]";

/// A URL in its parts, as Go's `url.Parse` reads it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Url<'t> {
    /// In front of the first colon.
    pub scheme: &'t str,
    /// In front of `@`.
    pub user: Option<&'t str>,
    /// Host and port.
    pub host: &'t str,
    /// Behind the host, as it is written; empty where the URL is opaque (`mailto:x@y`).
    pub path: &'t str,
    /// Behind `?`.
    pub query: &'t str,
    /// Behind `#`.
    pub fragment: &'t str,
}

/// `url.Parse`: the parts, or what is wrong.
pub fn parse(text: &str) -> Result<Url<'_>, String> {
    let fail = |why: &str| Err(format!("parse {text:?}: {why}"));
    if text.bytes().any(|byte| byte < b' ' || byte == 0x7f) {
        return fail("net/url: invalid control character in URL");
    }
    let (rest, fragment) = text.split_once('#').unwrap_or((text, ""));
    if rest.starts_with(':') {
        return fail("missing protocol scheme");
    }
    let is_scheme = |scheme: &&str| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
    };
    let (scheme, rest) = rest
        .split_once(':')
        .filter(|(scheme, _)| is_scheme(scheme))
        .map_or(("", rest), |(scheme, rest)| (scheme, rest));
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let mut url = Url { scheme, user: None, host: "", path: "", query, fragment };
    let mut path = rest;
    if let Some(authority) = rest.strip_prefix("//").filter(|_| !scheme.is_empty() || !rest.starts_with("///")) {
        let end = authority.find('/').unwrap_or(authority.len());
        let (authority, after) = authority.split_at_checked(end).unwrap_or((authority, ""));
        path = after;
        let (user, host) = authority.rsplit_once('@').map_or((None, authority), |(user, host)| (Some(user), host));
        (url.user, url.host) = (user, host);
        if let Some(why) = wrong_host(host) {
            return fail(&why);
        }
    } else if scheme.is_empty()
        && !rest.starts_with('/')
        && rest.split('/').next().is_some_and(|first| first.contains(':'))
    {
        return fail("first path segment in URL cannot contain colon");
    }
    let is_opaque = !scheme.is_empty() && !rest.starts_with('/');
    url.path = if is_opaque { "" } else { path };
    match wrong_escape(path).or_else(|| wrong_escape(fragment)) {
        Some(escape) if !is_opaque => fail(&format!("invalid URL escape {escape:?}")),
        _ => Ok(url),
    }
}

fn wrong_host(host: &str) -> Option<String> {
    let port = match host.strip_prefix('[') {
        Some(rest) => {
            let Some((_, port)) = rest.split_once(']') else { return Some("missing ']' in host".to_owned()) };
            port
        }
        None => host.find(':').and_then(|colon| host.get(colon..)).unwrap_or_default(),
    };
    let is_port =
        port.is_empty() || port.strip_prefix(':').is_some_and(|port| port.bytes().all(|b| b.is_ascii_digit()));
    if !is_port {
        return Some(format!("invalid port {port:?} after host"));
    }
    let wrong = host.chars().find(|character| matches!(character, ' ' | '\\' | '^' | '`' | '{' | '|' | '}'));
    wrong
        .map(|character| format!("invalid character {:?} in host name", character.to_string()))
        .or_else(|| wrong_escape(host).map(|escape| format!("invalid URL escape {escape:?}")))
}

/// The first `%` that no two hexadecimal digits follow.
fn wrong_escape(text: &str) -> Option<&str> {
    let bytes = text.as_bytes();
    let wrong = |(index, byte): (usize, &u8)| {
        let digits = bytes.get(index + 1..index + 3);
        (*byte == b'%' && !digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))).then_some(index)
    };
    let at = bytes.iter().enumerate().find_map(wrong)?;
    text.get(at..(at + 3).min(text.len())).or(Some("%"))
}

/// `ValidateWebhookURL`: causes, what is shown of the value, and why.
pub fn webhook(text: &str) -> Vec<(Cause, String, String)> {
    let url = match parse(text) {
        Ok(url) => url,
        Err(why) => {
            return vec![(
                Cause::Required,
                "Required value: ".to_owned(),
                format!("url must be a valid URL: {why}{FORM}"),
            )];
        }
    };
    let mut found = Vec::new();
    let mut invalid =
        |shown: &str, why: String| found.push((Cause::Invalid, format!("Invalid value: {shown:?}: "), why));
    if !url.scheme.eq_ignore_ascii_case("https") {
        invalid(&url.scheme.to_ascii_lowercase(), format!("'https' is the only allowed URL scheme{FORM}"));
    }
    if url.host.is_empty() {
        invalid("", format!("host must be specified{FORM}"));
    }
    if let Some(user) = url.user {
        invalid(user, "user information is not permitted in the URL".to_owned());
    }
    if !url.fragment.is_empty() {
        invalid(url.fragment, "fragments are not permitted in the URL".to_owned());
    }
    if !url.query.is_empty() {
        invalid(url.query, "query parameters are not permitted in the URL".to_owned());
    }
    found
}

/// The path of `ValidateWebhookService`; the empty one is fine.
pub fn service_path(path: &str) -> Vec<String> {
    if matches!(path, "" | "/") {
        return Vec::new();
    }
    if path == "//" {
        return vec!["segment[0] may not be empty".to_owned()];
    }
    let mut found = Vec::new();
    if !path.starts_with('/') {
        found.push("must start with a '/'".to_owned());
    }
    // The server drops the first byte whether it is a slash or not.
    let first = path.chars().next().map_or(0, char::len_utf8);
    let steps = path.get(first..).unwrap_or_default();
    let steps = steps.strip_suffix('/').unwrap_or(steps);
    for (index, step) in steps.split('/').enumerate() {
        if step.is_empty() {
            found.push(format!("segment[{index}] may not be empty"));
            continue;
        }
        found.extend(name::dns_subdomain(step).into_iter().map(|why| format!("segment[{index}]: {why}")));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{Url, parse, service_path, webhook};

    #[test]
    fn urls_have_the_parts_that_go_finds() {
        let url = Url { scheme: "https", user: Some("u:p"), host: "h:8443", path: "/p", query: "q", fragment: "f" };
        assert_eq!(parse("https://u:p@h:8443/p?q#f"), Ok(url));
        assert_eq!(parse("a/b").map(|url| url.host), Ok(""));
        for wrong in ["://x", "https://a b/", "https://h:x/", "https://[::1/", "https://h/%zz", "a:b\u{7}", "1:2/c"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn webhooks_need_https_and_a_host_alone() {
        assert!(webhook("https://h/path").is_empty());
        assert_eq!(webhook("http://u@/?q#f").len(), 5);
        assert!(service_path("/a.b/c/").is_empty());
        assert_eq!(service_path("a//B").len(), 4);
    }
}
