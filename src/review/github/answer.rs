//! What an answer means, and what became of a request without one.

use std::error::Error;
use std::fmt::Write as _;

use http::{HeaderMap, StatusCode, header};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::report::escape;

use super::Failure;

/// How long GitHub asks to wait where it names no time, in seconds.
pub(super) const UNNAMED_WAIT: u64 = 60;
/// Characters of GitHub's own words that are passed on.
const MAX_SAID: usize = 300;

/// An answer, read to its end.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) bytes: Vec<u8>,
}

impl Answer {
    fn number(&self, name: &str) -> Option<u64> {
        self.headers.get(name)?.to_str().ok()?.trim().parse().ok()
    }

    /// How long GitHub asks to wait, in seconds, if it does.
    pub(super) fn wait(&self) -> Option<u64> {
        let reset = || {
            let used_up = self.number("x-ratelimit-remaining") == Some(0);
            let now = u64::try_from(jiff::Timestamp::now().as_second()).unwrap_or(0);
            self.number("x-ratelimit-reset").filter(|_| used_up).map(|at| at.saturating_sub(now) + 1)
        };
        self.number("retry-after").or_else(reset)
    }

    /// Whether a list goes on behind this page.
    pub(super) fn has_next(&self) -> bool {
        let links = self.headers.get_all(header::LINK).iter().filter_map(|link| link.to_str().ok());
        links.flat_map(|link| link.split(',')).any(|link| link.contains("rel=\"next\""))
    }
}

/// What a status means.
pub(super) fn judged(what: &str, answer: Answer) -> Result<Answer, Failure> {
    let status = answer.status;
    if status.is_success() {
        return Ok(answer);
    }
    let what = what.to_owned();
    let says = words(&answer.bytes);
    if matches!(status.as_u16(), 403 | 429) {
        let limited = status.as_u16() == 429 || says.to_ascii_lowercase().contains("rate limit");
        // GitHub asks for at least a minute where it names no time.
        let seconds = answer.wait().or(limited.then_some(UNNAMED_WAIT));
        if let Some(seconds) = seconds {
            return Err(Failure::RateLimited { what, seconds });
        }
    }
    Err(match status.as_u16() {
        300..=399 => {
            let to = answer.headers.get(header::LOCATION).and_then(|to| to.to_str().ok()).unwrap_or("somewhere else");
            Failure::Redirected { what, to: said(to) }
        }
        401 => Failure::Unauthorized { what, says },
        403 | 404 => Failure::Denied { what, status: status.as_u16(), says },
        500..=599 => Failure::Unavailable { what, why: format!("GitHub answers {status}: {says}") },
        422 => Failure::Unprocessable { what, says },
        _ => Failure::Malformed { what, why: format!("status {status}: {says}") },
    })
}

/// GitHub's message and its list of errors, in a line.
fn words(bytes: &[u8]) -> String {
    let Ok(body) = serde_json::from_slice::<Value>(bytes) else {
        return said(&String::from_utf8_lossy(bytes.get(..MAX_SAID).unwrap_or(bytes)));
    };
    let mut text = body.get("message").and_then(Value::as_str).unwrap_or_default().to_owned();
    for error in body.get("errors").and_then(Value::as_array).into_iter().flatten().take(3) {
        let message = error.as_str().or_else(|| error.get("message").and_then(Value::as_str));
        let _ = match message {
            Some(message) => write!(text, "; {message}"),
            None => write!(text, "; {error}"),
        };
    }
    said(&text)
}

pub(super) fn said(text: &str) -> String {
    escape::one_line(&escape::cut(text, MAX_SAID))
}

pub(super) fn decode<T: DeserializeOwned>(what: &str, bytes: &[u8]) -> Result<T, Failure> {
    serde_json::from_slice(bytes)
        .map_err(|error| Failure::Malformed { what: what.to_owned(), why: said(&error.to_string()) })
}

/// An error of the way there. Whether something was sent is what matters.
pub(super) fn broken(what: &str, error: &(dyn Error + 'static)) -> Failure {
    let (what, why) = (what.to_owned(), chain(error));
    let mut next = Some(error);
    while let Some(error) = next {
        let hyper = error.downcast_ref::<hyper_util::client::legacy::Error>();
        if hyper.is_some_and(hyper_util::client::legacy::Error::is_connect) {
            return Failure::Unreachable { what, why };
        }
        next = error.source();
    }
    Failure::Unavailable { what, why: format!("the connection broke: {why}") }
}

/// An error and what caused it, each once.
pub(super) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut texts: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let text = error.to_string();
        if texts.last().is_none_or(|last| !last.contains(&text)) {
            texts.push(text);
        }
        next = error.source();
    }
    said(&texts.join(": "))
}
