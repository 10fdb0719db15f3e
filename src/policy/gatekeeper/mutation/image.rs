//! The parts of an image reference, as AssignImage sees them.

/// Put other parts into a reference; an empty one stays as it is.
pub(super) fn assign(image: &str, domain: &str, path: &str, tag: &str) -> String {
    let (old_domain, rest) = split_domain(image);
    let (old_path, old_tag) = rest.find([':', '@']).map_or((rest, ""), |at| rest.split_at(at));
    let part = |new: &str, old: &str| if new.is_empty() { old.to_owned() } else { new.to_owned() };
    let domain = part(domain, old_domain);
    let slash = if domain.is_empty() { "" } else { "/" };
    format!("{domain}{slash}{}{}", part(path, old_path), part(tag, old_tag))
}

/// What stands before the first slash is a domain if it looks like one.
pub(super) fn split_domain(image: &str) -> (&str, &str) {
    match image.split_once('/') {
        Some((domain, rest)) if domain == "localhost" || domain.contains(['.', ':']) => (domain, rest),
        _ => ("", image),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_replaced() {
        assert_eq!(assign("nginx:1.2", "ghcr.io", "", ""), "ghcr.io/nginx:1.2");
        assert_eq!(assign("docker.io/library/nginx:1.2", "", "", "@sha256:ab"), "docker.io/library/nginx@sha256:ab");
        assert_eq!(assign("localhost/a", "", "b/c", ""), "localhost/b/c");
        assert_eq!(assign("library/nginx", "", "", ":2"), "library/nginx:2");
    }
}
