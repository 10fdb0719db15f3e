//! What a file is for, and which of its documents are objects.
//!
//! Names, neighbours and the kustomizations that use a file decide its [`Role`] before it is read; what is in it decides
//! about each document. Nothing here is remembered between runs: it depends on the neighbours.

use std::collections::HashSet;
use std::sync::Arc;

use super::agents::Agents;
use super::documents::why_no_object;
use super::file::{ManifestFile, OtherDocument, Role};
use super::kustomization::{How, is_kustomization};
use super::object::{is_encrypted, objects_of};
use super::substitute;
use super::unknown::{self, Unknown};
use crate::config::pattern::PathSet;
use crate::finding::Reason;
use crate::git::GitError;
use crate::inventory::{Inventory, is_manifest};
use crate::source::{RepoPath, Side, Span};
use crate::yaml::document::DialectDifference;
use crate::yaml::{self, Dialect, ProblemKind, Stream};

/// Folders of test data.
const TEST_DATA: &[&str] = &["/testdata/", "/test-data/", "/test_data/", "/test/data/", "/tests/data/"];

/// Classifies the files of one tree.
#[derive(Clone, Copy, Debug)]
pub struct Classifier<'a> {
    inventory: &'a Inventory<'a>,
    agents: &'a Agents<'a>,
    trusted: &'a Agents<'a>,
    substitution: &'a PathSet,
    side: Side,
}

impl<'a> Classifier<'a> {
    /// A classifier of one side. Where Flux replaces values, the `trusted` agents and the config's globs say.
    #[must_use]
    pub fn new(agents: &'a Agents<'a>, trusted: &'a Agents<'a>, substitution: &'a PathSet, side: Side) -> Self {
        Self { inventory: agents.inventory(), agents, trusted, substitution, side }
    }

    /// What a file is for.
    pub fn role(&self, path: &RepoPath) -> Result<Role, GitError> {
        if is_kustomization(path.file_name()) {
            return Ok(Role::Kustomization);
        }
        if let Some(role) = self.role_by_use(path)? {
            return Ok(role);
        }
        if let Some(plugin) = self.agents.generator_taking(path)? {
            return Ok(Role::Other(Reason::GeneratorInput, format!("an input of the PolicyGenerator in {plugin}")));
        }
        // What an agent applies as it is, no name makes into something else.
        if let Some((reason, what)) = self.role_by_neighbours(path)?
            && (reason != Reason::TestSuite || !self.agents.apply_itself(path)?)
        {
            return Ok(Role::Other(reason, what));
        }
        if is_called_patch(path) && self.is_beside_kustomization(path)? && !self.agents.apply_itself(path)? {
            return Ok(Role::Patch { used_by: Vec::new() });
        }
        Ok(Role::Manifest { used_by: Vec::new() })
    }

    /// A kustomization lies in the file's folder or in one above it.
    fn is_beside_kustomization(&self, path: &RepoPath) -> Result<bool, GitError> {
        let mut folder = path.folder();
        loop {
            if !self.inventory.kustomizations_in(folder)?.is_empty() {
                return Ok(true);
            }
            match folder.rsplit_once('/') {
                Some((parent, _)) => folder = parent,
                None if folder.is_empty() => return Ok(false),
                None => folder = "",
            }
        }
    }

    /// The object of a file that nothing takes is one of kustomize's patches: it is called so, and a folder that it shares
    /// with kustomizations, but for the top, says whose.
    fn is_patch_of_an_object(&self, path: &RepoPath) -> Result<bool, GitError> {
        let mut folder = path.folder();
        while is_called_patch(path) && !folder.is_empty() {
            if self.inventory.has_kustomization_below(folder)? {
                return Ok(!self.agents.apply_itself(path)?);
            }
            folder = folder.rsplit_once('/').map_or("", |(parent, _)| parent);
        }
        Ok(false)
    }

    /// What the kustomizations that name a file say. A file that is both a resource and something else is a resource.
    fn role_by_use(&self, path: &RepoPath) -> Result<Option<Role>, GitError> {
        let mut usages = self.inventory.users_of(path.as_str())?;
        usages.sort_by(|a, b| (rank(a.how), &a.kustomization).cmp(&(rank(b.how), &b.kustomization)));
        let Some(first) = usages.first() else { return Ok(None) };
        let (how, user) = (first.how, first.kustomization.clone());
        let used_by = || -> Vec<RepoPath> {
            let mut users: Vec<RepoPath> = usages
                .iter()
                .filter(|usage| rank(usage.how) == rank(how))
                .map(|usage| usage.kustomization.clone())
                .collect();
            users.dedup();
            users
        };
        Ok(Some(match how {
            How::Resource | How::Base | How::Component => Role::Manifest { used_by: used_by() },
            How::Patch(_) => Role::Patch { used_by: used_by() },
            How::Generator(_) => Role::Other(Reason::GeneratorInput, format!("an input of a generator in {user}")),
            How::HelmValues => Role::Other(Reason::HelmValues, format!("the values of a chart in {user}")),
            other => Role::Other(Reason::Kustomization, format!("{} of {user}", in_words(other))),
        }))
    }

    fn role_by_neighbours(&self, path: &RepoPath) -> Result<Option<(Reason, String)>, GitError> {
        if let Some(chart) = self.inventory.chart_of(path.as_str())? {
            let relative = path.as_str().get(chart.as_str().len()..).unwrap_or_default().trim_start_matches('/');
            if let Some(found) = role_in_chart(relative, chart.as_str()) {
                return Ok(Some(found));
            }
        }
        Ok(test_of(self.inventory, path)?.map(|what| (Reason::TestSuite, what)))
    }

    /// Read and classify a file.
    pub fn read(&self, path: &RepoPath, role: Role, bytes: &[u8]) -> Result<ManifestFile, GitError> {
        let mut dialect = if role.read_by_kustomize() { Dialect::Kustomize } else { Dialect::Kubectl };
        let mut reading = Reading::new(path, self.side, bytes, dialect);
        // Who takes a file is only looked for where the answer counts: it may cost a look at the whole tree.
        if matches!(role, Role::Manifest { .. })
            && dialect == Dialect::Kubectl
            && (reading.depends_on_dialect() || reading.holds_others() && !self.agents.leaves_some_out(path)?)
            && self.agents.flux_generates_for(path)?
        {
            dialect = Dialect::Kustomize;
            reading = Reading::new(path, self.side, bytes, dialect);
        }
        let Reading { mut stream, differences } = reading;
        let has_sign = dialect == Dialect::Kustomize
            || stream.source.text.lines().any(is_sign_of_an_object)
            || (!stream.problems.is_empty() && self.agents.argo_takes(path)?);
        let mut unknown: Vec<Unknown> = stream.documents.iter().map(unknown::of).collect();
        if stream.documents.iter().any(is_encrypted) && self.agents.decrypts()? {
            for (document, unknown) in stream.documents.iter().zip(&mut unknown).filter(|(d, _)| is_encrypted(d)) {
                unknown::of_sops(document, unknown);
            }
        }
        if matches!(role, Role::Manifest { .. })
            && substitute::concerns(&stream.source.text)
            && let Some(set) = self.substitution_in(path)?
        {
            for (document, unknown) in stream.documents.iter_mut().zip(&mut unknown) {
                substitute::apply(document, &set, unknown);
            }
        }
        if matches!(&role, Role::Manifest { used_by } if !used_by.is_empty()) {
            self.replaced_by_kustomize(path, &stream, &mut unknown)?;
        }
        let mut file = ManifestFile {
            path: path.clone(),
            side: self.side,
            source: stream.source,
            role,
            dialect,
            problems: stream.problems,
            documents: stream.documents.into_iter().map(Arc::new).collect(),
            objects: Vec::new(),
            others: Vec::new(),
            differences,
            has_sign,
        };
        if matches!(file.role, Role::Manifest { .. }) {
            if is_template(&file) {
                file.role = Role::Other(Reason::GoTemplate, "a Go template, not YAML before it is executed".to_owned());
            } else {
                classify_documents(&mut file, unknown);
            }
        }
        let is_used = file.role.read_by_kustomize();
        if !file.objects.is_empty() && !is_used && self.is_patch_of_an_object(path)? {
            file.role = Role::Patch { used_by: Vec::new() };
            file.objects.clear();
        }
        Ok(file)
    }

    fn replaced_by_kustomize(&self, path: &RepoPath, stream: &Stream, unknown: &mut [Unknown]) -> Result<(), GitError> {
        let has = |sign: &str| memchr::memmem::find(stream.source.text.as_bytes(), sign.as_bytes()).is_some();
        let (has_variables, has_namespace) = (has("$("), has("Namespace"));
        if !has_variables && !has_namespace {
            return Ok(());
        }
        let mut sets_namespace = false;
        for file in self.inventory.roots_of(path.as_str())?.through.iter().filter(|_| has_namespace) {
            for kustomization in &*self.inventory.kustomizations_in(file.folder())? {
                sets_namespace |= kustomization.fact.sets_namespace;
            }
        }
        let variables = if has_variables { self.inventory.variables_for(path.as_str())? } else { HashSet::new() };
        for (document, unknown) in stream.documents.iter().zip(unknown) {
            unknown::of_kustomize(document, &variables, sets_namespace, unknown);
        }
        Ok(())
    }

    /// The variables that Flux sets by name, where it replaces any in a file.
    fn substitution_in(&self, path: &RepoPath) -> Result<Option<HashSet<String>>, GitError> {
        let roots = self.inventory.roots_of(path.as_str())?;
        let found = self.trusted.substitution(path, &roots.through)?;
        // A component that nobody takes up yet is not applied, and is written for those who will.
        let is_part_only = roots.tops.is_empty() && !roots.through.is_empty();
        if found.is_none() && is_part_only && self.trusted.substitutes()? {
            return Ok(Some(HashSet::new()));
        }
        let is_listed = || self.substitution.matching(path.as_str()).is_some();
        Ok(found.or_else(|| is_listed().then(HashSet::new)))
    }
}

/// The test that a file belongs to by what lies beside it, in words.
fn test_of(inventory: &Inventory<'_>, path: &RepoPath) -> Result<Option<String>, GitError> {
    let folders = [(".chainsaw-test", "chainsaw"), (".kyverno-test", "the kyverno CLI")];
    if let Some((_, program)) = folders.iter().find(|(name, _)| path.folder().split('/').any(|part| part == *name)) {
        return Ok(Some(format!("a test of {program}, by its folder's name")));
    }
    let Some(marker) = inventory.suite_of(path.as_str())? else { return Ok(None) };
    let program = match marker.file_name() {
        "kyverno-test.yaml" => "the kyverno CLI",
        name if name.starts_with("chainsaw-test.") => "chainsaw",
        // kuttl takes the numbered files of the folder itself, no others.
        _ if marker.folder() == path.folder() && is_numbered(path.file_name()) => "kuttl",
        _ => return Ok(None),
    };
    Ok(Some(format!("a test of {program} ({marker})")))
}

/// Whether a manifest tells what a cluster has. What a chart holds comes with the chart, whose version need not be that
/// of the cluster, and test data goes nowhere; unless a kustomization takes the file.
pub fn tells_of_cluster(inventory: &Inventory<'_>, path: &RepoPath) -> Result<bool, GitError> {
    let folder = format!("/{}/", path.folder());
    let is_data = TEST_DATA.iter().any(|data| folder.contains(data));
    if !is_data && inventory.chart_of(path.as_str())?.is_none() && test_of(inventory, path)?.is_none() {
        return Ok(true);
    }
    Ok(inventory.users_of(path.as_str())?.iter().any(|usage| rank(usage.how) == 0))
}

/// The folder of tests at the top of a repository that a file lies in: what it holds is set up for these.
#[must_use]
pub fn tests_around(path: &RepoPath) -> Option<&str> {
    let (top, _) = path.as_str().split_once('/')?;
    matches!(top, "test" | "tests" | "e2e").then_some(top)
}

/// What one dialect reads in a file, and what the other reads differently.
struct Reading {
    stream: Stream,
    differences: Vec<(usize, DialectDifference)>,
}

impl Reading {
    fn new(path: &RepoPath, side: Side, bytes: &[u8], dialect: Dialect) -> Self {
        let mut stream = yaml::read(path.clone(), side, bytes, dialect);
        let mut differences = Vec::new();
        let asks_the_other = stream.documents.iter().any(|document| document.may_differ) || !stream.problems.is_empty();
        if dialect == Dialect::Kustomize && asks_the_other {
            // The other reading is only asked for what it notices.
            let other = yaml::read(path.clone(), side, bytes, Dialect::Kubectl);
            for document in other.documents {
                let ours = stream.documents.iter().position(|ours| ours.index >= document.index);
                let at = ours.unwrap_or(stream.documents.len());
                if stream.documents.get(at).is_some_and(|ours| ours.index == document.index) {
                    differences.extend(document.differences.into_iter().map(|difference| (at, difference)));
                } else if !document.duplicates.is_empty() {
                    // kustomize refuses a repeated key; a rule of its own says so, and the rest is judged all the same.
                    stream.problems.retain(|problem| problem.document != document.index || !problem.fatal);
                    stream.documents.insert(at, document);
                }
            }
        } else if dialect == Dialect::Kubectl {
            for (at, document) in stream.documents.iter_mut().enumerate() {
                differences.extend(std::mem::take(&mut document.differences).into_iter().map(|d| (at, d)));
            }
        }
        Self { stream, differences }
    }

    /// The reading, or what is said of it, would not be the same in the other dialect.
    fn depends_on_dialect(&self) -> bool {
        !self.differences.is_empty()
            || !self.stream.problems.is_empty()
            || self.stream.documents.iter().any(|document| !document.duplicates.is_empty())
    }

    /// A document is no object, as long as nobody takes the file who wants nothing else.
    fn holds_others(&self) -> bool {
        self.stream.documents.iter().any(|document| why_no_object(document, false).is_some())
    }
}

/// Of several uses of a file, the one that counts.
fn rank(how: How) -> u8 {
    match how {
        How::Resource | How::Base | How::Component => 0,
        How::Patch(_) => 1,
        How::Generator(_) => 2,
        How::HelmValues => 3,
        _ => 4,
    }
}

/// A kustomization's own configuration, in words.
fn in_words(how: How) -> &'static str {
    match how {
        How::GeneratorConfig => "a generator's configuration",
        How::TransformerConfig => "a transformer's configuration",
        How::ValidatorConfig => "a validator's configuration",
        How::Replacement => "replacements",
        How::Configuration => "transformer settings",
        How::Crd | How::OpenApi => "type descriptions",
        _ => "an input",
    }
}

/// A patch by its name or its folder's, as scaffolding tools write many that no kustomization uses (yet).
fn is_called_patch(path: &RepoPath) -> bool {
    if !is_manifest(path) {
        return false;
    }
    let has_word = |name: &str| name.split(['-', '_', '.']).any(|word| word == "patch" || word == "patches");
    path.as_str().split('/').next_back().is_some_and(has_word) || path.as_str().split('/').any(|part| part == "patches")
}

/// `01-install.yaml`
fn is_numbered(name: &str) -> bool {
    name.split_once('-').is_some_and(|(number, _)| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}

/// What a file inside a chart's folder is. `crds/` holds plain manifests, which Helm applies as they are.
fn role_in_chart(relative: &str, folder: &str) -> Option<(Reason, String)> {
    let chart = if folder.is_empty() { "the chart at the top" } else { folder };
    let (top, below) = relative.split_once('/').map_or((relative, ""), |(top, below)| (top, below));
    match top {
        "templates" if !below.is_empty() => Some((Reason::HelmTemplate, format!("a template of {chart}"))),
        "ci" if !below.is_empty() => Some((Reason::HelmValues, format!("test values of {chart}"))),
        "Chart.yaml" | "Chart.lock" | "requirements.yaml" | "requirements.lock" | "values.schema.json" => {
            Some((Reason::HelmChart, format!("part of {chart}")))
        }
        name if below.is_empty() && name.contains("values") => Some((Reason::HelmValues, format!("values of {chart}"))),
        _ => None,
    }
}

fn is_sign_of_an_object(line: &str) -> bool {
    let line = line.trim_start_matches('\u{feff}');
    let bare = line.trim_start_matches(['{', ' ', '\t']);
    line.starts_with("apiVersion:")
        || line.starts_with("kind:")
        || bare.starts_with("\"apiVersion\"")
        || bare.starts_with("\"kind\"")
}

/// A document does not parse and holds a template's action outside comments.
fn is_template(file: &ManifestFile) -> bool {
    if file.dialect == Dialect::Kustomize {
        return false;
    }
    file.problems.iter().filter(|problem| problem.kind == ProblemKind::Syntax).any(|problem| {
        document_around(&file.source.text, problem.span)
            .lines()
            .any(|line| !line.trim_start().starts_with('#') && has_action(line))
    })
}

/// An action of a Go template, or of Jinja, that is closed on its line: `{{a: b}: c}` is a mapping as a key.
fn has_action(line: &str) -> bool {
    [("{{", "}}"), ("{%", "%}")]
        .iter()
        .any(|(open, close)| line.split_once(open).is_some_and(|(_, rest)| rest.contains(close)))
}

/// The text between the separators around a place.
fn document_around(text: &str, place: Span) -> &str {
    let at = place.range().start.min(text.len());
    let start = text.get(..at).and_then(|before| before.rfind("\n---")).unwrap_or(0);
    let end = text.get(at..).and_then(|after| after.find("\n---")).map_or(text.len(), |end| at + end);
    text.get(start..end).unwrap_or(text)
}

fn classify_documents(file: &mut ManifestFile, unknown: Vec<Unknown>) {
    // Flux takes what no kustomization names.
    let used = file.dialect == Dialect::Kustomize;
    for ((index, document), unknown) in file.documents.iter().enumerate().zip(unknown) {
        match why_no_object(document, used) {
            Some((reason, detail)) => file.others.push(OtherDocument { document: index, reason, detail }),
            None => file.objects.extend(objects_of(document, unknown).into_iter().map(Arc::new)),
        }
    }
}
