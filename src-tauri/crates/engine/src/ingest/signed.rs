//! Who signed what came, asked before it is read: signatures are checked where no server that is
//! believed said who vouches for the sender, and the account wants that.
//!
//! DNS may be slow or away. A batch waits for it no longer than [`BATCH_WAIT`], whatever is in it;
//! what was not answered by then is read as mail nobody vouches for, as without any of this.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use domain::{ImapSettings, Span};
use mail::dkim::{self, KEYS_WAIT, Keys, Signed};
use mail::imap::FolderUse;

use super::{Arrival, read};
use crate::open::Engine;

/// How long a batch waits for DNS.
const BATCH_WAIT: Duration = Duration::from_secs(5);
/// How old mail may be whose signatures are checked: keys are changed, and old mail is nobody's
/// work. It also spares a first reading of ninety days its questions.
const FRESH: Span = Span::from_days(7);

impl Engine {
    /// Asks for the keys of signatures there, instead of this machine's DNS.
    pub fn ask_for_keys(&self, keys: Arc<dyn Keys>) {
        let standing = self.inner.keys.lock();
        *standing.unwrap_or_else(PoisonError::into_inner) = keys;
    }

    /// What the signatures of each arrival are worth; nothing of those that were not asked about.
    pub(super) async fn signed(
        &self,
        settings: &ImapSettings,
        arrivals: &[Arrival],
    ) -> Vec<Vec<Signed>> {
        let mut all = vec![Vec::new(); arrivals.len()];
        if !settings.verify_dkim {
            return all;
        }
        let keys = self.inner.keys.lock();
        let keys = Arc::clone(&keys.unwrap_or_else(PoisonError::into_inner));
        let trusted = read::trusted(settings);
        let now = self.now();
        let since = now - FRESH;
        let asking = async {
            for (arrival, signed) in arrivals.iter().zip(&mut all) {
                let counts = matches!(arrival.folder, FolderUse::Inbox)
                    && !arrival.is_head
                    && arrival.received_at.is_none_or(|at| at > since)
                    && !read::is_vouched(&arrival.bytes, &trusted);
                if counts {
                    let came = arrival.received_at.unwrap_or(now);
                    *signed = dkim::check(&arrival.bytes, came, keys.as_ref(), KEYS_WAIT).await;
                }
            }
        };
        if tokio::time::timeout(BATCH_WAIT, asking).await.is_err() {
            tracing::warn!("DNS is slow: who signed some messages is not known");
        }
        all
    }
}
