//! Addresses we no longer write to: anyone may add, a person lifts.

use domain::{
    Actor, Address, Code, Problem, Suppression, SuppressionReason, SuppressionScope, limits,
};
use store::NewSuppression;

use crate::open::Engine;

impl Engine {
    /// Suppresses an address, or (operators only) a domain written `@example.com`.
    ///
    /// An agent names a mailbox it may send as and suppresses there; an operator without a mailbox
    /// suppresses for everybody.
    ///
    /// # Errors
    /// `invalid_address`, `unknown_mailbox`, `human_decision_required` for an agent's domain.
    pub async fn suppress(
        &self,
        by: Actor,
        what: String,
        mailbox: Option<Address>,
        reason: SuppressionReason,
        note: Option<String>,
    ) -> Result<Suppression, Problem> {
        if note
            .as_ref()
            .is_some_and(|note| note.chars().count() > limits::REASON_CHARS_MAX)
        {
            let detail = format!("a note has at most {} characters", limits::REASON_CHARS_MAX);
            return Err(Problem::new(Code::InvalidField, detail).at("/note"));
        }
        let pattern = pattern(&what, by)?;
        let scope = match mailbox {
            None => match by {
                Actor::Operator | Actor::System => SuppressionScope::Workspace,
                Actor::Agent(id) => SuppressionScope::Agent(id),
            },
            Some(address) => {
                let said = address.clone();
                let mailbox = self
                    .read(move |store| store.mailbox_by_address(&said))
                    .await?;
                let mailbox = mailbox.ok_or_else(|| {
                    let detail = format!("there is no mailbox `{address}` here");
                    Problem::new(Code::UnknownMailbox, detail).at("/mailbox")
                })?;
                if let Actor::Agent(id) = by {
                    let agent = self.agent(id).await?;
                    if !agent.grants.iter().any(|grant| grant.mailbox == mailbox.id) {
                        let detail = format!(
                            "`{address}` is not one of your mailboxes; `GET /v1/me` lists them"
                        );
                        return Err(Problem::new(Code::UnknownMailbox, detail).at("/mailbox"));
                    }
                }
                SuppressionScope::Mailbox(mailbox.id)
            }
        };
        let new = NewSuppression {
            pattern,
            scope,
            reason,
            note,
            by,
            expires_at: None,
        };
        self.act(self.inner.store.suppress(new, self.now())).await
    }

    /// Lifts every suppression of an address or `@domain`; answers how many there were.
    ///
    /// # Errors
    /// `invalid_address`; `not_found` if none is in force.
    pub async fn lift(&self, what: String, note: Option<String>) -> Result<u32, Problem> {
        let pattern = pattern(&what, Actor::Operator)?;
        let lifted = self
            .act(self.inner.store.lift(pattern, note, self.now()))
            .await?;
        if lifted == 0 {
            return Err(Problem::new(
                Code::NotFound,
                format!("`{what}` is not suppressed"),
            ));
        }
        Ok(lifted)
    }

    /// Suppressions in force, newest first, those matching `search` if given.
    ///
    /// # Errors
    /// If the store cannot read.
    pub async fn suppressions(
        &self,
        search: Option<String>,
        after: Option<i64>,
        limit: usize,
    ) -> Result<Vec<Suppression>, Problem> {
        let limit = limit.clamp(1, limits::PAGE_MAX);
        self.read(move |store| store.suppressions(search.as_deref(), after, limit))
            .await
    }
}

/// What a suppression row matches: a folded address, or `@domain`.
pub(crate) fn pattern(what: &str, by: Actor) -> Result<String, Problem> {
    let refuse = |error: domain::AddressError| {
        Problem::new(Code::InvalidAddress, error.to_string()).at("/address")
    };
    match what.strip_prefix('@') {
        None => what
            .parse::<Address>()
            .map(|address| address.folded())
            .map_err(refuse),
        Some(domain) => {
            if let Actor::Agent(_) = by {
                let detail = "only a person suppresses a whole domain; name single addresses";
                return Err(Problem::new(Code::HumanDecisionRequired, detail).at("/address"));
            }
            let probe: Address = format!("a@{domain}").parse().map_err(refuse)?;
            Ok(format!("@{}", probe.domain()))
        }
    }
}
