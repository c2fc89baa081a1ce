//! A small WebDriver client: enough to read a window, click and type in it, and keep a picture.
//!
//! Speaks the W3C protocol to WebKitWebDriver; each call is one blocking HTTP request on loopback.

use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use serde_json::{Value, json};

use crate::http::Api;
use crate::wait::until;

/// The key under which the protocol hides an element's name.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// One window under automation; dropping it ends the session and with it the application.
#[derive(Debug)]
pub struct Window {
    driver: Api,
    session: String,
}

/// Something on the page.
#[derive(Debug, Clone)]
pub struct Element(String);

impl Window {
    /// Starts `binary` under the driver at `driver_url`.
    ///
    /// # Panics
    /// When the driver refuses or the application does not come up.
    pub fn open(driver_url: &str, binary: &Path, args: &[&str]) -> Window {
        let driver = Api::new(driver_url, "");
        let browser = json!({ "binary": binary, "args": args });
        let wanted = json!({ "alwaysMatch": { "webkitgtk:browserOptions": browser } });
        let answer = driver.post("/session", &json!({ "capabilities": wanted }));
        let session = answer.json()["value"]["sessionId"]
            .as_str()
            .map(str::to_owned);
        let session = session
            .unwrap_or_else(|| panic!("no session with {}: {}", binary.display(), answer.text));
        Window { driver, session }
    }

    /// Goes to an address (for a plain browser; the application has its own page).
    pub fn go(&self, url: &str) {
        self.must("POST", "url", json!({ "url": url }));
    }

    /// The first element matching a CSS selector, if there is one now.
    pub fn find(&self, css: &str) -> Option<Element> {
        self.find_all(css).into_iter().next()
    }

    /// Every element matching a CSS selector.
    pub fn find_all(&self, css: &str) -> Vec<Element> {
        let found = self.must(
            "POST",
            "elements",
            json!({ "using": "css selector", "value": css }),
        );
        let list = found.as_array().cloned().unwrap_or_default();
        list.iter()
            .filter_map(|e| Some(Element(e[ELEMENT].as_str()?.to_owned())))
            .collect()
    }

    /// Waits for an element.
    ///
    /// # Panics
    /// When there is none at the deadline; the message shows the page's text.
    pub fn wait_for(&self, css: &str, deadline: Duration) -> Element {
        self.wait(&format!("`{css}`"), deadline, || self.find(css))
    }

    /// Waits until the page's visible text holds these words.
    ///
    /// # Panics
    /// When it does not at the deadline; the message shows the page's text.
    pub fn wait_for_text(&self, words: &str, deadline: Duration) {
        self.wait(&format!("the words `{words}`"), deadline, || {
            self.page_text().contains(words).then_some(())
        });
    }

    fn wait<T>(&self, what: &str, deadline: Duration, look: impl Fn() -> Option<T>) -> T {
        let begun = std::time::Instant::now();
        until(
            &format!("{what} in the window"),
            deadline + Duration::from_secs(1),
            || {
                let found = look();
                let late = found.is_none() && begun.elapsed() >= deadline;
                assert!(
                    !late,
                    "{what} is not in the window after {deadline:?}:\n{}",
                    self.page_text()
                );
                found
            },
        )
    }

    /// All visible text of the page.
    pub fn page_text(&self) -> String {
        let text = self.execute("return document.body ? document.body.innerText : ''");
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Clicks an element as a pointer would.
    pub fn click(&self, element: &Element) {
        self.must("POST", &format!("element/{}/click", element.0), json!({}));
    }

    /// The visible text of an element.
    pub fn text(&self, element: &Element) -> String {
        let text = self.must("GET", &format!("element/{}/text", element.0), Value::Null);
        text.as_str().unwrap_or_default().to_owned()
    }

    /// An attribute of an element.
    pub fn attribute(&self, element: &Element, name: &str) -> Option<String> {
        let value = self.must(
            "GET",
            &format!("element/{}/attribute/{name}", element.0),
            Value::Null,
        );
        value.as_str().map(str::to_owned)
    }

    /// Types into an element.
    pub fn type_into(&self, element: &Element, text: &str) {
        self.must(
            "POST",
            &format!("element/{}/value", element.0),
            json!({ "text": text }),
        );
    }

    /// Presses and releases keys one after the other wherever the focus is: `"a"`, `"j"`,
    /// `"\u{E00C}"` for Escape, `"\u{E007}"` for Enter.
    pub fn press(&self, keys: &str) {
        let actions: Vec<Value> = keys
            .chars()
            .flat_map(|key| {
                ["keyDown", "keyUp"].map(|kind| json!({ "type": kind, "value": key.to_string() }))
            })
            .collect();
        let keyboard = json!({ "type": "key", "id": "keyboard", "actions": actions });
        self.must("POST", "actions", json!({ "actions": [keyboard] }));
    }

    /// Runs a function body in the page and gives what it returns.
    pub fn execute(&self, script: &str) -> Value {
        self.execute_with(script, json!([]))
    }

    /// As [`Window::execute`], with a JSON array as the function's `arguments`.
    pub fn execute_with(&self, script: &str, args: Value) -> Value {
        self.must(
            "POST",
            "execute/sync",
            json!({ "script": script, "args": args }),
        )
    }

    /// A picture of the window as PNG.
    pub fn screenshot(&self) -> Vec<u8> {
        let picture = self.must("GET", "screenshot", Value::Null);
        let text = picture.as_str().unwrap_or_default();
        base64::engine::general_purpose::STANDARD
            .decode(text)
            .expect("the driver sends base64")
    }

    /// Keeps a picture of the window in a file.
    pub fn screenshot_to(&self, file: &Path) {
        std::fs::write(file, self.screenshot()).expect("the picture can be written");
    }

    /// Any command of the protocol below this session.
    ///
    /// # Panics
    /// When the driver answers with an error.
    pub fn must(&self, method: &str, path: &str, body: Value) -> Value {
        let bytes = body.to_string();
        let body = (method == "POST").then_some(bytes.as_bytes());
        let path = format!("/session/{}/{path}", self.session);
        let answer = self.driver.ask(method, &path, &[], body);
        assert!(answer.status == 200, "{method} {path}: {}", answer.text);
        answer.json()["value"].clone()
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        let path = format!("/session/{}", self.session);
        let _the_driver_may_be_gone = self.driver.try_ask("DELETE", &path, &[], None);
    }
}
