//! Access tokens: renewed from the grant before they end, shown to the provider's servers alone.
//!
//! A renewal may spend the refresh token it was asked with (RFC 6749, section 6). So one account
//! renews one at a time; what comes of it is kept whether or not whoever asked still waits; and what
//! the vault did not take is held here and offered to it again.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};

use domain::{Account, AccountId, AccountKind, Code, ImapAuth, Problem, SmtpAuth, Span, Timestamp};
use mail::oauth::{OAuthClient, Tokens};
use secrets::{Key, Secret};
use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex, OwnedMutexGuard};
use zeroize::Zeroizing;

use crate::open::Engine;
use crate::{problems, supervise};

/// A token is renewed this long before it ends.
const EARLY: Span = Span::from_minutes(5);

/// What is kept of a sign-in.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Grant {
    pub(super) client: OAuthClient,
    pub(super) refresh: Zeroizing<String>,
}

/// An access token in memory.
struct Access {
    token: Zeroizing<String>,
    until: Timestamp,
}

/// What is in memory of one account's sign-in.
#[derive(Default)]
struct Held {
    access: Option<Access>,
    /// Newer than what the vault has, which did not take it.
    unkept: Option<Grant>,
}

/// The sign-ins in memory.
#[derive(Default)]
pub(crate) struct Sessions {
    /// A lock per account: two renewals at once would spend the same refresh token twice, and some
    /// providers revoke it then.
    held: std::sync::Mutex<HashMap<AccountId, Arc<Mutex<Held>>>>,
    /// Accounts whose provider said no, and whose tokens they used.
    refused: std::sync::Mutex<HashMap<AccountId, Refused>>,
}

struct Refused {
    client: OAuthClient,
    why: String,
}

/// Which of an account's logins use the tokens of a sign-in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Uses {
    pub(super) sends: bool,
    pub(super) reads: bool,
}

impl Uses {
    pub(super) fn of(account: &Account, client: &OAuthClient) -> Uses {
        let any = Uses::of_any(account);
        Uses {
            sends: any.sends && super::sends_at(account, client),
            reads: any.reads && super::reads_at(account, client),
        }
    }

    /// As [`Uses::of`], wherever the tokens come from.
    pub(super) fn of_any(account: &Account) -> Uses {
        let sends = match &account.kind {
            AccountKind::Smtp(smtp) => matches!(smtp.auth, SmtpAuth::Xoauth2 { .. }),
            AccountKind::Rehearsal => false,
        };
        let imap = account.imap.as_ref();
        let reads = imap.is_some_and(|imap| matches!(imap.auth, ImapAuth::Xoauth2 { .. }));
        Uses { sends, reads }
    }

    pub(super) fn any(self) -> bool {
        self.sends || self.reads
    }
}

impl Engine {
    /// An access token for `server`, if the account is signed in and the provider's tokens are for
    /// that server: one that lives for some minutes yet, or with `renew` a new one.
    ///
    /// # Errors
    /// `vault_unavailable` with what to do, if there is none.
    pub(crate) async fn access_token(
        &self,
        account: AccountId,
        server: &str,
        renew: bool,
    ) -> Result<Option<Zeroizing<String>>, Problem> {
        // What is kept is read behind the lock: whoever had it before may have spent the token there.
        let held = self.held(account).lock_owned().await;
        let (engine, server) = (self.clone(), server.to_owned());
        supervise::to_its_end(
            async move { engine.token_behind(account, held, &server, renew).await },
        )
        .await
    }

    async fn token_behind(
        &self,
        account: AccountId,
        mut held: OwnedMutexGuard<Held>,
        server: &str,
        renew: bool,
    ) -> Result<Option<Zeroizing<String>>, Problem> {
        let Some(grant) = self.newest_grant(account, &mut held).await? else {
            return Ok(None);
        };
        if !grant.client.opens(server) {
            return Ok(None);
        }
        if let Some(access) = &held.access
            && !renew
            && access.until > self.now() + EARLY
        {
            return Ok(Some(access.token.clone()));
        }
        match grant.client.refresh(&grant.refresh).await {
            Ok(tokens) => {
                let access = self.accessed(&tokens);
                let token = access.token.clone();
                held.access = Some(access);
                if let Some(refresh) = tokens.refresh {
                    // The one before may be spent by now: without this one, nobody gets in again.
                    let client = grant.client;
                    held.unkept = Some(Grant { client, refresh });
                    self.keep_held(account, &mut held).await;
                }
                self.let_in(account);
                Ok(Some(token))
            }
            Err(trouble) if trouble.is_refused => {
                held.access = None;
                let why = trouble.text;
                let detail = format!(
                    "{why}; sign in again with `sendoff mailbox oauth`, mail waits until then"
                );
                let client = grant.client;
                self.refused().insert(account, Refused { client, why });
                Err(Problem::new(Code::VaultUnavailable, detail))
            }
            Err(trouble) => {
                let detail = format!("no access token was renewed: {}", trouble.text);
                Err(Problem::new(Code::VaultUnavailable, detail))
            }
        }
    }

    /// The newest grant of an account. What the vault did not take before is offered to it again.
    async fn newest_grant(
        &self,
        account: AccountId,
        held: &mut Held,
    ) -> Result<Option<Grant>, Problem> {
        self.keep_held(account, held).await;
        if let Some(grant) = &held.unkept {
            return Ok(Some(grant.clone()));
        }
        self.kept_grant(account).await
    }

    async fn kept_grant(&self, account: AccountId) -> Result<Option<Grant>, Problem> {
        let Some(text) = self.secret(Key::oauth(account)).await? else {
            return Ok(None);
        };
        serde_json::from_str(&text).map(Some).map_err(|_| {
            let detail = "what was kept of the sign-in cannot be read; sign in again with \
                          `sendoff mailbox oauth`";
            Problem::new(Code::VaultUnavailable, detail)
        })
    }

    /// Puts a grant that is held alone into the vault, if that takes it now.
    async fn keep_held(&self, account: AccountId, held: &mut Held) {
        let Some(grant) = &held.unkept else { return };
        match self.keep_grant(account, grant).await {
            Ok(()) => held.unkept = None,
            Err(problem) => {
                tracing::error!(%account, %problem, "a sign-in is in memory alone; it is kept as soon as the vault takes it");
            }
        }
    }

    /// Keeps what a person's sign-in brought.
    ///
    /// # Errors
    /// If the vault does not take it: then nothing is changed.
    pub(super) async fn begin_session(
        &self,
        account: AccountId,
        grant: &Grant,
        tokens: &Tokens,
    ) -> Result<(), Problem> {
        // In one go: a renewal in between would spend this refresh token, and its access token
        // would then be overwritten by the one before.
        let held = self.held(account);
        let mut held = held.lock().await;
        self.keep_grant(account, grant).await?;
        *held = Held {
            access: Some(self.accessed(tokens)),
            unkept: None,
        };
        drop(held);
        self.let_in(account);
        Ok(())
    }

    /// Forgets a sign-in.
    pub(super) async fn end_session(&self, account: AccountId) -> Result<(), Problem> {
        let held = self.held(account);
        let mut held = held.lock().await;
        let (vault, ids) = (Arc::clone(&self.inner.vault), Arc::clone(&self.inner.ids));
        self.blocking(move || {
            vault
                .delete(&Key::oauth(account), ids.as_ref())
                .map_err(problems::from_secrets)
        })
        .await?;
        *held = Held::default();
        drop(held);
        self.let_in(account);
        Ok(())
    }

    /// The registration an account is signed in with; none where it is not.
    ///
    /// # Errors
    /// If the vault cannot be read.
    pub(crate) async fn signed_in_with(
        &self,
        account: AccountId,
    ) -> Result<Option<OAuthClient>, Problem> {
        // Not behind the lock: a renewal changes no registration, and nobody who only looks waits for a
        // provider.
        let grant = self.kept_grant(account).await?;
        Ok(grant.map(|grant| grant.client))
    }

    /// A server refused the token in use: the next one is a new one.
    pub(crate) async fn forget_access(&self, account: AccountId) {
        self.held(account).lock().await.access = None;
    }

    /// Why an account waits for a person to sign in again, if it does.
    pub(crate) fn signed_out(&self, account: AccountId) -> Option<String> {
        self.refused().get(&account).map(|one| one.why.clone())
    }

    /// Accounts whose mail waits for a person to sign in again.
    ///
    /// # Errors
    /// If the store cannot read.
    pub(crate) async fn sends_signed_out(&self) -> Result<Vec<AccountId>, Problem> {
        if self.refused().is_empty() {
            return Ok(Vec::new());
        }
        let accounts = self.read(store::Store::accounts).await?;
        let refused = self.refused();
        let waits = |account: &&Account| {
            let refused = refused.get(&account.id);
            refused.is_some_and(|refused| Uses::of(account, &refused.client).sends)
        };
        Ok(accounts.iter().filter(waits).map(|one| one.id).collect())
    }

    /// Waits for renewals under way and has the vault take what it did not take before.
    pub(crate) async fn settle_sessions(&self) {
        let all: Vec<_> = {
            let held = self.inner.oauth.sessions.held.lock();
            let held = held.unwrap_or_else(PoisonError::into_inner);
            held.iter()
                .map(|(id, one)| (*id, Arc::clone(one)))
                .collect()
        };
        for (account, held) in all {
            let mut held = held.lock().await;
            self.keep_held(account, &mut held).await;
        }
    }

    /// The provider does not refuse the account, or it has none any more: what waited goes on.
    fn let_in(&self, account: AccountId) {
        if self.refused().remove(&account).is_some() {
            self.inner.announcer.wake();
        }
    }

    fn accessed(&self, tokens: &Tokens) -> Access {
        Access {
            token: tokens.access.clone(),
            until: self.now() + tokens.lives,
        }
    }

    async fn keep_grant(&self, account: AccountId, grant: &Grant) -> Result<(), Problem> {
        let text = serde_json::to_vec(grant).map_err(|_| {
            Problem::new(
                Code::Internal,
                "the sign-in could not be written; sign in again",
            )
        })?;
        let (vault, ids) = (Arc::clone(&self.inner.vault), Arc::clone(&self.inner.ids));
        let secret = Secret::new(text);
        self.blocking(move || {
            vault
                .put(&Key::oauth(account), &secret, ids.as_ref())
                .map_err(problems::from_secrets)
        })
        .await
    }

    fn held(&self, account: AccountId) -> Arc<Mutex<Held>> {
        let held = self.inner.oauth.sessions.held.lock();
        let mut held = held.unwrap_or_else(PoisonError::into_inner);
        Arc::clone(held.entry(account).or_default())
    }

    fn refused(&self) -> std::sync::MutexGuard<'_, HashMap<AccountId, Refused>> {
        let refused = self.inner.oauth.sessions.refused.lock();
        refused.unwrap_or_else(PoisonError::into_inner)
    }
}
