//! The bytes of a message its agent composed, as they leave: what stands outside the bodies and
//! files is shown to nobody here, and arrives all the same.
//!
//! A preamble, an epilogue, the header fields of a part, a name in `To` that is no recipient: none of
//! it is refused, and none of it may carry what must not leave.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use domain::{Draft, Sealed};
use memchr::memmem;

/// As mail programs read it: whatever the padding is.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Octets an encoded word may have: as long as a line, whatever RFC 2047 says of 75.
const WORD_OCTETS_MAX: usize = 998;

/// The bytes that leave, where they are not ours, and what they say decoded.
pub(super) struct Source<'s> {
    /// As they are. Empty if the message was composed here, from what is looked at anyway.
    pub(super) raw: &'s [u8],
    /// The messages it answers, by id; and the bytes with encoded words (RFC 2047), quoted-printable
    /// and percent signs (RFC 2231) resolved wherever they stand. An octet that is no text takes three.
    pub(super) text: String,
}

impl<'s> Source<'s> {
    /// Linear in their size, which the door has bounded.
    pub(super) fn of(draft: &Draft, sealed: &'s Sealed) -> Source<'s> {
        let answered = draft.in_reply_to.iter().chain(&draft.references);
        let answered: Vec<&str> = answered.map(String::as_str).collect();
        let mut text = answered.join("\n");
        let raw = match draft.composed {
            Some(_) => sealed.bytes.as_slice(),
            None => &[],
        };
        text.push('\n');
        text.push_str(&String::from_utf8_lossy(&unescaped(&words_resolved(raw))));
        Source { raw, text }
    }
}

/// Encoded text in header fields, decoded the same way.
pub(super) fn decoded(value: &str) -> String {
    String::from_utf8_lossy(&words_resolved(value.as_bytes())).into_owned()
}

/// Encoded words as what they say; white space between two of them is not there.
fn words_resolved(source: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(source.len());
    let (mut rest, mut is_behind_word) = (source, false);
    while let Some((before, begun)) =
        memmem::find(rest, b"=?").and_then(|at| rest.split_at_checked(at))
    {
        let Some((said, behind)) = word(begun) else {
            let (sign, behind) = begun.split_at_checked(2).unwrap_or((begun, &[]));
            out.extend_from_slice(before);
            out.extend_from_slice(sign);
            (rest, is_behind_word) = (behind, false);
            continue;
        };
        if !(is_behind_word && before.iter().all(u8::is_ascii_whitespace)) {
            out.extend_from_slice(before);
        }
        out.extend_from_slice(&said);
        (rest, is_behind_word) = (behind, true);
    }
    out.extend_from_slice(rest);
    out
}

/// What the encoded word says that begins here, and what is behind it.
fn word(begun: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let near = begun.get(..WORD_OCTETS_MAX).unwrap_or(begun);
    let charset_end = 2 + memchr::memchr(b'?', near.get(2..)?)?;
    let (encoding, content) = match near.get(charset_end..)? {
        [
            b'?',
            encoding @ (b'b' | b'B' | b'q' | b'Q'),
            b'?',
            content @ ..,
        ] => (encoding, content),
        _ => return None,
    };
    let octets = memmem::find(content, b"?=")?;
    let content = content.get(..octets)?;
    let said = match encoding {
        b'b' | b'B' => LENIENT.decode(content).ok()?,
        _ => {
            let blanks = content.iter().map(|octet| match octet {
                b'_' => b' ',
                other => *other,
            });
            unescaped(&blanks.collect::<Vec<u8>>())
        }
    };
    Some((said, begun.get(charset_end + 3 + octets + 2..)?))
}

/// `=41` and `%41` as the octet they stand for; a line that ends in `=` goes on in the next.
fn unescaped(source: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(source.len());
    let mut rest = source;
    while let Some((before, escape)) =
        memchr::memchr2(b'=', b'%', rest).and_then(|at| rest.split_at_checked(at))
    {
        out.extend_from_slice(before);
        let digit = |place: usize| {
            let octet = escape.get(place).copied()?;
            char::from(octet).to_digit(16)
        };
        rest = match (escape, digit(1), digit(2)) {
            ([b'=', b'\r', b'\n', behind @ ..], ..) => behind,
            ([_, _, _, behind @ ..], Some(high), Some(low)) => {
                out.extend(u8::try_from(high * 16 + low));
                behind
            }
            ([sign, behind @ ..], ..) => {
                out.push(*sign);
                behind
            }
            ([], ..) => &[],
        };
    }
    out.extend_from_slice(rest);
    out
}

#[cfg(test)]
mod tests {
    use domain::{Attachment, Composed, Found};

    use super::*;
    use crate::scan::tests::{draft, sealed};
    use crate::scan::{Guarded, scan, secrets};

    const CANARY: &str = "qx7vn2mdkz4w";

    /// What is found in a message its agent composed, with this header section and body.
    fn found(section: &str, body: &str) -> Found {
        let mut mail = draft(&["dana@acme.com"], "Hello", "Hi");
        mail.composed = Some(Composed {
            message_id: None,
            from_name: None,
        });
        let mut sealed = sealed("");
        sealed.bytes = format!("{section}\r\n\r\n{body}\r\n").into_bytes();
        let guarded = Guarded {
            canaries: &[CANARY.to_owned()],
            credentials: &["hunter2-hunter2".to_owned()],
        };
        scan(&mail, &sealed, guarded).found
    }

    #[test]
    fn what_stands_beside_the_parts_of_a_composed_message_is_read() {
        let token = format!("so_live_{}", "aB3dE5fG7hJ9".repeat(4).get(..43).unwrap());
        let parts = |said: &str| {
            let text = "--b\r\nContent-Type: text/plain\r\n\r\nHi\r\n--b--\r\n";
            [
                ("References: <1@x.example>", format!("{said}\r\n{text}")),
                ("References: <1@x.example>", format!("{text}{said}")),
                (
                    "References: <1@x.example>",
                    format!("--b\r\nContent-Description: {said}\r\n\r\nHi\r\n--b--"),
                ),
            ]
            .map(|(section, body)| found(section, &body))
        };
        let heads = |said: &str| {
            let octets = said.bytes().map(|octet| format!("={octet:02X}"));
            let quoted: String = octets.collect();
            let encoded = base64::engine::general_purpose::STANDARD.encode(said);
            [
                format!("Message-ID: <{said}@x.example>"),
                format!("References: <{said}@x.example>"),
                format!("To: dana@acme.com, {said} <nobody@acme.com>"),
                format!("Cc: =?utf-8?Q?{quoted}?= <nobody@acme.com>"),
                format!("Cc: =?utf-8?B?{encoded}?= <nobody@acme.com>"),
            ]
            .map(|section| found(&section, "Hi"))
        };
        let all = |said: &str| {
            parts(said)
                .into_iter()
                .chain(heads(said))
                .collect::<Vec<_>>()
        };
        assert!(all(CANARY).iter().all(|found| found.canary));
        for (said, kind) in [
            ("hunter2-hunter2", secrets::OWN_CREDENTIAL),
            (token.as_str(), secrets::OWN_TOKEN),
        ] {
            for (place, found) in all(said).iter().enumerate() {
                let kinds: Vec<&str> = found
                    .secrets
                    .iter()
                    .map(|spot| spot.kind.as_str())
                    .collect();
                assert_eq!(kinds, [kind], "{place}");
            }
        }
        let card = "To: dana@acme.com, =?utf-8?Q?4111=201111=201111=201111?= <n@acme.com>";
        assert_eq!(found(card, "Hi").secrets.len(), 1);
    }

    #[test]
    fn the_digits_of_a_boundary_or_an_id_are_no_card_number() {
        let section = "Message-ID: <4111111111111111@x.example>\r\n\
                       Content-Type: multipart/mixed; boundary=\"=4111111111111111==\"";
        let body = "--=4111111111111111==\r\n\r\nHi\r\n--=4111111111111111==--";
        assert!(found(section, body).is_nothing());
    }

    #[test]
    fn what_is_our_own_is_found_in_every_field_of_a_draft() {
        let token = format!("so_live_{}", "aB3dE5fG7hJ9".repeat(4).get(..43).unwrap());
        let plain = draft(&["dana@acme.com"], "Hello", "Hi");
        let file = |name: &str| Attachment {
            filename: name.into(),
            content_type: "application/pdf".into(),
            content: b"%PDF-1.7".to_vec(),
        };
        let named = |said: &str| vec![format!("{said} <dana@acme.com>").parse().unwrap()];
        let with = |said: &str| {
            [
                Draft {
                    to: named(said),
                    ..plain.clone()
                },
                Draft {
                    cc: named(said),
                    ..plain.clone()
                },
                Draft {
                    bcc: named(said),
                    ..plain.clone()
                },
                Draft {
                    reply_to: named(said),
                    ..plain.clone()
                },
                Draft {
                    attachments: vec![file(&format!("{said}.pdf"))],
                    ..plain.clone()
                },
                Draft {
                    in_reply_to: Some(format!("<{said}@x.example>")),
                    ..plain.clone()
                },
                Draft {
                    references: vec![format!("<{said}@x.example>")],
                    ..plain.clone()
                },
            ]
        };
        let sealed = sealed("Subject: x");
        for (said, kind) in [
            ("hunter2-hunter2", secrets::OWN_CREDENTIAL),
            (token.as_str(), secrets::OWN_TOKEN),
        ] {
            for (place, mail) in with(said).iter().enumerate() {
                let guarded = Guarded {
                    canaries: &[],
                    credentials: &["hunter2-hunter2".to_owned()],
                };
                let spots = scan(mail, &sealed, guarded).found.secrets;
                let kinds: Vec<&str> = spots.iter().map(|spot| spot.kind.as_str()).collect();
                assert_eq!(kinds, [kind], "{place}");
            }
        }
    }

    #[test]
    fn a_hidden_recipient_is_no_hiding_place() {
        let mut mail = draft(&["dana@acme.com"], "Hello", "Hi");
        mail.bcc = vec![format!("{CANARY}@acme.com").parse().unwrap()];
        let guarded = Guarded {
            canaries: &[CANARY.to_owned()],
            credentials: &[],
        };
        assert!(scan(&mail, &sealed("Subject: x"), guarded).found.canary);
    }

    #[test]
    fn whatever_is_encoded_is_read() {
        let read =
            |text: &str| String::from_utf8(unescaped(&words_resolved(text.as_bytes()))).unwrap();
        for (written, said) in [
            ("plain = as %it is", "plain = as %it is"),
            (
                "To: =?utf-8?Q?so=5Flive=5F?=\r\n =?utf-8?b?YWJj?= <a@b.example>",
                "To: so_live_abc <a@b.example>",
            ),
            ("=?utf-8?Q?a_b?= and =?utf-8?Q?c?=", "a b and c"),
            ("=?utf-8?B?YQ?=", "a"),
            ("a=20b=\r\nc", "a bc"),
            ("filename*=utf-8''so%5Flive", "filename*=utf-8''so_live"),
            ("=?utf-8?X?a?= =? =?a?Q", "=?utf-8?X?a?= =? =?a?Q"),
            ("=", "="),
            ("=4", "=4"),
            ("", ""),
        ] {
            assert_eq!(read(written), said, "{written}");
        }
    }
}
