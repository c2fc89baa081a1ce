//! What can go wrong, shaped by what a caller does about it: answer, ask again, stop.

use domain::sealed::ApprovalHash;
use domain::submission::WrongState;

/// Why an operation was not done. Nothing of it was written.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum StoreError {
    /// Nothing of that id, or nothing the actor may know of.
    #[error("there is no {what}")]
    NotFound {
        /// The kind of thing and its id, such as `submission sub_…`.
        what: String,
    },
    /// The step does not exist from where the submission stands.
    #[error(transparent)]
    WrongState(#[from] WrongState),
    /// A block that no written reason releases.
    #[error("this block cannot be released: {sentence}")]
    StillBlocked {
        /// What the rule says.
        sentence: String,
    },
    /// An answer to a question nobody has open.
    #[error("nobody has asked anything about it that is still open")]
    NothingAsked,
    /// What was on screen is no longer what would leave.
    #[error("the message was changed since it was shown, look at it again; its hash is {current}")]
    Stale {
        /// The hash of what would leave now.
        current: ApprovalHash,
    },
    /// The reasons on screen are no longer those it is held for.
    #[error("it was judged again since you looked; read what changed and decide anew")]
    JudgedAgain,
    /// Another policy came into force meanwhile.
    #[error(
        "version {version} of the policy is in force since you looked; look again and decide anew"
    )]
    PolicyMoved {
        /// The one in force.
        version: u64,
    },
    /// The content is not kept any more.
    #[error("its content was erased, so it cannot be {what}; write it anew")]
    ContentGone {
        /// The step, such as `sent again`.
        what: &'static str,
    },
    /// A name or address that is taken.
    #[error("there is already {what}, choose another or use that one")]
    AlreadyExists {
        /// The kind of thing and its name, such as `an agent called `scout``.
        what: String,
    },
    /// Agents tighten, people loosen.
    #[error("only a person can {what}, ask the operator")]
    HumanOnly {
        /// The step, such as `raise an agent's level`.
        what: String,
    },
    /// Another process has the data folder.
    #[error("the data folder is in use by another sendoff{}, stop that one first", pid_words(.pid))]
    InUse {
        /// Its process id, if it said.
        pid: Option<u32>,
    },
    /// The database was written by a newer version.
    #[error(
        "the database is of format {found} and this sendoff knows {known}, install a newer sendoff"
    )]
    Newer {
        /// The database's format.
        found: u32,
        /// The newest format this version reads.
        known: u32,
    },
    /// The database cannot be written or read just now: disk full, folder read-only, i/o error.
    #[error("the database is not available: {reason}")]
    Unavailable {
        /// What the system said.
        reason: String,
    },
    /// A row that does not read back: the file was changed by something else.
    #[error("the database is damaged: {reason}; run `sendoff verify`")]
    Damaged {
        /// Which row, and how.
        reason: String,
    },
    /// The store was closed.
    #[error("the database is closed")]
    Closed,
}

fn pid_words(pid: &Option<u32>) -> String {
    match pid {
        Some(pid) => format!(" (process {pid})"),
        None => String::new(),
    }
}

impl StoreError {
    /// Nothing of that kind and id.
    pub(crate) fn not_found(kind: &str, id: impl std::fmt::Display) -> Self {
        StoreError::NotFound {
            what: format!("{kind} {id}"),
        }
    }

    /// A stored value that does not read back.
    pub(crate) fn damaged(what: &str, error: impl std::fmt::Display) -> Self {
        StoreError::Damaged {
            reason: format!("{what}: {error}"),
        }
    }
}
