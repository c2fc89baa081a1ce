//! `GET /server`: what its clients ask first, to see whether their token is good.

use axum::Json;
use axum::extract::State;
use domain::limits;
use serde_json::{Value, json};

use crate::door::Door;
use crate::guard::Caller;
use crate::problem::Refusal;

/// The agent, described as a server of theirs. What has no counterpart here is at its "off".
pub async fn show(State(door): State<Door>, caller: Caller) -> Result<Json<Value>, Refusal> {
    let agent = &caller.agent;
    let mailboxes = door.engine().mailbox_names(agent).await?;
    let first = mailboxes.first().map(|mailbox| mailbox.address.to_string());
    Ok(Json(json!({
        "ID": 1,
        "Name": agent.name,
        // A token is shown once, when it is made; nobody can read it back.
        "ApiTokens": [],
        "ServerLink": "",
        "Color": "blue",
        "SmtpApiActivated": false,
        "RawEmailEnabled": false,
        "DeliveryType": "Live",
        "InboundAddress": first.clone().unwrap_or_default(),
        "InboundHookUrl": "",
        "BounceHookUrl": "",
        "OpenHookUrl": "",
        "DeliveryHookUrl": "",
        "ClickHookUrl": "",
        "PostFirstOpenOnly": false,
        "TrackOpens": false,
        "TrackLinks": "None",
        "IncludeBounceContentInHook": false,
        "InboundDomain": "",
        "InboundHash": "",
        "InboundSpamThreshold": 0,
        "EnableSmtpApiErrorHooks": false,
        "Sendoff": {
            "id": agent.id,
            "level": agent.level,
            "mailboxes": mailboxes.iter().map(|mailbox| &mailbox.address).collect::<Vec<_>>(),
            "batch_max": limits::BATCH_MAX,
        },
    })))
}
