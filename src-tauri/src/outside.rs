//! The one way out to the person's browser: a provider's sign-in page, and nothing the window's pages
//! or a message could name.

use serde_json::{Value, json};

/// The command whose answer is an address to open.
const SIGN_IN: &str = "mailboxes.sign_in";

/// Opens the sign-in page that this answer names, unless it is for another device, and notes in the
/// answer that it did. Where no browser can be had the window shows the address.
pub(crate) fn open_sign_in(name: &str, answer: &mut Value) {
    if let Some(page) = page_of(name, answer) {
        match open::that_detached(&page) {
            Ok(()) => answer["opened"] = json!(true),
            Err(error) => tracing::warn!(%error, "no browser opens"),
        }
    }
}

/// The page to open, if this answer is a sign-in on this machine.
fn page_of(name: &str, answer: &Value) -> Option<String> {
    let is_here = name == SIGN_IN && answer.get("user_code").is_some_and(Value::is_null);
    let page = answer.get("url").filter(|_| is_here)?.as_str()?;
    let is_web = page.starts_with("https://") || page.starts_with("http://127.0.0.1");
    is_web.then(|| page.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_in_on_this_machine_and_nothing_else_opens_a_page() {
        let answer = |url: &str, code: Value| json!({"url": url, "user_code": code});
        let page = "https://accounts.example/authorize?x=y";
        assert_eq!(
            page_of(SIGN_IN, &answer(page, Value::Null)).as_deref(),
            Some(page)
        );
        for (name, answer) in [
            (SIGN_IN, answer(page, json!("ABCD"))),
            ("submission.show", answer(page, Value::Null)),
            (SIGN_IN, answer("file:///etc/passwd", Value::Null)),
            (SIGN_IN, answer("http://there.example/", Value::Null)),
            (SIGN_IN, json!({"url": page})),
        ] {
            assert_eq!(page_of(name, &answer), None, "{name} {answer}");
        }
    }
}
