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
use crate::sqlite::fault::Done;

/// Gives every text in the exact bytes of a message, decoded.
pub type Opens = fn(&[u8]) -> String;

/// What was found by looking into every message up to some one.
#[derive(Clone, Debug)]
pub struct Inside {
    opens: Opens,
    up_to: i64,
    raws: Vec<i64>,
}

impl Inside {
    /// Nothing was looked into yet.
    pub fn unseen(opens: Opens) -> Self {
        Inside {
            opens,
            up_to: 0,
            raws: Vec::new(),
        }
    }

    /// Looks into what it has not seen.
    pub(super) fn go_on(&mut self, conn: &Connection, forms: &[String]) -> Done<()> {
        let mut statement =
            conn.prepare_cached("SELECT n, packed, octets FROM raws WHERE n > ?1 ORDER BY n")?;
        let mut rows = statement.query([self.up_to])?;
        while let Some(row) = rows.next()? {
            let (n, packed, octets): (i64, Vec<u8>, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let text = (self.opens)(&unpack(&packed, octets.cast_unsigned())?).to_lowercase();
            if forms.iter().any(|form| spells(&text, form)) {
                self.raws.push(n);
            }
            self.up_to = n;
        }
        Ok(())
    }

    /// The received messages it found.
    pub(super) fn received(&self, conn: &Connection) -> Done<Vec<i64>> {
        let mut found = Vec::new();
        let mut statement = conn.prepare_cached("SELECT n FROM inbound WHERE raw = ?1")?;
        for raw in &self.raws {
            for n in statement.query_map([raw], |row| row.get(0))? {
                found.push(n?);
            }
        }
        Ok(found)
    }
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
