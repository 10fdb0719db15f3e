//! The record of one folder: what lies in it that a search looks for, and of each subfolder a summary of all below.

use super::is_suite_marker;
use crate::manifest::kustomization::is_kustomization;

/// A git id, as the store keys it.
pub(super) type Id = [u8; 20];

/// A set of things that a search looks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Signs(pub(super) u16);

impl Signs {
    pub(super) const KUSTOMIZATION: Self = Self(1);
    pub(super) const CHART: Self = Self(2);
    pub(super) const SUITE: Self = Self(4);
    pub(super) const SOPS: Self = Self(8);
    pub(super) const FLUX: Self = Self(16);
    pub(super) const ARGO: Self = Self(32);
    pub(super) const CRD: Self = Self(64);
    /// A file that seems to declare something, and could not be read whole.
    pub(super) const PROBLEM: Self = Self(128);
    pub(super) const NAMESPACE: Self = Self(256);
    pub(super) const GATEKEEPER: Self = Self(512);

    /// What a file name alone says.
    pub(super) fn of_name(name: &str) -> Self {
        match name {
            _ if is_kustomization(name) => Self::KUSTOMIZATION,
            "Chart.yaml" => Self::CHART,
            _ if is_suite_marker(name) => Self::SUITE,
            ".sops.yaml" => Self::SOPS,
            _ => Self::default(),
        }
    }

    pub(super) fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) fn with_if(self, condition: bool, other: Self) -> Self {
        if condition { self.with(other) } else { self }
    }

    pub(super) fn any(self, of: Self) -> bool {
        self.0 & of.0 != 0
    }
}

/// What lies in a folder and below it, in a fixed size. Counts stop at the largest number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Summary {
    /// Files, symbolic links included.
    pub(super) files: u32,
    /// Of these, files with a manifest's name: `*.yaml`, `*.yml`, `*.json`, `Kustomization`.
    pub(super) manifests: u32,
    /// Everything that is found somewhere below.
    pub(super) signs: Signs,
    /// How many components the kustomizations below reach above this folder.
    pub(super) climb: u16,
}

impl Summary {
    const SIZE: usize = 12;

    /// Add what a subfolder holds.
    pub(super) fn add_below(&mut self, below: Self) {
        self.files = self.files.saturating_add(below.files);
        self.manifests = self.manifests.saturating_add(below.manifests);
        self.signs = self.signs.with(below.signs);
        self.climb = self.climb.max(below.climb.saturating_sub(1));
    }

    fn encode(self, bytes: &mut Vec<u8>) {
        bytes.extend(self.files.to_le_bytes());
        bytes.extend(self.manifests.to_le_bytes());
        bytes.extend(self.signs.0.to_le_bytes());
        bytes.extend(self.climb.to_le_bytes());
    }

    fn decode(bytes: &mut &[u8]) -> Option<Self> {
        let (head, rest) = bytes.split_at_checked(Self::SIZE)?;
        let [f0, f1, f2, f3, m0, m1, m2, m3, s0, s1, c0, c1] = *head.first_chunk()?;
        *bytes = rest;
        Some(Self {
            files: u32::from_le_bytes([f0, f1, f2, f3]),
            manifests: u32::from_le_bytes([m0, m1, m2, m3]),
            signs: Signs(u16::from_le_bytes([s0, s1])),
            climb: u16::from_le_bytes([c0, c1]),
        })
    }
}

/// A file that a search looks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Notable {
    pub(super) name: String,
    pub(super) id: Option<Id>,
    pub(super) signs: Signs,
    /// A symbolic link: its content is a path, not what the name says.
    pub(super) is_link: bool,
}

/// A subfolder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Subfolder {
    pub(super) name: String,
    pub(super) id: Option<Id>,
    pub(super) summary: Summary,
}

/// One folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Folder {
    pub(super) summary: Summary,
    /// In the order of names.
    pub(super) notables: Vec<Notable>,
    /// In the order of names.
    pub(super) subfolders: Vec<Subfolder>,
}

impl Folder {
    /// The files with one of the signs.
    pub(super) fn with_sign(&self, signs: Signs) -> impl Iterator<Item = &Notable> {
        self.notables.iter().filter(move |notable| notable.signs.any(signs))
    }

    /// The subfolder with this name.
    pub(super) fn subfolder(&self, name: &str) -> Option<&Subfolder> {
        let at = self.subfolders.binary_search_by(|below| below.name.as_str().cmp(name)).ok()?;
        self.subfolders.get(at)
    }

    /// The summary alone of a record's bytes.
    pub(super) fn decode_summary(mut bytes: &[u8]) -> Option<Summary> {
        Summary::decode(&mut bytes)
    }

    /// The record's bytes; nothing if an entry has no git id, and so the folder none either.
    pub(super) fn encode(&self) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        self.summary.encode(&mut bytes);
        bytes.extend(u32::try_from(self.notables.len()).ok()?.to_le_bytes());
        for notable in &self.notables {
            bytes.extend(notable.signs.0.to_le_bytes());
            bytes.push(u8::from(notable.is_link));
            encode_name(&notable.name, notable.id, &mut bytes)?;
        }
        for subfolder in &self.subfolders {
            subfolder.summary.encode(&mut bytes);
            encode_name(&subfolder.name, subfolder.id, &mut bytes)?;
        }
        Some(bytes)
    }

    /// The record of these bytes; nothing if they are not what [`Folder::encode`] writes.
    pub(super) fn decode(mut bytes: &[u8]) -> Option<Self> {
        let bytes = &mut bytes;
        let mut folder = Self { summary: Summary::decode(bytes)?, ..Self::default() };
        let (count, rest) = bytes.split_first_chunk()?;
        *bytes = rest;
        for _ in 0..u32::from_le_bytes(*count) {
            let ([s0, s1, is_link], rest) = bytes.split_first_chunk()?;
            *bytes = rest;
            let (name, id) = decode_name(bytes)?;
            folder.notables.push(Notable {
                name,
                id,
                signs: Signs(u16::from_le_bytes([*s0, *s1])),
                is_link: *is_link != 0,
            });
        }
        while !bytes.is_empty() {
            let summary = Summary::decode(bytes)?;
            let (name, id) = decode_name(bytes)?;
            folder.subfolders.push(Subfolder { name, id, summary });
        }
        Some(folder)
    }
}

fn encode_name(name: &str, id: Option<Id>, bytes: &mut Vec<u8>) -> Option<()> {
    bytes.extend(id?);
    bytes.extend(u32::try_from(name.len()).ok()?.to_le_bytes());
    bytes.extend(name.as_bytes());
    Some(())
}

fn decode_name(bytes: &mut &[u8]) -> Option<(String, Option<Id>)> {
    let (id, rest) = bytes.split_first_chunk::<20>()?;
    let (length, rest) = rest.split_first_chunk()?;
    let (name, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    *bytes = rest;
    Some((String::from_utf8(name.to_vec()).ok()?, Some(*id)))
}

/// The path of an entry in a folder; the top folder is the empty text.
pub(super) fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// The folders above a path, nearest first, the top (empty) last.
pub(super) fn folders_above(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors((!path.is_empty()).then(|| parent(path)), |folder| {
        (!folder.is_empty()).then(|| parent(folder))
    })
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}
