//! Compiles CRDs into a [`Pack`].
//!
//! The packed form: a magic number and the lengths of four sections (32 bits each), then
//! - the texts, each with its length in front,
//! - the nodes and, between them, the versions of each kind: a node is its flags (32 bits) and its parts in the order of
//!   `node::Part`; texts and nodes are named by their offset in their section (24 bits),
//! - the kinds, sorted by group and name, of `KIND` bytes each,
//! - the JSON Schemas, sorted by path, of `DOCUMENT` bytes each.

use std::collections::{BTreeMap, HashMap};

use super::format::Format;
use super::node::{self, Part, TYPES, Type};
use super::pack::{self, DOCUMENT, KIND, MAGIC, Pack};
use crate::schema::text::regexp;
use crate::yaml::{Kind as ValueKind, Value};

/// The levels of a schema: every walk over one is recursive, and no real schema has 60.
const DEPTH: usize = 200;

/// Why a CRD cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is no CRD of `apiextensions.k8s.io/v1`, or lacks what names its kind.
    #[error("it is not a CustomResourceDefinition of apiextensions.k8s.io/v1")]
    NotACrd,
    /// The server takes no such regular expression, and so not the CRD.
    #[error("its pattern {pattern:?} is no regular expression of the server's: {why}")]
    Pattern {
        /// The text.
        pattern: String,
        /// What is wrong with it.
        why: String,
    },
    /// The server takes no such schema.
    #[error("its schema has {0}, which the server refuses")]
    Schema(&'static str),
    /// It nests too deeply or is too large.
    #[error("its schema is too large")]
    TooLarge,
}

/// Where CRDs are compiled into.
#[derive(Debug)]
pub struct Builder {
    texts: Vec<u8>,
    known_texts: HashMap<Box<str>, u32>,
    nodes: Vec<u8>,
    known_nodes: HashMap<Box<[u8]>, u32>,
    kinds: BTreeMap<(String, String), [u8; KIND]>,
    pub(super) documents: BTreeMap<String, [u8; DOCUMENT]>,
}

impl Default for Builder {
    fn default() -> Self {
        Self::new()
    }
}

impl Builder {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        let mut builder = Self {
            texts: Vec::new(),
            known_texts: HashMap::new(),
            // The node of offset 0 says nothing.
            nodes: vec![0; 4],
            known_nodes: HashMap::new(),
            kinds: BTreeMap::new(),
            documents: BTreeMap::new(),
        };
        // So that a text of offset 0 is the empty one.
        builder.text("").ok();
        builder
    }

    /// Compile one CRD: the value of the whole document. A second one of the same kind replaces the first.
    pub fn add(&mut self, crd: Value<'_>) -> Result<(), Refusal> {
        let text = |path: &[&str]| crd.path(path).and_then(Value::as_str);
        let is_crd = text(&["apiVersion"]) == Some("apiextensions.k8s.io/v1")
            && text(&["kind"]) == Some("CustomResourceDefinition");
        let (Some(group), Some(kind), true) = (text(&["spec", "group"]), text(&["spec", "names", "kind"]), is_crd)
        else {
            return Err(Refusal::NotACrd);
        };
        let versions: Vec<Value<'_>> = crd.path(&["spec", "versions"]).into_iter().flat_map(Value::items).collect();
        let mut record = Record::default();
        record.count(versions.len());
        for version in versions {
            self.version(&mut record, version)?;
        }
        let versions = self.nodes.len();
        self.nodes.extend(record.0);
        let mut entry = Record::default();
        for text in [group, kind, text(&["spec", "names", "plural"]).unwrap_or_default()] {
            entry.offset(self.text(text)?)?;
        }
        let flag = |set, bit| if set { bit } else { 0 };
        let preserves = crd.path(&["spec", "preserveUnknownFields"]).and_then(Value::as_bool) == Some(true);
        entry.byte(
            flag(text(&["spec", "scope"]) != Some("Cluster"), pack::NAMESPACED)
                | flag(preserves, pack::PRESERVES)
                | flag(text(&["spec", "conversion", "strategy"]) == Some("Webhook"), pack::WEBHOOK),
        );
        entry.offset(u32::try_from(versions).unwrap_or(u32::MAX))?;
        let bytes = <[u8; KIND]>::try_from(entry.0).map_err(|_| Refusal::TooLarge)?;
        self.kinds.insert((group.to_owned(), kind.to_owned()), bytes);
        Ok(())
    }

    /// The pack.
    #[must_use]
    pub fn finish(self) -> Pack {
        let bytes = self.bytes();
        Pack::open(bytes.into()).unwrap_or_default()
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        let records = [KIND * self.kinds.len(), DOCUMENT * self.documents.len()];
        for length in [self.texts.len(), self.nodes.len()].into_iter().chain(records) {
            bytes.extend(u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes());
        }
        bytes.extend(&self.texts);
        bytes.extend(&self.nodes);
        bytes.extend(self.kinds.values().flatten());
        bytes.extend(self.documents.values().flatten());
        bytes
    }

    pub(super) fn text(&mut self, text: &str) -> Result<u32, Refusal> {
        if let Some(known) = self.known_texts.get(text) {
            return Ok(*known);
        }
        let at = offset_of(self.texts.len())?;
        let mut record = Record::default();
        record.count(text.len());
        self.texts.extend(record.0);
        self.texts.extend(text.as_bytes());
        self.known_texts.insert(text.into(), at);
        Ok(at)
    }

    fn version(&mut self, record: &mut Record, version: Value<'_>) -> Result<(), Refusal> {
        let text = |path: &[&str]| version.path(path).and_then(Value::as_str);
        let flag = |path: &[&str], bit| if version.path(path).and_then(Value::as_bool) == Some(true) { bit } else { 0 };
        let is_there = |path: &[&str]| version.path(path).is_some_and(|value| !value.is_null());
        let has_status = is_there(&["subresources", "status"]);
        let has_scale = is_there(&["subresources", "scale"]);
        record.offset(self.text(text(&["name"]).unwrap_or_default())?)?;
        record.byte(
            flag(&["served"], pack::SERVED)
                | flag(&["deprecated"], pack::DEPRECATED)
                | flag(&["storage"], pack::STORED)
                | if has_status { pack::STATUS } else { 0 }
                | if has_scale { pack::SCALE } else { 0 },
        );
        let root = match version.path(&["schema", "openAPIV3Schema"]) {
            Some(schema) => self.node(schema, 0)?.at,
            None => 0,
        };
        record.offset(root)?;
        if flag(&["deprecated"], 1) > 0 {
            record.offset(self.text(text(&["deprecationWarning"]).unwrap_or_default())?)?;
        }
        if has_scale {
            for path in ["specReplicasPath", "statusReplicasPath", "labelSelectorPath"] {
                record.offset(self.text(text(&["subresources", "scale", path]).unwrap_or_default())?)?;
            }
        }
        Ok(())
    }

    fn node(&mut self, schema: Value<'_>, depth: usize) -> Result<Compiled, Refusal> {
        if depth > DEPTH {
            return Err(Refusal::TooLarge);
        }
        let mut draft = Draft::default();
        for (key, _, value) in schema.entries() {
            if !value.is_null() {
                self.keyword(&mut draft, key, value, depth)?;
            }
        }
        if draft.flags & Part::Properties.bit() > 0 && draft.flags & Part::Additional.bit() > 0 {
            return Err(Refusal::Schema("properties beside additionalProperties"));
        }
        self.pack(draft, schema)
    }

    /// Read one keyword of a schema.
    fn keyword(&mut self, draft: &mut Draft, key: &str, value: Value<'_>, depth: usize) -> Result<(), Refusal> {
        let is_true = value.as_bool() == Some(true);
        let mut set = |bit| draft.flags |= if is_true { bit } else { 0 };
        match key {
            "nullable" => set(node::NULLABLE),
            "x-kubernetes-preserve-unknown-fields" => set(node::PRESERVES),
            "x-kubernetes-int-or-string" => set(node::INT_OR_STRING),
            "x-kubernetes-embedded-resource" => set(node::EMBEDDED | node::INVARIANTS_BELOW),
            "exclusiveMinimum" => draft.exclusive |= if is_true { node::EXCLUSIVE_MINIMUM } else { 0 },
            "exclusiveMaximum" => draft.exclusive |= if is_true { node::EXCLUSIVE_MAXIMUM } else { 0 },
            "type" => {
                let number = TYPES.iter().position(|(_, name)| Some(*name) == value.as_str());
                let number = number.ok_or(Refusal::Schema("a type that is none"))?;
                draft.flags |= u32::try_from(number).unwrap_or_default() << node::TYPE;
            }
            "x-kubernetes-list-type" => match value.as_str() {
                Some("set") => draft.flags |= 1 << node::LIST | node::INVARIANTS_BELOW,
                Some("map") => draft.flags |= 2 << node::LIST | node::INVARIANTS_BELOW,
                _ => {}
            },
            "x-kubernetes-map-type" => {
                draft.flags |= if value.as_str() == Some("atomic") { node::ATOMIC_MAP } else { 0 }
            }
            "properties" => self.properties(draft, value, depth)?,
            "items" if value.kind() == ValueKind::Sequence => return Err(Refusal::Schema("a list as items")),
            "items" => {
                let child = self.node(value, depth + 1)?;
                draft.child(Part::Items).offset(child.at)?;
                draft.below(child);
            }
            "additionalProperties" => match value.as_bool() {
                Some(true) => draft.flags |= node::ADDITIONAL_TRUE,
                Some(false) => draft.flags |= node::ADDITIONAL_FALSE,
                None => {
                    let child = self.node(value, depth + 1)?;
                    draft.child(Part::Additional).offset(child.at)?;
                    draft.below(child);
                }
            },
            "required" => self.texts(draft.child(Part::Required), value)?,
            "x-kubernetes-list-map-keys" => self.texts(draft.child(Part::Keys), value)?,
            "default" => self.literal(draft.child(Part::Default), value)?,
            "enum" => {
                let values: Vec<Value<'_>> = value.items().collect();
                if !values.is_empty() {
                    let record = draft.child(Part::Enum);
                    record.count(values.len());
                    values.into_iter().try_for_each(|value| self.literal(record, value))?;
                }
            }
            "pattern" => {
                let pattern = value.as_str().unwrap_or_default();
                if !pattern.is_empty() {
                    regexp::check(pattern).map_err(|why| Refusal::Pattern { pattern: pattern.to_owned(), why })?;
                    draft.child(Part::Pattern).offset(self.text(pattern)?)?;
                }
            }
            "x-kubernetes-validations" => self.rules(draft, value)?,
            "allOf" | "anyOf" | "oneOf" | "not" => self.junctor(draft, key, value, depth)?,
            "$ref" => return Err(Refusal::Schema("$ref")),
            "format" => draft.format = value.as_str().map(str::to_owned),
            _ => draft.number(key, value),
        }
        Ok(())
    }

    fn properties(&mut self, draft: &mut Draft, value: Value<'_>, depth: usize) -> Result<(), Refusal> {
        let mut properties: Vec<(&str, Value<'_>)> = value.entries().map(|(name, _, value)| (name, value)).collect();
        if properties.is_empty() {
            return Ok(());
        }
        properties.sort_unstable_by_key(|(name, _)| *name);
        let mut record = Record::default();
        record.count(properties.len());
        for (name, schema) in properties {
            let child = self.node(schema, depth + 1)?;
            record.offset(self.text(name)?)?;
            record.offset(child.at)?;
            draft.below(child);
            if child.flags & Part::Default.bit() > 0 {
                draft.flags |= node::DEFAULTS;
            }
        }
        *draft.child(Part::Properties) = record;
        Ok(())
    }

    fn junctor(&mut self, draft: &mut Draft, key: &str, value: Value<'_>, depth: usize) -> Result<(), Refusal> {
        let (number, schemas): (usize, Vec<Value<'_>>) = match key {
            "allOf" => (0, value.items().collect()),
            "anyOf" => (1, value.items().collect()),
            "oneOf" => (2, value.items().collect()),
            _ => (3, vec![value]),
        };
        for schema in schemas {
            let child = self.node(schema, depth + 1)?;
            if let Some(list) = draft.junctors.get_mut(number) {
                list.push(child.at);
            }
        }
        Ok(())
    }

    fn rules(&mut self, draft: &mut Draft, value: Value<'_>) -> Result<(), Refusal> {
        let rules: Vec<Value<'_>> = value.items().collect();
        if rules.is_empty() {
            return Ok(());
        }
        draft.flags |= node::RULES_BELOW;
        let record = draft.child(Part::Rules);
        record.count(rules.len());
        for rule in rules {
            for key in ["rule", "message", "messageExpression", "reason", "fieldPath"] {
                record.offset(self.text(rule.get(key).and_then(Value::as_str).unwrap_or_default())?)?;
            }
            record.byte(u8::from(rule.get("optionalOldSelf").and_then(Value::as_bool) == Some(true)));
        }
        Ok(())
    }

    fn texts(&mut self, record: &mut Record, value: Value<'_>) -> Result<(), Refusal> {
        let texts: Vec<&str> = value.items().filter_map(Value::as_str).collect();
        record.count(texts.len());
        texts.into_iter().try_for_each(|text| record.offset(self.text(text)?))
    }

    fn literal(&mut self, record: &mut Record, value: Value<'_>) -> Result<(), Refusal> {
        record.byte(u8::from(value.as_str().is_none()));
        record.offset(match value.as_str() {
            Some(text) => self.text(text)?,
            None => self.text(&serde_json::to_string(&value).unwrap_or_default())?,
        })
    }

    /// Give a node its place, or find the equal one that is there already.
    fn pack(&mut self, mut draft: Draft, schema: Value<'_>) -> Result<Compiled, Refusal> {
        let ty = TYPES.get((draft.flags >> node::TYPE & 7) as usize).map_or(Type::Any, |(ty, _)| *ty);
        let is_ambiguous = draft.flags & node::INT_OR_STRING > 0;
        let format = draft.format.take();
        if let Some(format) = format.and_then(|name| Format::of(&name, if is_ambiguous { Type::Any } else { ty })) {
            draft.child(Part::Format).byte(format.number());
        }
        draft.bounds(Part::Lengths, draft.lengths);
        draft.bounds(Part::ItemCounts, draft.item_counts);
        draft.bounds(Part::PropertyCounts, draft.property_counts);
        draft.numbers(schema);
        let junctors = std::mem::take(&mut draft.junctors);
        if junctors.iter().any(|list| !list.is_empty()) {
            let record = draft.child(Part::Junctors);
            for list in &junctors {
                record.count(list.len());
            }
            junctors.iter().flatten().try_for_each(|at| record.offset(*at))?;
        }
        let mut bytes = draft.flags.to_le_bytes().to_vec();
        bytes.extend(draft.parts.into_values().flat_map(|record| record.0));
        Ok(Compiled { at: self.intern(bytes)?, flags: draft.flags })
    }

    /// The place of equal bytes among the nodes.
    pub(super) fn intern(&mut self, bytes: Vec<u8>) -> Result<u32, Refusal> {
        if let Some(known) = self.known_nodes.get(bytes.as_slice()) {
            return Ok(*known);
        }
        let at = offset_of(self.nodes.len())?;
        self.nodes.extend(&bytes);
        self.known_nodes.insert(bytes.into(), at);
        Ok(at)
    }
}

#[derive(Clone, Copy)]
struct Compiled {
    at: u32,
    flags: u32,
}

/// A node while its keywords are read.
#[derive(Default)]
struct Draft {
    flags: u32,
    parts: BTreeMap<Part, Record>,
    format: Option<String>,
    junctors: [Vec<u32>; 4],
    lengths: [Option<u64>; 2],
    item_counts: [Option<u64>; 2],
    property_counts: [Option<u64>; 2],
    exclusive: u8,
}

impl Draft {
    fn child(&mut self, part: Part) -> &mut Record {
        self.flags |= part.bit();
        self.parts.entry(part).or_default()
    }

    /// What a node says of all that is below it.
    fn below(&mut self, child: Compiled) {
        self.flags |= child.flags & (node::RULES_BELOW | node::INVARIANTS_BELOW);
    }

    fn number(&mut self, key: &str, value: Value<'_>) {
        let number = value.as_int().and_then(|number| u64::try_from(number).ok());
        match key {
            "minLength" => self.lengths[0] = number,
            "maxLength" => self.lengths[1] = number,
            "minItems" => self.item_counts[0] = number,
            "maxItems" => self.item_counts[1] = number,
            "minProperties" => self.property_counts[0] = number,
            "maxProperties" => self.property_counts[1] = number,
            _ => {}
        }
    }

    fn bounds(&mut self, part: Part, [low, high]: [Option<u64>; 2]) {
        if low.is_none() && high.is_none() {
            return;
        }
        let record = self.child(part);
        record.byte(u8::from(low.is_some()) | if high.is_some() { 2 } else { 0 });
        low.into_iter().chain(high).for_each(|number| record.number(number));
    }

    fn numbers(&mut self, schema: Value<'_>) {
        let number = |key| schema.get(key).and_then(Value::as_float);
        let numbers = [
            (node::MINIMUM, number("minimum")),
            (node::MAXIMUM, number("maximum")),
            (node::MULTIPLE, number("multipleOf")),
        ];
        if numbers.iter().all(|(_, number)| number.is_none()) {
            return;
        }
        let bits = numbers.iter().filter(|(_, number)| number.is_some()).map(|(bit, _)| bit).sum::<u8>();
        let exclusive = self.exclusive;
        let record = self.child(Part::Numbers);
        record.byte(bits | exclusive);
        numbers.into_iter().filter_map(|(_, number)| number).for_each(|number| record.0.extend(number.to_le_bytes()));
    }
}

/// Bytes that grow.
#[derive(Debug, Default)]
pub(super) struct Record(pub(super) Vec<u8>);

impl Record {
    pub(super) fn byte(&mut self, byte: u8) {
        self.0.push(byte);
    }

    pub(super) fn offset(&mut self, at: u32) -> Result<(), Refusal> {
        match at.to_le_bytes() {
            [a, b, c, 0] => self.0.extend([a, b, c]),
            _ => return Err(Refusal::TooLarge),
        }
        Ok(())
    }

    fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(u8::try_from(number & 0x7F).unwrap_or_default() | 0x80);
            number >>= 7;
        }
        self.0.push(u8::try_from(number).unwrap_or_default());
    }

    pub(super) fn count(&mut self, count: usize) {
        self.number(count as u64);
    }
}

fn offset_of(length: usize) -> Result<u32, Refusal> {
    u32::try_from(length).ok().filter(|at| *at < 1 << 24).ok_or(Refusal::TooLarge)
}
