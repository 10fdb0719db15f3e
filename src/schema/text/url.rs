//! URLs as Go's `net/url` takes them apart.

/// The parts of a URL that somebody asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Url<'a> {
    /// `https`, in lower case; empty where there is none.
    pub scheme: String,
    /// Before `@`.
    pub user: Option<&'a str>,
    /// With the port.
    pub host: &'a str,
    /// Behind `?`.
    pub query: &'a str,
    /// Behind `#`.
    pub fragment: &'a str,
}

/// `url.Parse`; the error is Go's.
pub fn parse(text: &str) -> Result<Url<'_>, String> {
    let fail = |why: &str| Err(format!("parse {text:?}: {why}"));
    let (rest, fragment) = text.split_once('#').unwrap_or((text, ""));
    if text.bytes().any(|byte| byte < b' ' || byte == 0x7f) {
        return fail("net/url: invalid control character in URL");
    }
    if let Some(bad) = bad_escape(fragment) {
        return fail(&format!("invalid URL escape {bad:?}"));
    }
    let Some((scheme, rest)) = scheme(rest) else { return fail("missing protocol scheme") };
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let mut url = Url { scheme: scheme.to_ascii_lowercase(), query, fragment, ..Url::default() };
    if !rest.starts_with('/') {
        if scheme.is_empty() && rest.split('/').next().unwrap_or_default().contains(':') {
            return fail("first path segment in URL cannot contain colon");
        }
        if !scheme.is_empty() {
            // What follows is opaque.
            return Ok(url);
        }
    }
    let mut path = rest;
    if let Some(after) = rest.strip_prefix("//")
        && (!scheme.is_empty() || !rest.starts_with("///"))
    {
        let (authority, rest) = after.split_at(after.find('/').unwrap_or(after.len()));
        path = rest;
        let (user, host) = match authority.rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, authority),
        };
        if user.is_some_and(|user| !user.bytes().all(is_of_user)) {
            return fail("net/url: invalid userinfo");
        }
        if let Some(why) = host_error(host) {
            return fail(&why);
        }
        (url.user, url.host) = (user, host);
    }
    match bad_escape(path) {
        Some(bad) => fail(&format!("invalid URL escape {bad:?}")),
        None => Ok(url),
    }
}

/// The scheme and the rest; none where a colon stands without one.
fn scheme(text: &str) -> Option<(&str, &str)> {
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if at > 0 => {}
            b':' if at == 0 => return None,
            b':' => return Some((text.get(..at)?, text.get(at + 1..)?)),
            _ => break,
        }
    }
    Some(("", text))
}

/// A percent sign without two hexadecimal digits behind it.
fn bad_escape(text: &str) -> Option<&str> {
    let bytes = text.as_bytes();
    let is_bad = |at: &usize| {
        bytes.get(*at) == Some(&b'%')
            && !bytes.get(at + 1..at + 3).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    let at = (0..bytes.len()).find(is_bad)?;
    text.get(at..(at + 3).min(text.len())).or_else(|| text.get(at..=at))
}

fn is_of_user(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(&byte)
}

fn host_error(host: &str) -> Option<String> {
    let port = if host.starts_with('[') {
        let Some((_, port)) = host.rsplit_once(']') else { return Some("missing ']' in host".to_owned()) };
        port
    } else {
        host.rfind(':').and_then(|colon| host.get(colon..)).unwrap_or_default()
    };
    let is_port = match port.strip_prefix(':') {
        Some(digits) => digits.bytes().all(|byte| byte.is_ascii_digit()),
        None => port.is_empty(),
    };
    if !is_port {
        return Some(format!("invalid port {port:?} after host"));
    }
    let is_fine =
        |first: char| !first.is_ascii() || first.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:[]<>\"%".contains(first);
    match host.chars().find(|first| !is_fine(*first)) {
        Some(bad) => Some(format!("invalid character {:?} in host name", bad.to_string())),
        None => bad_escape(host).map(|bad| format!("invalid URL escape {bad:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn urls_are_taken_apart_as_in_go() {
        let parts = |text| {
            parse(text).map(|url| (url.scheme, url.user.map(str::to_owned), url.host.to_owned(), url.query.to_owned()))
        };
        let found = |scheme: &str, user: Option<&str>, host: &str, query: &str| {
            Ok((scheme.to_owned(), user.map(str::to_owned), host.to_owned(), query.to_owned()))
        };
        assert_eq!(parts("HTTPS://a.b:443/x?y=1"), found("https", None, "a.b:443", "y=1"));
        assert_eq!(parts("https://u:p@a/"), found("https", Some("u:p"), "a", ""));
        assert_eq!(parts("https:a"), found("https", None, "", ""));
        assert_eq!(parts("a.b/c"), found("", None, "", ""));
        assert_eq!(parts("https://[::1]:8443"), found("https", None, "[::1]:8443", ""));
        for text in ["a.b:443/x", ":x", "https://a:b/", "https://a b/", "https://a/%zz", "https://a/\n"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
