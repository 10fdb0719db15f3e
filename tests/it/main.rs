//! The integration tests: the public surface of the library, and the binary on real (temporary) git repositories.

#[cfg(test)]
mod canary;
#[cfg(test)]
mod cases;
#[cfg(test)]
mod catalogue;
#[cfg(test)]
mod changed_crds;
mod cli;
#[cfg(test)]
mod config;
#[cfg(test)]
mod conformance;
#[cfg(test)]
mod conftest;
#[cfg(test)]
mod corpora;
#[cfg(test)]
mod custom_resources;
#[cfg(test)]
mod docs;
#[cfg(test)]
mod gatekeeper;
#[cfg(test)]
mod git;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod json_schemas;
#[cfg(test)]
mod lowering;
#[cfg(test)]
mod planted;
#[cfg(test)]
mod policies;
#[cfg(test)]
mod policy_changes;
#[cfg(test)]
mod policy_test;
#[cfg(test)]
mod pre_commit;
#[cfg(test)]
mod reading;
#[cfg(test)]
mod report;
#[cfg(feature = "github")]
#[cfg(test)]
mod review;
#[cfg(test)]
mod states;
#[cfg(test)]
mod support;
