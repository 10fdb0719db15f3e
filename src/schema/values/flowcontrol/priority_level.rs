//! `PriorityLevelConfiguration`.

use serde_json::json;

use crate::schema::stored::Places;
use crate::schema::values::{Cx, Read};
use crate::yaml::Value;

const TYPES: &[&str] = &["Exempt", "Limited"];
const RESPONSES: &[&str] = &["Queue", "Reject"];
const MOST_QUEUES: i64 = 10_000_000;
/// What the server's hash has for dealing hands of queues.
const HASH_BITS: i64 = 60;
const ROUNDTRIP: &str = "flowcontrol.k8s.io/v1beta3-preserve-zero-concurrency-shares";

/// `PriorityLevelConfiguration`
pub(super) fn priority_level<'a>(cx: &mut Cx<'a>, name: &str, object: Value<'a>) {
    // Of v1beta3 objects, it is read while they are converted.
    if object.text("apiVersion").ends_with("/v1")
        && let Some(metadata) = object.get("metadata")
        && metadata.get("annotations").is_some_and(|annotations| annotations.has(ROUNDTRIP))
    {
        cx.forbidden(metadata.at("annotations"), format_args!("annotation '{ROUNDTRIP}' is forbidden"));
        cx.points_to(ROUNDTRIP);
    }
    let Some(spec) = object.get("spec") else { return };
    let kind = spec.text("type");
    if (name == "exempt") != (kind == "Exempt") {
        cx.invalid_shown(
            spec.at("type"),
            format_args!("{kind:?}"),
            "must be 'Exempt' if and only if `name` is 'exempt'",
        );
    }
    match kind {
        "Exempt" => {
            if spec.has("limited") {
                cx.forbidden(spec.at("limited"), "must be nil if the type is not Limited");
            }
            if let Some(exempt) = spec.get("exempt") {
                shares(cx, exempt);
            }
        }
        "Limited" => {
            if spec.has("exempt") {
                cx.forbidden(spec.at("exempt"), "must be nil if the type is Limited");
            }
            match spec.get("limited") {
                None => cx.required(spec.at("limited"), "must not be empty when type is Limited"),
                Some(limited) => self::limited(cx, limited),
            }
        }
        _ => cx.one_of(spec.at("type"), TYPES),
    }
    mandatory(cx, name, object);
}

/// What `exempt` exempts may be changed, and nothing else of what every server has.
fn mandatory<'a>(cx: &mut Cx<'a>, name: &str, object: Value<'a>) {
    let Some(spec) = object.get("spec") else { return };
    if name == "exempt" && (spec.text("type") != "Exempt" || spec.has("limited")) {
        cx.invalid(object.at("spec"), "spec of 'exempt' except the 'spec.exempt' field must equal the fixed value");
    }
    if name == "catch-all" {
        let fixed = json!({
            "type": "Limited",
            "limited": {"nominalConcurrencyShares": 5, "lendablePercent": 0, "limitResponse": {"type": "Reject"}},
        });
        super::fixed(cx, object, &fixed, "spec of 'catch-all' must equal the fixed value");
    }
}

fn shares<'a>(cx: &mut Cx<'a>, level: Value<'a>) {
    if level.int("nominalConcurrencyShares").is_some_and(|shares| shares < 0) {
        cx.invalid(level.at("nominalConcurrencyShares"), "must be a non-negative integer");
    }
    if level.int("lendablePercent").is_some_and(|percent| !(0..=100).contains(&percent)) {
        cx.invalid(level.at("lendablePercent"), "must be between 0 and 100, inclusive");
    }
}

fn limited<'a>(cx: &mut Cx<'a>, limited: Value<'a>) {
    shares(cx, limited);
    if limited.int("borrowingLimitPercent").is_some_and(|percent| percent < 0) {
        cx.invalid(limited.at("borrowingLimitPercent"), "if specified, must be a non-negative integer");
    }
    let Some(response) = limited.get("limitResponse") else { return };
    match (response.text("type"), response.get("queuing")) {
        ("Reject", Some(_)) => {
            cx.forbidden(response.at("queuing"), "must be nil if limited.limitResponse.type is not Limited");
        }
        ("Queue", None) => {
            cx.required(response.at("queuing"), "must not be empty if limited.limitResponse.type is Limited");
        }
        ("Queue", Some(queuing)) => self::queuing(cx, queuing),
        _ => cx.one_of(response.at("type"), RESPONSES),
    }
}

fn queuing<'a>(cx: &mut Cx<'a>, queuing: Value<'a>) {
    // Zero is the default.
    let number = |field: &str, default: i64| queuing.int(field).filter(|number| *number != 0).unwrap_or(default);
    if number("queueLengthLimit", 50) < 0 {
        cx.invalid(queuing.at("queueLengthLimit"), "must be positive");
    }
    let queues = number("queues", 64);
    if queues < 0 {
        cx.invalid(queuing.at("queues"), "must be positive");
    } else if queues > MOST_QUEUES {
        cx.invalid(queuing.at("queues"), format_args!("must not be greater than {MOST_QUEUES}"));
    }
    let (hand, at) = (number("handSize", 8), queuing.at("handSize"));
    if hand < 0 {
        cx.invalid(at, "must be positive");
    } else if hand > queues {
        cx.invalid(at, format_args!("should not be greater than queues ({queues})"));
    } else if needs_more_bits(queues, hand) {
        let why = format!(
            "required entropy bits of deckSize {queues} and handSize {hand} should not be greater than {HASH_BITS}"
        );
        cx.invalid(at, why);
    }
}

/// `RequiredEntropyBits`: to choose one of the queues as often as the hand is large.
fn needs_more_bits(queues: i64, hand: i64) -> bool {
    // Both are 32-bit numbers: the server decoded them.
    let number = |number: i64| f64::from(i32::try_from(number).unwrap_or(i32::MAX));
    (number(queues).log2() * number(hand)).ceil() > number(HASH_BITS)
}
