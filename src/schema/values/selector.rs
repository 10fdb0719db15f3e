//! Label selectors: `ValidateLabelSelector` of apimachinery.

use super::Cx;
use crate::yaml::Value;

/// `parent.field` as a `LabelSelector`; nothing is said of one that is absent.
pub(in crate::schema) fn label_selector<'a>(_cx: &mut Cx<'a>, _parent: Value<'a>, _field: &'a str) {}
