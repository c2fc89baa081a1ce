//! Whom agents may write to: lists, consents, contacts in a person's own hands; and what Sendoff
//! does by itself when mail comes back.

use domain::{
    Actor, Address, AgentId, Code, Level, MailboxId, Problem, StateName, Timestamp, limits,
};
use store::{ConsentRow, ContactZone, InHand, PeopleList, Receipts, RecipientRule, RecipientRules};

use crate::open::Engine;
use crate::suppress::pattern;

/// Decisions of a person before Sendoff suggests anything.
pub const RECEIPTS_MIN: u32 = 30;
/// Of a hundred, so many may have been edited, or refused by a rule while it only observed, for a
/// raise still to be suggested.
const FEW_PERCENT: u32 = 5;

/// How an agent has fared, and whether that speaks for raising it. Raising is a person's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Standing {
    /// Submissions that wait for a person.
    pub held: u64,
    /// Submissions that left.
    pub sent: u64,
    /// What became of its asks since its level was last set.
    pub receipts: Receipts,
    /// Why it might be raised, in one sentence, if anything speaks for it.
    pub suggestion: Option<String>,
}

impl Engine {
    /// How an agent has fared at its level.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn standing(&self, id: AgentId) -> Result<Standing, Problem> {
        self.read(move |store| {
            let receipts = store.receipts(id)?;
            let level = store.agent(id)?.map(|agent| agent.level);
            Ok(Standing {
                held: store.agent_count(id, StateName::Held)?,
                sent: store.agent_count(id, StateName::Sent)?,
                suggestion: level.and_then(|level| suggestion(level, &receipts)),
                receipts,
            })
        })
        .await
    }

    /// Whom an agent may write to.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn recipient_rules(&self, agent: AgentId) -> Result<RecipientRules, Problem> {
        self.read(move |store| store.recipient_rules(agent)).await
    }

    /// Lets an agent write to anyone, or only to those its list allows; an empty list is no one.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn set_listed_only(&self, agent: AgentId, only: bool) -> Result<(), Problem> {
        self.act(self.inner.store.set_listed_only(agent, only, self.now()))
            .await
    }

    /// Allows or forbids an agent an address, or a whole `@domain`.
    ///
    /// # Errors
    /// `not_found`, `invalid_address`, `invalid_field` for an end that has passed.
    pub async fn list_recipient(
        &self,
        agent: AgentId,
        whom: &str,
        allowed: bool,
        until: Option<Timestamp>,
    ) -> Result<RecipientRule, Problem> {
        let pattern = pattern(whom.trim(), Actor::Operator)?;
        self.must_end_later(until)?;
        let now = self.now();
        let store = &self.inner.store;
        self.act(store.add_recipient_rule(agent, pattern, allowed, until, now))
            .await
    }

    /// Takes a row out of an agent's lists.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn unlist_recipient(&self, agent: AgentId, id: i64) -> Result<(), Problem> {
        self.act(
            self.inner
                .store
                .remove_recipient_rule(agent, id, self.now()),
        )
        .await
    }

    /// Records that somebody agreed to marketing, and how we know.
    ///
    /// # Errors
    /// `invalid_field` without a source, or for an end that has passed.
    pub async fn record_consent(
        &self,
        whom: &Address,
        source: String,
        until: Option<Timestamp>,
    ) -> Result<ConsentRow, Problem> {
        let max = limits::REASON_CHARS_MAX;
        if source.trim().is_empty() || source.chars().count() > max {
            let detail = format!("say where and how they agreed, in 1 to {max} characters");
            return Err(Problem::new(Code::InvalidField, detail).at("/source"));
        }
        self.must_end_later(until)?;
        let (contact, now) = (whom.folded(), self.now());
        self.act(self.inner.store.record_consent(contact, source, until, now))
            .await
    }

    /// Ends every consent of somebody; how many there were.
    ///
    /// # Errors
    /// If the store cannot write.
    pub async fn end_consent(&self, whom: &Address) -> Result<u32, Problem> {
        self.act(self.inner.store.end_consent(whom.folded(), self.now()))
            .await
    }

    /// Who agreed to marketing.
    ///
    /// # Errors
    /// If the store cannot read.
    pub async fn consents(
        &self,
        search: Option<String>,
        after: Option<i64>,
        limit: usize,
    ) -> Result<Vec<ConsentRow>, Problem> {
        self.read(move |store| store.consents(search.as_deref(), after, limit))
            .await
    }

    /// How many rows a list of people has.
    ///
    /// # Errors
    /// If the store cannot read.
    pub async fn how_many_people(&self, list: PeopleList) -> Result<u64, Problem> {
        self.read(move |store| store.how_many_people(list)).await
    }

    /// Sets the time zone a contact's day runs in, or with none takes it back: quiet hours go by it.
    /// What already waits is held against it when it is due. Gives what holds then.
    ///
    /// # Errors
    /// `invalid_field` for what is no IANA name.
    pub async fn set_contact_zone(
        &self,
        whom: &Address,
        zone: Option<&str>,
    ) -> Result<Option<ContactZone>, Problem> {
        let named = |said: &str| {
            policy::zone_name(said).ok_or_else(|| {
                let said: String = said.chars().take(limits::ZONE_CHARS_MAX).collect();
                let detail = format!(
                    "`{said}` is no time zone; use a name of the IANA list such as `Europe/Berlin`"
                );
                Problem::new(Code::InvalidField, detail).at("/zone")
            })
        };
        let zone = zone.map(named).transpose()?;
        let (contact, now) = (whom.folded(), self.now());
        self.act(self.inner.store.set_contact_zone(contact, zone, now))
            .await
    }

    /// Whose time zone is set.
    ///
    /// # Errors
    /// If the store cannot read.
    pub async fn contact_zones(
        &self,
        search: Option<String>,
        after: Option<i64>,
        limit: usize,
    ) -> Result<Vec<ContactZone>, Problem> {
        self.read(move |store| store.contact_zones(search.as_deref(), after, limit))
            .await
    }

    /// A person takes a contact of a mailbox into their own hands.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn take_over_contact(
        &self,
        mailbox: MailboxId,
        whom: &Address,
        note: Option<String>,
    ) -> Result<InHand, Problem> {
        let (contact, now) = (whom.folded(), self.now());
        self.act(
            self.inner
                .store
                .take_over_contact(mailbox, contact, note, now),
        )
        .await
    }

    /// A person gives a contact back to agents; false if they did not have it.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn hand_back_contact(
        &self,
        mailbox: MailboxId,
        whom: &Address,
    ) -> Result<bool, Problem> {
        let (contact, now) = (whom.folded(), self.now());
        self.act(self.inner.store.hand_back_contact(mailbox, contact, now))
            .await
    }

    /// Contacts people hold in their own hands.
    ///
    /// # Errors
    /// If the store cannot read.
    pub async fn in_hand(&self, after: Option<i64>, limit: usize) -> Result<Vec<InHand>, Problem> {
        self.read(move |store| store.in_hand(after, limit)).await
    }

    fn must_end_later(&self, until: Option<Timestamp>) -> Result<(), Problem> {
        match until {
            Some(end) if end <= self.now() => {
                let detail = "that has passed already; choose a later end, or none";
                Err(Problem::new(Code::InvalidField, detail).at("/until"))
            }
            Some(_) | None => Ok(()),
        }
    }
}

/// What speaks for raising an agent from its level, if anything does.
fn suggestion(level: Level, receipts: &Receipts) -> Option<String> {
    let few = |some: u32, all: u32| some.saturating_mul(100) <= all.saturating_mul(FEW_PERCENT);
    match level {
        Level::Observe => {
            let (would, all) = (receipts.would, receipts.would.all());
            (all >= RECEIPTS_MIN && few(would.block, all)).then(|| {
                format!(
                    "Of {all} asked while it only observes, {} would have left, {} waited for a \
                     time, {} waited for you, {} been refused.",
                    would.allow, would.defer, would.hold, would.block
                )
            })
        }
        Level::AskAlways | Level::AskForStrangers => {
            let decided = receipts.decided();
            let clean = receipts.rejected == 0 && receipts.bounced == 0 && receipts.complained == 0;
            (decided >= RECEIPTS_MIN && clean && few(receipts.edited, decided)).then(|| {
                format!(
                    "Of {decided} decided, {} were approved as written, {} after an edit, none was \
                     rejected, came back or was complained about.",
                    receipts.approved, receipts.edited
                )
            })
        }
        // There is no level above.
        Level::AskOnException => None,
    }
}

#[cfg(test)]
mod tests {
    use store::Would;

    use super::*;

    #[test]
    fn a_raise_is_suggested_on_thirty_clean_receipts_and_not_before() {
        let receipts = |approved, edited, rejected, bounced, complained| Receipts {
            approved,
            edited,
            rejected,
            bounced,
            complained,
            ..Receipts::default()
        };
        let suggested = |receipts| suggestion(Level::AskAlways, &receipts);
        assert!(suggested(receipts(30, 0, 0, 0, 0)).is_some());
        assert!(suggested(receipts(57, 3, 0, 0, 0)).is_some());
        assert!(suggestion(Level::AskForStrangers, &receipts(30, 0, 0, 0, 0)).is_some());
        // What is at the highest level, or sends nothing yet, has nothing of this to show.
        for level in [Level::AskOnException, Level::Observe] {
            assert_eq!(suggestion(level, &receipts(30, 0, 0, 0, 0)), None);
        }
        for against in [
            receipts(29, 0, 0, 0, 0),
            receipts(29, 2, 0, 0, 0),
            receipts(40, 0, 1, 0, 0),
            receipts(40, 0, 0, 1, 0),
            receipts(40, 0, 0, 0, 1),
        ] {
            assert_eq!(suggested(against), None, "{against:?}");
        }
    }

    #[test]
    fn what_an_observed_agent_would_have_done_speaks_for_it_or_against() {
        let observed = |allow, hold, block| Receipts {
            would: Would {
                allow,
                defer: 0,
                hold,
                block,
            },
            ..Receipts::default()
        };
        let said = suggestion(Level::Observe, &observed(28, 2, 1)).unwrap();
        assert_eq!(
            said,
            "Of 31 asked while it only observes, 28 would have left, 0 waited for a time, 2 \
             waited for you, 1 been refused."
        );
        for against in [observed(29, 0, 0), observed(20, 8, 2)] {
            assert_eq!(suggestion(Level::Observe, &against), None, "{against:?}");
        }
        assert_eq!(suggestion(Level::AskAlways, &observed(40, 0, 0)), None);
    }
}
