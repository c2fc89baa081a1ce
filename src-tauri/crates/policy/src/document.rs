//! Reads a policy document (TOML): every problem with line and column, nothing guessed.
//!
//! A document may be partial: what it leaves out is at its default. What it does say must be
//! known, in range and free of contradictions, or the whole document is refused.

use std::collections::BTreeMap;
use std::fmt;

use domain::Address;
use domain::facts::Window;
use domain::limits::POLICY_OCTETS_MAX;
use serde::{Deserialize, Serialize};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::param::{
    DAY_NAMES, Param, ROWS_MAX, Rows, TEXT_CHARS_MAX, Text, WINDOW_LIMIT_MAX, WeekDays,
    WindowLimits, window_key,
};
use crate::rule::{Action, RULES, Rule, Switch, by_code};
use crate::settings::{Policy, SECTIONS, Settings, Value};

mod overrides;

/// One thing wrong with a document.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct PolicyProblem {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// The dotted key it is about; empty for the document as a whole.
    pub key: String,
    /// What is wrong and what would be right, in words.
    pub message: String,
}

impl fmt::Display for PolicyProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: ", self.line, self.column)?;
        if !self.key.is_empty() {
            write!(f, "`{}` ", self.key)?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for PolicyProblem {}

/// Problems listed of one document; a document with more is not read any better for them.
const PROBLEMS_MAX: usize = 200;

/// Reads a document. A table given for a limit per window replaces the default one as a whole:
/// `mailbox = { hour = 100 }` leaves no limit per minute, day or month.
pub fn parse(text: &str) -> Result<Policy, Vec<PolicyProblem>> {
    let mut reader = Reader {
        text,
        problems: Vec::new(),
        within: String::new(),
    };
    let mut policy = Policy::default();
    if text.len() > POLICY_OCTETS_MAX {
        reader.say(
            0,
            "",
            format!("is over {POLICY_OCTETS_MAX} octets; shorten the document"),
        );
        return Err(reader.problems);
    }
    let (document, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        let at = error.span().map_or(0, |span| span.start);
        reader.say(at, "", format!("is not TOML: {}", error.message()));
    }
    reader.document(document.get_ref(), &mut policy);
    if reader.problems.is_empty() {
        return Ok(policy);
    }
    reader.problems.sort();
    reader.problems.dedup();
    reader.problems.truncate(PROBLEMS_MAX);
    Err(reader.problems)
}

type Node<'d> = Spanned<DeValue<'d>>;

struct Reader<'t> {
    text: &'t str,
    problems: Vec<PolicyProblem>,
    /// What every key is said to stand in: an override, or nothing.
    within: String,
}

impl Reader<'_> {
    fn document(&mut self, document: &DeTable<'_>, policy: &mut Policy) {
        let mut overrides = None;
        for (name, node) in document {
            let (at, name) = (name.span().start, name.get_ref().as_ref());
            if name == "overrides" {
                overrides = Some(node);
                continue;
            }
            if name == "rules" {
                if let Some(rules) = self.table(node, name) {
                    self.rules(rules, policy);
                }
                continue;
            }
            let Some(section) = SECTIONS.iter().find(|section| section.name == name) else {
                let known = SECTIONS.iter().map(|section| section.name);
                self.unknown(at, name, known.chain(["rules", "overrides"]));
                continue;
            };
            let Some(table) = self.table(node, name) else {
                continue;
            };
            for (key, node) in table {
                let (at, key) = (key.span().start, key.get_ref().as_ref());
                let full = format!("{name}.{key}");
                match section.params.iter().find(|param| param.key() == key) {
                    Some(param) => self.param(param, node, &full, &mut policy.head),
                    None => self.unknown(at, &full, section.params.iter().map(Param::key)),
                }
            }
        }
        // What an override leaves out is as for everyone, so everyone's settings come first.
        if let Some(node) = overrides {
            self.overrides(node, policy);
        }
    }

    fn rules(&mut self, rules: &DeTable<'_>, policy: &mut Policy) {
        for (code, node) in rules {
            let (at, code) = (code.span().start, code.get_ref().as_ref());
            let full = format!("rules.{code}");
            let Some(rule) = by_code(code) else {
                self.unknown(at, &full, RULES.iter().map(|rule| rule.code()));
                continue;
            };
            if let Some(table) = self.table(node, &full)
                && let Some(settings) = policy.rules.get_mut(rule.code())
            {
                self.rule(rule, at, table, settings);
            }
        }
    }

    fn rule(&mut self, rule: &dyn Rule, at: usize, table: &DeTable<'_>, settings: &mut Settings) {
        let before = self.problems.len();
        for (key, node) in table {
            let (key_at, key) = (key.span().start, key.get_ref().as_ref());
            let full = format!("rules.{}.{key}", rule.code());
            match key {
                "enabled" => self.enabled(rule, node, &full, settings),
                "action" => self.action(rule, node, &full, settings),
                other => match rule.params().iter().find(|param| param.key() == other) {
                    Some(param) => self.param(param, node, &full, settings),
                    None => {
                        let known = rule.params().iter().map(Param::key);
                        self.unknown(
                            key_at,
                            &full,
                            ["enabled", "action"].into_iter().chain(known),
                        );
                    }
                },
            }
        }
        // What is not valid by itself is not worth comparing.
        if self.problems.len() > before {
            return;
        }
        for (key, message) in rule.contradictions(settings) {
            let given = table.iter().find(|(name, _)| name.get_ref() == key);
            let at = given.map_or(at, |(name, _)| name.span().start);
            self.say(at, &format!("rules.{}.{key}", rule.code()), message);
        }
    }

    fn enabled(&mut self, rule: &dyn Rule, node: &Node<'_>, full: &str, settings: &mut Settings) {
        let at = node.span().start;
        match node.get_ref().as_bool() {
            None => self.wrong(node, full, "true or false"),
            Some(false) if rule.switch() == Switch::AlwaysOn => {
                self.say(
                    at,
                    full,
                    "cannot be false: this rule cannot be switched off",
                );
            }
            Some(enabled) => settings.enabled = enabled,
        }
    }

    fn action(&mut self, rule: &dyn Rule, node: &Node<'_>, full: &str, settings: &mut Settings) {
        let choices: Vec<String> = rule
            .actions()
            .iter()
            .map(|action| format!("\"{}\"", action.as_str()))
            .collect();
        let choices = choices.join(" or ");
        let text = node.get_ref().as_str();
        let chosen = Action::ALL
            .into_iter()
            .find(|action| text == Some(action.as_str()));
        match chosen {
            Some(action) if rule.actions().contains(&action) => settings.action = action,
            Some(_) | None => self.wrong(node, full, &choices),
        }
    }

    fn param(&mut self, param: &Param, node: &Node<'_>, full: &str, settings: &mut Settings) {
        let value = match param {
            Param::Number(number) => {
                let read = self.number(node, full, number.min, number.max);
                read.map(Value::Number)
            }
            Param::Limits(_) => self.limits(node, full).map(Value::Limits),
            Param::Text(text) => self.text_of(text, node, full).map(Value::Text),
            Param::Rows(rows) => self.rows(rows, node, full).map(Value::Rows),
            Param::Days(_) => self.days(node, full).map(Value::Days),
        };
        if let Some(value) = value {
            settings.values.insert(param.key(), value);
        }
    }

    fn limits(&mut self, node: &Node<'_>, full: &str) -> Option<WindowLimits> {
        let table = self.table(node, full)?;
        let mut limits = WindowLimits::default();
        for (key, node) in table {
            let (at, key) = (key.span().start, key.get_ref().as_ref());
            let full = format!("{full}.{key}");
            let slots = Window::ALL.into_iter().zip(&mut limits);
            match slots
                .into_iter()
                .find(|(window, _)| window_key(*window) == key)
            {
                Some((_, limit)) => {
                    let read = self.number(node, &full, 1, i64::from(WINDOW_LIMIT_MAX));
                    *limit = read.and_then(|number| u32::try_from(number).ok());
                }
                None => self.unknown(at, &full, Window::ALL.into_iter().map(window_key)),
            }
        }
        Some(limits)
    }

    fn text_of(&mut self, text: &Text, node: &Node<'_>, full: &str) -> Option<String> {
        let fits = |words: &&str| words.chars().count() <= TEXT_CHARS_MAX && (text.is_one)(words);
        let read = node.get_ref().as_str().filter(fits).map(str::to_owned);
        if read.is_none() {
            self.wrong(node, full, text.takes);
        }
        read
    }

    fn rows(&mut self, rows: &Rows, node: &Node<'_>, full: &str) -> Option<BTreeMap<String, i64>> {
        let table = self.table(node, full)?;
        if table.len() > ROWS_MAX {
            self.wrong(node, full, &format!("a table of at most {ROWS_MAX} rows"));
        }
        let mut read = BTreeMap::new();
        for (name, node) in table {
            let (at, name) = (name.span().start, name.get_ref().as_ref());
            let full = format!("{full}.{name}");
            // The domain of an address is what recipients are compared by.
            match format!("x@{name}").parse::<Address>() {
                Err(_) => self.say(at, &full, "is not a domain such as `example.com`"),
                Ok(address) => {
                    if let Some(number) = self.number(node, &full, rows.min, rows.max) {
                        read.insert(address.domain().to_owned(), number);
                    }
                }
            }
        }
        Some(read)
    }

    fn days(&mut self, node: &Node<'_>, full: &str) -> Option<WeekDays> {
        let mut days = WeekDays::default();
        let list = node.get_ref().as_array();
        for day in list.into_iter().flat_map(|list| list.iter()) {
            let named = DAY_NAMES
                .iter()
                .position(|name| day.get_ref().as_str() == Some(name));
            match named.and_then(|place| days.get_mut(place)) {
                Some(mark) => *mark = true,
                None => self.wrong(day, full, "days from \"mon\" to \"sun\""),
            }
        }
        if list.is_none_or(|list| list.is_empty()) {
            self.wrong(
                node,
                full,
                "a list with at least one day from \"mon\" to \"sun\"",
            );
        }
        Some(days)
    }

    fn number(&mut self, node: &Node<'_>, full: &str, min: i64, max: i64) -> Option<i64> {
        let range = format!("a whole number from {min} to {max}");
        let read = node
            .get_ref()
            .as_integer()
            .and_then(|integer| i64::from_str_radix(integer.as_str(), integer.radix()).ok());
        let read = read.filter(|number| (min..=max).contains(number));
        if read.is_none() {
            self.wrong(node, full, &range);
        }
        read
    }

    fn table<'n, 'd>(&mut self, node: &'n Node<'d>, full: &str) -> Option<&'n DeTable<'d>> {
        let table = node.get_ref().as_table();
        if table.is_none() {
            self.wrong(node, full, "a table");
        }
        table
    }

    /// The value as written is not what the key takes.
    fn wrong(&mut self, node: &Node<'_>, full: &str, right: &str) {
        let written: String = self
            .text
            .get(node.span())
            .and_then(|text| text.lines().next())
            .unwrap_or_default()
            .chars()
            .take(40)
            .collect();
        self.say(
            node.span().start,
            full,
            format!("cannot be `{written}`; it takes {right}"),
        );
    }

    fn unknown(&mut self, at: usize, full: &str, known: impl Iterator<Item = &'static str>) {
        let known: Vec<String> = known.map(|name| format!("`{name}`")).collect();
        let message = format!(
            "is not a key Sendoff knows; here it knows {}",
            known.join(", ")
        );
        self.say(at, full, message);
    }

    fn say(&mut self, at: usize, key: &str, message: impl Into<String>) {
        let before = self.text.get(..at).unwrap_or(self.text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let lines = before.matches('\n').count();
        let columns = before.get(line_start..).unwrap_or_default().chars().count();
        self.problems.push(PolicyProblem {
            line: u32::try_from(lines + 1).unwrap_or(u32::MAX),
            column: u32::try_from(columns + 1).unwrap_or(u32::MAX),
            key: self.within.chars().chain(key.chars()).take(120).collect(),
            message: message.into(),
        });
    }
}
