//! `sprintf`: Go's `fmt.Sprintf` of what OPA makes of its arguments.

mod float;
mod integer;
mod printer;

use num_bigint::BigInt;
use regorus::Value;

use super::decimal::Decimal;
use super::term::term;
use super::{Answer, Args, Family};
use printer::Printer;

pub(super) const FUNCTIONS: Family = &[("sprintf", sprintf)];

/// An argument as Go sees it.
#[derive(Clone, Debug)]
enum Operand {
    /// `int64`.
    Int(i64),
    /// `*big.Int`.
    Big(BigInt),
    /// `float64`.
    Float(f64),
    /// `string`, which is also the text of whatever is neither number nor string.
    Text(String),
}

impl Operand {
    fn of(value: &Value) -> Self {
        if let Value::String(text) = value {
            return Self::Text(text.to_string());
        }
        let Some(number) = Decimal::of(value) else { return Self::Text(term(value)) };
        match (number.to_i64(), number.integer()) {
            (Some(integer), _) => Self::Int(integer),
            (None, Some(integer)) => Self::Big(integer.clone()),
            (None, None) => Self::Float(number.to_f64()),
        }
    }

    /// The name of its type in Go.
    fn type_name(&self) -> &'static str {
        match self {
            Self::Int(_) => "int64",
            Self::Big(_) => "*big.Int",
            Self::Float(_) => "float64",
            Self::Text(_) => "string",
        }
    }
}

fn sprintf(args: Args<'_>) -> Answer {
    let format = args.string(0)?;
    let operands: Vec<Operand> = args.array(1)?.iter().map(Operand::of).collect();
    super::text(Printer::new(&operands).print(format)?)
}
