//! Numbers: sums, ranges, conversions, and arithmetic by name.

use num_bigint::{BigInt, Sign};
use regorus::Value;

use super::decimal::Decimal;
use super::{Answer, Args, Family, MOST, Problem, error};

/// Bits of the longest product.
const LONGEST: u64 = 1 << 16;

pub(super) const FUNCTIONS: Family = &[
    ("ceil", |args| next(args, 1)),
    ("div", |args| match args.number(0)?.divide(&args.number(1)?) {
        Some(quotient) => Ok(quotient.to_value()),
        None => error("divide by zero"),
    }),
    ("floor", |args| next(args, -1)),
    ("minus", minus),
    ("mul", |args| Ok(multiply(&args.number(0)?, &args.number(1)?)?.to_value())),
    ("numbers.range", |args| range(args, &Decimal::from(1))),
    ("numbers.range_step", |args| {
        let step = args.number(2)?;
        if !step.is_integer() || step <= Decimal::from(0) {
            return error("step must be a positive number above zero");
        }
        range(args, &step)
    }),
    ("plus", |args| Ok(args.number(0)?.add(&args.number(1)?).to_value())),
    ("product", |args| fold(args, Decimal::from(1), multiply)),
    ("rem", remainder),
    ("sum", |args| fold(args, Decimal::from(0), |left, right| Ok(left.add(right)))),
    ("to_number", to_number),
];

fn minus(args: Args<'_>) -> Answer {
    match (args.value(0), args.value(1)) {
        (Value::Set(left), Value::Set(right)) => Ok(left.difference(right).into_value()),
        _ => Ok(args.number(0)?.subtract(&args.number(1)?).to_value()),
    }
}

/// The whole number next to a number. OPA takes what is left of the digits before the point for the sign: `floor(-0.5)` is 0.
fn next(args: Args<'_>, direction: i64) -> Answer {
    let (whole, is_exact) = args.number(0)?.truncate();
    let is_below = whole.sign() == Sign::Minus;
    let is_there = is_exact || is_below == (direction > 0);
    let step = BigInt::from(if is_there { 0 } else { direction });
    Ok(Decimal::from(whole + step).to_value())
}

fn remainder(args: Args<'_>) -> Answer {
    let (left, right) = (args.number(0)?, args.number(1)?);
    let (Some(left), Some(divisor)) = (left.integer(), right.integer()) else {
        return error("modulo on floating-point number");
    };
    if right.is_zero() {
        return error("modulo by zero");
    }
    Ok(Decimal::from(left % divisor).to_value())
}

/// A chain of products doubles its digits with each, and nothing could interrupt it.
fn multiply(left: &Decimal, right: &Decimal) -> Result<Decimal, Problem> {
    if left.size() + right.size() > LONGEST {
        return Err(Problem::Unavailable(format!("a product of more than {LONGEST} bits is too long")));
    }
    Ok(left.multiply(right))
}

fn fold(args: Args<'_>, from: Decimal, with: fn(&Decimal, &Decimal) -> Result<Decimal, Problem>) -> Answer {
    let mut total = from;
    for element in args.elements(0)? {
        match Decimal::of(element) {
            Some(number) => total = with(&total, &number)?,
            None => return error(format!("operand 1 must be numbers but one is {}", super::type_name(element))),
        }
    }
    Ok(total.to_value())
}

/// From the first number to the second, both included.
fn range(args: Args<'_>, step: &Decimal) -> Answer {
    let (from, to) = (args.number(0)?, args.number(1)?);
    if !from.is_integer() || !to.is_integer() {
        return error("operands must be integers");
    }
    let is_down = from > to;
    let (span, _) = to.subtract(&from).divide(step).unwrap_or(Decimal::from(0)).truncate();
    if span.magnitude() >= BigInt::from(MOST).magnitude() {
        return Err(Problem::Unavailable(format!(
            "a range of {} numbers is too long, at most {MOST}",
            span.magnitude()
        )));
    }
    let mut numbers = Vec::new();
    let mut number = from;
    while if is_down { number >= to } else { number <= to } {
        numbers.push(number.to_value());
        number = if is_down { number.subtract(step) } else { number.add(step) };
    }
    Ok(Value::from(numbers))
}

fn to_number(args: Args<'_>) -> Answer {
    match args.value(0) {
        Value::Null => Ok(Value::from(0_i64)),
        Value::Bool(value) => Ok(Value::from(i64::from(*value))),
        Value::Number(_) => Ok(args.value(0).clone()),
        Value::String(text) => match Decimal::parse(&text.replace('_', "")) {
            Some(number) if number.to_f64().is_finite() => Ok(number.to_value()),
            _ => error(format!("{text:?} is no number")),
        },
        _ => args.wrong(0, "null, boolean, number or string"),
    }
}
