//! What follows from a received message by itself, inside its transaction.

use domain::journal::JournalKind;
use domain::received::{BounceMeans, Effect};
use domain::submission::State;
use domain::{
    Actor, Address, Draft, RecipientState, Span, StateName, SuppressionReason, SuppressionScope,
    Timestamp,
};
use rusqlite::params;
use serde_json::{Map, Value, json};

use crate::asks::NewSuppression;
use crate::receipts::Receipt;
use crate::sqlite::codec::from_json;
use crate::sqlite::fault::Done;
use crate::sqlite::submissions::{Loaded, by_number};
use crate::sqlite::tx::{Step, Tx};

/// Signals are counted in buckets of six hours.
const SIGNAL_BUCKET: Span = Span::from_hours(6);
/// Mail that waits for somebody away is moved at most so far.
const AWAY_MAX: Span = Span::from_days(60);
/// What was moved may leave for so long after they are back.
const AWAY_GRACE: Span = Span::from_hours(24);
/// Waiting mail to one contact that is cancelled or moved at once.
const WAITING_MAX: i64 = 1_000;

impl Tx<'_> {
    /// Carries out a plan's effects. `linked` is the submission the message is proven to be about;
    /// `place` the mailbox and agent whose it is. Journaled `at` this moment; what it says of people
    /// is `dated` by its arrival. Gives a word per effect for the journal.
    pub(crate) fn carry_out(
        &mut self,
        effects: &[Effect],
        linked: Option<&Loaded>,
        place: (i64, Option<i64>),
        inbound: i64,
        (at, dated): (Timestamp, Timestamp),
    ) -> Done<Vec<&'static str>> {
        let mut words = Vec::with_capacity(effects.len());
        for effect in effects {
            words.push(match effect {
                Effect::Bounced {
                    address,
                    means,
                    said,
                } => {
                    self.returned(linked, address, said, (at, dated))?;
                    match means {
                        BounceMeans::Dead => {
                            self.signal("hard_bounces", place, dated)?;
                            self.held_against(place.1, Receipt::Bounced)?;
                            self.stop(address, SuppressionReason::HardBounce, said, at)?;
                        }
                        BounceMeans::Soft | BounceMeans::WornOut => {
                            self.soft(address, inbound, dated)?;
                            self.held_against(place.1, Receipt::BouncedSoft)?;
                        }
                        BounceMeans::Refused => {
                            self.held_against(place.1, Receipt::BouncedSoft)?;
                        }
                    }
                    if *means == BounceMeans::WornOut {
                        self.stop(address, SuppressionReason::SoftBounces, said, at)?;
                    }
                    match means {
                        BounceMeans::Dead => "bounced_dead",
                        BounceMeans::Soft | BounceMeans::WornOut => "bounced",
                        BounceMeans::Refused => "bounced_refused",
                    }
                }
                Effect::Arrived { address } => {
                    if let Some(linked) = linked {
                        self.arrived(linked.n, address, at)?;
                    }
                    "arrived"
                }
                Effect::Complained { address } => {
                    let said = "they reported our mail as spam";
                    self.signal("complaints", place, dated)?;
                    self.held_against(place.1, Receipt::Complained)?;
                    self.stop(address, SuppressionReason::Complaint, said, at)?;
                    self.cancel_waiting(address, at)?;
                    "complained"
                }
                Effect::OptedOut { address, said } => {
                    self.opt_out(address, said, Actor::System, at)?;
                    "opted_out"
                }
                Effect::OptOutToConfirm { .. } => "opt_out_to_confirm",
                Effect::Away { address, until } => {
                    self.away(address, *until, at)?;
                    "away"
                }
                Effect::Wrote { address, proven } => {
                    self.wrote(address, *proven, dated)?;
                    "wrote"
                }
                Effect::Negative { what } => {
                    // Whose mail came back or was complained about is counted as such.
                    if matches!(*what, "not_interested" | "unsubscribe") {
                        self.held_against(place.1, Receipt::Declined)?;
                    }
                    what
                }
            });
        }
        Ok(words)
    }

    /// A recipient's mail came back.
    fn returned(
        &mut self,
        linked: Option<&Loaded>,
        address: &Address,
        said: &str,
        (at, dated): (Timestamp, Timestamp),
    ) -> Done<()> {
        let contact = self.contact(&address.folded())?;
        self.conn
            .prepare_cached(
                "UPDATE contacts SET bounced_at = MAX(COALESCE(bounced_at, 0), ?2) WHERE n = ?1",
            )?
            .execute(params![contact, dated.micros()])?;
        match linked {
            Some(linked) => self.came_back(linked.n, address, said, at),
            None => Ok(()),
        }
    }

    /// Marks a recipient of a submission whose mail came back.
    pub(crate) fn came_back(
        &mut self,
        submission: i64,
        address: &Address,
        said: &str,
        at: Timestamp,
    ) -> Done<()> {
        // Read again: another effect of this message may have moved it.
        let before = by_number(self.conn, submission)?;
        let mut after = before.clone();
        for recipient in &mut after.row.recipients {
            let was_out = match recipient.state {
                RecipientState::Accepted | RecipientState::Uncertain => true,
                RecipientState::Open
                | RecipientState::Deferred
                | RecipientState::Refused
                | RecipientState::Bounced => false,
            };
            if recipient.address == *address && was_out {
                recipient.state = RecipientState::Bounced;
            }
        }
        if before.row.state.name().may_bounce() && after.all_bounced() {
            after.row.state = after.row.state.clone().bounced(at)?;
        } else {
            settle_if_known(&mut after, at)?;
        }
        if after.row == before.row {
            return Ok(());
        }
        let mut body = Map::new();
        body.insert("said".to_owned(), Value::from(said.chars().count()));
        self.step_by_system(&before, &mut after, JournalKind::Bounced, body, at)
    }

    /// A report says that a recipient has it: what nobody knew is known.
    pub(crate) fn arrived(
        &mut self,
        submission: i64,
        address: &Address,
        at: Timestamp,
    ) -> Done<()> {
        let before = by_number(self.conn, submission)?;
        let mut after = before.clone();
        for recipient in &mut after.row.recipients {
            if recipient.address == *address && recipient.state == RecipientState::Uncertain {
                recipient.state = RecipientState::Accepted;
            }
        }
        settle_if_known(&mut after, at)?;
        if after.row == before.row {
            return Ok(());
        }
        self.delivered(&before, &after, at)?;
        let mut body = Map::new();
        body.insert("by".to_owned(), json!("report"));
        self.step_by_system(&before, &mut after, JournalKind::Settled, body, at)
    }

    /// A copy in Sent proves that the provider took what the wire broke on. It is no proof for who was
    /// put off and is uncertain only because an old copy of the record was: the copy may be of the
    /// attempt that put them off. True if that settles the submission.
    pub(crate) fn settled_by_copy(&mut self, submission: i64, at: Timestamp) -> Done<bool> {
        let before = by_number(self.conn, submission)?;
        if before.row.state.name() != StateName::Uncertain {
            return Ok(false);
        }
        let mut after = before.clone();
        for recipient in &mut after.row.recipients {
            if recipient.state == RecipientState::Uncertain && recipient.reply.is_none() {
                recipient.state = RecipientState::Accepted;
            }
        }
        settle_if_known(&mut after, at)?;
        if after.row == before.row {
            return Ok(false);
        }
        self.delivered(&before, &after, at)?;
        let mut body = Map::new();
        body.insert("by".to_owned(), json!("sent_copy"));
        self.step_by_system(&before, &mut after, JournalKind::Settled, body, at)?;
        Ok(after.row.state.name() != StateName::Uncertain)
    }

    fn step_by_system(
        &mut self,
        before: &Loaded,
        after: &mut Loaded,
        kind: JournalKind,
        body: Map<String, Value>,
        at: Timestamp,
    ) -> Done<()> {
        let step = Step {
            at,
            actor: Actor::System,
            kind,
            body,
            judged: None,
        };
        self.step(before, after, step)
    }

    fn stop(
        &mut self,
        address: &Address,
        reason: SuppressionReason,
        said: &str,
        at: Timestamp,
    ) -> Done<()> {
        self.stop_as(address, reason, said, Actor::System, at)
    }

    /// Suppresses an address for everybody, unless it is for the same reason.
    pub(crate) fn stop_as(
        &mut self,
        address: &Address,
        reason: SuppressionReason,
        said: &str,
        by: Actor,
        at: Timestamp,
    ) -> Done<()> {
        let new = NewSuppression {
            pattern: address.folded(),
            scope: SuppressionScope::Workspace,
            reason,
            note: Some(said.to_owned()),
            by,
            expires_at: None,
        };
        self.suppress(new, at).map(|_| ())
    }

    /// They want no more mail: suppressed, consent ended, what waits for them cancelled.
    pub(crate) fn opt_out(
        &mut self,
        address: &Address,
        said: &str,
        by: Actor,
        at: Timestamp,
    ) -> Done<()> {
        self.stop_as(address, SuppressionReason::Unsubscribe, said, by, at)?;
        let contact = self.contact(&address.folded())?;
        self.end_consent(contact, by, at)?;
        self.cancel_waiting(address, at)
    }

    /// Cancels what waits for a contact alone. What has other recipients too is stopped at the
    /// wire by the suppression, where a person sees it.
    fn cancel_waiting(&mut self, address: &Address, at: Timestamp) -> Done<()> {
        for before in self.waiting_for(address, "'held', 'deferred', 'queued'")? {
            let mut after = before.clone();
            after.ended(before.row.state.clone().cancelled()?, at)?;
            after.release();
            let mut body = Map::new();
            body.insert("because".to_owned(), json!("opted_out"));
            self.step_by_system(&before, &mut after, JournalKind::Cancelled, body, at)?;
        }
        Ok(())
    }

    /// Moves what waits for a contact alone to the day they are back; not past the hour it was to
    /// leave by.
    fn away(&mut self, address: &Address, until: Timestamp, at: Timestamp) -> Done<()> {
        let until = until.min(at + AWAY_MAX);
        for before in self.waiting_for(address, "'deferred', 'queued'")? {
            let due = match before.row.state {
                State::Queued { due } => due,
                State::Deferred { not_before } => not_before,
                State::Observed
                | State::Held { .. }
                | State::Sending { .. }
                | State::Sent { .. }
                | State::Uncertain { .. }
                | State::Bounced { .. }
                | State::Blocked
                | State::Rejected { .. }
                | State::Expired
                | State::Cancelled
                | State::Failed { .. } => continue,
            };
            // What a person has just approved, or what was tried already, is not moved.
            if due >= until || before.row.approved.is_some() || before.attempts > 0 {
                continue;
            }
            // What is worth nothing after its hour leaves at its time, or not at all.
            let asked_by = self.asked_send_by(before.version_n)?;
            if asked_by.is_some_and(|by| by < until) {
                continue;
            }
            let mut after = before.clone();
            after.row.state = before.row.state.clone().postponed(until)?;
            after.slot = before.slot.map(|_| until);
            if asked_by.is_none() {
                after.row.send_by = before.row.send_by.max(until + AWAY_GRACE);
            }
            let mut body = Map::new();
            body.insert("until".to_owned(), json!(until.micros()));
            self.step_by_system(&before, &mut after, JournalKind::Snoozed, body, at)?;
        }
        Ok(())
    }

    /// By when a version is to leave, where whoever asked named it.
    fn asked_send_by(&self, version: i64) -> Done<Option<Timestamp>> {
        let draft: String = self
            .conn
            .prepare_cached("SELECT draft FROM versions WHERE n = ?1")?
            .query_row([version], |row| row.get(0))?;
        let draft: Draft = from_json("a version", &draft)?;
        Ok(draft.send_by)
    }

    fn waiting_for(&self, address: &Address, states: &str) -> Done<Vec<Loaded>> {
        let numbers: Vec<i64> = self
            .conn
            .prepare_cached(&format!(
                "SELECT DISTINCT s.n FROM recipients r JOIN submissions s ON s.n = r.submission
                 WHERE r.contact = (SELECT n FROM contacts WHERE folded = ?1)
                   AND s.state IN ({states}) ORDER BY s.n LIMIT ?2"
            ))?
            .query_map(params![address.folded(), WAITING_MAX], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        let mut alone = Vec::new();
        for n in numbers {
            let loaded = by_number(self.conn, n)?;
            let first = loaded.contacts.first();
            if loaded.contacts.iter().all(|contact| Some(contact) == first) {
                alone.push(loaded);
            }
        }
        Ok(alone)
    }

    fn wrote(&mut self, address: &Address, proven: bool, dated: Timestamp) -> Done<()> {
        let contact = self.contact(&address.folded())?;
        self.conn
            .prepare_cached(
                "UPDATE contacts SET inbound_at = MAX(COALESCE(inbound_at, 0), ?2),
                 wrote_at = CASE WHEN ?3 THEN MAX(COALESCE(wrote_at, 0), ?2) ELSE wrote_at END
                 WHERE n = ?1",
            )?
            .execute(params![contact, dated.micros(), proven])?;
        Ok(())
    }

    fn soft(&mut self, address: &Address, inbound: i64, at: Timestamp) -> Done<()> {
        let contact = self.contact(&address.folded())?;
        self.conn
            .prepare_cached(
                "INSERT INTO soft_bounces (contact, at, inbound) VALUES (?1, ?2, ?3)
                 ON CONFLICT DO NOTHING",
            )?
            .execute(params![contact, at.micros(), inbound])?;
        Ok(())
    }

    /// Counts against the agent whose mail it was: what a person looks at before raising it.
    fn held_against(&mut self, agent: Option<i64>, what: Receipt) -> Done<()> {
        match agent {
            Some(agent) => self.receipt(agent, what, 1),
            None => Ok(()),
        }
    }

    /// Counts how mail of a mailbox, and of an agent, was received.
    fn signal(
        &mut self,
        what: &'static str,
        (mailbox, agent): (i64, Option<i64>),
        at: Timestamp,
    ) -> Done<()> {
        let bucket = at.micros().div_euclid(SIGNAL_BUCKET.micros());
        let scopes = [Some((1, mailbox)), agent.map(|agent| (2, agent))];
        for (scope, key) in scopes.into_iter().flatten() {
            self.conn
                .prepare_cached(&format!(
                    "INSERT INTO signals (scope, key, bucket, {what}) VALUES (?1, ?2, ?3, 1)
                     ON CONFLICT (scope, key, bucket) DO UPDATE SET {what} = {what} + 1"
                ))?
                .execute(params![scope, key, bucket])?;
        }
        Ok(())
    }
}

/// An uncertain submission none of whose recipients is uncertain any more is sent, or goes on to
/// those who were refused for now.
fn settle_if_known(after: &mut Loaded, at: Timestamp) -> Done<()> {
    let unknown = after
        .row
        .recipients
        .iter()
        .any(|recipient| recipient.state == RecipientState::Uncertain);
    if after.row.state.name() == StateName::Uncertain && !unknown && after.any_accepted() {
        let state = after.row.state.clone();
        after.row.state = match after.any_open() {
            true => state.retried(at)?,
            false => state.sent(at)?,
        };
    }
    Ok(())
}
