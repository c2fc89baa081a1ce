//! Mailboxes and the relays behind them.

use domain::{
    Account, AccountKind, Actor, Code, ImapAuth, ImapSettings, Mailbox, MailboxId, Problem,
    ReplyTokens, SentCopy, SmtpAuth, SmtpSettings, TlsMode,
};
use engine::{AccountHealth, PauseScope};
use serde::Deserialize;
use ts_rs::TS;

use crate::args::{self, ById, NoArgs};
use crate::oauth;
use crate::table::Desk;
use crate::view::{
    Health, HealthState, ImapForm, MailboxKind, MailboxView, Mechanism, ReadingView,
    ReplyTokensWord, SentCopyWord, SmtpForm, Tls, Usage, WarmupView,
};

pub(crate) async fn list(desk: &Desk<'_>, NoArgs {}: NoArgs) -> Result<Vec<MailboxView>, Problem> {
    let mut views = Vec::new();
    for (mailbox, account) in desk.engine.mailboxes().await? {
        views.push(view(desk, mailbox, account).await?);
    }
    Ok(views)
}

/// A new mailbox with a relay of its own. Nothing is connected to.
#[derive(Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(rename = "MailboxAddArgs")]
pub(crate) struct Add {
    pub address: String,
    #[serde(default)]
    #[ts(optional)]
    pub display_name: Option<String>,
    pub smtp: SmtpForm,
    /// Where its mail arrives, if it is to be read.
    #[serde(default)]
    #[ts(optional)]
    pub imap: Option<ImapForm>,
}

pub(crate) async fn add(desk: &Desk<'_>, args: Add) -> Result<MailboxView, Problem> {
    let address = args::address(&args.address, "/address")?;
    let (settings, secret) = settings(args.smtp)?;
    let imap = args.imap.map(reading).transpose()?;
    let name = args.display_name.filter(|name| !name.trim().is_empty());
    let mailbox = desk
        .engine
        .add_read_mailbox(address, name, AccountKind::Smtp(settings), secret, imap)
        .await?;
    by_id(desk, mailbox.id).await
}

/// A mailbox whose mail is to be read, or read no longer.
#[derive(Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(rename = "MailboxSetImapArgs")]
pub(crate) struct SetImap {
    pub id: String,
    pub imap: Option<ImapForm>,
}

pub(crate) async fn set_imap(desk: &Desk<'_>, args: SetImap) -> Result<MailboxView, Problem> {
    let id: MailboxId = args::parse(&args.id, "/id")?;
    let (imap, secret) = match args.imap.map(reading).transpose()? {
        Some((imap, secret)) => (Some(imap), secret),
        None => (None, None),
    };
    desk.engine.set_imap(id, imap, secret).await?;
    by_id(desk, id).await
}

/// A form as settings, and the secret apart from them.
pub(crate) fn reading(form: ImapForm) -> Result<(ImapSettings, Option<String>), Problem> {
    let user = form.user;
    let auth = match form.mechanism {
        Mechanism::Password => ImapAuth::Password { user },
        Mechanism::Xoauth2 => ImapAuth::Xoauth2 { user },
        Mechanism::None => {
            let detail = "mail is read with a login; say `password` or `xoauth2`";
            return Err(Problem::new(Code::InvalidField, detail).at("/imap/mechanism"));
        }
    };
    let settings = ImapSettings {
        host: form.host.trim().to_owned(),
        port: form.port,
        tls: tls_mode(form.tls),
        ca_file: form.ca_file.filter(|file| !file.is_empty()).map(Into::into),
        auth,
        folders: form.folders,
        sent_copy: match form.sent_copy {
            SentCopyWord::Provider => SentCopy::Provider,
            SentCopyWord::Append => SentCopy::Append,
            SentCopyWord::None => SentCopy::None,
        },
        people_write: form.people_write,
        reply_tokens: match form.reply_tokens {
            ReplyTokensWord::Off => ReplyTokens::Off,
            ReplyTokensWord::Plus => ReplyTokens::Plus,
        },
        authserv_id: form.authserv_id.filter(|id| !id.trim().is_empty()),
        verify_dkim: form.verify_dkim,
    };
    Ok((settings, form.secret.filter(|secret| !secret.is_empty())))
}

fn tls_mode(tls: Tls) -> TlsMode {
    match tls {
        Tls::Implicit => TlsMode::Implicit,
        Tls::Starttls => TlsMode::Starttls,
        Tls::None => TlsMode::None,
    }
}

fn tls_word(tls: TlsMode) -> Tls {
    match tls {
        TlsMode::Implicit => Tls::Implicit,
        TlsMode::Starttls => Tls::Starttls,
        TlsMode::None => Tls::None,
    }
}

fn reading_view(desk: &Desk<'_>, account: &Account) -> Option<ReadingView> {
    let imap = account.imap.as_ref()?;
    let (mechanism, user) = match &imap.auth {
        ImapAuth::Password { user } => (Mechanism::Password, user),
        ImapAuth::Xoauth2 { user } => (Mechanism::Xoauth2, user),
    };
    let ca_file = imap.ca_file.as_ref();
    Some(ReadingView {
        host: imap.host.clone(),
        port: imap.port,
        tls: tls_word(imap.tls),
        ca_file: ca_file.map(|file| file.display().to_string()),
        mechanism,
        user: user.clone(),
        folders: imap.folders.clone(),
        authserv_id: imap.authserv_id.clone(),
        verify_dkim: imap.verify_dkim,
        sent_copy: match imap.sent_copy {
            SentCopy::Provider => SentCopyWord::Provider,
            SentCopy::Append => SentCopyWord::Append,
            SentCopy::None => SentCopyWord::None,
        },
        people_write: imap.people_write,
        reply_tokens: match imap.reply_tokens {
            ReplyTokens::Off => ReplyTokensWord::Off,
            ReplyTokens::Plus => ReplyTokensWord::Plus,
        },
        health: match desk.engine.mail_health().get(&account.id) {
            None => Health::new(HealthState::Off, "Nothing was read yet"),
            Some(last) => went(last),
        },
    })
}

pub(crate) async fn pause(desk: &Desk<'_>, args: ById) -> Result<MailboxView, Problem> {
    let id: MailboxId = args::parse(&args.id, "/id")?;
    desk.engine
        .pause(PauseScope::Mailbox(id), Actor::Operator)
        .await?;
    by_id(desk, id).await
}

pub(crate) async fn resume(desk: &Desk<'_>, args: ById) -> Result<MailboxView, Problem> {
    let id: MailboxId = args::parse(&args.id, "/id")?;
    desk.engine.resume(PauseScope::Mailbox(id)).await?;
    by_id(desk, id).await
}

pub(crate) async fn by_id(desk: &Desk<'_>, id: MailboxId) -> Result<MailboxView, Problem> {
    let found = desk
        .engine
        .mailboxes()
        .await?
        .into_iter()
        .find(|(mailbox, _)| mailbox.id == id);
    let (mailbox, account) = found
        .ok_or_else(|| Problem::new(Code::NotFound, format!("there is no mailbox `{id}` here")))?;
    view(desk, mailbox, account).await
}

async fn view(desk: &Desk<'_>, mailbox: Mailbox, account: Account) -> Result<MailboxView, Problem> {
    let usage = desk.engine.mailbox_usage(&mailbox).await?;
    let warming = desk.engine.mailbox_warming(&mailbox).await?;
    let health = health(desk, &account);
    let reading = reading_view(desk, &account);
    let signed_in = oauth::signed_in(desk, &account).await;
    let sign_in_offer = oauth::offer(&account);
    let (kind, smtp) = match account.kind {
        AccountKind::Smtp(settings) => (MailboxKind::Smtp, Some(settings)),
        AccountKind::Rehearsal => (MailboxKind::Rehearsal, None),
    };
    let user = smtp.as_ref().and_then(|settings| match &settings.auth {
        SmtpAuth::None => None,
        SmtpAuth::Password { user } | SmtpAuth::Xoauth2 { user } => Some(user.clone()),
    });
    Ok(MailboxView {
        id: mailbox.id.to_string(),
        address: mailbox.address.to_string(),
        display_name: mailbox.display_name,
        kind,
        host: smtp.as_ref().map(|settings| settings.host.clone()),
        port: smtp.as_ref().map(|settings| settings.port),
        tls: smtp.as_ref().map(|settings| tls_word(settings.tls)),
        user,
        paused_at: mailbox.paused_at.map(|at| at.to_string()),
        health,
        usage: usage
            .into_iter()
            .map(|(window, used, limit)| Usage {
                window: window.as_str().to_owned(),
                used,
                limit,
            })
            .collect(),
        warmup: warming.map(|warming| WarmupView {
            used: warming.used,
            limit: warming.most,
            week: warming.week,
            weeks: warming.weeks,
            full_from: warming.full_from.map(|at| at.to_string()),
        }),
        reading,
        signed_in,
        sign_in_offer,
    })
}

fn health(desk: &Desk<'_>, account: &Account) -> Health {
    if account.kind == AccountKind::Rehearsal {
        return Health::new(HealthState::Ok, "Rehearsal: nothing leaves this machine");
    }
    match desk.engine.dispatch_health().get(&account.id) {
        None => Health::new(HealthState::Off, "Nothing was sent through it yet"),
        Some(last) => went(last),
    }
}

/// How an account's last try went.
pub(crate) fn went(last: &AccountHealth) -> Health {
    match (&last.amiss, last.ok) {
        (_, false) => Health::new(HealthState::Bad, last.text.clone()),
        (Some(amiss), true) => {
            Health::new(HealthState::Warn, format!("{}, but {amiss}", last.text))
        }
        (None, true) => Health::new(HealthState::Ok, last.text.clone()),
    }
}

/// A form as settings, and the secret apart from them.
pub(crate) fn settings(form: SmtpForm) -> Result<(SmtpSettings, Option<String>), Problem> {
    let user = form.user.filter(|user| !user.is_empty());
    let with_user = |user: Option<String>| {
        user.ok_or_else(|| {
            Problem::new(Code::InvalidField, "a login needs a user name").at("/smtp/user")
        })
    };
    let auth = match form.mechanism {
        Mechanism::None => SmtpAuth::None,
        Mechanism::Password => SmtpAuth::Password {
            user: with_user(user)?,
        },
        Mechanism::Xoauth2 => SmtpAuth::Xoauth2 {
            user: with_user(user)?,
        },
    };
    let settings = SmtpSettings {
        host: form.host.trim().to_owned(),
        port: form.port,
        tls: tls_mode(form.tls),
        ca_file: form.ca_file.filter(|file| !file.is_empty()).map(Into::into),
        auth,
    };
    Ok((settings, form.secret.filter(|secret| !secret.is_empty())))
}
