//! Which texts hold only characters that mean the same to everybody.

/// Bytes that are looked at together: without an odd one among them nothing else is asked.
const CHUNK: usize = 64;

/// From byte `from` on there are no control characters but tabs and line ends, no line ends but `\n` and `\r\n`, and no
/// byte order marks: what libyaml refuses, drops, or takes for a line end.
pub(super) fn is_clean(bytes: &[u8], from: usize) -> bool {
    let mut start = from;
    for chunk in bytes.get(from..).unwrap_or_default().chunks(CHUNK) {
        // Without a branch for each byte, so that the compiler makes vector instructions of it.
        let odd = chunk.iter().fold(0, |odd, byte| odd | u8::from(is_odd(*byte)));
        if odd != 0 && !(start..start + chunk.len()).all(|at| is_clean_at(bytes, at)) {
            return false;
        }
        start += chunk.len();
    }
    true
}

fn is_odd(byte: u8) -> bool {
    byte < b' ' && byte != b'\n' && byte != b'\t' || byte >= 0x7F
}

fn is_clean_at(bytes: &[u8], at: usize) -> bool {
    let rest = bytes.get(at..).unwrap_or_default();
    match rest {
        [b'\r', next @ ..] => next.first() == Some(&b'\n'),
        // U+0080 to U+009F, U+2028 and U+2029, U+FEFF, U+FFFE and U+FFFF
        [0xC2, next, ..] => *next >= 0xA0,
        [..=0x08 | 0x0B..=0x1F | 0x7F, ..]
        | [0xE2, 0x80, 0xA8 | 0xA9, ..]
        | [0xEF, 0xBB, 0xBF, ..]
        | [0xEF, 0xBF, 0xBE | 0xBF, ..] => false,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::is_clean;

    #[test]
    fn characters_that_libyaml_treats_in_its_own_way() {
        for text in ["", "a: b\tc\r\n", "é\u{A0}\u{2027}\u{202A}\u{FFFD}\u{1F600}", "0123456789".repeat(20).as_str()] {
            assert!(is_clean(text.as_bytes(), 0), "{text:?}");
        }
        let odd =
            ["\0", "\u{1B}", "\u{7F}", "\u{80}", "\u{85}", "\u{9F}", "\u{2028}", "\u{2029}", "\u{FEFF}", "\u{FFFE}"];
        for odd in odd.iter().chain(&["\r", "\ra", "\r\r\n", "\u{FFFF}"]) {
            for before in [0, 1, 62, 63, 64, 200] {
                let text = "x".repeat(before) + odd;
                assert!(!is_clean(text.as_bytes(), 0), "{odd:?} behind {before}");
                assert!(!is_clean((text.clone() + &"x".repeat(100)).as_bytes(), before), "{odd:?} behind {before}");
            }
        }
    }
}
