//! `contact …`: contacts a person holds in their own hands, and where their days run.

use serde_json::{Value, json};

use super::{PAGE, all_rows, said};
use crate::args::Contact;
use crate::desk::Desk;
use crate::exit::Failure;
use crate::print::{self, flat, text};

pub(crate) async fn run(desk: &mut Desk, command: Contact, as_json: bool) -> Result<(), Failure> {
    match command {
        Contact::TakeOver {
            address,
            mailbox,
            note,
        } => {
            let args = json!({"address": address, "mailbox": mailbox, "note": note});
            let answer = desk.call("contacts.take_over", args).await?;
            let sentence = format!("{address} is in your hands; no agent writes to them");
            said(&answer, as_json, &sentence)
        }
        Contact::HandBack { address, mailbox } => {
            let args = json!({"address": address, "mailbox": mailbox});
            let answer = desk.call("contacts.hand_back", args).await?;
            if text(&answer, "/ended") == "0" {
                return Err(Failure::NotFound(format!(
                    "`{address}` is not in your hands"
                )));
            }
            said(
                &answer,
                as_json,
                &format!("agents may write to {address} again"),
            )
        }
        Contact::List => {
            let all = all_rows(desk, "contacts.in_hand", json!({"limit": PAGE})).await?;
            if as_json {
                return print::json(&Value::Array(all));
            }
            let rows: Vec<Vec<String>> = all
                .iter()
                .map(|row| {
                    vec![
                        flat(row, "/address"),
                        flat(row, "/mailbox"),
                        text(row, "/at"),
                        flat(row, "/note"),
                    ]
                })
                .collect();
            print::table(&["ADDRESS", "MAILBOX", "SINCE", "NOTE"], &rows)
        }
        Contact::Zone {
            address,
            zone,
            clear: _,
        } => {
            let args = json!({"address": address, "zone": zone});
            let answer = desk.call("contacts.set_zone", args).await?;
            let sentence = match text(&answer, "/zone").as_str() {
                "" => format!("the zone of {address} is not known"),
                zone => format!("the day of {address} runs in {zone}"),
            };
            said(&answer, as_json, &sentence)
        }
        Contact::Zones { search } => {
            let args = json!({"search": search, "limit": PAGE});
            let all = all_rows(desk, "contacts.zones", args).await?;
            if as_json {
                return print::json(&Value::Array(all));
            }
            let rows: Vec<Vec<String>> = all
                .iter()
                .map(|row| vec![flat(row, "/address"), text(row, "/zone"), text(row, "/at")])
                .collect();
            print::table(&["ADDRESS", "ZONE", "SINCE"], &rows)
        }
    }
}
