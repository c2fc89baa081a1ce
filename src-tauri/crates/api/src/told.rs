//! What a verdict is to a visitor whose own API has none: taken, or refused for one of five causes.
//!
//! Our own API answers with the verdict. The doors of other shapes answer as their clients expect,
//! and carry our decision beside it: in the body, and in [`DECISION`] and [`RULE`] for clients that
//! keep nothing of a body. What waits for a person or a slot is taken. So is a repeat without a
//! key: a client that retries a timeout is told of its first ask, and nothing leaves twice.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use domain::{
    Address, Decision, Finding, FindingOutcome, NextClass, SubmissionId, Timestamp, Verdict,
};
use engine::{Submitted, told_code};

use crate::door::Door;
use crate::guard::Caller;
use crate::shapes::SubmissionAnswer;

/// Response header: the decision's id.
pub const DECISION: HeaderName = HeaderName::from_static("x-sendoff-decision");
/// Response header: the rule that decided; absent on a plain allow.
pub const RULE: HeaderName = HeaderName::from_static("x-sendoff-rule");
/// Seconds in `Retry-After` where no time at which it would pass is known.
const RETRY_AFTER_UNKNOWN: u64 = 3_600;

/// An ask that was judged, as such a visitor is told of it.
pub struct Outcome {
    /// What became of it.
    pub verdict: Result<Taken, Refused>,
    /// Our own answer: of this ask, or of the one it repeats.
    pub answer: SubmissionAnswer,
    /// [`DECISION`], [`RULE`] and `Retry-After`.
    pub headers: HeaderMap,
}

/// It was taken.
pub struct Taken {
    /// False if it leaves now, or was only observed.
    pub waits: bool,
    /// Why it waits, or what became of it, in one sentence; none on a plain allow.
    pub sentence: Option<String>,
}

/// It was refused.
pub struct Refused {
    /// For which cause.
    pub why: Why,
    /// The rule's sentence.
    pub sentence: String,
    /// The recipients it is about, where it is about some.
    pub recipients: Vec<Address>,
}

/// The causes the other services know.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Why {
    /// Too much in a window, which passes.
    Rate(Period),
    /// A budget is spent.
    Budget,
    /// A recipient nobody here writes to.
    Inactive,
    /// This agent may not send, or not so, or not now.
    NotAllowed,
    /// What it says or to whom it goes; another message could pass.
    Content,
}

/// Over which window a rate was counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Period {
    /// Up to an hour, or none.
    Short,
    /// A day.
    Day,
    /// 30 days.
    Month,
}

type Cause = fn(&Finding) -> Why;

/// The causes of rules that have one of their own; the others go by what helps.
const CAUSES: &[(&str, Cause)] = &[
    ("rate_limit", |finding| Why::Rate(period(finding))),
    ("domain_throttle", |finding| Why::Rate(period(finding))),
    ("warmup", |finding| Why::Rate(period(finding))),
    ("risk_budget", |_| Why::Budget),
    ("suppression", |_| Why::Inactive),
    ("recipient_scope", |_| Why::Content),
    ("workspace_paused", |_| Why::NotAllowed),
    ("mailbox_paused", |_| Why::NotAllowed),
    ("agent_paused", |_| Why::NotAllowed),
    ("negative_signals", |_| Why::NotAllowed),
];

fn why(finding: &Finding, class: NextClass) -> Why {
    if let Some((_, why)) = CAUSES.iter().find(|(rule, _)| *rule == finding.rule) {
        return why(finding);
    }
    match class {
        NextClass::RetryAfter => Why::Rate(period(finding)),
        NextClass::Never => Why::NotAllowed,
        NextClass::FixAndResubmit | NextClass::Done | NextClass::Wait | NextClass::NeedsPerson => {
            Why::Content
        }
    }
}

fn period(finding: &Finding) -> Period {
    match finding.window.as_deref() {
        Some("day") => Period::Day,
        Some("30 days") => Period::Month,
        Some(_) | None => Period::Short,
    }
}

/// How a visitor is told of what was judged.
pub async fn of(door: &Door, caller: &Caller, submitted: Submitted) -> Outcome {
    let decision = submitted.decision.decision.clone();
    let now = door.engine().now();
    let primary = decision.primary().cloned();
    let mut headers = HeaderMap::new();
    put(&mut headers, DECISION, submitted.decision.id.to_string());
    if let Some(finding) = &primary {
        put(&mut headers, RULE, told_code(&finding.rule).to_owned());
    }
    let answer = SubmissionAnswer::from(submitted);
    let sentence = primary.as_ref().map(|finding| finding.sentence.clone());
    let taken = |waits, sentence| Ok(Taken { waits, sentence });
    let outcome = |verdict, answer, headers| Outcome {
        verdict,
        answer,
        headers,
    };
    if decision.observed_only {
        return outcome(
            taken(false, Some(answer.next.message.clone())),
            answer,
            headers,
        );
    }
    match decision.verdict {
        Verdict::Allow => return outcome(taken(false, None), answer, headers),
        Verdict::Hold | Verdict::Defer => return outcome(taken(true, sentence), answer, headers),
        Verdict::Block => {}
    }
    if let Some(finding) = primary.filter(|finding| finding.rule == "duplicate")
        && let Some(first) = first_of(door, caller, &finding).await
    {
        return outcome(taken(false, Some(finding.sentence)), first, headers);
    }
    let (refused, more) = refused(now, &decision);
    headers.extend(more);
    outcome(Err(refused), answer, headers)
}

/// A block in words every door has some for, with its [`RULE`] and `Retry-After`.
pub fn refused(now: Timestamp, decision: &Decision) -> (Refused, HeaderMap) {
    let mut headers = HeaderMap::new();
    let finding = match decision.primary() {
        Some(finding) => finding.clone(),
        None => Finding::new("", FindingOutcome::Block, decision.next.message.clone()),
    };
    put(&mut headers, RULE, told_code(&finding.rule).to_owned());
    let why = why(&finding, decision.next.class);
    if matches!(why, Why::Rate(_) | Why::Budget) {
        let until = finding.not_before.or(decision.next.not_before);
        let seconds = until.map_or(RETRY_AFTER_UNKNOWN, |until| seconds_until(until, now));
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    let of_same_rule =
        |other: &&Finding| other.rule == finding.rule && other.outcome == FindingOutcome::Block;
    let recipients = decision
        .findings
        .iter()
        .filter(of_same_rule)
        .filter_map(|finding| finding.recipient.clone())
        .collect();
    let refused = Refused {
        why,
        sentence: finding.sentence,
        recipients,
    };
    (refused, headers)
}

/// The caller's own first ask that this one repeats; another agent's is none of its business.
async fn first_of(door: &Door, caller: &Caller, finding: &Finding) -> Option<SubmissionAnswer> {
    let first: SubmissionId = finding.matched.as_deref()?.parse().ok()?;
    let story = door.engine().story(caller.actor(), first).await.ok()?;
    Some(SubmissionAnswer::again(&story))
}

/// Whole seconds, never too few.
fn seconds_until(then: Timestamp, now: Timestamp) -> u64 {
    let micros = u64::try_from(then.since(now).micros()).unwrap_or(0);
    micros.div_ceil(1_000_000).max(1)
}

fn put(headers: &mut HeaderMap, name: HeaderName, value: String) {
    // Ids and rule codes are plain ASCII; what were not is left out rather than mangled.
    if let Ok(value) = HeaderValue::try_from(value) {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_block_has_a_cause_the_other_services_know() {
        let of = |rule: &str, window: Option<&str>, class| {
            let mut finding = Finding::new(rule, FindingOutcome::Block, "no");
            finding.window = window.map(str::to_owned);
            why(&finding, class)
        };
        use NextClass::{FixAndResubmit, Never, RetryAfter};
        assert_eq!(
            of("rate_limit", Some("hour"), RetryAfter),
            Why::Rate(Period::Short)
        );
        assert_eq!(
            of("rate_limit", Some("day"), RetryAfter),
            Why::Rate(Period::Day)
        );
        assert_eq!(
            of("rate_limit", Some("30 days"), RetryAfter),
            Why::Rate(Period::Month)
        );
        assert_eq!(of("queue_full", None, RetryAfter), Why::Rate(Period::Short));
        assert_eq!(of("workspace_paused", None, RetryAfter), Why::NotAllowed);
        assert_eq!(of("suppression", None, Never), Why::Inactive);
        assert_eq!(of("mailbox_grant", None, Never), Why::NotAllowed);
        assert_eq!(of("secrets", None, FixAndResubmit), Why::Content);
    }

    #[test]
    fn waiting_is_rounded_up() {
        let at = Timestamp::from_seconds(100);
        assert_eq!(seconds_until(at + domain::Span::from_micros(1), at), 1);
        assert_eq!(seconds_until(at + domain::Span::from_seconds(7), at), 7);
        assert_eq!(seconds_until(at, at), 1);
    }
}
