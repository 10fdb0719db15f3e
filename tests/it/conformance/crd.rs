//! `../shared/conformance/crd`: what a real server said of custom resources. Skipped where the data is not there.
//!
//! The lists hold the cases that are *not* met, because nearly all are: `tests/conformance/crd-*.failing`.

use std::collections::{BTreeMap, BTreeSet};

use portcullis::config::Minor;
use portcullis::manifest::object::{Object, objects_of};
use portcullis::manifest::unknown::Unknown;
use portcullis::schema::crd::build::Builder;
use portcullis::schema::crd::pack::Pack;
use portcullis::schema::crd::repository::version_in;
use portcullis::schema::crd::{Before, judge};
use portcullis::schema::minors::MinorSet;
use portcullis::schema::problem::{Cause, Problem, Raised};
use portcullis::source::{RepoPath, Side};
use portcullis::yaml::{self, Dialect};
use rayon::prelude::*;
use serde_json::Value;

pub(super) fn load(name: &str) -> Option<Vec<Value>> {
    super::apiserver::lines(&format!("crd/{name}.jsonl.gz"))
}

/// YAML has no `3.0`: what goes through it is `3`.
fn through_yaml(value: &Value) -> Value {
    match value {
        Value::Number(number) => match number.as_f64().filter(|float| number.is_f64() && float.fract() == 0.0) {
            Some(float) if float.abs() < 1e15 => format!("{float}").parse::<i64>().map_or(value.clone(), Value::from),
            _ => value.clone(),
        },
        Value::Array(items) => items.iter().map(through_yaml).collect(),
        Value::Object(fields) => fields.iter().map(|(key, value)| (key.clone(), through_yaml(value))).collect(),
        other => other.clone(),
    }
}

pub(super) fn object(value: &Value) -> Object {
    let text = value.to_string();
    let mut stream = yaml::read(RepoPath::from("case.json"), Side::Head, text.as_bytes(), Dialect::Kubectl);
    let document = std::sync::Arc::new(stream.documents.pop().expect("one document"));
    let mut objects = objects_of(&document, Unknown::default());
    assert_eq!(objects.len(), 1, "{text}");
    objects.pop().expect("one object")
}

fn compile(crd: &Value) -> Result<Pack, String> {
    let mut builder = Builder::new();
    builder.add(object(crd).value()).map_err(|refusal| refusal.to_string())?;
    Ok(builder.finish())
}

pub(super) type Packs = BTreeMap<String, Pack>;

pub(super) fn packs(name: &str, key: &str) -> Option<Packs> {
    let of = |line: &Value| {
        (line["name"].as_str().unwrap_or_default().to_owned(), compile(&line[key]).expect("it compiles"))
    };
    Some(load(name)?.par_iter().map(of).collect())
}

/// Why our answer is another one; nothing where it is the same.
fn compare(case: &Value, problems: &[Problem], applied: bool) -> Result<(), String> {
    let other = if applied { Raised::ByPost } else { Raised::ByApply };
    let against = || problems.iter().filter(|problem| problem.cause != Cause::Warning && problem.raised != other);
    let wanted = match (applied, case["op"] == "create") {
        (true, true) => &case["apply"],
        (false, false) => &case["put"]["verdict"],
        _ => &case["verdict"],
    };
    let ours = if against().next().is_some() { "reject" } else { "accept" };
    let sentences = || {
        against().map(|problem| format!("{} [{}]", problem.sentence(), problem.field)).collect::<Vec<_>>().join(" || ")
    };
    if wanted != ours {
        let theirs =
            if applied && !case["apply_message"].is_null() { &case["apply_message"] } else { &case["message"] };
        return Err(format!("VERDICT {wanted}, ours {ours}: {} THEIRS {theirs}", sentences()));
    }
    let (causes, code) = (case["causes"].as_array(), &case["code"]);
    let Some(causes) = causes.filter(|_| *code == 422 && case["cel"].is_null() && applied == (case["op"] == "update"))
    else {
        return Ok(());
    };
    let theirs: BTreeSet<&str> = causes
        .iter()
        .filter(|cause| {
            !cause["message"].as_str().unwrap_or_default().contains("some validation rules were not checked")
        })
        .map(|cause| cause["field"].as_str().unwrap_or_default())
        .map(|field| if field == "<nil>" { "" } else { field })
        .collect();
    let ours: BTreeSet<&str> = against().map(|problem| problem.field.as_str()).collect();
    if theirs == ours || causes.len() >= 60 {
        return Ok(());
    }
    let gone: Vec<_> = theirs.difference(&ours).collect();
    let more: Vec<_> = ours.difference(&theirs).collect();
    Err(format!("FIELDS missed {gone:?} extra {more:?}: {} THEIRS {}", sentences(), case["message"]))
}

pub(super) fn minors() -> MinorSet {
    MinorSet::of(Minor::parse("1.36").expect("a minor"))
}

/// A case, and the answers of both ways of applying it, where there are any.
type Outcome<'a> = (&'a str, [Option<Result<(), String>>; 2]);

/// Judge the cases of a set once, and compare the answer with that of both ways of applying.
fn judge_all<'p>(set: &str, case_packs: impl Fn(&Value) -> Option<(&'p Pack, &'p Pack)> + Sync) {
    let Some(cases) = load(set) else { return };
    let skips = |case: &Value| ["stateful", "cel"].iter().any(|key| !case[key].is_null() && case[key] != "some");
    let is_compared = |case: &Value, applied: bool| {
        let is_other = case["op"] == "create" && applied && (case["apply"].is_null() || case["apply_code"] == 409);
        // Rules in CEL may be all that PUT has against it.
        let is_rules =
            case["op"] == "update" && !applied && case["put"]["same"].is_null() && case["put"]["verdict"] == "reject";
        !is_other && !is_rules && (applied || case["float"].is_null())
    };
    let compared_ways = |case: &Value| {
        // A float reaches the server as one only by POST, which is not compared then.
        let to_object =
            |value: &Value| if case["float"].is_null() { object(value) } else { object(&through_yaml(value)) };
        let new = to_object(&case["object"]);
        let old = case.get("old").filter(|old| !old.is_null()).map(to_object);
        let judged = case_packs(case).and_then(|(base, head)| {
            let version = version_in(head, &new)?;
            let before = old.as_ref().map(|old| Before { object: old, version: version_in(base, old) });
            Some(judge(&new, before, version, minors()))
        });
        [false, true].map(|applied| {
            let compared = match &judged {
                _ if !is_compared(case, applied) => return None,
                Some(judged) => compare(case, &judged.problems, applied),
                None if case["verdict"] == "reject" => Ok(()),
                None => Err("no schema".to_owned()),
            };
            Some(compared.map_err(|why| format!("{} {} {} {why}", case["id"], case["mutation"], case["pointer"])))
        })
    };
    let outcomes: Vec<Outcome<'_>> = cases
        .par_iter()
        .filter(|case| !skips(case))
        .map(|case| (case["id"].as_str().unwrap_or_default(), compared_ways(case)))
        .collect();
    for (way, mode) in ["client-side", "server-side"].into_iter().enumerate() {
        let of_way = || outcomes.iter().filter_map(|(id, ways)| Some((*id, ways[way].as_ref()?)));
        let failing: BTreeSet<String> = of_way().filter(|(_, o)| o.is_err()).map(|(id, _)| id.to_owned()).collect();
        let reasons: Vec<String> = of_way().filter_map(|(_, compared)| compared.clone().err()).collect();
        let verdicts = reasons.iter().filter(|why| why.contains(" VERDICT ") || why.contains("no schema")).count();
        let total = of_way().count();
        println!("{set} {mode}: {} of {total}, other verdicts {verdicts}", total - failing.len());
        if std::env::var_os("PORTCULLIS_SHOW").is_some() {
            println!("{}", reasons.join("\n"));
        }
        super::ratchet_failing(&format!("crd-{set}-{mode}.failing"), &failing, &reasons);
    }
}

#[test]
fn all_crds_fit_into_a_small_file() {
    let Some(crds) = load("crds") else { return };
    let pack = || {
        let mut builder = Builder::new();
        for crd in &crds {
            builder.add(object(&crd["object"]).value()).expect("it compiles");
        }
        builder.finish()
    };
    let (one, two) = (pack(), pack());
    println!("{} CRDs in {} bytes", one.kinds().len(), one.bytes().len());
    assert_eq!(one.bytes(), two.bytes());
    assert!(one.bytes().len() < 600_000);
    let read = Pack::open(one.bytes().to_vec().into()).expect("it is a pack");
    assert_eq!(read.kinds().len(), crds.len());
    assert!(read.kinds().all(|kind| kind.versions().count() > 0));
}

#[test]
fn objects_are_created_and_updated() {
    let Some(packs) = packs("crds", "object") else { return };
    for set in ["create", "real", "update"] {
        judge_all(set, |case| {
            let pack = packs.get(case["crd"].as_str()?)?;
            Some((pack, pack))
        });
    }
}

#[test]
fn updates_are_ratcheted() {
    let (Some(base), Some(head)) = (packs("ratchet-crds", "base"), packs("ratchet-crds", "head")) else { return };
    judge_all("ratchet", |case| {
        let name = case["crd"].as_str()?;
        Some((base.get(name)?, head.get(name)?))
    });
}
