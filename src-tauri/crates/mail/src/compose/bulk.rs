//! What mail to many carries besides its words: how to end it, and who sends it.
//!
//! `List-Unsubscribe` always names an address (RFC 2369); one-click (RFC 8058) is offered only
//! where the operator runs a place that takes it. The postal address stands under both bodies.

use domain::{Address, Draft};

/// What marketing mail carries.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Bulk {
    /// The postal address under it, its lines parted by `\n`; empty for none.
    pub postal_address: String,
    /// Where a click on unsubscribe is posted to, if anywhere.
    pub one_click_url: Option<String>,
}

impl Bulk {
    /// The header fields, with their line ends. The link names the message, so that whoever takes
    /// the click knows whom it is about.
    pub(super) fn head(&self, mailbox: &Address, message_id: &str) -> String {
        let mailto = format!(
            "<mailto:{}@{}?subject=unsubscribe>",
            percent(mailbox.local()),
            mailbox.domain()
        );
        let Some(url) = &self.one_click_url else {
            return format!("List-Unsubscribe: {mailto}\r\n");
        };
        let bare = message_id.trim_start_matches('<');
        let named = bare.split('@').next().unwrap_or_default();
        let joint = match url.contains('?') {
            true => '&',
            false => '?',
        };
        format!(
            "List-Unsubscribe: {mailto},\r\n <{url}{joint}message={named}>\r\n\
             List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
        )
    }

    /// The draft with the postal address under its bodies.
    pub(super) fn signed(&self, draft: &Draft) -> Draft {
        let postal = self.postal_address.trim();
        if postal.is_empty() {
            return draft.clone();
        }
        Draft {
            text: draft
                .text
                .as_deref()
                .map(|text| format!("{}\n\n{postal}\n", text.trim_end())),
            html: draft.html.as_deref().map(|html| under(html, postal)),
            ..draft.clone()
        }
    }
}

/// HTML with a last paragraph, before the body ends if it says where.
fn under(html: &str, postal: &str) -> String {
    let lines: Vec<String> = postal.lines().map(|line| escaped(line.trim())).collect();
    let paragraph = format!("<p>{}</p>", lines.join("<br>"));
    let lower = html.to_ascii_lowercase();
    let end = lower.rfind("</body").unwrap_or(html.len());
    match (html.get(..end), html.get(end..)) {
        (Some(before), Some(after)) => format!("{before}{paragraph}{after}"),
        // ASCII lower case keeps every boundary; this is for a reader who doubts it.
        _ => format!("{html}{paragraph}"),
    }
}

/// A local part as a `mailto:` has it (RFC 6068): what means something there is spelled out.
fn percent(local: &str) -> String {
    local
        .chars()
        .map(|letter| match letter {
            '%' | '?' | '&' | '=' | '#' | '/' | '"' | '<' | '>' | ',' | ';' | ':' | '\\' | ' ' => {
                format!("%{:02X}", u32::from(letter))
            }
            other => other.to_string(),
        })
        .collect()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bulk(url: Option<&str>) -> Bulk {
        Bulk {
            postal_address: "Ours & Co <Ltd>\n1 High Street".to_owned(),
            one_click_url: url.map(str::to_owned),
        }
    }

    fn head(url: Option<&str>) -> String {
        bulk(url).head(&"team@ours.example".parse().unwrap(), "<0af1@ours.example>")
    }

    #[test]
    fn there_is_always_an_address_to_unsubscribe_at() {
        assert_eq!(
            head(None),
            "List-Unsubscribe: <mailto:team@ours.example?subject=unsubscribe>\r\n"
        );
    }

    #[test]
    fn one_click_is_offered_only_where_somebody_takes_it_and_names_the_message() {
        let said = head(Some("https://ours.example/u?list=1"));
        assert!(said.contains("<https://ours.example/u?list=1&message=0af1>"));
        assert!(said.ends_with("List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"));
        assert!(head(Some("https://ours.example/u")).contains("/u?message=0af1>"));
    }

    #[test]
    fn the_postal_address_stands_under_both_bodies_and_is_no_markup() {
        assert_eq!(
            under("<html><body><p>Hi</p></BODY></html>", "A & B\nC"),
            "<html><body><p>Hi</p><p>A &amp; B<br>C</p></BODY></html>"
        );
        assert_eq!(under("Hi \u{130}", "<b>"), "Hi \u{130}<p>&lt;b&gt;</p>");
    }
}
