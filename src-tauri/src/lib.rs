//! The desktop application: the console's commands in one window, the agents' door and the
//! operator socket beside it, a tray, and toasts.
//!
//! Owns the shell and nothing of the brain: every act goes through `console`, so this crate never
//! changes when a view does. One command ([`ipc`]), one event (`changed`), one window. It is the
//! only crate that names Tauri.

mod arguments;
mod automation;
mod autostart;
mod building;
mod first_start;
mod ipc;
mod links;
mod notify;
mod outside;
mod smtp;
mod toast;
mod tray;
mod watch;
mod window;

use std::ffi::OsString;
use std::process::ExitCode;

use tauri::{AppHandle, RunEvent};
use tauri_plugin_window_state::StateFlags;
use tracing_subscriber::EnvFilter;

use crate::arguments::Arguments;
use crate::building::Building;

/// A session that ends asks with SIGTERM: what is under way ends first then too.
fn end_when_asked(app: &AppHandle) {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let app = app.clone();
        tauri::async_runtime::spawn(async move {
            let (Ok(mut terminate), Ok(mut interrupt)) = (
                signal(SignalKind::terminate()),
                signal(SignalKind::interrupt()),
            ) else {
                return;
            };
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            app.exit(0);
        });
    }
    #[cfg(not(unix))]
    let _windows_says_it_to_the_window = app;
}

/// Opens the window and runs until the person quits.
pub fn run(args: impl Iterator<Item = OsString>) -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    let arguments = match Arguments::read(args) {
        Ok(arguments) => arguments,
        Err(sentence) => {
            eprintln!("sendoff: {sentence}");
            return ExitCode::from(2);
        }
    };
    if let Err(sentence) = automation::refuse_in_release() {
        eprintln!("sendoff: {sentence}");
        return ExitCode::FAILURE;
    }
    let built = tauri::Builder::default()
        // First, so that a second start ends before it touches the data folder. Of what it was
        // started with only a link is read: it can show the window and select, no more.
        .plugin(tauri_plugin_single_instance::init(
            |app, said, _| match links::among(&said) {
                Some(id) => window::show_item(app, &id),
                None => window::show(app),
            },
        ))
        .plugin(
            tauri_plugin_autostart::Builder::new()
                .app_name("Sendoff")
                .build(),
        )
        // Size and place are remembered; that it was hidden is not: a start shows the window.
        .plugin(
            tauri_plugin_window_state::Builder::default()
                .with_state_flags(StateFlags::all() & !StateFlags::VISIBLE)
                .build(),
        )
        .invoke_handler(tauri::generate_handler![ipc::rpc])
        .on_window_event(window::on_event)
        .setup(move |app| {
            Building::raise(app.handle(), &arguments)?;
            window::open(app.handle(), arguments.selects.as_ref())?;
            tray::raise(app.handle())?;
            watch::begin(app.handle());
            end_when_asked(app.handle());
            Ok(())
        })
        .build(tauri::generate_context!());
    let app = match built {
        Ok(app) => app,
        Err(error) => {
            eprintln!("sendoff: cannot open the window: {error}");
            return ExitCode::FAILURE;
        }
    };
    app.run(|app, event| match event {
        // Only `Exit` ends the process, whoever asked for it; what is under way ends first.
        RunEvent::Exit => Building::end(app),
        // macOS hands links over here; elsewhere they are arguments.
        #[cfg(target_os = "macos")]
        RunEvent::Opened { urls } => {
            let links: Vec<String> = urls.iter().map(ToString::to_string).collect();
            if let Some(id) = links::among(&links) {
                window::show_item(app, &id);
            }
        }
        _ => {}
    });
    ExitCode::SUCCESS
}
