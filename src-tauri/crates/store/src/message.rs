//! A message spelled out for its rows: on the caller's thread, so that the writer only writes.

use domain::facts::SubmissionFacts;
use domain::reply_token::token_key;
use domain::{
    AccountId, Actor, Address, ApprovalHash, Digest, Draft, Envelope, Scan, Sealed, SubmissionId,
    Timestamp,
};
use rusqlite::params;

use crate::inbound::message_key;
use crate::rows::{RecipientRow, Role};
use crate::sqlite::codec::{int, json};
use crate::sqlite::fault::Done;
use crate::sqlite::known::Named;
use crate::sqlite::tx::Tx;

/// One version of a message, ready to be stored.
pub(crate) struct Prepared {
    pub draft: Draft,
    pub sealed: Sealed,
    pub scan: Scan,
    pub hash: ApprovalHash,
    /// Each recipient once, in the order to, cc, bcc.
    pub recipients: Vec<Recipient>,
    /// Their domains.
    pub domains: Vec<Named>,
    attachments: Vec<Vec<u8>>,
    draft_json: String,
    tags_json: String,
    scan_json: String,
    envelope_json: String,
    /// Of all that is stored of it beside the exact message.
    told: Digest,
}

/// What is stored of a version beside the exact message, which the approval hash vouches for.
pub(crate) struct Told<'a> {
    pub draft: &'a str,
    pub scan: &'a str,
    pub tags: &'a str,
    pub subject: &'a str,
    pub reason: Option<&'a str>,
    pub message_id: &'a str,
    /// Digests of its files, in order.
    pub files: Vec<Digest>,
}

impl Told<'_> {
    /// One digest of it all; the journal has it salted, by [`told_digest`].
    pub fn digest(&self) -> Digest {
        let texts = [
            self.draft,
            self.scan,
            self.tags,
            self.subject,
            self.message_id,
            // None and an empty one are two.
            self.reason.map_or("0", |_| "1"),
            self.reason.unwrap_or_default(),
        ];
        let files: Vec<u8> = self.files.iter().flat_map(|digest| digest.0).collect();
        Digest::of_parts(
            texts
                .map(str::as_bytes)
                .into_iter()
                .chain([files.as_slice()]),
        )
    }
}

/// What the journal keeps of a version: once the salt is gone, nobody can try what it was.
pub(crate) fn told_digest(salt: &[u8], told: &Digest) -> Digest {
    Digest::of_parts([salt, &told.0])
}

/// One envelope recipient as asked.
#[derive(Clone)]
pub(crate) struct Recipient {
    pub address: Address,
    pub folded: String,
    pub role: Role,
}

impl Prepared {
    /// Spells a message out; `account` is the one its mailbox sends through.
    pub fn new(mut draft: Draft, sealed: Sealed, scan: Scan, account: AccountId) -> Done<Prepared> {
        let hash = sealed.approval_hash(account, draft.send_at);
        let attachments: Vec<Vec<u8>> = draft
            .attachments
            .iter_mut()
            .map(|attachment| std::mem::take(&mut attachment.content))
            .collect();
        let recipients = recipients(&draft);
        let (draft_json, tags_json, scan_json) = (json(&draft)?, json(&draft.tags)?, json(&scan)?);
        let told = Told {
            draft: &draft_json,
            scan: &scan_json,
            tags: &tags_json,
            subject: &draft.subject,
            reason: draft.reason.as_deref(),
            message_id: &sealed.message_id,
            files: attachments.iter().map(|file| Digest::of(file)).collect(),
        };
        let told = told.digest();
        Ok(Prepared {
            hash,
            domains: Named::all(recipients.iter().map(|recipient| &recipient.address))?,
            recipients,
            attachments,
            told,
            draft_json,
            tags_json,
            scan_json,
            envelope_json: json::<Envelope>(&sealed.envelope)?,
            draft,
            sealed,
            scan,
        })
    }

    /// Recipients as addresses with their folded forms, for gathering facts.
    pub fn folded(&self) -> Vec<(&Address, &str)> {
        self.recipients
            .iter()
            .map(|recipient| (&recipient.address, recipient.folded.as_str()))
            .collect()
    }
}

/// Every envelope recipient of a draft once, with its first role.
pub(crate) fn recipients(draft: &Draft) -> Vec<Recipient> {
    let mut list: Vec<Recipient> = Vec::new();
    for (role, named) in [
        (Role::To, &draft.to),
        (Role::Cc, &draft.cc),
        (Role::Bcc, &draft.bcc),
    ] {
        for named in named {
            if !list.iter().any(|known| known.address == named.address) {
                list.push(Recipient {
                    address: named.address.clone(),
                    folded: named.address.folded(),
                    role,
                });
            }
        }
    }
    list
}

/// A draft, sealed message or whole submission as the rules see it before it has a row.
pub(crate) fn submission_facts(
    id: Option<SubmissionId>,
    prepared: &Prepared,
    keyed: bool,
    at: Timestamp,
    send_by: Timestamp,
) -> SubmissionFacts {
    let send_at = prepared.draft.send_at;
    SubmissionFacts {
        id,
        hash: prepared.hash,
        stream: prepared.draft.stream,
        keyed,
        asked_at: at,
        send_at,
        send_by,
        approved: None,
        answered: Vec::new(),
        due: send_at.map_or(at, |send_at| send_at.max(at)),
        slot: None,
        if_latest: prepared.draft.if_latest.clone(),
        released: Vec::new(),
        exceptions_until_due: true,
    }
}

impl Tx<'_> {
    /// Stores one version and its files; gives its row number, and the digest by which the entry that
    /// brings it vouches for it.
    pub fn put_version(
        &mut self,
        submission: i64,
        number: u32,
        at: Timestamp,
        by: Actor,
        prepared: &Prepared,
    ) -> Done<(i64, Digest)> {
        let n = self.memory.head.version + 1;
        let salt = self.salt();
        self.conn
            .prepare_cached(
                "INSERT INTO versions (n, submission, number, at, by, hash, message_id, subject,
                 reason, tags, scan, envelope, draft, sealed, salt)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
            )?
            .execute(params![
                n,
                submission,
                number,
                at.micros(),
                by.to_string(),
                prepared.hash.0.0,
                prepared.sealed.message_id,
                prepared.draft.subject,
                prepared.draft.reason,
                prepared.tags_json,
                prepared.scan_json,
                prepared.envelope_json,
                prepared.draft_json,
                prepared.sealed.bytes,
                salt,
            ])?;
        for content in &prepared.attachments {
            self.conn
                .prepare_cached("INSERT INTO attachments (version, content) VALUES (?1, ?2)")?
                .execute(params![n, content])?;
        }
        if let Some(key) = token_key(&prepared.sealed.envelope.mail_from) {
            self.conn
                .prepare_cached(
                    "INSERT INTO reply_tokens (token, submission) VALUES (?1, ?2)
                     ON CONFLICT DO NOTHING",
                )?
                .execute(params![message_key(&key), submission])?;
        }
        self.put_sketch(submission, &prepared.scan.sketch, at)?;
        self.memory.head.version = n;
        Ok((n, told_digest(&salt, &prepared.told)))
    }

    /// Stores the recipients of a submission, making contacts that are new. Gives the contacts,
    /// in order.
    pub fn put_recipients(&mut self, submission: i64, prepared: &Prepared) -> Done<Vec<i64>> {
        let mut contacts = Vec::with_capacity(prepared.recipients.len());
        for (position, recipient) in prepared.recipients.iter().enumerate() {
            let contact = self.contact(&recipient.folded)?;
            self.conn
                .prepare_cached(
                    "INSERT INTO recipients (submission, position, contact, address, role, state)
                     VALUES (?1, ?2, ?3, ?4, ?5, 'open')",
                )?
                .execute(params![
                    submission,
                    int(position),
                    contact,
                    recipient.address.as_str(),
                    recipient.role.as_str()
                ])?;
            contacts.push(contact);
        }
        Ok(contacts)
    }

    /// The row of a contact, made if it is new.
    pub fn contact(&mut self, folded: &str) -> Done<i64> {
        use rusqlite::OptionalExtension as _;
        let known = self
            .conn
            .prepare_cached("SELECT n FROM contacts WHERE folded = ?1")?
            .query_row([folded], |row| row.get(0))
            .optional()?;
        if let Some(n) = known {
            return Ok(n);
        }
        self.conn
            .prepare_cached("INSERT INTO contacts (folded) VALUES (?1)")?
            .execute([folded])?;
        Ok(self.conn.last_insert_rowid())
    }
}

/// Recipients as rows, all of them open.
pub(crate) fn open_rows(recipients: &[Recipient]) -> Vec<RecipientRow> {
    recipients
        .iter()
        .map(|recipient| RecipientRow {
            address: recipient.address.clone(),
            role: recipient.role,
            state: domain::RecipientState::Open,
            reply: None,
        })
        .collect()
}
