//! The ranges that Services get their addresses from.

use super::super::{Cx, Read, addresses};
use crate::schema::stored::Places;
use crate::yaml::Value;

const FAMILIES: &str = "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64";

pub(super) fn service_cidr<'a>(cx: &mut Cx<'a>, object: Value<'a>) {
    let Some(spec) = object.get("spec") else { return };
    // Later the server compares the ranges, and looks only at those that get a second one.
    let ranges = |object: Value<'_>| object.get("spec").map_or(0, |spec| spec.count("cidrs"));
    if cx.old.is_some_and(|old| (ranges(old), ranges(object)) != (1, 2)) {
        return;
    }
    if spec.lacks("cidrs") {
        return cx.required(spec.at("cidrs"), "at least one CIDR required");
    }
    if spec.count("cidrs") > 2 {
        return cx.invalid(spec.at("cidrs"), "may only hold up to 2 values");
    }
    let mut families = Vec::with_capacity(2);
    for cidr in spec.list("cidrs") {
        let found = addresses::cidr(cx, cidr.here(), cidr.as_str().unwrap_or_default());
        families.extend(found.map(|cidr| cidr.network().is_v4()));
    }
    if let [first, second] = families.as_slice()
        && first == second
    {
        cx.invalid(spec.at("cidrs"), FAMILIES);
    }
}

pub(super) fn service_cidr_update<'a>(cx: &mut Cx<'a>, new: Value<'a>, old: Value<'_>) {
    let (Some(new), Some(old)) = (new.get("spec"), old.get("spec")) else { return };
    match (old.count("cidrs"), new.count("cidrs")) {
        // A second range may follow the first, which makes the cluster one of two families.
        (before, now) if before == now || (before, now) == (1, 2) => {
            for (cidr, old) in new.list("cidrs").zip(old.list("cidrs")) {
                if !cidr.same(old) {
                    cx.immutable(cidr.here());
                }
            }
        }
        _ => cx.immutable(new.at("cidrs")),
    }
}
