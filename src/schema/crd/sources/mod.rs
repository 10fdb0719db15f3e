//! Where the schema of a custom resource is looked for: the CRDs of the side's own tree, the `schemas` of the config as
//! the trust commit has them, the catalogue of the build. Groups that are built in are never asked for here.

mod entries;
mod entry;

use std::fmt;

use super::catalog;
use super::repository::{Crds, Missing, Origin, Schema};
use crate::config::Scope;
use crate::manifest::classify::tests_around;
use crate::manifest::object::{Object, group_of};
use crate::source::RepoPath;

use self::entry::{Entry, Files, Holds};

pub use self::entries::Entries;
pub use self::entry::{broken_json_schema, unusable};

/// All places for one side, in their order.
#[derive(Clone, Copy, Debug)]
pub struct Sources<'a> {
    /// The CRDs of the side's tree.
    pub crds: &'a Crds<'a>,
    /// What the config names.
    pub entries: &'a Entries<'a>,
    /// The CRDs of the trust commit, where the side may add others of the same kinds.
    pub trusted: Option<&'a Crds<'a>>,
}

/// Who judges an object: it must satisfy every group, and of a group one schema. The first one is the nearest.
#[derive(Clone, Debug)]
pub struct Judges(pub Vec<Vec<Schema>>);

impl Judges {
    /// The nearest schema.
    #[must_use]
    pub fn first(&self) -> Option<&Schema> {
        self.0.first()?.first()
    }
}

impl<'a> Sources<'a> {
    /// The schemas of an object's version.
    ///
    /// # Errors
    /// Why there is none, as the first place says that knows its kind.
    pub fn of(&self, object: &Object) -> Result<Judges, Missing> {
        let rank = |path: &RepoPath| self.rank(self.crds, object, path);
        let mut missing = match self.crds.nearest(object, rank) {
            Err(missing @ (Missing::NoCrd | Missing::Unusable(..))) => missing,
            Err(not_served) => return Err(not_served),
            Ok(found) => return Ok(self.with_trusted(object, found)),
        };
        let mut told = |found: Missing| {
            if missing == Missing::NoCrd {
                missing = found;
            }
        };
        for entry in self.entries.of(object) {
            match self.entries.schemas(entry, object) {
                Ok(found) => return Ok(Judges(vec![found])),
                Err(found) => told(found),
            }
        }
        if let Some(pack) = catalog::built_in() {
            match self.entries.in_pack(pack, object, &Origin::BuiltIn) {
                Ok(schema) => return Ok(Judges(vec![vec![schema]])),
                Err(found) => told(found),
            }
        }
        Err(missing)
    }

    /// The rank of a tree's CRD for an object. What the config excludes, what a chart brings and test data are no source, and
    /// what is set up for tests is one for them alone.
    fn rank(&self, crds: &Crds<'_>, object: &Object, path: &RepoPath) -> Option<u8> {
        let tests = tests_around(path);
        let is_for_it = tests.is_none() || tests == tests_around(object.path());
        (is_for_it && self.counts(crds, path)).then(|| self.entries.rank(object, path)).flatten()
    }

    fn counts(&self, crds: &Crds<'_>, path: &RepoPath) -> bool {
        !matches!(self.entries.config.scope(path.as_str()), Scope::Excluded(Some(_))) && crds.is_state(path)
    }

    /// Where the side adds the schema of an object, the trust commit's own one judges beside it.
    fn with_trusted(&self, object: &Object, found: Vec<Schema>) -> Judges {
        let added = |schema: &Schema| match &schema.origin {
            Origin::Crd(path) => self.is_added(path, object),
            _ => false,
        };
        let mut groups = vec![found];
        // One that is as near as the trust commit's own judges no less alone.
        if let Some(first) = groups.iter().flatten().find(|schema| added(schema))
            && let Origin::Crd(path) = &first.origin
            && let Some(covering) = self.covering(path, object)
            && !covering.iter().any(|schema| schema.same(first))
        {
            groups.push(covering);
        }
        Judges(groups)
    }

    fn is_added(&self, path: &RepoPath, object: &Object) -> bool {
        let defining = |crds: &Crds<'_>| crds.defining(group_of(&object.api_version), &object.key.kind).contains(path);
        self.trusted.is_some_and(|trusted| !defining(trusted))
    }

    /// What the trust commit has for an object, and the side keeps, when the side adds a CRD of its kind. CRDs for other
    /// clusters are no news.
    fn covering(&self, added: &RepoPath, object: &Object) -> Option<Vec<Schema>> {
        let kept = self.crds.defining(group_of(&object.api_version), &object.key.kind);
        let trusted = self.trusted?;
        let rank = |path: &RepoPath| {
            let counts = kept.contains(path) && !self.entries.are_apart(added, path);
            counts.then(|| self.rank(trusted, object, path)).flatten()
        };
        if let Ok(found) = trusted.nearest(object, rank) {
            return Some(found);
        }
        let other = |entry: &&Entry<'_>| !matches!(entry.holds, Holds::Files(Files { yaml: true, .. }));
        self.entries.of(object).filter(other).find_map(|entry| self.entries.schemas(entry, object).ok())
    }

    /// What the trust commit has for the kind of a CRD that the side adds in a file: `crd` speaks of one of its versions.
    #[must_use]
    pub fn covered(&self, crd: &RepoPath, object: &Object) -> Option<Origin> {
        let covering =
            if self.counts(self.crds, crd) && self.is_added(crd, object) { self.covering(crd, object) } else { None };
        covering?.into_iter().next().map(|schema| schema.origin)
    }

    /// Another file of the side that defines a kind for the same cluster, and otherwise.
    #[must_use]
    pub fn contradicting(&self, crd: &RepoPath, group: &str, kind: &str) -> Option<&'a RepoPath> {
        let crds = self.crds;
        let own = crds.at(crd, group, kind).ok().filter(|_| self.counts(crds, crd))?;
        crds.defining(group, kind).iter().find(|other| {
            let together = self.entries.in_one_cluster(crd, other).unwrap_or_else(|| crd.folder() == other.folder());
            *other != crd
                && together
                && self.counts(crds, other)
                && crds.at(other, group, kind).is_ok_and(|other| !other.same(&own))
        })
    }

    /// The places where a schema of an object was looked for, in words.
    #[must_use]
    pub fn places(&self, object: &Object) -> impl fmt::Display {
        let idle = self.crds.defining(group_of(&object.api_version), &object.key.kind).first();
        let mut places = vec![match idle {
            Some(path) => format!("the repository ({path} does not count: excluded, a chart's or test data)"),
            None => "the repository".to_owned(),
        }];
        places.extend(self.entries.of(object).map(|entry| {
            let line = self.entries.config.position(&entry.pointer).line;
            format!("{} ({}:{line})", entry.path, self.entries.config.path())
        }));
        places.extend(catalog::built_in().map(|_| Origin::BuiltIn.to_string()));
        match places.split_last() {
            Some((last, [])) => last.clone(),
            Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
            None => String::new(),
        }
    }
}
