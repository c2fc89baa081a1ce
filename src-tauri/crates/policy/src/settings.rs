//! A policy as the rules ask it: per rule a switch, an action and parameters.

use std::collections::BTreeMap;

use domain::{Level, Span};

use crate::param::{Number, Param, WindowLimits};
use crate::rule::{Action, RULES, Rule, Switch};

/// A policy, complete: what a document leaves out is at its default.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Policy {
    pub(crate) head: Settings,
    pub(crate) rules: BTreeMap<&'static str, Settings>,
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
pub(crate) static SECTIONS: [Section; 2] = [
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
}
