//! The one window: where it opens, and that closing it hides it.

use std::path::{Path, PathBuf};

use domain::SubmissionId;
use serde_json::json;
use tauri::webview::DownloadEvent;
use tauri::{
    AppHandle, Emitter as _, Manager as _, Webview, WebviewUrl, WebviewWindow,
    WebviewWindowBuilder, Window, WindowEvent,
};

/// Its label, in capabilities and here.
pub(crate) const LABEL: &str = "main";
/// Smallest useful size in logical pixels.
const SIZE_MIN: (f64, f64) = (900.0, 600.0);
/// Names tried for a file before the system says what is wrong.
const NAMES_TRIED: u32 = 1_000;
/// Size at the first start.
const SIZE_FIRST: (f64, f64) = (1280.0, 820.0);

/// Opens the window, with a submission selected if one is named. Links never navigate it: what is
/// not ours is refused.
///
/// # Errors
/// What the platform said.
pub(crate) fn open(app: &AppHandle, selects: Option<&SubmissionId>) -> tauri::Result<()> {
    let page = match selects {
        Some(id) => WebviewUrl::App(format!("index.html{}", place_of(id)).into()),
        None => WebviewUrl::default(),
    };
    WebviewWindowBuilder::new(app, LABEL, page)
        .title("Sendoff")
        .inner_size(SIZE_FIRST.0, SIZE_FIRST.1)
        .min_inner_size(SIZE_MIN.0, SIZE_MIN.1)
        .on_navigation(|url| match url.scheme() {
            "tauri" => true,
            // Windows and Android serve the pages from here.
            "http" | "https" => matches!(url.host_str(), Some("tauri.localhost")) || is_dev(url),
            // The sandboxed frame of a message.
            "about" => true,
            // What our pages made to be saved; it goes on as a download.
            "blob" => true,
            _ => false,
        })
        .on_download(|webview, event| saves(&webview, event))
        .build()?;
    Ok(())
}

/// What tells the pages what became of a file.
const SAVED: &str = "saved";

/// Saves what our pages made: a list, a file from a message as bare octets. Nothing is fetched from
/// elsewhere. Where it went, or that it did not, is known at its end, and told then.
fn saves(webview: &Webview, event: DownloadEvent<'_>) -> bool {
    match event {
        DownloadEvent::Requested { url, destination } => {
            // Without a folder for downloads it would go wherever the application was started.
            let has_folder = webview.app_handle().path().download_dir();
            if !has_folder.is_ok_and(|folder| folder.is_dir())
                && let Ok(home) = webview.app_handle().path().home_dir()
                && let Some(name) = destination.file_name()
            {
                *destination = free(&home.join(name));
            }
            url.scheme() == "blob"
        }
        DownloadEvent::Finished { url, path, success } => {
            if !success {
                tracing::warn!(%url, ?path, "a file could not be saved");
            }
            // A platform that tells no path leaves the name to the downloads folder.
            let name = path.as_deref().and_then(Path::file_name);
            let name = name.map_or("The file".into(), |name| name.to_string_lossy());
            let told = json!({ "name": name, "path": path, "ok": success });
            if let Err(error) = webview.emit(SAVED, told) {
                tracing::warn!(%error, "the window was not told what became of a file");
            }
            true
        }
        _ => true,
    }
}

/// The path, or one beside it with a number, that nothing is at yet.
fn free(path: &Path) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let end = path
        .extension()
        .map(|end| format!(".{}", end.to_string_lossy()));
    let end = end.unwrap_or_default();
    let others = (1..NAMES_TRIED).map(|n| path.with_file_name(format!("{stem} ({n}){end}")));
    let mut names = std::iter::once(path.to_owned()).chain(others);
    names
        .find(|name| !name.exists())
        .unwrap_or_else(|| path.to_owned())
}

/// The development server, in builds that do not carry their pages.
fn is_dev(url: &tauri::Url) -> bool {
    cfg!(dev) && url.host_str() == Some("127.0.0.1") && url.port() == Some(5173)
}

/// Closing hides: the queue goes on, the tray shows it.
pub(crate) fn on_event(window: &Window, event: &WindowEvent) {
    if let WindowEvent::CloseRequested { api, .. } = event {
        api.prevent_close();
        if let Err(error) = window.hide() {
            tracing::warn!(%error, "the window does not hide");
        }
    }
}

/// Brings the window in front.
pub(crate) fn show(app: &AppHandle) {
    let Some(window) = app.get_webview_window(LABEL) else {
        return;
    };
    let shown = window
        .unminimize()
        .and_then(|()| window.show())
        .and_then(|()| window.set_focus());
    if let Err(error) = shown {
        tracing::warn!(%error, "the window does not come in front");
    }
}

/// Brings the window in front with one submission selected. Selecting is all it does.
pub(crate) fn show_item(app: &AppHandle, id: &SubmissionId) {
    show(app);
    let Some(window) = app.get_webview_window(LABEL) else {
        return;
    };
    // An id is `sub_` and hexadecimal digits: nothing in it can end the string.
    let script = format!("location.hash = '{}'", place_of(id));
    if let Err(error) = window.eval(script) {
        tracing::warn!(%error, "the window does not go to the submission");
    }
}

/// Where the pages show a submission.
fn place_of(id: &SubmissionId) -> String {
    format!("#/queue/{id}")
}

/// True if the person looks at the window now.
pub(crate) fn is_watched(app: &AppHandle) -> bool {
    let watched = |window: WebviewWindow| {
        window.is_focused().unwrap_or(false) && window.is_visible().unwrap_or(false)
    };
    app.get_webview_window(LABEL).is_some_and(watched)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_taken_gets_a_number() {
        let dir = std::env::temp_dir().join(format!("sendoff-names-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let list = dir.join("list.csv");
        assert_eq!(free(&list), list);
        std::fs::write(&list, "").unwrap();
        assert_eq!(free(&list), dir.join("list (1).csv"));
        std::fs::write(dir.join("list (1).csv"), "").unwrap();
        assert_eq!(free(&list), dir.join("list (2).csv"));
        std::fs::remove_dir_all(&dir).unwrap();
    }
}
