//! A workflow in GitHub's shape, before and after: what lets the step that runs the gate say less, or nobody hear it.

use std::sync::Arc;

use super::{WORKFLOW_WEAKENED, script};
use crate::check::Draft;
use crate::report::escape;
use crate::source::{Side, Source, Span};
use crate::yaml::{Dialect, Document, Origin, Value, read_one};

/// Characters of the workflow's text that a message repeats.
const MAX_SAID: usize = 80;
/// The program.
const NAME: &str = super::workflow::NAME;
/// Events whose runs decide about a merge.
const EVENTS: [&str; 3] = ["pull_request", "pull_request_target", "merge_group"];
/// What an event of these leaves out.
const FILTERS: [&str; 4] = ["paths", "paths-ignore", "branches", "branches-ignore"];
/// The types of `pull_request` that a workflow gets without naming any: each brings another head.
const TYPES: [&str; 3] = ["opened", "synchronize", "reopened"];
/// Conditions that hold whatever came before.
const ALWAYS: [&str; 2] = ["always()", "!cancelled()"];
/// Inputs of the action, and what another value of them does.
const INPUTS: [(&str, &str); 7] = [
    ("base", "compares with another revision than the event's"),
    ("binary", "runs another program"),
    ("config", "judges by another config than the target branch's"),
    ("install-only", "judges nothing"),
    ("mirror", "gets its program from elsewhere"),
    ("path", "judges another folder"),
    ("sha256", "takes a program with another checksum"),
];
/// Flags of the program, and what they do where a script gives them.
const FLAGS: [(&str, &str); 4] = [
    ("--config", "judges by another config than the target branch's"),
    ("--explain-config", "judges nothing"),
    ("--now", "judges as of another day"),
    ("--override", "takes an override from a file"),
];
/// What a shell makes a success of.
const SHELL_MUFFLERS: [&str; 3] = ["|| true", "|| :", "|| exit 0"];

/// What the change weakens; none where the file at the base has no job that runs the program.
pub(super) fn weakened(name: &str, old: &str, new: &Arc<Source>) -> Option<Vec<Draft>> {
    let (before, after) = (parsed(new, old)?, parsed(new, &new.text)?);
    let (olds, news) = (gates(name, before.root()), gates(name, after.root()));
    if olds.is_empty() {
        return None;
    }
    let mut found = Found { source: after.source(), drafts: Vec::new() };
    found.events(before.root(), after.root());
    for (at, old) in olds.iter().enumerate() {
        // The same place in the job of the same name, else in the file.
        let nth = olds.iter().take(at).filter(|other| other.job == old.job).count();
        match news.iter().filter(|new| new.job == old.job).nth(nth).or_else(|| news.get(at)) {
            Some(new) => found.gate(old, new),
            None => found.lost(old.job, after.root()),
        }
    }
    Some(found.drafts)
}

fn parsed(of: &Source, text: &str) -> Option<Document> {
    // In YAML 1.1 the key `on` is the boolean true, which is not what GitHub reads.
    read_one(of.path.clone(), Side::Head, text.as_bytes(), Dialect::Kustomize).documents.pop()
}

/// A step that runs the program, or a job that calls a workflow of its name.
struct Gate<'a> {
    job: &'a str,
    /// The job, and the step in it: what may skip the gate or hide what it says.
    around: Vec<Value<'a>>,
    step: Value<'a>,
}

fn gates<'a>(name: &str, root: Value<'a>) -> Vec<Gate<'a>> {
    let runs = |step: &Value<'_>| {
        let text = |key: &str| step.get(key).and_then(Value::as_str).is_some_and(|text| text.contains(name));
        text("uses") || text("run")
    };
    let jobs = root.get("jobs").into_iter().flat_map(Value::entries).map(|(job, _, value)| (job, value));
    let composite = root.get("runs").map(|value| ("", value));
    let mut gates = Vec::new();
    for (job, value) in jobs.chain(composite) {
        let steps = value.get("steps").into_iter().flat_map(Value::items).filter(runs);
        gates.extend(steps.map(|step| Gate { job, around: vec![value, step], step }));
        if runs(&value) {
            gates.push(Gate { job, around: vec![value], step: value });
        }
    }
    gates
}

/// The events that decide and start the workflow, each with where it is named and its filters.
fn events(root: Value<'_>) -> Vec<(&str, Origin, Value<'_>)> {
    let Some(on) = root.get("on") else { return Vec::new() };
    let one = std::iter::once(on).chain(on.items());
    let names = one.filter_map(|value| Some((value.as_str()?, value.origin(), value)));
    names.chain(on.entries()).filter(|(name, ..)| EVENTS.contains(name)).collect()
}

/// What changed of a key: nothing, or where it stands now and its new value.
fn changed<'a>(old: Option<Value<'_>>, new: Value<'a>, key: &str) -> Option<(Origin, Value<'a>)> {
    let (origin, value) = new.get_entry(key)?;
    (!old.and_then(|old| old.get(key)).is_some_and(|before| before.same(value))).then_some((origin, value))
}

/// The repository of the action, without its version.
fn repository(step: Value<'_>) -> Option<&str> {
    step.get("uses")?.as_str()?.split('@').next()
}

/// The value as it stands, short.
fn said(value: Value<'_>) -> String {
    let text = value.as_str().map_or_else(|| value.to_json().to_string(), str::to_owned);
    escape::cut(&text.split_whitespace().collect::<Vec<_>>().join(" "), MAX_SAID)
}

/// How much a `fail-on` lets pass: nothing is said of the one that the config has.
fn leniency(fail_on: Option<&str>) -> Option<usize> {
    ["warning", "error", "none"].iter().position(|known| Some(*known) == fail_on)
}

/// The word behind a flag of a script, `--flag word` or `--flag=word`; empty where there is none.
fn flag<'a>(script: &'a str, flag: &str) -> Option<&'a str> {
    let mut words = script.split_whitespace();
    let is_value = |word: &&str| !word.starts_with('-');
    while let Some(word) = words.next() {
        match word.strip_prefix(flag).map(|rest| rest.strip_prefix('=').ok_or(rest)) {
            Some(Ok(value)) => return Some(value),
            Some(Err("")) => return Some(words.next().filter(is_value).unwrap_or_default()),
            _ => {}
        }
    }
    None
}

struct Found<'a> {
    source: &'a Arc<Source>,
    drafts: Vec<Draft>,
}

impl Found<'_> {
    fn say(&mut self, origin: Origin, detail: String, message: String) {
        let span = if let Origin::Source { span, .. } = origin { span } else { Span::default() };
        self.drafts.push(Draft::new(&WORKFLOW_WEAKENED, self.source, span, message).detail(detail));
    }

    /// Events that no longer start the workflow, and changes that they leave out.
    fn events(&mut self, old: Value<'_>, new: Value<'_>) {
        let after = events(new);
        for (name, _, before) in events(old) {
            let Some((_, origin, now)) = after.iter().find(|(known, ..)| *known == name) else {
                let origin = new.get_entry("on").map_or(new.origin(), |(origin, _)| origin);
                self.say(origin, format!("on/{name}"), format!("the gate does not run on `{name}` any more"));
                continue;
            };
            for filter in FILTERS {
                if let Some((origin, value)) = changed(Some(before), *now, filter) {
                    let message = format!("`{filter}: {}` lets changes pass without the gate", said(value));
                    self.say(origin, format!("on/{name}/{filter}"), message);
                }
            }
            let has = |event: Value<'_>, kind: &str| {
                let types = event.get("types");
                types.is_none_or(|types| types.items().any(|known| known.as_str() == Some(kind)) || said(types) == kind)
            };
            for kind in TYPES.iter().filter(|kind| name != "merge_group" && has(before, kind) && !has(*now, kind)) {
                let origin = now.get_entry("types").map_or(*origin, |(origin, _)| origin);
                let message = format!("the gate does not run on `{name}` of type `{kind}` any more");
                self.say(origin, format!("on/{name}/{kind}"), message);
            }
        }
    }

    fn lost(&mut self, job: &str, new: Value<'_>) {
        let origin = new.get_entry("jobs").map_or(new.origin(), |(origin, _)| origin);
        self.say(origin, format!("{job}/lost"), "the file no longer runs portcullis where it did".to_owned());
    }

    fn gate(&mut self, old: &Gate<'_>, new: &Gate<'_>) {
        let job = new.job;
        for (level, now) in new.around.iter().enumerate() {
            let before = Some(old.around.get(level).copied().unwrap_or(old.step));
            if let Some((origin, condition)) =
                changed(before, *now, "if").filter(|(_, now)| !ALWAYS.contains(&bare(&said(*now))))
            {
                let message =
                    format!("`if: {}` can skip the gate, and what is skipped counts as passed", said(condition));
                self.say(origin, format!("{job}/if/{level}"), message);
            }
            let muffler = changed(before, *now, "continue-on-error").filter(|(_, now)| now.as_bool() != Some(false));
            if let Some((origin, value)) = muffler {
                let message = format!("`continue-on-error: {}` lets the job pass whatever the gate says", said(value));
                self.say(origin, format!("{job}/continue-on-error/{level}"), message);
            }
        }
        // A job that waits for others is skipped where one of them is.
        if let Some((was, now)) = old.around.first().zip(new.around.first()) {
            let runs_always = now.get("if").is_some_and(|condition| ALWAYS.contains(&bare(&said(condition))));
            if let Some((origin, needs)) = changed(Some(*was), *now, "needs").filter(|_| !runs_always) {
                let message =
                    format!("`needs: {}` can skip the gate, and what is skipped counts as passed", said(needs));
                self.say(origin, format!("{job}/needs"), message);
            }
        }
        if let Some((origin, shell)) =
            changed(Some(old.step), new.step, "shell").filter(|(_, now)| said(*now) != "bash")
        {
            self.say(
                origin,
                format!("{job}/shell"),
                format!("`shell: {}` runs the script in another way", said(shell)),
            );
        }
        self.action(job, old.step, new.step);
        self.script(job, old.step, new.step);
    }

    /// The action and its inputs.
    fn action(&mut self, job: &str, old: Value<'_>, new: Value<'_>) {
        if let (Some(before), Some((origin, value))) = (repository(old), new.get_entry("uses"))
            && repository(new) != Some(before)
        {
            self.say(origin, format!("{job}/uses"), format!("`uses: {}` is another action", said(value)));
        }
        let (before, Some(now)) = (old.get("with"), new.get("with")) else { return };
        for (input, does) in INPUTS {
            if let Some((origin, value)) =
                changed(before, now, input).filter(|(_, value)| !["", "false"].contains(&&*said(*value)))
            {
                self.say(origin, format!("{job}/with/{input}"), format!("the input `{input}: {}` {does}", said(value)));
            }
        }
        if let Some((origin, value)) = changed(before, now, "fail-on") {
            let was = before.and_then(|before| before.get("fail-on")).and_then(Value::as_str);
            self.fail_on(origin, job, was, value.as_str());
        }
    }

    /// The script and the flags in it.
    fn script(&mut self, job: &str, old: Value<'_>, new: Value<'_>) {
        let text = |step: Value<'_>| step.get("run").and_then(Value::as_str).unwrap_or_default().to_owned();
        let (before, now) = (text(old), text(new));
        let Some((_, run)) = new.get_entry("run") else { return };
        for muffler in
            SHELL_MUFFLERS.iter().filter(|muffler| now.matches(**muffler).count() > before.matches(**muffler).count())
        {
            let message = format!("`{muffler}` lets the job pass whatever the gate says");
            self.say(run.origin(), format!("{job}/run/{muffler}"), message);
        }
        let swallowed = |step: Value<'_>, text: &str| {
            let is_bash = step.get("shell").and_then(Value::as_str) == Some("bash");
            script::swallowed(NAME, text, is_bash).map(|part| escape::cut(part, MAX_SAID))
        };
        if let (None, Some(part)) = (swallowed(old, &before), swallowed(new, &now)) {
            let message = format!("`{part}`: the script goes on whatever the gate says");
            self.say(run.origin(), format!("{job}/run/swallowed"), message);
        }
        if script::checks(NAME, &now) < script::checks(NAME, &before) {
            self.say(run.origin(), format!("{job}/run/check"), format!("the script no longer runs `{NAME} check`"));
        }
        if now.contains("..") && !before.contains("..") {
            let message = "the script names the revisions to compare, where the event said them".to_owned();
            self.say(run.origin(), format!("{job}/run/revisions"), message);
        }
        for (name, does) in FLAGS {
            if let Some(value) = flag(&now, name).filter(|value| flag(&before, name) != Some(*value)) {
                let message = format!("`{}` {does}", format!("{name} {}", escape::cut(value, MAX_SAID)).trim_end());
                self.say(run.origin(), format!("{job}/run/{name}"), message);
            }
        }
        let (was, is) = (flag(&before, "--fail-on"), flag(&now, "--fail-on"));
        if is != was {
            self.fail_on(run.origin(), job, was, is);
        }
    }

    fn fail_on(&mut self, origin: Origin, job: &str, was: Option<&str>, is: Option<&str>) {
        // Without one the config's holds, which is error unless it says otherwise.
        let (before, now) = (leniency(was).unwrap_or(1), leniency(is).unwrap_or(1));
        if now > before {
            let message = format!("`fail-on: {}` lets more pass", is.unwrap_or("error"));
            self.say(origin, format!("{job}/fail-on"), message);
        }
    }
}

/// A condition without GitHub's brackets.
fn bare(condition: &str) -> &str {
    let inner = condition.strip_prefix("${{").and_then(|text| text.strip_suffix("}}"));
    inner.unwrap_or(condition).trim()
}
