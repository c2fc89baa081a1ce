//! What can be set, and the passphrase.

use domain::{Code, Problem};
use serde::Deserialize;
use ts_rs::TS;

use crate::args::NoArgs;
use crate::table::Desk;
use crate::view::{Frame, Settings};
use crate::{door, frame};

/// Settings a person may change here.
const KEYS: [&str; 1] = ["notifications"];

pub(crate) async fn show(desk: &Desk<'_>, NoArgs {}: NoArgs) -> Result<Settings, Problem> {
    let engine = desk.engine;
    let notifications = engine.setting("notifications").await?;
    let data_dir = engine.data_dir().map(|dir| dir.display().to_string());
    Ok(Settings {
        data_dir: data_dir.unwrap_or_else(|| "in memory".to_owned()),
        api: door::base_url(),
        vault: door::noted().unwrap_or_else(|| engine.vault_state().text),
        operator_passphrase_set: engine.operator_passphrase_set(),
        notifications: notifications.as_deref() != Some("off"),
    })
}

/// What a setting is set to.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(untagged)]
pub(crate) enum SettingValue {
    Switch(bool),
    Text(String),
}

/// One setting: `notifications` is on or off.
#[derive(Debug, Clone, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(rename = "SettingArgs")]
pub(crate) struct Set {
    pub key: String,
    pub value: SettingValue,
}

pub(crate) async fn set(desk: &Desk<'_>, args: Set) -> Result<Settings, Problem> {
    if !KEYS.contains(&args.key.as_str()) {
        let said: String = args.key.chars().take(40).collect();
        let detail = format!("there is no setting `{said}`; there is `notifications`");
        return Err(Problem::new(Code::InvalidField, detail).at("/key"));
    }
    let value = match &args.value {
        SettingValue::Switch(true) => "on",
        SettingValue::Switch(false) => "off",
        SettingValue::Text(text) if text == "on" || text == "off" => text,
        SettingValue::Text(_) => {
            let detail = format!("`{}` is `on` or `off`", args.key);
            return Err(Problem::new(Code::InvalidField, detail).at("/value"));
        }
    };
    desk.engine.set_setting(args.key, value.to_owned()).await?;
    show(desk, NoArgs {}).await
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
