//! Links that are not what they seem, or not what a business should send.

use std::collections::BTreeSet;

use domain::lookalike::skeleton;
use domain::scan::{LinkKind, OddLink};
use linkify::{LinkFinder, LinkKind as Written};
use memchr::memmem;

use super::html::{Anchor, Html};

/// Hosts that hide where a link leads.
const SHORTENERS: [&str; 24] = [
    "adf.ly",
    "bit.do",
    "bit.ly",
    "buff.ly",
    "cutt.ly",
    "goo.gl",
    "is.gd",
    "lnkd.in",
    "ow.ly",
    "qr.ae",
    "rb.gy",
    "rebrand.ly",
    "s.id",
    "short.io",
    "shorturl.at",
    "soo.gd",
    "t.co",
    "t.ly",
    "t2m.io",
    "tiny.cc",
    "tinyurl.com",
    "tr.im",
    "urlz.fr",
    "v.gd",
];

/// Odd links that are kept before the same are sorted out: more of them change no verdict.
const ODD_MAX: usize = 1_000;
/// Words of a link's text held against its host, and the fewest letters that make a name.
const WORDS_MAX: usize = 40;
const NAME_CHARS_MIN: usize = 4;
/// Characters kept of a host.
const HOST_CHARS_MAX: usize = 100;

/// What the links of both bodies are.
#[derive(Default)]
pub(super) struct Links {
    /// Those a person should see.
    pub(super) odd: Vec<OddLink>,
    /// Hosts they lead to.
    pub(super) hosts: BTreeSet<String>,
    /// How many there are; a link repeated counts again.
    pub(super) count: u32,
}

impl Links {
    fn add(&mut self, target: &Target) {
        self.count = self.count.saturating_add(1);
        let full = self.odd.len() >= ODD_MAX;
        self.odd.extend(target.odd().into_iter().filter(|_| !full));
        if let Some(host) = &target.host
            && !self.hosts.contains(host)
        {
            self.hosts
                .insert(host.chars().take(HOST_CHARS_MAX).collect());
        }
    }
}

/// Reads the links of both bodies.
pub(super) fn find(text: &str, html: &Html) -> Links {
    let mut finder = LinkFinder::new();
    finder.kinds(&[Written::Url]);
    let mut links = Links::default();
    for words in [text, &html.text] {
        for word in words_with_links(words) {
            let written = finder.links(word);
            for target in written.filter_map(|link| target(link.as_str())) {
                links.add(&target);
            }
        }
    }
    finder.url_must_have_scheme(false);
    for anchor in &html.anchors {
        let Some(target) = target(&anchor.href) else {
            continue;
        };
        if links.odd.len() < ODD_MAX {
            links.odd.extend(mismatch(&finder, anchor, &target));
            links.odd.extend(imitation(anchor, &target));
        }
        links.add(&target);
    }
    links
}

/// What is odd about one link with words of its own.
pub(super) fn of_anchor(href: &str, shown: &str) -> Vec<OddLink> {
    let anchor = Anchor {
        href: href.to_owned(),
        shown: shown.to_owned(),
    };
    let Some(target) = target(href) else {
        return Vec::new();
    };
    let mut finder = LinkFinder::new();
    finder.kinds(&[Written::Url]);
    finder.url_must_have_scheme(false);
    let mut odd: Vec<OddLink> = mismatch(&finder, &anchor, &target).into_iter().collect();
    odd.extend(imitation(&anchor, &target));
    odd.extend(target.odd());
    odd
}

/// The runs between white space that hold a link: all others need no closer look.
fn words_with_links(text: &str) -> impl Iterator<Item = &str> {
    let mut read = 0;
    memmem::find_iter(text.as_bytes(), "://").filter_map(move |at| {
        if at < read {
            return None;
        }
        let before = text.get(read..at)?;
        let start = before
            .rfind(char::is_whitespace)
            .map_or(read, |place| read + place);
        let rest = text.get(at..)?;
        read = rest
            .find(char::is_whitespace)
            .map_or(text.len(), |place| at + place);
        text.get(start..read)
    })
}

/// Where a link leads.
struct Target {
    scheme: String,
    /// Absent for schemes without one.
    host: Option<String>,
    /// What stands before an `@` in front of the host, there to be taken for one.
    user: Option<String>,
}

impl Target {
    fn odd(&self) -> Vec<OddLink> {
        let mut odd = Vec::new();
        let mut say = |kind, host: &str| {
            odd.push(OddLink {
                kind,
                host: host.chars().take(HOST_CHARS_MAX).collect(),
                shown: None,
            });
        };
        let Some(host) = &self.host else {
            say(LinkKind::Scheme, &self.scheme);
            return odd;
        };
        match self.scheme.as_str() {
            "https" => {}
            "http" => say(LinkKind::Plain, host),
            _ => say(LinkKind::Scheme, host),
        }
        if is_address(host) {
            say(LinkKind::IpAddress, host);
        } else if !host.is_ascii() || host.contains('%') || host.split('.').any(is_punycode) {
            say(LinkKind::Lookalike, host);
        }
        if SHORTENERS.contains(&host.strip_prefix("www.").unwrap_or(host)) {
            say(LinkKind::Shortener, host);
        }
        if let Some(user) = &self.user {
            odd.push(OddLink {
                kind: LinkKind::Mismatch,
                host: host.chars().take(HOST_CHARS_MAX).collect(),
                shown: Some(user.chars().take(HOST_CHARS_MAX).collect()),
            });
        }
        odd
    }
}

/// A link whose words show the site of somebody else.
fn mismatch(finder: &LinkFinder, anchor: &Anchor, target: &Target) -> Option<OddLink> {
    let host = target.host.as_deref()?;
    let shown = finder.links(&anchor.shown).find_map(|link| {
        let text = link.as_str();
        let with_scheme = if text.contains("://") {
            text.to_owned()
        } else {
            format!("https://{text}")
        };
        // Words with a dot in them are no site unless they end as sites do.
        self::target(&with_scheme)?
            .host
            .filter(|shown| psl::suffix(shown.as_bytes()).is_some_and(|suffix| suffix.is_known()))
    })?;
    (site(&shown) != site(host)).then(|| OddLink {
        kind: LinkKind::Mismatch,
        host: host.chars().take(HOST_CHARS_MAX).collect(),
        shown: Some(shown.chars().take(HOST_CHARS_MAX).collect()),
    })
}

/// A link whose words name somebody its host only looks like: `PayPal` that leads to `paypa1.com`.
fn imitation(anchor: &Anchor, target: &Target) -> Option<OddLink> {
    let host = target.host.as_deref()?;
    let name = site(host).split('.').next()?;
    let looks = skeleton(name);
    let words = anchor.shown.split(|letter: char| !letter.is_alphanumeric());
    let names = words
        .filter(|word| word.chars().count() >= NAME_CHARS_MIN)
        .take(WORDS_MAX);
    let mut said = names
        .filter(|word| may_look_like(word, name))
        .map(str::to_lowercase);
    // Of a site that is shown as such, `mismatch` has said so.
    let shown = said.find(|word| word != name && skeleton(word) == looks)?;
    Some(OddLink {
        kind: LinkKind::Lookalike,
        host: host.chars().take(HOST_CHARS_MAX).collect(),
        shown: Some(shown.chars().take(HOST_CHARS_MAX).collect()),
    })
}

/// False for most words at the price of a glance: a skeleton costs more, and a long text has many
/// links.
fn may_look_like(word: &str, name: &str) -> bool {
    // A pair of letters that looks like one is all that changes a length.
    let near = word.len().abs_diff(name.len()) <= name.len() / 2;
    let first = |text: &str| match text.chars().next().map(|first| first.to_ascii_lowercase()) {
        Some('1' | 'i' | '|') => Some('l'),
        Some('0') => Some('o'),
        Some('r') => Some('m'),
        Some('v') => Some('w'),
        other => other,
    };
    !word.is_ascii() || !name.is_ascii() || (near && first(word) == first(name))
}

/// The part of a host that is registered; the whole of one that has none.
fn site(host: &str) -> &str {
    psl::domain_str(host).unwrap_or(host)
}

/// Reads a link as a browser does (WHATWG URL): white space inside is dropped, a backslash is a
/// slash. `None` for what leads nowhere outside: a place in the message, a relative link, mail and
/// telephone.
fn target(link: &str) -> Option<Target> {
    let link: String = link
        .trim_matches(|character: char| character <= ' ')
        .chars()
        .filter(|character| !matches!(character, '\t' | '\n' | '\r'))
        .map(|character| if character == '\\' { '/' } else { character })
        .collect();
    let (scheme, rest) = match link.strip_prefix("//") {
        Some(rest) => ("http".to_owned(), rest),
        None => {
            let (scheme, rest) = link.split_once(':')?;
            let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
                && scheme
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
            if !is_scheme {
                return None;
            }
            (scheme.to_ascii_lowercase(), rest)
        }
    };
    match scheme.as_str() {
        "mailto" | "tel" | "sms" | "cid" | "mid" => return None,
        "http" | "https" | "ftp" | "ftps" => {}
        _ => {
            return Some(Target {
                scheme,
                host: None,
                user: None,
            });
        }
    }
    let rest = rest.trim_start_matches('/');
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let (user, host) = match authority.rsplit_once('@') {
        Some((user, host)) => (Some(user.to_owned()), host),
        None => (None, authority),
    };
    let host = match host.strip_prefix('[') {
        Some(literal) => literal.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    let host = host.trim_end_matches('.').to_lowercase();
    (!host.is_empty()).then_some(Target {
        scheme,
        host: Some(host),
        user,
    })
}

/// A bare address: IPv6, or anything that ends in a number, as browsers take it for IPv4.
fn is_address(host: &str) -> bool {
    let last = host.rsplit('.').next().unwrap_or_default();
    host.contains(':')
        || last.chars().all(|character| character.is_ascii_digit())
        || last
            .strip_prefix("0x")
            .is_some_and(|digits| digits.chars().all(|c| c.is_ascii_hexdigit()))
}

fn is_punycode(label: &str) -> bool {
    label.starts_with("xn--")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::html;

    fn odd(text: &str, source: &str) -> Vec<String> {
        let found = find(text, &html::read(source));
        found
            .odd
            .iter()
            .map(|link| match &link.shown {
                Some(shown) => format!("{:?} {shown} -> {}", link.kind, link.host),
                None => format!("{:?} {}", link.kind, link.host),
            })
            .collect()
    }

    #[test]
    fn links_of_an_ordinary_mail_are_not_odd() {
        let text =
            "See https://acme.com/a?b=c, write to dana@acme.com, e.g. at 10.30. Version 1.2.3.4";
        assert_eq!(odd(text, ""), Vec::<String>::new());
        for source in [
            "<a href='https://www.acme.com/x'>acme.com</a>",
            "<a href='https://shop.acme.co.uk/x'>Visit www.acme.co.uk now</a>",
            "<a href='https://acme.com'>Read more.Then answer</a>",
            "<a href='mailto:dana@acme.com'>dana@acme.com</a>",
            "<a href='#top'>up</a><a href='tel:+1'>call</a><a href='page.html'>x</a>",
            "<a name='x'>acme.com</a>",
        ] {
            assert_eq!(odd("", source), Vec::<String>::new(), "{source}");
        }
    }

    #[test]
    fn hosts_and_links_are_counted() {
        let text = "a https://one.example/x https://ONE.example/y (https://two.example) b://";
        let links = find(
            text,
            &html::read("<a href='https://three.example'>x</a><a href='mailto:a@b.co'>"),
        );
        let hosts: Vec<&str> = links.hosts.iter().map(String::as_str).collect();
        assert_eq!(hosts, ["one.example", "three.example", "two.example"]);
        assert_eq!(links.count, 4);
    }

    #[test]
    fn one_link_by_itself_is_as_odd_as_among_others() {
        for (href, shown) in [
            ("https://evil.example/acme.com", "acme.com"),
            ("https://paypa1.com/", "Log in to PayPal"),
            ("http://192.0.2.1", "here"),
            ("mailto:dana@acme.com", "write"),
        ] {
            let among = find("", &html::read(&format!("<a href='{href}'>{shown}</a>")));
            assert_eq!(of_anchor(href, shown), among.odd, "{href}");
        }
    }

    #[test]
    fn a_host_that_only_looks_like_the_name_it_is_shown_under_is_named() {
        for (source, wanted) in [
            (
                "<a href='https://paypa1.com/'>Log in to PayPal</a>",
                "Lookalike paypal -> paypa1.com",
            ),
            (
                "<a href='https://www.modem.co.uk/'>the Modern team</a>",
                "Lookalike modern -> www.modem.co.uk",
            ),
            (
                "<a href='https://vvindow.com/'>WINDOW</a>",
                "Lookalike window -> vvindow.com",
            ),
            (
                "<a href='https://g00gle.com/'><b>Google</b> account</a>",
                "Lookalike google -> g00gle.com",
            ),
        ] {
            assert_eq!(odd("", source), [wanted], "{source}");
        }
        for source in [
            "<a href='https://paypal.com/'>Log in to PayPal</a>",
            "<a href='https://pay.example/'>Pay, or pal around</a>",
            "<a href='https://111.example/'>lll</a>",
        ] {
            assert_eq!(odd("", source), Vec::<String>::new(), "{source}");
        }
    }

    #[test]
    fn links_that_are_not_what_they_seem_are_named() {
        for (source, wanted) in [
            (
                "<a href='https://evil.example/acme.com'>acme.com</a>",
                "Mismatch acme.com -> evil.example",
            ),
            (
                "<a href='https://acme.com.evil.org/'>https://acme.com/login</a>",
                "Mismatch acme.com -> acme.com.evil.org",
            ),
            (
                "<a href='https://acme.com@evil.org/'>log in</a>",
                "Mismatch acme.com -> evil.org",
            ),
            (
                "<a href='ht\ntps:\\\\evil.org'>acme.com</a>",
                "Mismatch acme.com -> evil.org",
            ),
            (
                "<a href='https://xn--pple-43d.com'>x</a>",
                "Lookalike xn--pple-43d.com",
            ),
            (
                "<a href='https://\u{430}cme.com'>x</a>",
                "Lookalike \u{430}cme.com",
            ),
            (
                "<a href='https://192.0.2.1:8443/x'>x</a>",
                "IpAddress 192.0.2.1",
            ),
            (
                "<a href='https://3221225985/'>x</a>",
                "IpAddress 3221225985",
            ),
            (
                "<a href='https://[2001:db8::1]/'>x</a>",
                "IpAddress 2001:db8::1",
            ),
            ("<a href='http://acme.com'>x</a>", "Plain acme.com"),
            ("<a href='//acme.com'>x</a>", "Plain acme.com"),
            ("<a href='https://bit.ly/3x'>x</a>", "Shortener bit.ly"),
            ("<a href='JavaScript:alert(1)'>x</a>", "Scheme javascript"),
            ("<a href='data:text/html,x'>x</a>", "Scheme data"),
        ] {
            assert_eq!(odd("", source), [wanted], "{source}");
        }
        assert_eq!(odd("go to http://acme.com now", ""), ["Plain acme.com"]);
    }
}
