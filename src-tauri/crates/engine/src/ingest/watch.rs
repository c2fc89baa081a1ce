//! One watcher per account that reads mail: connect, catch up, wait, and again.
//!
//! A watcher ends with its connection; the loop around it says in words how the account does, and
//! waits before it tries again: longer each time, and long after a refused login, for a server
//! locks out who hammers it.

use std::collections::HashMap;
use std::sync::PoisonError;
use std::time::Duration;

use domain::{
    Account, AccountId, ChangeKind, ImapAuth, ImapSettings, Problem, SentCopy, Span, Timestamp,
};
use mail::imap::{Folders, MailTrouble, MailTroubleKind, Mailroom};
use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::folder::Careful;
use crate::dispatch::AccountHealth;
use crate::moved::Moved;
use crate::open::Engine;
use crate::problems;

/// How long the inbox is waited at before the other folders are looked at. A server's IDLE ends
/// after 29 minutes (RFC 2177); far shorter, because copies in Sent settle what is uncertain.
const ROUND: Duration = Duration::from_secs(20);
/// The folder every account has (RFC 9051 section 5.1).
const INBOX: &str = "INBOX";
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
    let mut careful = Careful::default();
    let mut rests = engine.inner.announcer.rests();
    while !stop.is_cancelled() {
        // What ended rests from here on ends the next one, however short the try in between.
        rests.mark_unchanged();
        let wait = if engine.inner.vault.is_locked() {
            let text = "locked: its password cannot be read".to_owned();
            engine.note_mail(account.id, Err(text), 0, None);
            LOCKED
        } else {
            let mut got_in = false;
            let watching = engine.watch_once(&account, &settings, &mut got_in, &mut careful);
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
                engine.note_mail(account.id, Err(trouble.text), failures, Some(until));
            }
            wait
        };
        tokio::select! {
            () = stop.cancelled() => {}
            _ = rests.changed() => {}
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

    /// Notes how reading goes: what is amiss all the same, or why it does not go.
    fn note_mail(
        &self,
        account: AccountId,
        how: Result<Option<String>, String>,
        failures: u32,
        rests_until: Option<Timestamp>,
    ) {
        let (ok, text, amiss) = match how {
            Ok(amiss) => (true, "mail is read as it arrives".to_owned(), amiss),
            Err(text) => (false, text, None),
        };
        let noted = AccountHealth {
            ok,
            text,
            amiss,
            at: self.now(),
            failures,
            rests_until,
        };
        let mut health = self
            .inner
            .mail_health
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let moved = !health.get(&account).is_some_and(|was| was.reads_as(&noted));
        health.insert(account, noted);
        drop(health);
        if moved {
            self.inner.announcer.moves(Moved::Health);
        }
    }

    /// True if an account reads with the tokens of a sign-in.
    async fn signs_in(&self, account: AccountId, settings: &ImapSettings) -> bool {
        match settings.auth {
            ImapAuth::Password { .. } => false,
            ImapAuth::Xoauth2 { .. } => {
                let client = self.signed_in_with(account).await;
                matches!(client, Ok(Some(client)) if client.opens(&settings.host))
                    && self.signed_out(account).is_none()
            }
        }
    }

    async fn log_in(
        &self,
        account: AccountId,
        settings: &ImapSettings,
        renew: bool,
    ) -> Result<Mailroom, MailTrouble> {
        // Only a provider that says no makes it a login that is refused; one that cannot be reached
        // is a connection that is not there.
        let no_token = |problem: Problem| match self.signed_out(account) {
            Some(_) => MailTrouble {
                kind: MailTroubleKind::Login,
                text: problem.detail,
            },
            None => local(problem),
        };
        let secret = match settings.auth {
            ImapAuth::Password { .. } => self.imap_secret(account).await.map_err(local)?,
            ImapAuth::Xoauth2 { .. } => self
                .token(account, &settings.host, true, renew)
                .await
                .map_err(no_token)?,
        };
        let secret = secret.ok_or_else(|| MailTrouble {
            kind: MailTroubleKind::Login,
            text: "no password is kept for reading this mailbox; set it again".to_owned(),
        })?;
        Mailroom::open(settings, &secret).await
    }

    /// The folders to read; what was missed in others is missed no more.
    async fn list_folders(
        &self,
        room: &mut Mailroom,
        account: &Account,
        settings: &ImapSettings,
    ) -> Result<Folders, MailTrouble> {
        let folders = room.folders(&settings.folders).await?;
        let names = folders.found.iter().map(|folder| folder.name.clone());
        let store = &self.inner.store;
        store
            .end_asides_elsewhere(account.id, names.collect(), self.now())
            .await
            .map_err(|error| local(problems::from_store(error)))?;
        Ok(folders)
    }

    /// One connection, until it breaks.
    async fn watch_once(
        &self,
        account: &Account,
        settings: &ImapSettings,
        got_in: &mut bool,
        careful: &mut Careful,
    ) -> Result<(), MailTrouble> {
        let mut room = match self.log_in(account.id, settings, false).await {
            // A token may end before its time; a new one settles whether it was that.
            Err(trouble)
                if trouble.kind == MailTroubleKind::Login
                    && self.signs_in(account.id, settings).await =>
            {
                self.log_in(account.id, settings, true).await?
            }
            other => other?,
        };
        let files = settings.sent_copy == SentCopy::Append;
        let mut folders = Folders::default();
        let mut is_shut = false;
        loop {
            // A folder that was missing may be there by now, and one that did not open elsewhere.
            if folders.found.is_empty() || !folders.missing.is_empty() || is_shut {
                folders = self.list_folders(&mut room, account, settings).await?;
                is_shut = false;
            }
            let mut inbox = None;
            let mut unread: Vec<String> = folders.missing.iter().map(|name| gone(name)).collect();
            for folder in &folders.found {
                let stood = match room.examine(&folder.name).await {
                    Ok(stood) => stood,
                    // That is one folder's fault, and no reason to leave the others unread.
                    Err(trouble)
                        if trouble.kind == MailTroubleKind::Protocol && folder.name != INBOX =>
                    {
                        unread.push(trouble.text);
                        is_shut = true;
                        continue;
                    }
                    Err(trouble) => return Err(trouble),
                };
                self.catch_up(&mut room, account, settings, folder, stood, careful)
                    .await?;
                if folder.name == INBOX {
                    inbox = Some((stood.uid_validity, stood.uid_next));
                }
            }
            // Only now: a login that leads nowhere must not be repeated every other second.
            *got_in = true;
            if files {
                self.file_copies(&mut room, account.id, &folders.found)
                    .await?;
            }
            let amiss = self.amiss(account.id, files, unread).await.map_err(local)?;
            self.note_mail(account.id, Ok(amiss), 0, None);
            // The inbox is the one to wait at, and nothing is waited at unread: what came while the
            // other folders were read is in this answer, and a server announces it no second time.
            let stands = room.examine(INBOX).await?;
            if inbox.is_some_and(|stood| stood != (stands.uid_validity, stands.uid_next)) {
                continue;
            }
            if room.can_idle() {
                room.wait(ROUND).await?;
            } else {
                self.inner
                    .clock
                    .sleep_until(self.now() + Span::from_seconds(20))
                    .await;
                room.noop().await?;
            }
        }
    }
}

/// That a chosen folder is not there, in words.
fn gone(name: &str) -> String {
    format!("the server has no folder `{name}` that can be read; make it there or choose another")
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
pub(super) fn local(problem: Problem) -> MailTrouble {
    MailTrouble {
        kind: MailTroubleKind::Connection,
        text: problem.detail,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
    use tokio::net::TcpListener;

    use super::super::tests::reads_at;
    use super::*;
    use crate::clock::{ManualClock, SeededIds};

    const EMPTY: &str = "* 0 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 1] x\r\n";

    /// What a server says.
    #[derive(Default)]
    struct Script {
        shows_folders: bool,
        /// How the inbox stands each time it is opened; the last one from then on.
        next: Vec<&'static str>,
        /// What it lists beside the inbox.
        lists: &'static str,
        /// Which folders were chosen.
        chosen: &'static [&'static str],
        /// The folder it does not open.
        shut: &'static str,
    }

    impl Script {
        fn showing(next: &[&'static str]) -> Script {
            Script {
                shows_folders: true,
                next: next.to_vec(),
                ..Script::default()
            }
        }
    }

    fn opened_before_idle(heard: &[String]) -> usize {
        assert_eq!(heard.last().map(String::as_str), Some("IDLE"), "{heard:?}");
        heard.iter().filter(|verb| *verb == "EXAMINE").count()
    }

    /// A server that lets anybody in, shows its folders or not, and hangs up when it is waited at.
    /// Gives the commands it heard.
    async fn serve(listener: TcpListener, script: Script) -> Vec<String> {
        let mut heard = Vec::new();
        let (mut stream, _) = listener.accept().await.unwrap();
        let (read, mut write) = stream.split();
        write.write_all(b"* OK hello\r\n").await.unwrap();
        let mut lines = BufReader::new(read).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            let mut words = line.split(' ');
            let tag = words.next().unwrap_or_default();
            let verb = words.next().unwrap_or_default().to_ascii_uppercase();
            let folder = words.next().unwrap_or_default().trim_matches('"');
            let opened = heard.iter().filter(|verb| *verb == "EXAMINE").count();
            heard.push(verb.clone());
            let listed = format!("* LIST () \"/\" \"INBOX\"\r\n{}", script.lists);
            let (before, end) = match verb.as_str() {
                "CAPABILITY" => ("* CAPABILITY IMAP4rev1 IDLE\r\n", "OK"),
                "LOGIN" => ("", "OK"),
                "LIST" if script.shows_folders => (listed.as_str(), "OK"),
                "EXAMINE" if !folder.is_empty() && folder == script.shut => ("", "NO [NOPERM]"),
                "EXAMINE" if script.shows_folders => {
                    let next = script.next.get(opened).or(script.next.last());
                    (*next.unwrap(), "OK [READ-ONLY]")
                }
                "UID" => ("", "OK"),
                "IDLE" => return heard,
                _ => ("", "NO"),
            };
            let answer = format!("{before}{tag} {end} done\r\n");
            if write.write_all(answer.as_bytes()).await.is_err() {
                break;
            }
        }
        heard
    }

    /// Whether one connection got as far as to its mail, whether it ended in trouble, and what the
    /// server heard.
    async fn watched(script: Script) -> (bool, bool, Vec<String>) {
        let (got_in, failed, heard, _) = told(script).await;
        (got_in, failed, heard)
    }

    /// The same, and what a person is told is amiss.
    async fn told(script: Script) -> (bool, bool, Vec<String>, Option<String>) {
        let clock = Arc::new(ManualClock::at(Timestamp::from_seconds(1_800_000_000)));
        let engine = Engine::memory(clock, Arc::new(SeededIds::new(7))).unwrap();
        engine.rehearse().await.unwrap();
        let (_, account) = engine.mailboxes().await.unwrap().remove(0);
        let kept = engine.keep_imap_secret(account.id, "secret".to_owned());
        kept.await.unwrap();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let mut settings = reads_at(listener.local_addr().unwrap().port());
        settings.folders = script.chosen.iter().map(ToString::to_string).collect();
        let (mut got_in, mut careful) = (false, Careful::default());
        let watching = engine.watch_once(&account, &settings, &mut got_in, &mut careful);
        let (ended, heard) = tokio::join!(watching, serve(listener, script));
        let health = engine.mail_health().remove(&account.id);
        let amiss = health.and_then(|health| health.amiss);
        (got_in, ended.is_err(), heard, amiss)
    }

    #[tokio::test]
    async fn a_folder_that_cannot_be_read_is_named_and_the_others_are_read() {
        let script = Script {
            lists: "* LIST () \"/\" \"Shared\"\r\n* LIST () \"/\" \"B&APw-ro\"\r\n",
            chosen: &["Shared", "Büro", "Ofice"],
            shut: "Shared",
            ..Script::showing(&[EMPTY])
        };
        let (got_in, _, heard, amiss) = told(script).await;
        assert!(got_in, "{heard:?}");
        // The inbox, what is shut, what comes after it, and the inbox to wait at.
        assert_eq!(opened_before_idle(&heard), 4);
        let amiss = amiss.unwrap();
        assert!(amiss.contains("no folder `Ofice`"), "{amiss}");
        assert!(
            amiss.contains("the folder `Shared` cannot be opened"),
            "{amiss}"
        );
        assert!(!amiss.contains("Büro"), "{amiss}");
    }

    #[tokio::test]
    async fn where_a_folder_does_not_open_the_folders_are_looked_for_again() {
        let one = "* 1 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 2] x\r\n";
        let looks = async |shut| {
            // What came meanwhile makes it a second round.
            let script = Script {
                lists: "* LIST () \"/\" \"Shared\"\r\n",
                chosen: &["Shared"],
                shut,
                ..Script::showing(&[EMPTY, EMPTY, one])
            };
            let (_, _, heard) = watched(script).await;
            assert_eq!(opened_before_idle(&heard), 6, "{heard:?}");
            heard.iter().filter(|verb| *verb == "LIST").count()
        };
        assert_eq!(looks("Shared").await, 2 * looks("").await);
    }

    #[tokio::test]
    async fn a_login_that_leads_to_no_mail_counts_as_a_failure() {
        let (got_in, failed, _) = watched(Script::default()).await;
        assert_eq!((got_in, failed), (false, true));
    }

    #[tokio::test]
    async fn a_connection_lost_while_waiting_for_mail_begins_a_new_count() {
        let (got_in, failed, heard) = watched(Script::showing(&[EMPTY])).await;
        assert_eq!((got_in, failed), (true, true));
        assert_eq!(opened_before_idle(&heard), 2);
    }

    #[tokio::test]
    async fn what_came_while_other_folders_were_read_is_not_waited_for() {
        let one = "* 1 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 2] x\r\n";
        let anew = "* 0 EXISTS\r\n* OK [UIDVALIDITY 8] x\r\n* OK [UIDNEXT 1] x\r\n";
        for news in [one, anew] {
            // Opened to be read, to be waited at, and both again for what the second showed.
            let (_, _, heard) = watched(Script::showing(&[EMPTY, news])).await;
            assert_eq!(opened_before_idle(&heard), 4, "{heard:?}");
        }
    }
}
