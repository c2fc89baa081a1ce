//! At most so many recipients of one domain in any hour.

use domain::facts::{DomainFacts, Window};
use domain::{Facts, Finding, FindingOutcome, NextClass, Timestamp};

use crate::counting;
use crate::param::{Number, Param, Rows};
use crate::room::Room;
use crate::rule::{Action, Rule, judged_for, undecided};
use crate::say;
use crate::settings::{Settings, Terms};

pub(crate) struct DomainThrottle;

const PER_HOUR: Number = Number {
    key: "per_hour",
    help: "Recipients of one domain in an hour.",
    default: 50,
    min: 1,
    max: 1000000,
};

const DOMAINS: Rows = Rows {
    key: "domains",
    help: "Domains with a number of their own, such as big providers: { \"example.com\" = 200 }.",
    min: 1,
    max: 1_000_000,
};

impl Rule for DomainThrottle {
    fn code(&self) -> &'static str {
        "domain_throttle"
    }
    fn title(&self) -> &'static str {
        "Throttle per domain"
    }
    fn about(&self) -> &'static str {
        "At most so many recipients at one domain in any stretch of an hour, past and promised ones \
         together."
    }
    fn actions(&self) -> &'static [Action] {
        &[Action::Defer, Action::Hold, Action::Block]
    }
    fn params(&self) -> &'static [Param] {
        &[Param::Number(&PER_HOUR), Param::Rows(&DOMAINS)]
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
        for row in &facts.domains {
            if !counting::is_ascending(&row.hour) {
                let sentence = format!("What {} had this hour cannot be counted.", row.domain);
                findings.push(undecided(self.code(), sentence).within("domain", "hour"));
                continue;
            }
            let room = room(facts, row, terms);
            if room.takes == 0 || room.is_there(facts, at) {
                continue;
            }
            let used = counting::used_around(&row.hour, Window::Hour.bucket(at));
            let next = room.next(facts, at);
            let when = match next {
                Some(next) => format!("there is room at {}", say::time(next, facts.now)),
                None => "there will be no room".to_owned(),
            };
            let (domain, limit) = (&row.domain, room.limit);
            let sentence =
                format!("{used} of {limit} recipients at {domain} are taken this hour; {when}.");
            let mut finding = Finding::new(self.code(), terms.action().outcome(), sentence)
                .within("domain", Window::Hour.as_str())
                .measured(i64::try_from(used).unwrap_or(i64::MAX), i64::from(limit))
                .matching(domain);
            finding.not_before = next;
            findings.push(finding);
        }
        if findings.is_empty() {
            let sentence = "There is room for every recipient domain.";
            findings.push(Finding::new(self.code(), FindingOutcome::Pass, sentence));
        }
        findings
    }

    fn earliest(&self, facts: &Facts, terms: &Terms<'_>, at: Timestamp) -> Option<Timestamp> {
        let mut at = at;
        for row in &facts.domains {
            let room = room(facts, row, terms);
            // What cannot be counted is held by `check`.
            if room.takes > 0 && counting::is_ascending(&row.hour) {
                at = room.next(facts, at)?;
            }
        }
        Some(at)
    }
}

/// The recipient domain a finding of this rule is about; none where it cannot be counted.
pub(crate) fn domain_of(finding: &Finding) -> Option<&str> {
    let own = finding.rule == DomainThrottle.code();
    finding.matched.as_deref().filter(|_| own)
}

fn room<'f>(facts: &Facts, row: &'f DomainFacts, settings: &Settings) -> Room<'f> {
    let limit = DOMAINS
        .of(settings, &row.domain)
        .unwrap_or(PER_HOUR.of(settings));
    let there = facts.recipients.iter();
    let there = there.filter(|one| one.address.domain() == row.domain);
    Room {
        buckets: &row.hour,
        window: Window::Hour,
        limit: u32::try_from(limit).unwrap_or(u32::MAX),
        takes: u32::try_from(there.count()).unwrap_or(u32::MAX),
    }
}
