//! The formats that a CRD's schema may name: `kube-openapi/pkg/validation/strfmt`.

use super::node::Type;
use super::text;
use crate::schema::text::name;

/// A format that the server checks. The names of all others say nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format(u8);

type Check = fn(&str) -> bool;

/// The names, and the check of those that are about strings. The order is part of the packed form: append only.
const FORMATS: [(&str, Option<Check>); 30] = [
    ("int32", None),
    ("int64", None),
    ("float", None),
    ("double", None),
    ("bsonobjectid", Some(text::is_object_id)),
    ("uri", Some(text::is_request_uri)),
    ("email", Some(text::is_email)),
    ("hostname", Some(text::is_hostname)),
    ("ipv4", Some(text::is_ipv4)),
    ("ipv6", Some(text::is_ipv6)),
    ("cidr", Some(text::is_cidr)),
    ("mac", Some(text::is_mac)),
    ("uuid", Some(|text| text::is_uuid(text, None))),
    ("uuid3", Some(|text| text::is_uuid(text, Some('3')))),
    ("uuid4", Some(|text| text::is_uuid(text, Some('4')))),
    ("uuid5", Some(|text| text::is_uuid(text, Some('5')))),
    ("isbn", Some(|text| text::is_isbn10(text) || text::is_isbn13(text))),
    ("isbn10", Some(text::is_isbn10)),
    ("isbn13", Some(text::is_isbn13)),
    ("creditcard", Some(text::is_credit_card)),
    ("ssn", Some(text::is_ssn)),
    ("hexcolor", Some(text::is_hex_color)),
    ("rgbcolor", Some(text::is_rgb_color)),
    ("byte", Some(text::is_base64)),
    ("password", Some(|_| true)),
    ("date", Some(text::is_date)),
    ("duration", Some(text::is_duration)),
    ("date-time", Some(text::is_date_time)),
    ("k8s-short-name", Some(|text| text.len() <= 63 && name::is_label(text))),
    ("k8s-long-name", Some(|text| text.len() <= 253 && name::is_subdomain(text))),
];

/// The first of the formats that only servers from 1.34 on know.
const SINCE_34: u8 = 28;

impl Format {
    /// The format of a name for a type. Dashes do not count in the formats of strings.
    #[must_use]
    pub fn of(name: &str, ty: Type) -> Option<Self> {
        let names = |(index, (known, check)): (usize, &(&str, Option<Check>))| {
            let found = match ty {
                Type::Any | Type::String => {
                    check.is_some() && name.bytes().filter(|b| *b != b'-').eq(known.bytes().filter(|b| *b != b'-'))
                }
                Type::Integer => index < 2 && *known == name,
                Type::Number => (2..4).contains(&index) && *known == name,
                Type::Object | Type::Array | Type::Boolean => false,
            };
            found.then(|| u8::try_from(index).ok()).flatten()
        };
        FORMATS.iter().enumerate().find_map(names).map(Self)
    }

    /// Its number in the packed form.
    #[must_use]
    pub fn number(self) -> u8 {
        self.0
    }

    /// The format of a number.
    #[must_use]
    pub fn of_number(number: u8) -> Option<Self> {
        (usize::from(number) < FORMATS.len()).then_some(Self(number))
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        FORMATS.get(usize::from(self.0)).map_or("", |(name, _)| name)
    }

    /// Whether a string has it; none for the formats of numbers.
    #[must_use]
    pub fn check(self, text: &str) -> Option<bool> {
        Some(FORMATS.get(usize::from(self.0))?.1?(text))
    }

    /// Servers before 1.34 do not know it.
    #[must_use]
    pub fn is_new_in_34(self) -> bool {
        self.0 >= SINCE_34
    }
}
