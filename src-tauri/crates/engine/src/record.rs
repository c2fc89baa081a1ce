//! Holding the record against its signatures, and noticing at the start that it is an old copy.
//!
//! The chain shows that nothing in the database was changed; only the signatures, and the file
//! outside, show that its end was not cut off or the whole written anew. Needs no vault and no
//! passphrase.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use domain::{Digest, JournalEntry, Problem};
use store::{Checkpoint, Divergence, NamedKey, Record, StoreError, VerifyReport};

use crate::checkpoint_file;
use crate::open::Engine;
use crate::problems;

/// Where a divergence of a signature is.
const IN_DATABASE: &str = "checkpoints";
const IN_FILE: &str = "checkpoint file";

/// What signs the record, for whoever wants to know it again elsewhere.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordKeys {
    /// Public keys the record names, oldest first.
    pub named: Vec<NamedKey>,
    /// The last signature.
    pub last: Option<Checkpoint>,
    /// The file outside the database that signatures are kept in, too.
    pub file: Option<PathBuf>,
}

impl Engine {
    /// What signs the record.
    ///
    /// # Errors
    /// If the store cannot read.
    pub async fn record_keys(&self) -> Result<RecordKeys, Problem> {
        let (named, last) = self
            .read(|store| {
                let record = store.record();
                Ok((record.named_keys()?, record.last_checkpoint()?))
            })
            .await?;
        let engine = self.clone();
        let file = self.blocking(move || engine.checkpoint_path()).await?;
        Ok(RecordKeys { named, last, file })
    }

    /// Compares the record with the last checkpoint outside it. If that one signs something the
    /// record does not have, this is an old copy: everything is paused and whatever was about to
    /// leave is uncertain until a person settles it, for it may have left already.
    ///
    /// # Errors
    /// If the store cannot read or write. A file that cannot be read says nothing.
    pub(crate) fn doubt_if_behind(&self) -> Result<(), Problem> {
        self.doubt_a_copy()?;
        let Some(path) = self.checkpoint_path()? else {
            return Ok(());
        };
        let last = match checkpoint_file::last(&path) {
            Ok(Some(last)) if checkpoint_file::holds(&last) => last,
            Ok(Some(_) | None) => return Ok(()),
            Err(error) => {
                let path = path.display();
                tracing::warn!(%error, %path, "the checkpoints outside cannot be read");
                return Ok(());
            }
        };
        let store = &self.inner.store;
        let place = Place::of(&last);
        let record = store.record();
        let known = record.hash_at(last.seq).map_err(problems::from_store)? == Some(last.hash)
            || restored(&record)
                .map_err(problems::from_store)?
                .contains(&place);
        if known {
            return Ok(());
        }
        let doubted = store
            .doubt(last.seq, last.hash, self.now())
            .wait()
            .map_err(problems::from_store)?;
        self.note_doubt(last.seq)?;
        tracing::error!(
            signed = last.seq,
            uncertain = doubted.len(),
            "the record is older than its checkpoints: paused, settle what is uncertain"
        );
        Ok(())
    }

    /// A copy that is opened for the first time: its original may have sent everything since.
    fn doubt_a_copy(&self) -> Result<(), Problem> {
        let store = &self.inner.store;
        if !store.is_copy().map_err(problems::from_store)? {
            return Ok(());
        }
        let record = store.record();
        let seq = record.head().map_err(problems::from_store)?;
        let hash = record.hash_at(seq).map_err(problems::from_store)?;
        let doubted = store
            .doubt(seq, hash.unwrap_or(JournalEntry::GENESIS), self.now())
            .wait()
            .map_err(problems::from_store)?;
        tracing::warn!(
            uncertain = doubted.len(),
            "this is a backup: paused, settle what is uncertain"
        );
        Ok(())
    }
}

/// Adds to `report` what the signatures in the database and in `file` say against the record.
///
/// # Errors
/// If the store cannot read.
pub(crate) fn check(
    record: &Record,
    file: Option<&Path>,
    report: &mut VerifyReport,
) -> Result<(), StoreError> {
    let head = record.head()?;
    let keys: BTreeSet<String> = record.keys()?.into_iter().collect();
    let ours = record.checkpoints()?;
    let mut found = Vec::new();
    for checkpoint in &ours {
        let hash = record.hash_at(checkpoint.seq)?;
        match against(checkpoint, hash, &keys) {
            Some(what) => found.push(divergence(Some(checkpoint.seq), IN_DATABASE, what)),
            None => report.signed_with(&checkpoint.key),
        }
    }
    if let Some(path) = file {
        let mut there = Vec::new();
        match checkpoint_file::each(path, |checkpoint| there.push(checkpoint)) {
            Ok(()) => check_file(record, &there, &ours, head, &keys, &mut found)?,
            // Nothing was signed yet.
            Err(error) if error.kind() == io::ErrorKind::NotFound && ours.is_empty() => {}
            Err(error) => {
                let what = format!("`{}` cannot be read: {error}", path.display());
                found.push(divergence(None, IN_FILE, what));
            }
        }
    }
    for divergence in found {
        if report.divergences.len() < VerifyReport::DIVERGENCES_MAX {
            report.divergences.push(divergence);
        } else {
            report.more = true;
        }
    }
    Ok(())
}

fn check_file(
    record: &Record,
    there: &[Checkpoint],
    ours: &[Checkpoint],
    head: u64,
    keys: &BTreeSet<String>,
    found: &mut Vec<Divergence>,
) -> Result<(), StoreError> {
    let restored = restored(record)?;
    // Up to the last line a restore names, lines may be of a record that was given up then.
    let given_up = there
        .iter()
        .rposition(|line| restored.contains(&Place::of(line)));
    let known: BTreeSet<&[u8]> = ours.iter().map(|one| one.signature.as_slice()).collect();
    let mut cut: Option<(u64, u64)> = None;
    for (at, line) in there.iter().enumerate() {
        let seq = line.seq;
        let hash = record.hash_at(seq)?;
        let excused = given_up.is_some_and(|last| at <= last) && hash != Some(line.hash);
        if excused || known.contains(line.signature.as_slice()) {
            if !checkpoint_file::holds(line) {
                let what = format!("the signature over entry {seq} does not hold");
                found.push(divergence(Some(seq), IN_FILE, what));
            }
        } else if seq > head {
            let (first, last) = cut.unwrap_or((seq, seq));
            cut = Some((first.min(seq), last.max(seq)));
        } else if let Some(what) = against(line, hash, keys) {
            found.push(divergence(Some(seq), IN_FILE, what));
        }
    }
    if let Some((first, last)) = cut {
        let what = format!(
            "entries up to {last} were signed and the record ends at {head}: its end was cut off, \
             or this is an old copy"
        );
        found.push(divergence(Some(first), IN_FILE, what));
    }
    let filed: BTreeSet<&[u8]> = there.iter().map(|one| one.signature.as_slice()).collect();
    let mut lacking = ours
        .iter()
        .filter(|one| !filed.contains(one.signature.as_slice()));
    if let Some(first) = lacking.next() {
        let what = format!(
            "{} checkpoints of the database are not in the file: it was cut, or its storage was \
             away and the next signature brings it up to date",
            1 + lacking.count()
        );
        found.push(divergence(Some(first.seq), IN_FILE, what));
    }
    Ok(())
}

/// What is wrong with a checkpoint, given the hash of the entry it signs.
fn against(
    checkpoint: &Checkpoint,
    hash: Option<Digest>,
    keys: &BTreeSet<String>,
) -> Option<String> {
    let seq = checkpoint.seq;
    if !checkpoint_file::holds(checkpoint) {
        Some(format!("the signature over entry {seq} does not hold"))
    } else if hash != Some(checkpoint.hash) {
        Some(format!("entry {seq} is not the one that was signed"))
    } else if !keys.contains(&checkpoint.key) {
        Some(format!(
            "entry {seq} is signed with a key the record does not name"
        ))
    } else {
        None
    }
}

fn divergence(seq: Option<u64>, subject: &str, what: String) -> Divergence {
    Divergence {
        seq,
        subject: subject.to_owned(),
        what,
    }
}

/// An entry that was signed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place(u64, Digest);

impl Place {
    fn of(checkpoint: &Checkpoint) -> Place {
        Place(checkpoint.seq, checkpoint.hash)
    }
}

/// Places the record itself says it lost when it was put back from an old copy.
fn restored(record: &Record) -> Result<BTreeSet<Place>, StoreError> {
    Ok(record
        .doubts()?
        .into_iter()
        .map(|(seq, hash)| Place(seq, hash))
        .collect())
}
