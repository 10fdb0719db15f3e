//! What a container mounts: `ValidateVolumeMounts` and `ValidateVolumeDevices`.

use std::collections::{HashMap, HashSet};

use super::super::seen::Seen;
use super::super::{Cx, Read};
use super::path;
use super::source::supported;
use super::volume::{Holds, Volumes};
use crate::schema::minors::MinorSet;
use crate::schema::stored::Places;
use crate::yaml::Value;

const PROPAGATION: [&str; 3] = ["Bidirectional", "HostToContainer", "None"];

/// Names and paths of one list, to compare the other one with. Of two items with one name the last counts.
struct Taken<'a> {
    names: HashMap<&'a str, &'a str>,
    paths: HashSet<&'a str>,
}

impl<'a> Taken<'a> {
    fn of(container: Value<'a>, list: &str, path: &str) -> Self {
        let names: HashMap<&str, &str> =
            container.list(list).map(|item| (item.text("name"), item.text(path))).collect();
        let paths = names.values().copied().collect();
        Self { names, paths }
    }
}

pub(super) fn mounts<'a>(cx: &mut Cx<'a>, container: Value<'a>, volumes: &Volumes<'_>) {
    let devices = Taken::of(container, "volumeDevices", "devicePath");
    let mut seen: Seen<&str> = Seen::new();
    for item in container.list("volumeMounts") {
        if volumes.find_any(item.text("name")).is_some_and(|volume| volume.holds == Holds::Image) {
            cx.since(35, |cx| mount(cx, container, item, volumes, &devices, &mut seen));
        } else {
            mount(cx, container, item, volumes, &devices, &mut seen);
        }
    }
}

/// One of them; `seen` are the paths of those before it.
fn mount<'a>(
    cx: &mut Cx<'a>,
    container: Value<'a>,
    mount: Value<'a>,
    volumes: &Volumes<'_>,
    devices: &Taken<'a>,
    seen: &mut Seen<&'a str>,
) {
    let (name, path) = (mount.text("name"), mount.text("mountPath"));
    if name.is_empty() {
        cx.required(mount.at("name"), "");
    }
    if !cx.is_opaque(mount) {
        cx.within(volumes.lacking(name), |cx| cx.not_found(mount.at("name")));
    }
    if path.is_empty() {
        cx.required(mount.at("mountPath"), "");
    }
    if !seen.insert(path) {
        cx.invalid(mount.at("mountPath"), "must be unique");
    }
    if devices.names.contains_key(name) {
        cx.invalid(mount.at("name"), "must not already exist in volumeDevices");
    }
    if devices.paths.contains(path) {
        cx.invalid(mount.at("mountPath"), "must not already exist as a path in volumeDevices");
    }
    sub_paths(cx, container, mount);
    propagation(cx, container, mount);
}

/// The server reports these at the list, as if it had a field of that name.
fn sub_paths<'a>(cx: &mut Cx<'a>, container: Value<'a>, mount: Value<'a>) {
    for why in path::descending(mount.text("subPath")) {
        cx.invalid(mount.at("subPath"), why);
        cx.called_at(container.at("volumeMounts.subPath"), "");
    }
    let expression = mount.text("subPathExpr");
    if !expression.is_empty() && !mount.text("subPath").is_empty() {
        cx.invalid(mount.at("subPathExpr"), "subPathExpr and subPath are mutually exclusive");
    }
    for why in path::descending(expression) {
        cx.invalid(mount.at("subPathExpr"), why);
        cx.called_at(container.at("volumeMounts.subPathExpr"), "");
    }
}

fn propagation<'a>(cx: &mut Cx<'a>, container: Value<'a>, mount: Value<'a>) {
    let before = cx.count();
    supported(cx, mount, "mountPropagation", &PROPAGATION);
    let propagation = mount.text_if("mountPropagation");
    let is_privileged = container.get("securityContext").is_some_and(|context| context.flag("privileged"));
    if propagation == Some("Bidirectional") && !is_privileged {
        let why = "Bidirectional mount propagation is available only to privileged containers";
        cx.forbidden(mount.at("mountPropagation"), why);
    }
    match mount.text_if("recursiveReadOnly") {
        None | Some("Disabled") => {}
        Some("Enabled" | "IfPossible") => {
            let at = mount.at("recursiveReadOnly");
            if !mount.flag("readOnly") {
                cx.forbidden(at, "may only be specified when readOnly is true");
            }
            if propagation.is_some_and(|propagation| propagation != "None") {
                cx.forbidden(at, "may only be specified when mountPropagation is None or not specified");
            }
        }
        Some(_) => cx.not_supported(mount.at("recursiveReadOnly"), &["Disabled", "Enabled", "IfPossible"]),
    }
    cx.moved(before, mount.here(), container.at("volumeMounts"));
}

pub(super) fn devices<'a>(cx: &mut Cx<'a>, container: Value<'a>, volumes: &Volumes<'_>) {
    if container.count("volumeDevices") == 0 {
        return;
    }
    let mounts = Taken::of(container, "volumeMounts", "mountPath");
    let (mut names, mut paths): (Seen<&str>, Seen<&str>) = (Seen::new(), Seen::new());
    for device in container.list("volumeDevices") {
        let (name, path) = (device.text("name"), device.text("devicePath"));
        if name.is_empty() {
            cx.required(device.at("name"), "");
        }
        if names.contains(name) {
            cx.invalid(device.at("name"), "must be unique");
        }
        let lacking = volumes.lacking(name);
        cx.within(lacking, |cx| cx.not_found(device.at("name")));
        if volumes.find_any(name).is_some_and(|volume| volume.holds != Holds::Claim) {
            let why = "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode";
            cx.within(MinorSet::ALL.without(lacking), |cx| cx.invalid(device.at("name"), why));
        }
        if path.is_empty() {
            cx.required(device.at("devicePath"), "");
        }
        if paths.contains(path) {
            cx.invalid(device.at("devicePath"), "must be unique");
        }
        if path::no_backsteps(path).is_some() {
            cx.invalid(device.at("devicePath"), "can not contain backsteps ('..')");
        } else {
            paths.insert(path);
        }
        if mounts.names.contains_key(name) {
            cx.invalid(device.at("name"), "must not already exist in volumeMounts");
        }
        if mounts.paths.contains(path) {
            cx.invalid(device.at("devicePath"), "must not already exist as a path in volumeMounts");
        }
        if !name.is_empty() {
            names.insert(name);
        }
    }
}
