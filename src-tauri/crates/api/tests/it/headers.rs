//! Nothing that is written into a field of a letter becomes a header of its own: every text of every
//! door, names as well as values, against everything that has ever ended a line or been read as one.
//!
//! What is refused is refused; of what is taken, the sealed bytes are held against those of an
//! honest letter: no header more, no part more, and what a reader decodes is what was approved.

use axum::body::Body;
use axum::http::Method;
use domain::{Level, Span, Timestamp};
use serde_json::{Value, json};

use crate::support::{BEGIN, Desk, MAILBOX, desk};

/// One way in.
struct Way {
    name: &'static str,
    path: &'static str,
    token: (&'static str, &'static str),
    /// An ask with every field that takes text.
    letter: fn() -> Value,
    /// Where the words of a letter are.
    words: &'static str,
    /// Where a key of its own may be said, beside the header.
    key: Option<&'static str>,
    /// Its own headers that end up beside a letter.
    headers: &'static [&'static str],
}

const WAYS: &[Way] = &[
    Way {
        name: "REST",
        path: "/v1/submissions",
        token: ("authorization", "Bearer "),
        letter: rest,
        words: "/text",
        key: Some(""),
        headers: &["idempotency-key"],
    },
    Way {
        name: "Resend",
        path: "/emails",
        token: ("authorization", "Bearer "),
        letter: resend,
        words: "/text",
        key: None,
        headers: &["idempotency-key", "user-agent"],
    },
    Way {
        name: "Postmark",
        path: "/email",
        token: ("x-postmark-server-token", ""),
        letter: postmark,
        words: "/TextBody",
        key: None,
        headers: &["user-agent"],
    },
    Way {
        name: "MCP",
        path: "/mcp",
        token: ("authorization", "Bearer "),
        letter: mcp,
        words: "/params/arguments/text",
        key: Some("/params/arguments"),
        headers: &["mcp-session-id"],
    },
];

fn rest() -> Value {
    json!({"mailbox": MAILBOX, "to": ["Bob B <bob@x.example>"], "cc": ["Cee <cc@x.example>"],
        "bcc": ["Dee <bcc@x.example>"], "reply_to": format!("Ann <{MAILBOX}>"), "subject": "Hello",
        "text": "Hello Bob.", "html": "<p>Hello Bob.</p>", "in_reply_to": "<m@x.example>",
        "reason": "a reason", "tags": {"campaign": "spring"},
        "attachments": [{"filename": "a.txt", "content_type": "text/plain", "content": "aGk="}]})
}

fn resend() -> Value {
    json!({"from": format!("Ann <{MAILBOX}>"), "to": ["Bob B <bob@x.example>"],
        "cc": ["Cee <cc@x.example>"], "bcc": "Dee <bcc@x.example>",
        "reply_to": [format!("Ann <{MAILBOX}>")], "subject": "Hello", "text": "Hello Bob.",
        "html": "<p>Hello Bob.</p>", "headers": {"In-Reply-To": "<m@x.example>"},
        "tags": [{"name": "campaign", "value": "spring"}],
        "attachments": [{"filename": "a.txt", "content_type": "text/plain", "content": "aGk="}]})
}

fn postmark() -> Value {
    json!({"From": format!("Ann <{MAILBOX}>"), "To": "Bob B <bob@x.example>",
        "Cc": "Cee <cc@x.example>", "Bcc": "Dee <bcc@x.example>",
        "ReplyTo": format!("Ann <{MAILBOX}>"), "Subject": "Hello", "TextBody": "Hello Bob.",
        "HtmlBody": "<p>Hello Bob.</p>", "Tag": "campaign", "Metadata": {"season": "spring"},
        "MessageStream": "outbound",
        "Headers": [{"Name": "In-Reply-To", "Value": "<m@x.example>"}],
        "Attachments": [{"Name": "a.txt", "ContentType": "text/plain", "Content": "aGk="}]})
}

fn mcp() -> Value {
    json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": {"name": "send_email", "arguments": rest()}})
}

/// Texts that are one of a few, so that no attack is taken in them.
const REFUSED_WHATEVER: &[&str] = &[
    "mailbox",
    "from",
    "in_reply_to",
    "in-reply-to",
    "content",
    "messagestream",
];

/// What is written in the middle of a text, so that some reader sees a header begin.
fn attacks() -> Vec<String> {
    let header = "X-Smuggled: yes";
    let mut attacks: Vec<String> = [
        "\r\n", "\n", "\r", "\r\r\n", "\n\r", "\0", "\r\n ", "\r\n\t", "\r\n\r\n", "\u{b}",
        "\u{c}", "\u{1c}", "\u{85}", "\u{2028}", "\u{2029}", "\u{1b}", "\u{7f}",
    ]
    .iter()
    .map(|end| format!("{end}{header}"))
    .collect();
    attacks.extend(
        [
            "%0d%0aX-Smuggled: yes",
            "\\r\\nX-Smuggled: yes",
            "&#13;&#10;X-Smuggled: yes",
            "=0D=0AX-Smuggled: yes",
            "=?utf-8?q?a=0D=0AX-Smuggled:_yes?=",
            "=?utf-8?q?another?=",
            "=?utf-8?b?DQpYLVNtdWdnbGVkOiB5ZXM=?=",
            "=?utf-7?q?+AA0ACg-X-Smuggled:_yes?=",
            "\u{560d}\u{560a}X-Smuggled: yes",
            "\"; x-smuggled=\"yes",
            "; x-smuggled=yes",
            "\\\"; x-smuggled=\"yes",
            "\" <eve@evil.example>, \"",
            "*=utf-8''%0d%0ax",
        ]
        .map(str::to_owned),
    );
    attacks.push("x".repeat(1_200));
    attacks.push("é".repeat(1_200));
    attacks.push(format!("{}X-Smuggled: yes", "x ".repeat(40_000)));
    attacks.push(format!("{} X-Smuggled: yes", "y".repeat(977)));
    attacks
}

/// Where an attack is written: over the whole of a text, at its end, and in the name beside an
/// address, with quotes and without.
fn spoiled(honest: &str, attack: &str) -> Vec<String> {
    let mut spoiled = vec![attack.to_owned(), format!("{honest}{attack}")];
    if honest.contains('@') {
        spoiled.push(format!("{attack} <bob@x.example>"));
        spoiled.push(format!("\"A{attack}\" <bob@x.example>"));
    }
    spoiled
}

/// The pointers of every text, and of every name that is the visitor's to choose.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::String(_) => found.push(at.to_owned()),
        Value::Array(list) => {
            for (index, one) in list.iter().enumerate() {
                places(one, &format!("{at}/{index}"), found);
            }
        }
        Value::Object(map) => {
            for (name, one) in map {
                places(one, &format!("{at}/{name}"), found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Sends it; true if it was taken.
async fn taken(desk: &Desk, way: &Way, letter: &Value, more: Option<(&str, &str)>) -> bool {
    let before = desk.engine.list(Default::default(), None, 1).await.unwrap();
    let newest = before.rows.first().map(|row| row.id);
    let (header, word) = way.token;
    let mut request = axum::http::Request::builder()
        .method(Method::POST)
        .uri(way.path)
        .header("host", "127.0.0.1:7411")
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream")
        .header("mcp-protocol-version", "2025-11-25")
        .header(header, format!("{word}{}", desk.token));
    if let Some((name, value)) = more {
        request = request.header(name, value);
    }
    let reply = desk
        .send(request.body(Body::from(letter.to_string())).unwrap())
        .await;
    assert!(reply.status < 500, "{}: {:?}", way.name, reply.json);
    let after = desk.engine.list(Default::default(), None, 1).await.unwrap();
    after.rows.first().map(|row| row.id) != newest
}

/// The bytes of the newest message, and what its door understood.
async fn newest(desk: &Desk) -> (Vec<u8>, domain::Draft) {
    let rows = desk.engine.list(Default::default(), None, 1).await.unwrap();
    let id = rows.rows[0].id;
    let (sealed, _) = desk.engine.message(id, None).await.unwrap();
    (sealed.bytes, desk.engine.draft(id, None).await.unwrap())
}

/// Every block of headers in a message, the names in each: its own first, then those of its parts.
fn heads(text: &str) -> Vec<Vec<String>> {
    let mut heads = Vec::new();
    let mut boundaries: Vec<String> = Vec::new();
    let mut in_head = true;
    let mut names = Vec::new();
    for line in text.split("\r\n") {
        if in_head && line.is_empty() {
            heads.push(std::mem::take(&mut names));
            in_head = false;
        } else if in_head {
            if let Some((_, after)) = line.split_once("boundary=\"") {
                boundaries.push(format!("--{}", after.split('"').next().unwrap()));
            }
            if !line.starts_with([' ', '\t']) {
                names.push(line.split(':').next().unwrap().to_lowercase());
            }
        } else if boundaries.iter().any(|boundary| boundary == line) {
            in_head = true;
        }
    }
    heads
}

/// The people a reader finds in one header.
fn decoded(text: &str, name: &str) -> Vec<domain::NamedAddress> {
    // A view says who gets an answer: the header that is asked about, read in the place of that one.
    let (head, _) = text.split_once("\r\n\r\n").unwrap();
    let own = format!("{name}: ");
    let (mut read, mut asked) = (String::new(), false);
    for line in head.split("\r\n") {
        match line.strip_prefix(&own) {
            Some(value) => read.push_str(&format!("Reply-To: {value}")),
            None if asked && line.starts_with([' ', '\t']) => read.push_str(line),
            None => {
                asked = false;
                continue;
            }
        }
        asked = true;
        read.push_str("\r\n");
    }
    engine::read_message(format!("{read}\r\n").as_bytes()).answer_to
}

/// Holds a message that was taken against an honest one, and against what its door understood.
fn hold(bytes: &[u8], draft: &domain::Draft, honest: &[Vec<String>], about: &str) {
    let text = std::str::from_utf8(bytes).unwrap();
    assert!(
        !text.replace("\r\n", "").contains(['\r', '\n', '\0']),
        "{about}: {text}"
    );
    assert!(
        text.split("\r\n").all(|line| line.len() <= 998),
        "{about}: a line over 998"
    );
    let found = heads(text);
    assert!(found.len() <= honest.len(), "{about}: {found:?}");
    for (head, usual) in found.iter().zip(honest) {
        let mut once = head.clone();
        once.sort();
        once.dedup();
        assert_eq!(once.len(), head.len(), "{about}: twice in {head:?}");
        let known = |name: &String| usual.contains(name) || name.starts_with("content-");
        assert!(head.iter().all(known), "{about}: {head:?}");
    }
    let view = engine::read_message(bytes);
    let ends = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    for header in &view.headers {
        let value = header.value.trim_end();
        assert!(
            !value.contains(ends),
            "{about}: {} is {value:?}",
            header.name
        );
    }
    let value = |name: &str| {
        let found = view
            .headers
            .iter()
            .find(|header| header.name.eq_ignore_ascii_case(name));
        found.map(|header| header.value.clone()).unwrap_or_default()
    };
    // As much as is shown of one header.
    let shown = |text: &str| text.trim().chars().take(9_000).collect::<String>();
    assert_eq!(shown(&value("Subject")), shown(&draft.subject), "{about}");
    let people = |list: &[domain::NamedAddress]| -> Vec<String> {
        let named = list.iter();
        named
            .map(|one| match &one.name {
                Some(name) => format!("{} {}", name.trim(), one.address),
                None => one.address.to_string(),
            })
            .collect()
    };
    for (name, meant) in [
        ("To", &draft.to),
        ("Cc", &draft.cc),
        ("Reply-To", &draft.reply_to),
    ] {
        assert_eq!(
            people(&decoded(text, name)),
            people(meant),
            "{about}: {name}"
        );
    }
    let files: Vec<&str> = view
        .attachments
        .iter()
        .map(|file| file.filename.as_deref().unwrap_or_default())
        .collect();
    let meant: Vec<&str> = draft
        .attachments
        .iter()
        .map(|file| file.filename.as_str())
        .collect();
    assert_eq!(files, meant, "{about}");
}

/// A desk whose clock goes on, so that no bucket is ever empty.
struct Going {
    desk: Desk,
    at: Timestamp,
}

impl Going {
    async fn new() -> Going {
        let desk = desk(Level::AskAlways).await;
        Going {
            desk,
            at: BEGIN.parse().unwrap(),
        }
    }

    async fn taken(&mut self, way: &Way, letter: &Value, more: Option<(&str, &str)>) -> bool {
        self.at = self.at + Span::from_seconds(1);
        self.desk.clock.set(self.at);
        taken(&self.desk, way, letter, more).await
    }
}

#[tokio::test]
async fn no_text_of_any_door_is_sealed_as_a_header_of_its_own() {
    for way in WAYS {
        let mut going = Going::new().await;
        let letter = (way.letter)();
        assert!(going.taken(way, &letter, None).await, "{}", way.name);
        let honest = heads(std::str::from_utf8(&newest(&going.desk).await.0).unwrap());
        assert!(
            honest.len() >= 4,
            "a message, two bodies and a file: {honest:?}"
        );
        let mut pointers = Vec::new();
        places(&letter, "", &mut pointers);
        let (mut tried, mut kept) = (0, 0);
        for pointer in &pointers {
            if ["/jsonrpc", "/method", "/params/name"].contains(&pointer.as_str()) {
                continue;
            }
            let before = kept;
            for attack in attacks() {
                let original = letter.pointer(pointer).unwrap().as_str().unwrap();
                for text in spoiled(original, &attack) {
                    let mut bad = letter.clone();
                    *bad.pointer_mut(pointer).unwrap() = json!(text);
                    tried += 1;
                    if going.taken(way, &bad, None).await {
                        kept += 1;
                        let (bytes, draft) = newest(&going.desk).await;
                        let shown: String = text.chars().take(60).collect();
                        let about = format!("{} {pointer} {shown:?}", way.name);
                        hold(&bytes, &draft, &honest, &about);
                    }
                }
            }
            println!("{} {pointer}: {} sealed", way.name, kept - before);
            let last = pointer.trim_end_matches(|c: char| c.is_ascii_digit() || c == '/');
            let last = last.rsplit('/').next().unwrap().to_ascii_lowercase();
            // Of the headers there, one is taken, and it names a message.
            let is_one_of_few =
                REFUSED_WHATEVER.contains(&last.as_str()) || pointer.starts_with("/Headers/");
            assert!(
                is_one_of_few || kept > before,
                "{} {pointer}: nothing is taken, so nothing is tried",
                way.name
            );
        }
        println!("{}: {tried} asks tried, {kept} of them sealed", way.name);
        assert!(tried > 1_000 && kept > 100, "{}: {tried}, {kept}", way.name);
    }
}

#[tokio::test]
async fn no_key_of_a_letter_is_sealed_as_a_header() {
    for way in WAYS {
        let Some(place) = way.key else { continue };
        let mut going = Going::new().await;
        let letter = (way.letter)();
        assert!(going.taken(way, &letter, None).await, "{}", way.name);
        let honest = heads(std::str::from_utf8(&newest(&going.desk).await.0).unwrap());
        let (mut tried, mut kept) = (0, 0);
        for attack in attacks() {
            for key in [attack.clone(), format!("key{attack}")] {
                tried += 1;
                let mut bad = letter.clone();
                bad.pointer_mut(place).unwrap()["dedupe_key"] = json!(key);
                *bad.pointer_mut(way.words).unwrap() = json!(format!("Hello Bob, {tried}."));
                if going.taken(way, &bad, None).await {
                    kept += 1;
                    let (bytes, draft) = newest(&going.desk).await;
                    let about = format!("{} a key {:?}", way.name, key.get(..60));
                    hold(&bytes, &draft, &honest, &about);
                }
            }
        }
        println!("{}: {tried} keys tried, {kept} taken", way.name);
        assert!(kept > 5, "{}: {tried}, {kept}", way.name);
    }
}

#[tokio::test]
async fn no_name_of_a_header_a_tag_or_a_field_is_sealed_as_a_header_of_its_own() {
    for way in WAYS {
        let mut going = Going::new().await;
        let letter = (way.letter)();
        assert!(going.taken(way, &letter, None).await, "{}", way.name);
        let honest = heads(std::str::from_utf8(&newest(&going.desk).await.0).unwrap());
        let (mut tried, mut kept) = (0, 0);
        for attack in attacks() {
            for text in [
                attack.clone(),
                format!("In-Reply-To{attack}"),
                format!("Subject{attack}"),
            ] {
                let mut named = Vec::new();
                let objects = [
                    "",
                    "/tags",
                    "/headers",
                    "/Metadata",
                    "/attachments/0",
                    "/Attachments/0",
                    "/params/arguments",
                    "/params/arguments/tags",
                    "/params/arguments/attachments/0",
                ];
                for object in objects {
                    let mut bad = letter.clone();
                    let Some(Value::Object(map)) = bad.pointer_mut(object) else {
                        continue;
                    };
                    map.insert(text.clone(), json!("<m@x.example>"));
                    named.push((object, bad));
                }
                for (object, mut bad) in named {
                    tried += 1;
                    let words = bad.pointer_mut(way.words).unwrap();
                    *words = json!(format!("Hello Bob, {tried}."));
                    if going.taken(way, &bad, None).await {
                        kept += 1;
                        let (bytes, draft) = newest(&going.desk).await;
                        let shown: String = text.chars().take(60).collect();
                        let about = format!("{} name in {object:?} {shown:?}", way.name);
                        hold(&bytes, &draft, &honest, &about);
                    }
                }
            }
        }
        println!("{}: {tried} names tried, {kept} taken", way.name);
        assert!(kept > 0, "{}: {tried}, {kept}", way.name);
    }
}

#[tokio::test]
async fn no_header_of_a_request_is_sealed_as_a_header_of_a_message() {
    for way in WAYS {
        let mut going = Going::new().await;
        let letter = (way.letter)();
        assert!(going.taken(way, &letter, None).await, "{}", way.name);
        let honest = heads(std::str::from_utf8(&newest(&going.desk).await.0).unwrap());
        let mut asked = 0;
        for header in way.headers {
            let (mut tried, mut kept) = (0, 0);
            for attack in attacks() {
                // What HTTP itself cannot carry never comes this far.
                if axum::http::HeaderValue::from_str(&attack).is_err() || attack.len() > 20_000 {
                    continue;
                }
                // The same mail asked for twice is made once.
                asked += 1;
                let mut letter = letter.clone();
                *letter.pointer_mut(way.words).unwrap() = json!(format!("Hello Bob, {asked}."));
                tried += 1;
                if going.taken(way, &letter, Some((header, &attack))).await {
                    kept += 1;
                    let (bytes, draft) = newest(&going.desk).await;
                    let about = format!("{} {header} {attack:?}", way.name);
                    hold(&bytes, &draft, &honest, &about);
                }
            }
            println!("{} {header}: {tried} tried, {kept} taken", way.name);
            assert!(kept > 0, "{} {header}: {tried}, {kept}", way.name);
        }
    }
}
