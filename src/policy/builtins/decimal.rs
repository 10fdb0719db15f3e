//! Numbers as OPA computes with them: decimal, so that `0.1 + 0.2` is `0.3`.
//!
//! The engine keeps integers of any size. A result that has a fraction is rounded to 64 bits of mantissa, as OPA's are,
//! and kept by [`mantissa`].

use std::cmp::Ordering;

use num_bigint::{BigInt, BigUint, Sign};
use regorus::Value;

use super::mantissa;

/// The largest exponent to compute with: more than any number of the engine has.
const LARGEST: i32 = 1_200;
/// Digits of a quotient that is not exact: more than 64 bits hold.
const QUOTIENT_DIGITS: u64 = 40;
/// Bits of a mantissa.
const BITS: i64 = 64;

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
        let float = || number.as_f64().and_then(mantissa::meaning);
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

    /// The number that the engine keeps.
    pub(super) fn to_value(&self) -> Value {
        match self.integer() {
            Some(integer) => Value::from_numeric_string(&integer.to_string()).unwrap_or(Value::Undefined),
            None => Value::from(mantissa::stand_in(self)),
        }
    }

    /// The nearest number that a mantissa of 64 bits holds; halves to the even one. Whole numbers stay.
    pub(super) fn to_64_bits(&self) -> Self {
        if self.exponent >= 0 {
            return self.clone();
        }
        let (digits, unit) = (self.digits.magnitude(), power(-self.exponent).magnitude().clone());
        // So many bits behind the point that the quotient has 64, or one more.
        let mut behind = BITS + i64::try_from(unit.bits()).unwrap_or(0) - i64::try_from(digits.bits()).unwrap_or(0);
        let shifted = |number: &BigUint, by: i64| number << by.max(0).unsigned_abs();
        let (above, mut below) = (shifted(digits, behind), shifted(&unit, -behind));
        if (&above / &below).bits() > BITS.unsigned_abs() {
            behind -= 1;
            below <<= 1_u32;
        }
        let (mut quotient, rest) = (&above / &below, above % &below);
        match (rest << 1_u32).cmp(&below) {
            Ordering::Greater => quotient += 1_u32,
            Ordering::Equal if quotient.bit(0) => quotient += 1_u32,
            _ => {}
        }
        // 2 to the power of -n is 5 to the power of n behind n digits.
        let exponent = i32::try_from(behind.max(0)).unwrap_or(0);
        let magnitude = shifted(&quotient, -behind) * BigUint::from(5_u32).pow(exponent.unsigned_abs());
        let digits = BigInt::from_biguint(self.digits.sign(), magnitude);
        Self { digits, exponent: -exponent }.normal()
    }

    /// The shortest text that stands for the same number of 64 bits, as Go's `%g` writes it.
    pub(super) fn shortest(&self) -> String {
        let digits = self.digits.magnitude().to_string();
        let length = i32::try_from(digits.len()).unwrap_or(i32::MAX);
        let exact = self.to_64_bits();
        let behind = (1..length).map(|kept| (kept - length).saturating_sub(self.exponent)).filter(|behind| *behind > 0);
        let mut short = behind.filter_map(|behind| u32::try_from(behind).ok()).map(|behind| self.rounded(behind));
        let short = short.find(|short| short.to_64_bits() == exact);
        let short = short.as_ref().unwrap_or(self);
        let digits = short.digits.magnitude().to_string();
        let exponent = i32::try_from(digits.len()).unwrap_or(i32::MAX).saturating_add(short.exponent) - 1;
        if (-4..6).contains(&exponent) {
            return short.to_string();
        }
        let (first, rest) = digits.split_at(1);
        let point = if rest.is_empty() { "" } else { "." };
        let (minus, sign) = (if self.is_negative() { "-" } else { "" }, if exponent < 0 { '-' } else { '+' });
        format!("{minus}{first}{point}{rest}e{sign}{:0>2}", exponent.unsigned_abs())
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

    /// About how many bits it takes.
    pub(super) fn size(&self) -> u64 {
        self.digits.bits() + 4 * u64::from(self.exponent.unsigned_abs())
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
        // A digit has more than three bits.
        let behind = QUOTIENT_DIGITS + (right.bits() / 3).saturating_sub(left.bits() / 4);
        let behind = i32::try_from(behind).ok()?;
        Some(Self { digits: left * power(behind) / right, exponent: -behind }.normal())
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
