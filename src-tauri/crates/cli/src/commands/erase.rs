//! `erase ADDRESS` and `retention …`: what is taken out on purpose.

use std::io::{IsTerminal as _, Write as _};

use serde_json::{Value, json};

use super::said;
use crate::args::{Erase, Retention};
use crate::desk::Desk;
use crate::exit::Failure;
use crate::print::{self, flat, text};

pub(crate) async fn run(desk: &mut Desk, erase: Erase, as_json: bool) -> Result<(), Failure> {
    let args = json!({"address": erase.address});
    let naming = desk.call("contacts.naming", args.clone()).await?;
    if erase.dry_run {
        return match as_json {
            true => print::json(&naming),
            false => print::raw(&warning(&naming)),
        };
    }
    if text(&naming, "/is_nothing") == "true" {
        let damaged = match flat(&naming, "/damaged_text").as_str() {
            "" => String::new(),
            damaged => format!("; {damaged}"),
        };
        return Err(Failure::NotFound(format!(
            "nothing here names `{}`{damaged}",
            erase.address
        )));
    }
    if !erase.yes {
        confirm(&naming)?;
    }
    let answer = desk.call("contacts.erase", args).await?;
    if as_json {
        return print::json(&answer);
    }
    print::raw(&format!(
        "erased: {}\n{}{}{}",
        flat(&answer, "/text"),
        line(&answer, "/late"),
        line(&answer, "/damaged_text"),
        copies(&answer)
    ))
}

/// A sentence on a line of its own, if there is one.
fn line(answer: &Value, pointer: &str) -> String {
    match flat(answer, pointer).as_str() {
        "" => String::new(),
        said => format!("  {said}\n"),
    }
}

/// Everything a person should know before.
fn warning(naming: &Value) -> String {
    let number = |pointer| text(naming, pointer).parse::<u64>().unwrap_or(0);
    let mut said = format!("{}: {}\n", flat(naming, "/address"), flat(naming, "/text"));
    for (pointer, what) in [
        ("/waiting", "wait and are cancelled first"),
        (
            "/under_way",
            "are on the wire or uncertain: settle them before",
        ),
        ("/shared", "went to others too; their text goes for all"),
        (
            "/policies",
            "published policies name them, and the record keeps those word for word",
        ),
    ] {
        if number(pointer) > 0 {
            said.push_str(&format!("  {} {what}\n", number(pointer)));
        }
    }
    if text(naming, "/suppressed") == "true" {
        said.push_str("  they stay suppressed, under a digest in place of the address\n");
    }
    said.push_str(
        "  packed files (PDF, ZIP, office) are not opened: one that names them, in mail that does \
         not, stays\n",
    );
    said.push_str(&line(naming, "/damaged_text"));
    said.push_str(&copies(naming));
    said
}

/// The copies from before, one a line, after what to do about them.
fn copies(naming: &Value) -> String {
    let all = print::rows(naming, "/copies");
    if all.is_empty() {
        return "  no backup or export was taken with Sendoff; other copies keep what they hold\n"
            .to_owned();
    }
    let mut said = format!("  {}\n", flat(naming, "/copies_text"));
    for copy in all {
        let missing = match text(copy, "/is_there") == "true" {
            true => "",
            false => "  (not there any more)",
        };
        let (form, to, at) = (flat(copy, "/form"), flat(copy, "/to"), flat(copy, "/at"));
        said.push_str(&format!("    {form} of {at}  {to}{missing}\n"));
    }
    said
}

/// # Errors
/// No terminal to ask at, or any answer but the address.
fn confirm(naming: &Value) -> Result<(), Failure> {
    if !std::io::stdin().is_terminal() {
        let detail = "there is no terminal to ask at; look with --dry-run, then give --yes";
        return Err(Failure::Usage(detail.to_owned()));
    }
    let mut out = std::io::stderr();
    write!(
        out,
        "{}This cannot be undone. Type the address to erase them: ",
        warning(naming)
    )?;
    out.flush()?;
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    match line.trim() == text(naming, "/address") {
        true => Ok(()),
        false => Err(Failure::Refused("nothing was erased".to_owned())),
    }
}

pub(crate) async fn retention(
    desk: &mut Desk,
    command: Retention,
    as_json: bool,
) -> Result<(), Failure> {
    match command {
        Retention::Show => {
            let answer = desk.call("settings.retention", Value::Null).await?;
            if as_json {
                return print::json(&answer);
            }
            let rows: Vec<Vec<String>> = print::rows(&answer, "")
                .iter()
                .map(|row| {
                    let kept = match text(row, "/days").as_str() {
                        "" => "for good".to_owned(),
                        days => format!("{days} days"),
                    };
                    vec![text(row, "/kind"), kept, flat(row, "/title")]
                })
                .collect();
            print::table(&["KIND", "KEPT", "WHAT"], &rows)
        }
        Retention::Set {
            kind,
            days,
            dry_run,
        } => {
            let views = desk.call("settings.retention", Value::Null).await?;
            let key = print::rows(&views, "")
                .iter()
                .find(|row| text(row, "/kind") == kind.as_str())
                .map(|row| text(row, "/key"))
                .unwrap_or_default();
            let Some(days) = days.days() else {
                let args = json!({"key": key, "value": false});
                let answer = desk.call("settings.set", args).await?;
                return said(
                    &answer,
                    as_json,
                    &format!("{} are kept for good", kind.as_str()),
                );
            };
            let args = json!({"kind": kind.as_str(), "days": days});
            let aged = desk.call("settings.aged", args).await?;
            let total = text(&aged, "/sent").parse::<u64>().unwrap_or(0)
                + text(&aged, "/received").parse::<u64>().unwrap_or(0);
            if dry_run {
                let sentence = format!("{} older than {days} days", are(total));
                return said(&aged, as_json, &sentence);
            }
            let args = json!({"key": key, "value": days.to_string()});
            let answer = desk.call("settings.set", args).await?;
            let older = match total {
                0 => "nothing is older yet".to_owned(),
                _ => format!(
                    "{} older and lose theirs within minutes while Sendoff runs",
                    are(total)
                ),
            };
            let sentence = format!("{} are kept for {days} days; {older}", kind.as_str());
            said(&answer, as_json, &sentence)
        }
    }
}

/// `1 message is`, `2 messages are`.
fn are(count: u64) -> String {
    let many = console::many(count, "message");
    format!("{many} {}", if count == 1 { "is" } else { "are" })
}
