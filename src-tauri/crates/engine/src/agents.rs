//! Agents: who may ask, with which token, as which mailbox, at which level.

use domain::{
    Actor, Address, Agent, AgentGrant, AgentId, Code, Level, Mailbox, Problem, Timestamp,
    TokenDigest, limits,
};
use store::{PauseScope, Store};

use crate::by_hand::{self, is_an_agent};
use crate::open::Engine;
use crate::problems;

impl Engine {
    /// Whose token this is.
    ///
    /// # Errors
    /// `unauthenticated` for one we do not know, `token_ended` for one that is over.
    pub async fn authenticate(&self, token: &str) -> Result<Agent, Problem> {
        let digest = TokenDigest::of(token);
        let agent = self.read(move |store| store.agent_by_token(digest)).await?.ok_or_else(|| {
            let detail = "this token is not known here; check it, or make an agent with `sendoff agent add`";
            Problem::new(Code::Unauthenticated, detail)
        })?;
        // Its token was never shown to anybody.
        is_an_agent(agent.id)?;
        if agent.revoked_at.is_some() {
            let detail = format!(
                "the token of `{}` was revoked; ask for a new one",
                agent.name
            );
            return Err(Problem::new(Code::TokenEnded, detail));
        }
        match agent.expires_at {
            Some(end) if end <= self.now() => {
                let detail = format!(
                    "the token of `{}` ended at {end}; ask for a new one",
                    agent.name
                );
                Err(Problem::new(Code::TokenEnded, detail))
            }
            Some(_) | None => Ok(agent),
        }
    }

    /// All agents, by name.
    ///
    /// # Errors
    /// If the store cannot read.
    pub async fn agents(&self) -> Result<Vec<Agent>, Problem> {
        let mut agents = self.read(Store::agents).await?;
        agents.retain(|agent| agent.id != AgentId::BY_HAND);
        Ok(agents)
    }

    /// One agent.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn agent(&self, id: AgentId) -> Result<Agent, Problem> {
        let agent = self.read(move |store| store.agent(id)).await?;
        agent.ok_or_else(|| problems::not_found(format_args!("agent `{id}`")))
    }

    /// One agent by its name or id.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn agent_named(&self, name: &str) -> Result<Agent, Problem> {
        if let Ok(id) = name.parse::<AgentId>() {
            return self.agent(id).await;
        }
        let wanted = name.to_owned();
        let agent = self.read(move |store| store.agent_by_name(&wanted)).await?;
        agent.ok_or_else(|| problems::not_found(format_args!("agent `{name}`")))
    }

    /// Makes an agent that may send as `mailbox`; answers it and its token, which is shown once.
    ///
    /// # Errors
    /// `already_exists`, `unknown_mailbox`, `invalid_field` for a name that is none.
    pub async fn add_agent(
        &self,
        name: &str,
        mailbox: &Address,
        level: Level,
        expires_at: Option<Timestamp>,
    ) -> Result<(Agent, String), Problem> {
        let name = name.trim();
        let chars = name.chars().count();
        if name.is_empty() || chars > limits::NAME_CHARS_MAX || name.chars().any(char::is_control) {
            let max = limits::NAME_CHARS_MAX;
            let detail = format!("an agent's name has 1 to {max} characters and no line breaks");
            return Err(Problem::new(Code::InvalidField, detail).at("/name"));
        }
        if name.eq_ignore_ascii_case(by_hand::NAME) {
            let detail = format!("`{name}` is what you write yourself; choose another name");
            return Err(Problem::new(Code::AlreadyExists, detail).at("/name"));
        }
        let mailbox = self.mailbox_at(mailbox).await?;
        let now = self.now();
        let agent = Agent {
            id: AgentId::new(self.inner.ids.as_ref(), now),
            name: name.to_owned(),
            level,
            grants: vec![AgentGrant {
                mailbox: mailbox.id,
                level: None,
            }],
            paused_at: None,
            revoked_at: None,
            expires_at,
            created_at: now,
        };
        let token = TokenDigest::token(&self.inner.ids.secret());
        self.act(
            self.inner
                .store
                .add_agent(agent.clone(), TokenDigest::of(&token)),
        )
        .await?;
        Ok((agent, token))
    }

    /// Sets an agent's level. An agent may only lower its own.
    ///
    /// # Errors
    /// `human_decision_required` for an agent that would raise it, `not_found`.
    pub async fn set_level(&self, id: AgentId, level: Level, by: Actor) -> Result<Agent, Problem> {
        is_an_agent(id)?;
        self.act(self.inner.store.set_level(id, level, by, self.now()))
            .await?;
        self.agent(id).await
    }

    /// Lets an agent send as a mailbox, at a lower level there if given.
    ///
    /// # Errors
    /// `not_found`, `unknown_mailbox`.
    pub async fn grant(
        &self,
        id: AgentId,
        mailbox: &Address,
        level: Option<Level>,
    ) -> Result<Agent, Problem> {
        is_an_agent(id)?;
        let mailbox = self.mailbox_at(mailbox).await?;
        self.act(self.inner.store.grant(id, mailbox.id, level, self.now()))
            .await?;
        self.agent(id).await
    }

    /// Ends an agent's token for good.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn revoke_agent(&self, id: AgentId) -> Result<Agent, Problem> {
        is_an_agent(id)?;
        self.act(self.inner.store.revoke_agent(id, self.now()))
            .await?;
        self.agent(id).await
    }

    /// Gives an agent a new token; the old one ends at once. The token is shown once.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn replace_token(
        &self,
        id: AgentId,
        expires_at: Option<Timestamp>,
    ) -> Result<(Agent, String), Problem> {
        is_an_agent(id)?;
        let token = TokenDigest::token(&self.inner.ids.secret());
        self.act(self.inner.store.replace_token(
            id,
            TokenDigest::of(&token),
            expires_at,
            self.now(),
        ))
        .await?;
        Ok((self.agent(id).await?, token))
    }

    /// The mailboxes an agent may send as.
    ///
    /// # Errors
    /// If the store cannot read.
    pub async fn mailbox_names(&self, agent: &Agent) -> Result<Vec<Mailbox>, Problem> {
        let mut mailboxes = self.read(Store::mailboxes).await?;
        mailboxes.retain(|mailbox| agent.grants.iter().any(|grant| grant.mailbox == mailbox.id));
        Ok(mailboxes)
    }

    /// An agent pauses itself; a person resumes it.
    ///
    /// # Errors
    /// If the store cannot write.
    pub async fn agent_pause(&self, agent: &Agent) -> Result<(), Problem> {
        self.pause(PauseScope::Agent(agent.id), Actor::Agent(agent.id))
            .await
    }

    /// An agent lowers its own level.
    ///
    /// # Errors
    /// `human_decision_required` if that would raise it.
    pub async fn agent_lower_level(&self, agent: &Agent, level: Level) -> Result<Agent, Problem> {
        self.set_level(agent.id, level, Actor::Agent(agent.id))
            .await
    }
}
