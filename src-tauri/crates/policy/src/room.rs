//! Room in one sliding window for what one message takes: now, and when next.

use domain::facts::Window;
use domain::{Facts, Moment, Timestamp};

use crate::counting::{self, Occupied};

/// One counter, its limit, and what the message asked about takes of it.
#[derive(Clone, Copy)]
pub(crate) struct Room<'f> {
    pub(crate) buckets: &'f [Occupied],
    pub(crate) window: Window,
    pub(crate) limit: u32,
    /// One message, or so many recipients.
    pub(crate) takes: u32,
}

impl Room<'_> {
    /// True if it may take its slots at `at`.
    pub(crate) fn is_there(&self, facts: &Facts, at: Timestamp) -> bool {
        if self.keeps_slot(facts, at) {
            return true;
        }
        let bucket = self.window.bucket(at);
        let (limit, takes) = (u64::from(self.limit), u64::from(self.takes));
        match facts.moment {
            // At the wire only what has left or is due counts: each promise is judged again at its
            // own time, so no window is ever exceeded, while a send that comes a moment late and is
            // barred by promises made after its own would never leave, nor would they.
            Moment::Dispatch => {
                counting::used_until(self.buckets, bucket).saturating_add(takes) <= limit
            }
            Moment::Check | Moment::Admission | Moment::Revision | Moment::Approval => {
                counting::first_room(self.buckets, bucket, limit, takes) == Some(bucket)
            }
        }
    }

    /// The first instant from `at` on with room.
    pub(crate) fn next(&self, facts: &Facts, at: Timestamp) -> Option<Timestamp> {
        if self.keeps_slot(facts, at) {
            return Some(at);
        }
        let from = self.window.bucket(at);
        let (limit, takes) = (u64::from(self.limit), u64::from(self.takes));
        let room = counting::first_room(self.buckets, from, limit, takes)?;
        Some(self.window.bucket_start(room).max(at))
    }

    /// True if the slot it already holds is counted in the same sub-bucket: nothing would change.
    ///
    /// Not at the wire: a stricter policy published since, or a send that came late, may have
    /// filled the window, and then N would no longer be N.
    fn keeps_slot(&self, facts: &Facts, at: Timestamp) -> bool {
        let slot = facts.submission.slot;
        facts.moment != Moment::Dispatch
            && slot.is_some_and(|slot| self.window.bucket(slot) == self.window.bucket(at))
    }
}
