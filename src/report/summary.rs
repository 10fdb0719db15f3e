//! What the formats share: which findings are shown, the place that stands for one, and the closing line.

use std::fmt::Write as _;

use crate::finding::{Effect, Finding, Location, Place, Reason, Severity, Status, Unchecked};

use super::model::{OverrideUse, Report, Verdict};

/// How a finding is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// In full: the change brings it, or it decides.
    Open,
    /// Counted: it was there before and does not decide.
    Existing,
    /// Every place that still holds is suppressed.
    Suppressed,
    /// The change removes it.
    Fixed,
}

/// The places that still hold and are not suppressed.
pub(crate) fn live(finding: &Finding) -> impl Iterator<Item = &Place> {
    finding.places.iter().filter(|place| place.status != Status::Fixed && place.suppression.is_none())
}

pub(crate) fn standing(finding: &Finding) -> Standing {
    if finding.status() == Status::Fixed {
        Standing::Fixed
    } else if live(finding).next().is_none() {
        Standing::Suppressed
    } else if finding.deciding || live(finding).any(|place| place.status == Status::New) {
        Standing::Open
    } else {
        Standing::Existing
    }
}

/// The place that stands for the finding: the first new one that is not suppressed, else the first that holds.
pub(crate) fn main_place(finding: &Finding) -> Option<&Place> {
    live(finding)
        .find(|place| place.status == Status::New)
        .or_else(|| live(finding).next())
        .or_else(|| finding.places.iter().find(|place| place.status != Status::Fixed))
        .or_else(|| finding.places.first())
}

pub(crate) fn with_standing(report: &Report, wanted: Standing) -> impl Iterator<Item = &Finding> {
    report.findings.iter().filter(move |finding| standing(finding) == wanted)
}

/// What was not judged and is shown: the change adds or alters it, and the config does not ignore it.
pub(crate) fn open_unchecked(report: &Report) -> impl Iterator<Item = &Unchecked> {
    report.unchecked.iter().filter(|record| record.effect != Effect::Ignore && record.status == Status::New)
}

/// Records by reason, in the order of [`Reason::ALL`], those that decide first.
pub(crate) fn by_reason<'a>(records: impl Iterator<Item = &'a Unchecked>) -> Vec<(Reason, Vec<&'a Unchecked>)> {
    let records: Vec<_> = records.collect();
    let mut groups: Vec<(Reason, Vec<&Unchecked>)> = Reason::ALL
        .iter()
        .map(|reason| (*reason, records.iter().copied().filter(|record| record.reason == *reason).collect()))
        .filter(|(_, group): &(Reason, Vec<&Unchecked>)| !group.is_empty())
        .collect();
    groups.sort_by_key(|(_, group)| !group.iter().any(|record| record.deciding));
    groups
}

/// How many things the records stand for.
pub(crate) fn total<'a>(records: impl IntoIterator<Item = &'a Unchecked>) -> u64 {
    records.into_iter().map(|record| u64::from(record.count.max(1))).sum()
}

/// The last line that a stretch touches; its end is exclusive, so an end at column 1 belongs to the line before.
pub(crate) fn last_line(location: &Location) -> u32 {
    if location.end.column <= 1 && location.end.line > location.start.line {
        location.end.line - 1
    } else {
        location.end.line
    }
}

/// `1 error`, `2 errors`.
pub(crate) fn counted(count: usize, noun: &str) -> String {
    format!("{} {noun}{}", grouped(count as u64), if count == 1 { "" } else { "s" })
}

/// `1203` as `1,203`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// So many of a reason in running text: `3 not rendered`, `2 Go templates not judged`.
pub(crate) fn reason_words(reason: Reason, count: u64) -> String {
    let noun = match reason {
        Reason::Patch => ["patch", "patches"],
        Reason::GoTemplate => ["Go template", "Go templates"],
        Reason::HelmTemplate => ["Helm template", "Helm templates"],
        Reason::HelmValues => ["values file", "values files"],
        Reason::TestSuite => ["test file", "test files"],
        Reason::NoSignOfAnObject => ["unparsable file", "unparsable files"],
        Reason::InventoryIncomplete => ["file that policies look into", "files that policies look into"],
        Reason::Symlink => ["link", "links"],
        Reason::Submodule => ["submodule", "submodules"],
        Reason::FolderElsewhere => ["folder elsewhere", "folders elsewhere"],
        Reason::LfsPointer => ["LFS pointer", "LFS pointers"],
        Reason::UnknownValue => {
            let noun = if count == 1 { "object with unknown values" } else { "objects with unknown values" };
            return format!("{} {noun}", grouped(count));
        }
        _ => return format!("{} {}", grouped(count), reason.id().replace('-', " ")),
    };
    let [one, many] = noun;
    format!("{} {} not judged", grouped(count), if count == 1 { one } else { many })
}

/// The verdict, with what weakens it: `fail`, `pass, but 3 not rendered`, `fail, but allowed (mode: report)`.
pub(crate) fn verdict_words(report: &Report) -> String {
    let mut text = match report.verdict {
        Verdict::Pass => "pass",
        Verdict::Fail => "fail",
        Verdict::Indeterminate => "indeterminate",
    }
    .to_owned();
    let unchecked = by_reason(open_unchecked(report).filter(|record| match report.verdict {
        Verdict::Pass => true,
        Verdict::Fail => false,
        Verdict::Indeterminate => record.deciding,
    }))
    .into_iter()
    .map(|(reason, group)| reason_words(reason, total(group)))
    .collect::<Vec<_>>()
    .join(", ");
    if !unchecked.is_empty() {
        text += if report.verdict == Verdict::Pass { ", but " } else { ", " };
        text += &unchecked;
    }
    if report.decision.allow && report.verdict != Verdict::Pass {
        let _ = write!(text, ", but allowed ({})", report.decision.because);
    }
    text
}

/// Who overrode what, why, and where it can be looked up: `override by alice, covers 2 findings: outage (see INC-42)`.
pub(crate) fn override_words(used: &OverrideUse) -> String {
    let OverrideUse { actor, reason, .. } = used;
    let until = used.until.as_ref().map_or(String::new(), |until| format!(" until {until}"));
    let evidence = used.evidence.as_ref().map_or(String::new(), |evidence| format!(" (see {evidence})"));
    format!("override by {actor}{until}, covers {}: {reason}{evidence}", counted(used.fingerprints.len(), "finding"))
}

/// `2 errors, 1 warning` of the open findings; empty when there are none.
pub(crate) fn severity_words(report: &Report) -> String {
    [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Info, "info")]
        .into_iter()
        .filter_map(|(severity, noun)| {
            let count = with_standing(report, Standing::Open).filter(|finding| finding.severity == severity).count();
            (count > 0).then(|| if severity == Severity::Info { format!("{count} info") } else { counted(count, noun) })
        })
        .collect::<Vec<_>>()
        .join(", ")
}

/// What was done and what was not: `14 of 1,203 objects in 3 clusters, 2 unchecked, 1.34–1.36, 180 ms`.
pub(crate) fn scope_words(report: &Report) -> String {
    let counts = &report.counts;
    // Without a count of the whole tree, the objects of the changed files are what there was to judge.
    let all = counts.objects_total.unwrap_or(counts.objects_judged.saturating_add(counts.objects_unchanged));
    let mut parts = vec![if all == counts.objects_judged {
        counted(all as usize, "object")
    } else {
        format!("{} of {}", grouped(counts.objects_judged.into()), counted(all as usize, "object"))
    }];
    if counts.clusters > 0
        && let Some(objects) = parts.first_mut()
    {
        let _ = write!(objects, " in {}", counted(counts.clusters as usize, "cluster"));
    }
    let unchecked = total(open_unchecked(report));
    if unchecked > 0 {
        parts.push(format!("{} unchecked", grouped(unchecked)));
    }
    if counts.files_excluded > 0 {
        parts.push(format!("{} excluded", counted(counts.files_excluded as usize, "file")));
    }
    if !report.ruleset.minors.is_empty() {
        parts.push(minors_words(&report.ruleset.minors));
    }
    parts.push(match report.elapsed_ms {
        ms @ ..10_000 => format!("{ms} ms"),
        ms => format!("{}.{} s", ms / 1000, ms % 1000 / 100),
    });
    parts.join(", ")
}

/// The last line of every format for people.
pub(crate) fn closing(report: &Report) -> String {
    let severities = severity_words(report);
    let findings = if severities.is_empty() { String::new() } else { format!("{severities}; ") };
    format!("{}: {findings}{}", verdict_words(report), scope_words(report))
}

/// Minors that follow each other as a range, `1.34–1.36`; others one by one, `1.33+1.36`.
pub(crate) fn minors_words(minors: &[String]) -> String {
    let number = |minor: &String| minor.strip_prefix("1.").and_then(|rest| rest.parse::<u32>().ok());
    let numbers: Option<Vec<u32>> = minors.iter().map(number).collect();
    match (minors, numbers) {
        ([first, .., last], Some(numbers))
            if numbers.iter().zip(numbers.iter().skip(1)).all(|(left, right)| left.checked_add(1) == Some(*right)) =>
        {
            format!("{first}–{last}")
        }
        _ => minors.join("+"),
    }
}
