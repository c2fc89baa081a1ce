//! The signatures of the store; bodies follow.
#![allow(missing_docs, unused_variables, reason = "replaced within the hour")]

use std::path::Path;
use std::sync::Arc;

use domain::submission::Settlement;
use domain::*;

use crate::*;
use domain::facts::{RecipientFacts, UsageFacts};

type R<T> = Result<T, StoreError>;

/// The database.
#[derive(Clone)]
pub struct Store;

fn closed<T>() -> R<T> {
    Err(StoreError::Closed)
}
fn reply<T>() -> Reply<T> {
    Reply::ready(closed())
}

impl Store {
    pub fn open(dir: &Path, now: Timestamp, ids: Arc<dyn IdSource>) -> R<Store> {
        closed()
    }
    pub fn memory(now: Timestamp, ids: Arc<dyn IdSource>) -> R<Store> {
        closed()
    }
    pub fn on_change(&self, f: impl Fn(&[Change]) + Send + Sync + 'static) {}
    pub fn close(&self) {}

    pub fn admit(
        &self,
        ask: Admit,
        judge: impl Fn(&PublishedPolicy, &Facts) -> Decision + Send + 'static,
    ) -> Reply<Admission> {
        reply()
    }
    pub fn check(
        &self,
        ask: &Admit,
        judge: impl FnOnce(&PublishedPolicy, &Facts) -> Decision,
    ) -> R<Decision> {
        closed()
    }
    pub fn cancel(&self, id: SubmissionId, actor: Actor, now: Timestamp) -> Reply<SubmissionRow> {
        reply()
    }
    pub fn approve(
        &self,
        ask: Approve,
        judge: impl Fn(&PublishedPolicy, &Facts) -> Decision + Send + 'static,
    ) -> Reply<Answer> {
        reply()
    }
    pub fn revise(
        &self,
        ask: Revise,
        judge: impl Fn(&PublishedPolicy, &Facts) -> Decision + Send + 'static,
    ) -> Reply<Answer> {
        reply()
    }
    pub fn reject(
        &self,
        id: SubmissionId,
        hash: Option<ApprovalHash>,
        reason: String,
        now: Timestamp,
    ) -> Reply<SubmissionRow> {
        reply()
    }
    pub fn undo(&self, id: SubmissionId, now: Timestamp, hold_for: Span) -> Reply<SubmissionRow> {
        reply()
    }
    pub fn snooze(
        &self,
        id: SubmissionId,
        until: Timestamp,
        now: Timestamp,
    ) -> Reply<SubmissionRow> {
        reply()
    }
    pub fn settle(
        &self,
        id: SubmissionId,
        how: Settlement,
        now: Timestamp,
    ) -> Reply<SubmissionRow> {
        reply()
    }
    pub fn expire_due(&self, now: Timestamp, limit: usize) -> Reply<Expired> {
        reply()
    }
    pub fn claim<C: Send + 'static>(
        &self,
        ask: ClaimAsk,
        judge: impl Fn(&PublishedPolicy, &Facts) -> (Decision, Option<C>) + Send + 'static,
        final_block: fn(&Decision) -> bool,
    ) -> Reply<Claim<C>> {
        reply()
    }
    pub fn final_dot(&self, attempt: AttemptId, now: Timestamp) -> Reply<bool> {
        reply()
    }
    pub fn finish(&self, ask: Finish) -> Reply<SubmissionRow> {
        reply()
    }
    pub fn recover(&self, now: Timestamp) -> Reply<Recovered> {
        reply()
    }
    pub fn pause(&self, scope: PauseScope, actor: Actor, now: Timestamp) -> Reply<()> {
        reply()
    }
    pub fn resume(&self, scope: PauseScope, now: Timestamp) -> Reply<()> {
        reply()
    }
    pub fn suppress(&self, new: NewSuppression, now: Timestamp) -> Reply<Suppression> {
        reply()
    }
    pub fn lift(&self, pattern: String, note: Option<String>, now: Timestamp) -> Reply<u32> {
        reply()
    }
    pub fn publish_policy(&self, text: String, now: Timestamp) -> Reply<u64> {
        reply()
    }
    pub fn add_agent(&self, agent: Agent, token: TokenDigest) -> Reply<()> {
        reply()
    }
    pub fn set_level(
        &self,
        id: AgentId,
        level: Level,
        actor: Actor,
        now: Timestamp,
    ) -> Reply<()> {
        reply()
    }
    pub fn grant(
        &self,
        agent: AgentId,
        mailbox: MailboxId,
        level: Option<Level>,
        now: Timestamp,
    ) -> Reply<()> {
        reply()
    }
    pub fn revoke_agent(&self, id: AgentId, now: Timestamp) -> Reply<()> {
        reply()
    }
    pub fn replace_token(
        &self,
        id: AgentId,
        token: TokenDigest,
        expires_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Reply<()> {
        reply()
    }
    pub fn add_mailbox(&self, account: Account, mailbox: Mailbox, now: Timestamp) -> Reply<()> {
        reply()
    }
    pub fn update_account(&self, account: Account, now: Timestamp) -> Reply<()> {
        reply()
    }
    pub fn set_setting(&self, key: String, value: String, now: Timestamp) -> Reply<()> {
        reply()
    }
    pub fn add_checkpoint(&self, checkpoint: Checkpoint) -> Reply<()> {
        reply()
    }

    pub fn submission(&self, id: SubmissionId) -> R<Option<SubmissionRow>> {
        closed()
    }
    pub fn decision(&self, id: DecisionId) -> R<Option<DecisionRow>> {
        closed()
    }
    pub fn decisions(&self, id: SubmissionId) -> R<Vec<DecisionRow>> {
        closed()
    }
    pub fn versions(&self, id: SubmissionId) -> R<Vec<VersionRow>> {
        closed()
    }
    pub fn draft(&self, id: SubmissionId, version: u32) -> R<Option<Draft>> {
        closed()
    }
    pub fn sealed(&self, id: SubmissionId, version: u32) -> R<Option<Sealed>> {
        closed()
    }
    pub fn attempts(&self, id: SubmissionId) -> R<Vec<Attempt>> {
        closed()
    }
    pub fn list(
        &self,
        filter: ListFilter,
        after: Option<Cursor>,
        limit: usize,
    ) -> R<Page<SubmissionRow>> {
        closed()
    }
    pub fn counts(&self) -> R<Counts> {
        closed()
    }
    pub fn next_due(&self) -> R<Option<Timestamp>> {
        closed()
    }
    pub fn changes_since(&self, seq: u64, limit: usize) -> R<Changes> {
        closed()
    }
    pub fn agents(&self) -> R<Vec<Agent>> {
        closed()
    }
    pub fn agent(&self, id: AgentId) -> R<Option<Agent>> {
        closed()
    }
    pub fn agent_by_name(&self, name: &str) -> R<Option<Agent>> {
        closed()
    }
    pub fn agent_by_token(&self, token: TokenDigest) -> R<Option<Agent>> {
        closed()
    }
    pub fn mailboxes(&self) -> R<Vec<Mailbox>> {
        closed()
    }
    pub fn mailbox(&self, id: MailboxId) -> R<Option<Mailbox>> {
        closed()
    }
    pub fn mailbox_by_address(&self, address: &Address) -> R<Option<Mailbox>> {
        closed()
    }
    pub fn accounts(&self) -> R<Vec<Account>> {
        closed()
    }
    pub fn account(&self, id: AccountId) -> R<Option<Account>> {
        closed()
    }
    pub fn suppressions(
        &self,
        search: Option<&str>,
        after: Option<i64>,
        limit: usize,
    ) -> R<Vec<Suppression>> {
        closed()
    }
    pub fn paused_at(&self) -> R<Option<Timestamp>> {
        closed()
    }
    pub fn policy(&self) -> R<PublishedPolicy> {
        closed()
    }
    pub fn policies(&self) -> R<Vec<PublishedPolicy>> {
        closed()
    }
    pub fn usage(
        &self,
        agent: AgentId,
        mailbox: MailboxId,
        now: Timestamp,
    ) -> R<Vec<UsageFacts>> {
        closed()
    }
    pub fn recipient_facts(
        &self,
        agent: AgentId,
        mailbox: MailboxId,
        address: &Address,
        now: Timestamp,
    ) -> R<RecipientFacts> {
        closed()
    }
    pub fn setting(&self, key: &str) -> R<Option<String>> {
        closed()
    }
    pub fn journal(&self, after_seq: u64, limit: usize) -> R<Vec<JournalEntry>> {
        closed()
    }
    pub fn journal_of(&self, subject: &str) -> R<Vec<JournalEntry>> {
        closed()
    }
    pub fn head(&self) -> R<(u64, Digest)> {
        closed()
    }
    pub fn checkpoints(&self) -> R<Vec<Checkpoint>> {
        closed()
    }
    pub fn verify(
        &self,
        judge: impl Fn(&PublishedPolicy, &Facts) -> Decision,
        progress: impl FnMut(u64, u64),
    ) -> R<VerifyReport> {
        closed()
    }
    pub fn verify_dir(
        dir: &Path,
        judge: impl Fn(&PublishedPolicy, &Facts) -> Decision,
        progress: impl FnMut(u64, u64),
    ) -> R<VerifyReport> {
        closed()
    }
}
