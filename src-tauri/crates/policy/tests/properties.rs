//! Laws of the judgement, tried on many random worlds.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that cannot go on has failed"
)]

mod testkit;

use domain::facts::{CountScope, LastSend, Window};
use domain::{Decision, Facts, Level, Moment, Span, Timestamp, Verdict};
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

proptest! {
    #[test]
    fn the_same_facts_give_the_same_bytes_and_survive_being_recorded(facts in any_facts()) {
        let recorded = serde_json::to_string(&facts).unwrap();
        let read: Facts = serde_json::from_str(&recorded).unwrap();
        prop_assert_eq!(&read, &facts);
        let edition = Edition::read(7, &default_document());
        let first = serde_json::to_string(&edition.evaluate(&facts)).unwrap();
        let again = serde_json::to_string(&edition.clone().evaluate(&read)).unwrap();
        prop_assert_eq!(&first, &again);
        let decision: Decision = serde_json::from_str(&first).unwrap();
        prop_assert_eq!(serde_json::to_string(&decision).unwrap(), first);
    }

    #[test]
    fn a_decision_is_consistent_with_itself(facts in any_facts()) {
        let (decision, clearance) = Edition::read(7, "").release(&facts);
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
            prop_assert!(Edition::read(7, "").evaluate(&later).verdict == Verdict::Allow);
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
