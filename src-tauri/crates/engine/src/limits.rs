//! What an agent can know beforehand: what is left, and until when.

use domain::facts::{CountScope, UsageFacts, Window};
use domain::{Address, Agent, Level, Problem, Timestamp};
use policy::counting;
use serde::Serialize;

use crate::open::Engine;

/// What is left for one agent.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Limits {
    /// Every limited window of every mailbox it may send as.
    pub windows: Vec<LimitRow>,
    /// About one recipient, if one was named.
    pub to: Option<LimitsTo>,
    /// The agent's level.
    pub level: Level,
    /// True if everything or the agent is paused.
    pub paused: bool,
}

/// One limited window.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct LimitRow {
    /// Of which mailbox.
    pub mailbox: Address,
    /// Counted in.
    pub scope: CountScope,
    /// Over.
    pub window: Window,
    /// Slots taken in the window that ends now.
    pub used: u32,
    /// At most.
    pub limit: u32,
    /// When the next ask would leave: now, if there is room.
    pub next_slot: Timestamp,
}

/// What is known about one recipient.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct LimitsTo {
    /// Who.
    pub address: Address,
    /// True if mail was delivered to them, or they wrote to us.
    pub established: bool,
    /// Why they may not be written to, if so.
    pub suppressed: Option<String>,
    /// The last send to them by anyone here.
    pub last_send_at: Option<Timestamp>,
}

impl Engine {
    /// What is left for an agent in every window, and what is known of one recipient.
    ///
    /// # Errors
    /// If the store cannot read.
    pub async fn limits(&self, agent: &Agent, to: Option<Address>) -> Result<Limits, Problem> {
        let (agent, now) = (agent.clone(), self.now());
        let judge = self.inner.judge.clone();
        self.read(move |store| {
            let published = store.policy()?;
            let edition = judge.edition(&published);
            let mut windows = Vec::new();
            let mut recipient = None;
            for grant in &agent.grants {
                let Some(mailbox) = store.mailbox(grant.mailbox)? else {
                    continue;
                };
                for usage in store.usage(Some(agent.id), mailbox.id, now)? {
                    let limit = edition
                        .policy()
                        .and_then(|policy| policy.rate_limit(usage.scope, usage.window));
                    let Some(limit) = limit else { continue };
                    windows.push(LimitRow {
                        mailbox: mailbox.address.clone(),
                        scope: usage.scope,
                        window: usage.window,
                        used: used(&usage, now),
                        limit,
                        next_slot: next_slot(&usage, limit, now),
                    });
                }
                if let (Some(address), None) = (&to, &recipient) {
                    let facts = store.recipient_facts(agent.id, mailbox.id, address, now)?;
                    recipient = Some(LimitsTo {
                        address: address.clone(),
                        established: facts.established.is_some(),
                        suppressed: facts
                            .suppressions
                            .first()
                            .map(|row| row.reason.words().to_owned()),
                        last_send_at: facts.last_by_anyone.map(|last| last.at),
                    });
                }
            }
            let paused = store.paused_at()?.is_some() || agent.paused_at.is_some();
            Ok(Limits {
                windows,
                to: recipient,
                level: agent.level,
                paused,
            })
        })
        .await
    }
}

/// Slots taken in the window that ends now.
pub(crate) fn used(usage: &UsageFacts, now: Timestamp) -> u32 {
    let used = counting::used_until(&usage.buckets, usage.window.bucket(now));
    u32::try_from(used).unwrap_or(u32::MAX)
}

/// When one more message would leave under a limit.
fn next_slot(usage: &UsageFacts, limit: u32, now: Timestamp) -> Timestamp {
    let window = usage.window;
    match counting::first_room(&usage.buckets, window.bucket(now), u64::from(limit), 1) {
        Some(bucket) => window.bucket_start(bucket).max(now),
        None => Timestamp::MAX,
    }
}
