//! What the labels of a Namespace ask: a level of the standards, and their version.

use std::collections::{BTreeMap, BTreeSet};

use crate::policy::loaded::Policy;
use crate::schema::minors::MinorSet;

pub(super) const PREFIX: &str = "pod-security.kubernetes.io/";
/// What a label may ask for: to refuse, to warn, to write down.
pub(super) const MODES: [&str; 3] = [ENFORCE, "warn", "audit"];
pub(super) const ENFORCE: &str = "enforce";
/// The version that a label means that names none.
const LATEST: &str = "latest";

/// A level of the standards. Ordered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    #[default]
    Privileged,
    Baseline,
    Restricted,
}

impl Level {
    pub(super) fn of(label: &str, mode: &str) -> Self {
        match label {
            "privileged" => Self::Privileged,
            "baseline" => Self::Baseline,
            "restricted" => Self::Restricted,
            // The admission plugin enforces the strictest one for a word that it does not know, and warns of nothing.
            _ if mode == ENFORCE => Self::Restricted,
            _ => Self::Privileged,
        }
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Privileged => "privileged",
            Self::Baseline => "baseline",
            Self::Restricted => "restricted",
        }
    }
}

/// What the labels of a mode ask: a level of the standards of some minors.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Asks {
    pub(super) level: Level,
    /// The versions that are asked for at this level, as the labels name them.
    pub(super) versions: BTreeSet<String>,
}

/// A version of the standards.
#[derive(Clone, Debug)]
pub(super) struct Version {
    /// The minor behind `1.`.
    pub(super) minor: u8,
    /// What the label says.
    pub(super) label: String,
    /// The servers that judge by it.
    pub(super) servers: MinorSet,
}

impl Asks {
    /// What each of some servers takes the labels for: the latest version is its own, and so is one that is newer.
    pub(super) fn versions(&self, servers: MinorSet) -> Vec<Version> {
        let mut found: Vec<Version> = Vec::new();
        for (label, server) in self.versions.iter().flat_map(|label| servers.minors().map(move |minor| (label, minor)))
        {
            let minor = pinned(label).map_or(server.number(), |pinned| pinned.min(server.number()));
            let servers = MinorSet::of(server);
            match found.iter_mut().find(|known| known.minor == minor && known.label == *label) {
                Some(known) => known.servers = known.servers.and(servers),
                None => found.push(Version { minor, label: label.clone(), servers }),
            }
        }
        found
    }

    /// As the admission plugin calls it.
    pub(super) fn standard(&self, version: &Version) -> String {
        format!("PodSecurity \"{}:{}\"", self.level.word(), version.label)
    }
}

/// The minor of a version such as `v1.34`; none for the latest.
fn pinned(version: &str) -> Option<u8> {
    let minor = version.strip_prefix("v1.")?;
    // What does not fit is newer than every server.
    minor
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| minor.parse().unwrap_or(u8::MAX))
        .filter(|_| !minor.is_empty())
}

/// The level that a policy belongs to. None where it is no control of the standards.
pub(super) fn level_of(policy: &Policy) -> Option<Level> {
    match policy.id.strip_prefix("pod-security/")?.split_once('/')?.0 {
        "baseline" => Some(Level::Baseline),
        "restricted" => Some(Level::Restricted),
        _ => None,
    }
}

/// What the labels of a mode ask, the stricter of several.
pub(super) fn asks(labels: &[BTreeMap<String, String>], mode: &str) -> Asks {
    let mut strictest = Asks::default();
    for labels in labels {
        let level = labels.get(&format!("{PREFIX}{mode}")).map_or(Level::Privileged, |label| Level::of(label, mode));
        let version = labels.get(&format!("{PREFIX}{mode}-version")).filter(|label| pinned(label).is_some());
        if level > strictest.level {
            strictest = Asks { level, versions: BTreeSet::new() };
        }
        if level == strictest.level {
            strictest.versions.insert(version.map_or(LATEST, String::as_str).to_owned());
        }
    }
    strictest
}
