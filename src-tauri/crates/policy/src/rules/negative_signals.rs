//! Mail that comes back, or is complained about.

use domain::facts::Signals;
use domain::{Facts, Finding, FindingOutcome, NextClass};

use crate::param::{Number, Param};
use crate::rule::{Action, Rule};
use crate::settings::{Policy, Settings, Terms};

pub(crate) struct NegativeSignals;

const BOUNCES: Number = Number {
    key: "bounces_permille",
    help: "Bounces for good over this many in a thousand.",
    default: 50,
    min: 1,
    max: 1000,
};

const BOUNCES_OF: Number = Number {
    key: "bounces_of",
    help: "Only where so many messages were delivered.",
    default: 20,
    min: 1,
    max: 1000000,
};

const COMPLAINTS: Number = Number {
    key: "complaints_permille",
    help: "Complaints over this many in a thousand.",
    default: 3,
    min: 1,
    max: 1000,
};

const COMPLAINTS_OF: Number = Number {
    key: "complaints_of",
    help: "Only where so many messages were delivered.",
    default: 100,
    min: 1,
    max: 1000000,
};

const COMPLAINTS_MAX: Number = Number {
    key: "complaints",
    help: "So many complaints, whatever was delivered.",
    default: 3,
    min: 1,
    max: 1000000,
};

impl Policy {
    /// Why a line is crossed, in words, if one is: what a mailbox is paused and an agent lowered
    /// for. Nothing while the rule is off.
    pub fn crossed(&self, signals: &Signals) -> Option<String> {
        let settings = self.rule(&NegativeSignals);
        let line = lines(signals, settings).next();
        line.filter(|_| settings.enabled())
            .map(|line| format!("{} in seven days", line.what))
    }
}

impl Rule for NegativeSignals {
    fn code(&self) -> &'static str {
        "negative_signals"
    }
    fn title(&self) -> &'static str {
        "Bounces and complaints"
    }
    fn about(&self) -> &'static str {
        "Too many bounces for good or complaints in the last seven days, of a mailbox or of an agent, \
         stop it."
    }
    fn actions(&self) -> &'static [Action] {
        &[Action::Block, Action::Hold]
    }
    fn params(&self) -> &'static [Param] {
        &[
            Param::Number(&BOUNCES),
            Param::Number(&BOUNCES_OF),
            Param::Number(&COMPLAINTS),
            Param::Number(&COMPLAINTS_OF),
            Param::Number(&COMPLAINTS_MAX),
        ]
    }
    fn class(&self, _finding: &Finding) -> NextClass {
        NextClass::RetryAfter
    }
    // The pause that comes with it is lifted by hand; what a person then lets go, with a reason,
    // has to be able to leave.
    fn is_overridable(&self, _finding: &Finding) -> bool {
        true
    }

    fn check(&self, facts: &Facts, terms: &Terms<'_>) -> Vec<Finding> {
        let outcome = terms.action().outcome();
        let mut findings = Vec::new();
        let senders = [
            (
                "mailbox",
                facts.mailbox.address.to_string(),
                &facts.mailbox.signals,
            ),
            (
                "agent",
                format!("The agent {}", facts.agent.name),
                &facts.agent.signals,
            ),
        ];
        for (scope, who, signals) in senders {
            for line in lines(signals, terms) {
                let sentence = format!("{who} had {} in seven days.", line.what);
                findings.push(
                    Finding::new(self.code(), outcome, sentence)
                        .within(scope, "7 days")
                        .measured(line.observed, line.limit)
                        .matching(format!("{scope} {}", line.row)),
                );
            }
        }
        if findings.is_empty() {
            let sentence = "Bounces and complaints are within bounds.";
            findings.push(Finding::new(self.code(), FindingOutcome::Pass, sentence));
        }
        findings
    }
}

/// A line that is crossed.
struct Line {
    row: &'static str,
    what: String,
    observed: i64,
    limit: i64,
}

fn lines(signals: &Signals, settings: &Settings) -> impl Iterator<Item = Line> + use<> {
    let delivered = i64::from(signals.delivered);
    let (bounces, complaints) = (
        i64::from(signals.hard_bounces),
        i64::from(signals.complaints),
    );
    let over = |count: i64, permille: i64, of: i64| {
        delivered >= of && count * 1_000 > permille * delivered
    };
    let bounced = over(bounces, BOUNCES.of(settings), BOUNCES_OF.of(settings));
    let complained = over(
        complaints,
        COMPLAINTS.of(settings),
        COMPLAINTS_OF.of(settings),
    ) || complaints >= COMPLAINTS_MAX.of(settings);
    let bounced = bounced.then(|| Line {
        row: "bounces",
        what: format!("{bounces} bounces for good of {delivered} messages"),
        observed: bounces * 1_000 / delivered.max(1),
        limit: BOUNCES.of(settings),
    });
    let complained = complained.then(|| Line {
        row: "complaints",
        what: format!("{complaints} complaints about {delivered} messages"),
        observed: complaints,
        limit: COMPLAINTS_MAX.of(settings),
    });
    bounced.into_iter().chain(complained)
}

#[cfg(test)]
mod tests {
    use super::*;

    const THREE_COMPLAINTS: Signals = Signals {
        delivered: 3,
        hard_bounces: 0,
        complaints: 3,
    };

    #[test]
    fn a_crossed_line_is_told_in_words_and_a_line_not_reached_is_not() {
        let policy = Policy::default();
        let why = policy.crossed(&THREE_COMPLAINTS);
        let said = "3 complaints about 3 messages in seven days";
        assert_eq!(why.as_deref(), Some(said));
        let two = Signals {
            complaints: 2,
            ..THREE_COMPLAINTS
        };
        assert_eq!(policy.crossed(&two), None);
    }

    #[test]
    fn a_rule_switched_off_stops_nobody() {
        let off = crate::parse("[rules.negative_signals]\nenabled = false\n").unwrap();
        assert_eq!(off.crossed(&THREE_COMPLAINTS), None);
    }
}
