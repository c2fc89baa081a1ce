//! The running Sendoff: engine, workers, agents' doors and operator socket, from start to a
//! supervised end.

use std::net::SocketAddr;
use std::path::Path;

use api::Listen;
use console::DoorState;
use console::socket::{self, OperatorSocket};
use engine::{Engine, SaidRate, Supervisor};
use tokio::sync::watch;

use crate::desk;
use crate::exit::Failure;

/// Everything up, nothing served yet.
pub(crate) struct House {
    engine: Engine,
    supervisor: Supervisor,
    door: api::Bound,
    smtp: Option<Smtp>,
    operators: OperatorSocket,
    options: api::Options,
}

/// The SMTP door, if it was asked for.
struct Smtp {
    bound: submission::Bound,
    certificate: Option<submission::Certificate>,
}

/// Where agents knock.
pub(crate) struct Doors<'a> {
    /// HOST:PORT on loopback, or `unix:PATH`.
    pub(crate) http: &'a str,
    /// HOST:PORT on loopback; closed without one.
    pub(crate) smtp: Option<&'a str>,
    /// Whether STARTTLS is offered there.
    pub(crate) smtp_starttls: bool,
    /// What the operator chose about the agents' door.
    pub(crate) options: api::Options,
    /// What was said of how much agents may ask; the settings say the rest.
    pub(crate) said_rate: SaidRate,
}

impl House {
    /// Opens the data folder under its lock, takes the places to listen at, settles what the last
    /// run left open and starts the workers.
    ///
    /// # Errors
    /// One sentence: not a folder of ours, in use, read-only, newer; the port is taken.
    pub(crate) async fn open(
        dir: &Path,
        doors: Doors<'_>,
        passphrase: Option<String>,
    ) -> Result<House, Failure> {
        let http = Listen::parse(doors.http).map_err(|error| refused(&error))?;
        let smtp = doors.smtp.map(smtp_address).transpose()?;
        let engine = desk::open(dir)?;
        let smtp = smtp.map(|at| (at, doors.smtp_starttls));
        engine.say_rate(doors.said_rate);
        let options = doors.options;
        let rest = House::around(&engine, dir, (&http, smtp), passphrase).await;
        match rest {
            Ok((supervisor, door, smtp, operators)) => {
                // Before anybody is let in; what is wrong with it is said by who follows it.
                if let Ok(rate) = engine.ask_rate().await {
                    options.budget.set_rate(rate);
                }
                Ok(House {
                    engine,
                    supervisor,
                    door,
                    smtp,
                    operators,
                    options,
                })
            }
            Err(failure) => {
                engine.close();
                Err(failure)
            }
        }
    }

    async fn around(
        engine: &Engine,
        dir: &Path,
        (http, smtp): (&Listen, Option<(SocketAddr, bool)>),
        passphrase: Option<String>,
    ) -> Result<(Supervisor, api::Bound, Option<Smtp>, OperatorSocket), Failure> {
        if let Some(passphrase) = passphrase
            && engine.vault_state().locked
        {
            engine.unlock(passphrase).await?;
        }
        let door = api::bind(http)
            .await
            .map_err(|error| elsewhere(&error, "--http"))?;
        let smtp = match smtp {
            Some((at, starttls)) => Some(Smtp {
                bound: submission::bind(at)
                    .await
                    .map_err(|error| elsewhere(&error, "--smtp"))?,
                certificate: starttls
                    .then(|| submission::Certificate::in_folder(dir))
                    .transpose()
                    .map_err(|error| refused(&error))?,
            }),
            None => None,
        };
        let path = socket::path_in(dir);
        let operators = OperatorSocket::bind(&path).map_err(|error| {
            let path = path.display();
            Failure::Refused(format!(
                "cannot open the operator socket `{path}`: {error}; a shorter data folder may help"
            ))
        })?;
        let supervisor = engine.start().await?;
        Ok((supervisor, door, smtp, operators))
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Where agents knock, as in the `ready` line: `127.0.0.1:7411` or `unix:PATH`.
    pub(crate) fn address(&self) -> String {
        self.door.address()
    }

    /// Where agents that speak SMTP knock, if they may.
    pub(crate) fn smtp_address(&self) -> Option<SocketAddr> {
        self.smtp.as_ref().map(|smtp| smtp.bound.address())
    }

    /// Tells the console where the doors are.
    pub(crate) fn announce(&self) {
        let address = self.address();
        console::agents_door(DoorState::Open(match address.starts_with("unix:") {
            true => address,
            false => format!("http://{address}"),
        }));
        if let Some(at) = self.smtp_address() {
            console::smtp_door(DoorState::Open(at.to_string()));
        }
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
            smtp,
            operators,
            options,
        } = self;
        let (budget, shares) = (options.budget.clone(), options.shares);
        let followed = options.budget.clone();
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
                .serve(engine.clone(), options, stopped(stopping.clone()))
                .await;
            // A door that fails ends the house; one that was asked to has been told already.
            stop.send_replace(true);
            served
        };
        let programs = async {
            let Some(smtp) = smtp else { return };
            let options = submission::Options {
                budget,
                certificate: smtp.certificate,
                shares,
            };
            let until = stopped(stopping.clone());
            smtp.bound.serve(engine.clone(), options, until).await;
        };
        let rates = async {
            tokio::select! {
                () = engine.keep_rate(&followed) => {}
                () = stopped(stopping.clone()) => {}
            }
        };
        let people = operators.serve(engine.clone(), stopped(stopping.clone()));
        let signal = async {
            tokio::select! {
                () = until_signal => {}
                () = stopped(stopping.clone()) => {}
            }
        };
        let ((), served, (), (), ()) = tokio::join!(signal, agents, programs, people, rates);
        supervisor.stop().await;
        served.map_err(|error| Failure::Refused(format!("the agents' door failed: {error}")))
    }
}

fn refused(error: &dyn std::fmt::Display) -> Failure {
    Failure::Refused(error.to_string())
}

/// A door that cannot open, and the option that says where it is.
fn elsewhere(error: &dyn std::fmt::Display, option: &str) -> Failure {
    Failure::Refused(format!("{error} ({option} says where)"))
}

/// SMTP is spoken over TCP alone: no client knows how to reach a socket file.
fn smtp_address(text: &str) -> Result<SocketAddr, Failure> {
    match Listen::parse(text).map_err(|error| refused(&error))? {
        Listen::Tcp(address) => Ok(address),
        Listen::Unix(_) => Err(Failure::Refused(format!(
            "`{text}` is no place for SMTP; write 127.0.0.1:2525"
        ))),
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
