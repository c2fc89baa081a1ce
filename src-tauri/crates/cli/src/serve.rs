//! `init`, `serve` and `demo`: making a data folder and being the running Sendoff.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use console::{Code, Operator};
use engine::{Engine, SaidRate, SystemClock, SystemIds, VaultChoice};
use serde_json::{Value, json};

use crate::args;
use crate::commands::said;
use crate::desk;
use crate::exit::Failure;
use crate::house::{Doors, House};
use crate::print;
use crate::secret::Passphrase;

/// Where a rehearsal keeps the passphrase it made for itself. A rehearsal has no credentials to
/// guard; a folder that was made by `init` has no such file.
const REHEARSAL_PASSPHRASE_FILE: &str = "rehearsal-passphrase";

/// Makes a data folder.
///
/// # Errors
/// It is there already, cannot be made, or no passphrase can be asked for.
pub(crate) fn init(
    dir: &Path,
    keychain: bool,
    mut passphrase: Passphrase,
    as_json: bool,
) -> Result<(), Failure> {
    match keychain {
        false => {
            refuse_if_there(dir)?;
            let chosen = passphrase.choose()?;
            make(dir, VaultChoice::Passphrase(&chosen))?;
        }
        true => {
            make(dir, VaultChoice::Keychain)?;
            if passphrase.is_given() {
                let chosen = passphrase.choose()?;
                let engine = desk::open(dir)?;
                let runtime = tokio::runtime::Builder::new_current_thread().build()?;
                let set = runtime.block_on(engine.set_operator_passphrase(None, chosen));
                engine.close();
                set?;
            }
        }
    }
    let made = json!({"made": dir.display().to_string()});
    said(&made, as_json, &format!("made {}", dir.display()))
}

/// Asked before the passphrase is: nobody should type one for nothing.
fn refuse_if_there(dir: &Path) -> Result<(), Failure> {
    let taken = dir
        .read_dir()
        .is_ok_and(|mut entries| entries.next().is_some());
    if taken || dir.is_file() {
        let dir = dir.display();
        return Err(Failure::Refused(format!(
            "`{dir}` is there already and not empty; choose another folder, or use it with `sendoff serve --data {dir}`"
        )));
    }
    Ok(())
}

fn make(dir: &Path, vault: VaultChoice<'_>) -> Result<(), Failure> {
    Ok(Engine::init(
        dir,
        vault,
        &SystemClock,
        Arc::new(SystemIds::default()),
    )?)
}

/// Serves until the process is asked to end.
///
/// # Errors
/// One sentence for everything that keeps it from starting.
pub(crate) async fn serve(
    dir: &Path,
    args: args::Serve,
    mut passphrase: Passphrase,
    as_json: bool,
) -> Result<(), Failure> {
    let given = match passphrase.is_given() {
        true => Some(passphrase.get("serve")?),
        false => None,
    };
    let doors = Doors {
        http: &args.http,
        smtp: args.smtp.as_deref(),
        smtp_starttls: args.smtp_starttls,
        options: api::Options {
            allowed_origins: args.allow_origin,
            ..api::Options::default()
        },
        said_rate: SaidRate {
            per_second: args.asks_per_second,
            burst: args.asks_burst,
        },
    };
    let house = House::open(dir, doors, given).await?;
    house.announce();
    let locked = house.engine().vault_state().locked;
    if locked {
        eprintln!(
            "sendoff: locked: everything is admitted and held, nothing that needs a password is sent; `sendoff unlock --data {}`",
            dir.display()
        );
    }
    ready(&house, locked, as_json.then_some(json!({})))?;
    house.serve().await
}

/// The one line on standard output that scripts wait for: in words, or as JSON with `more` in it.
fn ready(house: &House, locked: bool, more: Option<Value>) -> Result<(), Failure> {
    let vault = if locked { "locked" } else { "open" };
    let (http, smtp) = (house.address(), house.smtp_address());
    let Some(mut ready) = more else {
        let smtp = smtp.map(|at| format!(" smtp={at}")).unwrap_or_default();
        return print::line(&format!("ready http={http}{smtp} vault={vault}"));
    };
    if let Some(fields) = ready.as_object_mut() {
        fields.insert("http".to_owned(), json!(http));
        fields.insert("smtp".to_owned(), json!(smtp.map(|at| at.to_string())));
        fields.insert("vault".to_owned(), json!(vault));
    }
    // One line, whatever is in it: whoever waits for it reads on from there.
    print::line(&ready.to_string())
}

/// Serves a rehearsal, in a folder of its own unless one is named.
///
/// # Errors
/// As [`serve`]; and in a folder that was made by `init`, the passphrase.
pub(crate) async fn demo(
    named: Option<&Path>,
    http: &str,
    mut passphrase: Passphrase,
    as_json: bool,
) -> Result<(), Failure> {
    let dir = match named {
        Some(dir) => dir.to_owned(),
        None => rehearsal_dir()?,
    };
    let kept = dir.join(REHEARSAL_PASSPHRASE_FILE);
    let folder = dir.clone();
    // Making a folder waits for the disk and for Argon2id.
    let made = tokio::task::spawn_blocking(move || make_rehearsal(&folder))
        .await
        .map_err(|error| Failure::Refused(error.to_string()))?;
    made?;
    if let Some(made) = Engine::made_passphrase(&dir, REHEARSAL_PASSPHRASE_FILE)? {
        passphrase = Passphrase::known(made);
    }
    let proof = passphrase.get("demo")?;
    let doors = Doors {
        http,
        smtp: None,
        smtp_starttls: false,
        options: api::Options::default(),
        said_rate: SaidRate::default(),
    };
    let house = House::open(&dir, doors, Some(proof.clone())).await?;
    house.announce();
    let operator = Operator::proven(house.engine(), Some(&proof)).await?;
    let started = console::rpc(house.engine(), &operator, "rehearsal.start", Value::Null).await?;
    if as_json {
        let kept = kept.exists().then(|| kept.display().to_string());
        let more = json!({"data": dir.display().to_string(), "passphrase_file": kept,
            "curl": started.get("curl")});
        ready(&house, false, Some(more))?;
        return house.serve().await;
    }
    ready(&house, false, None)?;
    let hint = match kept.exists() {
        true => format!(" --passphrase-fd 3 3<{}", kept.display()),
        false => String::new(),
    };
    print::line(&format!(
        "\nREHEARSAL: the real path, and a relay that sends nothing.\n\n\
         An agent's first ask:\n\n  {}\n\n\
         Then, in another terminal:\n\n  {me} queue --data {dir}\n  {me} show ID --data {dir}\n  \
         {me} approve ID --hash HASH --data {dir}{hint}\n",
        print::text(&started, "/curl"),
        me = called(),
        dir = dir.display(),
    ))?;
    house.serve().await
}

/// How this program is called from here: by its name where that finds it, else by its path, from
/// the current folder where it lies below it.
fn called() -> String {
    let Ok(me) = std::env::current_exe() else {
        return "sendoff".to_owned();
    };
    let path = std::env::var_os("PATH").unwrap_or_default();
    let here = std::env::current_dir().unwrap_or_default();
    called_from(&me, std::env::split_paths(&path), &here)
}

fn called_from(me: &Path, path: impl Iterator<Item = PathBuf>, here: &Path) -> String {
    let name = me.file_name().unwrap_or_default();
    // The first file of that name is the one that runs, whoever else has it further on.
    let found = path.map(|dir| dir.join(name)).find(|file| file.is_file());
    match (found.is_some_and(|file| file == me), me.strip_prefix(here)) {
        (true, _) => name.display().to_string(),
        // A name without a folder would be looked for in `PATH`.
        (false, Ok(below)) if below.components().count() > 1 => below.display().to_string(),
        (false, Ok(_) | Err(_)) => me.display().to_string(),
    }
}

fn rehearsal_dir() -> Result<PathBuf, Failure> {
    let usual = desk::data_dir(None)?;
    let mut name = usual.file_name().unwrap_or_default().to_owned();
    name.push("-rehearsal");
    Ok(usual.with_file_name(name))
}

/// Makes the folder if it is not there, with a passphrase of its own kept beside the database: a
/// rehearsal guards nothing, and its operator must be able to approve from another terminal.
fn make_rehearsal(dir: &Path) -> Result<(), Failure> {
    // One that was broken off while it was made is gone on with.
    let was_begun = dir.join(REHEARSAL_PASSPHRASE_FILE).exists();
    let taken = dir
        .read_dir()
        .is_ok_and(|mut entries| entries.next().is_some());
    if taken && !was_begun {
        return Ok(());
    }
    let ids = Arc::new(SystemIds::default());
    match Engine::init_with_made(dir, REHEARSAL_PASSPHRASE_FILE, &SystemClock, ids) {
        Err(problem) if problem.code == Code::AlreadyExists => Ok(()),
        made => Ok(made?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_is_called_as_a_shell_in_this_folder_finds_it() {
        let root = tempfile::tempdir().unwrap();
        let file = |folder: &str, name: &str| {
            let folder = root.path().join(folder);
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join(name), "").unwrap();
            folder.join(name)
        };
        let called = |me: &Path, path: &[&str], here: &str| {
            let path = path.iter().map(|dir| root.path().join(dir));
            called_from(me, path, &root.path().join(here))
        };
        let built = file("src/target/debug", "sendoff");
        let whole = built.display().to_string();
        assert_eq!(
            called(&built, &["bin", "usr/bin"], "src"),
            "target/debug/sendoff"
        );
        assert_eq!(called(&built, &["bin"], "elsewhere"), whole);
        assert_eq!(called(&built, &["bin"], "src/target/debug"), whole);

        let installed = file("usr/bin", "sendoff");
        assert_eq!(called(&installed, &["bin", "usr/bin"], "src"), "sendoff");
        assert_eq!(called(&installed, &[], ""), "usr/bin/sendoff");
        let renamed = file("usr/bin", "sendoff-next");
        assert_eq!(called(&renamed, &["usr/bin"], "src"), "sendoff-next");
        // Another one of the name stands before it.
        file("bin", "sendoff");
        assert_eq!(
            called(&installed, &["bin", "usr/bin"], "src"),
            installed.display().to_string()
        );
    }
}
