//! `consent …`: who agreed to receive marketing.

use serde_json::{Value, json};

use super::{PAGE, all_rows, said};
use crate::args::Consent;
use crate::desk::Desk;
use crate::exit::Failure;
use crate::print::{self, flat, text};

pub(crate) async fn run(desk: &mut Desk, command: Consent, as_json: bool) -> Result<(), Failure> {
    match command {
        Consent::Add {
            address,
            source,
            until,
        } => {
            let args = json!({"address": address, "source": source, "until": until});
            let answer = desk.call("consents.record", args).await?;
            let sentence = format!("{} agreed to marketing", flat(&answer, "/address"));
            said(&answer, as_json, &sentence)
        }
        Consent::End { address } => {
            let answer = desk
                .call("consents.end", json!({"address": address}))
                .await?;
            if text(&answer, "/ended") == "0" {
                return Err(Failure::NotFound(format!(
                    "`{address}` has no consent in force"
                )));
            }
            said(&answer, as_json, &format!("{address} no longer agrees"))
        }
        Consent::List { search } => {
            let args = json!({"search": search, "limit": PAGE});
            let all = all_rows(desk, "consents.list", args).await?;
            if as_json {
                return print::json(&Value::Array(all));
            }
            let rows: Vec<Vec<String>> = all
                .iter()
                .map(|row| {
                    vec![
                        flat(row, "/address"),
                        text(row, "/at"),
                        text(row, "/expires_at"),
                        flat(row, "/source"),
                    ]
                })
                .collect();
            print::table(&["ADDRESS", "SINCE", "UNTIL", "SOURCE"], &rows)
        }
    }
}
