//! Received mail that names a contact where nothing recorded of it does: in a header that is not
//! kept, in a file, behind an encoding.
//!
//! Every message kept has to be unpacked and read for that, which takes long: it is done on a
//! reading connection, before the transaction that erases. That one looks into what came since.

use domain::Address;
use rusqlite::Connection;

use crate::erasure::named::forms;
use crate::erasure::spelled::spells;
use crate::error::StoreError;
use crate::handle::Store;
use crate::inbound::pack::unpack;
use crate::sqlite::fault::{Done, Fault};

/// Gives every text in the exact bytes of a message, decoded.
pub type Opens = fn(&[u8]) -> String;

/// What was found by looking into every message up to some one. It is remembered by the rows of
/// received messages, which are never deleted: the number of bytes that are is given to others.
#[derive(Clone, Debug)]
pub struct Inside {
    opens: Opens,
    up_to: i64,
    received: Vec<i64>,
    /// Those whose bytes do not unpack: whom they name is not known.
    damaged: Vec<i64>,
}

impl Inside {
    /// Nothing was looked into yet.
    pub fn unseen(opens: Opens) -> Self {
        Inside {
            opens,
            up_to: 0,
            received: Vec::new(),
            damaged: Vec::new(),
        }
    }

    /// Looks into what it has not seen.
    pub(super) fn go_on(&mut self, conn: &Connection, forms: &[String]) -> Done<()> {
        let mut statement = conn.prepare_cached(
            "SELECT i.n, r.packed, r.octets FROM inbound i JOIN raws r ON r.n = i.raw
             WHERE i.n > ?1 ORDER BY i.n",
        )?;
        let mut rows = statement.query([self.up_to])?;
        while let Some(row) = rows.next()? {
            let (n, packed, octets): (i64, Vec<u8>, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
            self.up_to = n;
            let bytes = match unpack(&packed, octets.cast_unsigned()) {
                Ok(bytes) => bytes,
                // What was read of it is searched all the same; it is told, and `verify` names it.
                Err(Fault(error)) => {
                    tracing::warn!(row = n, %error, "a received message cannot be looked into");
                    self.damaged.push(n);
                    continue;
                }
            };
            let text = (self.opens)(&bytes).to_lowercase();
            if forms.iter().any(|form| spells(&text, form)) {
                self.received.push(n);
            }
        }
        Ok(())
    }

    /// The received messages it found whose bytes are still there.
    pub(super) fn received(&self, conn: &Connection) -> Done<Vec<i64>> {
        still_there(conn, &self.received)
    }

    /// The received messages it could not look into whose bytes are still there.
    pub(super) fn damaged(&self, conn: &Connection) -> Done<Vec<i64>> {
        still_there(conn, &self.damaged)
    }
}

fn still_there(conn: &Connection, numbers: &[i64]) -> Done<Vec<i64>> {
    let mut statement = conn.prepare_cached("SELECT 1 FROM inbound WHERE n = ?1 AND raw <> 0")?;
    let mut found = Vec::new();
    for n in numbers {
        if statement.exists([n])? {
            found.push(*n);
        }
    }
    Ok(found)
}

impl Store {
    /// Looks for an address into every received message that is kept. Long: it reads them all.
    pub fn inside(&self, address: &Address, opens: Opens) -> Result<Inside, StoreError> {
        self.read(|conn| {
            let mut inside = Inside::unseen(opens);
            inside.go_on(conn, &forms(conn, address)?.1)?;
            Ok(inside)
        })
    }
}
