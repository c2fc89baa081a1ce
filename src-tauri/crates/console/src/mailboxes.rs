//! Mailboxes and the relays behind them.

use domain::{
    Account, AccountKind, Actor, Code, ImapAuth, ImapSettings, Mailbox, MailboxId, Problem,
    ReplyTokens, SentCopy, SmtpAuth, SmtpSettings, TlsMode,
};
use engine::{AccountHealth, Found, Passed, PauseScope};
use serde::Deserialize;
use ts_rs::TS;

use crate::args::{self, ById, NoArgs};
use crate::oauth;
use crate::table::Desk;
use crate::view::{
    Health, HealthState, ImapForm, MailboxKind, MailboxView, Mechanism, ReadingView,
    ReplyTokensWord, SentCopyWord, SmtpForm, TestReport, TestStep, Tls, Usage, WarmupView,
};
use crate::words;

pub(crate) async fn list(desk: &Desk<'_>, NoArgs {}: NoArgs) -> Result<Vec<MailboxView>, Problem> {
    let mut views = Vec::new();
    for (mailbox, account) in desk.engine.mailboxes().await? {
        views.push(view(desk, mailbox, account).await?);
    }
    Ok(views)
}

/// A relay to try out; nothing is kept.
#[derive(Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(rename = "MailboxTestArgs")]
pub(crate) struct Test {
    pub smtp: SmtpForm,
}

pub(crate) async fn test(desk: &Desk<'_>, args: Test) -> Result<TestReport, Problem> {
    let (settings, secret) = settings(args.smtp)?;
    Ok(match desk.engine.test_account(settings, secret).await {
        Ok(report) => {
            let tls = report.tls.map_or("Not encrypted".to_owned(), |tls| {
                format!("Encrypted with {tls}")
            });
            let login = report
                .login
                .map_or("No login was asked for".to_owned(), |mechanism| {
                    format!("Logged in with {mechanism}")
                });
            TestReport {
                ok: true,
                steps: vec![
                    step(
                        "Connect",
                        true,
                        format!("{} answers: {}", report.server, report.greeting),
                    ),
                    step("Encryption", true, tls),
                    step("Login", true, login),
                ],
                authserv_id: None,
            }
        }
        Err(failed) => {
            let said = failed
                .reply
                .as_ref()
                .map(|r| format!(" The server said {}.", words::reply(r)));
            let text = format!(
                "{}{}",
                words::sentence(&failed.reason),
                said.unwrap_or_default()
            );
            let name = match failed.phase {
                domain::delivery::Phase::Connect => "Connect",
                domain::delivery::Phase::Auth => "Login",
                domain::delivery::Phase::MailFrom => "Sender",
                domain::delivery::Phase::RcptTo => "Recipient",
                domain::delivery::Phase::Data => "Message",
            };
            TestReport {
                ok: false,
                steps: vec![step(name, false, text)],
                authserv_id: None,
            }
        }
    })
}

fn step(name: &str, ok: bool, text: String) -> TestStep {
    TestStep {
        name: name.to_owned(),
        ok,
        text,
    }
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

/// A server to try out; nothing is kept.
#[derive(Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(rename = "MailboxTestImapArgs")]
pub(crate) struct TestImap {
    pub imap: ImapForm,
}

pub(crate) async fn test_imap(desk: &Desk<'_>, args: TestImap) -> Result<TestReport, Problem> {
    let (settings, secret) = reading(args.imap)?;
    let secret = secret.ok_or_else(|| {
        Problem::new(Code::InvalidField, "a test needs the password").at("/imap/secret")
    })?;
    let tried = desk.engine.test_imap(&settings, &secret).await;
    Ok(tried_report(&settings, tried))
}

/// Every step with how it went, up to the first that did not.
fn tried_report(settings: &ImapSettings, tried: engine::Tried) -> TestReport {
    let opened = tried.outcome.as_ref().ok().map(|found| &found.opened);
    let mut steps: Vec<TestStep> = tried
        .passed
        .iter()
        .map(|passed| match passed {
            Passed::Connected => {
                let server = format!("{}:{}", settings.host, settings.port);
                step("Connect", true, format!("{server} answers"))
            }
            Passed::Encrypted => {
                let tls = opened.and_then(|opened| opened.tls.clone());
                let with = tls.map_or(String::new(), |tls| format!(" with {tls}"));
                step("Encryption", true, format!("Encrypted{with}"))
            }
            Passed::LoggedIn => {
                let news = match opened {
                    Some(opened) if opened.idle => "; it tells of new mail by itself",
                    Some(_) => "; it is asked for new mail every 20 seconds",
                    None => "",
                };
                step(
                    "Login",
                    true,
                    format!("Logged in as {}{news}", user_of(settings)),
                )
            }
        })
        .collect();
    match tried.outcome {
        Ok(found) => {
            if found.opened.tls.is_none() {
                steps.insert(
                    1.min(steps.len()),
                    step("Encryption", true, "Not encrypted".into()),
                );
            }
            let names: Vec<&str> = found.folders.iter().map(|f| f.name.as_str()).collect();
            steps.push(step("Folders", true, format!("Reads {}", names.join(", "))));
            steps.push(step("Senders", true, checked_by(settings, &found)));
            TestReport {
                ok: true,
                steps,
                authserv_id: found.authserv_id,
            }
        }
        Err(trouble) => {
            let next = match tried.passed.last() {
                None => "Connect",
                Some(Passed::Connected) if settings.tls != TlsMode::None => "Encryption",
                Some(Passed::Connected | Passed::Encrypted) => "Login",
                Some(Passed::LoggedIn) => "Folders",
            };
            steps.push(step(next, false, words::sentence(&trouble.text)));
            TestReport {
                ok: false,
                steps,
                authserv_id: None,
            }
        }
    }
}

fn user_of(settings: &ImapSettings) -> &str {
    match &settings.auth {
        ImapAuth::Password { user } | ImapAuth::Xoauth2 { user } => user,
    }
}

/// Whose word about senders is there, and whether it is the one the settings believe.
fn checked_by(settings: &ImapSettings, found: &Found) -> String {
    match (&found.authserv_id, &settings.authserv_id) {
        (Some(said), Some(believed)) if said.eq_ignore_ascii_case(believed) => {
            format!("{said} checks who mail is from, and is believed")
        }
        (Some(said), Some(believed)) => format!(
            "{said} checks who mail is from; the settings believe {believed}, so its word counts \
             for nothing"
        ),
        (Some(said), None) => format!(
            "{said} checks who mail is from; until it is believed, its word counts for nothing"
        ),
        (None, _) => "No recent mail says who checked its sender".to_owned(),
    }
}

/// A form as settings, and the secret apart from them.
fn reading(form: ImapForm) -> Result<(ImapSettings, Option<String>), Problem> {
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
fn settings(form: SmtpForm) -> Result<(SmtpSettings, Option<String>), Problem> {
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

#[cfg(test)]
mod tests {
    use engine::{MailTrouble, MailTroubleKind, Opened, Tried};

    use super::*;

    fn settings() -> ImapSettings {
        let form = serde_json::json!({"host": "imap.ours.example", "port": 993, "tls": "implicit",
            "mechanism": "password", "user": "me"});
        reading(serde_json::from_value(form).unwrap()).unwrap().0
    }

    fn steps(report: &TestReport) -> Vec<(&str, bool)> {
        let steps = report.steps.iter();
        steps.map(|step| (step.name.as_str(), step.ok)).collect()
    }

    #[test]
    fn a_try_that_stops_says_how_far_it_came() {
        let stopped = |passed: &[Passed]| {
            let trouble = MailTrouble {
                kind: MailTroubleKind::Connection,
                text: "it stopped".into(),
            };
            let tried = Tried {
                passed: passed.to_vec(),
                outcome: Err(trouble),
            };
            tried_report(&settings(), tried)
        };
        assert_eq!(steps(&stopped(&[])), [("Connect", false)]);
        assert_eq!(
            steps(&stopped(&[Passed::Connected])),
            [("Connect", true), ("Encryption", false)]
        );
        assert_eq!(
            steps(&stopped(&[Passed::Connected, Passed::Encrypted])),
            [("Connect", true), ("Encryption", true), ("Login", false)]
        );
        let all = [Passed::Connected, Passed::Encrypted, Passed::LoggedIn];
        assert_eq!(steps(&stopped(&all)).last(), Some(&("Folders", false)));
    }

    #[test]
    fn a_try_that_works_says_whose_word_about_senders_is_there() {
        let tried = Tried {
            passed: vec![Passed::Connected, Passed::LoggedIn],
            outcome: Ok(Found {
                opened: Opened {
                    server: "imap.ours.example:143".into(),
                    tls: None,
                    login: "LOGIN",
                    idle: true,
                },
                folders: Vec::new(),
                authserv_id: Some("mx.ours.example".into()),
            }),
        };
        let report = tried_report(&settings(), tried);
        let names: Vec<&str> = steps(&report).into_iter().map(|(name, _)| name).collect();
        assert_eq!(
            names,
            ["Connect", "Encryption", "Login", "Folders", "Senders"]
        );
        assert_eq!(report.authserv_id.as_deref(), Some("mx.ours.example"));
        assert!(
            report.ok
                && report
                    .steps
                    .iter()
                    .any(|step| step.text.contains("until it is believed"))
        );
    }
}
