//! Numbers and texts.

use super::parser::{Parse, Parser};
use super::{SyntaxError, Ty};

impl Parser<'_> {
    pub(super) fn number(&mut self) -> Parse<Ty> {
        if let [b'0', b'x', ..] = self.rest() {
            self.at += 2;
            let digits = self.digits(u8::is_ascii_hexdigit);
            return if digits == 0 { Err(self.error()) } else { Ok(self.unsigned()) };
        }
        self.digits(u8::is_ascii_digit);
        let mut is_double = false;
        if let [b'.', b'0'..=b'9', ..] = self.rest() {
            self.at += 1;
            self.digits(u8::is_ascii_digit);
            is_double = true;
        }
        if let [b'e' | b'E', b'0'..=b'9', ..] | [b'e' | b'E', b'+' | b'-', b'0'..=b'9', ..] = self.rest() {
            self.at += 2;
            self.digits(u8::is_ascii_digit);
            is_double = true;
        }
        Ok(if is_double { Ty::Double } else { self.unsigned() })
    }

    fn unsigned(&mut self) -> Ty {
        if let [b'u' | b'U', ..] = self.rest() {
            self.at += 1;
            return Ty::Uint;
        }
        Ty::Int
    }

    fn digits(&mut self, is: fn(&u8) -> bool) -> usize {
        let count = self.rest().iter().take_while(|byte| is(byte)).count();
        self.at += count;
        count
    }

    pub(super) fn string(&mut self, raw: bool) -> Parse<()> {
        let start = self.at;
        let quote = self.rest().first().copied().unwrap_or_default();
        let triple = [quote; 3];
        let is_triple = self.rest().starts_with(&triple);
        self.at += if is_triple { 3 } else { 1 };
        loop {
            match self.rest() {
                [] => return Err(SyntaxError { at: start }),
                [b'\r' | b'\n', ..] if !is_triple => return Err(SyntaxError { at: start }),
                rest if is_triple && rest.starts_with(&triple) => {
                    self.at += 3;
                    return Ok(());
                }
                [first, ..] if !is_triple && *first == quote => {
                    self.at += 1;
                    return Ok(());
                }
                [b'\\', escape, ..] if !raw => {
                    let is_known = b"abfnrtv\"'\\?`xXuU0123".contains(escape);
                    if !is_known {
                        return Err(self.error());
                    }
                    self.at += 2;
                }
                _ => self.at += 1,
            }
        }
    }
}
