//! Kinds of parameters a rule can declare. Declared once as a constant, a parameter is read from a
//! document with its range checked, printed in the default document, and asked for by the rule.

use std::collections::BTreeMap;

use domain::facts::Window;

use crate::settings::{Settings, Value};

/// One declared parameter.
#[derive(Clone, Copy, Debug)]
pub enum Param {
    /// A whole number in a range.
    Number(&'static Number),
    /// At most so many per window.
    Limits(&'static Limits),
    /// Words of some form.
    Text(&'static Text),
    /// A number per domain.
    Rows(&'static Rows),
    /// Days of the week.
    Days(&'static Days),
}

/// A whole number in a range.
#[derive(Debug)]
pub struct Number {
    /// Its key in the document.
    pub key: &'static str,
    /// What it means, with its unit.
    pub help: &'static str,
    /// Where the document says nothing.
    pub default: i64,
    /// Least that makes sense.
    pub min: i64,
    /// Most that makes sense.
    pub max: i64,
}

/// Words of some form, such as a time of day.
#[derive(Debug)]
pub struct Text {
    /// Its key in the document.
    pub key: &'static str,
    /// What it means.
    pub help: &'static str,
    /// Where the document says nothing.
    pub default: &'static str,
    /// What it takes, in words: `a time of day such as "08:00"`.
    pub takes: &'static str,
    /// True for what it takes.
    pub is_one: fn(&str) -> bool,
}

/// A whole number for each of some domains, as a table: `{ "example.com" = 100 }`. A table in the
/// document replaces the default one as a whole.
#[derive(Debug)]
pub struct Rows {
    /// Its key in the document.
    pub key: &'static str,
    /// What it means.
    pub help: &'static str,
    /// Least that makes sense.
    pub min: i64,
    /// Most that makes sense.
    pub max: i64,
}

/// Days of the week, as a list of `mon` to `sun`.
#[derive(Debug)]
pub struct Days {
    /// Its key in the document.
    pub key: &'static str,
    /// What it means.
    pub help: &'static str,
    /// Where the document says nothing.
    pub default: WeekDays,
}

/// One mark per day, Monday first.
pub type WeekDays = [bool; 7];

/// The days as a document writes them.
pub const DAY_NAMES: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Characters of a text.
pub const TEXT_CHARS_MAX: usize = 500;
/// Rows of a table.
pub const ROWS_MAX: usize = 200;

/// At most so many per sliding window: a table with any of `minute`, `hour`, `day`, `month`.
///
/// A table in the document replaces the default one as a whole: `mailbox = { hour = 100 }` means
/// that limit and no other.
#[derive(Debug)]
pub struct Limits {
    /// Its key in the document.
    pub key: &'static str,
    /// What it means.
    pub help: &'static str,
    /// Per window of [`Window::ALL`], where the document says nothing.
    pub default: WindowLimits,
}

/// One optional limit per window, in the order of [`Window::ALL`].
pub type WindowLimits = [Option<u32>; 4];

/// Most a limit per window can be.
pub const WINDOW_LIMIT_MAX: u32 = 10_000_000;

impl Param {
    /// Its key in the document.
    pub const fn key(&self) -> &'static str {
        match self {
            Param::Number(number) => number.key,
            Param::Limits(limits) => limits.key,
            Param::Text(text) => text.key,
            Param::Rows(rows) => rows.key,
            Param::Days(days) => days.key,
        }
    }

    /// What it means.
    pub const fn help(&self) -> &'static str {
        match self {
            Param::Number(number) => number.help,
            Param::Limits(limits) => limits.help,
            Param::Text(text) => text.help,
            Param::Rows(rows) => rows.help,
            Param::Days(days) => days.help,
        }
    }

    /// Its value where the document says nothing.
    pub(crate) fn default(&self) -> Value {
        match self {
            Param::Number(number) => Value::Number(number.default),
            Param::Limits(limits) => Value::Limits(limits.default),
            Param::Text(text) => Value::Text(text.default.to_owned()),
            Param::Rows(_) => Value::Rows(BTreeMap::new()),
            Param::Days(days) => Value::Days(days.default),
        }
    }
}

impl Number {
    /// Its value under these settings.
    pub fn of(&self, settings: &Settings) -> i64 {
        match settings.value(self.key) {
            Some(Value::Number(number)) => *number,
            Some(Value::Limits(_) | Value::Text(_) | Value::Rows(_) | Value::Days(_)) | None => {
                self.default
            }
        }
    }
}

impl Limits {
    /// The limits set under these settings, shortest window first.
    pub fn of(&self, settings: &Settings) -> impl Iterator<Item = (Window, u32)> + use<> {
        let limits = match settings.value(self.key) {
            Some(Value::Limits(limits)) => *limits,
            Some(Value::Number(_) | Value::Text(_) | Value::Rows(_) | Value::Days(_)) | None => {
                self.default
            }
        };
        Window::ALL
            .into_iter()
            .zip(limits)
            .filter_map(|(window, limit)| Some((window, limit?)))
    }
}

impl Text {
    /// Its value under these settings.
    pub fn of<'s>(&self, settings: &'s Settings) -> &'s str {
        match settings.value(self.key) {
            Some(Value::Text(text)) => text,
            Some(Value::Number(_) | Value::Limits(_) | Value::Rows(_) | Value::Days(_)) | None => {
                self.default
            }
        }
    }
}

impl Rows {
    /// The number of one domain under these settings, if it has a row.
    pub fn of(&self, settings: &Settings, domain: &str) -> Option<i64> {
        match settings.value(self.key) {
            Some(Value::Rows(rows)) => rows.get(domain).copied(),
            Some(Value::Number(_) | Value::Limits(_) | Value::Text(_) | Value::Days(_)) | None => {
                None
            }
        }
    }
}

impl Days {
    /// Its days under these settings.
    pub fn of(&self, settings: &Settings) -> WeekDays {
        match settings.value(self.key) {
            Some(Value::Days(days)) => *days,
            Some(Value::Number(_) | Value::Limits(_) | Value::Text(_) | Value::Rows(_)) | None => {
                self.default
            }
        }
    }
}

/// The key of a window in a document.
pub(crate) const fn window_key(window: Window) -> &'static str {
    match window {
        Window::Minute => "minute",
        Window::Hour => "hour",
        Window::Day => "day",
        Window::Month => "month",
    }
}
