//! What a form for the policy asks: the same declarations the document is read by, as data.

use domain::facts::Window;
use serde::Serialize;

use crate::param::{DAY_NAMES, Param, ROWS_MAX, TEXT_CHARS_MAX, WINDOW_LIMIT_MAX, window_key};
use crate::rule::{Action, RULES, Rule, Switch};
use crate::settings::SECTIONS;

/// Everything a form asks, in the order of the document.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Form {
    /// What is no rule.
    pub sections: Vec<FormSection>,
    /// Every rule of the table.
    pub rules: Vec<FormRule>,
}

/// A table that is no rule.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct FormSection {
    /// Its name in the document.
    pub name: &'static str,
    /// What it is about.
    pub about: &'static str,
    /// Its fields.
    pub fields: Vec<FormField>,
}

/// One rule.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct FormRule {
    /// Its code: `[rules.CODE]` in the document.
    pub code: &'static str,
    /// Its name on screen.
    pub title: &'static str,
    /// What it looks at and what follows.
    pub about: &'static str,
    /// Whether it is on where nothing is said.
    pub enabled: bool,
    /// Whether it may be switched off: `yes`, `partly` (part of it always looks) or `no`.
    pub switch: &'static str,
    /// What a hit may become, the default first.
    pub actions: Vec<&'static str>,
    /// True where no person can answer its block at the wire.
    pub is_final: bool,
    /// Its own fields.
    pub fields: Vec<FormField>,
}

/// One field.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct FormField {
    /// Its key.
    pub key: &'static str,
    /// What it means, with its unit.
    pub help: &'static str,
    /// What it takes.
    #[serde(flatten)]
    pub takes: FormTakes,
}

/// What a field takes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FormTakes {
    /// A whole number.
    Number {
        /// Where nothing is said.
        default: i64,
        /// Least.
        min: i64,
        /// Most.
        max: i64,
    },
    /// A whole number, or none, per window.
    Windows {
        /// Key of each window with its number, where nothing is said.
        default: Vec<(&'static str, Option<u32>)>,
        /// Most.
        max: u32,
    },
    /// Words.
    Text {
        /// Where nothing is said.
        default: &'static str,
        /// What they have to be.
        takes: &'static str,
        /// Most characters.
        max: usize,
    },
    /// A whole number for each of some domains.
    Rows {
        /// Least.
        min: i64,
        /// Most.
        max: i64,
        /// Most rows.
        rows: usize,
    },
    /// Days of the week.
    Days {
        /// Where nothing is said.
        default: Vec<&'static str>,
        /// All of them.
        days: [&'static str; 7],
    },
}

/// What a form asks.
pub fn form() -> Form {
    let sections = SECTIONS.iter().map(|section| FormSection {
        name: section.name,
        about: section.about,
        fields: section.params.iter().map(field).collect(),
    });
    Form {
        sections: sections.collect(),
        rules: RULES.iter().map(|rule| of_rule(*rule)).collect(),
    }
}

fn of_rule(rule: &dyn Rule) -> FormRule {
    FormRule {
        code: rule.code(),
        title: rule.title(),
        about: rule.about(),
        enabled: rule.on_by_default(),
        switch: match rule.switch() {
            Switch::OnOff => "yes",
            Switch::Partly => "partly",
            Switch::AlwaysOn => "no",
        },
        actions: rule
            .actions()
            .iter()
            .map(|action: &Action| action.as_str())
            .collect(),
        is_final: rule.is_final(),
        fields: rule.params().iter().map(field).collect(),
    }
}

fn field(param: &Param) -> FormField {
    let takes = match param {
        Param::Number(number) => FormTakes::Number {
            default: number.default,
            min: number.min,
            max: number.max,
        },
        Param::Limits(limits) => FormTakes::Windows {
            default: Window::ALL
                .map(window_key)
                .into_iter()
                .zip(limits.default)
                .collect(),
            max: WINDOW_LIMIT_MAX,
        },
        Param::Text(text) => FormTakes::Text {
            default: text.default,
            takes: text.takes,
            max: TEXT_CHARS_MAX,
        },
        Param::Rows(rows) => FormTakes::Rows {
            min: rows.min,
            max: rows.max,
            rows: ROWS_MAX,
        },
        Param::Days(days) => FormTakes::Days {
            default: DAY_NAMES
                .iter()
                .zip(days.default)
                .filter_map(|(name, is_set)| is_set.then_some(*name))
                .collect(),
            days: DAY_NAMES,
        },
    };
    FormField {
        key: param.key(),
        help: param.help(),
        takes,
    }
}
