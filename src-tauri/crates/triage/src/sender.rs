//! Whom `From` names (RFC 5322, section 3.6.2), read once for whoever judges and whoever acts: an
//! address that is vouched for must be the very one that is believed.
//!
//! Read from the header as it was written. Decoded, a display name could bring brackets, commas and
//! addresses along that no mail server ever checked.

use domain::inbound::Message;
use domain::{Address, NamedAddress};

/// Mailboxes of one message that are told apart; more than one is as good as many.
const MAILBOXES_MAX: usize = 20;

/// The author.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Sender {
    /// The first mailbox that is named, if one can be written to.
    pub mailbox: Option<NamedAddress>,
    /// True if it is the only one, and nothing in the header reads as another: only then can
    /// anybody vouch for it.
    pub is_sole: bool,
}

/// Reads every `From` of a message.
pub fn read(message: &Message) -> Sender {
    let mut mailboxes = Vec::new();
    let mut lines = 0;
    for header in message.headers_named("from") {
        lines += 1;
        mailboxes.extend(entries(&header.raw).into_iter().take(MAILBOXES_MAX));
    }
    let first = mailboxes
        .iter()
        .find_map(|entry| entry.address.parse::<Address>().ok());
    let is_sole = match mailboxes.as_slice() {
        [one] => lines == 1 && !one.is_odd && first.is_some(),
        _ => false,
    };
    Sender {
        mailbox: first.map(|address| NamedAddress {
            name: name(message.value("from")),
            address,
        }),
        is_sole,
    }
}

/// The name beside the address, from the decoded header: for the eye alone.
fn name(value: &str) -> Option<String> {
    let (before, _) = value.rsplit_once('<')?;
    let bare: String = before
        .trim()
        .trim_matches('"')
        .replace("\\\"", "\"")
        .chars()
        .filter(|c| !c.is_control())
        .take(NamedAddress::MAX_NAME_CHARS)
        .collect();
    (!bare.trim().is_empty()).then(|| bare.trim().to_owned())
}

/// One mailbox of the list.
#[derive(Default)]
struct Entry {
    /// What stands in the brackets, or all of it where there are none.
    address: String,
    /// Two pairs of brackets, an `@` in a name without quotation marks, or no end: one reader takes
    /// it for this address and another for that.
    is_odd: bool,
}

/// The mailboxes of an address list; groups are taken apart, comments left out.
fn entries(raw: &str) -> Vec<Entry> {
    let mut all = Vec::new();
    let mut bare = String::new();
    let mut inside: Option<String> = None;
    let mut brackets = 0_u32;
    let (mut is_open, mut is_quoted, mut is_escaped, mut comments) = (false, false, false, 0_u32);
    let mut end =
        |bare: &mut String, inside: &mut Option<String>, brackets: &mut u32, cut: bool| {
            let outside = std::mem::take(bare);
            let address = inside.take();
            // Some programs show an address by itself: no second reading there.
            let is_other = address
                .as_ref()
                .is_some_and(|address| outside.contains('@') && outside.trim() != address.trim());
            let is_odd = cut || *brackets > 1 || is_other;
            *brackets = 0;
            let address = address.unwrap_or(outside);
            if !address.trim().is_empty() {
                let address = address.trim().to_owned();
                all.push(Entry { address, is_odd });
            }
        };
    for c in raw.chars() {
        if std::mem::take(&mut is_escaped) {
            continue;
        }
        match c {
            '\\' if is_quoted || comments > 0 => is_escaped = true,
            '"' if comments == 0 => {
                is_quoted = !is_quoted;
                // A quoted local part stays one: nobody we write to has it.
                if is_open && let Some(inside) = &mut inside {
                    inside.push(c);
                }
            }
            _ if is_quoted => {}
            '(' => comments = comments.saturating_add(1),
            ')' if comments > 0 => comments -= 1,
            _ if comments > 0 => {}
            '<' => {
                is_open = true;
                brackets = brackets.saturating_add(1);
                inside = Some(String::new());
            }
            '>' => is_open = false,
            _ if is_open => {
                if let Some(inside) = &mut inside {
                    inside.push(c);
                }
            }
            ',' | ';' => end(&mut bare, &mut inside, &mut brackets, false),
            // The name of a group.
            ':' => bare.clear(),
            _ => bare.push(c),
        }
    }
    let cut = is_open || is_quoted || comments > 0;
    end(&mut bare, &mut inside, &mut brackets, cut);
    all
}

#[cfg(test)]
mod tests {
    use domain::inbound::Header;

    use super::*;

    fn sender(lines: &[&str]) -> (Option<String>, bool) {
        let headers = lines.iter().map(|line| Header {
            name: "From".to_owned(),
            raw: (*line).to_owned(),
            value: (*line).to_owned(),
        });
        let message = Message {
            headers: headers.collect(),
            ..Message::default()
        };
        let sender = read(&message);
        let address = sender.mailbox.map(|named| named.address.to_string());
        (address, sender.is_sole)
    }

    #[test]
    fn one_mailbox_is_read_however_its_name_is_dressed() {
        let dana = Some("dana@acme.example".to_owned());
        for line in [
            "dana@acme.example",
            "<dana@acme.example>",
            "dana@acme.example <dana@acme.example>",
            "Dana W <dana@acme.example>",
            "\"ceo@bank.example\" <dana@acme.example>",
            "\"Whitfield, Dana <x>\" <dana@acme.example> (at home, mostly)",
            "dana@acme.example (ceo@bank.example)",
        ] {
            assert_eq!(sender(&[line]), (dana.clone(), true), "{line}");
        }
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_nobody_s_alone() {
        for line in [
            "dana@acme.example, eve@evil.example",
            "dana@acme.example <eve@evil.example>",
            "<dana@acme.example> <eve@evil.example>",
            "All: dana@acme.example, eve@evil.example;",
            "\"Dana <eve@evil.example>",
            "<dana@acme.example",
            "dana at acme",
            "",
        ] {
            assert!(!sender(&[line]).1, "{line}");
        }
        let two = ["dana@acme.example", "eve@evil.example"];
        assert_eq!(sender(&two), (Some("dana@acme.example".to_owned()), false));
        assert_eq!(sender(&["dana at acme"]).0, None);
    }

    #[test]
    fn a_name_is_for_the_eye() {
        assert_eq!(
            name("\"Dana \\\"D\\\" W\" <d@a.example>").as_deref(),
            Some("Dana \"D\" W")
        );
        assert_eq!(name("<d@a.example>"), None);
        assert_eq!(name("d@a.example"), None);
    }
}
