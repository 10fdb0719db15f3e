//! `DeviceClass`, and what it shares with claims: selectors and configuration.

use super::{fits, names};
use crate::schema::stored::Places;
use crate::schema::text::cel::Ty;
use crate::schema::values::expression::Scope;
use crate::schema::values::{Cx, Read, resources};
use crate::yaml::{Kind, Value};

pub(super) const SELECTORS: usize = 32;
pub(super) const CONFIGS: usize = 32;
const EXPRESSION: usize = 10 * 1024;
const PARAMETERS: usize = 10 * 1024;

/// `DeviceClass`
pub(super) fn class<'a>(cx: &mut Cx<'a>, spec: Value<'a>) {
    selectors(cx, spec);
    if fits(cx, spec, "config", CONFIGS) {
        for config in spec.list("config") {
            configuration(cx, config);
        }
    }
    if spec.text_if("extendedResourceName").is_some_and(|name| !resources::is_extended(name)) {
        cx.since(36, |cx| {
            cx.invalid(spec.at("extendedResourceName"), "must be a valid extended resource name");
        });
    }
}

/// `selectors` of a class or a request.
pub(super) fn selectors<'a>(cx: &mut Cx<'a>, parent: Value<'a>) {
    if !fits(cx, parent, "selectors", SELECTORS) {
        return;
    }
    for selector in parent.list("selectors") {
        match selector.get("cel") {
            None => cx.required(selector.at("cel"), ""),
            Some(cel) => expression(cx, cel),
        }
    }
}

fn expression<'a>(cx: &mut Cx<'a>, cel: Value<'a>) {
    let (at, text) = (cel.at("expression"), cel.text("expression"));
    if text.len() > EXPRESSION {
        return cx.too_long(at, EXPRESSION);
    }
    let shown = format_args!("{text:?}");
    match (Scope { names: &["device"], variables: None }).compile(text) {
        Err(why) => cx.invalid_shown(at, shown, why),
        Ok(Ty::Unknown | Ty::Bool) => {}
        Ok(ty) => {
            let why = format!("must evaluate to bool or the unknown type, not {}", ty.name());
            cx.invalid_shown(at, shown, why);
        }
    }
}

/// `DeviceConfiguration`
pub(super) fn configuration<'a>(cx: &mut Cx<'a>, config: Value<'a>) {
    let Some(opaque) = config.get("opaque") else { return cx.required(config.at("opaque"), "") };
    names::driver(cx, opaque.at("driver"), opaque.text("driver"));
    let at = opaque.at("parameters");
    let Some(parameters) = opaque.get("parameters").filter(|value| !value.is_null()) else {
        return cx.required(at, "");
    };
    if serde_json::to_string(&parameters).is_ok_and(|json| json.len() > PARAMETERS) {
        cx.since(32, |cx| cx.too_long(at, PARAMETERS));
    } else if parameters.kind() != Kind::Mapping {
        cx.invalid_shown(at, "\"<value omitted>\"", "must be a valid JSON object");
    }
}
