//! A newcomer's first hour in one go: from an empty folder through the rehearsal, an answer taken
//! over and handed back, the pause, the tray and a link.

use std::process::Command;

use serde_json::Value;
use tests::process::desktop_bin;
use tests::wait::{PATIENCE, until_port_answers};
use tests::{Desk, Session, Window, until};

use crate::opened::{args, hide, keep_picture, on_display, visible};

/// Whom the line of the first run writes to, and somebody else who answers.
const ASKED: &str = "question@";
const ANOTHER: &str = "interested@";

/// Where these stand in the tray's menu: how many wait, Open, Pause, Resume, Quit.
const OPEN_PERCENT: u32 = 32;
const PAUSE_PERCENT: u32 = 50;
const RESUME_PERCENT: u32 = 69;

/// Somebody who starts Sendoff for the first time.
pub struct Newcomer {
    pub window: Window,
    pub session: Session,
    // Its record is verified when the window has let go of it.
    pub desk: Desk,
}

impl Newcomer {
    fn arrive() -> Newcomer {
        Newcomer::among(|_| {})
    }

    /// Arrives at a desktop where `set_up` has started something before.
    pub fn among(set_up: impl FnOnce(&mut Session)) -> Newcomer {
        let desk = Desk::empty();
        let mut session = Session::start();
        set_up(&mut session);
        let window = session.open(&desktop_bin(), &args(&desk).each_ref().map(String::as_str));
        window.wait_for("nav", PATIENCE);
        until_port_answers("the agents' door", desk.port(0), PATIENCE);
        Newcomer {
            window,
            session,
            desk,
        }
    }

    pub fn click(&self, words: &str) {
        let button = until(&format!("the button `{words}`"), PATIENCE, || {
            let all = self.window.find_all("button");
            all.into_iter()
                .find(|one| self.window.text(one).contains(words))
        });
        self.window.click(&button);
    }

    fn until_gone(&self, words: &str) {
        until(&format!("the end of `{words}`"), PATIENCE, || {
            (!self.window.page_text().contains(words)).then_some(())
        });
    }

    pub fn until_rested(&self, words: &str) {
        self.window.wait_for_text(words, PATIENCE);
        self.window.wait_for("[data-rested=true]", PATIENCE);
    }

    fn value(&self, css: &str) -> String {
        let script = "return document.querySelector(arguments[0])?.value ?? ''";
        let value = self.window.execute_with(script, serde_json::json!([css]));
        value.as_str().unwrap_or_default().to_owned()
    }

    fn xdotool(&self, args: &[&str]) -> String {
        self.session.output("xdotool", "xdotool", args)
    }

    /// Opens the tray's menu while the window is hidden, and clicks so far down in it.
    fn tray(&self, percent_down: u32) {
        let icon = until("the icon in the tray", PATIENCE, || {
            visible(&self.session, "--class", "tray-icon")
        });
        self.xdotool(&["mousemove", "--window", &icon, "12", "11", "click", "1"]);
        let in_sight = || visible(&self.session, "--class", "^Desktop$");
        let menu = until("the tray's menu", PATIENCE, in_sight);
        let shape = self.xdotool(&["getwindowgeometry", "--shell", &menu]);
        let height = shape.lines().find_map(|line| line.strip_prefix("HEIGHT="));
        let height: u32 = height.unwrap().parse().unwrap();
        let down = (height * percent_down / 100).to_string();
        self.xdotool(&["mousemove", "--window", &menu, "40", &down, "click", "1"]);
    }

    pub fn picture(&self, name: &str) {
        keep_picture(&self.window, name);
    }
}

/// Runs the line a newcomer pastes into a terminal, and gives the agents' door's answer.
fn paste(line: &str) -> Value {
    let ran = Command::new("sh").args(["-c", line]).output().unwrap();
    let said = String::from_utf8_lossy(&ran.stdout);
    serde_json::from_str(&said).unwrap_or_else(|_| panic!("{line}\nanswered {said}"))
}

#[test]
fn a_newcomer_rehearses_answers_by_hand_pauses_and_comes_back() {
    let here = Newcomer::arrive();
    let window = &here.window;
    here.click("Try it with the rehearsal mailbox");
    window.wait_for_text("The rehearsal mailbox is open", PATIENCE);
    let shown = window.wait_for("pre[aria-label='the curl line']", PATIENCE);
    let line = window.text(&shown);
    here.picture("10-first-run");

    let copy = window.wait_for("button[aria-label='Copy the curl line']", PATIENCE);
    window.click(&copy);
    window.wait_for_text("Copied", PATIENCE);
    // What the desktop pastes is what was copied.
    window.press("/");
    let field = window.wait_for("main input", PATIENCE);
    window.click(&field);
    here.xdotool(&["key", "ctrl+v"]);
    until("the pasted line", PATIENCE, || {
        (here.value("main input") == line).then_some(())
    });
    window.press("\u{E00C}");
    window.press("gq");

    assert_eq!(paste(&line)["state"], "held");
    here.click("Read it");
    here.until_rested("REHEARSAL");
    here.picture("11-held");
    window.press("a");
    window.wait_for_text("Undo", PATIENCE);
    here.picture("12-undo");

    window.press("gi");
    window.wait_for_text("Take over", PATIENCE);
    here.picture("13-answered");
    window.press("t");
    window.wait_for_text("In your hands since", PATIENCE);
    here.picture("14-taken-over");
    window.wait_for_text("Hand back to agents", PATIENCE);
    window.press("t");
    here.until_gone("In your hands since");

    let second = paste(&line.replace(ASKED, ANOTHER));
    assert_eq!(second["state"], "held", "{second}");
    here.click("Pause all");
    window.wait_for_text("Everything is paused.", PATIENCE);
    here.picture("15-paused");
    hide(&here.session);
    // The tray hears of the pause a moment later; until then it offers no resuming.
    until("sending to go on", PATIENCE, || {
        let paused = window.page_text().contains("Everything is paused.");
        if paused {
            here.tray(RESUME_PERCENT);
            here.xdotool(&["key", "Escape"]);
        }
        (!paused).then_some(())
    });
    until("the tray to pause everything", PATIENCE, || {
        let paused = window.page_text().contains("Everything is paused.");
        if !paused {
            here.tray(PAUSE_PERCENT);
            here.xdotool(&["key", "Escape"]);
        }
        paused.then_some(())
    });
    here.tray(OPEN_PERCENT);
    until("the window in front again", PATIENCE, || {
        on_display(&here.session)
    });

    let mut start = here.session.command(desktop_bin());
    start.env_remove("TAURI_WEBVIEW_AUTOMATION");
    let link = format!("sendoff://review/{}", second["id"].as_str().unwrap());
    let started = start.args(args(&here.desk)).arg(&link).status().unwrap();
    assert!(started.success());
    until("the link's message on screen", PATIENCE, || {
        let main = window.find("section[aria-label=Message]")?;
        window.text(&main).contains(ANOTHER).then_some(())
    });
    here.picture("16-linked");
}
