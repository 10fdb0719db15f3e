//! Numbers as OPA computes with them: decimal, so that `0.1 + 0.2` is `0.3`.
//!
//! The engine keeps integers of any size and floating-point numbers of 64 bits. A result is exact here and then the
//! nearest of those, where OPA keeps 64 bits of mantissa.

use std::cmp::Ordering;

use num_bigint::{BigInt, Sign};
use regorus::Value;

/// The largest exponent to compute with: more than any number of the engine has.
const LARGEST: i32 = 1_200;
/// Digits of a quotient that is not exact: more than 64 bits hold.
const QUOTIENT_DIGITS: i32 = 40;

/// `digits` × 10^`exponent`.
#[derive(Clone, Debug)]
pub(super) struct Decimal {
    digits: BigInt,
    exponent: i32,
}

impl Decimal {
    /// The number of a value; none when it is no number.
    pub(super) fn of(value: &Value) -> Option<Self> {
        let number = value.as_number().ok()?;
        if let Some(integer) = number.as_i64() {
            return Some(Self::from(integer));
        }
        let float = || number.as_f64().and_then(|float| Self::parse(&format!("{float:e}")));
        if !number.is_integer() {
            return float();
        }
        // The engine's whole numbers are integers, or floating-point numbers too large to have a fraction.
        number.to_big().ok().map(|digits| Self { digits: (*digits).clone(), exponent: 0 }).or_else(float)
    }

    /// A number as JSON writes it.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{fraction}");
        let is_number = !digits.trim_start_matches(['-', '+']).is_empty()
            && digits.trim_start_matches(['-', '+']).bytes().all(|byte| byte.is_ascii_digit());
        let exponent = exponent.checked_sub(i32::try_from(fraction.len()).ok()?)?;
        if !is_number || exponent.abs() > LARGEST {
            return None;
        }
        Some(Self { digits: digits.parse().ok()?, exponent }.normal())
    }

    /// The same number with the fewest digits, and none behind the point where it is whole.
    fn normal(mut self) -> Self {
        let ten = BigInt::from(10);
        while self.exponent < 0 && (&self.digits % &ten).sign() == Sign::NoSign {
            self.digits /= &ten;
            self.exponent += 1;
        }
        if self.exponent > 0 {
            self.digits *= power(self.exponent);
            self.exponent = 0;
        }
        self
    }

    /// The nearest number that the engine keeps.
    pub(super) fn to_value(&self) -> Value {
        let text = self.to_string();
        let parsed = if self.exponent >= 0 {
            Value::from_numeric_string(&text).ok()
        } else {
            text.parse::<f64>().ok().map(Value::from)
        };
        parsed.unwrap_or(Value::Undefined)
    }

    /// It is whole.
    pub(super) fn is_integer(&self) -> bool {
        self.exponent >= 0
    }

    /// The whole number that it is.
    pub(super) fn integer(&self) -> Option<&BigInt> {
        self.is_integer().then_some(&self.digits)
    }

    /// The whole number that it is, if 64 bits hold it.
    pub(super) fn to_i64(&self) -> Option<i64> {
        self.integer()?.try_into().ok()
    }

    /// The nearest floating-point number.
    pub(super) fn to_f64(&self) -> f64 {
        self.to_string().parse().unwrap_or(f64::NAN)
    }

    /// It is below zero.
    pub(super) fn is_negative(&self) -> bool {
        self.digits.sign() == Sign::Minus
    }

    pub(super) fn is_zero(&self) -> bool {
        self.digits.sign() == Sign::NoSign
    }

    /// Both as whole numbers of the same unit, and that unit's exponent.
    fn aligned(&self, other: &Self) -> (BigInt, BigInt, i32) {
        let exponent = self.exponent.min(other.exponent);
        let scaled = |number: &Self| &number.digits * power(number.exponent - exponent);
        (scaled(self), scaled(other), exponent)
    }

    pub(super) fn add(&self, other: &Self) -> Self {
        let (left, right, exponent) = self.aligned(other);
        Self { digits: left + right, exponent }.normal()
    }

    pub(super) fn subtract(&self, other: &Self) -> Self {
        let (left, right, exponent) = self.aligned(other);
        Self { digits: left - right, exponent }.normal()
    }

    pub(super) fn multiply(&self, other: &Self) -> Self {
        Self { digits: &self.digits * &other.digits, exponent: self.exponent + other.exponent }.normal()
    }

    /// None when the divisor is zero.
    pub(super) fn divide(&self, other: &Self) -> Option<Self> {
        let (left, right, _) = self.aligned(other);
        if right.sign() == Sign::NoSign {
            return None;
        }
        if (&left % &right).sign() == Sign::NoSign {
            return Some(Self { digits: left / right, exponent: 0 });
        }
        Some(Self { digits: left * power(QUOTIENT_DIGITS) / right, exponent: -QUOTIENT_DIGITS }.normal())
    }

    /// The nearest number with as many digits behind the point, halves away from zero.
    pub(super) fn rounded(&self, digits: u32) -> Self {
        let digits = i32::try_from(digits).unwrap_or(i32::MAX);
        let dropped = (-self.exponent).saturating_sub(digits);
        if dropped <= 0 {
            return self.clone();
        }
        let unit = power(dropped);
        let half = &unit / 2 * if self.is_negative() { -1 } else { 1 };
        Self { digits: (&self.digits + half) / unit, exponent: -digits }.normal()
    }

    /// The whole number next to it towards zero, and whether that is itself.
    pub(super) fn truncate(&self) -> (BigInt, bool) {
        if self.exponent >= 0 {
            return (self.digits.clone(), true);
        }
        let unit = power(-self.exponent);
        (&self.digits / unit, false)
    }
}

impl From<i64> for Decimal {
    fn from(integer: i64) -> Self {
        Self { digits: BigInt::from(integer), exponent: 0 }
    }
}

impl From<BigInt> for Decimal {
    fn from(digits: BigInt) -> Self {
        Self { digits, exponent: 0 }
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.partial_cmp(other) == Some(Ordering::Equal)
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        let (left, right, _) = self.aligned(other);
        left.partial_cmp(&right)
    }
}

/// Without an exponent.
impl std::fmt::Display for Decimal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let digits = self.digits.magnitude().to_string();
        let behind = usize::try_from(-self.exponent).unwrap_or(0);
        if self.is_negative() {
            f.write_str("-")?;
        }
        if behind == 0 {
            return f.write_str(&digits);
        }
        let digits = format!("{digits:0>width$}", width = behind + 1);
        let (whole, fraction) = digits.split_at(digits.len() - behind);
        write!(f, "{whole}.{fraction}")
    }
}

fn power(exponent: i32) -> BigInt {
    BigInt::from(10).pow(exponent.unsigned_abs())
}
