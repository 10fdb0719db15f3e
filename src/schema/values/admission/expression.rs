//! The CEL expressions of policies and webhooks.

use std::collections::HashSet;

use crate::schema::stored::{At, Places};
use crate::schema::text::cel::Ty;
use crate::schema::text::name;
use crate::schema::values::expression::Scope;
use crate::schema::values::{Cx, Read};
use crate::yaml::Value;

/// The most conditions.
const CONDITIONS: usize = 64;

/// What an expression can name.
pub(super) fn names(params: bool, authorizer: bool) -> &'static [&'static str] {
    const AUTHORIZER: &[&str] = &["object", "oldObject", "request", "namespaceObject", "params", "authorizer"];
    const NO_PARAMS: &[&str] = &["object", "oldObject", "request", "namespaceObject", "authorizer"];
    match (params, authorizer) {
        (true, true) => AUTHORIZER,
        (false, true) => NO_PARAMS,
        (true, false) => AUTHORIZER.split_last().map_or(&[], |(_, rest)| rest),
        (false, false) => NO_PARAMS.split_last().map_or(&[], |(_, rest)| rest),
    }
}

/// Check an expression that must have one of some types; any, where there are none.
pub(super) fn expression<'a>(cx: &mut Cx<'a>, at: At<'a>, text: &str, scope: &Scope<'_>, types: &[Ty]) {
    match scope.compile(text) {
        Err(why) => cx.invalid(at, why),
        Ok(ty) if ty == Ty::Unknown || types.is_empty() || types.contains(&ty) => {}
        Ok(ty) => {
            let names: Vec<&str> = types.iter().map(|ty| ty.name()).collect();
            let wanted = match names.as_slice() {
                [one] => (*one).to_owned(),
                _ => format!("one of [{}]", names.join(" ")),
            };
            cx.invalid(at, format_args!("must evaluate to {wanted} but got {}", ty.name()));
        }
    }
}

/// `matchConditions`
pub(super) fn match_conditions<'a>(cx: &mut Cx<'a>, parent: Value<'a>, params: bool) {
    let scope = Scope { names: names(params, true), variables: None };
    let count = parent.count("matchConditions");
    if count > CONDITIONS {
        cx.too_many(parent.at("matchConditions"), count, CONDITIONS);
    }
    let mut names = HashSet::new();
    for condition in parent.list("matchConditions") {
        let text = condition.text("expression").trim();
        if text.is_empty() {
            cx.required(condition.at("expression"), "");
        } else {
            expression(cx, condition.at("expression"), text, &scope, &[Ty::Bool]);
        }
        let text = condition.text("name");
        if text.is_empty() {
            cx.required(condition.at("name"), "");
            continue;
        }
        for why in name::qualified(text) {
            cx.invalid(condition.at("name"), why);
        }
        if !names.insert(text) {
            cx.duplicate(condition.at("name"));
        }
    }
}
