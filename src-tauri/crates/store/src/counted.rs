//! How long the lists of people are, without a look at a row: each has an index of those that count.

use rusqlite::Connection;

use crate::error::StoreError;
use crate::handle::Store;
use crate::sqlite::fault::Done;

/// The lists of people an operator keeps.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PeopleList {
    /// Not written to.
    Suppressed,
    /// Agreed to marketing.
    Agreed,
    /// Held in the operator's own hands.
    InHand,
    /// With a time zone of their own.
    Zones,
}

impl PeopleList {
    /// Counts what the list of the same name shows without a search.
    const fn counting(self) -> &'static str {
        match self {
            PeopleList::Suppressed => "SELECT COUNT(*) FROM suppressions WHERE lifted_at IS NULL",
            PeopleList::Agreed => "SELECT COUNT(*) FROM consents WHERE ended_at IS NULL",
            PeopleList::InHand => {
                "SELECT COUNT(*) FROM takeovers WHERE ended_at IS NULL AND contact IS NOT NULL"
            }
            PeopleList::Zones => "SELECT COUNT(*) FROM contact_zones WHERE ended_at IS NULL",
        }
    }
}

impl Store {
    /// How many rows a list of people has.
    pub fn how_many_people(&self, list: PeopleList) -> Result<u64, StoreError> {
        self.read(|conn| counted(conn, list))
    }
}

fn counted(conn: &Connection, list: PeopleList) -> Done<u64> {
    let n: i64 = conn
        .prepare_cached(list.counting())?
        .query_row([], |row| row.get(0))?;
    Ok(n.cast_unsigned())
}
