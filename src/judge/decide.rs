//! The verdict and the decision.

use crate::config::overrides::{self, Deciding, Override};
use crate::config::{Config, Existing, FailOn, Mode};
use crate::finding::{Authority, Effect, Finding, Operation, Severity, Status, Unchecked};
use crate::report::{Decision, Verdict};

/// What was decided.
#[derive(Debug)]
pub struct Outcome {
    /// Pass, fail or indeterminate.
    pub verdict: Verdict,
    /// What follows.
    pub decision: Decision,
}

/// Mark what decides, and decide. Fail beats indeterminate.
pub fn decide(
    config: &Config,
    entries: &[Override],
    findings: &mut [Finding],
    unchecked: &mut [Unchecked],
    today: jiff::civil::Date,
) -> Outcome {
    for finding in findings.iter_mut() {
        finding.deciding = decides(config, finding);
    }
    for record in unchecked.iter_mut() {
        record.deciding = record.effect == Effect::Fail && record.status == Status::New;
    }
    let failing = findings.iter().filter(|finding| finding.deciding).count();
    let open = unchecked.iter().filter(|record| record.deciding).count();
    let (verdict, because) = match (failing, open) {
        (0, 0) => (Verdict::Pass, "nothing stands against it".to_owned()),
        (0, open) => (Verdict::Indeterminate, format!("{} not judged", count(open, "thing was", "things were"))),
        (failing, _) => (Verdict::Fail, format!("{} against it", count(failing, "finding stands", "findings stand"))),
    };
    let deciding: Vec<(&str, &str)> = findings
        .iter()
        .filter(|finding| finding.deciding)
        .map(|finding| (finding.rule.as_str(), finding.fingerprint.0.as_str()))
        .collect();
    let overridden = overrides::apply(entries, config, Deciding { findings: &deciding, unchecked: open }, today);
    let decision = match (verdict, overridden) {
        (Verdict::Pass, _) => Decision { allow: true, because, overridden: None },
        (_, overrides::Outcome::Allowed(used)) => {
            Decision { allow: true, because: format!("override by {}", used.actor), overridden: Some(used) }
        }
        (_, overrides::Outcome::Refused(why)) if config.mode != Mode::Report => {
            Decision { allow: false, because: format!("{because}; {}", why.join("; ")), overridden: None }
        }
        _ if config.mode == Mode::Report => {
            Decision { allow: true, because: format!("mode: report ({because})"), overridden: None }
        }
        _ => Decision { allow: false, because, overridden: None },
    };
    Outcome { verdict, decision }
}

fn decides(config: &Config, finding: &Finding) -> bool {
    let reaches = match config.fail_on {
        FailOn::Error => finding.severity >= Severity::Error,
        FailOn::Warning => finding.severity >= Severity::Warning,
        FailOn::None => false,
    };
    let applies = matches!(finding.operation, Some(Operation::Create | Operation::Update));
    let refused = finding.authority == Authority::Server && finding.severity == Severity::Error && applies;
    finding.places.iter().filter(|place| place.suppression.is_none()).any(|place| match place.status {
        Status::New => reaches,
        Status::Existing => match config.existing {
            Existing::Ignore => false,
            // Whoever wrote the defect, this change cannot be applied with it.
            Existing::Refused => refused && reaches,
            Existing::All => reaches,
        },
        Status::Fixed => false,
    })
}

fn count(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}
