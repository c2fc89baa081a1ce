//! MAIL to the last dot: who is accepted, and who certainly is not.

use domain::delivery::Phase;
use domain::{Address, Outcome, RecipientOutcome, RecipientState, SmtpReply};

use super::reply::{Reply, said};
use super::session::{Session, happened};
use super::{Outgoing, Stop};
use crate::compose::has_utf8_headers;

/// RCPT commands written before the first of their replies is read (RFC 2920); few enough that
/// neither side's buffers can fill up.
const RCPT_PIPELINED: usize = 50;

/// What the message asks of the server.
struct Needs {
    /// As they go over the wire, dots doubled.
    bytes: Vec<u8>,
    /// As SIZE counts them, without the doubled dots (RFC 1870, section 5).
    octets: u64,
    utf8: bool,
    eight_bit: bool,
}

/// Sends one message over an open session.
pub(super) async fn deliver<F, Fut>(
    mut session: Session<'_>,
    message: &Outgoing<'_>,
    final_dot: F,
) -> Outcome
where
    F: FnOnce() -> Fut + Send,
    Fut: Future<Output = bool> + Send,
{
    let mut rows = Vec::new();
    let needs = match prepare(&session, message, &mut rows) {
        Ok(needs) => needs,
        Err(stop) => {
            session.leave().await;
            return stop.into();
        }
    };
    let open: Vec<&Address> = message
        .recipients
        .iter()
        .filter(|address| !rows.iter().any(|row| row.address == **address))
        .collect();
    if open.is_empty() {
        session.leave().await;
        return Outcome::Answered { recipients: rows };
    }
    let accepted = match envelope(&mut session, message, &needs, &open, &mut rows).await {
        Ok(accepted) => accepted,
        Err(stop) => return stop.into(),
    };
    if accepted.is_empty() {
        session.leave().await;
        return Outcome::Answered { recipients: rows };
    }
    let go = match session.ask(Phase::Data, "DATA").await {
        Ok(reply) => reply,
        Err(stop) => return stop.into(),
    };
    if go.code != 354 {
        if !go.is_for_now() && !go.is_for_good() {
            return unexpected(&session, Phase::Data, &go).into();
        }
        session.leave().await;
        rows.extend(settled(&accepted, &go));
        return Outcome::Answered { recipients: rows };
    }
    if let Err(stop) = body(&mut session, &needs.bytes).await {
        return stop.into();
    }

    // From here on: before the mark nothing was accepted; behind it only a reply can tell.
    if !final_dot().await {
        return Stop::new(
            Phase::Data,
            "stopped before the last dot; nothing was accepted",
        )
        .into();
    }
    let limits = session.limits();
    let mut answer = session
        .wire()
        .write(b".\r\n", limits.data_block)
        .await
        .map(|()| None);
    if answer.is_ok() {
        answer = session.wire().reply(limits.data_end).await.map(Some);
    }
    let trouble = match answer {
        Ok(Some(reply)) if reply.is_done() || reply.is_for_now() || reply.is_for_good() => {
            session.leave().await;
            rows.extend(settled(&accepted, &reply));
            return Outcome::Answered { recipients: rows };
        }
        Ok(Some(reply)) => format!("answered the last dot with {}", said(&reply.record())),
        Ok(None) => "did not answer".to_owned(),
        Err(trouble) => happened(&trouble),
    };
    Outcome::Unanswered {
        reason: format!(
            "{} {trouble} after the whole message was sent; it may or may not have been accepted",
            session.server()
        ),
        maybe: accepted.into_iter().cloned().collect(),
        refused: rows,
    }
}

/// The bytes for the wire, and what the server would refuse anyway: rows for single recipients, a
/// stop for the message.
fn prepare(
    session: &Session<'_>,
    message: &Outgoing<'_>,
    rows: &mut Vec<RecipientOutcome>,
) -> Result<Needs, Stop> {
    let hello = session.hello();
    let server = session.server();
    let mut bytes = message.sealed.with_date(message.date);
    let octets = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    if let Some(size_max) = hello.size_max
        && octets > size_max
    {
        let text = format!("not sent: the message has {octets} octets, {server} takes {size_max}");
        return Err(foreseen(552, "5.3.4", text));
    }
    let from = &message.sealed.envelope.mail_from;
    let utf8_all = from.is_international() || has_utf8_headers(&bytes);
    if utf8_all && !hello.smtputf8 {
        let text = format!(
            "not sent: the message has addresses beyond ASCII, and {server} does not offer SMTPUTF8"
        );
        return Err(foreseen(553, "5.6.7", text));
    }
    if !hello.smtputf8 {
        for address in message.recipients.iter().filter(|a| a.is_international()) {
            rows.push(RecipientOutcome {
                address: address.clone(),
                state: RecipientState::Refused,
                reply: Some(SmtpReply {
                    code: 553,
                    enhanced: Some("5.6.7".to_owned()),
                    text: format!(
                        "not sent: the address is beyond ASCII, and {server} does not offer SMTPUTF8"
                    ),
                }),
            });
        }
    }
    let eight_bit = !bytes.is_ascii();
    // Offering SMTPUTF8 is offering 8BITMIME (RFC 6531, section 3.1).
    if eight_bit && !hello.eight_bit && !hello.smtputf8 {
        let text =
            format!("not sent: the message has 8-bit text, and {server} does not offer 8BITMIME");
        return Err(foreseen(554, "5.6.3", text));
    }
    let utf8_one = message.recipients.iter().any(|a| a.is_international());
    stuff_dots(&mut bytes);
    Ok(Needs {
        bytes,
        octets,
        utf8: hello.smtputf8 && (utf8_all || utf8_one),
        eight_bit,
    })
}

/// MAIL and RCPT. Gives those accepted so far; the others get their rows.
async fn envelope<'a>(
    session: &mut Session<'_>,
    message: &Outgoing<'_>,
    needs: &Needs,
    open: &[&'a Address],
    rows: &mut Vec<RecipientOutcome>,
) -> Result<Vec<&'a Address>, Stop> {
    let mut mail = format!("MAIL FROM:<{}>", message.sealed.envelope.mail_from);
    if session.hello().size {
        mail.push_str(&format!(" SIZE={}", needs.octets));
    }
    if needs.eight_bit {
        mail.push_str(" BODY=8BITMIME");
    }
    if needs.utf8 {
        mail.push_str(" SMTPUTF8");
    }
    let reply = session.ask(Phase::MailFrom, &mail).await?;
    if !reply.is_done() {
        let stop = unexpected(session, Phase::MailFrom, &reply);
        session.leave().await;
        return Err(stop);
    }

    let mut accepted = Vec::new();
    let at_once = if session.hello().pipelining {
        RCPT_PIPELINED
    } else {
        1
    };
    for group in open.chunks(at_once) {
        let lines: String = group
            .iter()
            .map(|to| format!("RCPT TO:<{to}>\r\n"))
            .collect();
        let limit = session.limits().command;
        if let Err(trouble) = session.wire().write(lines.as_bytes(), limit).await {
            return Err(session.stop(Phase::RcptTo, &trouble));
        }
        for to in group.iter().copied() {
            let reply = match session.wire().reply(limit).await {
                Ok(reply) => reply,
                Err(trouble) => return Err(session.stop(Phase::RcptTo, &trouble)),
            };
            // 421 closes the connection for everyone, those accepted before included.
            if reply.code == 421 || !(reply.is_done() || reply.is_for_now() || reply.is_for_good())
            {
                return Err(unexpected(session, Phase::RcptTo, &reply));
            }
            if reply.is_done() {
                accepted.push(to);
            } else {
                let mut row = settled(&[to], &reply);
                if too_many(&reply) && !accepted.is_empty() {
                    row.iter_mut()
                        .for_each(|row| row.state = RecipientState::Deferred);
                }
                rows.extend(row);
            }
        }
    }
    Ok(accepted)
}

/// The message without its last dot.
async fn body(session: &mut Session<'_>, bytes: &[u8]) -> Result<(), Stop> {
    let limit = session.limits().data_block;
    let sent = session.wire().write(bytes, limit).await;
    // A server that gives up in the middle says why before it closes: look before the last dot,
    // where looking turns a message nobody knows about into one that certainly was not accepted.
    match (sent, session.wire().unasked().await) {
        (Ok(()), None) => Ok(()),
        (_, Some(Ok(reply))) => Err(unexpected(session, Phase::Data, &reply)),
        (Err(trouble), _) | (Ok(()), Some(Err(trouble))) => {
            Err(session.stop(Phase::Data, &trouble))
        }
    }
}

/// One row per recipient, settled by one reply.
fn settled(recipients: &[&Address], reply: &Reply) -> Vec<RecipientOutcome> {
    let state = if reply.is_done() {
        RecipientState::Accepted
    } else if reply.is_for_now() {
        RecipientState::Deferred
    } else {
        RecipientState::Refused
    };
    recipients
        .iter()
        .map(|address| RecipientOutcome {
            address: (*address).clone(),
            state,
            reply: Some(reply.record()),
        })
        .collect()
}

/// 552 to a RCPT behind accepted ones is an old way to say "too many at once": for now, whatever
/// its first digit (RFC 5321, section 4.5.3.1.10). With an enhanced code of its own it is what it says.
fn too_many(reply: &Reply) -> bool {
    reply.code == 552 && matches!(reply.record().enhanced.as_deref(), None | Some("5.5.3"))
}

/// A refusal of the whole message by the server.
fn unexpected(session: &Session<'_>, phase: Phase, reply: &Reply) -> Stop {
    let record = reply.record();
    let what = match phase {
        Phase::MailFrom => "refused the sender",
        Phase::RcptTo => "broke off at the recipients",
        Phase::Data => "broke off at the message",
        Phase::Connect | Phase::Auth => "broke off",
    };
    let reason = format!(
        "{} {what} ({}); nothing was accepted",
        session.server(),
        said(&record)
    );
    Stop {
        phase,
        reply: Some(record),
        reason,
    }
}

/// A refusal of the whole message that the server's EHLO has already announced.
fn foreseen(code: u16, enhanced: &str, text: String) -> Stop {
    Stop {
        phase: Phase::MailFrom,
        reason: text.clone(),
        reply: Some(SmtpReply {
            code,
            enhanced: Some(enhanced.to_owned()),
            text,
        }),
    }
}

/// Transparency (RFC 5321, section 4.5.2): a dot before every line that begins with one; and a
/// last line that ends, for the dot to stand alone.
fn stuff_dots(bytes: &mut Vec<u8>) {
    if !bytes.ends_with(b"\r\n") {
        bytes.extend_from_slice(b"\r\n");
    }
    let first = bytes.first() == Some(&b'.');
    if !first && !bytes.windows(3).any(|three| three == b"\r\n.") {
        return;
    }
    let mut stuffed = Vec::with_capacity(bytes.len() + bytes.len() / 64);
    let mut starts = true;
    for byte in bytes.iter().copied() {
        if starts && byte == b'.' {
            stuffed.push(b'.');
        }
        stuffed.push(byte);
        // Only CRLF ends lines here: bytes with a bare CR or LF are refused before.
        starts = byte == b'\n';
    }
    *bytes = stuffed;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stuffed(text: &str) -> String {
        let mut bytes = text.as_bytes().to_vec();
        stuff_dots(&mut bytes);
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn dots_at_the_start_of_lines_are_doubled_and_no_others() {
        assert_eq!(
            stuffed(".\r\n..a\r\nb.c.\r\n.d"),
            "..\r\n...a\r\nb.c.\r\n..d\r\n"
        );
        assert_eq!(stuffed("a\r\n"), "a\r\n");
        assert_eq!(stuffed(""), "\r\n");
    }
}
