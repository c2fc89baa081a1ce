//! Commands that are one or two lines of the console's table, and how their answers are printed.

mod agent;
mod consent;
mod contact;
mod erase;
mod inbox;
mod mailbox;
mod policy;
mod rehearsal;
mod review;
mod search;
mod show;
mod suppression;

use std::io::Read;
use std::path::Path;

pub(crate) use policy::check_alone;
pub(crate) use rehearsal::Rehearsal;
use serde_json::{Value, json};

use crate::args::{DeskCommand, Tab};
use crate::desk::Desk;
use crate::exit::Failure;
use crate::print::{self, flat, text};

/// Rows asked for at once.
const PAGE: u32 = 500;

/// Octets read of a document a person names.
const DOCUMENT_OCTETS_MAX: u64 = 16 * 1024 * 1024;

/// Runs one command and prints its answer.
///
/// # Errors
/// The command's own, as a sentence with its exit code.
pub(crate) async fn run(
    desk: &mut Desk,
    command: DeskCommand,
    as_json: bool,
) -> Result<(), Failure> {
    match command {
        DeskCommand::Unlock => {
            let passphrase = desk.passphrase("unlock")?;
            let answer = desk
                .call("vault.unlock", json!({"passphrase": passphrase}))
                .await?;
            said(
                &answer,
                as_json,
                "unlocked: what waits for a password may leave",
            )
        }
        DeskCommand::Status => {
            let frame = desk.call("frame", Value::Null).await?;
            if as_json {
                print::json(&frame)
            } else {
                status(&frame)
            }
        }
        DeskCommand::Queue { tab, limit } => queue(desk, tab, limit, as_json).await,
        DeskCommand::Show { id, source } => show::run(desk, &id, source, as_json).await,
        DeskCommand::Approve { id, hash } => {
            let answer = desk
                .call("submission.approve", json!({"id": id, "hash": hash}))
                .await?;
            decided(&answer, as_json)
        }
        DeskCommand::Reject { id, reason, hash } => {
            let args = json!({"id": id, "reason": reason, "hash": hash});
            decided(&desk.call("submission.reject", args).await?, as_json)
        }
        DeskCommand::Ask { id, question, hash } => {
            let args = json!({"id": id, "question": question, "hash": hash});
            decided(&desk.call("submission.ask", args).await?, as_json)
        }
        DeskCommand::Release { id, hash, reason } => {
            let args = json!({"id": id, "hash": hash, "reason": reason});
            decided(&desk.call("submission.release", args).await?, as_json)
        }
        DeskCommand::Snooze { id, until } => {
            let args = json!({"id": id, "until": until});
            decided(&desk.call("submission.snooze", args).await?, as_json)
        }
        DeskCommand::Settle { id, how } => {
            let how = match (how.sent, how.resend) {
                (true, _) => "sent",
                (false, true) => "resend",
                (false, false) => "give_up",
            };
            let answer = desk
                .call("submission.settle", json!({"id": id, "how": how}))
                .await?;
            decided(&answer, as_json)
        }
        DeskCommand::Undo { id } => decided(
            &desk.call("submission.undo", json!({"id": id})).await?,
            as_json,
        ),
        DeskCommand::Edit(edit) => review::edit(desk, edit, as_json).await,
        DeskCommand::Pause => {
            let frame = desk.call("pause.on", Value::Null).await?;
            said(
                &frame,
                as_json,
                "paused: nothing leaves until `sendoff resume`",
            )
        }
        DeskCommand::Resume => {
            let frame = desk.call("pause.off", Value::Null).await?;
            said(
                &frame,
                as_json,
                "resumed: what is due is judged again and leaves",
            )
        }
        DeskCommand::Agent(command) => agent::run(desk, command, as_json).await,
        DeskCommand::Mailbox(command) => mailbox::run(desk, command, as_json).await,
        DeskCommand::Inbox(command) => inbox::run(desk, command, as_json).await,
        DeskCommand::Suppression(command) => suppression::run(desk, command, as_json).await,
        DeskCommand::Consent(command) => consent::run(desk, command, as_json).await,
        DeskCommand::Contact(command) => contact::run(desk, command, as_json).await,
        DeskCommand::Erase(args) => erase::run(desk, args, as_json).await,
        DeskCommand::Retention(command) => erase::retention(desk, command, as_json).await,
        DeskCommand::Policy(command) => policy::run(desk, command, as_json).await,
        DeskCommand::Search { query, limit } => search::run(desk, &query, limit, as_json).await,
        DeskCommand::Rehearsal(command) => rehearsal::run(desk, command, as_json).await,
    }
}

/// Prints an answer as JSON, or one sentence that says it is done.
pub(crate) fn said(answer: &Value, as_json: bool, sentence: &str) -> Result<(), Failure> {
    if as_json {
        print::json(answer)
    } else {
        print::line(sentence)
    }
}

/// Prints what an act on a submission came to.
pub(crate) fn decided(answer: &Value, as_json: bool) -> Result<(), Failure> {
    if as_json {
        return print::json(answer);
    }
    let leaves = match text(answer, "/due").as_str() {
        "" => String::new(),
        due => format!(" (leaves at {due})"),
    };
    let id = text(answer, "/id");
    print::line(&format!("{id}: {}{leaves}", flat(answer, "/state_text")))
}

/// The document in an answer, exactly.
fn whole(answer: &Value) -> &str {
    answer
        .pointer("/text")
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// Every row of a command that answers in pages, so that a script sees everything.
///
/// # Errors
/// The command's own.
async fn all_rows(desk: &mut Desk, command: &str, args: Value) -> Result<Vec<Value>, Failure> {
    let Rows { rows, .. } = first_rows(desk, command, args, usize::MAX).await?;
    Ok(rows)
}

/// The first rows of a list.
struct Rows {
    rows: Vec<Value>,
    /// What the list holds beyond them, where that is known or there is anything.
    more: Option<More>,
}

/// What a list holds beyond what is shown of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum More {
    Rows(u64),
    Some,
}

impl Rows {
    /// Says on standard error that there is more: what reads the rows is not disturbed.
    fn tell_more(&self) {
        match self.more {
            None => {}
            Some(More::Rows(n)) => eprintln!("sendoff: and {n} more; `--limit` shows them"),
            Some(More::Some) => eprintln!("sendoff: and more; `--limit` shows them"),
        }
    }
}

/// The first rows of a command that answers in pages: one may be short though there is more.
///
/// # Errors
/// The command's own.
async fn first_rows(
    desk: &mut Desk,
    command: &str,
    mut args: Value,
    wanted: usize,
) -> Result<Rows, Failure> {
    let mut rows: Vec<Value> = Vec::new();
    let mut total = None;
    let ended = loop {
        let page = desk.call(command, args.clone()).await?;
        total = total.or_else(|| page.get("total").and_then(Value::as_u64));
        rows.extend(print::rows(&page, "/rows").iter().cloned());
        let next = page.get("next").filter(|next| !next.is_null());
        let (Some(next), Some(args)) = (next, args.as_object_mut()) else {
            break true;
        };
        if rows.len() >= wanted {
            break false;
        }
        args.insert("after".to_owned(), next.clone());
    };
    let cut = rows.len().saturating_sub(wanted);
    rows.truncate(wanted);
    let beyond = total.map(|total| total.saturating_sub(rows.len() as u64));
    let more = match beyond {
        Some(0) => None,
        Some(n) if !ended || cut > 0 => Some(More::Rows(n)),
        Some(_) | None if !ended || cut > 0 => Some(More::Some),
        Some(_) | None => None,
    };
    Ok(Rows { rows, more })
}

/// Reads a text a person names; `-` is standard input.
///
/// # Errors
/// If it cannot be read, is not UTF-8, or has more than [`DOCUMENT_OCTETS_MAX`] octets.
pub(crate) fn read_document(file: &Path) -> Result<String, Failure> {
    let named = |error: std::io::Error| {
        Failure::Usage(format!("cannot read `{}`: {error}", file.display()))
    };
    let source: Box<dyn Read> = match file == Path::new("-") {
        true => Box::new(std::io::stdin()),
        false => Box::new(std::fs::File::open(file).map_err(named)?),
    };
    // One more than there may be shows that there is more.
    let mut bytes = Vec::new();
    source
        .take(DOCUMENT_OCTETS_MAX.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(named)?;
    if bytes.len() as u64 > DOCUMENT_OCTETS_MAX {
        return Err(Failure::Usage(format!(
            "`{}` is larger than {} MiB; nothing of it was read",
            file.display(),
            DOCUMENT_OCTETS_MAX >> 20
        )));
    }
    String::from_utf8(bytes)
        .map_err(|_| Failure::Usage(format!("cannot read `{}`: it is not UTF-8", file.display())))
}

async fn queue(desk: &mut Desk, tab: Tab, limit: u32, as_json: bool) -> Result<(), Failure> {
    let args = json!({"tab": tab.as_str(), "limit": limit.min(PAGE)});
    let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
    let found = first_rows(desk, "queue.list", args, wanted).await?;
    found.tell_more();
    if as_json {
        return print::json(&Value::Array(found.rows));
    }
    let rows: Vec<Vec<String>> = found
        .rows
        .iter()
        .map(|row| {
            let mut cells = vec![flat(row, "/id"), print::minute(row, "/asked_at")];
            let rest = ["/agent/name", "/to", "/subject", "/why"];
            cells.extend(rest.map(|pointer| flat(row, pointer)));
            cells
        })
        .collect();
    if rows.is_empty() {
        return print::line("nothing waits here");
    }
    print::table(&["ID", "ASKED", "AGENT", "TO", "SUBJECT", "WHY"], &rows)
}

fn status(frame: &Value) -> Result<(), Failure> {
    let paused = match text(frame, "/paused_at").as_str() {
        "" => "no".to_owned(),
        since => format!("since {since}"),
    };
    let locked = if text(frame, "/locked") == "true" {
        "locked"
    } else {
        "open"
    };
    let rows = [
        ("queue", text(frame, "/counts/queue")),
        ("needs attention", text(frame, "/counts/attention")),
        ("snoozed", text(frame, "/counts/snoozed")),
        ("oldest held", text(frame, "/oldest_held_at")),
        ("paused", paused),
        ("agents", text(frame, "/counts/agents")),
        ("mailboxes", text(frame, "/counts/mailboxes")),
        (
            "policy",
            format!("version {}", text(frame, "/policy_version")),
        ),
        ("agents' door", text(frame, "/health/api/text")),
        ("SMTP", text(frame, "/health/smtp/text")),
        ("IMAP", text(frame, "/health/imap/text")),
        ("credentials", locked.to_owned()),
        ("version", text(frame, "/version")),
    ];
    let lines: String = rows
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name:<16} {value}\n"))
        .collect();
    print::raw(&lines)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use domain::{AccountKind, Actor, SuppressionReason};
    use engine::{Engine, ManualClock, SeededIds};

    use super::*;

    #[tokio::test]
    async fn lists_go_on_to_their_end() {
        let now = "2026-11-22T10:00:00Z".parse().unwrap();
        let clock = Arc::new(ManualClock::at(now));
        let engine = Engine::memory(clock, Arc::new(SeededIds::new(7))).unwrap();
        let ann = "ann@example.com".parse().unwrap();
        let added = engine.add_mailbox(ann, None, AccountKind::Rehearsal, None);
        let mailbox = added.await.unwrap().id;
        let count = PAGE as usize + 1;
        for n in 0..count {
            let whom = format!("r{n}@x.example").parse().unwrap();
            let held = engine.take_over_contact(mailbox, &whom, None);
            held.await.unwrap();
            let agreed = engine.record_consent(&whom, "a form".to_owned(), None);
            agreed.await.unwrap();
            let reason = SuppressionReason::Manual;
            let no_more = engine.suppress(Actor::Operator, whom.to_string(), None, reason, None);
            no_more.await.unwrap();
        }
        let mut desk = Desk::of(engine);
        for command in ["contacts.in_hand", "consents.list", "suppressions.list"] {
            let rows = all_rows(&mut desk, command, json!({"limit": PAGE})).await;
            assert_eq!(rows.ok().unwrap().len(), count, "{command}");
        }
        let wanted = count - 2;
        let args = json!({"limit": PAGE});
        let first = first_rows(&mut desk, "suppressions.list", args, wanted).await;
        let first = first.ok().unwrap();
        assert_eq!((first.rows.len(), first.more.is_some()), (wanted, true));
        desk.close();
    }

    #[tokio::test]
    async fn a_queue_longer_than_what_is_shown_says_by_how_much() {
        let now = "2026-11-22T10:00:00Z".parse().unwrap();
        let clock = Arc::new(ManualClock::at(now));
        let engine = Engine::memory(clock, Arc::new(SeededIds::new(7))).unwrap();
        let made = engine.rehearse().await.unwrap();
        for n in 0..5 {
            let draft = json!({"to": [{"address": format!("r{n}@x.example")}],
                "subject": format!("Letter {n}"), "text": format!("Question {n}?")});
            let ask = engine::Ask {
                mailbox: made.mailbox.address.clone(),
                dedupe_key: None,
                key_lasts: None,
                request: domain::Digest([n; 32]),
                draft: serde_json::from_value(draft).unwrap(),
            };
            engine.submit(&made.agent, ask).await.unwrap();
        }
        let mut desk = Desk::of(engine);
        for (wanted, shown, more) in [
            (2, 2, Some(More::Rows(3))),
            (4, 4, Some(More::Rows(1))),
            (5, 5, None),
            (9, 5, None),
        ] {
            let args = json!({"tab": "needs_you", "limit": 2});
            let found = first_rows(&mut desk, "queue.list", args, wanted).await;
            let found = found.ok().unwrap();
            assert_eq!((found.rows.len(), found.more), (shown, more), "{wanted}");
        }
        desk.close();
    }
}
