//! The SMTP door behind the window: where the window was told to open it as it was started, else
//! where the settings say, and nowhere if neither does.

use std::sync::Arc;
use std::time::Duration;

use api::Listen;
use console::{DoorState, SMTP_PORT_SETTING};
use domain::ChangeKind;
use engine::{Budget, Engine};
use serde_json::Value;
use tauri::async_runtime::{self, JoinHandle};
use tauri::{AppHandle, Manager as _};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{Mutex, watch};

use crate::building::Building;

/// How long whoever moves the door waits for its conversations to end; they end by themselves.
const SHUT_WAIT: Duration = Duration::from_millis(500);

/// The door, open or shut.
pub(crate) struct SmtpDoor {
    /// Shared with the other door: an agent gains nothing by going round.
    budget: Arc<Budget>,
    open: Mutex<Option<Open>>,
}

struct Open {
    place: String,
    close: watch::Sender<bool>,
    task: JoinHandle<()>,
}

/// Moves the door wherever its setting comes to say, whoever changed it.
pub(crate) async fn follow(app: AppHandle, engine: Engine) {
    let mut heard = engine.subscribe();
    let mut said = engine.setting(SMTP_PORT_SETTING).await.ok().flatten();
    loop {
        match heard.recv().await {
            Ok(change) if change.kind == ChangeKind::Settings => {}
            Ok(_) => continue,
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return,
        }
        // Another setting moves nothing: the door may stand where the window was started with it.
        let Ok(says) = engine.setting(SMTP_PORT_SETTING).await else {
            continue;
        };
        if says != said
            && let Some(building) = app.try_state::<Building>()
        {
            building.move_smtp_door().await;
            said = says;
        }
    }
}

/// True if a command sets where the door is.
pub(crate) fn is_about_it(name: &str, args: &Value) -> bool {
    name == "settings.set" && args.get("key").and_then(Value::as_str) == Some(SMTP_PORT_SETTING)
}

impl SmtpDoor {
    /// Shut.
    pub(crate) fn new(budget: Arc<Budget>) -> Self {
        SmtpDoor {
            budget,
            open: Mutex::default(),
        }
    }

    /// Opens it where the settings say, and shuts it where it was. One that cannot open is told in
    /// the frame and beside the setting.
    pub(crate) async fn as_set(&self, engine: &Engine) {
        let port = match engine.setting(SMTP_PORT_SETTING).await {
            Ok(port) => port.filter(|port| port != "off"),
            Err(problem) => {
                tracing::error!(%problem, "where the SMTP door is to be cannot be read");
                None
            }
        };
        let place = port.map(|port| format!("127.0.0.1:{port}"));
        self.at(engine, place.as_deref()).await;
    }

    /// Opens it there, or nowhere.
    pub(crate) async fn at(&self, engine: &Engine, place: Option<&str>) {
        let mut open = self.open.lock().await;
        // Whoever changed it and who follows the change both come here.
        if open.as_ref().map(|open| open.place.as_str()) == place && place.is_some() {
            return;
        }
        if let Some(before) = open.take() {
            before.shut().await;
        }
        let bound = match place.map(Listen::parse) {
            None => return console::smtp_door(DoorState::Closed),
            Some(Ok(Listen::Tcp(at))) => submission::bind(at)
                .await
                .map_err(|error| error.to_string()),
            Some(Ok(Listen::Unix(_))) => {
                Err("SMTP is spoken over TCP; write 127.0.0.1:2525".to_owned())
            }
            Some(Err(error)) => Err(error.to_string()),
        };
        let door = match bound {
            Ok(door) => door,
            Err(error) => {
                let why = format!("Agents cannot reach Sendoff over SMTP: {error}");
                return console::smtp_door(DoorState::Failed(why));
            }
        };
        console::smtp_door(DoorState::Open(door.address().to_string()));
        let options = submission::Options {
            budget: Arc::clone(&self.budget),
            certificate: None,
            shares: submission::Shares::default(),
        };
        let (close, mut closing) = watch::channel(false);
        let engine = engine.clone();
        let task = async_runtime::spawn(async move {
            let until = async move {
                // An error means the building is gone, which is the same.
                let _close = closing.wait_for(|close| *close).await;
            };
            door.serve(engine, options, until).await;
        });
        let place = place.unwrap_or_default().to_owned();
        *open = Some(Open { place, close, task });
    }
}

impl Open {
    async fn shut(self) {
        self.close.send_replace(true);
        match tokio::time::timeout(SHUT_WAIT, self.task).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "the SMTP door did not end well"),
            // It takes nobody in any more; who is inside is given their own time.
            Err(_) => tracing::info!("conversations at the SMTP door are still ending"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpStream;

    use domain::Timestamp;
    use engine::{AskRate, ManualClock, SeededIds};
    use serde_json::json;

    use super::*;

    #[test]
    fn it_opens_and_shuts_as_it_is_set() {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let at = free.local_addr().unwrap();
        let knock = || TcpStream::connect(at).is_ok();
        let clock = Arc::new(ManualClock::at(Timestamp::from_seconds(1_000_000)));
        let engine = Engine::memory(clock, Arc::new(SeededIds::new(7))).unwrap();
        let door = SmtpDoor::new(Budget::new(AskRate::default()));
        let set = |value: String| {
            let set = engine.set_setting(SMTP_PORT_SETTING.to_owned(), value);
            async_runtime::block_on(async {
                set.await.unwrap();
                door.as_set(&engine).await;
            });
        };
        let shown = || {
            let show = console::rpc(
                &engine,
                &console::Operator::Window,
                "settings.show",
                Value::Null,
            );
            async_runtime::block_on(show).unwrap()
        };
        async_runtime::block_on(door.as_set(&engine));
        assert_eq!(shown()["smtp"], Value::Null);
        set(at.port().to_string());
        let why = shown()["smtp_trouble"].as_str().unwrap().to_owned();
        assert!(why.contains("is taken by another program"), "{why}");
        drop(free);
        set(at.port().to_string());
        assert!(knock());
        assert_eq!(shown()["smtp"], json!(at.to_string()));
        set("off".to_owned());
        assert!(!knock());
        assert_eq!(shown()["smtp"], Value::Null);
    }

    #[test]
    fn a_conversation_that_goes_on_holds_nobody_up() {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let at = free.local_addr().unwrap();
        drop(free);
        let clock = Arc::new(ManualClock::at(Timestamp::from_seconds(1_000_000)));
        let engine = Engine::memory(clock, Arc::new(SeededIds::new(7))).unwrap();
        let door = SmtpDoor::new(Budget::new(AskRate::default()));
        async_runtime::block_on(door.at(&engine, Some(&at.to_string())));
        let _silent = TcpStream::connect(at).unwrap();
        let shut = async { tokio::time::timeout(4 * SHUT_WAIT, door.at(&engine, None)).await };
        async_runtime::block_on(shut).unwrap();
    }

    #[test]
    fn only_its_own_setting_moves_it() {
        let set = |key: &str| json!({"key": key, "value": true});
        assert!(is_about_it("settings.set", &set("smtp_port")));
        assert!(!is_about_it("settings.set", &set("notifications")));
        assert!(!is_about_it("settings.show", &set("smtp_port")));
    }
}
