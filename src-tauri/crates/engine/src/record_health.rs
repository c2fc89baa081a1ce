//! How the record does, between two walks through it: what the last walk found, and whether its
//! head is signed where nobody can take it back.
//!
//! What a walk found outlives the process: a record that did not hold is not fine again because
//! somebody started Sendoff anew. Only a walk that finds nothing says so.

use std::sync::{Mutex, PoisonError};

use domain::{Problem, Timestamp};
use serde::{Deserialize, Serialize};
use store::VerifyReport;

use crate::open::Engine;
use crate::problems;

/// The setting that keeps what the last walk found.
pub const RECORD_VERIFIED_SETTING: &str = "record.verified";
/// Characters kept of what a walk found; the report itself has the rest.
const FOUND_CHARS_MAX: usize = 300;

/// How the record does.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RecordHealth {
    /// What the last walk found; none if nobody ever asked for one.
    pub verified: Option<Verified>,
    /// Why what happened lately is not signed outside the database, in one sentence.
    pub unsigned: Option<String>,
    /// The stored policy does not read back, so everything is held.
    pub policy_damaged: bool,
}

/// What a walk through the whole record found.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Verified {
    /// When it ended.
    pub at: Timestamp,
    /// Entries walked.
    pub entries: u64,
    /// What does not hold, in one sentence; none if everything does.
    pub trouble: Option<String>,
}

/// What this process noticed itself.
#[derive(Default)]
pub(crate) struct RecordWatch {
    /// Kept here too: a disk that takes no settings must not hide what was found.
    verified: Mutex<Option<Verified>>,
    unsigned: Mutex<Option<String>>,
}

impl Engine {
    /// How the record does, by the last walk through it and the last try to sign it.
    ///
    /// # Errors
    /// If the store cannot read.
    pub async fn record_health(&self) -> Result<RecordHealth, Problem> {
        let watch = &self.inner.record_watch;
        let unsigned = lock(&watch.unsigned).clone();
        let noticed = lock(&watch.verified).clone();
        let verified = match noticed {
            Some(noticed) => Some(noticed),
            None => self.kept_verified().await?,
        };
        let published = self.policy().await?;
        let policy_damaged = self.inner.judge.edition(&published).policy().is_none();
        Ok(RecordHealth {
            verified,
            unsigned,
            policy_damaged,
        })
    }

    async fn kept_verified(&self) -> Result<Option<Verified>, Problem> {
        let kept = self.setting(RECORD_VERIFIED_SETTING).await?;
        Ok(kept.and_then(|text| serde_json::from_str(&text).ok()))
    }

    /// Keeps what a walk found. It is written down only where it is news that something does not
    /// hold, or that it does again: looking at the record must not make it grow. A disk that is
    /// full says so elsewhere; this process remembers.
    pub(crate) async fn note_verified(&self, report: &VerifyReport) {
        let trouble = report.divergences.first().map(|found| match found.seq {
            Some(seq) => format!("from entry {seq} on: {}", found.what),
            None => format!("{}: {}", found.subject, found.what),
        });
        let verified = self.verified(report.entries, trouble);
        let kept = self.kept_verified().await.ok().flatten();
        if kept.and_then(|kept| kept.trouble) == verified.trouble {
            return;
        }
        let Ok(text) = serde_json::to_string(&verified) else {
            return;
        };
        let setting = RECORD_VERIFIED_SETTING.to_owned();
        if let Err(problem) = self.set_setting(setting, text).await {
            tracing::warn!(%problem, "what verifying found is not kept");
        }
    }

    /// Keeps that the record is an old copy, at opening. A walk that finds nothing settles it.
    ///
    /// # Errors
    /// If the store cannot write.
    pub(crate) fn note_doubt(&self, signed: u64) -> Result<(), Problem> {
        let trouble = format!(
            "it was signed up to entry {signed} and does not have that entry: this is an old copy"
        );
        let verified = self.verified(0, Some(trouble));
        let text = serde_json::to_string(&verified).unwrap_or_default();
        let setting = RECORD_VERIFIED_SETTING.to_owned();
        self.inner
            .store
            .set_setting(setting, text, self.now())
            .wait()
            .map_err(problems::from_store)
    }

    /// Notes how signing the head went.
    pub(crate) fn note_signing(&self, trouble: Option<String>) {
        *lock(&self.inner.record_watch.unsigned) = trouble;
    }

    fn verified(&self, entries: u64, trouble: Option<String>) -> Verified {
        let verified = Verified {
            at: self.now(),
            entries,
            trouble: trouble.map(|text| text.chars().take(FOUND_CHARS_MAX).collect()),
        };
        *lock(&self.inner.record_watch.verified) = Some(verified.clone());
        verified
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
