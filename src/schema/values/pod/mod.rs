//! Pods and the templates of Pods, wherever they stand.

use super::Cx;
use crate::schema::stored::Stored;
use crate::yaml::{NodeId, Value};

/// `parent.field` as a `PodTemplateSpec`: its labels and annotations, its `spec`, and the warnings about them.
pub(in crate::schema) fn template<'a>(_cx: &mut Cx<'a>, _parent: Value<'a>, _field: &'a str) {}

/// `parent.field` as a `PodSpec`.
pub(in crate::schema) fn spec<'a>(_cx: &mut Cx<'a>, _parent: Value<'a>, _field: &'a str) {}

/// The defaults of a `PodTemplateSpec` that depend on other fields. `template` is the node of the template.
pub(in crate::schema) fn template_defaults(_stored: &mut Stored, _template: NodeId) {}
