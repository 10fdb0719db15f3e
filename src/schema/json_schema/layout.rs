//! Where the JSON Schema of a kind lies: kubeconform's templates, and the layouts of the catalogues that are made for it.

use crate::config::Minor;
use crate::manifest::object::group_of;
use crate::schema::minors::MinorSet;

/// How the files of a folder may be named, best first: the CRDs catalogue's layout, kubernetes-json-schema's, and what
/// `openapi2jsonschema` writes.
const LAYOUTS: [&str; 4] = [
    "{{.Group}}/{{.ResourceKind}}_{{.ResourceAPIVersion}}.json",
    "{{.NormalizedKubernetesVersion}}-standalone{{.StrictSuffix}}/{{.ResourceKind}}{{.KindSuffix}}.json",
    "{{.ResourceKind}}{{.KindSuffix}}.json",
    "{{.ResourceKind}}_{{.ResourceAPIVersion}}.json",
];

/// What a template's text between `{{` and `}}` stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Variable {
    /// The kind in lower case.
    ResourceKind,
    /// The version without its group.
    ResourceApiVersion,
    /// The whole group.
    Group,
    /// `-`, the group up to its first dot, `-`, the version.
    KindSuffix,
    /// `v1.36.0`, or `master`.
    NormalizedKubernetesVersion,
    /// `-strict`, or nothing.
    StrictSuffix,
}

const VARIABLES: [(&str, Variable); 6] = [
    (".ResourceKind", Variable::ResourceKind),
    (".ResourceAPIVersion", Variable::ResourceApiVersion),
    (".Group", Variable::Group),
    (".KindSuffix", Variable::KindSuffix),
    (".NormalizedKubernetesVersion", Variable::NormalizedKubernetesVersion),
    (".StrictSuffix", Variable::StrictSuffix),
];

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Variable(Variable),
}

/// A path with variables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
    folder: String,
}

/// Why a text is no template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// A `{{` that nothing closes.
    #[error("its `{{{{` is never closed")]
    Open,
    /// A variable or a function that is not kubeconform's.
    #[error("`{{{{{0}}}}}` is no variable of kubeconform's")]
    Unknown(String),
}

impl TemplateError {
    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> String {
        let names: Vec<String> = VARIABLES.iter().map(|(name, _)| format!("{{{{{name}}}}}")).collect();
        format!("the variables are {}", names.join(", "))
    }
}

impl Template {
    /// The text holds variables.
    #[must_use]
    pub fn is_one(text: &str) -> bool {
        text.contains("{{")
    }

    /// Read a path with variables.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            let (inside, after) = after.split_once("}}").ok_or(TemplateError::Open)?;
            let named = VARIABLES.iter().find(|(name, _)| *name == inside.trim());
            let (_, variable) = named.ok_or_else(|| TemplateError::Unknown(inside.chars().take(40).collect()))?;
            parts.push(Part::Text(before.to_owned()));
            parts.push(Part::Variable(*variable));
            rest = after;
        }
        parts.push(Part::Text(rest.to_owned()));
        let fixed = text.split("{{").next().unwrap_or_default();
        let folder = fixed.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
        Ok(Self { parts, folder })
    }

    /// The folder that holds every path of it.
    #[must_use]
    pub fn folder(&self) -> &str {
        &self.folder
    }

    /// The paths that an object's schema may have, best first: strict ones before others, newer minors before older ones.
    pub fn paths(&self, api_version: &str, kind: &str, minors: MinorSet) -> Vec<String> {
        let uses = |variable| self.parts.contains(&Part::Variable(variable));
        let mut minors: Vec<Minor> = minors.minors().collect();
        minors.reverse();
        let releases: Vec<String> = if uses(Variable::NormalizedKubernetesVersion) {
            let of_minors = minors.iter().map(|minor| format!("v{minor}.0"));
            of_minors.chain(std::iter::once("master".to_owned())).collect()
        } else {
            vec![String::new()]
        };
        let suffixes: &[&str] = if uses(Variable::StrictSuffix) { &["-strict", ""] } else { &[""] };
        let group = group_of(api_version);
        let version = api_version.rsplit_once('/').map_or(api_version, |(_, version)| version);
        let label = group.split('.').next().unwrap_or_default();
        let mut paths = Vec::new();
        for release in &releases {
            for strict in suffixes {
                let of_part = |part: &Part| match part {
                    Part::Text(text) => text.clone(),
                    Part::Variable(Variable::ResourceKind) => kind.to_lowercase(),
                    Part::Variable(Variable::ResourceApiVersion) => version.to_owned(),
                    Part::Variable(Variable::Group) => group.to_owned(),
                    Part::Variable(Variable::KindSuffix) => {
                        format!("-{}-{}", label.to_lowercase(), version.to_lowercase())
                    }
                    Part::Variable(Variable::NormalizedKubernetesVersion) => release.clone(),
                    Part::Variable(Variable::StrictSuffix) => (*strict).to_owned(),
                };
                paths.push(self.parts.iter().map(of_part).collect());
            }
        }
        paths
    }
}

/// The names that an object's schema may have in a folder, best first.
pub fn names(api_version: &str, kind: &str, minors: MinorSet) -> Vec<String> {
    let templates = LAYOUTS.iter().filter_map(|layout| Template::parse(layout).ok());
    templates.flat_map(|template| template.paths(api_version, kind, minors)).collect()
}

/// A file's name may be one of these: it ends in a version, after `_` or `-`.
#[must_use]
pub fn is_name(name: &str) -> bool {
    let version = name.strip_suffix(".json").and_then(|stem| stem.rsplit(['_', '-']).next());
    let rest = version.and_then(|version| version.strip_prefix('v')).unwrap_or_default();
    rest.starts_with(|first: char| first.is_ascii_digit()) && name.contains(['_', '-'])
}

#[cfg(test)]
mod tests {
    use super::{Template, TemplateError, is_name, names};
    use crate::config::Minor;
    use crate::schema::minors::MinorSet;

    #[test]
    fn paths_are_those_that_kubeconform_asks_for() {
        let minors: MinorSet = [35, 36].iter().filter_map(|n| Minor::parse(&format!("1.{n}"))).collect();
        let paths = |text: &str| Template::parse(text).map(|t| t.paths("acme.io/v1beta1", "WidgetSet", minors));
        assert_eq!(
            paths("vendor/{{ .Group }}/{{.ResourceKind}}_{{.ResourceAPIVersion}}.json"),
            Ok(vec!["vendor/acme.io/widgetset_v1beta1.json".to_owned()])
        );
        assert_eq!(
            paths("{{ .NormalizedKubernetesVersion }}{{ .StrictSuffix }}/{{ .ResourceKind }}{{ .KindSuffix }}.json"),
            Ok(["v1.36.0-strict", "v1.36.0", "v1.35.0-strict", "v1.35.0", "master-strict", "master"]
                .map(|folder| format!("{folder}/widgetset-acme-v1beta1.json"))
                .to_vec())
        );
        assert_eq!(paths("a/{{.Kind}}.json"), Err(TemplateError::Unknown(".Kind".to_owned())));
        assert_eq!(paths("a/{{.Group"), Err(TemplateError::Open));
        assert!(names("acme.io/v1", "Widget", minors).contains(&"widget-acme-v1.json".to_owned()));
    }

    #[test]
    fn names_of_schemas_end_in_a_version() {
        assert!(is_name("widget_v1.json") && is_name("widget-acme-v1beta1.json"));
        assert!(!is_name("package.json") && !is_name("v1.json") && !is_name("widget-values.json"));
    }
}
