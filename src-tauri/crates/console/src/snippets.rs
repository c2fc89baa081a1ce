//! First calls to copy: what a new agent's author pastes to see a message arrive in the queue.

use serde_json::json;

use crate::door;
use crate::view::{Snippet, SnippetLanguage};

/// The same first ask in the languages agents are written in.
pub(crate) fn first_calls(token: &str, mailbox: &str) -> Vec<Snippet> {
    let base = door::base_url();
    let url = format!("{base}/v1/submissions");
    let body = first_ask(mailbox);
    vec![
        Snippet {
            title: "curl".to_owned(),
            language: SnippetLanguage::Sh,
            code: curl(token, mailbox),
        },
        Snippet {
            title: "Python".to_owned(),
            language: SnippetLanguage::Python,
            code: format!(
                "import json, urllib.request\n\
                 request = urllib.request.Request(\n    \"{url}\",\n    \
                 data=json.dumps({body}).encode(),\n    \
                 headers={{\"Authorization\": \"Bearer {token}\", \"Content-Type\": \"application/json\"}},\n)\n\
                 print(urllib.request.urlopen(request).read().decode())\n"
            ),
        },
        Snippet {
            title: "Node".to_owned(),
            language: SnippetLanguage::Node,
            code: format!(
                "const answer = await fetch(\"{url}\", {{\n  method: \"POST\",\n  \
                 headers: {{ authorization: \"Bearer {token}\", \"content-type\": \"application/json\" }},\n  \
                 body: JSON.stringify({body}),\n}});\nconsole.log(await answer.json());\n"
            ),
        },
    ]
}

/// The first ask as one line for a terminal. Through a Unix socket where the door is one.
pub(crate) fn curl(token: &str, mailbox: &str) -> String {
    let base = door::base_url();
    let target = match base.strip_prefix("unix:") {
        Some(path) => format!(
            "--unix-socket {} http://localhost/v1/submissions",
            quoted(path)
        ),
        None => format!("{base}/v1/submissions"),
    };
    let body = first_ask(mailbox).to_string();
    format!(
        "curl -sS {target} -H {} -H 'Content-Type: application/json' -d {}",
        quoted(&format!("Authorization: Bearer {token}")),
        quoted(&body)
    )
}

fn first_ask(mailbox: &str) -> serde_json::Value {
    json!({
        "mailbox": mailbox,
        "to": ["dana@example.com"],
        "subject": "Hello from an agent",
        "text": "Hello Dana,\n\nthis is the first message an agent asked to send.\n",
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
    fn a_curl_line_stays_one_command_whatever_is_in_it() {
        let line = curl("so_live_x", "o'neil@x.example");
        assert!(line.contains(r"o'\''neil@x.example"), "{line}");
        assert!(!line.contains('\n'));
        assert_eq!(line.matches("so_live_x").count(), 1);
    }
}
