//! Leaving: what is due is claimed, judged once more, and handed out with its clearance.

use domain::StateName;
use domain::facts::Moment;
use domain::journal::JournalKind;
use domain::{AccountId, Actor, Attempt, AttemptId, Decision, Facts, Sealed, Span, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::{Map, json};

use crate::admission::slot_of;
use crate::again::Again;
use crate::asks::ClaimAsk;
use crate::error::StoreError;
use crate::handle::Store;
use crate::reads::sealed_version;
use crate::reply::Reply;
use crate::rows::{Claim, Departure, PublishedPolicy};
use crate::sqlite::codec::time;
use crate::sqlite::directory::accounts_where;
use crate::sqlite::fault::{Done, Fault};
use crate::sqlite::submissions::{Loaded, by_number};
use crate::sqlite::tx::{Step, Tx};

impl Store {
    /// Claims the next due submission and judges it once more, in one transaction.
    ///
    /// `judge` gives the decision and, if it may leave, the clearance to send it with; the
    /// clearance is handed out only after COMMIT. `final_block` says whether a block is one that
    /// no person can answer. Nothing is claimed while the workspace is paused; paused agents and
    /// mailboxes, busy accounts and leased submissions are passed over.
    pub fn claim<C: Send + 'static>(
        &self,
        ask: ClaimAsk,
        judge: impl Fn(&PublishedPolicy, &Facts) -> (Decision, Option<C>) + Send + 'static,
        final_block: fn(&Decision) -> bool,
    ) -> Reply<Claim<C>> {
        self.write(move |tx| tx.claim(&ask, &judge, final_block))
    }
}

/// Who may not send now, by row number. Small: it is what the operator paused by hand.
pub(crate) struct Stopped {
    agents: Vec<i64>,
    mailboxes: Vec<i64>,
}

impl Stopped {
    /// Paused agents and mailboxes, and mailboxes whose account is busy.
    pub fn read(conn: &Connection, busy: &[AccountId]) -> Done<Stopped> {
        let agents = conn
            .prepare_cached("SELECT n FROM agents WHERE paused_at IS NOT NULL")?
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        let mut mailboxes: Vec<i64> = conn
            .prepare_cached("SELECT n FROM mailboxes WHERE paused_at IS NOT NULL")?
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        for account in busy {
            let mut through = conn.prepare_cached(
                "SELECT m.n FROM mailboxes m JOIN accounts c ON c.n = m.account WHERE c.id = ?1",
            )?;
            for n in through.query_map([account.uuid().as_bytes()], |row| row.get(0))? {
                mailboxes.push(n?);
            }
        }
        Ok(Stopped { agents, mailboxes })
    }
}

/// The first submission in the outbox that is not stopped, with when it may go: its due time, or
/// the end of its lease.
///
/// One look per mailbox and agent with anything in the outbox, however much that is: the index has
/// the first of each in front, and a stopped mailbox is stepped over with all its agents.
pub(crate) fn first_waiting(
    conn: &Connection,
    stopped: &Stopped,
) -> Done<Option<(i64, Timestamp)>> {
    let mut first_of_next = conn.prepare_cached(
        "SELECT mailbox, agent, n, MAX(state_at, COALESCE(leased_until, state_at))
         FROM submissions INDEXED BY submissions_outbox
         WHERE state IN ('queued', 'deferred') AND (mailbox, agent) > (?1, ?2)
         ORDER BY mailbox, agent, MAX(state_at, COALESCE(leased_until, state_at)), n LIMIT 1",
    )?;
    let (mut mailbox, mut agent) = (i64::MIN, i64::MIN);
    let mut best: Option<(Timestamp, i64)> = None;
    loop {
        let next = first_of_next
            .query_row([mailbox, agent], |row| {
                Ok((row.get(0)?, row.get(1)?, (time(row, 3)?, row.get(2)?)))
            })
            .optional()?;
        let Some((its_mailbox, its_agent, first)) = next else {
            return Ok(best.map(|(when, n)| (n, when)));
        };
        (mailbox, agent) = (its_mailbox, its_agent);
        if stopped.mailboxes.contains(&mailbox) {
            agent = i64::MAX;
        } else if !stopped.agents.contains(&agent) {
            best = Some(best.map_or(first, |best| best.min(first)));
        }
    }
}

/// When the oldest open attempt's lease ends.
pub(crate) fn next_lease(conn: &Connection) -> Done<Option<Timestamp>> {
    let end: Option<i64> = conn
        .prepare_cached("SELECT MIN(leased_until) FROM attempts WHERE ended_at IS NULL")?
        .query_row([], |row| row.get(0))?;
    Ok(end.map(Timestamp::from_micros))
}

impl Tx<'_> {
    fn claim<C>(
        &mut self,
        ask: &ClaimAsk,
        judge: &impl Fn(&PublishedPolicy, &Facts) -> (Decision, Option<C>),
        final_block: fn(&Decision) -> bool,
    ) -> Done<Claim<C>> {
        let conn = self.conn;
        let at = self.at(ask.now);
        if self.memory.directory.paused_at(conn)?.is_some() {
            return Ok(Claim::Nothing { wake: None });
        }
        if next_lease(conn)?.is_some_and(|end| end <= at) {
            self.abandon(at, Some(at))?;
        }
        let stopped = Stopped::read(conn, &ask.busy)?;
        let before = match first_waiting(conn, &stopped)? {
            Some((n, when)) if when <= at => by_number(conn, n)?,
            other => {
                let due = other.map(|(_, when)| when);
                let lease = next_lease(conn)?;
                let wake = [due, lease].into_iter().flatten().min();
                return Ok(Claim::Nothing { wake });
            }
        };
        if before.row.send_by < at && before.attempts == 0 {
            return Ok(Claim::HeldBack(self.expire(&before, at)?));
        }
        let again = Again {
            moment: Moment::Dispatch,
            at,
            due: at,
            approved: before.row.approved.as_ref().map(|approval| approval.hash),
            answered: &before.answered,
            released: &before.released,
            scan: &self.scan(&before)?,
        };
        let facts = self.facts_again(&before, &again)?;
        let (decision, clearance) = judge(&self.policy()?, &facts);
        let judged = self.judged(ask.decision, decision, facts)?;
        let mut after = before.clone();
        let Some(clearance) = clearance else {
            let is_final = final_block(&judged.decision);
            let held_until = before.hold_ends(at, ask.hold_for);
            let state = before.row.state.clone();
            let state = state.held_back(&judged.decision, held_until, is_final)?;
            if state.name() == StateName::Blocked {
                after.ended(state, at)?;
            } else {
                after.row.state = state;
            }
            match after.row.state.name() {
                StateName::Deferred => after.slot = slot_of(&judged.decision, at),
                // Allowed, yet not cleared: nothing changed, so not again at once.
                StateName::Queued => after.leased_until = Some(at + ask.lease),
                StateName::Held
                | StateName::Blocked
                | StateName::Observed
                | StateName::Sending
                | StateName::Sent
                | StateName::Uncertain
                | StateName::Bounced
                | StateName::Rejected
                | StateName::Expired
                | StateName::Cancelled
                | StateName::Failed => after.release(),
            }
            let (kind, body) = (JournalKind::HeldBack, Map::new());
            self.step(
                &before,
                &mut after,
                Step {
                    at,
                    actor: Actor::System,
                    kind,
                    body,
                    judged: Some(&judged),
                },
            )?;
            return Ok(Claim::HeldBack(after.row));
        };
        after.row.state = before.row.state.clone().claimed(ask.attempt)?;
        after.slot = Some(judged.decision.slot.unwrap_or(at));
        after.attempts += 1;
        if let Some(approval) = &mut after.row.approved {
            approval.tried = true;
        }
        let first = before.first_attempt_at.unwrap_or(at);
        after.first_attempt_at = Some(first);
        after.leased_until = Some(at + ask.lease);
        let attempt = self.put_attempt(&after, ask.attempt, at, ask.lease)?;
        let mut body = Map::new();
        body.insert("attempt".to_owned(), json!(ask.attempt));
        body.insert("number".to_owned(), json!(attempt.number));
        let (by, kind) = (Actor::System, JournalKind::Attempted);
        self.step(
            &before,
            &mut after,
            Step {
                at,
                actor: by,
                kind,
                body,
                judged: Some(&judged),
            },
        )?;
        self.departure(after, attempt, first, clearance)
    }

    fn departure<C>(
        &mut self,
        after: Loaded,
        attempt: Attempt,
        first: Timestamp,
        clearance: C,
    ) -> Done<Claim<C>> {
        let sealed: Sealed = sealed_version(self.conn, after.version_n)?;
        let tried_since = after.tried_since().unwrap_or(first);
        let id = after.row.account.uuid().as_bytes();
        let account = accounts_where(self.conn, "WHERE id = ?1", &[id])?
            .pop()
            .ok_or_else(|| Fault(StoreError::not_found("account", after.row.account)))?;
        let recipients = after
            .row
            .recipients
            .iter()
            .filter(|recipient| recipient.state.is_open())
            .map(|recipient| recipient.address.clone())
            .collect();
        Ok(Claim::Leave(Box::new(Departure {
            attempt,
            sealed,
            account,
            send_at: after.row.send_at,
            date_at: first,
            recipients,
            tried_since,
            submission: after.row,
            clearance,
        })))
    }

    fn put_attempt(
        &mut self,
        loaded: &Loaded,
        id: AttemptId,
        at: Timestamp,
        lease: Span,
    ) -> Done<Attempt> {
        let salt = self.salt();
        self.conn
            .prepare_cached(
                "INSERT INTO attempts (id, submission, number, started_at, leased_until, salt)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![
                id.uuid().as_bytes(),
                loaded.n,
                loaded.attempts,
                at.micros(),
                (at + lease).micros(),
                salt
            ])?;
        Ok(Attempt {
            id,
            submission: loaded.row.id,
            number: loaded.attempts,
            started_at: at,
            final_dot_at: None,
            ended_at: None,
            outcome: None,
        })
    }
}
