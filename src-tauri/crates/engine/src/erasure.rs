//! Taking out on purpose: a contact on request, and what is older than it is to be kept.

use domain::{Address, Code, InboundId, Problem, Span, SubmissionId, Timestamp};
use store::{Aged, Gone, Kept, Naming, RetainFrom, Store};

use crate::open::Engine;

/// Days something may be kept at the most before it goes by itself; for longer, it stays for good.
pub const RETENTION_DAYS_MAX: u32 = 3_650;

/// Where a retention's days stand among the settings.
pub const fn retention_setting(kind: Kept) -> &'static str {
    match kind {
        Kept::Bodies => "keep_bodies_days",
        Kept::Raw => "keep_raw_days",
        Kept::Attachments => "keep_attachments_days",
    }
}

/// What an erasure took.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Erased {
    /// Counted before.
    pub naming: Naming,
    /// Why bytes of it are still on the disk, if any are; they go with the next retention, or at
    /// the next start.
    pub late: Option<String>,
}

impl Engine {
    /// What names an address, counted: what an erasure would take.
    ///
    /// # Errors
    /// If the store cannot read.
    pub async fn naming(&self, address: &Address) -> Result<Naming, Problem> {
        let address = address.clone();
        self.read(move |store| store.naming(&address, store.inside(&address, mail::parse::texts)?))
            .await
    }

    /// Erases a contact and then the bytes of what was erased. What waits for them is cancelled
    /// first; the chain holds; an opt-out goes on under a keyed digest.
    ///
    /// # Errors
    /// `wrong_state` for an address of ours, or while something to them is on the wire or
    /// uncertain; `not_found` if nothing names them.
    pub async fn erase(&self, address: &Address) -> Result<Erased, Problem> {
        let ours = address.clone();
        let mailbox = self
            .read(move |store| store.mailbox_by_address(&ours))
            .await?;
        if mailbox.is_some() {
            let detail = format!("`{address}` is a mailbox of yours and not a contact");
            return Err(Problem::new(Code::WrongState, detail).at("/address"));
        }
        let whom = address.clone();
        let inside = self
            .read(move |store| store.inside(&whom, mail::parse::texts))
            .await?;
        let store = &self.inner.store;
        let naming = self
            .act(store.erase(address.clone(), inside, self.now()))
            .await?;
        // They are erased, whatever becomes of the bytes: no answer may say otherwise.
        let late = self.act(store.sweep()).await.err();
        if let Some(problem) = &late {
            tracing::warn!(%problem, "what was erased is not overwritten yet");
        }
        Ok(Erased {
            naming,
            late: late.map(|problem| problem.detail),
        })
    }

    /// What was taken out of a submission on purpose, and when; the most of it first.
    ///
    /// # Errors
    /// If the store cannot read.
    pub async fn gone_from(&self, id: SubmissionId) -> Result<Option<(Gone, Timestamp)>, Problem> {
        self.read(move |store| Ok(store.gone_from(id)?.into_iter().next()))
            .await
    }

    /// The same of a received message.
    ///
    /// # Errors
    /// If the store cannot read.
    pub async fn gone_from_received(
        &self,
        id: InboundId,
    ) -> Result<Option<(Gone, Timestamp)>, Problem> {
        self.read(move |store| Ok(store.gone_from_received(id)?.into_iter().next()))
            .await
    }

    /// How many days a kind is kept; for good if nobody said.
    ///
    /// # Errors
    /// If the store cannot read.
    pub async fn kept_for(&self, kind: Kept) -> Result<Option<u32>, Problem> {
        let said = self.setting(retention_setting(kind)).await?;
        Ok(said
            .and_then(|days| days.parse().ok())
            .filter(|days| (1..=RETENTION_DAYS_MAX).contains(days)))
    }

    /// What of a kind is older than so many days and could go.
    ///
    /// # Errors
    /// If the store cannot read.
    pub async fn aged(&self, kind: Kept, days: u32) -> Result<Aged, Problem> {
        let before = older_than(self.now(), days);
        self.read(move |store| store.aged(kind, before)).await
    }

    /// Takes what has grown old, a bounded round after the other, and then its bytes, and those an
    /// erasure had to leave. Gives how many
    /// messages lost something.
    ///
    /// # Errors
    /// If the store cannot write.
    pub async fn retain(&self) -> Result<u64, Problem> {
        let mut taken = 0;
        for kind in Kept::ALL {
            let Some(days) = self.kept_for(kind).await? else {
                continue;
            };
            let now = self.now();
            let before = older_than(now, days);
            let mut from = Some(RetainFrom::default());
            while let Some(place) = from {
                let round = self.inner.store.retain(kind, before, place, now);
                let round = self.act(round).await?;
                taken += round.taken;
                from = round.next;
            }
        }
        if taken > 0 || self.read(Store::is_sweep_due).await? {
            self.act(self.inner.store.sweep()).await?;
        }
        Ok(taken)
    }
}

/// Whole days, so that what grows old in one goes at once and not minute by minute.
fn older_than(now: Timestamp, days: u32) -> Timestamp {
    let day = Span::from_days(1).micros();
    let today = Timestamp::from_micros(now.micros() - now.micros().rem_euclid(day));
    today - Span::from_days(i64::from(days))
}
