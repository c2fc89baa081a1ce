//! What a policy document may say, and what it is told when it says something else.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that cannot go on has failed"
)]

use domain::{Level, Span};
use policy::{Edition, Policy, RULES, default_document, parse};

/// `line:column key` of every problem, in order.
fn problems(text: &str) -> Vec<String> {
    let problems = parse(text).expect_err(text);
    problems
        .iter()
        .map(|p| format!("{}:{} {}", p.line, p.column, p.key))
        .collect()
}

fn message(text: &str) -> String {
    let problems = parse(text).expect_err(text);
    assert_eq!(problems.len(), 1, "{problems:?}");
    problems[0].message.clone()
}

#[test]
fn the_default_document_is_complete_and_reads_as_the_default() {
    let document = default_document();
    assert_eq!(parse(&document), Ok(Policy::default()), "{document}");
    for rule in RULES {
        assert!(
            document.contains(&format!("[rules.{}]\n", rule.code())),
            "{}",
            rule.code()
        );
        for param in rule.params() {
            assert!(
                document.contains(&format!("\n{} = ", param.key())),
                "{}",
                param.key()
            );
        }
    }
    assert!(
        document.lines().all(|line| line.chars().count() <= 100),
        "{document}"
    );
}

#[test]
fn an_empty_document_is_the_default() {
    assert_eq!(parse(""), Ok(Policy::default()));
    let policy = Policy::default();
    assert_eq!(policy.undo_window(), Span::from_seconds(10));
    assert_eq!(policy.hold_expiry(), Span::from_hours(24));
    assert_eq!(policy.default_level(), Level::AskAlways);
}

#[test]
fn every_line_commented_out_changes_nothing() {
    // Leaving out a key is the same as writing its default.
    let document = default_document();
    for (number, line) in document
        .lines()
        .enumerate()
        .filter(|(_, line)| line.contains(" = "))
    {
        let without: Vec<&str> = document
            .lines()
            .enumerate()
            .filter_map(|(other, text)| (other != number).then_some(text))
            .collect();
        assert_eq!(
            parse(&without.join("\n")),
            Ok(Policy::default()),
            "without {line}"
        );
    }
}

#[test]
fn what_a_document_sets_is_what_it_means() {
    let policy = parse(
        "[review]\nundo_window_seconds = 0\nhold_expiry_hours = 2\n[autonomy]\ndefault_level = 0",
    )
    .unwrap();
    assert_eq!(policy.undo_window(), Span::ZERO);
    assert_eq!(policy.hold_expiry(), Span::from_hours(2));
    assert_eq!(policy.default_level(), Level::Observe);
}

#[test]
fn a_young_domain_is_told_its_week_its_share_and_the_day_it_is_warm() {
    use domain::facts::WarmupFacts;
    let mailbox = "me@here.example".parse().unwrap();
    let warming = |policy: &Policy, facts: &WarmupFacts, at| {
        let sender = policy::Sender {
            agent: "",
            mailbox: &mailbox,
            to: &[],
            now: at,
        };
        policy.warming(&sender, facts, at)
    };
    let on = parse("[rules.warmup]\nenabled = true\nweek_2 = 60").unwrap();
    let day = |day: i64| WarmupFacts::day_start(day);
    let facts = WarmupFacts {
        first_send_at: Some(day(100)),
        days: vec![(108, 12)],
    };
    let second = warming(&on, &facts, day(108)).unwrap();
    assert_eq!((second.used, second.most), (12, 60));
    assert_eq!((second.week, second.weeks), (2, 4));
    assert_eq!(second.full_from, Some(day(128)));
    assert_eq!(warming(&on, &facts, day(128)), None);

    let first = warming(&on, &WarmupFacts::default(), day(108)).unwrap();
    assert_eq!((first.used, first.most, first.week), (0, 20, 1));
    assert_eq!(first.full_from, None);
    let off = parse("[rules.warmup]\nenabled = false").unwrap();
    assert_eq!(warming(&off, &facts, day(108)), None);
}

#[test]
fn a_table_of_limits_replaces_the_default_one_as_a_whole() {
    use domain::facts::{CountScope, Window};
    let mailbox = "me@here.example".parse().unwrap();
    let sender = policy::Sender {
        agent: "scout",
        mailbox: &mailbox,
        to: &[],
        now: domain::Timestamp::from_seconds(0),
    };
    let limit = |text: &str, window| {
        let policy = parse(text).unwrap();
        policy.rate_limit_for(&sender, CountScope::Mailbox, window)
    };
    assert_eq!(limit("", Window::Minute), Some(10));
    assert_eq!(limit("", Window::Month), Some(5_000));
    let hourly = "[rules.rate_limit.mailbox]\nhour = 100";
    assert_eq!(limit(hourly, Window::Hour), Some(100));
    assert_eq!(limit(hourly, Window::Minute), None);
    assert_eq!(
        limit("[rules.rate_limit]\nenabled = false", Window::Hour),
        None
    );
}

#[test]
fn unknown_keys_are_named_where_they_stand() {
    assert_eq!(
        problems("[rules.speed_limit]\nenabled = true"),
        ["1:8 rules.speed_limit"]
    );
    assert_eq!(
        problems("[rules.cooldown]\nminuts = 3"),
        ["2:1 rules.cooldown.minuts"]
    );
    assert_eq!(problems("colour = 1"), ["1:1 colour"]);
    assert_eq!(problems("[review]\n  undo = 1"), ["2:3 review.undo"]);
    assert_eq!(
        problems("[rules.rate_limit]\nmailbox = { hour = 1, week = 2 }"),
        ["2:23 rules.rate_limit.mailbox.week"]
    );
    let known = message("[rules.queue_full]\nheld = 3");
    assert_eq!(
        known,
        "is not a key Sendoff knows; here it knows `enabled`, `action`, `held_max`"
    );
}

#[test]
fn absurd_numbers_are_named() {
    for value in [
        "0",
        "-1",
        "10000001",
        "99999999999999999999999999",
        "1.5",
        "true",
        "\"10\"",
    ] {
        let text = format!("[rules.rate_limit.mailbox]\nhour = {value}");
        assert_eq!(
            message(&text),
            format!("cannot be `{value}`; it takes a whole number from 1 to 10000000")
        );
    }
    assert_eq!(
        problems("[review]\nundo_window_seconds = -1"),
        ["2:23 review.undo_window_seconds"]
    );
    assert_eq!(
        problems("[autonomy]\ndefault_level = 4"),
        ["2:17 autonomy.default_level"]
    );
}

#[test]
fn what_cannot_be_loosened_is_refused_not_ignored() {
    assert_eq!(
        message("[rules.mailbox_grant]\nenabled = false"),
        "cannot be false: this rule cannot be switched off"
    );
    assert_eq!(
        message("[rules.mailbox_grant]\naction = \"hold\""),
        "cannot be `\"hold\"`; it takes \"block\""
    );
    assert_eq!(
        message("[rules.suppression]\naction = \"allow\""),
        "cannot be `\"allow\"`; it takes \"block\" or \"hold\""
    );
}

#[test]
fn contradictions_are_named_at_the_key_that_makes_them() {
    let text = "[rules.recipients_count]\nblock_above = 3\nhold_above = 4";
    assert_eq!(problems(text), ["3:1 rules.recipients_count.hold_above"]);
    assert_eq!(
        message(text),
        "is 4, above `block_above` (3): nothing would be held"
    );
    // The other half is at its default.
    let half = "[rules.recipients_count]\nblock_above = 3";
    assert_eq!(problems(half), ["1:8 rules.recipients_count.hold_above"]);
}

#[test]
fn all_problems_are_told_at_once_in_the_order_they_stand() {
    let text = "\
[rules.rate_limit]
enabled = \"yes\"
mailbox = 5
[rules.cooldown]
anyone_minutes = 0
[nothing]
";
    assert_eq!(
        problems(text),
        [
            "2:11 rules.rate_limit.enabled",
            "3:11 rules.rate_limit.mailbox",
            "5:18 rules.cooldown.anyone_minutes",
            "6:2 nothing"
        ]
    );
}

#[test]
fn what_is_not_toml_is_refused_with_its_place() {
    for text in [
        "[rules",
        "a = ",
        "= 3",
        "[rules.cooldown]\n[rules.cooldown]\n",
        "\u{0}",
        "a = \"\n",
    ] {
        let found = parse(text).expect_err(text);
        assert!(
            found.iter().all(|p| p.line >= 1 && p.column >= 1),
            "{found:?}"
        );
        assert!(
            found.iter().any(|p| p.message.starts_with("is not TOML: ")),
            "{found:?}"
        );
    }
    let found = parse("[review]\nundo_window_seconds = 1\nundo_window_seconds = 2").unwrap_err();
    assert_eq!((found[0].line, found[0].column), (3, 1), "{found:?}");
}

#[test]
fn columns_are_characters() {
    assert_eq!(problems("\"é\" = 1"), ["1:1 é"]);
    assert_eq!(
        problems("[review]\nundo_window_seconds = 1 # é\n\"ünknown\" = 1"),
        ["3:1 review.ünknown"]
    );
}

#[test]
fn a_document_over_its_limit_is_not_read() {
    let long = "#".repeat(domain::limits::POLICY_OCTETS_MAX + 1);
    assert!(message(&long).starts_with("is over 262144 octets"));
}

#[test]
fn an_edition_knows_its_version_its_text_and_what_is_wrong_with_it() {
    let good = Edition::read(3, "");
    assert_eq!(
        (good.version(), good.policy()),
        (3, Some(&Policy::default()))
    );
    assert_eq!(good.hash(), domain::Digest::of(b""));
    let bad = Edition::read(4, "nonsense");
    assert_eq!((bad.version(), bad.policy()), (4, None));
    assert!(!bad.problems().is_empty());
    assert_eq!(
        (Edition::missing().version(), Edition::missing().policy()),
        (0, None)
    );
}

#[test]
fn words_rows_and_days_are_held_to_their_form() {
    assert_eq!(
        message("[rules.quiet_hours]\nfrom = \"8pm\""),
        "cannot be `\"8pm\"`; it takes a time of day such as \"08:00\""
    );
    assert_eq!(
        message("[hours]\nzone = \"Mars/Olympus\""),
        "cannot be `\"Mars/Olympus\"`; it takes a time zone such as \"Europe/Berlin\" or \"UTC\""
    );
    assert_eq!(
        problems("[hours]\nwork_days = [\"mon\", \"someday\"]"),
        ["2:21 hours.work_days"]
    );
    assert_eq!(
        problems("[hours]\nwork_days = []"),
        ["2:13 hours.work_days"]
    );
    assert_eq!(
        problems("[rules.domain_throttle.domains]\n\"not a domain\" = 3\n\"acme.com\" = 0"),
        [
            "2:1 rules.domain_throttle.domains.not a domain",
            "3:14 rules.domain_throttle.domains.acme.com"
        ]
    );
    assert_eq!(
        message("[rules.unsubscribe_header]\none_click_url = \"http://x.example\""),
        "cannot be `\"http://x.example\"`; it takes an address that begins with https://, or nothing"
    );
    assert_eq!(
        message("[rules.warmup]\nweek_2 = 10"),
        "is 10, less than `week_1` (20)"
    );
    assert_eq!(
        problems("[rules.quiet_hours]\nfrom = \"08:00\""),
        ["1:8 rules.quiet_hours.until"]
    );
}

#[test]
fn an_override_says_for_whom_and_what() {
    for (text, wanted) in [
        (
            "[[overrides]]\n[overrides.rules.cooldown]\nanyone_minutes = 3",
            "1:1 overrides[0].",
        ),
        ("[[overrides]]\nagent = \"scout\"", "1:1 overrides[0]."),
        ("overrides = 3", "1:13 overrides"),
        (
            "[[overrides]]\nagent = 3\nrules = {}",
            "2:9 overrides[0].agent",
        ),
        (
            "[[overrides]]\nmailbox = \"nobody\"\nrules = {}",
            "2:11 overrides[0].mailbox",
        ),
        (
            "[[overrides]]\nagent = \"a\"\nexception_until = 2027-01-01\nrules = {}",
            "3:19 overrides[0].exception_until",
        ),
        (
            "[[overrides]]\nagent = \"a\"\nuntil = 1\nrules = {}",
            "3:1 overrides[0].until",
        ),
        (
            "[[overrides]]\nagent = \"a\"\n[overrides.rules.speed]",
            "3:18 overrides[0].rules.speed",
        ),
        (
            "[[overrides]]\nagent = \"a\"\n[overrides.rules.cooldown]\nanyone_minutes = 0",
            "4:18 overrides[0].rules.cooldown.anyone_minutes",
        ),
        (
            "[[overrides]]\nagent = \"a\"\nexception_until = 2027-01-01T00:00:00Z\n\
             [overrides.rules.canary]\nenabled = false",
            "5:11 overrides[0].rules.canary.enabled",
        ),
    ] {
        assert_eq!(problems(text), [wanted], "{text}");
    }
}

#[test]
fn what_only_loosens_is_refused_unless_it_is_an_exception_with_an_end() {
    let loosens = "[[overrides]]\nagent = \"a\"\n[overrides.rules.cooldown]\nenabled = false";
    assert_eq!(
        problems(loosens),
        ["4:1 overrides[0].rules.cooldown.enabled"]
    );
    let weaker = "[[overrides]]\nagent = \"a\"\n[overrides.rules.suppression]\naction = \"hold\"";
    assert_eq!(
        problems(weaker),
        ["4:1 overrides[0].rules.suppression.action"]
    );
    let exception = loosens.replace(
        "[overrides.rules",
        "exception_until = 2027-01-01T00:00:00Z\n[overrides.rules",
    );
    assert!(parse(&exception).is_ok());
    // What is off for everyone may be off here too.
    assert!(parse(&format!("[rules.cooldown]\nenabled = false\n{loosens}")).is_ok());
}

#[test]
fn a_sender_is_told_the_strictest_limit_that_applies_to_it() {
    use domain::facts::{CountScope, Window};
    let policy = parse(
        "[[overrides]]\nagent = \"Scout\"\n[overrides.rules.rate_limit]\nmailbox = { hour = 20 }\n\
         [[overrides]]\nmailbox = \"hello@x.example\"\nexception_until = \"2027-01-01T00:00:00Z\"\n\
         [overrides.rules.rate_limit]\nmailbox = { hour = 400 }",
    )
    .unwrap();
    let limit = |agent: &str, mailbox: &str, now: &str| {
        let mailbox = mailbox.parse().unwrap();
        let sender = policy::Sender {
            agent,
            mailbox: &mailbox,
            to: &[],
            now: now.parse().unwrap(),
        };
        policy.rate_limit_for(&sender, CountScope::Mailbox, Window::Hour)
    };
    let (before, after) = ("2026-12-31T23:59:59Z", "2027-01-01T00:00:00Z");
    assert_eq!(limit("rover", "sales@x.example", before), Some(100));
    assert_eq!(limit("scout", "sales@x.example", before), Some(20));
    assert_eq!(limit("scout", "hello@x.example", before), Some(400));
    assert_eq!(limit("scout", "hello@x.example", after), Some(20));
}

#[test]
fn recipients_of_an_override_are_addresses_and_domains() {
    let with =
        |to: &str| format!("[[overrides]]\nto = {to}\n[overrides.rules.autonomy]\nat_most = 1\n");
    assert!(parse(&with("[\"dana@acme.com\", \"acme.com\", \"@b.example\"]")).is_ok());
    for (to, wanted) in [
        ("\"acme.com\"", "2:6 overrides[0].to"),
        ("[]", "2:6 overrides[0].to"),
        ("[3]", "2:7 overrides[0].to"),
        ("[\"acme.com\", \"no one\"]", "2:19 overrides[0].to"),
        ("[\"dana@\"]", "2:7 overrides[0].to"),
    ] {
        assert_eq!(problems(&with(to)), [wanted], "{to}");
    }
    let many: Vec<String> = (0..101).map(|n| format!("\"d{n}.example\"")).collect();
    let many = with(&format!("[{}]", many.join(", ")));
    assert_eq!(problems(&many), ["2:6 overrides[0].to"]);
}

#[test]
fn loosening_for_recipients_needs_an_end_and_tightening_takes_none() {
    let loosens = "[[overrides]]\nto = [\"acme.com\"]\n[overrides.rules.autonomy]\nenabled = false";
    assert_eq!(
        problems(loosens),
        ["4:1 overrides[0].rules.autonomy.enabled"]
    );
    let raised = "[rules.autonomy]\nat_most = 1\n[[overrides]]\nto = [\"acme.com\"]\n\
                  [overrides.rules.autonomy]\nat_most = 3";
    assert_eq!(
        problems(raised),
        ["6:1 overrides[0].rules.autonomy.at_most"]
    );
    let dated = "[[overrides]]\nto = [\"acme.com\"]\nexception_until = 2027-01-01T00:00:00Z\n\
                 [overrides.rules.autonomy]\nat_most = 1";
    assert_eq!(
        message(dated),
        "tightens, and an exception counts only where `to` names every recipient; take \
         `exception_until` out"
    );
    // Without recipients an exception may say anything, as it always could.
    let general = dated.replace("to = [\"acme.com\"]", "agent = \"scout\"");
    assert!(parse(&general).is_ok());
}

#[test]
fn an_exception_that_is_always_taken_back_is_named() {
    let exception = "[[overrides]]\nagent = \"scout\"\nto = [\"dana@acme.com\"]\n\
                     exception_until = 2027-01-01T00:00:00Z\n\
                     [overrides.rules.autonomy]\nenabled = false\n";
    let hold = |agent: &str, to: &str| {
        format!("[[overrides]]\n{agent}to = {to}\n[overrides.rules.autonomy]\nat_most = 1\n")
    };
    for taken_back in [
        hold("", "[\"Dana@acme.com\"]"),
        hold("agent = \"Scout\"\n", "[\"acme.com\", \"b.example\"]"),
    ] {
        let text = format!("{taken_back}{exception}");
        let found = problems(&text);
        assert_eq!(found.len(), 1, "{text}");
        assert!(
            found[0].ends_with(" overrides[1].rules.autonomy"),
            "{found:?}"
        );
    }
    for beside in [
        hold("agent = \"rover\"\n", "[\"acme.com\"]"),
        hold("", "[\"lee@acme.com\"]"),
        hold("mailbox = \"a@x.example\"\n", "[\"acme.com\"]"),
    ] {
        assert!(parse(&format!("{exception}{beside}")).is_ok(), "{beside}");
    }
}

#[test]
fn an_exception_that_asks_for_no_more_than_another_leaves_is_taken_back_by_nothing() {
    let text = |exception: &str, beside: &str| {
        format!(
            "[[overrides]]\nto = [\"dana@acme.com\"]\nexception_until = 2027-01-01T00:00:00Z\n\
             [overrides.rules.{exception}\n\
             [[overrides]]\nto = [\"acme.com\"]\n[overrides.rules.{beside}\n"
        )
    };
    let rate = |limits: &str| format!("rate_limit]\nmailbox = {{ {limits} }}");
    for (exception, beside) in [
        (rate("hour = 500"), rate("hour = 1000")),
        (rate("hour = 5, day = 9"), rate("hour = 5")),
        (
            "cooldown]\nanyone_minutes = 60".into(),
            "cooldown]\nanyone_minutes = 30".into(),
        ),
        (
            "queue_full]\nheld_max = 5".into(),
            "queue_full]\nheld_max = 9".into(),
        ),
        // The same said twice, and about different rules.
        (rate("hour = 5"), rate("hour = 5")),
        (rate("hour = 500"), "cooldown]\nanyone_minutes = 30".into()),
    ] {
        let text = text(&exception, &beside);
        assert!(parse(&text).is_ok(), "{text}: {:?}", parse(&text));
    }
    for (exception, beside) in [
        (rate("hour = 1000"), rate("hour = 500")),
        (rate("hour = 5"), rate("hour = 5, day = 9")),
        (
            "cooldown]\nanyone_minutes = 30".into(),
            "cooldown]\nanyone_minutes = 60".into(),
        ),
        (
            "queue_full]\nheld_max = 900".into(),
            "queue_full]\nheld_max = 800".into(),
        ),
        (
            "cooldown]\nenabled = false".into(),
            "cooldown]\nanyone_minutes = 60".into(),
        ),
    ] {
        let text = text(&exception, &beside);
        let found = problems(&text);
        assert_eq!(found.len(), 1, "{text}");
        assert!(found[0].contains(" overrides[0].rules."), "{found:?}");
    }
}

#[test]
fn a_sender_is_told_the_strictest_budget_and_queue_that_apply_to_it() {
    let policy = parse(
        "[[overrides]]\nagent = \"scout\"\n[overrides.rules.risk_budget]\npoints_per_day = 50\n\
         [[overrides]]\nmailbox = \"hello@x.example\"\n[overrides.rules.queue_full]\nheld_max = 3\n\
         [[overrides]]\nagent = \"rover\"\n[overrides.rules.risk_budget]\npoints_per_day = 900\n",
    )
    .unwrap();
    let told = |agent: &str, mailbox: &str| {
        let mailbox = mailbox.parse().unwrap();
        let sender = policy::Sender {
            agent,
            mailbox: &mailbox,
            to: &[],
            now: domain::Timestamp::from_seconds(0),
        };
        (policy.risk_limit_for(&sender), policy.held_max_for(&sender))
    };
    assert_eq!(told("scout", "sales@x.example"), (Some(50), Some(200)));
    assert_eq!(told("scout", "hello@x.example"), (Some(50), Some(3)));
    assert_eq!(told("rover", "sales@x.example"), (Some(200), Some(200)));
    let off =
        parse("[rules.risk_budget]\nenabled = false\n[rules.queue_full]\nenabled = false").unwrap();
    let mailbox = "hello@x.example".parse().unwrap();
    let sender = policy::Sender {
        agent: "scout",
        mailbox: &mailbox,
        to: &[],
        now: domain::Timestamp::from_seconds(0),
    };
    assert_eq!(
        (off.risk_limit_for(&sender), off.held_max_for(&sender)),
        (None, None)
    );
}

#[test]
fn nobody_is_let_in_for_a_mailbox_where_everybody_has_one() {
    let named = |address: &str| {
        let address: domain::Address = address.parse().unwrap();
        policy::Line::recipients([&address], true)
    };
    for public in [
        "yahoo.co.uk",
        "yahoo.com",
        "hotmail.co.uk",
        "outlook.de",
        "live.nl",
        "gmx.at",
        "yandex.ru",
        "t-online.de",
        "163.com",
        "naver.com",
        "web.de",
        "mail.ru",
        "privaterelay.appleid.com",
        "freenet.de",
        "orange.fr",
        "proton.me",
        "gmail.com",
    ] {
        let address = format!("x@{public}");
        assert_eq!(named(&address), std::slice::from_ref(&address), "{public}");
    }
    for own in [
        "acme.com",
        "acme.co.uk",
        "mail.acme.com",
        "yahoo.acme.com",
        "gmxacme.at",
    ] {
        assert_eq!(named(&format!("x@{own}")), [own], "{own}");
    }
}

#[test]
fn a_warm_up_is_told_by_the_strictest_of_what_applies_to_the_mailbox() {
    use domain::facts::WarmupFacts;
    let facts = WarmupFacts {
        first_send_at: Some(WarmupFacts::day_start(100)),
        days: vec![(108, 12)],
    };
    let now = WarmupFacts::day_start(108);
    let most = |text: &str, mailbox: &str| {
        let mailbox = mailbox.parse().unwrap();
        let sender = policy::Sender {
            agent: "",
            mailbox: &mailbox,
            to: &[],
            now,
        };
        let warming = parse(text).unwrap().warming(&sender, &facts, now);
        warming.map(|warming| warming.most)
    };
    let text = |exception: &str| {
        format!(
            "[[overrides]]\nmailbox = \"a@x.example\"\n{exception}[overrides.rules.warmup]\nweek_2 = 30\n\
             [[overrides]]\nagent = \"scout\"\n[overrides.rules.warmup]\nweek_2 = 21\n"
        )
    };
    assert_eq!(most(&text(""), "a@x.example"), Some(30));
    assert_eq!(most(&text(""), "b@x.example"), Some(50));
    let wider =
        text("exception_until = 2027-01-01T00:00:00Z\n").replace("week_2 = 30", "enabled = false");
    assert_eq!(most(&wider, "a@x.example"), None);
    assert_eq!(most(&wider, "b@x.example"), Some(50));
    let only_here = "[rules.warmup]\nenabled = false\n[[overrides]]\nmailbox = \"a@x.example\"\n\
                     [overrides.rules.warmup]\nenabled = true\nweek_1 = 5\nweek_2 = 9\n";
    assert_eq!(most(only_here, "a@x.example"), Some(9));
    assert_eq!(most(only_here, "b@x.example"), None);
}

#[test]
fn a_line_reads_back_as_what_it_says() {
    use policy::{Line, LineKind, lines, undone_by};
    let until = "2026-12-23T10:00:00Z".parse().unwrap();
    let addresses: Vec<domain::Address> = ["dana@acme.com", "lee@acme.com", "kim@gmail.com"]
        .iter()
        .map(|text| text.parse().unwrap())
        .collect();
    let line = |agent: Option<&str>, domains, kind| Line {
        agent: agent.map(str::to_owned),
        to: Line::recipients(&addresses, domains),
        kind,
        reason: "from the queue: \"Tuesday\"\n".to_owned(),
    };
    let exception = line(Some("scout \"1\""), true, LineKind::Let { until });
    // Nobody is let in for having a mailbox where everybody has one.
    assert_eq!(exception.to, ["acme.com", "kim@gmail.com"]);
    let document = exception.appended_to("# ours\n[review]\nundo_window_seconds = 5\n\n\n");
    let ours = "# ours\n[review]\nundo_window_seconds = 5\n\n\n";
    assert!(document.starts_with(&format!("{ours}\n[[overrides]]\n")));
    assert!(
        exception
            .appended_to("[review]")
            .starts_with("[review]\n\n[[overrides]]\n")
    );
    let said = lines(&document);
    assert_eq!(said.len(), 1, "{document}");
    assert_eq!(
        said[0].words,
        "scout \"1\" to acme.com and kim@gmail.com: may write without asking."
    );
    assert_eq!(said[0].until, Some(until));
    assert!(document.contains("exception_until = 2026-12-23T10:00:00Z\n"));
    let finer = document.replace("10:00:00Z", "10:00:00.250000Z");
    assert_eq!(
        lines(&finer)[0].until,
        Some(until + domain::Span::from_millis(250))
    );
    assert_eq!(
        said[0].reason.as_deref(),
        Some("from the queue: \"Tuesday\"\n")
    );

    let hold = line(None, true, LineKind::AlwaysAsk);
    assert_eq!(undone_by(&document, &hold), [0]);
    assert!(parse(&hold.appended_to(&document)).is_err());
    assert_eq!(
        lines(&hold.appended_to(""))[0].words,
        "Any agent to acme.com and kim@gmail.com: always asks."
    );
    // What names less, or somebody else's mail, leaves the exception as it is.
    let less = line(None, false, LineKind::AlwaysAsk);
    assert_eq!(undone_by(&document, &less), Vec::<usize>::new());
    assert!(parse(&less.appended_to(&document)).is_ok());
    let rover = line(Some("rover"), true, LineKind::AlwaysAsk);
    assert_eq!(undone_by(&document, &rover), Vec::<usize>::new());
}
