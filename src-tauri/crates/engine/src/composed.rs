//! An agent's program hands in a message it composed itself: looked through, read, judged and kept
//! as it came.

use std::sync::Arc;

use domain::canonical::canonical_digest;
use domain::{
    Address, Agent, Code, DecisionId, Digest, Draft, NewSubmission, Problem, SubmissionId,
};
use store::Admit;

use crate::guarded::Protected;
use crate::open::Engine;
use crate::problems;
use crate::submit::{Submitted, check_key, returning, send_by};

/// A composed message as a door hands it in. As which mailbox is in its `From`.
#[derive(Clone, Debug)]
pub struct ComposedAsk {
    /// Who it goes to; may differ from whom the headers name.
    pub rcpt_to: Vec<Address>,
    /// The message, lines ended by CRLF.
    pub bytes: Vec<u8>,
}

impl Engine {
    /// Admits a composed message. What is repeated (by the key in its headers, else by its
    /// Message-ID with the same content) gives the first answer again.
    ///
    /// # Errors
    /// `malformed_message` for what mail programs would read differently, and what is wrong with
    /// any ask. Nothing is recorded then.
    pub async fn submit_composed(
        &self,
        agent: &Agent,
        ask: ComposedAsk,
    ) -> Result<Submitted, Problem> {
        let now = self.now();
        let terms = self.terms().await?;
        let agent = agent.id;
        let (store, ids) = (self.inner.store.clone(), Arc::clone(&self.inner.ids));
        let vault = Arc::clone(&self.inner.vault);
        let admit = self.blocking(move || {
            let raw = mail::raw::read(&ask.bytes, &ask.rcpt_to)
                .map_err(|error| Problem::new(Code::MalformedMessage, error.to_string()))?;
            raw.draft.check()?;
            if let Some(key) = &raw.dedupe_key {
                check_key(key)?;
            }
            let send_by = send_by(&raw.draft, now, terms.hold_for)?;
            let mailbox = store
                .mailbox_by_address(&raw.from)
                .map_err(problems::from_store)?
                .ok_or_else(|| {
                    let detail = format!("there is no mailbox `{}` here", raw.from);
                    Problem::new(Code::UnknownMailbox, detail)
                })?;
            let id = SubmissionId::new(ids.as_ref(), now);
            let ours = mail::compose::message_id(id, &mailbox.address);
            // Its own stays where nobody has used it yet: answers to it find their way either way.
            let message_id = match raw.message_id() {
                Some(theirs)
                    if !store
                        .knows_message_id(theirs)
                        .map_err(problems::from_store)? =>
                {
                    theirs.to_owned()
                }
                Some(_) | None => ours,
            };
            let sealed = raw.seal(&mailbox, &message_id);
            let sealed = returning(&store, ids.as_ref(), &mailbox, sealed)?;
            let request = request(&raw.from, &raw.draft);
            let named = raw.message_id().map(|id| {
                format!(
                    "message-id {}",
                    Digest::of_parts([id.as_bytes(), &request.0])
                )
            });
            let protected = Protected::read(&store, &vault, mailbox.account)?;
            Ok(Admit {
                id,
                decision: DecisionId::new(ids.as_ref(), now),
                scan: policy::scan(&raw.draft, &sealed, protected.guarded()),
                new: NewSubmission {
                    agent,
                    mailbox: mailbox.id,
                    keyed: raw.dedupe_key.is_some(),
                    dedupe_key: raw.dedupe_key.clone().or(named),
                    key_lasts: None,
                    request,
                    draft: raw.draft,
                },
                sealed,
                now,
                hold_for: terms.hold_for,
                send_by,
            })
        });
        self.admit(admit.await?).await
    }
}

/// What "the same again" means for a composed message: what it says to whom, not the bytes. A
/// program that composes anew for a second try makes another Message-ID, date and boundaries.
fn request(from: &Address, draft: &Draft) -> Digest {
    let files: Vec<(&str, Digest)> = draft
        .attachments
        .iter()
        .map(|file| (file.filename.as_str(), Digest::of(&file.content)))
        .collect();
    canonical_digest(&serde_json::json!({
        "from": from,
        "to": draft.to,
        "cc": draft.cc,
        "bcc": draft.bcc,
        "reply_to": draft.reply_to,
        "subject": draft.subject,
        "text": draft.text,
        "html": draft.html,
        "files": files,
        "in_reply_to": draft.in_reply_to,
    }))
}
