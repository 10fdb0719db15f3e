//! DER, as much of it as certificates and requests for them need.

/// An element: its identifier and its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Element<'d> {
    /// The identifier: [`SEQUENCE`], [`SET`] …
    pub tag: u8,
    /// What it holds.
    pub content: &'d [u8],
}

/// `BOOLEAN`
pub const BOOLEAN: u8 = 0x01;
/// `INTEGER`
pub const INTEGER: u8 = 0x02;
/// `BIT STRING`
pub const BIT_STRING: u8 = 0x03;
/// `OCTET STRING`
pub const OCTET_STRING: u8 = 0x04;
/// `OBJECT IDENTIFIER`
pub const OBJECT_IDENTIFIER: u8 = 0x06;
/// `SEQUENCE`
pub const SEQUENCE: u8 = 0x30;
/// `SET`
pub const SET: u8 = 0x31;

/// The tag `[number]` of a constructed, context-specific element.
#[must_use]
pub fn context(number: u8) -> u8 {
    0xa0 | number
}

/// Reads elements one after the other.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'d> {
    rest: &'d [u8],
}

impl<'d> Reader<'d> {
    /// Read from the beginning.
    #[must_use]
    pub fn new(data: &'d [u8]) -> Self {
        Self { rest: data }
    }

    /// Everything was read.
    #[must_use]
    pub fn is_done(self) -> bool {
        self.rest.is_empty()
    }

    /// The next element, whatever it is.
    pub fn any(&mut self) -> Option<Element<'d>> {
        let (&tag, rest) = self.rest.split_first()?;
        let (&first, mut rest) = rest.split_first()?;
        // Tags of several bytes do not occur.
        if tag & 0x1f == 0x1f {
            return None;
        }
        let mut length = usize::from(first);
        if first & 0x80 != 0 {
            let (bytes, after) = rest.split_at_checked(usize::from(first & 0x7f))?;
            // Lengths are definite, and as short as can be.
            if bytes.len() > 4 || bytes.first().is_none_or(|byte| *byte == 0) {
                return None;
            }
            length = bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
            if length < 0x80 {
                return None;
            }
            rest = after;
        }
        let (content, rest) = rest.split_at_checked(length)?;
        self.rest = rest;
        Some(Element { tag, content })
    }

    /// The next element's content, if it has the tag.
    pub fn take(&mut self, tag: u8) -> Option<&'d [u8]> {
        let mut ahead = *self;
        let element = ahead.any().filter(|element| element.tag == tag)?;
        *self = ahead;
        Some(element.content)
    }

    /// A reader of what the next element holds, if it has the tag.
    pub fn enter(&mut self, tag: u8) -> Option<Self> {
        self.take(tag).map(Self::new)
    }
}

#[cfg(test)]
mod tests {
    use super::{BOOLEAN, INTEGER, Reader, SEQUENCE};

    #[test]
    fn elements_are_read_in_order_and_whole() {
        let mut outer = Reader::new(&[0x30, 6, 2, 1, 5, 1, 1, 0xff]);
        let mut inner = outer.enter(SEQUENCE).unwrap();
        assert!(outer.is_done());
        assert_eq!(inner.take(BOOLEAN), None);
        assert_eq!(inner.take(INTEGER), Some(&[5][..]));
        assert_eq!(inner.take(BOOLEAN), Some(&[0xff][..]));
        assert!(inner.is_done());
    }

    #[test]
    fn what_is_no_der_is_refused() {
        // Cut off, indefinite, longer than need be, no content.
        for data in [&[0x30, 3, 1][..], &[0x30, 0x80, 0, 0], &[0x30, 0x81, 1, 0], &[0x30, 0x82, 0, 0x80], &[0x30], &[]]
        {
            assert_eq!(Reader::new(data).any(), None, "{data:?}");
        }
    }
}
