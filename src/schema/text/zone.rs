//! Names of time zones.

/// The names of the IANA time zone database.
const NAMES: &str = include_str!("../../../schemas/time-zones.txt");

/// `time.LoadLocation` knows the name. Systems have most of the database twice more, with and without leap seconds.
#[must_use]
pub fn is_known(name: &str) -> bool {
    let name = name.strip_prefix("posix/").or_else(|| name.strip_prefix("right/")).unwrap_or(name);
    matches!(name, "" | "UTC" | "Local") || NAMES.lines().any(|known| known == name)
}

/// What is wrong with the name of a time zone that must be explicit, in the words of the server.
#[must_use]
pub fn check(name: &str) -> Vec<String> {
    if name.is_empty() {
        return vec!["timeZone must be nil or non-empty string".to_owned()];
    }
    let unknown = || format!("unknown time zone {name}");
    if !name.split('/').all(is_part) {
        return vec![unknown()];
    }
    let mut found = Vec::new();
    if name.eq_ignore_ascii_case("local") {
        let why = "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones";
        found.push(why.to_owned());
    }
    if !is_known(name) {
        found.push(unknown());
    }
    found
}

/// A file name as the database has them.
fn is_part(part: &str) -> bool {
    let is_fine = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'+');
    !matches!(part, "." | "..") && !part.starts_with('-') && (1..=14).contains(&part.len()) && part.bytes().all(is_fine)
}
