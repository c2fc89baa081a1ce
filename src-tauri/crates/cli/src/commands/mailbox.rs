//! `mailbox …`: the addresses agents send as, and the relays behind them.

use std::pin::pin;

use serde_json::{Value, json};

use super::said;
use crate::args::{Mailbox, Oauth};
use crate::desk::Desk;
use crate::exit::Failure;
use crate::print::{self, flat, text};
use crate::{secret, smtp_url};

pub(crate) async fn run(desk: &mut Desk, command: Mailbox, as_json: bool) -> Result<(), Failure> {
    match command {
        Mailbox::Add {
            address,
            smtp,
            smtp_password_fd,
            imap,
            imap_password_fd,
            name,
        } => {
            let form = relay(&smtp, smtp_password_fd)?;
            let mut args = json!({"address": address, "display_name": name, "smtp": form});
            if let (Some(imap), Some(args)) = (imap, args.as_object_mut()) {
                args.insert("imap".to_owned(), reading(&imap, imap_password_fd)?);
            }
            let answer = desk.call("mailboxes.add", args).await?;
            said(
                &answer,
                as_json,
                &format!("{address} is there; nothing was connected to"),
            )
        }
        Mailbox::List => {
            let answer = desk.call("mailboxes.list", Value::Null).await?;
            if as_json {
                print::json(&answer)
            } else {
                list(&answer)
            }
        }
        Mailbox::Imap {
            address,
            imap,
            imap_password_fd,
            off: _,
        } => {
            let form = match imap {
                Some(imap) => reading(&imap, imap_password_fd)?,
                None => Value::Null,
            };
            let id = id_of(desk, &address).await?;
            let args = json!({"id": id, "imap": form});
            let answer = desk.call("mailboxes.set_imap", args).await?;
            said(&answer, as_json, &format!("{address}: changed"))
        }
        Mailbox::Oauth(oauth) => sign_in(desk, oauth, as_json).await,
        Mailbox::SignOut {
            address,
            password_fd,
        } => {
            let password = password_fd
                .map(|fd| secret::read_fd(fd, "--password-fd"))
                .transpose()?;
            let id = id_of(desk, &address).await?;
            let args = json!({"id": id, "password": password});
            let answer = desk.call("mailboxes.sign_out", args).await?;
            let done = format!("{address}: signed out; it logs in with its password");
            said(&answer, as_json, &done)
        }
        Mailbox::Test {
            smtp,
            smtp_password_fd,
            sender,
            imap,
            imap_password_fd,
        } => {
            let begun = match (smtp, imap) {
                (Some(smtp), _) => {
                    let form = relay(&smtp, smtp_password_fd)?;
                    let args = json!({"smtp": form, "sender": sender});
                    desk.call("mailboxes.test", args).await?
                }
                (None, imap) => {
                    let form = reading(&imap.unwrap_or_default(), imap_password_fd)?;
                    let args = json!({"imap": form});
                    desk.call("mailboxes.test_imap", args).await?
                }
            };
            tested(desk, begun, as_json).await
        }
    }
}

/// Shows where to sign in, and waits until that is done.
async fn sign_in(desk: &mut Desk, oauth: Oauth, as_json: bool) -> Result<(), Failure> {
    let secret = oauth
        .client_secret_fd
        .map(|fd| secret::read_fd(fd, "--client-secret-fd"))
        .transpose()?;
    let id = id_of(desk, &oauth.address).await?;
    let args = json!({
        "id": id,
        "provider": oauth.provider,
        "auth_url": oauth.auth_url,
        "token_url": oauth.token_url,
        "device_url": oauth.device_url,
        "scopes": oauth.scopes,
        "hosts": oauth.hosts,
        "client_id": oauth.client_id,
        "client_secret": secret,
        "device": oauth.device,
    });
    let begun = desk.call("mailboxes.sign_in", args).await?;
    // Said on the other channel: what stands on this one is the answer.
    let code = text(&begun, "/user_code");
    let with = match code.is_empty() {
        true => String::new(),
        false => format!(" and type {code}"),
    };
    let where_to = format!("open {}{with}", text(&begun, "/url"));
    eprintln!("{}", print::harmless(&where_to));
    let args = json!({"id": id, "handle": text(&begun, "/handle")});
    let answer = desk.call("mailboxes.signed_in", args).await?;
    said(&answer, as_json, &format!("{}: signed in", oauth.address))
}

fn relay(smtp: &str, password_fd: Option<u32>) -> Result<Value, Failure> {
    let password = password_fd
        .map(|fd| secret::read_fd(fd, "--smtp-password-fd"))
        .transpose()?;
    smtp_url::form(smtp, password)
}

fn reading(imap: &str, password_fd: Option<u32>) -> Result<Value, Failure> {
    let password = password_fd
        .map(|fd| secret::read_fd(fd, "--imap-password-fd"))
        .transpose()?;
    smtp_url::imap_form(imap, password)
}

/// The id of the mailbox with this address.
async fn id_of(desk: &mut Desk, address: &str) -> Result<String, Failure> {
    let list = desk.call("mailboxes.list", Value::Null).await?;
    print::rows(&list, "")
        .iter()
        .find(|mailbox| text(mailbox, "/address").eq_ignore_ascii_case(address))
        .map(|mailbox| text(mailbox, "/id"))
        .ok_or_else(|| {
            Failure::Refused(format!(
                "there is no mailbox `{address}`; `sendoff mailbox list` shows them"
            ))
        })
}

/// Prints the steps of a test as they come, until it has ended; an interrupt ends it where it is.
async fn tested(desk: &mut Desk, mut report: Value, as_json: bool) -> Result<(), Failure> {
    let mut interrupted = pin!(tokio::signal::ctrl_c());
    let mut printed = 0;
    loop {
        let steps = print::rows(&report, "/steps");
        let settled = steps.iter().skip(printed);
        for step in settled.take_while(|step| text(step, "/state") != "running") {
            tested_step(step, as_json)?;
            printed += 1;
        }
        if text(&report, "/ended") == "true" {
            break;
        }
        let run = text(&report, "/run");
        let more = json!({"run": run, "seen": report.get("seen")});
        let more = desk.call("mailboxes.test_steps", more);
        report = tokio::select! {
            more = more => more?,
            _ = &mut interrupted => {
                desk.call("mailboxes.test_stop", json!({"run": run})).await?
            }
        };
    }
    let ok = text(&report, "/ok") == "true";
    if as_json {
        let end = json!({"ok": ok, "authserv_id": report.get("authserv_id")});
        print::line(&end.to_string())?;
    }
    match ok {
        true => Ok(()),
        false => Err(Failure::Said),
    }
}

fn tested_step(step: &Value, as_json: bool) -> Result<(), Failure> {
    if as_json {
        return print::line(&step.to_string());
    }
    let mark = match text(step, "/state").as_str() {
        "passed" => "ok",
        "failed" => "FAILED",
        _ => "stopped",
    };
    let (name, ms) = (text(step, "/name"), text(step, "/ms"));
    print::line(&format!(
        "{mark:<7} {name:<11} {ms:>6} ms  {}",
        flat(step, "/text")
    ))?;
    match text(step, "/advice").as_str() {
        "" => Ok(()),
        advice => print::line(&format!("        {advice}")),
    }
}

fn list(answer: &Value) -> Result<(), Failure> {
    let rows: Vec<Vec<String>> = print::rows(answer, "")
        .iter()
        .map(|mailbox| {
            let relay = match text(mailbox, "/kind").as_str() {
                "rehearsal" => "REHEARSAL".to_owned(),
                _ => format!(
                    "{}:{} ({})",
                    flat(mailbox, "/host"),
                    text(mailbox, "/port"),
                    text(mailbox, "/tls")
                ),
            };
            let paused = match text(mailbox, "/paused_at").as_str() {
                "" => String::new(),
                since => format!("paused since {since}; "),
            };
            vec![
                flat(mailbox, "/address"),
                relay,
                flat(mailbox, "/user"),
                format!("{paused}{}", flat(mailbox, "/health/text")),
                flat(mailbox, "/reading/health/text"),
            ]
        })
        .collect();
    print::table(&["ADDRESS", "RELAY", "USER", "SENDS", "READS"], &rows)
}
