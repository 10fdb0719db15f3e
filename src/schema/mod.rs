//! What the API server says of an object: decoding, defaults, values, updates, custom resources.
//!
//! Built-in kinds: `table` (what the kinds are made of) → `decode` (Go's strict decoding, which gives the `stored`
//! object) → `values` (the value validation, a file for each API group). Custom resources: `crd`, or by what somebody made of
//! their CRD, `json_schema`.

mod allowed;
mod applied;
pub mod builtin;
pub mod crd;
pub mod decode;
mod doubt;
mod gates;
pub mod json_schema;
pub mod minors;
pub mod problem;
pub mod show;
pub mod stored;
pub mod table;
pub mod text;
mod values;
pub mod versions;
