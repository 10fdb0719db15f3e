//! Floating-point numbers by a verb.

use super::printer::Flags;

/// A `float64`, which is finite; none when it has no such verb.
pub(super) fn float(value: f64, verb: char, flags: Flags) -> Option<String> {
    let magnitude = value.abs();
    let shown = match verb {
        'v' | 'g' => general(magnitude, flags.precision, 'e'),
        'G' => general(magnitude, flags.precision, 'E'),
        'f' | 'F' => format!("{magnitude:.*}", flags.precision.unwrap_or(6)),
        'e' | 'E' => scientific(magnitude, Some(flags.precision.unwrap_or(6)), verb),
        'b' => {
            let (mantissa, exponent) = parts(magnitude);
            format!("{mantissa}p{exponent:+}")
        }
        'x' | 'X' => hexadecimal(magnitude, flags.precision, verb),
        _ => return None,
    };
    let shown = if flags.sharp && verb != 'b' { with_point(&shown, verb, flags.precision) } else { shown };
    let sign = match () {
        () if value.is_sign_negative() => "-",
        () if flags.plus => "+",
        () if flags.space => " ",
        () => "",
    };
    let missing = flags.width.unwrap_or(0).saturating_sub(shown.len() + sign.len());
    if flags.zero && !flags.minus {
        return Some(format!("{sign}{}{shown}", "0".repeat(missing)));
    }
    Some(flags.without_zero().pad(&format!("{sign}{shown}")))
}

/// `%e`: one digit before the point, two at least in the exponent. Without a precision as many digits as it takes.
fn scientific(value: f64, precision: Option<usize>, letter: char) -> String {
    let shown = match precision {
        Some(precision) => format!("{value:.precision$e}"),
        None => format!("{value:e}"),
    };
    let (mantissa, exponent) = shown.split_once('e').unwrap_or((&shown, "0"));
    let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |exponent| ('-', exponent));
    format!("{mantissa}{letter}{sign}{exponent:0>2}")
}

/// `%g`: as `%e` for exponents below -4 and from the precision on, without zeros at the end.
fn general(value: f64, precision: Option<usize>, letter: char) -> String {
    let digits = precision.map(|precision| precision.max(1));
    let shown = match digits {
        Some(digits) => format!("{value:.*e}", digits - 1),
        None => format!("{value:e}"),
    };
    let (mantissa, exponent) = shown.split_once('e').unwrap_or((&shown, "0"));
    let exponent: i64 = exponent.parse().unwrap_or(0);
    let mantissa = if mantissa.contains('.') { mantissa.trim_end_matches('0').trim_end_matches('.') } else { mantissa };
    let significant = mantissa.len() - usize::from(mantissa.contains('.'));
    let threshold = match digits {
        None => 6,
        Some(digits) => {
            let digits = i64::try_from(digits).unwrap_or(i64::MAX);
            let significant = i64::try_from(significant).unwrap_or(i64::MAX);
            if digits > significant && significant > exponent { significant } else { digits }
        }
    };
    if exponent < -4 || exponent >= threshold {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{mantissa}{letter}{sign}{:0>2}", exponent.unsigned_abs());
    }
    let behind = i64::try_from(significant).unwrap_or(0) - 1 - exponent;
    format!("{:.*}", usize::try_from(behind).unwrap_or(0), mantissa_value(mantissa, exponent))
}

/// The number that a mantissa and a decimal exponent write.
fn mantissa_value(mantissa: &str, exponent: i64) -> f64 {
    format!("{mantissa}e{exponent}").parse().unwrap_or(f64::NAN)
}

/// The bits of the mantissa as an integer, and its binary exponent.
fn parts(value: f64) -> (u64, i64) {
    let bits = value.to_bits();
    let fraction = bits & ((1 << 52) - 1);
    let exponent = i64::try_from((bits >> 52) & 0x7ff).unwrap_or(0);
    if exponent == 0 { (fraction, -1074) } else { (fraction | 1 << 52, exponent - 1075) }
}

/// `%x`: `0x1.8p+00`.
fn hexadecimal(value: f64, precision: Option<usize>, letter: char) -> String {
    let (mut mantissa, mut exponent) = parts(value);
    if mantissa == 0 {
        exponent = 0;
    } else {
        while mantissa < 1 << 52 {
            mantissa <<= 1;
            exponent -= 1;
        }
        exponent += 52;
    }
    if let Some(precision) = precision.filter(|precision| *precision < 13) {
        let dropped = 52 - precision * 4;
        let half = 1_u64 << (dropped - 1);
        let rest = mantissa & ((1 << dropped) - 1);
        mantissa >>= dropped;
        if rest > half || (rest == half && mantissa & 1 == 1) {
            mantissa += 1;
        }
        mantissa <<= dropped;
        if mantissa >= 1 << 53 {
            mantissa >>= 1;
            exponent += 1;
        }
    }
    let digits = format!("{:013x}", mantissa & ((1 << 52) - 1));
    let digits = match precision {
        None => digits.trim_end_matches('0').to_owned(),
        Some(precision) => format!("{digits:0<precision$}").chars().take(precision).collect(),
    };
    let point = if digits.is_empty() { "" } else { "." };
    let sign = if exponent < 0 { '-' } else { '+' };
    let shown = format!("0x{}{point}{digits}p{sign}{:0>2}", mantissa >> 52, exponent.unsigned_abs());
    if letter == 'X' { shown.to_uppercase() } else { shown }
}

/// `#`: a decimal point always, and for `%g` the zeros up to the precision.
fn with_point(shown: &str, verb: char, precision: Option<usize>) -> String {
    let is_hex = matches!(verb, 'x' | 'X');
    let marks: &[char] = if is_hex { &['p', 'P'] } else { &['e', 'E'] };
    let end = shown.find(marks).unwrap_or(shown.len());
    let (number, tail) = shown.split_at(end);
    let mut missing = if matches!(verb, 'v' | 'g' | 'G') || is_hex { precision.unwrap_or(6) } else { 0 };
    let significant = number.trim_start_matches(['0', '.']).chars().filter(|c| *c != '.').count();
    missing = missing.saturating_sub(significant);
    let mut out = number.to_owned();
    if !number.contains('.') {
        if number == "0" {
            missing = missing.saturating_sub(1);
        }
        out.push('.');
    }
    out.push_str(&"0".repeat(missing));
    out + tail
}
