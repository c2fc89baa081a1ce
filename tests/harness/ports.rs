//! Loopback ports of a test's own, even when many tests run at once.
//!
//! Asking the kernel for a free port and closing it again is a race: another test, or any outgoing connection, may take
//! it before the server binds. So ports come in blocks below the ephemeral range, each block held by a file lock that
//! the kernel releases when the test process ends, however it ends.

use std::fs::File;
use std::net::TcpListener;

/// Ports in one block.
pub const BLOCK_LEN: u16 = 12;
const FIRST: u16 = 20_000;
const BLOCKS: u16 = 1_000;

/// A block of [`BLOCK_LEN`] free loopback ports, held until dropped.
#[derive(Debug)]
pub struct PortBlock {
    first: u16,
    _lock: File,
}

impl PortBlock {
    /// Takes the first block nobody holds.
    ///
    /// # Panics
    /// When all thousand are taken.
    pub fn take() -> PortBlock {
        let folder = std::env::temp_dir().join("sendoff-test-ports");
        std::fs::create_dir_all(&folder).expect("the folder of port locks can be made");
        let start = u16::try_from(std::process::id() % u32::from(BLOCKS)).unwrap();
        for turn in 0..BLOCKS {
            let block = (start + turn) % BLOCKS;
            let name = folder.join(block.to_string());
            // A lock file of another user may be readable only; reading is enough to lock it.
            let Ok(lock) = File::open(&name).or_else(|_| File::create(&name)) else {
                continue;
            };
            if lock.try_lock().is_err() {
                continue;
            }
            let first = FIRST + block * BLOCK_LEN;
            let free =
                (first..first + BLOCK_LEN).all(|p| TcpListener::bind(("127.0.0.1", p)).is_ok());
            if free {
                return PortBlock { first, _lock: lock };
            }
        }
        panic!(
            "no free block of loopback ports between {FIRST} and {}",
            FIRST + BLOCKS * BLOCK_LEN
        );
    }

    /// The port at this place in the block.
    ///
    /// # Panics
    /// When `place` is not below [`BLOCK_LEN`].
    pub fn port(&self, place: u16) -> u16 {
        assert!(place < BLOCK_LEN, "a block has {BLOCK_LEN} ports");
        self.first + place
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_blocks_never_share_a_port() {
        let (one, other) = (PortBlock::take(), PortBlock::take());
        assert!(one.first.abs_diff(other.first) >= BLOCK_LEN);
    }
}
