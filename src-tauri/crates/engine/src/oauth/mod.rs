//! Signing a mailbox in by OAuth, and out again.
//!
//! What is kept, in the vault, is the grant: the provider's doors, the operator's client id and the
//! refresh token. Access tokens live in memory alone, are renewed before they end and once more
//! when a server refuses one (`tokens`). Only logins at the provider's own servers use them. Where the
//! provider says no, the account's mail waits until a person signs in again: it is no message's fault.

mod tokens;

use std::collections::HashMap;
use std::sync::PoisonError;
use std::time::Duration;

use domain::{Account, AccountKind, Code, ImapAuth, ImapSettings, MailboxId, Problem, SmtpAuth};
use mail::oauth::{DeviceSignIn, Loopback, OAuthClient, OAuthTrouble, Provider};
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use crate::open::Engine;
use crate::problems;
use tokens::{Grant, Sessions, Uses};

/// How long a person may take to sign in.
pub const SIGN_IN_LIMIT: Duration = Duration::from_secs(600);
/// Sign-ins begun and not ended; the oldest gives way.
const SIGN_INS_MAX: usize = 8;

/// Tokens in memory, and sign-ins that wait for a person.
#[derive(Default)]
pub(crate) struct OAuth {
    sessions: Sessions,
    begun: std::sync::Mutex<Vec<Begun>>,
    /// Ends a sign-in that is waited for, by its handle.
    waiting: std::sync::Mutex<HashMap<String, CancellationToken>>,
}

/// A sign-in that waits for a person.
struct Begun {
    handle: String,
    mailbox: MailboxId,
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

/// How a mailbox is signed in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SignedIn {
    /// With this registration.
    pub client: OAuthClient,
    /// The provider, if it is one that is known.
    pub provider: Option<&'static str>,
    /// Why a person has to sign in again, if they have to.
    pub refused: Option<String>,
    /// It sends with it.
    pub sends: bool,
    /// It is read with it.
    pub reads: bool,
}

impl Engine {
    /// Begins signing a mailbox's account in, with a browser on this machine or, with `device`, on
    /// another; with `client`, or with the registration it is signed in with.
    ///
    /// # Errors
    /// `not_found`; `invalid_field` for addresses that cannot be, and where the account uses no server
    /// of the provider; what the provider says.
    pub async fn begin_sign_in(
        &self,
        mailbox: MailboxId,
        client: Option<OAuthClient>,
        device: bool,
    ) -> Result<SignIn, Problem> {
        let (_, account) = self.mailbox_and_account(mailbox).await?;
        if self.inner.vault.is_locked() {
            let detail = "the credentials are locked; unlock them first with `sendoff unlock`";
            return Err(Problem::new(Code::VaultUnavailable, detail));
        }
        let client = match client {
            Some(client) => client,
            None => self.signed_in_with(account.id).await?.ok_or_else(|| {
                let detail = "this mailbox was not signed in before; say with which provider";
                Problem::new(Code::InvalidField, detail).at("/provider")
            })?,
        };
        client.check().map_err(wrong)?;
        if !(sends_at(&account, &client) || reads_at(&account, &client)) {
            return Err(elsewhere(&account, &client));
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
        let mut begun = self.begun();
        if begun.len() >= SIGN_INS_MAX {
            begun.remove(0);
        }
        begun.push(Begun {
            handle,
            mailbox,
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
        let begun = taken.ok_or_else(|| problems::not_found("sign-in that waits; begin again"))?;
        let Begun {
            mailbox,
            client,
            way,
            ..
        } = begun;
        let waits = Waits::begin(self, handle);
        let coming = async {
            match &way {
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
            .map_err(wrong)
        };
        let tokens = tokio::select! {
            () = waits.given_up.cancelled() => return Err(given_up()),
            tokens = coming => tokens?,
        };
        drop(waits);
        let Some(refresh) = tokens.refresh.clone() else {
            let detail = "the provider gave no refresh token, so the sign-in would end within the \
                          hour; allow offline access for this client id there, and sign in again";
            return Err(Problem::new(Code::InvalidField, detail));
        };
        // As it stands now: its settings may have changed while the person was away.
        let (mailbox, account) = self.mailbox_and_account(mailbox).await?;
        let id = account.id;
        let address = mailbox.address.to_string();
        let Some(account) = signing_in(account.clone(), &client, &address) else {
            return Err(elsewhere(&account, &client));
        };
        let grant = Grant { client, refresh };
        self.begin_session(id, &grant, &tokens).await?;
        self.act(self.inner.store.update_account(account, self.now()))
            .await?;
        self.end_rests();
        Ok(())
    }

    /// Ends a sign-in that waits for a person. Whoever waits for it is told so; one that is over
    /// already is left as it is.
    pub fn cancel_sign_in(&self, handle: &str) {
        self.begun().retain(|one| one.handle != handle);
        if let Some(waits) = self.waiting().get(handle) {
            waits.cancel();
        }
    }

    /// Ends an account's sign-in: what is kept of it is forgotten here, and what logged in with it
    /// logs in with a password, `password` or the one that is kept. Tokens that were given by hand
    /// give way to a password too.
    ///
    /// # Errors
    /// `not_found`; `wrong_state` where nothing logs in with tokens; `invalid_field` where no password
    /// is there to take its place; `vault_unavailable`.
    pub async fn sign_out(
        &self,
        mailbox: MailboxId,
        password: Option<String>,
    ) -> Result<(), Problem> {
        let (_, account) = self.mailbox_and_account(mailbox).await?;
        let id = account.id;
        let signed_in = self.signed_in_with(id).await?;
        let uses = match &signed_in {
            Some(client) => Uses::of(&account, client),
            None => Uses::of_any(&account),
        };
        if !uses.any() && signed_in.is_none() {
            let detail = "this mailbox is not signed in with a provider";
            return Err(Problem::new(Code::WrongState, detail));
        }
        if password.is_none() {
            let lacks_smtp = uses.sends && self.smtp_secret(id).await?.is_none();
            let lacks_imap = uses.reads && self.imap_secret(id).await?.is_none();
            if lacks_smtp || lacks_imap {
                let detail = "no password is kept for this mailbox; give the one it logs in with \
                              from now on";
                return Err(Problem::new(Code::InvalidField, detail).at("/password"));
            }
        }
        if let Some(password) = password {
            if uses.sends {
                self.keep_smtp_secret(id, password.clone()).await?;
            }
            if uses.reads {
                self.keep_imap_secret(id, password).await?;
            }
        }
        // The grant last: if it stays because the process ends here, nothing logs in with it, and
        // signing out again forgets it.
        let account = with_passwords(account, uses);
        self.act(self.inner.store.update_account(account, self.now()))
            .await?;
        self.end_session(id).await?;
        self.end_rests();
        Ok(())
    }

    /// How an account is signed in; none where it is not.
    ///
    /// # Errors
    /// If the vault cannot be read.
    pub async fn signed_in(&self, account: &Account) -> Result<Option<SignedIn>, Problem> {
        // The vault is not asked about an account that logs in with no token.
        if !Uses::of_any(account).any() {
            return Ok(None);
        }
        let Some(client) = self.signed_in_with(account.id).await? else {
            return Ok(None);
        };
        let Uses { sends, reads } = Uses::of(account, &client);
        Ok(Some(SignedIn {
            provider: Provider::of(&client).map(|known| known.name),
            refused: self.signed_out(account.id),
            client,
            sends,
            reads,
        }))
    }

    /// Refuses a token for reading that would never be used, because the account is signed in with
    /// the provider of that server.
    pub(crate) async fn check_token_by_hand(
        &self,
        account: &Account,
        imap: &ImapSettings,
    ) -> Result<(), Problem> {
        match imap.auth {
            ImapAuth::Password { .. } => return Ok(()),
            ImapAuth::Xoauth2 { .. } => {}
        }
        let client = self.signed_in_with(account.id).await?;
        if client.is_some_and(|client| client.opens(&imap.host)) {
            let detail = "this mailbox is signed in with its provider, and its tokens come from \
                          there; leave the token out, or sign out first";
            return Err(Problem::new(Code::InvalidField, detail).at("/imap/secret"));
        }
        Ok(())
    }

    /// Forgets the sign-in of an account that logs in with it nowhere any more.
    pub(crate) async fn forget_unused_sign_in(&self, account: &Account) -> Result<(), Problem> {
        // What is locked cannot be forgotten now, and opens nothing either.
        if self.inner.vault.is_locked() {
            return Ok(());
        }
        match self.signed_in_with(account.id).await? {
            Some(client) if !Uses::of(account, &client).any() => self.end_session(account.id).await,
            Some(_) | None => Ok(()),
        }
    }

    /// 64 letters nobody guesses.
    pub(crate) fn random(&self) -> String {
        domain::Digest(self.inner.ids.secret()).to_string()
    }

    fn begun(&self) -> std::sync::MutexGuard<'_, Vec<Begun>> {
        let begun = self.inner.oauth.begun.lock();
        begun.unwrap_or_else(PoisonError::into_inner)
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, HashMap<String, CancellationToken>> {
        let waiting = self.inner.oauth.waiting.lock();
        waiting.unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waiting for a person, until it is dropped.
struct Waits<'a> {
    engine: &'a Engine,
    handle: &'a str,
    given_up: CancellationToken,
}

impl<'a> Waits<'a> {
    fn begin(engine: &'a Engine, handle: &'a str) -> Waits<'a> {
        let given_up = CancellationToken::new();
        let waits = given_up.clone();
        engine.waiting().insert(handle.to_owned(), waits);
        Waits {
            engine,
            handle,
            given_up,
        }
    }
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.engine.waiting().remove(self.handle);
    }
}

fn sends_at(account: &Account, client: &OAuthClient) -> bool {
    match &account.kind {
        AccountKind::Smtp(smtp) => client.opens(&smtp.host),
        AccountKind::Rehearsal => false,
    }
}

fn reads_at(account: &Account, client: &OAuthClient) -> bool {
    let imap = account.imap.as_ref();
    imap.is_some_and(|imap| client.opens(&imap.host))
}

/// The account with tokens for the logins at the provider's servers; none if it has no such. Each
/// login keeps its user; one without takes the other's, or the address.
fn signing_in(mut account: Account, client: &OAuthClient, address: &str) -> Option<Account> {
    let (sends, reads) = (sends_at(&account, client), reads_at(&account, client));
    if !(sends || reads) {
        return None;
    }
    let imap_user = account.imap.as_ref().filter(|_| reads).map(|imap| {
        let (ImapAuth::Password { user } | ImapAuth::Xoauth2 { user }) = &imap.auth;
        user.clone()
    });
    if let AccountKind::Smtp(smtp) = &mut account.kind
        && sends
    {
        let user = match &smtp.auth {
            SmtpAuth::Password { user } | SmtpAuth::Xoauth2 { user } => user.clone(),
            SmtpAuth::None => imap_user.clone().unwrap_or_else(|| address.to_owned()),
        };
        smtp.auth = SmtpAuth::Xoauth2 { user };
    }
    if let (Some(imap), Some(user)) = (&mut account.imap, imap_user) {
        imap.auth = ImapAuth::Xoauth2 { user };
    }
    Some(account)
}

/// The account with a password where it `uses` tokens.
fn with_passwords(mut account: Account, uses: Uses) -> Account {
    if let AccountKind::Smtp(smtp) = &mut account.kind
        && uses.sends
        && let SmtpAuth::Xoauth2 { user } = &smtp.auth
    {
        let user = user.clone();
        smtp.auth = SmtpAuth::Password { user };
    }
    if let Some(imap) = &mut account.imap
        && uses.reads
        && let ImapAuth::Xoauth2 { user } = &imap.auth
    {
        let user = user.clone();
        imap.auth = ImapAuth::Password { user };
    }
    account
}

/// That the account uses no server of the provider.
fn elsewhere(account: &Account, client: &OAuthClient) -> Problem {
    let smtp = match &account.kind {
        AccountKind::Smtp(smtp) => Some(smtp.host.as_str()),
        AccountKind::Rehearsal => None,
    };
    let imap = account.imap.as_ref().map(|imap| imap.host.as_str());
    let used: Vec<&str> = smtp.into_iter().chain(imap).collect();
    let detail = format!(
        "this provider's tokens are for {}, and the mailbox uses {}; no other server gets one",
        client.hosts.join(", "),
        match used.as_slice() {
            [] => "none".to_owned(),
            some => some.join(" and "),
        }
    );
    Problem::new(Code::InvalidField, detail).at("/provider")
}

fn given_up() -> Problem {
    Problem::new(Code::InvalidField, "the sign-in was given up")
}

fn wrong(trouble: OAuthTrouble) -> Problem {
    Problem::new(Code::InvalidField, trouble.text)
}

fn nobody_came() -> Problem {
    let minutes = SIGN_IN_LIMIT.as_secs() / 60;
    let detail = format!("nobody signed in within {minutes} minutes; begin again");
    Problem::new(Code::InvalidField, detail)
}
