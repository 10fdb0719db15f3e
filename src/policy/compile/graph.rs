//! Which rules need which: a rule that needs itself has no value.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::Bound;
use std::sync::Arc;

use super::resolve::Resolved;
use super::rules::Weights;
use super::tree::{Path, Tree, dotted, known_path};
use super::{Faults, visit};
use crate::policy::rego::ast::{Loc, Shape, Term, TermKind};

/// A root and the path below it; nothing stands for a part that is not known.
pub(in crate::policy) type Reference = (Arc<str>, Vec<Option<Arc<str>>>);

/// How many rules and loops may be open at once: people write tens.
const DEEPEST: usize = 1_000;

/// How many recursive rules are told.
const TOLD: usize = 50;

/// Which rules need which, by their places among all paths.
pub(super) struct Graph<'a> {
    paths: Vec<&'a Path>,
    edges: Vec<BTreeSet<usize>>,
    places: Vec<(usize, &'a Arc<str>, Loc)>,
    reads: BTreeSet<Reference>,
}

impl<'a> Graph<'a> {
    pub(super) fn of(files: &'a [Resolved], tree: &'a Tree) -> Self {
        let ids: BTreeMap<&Path, usize> = tree.iter().enumerate().map(|(id, (path, _))| (path, id)).collect();
        let paths: Vec<&Path> = ids.keys().copied().collect();
        let mut edges: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); paths.len()];
        let mut places = Vec::new();
        let mut reads = BTreeSet::new();
        for file in files {
            for rule in &file.rules {
                let Some(&id) = ids.get(&known_path(&file.package, &rule.path).0) else { continue };
                places.push((id, &file.file, rule.loc));
                visit::rule(rule, &mut |term, _| {
                    let needed = needs(term, tree, &ids, &mut reads);
                    if let Some(edges) = edges.get_mut(id) {
                        edges.extend(needed);
                    }
                });
                visit::literals(rule, &mut |literal| {
                    for with in &literal.with {
                        let needed = if with.target.as_var().is_some_and(|name| **name == *"data") {
                            (0..paths.len()).collect()
                        } else {
                            needs(&with.target, tree, &ids, &mut BTreeSet::new())
                        };
                        if let Some(edges) = edges.get_mut(id) {
                            edges.extend(needed);
                        }
                    }
                });
            }
        }
        Self { paths, edges, places, reads }
    }

    /// Something reads `data` by a name that is not known.
    pub(super) fn reads_any_package(&self) -> bool {
        self.reads.iter().any(|(root, path)| **root == *"data" && path.first().is_none_or(Option::is_none))
    }

    /// The rules of some packages, and those that they need.
    pub(super) fn needed_by(&self, packages: &[&str]) -> BTreeSet<&'a Path> {
        let is_in = |path: &str, package: &str| path.strip_prefix(package).is_some_and(|rest| rest.starts_with('.'));
        let is_asked = |path: &Path| packages.iter().any(|package| is_in(&path.join("."), package));
        let asked = self.paths.iter().enumerate().filter(|(_, path)| is_asked(path));
        let mut open: Vec<usize> = asked.map(|(id, _)| id).collect();
        let mut needed: BTreeSet<usize> = open.iter().copied().collect();
        while let Some(id) = open.pop() {
            open.extend(self.edges.get(id).into_iter().flatten().copied().filter(|to| needed.insert(*to)));
        }
        needed.into_iter().filter_map(|id| self.paths.get(id).copied()).collect()
    }

    /// The paths of all rules, each behind those that it needs.
    pub(super) fn order(&self) -> Vec<&'a Path> {
        let mut seen = BTreeSet::new();
        let mut order = Vec::new();
        for start in 0..self.paths.len() {
            // What is left to do: go down to a rule, or put it behind what it needed.
            let mut open = vec![(start, false)];
            while let Some((id, is_done)) = open.pop() {
                if is_done {
                    order.extend(self.paths.get(id).copied());
                } else if seen.insert(id) {
                    open.push((id, true));
                    open.extend(self.edges.get(id).into_iter().flatten().map(|to| (*to, false)));
                    // What lies below a rule belongs to what is known of it.
                    let below = self.paths.iter().enumerate().skip(id + 1);
                    let path = self.paths.get(id).copied();
                    let below = below.take_while(|(_, other)| path.is_some_and(|path| other.starts_with(path)));
                    open.extend(below.map(|(to, _)| (to, false)));
                }
            }
        }
        order
    }

    /// Check for recursion, and tell what is read, and how many rules and loops are open at once.
    pub(super) fn check(self, weights: &Weights, faults: &mut Faults) -> (Vec<Reference>, usize) {
        let Self { paths, edges, places, reads } = self;
        let first = places.first().map(|(_, file, _)| Arc::clone(file));
        let recursive = cyclic(&edges);
        let mut told = BTreeSet::new();
        for (id, file, loc) in places {
            if recursive.contains(&id) && told.insert(id) {
                let names: Vec<String> =
                    cycle(id, &edges).into_iter().filter_map(|id| paths.get(id)).map(|path| dotted(path)).collect();
                let name = names.first().cloned().unwrap_or_default();
                faults.in_file(file);
                faults.add("rego_recursion_error", loc, format!("rule {name} is recursive: {}", names.join(" -> ")));
            }
        }
        let weights: Vec<usize> = paths.iter().map(|path| weights.get(*path).copied().unwrap_or(1)).collect();
        let depth = if recursive.is_empty() { deepest(&edges, &weights) } else { 0 };
        if depth > DEEPEST {
            faults.in_file(&first.unwrap_or_else(|| Arc::from("")));
            let message =
                format!("rules and loops depend on each other {depth} levels deep, at most {DEEPEST} are evaluated");
            faults.add("unsupported", Loc { line: 1, column: 1 }, message);
        }
        (reads.into_iter().collect(), depth)
    }
}

/// The heaviest way through a graph without cycles.
fn deepest(edges: &[BTreeSet<usize>], weights: &[usize]) -> usize {
    let mut waits: Vec<usize> = vec![0; edges.len()];
    for to in edges.iter().flatten() {
        if let Some(waits) = waits.get_mut(*to) {
            *waits += 1;
        }
    }
    let mut deep: Vec<usize> = weights.to_vec();
    let mut ready: Vec<usize> = (0..edges.len()).filter(|id| waits.get(*id) == Some(&0)).collect();
    while let Some(id) = ready.pop() {
        let here = deep.get(id).copied().unwrap_or(0);
        for to in edges.get(id).into_iter().flatten() {
            if let (Some(deep), Some(weight)) = (deep.get_mut(*to), weights.get(*to)) {
                *deep = (*deep).max(here + weight);
            }
            if let Some(waits) = waits.get_mut(*to) {
                *waits -= 1;
                if *waits == 0 {
                    ready.push(*to);
                }
            }
        }
    }
    deep.into_iter().max().unwrap_or(0)
}

/// The rules that a term needs.
fn needs(term: &Term, tree: &Tree, ids: &BTreeMap<&Path, usize>, reads: &mut BTreeSet<Reference>) -> Vec<usize> {
    let parts: Vec<Option<Arc<str>>> = match &term.kind {
        TermKind::Call(name, _) if name.first().is_some_and(|root| **root == *"data") => {
            return name.get(1..).and_then(|path| ids.get(&path.to_vec())).copied().into_iter().collect();
        }
        TermKind::Var(root) if matches!(&**root, "data" | "input") => {
            reads.insert((Arc::clone(root), Vec::new()));
            if **root == *"input" {
                return Vec::new();
            }
            Vec::new()
        }
        TermKind::Ref(base, path) => {
            let Some(root) = base.as_var().filter(|root| matches!(&***root, "data" | "input")) else {
                return Vec::new();
            };
            let parts: Vec<_> = path.iter().map(|part| part.as_str().cloned()).collect();
            reads.insert((Arc::clone(root), parts.clone()));
            if **root == *"input" {
                return Vec::new();
            }
            parts
        }
        _ => return Vec::new(),
    };
    let known: Path = parts.iter().map_while(Clone::clone).collect();
    let mut found: Vec<usize> =
        (0..known.len()).filter_map(|end| ids.get(&known.get(..end)?.to_vec())).copied().collect();
    let below = ids.range::<Path, _>((Bound::Included(&known), Bound::Unbounded));
    for (path, id) in below.take_while(|(path, _)| path.starts_with(&known)) {
        let is_meant = path.iter().zip(&parts).enumerate().all(|(at, (name, part))| match part {
            Some(part) => part == name,
            None => !is_constant(term, at),
        });
        let is_function = tree.get(path).is_some_and(|group| group.shape == Shape::Function);
        if is_meant && (!is_function || **path == known) {
            found.push(*id);
        }
    }
    found
}

/// Whether a part of a reference is a constant and no name: no package or rule is called so.
fn is_constant(term: &Term, at: usize) -> bool {
    let TermKind::Ref(_, path) = &term.kind else { return false };
    path.get(at).is_some_and(|part| matches!(part.kind, TermKind::Number(_) | TermKind::Bool(_) | TermKind::Null))
}

/// The nodes that can reach themselves.
fn cyclic(edges: &[BTreeSet<usize>]) -> BTreeSet<usize> {
    let mut back: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); edges.len()];
    for (from, to) in edges.iter().enumerate() {
        for to in to {
            if let Some(back) = back.get_mut(*to) {
                back.insert(from);
            }
        }
    }
    let mut rest: BTreeSet<usize> = (0..edges.len()).collect();
    prune(&mut rest, edges, &back);
    prune(&mut rest, &back, edges);
    rest.into_iter().filter(|id| cycle(*id, edges).len() > 1).take(TOLD).collect()
}

/// Take away what is entered from nowhere, until everything left is entered from something left.
fn prune(rest: &mut BTreeSet<usize>, edges: &[BTreeSet<usize>], back: &[BTreeSet<usize>]) {
    let is_entered = |id: usize, rest: &BTreeSet<usize>| {
        back.get(id).is_some_and(|from| from.iter().any(|from| rest.contains(from)))
    };
    let mut waiting: Vec<usize> = rest.iter().copied().filter(|id| !is_entered(*id, rest)).collect();
    while let Some(id) = waiting.pop() {
        if rest.remove(&id) {
            waiting
                .extend(edges.get(id).into_iter().flatten().filter(|to| rest.contains(to) && !is_entered(**to, rest)));
        }
    }
}

/// The shortest way from a node back to itself; only the node when there is none.
fn cycle(start: usize, edges: &[BTreeSet<usize>]) -> Vec<usize> {
    let mut came_from: BTreeMap<usize, usize> = BTreeMap::new();
    let mut queue = VecDeque::from([start]);
    while let Some(at) = queue.pop_front() {
        for &to in edges.get(at).into_iter().flatten() {
            if to == start {
                let mut way = vec![start, at];
                let mut at = at;
                while at != start {
                    at = came_from.get(&at).copied().unwrap_or(start);
                    way.push(at);
                }
                if way.len() == 3 && at == start && way.get(1) == Some(&start) {
                    way.pop();
                }
                way.reverse();
                return way;
            }
            if let Entry::Vacant(entry) = came_from.entry(to) {
                entry.insert(at);
                queue.push_back(to);
            }
        }
    }
    vec![start]
}
