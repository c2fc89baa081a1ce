//! What we know of the people a message goes to.

use domain::facts::RecipientFacts;
use domain::{ConversationId, Problem, StateName, SubmissionId};
use store::{InboundRow, ListFilter, ListOrder, SubmissionRow};

use crate::open::Engine;

/// How many earlier messages to a contact are shown.
const HISTORY_MAX: usize = 20;

/// One recipient and what passed between us.
#[derive(Clone, Debug)]
pub struct ContactFacts {
    /// What the rules know of them.
    pub facts: RecipientFacts,
    /// Earlier submissions to them by any agent and by people, newest first; also those a person
    /// rejected.
    pub history: Vec<SubmissionRow>,
    /// What they wrote, in every mailbox, newest first.
    pub received: Vec<InboundRow>,
}

impl Engine {
    /// The conversation a submission is part of.
    ///
    /// # Errors
    /// If the store cannot read.
    pub async fn thread_of(&self, id: SubmissionId) -> Result<Option<ConversationId>, Problem> {
        self.read(move |store| store.conversation_of(id)).await
    }

    /// The people one submission goes to, in envelope order.
    ///
    /// # Errors
    /// If the store cannot read.
    pub async fn contacts(&self, row: &SubmissionRow) -> Result<Vec<ContactFacts>, Problem> {
        let (row, now) = (row.clone(), self.now());
        self.read(move |store| {
            row.recipients
                .iter()
                .map(|recipient| {
                    let address = &recipient.address;
                    let facts = store.recipient_facts(row.agent, row.mailbox, address, now)?;
                    let filter = ListFilter {
                        states: vec![
                            StateName::Sent,
                            StateName::Uncertain,
                            StateName::Bounced,
                            StateName::Queued,
                            StateName::Deferred,
                            StateName::Held,
                            StateName::Rejected,
                        ],
                        contact: Some(address.folded()),
                        order: ListOrder::Newest,
                        ..ListFilter::default()
                    };
                    let mut history = store.list(filter, None, HISTORY_MAX + 1)?.rows;
                    history.retain(|earlier| earlier.id != row.id);
                    history.truncate(HISTORY_MAX);
                    let received = store.received_from(&address.folded(), HISTORY_MAX)?;
                    Ok(ContactFacts {
                        facts,
                        history,
                        received,
                    })
                })
                .collect()
        })
        .await
    }
}
