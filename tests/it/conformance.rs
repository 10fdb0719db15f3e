//! Recorded answers of real programs. What passes is listed in `tests/conformance/*.passing` and may only grow:
//! `PORTCULLIS_BLESS=1` adds what newly passes; a loss fails in any case.

mod apiserver;
mod crd;
mod minors;
mod rego;
mod schema;
mod stored;
mod unknown;
mod yaml;

use std::collections::BTreeSet;
use std::path::Path;

/// Compare what passes with the list; `reasons` says why a case does not.
fn ratchet(list: &str, passing: &BTreeSet<String>, reasons: &[String]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance").join(list);
    let listed: BTreeSet<String> =
        std::fs::read_to_string(&path).unwrap_or_default().lines().map(ToOwned::to_owned).collect();
    let missing: Vec<&String> = listed.difference(passing).collect();
    assert!(missing.is_empty(), "{list}: passed before: {missing:?}\n{}", reasons.join("\n"));
    if listed != *passing {
        assert!(
            std::env::var_os("PORTCULLIS_BLESS").is_some(),
            "{list}: {} cases pass now and are not listed: run again with PORTCULLIS_BLESS=1",
            passing.len() - listed.len()
        );
        let lines: String = passing.iter().flat_map(|id| [id.as_str(), "\n"]).collect();
        std::fs::write(&path, lines).expect("the list can be written");
    }
}

/// The same for a list of what does *not* pass, where that is the shorter one: it may only shrink.
fn ratchet_failing(list: &str, failing: &BTreeSet<String>, reasons: &[String]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance").join(list);
    let listed: Option<BTreeSet<String>> =
        std::fs::read_to_string(&path).ok().map(|text| text.lines().map(ToOwned::to_owned).collect());
    let is_blessed = std::env::var_os("PORTCULLIS_BLESS").is_some();
    if let Some(listed) = &listed {
        let worse: Vec<&String> = failing.difference(listed).collect();
        assert!(worse.is_empty(), "{list}: passed before: {worse:?}\n{}", reasons.join("\n"));
    }
    if listed.as_ref() != Some(failing) {
        assert!(is_blessed, "{list}: cases pass now that are listed: run again with PORTCULLIS_BLESS=1");
        let lines: String = failing.iter().flat_map(|id| [id.as_str(), "\n"]).collect();
        std::fs::write(&path, lines).expect("the list can be written");
    }
}
