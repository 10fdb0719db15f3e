//! What tells most keys apart without a look at their texts.

/// A byte that a key's length and its first, middle and last byte make.
#[inline]
pub(crate) fn hash(key: &[u8]) -> u8 {
    let byte = |at: usize| key.get(at).copied().unwrap_or_default();
    let length = key.len().to_le_bytes()[0];
    let mixed = u32::from_le_bytes([byte(0), byte(key.len() / 2), byte(key.len().wrapping_sub(1)), length]);
    mixed.wrapping_mul(0x9e37_79b1).to_le_bytes()[3]
}

/// Two keys are the same. Most are short: a call of `memcmp` and what it keeps from registers cost more than this.
#[inline]
pub(crate) fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let ends = |a: &[u8], b: &[u8]| a.first_chunk::<4>() == b.first_chunk() && a.last_chunk::<4>() == b.last_chunk();
    match a.len() {
        8.. => a.last_chunk::<8>() == b.last_chunk() && a.chunks_exact(8).zip(b.chunks_exact(8)).all(|(a, b)| a == b),
        4.. => ends(a, b),
        _ => a.iter().zip(b).all(|(a, b)| a == b),
    }
}

#[cfg(test)]
mod tests {
    use super::same;

    #[test]
    fn keys_of_every_length_differ_by_any_byte() {
        for length in 0..40 {
            let key = vec![b'k'; length];
            assert!(same(&key, &key.clone()) && !same(&key, &[&key[..], b"k"].concat()));
            for at in 0..length {
                let mut other = key.clone();
                other[at] = b'x';
                assert!(!same(&key, &other), "{length} {at}");
            }
        }
    }
}
