//! What holds for every HTTP door alike: the same guard, the same limits, the same ratchet. A new
//! door is one line of [`DOORS`].

use axum::body::Body;
use axum::http::{Method, Request};
use domain::{Actor, Level, Span, SubmissionId, limits};
use serde_json::{Value, json};

use crate::support::{Desk, MAILBOX, Reply, desk};

/// One way in.
struct Way {
    name: &'static str,
    /// Where an ask goes, and where a list of asks goes.
    paths: [&'static str; 2],
    /// The header of the token, and what stands before it.
    token: (&'static str, &'static str),
    /// An ask with every field.
    letter: fn(to: &str, text: &str) -> Value,
    /// The fields of it that end up in headers, as JSON pointers.
    header_fields: &'static [&'static str],
}

const DOORS: &[Way] = &[
    Way {
        name: "REST",
        paths: ["/v1/submissions", "/v1/submissions/batch"],
        token: ("authorization", "Bearer "),
        letter: rest,
        header_fields: &[
            "/mailbox",
            "/to/0",
            "/cc/0",
            "/bcc/0",
            "/reply_to",
            "/subject",
            "/in_reply_to",
            "/attachments/0/filename",
            "/attachments/0/content_type",
        ],
    },
    Way {
        name: "Resend",
        paths: ["/resend/emails", "/resend/emails/batch"],
        token: ("authorization", "Bearer "),
        letter: resend,
        header_fields: RESEND_FIELDS,
    },
    Way {
        name: "Resend at the root",
        paths: ["/emails", "/emails/batch"],
        token: ("authorization", "bearer "),
        letter: resend,
        header_fields: RESEND_FIELDS,
    },
    Way {
        name: "Postmark",
        paths: ["/email", "/email/batch"],
        token: ("x-postmark-server-token", ""),
        letter: postmark,
        header_fields: &[
            "/From",
            "/To",
            "/Cc",
            "/Bcc",
            "/ReplyTo",
            "/Subject",
            "/Headers/0/Name",
            "/Headers/0/Value",
            "/Attachments/0/Name",
            "/Attachments/0/ContentType",
        ],
    },
];

const RESEND_FIELDS: &[&str] = &[
    "/from",
    "/to",
    "/cc/0",
    "/bcc",
    "/reply_to/0",
    "/subject",
    "/headers/In-Reply-To",
    "/attachments/0/filename",
    "/attachments/0/content_type",
];

fn rest(to: &str, text: &str) -> Value {
    json!({"mailbox": MAILBOX, "to": [to], "cc": ["cc@x.example"], "bcc": ["bcc@x.example"],
        "reply_to": MAILBOX, "subject": "Hello", "text": text, "in_reply_to": "<m@x.example>",
        "attachments": [{"filename": "a.txt", "content_type": "text/plain", "content": "aGk="}]})
}

fn resend(to: &str, text: &str) -> Value {
    json!({"from": MAILBOX, "to": to, "cc": ["cc@x.example"], "bcc": "bcc@x.example",
        "reply_to": [MAILBOX], "subject": "Hello", "text": text,
        "headers": {"In-Reply-To": "<m@x.example>"},
        "attachments": [{"filename": "a.txt", "content_type": "text/plain", "content": "aGk="}]})
}

fn postmark(to: &str, text: &str) -> Value {
    json!({"From": MAILBOX, "To": to, "Cc": "cc@x.example", "Bcc": "bcc@x.example",
        "ReplyTo": MAILBOX, "Subject": "Hello", "TextBody": text,
        "Headers": [{"Name": "In-Reply-To", "Value": "<m@x.example>"}],
        "Attachments": [{"Name": "a.txt", "ContentType": "text/plain", "Content": "aGk="}]})
}

impl Way {
    fn request(&self, method: Method, path: &str, token: &str) -> axum::http::request::Builder {
        let (header, before) = self.token;
        Request::builder()
            .method(method)
            .uri(path)
            .header("host", "127.0.0.1:7411")
            .header("content-type", "application/json")
            .header(header, format!("{before}{token}"))
    }

    async fn send(&self, desk: &Desk, token: &str, body: &Value) -> Reply {
        let request = self.request(Method::POST, self.paths[0], token);
        desk.send(request.body(Body::from(body.to_string())).unwrap())
            .await
    }
}

async fn recorded(desk: &Desk) -> usize {
    let list = desk.get("/v1/submissions?limit=500").await;
    list.json["submissions"].as_array().unwrap().len()
}

#[tokio::test]
async fn every_door_takes_a_whole_letter_as_the_same_message() {
    for way in DOORS {
        let desk = desk(Level::AskAlways).await;
        let reply = way
            .send(&desk, &desk.token, &(way.letter)("bob@x.example", "one"))
            .await;
        assert!(reply.status < 300, "{}: {:?}", way.name, reply.json);
        let list = desk.get("/v1/submissions").await;
        let row = &list.json["submissions"][0];
        assert_eq!(row["state"], "held", "{}", way.name);
        let roles: Vec<(&Value, &Value)> = row["recipients"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| (&one["address"], &one["role"]))
            .collect();
        let expected = [
            ("bob@x.example", "to"),
            ("cc@x.example", "cc"),
            ("bcc@x.example", "bcc"),
        ];
        let expected = expected.map(|(who, role)| (json!(who), json!(role)));
        assert_eq!(
            roles,
            expected.each_ref().map(|(who, role)| (who, role)),
            "{}",
            way.name
        );
        let id: SubmissionId = row["id"].as_str().unwrap().parse().unwrap();
        let draft = desk.engine.draft(id, None).await.unwrap();
        assert_eq!(
            draft.in_reply_to.as_deref(),
            Some("<m@x.example>"),
            "{}",
            way.name
        );
        assert_eq!(draft.reply_to[0].address.as_str(), MAILBOX);
        assert_eq!(draft.attachments[0].content, b"hi");
        assert_eq!(draft.attachments[0].content_type, "text/plain");
    }
}

#[tokio::test]
async fn no_field_of_any_door_carries_a_second_header_in() {
    for way in DOORS {
        let desk = desk(Level::AskOnException).await;
        for pointer in way.header_fields {
            for smuggled in [
                "\r\nBcc: e@evil.example",
                "\nBcc: e@evil.example",
                "\rX: y",
                "\0",
                "\u{85}",
            ] {
                let mut letter = (way.letter)("bob@x.example", "one");
                let field = letter
                    .pointer_mut(pointer)
                    .unwrap_or_else(|| panic!("{} {pointer}", way.name));
                let honest = field.as_str().unwrap().to_owned();
                for text in [
                    format!("{honest}{smuggled}"),
                    format!("A{smuggled} <{honest}>"),
                ] {
                    *letter.pointer_mut(pointer).unwrap() = json!(text);
                    let reply = way.send(&desk, &desk.token, &letter).await;
                    assert!(
                        (400..500).contains(&reply.status),
                        "{} {pointer} {text:?}: {:?}",
                        way.name,
                        reply.json
                    );
                }
            }
        }
        assert_eq!(recorded(&desk).await, 0, "{}", way.name);
        // And it goes on serving.
        let reply = way
            .send(&desk, &desk.token, &(way.letter)("bob@x.example", "one"))
            .await;
        assert!(reply.status < 300, "{}", way.name);
    }
}

#[tokio::test]
async fn every_door_is_behind_the_same_guard() {
    for way in DOORS {
        let desk = desk(Level::AskOnException).await;
        let body = || Body::from((way.letter)("bob@x.example", "one").to_string());
        // A name that resolves to us is not our name: DNS rebinding.
        for host in [
            "evil.example:7411",
            "127.0.0.1:80",
            "10.0.0.1:7411",
            "localhost.evil.example:7411",
        ] {
            let mut request = way
                .request(Method::POST, way.paths[0], &desk.token)
                .body(body())
                .unwrap();
            request.headers_mut().insert("host", host.parse().unwrap());
            assert_eq!(desk.send(request).await.status, 403, "{} {host}", way.name);
        }
        for origin in ["https://evil.example", "null", "http://127.0.0.1:7411"] {
            let request = way
                .request(Method::POST, way.paths[0], &desk.token)
                .header("origin", origin);
            let reply = desk.send(request.body(body()).unwrap()).await;
            assert_eq!(reply.status, 403, "{} {origin}", way.name);
            assert!(!reply.headers.contains_key("access-control-allow-origin"));
            let preflight = Request::builder()
                .method(Method::OPTIONS)
                .uri(way.paths[0])
                .header("host", "127.0.0.1:7411")
                .header("origin", origin)
                .header("access-control-request-method", "POST")
                .header(
                    "access-control-request-headers",
                    "authorization,content-type",
                );
            let reply = desk.send(preflight.body(Body::empty()).unwrap()).await;
            assert_eq!(reply.status, 403, "{} preflight {origin}", way.name);
            assert!(!reply.headers.contains_key("access-control-allow-origin"));
        }
        // Forged, cut short, made longer, of another case, twice, or nothing at all.
        let (cut, longer) = (
            desk.token.split_at(desk.token.len() - 1).0,
            format!("{}0", desk.token),
        );
        let upper = desk.token.to_uppercase();
        for token in [
            cut,
            longer.as_str(),
            upper.as_str(),
            "so_live_",
            "",
            "x",
            "' OR 1=1 --",
        ] {
            let request = way
                .request(Method::POST, way.paths[0], token)
                .body(body())
                .unwrap();
            let reply = desk.send(request).await;
            assert!(
                matches!(reply.status, 401 | 403),
                "{} {token}: {:?}",
                way.name,
                reply.json
            );
        }
        let (header, before) = way.token;
        let twice = way
            .request(Method::POST, way.paths[0], &desk.token)
            .header(header, format!("{before}{}", desk.token));
        let reply = desk.send(twice.body(body()).unwrap()).await;
        assert!(matches!(reply.status, 401 | 403), "{} twice", way.name);
        assert_eq!(recorded(&desk).await, 0, "{}", way.name);
        // And it goes on serving whoever is right.
        let letter = (way.letter)("bob@x.example", "one");
        let reply = way.send(&desk, &desk.token, &letter).await;
        assert!(reply.status < 300, "{}: {:?}", way.name, reply.json);
    }
}

#[tokio::test]
async fn every_door_has_the_same_limits_and_the_same_bucket() {
    let desk = desk(Level::AskOnException).await;
    for way in DOORS {
        let long = json!({"text": "x".repeat(limits::BODY_OCTETS_MAX)});
        let reply = way.send(&desk, &desk.token, &long).await;
        assert_eq!(reply.status, 413, "{}", way.name);
        let plain = way.request(Method::POST, way.paths[0], &desk.token);
        let mut plain = plain.body(Body::from("to=bob")).unwrap();
        plain
            .headers_mut()
            .insert("content-type", "text/plain".parse().unwrap());
        assert!(
            matches!(desk.send(plain).await.status, 415 | 422),
            "{}",
            way.name
        );
        // A batch row counts one: two batches empty the bucket, and it is empty
        // at every door.
        let rows: Vec<Value> = (0..limits::BATCH_MAX).map(|_| json!({})).collect();
        let batch = || {
            let body = Body::from(Value::from(rows.clone()).to_string());
            desk.send(
                way.request(Method::POST, way.paths[1], &desk.token)
                    .body(body)
                    .unwrap(),
            )
        };
        for _ in 0..limits::ASKS_BURST as usize / limits::BATCH_MAX {
            assert!(matches!(batch().await.status, 200 | 422), "{}", way.name);
        }
        let refused = batch().await;
        assert_eq!(refused.status, 429, "{}", way.name);
        assert!(refused.headers.contains_key("retry-after"), "{}", way.name);
        for other in DOORS {
            let mut letter = (other.letter)("bob@x.example", "one");
            letter["subject"] = json!("x");
            let rows = Value::from(vec![letter; limits::BATCH_MAX]);
            let request = other.request(Method::POST, other.paths[1], &desk.token);
            let reply = desk
                .send(request.body(Body::from(rows.to_string())).unwrap())
                .await;
            assert_eq!(reply.status, 429, "{} after {}", other.name, way.name);
        }
        desk.clock.advance(Span::from_seconds(30));
    }
}

/// Acts that would loosen something, as the clients of each door would spell them.
fn acts(held: &str) -> Vec<(Method, String, Value)> {
    let mut acts = Vec::new();
    for base in ["/v1/submissions", "/emails", "/resend/emails", "/email"] {
        for verb in [
            "approve", "release", "override", "send", "resume", "settle", "share",
        ] {
            acts.push((
                Method::POST,
                format!("{base}/{held}/{verb}"),
                json!({"approve": true}),
            ));
        }
        for method in [Method::PUT, Method::PATCH] {
            let all = json!({"state": "queued", "verdict": "allow", "approved": true});
            acts.push((method, format!("{base}/{held}"), all));
        }
    }
    let paths = [
        "/server",
        "/servers",
        "/servers/1",
        "/bounces/1/activate",
        "/message-streams/outbound/suppressions/delete",
        "/resend/suppressions/gone@x.example",
        "/suppressions/gone@x.example",
        "/suppressions",
        "/v1/suppressions/gone@x.example",
        "/api-keys",
        "/resend/api-keys",
        "/domains",
        "/resend/domains",
        "/contacts",
        "/v1/resume",
        "/v1/policy",
        "/v1/agents",
        "/v1/mailboxes",
        "/v1/limits",
        "/v1/settings/undo",
    ];
    for path in paths {
        for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            let body = json!({"level": 3, "permission": "full_access", "Suppressions": [{"EmailAddress": "gone@x.example"}]});
            acts.push((method, path.to_owned(), body));
        }
    }
    acts.push((Method::PATCH, "/v1/me".to_owned(), json!({"level": 3})));
    acts.push((Method::DELETE, "/v1/me/pause".to_owned(), json!({})));
    acts
}

#[tokio::test]
async fn no_loosening_act_exists_on_any_door() {
    for way in DOORS {
        let desk = desk(Level::AskForStrangers).await;
        desk.suppress("gone@x.example").await;
        let mut letter = (way.letter)("bob@x.example", "one");
        // Fields nobody reads: where unknown ones are let go, these change nothing either.
        if way.name != "REST" {
            letter["approved"] = json!(true);
            letter["level"] = json!(3);
            letter["override"] = json!({"rule": "autonomy"});
        }
        let reply = way.send(&desk, &desk.token, &letter).await;
        assert!(reply.status < 300, "{}: {:?}", way.name, reply.json);
        let list = desk.get("/v1/submissions").await;
        let id = list.json["submissions"][0]["id"]
            .as_str()
            .unwrap()
            .to_owned();
        let before = stands(&desk, &id).await;
        for (method, path, body) in acts(&id) {
            let request = way.request(method.clone(), &path, &desk.token);
            let reply = desk
                .send(request.body(Body::from(body.to_string())).unwrap())
                .await;
            assert!(
                (400..500).contains(&reply.status),
                "{}: {method} {path} is {}: {:?}",
                way.name,
                reply.status,
                reply.json
            );
        }
        assert_eq!(stands(&desk, &id).await, before, "{}", way.name);
        let suppressed = way
            .send(&desk, &desk.token, &(way.letter)("gone@x.example", "two"))
            .await;
        assert!(
            suppressed.status >= 400 || way.name == "REST",
            "{}",
            way.name
        );
        let list = desk.get("/v1/submissions?state=blocked").await;
        assert_eq!(
            list.json["submissions"].as_array().unwrap().len(),
            1,
            "{}",
            way.name
        );
    }
}

/// Everything such an act could have changed.
pub async fn stands(desk: &Desk, id: &str) -> Vec<String> {
    let story = desk
        .engine
        .story(Actor::Operator, id.parse().unwrap())
        .await
        .unwrap();
    let agents = desk.engine.agents().await.unwrap();
    vec![
        format!("{:?} {:?}", story.row.state, story.row.approved),
        format!("{agents:?}"),
        format!(
            "{:?}",
            desk.engine.suppressions(None, None, 100).await.unwrap()
        ),
        format!("{}", desk.engine.policies().await.unwrap().len()),
        format!("{:?}", desk.engine.mailboxes().await.unwrap()),
        format!("{:?}", desk.engine.paused_at().await.unwrap()),
    ]
}
