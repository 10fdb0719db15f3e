//! Policies that judge all objects together (conftest's `--combine`): asked once for each cluster that the change touches,
//! on both sides. What they say of an object is a finding of that object, also of one that did not change.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rayon::prelude::*;

use super::documents::path_of;
use super::read::Pair;
use super::{Part, Run, RunError};
use crate::change::{Located, ObjectChange};
use crate::check::{Context, Draft};
use crate::finding::{Operation, Status};
use crate::git::FileChange;
use crate::judge::Unit;
use crate::manifest::classify::Classifier;
use crate::manifest::sops::SopsRules;
use crate::policy::ask::Ask;
use crate::policy::check::Policies;
use crate::policy::combined::{self, Answer, Said};
use crate::policy::gatekeeper::libraries::clusters_of;
use crate::policy::state::{Placed, State};
use crate::source::{RepoPath, Side};

/// An object: its file, and what it is.
type Spot = (RepoPath, Vec<String>);

/// What a policy says of both sides.
struct Asked<'a> {
    ask: Ask<'a>,
    old: (Vec<&'a Placed>, Answer),
    new: (Vec<&'a Placed>, Answer),
}

/// A violation of the head, of the base, or of both, and the object that it speaks of.
struct Told<'a> {
    ask: &'a Ask<'a>,
    status: Status,
    said: &'a Said,
    /// None where it names none.
    spot: Option<Spot>,
}

impl Run<'_> {
    /// What such policies say.
    pub(super) fn combined(&self, changes: &[FileChange]) -> Result<Part, RunError> {
        if !combined::any(self.policies) {
            return Ok(Part::default());
        }
        let (base, head) = (self.classifier(&self.base, Side::Base), self.classifier(&self.head, Side::Head));
        // Where everything is judged, only the files of findings are read again.
        let (mut pairs, mut objects) =
            if self.audit { Default::default() } else { self.paired(changes, &base, &head)? };
        let differing = objects.iter().filter(|change| !change.equal_in_value());
        let sides = differing.flat_map(|change| [&change.old, &change.new].into_iter().flatten());
        let mut touched: BTreeSet<&RepoPath> = sides.map(|located| &located.file.path).collect();
        if self.audit {
            touched.extend(changes.iter().map(|change| &change.path));
        }
        // What lies in no cluster is seen by all of them.
        if touched.iter().any(|path| clusters_of(self.config, path).is_empty()) {
            touched.extend([self.base.state, self.head.state].into_iter().flat_map(State::of_each_cluster));
        }
        let asks = combined::asks(self.policies, self.config, &touched);
        let asked: Vec<Asked<'_>> = asks.into_par_iter().map(|ask| self.ask(ask)).collect();
        let told: Vec<Told<'_>> = asked.iter().flat_map(told).collect();

        let known: BTreeSet<&RepoPath> = pairs.iter().map(|pair| &pair.change.path).collect();
        let mut wanted: BTreeSet<RepoPath> =
            told.iter().filter_map(|told| Some(told.spot.as_ref()?.0.clone())).collect();
        // Where nothing that changed can be the place, the first object is.
        wanted.extend(asked.iter().filter_map(|asked| asked.new.0.first()).map(|placed| placed.file.clone()));
        wanted.retain(|path| !known.contains(path));
        let (more, unchanged) = self.others(wanted, &base, &head)?;
        pairs.extend(more);
        objects.extend(unchanged);
        let (mut judge, _) = self.judge_of(&pairs, &objects);
        self.hide_gathered(&mut judge);
        let by_spot: HashMap<Spot, usize> = objects
            .iter()
            .enumerate()
            .rev()
            .flat_map(|(at, change)| [&change.old, &change.new].into_iter().flatten().map(move |side| (spot(side), at)))
            .collect();
        let mut units: BTreeMap<usize, (Vec<Draft>, Vec<Draft>)> = BTreeMap::new();
        let sops = SopsRules::default();
        let context = self.combined_context(&sops);
        let mut part = Part::default();
        for told in &told {
            let named = told.spot.as_ref().and_then(|spot| by_spot.get(spot).copied());
            let fallback = || fallback(&objects, told.status, self, told.ask);
            let Some(at) = named.or_else(fallback) else { continue };
            let Some(change) = objects.get(at) else { continue };
            let (old, new) = units.entry(at).or_default();
            let is_named = named.is_some();
            if told.status != Status::New {
                old.extend(change.old.as_ref().map(|located| draft(told, &context, located, is_named)));
            }
            if told.status != Status::Fixed {
                let located = change.new.as_ref().or(change.old.as_ref());
                new.extend(located.map(|located| draft(told, &context, located, is_named)));
            }
        }
        for asked in &asked {
            let Some((reason, why)) = &asked.new.1.not_judged else { continue };
            let path = asked.new.0.first().map_or(&*asked.ask.policy.path, |placed| placed.file.as_str());
            let detail = format!("policy {}: {why}", asked.ask.policy.id);
            // That the base could not be judged either excuses nothing: of the change, nothing was.
            part.unchecked.push(self.unchecked(*reason, &path.into(), Side::Head, detail));
        }
        for (at, (old, new)) in units {
            let (findings, notices) =
                judge.findings(&Unit { change: objects.get(at), old_file: None, new_file: None, old, new });
            part.findings.extend(findings);
            part.notices.extend(notices);
        }
        Ok(part)
    }

    fn ask<'b>(&'b self, ask: Ask<'b>) -> Asked<'b> {
        let new = answer(&ask, self.head.state);
        let old = if self.audit { Default::default() } else { answer(&ask, self.base.state) };
        Asked { ask, old, new }
    }

    /// Files that did not change, or, where everything is judged, any, with their objects.
    fn others(
        &self,
        paths: BTreeSet<RepoPath>,
        base: &Classifier<'_>,
        head: &Classifier<'_>,
    ) -> Result<(Vec<Pair>, Vec<ObjectChange>), RunError> {
        let mut files = Vec::new();
        for path in paths {
            let (old, new) = (self.base.tree.entry(path.as_str())?, self.head.tree.entry(path.as_str())?);
            files.push(FileChange { path, old, new, moved_from: None });
        }
        let (pairs, mut objects) = self.paired(&files, base, head)?;
        for change in objects.iter_mut().filter(|change| change.equal_in_value()) {
            change.operation = Operation::Unchanged;
        }
        Ok((pairs, objects))
    }

    fn combined_context<'s>(&'s self, sops: &'s SopsRules) -> Context<'s> {
        Context {
            config: self.config,
            today: self.today,
            sops,
            agents: self.head.agents,
            policies: Policies { set: self.policies, state: self.head.state },
            crds: self.head.crds,
            crds_before: self.base.crds,
        }
    }
}

fn answer<'a>(ask: &Ask<'_>, state: &'a State<'_>) -> (Vec<&'a Placed>, Answer) {
    let objects: Vec<&Placed> = state.objects(ask.scope.as_deref()).collect();
    let answer = combined::evaluate(ask, state, &objects);
    (objects, answer)
}

/// The violations of both sides; those with the same words are one that was there before.
fn told<'a>(asked: &'a Asked<'a>) -> Vec<Told<'a>> {
    let spot = |said: &Said, objects: &[&Placed]| {
        let placed = objects.get(said.object?)?;
        Some((placed.file.clone(), placed.path.clone()))
    };
    let mut before: Vec<&Said> = asked.old.1.said.iter().collect();
    let mut told = Vec::new();
    for said in &asked.new.1.said {
        let same = |old: &&Said| old.violation == said.violation;
        let known = before.iter().position(same).map(|at| before.remove(at));
        let status = if known.is_some() { Status::Existing } else { Status::New };
        told.push(Told { ask: &asked.ask, status, said, spot: spot(said, &asked.new.0) });
    }
    let fixed = |said| Told { ask: &asked.ask, status: Status::Fixed, said, spot: spot(said, &asked.old.0) };
    told.extend(before.into_iter().map(fixed));
    told
}

fn spot(located: &Located) -> Spot {
    (located.file.path.clone(), path_of(&located.object))
}

/// The object that stands for a violation which names none: the first that changed, of the policy's cluster. One that was
/// there before stands at an object that was, too.
fn fallback(objects: &[ObjectChange], status: Status, run: &Run<'_>, ask: &Ask<'_>) -> Option<usize> {
    let is_in = |change: &ObjectChange| {
        let mut files = [&change.new, &change.old].into_iter().flatten().map(|located| &located.file.path);
        files.any(|path| ask.judges(run.config, path))
    };
    let fits = |change: &ObjectChange| match status {
        Status::New => true,
        Status::Existing => change.old.is_some() && change.new.is_some(),
        Status::Fixed => change.old.is_some(),
    };
    let mut all: Vec<(usize, &ObjectChange)> =
        objects.iter().enumerate().filter(|(_, c)| is_in(c) && fits(c)).collect();
    all.sort_by_key(|(_, change)| {
        let located = change.new.as_ref().or(change.old.as_ref());
        let place = located.map(|located| (&located.file.path, located.object.span("").start));
        (change.equal_in_value(), change.new.is_none(), place)
    });
    all.first().map(|(at, _)| *at)
}

/// A violation as a draft about an object.
fn draft(told: &Told<'_>, context: &Context<'_>, located: &Located, is_named: bool) -> Draft {
    let object = &located.object;
    let mut violation = told.said.violation.clone();
    let exact = |field: &String| crate::yaml::pointer::find(object.value(), field).exact;
    violation.field = match &told.said.field {
        _ if !is_named => Some(String::new()),
        Some(field) if exact(field) => Some(field.clone()),
        _ => None,
    };
    let mut draft = told.ask.draft(context, object, &violation);
    draft.detail = combined::detail(&told.said.violation);
    if told.said.is_named {
        draft.excepted = told.ask.exception(context, object);
    }
    if !is_named {
        draft.help.get_or_insert_with(|| {
            "the policy judges all objects together and does not say which; let it name the file: \
             {\"msg\": …, \"path\": input[i].path}"
                .to_owned()
        });
    }
    draft
}
