//! The part of a document that is for one agent, one mailbox, some recipients, or these together.

use std::collections::BTreeMap;

use domain::{Address, Timestamp};
use toml::de::DeTable;

use super::{Node, Reader};
use crate::recipients::{RECIPIENTS_MAX, Recipients};
use crate::rule::{RULES, Rule, by_code};
use crate::rules::autonomy::AT_MOST;
use crate::settings::{Override, Policy, Settings};

/// Overrides of one document.
const OVERRIDES_MAX: usize = 200;
/// Characters of an agent's name or a reason.
const WORDS_CHARS_MAX: usize = 500;

impl Reader<'_> {
    pub(super) fn overrides(&mut self, node: &Node<'_>, policy: &mut Policy) {
        let Some(list) = node.get_ref().as_array() else {
            self.wrong(node, "overrides", "tables, each headed [[overrides]]");
            return;
        };
        if list.len() > OVERRIDES_MAX {
            let most = format!("has more than {OVERRIDES_MAX} tables; put some together");
            self.say(node.span().start, "overrides", most);
            return;
        }
        let mut places = Vec::new();
        for (index, node) in list.iter().enumerate() {
            let full = format!("overrides[{index}]");
            if let Some(table) = self.table(node, &full) {
                self.within = format!("{full}.");
                let read = self.one(node.span().start, table, policy);
                self.within = String::new();
                policy.overrides.push(read);
                places.push((index, node.span().start));
            }
        }
        self.taken_back(&places, &policy.overrides);
    }

    /// An exception for recipients that another table always tightens is no exception.
    fn taken_back(&mut self, places: &[(usize, usize)], overrides: &[Override]) {
        for (one, (index, at)) in overrides.iter().zip(places) {
            for (other, (by, _)) in overrides.iter().zip(places) {
                for code in one.taken_back_by(other) {
                    let key = format!("overrides[{index}].rules.{code}");
                    let message = format!(
                        "is taken back by `overrides[{by}]`, which always counts for these \
                         recipients; take one of the two out"
                    );
                    self.say(*at, &key, message);
                }
            }
        }
    }

    fn one(&mut self, at: usize, table: &DeTable<'_>, policy: &Policy) -> Override {
        let mut read = Override {
            agent: None,
            mailbox: None,
            to: None,
            exception_until: None,
            reason: None,
            rules: BTreeMap::new(),
        };
        let mut rules = None;
        for (key, node) in table {
            let (key_at, key) = (key.span().start, key.get_ref().as_ref());
            let words = node.get_ref().as_str();
            let short =
                |words: &&str| !words.trim().is_empty() && words.chars().count() <= WORDS_CHARS_MAX;
            match key {
                "agent" => {
                    read.agent = words.filter(short).map(str::to_owned);
                    if read.agent.is_none() {
                        self.wrong(node, key, "the name of an agent");
                    }
                }
                "mailbox" => {
                    read.mailbox = words.and_then(|words| words.parse::<Address>().ok());
                    if read.mailbox.is_none() {
                        self.wrong(node, key, "the address of a mailbox");
                    }
                }
                "to" => read.to = self.recipients(node, key),
                "exception_until" => {
                    let written = match node.get_ref().as_datetime() {
                        Some(instant) => instant.to_string(),
                        None => words.unwrap_or_default().to_owned(),
                    };
                    read.exception_until = written.parse::<Timestamp>().ok();
                    if read.exception_until.is_none() {
                        let takes = "an instant with its zone, such as 2027-01-31T18:00:00Z";
                        self.wrong(node, key, takes);
                    }
                }
                "reason" => {
                    read.reason = words.filter(short).map(str::to_owned);
                    if read.reason.is_none() {
                        self.wrong(node, key, "words");
                    }
                }
                "rules" => rules = self.table(node, key),
                _ => {
                    let known = [
                        "agent",
                        "mailbox",
                        "to",
                        "exception_until",
                        "reason",
                        "rules",
                    ];
                    self.unknown(key_at, key, known.into_iter());
                }
            }
        }
        let names = |key: &str| table.iter().any(|(name, _)| name.get_ref() == key);
        if !names("agent") && !names("mailbox") && !names("to") {
            let message = "names no agent, no mailbox and no recipients (`to`); for everyone, \
                           write under [rules]";
            self.say(at, "", message);
        }
        let is_exception = names("exception_until");
        for (code, node) in rules.into_iter().flatten() {
            let (code_at, code) = (code.span().start, code.get_ref().as_ref());
            let full = format!("rules.{code}");
            let Some(rule) = by_code(code) else {
                self.unknown(code_at, &full, RULES.iter().map(|rule| rule.code()));
                continue;
            };
            let Some(table) = self.table(node, &full) else {
                continue;
            };
            let mut own = policy.rule(rule).clone();
            self.rule(rule, code_at, table, &mut own);
            self.without_effect(
                rule,
                table,
                &own,
                policy.rule(rule),
                (is_exception, names("to")),
            );
            read.rules.insert(rule.code(), own);
        }
        if read.rules.is_empty() && !names("rules") {
            self.say(at, "", "changes no rule; say which under [overrides.rules]");
        }
        read
    }

    /// Addresses and domains.
    fn recipients(&mut self, node: &Node<'_>, key: &str) -> Option<Recipients> {
        let takes = "a list of addresses and domains such as [\"dana@acme.com\", \"acme.com\"]";
        let Some(list) = node.get_ref().as_array().filter(|list| !list.is_empty()) else {
            self.wrong(node, key, takes);
            return None;
        };
        if list.len() > RECIPIENTS_MAX {
            self.wrong(node, key, &format!("at most {RECIPIENTS_MAX} of them"));
            return None;
        }
        let mut to = Recipients::default();
        for entry in list.iter() {
            if !entry.get_ref().as_str().is_some_and(|words| to.add(words)) {
                self.wrong(entry, key, "an address or a domain such as `acme.com`");
            }
        }
        Some(to)
    }

    /// The strictest counts, so what only loosens says nothing unless it is an exception; and an
    /// exception needs every recipient to be named, so what tightens is easily shaken off by one.
    fn without_effect(
        &mut self,
        rule: &dyn Rule,
        table: &DeTable<'_>,
        own: &Settings,
        everyone: &Settings,
        (is_exception, has_to): (bool, bool),
    ) {
        for (key, _) in table {
            let (at, key) = (key.span().start, key.get_ref().as_ref());
            let (own, everyone) = match key {
                "enabled" => (i64::from(own.enabled), i64::from(everyone.enabled)),
                "action" => (own.action as i64, everyone.action as i64),
                // The higher the level, the less is asked.
                key if key == AT_MOST.key && rule.code() == "autonomy" => {
                    (-AT_MOST.of(own), -AT_MOST.of(everyone))
                }
                _ => continue,
            };
            let full = format!("rules.{}.{key}", rule.code());
            if own < everyone && !is_exception {
                let message = "loosens what holds for everyone, and the strictest counts; give \
                               `exception_until` to make it an exception with an end";
                self.say(at, &full, message);
            }
            if own > everyone && is_exception && has_to {
                let message = "tightens, and an exception counts only where `to` names every \
                               recipient; take `exception_until` out";
                self.say(at, &full, message);
            }
        }
    }
}
