//! Rehearsal: the real path but the wire, for a newcomer without credentials.

use domain::{AccountKind, Address, Agent, Level, Mailbox, Problem};
use mail::transport::Rehearsed;

use crate::open::Engine;

/// The rehearsal mailbox. `.example` is reserved (RFC 2606): it can never be somebody's.
pub const REHEARSAL_ADDRESS: &str = "you@rehearsal.example";
/// The rehearsal agent's name.
pub const REHEARSAL_AGENT: &str = "rehearsal-agent";

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

    /// What the rehearsal relay has taken since the process started, oldest first.
    pub fn rehearsal_delivered(&self) -> Vec<RehearsedMail> {
        self.inner.rehearsal.delivered()
    }
}
