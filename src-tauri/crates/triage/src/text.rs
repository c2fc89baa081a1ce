//! The text of a message: what a reader is shown, and what was put where no reader looks.

use domain::inbound::{Content, Message};

use crate::html::{self, HTML_OCTETS_MAX, Html};

/// Octets of text of one message that are judged; the rest is left unread.
pub const TEXT_OCTETS_MAX: usize = 64 << 10;

/// The texts of a message, each part of it read once for every judgement.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Texts {
    /// The text of the shown parts: plain where there is plain, HTML as it is shown where there is
    /// only HTML. Stops at the first message inside, and at [`TEXT_OCTETS_MAX`].
    pub body: String,
    /// True if the body is plain.
    pub is_plain: bool,
    /// Its HTML parts in order, together at most [`HTML_OCTETS_MAX`] octets of them.
    pub html: Vec<Html>,
    /// How many of them stand before the first message inside.
    shown: usize,
}

impl Texts {
    /// Of a message.
    pub fn of(message: &Message) -> Self {
        let mut room = HTML_OCTETS_MAX;
        let (html, shown) = html_parts(message, &mut room);
        let (mut body, is_plain) = plain_parts(message);
        if !is_plain {
            for one in html.iter().take(shown) {
                push(&mut body, &one.shown);
            }
        }
        Self {
            body,
            is_plain,
            html,
            shown,
        }
    }

    /// True if the body is made of this HTML part.
    pub fn is_body(&self, at: usize) -> bool {
        !self.is_plain && at < self.shown
    }

    /// The shown HTML as plain text whose quotes are marked.
    pub fn marked(&self) -> String {
        let mut out = String::new();
        for one in self.html.iter().take(self.shown) {
            push(&mut out, &one.marked);
        }
        out
    }
}

/// The text of a message inside another, taking the HTML it reads from `room` octets.
pub(crate) fn inside(message: &Message, room: &mut usize) -> String {
    let (mut body, is_plain) = plain_parts(message);
    if !is_plain {
        let (html, shown) = html_parts(message, room);
        for one in html.iter().take(shown) {
            push(&mut body, &one.shown);
        }
    }
    body
}

/// The plain text before the first message inside, and whether there is any.
fn plain_parts(message: &Message) -> (String, bool) {
    let mut out = String::new();
    let mut has_words = false;
    for part in &message.parts {
        match &part.content {
            Content::Text(text)
                if part.content_type == "text/plain" || part.content_type == "text/x-amp-html" =>
            {
                has_words |= !text.trim().is_empty();
                push(&mut out, text);
            }
            Content::Message(_) => break,
            Content::Text(_) | Content::Html(_) | Content::Multipart | Content::File { .. } => {}
        }
    }
    (out, has_words)
}

/// The HTML parts as far as there is room, and how many stand before the first message inside.
fn html_parts(message: &Message, room: &mut usize) -> (Vec<Html>, usize) {
    let mut all = Vec::new();
    let mut shown = None;
    for part in &message.parts {
        match &part.content {
            Content::Html(text) if *room > 0 && !text.is_empty() => {
                let text = start(text, *room);
                *room -= text.len();
                all.push(html::read(text));
            }
            Content::Message(_) => shown = shown.or(Some(all.len())),
            Content::Html(_) | Content::Text(_) | Content::Multipart | Content::File { .. } => {}
        }
    }
    let shown = shown.unwrap_or(all.len());
    (all, shown)
}

fn push(out: &mut String, text: &str) {
    let room = TEXT_OCTETS_MAX.saturating_sub(out.len());
    if room > 0 {
        out.push_str(start(text, room));
        out.push('\n');
    }
}

/// The first `octets` octets of a text, whole characters.
pub fn start(text: &str, octets: usize) -> &str {
    let mut end = text.len().min(octets);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use domain::inbound::Part;

    use super::*;

    fn part(content_type: &str, content: Content) -> Part {
        Part {
            content_type: content_type.to_owned(),
            parameters: Vec::new(),
            is_attachment: false,
            filename: None,
            depth: 0,
            content,
        }
    }

    #[test]
    fn a_start_never_cuts_a_character() {
        assert_eq!(start("aé", 2), "a");
    }

    #[test]
    fn all_html_of_a_message_shares_one_limit() {
        let word = "word ".repeat(HTML_OCTETS_MAX / 10);
        let parts = (0..9).map(|_| part("text/html", Content::Html(format!("<i>{word}</i>"))));
        let message = Message {
            parts: parts.collect(),
            ..Message::default()
        };
        let texts = Texts::of(&message);
        assert_eq!(texts.html.len(), 2, "what is beyond is not read");
        assert!(texts.body.len() <= TEXT_OCTETS_MAX + 1);
    }

    #[test]
    fn html_counts_where_nothing_is_plain() {
        let html = || part("text/html", Content::Html("<p>Hello <b>Ann</b>".to_owned()));
        let plain = |text: &str| part("text/plain", Content::Text(text.to_owned()));
        let body = |parts: Vec<Part>| {
            let message = Message {
                parts,
                ..Message::default()
            };
            let texts = Texts::of(&message);
            (texts.is_plain, texts.body.trim().to_owned())
        };
        assert_eq!(
            body(vec![plain(" \n"), html()]),
            (false, "Hello Ann".to_owned())
        );
        assert_eq!(body(vec![plain("Hi"), html()]), (true, "Hi".to_owned()));
    }
}
