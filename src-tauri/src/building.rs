//! What stands behind the window: engine, workers, agents' door, operator socket.
//!
//! The window opens whatever fails here: a data folder that cannot be opened is told by every
//! command, a door that cannot is told by the frame, and everything else works.

use std::sync::{Arc, Mutex, PoisonError};

use api::Listen;
use console::socket::{self, OperatorSocket};
use console::{DoorState, Problem};
use engine::{Budget, Engine, Supervisor};
use tauri::async_runtime::{self, JoinHandle};
use tauri::{AppHandle, Manager as _};
use tokio::sync::watch;

use crate::arguments::Arguments;
use crate::first_start;
use crate::smtp::SmtpDoor;

/// Managed by the application, reached by every part of the shell.
pub(crate) struct Building {
    /// The engine, or why there is none.
    engine: Result<Engine, Problem>,
    stop: watch::Sender<bool>,
    smtp: SmtpDoor,
    running: Mutex<Option<Running>>,
}

struct Running {
    supervisor: Supervisor,
    listeners: Vec<JoinHandle<()>>,
}

impl Building {
    /// Opens the data folder, starts the workers and opens both places to listen at.
    ///
    /// # Errors
    /// Only where the platform has no place for a data folder.
    pub(crate) fn raise(app: &AppHandle, arguments: &Arguments) -> tauri::Result<()> {
        let dir = arguments.data_dir()?;
        let (stop, stopping) = watch::channel(false);
        let opened = first_start::open(&dir).and_then(|engine| {
            let supervisor = async_runtime::block_on(async {
                if let Some(made) = first_start::fallback_passphrase(&dir) {
                    console::vault_note(Some(first_start::FALLBACK_NOTE.to_owned()));
                    if engine.vault_state().locked
                        && let Err(problem) = engine.unlock(made).await
                    {
                        tracing::error!(%problem, "the vault of the first start does not open");
                    }
                }
                engine.start().await
            });
            match supervisor {
                Ok(supervisor) => Ok((engine, supervisor)),
                Err(problem) => {
                    engine.close();
                    Err(problem)
                }
            }
        });
        engine::raise_open_files();
        let options = api::Options::default();
        let smtp = SmtpDoor::new(options.budget.clone());
        let (engine, running) = match opened {
            Err(problem) => {
                tracing::error!(%problem, "the data folder cannot be opened");
                (Err(problem), None)
            }
            Ok((engine, supervisor)) => {
                keep_rate(&engine, options.budget.clone(), stopping.clone());
                let http = agents(&engine, &arguments.http, options, stopping.clone());
                let listeners = [
                    async_runtime::block_on(http),
                    async_runtime::block_on(operators(&engine, &dir, stopping)),
                ];
                let listeners = listeners.into_iter().flatten().collect();
                async_runtime::block_on(async {
                    match arguments.smtp.as_deref() {
                        Some(place) => smtp.at(&engine, Some(place)).await,
                        None => smtp.as_set(&engine).await,
                    }
                });
                (
                    Ok(engine),
                    Some(Running {
                        supervisor,
                        listeners,
                    }),
                )
            }
        };
        app.manage(Building {
            engine,
            stop,
            smtp,
            running: Mutex::new(running),
        });
        Ok(())
    }

    /// The engine.
    ///
    /// # Errors
    /// Why the data folder could not be opened.
    pub(crate) fn engine(&self) -> Result<&Engine, Problem> {
        self.engine.as_ref().map_err(Problem::clone)
    }

    /// Moves the SMTP door to where the settings say now.
    pub(crate) async fn move_smtp_door(&self) {
        if let Ok(engine) = &self.engine {
            self.smtp.as_set(engine).await;
        }
    }

    /// Ends what is under way, or safely abandons it, and closes the store. The second call finds
    /// nothing left to do.
    pub(crate) fn end(app: &AppHandle) {
        let Some(building) = app.try_state::<Building>() else {
            return;
        };
        building.stop.send_replace(true);
        let running = building
            .running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let Some(Running {
            supervisor,
            listeners,
        }) = running
        else {
            return;
        };
        async_runtime::block_on(async {
            if let Ok(engine) = &building.engine {
                building.smtp.at(engine, None).await;
            }
            for listener in listeners {
                if let Err(error) = listener.await {
                    tracing::error!(%error, "a listener did not end well");
                }
            }
            supervisor.stop().await;
        });
    }
}

async fn stopped(mut stopping: watch::Receiver<bool>) {
    // An error means the building is gone, which is the same.
    let _stop = stopping.wait_for(|stop| *stop).await;
}

async fn agents(
    engine: &Engine,
    http: &str,
    options: api::Options,
    stopping: watch::Receiver<bool>,
) -> Option<JoinHandle<()>> {
    let bound = match Listen::parse(http) {
        Ok(listen) => api::bind(&listen).await,
        Err(error) => Err(error),
    };
    let door = match bound {
        Ok(door) => door,
        Err(error) => {
            console::agents_door(DoorState::Failed(format!(
                "Agents cannot reach Sendoff: {error}"
            )));
            return None;
        }
    };
    let address = door.address();
    console::agents_door(DoorState::Open(match address.starts_with("unix:") {
        true => address,
        false => format!("http://{address}"),
    }));
    let engine = engine.clone();
    Some(async_runtime::spawn(async move {
        let served = door.serve(engine, options, stopped(stopping)).await;
        if let Err(error) = served {
            console::agents_door(DoorState::Failed(format!(
                "The agents' door failed: {error}"
            )));
        }
    }))
}

/// Agents may ask as much as the settings say, from the first of them on.
fn keep_rate(engine: &Engine, budget: Arc<Budget>, stopping: watch::Receiver<bool>) {
    if let Ok(rate) = async_runtime::block_on(engine.ask_rate()) {
        budget.set_rate(rate);
    }
    let engine = engine.clone();
    async_runtime::spawn(async move {
        tokio::select! {
            () = engine.keep_rate(&budget) => {}
            () = stopped(stopping) => {}
        }
    });
}

async fn operators(
    engine: &Engine,
    dir: &std::path::Path,
    stopping: watch::Receiver<bool>,
) -> Option<JoinHandle<()>> {
    match OperatorSocket::bind(&socket::path_in(dir)) {
        Ok(socket) => {
            let engine = engine.clone();
            Some(async_runtime::spawn(
                socket.serve(engine, stopped(stopping)),
            ))
        }
        Err(error) => {
            // The window needs no socket; terminals will say that nothing answers.
            tracing::warn!(%error, "the operator socket cannot be opened");
            None
        }
    }
}
