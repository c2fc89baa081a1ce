//! What an agent can know beforehand: what is left, and until when.

use domain::facts::{CountScope, UsageFacts, Window};
use domain::{Address, Agent, Finding, FindingOutcome, Level, Problem, StateName, Timestamp};
use policy::{POLICY_UNREADABLE, Sender, counting};
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
    /// Its submissions that wait for a person.
    pub held: u32,
    /// At most so many may; more are blocked. The least of all mailboxes it may send as; absent
    /// where nothing bounds them.
    pub held_max: Option<u32>,
    /// Risk points, where the policy bounds them.
    pub risk: Option<RiskLeft>,
    /// What the rules that need no message to look at say, mailbox by mailbox: warm-up, cooldowns,
    /// throttles, lists, pauses.
    pub rules: Vec<LimitRule>,
}

/// Risk points of the last 24 hours.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct RiskLeft {
    /// Spent.
    pub spent: u32,
    /// At most; the least of all mailboxes it may send as.
    pub limit: u32,
}

/// What one rule says before a message is written.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct LimitRule {
    /// For which mailbox.
    pub mailbox: Address,
    /// What it says; about the recipient, if one was named.
    pub finding: Finding,
}

/// Rules that look at who, whom and how much, not at what is written; and that nothing can be judged.
const BEFORE_WRITING: [&str; 19] = [
    POLICY_UNREADABLE,
    "workspace_paused",
    "agent_paused",
    "queue_full",
    "mailbox_paused",
    "mailbox_grant",
    "recipient_scope",
    "suppression",
    "consent",
    "taken_over",
    "cooldown",
    "collision",
    "domain_throttle",
    "warmup",
    "quiet_hours",
    "negative_signals",
    "risk_budget",
    "lookalike_recipient",
    "autonomy",
];

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
    /// Nobody here, or this agent, writes to them again before; from the first mailbox granted.
    pub cooldown_until: Option<Timestamp>,
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
            let mut rules: Vec<LimitRule> = Vec::new();
            let mut recipient = None;
            let mut risk: Option<RiskLeft> = None;
            let mut held_max: Option<u32> = None;
            for grant in &agent.grants {
                let Some(mailbox) = store.mailbox(grant.mailbox)? else {
                    continue;
                };
                let facts = store.peek(agent.id, mailbox.id, to.as_ref(), now)?;
                for usage in &facts.usage {
                    let limit = edition.policy().and_then(|policy| {
                        policy.rate_limit_for(&Sender::of(&facts), usage.scope, usage.window)
                    });
                    let Some(limit) = limit else { continue };
                    windows.push(LimitRow {
                        mailbox: mailbox.address.clone(),
                        scope: usage.scope,
                        window: usage.window,
                        used: used(usage, now),
                        limit,
                        next_slot: next_slot(usage, limit, now),
                    });
                }
                let findings = edition.evaluate(&facts).findings;
                if let Some(policy) = edition.policy() {
                    let sender = Sender::of(&facts);
                    if let Some(limit) = policy.risk_limit_for(&sender) {
                        let spent = facts.agent.risk_spent;
                        let limit = risk.map_or(limit, |risk| risk.limit.min(limit));
                        risk = Some(RiskLeft { spent, limit });
                    }
                    let most = policy.held_max_for(&sender);
                    held_max = held_max.into_iter().chain(most).min();
                }
                let before = |finding: &Finding| {
                    BEFORE_WRITING.contains(&finding.rule.as_str())
                        && finding.outcome != FindingOutcome::NotApplicable
                };
                let said = findings.into_iter().filter(before);
                rules.extend(said.map(|finding| LimitRule {
                    mailbox: mailbox.address.clone(),
                    finding,
                }));
                if let (Some(about), None) = (facts.recipients.into_iter().next(), &recipient) {
                    recipient = Some(LimitsTo {
                        address: about.address,
                        established: about.established.is_some(),
                        suppressed: about
                            .suppressions
                            .first()
                            .map(|row| row.reason.words().to_owned()),
                        last_send_at: about.last_by_anyone.map(|last| last.at),
                        cooldown_until: rules
                            .iter()
                            .filter(|rule| rule.finding.rule == "cooldown")
                            .filter_map(|rule| rule.finding.not_before)
                            .max(),
                    });
                }
            }
            let paused = store.paused_at()?.is_some() || agent.paused_at.is_some();
            let held = store.agent_count(agent.id, StateName::Held)?;
            Ok(Limits {
                windows,
                to: recipient,
                level: agent.level,
                paused,
                held: u32::try_from(held).unwrap_or(u32::MAX),
                held_max,
                risk,
                rules,
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
