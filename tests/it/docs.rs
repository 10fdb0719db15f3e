//! What is generated into the documentation agrees with the code.

/// The table of rules is the source of every list of them; it is sorted and names each rule once.
#[test]
fn rules_are_sorted_and_unique() {
    let ids: Vec<&str> = portcullis::rules::RULES.iter().map(|rule| rule.id).collect();
    assert!(ids.is_sorted_by(|a, b| a < b), "{ids:?}");
}

/// Every file that is generated from the code is what the code says.
#[test]
fn generated_files_are_current() {
    let stale = portcullis::generated::stale(std::path::Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
    assert!(stale.is_empty(), "out of date: {stale:?}; cargo run --example generate -- write");
}
