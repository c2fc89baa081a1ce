//! `agent …`: who may ask, as whom, and how much they decide themselves.

use serde_json::{Value, json};

use super::said;
use crate::args::{Agent, Only};
use crate::desk::Desk;
use crate::exit::Failure;
use crate::print::{self, flat, text};

pub(crate) async fn run(desk: &mut Desk, command: Agent, as_json: bool) -> Result<(), Failure> {
    match command {
        Agent::Add {
            name,
            mailbox,
            level,
        } => {
            let args = json!({"name": name, "mailbox": mailbox, "level": level});
            let answer = desk.call("agents.add", args).await?;
            if as_json {
                // Scripts get the two things they asked for; the window shows snippets too.
                return print::json(
                    &json!({"agent": answer.get("agent"), "token": answer.get("token")}),
                );
            }
            print::line(&format!(
                "{name} may ask as {mailbox}; its token, shown this once:\n{}",
                text(&answer, "/token")
            ))
        }
        Agent::Level {
            agent,
            level,
            mailbox,
        } => {
            let id = id_of(desk, &agent).await?;
            let args = json!({"id": id, "level": level, "mailbox": mailbox});
            let answer = desk.call("agents.set_level", args).await?;
            if let Some(mailbox) = mailbox {
                let sentence = format!("{agent} is at most at level {level} as {mailbox}");
                return said(&answer, as_json, &sentence);
            }
            said(
                &answer,
                as_json,
                &format!(
                    "{agent} is at level {level}: {}",
                    text(&answer, "/level_name")
                ),
            )
        }
        Agent::Recipients {
            agent,
            allow,
            forbid,
            remove,
            until,
            only,
        } => {
            let id = id_of(desk, &agent).await?;
            let mut acts = Vec::new();
            for (address, allowed) in [(allow, true), (forbid, false)] {
                if let Some(address) = address {
                    let row = json!(
                        {"id": id, "address": address, "allowed": allowed, "until": until});
                    acts.push(("agents.list_recipient", row));
                }
            }
            if let Some(row) = remove {
                acts.push(("agents.unlist_recipient", json!({"id": id, "row": row})));
            }
            if let Some(only) = only {
                let only = only == Only::Listed;
                acts.push(("agents.listed_only", json!({"id": id, "only": only})));
            }
            for (name, args) in acts {
                desk.call(name, args).await?;
            }
            let answer = desk.call("agents.recipients", json!({"id": id})).await?;
            if as_json {
                return print::json(&answer);
            }
            print::line(&format!(
                "{agent} may write to {}",
                text(&answer, "/writes_to")
            ))?;
            let rows: Vec<Vec<String>> = print::rows(&answer, "/rows")
                .iter()
                .map(|row| {
                    let word = match text(row, "/allowed").as_str() {
                        "true" => "allow",
                        _ => "forbid",
                    };
                    vec![
                        text(row, "/id"),
                        word.to_owned(),
                        flat(row, "/pattern"),
                        text(row, "/expires_at"),
                    ]
                })
                .collect();
            match rows.is_empty() {
                true => Ok(()),
                false => print::table(&["ROW", "RULE", "WHOM", "UNTIL"], &rows),
            }
        }
        Agent::Revoke { agent } => {
            let id = id_of(desk, &agent).await?;
            let answer = desk.call("agents.revoke", json!({"id": id})).await?;
            said(
                &answer,
                as_json,
                &format!("{agent} is shut out; its token has ended"),
            )
        }
        Agent::List => {
            let answer = desk.call("agents.list", Value::Null).await?;
            if as_json {
                print::json(&answer)
            } else {
                list(&answer)
            }
        }
        Agent::Grant {
            agent,
            mailbox,
            level,
        } => {
            let id = id_of(desk, &agent).await?;
            let args = json!({"id": id, "mailbox": mailbox, "level": level});
            let answer = desk.call("agents.grant", args).await?;
            said(&answer, as_json, &format!("{agent} may ask as {mailbox}"))
        }
    }
}

/// The id of an agent named by name or id.
async fn id_of(desk: &mut Desk, named: &str) -> Result<String, Failure> {
    let all = desk.call("agents.list", Value::Null).await?;
    let found = print::rows(&all, "")
        .iter()
        .find(|agent| text(agent, "/id") == named || text(agent, "/name") == named);
    match found {
        Some(agent) => Ok(text(agent, "/id")),
        None => Err(Failure::NotFound(format!(
            "there is no agent `{named}`; `sendoff agent list` names them"
        ))),
    }
}

fn list(answer: &Value) -> Result<(), Failure> {
    let rows: Vec<Vec<String>> = print::rows(answer, "")
        .iter()
        .map(|agent| {
            let mailboxes: Vec<String> = print::rows(agent, "/mailboxes")
                .iter()
                .map(|m| flat(m, "/address"))
                .collect();
            let standing = match (
                text(agent, "/revoked_at").as_str(),
                text(agent, "/paused_at").as_str(),
            ) {
                ("", "") => "active",
                ("", _) => "paused",
                (_, _) => "revoked",
            };
            vec![
                text(agent, "/id"),
                flat(agent, "/name"),
                format!("{} {}", text(agent, "/level"), text(agent, "/level_name")),
                standing.to_owned(),
                text(agent, "/held"),
                mailboxes.join(", "),
            ]
        })
        .collect();
    print::table(
        &["ID", "NAME", "LEVEL", "STATE", "HELD", "MAILBOXES"],
        &rows,
    )
}
