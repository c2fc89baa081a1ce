//! What the agent should do after an answer: always one step, always one sentence.

use domain::decision::Fix;
use domain::limits::WAIT_SECONDS_MAX;
use domain::{Address, Facts, Finding, Next, NextClass, Timestamp, Verdict};

use crate::judge::{SEND_BY, stops};
use crate::rule::by_code;
use crate::rules::domain_throttle;
use crate::say;

/// A decision without its next step; fields as in [`domain::Decision`].
pub(crate) struct Judged {
    pub(crate) verdict: Verdict,
    pub(crate) primary: Option<usize>,
    pub(crate) findings: Vec<Finding>,
    pub(crate) slot: Option<Timestamp>,
    pub(crate) observed_only: bool,
}

/// The step that follows.
pub(crate) fn next(decision: &Judged, facts: &Facts) -> Next {
    let primary = decision
        .primary
        .and_then(|index| decision.findings.get(index));
    let class = class(decision, primary);
    Next {
        class,
        not_before: not_before(decision, primary, facts),
        poll: poll(decision, facts),
        fix: fixes(decision),
        would_pass: would_pass(decision, facts),
        message: message(decision, primary, class, facts),
    }
}

fn class(decision: &Judged, primary: Option<&Finding>) -> NextClass {
    if decision.observed_only {
        return NextClass::Done;
    }
    match decision.verdict {
        Verdict::Allow => NextClass::Done,
        Verdict::Defer => NextClass::Wait,
        Verdict::Hold => NextClass::NeedsPerson,
        Verdict::Block => match primary {
            Some(finding) if finding.rule == SEND_BY => NextClass::RetryAfter,
            Some(finding) => {
                by_code(&finding.rule).map_or(NextClass::FixAndResubmit, |rule| rule.class(finding))
            }
            None => NextClass::FixAndResubmit,
        },
    }
}

fn not_before(decision: &Judged, primary: Option<&Finding>, facts: &Facts) -> Option<Timestamp> {
    match decision.verdict {
        Verdict::Allow | Verdict::Defer => decision.slot.filter(|slot| *slot > facts.now),
        Verdict::Hold => None,
        Verdict::Block => primary.and_then(|finding| finding.not_before),
    }
}

/// Where something may still change.
fn poll(decision: &Judged, facts: &Facts) -> Option<String> {
    let id = facts.submission.id?;
    let moves = match decision.verdict {
        Verdict::Allow | Verdict::Defer | Verdict::Hold => !decision.observed_only,
        Verdict::Block => false,
    };
    moves.then(|| format!("/v1/submissions/{id}?wait={WAIT_SECONDS_MAX}"))
}

fn fixes(decision: &Judged) -> Vec<Fix> {
    let stopping = decision.findings.iter().filter(|finding| stops(finding));
    stopping
        .filter_map(|finding| {
            Some(Fix {
                rule: finding.rule.clone(),
                what: by_code(&finding.rule)?.fix(finding)?,
            })
        })
        .collect()
}

/// Whom alone it would have reached: everyone nothing is said against, neither by address nor by
/// domain, unless something is said against the message as a whole.
fn would_pass(decision: &Judged, facts: &Facts) -> Vec<Address> {
    let recipients = || facts.recipients.iter().map(|recipient| &recipient.address);
    let (mut stopped, mut domains) = (Vec::new(), Vec::new());
    for finding in decision.findings.iter().filter(|finding| stops(finding)) {
        match (&finding.recipient, domain_throttle::domain_of(finding)) {
            (Some(recipient), _) => stopped.push(recipient),
            (None, Some(domain)) if recipients().any(|one| one.domain() == domain) => {
                domains.push(domain);
            }
            (None, _) => return Vec::new(),
        }
    }
    if stopped.is_empty() && domains.is_empty() {
        return Vec::new();
    }
    recipients()
        .filter(|address| !stopped.contains(address) && !domains.contains(&address.domain()))
        .cloned()
        .collect()
}

fn message(
    decision: &Judged,
    primary: Option<&Finding>,
    class: NextClass,
    facts: &Facts,
) -> String {
    if decision.observed_only {
        return "Nothing was sent: this agent only observes.".to_owned();
    }
    let later = not_before(decision, primary, facts).map(|at| say::time(at, facts.now));
    match (class, later) {
        (NextClass::Done, later) => match (decision.verdict, later) {
            (Verdict::Allow, Some(at)) => format!("It leaves at {at}; there is nothing to do."),
            (Verdict::Allow, None) => "It leaves now; there is nothing to do.".to_owned(),
            (Verdict::Defer | Verdict::Hold | Verdict::Block, _) => {
                "The same content was asked before; do not send it again.".to_owned()
            }
        },
        (NextClass::Wait, Some(at)) => {
            format!("It leaves by itself at {at}; do not send it again.")
        }
        (NextClass::Wait, None) => "It leaves by itself later; do not send it again.".to_owned(),
        (NextClass::RetryAfter, Some(at)) => format!("Nothing was sent; ask again after {at}."),
        (NextClass::RetryAfter, None) => {
            "Nothing was sent; ask again when the cause is gone.".to_owned()
        }
        (NextClass::NeedsPerson, _) => {
            "A person decides; wait for the outcome and do not send it again.".to_owned()
        }
        (NextClass::FixAndResubmit, _) => {
            "Nothing was sent; change what is named under fix and ask again.".to_owned()
        }
        (NextClass::Never, _) => {
            "Nothing was sent and asking again does not help; only a person can change this."
                .to_owned()
        }
    }
}
