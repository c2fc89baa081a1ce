//! `policy …`: the rules, as a document.

use std::path::Path;

use engine::Engine;
use serde_json::{Value, json};

use super::{read_document, said, whole};
use crate::args::{Line, Policy};
use crate::desk::Desk;
use crate::exit::Failure;
use crate::print::{self, flat, text};

pub(crate) async fn run(desk: &mut Desk, command: Policy, as_json: bool) -> Result<(), Failure> {
    match command {
        Policy::Check { file } => check(desk, &read_document(&file)?, as_json).await,
        Policy::Publish { file, over } => {
            let document = read_document(&file)?;
            publish(desk, document, over, as_json).await
        }
        Policy::Show { version } => {
            let answer = match version {
                None => desk.call("policy.show", Value::Null).await?,
                Some(version) => {
                    desk.call("policy.version", json!({"version": version}))
                        .await?
                }
            };
            if as_json {
                return print::json(&answer);
            }
            print::document(whole(&answer))
        }
        Policy::Lines => lines(desk, as_json).await,
        Policy::Hold {
            id,
            any_agent,
            line,
        } => {
            let wish = json!({"id": id, "wish": "always_ask", "any_agent": any_agent,
                "domains": !line.addresses});
            add(desk, wish, &line, as_json).await
        }
        Policy::Let { id, days, line } => {
            let wish = json!({"id": id, "wish": "let_write", "days": days,
                "domains": !line.addresses});
            add(desk, wish, &line, as_json).await
        }
        Policy::TakeOut { number } => take_out(desk, number, as_json).await,
        Policy::Rollback { version, over } => {
            let old = desk
                .call("policy.version", json!({"version": version}))
                .await?;
            let document = old
                .pointer("/text")
                .and_then(Value::as_str)
                .unwrap_or_default();
            publish(desk, document.to_owned(), over, as_json).await
        }
    }
}

/// Decisions a new line is tried on.
const TRIED_ON: u32 = 1_000;

/// Says what a line would be and would have done, and publishes it.
async fn add(desk: &mut Desk, wish: Value, line: &Line, as_json: bool) -> Result<(), Failure> {
    let draft = desk.call("policy.line", wish).await?;
    let document = draft.get("text").cloned().unwrap_or(Value::Null);
    let tried = json!({"text": document, "last": TRIED_ON});
    let replay = desk.call("policy.replay", tried).await?;
    if !as_json {
        print::line(&flat(&draft, "/words"))?;
        for taken in print::rows(&draft, "/takes_out") {
            let words = taken.as_str().unwrap_or_default();
            print::line(&format!("in place of: {}", print::harmless(words)))?;
        }
        if draft.get("note").is_some_and(Value::is_string) {
            print::line(&flat(&draft, "/note"))?;
        }
        print::raw(&format!("\n{}\n", text(&draft, "/line")))?;
        print::line(&flat(&replay, "/text"))?;
    }
    if line.dry_run {
        return match as_json {
            true => print::json(&json!({"draft": draft, "replay": replay})),
            false => Ok(()),
        };
    }
    let over = draft.get("over").cloned().unwrap_or(Value::Null);
    let answer = desk
        .call("policy.publish", json!({"text": document, "over": over}))
        .await?;
    if as_json {
        return print::json(
            &json!({"draft": draft, "replay": replay, "version": answer.get("version")}),
        );
    }
    // A version takes back what everybody changed since; a line of its own goes alone.
    let back = match print::rows(&draft, "/takes_out") {
        [] => format!("take-out {}", lines_of(desk, &draft).await?.len()),
        _ => format!("rollback {}", text(&draft, "/over")),
    };
    print::line(&format!(
        "version {} is in force; `sendoff policy {back}` takes it back",
        text(&answer, "/version"),
    ))
}

async fn lines(desk: &mut Desk, as_json: bool) -> Result<(), Failure> {
    let shown = desk.call("policy.show", Value::Null).await?;
    let lines = lines_of(desk, &shown).await?;
    if as_json {
        return print::json(&json!({"lines": lines}));
    }
    if lines.is_empty() {
        return print::line("the policy says the same of everyone");
    }
    let rows: Vec<Vec<String>> = lines
        .iter()
        .enumerate()
        .map(|(at, line)| {
            let until = match line.get("until").is_some_and(Value::is_string) {
                true => text(line, "/until"),
                false => "-".to_owned(),
            };
            vec![(at + 1).to_string(), until, flat(line, "/words")]
        })
        .collect();
    print::table(&["NUMBER", "UNTIL", "LINE"], &rows)
}

async fn take_out(desk: &mut Desk, number: u32, as_json: bool) -> Result<(), Failure> {
    let shown = desk.call("policy.show", Value::Null).await?;
    let lines = lines_of(desk, &shown).await?;
    let index = number.saturating_sub(1);
    let line = usize::try_from(index).ok().and_then(|at| lines.get(at));
    let Some(line) = line else {
        let said = format!("there is no line {number}; `sendoff policy lines` lists them");
        return Err(Failure::NotFound(said));
    };
    let args = json!({"text": shown.get("text"), "index": index});
    let draft = desk.call("policy.take_out", args).await?;
    let args = json!({"text": draft.get("text"), "over": shown.get("version")});
    let answer = desk.call("policy.publish", args).await?;
    // Numbers move as lines come and go: whoever used one from before sees which line went.
    let sentence = format!(
        "version {} is in force without: {}",
        text(&answer, "/version"),
        flat(line, "/words")
    );
    said(&answer, as_json, &sentence)
}

/// The lines of a document that was answered as `text`.
async fn lines_of(desk: &mut Desk, answer: &Value) -> Result<Vec<Value>, Failure> {
    let form = json!({"text": answer.get("text")});
    let form = desk.call("policy.form", form).await?;
    Ok(print::rows(&form, "/lines").to_vec())
}

/// Over a version if one is named: then only if it is still in force.
async fn publish(
    desk: &mut Desk,
    document: String,
    over: Option<u64>,
    as_json: bool,
) -> Result<(), Failure> {
    let mut args = json!({"text": document});
    if let (Some(over), Some(args)) = (over, args.as_object_mut()) {
        args.insert("over".to_owned(), over.into());
    }
    let answer = desk.call("policy.publish", args).await?;
    said(
        &answer,
        as_json,
        &format!("version {} is in force", text(&answer, "/version")),
    )
}

/// Checks a document where no data folder was named: a document stands alone.
///
/// # Errors
/// It cannot be read, or has problems, which are printed.
pub(crate) fn check_alone(file: &Path, as_json: bool) -> Result<(), Failure> {
    let problems = Engine::check_policy(&read_document(file)?);
    checked(&json!({"problems": problems}), as_json)
}

async fn check(desk: &mut Desk, document: &str, as_json: bool) -> Result<(), Failure> {
    let answer = desk.call("policy.check", json!({"text": document})).await?;
    checked(&answer, as_json)
}

fn checked(answer: &Value, as_json: bool) -> Result<(), Failure> {
    let problems = print::rows(answer, "/problems");
    if as_json {
        print::json(answer)?;
    } else if problems.is_empty() {
        print::line("it can be published")?;
    }
    if problems.is_empty() {
        return Ok(());
    }
    if !as_json {
        for problem in problems {
            print::line(&format!(
                "line {}, column {}: {} {}",
                text(problem, "/line"),
                text(problem, "/column"),
                flat(problem, "/key"),
                flat(problem, "/message")
            ))?;
        }
    }
    Err(Failure::Said)
}
