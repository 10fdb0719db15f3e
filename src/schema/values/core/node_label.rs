//! Labels of nodes that the server warns of.

use super::super::Cx;
use crate::schema::stored::At;

/// Labels of nodes that have others in their place, with the server's words. Those of `NEWER` are not old before 1.31.
const DEPRECATED: [(&str, &str); 8] = [
    ("beta.kubernetes.io/arch", "deprecated since v1.14; use \"kubernetes.io/arch\" instead"),
    ("beta.kubernetes.io/os", "deprecated since v1.14; use \"kubernetes.io/os\" instead"),
    (
        "failure-domain.beta.kubernetes.io/region",
        "deprecated since v1.17; use \"topology.kubernetes.io/region\" instead",
    ),
    ("failure-domain.beta.kubernetes.io/zone", "deprecated since v1.17; use \"topology.kubernetes.io/zone\" instead"),
    ("beta.kubernetes.io/instance-type", "deprecated since v1.17; use \"node.kubernetes.io/instance-type\" instead"),
    ("app.kubernetes.io/created-by", "deprecated since v1.9"),
    ("scheduler.alpha.kubernetes.io/preferAvoidPods", "deprecated since v1.22; use Taints and Tolerations instead"),
    ("node-role.kubernetes.io/master", "use \"node-role.kubernetes.io/control-plane\" instead"),
];

const NEWER: [&str; 3] =
    ["app.kubernetes.io/created-by", "scheduler.alpha.kubernetes.io/preferAvoidPods", "node-role.kubernetes.io/master"];

/// `GetNodeLabelDeprecatedMessage`; the server says the label, too, where it is not that of the field.
pub(in super::super) fn node_label_warning(cx: &mut Cx<'_>, at: At<'_>, label: &str, says_label: bool) {
    let Some((_, why)) = DEPRECATED.iter().find(|(old, _)| *old == label) else { return };
    cx.since(if NEWER.contains(&label) { 31 } else { 0 }, |cx| {
        if says_label { cx.warn(at, format_args!("{label} is {why}")) } else { cx.warn(at, why) }
    });
}
