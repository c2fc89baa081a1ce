//! Shows toasts. Any program on the session bus can fake a click on one, so a click opens the
//! window or keeps further toasts away, and never decides anything.

use std::sync::{Mutex, PoisonError};

use notify_rust::Notification;
use tauri::{AppHandle, async_runtime};

use crate::notify::Toast;
use crate::{watch, window};

/// Agents somebody snoozed since they were last taken.
static MUTES: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// The agents snoozed since the last call.
pub(crate) fn take_mutes() -> Vec<String> {
    std::mem::take(&mut *MUTES.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Shows one toast. Without a notification service nothing is shown, which is said in the log.
pub(crate) fn show(app: &AppHandle, toast: Toast) {
    let app = app.clone();
    // Waiting for a click blocks its thread until the toast is gone.
    async_runtime::spawn_blocking(move || {
        let mut note = Notification::new();
        note.appname("Sendoff")
            .summary("Sendoff")
            .body(&escaped(&toast.text))
            .icon("sendoff")
            .id(place(&toast.place()))
            .action("default", "Open")
            .action("open", "Open");
        if toast.opens.is_some() {
            note.action("snooze", "Snooze");
        }
        match note.show() {
            Ok(handle) => clicked(&app, handle, &toast),
            Err(error) => tracing::info!(%error, "no toast can be shown"),
        }
    });
}

#[cfg(all(unix, not(target_os = "macos")))]
fn clicked(app: &AppHandle, handle: notify_rust::NotificationHandle, toast: &Toast) {
    handle.wait_for_action(|action| match action {
        "default" | "open" => {
            let (app, id) = (app.clone(), toast.opens);
            let on_main = app.clone();
            let open = move || match id {
                Some(id) => window::show_item(&on_main, &id),
                None => window::show(&on_main),
            };
            if let Err(error) = app.run_on_main_thread(open) {
                tracing::warn!(%error, "the window does not open");
            }
        }
        "snooze" => {
            MUTES
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(toast.agent.clone());
            watch::look(app);
        }
        _ => {}
    });
}

#[cfg(not(all(unix, not(target_os = "macos"))))]
fn clicked<T>(_app: &AppHandle, _handle: T, _toast: &Toast) {}

/// The same number for the same agent: its next toast takes the place of the last.
fn place(agent: &str) -> u32 {
    // FNV-1a; nothing depends on it but the place.
    let hash = agent.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    hash.max(1)
}

/// Services read the body as markup; an agent's name must not be any.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agents_name_is_no_markup_and_keeps_its_place() {
        assert_eq!(
            escaped("1 held by <b>&x</b>"),
            "1 held by &lt;b&gt;&amp;x&lt;/b&gt;"
        );
        assert_eq!(place("a"), place("a"));
        assert_ne!(place("a"), place("b"));
    }
}
