//! The volumes of a Pod: `ValidateVolumes`.

use std::collections::HashSet;

use super::super::{Cx, Read};
use super::{projected, source};
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

/// The volumes that a container can mount.
pub(super) struct Volumes<'a> {
    /// Name, volume, and that something is wrong with it; in this order.
    all: Vec<(&'a str, bool, Value<'a>)>,
    /// Some volume, or its name, is not known: any name may be that of a volume.
    open: bool,
}

impl<'a> Volumes<'a> {
    /// The volume of a name, even if something is wrong with it.
    pub(super) fn find_any(&self, name: &str) -> Option<Value<'a>> {
        self.first(name).map(|(_, volume)| volume)
    }

    /// The volume of a name. One that something is wrong with is none.
    pub(super) fn find(&self, name: &str) -> Option<Value<'a>> {
        self.first(name).filter(|(wrong, _)| !wrong).map(|(_, volume)| volume)
    }

    fn first(&self, name: &str) -> Option<(bool, Value<'a>)> {
        let index = self.all.partition_point(|(known, ..)| *known < name);
        self.all.get(index).filter(|(known, ..)| *known == name).map(|(_, wrong, volume)| (*wrong, *volume))
    }

    /// Any name may be that of a volume.
    pub(super) fn is_open(&self) -> bool {
        self.open
    }
}

/// Check `spec.volumes`. `pod` is the name of the Pod; a template has none.
pub(super) fn volumes<'a>(cx: &mut Cx<'a>, spec: Value<'a>, pod: Option<&str>) -> Volumes<'a> {
    let mut seen: HashSet<&str> = HashSet::new();
    let mut all = Vec::with_capacity(spec.count("volumes"));
    let mut open = spec.get("volumes").is_some_and(|volumes| !cx.is_known(volumes));
    for volume in spec.list("volumes") {
        let before = cx.count();
        let name = volume.text("name");
        open |= !cx.is_known(volume.get("name").unwrap_or(volume));
        volume_source(cx, volume, name, pod);
        if name.is_empty() {
            cx.required(volume.at("name"), "");
        } else {
            for why in name::dns_label(name) {
                cx.invalid(volume.at("name"), why);
            }
        }
        if seen.contains(name) {
            cx.duplicate(volume.at("name"));
        }
        let wrong = cx.count() != before;
        if !wrong {
            seen.insert(name);
        }
        all.push((name, wrong, volume));
    }
    if let Some(pod) = pod.filter(|pod| !pod.is_empty()) {
        claims_of_ephemeral(cx, spec, pod);
    }
    all.sort_by_key(|(name, wrong, _)| (*name, *wrong));
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
                ("image", Some(_)) if source.text("reference").is_empty() => cx.required(source.at("reference"), ""),
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
