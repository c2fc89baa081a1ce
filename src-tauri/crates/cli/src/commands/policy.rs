//! `policy …`: the rules, as a document.

use serde_json::{Value, json};

use super::{read_document, said};
use crate::args::Policy;
use crate::desk::Desk;
use crate::exit::Failure;
use crate::print::{self, flat, text};

pub(crate) async fn run(desk: &mut Desk, command: Policy, as_json: bool) -> Result<(), Failure> {
    match command {
        Policy::Check { file } => check(desk, &read_document(&file)?, as_json).await,
        Policy::Publish { file } => {
            let document = read_document(&file)?;
            publish(desk, document, as_json).await
        }
        Policy::Show { version } => {
            let answer = match version {
                None => desk.call("policy.show", Value::Null).await?,
                Some(version) => {
                    desk.call("policy.version", json!({"version": version}))
                        .await?
                }
            };
            if as_json {
                return print::json(&answer);
            }
            print::raw(&text(&answer, "/text"))
        }
        Policy::Rollback { version } => {
            let old = desk
                .call("policy.version", json!({"version": version}))
                .await?;
            let document = old
                .pointer("/text")
                .and_then(Value::as_str)
                .unwrap_or_default();
            publish(desk, document.to_owned(), as_json).await
        }
    }
}

async fn publish(desk: &mut Desk, document: String, as_json: bool) -> Result<(), Failure> {
    let answer = desk
        .call("policy.publish", json!({"text": document}))
        .await?;
    said(
        &answer,
        as_json,
        &format!("version {} is in force", text(&answer, "/version")),
    )
}

async fn check(desk: &mut Desk, document: &str, as_json: bool) -> Result<(), Failure> {
    let answer = desk.call("policy.check", json!({"text": document})).await?;
    let problems = print::rows(&answer, "/problems");
    if as_json {
        print::json(&answer)?;
    } else if problems.is_empty() {
        print::line("it can be published")?;
    }
    if problems.is_empty() {
        return Ok(());
    }
    if !as_json {
        for problem in problems {
            print::line(&format!(
                "line {}, column {}: {} {}",
                text(problem, "/line"),
                text(problem, "/column"),
                flat(problem, "/key"),
                flat(problem, "/message")
            ))?;
        }
    }
    Err(Failure::Said)
}
