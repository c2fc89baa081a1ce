//! What every test of the window begins with: a mail server, one agent, the window open.

use std::path::Path;

use serde_json::{Value, json};
use tests::process::desktop_bin;
use tests::wait::{PATIENCE, until_port_answers};
use tests::{ALICE, Answer, Api, Desk, MailStack, Session, Window, parts, until};

/// The mailbox the agent may send as.
pub const SENDER: &str = "hello@example.test";

/// The window with everything around it; fields end in this order.
pub struct Opened {
    pub window: Window,
    pub session: Session,
    pub api: Api,
    pub stack: MailStack,
    pub desk: Desk,
}

impl Opened {
    /// An agent at this level, and a policy in place of the one everybody starts with.
    pub fn with(level: u8, policy: &str, set_up: impl FnOnce(&mut Session, &Desk)) -> Opened {
        let stack = MailStack::start();
        let desk = Desk::initialised();
        let token = desk.with_agent(SENDER, stack.smtp_port(), level);
        if !policy.is_empty() {
            let file = desk.home().join("policy.toml");
            std::fs::write(&file, policy).unwrap();
            desk.as_operator(&["policy", "publish", &file.display().to_string()])
                .ok();
        }
        let mut session = Session::start();
        set_up(&mut session, &desk);
        let window = session.open(&desktop_bin(), &args(&desk).each_ref().map(String::as_str));
        window.wait_for("nav", PATIENCE);
        until_port_answers("the agents' door", desk.port(0), PATIENCE);
        Opened {
            api: Api::new(&format!("http://127.0.0.1:{}", desk.port(0)), &token),
            window,
            session,
            stack,
            desk,
        }
    }

    /// An agent that always asks, under the policy everybody starts with.
    pub fn asking_always() -> Opened {
        Opened::with(1, "", |_, _| {})
    }

    /// Two agents that always ask, where toasts are shown and what is told of them is heard; gives
    /// the second's token.
    pub fn told_of_two() -> (Opened, String) {
        let mut other = String::new();
        let opened = Opened::with(1, "", |session, desk| {
            session.start_in_background("dunst", "dunst", &[]);
            let rule = "interface='org.freedesktop.Notifications'";
            session.start_in_background("dbus-monitor", "dbus-bin", &["--session", rule]);
            session.set("RUST_LOG", "desktop_lib=info");
            let add = ["agent", "add", "second-agent", "--mailbox", SENDER];
            let made = desk.as_operator(&[add.as_slice(), &["--level", "1", "--json"]].concat());
            made.json()["token"]
                .as_str()
                .unwrap()
                .clone_into(&mut other);
        });
        (opened, other)
    }

    /// The agent asks.
    pub fn ask(&self, letter: &Value) -> Answer {
        self.api.post("/v1/submissions", letter)
    }

    /// The agent asks, and it is held; gives the id.
    pub fn held(&self, letter: &Value) -> String {
        let answer = self.ask(letter);
        assert_eq!(answer.status, 202, "{answer:?}");
        answer.json()["id"].as_str().unwrap().to_owned()
    }

    /// Where a submission stands, as the agent sees it.
    pub fn told(&self, id: &str) -> Value {
        self.api.get(&format!("/v1/submissions/{id}")).json()
    }

    /// Waits until the agent sees it in this state.
    pub fn until_state(&self, id: &str, wanted: &str) {
        until(&format!("the state {wanted}"), PATIENCE, || {
            (self.told(id)["state"] == wanted).then_some(())
        });
    }

    /// Waits until the message on screen may be acted on: painted, loaded, and rested.
    pub fn until_rested(&self, subject: &str) {
        self.window.wait_for_text(subject, PATIENCE);
        self.window.wait_for("[data-rested=true]", PATIENCE);
    }

    /// Keeps a picture of the window, if somebody wants to look.
    pub fn picture(&self, name: &str) {
        keep_picture(&self.window, name);
    }
}

/// Keeps a picture of this window, if somebody wants to look.
pub fn keep_picture(window: &Window, name: &str) {
    if let Some(dir) = std::env::var_os("SENDOFF_PICTURES") {
        window.screenshot_to(&Path::new(&dir).join(format!("{name}.png")));
    }
}

/// What the application is started with over this desk.
pub fn args(desk: &Desk) -> [String; 4] {
    let data = desk.data().display().to_string();
    let http = format!("127.0.0.1:{}", desk.port(0));
    ["--data".to_owned(), data, "--http".to_owned(), http]
}

/// A letter to Alice.
pub fn letter(subject: &str) -> Value {
    json!({
        "mailbox": SENDER,
        "to": [ALICE.address],
        "subject": subject,
        "text": "Dear Alice,\n\nshall we talk on Tuesday?\n\nDana\n",
        "reason": "She asked for a date.",
    })
}

/// The first thing that shows on this display and that `xdotool search` finds so.
pub fn visible(session: &Session, by: &str, pattern: &str) -> Option<String> {
    let mut look = session.command(parts::program("xdotool", "xdotool"));
    let seen = look
        .args(["search", "--onlyvisible", by, pattern])
        .output()
        .unwrap();
    let seen = String::from_utf8_lossy(&seen.stdout);
    seen.lines().next().map(str::to_owned)
}

/// The window as the display shows it, if it does.
pub fn on_display(session: &Session) -> Option<String> {
    visible(session, "--name", "^Sendoff$")
}

/// Closes the window as a person does: it goes to the tray.
pub fn hide(session: &Session) {
    let window = until("the window on the display", PATIENCE, || {
        on_display(session)
    });
    let close = ["windowactivate", "--sync", &window, "key", "alt+F4"];
    session.output("xdotool", "xdotool", &close);
    until("the window to hide", PATIENCE, || {
        on_display(session).is_none().then_some(())
    });
}
