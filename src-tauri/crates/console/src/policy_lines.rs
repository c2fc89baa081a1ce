//! A line of the policy about mail like one in the queue: proposed as a draft, so that it is read,
//! replayed and published like any other, and changed or taken out again like any other.

use std::collections::BTreeSet;
use std::ops::Range;

use domain::{Code, Problem, Timestamp};
use engine::{Line, LineAsk, LineKind, LineSaid as Said, LineWish, Proposed};
use serde::Deserialize;
use toml_edit::{Array, ArrayOfTables, Datetime, DocumentMut, Item, Table, Value};
use ts_rs::TS;

use crate::args;
use crate::policy_form::{Draft, put, read, spanned};
use crate::table::Desk;
use crate::view::{PolicyLine, PolicyLineDraft, PolicyWish};

/// Which line is wanted, about mail like this one.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(rename = "PolicyLineArgs", optional_fields)]
pub(crate) struct Propose {
    /// The mail.
    pub id: String,
    pub wish: PolicyWish,
    /// Everyone at the recipients' domains, where those are not open to everyone.
    pub domains: bool,
    /// Of every agent, not only of this one; only to be asked always.
    pub any_agent: Option<bool>,
    /// How long an agent may write; 30 if not said.
    pub days: Option<u32>,
}

/// Days a line loosens for where nobody says.
const DAYS: u32 = 30;

pub(crate) async fn propose(desk: &Desk<'_>, args: Propose) -> Result<PolicyLineDraft, Problem> {
    let submission = args::parse(&args.id, "/id")?;
    let ask = LineAsk {
        submission,
        wish: match args.wish {
            PolicyWish::AlwaysAsk => LineWish::AlwaysAsk,
            PolicyWish::LetWrite => LineWish::Let {
                days: args.days.unwrap_or(DAYS),
            },
        },
        domains: args.domains,
        any_agent: args.any_agent.unwrap_or(false),
    };
    let proposed = desk.engine.propose_line(ask).await?;
    let Proposed {
        over,
        document,
        line,
        still_held_by,
        held_by_level,
    } = proposed;
    // An exception that would be taken back is no exception: the line stands in its place.
    let undone = engine::line_undoes(&document, &line);
    let said = engine::policy_lines(&document);
    let takes_out = undone
        .iter()
        .filter_map(|place| Some(said.get(*place)?.words.clone()))
        .collect();
    let text = line.appended_to(&without(&document, &undone)?);
    if let Some(problem) = engine::Engine::check_policy(&text).first() {
        return Err(refused(&line, problem));
    }
    let words = engine::policy_lines(&text);
    let still_asked = desk.engine.is_still_asked(submission, &text).await?;
    Ok(PolicyLineDraft {
        over,
        words: words
            .last()
            .map(|said| said.words.clone())
            .unwrap_or_default(),
        line: line.toml(),
        to: line.to.clone(),
        until: match line.kind {
            LineKind::AlwaysAsk => None,
            LineKind::Let { until } => Some(until.to_string()),
        },
        note: note(&line, &still_held_by, held_by_level, still_asked),
        takes_out,
        text,
        before: document,
    })
}

/// Why the line cannot be: another one stands against it, or the document is damaged.
fn refused(line: &Line, problem: &engine::PolicyProblem) -> Problem {
    let about = match line.kind {
        LineKind::AlwaysAsk => "this line cannot be added",
        LineKind::Let { .. } => {
            "this line cannot be added; where the policy always asks about such mail, take that line out first"
        }
    };
    Problem::new(Code::InvalidPolicy, format!("{about}: {problem}"))
}

/// What else a person should know before they add it.
fn note(line: &Line, still: &[String], held_by_level: bool, still_asked: bool) -> Option<String> {
    let LineKind::Let { .. } = line.kind else {
        return None;
    };
    if held_by_level && still_asked {
        return Some("This mail is still asked about: another line says so.".to_owned());
    }
    let rules = match still {
        [] => {
            return (!held_by_level).then(|| {
                "This mail is not held for the agent's level: the line changes nothing for it."
                    .to_owned()
            });
        }
        rules => rules.join(", "),
    };
    Some(match held_by_level {
        true => format!("This mail stays with you all the same: it is also held by {rules}."),
        false => format!(
            "This mail is held by {rules}, not by the agent's level: the line changes nothing for it."
        ),
    })
}

/// Which line is to go.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(rename = "PolicyTakeOutArgs")]
pub(crate) struct TakeOut {
    pub text: String,
    /// Its place among the lines, from 0.
    pub index: usize,
}

/// What a line is to say from now on, of whom it is about and until when. What it says of rules
/// stays: that is written in the text.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(rename = "PolicyChangeLineArgs", optional_fields)]
pub(crate) struct Change {
    pub text: String,
    /// Its place among the lines, from 0.
    pub index: usize,
    /// The agent's name; any agent if absent.
    pub agent: Option<String>,
    /// Addresses and domains; everyone if empty.
    pub to: Vec<String>,
    /// When it ends, if it loosens.
    pub until: Option<String>,
    /// Why.
    pub reason: Option<String>,
}

/// The draft with one of its lines changed, comments and all else as they were. What the line says
/// already stays as it is written. Whether it makes sense is for the check of the draft to say.
pub(crate) async fn change(_: &Desk<'_>, args: Change) -> Result<Draft, Problem> {
    let said = there(&args.text, args.index)?;
    let until: Option<Timestamp> = match &args.until {
        None => None,
        Some(until) => Some(args::parse(until, "/until")?),
    };
    let end = until.map(|at| {
        let whole = at.to_string().replace(".000000Z", "Z");
        whole.parse::<Datetime>().map_err(|_| {
            let detail = format!("`{at}` is no time a policy can hold");
            Problem::new(Code::InvalidField, detail).at("/until")
        })
    });
    let end = end.transpose()?;
    let words = |words: Option<String>| words.filter(|words| !words.is_empty());
    let (agent, reason) = (words(args.agent), words(args.reason));
    let mut document: DocumentMut = read(&args.text)?;
    if let Some(line) = overrides(&mut document)?.get_mut(args.index) {
        if agent != said.agent {
            put(line, "agent", agent.map(Value::from));
        }
        let all = |to: &[String]| to.iter().cloned().collect::<BTreeSet<_>>();
        if all(&args.to) != all(&said.to) {
            let to: Array = args.to.into_iter().collect();
            put(line, "to", (!to.is_empty()).then(|| to.into()));
        }
        if until != said.until {
            put(line, "exception_until", end.map(Value::from));
        }
        if reason != said.reason {
            put(line, "reason", reason.map(Value::from));
        }
    }
    Ok(Draft {
        text: document.to_string(),
    })
}

/// What the line of this place says. Of a draft with problems none is known.
fn there(text: &str, index: usize) -> Result<Said, Problem> {
    read(text)?;
    if let Some(problem) = engine::Engine::check_policy(text).first() {
        let detail = format!("the draft has problems; mend them in the text first: {problem}");
        return Err(Problem::new(Code::InvalidPolicy, detail).at("/text"));
    }
    let said = engine::policy_lines(text).into_iter().nth(index);
    said.ok_or_else(|| {
        let detail = format!("the draft has no line {}", index.saturating_add(1));
        Problem::new(Code::NotFound, detail).at("/index")
    })
}

/// The draft without one of its lines; everything else stays as it is.
pub(crate) async fn take_out(_: &Desk<'_>, args: TakeOut) -> Result<Draft, Problem> {
    there(&args.text, args.index)?;
    Ok(Draft {
        text: without(&args.text, &[args.index])?,
    })
}

/// The text without these overrides: their tables go, and everything else stays byte for byte.
fn without(text: &str, places: &[usize]) -> Result<String, Problem> {
    if places.is_empty() {
        return Ok(text.to_owned());
    }
    let document = spanned(text)?;
    let overrides = document.get("overrides").and_then(Item::as_array_of_tables);
    let overrides = overrides.ok_or_else(written_otherwise)?;
    let mut cuts = Vec::new();
    for table in places.iter().filter_map(|place| overrides.get(*place)) {
        cuts.append(&mut pieces(text, table));
    }
    cuts.sort_by_key(|cut| cut.start);
    let (mut kept, mut at) = (String::new(), 0);
    for cut in cuts {
        kept.push_str(text.get(at..cut.start).unwrap_or_default());
        at = cut.end;
        // The blank line before it came with it.
        if let Some(before) = ["\n", "\r\n"].iter().find_map(|end| {
            let before = kept.strip_suffix(end)?;
            (before.is_empty() || before.ends_with('\n')).then_some(before.len())
        }) {
            kept.truncate(before);
        }
    }
    kept.push_str(text.get(at..).unwrap_or_default());
    Ok(kept)
}

/// Where an override stands: whole lines, in as many pieces as other tables stand in between. What
/// is between its own tables is its own.
fn pieces(text: &str, table: &Table) -> Vec<Range<usize>> {
    let mut all = Vec::new();
    tables(table, &mut all);
    all.sort_by_key(|piece| piece.start);
    let mut pieces: Vec<Range<usize>> = Vec::new();
    for piece in all {
        let rest = text.get(piece.end..).unwrap_or_default();
        let end = piece.end + rest.find('\n').map_or(rest.len(), |at| at + 1);
        let said = |line: &str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
        match pieces.last_mut() {
            Some(last)
                if !text
                    .get(last.end..piece.start)
                    .is_some_and(|between| between.lines().any(said)) =>
            {
                last.end = end;
            }
            Some(_) | None => pieces.push(piece.start..end),
        }
    }
    pieces
}

/// A table from its header to the end of its own last value, and each table in it that has a header.
fn tables(table: &Table, all: &mut Vec<Range<usize>>) {
    let own = (!table.is_implicit() && !table.is_dotted())
        .then(|| table.span())
        .flatten();
    let mut end = own.as_ref().map_or(0, |header| header.end);
    for (_, item) in table {
        match item {
            Item::Table(inner) if inner.is_dotted() => end = end.max(dotted_end(inner)),
            Item::Table(inner) => tables(inner, all),
            Item::ArrayOfTables(list) => list.iter().for_each(|inner| tables(inner, all)),
            Item::Value(value) => end = end.max(value.span().map_or(0, |span| span.end)),
            Item::None => {}
        }
    }
    if let Some(header) = own {
        all.push(header.start..end);
    }
}

/// The end of the last value written with dotted keys.
fn dotted_end(table: &Table) -> usize {
    let ends = table.iter().map(|(_, item)| match item {
        Item::Table(inner) => dotted_end(inner),
        Item::Value(value) => value.span().map_or(0, |span| span.end),
        Item::ArrayOfTables(_) | Item::None => 0,
    });
    ends.max().unwrap_or(0)
}

fn overrides(document: &mut DocumentMut) -> Result<&mut ArrayOfTables, Problem> {
    let found = document.get_mut("overrides");
    found
        .and_then(Item::as_array_of_tables_mut)
        .ok_or_else(written_otherwise)
}

fn written_otherwise() -> Problem {
    let detail =
        "the overrides of this draft are not written as [[overrides]]; change them in the text";
    Problem::new(Code::InvalidPolicy, detail).at("/text")
}

/// Every line of a draft, for the form.
pub(crate) fn lines(text: &str) -> Vec<PolicyLine> {
    engine::policy_lines(text)
        .into_iter()
        .map(|said| PolicyLine {
            words: said.words,
            agent: said.agent,
            to: said.to,
            until: said.until.map(|until| until.to_string()),
            reason: said.reason,
        })
        .collect()
}
