//! The running Sendoff: engine, workers, agents' door and operator socket, from start to a
//! supervised end.

use std::path::Path;

use api::Listen;
use console::DoorState;
use console::socket::{self, OperatorSocket};
use engine::{Engine, Supervisor};
use tokio::sync::watch;

use crate::desk;
use crate::exit::Failure;

/// Everything up, nothing served yet.
pub(crate) struct House {
    engine: Engine,
    supervisor: Supervisor,
    door: api::Bound,
    operators: OperatorSocket,
}

impl House {
    /// Opens the data folder under its lock, takes both places to listen at, settles what the last
    /// run left open and starts the workers.
    ///
    /// # Errors
    /// One sentence: not a folder of ours, in use, read-only, newer; the port is taken.
    pub(crate) async fn open(
        dir: &Path,
        http: &str,
        passphrase: Option<String>,
    ) -> Result<House, Failure> {
        let refused = |error: &dyn std::fmt::Display| Failure::Refused(error.to_string());
        let listen = Listen::parse(http).map_err(|error| refused(&error))?;
        let engine = desk::open(dir)?;
        let rest = House::around(&engine, dir, &listen, passphrase).await;
        match rest {
            Ok((supervisor, door, operators)) => Ok(House {
                engine,
                supervisor,
                door,
                operators,
            }),
            Err(failure) => {
                engine.close();
                Err(failure)
            }
        }
    }

    async fn around(
        engine: &Engine,
        dir: &Path,
        listen: &Listen,
        passphrase: Option<String>,
    ) -> Result<(Supervisor, api::Bound, OperatorSocket), Failure> {
        if let Some(passphrase) = passphrase
            && engine.vault_state().locked
        {
            engine.unlock(passphrase).await?;
        }
        let door = api::bind(listen)
            .await
            .map_err(|error| Failure::Refused(error.to_string()))?;
        let path = socket::path_in(dir);
        let operators = OperatorSocket::bind(&path).map_err(|error| {
            let path = path.display();
            Failure::Refused(format!(
                "cannot open the operator socket `{path}`: {error}; a shorter data folder may help"
            ))
        })?;
        let supervisor = engine.start().await?;
        Ok((supervisor, door, operators))
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Where agents knock, as in the `ready` line: `127.0.0.1:7411` or `unix:PATH`.
    pub(crate) fn address(&self) -> String {
        self.door.address()
    }

    /// Tells the console where the door is.
    pub(crate) fn announce(&self) {
        let address = self.address();
        console::agents_door(DoorState::Open(match address.starts_with("unix:") {
            true => address,
            false => format!("http://{address}"),
        }));
    }

    /// Serves until SIGINT or SIGTERM, then ends what is under way and closes the store.
    ///
    /// # Errors
    /// If the door fails while it is open.
    pub(crate) async fn serve(self) -> Result<(), Failure> {
        let House {
            engine,
            supervisor,
            door,
            operators,
        } = self;
        let (stop, stopping) = watch::channel(false);
        let stopped = |mut stopping: watch::Receiver<bool>| async move {
            // The sender outlives every listener below.
            let _stop = stopping.wait_for(|stop| *stop).await;
        };
        let until_signal = async {
            end_asked_for().await;
            stop.send_replace(true);
        };
        let agents = async {
            let served = door
                .serve(
                    engine.clone(),
                    api::Options::default(),
                    stopped(stopping.clone()),
                )
                .await;
            // A door that fails ends the house; one that was asked to has been told already.
            stop.send_replace(true);
            served
        };
        let people = operators.serve(engine.clone(), stopped(stopping.clone()));
        let signal = async {
            tokio::select! {
                () = until_signal => {}
                () = stopped(stopping.clone()) => {}
            }
        };
        let ((), served, ()) = tokio::join!(signal, agents, people);
        supervisor.stop().await;
        served.map_err(|error| Failure::Refused(format!("the agents' door failed: {error}")))
    }
}

/// Returns when the process is asked to end.
#[cfg(unix)]
async fn end_asked_for() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        let _interrupted = tokio::signal::ctrl_c().await;
        return;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}

/// Returns when the process is asked to end.
#[cfg(not(unix))]
async fn end_asked_for() {
    let _interrupted = tokio::signal::ctrl_c().await;
}
