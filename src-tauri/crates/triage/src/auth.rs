//! Who vouches for the sender: `Authentication-Results` (RFC 8601) of the receiving system the
//! account is set to trust. Lines of any other name may have been written by the sender.

use domain::inbound::Message;
use serde::Serialize;

use crate::machine::address;

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
    /// True if a passed result speaks for the domain of `From`.
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
}

/// Reads the results of the systems in `trusted` (authserv-ids, lower case). Only lines above the
/// first `Received` that another system could have brought along count as theirs, so the first
/// line of a trusted name is the one that is read.
pub fn read(message: &Message, trusted: &[String]) -> Authentication {
    let mut out = Authentication::default();
    let from = address::first(message.value("from"));
    let from = from.as_deref().and_then(domain_of).unwrap_or_default();
    let line = message
        .headers_named("authentication-results")
        .find(|header| {
            let id = header.raw.split(';').next().unwrap_or_default().trim();
            let id = id.split_whitespace().next().unwrap_or_default();
            trusted.iter().any(|one| one.eq_ignore_ascii_case(id))
        });
    let Some(line) = line else { return out };
    out.is_known = true;
    for result in without_comments(&line.raw)
        .split(';')
        .skip(1)
        .take(RESULTS_MAX)
    {
        let mut words = result.split_whitespace();
        let Some((method, verdict)) = words.next().and_then(|word| word.split_once('=')) else {
            continue;
        };
        let property = |names: &[&str]| {
            result.split_whitespace().find_map(|word| {
                let (name, value) = word.split_once('=')?;
                let value = value.trim_matches('"').trim_start_matches('@');
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
    let speaks = |one: &Verified| {
        one.passed()
            && one
                .domain
                .as_deref()
                .is_some_and(|d| is_same_organisation(d, from))
    };
    out.is_aligned = out.dmarc.as_ref().is_some_and(Verified::passed)
        || out.spf.as_ref().is_some_and(speaks)
        || out.dkim.iter().any(speaks);
    out
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

fn without_comments(text: &str) -> String {
    let mut depth = 0_u32;
    text.chars()
        .filter(|c| {
            match c {
                '(' => depth += 1,
                ')' => {
                    depth = depth.saturating_sub(1);
                    return false;
                }
                _ => {}
            }
            depth == 0
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::inbound::Header;

    fn mail(results: &[&str]) -> Message {
        let header = |name: &str, value: &str| Header {
            name: name.to_owned(),
            raw: value.to_owned(),
            value: value.to_owned(),
        };
        let mut headers = vec![header("From", "Ann <ann@shop.example>")];
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
}
