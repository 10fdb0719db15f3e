//! `object/*`: what holds for objects of every kind.

pub mod defined_twice;
pub mod duplicate_in_file;
pub mod generate_name;
pub mod identity;
pub mod plain_secret;
pub mod server_owned_field;
pub mod unencrypted_secret;
