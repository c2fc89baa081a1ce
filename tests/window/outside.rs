//! Around the window: links from outside, a second start, toasts with their buttons, dark.

use tests::process::desktop_bin;
use tests::wait::PATIENCE;
use tests::{parts, until};

use crate::opened::{Opened, args, letter};

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
    // Out of sight, as after closing it: the tray and the toasts remain.
    let xdotool = |args: &[&str]| desk.session.output("xdotool", "xdotool", args);
    let seen = || {
        let seen = desk
            .session
            .command(parts::program("xdotool", "xdotool"))
            .args(["search", "--onlyvisible", "--name", "^Sendoff$"])
            .output()
            .unwrap();
        String::from_utf8_lossy(&seen.stdout).trim().to_owned()
    };
    let window = until("the window on the display", PATIENCE, || {
        Some(seen()).filter(|id| !id.is_empty())
    });
    xdotool(&["windowactivate", "--sync", &window, "key", "alt+F4"]);
    until("the window to hide", PATIENCE, || {
        seen().is_empty().then_some(())
    });
    let id = desk.held(&letter("While nobody looked"));
    until("a toast", PATIENCE, || (shown() == 1).then_some(()));
    desk.session.output("dunstctl", "dunst", &["action", "0"]);
    until("the window in front again", PATIENCE, || {
        (!seen().is_empty()).then_some(())
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
