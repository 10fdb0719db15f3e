//! GitHub in a bad mood: nothing is posted twice, nothing is lost in silence, and a fail stays one.

use super::Setting;
use super::fake::Mood;
use crate::support::{Tree, tree};

fn config_map(more: &str) -> Tree {
    tree(&[("a.yaml", &format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{ name: a, namespace: x }}\n{more}"))])
}

fn failing() -> Setting {
    Setting::new(&config_map("data: { a: b }\n"), &config_map("datas: { a: b }\n"))
}

fn passing() -> Setting {
    Setting::new(&config_map("data: { a: b }\n"), &config_map("data: { a: c }\n"))
}

const DENIED: Mood = Mood::Says(403, "", r#"{"message":"Resource not accessible by integration"}"#);

#[test]
fn a_read_only_token_falls_back_to_log_and_summary() {
    for (setting, code) in [(failing(), 1), (passing(), 0)] {
        setting.fake.with(|state| {
            state.rules = ["POST", "PATCH"].map(|method| (method, "/repos", DENIED)).to_vec();
        });
        let run = setting.post(&[]);
        assert_eq!(run.code, Some(code), "{}", run.text());
        let line = run.stdout.lines().filter(|line| line.starts_with("portcullis: not posted")).count();
        assert_eq!(line, 1, "{}", run.stdout);
        if code == 1 {
            assert!(run.stdout.contains("::error file=a.yaml,line=4"), "{}", run.stdout);
        }
        assert!(setting.job_summary().contains("portcullis: "), "{}", setting.job_summary());
        // One refusal of a comment is enough; the check run and the status are rights of their own.
        assert!(setting.fake.writes().len() <= 3, "{:?}", setting.fake.writes());
        setting.fake.with(|state| assert!(state.comments.is_empty() && state.checks.is_empty()));
    }
}

#[test]
fn what_cannot_be_folded_is_no_reason_to_fall_back() {
    let mut setting = failing();
    setting.post(&[]);
    setting.push(&config_map("data: { a: c }\n"));
    let forbidden = r#"{"data":{},"errors":[{"type":"FORBIDDEN","message":"Resource not accessible by integration"}]}"#;
    setting.fake.with(|state| state.queries = vec![("mutation", forbidden)]);
    let run = setting.post(&[]);
    assert_eq!(run.code, Some(0), "{}", run.text());
    assert!(run.stdout.contains("portcullis: folding comments away: the token may not"), "{}", run.stdout);
    assert_eq!(setting.job_summary(), "");
    setting.fake.with(|state| assert_eq!(state.checks[0]["conclusion"], "success"));
}

#[test]
fn without_the_right_to_write_checks_a_status_tells() {
    let setting = failing();
    setting.fake.with(|state| state.rules = vec![("POST", "/check-runs", DENIED)]);
    let run = setting.post(&[]);
    assert_eq!(run.code, Some(1));
    setting.fake.with(|state| {
        assert_eq!(state.statuses[0]["state"], "failure");
        assert_eq!(state.statuses[0]["context"], "portcullis report");
        assert_eq!(state.comments.len(), 1);
    });
    assert_eq!(setting.job_summary(), "");
}

#[test]
fn lost_answers_make_no_duplicates() {
    for route in ["/reviews", "/issues/7/comments", "/check-runs"] {
        let setting = failing();
        setting.fake.with(|state| state.moods = vec![("POST", route, Mood::DoesAndFails)]);
        let run = setting.post(&[]);
        assert_eq!(run.code, Some(1), "{}", run.text());
        setting.fake.with(|state| {
            let counts = (state.comments.len(), state.issue_comments.len(), state.checks.len(), state.reviews.len());
            assert_eq!(counts, (1, 1, 1, 1), "{route}");
            let posts = state.log.iter().filter(|exchange| exchange.method == "POST" && exchange.route.contains(route));
            assert_eq!(posts.count(), 1, "{route}");
        });
    }
}

#[test]
fn what_was_not_done_is_sent_again() {
    let setting = failing();
    let error = || Mood::Says(503, "", "<html>unicorn</html>");
    setting.fake.with(|state| {
        state.moods =
            vec![("POST", "/reviews", error()), ("GET", "/files", error()), ("GET", "/files", Mood::BreaksOff)];
    });
    let run = setting.post(&[]);
    assert_eq!(run.code, Some(1), "{}", run.text());
    setting.fake.with(|state| assert_eq!(state.comments.len(), 1));
}

#[test]
fn a_review_that_is_not_taken_is_sent_without_the_offenders() {
    let setting = failing();
    let refused = Mood::Says(422, "", r#"{"message":"Unprocessable Entity","errors":["Line could not be resolved"]}"#);
    setting.fake.with(|state| state.moods = vec![("POST", "/reviews", refused)]);
    let run = setting.post(&[]);
    assert_eq!(run.code, Some(1));
    assert!(run.stdout.contains("GitHub did not take 1 of 1 comments on lines"), "{}", run.stdout);
    setting.fake.with(|state| {
        assert!(state.comments.is_empty());
        let summary = state.issue_comments[0]["body"].as_str().unwrap();
        assert!(summary.contains("schema/unknown-field") && summary.contains("a.yaml:4"), "{summary}");
    });
}

#[test]
fn a_request_for_changes_that_is_not_taken_becomes_a_comment() {
    let setting = failing();
    let refused = Mood::Says(
        422,
        "",
        r#"{"message":"Unprocessable Entity","errors":["Can not request changes on your own pull request"]}"#,
    );
    setting.fake.with(|state| state.moods = vec![("POST", "/reviews", refused)]);
    let run = setting.post(&["--request-changes"]);
    assert_eq!(run.code, Some(1));
    assert!(run.stdout.contains("the request for changes, and 0 of 1 comments"), "{}", run.stdout);
    setting.fake.with(|state| {
        assert_eq!(state.comments.len(), 1);
        assert_eq!(state.reviews[0]["state"], "COMMENTED");
    });
}

#[test]
fn limits_are_waited_for_when_they_are_short() {
    let setting = failing();
    let limited = |after| Mood::Says(403, after, r#"{"message":"You have exceeded a secondary rate limit"}"#);
    setting.fake.with(|state| state.moods = vec![("POST", "/reviews", limited("retry-after: 1\r\n"))]);
    let run = setting.post(&[]);
    assert_eq!(run.code, Some(1));
    setting.fake.with(|state| assert_eq!(state.comments.len(), 1));

    // No wait at all is asked for, time and again: the waits grow.
    let setting = failing();
    let none = || ("POST", "/reviews", limited("retry-after: 0\r\n"));
    setting.fake.with(|state| state.moods = vec![none(), none()]);
    let run = setting.post(&[]);
    assert!(run.elapsed.as_secs() >= 3, "{:?}", run.elapsed);
    setting.fake.with(|state| assert_eq!(state.comments.len(), 1));

    for (setting, code) in [(failing(), 1), (passing(), 0)] {
        setting.fake.with(|state| state.rules = vec![("POST", "/repos", limited("retry-after: 3600\r\n"))]);
        let run = setting.post(&[]);
        assert_eq!(run.code, Some(code), "{}", run.text());
        assert!(run.stdout.contains("it ends in 3600 s"), "{}", run.stdout);
        assert!(!setting.job_summary().is_empty());
    }
}

#[test]
fn what_is_no_answer_of_githubs_fails_clearly() {
    for (mood, words) in [
        (Mood::Says(200, "", "{\"broken\":"), "the answer is not one of GitHub's"),
        (Mood::Says(200, "", "[]"), "the answer is not one of GitHub's"),
        (Mood::Says(301, "location: https://elsewhere.example/\r\n", "{}"), "redirects to https://elsewhere.example/"),
        (Mood::Says(401, "", r#"{"message":"Bad credentials"}"#), "does not know the token (401): Bad credentials"),
        (Mood::Says(500, "", ""), "GitHub answers 500"),
        (Mood::BreaksOff, "the answer broke off"),
    ] {
        for (setting, code) in [(passing(), 3), (failing(), 1)] {
            setting.fake.with(|state| state.rules = vec![("POST", "/graphql", mood.clone())]);
            let run = setting.post(&[]);
            assert_eq!(run.code, Some(code), "{mood:?}: {}", run.text());
            assert!(run.stderr.contains("portcullis: posting failed: reading the pull request: "), "{}", run.stderr);
            assert!(run.stderr.contains(words), "{words}: {}", run.stderr);
        }
    }
    let mut setting = passing();
    setting.environment = vec![("GITHUB_API_URL", "http://127.0.0.1:1".to_owned())];
    let run = setting.post(&[]);
    assert_eq!(run.code, Some(3), "{}", run.text());
    assert!(run.stderr.contains("no connection to GitHub"), "{}", run.stderr);
    // Who speaks no TLS, or has a certificate of somebody unknown, gets nothing.
    setting.environment = vec![("GITHUB_API_URL", setting.fake.address.replace("http:", "https:"))];
    let run = setting.post(&[]);
    assert_eq!(run.code, Some(3), "{}", run.text());
    let told =
        ["no connection to GitHub: ", "the system has no certificates"].iter().any(|words| run.stderr.contains(words));
    assert!(told, "{}", run.stderr);
    assert_eq!(setting.fake.requests(), 0);
    // A token goes to nobody who could be listening in.
    setting.environment = vec![("GITHUB_API_URL", "http://github.example".to_owned())];
    let run = setting.post(&[]);
    assert_eq!(run.code, Some(3));
    assert!(run.stderr.contains("a token is sent over https only"), "{}", run.stderr);
}

#[test]
fn a_head_that_moved_is_superseded() {
    let setting = failing();
    setting.fake.with(|state| state.head = "8".repeat(40));
    let run = setting.post(&[]);
    assert_eq!(run.code, Some(1));
    assert!(run.stdout.contains("superseded"), "{}", run.stdout);
    assert_eq!(setting.fake.writes(), [""; 0]);

    let setting = failing();
    setting.fake.with(|state| state.moves_after = Some(1));
    let run = setting.post(&[]);
    assert!(run.stdout.contains("superseded"), "{}", run.stdout);
    setting.fake.with(|state| assert_eq!(state.checks[0]["conclusion"], "cancelled"));
}

#[test]
fn without_a_token_or_an_event_it_is_wrong_usage() {
    let mut setting = passing();
    setting.environment = vec![("GITHUB_TOKEN", String::new())];
    let run = setting.post(&[]);
    assert_eq!(run.code, Some(2));
    assert!(run.stderr.contains("posting needs a token"), "{}", run.stderr);
    setting.environment = vec![("GITHUB_EVENT_PATH", String::new())];
    let run = setting.post(&["main..pr"]);
    assert_eq!(run.code, Some(2));
    assert!(run.stderr.contains("--post needs an event"), "{}", run.stderr);
    assert_eq!(setting.fake.requests(), 0);
}

fn two() -> Setting {
    let maps = |value: &str| {
        let text =
            |name| format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{ name: {name}, namespace: x }}\n{value}\n");
        tree(&[("a.yaml", &text("a")), ("b.yaml", &text("b"))])
    };
    Setting::new(&maps("data: {}"), &maps("datas: {}"))
}

/// What GitHub showed when the plan was made is not what it shows when the review comes: the second comment lies outside.
#[test]
fn one_comment_that_is_not_taken_costs_no_other() {
    let setting = two();
    let before = setting.fake.with(|state| {
        let shown = state.files.clone();
        let file = |(path, sha, patch): &(String, String, Option<String>)| {
            serde_json::json!({ "filename": path, "sha": sha, "patch": patch })
        };
        let before = serde_json::Value::from(shown.iter().map(file).collect::<Vec<_>>()).to_string();
        state.files[1].2 = None;
        before
    });
    let before: &'static str = before.leak();
    setting.fake.with(|state| state.moods = vec![("GET", "/files", Mood::Says(200, "", before))]);
    let run = setting.post(&[]);
    assert_eq!(run.code, Some(1), "{}", run.text());
    assert!(run.stdout.contains("GitHub did not take 1 of 2 comments on lines"), "{}", run.stdout);
    setting.fake.with(|state| {
        let paths: Vec<&str> = state.comments.iter().map(|comment| comment["path"].as_str().unwrap()).collect();
        assert_eq!(paths, ["a.yaml"]);
        assert!(state.issue_comments[0]["body"].as_str().unwrap().contains("`b.yaml:4`"));
        assert_eq!(state.checks[0]["conclusion"], "failure");
    });
}

/// A comment on a file is one request: it, too, is looked for before it is sent again.
#[test]
fn a_comment_on_a_file_is_not_made_twice() {
    let setting = failing();
    setting.fake.with(|state| {
        state.files[0].2 = None;
        state.moods = vec![("POST", "/pulls/7/comments", Mood::DoesAndFails)];
    });
    let run = setting.post(&[]);
    assert_eq!(run.code, Some(1), "{}", run.text());
    setting.fake.with(|state| assert_eq!(state.comments.len(), 1));
}

/// GitHub takes out of a page what the token may not see, so a short page is not the last one.
#[test]
fn short_pages_are_not_the_last() {
    let setting = two();
    setting.fake.with(|state| {
        state.short_pages = Some(1);
        state.say(super::fake::OTHER, "first");
    });
    setting.post(&[]);
    setting.fake.forget();
    let run = setting.post(&[]);
    assert_eq!(run.code, Some(1), "{}", run.text());
    assert_eq!(setting.fake.writes(), [""; 0]);
}

/// GraphQL tells of its limit in an answer that looks like a success.
#[test]
fn graphqls_limit_is_a_limit() {
    let limited = r#"{"errors":[{"type":"RATE_LIMITED","message":"API rate limit exceeded for installation"}]}"#;
    for (setting, code) in [(failing(), 1), (passing(), 0)] {
        setting.fake.with(|state| state.queries = vec![("query", limited)]);
        let run = setting.post(&[]);
        assert_eq!(run.code, Some(code), "{}", run.text());
        assert!(run.stdout.contains("rate limit is used up"), "{}", run.stdout);
        assert!(!setting.job_summary().is_empty());
    }
}
