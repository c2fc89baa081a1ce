//! Time between two mails to one contact.

use domain::facts::{LastSend, RecipientFacts};
use domain::{Facts, Finding, FindingOutcome, NextClass, Span, Timestamp};

use crate::param::{Number, Param};
use crate::rule::{Action, Rule, judged_for};
use crate::say;
use crate::settings::{Settings, Terms};

pub(crate) struct Cooldown;

const ANYONE: Number = Number {
    key: "anyone_minutes",
    help: "Minutes after a send by anyone here to the contact.",
    default: 10,
    min: 1,
    max: 43_200,
};

const AGENT: Number = Number {
    key: "agent_minutes",
    help: "Minutes after a send by this agent to the contact.",
    default: 240,
    min: 1,
    max: 43_200,
};

impl Rule for Cooldown {
    fn code(&self) -> &'static str {
        "cooldown"
    }
    fn title(&self) -> &'static str {
        "Cooling down"
    }
    fn about(&self) -> &'static str {
        "Nobody is written to twice in short order. An answer to something they wrote since the \
         last send does not wait."
    }
    fn is_for_agents(&self) -> bool {
        true
    }
    fn actions(&self) -> &'static [Action] {
        &[Action::Defer, Action::Hold, Action::Block]
    }
    fn params(&self) -> &'static [Param] {
        &[Param::Number(&ANYONE), Param::Number(&AGENT)]
    }
    fn class(&self, _finding: &Finding) -> NextClass {
        NextClass::RetryAfter
    }
    fn is_overridable(&self, _finding: &Finding) -> bool {
        true
    }

    fn check(&self, facts: &Facts, terms: &Terms<'_>) -> Vec<Finding> {
        let at = judged_for(facts);
        let mut findings = Vec::new();
        for recipient in &facts.recipients {
            let Some(wait) = wait(recipient, terms, at).filter(|wait| wait.until > at) else {
                continue;
            };
            let sentence = format!(
                "{} {} to {} at {}; the next may leave at {}.",
                wait.who,
                match wait.last.at > facts.now {
                    true => "has a message due",
                    false => "sent a message",
                },
                recipient.address,
                say::time(wait.last.at, facts.now),
                say::time(wait.until, facts.now),
            );
            findings.push(
                Finding::new(self.code(), terms.action().outcome(), sentence)
                    .about(&recipient.address)
                    .matching(wait.last.submission.to_string())
                    .until(wait.until),
            );
        }
        if findings.is_empty() {
            let sentence = "Nobody here was written to just now.";
            findings.push(Finding::new(self.code(), FindingOutcome::Pass, sentence));
        }
        findings
    }

    fn earliest(&self, facts: &Facts, terms: &Terms<'_>, at: Timestamp) -> Option<Timestamp> {
        let waits = facts
            .recipients
            .iter()
            .filter_map(|recipient| wait(recipient, terms, at));
        Some(waits.map(|wait| wait.until).fold(at, Timestamp::max))
    }
}

/// How long a contact is left in peace, and after what.
struct Wait<'f> {
    who: &'static str,
    last: &'f LastSend,
    until: Timestamp,
}

/// How long this contact is left in peace by what leaves at `at`. A promised send counts only if it
/// is nearer than the span; what follows it is judged again at the wire.
fn wait<'f>(recipient: &'f RecipientFacts, settings: &Settings, at: Timestamp) -> Option<Wait<'f>> {
    let after = |who, last: &'f Option<LastSend>, next: &'f Option<LastSend>, minutes| {
        let span = Span::from_minutes(minutes);
        // They wrote since: whatever answers that does not wait.
        let is_answer = recipient
            .last_inbound_at
            .is_some_and(|wrote| last.as_ref().is_none_or(|last| wrote > last.at));
        let near = next.as_ref().filter(|next| next.at < at + span);
        let waits = last.as_ref().into_iter().chain(near).map(move |last| Wait {
            who,
            last,
            until: last.at + span,
        });
        waits.filter(|_| !is_answer).max_by_key(|wait| wait.until)
    };
    let anyone = after(
        "Someone here",
        &recipient.last_by_anyone,
        &recipient.next_by_anyone,
        ANYONE.of(settings),
    );
    let agent = after(
        "This agent",
        &recipient.last_by_agent,
        &recipient.next_by_agent,
        AGENT.of(settings),
    );
    anyone
        .into_iter()
        .chain(agent)
        .max_by_key(|wait| wait.until)
}
