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

/// What an expression must evaluate to.
pub(super) struct Wanted {
    /// One of these, as far as literals tell.
    types: &'static [Ty],
    /// As the server calls them.
    shown: &'static str,
}

pub(super) const BOOL: Wanted = Wanted { types: &[Ty::Bool], shown: "bool" };
pub(super) const STRING: Wanted = Wanted { types: &[Ty::String], shown: "string" };
pub(super) const STRING_OR_NULL: Wanted = Wanted { types: &[Ty::String, Ty::Null], shown: "one of [string null_type]" };
pub(super) const OBJECT: Wanted = Wanted { types: &[], shown: "Object" };
pub(super) const PATCHES: Wanted = Wanted { types: &[Ty::List], shown: "list(JSONPatch)" };

/// Check an expression and, where something is wanted, its type.
pub(super) fn expression<'a>(cx: &mut Cx<'a>, at: At<'a>, text: &str, scope: &Scope<'_>, wanted: Option<&Wanted>) {
    match (scope.compile(text), wanted) {
        (Err(why), _) => cx.invalid(at, why),
        (Ok(ty), Some(wanted)) if ty != Ty::Unknown && !wanted.types.contains(&ty) => {
            cx.invalid(at, format_args!("must evaluate to {} but got {}", wanted.shown, ty.name()));
        }
        _ => {}
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
            expression(cx, condition.at("expression"), text, &scope, Some(&BOOL));
        }
        let text = condition.text("name");
        if text.is_empty() {
            cx.required(condition.at("name"), "");
            continue;
        }
        cx.invalid_each(condition.at("name"), name::qualified(text));
        if !names.insert(text) {
            cx.duplicate(condition.at("name"));
        }
    }
}
