//! Every text in a message, to look for something in it.

use domain::inbound::NESTING_MAX;
use mail_parser::PartType;

use super::closed::{Closed, messages};
use super::inbound::readable;
use super::{content, shown};

/// All there is to read in a message, one after the other: its bytes as they are, every header,
/// body and file decoded, and the messages attached to it, [`NESTING_MAX`] deep. Files that pack
/// others (ZIP, PDF, office documents) are not opened. What is no text is taken as if it were.
pub fn texts(bytes: &[u8]) -> String {
    let mut all = String::from_utf8_lossy(bytes).into_owned();
    add(&readable(bytes, &mut Vec::new()), 0, &mut all);
    all
}

fn add(bytes: &[u8], nesting: usize, all: &mut String) {
    let closed = Closed::new(bytes);
    let Some(message) = closed.parse() else {
        return;
    };
    let messages = messages(&message);
    for (id, part) in message.parts.iter().enumerate() {
        for header in &part.headers {
            line(all, &shown(header.value(), &[]));
        }
        match &part.body {
            PartType::Text(text) | PartType::Html(text) => line(all, text),
            PartType::Binary(file) | PartType::InlineBinary(file) => {
                line(all, &String::from_utf8_lossy(file));
            }
            PartType::Message(_) | PartType::Multipart(_) => {}
        }
        if nesting < NESTING_MAX && messages.contains(&id) {
            add(&closed.restored(content(&message, part)), nesting + 1, all);
        }
    }
}

fn line(all: &mut String, text: &str) {
    all.push('\n');
    all.push_str(text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_found_wherever_it_stands_and_however_it_is_written() {
        let mail = "From: dana@acme.example\r\nCc: Kay <kay@there.example>\r\n\
            Subject: =?utf-8?B?YWJvdXQgc3ViamVjdEB0aGVyZS5leGFtcGxl?=\r\n\
            MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n\
            --x\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\
            write to quoted=40th=\r\nere.example\r\n\
            --x\r\nContent-Type: text/csv; name=list.csv\r\n\
            Content-Disposition: attachment; filename=list.csv\r\n\
            Content-Transfer-Encoding: base64\r\n\r\nbGlzdGVkQHRoZXJlLmV4YW1wbGU=\r\n\
            --x\r\nContent-Type: message/rfc822\r\n\r\n\
            From: inner@there.example\r\nContent-Transfer-Encoding: base64\r\n\r\n\
            ZGVlcEB0aGVyZS5leGFtcGxl\r\n--x--\r\n";
        let all = texts(mail.as_bytes());
        for who in ["kay", "subject", "quoted", "listed", "inner", "deep"] {
            let address = format!("{who}@there.example");
            assert!(all.contains(&address), "{address} in {all}");
        }
        assert!(
            texts(b"\xff\xfe").len() > 1,
            "what is no message is no reason to fail"
        );
    }
}
