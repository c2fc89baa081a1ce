//! The complete document: every key at its default, explained by what its rule declares.

mod form;
mod page;

use std::fmt::Write as _;

use domain::facts::Window;

use crate::param::{DAY_NAMES, Param, window_key};
use crate::rule::{RULES, Rule, Switch};
use crate::settings::{Policy, SECTIONS, Settings, Value};

pub use form::{Form, FormField, FormRule, FormSection, FormTakes, form};
pub use page::{codes, reference_page};

/// Characters of a comment line.
const COMMENT_WIDTH: usize = 98;

/// A complete commented document with every key at its default. Reading it gives
/// [`Policy::default`].
pub fn default_document() -> String {
    let policy = Policy::default();
    let mut text = String::new();
    comment(
        &mut text,
        "The policy of this workspace. It is published as a whole; a key that is left out is at the default shown here. A key that is not known, or a value that makes no sense, refuses the whole document.",
    );
    for section in &SECTIONS {
        text.push('\n');
        comment(&mut text, section.about);
        line(&mut text, format_args!("[{}]", section.name));
        section
            .params
            .iter()
            .for_each(|param| write_param(&mut text, param, &policy.head));
    }
    for rule in RULES {
        write_rule(&mut text, *rule, policy.rule(*rule));
    }
    text
}

fn write_rule(text: &mut String, rule: &dyn Rule, settings: &Settings) {
    text.push('\n');
    comment(text, &format!("{}. {}", rule.title(), rule.about()));
    line(text, format_args!("[rules.{}]", rule.code()));
    match rule.switch() {
        Switch::OnOff | Switch::Partly => {}
        Switch::AlwaysOn => comment(text, "Cannot be switched off."),
    }
    line(text, format_args!("enabled = {}", settings.enabled));
    let choices: Vec<&str> = rule
        .actions()
        .iter()
        .map(|action| action.as_str())
        .collect();
    if choices.len() > 1 {
        comment(
            text,
            &format!("What a hit becomes: {}.", choices.join(" or ")),
        );
    }
    line(
        text,
        format_args!("action = \"{}\"", settings.action.as_str()),
    );
    rule.params()
        .iter()
        .for_each(|param| write_param(text, param, settings));
}

fn write_param(text: &mut String, param: &Param, settings: &Settings) {
    match param {
        Param::Number(number) => {
            let (min, max) = (number.min, number.max);
            comment(text, &format!("{} From {min} to {max}.", number.help));
        }
        Param::Limits(_) | Param::Text(_) | Param::Rows(_) | Param::Days(_) => {
            comment(text, param.help());
        }
    }
    if let Some(value) = settings.value(param.key()) {
        line(text, format_args!("{} = {}", param.key(), written(value)));
    }
}

/// A value as TOML.
fn written(value: &Value) -> String {
    match value {
        Value::Number(number) => number.to_string(),
        Value::Text(words) => toml::Value::String(words.clone()).to_string(),
        Value::Rows(rows) => {
            let rows: Vec<String> = rows
                .iter()
                .map(|(domain, number)| format!("\"{domain}\" = {number}"))
                .collect();
            table(&rows)
        }
        Value::Days(days) => {
            let days = DAY_NAMES.iter().zip(days).filter(|(_, is_set)| **is_set);
            let days: Vec<String> = days.map(|(name, _)| format!("\"{name}\"")).collect();
            format!("[{}]", days.join(", "))
        }
        Value::Limits(limits) => {
            let set: Vec<String> = Window::ALL
                .into_iter()
                .zip(limits)
                .filter_map(|(window, limit)| {
                    Some(format!("{} = {}", window_key(window), (*limit)?))
                })
                .collect();
            table(&set)
        }
    }
}

/// An inline table.
fn table(rows: &[String]) -> String {
    match rows.is_empty() {
        true => "{}".to_owned(),
        false => format!("{{ {} }}", rows.join(", ")),
    }
}

fn line(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{arguments}");
}

/// Wraps words into comment lines.
fn comment(text: &mut String, words: &str) {
    let mut column = COMMENT_WIDTH;
    for word in words.split_whitespace() {
        let width = word.chars().count();
        if column + 1 + width > COMMENT_WIDTH {
            if !text.is_empty() && !text.ends_with('\n') {
                text.push('\n');
            }
            text.push('#');
            column = 1;
        }
        text.push(' ');
        text.push_str(word);
        column += 1 + width;
    }
    text.push('\n');
}
