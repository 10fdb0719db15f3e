//! Requests and answers.

use std::cell::Cell;
use std::time::Duration;

use http::{Method, Uri, header};
use http_body_util::{BodyExt, Limited};
use octocrab::Octocrab;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::report::escape;

use super::access::{Access, Credential, is_repository};
use super::answer::{Answer, UNNAMED_WAIT, broken, chain, decode, judged, said};
use super::api::GraphAnswer;
use super::connect::octocrab;
use super::{Failure, app};

/// How often a request that nothing is known of is tried.
const ATTEMPTS: u32 = 3;
/// The pause before the second try; twice as long before the third.
const PAUSE: Duration = Duration::from_millis(500);
/// How long a run waits for GitHub's rate limits, all in all. Beyond that a job is better off without a comment.
const PATIENCE: Duration = Duration::from_mins(1);
/// The largest answer. A page of 100 files with their patches has a few megabytes.
const MAX_ANSWER: usize = 32 << 20;
/// Items of one page, GitHub's most.
const PER_PAGE: usize = 100;
/// Pages of one list: 3,000 files is what GitHub tells of a pull request.
const MAX_PAGES: usize = 30;

/// A connection to one repository's API.
pub struct Client {
    runtime: tokio::runtime::Runtime,
    rest: Octocrab,
    graph: Octocrab,
    graph_route: String,
    timeout: Duration,
    waited: Cell<Duration>,
    repository: String,
}

/// What is sent.
struct Request<'a> {
    /// What for, in words.
    what: &'a str,
    /// The API that its route belongs to.
    to: &'a Octocrab,
    method: &'a Method,
    route: &'a str,
    body: Option<&'a Value>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Client({})", self.repository)
    }
}

impl Client {
    /// Get ready. A token of an App's installation is asked for here; nothing else is sent.
    ///
    /// # Errors
    /// [`Failure::Setup`] for an address or a key that is none, and what the App's requests give.
    pub fn new(access: &Access) -> Result<Self, Failure> {
        match &access.credential {
            Credential::Token(token) => Self::with_token(access, token),
            Credential::App { id, key } => {
                let as_app = Self::with_token(access, &app::token(id, key)?)?;
                let token = app::installation_token(&as_app)?;
                Self::with_token(access, &token)
            }
        }
    }

    fn with_token(access: &Access, token: &str) -> Result<Self, Failure> {
        if !is_repository(&access.repository) {
            let shown = escape::one_line(&access.repository);
            return Err(Failure::Setup(format!(
                "{shown:?} is no repository; it must be owner/name (GITHUB_REPOSITORY)"
            )));
        }
        let token = token.trim();
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Failure::Setup("the token is empty or holds characters that no token has".to_owned()));
        }
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Failure::Setup(format!("no runtime for requests: {error}")))?;
        let (graph_base, graph_route) = access
            .graphql
            .rsplit_once('/')
            .map(|(base, last)| (base.to_owned(), format!("/{last}")))
            .unwrap_or_default();
        // octocrab starts its worker on the runtime that it is built in.
        let guard = runtime.enter();
        let rest = octocrab(access, &access.api, token)?;
        let graph = octocrab(access, &graph_base, token)?;
        drop(guard);
        Ok(Self {
            runtime,
            rest,
            graph,
            graph_route,
            timeout: access.timeout,
            waited: Cell::new(Duration::ZERO),
            repository: access.repository.clone(),
        })
    }

    /// Owner and name.
    pub(super) fn repository(&self) -> (&str, &str) {
        self.repository.split_once('/').unwrap_or_default()
    }

    /// `/repos/owner/name` and more.
    pub(super) fn route(&self, rest: &str) -> String {
        format!("/repos/{}{rest}", self.repository)
    }

    /// Read one thing.
    pub(super) fn get<T: DeserializeOwned>(&self, what: &str, route: &str) -> Result<T, Failure> {
        let answer = self.idempotent(&Request { what, to: &self.rest, method: &Method::GET, route, body: None })?;
        decode(what, &answer.bytes)
    }

    /// Read a list, page by page.
    pub(super) fn list<T: DeserializeOwned>(&self, what: &str, route: &str) -> Result<Vec<T>, Failure> {
        let mut items = Vec::new();
        for page in 1..=MAX_PAGES {
            let route = &format!("{route}?per_page={PER_PAGE}&page={page}");
            let answer = self.idempotent(&Request { what, to: &self.rest, method: &Method::GET, route, body: None })?;
            let mut found: Vec<T> = decode(what, &answer.bytes)?;
            // A page may hold fewer than were asked for and not be the last: what a token may not see is taken out of it.
            let last = found.is_empty() || (found.len() < PER_PAGE && !answer.has_next());
            items.append(&mut found);
            if last {
                break;
            }
        }
        Ok(items)
    }

    /// Change something that is there; twice is like once.
    pub(super) fn change(&self, what: &str, method: &Method, route: &str, body: &Value) -> Result<(), Failure> {
        self.idempotent(&Request { what, to: &self.rest, method, route, body: Some(body) }).map(drop)
    }

    /// Make something. When it is not known whether that was done, `find` looks for it before it is tried again.
    pub(super) fn create<T: DeserializeOwned>(
        &self,
        what: &str,
        route: &str,
        body: &Value,
        find: impl Fn() -> Result<Option<T>, Failure>,
    ) -> Result<T, Failure> {
        let request = Request { what, to: &self.rest, method: &Method::POST, route, body: Some(body) };
        self.tried(&request, |answer| decode(what, &answer.bytes), find)
    }

    /// Ask GraphQL, or have it do what is like once when done twice. Gives `data`.
    pub(super) fn graphql(&self, what: &str, query: &str, variables: &Value) -> Result<Value, Failure> {
        let body = &json!({ "query": query, "variables": variables });
        let (to, route) = (&self.graph, self.graph_route.as_str());
        let answer = self.idempotent(&Request { what, to, method: &Method::POST, route, body: Some(body) })?;
        let seconds = answer.wait().unwrap_or(UNNAMED_WAIT);
        let answer: GraphAnswer = decode(what, &answer.bytes)?;
        if let Some(error) = answer.errors.first() {
            let (what, says) = (what.to_owned(), said(&error.message));
            return Err(match error.kind.as_deref() {
                Some("FORBIDDEN" | "NOT_FOUND" | "INSUFFICIENT_SCOPES") => Failure::Denied { what, status: 403, says },
                Some("RATE_LIMITED") => Failure::RateLimited { what, seconds },
                _ => Failure::Unprocessable { what, says },
            });
        }
        answer.data.ok_or_else(|| Failure::Malformed { what: what.to_owned(), why: "it has no data".to_owned() })
    }

    fn idempotent(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        self.tried(request, Ok, || Ok(None))
    }

    /// A request of which nothing is known is sent again, unless `find` finds what it was to do.
    fn tried<T>(
        &self,
        request: &Request<'_>,
        read: impl Fn(Answer) -> Result<T, Failure>,
        find: impl Fn() -> Result<Option<T>, Failure>,
    ) -> Result<T, Failure> {
        let mut attempt = 1;
        loop {
            match self.patient(request) {
                Err(Failure::Unavailable { .. }) if attempt < ATTEMPTS => {
                    std::thread::sleep(PAUSE * attempt);
                    if let Some(found) = find()? {
                        return Ok(found);
                    }
                }
                // Nothing was sent.
                Err(Failure::Unreachable { .. }) if attempt < ATTEMPTS => std::thread::sleep(PAUSE * attempt),
                other => return read(other?),
            }
            attempt += 1;
        }
    }

    /// One request, sent again after a wait when GitHub asks for it: what is refused by a limit has not been done.
    fn patient(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let mut least = Duration::from_secs(1);
        loop {
            match self.once(request) {
                Err(Failure::RateLimited { what, seconds }) => {
                    // Whoever asks for no wait at all, time and again, is not asked for ever: the waits double.
                    let wait = Duration::from_secs(seconds).max(least);
                    least *= 2;
                    if self.waited.get() + wait > PATIENCE {
                        return Err(Failure::RateLimited { what, seconds });
                    }
                    self.waited.set(self.waited.get() + wait);
                    std::thread::sleep(wait);
                }
                other => return other,
            }
        }
    }

    fn once(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        let Request { what, to, method, route, body } = *request;
        let uri: Uri = route.parse().map_err(|error| Failure::Setup(format!("{what}: {route:?}: {error}")))?;
        let request = http::Request::builder()
            .method(method)
            .uri(uri)
            .header(header::ACCEPT, "application/vnd.github+json")
            .header("X-GitHub-Api-Version", "2022-11-28");
        let request =
            to.build_request(request, body).map_err(|error| Failure::Setup(format!("{what}: {}", chain(&error))))?;
        let exchange = async {
            let response = to.execute(request).await.map_err(|error| broken(what, &error))?;
            let (parts, body) = response.into_parts();
            let bytes = Limited::new(body, MAX_ANSWER).collect().await.map_err(|error| Failure::Unavailable {
                what: what.to_owned(),
                why: format!("the answer broke off: {}", chain(&*error)),
            })?;
            let bytes = bytes.to_bytes().to_vec();
            Ok(Answer { status: parts.status, headers: parts.headers, bytes })
        };
        let answer = self.runtime.block_on(async { tokio::time::timeout(self.timeout, exchange).await });
        let answer = answer.map_err(|_| Failure::Unavailable {
            what: what.to_owned(),
            why: format!("no answer within {} s", self.timeout.as_secs_f32()),
        })??;
        judged(what, answer)
    }
}
