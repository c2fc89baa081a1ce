//! Whether a stranger's mail is bulk nobody asked for, or pretends to be somebody: links that show
//! one address and lead to another, senders that answer elsewhere, words of the trade.
//!
//! Evidence for a person and points for a policy. Nothing is thrown away for it.

mod links;

use domain::MailClass;
use domain::inbound::Message;
use serde::Serialize;

use crate::auth::Authentication;
use crate::machine::address;
use crate::model::SHIPPED;
use crate::reading::{EVIDENCE_MAX, Evidence};
use crate::text::{Texts, start};

/// Octets of body that are read for words.
const TEXT_OCTETS_MAX: usize = 16 << 10;
/// From this score mail is called spam.
pub const SPAM_FROM: f32 = 0.5;

/// What mail of a stranger looks like.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Bulk {
    /// The class.
    pub class: MailClass,
    /// How much like spam or phishing, from 0 to 1.
    pub score: f32,
    /// How much of that is pretending to be somebody else, from 0 to 1.
    pub pretence: f32,
    /// Why.
    pub evidence: Vec<Evidence>,
}

/// Words of the trade, in lower case, each with what it weighs alone.
#[rustfmt::skip] // a table
const TRADE: &[(f32, &[&str])] = &[
    (0.35, &["viagra", "cialis", "weight loss", "lose weight", "casino", "lottery", "you have won", "you've won", "winner", "million dollars", "inheritance", "next of kin", "work from home", "earn money", "make money fast", "mortgage rates", "refinance", "debt free", "consolidate", "100% free", "risk free", "risk-free", "money back guarantee", "money-back guarantee", "act now", "limited time offer", "order now", "click here to be removed", "this is not spam", "bulk email", "email marketing", "opt-in list", "toner", "herbal", "penis", "adult content", "xxx", "porn", "hot singles", "multi-level", "mlm", "financial freedom", "be your own boss", "credit card debt", "guaranteed", "no obligation", "dear friend", "beneficiary", "confidential business", "investment opportunity", "double your", "crypto profit", "bitcoin investment", "seo services", "first page of google"]),
    (0.25, &["click here", "free trial", "special offer", "best price", "lowest price", "unlimited", "call now", "toll free", "buy now", "discount", "cash", "$$$", "amazing", "congratulations", "dear sir/madam", "removal instructions", "to be removed"]),
];

/// What pretending mail says, in lower case.
#[rustfmt::skip] // a table
const BAIT: &[&str] = &[
    "verify your account", "verify your identity", "confirm your account", "confirm your identity", "confirm your password", "update your payment", "update your billing", "update your account", "account has been suspended", "account will be suspended", "account has been limited", "account will be closed", "account will be deactivated", "unusual activity", "suspicious activity", "unauthorized access", "unusual sign-in", "unusual login", "password will expire", "password expires", "mailbox is almost full", "mailbox quota", "validate your email", "re-validate", "log in immediately", "within 24 hours", "within 48 hours", "failure to do so", "your parcel", "delivery fee", "customs fee", "tax refund", "outstanding payment", "secure message", "shared a document with you", "view document", "review document", "wire transfer today", "gift cards", "are you at your desk",
    "konto wurde gesperrt", "konto bestätigen", "konto verifizieren", "passwort läuft ab", "compte a été suspendu", "vérifiez votre compte", "verifique su cuenta", "cuenta ha sido suspendida", "verifica il tuo account", "account è stato sospeso", "verifieer uw account", "verifique sua conta", "账户已被", "アカウントを確認", "アカウントが停止",
];

/// Words of a message the learned part looks at.
const WORDS_MAX: usize = 600;

/// What one reason weighs: for spam, for a pretence, and what it is.
type Reason = (f32, f32, Evidence);

/// A message as the learned part sees it: its subject and text, and what stands out otherwise.
pub fn features(message: &Message, texts: &Texts) -> Vec<u32> {
    features_of(message, texts, &content(message, texts))
}

fn features_of(message: &Message, texts: &Texts, content: &[Reason]) -> Vec<u32> {
    use crate::model::features::{hash, of, tokens};
    let text = start(&texts.body, TEXT_OCTETS_MAX).to_lowercase();
    let mut features = of(&text, WORDS_MAX);
    // Words of a subject count apart from those of a text.
    for token in tokens(&message.value("subject").to_lowercase(), 40) {
        features.push(hash(b'S', token.word));
    }
    // Who vouches for a sender is no matter of words: it counts by itself.
    let headers = headers(message, &Authentication::default());
    for (_, _, reason) in headers.iter().chain(content) {
        features.extend((b'0'..b'3').map(|n| hash(n, &reason.place)));
    }
    features.sort_unstable();
    features.dedup();
    features
}

/// Judges a message by its headers, links and words.
pub fn judge(message: &Message, texts: &Texts, auth: &Authentication) -> Bulk {
    let content = content(message, texts);
    let model = &SHIPPED.bulk;
    let learned = model.probability(model.score(0, &features_of(message, texts, &content)));
    let mut reasons = headers(message, auth);
    reasons.extend(content);
    if learned >= SPAM_FROM {
        reasons.push((
            learned,
            0.0,
            Evidence::new("text", "reads like mail sent in bulk"),
        ));
    }
    // What a provider or a broken proof of origin says counts whatever the words are.
    let told = reasons
        .iter()
        .filter(|(_, _, e)| PROVIDERS.contains(&e.place.as_str()))
        .map(|(spam, ..)| 1.0 - spam)
        .product::<f32>();
    let score = 1.0 - told * (1.0 - learned);
    let pretence = 1.0 - reasons.iter().map(|(_, p, _)| 1.0 - p).product::<f32>();
    reasons.sort_by(|a, b| b.0.total_cmp(&a.0));
    Bulk {
        class: class(score, pretence),
        score: if pretence >= PRETENCE_FROM {
            score.max(pretence)
        } else {
            score
        },
        pretence,
        evidence: reasons
            .into_iter()
            .map(|(.., e)| e)
            .take(EVIDENCE_MAX)
            .collect(),
    }
}

/// What links, words and the subject say.
fn content(message: &Message, texts: &Texts) -> Vec<Reason> {
    let mut reasons: Vec<Reason> = Vec::new();
    let mut put = |spam: f32, pretence: f32, place: &str, said: &str| {
        reasons.push((spam, pretence, Evidence::new(place, said)));
    };
    for find in links::find(&texts.html) {
        put(find.spam, find.pretence, find.place, &find.said);
    }
    let words = format!(
        "{}\n{}",
        message.value("subject"),
        start(&texts.body, TEXT_OCTETS_MAX)
    );
    let words = words.to_lowercase();
    for (weight, table) in TRADE {
        let found: Vec<&str> = table
            .iter()
            .copied()
            .filter(|w| words.contains(w))
            .collect();
        if let Some(first) = found.first() {
            let many = 1.0 - (1.0 - weight).powi(i32::try_from(found.len()).unwrap_or(9).min(9));
            put(many, 0.0, "text", first);
        }
    }
    let bait: Vec<&str> = BAIT.iter().copied().filter(|w| words.contains(w)).collect();
    if let Some(first) = bait.first() {
        let weight = if bait.len() > 1 { 0.5 } else { 0.35 };
        put(weight, weight, "text", first);
    }
    if is_shouting(message.value("subject")) {
        put(0.3, 0.0, "Subject", message.value("subject"));
    }
    reasons
}

/// From this much pretence mail is called phishing.
const PRETENCE_FROM: f32 = 0.7;
/// Where verdicts of others stand.
const PROVIDERS: &[&str] = &[
    "x-spam-flag",
    "x-spam",
    "X-MS-Exchange-Organization-SCL",
    "Authentication-Results",
];

fn class(score: f32, pretence: f32) -> MailClass {
    if pretence >= PRETENCE_FROM {
        MailClass::Phishing
    } else if score >= SPAM_FROM {
        MailClass::Spam
    } else {
        MailClass::Ham
    }
}

/// What the headers say against a sender.
fn headers(message: &Message, auth: &Authentication) -> Vec<Reason> {
    let mut reasons: Vec<Reason> = Vec::new();
    let mut put = |spam: f32, pretence: f32, place: &str, said: &str| {
        reasons.push((spam, pretence, Evidence::new(place, said)));
    };
    let from = message.value("from");
    let domain = |value: &str| {
        address::first(value).and_then(|a| a.rsplit_once('@').map(|(_, d)| d.to_owned()))
    };
    let own = domain(from);
    if let Some(answers) = domain(message.value("reply-to"))
        && own
            .as_ref()
            .is_some_and(|own| *own != answers && !answers.ends_with(own.as_str()))
        && message.header("list-id").is_none()
    {
        put(0.15, 0.2, "Reply-To", message.value("reply-to"));
    }
    // A name that is another address: "ceo@ours.example <x@free.example>".
    let name = from.split('<').next().unwrap_or_default();
    if let (Some(shown), Some(own)) = (domain(name), &own)
        && from.contains('<')
        && shown != *own
    {
        put(0.3, 0.6, "From", from);
    }
    if message.header("message-id").is_none() {
        put(0.15, 0.0, "Message-ID", "there is none");
    }
    if message.header("date").is_none() {
        put(0.15, 0.0, "Date", "there is none");
    }
    let failed = auth.dmarc.as_ref().is_some_and(|one| one.result == "fail");
    if failed {
        put(0.35, 0.5, "Authentication-Results", "dmarc=fail");
    }
    for name in ["x-spam-flag", "x-spam"] {
        if message.value(name).trim().eq_ignore_ascii_case("yes") {
            put(0.6, 0.0, name, message.value(name));
        }
    }
    let level = message.value("x-ms-exchange-organization-scl").trim();
    if level.parse::<i32>().is_ok_and(|level| level >= 5) {
        put(0.6, 0.0, "X-MS-Exchange-Organization-SCL", level);
    }
    reasons
}

fn is_shouting(subject: &str) -> bool {
    let letters = subject.chars().filter(|c| c.is_alphabetic()).count();
    let capitals = subject.chars().filter(|c| c.is_uppercase()).count();
    (letters >= 12 && capitals * 10 > letters * 8)
        || subject.matches('!').count() >= 3
        || subject.contains("$$")
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::inbound::{Content, Header, Part};

    fn mail(from: &str, subject: &str, content: Content) -> Message {
        let header = |name: &str, value: &str| Header {
            name: name.to_owned(),
            raw: value.to_owned(),
            value: value.to_owned(),
        };
        Message {
            headers: vec![
                header("From", from),
                header("Subject", subject),
                header("Message-ID", "<1@a.example>"),
                header("Date", "Mon, 3 May 2027 10:00:00 +0000"),
            ],
            parts: vec![Part {
                content_type: match content {
                    Content::Html(_) => "text/html".to_owned(),
                    Content::Text(_)
                    | Content::Message(_)
                    | Content::Multipart
                    | Content::File { .. } => "text/plain".to_owned(),
                },
                parameters: Vec::new(),
                is_attachment: false,
                filename: None,
                depth: 0,
                content,
            }],
            defects: Vec::new(),
        }
    }

    #[test]
    fn a_link_that_leads_elsewhere_is_a_pretence() {
        let body = "<p>Unusual activity. Verify your account:</p>\
                    <a href='http://203.0.113.9/login'>https://bank.example/login</a>";
        let message = mail(
            "Bank <a@bank.example>",
            "Notice",
            Content::Html(body.to_owned()),
        );
        let bulk = judge(&message, &Texts::of(&message), &Authentication::default());
        assert_eq!(bulk.class, MailClass::Phishing, "{bulk:?}");
    }

    #[test]
    fn an_ordinary_letter_is_ham() {
        let body = "Hi Ann,\n\nthe order left today: https://shop.example/o/1\n\nBo";
        let message = mail(
            "Bo <bo@shop.example>",
            "Your order",
            Content::Text(body.to_owned()),
        );
        let bulk = judge(&message, &Texts::of(&message), &Authentication::default());
        assert_eq!(bulk.class, MailClass::Ham, "{bulk:?}");
    }
}
