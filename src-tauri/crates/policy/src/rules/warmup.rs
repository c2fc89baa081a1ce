//! A young sending domain grows slowly.

use domain::facts::WarmupFacts;
use domain::{Facts, Finding, FindingOutcome, Moment, NextClass, Timestamp};

use crate::counting;
use crate::param::{Number, Param};
use crate::rule::{Action, Rule, judged_for, undecided};
use crate::say;
use crate::settings::{Policy, Sender, Settings, Terms};

pub(crate) struct Warmup;

/// Days each step lasts.
const STEP_DAYS: i64 = 7;
/// After the last step anything goes.
const STEPS: [&Number; 4] = [&WEEK_1, &WEEK_2, &WEEK_3, &WEEK_4];

const WEEK_1: Number = Number {
    key: "week_1",
    help: "Recipients a day on days 0 to 6 after the first mail.",
    default: 20,
    min: 1,
    max: 1000000,
};

const WEEK_2: Number = Number {
    key: "week_2",
    help: "On days 7 to 13.",
    default: 50,
    min: 1,
    max: 1000000,
};

const WEEK_3: Number = Number {
    key: "week_3",
    help: "On days 14 to 20.",
    default: 100,
    min: 1,
    max: 1000000,
};

const WEEK_4: Number = Number {
    key: "week_4",
    help: "On days 21 to 27; then there is no limit.",
    default: 250,
    min: 1,
    max: 1000000,
};

impl Rule for Warmup {
    fn code(&self) -> &'static str {
        "warmup"
    }
    fn title(&self) -> &'static str {
        "Warm-up"
    }
    fn about(&self) -> &'static str {
        "In the weeks after a sending domain's first mail, at most so many recipients a day (UTC)."
    }
    fn actions(&self) -> &'static [Action] {
        &[Action::Defer, Action::Hold, Action::Block]
    }
    fn params(&self) -> &'static [Param] {
        &[
            Param::Number(&WEEK_1),
            Param::Number(&WEEK_2),
            Param::Number(&WEEK_3),
            Param::Number(&WEEK_4),
        ]
    }
    fn contradictions(&self, settings: &Settings) -> Vec<(&'static str, String)> {
        let mut found = Vec::new();
        for (before, after) in STEPS.iter().zip(STEPS.iter().skip(1)) {
            let (less, more) = (before.of(settings), after.of(settings));
            if less > more {
                let message = format!("is {more}, less than `{}` ({less})", before.key);
                found.push((after.key, message));
            }
        }
        found
    }
    fn class(&self, _finding: &Finding) -> NextClass {
        NextClass::RetryAfter
    }
    fn is_overridable(&self, _finding: &Finding) -> bool {
        true
    }

    fn check(&self, facts: &Facts, terms: &Terms<'_>) -> Vec<Finding> {
        let Some(warmup) = &facts.mailbox.warmup else {
            let sentence = "This sending domain needs no warm-up.";
            let outcome = FindingOutcome::NotApplicable;
            return vec![Finding::new(self.code(), outcome, sentence)];
        };
        if !counting::is_ascending(&warmup.days) {
            let sentence = "What the sending domain sent these days cannot be counted.";
            return vec![undecided(self.code(), sentence)];
        }
        let (at, caps) = (judged_for(facts), Caps::of(warmup, terms, facts));
        let day = WarmupFacts::day(at);
        let domain = facts.mailbox.address.domain();
        let used = caps.used(day);
        let measured = |finding: Finding, cap: u32| {
            let finding = finding.within("mailbox domain", "day");
            finding.measured(i64::from(used), i64::from(cap))
        };
        let Some(cap) = caps.cap(day) else {
            let sentence = format!("{domain} is warm.");
            return vec![Finding::new(self.code(), FindingOutcome::Pass, sentence)];
        };
        let age = caps.age(day);
        let so_far =
            format!("{domain} is warming up (day {age}): {used} of {cap} recipients are taken");
        if caps.has_room(day) {
            let sentence = format!("{so_far} that day.");
            let pass = Finding::new(self.code(), FindingOutcome::Pass, sentence);
            return vec![measured(pass, cap)];
        }
        let next = caps.next(at);
        let sentence = match next {
            Some(next) => format!("{so_far}; there is room at {}.", say::time(next, facts.now)),
            None => format!("{so_far}; there will be no room."),
        };
        let finding = Finding::new(self.code(), terms.action().outcome(), sentence);
        let mut finding = measured(finding, cap).matching(domain);
        finding.not_before = next;
        vec![finding]
    }

    fn earliest(&self, facts: &Facts, terms: &Terms<'_>, at: Timestamp) -> Option<Timestamp> {
        match &facts.mailbox.warmup {
            Some(warmup) => Caps::of(warmup, terms, facts).next(at),
            None => Some(at),
        }
    }
}

/// How far a sending domain is on its way to full volume.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Warming {
    /// Recipients taken that UTC day.
    pub used: u32,
    /// At most so many that day.
    pub most: u32,
    /// Weeks begun since the first mail, from 1; `weeks` of them are limited.
    pub week: u32,
    /// Weeks that are limited.
    pub weeks: u32,
    /// From when anything goes; absent before the first mail.
    pub full_from: Option<Timestamp>,
}

impl Policy {
    /// How warm a sending domain is at an instant for this sender, by the strictest of what applies
    /// to it; `None` if it is, or if the document does not count.
    pub fn warming(
        &self,
        sender: &Sender<'_>,
        warmup: &WarmupFacts,
        at: Timestamp,
    ) -> Option<Warming> {
        if !counting::is_ascending(&warmup.days) {
            return None;
        }
        let (first, rest) = self.terms(&Warmup, sender);
        let all = std::iter::once(first).chain(rest);
        let counted = all.filter(|terms| terms.enabled());
        let warming = counted.filter_map(|terms| warming_under(&terms, warmup, at));
        warming.min_by_key(|warming| warming.most)
    }
}

fn warming_under(settings: &Settings, warmup: &WarmupFacts, at: Timestamp) -> Option<Warming> {
    let caps = Caps {
        warmup,
        steps: STEPS.map(|step| step.of(settings)),
        takes: 1,
        own_day: None,
    };
    let day = WarmupFacts::day(at);
    let first = warmup.first_send_at.map(WarmupFacts::day);
    let weeks = STEPS.len() as u32;
    let begun = first.map_or(0, |first| (day - first).max(0) / STEP_DAYS);
    Some(Warming {
        used: caps.used(day),
        most: caps.cap(day)?,
        week: u32::try_from(begun).unwrap_or(weeks).saturating_add(1),
        weeks,
        full_from: first.map(|first| WarmupFacts::day_start(first + STEP_DAYS * i64::from(weeks))),
    })
}

/// What each day takes.
struct Caps<'f> {
    warmup: &'f WarmupFacts,
    steps: [i64; 4],
    takes: u32,
    /// The day of the slot it already holds, which counts as its own; not at the wire.
    own_day: Option<i64>,
}

impl<'f> Caps<'f> {
    fn of(warmup: &'f WarmupFacts, settings: &Settings, facts: &Facts) -> Self {
        let slot = match facts.moment {
            Moment::Dispatch => None,
            Moment::Check | Moment::Admission | Moment::Revision | Moment::Approval => {
                facts.submission.slot
            }
        };
        Caps {
            warmup,
            steps: STEPS.map(|step| step.of(settings)),
            takes: u32::try_from(facts.recipients.len()).unwrap_or(u32::MAX),
            own_day: slot.map(WarmupFacts::day),
        }
    }

    /// Days since the first mail; it left on day 0.
    fn age(&self, day: i64) -> i64 {
        let promised = self.warmup.days.first().map(|(day, _)| *day);
        // Before anything left, the first promise is where the count will begin.
        let first = match self.warmup.first_send_at {
            Some(at) => WarmupFacts::day(at),
            None => promised.unwrap_or(day).min(day),
        };
        (day - first).max(0)
    }

    /// The most for a day; `None` once it is warm.
    fn cap(&self, day: i64) -> Option<u32> {
        let step = usize::try_from(self.age(day) / STEP_DAYS).ok()?;
        let cap = *self.steps.get(step)?;
        Some(u32::try_from(cap).unwrap_or(u32::MAX))
    }

    fn used(&self, day: i64) -> u32 {
        let days = &self.warmup.days;
        let place = days.binary_search_by_key(&day, |(day, _)| *day).ok();
        place
            .and_then(|place| days.get(place))
            .map_or(0, |(_, used)| *used)
    }

    fn has_room(&self, day: i64) -> bool {
        self.own_day == Some(day)
            || self
                .cap(day)
                .is_none_or(|cap| self.used(day).saturating_add(self.takes) <= cap)
    }

    /// The first instant from `at` on with room.
    fn next(&self, at: Timestamp) -> Option<Timestamp> {
        let first = WarmupFacts::day(at);
        let last = first + STEP_DAYS * (self.steps.len() as i64 + 1);
        let last = last.max(self.warmup.days.last().map_or(0, |(day, _)| *day + 1));
        let day = (first..=last).find(|day| self.has_room(*day))?;
        Some(WarmupFacts::day_start(day).max(at))
    }
}
