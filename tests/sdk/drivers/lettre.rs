//! Drives the unmodified `lettre` from the crate registry: one JSON line in, one message, one JSON
//! line out. `SENDOFF_SMTP` names the door, as host and port would.

#![allow(
    clippy::unwrap_used,
    reason = "a driver that cannot go on ends, and its test says what it heard last"
)]

use std::io::{BufRead as _, Write as _};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::{Error, response::Response};
use lettre::{Message, SmtpTransport, Transport as _};
use serde_json::{Value, json};

fn main() {
    let mut out = std::io::stdout();
    for line in std::io::stdin().lock().lines() {
        let asked: Value = serde_json::from_str(&line.unwrap()).unwrap();
        let said = match send(&asked) {
            Ok(response) => {
                let text: Vec<&str> = response.message().collect();
                let text = text.join("\n");
                json!({"ok": true, "id": id(&text), "status": status(response.code()), "message": text})
            }
            Err(error) => {
                json!({"ok": false, "status": error.status().map_or(0, status), "message": error.to_string()})
            }
        };
        writeln!(out, "{said}").unwrap();
        out.flush().unwrap();
    }
}

fn send(asked: &Value) -> Result<Response, Error> {
    let smtp = std::env::var("SENDOFF_SMTP").unwrap();
    let (host, port) = smtp.rsplit_once(':').unwrap();
    let port = asked["port"].as_str().unwrap_or(port).parse().unwrap();
    let user = asked["user"].as_str().unwrap_or("hello@example.test");
    let token = std::env::var("SENDOFF_TOKEN").unwrap();
    let timeout = Duration::from_millis(asked["timeout_ms"].as_u64().unwrap_or(30_000));
    let tls = match asked["tls"] == true {
        true => {
            let trusting = TlsParameters::builder(host.to_owned());
            Tls::Required(trusting.dangerous_accept_invalid_certs(true).build()?)
        }
        false => Tls::None,
    };
    let transport = SmtpTransport::builder_dangerous(host)
        .port(port)
        .hello_name(ClientId::Domain("client.example".to_owned()))
        .credentials(Credentials::new(user.to_owned(), token))
        .timeout(Some(timeout))
        .tls(tls)
        .build();
    transport.send(&message(&asked["letter"]))
}

fn message(letter: &Value) -> Message {
    let text = |name: &str| letter[name].as_str().unwrap().to_owned();
    let mut builder = Message::builder()
        .from(mailbox(&text("from")))
        .to(mailbox(&text("to")))
        .subject(text("subject"));
    let empty = serde_json::Map::new();
    let headers = letter["headers"].as_object().unwrap_or(&empty);
    if let Some(id) = headers.get("Message-ID") {
        builder = builder.message_id(id.as_str().map(str::to_owned));
    }
    let files = letter["files"].as_array().map_or(&[][..], Vec::as_slice);
    let mut message = match files {
        [] => builder.singlepart(SinglePart::plain(text("text"))).unwrap(),
        files => {
            let parts = MultiPart::mixed().singlepart(SinglePart::plain(text("text")));
            let parts = files.iter().fold(parts, |parts, file| {
                let content = STANDARD.decode(file["base64"].as_str().unwrap()).unwrap();
                let kind = ContentType::parse(file["type"].as_str().unwrap()).unwrap();
                let name = file["name"].as_str().unwrap().to_owned();
                parts.singlepart(Attachment::new(name).body(content, kind))
            });
            builder.multipart(parts).unwrap()
        }
    };
    for (name, value) in headers.iter().filter(|(name, _)| *name != "Message-ID") {
        let name = HeaderName::new_from_ascii(name.clone()).unwrap();
        let value = HeaderValue::new(name, value.as_str().unwrap().to_owned());
        message.headers_mut().insert_raw(value);
    }
    message
}

/// `address`, or `"Name" <address>`.
fn mailbox(text: &str) -> Mailbox {
    match text.rsplit_once(" <") {
        Some((name, address)) => Mailbox::new(
            Some(name.trim_matches('"').to_owned()),
            address.trim_end_matches('>').parse().unwrap(),
        ),
        None => Mailbox::new(None, text.parse().unwrap()),
    }
}

fn status(code: lettre::transport::smtp::response::Code) -> u16 {
    code.into()
}

fn id(text: &str) -> Option<String> {
    let (_, from) = text.split_once("sub_")?;
    let digits = from.chars().take_while(char::is_ascii_hexdigit);
    Some(format!("sub_{}", digits.collect::<String>()))
}
