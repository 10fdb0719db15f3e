//! Recorded answers of real programs. What passes is listed in `tests/conformance/*.passing` and may only grow:
//! `PORTCULLIS_BLESS=1` adds what newly passes; a loss fails in any case.

mod apiserver;
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
