//! Events and Bindings, which no manifest should hold, but some do.

use super::super::{Cx, Read};
use super::filled;
use crate::schema::stored::Places;
use crate::schema::text::name;
use crate::yaml::Value;

/// `ValidateEventCreate`, for the core group.
pub(super) fn event<'a>(cx: &mut Cx<'a>, object: Value<'a>) {
    let namespace = object.get("metadata").map_or("", |metadata| metadata.text("namespace"));
    let involved = object.get("involvedObject").map_or("", |involved| involved.text("namespace"));
    // A manifest without a namespace goes where it is applied to.
    let fits = namespace.is_empty()
        || match (involved, object.has("eventTime")) {
            ("", true) => matches!(namespace, "default" | "kube-system"),
            ("", false) => namespace == "default",
            (involved, false) => involved == namespace,
            (_, true) => true,
        };
    if !fits {
        cx.invalid_shown(
            object.at("involvedObject.namespace"),
            format_args!("{involved:?}"),
            "does not match event.namespace",
        );
    }
    if object.has("eventTime") {
        filled(cx, object, &["reportingComponent", "reportingInstance", "action", "reason"]);
        let component = object.text("reportingComponent");
        cx.invalid_shown_each(
            object.at("reportingComponent"),
            format_args!("{component:?}"),
            name::qualified(component),
        );
        for (field, most) in [("reportingInstance", 128), ("action", 128), ("reason", 128), ("message", 1024)] {
            if object.text(field).len() > most {
                cx.invalid_shown(object.at(field), "\"\"", format_args!("can have at most {most} characters"));
            }
        }
    }
}

/// `ValidatePodBinding`
pub(super) fn binding<'a>(cx: &mut Cx<'a>, object: Value<'a>) {
    let Some(target) = object.get("target") else { return };
    if !matches!(target.text("kind"), "" | "Node") {
        cx.not_supported(target.at("kind"), &["<empty>", "Node"]);
    }
    filled(cx, target, &["name"]);
}
