//! Digests in hexadecimal.

use std::fmt::Write as _;

use hmac::{Hmac, KeyInit, Mac};
use regorus::Value;
use sha2::Digest;

use super::{Answer, Args, Family, error};

pub(super) const FUNCTIONS: Family = &[
    ("crypto.hmac.equal", |args| Ok(Value::from(args.string(0)? == args.string(1)?))),
    ("crypto.hmac.md5", authenticate::<Hmac<md5::Md5>>),
    ("crypto.hmac.sha1", authenticate::<Hmac<sha1::Sha1>>),
    ("crypto.hmac.sha256", authenticate::<Hmac<sha2::Sha256>>),
    ("crypto.hmac.sha512", authenticate::<Hmac<sha2::Sha512>>),
    ("crypto.md5", digest::<md5::Md5>),
    ("crypto.sha1", digest::<sha1::Sha1>),
    ("crypto.sha256", digest::<sha2::Sha256>),
];

fn digest<D: Digest>(args: Args<'_>) -> Answer {
    Ok(Value::from(hex(&D::digest(args.string(0)?.as_bytes()))))
}

/// The code of a text under a key.
fn authenticate<M: Mac + KeyInit>(args: Args<'_>) -> Answer {
    let (text, key) = (args.string(0)?, args.string(1)?);
    let Ok(mut code) = <M as KeyInit>::new_from_slice(key.as_bytes()) else { return error("invalid key") };
    code.update(text.as_bytes());
    Ok(Value::from(hex(&code.finalize().into_bytes())))
}

/// Bytes as hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut digits, byte| {
        // Writing to a string cannot fail.
        _ = write!(digits, "{byte:02x}");
        digits
    })
}
