//! At most so many messages in any sliding window.

use domain::facts::{CountScope, UsageFacts, Window};
use domain::{Facts, Finding, FindingOutcome, NextClass, Timestamp};

use crate::counting;
use crate::param::{Limits, Param};
use crate::room::Room;
use crate::rule::{Action, Rule, judged_for, undecided};
use crate::say;
use crate::settings::{Policy, Sender, Settings, Terms};

pub(crate) struct RateLimit;

const WORKSPACE: Limits = Limits {
    key: "workspace",
    help: "Messages of everyone together: any of minute, hour, day, month (30 days).",
    default: [None; 4],
};

const MAILBOX: Limits = Limits {
    key: "mailbox",
    help: "Messages of one mailbox. A table given here replaces this one as a whole.",
    default: [Some(10), Some(100), Some(500), Some(5_000)],
};

const AGENT: Limits = Limits {
    key: "agent",
    help: "Messages of one agent.",
    default: [None; 4],
};

/// One limit that is set.
#[derive(Clone, Copy)]
struct Limit {
    scope: CountScope,
    window: Window,
    most: u32,
}

impl Rule for RateLimit {
    fn code(&self) -> &'static str {
        "rate_limit"
    }
    fn title(&self) -> &'static str {
        "Rate limit"
    }
    fn about(&self) -> &'static str {
        "At most so many messages leave in any stretch of time as long as the window, past and \
         promised ones together."
    }
    fn actions(&self) -> &'static [Action] {
        &[Action::Defer, Action::Hold, Action::Block]
    }
    fn params(&self) -> &'static [Param] {
        &[
            Param::Limits(&WORKSPACE),
            Param::Limits(&MAILBOX),
            Param::Limits(&AGENT),
        ]
    }
    fn class(&self, _finding: &Finding) -> NextClass {
        NextClass::RetryAfter
    }
    fn is_overridable(&self, _finding: &Finding) -> bool {
        true
    }

    fn check(&self, facts: &Facts, terms: &Terms<'_>) -> Vec<Finding> {
        let at = judged_for(facts);
        limits(terms)
            .map(|limit| self.look(facts, terms, limit, at))
            .collect()
    }

    fn earliest(&self, facts: &Facts, terms: &Terms<'_>, at: Timestamp) -> Option<Timestamp> {
        let mut at = at;
        for limit in limits(terms) {
            // What cannot be counted is held by `check`.
            if let Some(usage) = usage(facts, limit) {
                at = room(usage, limit).next(facts, at)?;
            }
        }
        Some(at)
    }
}

impl Policy {
    /// How many messages this scope may send in this window when this sender asks: the strictest
    /// of what applies to it.
    pub fn rate_limit_for(
        &self,
        sender: &Sender<'_>,
        scope: CountScope,
        window: Window,
    ) -> Option<u32> {
        let (first, rest) = self.terms(&RateLimit, sender);
        let all = std::iter::once(first).chain(rest);
        all.filter_map(|terms| limit_of(&terms, scope, window))
            .min()
    }
}

fn limit_of(settings: &Settings, scope: CountScope, window: Window) -> Option<u32> {
    limits(settings)
        .find(|limit| settings.enabled() && limit.scope == scope && limit.window == window)
        .map(|limit| limit.most)
}

impl RateLimit {
    fn look(&self, facts: &Facts, settings: &Settings, limit: Limit, at: Timestamp) -> Finding {
        let Limit {
            scope,
            window,
            most,
        } = limit;
        let (who, per) = (who(facts, scope), per(window));
        let finding = |outcome, used: u64, sentence: String| {
            Finding::new(self.code(), outcome, sentence)
                .within(scope.as_str(), window.as_str())
                .measured(i64::try_from(used).unwrap_or(i64::MAX), i64::from(most))
        };
        let Some(usage) = usage(facts, limit) else {
            let sentence = format!("What {who} has used of {most} {per} cannot be counted.");
            return undecided(self.code(), sentence).within(scope.as_str(), window.as_str());
        };
        let bucket = window.bucket(at);
        let used = counting::used_until(&usage.buckets, bucket);
        if room(usage, limit).is_there(facts, at) {
            let sentence = format!("{who} has used {used} of {most} {per}.");
            return finding(FindingOutcome::Pass, used, sentence);
        }
        let used = counting::used_around(&usage.buckets, bucket);
        let room = room(usage, limit).next(facts, at);
        let when = match room {
            Some(room) => format!("there is room at {}", say::time(room, facts.now)),
            None => "there will be no room".to_owned(),
        };
        let sentence = format!("{who} has used {used} of {most} {per}; {when}.");
        let mut finding = finding(settings.action().outcome(), used, sentence).matching(format!(
            "{} per {}",
            scope.as_str(),
            window.as_str()
        ));
        finding.not_before = room;
        finding
    }
}

fn limits(settings: &Settings) -> impl Iterator<Item = Limit> + use<> {
    let of = |scope, limits: &Limits| {
        limits.of(settings).map(move |(window, most)| Limit {
            scope,
            window,
            most,
        })
    };
    of(CountScope::Workspace, &WORKSPACE)
        .chain(of(CountScope::Mailbox, &MAILBOX))
        .chain(of(CountScope::Agent, &AGENT))
}

/// What is counted for a limit, if it is and can be read.
fn usage(facts: &Facts, limit: Limit) -> Option<&UsageFacts> {
    facts
        .usage
        .iter()
        .find(|usage| usage.scope == limit.scope && usage.window == limit.window)
        .filter(|usage| counting::is_ascending(&usage.buckets))
}

fn room(usage: &UsageFacts, limit: Limit) -> Room<'_> {
    Room {
        buckets: &usage.buckets,
        window: limit.window,
        limit: limit.most,
        takes: 1,
    }
}

fn who(facts: &Facts, scope: CountScope) -> String {
    match scope {
        CountScope::Workspace => "This workspace".to_owned(),
        CountScope::Mailbox => facts.mailbox.address.to_string(),
        CountScope::Agent => format!("The agent {}", facts.agent.name),
    }
}

fn per(window: Window) -> &'static str {
    match window {
        Window::Minute => "this minute",
        Window::Hour => "this hour",
        Window::Day => "this day",
        Window::Month => "these 30 days",
    }
}
