//! A store under load: an agent trusted to send, a policy whose limits are not in the way.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use domain::{
    Account, AccountId, AccountKind, Address, Agent, AgentGrant, AgentId, Decision, DecisionId,
    Digest, Draft, Envelope, Facts, IdSource, Level, Mailbox, MailboxId, NamedAddress,
    NewSubmission, Sealed, Span, Stream, SubmissionId, Timestamp, TokenDigest, Verdict,
};
use policy::Edition;
use store::{Admission, Admit, PublishedPolicy, Store};
use uuid::Uuid;

use crate::{Trouble, clock};

/// Where the bench's own time begins.
pub const T0: Timestamp = Timestamp::from_seconds(1_800_000_000);

/// The default policy, its limits raised out of the way: every window is counted, none is full.
pub const POLICY: &str = "[rules.rate_limit]\n\
    mailbox = { minute = 1000000, hour = 1000000, day = 1000000, month = 1000000 }\n\
    [rules.risk_budget]\npoints_per_day = 1000000\n\
    [rules.domain_throttle]\nper_hour = 100000\n";

/// Asks under way at once while a past is made.
const UNDER_WAY: usize = 512;

#[derive(Default)]
struct Ids(AtomicU64);

impl IdSource for Ids {
    fn uuid(&self, now: Timestamp) -> Uuid {
        let n = u128::from(self.0.fetch_add(1, Ordering::Relaxed));
        let millis = u128::from((now.micros() / 1_000).unsigned_abs());
        Uuid::from_u128((millis << 80) | (7 << 76) | (2 << 62) | n)
    }
    fn secret(&self) -> [u8; 32] {
        Digest::of(&self.0.fetch_add(1, Ordering::Relaxed).to_be_bytes()).0
    }
}

/// A store with one agent, one mailbox and a policy.
pub struct World {
    pub store: Store,
    ids: Arc<Ids>,
    agent: AgentId,
    mailbox: MailboxId,
    from: Address,
    edition: Arc<Edition>,
    asked: AtomicU64,
}

impl World {
    /// A new one in `dir`.
    pub fn on(dir: &Path) -> Result<World, Trouble> {
        let ids = Arc::new(Ids::default());
        let store = Store::open(dir, T0, ids.clone())?;
        let account = Account {
            id: AccountId::new(ids.as_ref(), T0),
            kind: AccountKind::Rehearsal,
            imap: None,
            created_at: T0,
        };
        let mailbox = Mailbox {
            id: MailboxId::new(ids.as_ref(), T0),
            address: "team@ours.example".parse()?,
            display_name: Some("The team".to_owned()),
            account: account.id,
            paused_at: None,
            created_at: T0,
        };
        let agent = Agent {
            id: AgentId::new(ids.as_ref(), T0),
            name: "scout".to_owned(),
            level: Level::AskOnException,
            grants: vec![AgentGrant {
                mailbox: mailbox.id,
                level: None,
            }],
            paused_at: None,
            revoked_at: None,
            expires_at: None,
            created_at: T0,
        };
        let (agent_id, mailbox_id, from) = (agent.id, mailbox.id, mailbox.address.clone());
        store.add_mailbox(account, mailbox, T0).wait()?;
        store
            .add_agent(agent, TokenDigest::of("so_live_bench"))
            .wait()?;
        let version = store.publish_policy(POLICY.to_owned(), T0).wait()?;
        let edition = Edition::read(version, POLICY);
        if let Some(problem) = edition.problems().first() {
            return Err(format!("the bench's policy does not read: {problem:?}").into());
        }
        Ok(World {
            store,
            ids,
            agent: agent_id,
            mailbox: mailbox_id,
            from,
            edition: Arc::new(edition),
            asked: AtomicU64::new(0),
        })
    }

    /// An ask to the contact of that number, like no other ask.
    pub fn ask(&self, contact: u64, now: Timestamp) -> Admit {
        let n = self.asked.fetch_add(1, Ordering::Relaxed);
        let id = SubmissionId::new(self.ids.as_ref(), now);
        let to = format!("person{contact}@domain{}.example", contact % 997);
        // Well-formed by construction; were it not, the ask would have no recipient and fail.
        let to: Vec<Address> = to.parse().into_iter().collect();
        let draft = Draft {
            to: to.iter().cloned().map(NamedAddress::bare).collect(),
            cc: Vec::new(),
            bcc: Vec::new(),
            reply_to: Vec::new(),
            subject: format!("Your order {n}"),
            text: Some(format!(
                "Hello,\n\nyour order {n} is on its way.\n{}\n",
                "-".repeat(400)
            )),
            html: None,
            attachments: Vec::new(),
            in_reply_to: None,
            references: Vec::new(),
            conversation: None,
            if_latest: None,
            stream: Stream::Transactional,
            reason: Some("the order was shipped".to_owned()),
            tags: [("campaign".to_owned(), "orders".to_owned())].into(),
            send_at: None,
            send_by: None,
            composed: None,
        };
        // As Sendoff makes them: its own are not remembered apart.
        let message_id = format!("<{}@ours.example>", id.uuid().simple());
        let sealed = Sealed {
            bytes: format!(
                "Message-ID: {message_id}\r\nSubject: {}\r\n\r\n{}",
                draft.subject,
                draft.text.as_deref().unwrap_or_default()
            )
            .into_bytes(),
            envelope: Envelope {
                mail_from: self.from.clone(),
                rcpt_to: to,
            },
            message_id,
        };
        Admit {
            id,
            decision: DecisionId::new(self.ids.as_ref(), now),
            scan: policy::scan(&draft, &sealed, policy::Guarded::default()),
            new: NewSubmission {
                agent: self.agent,
                mailbox: self.mailbox,
                dedupe_key: Some(format!("order-{n}")),
                keyed: true,
                key_lasts: None,
                request: Digest::of(&n.to_be_bytes()),
                draft,
            },
            sealed,
            now,
            hold_for: Span::from_hours(24),
            send_by: now + Span::from_hours(24),
        }
    }

    /// Judges with the published policy.
    pub fn judge(&self) -> impl Fn(&PublishedPolicy, &Facts) -> Decision + Send + 'static {
        let edition = Arc::clone(&self.edition);
        move |_, facts| edition.evaluate(facts)
    }

    /// How long `total` new asks take, each writer asking again when it was answered.
    pub fn admit_from(
        &self,
        writers: usize,
        total: usize,
        now: Timestamp,
    ) -> Result<Duration, Trouble> {
        // Contacts nobody wrote to before: what a cooldown would put off is not measured.
        let fresh = 1_000_000 + self.asked.load(Ordering::Relaxed);
        let mut asks: Vec<Admit> = (0..total)
            .map(|n| self.ask(fresh + n as u64, now))
            .collect();
        let mut shares = Vec::new();
        for left in (1..=writers).rev() {
            let share = asks.len() / left;
            shares.push(asks.split_off(asks.len() - share));
        }
        let barrier = Barrier::new(writers + 1);
        thread::scope(|scope| {
            let threads: Vec<_> = shares
                .into_iter()
                .map(|share| {
                    let barrier = &barrier;
                    scope.spawn(move || -> Result<(), Trouble> {
                        barrier.wait();
                        for ask in share {
                            let admitted = self.store.admit(ask, self.judge()).wait()?;
                            let_go(&admitted)?;
                        }
                        Ok(())
                    })
                })
                .collect();
            barrier.wait();
            let start = clock();
            for thread in threads {
                thread.join().map_err(|_| "a writer panicked")??;
            }
            Ok(start.elapsed())
        })
    }

    /// `past` sends spread over the 30 days after [`T0`], to as many contacts as a fifth of them.
    pub fn live_through(&self, past: usize) -> Result<(), Trouble> {
        let month = Span::from_days(30).micros();
        let contacts = (past as u64 / 5).max(1);
        let mut under_way = std::collections::VecDeque::new();
        for n in 0..past {
            let at = T0 + Span::from_micros(month / past as i64 * n as i64);
            if under_way.len() == UNDER_WAY
                && let Some(reply) = under_way.pop_front()
            {
                wait(reply)?;
            }
            let ask = self.ask(n as u64 % contacts, at);
            under_way.push_back(self.store.admit(ask, self.judge()));
        }
        under_way.into_iter().try_for_each(wait)
    }
}

fn wait(reply: store::Reply<Admission>) -> Result<(), Trouble> {
    let_go(&reply.wait()?)
}

/// An ask that is held or refused writes less: it is not what is measured.
fn let_go(admission: &Admission) -> Result<(), Trouble> {
    match admission {
        Admission::New(answer) if answer.submission.verdict == Verdict::Allow => Ok(()),
        Admission::New(answer) => {
            let said = answer.submission.sentence.as_deref().unwrap_or_default();
            Err(format!("the bench's policy was in the way: {said}").into())
        }
        Admission::Replayed(_) | Admission::Mismatch { .. } => Err("an ask came twice".into()),
    }
}
