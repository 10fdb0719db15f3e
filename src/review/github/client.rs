//! Requests and answers.

use std::cell::Cell;
use std::error::Error;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, Method, StatusCode, Uri, header};
use http_body_util::{BodyExt, Limited};
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::client::legacy::connect::{HttpConnector, proxy::Tunnel};
use hyper_util::client::proxy::matcher::Matcher;
use hyper_util::rt::TokioExecutor;
use octocrab::service::middleware::base_uri::BaseUriLayer;
use octocrab::service::middleware::extra_headers::ExtraHeadersLayer;
use octocrab::{AuthState, OctoBody, Octocrab, OctocrabBuilder};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::report::escape;

use super::access::{Access, Credential, is_repository};
use super::api::GraphAnswer;
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
/// Characters of GitHub's own words that are passed on.
const MAX_SAID: usize = 300;

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

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Client({})", self.repository)
    }
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    bytes: Vec<u8>,
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

    /// `/repos/owner/name` and more.
    pub(super) fn route(&self, rest: &str) -> String {
        format!("/repos/{}{rest}", self.repository)
    }

    /// Read one thing.
    pub(super) fn get<T: DeserializeOwned>(&self, what: &str, route: &str) -> Result<T, Failure> {
        let answer = self.idempotent(&self.rest, what, &Method::GET, route, None)?;
        decode(what, &answer.bytes)
    }

    /// Read a list, page by page.
    pub(super) fn list<T: DeserializeOwned>(&self, what: &str, route: &str) -> Result<Vec<T>, Failure> {
        let mut items = Vec::new();
        for page in 1..=MAX_PAGES {
            let mut found: Vec<T> = self.get(what, &format!("{route}?per_page={PER_PAGE}&page={page}"))?;
            let last = found.len() < PER_PAGE;
            items.append(&mut found);
            if last {
                break;
            }
        }
        Ok(items)
    }

    /// Change something that is there; twice is like once.
    pub(super) fn change(&self, what: &str, method: &Method, route: &str, body: &Value) -> Result<(), Failure> {
        self.idempotent(&self.rest, what, method, route, Some(body)).map(drop)
    }

    /// Make something. When it is not known whether that was done, `find` looks for it before it is tried again.
    pub(super) fn create<T: DeserializeOwned>(
        &self,
        what: &str,
        route: &str,
        body: &Value,
        find: impl Fn() -> Result<Option<T>, Failure>,
    ) -> Result<T, Failure> {
        let mut attempt = 1;
        loop {
            match self.patient(&self.rest, what, &Method::POST, route, Some(body)) {
                Err(Failure::Unavailable { .. }) if attempt < ATTEMPTS => {
                    self.pause(attempt);
                    if let Some(found) = find()? {
                        return Ok(found);
                    }
                }
                Err(Failure::Unreachable { .. }) if attempt < ATTEMPTS => self.pause(attempt),
                other => return decode(what, &other?.bytes),
            }
            attempt += 1;
        }
    }

    /// Ask GraphQL, or have it do what is like once when done twice. Gives `data`.
    pub(super) fn graphql(&self, what: &str, query: &str, variables: &Value) -> Result<Value, Failure> {
        let body = json!({ "query": query, "variables": variables });
        let answer = self.idempotent(&self.graph, what, &Method::POST, &self.graph_route, Some(&body))?;
        let answer: GraphAnswer = decode(what, &answer.bytes)?;
        if let Some(error) = answer.errors.first() {
            let (what, says) = (what.to_owned(), said(&error.message));
            return Err(match error.kind.as_deref() {
                Some("FORBIDDEN" | "NOT_FOUND" | "INSUFFICIENT_SCOPES") => Failure::Denied { what, status: 403, says },
                _ => Failure::Unprocessable { what, says },
            });
        }
        answer.data.ok_or_else(|| Failure::Malformed { what: what.to_owned(), why: "it has no data".to_owned() })
    }

    fn idempotent(
        &self,
        octocrab: &Octocrab,
        what: &str,
        method: &Method,
        route: &str,
        body: Option<&Value>,
    ) -> Result<Answer, Failure> {
        let mut attempt = 1;
        loop {
            match self.patient(octocrab, what, method, route, body) {
                Err(Failure::Unavailable { .. } | Failure::Unreachable { .. }) if attempt < ATTEMPTS => {
                    self.pause(attempt);
                }
                other => return other,
            }
            attempt += 1;
        }
    }

    /// One request, sent again after a wait when GitHub asks for it: what is refused by a limit has not been done.
    fn patient(
        &self,
        octocrab: &Octocrab,
        what: &str,
        method: &Method,
        route: &str,
        body: Option<&Value>,
    ) -> Result<Answer, Failure> {
        loop {
            match self.once(octocrab, what, method, route, body) {
                Err(Failure::RateLimited { what, seconds }) => {
                    let wait = Duration::from_secs(seconds);
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

    fn once(
        &self,
        octocrab: &Octocrab,
        what: &str,
        method: &Method,
        route: &str,
        body: Option<&Value>,
    ) -> Result<Answer, Failure> {
        let uri: Uri = route.parse().map_err(|error| Failure::Setup(format!("{what}: {route:?}: {error}")))?;
        let request = http::Request::builder()
            .method(method)
            .uri(uri)
            .header(header::ACCEPT, "application/vnd.github+json")
            .header("X-GitHub-Api-Version", "2022-11-28");
        let request = octocrab
            .build_request(request, body)
            .map_err(|error| Failure::Setup(format!("{what}: {}", chain(&error))))?;
        let exchange = async {
            let response = octocrab.execute(request).await.map_err(|error| broken(what, &error))?;
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

    #[expect(clippy::unused_self, reason = "a pause belongs to a connection")]
    fn pause(&self, attempt: u32) {
        std::thread::sleep(PAUSE * attempt);
    }
}

/// octocrab on our own connector, with routes relative to an address.
fn octocrab(access: &Access, base: &str, token: &str) -> Result<Octocrab, Failure> {
    let wrong = |why: &str| Failure::Setup(format!("{base:?} is no address of an API: {why}"));
    let uri: Uri = base.parse().map_err(|error| wrong(&format!("{error}")))?;
    let is_local = matches!(uri.host(), Some("localhost" | "127.0.0.1" | "[::1]"));
    match uri.scheme_str() {
        Some("https") => {}
        Some("http") if is_local => {}
        Some("http") => return Err(wrong("a token is sent over https only")),
        _ => return Err(wrong("it must begin with https://")),
    }
    let mut roots = rustls::RootCertStore::empty();
    if !is_local {
        let found = rustls_native_certs::load_native_certs();
        roots.add_parsable_certificates(found.certs);
        if roots.is_empty() {
            let why = found.errors.first().map_or(String::new(), |error| format!(" ({error})"));
            return Err(Failure::Setup(format!(
                "the system has no certificates{why}: install ca-certificates, or set SSL_CERT_FILE"
            )));
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Failure::Setup(format!("no TLS: {error}")))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_connect_timeout(Some(access.timeout));
    let https = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1();
    let pool = hyper_util::client::legacy::Client::builder(TokioExecutor::new());
    let proxy = access.proxy.as_ref().and_then(|(proxy, except)| {
        Matcher::builder().https(proxy.as_str()).no(except.as_str()).build().intercept(&uri)
    });
    Ok(match proxy {
        None => build(pool.build::<_, OctoBody>(https.wrap_connector(tcp)), uri, token),
        Some(proxy) => {
            let mut tunnel = Tunnel::new(proxy.uri().clone(), tcp);
            if let Some(auth) = proxy.basic_auth() {
                tunnel = tunnel.with_auth(auth.clone());
            }
            build(pool.build::<_, OctoBody>(https.wrap_connector(tunnel)), uri, token)
        }
    })
}

fn build<C>(client: hyper_util::client::legacy::Client<C, OctoBody>, base: Uri, token: &str) -> Octocrab
where
    C: hyper_util::client::legacy::connect::Connect + Clone + Send + Sync + 'static,
{
    let agent = http::HeaderValue::from_static(concat!("portcullis/", env!("CARGO_PKG_VERSION")));
    let headers = ExtraHeadersLayer::new(Arc::new(vec![(header::USER_AGENT, agent)]));
    let built = OctocrabBuilder::new_empty()
        .with_service(client)
        .with_layer(&BaseUriLayer::new(base))
        .with_layer(&headers)
        .with_auth(AuthState::AccessToken { token: token.to_owned().into() })
        .build();
    match built {
        Ok(octocrab) => octocrab,
        Err(never) => match never {},
    }
}

/// What a status means.
fn judged(what: &str, answer: Answer) -> Result<Answer, Failure> {
    let status = answer.status;
    if status.is_success() {
        return Ok(answer);
    }
    let what = what.to_owned();
    let says = words(&answer.bytes);
    let number = |name: &str| answer.headers.get(name)?.to_str().ok()?.trim().parse::<u64>().ok();
    if matches!(status.as_u16(), 403 | 429) {
        let reset = || {
            let used_up = number("x-ratelimit-remaining") == Some(0);
            let now = u64::try_from(jiff::Timestamp::now().as_second()).unwrap_or(0);
            number("x-ratelimit-reset").filter(|_| used_up).map(|at| at.saturating_sub(now) + 1)
        };
        let limited = status.as_u16() == 429 || says.to_ascii_lowercase().contains("rate limit");
        // GitHub asks for at least a minute where it names no time.
        let seconds = number("retry-after").or_else(reset).or(limited.then_some(PATIENCE.as_secs()));
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

fn said(text: &str) -> String {
    escape::one_line(&escape::cut(text, MAX_SAID))
}

fn decode<T: DeserializeOwned>(what: &str, bytes: &[u8]) -> Result<T, Failure> {
    serde_json::from_slice(bytes)
        .map_err(|error| Failure::Malformed { what: what.to_owned(), why: said(&error.to_string()) })
}

/// An error of the way there. Whether something was sent is what matters.
fn broken(what: &str, error: &(dyn Error + 'static)) -> Failure {
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
fn chain(error: &(dyn Error + 'static)) -> String {
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
