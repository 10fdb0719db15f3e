//! What a kustomization file uses, read as kustomize 5.8 reads it.
//!
//! The facts are context-free: they follow from the file's bytes alone, so that they can be kept under its blob id.
//! Where a used path leads is known once the kustomization's folder is ([`Target::at`]).

use serde::{Deserialize, Serialize};

use super::flux_settings::FluxSettings;
use crate::source::{RepoPath, Span};
use crate::yaml::pointer::span_of;
use crate::yaml::{Document, Kind, Value};

/// The file names that kustomize takes for a kustomization, in the order in which it looks.
pub const FILE_NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// A file name (without folder) that kustomize takes for a kustomization.
#[must_use]
pub fn is_kustomization(file_name: &str) -> bool {
    FILE_NAMES.contains(&file_name)
}

/// What one kustomization file says of other files.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kustomization {
    /// `kind: Component`: part of others, never a root.
    pub component: bool,
    /// It sets `namespace`, which also renames a Namespace that it takes.
    #[serde(default)]
    pub sets_namespace: bool,
    /// The names of its `vars`: `$(NAME)` in the fields that kustomize knows is replaced.
    #[serde(default)]
    pub variables: Vec<String>,
    /// What its patches set in the Flux Kustomizations that it takes.
    #[serde(default)]
    pub flux: FluxSettings,
    /// Everything it uses, in the order of kustomize's fields, then of the file.
    pub uses: Vec<Use>,
    /// Why kustomize refuses the file, as far as reading it tells. The uses are then those that could still be read.
    pub problem: Option<String>,
}

/// One entry that names a file, a folder or a repository, or holds inline text in the place of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Use {
    /// What is used.
    pub target: Target,
    /// As what.
    pub how: How,
    /// The entry's bytes in the kustomization's decoded text.
    pub span: Span,
}

/// What an entry names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Target {
    /// A path relative to the kustomization's folder, normalised: so many components up, then the rest.
    Path {
        /// How many components it climbs above the kustomization's folder.
        up: u32,
        /// The rest, without `.`, `..` and empty components; empty for a folder itself.
        path: String,
    },
    /// A path from the file system's root; kustomize refuses it for folders, and it is never inside the repository.
    Absolute(String),
    /// A URL, or a repository in another notation that kustomize clones.
    Remote(String),
    /// Text in the kustomization itself.
    Inline,
}

/// As what a kustomization uses a file or folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum How {
    /// `resources`: a file of objects, or a folder with a kustomization.
    Resource,
    /// The legacy field `bases`.
    Base,
    /// `components`.
    Component,
    /// A patch.
    Patch(Patch),
    /// Input of a generated `ConfigMap` or Secret.
    Generator(Generated),
    /// `generators`: configuration of a plugin.
    GeneratorConfig,
    /// `transformers`: configuration of a plugin.
    TransformerConfig,
    /// `validators`: configuration of a plugin.
    ValidatorConfig,
    /// `replacements`.
    Replacement,
    /// `configurations`.
    Configuration,
    /// `crds`: descriptions of types, no objects.
    Crd,
    /// `openapi.path`.
    OpenApi,
    /// A values file of a Helm chart.
    HelmValues,
    /// The folder of a Helm chart that is on disk.
    HelmChart,
}

/// What kind of patch the field takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Patch {
    /// `patchesStrategicMerge`, or `patches` as a list of texts.
    Strategic,
    /// `patchesJson6902`.
    Json6902,
    /// `patches`: the text decides.
    Either,
}

/// What a generator makes of its input file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Generated {
    /// A value of a `ConfigMap`.
    ConfigMapFile,
    /// Lines of `KEY=value` for a `ConfigMap`.
    ConfigMapEnv,
    /// A value of a Secret: its content must not be shown.
    SecretFile,
    /// Lines of `KEY=value` for a Secret: its content must not be shown.
    SecretEnv,
}

impl Target {
    /// A target from an entry's text: remote notations first, as kustomize's `NewRepoSpecFromURL` knows them.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        if is_remote(text) {
            return Self::Remote(text.to_owned());
        }
        if text.starts_with('/') {
            return Self::Absolute(text.to_owned());
        }
        let mut up = 0;
        let mut parts: Vec<&str> = Vec::new();
        for part in text.split('/') {
            match part {
                "" | "." => {}
                ".." => up += u32::from(parts.pop().is_none()),
                _ => parts.push(part),
            }
        }
        Self::Path { up, path: parts.join("/") }
    }

    /// The repository path, seen from a kustomization in `folder` (empty for the top): nothing for what is not a path,
    /// or leads out of the repository.
    #[must_use]
    pub fn at(&self, folder: &str) -> Option<RepoPath> {
        let Self::Path { up, path } = self else { return None };
        let mut base = folder;
        for _ in 0..*up {
            if base.is_empty() {
                return None;
            }
            base = base.rsplit_once('/').map_or("", |(parent, _)| parent);
        }
        Some(match (base, path.as_str()) {
            ("", path) => path.into(),
            (base, "") => base.into(),
            (base, path) => format!("{base}/{path}").as_str().into(),
        })
    }
}

fn is_remote(text: &str) -> bool {
    const PREFIXES: [&str; 8] =
        ["git::", "gh:", "ssh://", "https://", "http://", "file://", "github.com/", "github.com:"];
    let starts = |prefix: &str| text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
    let user_at_host = || {
        let Some((user, rest)) = text.split_once('@') else { return false };
        user.starts_with(|c: char| c.is_ascii_alphabetic())
            && user.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
            && rest.contains([':', '/'])
    };
    PREFIXES.into_iter().any(starts) || user_at_host()
}

impl Kustomization {
    /// The facts of a kustomization file's first document (kustomize reads no other), read in the kubectl dialect.
    #[must_use]
    pub fn read(document: &Document) -> Self {
        let root = document.root();
        let mut reader = Reader { document, found: Self::default() };
        if root.kind() == Kind::Mapping {
            reader.header(root);
            reader.lists(root);
            reader.patches(root);
            reader.generators(root);
            reader.helm(root);
        } else if root.is_null() {
            reader.problem("the first document is empty");
        } else {
            reader.problem("the first document is not a mapping");
        }
        reader.found
    }

    /// A file of which nothing could be read, and why.
    #[must_use]
    pub fn unreadable(why: String) -> Self {
        Self { problem: Some(why), ..Self::default() }
    }

    /// How many components its uses climb above its own folder; 0 when all of them stay inside.
    #[must_use]
    pub fn climb(&self) -> u32 {
        let climbs = self.uses.iter().map(|used| match used.target {
            Target::Path { up, .. } => up,
            _ => 0,
        });
        climbs.max().unwrap_or(0)
    }
}

/// The fields of kustomize's `types.Kustomization`, the ones that it renames on reading included.
const FIELDS: [&str; 33] = [
    "apiVersion",
    "kind",
    "metadata",
    "openapi",
    "namePrefix",
    "nameSuffix",
    "namespace",
    "commonLabels",
    "labels",
    "commonAnnotations",
    "patchesStrategicMerge",
    "patchesJson6902",
    "patches",
    "images",
    "imageTags",
    "replacements",
    "replicas",
    "vars",
    "sortOptions",
    "resources",
    "components",
    "crds",
    "bases",
    "configMapGenerator",
    "secretGenerator",
    "helmGlobals",
    "helmCharts",
    "helmChartInflationGenerator",
    "generatorOptions",
    "configurations",
    "generators",
    "transformers",
    "validators",
];

struct Reader<'a> {
    document: &'a Document,
    found: Kustomization,
}

/// A field, matched as Go's `encoding/json` does: whatever its case, null as absent, the last in key order wins.
fn field<'a>(mapping: Value<'a>, name: &str) -> Option<Value<'a>> {
    let named = mapping.entries().filter(|(key, _, value)| key.eq_ignore_ascii_case(name) && !value.is_null());
    named.max_by_key(|(key, ..)| *key).map(|(.., value)| value)
}

impl<'a> Reader<'a> {
    /// Keep the first problem: kustomize stops at one.
    fn problem(&mut self, what: impl Into<String>) {
        self.found.problem.get_or_insert_with(|| what.into());
    }

    fn header(&mut self, root: Value<'a>) {
        let mut others = 0;
        for (key, ..) in root.entries() {
            if !FIELDS.into_iter().chain(["buildMetadata"]).any(|known| known.eq_ignore_ascii_case(key)) {
                self.problem(format!("unknown field \"{key}\""));
            }
            others += usize::from(!["apiVersion", "kind"].iter().any(|known| known.eq_ignore_ascii_case(key)));
        }
        if others == 0 {
            self.problem("the kustomization is empty");
        }
        let kind = self.string(root, "kind");
        self.found.component = kind == Some("Component");
        match kind {
            None | Some("" | "Kustomization" | "Component") => {}
            Some(other) => self.problem(format!("kind is \"{other}\", not Kustomization or Component")),
        }
        self.found.sets_namespace = root.get("namespace").and_then(Value::as_str).is_some_and(|name| !name.is_empty());
        let variables = root.get("vars").into_iter().flat_map(Value::items);
        self.found.variables =
            variables.filter_map(|variable| variable.get("name")?.as_str().map(str::to_owned)).collect();
        let version = if self.found.component { "v1alpha1" } else { "v1beta1" };
        let wanted = format!("kustomize.config.k8s.io/{version}");
        match self.string(root, "apiVersion") {
            None | Some("") => {}
            Some(found) if found == wanted => {}
            Some(found) => self.problem(format!("apiVersion is \"{found}\", not {wanted}")),
        }
    }

    fn lists(&mut self, root: Value<'a>) {
        const LISTS: [(&str, How); 8] = [
            ("resources", How::Resource),
            ("bases", How::Base),
            ("components", How::Component),
            ("crds", How::Crd),
            ("configurations", How::Configuration),
            ("generators", How::GeneratorConfig),
            ("transformers", How::TransformerConfig),
            ("validators", How::ValidatorConfig),
        ];
        for (name, how) in LISTS {
            self.strings(root, name, how);
        }
        for item in self.mappings(root, "replacements") {
            self.path(item, "path", How::Replacement);
        }
        if let Some(openapi) = self.mapping(root, "openapi") {
            self.path(openapi, "path", How::OpenApi);
        }
    }

    fn patches(&mut self, root: Value<'a>) {
        self.found.flux = FluxSettings::of_patches(field(root, "patches"));
        self.strings(root, "patchesStrategicMerge", How::Patch(Patch::Strategic));
        // kustomize takes a list of texts under `patches` for the legacy strategic patches.
        let first = field(root, "patches").and_then(|list| list.items().next());
        if first.is_some_and(|item| item.as_str().is_some()) {
            self.strings(root, "patches", How::Patch(Patch::Strategic));
        } else {
            self.patch_entries(root, "patches", Patch::Either);
        }
        self.patch_entries(root, "patchesJson6902", Patch::Json6902);
    }

    fn patch_entries(&mut self, root: Value<'a>, name: &str, kind: Patch) {
        for item in self.mappings(root, name) {
            self.path(item, "path", How::Patch(kind));
            if let Some(patch) = field(item, "patch") {
                self.push(Target::Inline, How::Patch(kind), patch);
            }
        }
    }

    fn generators(&mut self, root: Value<'a>) {
        let kinds = [
            ("configMapGenerator", Generated::ConfigMapFile, Generated::ConfigMapEnv),
            ("secretGenerator", Generated::SecretFile, Generated::SecretEnv),
        ];
        for (name, file, env) in kinds {
            for item in self.mappings(root, name) {
                for entry in self.list(item, "files") {
                    let Some(text) = self.text(entry, name) else { continue };
                    let path = text.split_once('=').map_or(text, |(_, path)| path);
                    self.push(Target::parse(path), How::Generator(file), entry);
                }
                self.strings(item, "envs", How::Generator(env));
                self.path(item, "env", How::Generator(env));
            }
        }
    }

    fn helm(&mut self, root: Value<'a>) {
        let globals = self.mapping(root, "helmGlobals");
        let home = globals.and_then(|globals| self.string(globals, "chartHome")).unwrap_or("charts");
        for item in self.mappings(root, "helmCharts") {
            self.chart(item, home, "name");
            self.path(item, "valuesFile", How::HelmValues);
            self.strings(item, "additionalValuesFiles", How::HelmValues);
        }
        for item in self.mappings(root, "helmChartInflationGenerator") {
            let home = self.string(item, "chartHome").unwrap_or("charts");
            self.chart(item, home, "chartName");
            self.path(item, "values", How::HelmValues);
        }
    }

    fn chart(&mut self, item: Value<'a>, home: &str, name: &str) {
        if let Some(chart) = self.string(item, name).filter(|chart| !chart.is_empty()) {
            self.push(Target::parse(&format!("{home}/{chart}")), How::HelmChart, item);
        }
    }

    fn push(&mut self, target: Target, how: How, value: Value<'a>) {
        let span = span_of(self.document, value.origin()).unwrap_or_default();
        self.found.uses.push(Use { target, how, span });
    }

    /// A list of paths; text of several lines, or in flow style, is inline content where the field allows that.
    fn strings(&mut self, mapping: Value<'a>, name: &str, how: How) {
        let inline =
            matches!(how, How::Patch(_) | How::GeneratorConfig | How::TransformerConfig | How::ValidatorConfig);
        for item in self.list(mapping, name) {
            let Some(text) = self.text(item, name) else { continue };
            let is_inline = inline && (text.contains('\n') || text.starts_with(['{', '[']));
            self.push(if is_inline { Target::Inline } else { Target::parse(text) }, how, item);
        }
    }

    fn path(&mut self, mapping: Value<'a>, name: &str, how: How) {
        let Some(value) = field(mapping, name) else { return };
        if let Some(text) = self.text(value, name).filter(|text| !text.is_empty()) {
            self.push(Target::parse(text), how, value);
        }
    }

    fn text(&mut self, value: Value<'a>, name: &str) -> Option<&'a str> {
        if value.is_null() {
            return Some("");
        }
        let text = value.as_str();
        if text.is_none() {
            self.problem(format!("{name}: a text is expected, not {:?}", value.kind()));
        }
        text
    }

    fn string(&mut self, mapping: Value<'a>, name: &str) -> Option<&'a str> {
        let value = field(mapping, name)?;
        self.text(value, name)
    }

    fn list(&mut self, mapping: Value<'a>, name: &str) -> Vec<Value<'a>> {
        let Some(value) = field(mapping, name) else { return Vec::new() };
        if value.kind() != Kind::Sequence {
            self.problem(format!("{name}: a list is expected, not {:?}", value.kind()));
        }
        value.items().collect()
    }

    fn mapping(&mut self, parent: Value<'a>, name: &str) -> Option<Value<'a>> {
        let value = field(parent, name)?;
        if value.kind() != Kind::Mapping {
            self.problem(format!("{name}: a mapping is expected, not {:?}", value.kind()));
            return None;
        }
        Some(value)
    }

    fn mappings(&mut self, parent: Value<'a>, name: &str) -> Vec<Value<'a>> {
        let items = self.list(parent, name);
        if let Some(wrong) = items.iter().find(|item| !matches!(item.kind(), Kind::Mapping | Kind::Null)) {
            self.problem(format!("{name}: a mapping is expected, not {:?}", wrong.kind()));
        }
        items
    }
}

#[cfg(test)]
mod tests;
