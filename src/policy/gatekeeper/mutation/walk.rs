//! One mutator on one object: follow its location, make what is missing, and change what is there.

use super::path::Step;
use crate::policy::Value;

/// What a mutator does at the end of its location.
pub(super) trait Setter {
    /// Set a field of an object.
    fn set(&self, old: Option<&Value>) -> Result<Option<Value>, String>;

    /// The object that stands in a list from now on; an error where the mutator sets no items.
    fn item(&self) -> Result<Value, String>;
}

/// Whether a step may, or must not, exist: by its depth in the location.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tests(pub(super) Vec<(usize, bool)>);

impl Tests {
    fn allow(&self, depth: usize, exists: bool) -> bool {
        self.0.iter().all(|(at, must_exist)| *at != depth || *must_exist == exists)
    }
}

/// A location with its tests and what happens there.
pub(super) struct Walk<'a> {
    pub(super) steps: &'a [Step],
    pub(super) tests: &'a Tests,
    pub(super) setter: &'a dyn Setter,
}

impl Walk<'_> {
    /// Change an object; whether anything was set. The error is Gatekeeper's.
    pub(super) fn apply(&self, object: &mut Value) -> Result<bool, String> {
        self.step(object, 0)
    }

    fn step(&self, current: &mut Value, depth: usize) -> Result<bool, String> {
        match self.steps.get(depth) {
            Some(Step::Field(field)) => self.field(current, field, depth),
            Some(Step::Item { key, value }) => self.items(current, key, value.as_ref(), depth),
            None => Ok(false),
        }
    }

    fn is_last(&self, depth: usize) -> bool {
        depth + 1 == self.steps.len()
    }

    fn field(&self, current: &mut Value, field: &str, depth: usize) -> Result<bool, String> {
        let Ok(object) = current.as_object_mut() else {
            return Err(format!("mismatch between path entry (type: object) and received object. Path: {field}"));
        };
        let key = Value::from(field);
        let next = object.get(&key);
        if !self.tests.allow(depth, next.is_some()) {
            return Ok(false);
        }
        if self.is_last(depth) {
            if let Some(new) = self.setter.set(next)? {
                object.insert(key, new);
            }
            return Ok(true);
        }
        let mut next = next.cloned().unwrap_or_else(|| self.missing(depth));
        let changed = self.step(&mut next, depth + 1)?;
        if changed {
            object.insert(key, next);
        }
        Ok(changed)
    }

    fn items(&self, current: &mut Value, key: &str, value: Option<&Value>, depth: usize) -> Result<bool, String> {
        let Ok(list) = current.as_array_mut() else {
            return Err(format!("mismatch between path entry (type: List) and received object. Path: [{key}]"));
        };
        let key = Value::from(key);
        let is_it = |item: &Value| item.as_object().ok().and_then(|item| item.get(&key)) == value;
        if self.is_last(depth) {
            let new = self.setter.item()?;
            let Some(value) = value else { return Err("last path entry can not be globbed".to_owned()) };
            let Some(old) = list.iter_mut().find(|item| is_it(item)) else {
                let allowed = self.tests.allow(depth, false);
                if allowed {
                    list.push(new);
                }
                return Ok(allowed);
            };
            if new.as_object().ok().and_then(|new| new.get(&key)) != Some(value) {
                return Err("key value of replaced object must not change".to_owned());
            }
            let allowed = self.tests.allow(depth, true);
            if allowed {
                *old = new;
            }
            return Ok(allowed);
        }
        if value.is_none() && !self.tests.allow(depth, true) {
            return Ok(false);
        }
        let mut found = value.is_none();
        let mut changed = false;
        for item in list.iter_mut().filter(|item| value.is_none() || is_it(item)) {
            if !self.tests.allow(depth, true) {
                return Ok(false);
            }
            changed |= self.step(item, depth + 1)?;
            found = true;
        }
        let Some(value) = value.filter(|_| !found && self.tests.allow(depth, false)) else { return Ok(changed) };
        let mut new = self.missing(depth);
        let Ok(fields) = new.as_object_mut() else {
            return Err("two consecutive list path entries not allowed".to_owned());
        };
        fields.insert(key, value.clone());
        let changed = self.step(&mut new, depth + 1)?;
        if changed {
            list.push(new);
        }
        Ok(changed)
    }

    /// What a step that is not there holds: what the next step needs.
    fn missing(&self, depth: usize) -> Value {
        match self.steps.get(depth + 1) {
            Some(Step::Item { .. }) => Value::new_array(),
            _ => Value::new_object(),
        }
    }
}
