//! A policy as the rules ask it: per rule a switch, an action and parameters.

use std::collections::BTreeMap;
use std::ops::Deref;

use domain::facts::RecipientFacts;
use domain::{Address, Facts, Level, Span, Timestamp};

use crate::param::{Number, Param, WeekDays, WindowLimits};
use crate::recipients::Recipients;
use crate::rule::{Action, RULES, Rule, Switch, judged_for};
use crate::{hours, risk};

/// A policy, complete: what a document leaves out is at its default.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Policy {
    pub(crate) head: Settings,
    pub(crate) rules: BTreeMap<&'static str, Settings>,
    pub(crate) overrides: Vec<Override>,
}

/// What a document says for one agent, one mailbox, some recipients, or any of these together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Override {
    /// The agent's name, if it is for one.
    pub(crate) agent: Option<String>,
    /// The mailbox's address, if it is for one.
    pub(crate) mailbox: Option<Address>,
    /// The recipients, if it is for some: an exception needs all of a message to be among them,
    /// anything else one.
    pub(crate) to: Option<Recipients>,
    /// Until when it counts instead of all else; without it, the strictest counts.
    pub(crate) exception_until: Option<Timestamp>,
    /// Why, in the words of whoever wrote it.
    pub(crate) reason: Option<String>,
    /// Complete settings of each rule it names: what is left out is as for everyone.
    pub(crate) rules: BTreeMap<&'static str, Settings>,
}

/// Who asks, as far as overrides go by it.
#[derive(Clone, Copy, Debug)]
pub struct Sender<'f> {
    /// The agent's name.
    pub agent: &'f str,
    /// The mailbox's address.
    pub mailbox: &'f Address,
    /// Everyone it is to; empty before a message is written, and then nothing that is for some
    /// recipients applies.
    pub to: &'f [RecipientFacts],
    /// The instant exceptions are looked at for: they end.
    pub now: Timestamp,
}

/// What one rule is judged by: its settings, and what the document says beside rules.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'p> {
    pub(crate) head: &'p Settings,
    own: &'p Settings,
}

impl Deref for Terms<'_> {
    type Target = Settings;
    fn deref(&self) -> &Settings {
        self.own
    }
}

impl<'f> Sender<'f> {
    /// Who asks, as these facts have it: an exception that ends before the ask is due does not count
    /// for it.
    pub fn of(facts: &'f Facts) -> Self {
        Sender::at(facts, judged_for(facts))
    }

    /// The same for another instant than that it is due. Facts from before exceptions had to last
    /// that long are judged as they were: by the exceptions of the instant they are from.
    pub(crate) fn at(facts: &'f Facts, at: Timestamp) -> Self {
        let now = match facts.submission.exceptions_until_due {
            true => at,
            false => facts.now,
        };
        Sender {
            agent: &facts.agent.name,
            mailbox: &facts.mailbox.address,
            to: &facts.recipients,
            now,
        }
    }
}

impl Override {
    fn is_for(&self, sender: &Sender<'_>) -> bool {
        let agent = self.agent.as_ref();
        let mailbox = self.mailbox.as_ref();
        agent.is_none_or(|name| name.eq_ignore_ascii_case(sender.agent))
            && mailbox.is_none_or(|address| address == sender.mailbox)
            && self.exception_until.is_none_or(|until| sender.now < until)
            && self.is_to(sender.to)
    }

    /// The rules of this exception that another override always tightens for all its recipients.
    pub(crate) fn taken_back_by(&self, other: &Override) -> Vec<&'static str> {
        // First what costs nothing to ask: this is asked of every pair in a document.
        if self.exception_until.is_none() || other.exception_until.is_some() {
            return Vec::new();
        }
        let (Some(own_to), Some(other_to)) = (&self.to, &other.to) else {
            return Vec::new();
        };
        let same_agent = other.agent.as_ref().is_none_or(|name| {
            let own = self.agent.as_ref();
            own.is_some_and(|own| own.eq_ignore_ascii_case(name))
        });
        let same_mailbox = other.mailbox.is_none() || self.mailbox == other.mailbox;
        let loosens = |(code, own): (&&'static str, &Settings)| {
            let other = other.rules.get(code)?;
            own.loosens(other).then_some(*code)
        };
        let codes: Vec<&'static str> = self.rules.iter().filter_map(loosens).collect();
        match !codes.is_empty() && same_agent && same_mailbox && own_to.is_within(other_to) {
            true => codes,
            false => Vec::new(),
        }
    }

    /// What loosens must not let a stranger ride along, and what tightens must not be shaken off by
    /// adding one: all recipients there, any here.
    fn is_to(&self, recipients: &[RecipientFacts]) -> bool {
        let mut addresses = recipients.iter().map(|one| &one.address);
        match (&self.to, self.exception_until) {
            (None, _) => true,
            (Some(to), Some(_)) => !recipients.is_empty() && addresses.all(|one| to.names(one)),
            (Some(to), None) => addresses.any(|one| to.reaches(one)),
        }
    }
}

/// Switch, action and parameters of one rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    pub(crate) enabled: bool,
    pub(crate) action: Action,
    pub(crate) values: BTreeMap<&'static str, Value>,
}

/// The value of a parameter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Value {
    /// Of a [`Number`].
    Number(i64),
    /// Of a [`crate::param::Limits`].
    Limits(WindowLimits),
    /// Of a [`crate::param::Text`].
    Text(String),
    /// Of a [`crate::param::Rows`].
    Rows(BTreeMap<String, i64>),
    /// Of a [`crate::param::Days`].
    Days(WeekDays),
}

/// A part of the document that is no rule.
pub(crate) struct Section {
    /// Its table.
    pub(crate) name: &'static str,
    /// What it is about.
    pub(crate) about: &'static str,
    /// Its keys; unique over all sections.
    pub(crate) params: &'static [Param],
}

const UNDO_WINDOW: Number = Number {
    key: "undo_window_seconds",
    help: "An approval can be taken back for so many seconds before the message may leave.",
    default: domain::limits::UNDO_WINDOW.seconds(),
    min: 0,
    max: 3_600,
};

const HOLD_EXPIRY: Number = Number {
    key: "hold_expiry_hours",
    help: "A hold that nobody answers expires after so many hours.",
    default: domain::limits::HOLD_EXPIRY.seconds() / 3_600,
    min: 1,
    max: 720,
};

const DEFAULT_LEVEL: Number = Number {
    key: "default_level",
    help: "Level of a new agent: 0 observe, 1 ask always, 2 ask for strangers, 3 ask on exception.",
    default: 1,
    min: 0,
    max: 3,
};

/// What a document holds beside rules.
pub(crate) static SECTIONS: [Section; 4] = [
    Section {
        name: "review",
        about: "What a person's answer does.",
        params: &[Param::Number(&UNDO_WINDOW), Param::Number(&HOLD_EXPIRY)],
    },
    Section {
        name: "autonomy",
        about: "How much an agent decides itself. Levels of existing agents stay as they are.",
        params: &[Param::Number(&DEFAULT_LEVEL)],
    },
    Section {
        name: "hours",
        about: "When people here work, and in which zone days and hours are counted for somebody \
                whose own zone is not known.",
        params: hours::PARAMS,
    },
    Section {
        name: "risk",
        about: "Points a message gets for what makes it risky. The rules risk_message and \
                risk_budget add them up; 0 takes an item out.",
        params: risk::PARAMS,
    },
];

impl Policy {
    /// How long an approval can be taken back before the message may leave.
    pub fn undo_window(&self) -> Span {
        Span::from_seconds(UNDO_WINDOW.of(&self.head))
    }

    /// How long a hold waits for an answer.
    pub fn hold_expiry(&self) -> Span {
        Span::from_hours(HOLD_EXPIRY.of(&self.head))
    }

    /// The level a new agent starts at.
    pub fn default_level(&self) -> Level {
        u8::try_from(DEFAULT_LEVEL.of(&self.head))
            .ok()
            .and_then(|number| Level::try_from(number).ok())
            .unwrap_or(Level::AskAlways)
    }

    /// The settings of a rule; those of a rule outside the table are bare: its parameters are at
    /// their defaults and a hit is a hold.
    pub fn rule(&self, rule: &dyn Rule) -> &Settings {
        static OUTSIDE: Settings = Settings {
            enabled: true,
            action: Action::Hold,
            values: BTreeMap::new(),
        };
        self.rules.get(rule.code()).unwrap_or(&OUTSIDE)
    }

    /// What a rule is judged by for this sender: the first, and others if there are any. Whatever
    /// applies applies, and the strictest outcome counts; but an exception that has not ended
    /// counts instead of all that are none. What is said of some recipients without an end is no
    /// general word an exception could be from: it counts beside it.
    pub(crate) fn terms(
        &self,
        rule: &dyn Rule,
        sender: &Sender<'_>,
    ) -> (Terms<'_>, Vec<Terms<'_>>) {
        let terms = |own| Terms {
            head: &self.head,
            own,
        };
        let everyone = terms(self.rule(rule));
        let (mut rest, mut exceptions, mut beside) = (Vec::new(), Vec::new(), Vec::new());
        for one in &self.overrides {
            let Some(own) = one.rules.get(rule.code()).filter(|_| one.is_for(sender)) else {
                continue;
            };
            match (one.exception_until, &one.to) {
                (Some(_), _) => exceptions.push(terms(own)),
                (None, Some(_)) => beside.push(terms(own)),
                (None, None) => rest.push(terms(own)),
            }
        }
        let (first, mut others) = match exceptions.pop() {
            Some(exception) => (exception, exceptions),
            None => (everyone, rest),
        };
        others.append(&mut beside);
        (first, others)
    }

    /// True if an exception counts at the first instant and no longer at the second.
    pub(crate) fn is_exception_over(&self, from: Timestamp, to: Timestamp) -> bool {
        let mut ends = self.overrides.iter().filter_map(|one| one.exception_until);
        ends.any(|until| from < until && until <= to)
    }

    /// The least this number of a rule is in all that applies to this sender; nothing where the rule
    /// is off.
    pub(crate) fn least(
        &self,
        rule: &dyn Rule,
        number: &Number,
        sender: &Sender<'_>,
    ) -> Option<u32> {
        let (first, rest) = self.terms(rule, sender);
        let all = std::iter::once(first).chain(rest);
        let on = all.filter(|terms| terms.enabled());
        on.filter_map(|terms| u32::try_from(number.of(&terms)).ok())
            .min()
    }

    /// Nothing but what cannot be switched off: what is judged under when no document is readable.
    pub(crate) fn bare() -> Policy {
        let mut policy = Policy::default();
        for rule in RULES {
            if let Some(settings) = policy.rules.get_mut(rule.code()) {
                settings.enabled = rule.switch() == Switch::AlwaysOn;
            }
        }
        policy
    }
}

impl Default for Policy {
    /// Every key at the default its rule declares.
    fn default() -> Self {
        let head = SECTIONS.iter().flat_map(|section| section.params);
        Policy {
            head: Settings {
                enabled: true,
                action: Action::Hold,
                values: head.map(|param| (param.key(), param.default())).collect(),
            },
            rules: RULES
                .iter()
                .map(|rule| (rule.code(), Settings::default_of(*rule)))
                .collect(),
            overrides: Vec::new(),
        }
    }
}

impl Settings {
    /// What a rule declares.
    pub(crate) fn default_of(rule: &dyn Rule) -> Settings {
        Settings {
            enabled: rule.on_by_default(),
            action: rule.actions().first().copied().unwrap_or(Action::Hold),
            values: rule
                .params()
                .iter()
                .map(|param| (param.key(), param.default()))
                .collect(),
        }
    }

    /// True unless switched off.
    pub fn enabled(&self) -> bool {
        self.enabled
    }

    /// What a hit becomes.
    pub fn action(&self) -> Action {
        self.action
    }

    pub(crate) fn value(&self, key: &str) -> Option<&Value> {
        self.values.get(key)
    }

    /// True if these say less against a message than others of the same rule, in anything.
    fn loosens(&self, other: &Settings) -> bool {
        if !other.enabled {
            return false;
        }
        let of = |key| self.value(key);
        !self.enabled
            || self.action < other.action
            || other.values.iter().any(|(key, theirs)| {
                of(key).is_some_and(|own| own.loosens(theirs, MORE_IS_STRICTER.contains(key)))
            })
    }
}

/// Numbers of rules that look back so long: the longer, the more they find. Of all others more is
/// looser.
const MORE_IS_STRICTER: [&str; 4] = [
    "agent_minutes",
    "anyone_minutes",
    "window_hours",
    "window_minutes",
];

impl Value {
    /// True if a rule with this in the place of the other may say less against a message.
    fn loosens(&self, other: &Value, more_is_stricter: bool) -> bool {
        match (self, other) {
            (Value::Number(own), Value::Number(other)) if more_is_stricter => own < other,
            (Value::Number(own), Value::Number(other)) => own > other,
            (Value::Limits(own), Value::Limits(other)) => {
                let most = |limit: &Option<u32>| limit.unwrap_or(u32::MAX);
                own.iter()
                    .zip(other)
                    .any(|(own, other)| most(own) > most(other))
            }
            // Neither less nor more: what differs may be looser.
            (own, other) => own != other,
        }
    }
}
