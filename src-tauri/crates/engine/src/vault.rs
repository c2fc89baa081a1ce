//! Credentials: where they live, unlocking them, and who is the operator.

use std::path::Path;
use std::sync::Arc;

use domain::{AccountId, Code, IdSource, Problem, Timestamp};
use secrets::{Cost, Key, Kind, Operator, Proof, Secret, Vault};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::clock::Clock;
use crate::open::{Engine, VaultChoice, make_private_dir};
use crate::problems;

/// Where credentials live, in words.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct VaultState {
    /// `keychain`, `passphrase` or `memory`.
    pub kind: &'static str,
    /// True if nothing that needs a password can be sent until it is unlocked.
    pub locked: bool,
    /// One sentence.
    pub text: String,
}

/// Makes the vault of a new data folder, and the operator's passphrase if it is given with it.
pub(crate) fn create_vault(
    dir: &Path,
    choice: VaultChoice<'_>,
    ids: &dyn IdSource,
    now: Timestamp,
) -> Result<Vault, Problem> {
    match choice {
        VaultChoice::Keychain => Vault::create_keychain(dir, ids),
        VaultChoice::Passphrase(passphrase) => passphrase_vault(dir, passphrase, ids, now),
    }
    .map_err(problems::from_secrets)
}

/// The same passphrase opens what an earlier start made before it was broken off.
fn passphrase_vault(
    dir: &Path,
    passphrase: &str,
    ids: &dyn IdSource,
    now: Timestamp,
) -> Result<Vault, secrets::Error> {
    let vault = match Vault::create_passphrase(dir, passphrase, Cost::STANDARD, ids) {
        Err(secrets::Error::AlreadyThere { .. }) => {
            let vault = Vault::open(dir)?;
            vault.unlock(passphrase, now)?;
            vault
        }
        made => made?,
    };
    if !Operator::is_set(dir)? {
        Operator::set(dir, None, passphrase, Cost::STANDARD, ids, now)?;
    }
    Ok(vault)
}

impl Engine {
    /// Where credentials live and whether they can be used now.
    pub fn vault_state(&self) -> VaultState {
        let vault = &self.inner.vault;
        let (kind, text) = match (vault.kind(), vault.is_locked()) {
            (Kind::Keychain, _) => ("keychain", "passwords are in the system's keychain"),
            (Kind::Passphrase, false) => ("passphrase", "passwords are in a sealed file, unlocked"),
            (Kind::Passphrase, true) => (
                "passphrase",
                "locked: mail is admitted and held, nothing that needs a password is sent; \
                 run `sendoff unlock`",
            ),
            (Kind::Memory, _) => ("memory", "passwords are in memory only"),
        };
        VaultState {
            kind,
            locked: vault.is_locked(),
            text: text.to_owned(),
        }
    }

    /// Unlocks a vault under a passphrase; deliveries that waited for it go on.
    ///
    /// # Errors
    /// `operator_proof_needed` with the tries left; `vault_unavailable`.
    pub async fn unlock(&self, passphrase: String) -> Result<(), Problem> {
        let passphrase = Zeroizing::new(passphrase);
        let (vault, now) = (Arc::clone(&self.inner.vault), self.now());
        self.blocking(move || {
            vault
                .unlock(&passphrase, now)
                .map_err(problems::from_secrets)
        })
        .await?;
        self.end_rests();
        self.inner.announcer.sign_soon();
        Ok(())
    }

    /// Makes a new data folder under a passphrase made here, kept in `file` inside it. The file is
    /// whole on the disk before anything is locked with it, and a start that was broken off in
    /// between goes on with the same.
    ///
    /// # Errors
    /// As [`Engine::init`]; `vault_unavailable` if the file cannot be written.
    pub fn init_with_made(
        dir: &Path,
        file: &str,
        clock: &dyn Clock,
        ids: Arc<dyn IdSource>,
    ) -> Result<(), Problem> {
        make_private_dir(dir)?;
        let made = secrets::make_passphrase(&dir.join(file), ids.as_ref())
            .map_err(problems::from_secrets)?;
        Engine::init(dir, VaultChoice::Passphrase(&made), clock, ids)
    }

    /// The passphrase that [`Engine::init_with_made`] keeps in `file`.
    ///
    /// # Errors
    /// `vault_unavailable` if the file is there and cannot be read.
    pub fn made_passphrase(dir: &Path, file: &str) -> Result<Option<String>, Problem> {
        let kept = secrets::kept_passphrase(&dir.join(file)).map_err(problems::from_secrets)?;
        Ok(kept.map(|kept| kept.to_string()))
    }

    /// Proves that whoever gave this passphrase is the operator. Takes a moment on purpose.
    ///
    /// # Errors
    /// `operator_proof_needed` with what is left to try.
    pub async fn prove_operator(&self, passphrase: &str) -> Result<(), Problem> {
        let Some(dir) = self.inner.dir.clone() else {
            return Ok(());
        };
        let (passphrase, now) = (Zeroizing::new(passphrase.to_owned()), self.now());
        self.blocking(move || {
            let proof: Proof =
                Operator::verify(&dir, &passphrase, now).map_err(problems::from_secrets)?;
            drop(proof);
            Ok(())
        })
        .await
    }

    /// True if this folder has an operator's passphrase.
    pub fn operator_passphrase_set(&self) -> bool {
        self.inner
            .dir
            .as_deref()
            .is_some_and(|dir| Operator::is_set(dir).unwrap_or(true))
    }

    /// Sets the operator's passphrase, or changes it with the old one.
    ///
    /// # Errors
    /// `operator_proof_needed` if the old one is missing or wrong.
    pub async fn set_operator_passphrase(
        &self,
        old: Option<String>,
        new: String,
    ) -> Result<(), Problem> {
        let Some(dir) = self.inner.dir.clone() else {
            let detail = "an engine in memory has no operator passphrase";
            return Err(Problem::new(Code::VaultUnavailable, detail));
        };
        let (ids, now) = (Arc::clone(&self.inner.ids), self.now());
        let (old, new) = (old.map(Zeroizing::new), Zeroizing::new(new));
        let vault = Arc::clone(&self.inner.vault);
        self.blocking(move || {
            let old = old.as_deref().map(String::as_str);
            // One passphrase serves both in a passphrase folder; the vault first, so that a crash
            // between the two leaves the operator with the old one, which changes it again.
            if let Some(old) = old
                && vault.kind() == Kind::Passphrase
            {
                vault
                    .change_passphrase(old, &new, Cost::STANDARD, ids.as_ref(), now)
                    .map_err(problems::from_secrets)?;
            }
            Operator::set(&dir, old, &new, Cost::STANDARD, ids.as_ref(), now)
                .map_err(problems::from_secrets)
        })
        .await
    }

    /// An account's password or token for sending.
    pub(crate) async fn smtp_secret(
        &self,
        account: AccountId,
    ) -> Result<Option<Zeroizing<String>>, Problem> {
        self.secret(Key::smtp(account)).await
    }

    /// An account's access token for `server`: of its sign-in (`renew` for a new one), or the one that
    /// was given for sending or reading.
    pub(crate) async fn token(
        &self,
        account: AccountId,
        server: &str,
        reading: bool,
        renew: bool,
    ) -> Result<Option<Zeroizing<String>>, Problem> {
        match self.access_token(account, server, renew).await? {
            Some(token) => Ok(Some(token)),
            None if reading => self.imap_secret(account).await,
            None => self.smtp_secret(account).await,
        }
    }

    /// An account's password or token for reading: its own, or the one for sending.
    pub(crate) async fn imap_secret(
        &self,
        account: AccountId,
    ) -> Result<Option<Zeroizing<String>>, Problem> {
        match self.secret(Key::imap(account)).await? {
            Some(own) => Ok(Some(own)),
            None => self.secret(Key::smtp(account)).await,
        }
    }

    pub(crate) async fn secret(&self, key: Key) -> Result<Option<Zeroizing<String>>, Problem> {
        let vault = Arc::clone(&self.inner.vault);
        self.blocking(move || {
            let Some(secret) = vault.get(&key).map_err(problems::from_secrets)? else {
                return Ok(None);
            };
            secret.to_text().map(Some).ok_or_else(|| {
                let detail = "the account's password is not text; set it again";
                Problem::new(Code::VaultUnavailable, detail)
            })
        })
        .await
    }

    /// Keeps an account's password or token for sending.
    pub(crate) async fn keep_smtp_secret(
        &self,
        account: AccountId,
        secret: String,
    ) -> Result<(), Problem> {
        self.keep_secret(Key::smtp(account), secret).await
    }

    /// Keeps an account's password or token for reading.
    pub(crate) async fn keep_imap_secret(
        &self,
        account: AccountId,
        secret: String,
    ) -> Result<(), Problem> {
        self.keep_secret(Key::imap(account), secret).await
    }

    async fn keep_secret(&self, key: Key, secret: String) -> Result<(), Problem> {
        let (vault, ids) = (Arc::clone(&self.inner.vault), Arc::clone(&self.inner.ids));
        self.blocking(move || {
            vault
                .put(&key, &Secret::from(secret), ids.as_ref())
                .map_err(problems::from_secrets)
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{SeededIds, SystemClock};

    #[test]
    fn a_first_start_that_was_broken_off_goes_on_with_the_passphrase_it_made() {
        let dir = tempfile::tempdir().unwrap();
        let make = |seed| {
            let ids = Arc::new(SeededIds::new(seed));
            Engine::init_with_made(dir.path(), "made", &SystemClock, ids)
        };
        let made = || Engine::made_passphrase(dir.path(), "made").unwrap();
        // It got as far as to the vault.
        let ids = SeededIds::new(1);
        let chosen = secrets::make_passphrase(&dir.path().join("made"), &ids).unwrap();
        passphrase_vault(dir.path(), &chosen, &ids, Timestamp::from_seconds(0)).unwrap();
        make(2).unwrap();
        assert_eq!(made().as_deref(), Some(chosen.as_str()));
        let _: Proof = Operator::verify(dir.path(), &chosen, Timestamp::from_seconds(9)).unwrap();
        let vault = Vault::open(dir.path()).unwrap();
        vault.unlock(&chosen, Timestamp::from_seconds(9)).unwrap();
        // A folder that is whole is not made again.
        assert_eq!(make(3).unwrap_err().code, Code::AlreadyExists);
    }
}
