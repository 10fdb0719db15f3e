//! A report with one of everything.

use std::borrow::Cow;

use portcullis::finding::{
    Authority, Basis, Effect, Finding, Fingerprint, Fix, Location, Operation, Place, Reason, Related, RuleId, Severity,
    Snippet, Status, SuppressionKind, SuppressionUse, Unchecked,
};
use portcullis::manifest::key::{Namespace, ObjectKey};
use portcullis::report::model::{Compared, OverrideUse, PolicyInfo, REPORT_VERSION, RulesetInfo};
use portcullis::report::{Counts, Decision, Notice, Report, Verdict};
use portcullis::source::{Position, RepoPath, Side};

/// What somebody hostile writes into a manifest: commands of a CI runner, a terminal's escapes, Markdown, markup,
/// reordering and invisible characters.
pub(crate) const NASTY: &str = "a\n::error file=x::owned\r\n##[group]x \u{1b}[2Jred\u{9b}31m \u{202e}txet\u{200b}\u{7} \
    @org/team #1 ![i](http://e.x/i.png) <img src=x onerror=y> ``` | \\| ` </details> & \"q\" 'q' %0A, 100% ]]> \u{FFFE}\0";

pub(crate) fn at(path: &str, line: u32, columns: (u32, u32), lines: (u32, &[&str])) -> Location {
    Location {
        path: RepoPath::from(path),
        side: Side::Head,
        start: Position { line, column: columns.0 },
        end: Position { line, column: columns.1 },
        snippet: (!lines.1.is_empty())
            .then(|| Snippet { first_line: lines.0, lines: lines.1.iter().map(ToString::to_string).collect() }),
        chain: Vec::new(),
    }
}

pub(crate) fn place(location: Location) -> Place {
    Place { location, root: None, cluster: None, minors: Vec::new(), status: Status::New, suppression: None }
}

pub(crate) fn object(kind: &str, namespace: &str, name: &str) -> ObjectKey {
    ObjectKey {
        group: "apps".into(),
        kind: kind.into(),
        namespace: Namespace::Named(namespace.into()),
        name: name.into(),
    }
}

pub(crate) fn finding(rule: &'static str, severity: Severity, message: &str, places: Vec<Place>) -> Finding {
    Finding {
        rule: RuleId::new(rule),
        severity,
        authority: Authority::Server,
        basis: Basis(Cow::Borrowed("built-in table, 1.34–1.36")),
        object: None,
        operation: None,
        pointer: String::new(),
        detail: String::new(),
        message: message.into(),
        help: None,
        fix: None,
        fingerprint: Fingerprint(format!("{:0>32x}", rule.len() * 1000 + message.len())),
        deciding: severity == Severity::Error,
        places,
        related: Vec::new(),
    }
}

pub(crate) fn unchecked(reason: Reason, path: &str, detail: &str) -> Unchecked {
    Unchecked {
        reason,
        effect: reason.default_effect(),
        path: RepoPath::from(path),
        side: Side::Head,
        object: None,
        detail: detail.into(),
        help: None,
        status: Status::New,
        deciding: reason.default_effect() == Effect::Fail,
        count: 1,
    }
}

/// A clean run.
pub(crate) fn clean() -> Report {
    Report {
        version: REPORT_VERSION,
        verdict: Verdict::Pass,
        decision: Decision { allow: true, because: "no deciding finding".into(), overridden: None },
        compared: Compared {
            description: "main..pr".into(),
            base: Some("1111111111111111111111111111111111111111".into()),
            head: Some("2222222222222222222222222222222222222222".into()),
            trust: Some("1111111111111111111111111111111111111111".into()),
            reproduce: "portcullis check main..pr".into(),
        },
        ruleset: RulesetInfo {
            tool: "0.1.0".into(),
            config: None,
            policies: None,
            policies_in_use: 0,
            config_from: "defaults".into(),
            minors: ["1.34", "1.35", "1.36"].map(String::from).to_vec(),
            date: "2026-11-22".into(),
            docs: None,
        },
        counts: Counts {
            files_changed: 9,
            files_read: 8,
            files_excluded: 4,
            objects_judged: 14,
            objects_unchanged: 3,
            objects_total: Some(1203),
            created: 3,
            updated: 10,
            deleted: 1,
            clusters: 3,
        },
        notices: Vec::new(),
        findings: Vec::new(),
        policies: Vec::new(),
        unchecked: Vec::new(),
        elapsed_ms: 180,
    }
}

/// One of everything, not allowed.
pub(crate) fn rich() -> Report {
    let mut report = clean();
    report.verdict = Verdict::Fail;
    report.decision = Decision { allow: false, because: "1 deciding finding".into(), overridden: None };
    report.findings = vec![
        unknown_field(),
        refused_before(),
        duplicate_key(),
        nasty(),
        in_two_roots(),
        before(),
        suppressed(),
        fixed(),
    ];
    report.unchecked = vec![
        unchecked(Reason::PolicyNotEvaluated, "policies/registry.rego", "registry: http.send is not allowed"),
        Unchecked {
            count: 4,
            object: Some(object("Deployment", "prod", "web")),
            help: Some("add its chart under schemas:".into()),
            ..unchecked(Reason::NotRendered, "clusters/prod/kustomization.yaml", "used by clusters/prod")
        },
        unchecked(Reason::NotRendered, "clusters/dev/kustomization.yaml", ""),
        unchecked(Reason::NotRendered, "clusters/qa/kustomization.yaml", ""),
        unchecked(Reason::NotRendered, "clusters/ci/kustomization.yaml", NASTY),
        Unchecked { status: Status::Existing, ..unchecked(Reason::HelmTemplate, "charts/a/templates/a.yaml", "") },
        unchecked(Reason::NotAnObject, "docs/mkdocs.yml", ""),
    ];
    report.notices = vec![Notice {
        id: "suppression-expires".into(),
        text: "the suppression of workloads/no-probe at portcullis.yaml:12 ends on 2026-12-01".into(),
    }];
    report
}

/// The same, with a policy whose id, title, description and links are hostile: a report of another job may say anything.
pub(crate) fn hostile_policy() -> Report {
    let mut report = rich();
    report.findings.push(Finding {
        authority: Authority::Policy { name: NASTY.into(), owner: Some(NASTY.into()) },
        basis: Basis(Cow::Borrowed(NASTY)),
        object: Some(object(NASTY, NASTY, NASTY)),
        help: Some(NASTY.into()),
        ..finding(NASTY, Severity::Error, NASTY, vec![place(at("apps/shop/web.yaml", 8, (3, 10), (0, &[])))])
    });
    let links = vec!["https://policy.example/a?b".into(), NASTY.into(), "javascript:alert(1)".into()];
    report.policies = vec![PolicyInfo { id: NASTY.into(), title: NASTY.into(), description: NASTY.into(), links }];
    report
}

/// The same, allowed by an override.
pub(crate) fn overridden() -> Report {
    let mut report = rich();
    report.decision = Decision {
        allow: true,
        because: "override by alice".into(),
        overridden: Some(OverrideUse {
            actor: "alice".into(),
            reason: "the outage of shop.example is worse than a wrong field".into(),
            until: Some("2026-12-01".into()),
            evidence: Some("https://tracker.example/INC-42".into()),
            fingerprints: vec!["00".repeat(16)],
        }),
    };
    report
}

fn unknown_field() -> Finding {
    let lines = ["spec:", "  replica: 3", "  selector:"];
    Finding {
        object: Some(object("Deployment", "prod", "web")),
        operation: Some(Operation::Update),
        pointer: "/spec/replica".into(),
        help: Some("did you mean `replicas`?".into()),
        fix: Some(Fix {
            title: "rename the key to `replicas`".into(),
            start: Position { line: 8, column: 3 },
            end: Position { line: 8, column: 10 },
            replacement: "replicas".into(),
        }),
        ..finding(
            "schema/unknown-field",
            Severity::Error,
            "Deployment in version \"v1\" cannot be handled as a Deployment: strict decoding error: unknown field \
             \"spec.replica\"",
            vec![place(at("apps/shop/web.yaml", 8, (3, 10), (7, &lines)))],
        )
    }
}

fn refused_before() -> Finding {
    let lines = ["      containers:", "        - name: web", "          image: \"\"", "        - name: log"];
    let mut place = place(at("apps/shop/web.yaml", 21, (18, 20), (19, &lines)));
    place.status = Status::Existing;
    place.minors = vec!["1.36".into()];
    Finding {
        object: Some(object("Deployment", "prod", "web")),
        operation: Some(Operation::Update),
        pointer: "/spec/template/spec/containers/0/image".into(),
        ..finding(
            "object/empty-image",
            Severity::Error,
            "spec.template.spec.containers[0].image: Required value",
            vec![place],
        )
    }
}

fn duplicate_key() -> Finding {
    let lines = ["  type: ClusterIP", "  ports: []", "  type: NodePort"];
    Finding {
        authority: Authority::Client { program: "kustomize".into() },
        basis: Basis(Cow::Borrowed("recorded answers of kustomize 5.8")),
        object: Some(object("Service", "prod", "web")),
        operation: Some(Operation::Create),
        pointer: "/spec/type".into(),
        related: vec![Related {
            message: "the first \"type\" is here".into(),
            location: at("apps/shop/web.yaml", 41, (3, 7), (0, &[])),
        }],
        deciding: false,
        ..finding(
            "yaml/duplicate-key",
            Severity::Warning,
            "mapping key \"type\" already defined at line 41",
            vec![place(at("apps/shop/web.yaml", 43, (3, 7), (41, &lines)))],
        )
    }
}

fn nasty() -> Finding {
    let path = "apps/na\u{F7FF}sty ü#,:|`.yaml";
    let mut location =
        at(path, 2, (7, 12), (1, &["data:", "\tkey: \u{1b}[31m\u{202e}value ::error::x ##[group]y # end"]));
    location.chain = vec![at("base/nasty.yaml", 3, (1, 2), (0, &[]))];
    Finding {
        authority: Authority::Policy { name: NASTY.into(), owner: Some(NASTY.into()) },
        object: Some(object("ConfigMap", NASTY, NASTY)),
        operation: Some(Operation::Create),
        help: Some(NASTY.into()),
        deciding: false,
        ..finding("policy/labels", Severity::Info, NASTY, vec![place(location)])
    }
}

fn in_two_roots() -> Finding {
    let one = |path: &str, root: &str, cluster: &str, status| Place {
        root: Some(root.into()),
        cluster: Some(cluster.into()),
        status,
        ..place(at(path, 5, (5, 9), (4, &["metadata:", "    labels: {}"])))
    };
    Finding {
        authority: Authority::Policy { name: "team-label".into(), owner: Some("platform".into()) },
        basis: Basis(Cow::Borrowed("policies/labels.rego:14")),
        object: Some(object("Deployment", "shop", "cart")),
        operation: Some(Operation::Unchanged),
        deciding: false,
        ..finding(
            "policy/team-label",
            Severity::Warning,
            "every workload needs the label \"team\"",
            vec![
                one("clusters/dev/cart.yaml", "clusters/dev", "dev", Status::Existing),
                one("clusters/prod/cart.yaml", "clusters/prod", "prod", Status::New),
            ],
        )
    }
}

fn before() -> Finding {
    let mut place = place(at("apps/old/cron.yaml", 3, (1, 5), (0, &[])));
    place.status = Status::Existing;
    Finding {
        authority: Authority::Advice,
        deciding: false,
        ..finding("workloads/no-probe", Severity::Warning, "no readiness probe", vec![place])
    }
}

fn suppressed() -> Finding {
    let mut place = place(at("apps/old/job.yaml", 9, (1, 5), (0, &[])));
    place.suppression = Some(SuppressionUse {
        reason: "retired in June".into(),
        owner: Some("team-a".into()),
        until: Some("2026-12-01".into()),
        kind: SuppressionKind::External,
        at: "portcullis.yaml:12".into(),
    });
    Finding { deciding: false, ..finding("object/plain-secret", Severity::Warning, "a Secret in Git", vec![place]) }
}

fn fixed() -> Finding {
    let mut place = place(at("apps/old/web.yaml", 11, (3, 9), (0, &[])));
    place.status = Status::Fixed;
    place.location.side = Side::Base;
    Finding {
        deciding: false,
        ..finding("schema/unknown-field", Severity::Error, "unknown field \"spec.foo\"", vec![place])
    }
}
