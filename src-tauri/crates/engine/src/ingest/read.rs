//! Bytes to what was read in them: the message, its meaning, its files.

use domain::inbound::{Content, Message};
use domain::meaning::ThreatClass;
use domain::received::{
    EVIDENCE_MAX, FILES_MAX, Next, REFERENCES_MAX, REPORTS_MAX, ReadEvidence, Received,
    ReceivedFile, ReceivedKind, Report, ReportOutcome, SenderCheck, TEXT_KEPT_MAX,
};
use domain::{
    Address, Digest, Found, ImapSettings, NamedAddress, OWN_ID_FIELD, Step, Timestamp, limits,
};
use mail::dkim::Signed;
use triage::auth::{self, Verified};
use triage::{Action, AutoReply, Kind, Triage};

/// Recipients of the headers that are looked at.
const TO_MAX: usize = 100;
/// First octets of a file that tell what it is.
const SNIFF_OCTETS: usize = 4096;
/// Names of files that run.
const RUNS: [&str; 32] = [
    "apk", "app", "bat", "cmd", "com", "cpl", "dll", "dmg", "docm", "exe", "hta", "iso", "jar",
    "js", "jse", "lnk", "msi", "msix", "pif", "pkg", "pptm", "ps1", "py", "reg", "rpm", "scr",
    "sh", "vbe", "vbs", "wsf", "xlsm", "img",
];

/// Whose word on authentication an account believes: whom a person named, and nobody else. A server
/// that takes mail in without removing forged results of its own name would vouch for anybody.
pub(crate) fn trusted(settings: &ImapSettings) -> Vec<String> {
    settings.authserv_id.clone().into_iter().collect()
}

/// True if a system that is believed said in this message who vouches for its sender.
pub(crate) fn is_vouched(bytes: &[u8], trusted: &[String]) -> bool {
    let head = bytes.windows(4).position(|four| four == b"\r\n\r\n");
    let head = bytes.get(..head.unwrap_or(bytes.len())).unwrap_or(bytes);
    !trusted.is_empty() && auth::read(&mail::parse::inbound::inbound(head), trusted).is_known
}

/// Reads a message. `received_at` completes dates; `trusted` are the authserv-ids believed, and
/// `signed` what its signatures were found worth here, which counts where none of those spoke.
pub(crate) fn read(
    bytes: &[u8],
    received_at: Timestamp,
    trusted: &[String],
    signed: Vec<Signed>,
) -> (Received, Triage) {
    let message = mail::parse::inbound::inbound(bytes);
    let mut triage = triage::triage(&message, received_at, trusted);
    if !triage.auth.is_known && !signed.is_empty() {
        let dkim = signed.into_iter().map(|one| Verified {
            result: one.verdict.word().to_owned(),
            domain: Some(one.domain),
        });
        triage.auth = auth::signed(&message, dkim.collect());
    }
    let received = Received {
        message_id: ids(message.value("message-id")).into_iter().next(),
        references: references(&message),
        reported_id: triage.reading.original_message_id.clone(),
        from: senders(&message),
        to: recipients(&message),
        subject: cut(message.value("subject"), limits::SUBJECT_CHARS_MAX * 4),
        date: mail::parse::date(message.value("date")),
        kind: kind(&triage.reading.kind),
        reports: reports(&triage),
        returns_at: triage.returns_at,
        new_text: cut(&triage.split.new, TEXT_KEPT_MAX),
        quoted_text: cut(&triage.split.quoted, TEXT_KEPT_MAX),
        forwarded_text: cut(&triage.split.forwarded, TEXT_KEPT_MAX),
        signature: cut(&triage.split.signature, TEXT_KEPT_MAX),
        intent: triage.wish.intent,
        confidence: basis_points(triage.wish.confidence),
        sender: sender(&triage),
        injection: basis_points(triage.threat.score),
        spam: basis_points(triage.bulk.score),
        quarantine: triage.threat_class() == ThreatClass::High,
        // What to do next needs the record too; the plan says it.
        next: Next {
            action: Step::None,
            reason: String::new(),
            sla_minutes: None,
            until: None,
        },
        hosts: hosts(&message),
        files: files(&message, bytes),
        evidence: evidence(&triage),
        defects: message.defects.clone(),
        octets: bytes.len() as u64,
    };
    (received, triage)
}

/// The Message-ID a mail of ours left with, whatever a provider calls it now.
pub(crate) fn own_id(bytes: &[u8]) -> Option<String> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
    let head = end.and_then(|end| bytes.get(..end + 4)).unwrap_or(bytes);
    let head = mail::parse::inbound::inbound(head);
    ids(head.value(OWN_ID_FIELD)).into_iter().next()
}

/// Mail of a list, read as the letter of whoever wrote it.
pub(crate) fn as_letter(read: &Received, triage: &Triage) -> (Received, Triage) {
    let triage = triage.as_letter(&read.subject);
    let read = Received {
        kind: kind(&triage.reading.kind),
        intent: triage.wish.intent,
        confidence: basis_points(triage.wish.confidence),
        evidence: evidence(&triage),
        ..read.clone()
    };
    (read, triage)
}

/// Hosts that the links of every part lead to, those of forwarded messages too.
fn hosts(message: &Message) -> Vec<String> {
    let mut all = std::collections::BTreeSet::new();
    for part in &message.parts {
        match &part.content {
            Content::Text(text) => all.extend(policy::hosts(text, "")),
            Content::Html(html) => all.extend(policy::hosts("", html)),
            Content::Message(inside) => all.extend(hosts(inside)),
            Content::Multipart | Content::File { .. } => {}
        }
    }
    all.into_iter().take(Found::HOSTS_MAX).collect()
}

/// A score from 0 to 1 in basis points: records hold whole numbers.
fn basis_points(score: f32) -> u16 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to 0..=10000"
    )]
    let points = (score.clamp(0.0, 1.0) * 10_000.0).round() as u16;
    points
}

/// At most so many octets, whole characters.
fn cut(text: &str, octets_max: usize) -> String {
    let mut end = text.len().min(octets_max);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default().to_owned()
}

/// Message-IDs in a header, without their angle brackets.
fn ids(value: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for part in value.split('<').skip(1) {
        let Some((id, _)) = part.split_once('>') else {
            continue;
        };
        let id = id.trim();
        let fits = !id.is_empty() && id.chars().count() <= limits::MESSAGE_ID_CHARS_MAX;
        if fits && !found.iter().any(|known| known == id) {
            found.push(id.to_owned());
        }
    }
    // Some programs leave the brackets out.
    if found.is_empty() && value.contains('@') && !value.trim().contains(char::is_whitespace) {
        found.push(cut(value.trim(), limits::MESSAGE_ID_CHARS_MAX));
    }
    found
}

/// What it answers, nearest first. Loops and repeats are of no account: each is looked up once.
fn references(message: &Message) -> Vec<String> {
    let mut all = ids(message.value("in-reply-to"));
    for id in ids(message.value("references")).into_iter().rev() {
        if !all.contains(&id) {
            all.push(id);
        }
    }
    all.truncate(REFERENCES_MAX);
    all
}

/// Who wrote it; where `From` cannot be read, the first word in it that is an address.
fn senders(message: &Message) -> Option<NamedAddress> {
    triage::sender::read(message).mailbox.or_else(|| {
        let words = addresses(message.value("from"));
        words.into_iter().next().map(NamedAddress::bare)
    })
}

fn recipients(message: &Message) -> Vec<Address> {
    let names = ["to", "cc", "delivered-to", "x-original-to", "envelope-to"];
    let mut all: Vec<Address> = Vec::new();
    for name in names {
        for header in message.headers_named(name) {
            for address in addresses(&header.value) {
                if all.len() < TO_MAX && !all.contains(&address) {
                    all.push(address);
                }
            }
        }
    }
    all
}

/// Every word of a header that is an address.
fn addresses(value: &str) -> Vec<Address> {
    value
        .split(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | ',' | ';' | '"' | '(' | ')'))
        .filter(|word| word.contains('@'))
        .filter_map(|word| word.parse().ok())
        .collect()
}

fn kind(kind: &Kind) -> ReceivedKind {
    match kind {
        Kind::Bounce => ReceivedKind::Bounce,
        Kind::Delay => ReceivedKind::Delay,
        Kind::Delivered => ReceivedKind::Delivered,
        Kind::Complaint => ReceivedKind::Complaint,
        Kind::Unsubscribe => ReceivedKind::OptOut,
        Kind::AuthReport => ReceivedKind::AuthReport,
        Kind::Receipt => ReceivedKind::Receipt,
        Kind::AutoReply { auto, .. } => match auto {
            AutoReply::OutOfOffice => ReceivedKind::OutOfOffice,
            AutoReply::AddressGone => ReceivedKind::AddressGone,
            AutoReply::Acknowledgement | AutoReply::Other => ReceivedKind::AutoReply,
        },
        Kind::Challenge => ReceivedKind::Challenge,
        Kind::Calendar => ReceivedKind::Calendar,
        Kind::Notification => ReceivedKind::Notification,
        Kind::List => ReceivedKind::List,
        Kind::Person => ReceivedKind::Person,
    }
}

fn reports(triage: &Triage) -> Vec<Report> {
    triage
        .reading
        .recipients
        .iter()
        .take(REPORTS_MAX)
        .map(|one| Report {
            address: one.address.clone(),
            original_address: one.original_address.clone(),
            outcome: match (&triage.reading.kind, one.action) {
                (Kind::Complaint, _) => ReportOutcome::Complained,
                (Kind::Unsubscribe, _) => ReportOutcome::OptedOut,
                (_, Action::Failed) if one.is_dead() => ReportOutcome::Dead,
                (_, Action::Failed) if one.is_refused() => ReportOutcome::Refused,
                (_, Action::Failed) => ReportOutcome::Failed,
                (_, Action::Delayed) => ReportOutcome::Delayed,
                (_, Action::Delivered | Action::Relayed | Action::Expanded) => {
                    ReportOutcome::Delivered
                }
            },
            status: one.status.clone(),
            diagnostic: one.diagnostic.clone(),
        })
        .collect()
}

fn sender(triage: &Triage) -> SenderCheck {
    let auth = &triage.auth;
    let failed = auth
        .dmarc
        .as_ref()
        .is_some_and(|dmarc| dmarc.result.eq_ignore_ascii_case("fail"));
    match (auth.is_known, auth.is_aligned) {
        (false, _) => SenderCheck::Unknown,
        (true, true) => SenderCheck::Aligned,
        (true, false) if failed => SenderCheck::Failed,
        (true, false) => SenderCheck::Unaligned,
    }
}

fn evidence(triage: &Triage) -> Vec<ReadEvidence> {
    let says = |about: &str, list: &[triage::Evidence]| -> Vec<ReadEvidence> {
        list.iter()
            .map(|one| ReadEvidence {
                about: about.to_owned(),
                place: one.place.clone(),
                said: one.said.clone(),
            })
            .collect()
    };
    let mut all = says("kind", &triage.reading.evidence);
    all.extend(says("intent", &triage.wish.evidence));
    all.extend(triage.auth.dkim.iter().map(|one| ReadEvidence {
        about: "sender".to_owned(),
        place: one.domain.clone().unwrap_or_default(),
        said: format!("dkim={}", one.result),
    }));
    all.extend(triage.threat.findings.iter().map(|finding| ReadEvidence {
        about: "threat".to_owned(),
        place: finding.place.words().to_owned(),
        said: format!("{}: {}", finding.code, finding.said),
    }));
    all.extend(says("spam", &triage.bulk.evidence));
    all.truncate(EVIDENCE_MAX);
    all
}

/// Files as the eye's parser numbers them, with what their first bytes say.
fn files(message: &Message, bytes: &[u8]) -> Vec<ReceivedFile> {
    let has_files = message.parts.iter().any(|part| {
        part.is_attachment || matches!(part.content, Content::File { .. } | Content::Message(_))
    });
    if !has_files {
        return Vec::new();
    }
    mail::parse::files(bytes, FILES_MAX, |file, content| {
        let head = content.get(..SNIFF_OCTETS).unwrap_or(content);
        let (sniffed, runs) = sniff(head);
        let named = file.filename.as_deref().is_some_and(|name| {
            let name = name.to_lowercase();
            RUNS.iter().any(|ending| {
                name.strip_suffix(ending)
                    .is_some_and(|rest| rest.ends_with('.'))
            })
        });
        ReceivedFile {
            index: u32::try_from(file.index).unwrap_or(u32::MAX),
            filename: file.filename,
            content_type: file.content_type,
            sniffed: sniffed.map(str::to_owned),
            octets: file.octets as u64,
            quarantined: runs || named,
            digest: Some(Digest::of(content)),
        }
    })
}

/// What a file's first bytes say it is, and whether that runs.
fn sniff(head: &[u8]) -> (Option<&'static str>, bool) {
    const KNOWN: [(&[u8], &str, bool); 14] = [
        (b"%PDF-", "application/pdf", false),
        (b"PK\x03\x04", "application/zip", false),
        (b"\x89PNG\r\n", "image/png", false),
        (b"\xff\xd8\xff", "image/jpeg", false),
        (b"GIF8", "image/gif", false),
        (b"\xd0\xcf\x11\xe0", "application/x-ole-storage", false),
        (b"\x1f\x8b", "application/gzip", false),
        (b"Rar!\x1a", "application/vnd.rar", false),
        (b"7z\xbc\xaf", "application/x-7z-compressed", false),
        (b"MZ", "application/vnd.microsoft.portable-executable", true),
        (b"\x7fELF", "application/x-executable", true),
        (b"#!", "text/x-script", true),
        (b"\xca\xfe\xba\xbe", "application/java-vm", true),
        (b"\xcf\xfa\xed\xfe", "application/x-mach-binary", true),
    ];
    KNOWN
        .iter()
        .find(|(mark, ..)| head.starts_with(mark))
        .map_or((None, false), |(_, name, runs)| (Some(name), *runs))
}

#[cfg(test)]
mod tests {
    use mail::dkim::Verdict;

    use super::*;

    #[test]
    fn what_it_answers_is_read_nearest_first_and_once() {
        let (read, _) = read(
            b"From: Dana <dana@acme.example>\r\nTo: Team <team@ours.example>\r\n\
              Message-ID: <r1@acme.example>\r\nIn-Reply-To: <b@x>\r\n\
              References: <a@x> <b@x>\r\n <c@x>\r\nSubject: Re: hi\r\n\r\nYes.\r\n",
            Timestamp::from_seconds(0),
            &[],
            Vec::new(),
        );
        assert_eq!(read.references, ["b@x", "c@x", "a@x"]);
        assert_eq!(read.message_id.as_deref(), Some("r1@acme.example"));
        assert_eq!(read.from.unwrap().address.as_str(), "dana@acme.example");
        assert_eq!(read.to.len(), 1);
        assert_eq!(read.new_text, "Yes.");
    }

    /// How long a message takes to be read whose two megabytes are in so many files.
    #[expect(clippy::disallowed_methods, reason = "it is about how long it takes")]
    fn took(files: usize) -> std::time::Duration {
        let line = format!("{}\r\n", "ab12".repeat(19));
        let lines = line.repeat(2_000_000 / line.len() / files);
        let part = format!(
            "--b\r\nContent-Type: application/pdf; name=a.pdf\r\nContent-Disposition: attachment\r\n\
             Content-Transfer-Encoding: base64\r\n\r\n{lines}"
        );
        let message = format!(
            "From: dana@acme.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n{}--b--\r\n",
            part.repeat(files)
        );
        let rounds = (0..3).map(|_| {
            let begun = std::time::Instant::now();
            let at = Timestamp::from_seconds(0);
            let (read, _) = read(message.as_bytes(), at, &[], Vec::new());
            assert_eq!(read.files.len(), files);
            begun.elapsed()
        });
        rounds.min().unwrap()
    }

    #[test]
    fn many_files_are_read_in_about_the_time_of_one() {
        let (one, many) = (took(1), took(FILES_MAX));
        assert!(many < one * 15, "{many:?} for {FILES_MAX}, {one:?} for one");
    }

    #[test]
    fn a_file_is_told_by_the_digest_of_its_bytes() {
        let message = b"From: dana@acme.example\r\nContent-Type: text/csv; name=a.csv\r\n\
            Content-Disposition: attachment\r\nContent-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n";
        let (read, _) = read(message, Timestamp::from_seconds(0), &[], Vec::new());
        assert_eq!(read.files[0].digest, Some(Digest::of(b"hello")));
    }

    #[test]
    fn the_id_a_mail_left_with_is_read_in_its_own_header_alone() {
        let copy =
            b"Message-ID: <1@provider.example>\r\nX-Sendoff-ID:\r\n <2@ours.example>\r\n\r\nhi";
        assert_eq!(own_id(copy).as_deref(), Some("2@ours.example"));
        let told = b"Message-ID: <1@provider.example>\r\n\r\nX-Sendoff-ID: <2@ours.example>\r\n";
        assert_eq!(own_id(told), None);
    }

    #[test]
    fn a_program_is_told_by_its_first_bytes_whatever_it_is_called() {
        assert!(sniff(b"MZ\x90").1);
        assert_eq!(sniff(b"%PDF-1.7"), (Some("application/pdf"), false));
        assert_eq!(sniff(b"hello"), (None, false));
    }

    #[test]
    fn nobody_is_believed_about_the_sender_who_was_not_named() {
        let mut settings = ImapSettings {
            host: "imap.ours.example".to_owned(),
            port: 993,
            tls: domain::TlsMode::Implicit,
            ca_file: None,
            auth: domain::ImapAuth::Password {
                user: "team".to_owned(),
            },
            folders: Vec::new(),
            sent_copy: domain::SentCopy::default(),
            people_write: true,
            reply_tokens: domain::ReplyTokens::Off,
            authserv_id: None,
            verify_dkim: true,
        };
        let mail =
            b"Authentication-Results: imap.ours.example; dmarc=pass header.from=acme.example\r\n\
            From: dana@acme.example\r\n\r\nhi\r\n";
        let sender = |settings: &ImapSettings| {
            let (read, _) = read(
                mail,
                Timestamp::from_seconds(0),
                &trusted(settings),
                Vec::new(),
            );
            read.sender
        };
        assert_eq!(sender(&settings), SenderCheck::Unknown);
        settings.authserv_id = Some("imap.ours.example".to_owned());
        assert_eq!(sender(&settings), SenderCheck::Aligned);
    }

    #[test]
    fn who_is_vouched_for_is_who_is_acted_on() {
        let trusted = ["mx.ours.example".to_owned()];
        let mail = b"Authentication-Results: mx.ours.example; dkim=pass header.d=evil.example\r\n\
            From: \"eve@evil.example\" <dana@acme.example>\r\n\r\nhi\r\n";
        let (read, _) = read(mail, Timestamp::from_seconds(0), &trusted, Vec::new());
        assert_eq!(read.from.unwrap().address.as_str(), "dana@acme.example");
        assert_eq!(read.sender, SenderCheck::Unaligned);
    }

    #[test]
    fn the_hosts_a_message_brings_are_read_in_every_part() {
        let mail = b"From: dana@acme.example\r\nMIME-Version: 1.0\r\n\
            Content-Type: multipart/alternative; boundary=b\r\n\r\n\
            --b\r\nContent-Type: text/plain\r\n\r\nSee https://Two.example/x\r\n\
            --b\r\nContent-Type: text/html\r\n\r\n<a href='http://one.example'>us</a>\r\n--b--\r\n";
        let (read, _) = read(mail, Timestamp::from_seconds(0), &[], Vec::new());
        assert_eq!(read.hosts, ["one.example", "two.example"]);
    }

    #[test]
    fn a_signature_checked_here_counts_where_nobody_believed_spoke() {
        let trusted = ["mx.ours.example".to_owned()];
        let letter = "From: dana@acme.example\r\n\r\nhi\r\n";
        let denied = format!(
            "Authentication-Results: mx.ours.example; dkim=fail header.d=acme.example; \
             dmarc=fail header.from=acme.example\r\n{letter}"
        );
        let sender = |letter: &str, verdict| {
            let signed = vec![Signed {
                domain: "acme.example".to_owned(),
                verdict,
            }];
            read(
                letter.as_bytes(),
                Timestamp::from_seconds(0),
                &trusted,
                signed,
            )
            .0
            .sender
        };
        assert_eq!(sender(letter, Verdict::Pass), SenderCheck::Aligned);
        assert_eq!(sender(letter, Verdict::Fail), SenderCheck::Unknown);
        assert_eq!(sender(letter, Verdict::Temperror), SenderCheck::Unknown);
        assert_eq!(sender(&denied, Verdict::Pass), SenderCheck::Failed);
    }

    #[test]
    fn nothing_at_all_is_read_too() {
        let (read, _) = read(b"", Timestamp::from_seconds(0), &[], Vec::new());
        assert_eq!(read.from, None);
        assert!(!read.defects.is_empty());
    }
}
