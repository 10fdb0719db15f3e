//! What a policy looks at: `custom.match` of its METADATA.

use super::metadata::Custom;
use super::review::Review;

/// Which reviews a policy is asked about. The default is all of them.
#[derive(Clone, Debug, Default)]
pub struct Match {
    kinds: Vec<(Vec<String>, Vec<String>)>,
    operations: Vec<String>,
}

impl Match {
    /// What METADATA says under `custom`.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn of_metadata(custom: &Custom) -> Result<Self, String> {
        let Some(spec) = &custom.matches else { return Ok(Self::default()) };
        let texts = |value: &serde_json::Value, key: &str| -> Result<Vec<String>, String> {
            let Some(list) = value.get(key) else { return Ok(Vec::new()) };
            let items = list.as_array().ok_or_else(|| format!("`{key}` is no list"))?;
            items
                .iter()
                .map(|item| item.as_str().map(str::to_owned).ok_or_else(|| format!("`{key}` holds what is no text")))
                .collect()
        };
        let kinds = match spec.get("kinds") {
            None => Vec::new(),
            Some(kinds) => kinds
                .as_array()
                .ok_or("`kinds` is no list")?
                .iter()
                .map(|entry| Ok((texts(entry, "apiGroups")?, texts(entry, "kinds")?)))
                .collect::<Result<_, String>>()?,
        };
        Ok(Self { kinds, operations: texts(spec, "operations")? })
    }

    /// The policy is asked about this review.
    #[must_use]
    pub fn matches(&self, review: &Review) -> bool {
        has(&self.operations, &review.operation) && self.may_match(&review.group, &review.kind)
    }

    /// The policy may be asked about objects of a kind.
    #[must_use]
    pub fn may_match(&self, group: &str, kind: &str) -> bool {
        self.kinds.is_empty() || self.kinds.iter().any(|(groups, kinds)| has(groups, group) && has(kinds, kind))
    }
}

fn has(list: &[String], what: &str) -> bool {
    list.is_empty() || list.iter().any(|one| one == "*" || one == what)
}
