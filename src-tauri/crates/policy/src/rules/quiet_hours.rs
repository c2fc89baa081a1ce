//! Nobody is written to at night.

use domain::{Facts, Finding, FindingOutcome, NextClass, Timestamp};

use crate::hours::{Hours, TIME_TAKES, is_time, time, zone_of};
use crate::param::{Days, Param, Text};
use crate::rule::{Action, Rule, judged_for};
use crate::say;
use crate::settings::{Settings, Terms};

pub(crate) struct QuietHours;

const FROM: Text = Text {
    key: "from",
    help: "When it becomes quiet.",
    default: "20:00",
    takes: TIME_TAKES,
    is_one: is_time,
};

const UNTIL: Text = Text {
    key: "until",
    help: "When it ends.",
    default: "08:00",
    takes: TIME_TAKES,
    is_one: is_time,
};

const DAYS: Days = Days {
    key: "days",
    help: "Days on which mail may leave at all.",
    default: [true; 7],
};

impl Rule for QuietHours {
    fn code(&self) -> &'static str {
        "quiet_hours"
    }
    fn title(&self) -> &'static str {
        "Quiet hours"
    }
    fn about(&self) -> &'static str {
        "Mail leaves only at hours and on days that are fit for each recipient: where they are, if that \
         is known, else where the people here are."
    }
    fn on_by_default(&self) -> bool {
        false
    }
    fn actions(&self) -> &'static [Action] {
        &[Action::Defer, Action::Hold, Action::Block]
    }
    fn params(&self) -> &'static [Param] {
        &[Param::Text(&FROM), Param::Text(&UNTIL), Param::Days(&DAYS)]
    }
    fn contradictions(&self, settings: &Settings) -> Vec<(&'static str, String)> {
        let (from, until) = (FROM.of(settings), UNTIL.of(settings));
        let message = "is when it becomes quiet too: that is either always or never".to_owned();
        let contradicts = from == until;
        contradicts
            .then_some((UNTIL.key, message))
            .into_iter()
            .collect()
    }
    fn class(&self, _finding: &Finding) -> NextClass {
        NextClass::RetryAfter
    }
    fn is_overridable(&self, _finding: &Finding) -> bool {
        true
    }

    fn check(&self, facts: &Facts, terms: &Terms<'_>) -> Vec<Finding> {
        let (at, awake) = (judged_for(facts), awake(terms));
        let mut findings = Vec::new();
        for recipient in &facts.recipients {
            let zone = zone_of(recipient.zone.as_deref(), terms.head);
            if awake.include(at, &zone) {
                continue;
            }
            let next = awake.first(at, &zone);
            let when = match next {
                Some(next) => format!("it may leave at {}", say::time(next, facts.now)),
                None => "there is no hour at which it may leave".to_owned(),
            };
            let who = &recipient.address;
            let sentence = format!("These are quiet hours for {who}; {when}.");
            let outcome = terms.action().outcome();
            let mut finding = Finding::new(self.code(), outcome, sentence).about(who);
            finding.not_before = next;
            findings.push(finding);
        }
        if findings.is_empty() {
            let sentence = "These are no quiet hours for anybody here.";
            findings.push(Finding::new(self.code(), FindingOutcome::Pass, sentence));
        }
        findings
    }

    fn earliest(&self, facts: &Facts, terms: &Terms<'_>, at: Timestamp) -> Option<Timestamp> {
        let awake = awake(terms);
        let mut at = at;
        for recipient in &facts.recipients {
            at = awake.first(at, &zone_of(recipient.zone.as_deref(), terms.head))?;
        }
        Some(at)
    }
}

/// The hours that are not quiet.
fn awake(settings: &Settings) -> Hours {
    Hours {
        from: time(UNTIL.of(settings)),
        until: time(FROM.of(settings)),
        days: DAYS.of(settings),
    }
}
