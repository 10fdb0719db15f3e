//! Reading a token, without saying that it is genuine.

use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use regorus::Value;

use super::hash::hex;
use super::{Answer, Args, Family, Problem, error};

pub(super) const FUNCTIONS: Family = &[("io.jwt.decode", |args: Args<'_>| decode(args.string(0)?, 0))];

/// Tokens within tokens.
const DEPTH: usize = 8;

/// With or without padding.
pub(super) const DIGITS: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

fn decode(token: &str, depth: usize) -> Answer {
    let parts: Vec<&str> = token.split('.').collect();
    let [header, payload, signature] = parts.as_slice() else {
        return error("encoded JWT must have 3 sections");
    };
    let header = object("header", &bytes("header", header)?)?;
    if header.as_object().is_ok_and(|fields| fields.contains_key(&Value::from("enc"))) {
        return error("JWT is a JWE object, which is not supported");
    }
    let payload = bytes("payload", payload)?;
    let content_type = header.as_object().ok().and_then(|fields| fields.get(&Value::from("cty")).cloned());
    if content_type == Some(Value::from("JWT")) {
        if depth >= DEPTH {
            return error("JWT nests too deeply");
        }
        return decode(String::from_utf8_lossy(&payload).trim_matches(['"', '\'']), depth + 1);
    }
    let payload = object("payload", &payload)?;
    Ok(Value::from(vec![header, payload, Value::from(hex(&bytes("signature", signature)?))]))
}

fn bytes(part: &str, text: &str) -> Result<Vec<u8>, Problem> {
    DIGITS.decode(text).map_err(|error| Problem::Error(format!("JWT {part} had invalid encoding: {error}")))
}

fn object(part: &str, bytes: &[u8]) -> Answer {
    let parsed = std::str::from_utf8(bytes).ok().and_then(|text| Value::from_json_str(text).ok());
    match parsed {
        Some(value @ Value::Object(_)) => Ok(value),
        _ => error(format!("JWT {part} is not a JSON object")),
    }
}
