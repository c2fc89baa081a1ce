//! Who signed a message (DKIM, RFC 6376), checked here where no server that is believed said it.
//!
//! A message and somewhere to ask for keys in, a verdict per signature out. What cannot be asked in
//! time is unknown, never a failure: keys are looked up first, all at once and within a bound, and
//! what checks the signatures then asks nobody.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::future::Future;
use std::hash::Hash;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use domain::Timestamp;
use futures_util::future::join_all;
use mail_auth::common::cache::NoCache;
use mail_auth::common::parse::TxtRecordParser;
use mail_auth::common::verify::{DomainKey, VerifySignature};
use mail_auth::hickory_resolver::config::{ResolverConfig, ResolverOpts};
use mail_auth::{
    AuthenticatedMessage, DkimResult, DnsError, Error, MX, MessageAuthenticator, Parameters,
    RecordSet, ResolverCache, Txt,
};

/// Octets of a message whose signatures are checked; of a longer one nothing is known.
pub const OCTETS_MAX: usize = 10 << 20;
/// Signatures of one message that are checked.
pub const SIGNATURES_MAX: usize = 5;
/// How long the keys of one message are waited for.
pub const KEYS_WAIT: Duration = Duration::from_secs(2);

/// What was said when a key was asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Key {
    /// The record, its strings joined.
    Said(Vec<u8>),
    /// There is none.
    Absent,
    /// Nobody answered, or not in time.
    Unknown,
}

/// The answer to one question.
pub type Asking<'a> = Pin<Box<dyn Future<Output = Key> + Send + 'a>>;

/// Where keys are asked for.
pub trait Keys: Send + Sync {
    /// The TXT record of a name such as `2027._domainkey.shop.example`.
    fn ask<'a>(&'a self, name: &'a str) -> Asking<'a>;
}

/// What a signature is worth, in the words of RFC 8601.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// The domain signed this message as it is.
    Pass,
    /// It signed another, or this one was changed on its way.
    Fail,
    /// The signature or its key is of no use.
    Permerror,
    /// Its key could not be had now: nothing is known.
    Temperror,
}

impl Verdict {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Permerror => "permerror",
            Self::Temperror => "temperror",
        }
    }
}

/// One signature.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Signed {
    /// The domain it speaks for, lower case.
    pub domain: String,
    /// What it is worth.
    pub verdict: Verdict,
}

/// Checks the signatures of a message that came `at` this time. Waits at most `wait` for keys.
/// Signatures over a part of the body alone are passed over: the rest could be anybody's.
pub async fn check(bytes: &[u8], at: Timestamp, keys: &dyn Keys, wait: Duration) -> Vec<Signed> {
    if bytes.len() > OCTETS_MAX {
        return Vec::new();
    }
    let Some(mut message) = AuthenticatedMessage::parse(bytes) else {
        return Vec::new();
    };
    message.dkim_headers.truncate(SIGNATURES_MAX);
    if message.dkim_headers.is_empty() {
        return Vec::new();
    }
    // What is signed is the header as it came: its number is only read, and would else be held
    // against this machine's clock.
    let over: Vec<bool> = message
        .dkim_headers
        .iter_mut()
        .map(|one| is_over(std::mem::take(&mut one.header.x), one.header.t, at))
        .collect();
    let names: Vec<String> = message
        .dkim_headers
        .iter()
        .map(|one| one.header.domain_key().to_lowercase())
        .collect();
    let asked = names.iter().map(|name| async move {
        let said = tokio::time::timeout(wait, keys.ask(name.trim_end_matches('.'))).await;
        (name, said.unwrap_or(Key::Unknown))
    });
    let mut known = Known::default();
    for (name, key) in join_all(asked).await {
        known.0.insert(name.as_str().into(), record(key));
    }
    let Some(nobody) = nobody() else {
        return Vec::new();
    };
    let asked = Parameters {
        params: &message,
        cache_txt: Some(&known),
        cache_mx: None::<&NoCache<Box<str>, RecordSet<MX>>>,
        cache_ptr: None::<&NoCache<IpAddr, RecordSet<Box<str>>>>,
        cache_ipv4: None::<&NoCache<Box<str>, RecordSet<Ipv4Addr>>>,
        cache_ipv6: None::<&NoCache<Box<str>, RecordSet<Ipv6Addr>>>,
    };
    let checked = nobody.verify_dkim(asked).await;
    // One answer for each signature, in their order; those that could not be read have none.
    checked
        .iter()
        .filter_map(|one| Some((one, one.signature()?)))
        .zip(over)
        .map(|((one, signature), is_over)| {
            // A signature that leaves `From` out says nothing of who wrote.
            let is_of_from = signature
                .h
                .iter()
                .any(|name| name.eq_ignore_ascii_case("from"));
            Signed {
                domain: signature.d.to_lowercase(),
                verdict: match one.result() {
                    DkimResult::Pass if is_over => Verdict::Fail,
                    DkimResult::Pass if is_of_from => Verdict::Pass,
                    DkimResult::Pass | DkimResult::PermError(_) | DkimResult::None => {
                        Verdict::Permerror
                    }
                    DkimResult::Neutral(_) | DkimResult::Fail(_) => Verdict::Fail,
                    DkimResult::TempError(_) => Verdict::Temperror,
                },
            }
        })
        .collect()
}

/// Whether a signature made at `signed` (`t=`) no longer counts, by its `expires` (`x=`, 0 for
/// never): RFC 6376 section 3.5, both in seconds since 1970.
fn is_over(expires: u64, signed: u64, at: Timestamp) -> bool {
    let is_past = i64::try_from(expires).is_ok_and(|expires| expires <= at.seconds());
    expires != 0 && (expires <= signed || is_past)
}

fn record(key: Key) -> Txt {
    let said = match key {
        Key::Said(record) => DomainKey::parse(&record),
        Key::Absent => Err(Error::Dns(DnsError::InvalidRecordType)),
        Key::Unknown => Err(Error::Dns(DnsError::Resolver("not known".to_owned()))),
    };
    match said {
        Ok(key) => Txt::DomainKey(Arc::new(key)),
        Err(error) => Txt::Error(error),
    }
}

/// Whoever is asked and answers nothing: all that may be known is [`Known`].
fn nobody() -> Option<MessageAuthenticator> {
    let silent = ResolverConfig::from_parts(None, Vec::new(), Vec::new());
    MessageAuthenticator::new(silent, ResolverOpts::default()).ok()
}

/// The records that were asked for; any other is not to be had.
#[derive(Default)]
struct Known(HashMap<Box<str>, Txt>);

impl ResolverCache<Box<str>, Txt> for Known {
    fn get<Q>(&self, name: &Q) -> Option<Txt>
    where
        Box<str>: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let known = self.0.get(name).cloned();
        known.or_else(|| Some(record(Key::Unknown)))
    }

    fn remove<Q>(&self, _: &Q) -> Option<Txt>
    where
        Box<str>: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        None
    }

    fn insert(&self, _: Box<str>, _: Txt, _: Instant) {}
}

/// The resolver this machine is set up with, begun at the first question.
#[derive(Default)]
pub struct SystemDns(OnceLock<Option<MessageAuthenticator>>);

impl Keys for SystemDns {
    fn ask<'a>(&'a self, name: &'a str) -> Asking<'a> {
        Box::pin(async move {
            let system = self
                .0
                .get_or_init(|| MessageAuthenticator::new_system_conf().ok());
            let Some(system) = system else {
                return Key::Unknown;
            };
            match system.txt_raw_lookup(name).await {
                Ok(record) if record.is_empty() => Key::Absent,
                Ok(record) => Key::Said(record),
                Err(Error::Dns(DnsError::RecordNotFound(_))) => Key::Absent,
                Err(_) => Key::Unknown,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use mail_auth::common::crypto::Ed25519Key;
    use mail_auth::common::headers::HeaderWriter;
    use mail_auth::dkim::DkimSigner;

    use super::*;

    const LETTER: &str = "From: Ann <ann@shop.example>\r\nTo: bo@ours.example\r\n\
                          Subject: hello\r\n\r\nWe take two.\r\n";

    /// A zone with one key in it, or silence.
    enum Zone {
        Has(String),
        Empty,
        Silent,
    }

    impl Keys for Zone {
        fn ask<'a>(&'a self, name: &'a str) -> Asking<'a> {
            Box::pin(async move {
                match self {
                    Zone::Has(record) if name == "k1._domainkey.shop.example" => {
                        Key::Said(record.clone().into_bytes())
                    }
                    Zone::Has(_) | Zone::Empty => Key::Absent,
                    Zone::Silent => std::future::pending().await,
                }
            })
        }
    }

    /// A letter signed by its sender's domain, and the zone that says so.
    fn signed(headers: &[&str]) -> (String, Zone) {
        signed_for(0, headers)
    }

    /// One that counts for so many seconds; 0 for ever.
    fn signed_for(seconds: u64, headers: &[&str]) -> (String, Zone) {
        use base64::Engine as _;
        let key = Ed25519Key::generate_pkcs8().unwrap();
        let key = Ed25519Key::from_pkcs8_der(&key).unwrap();
        let public = base64::engine::general_purpose::STANDARD.encode(key.public_key());
        let header = DkimSigner::from_key(key)
            .domain("shop.example")
            .selector("k1")
            .headers(headers.iter().copied())
            .expiration(seconds)
            .sign(LETTER.as_bytes())
            .unwrap()
            .to_header();
        let zone = Zone::Has(format!("v=DKIM1; k=ed25519; p={public}"));
        (format!("{header}{LETTER}"), zone)
    }

    async fn verdicts(letter: &str, zone: &Zone) -> Vec<(String, Verdict)> {
        verdicts_at(Timestamp::from_seconds(0), letter, zone).await
    }

    async fn verdicts_at(at: Timestamp, letter: &str, zone: &Zone) -> Vec<(String, Verdict)> {
        let signed = check(letter.as_bytes(), at, zone, Duration::from_millis(50)).await;
        signed
            .into_iter()
            .map(|one| (one.domain, one.verdict))
            .collect()
    }

    #[tokio::test]
    async fn a_signed_letter_is_vouched_for_as_it_is_and_not_changed() {
        let (letter, zone) = signed(&["From", "To", "Subject"]);
        let shop = |verdict| vec![("shop.example".to_owned(), verdict)];
        assert_eq!(verdicts(&letter, &zone).await, shop(Verdict::Pass));
        let body = letter.replace("two", "two hundred");
        assert_eq!(verdicts(&body, &zone).await, shop(Verdict::Fail));
        let sender = letter.replace("ann@shop", "eve@shop");
        assert_eq!(verdicts(&sender, &zone).await, shop(Verdict::Fail));
        assert_eq!(verdicts(LETTER, &zone).await, []);
    }

    #[tokio::test]
    async fn a_signature_ends_by_the_time_it_came_and_not_by_this_clock() {
        let (letter, zone) = signed_for(60, &["From", "To", "Subject"]);
        let shop = |verdict| vec![("shop.example".to_owned(), verdict)];
        let (long_ago, in_2100) = (0, 4_102_444_800);
        for (at, verdict) in [(long_ago, Verdict::Pass), (in_2100, Verdict::Fail)] {
            let at = Timestamp::from_seconds(at);
            assert_eq!(verdicts_at(at, &letter, &zone).await, shop(verdict));
        }
        let longer = letter.replacen("x=1", "x=9", 1);
        assert_ne!(longer, letter);
        let at = Timestamp::from_seconds(in_2100);
        assert_eq!(
            verdicts_at(at, &longer, &zone).await,
            shop(Verdict::Fail),
            "its end is signed too"
        );
    }

    #[tokio::test]
    async fn what_dns_does_not_say_is_unknown_and_no_failure() {
        let (letter, _) = signed(&["From", "To", "Subject"]);
        let shop = |verdict| vec![("shop.example".to_owned(), verdict)];
        assert_eq!(
            verdicts(&letter, &Zone::Silent).await,
            shop(Verdict::Temperror)
        );
        assert_eq!(
            verdicts(&letter, &Zone::Empty).await,
            shop(Verdict::Permerror)
        );
    }

    #[tokio::test]
    async fn a_signature_that_leaves_the_sender_out_vouches_for_nobody() {
        let (letter, zone) = signed(&["To", "Subject"]);
        let found = verdicts(&letter, &zone).await;
        assert!(
            found.iter().all(|(_, verdict)| *verdict != Verdict::Pass),
            "{found:?}"
        );
    }

    #[tokio::test]
    async fn nothing_that_is_no_letter_is_vouched_for() {
        let (_, zone) = signed(&["From"]);
        for bytes in [
            "",
            "\r\n",
            "DKIM-Signature: v=1; a=;\r\n\r\n",
            "DKIM-Signature:\r\n",
        ] {
            assert_eq!(verdicts(bytes, &zone).await, [], "{bytes:?}");
        }
    }
}
