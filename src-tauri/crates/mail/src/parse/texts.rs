//! Every text in a message, to look for something in it.

use mail_parser::{Message, MessageParser, PartType};

use super::shown;

/// All there is to read in a message, one after the other: its bytes as they are, every header,
/// body and file decoded, and the messages attached to it. Files that pack others (ZIP, PDF, office
/// documents) are not opened. What is no text is taken as if it were.
pub fn texts(bytes: &[u8]) -> String {
    let mut all = String::from_utf8_lossy(bytes).into_owned();
    if let Some(message) = MessageParser::default().parse(bytes) {
        add(&message, &mut all);
    }
    all
}

// As deep as the parser goes into attached messages, which has a limit.
fn add(message: &Message<'_>, all: &mut String) {
    for part in &message.parts {
        for header in &part.headers {
            line(all, &shown(header.value(), &[]));
        }
        match &part.body {
            PartType::Text(text) | PartType::Html(text) => line(all, text),
            PartType::Binary(file) | PartType::InlineBinary(file) => {
                line(all, &String::from_utf8_lossy(file));
            }
            PartType::Message(attached) => add(attached, all),
            PartType::Multipart(_) => {}
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
