//! Signing a mailbox in by OAuth, and the access tokens that follow from it.
//!
//! What is kept, in the vault, is the grant: the provider's doors, the operator's client id and the
//! refresh token. Access tokens live in memory alone, are renewed before they end and once more
//! when a server refuses one. Where the provider says no, the account's mail waits until a person
//! signs in again: it is no message's fault.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use domain::{
    Account, AccountId, AccountKind, Code, ImapAuth, MailboxId, Problem, SmtpAuth, Span, Timestamp,
};
use mail::oauth::{DeviceSignIn, Loopback, OAuthClient, OAuthTrouble, Tokens};
use secrets::{Key, Secret};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;
use zeroize::Zeroizing;

use crate::open::Engine;
use crate::problems;

/// A token is renewed this long before it ends.
const EARLY: Span = Span::from_minutes(5);
/// How long a person may take to sign in.
pub const SIGN_IN_LIMIT: Duration = Duration::from_secs(600);
/// Sign-ins begun and not ended; the oldest gives way.
const SIGN_INS_MAX: usize = 8;

/// What is kept of a sign-in.
#[derive(Serialize, Deserialize)]
struct Grant {
    client: OAuthClient,
    refresh: Zeroizing<String>,
}

/// An access token in memory.
struct Access {
    token: Zeroizing<String>,
    until: Timestamp,
}

/// Tokens in memory, and sign-ins that wait for a person.
#[derive(Default)]
pub(crate) struct OAuth {
    /// A lock per account: two renewals at once would spend the same refresh token twice, and some
    /// providers revoke it then.
    access: std::sync::Mutex<HashMap<AccountId, Arc<Mutex<Option<Access>>>>>,
    /// Accounts whose provider said no, and its words.
    refused: std::sync::Mutex<HashMap<AccountId, String>>,
    begun: std::sync::Mutex<Vec<Begun>>,
}

/// A sign-in that waits for a person.
struct Begun {
    handle: String,
    account: Account,
    user: String,
    client: OAuthClient,
    way: Way,
}

enum Way {
    Browser {
        door: Loopback,
        state: String,
        verifier: Zeroizing<String>,
    },
    Device(DeviceSignIn),
}

/// What a person does to sign in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SignIn {
    /// Names it to [`Engine::finish_sign_in`].
    pub handle: String,
    /// Where to go with a browser.
    pub url: String,
    /// What to type there, on another device.
    pub user_code: Option<String>,
}

impl Engine {
    /// Begins signing a mailbox's account in, with a browser on this machine or, with `device`, on
    /// another.
    ///
    /// # Errors
    /// `not_found`; `invalid_field` for addresses that cannot be; what the provider says.
    pub async fn begin_sign_in(
        &self,
        mailbox: MailboxId,
        client: OAuthClient,
        device: bool,
    ) -> Result<SignIn, Problem> {
        client.check().map_err(wrong)?;
        let found = self.mailboxes().await?;
        let (mailbox, account) = found
            .into_iter()
            .find(|(known, _)| known.id == mailbox)
            .ok_or_else(|| problems::not_found(format_args!("mailbox `{mailbox}`")))?;
        if self.inner.vault.is_locked() {
            let detail = "the credentials are locked; unlock them first with `sendoff unlock`";
            return Err(Problem::new(Code::VaultUnavailable, detail));
        }
        let handle = self.random();
        let (way, sign_in) = if device {
            let begun = client.device().await.map_err(wrong)?;
            let sign_in = SignIn {
                handle: handle.clone(),
                url: begun.verification_url.clone(),
                user_code: Some(begun.user_code.clone()),
            };
            (Way::Device(begun), sign_in)
        } else {
            let door = Loopback::open().await.map_err(wrong)?;
            let (state, verifier) = (self.random(), Zeroizing::new(self.random()));
            let redirect = door.redirect(client.redirect_host);
            let url = client
                .sign_in_url(&redirect, &state, &verifier)
                .map_err(wrong)?;
            let sign_in = SignIn {
                handle: handle.clone(),
                url,
                user_code: None,
            };
            let way = Way::Browser {
                door,
                state,
                verifier,
            };
            (way, sign_in)
        };
        let user = user_of(&account).unwrap_or_else(|| mailbox.address.to_string());
        let mut begun = self.begun();
        if begun.len() >= SIGN_INS_MAX {
            begun.remove(0);
        }
        begun.push(Begun {
            handle,
            account,
            user,
            client,
            way,
        });
        Ok(sign_in)
    }

    /// Waits until the person has signed in, and keeps what the provider gives. From then on the
    /// account logs in with it, for sending and for reading.
    ///
    /// # Errors
    /// `not_found` for a sign-in that was not begun here, or ended; what the provider says;
    /// `vault_unavailable`.
    pub async fn finish_sign_in(&self, handle: &str) -> Result<(), Problem> {
        let taken = {
            let mut begun = self.begun();
            let at = begun.iter().position(|one| one.handle == handle);
            at.map(|at| begun.remove(at))
        };
        let Begun {
            account,
            user,
            client,
            way,
            ..
        } = taken.ok_or_else(|| problems::not_found("sign-in that waits; begin again"))?;
        let tokens = match &way {
            Way::Browser {
                door,
                state,
                verifier,
            } => {
                let signed_in = tokio::time::timeout(SIGN_IN_LIMIT, door.code(state)).await;
                let code = signed_in.map_err(|_| nobody_came())?.map_err(wrong)?;
                let redirect = door.redirect(client.redirect_host);
                client.redeem(&redirect, code, verifier).await
            }
            Way::Device(begun) => client.device_tokens(begun, SIGN_IN_LIMIT).await,
        }
        .map_err(wrong)?;
        let Some(refresh) = tokens.refresh.clone() else {
            let detail = "the provider gave no refresh token, so the sign-in would end within the \
                          hour; allow offline access for this client id there, and sign in again";
            return Err(Problem::new(Code::InvalidField, detail));
        };
        {
            // In one go: a renewal in between would spend this refresh token, and its access token
            // would then be overwritten by the one before.
            let access = self.access(account.id);
            let mut known = access.lock().await;
            self.keep_grant(account.id, &Grant { client, refresh })
                .await?;
            *known = Some(self.accessed(&tokens));
            self.refused().remove(&account.id);
        }
        // As it stands now: its settings may have changed while the person was away.
        let id = account.id;
        let account = self
            .read(move |store| store.account(id))
            .await?
            .ok_or_else(|| problems::not_found("account of that mailbox"))?;
        let account = signing_in_as(account, &user);
        self.act(self.inner.store.update_account(account, self.now()))
            .await?;
        self.end_rests();
        Ok(())
    }

    /// An account's access token, if it is signed in by OAuth: one that lives for some minutes yet,
    /// or with `renew` a new one.
    ///
    /// # Errors
    /// `vault_unavailable` with what to do, if there is none.
    pub(crate) async fn access_token(
        &self,
        account: AccountId,
        renew: bool,
    ) -> Result<Option<Zeroizing<String>>, Problem> {
        // What is kept is read behind the lock: whoever had it before may have spent the token there.
        let access = self.access(account);
        let mut known = access.lock().await;
        let Some(text) = self.secret(Key::oauth(account)).await? else {
            return Ok(None);
        };
        if let Some(access) = known.as_ref()
            && !renew
            && access.until > self.now() + EARLY
        {
            return Ok(Some(access.token.clone()));
        }
        let grant: Grant = serde_json::from_str(&text).map_err(|_| {
            let detail = "what was kept of the sign-in cannot be read; sign in again with \
                          `sendoff mailbox oauth`";
            Problem::new(Code::VaultUnavailable, detail)
        })?;
        drop(text);
        match grant.client.refresh(&grant.refresh).await {
            Ok(tokens) => {
                let access = self.accessed(&tokens);
                let token = access.token.clone();
                *known = Some(access);
                if let Some(refresh) = tokens.refresh {
                    // The one before may be spent by now: without this one, nobody gets in again.
                    let client = grant.client;
                    self.keep_grant(account, &Grant { client, refresh }).await?;
                }
                self.refused().remove(&account);
                Ok(Some(token))
            }
            Err(trouble) if trouble.is_refused => {
                *known = None;
                let detail = format!(
                    "{}; sign in again with `sendoff mailbox oauth`, mail waits until then",
                    trouble.text
                );
                self.refused().insert(account, detail.clone());
                Err(Problem::new(Code::VaultUnavailable, detail))
            }
            Err(trouble) => {
                let detail = format!("no access token was renewed: {}", trouble.text);
                Err(Problem::new(Code::VaultUnavailable, detail))
            }
        }
    }

    /// A server refused the token in use: the next one is a new one.
    pub(crate) async fn forget_access(&self, account: AccountId) {
        *self.access(account).lock().await = None;
    }

    /// Accounts that wait for a person to sign in again.
    pub(crate) fn signed_out(&self) -> Vec<AccountId> {
        self.refused().keys().copied().collect()
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

    /// 64 letters nobody guesses.
    fn random(&self) -> String {
        domain::Digest(self.inner.ids.secret()).to_string()
    }

    fn access(&self, account: AccountId) -> Arc<Mutex<Option<Access>>> {
        let access = self.inner.oauth.access.lock();
        let mut access = access.unwrap_or_else(PoisonError::into_inner);
        Arc::clone(access.entry(account).or_default())
    }

    fn begun(&self) -> std::sync::MutexGuard<'_, Vec<Begun>> {
        let begun = self.inner.oauth.begun.lock();
        begun.unwrap_or_else(PoisonError::into_inner)
    }

    fn refused(&self) -> std::sync::MutexGuard<'_, HashMap<AccountId, String>> {
        let refused = self.inner.oauth.refused.lock();
        refused.unwrap_or_else(PoisonError::into_inner)
    }
}

/// Who an account logs in as, if it does.
fn user_of(account: &Account) -> Option<String> {
    let reads = account.imap.as_ref().map(|imap| match &imap.auth {
        ImapAuth::Password { user } | ImapAuth::Xoauth2 { user } => user.clone(),
    });
    let sends = match &account.kind {
        AccountKind::Smtp(smtp) => match &smtp.auth {
            SmtpAuth::Password { user } | SmtpAuth::Xoauth2 { user } => Some(user.clone()),
            SmtpAuth::None => None,
        },
        AccountKind::Rehearsal => None,
    };
    sends.or(reads)
}

/// The account, logging in with tokens.
fn signing_in_as(mut account: Account, user: &str) -> Account {
    if let AccountKind::Smtp(smtp) = &mut account.kind {
        smtp.auth = SmtpAuth::Xoauth2 {
            user: user.to_owned(),
        };
    }
    if let Some(imap) = &mut account.imap {
        imap.auth = ImapAuth::Xoauth2 {
            user: user.to_owned(),
        };
    }
    account
}

fn wrong(trouble: OAuthTrouble) -> Problem {
    Problem::new(Code::InvalidField, trouble.text)
}

fn nobody_came() -> Problem {
    let minutes = SIGN_IN_LIMIT.as_secs() / 60;
    let detail = format!("nobody signed in within {minutes} minutes; begin again");
    Problem::new(Code::InvalidField, detail)
}
