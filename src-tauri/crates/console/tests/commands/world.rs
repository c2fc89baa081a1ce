//! An engine in memory with the rehearsal mailbox and its agent.

use std::sync::Arc;

use console::{Operator, Problem, rpc};
use domain::{Digest, Draft, Timestamp};
use engine::{Ask, Engine, ManualClock, SeededIds};
use serde_json::{Value, json};

pub const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

/// An engine with the rehearsal mailbox and its agent.
pub struct World {
    pub engine: Engine,
    pub clock: Arc<ManualClock>,
    pub agent: domain::Agent,
    pub mailbox: domain::Address,
}

impl World {
    pub async fn new() -> World {
        let clock = Arc::new(ManualClock::at(NOW));
        let engine = Engine::memory(clock.clone(), Arc::new(SeededIds::new(7))).unwrap();
        let made = engine.rehearse().await.unwrap();
        World {
            engine,
            clock,
            agent: made.agent,
            mailbox: made.mailbox.address,
        }
    }

    /// What the agent asks; held, because it always asks.
    pub async fn held(&self, draft: Value) -> String {
        let draft: Draft = serde_json::from_value(draft).unwrap();
        let ask = Ask {
            mailbox: self.mailbox.clone(),
            dedupe_key: None,
            key_lasts: None,
            request: Digest([0; 32]),
            draft,
        };
        let submitted = self.engine.submit(&self.agent, ask).await.unwrap();
        submitted.row.id.to_string()
    }

    pub async fn letter(&self) -> String {
        let draft = json!({"to": [{"name": "Dana", "address": "dana@acme.example"}],
            "bcc": [{"address": "boss@home.example"}], "subject": "Tuesday", "text": "Shall we talk on Tuesday?",
            "html": "<p>Shall we talk on <b>Tuesday</b>?<script>x()</script></p>"});
        self.held(draft).await
    }

    pub async fn ask(&self, name: &str, args: Value) -> Result<Value, Problem> {
        rpc(&self.engine, &Operator::Window, name, args).await
    }

    pub async fn done(&self, name: &str, args: Value) -> Value {
        self.ask(name, args)
            .await
            .unwrap_or_else(|problem| panic!("{name}: {problem}"))
    }
}

pub fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_else(|| panic!("no text at {pointer} in {value}"))
}
