//! `inbox …`: what was received, and what a person decides about it.

use serde_json::{Value, json};

use super::{PAGE, all_rows, decided, read_document, said};
use crate::args::Inbox;
use crate::desk::Desk;
use crate::exit::Failure;
use crate::print::{self, flat, text};

pub(crate) async fn run(desk: &mut Desk, command: Inbox, as_json: bool) -> Result<(), Failure> {
    match command {
        Inbox::List { tab, search } => list(desk, tab.as_str(), search, as_json).await,
        Inbox::Show { id } => {
            let answer = desk.call("inbox.show", json!({"id": id})).await?;
            if as_json {
                return print::json(&answer);
            }
            for item in print::rows(&answer, "/messages") {
                print::line(&shown(item))?;
            }
            Ok(())
        }
        Inbox::Reply {
            id,
            text,
            file,
            subject,
            to,
            cc,
        } => {
            let text = match (text, file) {
                (Some(text), _) => text,
                (None, Some(file)) => read_document(&file)?,
                (None, None) => String::new(),
            };
            let args = json!({"id": id, "text": text, "subject": subject, "to": to, "cc": cc});
            decided(&desk.call("inbox.reply", args).await?, as_json)
        }
        Inbox::Release { id } => {
            let answer = desk.call("inbox.release", json!({"id": id})).await?;
            said(&answer, as_json, "agents may see it now")
        }
        Inbox::Keep { id } => {
            let answer = desk.call("inbox.keep", json!({"id": id})).await?;
            said(&answer, as_json, "no agent sees it")
        }
        Inbox::Done { id } => {
            let answer = desk.call("inbox.done", json!({"id": id})).await?;
            said(&answer, as_json, "it waits for you no more")
        }
        Inbox::TakeOver { id } => {
            let answer = desk.call("inbox.take_over", json!({"id": id})).await?;
            said(&answer, as_json, "it is in your hands")
        }
        Inbox::HandBack { id } => {
            let answer = desk.call("inbox.hand_back", json!({"id": id})).await?;
            said(&answer, as_json, "agents work on it again")
        }
        Inbox::Alarms => {
            let answer = desk.call("alarms.list", Value::Null).await?;
            if as_json {
                return print::json(&answer);
            }
            let rows: Vec<Vec<String>> = print::rows(&answer, "")
                .iter()
                .map(|row| {
                    ["/n", "/at", "/mailbox", "/subject", "/seen_at"]
                        .map(|pointer| flat(row, pointer))
                        .to_vec()
                })
                .collect();
            print::table(&["N", "AT", "MAILBOX", "SUBJECT", "SEEN"], &rows)
        }
    }
}

async fn list(
    desk: &mut Desk,
    tab: &str,
    search: Option<String>,
    as_json: bool,
) -> Result<(), Failure> {
    let args = json!({"tab": tab, "search": search, "zone": super::search::zone(), "limit": PAGE});
    let all = all_rows(desk, "inbox.list", args).await?;
    if as_json {
        return print::json(&Value::Array(all));
    }
    let rows: Vec<Vec<String>> = all
        .iter()
        .map(|row| {
            [
                "/id",
                "/last_at",
                "/contact",
                "/subject",
                "/kind_text",
                "/intent",
                "/next/reason",
            ]
            .map(|pointer| flat(row, pointer))
            .to_vec()
        })
        .collect();
    if rows.is_empty() {
        return print::line("nothing was received");
    }
    let head = ["ID", "NEWEST", "WITH", "SUBJECT", "KIND", "WANTS", "NEXT"];
    print::table(&head, &rows)
}

/// One message of a conversation.
fn shown(item: &Value) -> String {
    let at = text(item, "/at");
    if text(item, "/inbound/id").is_empty() {
        return format!(
            "{at}  {} asked to send ({}): {}\n{}\n",
            flat(item, "/outbound/agent/name"),
            flat(item, "/outbound/state_text"),
            flat(item, "/outbound/subject"),
            text(item, "/outbound/text"),
        );
    }
    format!(
        "{at}  {} from {} [{}]: {}\n{}\n",
        flat(item, "/inbound/kind_text"),
        flat(item, "/inbound/from"),
        flat(item, "/inbound/shelf"),
        flat(item, "/inbound/subject"),
        text(item, "/inbound/new_text"),
    )
}
