//! Whether the window starts with the session. The operating system keeps this, not the store, so
//! the window answers for it: the one setting `console` cannot know.

use console::{Code, Problem};
use serde_json::{Value, json};
use tauri::AppHandle;
use tauri_plugin_autostart::ManagerExt as _;

/// Its key among the settings.
const KEY: &str = "autostart";

/// What a command wants it to be, if it is about it.
pub(crate) fn wanted(name: &str, args: &Value) -> Option<bool> {
    let about_it = name == "settings.set" && args.get("key").and_then(Value::as_str) == Some(KEY);
    about_it.then(|| args.get("value").and_then(Value::as_bool))?
}

/// Turns it on or off.
///
/// # Errors
/// `internal`, with what the system said.
pub(crate) fn set(app: &AppHandle, wanted: bool) -> Result<(), Problem> {
    let manager = app.autolaunch();
    let done = match (wanted, manager.is_enabled()) {
        (true, _) => manager.enable(),
        // Turning off what is not on is an error to some systems.
        (false, Ok(false)) => Ok(()),
        (false, Ok(true) | Err(_)) => manager.disable(),
    };
    done.map_err(|error| {
        let detail = format!("the system does not change what starts with the session: {error}");
        Problem::new(Code::Internal, detail)
    })
}

/// Adds it to the settings that are shown; left out where the system does not say.
pub(crate) fn tell(app: &AppHandle, settings: &mut Value) {
    match (app.autolaunch().is_enabled(), settings.as_object_mut()) {
        (Ok(on), Some(fields)) => {
            fields.insert(KEY.to_owned(), json!(on));
        }
        (Err(error), _) => tracing::warn!(%error, "the system does not say what starts with it"),
        (Ok(_), None) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_own_setting_is_taken() {
        let set = |key: &str, value: Value| json!({"key": key, "value": value});
        assert_eq!(
            wanted("settings.set", &set("autostart", json!(true))),
            Some(true)
        );
        assert_eq!(wanted("settings.set", &set("autostart", json!("on"))), None);
        assert_eq!(
            wanted("settings.set", &set("notifications", json!(true))),
            None
        );
        assert_eq!(
            wanted("settings.show", &set("autostart", json!(true))),
            None
        );
    }
}
