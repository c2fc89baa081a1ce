//! How long reading and judging take, and what share of the bar that is: `cargo bench -p
//! sendoff-policy`. A share over 100 % is printed as it is; nothing here passes or fails.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a bench that cannot go on has failed, and figures are for reading"
)]

#[path = "../tests/testkit/mod.rs"]
mod testkit;

use std::hint::black_box;
use std::time::{Duration, Instant};

use domain::{Attachment, Draft, Envelope, Facts, NamedAddress, Sealed};
use policy::{Edition, Guarded, default_document, scan};

/// The only clock of this bench.
#[expect(
    clippy::disallowed_methods,
    reason = "a bench measures time, that is all it does"
)]
fn clock() -> Instant {
    Instant::now()
}

/// What this thread ran on a processor so far, where the system says (Linux): on a machine with other
/// work a round takes longer than that.
fn on_processor() -> Option<Duration> {
    let said = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanos = said.split(' ').next()?.parse().ok()?;
    Some(Duration::from_nanos(nanos))
}

/// How long some rounds took: what else the machine does only ever adds.
struct Times {
    least: Duration,
    middle: Duration,
    /// On a processor, each.
    ran: Option<Duration>,
}

fn time<T>(rounds: u32, mut work: impl FnMut() -> T) -> Times {
    let before = on_processor();
    let mut each: Vec<Duration> = (0..rounds)
        .map(|_| {
            let start = clock();
            black_box(work());
            start.elapsed()
        })
        .collect();
    let after = on_processor();
    each.sort_unstable();
    Times {
        least: each[0],
        middle: each[each.len() / 2],
        ran: after
            .zip(before)
            .map(|(after, before)| (after - before) / rounds),
    }
}

fn mail(recipients: usize, text: Option<String>, html: Option<String>) -> (Draft, Sealed) {
    let to: Vec<NamedAddress> = (0..recipients)
        .map(|n| {
            format!("person{n}@domain{}.example", n % 7)
                .parse()
                .unwrap()
        })
        .collect();
    let body = text.clone().or(html.clone()).unwrap_or_default();
    let draft = Draft {
        to,
        cc: Vec::new(),
        bcc: Vec::new(),
        reply_to: Vec::new(),
        subject: "Your order 4711".into(),
        text,
        html,
        attachments: Vec::<Attachment>::new(),
        in_reply_to: None,
        references: Vec::new(),
        conversation: None,
        if_latest: None,
        stream: domain::Stream::Personal,
        reason: None,
        tags: Default::default(),
        send_at: None,
        send_by: None,
        composed: None,
    };
    let sealed = Sealed {
        bytes: format!("Message-ID: <1@x.example>\r\nSubject: x\r\n\r\n{body}").into_bytes(),
        envelope: Envelope {
            mail_from: "hello@x.example".parse().unwrap(),
            rcpt_to: draft.recipients().into_iter().cloned().collect(),
        },
        message_id: "<1@x.example>".into(),
    };
    (draft, sealed)
}

const ORDINARY: &str = "Hello Dana,\n\nyour order 4711 of 12 November is on its way. You can see \
    where it is at https://shop.example/orders/4711, and it should be with you on Monday before \
    noon. If nobody is in, we leave it with a neighbour.\n\nIf there is anything else, answer this \
    mail or call +1 415 555 2671.\n\nKind regards,\nThe shop\n";

/// Words that never repeat exactly, with a link now and then.
fn long(octets: usize) -> String {
    let mut text = String::with_capacity(octets + 100);
    let mut n = 0_u32;
    while text.len() < octets {
        n = n.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        text.push_str(
            [
                "order", "Monday", "4711", "see", "you", "and", "of the", "Dana",
            ][(n >> 29) as usize],
        );
        match n % 61 {
            0 => text.push_str(" https://shop.example/a/b?c=d\n"),
            1 => text.push_str(&format!(" {n}\n")),
            _ => text.push(' '),
        }
    }
    text
}

/// Chance, the same each time.
fn dice() -> impl FnMut() -> u32 {
    let mut n = 0_u32;
    move || {
        n = n.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        n >> 16
    }
}

/// Octets as a compressed picture has them.
fn noise(octets: usize) -> Vec<u8> {
    let mut roll = dice();
    (0..octets).map(|_| roll() as u8).collect()
}

/// What begins like keys of many kinds and never is one.
fn half_keys(octets: usize) -> String {
    let mut roll = dice();
    let pieces = [
        "sk-", "ghp_", "a", "eyJ", "-", "pypi-", "9", "xoxb-", ".", "AIza", "B_",
    ];
    let mut text = String::with_capacity(octets + 10);
    while text.len() < octets {
        text.push_str(pieces[roll() as usize % pieces.len()]);
    }
    text
}

fn facts_for(draft: &Draft, sealed: &Sealed) -> Facts {
    let mut facts = testkit::facts();
    facts.scan = scan(draft, sealed, Guarded::default());
    facts.recipients = draft
        .recipients()
        .into_iter()
        .map(|address| testkit::recipient(address.as_str()))
        .collect();
    facts
}

const MIB: usize = 1024 * 1024;
const ORDINARY_MAX: Duration = Duration::from_micros(100);
const LARGE_MAX: Duration = Duration::from_millis(20);
/// What nobody writes may take a little longer; it must not take off.
const HURTING_MAX: Duration = Duration::from_millis(150);

fn filled(unit: &str) -> String {
    unit.repeat(MIB / unit.len())
}

fn text(text: String) -> (Draft, Sealed) {
    mail(50, Some(text), None)
}

fn page(page: String) -> (Draft, Sealed) {
    mail(50, None, Some(page))
}

fn with_file(content: Vec<u8>) -> (Draft, Sealed) {
    let (mut draft, sealed) = mail(1, Some(ORDINARY.into()), None);
    draft.attachments.push(Attachment {
        filename: "a.bin".into(),
        content_type: "application/octet-stream".into(),
        content,
    });
    (draft, sealed)
}

/// A mail that is made when its turn comes, how often it is read, and the bar.
struct Case {
    name: &'static str,
    made: Box<dyn Fn() -> (Draft, Sealed)>,
    rounds: u32,
    bar: Duration,
}

fn case(
    name: &'static str,
    bar: Duration,
    rounds: u32,
    made: impl Fn() -> (Draft, Sealed) + 'static,
) -> Case {
    Case {
        name,
        made: Box::new(made),
        rounds,
        bar,
    }
}

fn cases() -> Vec<Case> {
    let html = || long(MIB).replace('\n', "</p>\n<p>");
    let html = move || page(format!("<html><body><p>{}</p></body></html>", html()));
    let cyrillic =
        "\u{437}\u{430}\u{43a}\u{430}\u{437} \u{434}\u{43b}\u{44f} \u{432}\u{430}\u{441}, ";
    let letters = || ('\u{a0}'..'\u{ffff}').cycle().take(MIB / 3).collect();
    let attributes = || (0..MIB / 8).map(|n| format!("a{n} ")).collect::<String>();
    let ordinary = || mail(1, Some(ORDINARY.into()), None);
    let hurting = |name, made: fn(String) -> (Draft, Sealed), unit: &'static str| {
        case(name, HURTING_MAX, 11, move || made(filled(unit)))
    };
    vec![
        case("ordinary mail", ORDINARY_MAX, 2_001, ordinary),
        case("1 MiB of text", LARGE_MAX, 11, || text(long(MIB))),
        case("1 MiB of HTML", LARGE_MAX, 11, html),
        case("1 MiB of Cyrillic", LARGE_MAX, 11, move || {
            text(filled(cyrillic))
        }),
        case("1 MiB of all letters", HURTING_MAX, 11, move || {
            text(letters())
        }),
        hurting("1 MiB of accents apart", text, "e\u{301}\u{323} "),
        case("1 MiB of attributes", HURTING_MAX, 11, move || {
            page(format!("<p {}>", attributes()))
        }),
        case("20 MiB of a picture", HURTING_MAX, 5, || {
            with_file(noise(20 * MIB))
        }),
        case("20 MiB of a text file", HURTING_MAX, 5, || {
            with_file(long(20 * MIB).into_bytes())
        }),
        hurting("1 MiB of digits", text, "4111 "),
        hurting("1 MiB of accounts", text, "DE89 3704 0044 "),
        hurting("1 MiB of brackets", text, "[your "),
        hurting("1 MiB of at signs", text, "a@b.example@"),
        hurting("1 MiB of links", text, "http://a.example/ "),
        hurting("1 MiB without a space", text, "x://"),
        // The rarest letter of the canary, and nothing of it around.
        hurting("1 MiB of rare letters", text, "q "),
        case("1 MiB of half keys", HURTING_MAX, 11, || {
            text(half_keys(MIB))
        }),
        case("1 MiB of at signs in a link", HURTING_MAX, 11, || {
            text(format!("https://{}", filled("a@")))
        }),
        hurting("1 MiB of open tags", page, "<div>"),
        hurting("1 MiB of hidden tags", page, "<b style='opacity:0'>x"),
        hurting(
            "1 MiB of anchors",
            page,
            "<a href=https://a.example>b.example</a>",
        ),
        hurting(
            "1 MiB of honest anchors",
            page,
            "<a href=https://a.example>a.example</a>",
        ),
    ]
}

fn main() {
    let edition = Edition::read(1, &default_document());
    let canary = ["qx7vn2mdkz4w".to_owned()];
    let guarded = Guarded {
        canaries: &canary,
        credentials: &[],
    };
    // `cargo bench -p sendoff-policy -- HTML` measures those alone whose name has it.
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|arg| !arg.starts_with('-'))
        .collect();
    for Case {
        name,
        made,
        rounds,
        bar,
    } in cases()
    {
        if !wanted.is_empty() && !wanted.iter().any(|part| name.contains(part.as_str())) {
            continue;
        }
        let (draft, sealed) = made();
        let reads = time(rounds, || scan(&draft, &sealed, guarded));
        let facts = facts_for(&draft, &sealed);
        let judges = time(rounds, || edition.evaluate(&facts));
        let share = |reads: Duration, judges: Duration| {
            (reads + judges).as_secs_f64() / bar.as_secs_f64() * 100.0
        };
        let ran = reads
            .ran
            .map_or_else(|| "not told".to_owned(), |ran| format!("{ran:.1?}"));
        println!(
            "{name}: read in {:.1?}, judged in {:.1?}: {:.0} % of {bar:?} (least: {:.1?}, {:.0} %; \
             on a processor: {ran})",
            reads.middle,
            judges.middle,
            share(reads.middle, judges.middle),
            reads.least,
            share(reads.least, judges.least),
        );
    }
}
