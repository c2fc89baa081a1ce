//! What can be set, and the passphrase.

use std::collections::BTreeSet;

use domain::{AgentId, Code, DayHours, Problem};
use engine::{
    ASKS_BURST_SETTING, ASKS_MAX, ASKS_PER_SECOND_SETTING, Kept, RETENTION_DAYS_MAX,
    retention_setting,
};
use serde::Deserialize;
use ts_rs::TS;

use crate::args::NoArgs;
use crate::door::DoorState;
use crate::table::Desk;
use crate::view::{Frame, Settings};
use crate::{door, frame};

/// Settings a person may change here: the key, and what its value may be.
const SETTINGS: [(&str, Kind); 10] = [
    ("notifications", Kind::Switch),
    ("quiet_hours", Kind::Hours),
    ("muted_agents", Kind::Agents),
    (SMTP_PORT_SETTING, Kind::Port),
    (ASKS_PER_SECOND_SETTING, Kind::Asks),
    (ASKS_BURST_SETTING, Kind::Asks),
    ("theme", Kind::Theme),
    (retention_setting(Kept::Bodies), Kind::Days),
    (retention_setting(Kept::Raw), Kind::Days),
    (retention_setting(Kept::Attachments), Kind::Days),
];
/// How the window may look; `system` follows the desktop.
const THEMES: [&str; 3] = ["system", "light", "dark"];
/// Where agents that speak SMTP knock at the window: a port of 127.0.0.1, or `off`, which is the
/// same as nothing.
pub const SMTP_PORT_SETTING: &str = "smtp_port";
/// The port if nobody says another.
const SMTP_PORT: &str = "2525";
/// Ports below are the system's.
const PORT_MIN: u16 = 1_024;
/// Agents that can be muted; more is a wish for no notifications at all.
const MUTED_MAX: usize = 200;

/// What a setting may be set to.
#[derive(Debug, Clone, Copy)]
enum Kind {
    /// `on` or `off`.
    Switch,
    /// `22:00-07:00`, or `off`.
    Hours,
    /// Agents' ids with spaces between.
    Agents,
    /// A port of this machine, or `off`.
    Port,
    /// How many asks.
    Asks,
    /// How many days, or `off`.
    Days,
    /// One of [`THEMES`].
    Theme,
}

impl Kind {
    /// The value as it is kept.
    ///
    /// # Errors
    /// What it may be, in one sentence.
    fn kept(self, key: &str, value: &SettingValue) -> Result<String, Problem> {
        let no =
            |may: &str| Problem::new(Code::InvalidField, format!("`{key}` is {may}")).at("/value");
        match (self, value) {
            (Kind::Switch, SettingValue::Switch(true)) => Ok("on".to_owned()),
            (Kind::Switch | Kind::Hours | Kind::Port | Kind::Days, SettingValue::Switch(false)) => {
                Ok("off".to_owned())
            }
            (Kind::Port, SettingValue::Switch(true)) => Ok(SMTP_PORT.to_owned()),
            (Kind::Switch, SettingValue::Text(text)) if text == "on" || text == "off" => {
                Ok(text.clone())
            }
            (Kind::Switch, SettingValue::Text(_)) => Err(no("`on` or `off`")),
            (Kind::Hours | Kind::Port | Kind::Days, SettingValue::Text(text)) if text == "off" => {
                Ok(text.clone())
            }
            (Kind::Port, SettingValue::Text(text)) => match text.parse::<u16>() {
                Ok(port) if port >= PORT_MIN => Ok(port.to_string()),
                Ok(_) | Err(_) => Err(no(&format!("a port from {PORT_MIN} to 65535, or `off`"))),
            },
            (Kind::Days, SettingValue::Text(text)) => match text.parse::<u32>() {
                Ok(days) if (1..=RETENTION_DAYS_MAX).contains(&days) => Ok(days.to_string()),
                Ok(_) | Err(_) => Err(no(&format!(
                    "days from 1 to {RETENTION_DAYS_MAX}, or `off`"
                ))),
            },
            (Kind::Asks, SettingValue::Text(text)) => match text.parse::<u32>() {
                Ok(asks) if (1..=ASKS_MAX).contains(&asks) => Ok(asks.to_string()),
                Ok(_) | Err(_) => Err(no(&format!("a number from 1 to {ASKS_MAX}"))),
            },
            (Kind::Asks, SettingValue::Switch(_)) => {
                Err(no(&format!("a number from 1 to {ASKS_MAX}")))
            }
            (Kind::Days, SettingValue::Switch(true)) => Err(no("a number of days, or `off`")),
            (Kind::Theme, SettingValue::Text(text)) if THEMES.contains(&text.as_str()) => {
                Ok(text.clone())
            }
            (Kind::Theme, _) => Err(no("`system`, `light` or `dark`")),
            (Kind::Hours, SettingValue::Text(text)) => text
                .parse::<DayHours>()
                .map(|hours| hours.to_string())
                .map_err(|error| no(&format!("two times of day, or `off`: {error}"))),
            (Kind::Hours, SettingValue::Switch(true)) => {
                Err(no("two times of day like `22:00-07:00`, or `off`"))
            }
            (Kind::Agents, SettingValue::Text(text)) => {
                let ids: Result<BTreeSet<AgentId>, _> =
                    text.split_whitespace().map(str::parse).collect();
                match ids {
                    Ok(ids) if ids.len() <= MUTED_MAX => {
                        let ids: Vec<String> = ids.iter().map(AgentId::to_string).collect();
                        Ok(ids.join(" "))
                    }
                    Ok(_) => Err(no(&format!("at most {MUTED_MAX} agents"))),
                    Err(_) => Err(no("agents' ids (`agt_…`) with spaces between")),
                }
            }
            (Kind::Agents, SettingValue::Switch(_)) => {
                Err(no("agents' ids (`agt_…`) with spaces between"))
            }
        }
    }
}

pub(crate) async fn show(desk: &Desk<'_>, NoArgs {}: NoArgs) -> Result<Settings, Problem> {
    let engine = desk.engine;
    let notifications = engine.setting("notifications").await?;
    let quiet_hours = engine.setting("quiet_hours").await?;
    let muted = engine.setting("muted_agents").await?.unwrap_or_default();
    let smtp_port = engine.setting(SMTP_PORT_SETTING).await?;
    let (smtp, smtp_trouble) = match door::smtp_state() {
        DoorState::Open(at) => (Some(at), None),
        DoorState::Failed(why) => (None, Some(why)),
        DoorState::Closed => (None, None),
    };
    let theme = engine.setting("theme").await?;
    let rate = engine.ask_rate().await?;
    let data_dir = engine.data_dir().map(|dir| dir.display().to_string());
    Ok(Settings {
        data_dir: data_dir.unwrap_or_else(|| "in memory".to_owned()),
        api: door::base_url(),
        smtp_port: smtp_port.and_then(|port| port.parse().ok()),
        smtp,
        smtp_trouble,
        asks_per_second: rate.per_second,
        asks_burst: rate.burst,
        vault: door::noted().unwrap_or_else(|| engine.vault_state().text),
        operator_passphrase_set: engine.operator_passphrase_set(),
        notifications: notifications.as_deref() != Some("off"),
        quiet_hours: quiet_hours.filter(|hours| hours != "off"),
        muted_agents: muted.split_whitespace().map(str::to_owned).collect(),
        theme: theme.unwrap_or_else(|| "system".to_owned()),
        autostart: None,
    })
}

/// What a setting is set to.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(untagged)]
pub(crate) enum SettingValue {
    Switch(bool),
    Text(String),
}

/// One setting: `notifications` is on or off, `quiet_hours` two times of day or off,
/// `muted_agents` ids with spaces between, `smtp_port` a port or off, `asks_per_second` and `asks_burst`
/// numbers, `theme` the desktop's or one of two, each retention a number of days or off.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(rename = "SettingArgs")]
pub(crate) struct Set {
    pub key: String,
    pub value: SettingValue,
}

pub(crate) async fn set(desk: &Desk<'_>, args: Set) -> Result<Settings, Problem> {
    let known = SETTINGS.iter().find(|(key, _)| *key == args.key);
    let Some((key, kind)) = known else {
        let said: String = args.key.chars().take(40).collect();
        let keys = SETTINGS.map(|(key, _)| format!("`{key}`")).join(", ");
        let detail = format!("there is no setting `{said}`; there are {keys}");
        return Err(Problem::new(Code::InvalidField, detail).at("/key"));
    };
    let value = kind.kept(key, &args.value)?;
    if let Some((number, option)) = said_at_start(desk, key) {
        let detail =
            format!("`{key}` was said at start: {number}; start without `{option}` to set it here");
        return Err(Problem::new(Code::InvalidField, detail).at("/value"));
    }
    desk.engine.set_setting(args.key, value).await?;
    show(desk, NoArgs {}).await
}

/// What was said of a setting when the house was started, and with which option: no change here
/// would be heard.
fn said_at_start(desk: &Desk<'_>, key: &str) -> Option<(u32, &'static str)> {
    let said = desk.engine.said_rate();
    match key {
        ASKS_PER_SECOND_SETTING => Some((said.per_second?, "--asks-per-second")),
        ASKS_BURST_SETTING => Some((said.burst?, "--asks-burst")),
        _ => None,
    }
}

/// The passphrase that opens the credentials.
#[derive(Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(rename = "UnlockArgs")]
pub(crate) struct Unlock {
    pub passphrase: String,
}

/// Proves itself: the passphrase is the argument.
pub(crate) async fn unlock(desk: &Desk<'_>, args: Unlock) -> Result<Frame, Problem> {
    desk.engine.unlock(args.passphrase).await?;
    frame::show(desk, NoArgs {}).await
}

/// The operator's new passphrase, and the one before if there is one.
#[derive(Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(rename = "PassphraseArgs")]
pub(crate) struct Passphrase {
    #[serde(default)]
    #[ts(optional)]
    pub old: Option<String>,
    pub new: String,
}

pub(crate) async fn passphrase(desk: &Desk<'_>, args: Passphrase) -> Result<Settings, Problem> {
    desk.engine
        .set_operator_passphrase(args.old, args.new)
        .await?;
    show(desk, NoArgs {}).await
}
