//! First calls to copy: what a new agent's author pastes to see a message arrive in the queue.

use serde_json::json;

use crate::door::{self, DoorState};
use crate::view::{Snippet, SnippetLanguage};

/// One way in, as a file that the tests run against a real server.
struct Way {
    title: &'static str,
    language: SnippetLanguage,
    code: &'static str,
    door: Door,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Door {
    Http,
    Smtp,
}

macro_rules! way {
    ($title:literal, $door:ident, $language:ident, $file:literal) => {
        Way {
            title: $title,
            door: Door::$door,
            language: SnippetLanguage::$language,
            code: include_str!(concat!("../../../../tests/sdk/snippets/", $file)),
        }
    };
}

const WAYS: &[Way] = &[
    way!("TypeScript", Http, Node, "rest.mjs"),
    way!("Python", Http, Python, "rest.py"),
    way!("Resend, TypeScript", Http, Node, "resend.mjs"),
    way!("Resend, Python", Http, Python, "resend.py"),
    way!("Postmark, TypeScript", Http, Node, "postmark.mjs"),
    way!("Postmark, Python", Http, Python, "postmark.py"),
    way!("MCP, TypeScript", Http, Node, "mcp.mjs"),
    way!("MCP, Python", Http, Python, "mcp.py"),
    way!("LangChain", Http, Python, "langchain.py"),
    way!("SMTP, TypeScript", Smtp, Node, "smtp.mjs"),
    way!("SMTP, Python", Smtp, Python, "smtp.py"),
];

/// What stands in those files where a reader's own goes.
const URL: &str = "http://127.0.0.1:7411";
const TOKEN: &str = "so_live_TOKEN";
const MAILBOX: &str = "you@example.com";
const SMTP: (&str, &str) = ("127.0.0.1", "2525");

/// The same first ask through every door. A Unix socket has no address the HTTP clients could take:
/// then it is `curl` alone of them.
pub(crate) fn first_calls(token: &str, mailbox: &str) -> Vec<Snippet> {
    let base = door::base_url();
    let curl = Snippet {
        title: "curl".to_owned(),
        language: SnippetLanguage::Sh,
        code: curl(token, mailbox),
    };
    let ways = WAYS
        .iter()
        .filter(|way| way.door == Door::Smtp || !base.starts_with("unix:"));
    let filled = ways.map(|way| {
        let code = match way.door {
            Door::Http => way.code.replace(URL, &base),
            Door::Smtp => over_smtp(way),
        };
        Snippet {
            title: way.title.to_owned(),
            language: way.language,
            code: code.replace(TOKEN, token).replace(MAILBOX, mailbox),
        }
    });
    std::iter::once(curl).chain(filled).collect()
}

/// The lines with the address of the SMTP door; while it is shut, they say so.
fn over_smtp(way: &Way) -> String {
    match door::smtp_state() {
        DoorState::Open(at) => {
            let (host, port) = at.rsplit_once(':').unwrap_or(SMTP);
            way.code.replace(SMTP.0, host).replace(SMTP.1, port)
        }
        DoorState::Closed => {
            let how = "First open the door for SMTP: under Settings in the window, or with";
            said(
                way,
                &format!("{how} `sendoff serve --smtp {}:{}`.", SMTP.0, SMTP.1),
            )
        }
        DoorState::Failed(trouble) => said(
            way,
            &format!("The door for SMTP could not be opened, so this fails for now: {trouble}."),
        ),
    }
}

/// The lines below a comment of one line.
fn said(way: &Way, text: &str) -> String {
    let comment = match way.language {
        SnippetLanguage::Node => "//",
        SnippetLanguage::Python | SnippetLanguage::Sh => "#",
    };
    let text = text.replace(['\r', '\n'], " ");
    format!("{comment} {text}\n{}", way.code)
}

/// To whom a first ask goes if nobody says another.
const FIRST_TO: &str = "dana@example.com";

/// The first ask as one line for a terminal. Through a Unix socket where the door is one.
pub(crate) fn curl(token: &str, mailbox: &str) -> String {
    curl_to(token, mailbox, FIRST_TO)
}

/// The same, to somebody else.
pub(crate) fn curl_to(token: &str, mailbox: &str, to: &str) -> String {
    let base = door::base_url();
    let target = match base.strip_prefix("unix:") {
        Some(path) => format!(
            "--unix-socket {} http://localhost/v1/submissions",
            quoted(path)
        ),
        None => format!("{base}/v1/submissions"),
    };
    let body = first_ask(mailbox, to).to_string();
    format!(
        "curl -sS {target} -H {} -H 'Content-Type: application/json' -d {}",
        quoted(&format!("Authorization: Bearer {token}")),
        quoted(&body)
    )
}

fn first_ask(mailbox: &str, to: &str) -> serde_json::Value {
    json!({
        "mailbox": mailbox,
        "to": [to],
        "subject": "Hello from an agent",
        "text": "Hello,\n\nthis is the first message an agent asked to send.\n",
        "reason": "A first try",
    })
}

/// One word for a POSIX shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_in_is_the_readers_own() {
        let ways = first_calls("so_live_x", "zoe@x.example");
        assert_eq!(ways.len(), WAYS.len() + 1);
        for way in ways {
            assert_eq!(way.code.matches("so_live_x").count(), 1, "{}", way.title);
            assert!(way.code.contains("zoe@x.example"), "{}", way.title);
            assert!(!way.code.contains(TOKEN) && !way.code.contains(MAILBOX));
        }
    }

    #[test]
    fn who_speaks_smtp_is_told_where_and_that_the_door_is_shut() {
        let over_smtp = || -> Vec<String> {
            let ways = first_calls("so_live_x", "zoe@x.example").into_iter();
            let smtp = ways.filter(|way| way.title.starts_with("SMTP"));
            smtp.map(|way| way.code).collect()
        };
        let shut = over_smtp();
        assert_eq!(shut.len(), 2);
        let both = |code: &String| {
            code.contains("under Settings") && code.contains("--smtp 127.0.0.1:2525")
        };
        assert!(shut.iter().all(both), "{shut:?}");
        door::smtp_door(DoorState::Failed("port 2525\nis taken".to_owned()));
        let failed = over_smtp();
        for code in failed {
            assert!(code.contains("port 2525 is taken"), "{code}");
            assert!(!code.contains("under Settings"), "{code}");
        }
        door::smtp_door(DoorState::Open("127.0.0.1:2600".to_owned()));
        let open = over_smtp();
        door::smtp_door(DoorState::Closed);
        for code in open {
            assert!(code.contains("2600") && !code.contains("2525"), "{code}");
            assert!(!code.contains("under Settings"), "{code}");
        }
    }

    #[test]
    fn a_curl_line_stays_one_command_whatever_is_in_it() {
        let line = curl("so_live_x", "o'neil@x.example");
        assert!(line.contains(r"o'\''neil@x.example"), "{line}");
        assert!(!line.contains('\n'));
        assert_eq!(line.matches("so_live_x").count(), 1);
    }
}
