//! Paths within volumes and containers: each check says what is wrong, if anything.

/// `validatePathNoBacksteps`
pub(super) fn no_backsteps(path: &str) -> Option<&'static str> {
    path.split('/').any(|part| part == "..").then_some("must not contain '..'")
}

/// `validateLocalDescendingPath`: relative, and never upwards.
pub(super) fn descending(path: &str) -> impl Iterator<Item = &'static str> {
    let absolute = path.starts_with('/').then_some("must be a relative path");
    absolute.into_iter().chain(no_backsteps(path))
}

/// `ValidateLocalNonReservedPath`: a descending one whose first part does not begin with two dots, which the kubelet
/// keeps for itself.
pub(super) fn not_reserved(path: &str) -> impl Iterator<Item = &'static str> {
    let reserved = (path.starts_with("..") && !path.starts_with("../")).then_some("must not start with '..'");
    descending(path).chain(reserved)
}
