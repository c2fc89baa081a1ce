//! A line of the policy about mail like one in the queue: proposed as a draft, so that it is read,
//! replayed and published like any other, and taken out again like any other.

use domain::{Code, Problem};
use engine::{Line, LineAsk, LineKind, LineWish, Proposed};
use serde::Deserialize;
use toml_edit::DocumentMut;
use ts_rs::TS;

use crate::args;
use crate::policy_form::{Draft, read};
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
    let ask = LineAsk {
        submission: args::parse(&args.id, "/id")?,
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
    if let Some(problem) = desk.engine.check_policy(&text).first() {
        return Err(refused(&line, problem));
    }
    let words = engine::policy_lines(&text);
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
        note: note(&line, &still_held_by, held_by_level),
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
fn note(line: &Line, still: &[String], held_by_level: bool) -> Option<String> {
    let LineKind::Let { .. } = line.kind else {
        return None;
    };
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

/// The draft without one of its lines, comments and all.
pub(crate) async fn take_out(_: &Desk<'_>, args: TakeOut) -> Result<Draft, Problem> {
    if args.index >= engine::policy_lines(&args.text).len() {
        let detail = format!("the draft has no line {}", args.index);
        return Err(Problem::new(Code::NotFound, detail).at("/index"));
    }
    Ok(Draft {
        text: without(&args.text, &[args.index])?,
    })
}

fn without(text: &str, places: &[usize]) -> Result<String, Problem> {
    if places.is_empty() {
        return Ok(text.to_owned());
    }
    let mut document: DocumentMut = read(text)?;
    let Some(overrides) = document
        .get_mut("overrides")
        .and_then(toml_edit::Item::as_array_of_tables_mut)
    else {
        let detail = "the overrides of this draft are not written as [[overrides]]; take it out in \
                      the text";
        return Err(Problem::new(Code::InvalidPolicy, detail).at("/text"));
    };
    for place in places.iter().rev() {
        if *place < overrides.len() {
            overrides.remove(*place);
        }
    }
    if overrides.is_empty() {
        document.remove("overrides");
    }
    Ok(document.to_string())
}

/// Every line of a draft, for the form.
pub(crate) fn lines(text: &str) -> Vec<PolicyLine> {
    engine::policy_lines(text)
        .into_iter()
        .map(|said| PolicyLine {
            words: said.words,
            until: said.until.map(|until| until.to_string()),
            reason: said.reason,
        })
        .collect()
}
