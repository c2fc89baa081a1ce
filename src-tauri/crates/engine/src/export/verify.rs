//! Holding an export to account, with nothing but its own files.
//!
//! The journal is believed as far as its chain and its signatures hold; decisions and messages are
//! held against it. What a whole export lacks is named; one that was made of a part may lack what
//! lies outside of it.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use domain::journal::{JournalEntry, JournalKind};
use domain::{Code, DecisionId, Digest, Envelope, Problem, Sealed};
use serde::de::DeserializeOwned;
use serde_json::Value;
use store::{
    Again, Divergence, ExportedDecision, ExportedGone, ExportedMessage, ExportedReceived, Gone,
    PublishedPolicy, Taking, VerifyReport,
};

use super::{
    CHECKPOINTS, DECISIONS, FORMAT, JOURNAL, KEYS, MANIFEST, MESSAGES, Manifest, POLICIES,
    PolicyLine, RECEIVED, message_file, received_file,
};
use crate::checkpoint_file;
use crate::judge::Judge;
use crate::open::Engine;

/// A file that is missing without anything that says why.
const GONE: &str = "its message is gone, and no entry says that it was taken out";

/// How often progress is told, in lines.
const PROGRESS_EVERY: u64 = 64;

impl Engine {
    /// Checks an export. Blocks.
    ///
    /// # Errors
    /// `not_found` if it is none; if a file of it cannot be read. What does not hold is in the
    /// report.
    pub fn verify_export(
        dir: &Path,
        progress: impl FnMut(u64, u64),
    ) -> Result<VerifyReport, Problem> {
        let text = fs::read(dir.join(MANIFEST)).map_err(|error| {
            let detail = match dir.join(JOURNAL).is_file() {
                true => format!(
                    "the export in `{}` was not finished; make it again in another folder",
                    dir.display()
                ),
                false => format!("`{}` is no export of a record: {error}", dir.display()),
            };
            Problem::new(Code::NotFound, detail)
        })?;
        let manifest: Manifest = serde_json::from_slice(&text).map_err(|error| {
            let detail = format!("`{}` cannot be read: {error}", dir.join(MANIFEST).display());
            Problem::new(Code::NotFound, detail)
        })?;
        if manifest.format > FORMAT {
            let detail = format!(
                "`{}` was written by a newer version of Sendoff; check it with that one",
                dir.display()
            );
            return Err(Problem::new(Code::StoreUnavailable, detail));
        }
        let mut check = Check {
            dir,
            total: manifest.entries + manifest.decisions + manifest.messages + manifest.received,
            manifest,
            report: VerifyReport::default(),
            told: Told::default(),
            progress,
            done: 0,
        };
        check.journal()?;
        check.checkpoints()?;
        check.decisions()?;
        check.messages()?;
        check.received()?;
        check.end();
        Ok(check.report)
    }
}

/// What the journal says must be there.
#[derive(Default)]
struct Told {
    hashes: BTreeMap<u64, Digest>,
    /// Keys of `key.added` entries.
    keys: Vec<String>,
    decisions: BTreeMap<String, ToldDecision>,
    /// The hash of a submission's version.
    versions: BTreeMap<(String, u64), (u64, String)>,
    /// The digest of what came in.
    received: BTreeMap<String, (u64, String)>,
    /// The text of a policy.
    policies: BTreeMap<u64, String>,
    /// What an entry took out of a message.
    gone: BTreeMap<(u64, String), Gone>,
}

/// What an entry says of a decision.
struct ToldDecision {
    seq: u64,
    submission: String,
    digest: String,
    verdict: String,
}

struct Check<'a, P> {
    dir: &'a Path,
    manifest: Manifest,
    report: VerifyReport,
    told: Told,
    progress: P,
    done: u64,
    total: u64,
}

impl<P: FnMut(u64, u64)> Check<'_, P> {
    fn diverges(&mut self, seq: Option<u64>, subject: &str, what: impl Into<String>) {
        if self.report.divergences.len() < VerifyReport::DIVERGENCES_MAX {
            self.report.divergences.push(Divergence {
                seq,
                subject: subject.to_owned(),
                what: what.into(),
            });
        } else {
            self.report.more = true;
        }
    }

    fn step(&mut self) {
        self.done += 1;
        if self.done.is_multiple_of(PROGRESS_EVERY) {
            (self.progress)(self.done.min(self.total), self.total);
        }
    }

    /// Tells each line of a file; one that cannot be read is a divergence.
    fn lines<T: DeserializeOwned>(
        &mut self,
        name: &str,
        mut each: impl FnMut(&mut Self, T) -> Result<(), Problem>,
    ) -> Result<(), Problem> {
        let path = self.dir.join(name);
        let unread = |error: std::io::Error| {
            let detail = format!("cannot read `{}`: {error}", path.display());
            Problem::new(Code::StoreUnavailable, detail)
        };
        for (n, line) in BufReader::new(File::open(&path).map_err(unread)?)
            .lines()
            .enumerate()
        {
            match serde_json::from_str(&line.map_err(unread)?) {
                Ok(value) => each(self, value)?,
                Err(error) => {
                    self.diverges(
                        None,
                        name,
                        format!("line {} cannot be read: {error}", n + 1),
                    );
                }
            }
        }
        Ok(())
    }

    fn journal(&mut self) -> Result<(), Problem> {
        let is_whole = self.manifest.since.is_none();
        let mut before: Option<(u64, Digest)> = is_whole.then_some((0, JournalEntry::GENESIS));
        self.lines(JOURNAL, |check, entry: JournalEntry| {
            check.step();
            check.report.entries += 1;
            let seq = entry.seq;
            let (expected, prev) = before.unwrap_or((seq.saturating_sub(1), entry.prev));
            if seq != expected + 1 {
                let what = format!(
                    "entries {} to {} are missing",
                    expected + 1,
                    seq.wrapping_sub(1)
                );
                check.diverges(Some(expected + 1), "journal", what);
            } else if entry.prev != prev {
                let what = "does not follow from the entry before it";
                check.diverges(Some(seq), "journal", what);
            }
            before = Some((seq, entry.hash));
            check.report.head = before;
            check.told.hashes.insert(seq, entry.hash);
            if entry.holds() {
                check.told.learn(&entry);
            } else {
                check.diverges(Some(seq), "journal", "its hash is not that of its content");
            }
            Ok(())
        })?;
        if self.report.head != self.manifest.head {
            let what = "the journal does not end where the manifest says";
            self.diverges(self.report.head.map(|(seq, _)| seq), "journal", what);
        }
        Ok(())
    }

    fn checkpoints(&mut self) -> Result<(), Problem> {
        let mut keys = self.told.keys.clone();
        if self.manifest.since.is_some() {
            let text = fs::read_to_string(self.dir.join(KEYS)).unwrap_or_default();
            keys.extend(text.lines().map(str::to_owned));
        }
        let mut there = Vec::new();
        let path = self.dir.join(CHECKPOINTS);
        checkpoint_file::each(&path, |line| there.push(line)).map_err(|error| {
            let detail = format!("cannot read `{}`: {error}", path.display());
            Problem::new(Code::StoreUnavailable, detail)
        })?;
        let first = self.told.hashes.keys().next().copied().unwrap_or(1);
        for checkpoint in there {
            let seq = checkpoint.seq;
            let hash = self.told.hashes.get(&seq).copied();
            if !checkpoint_file::holds(&checkpoint) {
                let what = format!("the signature over entry {seq} does not hold");
                self.diverges(Some(seq), CHECKPOINTS, what);
            } else if !keys.contains(&checkpoint.key) {
                let what = format!("entry {seq} is signed with a key the record does not name");
                self.diverges(Some(seq), CHECKPOINTS, what);
            } else if seq >= first && hash != Some(checkpoint.hash) {
                let what = format!("entry {seq} is not the one that was signed");
                self.diverges(Some(seq), CHECKPOINTS, what);
            } else {
                self.report.signed_with(&checkpoint.key);
            }
        }
        Ok(())
    }

    fn decisions(&mut self) -> Result<(), Problem> {
        let mut policies: BTreeMap<u64, PublishedPolicy> = BTreeMap::new();
        policies.insert(
            0,
            PublishedPolicy {
                version: 0,
                text: "".into(),
                published_at: domain::Timestamp::from_micros(0),
            },
        );
        self.lines(POLICIES, |check, line: PolicyLine| {
            let told = check.told.policies.get(&line.version);
            if told.is_some_and(|told| *told != line.text) {
                let what = format!("policy {} is not the one that was published", line.version);
                check.diverges(None, POLICIES, what);
            }
            policies.insert(
                line.version,
                PublishedPolicy {
                    version: line.version,
                    text: line.text.into(),
                    published_at: line.published_at,
                },
            );
            Ok(())
        })?;
        let judge = Judge::default().evaluate();
        self.lines(DECISIONS, |check, line: ExportedDecision| {
            check.step();
            check.report.decisions += 1;
            let id = line.id.to_string();
            let told = check.told.decisions.remove(&id);
            let Some(told) = told else {
                check.diverges(
                    Some(line.seq),
                    &id,
                    "the journal does not know this decision",
                );
                return Ok(());
            };
            let (seq, submission) = (told.seq, line.submission.to_string());
            let is_its_own = told.submission == submission && line.seq == seq;
            let says_so = is_its_own && says(&line.decision, &told.verdict);
            let what = check.told.taken(line.gone.as_ref(), &submission);
            if what == Some(Gone::Erased) && says_so && line.is_emptied() {
                check.report.decisions_gone += 1;
                return Ok(());
            }
            let is_same = line
                .digest()
                .is_ok_and(|found| found.to_string() == told.digest);
            if !is_same || !says_so {
                check.diverges(Some(seq), &id, "the decision or its facts were changed");
                return Ok(());
            }
            match policies
                .get(&line.policy)
                .map(|policy| line.comes_out_again(policy, &judge))
            {
                Some(Ok(Again::Same)) => {}
                Some(Ok(Again::Reworded)) => check.report.decisions_reworded += 1,
                Some(Ok(Again::Otherwise)) => {
                    let what = "judged again from the same facts, it comes out differently";
                    check.diverges(Some(seq), &id, what);
                }
                Some(Err(why)) => check.diverges(Some(seq), &id, why),
                None => {
                    let what =
                        format!("policy {}, under which it was judged, is gone", line.policy);
                    check.diverges(Some(seq), &id, what);
                }
            }
            Ok(())
        })
    }

    fn messages(&mut self) -> Result<(), Problem> {
        self.lines(MESSAGES, |check, line: ExportedMessage| {
            check.step();
            check.report.submissions += u64::from(line.version == 1);
            let subject = line.submission.to_string();
            let key = (subject.clone(), u64::from(line.version));
            let Some((seq, hash)) = check.told.versions.remove(&key) else {
                check.diverges(None, &subject, "the journal does not know this version");
                return Ok(());
            };
            let path = check.dir.join(message_file(line.submission, line.version));
            let Ok(bytes) = fs::read(&path) else {
                match check.told.taken(line.gone.as_ref(), &subject) {
                    Some(what) if line.hash.to_string() == hash => {
                        if line.version == 1 {
                            check.report.contents_gone.add(what);
                        }
                    }
                    Some(_) | None => check.diverges(Some(seq), &subject, GONE),
                }
                return Ok(());
            };
            let envelope: Envelope = line.envelope;
            let sealed = Sealed {
                bytes,
                envelope,
                message_id: line.message_id,
            };
            let found = sealed
                .approval_hash(line.account, line.send_at)
                .0
                .to_string();
            if found != hash {
                let what = "its message is not the one that was judged";
                check.diverges(Some(seq), &subject, what);
            }
            Ok(())
        })
    }

    fn received(&mut self) -> Result<(), Problem> {
        self.lines(RECEIVED, |check, line: ExportedReceived| {
            check.step();
            check.report.received += 1;
            let id = line.id.to_string();
            let Some((seq, digest)) = check.told.received.remove(&id) else {
                check.diverges(None, &id, "the journal does not know this message");
                return Ok(());
            };
            match fs::read(check.dir.join(received_file(&id))) {
                Ok(bytes) if Digest::of(&bytes).to_string() == digest => {}
                Ok(_) => check.diverges(Some(seq), &id, "it is not the message that came in"),
                Err(_) => match check.told.taken(line.gone.as_ref(), &id) {
                    Some(what) => check.report.contents_gone.add(what),
                    None => check.diverges(Some(seq), &id, GONE),
                },
            }
            Ok(())
        })
    }

    /// What the journal tells of and a whole export lacks.
    fn end(&mut self) {
        let Manifest {
            since, submission, ..
        } = &self.manifest;
        if since.is_none() && submission.is_none() {
            let told = std::mem::take(&mut self.told);
            for (id, told) in told.decisions {
                self.diverges(Some(told.seq), &id, "its decision is not in the export");
            }
            for ((subject, version), (seq, _)) in told.versions {
                let what = format!("version {version} is not in the export");
                self.diverges(Some(seq), &subject, what);
            }
            for (id, (seq, _)) in told.received {
                self.diverges(Some(seq), &id, "it is not in the export");
            }
        }
        (self.progress)(self.total, self.total);
        self.report
            .divergences
            .sort_by_key(|divergence| divergence.seq.unwrap_or(u64::MAX));
    }
}

impl Told {
    /// What the entry that a mark names took out of a message; nothing if it does not say so.
    fn taken(&self, mark: Option<&ExportedGone>, id: &str) -> Option<Gone> {
        let mark = mark?;
        let what = *self.gone.get(&(mark.seq, id.to_owned()))?;
        (what.as_str() == mark.what).then_some(what)
    }

    fn learn(&mut self, entry: &JournalEntry) {
        let text = |value: &Value, key: &str| {
            value
                .get(key)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let (seq, body) = (entry.seq, &entry.body);
        if let Some(decision) = body.get("decision") {
            let id = text(decision, "id");
            if id.parse::<DecisionId>().is_ok() {
                let told = ToldDecision {
                    seq,
                    submission: entry.subject.clone(),
                    digest: text(decision, "digest"),
                    verdict: text(decision, "verdict"),
                };
                self.decisions.insert(id, told);
            }
        }
        if let Some(taking) = Taking::of(&entry.kind, body) {
            let named = taking.ids.into_iter().map(|id| ((seq, id), taking.what));
            self.gone.extend(named);
        }
        let is = |kind: JournalKind| entry.kind == kind.as_str();
        let number = |value: &Value| value.get("version").and_then(Value::as_u64).unwrap_or(0);
        if is(JournalKind::Submitted) || is(JournalKind::Revised) {
            let standing = body.get("standing").unwrap_or(&Value::Null);
            let key = (entry.subject.clone(), number(standing));
            self.versions.insert(key, (seq, text(standing, "hash")));
        } else if is(JournalKind::Arrived) {
            let told = (seq, text(body, "digest"));
            self.received.insert(entry.subject.clone(), told);
        } else if is(JournalKind::PolicyPublished) {
            self.policies.insert(number(body), text(body, "text"));
        } else if is(JournalKind::KeyAdded) {
            self.keys.push(text(body, "key"));
        }
    }
}

/// Whether a recorded decision is of this verdict.
fn says(decision: &str, verdict: &str) -> bool {
    serde_json::from_str::<Value>(decision)
        .ok()
        .and_then(|decision| {
            decision
                .get("verdict")?
                .as_str()
                .map(|said| said == verdict)
        })
        .unwrap_or(false)
}
