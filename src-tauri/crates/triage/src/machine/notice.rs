//! Failure notices without a report: the many ways servers say in prose that a mail came back.
//!
//! One reader for all of them, since they differ in words and agree in shape: a greeting, then
//! the addresses, each followed by what the refusing server said, then the returned mail.

use std::cell::OnceCell;
use std::sync::LazyLock;

use domain::inbound::{Content, Message};
use regex::Regex;

use super::address::{self, Found};
use super::{cause, dsn, fields};
use crate::reading::{Action, Cause, RECIPIENTS_MAX, Recipient, quote};
use crate::text::start;

/// Addresses of one notice that are looked at.
const CANDIDATES_MAX: usize = 400;
/// Octets before an address on its line that are a label or the marks of a list.
const LABEL_OCTETS_MAX: usize = 160;
/// Octets after an address that are taken for what the server said about it.
const DIAGNOSTIC_OCTETS_MAX: usize = 2 << 10;

/// Words only failure notices have, in lower case. Each was seen in mail of more than one system.
#[rustfmt::skip] // a table
const PHRASES: &[&str] = &[
    "could not be delivered", "couldn't be delivered", "wasn't able to deliver", "was not able to deliver", "unable to deliver", "not been delivered",
    "undeliverable", "undelivered", "delivery failed", "delivery to the following", "failed to deliver", "delivery failure", "returned mail", "permanent fatal errors",
    "did not reach", "could not be reached", "trouble delivering your message", "returned permanent errors", "no such user", "invalid user address", "had trouble delivering", "problem delivering your message", "not member", "not a member of this mailing list", "cannot be delivered", "can not be delivered", "was not delivered", "not delivered to", "had delivery problems", "had delivery errors",
    "error delivering your mail", "error has occurred while attempting to deliver", "error occurred while trying to deliver", "message was undeliverable", "fatal errors", "not be delivered",
    "rejected by a remote mail server", "failed permanently", "non-delivered", "non-delivery", "mail delivery subsystem", "delivery status notification", "following address failed", "address failed:", "following addresses failed",
    "recipient address", "transcript of session follows", "returning message to sender", "no valid recipients", "wasn't delivered", "has been rejected", "message not delivered", "unknown address error", "user unknown",
    "konnte nicht zugestellt", "nicht zugestellt werden", "unzustellbar", "n'a pas pu être", "n'a pu être", "non remis", "impossibile recapitare", "non è stato possibile", "mancato recapito", "no se pudo entregar", "no se ha podido entregar",
    "não pôde ser entregue", "não foi possível entregar", "не может быть доставлено", "не удалось доставить", "не было доставлено", "недоставлен", "niet worden bezorgd", "niet afgeleverd", "kunde inte levereras", "nie można dostarczyć", "nie mogła zostać",
    "送信できません", "配信できません", "送信に失敗", "配送できません", "届けることができ", "エラーメール", "投稿できなかった", "存在しないか", "无法投递", "退信", "投递失败", "無法傳送", "退回", "배달되지", "전송되지",
];

/// Subjects of failure notices, in lower case.
#[rustfmt::skip] // a table
const SUBJECTS: &[&str] = &[
    "failure notice", "delivery failure", "mail delivery failed", "undeliver", "returned mail", "delivery status notification", "mail failure", "returned to sender", "mail system error", "delivery report", "non-delivery",
    "delivery failed", "delivery has failed", "mail delivery problem", "could not send message", "could not be delivered", "message status - undeliverable", "nondeliverable", "not delivered", "mail delivery error", "delivery error", "rejected", "bounce",
    "unzustellbar", "nicht zustellbar", "zustellung fehlgeschlagen", "non remis", "échec de remise", "échec de la remise", "mancato recapito", "no se puede entregar", "entrega fallida", "falha na entrega", "não entregue", "не доставлено", "недоставлен", "не может быть доставлено", "onbestelbaar", "niet bezorgd", "returnerat",
    "配信不能", "配信エラー", "エラー", "送信できません", "未配信", "退信", "投递失败", "失败通知", "반송", "user unknown", "error sending your mail", "problem sending your mail", "are not member", "notification message", "error mail", "mail delivery", "message you sent", "warning: could not", "warning--could not",
];

#[expect(
    clippy::unwrap_used,
    reason = "constant patterns, compiled by the tests below"
)]
static RCPT: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?i-u:rcpt to:)\s*<?([^\s<>]+@[^\s<>]+)").unwrap());
#[expect(
    clippy::unwrap_used,
    reason = "constant patterns, compiled by the tests below"
)]
static NEAR: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?i)(?:message|mail|deliver\w*|delivery|recipient\w*|address\w*|user|to|envoyé à|mailbox)[\s:"'(\[]*<?$"#).unwrap()
});

/// The prose of a notice and what came back with it.
pub(super) struct Notice {
    /// What the system wrote itself.
    pub(super) prose: String,
    /// What follows it in the same text: usually the returned mail's headers.
    pub(super) returned: String,
}

/// Cuts the returned mail off the prose.
pub(super) fn cut(body: &str) -> Notice {
    let at = fields::where_headers_begin(body).unwrap_or(body.len());
    Notice {
        prose: body.get(..at).unwrap_or_default().to_owned(),
        returned: body.get(at..).unwrap_or_default().to_owned(),
    }
}

/// How many of three independent signs of a failure notice there are: who sent it, its subject,
/// its words. Two are needed: people write "could not be delivered" as well.
pub(super) fn signs(message: &Message, prose: &str) -> Vec<(&'static str, String)> {
    let mut signs = Vec::new();
    if let Some(who) = sent_by_a_mail_system(message) {
        signs.push(("From", who));
    }
    let subject = message.value("subject").to_lowercase();
    if !is_answer(&subject) && SUBJECTS.iter().any(|one| subject.contains(one)) {
        signs.push(("Subject", message.value("subject").to_owned()));
    }
    let lower = fold(start(prose, 8 << 10));
    if let Some(phrase) = PHRASES.iter().find(|phrase| lower.contains(*phrase)) {
        signs.push(("text", (*phrase).to_owned()));
    } else if RCPT.is_match(prose) && cause::reply_in(prose).is_some() {
        // A transcript of a refused command.
        signs.push(("text", "RCPT TO".to_owned()));
    }
    signs
}

/// True if a subject says it is somebody's answer or forward.
fn is_answer(subject: &str) -> bool {
    ["re:", "fwd:", "fw:", "aw:", "wg:", "sv:", "rv:"]
        .iter()
        .any(|mark| subject.trim_start().starts_with(mark))
}

/// Who sent it, if that is a mail system and not a person.
pub(super) fn sent_by_a_mail_system(message: &Message) -> Option<String> {
    let from = message.value("from");
    let lower = from.to_lowercase();
    let is_system = [
        "mailer-daemon",
        "mailer_daemon",
        "mailerdaemon",
        "postmaster",
        "post_master",
        "mail delivery",
        "mail deliver",
        "mail.delivery",
        "mailer daemon",
        "maildaemon",
        "mail-daemon",
        "system administrator",
        "mail administrator",
        "mail system",
        "ndr administrator",
        "microsoft outlook",
        "microsoftexchange",
        "delivery subsystem",
        "delivery system",
        "no-reply@sns.amazonaws.com",
        "bounce",
    ]
    .iter()
    .any(|name| lower.contains(name))
        || (message.header("from").is_some() && matches!(from.trim(), "<>" | ""));
    if is_system {
        return Some(from.to_owned());
    }
    message
        .headers_named("return-path")
        .find(|header| header.raw.trim() == "<>")
        .map(|_| "<> (Return-Path)".to_owned())
}

/// The recipients a notice speaks of.
pub(super) fn recipients(message: &Message, notice: &Notice) -> Vec<Recipient> {
    let mut quoted_report = Vec::new();
    if notice
        .prose
        .to_ascii_lowercase()
        .contains("final-recipient:")
    {
        dsn::read(&unindented(&notice.prose), &mut quoted_report);
        if !quoted_report.is_empty() {
            return quoted_report;
        }
    }
    let found = address::find(&notice.prose, CANDIDATES_MAX);
    let ours = own_addresses(message);
    let theirs = address::first(message.value("from"));
    let chosen = choose(message, notice, &found, &ours, theirs.as_deref());
    let listed: Vec<&Found> = found
        .iter()
        .filter(|one| begins_line(&notice.prose, one))
        .collect();
    // What the transcript says is read at most once, however many it speaks of.
    let known = OnceCell::new();
    let transcript = || *known.get_or_init(|| cause::judge(&reply_lines(&notice.prose), None));
    let mut out: Vec<Recipient> = Vec::new();
    for (address, at) in chosen.into_iter().take(RECIPIENTS_MAX) {
        if out.iter().any(|known| known.address == address) {
            continue;
        }
        let said = at.map_or("", |at| what_was_said(&notice.prose, &at, &listed));
        out.push(failed(address, said, &transcript));
    }
    if let [only] = out.as_mut_slice()
        && only.cause == Cause::Undefined
    {
        *only = failed(only.address.clone(), &notice.prose, &transcript);
    }
    out
}

fn failed(address: String, said: &str, transcript: &impl Fn() -> Cause) -> Recipient {
    let own = reply_lines(said);
    let telling = if own.trim().is_empty() {
        said
    } else {
        own.as_str()
    };
    let status = cause::status_in(telling);
    let mut judged = cause::judge(telling, status.as_deref());
    if matches!(judged, Cause::Undefined | Cause::Policy) && telling != said {
        let wider = cause::judge(said, status.as_deref());
        if wider != Cause::Undefined {
            judged = wider;
        }
    }
    if judged == Cause::Undefined {
        // Sendmail and others put the server's words into a transcript further down.
        judged = transcript();
    }
    Recipient {
        address,
        original_address: None,
        action: Action::Failed,
        status,
        diagnostic: (!telling.trim().is_empty()).then(|| quote(telling)),
        cause: judged,
    }
}

/// The lines in which a server speaks SMTP, or which say what it answered, if there are any.
fn reply_lines(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let bare = line.trim_start_matches(['>', '<', ' ', '\t']);
        let lower = bare.to_lowercase();
        let names_command = [
            "after rcpt",
            "after mail from",
            "rcpt command",
            "end of data",
            "not like recipient",
        ]
        .iter()
        .any(|words| lower.contains(words));
        if names_command || cause::reply_in(bare).is_some() || cause::status_in(bare).is_some() {
            out.push_str(bare);
            out.push('\n');
        }
    }
    out
}

/// Which of the addresses failed, and where each stands. The first way that finds any wins:
/// those a header names, those that begin a line, those a command or a sentence names, any other;
/// and if the prose names none, those the returned mail was for.
fn choose(
    message: &Message,
    notice: &Notice,
    found: &[Found],
    ours: &[String],
    theirs: Option<&str>,
) -> Vec<(String, Option<Found>)> {
    let place = |address: &str| found.iter().find(|f| f.address == address).cloned();
    let named: Vec<(String, Option<Found>)> = message
        .headers_named("x-failed-recipients")
        .flat_map(|header| address::find(&header.raw, RECIPIENTS_MAX))
        .map(|f| (f.address.clone(), place(&f.address)))
        .collect();
    if !named.is_empty() {
        return named;
    }
    let is_candidate = |f: &&Found| {
        !ours.contains(&f.address) && theirs != Some(&*f.address) && !is_daemon(&f.address)
    };
    let prose = &notice.prose;
    let listed: Vec<&Found> = found.iter().filter(|f| begins_line(prose, f)).collect();
    let commanded: Vec<Found> = RCPT
        .captures_iter(prose)
        .take(CANDIDATES_MAX)
        .filter_map(|c| c.get(1))
        .filter_map(|m| {
            let address = address::first(m.as_str())?;
            Some(Found {
                address,
                from: m.start(),
                to: m.end(),
            })
        })
        .collect();
    let near: Vec<&Found> = found
        .iter()
        .filter(|f| NEAR.is_match(prose.get(..f.from).map_or("", |before| last(before, 40))))
        .collect();
    let ways: [Vec<&Found>; 4] = [
        listed.clone(),
        commanded.iter().collect(),
        near,
        found.iter().collect(),
    ];
    for way in &ways {
        let some: Vec<(String, Option<Found>)> = way
            .iter()
            .copied()
            .filter(is_candidate)
            .map(|f| (f.address.clone(), Some(f.clone())))
            .collect();
        if !some.is_empty() {
            return some;
        }
    }
    // Our own address can be the one that failed, where it is listed as such.
    if let Some(f) = listed.first() {
        return vec![(f.address.clone(), Some((*f).clone()))];
    }
    returned_to(message, &notice.returned)
        .into_iter()
        .map(|address| (address, None))
        .collect()
}

/// Whom the returned mail was for.
fn returned_to(message: &Message, returned: &str) -> Vec<String> {
    let headers = fields::headers(returned);
    let mut to: Vec<String> = headers
        .get("to")
        .map(|value| {
            address::find(value, RECIPIENTS_MAX)
                .into_iter()
                .map(|f| f.address)
                .collect()
        })
        .unwrap_or_default();
    if to.is_empty() {
        to = message
            .parts
            .iter()
            .find_map(|part| match &part.content {
                Content::Message(inner) => Some(
                    address::find(inner.value("to"), RECIPIENTS_MAX)
                        .into_iter()
                        .map(|f| f.address)
                        .collect(),
                ),
                Content::Text(_) | Content::Html(_) | Content::Multipart | Content::File { .. } => {
                    None
                }
            })
            .unwrap_or_default();
    }
    to
}

/// Addresses the notice was sent to: those of whoever wrote the mail that failed.
fn own_addresses(message: &Message) -> Vec<String> {
    ["to", "delivered-to"]
        .iter()
        .flat_map(|name| message.headers_named(name))
        .flat_map(|header| address::find(&header.value, 20))
        .map(|f| f.address)
        .collect()
}

fn is_daemon(address: &str) -> bool {
    let local = address.split('@').next().unwrap_or_default();
    matches!(
        local,
        "mailer-daemon" | "abuse" | "noreply" | "no-reply" | "support"
    )
}

/// True if nothing but marks of a list stands before it on its line, and a diagnostic or nothing
/// stands behind.
fn begins_line(prose: &str, f: &Found) -> bool {
    let before = prose.get(..f.from).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default();
    if line.len() > LABEL_OCTETS_MAX {
        return false;
    }
    let marks = |c: char| c.is_whitespace() || "<>*-\"'=[(•・:".contains(c);
    // `name <address>` alone on a line, and `Recipient: address`.
    let label = line.trim().trim_end_matches(['<', ' ']).to_lowercase();
    let is_labelled = [
        "recipient:",
        "to:",
        "failed recipient:",
        "recipient address:",
        "rcpt:",
        "addressee:",
    ]
    .contains(&label.as_str());
    let after = prose.get(f.to..).unwrap_or_default();
    let next = after
        .trim_start_matches(['>', '"', '\'', ']', ')'])
        .chars()
        .next();
    let is_end = next.is_none_or(|c| c.is_whitespace() || ":,;([<.\u{2026}".contains(c));
    // `550 5.1.1 <address>...`: the codes of a transcript before it.
    let is_coded = line.trim_start().starts_with(['4', '5'])
        && line.ends_with('<')
        && line
            .chars()
            .all(|c| marks(c) || c.is_ascii_digit() || c == '.');
    is_end && (line.chars().all(marks) || is_labelled || is_coded)
}

/// What stands behind an address, up to the next one that begins a line or the end.
fn what_was_said<'a>(prose: &'a str, at: &Found, listed: &[&Found]) -> &'a str {
    let end = listed
        .iter()
        .find(|next| next.from > at.to && next.address != at.address)
        .map_or(prose.len(), |next| next.from);
    start(
        prose.get(at.to..end).unwrap_or_default(),
        DIAGNOSTIC_OCTETS_MAX,
    )
}

fn unindented(text: &str) -> String {
    text.lines()
        .map(|line| line.trim_start_matches(['>', ' ', '\t']))
        .fold(String::new(), |mut all, line| {
            all.push_str(line);
            all.push('\n');
            all
        })
}

fn last(text: &str, octets: usize) -> &str {
    let mut from = text.len().saturating_sub(octets);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    text.get(from..).unwrap_or_default()
}

/// Lower case, single spaces, straight apostrophes.
fn fold(text: &str) -> String {
    let lower = text.to_lowercase().replace(['\u{2018}', '\u{2019}'], "'");
    lower.split_whitespace().collect::<Vec<_>>().join(" ")
}
