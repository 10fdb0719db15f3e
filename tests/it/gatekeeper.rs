//! Gatekeeper's templates and constraints through the library's surface.

mod library;
mod suites;
