//! One folder: what stands above its cursor is fetched and handed in, in order.
//!
//! A message that does not come must not be passed over, and must not hold up the folder for good:
//! what failed is fetched one by one; the one that fails again and again is put aside, noted, and
//! asked for again later.
//!
//! HIGHESTMODSEQ (RFC 7162) skips nothing here that UIDNEXT does not: what is read are new messages,
//! and each raises UIDNEXT. It also rises with every flag, which nobody here looks at. Removed
//! messages are noticed where they matter, when one that is listed does not come.

use std::collections::HashMap;

use domain::{Account, AccountId, Code, ImapSettings, Span, Timestamp};
use mail::imap::{Fetched, Folder, FolderStanding, Listed, MailTrouble, Mailroom};
use store::{Place, Withheld};

use super::Arrival;
use super::watch::local;
use crate::open::Engine;
use crate::problems;

/// Messages fetched and handed in at once.
const BATCH_MAX: usize = 100;
/// Octets fetched at once, as the server tells them.
const BATCH_OCTETS_MAX: u64 = 8 << 20;
/// How far back a folder is read that was never read before.
const BACKFILL: Span = Span::from_days(90);
/// Tries at one message before its folder goes on without it.
const TRIES_MAX: u32 = 3;
/// No cursor stands there: what is handed in behind it moves none.
const NOWHERE: u32 = u32::MAX;

/// Up to which UID each folder is fetched one by one, because a batch there failed.
pub(super) type Careful = HashMap<String, u32>;

/// What stopped a batch.
struct Stuck {
    /// Which message it was, where that can be told.
    uid: Option<u32>,
    trouble: MailTrouble,
    /// False where it is our own disk's fault: that counts against no message.
    counts: bool,
    /// True if the connection can be used further.
    is_alive: bool,
}

/// A folder as it stands on its server.
#[derive(Clone, Copy)]
struct At<'a> {
    account: &'a Account,
    settings: &'a ImapSettings,
    folder: &'a Folder,
    uid_validity: u32,
}

impl Engine {
    /// Takes in what stands above its cursor in the folder that is open, which stood like this when it
    /// was opened.
    pub(super) async fn catch_up(
        &self,
        room: &mut Mailroom,
        account: &Account,
        settings: &ImapSettings,
        folder: &Folder,
        standing: FolderStanding,
        careful: &mut Careful,
    ) -> Result<(), MailTrouble> {
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
            careful.remove(&folder.name);
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
                .map_err(|error| local(problems::from_store(error)))?;
        }
        let at = At {
            account,
            settings,
            folder,
            uid_validity: standing.uid_validity,
        };
        self.ask_again(room, at).await?;
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
        while let Some(first) = rest.first() {
            let until = careful.get(&folder.name).copied().unwrap_or(0);
            let alone = first.uid <= until;
            let count = if alone { 1 } else { batch_of(rest) };
            let (batch, after) = rest.split_at(count);
            match self.take_batch(room, at, &mut cursor, batch).await {
                Ok(()) => rest = after,
                Err(stuck) => {
                    let passed = self.stuck(at, &mut cursor, careful, batch, &stuck).await?;
                    if !(passed && stuck.is_alive) {
                        return Err(stuck.trouble);
                    }
                    let next = rest.iter().position(|row| row.uid > cursor);
                    rest = next.map_or(&[], |next| rest.split_at(next).1);
                }
            }
        }
        careful.remove(&folder.name);
        Ok(())
    }

    /// Fetches a batch and hands it in, up to the first that does not come.
    async fn take_batch(
        &self,
        room: &mut Mailroom,
        at: At<'_>,
        cursor: &mut u32,
        batch: &[Listed],
    ) -> Result<(), Stuck> {
        let only = match batch {
            [only] => Some(only.uid),
            _ => None,
        };
        let fetched = room.fetch(batch).await.map_err(|trouble| Stuck {
            uid: only,
            trouble,
            counts: true,
            is_alive: false,
        })?;
        let withheld = fetched.withheld.first().copied();
        let mut arrivals = Vec::with_capacity(fetched.messages.len());
        let mut last = *cursor;
        for message in fetched.messages {
            if withheld.is_some_and(|withheld| message.uid > withheld) {
                break;
            }
            let uid = message.uid;
            arrivals.push(arrival(at, last, message));
            last = uid;
        }
        self.take_in(at.account, at.settings, arrivals)
            .await
            .map_err(|problem| Stuck {
                uid: only,
                counts: problem.code != Code::StoreUnavailable,
                trouble: local(problem),
                is_alive: true,
            })?;
        *cursor = last;
        match withheld {
            None => Ok(()),
            Some(uid) => Err(Stuck {
                uid: Some(uid),
                trouble: room.keeps_back(uid),
                counts: true,
                is_alive: true,
            }),
        }
    }

    /// Counts what stopped a batch. True if the folder goes on without the message.
    async fn stuck(
        &self,
        at: At<'_>,
        cursor: &mut u32,
        careful: &mut Careful,
        batch: &[Listed],
        stuck: &Stuck,
    ) -> Result<bool, MailTrouble> {
        if !stuck.counts {
            return Ok(false);
        }
        let Some(uid) = stuck.uid else {
            // Which one it was shows when they come one by one.
            let last = batch.last().map_or(0, |row| row.uid);
            careful.insert(at.folder.name.clone(), last);
            return Ok(false);
        };
        let row = batch.iter().find(|row| row.uid == uid);
        let octets = row.map_or(0, |row| row.octets);
        let passed = self
            .withheld(at, (uid, octets), *cursor, &stuck.trouble)
            .await?;
        if passed {
            tracing::warn!(
                account = %at.account.id, folder = at.folder.name, uid,
                error = %stuck.trouble, "a message is put aside; its folder goes on"
            );
            *cursor = uid;
        }
        Ok(passed)
    }

    /// Asks once more for what was put aside.
    async fn ask_again(&self, room: &mut Mailroom, at: At<'_>) -> Result<(), MailTrouble> {
        let (id, name, now) = (at.account.id, at.folder.name.clone(), self.now());
        let due = self
            .read(move |store| store.asides_due(id, &name, now))
            .await
            .map_err(local)?;
        for (uid, octets) in due {
            let fetched = match room.fetch(&[Listed { uid, octets }]).await {
                Ok(fetched) => fetched,
                Err(trouble) => {
                    self.withheld(at, (uid, octets), NOWHERE, &trouble).await?;
                    return Err(trouble);
                }
            };
            if !fetched.withheld.is_empty() {
                let trouble = room.keeps_back(uid);
                self.withheld(at, (uid, octets), NOWHERE, &trouble).await?;
                continue;
            }
            let came = !fetched.messages.is_empty();
            let arrivals = fetched
                .messages
                .into_iter()
                .map(|message| arrival(at, NOWHERE, message))
                .collect();
            if let Err(problem) = self.take_in(at.account, at.settings, arrivals).await {
                let trouble = local(problem);
                self.withheld(at, (uid, octets), NOWHERE, &trouble).await?;
                continue;
            }
            self.aside_over(at, uid, came).await?;
        }
        Ok(())
    }

    async fn withheld(
        &self,
        at: At<'_>,
        (uid, octets): (u32, u32),
        after: u32,
        trouble: &MailTrouble,
    ) -> Result<bool, MailTrouble> {
        let ask = Withheld {
            place: place(at, uid, after),
            octets,
            why: trouble.text.clone(),
            tries_max: TRIES_MAX,
            now: self.now(),
        };
        self.inner
            .store
            .withheld(ask)
            .await
            .map_err(|error| local(problems::from_store(error)))
    }

    async fn aside_over(&self, at: At<'_>, uid: u32, came: bool) -> Result<(), MailTrouble> {
        let (account, folder): (AccountId, String) = (at.account.id, at.folder.name.clone());
        self.inner
            .store
            .aside_over(account, folder, uid, came, self.now())
            .await
            .map_err(|error| local(problems::from_store(error)))
    }
}

fn place(at: At<'_>, uid: u32, after: u32) -> Place {
    Place {
        account: at.account.id,
        folder: at.folder.name.clone(),
        uid_validity: at.uid_validity,
        uid,
        after,
    }
}

fn arrival(at: At<'_>, after: u32, message: Fetched) -> Arrival {
    Arrival {
        place: place(at, message.uid, after),
        folder: at.folder.kind,
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
