//! `edit ID`: a new version of a held message, from a file or from two flags.

use serde_json::{Value, json};

use super::read_document;
use crate::args::Edit;
use crate::desk::Desk;
use crate::exit::Failure;
use crate::print::{self, text};

pub(crate) async fn edit(desk: &mut Desk, edit: Edit, as_json: bool) -> Result<(), Failure> {
    let Edit {
        id,
        file,
        subject,
        text: body,
        hash,
    } = edit;
    let before = desk.call("submission.show", json!({"id": id})).await?;
    let mut draft = match file {
        None => before.get("draft").cloned().unwrap_or(Value::Null),
        Some(file) => serde_json::from_str(&read_document(&file)?).map_err(|error| {
            Failure::Usage(format!(
                "`{}` is no draft: {error}; begin with the \"draft\" of `sendoff show --json`",
                file.display()
            ))
        })?,
    };
    if let Some(fields) = draft.as_object_mut() {
        if let Some(subject) = subject {
            fields.insert("subject".into(), subject.into());
        }
        if let Some(body) = body {
            // The HTML would go on saying the old words.
            fields.insert("html".into(), Value::Null);
            fields.insert("text".into(), body.into());
        }
    }
    let hash = hash.unwrap_or_else(|| text(&before, "/hash"));
    let answer = desk
        .call(
            "submission.edit",
            json!({"id": id, "hash": hash, "draft": draft}),
        )
        .await?;
    if as_json {
        return print::json(&answer);
    }
    print::line(&format!(
        "{id} is version {} with hash {}: {}",
        text(&answer, "/version"),
        text(&answer, "/hash"),
        print::flat(&answer, "/why")
    ))
}
