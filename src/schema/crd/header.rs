//! The header of a catalogue file: text that ends with an empty line and says how long the body behind it is, and what it
//! must add up to. The build script reads it as well, so that no build embeds a file that cannot be used.

use std::fmt;

pub(super) const MAGIC: &str = "portcullis catalogue ";
pub(super) const FORMAT: &str = "2";

/// Why a file cannot be used as a catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unusable {
    /// It does not begin as one.
    NoCatalogue,
    /// Another version of portcullis wrote it.
    Format(String),
    /// Its end is missing, or something follows it.
    Length {
        /// What is there.
        found: usize,
        /// What the header says.
        expected: usize,
    },
    /// The bytes are not those that were written.
    Damaged,
}

impl std::error::Error for Unusable {}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCatalogue => f.write_str("it is no catalogue of portcullis"),
            Self::Format(format) => {
                write!(f, "it is a catalogue of format {format:?}, and this version reads format {FORMAT}")
            }
            Self::Length { found, expected } => write!(
                f,
                "its body has {found} bytes instead of {expected}: it is truncated, or not all of it is its own"
            ),
            Self::Damaged => f.write_str("it is damaged: its bytes are not those that the header tells of"),
        }
    }
}

/// Where the body of a catalogue file begins, if the file is one and whole.
pub(super) fn body_of(file: &[u8]) -> Result<usize, Unusable> {
    let rest = file.strip_prefix(MAGIC.as_bytes()).ok_or(Unusable::NoCatalogue)?;
    let line = rest.split(|byte| *byte == b'\n').next().unwrap_or_default();
    if line != FORMAT.as_bytes() {
        return Err(Unusable::Format(String::from_utf8_lossy(line).chars().take(20).collect()));
    }
    let end = file.windows(2).position(|pair| pair == b"\n\n").ok_or(Unusable::Damaged)?;
    let header = file.get(..end).and_then(|header| str::from_utf8(header).ok()).ok_or(Unusable::Damaged)?;
    let (expected, sum) = digests(header).ok_or(Unusable::Damaged)?;
    let body = file.get(end + 2..).unwrap_or_default();
    if body.len() != expected {
        return Err(Unusable::Length { found: body.len(), expected });
    }
    if checksum(body) == sum { Ok(end + 2) } else { Err(Unusable::Damaged) }
}

/// The length and the checksum of the body.
fn digests(header: &str) -> Option<(usize, u64)> {
    let line = header.lines().nth(2)?.strip_prefix("body ")?;
    let (length, rest) = line.split_once(" bytes, checksum ")?;
    let (sum, _) = rest.split_once(',')?;
    Some((length.parse().ok()?, u64::from_str_radix(sum, 16).ok()?))
}

/// Tells accidents, not attacks: whoever can write a catalogue can write its digests. It is made for every run, and a
/// cryptographic digest would take longer than all else that is done with the file.
pub(super) fn checksum(bytes: &[u8]) -> u64 {
    const ODD: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut lanes = [1_u64, 2, 3, 4];
    let mut blocks = bytes.chunks_exact(32);
    for block in &mut blocks {
        for (lane, word) in lanes.iter_mut().zip(block.chunks_exact(8)) {
            let word = u64::from_le_bytes(word.try_into().unwrap_or_default());
            *lane = (*lane ^ word).wrapping_mul(ODD).rotate_left(29);
        }
    }
    let mix = |sum: u64, word: u64| (sum ^ word).wrapping_mul(ODD).rotate_left(29);
    let sum = blocks.remainder().iter().fold(bytes.len() as u64, |sum, byte| mix(sum, u64::from(*byte)));
    lanes.into_iter().fold(sum, mix)
}
