//! The minors as one table, in which a fact is told once, with the minors that it holds in if its parent has others.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::Fallible;
use crate::definitions::{Def, Kind, Minor};
use crate::minors::Range;

/// The table, line for line.
pub(crate) fn merge(minors: &BTreeMap<u32, Minor>) -> Fallible<String> {
    let [all] = Range::of(&minors.keys().copied().collect())[..] else {
        return Err("the minors have a gap".to_owned());
    };
    let mut text = format!("minors 1.{}-1.{}\n", all.first, all.last);
    let mut kinds: BTreeMap<&Kind, BTreeSet<u32>> = BTreeMap::new();
    let mut defs: BTreeMap<&str, BTreeMap<u32, &Def>> = BTreeMap::new();
    for (&number, minor) in minors {
        for kind in &minor.kinds {
            kinds.entry(kind).or_default().insert(number);
        }
        for (name, def) in &minor.defs {
            defs.entry(name).or_default().insert(number, def);
        }
    }
    for (kind, held) in kinds {
        let Kind { api_version, name, plural, scope, def } = kind;
        for range in Range::of(&held) {
            line(&mut text, &format!("kind {api_version} {name} {plural} {scope} {def}"), range.within(all));
        }
    }
    for (name, held) in defs {
        // A definition that went and came back is two: what has the same name need not be the same.
        for range in Range::of(&held.keys().copied().collect()) {
            let atomic = range.minors().filter(|minor| held.get(minor).is_some_and(|def| def.atomic));
            let atomic = match Range::of(&atomic.collect())[..] {
                [] => String::new(),
                [atomic] => {
                    format!(" atomic{}", atomic.within(range).map(|minors| format!("={minors}")).unwrap_or_default())
                }
                _ => return Err(format!("{name} is atomic, then not, then again, which the table cannot say")),
            };
            line(&mut text, &format!("def {name}{atomic}"), range.within(all));
            text.extend(field_lines(&held, range));
        }
    }
    Ok(text)
}

fn line(text: &mut String, fact: &str, minors: Option<String>) {
    let minors = minors.map(|minors| format!(" {minors}")).unwrap_or_default();
    let _ = writeln!(text, "{fact}{minors}");
}

/// The name of a field, its type and its list type.
type Form<'a> = (&'a str, &'a str, Option<&'a str>);

/// The lines of the fields of a definition in a range of minors.
fn field_lines(def: &BTreeMap<u32, &Def>, parent: Range) -> Vec<String> {
    // Where each form of a field holds, and where it is required.
    let mut forms: BTreeMap<Form, [BTreeSet<u32>; 2]> = BTreeMap::new();
    for minor in parent.minors() {
        for (name, field) in def.get(&minor).into_iter().flat_map(|def| &def.fields) {
            let [held, required] = forms.entry((name, &field.type_name, field.list.as_deref())).or_default();
            held.insert(minor);
            if field.required {
                required.insert(minor);
            }
        }
    }
    let mut lines = Vec::new();
    for ((name, type_name, list), [held, required]) in forms {
        for (range, required) in pieces(&held, &required) {
            let mut fact = format!("field {name} {type_name}");
            if let Some(required) = required {
                fact += " required";
                fact += &required.within(range).map(|minors| format!("={minors}")).unwrap_or_default();
            }
            fact += &list.map(|list| format!(" list={list}")).unwrap_or_default();
            let mut text = String::new();
            line(&mut text, &fact, range.within(parent));
            lines.push((name, range, text));
        }
    }
    lines.sort();
    lines.into_iter().map(|(_, _, text)| text).collect()
}

/// The ranges in which a field holds, each with the one range in it where the field is required.
fn pieces(held: &BTreeSet<u32>, required: &BTreeSet<u32>) -> Vec<(Range, Option<Range>)> {
    let mut pieces = Vec::new();
    for range in Range::of(held) {
        let mut wanted = Range::of(&required.iter().copied().filter(|minor| range.contains(*minor)).collect());
        let Some(last) = wanted.pop() else {
            pieces.push((range, None));
            continue;
        };
        let mut first = range.first;
        for one in wanted {
            pieces.push((Range { first, last: one.last }, Some(one)));
            first = one.last + 1;
        }
        pieces.push((Range { first, last: range.last }, Some(last)));
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definitions::Field;

    /// Reads `NAME TYPE [required] [list=LIST]`.
    fn field(text: &str) -> (String, Field) {
        let words: Vec<&str> = text.split(' ').collect();
        let list = words.iter().find_map(|word| word.strip_prefix("list=")).map(str::to_owned);
        let field = Field { type_name: words[1].to_owned(), list, required: words.contains(&"required") };
        (words[0].to_owned(), field)
    }

    /// A definition of these fields, after the word `atomic` if it is.
    fn def(fields: &[&str]) -> Def {
        let atomic = fields.first() == Some(&"atomic");
        Def { atomic, fields: fields.iter().skip(atomic.into()).copied().map(field).collect() }
    }

    /// The table of minors from 1.30 on, each with the definitions that it has; every minor serves the kind `A`.
    fn table(minors: &[&[(&str, &[&str])]]) -> String {
        let mut all = BTreeMap::new();
        for (number, defs) in (30..).zip(minors) {
            let defs = defs.iter().map(|(name, fields)| ((*name).to_owned(), def(fields)));
            let (api_version, def) = ("g/v1".to_owned(), "g.v1.A".to_owned());
            let kind = Kind { api_version, name: "A".to_owned(), plural: "as".to_owned(), scope: "cluster", def };
            all.insert(number, Minor { kinds: BTreeSet::from([kind]), defs: defs.collect() });
        }
        merge(&all).unwrap()
    }

    /// The lines of the fields of a definition that every minor has.
    fn fields(minors: &[&[&str]]) -> Vec<String> {
        let defs: Vec<[(&str, &[&str]); 1]> = minors.iter().map(|fields| [("g.v1.A", *fields)]).collect();
        let text = table(&defs.iter().map(|defs| &defs[..]).collect::<Vec<_>>());
        text.lines().filter_map(|line| line.strip_prefix("field ")).map(str::to_owned).collect()
    }

    #[test]
    fn what_holds_in_all_minors_is_told_once_and_sorted() {
        let minor: &[(&str, &[&str])] = &[("g.v1.B", &[]), ("g.v1.A", &["b string required", "a []string list=set"])];
        let expected = "\
minors 1.30-1.31
kind g/v1 A as cluster g.v1.A
def g.v1.A
field a []string list=set
field b string required
def g.v1.B
";
        assert_eq!(table(&[minor, minor]), expected);
    }

    #[test]
    fn a_definition_may_be_atomic_in_some_minors() {
        let (whole, merged): (&[&str], &[&str]) = (&["atomic", "a string"], &["a string"]);
        let defs = |minors: &[&[&str]]| {
            let minors = (30..).zip(minors).map(|(number, fields)| {
                let defs = BTreeMap::from([("g.v1.B".to_owned(), def(fields))]);
                (number, Minor { defs, ..Minor::default() })
            });
            merge(&minors.collect())
        };
        assert!(defs(&[whole, whole]).unwrap().ends_with("def g.v1.B atomic\nfield a string\n"));
        assert!(defs(&[merged, whole]).unwrap().ends_with("def g.v1.B atomic=1.31-\nfield a string\n"));
        assert!(defs(&[whole, merged, whole]).is_err());
    }

    #[test]
    fn minors_are_told_within_those_of_the_parent() {
        let text = table(&[&[], &[("g.v1.B", &[])], &[("g.v1.B", &["a string"])], &[]]);
        assert!(text.ends_with("def g.v1.B 1.31-1.32\nfield a string 1.32-\n"), "{text}");
    }

    #[test]
    fn a_definition_that_comes_back_is_another() {
        let text = table(&[&[("g.v1.B", &["a string"])], &[], &[("g.v1.B", &["a bool"])]]);
        assert!(text.ends_with("def g.v1.B -1.30\nfield a string\ndef g.v1.B 1.32-\nfield a bool\n"), "{text}");
    }

    #[test]
    fn another_type_or_list_type_is_another_line() {
        let minors: &[&[&str]] = &[&["a string", "b []string"], &["a bool", "b []string list=set"], &["a bool"]];
        assert_eq!(
            fields(minors),
            ["a string -1.30", "a bool 1.31-", "b []string -1.30", "b []string list=set 1.31-1.31"]
        );
    }

    #[test]
    fn a_gap_splits_a_field() {
        assert_eq!(fields(&[&["a string"], &[], &["a string"]]), ["a string -1.30", "a string 1.32-"]);
    }

    #[test]
    fn required_has_minors_of_its_own() {
        let (with, without): (&[&str], &[&str]) = (&["a string required"], &["a string"]);
        assert_eq!(fields(&[with, with]), ["a string required"]);
        assert_eq!(fields(&[without, with]), ["a string required=1.31-"]);
        assert_eq!(fields(&[&[], with, without]), ["a string required=-1.31 1.31-"]);
        assert_eq!(fields(&[with, without, with]), ["a string required -1.30", "a string required=1.32- 1.31-"]);
    }

    #[test]
    fn minors_with_a_gap_are_refused() {
        let minor = Minor::default();
        assert!(merge(&BTreeMap::from([(30, minor.clone()), (32, minor)])).is_err());
        assert!(merge(&BTreeMap::new()).is_err());
    }
}
