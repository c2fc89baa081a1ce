//! What stands around every view: counts, pause, health.

use domain::{Account, AccountKind, Mailbox, Problem, Span, Timestamp};
use engine::{AccountHealth, QueueTab, RecordHealth, Verified};

use crate::args::NoArgs;
use crate::door::{self, DoorState};
use crate::mailboxes;
use crate::table::Desk;
use crate::view::{Counts, Frame, Health, HealthState, HealthSummary};

pub(crate) async fn show(desk: &Desk<'_>, NoArgs {}: NoArgs) -> Result<Frame, Problem> {
    let engine = desk.engine;
    let now = engine.now();
    let stand = engine.counts().await?;
    let mailboxes = engine.mailboxes().await?;
    let agents = engine.agents().await?;
    let policy = engine.policy().await?;
    let paused_at = engine.paused_at().await?;
    let vault = engine.vault_state();
    let record = record(policy.version, &engine.record_health().await?, now);

    let how_many = async |tab| -> Result<u64, Problem> {
        let held = engine.how_many(engine.in_queue(tab)).await?;
        Ok(held.unwrap_or_default())
    };
    let (mut snoozed, mut expiring, mut oldest) = (0, 0, None);
    if stand.held > 0 {
        snoozed = count(how_many(QueueTab::Snoozed).await?);
        expiring = count(how_many(QueueTab::Expiring).await?);
        let in_sight = engine.queue(QueueTab::NeedsYou, None, 1).await?;
        oldest = in_sight.rows.first().map(|row| row.asked_at);
    }
    Ok(Frame {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        counts: Counts {
            queue: count(stand.held).saturating_sub(snoozed),
            attention: count(stand.uncertain.saturating_add(stand.failed_unseen))
                .saturating_add(count(engine.alarms(true).await?.len()))
                .saturating_add(u32::from(record.state == HealthState::Bad)),
            expiring,
            snoozed,
            leaving: count(
                stand
                    .deferred
                    .saturating_add(stand.queued)
                    .saturating_add(stand.sending),
            ),
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
        oldest_held_at: oldest.map(|at| at.to_string()),
        next_expiry_at: stand.next_expiry_at.map(|at| at.to_string()),
        locked: vault.locked,
        health: HealthSummary {
            smtp: smtp(desk, &mailboxes, vault.locked),
            imap: imap(desk, &mailboxes, vault.locked),
            api: agents_door(),
            record,
        },
        policy_version: policy.version,
        default_level: u8::from(engine.default_level().await?),
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
        None => {
            let last = health.values().map(|last| last.at).max();
            let ago = last.map_or(Span::ZERO, |at| desk.engine.now().since(at));
            let text = format!("The relays take what is sent, the last {ago} ago");
            Health::new(HealthState::Ok, text)
        }
    }
}

/// How reading goes: the worst of the mailboxes that are read.
fn imap(desk: &Desk<'_>, mailboxes: &[(Mailbox, Account)], locked: bool) -> Health {
    let health = desk.engine.mail_health();
    let read: Vec<_> = mailboxes
        .iter()
        .filter(|(_, account)| account.imap.is_some())
        .map(|(mailbox, account)| (mailbox.address.to_string(), health.get(&account.id)))
        .collect();
    if locked && !read.is_empty() {
        return Health::new(HealthState::Warn, "Locked: no mail is read");
    }
    reading(&read, desk.engine.now())
}

fn reading(read: &[(String, Option<&AccountHealth>)], now: Timestamp) -> Health {
    let mut stands = Health::new(HealthState::Off, "No mailbox is read");
    for (address, last) in read {
        let one = match last {
            None => Health::new(HealthState::Ok, "Nothing was read yet"),
            Some(last) => {
                let Health { state, text } = mailboxes::went(last);
                let text = match state {
                    HealthState::Ok | HealthState::Off => {
                        format!("{text}, asked {} ago", now.since(last.at))
                    }
                    HealthState::Warn | HealthState::Bad => format!("{address}: {text}"),
                };
                Health::new(state, text)
            }
        };
        if worse(one.state) >= worse(stands.state) {
            stands = one;
        }
    }
    stands
}

/// Of several the worst is shown.
fn worse(state: HealthState) -> u8 {
    match state {
        HealthState::Off => 0,
        HealthState::Ok => 1,
        HealthState::Warn => 2,
        HealthState::Bad => 3,
    }
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

fn record(policy_version: u64, health: &RecordHealth, now: Timestamp) -> Health {
    let since = |verified: &Verified| now.since(verified.at);
    if let Some(verified) = &health.verified
        && let Some(trouble) = &verified.trouble
    {
        let found = since(verified);
        let text = format!("The record does not hold, found {found} ago: {trouble}");
        return Health::new(HealthState::Bad, text);
    }
    if policy_version == 0 {
        let text = "No policy is published, so everything is held";
        return Health::new(HealthState::Warn, text);
    }
    if health.policy_damaged {
        let text = "The stored policy does not read back, so everything is held: publish one";
        return Health::new(HealthState::Bad, text);
    }
    if let Some(unsigned) = &health.unsigned {
        let text = format!("The record is not signed outside the database: {unsigned}");
        return Health::new(HealthState::Bad, text);
    }
    let text = match &health.verified {
        Some(verified) => format!("Verified {} ago, chained and signed", since(verified)),
        None => "Chained and signed, not verified lately".to_owned(),
    };
    Health::new(HealthState::Ok, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(trouble: Option<&str>) -> RecordHealth {
        RecordHealth {
            verified: Some(Verified {
                at: Timestamp::from_seconds(0),
                entries: 9,
                trouble: trouble.map(str::to_owned),
            }),
            ..RecordHealth::default()
        }
    }

    fn of(version: u64, health: &RecordHealth) -> (HealthState, String) {
        let now = Timestamp::from_seconds(0) + Span::from_hours(2);
        let Health { state, text } = record(version, health, now);
        (state, text)
    }

    #[test]
    fn a_mailbox_with_mail_put_aside_is_not_shown_as_fine() {
        let went = |ok, amiss: Option<&str>| AccountHealth {
            ok,
            text: "mail is read as it arrives".to_owned(),
            amiss: amiss.map(str::to_owned),
            at: Timestamp::from_seconds(0),
            failures: 0,
            rests_until: None,
        };
        let (fine, aside, down) = (
            went(true, None),
            went(true, Some("3 messages were put aside")),
            went(false, None),
        );
        let now = Timestamp::from_seconds(240);
        let of = |read: &[&AccountHealth]| {
            let read: Vec<_> = read
                .iter()
                .map(|last| ("zoe@x.example".to_owned(), Some(*last)))
                .collect();
            reading(&read, now)
        };
        assert_eq!(of(&[]).state, HealthState::Off);
        assert!(of(&[&fine]).text.ends_with("asked 4 min ago"));
        let warned = of(&[&aside, &fine]);
        assert_eq!(warned.state, HealthState::Warn);
        assert!(warned.text.contains("zoe@x.example") && warned.text.contains("put aside"));
        assert_eq!(of(&[&down, &aside]).state, HealthState::Bad);
    }

    #[test]
    fn the_record_is_fine_only_while_nothing_speaks_against_it() {
        let never = of(1, &RecordHealth::default());
        assert_eq!(never.0, HealthState::Ok);
        assert!(never.1.contains("not verified lately"), "{}", never.1);
        let verified = of(1, &found(None));
        assert_eq!(verified.0, HealthState::Ok);
        assert!(verified.1.starts_with("Verified 2 h ago"), "{}", verified.1);
        assert_eq!(of(0, &found(None)).0, HealthState::Warn);
    }

    #[test]
    fn what_the_last_walk_found_outweighs_everything_else() {
        let broken = found(Some("from entry 3 on: the chain is broken"));
        for version in [0, 1] {
            let (state, text) = of(version, &broken);
            assert_eq!(state, HealthState::Bad);
            assert!(text.contains("from entry 3 on"), "{text}");
        }
    }

    #[test]
    fn a_damaged_policy_and_a_head_nobody_can_sign_are_trouble() {
        let damaged = RecordHealth {
            policy_damaged: true,
            ..found(None)
        };
        assert_eq!(of(1, &damaged).0, HealthState::Bad);
        let unsigned = RecordHealth {
            unsigned: Some("signatures cannot be kept".into()),
            ..found(None)
        };
        let (state, text) = of(1, &unsigned);
        assert_eq!(state, HealthState::Bad);
        assert!(text.contains("signatures cannot be kept"), "{text}");
    }
}
