//! Received mail for people: conversations, messages, and what a person decides about them.

use domain::{Attachment, Code, ConversationId, InboundId, Intent, Problem, SuppressionReason};
use mail::parse::MessageView;
use store::{AlarmRow, ConversationFilter, ConversationRow, Cursor, InboundRow, ThreadPlace};

use crate::open::Engine;
use crate::problems;
use crate::query::{Page, Story};

/// A conversation with what is in it, oldest first.
#[derive(Clone, Debug)]
pub struct Conversation {
    /// As it stands.
    pub row: ConversationRow,
    /// What was received.
    pub inbound: Vec<InboundRow>,
    /// What agents and people asked to send in it.
    pub outbound: Vec<Story>,
}

impl Engine {
    /// Conversations, the one with the newest received message first.
    ///
    /// # Errors
    /// `malformed_request` for an `after` we did not hand out.
    pub async fn conversations(
        &self,
        filter: ConversationFilter,
        after: Option<String>,
        limit: usize,
    ) -> Result<Page<ConversationRow>, Problem> {
        let after = after
            .map(|text| text.parse::<Cursor>())
            .transpose()
            .map_err(|_| {
                let detail = "`after` is not the `next` of an earlier page";
                Problem::new(Code::MalformedRequest, detail).at("/after")
            })?;
        if !filter.search.words.is_empty() {
            self.index_finds(u32::MAX).await?;
        }
        let page = self
            .read(move |store| store.conversations(&filter, after, limit))
            .await?;
        Ok(Page {
            rows: page.rows,
            next: page.next.map(|cursor| cursor.to_string()),
        })
    }

    /// A conversation with its messages.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn conversation(&self, id: ConversationId) -> Result<Conversation, Problem> {
        self.newest_of_conversation(id, store::STORY_MAX).await
    }

    /// A conversation with the newest of its messages: at most `newest` received and as many sent.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn newest_of_conversation(
        &self,
        id: ConversationId,
        newest: usize,
    ) -> Result<Conversation, Problem> {
        self.conversation_before(id, newest, ThreadPlace::default())
            .await
    }

    /// The same, of what came before a place in it.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn conversation_before(
        &self,
        id: ConversationId,
        newest: usize,
        before: ThreadPlace,
    ) -> Result<Conversation, Problem> {
        let story = self
            .read(move |store| store.conversation_before(id, newest, before))
            .await?
            .ok_or_else(|| problems::not_found(format_args!("conversation `{id}`")))?;
        let mut outbound = Vec::with_capacity(story.outbound.len());
        for id in story.outbound {
            outbound.push(self.story(domain::Actor::Operator, id).await?);
        }
        Ok(Conversation {
            row: story.row,
            inbound: story.inbound,
            outbound,
        })
    }

    /// One received message.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn inbound(&self, id: InboundId) -> Result<InboundRow, Problem> {
        self.read(move |store| store.inbound(id))
            .await?
            .ok_or_else(|| problems::not_found(format_args!("message `{id}`")))
    }

    /// The exact bytes of a received message.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn inbound_source(&self, id: InboundId) -> Result<Vec<u8>, Problem> {
        self.read(move |store| store.raw_inbound(id))
            .await?
            .ok_or_else(|| problems::not_found(format_args!("message `{id}`")))
    }

    /// A received message taken apart for the eye.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn inbound_view(&self, id: InboundId) -> Result<MessageView, Problem> {
        let bytes = self.inbound_source(id).await?;
        self.blocking(move || Ok(mail::parse::view(&bytes))).await
    }

    /// One file of a received message.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn inbound_attachment(
        &self,
        id: InboundId,
        index: usize,
    ) -> Result<Attachment, Problem> {
        let bytes = self.inbound_source(id).await?;
        let found = self
            .blocking(move || {
                let file = mail::parse::view(&bytes)
                    .attachments
                    .into_iter()
                    .find(|file| file.index == index);
                Ok(file.zip(mail::parse::attachment(&bytes, index)))
            })
            .await?;
        let (file, content) = found
            .ok_or_else(|| problems::not_found(format_args!("file {index} of message `{id}`")))?;
        Ok(Attachment {
            filename: file.filename.unwrap_or_else(|| format!("file-{index}")),
            content_type: file.content_type,
            content,
        })
    }

    /// How many conversations stand where.
    ///
    /// # Errors
    /// If the store cannot read.
    pub async fn inbox_counts(&self) -> Result<store::InboxCounts, Problem> {
        self.read(store::Store::inbox_counts).await
    }

    /// A person has looked at a conversation.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn mark_seen(&self, id: ConversationId) -> Result<(), Problem> {
        self.inner
            .store
            .conversation_seen(id, self.now())
            .await
            .map_err(problems::from_store)
    }

    /// A person reads a message otherwise than it was read.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn correct_intent(
        &self,
        id: InboundId,
        intent: Intent,
    ) -> Result<InboundRow, Problem> {
        self.act(self.inner.store.correct_intent(id, intent, self.now()))
            .await
    }

    /// A person lets a quarantined message go to agents.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn release_inbound(&self, id: InboundId) -> Result<InboundRow, Problem> {
        self.act(self.inner.store.release_inbound(id, self.now()))
            .await
    }

    /// A person keeps a message from agents for good.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn keep_inbound(&self, id: InboundId) -> Result<InboundRow, Problem> {
        self.act(self.inner.store.keep_inbound(id, self.now()))
            .await
    }

    /// A person is done with a message that was with a person.
    ///
    /// # Errors
    /// `not_found` if it is with no person.
    pub async fn person_done(&self, id: InboundId) -> Result<InboundRow, Problem> {
        self.act(self.inner.store.person_done(id, self.now())).await
    }

    /// A person answers whether a message asks to be left out; if it does, its sender is
    /// suppressed and what waits for them is cancelled.
    ///
    /// # Errors
    /// `not_found`; `invalid_address` if the message names no sender.
    pub async fn confirm_opt_out(
        &self,
        id: InboundId,
        wants_out: bool,
    ) -> Result<InboundRow, Problem> {
        let address = self.sender_of(id).await?;
        let store = &self.inner.store;
        self.act(store.confirm_opt_out(id, address, wants_out, self.now()))
            .await
    }

    /// A person suppresses whoever wrote a message.
    ///
    /// # Errors
    /// `not_found`; `invalid_address` if the message names no sender.
    pub async fn suppress_sender(&self, id: InboundId) -> Result<InboundRow, Problem> {
        let address = self.sender_of(id).await?;
        self.suppress(
            domain::Actor::Operator,
            address.to_string(),
            None,
            SuppressionReason::Manual,
            Some("suppressed from the inbox".to_owned()),
        )
        .await?;
        self.inbound(id).await
    }

    async fn sender_of(&self, id: InboundId) -> Result<domain::Address, Problem> {
        let row = self.inbound(id).await?;
        row.read.from.map(|from| from.address).ok_or_else(|| {
            let detail = "the message names no sender we could read; suppress the address by hand";
            Problem::new(Code::InvalidAddress, detail)
        })
    }

    /// A person takes a conversation in hand.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn take_over_conversation(
        &self,
        id: ConversationId,
        note: Option<String>,
    ) -> Result<(), Problem> {
        let store = &self.inner.store;
        self.act(store.take_over_conversation(id, note, self.now()))
            .await
    }

    /// A person hands a conversation back to agents.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn hand_back_conversation(&self, id: ConversationId) -> Result<(), Problem> {
        self.act(self.inner.store.hand_back_conversation(id, self.now()))
            .await
    }

    /// Mail that left around the gate, newest first; with `open`, what nobody has seen.
    ///
    /// # Errors
    /// If the store cannot read.
    pub async fn alarms(&self, open: bool) -> Result<Vec<AlarmRow>, Problem> {
        self.read(move |store| store.alarms(open)).await
    }

    /// A person has seen an alarm.
    ///
    /// # Errors
    /// `not_found` if it is not open.
    pub async fn alarm_seen(&self, n: i64) -> Result<(), Problem> {
        self.act(self.inner.store.alarm_seen(n, self.now())).await
    }
}
