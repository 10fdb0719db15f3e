//! The language: text to syntax tree, as OPA's parser reads it, with the places of everything.

pub(super) mod ast;
mod lexer;
mod literals;
mod parser;
mod rules;
mod terms;

pub(super) use parser::{parse, parse_query};
