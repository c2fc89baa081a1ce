//! The tray: how many wait and for how long, and the switch for everything.

use console::Operator;
use domain::Timestamp;
use serde_json::Value;
use tauri::image::Image;
use tauri::menu::{MenuBuilder, MenuItem, MenuItemBuilder};
use tauri::tray::{MouseButton, MouseButtonState, TrayIconBuilder, TrayIconEvent};
use tauri::{AppHandle, Manager as _, Wry, async_runtime};

use crate::building::Building;
use crate::notify::rounded;
use crate::{watch, window};

const ID: &str = "main";
const STANDING: &str = "standing";
const OPEN: &str = "open";
const PAUSE: &str = "pause";
const RESUME: &str = "resume";
const QUIT: &str = "quit";

/// Light ink: panels of Linux desktops and Windows are dark more often than not.
const IDLE: Image<'_> = tauri::include_image!("../icons/tray-idle-light.png");
const WAITING: Image<'_> = tauri::include_image!("../icons/tray-waiting-light.png");
const PAUSED: Image<'_> = tauri::include_image!("../icons/tray-paused-light.png");

/// What the tray shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Standing {
    /// Wait for a person.
    waiting: u64,
    /// Need a person's attention.
    attention: u64,
    /// Age of the oldest, in words.
    oldest: Option<String>,
    paused: bool,
}

/// The parts that change.
struct Parts {
    standing: MenuItem<Wry>,
    pause: MenuItem<Wry>,
    resume: MenuItem<Wry>,
}

impl Standing {
    /// From the console's frame.
    pub(crate) fn of(frame: &Value, now: Timestamp) -> Self {
        let count = |pointer: &str| frame.pointer(pointer).and_then(Value::as_u64).unwrap_or(0);
        let time = |pointer: &str| -> Option<Timestamp> {
            frame.pointer(pointer).and_then(Value::as_str)?.parse().ok()
        };
        let waiting = count("/counts/queue");
        let oldest = time("/oldest_held_at").filter(|_| waiting > 0);
        Standing {
            waiting,
            attention: count("/counts/attention"),
            oldest: oldest.map(|at| rounded(now.since(at))),
            paused: frame.get("paused_at").is_some_and(|at| !at.is_null()),
        }
    }

    /// In one line: `3 wait for you, oldest 4 min`.
    fn line(&self) -> String {
        let mut line = match (self.waiting, &self.oldest) {
            (0, _) => "Nothing waits for you".to_owned(),
            (1, Some(age)) => format!("1 waits for you, oldest {age}"),
            (1, None) => "1 waits for you".to_owned(),
            (n, Some(age)) => format!("{n} wait for you, oldest {age}"),
            (n, None) => format!("{n} wait for you"),
        };
        match self.attention {
            0 => {}
            1 => line.push_str(" · 1 needs attention"),
            n => line.push_str(&format!(" · {n} need attention")),
        }
        if self.paused {
            line.push_str(" · PAUSED");
        }
        line
    }

    fn icon(&self) -> Image<'static> {
        match (self.paused, self.waiting + self.attention) {
            (true, _) => PAUSED,
            (false, 0) => IDLE,
            (false, _) => WAITING,
        }
    }
}

/// Puts the icon in the tray.
///
/// # Errors
/// What the platform said.
pub(crate) fn raise(app: &AppHandle) -> tauri::Result<()> {
    let standing = MenuItemBuilder::with_id(STANDING, "Nothing waits for you")
        .enabled(false)
        .build(app)?;
    let pause = MenuItemBuilder::with_id(PAUSE, "Pause all sending").build(app)?;
    let resume = MenuItemBuilder::with_id(RESUME, "Resume sending")
        .enabled(false)
        .build(app)?;
    let menu = MenuBuilder::new(app)
        .item(&standing)
        .separator()
        .text(OPEN, "Open Sendoff")
        .item(&pause)
        .item(&resume)
        .separator()
        .text(QUIT, "Quit")
        .build()?;
    TrayIconBuilder::with_id(ID)
        .icon(IDLE)
        .tooltip("Sendoff")
        .menu(&menu)
        .show_menu_on_left_click(false)
        .on_menu_event(|app, event| match event.id().as_ref() {
            OPEN | STANDING => window::show(app),
            PAUSE => give(app, "pause.on"),
            RESUME => give(app, "pause.off"),
            QUIT => app.exit(0),
            _ => {}
        })
        .on_tray_icon_event(|tray, event| {
            if let TrayIconEvent::Click {
                button: MouseButton::Left,
                button_state: MouseButtonState::Up,
                ..
            } = event
            {
                window::show(tray.app_handle());
            }
        })
        .build(app)?;
    app.manage(Parts {
        standing,
        pause,
        resume,
    });
    Ok(())
}

/// The person at the tray is the person at the window.
fn give(app: &AppHandle, command: &'static str) {
    let app = app.clone();
    async_runtime::spawn(async move {
        let Ok(engine) = app.state::<Building>().engine().cloned() else {
            return;
        };
        let given = console::rpc(&engine, &Operator::Window, command, Value::Null).await;
        if let Err(problem) = given {
            tracing::error!(%problem, command, "the tray's command failed");
        }
        watch::look(&app);
    });
}

/// Shows how things stand now.
pub(crate) fn update(app: &AppHandle, standing: &Standing) {
    let (Some(tray), Some(parts)) = (app.tray_by_id(ID), app.try_state::<Parts>()) else {
        return;
    };
    let line = standing.line();
    let title = (standing.waiting > 0).then(|| standing.waiting.to_string());
    let done = parts
        .standing
        .set_text(&line)
        .and_then(|()| parts.pause.set_enabled(!standing.paused))
        .and_then(|()| parts.resume.set_enabled(standing.paused))
        .and_then(|()| tray.set_tooltip(Some(&format!("Sendoff: {line}"))))
        .and_then(|()| tray.set_title(title))
        .and_then(|()| tray.set_icon(Some(standing.icon())));
    if let Err(error) = done {
        tracing::warn!(%error, "the tray is not up to date");
    }
}

#[cfg(test)]
mod tests {
    use domain::Span;

    use super::*;

    fn line(frame: Value) -> String {
        let now = Timestamp::from_seconds(1_000_000) + Span::from_seconds(250);
        Standing::of(&frame, now).line()
    }

    #[test]
    fn the_tray_says_how_many_wait_and_how_long() {
        let oldest = Timestamp::from_seconds(1_000_000).to_string();
        let frame = |queue: u32, attention: u32, paused: Value| {
            serde_json::json!({"counts": {"queue": queue, "attention": attention},
                "oldest_held_at": oldest, "paused_at": paused})
        };
        assert_eq!(line(frame(0, 0, Value::Null)), "Nothing waits for you");
        assert_eq!(
            line(frame(1, 0, Value::Null)),
            "1 waits for you, oldest 4 min"
        );
        assert_eq!(
            line(frame(3, 1, "2026-01-01T00:00:00Z".into())),
            "3 wait for you, oldest 4 min · 1 needs attention · PAUSED"
        );
    }
}
