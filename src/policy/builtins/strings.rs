//! Texts, where Go counts or changes case otherwise than the engine.

use regorus::Value;

use super::{Answer, Args, Family, error, text};

pub(super) const FUNCTIONS: Family = &[
    ("indexof", |args| match positions(args)?.first() {
        Some(position) => Ok(position.clone()),
        None => Ok(Value::from(-1_i64)),
    }),
    ("indexof_n", |args| Ok(Value::from(positions(args)?))),
    ("lower", |args| text(args.string(0)?.chars().map(lower).collect())),
    ("strings.count", count),
    ("strings.replace_n", replace_n),
    ("strings.split_n", split_n),
    ("substring", substring),
    ("upper", |args| text(args.string(0)?.chars().map(upper).collect())),
];

/// Go changes a character to one character.
fn lower(c: char) -> char {
    if c == 'İ' { 'i' } else { c.to_lowercase().next().unwrap_or(c) }
}

fn upper(c: char) -> char {
    let mut mapped = c.to_uppercase();
    match (mapped.next(), mapped.next()) {
        (Some(single), None) => single,
        // Greek letters with a iota below: the capital has one beside it, and the single letter is another.
        _ => match c {
            '\u{1f80}'..='\u{1f87}' | '\u{1f90}'..='\u{1f97}' | '\u{1fa0}'..='\u{1fa7}' => {
                char::from_u32(u32::from(c) + 8).unwrap_or(c)
            }
            'ᾳ' => 'ᾼ',
            'ῃ' => 'ῌ',
            'ῳ' => 'ῼ',
            other => other,
        },
    }
}

/// Where a text is found in another, in characters.
fn positions(args: Args<'_>) -> Result<Vec<Value>, super::Problem> {
    let (whole, part) = (args.string(0)?, args.string(1)?);
    if part.is_empty() {
        return error("empty search character");
    }
    let starts = whole.char_indices().enumerate();
    let found = starts.filter(|(_, (at, _))| whole.get(*at..).is_some_and(|rest| rest.starts_with(&**part)));
    Ok(found.map(|(position, _)| Value::from(position)).collect())
}

fn count(args: Args<'_>) -> Answer {
    let (whole, part) = (args.string(0)?, args.string(1)?);
    let count = if part.is_empty() { whole.chars().count() + 1 } else { whole.matches(&**part).count() };
    Ok(Value::from(count))
}

/// All texts are replaced at once: at each place the first of the old ones that fits, in the order of their bytes.
fn replace_n(args: Args<'_>) -> Answer {
    let mut pairs = Vec::new();
    for (old, new) in args.object(0)?.iter_sorted() {
        match (old, new) {
            (Value::String(old), Value::String(new)) => pairs.push((old, new)),
            _ => return error("operand 1 must be an object of strings"),
        }
    }
    let mut rest = &**args.string(1)?;
    let mut out = String::new();
    let mut was_empty = false;
    loop {
        let fits = pairs.iter().find(|(old, _)| rest.starts_with(&***old) && !(was_empty && old.is_empty()));
        was_empty = fits.is_some_and(|(old, _)| old.is_empty());
        if let Some((old, new)) = fits {
            out.push_str(new);
            rest = rest.get(old.len()..).unwrap_or_default();
            continue;
        }
        let Some(next) = rest.chars().next() else { return text(out) };
        out.push(next);
        rest = rest.get(next.len_utf8()..).unwrap_or_default();
    }
}

/// The first parts, or with a number below zero the last ones; 0 is none.
fn split_n(args: Args<'_>) -> Answer {
    let (whole, separator, wanted) = (args.string(0)?, args.string(1)?, args.integer(2)?);
    let parts: Vec<Value> = if separator.is_empty() {
        whole.chars().map(|c| Value::from(c.to_string())).collect()
    } else {
        whole.split(&**separator).map(Value::from).collect()
    };
    let most = usize::try_from(wanted.unsigned_abs()).unwrap_or(usize::MAX);
    let skipped = if wanted < 0 { parts.len().saturating_sub(most) } else { 0 };
    Ok(Value::from(parts.into_iter().skip(skipped).take(most).collect::<Vec<_>>()))
}

/// Characters from a start on, to the end with a length below zero.
fn substring(args: Args<'_>) -> Answer {
    let (whole, start, length) = (args.string(0)?, args.integer(1)?, args.integer(2)?);
    let Ok(start) = usize::try_from(start) else { return error("negative offset") };
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    text(whole.chars().skip(start).take(length).collect())
}
