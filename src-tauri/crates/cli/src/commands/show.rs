//! `show ID`: one submission as a person reads it in a terminal.

use serde_json::{Value, json};

use crate::desk::Desk;
use crate::exit::Failure;
use crate::print::{self, flat, text};

pub(crate) async fn run(
    desk: &mut Desk,
    id: &str,
    source: bool,
    as_json: bool,
) -> Result<(), Failure> {
    if source {
        let answer = desk.call("submission.source", json!({"id": id})).await?;
        if as_json {
            return print::json(&answer);
        }
        if text(&answer, "/truncated") == "true" {
            eprintln!("sendoff: only the beginning is shown; the window saves attachments");
        }
        let exact = answer
            .pointer("/text")
            .and_then(Value::as_str)
            .unwrap_or_default();
        return print::document(exact);
    }
    let detail = desk.call("submission.show", json!({"id": id})).await?;
    if as_json {
        print::json(&detail)
    } else {
        print::raw(&page(&detail))
    }
}

fn page(detail: &Value) -> String {
    let mut lines = vec![text(detail, "/why"), String::new()];
    let mut field = |name: &str, value: String| {
        if !value.is_empty() {
            lines.push(format!("{name:<10} {value}"));
        }
    };
    field("State", flat(detail, "/state_text"));
    field("Id", text(detail, "/id"));
    field("Hash", text(detail, "/hash"));
    field(
        "Agent",
        format!(
            "{} (level {})",
            flat(detail, "/agent/name"),
            text(detail, "/agent/level")
        ),
    );
    field("Reason", flat(detail, "/reason"));
    field("Expires", text(detail, "/expires_at"));
    field("Leaves", text(detail, "/due"));
    field("From", flat(detail, "/message/from"));
    for (name, pointer) in [
        ("To", "/message/to"),
        ("Cc", "/message/cc"),
        ("Bcc", "/message/bcc"),
    ] {
        let all: Vec<String> = print::rows(detail, pointer).iter().map(recipient).collect();
        field(name, all.join(", "));
    }
    let reply_to: Vec<String> = print::rows(detail, "/message/reply_to")
        .iter()
        .map(|to| flat(to, ""))
        .collect();
    field("Reply-To", reply_to.join(", "));
    field("Subject", flat(detail, "/message/subject"));
    for file in print::rows(detail, "/message/attachments") {
        let size = text(file, "/octets");
        field(
            "Attached",
            format!(
                "{} ({}, {size} octets)",
                flat(file, "/filename"),
                flat(file, "/content_type")
            ),
        );
    }
    for warning in print::rows(detail, "/message/warnings") {
        field("WARNING", flat(warning, ""));
    }
    lines.push(String::new());
    let body = match text(detail, "/message/text").as_str() {
        "" => "(no plain text; `--source` prints the whole message)".to_owned(),
        body => body.to_owned(),
    };
    lines.push(body);
    lines.push(String::new());
    for finding in print::rows(detail, "/decision/findings") {
        lines.push(format!(
            "  {:<15} {:<18} {}",
            text(finding, "/outcome"),
            text(finding, "/rule"),
            flat(finding, "/sentence")
        ));
    }
    for attempt in print::rows(detail, "/attempts") {
        lines.push(format!(
            "  attempt {} at {}: {}",
            text(attempt, "/number"),
            text(attempt, "/started_at"),
            flat(attempt, "/text")
        ));
    }
    for entry in print::rows(detail, "/journal") {
        lines.push(format!(
            "  {} {}",
            text(entry, "/at"),
            flat(entry, "/sentence")
        ));
    }
    lines.push(String::new());
    lines.join("\n")
}

fn recipient(value: &Value) -> String {
    let address = flat(value, "/address");
    let mut shown = match flat(value, "/name").as_str() {
        "" => address,
        name => format!("{name} <{address}>"),
    };
    if text(value, "/new_contact") == "true" {
        shown.push_str(" (new)");
    }
    let wire = flat(value, "/punycode");
    if !wire.is_empty() {
        shown.push_str(&format!(" [{wire}]"));
    }
    shown
}
