//! In which time zone a contact's day runs, as the operator set it.

use domain::journal::JournalKind;
use domain::{Actor, ChangeKind, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::{Map, json};

use crate::error::StoreError;
use crate::handle::Store;
use crate::people::row_digest;
use crate::reply::Reply;
use crate::sqlite::codec::{int, time};
use crate::sqlite::fault::Done;

/// A contact's time zone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ContactZone {
    /// Row number.
    pub id: i64,
    /// Who, as a folded address.
    pub contact: String,
    /// An IANA name.
    pub zone: String,
    /// Since when it is set.
    pub at: Timestamp,
}

impl Store {
    /// Sets a contact's zone, or with none takes it back; gives what holds then. Setting what is set
    /// changes nothing.
    pub fn set_contact_zone(
        &self,
        contact: String,
        zone: Option<String>,
        now: Timestamp,
    ) -> Reply<Option<ContactZone>> {
        self.write(move |tx| {
            let at = tx.at(now);
            let n = tx.contact(&contact)?;
            let before = live(tx.conn, n, &contact)?;
            if before.as_ref().map(|row| &row.zone) == zone.as_ref() {
                return Ok(before);
            }
            let mut body = Map::new();
            if let Some(before) = before {
                tx.conn
                    .prepare_cached("UPDATE contact_zones SET ended_at = ?2 WHERE id = ?1")?
                    .execute(params![before.id, at.micros()])?;
                body.insert("ended".to_owned(), json!(before.id));
            }
            let set = match zone {
                None => None,
                Some(zone) => {
                    let salt = tx.salt();
                    tx.conn
                        .prepare_cached(
                            "INSERT INTO contact_zones (contact, zone, set_at, salt)
                             VALUES (?1, ?2, ?3, ?4)",
                        )?
                        .execute(params![n, zone, at.micros(), salt])?;
                    let id = tx.conn.last_insert_rowid();
                    body.insert("id".to_owned(), json!(id));
                    let digest = row_digest(&salt, &contact, &zone, None);
                    body.insert("digest".to_owned(), json!(digest));
                    Some(ContactZone {
                        id,
                        contact,
                        zone,
                        at,
                    })
                }
            };
            let (by, kind) = (Actor::Operator, JournalKind::ContactZone);
            tx.operated(at, by, kind, "contacts", &body.into())?;
            tx.change(at, ChangeKind::Contacts)?;
            Ok(set)
        })
    }

    /// Zones that are set, by number, after `after`; with `search`, those whose contact contains it.
    pub fn contact_zones(
        &self,
        search: Option<&str>,
        after: Option<i64>,
        limit: usize,
    ) -> Result<Vec<ContactZone>, StoreError> {
        self.read(|conn| {
            let rows = conn
                .prepare_cached(
                    "SELECT z.id, k.folded, z.zone, z.set_at FROM contact_zones z
                     JOIN contacts k ON k.n = z.contact
                     WHERE z.ended_at IS NULL AND z.id > ?1
                     AND (?2 IS NULL OR instr(k.folded, lower(?2)) > 0)
                     ORDER BY z.id LIMIT ?3",
                )?
                .query_map(params![after.unwrap_or(0), search, int(limit)], |row| {
                    Ok(ContactZone {
                        id: row.get(0)?,
                        contact: row.get(1)?,
                        zone: row.get(2)?,
                        at: time(row, 3)?,
                    })
                })?
                .collect::<Result<_, _>>()?;
            Ok(rows)
        })
    }
}

fn live(conn: &Connection, contact: i64, folded: &str) -> Done<Option<ContactZone>> {
    Ok(conn
        .prepare_cached(
            "SELECT id, zone, set_at FROM contact_zones
             WHERE contact = ?1 AND ended_at IS NULL",
        )?
        .query_row([contact], |row| {
            Ok(ContactZone {
                id: row.get(0)?,
                contact: folded.to_owned(),
                zone: row.get(1)?,
                at: time(row, 2)?,
            })
        })
        .optional()?)
}
