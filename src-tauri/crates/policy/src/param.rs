//! Kinds of parameters a rule can declare. Declared once as a constant, a parameter is read from a
//! document with its range checked, printed in the default document, and asked for by the rule.

use domain::facts::Window;

use crate::settings::{Settings, Value};

/// One declared parameter.
#[derive(Clone, Copy, Debug)]
pub enum Param {
    /// A whole number in a range.
    Number(&'static Number),
    /// At most so many per window.
    Limits(&'static Limits),
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
        }
    }

    /// What it means.
    pub const fn help(&self) -> &'static str {
        match self {
            Param::Number(number) => number.help,
            Param::Limits(limits) => limits.help,
        }
    }

    /// Its value where the document says nothing.
    pub(crate) fn default(&self) -> Value {
        match self {
            Param::Number(number) => Value::Number(number.default),
            Param::Limits(limits) => Value::Limits(limits.default),
        }
    }
}

impl Number {
    /// Its value under these settings.
    pub fn of(&self, settings: &Settings) -> i64 {
        match settings.value(self.key) {
            Some(Value::Number(number)) => *number,
            Some(Value::Limits(_)) | None => self.default,
        }
    }
}

impl Limits {
    /// The limits set under these settings, shortest window first.
    pub fn of(&self, settings: &Settings) -> impl Iterator<Item = (Window, u32)> + use<> {
        let limits = match settings.value(self.key) {
            Some(Value::Limits(limits)) => *limits,
            Some(Value::Number(_)) | None => self.default,
        };
        Window::ALL
            .into_iter()
            .zip(limits)
            .filter_map(|(window, limit)| Some((window, limit?)))
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
