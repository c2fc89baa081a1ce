//! Asking: a new submission is gathered for, judged and written in one transaction.

use domain::facts::{Moment, SubmissionFacts};
use domain::journal::JournalKind;
use domain::submission::State;
use domain::{
    Actor, Address, AgentId, ApprovalHash, ChangeKind, Decision, DecisionId, Digest, Facts, Found,
    MailboxId, Scan, Sketch, Span, StateName, Stream, SubmissionId, Timestamp, Verdict, limits,
};
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::{Value, json};

use crate::asks::Admit;
use crate::error::StoreError;
use crate::handle::Store;
use crate::inbound::is_foreign;
use crate::message::{Prepared, open_rows, submission_facts};
use crate::receipts::Receipt;
use crate::repeat::{Earlier, Key, repeated};
use crate::reply::Reply;
use crate::rows::{Admission, Answer, DecisionRow, PublishedPolicy, SubmissionRow};
use crate::sqlite::codec::{short, spread, word};
use crate::sqlite::directory::{latest_policy, need_agent, need_mailbox, paused_at};
use crate::sqlite::facts::{Asked, Own, gather};
use crate::sqlite::fault::{Done, Fault};
use crate::sqlite::known::{Named, conversation_of};
use crate::sqlite::ledger::{Keys, read_usage};
use crate::sqlite::spend::OwnSpend;
use crate::sqlite::submissions::{Loaded, need};
use crate::sqlite::tx::{Entry, Tx};

/// A new ask, spelled out.
struct NewAsk {
    id: SubmissionId,
    decision: DecisionId,
    agent: domain::AgentId,
    mailbox: domain::MailboxId,
    /// Its idempotency key.
    key: Option<Key>,
    /// True if the agent made that key itself.
    keyed: bool,
    prepared: Prepared,
    now: Timestamp,
    hold_for: Span,
    send_by: Timestamp,
}

impl Store {
    /// Judges and records a new ask, or gives the first answer of a repeated one.
    ///
    /// `judge` runs inside the transaction, between the reads it is given and the writes it leads
    /// to; it must be pure and quick. Errors: [`StoreError::NotFound`] for an unknown agent or
    /// mailbox.
    pub fn admit(
        &self,
        ask: Admit,
        judge: impl Fn(&PublishedPolicy, &Facts) -> Decision + Send + 'static,
    ) -> Reply<Admission> {
        match self.spelled_out(ask) {
            Ok(ask) => self.write_repeatable(move |tx| tx.admit(&ask, &judge)),
            Err(error) => Reply::ready(Err(error)),
        }
    }

    fn spelled_out(&self, ask: Admit) -> Result<NewAsk, StoreError> {
        let Admit {
            id,
            decision,
            new,
            sealed,
            scan,
            now,
            hold_for,
            send_by,
        } = ask;
        let account = self.account_of(new.mailbox)?;
        Ok(NewAsk {
            id,
            decision,
            agent: new.agent,
            mailbox: new.mailbox,
            key: new
                .dedupe_key
                .as_deref()
                .map(|key| self.key(new.agent, key, new.key_lasts, &new.request)),
            keyed: new.keyed,
            prepared: Prepared::new(new.draft, sealed, scan, account)
                .map_err(|Fault(error)| error)?,
            now,
            hold_for,
            send_by,
        })
    }

    /// What `admit` would decide, from the same facts in a read snapshot; nothing is written.
    pub fn check(
        &self,
        ask: &Admit,
        judge: impl FnOnce(&PublishedPolicy, &Facts) -> Decision,
    ) -> Result<Decision, StoreError> {
        let account = self.account_of(ask.new.mailbox)?;
        let prepared = Prepared::new(
            ask.new.draft.clone(),
            ask.sealed.clone(),
            ask.scan.clone(),
            account,
        )
        .map_err(|Fault(error)| error)?;
        self.read(|conn| {
            let (_, _, last) = crate::sqlite::tx::read_chain_head(conn)?;
            let at = ask.now.max(last);
            let agent = need_agent(conn, ask.new.agent)?;
            let mailbox = need_mailbox(conn, ask.new.mailbox)?;
            let keys = Keys {
                mailbox: mailbox.n,
                agent: agent.n,
            };
            let keyed = ask.new.keyed;
            let held = held_of(conn, agent.n)?;
            let facts = gather(
                conn,
                Asked {
                    at,
                    moment: Moment::Check,
                    paused_at: paused_at(conn)?,
                    agent: &agent,
                    held,
                    mailbox: &mailbox,
                    submission: submission_facts(None, &prepared, keyed, at, ask.send_by),
                    scan: &prepared.scan,
                    recipients: prepared.folded(),
                    domains: &prepared.domains,
                    usage: read_usage(conn, keys, at)?,
                    conversation: conversation_of(conn, &prepared.draft)?,
                    own: Own::NEW,
                    spend: OwnSpend::default(),
                },
            )?;
            Ok(judge(&latest_policy(conn)?, &facts))
        })
    }

    /// What the rules would see of an empty message to `to`, or to nobody: all that is known before
    /// a message is written.
    pub fn peek(
        &self,
        agent: AgentId,
        mailbox: MailboxId,
        to: Option<&Address>,
        now: Timestamp,
    ) -> Result<Facts, StoreError> {
        self.read(|conn| {
            let (_, _, last) = crate::sqlite::tx::read_chain_head(conn)?;
            let at = now.max(last);
            let (agent, mailbox) = (need_agent(conn, agent)?, need_mailbox(conn, mailbox)?);
            let keys = Keys {
                mailbox: mailbox.n,
                agent: agent.n,
            };
            let nothing = Digest::of(b"");
            let scan = Scan {
                content: nothing,
                octets: 0,
                attachments: 0,
                found: Found::default(),
                sketch: Sketch::default(),
            };
            let folded = to.map(Address::folded);
            gather(
                conn,
                Asked {
                    at,
                    moment: Moment::Check,
                    paused_at: paused_at(conn)?,
                    agent: &agent,
                    held: held_of(conn, agent.n)?,
                    mailbox: &mailbox,
                    submission: SubmissionFacts {
                        id: None,
                        hash: ApprovalHash(nothing),
                        stream: Stream::Personal,
                        keyed: false,
                        asked_at: at,
                        send_at: None,
                        send_by: at + limits::SEND_BY_MAX,
                        approved: None,
                        answered: Vec::new(),
                        due: at,
                        slot: None,
                        if_latest: None,
                        released: Vec::new(),
                        exceptions_until_due: true,
                    },
                    scan: &scan,
                    recipients: to.zip(folded.as_deref()).into_iter().collect(),
                    domains: &Named::all(to.into_iter())?,
                    usage: read_usage(conn, keys, at)?,
                    conversation: None,
                    own: Own::NEW,
                    spend: OwnSpend::default(),
                },
            )
        })
    }

    /// Takes back what has not left. An agent may take back its own only; another's is
    /// [`StoreError::NotFound`] to it.
    pub fn cancel(&self, id: SubmissionId, actor: Actor, now: Timestamp) -> Reply<SubmissionRow> {
        self.write(move |tx| {
            let before = need(tx.conn, id)?;
            tx.may_touch(&before, actor)?;
            let at = tx.at(now);
            let mut after = before.clone();
            after.ended(before.row.state.clone().cancelled()?, at)?;
            after.release();
            let body = serde_json::Map::new();
            tx.moved(&before, after, at, actor, JournalKind::Cancelled, body)
        })
    }
}

/// How many of an agent's submissions wait for a person.
fn held_of(conn: &Connection, agent: i64) -> Done<u32> {
    Ok(conn
        .prepare_cached("SELECT n FROM tallies WHERE agent = ?1 AND state = 'held'")?
        .query_row([agent], |row| row.get(0))
        .optional()?
        .unwrap_or(0))
}

/// The slot a decision takes: none where nothing is committed to leave.
pub(crate) fn slot_of(decision: &Decision, due: Timestamp) -> Option<Timestamp> {
    if decision.observed_only {
        return None;
    }
    match decision.verdict {
        Verdict::Allow => Some(decision.slot.unwrap_or(due)),
        Verdict::Defer => Some(decision.slot.or(decision.not_before()).unwrap_or(due)),
        Verdict::Hold | Verdict::Block => None,
    }
}

impl Loaded {
    /// No longer committed to leave: the slot goes back, unless something of it has already left,
    /// and the approval with it.
    pub fn release(&mut self) {
        if !self.any_accepted() {
            self.slot = None;
        }
        self.row.approved = None;
        self.answered = Vec::new();
        self.released = Vec::new();
        self.leased_until = None;
    }
}

impl Tx<'_> {
    /// An agent sees and touches its own; to it, another's does not exist.
    pub fn may_touch(&self, loaded: &Loaded, actor: Actor) -> Done<()> {
        match actor {
            Actor::Agent(agent) if agent != loaded.row.agent => {
                Err(Fault(StoreError::not_found("submission", loaded.row.id)))
            }
            Actor::Agent(_) | Actor::Operator | Actor::System => Ok(()),
        }
    }

    fn admit(
        &mut self,
        ask: &NewAsk,
        judge: &impl Fn(&PublishedPolicy, &Facts) -> Decision,
    ) -> Done<Admission> {
        let conn = self.conn;
        let at = self.at(ask.now);
        let earlier = match &ask.key {
            Some(key) => repeated(conn, key, at)?,
            None => None,
        };
        let blocked = match earlier {
            Some(Earlier::Stands(answer)) => return Ok(answer),
            Some(Earlier::Blocked(answer)) => Some(answer),
            None => None,
        };
        let agent = self.memory.directory.agent(conn, ask.agent)?;
        let mailbox = self.memory.directory.mailbox(conn, ask.mailbox)?;
        let keys = Keys {
            mailbox: mailbox.n,
            agent: agent.n,
        };
        let keyed = ask.keyed;
        let submission = submission_facts(Some(ask.id), &ask.prepared, keyed, at, ask.send_by);
        let due = submission.due;
        let conversation = conversation_of(conn, &ask.prepared.draft)?;
        let asked = Asked {
            at,
            moment: Moment::Admission,
            paused_at: self.memory.directory.paused_at(conn)?,
            agent: &agent,
            held: self.memory.ledger.tally(conn, agent.n, StateName::Held)?,
            mailbox: &mailbox,
            submission,
            scan: &ask.prepared.scan,
            recipients: ask.prepared.folded(),
            domains: &ask.prepared.domains,
            usage: self.memory.ledger.usage(conn, keys, at, None)?,
            conversation,
            own: Own::NEW,
            spend: OwnSpend::default(),
        };
        let facts = gather(conn, asked)?;
        let decision = judge(&self.policy()?, &facts);
        if let Some(first) = blocked.filter(|first| first.blocks_as(&decision)) {
            return Ok(Admission::Replayed(first));
        }
        let judged = self.judged(ask.decision, decision, facts)?;

        let n = self.memory.head.submission + 1;
        let by = match ask.agent == AgentId::BY_HAND {
            true => Actor::Operator,
            false => Actor::Agent(ask.agent),
        };
        let (version_n, told) = self.put_version(n, 1, at, by, &ask.prepared)?;
        let contacts = self.put_recipients(n, &ask.prepared)?;
        let message_id = &ask.prepared.sealed.message_id;
        if is_foreign(message_id, ask.id) {
            self.put_client_id(message_id, n)?;
        }
        if let Some(key) = &ask.key {
            key.keep(self.conn, n)?;
        }
        let primary = judged.decision.primary();
        let draft = &ask.prepared.draft;
        let slot = slot_of(&judged.decision, due);
        // Nobody needs to decide what can no longer leave.
        let hold_until = (at + ask.hold_for).min(ask.send_by);
        let seq = self.memory.head.seq + 1;
        let mut loaded = Loaded {
            n,
            agent_n: agent.n,
            mailbox_n: mailbox.n,
            version_n,
            decision_n: 0,
            content: short(&ask.prepared.scan.content),
            salt: Some(self.salt()),
            slot,
            commit_seq: slot.map(|_| seq.cast_signed()),
            attempts: 0,
            first_attempt_at: None,
            leased_until: None,
            seen: false,
            points: judged.decision.risk_points(),
            conversation,
            answered: Vec::new(),
            released: Vec::new(),
            journal_seq: seq.cast_signed(),
            contacts,
            row: SubmissionRow {
                points: judged.decision.risk_points(),
                id: ask.id,
                agent: ask.agent,
                agent_name: agent.agent.name.clone(),
                mailbox: ask.mailbox,
                mailbox_address: mailbox.mailbox.address.clone(),
                account: mailbox.mailbox.account,
                state: State::judged(&judged.decision, due, hold_until),
                version: 1,
                hash: ask.prepared.hash,
                message_id: ask.prepared.sealed.message_id.clone(),
                subject: draft.subject.clone(),
                recipients: open_rows(&ask.prepared.recipients),
                stream: draft.stream,
                reason: draft.reason.clone(),
                tags: draft.tags.clone(),
                asked_at: at,
                changed_at: at,
                send_at: draft.send_at,
                send_by: ask.send_by,
                keyed,
                if_latest: draft.if_latest.clone(),
                approved: None,
                decision: judged.id,
                verdict: judged.decision.verdict,
                primary_rule: primary.map(|finding| finding.rule.clone()),
                sentence: primary.map(|finding| finding.sentence.clone()),
                review: None,
                seq: 0,
            },
        };
        let body = json!({
            "standing": loaded.standing(),
            "decision": judged.body(),
            "mailbox": ask.mailbox,
            "keyed": keyed,
            "told": told,
        });
        self.journal_submission(&loaded, by, JournalKind::Submitted, &body)?;
        loaded.decision_n = self.put_decision(n, &judged, seq)?;
        loaded.row.seq = self.change(
            at,
            ChangeKind::Submission {
                id: ask.id,
                agent: ask.agent,
                state: loaded.row.state.name(),
            },
        )?;
        self.insert_row(&loaded)?;
        self.count_step(None, &loaded, at)?;
        if judged.decision.observed_only {
            self.receipt(agent.n, Receipt::Observed(judged.decision.verdict), 1)?;
        }
        if loaded.slot.is_some() {
            self.note_hosts(&loaded, &ask.prepared.scan)?;
        }
        self.memory.head.submission = n;
        Ok(Admission::New(Answer {
            decision: DecisionRow {
                id: judged.id,
                submission: ask.id,
                at,
                moment: judged.facts.moment,
                decision: judged.decision,
                facts: judged.facts,
            },
            submission: loaded.row,
        }))
    }

    fn journal_submission(
        &mut self,
        loaded: &Loaded,
        actor: Actor,
        kind: JournalKind,
        body: &Value,
    ) -> Done<u64> {
        let entry = Entry {
            at: loaded.row.changed_at,
            actor,
            kind,
            subject: &loaded.row.id.to_string(),
        };
        self.journal(entry, body)
    }

    fn insert_row(&mut self, loaded: &Loaded) -> Done<()> {
        let row = &loaded.row;
        let state = spread(&row.state, row.changed_at);
        self.conn
            .prepare_cached(
                "INSERT INTO submissions (n, id, agent, mailbox, state, state_at, live, version,
                 version_n, content, stream, keyed, asked_at, changed_at, send_at, send_by, slot,
                 commit_seq, decision_n, attempts, seen, seq, journal_seq, if_latest, points,
                 conversation, salt)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 1, ?8, ?9, ?10, ?11, ?12, ?12, ?13, ?14, ?15,
                 ?16, ?17, 0, 0, ?18, ?19, ?20, ?21, ?22, ?23)",
            )?
            .execute(params![
                loaded.n,
                row.id.uuid().as_bytes(),
                loaded.agent_n,
                loaded.mailbox_n,
                state.name.as_str(),
                state.at.micros(),
                state.name.is_live(),
                loaded.version_n,
                loaded.content,
                word(&row.stream)?,
                row.keyed,
                row.asked_at.micros(),
                row.send_at.map(Timestamp::micros),
                row.send_by.micros(),
                loaded.slot.map(Timestamp::micros),
                loaded.commit_seq,
                loaded.decision_n,
                row.seq.cast_signed(),
                loaded.journal_seq,
                row.if_latest,
                loaded.points,
                loaded.conversation,
                loaded.salt,
            ])?;
        Ok(())
    }
}
