//! Signing a mailbox in with its provider: the operator's own client id, no password kept.

use domain::{Account, AccountKind, Code, MailboxId, Problem};
use engine::{OAuthClient, PROVIDERS, Provider, RedirectHost, provider};
use serde::Deserialize;
use ts_rs::TS;

use crate::args;
use crate::mailboxes;
use crate::table::Desk;
use crate::view::{MailboxView, SignInOffer, SignInView, SignedInView};

/// Begins a sign-in: with a provider that is known, or with its addresses.
#[derive(Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(rename = "MailboxSignInArgs")]
pub(crate) struct Begin {
    /// The mailbox.
    pub id: String,
    /// `google` or `microsoft`; absent where the addresses are given, and for signing in again.
    #[serde(default)]
    #[ts(optional)]
    pub provider: Option<String>,
    /// Where a person signs in.
    #[serde(default)]
    #[ts(optional)]
    pub auth_url: Option<String>,
    /// Where tokens are given out.
    #[serde(default)]
    #[ts(optional)]
    pub token_url: Option<String>,
    /// Where a sign-in on another device begins.
    #[serde(default)]
    #[ts(optional)]
    pub device_url: Option<String>,
    /// What is asked for, with blanks between.
    #[serde(default)]
    #[ts(optional)]
    pub scopes: Option<String>,
    /// The servers that take its tokens, with blanks between: names, each with all below it.
    #[serde(default)]
    #[ts(optional)]
    pub hosts: Option<String>,
    /// The operator's own, as registered with the provider; absent for signing in again with what is
    /// kept of the sign-in before.
    #[serde(default)]
    #[ts(optional)]
    pub client_id: Option<String>,
    /// Where the provider gave one.
    #[serde(default)]
    #[ts(optional)]
    pub client_secret: Option<String>,
    /// On another device.
    #[serde(default)]
    pub device: bool,
}

pub(crate) async fn begin(desk: &Desk<'_>, args: Begin) -> Result<SignInView, Problem> {
    let id: MailboxId = args::parse(&args.id, "/id")?;
    let device = args.device;
    let client = match args.client_id.clone() {
        Some(client_id) => Some(client(args, client_id)?),
        None => None,
    };
    let sign_in = desk.engine.begin_sign_in(id, client, device).await?;
    Ok(SignInView {
        handle: sign_in.handle,
        url: sign_in.url,
        user_code: sign_in.user_code,
        opened: false,
    })
}

/// Waits for the person who signs in.
#[derive(Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(rename = "MailboxSignedInArgs")]
pub(crate) struct Finish {
    /// The mailbox.
    pub id: String,
    /// As `mailboxes.sign_in` gave it.
    pub handle: String,
}

pub(crate) async fn finish(desk: &Desk<'_>, args: Finish) -> Result<MailboxView, Problem> {
    let id: MailboxId = args::parse(&args.id, "/id")?;
    desk.engine.finish_sign_in(&args.handle).await?;
    mailboxes::by_id(desk, id).await
}

/// Waits no longer for the person who signs in.
pub(crate) async fn cancel(desk: &Desk<'_>, args: Finish) -> Result<MailboxView, Problem> {
    let id: MailboxId = args::parse(&args.id, "/id")?;
    desk.engine.cancel_sign_in(&args.handle);
    mailboxes::by_id(desk, id).await
}

/// Back to a password.
#[derive(Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(rename = "MailboxSignOutArgs")]
pub(crate) struct SignOut {
    /// The mailbox.
    pub id: String,
    /// The password it logs in with from now on; absent for the one that is kept.
    #[serde(default)]
    #[ts(optional)]
    pub password: Option<String>,
}

pub(crate) async fn sign_out(desk: &Desk<'_>, args: SignOut) -> Result<MailboxView, Problem> {
    let id: MailboxId = args::parse(&args.id, "/id")?;
    let password = args.password.filter(|password| !password.is_empty());
    desk.engine.sign_out(id, password).await?;
    mailboxes::by_id(desk, id).await
}

/// How a mailbox is signed in, as far as the vault says it.
pub(crate) async fn signed_in(desk: &Desk<'_>, account: &Account) -> Option<SignedInView> {
    // A vault that cannot be read says so elsewhere; the mailbox is shown all the same.
    let found = desk.engine.signed_in(account).await.ok()??;
    Some(SignedInView {
        provider: found.provider.map_or(found.client.token_url, str::to_owned),
        client_id: found.client.client_id,
        has_device_door: found.client.device_url.is_some(),
        refused: found.refused,
        sends: found.sends,
        reads: found.reads,
    })
}

/// The known provider whose servers an account uses.
pub(crate) fn offer(account: &Account) -> Option<SignInOffer> {
    let smtp = match &account.kind {
        AccountKind::Smtp(smtp) => Some(smtp.host.as_str()),
        AccountKind::Rehearsal => None,
    };
    let imap = account.imap.as_ref().map(|imap| imap.host.as_str());
    let known = smtp.into_iter().chain(imap).find_map(Provider::at)?;
    Some(SignInOffer {
        provider: known.name.to_owned(),
        has_device_door: known.has_device_door(),
    })
}

fn client(args: Begin, client_id: String) -> Result<OAuthClient, Problem> {
    let secret = args.client_secret.filter(|secret| !secret.is_empty());
    if let Some(name) = &args.provider {
        let known = provider(name).ok_or_else(|| {
            let names: Vec<&str> = PROVIDERS.iter().map(|one| one.name).collect();
            let detail = format!(
                "`{name}` is no provider that is known ({}); give its addresses",
                names.join(", ")
            );
            Problem::new(Code::InvalidField, detail).at("/provider")
        })?;
        return Ok(known.client(client_id, secret));
    }
    let (Some(auth_url), Some(token_url)) = (args.auth_url, args.token_url) else {
        let detail = "say which provider, or give the addresses where one signs in and where \
                      tokens are given out";
        return Err(Problem::new(Code::InvalidField, detail).at("/provider"));
    };
    let words = |text: Option<String>| -> Vec<String> {
        let text = text.unwrap_or_default();
        text.split_whitespace().map(str::to_owned).collect()
    };
    let hosts = words(args.hosts);
    if hosts.is_empty() {
        let detail = "say which mail servers take this provider's tokens; no other gets one";
        return Err(Problem::new(Code::InvalidField, detail).at("/hosts"));
    }
    Ok(OAuthClient {
        auth_url,
        token_url,
        device_url: args.device_url,
        scopes: words(args.scopes),
        extra: Vec::new(),
        redirect_host: RedirectHost::default(),
        hosts,
        client_id,
        client_secret: secret.map(Into::into),
    })
}
