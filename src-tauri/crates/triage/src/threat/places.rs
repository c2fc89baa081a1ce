//! Where in a message words stand, since the same order weighs differently in a subject, in a
//! quote of our own mail, and where nobody was meant to look.

use domain::inbound::{Content, Message};
use serde::Serialize;

use crate::split::{self, Split};
use crate::text::{self, Texts, start};

/// Octets of one place that are read: all that is recorded of it, and so all that an agent is
/// handed. What were left out here would be the place for an order.
const PLACE_OCTETS_MAX: usize = domain::received::TEXT_KEPT_MAX;
/// Attachments and messages inside that are read.
const FILES_MAX: usize = 20;
/// Octets of HTML of messages inside that are read.
const INSIDE_HTML_OCTETS_MAX: usize = 64 << 10;
/// Octets that are read of what only one side of an alternative says: agents are handed the other.
const OTHER_SIDE_OCTETS_MAX: usize = 32 << 10;
/// Lines that are looked for in vain on the other side of an alternative; all that follow count
/// as unsaid.
const MISSES_MAX: usize = 40;

/// A place in a message.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// The subject.
    Subject,
    /// The name the sender goes by.
    Sender,
    /// What the sender wrote now.
    New,
    /// What they quote: usually ours.
    Quoted,
    /// What they forward, and messages inside the message.
    Forwarded,
    /// Below the dashes.
    Signature,
    /// Hidden by style, comment, alternative text, or characters nobody sees.
    Hidden,
    /// Text of attachments, and their names.
    Attachment,
}

impl Place {
    /// As it is said in a sentence: "in …".
    pub const fn words(self) -> &'static str {
        match self {
            Place::Subject => "the subject",
            Place::Sender => "the sender's name",
            Place::New => "the new text",
            Place::Quoted => "the quoted text",
            Place::Forwarded => "the forwarded text",
            Place::Signature => "the signature",
            Place::Hidden => "hidden text",
            Place::Attachment => "an attachment",
        }
    }
}

/// The texts of a message by place; empty ones left out.
pub(super) fn of(message: &Message, texts: &Texts, split: &Split) -> Vec<(Place, String)> {
    let mut out: Vec<(Place, String)> = Vec::new();
    let mut put = |place: Place, words: &str| {
        let words = start(words, PLACE_OCTETS_MAX);
        if words.trim().is_empty() {
            return;
        }
        match out.iter_mut().find(|(known, _)| *known == place) {
            Some((_, all)) if all.len() < PLACE_OCTETS_MAX => {
                all.push('\n');
                all.push_str(words);
            }
            Some(_) => {}
            None => out.push((place, words.to_owned())),
        }
    };
    put(Place::Subject, message.value("subject"));
    let from = message.value("from");
    put(Place::Sender, from.split('<').next().unwrap_or_default());
    put(Place::New, &split.new);
    put(Place::Quoted, &split.quoted);
    put(Place::Forwarded, &split.forwarded);
    put(Place::Signature, &split.signature);
    let plain = squeezed(&texts.body);
    for (at, read) in texts.html.iter().enumerate() {
        put(Place::Hidden, &read.hidden);
        // The two sides of an alternative must say the same; where they do not, a reader sees one
        // and a program the other.
        if !(texts.is_body(at) || plain.contains(&squeezed(&read.shown))) {
            let other = split::read(read);
            for (place, text) in [(Place::New, &other.new), (Place::Quoted, &other.quoted)] {
                put(place, start(&unsaid(text, &plain), OTHER_SIDE_OCTETS_MAX));
            }
        }
    }
    let mut room = INSIDE_HTML_OCTETS_MAX;
    let mut files = 0;
    for part in &message.parts {
        match &part.content {
            Content::Text(text) if part.is_attachment && files < FILES_MAX => {
                files += 1;
                put(Place::Attachment, text);
            }
            Content::Message(inner) if files < FILES_MAX => {
                files += 1;
                put(Place::Forwarded, inner.value("subject"));
                put(Place::Forwarded, &text::inside(inner, &mut room));
            }
            Content::Text(_)
            | Content::Html(_)
            | Content::Message(_)
            | Content::Multipart
            | Content::File { .. } => {}
        }
        if let Some(name) = &part.filename {
            put(Place::Attachment, name);
        }
    }
    out
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The lines of a text that another does not have. Both sides of an alternative say things in the
/// same order, so each line is looked for behind the one before.
fn unsaid(text: &str, said: &str) -> String {
    let mut out = String::new();
    let (mut after, mut misses) = (0, 0);
    for line in text.lines() {
        let bare = squeezed(line);
        let ahead = said.get(after..).unwrap_or_default();
        if misses < MISSES_MAX {
            if let Some(at) = ahead.find(&bare) {
                after += at + bare.len();
                continue;
            }
            misses += 1;
            if said.contains(&bare) {
                continue;
            }
        }
        out.push_str(line);
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_one_side_only_are_unsaid() {
        let said = "hello ann we ship on monday bye";
        assert_eq!(
            unsaid("hello  ann\nsend it all\nbye\nwe ship", said),
            "send it all\n"
        );
        let vain: String = (0..MISSES_MAX).map(|n| format!("line {n}\n")).collect();
        assert!(
            unsaid(&format!("{vain}bye"), said).ends_with("bye\n"),
            "what was not looked for counts"
        );
    }
}
