//! Around the window: links from outside, a second start, toasts with their buttons, dark.

use tests::process::desktop_bin;
use tests::wait::PATIENCE;
use tests::{Api, until};

use crate::opened::{Opened, args, hide, letter, on_display};

#[test]
fn a_link_from_outside_selects_and_does_nothing_else() {
    let desk = Opened::with(1, "", |session, _| session.set("GTK_THEME", "Adwaita:dark"));
    let first = desk.held(&letter("The first of two"));
    let mut other = letter("The second of two");
    other["to"] = serde_json::json!(["bob@example.test"]);
    let second = desk.held(&other);
    desk.until_rested("The first of two");
    for (id, subject) in [(&second, "The second of two"), (&first, "The first of two")] {
        let link = format!("sendoff://review/{id}");
        let mut start = desk.session.command(desktop_bin());
        start.env_remove("TAURI_WEBVIEW_AUTOMATION");
        assert!(
            start
                .args(args(&desk.desk))
                .arg(&link)
                .status()
                .unwrap()
                .success()
        );
        until("the link's message on screen", PATIENCE, || {
            let main = desk.window.find("section[aria-label=Message]")?;
            desk.window.text(&main).contains(subject).then_some(())
        });
    }
    desk.picture("7-dark");
    // None of these is a link of ours, and the last names nothing there is.
    let unknown = "sendoff://review/sub_00000000000000000000000000000001".to_owned();
    for hostile in [
        format!("sendoff://approve/{second}"),
        format!("sendoff://review/{second}?approve=1"),
        format!("sendoff://review/{second}');globalThis.pwned=1;('"),
        format!("sendoff://review/../{second}"),
        "sendoff://settings".to_owned(),
        unknown,
    ] {
        let mut start = desk.session.command(desktop_bin());
        start.env_remove("TAURI_WEBVIEW_AUTOMATION");
        // Whether it is understood is its own business; here it must do nothing.
        let _ended = start.args(args(&desk.desk)).arg(&hostile).status().unwrap();
    }
    desk.window
        .wait_for_text("What was pointed at is not in this record.", PATIENCE);
    let main = desk.window.find("section[aria-label=Message]").unwrap();
    assert!(!desk.window.text(&main).contains("The second of two"));
    let pwned = desk.window.execute("return 'pwned' in globalThis");
    assert_eq!(pwned, serde_json::Value::Bool(false));
    for id in [&first, &second] {
        assert_eq!(desk.told(id)["state"], "held");
    }
}

#[test]
fn a_toast_says_how_many_wait_and_opening_it_shows_them() {
    let desk = Opened::with(1, "", |session, _| {
        session.start_in_background("dunst", "dunst", &[]);
    });
    let shown = || {
        let history = desk
            .session
            .output("dunstctl", "dunst", &["count", "displayed"]);
        history.trim().parse::<u32>().unwrap_or_default()
    };
    // The tray and the toasts remain.
    hide(&desk.session);
    let id = desk.held(&letter("While nobody looked"));
    until("a toast", PATIENCE, || (shown() == 1).then_some(()));
    desk.session.output("dunstctl", "dunst", &["action", "0"]);
    until("the window in front again", PATIENCE, || {
        on_display(&desk.session)
    });
    until("the toast's message on screen", PATIENCE, || {
        let main = desk.window.find("section[aria-label=Message]")?;
        desk.window
            .text(&main)
            .contains("While nobody looked")
            .then_some(())
    });
    assert_eq!(desk.told(&id)["state"], "held", "a toast decided something");
}

#[test]
fn a_snoozed_toast_keeps_its_agent_quiet_and_no_other() {
    let (desk, other) = Opened::told_of_two();
    hide(&desk.session);
    let asks = |name: &str| {
        let held = format!("held by {name}");
        desk.session.log().matches(&held).count()
    };
    desk.held(&letter("The first of one agent"));
    until("a toast of the first agent", PATIENCE, || {
        (asks("test-agent") == 1).then_some(())
    });
    let said = desk.session.log();
    for button in ["\"Open\"", "\"Snooze\""] {
        assert!(said.contains(button), "no {button} on the toast");
    }
    let toast = said.split("member=Notify").nth(1).unwrap();
    let id = toast
        .split("uint32 ")
        .nth(1)
        .unwrap()
        .lines()
        .next()
        .unwrap();
    // What dunst says on the bus when somebody clicks the button.
    let clicked = [
        ["emit", "--session"].as_slice(),
        &["--object-path", "/org/freedesktop/Notifications"],
        &["--signal", "org.freedesktop.Notifications.ActionInvoked"],
        &[&format!("uint32 {id}"), "'snooze'"],
    ];
    // The toast is on the bus a moment before anybody listens for clicks on it.
    until("the click to be heard", PATIENCE, || {
        let emit = clicked.concat();
        desk.session.output("gdbus", "libglib2.0-bin", &emit);
        let said = desk.session.log();
        said.contains("toasts are snoozed").then_some(())
    });
    let second = desk.held(&letter("The second of one agent"));
    desk.window
        .wait_for_text("The second of one agent", PATIENCE);
    let theirs = Api::new(&format!("http://127.0.0.1:{}", desk.desk.port(0)), &other);
    // Toasts of one look at the queue go out together, in any order: by the second toast of the
    // other agent one of the first, had it been shown, is in the log.
    for (toasts, subject) in [(1, "The first of another"), (2, "The second of another")] {
        let mut elsewhere = letter(subject);
        elsewhere["to"] = serde_json::json!(["bob@example.test"]);
        assert_eq!(theirs.post("/v1/submissions", &elsewhere).status, 202);
        until("a toast of the second agent", PATIENCE, || {
            (asks("second-agent") == toasts).then_some(())
        });
    }
    assert_eq!(asks("test-agent"), 1, "a snoozed agent spoke");
    assert_eq!(desk.told(&second)["state"], "held");
}
