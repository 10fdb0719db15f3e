//! `yaml/*`: what the readers of a file refuse, lose or read differently.

pub mod dialect_difference;
pub mod duplicate_key;
pub mod reading;
