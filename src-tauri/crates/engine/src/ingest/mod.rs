//! Mail comes in: read on a thread of its own, then kept, tied and acted on in one transaction.
//!
//! `signed` asks who signed it, `read` turns bytes into what was read in them, `plan` decides what
//! follows from that and from what the record knows, and `effects` what that does to the record;
//! these three are pure. The store carries the plan out. `watch` holds the connection, `folder`
//! brings the bytes, `copies` files what left in Sent.

mod copies;
mod effects;
mod folder;
#[cfg(test)]
mod kinds;
mod plan;
mod read;
mod signed;
pub(crate) mod watch;

use domain::received::{Received, ReceivedKind};
use domain::{Account, ConversationId, ImapSettings, InboundId, Problem, SentCopy, Timestamp};
use mail::dkim::Signed;
use mail::imap::FolderUse;
use store::{InboundRow, Ingest, Ingested, Place, SentJudged, SentSeen};
use triage::Triage;

use crate::open::Engine;
use crate::problems;

/// A message as it was fetched.
pub(crate) struct Arrival {
    /// Where it stands.
    pub place: Place,
    /// What the folder is for.
    pub folder: FolderUse,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// True if only its headers were fetched.
    pub is_head: bool,
    /// When the server took it in.
    pub received_at: Option<Timestamp>,
}

/// What was written about one arrival.
pub(crate) enum Written {
    /// Received mail.
    Inbound(store::Reply<Ingested>),
    /// A copy in Sent.
    Sent(store::Reply<SentJudged>),
    /// Nothing of it is ours.
    Skipped(store::Reply<()>),
}

impl Engine {
    /// Takes in a batch of arrivals, in order. Those that were taken in before change nothing.
    ///
    /// # Errors
    /// If the store could not write one: what follows it is written, and it is fetched again.
    pub(crate) async fn take_in(
        &self,
        account: &Account,
        settings: &ImapSettings,
        arrivals: Vec<Arrival>,
    ) -> Result<(), Problem> {
        let engine = self.clone();
        let signed = self.signed(settings, &arrivals).await;
        let id = account.id;
        let since = self.read(move |store| store.read_since(id)).await?;
        let (settings, since) = (settings.clone(), since.unwrap_or(account.created_at));
        let written = self
            .blocking(move || {
                Ok(arrivals
                    .into_iter()
                    .zip(signed)
                    .map(|(arrival, signed)| engine.hand_in(&settings, since, arrival, signed))
                    .collect::<Vec<_>>())
            })
            .await?;
        for one in written {
            match one {
                Written::Inbound(reply) => {
                    if let Ingested::New(row) = reply.await.map_err(problems::from_store)? {
                        tracing::info!(
                            id = %row.id, kind = row.read.kind.as_str(), shelf = row.shelf.as_str(),
                            "a message arrived"
                        );
                        self.heed(&row).await?;
                    }
                }
                Written::Sent(reply) => match reply.await.map_err(problems::from_store)? {
                    SentJudged::Alarm => tracing::warn!(
                        account = %account.id, "mail left around the gate"
                    ),
                    SentJudged::Settled(id) => {
                        tracing::info!(%id, "an uncertain delivery is settled by its copy in Sent");
                    }
                    SentJudged::Known | SentJudged::Ours(_) | SentJudged::Theirs => {}
                },
                Written::Skipped(reply) => reply.await.map_err(problems::from_store)?,
            }
        }
        Ok(())
    }

    /// After a bounce or a complaint about our mail: where too many came, its mailbox is paused and
    /// its agent lowered. Were this interrupted, the rule blocks all the same, and the next one
    /// looks again.
    pub(crate) async fn heed(&self, row: &InboundRow) -> Result<(), Problem> {
        let Some(id) = row.submission.filter(|_| plan::is_signal(row.read.kind)) else {
            return Ok(());
        };
        let Some(about) = self.read(move |store| store.submission(id)).await? else {
            return Ok(());
        };
        let crossed = self.inner.judge.crossed();
        let heeding =
            self.inner
                .store
                .heed_signals(about.mailbox, Some(about.agent), self.now(), crossed);
        let heeded = self.act(heeding).await?;
        if let Some(why) = heeded.paused {
            tracing::warn!(mailbox = %about.mailbox, why, "the mailbox is paused");
        }
        if let Some((level, why)) = heeded.lowered {
            tracing::warn!(agent = %about.agent, ?level, why, "the agent is lowered");
        }
        Ok(())
    }

    /// Reads one arrival and hands it to the store. Blocks as long as reading takes.
    fn hand_in(
        &self,
        settings: &ImapSettings,
        since: Timestamp,
        arrival: Arrival,
        signed: Vec<Signed>,
    ) -> Written {
        let now = self.now();
        let store = &self.inner.store;
        let Arrival {
            place,
            folder,
            bytes,
            is_head,
            received_at,
        } = arrival;
        let trusted = read::trusted(settings);
        let read_at = received_at.unwrap_or(now);
        let (mut received, triage) = read::read(&bytes, read_at, &trusted, signed);
        if is_head {
            received.kind = ReceivedKind::TooLarge;
        }
        match folder {
            FolderUse::Sent => Written::Sent(store.sent_seen(SentSeen {
                place,
                message_id: received.message_id,
                own_id: read::own_id(&bytes),
                references: received.references,
                subject: received.subject,
                from: received.from.map(|from| from.address),
                to: received.to,
                written_at: received_at.or(received.date),
                proves: settings.sent_copy == SentCopy::Provider,
                people_write: settings.people_write,
                bytes,
                now,
            })),
            // What the server calls junk is read for what machines say about our mail alone.
            FolderUse::Junk if !plan::is_report(received.kind) => {
                Written::Skipped(store.skip_mail(place, now))
            }
            FolderUse::Junk | FolderUse::Inbox => {
                // Mail from before the account was read is history: kept, and nobody's work.
                let is_old = received_at.is_some_and(|at| at.is_in_an_earlier_second(since));
                let came = (bytes, received_at.unwrap_or(now).min(now));
                Written::Inbound(self.keep(place, came, (received, triage), is_old))
            }
        }
    }

    /// Hands a message that was read to the store.
    fn keep(
        &self,
        place: Place,
        (bytes, received_at): (Vec<u8>, Timestamp),
        (read, triage): (Received, Triage),
        is_old: bool,
    ) -> store::Reply<Ingested> {
        let (now, ids) = (self.now(), self.inner.ids.as_ref());
        let ask = Ingest {
            id: InboundId::new(ids, now),
            conversation: ConversationId::new(ids, now),
            place,
            bytes,
            read,
            received_at,
            now,
        };
        self.inner.store.ingest(ask, move |read, standing| {
            plan::plan(&triage, read, standing, is_old)
        })
    }

    /// Takes a message in that no server took in: nobody vouches for its sender.
    pub(crate) fn take_in_unvouched(&self, place: Place, bytes: Vec<u8>) -> store::Reply<Ingested> {
        let read = read::read(&bytes, self.now(), &[], Vec::new());
        self.keep(place, (bytes, self.now()), read, false)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use domain::{ImapAuth, ReplyTokens, Span, TlsMode};

    use super::*;
    use crate::clock::{ManualClock, SeededIds};

    /// Reading at a server of a test.
    pub(super) fn reads_at(port: u16) -> ImapSettings {
        ImapSettings {
            host: "127.0.0.1".to_owned(),
            port,
            tls: TlsMode::None,
            ca_file: None,
            auth: ImapAuth::Password {
                user: "you".to_owned(),
            },
            folders: Vec::new(),
            sent_copy: SentCopy::None,
            people_write: true,
            reply_tokens: ReplyTokens::Off,
            authserv_id: None,
            verify_dkim: true,
        }
    }

    /// An account of a rehearsal, set up at this instant.
    async fn office(now: Timestamp) -> (Engine, Account) {
        let clock = Arc::new(ManualClock::at(now));
        let engine = Engine::memory(clock, Arc::new(SeededIds::new(7))).unwrap();
        engine.rehearse().await.unwrap();
        let (_, account) = engine.mailboxes().await.unwrap().remove(0);
        (engine, account)
    }

    /// A message from Dana with this UID in an account's inbox.
    fn arrival(account: &Account, uid: u32, message: &str, at: Timestamp) -> Arrival {
        Arrival {
            place: Place {
                account: account.id,
                folder: "INBOX".to_owned(),
                uid_validity: 1,
                uid,
                after: uid - 1,
            },
            folder: FolderUse::Inbox,
            bytes: format!("From: Dana <dana@acme.example>\r\n{message}\r\n").into_bytes(),
            is_head: false,
            received_at: Some(at),
        }
    }

    /// What becomes of it.
    async fn taken(
        (engine, account): &(Engine, Account),
        uid: u32,
        message: &str,
        at: Timestamp,
    ) -> Ingested {
        let arrival = arrival(account, uid, message, at);
        match engine.hand_in(&reads_at(0), account.created_at, arrival, Vec::new()) {
            Written::Inbound(reply) => reply.await.unwrap(),
            Written::Sent(_) | Written::Skipped(_) => panic!("it is received mail"),
        }
    }

    #[tokio::test]
    async fn mail_from_before_its_account_was_read_is_nobodys_work() {
        let made = Timestamp::from_seconds(1_800_000_000);
        let (engine, account) = office(made).await;
        let switched_on = made + Span::from_days(40);
        let settings = reads_at(0);
        let read = Account {
            imap: Some(settings.clone()),
            ..account.clone()
        };
        let store = &engine.inner.store;
        store.update_account(read, switched_on).await.unwrap();
        // Changed later, it is read since then all the same.
        let changed = Account {
            imap: Some(settings.clone()),
            ..account.clone()
        };
        let later = switched_on + Span::from_days(9);
        store.update_account(changed, later).await.unwrap();
        let arrivals = [-30, -1, 1].map(|day| {
            let at = switched_on + Span::from_days(day);
            let uid = u32::try_from(day + 31).unwrap();
            let text = format!("Message-ID: <{uid}@acme.example>\r\n\r\nCould we meet?");
            arrival(&account, uid, &text, at)
        });
        let taken = engine.take_in(&account, &settings, arrivals.into());
        taken.await.unwrap();
        let filter = store::ConversationFilter::default();
        let all = engine.conversations(filter, None, 10).await.unwrap();
        let is_work = |row: &store::ConversationRow| row.last.as_ref().unwrap().reply.is_some();
        let work: Vec<bool> = all.rows.iter().map(is_work).collect();
        assert_eq!(work, [true, false, false], "the newest first");
    }

    #[tokio::test]
    async fn mail_of_the_second_its_account_was_set_up_is_somebodys_work() {
        // A server tells when it took a message in whole seconds.
        let second = Timestamp::from_seconds(1_800_000_000);
        let office = office(second + Span::from_millis(500)).await;
        let is_work = async |uid: u32, at: Timestamp| {
            let message =
                format!("Message-ID: <{uid}@acme.example>\r\n\r\nCould we meet on Tuesday?");
            match taken(&office, uid, &message, at).await {
                Ingested::New(row) => row.reply.is_some(),
                Ingested::Known(_) => panic!("it came before"),
            }
        };
        assert!(!is_work(1, second - Span::from_seconds(1)).await);
        assert!(is_work(2, second).await);
    }

    #[tokio::test]
    async fn a_message_is_known_again_without_a_message_id_and_not_by_it_alone() {
        let now = Timestamp::from_seconds(1_800_000_000);
        let office = office(now).await;
        let mut uid = 0;
        let mut is_new = async |message: &str| {
            uid += 1;
            matches!(taken(&office, uid, message, now).await, Ingested::New(_))
        };
        for id in [
            "",
            "Message-ID:\r\n",
            "Message-ID: <>\r\n",
            "Message-ID: <same@acme.example>\r\n",
        ] {
            let message = |text: &str| format!("{id}Subject: x\r\n\r\n{text}");
            assert!(is_new(&message("one")).await, "{id:?}");
            assert!(is_new(&message("another")).await, "{id:?}");
            assert!(!is_new(&message("one")).await, "{id:?}");
        }
        // Twice in one message: still a message.
        let twice = "Message-ID: <a@acme.example>\r\nMessage-ID: <b@acme.example>\r\n\r\none";
        assert!(is_new(twice).await);
        assert!(!is_new(twice).await);
    }
}
