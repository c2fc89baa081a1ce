//! Raw messages packed for the disk: deflate, because mail is text and the crate is here already.

use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;

use crate::error::StoreError;
use crate::sqlite::fault::{Done, Fault};

/// Packs bytes.
pub(crate) fn pack(bytes: &[u8]) -> Done<Vec<u8>> {
    let mut packer = ZlibEncoder::new(Vec::new(), Compression::fast());
    packer
        .write_all(bytes)
        .and_then(|()| packer.finish())
        .map_err(|error| Fault(StoreError::damaged("a message to be packed", error)))
}

/// Unpacks what [`pack`] packed; `octets` is its length then, and no more is read.
pub(crate) fn unpack(packed: &[u8], octets: u64) -> Done<Vec<u8>> {
    let mut bytes = Vec::new();
    ZlibDecoder::new(packed)
        .take(octets)
        .read_to_end(&mut bytes)
        .map_err(|error| Fault(StoreError::damaged("a packed message", error)))?;
    Ok(bytes)
}
