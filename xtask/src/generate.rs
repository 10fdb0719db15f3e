//! From the sources to the table.

use std::collections::BTreeMap;

use crate::Fallible;
use crate::definitions;
use crate::merge::merge;
use crate::resources;
use crate::sources::Sources;

/// The table of all minors.
pub(crate) fn table(sources: &Sources) -> Fallible<String> {
    let mut minors = BTreeMap::new();
    for number in sources.minors().minors() {
        let minor = resources::read(&sources.rust(number)?)
            .and_then(|served| definitions::read(&sources.definitions(number)?, &served))
            .map_err(|error| format!("1.{number}: {error}"))?;
        minors.insert(number, minor);
    }
    merge(&minors)
}

/// The first line in which two tables differ.
pub(crate) fn difference(old: &str, new: &str) -> Option<String> {
    if old == new {
        return None;
    }
    let (mut old, mut new) = (old.lines(), new.lines());
    for number in 1_usize.. {
        match (old.next(), new.next()) {
            (None, None) => break,
            (old, new) if old != new => {
                let end = "the end of the file";
                return Some(format!("line {number} is {:?}, not {:?}", old.unwrap_or(end), new.unwrap_or(end)));
            }
            _ => {}
        }
    }
    Some("only the ends of the lines differ".to_owned())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const NATIVE: &str = include_str!("../../schemas/native.txt");

    #[test]
    fn the_first_difference_is_told() {
        assert_eq!(difference("a\nb\n", "a\nb\n"), None);
        assert_eq!(difference("a\nb\n", "a\nc\n").unwrap(), r#"line 2 is "b", not "c""#);
        assert_eq!(difference("a\n", "a\nc\n").unwrap(), r#"line 2 is "the end of the file", not "c""#);
        assert!(difference("a", "a\n").is_some());
    }

    /// The packages are not here when this runs; an edit by hand is most likely seen even so.
    #[test]
    fn the_table_refers_only_to_what_it_defines() {
        let word = |line: &'static str, place| line.split(' ').nth(place).unwrap();
        let of = |what: &'static str| NATIVE.lines().filter(move |line| line.split(' ').next() == Some(what));
        let defs: BTreeSet<&str> = of("def").map(|line| word(line, 1)).collect();
        let types = of("field").map(|line| word(line, 2).trim_start_matches("[]").trim_start_matches("{}"));
        let types = types.map(|name| name.trim_start_matches("[]")).filter(|name| name.contains('.'));
        let used: BTreeSet<&str> = of("kind").map(|line| word(line, 5)).chain(types).collect();
        assert_eq!(used, defs);
        assert_eq!(1 + of("kind").count() + of("def").count() + of("field").count(), NATIVE.lines().count());
    }
}
