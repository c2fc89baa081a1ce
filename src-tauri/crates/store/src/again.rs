//! Judging again: a stored submission, with the facts of another occasion.

use domain::facts::{Moment, SubmissionFacts};
use domain::submission::State;
use domain::{
    Address, ApprovalHash, Facts, FindingKey, RecipientState, Scan, Span, StateName, Timestamp,
    limits,
};

use crate::rows::Review;
use crate::sqlite::codec::from_json;
use crate::sqlite::facts::{Asked, Own, gather};
use crate::sqlite::fault::Done;
use crate::sqlite::known::Named;
use crate::sqlite::ledger::Keys;
use crate::sqlite::sketches::sketch;
use crate::sqlite::spend::OwnSpend;
use crate::sqlite::submissions::Loaded;
use crate::sqlite::tx::Tx;

/// On which occasion a stored submission is judged again, and with what of it.
pub(crate) struct Again<'a> {
    pub moment: Moment,
    pub at: Timestamp,
    pub due: Timestamp,
    /// The approval it is judged under.
    pub approved: Option<ApprovalHash>,
    /// Holds that were on screen with it.
    pub answered: &'a [FindingKey],
    /// Blocks a person released for it.
    pub released: &'a [FindingKey],
    /// What reading the current version found.
    pub scan: &'a Scan,
}

impl Loaded {
    /// Moves every recipient that stands at `from`.
    pub fn set_recipients(&mut self, from: RecipientState, to: RecipientState) {
        for recipient in &mut self.row.recipients {
            if recipient.state == from {
                recipient.state = to;
            }
        }
    }

    /// It ends as `end`: whoever is still open is not written to. If the relay has taken it for
    /// somebody it is sent, whatever ends it: it is a first for duplicates and may still bounce.
    pub fn ended(&mut self, end: State, at: Timestamp) -> Done<()> {
        if !self.any_accepted() {
            self.row.state = end;
            return Ok(());
        }
        self.set_recipients(RecipientState::Open, RecipientState::Refused);
        self.set_recipients(RecipientState::Deferred, RecipientState::Refused);
        let sent = self.row.state.clone().cut_short(at)?;
        self.row.state = match self.all_bounced() {
            true => sent.bounced(at)?,
            false => sent,
        };
        Ok(())
    }

    /// Since when a relay is tried for it: the first attempt, or a person's word to send it again.
    pub fn tried_since(&self) -> Option<Timestamp> {
        let review = self.row.review.as_ref();
        let settled = review.filter(|review| review.outcome == Review::Settled);
        let first = self.first_attempt_at?;
        Some(settled.map_or(first, |settled| settled.at.max(first)))
    }

    /// Until when it may still leave. `send_by` bounds the wait for a slot; once a relay was tried,
    /// it is tried until delivery is given up.
    pub fn patience(&self) -> Timestamp {
        let given_up = |since| since + limits::DELIVERY_GIVE_UP;
        let end = self.tried_since().map_or(self.row.send_by, given_up);
        end.max(self.row.send_by)
    }

    /// When a hold that begins now lapses.
    pub fn hold_ends(&self, at: Timestamp, hold_for: Span) -> Timestamp {
        (at + hold_for).min(self.hold_lasts())
    }

    /// The latest a hold may lapse: nobody needs to decide what can no longer leave. What a relay
    /// was given already is looked at by a person for the whole hold, whatever the time: some of it
    /// may have arrived.
    pub fn hold_lasts(&self) -> Timestamp {
        match self.first_attempt_at {
            Some(_) => Timestamp::MAX,
            None => self.row.send_by,
        }
    }

    /// True if someone is still to be written to.
    pub fn any_open(&self) -> bool {
        self.row
            .recipients
            .iter()
            .any(|recipient| recipient.state.is_open())
    }
}

impl Tx<'_> {
    /// What reading the current version found.
    pub fn scan(&self, loaded: &Loaded) -> Done<Scan> {
        let text: String = self
            .conn
            .prepare_cached("SELECT scan FROM versions WHERE n = ?1")?
            .query_row([loaded.version_n], |row| row.get(0))?;
        let mut scan: Scan = from_json("a version", &text)?;
        scan.sketch = sketch(self.conn, loaded.n)?.unwrap_or_default();
        Ok(scan)
    }

    /// The facts for judging a stored submission again: it sees neither itself nor what was
    /// committed after it.
    pub fn facts_again(&mut self, loaded: &Loaded, again: &Again<'_>) -> Done<Facts> {
        let conn = self.conn;
        let row = &loaded.row;
        let agent = self.memory.directory.agent(conn, row.agent)?;
        let mailbox = self.memory.directory.mailbox(conn, row.mailbox)?;
        let keys = Keys {
            mailbox: loaded.mailbox_n,
            agent: loaded.agent_n,
        };
        let held = self
            .memory
            .ledger
            .tally(conn, loaded.agent_n, StateName::Held)?;
        let own_held = u32::from(row.state.name() == StateName::Held);
        let folded: Vec<String> = row.recipients.iter().map(|r| r.address.folded()).collect();
        // Whoever has it already is no longer asked about.
        let recipients: Vec<(&Address, &str)> = row
            .recipients
            .iter()
            .zip(&folded)
            .filter(|(recipient, _)| recipient.state.is_open())
            .map(|(recipient, folded)| (&recipient.address, folded.as_str()))
            .collect();
        let domains = Named::all(recipients.iter().map(|(address, _)| *address))?;
        gather(
            conn,
            Asked {
                at: again.at,
                moment: again.moment,
                paused_at: self.memory.directory.paused_at(conn)?,
                agent: &agent,
                held: held.saturating_sub(own_held),
                mailbox: &mailbox,
                submission: SubmissionFacts {
                    id: Some(row.id),
                    hash: row.hash,
                    stream: row.stream,
                    keyed: row.keyed,
                    asked_at: row.asked_at,
                    send_at: row.send_at,
                    send_by: loaded.patience(),
                    approved: again.approved,
                    answered: again.answered.to_vec(),
                    due: again.due,
                    slot: loaded.slot,
                    if_latest: row.if_latest.clone(),
                    released: again.released.to_vec(),
                    exceptions_until_due: true,
                },
                scan: again.scan,
                recipients,
                domains: &domains,
                usage: self
                    .memory
                    .ledger
                    .usage(conn, keys, again.at, loaded.slot)?,
                conversation: loaded.conversation,
                own: Own {
                    n: loaded.n,
                    commit_seq: loaded.commit_seq,
                },
                spend: OwnSpend::of(loaded),
            },
        )
    }
}
