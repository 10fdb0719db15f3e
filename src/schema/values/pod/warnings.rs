//! What the server takes from a Pod or a template with a warning.

use std::collections::BTreeMap;

use super::super::core::node_label_warning;
use super::super::seen::Seen;
use super::super::{Cx, Read};
use super::{annotations, every_container, ports};
use crate::schema::stored::Places;
use crate::schema::text::{name, quantity};
use crate::yaml::Value;

const NO_SELECTOR: &str = "a null labelSelector results in matching no pod";
/// Kinds of volumes that are on their way out or gone.
const VOLUMES: [(&str, &str); 8] = [
    ("photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+"),
    ("scaleIO", "deprecated in v1.16, non-functional in v1.22+"),
    ("flocker", "deprecated in v1.22, non-functional in v1.25+"),
    ("storageos", "deprecated in v1.22, non-functional in v1.25+"),
    ("quobyte", "deprecated in v1.22, non-functional in v1.25+"),
    ("glusterfs", "deprecated in v1.25, non-functional in v1.26+"),
    ("cephfs", "deprecated in v1.28, non-functional in v1.31+"),
    ("rbd", "deprecated in v1.28, non-functional in v1.31+"),
];
/// With how many other ports of one number a port is compared; the server compares it with all.
const OTHERS: usize = 8;
/// Of how many files of one volume that lie in one another is told.
const MOST: usize = 100;

/// `warningsForPodSpecAndMeta`
pub(super) fn warnings<'a>(cx: &mut Cx<'a>, metadata: Value<'a>, spec: Value<'a>) {
    if let Some(selector) = spec.get("nodeSelector") {
        for (key, ..) in selector.entries() {
            node_label_warning(cx, selector.at_key(key), key, false);
        }
    }
    affinity(cx, spec);
    for constraint in spec.list("topologySpreadConstraints") {
        node_label_warning(cx, constraint.at("topologyKey"), constraint.text("topologyKey"), true);
        if !constraint.has("labelSelector") {
            cx.warn(constraint.at("labelSelector"), NO_SELECTOR);
        }
    }
    for volume in spec.list("volumes") {
        for (field, why) in VOLUMES {
            if volume.has(field) {
                cx.warn(volume.at(field), why);
                if field == "storageos" {
                    cx.called_at(volume.at("storageOS"), "");
                }
            }
        }
        if volume.has("gitRepo") {
            cx.before(33, |cx| cx.warn(volume.at("gitRepo"), "deprecated in v1.11"));
            cx.since(33, |cx| cx.warn(volume.at("gitRepo"), "deprecated in v1.11, and disabled by default in v1.33+"));
        }
        cx.since(32, |cx| overlaps(cx, volume));
    }
    duplicates(cx, spec, "hostAliases", "ip");
    duplicates(cx, spec, "imagePullSecrets", "name");
    for secret in spec.list("imagePullSecrets") {
        if secret.text("name").is_empty() {
            cx.warn(secret.at("name"), "invalid empty name \"\"");
        }
    }
    if let Some(overhead) = spec.get("overhead") {
        fractions(cx, overhead);
    }
    annotations::warnings(cx, metadata, spec);
    for container in every_container(spec) {
        for list in ["limits", "requests"] {
            if let Some(list) = container.get("resources").and_then(|resources| resources.get(list)) {
                fractions(cx, list);
            }
        }
        variables(cx, container);
    }
    ports_twice(cx, spec);
}

/// What is said of a template alone: of a Pod, one second is made of less than none without a word.
pub(super) fn of_template<'a>(cx: &mut Cx<'a>, spec: Value<'a>) {
    if spec.int("terminationGracePeriodSeconds").is_some_and(|seconds| seconds < 0) {
        let why = "must be >= 0; negative values are invalid and will be treated as 1";
        cx.warn(spec.at("terminationGracePeriodSeconds"), why);
    }
}

fn affinity<'a>(cx: &mut Cx<'a>, spec: Value<'a>) {
    let Some(affinity) = spec.get("affinity") else { return };
    let (required, preferred) =
        ("requiredDuringSchedulingIgnoredDuringExecution", "preferredDuringSchedulingIgnoredDuringExecution");
    if let Some(nodes) = affinity.get("nodeAffinity") {
        for term in nodes.get(required).into_iter().flat_map(|selector| selector.list("nodeSelectorTerms")) {
            node_term(cx, term, false);
        }
        for term in nodes.list(preferred).filter_map(|term| term.get("preference")) {
            node_term(cx, term, true);
        }
    }
    for pods in ["podAffinity", "podAntiAffinity"].iter().filter_map(|field| affinity.get(field)) {
        let preferred = pods.list(preferred).filter_map(|weighted| weighted.get("podAffinityTerm"));
        for term in pods.list(required).chain(preferred) {
            if !term.has("labelSelector") {
                cx.warn(term.at("labelSelector"), NO_SELECTOR);
            }
        }
    }
}

fn node_term<'a>(cx: &mut Cx<'a>, term: Value<'a>, with_values: bool) {
    for requirement in term.list("matchExpressions") {
        node_label_warning(cx, requirement.at("key"), requirement.text("key"), true);
        for value in requirement.list("values").filter(|_| with_values) {
            let text = value.as_str().unwrap_or_default();
            for why in name::label_value(text) {
                cx.since(33, |cx| cx.warn(value.here(), format_args!("{text} is invalid, {why}")));
            }
        }
    }
}

/// Two items of a list have one name.
fn duplicates<'a>(cx: &mut Cx<'a>, spec: Value<'a>, list: &str, field: &'static str) {
    let mut seen: Seen<&str> = Seen::new();
    for item in spec.list(list) {
        let text = item.text(field);
        if !seen.insert(text) {
            cx.warn(item.at(field), format_args!("duplicate {field} {text:?}"));
        }
    }
}

/// Parts of bytes.
fn fractions<'a>(cx: &mut Cx<'a>, list: Value<'a>) {
    for resource in ["memory", "ephemeral-storage"] {
        let Some(amount) = list.get(resource) else { continue };
        let milli = quantity::parse_value(amount).map_or(0, quantity::Quantity::milli_value);
        if milli % 1000 != 0 {
            let why = format_args!("fractional byte value \"{milli}m\" is invalid, must be an integer");
            cx.warn(list.at_key(resource), why);
        }
    }
}

/// A variable that is set twice, and not to add to what it was.
fn variables<'a>(cx: &mut Cx<'a>, container: Value<'a>) {
    let mut seen: Seen<&str> = Seen::new();
    for variable in container.list("env") {
        let (name, value) = (variable.text("name"), variable.text("value"));
        if seen.insert(name) {
            continue;
        }
        let adds =
            value.split("$(").skip(1).any(|rest| rest.strip_prefix(name).is_some_and(|rest| rest.starts_with(')')));
        let is_itself = value.strip_prefix("$(").and_then(|rest| rest.strip_suffix(')')) == Some(name);
        if variable.has("valueFrom") || is_itself || !adds {
            let why = format!("hides previous definition of {name:?}, which may be dropped when using apply");
            cx.warn(variable.here(), why);
        }
    }
}

fn ports_twice<'a>(cx: &mut Cx<'a>, spec: Value<'a>) {
    let ports: Vec<Value<'a>> = every_container(spec).flat_map(|container| container.list("ports")).collect();
    let mut numbers: BTreeMap<(i64, &str), Vec<Value<'a>>> = BTreeMap::new();
    for port in ports.iter().copied() {
        let number = |field: &str| port.int(field).unwrap_or_default();
        let (of_host, ip, protocol) = (number("hostPort"), port.text("hostIP"), ports::protocol(port));
        if !ip.is_empty() && of_host == 0 {
            let why = format!(
                "hostIP set without hostPort: {{Name:{} HostPort:0 ContainerPort:{} Protocol:{protocol} HostIP:{ip}}}",
                port.text("name"),
                number("containerPort"),
            );
            cx.warn(port.here(), why);
        }
        if port.get("containerPort").is_some_and(|number| cx.is_opaque(number)) {
            continue;
        }
        let others = numbers.entry((number("containerPort"), protocol)).or_default();
        for other in others.iter().copied() {
            let (other_ip, other_host) = (other.text("hostIP"), other.int("hostPort").unwrap_or_default());
            let kind = if ip == other_ip && of_host == other_host {
                "duplicate"
            } else if of_host == 0 || other_host == 0 {
                "overlapping"
            } else if of_host == other_host && ip.is_empty() != other_ip.is_empty() {
                "dangerously ambiguous"
            } else {
                continue;
            };
            let place = cx.name_of(other.here());
            cx.warn(port.here(), format_args!("{kind} port definition with {place}"));
        }
        if others.len() < OTHERS {
            others.push(port);
        }
    }
    let mut names: BTreeMap<&str, Value<'a>> = BTreeMap::new();
    for port in ports {
        let name = port.text("name");
        if name.is_empty() {
            continue;
        }
        let first = *names.entry(name).or_insert(port);
        if first.id() != port.id() {
            let place = cx.name_of(first.here());
            let why = format!(
                "duplicate port name {name:?} with {place}, services and probes that select ports by name will use {place}"
            );
            cx.since(33, |cx| cx.warn(port.here(), why));
        }
    }
}

/// A file of a volume, and the source it comes from.
struct File<'a> {
    path: &'a str,
    source: String,
}

impl File<'_> {
    fn shown(&self) -> String {
        if self.source.is_empty() { format!("{:?}", self.path) } else { format!("{:?} ({})", self.path, self.source) }
    }
}

/// `warningsForOverlappingVirtualPaths`: files of one volume that lie on or in one another.
fn overlaps<'a>(cx: &mut Cx<'a>, volume: Value<'a>) {
    for (kind, title, name) in
        [("configMap", "ConfigMap", "name"), ("secret", "Secret", "secretName"), ("downwardAPI", "DownwardAPI", "")]
    {
        let Some(source) = volume.get(kind).filter(|source| source.count("items") > 1) else { continue };
        let title = if name.is_empty() { title.to_owned() } else { format!("{title} {:?}", source.text(name)) };
        let mut files = Vec::new();
        paths(source, "", &mut files);
        overlapping(cx, volume, &title, &files);
    }
    let Some(projected) = volume.get("projected") else { return };
    let mut files = Vec::new();
    for source in projected.list("sources") {
        // The server drops other kinds, which are switched off before 1.37.
        if !["configMap", "secret", "downwardAPI", "serviceAccountToken"].iter().any(|kind| source.has(kind)) {
            let warn = |cx: &mut Cx<'a>| {
                cx.warn(
                    source.here(),
                    format_args!("volume {:?} (Projected) has no sources provided", volume.text("name")),
                );
                cx.called("");
            };
            if source.has("clusterTrustBundle") || source.has("podCertificate") {
                cx.before(37, warn);
            } else {
                warn(cx);
            }
        }
        for (kind, title) in [("configMap", "ConfigMap"), ("secret", "Secret"), ("downwardAPI", "DownwardAPI")] {
            let Some(part) = source.get(kind).filter(|part| part.has("items")) else { continue };
            let title = match part.text_if("name") {
                Some(name) if kind != "downwardAPI" => format!("{title} {name:?}"),
                _ => title.to_owned(),
            };
            paths(part, &title, &mut files);
            break;
        }
        if let Some(token) = source.get("serviceAccountToken") {
            files.push(File { path: token.text("path"), source: "ServiceAccountToken".to_owned() });
        }
    }
    overlapping(cx, volume, "Projected", &files);
}

fn paths<'a>(source: Value<'a>, title: &str, files: &mut Vec<File<'a>>) {
    files.extend(source.list("items").map(|item| File { path: item.text("path"), source: title.to_owned() }));
}

/// In the order of their paths, a file that lies in another one follows it.
fn overlapping<'a>(cx: &mut Cx<'a>, volume: Value<'a>, title: &str, files: &[File<'a>]) {
    let mut sorted: Vec<(Vec<&str>, usize)> = Vec::with_capacity(files.len());
    for (index, file) in files.iter().enumerate() {
        let path = file.path.trim_end_matches('/');
        if !path.is_empty() {
            sorted.push((path.split('/').collect(), index));
        }
    }
    sorted.sort();
    let mut open: Vec<(Vec<&str>, usize)> = Vec::new();
    let mut found: Vec<(usize, usize)> = Vec::new();
    for (parts, index) in sorted {
        while open.last().is_some_and(|(outer, _)| !parts.starts_with(outer)) {
            open.pop();
        }
        found.extend(open.iter().take(OTHERS).map(|(_, other)| (index.max(*other), index.min(*other))));
        open.push((parts, index));
    }
    found.sort_unstable();
    found.truncate(MOST);
    for (later, earlier) in found {
        if let (Some(later), Some(earlier)) = (files.get(later), files.get(earlier)) {
            let name = volume.text("name");
            let (later, earlier) = (later.shown(), earlier.shown());
            let why = format!("volume {name:?} ({title}): overlapping paths: {later} with {earlier}");
            cx.warn(volume.here(), why);
            cx.called("");
        }
    }
}
