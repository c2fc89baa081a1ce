//! `suppression …`: whom we do not write to.

use serde_json::{Value, json};

use super::{PAGE, all_rows, read_document, said, whole};
use crate::args::Suppression;
use crate::desk::Desk;
use crate::exit::Failure;
use crate::print::{self, flat, rows, text};
use crate::verify::progress_bar;

pub(crate) async fn run(
    desk: &mut Desk,
    command: Suppression,
    as_json: bool,
) -> Result<(), Failure> {
    match command {
        Suppression::Add {
            address,
            reason,
            note,
        } => {
            let args = json!({"address": address, "reason": reason, "note": note});
            let answer = desk.call("suppressions.add", args).await?;
            said(
                &answer,
                as_json,
                &format!(
                    "nobody here writes to {} any more",
                    flat(&answer, "/pattern")
                ),
            )
        }
        Suppression::Lift { address, note } => {
            let args = json!({"address": address, "note": note});
            let answer = desk.call("suppressions.lift", args).await?;
            let lifted = text(&answer, "/lifted");
            if lifted == "0" {
                return Err(Failure::NotFound(format!(
                    "no suppression of `{address}` is in force"
                )));
            }
            said(
                &answer,
                as_json,
                &format!("{address} may be written to again ({lifted} lifted)"),
            )
        }
        Suppression::List { search } => {
            let args = json!({"search": search, "limit": PAGE});
            let all = all_rows(desk, "suppressions.list", args).await?;
            if as_json {
                return print::json(&Value::Array(all));
            }
            let rows: Vec<Vec<String>> = all
                .iter()
                .map(|row| {
                    [
                        "/pattern",
                        "/scope",
                        "/reason",
                        "/added_by",
                        "/added_at",
                        "/note",
                    ]
                    .map(|pointer| flat(row, pointer))
                    .to_vec()
                })
                .collect();
            print::table(&["WHO", "FOR", "REASON", "BY", "SINCE", "NOTE"], &rows)
        }
        Suppression::Import { file } => import(desk, &read_document(&file)?, as_json).await,
        Suppression::Export => {
            let answer = desk.call("suppressions.export", Value::Null).await?;
            match as_json {
                true => print::json(&answer)?,
                false => print::document(whole(&answer))?,
            }
            match answer.get("truncated") == Some(&Value::Bool(true)) {
                false => Ok(()),
                true => Err(Failure::Refused(format!(
                    "there are more than one file holds; these are the newest {}",
                    text(&answer, "/rows")
                ))),
            }
        }
    }
}

/// Adds a list stretch by stretch, each sent once. Rows that cannot be read are told with their
/// line, and the others are added; the exit code says whether there were any.
async fn import(desk: &mut Desk, list: &str, as_json: bool) -> Result<(), Failure> {
    let stretches = console::list_stretches(list)?;
    let total: u64 = stretches.iter().map(|one| u64::from(one.rows)).sum();
    let bar = progress_bar();
    bar.set_length(total);
    let (mut done, mut added, mut problems) = (0, 0, Vec::new());
    for stretch in stretches {
        let args = json!({
            "text": stretch.text, "from": 0, "header": stretch.header, "line": stretch.line,
        });
        let answer = desk.call("suppressions.import", args).await;
        let answer = answer.map_err(|failure| broken_off(failure, done))?;
        done += u64::from(stretch.rows);
        let of_these = answer.get("added").and_then(Value::as_u64);
        added += of_these.unwrap_or_default();
        problems.extend_from_slice(rows(&answer, "/problems"));
        bar.set_position(done);
    }
    bar.finish_and_clear();
    if as_json {
        print::json(&json!({"total": total, "added": added, "problems": problems}))?;
    } else {
        for problem in &problems {
            let line = flat(problem, "/line");
            print::line(&format!("line {line}: {}", flat(problem, "/text")))?;
        }
        let unread = total - added.min(total);
        print::line(&match unread {
            0 => format!("{added} added"),
            _ => format!("{added} added, {unread} not"),
        })?;
    }
    match added == total {
        true => Ok(()),
        false => Err(Failure::Said),
    }
}

/// What stopped a list that was begun. What was added stays, and adding it again changes nothing.
fn broken_off(failure: Failure, done: u64) -> Failure {
    match failure.sentence() {
        Some(sentence) if done > 0 => Failure::Refused(format!(
            "{sentence}; the first {done} rows are done, and importing the list again adds the rest"
        )),
        Some(_) | None => failure,
    }
}
