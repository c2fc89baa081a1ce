//! Rows emptied of whom they were about and what they said.

use domain::received::Received;
use domain::{
    Address, Decision, Digest, Draft, Envelope, Facts, Found, NamedAddress, Next, Outcome, Scan,
    Timestamp,
};
use rusqlite::{OptionalExtension, params};

use crate::erasure::named::Named;
use crate::erasure::{About, Gone, Kept};
use crate::error::StoreError;
use crate::reads::read_facts;
use crate::sqlite::codec::{from_json, json as to_json};
use crate::sqlite::fault::{Done, Fault};
use crate::sqlite::tx::Tx;

/// What a decision's sentences become.
const ERASED: &str = "its words were erased";

/// Who stands where the contact stood.
pub(super) struct StandIn<'a> {
    pub named: &'a Named,
    pub address: Address,
}

impl StandIn<'_> {
    fn address(&self, address: &Address) -> Address {
        match self.named.is(address) {
            true => self.address.clone(),
            false => address.clone(),
        }
    }

    fn names(&self, list: Vec<NamedAddress>) -> Vec<NamedAddress> {
        list.into_iter()
            .map(|one| match self.address(&one.address) {
                address if address == one.address => one,
                address => NamedAddress::bare(address),
            })
            .collect()
    }
}

impl Tx<'_> {
    /// Notes what is gone from a row, and under which entry; its words are found no more.
    pub(super) fn put_gone(
        &mut self,
        about: About,
        n: i64,
        what: Gone,
        (seq, at): (u64, Timestamp),
    ) -> Done<()> {
        self.conn
            .prepare_cached(
                "INSERT INTO gone (about, n, what, seq, at) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (about, n, what) DO UPDATE SET seq = excluded.seq, at = excluded.at",
            )?
            .execute(params![
                about.number(),
                n,
                what.number(),
                seq.cast_signed(),
                at.micros()
            ])?;
        self.refind(about, n)
    }

    /// Takes one kind of content out of a submission, in all its versions.
    pub(super) fn age_submission(&mut self, n: i64, kind: Kept) -> Done<()> {
        let versions: Vec<(i64, String)> = self.versions_of(n)?;
        for (version, draft) in versions {
            match kind {
                Kept::Bodies => {
                    let mut draft: Draft = from_json("a version", &draft)?;
                    draft.text = None;
                    draft.html = None;
                    self.conn
                        .prepare_cached(
                            "UPDATE versions SET draft = ?2, sealed = x'', salt = NULL WHERE n = ?1",
                        )?
                        .execute(params![version, to_json(&draft)?])?;
                }
                // Its bytes are what left, not what arrived.
                Kept::Raw => {}
                Kept::Attachments => {
                    self.conn
                        .prepare_cached(
                            "UPDATE versions SET sealed = x'', salt = NULL WHERE n = ?1",
                        )?
                        .execute([version])?;
                    self.empty_files(version)?;
                }
            }
        }
        Ok(())
    }

    /// Takes one kind of content out of a received message.
    pub(super) fn age_received(&mut self, n: i64, kind: Kept) -> Done<()> {
        match kind {
            Kept::Bodies => {
                let mut read = self.reading(n)?;
                for text in [
                    &mut read.new_text,
                    &mut read.quoted_text,
                    &mut read.forwarded_text,
                    &mut read.signature,
                ] {
                    text.clear();
                }
                read.evidence.clear();
                self.put_reading(n, &read)?;
            }
            Kept::Raw | Kept::Attachments => {}
        }
        self.drop_raw(n)
    }

    /// Empties a submission of everything but where it stands.
    pub(super) fn erase_submission(&mut self, n: i64, stand_in: &StandIn<'_>) -> Done<()> {
        for (version, draft) in self.versions_of(n)? {
            self.erase_version(version, &draft, stand_in)?;
        }
        let decisions: Vec<(i64, String, String, Vec<u8>)> = self
            .conn
            .prepare_cached(
                "SELECT n, decision, facts, usage FROM decisions WHERE submission = ?1",
            )?
            .query_map([n], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
            })?
            .collect::<Result<_, _>>()?;
        for (row, decision, facts, usage) in decisions {
            let decision = blank_decision(from_json("a decision", &decision)?);
            let facts = blank_facts(read_facts(&facts, &usage)?);
            self.conn
                .prepare_cached(
                    "UPDATE decisions SET sentence = NULL, decision = ?2, facts = ?3,
                     salt = zeroblob(16) WHERE n = ?1",
                )?
                .execute(params![row, to_json(&decision)?, to_json(&facts)?])?;
        }
        self.erase_deliveries(n, stand_in)?;
        for sql in [
            "UPDATE notes SET text = '', salt = zeroblob(16) WHERE submission = ?1",
            "UPDATE submissions SET review_reason = NULL, state_reason = NULL, answered = NULL,
             released = NULL, content = zeroblob(16), live = 0, salt = NULL WHERE n = ?1",
            "DELETE FROM sketches WHERE submission = ?1",
            "DELETE FROM filings WHERE submission = ?1",
        ] {
            self.conn.prepare_cached(sql)?.execute([n])?;
        }
        Ok(())
    }

    fn erase_version(&mut self, version: i64, draft: &str, stand_in: &StandIn<'_>) -> Done<()> {
        let old: Draft = from_json("a version", draft)?;
        let (envelope, scan): (String, String) = self
            .conn
            .prepare_cached("SELECT envelope, scan FROM versions WHERE n = ?1")?
            .query_row([version], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let mut envelope: Envelope = from_json("a version", &envelope)?;
        for address in &mut envelope.rcpt_to {
            *address = stand_in.address(address);
        }
        let scan: Scan = from_json("a version", &scan)?;
        let draft = Draft {
            to: stand_in.names(old.to),
            cc: stand_in.names(old.cc),
            bcc: stand_in.names(old.bcc),
            reply_to: Vec::new(),
            subject: String::new(),
            text: None,
            html: None,
            attachments: Vec::new(),
            in_reply_to: None,
            references: Vec::new(),
            conversation: old.conversation,
            stream: old.stream,
            reason: None,
            tags: std::collections::BTreeMap::new(),
            send_at: old.send_at,
            send_by: old.send_by,
            if_latest: old.if_latest,
            composed: None,
        };
        self.conn
            .prepare_cached(
                "UPDATE versions SET subject = '', reason = NULL, tags = '{}', scan = ?2,
                 envelope = ?3, draft = ?4, sealed = x'', salt = NULL WHERE n = ?1",
            )?
            .execute(params![
                version,
                to_json(&blank_scan(&scan))?,
                to_json(&envelope)?,
                to_json(&draft)?
            ])?;
        self.conn
            .prepare_cached("DELETE FROM attachments WHERE version = ?1")?
            .execute([version])?;
        Ok(())
    }

    /// Whom it went to and what their servers said. A server may name anyone in its answer.
    fn erase_deliveries(&mut self, n: i64, stand_in: &StandIn<'_>) -> Done<()> {
        let recipients: Vec<(i64, String)> = self
            .conn
            .prepare_cached("SELECT position, address FROM recipients WHERE submission = ?1")?
            .query_map([n], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        for (position, address) in recipients {
            if stand_in.named.names(&address) {
                self.conn
                    .prepare_cached(
                        "UPDATE recipients SET address = ?3, reply = NULL
                         WHERE submission = ?1 AND position = ?2",
                    )?
                    .execute(params![n, position, stand_in.address.as_str()])?;
            }
        }
        let attempts: Vec<(i64, String)> = self
            .conn
            .prepare_cached(
                "SELECT n, outcome FROM attempts WHERE submission = ?1 AND outcome IS NOT NULL",
            )?
            .query_map([n], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        for (attempt, outcome) in attempts {
            let outcome = blank_outcome(from_json("an attempt", &outcome)?, stand_in);
            self.conn
                .prepare_cached(
                    "UPDATE attempts SET outcome = ?2, salt = zeroblob(16) WHERE n = ?1",
                )?
                .execute(params![attempt, to_json(&outcome)?])?;
        }
        Ok(())
    }

    /// Empties a received message of everything but what it was, and takes it off every desk.
    pub(super) fn erase_received(&mut self, n: i64, stand_in: &StandIn<'_>) -> Done<()> {
        let old = self.reading(n)?;
        let is_theirs = old
            .from
            .as_ref()
            .is_some_and(|from| stand_in.named.is(&from.address));
        let from = old.from.filter(|_| !is_theirs);
        let read = Received {
            message_id: None,
            references: Vec::new(),
            reported_id: None,
            from: from.or(Some(NamedAddress::bare(stand_in.address.clone()))),
            to: Vec::new(),
            subject: String::new(),
            date: old.date,
            kind: old.kind,
            reports: Vec::new(),
            returns_at: None,
            new_text: String::new(),
            quoted_text: String::new(),
            forwarded_text: String::new(),
            signature: String::new(),
            intent: old.intent,
            confidence: old.confidence,
            sender: old.sender,
            injection: old.injection,
            spam: old.spam,
            quarantine: false,
            next: domain::received::Next {
                reason: ERASED.to_owned(),
                ..old.next
            },
            hosts: Vec::new(),
            files: Vec::new(),
            evidence: Vec::new(),
            defects: Vec::new(),
            octets: 0,
        };
        let next = to_json(&read.next)?;
        self.put_reading(n, &read)?;
        self.conn
            .prepare_cached(
                "UPDATE inbound SET message_id = NULL, subject = '', next = ?2, done = '[]',
                 opt_out = 0, seen_at = COALESCE(seen_at, arrived_at),
                 shelf = CASE shelf WHEN 'quarantined' THEN 'kept' ELSE shelf END WHERE n = ?1",
            )?
            .execute(params![n, next])?;
        for sql in [
            "UPDATE replies SET state = 'done', note = NULL, leased_until = NULL
             WHERE inbound = ?1",
            "UPDATE conversations SET unread = (SELECT COUNT(*) FROM inbound i
             WHERE i.conversation = conversations.n AND i.seen_at IS NULL)
             WHERE n = (SELECT conversation FROM inbound WHERE n = ?1)",
        ] {
            self.conn.prepare_cached(sql)?.execute([n])?;
        }
        self.drop_raw(n)
    }

    fn versions_of(&self, submission: i64) -> Done<Vec<(i64, String)>> {
        let rows = self
            .conn
            .prepare_cached("SELECT n, draft FROM versions WHERE submission = ?1")?
            .query_map([submission], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        Ok(rows)
    }

    fn reading(&self, n: i64) -> Done<Received> {
        let text: String = self
            .conn
            .prepare_cached("SELECT reading FROM inbound WHERE n = ?1")?
            .query_row([n], |row| row.get(0))?;
        from_json("a received message", &text)
    }

    fn put_reading(&mut self, n: i64, read: &Received) -> Done<()> {
        self.conn
            .prepare_cached("UPDATE inbound SET reading = ?2 WHERE n = ?1")?
            .execute(params![n, to_json(read)?])?;
        Ok(())
    }

    /// Files stay listed, without their bytes.
    fn empty_files(&mut self, version: i64) -> Done<()> {
        self.conn
            .prepare_cached("UPDATE attachments SET content = x'' WHERE version = ?1")?
            .execute([version])?;
        Ok(())
    }

    fn drop_raw(&mut self, n: i64) -> Done<()> {
        let raw: Option<i64> = self
            .conn
            .prepare_cached("SELECT raw FROM inbound WHERE n = ?1")?
            .query_row([n], |row| row.get(0))
            .optional()?;
        self.conn
            .prepare_cached("UPDATE inbound SET raw = 0 WHERE n = ?1")?
            .execute([n])?;
        self.conn
            .prepare_cached(
                "DELETE FROM raws WHERE n = ?1
                 AND NOT EXISTS (SELECT 1 FROM inbound WHERE raw = ?1)",
            )?
            .execute([raw])?;
        Ok(())
    }
}

/// A version whose bytes are gone leaves no more.
pub(crate) fn must_have_bytes(tx: &Tx<'_>, version: i64, what: &'static str) -> Done<()> {
    let octets: i64 = tx
        .conn
        .prepare_cached("SELECT length(sealed) FROM versions WHERE n = ?1")?
        .query_row([version], |row| row.get(0))?;
    match octets {
        0 => Err(Fault(StoreError::ContentGone { what })),
        _ => Ok(()),
    }
}

/// True if a stored judgement holds nothing but what an erasure leaves of one.
pub(crate) fn is_emptied(decision: &str, facts: &str) -> bool {
    let decision_left = from_json("a decision", decision)
        .and_then(|read| to_json(&blank_decision(read)))
        .is_ok_and(|again| again == decision);
    let facts_left = from_json("a decision's facts", facts)
        .and_then(|read| to_json(&blank_facts(read)))
        .is_ok_and(|again| again == facts);
    decision_left && facts_left
}

fn blank_scan(scan: &Scan) -> Scan {
    Scan {
        content: Digest([0; 32]),
        octets: 0,
        attachments: scan.attachments,
        found: Found::default(),
        sketch: domain::Sketch::default(),
    }
}

/// Codes, numbers and the verdict stay; whom and what it spoke of goes.
fn blank_decision(mut decision: Decision) -> Decision {
    for finding in &mut decision.findings {
        finding.recipient = None;
        finding.matched = None;
        finding.sentence = ERASED.to_owned();
    }
    decision.next = Next {
        fix: Vec::new(),
        would_pass: Vec::new(),
        message: ERASED.to_owned(),
        ..decision.next
    };
    decision
}

fn blank_facts(mut facts: Facts) -> Facts {
    facts.scan = blank_scan(&facts.scan);
    facts.submission.answered = Vec::new();
    facts.submission.released = Vec::new();
    facts.recipients = Vec::new();
    facts.domains = Vec::new();
    facts.hosts = Vec::new();
    facts.conversation = None;
    facts.usage = Vec::new();
    facts
}

fn blank_outcome(outcome: Outcome, stand_in: &StandIn<'_>) -> Outcome {
    let blank = |mut one: domain::RecipientOutcome| {
        let address = stand_in.address(&one.address);
        if address != one.address {
            one.address = address;
            if let Some(reply) = &mut one.reply {
                reply.text = String::new();
            }
        }
        one
    };
    match outcome {
        Outcome::Answered { recipients } => Outcome::Answered {
            recipients: recipients.into_iter().map(blank).collect(),
        },
        Outcome::NotAccepted { phase, reply, .. } => Outcome::NotAccepted {
            phase,
            reply: reply.map(|mut reply| {
                reply.text = String::new();
                reply
            }),
            reason: ERASED.to_owned(),
        },
        Outcome::Unanswered { maybe, refused, .. } => Outcome::Unanswered {
            reason: ERASED.to_owned(),
            maybe: maybe.iter().map(|one| stand_in.address(one)).collect(),
            refused: refused.into_iter().map(blank).collect(),
        },
    }
}
