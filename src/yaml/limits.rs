//! What a document may cost. Everything in a repository is hostile until it has been read.

use memchr::memmem;

/// Levels of nesting, aliases expanded. go-yaml and encoding/json stop at 10,000; no object of Kubernetes comes near 100,
/// and every later walk is recursive on a 2 MB stack, so ours is lower and a deeper document is not judged.
pub const DEPTH: u32 = 512;

/// Documents in one file, and problems of one file: each takes some hundred bytes however short its text is.
pub const DOCUMENTS: usize = 250_000;

/// `%TAG` lines before one document: libyaml compares each with all others.
const TAG_DIRECTIVES: usize = 1_000;

/// Bytes that libyaml may clear while it joins words: it clears a buffer as long as the longest blank run so far at
/// every gap between two words of a scalar. About half a second.
const CLEARED_BYTES: u64 = 16 << 30;

/// Bytes read again after repairs, see `repair`.
pub(super) const REPAIR_BYTES: usize = 32 << 20;

/// Aliases make so much of the document that go-yaml refuses it ("document contains excessive aliasing"): checked once
/// more than 100 nodes came from aliases and more than 1,000 nodes were read.
#[expect(clippy::cast_precision_loss, reason = "counts this large are refused long before precision matters")]
pub(super) fn too_many_aliases(from_aliases: u64, all: u64) -> bool {
    const LOW: f64 = 400_000.0;
    const HIGH: f64 = 4_000_000.0;
    if from_aliases <= 100 || all <= 1_000 {
        return false;
    }
    let nodes = all as f64;
    let allowed = 0.99 - 0.89 * ((nodes.clamp(LOW, HIGH) - LOW) / (HIGH - LOW));
    from_aliases as f64 / nodes > allowed
}

/// Why libyaml would take too long for this text, if it would.
pub(super) fn too_slow(text: &str) -> Option<&'static str> {
    if memmem::find_iter(text.as_bytes(), "\n%TAG").nth(TAG_DIRECTIVES).is_some() {
        return Some("more than 1,000 %TAG lines");
    }
    if text.len() < 1 << 20 {
        return None;
    }
    let (mut run, mut longest, mut gaps) = (0_u64, 0_u64, 0_u64);
    for byte in text.bytes() {
        if matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
            run += 1;
        } else if run > 0 {
            longest = longest.max(run);
            gaps += 1;
            run = 0;
        }
    }
    (longest.next_power_of_two().saturating_mul(gaps) > CLEARED_BYTES)
        .then_some("a run of blanks so long, among so many words, that reading it would take minutes")
}
