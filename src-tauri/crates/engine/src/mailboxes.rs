//! Accounts and mailboxes: adding them, and what they have left.

use std::collections::BTreeMap;

use domain::facts::{CountScope, Window};
use domain::{
    Account, AccountId, AccountKind, Address, Code, ImapAuth, ImapSettings, Mailbox, MailboxId,
    Problem, SmtpAuth, SmtpSettings, Timestamp, limits,
};
use policy::Warming;
use store::Store;

use crate::dispatch::needs_secret;
use crate::limits::used;
use crate::open::Engine;
use crate::problems;

impl Engine {
    /// All mailboxes with the accounts their mail leaves through, by address.
    ///
    /// # Errors
    /// If the store cannot read.
    pub async fn mailboxes(&self) -> Result<Vec<(Mailbox, Account)>, Problem> {
        self.read(|store| {
            let accounts: BTreeMap<AccountId, Account> = store
                .accounts()?
                .into_iter()
                .map(|account| (account.id, account))
                .collect();
            let pair = |mailbox: Mailbox| {
                let account = accounts.get(&mailbox.account).cloned()?;
                Some((mailbox, account))
            };
            Ok(store.mailboxes()?.into_iter().filter_map(pair).collect())
        })
        .await
    }

    /// The mailbox of an address.
    ///
    /// # Errors
    /// `unknown_mailbox`.
    pub async fn mailbox_at(&self, address: &Address) -> Result<Mailbox, Problem> {
        let wanted = address.clone();
        let mailbox = self
            .read(move |store| store.mailbox_by_address(&wanted))
            .await?;
        mailbox.ok_or_else(|| {
            let detail =
                format!("there is no mailbox `{address}` here; add it with `sendoff mailbox add`");
            Problem::new(Code::UnknownMailbox, detail).at("/mailbox")
        })
    }

    /// Adds a mailbox with an account of its own. Nothing is connected to.
    ///
    /// # Errors
    /// `already_exists`; `invalid_field` for settings that cannot be; `vault_unavailable` if the
    /// password cannot be kept: then nothing is added.
    pub async fn add_mailbox(
        &self,
        address: Address,
        display_name: Option<String>,
        kind: AccountKind,
        secret: Option<String>,
    ) -> Result<Mailbox, Problem> {
        self.add_read_mailbox(address, display_name, kind, secret, None)
            .await
    }

    /// Adds a mailbox with an account of its own whose mail is read too, if `imap` says where; with
    /// the secret of that login, if it is not there yet. Nothing is connected to.
    ///
    /// # Errors
    /// Those of [`Engine::add_mailbox`] and [`Engine::set_imap`]: then nothing is added.
    pub async fn add_read_mailbox(
        &self,
        address: Address,
        display_name: Option<String>,
        kind: AccountKind,
        secret: Option<String>,
        imap: Option<(ImapSettings, Option<String>)>,
    ) -> Result<Mailbox, Problem> {
        check_name(display_name.as_deref())?;
        let (imap, imap_secret) = match imap {
            Some((settings, secret)) => (Some(settings), secret),
            None => (None, None),
        };
        if let Some(settings) = &imap {
            check_imap(settings)?;
        }
        if let AccountKind::Smtp(settings) = &kind {
            check_settings(settings)?;
            if needs_secret(&kind) && secret.is_none() {
                let detail = "these settings log in with a password; give one, or choose no login";
                return Err(Problem::new(Code::InvalidField, detail).at("/smtp/secret"));
            }
        }
        let wanted = address.clone();
        if self
            .read(move |store| store.mailbox_by_address(&wanted))
            .await?
            .is_some()
        {
            let detail = format!("there is a mailbox `{address}` already");
            return Err(Problem::new(Code::AlreadyExists, detail).at("/address"));
        }
        let now = self.now();
        let account = Account {
            id: AccountId::new(self.inner.ids.as_ref(), now),
            kind,
            imap,
            created_at: now,
        };
        if let Some(secret) = secret {
            self.keep_smtp_secret(account.id, secret).await?;
        }
        if let Some(secret) = imap_secret {
            self.keep_imap_secret(account.id, secret).await?;
        }
        let mailbox = Mailbox {
            id: MailboxId::new(self.inner.ids.as_ref(), now),
            address,
            display_name,
            account: account.id,
            paused_at: None,
            created_at: now,
        };
        self.act(self.inner.store.add_mailbox(account, mailbox.clone(), now))
            .await?;
        Ok(mailbox)
    }

    /// Has a mailbox's account read its mail from now on, or no longer. The account is the
    /// mailbox's; what else is sent through it is read with it.
    ///
    /// # Errors
    /// `not_found`; `invalid_field` for settings that cannot be; `vault_unavailable`.
    pub async fn set_imap(
        &self,
        mailbox: MailboxId,
        imap: Option<ImapSettings>,
        secret: Option<String>,
    ) -> Result<(), Problem> {
        if let Some(settings) = &imap {
            check_imap(settings)?;
        }
        let (_, account) = self.mailbox_and_account(mailbox).await?;
        if let (Some(secret), Some(settings)) = (secret, &imap) {
            self.check_token_by_hand(&account, settings).await?;
            self.keep_imap_secret(account.id, secret).await?;
        }
        let account = Account { imap, ..account };
        let changed = account.clone();
        self.act(self.inner.store.update_account(changed, self.now()))
            .await?;
        self.forget_unused_sign_in(&account).await?;
        self.end_rests();
        Ok(())
    }

    /// A mailbox and the account its mail leaves through.
    ///
    /// # Errors
    /// `not_found`.
    pub(crate) async fn mailbox_and_account(
        &self,
        mailbox: MailboxId,
    ) -> Result<(Mailbox, Account), Problem> {
        let found = self.mailboxes().await?;
        found
            .into_iter()
            .find(|(known, _)| known.id == mailbox)
            .ok_or_else(|| problems::not_found(format_args!("mailbox `{mailbox}`")))
    }

    /// What a mailbox has used of each window, and the limit if the policy has one.
    ///
    /// # Errors
    /// If the store cannot read.
    pub async fn mailbox_usage(
        &self,
        mailbox: &Mailbox,
    ) -> Result<Vec<(Window, u32, Option<u32>)>, Problem> {
        let (id, address, now) = (mailbox.id, mailbox.address.clone(), self.now());
        let judge = self.inner.judge.clone();
        self.read(move |store: &Store| {
            let published = store.policy()?;
            let edition = judge.edition(&published);
            let sender = of_mailbox(&address, now);
            let usage = store.usage(None, id, now)?;
            Ok(usage
                .iter()
                .filter(|usage| usage.scope == CountScope::Mailbox)
                .map(|usage| {
                    let limit = edition.policy().and_then(|policy| {
                        policy.rate_limit_for(&sender, CountScope::Mailbox, usage.window)
                    });
                    (usage.window, used(usage, now), limit)
                })
                .collect())
        })
        .await
    }

    /// How far a mailbox's sending domain is with its warm-up; `None` where it is warm, or where
    /// the policy does not count it.
    ///
    /// # Errors
    /// If the store cannot read.
    pub async fn mailbox_warming(&self, mailbox: &Mailbox) -> Result<Option<Warming>, Problem> {
        let (id, address, now) = (mailbox.id, mailbox.address.clone(), self.now());
        let judge = self.inner.judge.clone();
        self.read(move |store: &Store| {
            let Some(facts) = store.warmup(id, now)? else {
                return Ok(None);
            };
            let published = store.policy()?;
            let edition = judge.edition(&published);
            Ok(edition
                .policy()
                .and_then(|policy| policy.warming(&of_mailbox(&address, now), &facts, now)))
        })
        .await
    }
}

/// Whoever sends as a mailbox: what is said of one agent alone, or of some recipients, is not said
/// of it.
fn of_mailbox(address: &Address, now: Timestamp) -> policy::Sender<'_> {
    policy::Sender {
        agent: "",
        mailbox: address,
        to: &[],
        now,
    }
}

fn check_name(name: Option<&str>) -> Result<(), Problem> {
    let Some(name) = name else { return Ok(()) };
    if name.chars().count() > limits::NAME_CHARS_MAX || name.chars().any(char::is_control) {
        let max = limits::NAME_CHARS_MAX;
        let detail = format!("a display name has at most {max} characters and no line breaks");
        return Err(Problem::new(Code::InvalidField, detail).at("/display_name"));
    }
    Ok(())
}

fn check_settings(settings: &SmtpSettings) -> Result<(), Problem> {
    let refuse = |field: &str, detail: &str| {
        Err(Problem::new(Code::InvalidField, detail).at(format!("/smtp/{field}")))
    };
    check_server("smtp", &settings.host, settings.port)?;
    match &settings.auth {
        SmtpAuth::None => Ok(()),
        SmtpAuth::Password { user } | SmtpAuth::Xoauth2 { user } if user.is_empty() => {
            refuse("user", "a login needs a user name")
        }
        SmtpAuth::Password { .. } | SmtpAuth::Xoauth2 { .. } => Ok(()),
    }
}

fn check_imap(settings: &ImapSettings) -> Result<(), Problem> {
    check_server("imap", &settings.host, settings.port)?;
    let (ImapAuth::Password { user } | ImapAuth::Xoauth2 { user }) = &settings.auth;
    if user.is_empty() {
        let detail = "a login needs a user name";
        return Err(Problem::new(Code::InvalidField, detail).at("/imap/user"));
    }
    Ok(())
}

fn check_server(form: &str, host: &str, port: u16) -> Result<(), Problem> {
    let refuse = |field: &str, detail: &str| {
        Err(Problem::new(Code::InvalidField, detail).at(format!("/{form}/{field}")))
    };
    if host.is_empty() || host.len() > 253 || host.chars().any(|c| c.is_control() || c == ' ') {
        return refuse("host", "the host is a name or an IP address without spaces");
    }
    if port == 0 {
        return refuse(
            "port",
            "the port is 1 to 65535; 465 and 587 are usual for sending, 993 and 143 for reading",
        );
    }
    Ok(())
}
