//! The policy as a form: every table and field the document knows, with what the draft says, and
//! one change at a time written into the draft's text, comments and all.
//!
//! The text stays the truth: the form is read from it and writes back into it, so both sides can
//! be edited in turn.

use std::collections::BTreeMap;

use domain::{Code, Problem, limits};
use engine::{FormField, FormTakes};
use serde::{Deserialize, Serialize};
use toml_edit::{Array, Document, DocumentMut, InlineTable, Item, Table, TableLike, Value};
use ts_rs::TS;

use crate::policy::TextArgs;
use crate::policy_lines;
use crate::table::Desk;
use crate::view::{PolicyForm, PolicyFormField, PolicyFormKind, PolicyFormTable};

/// A value of the document, as a form holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(untagged)]
#[ts(rename = "PolicyValue")]
pub(crate) enum FormValue {
    Switch(bool),
    Number(i64),
    Text(String),
    List(Vec<String>),
    Numbers(BTreeMap<String, i64>),
}

/// The form of a draft.
pub(crate) async fn form(_: &Desk<'_>, args: TextArgs) -> Result<PolicyForm, Problem> {
    let document = read(&args.text)?;
    let schema = engine::policy_form();
    let sections = schema.sections.iter().map(|section| PolicyFormTable {
        path: section.name.to_owned(),
        title: title(section.name),
        about: section.about.to_owned(),
        is_rule: false,
        enabled: None,
        can_switch: false,
        partly: false,
        action: None,
        actions: Vec::new(),
        fields: fields(&section.fields, table(&document, section.name)),
    });
    let rules = schema.rules.iter().map(|rule| {
        let path = format!("rules.{}", rule.code);
        let set = table(&document, &path);
        let enabled = set
            .and_then(|set| set.get("enabled"))
            .and_then(Item::as_bool)
            .unwrap_or(rule.enabled);
        let action = set
            .and_then(|set| set.get("action"))
            .and_then(Item::as_str)
            .or(rule.actions.first().copied());
        PolicyFormTable {
            title: rule.title.to_owned(),
            about: rule.about.to_owned(),
            is_rule: true,
            enabled: Some(enabled),
            can_switch: rule.switch != "no",
            partly: rule.switch == "partly",
            action: action.map(str::to_owned),
            actions: rule.actions.iter().map(ToString::to_string).collect(),
            fields: fields(&rule.fields, set),
            path,
        }
    });
    Ok(PolicyForm {
        lines: policy_lines::lines(&args.text),
        tables: sections.chain(rules).collect(),
    })
}

/// One change to a draft.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(rename = "PolicySetArgs")]
pub(crate) struct Set {
    pub text: String,
    /// `rules.rate_limit`.
    pub table: String,
    pub key: String,
    /// Null takes the key out: it is then at its default.
    pub value: Option<FormValue>,
}

/// The draft with the change in it.
#[derive(Debug, Clone, Serialize, TS)]
#[ts(rename = "PolicyDraft")]
pub(crate) struct Draft {
    pub text: String,
}

pub(crate) async fn set(_: &Desk<'_>, args: Set) -> Result<Draft, Problem> {
    let mut document = read(&args.text)?;
    if !known(&args.table, &args.key) {
        let detail = format!("the policy knows no `{}.{}`", args.table, args.key);
        return Err(Problem::new(Code::InvalidField, detail).at("/key"));
    }
    if args.value.is_none() && table(&document, &args.table).is_none() {
        return Ok(Draft { text: args.text });
    }
    let table = made(&mut document, &args.table)?;
    put(table, &args.key, args.value.map(written));
    Ok(Draft {
        text: document.to_string(),
    })
}

/// Writes a value into a table; none takes it out.
pub(crate) fn put(table: &mut dyn TableLike, key: &str, value: Option<Value>) {
    let Some(mut value) = value else {
        table.remove(key);
        return;
    };
    // What stood behind the old value, such as a comment, stays behind the new one.
    if let Some(old) = table.get(key).and_then(Item::as_value) {
        *value.decor_mut() = old.decor().clone();
    }
    match table.get_mut(key) {
        Some(item) => *item = Item::Value(value),
        None => {
            table.insert(key, Item::Value(value));
        }
    }
}

pub(crate) fn read(text: &str) -> Result<DocumentMut, Problem> {
    spanned(text).map(Document::into_mut)
}

/// The document with the places of everything in its text.
pub(crate) fn spanned(text: &str) -> Result<Document<&str>, Problem> {
    if text.len() > limits::POLICY_OCTETS_MAX {
        let detail = format!("a policy has at most {} octets", limits::POLICY_OCTETS_MAX);
        return Err(Problem::new(Code::InvalidPolicy, detail).at("/text"));
    }
    Document::parse(text).map_err(|_| {
        let detail = "the text is not TOML yet; the form comes back when it is";
        Problem::new(Code::InvalidPolicy, detail).at("/text")
    })
}

fn known(path: &str, key: &str) -> bool {
    let schema = engine::policy_form();
    let has = |fields: &[FormField]| fields.iter().any(|field| field.key == key);
    match path.strip_prefix("rules.") {
        Some(code) => schema.rules.iter().any(|rule| {
            rule.code == code && (matches!(key, "enabled" | "action") || has(&rule.fields))
        }),
        None => schema
            .sections
            .iter()
            .any(|section| section.name == path && has(&section.fields)),
    }
}

/// The table of a path, if the document has it.
fn table<'a>(document: &'a DocumentMut, path: &str) -> Option<&'a dyn TableLike> {
    let mut table: &dyn TableLike = document.as_table();
    for part in path.split('.') {
        table = table.get(part)?.as_table_like()?;
    }
    Some(table)
}

/// The table of a path, made where the document has none.
fn made<'a>(document: &'a mut DocumentMut, path: &str) -> Result<&'a mut dyn TableLike, Problem> {
    let mut table: &mut dyn TableLike = document.as_table_mut();
    let parts: Vec<&str> = path.split('.').collect();
    for (depth, part) in parts.iter().enumerate() {
        if table.get(part).is_none() {
            let mut new = Table::new();
            // A table that only holds others needs no header of its own.
            new.set_implicit(depth + 1 < parts.len());
            table.insert(part, Item::Table(new));
        }
        table = table
            .get_mut(part)
            .and_then(Item::as_table_like_mut)
            .ok_or_else(|| {
                let detail =
                    format!("`{path}` is not a table in this draft; write it as `[{path}]`");
                Problem::new(Code::InvalidPolicy, detail).at("/text")
            })?;
    }
    Ok(table)
}

fn written(value: FormValue) -> Value {
    match value {
        FormValue::Switch(on) => Value::from(on),
        FormValue::Number(number) => Value::from(number),
        FormValue::Text(text) => Value::from(text),
        FormValue::List(words) => Value::Array(words.into_iter().collect::<Array>()),
        FormValue::Numbers(rows) => {
            let mut table = InlineTable::new();
            for (key, number) in rows {
                table.insert(&key, Value::from(number));
            }
            Value::InlineTable(table)
        }
    }
}

fn fields(schema: &[FormField], set: Option<&dyn TableLike>) -> Vec<PolicyFormField> {
    schema
        .iter()
        .map(|field| {
            let item = set.and_then(|set| set.get(field.key));
            let (kind, default) = shape(&field.takes);
            PolicyFormField {
                key: field.key.to_owned(),
                help: field.help.to_owned(),
                value: item.and_then(value_of).unwrap_or_else(|| default.clone()),
                is_set: item.is_some(),
                default,
                kind,
            }
        })
        .collect()
}

/// What a field takes, and its default.
fn shape(takes: &FormTakes) -> (PolicyFormKind, FormValue) {
    match takes {
        FormTakes::Number { default, min, max } => (
            PolicyFormKind::Number {
                min: *min,
                max: *max,
            },
            FormValue::Number(*default),
        ),
        FormTakes::Windows { default, max } => (
            PolicyFormKind::Windows {
                keys: default.iter().map(|(key, _)| (*key).to_owned()).collect(),
                max: i64::from(*max),
            },
            FormValue::Numbers(
                default
                    .iter()
                    .filter_map(|(key, number)| Some(((*key).to_owned(), i64::from((*number)?))))
                    .collect(),
            ),
        ),
        FormTakes::Text { default, takes, .. } => (
            PolicyFormKind::Text {
                takes: (*takes).to_owned(),
            },
            FormValue::Text((*default).to_owned()),
        ),
        FormTakes::Rows { min, max, .. } => (
            PolicyFormKind::Rows {
                min: *min,
                max: *max,
            },
            FormValue::Numbers(BTreeMap::new()),
        ),
        FormTakes::Days { default, days } => (
            PolicyFormKind::Days {
                days: days.iter().map(ToString::to_string).collect(),
            },
            FormValue::List(default.iter().map(ToString::to_string).collect()),
        ),
    }
}

fn value_of(item: &Item) -> Option<FormValue> {
    if let Some(on) = item.as_bool() {
        return Some(FormValue::Switch(on));
    }
    if let Some(number) = item.as_integer() {
        return Some(FormValue::Number(number));
    }
    if let Some(text) = item.as_str() {
        return Some(FormValue::Text(text.to_owned()));
    }
    if let Some(list) = item.as_array() {
        let words = list.iter().filter_map(Value::as_str).map(str::to_owned);
        return Some(FormValue::List(words.collect()));
    }
    let table = item.as_table_like()?;
    let rows = table
        .iter()
        .filter_map(|(key, item)| Some((key.to_owned(), item.as_integer()?)));
    Some(FormValue::Numbers(rows.collect()))
}

/// `working_hours` as `Working hours`.
fn title(name: &str) -> String {
    crate::words::rule_title(name)
}
