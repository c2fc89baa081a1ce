//! Mailboxes, the relays behind them, and the rehearsal.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{AgentView, Health};

/// A mailbox by address.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct MailboxRef {
    pub id: String,
    pub address: String,
    pub display_name: Option<String>,
}

/// A mailbox and the relay its mail leaves through.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct MailboxView {
    pub id: String,
    pub address: String,
    pub display_name: Option<String>,
    pub kind: MailboxKind,
    pub host: Option<String>,
    pub port: Option<u16>,
    pub tls: Option<Tls>,
    pub user: Option<String>,
    pub paused_at: Option<String>,
    pub health: Health,
    pub usage: Vec<Usage>,
    /// How far its sending domain is with its warm-up; absent once it is warm, or not counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub warmup: Option<WarmupView>,
    /// How its mail is read, if it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub reading: Option<ReadingView>,
    /// How it is signed in with its provider, if it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub signed_in: Option<SignedInView>,
    /// The known provider whose servers it uses.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub sign_in_offer: Option<SignInOffer>,
}

/// How a mailbox is signed in with its provider.
#[derive(Debug, Clone, Serialize, TS)]
#[ts(rename = "SignedIn")]
pub(crate) struct SignedInView {
    /// `google` or `microsoft`, or the address its tokens come from.
    pub provider: String,
    /// The operator's own, as registered there.
    pub client_id: String,
    /// It lets a person sign in on another device.
    pub has_device_door: bool,
    /// Why a person has to sign in again, if they have to: until then nothing logs in.
    pub refused: Option<String>,
    /// It sends with it.
    pub sends: bool,
    /// It is read with it.
    pub reads: bool,
}

/// A known provider to sign in with.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct SignInOffer {
    /// `google` or `microsoft`.
    pub provider: String,
    /// It lets a person sign in on another device.
    pub has_device_door: bool,
}

/// A young sending domain on its way to full volume.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct WarmupView {
    /// Recipients taken today (UTC).
    pub used: u32,
    /// At most so many today.
    pub limit: u32,
    /// The week it is in, from 1.
    pub week: u32,
    pub weeks: u32,
    /// When anything goes; null before the first mail.
    pub full_from: Option<String>,
}

/// How a mailbox's mail is read.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct ReadingView {
    pub host: String,
    pub port: u16,
    pub tls: Tls,
    pub ca_file: Option<String>,
    pub mechanism: Mechanism,
    pub user: String,
    /// None for the inbox, Junk and Sent.
    pub folders: Vec<String>,
    pub authserv_id: Option<String>,
    /// Signatures are checked here, by keys from DNS.
    pub verify_dkim: bool,
    pub sent_copy: SentCopyWord,
    /// People write with this account too.
    pub people_write: bool,
    pub reply_tokens: ReplyTokensWord,
    pub health: Health,
}

/// Who files a copy of what is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(rename = "SentCopy")]
pub(crate) enum SentCopyWord {
    /// The provider does: a copy in Sent proves that it took the mail.
    Provider,
    /// Sendoff does, after the relay took it: a copy there proves nothing.
    Append,
    /// Nobody, or it is not known.
    #[default]
    None,
}

/// Whether the return address of what leaves carries a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(rename = "ReplyTokens")]
pub(crate) enum ReplyTokensWord {
    #[default]
    Off,
    /// Behind a plus: the server must deliver `user+anything` to the user.
    Plus,
}

/// An IMAP server as a person fills it in. Goes in, never out.
#[derive(Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub(crate) struct ImapForm {
    pub host: String,
    pub port: u16,
    pub tls: Tls,
    #[serde(default)]
    pub ca_file: Option<String>,
    /// `password` or `xoauth2`.
    pub mechanism: Mechanism,
    pub user: String,
    /// Without one, the relay's is used.
    #[serde(default)]
    pub secret: Option<String>,
    /// Folders to read; none for the inbox, Junk and Sent.
    #[serde(default)]
    pub folders: Vec<String>,
    #[serde(default)]
    pub sent_copy: SentCopyWord,
    /// False on mailboxes that agents alone write with: then unexplained mail in Sent is an alarm.
    #[serde(default = "yes")]
    pub people_write: bool,
    /// Whether what comes back is known by a token in its address.
    #[serde(default)]
    pub reply_tokens: ReplyTokensWord,
    /// Whose `Authentication-Results` are believed; none for nobody's.
    #[serde(default)]
    pub authserv_id: Option<String>,
    /// Whether signatures are checked here, by keys from DNS, where nobody believed said anything.
    #[serde(default = "yes")]
    pub verify_dkim: bool,
}

fn yes() -> bool {
    true
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MailboxKind {
    Smtp,
    Rehearsal,
}

/// Encryption of an SMTP connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Tls {
    Implicit,
    Starttls,
    None,
}

/// How to log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Mechanism {
    None,
    Password,
    Xoauth2,
}

/// What was used of one window.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct Usage {
    /// `minute`, `hour`, `day` or `30 days`.
    pub window: String,
    pub used: u32,
    pub limit: Option<u32>,
}

/// A relay as a person fills it in. Goes in, never out: nothing here prints the secret.
#[derive(Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub(crate) struct SmtpForm {
    pub host: String,
    pub port: u16,
    pub tls: Tls,
    #[serde(default)]
    pub ca_file: Option<String>,
    pub mechanism: Mechanism,
    #[serde(default)]
    pub user: Option<String>,
    #[serde(default)]
    pub secret: Option<String>,
}

/// How a live test of a server goes.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct TestReport {
    /// Names it to `mailboxes.test_steps` and `mailboxes.test_stop`.
    pub run: String,
    /// Grows with everything that happens in it.
    #[ts(type = "number")]
    pub seen: u64,
    /// Nothing more happens.
    pub ended: bool,
    /// Every step went well.
    pub ok: bool,
    /// In the order they were begun.
    pub steps: Vec<TestStep>,
    /// For reading: who says in recent mail that it checked the sender.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub authserv_id: Option<String>,
}

/// One step of it.
#[derive(Debug, Clone, Serialize, TS)]
pub(crate) struct TestStep {
    pub name: String,
    pub state: TestState,
    /// How it went; empty while it is under way.
    pub text: String,
    /// How long it took, in milliseconds.
    #[ts(type = "number")]
    pub ms: u64,
    /// What usually helps, where it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub advice: Option<String>,
}

/// How a step goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TestState {
    Running,
    Passed,
    Failed,
    Stopped,
}

/// The rehearsal world is ready; the token is shown this once.
#[derive(Debug, Clone, Serialize, TS)]
#[ts(rename = "RehearsalStart")]
pub(crate) struct RehearsalStarted {
    pub mailbox: MailboxView,
    pub agent: AgentView,
    pub token: String,
    /// A first ask, to paste in a terminal.
    pub curl: String,
    /// Who else can be written to.
    pub repliers: Vec<ReplierView>,
}

/// Somebody of the rehearsal who answers.
#[derive(Debug, Clone, Serialize, TS)]
#[ts(rename = "Replier")]
pub(crate) struct ReplierView {
    pub address: String,
    pub name: String,
    /// What they do, in a few words.
    pub does: String,
    /// What to look for afterwards.
    pub shows: String,
    /// How long they take, in seconds.
    pub seconds: u32,
}

/// One fault of the rehearsal relay.
#[derive(Debug, Clone, Serialize, TS)]
#[ts(rename = "ChaosSwitch")]
pub(crate) struct ChaosView {
    pub fault: crate::rehearsal::Fault,
    pub title: String,
    /// What it does, and what to look for.
    pub does: String,
    pub on: bool,
}

/// The rehearsal world: who answers, and what goes wrong on purpose.
#[derive(Debug, Clone, Serialize, TS)]
#[ts(rename = "RehearsalWorld")]
pub(crate) struct RehearsalView {
    pub repliers: Vec<ReplierView>,
    pub faults: Vec<ChaosView>,
}

/// A message the rehearsal relay was given.
#[derive(Debug, Clone, Serialize, TS)]
#[ts(rename = "Delivered")]
pub(crate) struct RehearsedView {
    pub at: String,
    pub mail_from: String,
    pub rcpt_to: Vec<String>,
    pub subject: String,
    pub text: String,
}

/// What a person does to sign a mailbox in.
#[derive(Debug, Clone, Serialize, TS)]
#[ts(rename = "SignIn")]
pub(crate) struct SignInView {
    /// For `mailboxes.signed_in`, which waits until they have.
    pub handle: String,
    /// Where to go with a browser.
    pub url: String,
    /// What to type there, on another device.
    pub user_code: Option<String>,
    /// The window had a browser of this machine open it already.
    pub opened: bool,
}
