//! Integers by a verb.

use num_bigint::{BigInt, Sign};

use super::super::quote::quote;
use super::printer::Flags;

/// An `int64`; none when it has no such verb.
pub(super) fn int(value: i64, verb: char, flags: Flags) -> Option<String> {
    let magnitude = value.unsigned_abs();
    let as_char = || u32::try_from(value).ok().and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER);
    let digits = match verb {
        'v' | 'd' => magnitude.to_string(),
        'b' => format!("{magnitude:b}"),
        'o' | 'O' => format!("{magnitude:o}"),
        'x' => format!("{magnitude:x}"),
        'X' => format!("{magnitude:X}"),
        'c' => return Some(flags.pad(as_char().encode_utf8(&mut [0; 4]))),
        'q' => return Some(flags.pad(&quote(as_char().encode_utf8(&mut [0; 4]), '\'', flags.plus))),
        'U' => return Some(unicode(value, flags)),
        _ => return None,
    };
    if flags.precision == Some(0) && value == 0 {
        return Some(flags.without_zero().pad(""));
    }
    let has_sign = value < 0 || flags.plus || flags.space;
    let least = match (flags.precision, flags.width) {
        (Some(precision), _) => precision,
        (None, Some(width)) if flags.zero && !flags.minus => width.saturating_sub(usize::from(has_sign)),
        _ => 0,
    };
    let digits = format!("{digits:0>least$}");
    let prefix = match verb {
        'b' if flags.sharp => "0b",
        'o' if flags.sharp && !digits.starts_with('0') => "0",
        'x' if flags.sharp => "0x",
        'X' if flags.sharp => "0X",
        'O' => "0o",
        _ => "",
    };
    Some(flags.without_zero().pad(&format!("{}{prefix}{digits}", sign(value < 0, flags))))
}

/// A `*big.Int`, which formats itself.
pub(super) fn big(value: &BigInt, verb: char, flags: Flags) -> String {
    let base = match verb {
        'b' => 2,
        'o' | 'O' => 8,
        'd' | 's' | 'v' => 10,
        'x' | 'X' => 16,
        _ => return format!("%!{verb}(big.Int={value})"),
    };
    let mut digits = value.magnitude().to_str_radix(base);
    if verb == 'X' {
        digits.make_ascii_uppercase();
    }
    let prefix = match verb {
        'b' if flags.sharp => "0b",
        'o' if flags.sharp => "0",
        'x' if flags.sharp => "0x",
        'X' if flags.sharp => "0X",
        'O' => "0o",
        _ => "",
    };
    let sign = sign(value.sign() == Sign::Minus, flags);
    let least = match (flags.precision, flags.width) {
        (Some(precision), _) => precision,
        (None, Some(width)) if flags.zero && !flags.minus => width.saturating_sub(sign.len() + prefix.len()),
        _ => 0,
    };
    flags.without_zero().pad(&format!("{sign}{prefix}{digits:0>least$}"))
}

fn sign(is_negative: bool, flags: Flags) -> &'static str {
    match () {
        () if is_negative => "-",
        () if flags.plus => "+",
        () if flags.space => " ",
        () => "",
    }
}

/// `U+0078`, and with `#` the character.
fn unicode(value: i64, flags: Flags) -> String {
    let least = flags.precision.unwrap_or(4).max(4);
    let code = format!("U+{:0>least$}", format!("{value:X}"));
    let character = u32::try_from(value).ok().and_then(char::from_u32).filter(|_| flags.sharp);
    flags.without_zero().pad(&match character {
        Some(character) => format!("{code} '{character}'"),
        None => code,
    })
}
