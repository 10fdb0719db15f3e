//! The integration tests: the binary, run on real (temporary) git repositories.

#[cfg(test)]
mod canary;
#[cfg(test)]
mod cases;
#[cfg(test)]
mod cli;
#[path = "../conformance.rs"]
mod conformance;
#[cfg(test)]
mod corpora;
#[cfg(test)]
mod docs;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod reading;
#[cfg(test)]
mod states;
#[cfg(test)]
mod support;
