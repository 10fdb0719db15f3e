//! Scope and plural of the kinds, from the source text of k8s-openapi.

use std::collections::BTreeMap;

use crate::Fallible;

/// Group, version and kind; the core group is empty.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Gvk {
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) kind: String,
}

impl Gvk {
    /// What an object of this kind has as `apiVersion`.
    pub(crate) fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.clone() } else { format!("{}/{}", self.group, self.version) }
    }
}

/// How a kind is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Served {
    /// Below a path of its own.
    Resource { plural: String, scope: &'static str },
    /// As a part of another resource, or never as an object that is kept.
    Otherwise,
}

/// Every `impl crate::Resource for` in the text.
pub(crate) fn read(text: &str) -> Fallible<BTreeMap<Gvk, Served>> {
    let mut found = BTreeMap::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some(name) = line.strip_prefix("impl crate::Resource for ") else { continue };
        let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "}").map(str::trim).collect();
        let (gvk, served) = resource(&block).map_err(|error| format!("impl crate::Resource for {name}: {error}"))?;
        if found.insert(gvk, served).is_some() {
            return Err(format!("impl crate::Resource for {name}: the second of its group, version and kind"));
        }
    }
    Ok(found)
}

fn resource(block: &[&str]) -> Fallible<(Gvk, Served)> {
    let constant = |name: &str| {
        let start = format!("const {name}: &'static str = \"");
        let value = block.iter().find_map(|line| line.strip_prefix(&start)?.strip_suffix("\";"));
        value.map(str::to_owned).ok_or_else(|| format!("no {name}"))
    };
    let gvk = Gvk { group: constant("GROUP")?, version: constant("VERSION")?, kind: constant("KIND")? };
    let api_version = constant("API_VERSION")?;
    if api_version != gvk.api_version() {
        return Err(format!("API_VERSION {api_version} is not that of its group and version"));
    }
    let plural = constant("URL_PATH_SEGMENT")?;
    let scope = block.iter().find_map(|line| line.strip_prefix("type Scope = crate::")?.strip_suffix(';'));
    let scope = match scope {
        Some("NamespaceResourceScope") => "namespaced",
        Some("ClusterResourceScope") => "cluster",
        Some("SubResourceScope") => return Ok((gvk, Served::Otherwise)),
        other => return Err(format!("the scope {other:?} is unknown")),
    };
    let served = if plural.is_empty() { Served::Otherwise } else { Served::Resource { plural, scope } };
    Ok((gvk, served))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(scope: &str, segment: &str) -> String {
        format!(
            "impl crate::Resource for Scale {{
    const API_VERSION: &'static str = \"autoscaling/v1\";
    const GROUP: &'static str = \"autoscaling\";
    const KIND: &'static str = \"Scale\";
    const VERSION: &'static str = \"v1\";
    const URL_PATH_SEGMENT: &'static str = \"{segment}\";
    type Scope = crate::{scope};
}}
"
        )
    }

    #[test]
    fn only_what_has_a_path_of_its_own_is_a_resource() {
        let served = |scope, segment| read(&text(scope, segment)).unwrap().into_values().next().unwrap();
        let plural = "scales".to_owned();
        assert_eq!(served("ClusterResourceScope", "scales"), Served::Resource { plural, scope: "cluster" });
        assert_eq!(served("ClusterResourceScope", ""), Served::Otherwise);
        assert_eq!(served("SubResourceScope", "scale"), Served::Otherwise);
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        assert!(read(&text("PlanetScope", "scales")).is_err());
        assert!(read(&text("ClusterResourceScope", "scales").replace("GROUP", "TROUP")).is_err());
        assert!(read(&text("ClusterResourceScope", "scales").repeat(2)).is_err());
        assert!(read(&text("ClusterResourceScope", "scales").replace("autoscaling/v1", "autoscaling/v2")).is_err());
    }
}
