//! The closed word lists of `domain`, as the screens know them.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// An autonomy level, 0 to 3.
pub(crate) type Level = u8;

macro_rules! mirrored {
    ($($(#[$doc:meta])* $name:ident of $from:path { $($variant:ident),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
        #[serde(rename_all = "snake_case")]
        pub(crate) enum $name { $($variant),* }

        impl From<$from> for $name {
            fn from(value: $from) -> Self {
                use $from as From;
                match value { $(From::$variant => $name::$variant),* }
            }
        }

        impl From<$name> for $from {
            fn from(value: $name) -> Self {
                match value { $($name::$variant => <$from>::$variant),* }
            }
        }
    )*};
}

mirrored! {
    /// Where a submission stands.
    StateName of domain::StateName {
        Observed, Held, Deferred, Queued, Sending, Sent, Uncertain, Bounced, Blocked, Rejected,
        Expired, Cancelled, Failed,
    }
    /// What a judgement comes to, weakest first.
    Verdict of domain::Verdict { Allow, Defer, Hold, Block }
    /// What one rule concludes.
    FindingOutcome of domain::FindingOutcome { Off, NotApplicable, Pass, Defer, Hold, Block }
    /// On which occasion it was judged.
    Moment of domain::Moment { Check, Admission, Revision, Approval, Dispatch }
    /// What the agent should do next.
    NextClass of domain::NextClass { Done, Wait, RetryAfter, NeedsPerson, FixAndResubmit, Never }
}
