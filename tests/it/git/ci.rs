//! The CI's events, and the shallow clones they run in.

use portcullis::git::{GitError, Request, compare};

use super::{Repo, all, comparison, diverged, mend, nothing, summary};

fn pull_request(base: &str, head: &str) -> serde_json::Value {
    serde_json::json!({
        "action": "synchronize", "number": 7,
        "pull_request": { "number": 7, "base": { "sha": base }, "head": { "sha": head }, "merge_commit_sha": null },
    })
}

#[test]
fn a_pull_request_in_ci() {
    let repo = diverged();
    let (base, head) = (repo.id("main"), repo.id("pr"));
    let payload = pull_request(&base, &head);
    let expected = ["M apps/a.yaml", "A apps/new.yaml"];

    repo.git(&["checkout", "-q", "--detach", "pr"]);
    let of_head = comparison(compare(&Request::Default, &repo.event("pull_request", &payload, None)).unwrap());
    assert_eq!(summary(&of_head), expected);
    assert_eq!(of_head.compared.base, Some(repo.id("main~1")));
    assert_eq!(of_head.compared.trust, Some(base.clone()));

    repo.git(&["checkout", "-q", "--detach", "main"]);
    repo.git(&["merge", "-q", "--no-ff", "-m", "merge ref", "pr"]);
    let merge = repo.id("HEAD");
    let of_merge = comparison(compare(&Request::Default, &repo.event("pull_request", &payload, Some(&merge))).unwrap());
    assert_eq!(summary(&of_merge), expected);
    assert_eq!(of_merge.compared.base, Some(base.clone()));
    assert_eq!(of_merge.compared.head, Some(merge));

    repo.git(&["checkout", "-q", "--detach", "main"]);
    let environment = repo.event("pull_request", &payload, None);
    let error = compare(&Request::Default, &environment).unwrap_err();
    assert_eq!(error.to_string(), format!("HEAD is {base}, but the event is about {head}"));
    assert_eq!(error.help(), format!("git fetch origin {head} && git checkout --detach {head}"));
    let error = compare(&Request::Default, &repo.event("pull_request_target", &payload, None)).unwrap_err();
    assert!(error.help().contains("must not check the head out"), "{}", error.help());
    // Asked for explicitly, the event does not count.
    let explicit = compare(&Request::Range { spec: "main..pr".into() }, &environment).unwrap();
    assert_eq!(summary(&comparison(explicit)), expected);
}

/// The author pushes a merge of an own branch and the former head: its first parent must not become the trust commit.
#[test]
fn a_merge_of_the_authors_is_no_merge_ref() {
    let repo = diverged();
    let payload = pull_request(&repo.id("main"), &repo.id("pr"));
    let sha = repo.id("main");
    repo.git(&["switch", "-q", "-c", "evil", "main"]);
    repo.commit(&[("portcullis.yaml", "mode: report\n")]);
    repo.git(&["merge", "-q", "--no-ff", "-m", "looks like a merge ref", "pr"]);
    let environment = repo.event("pull_request", &payload, Some(&sha));
    assert!(matches!(compare(&Request::Default, &environment), Err(GitError::HeadIsNotTheEvents { .. })));
}

#[test]
fn other_events_in_ci() {
    let repo = diverged();
    let (before, after) = (repo.id("main~1"), repo.id("main"));
    let zero = "0".repeat(40);
    let push = |before: &str, after: &str| serde_json::json!({"ref": "refs/heads/x", "before": before, "after": after});
    let run = |name: &str, payload: &serde_json::Value| compare(&Request::Default, &repo.event(name, payload, None));

    let pushed = comparison(run("push", &push(&before, &after)).unwrap());
    assert_eq!(summary(&pushed), ["M other/c.yaml"]);
    assert_eq!(pushed.compared.trust, Some(before.clone()));
    let (sentence, _) = nothing(run("push", &push(&before, &zero)).unwrap());
    assert_eq!(sentence, "the push deletes refs/heads/x");
    let lost = "1".repeat(40);
    let error = run("push", &push(&lost, &after)).unwrap_err();
    assert!(error.help().starts_with(&format!("git fetch --depth=1 origin {lost}")), "{}", error.help());

    repo.git(&["switch", "-q", "pr"]);
    let new_branch = comparison(run("push", &push(&zero, &repo.id("pr"))).unwrap());
    assert_eq!(summary(&new_branch), ["M apps/a.yaml", "A apps/new.yaml"]);
    assert_eq!(new_branch.compared.trust, Some(after.clone()));
    // A forced push takes commits back.
    let forced = comparison(run("push", &push(&after, &repo.id("pr"))).unwrap());
    assert_eq!(summary(&forced), ["M apps/a.yaml", "A apps/new.yaml", "M other/c.yaml"]);

    let group = serde_json::json!({"merge_group": {"base_sha": before, "head_sha": repo.id("pr")}});
    let group = comparison(run("merge_group", &group).unwrap());
    assert_eq!(summary(&group), ["M apps/a.yaml", "A apps/new.yaml"]);
    assert_eq!(group.compared.trust, Some(before));

    let scheduled = comparison(run("schedule", &serde_json::json!({"schedule": "0 0 * * *"})).unwrap());
    assert_eq!(scheduled.compared.description, "all of HEAD");

    for (payload, problem) in [
        (serde_json::json!({}), "it has no `pull_request`"),
        (pull_request("--upload-pack=x", &after), "`--upload-pack=x` is not a full commit id"),
    ] {
        let error = run("pull_request", &payload).unwrap_err().to_string();
        assert!(error.contains(problem), "{error}");
    }
}

/// A clone as actions/checkout makes it: one commit by its id.
fn shallow(up: &Repo, id: &str) -> Repo {
    let clone = Repo::new();
    clone.git(&["remote", "add", "origin", &format!("file://{}", up.path().display())]);
    clone.git(&["fetch", "-q", "--depth=1", "origin", id]);
    clone.git(&["checkout", "-q", "--detach", id]);
    clone
}

#[test]
fn shallow_clones_say_what_to_fetch() {
    let up = diverged();
    let (base, head) = (up.id("main"), up.id("pr"));
    let payload = pull_request(&base, &head);
    up.git(&["checkout", "-q", "--detach", "main"]);
    up.git(&["merge", "-q", "--no-ff", "-m", "merge ref", "pr"]);
    let merge = up.id("HEAD");
    let expected = ["M apps/a.yaml", "A apps/new.yaml"];

    let of_merge = shallow(&up, &merge);
    let environment = of_merge.event("pull_request", &payload, Some(&merge));
    let error = compare(&Request::Default, &environment).unwrap_err();
    assert!(matches!(error, GitError::ShallowMerge { .. }), "{error}");
    mend(of_merge.path(), &error.help());
    assert_eq!(summary(&comparison(compare(&Request::Default, &environment).unwrap())), expected);

    let of_head = shallow(&up, &head);
    let environment = of_head.event("pull_request", &payload, None);
    let error = compare(&Request::Default, &environment).unwrap_err();
    assert!(matches!(error, GitError::MissingCommit { .. }), "{error}");
    let with_base = shallow(&up, &head);
    with_base.git(&["fetch", "-q", "--depth=1", "origin", &base]);
    let request = Request::Range { spec: format!("{base}..{head}") };
    let second = with_base.error(&request);
    assert!(matches!(second, GitError::ShallowHistory { .. }), "{second}");
    mend(with_base.path(), &second.help());
    assert_eq!(summary(&with_base.compare(&request)), expected);
    mend(of_head.path(), &error.help());
    assert_eq!(summary(&comparison(compare(&Request::Default, &environment).unwrap())), expected);

    // A push or a merge group needs the base's tree only, no history.
    let pushed = shallow(&up, &base);
    let payload = serde_json::json!({"ref": "refs/heads/main", "before": up.id("main~1"), "after": base});
    let environment = pushed.event("push", &payload, None);
    let error = compare(&Request::Default, &environment).unwrap_err();
    mend(pushed.path(), &error.help());
    assert_eq!(summary(&comparison(compare(&Request::Default, &environment).unwrap())), ["M other/c.yaml"]);

    assert!(matches!(pushed.error(&all("HEAD~5")), GitError::NoSuchRevision { shallow: true, .. }));
}
