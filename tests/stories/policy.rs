//! The policy from the terminal: a draft is checked, tried on what was recorded, published, and taken
//! back; agents feel each version from the next ask on.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;
use tests::process::sendoff_bin;
use tests::{Desk, SmtpSink};

use crate::world::{SWIFT, World, letter, publish};

/// Documents that cannot be published, with what is said about each: place and key.
const BROKEN: [(&str, &str); 10] = [
    ("[rules.cooldown\n", "line 1, column "),
    ("colour = 1\n", "line 1, column 1: colour"),
    (
        "[rules.speed_limit]\nenabled = true\n",
        "line 1, column 8: rules.speed_limit",
    ),
    (
        "[rules.cooldown]\nminuts = 3\n",
        "line 2, column 1: rules.cooldown.minuts",
    ),
    (
        "[rules.cooldown]\nanyone_minutes = -1\n",
        "rules.cooldown.anyone_minutes",
    ),
    (
        "[rules.rate_limit]\nmailbox = { hour = 0 }\n",
        "rules.rate_limit.mailbox",
    ),
    ("[rules.warmup]\nweek_1 = 99999999999999999999\n", "line 2"),
    (
        "[rules.warmup]\nweek_1 = 90\nweek_2 = 10\n",
        "rules.warmup.week_2",
    ),
    ("[rules.canary]\nenabled = false\n", "rules.canary.enabled"),
    (
        "[rules.quiet_hours]\nenabled = \"yes\"\n",
        "rules.quiet_hours.enabled",
    ),
];

#[test]
fn ten_broken_documents_are_each_told_where_and_the_old_policy_stays() {
    let world = World::with(3, 9, SWIFT);
    let before = world.desk.run(&["policy", "show"]).ok();
    let file = world.desk.home().join("broken.toml");
    let file = file.to_str().unwrap();
    for (document, said) in BROKEN {
        std::fs::write(file, document).unwrap();
        let checked = world.desk.run(&["policy", "check", file]);
        assert_eq!(checked.code, Some(1), "{document}: {checked:?}");
        assert!(checked.stdout.contains(said), "{document}: {checked:?}");
        let refused = world.desk.as_operator(&["policy", "publish", file]);
        assert_ne!(refused.code, Some(0), "{document}: {refused:?}");
    }
    // Every problem of one document is told at once.
    let both = "colour = 1\n[rules.cooldown]\nminuts = 3\n";
    std::fs::write(file, both).unwrap();
    let checked = world.desk.run(&["policy", "check", file]);
    assert_eq!(checked.stdout.lines().count(), 2, "{checked:?}");
    assert_eq!(world.desk.run(&["policy", "show"]).ok(), before);
}

/// `sendoff policy check FILE` in a place that has no data folder, and no home either.
fn checked_anywhere(file: &str, more: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(sendoff_bin())
        .args(["policy", "check", file])
        .args(more)
        .env_clear()
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    (output.status.code(), said)
}

#[test]
fn a_document_is_checked_where_there_is_no_data_folder_with_the_same_words() {
    let desk = Desk::initialised();
    let file = desk.home().join("draft.toml");
    let file = file.to_str().unwrap();
    for (document, said) in BROKEN.into_iter().chain([(SWIFT, "it can be published")]) {
        std::fs::write(file, document).unwrap();
        for more in [&[][..], &["--json"]] {
            let there = desk.run(&[&["policy", "check", file], more].concat());
            let (code, here) = checked_anywhere(file, more);
            assert_eq!((code, &here), (there.code, &there.stdout), "{document}");
            assert!(!more.is_empty() || here.contains(said), "{here}");
        }
    }
    // A folder somebody names is one that has to be there.
    let nowhere = desk.home().join("nowhere");
    let nowhere = ["--data", nowhere.to_str().unwrap()];
    assert_eq!(checked_anywhere(file, &nowhere), (Some(3), String::new()));
    let missing = desk.home().join("missing.toml");
    let missing = checked_anywhere(missing.to_str().unwrap(), &[]);
    assert_eq!(missing, (Some(2), String::new()));
}

/// The flips of a draft over everything recorded.
fn replayed(world: &World, draft: &str) -> Value {
    world
        .desk
        .run(&["replay", "--policy", draft, "--json"])
        .json()
}

#[test]
fn a_draft_is_tried_on_the_record_published_and_rolled_back() {
    let sink = SmtpSink::start();
    let world = World::with(3, sink.port(), SWIFT);
    let sent: BTreeSet<String> = (0..3)
        .map(|n| {
            let answer = world.ask(&letter(&format!("p{n}@d{n}.test"), &format!("n {n}")));
            assert_eq!(answer.json()["verdict"], "allow", "{}", answer.text);
            answer.json()["id"].as_str().unwrap().to_owned()
        })
        .collect();
    sink.wait_for(3);
    sent.iter().for_each(|id| world.wait_for_state(id, "sent"));

    // Under the policy in force nothing would be another; under the draft, first mails are held.
    let draft = world.desk.home().join("draft.toml");
    let text = format!("{SWIFT}[rules.risk_message]\npoints = 5\n");
    std::fs::write(&draft, &text).unwrap();
    let draft = draft.to_str().unwrap();
    let same = world.desk.home().join("policy.toml");
    let same = replayed(&world, same.to_str().unwrap());
    assert!(same["judged"].as_u64().unwrap() >= 3, "{same}");
    assert_eq!(same["flipped"], 0, "{same}");
    let flips = replayed(&world, draft);
    let listed = flips["flips"].as_array().unwrap();
    let flipped = listed.iter().map(|flip| {
        assert_eq!(
            (&flip["was"], &flip["would"]),
            (&"allow".into(), &"hold".into())
        );
        assert_eq!(flip["would_rule"], "risk_message", "{flip}");
        flip["submission"].as_str().unwrap().to_owned()
    });
    assert_eq!(flipped.collect::<BTreeSet<_>>(), sent, "{flips}");
    assert_eq!(flips["counts"][0]["rule"], "risk_message", "{flips}");
    let words = world.desk.run(&["replay", "--policy", draft]).ok();
    assert!(words.contains("allow → hold"), "{words}");

    // Trying changed nothing; publishing does, and rolling back undoes it.
    let verdict = |to: &str| {
        let answer = world.ask(&letter(to, &format!("about {to}")));
        let decision = answer.json()["decision"].clone();
        let rule = decision["primary"]["rule"].as_str().map(str::to_owned);
        (rule, decision["policy_version"].as_u64().unwrap())
    };
    assert_eq!(verdict("one@later-a.test"), (None, 2));
    publish(&world.desk, &text);
    let held = Some("risk_message".to_owned());
    assert_eq!(verdict("two@other-b.test"), (held, 3));
    let back = world.desk.as_operator(&["policy", "rollback", "2"]).ok();
    assert!(back.contains("version 4"), "{back}");
    assert_eq!(verdict("six@third-c.test"), (None, 4));
    let show = |version: &str| {
        let args = ["policy", "show", "--version", version];
        world.desk.run(&args).ok()
    };
    assert_eq!(show("4"), show("2"));
    assert_ne!(show("3"), show("2"));
    world.desk.run(&["verify"]).ok();
}

#[test]
fn a_domain_one_letter_from_one_that_took_mail_is_held_for_a_person() {
    let sink = SmtpSink::start();
    let policy = SWIFT.replace("[rules.lookalike_recipient]\nenabled = false\n", "");
    let world = World::with(3, sink.port(), &policy);
    let known = world.ask(&letter("ann@northwind.test", "the offer")).json();
    world.wait_for_state(known["id"].as_str().unwrap(), "sent");
    let held = world
        .ask(&letter("ann@northwlnd.test", "an invoice"))
        .json();
    let primary = &held["decision"]["primary"];
    assert_eq!(primary["rule"], "lookalike_recipient", "{held}");
    assert_eq!(
        (&held["state"], &held["next"]["class"]),
        (&"held".into(), &"needs_person".into())
    );
    assert_eq!(sink.caught().len(), 1);
    world.desk.run(&["verify"]).ok();
}

/// The zone in which it is `wanted` o'clock at this hour of UTC.
fn zone_where(hour: i64, wanted: i64) -> String {
    let ahead = (wanted - hour + 12).rem_euclid(24) - 12;
    // POSIX counts westwards.
    match ahead {
        0 => "Etc/UTC".to_owned(),
        1.. => format!("Etc/GMT-{ahead}"),
        _ => format!("Etc/GMT+{}", -ahead),
    }
}

#[test]
fn quiet_hours_go_by_the_zone_a_person_gave_a_contact() {
    let sink = SmtpSink::start();
    let since_1970 = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let hour = i64::try_from(since_1970.unwrap().as_secs() / 3_600 % 24).unwrap();
    let (afternoon, night) = (zone_where(hour, 14), zone_where(hour, 2));
    let policy = format!(
        "{SWIFT}[rules.quiet_hours]\nenabled = true\nfrom = \"20:00\"\nuntil = \"08:00\"\n\
         [hours]\nzone = \"{afternoon}\"\n"
    );
    let world = World::with(3, sink.port(), &policy);
    let awake = world.ask(&letter("ann@awake.test", "tea")).json();
    assert_eq!(awake["verdict"], "allow", "{awake}");

    let bea = "bea@far-away.test";
    let unproved = world.desk.run(&["contact", "zone", bea, &night]);
    assert_eq!(unproved.code, Some(4), "{unproved:?}");
    let wrong = world
        .desk
        .as_operator(&["contact", "zone", bea, "Mars/Olympus"]);
    assert_ne!(wrong.code, Some(0), "{wrong:?}");
    assert!(
        wrong.stderr.contains("`Mars/Olympus` is no time zone"),
        "{wrong:?}"
    );
    world
        .desk
        .as_operator(&["contact", "zone", bea, &night])
        .ok();
    let listed = world.desk.run(&["contact", "zones", "--json"]).json();
    assert_eq!(listed[0]["zone"], night.as_str(), "{listed}");
    let asleep = world.ask(&letter(bea, "tea")).json();
    assert_eq!(asleep["verdict"], "defer", "{asleep}");
    let primary = &asleep["decision"]["primary"];
    assert_eq!(primary["rule"], "quiet_hours", "{asleep}");
    assert_eq!(asleep["next"]["class"], "wait", "{asleep}");
    assert!(asleep["next"]["not_before"].is_string(), "{asleep}");
    let id = asleep["id"].as_str().unwrap();
    assert_eq!(world.show(id)["contact"][0]["zone"], night.as_str());

    // Taken back, the zone of the policy counts again.
    world
        .desk
        .as_operator(&["contact", "zone", bea, "--clear"])
        .ok();
    assert_eq!(
        world.desk.run(&["contact", "zones", "--json"]).json(),
        serde_json::json!([])
    );
    let again = world.ask(&letter(bea, "another matter")).json();
    assert_eq!(again["verdict"], "allow", "{again}");
    assert_eq!(sink.wait_for(2).len(), 2);
}

#[test]
fn from_one_held_mail_a_line_for_all_like_it_is_tried_published_listed_and_taken_out() {
    let sink = SmtpSink::start();
    let world = World::with(1, sink.port(), SWIFT);
    let id = world.held(&letter("ann@acme.test", "the offer"));
    let dry = ["policy", "let", &id, "--dry-run", "--json"];
    let dry = world.desk.run(&dry).json();
    assert_eq!(
        dry["draft"]["to"],
        serde_json::json!(["acme.test"]),
        "{dry}"
    );
    assert_eq!(dry["replay"]["flips"][0]["would"], "allow", "{dry}");
    // Trying is anybody's at this terminal, publishing is the operator's.
    let unproved = world.desk.run(&["policy", "let", &id]);
    assert_eq!(unproved.code, Some(4), "{unproved:?}");
    let let_write = ["policy", "let", &id, "--days", "7"];
    let said = world.desk.as_operator(&let_write).ok();
    assert!(
        said.contains("to acme.test: may write without asking."),
        "{said}"
    );
    assert!(
        said.contains("version 3 is in force; `sendoff policy take-out 1` takes it back"),
        "{said}"
    );

    let sent = world.ask(&letter("bea@acme.test", "what you asked"));
    assert_eq!(sent.json()["verdict"], "allow", "{}", sent.text);
    world.held(&letter("cat@other.test", "somebody else"));
    world.wait_for_state(sent.json()["id"].as_str().unwrap(), "sent");
    let lines = world.desk.run(&["policy", "lines", "--json"]).json();
    assert!(lines["lines"][0]["until"].is_string(), "{lines}");

    // What is always asked about takes its place.
    let hold = ["policy", "hold", &id, "--any-agent", "--json"];
    let hold = world.desk.as_operator(&hold).json();
    assert_eq!(hold["version"], 4, "{hold}");
    assert_eq!(
        hold["draft"]["takes_out"][0], lines["lines"][0]["words"],
        "{hold}"
    );
    world.held(&letter("dan@acme.test", "not any more"));
    let against = world.desk.as_operator(&["policy", "let", &id]);
    assert_eq!(against.code, Some(1), "{against:?}");
    assert!(
        against.stderr.contains("take that line out first"),
        "{against:?}"
    );
    let table = world.desk.run(&["policy", "lines"]).ok();
    assert!(
        table.contains("Any agent to acme.test: always asks."),
        "{table}"
    );
    let beyond = world.desk.as_operator(&["policy", "take-out", "5"]);
    assert_eq!(beyond.code, Some(3), "{beyond:?}");
    assert!(
        beyond
            .stderr
            .contains("there is no line 5; `sendoff policy lines` lists them"),
        "{beyond:?}"
    );
    let out = world.desk.as_operator(&["policy", "take-out", "1"]).ok();
    assert!(
        out.contains("version 5 is in force without: Any agent to acme.test: always asks."),
        "{out}"
    );
    let none = world.desk.run(&["policy", "lines", "--json"]).json();
    assert_eq!(none["lines"], serde_json::json!([]));

    // Over a version that is not in force any more nothing is published or rolled back.
    let file = world.desk.home().join("policy.toml");
    let publish = ["policy", "publish", file.to_str().unwrap(), "--over", "4"];
    for stale in [&publish[..], &["policy", "rollback", "2", "--over", "4"]] {
        let refused = world.desk.as_operator(stale);
        assert_eq!(refused.code, Some(1), "{refused:?}");
    }
    let back = ["policy", "rollback", "2", "--over", "5"];
    let back = world.desk.as_operator(&back).ok();
    assert!(back.contains("version 6 is in force"), "{back}");
    assert_eq!(sink.caught().len(), 1);
    world.desk.run(&["verify"]).ok();
}
