//! A small GitHub on loopback: one repository, one pull request, with GitHub's rules about hunks, and bad moods on demand.

use std::collections::{BTreeMap, HashSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::openapi::{self, example};

/// The account whose token is used, and another one.
pub(crate) const ME: u64 = 41_898_282;
pub(crate) const OTHER: u64 = 7;

/// How the fake misbehaves once.
#[derive(Clone, Debug)]
pub(crate) enum Mood {
    /// Answers so instead of doing it: status, headers, body.
    Says(u16, &'static str, &'static str),
    /// Does it, and the answer gets lost behind a 502.
    DoesAndFails,
    /// Does not answer within any patience.
    Stalls,
    /// Does it, and does not answer.
    DoesAndStalls,
    /// Promises more bytes than it sends.
    BreaksOff,
}

/// One request and its answer.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    pub(crate) method: String,
    pub(crate) route: String,
    pub(crate) body: Option<Value>,
    pub(crate) raw: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) status: u16,
    pub(crate) answer: Value,
    /// A bad mood answered.
    pub(crate) odd: bool,
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) head: String,
    /// Path, blob, patch.
    pub(crate) files: Vec<(String, String, Option<String>)>,
    /// Where a file lay before, by its path.
    pub(crate) moved: BTreeMap<String, String>,
    pub(crate) issue_comments: Vec<Value>,
    pub(crate) comments: Vec<Value>,
    pub(crate) reviews: Vec<Value>,
    pub(crate) checks: Vec<Value>,
    pub(crate) statuses: Vec<Value>,
    pub(crate) minimized: HashSet<String>,
    pub(crate) members: HashSet<String>,
    /// Labels on the pull request, and when and by whom each was given.
    pub(crate) labels: Vec<(&'static str, &'static str, &'static str)>,
    /// When the head was pushed, and what then.
    pub(crate) pushes: Vec<(&'static str, String)>,
    /// Method, part of the route, and what happens at the next such requests.
    pub(crate) moods: Vec<(&'static str, &'static str, Mood)>,
    /// As [`State::moods`], always.
    pub(crate) rules: Vec<(&'static str, &'static str, Mood)>,
    /// What GraphQL answers to queries that begin so.
    pub(crate) queries: Vec<(&'static str, &'static str)>,
    /// A page of comments holds so many at most, whatever was asked for, and a link to the next one.
    pub(crate) short_pages: Option<usize>,
    /// After so many writes the pull request has another head.
    pub(crate) moves_after: Option<usize>,
    pub(crate) log: Vec<Exchange>,
    /// What stands before `/graphql`, and before `/v3` and every other route.
    pub(crate) prefix: &'static str,
    next: u64,
}

pub(crate) struct Fake {
    pub(crate) address: String,
    pub(crate) state: Arc<Mutex<State>>,
}

impl Fake {
    pub(crate) fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State { next: 1000, ..State::default() }));
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                thread::spawn(move || serve(stream, &shared));
            }
        });
        Self { address, state }
    }

    pub(crate) fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.state.lock().unwrap())
    }

    /// Requests that change something, as `METHOD route`.
    pub(crate) fn writes(&self) -> Vec<String> {
        self.with(|state| state.log.iter().filter(|exchange| is_write(exchange)).map(name).collect())
    }

    pub(crate) fn requests(&self) -> usize {
        self.with(|state| state.log.len())
    }

    /// Forget the requests, keep what is posted.
    pub(crate) fn forget(&self) {
        self.verify();
        self.with(|state| state.log.clear());
    }

    /// Every request and answer is valid by GitHub's own description, and went with the right headers.
    fn verify(&self) {
        self.with(|state| {
            for exchange in &state.log {
                assert_eq!(exchange.headers.get("accept").unwrap(), "application/vnd.github+json");
                assert!(exchange.headers.get("authorization").unwrap().starts_with("Bearer "));
                assert!(exchange.headers.get("user-agent").unwrap().starts_with("portcullis/"));
                let Exchange { method, route, body, status, answer, odd, .. } = exchange;
                let route = route.strip_prefix(state.prefix).unwrap();
                let route = if state.prefix.is_empty() { route } else { route.strip_prefix("/v3").unwrap_or(route) };
                if route == "/graphql" || *odd {
                    continue;
                }
                let problems = openapi::problems(method, route, body.as_ref(), *status, answer);
                assert!(problems.is_empty(), "{method} {route}: {problems:#?}\n{body:#?}");
            }
            let mut bodies = HashSet::new();
            let own = state.issue_comments.iter().chain(&state.comments).filter(|comment| comment["user"]["id"] == ME);
            for comment in own {
                let folded = state.minimized.contains(comment["node_id"].as_str().unwrap());
                assert!(
                    folded || bodies.insert(comment["body"].as_str().unwrap()),
                    "posted twice: {}",
                    comment["body"]
                );
            }
        });
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        if !thread::panicking() {
            self.verify();
        }
    }
}

fn name(exchange: &Exchange) -> String {
    format!("{} {}", exchange.method, exchange.route)
}

fn is_write(exchange: &Exchange) -> bool {
    let query = exchange.body.as_ref().and_then(|body| body["query"].as_str());
    exchange.method != "GET" && query.is_none_or(|query| query.starts_with("mutation"))
}

fn serve(mut stream: TcpStream, state: &Mutex<State>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut line = String::new();
    if reader.read_line(&mut line).unwrap_or(0) == 0 {
        return;
    }
    let mut words = line.split(' ').map(str::to_owned);
    let (method, route) = (words.next().unwrap(), words.next().unwrap());
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let Some((key, value)) = line.trim_end().split_once(": ") else { break };
        headers.insert(key.to_ascii_lowercase(), value.to_owned());
    }
    let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    let mut bytes = vec![0; length];
    reader.read_exact(&mut bytes).unwrap();
    let raw = String::from_utf8(bytes).unwrap();
    let body = (!raw.is_empty()).then(|| serde_json::from_str(&raw).unwrap());
    let mut state = state.lock().unwrap();
    let fits = |(of, part, _): &(&str, &str, Mood)| *of == method && route.contains(part);
    let mood = match state.moods.iter().position(fits) {
        Some(at) => Some(state.moods.remove(at).2),
        None => state.rules.iter().find(|rule| fits(rule)).map(|(.., mood)| mood.clone()),
    };
    let (status, extra, text) = match &mood {
        Some(Mood::Says(status, extra, text)) => (*status, (*extra).to_owned(), (*text).to_owned()),
        Some(Mood::DoesAndFails) => {
            state.answer(&method, &route, body.as_ref());
            (502, String::new(), "<html>bad gateway</html>".to_owned())
        }
        Some(Mood::DoesAndStalls) => {
            state.answer(&method, &route, body.as_ref());
            (0, String::new(), String::new())
        }
        Some(Mood::Stalls) => (0, String::new(), String::new()),
        Some(Mood::BreaksOff) | None => {
            let (status, answer) = state.answer(&method, &route, body.as_ref());
            (status, state.next_page(&method, &route), answer.to_string())
        }
    };
    let answer = serde_json::from_str(&text).unwrap_or(Value::Null);
    let odd = mood.is_some();
    state.log.push(Exchange { method, route, body, raw, headers, status, answer, odd });
    if state.moves_after.is_some_and(|after| state.log.iter().filter(|exchange| is_write(exchange)).count() >= after) {
        state.head = "9".repeat(40);
    }
    drop(state);
    if matches!(mood, Some(Mood::Stalls | Mood::DoesAndStalls)) {
        thread::sleep(Duration::from_mins(1));
        return;
    }
    let promised = text.len() + if matches!(mood, Some(Mood::BreaksOff)) { 100 } else { 0 };
    let head = format!(
        "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {promised}\r\n{extra}connection: close\r\n\r\n"
    );
    // Whoever has given up does not listen any more.
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(text.as_bytes()));
}

fn with(mut value: Value, fields: Value) -> Value {
    let Value::Object(fields) = fields else { panic!("{fields} are no fields") };
    value.as_object_mut().unwrap().extend(fields);
    value
}

/// The number at the end of a route.
fn number(text: &str) -> Value {
    text.parse::<u64>().unwrap().into()
}

fn user(id: u64) -> Value {
    let login = if id == ME { "github-actions[bot]".to_owned() } else { format!("user{id}") };
    with(example("issue-comment")["user"].clone(), json!({ "id": id, "login": login }))
}

/// The ranges of a patch's hunks on one side.
fn ranges(patch: &str, side: char) -> Vec<(u64, u64)> {
    let headers = patch.lines().filter(|line| line.starts_with("@@ "));
    headers
        .map(|line| {
            let word = line.split(' ').find(|word| word.starts_with(side)).unwrap();
            let (start, count) = word[1..].split_once(',').unwrap_or((&word[1..], "1"));
            (start.parse().unwrap(), start.parse::<u64>().unwrap() + count.parse::<u64>().unwrap())
        })
        .collect()
}

impl State {
    fn id(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// A comment on the pull request by somebody.
    pub(crate) fn say(&mut self, author: u64, body: &str) -> Value {
        let id = self.id();
        let fields = json!({ "id": id, "node_id": format!("IC_{id}"), "body": body, "user": user(author) });
        self.issue_comments.push(with(example("issue-comment"), fields));
        self.issue_comments.last().unwrap().clone()
    }

    /// A comment on a line by somebody.
    pub(crate) fn say_inline(&mut self, author: u64, comment: &Value, reply_to: Option<u64>) -> Value {
        let id = self.id();
        let mut made = with(example("pull-request-review-comment-2"), comment.clone());
        made = with(made, json!({ "id": id, "node_id": format!("PRRC_{id}"), "user": user(author) }));
        made.as_object_mut().unwrap().remove("in_reply_to_id");
        if let Some(to) = reply_to {
            made["in_reply_to_id"] = to.into();
        }
        self.comments.push(made.clone());
        made
    }

    /// A review by somebody.
    pub(crate) fn review(&mut self, author: u64, state: &str, commit: &str, body: &str) -> Value {
        let id = self.id();
        let fields = json!({
            "id": id, "node_id": format!("PRR_{id}"), "user": user(author), "state": state, "commit_id": commit, "body": body,
        });
        self.reviews.push(with(example("pull-request-review"), fields));
        self.reviews.last().unwrap().clone()
    }

    /// Why GitHub would not take a comment on a line.
    fn off_diff(&self, comment: &Value) -> Option<&'static str> {
        let file = self.files.iter().find(|(path, ..)| comment["path"] == **path);
        let Some((_, _, patch)) = file else { return Some("Path could not be resolved") };
        let side = |name: &str| if comment[name] == "LEFT" { '-' } else { '+' };
        let ranges = ranges(patch.as_deref().unwrap_or_default(), side("side"));
        let line = comment["line"].as_u64().unwrap();
        let Some(hunk) = ranges.iter().find(|(start, end)| (*start..*end).contains(&line)) else {
            return Some("Pull request review thread line must be part of the diff");
        };
        match comment["start_line"].as_u64() {
            Some(start) if start >= line => Some("start_line must precede the end line"),
            Some(start) if start < hunk.0 => Some("start line must be part of the same hunk as the line"),
            _ => None,
        }
    }

    fn answer(&mut self, method: &str, route: &str, body: Option<&Value>) -> (u16, Value) {
        let path = route.split('?').next().unwrap();
        let path = path.strip_prefix(self.prefix).unwrap();
        let path = if self.prefix.is_empty() { path } else { path.strip_prefix("/v3").unwrap_or(path) };
        let rest = path.strip_prefix("/repos/acme/shop").unwrap_or(path);
        let parts: Vec<&str> = rest.split('/').skip(1).collect();
        let body = body.cloned().unwrap_or_default();
        let refused = |why: &str| (422, json!({ "message": "Unprocessable Entity", "errors": [why] }));
        match (method, parts.as_slice()) {
            ("POST", ["graphql"]) => (200, self.graphql(&body)),
            ("GET", ["pulls", "7"]) => {
                let pull = with(example("pull-request"), json!({ "number": 7, "requested_teams": [] }));
                let repo = with(pull["head"]["repo"].clone(), json!({ "full_name": "eve/shop" }));
                let head = with(pull["head"].clone(), json!({ "sha": self.head, "ref": "a&b", "repo": repo }));
                let label = |(name, ..): &(&str, &str, &str)| {
                    with(
                        pull["labels"][0].clone(),
                        json!({ "name": name, "description": "asks the gate to stand aside" }),
                    )
                };
                let labels: Vec<Value> = self.labels.iter().map(label).collect();
                (200, with(pull, json!({ "head": head, "labels": labels })))
            }
            ("GET", ["issues", "7", "events"]) => {
                let event = |(name, at, who): &(&str, &str, &str)| {
                    let event =
                        with(example("issue-event-for-issue-items"), json!({ "event": "labeled", "created_at": at }));
                    let actor = with(event["actor"].clone(), json!({ "login": who }));
                    with(event, json!({ "actor": actor, "label": { "name": name, "color": "red" } }))
                };
                (200, self.labels.iter().map(event).collect())
            }
            ("GET", ["repos", "eve", "shop", "activity"]) => {
                assert!(route.ends_with("?ref=refs/heads/a%26b&per_page=1"), "{route}");
                let push = |(at, after): &(&str, String)| {
                    json!({
                        "id": 1, "node_id": "PSH_1", "before": "0".repeat(40), "after": after, "ref": "refs/heads/a&b",
                        "timestamp": at, "activity_type": "push", "actor": example("issue-comment")["user"],
                    })
                };
                (200, self.pushes.iter().take(1).map(push).collect())
            }
            ("GET", ["pulls", "7", "files"]) => (200, self.listed_files()),
            ("GET", ["issues", "7", "comments"]) => (200, self.paged(&self.issue_comments, route)),
            ("POST", ["issues", "7", "comments"]) => (201, self.say(ME, body["body"].as_str().unwrap())),
            ("PATCH", ["issues", "comments", id]) => edit(&mut self.issue_comments, id, &body),
            ("GET", ["pulls", "7", "comments"]) => (200, self.paged(&self.comments, route)),
            ("POST", ["pulls", "7", "comments"]) => (201, self.say_inline(ME, &body, None)),
            ("PATCH", ["pulls", "comments", id]) => edit(&mut self.comments, id, &body),
            ("GET", ["pulls", "7", "reviews"]) => (200, self.reviews.clone().into()),
            ("POST", ["pulls", "7", "reviews"]) => {
                let comments = body["comments"].as_array().cloned().unwrap_or_default();
                if let Some(why) = comments.iter().find_map(|comment| self.off_diff(comment)) {
                    return refused(why);
                }
                for comment in &comments {
                    self.say_inline(ME, comment, None);
                }
                let state = if body["event"] == "REQUEST_CHANGES" { "CHANGES_REQUESTED" } else { "COMMENTED" };
                let (commit, text) = (body["commit_id"].as_str().unwrap(), body["body"].as_str().unwrap());
                (200, self.review(ME, state, commit, text))
            }
            ("PUT", ["pulls", "7", "reviews", id, "dismissals"]) => {
                let review = self.reviews.iter_mut().find(|review| review["id"] == number(id)).unwrap();
                review["state"] = "DISMISSED".into();
                (200, review.clone())
            }
            ("GET", ["commits", _, "check-runs"]) => (200, self.listed_checks(route)),
            ("POST", ["check-runs"]) => {
                let id = self.id();
                let run = with(example("check-run"), json!({ "id": id, "status": "queued", "conclusion": null }));
                // The latest of a name is the one that is listed.
                self.checks = vec![run.clone()];
                self.check_run(&id.to_string(), &body, 201)
            }
            ("PATCH", ["check-runs", id]) => self.check_run(id, &body, 200),
            ("POST", ["statuses", _]) => {
                self.statuses.push(body.clone());
                (201, with(example("status"), body))
            }
            ("GET", ["orgs", organisation, "teams", team, "memberships", login]) => {
                if self.members.contains(&format!("{organisation}/{team}/{login}")) {
                    (200, example("team-membership-response-if-user-is-a-team-maintainer"))
                } else {
                    (404, json!({ "message": "Not Found" }))
                }
            }
            ("GET", ["installation"]) => (200, with(example("installation"), json!({ "id": 5 }))),
            ("POST", ["app", "installations", "5", "access_tokens"]) => (201, example("installation-token")),
            _ => panic!("the fake knows no {method} {route}"),
        }
    }

    fn listed_files(&self) -> Value {
        let file = |(path, sha, patch): &(String, String, Option<String>)| {
            let mut file = with(example("diff-entry-items"), json!({ "filename": path, "sha": sha }));
            file.as_object_mut().unwrap().remove("patch");
            if let Some(old) = self.moved.get(path) {
                file["previous_filename"] = old.as_str().into();
            }
            patch.as_ref().map_or(file.clone(), |patch| with(file, json!({ "patch": patch })))
        };
        self.files.iter().map(file).collect()
    }

    fn listed_checks(&self, route: &str) -> Value {
        let name = route.split(['?', '&']).find_map(|part| part.strip_prefix("check_name=")).unwrap();
        let named = |run: &&Value| encoded(run["name"].as_str().unwrap()) == name;
        let found: Vec<&Value> = self.checks.iter().filter(named).collect();
        json!({ "total_count": found.len(), "check_runs": found })
    }

    fn paged(&self, items: &[Value], route: &str) -> Value {
        let size = parameter(route, "per_page=").unwrap_or(30);
        let (size, page) = (self.short_pages.unwrap_or(size), parameter(route, "page=").unwrap_or(1));
        items.iter().skip(size * (page - 1)).take(size).cloned().collect()
    }

    /// The header that names the next page; empty for the last.
    fn next_page(&self, method: &str, route: &str) -> String {
        let items = match route.split('?').next().unwrap().rsplit_once("/7/") {
            Some((issues, "comments")) if issues.ends_with("/issues") => self.issue_comments.len(),
            Some((_, "comments")) => self.comments.len(),
            _ => 0,
        };
        let (size, page) = (self.short_pages.unwrap_or(usize::MAX), parameter(route, "page=").unwrap_or(1));
        if method != "GET" || size.saturating_mul(page) >= items {
            return String::new();
        }
        let to = |page: usize| format!("<https://api.github.example{route}&page={page}>");
        format!("link: {}; rel=\"prev\", {}; rel=\"next\"\r\n", to(page), to(page + 1))
    }

    fn check_run(&mut self, id: &str, body: &Value, status: u16) -> (u16, Value) {
        if body["status"] == "completed" && body["conclusion"].is_null() {
            return (422, json!({ "message": "a completed check run needs a conclusion" }));
        }
        let run = self.checks.iter_mut().find(|run| run["id"] == number(id)).unwrap();
        for (key, value) in body.as_object().unwrap() {
            if key == "output" {
                let before = run["output"]["annotations_count"].as_u64().filter(|_| status == 200).unwrap_or(0);
                let count = before + value["annotations"].as_array().map_or(0, Vec::len) as u64;
                for text in ["title", "summary"] {
                    run["output"][text] = value[text].clone();
                }
                run["output"]["annotations_count"] = count.into();
            } else {
                run[key] = value.clone();
            }
        }
        (status, run.clone())
    }

    fn graphql(&mut self, body: &Value) -> Value {
        let (query, variables) = (body["query"].as_str().unwrap(), &body["variables"]);
        if let Some((_, answer)) = self.queries.iter().find(|(start, _)| query.starts_with(start)) {
            return serde_json::from_str(answer).unwrap();
        }
        if query.contains("viewer") {
            let mut data = json!({ "viewer": { "login": "github-actions[bot]", "databaseId": ME } });
            if query.contains("headRefOid") {
                assert_eq!(variables, &json!({ "owner": "acme", "name": "shop", "number": 7 }));
                data["repository"]["pullRequest"]["headRefOid"] = self.head.as_str().into();
            }
            return json!({ "data": data });
        }
        if query.starts_with("query") {
            let node = |id: &Value| json!({ "id": id, "isMinimized": self.minimized.contains(id.as_str().unwrap()) });
            let nodes: Vec<Value> = variables["ids"].as_array().unwrap().iter().map(node).collect();
            return json!({ "data": { "nodes": nodes } });
        }
        assert!(query.contains("minimizeComment"), "{query}");
        for (name, id) in variables.as_object().unwrap() {
            assert!(query.contains(&format!("${name}: ID!")) && query.contains(&format!("subjectId: ${name},")));
            self.minimized.insert(id.as_str().unwrap().to_owned());
        }
        json!({ "data": {} })
    }
}

/// A text as the value of a query's parameter.
fn encoded(text: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(byte);
    text.bytes().map(|byte| if plain(&byte) { char::from(byte).into() } else { format!("%{byte:02X}") }).collect()
}

/// A number of a route's query.
fn parameter(route: &str, name: &str) -> Option<usize> {
    route.split(['?', '&']).find_map(|part| part.strip_prefix(name))?.parse().ok()
}

fn edit(items: &mut [Value], id: &str, body: &Value) -> (u16, Value) {
    let item = items.iter_mut().find(|item| item["id"] == number(id)).unwrap();
    item["body"] = body["body"].clone();
    (200, item.clone())
}
