//! The tests of the policies that the change brings: once they are merged, those policies count, so they must hold. They are
//! the head's, so whoever calls us runs them in a process of its own.

use crate::finding::{Effect, Reason, Status, Unchecked};
use crate::policy::engine::Fault;
use crate::policy::folder;
use crate::policy::set::PolicySet;
use crate::policy::test::Given;
use crate::source::Side;

use super::trust::Rules;
use super::{Part, Run, RunError, policies};

/// Runs the tests of policy folders: what is wrong with them, or why they could not be run.
pub type Tester = fn(&Given) -> Result<Vec<Fault>, String>;

impl Run<'_> {
    /// What the tests of the head's policies say, in folders that the change touches; `proposed` are its policies where
    /// others count. Policies that cannot be used are told elsewhere, and not tested.
    pub(super) fn policy_tests(
        &self,
        rules: &Rules,
        proposed: Option<&PolicySet>,
        tester: Tester,
    ) -> Result<Part, RunError> {
        let Some(set) = proposed.or(rules.from_head.then_some(self.policies)) else { return Ok(Part::default()) };
        let config = rules.head.as_ref().unwrap_or(self.config);
        let mut given = Given::new();
        for name in policies::differing_folders(config, self.base.place(), self.head.place()) {
            // A folder that cannot be read has been told.
            let Ok(files) = folder::read(name, self.head.tree, name) else { continue };
            let below = |path: &str| path.strip_prefix(name).map(|name| name.trim_start_matches('/').to_owned());
            if set.faults.iter().any(|fault| below(&fault.path).is_some()) {
                continue;
            }
            given.insert(
                name.to_owned(),
                files.iter().filter_map(|(path, text)| Some((below(path)?, text.to_string()))).collect(),
            );
        }
        if given.is_empty() {
            return Ok(Part::default());
        }
        match tester(&given) {
            Ok(faults) => {
                let drafts = faults.iter().map(|fault| self.policy_draft(fault)).collect::<Result<Vec<_>, _>>()?;
                Ok(self.gate_part(drafts.into_iter().flatten().collect()))
            }
            Err(why) => {
                Ok(Part { unchecked: given.keys().map(|name| not_run(name, &why)).collect(), ..Part::default() })
            }
        }
    }
}

fn not_run(folder: &str, why: &str) -> Unchecked {
    Unchecked {
        reason: Reason::PolicyNotEvaluated,
        effect: Effect::Fail,
        path: folder.into(),
        side: Side::Head,
        object: None,
        detail: format!("the tests of the change's policies could not be run: {why}"),
        help: Some(format!("portcullis test {folder}")),
        status: Status::New,
        deciding: false,
        count: 1,
    }
}
