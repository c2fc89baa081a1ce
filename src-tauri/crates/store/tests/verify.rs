//! What a walk through the record finds: nothing where all is well, and each kind of tampering.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "a test that cannot go on says so"
)]

mod common;

use std::path::Path;

use common::*;
use domain::submission::Settlement;
use domain::{Actor, Facts, RecipientState, Span};
use rusqlite::Connection;
use store::{NewSuppression, PauseScope, PublishedPolicy, Store, VerifyReport};

const DANA: &str = "dana@acme.example";

/// A record with something of everything in it.
fn lived_in(dir: &Path) -> World {
    let w = World::on(dir);
    let t = |minutes| T0 + Span::from_minutes(minutes);
    w.store
        .publish_policy("hold = true".into(), T0)
        .wait()
        .unwrap();
    w.store
        .set_setting("zone".into(), "UTC".into(), T0)
        .wait()
        .unwrap();
    let new = NewSuppression {
        pattern: "eve@x.example".into(),
        scope: domain::SuppressionScope::Workspace,
        reason: domain::SuppressionReason::Legal,
        note: None,
        by: Actor::Operator,
        expires_at: None,
    };
    w.store.suppress(new, T0).wait().unwrap();
    let held = w.admit(w.ask(DANA, T0), hold_first).submission;
    w.store.snooze(held.id, None, t(5), T0).wait().unwrap();
    let sent = w.admit(w.ask(DANA, T0), hold_first).submission;
    let sent = w.revise_as(&sent, "better", t(1), hold_first).submission;
    w.approve_as(&sent, t(1), hold_first).unwrap();
    let departure = w.claim_first(t(2));
    w.store.final_dot(departure, t(2)).wait().unwrap();
    w.finish(departure, accepted(&[DANA]), t(2));
    let unsure = w.admit(w.ask("bo@x.example", t(3)), hold_first).submission;
    w.approve_as(&unsure, t(3), hold_first).unwrap();
    let departure = w.claim_first(t(4));
    w.store.final_dot(departure, t(4)).wait().unwrap();
    w.store.recover(t(5)).wait().unwrap();
    w.store
        .settle(unsure.id, None, Settlement::Resend, t(5))
        .wait()
        .unwrap();
    let failed = w.claim_first(t(6));
    w.finish(
        failed,
        answered(&["bo@x.example"], RecipientState::Refused, 550),
        t(6),
    );
    let rejected = w.admit(w.ask("al@x.example", t(7)), hold_first).submission;
    w.store
        .reject(rejected.id, None, "no thanks".into(), t(7))
        .wait()
        .unwrap();
    w.store
        .pause(PauseScope::Agent(w.agent), Actor::Operator, t(8))
        .wait()
        .unwrap();
    w.verify();
    w
}

impl World {
    fn claim_first(&self, now: domain::Timestamp) -> domain::AttemptId {
        match self.claim(now, hold_first) {
            store::Claim::Leave(departure) => departure.attempt.id,
            store::Claim::Nothing { .. } | store::Claim::HeldBack(_) => panic!("nothing left"),
        }
    }
}

/// Lets a stranger at the file, then walks the record.
fn tampered(sql: &str) -> VerifyReport {
    let dir = tempfile::tempdir().unwrap();
    let w = lived_in(dir.path());
    w.store.close();
    let conn = Connection::open(dir.path().join("sendoff.db")).unwrap();
    let changed = |sql: &str| {
        conn.execute_batch(sql).unwrap();
        conn.changes()
    };
    assert!(changed(sql) > 0, "`{sql}` touched nothing");
    drop(conn);
    Store::verify_dir(dir.path(), rejudge, |_, _| {}).unwrap()
}

fn finds(sql: &str, what: &str) {
    let report = tampered(sql);
    assert!(!report.is_clean(), "`{sql}` was not found");
    let said: Vec<String> = report
        .divergences
        .iter()
        .map(|d| format!("{:?} {} {}", d.seq, d.subject, d.what))
        .collect();
    assert!(
        said.iter().any(|said| said.contains(what)),
        "`{sql}`: {said:#?}"
    );
}

#[test]
fn a_record_nobody_touched_is_clean_open_or_closed() {
    let dir = tempfile::tempdir().unwrap();
    let w = lived_in(dir.path());
    let mut told = (0, 0);
    let report =
        Store::verify_dir(dir.path(), rejudge, |done, total| told = (done, total)).unwrap();
    assert!(report.is_clean(), "{:#?}", report.divergences);
    assert_eq!(report.head, Some(w.store.head().unwrap()));
    assert_eq!(report.submissions, 4);
    assert_eq!(report.decisions, 10);
    assert_eq!(report.entries, report.head.unwrap().0);
    assert_eq!(told.0, told.1);
    w.store.close();
    assert!(
        Store::verify_dir(dir.path(), rejudge, |_, _| {})
            .unwrap()
            .is_clean()
    );
}

#[test]
fn the_journal_forbids_being_rewritten_or_shortened() {
    let dir = tempfile::tempdir().unwrap();
    let w = lived_in(dir.path());
    w.store.close();
    let conn = Connection::open(dir.path().join("sendoff.db")).unwrap();
    for sql in [
        "UPDATE journal SET at = 0",
        "DELETE FROM journal WHERE seq = 3",
    ] {
        let error = conn.execute_batch(sql).unwrap_err().to_string();
        assert!(error.contains("the journal is not"), "{error}");
    }
    assert!(
        Store::verify_dir(dir.path(), rejudge, |_, _| {})
            .unwrap()
            .is_clean()
    );
}

#[test]
fn entries_are_what_anyone_can_recompute() {
    let dir = tempfile::tempdir().unwrap();
    let w = lived_in(dir.path());
    let entries = w.store.journal(0, 10_000).unwrap();
    assert!(entries.len() > 20);
    assert!(entries.iter().all(domain::JournalEntry::holds));
    let kinds: Vec<&str> = entries.iter().map(|entry| entry.kind.as_str()).collect();
    assert_eq!(kinds[0], "began");
    // No address, no word of any message, stands in the journal.
    let text = serde_json::to_string(&entries).unwrap();
    for word in [DANA, "acme", "better", "no thanks", "eve@", "x.example"] {
        assert!(!text.contains(word), "the journal names `{word}`");
    }
}

const UNLOCK: &str = "DROP TRIGGER journal_stands; DROP TRIGGER journal_stays;";

#[test]
fn a_flipped_byte_in_a_body_is_named() {
    let sql = format!(
        "{UNLOCK} UPDATE journal SET body = replace(body, '\"hold\"', '\"bold\"') WHERE seq = 9"
    );
    finds(&sql, "Some(9) journal its hash is not that of its content");
}

#[test]
fn a_respelled_body_is_named() {
    let sql = format!("{UNLOCK} UPDATE journal SET body = ' ' || body WHERE seq = 10");
    finds(&sql, "Some(10) journal its body is not what was written");
}

#[test]
fn a_dropped_entry_is_named() {
    finds(
        &format!("{UNLOCK} DELETE FROM journal WHERE seq = 9"),
        "entries 9 to 9 are missing",
    );
}

#[test]
fn a_cut_tail_is_named_by_the_rows_it_left_behind() {
    let sql = format!("{UNLOCK} DELETE FROM journal WHERE seq > 20");
    finds(&sql, "the row does not carry its last entry's number");
}

#[test]
fn a_cut_tail_is_named_by_a_checkpoint() {
    let sql = format!(
        "INSERT INTO checkpoints (seq, hash, at, key, signature)
         SELECT seq, hash, at, '00', x'00' FROM journal ORDER BY seq DESC LIMIT 1;
         {UNLOCK} DELETE FROM journal WHERE seq = (SELECT MAX(seq) FROM journal)"
    );
    finds(
        &sql,
        "checkpoints a checkpoint names this entry and it is gone",
    );
}

#[test]
fn an_edited_decision_or_fact_is_named() {
    let sql = "UPDATE decisions SET decision = replace(decision, '\"hold\"', '\"allow\"')
               WHERE n = 1";
    finds(sql, "the decision or its facts were changed");
    let sql = "UPDATE decisions SET facts = replace(facts, 'scout', 'stout') WHERE n = 2";
    finds(sql, "the decision or its facts were changed");
    let sql = "UPDATE decisions SET usage = CAST(x'01' || usage AS BLOB) WHERE n = 2";
    finds(sql, "the decision or its facts were changed");
    finds(
        "UPDATE decisions SET verdict = 'allow' WHERE n = 1",
        "were changed",
    );
    finds("DELETE FROM decisions WHERE n = 3", "its decision dec_");
    let sql = "INSERT INTO decisions SELECT n + 100, x'01', submission, at, moment, verdict,
               policy, journal_seq, primary_rule, sentence, salt, decision, facts, usage
               FROM decisions WHERE n = 1";
    finds(sql, "could not be read");
}

#[test]
fn a_changed_submission_is_named() {
    finds(
        "UPDATE submissions SET state = 'queued' WHERE state = 'held'",
        "its state is \"queued\"",
    );
    finds(
        "UPDATE submissions SET slot = NULL WHERE slot IS NOT NULL",
        "its slot is null",
    );
    let sql = "UPDATE submissions SET approved_hash = NULL, approved_at = NULL WHERE n = 2";
    finds(sql, "its approved is null");
    finds(
        "UPDATE submissions SET state_reason = 'yes' WHERE state = 'rejected'",
        "its why is",
    );
    finds(
        "UPDATE submissions SET state_at = state_at + 1 WHERE state = 'held'",
        "its at is",
    );
    finds(
        "DELETE FROM submissions WHERE n = 1",
        "the submission or its version is gone",
    );
    finds(
        "UPDATE recipients SET state = 'accepted' WHERE state = 'open'",
        "its recipients is",
    );
}

#[test]
fn a_changed_message_is_named() {
    let what = "its message is not the one that was judged";
    finds("UPDATE versions SET sealed = x'00' WHERE n = 2", what);
    finds("UPDATE versions SET hash = zeroblob(32) WHERE n = 2", what);
    let sql = "UPDATE versions SET envelope = replace(envelope, 'dana', 'eve') WHERE n = 1";
    finds(sql, what);
}

#[test]
fn a_changed_attempt_is_named() {
    let what = "its attempts are not those the journal tells of";
    finds("UPDATE attempts SET final_dot_at = NULL WHERE n = 1", what);
    finds(
        "UPDATE attempts SET outcome = replace(outcome, '250', '251') WHERE n = 1",
        what,
    );
    finds("DELETE FROM attempts WHERE n = 1", what);
}

#[test]
fn a_changed_set_up_is_named() {
    finds("UPDATE agents SET level = 3", "is not as the journal says");
    finds(
        "UPDATE agents SET token = zeroblob(32)",
        "is not as the journal says",
    );
    finds(
        "UPDATE agents SET paused_at = NULL",
        "is not as the journal says",
    );
    finds("DELETE FROM grants", "is not as the journal says");
    finds(
        "UPDATE workspace SET paused_at = 1",
        "its pause is not as the journal says",
    );
    finds(
        "UPDATE policies SET text = 'hold = false'",
        "policy 1 is not as the journal says",
    );
    finds(
        "UPDATE accounts SET settings = '{}'",
        "is not as the journal says",
    );
    finds(
        "UPDATE settings SET value = 'CET'",
        "setting zone is not as the journal says",
    );
    finds("DELETE FROM suppressions", "suppression 1 is gone");
    finds(
        "UPDATE suppressions SET lifted_at = 1",
        "suppression 1 is gone, changed, or lifted",
    );
    finds(
        "UPDATE suppressions SET pattern = 'a@b.example'",
        "suppression 1 is gone, changed",
    );
}

#[test]
fn changed_counters_are_named() {
    finds(
        "UPDATE usage SET n = n + 1",
        "the counters are not what the submissions add up to",
    );
    finds(
        "DELETE FROM usage",
        "the counters are not what the submissions add up to",
    );
    finds(
        "UPDATE domain_hours SET n = n + 1",
        "domain_hours the rows are not",
    );
    let (day, hour) = (T0.seconds() / 86_400, T0.seconds() / 3_600);
    let warmed = format!("INSERT INTO warmup (domain, day, n) SELECT n, {day}, 2 FROM domains");
    finds(&warmed, "warmup the rows are not");
    let spent = format!("INSERT INTO risk_hours (agent, hour, points) VALUES (1, {hour}, 5)");
    finds(&spent, "risk_hours the rows are not");
    finds("UPDATE tallies SET n = 0", "tallies the rows are not");
    finds(
        "DELETE FROM contact_sends",
        "contact_sends the rows are not",
    );
}

#[test]
fn a_judge_that_judges_differently_is_named_by_decision() {
    let dir = tempfile::tempdir().unwrap();
    let w = lived_in(dir.path());
    let report = w.store.verify(block, |_, _| {}).unwrap();
    assert_eq!(report.divergences.len() as u64, report.decisions);
    let what = "judged again from the same facts, it comes out differently";
    assert!(report.divergences.iter().all(|d| d.what == what));
}

#[test]
fn a_decision_told_in_other_words_is_no_damage_and_is_counted() {
    let dir = tempfile::tempdir().unwrap();
    let w = World::on(dir.path());
    w.admit(w.ask(DANA, T0), hold);
    let words = |policy: &PublishedPolicy, facts: &Facts| {
        let mut decision = hold(policy, facts);
        decision.next.message.push_str(" Or so.");
        decision
    };
    let report = w.store.verify(words, |_, _| {}).unwrap();
    assert!(report.is_clean(), "{report:?}");
    assert_eq!((report.decisions, report.decisions_reworded), (1, 1));
}

#[test]
fn whatever_is_shown_and_judged_by_is_vouched_for() {
    let dir = tempfile::tempdir().unwrap();
    lived_in(dir.path()).store.close();
    let (file, copy) = (dir.path().join("sendoff.db"), tempfile::tempdir().unwrap());
    let finds = |sql: &str, what: &str| {
        let place = copy.path().join("sendoff.db");
        std::fs::copy(&file, &place).unwrap();
        let conn = Connection::open(&place).unwrap();
        assert_eq!(conn.execute(sql, []).unwrap(), 1, "`{sql}`");
        drop(conn);
        let report = Store::verify_dir(copy.path(), rejudge, |_, _| {}).unwrap();
        let found = report.divergences.iter().any(|one| one.what.contains(what));
        assert!(found, "`{sql}`: {:#?}", report.divergences);
    };
    let message = "what was asked for is not what the journal vouches for";
    for column in [
        "subject = 'Something else'",
        "reason = 'they asked for it'",
        "tags = '{\"a\":\"b\"}'",
        "message_id = '<other@ours.example>'",
        "salt = NULL",
        "draft = json_set(draft, '$.text', 'other words')",
        "scan = json_set(scan, '$.octets', 1)",
    ] {
        finds(
            &format!("UPDATE versions SET {column} WHERE n = 2"),
            message,
        );
    }
    let terms = "its terms is";
    for column in [
        "answered = '[{\"rule\":\"secrets\"}]'",
        "released = '[{\"rule\":\"agent_paused\"}]'",
        "send_by = send_by + 1",
        "if_latest = 'inb_1'",
        "review_reason = 'yes please'",
        "points = points + 1",
    ] {
        finds(
            &format!("UPDATE submissions SET {column} WHERE n = 4"),
            terms,
        );
    }
    let recipients = "its recipients are not those of its message";
    for column in ["address = 'eve@x.example'", "role = 'bcc'"] {
        let sql = format!("UPDATE recipients SET {column} WHERE submission = 2");
        finds(&sql, recipients);
    }
    let decision = "what is shown of it is not what was decided";
    for column in [
        "sentence = 'A harmless message.'",
        "primary_rule = 'cooldown'",
        "moment = 'check'",
        "at = at - 1",
        "submission = 3",
    ] {
        finds(
            &format!("UPDATE decisions SET {column} WHERE n = 1"),
            decision,
        );
    }
    let latest = "the decision it shows is not its latest";
    finds("UPDATE submissions SET decision_n = 2 WHERE n = 2", latest);
}

#[test]
fn a_record_from_before_such_digests_is_taken_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let w = lived_in(dir.path());
    // As an older version wrote it: no digests in the journal, no salts beside it.
    w.store.close();
    let conn = Connection::open(dir.path().join("sendoff.db")).unwrap();
    let older = rewritten(&conn);
    assert!(older > 10, "{older} entries");
    drop(conn);
    let report = Store::verify_dir(dir.path(), rejudge, |_, _| {}).unwrap();
    assert!(report.is_clean(), "{:#?}", report.divergences);
}

/// Takes the digests out of every entry and hashes the chain anew. Gives the number of entries.
fn rewritten(conn: &Connection) -> u64 {
    use domain::canonical::canonical_value;
    use domain::journal::JournalEntry;
    let triggers: Vec<String> = conn
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'journal'")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    for trigger in triggers {
        conn.execute_batch(&format!("DROP TRIGGER {trigger}"))
            .unwrap();
    }
    conn.execute_batch("UPDATE versions SET salt = NULL; DELETE FROM checkpoints")
        .unwrap();
    let mut prev = JournalEntry::GENESIS;
    let mut entries = 0;
    let head = conn
        .query_row("SELECT MAX(seq) FROM journal", [], |row| {
            row.get::<_, i64>(0)
        })
        .unwrap();
    for seq in 1..=head {
        let sql = "SELECT at, actor, kind, subject, body FROM journal WHERE seq = ?1";
        let (mut entry, body) = conn
            .query_row(sql, [seq], |row| {
                let entry = JournalEntry {
                    seq: seq.cast_unsigned(),
                    at: domain::Timestamp::from_micros(row.get(0)?),
                    actor: row.get(1)?,
                    kind: row.get(2)?,
                    subject: row.get(3)?,
                    body: serde_json::Value::Null,
                    prev,
                    hash: prev,
                };
                Ok((entry, row.get::<_, String>(4)?))
            })
            .unwrap();
        let mut body: serde_json::Value = serde_json::from_str(&body).unwrap();
        body.as_object_mut().unwrap().remove("told");
        if let Some(standing) = body.get_mut("standing") {
            standing.as_object_mut().unwrap().remove("terms");
        }
        entry.body = body;
        let JournalEntry {
            seq: number,
            at,
            actor,
            kind,
            subject,
            body,
            ..
        } = &entry;
        entry.hash = JournalEntry::computed_hash(&prev, *number, *at, actor, kind, subject, body);
        prev = entry.hash;
        entries += 1;
        let body = String::from_utf8(canonical_value(&entry.body)).unwrap();
        conn.execute(
            "UPDATE journal SET body = ?2, prev = ?3, hash = ?4 WHERE seq = ?1",
            rusqlite::params![seq, body, entry.prev.0, entry.hash.0],
        )
        .unwrap();
    }
    entries
}
