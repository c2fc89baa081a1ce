//! The data folder: its lock, the database file, migrations.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use domain::journal::JournalKind;
use domain::{Actor, IdSource, Timestamp};
use rusqlite::{Connection, OpenFlags, OptionalExtension};
use rusqlite_migration::{M, Migrations};
use serde_json::json;

use crate::erasure::sweep;
use crate::error::StoreError;
use crate::sqlite::directory::Directory;
use crate::sqlite::fault::{Done, Fault};
use crate::sqlite::known::rekey;
use crate::sqlite::ledger::Ledger;
use crate::sqlite::readers::STATEMENTS_KEPT;
use crate::sqlite::tx::{Entry, Head, Memory, Tx, read_head};

/// The database's file name in the data folder.
pub(crate) const DATABASE: &str = "sendoff.db";
/// The lock's file name.
const LOCK: &str = "sendoff.lock";
/// Pages the write-ahead log may grow by before it is folded in: 64 MiB. Index pages with random
/// keys are written again and again; the longer the log, the fewer times each goes to the file.
const WAL_PAGES: i64 = 16_000;
/// Page cache of the writer, in KiB.
const CACHE_KIB: i64 = 32_000;

/// Every migration, in order; the database's `user_version` counts them.
const MIGRATIONS: &[M<'static>] = &[
    M::up(include_str!(
        "../../migrations/sqlite/0001_walking_house.sql"
    )),
    M::up(include_str!(
        "../../migrations/sqlite/0002_whole_policy.sql"
    )),
    M::up(include_str!("../../migrations/sqlite/0003_inbound.sql")),
    M::up(include_str!(
        "../../migrations/sqlite/0004_inbound_mended.sql"
    )),
    M::up(include_str!(
        "../../migrations/sqlite/0005_copies_and_asides.sql"
    )),
    M::up(include_str!(
        "../../migrations/sqlite/0006_contact_zones.sql"
    )),
    M::up(include_str!("../../migrations/sqlite/0007_finds.sql")),
    M::up(include_str!(
        "../../migrations/sqlite/0008_kept_and_erased.sql"
    )),
    M::up(include_str!(
        "../../migrations/sqlite/0009_inbox_filters.sql"
    )),
    M::up(include_str!(
        "../../migrations/sqlite/0010_asked_from_a_mailbox.sql"
    )),
    M::up(include_str!(
        "../../migrations/sqlite/0011_outbox_by_sender.sql"
    )),
    M::up(include_str!(
        "../../migrations/sqlite/0012_approvals_tried.sql"
    )),
    M::up(include_str!(
        "../../migrations/sqlite/0013_versions_vouched.sql"
    )),
    M::up(include_str!("../../migrations/sqlite/0014_read_since.sql")),
    M::up(include_str!("../../migrations/sqlite/0015_one_index.sql")),
    M::up(include_str!("../../migrations/sqlite/0016_snoozes_end.sql")),
    M::up(include_str!(
        "../../migrations/sqlite/0017_standing_salted.sql"
    )),
];

/// The newest format this version knows.
pub(crate) const FORMAT: u32 = MIGRATIONS.len() as u32;

/// Holds the data folder for this process; let go of when dropped, or when the process ends.
pub(crate) struct FolderLock {
    _file: File,
}

/// An open database: migrated, with its first entry.
pub(crate) struct Opened {
    pub conn: Connection,
    pub head: Head,
    /// What idempotency keys are digested with.
    pub secret: [u8; 32],
}

/// Takes the data folder, making it if it is missing.
pub(crate) fn take_folder(dir: &Path) -> Result<FolderLock, StoreError> {
    let trouble = |what: &str, error: std::io::Error| StoreError::Unavailable {
        reason: format!(
            "cannot {what} in the data folder `{}`: {error}",
            dir.display()
        ),
    };
    private_folder(dir).map_err(|error| trouble("make anything", error))?;
    let mut file = private(
        OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false),
    )
    .open(dir.join(LOCK))
    .map_err(|error| trouble("write the lock file", error))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut text = String::new();
            let _ = file.read_to_string(&mut text);
            return Err(StoreError::InUse {
                pid: text.trim().parse().ok(),
            });
        }
        Err(TryLockError::Error(error)) => return Err(trouble("lock the lock file", error)),
    }
    let note = || -> std::io::Result<()> {
        file.set_len(0)?;
        writeln!(&file, "{}", std::process::id())
    };
    note().map_err(|error| trouble("write the lock file", error))?;
    Ok(FolderLock { _file: file })
}

/// Opens the database of a data folder that is ours.
pub(crate) fn open_file(dir: &Path, now: Timestamp, ids: &dyn IdSource) -> Done<Opened> {
    let path = dir.join(DATABASE);
    // Made by us, with our mode, before SQLite could make it with the umask's; the log and its
    // index take their mode from it.
    private(OpenOptions::new().write(true).create(true).truncate(false))
        .open(&path)
        .map_err(|error| StoreError::Unavailable {
            reason: format!("cannot write `{}`: {error}", path.display()),
        })?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(&path, flags)?;
    conn.busy_timeout(Duration::from_secs(5))?;
    let found = format(&conn)?;
    if found > FORMAT {
        return Err(Fault(StoreError::Newer {
            found,
            known: FORMAT,
        }));
    }
    conn.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    conn.pragma_update(None, "synchronous", "FULL")?;
    conn.pragma_update(None, "wal_autocheckpoint", WAL_PAGES)?;
    if found > 0 && found < FORMAT {
        back_up(&conn, dir, found)?;
    }
    let opened = begin(conn, now, ids)?;
    // An erasure was the last thing an earlier process did: its bytes go before anything else.
    sweep::sweep_at_start(&opened.conn)?;
    Ok(opened)
}

/// A database that lives as long as its connection.
pub(crate) fn open_memory(now: Timestamp, ids: &dyn IdSource) -> Done<Opened> {
    begin(Connection::open_in_memory()?, now, ids)
}

/// The format a database says it has; 0 for an empty one.
pub(crate) fn format(conn: &Connection) -> Done<u32> {
    Ok(conn.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

/// Migrates, rekeys the known domains of another fold, and writes the first entry and the secret of
/// a database that is new.
fn begin(mut conn: Connection, now: Timestamp, ids: &dyn IdSource) -> Done<Opened> {
    conn.pragma_update(None, "cache_size", -CACHE_KIB)?;
    conn.pragma_update(None, "temp_store", "MEMORY")?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    Migrations::from_slice(MIGRATIONS)
        .to_latest(&mut conn)
        .map_err(|error| {
            if let rusqlite_migration::Error::RusqliteError { err, .. } = error {
                return Fault::from(err);
            }
            Fault(StoreError::damaged("the migration", error))
        })?;
    let tx = conn.transaction()?;
    let known: Option<[u8; 32]> = tx
        .query_row(
            "SELECT value FROM meta WHERE key = 'dedupe_secret'",
            [],
            |row| row.get(0),
        )
        .optional()?;
    let secret = match known {
        Some(secret) => secret,
        None => {
            let secret = ids.secret();
            tx.execute(
                "INSERT INTO meta (key, value) VALUES ('dedupe_secret', ?1)",
                [secret],
            )?;
            secret
        }
    };
    rekey(&tx)?;
    let mut memory = Memory {
        head: read_head(&tx)?,
        directory: Directory::default(),
        directory_touched: false,
        ledger: Ledger::default(),
        changes: Vec::new(),
    };
    if memory.head.seq == 0 {
        let mut first = Tx {
            conn: &tx,
            memory: &mut memory,
            ids,
        };
        let entry = Entry {
            at: now,
            actor: Actor::System,
            kind: JournalKind::Began,
            subject: "workspace",
        };
        first.journal(entry, &json!({ "format": FORMAT }))?;
    }
    tx.commit()?;
    let head = memory.head;
    Ok(Opened { conn, head, secret })
}

/// A copy beside the database before it is changed, named after the format it had.
fn back_up(conn: &Connection, dir: &Path, found: u32) -> Done<()> {
    let path: PathBuf = dir.join(format!("sendoff.v{found}.backup.db"));
    // SQLite writes into an empty file but never over a full one; an older copy is of an older try.
    private(OpenOptions::new().write(true).create(true).truncate(true))
        .open(&path)
        .map_err(|error| StoreError::Unavailable {
            reason: format!("cannot write the backup `{}`: {error}", path.display()),
        })?;
    conn.execute("VACUUM INTO ?1", [path.to_string_lossy()])?;
    Ok(())
}

/// Nobody but the owner may read what is made with these.
#[cfg(unix)]
pub(crate) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    use std::os::unix::fs::OpenOptionsExt as _;
    options.mode(0o600)
}

/// Nobody but the owner may read what is made with these.
#[cfg(not(unix))]
pub(crate) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

#[cfg(unix)]
fn private_folder(dir: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
}

#[cfg(not(unix))]
fn private_folder(dir: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(dir)
}
