//! Plans without any network: hostile text is inert, and what is large is cut.

use portcullis::config::CommentMode;
use portcullis::finding::{Severity, Status};
use portcullis::review::diff::{Anchor, Diff, Shown};
use portcullis::review::marker::Marker;
use portcullis::review::plan::{MAX_INLINE, Plan, Settings, Step, plan};
use portcullis::review::posted::Posted;
use portcullis::review::show;

use crate::report::fixture;

pub(super) fn settings() -> Settings {
    Settings {
        gate: "portcullis report".into(),
        comment: CommentMode::Findings,
        request_changes: false,
        pull_request: true,
        neutral: false,
    }
}

/// Every text of a plan.
pub(super) fn texts(plan: &Plan) -> Vec<String> {
    let mut texts = Vec::new();
    for step in &plan.steps {
        match step {
            Step::Review { body, comments, .. } => {
                texts.push(body.clone());
                texts.extend(comments.iter().map(|comment| comment.body.clone()));
            }
            Step::FileComment { body, .. } | Step::EditInline { body, .. } | Step::Summary { body, .. } => {
                texts.push(body.clone());
            }
            Step::Dismiss { message, .. } => texts.push(message.clone()),
            Step::Minimize { .. } => {}
        }
    }
    texts.extend(plan.check.iter().map(|check| check.summary.clone()));
    texts
}

#[test]
fn hostile_text_is_inert_and_bounded() {
    let mut report = fixture::hostile_policy();
    report.ruleset.docs = Some("https://docs.example/".to_owned());
    let one = report.findings.clone();
    for at in 0..3_000 {
        let mut finding = one[3].clone();
        finding.message = format!("{} {at}", fixture::NASTY);
        finding.severity = Severity::Error;
        report.findings.push(finding);
    }
    let shown = report.findings.iter().map(|finding| Shown {
        path: finding.places[0].location.path.as_str().to_owned(),
        blob: String::new(),
        patch: Some("@@ -1,99 +1,99 @@".to_owned()),
        ..Shown::default()
    });
    let diff = Diff::of_shown(&shown.collect::<Vec<_>>());
    let plan = plan(&report, &diff, &Posted::default(), &settings());
    assert!(texts(&plan).len() > 5);
    let told = |text: &String| text.contains("<https://policy.example/a?b>") && text.contains("<summary>Why</summary>");
    assert!(texts(&plan).iter().any(told), "no comment tells what the hostile policy says of itself");
    let check = plan.check.as_ref().unwrap();
    assert!(check.annotations.len() <= 200 && check.summary.len() <= 60_000);
    for text in texts(&plan) {
        assert!(text.len() <= 60_000);
        let (_, visible) = text.split_once('\n').unwrap();
        assert!(!visible.contains("\u{202e}") && !visible.contains('\u{1b}') && !visible.contains("##["));
        // Outside of code nothing of a manifest's is left.
        let (seen, links) = super::inert::live(visible);
        let known = ["https://policy.example/a?b", "https://docs.example/rules.md#"];
        assert!(links.iter().all(|link| known.iter().any(|known| link.starts_with(known))), "{links:?}");
        for part in ["@org", "#1", "img", "::error", "http", "onerror", "a ::"] {
            assert!(!seen.contains(part), "{part} in {seen}");
        }
    }
    for text in [&check.title].into_iter().chain(check.annotations.iter().flat_map(|a| [&a.message, &a.title])) {
        assert!(!text.contains('\u{202e}') && !text.contains('\u{1b}') && !text.contains("##["), "{text}");
    }
    assert!(!check.title.contains('\n'));
    assert!(!show::human(&plan).contains('\u{1b}'));
}

/// The rich report's findings in `apps/shop/web.yaml` lie on lines 8, 21 and 43.
fn shown(patch: &str) -> Diff {
    use portcullis::git::{Tree, diff};
    let dir = tempfile::tempdir().unwrap();
    let (old, new) = (dir.path().join("old"), dir.path().join("new"));
    for (folder, text) in [(&old, "a: 1\n"), (&new, "b: 1\n")] {
        std::fs::create_dir_all(folder.join("apps/shop")).unwrap();
        std::fs::write(folder.join("apps/shop/web.yaml"), text).unwrap();
    }
    let (old, new) = (Tree::folder(old), Tree::folder(new));
    let changes = diff(&old, &new).unwrap();
    let wanted = ["apps/shop/web.yaml".into()].into();
    let mut found = Diff::between(&changes, &old, &new, &wanted).unwrap();
    // Folders have no blob ids, so nothing is known to be the same: as if GitHub showed another content.
    found.shown_as(&[Shown {
        path: "apps/shop/web.yaml".into(),
        blob: "1".into(),
        patch: Some(patch.into()),
        ..Shown::default()
    }]);
    found
}

#[test]
fn lines_of_another_content_are_not_named() {
    let report = fixture::rich();
    let place = &report.findings[0].places[0];
    let anchor = shown("@@ -1,9 +1,9 @@\n").anchor(&place.location);
    assert_eq!(anchor, Some(Anchor::File { path: "apps/shop/web.yaml".into() }));
    let planned = plan(&report, &shown("@@ -1,9 +1,9 @@\n"), &Posted::default(), &settings());
    let files = planned.steps.iter().filter(|step| matches!(step, Step::FileComment { .. })).count();
    assert_eq!(files, 1, "one comment on a file");
    assert!(!planned.steps.iter().any(|step| matches!(step, Step::Review { .. })));
}

#[test]
fn what_is_planned_is_planned_once() {
    let report = fixture::rich();
    let first = plan(&report, &Diff::default(), &Posted::default(), &settings());
    let summary = first.steps.iter().find_map(|step| match step {
        Step::Summary { id: None, body } => Some(body.clone()),
        _ => None,
    });
    let marker = Marker::of(&summary.unwrap()).unwrap();
    let check = first.check.unwrap();
    let posted = Posted {
        summaries: vec![portcullis::review::posted::Comment {
            id: 1,
            node: "IC_1".into(),
            marker,
            replied: false,
            minimized: false,
        }],
        check: Some(portcullis::review::posted::CheckRun {
            id: 2,
            says: Some(check.says.clone()),
            conclusion: check.conclusion.word().into(),
            title: check.title.clone(),
        }),
        ..Posted::default()
    };
    let mut later = report.clone();
    later.elapsed_ms += 77;
    let again = plan(&later, &Diff::default(), &posted, &settings());
    assert_eq!((again.steps.len(), again.check), (0, None));

    // Somebody made a check run that claims to say the same, and shows a success.
    let mut forged = posted;
    forged.check.as_mut().unwrap().conclusion = "success".into();
    assert!(plan(&report, &Diff::default(), &forged, &settings()).check.is_some());
}

#[test]
fn a_report_of_another_job_decides_nothing() {
    let neutral = Settings { neutral: true, request_changes: true, ..settings() };
    let planned = plan(&fixture::rich(), &Diff::default(), &Posted::default(), &neutral);
    assert_eq!(planned.check.unwrap().conclusion.word(), "neutral");
    assert!(!planned.steps.iter().any(|step| matches!(step, Step::Review { event: "REQUEST_CHANGES", .. })));
}

#[test]
fn existing_and_fixed_findings_get_no_comment() {
    let mut report = fixture::rich();
    for finding in &mut report.findings {
        finding.deciding = false;
        finding.places.iter_mut().for_each(|place| place.status = Status::Existing);
    }
    let planned = plan(&report, &shown("@@ -1,99 +1,99 @@\n"), &Posted::default(), &settings());
    assert!(planned.steps.iter().all(|step| matches!(step, Step::Summary { .. })));
    assert_eq!(MAX_INLINE, 20);
}

fn at(path: &str, side: portcullis::source::Side, lines: (u32, u32)) -> portcullis::finding::Location {
    let mut location = fixture::at(path, lines.0, (3, 5), (0, &[]));
    location.side = side;
    location.end.line = lines.1;
    location
}

/// Where comments go, by a real repository's own diff.
#[test]
fn anchors_follow_the_hunks() {
    use portcullis::git::{Environment, Outcome, Request, compare, diff};
    use portcullis::source::Side::{Base, Head};
    let lines =
        |from: u32, to: u32| (from..=to).map(|line| ["k", &line.to_string(), ": v\n"].concat()).collect::<String>();
    let nested =
        |value: &str| format!("spec:\n  a: 1\n  list:\n  - name: {value}\n    deep:\n{}", "      x: y\n".repeat(30));
    let base = crate::support::tree(&[
        ("long.yaml", &lines(1, 40)),
        ("nested.yaml", &nested("old")),
        ("gone.yaml", "a: 1\nb: 2\n"),
        ("moved.yaml", "a: moved\n"),
    ]);
    let head = crate::support::tree(&[
        ("long.yaml", &lines(1, 40).replace("k20: v\n", "").replace("k30: v", "k30: w")),
        ("nested.yaml", &nested("new")),
        ("new/moved.yaml", "a: moved\n"),
    ]);
    let repo = crate::support::Repo::new(&base, &head, None);
    let environment = Environment::new(repo.path(), |_| None);
    let request = Request::Range { spec: "main..pr".into() };
    let Outcome::Compare(comparison) = compare(&request, &environment).unwrap() else { panic!("nothing to compare") };
    let changes = diff(&comparison.base, &comparison.head).unwrap();
    let wanted = ["long.yaml", "nested.yaml", "gone.yaml", "moved.yaml"].map(Into::into).into();
    let diff = Diff::between(&changes, &comparison.base, &comparison.head, &wanted).unwrap();
    // A rendered object is told on the source that made it and that the change shows.
    let mut rendered = fixture::rich();
    rendered.findings.truncate(1);
    let mut location = at("overlay/unchanged.yaml", Head, (3, 3));
    location.chain = vec![at("moved.yaml", Base, (1, 1)), at("long.yaml", Head, (18, 18))];
    rendered.findings[0].places[0].location = location;
    let planned = plan(&rendered, &diff, &Posted::default(), &settings());
    let Step::Review { comments, .. } = &planned.steps[0] else { panic!("{planned:?}") };
    assert_eq!((comments[0].path.as_str(), comments[0].line), ("long.yaml", 18));
    assert!(comments[0].body.contains("It is at `overlay/unchanged.yaml:3`."), "{}", comments[0].body);

    let on_lines = |path: &str, side, first, last| Some(Anchor::Lines { path: path.into(), side, first, last });
    let on_file = |path: &str| Some(Anchor::File { path: path.into() });
    for (location, expected) in [
        // Three lines of context around each change.
        (at("long.yaml", Head, (17, 17)), on_lines("long.yaml", Head, 17, 17)),
        (at("long.yaml", Head, (16, 16)), on_file("long.yaml")),
        (at("long.yaml", Head, (18, 20)), on_lines("long.yaml", Head, 18, 20)),
        // Beyond the hunk: the line on which it starts.
        (at("long.yaml", Head, (18, 40)), on_lines("long.yaml", Head, 18, 18)),
        // What the change removed.
        (at("long.yaml", Base, (20, 20)), on_lines("long.yaml", Base, 20, 20)),
        (at("gone.yaml", Base, (2, 2)), on_lines("gone.yaml", Base, 2, 2)),
        // Line 25 is in no hunk; the list's item on line 4, which holds it, is.
        (at("nested.yaml", Head, (25, 25)), on_lines("nested.yaml", Head, 5, 5)),
        (at("new/moved.yaml", Head, (1, 1)), on_file("new/moved.yaml")),
        (at("moved.yaml", Base, (1, 1)), on_file("new/moved.yaml")),
        (at("unchanged.yaml", Head, (1, 1)), None),
    ] {
        assert_eq!(diff.anchor(&location), expected, "{location:?}");
    }
}

/// A plan is told in a job's log, where the runner takes a line that starts with `::` for a command.
#[test]
fn a_plan_that_is_told_commands_nobody() {
    let mut report = fixture::rich();
    report.findings.truncate(1);
    let path = "::error file=x::owned/##[group]a.yaml";
    report.findings[0].places[0].location = at(path, portcullis::source::Side::Head, (3, 3));
    let diff = Diff::of_shown(&[Shown {
        path: path.to_owned(),
        blob: String::new(),
        patch: Some("@@ -1,9 +1,9 @@".to_owned()),
        ..Shown::default()
    }]);
    let told = show::human(&plan(&report, &diff, &Posted::default(), &settings()));
    assert!(told.contains("error file=x::owned/"), "{told}");
    assert!(!told.lines().any(|line| line.trim_start().starts_with("::")) && !told.contains("##["), "{told}");
}
