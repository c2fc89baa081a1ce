//! Which cached answers a change makes stale. Commands say which tags they read (see the table in
//! `commands`), changes say which they touch; neither knows the other.

use domain::{Change, ChangeKind};
use engine::{Engine, Moved};
use serde::Serialize;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};

/// Changes told in one event; a burst of sends is one refresh.
const MERGED_MAX: usize = 1_000;

/// What the event `changed` carries: tags only, never data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Changed {
    /// Tags whose cached answers are stale.
    pub tags: Vec<String>,
    /// The change's number.
    pub seq: u64,
}

/// The tags a committed change touches.
fn of(change: &Change) -> Changed {
    let tags = match &change.kind {
        ChangeKind::Submission { id, .. } => {
            vec![
                "queue".to_owned(),
                "activity".to_owned(),
                format!("submission:{id}"),
            ]
        }
        ChangeKind::Inbound { conversation, .. } => {
            vec!["inbox".to_owned(), format!("conversation:{conversation}")]
        }
        ChangeKind::Agents => vec!["agents".to_owned()],
        ChangeKind::Mailboxes => vec!["mailboxes".to_owned(), "health".to_owned()],
        ChangeKind::Suppressions => vec!["suppressions".to_owned()],
        ChangeKind::Contacts => vec!["contacts".to_owned()],
        ChangeKind::Policy => vec!["policy".to_owned()],
        ChangeKind::Pause => {
            vec![
                "pause".to_owned(),
                "agents".to_owned(),
                "mailboxes".to_owned(),
            ]
        }
        ChangeKind::Settings => vec!["settings".to_owned(), "health".to_owned()],
    };
    Changed {
        tags,
        seq: change.seq,
    }
}

/// The tags of what moved without a commit.
fn moved(what: Moved) -> Changed {
    let tag = match what {
        Moved::Queue => "queue",
        Moved::Health => "health",
    };
    Changed {
        tags: vec![tag.to_owned()],
        seq: 0,
    }
}

/// Everything that makes answers stale, from one moment on: what is committed, and what moves with
/// time alone.
#[derive(Debug)]
pub struct Heard {
    committed: Receiver<Change>,
    moved: Receiver<Moved>,
}

impl Heard {
    /// From now on.
    pub fn from(engine: &Engine) -> Self {
        Heard {
            committed: engine.subscribe(),
            moved: engine.moved(),
        }
    }

    /// Waits for the next, and takes what came with it; nothing once the engine is gone.
    pub async fn next(&mut self) -> Option<Changed> {
        let first = tokio::select! {
            change = self.committed.recv() => change.map(|change| of(&change)),
            what = self.moved.recv() => what.map(moved),
        };
        let mut changed = match first {
            Ok(changed) => changed,
            Err(RecvError::Lagged(_)) => all(0),
            Err(RecvError::Closed) => return None,
        };
        for _ in 0..MERGED_MAX {
            let Some(more) = self.waiting() else { break };
            merge(&mut changed, more);
        }
        Some(changed)
    }

    fn waiting(&mut self) -> Option<Changed> {
        let committed = self.committed.try_recv().map(|change| of(&change));
        let next = match committed {
            Err(TryRecvError::Empty) => self.moved.try_recv().map(moved),
            other => other,
        };
        match next {
            Ok(changed) => Some(changed),
            Err(TryRecvError::Lagged(_)) => Some(all(0)),
            Err(TryRecvError::Empty | TryRecvError::Closed) => None,
        }
    }
}

/// Everything is stale: after a gap in what was heard.
pub(crate) fn all(seq: u64) -> Changed {
    let tags = [
        "queue",
        "submission:*",
        "inbox",
        "conversation:*",
        "activity",
        "agents",
        "mailboxes",
        "suppressions",
        "contacts",
        "policy",
        "pause",
        "settings",
        "health",
    ];
    Changed {
        tags: tags.map(str::to_owned).to_vec(),
        seq,
    }
}

/// Several changes as one, each tag once.
fn merge(into: &mut Changed, more: Changed) {
    into.seq = into.seq.max(more.seq);
    for tag in more.tags {
        if !into.tags.contains(&tag) {
            into.tags.push(tag);
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::{AgentId, StateName, SubmissionId, Timestamp};

    use super::*;

    #[test]
    fn a_submission_that_moved_makes_its_own_page_and_the_lists_stale() {
        let id: SubmissionId = "sub_00000000000000000000000000000001".parse().unwrap();
        let agent: AgentId = "agt_00000000000000000000000000000001".parse().unwrap();
        let kind = ChangeKind::Submission {
            id,
            agent,
            state: StateName::Held,
        };
        let changed = of(&Change {
            seq: 7,
            at: Timestamp::from_seconds(0),
            kind,
        });
        assert_eq!(changed.seq, 7);
        assert_eq!(
            changed.tags,
            ["queue", "activity", &format!("submission:{id}")]
        );
    }

    #[test]
    fn what_shows_what_changed_is_asked_for_again() {
        let number = "00000000000000000000000000000001";
        let sent = ChangeKind::Submission {
            id: format!("sub_{number}").parse().unwrap(),
            agent: format!("agt_{number}").parse().unwrap(),
            state: StateName::Sent,
        };
        let received = ChangeKind::Inbound {
            id: format!("inb_{number}").parse().unwrap(),
            conversation: format!("cnv_{number}").parse().unwrap(),
            agent: None,
        };
        for (kind, commands) in [
            // Counts, receipts and windows beside agents and mailboxes.
            (
                sent,
                &["agents.list", "mailboxes.list", "agents.budget"][..],
            ),
            // The dossier beside a message.
            (received, &["submission.show", "agents.list"]),
            (ChangeKind::Suppressions, &["submission.show"]),
            (ChangeKind::Contacts, &["submission.show"]),
            (ChangeKind::Policy, &["mailboxes.list"]),
        ] {
            let at = Timestamp::from_seconds(0);
            let touched = of(&Change { seq: 1, at, kind }).tags;
            for name in commands {
                let command = crate::COMMANDS
                    .iter()
                    .find(|one| one.name == *name)
                    .unwrap();
                let again = command
                    .reads
                    .iter()
                    .any(|tag| touched.iter().any(|one| one == tag));
                assert!(again, "{name} after {touched:?}");
            }
        }
    }

    #[test]
    fn merging_keeps_each_tag_once_and_the_last_number() {
        let mut first = Changed {
            tags: vec!["queue".into()],
            seq: 9,
        };
        merge(
            &mut first,
            Changed {
                tags: vec!["queue".into(), "agents".into()],
                seq: 3,
            },
        );
        assert_eq!(
            first,
            Changed {
                tags: vec!["queue".into(), "agents".into()],
                seq: 9
            }
        );
    }
}
