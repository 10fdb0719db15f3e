//! Base64 as Go's decoder reads it: the standard alphabet with padding, line ends skipped.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};

/// Why a text is no base64, in Go's words.
pub fn check(text: &str) -> Result<(), String> {
    let (mut digits, mut padding) = (0_usize, 0_usize);
    for (at, byte) in text.bytes().enumerate() {
        let fail = Err(format!("illegal base64 data at input byte {at}"));
        match byte {
            b'\n' | b'\r' => {}
            // Padding only completes a group of four that has two digits at least.
            b'=' if digits % 4 >= 2 && (digits + padding) % 4 > 0 => padding += 1,
            _ if padding == 0 && (byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')) => digits += 1,
            _ => return fail,
        }
    }
    if (digits + padding) % 4 == 0 { Ok(()) } else { Err(format!("illegal base64 data at input byte {}", text.len())) }
}

/// The bytes that a text stands for; none if it is no base64.
#[must_use]
pub fn decode(text: &str) -> Option<Vec<u8>> {
    // Go does not mind what the bits say that complete the last group.
    const DIGITS: GeneralPurpose =
        GeneralPurpose::new(&STANDARD, GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true));
    let digits: Vec<u8> = text.bytes().filter(|byte| !matches!(byte, b'\n' | b'\r')).collect();
    DIGITS.decode(digits).ok()
}

/// How many bytes a valid text stands for.
#[must_use]
pub fn decoded_len(text: &str) -> usize {
    text.bytes().filter(|byte| !matches!(byte, b'\n' | b'\r' | b'=')).count() * 3 / 4
}

#[cfg(test)]
mod tests {
    use super::{check, decode};

    #[test]
    fn the_bytes_come_back() {
        let pairs: [(&str, &[u8]); 5] =
            [("", b""), ("YQ==", b"a"), ("YW\nI=", b"ab"), ("YWJj", b"abc"), ("+/+/", &[251, 255, 191])];
        for (text, bytes) in pairs {
            assert_eq!(decode(text).as_deref(), Some(bytes), "{text}");
        }
        assert_eq!(decode("YQ"), None);
    }

    #[test]
    fn only_padded_standard_base64_passes() {
        for text in ["", "YQ==", "YWI=", "YWJj", "YW\nJj\n", "+/+/"] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
        for text in ["Y", "YQ", "YQ=", "YQ===", "Y===", "=", "YWJj=", "a-b_", "plain text", "YQ==YQ=="] {
            assert!(check(text).is_err(), "{text}");
        }
    }
}
