//! Reading: lists, one submission's whole story, waiting for it to move, the record.

use domain::{
    Actor, AgentId, Attachment, Attempt, Code, DecisionId, JournalEntry, Next, Problem, Sealed,
    Span, StateName, SubmissionId, limits,
};
use mail::parse::MessageView;
use store::{
    Counts, Cursor, DecisionRow, Find, HeldOnes, ListFilter, ListOrder, NoteRow, Store, StoryRows,
    SubmissionRow, VerifyReport, VersionRow,
};
use tokio::sync::broadcast::error::RecvError;

use crate::checkpoint_file::{self, CHECKPOINT_FILE_SETTING};
use crate::open::Engine;
use crate::outcome::next_step;
use crate::problems;
use crate::record;

/// One page of rows.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// Where the next page begins; none on the last.
    pub next: Option<String>,
}

/// Everything about one submission.
#[derive(Clone, Debug)]
pub struct Story {
    /// Where it stands.
    pub row: SubmissionRow,
    /// The latest decision.
    pub decision: DecisionRow,
    /// All decisions, oldest first.
    pub decisions: Vec<DecisionRow>,
    /// All versions, oldest first.
    pub versions: Vec<VersionRow>,
    /// All attempts, oldest first.
    pub attempts: Vec<Attempt>,
    /// What a person and its agent said about it, oldest first.
    pub notes: Vec<NoteRow>,
    /// What its agent should do.
    pub next: Next,
}

/// The lists of the queue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum QueueTab {
    /// Held and not snoozed, oldest first.
    NeedsYou,
    /// Held and about to expire.
    Expiring,
    /// Put off.
    Snoozed,
    /// Uncertain and failed.
    Attention,
}

impl Engine {
    /// A submission with its decisions, versions and attempts. An agent sees only its own.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn story(&self, viewer: Actor, id: SubmissionId) -> Result<Story, Problem> {
        let story = self.read(move |store| store.story(id)).await?;
        let story = story.filter(|story| may_see(viewer, &story.row));
        let Some(StoryRows {
            row,
            decisions,
            versions,
            attempts,
            notes,
        }) = story
        else {
            return Err(problems::not_found(format_args!("submission `{id}`")));
        };
        let latest = decisions.iter().find(|one| one.id == row.decision).cloned();
        let decision = latest.ok_or_else(|| {
            let detail = format!("the decision of `{id}` is missing; run `sendoff verify`");
            Problem::new(Code::StoreUnavailable, detail)
        })?;
        Ok(Story {
            next: next_step(&row, &decision.decision),
            row,
            decision,
            decisions,
            versions,
            attempts,
            notes,
        })
    }

    /// The story as soon as it has moved past change `since`, or as it is after `timeout`.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn wait_for_change(
        &self,
        viewer: Actor,
        id: SubmissionId,
        since: u64,
        timeout: Span,
    ) -> Result<Story, Problem> {
        // Listen first, look second: a change between the two is then seen twice, never missed.
        let mut changes = self.subscribe();
        let story = self.story(viewer, id).await?;
        if story.row.seq > since || story.row.state.name().is_end() {
            return Ok(story);
        }
        let moved = async {
            loop {
                match changes.recv().await {
                    Ok(change) => {
                        if let domain::ChangeKind::Submission { id: moved, .. } = change.kind
                            && moved == id
                        {
                            return;
                        }
                    }
                    Err(RecvError::Lagged(_)) => return,
                    Err(RecvError::Closed) => return std::future::pending().await,
                }
            }
        };
        let deadline = self.inner.clock.sleep_until(self.now() + timeout);
        tokio::select! {
            () = moved => {}
            () = deadline => {}
        }
        self.story(viewer, id).await
    }

    /// One decision with the facts it was made on. An agent sees only its own.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn decision(&self, viewer: Actor, id: DecisionId) -> Result<DecisionRow, Problem> {
        let decision = self
            .read(move |store| {
                let Some(decision) = store.decision(id)? else {
                    return Ok(None);
                };
                let row = store.submission(decision.submission)?;
                Ok(row.filter(|row| may_see(viewer, row)).map(|_| decision))
            })
            .await?;
        decision.ok_or_else(|| problems::not_found(format_args!("decision `{id}`")))
    }

    /// Submissions that match, a page at a time.
    ///
    /// # Errors
    /// `malformed_request` for an `after` we did not hand out.
    pub async fn list(
        &self,
        filter: ListFilter,
        after: Option<String>,
        limit: usize,
    ) -> Result<Page<SubmissionRow>, Problem> {
        let after = match after {
            None => None,
            Some(text) => Some(self.place(text, filter.agent).await?),
        };
        let limit = limit.clamp(1, limits::PAGE_MAX);
        let page = self
            .read(move |store| store.list(filter, after, limit))
            .await?;
        Ok(Page {
            rows: page.rows,
            next: page.next.map(|cursor| cursor.to_string()),
        })
    }

    /// How many match in all; nothing where that would take a look at each.
    ///
    /// # Errors
    /// If the store cannot read.
    pub async fn how_many(&self, filter: ListFilter) -> Result<Option<u64>, Problem> {
        self.read(move |store| store.how_many(&filter)).await
    }

    /// Submissions and received messages that hold what is searched for, newest first. Nothing
    /// that was committed before is missed: the index catches up first.
    ///
    /// # Errors
    /// As [`Engine::list`].
    pub async fn search(
        &self,
        search: store::Search,
        after: Option<String>,
        limit: usize,
    ) -> Result<Page<Find>, Problem> {
        let after = cursor(after)?;
        self.index_finds(u32::MAX).await?;
        let page = self
            .read(move |store| store.search(&search, after, limit))
            .await?;
        Ok(Page {
            rows: page.rows,
            next: page.next.map(|cursor| cursor.to_string()),
        })
    }

    /// Brings the index of everything up to date, in so many rounds at the most.
    ///
    /// # Errors
    /// If the store cannot write.
    pub(crate) async fn index_finds(&self, rounds: u32) -> Result<(), Problem> {
        if self.read(Store::finds_are_current).await? {
            return Ok(());
        }
        for _ in 0..rounds {
            let more = self.inner.store.index_finds().await;
            if !more.map_err(problems::from_store)? {
                break;
            }
        }
        Ok(())
    }

    /// Where a page begins: behind the page whose `next` this is, or behind a submission.
    /// Behind another agent's is nowhere.
    async fn place(&self, text: String, agent: Option<AgentId>) -> Result<Cursor, Problem> {
        let place = match (text.parse::<Cursor>(), text.parse::<SubmissionId>()) {
            (Ok(cursor), _) => Some(cursor),
            (Err(_), Ok(id)) => self.read(move |store| store.place_of(id, agent)).await?,
            (Err(_), Err(_)) => None,
        };
        place.ok_or_else(|| {
            let detail = "`after` is neither the `next` of an earlier page nor a submission";
            Problem::new(Code::MalformedRequest, detail).at("/after")
        })
    }

    /// A list of the queue.
    ///
    /// # Errors
    /// As [`Engine::list`].
    pub async fn queue(
        &self,
        tab: QueueTab,
        after: Option<String>,
        limit: usize,
    ) -> Result<Page<SubmissionRow>, Problem> {
        self.list(self.in_queue(tab), after, limit).await
    }

    /// What is held and in sight now, agent by agent.
    ///
    /// # Errors
    /// If the store cannot read.
    pub async fn held_by_agent(&self) -> Result<Vec<store::HeldBy>, Problem> {
        let now = self.now();
        self.read(move |store| store.held_by_agent(now)).await
    }

    /// What a tab of the queue shows now.
    pub fn in_queue(&self, tab: QueueTab) -> ListFilter {
        let now = self.now();
        let held = |which| (vec![StateName::Held], Some(which), ListOrder::Oldest);
        let (states, held, order) = match tab {
            QueueTab::NeedsYou => held(HeldOnes::InSight(now)),
            QueueTab::Snoozed => held(HeldOnes::Snoozed(now)),
            QueueTab::Expiring => held(HeldOnes::LapsingBy(now + EXPIRING_WITHIN)),
            QueueTab::Attention => {
                let states = vec![StateName::Uncertain, StateName::Failed];
                (states, None, ListOrder::Newest)
            }
        };
        ListFilter {
            states,
            held,
            order,
            ..ListFilter::default()
        }
    }

    /// How many stand where, for the rail and the tray.
    ///
    /// # Errors
    /// If the store cannot read.
    pub async fn counts(&self) -> Result<Counts, Problem> {
        self.read(Store::counts).await
    }

    /// The exact bytes of a version (the latest if none is named), and what a reader sees in them.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn message(
        &self,
        id: SubmissionId,
        version: Option<u32>,
    ) -> Result<(Sealed, MessageView), Problem> {
        let found = self
            .read(move |store| {
                let Some(row) = store.submission(id)? else {
                    return Ok(None);
                };
                store.sealed(id, version.unwrap_or(row.version))
            })
            .await?;
        let sealed = found.ok_or_else(|| problems::not_found(format_args!("submission `{id}`")))?;
        self.blocking(move || {
            let view = mail::parse::view(&sealed.bytes);
            Ok((sealed, view))
        })
        .await
    }

    /// One attachment of a version, decoded.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn attachment(
        &self,
        id: SubmissionId,
        version: Option<u32>,
        index: usize,
    ) -> Result<Attachment, Problem> {
        let draft = self.draft(id, version).await?;
        draft
            .attachments
            .into_iter()
            .nth(index)
            .ok_or_else(|| problems::not_found(format_args!("attachment {index} of `{id}`")))
    }

    /// A version as it was asked for, attachments included.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn draft(
        &self,
        id: SubmissionId,
        version: Option<u32>,
    ) -> Result<domain::Draft, Problem> {
        let draft = self
            .read(move |store| {
                let Some(row) = store.submission(id)? else {
                    return Ok(None);
                };
                store.draft(id, version.unwrap_or(row.version))
            })
            .await?;
        draft.ok_or_else(|| problems::not_found(format_args!("submission `{id}`")))
    }

    /// The record's entries about one subject, oldest first.
    ///
    /// # Errors
    /// If the store cannot read.
    pub async fn journal_of(&self, subject: &str) -> Result<Vec<JournalEntry>, Problem> {
        let subject = subject.to_owned();
        self.read(move |store| store.journal_of(&subject)).await
    }

    /// Walks the whole record, recomputes every decision, and holds it against its signatures and
    /// the checkpoints outside. What it found is kept, for [`Engine::record_health`].
    ///
    /// # Errors
    /// If the store cannot read; what does not hold is in the report.
    pub async fn verify(
        &self,
        progress: impl FnMut(u64, u64) + Send + 'static,
    ) -> Result<VerifyReport, Problem> {
        let judge = self.inner.judge.evaluate();
        let engine = self.clone();
        let walk = self.blocking(move || {
            let store = &engine.inner.store;
            let mut report = store
                .verify(judge, progress)
                .map_err(problems::from_store)?;
            let file = engine.checkpoint_path()?;
            record::check(&store.record(), file.as_deref(), &mut report)
                .map_err(problems::from_store)?;
            Ok(report)
        });
        let report = walk.await?;
        self.note_verified(&report).await;
        Ok(report)
    }

    /// The same for a folder this process has not opened; another process may.
    ///
    /// # Errors
    /// If there is no database, or it cannot be read.
    pub fn verify_dir(
        dir: &std::path::Path,
        progress: impl FnMut(u64, u64),
    ) -> Result<VerifyReport, Problem> {
        let judge = crate::judge::Judge::default().evaluate();
        let verify = || {
            let mut report = Store::verify_dir(dir, judge, progress)?;
            let looked = Store::look(dir)?;
            let setting = looked.setting(CHECKPOINT_FILE_SETTING)?;
            let file = checkpoint_file::path(dir, setting.as_deref());
            record::check(&looked, Some(&file), &mut report)?;
            Ok(report)
        };
        verify().map_err(problems::from_store)
    }

    /// A setting, if it was ever set.
    ///
    /// # Errors
    /// If the store cannot read.
    pub async fn setting(&self, key: &str) -> Result<Option<String>, Problem> {
        let key = key.to_owned();
        self.read(move |store| store.setting(&key)).await
    }

    /// Sets a setting.
    ///
    /// # Errors
    /// `invalid_field` for a checkpoint file that cannot be written; if the store cannot write.
    pub async fn set_setting(&self, key: String, value: String) -> Result<(), Problem> {
        if key == CHECKPOINT_FILE_SETTING
            && let Some(dir) = self.inner.dir.clone()
        {
            let path = checkpoint_file::path(&dir, Some(&value));
            self.blocking(move || {
                checkpoint_file::append(&path, &[]).map_err(|error| {
                    let detail = format!("cannot write `{}`: {error}", path.display());
                    Problem::new(Code::InvalidField, detail).at("/value")
                })
            })
            .await?;
        }
        self.act(self.inner.store.set_setting(key, value, self.now()))
            .await
    }
}

/// A hold that lapses within this is about to expire.
pub const EXPIRING_WITHIN: Span = Span::from_hours(1);

fn cursor(text: Option<String>) -> Result<Option<Cursor>, Problem> {
    text.map(|text| text.parse::<Cursor>())
        .transpose()
        .map_err(|_| {
            let detail = "`after` is not the `next` of an earlier page";
            Problem::new(Code::MalformedRequest, detail).at("/after")
        })
}

/// An agent sees its own, people and Sendoff see all.
pub(crate) fn may_see(viewer: Actor, row: &SubmissionRow) -> bool {
    match viewer {
        Actor::Operator | Actor::System => true,
        Actor::Agent(agent) => row.agent == agent,
    }
}
