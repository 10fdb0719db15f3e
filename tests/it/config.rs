//! `portcullis.yaml`, suppressions, overrides, weakenings, and `--explain-config`, through the public surface.

use std::fmt::Write as _;

use insta::assert_snapshot;
use jiff::civil::{Date, date};
use portcullis::config::overrides::{self, Deciding, Outcome};
use portcullis::config::suppress::{FindingFacts, Match, Suppressions};
use portcullis::config::weaken::weakenings;
use portcullis::config::{Config, FailOn, Mode, Scope, comment, explain, schema};
use portcullis::finding::{Effect, Reason, Severity, SuppressionKind};
use portcullis::manifest::key::{Namespace, ObjectKey};
use portcullis::source::{Side, Source, Span};

const EXAMPLE: &str = include_str!("../../fixtures/config/portcullis.yaml");
const TODAY: Date = date(2027, 1, 15);

fn config(text: &str) -> Config {
    Config::parse("portcullis.yaml", text).unwrap()
}

/// A config of these lines behind `version: 1`.
fn with(text: &str) -> Config {
    config(&format!("version: 1\n{text}\n"))
}

fn mistakes(text: &str) -> String {
    Config::parse("portcullis.yaml", text).unwrap_err().to_string()
}

fn facts<'a>(rule: &'a str, path: &'a str, lines: &'a [u32]) -> FindingFacts<'a> {
    FindingFacts {
        rule,
        advice: true,
        path,
        object: None,
        cluster: None,
        pointer: "/spec/template/spec",
        fingerprint: "00112233445566778899aabbccddeeff",
        lines,
    }
}

#[test]
fn the_example_with_every_key_is_valid() {
    let config = config(EXAMPLE);
    assert_eq!((config.mode, config.fail_on), (Mode::Enforce, FailOn::Error));
    assert_eq!(config.schemas, ["crds", "vendor/catalog.pack"]);
    assert_eq!(config.policies[0].enforce_from, Some(date(2027, 2, 1)));
    assert_eq!(config.policies[1].params["registries"][0], "ghcr.io/acme");
    assert_eq!(config.suppressions[0].until, Some(date(2027, 6, 30)));
    assert_eq!(config.overriding.never, ["gate/*"]);
    assert_eq!(config.gatekeeper_operations.unwrap().len(), 3);
}

#[test]
fn the_schema_for_editors_accepts_the_example() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let value = |text: &str| yaml_serde::from_str::<serde_json::Value>(text).unwrap();
    let wrong: Vec<String> = validator.iter_errors(&value(EXAMPLE)).map(|error| error.to_string()).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    // An editor must refuse what the reader refuses, so that nobody learns of it on the pull request.
    for text in [
        "mode: enforce",
        "version: 2",
        "{version: 1, fail-on: eror}",
        "{version: 1, exclude: null}",
        "{version: 1, unchecked: {no-reason: fail}}",
        "{version: 1, rules: {a/b: high}}",
        "{version: 1, clusters: [{name: a, path: [x]}]}",
        "{version: 1, suppressions: [{rule: a/b}]}",
        "{version: 1, kubernetes: {current: [1.34]}}",
    ] {
        assert!(!validator.is_valid(&value(text)), "an editor takes {text}");
        mistakes(text);
    }
}

#[test]
fn every_mistake_of_a_file_is_told_at_once() {
    assert_snapshot!(mistakes(
        "version: 1\nfail_on: error\nexisting: refuse\nrules: { \"workloads/*\": warn, no-group: off }\nexclude: docs\ninclude: [\"!a\", \"[x\", /abs]\n"
    ));
}

#[test]
fn mistakes_show_line_caret_and_help() {
    let mut told = String::new();
    for (name, text) in [
        ("empty", ""),
        ("only a comment", "# nothing\n"),
        ("no version", "mode: report\n"),
        ("version 2", "version: 2\n"),
        ("two documents", "version: 1\n---\nmode: report\n"),
        ("no mapping", "- version: 1\n"),
        ("bad yaml", "version: 1\nrules: { a: [\n"),
        ("repeated key", "version: 1\nmode: report\nmode: enforce\n"),
        ("tag", "version: 1\nmode: !x report\n"),
        ("null", "version: 1\nexclude:\n"),
        ("minor as number", "version: 1\nkubernetes: { current: [1.30] }\n"),
        ("unknown minor", "version: 1\nkubernetes:\n  current: [\"1.29\"]\n"),
        ("next is older", "version: 1\nkubernetes: { current: [\"1.36\"], next: \"1.35\" }\n"),
        ("date", "version: 1\nsuppressions:\n  - { rule: a/b, reason: why, until: 2027-02-30 }\n"),
        ("no reason", "version: 1\nsuppressions:\n  - rule: a/b\n"),
        ("empty reason", "version: 1\nsuppressions: [{ rule: a/b, reason: \" \" }]\n"),
        ("everything", "version: 1\nsuppressions: [{ reason: tired }]\n"),
        ("object", "version: 1\nsuppressions: [{ object: web, reason: x }]\n"),
        (
            "cluster",
            "version: 1\nclusters: [{ name: prod, paths: [a] }]\nsuppressions: [{ cluster: prd, reason: x }]\n",
        ),
        ("twice", "version: 1\nclusters: [{ name: a, paths: [a] }, { name: a, paths: [b] }]\n"),
        ("no files", "version: 1\nclusters:\n  - name: prod\n"),
        ("said twice", "version: 1\nmissing-schema: warn\nunchecked: { no-schema: fail }\n"),
        ("exception of all", "version: 1\npolicies: [{ use: a, except: [{ reason: x }] }]\n"),
        ("operation", "version: 1\ngatekeeper: { operations: [CREATED] }\n"),
        ("outside", "version: 1\nschemas: [../crds]\n"),
    ] {
        write!(told, "## {name}\n{}", mistakes(text)).unwrap();
    }
    assert_snapshot!(told);
}

#[test]
fn hostile_files_are_refused_quickly() {
    assert!(mistakes(&"#".repeat(10 << 20)).contains("larger than 1 MiB"));
    let long = format!("version: 1\nexclude: [{}]", "a".repeat(100_000));
    assert!(mistakes(&long).contains("the pattern has 100000 bytes, more than any path"));
    assert!(mistakes(&format!("version: 1\nexclude: {}", "[".repeat(100_000))).contains("portcullis.yaml:"));
    let bomb = "version: 1\na: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n\
        d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*e,*e,*e,*e,*e,*e,*e,*e,*e]\n";
    mistakes(bomb);
    mistakes("version: 1\nmode: \"\0\"\n");
    // An alias is an ordinary way to say something twice.
    assert_eq!(with("exclude: &x [a]\nsubstitution: *x").substitution.patterns(), ["a"]);
}

#[test]
fn files_in_scope() {
    let config = with("include: [apps/, \"clusters/*/x.yaml\"]\nexclude: [\"**/docs\", \"*.md\"]");
    assert_eq!(config.scope("apps/web/a.yaml"), Scope::Included(Some("apps/")));
    assert_eq!(config.scope("clusters/prod/x.yaml"), Scope::Included(Some("clusters/*/x.yaml")));
    assert_eq!(config.scope("clusters/prod/eu/x.yaml"), Scope::Excluded(None));
    assert_eq!(config.scope("apps/docs/deep/a.yaml"), Scope::Excluded(Some("**/docs")));
    assert_eq!(Config::default().scope("any"), Scope::Included(None));
}

#[test]
fn the_most_specific_level_wins() {
    let config =
        with("rules: { \"*\": info, \"a/*\": off, \"a/b*\": error, a/bad: warning, \"x/*y\": error, \"x/y*\": off }");
    assert_eq!(config.level("z/z", Severity::Error), Some(Severity::Info));
    assert_eq!(config.level("a/c", Severity::Error), None);
    assert_eq!(config.level("a/bc", Severity::Info), Some(Severity::Error));
    assert_eq!(config.level("a/bad", Severity::Error), Some(Severity::Warning));
    assert_eq!(config.level("x/yy", Severity::Info), Some(Severity::Error), "equally specific: the stricter");
    assert_eq!(Config::default().level("a/b", Severity::Warning), Some(Severity::Warning));
}

#[test]
fn effects_clusters_and_minors() {
    let config = config(EXAMPLE);
    assert_eq!(config.unchecked_effect(Reason::NotRendered), Effect::Fail);
    assert_eq!(config.unchecked_effect(Reason::TooLarge), Effect::Fail);
    assert_eq!(with("missing-schema: ignore").unchecked_effect(Reason::NoSchema), Effect::Ignore);
    let names = |path| config.clusters_of(path).iter().map(|cluster| cluster.name.clone()).collect::<Vec<_>>();
    assert_eq!(names("clusters/prod/a.yaml"), ["prod"]);
    assert_eq!(names("apps/overlays/prod/k.yaml"), ["prod"]);
    assert!(names("clusters/dev/a.yaml").is_empty());
    let prod = config.minors(config.clusters.first());
    assert_eq!((prod.current[0].to_string(), prod.next.unwrap().to_string()), ("1.33".into(), "1.36".into()));
    assert_eq!(prod.next_fails_from, Some(date(2027, 3, 1)));
    assert_eq!(Config::default().minors(None).current[0].to_string(), "1.37");
}

#[test]
fn an_entry_suppresses_what_all_its_fields_match() {
    let config = with(
        "clusters: [{ name: prod, paths: [a] }]\nsuppressions:\n  - { rule: \"w/*\", object: \"Deployment/shop/web-*\", path: \"apps/**\", cluster: prod, pointer: /spec/template, reason: why, owner: me, until: 2027-01-20 }",
    );
    let key = |namespace: Namespace| ObjectKey {
        group: "apps".into(),
        kind: "Deployment".into(),
        namespace,
        name: "web-1".into(),
    };
    let shop = key(Namespace::Named("shop".into()));
    let other = key(Namespace::Unset);
    let good = FindingFacts { object: Some(&shop), cluster: Some("prod"), ..facts("w/x", "apps/a.yaml", &[1]) };
    let all = Suppressions::new(&config, None);
    assert_eq!(all.unused().count(), 1);
    for bad in [
        FindingFacts { rule: "x/w", ..good },
        FindingFacts { path: "app/a.yaml", ..good },
        FindingFacts { cluster: None, ..good },
        FindingFacts { object: Some(&other), ..good },
        FindingFacts { pointer: "/spec/templates", ..good },
    ] {
        assert_eq!(all.find(&bad, &[], &[], TODAY), Match::None, "{bad:?}");
    }
    assert_eq!(all.unused().count(), 1);
    let Match::Active { by, ends_in } = all.find(&good, &[], &[], TODAY) else { panic!("not suppressed") };
    assert_eq!((by.at.as_str(), by.kind, ends_in), ("portcullis.yaml:4", SuppressionKind::External, Some(5)));
    assert_eq!(all.unused().count(), 0);
    assert!(matches!(all.find(&good, &[], &[], date(2027, 1, 20)), Match::Active { ends_in: Some(0), .. }));
    assert!(matches!(all.find(&good, &[], &[], date(2027, 1, 5)), Match::Active { ends_in: None, .. }));
    assert!(matches!(all.find(&good, &[], &[], date(2027, 1, 21)), Match::Expired(_)));
}

#[test]
fn what_the_head_adds_counts_for_advice_only() {
    let entry = "suppressions: [{ rule: a/b, reason: \"so: it\", until: 2027-05-01 }]";
    let (trust, head) = (Config::default(), with(entry));
    let all = Suppressions::new(&trust, Some(&head));
    let advice = facts("a/b", "x.yaml", &[1]);
    let server = FindingFacts { advice: false, ..advice };
    assert!(matches!(all.find(&advice, &[], &[], TODAY), Match::Active { .. }));
    let Match::Refused { propose, .. } = all.find(&server, &[], &[], TODAY) else { panic!("not refused") };
    assert_eq!(propose, "- { rule: \"a/b\", reason: \"so: it\", until: 2027-05-01 }");
    assert_eq!(with(&format!("suppressions:\n{propose}")).suppressions[0].reason, "so: it");
    let listed = with("suppressions-from-head: [\"a/*\"]");
    assert!(matches!(Suppressions::new(&listed, Some(&head)).find(&server, &[], &[], TODAY), Match::Active { .. }));
    let none = with("suppressions-from-head: []");
    assert!(matches!(Suppressions::new(&none, Some(&head)).find(&advice, &[], &[], TODAY), Match::Refused { .. }));
    // The trust commit has it too: nothing is added.
    assert!(matches!(Suppressions::new(&head, Some(&head)).find(&server, &[], &[], TODAY), Match::Active { .. }));
}

fn comments(text: &str, scalars: &[Span]) -> (Vec<comment::Comment>, Vec<comment::CommentProblem>) {
    comment::parse(&Source::new("a.yaml".into(), Side::Head, text.to_owned(), true), scalars)
}

#[test]
fn comments_cover_lines() {
    let text = "\
# portcullis: allow a/b, a/c until=2027-01-31 reason=\"two words\" owner=me

# another
spec:
  x: 1 # portcullis: allow d/* reason=why
  text: |
    # portcullis: allow e/f reason=text
  q: \"# portcullis: allow e/f reason=text\"
  url: http://x#portcullis: allow e/f reason=text
";
    let span = |needle: &str| text.find(needle).map(|at| Span::new(at, at + needle.len())).unwrap();
    let scalars =
        [span("|\n    # portcullis: allow e/f reason=text\n"), span("\"# portcullis: allow e/f reason=text\"")];
    let (found, problems) = comments(text, &scalars);
    assert!(problems.is_empty(), "{problems:?}");
    assert_eq!(found.len(), 2);
    let [above, behind] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((above.line, above.target, above.anchor.as_str()), (1, 4, "spec"));
    assert_eq!(
        (above.reason.as_str(), above.owner.as_deref(), above.until),
        ("two words", Some("me"), Some(date(2027, 1, 31)))
    );
    assert!(above.covers("a/c", &[5, 4]), "what the key below holds");
    assert!(!above.covers("a/d", &[4]) && !above.covers("a/b", &[5]));
    assert!(behind.covers("d/e", &[5, 4]));
    assert!(!behind.covers("d/e", &[6, 5]), "only its own line");
    let used = Suppressions::new(&Config::default(), None).find(&facts("a/b", "a.yaml", &[4]), &found, &[], TODAY);
    let Match::Active { by, ends_in: None } = used else { panic!("{used:?}") };
    assert_eq!((by.kind, by.at.as_str()), (SuppressionKind::InSource, "a.yaml:1"));
}

#[test]
fn comments_that_say_nothing_are_problems() {
    let mut told = String::new();
    for text in [
        "# portcullis:",
        "# portcullis: ignore a/b reason=x",
        "# portcullis: allow reason=x",
        "# portcullis: allow a/b",
        "# portcullis: allow a/b reason=\"x",
        "# portcullis: allow a/b reason=x until=tomorrow",
        "# portcullis: allow a/b because=x reason=y",
        "# portcullis: allow ab reason=y",
        "# portcullis: allow a/b reason=two words",
    ] {
        let (found, problems) = comments(text, &[]);
        assert!(found.is_empty(), "{text}");
        writeln!(told, "{text}\n  {}; {}", problems[0].message, problems[0].help).unwrap();
    }
    assert_snapshot!(told);
}

#[test]
fn comments_of_the_base_are_known_by_their_key() {
    let base = comments("a: 1 # portcullis: allow x/y reason=z\n", &[]).0;
    let head =
        comments("new: 0\na: 2 # portcullis: allow x/y reason=z\nb: 1 # portcullis: allow x/y reason=z\n", &[]).0;
    let (known, added) = comment::split_added(head, &base);
    assert_eq!((known.len(), known[0].line, added.len(), added[0].line), (1, 2, 1, 3));
    let server = FindingFacts { advice: false, ..facts("x/y", "a.yaml", &[3]) };
    let config = Config::default();
    let Match::Refused { propose, .. } = Suppressions::new(&config, None).find(&server, &known, &added, TODAY) else {
        panic!("not refused")
    };
    assert_eq!(propose, "- { rule: \"x/y\", path: \"a.yaml\", pointer: \"/spec/template/spec\", reason: \"z\" }");
}

#[test]
fn overrides_need_a_person_whom_the_trust_commit_names() {
    let (one, two) = ("0".repeat(32), "1".repeat(32));
    let trust = with("override: { actors: [alice], teams: [acme/sre], never: [\"gate/*\"] }");
    let findings = [("a/b", one.as_str()), ("a/c", two.as_str())];
    let deciding = Deciding { findings: &findings, unchecked: 0 };
    let try_one =
        |text: &str, deciding| overrides::apply(&overrides::parse("o.json", text).unwrap(), &trust, deciding, TODAY);
    let refused = |outcome: Outcome| match outcome {
        Outcome::Refused(reasons) => reasons.join("; "),
        other => panic!("{other:?}"),
    };
    let all =
        r#"[{"all": true, "actor": "alice", "reason": "outage", "until": "2027-01-15", "evidence": "https://x/1"}]"#;
    let Outcome::Allowed(used) = try_one(all, deciding) else { panic!("refused") };
    assert_eq!((used.actor.as_str(), used.until.as_deref(), used.fingerprints.len()), ("alice", Some("2027-01-15"), 2));
    assert!(matches!(try_one(all, Deciding { findings: &[], unchecked: 1 }), Outcome::Allowed(_)));
    assert_eq!(try_one(all, Deciding { findings: &[], unchecked: 0 }), Outcome::Unused);
    let gate = [("gate/config-weakened", one.as_str())];
    assert!(refused(try_one(all, Deciding { findings: &gate, unchecked: 0 })).contains("nobody (`override.never`)"));
    assert!(refused(try_one(&all.replace("alice", "mallory"), deciding)).contains("mallory may not override"));
    assert!(refused(try_one(&all.replace("01-15", "01-14"), deciding)).contains("ended on 2027-01-14"));
    let team = format!("- {{ fingerprints: [\"{one}\"], actor: bob, team: acme/sre, reason: x }}\n");
    assert_eq!(refused(try_one(&team, deciding)), "1 of 2 deciding findings are not overridden");
    let both = format!("{team}- {{ fingerprints: [\"{two}\"], actor: alice, reason: y }}\n");
    assert!(matches!(try_one(&both, deciding), Outcome::Allowed(used) if used.actor == "alice; bob"));
    assert!(refused(try_one(&both, Deciding { unchecked: 1, ..deciding })).contains("only `all: true`"));
    assert_snapshot!(
        overrides::parse(
            "o.yaml",
            "- { fingerprints: [xyz], all: true, actor: a, reason: b }\n- { actor: a, reasn: b }\n"
        )
        .unwrap_err()
    );
    assert_snapshot!(
        overrides::parse("o.yaml", "- { fingerprints: [xyz], all: true, actor: a, reason: b, until: soon }\n")
            .unwrap_err()
    );
}

#[test]
fn every_weakening_by_the_head_is_told() {
    let trust = config(EXAMPLE);
    assert_eq!(weakenings(&trust, Some(&trust)), []);
    let told = |head: Option<&Config>| -> String {
        let line = |text: String, weak: portcullis::config::weaken::Weakening| {
            text + &format!(
                "{}:{} {}
",
                weak.position.line, weak.position.column, weak.message
            )
        };
        weakenings(&trust, head).into_iter().fold(String::new(), line)
    };
    assert_snapshot!(told(None));
    // A file that says the least.
    assert_snapshot!(told(Some(&with(""))));
    let mut head = EXAMPLE.to_owned();
    for (old, new) in [
        ("mode: enforce", "mode: report"),
        ("fail-on: error", "fail-on: none"),
        ("existing: refused", "existing: ignore"),
        ("include: [\"**\"]", "include: [\"apps/**\"]"),
        ("\"vendor/\"]", "\"vendor/\", \"apps/x/**\"]"),
        ("next-fails-from: 2027-03-01", "next-fails-from: 2027-04-01"),
        ("missing-schema: warn", "missing-schema: ignore"),
        ("\"workloads/*\": warning", "\"workloads/*\": info"),
        ("not-rendered: fail", "not-rendered: warn"),
        ("level: error", "level: warning"),
        ("enforce-from: 2027-02-01", "enforce-from: 2027-03-01"),
        ("until: 2027-06-30\n", "until: 2027-07-30\n"),
        ("registries: [ghcr.io/acme]", "registries: [ghcr.io]"),
        ("paths: [\"clusters/prod/**\"]", "paths: [\"clusters/prod/*\"]"),
        ("current: [\"1.33\"]", "current: [\"1.32\"]"),
        ("schemas: [crds/prod]", "schemas: []"),
        ("policies: [{ use: pod-security/restricted }]", "policies: []"),
        ("\"Deployment/legacy-*\"", "\"Deployment/*\""),
        ("reason: \"set by the autoscaler\" }", "reason: ok }\n  - { rule: \"*\", reason: ok }"),
        ("from-head: [\"workloads/*\"]", "from-head: [\"*\"]"),
        ("substitution: [", "substitution: [\"apps/**\", "),
        ("actors: [alice], never: [\"gate/*\"]", "actors: [alice, bob]"),
        (", DELETE]", "]"),
    ] {
        assert!(head.contains(old), "{old}");
        head = head.replacen(old, new, 1);
    }
    assert_snapshot!(told(Some(&config(&head))));
}

#[test]
fn a_stricter_head_is_no_weakening() {
    let trust =
        with("exclude: [a, b]\nsuppressions: [{ rule: \"a/*\", reason: x, until: 2027-02-01 }]\nrules: { a/b: off }");
    let head = with(
        "fail-on: warning\nexisting: all\nexclude: [b]\nrules: { a/b: error }\nsuppressions: [{ rule: a/b, path: x, reason: y, until: 2027-01-01 }]\nkubernetes: { current: [\"1.36\", \"1.37\"] }",
    );
    assert_eq!(weakenings(&trust, Some(&head)), []);
}

#[test]
fn explain_tells_what_holds_and_where_it_says_so() {
    let config = config(EXAMPLE);
    assert_snapshot!(explain::explain(&config, "clusters/prod/web.yaml", TODAY));
    assert_snapshot!(explain::explain(&config, "docs/a.yaml", TODAY));
    assert_snapshot!(explain::explain(&Config::default(), "a.yaml", TODAY));
}
