//! The one command of the window: a name and arguments in, the console's answer out.

use console::{Operator, Problem};
use serde_json::{Value, json};
use tauri::{AppHandle, State};

use crate::building::Building;
use crate::{autostart, first_start, outside, smtp};

/// Gives one of the console's commands. The window is the operator by being the window.
///
/// # Errors
/// The command's own, as a problem with code and sentence.
#[tauri::command]
pub(crate) async fn rpc(
    building: State<'_, Building>,
    app: AppHandle,
    mut name: String,
    args: Option<Value>,
) -> Result<Value, Problem> {
    let engine = building.engine()?;
    let mut args = args.unwrap_or(Value::Null);
    // The passphrase made at first start is ours to give: nobody else knows it.
    let made = match name.as_str() {
        "settings.passphrase" => engine.data_dir().and_then(first_start::fallback_passphrase),
        _ => None,
    };
    if let Some(made) = &made {
        give_old(&mut args, made);
    }
    if let Some(wanted) = autostart::wanted(&name, &args) {
        autostart::set(&app, wanted)?;
        name = "settings.show".to_owned();
        args = Value::Null;
    }
    let moves_smtp = smtp::is_about_it(&name, &args);
    let mut answer = console::rpc(engine, &Operator::Window, &name, args).await?;
    if moves_smtp {
        building.move_smtp_door().await;
        let show = console::rpc(engine, &Operator::Window, "settings.show", Value::Null);
        answer = show.await?;
    }
    outside::open_sign_in(&name, &mut answer);
    if name.starts_with("settings.") {
        autostart::tell(&app, &mut answer);
    }
    if let (Some(_), Some(dir)) = (made, engine.data_dir()) {
        first_start::forget_fallback(dir);
        console::vault_note(None);
    }
    if name.starts_with("pause.") {
        crate::watch::look(&app);
    }
    Ok(answer)
}

/// Gives the old passphrase where the person typed none: one that was typed is what they mean.
fn give_old(args: &mut Value, made: &str) {
    let Some(fields) = args.as_object_mut() else {
        return;
    };
    let typed = fields.get("old").and_then(Value::as_str);
    if typed.is_none_or(str::is_empty) {
        fields.insert("old".to_owned(), json!(made));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passphrase_that_was_typed_is_the_one_that_counts() {
        for (given, meant) in [
            (json!({"new": "n"}), "made"),
            (json!({"new": "n", "old": ""}), "made"),
            (json!({"new": "n", "old": null}), "made"),
            (json!({"new": "n", "old": "typed"}), "typed"),
        ] {
            let mut args = given;
            give_old(&mut args, "made");
            assert_eq!(args["old"], meant);
        }
    }
}
