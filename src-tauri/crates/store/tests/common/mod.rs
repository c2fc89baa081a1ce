//! A small world around a store: one agent, one mailbox, a clock in hand, hand-written judges.

#![allow(
    dead_code,
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "each test file uses its own part of the world; a test that cannot go on says so"
)]

pub mod erasure;
pub mod mail;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use domain::decision::{Next, NextClass};
use domain::facts::{CountScope, Window};
use domain::{
    Account, AccountId, AccountKind, Address, Agent, AgentGrant, AgentId, AttemptId, Decision,
    DecisionId, Digest, Draft, Envelope, Facts, Finding, FindingOutcome, IdSource, ImapAuth,
    ImapSettings, Level, Mailbox, MailboxId, NamedAddress, NewSubmission, Outcome,
    RecipientOutcome, RecipientState, ReplyTokens, Scan, Sealed, SentCopy, SmtpReply, Span, Stream,
    SubmissionId, Timestamp, TlsMode, TokenDigest, Verdict,
};
use store::{
    Admission, Admit, Answer, Approve, Claim, ClaimAsk, Departure, Finish, PublishedPolicy, Retry,
    Revise, Store, SubmissionRow,
};
use uuid::Uuid;

/// Where the tests' clock begins.
pub const T0: Timestamp = Timestamp::from_seconds(1_800_000_000);

/// Ids that count up, so that a run repeats itself.
#[derive(Default)]
pub struct Counting(AtomicU64);

impl IdSource for Counting {
    fn uuid(&self, now: Timestamp) -> Uuid {
        let n = u128::from(self.0.fetch_add(1, Ordering::Relaxed));
        let millis = u128::from((now.micros() / 1_000).unsigned_abs());
        Uuid::from_u128((millis << 80) | (7 << 76) | (2 << 62) | n)
    }

    fn secret(&self) -> [u8; 32] {
        Digest::of(&self.0.fetch_add(1, Ordering::Relaxed).to_be_bytes()).0
    }
}

/// A store with an agent that may send as a mailbox.
pub struct World {
    pub store: Store,
    pub ids: Arc<Counting>,
    pub agent: AgentId,
    pub mailbox: MailboxId,
    pub account: AccountId,
    pub asked: AtomicU64,
}

/// Runs a story once in memory and once on a file.
pub fn both(story: impl Fn(World)) {
    story(World::memory());
    let dir = tempfile::tempdir().unwrap();
    story(World::on(dir.path()));
}

impl World {
    pub fn memory() -> World {
        let ids = Arc::new(Counting::default());
        let store = Store::memory(T0, ids.clone()).unwrap();
        World::around(store, ids)
    }

    pub fn on(dir: &Path) -> World {
        let ids = Arc::new(Counting::default());
        let store = Store::open(dir, T0, ids.clone()).unwrap();
        World::around(store, ids)
    }

    fn around(store: Store, ids: Arc<Counting>) -> World {
        let agent = AgentId::new(ids.as_ref(), T0);
        let mailbox = MailboxId::new(ids.as_ref(), T0);
        let account = AccountId::new(ids.as_ref(), T0);
        let world = World {
            store,
            ids,
            agent,
            mailbox,
            account,
            asked: AtomicU64::new(0),
        };
        world.add_mailbox(mailbox, account, "team@ours.example");
        world.add_agent(agent, "scout", &[mailbox]);
        world
    }

    pub fn add_mailbox(&self, id: MailboxId, account: AccountId, at: &str) {
        self.add_mailbox_at(id, account, at, T0);
    }

    pub fn add_mailbox_at(&self, id: MailboxId, account: AccountId, at: &str, now: Timestamp) {
        let account = Account {
            id: account,
            kind: AccountKind::Rehearsal,
            imap: None,
            created_at: now,
        };
        let mailbox = Mailbox {
            id,
            address: address(at),
            display_name: None,
            account: account.id,
            paused_at: None,
            created_at: now,
        };
        self.store
            .add_mailbox(account, mailbox, now)
            .wait()
            .unwrap();
    }

    /// The account of the first mailbox is read over IMAP from now on.
    pub fn reads(&self, sent_copy: SentCopy, now: Timestamp) {
        let account = Account {
            id: self.account,
            kind: AccountKind::Rehearsal,
            imap: Some(ImapSettings {
                host: "imap.ours.example".to_owned(),
                port: 993,
                tls: TlsMode::Implicit,
                ca_file: None,
                auth: ImapAuth::Password {
                    user: "team".to_owned(),
                },
                folders: Vec::new(),
                sent_copy,
                people_write: true,
                reply_tokens: ReplyTokens::Off,
                authserv_id: None,
                verify_dkim: false,
            }),
            created_at: T0,
        };
        self.store.update_account(account, now).wait().unwrap();
    }

    pub fn add_agent(&self, id: AgentId, name: &str, mailboxes: &[MailboxId]) {
        let agent = Agent {
            id,
            name: name.to_owned(),
            level: Level::AskAlways,
            grants: mailboxes
                .iter()
                .map(|mailbox| AgentGrant {
                    mailbox: *mailbox,
                    level: None,
                })
                .collect(),
            paused_at: None,
            revoked_at: None,
            expires_at: None,
            created_at: T0,
        };
        let token = TokenDigest::of(&format!("so_live_{name}"));
        self.store.add_agent(agent, token).wait().unwrap();
    }

    /// An ask to one recipient; every one different.
    pub fn ask(&self, to: &str, now: Timestamp) -> Admit {
        let n = self.asked.fetch_add(1, Ordering::Relaxed);
        self.ask_of(&[to], &format!("hello {n}"), now)
    }

    /// An ask with these recipients and this text.
    pub fn ask_of(&self, to: &[&str], text: &str, now: Timestamp) -> Admit {
        let id = SubmissionId::new(self.ids.as_ref(), now);
        let draft = draft(to, text);
        let sealed = sealed(&draft, &format!("<{id}@ours.example>"));
        Admit {
            id,
            decision: self.decision_id(now),
            new: NewSubmission {
                agent: self.agent,
                mailbox: self.mailbox,
                dedupe_key: None,
                keyed: false,
                key_lasts: None,
                request: Digest::of(text.as_bytes()),
                draft,
            },
            scan: scan(&sealed, to, text),
            sealed,
            now,
            hold_for: Span::from_hours(24),
            send_by: now + Span::from_hours(24),
        }
    }

    pub fn decision_id(&self, now: Timestamp) -> DecisionId {
        DecisionId::new(self.ids.as_ref(), now)
    }

    /// Admits and expects it to be new.
    pub fn admit(&self, ask: Admit, judge: Judge) -> Answer {
        match self.store.admit(ask, judge).wait().unwrap() {
            Admission::New(answer) => answer,
            other => panic!("not new: {other:?}"),
        }
    }

    /// A person's yes to what is on screen.
    fn approval(&self, row: &SubmissionRow, now: Timestamp) -> Approve {
        Approve {
            id: row.id,
            hash: row.hash,
            shown: Some(row.decision),
            decision: self.decision_id(now),
            now,
            due: now + Span::from_seconds(10),
        }
    }

    pub fn approve_as(
        &self,
        row: &SubmissionRow,
        now: Timestamp,
        judge: Judge,
    ) -> Result<Answer, store::StoreError> {
        self.store.approve(self.approval(row, now), judge).wait()
    }

    /// A person releases what was blocked.
    pub fn release_as(&self, row: &SubmissionRow, now: Timestamp, judge: Judge) -> Answer {
        let ask = self.approval(row, now);
        let (why, hold_for) = ("they asked for it".to_owned(), Span::from_hours(24));
        self.store
            .release(ask, why, hold_for, judge)
            .wait()
            .unwrap()
    }

    pub fn revise_as(
        &self,
        row: &SubmissionRow,
        text: &str,
        now: Timestamp,
        judge: Judge,
    ) -> Answer {
        let to: Vec<&str> = row.recipients.iter().map(|r| r.address.as_str()).collect();
        let draft = draft(&to, text);
        let sealed = sealed(&draft, &row.message_id);
        let ask = Revise {
            id: row.id,
            expected: Some(row.hash),
            decision: self.decision_id(now),
            scan: scan(&sealed, &to, text),
            draft,
            sealed,
            by: domain::Actor::Operator,
            now,
        };
        self.store.revise(ask, judge).wait().unwrap()
    }

    /// Claims with a judge; a clearance is `()` where the verdict is allow.
    pub fn claim(&self, now: Timestamp, judge: Judge) -> Claim<()> {
        let ask = ClaimAsk {
            now,
            attempt: AttemptId::new(self.ids.as_ref(), now),
            decision: self.decision_id(now),
            hold_for: Span::from_hours(24),
            lease: Span::from_minutes(10),
            busy: Vec::new(),
        };
        let judge = move |policy: &PublishedPolicy, facts: &Facts| {
            let decision = judge(policy, facts);
            let allowed = decision.verdict == Verdict::Allow && !decision.observed_only;
            let clear = allowed.then_some(());
            (decision, clear)
        };
        let is_final = |decision: &Decision| {
            decision
                .primary()
                .is_some_and(|finding| finding.rule == "suppression")
        };
        self.store.claim(ask, judge, is_final).wait().unwrap()
    }

    /// Claims and expects something to leave.
    pub fn leave(&self, now: Timestamp) -> Departure<()> {
        match self.claim(now, allow) {
            Claim::Leave(departure) => *departure,
            Claim::Nothing { wake } => panic!("nothing to claim, wake {wake:?}"),
            Claim::HeldBack(row) => panic!("held back: {row:?}"),
        }
    }

    pub fn finish(&self, attempt: AttemptId, outcome: Outcome, now: Timestamp) -> SubmissionRow {
        let retry = Retry::At(now + Span::from_minutes(5));
        let ask = Finish {
            attempt,
            outcome,
            now,
            retry,
        };
        self.store.finish(ask).wait().unwrap()
    }

    /// The rows agree with the record; judged with one judge here and another there, decisions come
    /// out as they may.
    pub fn verify_rows(&self) {
        let report = self.store.verify(rejudge, |_, _| {}).unwrap();
        let mut found = report.divergences;
        found.retain(|one| !one.what.starts_with("judged again from the same facts"));
        assert!(found.is_empty(), "{found:#?}");
    }

    /// The whole record agrees with the rows.
    pub fn verify(&self) {
        let report = self.store.verify(rejudge, |_, _| {}).unwrap();
        assert!(report.is_clean(), "{:#?}", report.divergences);
        assert_eq!(report.decisions_reworded, 0, "to the byte");
    }
}

/// A judge without captures.
pub type Judge = fn(&PublishedPolicy, &Facts) -> Decision;

pub fn address(text: &str) -> Address {
    text.parse().unwrap()
}

pub fn draft(to: &[&str], text: &str) -> Draft {
    Draft {
        to: to
            .iter()
            .map(|to| NamedAddress::bare(address(to)))
            .collect(),
        cc: Vec::new(),
        bcc: Vec::new(),
        reply_to: Vec::new(),
        subject: format!("about {text}"),
        text: Some(text.to_owned()),
        html: None,
        attachments: Vec::new(),
        in_reply_to: None,
        references: Vec::new(),
        conversation: None,
        if_latest: None,
        stream: Stream::Personal,
        reason: Some("because".to_owned()),
        tags: [("campaign".to_owned(), "spring".to_owned())].into(),
        send_at: None,
        send_by: None,
        composed: None,
    }
}

pub fn sealed(draft: &Draft, message_id: &str) -> Sealed {
    let text = draft.text.clone().unwrap_or_default();
    Sealed {
        bytes: format!(
            "Message-ID: {message_id}\r\nSubject: {}\r\n\r\n{text}\r\n",
            draft.subject
        )
        .into_bytes(),
        envelope: Envelope {
            mail_from: address("team@ours.example"),
            rcpt_to: draft.recipients().into_iter().cloned().collect(),
        },
        message_id: message_id.to_owned(),
    }
}

pub fn scan(sealed: &Sealed, to: &[&str], text: &str) -> Scan {
    Scan {
        content: Digest::of(format!("{to:?} {text}").as_bytes()),
        octets: sealed.bytes.len() as u64,
        attachments: 0,
        found: Default::default(),
        sketch: Default::default(),
    }
}

fn decision(facts: &Facts, verdict: Verdict, finding: Option<Finding>) -> Decision {
    Decision {
        verdict,
        primary: finding.as_ref().map(|_| 0),
        findings: finding.into_iter().collect(),
        policy_version: 0,
        policy_hash: Digest::of(b""),
        slot: match verdict {
            Verdict::Allow => Some(facts.submission.due),
            Verdict::Defer | Verdict::Hold | Verdict::Block => None,
        },
        observed_only: false,
        risk: Vec::new(),
        next: Next {
            class: NextClass::Done,
            not_before: None,
            poll: None,
            fix: Vec::new(),
            would_pass: Vec::new(),
            message: "done".to_owned(),
        },
    }
}

pub fn allow(_: &PublishedPolicy, facts: &Facts) -> Decision {
    decision(facts, Verdict::Allow, None)
}

pub fn hold(_: &PublishedPolicy, facts: &Facts) -> Decision {
    let finding = Finding::new("autonomy", FindingOutcome::Hold, "a person decides");
    decision(facts, Verdict::Hold, Some(finding))
}

pub fn block(_: &PublishedPolicy, facts: &Facts) -> Decision {
    let finding = Finding::new("agent_paused", FindingOutcome::Block, "the agent is paused");
    told(
        NextClass::RetryAfter,
        decision(facts, Verdict::Block, Some(finding)),
    )
}

pub fn block_for_good(_: &PublishedPolicy, facts: &Facts) -> Decision {
    let finding = Finding::new("suppression", FindingOutcome::Block, "they unsubscribed");
    told(
        NextClass::Never,
        decision(facts, Verdict::Block, Some(finding)),
    )
}

pub fn block_as_duplicate(_: &PublishedPolicy, facts: &Facts) -> Decision {
    let finding = Finding::new("duplicate", FindingOutcome::Block, "asked before");
    decision(facts, Verdict::Block, Some(finding))
}

fn told(class: NextClass, mut decision: Decision) -> Decision {
    decision.next.class = class;
    decision
}

/// Defers by an hour.
pub fn defer(_: &PublishedPolicy, facts: &Facts) -> Decision {
    let later = facts.submission.due + Span::from_hours(1);
    let finding = Finding::new("rate_limit", FindingOutcome::Defer, "later").until(later);
    let mut decision = decision(facts, Verdict::Defer, Some(finding));
    decision.slot = Some(later);
    decision
}

pub fn observe(_: &PublishedPolicy, facts: &Facts) -> Decision {
    let mut decision = decision(facts, Verdict::Allow, None);
    decision.slot = None;
    decision.observed_only = true;
    decision
}

/// Holds asks at admission and allows them otherwise: what most stories need, as one pure
/// function, so that `verify` can recompute every decision they made.
pub fn hold_first(policy: &PublishedPolicy, facts: &Facts) -> Decision {
    match facts.moment {
        domain::Moment::Admission | domain::Moment::Check | domain::Moment::Revision => {
            hold(policy, facts)
        }
        domain::Moment::Approval | domain::Moment::Dispatch => allow(policy, facts),
    }
}

/// What the stories' decisions are recomputed with.
pub fn rejudge(policy: &PublishedPolicy, facts: &Facts) -> Decision {
    hold_first(policy, facts)
}

pub fn accepted(to: &[&str]) -> Outcome {
    answered(to, RecipientState::Accepted, 250)
}

pub fn answered(to: &[&str], state: RecipientState, code: u16) -> Outcome {
    Outcome::Answered {
        recipients: to
            .iter()
            .map(|to| RecipientOutcome {
                address: address(to),
                state,
                reply: Some(SmtpReply {
                    code,
                    enhanced: None,
                    text: "said the relay".to_owned(),
                }),
            })
            .collect(),
    }
}

/// Slots in the workspace's month.
pub fn slots(w: &World, at: Timestamp) -> u32 {
    let usage = w.store.usage(Some(w.agent), w.mailbox, at).unwrap();
    let month = usage
        .iter()
        .find(|u| u.scope == CountScope::Workspace && u.window == Window::Month)
        .unwrap();
    month.buckets.iter().map(|(_, n)| n).sum()
}
