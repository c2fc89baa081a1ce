//! An agent asks: compose, scan, judge and record in one transaction, answer.

use domain::reply_token::return_address;
use domain::{
    Actor, Address, Agent, AgentId, Code, Decision, DecisionId, Digest, Draft, IdSource, Mailbox,
    NewSubmission, Next, Problem, ReplyTokens, Sealed, Span, Stream, SubmissionId, Timestamp,
    limits,
};
use store::{Admission, Admit, DecisionRow, Store, SubmissionRow};

use crate::guarded::Protected;
use crate::open::Engine;
use crate::outcome::next_step;
use crate::problems;
use crate::thread;

/// An ask as a door hands it in: shaped, not yet checked.
#[derive(Clone, Debug)]
pub struct Ask {
    /// The mailbox to send as.
    pub mailbox: Address,
    /// The agent's idempotency key.
    pub dedupe_key: Option<String>,
    /// How long that key means this ask; for good if absent.
    pub key_lasts: Option<Span>,
    /// Digest of the request as asked, without the key.
    pub request: Digest,
    /// What to send.
    pub draft: Draft,
}

/// The answer to an ask.
#[derive(Clone, Debug)]
pub struct Submitted {
    /// Where it stands now.
    pub row: SubmissionRow,
    /// The first decision.
    pub decision: DecisionRow,
    /// True if the same key had asked the same before.
    pub replayed: bool,
    /// What to do next, for where it stands now.
    pub next: Next,
}

impl Engine {
    /// Admits an ask. The same key with the same content gives the first answer again.
    ///
    /// # Errors
    /// What is wrong with the ask: `unknown_mailbox`, `no_recipients`, `header_injection`,
    /// `idempotency_mismatch`, … Nothing is recorded then.
    pub async fn submit(&self, agent: &Agent, ask: Ask) -> Result<Submitted, Problem> {
        let admit = self.prepare(agent, ask).await?;
        self.admit(admit).await
    }

    /// Judges and records what is ready to be judged.
    pub(crate) async fn admit(&self, admit: Admit) -> Result<Submitted, Problem> {
        let judge = self.inner.judge.evaluate();
        match self
            .inner
            .store
            .admit(admit, judge)
            .await
            .map_err(problems::from_store)?
        {
            Admission::New(answer) => {
                self.heed_canary(answer.submission.agent, &answer.decision.decision)
                    .await?;
                Ok(Submitted {
                    next: answer.decision.decision.next.clone(),
                    row: answer.submission,
                    decision: answer.decision,
                    replayed: false,
                })
            }
            Admission::Replayed(answer) => Ok(Submitted {
                next: next_step(&answer.submission, &answer.decision.decision),
                row: answer.submission,
                decision: answer.decision,
                replayed: true,
            }),
            Admission::Mismatch { first } => Err(Problem::new(
                Code::IdempotencyMismatch,
                format!(
                    "this key was used for `{first}` with other content; use a new key for a new message"
                ),
            )),
        }
    }

    /// The same judgement without any effect.
    ///
    /// # Errors
    /// As [`Engine::submit`].
    pub async fn check(&self, agent: &Agent, ask: Ask) -> Result<Decision, Problem> {
        let admit = self.prepare(agent, ask).await?;
        let judge = self.inner.judge.evaluate();
        let id = agent.id;
        let decision = self.read(move |store| store.check(&admit, judge)).await?;
        self.heed_canary(id, &decision).await?;
        Ok(decision)
    }

    /// True if [`Engine::submit`] would judge nothing: the ask's key means an earlier one.
    ///
    /// # Errors
    /// If the store cannot read.
    pub async fn is_repeat(&self, agent: &Agent, ask: &Ask) -> Result<bool, Problem> {
        let Some(key) = ask.dedupe_key.clone() else {
            return Ok(false);
        };
        let (agent, lasts, request, now) = (agent.id, ask.key_lasts, ask.request, self.now());
        self.read(move |store| store.means_an_earlier_ask(agent, &key, lasts, &request, now))
            .await
    }

    /// Takes an unsent submission back. An agent can only take back its own.
    ///
    /// # Errors
    /// `not_found`, or `wrong_state` once it is on the wire.
    pub async fn cancel(&self, by: Actor, id: SubmissionId) -> Result<SubmissionRow, Problem> {
        self.inner
            .store
            .cancel(id, by, self.now())
            .await
            .map_err(problems::from_store)
    }

    async fn prepare(&self, agent: &Agent, ask: Ask) -> Result<Admit, Problem> {
        let now = self.now();
        let Ask {
            mailbox,
            dedupe_key,
            key_lasts,
            request,
            draft,
        } = ask;
        draft.check()?;
        if let Some(key) = &dedupe_key {
            check_key(key)?;
        }
        let terms = self.terms().await?;
        let asker = agent.clone();
        let send_by = send_by(&draft, now, terms.hold_for)?;
        let ids = std::sync::Arc::clone(&self.inner.ids);
        let (store, address) = (self.inner.store.clone(), mailbox);
        let vault = std::sync::Arc::clone(&self.inner.vault);
        // Composing and scanning read the whole message: never on the async threads.
        self.blocking(move || {
            let mailbox = store
                .mailbox_by_address(&address)
                .map_err(problems::from_store)?
                .ok_or_else(|| {
                    let detail =
                        format!("there is no mailbox `{address}` here; `GET /v1/me` lists yours");
                    Problem::new(Code::UnknownMailbox, detail).at("/mailbox")
                })?;
            let agent = asker.id;
            let writer = (agent != AgentId::BY_HAND).then_some(&asker);
            let draft = thread::placed(&store, writer, &mailbox, draft)?;
            let id = SubmissionId::new(ids.as_ref(), now);
            let message_id = mail::compose::message_id(id, &mailbox.address);
            let bulk = terms.bulk(&draft);
            let sealed = mail::compose::compose(&mailbox, &draft, &message_id, &ids.secret(), bulk)
                .map_err(|error| {
                    Problem::new(error.code(), error.to_string()).at(error.pointer())
                })?;
            let sealed = returning(&store, ids.as_ref(), &mailbox, sealed)?;
            let protected = Protected::read(&store, &vault, mailbox.account)?;
            let scan = policy::scan(&draft, &sealed, protected.guarded());
            Ok(Admit {
                id,
                decision: DecisionId::new(ids.as_ref(), now),
                new: NewSubmission {
                    agent,
                    mailbox: mailbox.id,
                    keyed: dedupe_key.is_some(),
                    dedupe_key,
                    key_lasts,
                    request,
                    draft,
                },
                sealed,
                scan,
                now,
                hold_for: terms.hold_for,
                send_by,
            })
        })
        .await
    }
}

/// Gives a message its return address, with a token of its own where the account wants one. Part
/// of the envelope, and so of what is approved.
pub(crate) fn returning(
    store: &Store,
    ids: &dyn IdSource,
    mailbox: &Mailbox,
    mut sealed: Sealed,
) -> Result<Sealed, Problem> {
    let account = store.account(mailbox.account);
    let imap = account
        .map_err(problems::from_store)?
        .and_then(|account| account.imap);
    match imap.map_or(ReplyTokens::Off, |imap| imap.reply_tokens) {
        ReplyTokens::Off => {}
        ReplyTokens::Plus => {
            if let Some(address) = return_address(&mailbox.address, &ids.secret()) {
                sealed.envelope.mail_from = address;
            }
        }
    }
    Ok(sealed)
}

/// An idempotency key's shape.
pub(crate) fn check_key(key: &str) -> Result<(), Problem> {
    let refuse = |detail: String| Err(Problem::new(Code::InvalidField, detail).at("/dedupe_key"));
    if key.is_empty() || key.chars().any(char::is_control) {
        return refuse("an idempotency key is not empty and has no control characters".into());
    }
    if key.len() > limits::DEDUPE_KEY_OCTETS_MAX {
        let max = limits::DEDUPE_KEY_OCTETS_MAX;
        return refuse(format!("an idempotency key has at most {max} octets"));
    }
    Ok(())
}

/// Until when it may wait, for a slot or a person: as asked, at most [`limits::SEND_BY_MAX`] ahead.
/// Where the ask says nothing, at least as long as the operator lets a hold wait (`hold_for`).
pub(crate) fn send_by(draft: &Draft, now: Timestamp, hold_for: Span) -> Result<Timestamp, Problem> {
    let refuse = |field: &str, detail: &str| {
        Err(Problem::new(Code::InvalidField, detail).at(format!("/{field}")))
    };
    let start = draft.send_at.unwrap_or(now).max(now);
    let wait: Span = match draft.stream {
        Stream::Marketing => limits::SEND_BY_MARKETING,
        Stream::Personal | Stream::Transactional => limits::SEND_BY_DEFAULT,
    };
    let latest = now + limits::SEND_BY_MAX + limits::SEND_BY_DEFAULT;
    let send_by = draft
        .send_by
        .unwrap_or((start + wait.max(hold_for)).min(latest));
    if draft
        .send_at
        .is_some_and(|at| at > now + limits::SEND_BY_MAX)
    {
        return refuse(
            "send_at",
            "`send_at` is more than 30 days ahead; ask again nearer to it",
        );
    }
    if send_by > latest {
        return refuse(
            "send_by",
            "`send_by` is more than 30 days ahead; choose an earlier time",
        );
    }
    if send_by <= now {
        return refuse(
            "send_by",
            "`send_by` has passed; choose a later time or leave it out",
        );
    }
    if send_by <= start {
        return refuse(
            "send_by",
            "`send_by` is before `send_at`; it could never leave",
        );
    }
    Ok(send_by)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_000_000);
    const DAY: Span = Span::from_hours(24);

    fn draft(send_at: Option<Timestamp>, send_by: Option<Timestamp>) -> Draft {
        let json = serde_json::json!({"to": [], "subject": ""});
        Draft {
            send_at,
            send_by,
            ..serde_json::from_value(json).unwrap()
        }
    }

    #[test]
    fn a_send_waits_a_day_for_its_slot_unless_it_says_otherwise() {
        assert_eq!(
            send_by(&draft(None, None), NOW, DAY),
            Ok(NOW + Span::from_hours(24))
        );
        let at = NOW + Span::from_days(2);
        assert_eq!(
            send_by(&draft(Some(at), None), NOW, DAY),
            Ok(at + Span::from_hours(24))
        );
        let marketing = Draft {
            stream: Stream::Marketing,
            ..draft(None, None)
        };
        assert_eq!(send_by(&marketing, NOW, DAY), Ok(NOW + Span::from_days(7)));
        // Whoever gives people three days to decide does not find the mail lapsed after one.
        let days = Span::from_days(3);
        assert_eq!(send_by(&draft(None, None), NOW, days), Ok(NOW + days));
    }

    #[test]
    fn times_that_cannot_work_are_named() {
        let pointer = |d: Draft| send_by(&d, NOW, DAY).unwrap_err().pointer.unwrap();
        let day = Span::from_days(1);
        assert_eq!(pointer(draft(None, Some(NOW))), "/send_by");
        assert_eq!(
            pointer(draft(None, Some(NOW + Span::from_days(60)))),
            "/send_by"
        );
        assert_eq!(
            pointer(draft(Some(NOW + Span::from_days(31)), None)),
            "/send_at"
        );
        assert_eq!(
            pointer(draft(Some(NOW + day), Some(NOW + Span::from_hours(1)))),
            "/send_by"
        );
    }

    #[test]
    fn keys_have_a_shape() {
        assert!(check_key("order-17").is_ok());
        assert!(check_key("").is_err());
        assert!(check_key("a\nb").is_err());
        assert!(check_key(&"k".repeat(257)).is_err());
    }
}
