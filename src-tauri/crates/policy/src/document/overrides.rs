//! The part of a document that is for one agent, one mailbox, or one agent at one mailbox.

use std::collections::BTreeMap;

use domain::{Address, Timestamp};
use toml::de::DeTable;

use super::{Node, Reader};
use crate::rule::{RULES, Rule, by_code};
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
        for (index, node) in list.iter().enumerate() {
            let full = format!("overrides[{index}]");
            if let Some(table) = self.table(node, &full) {
                self.within = format!("{full}.");
                let read = self.one(node.span().start, table, policy);
                self.within = String::new();
                policy.overrides.push(read);
            }
        }
    }

    fn one(&mut self, at: usize, table: &DeTable<'_>, policy: &Policy) -> Override {
        let mut read = Override {
            agent: None,
            mailbox: None,
            exception_until: None,
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
                "reason" if words.filter(short).is_some() => {}
                "reason" => self.wrong(node, key, "words"),
                "rules" => rules = self.table(node, key),
                _ => {
                    let known = ["agent", "mailbox", "exception_until", "reason", "rules"];
                    self.unknown(key_at, key, known.into_iter());
                }
            }
        }
        let names = |key: &str| table.iter().any(|(name, _)| name.get_ref() == key);
        if !names("agent") && !names("mailbox") {
            let message = "names neither an agent nor a mailbox; for everyone, write under [rules]";
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
            if !is_exception {
                self.without_effect(rule, table, &own, policy.rule(rule));
            }
            read.rules.insert(rule.code(), own);
        }
        if read.rules.is_empty() && !names("rules") {
            self.say(at, "", "changes no rule; say which under [overrides.rules]");
        }
        read
    }

    /// The strictest counts, so what only loosens says nothing unless it is an exception.
    fn without_effect(
        &mut self,
        rule: &dyn Rule,
        table: &DeTable<'_>,
        own: &Settings,
        everyone: &Settings,
    ) {
        for (key, _) in table {
            let (at, key) = (key.span().start, key.get_ref().as_ref());
            let loosens = match key {
                "enabled" => everyone.enabled && !own.enabled,
                "action" => own.action < everyone.action,
                _ => false,
            };
            if loosens {
                let full = format!("rules.{}.{key}", rule.code());
                let message = "loosens what holds for everyone, and the strictest counts; give \
                               `exception_until` to make it an exception with an end";
                self.say(at, &full, message);
            }
        }
    }
}
