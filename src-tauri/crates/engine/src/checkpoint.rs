//! Signing the head of the record, so that nobody can quietly rewrite what came before.
//!
//! The head is signed after every operator act, every thousand entries, each minute it moved
//! and at a clean stop. The signature goes to the file outside first and to the database second: a
//! crash between the two leaves a file that knows more, never one that knows less.

use std::path::{Path, PathBuf};
use std::sync::PoisonError;

use domain::{Problem, Timestamp};
use secrets::{PublicKey, Signer};
use store::{Checkpoint, Reply, Store};

use crate::checkpoint_file::{self, CHECKPOINT_FILE_SETTING};
use crate::open::Engine;
use crate::problems;

/// What is known of the last signature, so that an idle minute reads one row.
#[derive(Default)]
pub(crate) struct Signed {
    /// The last entry signed.
    last: Option<u64>,
    /// The key the record names as ours.
    key: Option<PublicKey>,
    /// The file, once it holds everything the database does.
    filed: Option<PathBuf>,
}

impl Engine {
    /// Waits for an operator's act to be committed, and has it signed soon.
    ///
    /// # Errors
    /// The store's, as a problem.
    pub(crate) async fn act<T>(&self, reply: Reply<T>) -> Result<T, Problem> {
        let done = reply.await.map_err(problems::from_store)?;
        self.inner.announcer.sign_soon();
        Ok(done)
    }

    /// Signs the head of the record if it moved since the last signature.
    ///
    /// # Errors
    /// If the key cannot be had (a locked vault), or the store cannot write.
    pub(crate) async fn checkpoint(&self) -> Result<(), Problem> {
        let engine = self.clone();
        let signed = self.blocking(move || engine.checkpoint_now()).await;
        // A locked vault is said elsewhere, and is no trouble of the record.
        if let Err(problem) = &signed
            && !self.vault_state().locked
        {
            self.note_signing(Some(format!("the head is not signed: {problem}")));
        }
        signed
    }

    /// The same, on a thread that may block.
    ///
    /// # Errors
    /// As [`Engine::checkpoint`].
    pub(crate) fn checkpoint_now(&self) -> Result<(), Problem> {
        let store = &self.inner.store;
        let mut signed = self
            .inner
            .signed
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let last = match signed.last {
            Some(last) => last,
            None => {
                let all = store.checkpoints().map_err(problems::from_store)?;
                let last = all.last().map_or(0, |checkpoint| checkpoint.seq);
                *signed.last.insert(last)
            }
        };
        let (head, _) = store.head().map_err(problems::from_store)?;
        if head <= last {
            return Ok(());
        }
        let signer = self.signer()?;
        let at = self.now();
        if signed.key != Some(signer.public()) {
            make_known(store, &signer.public(), at)?;
            signed.key = Some(signer.public());
        }
        let (seq, hash) = store.head().map_err(problems::from_store)?;
        let signature = signer.sign(&checkpoint_file::message(seq, &hash, at));
        let checkpoint = Checkpoint {
            seq,
            hash,
            at,
            key: signer.public().to_string(),
            signature: signature.to_vec(),
        };
        drop(signer);
        if let Some(path) = self.checkpoint_path()? {
            let filed = signed.filed.as_ref() == Some(&path);
            signed.filed = match file(store, &path, &checkpoint, filed) {
                Ok(()) => {
                    self.note_signing(None);
                    Some(path)
                }
                // The storage outside may be away for a while; what it missed is added later.
                Err(error) => {
                    let path = path.display();
                    tracing::warn!(%error, %path, "a checkpoint is not outside yet");
                    self.note_signing(Some(format!(
                        "signatures cannot be kept in `{path}`: {error}"
                    )));
                    None
                }
            };
        }
        store
            .add_checkpoint(checkpoint)
            .wait()
            .map_err(problems::from_store)?;
        signed.last = Some(seq);
        Ok(())
    }

    /// The signing key, made if the vault has none.
    fn signer(&self) -> Result<Signer, Problem> {
        let vault = &self.inner.vault;
        match Signer::take(vault).map_err(problems::from_secrets)? {
            Some(signer) => Ok(signer),
            None => Signer::make(vault, self.inner.ids.as_ref()).map_err(problems::from_secrets),
        }
    }

    /// Where checkpoints go outside the database; nowhere in memory.
    ///
    /// # Errors
    /// If the store cannot read.
    pub(crate) fn checkpoint_path(&self) -> Result<Option<PathBuf>, Problem> {
        let Some(dir) = &self.inner.dir else {
            return Ok(None);
        };
        let setting = self
            .inner
            .store
            .setting(CHECKPOINT_FILE_SETTING)
            .map_err(problems::from_store)?;
        Ok(Some(checkpoint_file::path(dir, setting.as_deref())))
    }
}

/// Writes the key into the record, if the record does not know it.
fn make_known(store: &Store, key: &PublicKey, now: Timestamp) -> Result<(), Problem> {
    let text = key.to_string();
    let known = store.record().keys().map_err(problems::from_store)?;
    if known.contains(&text) {
        return Ok(());
    }
    store
        .add_key(text, now)
        .wait()
        .map_err(problems::from_store)
}

/// Appends to the file, with whatever the database has and it lacks.
fn file(store: &Store, path: &Path, new: &Checkpoint, filed: bool) -> std::io::Result<()> {
    if filed && path.exists() {
        return checkpoint_file::append(path, std::slice::from_ref(new));
    }
    let mut lacking = store.checkpoints().map_err(std::io::Error::other)?;
    if path.exists() {
        // Usually the last lines agree, and nothing older needs to be read.
        if checkpoint_file::last(path)?.as_ref() == lacking.last() {
            lacking.clear();
        } else {
            checkpoint_file::each(path, |there| lacking.retain(|one| *one != there))?;
        }
    }
    lacking.push(new.clone());
    checkpoint_file::append(path, &lacking)
}
