//! A new sending domain's first month, hour by hour: as much as the schedule lets leave, never more,
//! every promise kept, and what is taken back given to the next.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::account::{SmtpAuth, SmtpSettings, TlsMode};
use domain::facts::WarmupFacts;
use domain::{
    Account, AccountId, AccountKind, Actor, Agent, AgentGrant, AgentId, AttemptId, Decision,
    DecisionId, Digest, Envelope, Facts, Found, Level, Mailbox, MailboxId, NewSubmission, Outcome,
    RecipientOutcome, RecipientState, Scan, Sealed, Sketch, SmtpReply, Span, State, SubmissionId,
    Timestamp, TokenDigest, Verdict,
};
use engine::SeededIds;
use policy::Edition;
use store::{Admission, Admit, Claim, ClaimAsk, Finish, PublishedPolicy, Retry, Store};

use crate::world::{START, draft, stranger};

/// Only the warm-up counts.
const POLICY: &str = "[rules.rate_limit]\nenabled = false\n[rules.risk_budget]\nenabled = false\n\
    [rules.lookalike_recipient]\nenabled = false\n[rules.near_duplicate]\nenabled = false\n";

/// Recipients a day, by the week since the first mail.
const SCHEDULE: [usize; 4] = [20, 50, 100, 250];
const DAY: Span = Span::from_hours(24);

struct Month {
    store: Store,
    edition: Arc<Edition>,
    ids: SeededIds,
    agent: AgentId,
    mailbox: MailboxId,
    asked: usize,
    /// What left, by day (UTC).
    left: BTreeMap<i64, usize>,
    /// The day each deferred one was promised.
    promised: BTreeMap<SubmissionId, i64>,
}

fn day(at: Timestamp) -> i64 {
    WarmupFacts::day(at)
}

impl Month {
    fn begin() -> Month {
        let ids = SeededIds::new(7);
        let store = Store::memory(START, Arc::new(SeededIds::new(8))).unwrap();
        store
            .publish_policy(POLICY.to_owned(), START)
            .wait()
            .unwrap();
        let (agent, mailbox) = (AgentId::new(&ids, START), MailboxId::new(&ids, START));
        let kind = AccountKind::Smtp(SmtpSettings {
            host: "127.0.0.1".to_owned(),
            port: 9,
            tls: TlsMode::None,
            ca_file: None,
            auth: SmtpAuth::None,
        });
        let account = Account {
            id: AccountId::new(&ids, START),
            kind,
            imap: None,
            created_at: START,
        };
        let row = Mailbox {
            id: mailbox,
            address: "sales@new.example".parse().unwrap(),
            display_name: None,
            account: account.id,
            paused_at: None,
            created_at: START,
        };
        store.add_mailbox(account, row, START).wait().unwrap();
        let row = Agent {
            id: agent,
            name: "scout".to_owned(),
            level: Level::AskOnException,
            grants: vec![AgentGrant {
                mailbox,
                level: None,
            }],
            paused_at: None,
            revoked_at: None,
            expires_at: None,
            created_at: START,
        };
        store
            .add_agent(row, TokenDigest::of("so_live_x"))
            .wait()
            .unwrap();
        Month {
            store,
            edition: Arc::new(Edition::read(1, POLICY)),
            ids,
            agent,
            mailbox,
            asked: 0,
            left: BTreeMap::new(),
            promised: BTreeMap::new(),
        }
    }

    fn judge(&self) -> impl Fn(&PublishedPolicy, &Facts) -> Decision + Send + 'static {
        let edition = Arc::clone(&self.edition);
        move |_, facts| edition.evaluate(facts)
    }

    /// Asks to write to somebody new.
    fn ask(&mut self, now: Timestamp) -> (SubmissionId, State) {
        self.asked += 1;
        let draft = draft(&[&stranger(self.asked)], &format!("letter {}", self.asked));
        let id = SubmissionId::new(&self.ids, now);
        let text = Digest::of(&self.asked.to_be_bytes());
        let sealed = Sealed {
            bytes: format!("Subject: {}\r\n\r\nhi\r\n", self.asked).into_bytes(),
            envelope: Envelope {
                mail_from: "sales@new.example".parse().unwrap(),
                rcpt_to: draft.recipients().into_iter().cloned().collect(),
            },
            message_id: format!("<{id}@new.example>"),
        };
        let ask = Admit {
            id,
            decision: DecisionId::new(&self.ids, now),
            new: NewSubmission {
                agent: self.agent,
                mailbox: self.mailbox,
                dedupe_key: None,
                key_lasts: None,
                keyed: false,
                request: text,
                draft,
            },
            sealed,
            scan: Scan {
                content: text,
                octets: 20,
                attachments: 0,
                found: Found::default(),
                sketch: Sketch::default(),
            },
            now,
            hold_for: DAY,
            send_by: now + DAY,
        };
        match self.store.admit(ask, self.judge()).wait().unwrap() {
            Admission::New(answer) => (id, answer.submission.state),
            other => panic!("not new: {other:?}"),
        }
    }

    /// Asks until the answer is no, or often enough: on the eve of being warm everything is put off
    /// to a day without a cap.
    fn ask_all(&mut self, now: Timestamp) {
        for _ in 0..600 {
            match self.ask(now) {
                (_, State::Queued { .. }) => {}
                (id, State::Deferred { not_before }) => {
                    assert!(day(not_before) > day(now), "{not_before}");
                    self.promised.insert(id, day(not_before));
                }
                (_, State::Blocked) => return,
                (_, other) => panic!("warm-up made it {other:?}"),
            }
        }
    }

    /// Everything due leaves.
    fn send_all(&mut self, now: Timestamp) {
        loop {
            let ask = ClaimAsk {
                now,
                attempt: AttemptId::new(&self.ids, now),
                decision: DecisionId::new(&self.ids, now),
                hold_for: DAY,
                lease: Span::from_minutes(10),
                busy: Vec::new(),
            };
            let judge = self.judge();
            let cleared = move |policy: &PublishedPolicy, facts: &Facts| {
                let decision = judge(policy, facts);
                let clear = (decision.verdict == Verdict::Allow).then_some(());
                (decision, clear)
            };
            let departure = match self.store.claim(ask, cleared, |_| false).wait().unwrap() {
                Claim::Nothing { .. } => return,
                Claim::HeldBack(row) => panic!("a promise was not kept: {row:?}"),
                Claim::Leave(departure) => *departure,
            };
            let row = departure.submission;
            if let Some(promised) = self.promised.remove(&row.id) {
                assert_eq!(promised, day(now), "it leaves on the day it was told");
            }
            *self.left.entry(day(now)).or_default() += row.recipients.len();
            let accepted = row.recipients.iter().map(|recipient| RecipientOutcome {
                address: recipient.address.clone(),
                state: RecipientState::Accepted,
                reply: Some(SmtpReply {
                    code: 250,
                    enhanced: None,
                    text: "taken".to_owned(),
                }),
            });
            let finish = Finish {
                attempt: departure.attempt.id,
                outcome: Outcome::Answered {
                    recipients: accepted.collect(),
                },
                now,
                retry: Retry::At(now),
            };
            self.store.finish(finish).wait().unwrap();
        }
    }
}

#[test]
fn a_month_of_warm_up_meets_every_days_cap_and_never_passes_it() {
    let mut month = Month::begin();
    let first = day(START);
    for step in 0..28 * 6 {
        let now = START + Span::from_hours(4 * step);
        if day(now) >= first + 28 {
            break;
        }
        month.send_all(now);
        month.ask_all(now);
        month.send_all(now);
    }
    for (n, cap) in (0..28).map(|n| (n, SCHEDULE[n / 7])) {
        let left = month.left.get(&(first + n as i64)).copied();
        assert_eq!(left, Some(cap), "on day {n}");
    }
    // Warm: what is asked leaves, more than any day before let go.
    let warm = WarmupFacts::day_start(first + 28);
    month.send_all(warm);
    for _ in 0..300 {
        let (_, state) = month.ask(warm);
        assert!(matches!(state, State::Queued { .. }), "{state:?}");
    }
    month.send_all(warm);
    assert!(month.left[&day(warm)] >= 300, "{:?}", month.left);
    assert!(month.promised.is_empty(), "{:?}", month.promised);
}

#[test]
fn what_is_taken_back_is_there_for_the_next_on_its_own_day() {
    let mut month = Month::begin();
    let mut taken: Vec<SubmissionId> = Vec::new();
    for _ in 0..20 {
        let (id, state) = month.ask(START);
        assert!(matches!(state, State::Queued { .. }), "{state:?}");
        taken.push(id);
    }
    let (later, state) = month.ask(START);
    let State::Deferred { not_before } = state else {
        panic!("over the cap and {state:?}");
    };
    assert_eq!(day(not_before), day(START) + 1);
    for id in &taken[..3] {
        let back = month.store.cancel(*id, Actor::Operator, START);
        back.wait().unwrap();
    }
    for _ in 0..3 {
        let (_, state) = month.ask(START);
        assert!(matches!(state, State::Queued { .. }), "{state:?}");
    }
    let (_, state) = month.ask(START);
    assert!(matches!(state, State::Deferred { .. }), "{state:?}");
    month.send_all(START);
    assert_eq!(month.left[&day(START)], 20);
    // And of tomorrow's slots, the one given back is the only one left after a full day of asks.
    month.ask_all(START);
    month
        .store
        .cancel(later, Actor::Operator, START)
        .wait()
        .unwrap();
    let (_, state) = month.ask(START);
    assert!(matches!(state, State::Deferred { .. }), "{state:?}");
    let (_, state) = month.ask(START);
    assert_eq!(state, State::Blocked);
}
