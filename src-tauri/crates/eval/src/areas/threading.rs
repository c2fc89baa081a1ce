//! Threads: which mail answers which, with headers and by subject alone.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use triage::thread::{Letter, Node, Stands, by_subject_only, forest, stands};

use super::{Predicted, title};
use crate::data::{DataError, Line, Set};
use crate::tally::{Bar, Tally};

/// One prediction; those of a list need the whole list.
pub fn predict(set: &Set, line: &Line) -> Result<Value, DataError> {
    if !line.text("expected_tree").is_empty() || line.label.get("messages").is_some() {
        return Ok(json!({ "id": line.id(), "tree": tree_of(line) }));
    }
    if line.label.get("base").is_some() {
        let read = triage::subject::read(line.text("subject"));
        return Ok(json!({
            "id": format!("subject/{}", line.at),
            "base": read.base,
            "reply_depth": read.replies,
        }));
    }
    let list: Vec<&Line> = set
        .lines
        .iter()
        .filter(|one| one.file == line.file)
        .collect();
    let stands = stands_of(&list, true);
    let own = list.iter().position(|one| one.at == line.at);
    let own = own
        .and_then(|at| stands.get(at))
        .copied()
        .unwrap_or_default();
    Ok(list_line(&list, line, own))
}

/// All predictions of a set: a list is read once, not once per mail.
pub fn predict_all<'a>(set: &'a Set, lines: &[&'a Line]) -> Vec<Predicted<'a>> {
    let mut known: BTreeMap<&str, (Vec<&Line>, Vec<Stands>)> = BTreeMap::new();
    lines
        .iter()
        .map(|line| {
            if line.label.get("gold_thread").is_none() {
                let said = predict(set, line)
                    .unwrap_or_else(|why| json!({ "id": line.id(), "error": why.to_string() }));
                return (*line, said);
            }
            let (list, stands) = known.entry(line.file.as_str()).or_insert_with(|| {
                let list: Vec<&Line> = set
                    .lines
                    .iter()
                    .filter(|one| one.file == line.file)
                    .collect();
                let stands = stands_of(&list, true);
                (list, stands)
            });
            let own = list.iter().position(|one| one.at == line.at);
            let own = own
                .and_then(|at| stands.get(at))
                .copied()
                .unwrap_or_default();
            (*line, list_line(list, line, own))
        })
        .collect()
}

fn list_line(list: &[&Line], line: &Line, own: Stands) -> Value {
    let mut out = json!({
        "id": format!("fedora/{}", line.text("n").trim()),
        "thread": own.thread,
        "guess": own.is_guess,
    });
    let number = number_of(line);
    if let Some(map) = out.as_object_mut() {
        map.insert("id".to_owned(), json!(format!("fedora/{number}")));
        if let Some(parent) = own.parent.and_then(|at| list.get(at)) {
            map.insert(
                "parent".to_owned(),
                parent.label.get("n").cloned().unwrap_or_default(),
            );
        }
    }
    out
}

fn number_of(line: &Line) -> String {
    match line.label.get("n") {
        Some(Value::String(n)) => n.clone(),
        Some(other) => other.to_string(),
        None => line.at.to_string(),
    }
}

fn stands_of(list: &[&Line], with_headers: bool) -> Vec<Stands> {
    let letters: Vec<Letter> = list
        .iter()
        .enumerate()
        .map(|(at, line)| letter(&line.label, at, with_headers))
        .collect();
    stands(&letters)
}

fn letter(label: &Value, at: usize, with_headers: bool) -> Letter {
    let text = |key: &str| label.get(key).and_then(Value::as_str).unwrap_or_default();
    let ids = |key: &str| -> Vec<String> {
        let clean = |id: &str| id.trim_matches(['<', '>', ' ']).to_owned();
        match label.get(key) {
            Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).map(clean).collect(),
            Some(Value::String(one)) => one.split_whitespace().map(clean).collect(),
            Some(_) | None => Vec::new(),
        }
    };
    let mut references = Vec::new();
    if with_headers {
        references = ids("references");
        for id in ids("in_reply_to") {
            if references.last() != Some(&id) && !references.contains(&id) {
                references.push(id);
            }
        }
    }
    Letter {
        id: text("message_id").trim_matches(['<', '>', ' ']).to_owned(),
        references,
        subject: text("subject").to_owned(),
        // Lists are in the order of their arrival.
        at: i64::try_from(at).unwrap_or(i64::MAX),
    }
}

/// The tree of a case, as its labels write it.
fn tree_of(line: &Line) -> String {
    let empty = Vec::new();
    let messages = line
        .label
        .get("messages")
        .and_then(Value::as_array)
        .unwrap_or(&empty);
    let mut letters: Vec<Letter> = messages.iter().map(|m| letter(m, 0, true)).collect();
    for (at, letter) in letters.iter_mut().enumerate() {
        letter.at = i64::try_from(at).unwrap_or(i64::MAX);
    }
    let nodes = if line
        .text("algorithm")
        .eq_ignore_ascii_case("ORDEREDSUBJECT")
    {
        by_subject_only(&letters)
    } else {
        forest(&letters)
    };
    let mut out = String::new();
    let mut open: Vec<(&Node, usize)> = nodes.iter().rev().map(|node| (node, 0)).collect();
    while let Some((node, depth)) = open.pop() {
        let subject = node
            .letter
            .and_then(|at| letters.get(at))
            .map_or("dummy", |l| &l.subject);
        out.push_str(&"   ".repeat(depth));
        out.push_str(subject);
        out.push('\n');
        open.extend(node.answers.iter().rev().map(|answer| (answer, depth + 1)));
    }
    out
}

const MEASURES: &[(&str, Bar)] = &[
    ("parent", Bar::None),
    ("parent by headers", Bar::AtLeast(0.95)),
    ("pairs found", Bar::None),
    ("pairs right", Bar::None),
    ("guesses marked", Bar::AtLeast(1.0)),
    ("tree", Bar::None),
    ("base subject", Bar::AtLeast(1.0)),
];

pub fn score(set: &Set, lines: &[Predicted<'_>], tallies: &mut Vec<Tally>) {
    let mut tally = Tally::new(title(set), MEASURES);
    let mut list: Vec<(&Line, String, String)> = Vec::new();
    for (line, said) in lines {
        let id = line.id();
        let family = line.file.as_str();
        if let Some(base) = line.label.get("base") {
            let same = said.get("base") == Some(base)
                && said.get("reply_depth") == line.label.get("reply_depth");
            tally.mark(family, "base subject", &id, same);
        } else if !line.text("expected_tree").is_empty() {
            let same = said.get("tree").and_then(Value::as_str).map(str::trim_end)
                == Some(line.text("expected_tree").trim_end());
            tally.mark(family, "tree", &id, same);
        } else if line.label.get("gold_thread").is_some() {
            parents(&mut tally, set, line, said);
            let word = |value: Option<&Value>| value.map(Value::to_string).unwrap_or_default();
            list.push((
                line,
                word(line.label.get("gold_thread")),
                word(said.get("thread")),
            ));
        }
    }
    for (at, (line, gold, thread)) in list.iter().enumerate() {
        for (_, other_gold, other_thread) in list.iter().skip(at + 1) {
            let (wanted, got) = (gold == other_gold, thread == other_thread);
            let family = line.file.as_str();
            if wanted {
                tally.add(family, "pairs found", f64::from(u8::from(got)), 1.0);
            }
            if got {
                tally.add(family, "pairs right", f64::from(u8::from(wanted)), 1.0);
            }
        }
    }
    // The same list without its headers: only subjects are left, and every link must be a guess.
    let bare: Vec<&Line> = list.iter().map(|(line, ..)| *line).collect();
    if !bare.is_empty() {
        let own = stands_of(&bare, false);
        for (line, stands) in bare.iter().zip(&own).filter(|(_, s)| s.parent.is_some()) {
            tally.mark(&line.file, "guesses marked", &line.id(), stands.is_guess);
        }
        for (at, (a, one)) in bare.iter().zip(&own).enumerate() {
            for (b, two) in bare.iter().zip(&own).skip(at + 1) {
                let wanted = a.label.get("gold_thread") == b.label.get("gold_thread");
                let got = one.thread == two.thread;
                if wanted {
                    tally.add(
                        "by subject alone",
                        "pairs found",
                        f64::from(u8::from(got)),
                        1.0,
                    );
                }
                if got {
                    tally.add(
                        "by subject alone",
                        "pairs right",
                        f64::from(u8::from(wanted)),
                        1.0,
                    );
                }
            }
        }
    }
    tallies.push(tally);
}

/// Whether a mail stands below the right one.
fn parents(tally: &mut Tally, set: &Set, line: &Line, said: &Value) {
    let gold = line
        .label
        .get("gold_parent_n")
        .filter(|gold| !gold.is_null());
    let Some(gold) = gold else { return };
    let right = said.get("parent") == Some(gold);
    tally.mark(&line.file, "parent", &line.id(), right);
    let is_named = set
        .lines
        .iter()
        .find(|other| other.file == line.file && other.label.get("n") == Some(gold))
        .is_some_and(|parent| {
            let own = letter(&line.label, 0, true);
            own.references.last().is_some_and(|last| {
                *last == parent.text("message_id").trim_matches(['<', '>', ' '])
            })
        });
    if is_named {
        tally.mark(&line.file, "parent by headers", &line.id(), right);
    }
}
