//! Follows what changes: tells the window which answers are stale, and keeps tray and toasts
//! up to date.

use std::sync::Arc;
use std::time::Duration;

use console::Operator;
use console::tags::Heard;
use domain::Timestamp;
use engine::Engine;
use jiff::civil::Time;
use jiff::tz::TimeZone;
use serde_json::Value;
use tauri::{AppHandle, Emitter as _, Manager as _, async_runtime};
use tokio::sync::Notify;

use crate::building::Building;
use crate::notify::{Notifier, Seen};
use crate::{toast, tray, window};

/// The one event.
const EVENT: &str = "changed";
/// A burst of held messages is one toast.
const SETTLE: Duration = Duration::from_millis(1_200);
/// Ages in the tray move on by themselves.
const TICK: Duration = Duration::from_secs(30);

struct Wake(Arc<Notify>);

/// Starts the followers; without an engine there is nothing to follow.
pub(crate) fn begin(app: &AppHandle) {
    let Ok(engine) = app.state::<Building>().engine().cloned() else {
        return;
    };
    let wake = Arc::new(Notify::new());
    app.manage(Wake(Arc::clone(&wake)));
    async_runtime::spawn(follow(app.clone(), engine.clone(), Arc::clone(&wake)));
    async_runtime::spawn(crate::smtp::follow(app.clone(), engine.clone()));
    async_runtime::spawn(keep_up(app.clone(), engine, wake));
}

/// Looks again now: something changed that is not in the store.
pub(crate) fn look(app: &AppHandle) {
    if let Some(wake) = app.try_state::<Wake>() {
        wake.0.notify_one();
    }
}

async fn follow(app: AppHandle, engine: Engine, wake: Arc<Notify>) {
    let mut heard = Heard::from(&engine);
    while let Some(changed) = heard.next().await {
        if let Err(error) = app.emit(EVENT, &changed) {
            tracing::warn!(%error, "the window was not told of a change");
        }
        wake.notify_one();
    }
}

/// Tray and toasts are seconds slower than the window, so that a burst is one of each.
async fn keep_up(app: AppHandle, engine: Engine, wake: Arc<Notify>) {
    let mut notifier = Notifier::default();
    // What waited already when the window opened is on screen, not news.
    let mut opening = true;
    loop {
        if let Err(problem) = refresh(&app, &engine, &mut notifier, opening).await {
            tracing::debug!(%problem, "tray and toasts are not up to date");
        }
        opening = false;
        tokio::select! {
            () = wake.notified() => tokio::time::sleep(SETTLE).await,
            () = tokio::time::sleep(TICK) => {}
        }
    }
}

async fn refresh(
    app: &AppHandle,
    engine: &Engine,
    notifier: &mut Notifier,
    opening: bool,
) -> Result<(), console::Problem> {
    let ask =
        async |name: &str, args: Value| console::rpc(engine, &Operator::Window, name, args).await;
    let frame = ask("frame", Value::Null).await?;
    let now = engine.now();
    tray::update(app, &tray::Standing::of(&frame, now));
    let settings = ask("settings.show", Value::Null).await?;
    let held = engine.held_by_agent().await?;
    let agents = ask("agents.list", Value::Null).await?;
    notifier.forget_mutes(&toast::take_mutes(), now);
    let seen = Seen {
        held: &held,
        agents: &agents,
        settings: &settings,
        now,
        time: local(now),
        looks: opening || window::is_watched(app),
    };
    for told in notifier.due(&seen) {
        toast::show(app, told);
    }
    Ok(())
}

/// The time of day on this machine's clock.
fn local(now: Timestamp) -> Time {
    jiff::Timestamp::from_microsecond(now.micros())
        .unwrap_or(jiff::Timestamp::UNIX_EPOCH)
        .to_zoned(TimeZone::system())
        .time()
}
