//! Shows toasts. Any program on the session bus can fake a click on one, so a click opens the
//! window or keeps further toasts away, and never decides anything.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, OnceLock, PoisonError};

use notify_rust::Notification;
use tauri::AppHandle;

use crate::notify::Toast;
use crate::{watch, window};

/// Toasts that wait to be shown; what comes beyond is told by the tray alone.
const WAITING_MAX: usize = 64;
/// Places where a click is waited for, each on a thread of its own.
const PLACES_MAX: usize = 64;

/// What is shown where.
static PLACES: Mutex<Places> = Mutex::new(Places(BTreeMap::new()));

/// Agents somebody snoozed since they were last taken.
static MUTES: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// The agents snoozed since the last call.
pub(crate) fn take_mutes() -> Vec<String> {
    std::mem::take(&mut *MUTES.lock().unwrap_or_else(PoisonError::into_inner))
}

/// The toast in each place whose click somebody waits for, by the number the service gave it.
struct Places(BTreeMap<String, (u32, Toast)>);

impl Places {
    /// The number to show a toast under: that of the one whose place it takes.
    fn number(&self, toast: &Toast) -> u32 {
        let place = toast.place();
        self.0
            .get(&place)
            .map_or_else(|| number(&place), |(number, _)| *number)
    }

    /// A toast is shown under this number. True if its click must be waited for: a service that
    /// put it in the place of the last tells of both in one.
    fn shown(&mut self, toast: Toast, number: u32) -> bool {
        let place = toast.place();
        let is_waited_for = self.0.get(&place).is_some_and(|(last, _)| *last == number);
        if !is_waited_for && !self.0.contains_key(&place) && self.0.len() >= PLACES_MAX {
            return false;
        }
        self.0.insert(place, (number, toast));
        !is_waited_for
    }

    /// A toast is clicked or gone: what its place held last, unless another has taken it.
    fn ended(&mut self, place: &str, number: u32) -> Option<Toast> {
        self.0.get(place).filter(|(last, _)| *last == number)?;
        self.0.remove(place).map(|(_, toast)| toast)
    }
}

fn places<T>(act: impl FnOnce(&mut Places) -> T) -> T {
    act(&mut PLACES.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Shows one toast. Without a notification service nothing is shown, which is said in the log.
pub(crate) fn show(app: &AppHandle, toast: Toast) {
    static SHOWN_BY: OnceLock<SyncSender<(AppHandle, Toast)>> = OnceLock::new();
    let to = SHOWN_BY.get_or_init(|| {
        let (to, from) = sync_channel(WAITING_MAX);
        on_a_thread(move || show_all(&from));
        to
    });
    if to.try_send((app.clone(), toast)).is_err() {
        tracing::warn!("the notification service takes no toasts");
    }
}

/// Services answer when they like and clicks come when people like: neither may hold a thread that
/// the engine reads with.
#[expect(
    clippy::disallowed_methods,
    reason = "toasts block, and wait outside of the pool that reads"
)]
fn on_a_thread(work: impl FnOnce() + Send + 'static) {
    drop(std::thread::spawn(work));
}

fn show_all(from: &Receiver<(AppHandle, Toast)>) {
    while let Ok((app, toast)) = from.recv() {
        let mut note = Notification::new();
        note.appname("Sendoff")
            .summary("Sendoff")
            .body(&escaped(&toast.text))
            .icon("sendoff")
            .id(places(|places| places.number(&toast)))
            .action("default", "Open")
            .action("open", "Open");
        if toast.opens.is_some() {
            note.action("snooze", "Snooze");
        }
        match note.show() {
            Ok(handle) => wait(&app, handle, toast),
            Err(error) => tracing::info!(%error, "no toast can be shown"),
        }
    }
}

#[cfg(all(unix, not(target_os = "macos")))]
fn wait(app: &AppHandle, handle: notify_rust::NotificationHandle, toast: Toast) {
    let (app, place, number) = (app.clone(), toast.place(), handle.id());
    if !places(|places| places.shown(toast, number)) {
        return;
    }
    on_a_thread(move || {
        handle.wait_for_action(|action| {
            if let Some(toast) = places(|places| places.ended(&place, number)) {
                clicked(&app, action, &toast);
            }
        });
        // The service may have ended without a word.
        places(|places| places.ended(&place, number));
    });
}

#[cfg(not(all(unix, not(target_os = "macos"))))]
fn wait<T>(_app: &AppHandle, _handle: T, _toast: Toast) {}

#[cfg(all(unix, not(target_os = "macos")))]
fn clicked(app: &AppHandle, action: &str, toast: &Toast) {
    match action {
        "default" | "open" => {
            let (on_main, id) = (app.clone(), toast.opens);
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
            tracing::info!(agent = toast.agent, "its toasts are snoozed");
            watch::look(app);
        }
        _ => {}
    }
}

/// The same number for the same agent: its next toast takes the place of the last.
fn number(agent: &str) -> u32 {
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
        assert_eq!(number("a"), number("a"));
        assert_ne!(number("a"), number("b"));
    }

    #[test]
    fn many_toasts_in_one_place_are_waited_for_once_and_a_click_opens_the_last() {
        let toast = |agent: &str, n: u32| Toast {
            agent: agent.to_owned(),
            text: format!("{n} held by {agent}"),
            opens: format!("sub_{n:032x}").parse().ok(),
        };
        let mut places = Places(BTreeMap::new());
        let waiters = (1..=10).filter(|n| {
            let toast = toast("a", *n);
            // The service keeps the number it gave the first.
            let number = if *n == 1 { 7 } else { places.number(&toast) };
            places.shown(toast, number)
        });
        assert_eq!(waiters.count(), 1);
        assert_eq!(places.ended("a", 7), Some(toast("a", 10)));
        assert_eq!(places.ended("a", 7), None);

        // One that the service did not put in the place of the last is waited for by itself, and
        // the end of the last is not its own.
        assert!(places.shown(toast("a", 1), 7) && places.shown(toast("a", 2), 8));
        assert_eq!(places.ended("a", 7), None);
        assert_eq!(places.ended("a", 8), Some(toast("a", 2)));

        let taken = (0..2 * PLACES_MAX).filter(|n| places.shown(toast(&n.to_string(), 1), 9));
        assert_eq!(taken.count(), PLACES_MAX);
    }
}
