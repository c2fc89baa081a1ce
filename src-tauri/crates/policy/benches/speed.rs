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

/// The least and the middle of some rounds: what else the machine does only ever adds.
fn time<T>(rounds: usize, mut work: impl FnMut() -> T) -> [Duration; 2] {
    let mut each: Vec<Duration> = (0..rounds)
        .map(|_| {
            let start = clock();
            black_box(work());
            start.elapsed()
        })
        .collect();
    each.sort_unstable();
    [each[0], each[rounds / 2]]
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

fn main() {
    let edition = Edition::read(1, &default_document());
    let canary = ["qx7vn2mdkz4w".to_owned()];
    let guarded = Guarded {
        canaries: &canary,
        credentials: &[],
    };
    let mib = 1024 * 1024;
    let html = || {
        format!(
            "<html><body><p>{}</p></body></html>",
            long(mib).replace('\n', "</p>\n<p>")
        )
    };
    let ordinary = Duration::from_micros(100);
    let large = Duration::from_millis(20);
    // What nobody writes may take a little longer; it must not take off.
    let made_to_hurt = Duration::from_millis(150);
    let text = |text: String| mail(50, Some(text), None);
    let page = |page: String| mail(50, None, Some(page));
    let filled = |unit: &str| unit.repeat(mib / unit.len());
    let with_file = |content: Vec<u8>| {
        let (mut draft, sealed) = mail(1, Some(ORDINARY.into()), None);
        draft.attachments.push(Attachment {
            filename: "a.bin".into(),
            content_type: "application/octet-stream".into(),
            content,
        });
        (draft, sealed)
    };
    let attributes: String = (0..mib / 8).map(|n| format!("a{n} ")).collect();
    let attributes = format!("<p {attributes}>");
    let mut mails = vec![
        (
            "ordinary mail",
            mail(1, Some(ORDINARY.into()), None),
            2_001,
            ordinary,
        ),
        ("1 MiB of text", text(long(mib)), 11, large),
        ("1 MiB of HTML", page(html()), 11, large),
        (
            "1 MiB of Cyrillic",
            text(filled(
                "\u{437}\u{430}\u{43a}\u{430}\u{437} \u{434}\u{43b}\u{44f} \u{432}\u{430}\u{441}, ",
            )),
            11,
            large,
        ),
        (
            "1 MiB of all letters",
            text(('\u{a0}'..'\u{ffff}').cycle().take(mib / 3).collect()),
            11,
            made_to_hurt,
        ),
        (
            "1 MiB of accents apart",
            text(filled("e\u{301}\u{323} ")),
            11,
            made_to_hurt,
        ),
        ("1 MiB of attributes", page(attributes), 11, made_to_hurt),
        (
            "20 MiB of a picture",
            with_file(noise(20 * mib)),
            5,
            made_to_hurt,
        ),
        (
            "20 MiB of a text file",
            with_file(long(20 * mib).into_bytes()),
            5,
            made_to_hurt,
        ),
    ];
    let hurting = |(name, mail)| (name, mail, 11, made_to_hurt);
    let texts = [
        ("1 MiB of digits", "4111 "),
        ("1 MiB of accounts", "DE89 3704 0044 "),
        ("1 MiB of brackets", "[your "),
        ("1 MiB of at signs", "a@b.example@"),
        ("1 MiB of links", "http://a.example/ "),
        ("1 MiB without a space", "x://"),
    ];
    mails.extend(texts.map(|(name, unit)| hurting((name, text(filled(unit))))));
    mails.push(hurting(("1 MiB of half keys", text(half_keys(mib)))));
    let link = format!("https://{}", filled("a@"));
    mails.push(hurting(("1 MiB of at signs in a link", text(link))));
    let pages = [
        ("1 MiB of open tags", "<div>"),
        ("1 MiB of hidden tags", "<b style='opacity:0'>x"),
        (
            "1 MiB of anchors",
            "<a href=https://a.example>b.example</a>",
        ),
        (
            "1 MiB of honest anchors",
            "<a href=https://a.example>a.example</a>",
        ),
    ];
    mails.extend(pages.map(|(name, unit)| hurting((name, page(filled(unit))))));
    // `cargo bench -p sendoff-policy -- HTML` measures those alone whose name has it.
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|arg| !arg.starts_with('-'))
        .collect();
    for (name, (draft, sealed), rounds, bar) in &mails {
        if !wanted.is_empty() && !wanted.iter().any(|part| name.contains(part.as_str())) {
            continue;
        }
        let reads = time(*rounds, || scan(draft, sealed, guarded));
        let facts = facts_for(draft, sealed);
        let judges = time(*rounds, || edition.evaluate(&facts));
        let share = |at: usize| {
            let all: Duration = reads[at] + judges[at];
            all.as_secs_f64() / bar.as_secs_f64() * 100.0
        };
        println!(
            "{name}: read in {:.1?}, judged in {:.1?}: {:.0} % of {bar:?} (least: {:.1?}, {:.0} %)",
            reads[1],
            judges[1],
            share(1),
            reads[0],
            share(0)
        );
    }
}
