//! An export: the record as text, for whoever is to read it or hold it to account elsewhere.
//!
//! | file | what |
//! |---|---|
//! | `manifest.json` | what was handed out, and where the chain ended then |
//! | `journal.ndjson` | the chained entries |
//! | `checkpoints.ndjson`, `keys.txt` | the signatures over them, and their public keys |
//! | `policies.ndjson`, `decisions.ndjson` | what was judged, on which facts, by which rules |
//! | `messages.ndjson`, `messages/*.eml` | what agents asked to send, every version |
//! | `received.ndjson`, `received/*.eml` | what came in |
//!
//! One object a line, so that it can be read without being held. [`verify`] needs nothing else.

pub(crate) mod verify;

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use domain::{Digest, Problem, SubmissionId, Timestamp};
use serde::{Deserialize, Serialize};
use store::{ExportItem, ExportScope, Exporting, Store};

use crate::checkpoint_file;
use crate::copies::{private_file, put, unwritten};
use crate::growing::NewFolder;
use crate::open::Engine;
use crate::problems;

pub(crate) const MANIFEST: &str = "manifest.json";
pub(crate) const JOURNAL: &str = "journal.ndjson";
pub(crate) const CHECKPOINTS: &str = "checkpoints.ndjson";
pub(crate) const KEYS: &str = "keys.txt";
pub(crate) const POLICIES: &str = "policies.ndjson";
pub(crate) const DECISIONS: &str = "decisions.ndjson";
pub(crate) const MESSAGES: &str = "messages.ndjson";
pub(crate) const RECEIVED: &str = "received.ndjson";
/// What this version writes; it reads that and all before. 2 marks what was taken out.
pub(crate) const FORMAT: u32 = 2;

/// What was handed out.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Manifest {
    /// Of these files.
    pub format: u32,
    /// From this instant on; everything if none.
    pub since: Option<Timestamp>,
    /// Of this submission alone; all if none.
    pub submission: Option<SubmissionId>,
    /// The last entry.
    pub head: Option<(u64, Digest)>,
    /// Journal entries.
    pub entries: u64,
    /// Judgements.
    pub decisions: u64,
    /// Messages agents asked to send, every version.
    pub messages: u64,
    /// Messages that came in.
    pub received: u64,
    /// Of both kinds of messages, those that are handed out without their content.
    #[serde(default)]
    pub gone: u64,
}

/// A policy, on its line.
#[derive(Serialize, Deserialize)]
pub(crate) struct PolicyLine {
    pub version: u64,
    pub published_at: Timestamp,
    pub text: String,
}

impl Engine {
    /// Writes what the data folder `dir` holds into the new folder `to`. `progress` may end it.
    /// Blocks. What did not become whole is taken away again.
    ///
    /// # Errors
    /// As [`Engine::may_copy_to`]; `not_found` for no data folder or no such
    /// submission; if either cannot be read or written.
    pub fn export_dir(
        dir: &Path,
        to: &Path,
        scope: &ExportScope,
        mut progress: impl FnMut(u64, u64) -> ControlFlow<()>,
    ) -> Result<Manifest, Problem> {
        let folder = NewFolder::make(dir, to)?;
        let to = folder.path();
        let mut files = Files::make(to).map_err(|error| unwritten(to, &error))?;
        let exporting = Exporting {
            take: &mut |item| files.take(item),
            progress: &mut progress,
        };
        Store::export_dir(dir, scope, exporting).map_err(problems::from_store)?;
        let manifest = files.end().map_err(|error| unwritten(to, &error))?;
        let manifest = Manifest {
            format: FORMAT,
            since: scope.since,
            submission: scope.submission,
            ..manifest
        };
        put(&to.join("README.txt"), README.as_bytes())?;
        let text = serde_json::to_vec_pretty(&manifest).unwrap_or_default();
        put(&to.join(MANIFEST), &text)?;
        folder.keep()?;
        Ok(manifest)
    }
}

/// The files while they grow.
struct Files {
    to: PathBuf,
    journal: BufWriter<File>,
    checkpoints: BufWriter<File>,
    keys: BufWriter<File>,
    policies: BufWriter<File>,
    decisions: BufWriter<File>,
    messages: BufWriter<File>,
    received: BufWriter<File>,
    counted: Manifest,
}

impl Files {
    fn make(to: &Path) -> io::Result<Files> {
        let file = |name: &str| private_file(&to.join(name)).map(BufWriter::new);
        fs::create_dir(to.join("messages"))?;
        fs::create_dir(to.join("received"))?;
        Ok(Files {
            to: to.to_owned(),
            journal: file(JOURNAL)?,
            checkpoints: file(CHECKPOINTS)?,
            keys: file(KEYS)?,
            policies: file(POLICIES)?,
            decisions: file(DECISIONS)?,
            messages: file(MESSAGES)?,
            received: file(RECEIVED)?,
            counted: Manifest::default(),
        })
    }

    fn take(&mut self, item: ExportItem) -> io::Result<()> {
        let counted = &mut self.counted;
        match item {
            ExportItem::Policy(policy) => line(
                &mut self.policies,
                &PolicyLine {
                    version: policy.version,
                    published_at: policy.published_at,
                    text: policy.text.to_string(),
                },
            ),
            ExportItem::Checkpoint(checkpoint) => {
                let text = checkpoint_file::line(&checkpoint);
                self.checkpoints.write_all(text.as_bytes())
            }
            ExportItem::Key(key) => writeln!(self.keys, "{key}"),
            ExportItem::Entry(entry) => {
                counted.entries += 1;
                counted.head = Some((entry.seq, entry.hash));
                line(&mut self.journal, &entry)
            }
            ExportItem::Decision(decision) => {
                counted.decisions += 1;
                line(&mut self.decisions, &decision)
            }
            ExportItem::Message(message, bytes) => {
                counted.messages += 1;
                let name = message_file(message.submission, message.version);
                match bytes {
                    Some(bytes) => private_file(&self.to.join(name))?.write_all(&bytes)?,
                    None => counted.gone += 1,
                }
                line(&mut self.messages, &message)
            }
            ExportItem::Received(received, bytes) => {
                counted.received += 1;
                let name = received_file(&received.id.to_string());
                match bytes {
                    Some(bytes) => private_file(&self.to.join(name))?.write_all(&bytes)?,
                    None => counted.gone += 1,
                }
                line(&mut self.received, &received)
            }
        }
    }

    fn end(self) -> io::Result<Manifest> {
        let all = [
            self.journal,
            self.checkpoints,
            self.keys,
            self.policies,
            self.decisions,
            self.messages,
            self.received,
        ];
        for file in all {
            file.into_inner()
                .map_err(io::IntoInnerError::into_error)?
                .sync_data()?;
        }
        Ok(self.counted)
    }
}

fn line(file: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *file, value)?;
    file.write_all(b"\n")
}

/// Where a version's bytes lie, in the export.
pub(crate) fn message_file(submission: SubmissionId, version: u32) -> String {
    format!("messages/{submission}.{version}.eml")
}

/// Where received bytes lie, in the export.
pub(crate) fn received_file(id: &str) -> String {
    format!("received/{id}.eml")
}

const README: &str = "\
An export of a Sendoff record.

  sendoff verify --export DIR

walks the chain, checks its signatures, judges every decision again from its facts and its policy,
and compares every message with the hash that was judged. It needs nothing but this folder. To be
sure that the record was not written anew as a whole, compare the key it says the record is signed
with (keys.txt has them all) with the one Sendoff shows under Settings, Record, or compare a
checkpoint you kept elsewhere with those in here.

By hand:
  journal.ndjson      one entry a line. hash = SHA-256 over the canonical JSON (RFC 8785) of
                      [prev, seq, at in microseconds since 1970, actor, kind, subject, body].
  checkpoints.ndjson  signature = Ed25519 by key over the canonical JSON of
                      [\"sendoff checkpoint\", seq, hash, at in microseconds since 1970].
  policies.ndjson     the rules, every version.
  decisions.ndjson    what was judged: the entry `seq` holds the salted SHA-256 of
                      salt + decision + facts + counters, each with its length before it.
  messages/           what agents asked to send, every version, without the Date header, which is
                      set when it leaves. Envelope, account and hash are in messages.ndjson.
  received/           what came in; the entry that tells of it holds its SHA-256.

What was erased, or had grown old, has no file here. Its line says under `gone` what was taken and
by which entry: `contact.erased` or `content.aged_out`, which names it. Of what stays of an erased
message or decision, the entry vouches for nothing: its account, times, codes and figures, and whom
else it went to, are told as they stand in the record.
";
