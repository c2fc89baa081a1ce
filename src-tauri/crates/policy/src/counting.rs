//! Sliding windows over sub-bucketed counters: where there is room, now or next.
//!
//! A counter knows how many slots each sub-bucket holds, not when in it. So rounding goes against
//! the sender: any stretch of time as long as a window touches at most 61 sub-buckets, and a slot
//! is free where no 61 neighbours that include it would hold more than the limit. Then no interval
//! of the window's length ever holds more than the limit, and a slot comes at most one sub-bucket
//! later than exact times would allow.
//!
//! Everything here is linear in the number of occupied sub-buckets given and takes them ascending.

use domain::facts::Window;

/// An occupied sub-bucket: its number and the slots in it.
pub type Occupied = (i64, u32);

/// Sub-buckets an interval of a window's length can touch, less one.
const REACH: i64 = Window::BUCKETS;

/// Slots in the window that ends with `bucket`, itself included.
pub fn used_until(buckets: &[Occupied], bucket: i64) -> u64 {
    between(buckets, bucket.saturating_sub(REACH), bucket)
}

/// The most slots in any window that includes `bucket`, promised ones too.
pub fn used_around(buckets: &[Occupied], bucket: i64) -> u64 {
    let last = bucket.saturating_add(REACH);
    // The count only rises where a window's end reaches an occupied sub-bucket.
    let mut most = used_until(buckets, bucket);
    for (end, _) in slice(buckets, bucket, last) {
        most = most.max(used_until(buckets, *end));
    }
    most
}

/// The first sub-bucket from `from` on where `weight` more slots fit under `limit`, past and
/// promised ones together; `None` if they never do.
pub fn first_room(buckets: &[Occupied], from: i64, limit: u64, weight: u64) -> Option<i64> {
    if weight > limit {
        return None;
    }
    // What lies before every window that includes `from` is of no account.
    let buckets = slice(buckets, from.saturating_sub(REACH), i64::MAX);
    // Slides a window by its first sub-bucket. A full window closes all its sub-buckets, so a
    // stretch of full ones starting at `first..end` closes `first..end + REACH`.
    let enters = |index: usize| -> Option<(i64, u64)> {
        let (bucket, slots) = buckets.get(index)?;
        Some((bucket.saturating_sub(REACH), u64::from(*slots)))
    };
    let leaves = |index: usize| -> Option<(i64, u64)> {
        let (bucket, slots) = buckets.get(index)?;
        Some((bucket.saturating_add(1), u64::from(*slots)))
    };
    let (mut entered, mut left) = (0, 0);
    let mut inside = 0_u64;
    let mut full_since = None;
    let mut free = from;
    while let Some((leaving, _)) = leaves(left) {
        let start = enters(entered).map_or(leaving, |(entering, _)| entering.min(leaving));
        while let Some((_, slots)) = enters(entered).filter(|(at, _)| *at <= start) {
            inside = inside.saturating_add(slots);
            entered += 1;
        }
        while let Some((_, slots)) = leaves(left).filter(|(at, _)| *at <= start) {
            inside = inside.saturating_sub(slots);
            left += 1;
        }
        // Whatever fills up from here on begins behind the answer.
        if full_since.is_none() && start > free {
            return Some(free);
        }
        let full = inside.saturating_add(weight) > limit;
        match (full_since, full) {
            (None, true) => full_since = Some(start),
            (Some(first), false) => {
                if free < first {
                    return Some(free);
                }
                free = free.max(start.saturating_add(REACH));
                full_since = None;
            }
            (None, false) | (Some(_), true) => {}
        }
    }
    Some(free)
}

/// True if the sub-buckets are ascending, each once: what the functions above take.
pub fn is_ascending(buckets: &[Occupied]) -> bool {
    buckets.is_sorted_by(|(one, _), (next, _)| one < next)
}

fn slice(buckets: &[Occupied], first: i64, last: i64) -> &[Occupied] {
    let from = buckets.partition_point(|(bucket, _)| *bucket < first);
    let to = buckets.partition_point(|(bucket, _)| *bucket <= last);
    buckets.get(from..to).unwrap_or_default()
}

fn between(buckets: &[Occupied], first: i64, last: i64) -> u64 {
    slice(buckets, first, last)
        .iter()
        .map(|(_, slots)| u64::from(*slots))
        .sum()
}
