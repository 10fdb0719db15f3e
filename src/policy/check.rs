//! The check that asks the policies in use about every object of the change.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

use rayon::prelude::*;
use regorus::Value;

use super::ask::{Ask, in_use};
use super::loaded::{Convention, Policy};
use super::portcullis::Input;
use super::set::PolicySet;
use super::state::State;
use super::subject::StandIn;
use super::violation::Violation;
use super::{pod_security, reads, subject};
use crate::check::{self, Check, Context, Draft, Subject};
use crate::finding::{Operation, Reason};
use crate::manifest::object::Object;
use crate::rules::Rule;

/// What the check is given: the policies, and what is known of the side that is judged.
#[derive(Clone, Copy, Debug)]
pub struct Policies<'a> {
    /// The policies in use.
    pub set: &'a PolicySet,
    /// The side that is judged.
    pub state: &'a State<'a>,
}

/// Asks the policies.
#[derive(Debug)]
pub struct PolicyCheck;

impl Check for PolicyCheck {
    fn rules(&self) -> &'static [&'static Rule] {
        &[]
    }

    fn looks_around(&self) -> bool {
        true
    }

    fn check(&self, context: &Context<'_>, subject: Subject<'_>, drafts: &mut Vec<Draft>) {
        let Subject::Object(review) = subject else { return };
        let Some(object) = review.new.or(review.old) else { return };
        let set = context.policies.set;
        if set.policies.is_empty() {
            return;
        }
        let mut asked = subject::Asked::new(context, review);
        let is_enforced = pod_security::enforced(context, object);
        let mut asks = in_use(set, context.config, object.path());
        asks.retain(|ask| {
            ask.policy.convention != Convention::Combined
                && ask.policy.matches.may_match_request(&asked.head)
                && !is_enforced(ask.policy)
                // Of what did not change, only those are asked whose answer depends on other objects.
                && (review.operation != Operation::Unchanged || !ask.policy.inventory.is_nothing())
        });
        compile(asks.iter().map(|ask| ask.policy));
        for ask in asks {
            match ask.policy.matches.matches(asked.review(false, &StandIn::Text).0) {
                // Whether it is asked may depend on a value that is not known.
                Ok(false) if object.has_unknown() => ask.evaluate(context, object, &mut asked, drafts),
                Ok(true) => ask.evaluate(context, object, &mut asked, drafts),
                Ok(false) => {}
                Err(why) => drafts.push(ask.not_judged(object, Reason::PolicyNotEvaluated, &why.to_string())),
            }
        }
    }
}

/// Compile policies that are asked for the first time, on all cores.
pub(super) fn compile<'a>(policies: impl Iterator<Item = &'a Policy>) {
    let mut new: Vec<_> = policies.map(Policy::group).filter(|group| !group.is_compiled()).collect();
    new.dedup_by(|a, b| Arc::ptr_eq(a, b));
    // What is wrong with one is told when it is asked.
    new.par_iter().for_each(|group| _ = group.program());
}

/// `input.change` for a cluster.
fn with_cluster(change: &Value, cluster: Option<&str>) -> Value {
    let mut change = change.clone();
    if let Ok(fields) = change.as_object_mut() {
        fields.insert(Value::from("cluster"), cluster.map_or(Value::Null, Value::from));
    }
    change
}

impl Ask<'_> {
    fn evaluate(
        &self,
        context: &Context<'_>,
        object: &Object,
        asked: &mut subject::Asked<'_>,
        drafts: &mut Vec<Draft>,
    ) {
        let state = context.policies.state;
        let program = match state.program(self.policy, self.scope.as_deref(), object.path()) {
            Ok(program) => program,
            // What is wrong with a policy of the repository is told once, not for every object.
            Err(_) if !self.policy.is_bundled && self.policy.group().program().is_err() => return,
            Err(why) => return drafts.push(self.not_judged(object, Reason::PolicyNotEvaluated, &why)),
        };
        let params = Value::from(serde_json::Value::Object(self.by.entry.params.clone()));
        let is_bare = self.policy.convention == Convention::Conftest;
        let change = if self.policy.asks_cluster {
            Cow::Owned(with_cluster(state.change(), self.scope.as_deref()))
        } else {
            Cow::Borrowed(state.change())
        };
        let mut ask = |stand_in: &StandIn| -> Result<Vec<Violation>, String> {
            if object.has_unknown() && !self.policy.matches.matches(asked.review(false, stand_in).0).unwrap_or(true) {
                return Ok(Vec::new());
            }
            let (review, request) = asked.review(is_bare, stand_in);
            self.policy.evaluate(&Input { review, request, params: &params, change: &change, program: &program })
        };
        let said = match ask(&StandIn::Text) {
            Ok(said) => said,
            Err(why) => return drafts.push(self.not_judged(object, Reason::PolicyNotEvaluated, &why)),
        };
        if !object.has_unknown() {
            return self.report(context, object, &said, drafts);
        }
        // What the policy says in any case does not depend on a value that nobody knows.
        let key = |violation: &Violation| (violation.message.clone(), violation.field.clone());
        let all: HashSet<_> = said.iter().map(key).collect();
        let (mut certain, mut depends) = (all.clone(), false);
        let constants = [reads::constants_of(&params).as_slice(), self.policy.constants()].concat();
        for stand_in in StandIn::others(&constants) {
            match ask(&stand_in) {
                Ok(others) => {
                    let others: HashSet<_> = others.iter().map(key).collect();
                    depends |= others != all;
                    certain.retain(|known| others.contains(known));
                }
                Err(why) => return drafts.push(self.not_judged(object, Reason::UnknownValue, &why)),
            }
        }
        if depends {
            let what = "its answer depends on a value that is not known before the object is applied";
            drafts.push(self.not_judged(object, Reason::UnknownValue, what));
        }
        let certain: Vec<Violation> = said.into_iter().filter(|violation| certain.contains(&key(violation))).collect();
        self.report(context, object, &certain, drafts);
    }

    fn report(&self, context: &Context<'_>, object: &Object, said: &[Violation], drafts: &mut Vec<Draft>) {
        let excepted = self.exception(context, object);
        drafts.extend(said.iter().take(check::ENOUGH).map(|violation| {
            let mut draft = self.draft(context, object, violation);
            draft.excepted.clone_from(&excepted);
            draft
        }));
    }
}

/// Of what policies say of one field of an object, what another one says more strictly is not told twice.
pub fn drop_superseded(set: &PolicySet, drafts: &mut Vec<Draft>) {
    let mut superseded: HashSet<(String, String)> = HashSet::new();
    for draft in
        drafts.iter().filter(|draft| draft.not_judged.is_none() && crate::rules::find(draft.rule.as_str()).is_none())
    {
        let ids = set.policy(draft.rule.as_str()).into_iter().flat_map(|policy| &policy.metadata.custom.supersedes);
        superseded.extend(ids.map(|id| (id.clone(), draft.pointer.clone())));
    }
    if !superseded.is_empty() {
        let is_told = |draft: &Draft| superseded.contains(&(draft.rule.to_string(), draft.pointer.clone()));
        drafts.retain(|draft| draft.not_judged.is_some() || !is_told(draft));
    }
}
