//! What must not leave in any mail: the canaries agents were handed, and the account's own
//! credentials. Both are compared while a message is read and never recorded.

use domain::{AccountId, Decision, FindingOutcome, Problem};
use secrets::{Key, Vault};
use store::Store;

use crate::open::Engine;
use crate::problems;

/// The code of the rule that finds a canary.
const CANARY: &str = "canary";

/// What a scan looks for besides what anyone would.
pub(crate) struct Protected {
    canaries: Vec<String>,
    credentials: Vec<String>,
}

impl Protected {
    /// Reads both; credentials only as far as the vault is open. Blocks.
    pub(crate) fn read(
        store: &Store,
        vault: &Vault,
        account: AccountId,
    ) -> Result<Protected, Problem> {
        let canaries = store.canaries().map_err(problems::from_store)?;
        let mut credentials = Vec::new();
        for key in [Key::smtp(account), Key::imap(account)] {
            // A vault that is locked or away stops no ask: what cannot be read cannot leak either.
            if !vault.is_locked()
                && let Ok(Some(secret)) = vault.get(&key)
            {
                let text = secret.expose_str().map(str::to_owned);
                credentials.extend(text.filter(|text| !text.is_empty()));
            }
        }
        Ok(Protected {
            canaries,
            credentials,
        })
    }

    /// As the scan takes it.
    pub(crate) fn guarded(&self) -> policy::Guarded<'_> {
        policy::Guarded {
            canaries: &self.canaries,
            credentials: &self.credentials,
        }
    }
}

impl Drop for Protected {
    fn drop(&mut self) {
        use zeroize::Zeroize as _;
        self.credentials.zeroize();
    }
}

impl Engine {
    /// An agent that puts back a canary is stopped at once and on the record, even if it only
    /// asked what would happen.
    pub(crate) async fn heed_canary(
        &self,
        agent: domain::AgentId,
        decision: &Decision,
    ) -> Result<(), Problem> {
        let hit = decision.findings.iter().any(|finding| {
            finding.rule == CANARY
                && matches!(
                    finding.outcome,
                    FindingOutcome::Block | FindingOutcome::Hold
                )
        });
        if !hit {
            return Ok(());
        }
        self.act(self.inner.store.canary_hit(agent, self.now()))
            .await
    }
}
