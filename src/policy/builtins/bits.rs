//! Shifts of whole numbers of any size.

use num_bigint::{BigInt, Sign};
use regorus::Value;

use super::decimal::Decimal;
use super::{Answer, Args, Family, Problem, error};

/// Bits of the longest number.
const LONGEST: u64 = 1 << 16;

pub(super) const FUNCTIONS: Family = &[("bits.lsh", left), ("bits.rsh", right)];

/// The number to shift, and by how much: what is more than 64 bits hold counts by its last ones, as in OPA.
fn operands(args: Args<'_>) -> Result<(BigInt, u64), Problem> {
    let (number, by) = (args.number(0)?, args.number(1)?);
    let (Some(number), Some(by)) = (number.integer(), by.integer()) else {
        return error("operands must be integers");
    };
    if by.sign() == Sign::Minus {
        return error("operand 2 must be an unsigned integer number but got a negative integer");
    }
    Ok((number.clone(), by.iter_u64_digits().next().unwrap_or(0)))
}

fn left(args: Args<'_>) -> Answer {
    let (number, by) = operands(args)?;
    if number.sign() == Sign::NoSign {
        return Ok(Value::from(0_i64));
    }
    if number.bits().saturating_add(by) > LONGEST {
        return Err(Problem::Unavailable(format!("bits.lsh by {by} makes a number of more than {LONGEST} bits")));
    }
    Ok(Decimal::from(number << by).to_value())
}

fn right(args: Args<'_>) -> Answer {
    let (number, by) = operands(args)?;
    Ok(Decimal::from(number >> by).to_value())
}
