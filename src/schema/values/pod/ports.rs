//! The ports of containers.

use super::super::seen::Seen;
use super::super::{Cx, Read};
use crate::schema::stored::Places;
use crate::schema::text::name;
use crate::yaml::Value;

/// `validateContainerPorts`
pub(super) fn ports<'a>(cx: &mut Cx<'a>, container: Value<'a>) {
    let mut names: Seen<&str> = Seen::new();
    for port in container.list("ports") {
        let name = port.text("name");
        if !name.is_empty() {
            let found = name::port_name(name);
            if found.is_empty() && !names.insert(name) {
                cx.duplicate(port.at("name"));
            }
            cx.invalid_each(port.at("name"), found);
        }
        for field in ["containerPort", "hostPort"] {
            match port.int(field).unwrap_or_default() {
                0 if field == "containerPort" => cx.required(port.at(field), ""),
                0 => {}
                number => {
                    if let Some(why) = name::port_number(number) {
                        cx.invalid(port.at(field), why);
                    }
                }
            }
        }
    }
}

/// `checkHostPortConflicts`: no two of the containers want the same port of the host.
pub(super) fn host_ports<'a>(cx: &mut Cx<'a>, containers: impl Iterator<Item = Value<'a>>) {
    let mut taken: Seen<(&str, &str, i64)> = Seen::new();
    for container in containers {
        for port in container.list("ports") {
            let (protocol, ip, number) =
                (protocol(port), port.text("hostIP"), port.int("hostPort").unwrap_or_default());
            if number != 0 && !taken.insert((protocol, ip, number)) {
                cx.duplicate_shown(port.at("hostPort"), format_args!("\"{protocol}/{ip}/{number}\""));
            }
        }
    }
}

/// The protocol of a port; an empty one is the default.
pub(super) fn protocol(port: Value<'_>) -> &str {
    match port.text("protocol") {
        "" => "TCP",
        protocol => protocol,
    }
}

/// `validatePodHostNetworkDeps`: in the network of the host a port is what it is.
pub(super) fn in_host_network<'a>(cx: &mut Cx<'a>, spec: Value<'a>) {
    if !spec.flag("hostNetwork") {
        return;
    }
    for port in spec.list("containers").flat_map(|container| container.list("ports")) {
        let of_host = port.int("hostPort").unwrap_or_default();
        if of_host != 0 && of_host != port.int("containerPort").unwrap_or_default() {
            cx.invalid(port.at("hostPort"), "must match `containerPort` when `hostNetwork` is true");
        }
    }
}
