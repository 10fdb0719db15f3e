//! Numbers that have more bits than the engine keeps.
//!
//! OPA computes with a mantissa of 64 bits, the engine's floating-point numbers have 53. A result that needs the rest is kept
//! here for as long as its evaluation takes, under a neighbouring floating-point number that stands for it: `2 / 3 * 3` is 2,
//! and `1 - 0.9` is a little more than `0.1`.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};

use regorus::Value;

use super::decimal::Decimal;

/// How far the number that stands for a result may be from it, in steps: so many results can be that close to each other.
const STEPS: usize = 16;

thread_local! {
    /// What the numbers of this thread's evaluation stand for, by their bits.
    static STAND_INS: RefCell<HashMap<u64, Decimal>> = RefCell::default();
}

/// Forget what an earlier evaluation on this thread computed.
pub(in crate::policy) fn forget() {
    STAND_INS.with_borrow_mut(HashMap::clear);
}

/// What a floating-point number stands for: a result of this evaluation, or what its shortest text says.
pub(super) fn meaning(float: f64) -> Option<Decimal> {
    STAND_INS.with_borrow(|known| known.get(&float.to_bits()).cloned()).or_else(|| written(float))
}

/// A number that somebody wrote, as OPA reads it.
fn written(float: f64) -> Option<Decimal> {
    Decimal::parse(&format!("{float:e}")).map(|number| number.to_64_bits())
}

/// The floating-point number that stands for a result which has a fraction.
pub(super) fn stand_in(result: &Decimal) -> f64 {
    let exact = result.to_64_bits();
    let nearest = exact.to_f64();
    let (Some(meant), true) = (written(nearest), nearest.is_finite()) else { return nearest };
    if meant == exact {
        return nearest;
    }
    let next = if exact > meant { f64::next_up } else { f64::next_down };
    STAND_INS.with_borrow_mut(|known| {
        let mut near = std::iter::successors(Some(next(nearest)), |float| Some(next(*float))).take(STEPS);
        // Of whole numbers the engine makes integers.
        let is_free = |float: f64| known.get(&float.to_bits()).is_none_or(|held| *held == exact);
        let free = near.find(|float| float.fract() != 0.0 && is_free(*float));
        let Some(float) = free else { return nearest };
        known.insert(float.to_bits(), exact);
        float
    })
}

/// A number as OPA writes it: a result with all digits that its mantissa needs. No text when it is no number.
pub(super) fn text(value: &Value) -> String {
    let Ok(number) = value.as_number() else { return String::new() };
    let result = || STAND_INS.with_borrow(|known| known.get(&number.as_f64()?.to_bits()).map(Decimal::shortest));
    let result = if number.is_integer() { None } else { result() };
    result.unwrap_or_else(|| number.format_decimal())
}

/// A value with the numbers nearest to its own, for whoever reads it after the evaluation.
pub(in crate::policy) fn settled(value: Value) -> Value {
    if STAND_INS.with_borrow(HashMap::is_empty) { value } else { nearest(value) }
}

fn nearest(value: Value) -> Value {
    match value {
        Value::Number(ref number) if !number.is_integer() => {
            let meant = number.as_f64().and_then(meaning);
            meant.map_or(value, |meant| Value::from(meant.to_f64()))
        }
        Value::Array(items) => Value::from(items.iter().cloned().map(nearest).collect::<Vec<_>>()),
        Value::Set(items) => items.iter().cloned().map(nearest).collect::<std::collections::BTreeSet<_>>().into(),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(key, value)| (nearest(key.clone()), nearest(value.clone())));
            fields.collect::<BTreeMap<_, _>>().into()
        }
        other => other,
    }
}
