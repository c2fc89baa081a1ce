//! A message arrives: one transaction from its bytes to the cursor.

use domain::journal::JournalKind;
use domain::received::{
    Effect, Link, LinkKind, Plan, Received, ReceivedKind, Report, ReportOutcome, Route, Shelf,
    Standing, subject_key,
};
use domain::{Actor, AgentId, ChangeKind, ConversationId, Digest, InboundId, Span, Timestamp};
use rusqlite::{OptionalExtension, params};
use serde_json::json;

use crate::error::StoreError;
use crate::handle::Store;
use crate::inbound::asks::{Ingest, Place};
use crate::inbound::link::{self, Found, message_key};
use crate::inbound::pack::pack;
use crate::inbound::reads::inbound_row;
use crate::inbound::rows::Ingested;
use crate::reply::Reply;
use crate::sqlite::codec::{json as to_json, short};
use crate::sqlite::fault::{Done, Fault};
use crate::sqlite::submissions::{Loaded, by_number};
use crate::sqlite::tx::Tx;

/// Soft bounces are counted over this long.
const SOFT_WINDOW: Span = Span::from_days(14);

/// A message spelled out on the caller's thread, so that the writer only writes.
struct Prepared {
    ask: Ingest,
    digest: Digest,
    identity: [u8; 16],
    packed: Vec<u8>,
    reading: String,
}

impl Store {
    /// Takes a message in: keeps its bytes, ties it to what we sent, threads it, carries out what
    /// `plan` makes of it and of what the record knows, journals it and moves the cursor. The
    /// same message twice is one row and has its effects once.
    ///
    /// `plan` runs inside the transaction; it must be pure and quick. Where it reads the message
    /// anew, that is what is kept.
    pub fn ingest(
        &self,
        ask: Ingest,
        plan: impl Fn(&Received, &Standing) -> Plan + Send + 'static,
    ) -> Reply<Ingested> {
        match Prepared::new(ask) {
            Ok(prepared) => self.write(move |tx| tx.ingest(prepared, &plan)),
            Err(Fault(error)) => Reply::ready(Err(error)),
        }
    }
}

impl Prepared {
    fn new(ask: Ingest) -> Done<Prepared> {
        Ok(Prepared {
            digest: Digest::of(&ask.bytes),
            identity: identity(ask.read.message_id.as_deref(), &ask.bytes),
            packed: pack(&ask.bytes)?,
            reading: to_json(&ask.read)?,
            ask,
        })
    }
}

/// What makes two arrivals the same message: its Message-ID and body. Headers are left out, for
/// servers write theirs into a message as it moves between folders; a message without Message-ID
/// is its bytes.
pub(crate) fn identity(message_id: Option<&str>, bytes: &[u8]) -> [u8; 16] {
    let Some(id) = message_id else {
        return short(&Digest::of(bytes));
    };
    let body = bytes
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .map(|at| at + 4)
        .or_else(|| {
            let at = bytes.windows(2).position(|two| two == b"\n\n")?;
            Some(at + 2)
        })
        .unwrap_or(0);
    let body = bytes.get(body..).unwrap_or_default();
    short(&Digest::of_parts([id.as_bytes(), body]))
}

/// Which recipient of a submission a report is about.
pub(crate) fn place_of(linked: &Loaded, report: &Report) -> Option<usize> {
    let named = |text: &str| {
        let address: domain::Address = text.parse().ok()?;
        let folded = address.folded();
        let mut recipients = linked.row.recipients.iter();
        recipients.position(|known| known.address.folded() == folded)
    };
    let original = report.original_address.as_deref();
    original.and_then(named).or_else(|| named(&report.address))
}

/// What ingest knows of the thread a message goes into.
struct Thread {
    n: i64,
    id: ConversationId,
    mailbox: i64,
    agent: Option<i64>,
    /// It answers what a person wrote, in a conversation that is no agent's.
    by_hand: bool,
    is_new: bool,
}

impl Tx<'_> {
    fn ingest(
        &mut self,
        prepared: Prepared,
        plan: &impl Fn(&Received, &Standing) -> Plan,
    ) -> Done<Ingested> {
        let Prepared {
            mut ask,
            digest,
            identity,
            packed,
            mut reading,
        } = prepared;
        let at = self.at(ask.now);
        let account = self.account_n(ask.place.account)?;
        let known: Option<[u8; 16]> = self
            .conn
            .prepare_cached("SELECT id FROM inbound WHERE identity = ?1 AND account = ?2")?
            .query_row(params![identity, account], |row| row.get(0))
            .optional()?;
        if let Some(id) = known {
            self.move_cursor(account, &ask.place, at)?;
            let id = InboundId::from_uuid(uuid::Uuid::from_bytes(id));
            return Ok(Ingested::Known(id));
        }
        let read = &ask.read;
        let folded = read.from.as_ref().map(|from| from.address.folded());
        let contact = folded.as_deref().map(|f| self.contact(f)).transpose()?;
        let mut found = link::find(self.conn, read, contact, at)?;
        let linked = found
            .submission
            .map(|n| by_number(self.conn, n))
            .transpose()?;
        // In a thread we know it needs no guess.
        let known = found.kind.is_some() || found.conversation.is_some();
        if !known && self.wrote_to_domain_of(read)? {
            found.kind = Some(LinkKind::Domain);
        }
        let thread = self.thread(&ask, &found, linked.as_ref(), contact, account)?;
        let dated = ask.received_at.min(at);
        let times = (at, dated);
        let standing = self.standing(read, &found, linked.as_ref(), &thread, contact, times)?;
        let mut planned = plan(read, &standing);
        // Without the person who holds it, would it have gone to agents?
        let taken = standing.taken_over && !thread.by_hand && planned.route == Route::Person && {
            let free = Standing {
                taken_over: false,
                ..standing.clone()
            };
            plan(read, &free).route == Route::Agents
        };
        if let Some(read) = planned.read.take() {
            reading = to_json(&read)?;
            ask.read = *read;
        }
        let read = &ask.read;
        // Who answers what we sent them is no stranger, even where nothing arrived before.
        let answers = standing.sender_is_recipient && found.kind.is_some_and(LinkKind::is_proof);
        self.note_strange_hosts(read, &planned, (contact, answers), at)?;

        let raw = self.put_raw(&digest, ask.bytes.len(), &packed)?;
        let proven = found.kind.is_some_and(LinkKind::is_proof);
        let n = self.put_inbound(
            &ask,
            &planned,
            (account, raw, identity, contact),
            (&thread, &found),
            (&reading, at),
        )?;
        if let Some(id) = &read.message_id {
            self.conn
                .prepare_cached(
                    "INSERT INTO threads (message, conversation) VALUES (?1, ?2)
                     ON CONFLICT DO NOTHING",
                )?
                .execute(params![message_key(id), thread.n])?;
        }
        let linked = linked.filter(|_| proven);
        let effects = self.carry_out(
            &planned.effects,
            linked.as_ref(),
            (thread.mailbox, thread.agent),
            n,
            times,
        )?;
        self.advance_thread(&thread, n, &ask, &planned, at)?;
        self.put_reply(n, &planned, (&thread, &found), (taken, at))?;
        let body = json!({
            "digest": digest,
            "octets": ask.bytes.len(),
            "conversation": thread.id,
            "read": read.kind,
            "intent": read.intent,
            "confidence": read.confidence,
            "injection": read.injection,
            "shelf": planned.shelf,
            "link": found.kind,
            "submission": standing.link.and_then(|link| link.submission),
            "effects": effects,
        });
        let subject = ask.id.to_string();
        let seq = self.operated(at, Actor::System, JournalKind::Arrived, &subject, &body)?;
        self.conn
            .prepare_cached("UPDATE inbound SET journal_seq = ?2 WHERE n = ?1")?
            .execute(params![n, seq.cast_signed()])?;
        self.move_cursor(account, &ask.place, at)?;
        let row = inbound_row(self.conn, n)?;
        self.change(
            at,
            ChangeKind::Inbound {
                id: row.id,
                conversation: row.conversation,
                agent: standing.link.and_then(|link| link.agent),
            },
        )?;
        Ok(Ingested::New(Box::new(row)))
    }

    /// An account's row number.
    pub(crate) fn account_n(&self, id: domain::AccountId) -> Done<i64> {
        self.conn
            .prepare_cached("SELECT n FROM accounts WHERE id = ?1")?
            .query_row([id.uuid().as_bytes()], |row| row.get(0))
            .optional()?
            .ok_or_else(|| Fault(StoreError::not_found("account", id)))
    }

    fn wrote_to_domain_of(&self, read: &Received) -> Done<bool> {
        let Some(from) = &read.from else {
            return Ok(false);
        };
        Ok(self
            .conn
            .prepare_cached("SELECT 1 FROM domains WHERE name = ?1 AND written_at IS NOT NULL")?
            .exists([from.address.domain()])?)
    }

    /// The conversation a message goes into: its submission's, its references', or a new one.
    fn thread(
        &mut self,
        ask: &Ingest,
        found: &Found,
        linked: Option<&Loaded>,
        contact: Option<i64>,
        account: i64,
    ) -> Done<Thread> {
        let of_submission: Option<i64> = match found.submission {
            Some(n) => self
                .conn
                .prepare_cached("SELECT conversation FROM submissions WHERE n = ?1")?
                .query_row([n], |row| row.get(0))?,
            None => None,
        };
        let by_hand = linked.is_some_and(|linked| linked.row.agent == AgentId::BY_HAND);
        // A guess makes no agent the owner of what a stranger writes.
        let proven = found.kind.is_some_and(LinkKind::is_proof);
        let of_agent = linked
            .filter(|_| proven && !by_hand)
            .map(|linked| linked.agent_n);
        if let Some(n) = of_submission.or(found.conversation) {
            let (id, mailbox, agent): ([u8; 16], i64, Option<i64>) = self
                .conn
                .prepare_cached("SELECT id, mailbox, agent FROM conversations WHERE n = ?1")?
                .query_row([n], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
            return Ok(Thread {
                n,
                id: ConversationId::from_uuid(uuid::Uuid::from_bytes(id)),
                mailbox,
                agent: agent.or(of_agent),
                by_hand: by_hand && agent.is_none(),
                is_new: false,
            });
        }
        let mailbox = match linked {
            Some(linked) => linked.mailbox_n,
            None => self.mailbox_for(&ask.read, account)?,
        };
        let subject = linked.map_or(ask.read.subject.as_str(), |linked| {
            linked.row.subject.as_str()
        });
        // A report comes from a machine; the conversation is with whom we wrote to. What answers
        // through a list is somebody's.
        let with = match (ask.read.kind, linked) {
            (ReceivedKind::Person | ReceivedKind::List, _) | (_, None) => contact,
            (_, Some(linked)) => linked.contacts.first().copied().or(contact),
        };
        self.conn
            .prepare_cached(
                "INSERT INTO conversations (id, mailbox, contact, agent, subject, subject_key)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![
                ask.conversation.uuid().as_bytes(),
                mailbox,
                with,
                of_agent,
                subject,
                subject_key(subject)
            ])?;
        let n = self.conn.last_insert_rowid();
        if let Some(linked) = linked.filter(|_| proven) {
            self.conn
                .prepare_cached("UPDATE submissions SET conversation = ?2 WHERE n = ?1")?
                .execute(params![linked.n, n])?;
            self.conn
                .prepare_cached(
                    "INSERT INTO threads (message, conversation) VALUES (?1, ?2)
                     ON CONFLICT DO NOTHING",
                )?
                .execute(params![message_key(&linked.row.message_id), n])?;
        }
        Ok(Thread {
            n,
            id: ask.conversation,
            mailbox,
            agent: of_agent,
            by_hand,
            is_new: true,
        })
    }

    /// The mailbox of an account that a message names as its recipient; else the account's first.
    pub(crate) fn mailbox_for(&self, read: &Received, account: i64) -> Done<i64> {
        let mailboxes: Vec<(i64, String)> = self
            .conn
            .prepare_cached("SELECT n, address FROM mailboxes WHERE account = ?1 ORDER BY n")?
            .query_map([account], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        let named = mailboxes.iter().find(|(_, address)| {
            read.to
                .iter()
                .any(|to| to.as_str().eq_ignore_ascii_case(address))
        });
        named
            .or(mailboxes.first())
            .map(|(n, _)| *n)
            .ok_or_else(|| Fault(StoreError::not_found("mailbox of account", account)))
    }

    fn standing(
        &self,
        read: &Received,
        found: &Found,
        linked: Option<&Loaded>,
        thread: &Thread,
        contact: Option<i64>,
        (at, dated): (Timestamp, Timestamp),
    ) -> Done<Standing> {
        let conn = self.conn;
        let link = found.kind.map(|kind| Link {
            kind,
            submission: linked.map(|linked| linked.row.id),
            conversation: (!thread.is_new).then_some(thread.id),
            agent: linked
                .filter(|_| kind.is_proof())
                .map(|linked| linked.row.agent),
        });
        let sender_is_recipient = match (linked, contact) {
            (Some(linked), Some(contact)) => linked.contacts.contains(&contact),
            (Some(_) | None, _) => false,
        };
        let mut reported = Vec::with_capacity(read.reports.len());
        let mut soft_bounces = Vec::with_capacity(read.reports.len());
        for report in &read.reports {
            let place = linked.and_then(|linked| place_of(linked, report));
            let recipient = place.and_then(|place| linked?.row.recipients.get(place));
            reported.push(recipient.map(|recipient| recipient.address.clone()));
            let contact = place.and_then(|place| linked?.contacts.get(place).copied());
            soft_bounces.push(match (contact, report.outcome) {
                (Some(contact), ReportOutcome::Failed) => conn
                    .prepare_cached(
                        "SELECT COUNT(*) FROM soft_bounces
                         WHERE contact = ?1 AND at > ?2 AND at <= ?3",
                    )?
                    .query_row(
                        params![contact, (dated - SOFT_WINDOW).micros(), dated.micros()],
                        |row| row.get(0),
                    )?,
                (Some(_) | None, _) => 0,
            });
        }
        let taken_over = conn
            .prepare_cached(
                "SELECT 1 FROM takeovers WHERE ended_at IS NULL AND conversation = ?1
                 UNION ALL
                 SELECT 1 FROM takeovers WHERE ended_at IS NULL AND contact = ?2 AND mailbox = ?3",
            )?
            .exists(params![thread.n, contact, thread.mailbox])?;
        let tainted = conn
            .prepare_cached("SELECT 1 FROM conversations WHERE n = ?1 AND tainted_at IS NOT NULL")?
            .exists([thread.n])?;
        Ok(Standing {
            now: at,
            link,
            sender_is_recipient,
            reported,
            soft_bounces,
            taken_over,
            tainted,
        })
    }

    pub(crate) fn put_raw(&mut self, digest: &Digest, octets: usize, packed: &[u8]) -> Done<i64> {
        let known = self
            .conn
            .prepare_cached("SELECT n FROM raws WHERE digest = ?1")?
            .query_row([digest.0], |row| row.get(0))
            .optional()?;
        if let Some(n) = known {
            return Ok(n);
        }
        self.conn
            .prepare_cached("INSERT INTO raws (digest, octets, packed) VALUES (?1, ?2, ?3)")?
            .execute(params![digest.0, crate::sqlite::codec::int(octets), packed])?;
        Ok(self.conn.last_insert_rowid())
    }

    fn put_inbound(
        &mut self,
        ask: &Ingest,
        plan: &Plan,
        (account, raw, identity, contact): (i64, i64, [u8; 16], Option<i64>),
        (thread, found): (&Thread, &Found),
        (reading, at): (&str, Timestamp),
    ) -> Done<i64> {
        let asks_to_stop = plan
            .effects
            .iter()
            .any(|effect| matches!(effect, domain::received::Effect::OptOutToConfirm { .. }));
        self.conn
            .prepare_cached(
                "INSERT INTO inbound (id, account, identity, raw, folder, uid_validity, uid,
                 conversation, mailbox, contact, submission, link, arrived_at, written_at, kind,
                 intent, shelf, opt_out, message_id, subject, reading, next, done, journal_seq)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16,
                 ?17, ?18, ?19, ?20, ?21, ?22, ?23, 0)",
            )?
            .execute(params![
                ask.id.uuid().as_bytes(),
                account,
                identity,
                raw,
                ask.place.folder,
                ask.place.uid_validity,
                ask.place.uid,
                thread.n,
                thread.mailbox,
                contact,
                found.submission,
                found.kind.map(LinkKind::as_str),
                at.micros(),
                ask.read.date.map(Timestamp::micros),
                ask.read.kind.as_str(),
                ask.read.intent.word(),
                plan.shelf.as_str(),
                asks_to_stop,
                ask.read.message_id,
                ask.read.subject,
                reading,
                to_json(&plan.next)?,
                to_json(&plan.done)?,
            ])?;
        Ok(self.conn.last_insert_rowid())
    }

    fn advance_thread(
        &mut self,
        thread: &Thread,
        n: i64,
        ask: &Ingest,
        plan: &Plan,
        at: Timestamp,
    ) -> Done<()> {
        // What a machine wrote is no newer word of the other side.
        let said = match ask.read.kind {
            ReceivedKind::Person | ReceivedKind::Calendar | ReceivedKind::TooLarge => true,
            ReceivedKind::Bounce
            | ReceivedKind::Delay
            | ReceivedKind::Delivered
            | ReceivedKind::Complaint
            | ReceivedKind::OptOut
            | ReceivedKind::AuthReport
            | ReceivedKind::Receipt
            | ReceivedKind::OutOfOffice
            | ReceivedKind::AddressGone
            | ReceivedKind::AutoReply
            | ReceivedKind::Challenge
            | ReceivedKind::Notification
            | ReceivedKind::List => false,
        };
        self.conn
            .prepare_cached(
                "UPDATE conversations SET last_inbound = ?2, received = received + 1,
                 unread = unread + 1, injection = MAX(injection, ?3),
                 injection_id = CASE WHEN ?3 > injection THEN ?6 ELSE injection_id END,
                 inbound_at = CASE WHEN ?4 THEN ?5 ELSE inbound_at END,
                 inbound_id = CASE WHEN ?4 THEN ?6 ELSE inbound_id END,
                 tainted_at = CASE WHEN ?7 THEN COALESCE(tainted_at, ?5) ELSE tainted_at END,
                 agent = COALESCE(agent, ?8)
                 WHERE n = ?1",
            )?
            .execute(params![
                thread.n,
                n,
                ask.read.injection,
                said,
                at.micros(),
                ask.id.to_string(),
                plan.taint,
                thread.agent,
            ])?;
        Ok(())
    }

    fn put_reply(
        &mut self,
        n: i64,
        plan: &Plan,
        (thread, found): (&Thread, &Found),
        (taken, at): (bool, Timestamp),
    ) -> Done<()> {
        let proven = found.kind.is_some_and(LinkKind::is_proof);
        let agent = thread.agent.filter(|_| proven || !thread.is_new);
        let (state, note) = match (plan.route, plan.shelf) {
            (Route::Nobody, Shelf::Clear | Shelf::Released) => return Ok(()),
            // An answer in a conversation that a person began is for that person.
            (Route::Agents, Shelf::Clear | Shelf::Released) if thread.by_hand => ("person", None),
            (Route::Agents, Shelf::Clear | Shelf::Released) => {
                // One for an agent that is gone would wait for nobody.
                match self.why_not_taken(agent, thread.mailbox, at)? {
                    None => ("waiting", None),
                    gone => ("person", gone),
                }
            }
            (Route::Person, _) | (_, Shelf::Quarantined | Shelf::Kept) => ("person", None),
        };
        self.conn
            .prepare_cached(
                "INSERT INTO replies (inbound, mailbox, agent, state, taken, note)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![n, thread.mailbox, agent, state, taken, note])?;
        Ok(())
    }

    /// Hosts that a stranger brought before anybody here wrote of them: a link to one in an agent's
    /// mail may be the stranger's wish. A sender who is known by proof brings no strange ones, and
    /// what nobody works on steers nobody: half the web is linked from newsletters.
    fn note_strange_hosts(
        &mut self,
        read: &Received,
        plan: &Plan,
        (contact, answers): (Option<i64>, bool),
        at: Timestamp,
    ) -> Done<()> {
        let proves = |effect: &Effect| match effect {
            Effect::Wrote { proven, .. } => *proven,
            Effect::Bounced { .. }
            | Effect::Arrived { .. }
            | Effect::Complained { .. }
            | Effect::OptedOut { .. }
            | Effect::OptOutToConfirm { .. }
            | Effect::Away { .. }
            | Effect::Negative { .. } => false,
        };
        // Anybody can write a known address into `From`: who is known is believed with a proof only.
        let is_known = plan.effects.iter().any(proves)
            && (answers
                || self
                    .conn
                    .prepare_cached(
                        "SELECT 1 FROM contacts WHERE n = ?1
                         AND (wrote_at IS NOT NULL OR delivered_at IS NOT NULL)",
                    )?
                    .exists([contact])?);
        if is_known || plan.route == Route::Nobody {
            return Ok(());
        }
        for host in read.hosts.iter().take(domain::Found::HOSTS_MAX) {
            self.conn
                .prepare_cached(
                    "INSERT INTO stranger_hosts (host, at) SELECT ?1, ?2
                     WHERE NOT EXISTS (SELECT 1 FROM known_hosts WHERE host = ?1)
                     ON CONFLICT DO NOTHING",
                )?
                .execute(params![host, at.micros()])?;
        }
        Ok(())
    }

    /// Moves a folder's cursor to a message, if everything before it was handed in.
    pub(crate) fn move_cursor(&mut self, account: i64, place: &Place, at: Timestamp) -> Done<()> {
        let moved = self
            .conn
            .prepare_cached(
                "INSERT INTO mail_cursors (account, folder, uid_validity, uid, at)
                 VALUES (?1, ?2, ?3, ?4, ?6)
                 ON CONFLICT (account, folder) DO UPDATE SET
                 uid_validity = excluded.uid_validity, uid = excluded.uid, at = excluded.at
                 WHERE (mail_cursors.uid_validity = excluded.uid_validity
                        AND mail_cursors.uid = ?5)
                    OR (mail_cursors.uid_validity <> excluded.uid_validity AND ?5 = 0)",
            )?
            .execute(params![
                account,
                place.folder,
                place.uid_validity,
                place.uid,
                place.after,
                at.micros()
            ])?;
        if moved > 0 {
            self.forget_tries(account, &place.folder, place.uid)?;
        }
        Ok(())
    }
}
