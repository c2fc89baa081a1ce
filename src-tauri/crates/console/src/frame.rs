//! What stands around every view: counts, pause, health.

use domain::{Account, AccountKind, Mailbox, Problem, State, StateName, limits};
use engine::{ListFilter, ListOrder};

use crate::args::NoArgs;
use crate::door::{self, DoorState};
use crate::table::Desk;
use crate::view::{Counts, Frame, Health, HealthState, HealthSummary};

/// Holds looked through for snoozes and expiries; a queue beyond it is full anyway.
const HOLDS_COUNTED_MAX: usize = limits::PAGE_MAX;

pub(crate) async fn show(desk: &Desk<'_>, NoArgs {}: NoArgs) -> Result<Frame, Problem> {
    let engine = desk.engine;
    let now = engine.now();
    let stand = engine.counts().await?;
    let mailboxes = engine.mailboxes().await?;
    let agents = engine.agents().await?;
    let policy = engine.policy().await?;
    let paused_at = engine.paused_at().await?;
    let vault = engine.vault_state();

    let (mut snoozed, mut expiring) = (0_usize, 0_usize);
    if stand.held > 0 {
        let filter = ListFilter {
            states: vec![StateName::Held],
            order: ListOrder::Oldest,
            ..ListFilter::default()
        };
        for row in engine.list(filter, None, HOLDS_COUNTED_MAX).await?.rows {
            if let State::Held {
                expires_at,
                snoozed_until,
            } = row.state
            {
                snoozed += usize::from(snoozed_until.is_some_and(|until| until > now));
                expiring += usize::from(expires_at <= now + engine::EXPIRING_WITHIN);
            }
        }
    }
    let snoozed = count(snoozed);
    Ok(Frame {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        counts: Counts {
            queue: count(stand.held).saturating_sub(snoozed),
            attention: count(stand.uncertain.saturating_add(stand.failed_unseen)),
            expiring: count(expiring),
            snoozed,
            agents: count(
                agents
                    .iter()
                    .filter(|agent| agent.revoked_at.is_none())
                    .count(),
            ),
            mailboxes: count(mailboxes.len()),
        },
        paused_at: paused_at.map(|at| at.to_string()),
        rehearsal: mailboxes
            .iter()
            .any(|(_, account)| account.kind == AccountKind::Rehearsal),
        first_run: mailboxes.is_empty(),
        now: now.to_string(),
        oldest_held_at: stand.oldest_held_at.map(|at| at.to_string()),
        next_expiry_at: stand.next_expiry_at.map(|at| at.to_string()),
        locked: vault.locked,
        health: HealthSummary {
            smtp: smtp(desk, &mailboxes, vault.locked),
            imap: imap(desk, &mailboxes, vault.locked),
            api: agents_door(),
            record: record(policy.version),
        },
        policy_version: policy.version,
        undo_window_seconds: engine.undo_window().await?.seconds(),
    })
}

/// A count as the screen takes it; nobody reads more than four billion.
pub(crate) fn count<T: TryInto<u32>>(number: T) -> u32 {
    number.try_into().unwrap_or(u32::MAX)
}

fn smtp(desk: &Desk<'_>, mailboxes: &[(Mailbox, Account)], locked: bool) -> Health {
    if mailboxes.is_empty() {
        return Health::new(HealthState::Off, "No mailbox yet");
    }
    if locked {
        return Health::new(
            HealthState::Warn,
            "Locked: nothing that needs a password is sent",
        );
    }
    let health = desk.engine.dispatch_health();
    let bad = mailboxes.iter().find_map(|(mailbox, account)| {
        let last = health.get(&account.id).filter(|last| !last.ok)?;
        Some(format!("{}: {}", mailbox.address, last.text))
    });
    match bad {
        Some(text) => Health::new(HealthState::Bad, text),
        None if health.is_empty() => Health::new(HealthState::Ok, "Nothing was sent yet"),
        None => Health::new(HealthState::Ok, "The relays take what is sent"),
    }
}

fn imap(desk: &Desk<'_>, mailboxes: &[(Mailbox, Account)], locked: bool) -> Health {
    let health = desk.engine.mail_health();
    let mut stands = Health::new(HealthState::Off, "No mailbox is read");
    for (mailbox, account) in mailboxes
        .iter()
        .filter(|(_, account)| account.imap.is_some())
    {
        if locked {
            return Health::new(HealthState::Warn, "Locked: no mail is read");
        }
        stands = match health.get(&account.id) {
            None => Health::new(HealthState::Ok, "Nothing was read yet"),
            Some(last) if last.ok => Health::new(HealthState::Ok, last.text.clone()),
            Some(last) => {
                let text = format!("{}: {}", mailbox.address, last.text);
                return Health::new(HealthState::Bad, text);
            }
        };
    }
    stands
}

fn agents_door() -> Health {
    let (state, text) = match door::state() {
        DoorState::Open(address) => (HealthState::Ok, address),
        DoorState::Closed => (HealthState::Off, "The agents' door is closed".to_owned()),
        DoorState::Failed(reason) => (HealthState::Bad, reason),
    };
    match door::smtp_state() {
        DoorState::Open(_) | DoorState::Closed => Health::new(state, text),
        DoorState::Failed(trouble) => Health::new(HealthState::Bad, format!("{text} · {trouble}")),
    }
}

fn record(policy_version: u64) -> Health {
    match policy_version {
        0 => Health::new(
            HealthState::Warn,
            "No policy is published, so everything is held",
        ),
        _ => Health::new(HealthState::Ok, "Chained and signed"),
    }
}
