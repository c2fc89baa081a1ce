//! What the links of a message show and where they lead. Nothing is fetched or resolved.

use crate::html::{Html, LINKS_MAX};

/// Something a link says against its sender.
pub(super) struct Find {
    pub(super) spam: f32,
    pub(super) pretence: f32,
    pub(super) place: &'static str,
    pub(super) said: String,
}

/// What the links of all HTML parts say; each kind once.
pub(super) fn find(html: &[Html]) -> Vec<Find> {
    let mut finds: Vec<Find> = Vec::new();
    let mut put = |spam, pretence, place, said: &str| {
        if !finds.iter().any(|find| find.place == place) {
            finds.push(Find {
                spam,
                pretence,
                place,
                said: said.to_owned(),
            });
        }
    };
    let mut seen = 0;
    for html in html {
        for link in &html.links {
            let target = &link.target;
            seen += 1;
            if seen > LINKS_MAX {
                return finds;
            }
            let Some(host) = host_of(target) else {
                if target
                    .trim_start()
                    .to_lowercase()
                    .starts_with("data:text/html")
                {
                    put(0.5, 0.7, "a link to a page in itself", "data:");
                }
                continue;
            };
            if let Some(claimed) = claimed_host(&link.words)
                && !is_kin(&claimed, &host)
            {
                let said = format!("shows {claimed}, leads to {host}");
                put(0.2, 0.55, "a link that leads elsewhere", &said);
            }
            if host.chars().all(|c| c.is_ascii_digit() || c == '.') {
                put(0.3, 0.45, "a link to a number", &host);
            }
            if host.split('.').any(|label| label.starts_with("xn--")) {
                put(0.15, 0.35, "a link to a name in other letters", &host);
            }
            if target
                .split("//")
                .nth(1)
                .is_some_and(|rest| rest.split('/').next().unwrap_or_default().contains('@'))
            {
                put(0.3, 0.5, "a link with a name in front of its host", target);
            }
        }
        if html.has_form {
            put(0.25, 0.3, "a form in the mail", "<form>");
        }
    }
    finds
}

/// The host of a web address.
fn host_of(url: &str) -> Option<String> {
    let lower = url.trim().to_lowercase();
    let rest = lower
        .strip_prefix("http://")
        .or_else(|| lower.strip_prefix("https://"))?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = host.split(':').next().unwrap_or_default();
    (!host.is_empty()).then(|| host.to_owned())
}

/// The host a link's words claim, if they are an address themselves.
fn claimed_host(shown: &str) -> Option<String> {
    let word = shown.trim();
    if word.contains(char::is_whitespace) || word.contains('@') {
        return None;
    }
    host_of(word).or_else(|| {
        let host = word.split(['/', '?']).next()?.to_lowercase();
        let end = host.rsplit('.').next()?;
        let is_host = host.matches('.').count() >= 1
            && (2..=12).contains(&end.len())
            && end.chars().all(|c| c.is_ascii_alphabetic())
            && host
                .chars()
                .all(|c| c.is_alphanumeric() || matches!(c, '.' | '-'));
        (is_host && host.starts_with("www.")).then_some(host)
    })
}

/// True if two hosts end in the same two labels.
fn is_kin(a: &str, b: &str) -> bool {
    let end = |host: &str| -> Vec<String> { host.rsplit('.').take(2).map(str::to_owned).collect() };
    end(a) == end(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_link_shows_is_held_against_where_it_leads() {
        assert_eq!(
            claimed_host("www.b.example").as_deref(),
            Some("www.b.example")
        );
        assert_eq!(
            host_of("https://bank.example@evil.example:8/x").as_deref(),
            Some("evil.example")
        );
        assert_eq!(host_of("mailto:x@y"), None);
        assert!(is_kin("mail.shop.example", "www.shop.example"));
        assert_eq!(claimed_host("our shop"), None);
    }
}
