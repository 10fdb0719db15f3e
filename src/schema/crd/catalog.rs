//! Catalogue files: the packed schemas of many CRDs, and JSON Schemas, behind a header that people can read.
//!
//! The header is text and ends with an empty line: the format, how many kinds there are, the length and the digests of
//! the body, then a line for each kind with its versions and for each JSON Schema with its path. The body is a [`Pack`].

use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::{Arc, LazyLock};

use sha2::{Digest, Sha256};

use super::header::{self, FORMAT, MAGIC, checksum};
use super::pack::{Pack, Version};

pub use super::header::Unusable;

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
    let start = header::body_of(&file)?;
    let body: Cow<'static, [u8]> = match file {
        Cow::Borrowed(file) => file.get(start..).unwrap_or_default().into(),
        Cow::Owned(mut file) => file.split_off(start).into(),
    };
    Pack::open(body).ok_or(Unusable::Damaged)
}

/// The catalogue that the build was given in `PORTCULLIS_CATALOG`.
pub fn built_in() -> Option<&'static Arc<Pack>> {
    static PACK: LazyLock<Option<Arc<Pack>>> = LazyLock::new(|| {
        let file: &'static [u8] = include_bytes!(concat!(env!("OUT_DIR"), "/catalog.pack"));
        // The build script refuses a file that cannot be used.
        open(file).ok().map(Arc::new)
    });
    PACK.as_ref()
}
