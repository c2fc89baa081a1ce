//! The heavy reading of a message, done once and before the transaction.
//!
//! Everything here is linear in the size of the message. What it finds is kinds and places; the
//! rules decide what that means.

mod canary;
mod delicate;
mod files;
mod headers;
mod html;
mod links;
mod patterns;
pub(crate) mod secrets;
mod source;
pub(crate) mod unfinished;
mod words;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU8, Ordering};

use domain::scan::{FileKind, OddLink, Spot};
use domain::{Address, Attachment, Digest, Draft, Found, Scan, Sealed, Sketch};
use unicode_normalization::char::canonical_combining_class;
use unicode_normalization::{IsNormalized, UnicodeNormalization as _, is_nfc_quick};

use self::source::Source;
use self::words::Text;

/// What must not leave, whoever asks. Compared, never recorded.
#[derive(Clone, Copy, Default)]
pub struct Guarded<'a> {
    /// The asking agent's canaries: tokens it was handed in a place no text quotes.
    pub canaries: &'a [String],
    /// Credentials of the account, as far as the vault is open.
    pub credentials: &'a [String],
}

/// The hosts that the links of a text and of an HTML body lead to, spelt as [`Found::hosts`] has
/// them, so that those of received and of sent mail are the same; at most [`Found::HOSTS_MAX`].
pub fn hosts(text: &str, html: &str) -> Vec<String> {
    let links = links::find(text, &html::read(html));
    links.hosts.into_iter().take(Found::HOSTS_MAX).collect()
}

/// What looks unfinished or like a secret in `words`, as [`scan`] would say of the words of an HTML
/// body: so a window can show where they stand among the words on its screen, of which no record
/// is kept.
pub fn spots(words: &str) -> Vec<Spot> {
    let text = Text::of(words);
    let mut spots = unfinished::look("html", &text);
    spots.extend(secrets::look("html", &text));
    spots
}

/// What is odd about one link of an HTML body that leads to `href` and is shown as `shown`.
pub fn odd_links(href: &str, shown: &str) -> Vec<OddLink> {
    links::of_anchor(href, shown)
}

/// Reads a message as asked for and as sealed. Bounded by the sizes its door let in.
///
/// The content digest covers envelope recipients (folded), subject and bodies with case, white
/// space and reply prefixes folded as below, and the digests of the files: two asks share it if
/// they put the same mail in front of the same people.
pub fn scan(draft: &Draft, sealed: &Sealed, guarded: Guarded<'_>) -> Scan {
    let html = draft.html.as_deref().map(html::read).unwrap_or_default();
    let headers = headers::read(sealed, draft.composed.is_some());
    let fields = [headers.values.as_str(), &names(draft)].concat();
    let sent = Source::of(draft, sealed);
    let plain = draft.text.as_deref().unwrap_or_default();
    let links = links::find(plain, &html);
    let source = draft.html.as_deref().unwrap_or_default();
    let words = html.text.as_str();
    let texts = [draft.subject.as_str(), plain, words].map(Text::of);
    let texts = texts.each_ref();
    let files = draft.attachments.iter();
    let files = files.map(|file| file.content.as_slice());
    let hosts_all = links.hosts.len();
    let (sketch, alternatives_differ) = sketch(plain, words);
    let found = Found {
        reply_to: reply_to(draft),
        unfinished: few(unfinished::find(texts, html.has_image)),
        secrets: first_few(
            secrets::find(
                draft,
                texts,
                (source, &html),
                &fields,
                &sent,
                guarded.credentials,
            ),
            |spot| !secrets::OWN.contains(&spot.kind.as_str()),
        ),
        links: few(links.odd),
        files: first_few(files::find(&draft.attachments), |file| match file.kind {
            FileKind::Executable | FileKind::Script => 0,
            FileKind::Macros => 1,
            FileKind::Mismatch => 2,
        }),
        file_octets: draft
            .attachments
            .iter()
            .map(|file| file.content.len() as u64)
            .sum(),
        canary: canary::is_in(
            guarded.canaries,
            [
                draft.subject.as_str(),
                plain,
                source,
                words,
                &html.attributes,
                &fields,
                &sent.text,
            ],
            files.chain([sent.raw]),
        ),
        headers: few(headers.foreign),
        from_name: draft
            .composed
            .as_ref()
            .and_then(|composed| composed.from_name.clone()),
        unsubscribe: headers.unsubscribe,
        hosts: links.hosts.into_iter().take(Found::HOSTS_MAX).collect(),
        hosts_left_off: u32::try_from(hosts_all.saturating_sub(Found::HOSTS_MAX))
            .unwrap_or(u32::MAX),
        link_count: links.count,
        alternatives_differ,
        hidden_text: html.has_hidden_text,
        remote_images: html.has_remote_images,
        delicate: delicate::find(texts),
    };
    Scan {
        content: content(draft),
        octets: sealed.bytes.len() as u64,
        attachments: u32::try_from(draft.attachments.len()).unwrap_or(u32::MAX),
        found,
        sketch,
    }
}

/// Names, addresses and file names, one below the other: they leave in header fields, whoever writes
/// those.
fn names(draft: &Draft) -> String {
    let lists = [&draft.to, &draft.cc, &draft.bcc, &draft.reply_to];
    let people = lists.into_iter().flatten().flat_map(|named| {
        let name = named.name.as_deref().unwrap_or_default();
        [name, named.address.as_str()]
    });
    let composed = draft.composed.as_ref();
    let from_name = composed.and_then(|composed| composed.from_name.as_deref());
    let files = draft.attachments.iter().map(|file| file.filename.as_str());
    let all: Vec<&str> = people.chain(from_name).chain(files).collect();
    all.join("\n")
}

/// Bodies less alike than this, in basis points, do not say the same.
const ALIKE_BP_MIN: u16 = 5_000;

/// Of the plain body, or of the words of the HTML one where there is none; and whether the two
/// differ, where there are both.
fn sketch(plain: &str, words: &str) -> (Sketch, bool) {
    let (plain, words) = (Sketch::of(plain), Sketch::of(words));
    if plain.is_empty() {
        return (words, false);
    }
    let differ = !words.is_empty() && plain.similarity_bp(&words) < ALIKE_BP_MIN;
    (plain, differ)
}

/// Each address once, and all of them: one nobody judged could be where every answer goes.
fn reply_to(draft: &Draft) -> Vec<Address> {
    let named = draft.reply_to.iter().map(|named| named.address.clone());
    let each: BTreeSet<Address> = named.collect();
    each.into_iter().collect()
}

/// Each once, in order, and no more than are worth recording.
fn few<T: Ord>(found: Vec<T>) -> Vec<T> {
    first_few(found, |_| ())
}

/// The same; where there are more, those that weigh least by `weight` are kept, so that no number
/// of harmless ones hides one that decides.
fn first_few<T: Ord, K: Ord>(mut found: Vec<T>, weight: impl Fn(&T) -> K) -> Vec<T> {
    found.sort();
    found.dedup();
    if found.len() > Found::EACH_MAX {
        found.sort_by_key(weight);
        found.truncate(Found::EACH_MAX);
        found.sort();
    }
    found
}

fn content(draft: &Draft) -> Digest {
    let mut recipients: Vec<String> = draft
        .recipients()
        .iter()
        .map(|address| address.folded())
        .collect();
    recipients.sort_unstable();
    recipients.dedup();
    let mut files: Vec<Digest> = draft.attachments.iter().map(file).collect();
    files.sort_unstable();
    let files: Vec<u8> = files.iter().flat_map(|digest| digest.0).collect();
    Digest::of_parts([
        recipients.join("\n").as_bytes(),
        subject(&draft.subject).as_bytes(),
        folded_space(draft.text.as_deref().unwrap_or_default()).as_bytes(),
        folded_space(draft.html.as_deref().unwrap_or_default()).as_bytes(),
        &files,
    ])
}

/// Its bytes and nothing else: a file renamed is the same file.
fn file(attachment: &Attachment) -> Digest {
    Digest::of(&attachment.content)
}

/// A subject without case, white space and the prefixes of answers and forwards.
fn subject(subject: &str) -> String {
    let folded = folded_space(subject).to_lowercase();
    let mut rest = folded.as_str();
    while let Some(shorter) = ["re:", "fw:", "fwd:", "aw:", "wg:", "sv:", "antw:"]
        .iter()
        .find_map(|prefix| rest.strip_prefix(prefix))
    {
        rest = shorter.trim_start();
    }
    rest.to_owned()
}

/// Runs of white space as one space, composed characters (NFC).
fn folded_space(text: &str) -> String {
    if text.is_ascii() {
        return folded_ascii(text);
    }
    let composed: Cow<'_, str> = match is_composed(text) {
        true => text.into(),
        false => text.nfc().collect(),
    };
    let mut folded = String::with_capacity(composed.len());
    for word in composed.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.push_str(word);
    }
    folded
}

/// What is known of each letter of the first plane: 0 nothing yet, else one of the two below.
/// Looking one up is slow, and texts repeat their letters.
static ALONE: [AtomicU8; 0x1_0000] = [const { AtomicU8::new(0) }; 0x1_0000];
/// It stands as it is, whatever is around it.
const STANDS: u8 = 1;
/// It may join with what is before it, or be written otherwise.
const MOVES: u8 = 2;

/// True if a text certainly has nothing to compose.
fn is_composed(text: &str) -> bool {
    text.chars().all(|letter| {
        let place = ALONE.get(u32::from(letter) as usize);
        match place.map(|place| place.load(Ordering::Relaxed)) {
            Some(STANDS) => true,
            Some(MOVES) => false,
            Some(_) | None => {
                let stands = canonical_combining_class(letter) == 0
                    && is_nfc_quick(std::iter::once(letter)) == IsNormalized::Yes;
                let known = if stands { STANDS } else { MOVES };
                if let Some(place) = place {
                    place.store(known, Ordering::Relaxed);
                }
                stands
            }
        }
    })
}

/// Octets copied as they are if none of them is folded.
const STRETCH: usize = 32;

/// The same of a text that has nothing to compose: stretches that stay as they are at once, others
/// octet by octet.
fn folded_ascii(text: &str) -> String {
    let mut folded = Vec::with_capacity(text.len());
    let (stretches, rest) = text.as_bytes().as_chunks::<STRETCH>();
    for stretch in stretches {
        let in_gap = folded.last().is_none_or(|last| *last == b' ');
        match stays(stretch) && !(in_gap && stretch.first() == Some(&b' ')) {
            true => folded.extend_from_slice(stretch),
            false => stretch.iter().for_each(|octet| fold(*octet, &mut folded)),
        }
    }
    rest.iter().for_each(|octet| fold(*octet, &mut folded));
    if folded.last() == Some(&b' ') {
        folded.pop();
    }
    String::from_utf8(folded).unwrap_or_default()
}

/// True if there is no white space but single blanks.
fn stays(stretch: &[u8; STRETCH]) -> bool {
    // White space as `char::is_whitespace` has it: the vertical tab counts.
    let odd = stretch
        .iter()
        .fold(false, |odd, octet| odd | matches!(octet, b'\t'..=b'\r'));
    let behind = stretch.iter().skip(1);
    let pairs = stretch.iter().zip(behind);
    !pairs.fold(odd, |odd, (one, two)| {
        odd | ((*one == b' ') & (*two == b' '))
    })
}

fn fold(octet: u8, folded: &mut Vec<u8>) {
    match octet {
        b'\t'..=b'\r' | b' ' => {
            if folded.last().is_some_and(|last| *last != b' ') {
                folded.push(b' ');
            }
        }
        other => folded.push(other),
    }
}

#[cfg(test)]
mod tests {
    use domain::{Envelope, NamedAddress};

    use super::*;

    pub(super) fn draft(to: &[&str], subject: &str, text: &str) -> Draft {
        Draft {
            to: to
                .iter()
                .map(|to| to.parse::<NamedAddress>().unwrap())
                .collect(),
            cc: Vec::new(),
            bcc: Vec::new(),
            reply_to: Vec::new(),
            subject: subject.into(),
            text: Some(text.into()),
            html: None,
            attachments: Vec::new(),
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
        }
    }

    /// Sealed bytes under this header section. Whom they are for, a scan takes from the draft.
    pub(super) fn sealed(section: &str) -> Sealed {
        Sealed {
            bytes: format!("{section}\r\n\r\nhi").into_bytes(),
            envelope: Envelope {
                mail_from: "hello@x.example".parse().unwrap(),
                rcpt_to: Vec::new(),
            },
            message_id: "<1@x.example>".into(),
        }
    }

    fn scanned(draft: &Draft) -> Scan {
        scan(draft, &sealed("Subject: x"), Guarded::default())
    }

    fn content(draft: &Draft) -> Digest {
        scanned(draft).content
    }

    #[test]
    fn the_same_mail_in_front_of_the_same_people_has_one_digest() {
        let base = draft(
            &["dana@acme.com", "bob@two.example"],
            "Your order",
            "Hello  Dana\r\n",
        );
        let mut hidden = draft(&["Bob+x@two.example"], "RE: Fwd: your  ORDER", "Hello Dana");
        hidden.bcc = vec!["dana@ACME.com".parse().unwrap()];
        assert_eq!(content(&base), content(&hidden));
        assert_eq!(scanned(&base).octets, 16);
    }

    #[test]
    fn no_number_of_harmless_finds_hides_one_that_decides() {
        let mut mail = draft(&["dana@acme.com"], "Hello", "");
        let harmless = "4111 1111 1111 1111, DE89 3704 0044 0532 0130 00, ".repeat(10);
        mail.text = Some(format!("{harmless}the relay's pass-phrase"));
        mail.html = Some(format!("<p>{harmless}</p>"));
        let file = |name: String, content: &[u8]| Attachment {
            filename: name,
            content_type: "application/pdf".into(),
            content: content.to_vec(),
        };
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
        mail.attachments = (0..25).map(|n| file(format!("{n}.pdf"), png)).collect();
        mail.attachments.push(file("z.exe".into(), b"MZ"));
        let sealed = sealed("Subject: x");
        let credentials = ["pass-phrase".to_owned()];
        let guarded = Guarded {
            canaries: &[],
            credentials: &credentials,
        };
        let found = scan(&mail, &sealed, guarded).found;
        assert_eq!((found.secrets.len(), found.files.len()), (20, 20));
        let own = |spot: &domain::scan::Spot| spot.kind == secrets::OWN_CREDENTIAL;
        assert!(found.secrets.iter().any(own), "{:?}", found.secrets);
        let runs = |file: &domain::scan::OddFile| file.kind == FileKind::Executable;
        assert!(found.files.iter().any(runs), "{:?}", found.files);
    }

    #[test]
    fn a_file_is_read_to_its_end_and_a_binary_one_for_what_is_our_own() {
        let file = |content: Vec<u8>| Attachment {
            filename: "notes.txt".into(),
            content_type: "text/plain".into(),
            content,
        };
        let with = |content: Vec<u8>| {
            let mut mail = draft(&["dana@acme.com"], "Hello", "Hi");
            mail.attachments = vec![file(content)];
            let credentials = ["hunter2-hunter2".to_owned()];
            let guarded = Guarded {
                canaries: &[],
                credentials: &credentials,
            };
            let found = scan(&mail, &sealed("Subject: x"), guarded).found;
            let kinds = found.secrets.into_iter().map(|spot| spot.kind);
            kinds.collect::<Vec<String>>()
        };
        let far = |end: &str| [&b"nothing yet\n".repeat(500_000), end.as_bytes()].concat();
        assert_eq!(with(far("my card: 4111 1111 1111 1111")), ["a card number"]);
        assert_eq!(with(far("that is all")), Vec::<String>::new());
        let binary = b"\x7f\0\0hunter2-hunter2\0".to_vec();
        assert_eq!(with(binary), [secrets::OWN_CREDENTIAL]);
    }

    #[test]
    fn every_address_answers_would_go_to_is_judged() {
        let mut mail = draft(&["dana@acme.com"], "Hello", "Hi");
        let to = |n: usize| {
            format!("r{n:02}@x.example")
                .parse::<NamedAddress>()
                .unwrap()
        };
        mail.reply_to = (0..30).chain(0..30).map(to).collect();
        let refused = mail.check().unwrap_err();
        assert_eq!(refused.pointer.as_deref(), Some("/reply_to"));
        let found = scanned(&mail).found.reply_to;
        assert_eq!((found.len(), found.last()), (30, Some(&to(29).address)));
        mail.reply_to.truncate(domain::limits::REPLY_TO_MAX);
        assert!(mail.check().is_ok());
    }

    #[test]
    fn a_canary_is_found_where_only_a_program_reads_it() {
        let canaries = ["qx7vn2mdkz4w".to_owned()];
        let guarded = Guarded {
            canaries: &canaries,
            credentials: &[],
        };
        let plain = draft(&["dana@acme.com"], "Hello", "Hi");
        let sealed = sealed("Subject: x");
        let is_in = |mail: &Draft| scan(mail, &sealed, guarded).found.canary;
        assert!(!is_in(&plain));
        let image = "<img src='https://x.example/?q=&#113;&#120;7vn2mdk&#122;4w'>";
        assert!(is_in(&Draft {
            html: Some(image.into()),
            ..plain.clone()
        }));
        assert!(is_in(&Draft {
            in_reply_to: Some("<qx7vn2mdkz4w@x.example>".into()),
            ..plain.clone()
        }));
        assert!(is_in(&Draft {
            references: vec!["<qx7vn2mdkz4w@x.example>".into()],
            ..plain
        }));
    }

    #[test]
    fn what_stands_out_in_both_bodies_is_noticed() {
        let mut mail = draft(
            &["dana@acme.com"],
            "Hello",
            "See https://one.example/invoice for the invoice.",
        );
        mail.html = Some(
            "<p>Something else entirely, by far: <a href='https://two.example'>here</a></p>\
             <img src='https://pixel.example/1.gif'><p style='display:none'>psst</p>"
                .into(),
        );
        let found = scanned(&mail).found;
        assert_eq!(found.hosts, ["one.example", "two.example"]);
        assert_eq!((found.link_count, found.hosts_left_off), (2, 0));
        assert_eq!(found.delicate, ["money"]);
        assert!(found.alternatives_differ && found.hidden_text && found.remote_images);
        mail.html = Some("<p>See <a href='https://one.example/invoice'>https://one.example/invoice</a> for the invoice.</p>".into());
        let found = scanned(&mail).found;
        assert!(!found.alternatives_differ && !found.hidden_text && !found.remote_images);
        assert!(
            scanned(&draft(&["dana@acme.com"], "Hello", "Hi"))
                .found
                .is_nothing()
        );
    }

    #[test]
    fn white_space_folds_alike_however_it_is_read() {
        let odd = "\u{b}a \t\r\nb\u{c}c  \u{1c}d\0 ";
        for text in ["", " ", "a", " a  b ", odd] {
            let words: Vec<&str> = text.split_whitespace().collect();
            assert_eq!(folded_space(text), words.join(" "), "{text:?}");
        }
        assert_eq!(folded_space(" e\u{301}  x\u{a0}y "), "\u{e9} x y");
        // Wherever a stretch ends.
        for gap in [" ", "  ", "\n", " \n ", "\t"] {
            for before in 0..=2 * STRETCH {
                let text = format!("{}{gap}{}{gap}", "x".repeat(before), "y".repeat(STRETCH));
                let words: Vec<&str> = text.split_whitespace().collect();
                assert_eq!(folded_space(&text), words.join(" "), "{text:?}");
            }
        }
    }

    #[test]
    fn what_is_guarded_is_found_and_never_recorded() {
        let mut mail = draft(&["dana@acme.com"], "Hello", "it is hunter2-hunter2");
        mail.attachments = vec![Attachment {
            filename: "a.txt".into(),
            content_type: "text/plain".into(),
            content: b"Q X 7 V N 2 M D K Z 4 W".to_vec(),
        }];
        let sealed = sealed("Subject: x\r\nX-Note: hunter2-hunter2");
        let guarded = Guarded {
            canaries: &["qx7vn2mdkz4w".to_owned()],
            credentials: &["hunter2-hunter2".to_owned()],
        };
        let found = scan(&mail, &sealed, guarded).found;
        assert!(found.canary);
        assert_eq!(found.secrets.len(), 1, "{:?}", found.secrets);
        let kept = format!("{found:?}");
        assert!(
            !kept.contains("hunter2") && !kept.contains("qx7vn2"),
            "{kept}"
        );
    }

    #[test]
    fn another_person_word_or_file_is_another_mail() {
        let base = draft(&["dana@acme.com"], "Your order", "Hello Dana");
        let mut filed = base.clone();
        filed.attachments = vec![Attachment {
            filename: "a.txt".into(),
            content_type: "text/plain".into(),
            content: b"1".to_vec(),
        }];
        let mut refiled = filed.clone();
        refiled.attachments[0].content = b"2".to_vec();
        let mut html = draft(&["dana@acme.com"], "Your order", "");
        html.html = html.text.take();
        html.text = None;
        html.html = Some("Hello Dana".into());
        let others = [
            draft(&["dan@acme.com"], "Your order", "Hello Dana"),
            draft(
                &["dana@acme.com", "x@y.example"],
                "Your order",
                "Hello Dana",
            ),
            draft(&["dana@acme.com"], "Your orders", "Hello Dana"),
            draft(&["dana@acme.com"], "Your order", "hello Dana"),
            draft(&["dana@acme.com"], "", "Your order Hello Dana"),
            filed.clone(),
            refiled,
            html,
        ];
        let mut digests: Vec<Digest> = others.iter().chain([&base]).map(content).collect();
        digests.sort_unstable();
        digests.dedup();
        assert_eq!(digests.len(), others.len() + 1);

        let mut renamed = filed.clone();
        renamed.attachments[0].filename = "b.txt".into();
        assert_eq!(content(&filed), content(&renamed));
        assert_eq!(scanned(&filed).attachments, 1);
    }
}
