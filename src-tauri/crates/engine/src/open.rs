//! Building the engine: a data folder, its store and its vault.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

use domain::{AccountId, Code, Draft, IdSource, Level, Problem, Span, Stream, Timestamp};
use mail::compose::Bulk;
use mail::dkim::{Keys, SystemDns};
use mail::transport::RehearsalRelay;
use secrets::{Signer, Vault};
use store::{Store, StoreError};
use tokio::sync::broadcast;

use crate::budget::SaidRate;
use crate::checkpoint::Signed;
use crate::clock::Clock;
use crate::dispatch::AccountHealth;
use crate::event::Announcer;
use crate::judge::Judge;
use crate::oauth::OAuth;
use crate::problems;
use crate::record_health::RecordWatch;
use crate::runs::Runs;
use crate::trials::Trials;
use crate::vault::create_vault;

/// The database of a data folder.
pub(crate) const DATABASE_FILE: &str = "sendoff.db";

/// Where a new data folder keeps its credentials.
#[derive(Clone, Copy, Debug)]
pub enum VaultChoice<'a> {
    /// In the OS keychain; the operator's passphrase is set later, in Settings.
    Keychain,
    /// In a file sealed under this passphrase, which is the operator's too.
    Passphrase(&'a str),
}

/// One data folder at work. Cheap to clone; all clones are the same engine.
#[derive(Clone)]
pub struct Engine {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) dir: Option<PathBuf>,
    pub(crate) store: Store,
    pub(crate) vault: Arc<Vault>,
    pub(crate) judge: Judge,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdSource>,
    pub(crate) announcer: Announcer,
    pub(crate) rehearsal: RehearsalRelay,
    pub(crate) health: Mutex<HashMap<AccountId, AccountHealth>>,
    /// How reading each account's mail goes.
    pub(crate) mail_health: Mutex<HashMap<AccountId, AccountHealth>>,
    pub(crate) signed: Mutex<Signed>,
    pub(crate) oauth: OAuth,
    pub(crate) runs: Arc<Runs>,
    pub(crate) trials: Trials,
    /// Where the keys of signatures are asked for.
    pub(crate) keys: Mutex<Arc<dyn Keys>>,
    pub(crate) record_watch: RecordWatch,
    /// What was said at start of how much agents may ask.
    pub(crate) said_rate: OnceLock<SaidRate>,
}

impl Engine {
    /// Makes a new data folder: database, vault, the key that signs the record, default policy.
    ///
    /// # Errors
    /// `already_exists` if there is a Sendoff folder there, `vault_unavailable` without a
    /// keychain, `store_unavailable` if it cannot be written.
    pub fn init(
        dir: &Path,
        vault: VaultChoice<'_>,
        clock: &dyn Clock,
        ids: Arc<dyn IdSource>,
    ) -> Result<(), Problem> {
        let now = clock.now();
        if dir.join(DATABASE_FILE).exists() {
            let detail = format!(
                "`{}` is a Sendoff folder already; use it as it is",
                dir.display()
            );
            return Err(Problem::new(Code::AlreadyExists, detail));
        }
        make_private_dir(dir)?;
        let vault = create_vault(dir, vault, ids.as_ref(), now)?;
        let signer = Signer::make(&vault, ids.as_ref()).map_err(problems::from_secrets)?;
        let key = signer.public().to_string();
        let store = Store::open(dir, now, ids).map_err(problems::from_store)?;
        let made = store
            .add_key(key, now)
            .wait()
            .and_then(|()| store.publish_policy(policy::default_document(), now).wait());
        store.close();
        made.map(|_| ()).map_err(problems::from_store)
    }

    /// Opens a data folder. A vault under a passphrase starts locked: the engine admits and
    /// holds, and sends nothing that needs a password, until [`Engine::unlock`].
    ///
    /// # Errors
    /// `not_found` if the folder was never made, `store_unavailable` if another Sendoff has it
    /// open, a newer one wrote it, or it cannot be written.
    pub fn open(
        dir: &Path,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
    ) -> Result<Engine, Problem> {
        if !dir.join(DATABASE_FILE).exists() {
            let detail = format!(
                "`{}` is not a Sendoff folder; make one with `sendoff init --data {0}`",
                dir.display()
            );
            return Err(Problem::new(Code::NotFound, detail));
        }
        let vault = Vault::open(dir).map_err(problems::from_secrets)?;
        let store =
            Store::open(dir, clock.now(), Arc::clone(&ids)).map_err(problems::from_store)?;
        let engine = Engine::assemble(Some(dir.to_owned()), store, vault, clock, ids);
        engine.doubt_if_behind()?;
        Ok(engine)
    }

    /// An engine that forgets everything, for tests: store and credentials in memory, the
    /// default policy published.
    ///
    /// # Errors
    /// If SQLite cannot open a database in memory.
    pub fn memory(clock: Arc<dyn Clock>, ids: Arc<dyn IdSource>) -> Result<Engine, Problem> {
        let now = clock.now();
        let store = Store::memory(now, Arc::clone(&ids)).map_err(problems::from_store)?;
        store
            .publish_policy(policy::default_document(), now)
            .wait()
            .map_err(problems::from_store)?;
        let vault = Vault::memory();
        let signer = Signer::make(&vault, ids.as_ref()).map_err(problems::from_secrets)?;
        store
            .add_key(signer.public().to_string(), now)
            .wait()
            .map_err(problems::from_store)?;
        Ok(Engine::assemble(None, store, vault, clock, ids))
    }

    fn assemble(
        dir: Option<PathBuf>,
        store: Store,
        vault: Vault,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
    ) -> Engine {
        let announcer = Announcer::default();
        let to_all = announcer.clone();
        store.on_change(move |changes| to_all.announce(changes));
        Engine {
            inner: Arc::new(Inner {
                dir,
                store,
                vault: Arc::new(vault),
                judge: Judge::default(),
                clock,
                ids,
                announcer,
                rehearsal: RehearsalRelay::new(),
                health: Mutex::default(),
                mail_health: Mutex::default(),
                signed: Mutex::default(),
                oauth: OAuth::default(),
                runs: Arc::default(),
                trials: Trials::default(),
                keys: Mutex::new(Arc::new(SystemDns::default())),
                record_watch: RecordWatch::default(),
                said_rate: OnceLock::new(),
            }),
        }
    }

    /// The instant now, by the engine's clock.
    pub fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    /// The data folder; none in memory.
    pub fn data_dir(&self) -> Option<&Path> {
        self.inner.dir.as_deref()
    }

    /// Every committed change from now on, in order.
    pub fn subscribe(&self) -> broadcast::Receiver<domain::Change> {
        self.inner.announcer.subscribe()
    }

    /// Ends the store without workers: for a command that did its one thing. What it did is signed
    /// if the vault is open, by the next process otherwise. Blocks.
    pub fn close(&self) {
        if let Err(problem) = self.checkpoint_now() {
            tracing::debug!(%problem, "the record's head is not signed yet");
        }
        self.inner.store.close();
    }

    /// Reads on a thread that may block.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Problem> {
        let store = self.inner.store.clone();
        self.blocking(move || read(&store).map_err(problems::from_store))
            .await
    }

    /// Works on a thread that may block, so that what waits on others is not held up.
    ///
    /// # Errors
    /// The work's own; `internal` if it panicked.
    pub async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        tokio::task::spawn_blocking(work)
            .await
            .unwrap_or_else(|error| {
                tracing::error!(%error, "a worker thread failed");
                Err(Problem::new(
                    Code::Internal,
                    "something failed inside Sendoff; nothing was sent",
                ))
            })
    }

    /// How long an approval can be taken back under the policy in force.
    ///
    /// # Errors
    /// If the store cannot read.
    pub async fn undo_window(&self) -> Result<Span, Problem> {
        Ok(self.terms().await?.undo_window)
    }

    /// The level a new agent starts at under the policy in force, unless somebody says another.
    ///
    /// # Errors
    /// If the store cannot read.
    pub async fn default_level(&self) -> Result<Level, Problem> {
        Ok(self.terms().await?.default_level)
    }

    /// The parameters of the policy in force that verbs need; safe defaults if it is damaged.
    pub(crate) async fn terms(&self) -> Result<Terms, Problem> {
        let published = self.read(Store::policy).await?;
        let edition = self.inner.judge.edition(&published);
        Ok(match edition.policy() {
            Some(policy) => Terms {
                undo_window: policy.undo_window(),
                hold_for: policy.hold_expiry(),
                default_level: policy.default_level(),
                bulk: Bulk {
                    postal_address: policy.bulk_mail().postal_address.to_owned(),
                    one_click_url: policy.bulk_mail().one_click_url.map(str::to_owned),
                },
            },
            None => Terms {
                undo_window: domain::limits::UNDO_WINDOW,
                hold_for: domain::limits::HOLD_EXPIRY,
                default_level: Level::AskAlways,
                bulk: Bulk::default(),
            },
        })
    }
}

/// What verbs need of the policy in force: spans for the store's operations, and what mail to many
/// carries.
#[derive(Clone)]
pub(crate) struct Terms {
    pub(crate) undo_window: Span,
    pub(crate) hold_for: Span,
    default_level: Level,
    bulk: Bulk,
}

impl Terms {
    /// What this draft has to carry besides its words.
    pub(crate) fn bulk(&self, draft: &Draft) -> Option<&Bulk> {
        match draft.stream {
            Stream::Marketing => Some(&self.bulk),
            Stream::Personal | Stream::Transactional => None,
        }
    }
}

/// Where the data folder is if nobody names one, for whoever opens it: the window and the command
/// find the same. Nothing for an account without a home.
pub fn usual_data_dir() -> Option<PathBuf> {
    let dirs = directories::ProjectDirs::from("", "", "sendoff")?;
    let holds = |dir: &Path| dir.join(DATABASE_FILE).exists();
    Some(settled(dirs.data_dir(), holds).to_owned())
}

/// Of the platform's place and, where that is a folder `data` in one of ours, the one around it:
/// where a database already is. On Windows the window kept its data there, and the command in
/// `data`; what somebody has stays found.
fn settled(usual: &Path, holds_database: impl Fn(&Path) -> bool) -> &Path {
    let around = usual.parent().filter(|_| usual.ends_with("data"));
    match around {
        Some(around) if holds_database(around) && !holds_database(usual) => around,
        Some(_) | None => usual,
    }
}

/// Makes a folder that only its owner opens, or leaves the one that is there.
pub(crate) fn make_private_dir(dir: &Path) -> Result<(), Problem> {
    let refuse = |error: std::io::Error| {
        let detail = format!("cannot make the folder `{}`: {error}", dir.display());
        Problem::new(Code::StoreUnavailable, detail)
    };
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(dir).map_err(refuse)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_folder_is_where_a_database_already_is() {
        let (ours, data) = (Path::new("home/sendoff"), Path::new("home/sendoff/data"));
        let settled_with = |holding: &[&Path]| settled(data, |dir| holding.contains(&dir));
        assert_eq!(settled_with(&[ours]), ours);
        assert_eq!(settled_with(&[data]), data);
        assert_eq!(settled_with(&[ours, data]), data);
        assert_eq!(settled_with(&[]), data);
        // A folder that is ours itself has none of ours around it.
        assert_eq!(settled(ours, |dir| dir != ours), ours);
    }
}
