//! Rehearsal: the real path but the wire, for a newcomer without credentials.
//!
//! What the relay does wrong is switched on purpose ([`Chaos`]); who answers, and how, stands in
//! [`REPLIERS`].

pub(crate) mod replies;

use domain::{AccountKind, Address, Agent, Code, InboundId, Level, Mailbox, Problem, Span};
pub use mail::transport::Chaos;
use mail::transport::Rehearsed;
pub use mail::transport::rehearsal::repliers::{REPLIERS, Replier};
use store::{Ingested, Place};

use crate::open::Engine;
use crate::problems;

/// The rehearsal mailbox. `.example` is reserved (RFC 2606): it can never be somebody's.
pub const REHEARSAL_ADDRESS: &str = "you@rehearsal.example";
/// The rehearsal agent's name.
pub const REHEARSAL_AGENT: &str = "rehearsal-agent";

/// The setting that holds which of the relay's faults are on.
const CHAOS_SETTING: &str = "rehearsal_chaos";
/// How late a slow relay answers the last dot.
pub(crate) const SLOW_ACCEPT: Span = Span::from_seconds(20);

/// What a newcomer needs for a first message.
#[derive(Clone, Debug)]
pub struct Rehearsal {
    /// The mailbox.
    pub mailbox: Mailbox,
    /// The agent, at level 1: it asks always.
    pub agent: Agent,
    /// Its token, shown once.
    pub token: String,
}

/// A message the rehearsal relay took.
pub type RehearsedMail = Rehearsed;

impl Engine {
    /// Makes the rehearsal mailbox and agent; asked again, gives the agent a new token.
    ///
    /// # Errors
    /// If the store cannot write.
    pub async fn rehearse(&self) -> Result<Rehearsal, Problem> {
        let address: Address =
            REHEARSAL_ADDRESS
                .parse()
                .map_err(|error: domain::AddressError| {
                    Problem::new(domain::Code::Internal, error.to_string())
                })?;
        let wanted = address.clone();
        let there = self
            .read(move |store| store.mailbox_by_address(&wanted))
            .await?;
        let mailbox = match there {
            Some(mailbox) => mailbox,
            None => {
                let name = Some("Rehearsal".to_owned());
                self.add_mailbox(address.clone(), name, AccountKind::Rehearsal, None)
                    .await?
            }
        };
        let agent = self
            .read(|store| store.agent_by_name(REHEARSAL_AGENT))
            .await?;
        let (agent, token) = match agent {
            Some(agent) => self.replace_token(agent.id, None).await?,
            None => {
                self.add_agent(REHEARSAL_AGENT, &address, Level::AskAlways, None)
                    .await?
            }
        };
        Ok(Rehearsal {
            mailbox,
            agent,
            token,
        })
    }

    /// A message as if a rehearsal mailbox had received it: read, tied and acted on as any other.
    ///
    /// # Errors
    /// `not_found` for a mailbox that is not there; `invalid_field` for one that is no rehearsal:
    /// what a real one received, its server says.
    pub async fn rehearse_received(
        &self,
        mailbox: &Address,
        bytes: Vec<u8>,
    ) -> Result<InboundId, Problem> {
        let (engine, wanted) = (self.clone(), mailbox.clone());
        let written = self
            .blocking(move || {
                let store = &engine.inner.store;
                let mailbox = store
                    .mailbox_by_address(&wanted)
                    .map_err(problems::from_store)?
                    .ok_or_else(|| problems::not_found(format_args!("mailbox `{wanted}`")))?;
                let account = store.account(mailbox.account);
                let account = account.map_err(problems::from_store)?;
                if !account.is_some_and(|account| account.kind == AccountKind::Rehearsal) {
                    let detail = format!("`{wanted}` is no rehearsal; have somebody write to it");
                    return Err(Problem::new(Code::InvalidField, detail).at("/mailbox"));
                }
                let folder = "INBOX";
                let cursor = store.mail_cursor(mailbox.account, folder);
                let after = cursor.map_err(problems::from_store)?.map_or(0, |at| at.uid);
                let place = Place {
                    account: mailbox.account,
                    folder: folder.to_owned(),
                    uid_validity: 1,
                    uid: after + 1,
                    after,
                };
                Ok(engine.take_in_unvouched(place, bytes))
            })
            .await?;
        match self.act(written).await? {
            Ingested::New(row) => {
                self.heed(&row).await?;
                Ok(row.id)
            }
            Ingested::Known(id) => Ok(id),
        }
    }

    /// What the rehearsal relay has taken since the process started, oldest first.
    pub fn rehearsal_delivered(&self) -> Vec<RehearsedMail> {
        self.inner.rehearsal.delivered()
    }

    /// Which of the relay's faults are on.
    ///
    /// # Errors
    /// If the store cannot read.
    pub async fn rehearsal_chaos(&self) -> Result<Chaos, Problem> {
        let kept = self.setting(CHAOS_SETTING).await?;
        // What cannot be read is a word of another version: everything is off then.
        Ok(kept
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default())
    }

    /// Switches the relay's faults. They hold for what leaves from now on, after a restart too.
    ///
    /// # Errors
    /// If the store cannot write.
    pub async fn set_rehearsal_chaos(&self, chaos: Chaos) -> Result<(), Problem> {
        let text = serde_json::to_string(&chaos).map_err(|error| {
            Problem::new(
                Code::Internal,
                format!("the switches cannot be written: {error}"),
            )
        })?;
        self.set_setting(CHAOS_SETTING.to_owned(), text).await
    }
}
