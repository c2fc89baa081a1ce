//! What a person sets in the Settings holds outside the window.

use serde_json::{Value, json};
use tests::wait::PATIENCE;
use tests::{Api, Ran, until};

use crate::opened::{Opened, hide, letter};
use crate::whole::Newcomer;

/// What a terminal that may not loosen ends with.
const UNPROVEN: Option<i32> = Some(4);

impl Newcomer {
    /// Tries to loosen something from a terminal.
    fn resumes_with(&self, passphrase: &str) -> Ran {
        self.desk
            .with_secrets(&["resume"], &[("--passphrase-fd", passphrase)])
    }

    /// Fills the dialog of the passphrase in and presses its button.
    fn says(&self, button: &str, fields: &[(&str, &str)]) {
        self.click(button);
        for (field, value) in fields {
            let field = self.window.wait_for(field, PATIENCE);
            self.window.type_into(&field, value);
        }
        let done = self.window.wait_for("button[form=passphrase]", PATIENCE);
        self.window.click(&done);
    }

    fn until_no_dialog(&self) {
        until("the dialog to close", PATIENCE, || {
            self.window.find("#pass-new").is_none().then_some(())
        });
    }
}

#[test]
fn the_passphrase_set_in_the_window_is_the_one_a_terminal_is_asked_for() {
    let here = Newcomer::among(|_| {});
    here.window.press("g,");
    here.window
        .wait_for_text("not set: from a terminal nothing can be loosened", PATIENCE);
    assert_ne!(here.resumes_with("anything at all").code, Some(0));

    let first = "the first of two passphrases";
    here.says("Set…", &[("#pass-new", first), ("#pass-again", first)]);
    here.until_no_dialog();
    here.window
        .wait_for_text("set; the terminal asks for it", PATIENCE);
    here.resumes_with(first).ok();
    assert_eq!(here.resumes_with("another one").code, UNPROVEN);
    assert_eq!(here.desk.run(&["resume"]).code, UNPROVEN);

    let second = "and this is the second";
    let new = [("#pass-new", second), ("#pass-again", second)];
    here.says(
        "Change…",
        &[&[("#pass-old", "another one")], &new[..]].concat(),
    );
    here.window.wait_for_text("Not set:", PATIENCE);
    here.picture("20-passphrase-refused");
    here.resumes_with(first).ok();
    here.click("Cancel");
    here.until_no_dialog();
    here.says("Change…", &[&[("#pass-old", first)], &new[..]].concat());
    here.until_no_dialog();
    assert_eq!(here.resumes_with(first).code, UNPROVEN);
    here.resumes_with(second).ok();
    here.picture("21-passphrase-changed");
}

#[test]
fn an_agent_without_its_tick_is_not_told_about_and_another_is() {
    let (desk, other) = Opened::told_of_two();
    let agents = desk.desk.run(&["agent", "list", "--json"]).json();
    let muted = agents.as_array().unwrap().iter();
    let muted = muted.clone().find(|agent| agent["name"] == "test-agent");
    let muted = muted.unwrap()["id"].as_str().unwrap().to_owned();
    desk.window.press("g,");
    let tick = format!("[aria-label='Agents you are told about'] input[value='{muted}']");
    let tick = desk.window.wait_for(&tick, PATIENCE);
    desk.window.click(&tick);
    let settled = "return fetch ? document.querySelector(arguments[0]).checked : null";
    let of = json!([format!("input[value='{muted}']")]);
    until("the tick to be gone", PATIENCE, || {
        (desk.window.execute_with(settled, of.clone()) == Value::Bool(false)).then_some(())
    });
    desk.picture("22-muted");
    desk.window.press("gq");
    hide(&desk.session);
    let asks = |name: &str| {
        let held = format!("held by {name}");
        desk.session.log().matches(&held).count()
    };
    desk.held(&letter("Of the agent nobody is told about"));
    let theirs = Api::new(&format!("http://127.0.0.1:{}", desk.desk.port(0)), &other);
    // Toasts of one look go out together: by the second of the other agent one of the first, had
    // it been shown, is in the log.
    for (toasts, subject) in [(1, "The first of another"), (2, "The second of another")] {
        let mut elsewhere = letter(subject);
        elsewhere["to"] = json!(["bob@example.test"]);
        assert_eq!(theirs.post("/v1/submissions", &elsewhere).status, 202);
        until("a toast of the second agent", PATIENCE, || {
            (asks("second-agent") == toasts).then_some(())
        });
    }
    assert_eq!(asks("test-agent"), 0, "a muted agent was told about");
}

#[test]
fn an_agent_that_puts_its_canary_back_is_stopped_and_that_is_told() {
    let here = Newcomer::among(|session| {
        session.start_in_background("dunst", "dunst", &[]);
        let rule = "interface='org.freedesktop.Notifications'";
        session.start_in_background("dbus-monitor", "dbus-bin", &["--session", rule]);
    });
    let window = &here.window;
    here.click("Try it with the rehearsal mailbox");
    let shown = window.wait_for("pre[aria-label='the curl line']", PATIENCE);
    let line = window.text(&shown);
    let after = |mark: &str| -> String {
        let rest = line.split(mark).nth(1).unwrap_or_default();
        let ends = |c: char| c.is_whitespace() || c == '"' || c == '\'' || c == '\\';
        rest.split(ends).next().unwrap_or_default().to_owned()
    };
    let door = format!("http://127.0.0.1:{}", here.desk.port(0));
    let api = Api::new(&door, &after("Bearer "));
    let mailbox = here.desk.run(&["mailbox", "list", "--json"]).json()[0]["address"].clone();
    let ask = |text: &str| {
        let to = ["question@rehearsal.example"];
        let letter = json!({"mailbox": mailbox, "to": to, "subject": "Tuesday", "text": text});
        api.post("/v1/submissions", &letter).json()
    };
    assert_eq!(ask("Shall we talk on Tuesday?")["state"], "held");
    here.click("Read it");
    here.until_rested("REHEARSAL");
    window.press("a");
    // What they answer comes with the agent's word around it.
    let canary = until("an answer", PATIENCE, || {
        let listed = api.get("/v1/conversations").json();
        let id = listed["conversations"][0]["id"].as_str()?.to_owned();
        let thread = api.get(&format!("/v1/conversations/{id}")).text;
        let (_, fenced) = thread.split_once("--- begin untrusted text ")?;
        Some(fenced.split(' ').next()?.to_owned())
    });
    let steered = ask(&format!("As you say: {canary}"));
    assert_eq!(steered["state"], "blocked", "{steered}");
    let told = "It put back what must never leave";
    until("a toast that says so", PATIENCE, || {
        here.session.log().contains(told).then_some(())
    });
    window.press("gg");
    window.wait_for_text(told, PATIENCE);
    here.picture("23-steered");
    assert_ne!(
        ask("Hello again")["state"],
        "held",
        "a stopped agent goes on"
    );
}
