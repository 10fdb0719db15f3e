//! libyaml's events behind a safe interface: the only `unsafe` of the crate.
//!
//! Offsets are bytes of the input: libyaml-rs counts its marks in bytes of UTF-8 (libyaml in C counts characters).
#![expect(unsafe_code, reason = "libyaml-rs is C translated to Rust: its interface is raw pointers")]

use std::ffi::CStr;
use std::marker::PhantomData;
use std::mem::MaybeUninit;

use libyaml_rs as sys;

/// How a scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Single,
    Double,
    /// `|` or `>`
    Block,
}

/// What libyaml met. Texts live until the next event is taken.
#[derive(Debug)]
pub(super) enum Kind<'e> {
    /// `%YAML major.minor`, where there is one.
    DocumentStart {
        version: Option<(i32, i32)>,
    },
    DocumentEnd,
    Alias(&'e str),
    Scalar {
        anchor: Option<&'e str>,
        tag: Option<&'e str>,
        value: &'e str,
        style: Style,
    },
    SequenceStart {
        anchor: Option<&'e str>,
        flow: bool,
    },
    MappingStart {
        anchor: Option<&'e str>,
        flow: bool,
    },
    /// End of a sequence or a mapping.
    End,
    StreamStart,
    StreamEnd,
}

/// One event and the bytes it covers; of a collection only its start or its end.
#[derive(Debug)]
pub(super) struct Event<'e> {
    pub(super) kind: Kind<'e>,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// Why libyaml refused the input.
#[derive(Debug)]
pub(super) struct Fault {
    /// libyaml's own words.
    pub(super) problem: &'static str,
    /// Byte at which it noticed.
    pub(super) offset: usize,
    /// Start of what it was reading then.
    pub(super) context: Option<usize>,
}

/// A parser over one text.
pub(super) struct Parser<'a> {
    // Boxed, because libyaml keeps a pointer to the parser inside it.
    raw: Box<MaybeUninit<sys::yaml_parser_t>>,
    event: MaybeUninit<sys::yaml_event_t>,
    /// `event` is initialised.
    held: bool,
    input: PhantomData<&'a str>,
}

impl<'a> Parser<'a> {
    /// A parser that reads `input` as UTF-8.
    pub(super) fn new(input: &'a str) -> Self {
        let mut parser = Box::new(MaybeUninit::uninit());
        // SAFETY: the parser is initialised before it is used and stays where it is; the input outlives it ('a).
        unsafe {
            let raw = parser.as_mut_ptr();
            // It cannot fail: without memory libyaml-rs aborts.
            let _ = sys::yaml_parser_initialize(raw);
            sys::yaml_parser_set_encoding(raw, sys::YAML_UTF8_ENCODING);
            sys::yaml_parser_set_input_string(raw, input.as_ptr(), input.len() as u64);
        }
        Self { raw: parser, event: MaybeUninit::uninit(), held: false, input: PhantomData }
    }

    /// The next event.
    pub(super) fn next(&mut self) -> Result<Event<'_>, Fault> {
        self.release();
        // SAFETY: the parser was initialised by `new`; on success the event is initialised, and `release` frees it.
        let event = unsafe {
            if sys::yaml_parser_parse(self.raw.as_mut_ptr(), self.event.as_mut_ptr()).fail {
                return Err(self.fault());
            }
            self.held = true;
            self.event.assume_init_ref()
        };
        // SAFETY: libyaml filled the member of the union that belongs to the event's type; strings are NUL-terminated
        // and live as long as the event, which only `&mut self` frees.
        let kind = unsafe { Self::kind(event) };
        Ok(Event { kind, start: offset(event.start_mark.index), end: offset(event.end_mark.index) })
    }

    unsafe fn kind(event: &sys::yaml_event_t) -> Kind<'_> {
        unsafe {
            match event.type_ {
                sys::YAML_DOCUMENT_START_EVENT => {
                    let version = event.data.document_start.version_directive.as_ref();
                    Kind::DocumentStart { version: version.map(|v| (v.major, v.minor)) }
                }
                sys::YAML_DOCUMENT_END_EVENT => Kind::DocumentEnd,
                sys::YAML_ALIAS_EVENT => Kind::Alias(text(event.data.alias.anchor).unwrap_or_default()),
                sys::YAML_SCALAR_EVENT => {
                    let scalar = &event.data.scalar;
                    let bytes = std::slice::from_raw_parts(scalar.value, offset(scalar.length));
                    Kind::Scalar {
                        anchor: text(scalar.anchor),
                        tag: text(scalar.tag),
                        // Valid by construction: the input is, and escapes make whole characters.
                        value: str::from_utf8(bytes).unwrap_or_default(),
                        style: match scalar.style {
                            sys::YAML_SINGLE_QUOTED_SCALAR_STYLE => Style::Single,
                            sys::YAML_DOUBLE_QUOTED_SCALAR_STYLE => Style::Double,
                            sys::YAML_LITERAL_SCALAR_STYLE | sys::YAML_FOLDED_SCALAR_STYLE => Style::Block,
                            _ => Style::Plain,
                        },
                    }
                }
                sys::YAML_SEQUENCE_START_EVENT => Kind::SequenceStart {
                    anchor: text(event.data.sequence_start.anchor),
                    flow: event.data.sequence_start.style == sys::YAML_FLOW_SEQUENCE_STYLE,
                },
                sys::YAML_MAPPING_START_EVENT => Kind::MappingStart {
                    anchor: text(event.data.mapping_start.anchor),
                    flow: event.data.mapping_start.style == sys::YAML_FLOW_MAPPING_STYLE,
                },
                sys::YAML_SEQUENCE_END_EVENT | sys::YAML_MAPPING_END_EVENT => Kind::End,
                sys::YAML_STREAM_START_EVENT => Kind::StreamStart,
                _ => Kind::StreamEnd,
            }
        }
    }

    fn fault(&self) -> Fault {
        // SAFETY: the parser was initialised by `new`; libyaml's messages are static, NUL-terminated ASCII.
        unsafe {
            let parser = self.raw.assume_init_ref();
            let problem = if parser.problem.is_null() {
                "the YAML cannot be read"
            } else {
                CStr::from_ptr(parser.problem.cast()).to_str().unwrap_or("the YAML cannot be read")
            };
            let reader = parser.error == sys::YAML_READER_ERROR;
            Fault {
                problem,
                offset: offset(if reader { parser.problem_offset } else { parser.problem_mark.index }),
                context: (!reader && !parser.context.is_null()).then(|| offset(parser.context_mark.index)),
            }
        }
    }

    fn release(&mut self) {
        if std::mem::take(&mut self.held) {
            // SAFETY: the event came from a successful parse and is freed once.
            unsafe { sys::yaml_event_delete(self.event.as_mut_ptr()) };
        }
    }
}

impl Drop for Parser<'_> {
    fn drop(&mut self) {
        self.release();
        // SAFETY: the parser was initialised by `new` and is deleted once.
        unsafe { sys::yaml_parser_delete(self.raw.as_mut_ptr()) };
    }
}

fn offset(n: u64) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

/// A NUL-terminated text of libyaml; nothing for a null pointer. Only a tag with `%` escapes can be no UTF-8, and then
/// it is a tag that nobody knows.
unsafe fn text<'e>(pointer: *const u8) -> Option<&'e str> {
    if pointer.is_null() {
        return None;
    }
    Some(unsafe { CStr::from_ptr(pointer.cast()) }.to_str().unwrap_or("!not-utf-8"))
}
