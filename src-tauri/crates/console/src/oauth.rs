//! Signing a mailbox in with its provider: the operator's own client id, no password kept.

use domain::{Code, MailboxId, Problem};
use engine::{OAuthClient, PROVIDERS, RedirectHost, provider};
use serde::Deserialize;
use ts_rs::TS;

use crate::args;
use crate::mailboxes;
use crate::table::Desk;
use crate::view::{MailboxView, SignInView};

/// Begins a sign-in: with a provider that is known, or with its addresses.
#[derive(Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(rename = "MailboxSignInArgs")]
pub(crate) struct Begin {
    /// The mailbox.
    pub id: String,
    /// `google` or `microsoft`; absent where the addresses are given.
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
    /// The operator's own, as registered with the provider.
    pub client_id: String,
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
    let sign_in = desk.engine.begin_sign_in(id, client(args)?, device).await?;
    Ok(SignInView {
        handle: sign_in.handle,
        url: sign_in.url,
        user_code: sign_in.user_code,
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

fn client(args: Begin) -> Result<OAuthClient, Problem> {
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
        return Ok(known.client(args.client_id, secret));
    }
    let (Some(auth_url), Some(token_url)) = (args.auth_url, args.token_url) else {
        let detail = "say which provider, or give the addresses where one signs in and where \
                      tokens are given out";
        return Err(Problem::new(Code::InvalidField, detail).at("/provider"));
    };
    let scopes = args.scopes.unwrap_or_default();
    Ok(OAuthClient {
        auth_url,
        token_url,
        device_url: args.device_url,
        scopes: scopes.split_whitespace().map(str::to_owned).collect(),
        extra: Vec::new(),
        redirect_host: RedirectHost::default(),
        client_id: args.client_id,
        client_secret: secret.map(Into::into),
    })
}
