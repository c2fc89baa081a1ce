//! Automatic replies, challenges, notifications and list mail: what a program sent, told from its
//! headers first (RFC 3834, RFC 2919, RFC 2369 and what vendors add), then from its subject, and
//! from its words only where a subject already points there.

use std::sync::LazyLock;

use domain::inbound::{Content, Message};
use regex::Regex;

use crate::reading::{AutoReply, Evidence, Kind, quote};
use crate::text::start;

/// Octets of the body that are read for a kind of automatic reply.
const BODY_OCTETS_MAX: usize = 4 << 10;
/// Characters of a whole message that can still be a machine's note; people's stories about their
/// holidays are longer.
const NOTE_CHARS_MAX: usize = 1500;

/// Subjects that only automatic replies begin with, in lower case.
#[rustfmt::skip] // a table
const SUBJECT_STARTS: &[&str] = &[
    "automatic reply", "auto reply", "auto-reply", "autoreply", "auto:", "auto response", "auto-response", "autoresponse", "automated reply", "automated response", "automatic response", "autoresponder",
    "out of office", "out-of-office", "out of the office", "ooo:", "[ooo]", "i am out of", "i'm out of", "away from my mail", "away until", "on vacation", "vacation reply", "vacation:", "on leave", "on holiday", "annual leave", "currently out", "absence:",
    "automatische antwort", "autom. antwort", "abwesenheit", "abwesend", "ich bin nicht im büro", "nicht im büro", "réponse automatique", "reponse automatique", "absence du bureau", "absent du bureau", "message d'absence", "en congé", "absent(e)",
    "respuesta automática", "respuesta automatica", "fuera de la oficina", "fuera de oficina", "resposta automática", "resposta automatica", "ausência", "fora do escritório", "risposta automatica", "fuori sede", "fuori ufficio", "assente", "assenza",
    "automatisch antwoord", "automatische beantwoording", "afwezig", "autosvar", "automatiskt svar", "automatisk svar", "frånvaro", "fraværende", "ikke til stede", "automaattinen vastaus", "poissa", "odpowiedź automatyczna", "automatyczna odpowiedź", "poza biurem", "nieobecno",
    "automatická odpověď", "mimo kancelář", "automatikus válasz", "házon kívül", "răspuns automat", "автоматический ответ", "автоответ", "отсутству", "otomatik yanıt", "ofis dışında", "αυτόματη απάντηση", "תשובה אוטומטית", "رد تلقائي",
    "自動応答", "自動返信", "不在", "自动回复", "自動回覆", "自動回復", "外出", "休假", "자동 회신", "자동응답", "부재중", "ตอบกลับอัตโนมัติ", "trả lời tự động", "balasan otomatis",
];

/// Words that say somebody is away, in lower case.
#[rustfmt::skip] // a table
const AWAY: &[&str] = &[
    "out of the office", "out of office", "out-of-office", "away from the office", "currently away", "i am away", "i'm away", "i will be away", "on vacation", "on annual leave", "on holiday", "on leave", "parental leave", "maternity leave", "paternity leave", "sick leave", "limited access to email", "limited access to e-mail",
    "limited access to my email", "intermittent access", "no access to email", "upon my return", "when i return", "when i get back", "i will return", "i'll be back", "back in the office", "traveling", "travelling", "i'm only sleeping", "away until", "will not return until", "returning on", "return to the office", "not in the office", "ooo",
    "nicht im büro", "nicht im hause", "abwesend", "außer haus", "im urlaub", "elternzeit", "wieder erreichbar", "wieder im büro", "en congé", "en vacances", "absent du bureau", "absente du bureau", "de retour", "je suis absent", "je serai absent", "congé maternité", "fuera de la oficina", "de vacaciones", "estaré ausente", "estoy ausente", "regreso",
    "fora do escritório", "de férias", "estarei ausente", "estou ausente", "fuori ufficio", "in ferie", "sono assente", "sarò assente", "al mio rientro", "afwezig", "met vakantie", "op vakantie", "niet op kantoor", "på semester", "inte på kontoret", "föräldraledig", "på ferie", "ikke på kontoret", "lomalla", "poza biurem", "na urlopie", "nieobecn", "dovolen", "szabadság",
    "в отпуске", "отсутству", "вне офиса", "izinde", "ofis dışında", "休暇", "不在", "お休み", "休假", "外出", "出差", "부재", "휴가",
];

/// Words of an address that is read no more, in lower case.
#[rustfmt::skip] // a table
const GONE: &[&str] = &[
    "no longer with", "no longer work", "no longer employed", "has left the company", "have left the company", "has left our", "left the organi", "is no longer at", "is no longer active", "no longer monitored", "not monitored", "no longer in use", "address has changed", "email has changed", "new email address", "my new address",
    "nicht mehr für", "nicht mehr im unternehmen", "nicht mehr bei", "ausgeschieden", "ne travaille plus", "ne fait plus partie", "a quitté", "ya no trabaja", "ya no forma parte", "não trabalha mais", "não faz mais parte", "non lavora più", "non fa più parte", "niet meer werkzaam", "больше не работает", "退職", "离职", "已離職", "퇴사",
];

/// Words of a receipt for a message, in lower case.
#[rustfmt::skip] // a table
const RECEIVED: &[&str] = &[
    "we have received your", "we received your", "your message has been received", "your email has been received", "your request has been received", "thank you for contacting", "thanks for contacting", "thank you for reaching out", "thanks for reaching out", "thank you for your email", "thank you for your message", "thanks for your message",
    "will get back to you", "we will respond", "we'll respond", "a ticket has been", "ticket number", "case number", "your ticket", "your request (", "has been received",
    "wir haben ihre", "vielen dank für ihre", "nous avons bien reçu", "nous avons reçu", "accusons réception", "hemos recibido", "recebemos", "abbiamo ricevuto", "wij hebben uw", "мы получили", "お問い合わせ", "受け付け", "已收到", "접수",
];

/// Words of a challenge, in lower case.
#[rustfmt::skip] // a table
const CHALLENGE: &[&str] = &[
    "boxtrapper", "spam arrest", "spamarrest", "challenge-response", "confirm that you are a human", "prove you are human", "confirm you are human", "verify that you are human", "to verify your email so that", "added to the list of approved senders", "approved senders list", "requires verification", "your message is being held until",
    "confirm your message", "click the link below to have your message delivered", "be delivered once you", "tmda", "whitelist request", "mailblocks", "confirm you sent",
];

#[expect(
    clippy::unwrap_used,
    reason = "constant patterns, compiled by the tests below"
)]
static RETURNS: LazyLock<Regex> = LazyLock::new(|| {
    let month = r"(?:jan(?:uary|vier|uar)?|feb(?:ruary|ruar)?|févr?(?:ier)?|mar(?:ch|s|z)?|märz|apr(?:il)?|avril|may|mai|mayo|june?|juin|juni|july?|juillet|juli|aug(?:ust)?|août|agosto|sep(?:t|tember|tembre)?|oct(?:ober|obre)?|okt(?:ober)?|nov(?:ember|embre)?|dec(?:ember)?|dez(?:ember)?|décembre|enero|febrero|marzo|abril|junio|julio|septiembre|octubre|noviembre|diciembre|gennaio|febbraio|aprile|maggio|giugno|luglio|settembre|ottobre|dicembre)\.?";
    let day = format!(
        r"(?:\d{{4}}-\d{{2}}-\d{{2}}|\d{{1,2}}[./]\d{{1,2}}[./]\d{{2,4}}|\d{{1,2}}\.\d{{1,2}}\.|{month}\s+\d{{1,2}}(?:st|nd|rd|th)?(?:,?\s+\d{{4}})?|\d{{1,2}}(?:st|nd|rd|th|\.|er)?\s+(?:de\s+|of\s+)?{month}(?:\s+(?:de\s+)?\d{{4}})?|\d{{4}}年\d{{1,2}}月\d{{1,2}}日|\d{{1,2}}月\d{{1,2}}日)"
    );
    let week = r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|montag|dienstag|mittwoch|donnerstag|freitag|lundi|mardi|mercredi|jeudi|vendredi|lunes|martes|miércoles|jueves|viernes)";
    let lead = r"(?:until|till|back(?:\s+(?:in|at)\s+the\s+office)?(?:\s+on)?|return(?:ing)?(?:\s+(?:to|in)\s+(?:the\s+)?(?:office|work))?(?:\s+on)?|through|bis(?:\s+(?:zum|einschließlich))?|ab(?:\s+dem)?|jusqu['\u{2019}]au|de\s+retour\s+le|hasta(?:\s+el)?|até(?:\s+(?:o\s+)?dia)?|fino\s+al|tot(?:\s+en\s+met)?|to|-|–)";
    Regex::new(&format!(
        r"(?i)\b{lead}\s*:?\s*(?:{week},?\s+)?(?:the\s+)?({day})"
    ))
    .unwrap()
});

#[expect(
    clippy::unwrap_used,
    reason = "constant patterns, compiled by the tests below"
)]
static RANGE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\s+\d{1,2}\s*[-–]\s*(\d{1,2})\b").unwrap()
});

/// A program's answer or notice, if this is one, with why.
pub(super) fn read(message: &Message, body: &str) -> Option<(Kind, Vec<Evidence>)> {
    if let Some(found) = calendar(message) {
        return Some(found);
    }
    let opening = start(body, BODY_OCTETS_MAX).to_lowercase();
    let subject = message
        .value("subject")
        .to_lowercase()
        .replace('\u{2019}', "'");
    let (is_reply, evidence) = automatic(message, &subject, &opening)?;
    if CHALLENGE
        .iter()
        .any(|words| opening.contains(words) || subject.contains(words))
    {
        return Some((Kind::Challenge, evidence));
    }
    if !is_reply {
        return Some((Kind::Notification, evidence));
    }
    let auto = sort(&subject, &opening);
    let returns = (auto == AutoReply::OutOfOffice)
        .then(|| return_day(message.value("subject"), body))
        .flatten();
    Some((Kind::AutoReply { auto, returns }, evidence))
}

/// Whether a program sent it: `true` for an answer to a mail, `false` for anything else.
fn automatic(message: &Message, subject: &str, opening: &str) -> Option<(bool, Vec<Evidence>)> {
    let mut evidence = Vec::new();
    for name in ["auto-submitted", "x-auto-submitted"] {
        let value = message.value(name).to_ascii_lowercase();
        let word = value.split([';', ' ', '(']).next().unwrap_or_default();
        if !word.is_empty() && word != "no" {
            evidence.push(Evidence::new("Auto-Submitted", &value));
            return Some((word != "auto-generated" || points_away(subject), evidence));
        }
    }
    const REPLY_HEADERS: [&str; 9] = [
        "x-autoreply",
        "x-autorespond",
        "x-autoresponder",
        "x-auto-reply",
        "x-autoreply-from",
        "x-mail-autoreply",
        "x-autogenerated",
        "delivered-by-the-autoresponder",
        "x-ms-exchange-inbox-rules-loop-autoreply",
    ];
    for name in REPLY_HEADERS {
        if let Some(header) = message.header(name)
            && !matches!(
                header.raw.trim().to_ascii_lowercase().as_str(),
                "no" | "false" | ""
            )
        {
            evidence.push(Evidence::new(header.name.as_str(), &header.value));
            return Some((true, evidence));
        }
    }
    let precedence = message.value("precedence").to_ascii_lowercase();
    if precedence == "auto_reply" || precedence == "auto-reply" {
        evidence.push(Evidence::new("Precedence", &precedence));
        return Some((true, evidence));
    }
    if subject_says(subject) {
        evidence.push(Evidence::new("Subject", message.value("subject")));
        return Some((true, evidence));
    }
    // From here on words must be borne out by structure: a null sender, a mark that the sender
    // wants no automatic answers, a bulk precedence; and the note must be short.
    let is_marked = message
        .headers_named("return-path")
        .any(|header| header.raw.trim() == "<>")
        || message.header("x-auto-response-suppress").is_some()
        || matches!(precedence.as_str(), "bulk" | "junk");
    let is_short = opening.chars().count() <= NOTE_CHARS_MAX;
    let is_away = AWAY.iter().any(|words| subject.contains(words));
    if is_short && is_away && (is_marked || is_first_hand(opening)) {
        evidence.push(Evidence::new("Subject", message.value("subject")));
        return Some((true, evidence));
    }
    if message
        .headers_named("return-path")
        .any(|header| header.raw.trim() == "<>")
        && is_short
        && (is_first_hand(opening) || RECEIVED.iter().any(|words| opening.contains(words)))
    {
        evidence.push(Evidence::new("Return-Path", "<>"));
        return Some((true, evidence));
    }
    is_notification(message).map(|why| (false, vec![why]))
}

/// A subject that begins like an automatic reply's, after a list's tag and marks of an answer.
fn subject_says(subject: &str) -> bool {
    let mut bare = subject.trim();
    loop {
        let next = bare
            .strip_prefix("re:")
            .or_else(|| bare.strip_prefix("aw:"))
            .or_else(|| {
                let (tag, rest) = bare.strip_prefix('[')?.split_once(']')?;
                (tag.chars().count() <= 30 && tag != "ooo").then_some(rest)
            });
        match next {
            Some(rest) => bare = rest.trim_start(),
            None => break,
        }
    }
    // A person answering such a mail keeps its subject: then it is a person.
    let is_answer = bare.len() < subject.trim().len() && subject.trim_start().starts_with("re:");
    let says = SUBJECT_STARTS.iter().any(|words| bare.starts_with(words));
    let is_bracketed = subject.contains("(out of office)") || subject.contains("[auto-reply]");
    (says && !is_answer) || is_bracketed
}

fn points_away(subject: &str) -> bool {
    subject_says(subject) || AWAY.iter().any(|words| subject.contains(words))
}

/// Away in the first person, in the first sentence or two.
fn is_first_hand(opening: &str) -> bool {
    let first = start(opening, 600);
    const OPENINGS: [&str; 12] = [
        "i am out of",
        "i'm out of",
        "i will be out of",
        "i am currently",
        "i'm currently out",
        "i am away",
        "i will be away",
        "ich bin ",
        "je suis ",
        "estoy ",
        "i am on ",
        "i will be on ",
    ];
    OPENINGS.iter().any(|words| first.contains(words))
        && AWAY.iter().any(|words| first.contains(words))
}

fn sort(subject: &str, opening: &str) -> AutoReply {
    let says = |table: &[&str]| {
        table
            .iter()
            .any(|words| subject.contains(words) || opening.contains(words))
    };
    if says(GONE) {
        AutoReply::AddressGone
    } else if says(AWAY) {
        AutoReply::OutOfOffice
    } else if says(RECEIVED) {
        AutoReply::Acknowledgement
    } else if subject_says(subject) {
        // "Automatic reply: …" is what calendars' absence notes are called everywhere.
        AutoReply::OutOfOffice
    } else {
        AutoReply::Other
    }
}

/// The day of return as the mail writes it.
fn return_day(subject: &str, body: &str) -> Option<String> {
    let text = format!("{}\n{}", start(subject, 400), start(body, BODY_OCTETS_MAX));
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    // The last of several: "from 3 May until 9 May" returns on the ninth.
    let until = RETURNS
        .captures_iter(&text)
        .filter_map(|c| c.get(1))
        .last()
        .map(|m| quote(m.as_str()));
    until.or_else(|| {
        RANGE
            .captures(&text)
            .and_then(|c| Some(format!("{} {}", c.get(1)?.as_str(), c.get(2)?.as_str())))
    })
}

/// An answer to an invitation: `text/calendar` with `METHOD:REPLY`.
fn calendar(message: &Message) -> Option<(Kind, Vec<Evidence>)> {
    message.parts.iter().find_map(|part| {
        if part.content_type != "text/calendar" {
            return None;
        }
        let method = part
            .parameter("method")
            .unwrap_or_default()
            .to_ascii_uppercase();
        let says_reply = match &part.content {
            Content::Text(text) => start(text, BODY_OCTETS_MAX)
                .lines()
                .any(|line| line.trim().eq_ignore_ascii_case("METHOD:REPLY")),
            Content::Html(_) | Content::Message(_) | Content::Multipart | Content::File { .. } => {
                false
            }
        };
        (says_reply || method == "REPLY").then(|| {
            (
                Kind::Calendar,
                vec![Evidence::new("text/calendar", "METHOD:REPLY")],
            )
        })
    })
}

/// Beginnings and ends of addresses nobody sits behind.
const NOBODY: &[&str] = &[
    "noreply",
    "no-reply",
    "no_reply",
    "donotreply",
    "do-not-reply",
    "do_not_reply",
    "notification",
    "notifications",
    "automated",
];
/// Addresses of machines, unless they answer a mail: people sit behind some.
const SELDOM: &[&str] = &["notify", "alert", "alerts", "accounts", "mailer"];

/// Signs that nobody sits behind the sender's address.
fn is_notification(message: &Message) -> Option<Evidence> {
    let from = message.value("from").to_ascii_lowercase();
    let local = super::address::first(&from).unwrap_or_default();
    let local = local.split('@').next().unwrap_or_default();
    let is_nobody = NOBODY
        .iter()
        .any(|word| local.starts_with(word) || local.ends_with(word));
    if is_nobody || (SELDOM.contains(&local) && !answers(message)) {
        return Some(Evidence::new("From", &from));
    }
    message
        .headers
        .iter()
        .find(|header| {
            let name = header.name.to_ascii_lowercase();
            matches!(
                name.as_str(),
                "x-github-reason" | "x-gitlab-notificationreason" | "x-jira-fingerprint"
            )
        })
        .map(|header| Evidence::new(header.name.as_str(), &header.value))
}

/// True if it says which mail it answers.
fn answers(message: &Message) -> bool {
    ["in-reply-to", "references"]
        .iter()
        .any(|name| message.header(name).is_some())
}

/// Mail of a list or a newsletter (RFC 2919, RFC 2369), whatever it answers: members of a list
/// answer each other. Which of it answers us, the record knows ([`crate::Triage::as_letter`]).
pub(super) fn list(message: &Message) -> Option<Evidence> {
    [
        "list-id",
        "list-post",
        "list-unsubscribe",
        "mailing-list",
        "x-mailing-list",
    ]
    .iter()
    .find_map(|name| message.header(name))
    .map(|header| Evidence::new(header.name.as_str(), &header.value))
    .or_else(|| {
        let precedence = message.value("precedence").to_ascii_lowercase();
        matches!(precedence.as_str(), "list" | "bulk")
            .then(|| Evidence::new("Precedence", &precedence))
    })
}

#[cfg(test)]
mod tests {
    use domain::inbound::Header;

    use super::*;

    #[test]
    fn a_day_of_return_is_taken_as_written() {
        let cases = [
            ("Away until May 5", "", Some("May 5")),
            (
                "",
                "I am away from 3 May until 9 May 2027.",
                Some("9 May 2027"),
            ),
            (
                "",
                "out of office through 2027-01-04, sorry",
                Some("2027-01-04"),
            ),
            ("", "traveling on July 10-31.", Some("July 31")),
            (
                "",
                "Ich bin bis zum 12.03.2027 nicht im Büro",
                Some("12.03.2027"),
            ),
            ("", "I will not be back soon", None),
        ];
        for (subject, body, day) in cases {
            assert_eq!(return_day(subject, body).as_deref(), day, "{subject}{body}");
        }
    }

    #[test]
    fn an_answer_to_an_automatic_reply_is_not_one() {
        assert!(subject_says("automatic reply: hello"));
        assert!(subject_says("[list] out of office"));
        assert!(!subject_says("re: automatic reply: hello"));
        assert!(!subject_says("how do i set an out of office note?"));
    }

    fn mail(headers: &[(&str, &str)]) -> Message {
        Message {
            headers: headers
                .iter()
                .map(|(name, value)| Header {
                    name: (*name).to_owned(),
                    raw: (*value).to_owned(),
                    value: (*value).to_owned(),
                })
                .collect(),
            ..Message::default()
        }
    }

    #[test]
    fn people_sit_behind_shared_addresses() {
        let about = ("In-Reply-To", "<1@ours.example>");
        for from in ["keyaccounts@acme.example", "rita.alert@acme.example"] {
            assert!(
                is_notification(&mail(&[("From", from)])).is_none(),
                "{from}"
            );
        }
        for from in ["no-reply@acme.example", "shop-notifications@acme.example"] {
            assert!(
                is_notification(&mail(&[("From", from), about])).is_some(),
                "{from}"
            );
        }
        for from in ["alerts@acme.example", "accounts@acme.example"] {
            let from = ("From", from);
            assert!(is_notification(&mail(&[from])).is_some(), "{from:?}");
            assert!(is_notification(&mail(&[from, about])).is_none(), "{from:?}");
        }
    }

    #[test]
    fn what_members_of_a_list_answer_each_other_is_mail_of_the_list() {
        let list = ("List-Id", "<bees.example>");
        assert!(super::list(&mail(&[list])).is_some());
        assert!(super::list(&mail(&[list, ("In-Reply-To", "<1@bees.example>")])).is_some());
        assert!(super::list(&mail(&[("In-Reply-To", "<1@bees.example>")])).is_none());
    }
}
