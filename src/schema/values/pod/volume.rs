//! The volumes of a Pod: `ValidateVolumes`.

use std::collections::HashSet;

use super::super::seen::Seen;
use super::super::{Cx, Read};
use super::{projected, source};
use crate::schema::minors::MinorSet;
use crate::schema::stored::Places;
use crate::schema::text::name;
use crate::yaml::Value;

/// How a source of one kind is checked.
type Check = for<'a> fn(&mut Cx<'a>, Value<'a>);

/// The kinds of sources in the server's order, each with its check, and the name that the server gives a second source
/// where that is not the field's.
const SOURCES: [(&str, Check, &str); 30] = [
    ("emptyDir", source::empty_dir, ""),
    ("hostPath", source::host_path, ""),
    ("gitRepo", source::git_repo, ""),
    ("gcePersistentDisk", source::gce_persistent_disk, ""),
    ("awsElasticBlockStore", source::aws_elastic_block_store, ""),
    ("secret", source::secret, ""),
    ("nfs", source::nfs, ""),
    ("iscsi", source::iscsi, ""),
    ("glusterfs", source::glusterfs, ""),
    ("flocker", source::flocker, ""),
    ("persistentVolumeClaim", source::persistent_volume_claim, ""),
    ("rbd", source::rbd, ""),
    ("cinder", source::cinder, ""),
    ("cephfs", source::cephfs, "cephFS"),
    ("quobyte", source::quobyte, ""),
    ("downwardAPI", projected::downward_api, "downwarAPI"),
    ("fc", source::fc, ""),
    ("flexVolume", source::flex_volume, ""),
    ("configMap", source::config_map, ""),
    ("azureFile", source::azure_file, ""),
    ("vsphereVolume", source::vsphere_volume, ""),
    ("photonPersistentDisk", source::photon_persistent_disk, ""),
    ("portworxVolume", source::portworx_volume, ""),
    ("azureDisk", source::azure_disk, ""),
    ("storageos", source::storage_os, ""),
    ("projected", projected::projected, ""),
    ("scaleIO", source::scale_io, ""),
    ("csi", source::csi, ""),
    ("ephemeral", source::ephemeral, ""),
    ("image", source::image, ""),
];

/// What is known of a volume where it is used.
#[derive(Clone, Copy)]
pub(super) struct Known {
    /// The minors for which something is wrong with it, so that for mounts there is no such volume.
    wrong: MinorSet,
    pub(super) holds: Holds,
}

/// What a volume is made of, as far as its users care.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    /// A claim, which can be a block device.
    Claim,
    EmptyDir,
    /// An image, which the server drops before 1.35, with all mounts of it.
    Image,
    Other,
}

impl Holds {
    fn of(volume: Value<'_>) -> Self {
        let has = |field| volume.has(field);
        match () {
            () if has("persistentVolumeClaim") || has("ephemeral") => Self::Claim,
            () if has("emptyDir") => Self::EmptyDir,
            () if has("image") => Self::Image,
            () => Self::Other,
        }
    }
}

/// The volumes that a container can mount.
pub(super) struct Volumes<'a> {
    /// By name; of two with one name the sound one first.
    all: Vec<(&'a str, Known)>,
    /// Some volume, or its name, is not known: any name may be that of a volume.
    open: bool,
}

impl Volumes<'_> {
    /// The volume of a name, even if something is wrong with it.
    pub(super) fn find_any(&self, name: &str) -> Option<Known> {
        let index = self.all.partition_point(|(known, _)| *known < name);
        self.all.get(index).filter(|(known, _)| *known == name).map(|(_, known)| *known)
    }

    /// The minors for which there is no volume of a name. None of them may be said for certain.
    pub(super) fn lacking(&self, name: &str) -> MinorSet {
        if self.open { MinorSet::NONE } else { self.find_any(name).map_or(MinorSet::ALL, |known| known.wrong) }
    }

    /// Any name may be that of a volume.
    pub(super) fn is_open(&self) -> bool {
        self.open
    }
}

/// Check `spec.volumes`. `pod` is the name of the Pod; a template has none. `claims` are the templates of claims that a
/// `StatefulSet` makes for each Pod: they replace volumes of their names, and come first.
pub(super) fn volumes<'a>(
    cx: &mut Cx<'a>,
    spec: Value<'a>,
    pod: Option<&str>,
    claims: Option<Value<'a>>,
) -> Volumes<'a> {
    let list = spec.get("volumes");
    let names = claims.into_iter().flat_map(Value::items).filter_map(|claim| claim.path(&["metadata", "name"]));
    let names: Vec<Value<'_>> = names.collect();
    let mut open = [list, claims].into_iter().flatten().chain(names.iter().copied()).any(|value| cx.is_opaque(value));
    let made: HashSet<&str> = names.iter().map(|name| name.as_str().unwrap_or_default()).collect();
    let of_claim = |name| {
        let wrong = if name::dns_label(name).is_empty() { MinorSet::NONE } else { MinorSet::ALL };
        (name, Known { wrong, holds: Holds::Claim })
    };
    let mut all: Vec<(&str, Known)> = made.iter().copied().map(of_claim).collect();
    let mut seen: Seen<&str> = Seen::new();
    let mut place = made.len();
    for volume in spec.list("volumes") {
        let before = cx.count();
        let name = volume.text("name");
        open |= cx.is_opaque(volume.get("name").unwrap_or(volume));
        if made.contains(name) {
            continue;
        }
        volume_source(cx, volume, name, pod);
        if name.is_empty() {
            cx.required(volume.at("name"), "");
        } else {
            cx.invalid_each(volume.at("name"), name::dns_label(name));
        }
        if seen.contains(name) {
            cx.duplicate(volume.at("name"));
        }
        let wrong = cx.refusing_since(before);
        if wrong.is_empty() {
            seen.insert(name);
        }
        if let Some(list) = list.filter(|_| !made.is_empty()) {
            cx.moved(before, volume.here(), list.at_index(place));
        }
        place += 1;
        all.push((name, Known { wrong, holds: Holds::of(volume) }));
    }
    if let Some(pod) = pod.filter(|pod| !pod.is_empty()) {
        claims_of_ephemeral(cx, spec, pod);
    }
    all.sort_by_key(|(name, known)| (*name, known.wrong.0));
    Volumes { all, open }
}

/// A claim that the server makes for an ephemeral volume belongs to that volume alone.
fn claims_of_ephemeral<'a>(cx: &mut Cx<'a>, spec: Value<'a>, pod: &str) {
    let made: HashSet<&str> =
        spec.list("volumes").filter(|volume| volume.has("ephemeral")).map(|volume| volume.text("name")).collect();
    if made.is_empty() {
        return;
    }
    for volume in spec.list("volumes") {
        let Some(claim) = volume.get("persistentVolumeClaim") else { continue };
        let name = claim.text("claimName").strip_prefix(pod).and_then(|rest| rest.strip_prefix('-'));
        if name.is_some_and(|name| made.contains(name)) {
            cx.invalid(claim.at("claimName"), "must not reference a PVC that gets created for an ephemeral volume");
        }
    }
}

/// `validateVolumeSource`
fn volume_source<'a>(cx: &mut Cx<'a>, volume: Value<'a>, name: &str, pod: Option<&str>) {
    let mut is_first = true;
    for (field, check, second) in SOURCES {
        let Some(source) = volume.get(field) else { continue };
        if is_first {
            let before = cx.count();
            check(cx, source);
            match (field, pod) {
                ("gcePersistentDisk", _) => cx.moved(before, source.here(), volume.at("persistentDisk")),
                ("ephemeral", Some(pod)) if !pod.is_empty() && !name.is_empty() => claim_name(cx, volume, name, pod),
                // A template may leave it to who makes Pods of it, until 1.36.
                ("image", Some(_)) if source.text("reference").is_empty() => cx.required(source.at("reference"), ""),
                ("image", None) if source.text("reference").is_empty() => {
                    cx.since(37, |cx| cx.required(source.at("reference"), ""));
                }
                _ => {}
            }
        } else {
            cx.forbidden(source.here(), "may not specify more than 1 volume type");
            if !second.is_empty() {
                cx.called_at(volume.at(second), "");
            }
        }
        is_first = false;
    }
    let Some(iscsi) = volume.get("iscsi") else { return };
    if iscsi.has("initiatorName") && name.len() + 1 + iscsi.text("targetPortal").len() > 64 {
        let why = "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is \
                   specified.";
        cx.invalid(volume.at("name"), why);
    }
}

/// The claim that is made for an ephemeral volume is called after the Pod and the volume.
fn claim_name<'a>(cx: &mut Cx<'a>, volume: Value<'a>, name: &str, pod: &str) {
    let claim = format!("{pod}-{name}");
    for why in name::dns_subdomain(&claim) {
        cx.invalid(volume.at("name"), format_args!("PVC name {claim:?}: {why}"));
    }
}
