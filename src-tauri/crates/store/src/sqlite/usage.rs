//! The packed form of a decision's usage facts.
//!
//! A busy store has some 700 sub-buckets in every judgement; as JSON they would be most of what an
//! admission writes. Packed they are two octets each: bucket numbers as steps from the one before,
//! counts as they are, both as variable-length integers (LEB128, signed ones zigzag).

use domain::facts::{CountScope, UsageFacts, Window};

use crate::error::StoreError;
use crate::sqlite::fault::{Done, Fault};

/// Packs usage facts; they come in the order of [`CountScope::ALL`] × [`Window::ALL`].
pub(crate) fn pack(usage: &[UsageFacts]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(usage.len() * 16);
    for facts in usage {
        put(&mut bytes, facts.buckets.len() as u64);
        let mut before = 0_i64;
        for &(bucket, count) in &facts.buckets {
            let step = bucket.wrapping_sub(before);
            put(&mut bytes, zigzag(step));
            put(&mut bytes, u64::from(count));
            before = bucket;
        }
    }
    bytes
}

/// Unpacks what [`pack`] made of the twelve entries; anything else is damage.
pub(crate) fn unpack(bytes: &[u8]) -> Done<Vec<UsageFacts>> {
    let mut rest = bytes.iter().copied();
    let mut usage = Vec::with_capacity(CountScope::ALL.len() * Window::ALL.len());
    for scope in CountScope::ALL {
        for window in Window::ALL {
            let entries = take(&mut rest)?;
            if entries > bytes.len() as u64 {
                return Err(broken());
            }
            let mut before = 0_i64;
            let mut buckets = Vec::new();
            for _ in 0..entries {
                let bucket = before.wrapping_add(unzigzag(take(&mut rest)?));
                let count = u32::try_from(take(&mut rest)?).map_err(|_| broken())?;
                buckets.push((bucket, count));
                before = bucket;
            }
            usage.push(UsageFacts {
                scope,
                window,
                buckets,
            });
        }
    }
    match rest.next() {
        None => Ok(usage),
        Some(_) => Err(broken()),
    }
}

fn broken() -> Fault {
    Fault(StoreError::damaged(
        "a decision",
        "its usage does not unpack",
    ))
}

const fn zigzag(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)).cast_unsigned()
}

const fn unzigzag(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -(number & 1).cast_signed()
}

fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn take(rest: &mut impl Iterator<Item = u8>) -> Done<u64> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let byte = rest.next().ok_or_else(broken)?;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(number);
        }
    }
    Err(broken())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn usage_unpacks_to_what_was_packed(
            lists in proptest::collection::vec(
                proptest::collection::vec((any::<i64>(), any::<u32>()), 0..8), 12)
        ) {
            let usage: Vec<UsageFacts> = CountScope::ALL
                .into_iter()
                .flat_map(|scope| Window::ALL.map(|window| (scope, window)))
                .zip(lists)
                .map(|((scope, window), buckets)| UsageFacts { scope, window, buckets })
                .collect();
            prop_assert_eq!(unpack(&pack(&usage)).unwrap(), usage);
        }

        #[test]
        fn any_bytes_unpack_or_are_called_damaged(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = unpack(&bytes);
        }
    }
}
