//! Catalogue files: the packed schemas of many CRDs, and JSON Schemas, behind a header that people can read.
//!
//! The header is text and ends with an empty line: the format, how many kinds there are, the length and the digests of
//! the body, then a line for each kind with its versions and for each JSON Schema with its path. The body is a [`Pack`].

use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::{Arc, LazyLock};

use sha2::{Digest, Sha256};

use super::pack::{Pack, Version};

/// The ending of a catalogue's name.
pub const EXTENSION: &str = "pack";

const MAGIC: &str = "portcullis catalogue ";
const FORMAT: &str = "2";

/// Why a file cannot be used as a catalogue.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// It does not begin as one.
    #[error("it is no catalogue of portcullis")]
    NoCatalogue,
    /// Another version of portcullis wrote it.
    #[error("it is a catalogue of format {0:?}, and this version reads format {FORMAT}")]
    Format(String),
    /// Its end is missing, or something follows it.
    #[error("its body has {found} bytes instead of {expected}: it is truncated, or not all of it is its own")]
    Length {
        /// What is there.
        found: usize,
        /// What the header says.
        expected: usize,
    },
    /// The bytes are not those that were written.
    #[error("it is damaged: its bytes are not those that the header tells of")]
    Damaged,
}

/// What to do about a catalogue that cannot be used.
pub const REMEDY: &str = "make it anew: portcullis schema pack CRDS -o FILE";

/// A catalogue file of a pack. Equal packs give equal files.
#[must_use]
pub fn write(pack: &Pack) -> Vec<u8> {
    let body = pack.bytes();
    let (kinds, schemas) = (pack.kinds().len(), pack.json_schemas().len());
    let mut header = format!("{MAGIC}{FORMAT}\n{kinds} kinds, {schemas} JSON Schemas\n");
    _ = write!(header, "body {} bytes, checksum {:016x}, sha-256 ", body.len(), checksum(body));
    for byte in Sha256::digest(body) {
        _ = write!(header, "{byte:02x}");
    }
    header.push('\n');
    for kind in pack.kinds() {
        let versions: Vec<&str> = kind.versions().map(Version::name).collect();
        _ = writeln!(header, "{}/{} {}", kind.group(), versions.join(","), kind.name());
    }
    for path in pack.json_schemas() {
        _ = writeln!(header, "{path}");
    }
    header.push('\n');
    let mut file = header.into_bytes();
    file.extend(body);
    file
}

/// The pack of a catalogue file. What is wrong with the file is found here, whatever it is; a node is read when somebody
/// asks for it.
pub fn open(file: impl Into<Cow<'static, [u8]>>) -> Result<Pack, Unusable> {
    let file = file.into();
    let rest = file.strip_prefix(MAGIC.as_bytes()).ok_or(Unusable::NoCatalogue)?;
    let line = rest.split(|byte| *byte == b'\n').next().unwrap_or_default();
    if line != FORMAT.as_bytes() {
        return Err(Unusable::Format(String::from_utf8_lossy(line).chars().take(20).collect()));
    }
    let end = memchr::memmem::find(&file, b"\n\n").ok_or(Unusable::Damaged)?;
    let header = file.get(..end).and_then(|header| str::from_utf8(header).ok()).ok_or(Unusable::Damaged)?;
    let (length, sum) = digests(header).ok_or(Unusable::Damaged)?;
    let found = file.len() - (end + 2);
    if found != length {
        return Err(Unusable::Length { found, expected: length });
    }
    let body: Cow<'static, [u8]> = match file {
        Cow::Borrowed(file) => file.get(end + 2..).unwrap_or_default().into(),
        Cow::Owned(mut file) => file.split_off(end + 2).into(),
    };
    if checksum(&body) != sum {
        return Err(Unusable::Damaged);
    }
    Pack::open(body).ok_or(Unusable::Damaged)
}

/// The catalogue that the build was given in `PORTCULLIS_CATALOG`.
pub fn built_in() -> Option<&'static Arc<Pack>> {
    static PACK: LazyLock<Option<Arc<Pack>>> = LazyLock::new(|| {
        let file: &'static [u8] = include_bytes!(concat!(env!("OUT_DIR"), "/catalog.pack"));
        open(file).ok().map(Arc::new)
    });
    PACK.as_ref()
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
fn checksum(bytes: &[u8]) -> u64 {
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
