//! `suppression …`: whom we do not write to.

use serde_json::{Value, json};

use super::{PAGE, all_rows, said};
use crate::args::Suppression;
use crate::desk::Desk;
use crate::exit::Failure;
use crate::print::{self, flat, text};

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
    }
}
