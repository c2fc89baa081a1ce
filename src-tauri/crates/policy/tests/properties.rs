//! Laws of the judgement, tried on many random worlds.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that cannot go on has failed"
)]

mod testkit;

use std::collections::BTreeMap;

use domain::facts::{
    ConversationFacts, CountScope, DomainFacts, InboundMark, LastSend, Nearest, PersonSend,
    Signals, Taint, TakenOver, WarmupFacts, Window,
};
use domain::{Actor, Decision, Facts, Level, Moment, Span, Stream, Timestamp, Verdict};
use policy::{Edition, counting, default_document, parse};
use proptest::prelude::*;

prop_compose! {
    fn any_facts()(
        moment in prop::sample::select(vec![
            Moment::Check, Moment::Admission, Moment::Revision, Moment::Approval, Moment::Dispatch,
        ]),
        level in 0_u8..4,
        granted in prop::bool::weighted(0.9),
        paused in prop::bool::weighted(0.1),
        approved in prop::option::of(prop::bool::ANY),
        keyed in any::<bool>(),
        held in 0_u32..250,
        recipients in prop::collection::vec((0_u32..30, prop::option::of(-20_000_i64..20_000)), 1..6),
        used in prop::collection::vec((-4_000_i64..4_000, 1_u32..12), 0..20),
        due in 0_i64..600,
        patience in -10_i64..100_000,
    ) -> Facts {
        let mut facts = testkit::facts();
        facts.moment = moment;
        facts.agent.level = Level::try_from(level).unwrap();
        facts.agent.held = held;
        facts.mailbox.granted = granted;
        facts.workspace.paused_at = paused.then_some(facts.now);
        facts.submission.keyed = keyed;
        facts.submission.due = facts.now + Span::from_seconds(due);
        facts.submission.send_by = facts.now + Span::from_seconds(patience);
        facts.submission.approved = approved.map(|right| match right {
            true => facts.submission.hash,
            false => testkit::hash("another"),
        });
        facts.recipients = recipients.iter().map(|(name, last)| {
            let mut recipient = testkit::recipient(&format!("r{name}@acme.com"));
            recipient.last_by_anyone = last.map(|seconds| LastSend {
                submission: testkit::submission(5),
                at: facts.now + Span::from_seconds(seconds),
            });
            recipient
        }).collect();
        for (seconds, slots) in used {
            let at = facts.now + Span::from_seconds(seconds);
            testkit::count(&mut facts.usage, CountScope::Mailbox, at, slots);
        }
        facts
    }
}

prop_compose! {
    /// The same with whatever else may be known.
    fn fuller_facts()(
        facts in any_facts(),
        stream in prop::sample::select(vec![Stream::Personal, Stream::Transactional, Stream::Marketing]),
        hour in prop::collection::btree_map(-70_i64..200, 1_u32..60, 0..6),
        days in prop::collection::btree_map(0_i64..30, 1_u32..300, 0..6),
        first in prop::option::of(-40_i64..1),
        age in prop::option::of((-4_000_i64..4_000, 8_000_u16..10_001)),
        marks in any::<[bool; 12]>(),
        risk_spent in 0_u32..250,
        signals in (0_u32..200, 0_u32..10, 0_u32..5),
        newest in prop::option::of((0_i64..1_000, prop::option::of(0_i64..1_000))),
    ) -> Facts {
        let mut facts = facts;
        let now = facts.now;
        facts.submission.stream = stream;
        let (minute, day) = (Window::Hour.bucket(now), WarmupFacts::day(now));
        facts.domains = vec![DomainFacts {
            domain: "acme.com".into(),
            mailed: marks[0],
            known: marks[1],
            resembles: marks[2].then(|| "acrne.com".into()),
            hour: hour.into_iter().map(|(at, n)| (minute + at, n)).collect(),
        }];
        facts.mailbox.warmup = first.map(|first| WarmupFacts {
            first_send_at: Some(now + Span::from_days(first)),
            days: days.into_iter().map(|(at, n)| (day + at, n)).collect(),
        });
        facts.agent.risk_spent = risk_spent;
        facts.agent.allow_rows = marks[3].then_some(1);
        let (delivered, hard_bounces, complaints) = signals;
        facts.mailbox.signals = Signals { delivered, hard_bounces, complaints };
        let found = &mut facts.scan.found;
        found.canary = marks[4] && marks[5];
        found.hidden_text = marks[6];
        found.link_count = u32::from(marks[7]);
        for recipient in &mut facts.recipients {
            recipient.allowed_by = marks[8].then(|| "@acme.com".into());
            recipient.zone = marks[9].then(|| "Pacific/Auckland".into());
            recipient.nearest = age.iter().map(|&(seconds, similarity_bp)| Nearest {
                submission: testkit::submission(5),
                similarity_bp,
                at: now + Span::from_seconds(seconds * 100),
            }).collect();
            recipient.last_by_person = age.map(|(seconds, _)| PersonSend {
                at: now + Span::from_seconds(seconds),
            });
        }
        facts.conversation = newest.map(|(newest, fetched)| ConversationFacts {
            id: "cnv_1".into(),
            taken_over: marks[10].then_some(TakenOver { by: Actor::Operator, at: now }),
            taint: marks[11].then(|| Taint { inbound: "inb_1".into(), quarantined: false, score_bp: 7_500 }),
            answered_score_bp: None,
            newest: Some(InboundMark { id: "inb_2".into(), at: now - Span::from_seconds(newest) }),
            fetched: fetched.map(|at| InboundMark { id: "inb_1".into(), at: now - Span::from_seconds(at) }),
            last_by_person: None,
            last_by_other_agent: None,
            next_by_other_agent: None,
        });
        facts
    }
}

/// Everything on, some of it changed for one agent, some an exception.
const FULL: &str = "
[rules.quiet_hours]
enabled = true
[[overrides]]
agent = \"scout\"
[overrides.rules.cooldown]
anyone_minutes = 100
[[overrides]]
mailbox = \"hello@x.example\"
exception_until = 2027-01-01T00:00:00Z
[overrides.rules.domain_throttle]
per_hour = 70
";

proptest! {
    #[test]
    fn the_same_facts_give_the_same_bytes_and_survive_being_recorded(facts in fuller_facts()) {
        let recorded = serde_json::to_string(&facts).unwrap();
        let read: Facts = serde_json::from_str(&recorded).unwrap();
        prop_assert_eq!(&read, &facts);
        let edition = Edition::read(7, FULL);
        prop_assert!(edition.policy().is_some());
        let first = serde_json::to_string(&edition.evaluate(&facts)).unwrap();
        let again = serde_json::to_string(&edition.clone().evaluate(&read)).unwrap();
        prop_assert_eq!(&first, &again);
        let decision: Decision = serde_json::from_str(&first).unwrap();
        prop_assert_eq!(serde_json::to_string(&decision).unwrap(), first);
    }

    #[test]
    fn a_decision_is_consistent_with_itself(facts in prop_oneof![any_facts(), fuller_facts()]) {
        let (decision, clearance) = Edition::read(7, FULL).release(&facts);
        let strongest = decision.findings.iter()
            .filter(|finding| !finding.answered)
            .map(|finding| Verdict::from(finding.outcome))
            .max().unwrap();
        prop_assert_eq!(decision.verdict, strongest);
        prop_assert_eq!(decision.primary.is_none(), decision.verdict == Verdict::Allow);
        prop_assert!(!decision.next.message.is_empty());
        let leaves = matches!(decision.verdict, Verdict::Allow | Verdict::Defer) && !decision.observed_only;
        prop_assert_eq!(decision.slot.is_some(), leaves);
        if let Some(slot) = decision.slot {
            prop_assert!(slot >= facts.now.max(facts.submission.due));
            prop_assert!(slot <= facts.submission.send_by);
        }
        // The wire opens for an allow at dispatch and for nothing else.
        let opens = decision.verdict == Verdict::Allow
            && facts.moment == Moment::Dispatch
            && !decision.observed_only;
        prop_assert_eq!(clearance.is_some(), opens);
        if facts.submission.approved.is_some_and(|hash| hash != facts.submission.hash) {
            prop_assert!(clearance.is_none());
        }
        // A deferral that is asked again at its slot passes: the promise was not empty.
        if let Some(slot) = decision.slot.filter(|_| decision.verdict == Verdict::Defer) {
            let mut later = facts.clone();
            later.submission.due = slot;
            prop_assert!(Edition::read(7, FULL).evaluate(&later).verdict == Verdict::Allow);
        }
    }

    #[test]
    fn no_policy_and_no_readable_policy_let_nothing_through(facts in any_facts(), text in ".{0,60}") {
        prop_assert!(Edition::missing().evaluate(&facts).verdict >= Verdict::Hold);
        let damaged = Edition::read(7, &format!("{text}\n[rules.no_such_rule]\n"));
        prop_assert!(damaged.evaluate(&facts).verdict >= Verdict::Hold);
        prop_assert!(damaged.release(&facts).1.is_none());
    }

    #[test]
    fn reading_a_document_never_panics(text in "\\PC{0,200}", cut in 0_usize..2_000) {
        let _ = parse(&text);
        let document = default_document();
        let end = document.char_indices().map(|(at, _)| at).nth(cut).unwrap_or(document.len());
        let _ = parse(&format!("{}{text}", &document[..end]));
    }

    /// Asks arrive at random times for random times, each takes the slot it is given; whatever
    /// comes out is held against a log of exact instants.
    #[test]
    fn no_interval_of_the_windows_length_ever_holds_more_than_the_limit(
        limit in 1_u32..6,
        asks in prop::collection::vec((0_i64..40_000, 0_i64..90_000), 1..80),
    ) {
        let window = Window::Minute;
        let (mut log, mut buckets): (Vec<Timestamp>, Vec<(i64, u32)>) = (Vec::new(), Vec::new());
        let mut now = testkit::ten_oclock();
        for (pause, ahead) in asks {
            now = now + Span::from_millis(pause / 10);
            let wanted = now + Span::from_millis(if ahead % 3 == 0 { ahead } else { 0 });
            let bucket = counting::first_room(&buckets, window.bucket(wanted), u64::from(limit), 1)
                .expect("a window always empties again");
            let slot = wanted.max(window.bucket_start(bucket));
            prop_assert!(slot >= wanted);
            // A moment before the slot there is no room where every interval is a sub-bucket longer:
            // nothing is refused for more than the rounding.
            let slack = Span::from_micros(window.length().micros() + window.bucket_length().micros());
            let earlier = slot - Span::from_micros(1);
            prop_assert!(slot == wanted || !fits(&log, earlier.max(wanted), slack, limit),
                "{earlier} would have done, {slot} was given");
            log.push(slot);
            log.sort_unstable();
            match buckets.binary_search_by_key(&bucket, |(number, _)| *number) {
                Ok(index) => buckets[index].1 += 1,
                Err(index) => buckets.insert(index, (bucket, 1)),
            }
            prop_assert!(counting::is_ascending(&buckets));
        }
        for (first, start) in log.iter().enumerate() {
            let inside = log[first..].iter().take_while(|at| at.since(*start) <= window.length());
            prop_assert!(inside.count() <= limit as usize);
        }
    }

    #[test]
    fn after_past_sends_alone_the_slot_is_never_early_and_late_by_a_sub_bucket_at_most(
        limit in 1_u32..6,
        past in prop::collection::vec(-70_000_000_i64..0, 0..20),
    ) {
        let window = Window::Minute;
        let now = testkit::ten_oclock() + Span::from_millis(500);
        let mut log: Vec<Timestamp> = past.iter().map(|ago| now + Span::from_micros(*ago)).collect();
        log.sort_unstable();
        let mut usage = testkit::usage();
        for at in &log {
            testkit::count(&mut usage, CountScope::Mailbox, *at, 1);
        }
        let buckets = &usage.iter().find(|row| {
            row.scope == CountScope::Mailbox && row.window == window
        }).unwrap().buckets;
        let room = counting::first_room(buckets, window.bucket(now), u64::from(limit), 1).unwrap();
        let slot = now.max(window.bucket_start(room));
        // With exact times: a moment more than a window after the limit-th last send.
        let exact = log.len().checked_sub(limit as usize)
            .map_or(now, |index| now.max(log[index] + window.length() + Span::from_micros(1)));
        prop_assert!(exact <= slot, "early: {slot} before {exact}");
        prop_assert!(slot.since(exact) <= window.bucket_length(), "late: {slot} after {exact}");
    }

    #[test]
    fn room_is_what_trying_every_window_finds(
        limit in 0_u64..20,
        weight in 1_u64..4,
        from in 0_i64..200,
        slots in prop::collection::btree_map(0_i64..300, 1_u32..8, 0..25),
    ) {
        let buckets: Vec<(i64, u32)> = slots.into_iter().collect();
        let inside = |start: i64| -> u64 {
            let reach = start..=start + 60;
            buckets.iter().filter(|(b, _)| reach.contains(b)).map(|(_, n)| u64::from(*n)).sum()
        };
        let passes = |bucket: i64| (bucket - 60..=bucket).all(|start| inside(start) + weight <= limit);
        let wanted = (from..from + 1_000).find(|bucket| passes(*bucket));
        prop_assert_eq!(counting::first_room(&buckets, from, limit, weight), wanted);
        let most = (from - 60..=from).map(inside).max().unwrap();
        prop_assert_eq!(counting::used_around(&buckets, from), most);
        prop_assert_eq!(counting::used_until(&buckets, from), inside(from - 60));
    }
}

/// One message that was let go: when, and to how many.
type Sent = (Timestamp, usize);

/// Takes part of a simulated sending: judges asks as they come, counts what is promised as a store
/// does, gives some back, and steps its clock back now and then.
struct Sending {
    facts: Facts,
    edition: Edition,
    log: Vec<Sent>,
    /// The latest instant judged for: a clock set back admits nothing extra.
    latest: Timestamp,
    /// How long after it was asked a message may wait.
    patience: Span,
}

impl Sending {
    fn new(document: &str) -> Self {
        let mut facts = testkit::facts();
        facts.mailbox.warmup = Some(WarmupFacts::default());
        Sending {
            latest: facts.now,
            edition: Edition::read(7, document),
            facts,
            log: Vec::new(),
            patience: Span::from_days(30),
        }
    }

    /// Asks at a clock that may have been set back, and takes the slot it is given.
    fn ask(&mut self, clock: Timestamp, recipients: usize) -> Option<Timestamp> {
        let now = clock.max(self.latest);
        self.latest = now;
        let facts = &mut self.facts;
        (facts.now, facts.submission.due) = (now, now);
        facts.submission.send_by = now + self.patience;
        facts.recipients = (0..recipients)
            .map(|n| testkit::recipient(&format!("r{n}@acme.com")))
            .collect();
        let (mut hour, mut days) = (BTreeMap::new(), BTreeMap::new());
        for (at, count) in &self.log {
            let count = u32::try_from(*count).unwrap();
            *hour.entry(Window::Hour.bucket(*at)).or_insert(0) += count;
            *days.entry(WarmupFacts::day(*at)).or_insert(0) += count;
        }
        let first = Window::Hour.bucket(now) - Window::BUCKETS;
        facts.domains = vec![DomainFacts {
            domain: "acme.com".into(),
            mailed: true,
            hour: hour
                .into_iter()
                .filter(|(bucket, _)| *bucket >= first)
                .collect(),
            ..DomainFacts::default()
        }];
        facts.mailbox.warmup = Some(WarmupFacts {
            first_send_at: self.log.iter().map(|(at, _)| *at).min(),
            days: days
                .into_iter()
                .filter(|(day, _)| *day >= WarmupFacts::day(now))
                .collect(),
        });
        let slot = self.edition.evaluate(facts).slot;
        self.log.extend(slot.map(|at| (at, recipients)));
        slot
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Recipients per domain and hour, and per day of a warm-up, against the log of what was let
    /// go, whatever the clock does and whatever is given back.
    #[test]
    fn no_domain_and_no_day_ever_gets_more_than_its_limit(
        per_hour in 3_u32..9,
        week in 4_u32..12,
        asks in prop::collection::vec((-7_000_i64..9_000, 1_usize..4, 0_u8..8), 1..60),
    ) {
        let mut sending = Sending::new(&format!(
            "[rules.domain_throttle]\nper_hour = {per_hour}\n[rules.warmup]\nweek_1 = {week}\n\
             week_2 = {week}\nweek_3 = {week}\nweek_4 = {week}\n[rules.risk_message]\nenabled = false"
        ));
        // Nothing is promised for days beyond the four weeks: they have no cap.
        sending.patience = Span::from_days(20);
        let mut clock = testkit::ten_oclock();
        for (step, recipients, fate) in asks {
            clock = clock + Span::from_seconds(step);
            let slot = sending.ask(clock, recipients);
            prop_assert!(slot.is_none_or(|at| at >= clock), "never early");
            if fate == 0 && slot.is_some() {
                sending.log.pop();
            }
            let mut log = sending.log.clone();
            log.sort_unstable();
            for (index, (start, _)) in log.iter().enumerate() {
                let within = log[index..].iter().take_while(|(at, _)| at.since(*start) <= Window::Hour.length());
                let count: usize = within.map(|(_, count)| count).sum();
                prop_assert!(count <= per_hour as usize, "{count} in the hour from {start}");
                let day = WarmupFacts::day(*start);
                let that_day = log.iter().filter(|(at, _)| WarmupFacts::day(*at) == day);
                let count: usize = that_day.map(|(_, count)| count).sum();
                prop_assert!(count <= week as usize, "{count} on day {day}");
            }
        }
    }
}

#[test]
fn a_month_of_warm_up_fills_every_day_exactly() {
    let text = "[rules.domain_throttle]\nenabled = false\n[rules.risk_message]\nenabled = false\n\
                [rules.rate_limit]\nenabled = false";
    let mut sending = Sending::new(text);
    let start = testkit::ten_oclock();
    // Far more is asked every morning than may leave that day.
    let mut given_up = 0;
    for day in 0..28 {
        let clock = WarmupFacts::day_start(WarmupFacts::day(start) + day) + Span::from_hours(10);
        for _ in 0..40 {
            given_up += usize::from(sending.ask(clock, 1).is_none());
        }
        if day == 3 {
            // One of today's is cancelled: its slot is taken again by the next that asks.
            let today = WarmupFacts::day(clock);
            let place = sending
                .log
                .iter()
                .rposition(|(at, _)| WarmupFacts::day(*at) == today);
            sending.log.remove(place.unwrap());
            let again = sending.ask(clock, 1).unwrap();
            assert_eq!(WarmupFacts::day(again), today);
        }
    }
    assert_eq!(given_up, 0);
    let first = WarmupFacts::day(start);
    let on = |day: i64| {
        let there = sending
            .log
            .iter()
            .filter(|(at, _)| WarmupFacts::day(*at) == first + day);
        there.count()
    };
    assert_eq!((0..7).map(on).collect::<Vec<_>>(), [20; 7]);
    assert_eq!((7..14).map(on).collect::<Vec<_>>(), [50; 7]);
    assert_eq!((14..20).map(on).filter(|count| *count > 100).count(), 0);
}

/// Whether one more at `at` keeps every interval of that length, ends included, within the limit.
fn fits(log: &[Timestamp], at: Timestamp, length: Span, limit: u32) -> bool {
    let mut with: Vec<Timestamp> = log.to_vec();
    with.push(at);
    with.sort_unstable();
    let around = with
        .iter()
        .enumerate()
        .filter(|(_, start)| **start <= at && at.since(**start) <= length);
    for (first, start) in around {
        let inside = with[first..]
            .iter()
            .take_while(|one| one.since(*start) <= length);
        if inside.count() > limit as usize {
            return false;
        }
    }
    true
}
