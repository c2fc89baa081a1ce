//! Leaving: claim and judge again in one transaction, send, record how far it got.

use std::collections::HashMap;
use std::sync::PoisonError;

use domain::delivery::Phase;
use domain::{
    AccountId, AccountKind, AttemptId, DecisionId, Outcome, Problem, SmtpAuth, Span, Timestamp,
};
use mail::transport::{Outgoing, SmtpTransport, Timeouts, Transport};
use policy::Clearance;
use store::{Claim, ClaimAsk, Departure, Finish, Retry};

use crate::moved::Moved;
use crate::open::Engine;
use crate::outcome::{backoff, retry};
use crate::problems;
use crate::rehearse::SLOW_ACCEPT;

/// Deliveries under way at once.
pub(crate) const FLIGHTS_MAX: usize = 16;
/// Deliveries under way at once through one account: relays count connections.
pub(crate) const FLIGHTS_PER_ACCOUNT_MAX: usize = 4;
/// A claim nobody finishes is another's after this; longer than any SMTP conversation.
const LEASE: Span = Span::from_minutes(30);

/// How an account's last delivery went, in words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AccountHealth {
    /// True if the relay answered as it should.
    pub ok: bool,
    /// One sentence.
    pub text: String,
    /// What a person should know all the same, in words.
    pub amiss: Option<String>,
    /// When.
    pub at: Timestamp,
    /// Failures in a row.
    pub failures: u32,
    /// Nothing is tried through it before then.
    pub rests_until: Option<Timestamp>,
}

impl AccountHealth {
    /// True if a person would read the same, but for how long ago it was.
    pub(crate) fn reads_as(&self, other: &AccountHealth) -> bool {
        let told = |health: &AccountHealth| (health.ok, health.failures, health.rests_until);
        told(self) == told(other) && self.text == other.text && self.amiss == other.amiss
    }
}

/// What one round of dispatch came to.
pub(crate) enum Round {
    /// This one is cleared and must be delivered.
    Deliver(Box<Departure<Clearance>>),
    /// One was looked at and stays; there may be more.
    Again,
    /// Nothing is due before then.
    Idle(Option<Timestamp>),
}

impl Engine {
    /// Claims the next due submission, judged at this moment. `in_flight` counts deliveries under
    /// way by account.
    pub(crate) async fn round(
        &self,
        in_flight: &HashMap<AccountId, usize>,
    ) -> Result<Round, Problem> {
        let now = self.now();
        let (busy, rested_at) = self.busy(in_flight, now).await?;
        let terms = self.terms().await?;
        let ask = ClaimAsk {
            now,
            attempt: AttemptId::new(self.inner.ids.as_ref(), now),
            decision: DecisionId::new(self.inner.ids.as_ref(), now),
            hold_for: terms.hold_for,
            lease: LEASE,
            busy,
        };
        let claim = self
            .inner
            .store
            .claim(ask, self.inner.judge.release(), policy::is_final_block)
            .await
            .map_err(problems::from_store)?;
        Ok(match claim {
            Claim::Leave(departure) => Round::Deliver(departure),
            Claim::HeldBack(row) => {
                tracing::info!(id = %row.id, state = %row.state.name(), "held back at the wire");
                Round::Again
            }
            Claim::Nothing { wake } => Round::Idle(match (wake, rested_at) {
                (Some(due), Some(rested)) => Some(due.min(rested)),
                (due, rested) => due.or(rested),
            }),
        })
    }

    /// Accounts nothing may be claimed for now, and when the first of them has rested.
    async fn busy(
        &self,
        in_flight: &HashMap<AccountId, usize>,
        now: Timestamp,
    ) -> Result<(Vec<AccountId>, Option<Timestamp>), Problem> {
        let mut busy: Vec<AccountId> = in_flight
            .iter()
            .filter(|(_, count)| **count >= FLIGHTS_PER_ACCOUNT_MAX)
            .map(|(account, _)| *account)
            .collect();
        let mut rested_at: Option<Timestamp> = None;
        {
            let health = self
                .inner
                .health
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            for (account, until) in health
                .iter()
                .filter_map(|(account, health)| Some((account, health.rests_until?)))
            {
                if until > now {
                    busy.push(*account);
                    rested_at = Some(rested_at.map_or(until, |at| at.min(until)));
                }
            }
        }
        busy.extend(self.sends_signed_out().await?);
        if self.inner.vault.is_locked() {
            let accounts = self.read(store::Store::accounts).await?;
            busy.extend(
                accounts
                    .iter()
                    .filter(|a| needs_secret(&a.kind))
                    .map(|a| a.id),
            );
        }
        Ok((busy, rested_at))
    }

    /// Delivers one cleared submission and records the outcome, however long the disk takes.
    pub(crate) async fn deliver(self, departure: Departure<Clearance>) {
        let Departure {
            attempt,
            submission,
            sealed,
            account,
            send_at,
            date_at,
            recipients,
            tried_since,
            clearance,
        } = departure;
        let date = mail::compose::date_header(date_at);
        let outgoing = Outgoing {
            sealed: &sealed,
            account: account.id,
            send_at,
            date: &date,
            recipients: &recipients,
        };
        let final_dot = || async {
            match self.inner.store.final_dot(attempt.id, self.now()).await {
                Ok(open) => {
                    if open && self.is_slow(&account.kind).await {
                        self.inner.clock.sleep_until(self.now() + SLOW_ACCEPT).await;
                    }
                    open
                }
                // Without the mark on disk the dot must not be sent: a crash would send it twice.
                Err(error) => {
                    tracing::error!(%error, id = %submission.id, "the last dot was not sent");
                    false
                }
            }
        };
        let (outcome, refused) = match self.transport(&account.kind, account.id).await {
            Ok(transport) => match transport.send(clearance, &outgoing, final_dot).await {
                Ok(outcome) => (outcome, false),
                Err(refused) => (unsent(Phase::Data, refused.to_string()), true),
            },
            Err(problem) => (unsent(Phase::Auth, problem.detail), false),
        };
        if let Outcome::NotAccepted {
            phase: Phase::Auth,
            reply: Some(_),
            ..
        } = &outcome
        {
            self.forget_access(account.id).await;
        }
        let now = self.now();
        let [chance, ..] = self.inner.ids.secret();
        self.note_health(account.id, &outcome, now, chance);
        let retry = match &outcome {
            Outcome::NotAccepted { reason, .. } if refused => Retry::GiveUp(reason.clone()),
            Outcome::NotAccepted { .. } | Outcome::Answered { .. } | Outcome::Unanswered { .. } => {
                retry(&outcome, attempt.number, tried_since, now, chance)
            }
        };
        // What happened on the wire cannot be asked for again: insist until it is written. If the
        // process ends first, the committed marks say what to do at the next start.
        loop {
            let finish = Finish {
                attempt: attempt.id,
                outcome: outcome.clone(),
                now: self.now(),
                retry: retry.clone(),
            };
            match self.inner.store.finish(finish).await {
                Ok(row) => {
                    tracing::info!(id = %row.id, state = %row.state.name(), "delivery ended");
                    return;
                }
                Err(store::StoreError::Unavailable { reason }) => {
                    tracing::error!(%reason, id = %submission.id, "an outcome is not written yet");
                    self.inner
                        .clock
                        .sleep_until(self.now() + Span::from_seconds(1))
                        .await;
                }
                Err(error) => {
                    tracing::error!(%error, id = %submission.id, "an outcome was not written");
                    return;
                }
            }
        }
    }

    async fn transport(&self, kind: &AccountKind, id: AccountId) -> Result<Transport, Problem> {
        match kind {
            AccountKind::Rehearsal => {
                let chaos = self.rehearsal_chaos().await?;
                Ok(Transport::Rehearsal(self.inner.rehearsal.under(chaos)))
            }
            AccountKind::Smtp(settings) => {
                let secret = match settings.auth {
                    SmtpAuth::None => None,
                    SmtpAuth::Password { .. } => self.smtp_secret(id).await?,
                    SmtpAuth::Xoauth2 { .. } => {
                        self.token(id, &settings.host, false, false).await?
                    }
                };
                Ok(Transport::Smtp(SmtpTransport::new(
                    settings.clone(),
                    secret,
                    Timeouts::default(),
                )))
            }
        }
    }

    /// True if the relay is the rehearsal's and answers the last dot late. It has the message by
    /// then: what ends the process now leaves it uncertain, as on a real wire.
    async fn is_slow(&self, kind: &AccountKind) -> bool {
        match kind {
            AccountKind::Rehearsal => {
                let chaos = self.rehearsal_chaos().await;
                chaos.is_ok_and(|chaos| chaos.slow_accept)
            }
            AccountKind::Smtp(_) => false,
        }
    }

    fn note_health(&self, account: AccountId, outcome: &Outcome, now: Timestamp, chance: u8) {
        let mut health = self
            .inner
            .health
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let failures = health.get(&account).map_or(0, |before| before.failures);
        let noted = match outcome {
            Outcome::NotAccepted {
                phase: Phase::Connect | Phase::Auth,
                reason,
                ..
            } => {
                let failures = failures.saturating_add(1);
                AccountHealth {
                    ok: false,
                    text: reason.clone(),
                    amiss: None,
                    at: now,
                    failures,
                    // The whole account rests: the next message would meet the same closed door.
                    rests_until: Some(now + backoff(failures, chance)),
                }
            }
            Outcome::NotAccepted { .. } | Outcome::Answered { .. } | Outcome::Unanswered { .. } => {
                let text = "the relay answers".to_owned();
                AccountHealth {
                    ok: true,
                    text,
                    amiss: None,
                    at: now,
                    failures: 0,
                    rests_until: None,
                }
            }
        };
        let moved = !health.get(&account).is_some_and(|was| was.reads_as(&noted));
        health.insert(account, noted);
        drop(health);
        if moved {
            self.inner.announcer.moves(Moved::Health);
        }
    }

    /// How each account's last delivery went; accounts that never sent are absent.
    pub fn dispatch_health(&self) -> HashMap<AccountId, AccountHealth> {
        self.inner
            .health
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Lets accounts that rest be tried at once: a password came, or a person says so.
    pub(crate) fn end_rests(&self) {
        let mut health = self
            .inner
            .health
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        health
            .values_mut()
            .for_each(|health| health.rests_until = None);
        drop(health);
        self.inner.announcer.end_rests();
        self.inner.announcer.wake();
        self.inner.announcer.moves(Moved::Health);
    }

    /// Settles what an earlier process left on the wire.
    pub(crate) async fn recover(&self) -> Result<(), Problem> {
        let recovered = self
            .inner
            .store
            .recover(self.now())
            .await
            .map_err(problems::from_store)?;
        if !recovered.requeued.is_empty() || !recovered.uncertain.is_empty() {
            tracing::warn!(
                requeued = recovered.requeued.len(),
                uncertain = recovered.uncertain.len(),
                "deliveries were under way when the last process ended"
            );
        }
        Ok(())
    }
}

/// True if sending needs a secret of the vault.
pub(crate) fn needs_secret(kind: &AccountKind) -> bool {
    match kind {
        AccountKind::Smtp(settings) => match settings.auth {
            SmtpAuth::None => false,
            SmtpAuth::Password { .. } | SmtpAuth::Xoauth2 { .. } => true,
        },
        AccountKind::Rehearsal => false,
    }
}

fn unsent(phase: Phase, reason: String) -> Outcome {
    Outcome::NotAccepted {
        phase,
        reply: None,
        reason,
    }
}
