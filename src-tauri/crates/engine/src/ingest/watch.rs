//! One watcher per account that reads mail: connect, catch up, wait, and again.
//!
//! A watcher ends with its connection; the loop around it says in words how the account does, and
//! waits before it tries again: longer each time, and long after a refused login, for a server
//! locks out who hammers it.

use std::collections::HashMap;
use std::sync::PoisonError;
use std::time::Duration;

use domain::{Account, AccountId, ChangeKind, ImapSettings, Problem, Span, Timestamp};
use mail::imap::{Fetched, Folder, Listed, MailTrouble, MailTroubleKind, Mailroom};
use store::Place;
use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::Arrival;
use crate::dispatch::AccountHealth;
use crate::open::Engine;

/// How long the inbox is waited at before the other folders are looked at. A server's IDLE ends
/// after 29 minutes (RFC 2177); far shorter, because copies in Sent settle what is uncertain.
const ROUND: Duration = Duration::from_secs(20);
/// Messages fetched and handed in at once.
const BATCH_MAX: usize = 100;
/// Octets fetched at once, as the server tells them.
const BATCH_OCTETS_MAX: u64 = 8 << 20;
/// How far back a folder is read that was never read before.
const BACKFILL: Span = Span::from_days(90);
/// How long a locked vault is waited for before it is looked at again.
const LOCKED: Span = Span::from_seconds(2);
/// The shortest wait after a refused login.
const AFTER_REFUSAL: Span = Span::from_minutes(1);
/// How often the accounts are looked through without being told of a change.
const LOOK: Span = Span::from_seconds(30);

/// Watches every account that reads mail, and follows their settings.
pub(crate) async fn watch_all(
    engine: Engine,
    stop: CancellationToken,
    spawn: impl Fn(Engine, Account, ImapSettings, CancellationToken) -> JoinHandle<()>,
) {
    let mut watched: HashMap<AccountId, (ImapSettings, CancellationToken, JoinHandle<()>)> =
        HashMap::new();
    let mut changes = engine.subscribe();
    while !stop.is_cancelled() {
        let accounts = match engine.read(store::Store::accounts).await {
            Ok(accounts) => accounts,
            Err(problem) => {
                tracing::error!(%problem, "the accounts could not be read");
                Vec::new()
            }
        };
        for account in &accounts {
            let known = watched.get(&account.id).map(|(settings, ..)| settings);
            if known == account.imap.as_ref() {
                continue;
            }
            if let Some((_, stopped, worker)) = watched.remove(&account.id) {
                stopped.cancel();
                let _ = worker.await;
            }
            if let Some(settings) = &account.imap {
                let stopped = stop.child_token();
                let worker = spawn(
                    engine.clone(),
                    account.clone(),
                    settings.clone(),
                    stopped.clone(),
                );
                watched.insert(account.id, (settings.clone(), stopped, worker));
            }
        }
        let told = async {
            loop {
                match changes.recv().await {
                    Ok(change) if change.kind == ChangeKind::Mailboxes => return,
                    Ok(_) => {}
                    Err(RecvError::Lagged(_)) => return,
                    Err(RecvError::Closed) => return std::future::pending().await,
                }
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = told => {}
            () = engine.inner.clock.sleep_until(engine.now() + LOOK) => {}
        }
    }
    for (_, (_, stopped, worker)) in watched.drain() {
        stopped.cancel();
        let _ = worker.await;
    }
}

/// Watches one account until it is stopped.
pub(crate) async fn watch(
    engine: Engine,
    account: Account,
    settings: ImapSettings,
    stop: CancellationToken,
) {
    let mut failures: u32 = 0;
    while !stop.is_cancelled() {
        let wait = if engine.inner.vault.is_locked() {
            engine.note_mail(
                account.id,
                false,
                "locked: its password cannot be read",
                0,
                None,
            );
            LOCKED
        } else {
            let mut got_in = false;
            let watching = engine.watch_once(&account, &settings, &mut got_in);
            let ended = tokio::select! {
                () = stop.cancelled() => return,
                ended = watching => ended,
            };
            if got_in {
                failures = 0;
            }
            failures = failures.saturating_add(1);
            let [chance, ..] = engine.inner.ids.secret();
            let wait = match &ended {
                Err(trouble) if trouble.kind == MailTroubleKind::Login => {
                    AFTER_REFUSAL.max(backoff(failures, chance))
                }
                Ok(()) | Err(_) => backoff(failures, chance),
            };
            if let Err(trouble) = ended {
                tracing::warn!(account = %account.id, error = %trouble, "mail is not read");
                let until = engine.now() + wait;
                engine.note_mail(account.id, false, &trouble.text, failures, Some(until));
            }
            wait
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = engine.inner.clock.sleep_until(engine.now() + wait) => {}
        }
    }
}

impl Engine {
    /// How reading mail goes, per account; accounts that read none are absent.
    pub fn mail_health(&self) -> HashMap<AccountId, AccountHealth> {
        self.inner
            .mail_health
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn note_mail(
        &self,
        account: AccountId,
        ok: bool,
        text: &str,
        failures: u32,
        rests_until: Option<Timestamp>,
    ) {
        let noted = AccountHealth {
            ok,
            text: text.to_owned(),
            at: self.now(),
            failures,
            rests_until,
        };
        self.inner
            .mail_health
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(account, noted);
    }

    /// One connection, until it breaks.
    async fn watch_once(
        &self,
        account: &Account,
        settings: &ImapSettings,
        got_in: &mut bool,
    ) -> Result<(), MailTrouble> {
        let secret = self.imap_secret(account.id).await.map_err(local)?;
        let secret = secret.ok_or_else(|| MailTrouble {
            kind: MailTroubleKind::Login,
            text: "no password is kept for reading this mailbox; set it again".to_owned(),
        })?;
        let mut room = Mailroom::open(settings, &secret).await?;
        drop(secret);
        let folders = room.folders(&settings.folders).await?;
        loop {
            for folder in &folders {
                self.catch_up(&mut room, account, settings, folder).await?;
            }
            // Only now: a login that leads nowhere must not be repeated every other second.
            *got_in = true;
            self.note_mail(account.id, true, "mail is read as it arrives", 0, None);
            // The inbox is the one to wait at, and nothing is waited at unread.
            room.examine("INBOX").await?;
            if room.can_idle() {
                room = room.wait(ROUND).await?;
            } else {
                self.inner
                    .clock
                    .sleep_until(self.now() + Span::from_seconds(20))
                    .await;
                room.noop().await?;
            }
        }
    }

    /// Takes in what stands in a folder above its cursor.
    async fn catch_up(
        &self,
        room: &mut Mailroom,
        account: &Account,
        settings: &ImapSettings,
        folder: &Folder,
    ) -> Result<(), MailTrouble> {
        let standing = room.examine(&folder.name).await?;
        let (id, name) = (account.id, folder.name.clone());
        let known = self
            .read(move |store| store.mail_cursor(id, &name))
            .await
            .map_err(local)?;
        let same = known.filter(|known| known.uid_validity == standing.uid_validity);
        if same.is_none() {
            if known.is_some() {
                tracing::warn!(account = %account.id, folder = folder.name, "the folder was made anew; it is read again");
            }
            self.inner
                .store
                .begin_folder(
                    account.id,
                    folder.name.clone(),
                    standing.uid_validity,
                    standing.modseq,
                    self.now(),
                )
                .await
                .map_err(|error| local(crate::problems::from_store(error)))?;
        }
        let mut cursor = same.map_or(0, |same| same.uid);
        if standing
            .uid_next
            .is_some_and(|next| next <= cursor.saturating_add(1))
        {
            return Ok(());
        }
        let since = (cursor == 0).then(|| mail::imap::day(self.now() - BACKFILL));
        let listed = room.above(cursor, since.as_deref()).await?;
        let mut rest = listed.as_slice();
        while !rest.is_empty() {
            let (batch, after) = rest.split_at(batch_of(rest));
            rest = after;
            let fetched = room.fetch(batch).await?;
            let mut arrivals = Vec::with_capacity(fetched.len());
            for message in fetched {
                let uid = message.uid;
                arrivals.push(arrival(
                    account.id,
                    folder,
                    standing.uid_validity,
                    cursor,
                    message,
                ));
                cursor = uid;
            }
            self.take_in(account, settings, arrivals)
                .await
                .map_err(local)?;
        }
        Ok(())
    }
}

fn arrival(
    account: AccountId,
    folder: &Folder,
    uid_validity: u32,
    after: u32,
    message: Fetched,
) -> Arrival {
    Arrival {
        place: Place {
            account,
            folder: folder.name.clone(),
            uid_validity,
            uid: message.uid,
            after,
        },
        folder: folder.kind,
        bytes: message.bytes,
        is_head: message.is_head,
        received_at: message.received_at.map(Timestamp::from_seconds),
    }
}

/// How many of these to fetch at once: at least one.
fn batch_of(listed: &[Listed]) -> usize {
    let mut octets: u64 = 0;
    let mut count: usize = 0;
    for row in listed.iter().take(BATCH_MAX) {
        octets = octets.saturating_add(u64::from(row.octets));
        if count > 0 && octets > BATCH_OCTETS_MAX {
            break;
        }
        count = count.saturating_add(1);
    }
    count.max(1).min(listed.len())
}

/// How long to wait after so many failures in a row: doubling from 2 s to 5 min, and up to a
/// quarter more by chance, so that many accounts do not come back at once.
fn backoff(failures: u32, chance: u8) -> Span {
    let seconds = 1_i64.checked_shl(failures.min(9)).unwrap_or(300).min(300);
    let more = seconds
        .saturating_mul(250)
        .saturating_mul(i64::from(chance))
        / 255;
    Span::from_millis(seconds.saturating_mul(1_000).saturating_add(more))
}

/// A problem of ours, not of the server.
fn local(problem: Problem) -> MailTrouble {
    MailTrouble {
        kind: MailTroubleKind::Connection,
        text: problem.detail,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_has_at_least_one_and_is_bounded_in_octets() {
        let row = |octets| Listed { uid: 1, octets };
        assert_eq!(batch_of(&[row(100 << 20), row(1)]), 1);
        assert_eq!(batch_of(&[row(4 << 20), row(3 << 20), row(3 << 20)]), 2);
        assert_eq!(batch_of(&vec![row(10); 500]), BATCH_MAX);
    }
}
