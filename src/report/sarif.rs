//! SARIF 2.1.0 (OASIS), within the limits of GitHub's code scanning.

use std::collections::BTreeMap;
use std::io;

use serde_json::{Map, Value, json};

use crate::finding::{Effect, Finding, Fix, Location, Place, RuleId, Severity, Status, SuppressionKind};
use crate::rules::{self, RULES};
use crate::source::{Position, Side};

use super::model::PolicyInfo;
use super::{Report, escape, link, summary};

/// Results of one run; GitHub refuses an upload with more, and keeps the first 5,000.
const MAX_RESULTS: usize = 25_000;
/// Notifications of one kind; a bound of our own, so that the file stays small.
const MAX_NOTIFICATIONS: usize = 1_000;
/// Further locations of one result; GitHub keeps 100.
const MAX_RELATED: usize = 100;
/// The base of every URI: the top of the repository.
const ROOT: &str = "SRCROOT";

pub(super) fn render(report: &Report) -> io::Result<String> {
    let mut findings: Vec<&Finding> = report.findings.iter().collect();
    findings.sort_by_key(|f| (!f.deciding, f.status(), f.suppressed(), std::cmp::Reverse(f.severity)));
    let omitted = findings.len().saturating_sub(MAX_RESULTS);
    findings.truncate(MAX_RESULTS);

    let rules = Rules::of(&findings, report);
    let results: Vec<Value> = findings.iter().map(|finding| result(finding, &rules)).collect();
    super::json::document(&json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "portcullis",
                "semanticVersion": report.ruleset.tool,
                "rules": rules.descriptors,
            }},
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": {ROOT: {"description": {"text": "The top of the repository."}}},
            "automationDetails": {"id": "portcullis/"},
            "invocations": [{
                "executionSuccessful": !report.unchecked.iter().any(|record| record.deciding),
                "exitCode": report.exit_code(),
                "toolExecutionNotifications": execution(report, omitted),
                "toolConfigurationNotifications": configuration(report),
            }],
            "properties": {
                "verdict": report.verdict,
                "allow": report.decision.allow,
                "because": report.decision.because,
                "summary": summary::closing(report),
                "compared": report.compared,
                "ruleset": report.ruleset,
            },
            "results": results,
        }],
    }))
}

/// The descriptors: every built-in rule, then those that only the findings know (policies).
struct Rules {
    descriptors: Vec<Value>,
    index: BTreeMap<String, usize>,
}

impl Rules {
    fn of(findings: &[&Finding], report: &Report) -> Self {
        let mut rules = Self { descriptors: Vec::new(), index: BTreeMap::new() };
        for rule in RULES {
            rules.add(
                rule.id,
                json!({
                    "id": rule.id,
                    "shortDescription": {"text": rule.summary},
                    "help": {"text": rule.explanation, "markdown": rule.explanation},
                    "defaultConfiguration": {"level": level(rule.severity)},
                    "properties": {"tags": ["kubernetes", rule.by.to_string()]},
                }),
                link::of_rule(report, &RuleId::new(rule.id)),
            );
        }
        for finding in findings {
            let id = finding.rule.as_str();
            if rules::find(id).is_none() && !rules.index.contains_key(id) {
                let descriptor = of_policy(finding, report.policy(&finding.rule));
                rules.add(id, descriptor, link::of_rule(report, &finding.rule));
            }
        }
        rules
    }

    fn add(&mut self, id: &str, mut descriptor: Value, page: Option<String>) {
        if let (Some(page), Some(descriptor)) = (page, descriptor.as_object_mut()) {
            descriptor.insert("helpUri".to_owned(), page.into());
        }
        self.index.insert(id.to_owned(), self.descriptors.len());
        self.descriptors.push(descriptor);
    }
}

/// The descriptor of a policy's findings. Its text is somebody's, so it is no Markdown here.
fn of_policy(finding: &Finding, info: Option<&PolicyInfo>) -> Value {
    let said = |text: &str| (!text.is_empty()).then(|| message(text));
    let title = info.and_then(|info| said(&info.title)).unwrap_or_else(|| message(&finding.authority.to_string()));
    let mut descriptor = json!({
        "id": finding.rule,
        "shortDescription": title,
        "defaultConfiguration": {"level": level(finding.severity)},
        "properties": {"tags": ["kubernetes", "policy"]},
    });
    if let (Some(info), Some(descriptor)) = (info, descriptor.as_object_mut()) {
        descriptor.extend(said(&info.description).map(|text| ("help".to_owned(), text)));
    }
    descriptor
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

fn result(finding: &Finding, rules: &Rules) -> Value {
    let main = summary::main_place(finding);
    let mut result = Map::new();
    let mut set = |key: &str, value: Value| drop(result.insert(key.to_owned(), value));
    set("ruleId", json!(finding.rule));
    if let Some(index) = rules.index.get(finding.rule.as_str()) {
        set("ruleIndex", json!(index));
    }
    set("level", json!(level(finding.severity)));
    let text = match &finding.help {
        Some(help) => format!("{}\n{help}", finding.message),
        None => finding.message.clone(),
    };
    set("message", message(&text));
    set("locations", main.map(|place| location(&place.location, finding)).into_iter().collect());
    set("partialFingerprints", json!({"portcullis/v1": finding.fingerprint}));
    set(
        "baselineState",
        json!(match finding.status() {
            Status::New => "new",
            Status::Existing => "unchanged",
            Status::Fixed => "absent",
        }),
    );
    // An empty list says that the result is known not to be suppressed.
    set("suppressions", if finding.suppressed() { suppressions(finding) } else { json!([]) });
    set("relatedLocations", related(finding, main));
    if let (Some(fix), Some(place)) = (&finding.fix, main)
        && place.location.side == Side::Head
    {
        set("fixes", json!([fix_of(fix, &place.location)]));
    }
    set(
        "properties",
        json!({
            "authority": finding.authority,
            "basis": finding.basis,
            "object": finding.object.as_ref().map(ToString::to_string),
            "operation": finding.operation,
            "pointer": finding.pointer,
            "deciding": finding.deciding,
            "clusters": finding.places.iter().filter_map(|place| place.cluster.as_ref()).collect::<std::collections::BTreeSet<_>>(),
        }),
    );
    Value::Object(result)
}

/// A message of ours with a manifest's words in it. `[text](target)` is a live link in SARIF even in plain text (3.11.6),
/// so the two brackets are kept apart.
fn message(text: &str) -> Value {
    json!({"text": text.replace("](", "] (")})
}

fn region(start: Position, end: Position) -> Value {
    json!({"startLine": start.line, "startColumn": start.column, "endLine": end.line, "endColumn": end.column})
}

fn physical(location: &Location) -> Value {
    json!({
        "artifactLocation": {"uri": escape::uri(&location.path), "uriBaseId": ROOT},
        "region": region(location.start, location.end),
    })
}

fn location(at: &Location, finding: &Finding) -> Value {
    let mut value = json!({"physicalLocation": physical(at), "properties": {"side": at.side}});
    if let (Some(object), Some(value)) = (&finding.object, value.as_object_mut()) {
        let name = format!("{object}{}", finding.pointer);
        value.insert("logicalLocations".to_owned(), json!([{"name": object.name, "fullyQualifiedName": name}]));
    }
    value
}

/// What explains the finding, the sources of a rendered value, and its other places.
fn related(finding: &Finding, main: Option<&Place>) -> Value {
    let explained = finding.related.iter().map(|related| (related.message.clone(), &related.location));
    let chain = main
        .into_iter()
        .flat_map(|place| &place.location.chain)
        .map(|source| ("a source of this value".to_owned(), source));
    let others = finding
        .places
        .iter()
        .filter(|place| !main.is_some_and(|main| std::ptr::eq(main, *place)))
        .map(|place| (also(place), &place.location));
    explained
        .chain(chain)
        .chain(others)
        .take(MAX_RELATED)
        .map(|(text, at)| {
            json!({
                "physicalLocation": physical(at),
                "message": message(&text),
                "properties": {"side": at.side},
            })
        })
        .collect()
}

fn also(place: &Place) -> String {
    let status = match place.status {
        Status::New => "new",
        Status::Existing => "existing",
        Status::Fixed => "fixed",
    };
    let root = place.root.as_ref().map_or(String::new(), |root| format!(", root {root}"));
    let cluster = place.cluster.as_ref().map_or(String::new(), |cluster| format!(", cluster {cluster}"));
    format!("also here ({status}{root}{cluster})")
}

fn suppressions(finding: &Finding) -> Value {
    finding
        .places
        .iter()
        .filter_map(|place| place.suppression.as_ref())
        .map(|used| {
            let kind = match used.kind {
                SuppressionKind::InSource => "inSource",
                SuppressionKind::External => "external",
            };
            json!({
                "kind": kind,
                "status": "accepted",
                "justification": used.reason,
                "properties": {"owner": used.owner, "until": used.until, "at": used.at},
            })
        })
        .collect()
}

fn fix_of(fix: &Fix, at: &Location) -> Value {
    json!({
        "description": message(&fix.title),
        "artifactChanges": [{
            "artifactLocation": {"uri": escape::uri(&at.path), "uriBaseId": ROOT},
            "replacements": [{
                "deletedRegion": region(fix.start, fix.end),
                "insertedContent": {"text": fix.replacement},
            }],
        }],
    })
}

/// One notification for each thing that was not judged.
fn execution(report: &Report, omitted: usize) -> Value {
    let shown = report.unchecked.iter().filter(|record| record.effect != Effect::Ignore);
    let left_out = shown.clone().count().saturating_sub(MAX_NOTIFICATIONS);
    let mut notifications: Vec<Value> = shown
        .take(MAX_NOTIFICATIONS)
        .map(|record| {
            let object = record.object.as_ref().map_or(String::new(), |object| format!(" {object}:"));
            let detail = if record.detail.is_empty() { String::new() } else { format!(" {}", record.detail) };
            json!({
                "level": if record.deciding { "error" } else { "warning" },
                "descriptor": {"id": format!("unchecked/{}", record.reason)},
                "message": message(&format!("Not judged:{object} {}{detail}", record.reason.explanation().trim())),
                "locations": [{"physicalLocation": {
                    "artifactLocation": {"uri": escape::uri(&record.path), "uriBaseId": ROOT},
                }}],
                "properties": {"status": record.status, "deciding": record.deciding, "count": record.count},
            })
        })
        .collect();
    for (count, what) in [(omitted, "results"), (left_out, "notifications")] {
        if count > 0 {
            notifications.push(json!({
                "level": "warning",
                "descriptor": {"id": "left-out"},
                "message": {"text": format!("{count} more {what} were left out; the JSON report has them all")},
            }));
        }
    }
    notifications.into()
}

fn configuration(report: &Report) -> Value {
    let overridden = report.decision.overridden.iter().map(|used| {
        json!({
            "level": "warning",
            "descriptor": {"id": "override"},
            "message": message(&summary::override_words(used)),
        })
    });
    let notices = report
        .notices
        .iter()
        .map(|notice| json!({"level": "note", "descriptor": {"id": notice.id}, "message": message(&notice.text)}));
    overridden.chain(notices).take(MAX_NOTIFICATIONS).collect()
}
