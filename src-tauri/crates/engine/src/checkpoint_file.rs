//! The checkpoints outside the database: one JSON object a line, appended and never rewritten.
//!
//! ```json
//! {"seq":1000,"hash":"…64 hex…","at":"2026-11-22T10:00:00.000000Z","key":"…64 hex…","signature":"…128 hex…"}
//! ```
//! The signature is Ed25519 over the canonical JSON (RFC 8785) of
//! `["sendoff checkpoint", seq, hash, at in microseconds since 1970]`. On storage that only grows,
//! the file shows that a record was cut or rewritten even to someone who trusts nothing else here.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use domain::{Digest, Timestamp};
use secrets::PublicKey;
use serde::{Deserialize, Serialize};
use store::Checkpoint;

/// The setting that puts the file elsewhere: a path, relative to the data folder.
pub const CHECKPOINT_FILE_SETTING: &str = "checkpoint_file";
/// Its name in the data folder.
const DEFAULT_NAME: &str = "checkpoints.ndjson";
/// Octets of a line; a longer one is none of ours.
const LINE_OCTETS_MAX: u64 = 1_024;

/// The file of a data folder, given the setting.
pub(crate) fn path(dir: &Path, setting: Option<&str>) -> PathBuf {
    dir.join(setting.unwrap_or(DEFAULT_NAME))
}

/// What is signed.
pub(crate) fn message(seq: u64, hash: &Digest, at: Timestamp) -> Vec<u8> {
    domain::canonical::canonical_json(&("sendoff checkpoint", seq, hash, at.micros()))
}

/// Whether the checkpoint's own key signed it; says nothing of whose key that is.
pub(crate) fn holds(checkpoint: &Checkpoint) -> bool {
    let Checkpoint {
        seq,
        hash,
        at,
        key,
        signature,
    } = checkpoint;
    PublicKey::from_hex(key).is_some_and(|key| key.signed(&message(*seq, hash, *at), signature))
}

#[derive(Serialize, Deserialize)]
struct Line {
    seq: u64,
    hash: Digest,
    at: Timestamp,
    key: String,
    signature: String,
}

/// A checkpoint as its line, with its line feed.
pub(crate) fn line(checkpoint: &Checkpoint) -> String {
    let line = Line {
        seq: checkpoint.seq,
        hash: checkpoint.hash,
        at: checkpoint.at,
        key: checkpoint.key.clone(),
        signature: hex(&checkpoint.signature),
    };
    // A struct of numbers and text always has a spelling.
    let mut text = serde_json::to_string(&line).unwrap_or_default();
    text.push('\n');
    text
}

/// The checkpoint a line holds; `None` if it is no line of ours.
fn read_line(text: &[u8]) -> Option<Checkpoint> {
    let line: Line = serde_json::from_slice(text).ok()?;
    Some(Checkpoint {
        seq: line.seq,
        hash: line.hash,
        at: line.at,
        key: line.key,
        signature: unhex(&line.signature)?,
    })
}

/// Appends; on disk when it returns. Makes the file, private, if it is missing.
pub(crate) fn append(path: &Path, checkpoints: &[Checkpoint]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(path)?;
    let mut text = String::new();
    if ends_mid_line(&mut file)? {
        // Power was lost while a line was written: that one never was a checkpoint.
        text.push('\n');
    }
    for checkpoint in checkpoints {
        text.push_str(&line(checkpoint));
    }
    file.write_all(text.as_bytes())?;
    file.sync_data()
}

fn ends_mid_line(file: &mut File) -> io::Result<bool> {
    if file.seek(SeekFrom::End(0))? == 0 {
        return Ok(false);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last != *b"\n")
}

/// The last checkpoint in the file; `None` if there is no file, or none in its last lines.
pub(crate) fn last(path: &Path) -> io::Result<Option<Checkpoint>> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let octets = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(octets.saturating_sub(8 * LINE_OCTETS_MAX)))?;
    let mut tail = Vec::new();
    file.read_to_end(&mut tail)?;
    Ok(tail.rsplit(|octet| *octet == b'\n').find_map(read_line))
}

/// Tells each checkpoint in the file to `each`, first line first.
///
/// Lines that cannot be read are left out: power may have been lost while one was written. Nothing
/// hides behind that, for a line whose checkpoint the database has is then missing here.
pub(crate) fn each(path: &Path, mut each: impl FnMut(Checkpoint)) -> io::Result<()> {
    let mut reader = BufReader::new(File::open(path)?);
    let mut text = Vec::new();
    loop {
        text.clear();
        let mut limited = reader.by_ref().take(LINE_OCTETS_MAX);
        if limited.read_until(b'\n', &mut text)? == 0 {
            return Ok(());
        }
        if let Some(checkpoint) = read_line(&text) {
            each(checkpoint);
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    text.as_bytes()
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => u8::try_from(digit(*high)? * 16 + digit(*low)?).ok(),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkpoint(seq: u64) -> Checkpoint {
        Checkpoint {
            seq,
            hash: Digest::of(&seq.to_be_bytes()),
            at: Timestamp::from_seconds(1_800_000_000),
            key: "ab".repeat(32),
            signature: vec![7; 64],
        }
    }

    fn lines(path: &Path) -> Vec<u64> {
        let mut seqs = Vec::new();
        each(path, |line| seqs.push(line.seq)).unwrap();
        seqs
    }

    #[test]
    fn what_is_appended_is_read_back_in_order_and_the_last_is_the_last() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("c.ndjson");
        assert_eq!(last(&path).unwrap(), None);
        append(&path, &[checkpoint(1), checkpoint(2)]).unwrap();
        append(&path, &[checkpoint(9)]).unwrap();
        assert_eq!(lines(&path), [1, 2, 9]);
        assert_eq!(last(&path).unwrap(), Some(checkpoint(9)));
    }

    #[test]
    fn a_line_torn_by_a_power_cut_spoils_neither_the_last_nor_the_next() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("c.ndjson");
        append(&path, &[checkpoint(1), checkpoint(2)]).unwrap();
        let octets = std::fs::metadata(&path).unwrap().len();
        let file = OpenOptions::new().write(true).open(&path).unwrap();
        file.set_len(octets - 20).unwrap();
        assert_eq!(last(&path).unwrap(), Some(checkpoint(1)));
        append(&path, &[checkpoint(3)]).unwrap();
        assert_eq!(last(&path).unwrap(), Some(checkpoint(3)));
        assert_eq!(lines(&path), [1, 3]);
    }

    #[test]
    fn a_stranger_in_the_file_is_no_checkpoint_and_no_crash() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("c.ndjson");
        let noise = vec![b'x'; 5_000];
        std::fs::write(&path, [&noise[..], b"\n{\"seq\":1}\n\xff\n"].concat()).unwrap();
        assert_eq!(last(&path).unwrap(), None);
        assert!(lines(&path).is_empty());
    }

    #[cfg(unix)]
    #[test]
    fn the_file_is_private() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("c.ndjson");
        append(&path, &[checkpoint(1)]).unwrap();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
