//! Received mail for agents: what they may see of it, and leases to work on it.

use domain::{Agent, ChangeKind, Code, ConversationId, InboundId, Problem, Span, limits};
use store::{ClaimReply, ConversationFilter, ConversationRow, InboundRow, ListOrder};
use tokio::sync::broadcast::error::RecvError;

use crate::inbox::Conversation;
use crate::open::Engine;
use crate::problems;
use crate::query::Page;

/// How long an agent has for a reply it claimed, unless it says otherwise.
pub const LEASE: Span = Span::from_minutes(15);
/// The longest it may say.
pub const LEASE_MAX: Span = Span::from_hours(24);

impl Engine {
    /// The oldest reply this agent may work on, leased to it. Waits for one up to `wait`.
    ///
    /// # Errors
    /// `invalid_field` for a lease that is too long.
    pub async fn claim_reply(
        &self,
        agent: &Agent,
        lease: Option<Span>,
        wait: Span,
    ) -> Result<Option<InboundRow>, Problem> {
        let lease = lease.unwrap_or(LEASE);
        if lease > LEASE_MAX || lease <= Span::ZERO {
            let detail = "a lease is 1 second to 24 hours; claim again when it ends";
            return Err(Problem::new(Code::InvalidField, detail).at("/lease"));
        }
        let ends = self.now() + wait;
        // Listen first, look second: what arrives between the two is seen.
        let mut changes = self.subscribe();
        loop {
            let now = self.now();
            let ask = ClaimReply {
                agent: agent.id,
                now,
                until: now + lease,
            };
            let found = self
                .inner
                .store
                .claim_reply(ask)
                .await
                .map_err(problems::from_store)?;
            if found.is_some() || now >= ends {
                return Ok(found);
            }
            let arrived = async {
                loop {
                    match changes.recv().await {
                        Ok(change) => match change.kind {
                            ChangeKind::Inbound { .. } | ChangeKind::Agents => return,
                            ChangeKind::Submission { .. }
                            | ChangeKind::Mailboxes
                            | ChangeKind::Suppressions
                            | ChangeKind::Contacts
                            | ChangeKind::Policy
                            | ChangeKind::Pause
                            | ChangeKind::Settings => {}
                        },
                        Err(RecvError::Lagged(_)) => return,
                        Err(RecvError::Closed) => return std::future::pending().await,
                    }
                }
            };
            tokio::select! {
                () = arrived => {}
                () = self.inner.clock.sleep_until(ends) => {}
            }
        }
    }

    /// An agent is done with a reply.
    ///
    /// # Errors
    /// `not_found` unless it has it.
    pub async fn ack_reply(&self, agent: &Agent, id: InboundId) -> Result<InboundRow, Problem> {
        self.inner
            .store
            .ack_reply(id, agent.id, self.now())
            .await
            .map_err(problems::from_store)
    }

    /// An agent gives a reply back, to the next agent or to a person, with a note if it likes.
    ///
    /// # Errors
    /// `not_found` unless it has it; `invalid_field` for a note that is too long.
    pub async fn return_reply(
        &self,
        agent: &Agent,
        id: InboundId,
        to_person: bool,
        note: Option<String>,
    ) -> Result<InboundRow, Problem> {
        let max = limits::REASON_CHARS_MAX;
        if note.as_ref().is_some_and(|note| note.chars().count() > max) {
            let detail = format!("a note has at most {max} characters");
            return Err(Problem::new(Code::InvalidField, detail).at("/note"));
        }
        self.inner
            .store
            .return_reply(id, agent.id, to_person, note, self.now())
            .await
            .map_err(problems::from_store)
    }

    /// The conversations an agent may see: its own and nobody's, in mailboxes granted to it.
    ///
    /// # Errors
    /// `malformed_request` for an `after` we did not hand out.
    pub async fn conversations_of(
        &self,
        agent: &Agent,
        after: Option<String>,
        limit: usize,
    ) -> Result<Page<ConversationRow>, Problem> {
        let filter = ConversationFilter {
            agent: Some(agent.id),
            ..ConversationFilter::default()
        };
        self.conversations(filter, after, limit).await
    }

    /// A conversation as an agent may see it: without what is kept from it, with a person, or, while
    /// a person has it in hand, received at all, and under no subject but of what is left. What it is
    /// given counts as read.
    ///
    /// # Errors
    /// `not_found`, also where nothing is left.
    pub async fn conversation_of(
        &self,
        agent: &Agent,
        id: ConversationId,
    ) -> Result<Conversation, Problem> {
        let nowhere = || problems::not_found(format_args!("conversation `{id}`"));
        let mut found = self.conversation(id).await?;
        let granted = agent
            .grants
            .iter()
            .any(|grant| grant.mailbox == found.row.mailbox);
        let owner = found.row.agent.as_ref().map(|(owner, _)| *owner);
        if !granted || owner.is_some_and(|owner| owner != agent.id) {
            return Err(nowhere());
        }
        match found.row.taken_over_at {
            Some(_) => found.inbound.clear(),
            None => found.inbound.retain(InboundRow::is_open_to_agents),
        }
        found.outbound.retain(|story| story.row.agent == agent.id);
        if found.inbound.is_empty() && found.outbound.is_empty() {
            return Err(nowhere());
        }
        let whom = agent.id;
        found.row.subject = self.read(move |store| store.subject_for(id, whom)).await?;
        if let Some(upto) = found.inbound.iter().map(|row| row.arrived_at).max() {
            self.inner
                .store
                .agent_read(id, agent.id, upto)
                .await
                .map_err(problems::from_store)?;
        }
        Ok(found)
    }

    /// One received message as an agent may see it. Its conversation counts as read.
    ///
    /// # Errors
    /// `not_found` for one that is not there, not the agent's, or with a person.
    pub async fn message_of(&self, agent: &Agent, id: InboundId) -> Result<InboundRow, Problem> {
        let nowhere = || problems::not_found(format_args!("message `{id}`"));
        let row = self.inbound(id).await?;
        let found = self.conversation_of(agent, row.conversation).await;
        let mut found = found.map_err(|problem| match problem.code == Code::NotFound {
            true => nowhere(),
            false => problem,
        })?;
        found.inbound.retain(|one| one.id == id);
        found.inbound.pop().ok_or_else(nowhere)
    }

    /// What an agent may see of what it was sent, newest first: at most `limit` messages, and
    /// whether there are more. Behind `place`, or in front of it with [`ListOrder::Oldest`].
    ///
    /// # Errors
    /// `malformed_request` for a place that is none.
    pub async fn received_of(
        &self,
        agent: &Agent,
        place: Option<(InboundId, ListOrder)>,
        limit: usize,
    ) -> Result<(Vec<InboundRow>, bool), Problem> {
        let agent = agent.id;
        let mut rows = self
            .read(move |store| store.received_of(agent, place, limit + 1))
            .await
            .map_err(|problem| match problem.code == Code::NotFound {
                true => Problem::new(Code::MalformedRequest, "the page begins at no message here"),
                false => problem,
            })?;
        let more = rows.len() > limit;
        rows.truncate(limit);
        if matches!(place, Some((_, ListOrder::Oldest))) {
            rows.reverse();
        }
        Ok((rows, more))
    }

    /// How many messages in an agent's mailboxes are with a person.
    ///
    /// # Errors
    /// If the store cannot read.
    pub async fn withheld_from(&self, agent: &Agent) -> Result<u64, Problem> {
        let id = agent.id;
        self.read(move |store| store.withheld_from(id)).await
    }

    /// The word in the fences of what this agent reads.
    ///
    /// # Errors
    /// If the store cannot write.
    pub async fn canary(&self, agent: &Agent) -> Result<String, Problem> {
        self.inner
            .store
            .canary(agent.id)
            .await
            .map_err(problems::from_store)
    }
}
