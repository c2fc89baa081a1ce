//! A person answers a received message by hand. What they write is a submission like any other:
//! composed, scanned, judged, recorded, and taken back within the undo window. What is said of
//! agents does not apply to it; everything else does, and what a rule finds is shown to them
//! before it leaves.

use domain::{
    Address, Agent, AgentId, Code, Draft, InboundId, Level, NamedAddress, Problem, StateName,
    Stream, TokenDigest, limits,
};
use store::Answer;

use crate::open::Engine;
use crate::problems;
use crate::submit::Ask;
use crate::thread;

/// The name beside what a person wrote by hand, where others have their agent's.
pub(crate) const NAME: &str = "by hand";

/// What a person writes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct HandReply {
    /// To whom; whoever wrote, or where they want answers, if nobody is named.
    pub to: Vec<NamedAddress>,
    /// Visible copies.
    pub cc: Vec<NamedAddress>,
    /// The subject; `Re:` and that of the message answered if it is not given.
    pub subject: Option<String>,
    /// Plain text body.
    pub text: String,
}

impl Engine {
    /// Answers a received message as the mailbox it was sent to. It leaves after the undo window,
    /// or waits for its slot; where a rule finds something, it is held and the person is shown
    /// what, as with any other message.
    ///
    /// # Errors
    /// `not_found`; `invalid_address` if it names nobody who could be written to and `to` does not
    /// either; what can be wrong with any message.
    pub async fn reply_by_hand(&self, id: InboundId, reply: HandReply) -> Result<Answer, Problem> {
        let row = self.inbound(id).await?;
        if reply.text.trim().is_empty() {
            let detail = "an answer has words; write some in `text`";
            return Err(Problem::new(Code::InvalidField, detail).at("/text"));
        }
        let to = match reply.to.is_empty() {
            true => self.inbound_view(id).await?.answer_to,
            false => reply.to,
        };
        if to.is_empty() {
            let detail =
                "the message names nobody who could be answered; say in `to` who it is for";
            return Err(Problem::new(Code::InvalidAddress, detail).at("/to"));
        }
        let subject = reply
            .subject
            .unwrap_or_else(|| answering(&row.read.subject));
        let draft = Draft {
            to,
            cc: reply.cc,
            bcc: Vec::new(),
            reply_to: Vec::new(),
            subject,
            text: Some(reply.text),
            html: None,
            attachments: Vec::new(),
            in_reply_to: thread::message_id(&row),
            references: Vec::new(),
            conversation: Some(row.conversation),
            stream: Stream::Personal,
            reason: None,
            tags: std::collections::BTreeMap::new(),
            send_at: None,
            send_by: None,
            if_latest: None,
            composed: None,
        };
        self.send_by_hand(row.mailbox_address, draft).await
    }

    async fn send_by_hand(&self, mailbox: Address, draft: Draft) -> Result<Answer, Problem> {
        let hand = self.hand().await?;
        let ask = Ask {
            mailbox,
            dedupe_key: None,
            key_lasts: None,
            request: domain::canonical::canonical_digest(&draft),
            draft,
        };
        let asked = self.submit(&hand, ask).await?;
        let is_held = asked.row.state.name() == StateName::Held;
        if is_held && policy::is_ready_by_hand(&asked.decision.decision) {
            let (id, hash) = (asked.row.id, asked.row.hash);
            return self.approve_shown(id, hash, Some(asked.decision.id)).await;
        }
        Ok(Answer {
            submission: asked.row,
            decision: asked.decision,
        })
    }

    /// Who stands for a person among the agents, made at the first need. Its token is thrown away.
    async fn hand(&self) -> Result<Agent, Problem> {
        let known = self.read(|store| store.agent(AgentId::BY_HAND)).await?;
        if let Some(known) = known {
            return Ok(known);
        }
        let hand = Agent {
            id: AgentId::BY_HAND,
            name: NAME.to_owned(),
            level: Level::AskAlways,
            grants: Vec::new(),
            paused_at: None,
            revoked_at: None,
            expires_at: None,
            created_at: self.now(),
        };
        let token = TokenDigest::of(&TokenDigest::token(&self.inner.ids.secret()));
        let store = &self.inner.store;
        match self.act(store.add_agent(hand.clone(), token)).await {
            Ok(()) => Ok(hand),
            // Two answers at once made it at once.
            Err(problem) if problem.code == Code::AlreadyExists => {
                let known = self.read(|store| store.agent(AgentId::BY_HAND)).await?;
                known.ok_or(problem)
            }
            Err(problem) => Err(problem),
        }
    }
}

/// An agent as a person knows it: whoever stands for themselves is none.
pub(crate) fn is_an_agent(id: AgentId) -> Result<(), Problem> {
    if id == AgentId::BY_HAND {
        return Err(problems::not_found(format_args!("agent `{id}`")));
    }
    Ok(())
}

/// The subject of an answer: a stranger's words, made fit for a header.
fn answering(subject: &str) -> String {
    let plain: String = subject
        .chars()
        .map(|c| match mail::ends_a_line(c) {
            true => ' ',
            false => c,
        })
        .collect();
    let plain = plain.trim();
    let begins = plain.get(..3).unwrap_or_default();
    let answer = match begins.eq_ignore_ascii_case("re:") {
        true => plain.to_owned(),
        false => format!("Re: {plain}"),
    };
    answer.chars().take(limits::SUBJECT_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use domain::{
        Actor, Digest, ImapAuth, ImapSettings, SentCopy, Span, Timestamp, TlsMode, Verdict,
    };
    use mail::imap::FolderUse;
    use store::{ConversationFilter, InboundRow, Place, ReplyState};

    use super::*;
    use crate::clock::{ManualClock, SeededIds};
    use crate::ingest::Arrival;
    use crate::rehearse::Rehearsal;

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

    /// A rehearsal mailbox with one received message in it.
    struct Desk {
        engine: Engine,
        clock: ManualClock,
        made: Rehearsal,
        uid: u32,
    }

    impl Desk {
        async fn new() -> Desk {
            let clock = ManualClock::at(NOW);
            let ids = std::sync::Arc::new(SeededIds::new(7));
            let engine = Engine::memory(std::sync::Arc::new(clock.clone()), ids).unwrap();
            let made = engine.rehearse().await.unwrap();
            Desk {
                engine,
                clock,
                made,
                uid: 0,
            }
        }

        async fn takes_in(&mut self, headers: &str, text: &str) -> InboundRow {
            self.clock.advance(Span::from_minutes(1));
            let mailbox = &self.made.mailbox;
            let bytes = format!(
                "From: Dana <dana@acme.example>\r\nTo: {}\r\n{headers}\r\n{text}\r\n",
                mailbox.address
            );
            let mailboxes = self.engine.mailboxes().await.unwrap();
            let account = mailboxes
                .into_iter()
                .map(|(_, account)| account)
                .next()
                .unwrap();
            let settings = ImapSettings {
                host: "127.0.0.1".to_owned(),
                port: 9,
                tls: TlsMode::None,
                ca_file: None,
                auth: ImapAuth::Password {
                    user: "you".to_owned(),
                },
                folders: Vec::new(),
                sent_copy: SentCopy::None,
                people_write: true,
                reply_tokens: domain::ReplyTokens::Off,
                authserv_id: None,
                verify_dkim: true,
            };
            let arrival = Arrival {
                place: Place {
                    account: account.id,
                    folder: "INBOX".to_owned(),
                    uid_validity: 1,
                    uid: self.uid + 1,
                    after: self.uid,
                },
                folder: FolderUse::Inbox,
                bytes: bytes.into_bytes(),
                is_head: false,
                received_at: None,
            };
            self.uid += 1;
            let taken = self.engine.take_in(&account, &settings, vec![arrival]);
            taken.await.unwrap();
            let filter = ConversationFilter::default();
            let newest = self.engine.conversations(filter, None, 1).await.unwrap();
            newest.rows.into_iter().next().unwrap().last.unwrap()
        }

        async fn question(&mut self) -> InboundRow {
            let headers = "Subject: Tuesday\r\nMessage-ID: <q3@acme.example>\r\n\
                References: <q1@acme.example> <q2@acme.example>\r\n\
                In-Reply-To: <q2@acme.example>\r\n";
            self.takes_in(headers, "Can you tell me when you are open on Tuesday?")
                .await
        }

        async fn source(&self, answer: &Answer) -> String {
            let message = self.engine.message(answer.submission.id, None).await;
            String::from_utf8(message.unwrap().0.bytes).unwrap()
        }

        async fn is_sound(&self) {
            let report = self.engine.verify(|_, _| {}).await.unwrap();
            assert!(report.is_clean(), "{:#?}", report.divergences);
        }
    }

    fn words(text: &str) -> HandReply {
        HandReply {
            text: text.to_owned(),
            ..HandReply::default()
        }
    }

    #[tokio::test]
    async fn an_agent_is_shown_a_conversation_without_what_is_a_persons() {
        let mut desk = Desk::new().await;
        let row = desk.question().await;
        let agent = desk.made.agent.clone();
        let id = row.conversation;
        let shown = async |agent: &Agent| {
            let found = desk.engine.conversation_of(agent, id).await;
            found.map(|found| found.inbound.len())
        };
        assert_eq!(shown(&agent).await.unwrap(), 1);
        assert_eq!(
            desk.engine.message_of(&agent, row.id).await.unwrap().id,
            row.id
        );
        let elsewhere = Agent {
            grants: Vec::new(),
            ..agent.clone()
        };
        assert_eq!(shown(&elsewhere).await.unwrap_err().code, Code::NotFound);

        desk.engine.keep_inbound(row.id).await.unwrap();
        assert_eq!(shown(&agent).await.unwrap_err().code, Code::NotFound);
        let message = desk.engine.message_of(&agent, row.id).await;
        assert_eq!(message.unwrap_err().code, Code::NotFound);
        desk.engine.release_inbound(row.id).await.unwrap();
        assert_eq!(
            shown(&agent).await.unwrap(),
            1,
            "a person let it go to agents"
        );

        let taken = desk.engine.take_over_conversation(id, None);
        taken.await.unwrap();
        let in_hand = shown(&agent).await;
        assert_eq!(
            in_hand.unwrap_err().code,
            Code::NotFound,
            "in a person's hand"
        );
    }

    #[tokio::test]
    async fn a_line_from_what_a_person_wrote_is_about_every_agent_or_none() {
        use crate::{LineAsk, LineWish};
        let mut desk = Desk::new().await;
        let row = desk.question().await;
        let answer = desk.engine.reply_by_hand(row.id, words("From nine."));
        let submission = answer.await.unwrap().submission.id;
        let propose = async |wish: LineWish, any_agent: bool| {
            let ask = LineAsk {
                submission,
                wish,
                domains: false,
                any_agent,
            };
            desk.engine.propose_line(ask).await
        };
        let refused = propose(LineWish::AlwaysAsk, false).await.unwrap_err();
        assert_eq!(
            (refused.code, refused.detail.as_str()),
            (
                Code::InvalidField,
                "a person wrote this mail; a line is about agents: choose every agent"
            )
        );
        for any_agent in [false, true] {
            let refused = propose(LineWish::Let { days: 7 }, any_agent).await;
            assert_eq!(refused.unwrap_err().code, Code::InvalidField);
        }
        let every = propose(LineWish::AlwaysAsk, true).await.unwrap();
        assert_eq!(every.line.agent, None);
        assert_eq!(every.line.to, ["dana@acme.example"]);
    }

    #[tokio::test]
    async fn an_answer_stands_in_its_thread_and_leaves_when_it_can_no_longer_be_taken_back() {
        let mut desk = Desk::new().await;
        let row = desk.question().await;
        assert_eq!(row.reply.as_ref().unwrap().state, ReplyState::Waiting);
        let answer = desk
            .engine
            .reply_by_hand(row.id, words("From nine to five."))
            .await
            .unwrap();
        assert_eq!(answer.submission.state.name(), StateName::Queued);
        assert_eq!(answer.submission.agent_name, NAME);
        let source = desk.source(&answer).await;
        for line in [
            "To: Dana <dana@acme.example>\r\n",
            "Subject: Re: Tuesday\r\n",
            "In-Reply-To: <q3@acme.example>\r\n",
            "References: <q1@acme.example>\r\n <q2@acme.example>\r\n <q3@acme.example>\r\n",
        ] {
            assert!(source.contains(line), "{line} is not in {source}");
        }
        let conversation = desk.engine.conversation(row.conversation).await.unwrap();
        assert_eq!(conversation.outbound.len(), 1);
        let done = conversation.inbound[0].reply.as_ref().unwrap();
        assert_eq!(done.state, ReplyState::Done, "nobody else answers it");

        desk.engine.undo(answer.submission.id).await.unwrap();
        desk.is_sound().await;
    }

    #[tokio::test]
    async fn what_rules_say_of_agents_does_not_apply_and_what_they_say_of_mail_does() {
        let mut desk = Desk::new().await;
        let row = desk.question().await;
        let engine = &desk.engine;
        engine
            .take_over_conversation(row.conversation, None)
            .await
            .unwrap();
        let unfinished = engine
            .reply_by_hand(row.id, words("Dear {{name}}, from nine to five."))
            .await
            .unwrap();
        assert_eq!(unfinished.submission.state.name(), StateName::Held);
        let shown = &unfinished.decision.decision;
        assert_eq!(shown.primary().unwrap().rule, "unfinished");
        let taken_over = shown.findings.iter().find(|one| one.rule == "taken_over");
        assert_eq!(
            taken_over.unwrap().outcome,
            domain::FindingOutcome::NotApplicable
        );
        // Seen and meant, it goes.
        let hash = unfinished.submission.hash;
        let approved = engine
            .approve(unfinished.submission.id, hash)
            .await
            .unwrap();
        assert_eq!(approved.submission.state.name(), StateName::Queued);

        // To somebody nobody here knows only after a look.
        let other = HandReply {
            to: vec!["new@else.example".parse().unwrap()],
            ..words("Could you take this one?")
        };
        let held = engine.reply_by_hand(row.id, other).await.unwrap();
        assert_eq!(held.submission.state.name(), StateName::Held);

        engine.suppress_sender(row.id).await.unwrap();
        let blocked = engine
            .reply_by_hand(row.id, words("One more thing."))
            .await
            .unwrap();
        assert_eq!(blocked.submission.state.name(), StateName::Blocked);
        let released = engine
            .release(
                blocked.submission.id,
                blocked.submission.hash,
                None,
                "they asked me to".to_owned(),
            )
            .await
            .unwrap();
        assert_eq!(released.decision.decision.verdict, Verdict::Allow);
        desk.is_sound().await;
    }

    #[tokio::test]
    async fn answers_go_where_they_are_wanted_and_nowhere_without_an_address() {
        let mut desk = Desk::new().await;
        let row = desk
            .takes_in(
                "Subject: a\r\nMessage-ID: <a@acme.example>\r\nReply-To: desk@acme.example\r\n",
                "When are you open?",
            )
            .await;
        let answer = desk.engine.reply_by_hand(row.id, words("At nine.")).await;
        let answer = answer.unwrap().submission;
        assert_eq!(answer.recipients[0].address.as_str(), "desk@acme.example");
        assert_eq!(answer.state.name(), StateName::Held, "nobody knows them");
        let empty = desk.engine.reply_by_hand(row.id, words(" ")).await;
        assert_eq!(empty.unwrap_err().code, Code::InvalidField);
    }

    #[tokio::test]
    async fn nobody_is_the_hand_but_a_person() {
        let mut desk = Desk::new().await;
        let row = desk.question().await;
        let engine = &desk.engine;
        engine
            .reply_by_hand(row.id, words("At nine."))
            .await
            .unwrap();
        let listed = engine.agents().await.unwrap();
        assert!(listed.iter().all(|agent| agent.id != AgentId::BY_HAND));
        let id = AgentId::BY_HAND;
        assert!(engine.replace_token(id, None).await.is_err());
        assert!(
            engine
                .set_level(id, Level::Observe, Actor::Operator)
                .await
                .is_err()
        );
        let address = desk.made.mailbox.address.clone();
        assert!(engine.grant(id, &address, None).await.is_err());
        let named = engine
            .add_agent("By Hand", &address, Level::AskAlways, None)
            .await;
        assert_eq!(named.unwrap_err().code, Code::AlreadyExists);
    }

    #[tokio::test]
    async fn an_agent_goes_on_with_a_conversation_by_its_id() {
        let mut desk = Desk::new().await;
        let row = desk.question().await;
        let draft = |id| Draft {
            conversation: Some(id),
            ..serde_json::from_value(serde_json::json!({
                "to": [{"address": "dana@acme.example"}], "subject": "Re: Tuesday",
                "text": "From nine to five.",
            }))
            .unwrap()
        };
        let ask = |draft: Draft| Ask {
            mailbox: desk.made.mailbox.address.clone(),
            dedupe_key: None,
            key_lasts: None,
            request: Digest([0; 32]),
            draft,
        };
        let agent = &desk.made.agent;
        let asked = desk
            .engine
            .submit(agent, ask(draft(row.conversation)))
            .await;
        let story = desk
            .engine
            .story(Actor::Operator, asked.unwrap().row.id)
            .await;
        let written = story.unwrap().versions.pop().unwrap().draft;
        assert_eq!(written.in_reply_to.as_deref(), Some("<q3@acme.example>"));
        assert_eq!(
            written.references,
            ["<q1@acme.example>", "<q2@acme.example>"]
        );

        let both = Draft {
            in_reply_to: Some("<q3@acme.example>".to_owned()),
            ..draft(row.conversation)
        };
        let refused = desk.engine.submit(agent, ask(both)).await.unwrap_err();
        assert_eq!(refused.code, Code::InvalidField);
        let nowhere = draft(domain::ConversationId::NIL);
        let refused = desk.engine.submit(agent, ask(nowhere)).await.unwrap_err();
        assert_eq!(
            (refused.code, refused.pointer.as_deref()),
            (Code::NotFound, Some("/conversation"))
        );
    }

    #[test]
    fn an_answer_says_re_once_and_smuggles_nothing() {
        assert_eq!(answering("Tuesday"), "Re: Tuesday");
        assert_eq!(answering("RE: Tuesday"), "RE: Tuesday");
        assert_eq!(answering("a\r\nBcc: x@y"), "Re: a  Bcc: x@y");
        assert_eq!(
            answering(&"x".repeat(5_000)).len(),
            limits::SUBJECT_CHARS_MAX
        );
    }
}
