//! Who vouches for the sender: `Authentication-Results` (RFC 8601) of the receiving system the
//! account is set to trust. Lines of any other name may have been written by the sender.

use domain::inbound::Message;
use serde::Serialize;

use crate::sender;

/// Results of one message that are read.
const RESULTS_MAX: usize = 20;

/// What the trusted system found.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Authentication {
    /// True if a line of a trusted system was there at all.
    pub is_known: bool,
    /// SPF for the envelope sender (RFC 7208), and its domain.
    pub spf: Option<Verified>,
    /// DKIM signatures (RFC 6376), and their domains.
    pub dkim: Vec<Verified>,
    /// DMARC for the domain of `From` (RFC 7489).
    pub dmarc: Option<Verified>,
    /// True if a passed result speaks for the domain of the one address in `From`.
    pub is_aligned: bool,
}

/// One result.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Verified {
    /// As written: `pass`, `fail`, `softfail`, `none`, …
    pub result: String,
    /// The domain it speaks for, lower case, if it says.
    pub domain: Option<String>,
}

impl Verified {
    fn passed(&self) -> bool {
        self.result == "pass"
    }

    fn failed(&self) -> bool {
        self.result == "fail"
    }
}

/// Reads the results of the systems in `trusted` (authserv-ids, lower case). Only lines above the
/// first `Received` that another system could have brought along count as theirs, so the first
/// line of a trusted name is the one that is read.
///
/// A result speaks for the sender only if `From` names exactly one, and never where DMARC failed:
/// whoever signs or sends for the domain then said that this mail is not theirs.
pub fn read(message: &Message, trusted: &[String]) -> Authentication {
    let mut out = Authentication::default();
    let line = message
        .headers_named("authentication-results")
        .map(|header| results(&header.raw))
        .find(|line| {
            let id = line.first().and_then(|words| words.first());
            id.is_some_and(|id| trusted.iter().any(|one| one.eq_ignore_ascii_case(&id.text)))
        });
    let Some(line) = line else { return out };
    out.is_known = true;
    for words in line.iter().skip(1).take(RESULTS_MAX) {
        let Some((method, verdict)) = words.first().and_then(Word::pair) else {
            continue;
        };
        let property = |names: &[&str]| {
            words.iter().find_map(|word| {
                let (name, value) = word.pair()?;
                let value = value.trim_start_matches('@');
                names
                    .contains(&name.to_ascii_lowercase().as_str())
                    .then(|| domain_of(value).unwrap_or(value).to_lowercase())
            })
        };
        let verified = |names: &[&str]| Verified {
            result: verdict.to_ascii_lowercase(),
            domain: property(names),
        };
        match method
            .split('/')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase()
            .as_str()
        {
            "spf" => out.spf = Some(verified(&["smtp.mailfrom", "smtp.helo"])),
            "dkim" => out.dkim.push(verified(&["header.d", "header.i"])),
            "dmarc" => out.dmarc = Some(verified(&["header.from"])),
            _ => {}
        }
    }
    let refused = out.dmarc.as_ref().is_some_and(Verified::failed);
    let mut all = out.dmarc.iter().chain(&out.spf).chain(&out.dkim);
    let vouched = all.any(|one| speaks(message, one));
    out.is_aligned = vouched && !refused;
    out
}

/// What signatures that were checked here say, for a message of which no trusted system said
/// anything. One that passed for the sender's domain vouches; all others prove nothing, not even
/// against the sender: lists and relays break them on the way.
pub fn signed(message: &Message, dkim: Vec<Verified>) -> Authentication {
    let vouched = dkim.iter().any(|one| speaks(message, one));
    Authentication {
        is_known: vouched,
        dkim,
        is_aligned: vouched,
        ..Authentication::default()
    }
}

/// True if a result passed for the domain of the one address in `From`.
fn speaks(message: &Message, one: &Verified) -> bool {
    let sender = sender::read(message);
    let from = sender.mailbox.filter(|_| sender.is_sole);
    let (Some(from), Some(domain)) = (from, one.domain.as_deref()) else {
        return false;
    };
    one.passed() && is_same_organisation(domain, from.address.domain())
}

fn domain_of(address: &str) -> Option<&str> {
    address.rsplit_once('@').map(|(_, domain)| domain)
}

/// The same domain, or one below the other: relaxed alignment without a list of public suffixes,
/// hence at least two labels.
fn is_same_organisation(a: &str, b: &str) -> bool {
    let below = |sub: &str, top: &str| {
        top.contains('.')
            && sub
                .strip_suffix(top)
                .is_some_and(|rest| rest.ends_with('.'))
    };
    !a.is_empty() && (a == b || below(a, b) || below(b, a))
}

/// One word of a result, without quotation marks.
#[derive(Default)]
struct Word {
    text: String,
    /// Octets before the first `=` outside quotation marks.
    equals: Option<usize>,
}

impl Word {
    /// Name and value.
    fn pair(&self) -> Option<(&str, &str)> {
        let at = self.equals?;
        Some((self.text.get(..at)?, self.text.get(at + 1..)?))
    }
}

/// A line's results, each in its words; the first is the system's name. What stands in quotation
/// marks separates nothing: a sender may put semicolons into the address that is quoted there.
fn results(raw: &str) -> Vec<Vec<Word>> {
    let mut all: Vec<Vec<Word>> = Vec::new();
    let mut words: Vec<Word> = Vec::new();
    let mut word = Word::default();
    let (mut is_quoted, mut is_escaped, mut comments) = (false, false, 0_u32);
    for c in raw.chars().chain([';']) {
        let was_escaped = std::mem::take(&mut is_escaped);
        let is_plain = !is_quoted && comments == 0;
        match c {
            _ if was_escaped && comments > 0 => {}
            _ if was_escaped => word.text.push(c),
            '\\' if !is_plain => is_escaped = true,
            '"' if comments == 0 => is_quoted = !is_quoted,
            '(' if !is_quoted => comments = comments.saturating_add(1),
            ')' if comments > 0 => comments -= 1,
            _ if comments > 0 => {}
            ';' if is_plain => {
                words.extend(taken(&mut word));
                all.push(std::mem::take(&mut words));
            }
            _ if is_plain && c.is_whitespace() => words.extend(taken(&mut word)),
            _ => {
                if c == '=' && is_plain && word.equals.is_none() {
                    word.equals = Some(word.text.len());
                }
                word.text.push(c);
            }
        }
    }
    all
}

fn taken(word: &mut Word) -> Option<Word> {
    let word = std::mem::take(word);
    (!word.text.is_empty()).then_some(word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::inbound::Header;

    #[test]
    fn a_signature_checked_here_vouches_for_its_domain_and_accuses_nobody() {
        let said = |from: &str, result: &str, domain: &str| {
            let one = Verified {
                result: result.to_owned(),
                domain: Some(domain.to_owned()),
            };
            let auth = signed(&mail_from(from, &[]), vec![one]);
            (auth.is_known, auth.is_aligned, auth.dkim.len())
        };
        let ann = "Ann <ann@shop.example>";
        assert_eq!(said(ann, "pass", "shop.example"), (true, true, 1));
        assert_eq!(said(ann, "pass", "list.example"), (false, false, 1));
        assert_eq!(said(ann, "fail", "shop.example"), (false, false, 1));
        assert_eq!(said(ann, "temperror", "shop.example"), (false, false, 1));
        let two = "ann@shop.example, eve@evil.example";
        assert_eq!(said(two, "pass", "shop.example"), (false, false, 1));
    }

    fn mail(results: &[&str]) -> Message {
        mail_from("Ann <ann@shop.example>", results)
    }

    fn mail_from(from: &str, results: &[&str]) -> Message {
        let header = |name: &str, value: &str| Header {
            name: name.to_owned(),
            raw: value.to_owned(),
            value: value.to_owned(),
        };
        let mut headers = vec![header("From", from)];
        headers.extend(results.iter().map(|r| header("Authentication-Results", r)));
        Message {
            headers,
            ..Message::default()
        }
    }

    #[test]
    fn only_the_trusted_system_is_believed() {
        let trusted = ["mx.ours.example".to_owned()];
        let cases = [
            ("mx.ours.example; dmarc=pass header.from=shop.example", true),
            (
                "mx.ours.example 1; dkim=pass (ok; good) header.d=mail.shop.example",
                true,
            ),
            (
                "mx.ours.example; spf=pass smtp.mailfrom=b@shop.example",
                true,
            ),
            (
                "mx.ours.example; spf=pass smtp.mailfrom=b@else.example",
                false,
            ),
            ("mx.ours.example; dkim=fail header.d=shop.example", false),
            (
                "mx.evil.example; dmarc=pass header.from=shop.example",
                false,
            ),
            ("mx.ours.example; dkim=pass header.d=notshop.example", false),
        ];
        for (line, aligned) in cases {
            assert_eq!(read(&mail(&[line]), &trusted).is_aligned, aligned, "{line}");
        }
        assert!(!read(&mail(&[]), &trusted).is_known);
    }

    #[test]
    fn the_address_that_is_vouched_for_is_the_one_that_is_shown() {
        let trusted = ["mx.ours.example".to_owned()];
        let line = "mx.ours.example; dkim=pass header.d=evil.example";
        let aligned = |from: &str| read(&mail_from(from, &[line]), &trusted).is_aligned;
        assert!(aligned("\"ann@shop.example\" <eve@evil.example>"));
        for from in [
            "\"eve@evil.example\" <ann@shop.example>",
            "eve@evil.example <ann@shop.example>",
            "eve@evil.example, ann@shop.example",
            "ann@shop.example (eve@evil.example)",
        ] {
            assert!(!aligned(from), "{from}");
        }
    }

    #[test]
    fn a_result_speaks_for_its_own_domain_and_never_against_dmarc() {
        let trusted = ["mx.ours.example".to_owned()];
        for line in [
            "mx.ours.example; dmarc=fail header.from=shop.example; \
             dkim=pass header.d=shop.example; spf=pass smtp.mailfrom=b@shop.example",
            "mx.ours.example; dmarc=pass header.from=evil.example",
            "mx.ours.example; dmarc=pass",
        ] {
            assert!(!read(&mail(&[line]), &trusted).is_aligned, "{line}");
        }
    }

    #[test]
    fn nothing_in_quotation_marks_is_a_result() {
        let trusted = ["mx.ours.example".to_owned()];
        for line in [
            "mx.ours.example; spf=pass smtp.mailfrom=\"x;dkim=pass header.d=shop.example \"@e.example",
            "mx.ours.example; spf=none reason=\"no \\\"; dmarc=pass header.from=shop.example\"",
            "mx.ours.example; spf=none (x \\) ; dmarc=pass header.from=shop.example)",
        ] {
            let read = read(&mail(&[line]), &trusted);
            assert!(read.is_known && !read.is_aligned, "{line}");
        }
        let line = "mx.ours.example; spf=pass smtp.mailfrom=\"a b\"@shop.example";
        assert!(read(&mail(&[line]), &trusted).is_aligned);
    }
}
