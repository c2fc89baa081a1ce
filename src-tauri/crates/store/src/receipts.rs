//! Receipts: what became of an agent's asks since a person last set its level.
//!
//! Counters, one row each, so that a suggestion to raise an agent costs the same after a year.

use domain::{AgentId, Verdict};
use rusqlite::{Connection, params};

use crate::error::StoreError;
use crate::handle::Store;
use crate::sqlite::directory::need_agent;
use crate::sqlite::fault::Done;
use crate::sqlite::tx::Tx;

/// What is counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Receipt {
    /// Approved as the agent wrote it.
    Approved,
    /// Approved after a person changed it.
    Edited,
    /// Refused by a person.
    Rejected,
    /// Left, and came back for good.
    Bounced,
    /// Left, and came back for now.
    BouncedSoft,
    /// Left, and somebody complained.
    Complained,
    /// Left, and somebody said no or asked for no more.
    Declined,
    /// Asked while the agent only observes, where the rules said so.
    Observed(Verdict),
}

impl Receipt {
    const fn as_str(self) -> &'static str {
        match self {
            Receipt::Approved => "approved",
            Receipt::Edited => "edited",
            Receipt::Rejected => "rejected",
            Receipt::Bounced => "bounced",
            Receipt::BouncedSoft => "bounced_soft",
            Receipt::Complained => "complained",
            Receipt::Declined => "declined",
            Receipt::Observed(Verdict::Allow) => "would_allow",
            Receipt::Observed(Verdict::Defer) => "would_defer",
            Receipt::Observed(Verdict::Hold) => "would_hold",
            Receipt::Observed(Verdict::Block) => "would_block",
        }
    }
}

/// How an agent's asks fared since a person last set its level.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Receipts {
    /// Approved as the agent wrote them.
    pub approved: u32,
    /// Approved after a person changed them.
    pub edited: u32,
    /// Refused by a person.
    pub rejected: u32,
    /// Recipients whose mail came back for good.
    pub bounced: u32,
    /// Recipients whose mail came back for now.
    pub bounced_soft: u32,
    /// Complaints.
    pub complained: u32,
    /// Who said no, or asked for no more mail.
    pub declined: u32,
    /// What would have become of what it asked while it only observes.
    pub would: Would,
}

/// What would have become of asks that were only observed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Would {
    /// Would have left.
    pub allow: u32,
    /// Would have waited for a time.
    pub defer: u32,
    /// Would have waited for a person.
    pub hold: u32,
    /// Would have been refused.
    pub block: u32,
}

impl Would {
    /// How many were observed.
    pub const fn all(&self) -> u32 {
        self.allow
            .saturating_add(self.defer)
            .saturating_add(self.hold)
            .saturating_add(self.block)
    }
}

impl Receipts {
    /// How often a person decided.
    pub const fn decided(&self) -> u32 {
        self.approved
            .saturating_add(self.edited)
            .saturating_add(self.rejected)
    }
}

impl Store {
    /// How an agent's asks fared since a person last set its level.
    pub fn receipts(&self, agent: AgentId) -> Result<Receipts, StoreError> {
        self.read(|conn| read(conn, need_agent(conn, agent)?.n))
    }
}

fn read(conn: &Connection, agent: i64) -> Done<Receipts> {
    let one = |receipt: Receipt| -> Done<u32> {
        use rusqlite::OptionalExtension as _;
        Ok(conn
            .prepare_cached("SELECT n FROM receipts WHERE agent = ?1 AND kind = ?2")?
            .query_row(params![agent, receipt.as_str()], |row| row.get(0))
            .optional()?
            .unwrap_or(0))
    };
    Ok(Receipts {
        approved: one(Receipt::Approved)?,
        edited: one(Receipt::Edited)?,
        rejected: one(Receipt::Rejected)?,
        bounced: one(Receipt::Bounced)?,
        bounced_soft: one(Receipt::BouncedSoft)?,
        complained: one(Receipt::Complained)?,
        declined: one(Receipt::Declined)?,
        would: Would {
            allow: one(Receipt::Observed(Verdict::Allow))?,
            defer: one(Receipt::Observed(Verdict::Defer))?,
            hold: one(Receipt::Observed(Verdict::Hold))?,
            block: one(Receipt::Observed(Verdict::Block))?,
        },
    })
}

impl Tx<'_> {
    /// Counts one more, or takes one back.
    pub fn receipt(&mut self, agent: i64, receipt: Receipt, by: i64) -> Done<()> {
        self.conn
            .prepare_cached(
                "INSERT INTO receipts (agent, kind, n) VALUES (?1, ?2, MAX(?3, 0))
                 ON CONFLICT (agent, kind) DO UPDATE SET n = MAX(n + ?3, 0)",
            )?
            .execute(params![agent, receipt.as_str(), by])?;
        Ok(())
    }

    /// A person set the level anew: counting begins again.
    pub fn forget_receipts(&mut self, agent: i64) -> Done<()> {
        self.conn
            .prepare_cached("DELETE FROM receipts WHERE agent = ?1")?
            .execute([agent])?;
        Ok(())
    }
}
